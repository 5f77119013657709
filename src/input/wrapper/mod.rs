//! What others put around each line of a log: Docker, the journal, syslog. It is taken off before anything is asked
//! of the line; a finding's evidence is the line as it stands in the file all the same.
//!
//! To add one: a file here with an `unwrap`, and a variant of [`Kind`].

mod docker;
mod journal;
mod syslog;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::event::Micros;
use crate::format::{self, Format};
use crate::zone::Zone;

/// Who wraps lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Docker's `json-file`.
    Docker,
    /// `journalctl -o json`.
    Journal,
    /// `journalctl -o short-iso`, RFC 3164, and what rsyslog makes of both.
    Syslog,
}

const KINDS: [Kind; 3] = [Kind::Docker, Kind::Journal, Kind::Syslog];

/// A line without what was around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inner<'a> {
    pub(super) content: Cow<'a, [u8]>,
    /// Who wrote it, where several may.
    program: Option<Cow<'a, str>>,
    stamp: Option<Stamp>,
    /// It was too long: the next line goes on with it.
    pub(super) is_part: bool,
}

/// When a line was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stamp {
    Moment(Range<Micros>),
    /// By a clock on the wall, read as if it hung in UTC, and in an unknown year read as if in 2000, a leap year.
    NoYear(Range<Micros>),
}

impl Kind {
    fn unwrap(self, line: &[u8]) -> Option<Inner<'_>> {
        match self {
            Kind::Docker => docker::unwrap(line),
            Kind::Journal => journal::unwrap(line),
            Kind::Syslog => syslog::unwrap(line),
        }
    }
}

/// What is around the lines of one file.
#[derive(Debug, Clone)]
pub(super) struct Wrapper {
    kind: Kind,
    /// Whose lines are read; those of others are passed over.
    program: Option<Box<str>>,
    /// When the file was written to last: no line is younger.
    modified: Option<Micros>,
    /// Of stamps that name none.
    zone: Zone,
}

/// What is known of a file before it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    pub(super) modified: Option<Micros>,
    pub(super) zone: Option<Zone>,
}

/// The wrapper of a log, and its format, from its first lines. `given`: formats that the user described.
pub(super) fn detect(
    lines: &[&[u8]],
    given: &[&'static dyn Format],
    known: Circumstances,
) -> Option<(Wrapper, &'static dyn Format)> {
    let kind = KINDS.into_iter().find(|kind| {
        let unwrapped = lines.iter().filter(|line| kind.unwrap(line).is_some());
        !lines.is_empty() && unwrapped.count() * 2 >= lines.len()
    })?;
    let (program, format) = most_told(kind, lines, given)?;
    let wrapper = Wrapper {
        kind,
        program,
        modified: known.modified,
        zone: known.zone.unwrap_or(Zone::Host),
    };
    Some((wrapper, format))
}

/// Of all programs that write into a log, the one with most lines in a format that is known.
fn most_told(
    kind: Kind,
    lines: &[&[u8]],
    given: &[&'static dyn Format],
) -> Option<(Option<Box<str>>, &'static dyn Format)> {
    let mut programs: Vec<Option<Box<str>>> = Vec::new();
    let mut written: HashMap<Option<Box<str>>, Vec<Vec<u8>>> = HashMap::new();
    let mut is_part = false;
    for inner in lines.iter().filter_map(|line| kind.unwrap(line)) {
        let program = inner.program.as_deref().map(Box::from);
        if !written.contains_key(&program) {
            programs.push(program.clone());
        }
        let own = written.entry(program).or_default();
        match own.last_mut().filter(|_| is_part) {
            Some(before) => before.extend_from_slice(&inner.content),
            None => own.push(inner.content.into_owned()),
        }
        is_part = inner.is_part;
    }
    let format = |program: Option<Box<str>>| {
        let lines = written.get(&program)?;
        let format = format::detect_with(given, lines.iter().map(Vec::as_slice))?;
        Some((lines.len(), program, format))
    };
    let found = programs.into_iter().rev().filter_map(format);
    let (_, program, format) = found.max_by_key(|(lines, ..)| *lines)?;
    Some((program, format))
}

impl Wrapper {
    /// Takes off what is around a line. What is not wrapped stands for itself; `None`: another program wrote it.
    pub(super) fn unwrap<'a>(&self, line: &'a [u8]) -> Option<Inner<'a>> {
        let Some(inner) = self.kind.unwrap(line) else {
            return Some(Inner {
                content: Cow::Borrowed(line),
                program: None,
                stamp: None,
                is_part: false,
            });
        };
        (inner.program.as_deref() == self.program.as_deref()).then_some(inner)
    }

    /// When the line was taken in, in UTC, and whether that is beyond doubt: a stamp without a year and a zone has
    /// them from the file.
    pub(super) fn time(&self, inner: &Inner<'_>) -> Option<(Range<Micros>, bool)> {
        match inner.stamp.as_ref()? {
            Stamp::Moment(time) => Some((time.clone(), true)),
            Stamp::NoYear(time) => Some((syslog::moment(time, self.modified?, self.zone)?, false)),
        }
    }
}
