//! Where a few bytes stand in a text. A line has dozens of them, a few bytes apart: a search for each would wait for
//! the one before, so that they are looked for in 64 bytes at once.

use wide::{CmpEq, CmpGt, CmpLt, i8x16};

/// What is looked at at once, and what of it in one register.
type Block = [u8; BLOCK];
const BLOCK: usize = 64;
const LANE: usize = 16;

/// The places of what `look` finds in a text. It gives a bit for each byte of a block, and `None` where it is to end
/// before that.
pub(crate) struct Places<'a, L> {
    look: L,
    /// Not looked at yet.
    rest: &'a [u8],
    /// Where that begins.
    at: usize,
    /// What was found in the block before it and not given yet.
    found: u64,
}

/// The places of the quotes in a line, up to a byte that is no plain text: an escape, a control character, or what
/// is not ASCII.
pub(crate) fn quotes(line: &[u8]) -> Places<'_, impl Fn(&Block) -> Option<u64>> {
    Places::new(line, |block| {
        let mut odd = i8x16::ZERO;
        let found = bits(block, |lane| {
            // What is not ASCII is less than zero here.
            odd |= lane.cmp_lt(all(0x20)) | lane.cmp_eq(all(b'\\'));
            lane.cmp_eq(all(b'"'))
        });
        odd.none().then_some(found)
    })
}

/// The places of any of these bytes in a text; blanks are none of them.
pub(crate) fn any_of<const N: usize>(
    bytes: [u8; N],
    text: &[u8],
) -> Places<'_, impl Fn(&Block) -> Option<u64>> {
    Places::new(text, move |block| {
        let is = |lane: i8x16| {
            let one = |found, byte| found | lane.cmp_eq(all(byte));
            bytes.into_iter().fold(i8x16::ZERO, one)
        };
        Some(bits(block, is))
    })
}

/// The places of the bytes in a text that JSON escapes.
pub(crate) fn escaped(text: &[u8]) -> Places<'_, impl Fn(&Block) -> Option<u64>> {
    Places::new(text, |block| {
        let is_control = |lane: i8x16| lane.cmp_lt(all(0x20)) & lane.cmp_gt(all(0xff));
        let is = |lane: i8x16| is_control(lane) | lane.cmp_eq(all(b'"')) | lane.cmp_eq(all(b'\\'));
        Some(bits(block, is))
    })
}

impl<'a, L: Fn(&Block) -> Option<u64>> Places<'a, L> {
    fn new(text: &'a [u8], look: L) -> Self {
        Self {
            look,
            rest: text,
            at: 0,
            found: 0,
        }
    }

    /// Whether the text was looked at to its end, and all was given.
    pub(crate) fn is_at_end(&self) -> bool {
        self.found == 0 && self.rest.is_empty()
    }

    /// Looks at the next block. Called, and not copied to wherever a place is asked for.
    #[inline(never)]
    fn advance(&mut self) -> Option<()> {
        if let Some((block, rest)) = self.rest.split_first_chunk() {
            self.found = (self.look)(block)?;
            self.rest = rest;
        } else if self.rest.is_empty() {
            return None;
        } else {
            let mut block = [b' '; BLOCK];
            block[..self.rest.len()].copy_from_slice(self.rest);
            self.found = (self.look)(&block)?;
            self.rest = &[];
        }
        self.at += BLOCK;
        Some(())
    }
}

impl<L: Fn(&Block) -> Option<u64>> Iterator for Places<'_, L> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.advance()?;
        }
        let first = self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(self.at - BLOCK + first)
    }
}

/// This byte in every place of a register.
fn all(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

/// A bit for each byte of a block of which `is` says so.
#[inline]
fn bits(block: &Block, mut is: impl FnMut(i8x16) -> i8x16) -> u64 {
    let (lanes, _) = block.as_chunks::<LANE>();
    let lanes = lanes.iter().enumerate();
    lanes.fold(0, |found, (index, lane)| {
        let lane = is(i8x16::new(lane.map(u8::cast_signed)));
        found | u64::from(lane.move_mask().cast_unsigned()) << (index * LANE)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{any_of, escaped, quotes};

    proptest! {
        #[test]
        fn places_are_those_of_a_plain_search(line in "[a-z\":]{0,200}") {
            let plain = |bytes: &[u8]| -> Vec<usize> {
                let all = line.bytes().enumerate();
                all.filter(|(_, b)| bytes.contains(b)).map(|(at, _)| at).collect()
            };
            prop_assert_eq!(quotes(line.as_bytes()).collect::<Vec<_>>(), plain(b"\""));
            let found = any_of(*b":x", line.as_bytes());
            prop_assert_eq!(found.collect::<Vec<_>>(), plain(b":x"));
        }
    }

    #[test]
    fn json_escapes_quotes_backslashes_and_control_characters() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let is_escaped = |byte: &usize| *byte < 0x20 || *byte == 0x22 || *byte == 0x5c;
        let expected: Vec<usize> = (0..256).filter(is_escaped).collect();
        assert_eq!(escaped(&all).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_quotes_are_given_from_a_block_that_is_no_plain_text() {
        for odd in ["\\", "\n", "\0", "\u{7f}\u{80}", "ü"] {
            let line = format!("\"{}{odd}\"", "x".repeat(100));
            let mut quotes = quotes(line.as_bytes());
            assert_eq!(quotes.by_ref().collect::<Vec<_>>(), [0], "{odd:?}");
            assert!(!quotes.is_at_end(), "{odd:?}");
        }
        let mut plain = quotes(b"\"\"");
        assert_eq!((plain.next(), plain.is_at_end()), (Some(0), false));
        assert_eq!((plain.next(), plain.is_at_end()), (Some(1), true));
    }
}
