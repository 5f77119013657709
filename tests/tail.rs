//! `tail`: the real binary on files that are written, rotated and truncated while it reads, or while it does not.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use binary::live::{PATIENCE, Tail, append, ask, by_id, found, gist, rotate, until};
use binary::{ACCESS, JOURNAL};
use rusqlite::Connection;
use rustix::fs::{CWD, Mode};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn what_a_line_proves_is_told_at_once_and_the_rest_later() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let (access, journal) = (
        fs::read_to_string(ACCESS).unwrap(),
        fs::read_to_string(JOURNAL).unwrap(),
    );
    // Without a line, line 3; with one, line 48, whose line is 46.
    let line = |text: &str, n: usize| text.lines().nth(n - 1).unwrap().to_owned() + "\n";
    let upto = |text: &str, n: usize| -> String { text.split_inclusive('\n').take(n).collect() };
    append(folder, "access.log", &upto(&access, 47));
    append(folder, "journal.log", &upto(&journal, 45));
    let tail = Tail::start(folder, &["access.log", "journal.log"]);
    tail.catch_up(&["access.log", "journal.log"]);
    append(folder, "journal.log", &line(&journal, 46));
    append(folder, "access.log", &line(&access, 48));
    let finding = tail.next();
    assert_eq!(
        (&finding["cause"], &finding["verdict"]),
        (&"clock_skew".into(), &"explained".into())
    );
    // The same request again, and nothing says why.
    let asked = Instant::now();
    append(
        folder,
        "access.log",
        &line(&access, 48).replace("198.51.100.50", "198.51.100.51"),
    );
    let finding = tail.next();
    assert_ne!(finding["logged"], true);
    let whole = found(folder, &["access.log", "journal.log"]);
    assert_eq!(
        gist(&finding),
        gist(&whole[finding["id"].as_str().unwrap()])
    );
    assert!(asked.elapsed() >= Duration::from_secs(2));
    assert_eq!(tail.end(), [Value::Null; 0]);
}

#[test]
fn it_goes_on_where_it_stopped_over_rotations() {
    for rotations in [1, 3, 5] {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        let mut written = 0;
        let mut write = |lines: u32| {
            let text: String = (0..lines).map(|n| request(written + n)).collect();
            written += lines;
            append(folder, "access.log", &text);
        };
        write(5);
        let tail = Tail::start(folder, &["--from-start", "access.log"]);
        tail.catch_up(&["access.log"]);
        tail.end();
        for _ in 0..rotations {
            write(3);
            rotate(folder, "access.log", 6);
        }
        write(2);
        let tail = Tail::start(folder, &["access.log"]);
        tail.catch_up(&["access.log.1", "access.log"]);
        tail.end();
        assert_eq!(numbers(folder), (0..7 + 3 * rotations).collect::<Vec<_>>());
        assert_eq!(gaps(folder), 0);
    }
}

#[test]
fn more_rotations_than_files_are_kept_leave_a_gap() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    append(folder, "access.log", &request(0));
    let tail = Tail::start(folder, &["--from-start", "access.log"]);
    tail.catch_up(&["access.log"]);
    tail.end();
    for n in 1..6 {
        rotate(folder, "access.log", 3);
        append(folder, "access.log", &request(n));
    }
    let tail = Tail::start(folder, &["access.log"]);
    tail.catch_up(&["access.log.3", "access.log.2", "access.log.1", "access.log"]);
    tail.end();
    assert_eq!(numbers(folder), [0, 2, 3, 4, 5]);
    assert_eq!(gaps(folder), 1);
}

// Who wrote a line while its log was truncated wrote the rest of it into the new one.
#[test]
fn a_log_that_begins_within_a_line_is_known_again() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let write = |numbers: std::ops::Range<u32>| {
        append(
            folder,
            "access.log",
            &numbers.map(request).collect::<String>(),
        );
    };
    write(0..5);
    let mut tail = Tail::start(folder, &["--from-start", "access.log"]);
    tail.catch_up(&["access.log"]);
    fs::write(folder.join("access.log"), &request(5)[40..]).unwrap();
    tail.says("truncated");
    for numbers in [6..9, 9..10] {
        write(numbers);
        tail.catch_up(&["access.log"]);
        tail.end();
        tail = Tail::start(folder, &["access.log"]);
    }
    tail.end();
    assert_eq!(numbers(folder), (0..5).chain(6..10).collect::<Vec<_>>());
    assert_eq!(gaps(folder), 1);
}

// What it reads between the copy and the truncation is not in the copy.
#[test]
fn a_copy_that_ends_before_what_was_read_is_known() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let run = || {
        let tail = Tail::start(folder, &["--from-start", "access.log"]);
        tail.catch_up(&["access.log"]);
        tail.end();
    };
    let text: String = (0..5).map(request).collect();
    append(folder, "access.log", &text);
    run();
    append(
        folder,
        "access.log.1",
        &text[..text.len() - request(4).len()],
    );
    fs::write(folder.join("access.log"), "").unwrap();
    append(folder, "access.log", &request(5));
    for n in 6..9 {
        run();
        assert_eq!(numbers(folder), (0..n).collect::<Vec<_>>());
        assert_eq!(gaps(folder), 1);
        append(folder, "access.log", &request(n));
    }
}

// None of what is known is there any more; that copies are made is known all the same.
#[test]
fn each_copy_that_nobody_saw_is_followed_by_a_gap() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let run = |files: &[&str]| {
        let tail = Tail::start(folder, &["--from-start", "access.log"]);
        tail.catch_up(files);
        tail.end();
    };
    let copy_and_truncate = || {
        let name = |n: u32| folder.join(format!("access.log.{n}"));
        for n in (1..3).rev() {
            let _ = fs::rename(name(n), name(n + 1));
        }
        fs::copy(folder.join("access.log"), name(1)).unwrap();
        fs::write(folder.join("access.log"), "").unwrap();
    };
    append(folder, "access.log", &request(0));
    run(&["access.log"]);
    for n in 1..6 {
        copy_and_truncate();
        append(folder, "access.log", &request(n));
        if n == 1 {
            run(&["access.log.1", "access.log"]);
            assert_eq!(gaps(folder), 1);
        }
    }
    run(&["access.log.3", "access.log.2", "access.log.1", "access.log"]);
    assert_eq!(numbers(folder), [0, 1, 2, 3, 4, 5]);
    // The first copy, what is not kept any more, and each copy that is.
    assert_eq!(gaps(folder), 1 + 1 + 3);
}

// What was read last is in no file any more; what comes now is younger all the same.
#[test]
fn what_is_written_after_a_truncation_that_nobody_saw_comes_last() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    append(folder, "access.log.1", &request(0));
    for n in 1..4 {
        append(folder, "access.log", &request(n));
        let tail = Tail::start(folder, &["--from-start", "access.log"]);
        tail.catch_up(&["access.log.1", "access.log"]);
        tail.end();
        fs::write(folder.join("access.log"), "").unwrap();
    }
    assert_eq!(numbers(folder), [0, 1, 2, 3]);
    assert_eq!(gaps(folder), 2);
}

/// A refused request with a number.
fn request(n: u32) -> String {
    let time = chrono::DateTime::from_timestamp(1_780_000_000 + i64::from(n / 1000), 0).unwrap();
    let stamp = time.format("%d/%b/%Y:%H:%M:%S +0000");
    format!(
        "192.0.2.{} - - [{stamp}] \"GET /organization/n{n}n HTTP/1.1\" 401 17 \"-\" \"a\"\n",
        n % 200
    )
}

/// The numbers of the requests in the index, in the order of the log.
fn numbers(folder: &Path) -> Vec<u32> {
    let query =
        "SELECT e.line_text FROM event e JOIN part p ON p.id = e.part ORDER BY p.rank, e.line";
    ask(folder, query, |row| {
        number(&row.get::<_, String>(0).unwrap())
    })
}

fn number(text: &str) -> u32 {
    let rest = text.split("/n").nth(1).unwrap();
    rest.split('n').next().unwrap().parse().unwrap()
}

fn gaps(folder: &Path) -> usize {
    ask(
        folder,
        "SELECT why FROM gaps WHERE bytes IS NOT NULL",
        |_| (),
    )
    .len()
}

/// Runs it where no file can be larger than so many KiB: EFBIG is the one error of a full device that can be had
/// everywhere. The limit is lifted from outside.
#[test]
fn while_the_disk_is_full_it_waits() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    append(folder, "access.log", &request(0));
    let mut tail = Tail::start(folder, &["--from-start", "--quiet", "access.log"]);
    tail.catch_up(&["access.log"]);
    tail.limit(Some(1 << 20));
    let text: String = (1..20_000).map(request).collect();
    append(folder, "access.log", &text);
    tail.says("reading waits");
    append(folder, "access.log", &request(20_000));
    tail.limit(None);
    tail.says("reading goes on");
    tail.catch_up(&["access.log"]);
    tail.end();
    assert_eq!(numbers(folder), (0..=20_000).collect::<Vec<_>>());
}

#[test]
fn while_another_program_has_locked_the_index_it_waits() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    append(folder, "access.log", &request(0));
    let mut tail = Tail::start(folder, &["--from-start", "access.log"]);
    tail.catch_up(&["access.log"]);
    assert!(tail.next().is_object());
    let other = Connection::open(folder.join("state/index.db")).unwrap();
    other.busy_timeout(PATIENCE).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    append(folder, "access.log", &request(1));
    tail.says("locked by another program; reading waits");
    append(folder, "access.log", &request(2));
    assert_eq!(numbers(folder), [0]);
    other.execute_batch("COMMIT").unwrap();
    drop(other);
    tail.says("reading goes on");
    tail.catch_up(&["access.log"]);
    let more = [tail.next(), tail.next()];
    assert!(more.iter().all(Value::is_object));
    tail.end();
    assert_eq!(numbers(folder), [0, 1, 2]);
}

/// What `docker logs` gives of a container.
fn docker(lines: &str) -> String {
    let line = |line: &str| {
        let record = serde_json::json!({
            "log": format!("{line}\n"), "stream": "stdout", "time": "2026-11-22T10:00:00.000000001Z",
        });
        format!("{record}\n")
    };
    lines.lines().map(line).collect()
}

#[test]
fn pipes_are_followed_several_at_once() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let (access, journal) = (
        fs::read_to_string(ACCESS).unwrap(),
        fs::read_to_string(JOURNAL).unwrap(),
    );
    append(folder, "journal.log", &journal);
    append(folder, "access.log", &access);
    let whole = found(folder, &["access.log", "journal.log"]);
    let fifo = folder.join("journal");
    rustix::fs::mkfifoat(CWD, &fifo, Mode::from_raw_mode(0o600)).unwrap();
    let (mut tail, mut input) = Tail::piped(folder, &["--from-start", "-", "journal"]);
    // Who writes into a named pipe may come and go.
    let half = journal.match_indices('\n').nth(40).unwrap().0 + 1;
    fs::write(&fifo, docker(&journal[..half])).unwrap();
    input.write_all(access.as_bytes()).unwrap();
    fs::write(&fifo, docker(&journal[half..])).unwrap();
    tail.says("following -, journal");
    until(|| {
        ask(folder, "SELECT sum(lines) FROM part", |r| {
            r.get(0).unwrap_or(0)
        }) == [access.lines().count() + journal.lines().count()]
    });
    drop(input);
    let told = tail.end();
    let causes = |findings: &[Value]| {
        let mut causes: Vec<_> = findings
            .iter()
            .map(gist)
            .map(|g| format!("{g:?}"))
            .collect();
        causes.sort();
        causes
    };
    let last: BTreeMap<String, Value> = by_id(told);
    let last: Vec<Value> = last.into_values().collect();
    let whole: Vec<Value> = whole.into_values().collect();
    assert_eq!(causes(&last), causes(&whole));
}

// `docker logs -f` begins with all that is there.
#[test]
fn a_pipe_that_tells_all_again_adds_only_what_is_new() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    for upto in [300, 500] {
        let (tail, mut input) = Tail::piped(folder, &["--from-start", "--quiet", "-"]);
        let text: String = (0..upto).map(request).collect();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        // It ends when all of its inputs have ended.
        assert!(tail.ended().is_empty());
        assert_eq!(numbers(folder), (0..upto).collect::<Vec<_>>());
    }
}
