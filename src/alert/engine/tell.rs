//! An episode as an alert.

use super::episode::{Episode, VALUES};
use crate::alert::rule::{Rule, What};
use crate::alert::{Alert, State};
use crate::event::{Micros, SECOND};

/// The fields by which facts are grouped, and what they are here.
pub(super) type Key = Box<[(&'static str, Box<str>)]>;

/// When something happens to an episode by itself.
pub(super) fn until(rule: &Rule, episode: &Episode) -> Micros {
    let over = match rule.what {
        // It is over when the input is heard again.
        What::Absence { .. } => Micros::MAX,
        _ => episode.last.saturating_add(rule.resolve_after),
    };
    episode.due.map_or(over, |due| due.min(over))
}

/// That it fires.
pub(super) fn tell(
    rule: &Rule,
    key: &Key,
    episode: &mut Episode,
    time: Micros,
    alerts: &mut Vec<Alert>,
) {
    episode.told = Some(time);
    episode.due = None;
    alerts.push(alert(rule, key, episode, State::Firing, time));
    episode.suppressed = 0;
    episode.sequence += 1;
}

/// That it is over, where it was told.
pub(super) fn resolve(
    rule: &Rule,
    key: &Key,
    episode: &mut Episode,
    time: Micros,
    alerts: &mut Vec<Alert>,
) {
    if episode.told.is_some() {
        alerts.push(alert(rule, key, episode, State::Resolved, time));
    }
}

/// Whether it is all groups beyond those that are told by themselves.
fn is_storm(rule: &Rule, key: &Key) -> bool {
    key.is_empty() && !rule.group_by.is_empty()
}

fn alert(rule: &Rule, key: &Key, episode: &Episode, state: State, time: Micros) -> Alert {
    let (findings, left_out) = episode.findings();
    let values = match &rule.what {
        What::ValueCount { .. } if !is_storm(rule, key) => Some(episode.values()),
        _ => None,
    };
    let own = |(name, value): &(&'static str, Box<str>)| ((*name).into(), value.clone());
    Alert {
        id: format!("{:032x}", episode.id).into(),
        sequence: episode.sequence,
        rule: rule.id.clone(),
        title: rule.title.clone(),
        level: rule.level,
        state,
        group: key.iter().map(own).collect(),
        time,
        first: episode.first,
        last: episode.last,
        count: episode.count,
        values,
        suppressed: episode.suppressed,
        techniques: rule.techniques.clone(),
        findings,
        left_out,
        message: message(rule, key, episode, values).into(),
    }
}

/// `Somebody guesses at one account: 5 times in 12 s, principal alice.`
fn message(rule: &Rule, key: &Key, episode: &Episode, values: Option<u64>) -> String {
    let times = match episode.count {
        1 => "once".to_owned(),
        count => format!("{count} times in {}", span(episode.last - episode.first)),
    };
    let of = match (&rule.what, values) {
        (What::ValueCount { field, .. }, Some(values)) => {
            let least = if values < VALUES as u64 {
                ""
            } else {
                "at least "
            };
            format!(" with {least}{values} different {}", field.plural())
        }
        _ => String::new(),
    };
    let group: String = if is_storm(rule, key) {
        ", of more groups than are told one by one".to_owned()
    } else {
        let group = key.iter().map(|(name, value)| format!(", {name} {value}"));
        group.collect()
    };
    format!("{}: {times}{of}{group}.", rule.title)
}

fn span(span: Micros) -> String {
    match span / SECOND {
        0 => "a second".to_owned(),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
