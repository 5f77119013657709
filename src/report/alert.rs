//! Alerts: for programs the schema `why401.alert/1`, to which fields are only ever added, and for people a line.

use std::io;

use serde::Serialize;
use serde_json::value::RawValue;

use super::ndjson::{timestamp, write_finding};
use super::sanitize::visible;
use crate::alert::{Alert, State};
use crate::event::Part;
use crate::finding::Finding;
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

/// `high      brute_force  firing  2026-...  Somebody guesses at one account: 5 times in 3 s, principal alice. T1110.001`
pub fn line(alert: &Alert, zone: Zone) -> String {
    let state = match alert.state {
        State::Firing => "",
        State::Resolved => "over: ",
    };
    let suppressed = match alert.suppressed {
        0 => String::new(),
        more => format!(" Fired {more} more times since it was told."),
    };
    let techniques = alert.techniques.join(" ");
    let techniques = if techniques.is_empty() {
        techniques
    } else {
        format!(" [{techniques}]")
    };
    let (time, level) = (zone.show(alert.time), alert.level.id());
    let message = visible(&alert.message);
    let rule = &alert.rule;
    format!("{time}  {level:<8} {rule}: {state}{message}{suppressed}{techniques}")
}
