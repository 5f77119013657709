//! Where a text can have a secret under its name: most have none, and this is told at a glance.

use memchr::memchr;

use super::super::PATHS;
use crate::places::any_of;

/// What the names of secrets end with.
const ENDS: &[&[u8]] = &[
    b"password",
    b"passwd",
    b"passphrase",
    b"passcode",
    b"secret",
    b"token",
    b"signature",
    b"csrf",
    b"credential",
    b"credentials",
    b"authorization",
    b"cookie",
    b"key",
    b"pin",
    b"code",
    b"pass",
    b"pwd",
    b"otp",
    b"otp1",
    b"otp2",
    b"sid",
    b"sig",
    b"session",
    b"transaction_id",
    b"transactionid",
    b"session_id",
    b"sessionid",
];

/// None of them is shorter.
const SHORTEST: usize = 3;

/// Which of [`ENDS`] have a byte, in small letters, as their last, as the one before it, and so on: a bit for each.
static LAST: [[u32; 256]; SHORTEST] = {
    let mut bits = [[0; 256]; SHORTEST];
    let mut n = 0;
    while n < ENDS.len() {
        let name = ENDS[n];
        let mut place = 0;
        while place < SHORTEST {
            bits[place][name[name.len() - 1 - place] as usize] |= 1 << n;
            place += 1;
        }
        n += 1;
    }
    bits
};

/// What may stand between a name and the mark behind it.
static BETWEEN: [bool; 256] = {
    let all = b"\"'\\ \t\n\x0b\x0c\r";
    let mut between = [false; 256];
    let mut n = 0;
    while n < all.len() {
        between[all[n] as usize] = true;
        n += 1;
    }
    between
};

/// Where to look closer: behind names, at paths, and at a rare letter of what names itself.
const MARKS: [u8; 6] = *b":=/bBJ";

/// Where the pattern has to begin to look, from `from` on: it finds nothing that begins before. `None`: it finds
/// nothing at all.
pub(super) fn first(text: &[u8], from: usize) -> Option<usize> {
    let mut marks = any_of(MARKS, &text[from..]).map(|at| from + at);
    let trace = marks.find(|at| is_trace(text, *at))?;
    Some(beginning(text, trace).max(from))
}

/// What it finds begins with a name and what is around that, or with what a path stands in.
fn beginning(text: &[u8], trace: usize) -> usize {
    let is_around_name =
        |b: &u8| b.is_ascii_alphanumeric() || b"_.-\"'\\".contains(b) || is_blank(*b);
    let behind = |at: Option<usize>| at.map_or(0, |at| at + 1);
    let name = behind(text[..trace].iter().rposition(|b| !is_around_name(b)));
    let is_border = |b: &u8| is_blank(*b) || *b == b'"';
    text[..name].iter().rposition(is_border).unwrap_or(0)
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// Whether what stands here is behind a secret's name or before a user's name and password, or begins a path or what
/// names itself.
fn is_trace(bytes: &[u8], at: usize) -> bool {
    let (before, from) = bytes.split_at(at);
    match bytes[at] {
        // None of the paths begins otherwise.
        b'/' if !matches!(from.get(1), Some(b'k' | b'K' | b'.' | b'a' | b'A')) => return false,
        b'/' => return PATHS.iter().any(|path| begins(from, path.as_bytes())),
        b'b' | b'B' => return matches!(from, [_, b'e' | b'E', ..]) && begins(from, b"bearer"),
        b'J' => return before.ends_with(b"ey"),
        _ => {}
    }
    let last = before.iter().rposition(|b| !BETWEEN[usize::from(*b)]);
    last.is_some_and(|last| ends_with_name(&before[..=last]))
        || from.starts_with(b"://") && memchr(b'@', from).is_some()
}

fn ends_with_name(text: &[u8]) -> bool {
    let &[.., third, second, last] = text else {
        return false;
    };
    let bits = |place: usize, byte: u8| LAST[place][usize::from(byte.to_ascii_lowercase())];
    let mut left = bits(0, last) & bits(1, second) & bits(2, third);
    while left != 0 {
        let name = ENDS[left.trailing_zeros() as usize];
        let start = text.len().checked_sub(name.len());
        if start.is_some_and(|start| text[start..].eq_ignore_ascii_case(name)) {
            return true;
        }
        left &= left - 1;
    }
    false
}

fn begins(text: &[u8], with: &[u8]) -> bool {
    text.get(..with.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(with))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    use super::super::SECRETS;
    use super::first;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn what_the_pattern_finds_begins_behind_a_trace(
            before in r#"(["' /]|[a-z0-9_]{1,6}){0,3}"#,
            name in r"[Pp]ass(word|wd|code|phrase)?|pwd|x?secret|(x_)?(token|pin|sid|SIG|otp[12]?)|api_?key|transaction_?id
                |session(_?id)?|csrf|signature|Challenge token|Authorization|credentials?|otp_code|cookie|bEARER|eyJhbGciOiJI
                |https|/ku?|/key_pin|/\.well-known/acme-challenge|\x{212a}ey|ſecret|[a-z0-9._-]{1,9}",
            after in r#"\\{0,3}["']?[ \t\x0b]?[:=/]? ?|\.eyJ\.|://[a-z]?:[a-z]@"#,
            value in r#"["']?[a-z0-9]{1,20}["'@]?"#,
        ) {
            let text = format!("{before}{}{after}{value}", name.trim());
            let text = text.as_bytes();
            let found = first(text, 0).and_then(|from| SECRETS.find_at(text, from));
            prop_assert_eq!(found, SECRETS.find(text));
        }
    }

    #[test]
    fn most_lines_have_none() {
        for line in [
            r#"203.0.113.9 - - [21/Nov/2026:21:55:11 +0100] "GET /state HTTP/1.1" 401 17 "https://vpn/" "curl/8.5.0""#,
            r#"{"timestamp":1,"event":"admin_auth_failure","reason":"invalid_token","host_id":"5"}"#,
        ] {
            assert_eq!(first(line.as_bytes(), 0), None, "{line}");
        }
    }
}
