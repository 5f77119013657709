//! The quotes of a line of JSON. A line has dozens, a few bytes apart: a search for each would wait for the one
//! before, so that they are looked for in 64 bytes at once.

use wide::{CmpEq, CmpLt, i8x16};

/// Bytes looked at at once, and in one register.
const BLOCK: usize = 64;
const LANE: usize = 16;

/// The places of the quotes in a line, up to a byte that is no plain text: an escape, a control character, or what
/// is not ASCII.
pub(super) struct Quotes<'a> {
    /// Not looked at yet.
    rest: &'a [u8],
    /// Where that begins.
    at: usize,
    /// The quotes of the block before it that were not given yet: a bit for each byte.
    found: u64,
}

impl<'a> Quotes<'a> {
    pub(super) fn new(line: &'a [u8]) -> Self {
        Self {
            rest: line,
            at: 0,
            found: 0,
        }
    }

    /// Looks at the next block.
    fn look(&mut self) -> Option<()> {
        if let Some((block, rest)) = self.rest.split_first_chunk() {
            self.found = quotes(block)?;
            self.rest = rest;
        } else if self.rest.is_empty() {
            return None;
        } else {
            let mut block = [b' '; BLOCK];
            block[..self.rest.len()].copy_from_slice(self.rest);
            self.found = quotes(&block)?;
            self.rest = &[];
        }
        self.at += BLOCK;
        Some(())
    }
}

impl Iterator for Quotes<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.look()?;
        }
        let first = self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(self.at - BLOCK + first)
    }
}

/// A bit for each byte that is a quote; `None` where one is no plain text.
#[inline]
fn quotes(block: &[u8; BLOCK]) -> Option<u64> {
    let of = |byte: u8| i8x16::splat(byte.cast_signed());
    let (lanes, _) = block.as_chunks::<LANE>();
    let mut odd = i8x16::ZERO;
    let mut found = 0;
    for (index, lane) in lanes.iter().enumerate() {
        let lane = i8x16::new(lane.map(u8::cast_signed));
        // What is not ASCII is less than zero here.
        odd |= lane.cmp_lt(of(0x20)) | lane.cmp_eq(of(b'\\'));
        let same = lane.cmp_eq(of(b'"')).move_mask().cast_unsigned();
        found |= u64::from(same) << (index * LANE);
    }
    odd.none().then_some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::Quotes;

    proptest! {
        #[test]
        fn quotes_are_those_of_a_plain_search(line in "[a-z\"]{0,200}") {
            let plain: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
            prop_assert_eq!(Quotes::new(line.as_bytes()).collect::<Vec<_>>(), plain);
        }
    }

    #[test]
    fn none_are_given_from_a_block_that_is_no_plain_text() {
        for odd in ["\\", "\n", "\0", "\u{7f}\u{80}", "ü"] {
            let line = format!("\"{}{odd}\"", "x".repeat(100));
            assert_eq!(
                Quotes::new(line.as_bytes()).collect::<Vec<_>>(),
                [0],
                "{odd:?}"
            );
        }
    }
}
