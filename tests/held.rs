//! A log that is truncated just when it is found, or met first: nobody takes what stands there by then for it.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use why401::input::{Input, Live, News, Options, Start, discover, set_of};
use why401::summary::{Position, Tally};

/// Refused requests with these numbers.
fn requests(numbers: std::ops::Range<u32>) -> String {
    let request = |n| {
        let (minute, second) = (n / 60, n % 60);
        format!(
            "192.0.2.1 - - [28/May/2026:20:{minute:02}:{second:02} +0000] \"GET /organization/n{n} HTTP/1.1\" 401 17 \"-\" \"a\"\n"
        )
    };
    numbers.map(request).collect()
}

/// The log in a folder that was found with so many bytes of it read.
fn found(log: &Path, read: u64) -> Input {
    let mut inputs = discover(&set_of(log), &Options::default()).inputs;
    let mut input = inputs.pop().unwrap();
    assert!(inputs.is_empty());
    let position = Position {
        offset: read,
        ..Position::default()
    };
    input.resume(Tally {
        position,
        ..Tally::default()
    });
    input
}

fn log(folder: &TempDir) -> PathBuf {
    folder.path().join("access.log")
}

// As the file is shorter than what was read of it, it would be taken for a copy of that; and the copy, which was left
// out for it, would be read from its beginning on.
#[test]
fn what_is_truncated_after_it_was_found_is_found_anew() {
    for now in [String::new(), requests(10..11), requests(10..30)] {
        let folder = TempDir::new().unwrap();
        let log = log(&folder);
        let then = requests(0..10);
        fs::write(&log, &then).unwrap();
        fs::write(folder.path().join("access.log.1"), &then).unwrap();
        let mut input = found(&log, then.len() as u64);
        assert!(input.is_still());
        fs::write(&log, &now).unwrap();
        assert!(Live::new(&mut input, Start::Beginning, &[None]).is_none());
    }
}

#[test]
fn what_has_grown_since_it_was_found_is_gone_on_with() {
    let folder = TempDir::new().unwrap();
    let log = log(&folder);
    let then = requests(0..10);
    fs::write(&log, &then).unwrap();
    let mut input = found(&log, then.len() as u64);
    fs::write(&log, requests(0..11)).unwrap();
    let (mut live, resumed) = Live::new(&mut input, Start::Beginning, &[None]).unwrap();
    assert_eq!(resumed.len(), 1);
    let [News::Lines(stretch)] = live.look(false)[..] else {
        panic!("not a stretch");
    };
    assert_eq!(stretch.from, then.len() as u64);
}

// Else it would be known by the line that begins another.
#[test]
fn what_is_truncated_before_it_is_met_is_not_known_by_what_follows() {
    let folder = TempDir::new().unwrap();
    let log = log(&folder);
    fs::write(&log, requests(0..10)).unwrap();
    let mut input = discover(&[&log], &Options::default()).inputs.remove(0);
    let (mut live, _) = Live::new(&mut input, Start::Beginning, &[]).unwrap();
    let [News::Lines(stretch)] = live.look(false)[..] else {
        panic!("not a stretch");
    };
    assert!(live.born(&stretch).unwrap().is_some());
    fs::write(&log, requests(10..30)).unwrap();
    assert!(live.born(&stretch).unwrap().is_none());
}
