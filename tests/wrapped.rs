//! What Docker, the journal and syslog put around lines changes no finding.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fmt::Write;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use binary::{ACCESS, JOURNAL, cited, explain};
use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Wraps the lines of a log, `n` being the number of each, written at `time`.
type Wrap = fn(line: &str, n: usize, time: DateTime<Utc>) -> String;

/// As Docker's `json-file` has it, lines cut where they are longer than this.
const CUT: usize = 150;

fn docker(line: &str, _: usize, time: DateTime<Utc>) -> String {
    let line = format!("{line}\n");
    let mut rest = &*line;
    let mut wrapped = String::new();
    while !rest.is_empty() {
        let end = (0..=CUT.min(rest.len()))
            .rev()
            .find(|at| rest.is_char_boundary(*at));
        let (log, after) = rest.split_at(end.unwrap());
        let time = time.format("%Y-%m-%dT%H:%M:%S.072123456Z").to_string();
        let entry = json!({"log": log, "stream": "stdout", "time": time});
        writeln!(wrapped, "{entry}").unwrap();
        rest = after;
    }
    wrapped
}

fn journal(line: &str, n: usize, time: DateTime<Utc>) -> String {
    // What is no UTF-8 would be bytes: now and then they are.
    let message = if n.is_multiple_of(7) {
        json!(line.as_bytes())
    } else {
        json!(line)
    };
    let entry = json!({
        "__CURSOR": format!("s=1;i={n}"),
        "__REALTIME_TIMESTAMP": time.timestamp_micros().to_string(),
        "_TRANSPORT": "stdout",
        "SYSLOG_IDENTIFIER": "server",
        "_PID": "812",
        "MESSAGE": message,
    });
    let other = json!({
        "__REALTIME_TIMESTAMP": "1795294511000000",
        "SYSLOG_IDENTIFIER": "sshd",
        "MESSAGE": "Connection closed",
    });
    format!("{entry}\n{other}\n")
}

fn short_iso(line: &str, _: usize, time: DateTime<Utc>) -> String {
    let time = time.with_timezone(&FixedOffset::east_opt(3600).unwrap());
    let time = time.format("%Y-%m-%dT%H:%M:%S%z");
    format!("{time} vpn-fra-01 server[812]: {line}\n")
}

fn rfc3164(line: &str, _: usize, time: DateTime<Utc>) -> String {
    let time = time.format("%b %e %H:%M:%S");
    let other = format!("{time} vpn-fra-01 CRON[99]: (root) CMD (true)");
    format!("{time} vpn-fra-01 server[812]: {line}\n{other}\n")
}

fn sent_by_nginx(line: &str, _: usize, time: DateTime<Utc>) -> String {
    let time = time.format("%b %e %H:%M:%S");
    format!("<190>{time} vpn-fra-01 nginx: {line}\n")
}

const WRAPS: [(&str, Wrap); 5] = [
    ("docker", docker),
    ("journal", journal),
    ("short-iso", short_iso),
    ("RFC 3164", rfc3164),
    ("nginx's syslog", sent_by_nginx),
];

/// When a line of the scenarios was written, if it says so; local times are `ahead` of UTC.
fn time_of(line: &str, ahead: TimeDelta) -> Option<DateTime<Utc>> {
    let at = |form: &str, text: &str| NaiveDateTime::parse_from_str(text, form).ok();
    let mut local = (0..line.len().min(40)).filter_map(|from| line.get(from..from + 19));
    let local = local.find_map(|text| at("%Y-%m-%d %H:%M:%S", text));
    local.map(|local| local.and_utc() - ahead)
}

fn wrapped(folder: &Path, log: &str, wrap: Wrap, ahead: TimeDelta) -> String {
    let text = fs::read_to_string(log).unwrap();
    let mut time = text
        .lines()
        .find_map(|line| time_of(line, ahead))
        .unwrap_or(START);
    let mut wrapped = String::new();
    for (line, n) in text.lines().zip(1..) {
        time = time_of(line, ahead).unwrap_or(time);
        wrapped.push_str(&wrap(line, n, time));
    }
    let name = Path::new(log).file_name().unwrap().to_str().unwrap();
    fs::write(folder.join(name), wrapped).unwrap();
    name.to_owned()
}

/// Of lines that tell no time of their own; they have a zone.
const START: DateTime<Utc> = DateTime::from_timestamp(1_795_294_511, 0).unwrap();

/// Findings without where their evidence stands and how it looks there.
fn bare(mut findings: Vec<Value>) -> Vec<Value> {
    for finding in &mut findings {
        finding.as_object_mut().unwrap().remove("id");
        for evidence in finding["evidence"].as_array_mut().unwrap() {
            let evidence = evidence.as_object_mut().unwrap();
            for place in ["file", "line", "offset", "length", "hash", "text"] {
                evidence.remove(place);
            }
        }
    }
    findings
}

/// `[["pritunl_journal.log", 12], …]`, of all evidence.
fn texts(findings: &[Value]) -> impl Iterator<Item = (&str, u64, &str)> {
    let evidence = findings
        .iter()
        .flat_map(|f| f["evidence"].as_array().unwrap());
    evidence.map(|e| {
        let (file, text) = (e["file"].as_str().unwrap(), e["text"].as_str().unwrap());
        (file, e["line"].as_u64().unwrap(), text)
    })
}

#[test]
fn findings_are_those_of_the_bare_logs() {
    let scenario = |name: &str, logs: &[&str]| -> Vec<String> {
        let path = |log: &&str| format!("fixtures/scenarios/{name}/{log}");
        logs.iter().map(path).collect()
    };
    let hour = TimeDelta::hours(1);
    let other =
        ["pritunl.access.json.log", "pritunl.log"].map(|log| format!("tests/scenarios/{log}"));
    for (logs, ahead) in [
        (
            scenario("pritunl", &["access.log", "pritunl_journal.log"]),
            hour,
        ),
        (other.to_vec(), hour),
        (
            scenario("wirebuddy", &["access.log", "wirebuddy.log"]),
            TimeDelta::zero(),
        ),
        (
            scenario(
                "privacyidea",
                &["access.log", "audit.log", "privacyidea.log"],
            ),
            hour,
        ),
    ] {
        let expected = bare(explain(&logs).findings());
        assert!(expected.len() > 50);
        for (name, wrap) in WRAPS {
            let folder = TempDir::new().unwrap();
            let names = logs
                .iter()
                .map(|log| wrapped(folder.path(), log, wrap, ahead));
            let names: Vec<String> = names.collect();
            let findings = explain(&names).within(folder.path()).findings();
            // Evidence is the line as it stands in the file, where nothing in it is secret.
            let is_shown = |text: &str| !text.is_empty() && !text.contains("[redacted]");
            let shown = texts(&findings).filter(|(.., text)| is_shown(text));
            for (file, line, text) in shown {
                let whole = fs::read_to_string(folder.path().join(file)).unwrap();
                let first = text.lines().next().unwrap();
                let stands = whole.lines().nth(usize::try_from(line).unwrap() - 1);
                assert_eq!(stands, Some(first), "{name}");
            }
            assert_eq!(bare(findings), expected, "{name}: {logs:?}");
        }
    }
}

/// The line is cited where its first piece stands, with all of them.
#[test]
fn a_line_that_docker_cut_is_one() {
    let folder = TempDir::new().unwrap();
    let line = r#"203.0.113.9 - - [21/Nov/2026:21:55:11 +0100] "GET /organization?pin=1234 HTTP/1.1" 401 17 "-" "curl/8.5.0 with a very long name that is cut in the middle, and cut once more""#;
    let log: String = [1, 2, 3].map(|n| docker(line, n, START)).concat();
    fs::write(folder.path().join("access.log"), &log).unwrap();
    let findings = explain(["access.log", "--system", "pritunl"])
        .within(folder.path())
        .findings();
    let places: Vec<_> = findings.iter().flat_map(|f| cited(f, "request")).collect();
    assert_eq!(
        places,
        [("access.log", 1), ("access.log", 3), ("access.log", 5)]
    );
    let evidence = &findings[1]["evidence"][0];
    let offset = usize::try_from(evidence["offset"].as_u64().unwrap()).unwrap();
    let length = usize::try_from(evidence["length"].as_u64().unwrap()).unwrap();
    let lines: Vec<_> = log[offset..offset + length].lines().collect();
    assert_eq!(lines, docker(line, 2, START).lines().collect::<Vec<_>>());
    // With a secret in it it is shown put together, for that may have been cut in two.
    assert_eq!(evidence["text"], line.replace("1234", "[redacted]"));
}

/// The newest of several logs, with uvicorn's own lines: their time is that of the wrapper.
#[test]
fn lines_without_a_time_take_the_wrappers() {
    let folder = TempDir::new().unwrap();
    let line = "INFO:     203.0.113.9:54321 - \"GET /organization HTTP/1.1\" 401 Unauthorized";
    let started = "INFO:     Application startup complete.";
    let write = |name: &str, lines: &[&str]| {
        fs::write(folder.path().join(name), lines.join("\n") + "\n").unwrap();
    };
    let times = |name: &str, more: &[&str]| -> Vec<String> {
        let args = [&[name, "--system", "pritunl"], more].concat();
        let ended = explain(args).within(folder.path()).run();
        let time = |f: &Value| f["@timestamp"].as_str().unwrap().to_owned();
        ended.findings().iter().map(time).collect()
    };
    write(
        "docker.log",
        &[
            docker(started, 1, START).trim_end(),
            docker(line, 7, START).trim_end(),
        ],
    );
    assert_eq!(times("docker.log", &[]), ["2026-11-21T20:55:11.072Z"]);
    write("journal.log", &[journal(line, 9, START).trim_end()]);
    assert_eq!(times("journal.log", &[]), ["2026-11-21T20:55:11.000Z"]);

    // A year is that of the file, even where a year ends within it; a zone is that of the host, or given.
    let syslog = |stamp: &str| format!("{stamp} vpn-fra-01 app[1]: {line}");
    write(
        "syslog.log",
        &[&syslog("Dec 31 23:59:59"), &syslog("Jan  1 00:00:01")],
    );
    let file = File::options()
        .append(true)
        .open(folder.path().join("syslog.log"))
        .unwrap();
    let modified: DateTime<Utc> = "2024-01-01T00:10:00Z".parse().unwrap();
    let modified = Duration::from_secs(modified.timestamp().unsigned_abs());
    file.set_modified(SystemTime::UNIX_EPOCH + modified)
        .unwrap();
    // A whole second has its middle as moment.
    let expected = ["2023-12-31T23:59:59.500Z", "2024-01-01T00:00:01.500Z"];
    assert_eq!(times("syslog.log", &[]), expected);
    let expected = ["2023-12-31T22:59:59.500Z", "2023-12-31T23:00:01.500Z"];
    assert_eq!(times("syslog.log", &["--timezone", "+01:00"]), expected);

    // Without anything around them nothing tells the time.
    write("bare.log", &[line, line]);
    let ended = explain(["bare.log"]).within(folder.path()).run();
    assert_eq!(ended.code, 3);
    assert!(ended.talk.contains("it has no times"), "{}", ended.talk);
}

#[test]
fn zstd_is_read_beside_gzip() {
    let folder = TempDir::new().unwrap();
    let expected = bare(explain([ACCESS, JOURNAL]).findings());
    let text = fs::read(ACCESS).unwrap();
    let half = text.iter().position(|b| *b == b'\n').unwrap() + 1;
    // Two frames, as after `zstd` was appended to.
    let frames = [&text[..half], &text[half..]].map(|part| zstd::bulk::compress(part, 3).unwrap());
    fs::write(folder.path().join("access.log.1.zst"), frames.concat()).unwrap();
    fs::copy(JOURNAL, folder.path().join("pritunl_journal.log")).unwrap();
    let logs = ["access.log.1.zst", "pritunl_journal.log"];
    assert_eq!(
        bare(explain(logs).within(folder.path()).findings()),
        expected
    );
}
