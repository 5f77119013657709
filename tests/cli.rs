//! What the binary answers: findings as text and as data, catalogues, errors and exit codes.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use binary::{ACCESS, JOURNAL, SCENARIO, cited, explain, why401};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;
use why401::format::redact::redact_line;

/// The scenario's access log as its web server writes it in JSON.
const ACCESS_JSON: &str = "tests/scenarios/pritunl.access.json.log";

/// A folder with these files, and what is in them.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// These parts of a log, cut after so many lines each.
fn cut<const N: usize>(log: &str, after: [usize; N]) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(log).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut from = 0;
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for to in after.into_iter().chain([lines.len()]) {
        parts.push(lines[from..to].concat().into_bytes());
        from = to;
    }
    parts
}

/// What a finding says, without where its lines stand.
fn said(finding: &Value) -> String {
    let mut said = finding.clone();
    let said = said.as_object_mut().unwrap();
    said.remove("id");
    for evidence in said["evidence"].as_array_mut().unwrap() {
        for place in ["file", "line", "offset"] {
            evidence.as_object_mut().unwrap().remove(place);
        }
    }
    serde_json::to_string(said).unwrap()
}

fn all_said(findings: &[Value]) -> Vec<String> {
    findings.iter().map(said).collect()
}

fn ids(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|f| f["id"].as_str().unwrap()).collect()
}

#[test]
fn text_groups_what_belongs_together() {
    // Two clients of which a line states the cause, and one of which there is none.
    let clients = "--client=198.51.100.4,198.51.100.50,198.51.100.140";
    let ended = why401(["explain", "access.log", "pritunl_journal.log", clients])
        .within(Path::new(SCENARIO))
        .run();
    assert_eq!((ended.code, ended.talk.as_str()), (0, ""));
    assert!(!ended.data.contains('\x1b'), "no colour in a pipe");
    insta::assert_snapshot!(ended.data, @r#"
    1 ×  Session address changed                                           explained · pritunl
         198.51.100.140 · GET /organization → 401
         2026-11-21 20:55:23 +00:00
         why      The session is used from another address than the one it was begun from.
         reason   pritunl_journal.log:17 · Remote address change
                  … "remote_address": "198.51.100.140", "event_long": "Remote address change"}
         fix      Without TLS a session is bound to its address. Behind a reverse proxy run
                  `pritunl set app.reverse_proxy true`; where clients or load balancers change
                  their address run `pritunl set app.allow_insecure_session true`, or let
                  Pritunl serve TLS again with `pritunl set app.server_ssl true`.

    2 ×  Clock skew                                                        explained · pritunl
         198.51.100.50 · GET /organization → 401
         2026-11-21 20:55:39 to 20:55:41 +00:00
         why      The request's timestamp is too far from the server's clock.
         reason   pritunl_journal.log:46 · Expired auth timestamp
                  … "remote_address": "198.51.100.50", "event_long": "Expired auth timestamp"}
         fix      Send the current Unix time in whole seconds, UTC: the server allows 12 hours
                  either way, so look for milliseconds, for local time of UTC+13 or more taken
                  for UTC, for a clock that lost its date, or for a request sent again half a
                  day later. In a cluster run `timedatectl` on every host and enable NTP: a
                  host whose clock is behind refuses sessions that another one began.

    3 ×  Missing credentials, or 1 other                                      silent · pritunl
         198.51.100.4 · GET /organization → 401, and others
         2026-11-21 20:55:11 +00:00
         why      No line exists: the server writes none for this refusal, and its log was
                  alive.
         left     Missing credentials: no token cookie
                  API access disabled: an API client, however well it signs, while no
                  administrator has API access
         request  access.log:3
                  198.51.100.4 - - [21/Nov/2026:21:55:11 +0100] "GET /organization HTTP/1.1" …
         fix      Send all four headers, Auth-Token, Auth-Timestamp, Auth-Nonce and
                  Auth-Signature; there is no Auth-Secret, and Authorization is not read. In a
                  browser log in again, and let the reverse proxy pass the cookies `session`
                  and `token`.

    6 refusals, 2026-11-21 20:55:11 to 20:55:41 +00:00

                           explained
                             by line  silent  all
    Session address changed        1       ·    1
    Clock skew                     2       ·    2
    Missing credentials            ·       3    3
    all                            3       3    6

    clock    pritunl_journal.log agrees with access.log (±0.1 s, 92 pairs)
    read     access.log (nginx_combined), 107 lines
             pritunl_journal.log (pritunl_journal), 105 lines
    "#);
}

#[test]
fn each_tells_a_finding_with_all_its_lines() {
    let ended = why401(["explain", "access.log:48", "--each"])
        .within(Path::new(SCENARIO))
        .run();
    assert_eq!(ended.code, 0);
    insta::assert_snapshot!(ended.data, @r#"
    2026-11-21 20:55:39 +00:00  Clock skew                                 explained · pritunl
      198.51.100.50 · GET /organization → 401, 17 bytes
      why      Clock skew: the log says "Expired auth timestamp" in the same second.
      request  access.log:48
               198.51.100.50 - - [21/Nov/2026:21:55:39 +0100] "GET /organization HTTP/1.1"
                 401 17 "-" "python-requests/2.31.0"
      reason   pritunl_journal.log:46, in the same second
               {"id": "6b02054b11c7205a5ab738cd", "event": "admin_auth_failure", "timestamp":
                 1795294539, "host_id": "0f6c1d2e3b4a59687f6e5d4c3b2a1908", "host_name":
                 "vpn-fra-01", "host_public_address": "203.0.113.10", "host_public_address6":
                 null, "host_local_address": "10.20.0.4", "host_local_address6": null,
                 "remote_address": "198.51.100.50", "event_long": "Expired auth timestamp"}
      fix      Send the current Unix time in whole seconds, UTC: the server allows 12 hours
               either way, so look for milliseconds, for local time of UTC+13 or more taken
               for UTC, for a clock that lost its date, or for a request sent again half a day
               later. In a cluster run `timedatectl` on every host and enable NTP: a host
               whose clock is behind refuses sessions that another one began.

    clock    pritunl_journal.log agrees with access.log (±0.1 s, 92 pairs)
    read     access.log (nginx_combined), 107 lines
             pritunl_journal.log (pritunl_journal), 105 lines
    "#);
}

#[test]
fn colour_is_there_when_asked_for() {
    let ended = why401(["explain", SCENARIO, "--color", "always"]).run();
    assert!(ended.data.contains("\x1b["));
    let ended = why401(["explain", SCENARIO, "--color", "always", "-o", "ndjson"]).run();
    assert!(!ended.data.contains('\x1b'), "data has none");
}

/// The fields of the schema, with `true` for those that every finding has.
const FIELDS: &[(&str, Type, bool)] = &[
    ("schema", Type::Text, true),
    ("id", Type::Hex, true),
    ("@timestamp", Type::Time, true),
    ("system", Type::Text, false),
    ("verdict", Type::Text, true),
    ("cause", Type::Text, false),
    ("confidence", Type::Text, true),
    ("logged", Type::Truth, false),
    ("candidates[].cause", Type::Text, false),
    ("candidates[].because", Type::Text, false),
    ("http.request.method", Type::Text, false),
    ("http.request.id", Type::Text, false),
    ("http.response.status_code", Type::Count, false),
    ("http.response.body.bytes", Type::Count, false),
    ("url.original", Type::Text, false),
    ("url.path", Type::Text, false),
    ("source.ip", Type::Text, false),
    ("user.name", Type::Text, false),
    ("user_agent.original", Type::Text, false),
    ("host.name", Type::Text, false),
    ("event.reason", Type::Text, false),
    ("event.action", Type::Text, false),
    ("message", Type::Text, true),
    ("fix", Type::Text, false),
    ("evidence[].role", Type::Text, true),
    ("evidence[].file", Type::Text, true),
    ("evidence[].line", Type::Count, true),
    ("evidence[].offset", Type::Count, true),
    ("evidence[].length", Type::Count, true),
    ("evidence[].hash", Type::Hash, true),
    ("evidence[].delta_s", Type::Number, false),
    ("evidence[].clock_offset_s", Type::Number, false),
    ("evidence[].text", Type::Text, true),
    ("evidence[].flags[]", Type::Text, false),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Type {
    Text,
    Hex,
    /// RFC 3339 in UTC, with milliseconds.
    Time,
    Hash,
    Truth,
    Count,
    Number,
}

impl Type {
    fn holds(self, value: &Value) -> bool {
        let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
        let text = value.as_str().filter(|text| !text.is_empty());
        match self {
            Type::Text => text.is_some(),
            Type::Hex => text.is_some_and(|t| t.len() == 32 && is_hex(t)),
            Type::Time => text.is_some_and(|t| {
                let time = chrono::DateTime::parse_from_rfc3339(t);
                time.is_ok() && t.ends_with('Z') && t.len() == "2026-06-04T12:00:03.123Z".len()
            }),
            Type::Hash => text
                .and_then(|t| t.strip_prefix("blake3:"))
                .is_some_and(|hash| hash.len() == 64 && is_hex(hash)),
            Type::Truth => value.is_boolean(),
            Type::Count => value.is_u64(),
            Type::Number => value.is_number(),
        }
    }
}

/// The leaves of an object, with their paths as [`FIELDS`] writes them.
fn leaves<'a>(path: &str, value: &'a Value, leaf: &mut impl FnMut(&str, &'a Value)) {
    match value {
        Value::Object(fields) => {
            assert!(!fields.is_empty(), "{path}: absent rather than empty");
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(&format!("{path}{dot}{name}"), value, leaf);
            }
        }
        Value::Array(values) => {
            assert!(!values.is_empty(), "{path}: absent rather than empty");
            for value in values {
                leaves(&format!("{path}[]"), value, leaf);
            }
        }
        _ => leaf(path, value),
    }
}

/// The scenario with a journal whose clock runs behind, so that offsets are told.
fn with_journal_behind(seconds: i64) -> TempDir {
    let stamp = regex::Regex::new(r#""timestamp": (\d+)"#).unwrap();
    let journal = fs::read_to_string(JOURNAL).unwrap();
    let journal = stamp.replace_all(&journal, |stamp: &regex::Captures| {
        let time: i64 = stamp[1].parse().unwrap();
        format!(r#""timestamp": {}"#, time - seconds)
    });
    folder(&[
        ("access.json.log", &fs::read(ACCESS_JSON).unwrap()),
        ("pritunl_journal.log", journal.as_bytes()),
    ])
}

#[test]
fn ndjson_is_the_schema_and_nothing_else() {
    let mut findings = explain([SCENARIO]).findings();
    findings.extend(explain([with_journal_behind(37).path()]).findings());
    // A user agent that is a record.
    let forged =
        r#"203.0.113.9 - - [21/Nov/2026:20:55:01 +0000] "GET / HTTP/1.1" 401 17 "-" "x\x22 200 0""#;
    let folder = folder(&[("access.log", forged.as_bytes())]);
    findings.extend(explain([folder.path()]).findings());
    let mut seen = vec![false; FIELDS.len()];
    for finding in &findings {
        assert_eq!(finding["schema"], "why401.finding/1");
        let mut here = vec![false; FIELDS.len()];
        leaves("", finding, &mut |path, value| {
            let at = FIELDS.iter().position(|(name, ..)| *name == path);
            let at = at.unwrap_or_else(|| panic!("{path} is not of the schema"));
            assert!(FIELDS[at].1.holds(value), "{path}: {value}");
            here[at] = true;
        });
        for (at, (name, _, always)) in FIELDS.iter().enumerate() {
            assert!(here[at] || !always, "{name} is missing in {finding}");
            seen[at] |= here[at];
        }
    }
    for (at, (name, ..)) in FIELDS.iter().enumerate() {
        assert!(seen[at], "no finding has {name}");
    }
}

#[test]
fn hashes_are_those_of_the_text() {
    for finding in explain([SCENARIO]).findings() {
        for evidence in finding["evidence"].as_array().unwrap() {
            let hash = blake3::hash(evidence["text"].as_str().unwrap().as_bytes());
            assert_eq!(evidence["hash"].as_str(), Some(&*format!("blake3:{hash}")));
        }
    }
}

#[test]
fn offset_and_length_find_the_line() {
    for finding in explain([SCENARIO]).findings() {
        for evidence in finding["evidence"].as_array().unwrap() {
            let number = |name: &str| usize::try_from(evidence[name].as_u64().unwrap()).unwrap();
            let file = fs::read_to_string(evidence["file"].as_str().unwrap()).unwrap();
            let (offset, length) = (number("offset"), number("length"));
            assert_eq!(file[..offset].matches('\n').count() + 1, number("line"));
            let line = redact_line(&file.as_bytes()[offset..offset + length]);
            assert_eq!(line, evidence["text"].as_str().unwrap());
        }
    }
}

#[test]
fn an_offset_of_the_clocks_is_found_and_told() {
    let behind = with_journal_behind(37);
    let ended = explain(["."]).within(behind.path()).run();
    let clock = ended.talk.lines().find(|l| l.starts_with("clock")).unwrap();
    assert!(clock.contains("37.") && clock.contains("behind"), "{clock}");
    for finding in ended.findings() {
        for evidence in finding["evidence"].as_array().unwrap() {
            if let Some(offset) = evidence["clock_offset_s"].as_f64() {
                assert!((offset + 37.0).abs() < 1.0, "{offset}");
            }
        }
    }
}

#[test]
fn ids_outlive_a_new_name_another_order_and_gzip() {
    let (access, journal) = (fs::read(ACCESS).unwrap(), fs::read(JOURNAL).unwrap());
    let first = explain([ACCESS, JOURNAL]).findings();
    let moved = folder(&[("web.log.gz", &gzip(&access)), ("console.log", &journal)]);
    for logs in [[JOURNAL, ACCESS], [ACCESS, JOURNAL]] {
        assert_eq!(ids(&first), ids(&explain(logs).findings()));
    }
    let renamed = explain(["console.log", "web.log.gz"])
        .within(moved.path())
        .findings();
    assert_eq!(ids(&first), ids(&renamed));
    assert_eq!(all_said(&first), all_said(&renamed));
}

#[test]
fn one_line_of_either_log_asks_for_its_finding() {
    let all = explain([SCENARIO]).findings();
    let (request, reason) = all
        .iter()
        .find(|f| f["cause"] == "clock_skew")
        .map(|f| (cited(f, "request")[0], cited(f, "reason")[0]))
        .unwrap();
    for (file, line) in [request, reason] {
        let one = explain([format!("{file}:{line}")]).findings();
        let [one] = one.as_slice() else {
            panic!("{file}:{line} has {} findings", one.len())
        };
        assert_eq!(one["cause"], "clock_skew");
        assert_eq!(cited(one, "request"), [request]);
        assert_eq!(cited(one, "reason"), [reason]);
    }
    // So does a name without a folder.
    let here = explain(["access.log:48"]).within(Path::new(SCENARIO));
    assert_eq!(here.findings().len(), 1);
}

#[test]
fn a_line_without_a_finding_is_answered_with_the_reason() {
    let answered = |log: &str, more: &[&str]| {
        let ended = explain([&[log], more].concat()).within(Path::new(SCENARIO));
        let ended = ended.run();
        let last = ended.talk.lines().last().unwrap_or_default().to_owned();
        assert_eq!(ended.data, "");
        (ended.code, last)
    };
    let said = |code, words: &str| (code, format!("why401: {words}"));
    assert_eq!(
        answered("access.log:7", &[]),
        said(
            0,
            "access.log:7 is no refusal, nor part of one: no finding cites it"
        )
    );
    assert_eq!(
        answered("access.log:48", &["--cause=wrong_otp", "."]),
        said(
            0,
            "the filters leave out the finding that cites access.log:48"
        )
    );
    assert_eq!(
        answered("access.log:99999", &[]),
        said(2, "access.log has 107 lines, and no line 99999")
    );
    let others = folder(&[("notes.txt", b"ask Trent\n")]);
    let notes = format!("{}/notes.txt:1", others.path().display());
    let (code, last) = answered(&notes, &["access.log"]);
    assert_eq!(code, 2);
    assert!(
        last.ends_with("notes.txt is not read: not a log format known"),
        "{last}"
    );
}

#[test]
fn a_line_of_a_file_that_its_folder_names_otherwise_is_found() {
    let found = explain([".", "access.log:48"]).within(Path::new(SCENARIO));
    assert_eq!(found.findings().len(), 1);
}

#[test]
fn many_skipped_files_are_counted() {
    let names: Vec<String> = (0..14).map(|n| format!("note{n:02}\u{202e}.txt")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|n| (&**n, &b"no log\n"[..])).collect();
    let notes = folder(&files);
    let ended = explain([Path::new(SCENARIO), notes.path()]).run();
    let skipped = ended
        .talk
        .lines()
        .filter(|l| l.starts_with("why401: skipped "));
    let skipped: Vec<&str> = skipped.collect();
    assert_eq!(skipped.len(), 11);
    assert!(skipped[10].contains(" 4 more files "), "{}", skipped[10]);
    assert!(
        skipped[0].contains("note00<U+202E>.txt: "),
        "{}",
        skipped[0]
    );
}

#[test]
fn what_was_read_is_told_beside_data() {
    let access = [&fs::read(ACCESS).unwrap()[..], b"rubbish\n"].concat();
    let journal = fs::read(JOURNAL).unwrap();
    let logs = folder(&[("access.log", &access), ("pritunl_journal.log", &journal)]);
    let ended = explain(["."]).within(logs.path()).run();
    insta::assert_snapshot!(ended.talk, @r"
    clock    pritunl_journal.log agrees with access.log (±0.1 s, 92 pairs)
    read     access.log (nginx_combined), 108 lines, 107 parsed, 0 ignored, 1 did not parse, 0
             too long to be read whole
             - access.log:108: byte 0: a client address expected
             pritunl_journal.log (pritunl_journal), 105 lines, 105 parsed, 0 ignored, 0 did
             not parse, 0 too long to be read whole
    ");
}

#[test]
fn standard_input_is_a_log() {
    let whole = explain([ACCESS, JOURNAL]).findings();
    let piped = explain(["-", JOURNAL])
        .stdin(fs::read(ACCESS).unwrap())
        .findings();
    assert_eq!(all_said(&whole), all_said(&piped));
    assert_eq!(ids(&whole), ids(&piped));
    let is_piped = |f: &Value| cited(f, "request").iter().any(|(file, _)| *file == "-");
    assert!(piped.iter().any(is_piped));
}

#[test]
fn a_rotated_set_says_what_the_whole_file_says() {
    let access = cut(ACCESS, [40, 80]);
    let journal = cut(JOURNAL, [50, 70]);
    let rotated = folder(&[
        ("access.log.2.gz", &gzip(&access[0])),
        ("access.log.1", &access[1]),
        ("access.log", &access[2]),
        ("pritunl_journal.log.2.gz", &gzip(&journal[0])),
        ("pritunl_journal.log.1", &journal[1]),
        ("pritunl_journal.log", &journal[2]),
    ]);
    let whole = explain([SCENARIO]).findings();
    let parts = explain([rotated.path()]).findings();
    assert_eq!(all_said(&whole), all_said(&parts));
}

#[test]
fn two_access_logs_of_one_server_are_one_story() {
    let both = folder(&[
        ("access.log", &fs::read(ACCESS).unwrap()),
        ("access.json.log", &fs::read(ACCESS_JSON).unwrap()),
        ("pritunl_journal.log", &fs::read(JOURNAL).unwrap()),
        ("notes.txt", b"ask Trent about the certificates\n"),
    ]);
    let ended = explain(["."]).within(both.path()).run();
    assert_eq!(ended.code, 0);
    let skipped: Vec<&str> = ended
        .talk
        .lines()
        .filter(|line| line.contains("notes.txt"))
        .collect();
    assert_eq!(
        skipped,
        ["why401: skipped ./notes.txt: not a log format known"]
    );
    let one = explain([ACCESS, JOURNAL]).findings();
    let two = ended.findings();
    assert_eq!(one.len(), two.len());
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(
            (&one["cause"], &one["verdict"], &one["candidates"]),
            (&two["cause"], &two["verdict"], &two["candidates"])
        );
        let lines: Vec<u64> = cited(two, "request").iter().map(|(_, l)| *l).collect();
        if let [(_, line)] = cited(one, "request")[..] {
            assert_eq!(lines, [line, line], "the same line of both");
        }
    }
}

#[test]
fn what_cannot_be_read_is_3_and_the_rest_is_read() {
    let broken = folder(&[("access.log.1.gz", b"\x1f\x8b\x08 not gzip at all")]);
    let ended = explain([Path::new(SCENARIO), Path::new("no/such.log"), broken.path()]).run();
    assert_eq!(ended.code, 3);
    assert!(
        ended.talk.contains("why401: no/such.log: "),
        "{}",
        ended.talk
    );
    assert!(ended.talk.contains("access.log.1.gz"), "{}", ended.talk);
    let whole = explain([SCENARIO]).findings();
    assert_eq!(ids(&whole), ids(&ended.findings()));
    assert_eq!(explain(["no/such.log"]).run().code, 3);
}

#[test]
fn a_closed_pipe_is_success() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let ended = Command::new(env!("CARGO_BIN_EXE_why401"))
        .args(["explain", SCENARIO, "-o", "ndjson"])
        .env_clear()
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let talk = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), talk.as_str()), (Some(0), ""));
}

#[test]
fn a_full_disk_is_3() {
    // Linux only; elsewhere there is no file that is always full.
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        return;
    };
    let ended = Command::new(env!("CARGO_BIN_EXE_why401"))
        .args(["explain", SCENARIO])
        .env_clear()
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(3));
}

// They are whole: who scripts it must not think otherwise.
#[test]
fn findings_count_and_not_what_is_said_beside() {
    let told = |stderr: Stdio| {
        let ended = Command::new(env!("CARGO_BIN_EXE_why401"))
            .args(["explain", SCENARIO, "Cargo.toml", "-o", "ndjson"])
            .env_clear()
            .stderr(stderr)
            .output()
            .unwrap();
        (ended.status.code(), ended.stdout)
    };
    let whole = told(Stdio::null());
    assert_eq!(whole.0, Some(0));
    let (reader, closed) = io::pipe().unwrap();
    drop(reader);
    assert_eq!(told(closed.into()), whole);
    // Linux only.
    if let Ok(full) = File::options().write(true).open("/dev/full") {
        assert_eq!(told(full.into()), whole);
    }
}

#[test]
fn filters_leave_what_is_asked_for() {
    let asked = |args: &[&str]| {
        let args = [&["--client=198.51.100.0/24", SCENARIO], args].concat();
        explain(args).findings()
    };
    let all = asked(&[]).len();
    assert_eq!(all, explain([SCENARIO]).findings().len());
    let count = |args: &[&str]| {
        let some = asked(args).len();
        assert!(0 < some && some < all, "{args:?}: {some} of {all}");
        some
    };
    assert_eq!(count(&["--cause=rate_limited"]), count(&["--status=400"]));
    count(&["--principal=gina"]);
    count(&["--verdict=silent"]);
    count(&["--path=/auth/*"]);
    count(&["--path=~^/(host|state)$"]);
    assert_eq!(
        count(&["--until=2026-11-21T20:55:40Z"]) + count(&["--since=2026-11-21 20:55:40"]),
        all
    );
}

#[test]
fn bare_prints_help_with_three_examples() {
    let ended = why401([""; 0]).run();
    assert_eq!((ended.code, ended.talk.as_str()), (0, ""));
    assert_eq!(ended.data.matches("\n  why401 explain ").count(), 3);
    assert!(!ended.data.contains('\x1b'), "no colour in a pipe");
}

#[test]
fn wrong_usage_is_2_and_talks_on_stderr() {
    for args in [["explain", "--verdict=sure"], ["explain", "--since=soon"]] {
        let ended = why401(args).run();
        assert_eq!((ended.code, ended.data.as_str()), (2, ""));
        assert!(ended.talk.starts_with("error: invalid value"));
    }
    assert_eq!(why401(["divine"]).run().code, 2);
    let beyond = format!("{ACCESS}:99999999999999999999");
    for args in [[""; 0].as_slice(), &[SCENARIO]] {
        let ended = explain([&[&*beyond], args].concat()).run();
        assert_eq!((ended.code, ended.data.as_str()), (2, ""));
        assert!(ended.talk.contains("no file has so many lines"));
    }
    let two = [format!("{ACCESS}:1"), format!("{ACCESS}:2")];
    assert_eq!(explain(two).run().code, 2);
}

#[test]
fn catalogues_are_data() {
    for command in ["causes", "formats"] {
        let text = why401([command]).run();
        assert_eq!((text.code, text.talk.as_str()), (0, ""));
        assert!(!text.data.contains('\x1b') && text.data.lines().count() > 2);
        assert!(!why401([command, "-o", "ndjson"]).findings().is_empty());
        let coloured = why401([command, "--color", "always"]).run();
        assert!(coloured.data.contains('\x1b'));
    }
}

/// 6000 refusals in as many seconds, each with its line.
fn many() -> (Vec<String>, Vec<String>) {
    let second = |n: i64| chrono::DateTime::from_timestamp(1_795_294_500 + n, 0).unwrap();
    let request = |n: i64| {
        let time = second(n).format("%d/%b/%Y:%H:%M:%S +0000");
        let client = n % 200;
        format!(
            "203.0.113.{client} - - [{time}] \"GET /organization HTTP/1.1\" 401 17 \"-\" \"curl\"\n"
        )
    };
    let line = |n: i64| {
        let (time, client) = (second(n).timestamp(), n % 200);
        format!(
            "{{\"event\": \"admin_auth_failure\", \"timestamp\": {time}, \"remote_address\": \
             \"203.0.113.{client}\", \"event_long\": \"Session expired\"}}\n"
        )
    };
    (
        (0..6000).map(request).collect(),
        (0..6000).map(line).collect(),
    )
}

#[test]
fn one_line_with_a_wrong_time_holds_nothing_back() {
    let (mut access, journal) = many();
    let hour_ahead = "198.51.100.1 - - [22/Nov/2026:13:00:00 +0000] \"GET / HTTP/1.1\" 200 9\n";
    access.insert(1000, hour_ahead.to_owned());
    let logs = folder(&[
        ("access.log", access.concat().as_bytes()),
        ("pritunl_journal.log", journal.concat().as_bytes()),
    ]);
    let findings = explain(["."]).within(logs.path()).findings();
    assert_eq!(findings.len(), 6000);
    assert!(
        findings
            .iter()
            .all(|f| f["cause"] == "expired_session" && f["logged"] == true)
    );
}

#[test]
fn a_log_in_the_wrong_order_claims_no_silence() {
    let (mut access, journal) = many();
    access.reverse();
    let logs = folder(&[
        ("access.log", access.concat().as_bytes()),
        ("pritunl_journal.log", journal.concat().as_bytes()),
    ]);
    let ended = explain(["."]).within(logs.path()).run();
    assert!(ended.findings().iter().all(|f| f["logged"] != false));
    assert!(ended.talk.contains("out of order"), "{}", ended.talk);
}

// ---- What is told, and how ------------------------------------------------------------------------------------

/// `explain` on the scenario, with these arguments.
fn scenario(args: &[&str]) -> binary::Ended {
    why401([&["explain", SCENARIO], args].concat()).run()
}

#[test]
fn json_is_one_array_of_what_ndjson_has_in_lines() {
    let array: Vec<Value> = serde_json::from_str(&scenario(&["-o", "json"]).data).unwrap();
    assert_eq!(array, explain([SCENARIO]).findings());
    let none = scenario(&["-o", "json", "--status=418"]);
    assert_eq!((none.code, none.data.as_str()), (0, "[]\n"));
}

#[test]
fn csv_is_a_table_with_a_row_for_each_finding() {
    let table = scenario(&["-o", "csv", "--client=198.51.100.50"]);
    let rows: Vec<&str> = table.data.split_terminator("\r\n").collect();
    assert_eq!((table.code, rows.len()), (0, 3));
    assert!(rows[0].starts_with("time,system,verdict,cause,candidates,"));
    let begins = "2026-11-21T20:55:39.958Z,pritunl,explained,clock_skew,clock_skew,high,true,198.51.100.50,,GET,";
    assert!(rows[1].starts_with(begins), "{}", rows[1]);
    let readme = fs::read_to_string("README.md").unwrap();
    for column in rows[0].split(',') {
        assert!(
            readme.contains(&format!("`{column}`")),
            "{column} is not in the README"
        );
    }
}

#[test]
fn last_is_the_newest_that_the_filters_accept() {
    let all = explain([SCENARIO, "--client=198.51.100.50"]).findings();
    let last = explain([SCENARIO, "--client=198.51.100.50", "--last"]).findings();
    let newest = all
        .iter()
        .max_by_key(|f| f["@timestamp"].as_str().unwrap().to_owned());
    assert_eq!(
        last.iter().collect::<Vec<_>>(),
        newest.into_iter().collect::<Vec<_>>()
    );
    let text = scenario(&["--client=198.51.100.50", "--last"]).data;
    assert!(
        text.contains("reason   pritunl_journal.log:50"),
        "with all its lines: {text}"
    );
    assert!(
        explain([SCENARIO, "--status=418", "--last"])
            .findings()
            .is_empty()
    );
}

#[test]
fn fail_on_is_1_for_what_was_told() {
    let code = |args: &[&str]| scenario(args).code;
    for (args, expected) in [
        (&["--fail-on=any"][..], 1),
        (&["--fail-on", "clock_skew"], 1),
        (&["--fail-on", "node_disabled", "--fail-on", "silent"], 1),
        (&["--fail-on", "node_disabled,unknown"], 0),
        // Left as a candidate only.
        (
            &["--client=198.51.100.4", "--fail-on=api_access_disabled"],
            1,
        ),
        // After the filters, and after the last one is chosen.
        (&["--status=418", "--fail-on=any"], 0),
        (&["--client=198.51.100.50", "--fail-on=wrong_password"], 0),
        (&["--last", "--fail-on=clock_skew"], 0),
    ] {
        assert_eq!(code(args), expected, "{args:?}");
    }
    // What was found may not be all there is.
    assert_eq!(code(&["/nowhere/access.log", "--fail-on=any"]), 3);
}

#[test]
fn for_user_names_nobody_and_nothing() {
    let one = scenario(&["--client=198.51.100.50", "--last", "--for-user"]);
    assert_eq!((one.code, one.talk.as_str()), (0, ""));
    insta::assert_snapshot!(one.data, @r"
    Refused 1 time, 2026-11-21 20:55:41 +00:00.
    Your device's clock does not agree with the server's: set the date and time automatically
    and try again.
    ");
    let all = scenario(&["--for-user"]).data;
    let findings = explain([SCENARIO]).findings();
    for finding in &findings {
        for secret in [
            &finding["source"]["ip"],
            &finding["user"]["name"],
            &finding["host"]["name"],
            &finding["id"],
        ] {
            let secret = secret.as_str().unwrap_or("198.51.100");
            assert!(!all.contains(secret), "{secret}");
        }
    }
    assert!(!all.contains(".log") && !all.contains('/'));
    for option in ["--each", "--considered", "-ojson"] {
        assert_eq!(scenario(&["--for-user", option]).code, 2, "{option}");
    }
}

/// Every line near a request is evidence of its finding, or told with why it is not: never both.
#[test]
fn considered_tells_every_other_line_and_why_it_lost() {
    let plain = explain([SCENARIO]).findings();
    let mut told = explain([SCENARIO, "--considered"]).findings();
    let owner: std::collections::HashMap<u64, u64> = plain
        .iter()
        .filter(|f| f["verdict"] == "explained" && !cited(f, "request").is_empty())
        .filter_map(|f| Some((cited(f, "reason").first()?.1, cited(f, "request")[0].1)))
        .collect();
    let mut kinds = std::collections::BTreeSet::new();
    for finding in &mut told {
        let considered = finding.as_object_mut().unwrap().remove("considered");
        let Some(Value::Array(considered)) = considered else {
            continue;
        };
        let own = [cited(finding, "reason"), cited(finding, "context")].concat();
        for line in &considered {
            let place = (
                line["file"].as_str().unwrap(),
                line["line"].as_u64().unwrap(),
            );
            assert!(
                !own.contains(&place),
                "{place:?} is evidence of {}",
                finding["id"]
            );
            let lost = line["lost"].as_str().unwrap();
            kinds.insert(lost.to_owned());
            match lost {
                "address" => assert_ne!(line["source"]["ip"], finding["source"]["ip"]),
                "used" => {
                    let by = line["by"]["line"].as_u64().unwrap();
                    assert!(owner.get(&place.1).is_none_or(|own| *own == by), "{line}");
                }
                "time" => assert!(line["delta_s"].as_f64().unwrap().abs() >= 1.0, "{line}"),
                _ => {}
            }
        }
    }
    assert_eq!(told, plain, "nothing else differs");
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    assert_eq!(kinds, ["address", "cause", "likelihood", "time", "used"]);
}

#[test]
fn considered_is_told_below_the_finding() {
    let asked = format!("{ACCESS}:48");
    let text = why401(["explain", &asked, "--considered"]).run().data;
    let (_, looked) = text.split_once("\n  looked   ").unwrap();
    for told in [
        "\"Auth signature mismatch\" is of 198.51.100.51",
        "\"Expired auth timestamp\" belongs to access.log:52",
    ] {
        assert!(
            looked
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(told),
            "{looked}"
        );
    }
}

#[test]
fn the_index_is_told_in_the_same_ways() {
    let folder = TempDir::new().unwrap();
    let index = folder.path().join("index.sqlite");
    let index = index.to_str().unwrap();
    assert_eq!(why401(["index", "--index", index, SCENARIO]).run().code, 0);
    for args in [
        &["-o", "json"][..],
        &["-o", "csv", "--client=198.51.100.50"],
        &["--last", "-o", "ndjson"],
        &["--for-user"],
        &["--fail-on=clock_skew", "-o", "ndjson"],
    ] {
        let stored = why401([&["explain", "--index", index], args].concat()).run();
        let read = scenario(args);
        assert_eq!(
            (stored.code, stored.data),
            (read.code, read.data),
            "{args:?}"
        );
    }
    // What else was looked at is not kept.
    assert_eq!(
        why401(["explain", "--index", index, "--considered"])
            .run()
            .code,
        2
    );
}
