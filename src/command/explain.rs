//! `explain`: why each refused request failed.

use anstream::ColorChoice;
use anyhow::bail;

use super::Exit;
use crate::cli::ExplainArgs;

pub(super) fn run(_args: &ExplainArgs, _color: ColorChoice) -> anyhow::Result<Exit> {
    bail!("not built yet")
}
