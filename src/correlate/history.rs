//! What clients did before, and what changed on the server.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::HashMap;

use crate::cause::Cause;
use crate::event::{Micros, Place, SECOND};

/// Clients that are remembered, as many as a table of 2^18 places takes; beyond that the longest unseen half is
/// forgotten.
const CLIENTS: usize = (1 << 18) / 8 * 7;
/// Changes that are remembered.
const CHANGES: usize = 256;
/// How far apart one change stands in two logs.
const AGAIN: Micros = 2 * SECOND;
/// How long after a change the first failure may come that it triggered.
const EFFECT: Micros = 600 * SECOND;

/// Times in a row that make a habit.
const HABIT: u32 = 5;
/// A server that accepted somebody this long before or after was not disabled.
const SERVING: Micros = 600 * SECOND;

/// What a client had done before a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Past {
    /// Its last request that proved a credential.
    pub(super) last_accepted: Option<Micros>,
    /// Whether it was seen to begin a session.
    pub(super) had_session: bool,
    /// The first refusal since it was last accepted.
    pub(super) refused_since: Option<Micros>,
    /// Its last request of any kind.
    pub(super) last_seen: Option<Micros>,
}

/// The same in half the room, for there can be many clients.
#[derive(Debug, Clone, Copy, Default)]
struct Remembered {
    last_accepted: Moment,
    refused_since: Moment,
    last_seen: Moment,
    had_session: bool,
}

/// A moment or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(Micros);

impl Default for Moment {
    fn default() -> Self {
        Self(Micros::MIN)
    }
}

impl Moment {
    fn get(self) -> Option<Micros> {
        (self != Self::default()).then_some(self.0)
    }
}

impl From<Remembered> for Past {
    fn from(client: Remembered) -> Self {
        Self {
            last_accepted: client.last_accepted.get(),
            had_session: client.had_session,
            refused_since: client.refused_since.get(),
            last_seen: client.last_seen.get(),
        }
    }
}

/// What a client is refused for, time and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Habit {
    /// What was left the first time, most likely first; that came first each time.
    pub(super) causes: Vec<Cause>,
    /// How many times in a row.
    pub(super) times: u32,
    /// When the last of them began: being accepted since ends a habit.
    last: Micros,
}

/// A change on the server that can make requests fail from then on.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) time: Micros,
    /// The one client that it concerns; `None`: any.
    pub(super) of: Option<IpAddr>,
    pub(super) offset: Micros,
    pub(super) causes: &'static [Cause],
    pub(super) place: Place,
    pub(super) text: Box<str>,
}

impl Habit {
    /// Whether a client with this past was not accepted since.
    fn goes_on(&self, past: &Past) -> bool {
        past.last_accepted
            .is_none_or(|accepted| accepted <= self.last)
    }
}

#[derive(Debug, Default, Clone)]
pub(super) struct History {
    /// Shared with what only asks what would be found: that takes no more requests in.
    clients: Arc<HashMap<IpAddr, Remembered>>,
    habits: HashMap<IpAddr, Habit>,
    changes: VecDeque<Change>,
    /// When anybody was last accepted.
    anybody: Option<Micros>,
}

impl History {
    /// Takes in a request, and tells what its client had done before. `proves`: it was accepted where a
    /// credential is checked; `begins`: it began a session.
    pub(super) fn note(
        &mut self,
        client: Option<IpAddr>,
        time: Micros,
        refused: bool,
        proves: bool,
        begins: bool,
    ) -> Past {
        let Some(client) = client else {
            return Past::default();
        };
        if self.clients.len() >= CLIENTS && !self.clients.contains_key(&client) {
            self.forget();
        }
        let past = Arc::make_mut(&mut self.clients).entry(client).or_default();
        let before = Past::from(*past);
        past.last_seen = Moment(time);
        past.had_session |= begins;
        if proves {
            past.last_accepted = Moment(time);
            past.refused_since = Moment::default();
        } else if refused && before.refused_since.is_none() {
            past.refused_since = Moment(time);
        }
        before
    }

    fn forget(&mut self) {
        let mut seen: Vec<_> = self.clients.values().map(|p| p.last_seen).collect();
        let middle = seen.len() / 2;
        let (_, &mut median, _) = seen.select_nth_unstable(middle);
        let clients = Arc::make_mut(&mut self.clients);
        clients.retain(|_, past| past.last_seen > median);
        self.habits.retain(|client, _| clients.contains_key(client));
    }

    /// Takes in what was left of a refusal that the logs cover.
    pub(super) fn judged(
        &mut self,
        client: Option<IpAddr>,
        past: &Past,
        time: Micros,
        causes: Vec<Cause>,
    ) {
        let Some(client) = client else { return };
        let fresh = Habit {
            causes,
            times: 0,
            last: time,
        };
        let habit = self.habits.entry(client).or_insert_with(|| fresh.clone());
        if habit.causes.first() != fresh.causes.first() || !habit.goes_on(past) {
            *habit = fresh;
        }
        habit.times += 1;
        habit.last = time;
    }

    /// What a client with this past is refused for time and again.
    pub(super) fn habit(&self, client: Option<IpAddr>, past: &Past) -> Option<&Habit> {
        let habit = self.habits.get(&client?)?;
        (habit.times >= HABIT && habit.goes_on(past)).then_some(habit)
    }

    /// The server answered somebody with what was asked for.
    pub(super) fn served(&mut self, time: Micros) {
        self.anybody = Some(time);
    }

    /// Whether anybody was accepted around `time`, so that the server does not refuse everybody.
    pub(super) fn serves(&self, time: Micros) -> bool {
        self.anybody
            .is_some_and(|accepted| (accepted - time).abs() <= SERVING)
    }

    /// `again`: by a line of a log that tells again what another tells.
    pub(super) fn changed(&mut self, change: Change, again: bool) {
        let is_same = |known: &Change| {
            known.causes == change.causes && (known.time - change.time).abs() <= AGAIN
        };
        if again && self.changes.iter().rev().any(is_same) {
            return;
        }
        if self.changes.len() == CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    /// Whether a change that can have this effect was made between two moments.
    pub(super) fn has_changed(&self, cause: Cause, from: Option<Micros>, until: Micros) -> bool {
        let can = |c: &&Change| {
            c.causes.contains(&cause)
                && from.is_none_or(|from| c.time + SECOND >= from)
                && c.time <= until + SECOND
        };
        self.changes.iter().any(|change| can(&change))
    }

    /// The change that made a request fail with `cause`: the last one that can have this effect, if the
    /// client was accepted until then and its failures began after it.
    pub(super) fn trigger(
        &self,
        cause: Cause,
        client: Option<IpAddr>,
        time: Micros,
        past: &Past,
    ) -> Option<&Change> {
        let accepted = past.last_accepted?;
        let began = past.refused_since.unwrap_or(time);
        self.changes.iter().rev().find(|change| {
            change.causes.contains(&cause)
                && (change.of.is_none() || change.of == client)
                && change.time <= began + SECOND
                && began - change.time <= EFFECT
                && accepted <= change.time + SECOND
        })
    }
}
