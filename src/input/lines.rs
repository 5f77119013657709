//! Lines of a reader, borrowed from one block that is filled again and again.

use std::io::{self, Read};

use memchr::memchr;

/// A longer line is cut, so that memory stays bounded whatever the file holds.
const LONGEST: usize = 1 << 20;
/// What is kept of a line that is cut.
pub(super) const CUT: usize = 64 << 10;
/// Read at once: a look at a file's first lines then costs no more than that, and reading 1 MiB at once is
/// no faster.
const READ: usize = 256 << 10;
pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One line, without its end (`\n`, `\r\n`) and without a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub bytes: &'a [u8],
    /// 1-based.
    pub number: u64,
    /// Of its first byte, in what the reader gave.
    pub offset: u64,
    pub end: End,
}

/// What ended a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Newline,
    /// The reader's end: perhaps it is still being written.
    Input,
    /// It was too long: this is its beginning.
    Cut,
}

/// Splits a reader into lines. Does not depend on how the reader cuts what it gives.
pub(super) struct Lines<R> {
    reader: R,
    /// Holds the longest line and its newline; `start..end` is what was read and not yet given.
    block: Box<[u8]>,
    start: usize,
    end: usize,
    /// Up to here there is no newline.
    searched: usize,
    /// Of `start`.
    offset: u64,
    /// Of the line given last.
    number: u64,
    cut: usize,
    /// Inside a line that was cut.
    skipping: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self::with_limits(reader, LONGEST, CUT)
    }

    /// Goes on where `lines` lines of `offset` bytes stand before what the reader gives.
    pub(super) fn resume(reader: R, lines: u64, offset: u64) -> Self {
        Self {
            number: lines,
            offset,
            ..Self::new(reader)
        }
    }

    /// The lines that begin behind byte `offset`, where the reader stands; their numbers count from there.
    pub(super) fn behind(reader: R, offset: u64, longest: usize) -> Self {
        Self {
            offset,
            skipping: true,
            ..Self::with_limits(reader, longest, longest.min(CUT))
        }
    }

    pub(super) fn with_limits(reader: R, longest: usize, cut: usize) -> Self {
        Self {
            reader,
            block: vec![0; longest + 1].into_boxed_slice(),
            start: 0,
            end: 0,
            searched: 0,
            offset: 0,
            number: 0,
            cut,
            skipping: false,
            ended: false,
        }
    }

    /// The next line. After an error there is none: a line that the error cut short is not given, for
    /// half a number is a wrong number.
    #[inline]
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        if self.skipping {
            self.skip()?;
        }
        let Some((length, end)) = self.find()? else {
            return Ok(None);
        };
        let (start, offset) = (self.start, self.offset);
        self.take(length + usize::from(end == End::Newline));
        self.skipping = end == End::Cut;
        self.number += 1;
        let mut line = Line {
            bytes: &self.block[start..start + length],
            number: self.number,
            offset,
            end,
        };
        if end != End::Cut {
            line.bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        }
        if offset == 0
            && let Some(rest) = line.bytes.strip_prefix(BOM)
        {
            line.bytes = rest;
            line.offset = BOM.len() as u64;
        }
        Ok(Some(line))
    }

    /// Number and offset of the line that would come next.
    pub(super) fn position(&self) -> (u64, u64) {
        (self.number + 1, self.offset)
    }

    /// Length of the line at `start`, and what ends it.
    #[inline]
    fn find(&mut self) -> io::Result<Option<(usize, End)>> {
        loop {
            if let Some(at) = memchr(b'\n', &self.block[self.searched..self.end]) {
                return Ok(Some((self.searched + at - self.start, End::Newline)));
            }
            self.searched = self.end;
            let held = self.end - self.start;
            if held == self.block.len() {
                return Ok(Some((self.cut, End::Cut)));
            }
            if !self.fill()? {
                return Ok((held > 0).then_some((held, End::Input)));
            }
        }
    }

    /// Passes the rest of a line that was cut.
    #[cold]
    fn skip(&mut self) -> io::Result<()> {
        loop {
            let held = &self.block[self.start..self.end];
            if let Some(at) = memchr(b'\n', held) {
                self.skipping = false;
                self.take(at + 1);
                return Ok(());
            }
            self.take(held.len());
            if !self.fill()? {
                return Ok(());
            }
        }
    }

    fn take(&mut self, bytes: usize) {
        self.start += bytes;
        self.searched = self.start;
        self.offset += bytes as u64;
    }

    /// Reads once behind what is held, which moves to the front. False at the end.
    #[inline(never)]
    fn fill(&mut self) -> io::Result<bool> {
        self.block.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.searched -= self.start;
        self.start = 0;
        if self.ended {
            return Ok(false);
        }
        let room = &mut self.block[self.end..];
        let room_length = room.len().min(READ);
        loop {
            match self.reader.read(&mut room[..room_length]) {
                Ok(read) => {
                    self.end += read;
                    self.ended = read == 0;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.end = 0;
                    self.searched = 0;
                    return Err(error);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::splitting::{Owned, check_lines, collect, model};
    use proptest::collection::vec;
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};

    fn split(bytes: &[u8]) -> Vec<Owned> {
        collect(Lines::new(bytes))
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        let text = |l: Owned| String::from_utf8_lossy(&l.0).into_owned();
        split(bytes).into_iter().map(text).collect()
    }

    fn log_bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = proptest::sample::select(vec![
            &b"a"[..],
            b"0123456789",
            b"\n",
            b"\n",
            b"\r\n",
            b"\r",
            b"\0",
            b"\xff",
            BOM,
        ]);
        vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        // However the reads cut the bytes, and however the lines lie in the block, the lines are those
        // of the whole text.
        #[test]
        fn lines_do_not_depend_on_reads(
            bytes in log_bytes(),
            sizes in vec(1_u8..20, 1..8),
            longest in 8_usize..40,
        ) {
            check_lines(&bytes, longest, 5, &sizes);
        }

        // Any bytes are lines, and none is lost: the lines and their ends add up.
        #[test]
        fn any_bytes_are_lines(bytes in vec(any::<u8>(), 0..400)) {
            prop_assert_eq!(split(&bytes), model(&bytes, LONGEST, CUT));
        }
    }

    #[test]
    fn small_files() {
        assert!(split(b"").is_empty());
        assert_eq!(split(b"x"), [(b"x".to_vec(), 1, 0, End::Input)]);
        assert_eq!(split(b"\n"), [(Vec::new(), 1, 0, End::Newline)]);
        assert_eq!(texts(b"a\nb"), ["a", "b"]);
        assert_eq!(texts(b"a\n\nb\n"), ["a", "", "b"]);
    }

    #[test]
    fn ends_and_byte_order_mark_are_stripped_and_counted() {
        let lines = split(b"\xEF\xBB\xBFa\r\nb\r\n");
        assert_eq!(lines[0], (b"a".to_vec(), 1, 3, End::Newline));
        assert_eq!(lines[1], (b"b".to_vec(), 2, 6, End::Newline));
    }

    #[test]
    fn a_line_of_the_limit_is_whole_and_one_more_byte_cuts_it() {
        for (length, end) in [
            (LONGEST - 1, End::Newline),
            (LONGEST, End::Newline),
            (LONGEST + 1, End::Cut),
            (10 * LONGEST, End::Cut),
        ] {
            let mut bytes = vec![b'x'; length];
            bytes.extend_from_slice(b"\nnext\n");
            let lines = split(&bytes);
            assert_eq!(lines[0].3, end, "{length}");
            let kept = if end == End::Cut { CUT } else { length };
            assert_eq!(lines[0].0.len(), kept, "{length}");
            assert_eq!(
                lines[1],
                (b"next".to_vec(), 2, length as u64 + 1, End::Newline)
            );
            assert_eq!(lines.len(), 2);
        }
    }

    #[test]
    fn blocks_that_end_at_a_newline() {
        let bytes = [vec![b'x'; READ - 1], b"\ny\n".to_vec()].concat();
        assert_eq!(
            split(&bytes)[1],
            (b"y".to_vec(), 2, READ as u64, End::Newline)
        );
    }

    #[test]
    fn an_error_drops_the_line_it_cut_short() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let mut lines = Lines::new((&b"whole\nhal"[..]).chain(Broken));
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"whole");
        assert_eq!(lines.next().unwrap_err().to_string(), "broken");
        assert_eq!(lines.position(), (2, 6));
        assert!(lines.next().unwrap().is_none());
    }
}
