//! How one kind of line is read. One file per format; the smallest example is `nginx_combined.rs`.
//!
//! To add a format: one file here that implements [`Format`], its `mod` line and its row in [`ALL`], and
//! one fixture `fixtures/formats/<name>.log` with the expected result above each line. A test fails for
//! a format without a fixture.

pub mod access_json;
pub mod apache_error;
pub mod apache_vhost;
pub mod grammar;
pub mod log_format;
pub mod nginx_combined;
pub mod nginx_error;
pub mod pritunl_journal;
pub mod pritunl_log;
pub mod privacyidea;
pub mod redact;
pub mod uvicorn_access;
pub mod wirebuddy_log;
pub mod wirebuddy_node;

use crate::event::{Event, Micros};
use crate::sieve::{Sieve, Sifted};
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

    /// Whether several processes may write into the files of a rotated set at once, so that one is not older than the
    /// other.
    fn has_many_writers(&self) -> bool {
        false
    }

    /// Whether its lines are the rows of a database, which begin with their number.
    fn is_database(&self) -> bool {
        false
    }

    /// Reads one record, given without its end: a line, or several with the ends between them. `Ok(None)`:
    /// ours, but it tells nothing.
    fn parse(&self, record: &[u8]) -> Result<Option<Event>, Mismatch>;

    /// The same, but of a record of which a glimpse will do no more than that.
    fn sift(&self, record: &[u8], sieve: &mut dyn Sieve) -> Result<Option<Sifted>, Mismatch> {
        let _ = sieve;
        Ok(self.parse(record)?.map(Sifted::from))
    }

    /// Whether a line begins a record; the others go on with the one before. `None`: each line is a record.
    fn begins(&self) -> Option<fn(&[u8]) -> bool> {
        None
    }

    /// Whether a record, or its first line, speaks for this format: its first is what a log is known by, and the
    /// share of such among the first ones what the format is detected by.
    fn speaks(&self, record: &[u8]) -> bool {
        matches!(self.parse(record), Ok(Some(_)))
    }

    /// Whether its times are those of a clock on the wall, whose zone is not told: its events have them as if
    /// that clock hung in UTC.
    fn is_local(&self) -> bool {
        false
    }

    /// Of a local format: how far the clock was ahead of UTC, where a record tells its moment in UTC as well. Its
    /// event has the moment then.
    fn ahead(&self, _record: &[u8]) -> Option<Micros> {
        None
    }

    /// A record as text for people, without the secrets in it.
    fn redact(&self, record: &[u8]) -> String {
        redact::redact_line(record)
    }

    /// Whether it is the error log of a web server in front, which tells what that refused by itself.
    fn is_in_front(&self) -> bool {
        false
    }

    /// Whether its lines have no time: [`Self::parse`] gives them none that means anything, and who reads them has to
    /// know it from what is around them.
    fn is_timeless(&self) -> bool {
        false
    }

    /// The format without times of which lines may stand among its own: [`Self::parse`] gives them
    /// [`UNTIMED`](crate::event::UNTIMED).
    fn lets_in(&self) -> Option<&'static dyn Format> {
        None
    }

    /// Whether it leaves out most of what the server refuses, so that its silence proves nothing, and tells again
    /// what stands in the server's other log.
    fn is_partial(&self) -> bool {
        false
    }
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
    &pritunl_log::PritunlLog,
    &wirebuddy_node::WirebuddyNode,
    &wirebuddy_log::WirebuddyLog,
    &privacyidea::log::PrivacyideaLog,
    &privacyidea::csv::PrivacyideaCsv,
    &privacyidea::database::PrivacyideaDatabase,
    &access_json::AccessJson,
    &nginx_combined::NginxCombined,
    &apache_vhost::ApacheVhost,
    &uvicorn_access::UvicornAccess,
    &nginx_error::NginxError,
    &apache_error::ApacheError,
];

/// What stands for the formats that are compiled from what the user gave: they are not detected without it.
pub static GIVEN: &[&dyn Format] = &[&log_format::Given];

/// Reads a record as its format does, and takes the secrets out of what people may have put into its fields. What
/// is stored or told of a record comes from here.
///
/// Events are in a box at once, for they are handed on from hand to hand.
#[inline]
pub fn read(
    format: &dyn Format,
    record: &[u8],
    sieve: &mut dyn Sieve,
) -> Result<Option<Sifted>, Mismatch> {
    let mut sifted = format.sift(record, sieve)?;
    if let Some(Sifted::Event(event)) = &mut sifted {
        redact::redact_event(event);
    }
    Ok(sifted)
}

/// The format of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    listed().find(|f| f.name() == name)
}

/// Every format for people: with what stands for those that the user gives.
pub fn listed() -> impl Iterator<Item = &'static dyn Format> {
    ALL.iter().chain(GIVEN).copied()
}

/// The format of an input, from a sample of its first lines: the one that reads most of them, and at
/// least one in three. Lines that tell nothing do not speak for a format.
pub fn detect<'a>(sample: impl Iterator<Item = &'a [u8]> + Clone) -> Option<&'static dyn Format> {
    detect_with(&[], sample)
}

/// The same among the formats that the user gave, which come first, and all.
#[expect(
    clippy::needless_pass_by_value,
    reason = "iterators are handed over; a reference to one helps no caller"
)]
pub fn detect_with<'a>(
    given: &[&'static dyn Format],
    sample: impl Iterator<Item = &'a [u8]> + Clone,
) -> Option<&'static dyn Format> {
    let votes = |format: &'static dyn Format| {
        let mut votes = (0, 0);
        let lines = sample.clone().filter(|line| !line.is_empty());
        for line in lines {
            let begins = format.begins().is_none_or(|begins| begins(line));
            // What comes before the first record goes on with none.
            let let_in = format.lets_in().is_some_and(|other| other.speaks(line));
            votes.1 += usize::from((begins || votes.0 == 0) && !let_in);
            votes.0 += usize::from(begins && format.speaks(line));
        }
        votes
    };
    given
        .iter()
        .chain(ALL)
        .copied()
        .map(|format| (format, votes(format)))
        .filter(|&(_, (read, total))| read > 0 && read * 3 >= total)
        .rev()
        .max_by_key(|&(format, (read, _))| (!format.is_timeless(), read))
        .map(|(format, _)| format)
}
