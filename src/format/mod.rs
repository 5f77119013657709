//! How one kind of line is read. One file per format; the smallest example is `nginx_combined.rs`.
//!
//! To add a format: one file here that implements [`Format`], its `mod` line and its row in [`ALL`], and
//! one fixture `fixtures/formats/<name>.log` with the expected result above each line. A test fails for
//! a format without a fixture.

pub mod access_json;
pub mod grammar;
pub mod nginx_combined;
pub mod pritunl_journal;
pub mod redact;

use crate::event::Event;
use crate::system::System;

/// One kind of line.
pub trait Format: Sync {
    /// Stable name: command line and `fixtures/formats/<name>.log`.
    fn name(&self) -> &'static str;

    /// What it is, in a few words for people.
    fn title(&self) -> &'static str;

    /// The server product that writes it; `None` for access logs, which anybody may write.
    fn system(&self) -> Option<&'static System> {
        None
    }

    /// The client's address as it stands in the line, found without reading the line, so that a first pass can
    /// look at some clients only. `None`: the line names none, or must be read to know.
    fn client<'a>(&self, _line: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    /// Reads one line, given without its end. `Ok(None)`: ours, but it tells nothing.
    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch>;
}

/// A line that is not of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {expected} expected")]
pub struct Mismatch {
    /// Where in the line it ceased to fit.
    pub offset: usize,
    pub expected: &'static str,
}

/// Every format, the more particular ones first.
pub static ALL: &[&dyn Format] = &[
    &pritunl_journal::PritunlJournal,
    &access_json::AccessJson,
    &nginx_combined::NginxCombined,
];

/// The format of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|f| f.name() == name)
}

/// The format of an input, from a sample of its first lines: the one that reads most of them, and at
/// least one in three. Lines that tell nothing do not speak for a format.
#[expect(
    clippy::needless_pass_by_value,
    reason = "iterators are handed over; a reference to one helps no caller"
)]
pub fn detect<'a>(sample: impl Iterator<Item = &'a [u8]> + Clone) -> Option<&'static dyn Format> {
    let total = sample.clone().filter(|l| !l.is_empty()).count();
    ALL.iter()
        .copied()
        .map(|f| {
            (
                f,
                sample
                    .clone()
                    .filter(|l| matches!(f.parse(l), Ok(Some(_))))
                    .count(),
            )
        })
        .filter(|&(_, read)| read > 0 && read * 3 >= total)
        .rev()
        .max_by_key(|&(_, read)| read)
        .map(|(f, _)| f)
}
