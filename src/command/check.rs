//! `check`: the configuration, and whether the logs are there and can tell what they should.

use std::convert::Infallible;
use std::io::Write;
use std::path::PathBuf;

use anstream::ColorChoice;
use chrono::Utc;

use super::deliver::refusal;
use super::join::join;
use super::{Exit, columns, stdout};
use crate::cli::{CheckArgs, Output};
use crate::config::Config;
use crate::event::{Micros, SECOND};
use crate::input::{Input, Inputs, Options, discover};
use crate::report::sanitize::visible;
use crate::report::{Detail, Page, footer};
use crate::zone::Zone;

/// A log that was not written for so long may not be written any more.
const QUIET: Micros = 24 * 3600 * SECOND;

pub(super) fn run(args: &CheckArgs, config: &Config, color: ColorChoice) -> anyhow::Result<Exit> {
    let mut out = stdout(Output::Text, color);
    tell_settings(config, &mut out)?;
    let is_refused = tell_hooks(config, &mut out)?;
    let logs: &[PathBuf] = if args.logs.is_empty() {
        &config.tail.logs
    } else {
        &args.logs
    };
    let exit = if logs.is_empty() {
        writeln!(out, "logs: none are configured, and none were given")?;
        Exit::Done
    } else {
        check(logs, config, &mut out)?
    };
    out.flush()?;
    Ok(if is_refused { Exit::Usage } else { exit })
}

/// Whether each hook would be run; true: one is refused.
fn tell_hooks(config: &Config, out: &mut impl Write) -> std::io::Result<bool> {
    let mut is_refused = false;
    for configured in &config.hooks {
        let (name, refusal) = (&configured.hook.name, refusal(configured));
        let said = refusal.as_ref().map_or_else(
            || "well".to_owned(),
            |why| format!("refused: {}", visible(&why.to_string())),
        );
        writeln!(out, "hook {name}: {said}")?;
        is_refused |= refusal.is_some();
    }
    Ok(is_refused)
}

fn tell_settings(config: &Config, out: &mut impl Write) -> std::io::Result<()> {
    if config.settings.is_empty() {
        return writeln!(out, "configuration: nothing is set");
    }
    writeln!(out, "configuration:")?;
    for setting in &config.settings {
        let file = setting.file.to_string_lossy();
        let (key, value) = (setting.key, visible(&setting.value));
        writeln!(
            out,
            "  {key} = {value}  ({}:{})",
            visible(&file),
            setting.line
        )?;
    }
    Ok(())
}

/// What the logs are, and what they tell of one another.
fn check(logs: &[PathBuf], config: &Config, out: &mut impl Write) -> anyhow::Result<Exit> {
    let options = Options {
        zone: config.tail.timezone,
        masks: config.redact.patterns.clone().into(),
        ..Options::default()
    };
    let Inputs {
        inputs,
        parts,
        skipped,
        mut failures,
    } = discover(logs, &options);
    writeln!(out, "logs:")?;
    for input in &inputs {
        tell_input(input, out)?;
    }
    for skipped in &skipped {
        writeln!(
            out,
            "  {}: no log: {}",
            visible(&skipped.name),
            visible(&skipped.why)
        )?;
    }
    let (mut summary, read) = join(inputs, None, false, |_| Ok::<_, Infallible>(()))?;
    for mut read in read {
        failures.extend(read.records.failures());
        summary.parts.extend(read.records.tallies());
    }
    for failure in &failures {
        writeln!(out, "  {}", visible(&failure.to_string()))?;
    }
    writeln!(out)?;
    footer(
        &Page::new(parts.into(), Zone::Host, columns()),
        &summary,
        Detail::Least,
        out,
    )?;
    Ok(if failures.is_empty() && !summary.parts.is_empty() {
        Exit::Done
    } else {
        Exit::Input
    })
}

#[expect(clippy::disallowed_methods, reason = "an age is counted from here")]
fn tell_input(input: &Input, out: &mut impl Write) -> std::io::Result<()> {
    let name = visible(&input.name);
    let format = input.format.name();
    let now = Utc::now().timestamp_micros();
    let Some(written) = input.written() else {
        return writeln!(out, "  {name} ({format}): a pipe");
    };
    let quiet = if now - written > QUIET {
        ", more than a day ago: is it still written?"
    } else {
        ""
    };
    let written = Zone::Host.show(written);
    writeln!(out, "  {name} ({format}): last written {written}{quiet}")
}
