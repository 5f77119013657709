//! `tail`: the real binary on files that are written, rotated and truncated while it reads, or while it does not.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use binary::{ACCESS, JOURNAL, explain, why401};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;

/// How long is waited for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `tail`.
struct Tail {
    child: Child,
    /// Its lines on standard output.
    told: Receiver<String>,
    folder: PathBuf,
}

impl Tail {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_why401"))
            .args(["tail", "-o", "ndjson", "--index", "state/index.db"])
            .args(args)
            .current_dir(folder)
            .env_clear()
            .env("TZ", "UTC")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, told) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        });
        // What it says beside is drained, so that it never waits.
        let talk = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || talk.lines().map_while(Result::ok).for_each(drop));
        let folder = folder.to_owned();
        Self {
            child,
            told,
            folder,
        }
    }

    /// Its next finding.
    fn next(&self) -> Value {
        serde_json::from_str(&self.told.recv_timeout(PATIENCE).unwrap()).unwrap()
    }

    /// Waits until the index has come to the end of every file.
    fn catch_up(&self, files: &[&str]) {
        let size = |file: &&str| fs::metadata(self.folder.join(file)).map_or(0, |m| m.len());
        let wanted: u64 = files.iter().map(size).sum();
        until(|| {
            let read = read_of(&self.folder);
            let read = files
                .iter()
                .map(|file| read.get(*file).copied().unwrap_or(0));
            read.sum::<u64>() == wanted
        });
    }

    /// Asks it to end, and gives what was told and not yet taken.
    fn end(mut self) -> Vec<Value> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
        let mut findings = Vec::new();
        while let Ok(line) = self.told.recv_timeout(PATIENCE) {
            findings.push(serde_json::from_str(&line).unwrap());
        }
        findings
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Waits for something that must happen: asks again and again, and never long.
fn until(mut happens: impl FnMut() -> bool) {
    let began = Instant::now();
    let (_never, tick) = channel::<()>();
    while !happens() {
        assert!(began.elapsed() < PATIENCE, "it did not happen");
        assert_eq!(
            tick.recv_timeout(Duration::from_millis(20)),
            Err(RecvTimeoutError::Timeout)
        );
    }
}

fn ask<T>(folder: &Path, query: &str, row: impl Fn(&rusqlite::Row<'_>) -> T) -> Vec<T> {
    let index = folder.join("state/index.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let Ok(connection) = Connection::open_with_flags(index, flags) else {
        return Vec::new();
    };
    connection.busy_timeout(PATIENCE).unwrap();
    let Ok(mut rows) = connection.prepare(query) else {
        return Vec::new();
    };
    let rows = rows.query_map([], |r| Ok(row(r))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// How far each file was read.
fn read_of(folder: &Path) -> BTreeMap<String, u64> {
    let row = |row: &rusqlite::Row<'_>| (row.get(0).unwrap(), row.get(1).unwrap());
    ask(folder, "SELECT file, position FROM inputs", row)
        .into_iter()
        .collect()
}

fn append(folder: &Path, file: &str, text: &str) {
    let mut options = OpenOptions::new();
    let mut file = options
        .append(true)
        .create(true)
        .open(folder.join(file))
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// As Pritunl does it.
fn rotate(folder: &Path, file: &str, kept: u32) {
    let name = |n: u32| {
        folder.join(if n == 0 {
            file.to_owned()
        } else {
            format!("{file}.{n}")
        })
    };
    let _ = fs::remove_file(name(kept));
    for n in (0..kept).rev() {
        let _ = fs::rename(name(n), name(n + 1));
    }
}

/// What `explain` finds in these files, by id.
fn found(folder: &Path, files: &[&str]) -> BTreeMap<String, Value> {
    by_id(explain(files).within(folder).run().findings())
}

fn by_id(findings: Vec<Value>) -> BTreeMap<String, Value> {
    let id = |f: Value| (f["id"].as_str().unwrap().to_owned(), f);
    findings.into_iter().map(id).collect()
}

/// What is told of a finding, wherever its lines are by then.
fn gist(finding: &Value) -> (Value, Value, Value) {
    let of = |name: &str| finding.get(name).cloned().unwrap_or_default();
    (of("verdict"), of("candidates"), of("logged"))
}

#[test]
fn after_the_same_lines_it_holds_what_explain_finds() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let (access, journal) = (
        fs::read_to_string(ACCESS).unwrap(),
        fs::read_to_string(JOURNAL).unwrap(),
    );
    let halves = |text: &str, at| {
        let at = text.match_indices('\n').nth(at).unwrap().0 + 1;
        (text[..at].to_owned(), text[at..].to_owned())
    };
    let (access_before, access) = halves(&access, 30);
    let (journal_before, journal) = halves(&journal, 28);
    append(folder, "access.log", &access_before);
    append(folder, "journal.log", &journal_before);
    let before = found(folder, &["access.log", "journal.log"]);
    let tail = Tail::start(folder, &["access.log", "journal.log"]);
    tail.catch_up(&["access.log", "journal.log"]);
    // In the order in which they were written, as far as one can know; cut within lines; rotated on the way.
    let (mut access, mut journal) = (access.as_str(), journal.as_str());
    let mut turn = 0;
    while !access.is_empty() || !journal.is_empty() {
        for (file, rest) in [("journal.log", &mut journal), ("access.log", &mut access)] {
            let (now, then) = rest.split_at(rest.len().min(701));
            append(folder, file, now);
            *rest = then;
        }
        turn += 1;
        if turn == 7 {
            let (now, then) = journal.split_at(journal.find('\n').unwrap() + 1);
            append(folder, "journal.log", now);
            journal = then;
            rotate(folder, "journal.log", 5);
        }
    }
    tail.catch_up(&["access.log", "journal.log.1", "journal.log"]);
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    for finding in tail.end() {
        let id = finding["id"].as_str().unwrap().to_owned();
        match finding.get("withdrawn") {
            Some(_) => drop(told.remove(&id)),
            None => drop(told.insert(id, finding)),
        }
    }
    let files = ["access.log", "journal.log.1", "journal.log"];
    let whole = found(folder, &files);
    assert!(whole.len() > before.len() + 20);
    for (id, finding) in &whole {
        match told.get(id) {
            Some(told) => assert_eq!(gist(told), gist(finding)),
            // Of what was there before nothing is told.
            None => assert!(before.contains_key(id), "{finding}"),
        }
    }
    assert!(told.keys().all(|id| whole.contains_key(id)));
    let index = ["explain", "-o", "ndjson", "--index", "state/index.db"];
    assert_eq!(by_id(why401(index).within(folder).findings()), whole);
}

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

/// Writes numbered lines and rotates, until it is told to end; gives how many it wrote.
fn writer(folder: &Path, mut rotate: impl FnMut(&Path) + Send + 'static) -> impl FnOnce() -> u32 {
    let folder = folder.to_owned();
    let (end, ended) = channel::<()>();
    let writer = thread::spawn(move || {
        let mut written = 0;
        let began = Instant::now();
        let mut rotated = began;
        loop {
            let text: String = (0..20).map(|n| request(written + n)).collect();
            written += 20;
            // Also cut within a line.
            let (first, rest) = text.split_at(text.len() - 31);
            append(&folder, "access.log", first);
            append(&folder, "access.log", rest);
            if rotated.elapsed() > Duration::from_millis(700) {
                rotated = Instant::now();
                rotate(&folder);
            }
            match ended.recv_timeout(Duration::from_millis(10)) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return written,
            }
        }
    });
    move || {
        drop(end);
        writer.join().unwrap()
    }
}

/// Starts it and kills it after a while, again and again; then lets it come to the end.
fn drill(folder: &Path, kills: u32) {
    let mut seed: u32 = 401;
    let (_never, wait) = channel::<()>();
    for _ in 0..kills {
        // A generator of Lehmer's.
        seed = (u64::from(seed) * 48_271 % 0x7FFF_FFFF) as u32;
        let tail = Tail::start(folder, &["--from-start", "--quiet", "access.log"]);
        let _ = wait.recv_timeout(Duration::from_millis(u64::from(seed % 900)));
        tail.kill();
    }
}

fn kills() -> u32 {
    let is_full = std::env::var_os("WHY401_DRILL").is_some_and(|v| v == "full");
    if is_full { 300 } else { 8 }
}

#[test]
fn nothing_is_lost_or_doubled_when_it_is_killed_while_logs_are_rotated() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    // More are kept than are rotated in the time in which it does not run.
    let end = writer(folder, |folder| rotate(folder, "access.log", 40));
    until(|| folder.join("access.log").exists());
    drill(folder, kills());
    let written = end();
    let tail = Tail::start(folder, &["--from-start", "--quiet", "access.log"]);
    tail.catch_up(&["access.log", "access.log.1"]);
    tail.end();
    let read = numbers(folder);
    assert_eq!(read.len(), written as usize);
    assert!(read.iter().copied().eq(0..written), "out of order");
}

#[test]
fn what_is_lost_when_files_are_copied_and_truncated_is_told() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    // In the time between the copy and the truncation a line is written.
    let end = writer(folder, |folder| {
        rotate_copies(folder, 40);
        fs::copy(folder.join("access.log"), folder.join("access.log.1")).unwrap();
        append(folder, "access.log", &request(u32::MAX));
        let file = OpenOptions::new()
            .write(true)
            .open(folder.join("access.log"));
        file.unwrap().set_len(0).unwrap();
    });
    until(|| folder.join("access.log").exists());
    drill(folder, kills());
    let written = end();
    let tail = Tail::start(folder, &["--from-start", "--quiet", "access.log"]);
    tail.catch_up(&["access.log"]);
    tail.end();
    let read: Vec<u32> = numbers(folder)
        .into_iter()
        .filter(|n| *n != u32::MAX)
        .collect();
    assert!(
        read.is_sorted_by(|a, b| a < b),
        "doubled or out of order: {read:?}"
    );
    assert_eq!(read.last(), Some(&(written - 1)));
    assert!(gaps(folder) > 0);
    // What is missing stands before a part, and a gap behind the part before that one.
    let query = "SELECT e.line_text, p.id IN (SELECT part FROM lost)
        FROM event e JOIN part p ON p.id = e.part ORDER BY p.rank, e.line";
    let rows: Vec<(u32, bool)> = ask(folder, query, |row| {
        (
            number(&row.get::<_, String>(0).unwrap()),
            row.get(1).unwrap(),
        )
    });
    let rows: Vec<_> = rows.into_iter().filter(|(n, _)| *n != u32::MAX).collect();
    for pair in rows.windows(2) {
        let is_next = pair[1].0 == pair[0].0 + 1;
        assert!(
            is_next || pair[0].1,
            "lost without a gap behind {}",
            pair[0].0
        );
    }
}

/// Older files move up; the newest stays.
fn rotate_copies(folder: &Path, kept: u32) {
    for n in (1..kept).rev() {
        let name = |n: u32| folder.join(format!("access.log.{n}"));
        let _ = fs::rename(name(n), name(n + 1));
    }
}
