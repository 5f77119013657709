//! What was read, and how far it can be trusted: stands at the end of every report.

use crate::event::{Micros, Place};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub parts: Vec<Tally>,
    /// Of the inputs whose times name none.
    pub zones: Vec<LocalZone>,
    pub clock_offsets: Vec<ClockOffset>,
    pub gaps: Vec<Gap>,
    /// What the operator should know or change about the logging itself, once each.
    pub notes: Vec<String>,
    /// Server products of which no log was read that tells of most refusals.
    pub unlogged: Vec<&'static str>,
}

/// The fate of each line of a part. `lines = parsed + ignored + unparsed`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Index of the part.
    pub part: u32,
    pub format: &'static str,
    pub lines: u64,
    pub parsed: u64,
    /// Of the format, but telling nothing.
    pub ignored: u64,
    pub unparsed: u64,
    /// Lines longer than the limit; their beginning was read. Also counted above.
    pub cut: u64,
    /// The first few that did not parse, and why.
    pub first_unparsed: Vec<(Place, String)>,
    /// The bytes of these lines, without their ends.
    pub bytes: Bytes,
    /// How far it was read.
    pub position: Position,
}

/// Bytes by the fate of the line they stand in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bytes {
    pub parsed: u64,
    pub ignored: u64,
    pub unparsed: u64,
}

/// Where reading goes on when more has been written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Lines before it.
    pub lines: u64,
    /// In decompressed bytes.
    pub offset: u64,
    /// The last record, where more of it may come: perhaps it is still being written, so it stands behind the
    /// position although it was read.
    pub open: Option<Open>,
    /// Of a log in which lines without a time stand among others: the last before it that has one.
    pub timed: Option<Timed>,
}

/// When a record was written, for others around it that have no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed {
    pub from: Micros,
    pub until: Micros,
    /// How far ahead of UTC its clock was, where that is known.
    pub ahead: Option<Micros>,
}

/// A record without an end, as it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub fate: Fate,
    pub lines: u64,
    pub bytes: u32,
    pub is_cut: bool,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Parsed,
    Ignored,
    Unparsed,
}

impl Tally {
    /// Counts a record of so many lines and bytes.
    pub fn count(&mut self, fate: Fate, lines: u64, bytes: u32) {
        self.lines += lines;
        let (sum, size) = self.of(fate);
        *sum += lines;
        *size += u64::from(bytes);
    }

    /// Takes back what was counted of a record without an end, for it will be read again.
    pub fn reopen(&mut self) {
        let Some(Open {
            fate,
            lines,
            bytes,
            is_cut,
        }) = self.position.open.take()
        else {
            return;
        };
        self.lines = self.position.lines;
        self.cut -= u64::from(is_cut);
        let (sum, size) = self.of(fate);
        *sum = sum.saturating_sub(lines);
        *size = size.saturating_sub(u64::from(bytes));
        let last = self.lines;
        self.first_unparsed.retain(|(place, _)| place.line <= last);
    }

    fn of(&mut self, fate: Fate) -> (&mut u64, &mut u64) {
        match fate {
            Fate::Parsed => (&mut self.parsed, &mut self.bytes.parsed),
            Fate::Ignored => (&mut self.ignored, &mut self.bytes.ignored),
            Fate::Unparsed => (&mut self.unparsed, &mut self.bytes.unparsed),
        }
    }
}

/// The zone in which an input's local times were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalZone {
    pub input: String,
    /// How far it is ahead of UTC, at the end of the input.
    pub ahead: Micros,
    pub source: ZoneSource,
}

/// How a zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneSource {
    /// The user gave it; the logs say that it is too far ahead of UTC by so much.
    Given { too_far_ahead: Option<Micros> },
    /// The log's own records tell it.
    Told,
    /// Other logs tell of the same events.
    Learned,
    /// Nothing tells it: this host's was taken.
    Host,
}

/// How far one input's clock is from another's.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockOffset {
    /// The input whose clock is measured.
    pub input: String,
    /// The input it is measured against.
    pub reference: String,
    /// From when on, by the reference's clock; `None`: from the beginning.
    pub since: Option<Micros>,
    /// How far the input's clock is ahead of the reference's; negative when it runs behind.
    pub offset_s: f64,
    pub error_s: f64,
    /// Pairs of lines it was learned from.
    pub pairs: usize,
}

/// A stretch of an input that could not be seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    pub input: String,
    /// By the access log's clock; `None`: from before the first line.
    pub from: Option<Micros>,
    /// `None`: to the end.
    pub until: Option<Micros>,
    /// How it is known.
    pub why: String,
    /// Refusals inside it, for which silence is no evidence.
    pub refusals: u64,
}
