//! One life of a file, from its creation or truncation on.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::file::{Key, exactly, first_end, last_end, says};
use super::news::{Lost, Why};
use super::set::Opened;
use super::{CHUNK, KNOWN_BY};

/// Looks in calm after which the last line of a file that was rotated away will not be finished any more.
const UNFINISHED: u32 = 10;

/// One life of a file.
#[derive(Debug, Default)]
pub(super) struct Generation {
    pub(super) id: u32,
    /// `None`: what it said is nowhere, or in `packed`.
    pub(super) file: Option<File>,
    /// Device and inode of the file.
    pub(super) key: Key,
    /// Where it was seen last; `None`: it has no name.
    pub(super) path: Option<PathBuf>,
    /// A compressed file that says it, and how long it is decompressed.
    pub(super) packed: Option<(File, u64)>,
    pub(super) is_base: bool,
    pub(super) position: u64,
    /// The largest size that was seen.
    pub(super) seen: u64,
    pub(super) head: Vec<u8>,
    pub(super) tail: Vec<u8>,
    /// There is no line end between the position and here.
    pub(super) searched: u64,
    /// Looks in calm since it grew.
    pub(super) quiet: u32,
    /// Told when all before it was given.
    pub(super) lost: Option<Lost>,
    pub(super) is_closed: bool,
}

/// Up to where a generation can be read.
pub(super) struct End {
    pub(super) to: u64,
    pub(super) is_cut_off: bool,
    pub(super) is_more: bool,
}

impl Generation {
    pub(super) fn size(&self) -> Option<u64> {
        match (&self.file, &self.packed) {
            (Some(file), _) => Some(file.metadata().ok()?.len()),
            (None, Some((_, length))) => Some(*length),
            (None, None) => None,
        }
    }

    /// Whether what was given still stands there.
    pub(super) fn is_intact(&mut self) -> bool {
        let Some(file) = &self.file else {
            return true;
        };
        let Ok(size) = file.metadata().map(|m| m.len()) else {
            return false;
        };
        // Not a byte of it was given yet, so that all that is gone is the beginning of a line.
        let is_shorter = size < self.position || (self.position == 0 && size < self.seen);
        if is_shorter || !says(file, 0, &self.head) || !says(file, self.tail_at(), &self.tail) {
            return false;
        }
        self.seen = self.seen.max(size);
        true
    }

    pub(super) fn tail_at(&self) -> u64 {
        self.position - self.tail.len() as u64
    }

    /// Remembers by what it is known.
    pub(super) fn learn(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let known = |bytes: u64| usize::try_from(bytes).unwrap_or(KNOWN_BY).min(KNOWN_BY);
        let (size, length) = (file.metadata()?.len(), known(self.position));
        if self.head.len() < known(size) {
            self.head = exactly(file, 0, known(size))?;
        }
        self.tail = exactly(file, self.position - length as u64, length)?;
        self.seen = self.seen.max(size);
        Ok(())
    }

    /// Whether what it said has to be looked for.
    pub(super) fn is_nowhere(&self) -> bool {
        self.file.is_none() && self.packed.is_none() && !self.is_closed
    }

    /// Whether a file goes on where this one, which is nowhere any more, was left.
    pub(super) fn continues_in(&self, file: &File) -> bool {
        self.is_nowhere()
            && !self.head.is_empty()
            && says(file, 0, &self.head)
            && says(file, self.tail_at(), &self.tail)
    }

    /// How many bytes of a file with `size` of them this one says as well, where one of them begins as the other.
    pub(super) fn in_common(&self, file: &File, size: u64) -> Option<u64> {
        let Some(own) = &self.file else {
            let is_alike = !self.head.is_empty() && says(file, 0, &self.head);
            let is_whole = says(file, self.tail_at(), &self.tail);
            return is_alike.then_some(if is_whole { self.position } else { size });
        };
        let common = own.metadata().ok()?.len().min(size);
        let known = usize::try_from(common).unwrap_or(KNOWN_BY).min(KNOWN_BY);
        let same = |at| exactly(own, at, known).is_ok_and(|bytes| says(file, at, &bytes));
        (known > 0 && same(0) && same(common - known as u64)).then_some(common)
    }

    /// Goes on in a copy of what was truncated.
    pub(super) fn adopt(&mut self, file: Opened) {
        self.is_copy_of(file.metadata.len());
        self.key = file.key;
        self.file = Some(file.file);
        self.path = Some(file.path);
        self.quiet = 0;
        self.searched = self.position;
    }

    /// It is in a file of `size` bytes that was made before it was truncated.
    pub(super) fn is_copy_of(&mut self, size: u64) {
        self.lost = Some(Lost {
            generation: self.id,
            at: size.max(self.position),
            bytes: self.seen.saturating_sub(size),
            why: Why::Copied,
        });
        // That the copy is shorter is no truncation of it.
        self.seen = size;
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.file = None;
        self.packed = None;
    }

    /// Up to where whole lines stand that were not given yet.
    pub(super) fn end(&mut self, calm: bool) -> Option<End> {
        let size = self.size()?;
        if (self.head.len() as u64) < size.min(KNOWN_BY as u64) {
            self.learn().ok()?;
        }
        self.seen = self.seen.max(size);
        self.quiet = match (size > self.searched.max(self.position), calm) {
            (true, _) => 0,
            (false, true) => self.quiet.saturating_add(1),
            (false, false) => self.quiet,
        };
        let whole = |to, is_more| End {
            to,
            is_cut_off: false,
            is_more,
        };
        if self.packed.is_some() && self.file.is_none() {
            return (size > self.position).then(|| whole(size, false));
        }
        // An error is met again at the next look.
        if let Some(to) = self.last_line(size).ok()? {
            return Some(whole(to, to < size && size - self.position > CHUNK));
        }
        let is_over = !self.is_base && self.quiet >= UNFINISHED;
        (is_over && size > self.position).then(|| End {
            is_cut_off: true,
            ..whole(size, false)
        })
    }

    /// Behind the last line end that is not too far away, else behind the first.
    fn last_line(&mut self, size: u64) -> io::Result<Option<u64>> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let from = self.searched.max(self.position);
        let near = from.max(size.min(self.position + CHUNK));
        if let Some(end) = last_end(file, from, near)? {
            return Ok(Some(end));
        }
        if let Some(end) = first_end(file, near, size)? {
            return Ok(Some(end));
        }
        self.searched = size.max(from);
        Ok(None)
    }
}
