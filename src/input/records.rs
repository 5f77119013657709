//! The records of an input, part after part, and the fate of every line.

use std::collections::VecDeque;
use std::io::Read;

use super::block::{Block, Blocks};
use super::error::{Error, Failure};
use super::{LocalClock, Part, Sample};
use crate::event::{Event, Kind, Place, Record};
use crate::format::redact::redact_line;
use crate::format::{Format, Mismatch};
use crate::summary::Tally;

/// How many lines that do not parse are shown.
const SHOWN: usize = 3;

type Reader<'a> = Box<dyn Read + Send + 'a>;
type Open<'a> = Box<dyn FnOnce() -> Result<Reader<'a>, Error> + Send + 'a>;

/// Records in file order. Lines without a record are counted; an error ends the part it is met in.
pub struct Records<'a> {
    format: &'static dyn Format,
    waiting: VecDeque<Waiting<'a>>,
    reading: Option<Reading<'a>>,
    tallies: Vec<Tally>,
    failures: Vec<Failure>,
    /// Of a preview: what it looks at.
    preview: Option<Sample>,
    local: Option<Clock<'a>>,
}

/// The clock on the wall of a local format.
enum Clock<'a> {
    Own(LocalClock),
    /// Of the input that is looked at, for it to keep what it was told.
    Lent(&'a mut LocalClock),
}

impl Clock<'_> {
    fn get(&mut self) -> &mut LocalClock {
        match self {
            Clock::Own(clock) => clock,
            Clock::Lent(clock) => clock,
        }
    }
}

/// A part whose turn has not come: only one is open at a time.
struct Waiting<'a> {
    index: u32,
    name: Box<str>,
    open: Open<'a>,
}

/// The part that is being read.
struct Reading<'a> {
    name: Box<str>,
    blocks: Blocks<Reader<'a>>,
    tally: Tally,
}

impl<'a> Records<'a> {
    pub(super) fn preview(
        format: &'static dyn Format,
        parts: &'a mut [Part],
        local: Option<&'a mut LocalClock>,
        sample: Sample,
    ) -> Self {
        let local = local.map(|clock| {
            clock.rewind();
            Clock::Lent(clock)
        });
        let wait = |part: &'a mut Part| Waiting {
            index: part.index,
            name: part.name.clone(),
            open: Box::new(|| part.bytes.peek()),
        };
        Self {
            preview: Some(sample),
            local,
            ..Self::of(format, parts.iter_mut().map(wait).collect())
        }
    }

    pub(super) fn new(
        format: &'static dyn Format,
        parts: Vec<Part>,
        mut local: Option<LocalClock>,
    ) -> Records<'static> {
        local.iter_mut().for_each(LocalClock::rewind);
        let wait = |part: Part| Waiting {
            index: part.index,
            name: part.name,
            open: Box::new(|| Ok(part.bytes.into_reader()? as Reader<'static>)),
        };
        Records {
            local: local.map(Clock::Own),
            ..Records::of(format, parts.into_iter().map(wait).collect())
        }
    }

    fn of(format: &'static dyn Format, waiting: VecDeque<Waiting<'a>>) -> Self {
        Self {
            format,
            waiting,
            reading: None,
            tallies: Vec::new(),
            failures: Vec::new(),
            preview: None,
            local: None,
        }
    }

    /// Of a format whose times name no zone: how they were read.
    pub fn local(&mut self) -> Option<&LocalClock> {
        self.local.as_mut().map(|clock| &*clock.get())
    }

    /// One for each part begun so far.
    pub fn tallies(&self) -> Vec<Tally> {
        let current = self.reading.iter().map(|r| &r.tally);
        self.tallies.iter().chain(current).cloned().collect()
    }

    /// The failures met since they were last asked for.
    pub fn failures(&mut self) -> Vec<Failure> {
        std::mem::take(&mut self.failures)
    }

    fn open(&mut self, waiting: Waiting<'a>) {
        let tally = Tally {
            part: waiting.index,
            format: self.format.name(),
            ..Tally::default()
        };
        match (waiting.open)() {
            Ok(reader) => {
                self.reading = Some(Reading {
                    name: waiting.name,
                    blocks: Blocks::new(reader, self.format.begins()),
                    tally,
                });
            }
            Err(error) => {
                self.tallies.push(tally);
                self.fail(waiting.name, error);
            }
        }
    }

    /// A preview has no failures: the head of a stream ends in one by its nature, and the real pass
    /// meets the others again.
    fn fail(&mut self, name: Box<str>, error: Error) {
        if self.preview.is_none() {
            self.failures.push(Failure { name, error });
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            if let Some(reading) = &mut self.reading {
                let local = self.local.as_mut().map(Clock::get);
                let ended = match reading.next(self.format, self.preview, local) {
                    Ok(Some(record)) => return Some(record),
                    Ok(None) => None,
                    Err(error) => Some(error),
                };
                let Reading { name, tally, .. } = self.reading.take()?;
                self.tallies.push(tally);
                if let Some(error) = ended {
                    self.fail(name, error);
                }
            }
            let waiting = self.waiting.pop_front()?;
            self.open(waiting);
        }
    }
}

impl Reading<'_> {
    fn next(
        &mut self,
        format: &dyn Format,
        preview: Option<Sample>,
        mut local: Option<&mut LocalClock>,
    ) -> Result<Option<Record>, Error> {
        loop {
            let block = match self.blocks.next() {
                Ok(Some(block)) => block,
                Ok(None) => return Ok(None),
                Err(cause) => {
                    let (line, offset) = self.blocks.position();
                    return Err(Error::Read {
                        line,
                        offset,
                        cause,
                    });
                }
            };
            let local = local.as_deref_mut();
            if let Some(record) = file(&mut self.tally, format, block, preview, local) {
                return Ok(Some(record));
            }
        }
    }
}

/// Parses a record and counts its lines. Only the real pass keeps them for findings to cite.
fn file(
    tally: &mut Tally,
    format: &dyn Format,
    block: Block<'_>,
    preview: Option<Sample>,
    local: Option<&mut LocalClock>,
) -> Option<Record> {
    tally.lines += block.lines;
    tally.cut += u64::from(block.is_cut);
    if block.bytes.is_empty() || preview.is_some_and(|s| s.skips(format, block.bytes)) {
        tally.ignored += block.lines;
        return None;
    }
    let place = Place {
        part: tally.part,
        line: block.number,
        offset: block.offset,
        length: u32::try_from(block.length).unwrap_or(u32::MAX),
    };
    match format.parse(block.bytes) {
        Ok(Some(mut event)) => {
            tally.parsed += block.lines;
            if let Some(clock) = local {
                match format.ahead(block.bytes) {
                    Some(ahead) => clock.tell(place, ahead),
                    None => event.time = clock.moment(place, &event.time),
                }
            }
            let keep = preview.is_none() && may_be_evidence(&event);
            let text = keep.then(|| redact_line(block.bytes).into_boxed_str());
            Some(Record { place, event, text })
        }
        Ok(None) => {
            tally.ignored += block.lines;
            None
        }
        Err(mismatch) => {
            unparsed(tally, place, block.lines, mismatch);
            None
        }
    }
}

#[cold]
fn unparsed(tally: &mut Tally, place: Place, lines: u64, mismatch: Mismatch) {
    tally.unparsed += lines;
    if tally.first_unparsed.len() < SHOWN {
        tally.first_unparsed.push((place, mismatch.to_string()));
    }
}

/// Whether a finding may cite the line. Accepted requests are most of an access log, and what no request
/// stands behind most of a journal: neither is copied. 302 is how a server product may send a refused
/// client to its login page.
fn may_be_evidence(event: &Event) -> bool {
    match &event.kind {
        Kind::Entry(entry) => entry.may_be_evidence(),
        Kind::Request(request) => request.status >= 400 || request.status == 302,
    }
}
