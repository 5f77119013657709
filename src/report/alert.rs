//! Alerts: for programs the schema `why401.alert/1`, to which fields are only ever added, and for people a line.

use std::io::{self, Write};
use std::slice::from_ref;

use serde::Serialize;
use serde_json::value::RawValue;

use super::ndjson::{timestamp, write_finding};
use super::sanitize::visible;
use super::{BOLD, Block, DIM, Page};
use crate::alert::{Alert, State};
use crate::event::Part;
use crate::finding::Finding;
use crate::level::Level;
use crate::zone::Zone;

const SCHEMA: &str = "why401.alert/1";

/// As it is handed to hooks, without what is of one delivery. What is absent is not known, or of no meaning.
#[derive(Serialize)]
struct Object<'a> {
    schema: &'static str,
    /// The same from the first firing until it is over, and in every run over the same logs.
    id: &'a str,
    /// Counts the alerts of this id.
    sequence: u32,
    /// Of the rule and its group: the same for each time when it begins anew.
    group_key: String,
    state: &'static str,
    rule: &'a str,
    title: &'a str,
    level: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    techniques: &'a [Box<str>],
    #[serde(rename = "@timestamp")]
    time: Option<String>,
    first: Option<String>,
    last: Option<String>,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<u64>,
    suppressed: u64,
    /// What the rule groups by.
    group: serde_json::Map<String, serde_json::Value>,
    message: &'a str,
    /// Ids of the first findings that counted, and of the last.
    finding_ids: &'a [Box<str>],
    /// Findings that counted besides.
    left_out: u64,
    /// Of those that are named, those that are still remembered: `why401.finding/1`.
    findings: Vec<Box<RawValue>>,
}

/// An alert in one line, without its end. `findings`: those that it names, as far as they are known.
pub fn object<'a>(
    alert: &Alert,
    findings: impl IntoIterator<Item = &'a Finding>,
    parts: &[Part],
) -> io::Result<String> {
    let finding = |finding| -> io::Result<Box<RawValue>> {
        let mut line = Vec::new();
        write_finding(finding, parts, &mut line)?;
        let line = String::from_utf8(line).map_err(io::Error::other)?;
        Ok(RawValue::from_string(line)?)
    };
    let findings: Vec<_> = findings
        .into_iter()
        .map(finding)
        .collect::<io::Result<_>>()?;
    let group = alert.group.iter();
    let object = Object {
        schema: SCHEMA,
        id: &alert.id,
        sequence: alert.sequence,
        group_key: group_key(alert),
        state: alert.state.id(),
        rule: &alert.rule,
        title: &alert.title,
        level: alert.level.id(),
        techniques: &alert.techniques,
        time: timestamp(alert.time),
        first: timestamp(alert.first),
        last: timestamp(alert.last),
        count: alert.count,
        values: alert.values,
        suppressed: alert.suppressed,
        group: group
            .map(|(name, value)| (name.to_string(), value.to_string().into()))
            .collect(),
        message: &alert.message,
        finding_ids: &alert.findings,
        left_out: alert.left_out,
        findings,
    };
    Ok(serde_json::to_string(&object)?)
}

/// `brute_force{principal="alice"}`
pub fn group_key(alert: &Alert) -> String {
    let group = alert.group.iter();
    let group: Vec<String> = group.map(|(name, v)| format!("{name}={v:?}")).collect();
    format!("{}{{{}}}", alert.rule, group.join(","))
}

/// An alert for people: when, how bad, of which rule, and what it says.
pub fn text(page: &Page, mark: &str, alert: &Alert, out: &mut impl Write) -> io::Result<()> {
    let style = match alert.level {
        _ if alert.state == State::Resolved => DIM,
        Level::Informational | Level::Low => DIM,
        Level::Medium | Level::High | Level::Critical => BOLD,
    };
    let (time, level) = (page.zone.show(alert.time), level(alert));
    let of = [from_ref(&alert.rule), alert.techniques.as_slice()].concat();
    let of = of.join(" · ");
    writeln!(out, "{mark}{time}  {style}{level}{style:#} · {of}")?;
    let margin = mark.len() + 2;
    Block::unlabelled(page, margin, out).text("", &said(alert))
}

/// The same in one line.
pub fn line(alert: &Alert, zone: Zone) -> String {
    let (time, level, rule) = (zone.show(alert.time), level(alert), &alert.rule);
    format!("{time}  {level} · {rule}: {}", visible(&said(alert)))
}

/// `high`, `high, over`
fn level(alert: &Alert) -> String {
    let level = alert.level.id();
    match alert.state {
        State::Firing => level.to_owned(),
        State::Resolved => format!("{level}, over"),
    }
}

/// The message, and what was not told of it.
fn said(alert: &Alert) -> String {
    match alert.suppressed {
        0 => alert.message.to_string(),
        1 => format!("{} It fired once more meanwhile.", alert.message),
        more => format!("{} It fired {more} times more meanwhile.", alert.message),
    }
}
