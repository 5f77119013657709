//! Lines in which a field holds what looks like a record of its own: whoever chose it wants a reader to take it
//! for one.
//!
//! Our parsers do not: a field ends where its format says, so that such a line is read like any other. It is
//! marked, because people read logs too, and because nobody sends such a thing by chance.
//!
//! Nothing is decoded: what a client sends stands in a log with its quotes and line ends escaped, which is how it
//! differs from what the server wrote itself.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::{memchr3_iter, memmem};
use regex::Regex;
use serde_json::{Map, Value};

static RECORD: LazyLock<Regex> = LazyLock::new(|| {
    // A quote and a line end as nginx, Apache and JSON write them within a field.
    let quote = r#"(?: \\x22 | \\u0022 | \\+" )"#;
    let line_end =
        r"(?: \\x0[ad] | \\u000[ad] | \\u0085 | \\u202[89] | (?:^|[^\\]) (?:\\\\)* \\[nr] )";
    let level = "(?: DEBUG | INFO | WARNING | ERROR | CRITICAL )";
    let pattern = format!(
        r#"(?isx)
        # The end of an access line, `" 200 0 "-"`, and its middle, `[21/Nov/2026:21:55:11 +0100] "GET`.
        {quote} \s [1-5][0-9]{{2}} \s (?: [0-9]+ | - ) (?: [\s\\"] | $ )
        | \[ [0-9]{{2}} / [a-z]{{3}} / [0-9]{{4}} : [0-9:]{{8}} \s [-+][0-9]{{4}} \] \s {quote}
        # A member of a JSON record.
        | {quote} (?: event(?:_long)? | timestamp | time(?:_local|_iso8601)? | remote_addr(?:ess)? | status ) {quote} \s* :
        # A line end, and something behind it.
        | {line_end} [^\s"\\]
        # The head of a WireBuddy record where it is not the line's own; of a Pritunl or privacyIDEA record, twice.
        | ^ .{{24,}}? \s \| \s {level} \s+ \| \s
        | \] \[ {level} \] .* \] \[ {level} \]
        "#
    );
    Regex::new(&pattern).expect("a pattern that a test compiles")
});

/// What is suspicious about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// A field of it imitates a record.
    Forgery,
    /// It is a row whose signature is missing or wrong.
    Signature,
    /// It has no time: that was taken from what is around it.
    Derived,
}

impl Flag {
    pub const ALL: [Flag; 3] = [Flag::Forgery, Flag::Signature, Flag::Derived];

    /// Whether it goes with a line, as that stands in its log.
    pub fn is_on(self, line: &str) -> bool {
        match self {
            Flag::Forgery => is_forged(line),
            Flag::Signature => is_unsigned(line),
            Flag::Derived => is_untimed(line),
        }
    }

    /// As in findings.
    pub fn id(self) -> &'static str {
        match self {
            Flag::Forgery => "forgery",
            Flag::Signature => "signature",
            Flag::Derived => "derived",
        }
    }

    /// For people.
    pub fn told(self) -> &'static str {
        match self {
            Flag::Forgery => "a field of the line imitates a record",
            Flag::Signature => "the row has no good signature",
            Flag::Derived => "the line has no time: that of the lines around it was taken",
        }
    }
}

/// What is suspicious about a line, as it stands in its log.
pub fn flags(line: &str) -> impl Iterator<Item = Flag> {
    Flag::ALL.into_iter().filter(|flag| flag.is_on(line))
}

/// Whether a line is a row of privacyIDEA's audit that was checked and found wanting: by us in a database, by
/// `pi-manage audit dump` in what that wrote.
fn is_unsigned(line: &str) -> bool {
    let in_database = || {
        let mut checks = CHECK.find_iter(line.as_bytes());
        checks.any(|at| {
            let check = &line[at + CHECK.needle().len()..];
            check.starts_with("FAIL\"") || check.starts_with("MISSING\"")
        })
    };
    let in_dump = || line.split("','").nth(2) == Some("FAIL");
    line.starts_with("{\"id\":") && in_database() || line.starts_with('\'') && in_dump()
}

/// Whether a line is uvicorn's own access line, perhaps in colours, which is the only one without a time:
/// `INFO:     203.0.113.9:54321 - "GET /api/me HTTP/1.1" 401 Unauthorized`.
fn is_untimed(line: &str) -> bool {
    let plain = line.strip_prefix("\u{1b}[32m").unwrap_or(line);
    plain.starts_with("INFO")
        && plain.get(4..).is_some_and(|rest| rest.contains(":     "))
        && line.contains(" - \"")
}

/// Whether a line, as it stands in its log, holds what looks like another record.
pub fn is_forged(line: &str) -> bool {
    // Most lines have none of these, wrapped or not: `][` stands around the level of a Pritunl or privacyIDEA record.
    let bytes = line.as_bytes();
    let mut marks = memchr3_iter(b'\\', b'|', b']', bytes);
    let is_possible = marks.any(|at| bytes[at] != b']' || bytes.get(at + 1) == Some(&b'['));
    is_possible && RECORD.is_match(&unwrapped(line))
}

/// How privacyIDEA's audit says whether a row is signed. No value can imitate it: its quotes would be escaped.
static CHECK: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new(r#","sig_check":""#));

/// What syslog, or the journal in words, puts before each line.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    let stamp = r"(?: [0-9]{4}-[0-9]{2}-[0-9]{2}T\S+ | [A-Z][a-z]{2}\ [\ 0-9][0-9]\ [0-9:.]{8,} )";
    let pattern = format!(r"(?mx) ^ (?:<[0-9]+>)? {stamp} \ \S+ \ [^\s:]+ :\ ?");
    Regex::new(&pattern).expect("a pattern that a test compiles")
});

/// What Docker, the journal or syslog wrapped: they escape a line once more, or put a head before it, and that is
/// nobody's forgery.
fn unwrapped(line: &str) -> Cow<'_, str> {
    if PREFIX.find(line).is_some_and(|found| found.start() == 0) {
        return PREFIX.replace_all(line, "");
    }
    let is_wrapped = line.starts_with("{\"log\":") || line.contains("\"MESSAGE\":");
    if !is_wrapped {
        return Cow::Borrowed(line);
    }
    // Of a line that Docker cut, each piece is a line.
    let mut whole = String::new();
    for piece in line.lines() {
        let object: Option<Map<String, Value>> = serde_json::from_str(piece).ok();
        let text = object
            .as_ref()
            .and_then(|o| o.get("log").or_else(|| o.get("MESSAGE")));
        match text.and_then(Value::as_str) {
            Some(text) => whole.push_str(text.trim_end_matches('\n')),
            None => return Cow::Borrowed(line),
        }
    }
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::is_forged;

    #[test]
    fn records_within_records() {
        for line in [
            r#"203.0.113.9 - - [21/Nov/2026:21:55:11 +0100] "GET / HTTP/1.1" 401 17 "-" "x\x22 200 0 \x22-\x22 \x22""#,
            r#"203.0.113.9 - x [21/Nov/2026:21:55:11 +0100] \x22GET / HTTP/1.1\x22 [21/Nov/2026:21:55:11 +0100] "GET / HTTP/1.1" 401 17"#,
            r#"203.0.113.9 - - [21/Nov/2026:21:55:11 +0100] "GET /\x0A203.0.113.9 HTTP/1.1" 401 17"#,
            r#"{"status":401,"http_user_agent":"x\" 200 0 \"-\" \"y"}"#,
            r#"{"status":401,"http_user_agent":"x\",\"status\":200,\"y\":\""}"#,
            r#"{"event": "admin_auth_failure", "admin_name": "x\", \"event\": \"admin_auth_success"}"#,
            r#"{"event": "admin_auth_failure", "admin_name": "x\n{}"}"#,
            r#"{"event": "admin_auth_failure", "admin_name": "x\u000a2026"}"#,
            r#"203.0.113.9 - - [t] "GET /?2026-11-21 20:45:37 | INFO     | app.api.auth | LOGIN_SUCCESS HTTP/1.1" 401 17"#,
            "2026-11-21 20:45:37 | INFO     | uvicorn.access | 203.0.113.9:0 - \"GET /?a | INFO | app.api.auth | x\" 401",
            "[vpn][2026-11-21 21:55:12,982][INFO] x\n  m = \"][INFO] y\"",
            "Nov  1 20:45:37 vpn app[1]: 2026-11-21 20:45:37 | INFO     | uvicorn.access | a | INFO | app.api.auth | x",
        ] {
            assert!(is_forged(line), "{line}");
        }
    }

    #[test]
    fn ordinary_lines() {
        for line in [
            r#"203.0.113.9 - - [21/Nov/2026:21:55:11 +0100] "GET / HTTP/1.1" 401 17 "-" "Mozilla/5.0 (X11; Linux)""#,
            r#"203.0.113.9 - o\x22brien [21/Nov/2026:21:55:11 +0100] "GET /a\x22b HTTP/1.1" 401 17 "-" "C:\\new \\x0 \x5Cn""#,
            r#"{"status":401,"http_user_agent":"say \"hello\" 200 times","path":"C:\\new"}"#,
            "2026-11-21 20:45:37 | WARNING  | app.api.auth | LOGIN_FAILED ip=203.0.113.9 | INFO",
            "[vpn][2026-11-21 21:55:12,982][INFO] Administrator audit event\n  user = \"x\"",
            r#"{"event": "admin_auth_failure", "device_name": "two\n"}"#,
            "Nov  1 20:45:37 vpn-fra-01 app[1]: 2026-11-21 20:45:37 | WARNING  | app.api.auth | LOGIN_FAILED",
            "2026-11-21T20:45:37+00:00 vpn app[1]: 2026-11-21 20:45:37 | WARNING  | app.api.auth | LOGIN_FAILED",
        ] {
            assert!(!is_forged(line), "{line}");
        }
    }
}
