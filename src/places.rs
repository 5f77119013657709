//! Where a few bytes stand in a text. A line has dozens of them, a few bytes apart: a search for each would wait for
//! the one before, so that they are looked for in 64 bytes at once.

use wide::{CmpEq, CmpLt, i8x16};

/// What is looked at at once, and what of it in one register.
type Block = [u8; BLOCK];
const BLOCK: usize = 64;
const LANE: usize = 16;

/// A longer line is no usual one.
const LONGEST: usize = 2048;

/// A bit for each byte of a line. Whoever reads the line has it, for it is large, and what gave it away would copy it.
pub(crate) type Bits = [u64; LONGEST / BLOCK];
pub(crate) const NO_BITS: Bits = [0; LONGEST / BLOCK];

/// The places of the quotes in a line of plain text. `None`: it has more than that, namely an escape, a control
/// character or what is not ASCII, or is longer than [`LONGEST`].
#[inline]
pub(crate) fn quotes<'a>(
    line: &[u8],
    room: &'a mut Bits,
) -> Option<impl Iterator<Item = usize> + use<'a>> {
    let mut odd = i8x16::ZERO;
    let mut look = |block: &Block| {
        bits(block, |lane| {
            // What is not ASCII is less than zero here.
            odd |= lane.cmp_lt(all(0x20)) | lane.cmp_eq(all(b'\\'));
            lane.cmp_eq(all(b'"'))
        })
    };
    let (blocks, rest) = line.as_chunks();
    let words = room.get_mut(..=blocks.len())?;
    for (word, block) in words.iter_mut().zip(blocks) {
        *word = look(block);
    }
    words[blocks.len()] = look(&padded(rest));
    odd.none().then(|| places(words.iter().copied()))
}

/// The places of the bits that are set. What it goes on with is in registers: each place waits for the one before.
#[inline]
fn places(mut words: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
    let (mut begin, mut found) = (0, words.next().unwrap_or(0));
    std::iter::from_fn(move || {
        while found == 0 {
            found = words.next()?;
            begin += BLOCK;
        }
        let place = begin + found.trailing_zeros() as usize;
        found &= found - 1;
        Some(place)
    })
}

/// A block that ends in blanks.
fn padded(text: &[u8]) -> Block {
    let mut block = [b' '; BLOCK];
    block[..text.len()].copy_from_slice(text);
    block
}

/// The places of any of these bytes in a text; blanks are none of them.
#[inline]
pub(crate) fn any_of<const N: usize>(bytes: [u8; N], text: &[u8]) -> impl Iterator<Item = usize> {
    let bytes = bytes.map(all);
    places_of(text, move |lane| {
        let one = |found, byte: &i8x16| found | lane.cmp_eq(*byte);
        bytes.iter().fold(i8x16::ZERO, one)
    })
}

/// The places in a text of which `is` says so; it does not of blanks.
#[inline]
fn places_of(text: &[u8], is: impl Fn(i8x16) -> i8x16) -> impl Iterator<Item = usize> {
    let (blocks, rest) = text.as_chunks();
    let (mut blocks, mut last) = (blocks.iter(), Some(padded(rest)));
    places(std::iter::from_fn(move || match blocks.next() {
        Some(block) => Some(bits(block, &is)),
        None => Some(bits(&last.take()?, &is)),
    }))
}

/// This byte in every place of a register.
fn all(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

/// A bit for each byte of a block of which `is` says so.
#[inline]
fn bits(block: &Block, mut is: impl FnMut(i8x16) -> i8x16) -> u64 {
    let (lanes, _) = block.as_chunks::<LANE>();
    let bits: [u64; BLOCK / LANE] = std::array::from_fn(|n| {
        let lane = is(i8x16::new(lanes[n].map(u8::cast_signed)));
        u64::from(lane.move_mask().cast_unsigned()) << (n * LANE)
    });
    bits.into_iter().fold(0, |all, of_lane| all | of_lane)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{LONGEST, NO_BITS, any_of, quotes};

    fn all_quotes(line: &[u8]) -> Option<Vec<usize>> {
        quotes(line, &mut { NO_BITS }).map(Iterator::collect)
    }

    proptest! {
        #[test]
        fn places_are_those_of_a_plain_search(line in "[a-z\":]{0,200}") {
            let plain = |bytes: &[u8]| -> Vec<usize> {
                let all = line.bytes().enumerate();
                all.filter(|(_, b)| bytes.contains(b)).map(|(at, _)| at).collect()
            };
            prop_assert_eq!(all_quotes(line.as_bytes()), Some(plain(b"\"")));
            let found = any_of(*b":x", line.as_bytes());
            prop_assert_eq!(found.collect::<Vec<_>>(), plain(b":x"));
        }
    }

    #[test]
    fn no_quotes_are_given_of_a_line_that_is_no_plain_text() {
        for odd in ["\\", "\n", "\0", "\u{7f}\u{80}", "ü"] {
            for length in [0, 10, 100, 200] {
                let line = format!("{}{odd}\"", "\"".repeat(length));
                assert!(
                    all_quotes(line.as_bytes()).is_none(),
                    "{odd:?} behind {length}"
                );
            }
        }
        assert!(all_quotes(&[b'"'; LONGEST]).is_none());
    }

    #[test]
    fn quotes_of_lines_of_all_lengths() {
        for length in 0..LONGEST {
            let line = vec![b'"'; length];
            assert_eq!(all_quotes(&line), Some((0..length).collect()));
        }
    }
}
