//! The first lines of a part: what it is.

use std::io::Read;

use super::Options;
use super::bytes::Bytes;
use super::error::Error;
use super::lines::{End, Lines};
use super::wrapper::{self, Circumstances, Wrapper};
use crate::format::{self, Format};

const LINES: usize = 200;
const BYTES: usize = 256 << 10;
/// Lines of any length that are passed: a giant one, or the hole that copying and truncating leaves.
const CUTS: usize = 8;
/// As far is looked, for the end of a line that is passed may be far away.
const FARTHEST: u64 = 1 << 30;

const UTF16: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
/// Compressed in ways that are not read, so that the message can say so.
const PACKED: [(&[u8], &str); 2] = [(b"\xFD7zXZ\0", "xz"), (b"BZh", "bzip2")];

/// What the first lines say.
#[derive(Clone)]
pub(super) enum Content {
    Empty,
    /// In no format known, and how that is said.
    Unknown(String),
    /// A format, and what is wrapped around its lines.
    Of(&'static dyn Format, Option<Wrapper>),
}

/// Reads the first lines. Where a format overrides detection only `named` files are taken whatever they hold, and of a
/// folder those that have a line of it.
pub(super) fn content(
    bytes: &mut Bytes,
    options: &Options<'_>,
    named: bool,
) -> Result<Content, Error> {
    let lines = sample(bytes)?;
    let Some(first) = lines.first() else {
        return Ok(Content::Empty);
    };
    if UTF16.iter().any(|mark| first.starts_with(mark)) {
        return Err(Error::Utf16);
    }
    if let Some((_, name)) = PACKED.iter().find(|(magic, _)| first.starts_with(magic)) {
        let why = format!("compressed with {name}; only gzip and zstd are read");
        return Ok(Content::Unknown(why));
    }
    let lines: Vec<&[u8]> = lines
        .iter()
        .map(Vec::as_slice)
        .filter(|l| !is_hole(l))
        .collect();
    let known = Circumstances {
        modified: bytes.modified(),
        zone: options.zone,
    };
    let only: Vec<_> = options.format.into_iter().collect();
    if let Some((wrapper, format)) = wrapper::detect(&lines, options.given, known)
        && only.iter().all(|only| only.name() == format.name())
    {
        return Ok(Content::Of(format, Some(wrapper)));
    }
    let speaks = |f: &&dyn Format| named || lines.iter().any(|l| f.speaks(l));
    let format = match options.format {
        Some(format) => Some(format).filter(|f| speaks(f)),
        None => format::detect_with(options.given, lines.iter().copied()),
    };
    Ok(match format {
        None => Content::Unknown("not a log format known".to_owned()),
        Some(format) if format.is_timeless() => Content::Unknown(format!(
            "{}: it has no times, and nothing around its lines tells them",
            format.name()
        )),
        Some(format) => Content::Of(format, None),
    })
}

/// Whether nothing was ever written there.
fn is_hole(line: &[u8]) -> bool {
    line.iter().all(|byte| *byte == 0)
}

/// Up to 200 lines and 256 KiB, without what is cut of up to 8. An error counts only where nothing comes before it: the rest of a
/// damaged file is met when it is read.
fn sample(bytes: &mut Bytes) -> Result<Vec<Vec<u8>>, Error> {
    let mut lines = Lines::new(bytes.peek()?.take(FARTHEST));
    let mut sample: Vec<Vec<u8>> = Vec::new();
    let (mut size, mut cuts) = (0, 0);
    while sample.len() < LINES && size < BYTES && cuts < CUTS {
        match lines.next() {
            Ok(Some(line)) => {
                match line.end {
                    End::Cut => cuts += 1,
                    End::Newline | End::Input => size += line.bytes.len(),
                }
                sample.push(line.bytes.to_vec());
            }
            Err(cause) if sample.is_empty() => {
                let (line, offset) = lines.position();
                return Err(Error::Read {
                    line,
                    offset,
                    cause,
                });
            }
            Ok(None) | Err(_) => break,
        }
    }
    Ok(sample)
}
