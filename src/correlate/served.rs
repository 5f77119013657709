//! A server product's own access line: that a request came to it, and how it answered.
//!
//! Such a line stands in the product's log behind the lines that the request caused. So these are put
//! together as the log is read, and silence needs no further proof: a refusal without a line of its own has
//! none. How the line goes with that of a proxy, [`pair`](super::pair) decides as for any other.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use super::exchange::Exchange;
use super::history::Past;
use super::knowledge::Answer;
use super::notice::{Flag, Notice};
use super::{Correlator, Line};
use crate::event::{Micros, Place, Request, SECOND};
use crate::system::{Meaning, Position, Routes, Statement, Timing};

/// How long before its access line a line of a handler can stand: passwords are hashed, and the database waits.
const HANDLED: Micros = 15 * SECOND;
/// How long after it the traceback of a failure can begin.
const RAISED: Micros = 2 * SECOND;
/// Lines in wait among which those of a request are looked for.
const RECENT: usize = 256;

/// The server's own access line.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) place: Place,
    pub(super) text: Box<str>,
    pub(super) request: Request,
    pub(super) route: Routes,
    pub(super) answer: Arc<Answer>,
    /// What the client had done before, as this log tells.
    pub(super) past: Past,
    /// See [`key`].
    pub(super) key: u64,
    pub(super) timing: &'static Timing,
}

/// A number for what every log tells alike of a request: method, path and status. Servers write the path
/// with other characters escaped than proxies do.
pub(super) fn key(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&request.method, request.status).hash(&mut hasher);
    for byte in decoded(request.path().as_bytes()) {
        hasher.write_u8(byte);
    }
    hasher.finish()
}

/// Undoes `%HH`.
fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let byte = *text.get(at)?;
        let digit = |n: usize| char::from(*text.get(n)?).to_digit(16);
        if byte == b'%'
            && let Some((high, low)) = digit(at + 1).zip(digit(at + 2))
        {
            at += 3;
            return u8::try_from(high << 4 | low).ok();
        }
        at += 1;
        Some(byte)
    })
}

impl Served {
    /// Whether the server answered this request of a proxy's log.
    pub(super) fn is_of(&self, exchange: &Exchange) -> bool {
        exchange.key == Some(self.key)
    }
}

impl Correlator {
    /// Whether an input is a log of the server product itself.
    pub(super) fn is_own_log(&self, input: usize) -> bool {
        self.bearings.is_tracked && self.bearings.clocks.iter().any(|c| c.input == input)
    }

    /// Takes in an access line of the server product's own log.
    pub(super) fn served(
        &mut self,
        input: usize,
        time: Range<Micros>,
        source: Option<IpAddr>,
        request: Request,
        line: Line,
    ) {
        let clock = self.clock(input, None);
        let offset = self.bearings.clocks[clock].offset(line.0);
        let tolerance = self.bearings.clocks[clock].tolerance(line.0);
        let time = time.start + offset..time.end + offset;
        self.inputs[input].pass(time.start);
        self.coverage[clock].wrote(time.start);
        let source = self.unless_proxy(source);
        let Some((route, answer, past)) = self.asked(time.start, source, &request) else {
            return;
        };
        self.sign_request(input, time.start, source, (&request, Some(route)), line.0);
        let key = key(&request);
        let Some(timing) = self.timing() else {
            return;
        };
        let mut notice = Notice {
            clock,
            time,
            offset,
            tolerance,
            source,
            ticks: None,
            retold: None,
            lines: Vec::new(),
            served: Some(Served {
                place: line.0,
                text: line.1,
                request,
                route,
                answer,
                past,
                key,
                timing,
            }),
            roams: Flag::default(),
        };
        self.gather(&mut notice);
        let served = notice.served.as_ref();
        let is_mute = served.is_some_and(|s| s.answer.is_mute() && !s.request.is_refused());
        if !is_mute || !notice.lines.is_empty() {
            self.late += u64::from(notice.time.end <= self.paired_until);
            self.notices.push(Arc::new(notice));
        }
    }

    /// Moves the lines in wait that the request caused to its access line: the one that states the outcome
    /// first. Of several that could, the oldest: requests of one kind overtake each other seldom.
    fn gather(&mut self, notice: &mut Notice) {
        let first = self.notices.len().saturating_sub(RECENT);
        let waits = |n: &Notice| {
            n.served.is_none()
                && n.clock == notice.clock
                && notice.time.start - n.time.start <= HANDLED
        };
        let caused = |n: &Notice| {
            notice
                .served
                .as_ref()
                .is_some_and(|s| n.can_be_caused_by(s))
        };
        let mut own: Vec<usize> = Vec::new();
        let mut stating = None;
        let mut elsewhere = None;
        for (i, other) in self.notices.iter().enumerate().skip(first) {
            if !waits(other) || !caused(other) {
                continue;
            }
            let is_same = other.source.is_none() || other.source == notice.source;
            match other.entry().and_then(|e| e.statement).map(|s| s.meaning) {
                // A client that names itself in X-Forwarded-For may have another address in the line.
                _ if !is_same => elsewhere = elsewhere.or(Some(i)),
                Some(Meaning::Side) => own.push(i),
                _ => stating = stating.or(Some(i)),
            }
        }
        let stating = stating.or(elsewhere.filter(|_| own.is_empty()));
        own.extend(stating);
        own.sort_unstable();
        for i in own.into_iter().rev() {
            let other = self.notices.remove(i);
            if let Ok(other) = Arc::try_unwrap(other) {
                let at = if Some(i) == stating {
                    0
                } else {
                    notice.lines.len()
                };
                notice.lines.splice(at..at, other.lines);
            }
        }
    }

    /// Adds a line that only comes behind the access line, as tracebacks do, to its request. `None`: it is
    /// of none; else the line is taken.
    pub(super) fn follow(&mut self, notice: Notice) -> Option<Notice> {
        let is_further = |s: &Statement| s.position == Position::Further;
        let statement = notice.entry().and_then(|e| e.statement);
        if !self.bearings.is_tracked || !statement.is_some_and(is_further) {
            return Some(notice);
        }
        let caused = self.notices.iter_mut().rev().take(RECENT).find(|n| {
            n.clock == notice.clock
                && notice.time.start - n.time.start <= RAISED
                && !n.is_failure()
                && n.served
                    .as_ref()
                    .is_some_and(|s| notice.can_be_caused_by(s))
        });
        match caused.and_then(Arc::get_mut) {
            Some(caused) => {
                caused.lines.splice(0..0, notice.lines);
                None
            }
            None => Some(notice),
        }
    }
}
