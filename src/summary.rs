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
