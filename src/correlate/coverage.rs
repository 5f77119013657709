//! Was the log alive? Silence is evidence only where it was.

use std::collections::{BTreeMap, VecDeque};

use super::recent::partition_point;
use crate::event::{Micros, SECOND};

/// A log that has been quiet for no longer than this is alive, whatever its rhythm.
const QUIET: Micros = 60 * SECOND;
/// A log that has been quiet for longer than this is not known to be alive, whatever its rhythm: a single line
/// with a wrong time would prove any silence.
const ASLEEP: Micros = 26 * 3600 * SECOND;
/// Moments that are remembered: beyond them nothing waits for a verdict.
const MOMENTS: usize = 1 << 16;
/// A log that has every request is alive where it wrote this long before and after, however rare requests are.
const BUSY: Micros = 5 * SECOND;
/// So many different clients refused between two lines, and not a line about one: the log was not
/// written, though no single one of them had to leave a line.
const CLIENTS: usize = 6;

/// When one log wrote, and which requests should have been in it.
#[derive(Debug, Default, Clone)]
pub(super) struct Coverage {
    /// Seconds (as [`Micros`]) in which it wrote, by the access logs' clock.
    alive: VecDeque<Micros>,
    /// Requests that must have left a line in it and have none.
    missed: BTreeMap<Micros, u32>,
    /// When a line could not be written, or is gone.
    lost: BTreeMap<Micros, Blind>,
    /// The longest time between two lines so far.
    longest_quiet: Micros,
    ended: bool,
}

/// What is known of the log around a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Covered {
    Yes,
    /// It is not known yet: no line has come since.
    NotYet,
    No {
        from: Option<Micros>,
        until: Option<Micros>,
        why: Blind,
    },
}

/// Why a log says nothing of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blind {
    /// There is no log.
    NoLog,
    /// There is only one that leaves out most refusals.
    Retold,
    /// The server says that it could not write it.
    Lost,
    /// Rows of it are missing.
    Removed,
    /// A row near the moment is not signed by the server.
    Unsigned,
    /// Before its first line.
    NotBegun,
    /// After its last line, for longer than it has ever been quiet.
    Ended,
    /// Requests that always leave a line left none.
    Missed(u32),
    /// The lines around it are further apart than a day.
    Asleep,
    /// The request came out of order, when what is around it had been joined.
    Late,
    /// So many requests came at once that a line cannot be given to one of them.
    Flooded,
    /// Many clients were refused, and none of them left a line.
    Mute,
    /// It has no request near this one, and it has every request.
    Quiet,
}

impl Coverage {
    pub(super) fn wrote(&mut self, time: Micros) {
        let second = time.div_euclid(SECOND) * SECOND;
        if self.alive.back() == Some(&second) {
            return;
        }
        // Lines are out of order by fractions of a second, or where a clock was set.
        let at = partition_point(&self.alive, |&s| s < second);
        if self.alive.get(at) == Some(&second) {
            return;
        }
        if let Some(before) = at.checked_sub(1).map(|i| self.alive[i]) {
            self.longest_quiet = self.longest_quiet.max((second - before).min(ASLEEP));
        }
        self.alive.insert(at, second);
        if self.alive.len() > MOMENTS {
            self.alive.pop_front();
            let oldest = self.alive.front().copied().unwrap_or(Micros::MIN);
            self.missed = self.missed.split_off(&oldest);
            self.lost = self.lost.split_off(&oldest);
        }
    }

    /// A request that must have left a line at `time` has none.
    pub(super) fn missed(&mut self, time: Micros) {
        *self.missed.entry(time).or_default() += 1;
    }

    /// A line that belongs at `time`, or just before, could not be written.
    pub(super) fn lost(&mut self, time: Micros) {
        self.lost.insert(time, Blind::Lost);
    }

    /// Lines may be gone, or wrong, between two that stand there.
    pub(super) fn lost_since(&mut self, from: Micros, until: Micros, why: Blind) {
        let first = self.alive.partition_point(|&second| second < from);
        let between = self.alive.iter().skip(first);
        let between = between.take_while(|&&second| second < until);
        self.lost.extend(between.map(|&second| (second, why)));
        self.lost.extend([(from, why), (until, why)]);
    }

    /// Whether every request that must have left a line so far has one.
    pub(super) fn is_whole(&self) -> bool {
        self.missed.is_empty()
    }

    /// Whether it wrote within seconds before and after `time`.
    pub(super) fn is_busy(&self, time: Micros) -> bool {
        let (before, after) = self.around(time);
        before.is_some_and(|before| time - before <= BUSY)
            && after.is_some_and(|after| after - time <= BUSY)
    }

    /// No further line will come.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// It goes on after all.
    pub(super) fn reopen(&mut self) {
        self.ended = false;
    }

    /// The last line before and the first after `time`.
    pub(super) fn around(&self, time: Micros) -> (Option<Micros>, Option<Micros>) {
        let next = partition_point(&self.alive, |&s| s + SECOND <= time);
        let before = if self.alive.get(next).is_some_and(|&s| s <= time) {
            next + 1
        } else {
            next
        };
        (
            before.checked_sub(1).map(|i| self.alive[i]),
            self.alive.get(before).copied(),
        )
    }

    /// Whether the log covers `time`. `silent_clients`: of the interval around it, how many different
    /// clients were refused without a line; asked for only when nothing else decides.
    pub(super) fn covers(
        &self,
        time: Micros,
        silent_clients: impl Fn(Micros, Micros) -> usize,
    ) -> Covered {
        let (before, after) = self.around(time);
        let Some(before) = before else {
            return Covered::No {
                from: None,
                until: after,
                why: Blind::NotBegun,
            };
        };
        let until = match after {
            Some(after) => after,
            None if !self.ended => return Covered::NotYet,
            None if time - before <= self.longest_quiet.max(QUIET) => time,
            None => {
                return Covered::No {
                    from: Some(before),
                    until: None,
                    why: Blind::Ended,
                };
            }
        };
        // A line may stand in the very second in which the log fell silent, or spoke again.
        let missed: u32 = self
            .missed
            .range(before..until + SECOND)
            .map(|(_, n)| n)
            .sum();
        let no = |why| Covered::No {
            from: Some(before),
            until: after,
            why,
        };
        if let Some((_, why)) = self.lost.range(before..until + SECOND).next() {
            no(*why)
        } else if missed > 0 {
            no(Blind::Missed(missed))
        } else if until - before > ASLEEP {
            no(Blind::Asleep)
        } else if until - before > SECOND && silent_clients(before, until) >= CLIENTS {
            no(Blind::Mute)
        } else {
            Covered::Yes
        }
    }
}

impl std::fmt::Display for Covered {
    /// A sentence.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Covered::Yes => f.write_str("The log was alive."),
            Covered::NotYet => f.write_str("The log has not been read this far."),
            Covered::No { why, .. } => write!(f, "The log does not cover this moment: {why}."),
        }
    }
}

impl std::fmt::Display for Blind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Blind::NoLog => "there is no auth log",
            Blind::Retold => "the log that was read leaves out most refusals",
            Blind::Lost => "the server could not write it",
            Blind::Removed => "rows of it are missing",
            Blind::Unsigned => "a row near it has no good signature",
            Blind::NotBegun => "it begins later",
            Blind::Ended => "it has been silent since, for longer than ever before",
            Blind::Missed(_) => "requests that always leave a line left none",
            Blind::Asleep => "the lines before and after it are days apart",
            Blind::Late => "the request stands out of order in its log",
            Blind::Flooded => "too many requests came at once to tell whose a line is",
            Blind::Quiet => "it has every request as a rule, and neither this one nor one near it",
            Blind::Mute => "many clients were refused and not one left a line",
        })
    }
}
