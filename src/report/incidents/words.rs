//! What is said of an incident in a few words.

use crate::event::{Micros, SECOND};
use crate::incident::{Exceeded, Incident, Otherwise, Trigger, Why};
use crate::report::text::count;

/// What happened, without when and where.
pub(super) fn why(why: &Why) -> String {
    match why {
        Why::Change {
            action,
            reason,
            sets,
            ends,
            ..
        } => {
            let said = reason.as_ref().filter(|reason| !reason.is_empty());
            let said = said.unwrap_or(action);
            match (sets, ends) {
                ([cause, ..], _) => format!("{said} ({}, for everybody)", cause.facts().title),
                (_, [cause, ..]) => format!("{said} (no longer: {})", cause.facts().title),
                ([], []) => said.to_string(),
            }
        }
        Why::Clock { by, input, .. } => {
            let whose = match input {
                Some(input) => format!("the clock of {input}"),
                None => "the server's clock".to_owned(),
            };
            let way = if *by < 0 { "back" } else { "forward" };
            format!("{whose} was set {way} by {}", long(by.abs()))
        }
        Why::Hidden {
            address, clients, ..
        } => format!(
            "the proxy hides its clients: all requests come from {address}, of {clients} addresses before"
        ),
        Why::Attempts { accepted, since: _ } => {
            format!(
                "{} of the same client that were let in",
                count(*accepted, "attempt")
            )
        }
    }
}

/// What was let in just before, or when the change was made.
pub(super) fn basis(trigger: &Trigger) -> Option<String> {
    match &trigger.why {
        Why::Change { let_in, .. } if *let_in > 0 => Some(format!(
            "{let_in} of those refused had been let in until then"
        )),
        _ => None,
    }
}

/// `13 h`, `13 h 20 min`, `20 min`, `45 s`
pub(super) fn long(span: Micros) -> String {
    let seconds = (span + SECOND / 2) / SECOND;
    let minutes = (seconds + 30) / 60;
    match (minutes / 60, minutes % 60) {
        _ if seconds < 120 => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// How many would have been let in without it.
pub(super) fn otherwise(of: &Otherwise) -> Option<String> {
    match (of.at_most, of.likely) {
        (0, _) => None,
        (most, 0) => Some(format!("at most {most} of them would have been let in")),
        (most, likely) => Some(format!(
            "at most {most} would have been let in; {likely} are of clients that were let in just before and after"
        )),
    }
}

pub(super) fn limit(exceeded: &Exceeded) -> String {
    let mut told = match &exceeded.limit {
        Some(limit) => format!(
            "{} in {} {}",
            count(limit.attempts.into(), "attempt"),
            long(Micros::from(limit.seconds) * SECOND),
            limit.of
        ),
        None => match &exceeded.said {
            Some(said) => format!("\"{said}\""),
            None => "not told by the log".to_owned(),
        },
    };
    told = format!("{told}; exceeded by {}", exceeded.refused);
    if exceeded.accepted > 0 {
        told = format!("{told} after {} that were let in", exceeded.accepted);
    }
    told
}

/// Of all that happened meanwhile.
pub(super) fn scope(incident: &Incident) -> String {
    let scope = &incident.scope;
    let mut parts = Vec::new();
    if scope.requests > 0 {
        let requests = count(scope.requests, "request");
        parts.push(format!(
            "{} of {requests} in its minutes",
            incident.refusals
        ));
    }
    let hit = incident.clients.kept.len() as u64 + incident.clients.others;
    if hit > 0 && scope.clients > 0 {
        let all = (scope.clients as u64).max(hit);
        parts.push(format!("{hit} of {}", count(all, "client")));
    }
    let named = incident.principals.kept.len() as u64 + incident.principals.others;
    if named > 0 {
        parts.push(count(named, "name"));
    }
    parts.join(", ")
}
