//! `alert list`: the rules that hold.

use std::io::{self, Write};

use anstream::ColorChoice;
use serde::Serialize;

use super::super::{Exit, page, stdout};
use crate::alert::rule::{self, Rule};
use crate::cli::{AlertListArgs, Output};
use crate::config::Config;
use crate::event::SECOND;
use crate::report::{BOLD, Block, DIM};

#[derive(Serialize)]
struct Row<'a> {
    rule: &'a str,
    title: &'a str,
    description: &'a str,
    level: &'static str,
    techniques: &'a [Box<str>],
    #[serde(rename = "type")]
    what: &'static str,
    group_by: Vec<&'static str>,
    timespan_s: i64,
    cooldown_s: i64,
    resolve_after_s: i64,
    enabled: bool,
    /// The configuration says something of it.
    configured: bool,
}

pub(super) fn run(
    args: &AlertListArgs,
    config: &Config,
    color: ColorChoice,
) -> anyhow::Result<Exit> {
    let mut out = stdout(args.output, color);
    for rule in &*rule::all(&config.rules) {
        let is_configured = config.rules.iter().any(|other| other.id == rule.id);
        match args.output {
            Output::Text => tell(rule, is_configured, &mut out)?,
            Output::Ndjson => {
                serde_json::to_writer(&mut out, &row(rule, is_configured))?;
                out.write_all(b"\n")?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn row(rule: &Rule, configured: bool) -> Row<'_> {
    Row {
        rule: &rule.id,
        title: &rule.title,
        description: &rule.description,
        level: rule.level.id(),
        techniques: &rule.techniques,
        what: rule.what.id(),
        group_by: rule.group_by.iter().map(|field| field.id()).collect(),
        timespan_s: rule.timespan / SECOND,
        cooldown_s: rule.cooldown / SECOND,
        resolve_after_s: rule.resolve_after / SECOND,
        enabled: rule.is_enabled,
        configured,
    }
}

fn tell(rule: &Rule, is_configured: bool, out: &mut impl Write) -> io::Result<()> {
    let state = match (rule.is_enabled, is_configured) {
        (false, _) => "off",
        (true, true) => "as configured",
        (true, false) => "",
    };
    let techniques = rule.techniques.join(" ");
    let rest = [rule.level.id(), &techniques, state];
    let rest: Vec<&str> = rest.into_iter().filter(|word| !word.is_empty()).collect();
    let (id, rest) = (&rule.id, rest.join(", "));
    writeln!(out, "{BOLD}{id}{BOLD:#}  {DIM}{rest}{DIM:#}")?;
    let page = page();
    let mut block = Block::unlabelled(&page, 4, out);
    block.text("", &format!("{}. {}", rule.title, rule.description))?;
    writeln!(out)
}
