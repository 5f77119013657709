//! The records of an input, part after part, and the fate of every line.

use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom};
use std::ops::{ControlFlow, Range};

use super::block::{Block, Blocks, Taken};
use super::database;
use super::error::{Error, Failure};
use super::wrapper::Wrapper;
use super::{Part, Sample};
use crate::event::{Event, Kind, Micros, Place, Record, SECOND, UNTIMED};
use crate::format::grammar::utf8;
use crate::format::redact::redact_line;
use crate::format::{self, Format, Mismatch};
use crate::sieve::{Glimpse, NoSieve, Sieve, Sifted, Sight};
use crate::summary::{Fate, Open, Position, Tally, Timed};

/// Records that wait for one with a time.
const HELD: usize = 1 << 12;
/// How many lines that do not parse are shown.
const SHOWN: usize = 3;

type Reader<'a> = Box<dyn Read + Send + 'a>;
type Opener<'a> = Box<dyn FnOnce() -> Result<Reader<'a>, Error> + Send + 'a>;

/// Records in file order. Lines without a record are counted; an error ends the part it is met in.
pub struct Records<'a> {
    format: &'static dyn Format,
    waiting: VecDeque<Waiting<'a>>,
    reading: Option<Reading<'a>>,
    /// Of the parts that were read: what was counted, and from where reading goes on.
    tallies: Vec<Tally>,
    positions: Vec<Tally>,
    failures: Vec<Failure>,
    /// Of a preview: what it looks at.
    preview: Option<Sample>,
    /// Whether it is a stream whose end is not known: who asks for more than there is waits for its writer.
    goes_on: bool,
}

/// A part whose turn has not come: only one is open at a time.
struct Waiting<'a> {
    name: Box<str>,
    open: Opener<'a>,
    wrapper: Option<Wrapper>,
    /// As it stood when reading stopped; at the beginning nothing is counted.
    tally: Tally,
    /// Of a stretch: the byte where its reader begins.
    stretch: Option<u64>,
}

/// The part that is being read.
struct Reading<'a> {
    name: Box<str>,
    blocks: Blocks<Reader<'a>>,
    tally: Tally,
    /// The last record and where it begins, where it has no end.
    open: Option<(Place, Open)>,
    /// Records without a time, in wait for the next that has one, and then all of them in their order; each with the
    /// tally before it.
    untimed: VecDeque<(Tally, Record)>,
    /// How many of them have a time by now.
    timed: usize,
    /// The last record that had one.
    last: Option<Timed>,
    /// The tally before the first for which none came any more: those are given the time of what stands before them, and
    /// read again when there is more.
    held: Option<Tally>,
    /// Of a database: the greatest number of a row so far. Rows come in the order of their dates.
    row: u64,
}

impl<'a> Records<'a> {
    pub(super) fn preview(
        format: &'static dyn Format,
        parts: &'a mut [Part],
        sample: Sample,
    ) -> Self {
        let wait = |part: &'a mut Part| Waiting {
            name: part.name.clone(),
            tally: part.blank(format),
            wrapper: part.wrapper.clone(),
            open: Box::new(|| part.bytes.peek_at(0)),
            stretch: None,
        };
        Self {
            preview: Some(sample),
            ..Self::of(format, parts.iter_mut().map(wait).collect())
        }
    }

    pub(super) fn new(format: &'static dyn Format, parts: Vec<Part>) -> Records<'static> {
        let wait = |part: Part| {
            let tally = part.read.clone().unwrap_or_else(|| part.blank(format));
            let offset = tally.position.offset;
            Waiting {
                tally,
                name: part.name,
                wrapper: part.wrapper,
                open: Box::new(move || Ok(part.bytes.into_reader(offset)? as Reader<'static>)),
                stretch: None,
            }
        };
        Records {
            goes_on: parts.iter().any(|part| part.bytes.goes_on()),
            ..Records::of(format, parts.into_iter().map(wait).collect())
        }
    }

    /// A look at the whole records within these bytes of a plain file.
    pub(super) fn stretch(format: &'static dyn Format, part: &'a Part, bytes: Range<u64>) -> Self {
        // The line that begins there is whole if the byte before it ends one.
        let from = bytes.start.saturating_sub(1);
        let file = part.bytes.plain();
        let open = move || {
            let mut file = file?;
            file.seek(SeekFrom::Start(from))?;
            Ok(Box::new(file.take(bytes.end - from)) as Reader<'a>)
        };
        let waiting = Waiting {
            name: part.name.clone(),
            tally: part.blank(format),
            open: Box::new(open),
            wrapper: None,
            stretch: (bytes.start > 0).then_some(from),
        };
        Self {
            preview: Some(Sample::Stretch),
            ..Self::of(format, VecDeque::from([waiting]))
        }
    }

    fn of(format: &'static dyn Format, waiting: VecDeque<Waiting<'a>>) -> Self {
        Self {
            format,
            waiting,
            reading: None,
            tallies: Vec::new(),
            positions: Vec::new(),
            failures: Vec::new(),
            preview: None,
            goes_on: false,
        }
    }

    /// One for each part begun so far.
    pub fn tallies(&self) -> Vec<Tally> {
        let current = self.reading.iter().map(Reading::tally);
        self.tallies.iter().cloned().chain(current).collect()
    }

    /// The same, up to where reading goes on when there is more.
    pub fn positions(&self) -> Vec<Tally> {
        let current = self.reading.iter().map(Reading::tally);
        self.positions.iter().cloned().chain(current).collect()
    }

    /// Whether what is given now stands behind the position.
    pub fn is_held(&self) -> bool {
        self.reading.as_ref().is_some_and(|r| r.held.is_some())
    }

    /// The failures met since they were last asked for.
    pub fn failures(&mut self) -> Vec<Failure> {
        std::mem::take(&mut self.failures)
    }

    fn open(&mut self, waiting: Waiting<'a>) {
        let mut tally = waiting.tally;
        match (waiting.open)() {
            Ok(reader) => {
                tally.reopen();
                let Position {
                    lines,
                    offset,
                    timed,
                    ..
                } = tally.position;
                let begins = self.format.begins();
                self.reading = Some(Reading {
                    name: waiting.name,
                    blocks: match waiting.stretch {
                        None => {
                            let wrapper = waiting.wrapper;
                            Blocks::resume(reader, begins, wrapper, lines, offset)
                        }
                        Some(from) => Blocks::behind(reader, begins, from),
                    },
                    tally,
                    open: None,
                    untimed: VecDeque::new(),
                    timed: 0,
                    last: timed,
                    held: None,
                    row: if self.format.is_database() { lines } else { 0 },
                });
            }
            Err(error) => {
                self.positions.push(tally.clone());
                self.tallies.push(tally);
                self.fail(waiting.name, error);
            }
        }
    }

    /// The part that is being read is over.
    fn close(&mut self, ended: Option<Error>) {
        let Some(reading) = self.reading.take() else {
            return;
        };
        self.positions.push(reading.tally());
        self.tallies.push(reading.read_so_far());
        if let Some(error) = ended {
            self.fail(reading.name, error);
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

/// The records of a piece of a part, that begins where `tally` stands, and the tally behind it.
pub(super) fn go_on(
    format: &'static dyn Format,
    reader: impl Read + Send,
    wrapper: Option<Wrapper>,
    mut tally: Tally,
) -> Result<(Vec<Record>, Tally), Error> {
    tally.reopen();
    let Position {
        lines,
        offset,
        timed,
        ..
    } = tally.position;
    let mut reading = Reading {
        name: Box::default(),
        blocks: Blocks::resume(
            Box::new(reader) as Reader<'_>,
            format.begins(),
            wrapper,
            lines,
            offset,
        ),
        tally,
        open: None,
        untimed: VecDeque::new(),
        timed: 0,
        last: timed,
        held: None,
        row: 0,
    };
    let mut lens = Lens {
        format,
        preview: None,
        sieve: &mut NoSieve,
    };
    let mut records = Vec::new();
    let _ = reading.read(&mut lens, &mut |sight| {
        records.extend(sight.whole());
        Enough::Continue(())
    })?;
    Ok((records, reading.tally()))
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let mut next = None;
        self.sift(&mut NoSieve, &mut |sight| {
            next = sight.whole();
            Enough::Break(())
        });
        next
    }
}

/// Records in file order, as far as they are needed.
pub struct Sifting<'a> {
    pub records: Records<'a>,
    sieve: Box<dyn Sieve>,
}

impl Sifting<'_> {
    /// Reads so many records more, as far as there are any; of a stream the next one.
    pub fn read(&mut self, most: usize, into: &mut VecDeque<Sight>) {
        let mut left = if self.records.goes_on { 1 } else { most };
        self.records.sift(&mut *self.sieve, &mut |sight| {
            into.push_back(sight);
            left = left.saturating_sub(1);
            if left == 0 {
                Enough::Break(())
            } else {
                Enough::Continue(())
            }
        });
    }
}

impl<'a> Records<'a> {
    /// The same through a sieve.
    pub fn through(self, sieve: Box<dyn Sieve>) -> Sifting<'a> {
        Sifting {
            records: self,
            sieve,
        }
    }

    /// Hands out what comes next, as far as it is needed, until `sink` has enough.
    fn sift(&mut self, sieve: &mut dyn Sieve, sink: &mut impl FnMut(Sight) -> Enough) {
        let mut lens = Lens {
            format: self.format,
            preview: self.preview,
            sieve,
        };
        loop {
            if let Some(reading) = &mut self.reading {
                let ended = reading.read(&mut lens, sink);
                if let Ok(Enough::Break(())) = ended {
                    return;
                }
                self.close(ended.err());
            }
            let Some(waiting) = self.waiting.pop_front() else {
                return;
            };
            self.open(waiting);
        }
    }
}

/// Whether whoever takes records in has enough.
type Enough = ControlFlow<()>;

/// How records are looked at.
struct Lens<'a> {
    format: &'static dyn Format,
    preview: Option<Sample>,
    sieve: &'a mut dyn Sieve,
}

impl Reading<'_> {
    /// The fate of what was read so far, and how far that is.
    fn tally(&self) -> Tally {
        let untimed = self.untimed.front().map(|(before, _)| before);
        let before = self.held.as_ref().or(untimed);
        before.cloned().unwrap_or_else(|| self.read_so_far())
    }

    fn read_so_far(&self) -> Tally {
        let (next, offset) = self.blocks.position();
        let mut tally = self.tally.clone();
        let (lines, offset, open) = match self.open {
            _ if self.row > 0 => (self.row, self.row + 1, None),
            None => (next - 1, offset, None),
            Some((place, open)) => (place.line - 1, place.offset, Some(open)),
        };
        tally.position = Position {
            lines,
            offset,
            open,
            timed: self.last,
        };
        tally
    }

    /// Hands records out until `sink` has enough; goes on where there are no more.
    fn read(
        &mut self,
        lens: &mut Lens<'_>,
        sink: &mut impl FnMut(Sight) -> Enough,
    ) -> Result<Enough, Error> {
        if lens.format.lets_in().is_none() {
            return self.read_on(lens, sink);
        }
        while let Some(record) = self.next_timed(lens)? {
            if sink(record.into()).is_break() {
                return Ok(Enough::Break(()));
            }
        }
        Ok(Enough::Continue(()))
    }

    /// The next record, of which some may have no time of their own.
    fn next_timed(&mut self, lens: &mut Lens<'_>) -> Result<Option<Record>, Error> {
        while self.timed == 0 {
            let before = self.read_so_far();
            let mut next = None;
            let _ = self.read_on(lens, &mut |sight| {
                next = sight.whole();
                Enough::Break(())
            })?;
            let Some(record) = next else {
                if self.held.is_none() {
                    self.held = self.untimed.front().map(|(before, _)| before.clone());
                }
                self.derive(None);
                break;
            };
            if record.event.time != UNTIMED {
                let own = Timed {
                    from: record.event.time.start,
                    until: record.event.time.end,
                    ahead: record.ahead,
                };
                self.derive(Some(own));
                self.last = Some(own);
                self.timed += 1;
            }
            self.untimed.push_back((before, record));
            if self.untimed.len() > HELD {
                self.derive(None);
            }
        }
        self.timed = self.timed.saturating_sub(1);
        Ok(self.untimed.pop_front().map(|(_, record)| record))
    }

    /// Gives those that wait the time between the records around them, of which one is enough. Where there is none
    /// nobody knows it.
    fn derive(&mut self, next: Option<Timed>) {
        let Some(last) = self.last.or(next) else {
            self.untimed.clear();
            return;
        };
        let until = next.map_or(last.until, |next| next.until.max(last.until));
        for (_, record) in self.untimed.iter_mut().skip(self.timed) {
            record.event.time = last.from..until;
            record.ahead = last.ahead;
        }
        self.timed = self.untimed.len();
    }

    /// As [`Self::read`], with the times that stand in the records.
    fn read_on(
        &mut self,
        lens: &mut Lens<'_>,
        sink: &mut impl FnMut(Sight) -> Enough,
    ) -> Result<Enough, Error> {
        loop {
            let block = match self.blocks.next() {
                Ok(Some(block)) => block,
                Ok(None) => return Ok(Enough::Continue(())),
                Err(cause) => {
                    let (line, offset) = self.blocks.position();
                    return Err(Error::Read {
                        line,
                        offset,
                        cause,
                    });
                }
            };
            let mut place = Place {
                part: self.tally.part,
                line: block.number,
                offset: block.offset,
                length: u32::try_from(block.length).unwrap_or(u32::MAX),
            };
            if lens.format.is_database() {
                let number = database::number(block.bytes).unwrap_or_default();
                place = Place::row(place.part, number);
                self.row = self.row.max(number);
            }
            let mut enough = Enough::Continue(());
            let fate = file(&mut self.tally, lens, &block, place, |sight| {
                enough = sink(sight);
            });
            self.open = block.is_open.then_some((
                place,
                Open {
                    fate,
                    lines: block.lines,
                    bytes: place.length,
                    is_cut: block.is_cut,
                },
            ));
            if enough.is_break() {
                return Ok(enough);
            }
        }
    }
}

/// What a record says, and how far ahead of UTC the clock was that it was written by, where it has local times and that
/// is known.
pub(super) type Said = (Box<Event>, Option<Micros>);

/// What a record says; `None`: nothing.
pub(super) fn read(format: &dyn Format, block: &Block<'_>) -> Result<Option<Said>, Mismatch> {
    match format::read(format, block.bytes, &mut NoSieve)? {
        Some(Sifted::Event(event)) => said(format, block, event).map(Some),
        _ => Ok(None),
    }
}

/// With what is around it.
fn said(format: &dyn Format, block: &Block<'_>, mut event: Box<Event>) -> Result<Said, Mismatch> {
    if format.is_timeless() {
        let Some(taken) = block.taken else {
            let expected = "a time, which neither the line nor what is around it tells: one";
            return Err(Mismatch {
                offset: 0,
                expected,
            });
        };
        event.time = taken.start..taken.end;
    }
    let is_wall = format.is_local() && event.time != UNTIMED;
    let ahead = format.ahead(block.bytes).or_else(|| {
        let ahead = ahead_of(block.taken.filter(|_| is_wall)?, &event)?;
        event.time = event.time.start - ahead..event.time.end - ahead;
        Some(ahead)
    });
    Ok((event, ahead))
}

/// How far ahead of UTC a clock on the wall was, in quarters of an hour, by a line that was taken in right when it was
/// written.
fn ahead_of(taken: Taken, event: &Event) -> Option<Micros> {
    const QUARTER: Micros = 900 * SECOND;
    let apart = event.time.start - taken.start;
    let ahead = (apart + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    (taken.is_sure && (apart - ahead).abs() < 60 * SECOND).then_some(ahead)
}

/// The lines of a record as they stand in the file. Where there is a secret in them it may be written in another way
/// there, or cut in two: then they are shown without what is wrapped around them, and without the secret.
fn shown(format: &dyn Format, block: &Block<'_>) -> String {
    let own = format.redact(block.bytes);
    let is_bare = std::ptr::eq(block.bytes, block.raw) || block.bytes == block.raw;
    if is_bare {
        own
    } else if own == utf8(block.bytes) {
        redact_line(block.raw)
    } else {
        own
    }
}

/// Parses a record, hands it to `sink` and counts its lines.
#[inline]
fn file(
    tally: &mut Tally,
    lens: &mut Lens<'_>,
    block: &Block<'_>,
    place: Place,
    sink: impl FnOnce(Sight),
) -> Fate {
    tally.cut += u64::from(block.is_cut);
    let (format, preview) = (lens.format, lens.preview);
    let is_passed = block.bytes.is_empty() || preview.is_some_and(|s| s.skips(format, block));
    let sifted = if is_passed {
        Ok(None)
    } else {
        format::read(format, block.bytes, lens.sieve)
    };
    let fate = match sifted {
        Ok(Some(Sifted::Glimpse(time, source, kind))) => {
            sink(Sight::Glimpse(Glimpse {
                place,
                time,
                source,
                kind,
            }));
            Fate::Parsed
        }
        Ok(Some(Sifted::Event(event))) => match whole(format, block, place, event, preview) {
            Ok(record) => {
                sink(Sight::Whole(record));
                Fate::Parsed
            }
            Err(mismatch) => unparsed(tally, place, mismatch),
        },
        Ok(None) => Fate::Ignored,
        Err(mismatch) => unparsed(tally, place, mismatch),
    };
    tally.count(fate, block.lines, place.length);
    fate
}

/// Only the real pass keeps lines for findings to cite.
fn whole(
    format: &dyn Format,
    block: &Block<'_>,
    place: Place,
    event: Box<Event>,
    preview: Option<Sample>,
) -> Result<Record, Mismatch> {
    let (event, ahead) = said(format, block, event)?;
    let keep = preview.is_none() && may_be_evidence(&event);
    Ok(Record {
        place,
        event,
        ahead,
        text: keep.then(|| shown(format, block).into_boxed_str()),
    })
}

#[cold]
fn unparsed(tally: &mut Tally, place: Place, mismatch: Mismatch) -> Fate {
    if tally.first_unparsed.len() < SHOWN {
        tally.first_unparsed.push((place, mismatch.to_string()));
    }
    Fate::Unparsed
}

/// Whether a finding may cite the line. Accepted requests are most of an access log, and what no request
/// stands behind most of a journal: neither is copied.
fn may_be_evidence(event: &Event) -> bool {
    match &event.kind {
        Kind::Entry(entry) => entry.may_be_evidence(),
        Kind::Request(request) => request.may_be_refused(),
    }
}
