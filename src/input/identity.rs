//! Which log a part is, whatever it is called and however it is compressed.
//!
//! Ids of events rest on it, so it must not change while a file grows. It is the hash of the first whole
//! line that carries a time. Parts that share that line are compared: one that is the beginning of
//! another is the same log and is not read a second time; others are told apart by the first line in
//! which they differ.

use std::collections::BTreeMap;
use std::io::Read;

use super::block::Blocks;
use super::bytes::Bytes;
use super::error::Error;
use super::lines::{End, Line, Lines};
use super::wrapper::Wrapper;
use crate::format::Format;
use crate::format::redact::redact_line;

/// As much of a line is hashed.
const HASHED: usize = 4096;

pub(super) type Identity = [u8; 32];

/// The identity by the first line alone. Without any line that carries a time there is no event either,
/// and the name will do.
pub(super) fn first(
    bytes: &mut Bytes,
    format: &dyn Format,
    wrapper: Option<Wrapper>,
    name: &str,
) -> Identity {
    match bytes.peek() {
        Ok(reader) => first_of(reader, format, wrapper).unwrap_or_else(|| of_name(name)),
        Err(_) => of_name(name),
    }
}

pub(super) fn of_name(name: &str) -> Identity {
    blake3::hash(name.as_bytes()).into()
}

/// The identity of what a reader gives; `None`: no line of it carries a time.
pub(super) fn first_of(
    reader: impl Read,
    format: &dyn Format,
    wrapper: Option<Wrapper>,
) -> Option<Identity> {
    let mut lines = Blocks::resume(reader, None, wrapper, 0, 0);
    // What is unreadable here is met again when the part is read.
    while let Ok(Some(line)) = lines.next() {
        if format.speaks(line.bytes) {
            return Some(blake3::hash(&essence(line.raw)).into());
        }
    }
    None
}

/// The lines, by number, that tell a part from those that begin as it does.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeMap<u64, Vec<u8>>);

impl Marks {
    pub(super) fn insert(&mut self, line: u64, text: Vec<u8>) {
        self.0.insert(line, text);
    }

    /// For a stream that could not be compared to its end.
    pub(super) fn insert_name(&mut self, name: &str) {
        self.0.insert(0, name.as_bytes().to_vec());
    }

    /// The identity with these lines hashed in as well.
    pub(super) fn refine(&self, identity: Identity) -> Identity {
        if self.0.is_empty() {
            return identity;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&identity);
        for (line, text) in &self.0 {
            hasher.update(&line.to_le_bytes());
            hasher.update(text);
        }
        hasher.finalize().into()
    }
}

/// How two parts with the same first line stand to each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// They differ first in the line of this number; its text in the one and in the other.
    Apart(u64, Vec<u8>, Vec<u8>),
    /// The first is only the beginning of the second.
    Within,
    /// All of the second is in the first, or they are equal.
    Contains,
    /// As far as a stream can be looked at they are equal.
    Open,
}

/// Compares two parts line by line.
pub(super) fn compare(a: &mut Bytes, b: &mut Bytes) -> Result<Relation, Error> {
    let relation = compare_lines(Lines::new(a.peek()?), Lines::new(b.peek()?));
    let is_apart = matches!(relation, Relation::Apart(..));
    Ok(if !is_apart && (a.goes_on() || b.goes_on()) {
        Relation::Open
    } else {
        relation
    })
}

fn compare_lines<R: Read, S: Read>(mut a: Lines<R>, mut b: Lines<S>) -> Relation {
    loop {
        // Behind an error there is nothing that could be read twice.
        let next = (a.next().ok().flatten(), b.next().ok().flatten());
        let relation = match next {
            (Some(a), Some(b)) => compare_line(a, b),
            (None, Some(_)) => Some(Relation::Within),
            (_, None) => Some(Relation::Contains),
        };
        if let Some(relation) = relation {
            return relation;
        }
    }
}

/// `None` while they are equal.
fn compare_line(a: Line<'_>, b: Line<'_>) -> Option<Relation> {
    if a.bytes == b.bytes {
        return None;
    }
    // A copy taken while the last line was being written.
    if a.end == End::Input && b.bytes.starts_with(a.bytes) {
        return Some(Relation::Within);
    }
    if b.end == End::Input && a.bytes.starts_with(b.bytes) {
        return Some(Relation::Contains);
    }
    let (left, right) = (essence(a.bytes), essence(b.bytes));
    // What differs only in a secret has the same hash.
    (left != right).then_some(Relation::Apart(a.number, left, right))
}

/// What is hashed of a line.
fn essence(line: &[u8]) -> Vec<u8> {
    let mut text = redact_line(line).into_bytes();
    text.truncate(HASHED);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(a: &str, b: &str) -> Relation {
        compare_lines(Lines::new(a.as_bytes()), Lines::new(b.as_bytes()))
    }

    #[test]
    fn equal_and_shorter_parts_are_the_same_log() {
        assert_eq!(relation("a\nb\n", "a\nb\n"), Relation::Contains);
        assert_eq!(relation("a\r\nb\r\n", "a\nb\n"), Relation::Contains);
        assert_eq!(relation("a\nb\n", "a\n"), Relation::Contains);
        assert_eq!(relation("a\n", "a\nb\n"), Relation::Within);
        assert_eq!(relation("a\nb", "a\nbcd\ne\n"), Relation::Within);
        assert_eq!(relation("a\nbcd\ne\n", "a\nb"), Relation::Contains);
    }

    #[test]
    fn parts_are_told_apart_by_the_first_line_that_differs() {
        let apart = Relation::Apart(2, b"b".to_vec(), b"bc".to_vec());
        assert_eq!(relation("a\nb\nx\n", "a\nbc\ny\n"), apart);
    }

    // What is not hashed cannot tell apart.
    #[test]
    fn lines_that_differ_behind_what_is_hashed_are_passed() {
        let long = "x".repeat(HASHED);
        let (a, b) = (format!("{long}1\nc\n"), format!("{long}2\nd\n"));
        let apart = Relation::Apart(2, b"c".to_vec(), b"d".to_vec());
        assert_eq!(relation(&a, &b), apart);
    }

    #[test]
    fn marks_change_the_identity_and_their_absence_does_not() {
        let identity = [7; 32];
        assert_eq!(Marks::default().refine(identity), identity);
        let refined = |line, text: &str| {
            let mut marks = Marks::default();
            marks.insert(line, text.into());
            marks.refine(identity)
        };
        assert_ne!(refined(2, "a"), identity);
        assert_ne!(refined(2, "a"), refined(2, "b"));
        assert_ne!(refined(2, "a"), refined(3, "a"));
    }
}
