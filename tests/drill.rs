//! `tail` is killed again and again while several writers write and files are rotated: nothing is lost but inside a
//! gap that is told, nothing doubled, and what each writer wrote stays in order.
//!
//! A short run each time; `WHY401_DRILL=full` runs all of it.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use binary::drill::{Dice, kills, pause};
use binary::live::{Tail, ask, rotate, until};
use tempfile::TempDir;

const LOG: &str = "access.log";
const WRITERS: u32 = 4;
/// Lines that each writes every 20 ms, so that it is 2,000 lines a second in all.
const LINES: u32 = 10;
const EVERY: Duration = Duration::from_millis(20);
/// More than are rotated in the time in which it does not run.
const KEPT: u32 = 40;

/// A refused request, numbered by its writer.
fn request(writer: u32, n: u32) -> String {
    let time = chrono::DateTime::from_timestamp(1_780_000_000 + i64::from(n / 500), 0).unwrap();
    let stamp = time.format("%d/%b/%Y:%H:%M:%S +0000");
    format!(
        "192.0.2.{writer} - - [{stamp}] \"GET /organization/n{n}n HTTP/1.1\" 401 17 \"-\" \"a\"\n"
    )
}

/// Writers, and who rotates.
struct Writers {
    folder: PathBuf,
    /// The log was rotated so often.
    rotations: AtomicU32,
    is_over: AtomicBool,
    /// Lines of one log are never written into one another.
    turn: Mutex<()>,
}

impl Writers {
    fn start(folder: &Path) -> Arc<Self> {
        Arc::new(Self {
            folder: folder.to_owned(),
            rotations: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
            turn: Mutex::new(()),
        })
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Writes until it is over, and gives how many lines. The last of the writers is another process: it goes on
    /// with the old file for a while.
    fn write(&self, writer: u32) -> u32 {
        let mut written = 0;
        let open = || {
            let mut options = OpenOptions::new();
            let log = self.folder.join(LOG);
            options.append(true).create(true).open(log).unwrap()
        };
        let mut file = open();
        let (mut seen, mut noticed) = (0, Instant::now());
        let patience = Duration::from_millis(u64::from(writer / 3) * 300);
        while !self.is_over() {
            let rotations = self.rotations.load(Ordering::Relaxed);
            if rotations == seen {
                noticed = Instant::now();
            } else if noticed.elapsed() >= patience {
                seen = rotations;
                file = open();
            }
            let text: String = (0..LINES).map(|n| request(writer, written + n)).collect();
            written += LINES;
            // Also cut within a line.
            let (first, rest) = text.split_at(text.len() - 31);
            let turn = self.turn.lock().unwrap();
            file.write_all(first.as_bytes()).unwrap();
            file.write_all(rest.as_bytes()).unwrap();
            drop(turn);
            pause(EVERY);
        }
        written
    }

    /// Rotates every one to three seconds.
    fn rotate(&self, rotate: impl Fn(&Path)) {
        let mut dice = Dice(7);
        let mut due = Instant::now();
        while !self.is_over() {
            due += Duration::from_millis(1000 + dice.roll(2000));
            while !self.is_over() && Instant::now() < due {
                pause(EVERY);
            }
            rotate(&self.folder);
            self.rotations.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Has the log written and rotated while `tail` is started and killed, then lets it come to the end. Gives how much
/// each writer wrote.
fn drill(folder: &Path, rotate: impl Fn(&Path) + Send) -> Vec<u32> {
    let writers = Writers::start(folder);
    let written = thread::scope(|scope| {
        let write = |writer| {
            let writers = &writers;
            scope.spawn(move || writers.write(writer))
        };
        let all: Vec<_> = (0..WRITERS).map(write).collect();
        scope.spawn(|| writers.rotate(rotate));
        until(|| folder.join(LOG).exists());
        let mut dice = Dice(401);
        for _ in 0..kills(300) {
            let tail = Tail::start(folder, &["--from-start", "--quiet", LOG]);
            pause(Duration::from_millis(dice.roll(900)));
            tail.kill();
        }
        writers.is_over.store(true, Ordering::Relaxed);
        all.into_iter().map(|w| w.join().unwrap()).collect()
    });
    let tail = Tail::start(folder, &["--from-start", "--quiet", LOG]);
    tail.catch_up(&[LOG, "access.log.1"]);
    tail.end();
    written
}

/// A line in the index, and where it stands.
#[derive(Debug)]
struct Read {
    writer: u32,
    n: u32,
    rank: f64,
    offset: u64,
}

/// All lines, in the order of the log.
fn lines(folder: &Path) -> Vec<Read> {
    let query = "SELECT e.line_text, p.rank, e.offset FROM event e JOIN part p ON p.id = e.part
        ORDER BY p.rank, e.line";
    ask(folder, query, |row| {
        let text: String = row.get(0).unwrap();
        let between = |a: &str, b: &str| {
            let rest = text.split(a).nth(1).unwrap();
            rest.split(b).next().unwrap().parse().unwrap()
        };
        Read {
            writer: between("192.0.2.", " "),
            n: between("/n", "n"),
            rank: row.get(1).unwrap(),
            offset: row.get(2).unwrap(),
        }
    })
}

/// By writer, in the order of the log.
fn by_writer(lines: Vec<Read>) -> HashMap<u32, Vec<Read>> {
    let mut by_writer: HashMap<u32, Vec<Read>> = HashMap::new();
    for line in lines {
        by_writer.entry(line.writer).or_default().push(line);
    }
    by_writer
}

/// Where something is known to be lost.
fn gaps(folder: &Path) -> Vec<(f64, u64)> {
    let query = "SELECT p.rank, l.at FROM lost l JOIN part p ON p.id = l.part";
    ask(folder, query, |row| {
        (row.get(0).unwrap(), row.get(1).unwrap())
    })
}

#[test]
fn nothing_is_lost_or_doubled_when_files_are_renamed() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let written = drill(folder, |folder| rotate(folder, LOG, KEPT));
    let read = by_writer(lines(folder));
    for (writer, written) in (0..).zip(written) {
        let numbers: Vec<u32> = read[&writer].iter().map(|line| line.n).collect();
        assert_eq!(numbers.len(), written as usize);
        assert!(numbers.into_iter().eq(0..written), "out of order");
    }
    assert_eq!(gaps(folder), []);
}

#[test]
fn what_is_lost_when_files_are_copied_and_truncated_is_told() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let written = drill(folder, |folder| {
        let name = |n: u32| folder.join(format!("{LOG}.{n}"));
        for n in (1..KEPT).rev() {
            let _ = fs::rename(name(n), name(n + 1));
        }
        let log = folder.join(LOG);
        fs::copy(&log, name(1)).unwrap();
        let log = OpenOptions::new().write(true).open(log).unwrap();
        // Written in between is lost.
        pause(EVERY * 2);
        log.set_len(0).unwrap();
    });
    let read = by_writer(lines(folder));
    let gaps = gaps(folder);
    assert!(!gaps.is_empty());
    for (writer, written) in (0..).zip(written) {
        let lines = &read[&writer];
        for pair in lines.windows(2) {
            assert!(pair[0].n < pair[1].n, "doubled or out of order: {pair:?}");
        }
        let place = |line: &Read| (line.rank, line.offset);
        // The last rotation may be the last thing that happens.
        let last = lines.last().unwrap();
        let is_told = gaps.iter().any(|gap| place(last) < *gap);
        assert!(last.n + 1 == written || is_told, "lost at {writer}'s end");
        for pair in lines.windows(2) {
            let [a, b] = pair else { unreachable!() };
            let is_told = gaps.iter().any(|gap| place(a) < *gap && *gap <= place(b));
            assert!(a.n + 1 == b.n || is_told, "lost behind {writer}'s {}", a.n);
        }
    }
}
