//! The key with which an audit is checked.

use anyhow::Context;

use super::{Exit, Fault};
use crate::cli::Checked;
use crate::input::AuditKey;
use crate::report::sanitize::visible;

/// The public key of `--audit-key`.
pub(super) fn key(checked: &Checked) -> anyhow::Result<Option<AuditKey>> {
    let Some(path) = &checked.audit_key else {
        return Ok(None);
    };
    let name = path.to_string_lossy();
    let fault = || Fault::new(Exit::Usage, format!("{} cannot be used", visible(&name)));
    Ok(Some(AuditKey::read(path).with_context(fault)?))
}
