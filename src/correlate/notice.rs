//! What the server wrote about one request: a line, with those that can only belong to the same request.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exchange::Exchange;
use super::served::Served;
use crate::cause::Cause;
use crate::event::{Entry, Micros, Outcome, Place, Request, SECOND, Trail};
use crate::system::{Meaning, Position, System};

/// How far apart two lines of one request can be: passwords are hashed between them.
const SPAN: Micros = 3 * SECOND;

#[derive(Debug, Clone)]
pub(super) struct Notice {
    /// Which clock its times are of.
    pub(super) clock: usize,
    /// Brought to the clock of the access logs.
    pub(super) time: Range<Micros>,
    /// What was added to bring it there.
    pub(super) offset: Micros,
    /// How far that can be off.
    pub(super) tolerance: Micros,
    /// `None`: of whatever client, as the line names none, or a proxy.
    pub(super) source: Option<IpAddr>,
    /// Whether it may be of another client than it names, as no request of that one is near.
    pub(super) roams: Flag,
    /// How many numbers the server's counter gave to other things since the line before it; `None` where that
    /// is not of the same client.
    pub(super) ticks: Option<u32>,
    /// The first line, and further ones; none where the server wrote its access line only.
    pub(super) lines: Vec<(Place, Entry, Box<str>)>,
    /// The server's own access line, where its log has those.
    pub(super) served: Option<Served>,
    /// The line of another log that tells of the same event.
    pub(super) retold: Option<Retold>,
}

/// What is found out about a notice while several hold it.
#[derive(Debug, Default)]
pub(super) struct Flag(AtomicBool);

impl Flag {
    pub(super) fn set(&self, is_so: bool) {
        self.0.store(is_so, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clone for Flag {
    fn clone(&self) -> Self {
        Self(self.get().into())
    }
}

/// A line that tells again what stands in another log.
#[derive(Debug, Clone)]
pub(super) struct Retold {
    pub(super) place: Place,
    pub(super) text: Box<str>,
    /// Brought to the clock of the access logs, and what was added to bring it there.
    pub(super) time: Micros,
    pub(super) offset: Micros,
}

impl Retold {
    /// `None` for what is no line but an access line.
    pub(super) fn of(notice: Notice) -> Option<Self> {
        let (time, offset) = (notice.time.start, notice.offset);
        let (place, _, text) = notice.lines.into_iter().next()?;
        Some(Self {
            place,
            text,
            time,
            offset,
        })
    }
}

impl Notice {
    /// Where it stands: the access line, or else the first.
    pub(super) fn place(&self) -> Option<Place> {
        let served = self.served.as_ref().map(|s| s.place);
        served.or_else(|| self.lines.first().map(|l| l.0))
    }

    /// The line that the others hang on.
    pub(super) fn entry(&self) -> Option<&Entry> {
        self.lines.first().map(|l| &l.1)
    }

    /// Whether it states a failure that no HTTP request stands behind.
    pub(super) fn has_no_request(&self) -> bool {
        let statement = self.entry().and_then(|e| e.statement);
        self.is_failure() && statement.is_some_and(|s| s.status.is_empty())
    }

    /// Whether it is about an HTTP request, as far as is known.
    pub(super) fn concerns_request(&self) -> bool {
        match self.entry().and_then(|e| e.statement) {
            Some(statement) => !statement.status.is_empty(),
            None => self.is_failure(),
        }
    }

    /// Whether a line is about a failure, or about an HTTP request.
    pub(super) fn is_due(entry: &Entry) -> bool {
        entry.outcome == Outcome::Failure || entry.statement.is_some_and(|s| !s.status.is_empty())
    }

    /// Whether it can be about this request by its path, which the server names decoded.
    pub(super) fn is_of_path(&self, request: &Request) -> bool {
        let named = self.entry().and_then(|e| e.path.as_deref());
        named.is_none_or(|named| {
            let path = request.path();
            named == path || path.contains('%')
        })
    }

    /// Whether its own signature speaks against it.
    pub(super) fn is_unsigned(&self) -> bool {
        self.entry().is_some_and(Entry::is_unsigned)
    }

    pub(super) fn is_failure(&self) -> bool {
        self.entry().is_some_and(|e| e.outcome == Outcome::Failure)
    }

    /// When its request began, by the clock of the access logs.
    fn began(&self) -> Micros {
        let worked = self.trail().map_or(0, |t| t.wall.end - t.wall.start);
        self.time.start - worked
    }

    /// One sentence on the clock of the device that it is about.
    pub(super) fn skew(&self, system: &System) -> Option<String> {
        let words = self
            .lines
            .iter()
            .filter_map(|(_, e, _)| e.reason.as_deref());
        let mut skews = words.filter_map(|words| (system.skew)(words, self.began()));
        skews.next()
    }

    /// Whether the line says something of why, though it stands beside a refusal.
    pub(super) fn is_clue(&self) -> bool {
        let statement = self.entry().and_then(|e| e.statement);
        statement.is_some_and(|s| matches!(s.meaning, Meaning::Clue(_)))
    }

    /// Whether the line is in words that no version known to us writes.
    pub(super) fn is_unknown(&self) -> bool {
        self.entry().is_some_and(|e| e.statement.is_none())
    }

    /// Whether a request that the server answered so can have caused the line.
    pub(super) fn can_be_caused_by(&self, served: &Served) -> bool {
        let Some(entry) = self.entry() else {
            return false;
        };
        let status = served.request.status;
        match entry.statement {
            Some(statement) => statement.fits(served.route, status, None),
            None => self.is_failure() && served.request.is_refused(),
        }
    }

    /// What ties its first line to others.
    pub(super) fn trail(&self) -> Option<&Trail> {
        self.entry()?.trail.as_deref()
    }

    /// What the lines beside it leave of its causes.
    pub(super) fn clues(&self) -> impl Iterator<Item = &'static [Cause]> + '_ {
        let beside = self.lines.iter().skip(1);
        beside.filter_map(|(_, entry, _)| match entry.statement?.meaning {
            Meaning::Clue(causes) => Some(causes),
            _ => None,
        })
    }

    /// Whether `entry` can be a further line of the request that this is of.
    pub(super) fn can_go_on_with(
        &self,
        time: &Range<Micros>,
        source: Option<IpAddr>,
        entry: &Entry,
    ) -> bool {
        let Some(own) = self.entry() else {
            return false;
        };
        let (Some(first), Some(then)) = (own.statement, entry.statement) else {
            return false;
        };
        let same_sort = || first.meaning.is_refusal() == then.meaning.is_refusal();
        let same_principal = || {
            own.principal.is_none() || entry.principal.is_none() || own.principal == entry.principal
        };
        first.position != Position::Further
            && then.position != Position::First
            && same_sort()
            && same_principal()
            && first.routes.intersects(then.routes)
            && first.status.iter().any(|s| then.status.contains(s))
            && self.source == source
            && time.start - self.time.start <= SPAN
            && self
                .lines
                .iter()
                .all(|(_, e, _)| e.reason != entry.reason || e.action != entry.action)
    }

    /// From this line to the answer of `exchange`.
    pub(super) fn until(&self, exchange: &Exchange) -> Micros {
        exchange.time.start - self.time.start
    }
}
