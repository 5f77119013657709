//! How logs are read: what the command line and the configuration say of it.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::{Exit, Fault};
use crate::cli::{Checked, Reading};
use crate::config::Config;
use crate::format::log_format::conf::{Definition, definitions};
use crate::format::log_format::{Error, LogFormat};
use crate::format::{self, Format};
use crate::input::{AuditKey, Options, configuration};
use crate::report::sanitize::visible;

/// All but the key of an audit, which only some commands take. `given`: see [`formats`].
pub(super) fn options<'a>(
    reading: &Reading,
    config: &Config,
    given: &'a [&'static dyn Format],
) -> Options<'a> {
    Options {
        format: reading.format.and_then(format::by_name),
        given,
        zone: reading.timezone,
        masks: config.redact.patterns.clone().into(),
        key: None,
    }
}

/// The public key of `--audit-key`.
pub(super) fn key(checked: &Checked) -> anyhow::Result<Option<AuditKey>> {
    let Some(path) = &checked.audit_key else {
        return Ok(None);
    };
    let fault = || Fault::new(Exit::Usage, format!("{} cannot be used", name(path)));
    Ok(Some(AuditKey::read(path).with_context(fault)?))
}

/// Those of `--log-format`, then those that the configuration files define. What a file defines and cannot be read is
/// told; one that defines nothing that can be read is a fault.
pub(super) fn formats(
    reading: &Reading,
    talk: &mut impl Write,
) -> anyhow::Result<Vec<&'static dyn Format>> {
    let mut formats: Vec<&'static dyn Format> = Vec::new();
    for format in &reading.log_format {
        formats.push(*format);
    }
    for conf in &reading.nginx_conf {
        let fault = || Fault::new(Exit::Usage, format!("{} cannot be read", name(conf)));
        let before = formats.len();
        let found = configuration(conf).with_context(fault)?;
        for (file, error) in found.missing {
            let included = format!("{}, which {} includes", name(&file), name(conf));
            writeln!(talk, "why401: {included}, cannot be read: {error}")?;
        }
        for (file, text) in found.files {
            of_file(&file, &text, &mut formats, talk)?;
        }
        if formats.len() == before {
            let message = format!("{} defines no access log format", name(conf));
            return Err(Fault::new(Exit::Usage, message).into());
        }
    }
    Ok(formats)
}

pub(super) fn name(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

fn of_file(
    file: &Path,
    text: &str,
    formats: &mut Vec<&'static dyn Format>,
    talk: &mut impl Write,
) -> anyhow::Result<()> {
    for Definition { name: of, format } in definitions(text) {
        match LogFormat::compile(&format) {
            Ok(format) => formats.push(format.kept()),
            // Debian's Apache defines formats of single fields, as `agent`: they are no access lines.
            Err(Error::Lacks(_)) => {}
            Err(error) => writeln!(
                talk,
                "why401: {}: the format {} is passed over: {}",
                name(file),
                visible(if of.is_empty() { &format } else { &of }),
                visible(&error.to_string())
            )?,
        }
    }
    Ok(())
}
