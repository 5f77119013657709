//! Every format against its fixture: `fixtures/formats/<name>.log` has the expected result above each
//! raw line.
//!
//! ```text
//! # {"time":"2026-11-21T20:55:11Z","source":"203.0.113.9","method":"GET",…}
//! # {"mismatch":true}       the line below must not parse
//! # {"ignored":true}        the line below is of the format, but tells nothing
//! ```
//!
//! `# format: …` says in which format the lines below it are, where that is given by the user (`log_format.log`).
//!
//! A record of several lines is one sample. Times are UTC, or local as if in UTC; `ahead` is in seconds: how far the
//! clock on the wall was ahead of UTC. `duration` is in seconds, an `upstream_status` of `"-"` says that the proxy answered by
//! itself, an outcome that the line does not state is left out. A field that is not named must not be
//! set, but for those in [`OPTIONAL`].

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use proptest::sample::Index;
use serde_json::{Map, Value, json};
use why401::event::{Entry, Event, Kind, Outcome, Request, SECOND, Timestamp};
use why401::format::log_format::{self, LogFormat};
use why401::format::{self, Format, Mismatch};
use why401::sieve::{Glimpsed, Heading, Sieve, Sifted};
use why401::system::{Meaning, Routes};

/// Compared only where they are named: the precision is the same for most lines of a format, and so is
/// the host that wrote them.
const OPTIONAL: &[&str] = &["until", "written_by", "device", "ahead", "number", "signed"];

/// A raw line, or the lines of one record, what is expected of it, and where it stands.
struct Sample {
    place: String,
    expected: Map<String, Value>,
    line: String,
    /// In which format it is, where the user gives that.
    format: Option<String>,
}

impl Sample {
    /// Its lines read in the format that it names.
    fn read(&self) -> Map<String, Value> {
        let format = self.format.as_deref().unwrap_or_default();
        let format = LogFormat::compile(format).unwrap_or_else(|e| panic!("{}: {e}", self.place));
        told(format.parse(self.line.as_bytes()))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats")
}

/// The samples of a format; `None` where it has no fixture.
fn samples(name: &str) -> Option<Vec<Sample>> {
    let text = fs::read_to_string(folder().join(name).with_extension("log")).ok()?;
    let begins = format::by_name(name).and_then(Format::begins);
    let mut expected = None;
    let mut given = None;
    let mut samples: Vec<Sample> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let place = format!("{name}.log:{number}");
        if let Some(comment) = line.strip_prefix('#') {
            if comment.trim_start().starts_with('{') {
                let parsed = serde_json::from_str(comment);
                expected = Some(parsed.unwrap_or_else(|e| panic!("{place}: {e}")));
            } else if let Some(format) = comment.strip_prefix(" format: ") {
                given = Some(format.to_owned());
            }
        } else if let (Some(_), None, Some(sample)) = (begins, &expected, samples.last_mut()) {
            sample.line.push('\n');
            sample.line.push_str(line);
        } else if !line.is_empty() {
            let expected = expected
                .take()
                .unwrap_or_else(|| panic!("{place}: nothing expected"));
            let line = line.to_owned();
            samples.push(Sample {
                place,
                expected,
                line,
                format: given.clone(),
            });
        }
    }
    Some(samples)
}

/// What a line gave, in the words of the fixtures.
fn told(result: Result<Option<Event>, Mismatch>) -> Map<String, Value> {
    let told = match result {
        Err(_) => json!({"mismatch": true}),
        Ok(None) => json!({"ignored": true}),
        Ok(Some(event)) => {
            let mut told = match &event.kind {
                Kind::Request(request) => request_told(request),
                Kind::Entry(entry) => entry_told(entry),
            };
            told["time"] = json!(event.time.start);
            told["until"] = json!(event.time.end);
            told["source"] = json!(event.source);
            told
        }
    };
    let Value::Object(mut told) = told else {
        unreachable!("made above")
    };
    told.retain(|_, value| !value.is_null());
    told
}

fn request_told(request: &Request) -> Value {
    let upstream_status = request
        .upstream_status
        .map(|s| s.map_or(json!("-"), |s| json!(s)));
    json!({
        "method": request.method,
        "target": request.target,
        "status": request.status,
        "bytes": request.bytes,
        "duration": request.duration,
        "upstream_status": upstream_status,
        "upstream_address": request.upstream_address,
        "request_id": request.request_id,
        "user": request.user,
        "user_agent": request.user_agent,
        "forwarded_for": request.forwarded_for,
        "host": request.host,
        "cookie": request.sent.cookie,
        "authorization": request.sent.authorization,
        "auth_token": request.sent.token,
        "auth_timestamp": request.sent.timestamp.map(|stamp| match stamp {
            Timestamp::Absent => json!("-"),
            Timestamp::Malformed => json!("malformed"),
            Timestamp::At(micros) => json!(micros / SECOND),
        }),
    })
}

fn entry_told(entry: &Entry) -> Value {
    let meaning = entry.statement.map(|s| s.meaning);
    let causes = meaning.as_ref().map_or(&[][..], Meaning::causes);
    let causes: Vec<_> = causes.iter().map(|c| c.id()).collect();
    let (cause, causes) = match &*causes {
        [] => (None, None),
        [only] => (Some(*only), None),
        _ => (None, Some(causes)),
    };
    // The samples state outcomes of authentications only, not that a change succeeded.
    let is_change = entry
        .statement
        .is_some_and(|s| matches!(s.meaning, Meaning::Change(_) | Meaning::Ending(_)));
    let start = entry.start.as_ref();
    let trail = entry.trail.as_ref();
    let version = start.and_then(|s| s.version).map(|v| v.to_string());
    json!({
        "action": entry.action,
        "reason": entry.reason,
        "outcome": match entry.outcome {
            _ if is_change => None,
            Outcome::Success => Some("success"),
            Outcome::Failure => Some("failure"),
            Outcome::Unknown => None,
        },
        "cause": cause,
        "causes": causes,
        "principal": entry.principal,
        "device": entry.device,
        "path": entry.path,
        "written_by": entry.host,
        "version": version,
        "strict": start.and_then(|s| s.strict),
        "number": trail.and_then(|t| t.number),
        "signed": trail.and_then(|t| t.is_signed),
    })
}

/// The expectation with times and durations in microseconds, as events have them.
fn in_micros(sample: &Sample) -> Map<String, Value> {
    let mut expected = sample.expected.clone();
    for name in ["time", "until"] {
        if let Some(value) = expected.get_mut(name) {
            let time = DateTime::parse_from_rfc3339(value.as_str().unwrap());
            let time = time.unwrap_or_else(|e| panic!("{}: {e}", sample.place));
            *value = json!(time.timestamp_micros());
        }
    }
    for name in ["duration", "ahead"] {
        let Some(value) = expected.get_mut(name) else {
            continue;
        };
        // `0.019` is no binary fraction: through text, not through a product.
        let seconds = value.to_string();
        let (whole, fraction) = seconds.split_once('.').unwrap_or((&seconds, ""));
        let micros: i64 = format!("{whole}{fraction:0<6}").parse().unwrap();
        *value = json!(micros);
    }
    expected
}

#[test]
fn samples_parse_as_expected() {
    for format in format::ALL {
        for sample in samples(format.name()).unwrap_or_default() {
            let expected = in_micros(&sample);
            let mut told = told(format.parse(sample.line.as_bytes()));
            if let Some(ahead) = format.ahead(sample.line.as_bytes()) {
                told.insert("ahead".to_owned(), json!(ahead));
            }
            told.retain(|name, _| expected.contains_key(name) || !OPTIONAL.contains(&&**name));
            assert_eq!(told, expected, "{}: {}", sample.place, sample.line);
        }
    }
}

/// Lets nothing through whole.
struct Coarse;

impl Sieve for Coarse {
    fn request(&mut self, _: &str, path: &str, status: u16) -> Option<Glimpsed> {
        assert!(!path.contains('?'), "{path}");
        let route = Routes::NONE;
        Some(Glimpsed::Request { route, status })
    }

    fn entry(&mut self, heading: &Heading<'_>) -> Option<Glimpsed> {
        let serial = heading.serial;
        Some(Glimpsed::Entry { clock: 0, serial })
    }
}

#[test]
fn a_glimpse_shows_what_the_whole_does() {
    let mut glimpses = 0;
    for format in format::ALL {
        for sample in samples(format.name()).unwrap_or_default() {
            let line = sample.line.as_bytes();
            let whole = format.parse(line);
            match format.sift(line, &mut Coarse) {
                Ok(Some(Sifted::Glimpse(time, source, kind))) => {
                    let whole = whole.unwrap().unwrap();
                    let shown = match &whole.kind {
                        Kind::Request(request) => Glimpsed::Request {
                            route: Routes::NONE,
                            status: request.status,
                        },
                        Kind::Entry(entry) => Glimpsed::Entry {
                            clock: 0,
                            serial: entry.serial,
                        },
                    };
                    let of_whole = (whole.time, whole.source, shown);
                    assert_eq!((time, source, kind), of_whole, "{}", sample.place);
                    glimpses += 1;
                }
                sifted => {
                    let event = sifted.map(|sifted| sifted.and_then(Sifted::event));
                    assert_eq!(event, whole, "{}", sample.place);
                }
            }
        }
    }
    assert!(glimpses >= 30, "{glimpses}");
}

/// Formats that the user gives, each with samples of its own.
#[test]
fn given_formats_read_as_expected() {
    let samples = samples(log_format::NAME).unwrap();
    for sample in &samples {
        let expected = in_micros(sample);
        let mut told = sample.read();
        told.retain(|name, _| expected.contains_key(name) || !OPTIONAL.contains(&&**name));
        assert_eq!(told, expected, "{}: {}", sample.place, sample.line);
    }
    let formats: HashSet<_> = samples.iter().map(|s| &s.format).collect();
    assert!(formats.len() >= 10);
}

#[test]
fn every_format_has_samples() {
    for format in format::listed() {
        let name = format.name();
        assert!(samples(name).is_some_and(|s| !s.is_empty()), "{name}");
    }
}

#[test]
fn every_format_is_fuzzed() {
    for format in format::ALL {
        let target = format!("fuzz/targets/{}.rs", format.name());
        assert!(Path::new(&target).exists(), "{target}");
    }
}

#[test]
fn every_fixture_has_a_format() {
    for file in fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().and_then(|n| n.to_str()).unwrap();
        assert!(format::by_name(name).is_some(), "{}", path.display());
    }
}

/// No line that one format reads is read by another.
#[test]
fn formats_do_not_take_each_others_lines() {
    for format in format::ALL {
        for sample in samples(format.name()).unwrap_or_default() {
            if sample.expected.contains_key("mismatch") {
                continue;
            }
            for other in format::ALL.iter().filter(|f| f.name() != format.name()) {
                // But what stands among the lines of another.
                let lets_in = format.lets_in().or_else(|| other.lets_in());
                if lets_in.is_some_and(|within| within.speaks(sample.line.as_bytes())) {
                    continue;
                }
                let result = other.parse(sample.line.as_bytes());
                assert!(result.is_err(), "{}: {}", other.name(), sample.place);
            }
        }
    }
}

#[test]
fn detected_by_content() {
    for format in format::ALL {
        let samples = samples(format.name()).unwrap_or_default();
        let lines = samples.iter().map(|s| s.line.as_bytes());
        let detected = format::detect(lines).map(Format::name);
        let expected = (!samples.is_empty()).then(|| format.name());
        assert_eq!(detected, expected);
    }
    let other_json: [&[u8]; 3] = [
        br#"{"n":1,"sent_at":1795294511.000901,"client":"203.0.113.9","method":"GET","path":"/organization","status":401,"cause":"clock_skew"}"#,
        br#"{"file":"access.log","line":1,"status":401,"cause":"clock_skew","logged":false}"#,
        br#"{"time":"2026-11-21T20:55:11Z","level":"error","msg":"no route","path":"/x","method":"GET"}"#,
    ];
    let detected = format::detect(other_json.into_iter()).map(Format::name);
    assert_eq!(detected, None);
}

/// A message names the place: `byte 66: a status expected`.
#[test]
fn mismatches_point_into_the_line() {
    let combined = r#"203.0.113.9 - - [21/Nov/2026:20:55:11 +0000] "GET / HTTP/1.1" "#;
    let message = |name: &str, line: &str| {
        let result = format::by_name(name).unwrap().parse(line.as_bytes());
        result.unwrap_err().to_string()
    };
    for (line, expected) in [
        (format!("{combined}x"), "byte 62: a status expected"),
        (
            format!("{combined}200 x"),
            "byte 66: a number of bytes expected",
        ),
        (
            combined.replace("Nov", "Foo"),
            "byte 15: a time in brackets, then the request in quotes expected",
        ),
    ] {
        assert_eq!(message("nginx_combined", &line), expected);
    }
    let line = r#"{"msec":x}"#;
    assert_eq!(
        message("access_json", line),
        "byte 8: well-formed JSON expected"
    );
}

/// Lines that cannot stand in a text file.
#[test]
fn bytes_that_are_no_text() {
    let target = |name: &str, line: &[u8]| {
        let result = format::by_name(name).unwrap().parse(line);
        told(result)["target"].as_str().unwrap().to_owned()
    };
    let line = b"203.0.113.9 - - [21/Nov/2026:21:55:11 +0100] \"GET /\0\xff HTTP/1.1\" 400 0";
    assert_eq!(target("nginx_combined", line), "/\0\u{fffd}");
    let line = b"{\"msec\":1795294511.072,\"remote_addr\":\"203.0.113.9\",\"method\":\"GET\",\"uri\":\"/\xff\",\"status\":400}";
    assert_eq!(target("access_json", line), "/\u{fffd}");
}

#[test]
fn a_carriage_return_is_no_part_of_a_line() {
    for format in [
        format::by_name("nginx_combined"),
        format::by_name("access_json"),
    ] {
        let format = format.unwrap();
        for sample in samples(format.name()).unwrap() {
            let windows = format!("{}\r", sample.line);
            let (one, other) = (
                format.parse(sample.line.as_bytes()),
                format.parse(windows.as_bytes()),
            );
            assert_eq!(told(one), told(other), "{}", sample.place);
        }
    }
}

/// Values that break parsers, in place of a field's value.
#[test]
fn absurd_json() {
    let format = format::by_name("access_json").unwrap();
    let deep = "[".repeat(100_000);
    let deep_objects = r#"{"a":"#.repeat(100_000);
    let digits = "9".repeat(400);
    let absurd = [
        &*deep,
        &*deep_objects,
        &*digits,
        "1e999",
        "-1e999",
        "1e-999",
        "NaN",
        "Infinity",
        "-0.0",
        "1e18",
        "18446744073709551615",
        "9223372036854775807",
        "-9223372036854775808",
        r#""\ud800""#,
        r#""\u0000""#,
        r#""inf""#,
        r#""nan""#,
        r#""99999999999999999999""#,
        r#""9999-99-99T99:99:99Z""#,
        "{}",
        "[]",
        "null",
        "true",
        "",
    ];
    for field in [
        "msec",
        "time",
        "remote_addr",
        "method",
        "request",
        "request_uri",
        "uri",
        "args",
        "status",
        "body_bytes_sent",
        "request_time",
        "upstream_status",
        "upstream_addr",
        "http_x_forwarded_for",
        "user_agent",
        "other",
    ] {
        for value in absurd {
            let line = format!(
                r#"{{"{field}":{value},"msec":1795294511.072,"remote_addr":"203.0.113.9","method":"GET","uri":"/","status":401}}"#
            );
            if let Ok(Some(event)) = format.parse(line.as_bytes()) {
                assert!(event.time.start < event.time.end, "{field}: {value}");
            }
        }
    }
}

/// A change to a line: what a broken disk, a cut or an attacker may do to it.
#[derive(Debug, Clone)]
enum Mutation {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Cut(Index, Index),
    Repeat(Index, Index),
}

/// What means something to one of the parsers.
const TOKENS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"\\x",
    b"\\u",
    b" ",
    b"[",
    b"{",
    b"}",
    b",",
    b":",
    b"?pass=",
    b"\xc3",
    b"-",
    b"\0",
    b"1e999",
    b"99999999999999999999",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let token = prop::sample::select(TOKENS);
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (any::<Index>(), token).prop_map(|(at, token)| Mutation::Insert(at, token.to_vec())),
        any::<(Index, Index)>().prop_map(|(from, to)| Mutation::Cut(from, to)),
        any::<(Index, Index)>().prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ]
}

fn mutate(line: &mut Vec<u8>, mutation: Mutation) {
    let length = line.len();
    let range = |a: Index, b: Index| {
        let (a, b) = (a.index(length + 1), b.index(length + 1));
        a.min(b)..a.max(b)
    };
    match mutation {
        Mutation::Set(at, byte) if length > 0 => line[at.index(length)] = byte,
        Mutation::Set(..) => {}
        Mutation::Insert(at, token) => {
            let at = at.index(length + 1);
            line.splice(at..at, token);
        }
        Mutation::Cut(from, to) => drop(line.drain(range(from, to))),
        Mutation::Repeat(from, to) => {
            let part = line[range(from, to)].to_vec();
            line.extend(part);
        }
    }
}

fn all_lines() -> Vec<String> {
    let samples = format::ALL.iter().filter_map(|f| samples(f.name()));
    samples.flatten().map(|s| s.line).collect()
}

fn parse_with_all(line: &[u8]) {
    for format in format::ALL {
        parse_with(*format, line);
    }
}

/// A format reads the line, or does not; what it reads is a moment of some width.
fn parse_with(format: &dyn Format, line: &[u8]) {
    match format.parse(line) {
        Ok(Some(event)) => assert!(event.time.start < event.time.end),
        Ok(None) => {}
        Err(mismatch) => assert!(mismatch.offset <= line.len()),
    }
}

/// A line whose rest was not written yet, or was lost, is cut at any byte.
#[test]
fn lines_cut_anywhere_never_panic() {
    for format in format::ALL {
        for Sample { line, .. } in samples(format.name()).unwrap_or_default() {
            (0..line.len()).for_each(|end| parse_with(*format, &line.as_bytes()[..end]));
        }
    }
    for Sample { format, line, .. } in samples(log_format::NAME).unwrap() {
        let format = LogFormat::compile(&format.unwrap_or_default()).unwrap();
        (0..line.len()).for_each(|end| parse_with(&format, &line.as_bytes()[..end]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn arbitrary_bytes_never_panic(line in prop::collection::vec(any::<u8>(), 0..300)) {
        parse_with_all(&line);
    }

    #[test]
    fn mutated_lines_never_panic(
        line in prop::sample::select(all_lines()),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let mut line = line.into_bytes();
        for mutation in mutations {
            mutate(&mut line, mutation);
        }
        parse_with_all(&line);
    }

    /// Whatever a client sends as request line or user agent, escaped as nginx does: status, size and
    /// address are the server's.
    #[test]
    fn a_client_cannot_change_the_status(
        request in prop::collection::vec(any::<u8>(), 0..60),
        agent in r#"(" 200 0 "-" "|\\|"|[ -~]){0,12}"#,
    ) {
        let line = format!(
            r#"203.0.113.9 - - [21/Nov/2026:21:55:11 +0100] "{}" 401 17 "-" "{}""#,
            nginx_escaped(&request),
            nginx_escaped(agent.as_bytes()),
        );
        let event = format::by_name("nginx_combined").unwrap().parse(line.as_bytes());
        let told = told(event);
        assert_eq!(told["status"], 401);
        assert_eq!(told["bytes"], 17);
        assert_eq!(told["source"], "203.0.113.9");
        let expected = (!agent.is_empty() && agent != "-").then_some(&*agent);
        assert_eq!(told.get("user_agent").and_then(Value::as_str), expected);
    }
}

/// As nginx's `ngx_http_log_escape` does.
fn nginx_escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'"' | b'\\' | 0x00..0x20 | 0x7f.. => write!(text, "\\x{byte:02X}").unwrap(),
            _ => text.push(byte.into()),
        }
    }
    text
}
