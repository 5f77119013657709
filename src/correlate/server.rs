//! Which version of the server answered, and how it was set up, at a moment.

use std::ops::Range;

use super::exchange::Exchange;
use super::history::History;
use super::knowledge::Answer;
use super::languages::InUse;
use super::survey::Bearings;
use crate::event::{Entry, Micros, SECOND, ServerStart};
use crate::system::{Body, Condition, Statement, System, Unlogged, Version};

/// The versions that can have written the logs, as far as lines and answers prove it: some texts, sizes and
/// layouts were not written before, or not any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof {
    from: Version,
    /// Up to and including.
    to: Version,
}

impl Default for Proof {
    fn default() -> Self {
        Self {
            from: Version::MIN,
            to: Version::MAX,
        }
    }
}

impl Proof {
    /// A line of the server's log.
    pub(super) fn line(&mut self, system: &System, time: &Range<Micros>, entry: &Entry) {
        if time.end - time.start == SECOND {
            self.from = self.from.max(system.whole_seconds_since);
        } else {
            self.to = self.to.min(system.whole_seconds_since);
        }
        if let Some(statement) = entry.statement {
            self.from = self.from.max(statement.since);
        }
    }

    /// What another log of the same server proves as well.
    pub(super) fn and(&mut self, other: Self) {
        self.from = self.from.max(other.from);
        self.to = self.to.min(other.to);
    }

    /// An answer of `bytes` bytes.
    pub(super) fn answer(&mut self, answer: &Answer, bytes: u64) {
        let statements = answer.statements.iter().filter(|s| s.body.fits(bytes));
        let unlogged = answer.unlogged.iter().filter(|u| u.body.fits(bytes));
        let since = statements
            .map(|s| s.body.since(bytes))
            .chain(unlogged.map(|u| u.since.max(u.body.since(bytes))));
        if let Some(first) = since.min() {
            self.from = self.from.max(first);
        }
    }
}

/// What the auth log tells of the server itself, in the order of time.
#[derive(Debug, Default, Clone)]
pub(super) struct Server {
    starts: Vec<(Micros, ServerStart)>,
    proof: Proof,
    /// Whether several hosts answer whose clocks differ.
    clocks_differ: bool,
    /// The size of what it wraps around its texts, where it is known.
    envelope: Option<u64>,
    languages: InUse,
    /// Whether its log has lines that are written beside refusals without a line of their own.
    tells_beside: bool,
}

impl Server {
    pub(super) fn new(bearings: &Bearings) -> Self {
        Self {
            starts: Vec::new(),
            proof: bearings.proof,
            clocks_differ: bearings.clocks_differ(),
            envelope: bearings.envelope,
            languages: bearings.languages.clone(),
            tells_beside: bearings.tells_beside,
        }
    }

    pub(super) fn wrote(&mut self, time: Micros, entry: &Entry) {
        self.starts
            .extend(entry.start.clone().map(|start| (time, start)));
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
            None => (self.proof.from, self.proof.to),
        }
    }

    /// The versions that started, oldest first, each once.
    pub(super) fn started(&self) -> Vec<Version> {
        let mut versions: Vec<_> = self.starts.iter().filter_map(|(_, s)| s.version).collect();
        versions.dedup();
        versions
    }

    /// Whether an unlogged refusal can have happened at `time`.
    fn allows(
        &self,
        unlogged: &Unlogged,
        (from, to): (Version, Version),
        exchange: &Exchange,
        history: &History,
    ) -> bool {
        let time = exchange.time.start;
        let strict = || self.start(time).and_then(|s| s.strict);
        unlogged.since <= to
            && from < unlogged.until
            && match unlogged.condition {
                Condition::Always
                | Condition::Session
                | Condition::Portable
                | Condition::ChangedSession
                | Condition::Stranger
                | Condition::InFront => true,
                Condition::TokenInQuery => exchange.has_token_in_query(),
                Condition::Untold => !self.tells_beside,
                Condition::Everyone => !history.serves(time),
                Condition::Strict => strict() != Some(false),
                Condition::Lenient => strict() != Some(true),
                Condition::ClusterClock => self.clocks_differ,
            }
    }

    /// The refusals without a line of their own that an exchange can be.
    pub(super) fn unlogged(
        &self,
        exchange: &Exchange,
        history: &History,
    ) -> Vec<&'static Unlogged> {
        let all = &exchange.answer.unlogged;
        let fits = |u: &&Unlogged| {
            let bytes = exchange.bytes;
            bytes.is_none_or(|bytes| u.body.fits_in(bytes, self.envelope))
        };
        let versions = self.versions(exchange.time.start);
        let allowed = |u: &&Unlogged| self.allows(u, versions, exchange, history);
        let mut rows = Vec::with_capacity(all.len());
        rows.extend(all.iter().copied().filter(fits).filter(allowed));
        self.prefer_spoken(&mut rows, exchange);
        rows
    }

    /// What fits in languages only that are not in use is left out where something fits in one that is.
    fn prefer_spoken(&self, rows: &mut Vec<&'static Unlogged>, exchange: &Exchange) {
        let is_spoken = |row: &&Unlogged| InUse::is_used(self.share(row, exchange));
        if rows.iter().any(is_spoken) {
            rows.retain(is_spoken);
        }
    }

    /// The share of such refusals whose answer has the size that this one has; 1 where the size tells nothing.
    pub(super) fn share(&self, unlogged: &Unlogged, exchange: &Exchange) -> f64 {
        match (unlogged.body, exchange.bytes) {
            (Body::Reply(reply), Some(bytes)) => {
                let languages = &self.languages;
                let share = languages.share(reply, bytes, self.envelope, exchange.source);
                share.unwrap_or(1.0)
            }
            _ => 1.0,
        }
    }

    /// Whether such lines as stand beside refusals were read.
    pub(super) fn tells_beside(&self) -> bool {
        self.tells_beside
    }

    /// Whether an exchange can be a refusal that the server, as it was then, states with this line.
    pub(super) fn states(&self, statement: &Statement, exchange: &Exchange) -> bool {
        let (from, to) = self.versions(exchange.time.start);
        let (statement, status) = (statement.on(exchange.route), exchange.request.status);
        let bytes = exchange
            .bytes
            .filter(|_| statement.status.first() == Some(&status));
        statement.since <= to
            && statement.fits(exchange.route, status, bytes)
            && bytes.is_none_or(|bytes| {
                statement.body.fits_between(bytes, from, to)
                    && statement.body.fits_in(bytes, self.envelope)
            })
    }
}
