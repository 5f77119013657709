//! What [`Lines`] must give, for tests and for fuzzing.

use std::io::{self, Read};

use super::lines::{BOM, End, Lines};

/// A line's bytes, number, offset and end.
pub(super) type Owned = (Vec<u8>, u64, u64, End);

/// Gives its bytes in pieces of the given sizes, over and over.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, u8>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.next().copied().unwrap_or(1).max(1);
        let size = usize::from(size).min(buffer.len());
        self.bytes.read(&mut buffer[..size])
    }
}

pub(super) fn collect<R: Read>(mut lines: Lines<R>) -> Vec<Owned> {
    let mut all = Vec::new();
    while let Some(l) = lines.next().expect("bytes in memory can be read") {
        all.push((l.bytes.to_vec(), l.number, l.offset, l.end));
    }
    all
}

/// What the reader must give, written without a thought for memory.
pub(super) fn model(bytes: &[u8], longest: usize, cut: usize) -> Vec<Owned> {
    let mut all = Vec::new();
    let mut offset = 0;
    for (whole, number) in bytes.split_inclusive(|&b| b == b'\n').zip(1..) {
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        let (line, end) = match line.len() {
            length if length > longest => (&line[..cut], End::Cut),
            _ if line.len() < whole.len() => (line, End::Newline),
            _ => (line, End::Input),
        };
        let line = match end {
            End::Cut => line,
            End::Newline | End::Input => line.strip_suffix(b"\r").unwrap_or(line),
        };
        let is_marked = number == 1 && line.starts_with(BOM);
        let mark = if is_marked { BOM.len() } else { 0 };
        all.push((line[mark..].to_vec(), number, (offset + mark) as u64, end));
        offset += whole.len();
    }
    all
}

/// However reads of these sizes cut the bytes, and however the lines lie in the block, the lines are those of
/// the whole text.
///
/// # Panics
///
/// Where they are not.
pub fn check_lines(bytes: &[u8], longest: usize, cut: usize, sizes: &[u8]) {
    let sizes = sizes.iter().cycle();
    let given = collect(Lines::with_limits(Pieces { bytes, sizes }, longest, cut));
    assert_eq!(given, model(bytes, longest, cut));
}
