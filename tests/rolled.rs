//! What an index counted when its findings were made says the same as the logs that they were made of.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;
mod night;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use binary::live::{Tail, ask, until};
use binary::why401;
use chrono::DateTime;
use night::troubles::{self, WRONG};
use night::{Night, START};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use why401::index::{Limits, Writer};

/// A scenario, a moment within it, a client, a name, and a path.
const NIGHTS: [(&str, [&str; 4]); 3] = [
    (
        "fixtures/scenarios/pritunl",
        ["2026-11-21T20:55:49Z", "198.51.100.40", "gina", "/auth/*"],
    ),
    (
        "fixtures/scenarios/wirebuddy",
        [
            "2026-11-21T20:46:02Z",
            "198.51.100.24",
            "mallory",
            "/api/login",
        ],
    ),
    (
        "fixtures/scenarios/privacyidea",
        [
            "2026-11-21T20:46:22Z",
            "198.51.100.31",
            "bob",
            "/validate/*",
        ],
    ),
];
/// Incidents that are asked for one by one.
const INCIDENTS: usize = 4;

fn run(args: &[&str]) -> String {
    let run = why401(args).run();
    assert_eq!(run.code, 0, "{args:?}: {}", run.talk);
    run.data
}

/// All that is told of some logs, or of an index: each with what it was asked.
fn told(from: &[&str], filters: &[Vec<&str>]) -> Vec<(String, String)> {
    let mut told = Vec::new();
    let mut ask = |command: &[&str], filter: &[&str]| {
        let said = run(&[command, from, filter].concat());
        told.push((format!("{command:?} {filter:?}"), said.clone()));
        said
    };
    for filter in filters {
        ask(&["report", "-o", "json"], filter);
        ask(&["report", "-o", "csv"], filter);
        ask(&["incidents", "-o", "json"], filter);
    }
    for output in ["html", "markdown", "text"] {
        ask(&["report", "-o", output], &filters[1]);
    }
    let incidents = ask(&["incidents", "-o", "ndjson"], &[]);
    for incident in incidents.lines().take(INCIDENTS) {
        let incident: Value = serde_json::from_str(incident).unwrap();
        let [id, first] = ["id", "first"].map(|field| incident[field].as_str().unwrap());
        // What was just before it is drawn, too.
        ask(
            &["report", "-o", "html"],
            &["--incident", id, "--until", first],
        );
        ask(&["report", "-o", "json"], &["--incident", id]);
        ask(&["report", "-o", "csv"], &["--incident", id]);
        ask(&["explain", "-o", "ndjson"], &["--incident", id]);
    }
    told
}

fn index(folder: &TempDir, logs: &str) -> String {
    let path = folder.path().join("index.db");
    let path = path.to_str().unwrap().to_owned();
    run(&["index", logs, "--index", &path]);
    path
}

fn change(index: &str, sql: &str) {
    let connection = Connection::open(index).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// A `tail` makes the findings beside its reading, again and again.
#[test]
fn an_index_that_is_followed_has_counted() {
    let (logs, files) = (
        "fixtures/scenarios/pritunl",
        ["access.log", "pritunl_journal.log"],
    );
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    for file in files {
        fs::copy(format!("{logs}/{file}"), folder.join(file)).unwrap();
    }
    let whole: Value = serde_json::from_str(&run(&["report", "-o", "json", logs])).unwrap();
    let index = folder.join("state/index.db");
    let index = index.to_str().unwrap();
    let counted = || {
        let told = why401(["report", "-o", "json", "--index", index]).run();
        serde_json::from_str::<Value>(&told.data).ok()
    };
    let tail = Tail::start(folder, &["--from-start", files[0], files[1]]);
    tail.catch_up(&files);
    let rolled = "SELECT 1 FROM rollup WHERE kind = 'gathered'";
    until(|| {
        let is_rolled = !ask(folder, rolled, |_| ()).is_empty();
        is_rolled && counted().is_some_and(|told| told["totals"] == whole["totals"])
    });
    let told = counted().unwrap();
    for field in ["headline", "clients", "over_time", "requests"] {
        assert_eq!(told[field], whole[field], "{field}");
    }
    // All but the names of the files.
    let gist = |of: &Value| {
        let incidents = of["incidents"].as_array().unwrap().iter();
        let gist = incidents.map(|i| {
            (
                i["id"].clone(),
                i["clients"].clone(),
                i["end"]["state"].clone(),
            )
        });
        gist.collect::<Vec<_>>()
    };
    assert_eq!(gist(&told), gist(&whole));
    tail.end();
}

#[test]
fn an_index_says_the_same_whether_it_counted_or_joins() {
    for (logs, [moment, client, name, path]) in NIGHTS {
        let filters = [
            vec![],
            vec!["--since", moment],
            vec!["--until", moment],
            vec!["--client", client],
            vec!["--principal", name],
            vec!["--path", path],
            vec!["--status", "4xx", "--verdict", "explained"],
            vec!["--cause", "wrong_password"],
        ];
        let folder = TempDir::new().unwrap();
        let index = index(&folder, logs);
        let from_logs = told(&[logs], &filters);
        // Without the events nothing can be joined: what is told now was counted.
        let copy = format!("{index}.copy");
        fs::copy(&index, &copy).unwrap();
        change(&index, "DELETE FROM block");
        let counted = told(&["--index", &index], &filters);
        // By another version, that calls things otherwise: it is joined.
        change(&copy, "UPDATE state SET value = 1 WHERE key = 'rolled_by'");
        let joined = told(&["--index", &copy], &filters);
        // Until this one counts.
        run(&["index", logs, "--index", &copy]);
        change(&copy, "DELETE FROM block");
        let again = run(&["report", "-o", "json", "--index", &copy]);
        assert_eq!(again, counted[0].1, "{logs}");
        assert_eq!(from_logs.len(), counted.len().max(joined.len()));
        for ((from_logs, counted), joined) in from_logs.iter().zip(&counted).zip(&joined) {
            let (asked, said) = from_logs;
            assert_eq!(said, &counted.1, "counted: {logs} {asked}");
            assert_eq!(said, &joined.1, "joined: {logs} {asked}");
        }
    }
}

/// Refuses so many clients ten times each, one after the other.
fn refusing(clients: i64) -> String {
    let mut log = String::new();
    for n in 0..clients * 10 {
        let (client, nth) = (n / 10, n % 10);
        let time = DateTime::from_timestamp(START + client * 1800 + nth * 20, 0).unwrap();
        let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
        let address = format!("10.0.{}.{}", client / 200, client % 200);
        let request = "\"GET /organization HTTP/1.1\" 401 17 \"-\" \"-\"";
        writeln!(log, "{address} - - [{time}] {request}").unwrap();
    }
    log
}

/// Nobody has to make room in the picture for clients that are not asked for.
#[test]
fn of_many_clients_those_are_drawn_that_are_asked_for() {
    let folder = TempDir::new().unwrap();
    let logs = folder.path().join("access.log");
    fs::write(&logs, refusing(1100)).unwrap();
    let logs = logs.to_str().unwrap();
    let index = index(&folder, logs);
    for client in ["10.0.0.0", "10.0.5.99"] {
        let report = |from: &[&str]| {
            let asked = ["report", "-o", "html", "--client", client];
            run(&[&asked, from].concat())
        };
        let from_logs = report(&[logs]);
        assert!(from_logs.contains("class=\"refused\""), "{client}");
        assert_eq!(report(&["--index", &index]), from_logs, "{client}");
    }
}

/// Lines of a clock that is ahead stay longer than what they tell of.
#[test]
fn what_was_thrown_away_is_in_no_report() {
    let mut night = Night::new(1);
    troubles::wrong_clock(&mut night);
    night.usual();
    let folder = TempDir::new().unwrap();
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    night.write(&logs);
    let index = index(&folder, logs.to_str().unwrap());
    let moment = DateTime::from_timestamp(START + WRONG.0 + 123, 0).unwrap();
    let report = || {
        let told = run(&["report", "-o", "json", "--index", &index]);
        serde_json::from_str::<Value>(&told).unwrap()
    };
    // It ends before it counts anew.
    let mut writer = Writer::open(Path::new(&index)).unwrap();
    let limits = Limits {
        since: Some(moment.timestamp_micros()),
        bytes: None,
    };
    writer.prune(limits).unwrap();
    drop(writer);
    let thrown_away = report();
    assert_eq!(thrown_away["all_refusals"], thrown_away["totals"]["all"]);
    let moment = moment.to_rfc3339();
    run(&["index", "--prune", "--max-age", &moment, "--index", &index]);
    assert_eq!(report(), thrown_away);
    change(&index, "UPDATE state SET value = 1 WHERE key = 'rolled_by'");
    assert_eq!(report(), thrown_away);
}

/// What was counted can be counted again: the next `index` does it, though there is nothing new to read.
#[test]
fn what_is_damaged_is_counted_again() {
    let logs = "fixtures/scenarios/pritunl";
    let folder = TempDir::new().unwrap();
    let index = index(&folder, logs);
    let asked = ["report", "-o", "json", "--index", &index];
    let whole = run(&asked);
    for damage in [
        "UPDATE rollup SET body = substr(body, 1, length(body) - 1) WHERE kind = 'outlines'",
        "UPDATE rollup SET body = x'ff' WHERE kind = 'gathered'",
    ] {
        change(&index, damage);
        let told = why401(asked).run();
        assert_eq!(told.code, 4, "{damage}");
        assert!(
            told.talk.contains("`why401 index LOG...` makes it anew"),
            "{}",
            told.talk
        );
        run(&["index", logs, "--index", &index]);
        assert_eq!(run(&asked), whole, "{damage}");
    }
    // A block that is missing is noticed, and all joined.
    change(&index, "DELETE FROM rollup WHERE kind = 'echoes'");
    assert_eq!(run(&asked), whole);
}
