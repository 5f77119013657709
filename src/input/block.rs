//! Lines grouped to records, where a format has records of several lines.

use std::io::{self, Read};

use super::lines::{CUT, End, Line, Lines};
use super::wrapper::{Inner, Wrapper};
use crate::event::Micros;

/// What is kept of a record of several lines; a traceback is shorter.
const LONGEST: usize = 64 << 10;

/// The lines of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block<'a> {
    /// Without the last line's end, and without what is wrapped around each line.
    pub(super) bytes: &'a [u8],
    /// As it stands in the file.
    pub(super) raw: &'a [u8],
    /// When its first line was taken in, by what is wrapped around it.
    pub(super) taken: Option<Taken>,
    /// Of the first line, 1-based.
    pub(super) number: u64,
    /// Of its first byte, in what the reader gave.
    pub(super) offset: u64,
    /// In the file, without the last line's end.
    pub(super) length: u64,
    pub(super) lines: u64,
    /// It was too long: this is its beginning.
    pub(super) is_cut: bool,
    /// What comes behind it may belong to it.
    pub(super) is_open: bool,
}

/// When a wrapped line was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) start: Micros,
    pub(super) end: Micros,
    /// Whether the stamp told it in full.
    pub(super) is_sure: bool,
}

impl<'a> From<Line<'a>> for Block<'a> {
    fn from(line: Line<'a>) -> Self {
        Self {
            bytes: line.bytes,
            raw: line.bytes,
            taken: None,
            number: line.number,
            offset: line.offset,
            length: line.bytes.len() as u64,
            lines: 1,
            is_cut: line.end == End::Cut,
            is_open: line.end != End::Newline,
        }
    }
}

/// Splits a reader into records.
pub(super) struct Blocks<R> {
    lines: Lines<R>,
    /// Whether a line begins a record; `None`: each line is one.
    begins: Option<fn(&[u8]) -> bool>,
    wrapper: Option<Wrapper>,
    /// The record that is given next, and the one after it as far as it is read.
    given: Gathered,
    gathered: Gathered,
}

/// A record in the making.
#[derive(Default)]
struct Gathered {
    bytes: Vec<u8>,
    /// The same with what is wrapped around it; empty where nothing is.
    raw: Vec<u8>,
    taken: Option<Taken>,
    /// The next line goes on with the last one.
    is_part: bool,
    number: u64,
    offset: u64,
    length: u64,
    lines: u64,
    is_cut: bool,
}

impl Gathered {
    /// Nothing yet, but for where the line stands.
    fn begin_at(&mut self, line: Line<'_>) {
        self.bytes.clear();
        self.raw.clear();
        self.taken = None;
        self.is_part = false;
        self.number = line.number;
        self.offset = line.offset;
        self.lines = 0;
        self.is_cut = false;
    }

    fn begin(&mut self, line: Line<'_>) {
        self.begin_at(line);
        self.add(line);
    }

    fn add(&mut self, line: Line<'_>) {
        let is_cut = append(&mut self.bytes, line.bytes, self.lines > 0);
        self.is_cut |= is_cut;
        self.count(line);
    }

    /// Adds a wrapped line. `None`: another program wrote it.
    fn add_wrapped(&mut self, line: Line<'_>, inner: Option<&Inner<'_>>, wrapper: &Wrapper) {
        append(&mut self.raw, line.bytes, self.lines > 0);
        if let Some(inner) = inner {
            let is_next = self.taken.is_some() && !self.is_part;
            let is_cut = append(&mut self.bytes, &inner.content, is_next);
            self.is_cut |= is_cut;
            self.is_part = inner.is_part;
            let taken = || wrapper.time(inner);
            self.taken = self.taken.or_else(|| {
                taken().map(|(time, is_sure)| Taken {
                    start: time.start,
                    end: time.end,
                    is_sure,
                })
            });
        }
        self.count(line);
    }

    fn count(&mut self, line: Line<'_>) {
        self.is_cut |= line.end == End::Cut;
        self.length = line.offset - self.offset + line.bytes.len() as u64;
        self.lines += 1;
    }

    fn block(&self, is_open: bool) -> Block<'_> {
        Block {
            is_open,
            bytes: &self.bytes,
            raw: if self.raw.is_empty() {
                &self.bytes
            } else {
                &self.raw
            },
            taken: self.taken,
            number: self.number,
            offset: self.offset,
            length: self.length,
            lines: self.lines,
            is_cut: self.is_cut,
        }
    }
}

/// Adds a line, as far as there is room. Gives whether some of it is lost.
fn append(bytes: &mut Vec<u8>, line: &[u8], is_next: bool) -> bool {
    if is_next && bytes.len() < LONGEST {
        bytes.push(b'\n');
    }
    let room = LONGEST.saturating_sub(bytes.len());
    let kept = line.len().min(room);
    bytes.extend_from_slice(&line[..kept]);
    kept < line.len()
}

impl<R: Read> Blocks<R> {
    /// Goes on where `lines` lines of `offset` bytes stand before what the reader gives.
    pub(super) fn resume(
        reader: R,
        begins: Option<fn(&[u8]) -> bool>,
        wrapper: Option<Wrapper>,
        lines: u64,
        offset: u64,
    ) -> Self {
        Self {
            lines: Lines::resume(reader, lines, offset),
            begins,
            wrapper,
            given: Gathered::default(),
            gathered: Gathered::default(),
        }
    }

    /// The records whose first lines begin behind byte `offset`, where the reader stands.
    pub(super) fn behind(reader: R, begins: Option<fn(&[u8]) -> bool>, offset: u64) -> Self {
        Self {
            lines: Lines::behind(reader, offset, CUT),
            begins,
            wrapper: None,
            given: Gathered::default(),
            gathered: Gathered::default(),
        }
    }

    /// The next record. After an error there is none.
    #[inline]
    pub(super) fn next(&mut self) -> io::Result<Option<Block<'_>>> {
        match self.begins {
            _ if self.wrapper.is_some() => self.next_wrapped(),
            Some(begins) => self.next_gathered(begins),
            None => Ok(self.lines.next()?.map(Block::from)),
        }
    }

    /// The same of lines of which not each begins a record.
    fn next_gathered(&mut self, begins: fn(&[u8]) -> bool) -> io::Result<Option<Block<'_>>> {
        while let Some(line) = self.lines.next()? {
            if self.gathered.lines > 0 && begins(line.bytes) {
                std::mem::swap(&mut self.given, &mut self.gathered);
                self.gathered.begin(line);
                return Ok(Some(self.given.block(false)));
            }
            if self.gathered.lines == 0 {
                self.gathered.begin(line);
            } else {
                self.gathered.add(line);
            }
        }
        std::mem::swap(&mut self.given, &mut self.gathered);
        self.gathered.lines = 0;
        Ok((self.given.lines > 0).then(|| self.given.block(true)))
    }

    /// The same of lines with something around them.
    fn next_wrapped(&mut self) -> io::Result<Option<Block<'_>>> {
        let Self {
            lines,
            begins,
            wrapper: Some(wrapper),
            given,
            gathered,
        } = self
        else {
            return Ok(None);
        };
        while let Some(line) = lines.next()? {
            let inner = wrapper.unwrap(line.bytes);
            let begins_record = || match (&inner, *begins) {
                (Some(inner), Some(begins)) => begins(first_line(&inner.content)),
                _ => false,
            };
            if gathered.lines > 0 && !gathered.is_part && begins_record() {
                std::mem::swap(given, gathered);
                gathered.begin_at(line);
                gathered.add_wrapped(line, inner.as_ref(), wrapper);
                return Ok(Some(given.block(false)));
            }
            if gathered.lines == 0 {
                gathered.begin_at(line);
            }
            gathered.add_wrapped(line, inner.as_ref(), wrapper);
            if begins.is_none() && !gathered.is_part {
                let is_open = line.end != End::Newline;
                std::mem::swap(given, gathered);
                gathered.lines = 0;
                return Ok(Some(given.block(is_open)));
            }
        }
        std::mem::swap(given, gathered);
        gathered.lines = 0;
        Ok((given.lines > 0).then(|| given.block(true)))
    }

    /// Number and offset of the line with which the next record begins.
    pub(super) fn position(&self) -> (u64, u64) {
        match &self.gathered {
            Gathered { lines: 0, .. } => self.lines.position(),
            begun => (begun.number, begun.offset),
        }
    }
}

/// A journal's message may have several lines.
fn first_line(content: &[u8]) -> &[u8] {
    memchr::memchr(b'\n', content).map_or(content, |end| &content[..end])
}

#[cfg(test)]
mod tests {
    use super::{Blocks, LONGEST};

    fn is_head(line: &[u8]) -> bool {
        line.starts_with(b"[")
    }

    /// Text, number of the first line, offset, length and number of lines of each record.
    fn blocks(bytes: &[u8]) -> Vec<(String, u64, u64, u64, u64)> {
        let mut blocks = Blocks::resume(bytes, Some(is_head), None, 0, 0);
        let mut all = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            let text = String::from_utf8_lossy(block.bytes).into_owned();
            all.push((text, block.number, block.offset, block.length, block.lines));
        }
        all
    }

    #[test]
    fn a_record_goes_on_to_the_next_beginning() {
        let expected = |text: &str, number, offset, length, lines| {
            (text.to_owned(), number, offset, length, lines)
        };
        assert_eq!(
            blocks(b"rest\r\n\n[a\n  b\r\n\n[c]\n[d"),
            [
                expected("rest\n", 1, 0, 6, 2),
                expected("[a\n  b\n", 3, 7, 8, 3),
                expected("[c]", 6, 16, 3, 1),
                expected("[d", 7, 20, 2, 1),
            ]
        );
        assert_eq!(blocks(b""), []);
    }

    #[test]
    fn a_record_without_end_is_cut_and_the_next_one_is_whole() {
        let mut bytes = b"[a\n".to_vec();
        bytes.extend(b"  x\n".repeat(LONGEST));
        bytes.extend_from_slice(b"[b");
        let mut blocks = Blocks::resume(&*bytes, Some(is_head), None, 0, 0);
        let long = blocks.next().unwrap().unwrap();
        assert_eq!((long.bytes.len(), long.is_cut), (LONGEST, true));
        assert_eq!(long.lines, 1 + LONGEST as u64);
        let next = blocks.next().unwrap().unwrap();
        assert_eq!((next.bytes, next.is_cut), (&b"[b"[..], false));
        assert!(blocks.next().unwrap().is_none());
    }
}
