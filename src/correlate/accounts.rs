//! Which accounts a log shows to be there: where the server says the same of a wrong password, an unknown name
//! and a disabled account, it still tells who was let in.

use std::collections::VecDeque;
use std::net::IpAddr;

use foldhash::HashMap;

use crate::cause::Cause;
use crate::event::{Entry, Micros, Outcome, Place, SECOND};
use crate::system::{Meaning, System};

/// Names that are remembered.
const NAMES: usize = 1 << 16;
/// Times that each of them was let in, and of each kind of change.
const TIMES: usize = 64;
/// Who gets in at the same address so soon before or after a failure had mistyped.
const RETRY: Micros = 120 * SECOND;

/// When and where an account was let in.
#[derive(Debug, Clone, Copy, PartialEq)]
struct LetIn {
    place: Place,
    time: Micros,
    source: Option<IpAddr>,
}

/// Accounts. What came first is told by the order of lines: clocks are set back.
#[derive(Debug, Default, Clone)]
pub(super) struct Accounts {
    /// When and where each was let in.
    known: HashMap<Box<str>, VecDeque<LetIn>>,
    /// When the server was set up: all accounts are younger, so that the log names each.
    founded: Option<Place>,
    /// Whether an account may have gone since it was named.
    deleted: bool,
    /// When accounts were changed; no line tells which and how.
    changed: Vec<Place>,
}

impl Accounts {
    /// Takes in a line of the log.
    pub(super) fn note(
        &mut self,
        place: Place,
        time: Micros,
        source: Option<IpAddr>,
        entry: &Entry,
    ) {
        let Some(statement) = entry.statement else {
            return;
        };
        match statement.meaning {
            Meaning::Change(causes) if self.changed.len() < NAMES => {
                self.deleted |= causes.contains(&Cause::UnknownUser);
                if causes.contains(&Cause::AccountDisabled) && !self.changed.contains(&place) {
                    self.changed.push(place);
                }
            }
            Meaning::Founding => self.founded = self.founded.or(Some(place)),
            _ => {}
        }
        let Some(name) = entry.principal.as_deref() else {
            return;
        };
        if entry.outcome == Outcome::Failure {
            return;
        }
        // Few names are new.
        if !self.known.contains_key(name) {
            if self.known.len() >= NAMES {
                return;
            }
            self.known.insert(name.into(), VecDeque::new());
        }
        let Some(times) = self.known.get_mut(name) else {
            return;
        };
        if statement.meaning == Meaning::Acceptance && times.iter().all(|t| t.place != place) {
            if times.len() == TIMES {
                times.pop_front();
            }
            times.push_back(LetIn {
                place,
                time,
                source,
            });
        }
    }

    /// Whether there is an account of this name; `None` where nobody can know.
    pub(super) fn has(&self, name: &str, place: Place) -> Option<bool> {
        let is_whole = self.founded.is_some_and(|founded| founded <= place);
        match self.known.contains_key(name) {
            true if !self.deleted => Some(true),
            false if is_whole && self.known.len() < NAMES => Some(false),
            _ => None,
        }
    }

    /// Whether any account is known at all, so that a name that is none stands out.
    pub(super) fn is_telling(&self) -> bool {
        !self.known.is_empty()
    }

    /// Whether the account was not disabled at `time`: it was let in before, and not changed since, or let
    /// in again when at most one change had been made, which cannot have disabled it and enabled it too. Who
    /// gets in at the same address just before or after had mistyped.
    pub(super) fn was_active(
        &self,
        name: &str,
        place: Place,
        time: Micros,
        source: Option<IpAddr>,
    ) -> bool {
        let times = || self.known.get(name).into_iter().flatten();
        let changes = |from: Place, until: Place| {
            let between = |at: &&Place| (from..=until).contains(*at);
            self.changed.iter().filter(between).count()
        };
        let before = times().map(|t| t.place).filter(|at| *at < place).max();
        let after = times().map(|t| t.place).filter(|at| *at > place).min();
        let is_retry = |t: &LetIn| {
            t.source == source
                && (t.time - time).abs() <= RETRY
                && changes(t.place.min(place), t.place.max(place)) == 0
        };
        before.is_some_and(|before| {
            changes(before, place) == 0 || after.is_some_and(|after| changes(before, after) < 2)
        }) || (source.is_some() && times().any(is_retry))
    }
}

/// Whether a system's lines tell of accounts what its refusals leave open.
pub(super) fn matter(system: &System) -> bool {
    let leaves_open = |meaning: Meaning| matches!(meaning, Meaning::OneOf(_));
    system.statements.iter().any(|s| leaves_open(s.meaning))
}
