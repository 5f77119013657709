//! What set an incident off, and what ended it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::GAP;
use super::gather::{Changed, Gatherer};
use super::group::{Group, Track};
use super::kind::Kinds;
use crate::cause::Cause;
use crate::event::{Micros, Place, SECOND};
use crate::sign::Change;
use crate::summary::{ClockOffset, Summary};

/// How long after a change the first failure may come that it triggered.
const EFFECT: Micros = 600 * SECOND;
/// How soon where there is little else to tell.
const SOON: Micros = 60 * SECOND;
/// How long before a success a change may be that made it possible.
const HELP: Micros = 120 * SECOND;
/// How far off times may be that are in whole seconds.
const BLUR: Micros = SECOND;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// When; `None`: there is no one moment.
    pub time: Option<Micros>,
    pub certainty: Certainty,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Certainty {
    /// Those who failed were let in until just before it, and it has to do with what they were refused for.
    Likely,
    /// They were let in until then and it can have this effect, or it refuses everybody.
    Certain,
}

impl Certainty {
    pub fn id(self) -> &'static str {
        match self {
            Certainty::Likely => "likely",
            Certainty::Certain => "certain",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Why {
    Change {
        place: Place,
        /// The server's own name for it, and its words.
        action: Box<str>,
        reason: Option<Box<str>>,
        text: Box<str>,
        /// Where it concerns everybody.
        effect: Option<Effect>,
        /// Clients, or principals, that were let in until then.
        let_in: usize,
    },
    /// A clock was set: by how much, and which input tells it.
    Clock {
        by: Micros,
        input: Option<Box<str>>,
        place: Option<Place>,
    },
    /// From then on all requests come from one address.
    Hidden {
        place: Place,
        address: IpAddr,
        clients: usize,
    },
    /// The client itself: so many attempts that were let in, since when.
    Attempts { accepted: u64, since: Micros },
}

/// What a change does to everybody from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// They are refused for this,
    Sets(Cause),
    /// or no longer are.
    Ends(Cause),
}

impl Effect {
    fn of(change: &Change) -> Option<Self> {
        let sets = change.sets.first().copied().map(Effect::Sets);
        sets.or_else(|| change.ends.first().copied().map(Effect::Ends))
    }
}

impl Why {
    pub fn id(&self) -> &'static str {
        match self {
            Why::Change { .. } => "change",
            Why::Clock { .. } => "clock",
            Why::Hidden { .. } => "addresses_hidden",
            Why::Attempts { .. } => "attempts",
        }
    }

    /// The line that tells it.
    pub fn place(&self) -> Option<Place> {
        match self {
            Why::Change { place, .. } | Why::Hidden { place, .. } => Some(*place),
            Why::Clock { place, .. } => *place,
            Why::Attempts { .. } => None,
        }
    }
}

impl Trigger {
    /// The change that it is.
    pub(super) fn change(&self) -> Option<Place> {
        match self.why {
            Why::Change { place, .. } => Some(place),
            _ => None,
        }
    }
}

/// How it ended, as far as the logs tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    pub ended: Ended,
    /// When: the first success after the last refusal, or the change.
    pub time: Option<Micros>,
    /// Clients, or principals where no client is known, that were let in after it, of how many.
    pub recovered: (usize, usize),
    /// What made it end.
    pub by: Option<Trigger>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// By a change on the server, or by its clock.
    Change,
    /// Somebody of those who were refused was let in.
    Accepted,
    /// They tried no more.
    Quiet,
    /// The logs end before that could be told.
    Open,
}

impl Ended {
    pub fn id(self) -> &'static str {
        match self {
            Ended::Change => "change",
            Ended::Accepted => "accepted",
            Ended::Quiet => "quiet",
            Ended::Open => "open",
        }
    }
}

impl Gatherer {
    pub(super) fn trigger(&self, group: &Group, summary: &Summary) -> Option<Trigger> {
        let change = self.change_before(group);
        let is_certain = |t: &Trigger| t.certainty == Certainty::Certain;
        self.clock_before(group, summary)
            .or_else(|| self.hidden_before(group))
            .or_else(|| change.clone().filter(is_certain))
            .or_else(|| attempts_before(group))
            .or(change)
    }

    fn change_before(&self, group: &Group) -> Option<Trigger> {
        // What was set and taken back before has no effect any more.
        let taken_back = |changed: &Changed| {
            let mut later = self
                .changes
                .iter()
                .filter(|other| other.time > changed.time && other.time < group.first - BLUR);
            let sets = changed.change.sets;
            !sets.is_empty()
                && later.any(|other| sets.iter().any(|c| other.change.ends.contains(c)))
        };
        let near = self.changes.iter().filter(|changed| {
            let is_near =
                changed.time <= group.first + BLUR && group.first - changed.time <= EFFECT;
            is_near && !taken_back(changed)
        });
        let judged = near.filter_map(|changed| {
            let (certainty, let_in) = judge(changed, group)?;
            Some((certainty, changed.time, let_in, changed))
        });
        let best = judged.max_by_key(|(certainty, time, ..)| (*certainty, *time));
        best.map(|(certainty, time, let_in, changed)| Trigger {
            time: Some(time),
            certainty,
            why: told(changed, let_in),
        })
    }

    fn clock_before(&self, group: &Group, summary: &Summary) -> Option<Trigger> {
        if !group.kinds.has(Kinds::of(Cause::ClockSkew)) {
            return None;
        }
        let clock = |time, by, input, place| Trigger {
            time: Some(time),
            certainty: Certainty::Certain,
            why: Why::Clock { by, input, place },
        };
        if group.ahead != 0 {
            let mut stretches = self.clocks.stretches.iter();
            let stretch = stretches.find(|s| s.ahead == group.ahead)?;
            let time = stretch.begins - stretch.ahead;
            return Some(clock(time, stretch.ahead, None, Some(stretch.from)));
        }
        let steps = steps(summary);
        let near = |step: &&Step| (step.time - group.first).abs() <= HELP;
        let step = steps.iter().find(near)?;
        let input = Some(step.input.as_str().into());
        Some(clock(step.time.min(group.first), step.by, input, None))
    }

    fn hidden_before(&self, group: &Group) -> Option<Trigger> {
        let by_address = [
            Cause::SessionAddressChanged,
            Cause::AddressNotAllowed,
            Cause::RateLimited,
            Cause::AccountLocked,
        ];
        if !by_address.iter().any(|cause| group.can_be(*cause)) {
            return None;
        }
        let mut hidden = self.addresses.hidden.iter();
        let hidden = hidden.find(|hidden| {
            hidden.time <= group.first + BLUR
                && group.first - hidden.time <= EFFECT
                && group.clients.keys().any(|c| *c == hidden.address)
        })?;
        Some(Trigger {
            time: Some(hidden.time),
            certainty: Certainty::Certain,
            why: Why::Hidden {
                place: hidden.place,
                address: hidden.address,
                clients: hidden.clients,
            },
        })
    }

    pub(super) fn end(&self, group: &Group, trigger: Option<&Trigger>, summary: &Summary) -> End {
        let tracks = tracks(group);
        let after = tracks.iter().filter_map(|track| {
            let after = track.after?;
            Some(after.time.max(track.last.time))
        });
        let after: Vec<Micros> = after.collect();
        let recovered = (after.len(), tracks.len());
        let first_after = after.iter().copied().min();
        let by = self.ended_by(group, trigger, first_after, summary);
        let ended = match (&by, first_after) {
            (Some(_), _) => Ended::Change,
            (None, Some(_)) => Ended::Accepted,
            (None, None) if self.newest - group.last > GAP => Ended::Quiet,
            (None, None) => Ended::Open,
        };
        let time = match ended {
            Ended::Change => by.as_ref().and_then(|by| by.time),
            _ => first_after,
        };
        End {
            ended,
            time,
            recovered,
            by,
        }
    }

    /// What happened on the server between the last refusal and the first success.
    fn ended_by(
        &self,
        group: &Group,
        trigger: Option<&Trigger>,
        after: Option<Micros>,
        summary: &Summary,
    ) -> Option<Trigger> {
        if let Some(Trigger {
            why: Why::Clock { by, input, .. },
            ..
        }) = trigger
        {
            return self.clock_after(group, *by, input.as_deref(), summary);
        }
        let is_set = trigger.and_then(Trigger::change).is_some_and(|place| {
            let mut changes = self.changes.iter();
            changes.any(|c| c.place == place && !c.change.sets.is_empty())
        });
        let later = || {
            let changes = self.changes.iter();
            changes.filter(|c| c.time + BLUR >= group.last)
        };
        if is_set {
            let ends = |c: &&Changed| c.change.ends.iter().any(|cause| group.can_be(*cause));
            if let Some(changed) = later().find(ends) {
                return Some(Trigger {
                    time: Some(changed.time),
                    certainty: Certainty::Certain,
                    why: told(changed, 0),
                });
            }
        }
        let after = after?;
        let helps = |c: &&Changed| {
            let kinds = c.change.causes.iter().map(|cause| Kinds::of(*cause));
            let is_of_kind = kinds.into_iter().any(|kind| group.kinds.has(kind));
            c.time <= after && after - c.time <= HELP && (is_of_kind || after - c.time <= SOON)
        };
        let changed = later().filter(helps).max_by_key(|c| c.time)?;
        Some(Trigger {
            time: Some(changed.time),
            certainty: Certainty::Likely,
            why: told(changed, 0),
        })
    }

    fn clock_after(
        &self,
        group: &Group,
        by: Micros,
        input: Option<&str>,
        summary: &Summary,
    ) -> Option<Trigger> {
        let (time, place) = match input {
            None => {
                let mut stretches = self.clocks.stretches.iter();
                let stretch = stretches.find(|s| s.ahead == by)?;
                (None, Some(stretch.until))
            }
            Some(input) => {
                let steps = steps(summary);
                let is_back = |step: &&Step| {
                    step.input == input
                        && step.time > group.first
                        && step.by.signum() != by.signum()
                };
                (Some(steps.iter().find(is_back)?.time), None)
            }
        };
        Some(Trigger {
            time: time.map(|time| time.max(group.last)),
            certainty: Certainty::Certain,
            why: Why::Clock {
                by: -by,
                input: input.map(Into::into),
                place,
            },
        })
    }
}

fn told(changed: &Changed, let_in: usize) -> Why {
    Why::Change {
        place: changed.place,
        action: changed.change.action.as_ref().into(),
        reason: changed.change.reason.as_deref().map(Into::into),
        text: changed.change.text.clone(),
        effect: Effect::of(&changed.change),
        let_in,
    }
}

/// Whether a change can have set off a group, and how many were let in until then.
fn judge(changed: &Changed, group: &Group) -> Option<(Certainty, usize)> {
    let change = &changed.change;
    if change
        .of
        .is_some_and(|of| !group.clients.keys().any(|c| *c == of))
    {
        return None;
    }
    if change.sets.iter().any(|cause| group.can_be(*cause)) {
        return Some((Certainty::Certain, 0));
    }
    let is_direct = change.causes.iter().any(|cause| group.can_be(*cause));
    let is_of_kind = |cause: &Cause| group.kinds.has(Kinds::of(*cause));
    if !is_direct && !change.causes.iter().any(is_of_kind) {
        return None;
    }
    let tracks = tracks(group);
    let until = changed.time + BLUR;
    let let_in = |track: &&Track| track.before.is_some_and(|before| before.time <= until);
    // Who was let in after it was not kept out by it.
    let is_against = |track: &&Track| track.before.is_some_and(|before| before.time > until);
    let against = tracks.iter().filter(is_against).count();
    let let_in = tracks.iter().filter(let_in).count();
    let is_soon = group.first - changed.time <= SOON;
    match (is_direct, let_in) {
        (true, 1..) if let_in > against && (is_soon || let_in > 2) => {
            Some((Certainty::Certain, let_in))
        }
        (true, 1..) if let_in > against => Some((Certainty::Likely, let_in)),
        (false, 2..) if against == 0 && is_soon => Some((Certainty::Likely, let_in)),
        _ => None,
    }
}

/// Of its clients; where none is known, of its principals.
fn tracks(group: &Group) -> Vec<Track> {
    let clients: Vec<Track> = group.clients.all().map(|(_, track)| *track).collect();
    if clients.is_empty() {
        return group.principals.all().map(|(_, track)| *track).collect();
    }
    clients
}

fn attempts_before(group: &Group) -> Option<Trigger> {
    let run = group.attempts?;
    let is_limit = matches!(group.cause(), Some(Cause::RateLimited));
    let is_near = group.first - run.last.time <= EFFECT;
    (is_limit && is_near && run.count > 1).then_some(Trigger {
        time: Some(run.first.time),
        certainty: Certainty::Certain,
        why: Why::Attempts {
            accepted: run.count,
            since: run.first.time,
        },
    })
}

/// A clock that was set while the logs were written.
struct Step {
    input: String,
    time: Micros,
    by: Micros,
}

fn steps(summary: &Summary) -> Vec<Step> {
    let offsets = &summary.clock_offsets;
    let step = |(before, after): (&ClockOffset, &ClockOffset)| {
        #[allow(clippy::cast_possible_truncation)] // to the microsecond
        let by = ((after.offset_s - before.offset_s) * 1e6) as Micros;
        let is_same = before.input == after.input && before.reference == after.reference;
        (is_same && by.abs() >= SOON).then(|| Step {
            input: after.input.clone(),
            time: after.since.unwrap_or(Micros::MIN),
            by,
        })
    };
    offsets
        .iter()
        .zip(offsets.iter().skip(1))
        .filter_map(step)
        .collect()
}
