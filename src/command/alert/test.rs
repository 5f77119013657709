//! `alert test`: an alert as a hook would be given it, and the samples of the shipped rules.

use std::io::Write;
use std::slice::from_ref;

use anstream::ColorChoice;

use super::super::logs::Asked;
use super::super::talk::Talk;
use super::super::{Exit, Fault, stdout};
use super::replay::replay;
use super::samples;
use crate::alert::State;
use crate::alert::rule;
use crate::cli::{AlertTestArgs, Output};
use crate::config::Config;
use crate::report::sanitize::visible;

pub(super) fn run(
    args: &AlertTestArgs,
    config: &Config,
    color: ColorChoice,
) -> anyhow::Result<Exit> {
    let Some(id) = &args.rule else {
        return samples::run(color);
    };
    let shown = visible(id);
    if !rule::all(&config.rules).iter().any(|rule| *rule.id == **id) {
        let message = format!("no rule has the id {shown}; `why401 alert list` lists them");
        return Err(Fault::new(Exit::Usage, message).into());
    }
    let asked = Asked {
        logs: &args.logs,
        store: &args.store,
        reading: &args.reading,
        checked: &args.checked,
    };
    let mut talk = Talk::new(color);
    let (mut told, read) = replay(&asked, config, from_ref(&config.rules), &mut talk)?;
    let mut told = told.swap_remove(0).into_iter().rev();
    let last = told.find(|t| *t.alert.rule == **id && t.alert.state == State::Firing);
    let Some(last) = last else {
        let message = format!("{shown} never fired in what was read");
        return Err(Fault::new(Exit::Input, message).into());
    };
    let mut out = stdout(Output::Ndjson, color);
    writeln!(out, "{}", last.body(&read.parts)?)?;
    out.flush()?;
    Ok(Exit::Done)
}
