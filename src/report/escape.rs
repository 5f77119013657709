//! Texts as JSON strings, as `serde_json` writes them.
//!
//! Most are short, and lines of logs are quotes with a few bytes between them: to look for the next one, and to copy what
//! is before it, costs more on the way there than for the bytes. So sixteen of them are looked at, and copied, at a time,
//! and what is too much of a copy is cut off.

use wide::{CmpEq, CmpGt, CmpLt, i8x16};

/// So many bytes as one number, the first of them in its lowest bits.
type Lane = u128;
const LANE: usize = size_of::<Lane>();

/// Writes a text as a string.
pub(super) fn string(text: &str, line: &mut Vec<u8>) {
    let (lanes, rest) = text.as_bytes().as_chunks();
    line.push(b'"');
    for lane in lanes {
        write(*lane, LANE, line);
    }
    let mut last = [b' '; LANE];
    last[..rest.len()].copy_from_slice(rest);
    write(last, rest.len(), line);
    line.push(b'"');
}

/// Writes the first bytes of these, so many; behind them nothing is escaped.
#[inline]
fn write(bytes: [u8; LANE], count: usize, line: &mut Vec<u8>) {
    match escaped(bytes) {
        0 => copy(Lane::from_le_bytes(bytes), count, line),
        found => write_escaped(found, Lane::from_le_bytes(bytes), count, line),
    }
}

/// `found`: a bit for each byte that is escaped.
#[inline(never)]
fn write_escaped(mut found: u32, mut next: Lane, mut left: usize, line: &mut Vec<u8>) {
    while found != 0 {
        let plain = found.trailing_zeros() as usize;
        copy(next, plain, line);
        next >>= 8 * plain;
        escape(next.to_le_bytes()[0], line);
        next >>= 8;
        found >>= plain + 1;
        left -= plain + 1;
    }
    copy(next, left, line);
}

/// Copies the first of these bytes.
fn copy(bytes: Lane, count: usize, line: &mut Vec<u8>) {
    line.extend_from_slice(&bytes.to_le_bytes());
    line.truncate(line.len() - LANE + count);
}

/// A bit for each byte that JSON escapes.
fn escaped(bytes: [u8; LANE]) -> u32 {
    let all = |byte: u8| i8x16::splat(byte.cast_signed());
    let lane = i8x16::new(bytes.map(u8::cast_signed));
    // What is not ASCII is less than zero here.
    let is_control = lane.cmp_lt(all(b' ')) & lane.cmp_gt(all(0xff));
    let is_escaped = is_control | lane.cmp_eq(all(b'"')) | lane.cmp_eq(all(b'\\'));
    is_escaped.move_mask().cast_unsigned()
}

/// Writes a byte that is escaped.
fn escape(byte: u8, line: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let letter = match byte {
        b' '.. => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            return line.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
        }
    };
    line.extend_from_slice(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::string;

    proptest! {
        #[test]
        fn strings_are_those_of_serde_json(text in "([\\x00-\\x7f]|\\PC|[a-z]{0,40}\"){0,30}") {
            let mut line = Vec::new();
            string(&text, &mut line);
            prop_assert_eq!(String::from_utf8(line).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }
}
