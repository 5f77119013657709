//! Which version of the server answered, and how it was set up, at a moment.

use super::exchange::Exchange;
use crate::event::{Entry, Micros, ServerStart};
use crate::system::{Condition, Statement, Unlogged, Version};

/// What the auth log tells of the server itself, in the order of time.
#[derive(Debug, Default)]
pub(super) struct Server {
    starts: Vec<(Micros, ServerStart)>,
    /// The newest version that a line proves: some texts were not written before.
    proven: Option<Version>,
    /// Whether several hosts answer whose clocks differ.
    pub(super) clocks_differ: bool,
}

impl Server {
    pub(super) fn wrote(&mut self, time: Micros, entry: &Entry) {
        if let Some(start) = &entry.start {
            self.starts.push((time, start.clone()));
        }
        if let Some(statement) = entry.statement {
            self.proven = self.proven.max(Some(statement.since));
        }
    }

    fn start(&self, time: Micros) -> Option<&ServerStart> {
        self.starts
            .iter()
            .rev()
            .find(|(at, _)| *at <= time)
            .map(|(_, start)| start)
    }

    /// The versions that can have answered at `time`: from, and up to and including.
    fn versions(&self, time: Micros) -> (Version, Version) {
        let said = self
            .start(time)
            .or(self.starts.first().map(|(_, s)| s))
            .and_then(|s| s.version);
        match said {
            Some(version) => (version, version),
            None => (self.proven.unwrap_or(Version::MIN), Version::MAX),
        }
    }

    /// Whether an unlogged refusal can have happened at `time`.
    pub(super) fn allows(&self, unlogged: &Unlogged, time: Micros) -> bool {
        let (from, to) = self.versions(time);
        let strict = self.start(time).and_then(|s| s.strict);
        unlogged.since <= to
            && from < unlogged.until
            && match unlogged.condition {
                Condition::Always | Condition::Everyone => true,
                Condition::Strict => strict != Some(false),
                Condition::Lenient => strict != Some(true),
                Condition::ClusterClock => self.clocks_differ,
            }
    }

    /// The refusals without a line of their own that an exchange can be.
    pub(super) fn unlogged(&self, exchange: &Exchange) -> Vec<&'static Unlogged> {
        let rows = exchange.answer.unlogged.iter().copied();
        let fits = |u: &&Unlogged| exchange.bytes.is_none_or(|bytes| u.body.fits(bytes));
        rows.filter(fits)
            .filter(|u| self.allows(u, exchange.time.start))
            .collect()
    }

    /// Whether the server, as it was at `time`, writes this line at all.
    pub(super) fn writes(&self, statement: &Statement, time: Micros) -> bool {
        statement.since <= self.versions(time).1
    }
}
