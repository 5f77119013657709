//! Secrets under their names, outside of queries: `"password": "…"` in JSON, `token=…` in a message,
//! `Authorization: …` of a header, and the few places where a server writes one in words of its own.
//!
//! A bare name with a colon is prose as often as not (`Invalid token: not found`), so that it counts only
//! where it is quoted or is a header's.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memchr2;
use regex::bytes::{Captures, Match, Regex};

use super::{PATHS, REDACTED};
use crate::format::grammar::utf8;

mod trace;

/// Names of secrets: ends of longer ones, and short words that many others end with.
const NAME: &str = r"(?:[a-z0-9_.-]*
        (?:password|passwd|passphrase|passcode|secret|token|signature|csrf|credentials?|authorization|cookie
          |api_?key|secret_?key|private_?key|otp_?key|otp_?pin|otp_?code|transaction_?id|session_?id)
    |(?:[a-z0-9_-]*[_-])?(?:pass|pin|pwd|otp[12]?|sid|sig|session))";

/// Everything that may stand behind a name: a list, a string within a string of JSON, strings, a word.
const VALUE: &str = r#"(\[redacted\]
    | \[ (?: [^\]"] | "(?:[^"\\]|\\.)*" )* \]?
    | \\" (?: [^"\\] | \\\\ (?: \\["\\] | [^"\\] ) )* (?:\\")?
    | "(?:[^"\\]|\\.)*"?
    | '(?:[^'\\]|\\.)*'?
    | [^\s"'&;,)}\]\\]+)"#;

/// In each alternative the first group stays and the second is hidden; what is behind it stays. It looks at bytes,
/// since all names are ASCII.
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    let paths: Vec<String> = PATHS.iter().map(|path| regex::escape(path)).collect();
    let paths = paths.join("|");
    let pattern = format!(
        r#"(?isx-u)
        (\\{{0,3}}["'] {NAME} \\{{0,3}}["'] \s* [:=] \s*) {VALUE}
        | (\b {NAME} \s* = \s*) {VALUE}
        # A header goes on to the end of what it stands in.
        | (\b [a-z0-9_-]* (?:authorization|cookie) : \s*) ([^"'\r\n\\]+)
        | (\b Bearer \s+) ([a-z0-9._~+/=-]{{16,}})
        # A JSON web token names itself: this is the beginning of an object.
        | () (\b (?-i:eyJ) [a-z0-9_-]{{8,}} \. [a-z0-9_-]+ \. [a-z0-9_-]*)
        | (:// [^\s/"'@:?\#]* :) ([^\s/"'@?\#]+) (@)
        # As `redact_target` does, wherever a line holds a target or a URL.
        | ((?: ^ | [\s"'=&;] | ://[^/\s"]+ ) (?: /[^/\s"?\#]+ )? (?:{paths})) ([^/\s"?\#\\&]+)
        # WireBuddy: `app.db.sqlite_schema` at its first start, and `app.api.acme`.
        | (\b Password \s : \s) ([^\r\n]+)
        | (\b Challenge \s token: \s) (\S+)
        "#
    );
    Regex::new(&pattern).expect("a pattern that a test compiles")
});

/// The text without them; borrowed where there are none.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut end = 0;
    while let Some(found) = trace::first(bytes, end).and_then(|at| SECRETS.find_at(bytes, at)) {
        out.push_str(&utf8(&bytes[end..found.start()]));
        end = found.end();
        let [before, value, after] = parts(bytes, &found).map(utf8);
        out.push_str(&before);
        out.push_str(&hidden(&before, &value));
        out.push_str(&after);
    }
    if end == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&utf8(&bytes[end..]));
    Cow::Owned(out)
}

/// What stays of a match, what is hidden, and what stays behind it.
fn parts<'t>(text: &'t [u8], found: &Match<'t>) -> [&'t [u8]; 3] {
    let matched = found.as_bytes();
    // A member of JSON, as nearly all are: that spares asking the pattern for its groups, its dearest part.
    if let [b'"' | b'\'', second, ..] = matched
        && second.is_ascii_alphanumeric()
        && let Some(mark) = memchr2(b':', b'=', matched)
    {
        let blanks = matched[mark + 1..]
            .iter()
            .take_while(|b| b.is_ascii_whitespace());
        let (before, value) = matched.split_at(mark + 1 + blanks.count());
        return [before, value, b""];
    }
    let captures = SECRETS.captures_at(text, found.start());
    let groups = captures.iter().flat_map(Captures::iter).skip(1).flatten();
    let mut groups = groups.map(|group| group.as_bytes());
    std::array::from_fn(|_| groups.next().unwrap_or_default())
}

/// What stands for a value, written as it was: JSON stays JSON.
fn hidden(before: &str, value: &str) -> String {
    // There is nothing to hide.
    let nothing = [
        "", "-", "null", "true", "false", "[]", r#""""#, "''", r#"\"\""#,
    ];
    if value == REDACTED || nothing.iter().any(|n| n.eq_ignore_ascii_case(value)) {
        return value.to_owned();
    }
    if value.starts_with('[') {
        return format!(r#"["{REDACTED}"]"#);
    }
    let quote = |text: &str| {
        [r#"\""#, "\"", "'"]
            .into_iter()
            .find(|q| text.starts_with(q))
    };
    // A bare value behind a quoted name is a number.
    let name_end = before.trim_end_matches([':', '=', ' ']);
    let of_name = [r#"\""#, "\"", "'"]
        .into_iter()
        .find(|q| name_end.ends_with(q));
    let quote = quote(value).or(of_name).unwrap_or_default();
    format!("{quote}{REDACTED}{quote}")
}

#[cfg(test)]
mod tests {
    use super::redact;

    /// Each with what it becomes.
    const REDACTED: &[(&str, &str)] = &[
        (
            r#"{"password": "a\"b", "user": "alice"}"#,
            r#"{"password": "[redacted]", "user": "alice"}"#,
        ),
        (
            r#"{"session_id": "Zanj7Ob3oGp", "x": 1}"#,
            r#"{"session_id": "[redacted]", "x": 1}"#,
        ),
        (r#"{"otp":123456,"n":1}"#, r#"{"otp":"[redacted]","n":1}"#),
        (
            r#""Authorization":["Basic QQ==","x]"],"a":1"#,
            r#""Authorization":["[redacted]"],"a":1"#,
        ),
        (
            r#""http_x_csrf_token":"abc""#,
            r#""http_x_csrf_token":"[redacted]""#,
        ),
        (
            r#""body":"{\"pass\": \"a\\\"b\", \"c\": 1}""#,
            r#""body":"{\"pass\": \"[redacted]\", \"c\": 1}""#,
        ),
        (
            r#""body":"{\"pin\": 1234}""#,
            r#""body":"{\"pin\": \"[redacted]\"}""#,
        ),
        ("{'refilltoken': 'abc'}", "{'refilltoken': '[redacted]'}"),
        (r#"  session_id = "abc""#, r#"  session_id = "[redacted]""#),
        (
            "login with otppin=1234, serial=X",
            "login with otppin=[redacted], serial=X",
        ),
        ("Cookie: a=b; c=d", "Cookie: [redacted]"),
        (
            "PI-Authorization: Bearer abc",
            "PI-Authorization: [redacted]",
        ),
        ("sent Bearer 0123456789abcdef0", "sent Bearer [redacted]"),
        ("got eyJhbGciOiJI.eyJzdWIiOiIx.c2ln as", "got [redacted] as"),
        (
            "http://alice:hunter2@host:80/x@y",
            "http://alice:[redacted]@host:80/x@y",
        ),
        (
            r#""GET /k/4711?x=1 HTTP/1.1" 401"#,
            r#""GET /k/[redacted]?x=1 HTTP/1.1" 401"#,
        ),
        (r#""https://vpn/ku/4711""#, r#""https://vpn/ku/[redacted]""#),
        ("  Password : hunter2", "  Password : [redacted]"),
        // What is cut off goes on to the end.
        (r#"{"token":"abc def"#, r#"{"token":"[redacted]""#),
    ];

    const LEFT: &[&str] = &[
        r#"{"session_id": null, "event_long": "Invalid two-factor token"}"#,
        "Basic authentication required: Invalid token: not found",
        r#""Cookie":[],"Authorization":[]"#,
        r#"{"event_long": "Failed pin authentication", "password": ""}"#,
        "privacyidea.lib.tokens.hotptoken:509] Pin=True",
        "http://host:8080/a@b bypass=1 spin=2",
    ];

    #[test]
    fn under_their_names() {
        for (text, expected) in REDACTED {
            assert_eq!(redact(text), *expected);
            assert_eq!(redact(expected), *expected);
        }
    }

    #[test]
    fn prose_stays() {
        for text in LEFT {
            assert_eq!(redact(text), *text);
        }
    }
}
