//! One log in several forms: what is found does not depend on which of them is there, nor on whether several are.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use binary::{cited, explain};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use regex::Regex;
use rusqlite::Connection;
use serde_json::{Number, Value, json};
use tempfile::TempDir;

fn scenario(name: &str, log: &str) -> PathBuf {
    Path::new("fixtures/scenarios").join(name).join(log)
}

/// Line of the request, verdict, candidates and whether it was logged; of a failure without a request its client and
/// words.
fn told(findings: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in findings {
        let candidates = finding["candidates"].as_array().into_iter().flatten();
        let causes: Vec<_> = candidates.map(|c| c["cause"].to_string()).collect();
        let place = match cited(finding, "request").first() {
            Some((_, line)) => format!("{line}"),
            None => format!("{} {}", finding["source"]["ip"], finding["event"]["reason"]),
        };
        let verdict = format!("{} {}", finding["verdict"], finding["logged"]);
        let own = told.entry(place).or_default();
        own.push(format!("{verdict} {}", causes.join(" ")));
    }
    told
}

/// The findings that are not the same.
fn differing(own: &[Value], others: &[Value]) -> Vec<(String, Vec<String>, Vec<String>)> {
    let (own, others) = (told(own), told(others));
    let places = own.keys().chain(others.keys());
    let of =
        |all: &BTreeMap<String, Vec<String>>, place| all.get(place).cloned().unwrap_or_default();
    let both = places.map(|place| (place.clone(), of(&own, place), of(&others, place)));
    both.filter(|(_, own, other)| own != other).collect()
}

/// `log { output file … }` of a Caddyfile: Caddy's own names, headers as arrays, the end of the request as a fraction.
/// Of credentials that were `sent` it writes the name only.
fn as_caddy_writes(access: &str, sent: &[&str]) -> String {
    let line = Regex::new(
        r#"^(\S+) - (.*?) \[([^\]]+)\] "(\S+) (\S+) (\S+)" (\d+) (\d+) "[^"]*" "([^"]*)"$"#,
    )
    .unwrap();
    let mut log = String::new();
    for (number, text) in access.lines().enumerate() {
        let fields = line.captures(text).unwrap();
        let time = DateTime::parse_from_str(&fields[3], "%d/%b/%Y:%H:%M:%S %z").unwrap();
        let number_of = |field: usize| fields[field].parse::<u64>().unwrap();
        let mut headers = json!({"User-Agent": [&fields[9]], "X-Forwarded-Proto": ["https"]});
        for name in sent {
            headers[name] = json!([]);
        }
        let entry = json!({
            "level": if number_of(7) < 500 { "info" } else { "error" },
            "ts": Number::from_f64(format!("{}.9{number:04}", time.timestamp()).parse().unwrap()),
            "logger": "http.log.access.log0",
            "msg": "handled request",
            "request": {
                "remote_ip": &fields[1], "remote_port": "60011", "proto": &fields[6], "method": &fields[4],
                "host": "vpn.example", "uri": &fields[5],
                "headers": headers,
            },
            "user_id": "", "duration": 0.0001, "size": number_of(8), "status": number_of(7),
            "resp_headers": {"Server": ["Caddy"], "Content-Type": ["application/json"]},
        });
        writeln!(log, "{entry}").unwrap();
    }
    log
}

#[test]
fn caddys_log_is_explained_like_nginxs() {
    let folder = TempDir::new().unwrap();
    let access = fs::read_to_string(scenario("wirebuddy", "access.log")).unwrap();
    let caddy = folder.path().join("caddy-access.log");
    let log = as_caddy_writes(&access, &["Authorization", "Cookie"]);
    fs::write(&caddy, log).unwrap();
    let log = scenario("wirebuddy", "wirebuddy.log");
    let expected = explain([&scenario("wirebuddy", "access.log"), &log]).findings();
    let findings = explain([&caddy, &log]).findings();
    assert!(expected.len() > 50);
    assert_eq!(differing(&findings, &expected), []);

    // What was not sent cannot have expired.
    fs::write(&caddy, as_caddy_writes(&access, &[])).unwrap();
    let findings = told(&explain([&caddy, &log]).findings());
    let silent: Vec<_> = told(&expected)
        .into_iter()
        .filter(|(_, t)| t[0].contains("expired_session"))
        .collect();
    assert!(silent.len() > 5);
    let still = silent.iter().filter(|(line, _)| {
        findings[line][0].contains("expired_session")
            && findings[line][0].contains("missing_credentials")
    });
    assert_eq!(still.count(), 0, "{findings:#?}");
}

/// The records of the logger audit, and their local times of end.
fn records() -> Vec<(Value, String)> {
    let log = fs::read_to_string(scenario("privacyidea", "audit.log")).unwrap();
    let record = |line: &str| {
        let record: Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
        let form = "%Y-%m-%dT%H:%M:%S%.f";
        let ended = NaiveDateTime::parse_from_str(record["timestamp"].as_str().unwrap(), form);
        let local = ended.unwrap() + TimeDelta::hours(1);
        (record, local.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
    };
    log.lines().map(record).collect()
}

/// A column as the database has it: never null.
fn column(record: &Value, name: &str) -> String {
    match &record[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(is) => u8::from(*is).to_string(),
        other => other.to_string(),
    }
}

const COLUMNS: [&str; 14] = [
    "action",
    "success",
    "authentication",
    "serial",
    "token_type",
    "user",
    "realm",
    "resolver",
    "administrator",
    "action_detail",
    "info",
    "client",
    "policies",
    "thread_id",
];

fn database(path: &Path) {
    let audit = Connection::open(path).unwrap();
    let columns = COLUMNS.join(", ");
    audit
        .execute_batch(&format!(
            "CREATE TABLE pidea_audit (id INTEGER PRIMARY KEY, date, startdate, privacyidea_server, {columns})"
        ))
        .unwrap();
    for (record, ended) in records() {
        let began = column(&record, "startdate").replace('T', " ");
        let mut values = vec![ended, began, column(&record, "privacyidea_server")];
        values.extend(COLUMNS.map(|name| column(&record, name)));
        let marks = vec!["?"; values.len()].join(", ");
        let insert = format!("INSERT INTO pidea_audit VALUES (NULL, {marks})");
        audit
            .execute(&insert, rusqlite::params_from_iter(values))
            .unwrap();
    }
    // As the column's type has it.
    audit
        .execute(
            "UPDATE pidea_audit SET success = CAST(success AS INTEGER)",
            [],
        )
        .unwrap();
}

fn dump(path: &Path) {
    let mut csv = String::new();
    for ((record, ended), number) in records().iter().zip(1..) {
        let of = |name: &str| column(record, name);
        let row = [
            number.to_string(),
            ended.replace(' ', "T"),
            "OK".into(),
            "OK".into(),
            of("action"),
            of("authentication"),
            of("success"),
            of("serial"),
            of("token_type"),
            String::new(),
            String::new(),
            of("user"),
            of("realm"),
            of("resolver"),
            of("administrator"),
            of("action_detail"),
            of("info"),
            of("privacyidea_server"),
            of("policies"),
            of("client"),
            of("user_agent"),
            of("user_agent_version"),
            "default".into(),
            "default".into(),
            of("startdate"),
            "0.5".into(),
            of("thread_id"),
        ];
        writeln!(csv, "'{}'", row.join("','")).unwrap();
    }
    fs::write(path, csv).unwrap();
}

#[test]
fn privacyideas_audit_counts_once_in_whatever_forms_it_is_given() {
    let folder = TempDir::new().unwrap();
    let (sqlite, csv) = (
        folder.path().join("audit.sqlite"),
        folder.path().join("audit.csv"),
    );
    database(&sqlite);
    dump(&csv);
    let (access, log) = (
        scenario("privacyidea", "access.log"),
        scenario("privacyidea", "audit.log"),
    );
    let expected = told(&explain([&access, &log]).findings());
    assert!(expected.len() > 50);
    for forms in [
        vec![&sqlite],
        vec![&csv],
        vec![&log, &sqlite],
        vec![&csv, &log],
        vec![&csv, &sqlite],
        vec![&sqlite, &log, &csv],
    ] {
        let logs: Vec<_> = [&access].into_iter().chain(forms).collect();
        assert_eq!(told(&explain(&logs).findings()), expected, "{logs:?}");
    }
}

/// The audit is elsewhere, in another database: what the application log says of a login is all there is.
#[test]
fn without_an_audit_the_application_log_narrows_down() {
    let folder = TempDir::new().unwrap();
    for log in ["access.log", "privacyidea.log"] {
        let text = fs::read_to_string(scenario("privacyidea", log)).unwrap();
        // Its clock hangs in UTC.
        let text = text.replace("[2026-11-21 21:", "[2026-11-21 20:");
        fs::write(folder.path().join(log), text).unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let findings = explain([path]).findings();
    let with = |words: &str| -> Vec<&Value> {
        let cites = |f: &&Value| {
            let evidence = f["evidence"].as_array().into_iter().flatten();
            evidence
                .filter_map(|e| e["text"].as_str())
                .any(|text| text.contains(words))
        };
        findings.iter().filter(cites).collect()
    };
    let failed = with("failed to authenticate");
    assert_eq!(failed.len(), 5);
    assert!(
        failed
            .iter()
            .all(|f| f["verdict"] == "explained" && f["cause"] == "wrong_password")
    );
    // An administrator's own password is checked when no user has the name, so that both causes are left. Where another
    // request was refused in the same second, nobody can know whose line it is.
    let unknown = with("exists in NO resolver");
    let left = |finding: &&&Value| finding["candidates"].as_array().map(Vec::len) == Some(2);
    assert_eq!(unknown.iter().filter(left).count(), 3);
    assert!(unknown.iter().all(|f| f["verdict"] != "explained"));
}
