//! Secrets, taken out before anything is stored or printed: in query strings, in paths that hold one, and
//! under names of secrets elsewhere ([`pair`]).
//!
//! What is not known to be harmless where a query ends is treated as part of the secret: too much
//! redacted is a nuisance, too little is a leak in every report.

mod pair;

use std::borrow::Cow;

use memchr::{memchr, memchr3, memmem};

use super::grammar::{hex, utf8};
use crate::event::{Event, Kind};

/// Query parameters whose values are secrets, in any case of letters.
const SECRETS: &[&str] = &[
    "token",
    "auth_token",
    "access_token",
    "id_token",
    "refresh_token",
    "mfa_token",
    "enrollment_token",
    "refilltoken",
    "csrf_token",
    "key",
    "api_key",
    "apikey",
    "otpkey",
    "secret",
    "client_secret",
    "password",
    "passwd",
    "pass",
    "pin",
    "otppin",
    "otp",
    "otp1",
    "otp2",
    "code",
    "otp_code",
    "passcode",
    "state",
    "sig",
    "signature",
    "auth_signature",
    "authorization",
    "PI-Authorization",
    "session",
    "session_id",
    "sid",
    "nonce",
    "transaction_id",
    "SAMLResponse",
    "ticket",
    "assertion",
];

/// Paths whose next segment is a secret: whoever has it needs nothing else.
const PATHS: &[&str] = &[
    // Pritunl: the code of a profile link (`handlers/key.py`, `user_linked_key_page_get` and its neighbours).
    "/k/",
    "/ku/",
    "/key_pin/",
    // WireBuddy, and any ACME client.
    "/.well-known/acme-challenge/",
    "/api/acme/certificates/challenge/",
    "/api/wireguard/speedtest/run/stream/",
];

/// No secret's name is longer, even with every letter as `%HH`. Keeps a line of a million semicolons
/// from being searched a million times.
const LONGEST_NAME: usize = 64;

/// What stands in their place.
pub(super) const REDACTED: &str = "[redacted]";

/// After these a parameter's name may begin. Only `&` also ends a secret: `;` and the others may be
/// part of a password. The last two are `&` as JSON and as access logs may escape it.
const BEFORE_NAME: &[&str] = &["?", ";", "#", "\\u0026", "\\x26"];

/// A request target with the secrets in its path and its query redacted.
pub fn redact_target(target: &str) -> Cow<'_, str> {
    let mark = memchr(b'?', target.as_bytes());
    let (path, query) = target.split_at(mark.map_or(target.len(), |mark| mark + 1));
    let safe = redact_path(path);
    let has_secret = || query.split('&').any(|p| secret(p).is_some());
    if matches!(safe, Cow::Borrowed(_)) && (query.is_empty() || !has_secret()) {
        return Cow::Borrowed(target);
    }
    let mut out = safe.into_owned();
    push_query(query, &mut out);
    Cow::Owned(out)
}

/// Every request has one, so it is looked at in a few places only.
fn redact_path(path: &str) -> Cow<'_, str> {
    if !path.starts_with('/') {
        // A client may ask a proxy for a whole URL.
        return pair::redact(path);
    }
    // A server may live under a folder of its own.
    let mut behind_first = path.bytes().skip(1);
    let folder = behind_first.position(|b| b == b'/').map_or(0, |at| at + 1);
    let secret_at = |at: usize| {
        // None of them begins otherwise.
        if !matches!(
            path.as_bytes()[at..],
            [_, b'k', ..] | [_, b'.', b'w', ..] | [_, b'a', b'p', ..]
        ) {
            return None;
        }
        let before = PATHS
            .iter()
            .find(|before| path[at..].starts_with(**before))?;
        Some(at + before.len())
    };
    let Some(start) = secret_at(0).or_else(|| secret_at(folder)) else {
        return Cow::Borrowed(path);
    };
    let length = path[start..].find(['/', '?', '#', ' ']);
    let end = length.map_or(path.len(), |length| start + length);
    if start == end {
        return Cow::Borrowed(path);
    }
    Cow::Owned([&path[..start], REDACTED, &path[end..]].concat())
}

/// Takes the secrets out of the texts of an event: a format takes them out of the target only, for that is part of its
/// grammar. Texts of the server's tables have none.
pub(super) fn redact_event(event: &mut Event) {
    match &mut event.kind {
        Kind::Request(request) => {
            if let Some(agent) = &mut request.user_agent
                && let Cow::Owned(safe) = redacted(agent.as_bytes())
            {
                *agent = safe.into();
            }
        }
        Kind::Entry(entry) => {
            let texts = [Some(&mut entry.action), entry.reason.as_mut()];
            for text in texts.into_iter().flatten() {
                if let Cow::Owned(own) = text
                    && let Cow::Owned(safe) = redacted(own.as_bytes())
                {
                    *own = safe;
                }
            }
            // As in the request's own line, for the two are joined by it.
            if let Some(path) = &mut entry.path
                && let Cow::Owned(safe) = redact_target(path)
            {
                *path = safe.into();
            }
        }
    }
}

/// A whole log line, as text, with all secrets redacted.
pub fn redact_line(line: &[u8]) -> String {
    redacted(line).into_owned()
}

/// The same; borrowed where there are none.
fn redacted(line: &[u8]) -> Cow<'_, str> {
    let line = redact_queries(utf8(line));
    match pair::redact(&line) {
        Cow::Borrowed(_) => line,
        Cow::Owned(redacted) => Cow::Owned(redacted),
    }
}

fn redact_queries(line: Cow<'_, str>) -> Cow<'_, str> {
    if memchr(b'?', line.as_bytes()).is_none() {
        return line;
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = &*line;
    let mut is_quoted = false;
    while let Some(mark) = memchr(b'?', rest.as_bytes()) {
        let (before, from) = rest.split_at(mark + 1);
        is_quoted ^= bare(before.as_bytes(), b'"', b'"').count() % 2 == 1;
        let (query, after) = from.split_at(query_length(from, is_quoted));
        out.push_str(before);
        push_query(query, &mut out);
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Writes a query, without its question mark, and without its secrets.
fn push_query(query: &str, out: &mut String) {
    for (i, parameter) in query.split('&').enumerate() {
        if i > 0 {
            out.push('&');
        }
        match secret(parameter) {
            Some(at) => {
                out.push_str(&parameter[..at]);
                out.push_str(REDACTED);
            }
            None => out.push_str(parameter),
        }
    }
}

/// Where in the text between two `&` a secret begins, if one does.
fn secret(parameter: &str) -> Option<usize> {
    // Without a value there is nothing to hide.
    let names = &parameter.as_bytes()[..parameter.rfind('=')?];
    let starts = (0..names.len())
        .filter(|&at| !names[at].is_ascii_alphanumeric())
        .filter_map(|at| {
            let mark = BEFORE_NAME
                .iter()
                .find(|m| names[at..].starts_with(m.as_bytes()))?;
            Some(at + mark.len())
        });
    std::iter::once(0)
        .chain(starts)
        .find_map(|start| value_of_secret(parameter.as_bytes(), start))
}

/// Where the value of the parameter that is named at `start` begins, if it is a secret.
fn value_of_secret(parameter: &[u8], start: usize) -> Option<usize> {
    let end = parameter.len().min(start + LONGEST_NAME);
    let name = start..start + memchr(b'=', &parameter[start..end])?;
    let value = name.end + 1;
    (value < parameter.len() && is_secret(&parameter[name])).then_some(value)
}

/// Whether a parameter of this name is a secret; `p%61ss` is `pass`.
fn is_secret(name: &[u8]) -> bool {
    let is = |name: &[u8]| {
        SECRETS
            .iter()
            .any(|s| s.as_bytes().eq_ignore_ascii_case(name))
    };
    match memchr(b'%', name) {
        None => is(name),
        Some(_) => is(&percent_decoded(name)),
    }
}

/// Undoes `%HH`.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        let code = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        bytes.push(code.map_or(first, |(high, low)| high << 4 | low));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    bytes
}

/// How far a query reaches in a line: inside quotes to the closing one, or to the protocol before it;
/// elsewhere to the next blank.
fn query_length(from: &str, is_quoted: bool) -> usize {
    let bytes = from.as_bytes();
    if !is_quoted {
        return bare(bytes, b' ', b'"').next().unwrap_or(bytes.len());
    }
    let end = bare(bytes, b'"', b'"').next().unwrap_or(bytes.len());
    // `/x?pass=a b HTTP/1.1`: the blank in the password ends nothing.
    memmem::rfind(&bytes[..end], b" HTTP/")
        .filter(|at| end - at <= " HTTP/1.1".len())
        .unwrap_or(end)
}

/// Positions of two bytes where no backslash protects them.
fn bare(bytes: &[u8], one: u8, other: u8) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = bytes.get(at..).and_then(|b| memchr3(one, other, b'\\', b)) {
            let here = at + found;
            let is_escape = bytes[here] == b'\\';
            at = here + if is_escape { 2 } else { 1 };
            if !is_escape {
                return Some(here);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

    use super::{REDACTED, SECRETS, redact_line, redact_target};

    #[test]
    fn every_secret_in_any_case() {
        for name in SECRETS {
            let upper = name.to_uppercase();
            for name in [*name, &*upper] {
                let target = format!("/x?page=1&{name}=4711&z=2");
                let expected = format!("/x?page=1&{name}=[redacted]&z=2");
                assert_eq!(redact_target(&target), expected);
            }
        }
    }

    #[test]
    fn targets() {
        for (target, expected) in [
            ("/x", "/x"),
            ("/x?", "/x?"),
            ("/x?page=0", "/x?page=0"),
            ("/x?pass=", "/x?pass="),
            ("/x?pass", "/x?pass"),
            ("/x?keys=1&monkey=2", "/x?keys=1&monkey=2"),
            ("/x?pass=a=b;c&d=1", "/x?pass=[redacted]&d=1"),
            ("/x?a=1;pass=2", "/x?a=1;pass=[redacted]"),
            ("/x?p%61ss=2", "/x?p%61ss=[redacted]"),
            (
                "/x?next=/login?token=4711&y=1",
                "/x?next=/login?token=[redacted]&y=1",
            ),
            ("/x?#access_token=1", "/x?#access_token=[redacted]"),
            (
                "/.well-known/acme-challenge/ab-c/d?x=1",
                "/.well-known/acme-challenge/[redacted]/d?x=1",
            ),
            (
                "/api/wireguard/speedtest/run/stream/",
                "/api/wireguard/speedtest/run/stream/",
            ),
            ("/x?pass=\u{fc}&ä=ö", "/x?pass=[redacted]&ä=ö"),
            ("/k/4711", "/k/[redacted]"),
            ("/vpn/ku/4711/x?a=1", "/vpn/ku/[redacted]/x?a=1"),
            ("/key/4711/k/x", "/key/4711/k/x"),
            (
                "http://h/.well-known/acme-challenge/4711?pin=1",
                "http://h/.well-known/acme-challenge/[redacted]?pin=[redacted]",
            ),
        ] {
            assert_eq!(redact_target(target), expected);
        }
    }

    #[test]
    fn lines() {
        for (line, expected) in [
            (
                r#"203.0.113.9 - - [t] "GET /x?pin=12 34 HTTP/1.1" 401 17 "http://h/?code=1&a=b" "x?y""#,
                r#"203.0.113.9 - - [t] "GET /x?pin=[redacted] HTTP/1.1" 401 17 "http://h/?code=[redacted]&a=b" "x?y""#,
            ),
            (
                r#"{"request":"GET /x?a=1\u0026pass=\"2 HTTP/1.1","status":401}"#,
                r#"{"request":"GET /x?a=1\u0026pass=[redacted] HTTP/1.1","status":401}"#,
            ),
            (
                "GET /x?token=4711 refused",
                "GET /x?token=[redacted] refused",
            ),
            (
                r#"login of "a" at ?token=1"2" failed"#,
                r#"login of "a" at ?token=[redacted]"2" failed"#,
            ),
            (r#""GET /x?pass=1 2"#, r#""GET /x?pass=[redacted]"#),
            (
                r#""GET /api/wireguard/speedtest/run/stream/4711?a=1 HTTP/1.1" 401"#,
                r#""GET /api/wireguard/speedtest/run/stream/[redacted]?a=1 HTTP/1.1" 401"#,
            ),
            (
                "first start\n  Password : Zebobu51\n",
                "first start\n  Password : [redacted]\n",
            ),
        ] {
            assert_eq!(redact_line(line.as_bytes()), expected);
            assert_eq!(redact_line(expected.as_bytes()), expected);
        }
        assert_eq!(redact_line(b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn hostile_lines_take_no_time() {
        for part in [";", "? ", "?a=", "\"?", "?a=;", "%3", "\\"] {
            let line = part.repeat(1 << 16);
            redact_line(line.as_bytes());
            redact_target(&line);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn redacting_twice_changes_nothing(
            line in r#"([?&;#=" \\%]|pass|token|Pin|x26|u0026| HTTP/1.1|[a-z0-9]{1,3}){0,24}"#
        ) {
            let once = redact_line(line.as_bytes());
            prop_assert_eq!(&redact_line(once.as_bytes()), &once);
            let once = redact_target(&line).into_owned();
            prop_assert_eq!(redact_target(&once), &*once);
        }

        #[test]
        fn no_secret_is_left(
            name in 0..SECRETS.len(),
            value in "[A-Za-z0-9%+;?= ./_-]{4,40}",
            // None of the secrets is named by two letters.
            before in "(&?[a-z]{1,2}=[a-z]{0,4}&){0,3}",
        ) {
            let name = SECRETS[name];
            let target = format!("/x?{before}{name}={value}&page=0");
            let expected = format!("/x?{before}{name}={REDACTED}&page=0");
            prop_assert_eq!(redact_target(&target), &*expected);
            let line = format!("\"GET {target} HTTP/1.1\" 401 17 \"http://h{target}\" \"agent\"");
            let expected = format!("\"GET {expected} HTTP/1.1\" 401 17 \"http://h{expected}\" \"agent\"");
            prop_assert_eq!(redact_line(line.as_bytes()), expected);
        }

        #[test]
        fn what_has_no_name_stays(line in "[^?=:./bB]*") {
            prop_assert_eq!(redact_line(line.as_bytes()), &*line);
            prop_assert_eq!(redact_target(&line), &*line);
        }

        #[test]
        fn any_bytes(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = redact_line(&line);
            prop_assert!(text.len() <= 3 * line.len() + REDACTED.len() * line.len());
        }
    }
}
