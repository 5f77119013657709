//! Captures that are written as they once were, in real order: `tail` holds what `explain` finds in the whole.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use binary::live::{Tail, append, by_id, found, gist, rotate};
use binary::why401;
use serde_json::Value;
use tempfile::TempDir;
use why401::event::Micros;
use why401::input::{Options, discover};

/// What a log got at a moment.
struct Written {
    time: Micros,
    file: String,
    bytes: Vec<u8>,
}

/// A log's records, each with the lines behind it that are none.
fn pieces(path: &Path) -> Vec<Written> {
    let text = fs::read(path).unwrap();
    let file = path.file_name().unwrap().to_str().unwrap();
    let mut starts = Vec::new();
    let mut newest = Micros::MIN;
    for input in discover(&[path], &Options::default()).inputs {
        for record in input.records() {
            newest = newest.max(record.event.time.start);
            let at = usize::try_from(record.place.offset).unwrap();
            starts.push((at, newest));
        }
    }
    let ends = starts.iter().skip(1).map(|(at, _)| *at);
    let ends: Vec<usize> = ends.chain([text.len()]).collect();
    // What stands before the first record comes with it.
    starts[0].0 = 0;
    let written = |((at, time), end): ((usize, Micros), usize)| Written {
        time,
        file: file.to_owned(),
        bytes: text[at..end].to_vec(),
    };
    starts.into_iter().zip(ends).map(written).collect()
}

/// A capture in the order in which it was written.
fn script(folder: &Path, files: &[&str]) -> Vec<Written> {
    let of = |file: &&str| pieces(&folder.join(file));
    let mut script: Vec<_> = files.iter().flat_map(of).collect();
    script.sort_by_key(|written| written.time);
    script
}

/// How it is written: in so long, or at once where that is nothing.
fn play(folder: &Path, script: &[Written], takes: Duration) {
    let (_never, tick) = channel::<()>();
    let (first, last) = (script[0].time, script[script.len() - 1].time);
    let span = u128::from((last - first).unsigned_abs().max(1));
    let began = Instant::now();
    for written in script {
        let since = u128::from((written.time - first).unsigned_abs());
        let due = takes * u32::try_from(since * 10_000 / span).unwrap() / 10_000;
        let _ = tick.recv_timeout(due.saturating_sub(began.elapsed()));
        append(folder, &written.file, str(&written.bytes));
    }
}

fn str(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What was told last under each id.
fn last_word(told: Vec<Value>) -> BTreeMap<String, Value> {
    let mut last = BTreeMap::new();
    for finding in told {
        let id = finding["id"].as_str().unwrap().to_owned();
        match finding.get("withdrawn") {
            Some(_) => drop(last.remove(&id)),
            None => drop(last.insert(id, finding)),
        }
    }
    last
}

/// The capture's beginning is there, the rest is written while it is followed.
fn assert_told(capture: &Path, files: &[&str], takes: Duration) {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let script = script(capture, files);
    // So much that each log can be recognised.
    let begun = |file: &&str| script.iter().position(|w| w.file == **file).unwrap();
    let begun = files.iter().map(begun).max().unwrap() + 1;
    let (before, rest) = script.split_at(begun);
    play(folder, before, Duration::ZERO);
    let mut args = vec!["--from-start"];
    args.extend(files);
    let tail = Tail::start(folder, &args);
    tail.catch_up(files);
    play(folder, rest, takes);
    tail.catch_up(files);
    let told = last_word(tail.end());
    let whole = found(folder, files);
    assert!(!whole.is_empty());
    let (told_ids, ids): (Vec<_>, Vec<_>) = (told.keys().collect(), whole.keys().collect());
    assert_eq!(told_ids, ids, "{}", capture.display());
    for (id, finding) in &whole {
        assert_eq!(gist(&told[id]), gist(finding), "{}", capture.display());
    }
    let index = ["explain", "-o", "ndjson", "--index", "state/index.db"];
    assert_eq!(by_id(why401(index).within(folder).findings()), whole);
}

/// Those of the project, and others where one names their folder.
fn captures() -> Vec<(PathBuf, Vec<&'static str>)> {
    const LOGS: &[&str] = &[
        "access.log",
        "audit.log",
        "pritunl_journal.log",
        "privacyidea.log",
        "wirebuddy.log",
    ];
    let others = std::env::var_os("WHY401_CAPTURES").map(PathBuf::from);
    let folders = [PathBuf::from("fixtures/scenarios")]
        .into_iter()
        .chain(others);
    let captures = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut captures: Vec<_> = captures.map(|capture| capture.unwrap().path()).collect();
    captures.sort();
    let logs = |capture: PathBuf| {
        let logs = LOGS.iter().copied();
        let logs = logs.filter(|log| capture.join(log).exists()).collect();
        (capture, logs)
    };
    captures.into_iter().map(logs).collect()
}

#[test]
fn written_as_they_were_only_faster() {
    for (capture, files) in captures() {
        assert_told(&capture, &files, Duration::from_secs(8));
    }
}

#[test]
fn written_at_once() {
    for (capture, files) in captures() {
        assert_told(&capture, &files, Duration::ZERO);
    }
}

#[test]
fn written_over_a_rotation_and_told_only_what_is_new() {
    let capture = Path::new("fixtures/scenarios/pritunl");
    let files = ["access.log", "pritunl_journal.log"];
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let script = script(capture, &files);
    let (before, rest) = script.split_at(script.len() / 3);
    play(folder, before, Duration::ZERO);
    let old = found(folder, &files);
    let tail = Tail::start(folder, &files);
    tail.catch_up(&files);
    let (now, then) = rest.split_at(rest.len() / 2);
    play(folder, now, Duration::ZERO);
    for file in files {
        rotate(folder, file, 5);
    }
    play(folder, then, Duration::ZERO);
    let all = [
        "access.log.1",
        "access.log",
        "pritunl_journal.log.1",
        "pritunl_journal.log",
    ];
    tail.catch_up(&all);
    let told = last_word(tail.end());
    let whole = found(folder, &all);
    assert!(whole.len() > old.len() + 20);
    for (id, finding) in &whole {
        match told.get(id) {
            Some(told) => assert_eq!(gist(told), gist(finding)),
            None => assert!(old.contains_key(id), "{finding}"),
        }
    }
    assert!(told.keys().all(|id| whole.contains_key(id)));
    let index = ["explain", "-o", "ndjson", "--index", "state/index.db"];
    assert_eq!(by_id(why401(index).within(folder).findings()), whole);
}
