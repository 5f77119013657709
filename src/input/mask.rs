//! Secrets that only the user knows of, covered before anything else sees them.
//!
//! What matches is overwritten byte by byte, so that a line keeps its length: offsets still point into the file, and
//! what was quoted is still quoted.

use std::io::{self, Read};
use std::sync::Arc;

use memchr::memrchr;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

/// What stands in place of each byte.
const COVER: u8 = b'*';
/// A compiled pattern may take as much memory, and as much again to search.
const LARGEST: usize = 1 << 20;
/// A longer line is masked in pieces; no more than its beginning is kept of it anyway.
const LONGEST: usize = 1 << 20;
/// Read at once.
const READ: usize = 64 << 10;

/// A regular expression for one kind of secret. Where it has groups they are the secret, else all that it matches.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Mask(Regex);

/// Why a pattern is none.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}`: {why}")]
pub struct NotAMask {
    pattern: String,
    why: String,
}

impl TryFrom<String> for Mask {
    type Error = NotAMask;

    fn try_from(pattern: String) -> Result<Self, NotAMask> {
        let regex = RegexBuilder::new(&pattern)
            .size_limit(LARGEST)
            .dfa_size_limit(LARGEST)
            .build();
        let why = match regex {
            Ok(regex) if regex.is_match(b"") => "it matches where nothing is".to_owned(),
            Ok(regex) => return Ok(Self(regex)),
            // Of its several lines the last says what is wrong.
            Err(regex::Error::Syntax(text)) => {
                let why = text.lines().last().unwrap_or_default();
                why.trim_start_matches("error: ").to_owned()
            }
            Err(error) => error.to_string(),
        };
        Err(NotAMask { pattern, why })
    }
}

/// All of them; few, and none for most.
#[derive(Debug, Clone, Default)]
pub struct Masks(Arc<[Mask]>);

impl From<Vec<Mask>> for Masks {
    fn from(masks: Vec<Mask>) -> Self {
        Self(masks.into())
    }
}

impl Masks {
    /// The same for the same patterns only; 0 where there are none.
    pub fn fingerprint(&self) -> i64 {
        if self.0.is_empty() {
            return 0;
        }
        let mut hasher = blake3::Hasher::new();
        for Mask(regex) in &*self.0 {
            hasher.update(regex.as_str().as_bytes()).update(b"\0");
        }
        let mut number = [0; 8];
        hasher.finalize_xof().fill(&mut number);
        i64::from_le_bytes(number)
    }

    /// A reader of which no secret comes.
    pub(super) fn over(&self, reader: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        if self.0.is_empty() {
            return reader;
        }
        Box::new(Masked {
            masks: self.clone(),
            reader,
            held: Vec::new(),
            given: 0,
            ready: 0,
        })
    }

    /// A line without its end.
    fn cover(&self, line: &mut [u8]) {
        for Mask(regex) in &*self.0 {
            let mut found = Vec::new();
            for groups in regex.captures_iter(line) {
                let groups: Vec<_> = groups.iter().flatten().map(|group| group.range()).collect();
                match &*groups {
                    [whole] => found.push(whole.clone()),
                    [_, groups @ ..] => found.extend_from_slice(groups),
                    [] => {}
                }
            }
            for range in found {
                line[range].fill(COVER);
            }
        }
    }
}

/// Gives what `reader` gives, line after line.
struct Masked {
    masks: Masks,
    reader: Box<dyn Read + Send>,
    /// Up to `given` it was given, up to `ready` it is covered.
    held: Vec<u8>,
    given: usize,
    ready: usize,
}

impl Read for Masked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready && !buffer.is_empty() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let read = (&self.held[self.given..self.ready]).read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

impl Masked {
    /// Reads once. False at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.held.drain(..self.given);
        (self.given, self.ready) = (0, 0);
        let before = self.held.len();
        self.held.resize(before + READ, 0);
        let read = self.reader.read(&mut self.held[before..]);
        self.held.truncate(before + *read.as_ref().unwrap_or(&0));
        let is_end = read? == 0;
        self.ready = if is_end || self.held.len() >= LONGEST {
            self.held.len()
        } else {
            memrchr(b'\n', &self.held).map_or(0, |at| at + 1)
        };
        for line in self.held[..self.ready].split_mut(|byte| *byte == b'\n') {
            self.masks.cover(line);
        }
        Ok(!is_end || self.ready > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::{LONGEST, Mask, Masks};

    fn masks(patterns: &[&str]) -> Masks {
        let mask = |p: &&str| Mask::try_from((*p).to_owned()).unwrap();
        patterns.iter().map(mask).collect::<Vec<_>>().into()
    }

    fn masked(patterns: &[&str], text: &str) -> String {
        let mut covered = String::new();
        let mut reader = masks(patterns).over(Box::new(Cursor::new(text.to_owned())));
        reader.read_to_string(&mut covered).unwrap();
        covered
    }

    #[test]
    fn what_matches_is_covered_and_nothing_moves() {
        for (pattern, text, expected) in [
            (
                "[0-9]{6}",
                "code 123456\nno 12345\n",
                "code ******\nno 12345\n",
            ),
            (
                "user=([a-z]+) (x?)",
                "user=bob x\nuser=eve ",
                "user=*** *\nuser=*** ",
            ),
            ("^a|b$", "ab\r\na b", "*b\r\n* *"),
            ("ü", "für", "f**r"),
        ] {
            assert_eq!(masked(&[pattern], text), expected);
        }
        assert_eq!(masked(&["a+", "b+"], "aabb"), "****");
        let long = "x".repeat(3 * LONGEST);
        assert_eq!(
            masked(&["a"], &format!("{long}a\na")),
            format!("{long}*\n*")
        );
    }

    #[test]
    fn patterns_that_are_none() {
        for (pattern, why) in [
            ("a(", "unclosed group"),
            ("a*", "it matches where nothing is"),
            (
                r"\pL{1000}{1000}",
                "Compiled regex exceeds size limit of 1048576 bytes.",
            ),
            (
                "(?=a)",
                "look-around, including look-ahead and look-behind, is not supported",
            ),
        ] {
            let error = Mask::try_from(pattern.to_owned()).unwrap_err();
            assert_eq!(error.to_string(), format!("`{pattern}`: {why}"));
        }
    }

    #[test]
    fn fingerprints_tell_patterns_apart() {
        assert_eq!(masks(&[]).fingerprint(), 0);
        assert_eq!(
            masks(&["a", "b"]).fingerprint(),
            masks(&["a", "b"]).fingerprint()
        );
        assert_ne!(
            masks(&["a", "b"]).fingerprint(),
            masks(&["ab"]).fingerprint()
        );
    }
}
