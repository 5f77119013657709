//! Reading no more of a record than is needed.
//!
//! Of most lines a join keeps nothing: requests that were accepted and about which no line is written, and lines that are
//! about no request. A format that can tell them while it reads asks a [`Sieve`] and need not build their events.

use std::net::IpAddr;
use std::ops::Range;

use crate::event::{Event, Micros, Outcome, Place, Record, Serial};
use crate::system::{Routes, Statement};

/// Says of which records a glimpse will do.
pub trait Sieve {
    /// Of a request that an access log tells, its target without the query. `None`: all of it is needed.
    fn request(&mut self, method: &str, path: &str, status: u16) -> Option<Glimpsed>;

    /// Of a line in which the server product says what it did, and that nothing ties to others.
    fn entry(&mut self, heading: &Heading<'_>) -> Option<Glimpsed>;
}

/// What tells lines of the server product apart, texts as they stand in the line.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    pub action: &'a [u8],
    pub statement: Option<&'static Statement>,
    pub outcome: Outcome,
    /// Whether the line names somebody.
    pub is_named: bool,
    pub host: Option<&'a [u8]>,
    pub serial: Option<Serial>,
}

/// What went through a sieve.
pub enum Sifted {
    Event(Box<Event>),
    Glimpse(Range<Micros>, Option<IpAddr>, Glimpsed),
}

impl From<Event> for Sifted {
    fn from(event: Event) -> Self {
        Self::Event(Box::new(event))
    }
}

impl Sifted {
    /// `None`: a glimpse had to do.
    pub fn event(self) -> Option<Event> {
        match self {
            Self::Event(event) => Some(*event),
            Self::Glimpse(..) => None,
        }
    }
}

/// Lets everything through whole.
pub struct NoSieve;

impl Sieve for NoSieve {
    fn request(&mut self, _: &str, _: &str, _: u16) -> Option<Glimpsed> {
        None
    }

    fn entry(&mut self, _: &Heading<'_>) -> Option<Glimpsed> {
        None
    }
}

/// A record of which no more is needed than that it was there: an accepted request about which no line is written, or a
/// line about no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse {
    pub place: Place,
    /// As of [`Event`].
    pub time: Range<Micros>,
    /// As of [`Event`].
    pub source: Option<IpAddr>,
    pub kind: Glimpsed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glimpsed {
    Request {
        route: Routes,
        status: u16,
    },
    Entry {
        /// The clock that its times are of, by the number that whoever asked for glimpses gave it.
        clock: usize,
        serial: Option<Serial>,
    },
}

/// A record, as far as it is needed.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    Whole(Record),
    Glimpse(Glimpse),
}

impl Sight {
    /// `None`: a glimpse was enough.
    pub fn whole(self) -> Option<Record> {
        match self {
            Self::Whole(record) => Some(record),
            Self::Glimpse(_) => None,
        }
    }

    pub fn time(&self) -> &Range<Micros> {
        match self {
            Self::Whole(record) => &record.event.time,
            Self::Glimpse(glimpse) => &glimpse.time,
        }
    }
}

impl From<Record> for Sight {
    fn from(record: Record) -> Self {
        Self::Whole(record)
    }
}
