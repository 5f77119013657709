//! From a group to what is told of it.

use std::borrow::Cow;

use super::attack::{Attack, attack};
use super::gather::Gatherer;
use super::group::{Group, counts};
use super::kind::Kinds;
use super::trigger::{Ended, Trigger, Why};
use super::{Exceeded, GAP, Incident, Otherwise, Scope};
use crate::cause::Cause;
use crate::finding::Confidence;
use crate::level::Level;
use crate::summary::{Gap, Summary};
use crate::system;

/// Refusals of a person who mistypes, and is let in then.
const MISTYPED: u64 = 4;
/// Refusals that are many.
const MANY: u64 = 10;
/// Characters of an id: of 2^48, two among a million are unlikely to be equal.
const ID: usize = 12;

/// Whether a group is no incident: a single refusal, or somebody who mistyped.
pub(super) fn is_isolated(group: &Group) -> bool {
    let is_in = group.clients.all().all(|(_, track)| track.after.is_some());
    let is_mistyped = is_login(group) && group.count <= MISTYPED && is_in;
    group.wide.is_none() && (group.count < 2 || is_mistyped)
}

/// Whether it is about who somebody is, and not what he may.
pub(super) fn is_login(group: &Group) -> bool {
    group.cause().is_some_and(|c| Kinds::of(c) == Kinds::LOGIN)
}

pub(super) fn qualifies(group: &Group) -> bool {
    !is_isolated(group)
}

impl Gatherer {
    fn scope(&self, group: &Group) -> Scope {
        let (from, until) = (group.first - GAP, group.last + GAP);
        Scope {
            requests: self.requests(group.first, group.last),
            clients: self.clients.seen(from, until),
            principals: self.principals.seen(from, until),
        }
    }

    pub(super) fn conclude(&self, group: &Group, summary: &Summary) -> Incident {
        let cause = group.cause();
        let trigger = self.trigger(group, summary);
        let end = self.end(group, trigger.as_ref(), summary);
        let let_in = group.clients.all().filter(|(client, track)| {
            let since = self.clients.after(client, track.first);
            let during = since.is_some_and(|since| since.time <= group.last);
            track.before.is_none() && (track.after.is_some() || during)
        });
        let attack = attack(group, let_in.count());
        let scope = self.scope(group);
        let left = group.left.clone().unwrap_or_default();
        Incident {
            id: group.id.chars().take(ID).collect::<String>().into(),
            system: group.system,
            level: level(group, &scope, attack.as_ref(), end.ended),
            cause,
            confidence: confidence(group, cause),
            causes: sorted(group),
            or: left
                .into_iter()
                .filter(|other| Some(*other) != cause)
                .collect(),
            proof: group.proof,
            refusals: group.count,
            first: group.first,
            last: group.last,
            peak: group.peak,
            is_wide: group.wide.is_some(),
            clients: group.clients.lanes(),
            principals: group.principals.lanes(),
            paths: counts(&group.paths),
            statuses: counts(&group.statuses),
            agents: counts(&group.agents),
            otherwise: otherwise(group, attack.as_ref()),
            exceeded: exceeded(group, trigger.as_ref()),
            trigger,
            end,
            scope,
            attack,
            clock_ahead: group.ahead,
            gaps: gaps(group, summary),
            fix: fix(group, cause).map(Cow::Borrowed),
        }
    }
}

/// What to do about the cause; where it is of no finding, what the first of them says.
fn fix(group: &Group, cause: Option<Cause>) -> Option<&'static str> {
    let product = group.system.and_then(system::by_name);
    let (of, said) = group.fix?;
    let own = cause.filter(|cause| *cause != of);
    own.and_then(|cause| product?.fix(cause)).or(Some(said))
}

fn sorted(group: &Group) -> Vec<(Cause, u64)> {
    let mut causes = group.causes.clone();
    causes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    causes
}

/// How sure its cause is: by the share of its findings of which it is known.
fn confidence(group: &Group, cause: Option<Cause>) -> Confidence {
    let known = group.proof.by_line + group.proof.by_answer;
    let stated = group.proof.by_line;
    match () {
        () if cause.is_none() => Confidence::Low,
        () if stated * 2 >= group.count || known * 4 >= group.count * 3 => Confidence::High,
        () if known * 4 >= group.count || group.left.as_ref().is_some_and(|l| l.len() <= 2) => {
            Confidence::Medium
        }
        () => Confidence::Low,
    }
}

/// `low`: few refusals, of one. `medium`: many, or of somebody who had been let in and is no longer. `high`: several at
/// once, or an attack. `critical`: most of those who were there, or an attack after which somebody was let in.
fn level(group: &Group, scope: &Scope, attack: Option<&Attack>, ended: Ended) -> Level {
    let clients = group.clients.len();
    let is_attack = attack.is_some_and(|attack| !attack.techniques.is_empty());
    let is_in = attack.is_some_and(|attack| attack.techniques.len() > 1) && group.count >= MANY;
    let is_most = clients >= 3 && clients * 2 >= scope.clients && group.count >= MANY;
    match () {
        () if is_attack && is_in || !is_attack && group.wide.is_some() && is_most => {
            Level::Critical
        }
        () if (is_attack || group.wide.is_some()) && group.count >= MANY => Level::High,
        () if is_attack || group.wide.is_some() || group.count >= MANY => Level::Medium,
        () => {
            let was_in = group.clients.all().any(|(_, track)| track.before.is_some());
            if was_in && ended != Ended::Accepted {
                Level::Medium
            } else {
                Level::Low
            }
        }
    }
}

fn otherwise(group: &Group, attack: Option<&Attack>) -> Otherwise {
    if attack.is_some_and(|attack| !attack.techniques.is_empty()) {
        return Otherwise::default();
    }
    let tracks = group.clients.all().map(|(_, track)| track);
    let likely = tracks.filter(|track| {
        let before = track
            .before
            .is_some_and(|before| track.first.time - before.time <= GAP);
        before
            && track
                .after
                .is_some_and(|after| after.time - track.last.time <= GAP)
    });
    Otherwise {
        at_most: group.count,
        likely: likely.map(|track| track.count).sum(),
    }
}

fn exceeded(group: &Group, trigger: Option<&Trigger>) -> Option<Exceeded> {
    let refused = |(cause, n): &(Cause, u64)| (*cause == Cause::RateLimited).then_some(*n);
    let refused: u64 = group.causes.iter().filter_map(refused).sum();
    if refused == 0 {
        return None;
    }
    let (accepted, since) = match trigger.map(|t| &t.why) {
        Some(Why::Attempts { accepted, since }) => (*accepted, Some(*since)),
        _ => (0, None),
    };
    Some(Exceeded {
        said: group.said.clone(),
        accepted,
        since,
        refused,
    })
}

/// What of the logs could not be seen while it lasted.
fn gaps(group: &Group, summary: &Summary) -> Vec<String> {
    let bears = |gap: &&Gap| {
        gap.from.is_none_or(|from| from <= group.last)
            && gap.until.is_none_or(|until| until >= group.first)
    };
    let gaps = summary.gaps.iter().filter(bears);
    gaps.map(|gap| format!("{}: {}", gap.input, gap.why))
        .collect()
}
