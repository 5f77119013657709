//! Files and streams, as records in file order.
//!
//! A *part* is one file; an *input* is a rotated set of parts, oldest first, in one format. A *stream*
//! (standard input, a pipe) can be read only once and is an input of one part.
//!
//! ```text
//! LOG arguments -> Found (search, walk, glob) -> sample: wrapper, format -> rotation: sets -> identity -> Input
//! Input -> bytes (plain, gzip, zstd, rows of a database, stream) -> lines -> blocks (without wrapper) -> records
//! ```
//!
//! [`discover()`] opens everything once and tells what will be read; each [`Input`] is then read by
//! itself, so that a caller can merge several by time. Memory does not grow with what is read.

mod audit_key;
mod block;
mod bytes;
mod config;
mod database;
mod discover;
mod error;
mod flow;
mod follow;
mod glob;
mod identity;
mod lines;
mod live;
mod mask;
mod pipe;
mod records;
mod rotation;
mod sample;
mod search;
mod signed;
#[cfg(any(test, fuzzing))]
mod splitting;
mod stream;
mod stretch;
mod watch;
mod wrapper;

use std::ops::Range;

use self::block::{Block, Blocks};
use self::bytes::Bytes;
use self::wrapper::Wrapper;
use crate::event::{self, Event, Micros, Place};
use crate::format::Format;
use crate::summary::Tally;
use crate::zone::Zone;

pub use self::audit_key::{AuditKey, KeyError};
pub use self::config::{Configuration, configuration};
pub use self::discover::discover;
pub use self::error::{Error, Failure, Skipped};
pub use self::follow::{Follow, Lost, News, Start, Stretch, Why};
pub use self::live::{Born, Live, is_stream, set_of};
pub use self::mask::{Mask, Masks, NotAMask};
pub use self::pipe::Pipe;
pub use self::records::{Records, Sifting};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use self::splitting::check_lines;
pub use self::watch::{Mode, Watch};

/// How inputs are to be read.
#[derive(Clone, Default)]
pub struct Options<'a> {
    /// Overrides detection.
    pub format: Option<&'static dyn Format>,
    /// Formats that the user described: detected as those that are built in, and before them.
    pub given: &'a [&'static dyn Format],
    /// The zone of times that name none; `None`: as the logs tell, else this host's.
    pub zone: Option<Zone>,
    /// Covered in every line before it is read.
    pub masks: Masks,
    /// With what the rows of audit databases are checked.
    pub key: Option<AuditKey>,
}

/// What a first pass looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    All,
    /// The lines of one client in so many, and all that name none.
    Clients(u64),
    /// The whole records of a stretch.
    Stretch,
}

impl Sample {
    /// Whether a record is passed over.
    fn skips(self, format: &dyn Format, block: &Block<'_>) -> bool {
        match self {
            Sample::All => false,
            Sample::Stretch => block.is_open,
            Sample::Clients(one_in) => format
                .client(block.bytes)
                .is_some_and(|client| !number(client).is_multiple_of(one_in)),
        }
    }
}

/// A number for a client (FNV-1a): the same in every log.
fn number(client: &[u8]) -> u64 {
    client.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What the LOG arguments led to.
pub struct Inputs {
    pub inputs: Vec<Input>,
    /// Every part that is read; `Place.part` is an index into it.
    pub parts: Vec<event::Part>,
    /// What is not read, and need not be.
    pub skipped: Vec<Skipped>,
    /// What should have been read and could not be.
    pub failures: Vec<Failure>,
}

/// A rotated set, oldest part first, or a single file or stream.
pub struct Input {
    /// The newest part's name, as the user gave it.
    pub name: String,
    pub format: &'static dyn Format,
    /// The zone that was given for times that name none.
    pub zone: Option<Zone>,
    parts: Vec<Part>,
}

/// A part that is to be read.
struct Part {
    /// `Place.part`.
    index: u32,
    name: Box<str>,
    /// Of the first line that carries a time alone; parts that begin alike share it.
    beginning: [u8; 32],
    bytes: Bytes,
    wrapper: Option<Wrapper>,
    /// What was read of it at another time.
    read: Option<Tally>,
}

impl Part {
    /// Nothing read yet.
    fn blank(&self, format: &dyn Format) -> Tally {
        Tally {
            part: self.index,
            format: format.name(),
            ..Tally::default()
        }
    }
}

impl Input {
    /// The indexes of its parts, oldest first; never empty.
    pub fn parts(&self) -> Range<u32> {
        match &*self.parts {
            [first, .., last] => first.index..last.index + 1,
            [only] => only.index..only.index + 1,
            [] => 0..0,
        }
    }

    /// A first pass, to learn from: all of a file; of a stream, its first 4 MiB. What cannot be read
    /// here is no failure yet, the real pass meets it again.
    pub fn preview(&mut self, sample: Sample) -> Records<'_> {
        Records::preview(self.format, &mut self.parts, sample)
    }

    /// What its part `part` has in common with all parts that begin with the same line, and still has when
    /// it is renamed or has grown.
    pub fn beginning(&self, part: u32) -> Option<[u8; 32]> {
        let part = self.parts.iter().find(|p| p.index == part)?;
        Some(part.beginning)
    }

    /// Whether the line at `place` of its part `place.part` still says this. Where the part does not reach
    /// so far, or not to the line's end: `None`.
    pub fn says(&mut self, place: Place, event: &Event) -> Option<bool> {
        let part = self.parts.iter_mut().find(|p| p.index == place.part)?;
        let reader = part.bytes.peek_at(place.offset).ok()?;
        let begins = self.format.begins();
        let wrapper = part.wrapper.clone();
        let mut blocks = Blocks::resume(reader, begins, wrapper, place.line - 1, place.offset);
        let mut record = blocks.next().ok()??;
        // Rows come in the order of their dates.
        while place.is_row() && database::number(record.bytes) != Some(place.line) {
            record = blocks.next().ok()??;
        }
        let found = records::read(self.format, &record).ok().flatten();
        let is_same = found.is_some_and(|(found, _)| found.is_same(event));
        // Of a line that is cut off by the end, nobody knows what it says.
        (is_same || !record.is_open).then_some(is_same)
    }

    /// Goes on where reading stopped when this was told of a part.
    pub fn resume(&mut self, read: Tally) {
        if let Some(part) = self.parts.iter_mut().find(|p| p.index == read.part) {
            part.read = Some(read);
        }
    }

    /// Leaves out a part: it was read from elsewhere.
    pub fn pass(&mut self, part: u32) {
        self.parts.retain(|p| p.index != part);
    }

    /// Whether it is of plain files, so that a stretch of it can be read.
    pub fn is_plain(&self) -> bool {
        self.parts
            .iter()
            .all(|part| part.wrapper.is_none() && part.bytes.is_plain())
    }

    /// A first look at the lines of about `length` bytes, from byte `from` of its plain files on.
    pub fn stretch(&self, from: u64, length: u64) -> Records<'_> {
        let (mut part, mut from) = (&self.parts[0], from);
        for next in &self.parts[1..] {
            let Some(behind) = from.checked_sub(part.bytes.size()) else {
                break;
            };
            (part, from) = (next, behind);
        }
        Records::stretch(self.format, part, from..from.saturating_add(length))
    }

    /// The same, from shortly before the lines of `time`.
    pub fn stretch_since(&self, time: Micros, length: u64) -> Records<'_> {
        let begins =
            |part: &&Part| stretch::first_time(part, self.format).is_some_and(|t| t <= time);
        let parts = self.parts.iter().rev();
        let part = parts.clone().find(begins).unwrap_or(&self.parts[0]);
        let from = stretch::place_of(part, self.format, time);
        Records::stretch(self.format, part, from..from.saturating_add(length))
    }

    /// When its newest file was written last. `None`: it is a stream.
    pub fn written(&self) -> Option<Micros> {
        self.parts.last()?.bytes.modified()
    }

    /// How many bytes its files have on disk.
    pub fn size(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes.size()).sum()
    }

    /// The real pass, from the first line.
    pub fn records(self) -> Records<'static> {
        Records::new(self.format, self.parts)
    }
}
