//! What stands in a file, and by what it is known.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use memchr::{memchr, memrchr};

use super::super::bytes;
use super::KNOWN_BY;

/// Read at once to find the end of a line.
const BLOCK: usize = 16 << 10;
/// How far it is looked for in a file that was just opened.
const LOOKED: usize = 64 << 10;

/// Device and inode.
pub(super) type Key = (u64, u64);

pub(super) fn key(metadata: &Metadata) -> Key {
    (metadata.dev(), metadata.ino())
}

/// What changes when a file is written: size and time.
pub(super) type Shape = (u64, i64);

pub(super) fn shape(metadata: &Metadata) -> Shape {
    let time = metadata.mtime().wrapping_mul(1_000_000_000);
    (metadata.len(), time.wrapping_add(metadata.mtime_nsec()))
}

/// Reads a file from a byte on, wherever others read it.
pub(super) struct At {
    pub(super) file: File,
    pub(super) at: u64,
}

impl At {
    pub(super) fn beginning(file: File) -> Self {
        Self { file, at: 0 }
    }
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

pub(super) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = bytes::opened(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

pub(super) fn exactly(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

/// Whether these bytes stand there.
pub(super) fn says(file: &File, at: u64, expected: &[u8]) -> bool {
    exactly(file, at, expected.len()).is_ok_and(|bytes| bytes == expected)
}

/// Behind the last line end between two bytes.
pub(super) fn last_end(file: &File, from: u64, mut to: u64) -> io::Result<Option<u64>> {
    let mut block = [0; BLOCK];
    while to > from {
        let at = to.saturating_sub(BLOCK as u64).max(from);
        let block = &mut block[..usize::try_from(to - at).unwrap_or(BLOCK)];
        file.read_exact_at(block, at)?;
        if let Some(newline) = memrchr(b'\n', block) {
            return Ok(Some(at + newline as u64 + 1));
        }
        to = at;
    }
    Ok(None)
}

/// Behind the first one.
pub(super) fn first_end(file: &File, mut from: u64, to: u64) -> io::Result<Option<u64>> {
    let mut block = [0; BLOCK];
    while from < to {
        let length = usize::try_from(to - from).unwrap_or(BLOCK).min(BLOCK);
        let block = &mut block[..length];
        file.read_exact_at(block, from)?;
        if let Some(newline) = memchr(b'\n', block) {
            return Ok(Some(from + newline as u64 + 1));
        }
        from += length as u64;
    }
    Ok(None)
}

/// Whether the first line has an end in a file that had `size` bytes when it was opened, as far as one looks for it:
/// what came since then does not count.
pub(super) fn has_line(file: &File, size: u64) -> bool {
    let mut block = vec![0; LOOKED];
    let read = file.read_at(&mut block, 0).unwrap_or(0);
    let read = usize::try_from(size).map_or(read, |size| read.min(size));
    read == block.len() || memchr(b'\n', &block[..read]).is_some()
}

/// By what a compressed file is known at a position, and how long it is decompressed. An error where it is not
/// whole.
pub(super) fn unpacked(file: &File, position: u64) -> io::Result<(Vec<u8>, Vec<u8>, u64)> {
    let whole = || Ok::<_, io::Error>(At::beginning(file.try_clone()?));
    let mut reader = bytes::unpack(whole()?, 0)?;
    let known = position.min(KNOWN_BY as u64);
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(KNOWN_BY as u64)
        .read_to_end(&mut head)?;
    let mut reader = bytes::unpack(whole()?, position - known)?;
    let mut tail = Vec::new();
    reader.by_ref().take(known).read_to_end(&mut tail)?;
    let rest = io::copy(&mut reader, &mut io::sink())?;
    let length = position - known + tail.len() as u64 + rest;
    Ok((head, tail, length))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{LOOKED, has_line, open};

    // A copy that is being made: its size is known before what it says is looked at.
    #[test]
    fn a_line_that_came_since_the_file_was_opened_does_not_count() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one\ntwo\n").unwrap();
        let (file, _) = open(&path).unwrap();
        let found = [0, 3, 4, 8].map(|size| has_line(&file, size));
        assert_eq!(found, [false, false, true, true]);
        fs::write(&path, "x".repeat(LOOKED)).unwrap();
        assert!(has_line(&open(&path).unwrap().0, LOOKED as u64));
    }
}
