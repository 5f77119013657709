//! `tail` tells of an incident when it begins and when it is over, and of each once.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;
mod night;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use binary::live::{Tail, append, of_kind};
use binary::{ACCESS, JOURNAL, why401};
use night::troubles::{self, OLD};
use night::{END, Night};
use serde_json::Value;
use tempfile::TempDir;

const LOGS: [&str; 2] = ["access.log", "pritunl_journal.log"];

fn night() -> Night {
    let mut night = Night::new(1);
    troubles::old_secret(&mut night);
    night.usual();
    night
}

/// Lets the logs grow to what they are at this time.
fn grow(folder: &Path, night: &Night, until: i64) {
    let (access, journal) = night.until(until);
    for (name, text) in LOGS.into_iter().zip([access, journal]) {
        let size = fs::metadata(folder.join(name)).map_or(0, |m| m.len());
        append(folder, name, &text[usize::try_from(size).unwrap()..]);
    }
}

fn incidents(folder: &Path) -> Vec<Value> {
    let run = why401(["incidents", LOGS[0], LOGS[1], "-o", "ndjson"])
        .within(folder)
        .run();
    run.findings()
}

fn said(incident: &Value) -> (&str, &str) {
    let text = |name: &str| incident[name].as_str().unwrap();
    (text("turn"), text("id"))
}

#[test]
fn one_is_told_when_it_begins_and_when_it_is_over() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let night = night();
    grow(folder, &night, OLD.0 - 60);
    let tail = Tail::start(folder, &LOGS);
    tail.catch_up(&LOGS);
    grow(folder, &night, OLD.0 + 600);
    let begins = tail.next_incident();
    let (turn, id) = said(&begins);
    assert_eq!(turn, "begins", "{begins:#}");
    assert_eq!(begins["cause"], "signature_mismatch");
    assert_eq!(of_kind(tail.end_with_all(), "incident"), [Value::Null; 0]);

    // It is known by whoever goes on.
    let tail = Tail::start(folder, &LOGS);
    tail.catch_up(&LOGS);
    grow(folder, &night, END);
    let ends = tail.next_incident();
    assert_eq!(said(&ends), ("ends", id), "{ends:#}");
    assert_eq!(of_kind(tail.end_with_all(), "incident"), [Value::Null; 0]);

    let whole = incidents(folder);
    let same = whole.iter().find(|incident| incident["id"] == id).unwrap();
    assert_eq!(without_turn(ends.clone()), *same);
}

#[test]
fn those_of_a_log_that_is_read_whole_are_those_that_are_listed() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    for (name, from) in LOGS.into_iter().zip([ACCESS, JOURNAL]) {
        fs::copy(from, folder.join(name)).unwrap();
    }
    let tail = Tail::start(folder, &["--from-start", LOGS[0], LOGS[1]]);
    tail.catch_up(&LOGS);
    let mut last = BTreeMap::new();
    for incident in of_kind(tail.end_with_all(), "incident") {
        last.insert(said(&incident).1.to_owned(), without_turn(incident));
    }
    let listed = incidents(folder).into_iter();
    let listed = listed.filter(|incident| incident["level"] != "low");
    let listed: BTreeMap<String, Value> = listed
        .map(|incident| (incident["id"].as_str().unwrap().to_owned(), incident))
        .collect();
    assert!(listed.len() > 2);
    assert_eq!(last, listed);

    let sql = "SELECT id FROM incidents WHERE level <> 'low' ORDER BY id";
    let run = why401(["sql", "-o", "csv", "--index", "state/index.db", sql])
        .within(folder)
        .run();
    assert_eq!(run.code, 0, "{}", run.talk);
    let kept: Vec<&str> = run.data.lines().skip(1).collect();
    assert_eq!(kept, listed.keys().collect::<Vec<_>>());
}

fn without_turn(mut incident: Value) -> Value {
    incident.as_object_mut().unwrap().remove("turn");
    incident
}
