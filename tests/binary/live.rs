//! A running `tail`, the files that it follows, and the index that it keeps.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use rustix::process::Signal;
use serde_json::Value;

use super::explain;

/// How long is waited for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running `tail`.
pub struct Tail {
    child: Child,
    /// Its lines on standard output.
    told: Receiver<String>,
    /// On standard error; and what of it was taken so far.
    talk: Receiver<String>,
    said: Vec<String>,
    folder: PathBuf,
}

impl Tail {
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        Self::spawn(folder, args, &[], Stdio::null())
    }

    /// With its standard input.
    pub fn piped(folder: &Path, args: &[&str]) -> (Self, ChildStdin) {
        let mut tail = Self::spawn(folder, args, &[], Stdio::piped());
        let input = tail.child.stdin.take().unwrap();
        (tail, input)
    }

    pub fn in_environment(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::spawn(folder, args, environment, Stdio::null())
    }

    fn spawn(folder: &Path, args: &[&str], environment: &[(&str, &str)], input: Stdio) -> Self {
        // A file that grows too large is an error, as a full disk is, and does not kill it.
        let mut child = Command::new("bash")
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "-"])
            .arg(env!("CARGO_BIN_EXE_why401"))
            .args(["tail", "-o", "ndjson", "--index", "state/index.db"])
            .args(args)
            .current_dir(folder)
            .env_clear()
            .env("TZ", "UTC")
            .envs(environment.iter().copied())
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            told: lines(child.stdout.take().unwrap()),
            talk: lines(child.stderr.take().unwrap()),
            said: Vec::new(),
            child,
            folder: folder.to_owned(),
        }
    }

    /// Waits until it has said something of this kind.
    pub fn says(&mut self, what: &str) -> String {
        loop {
            if let Some(line) = self.said.iter().find(|line| line.contains(what)) {
                return line.clone();
            }
            let line = self.talk.recv_timeout(PATIENCE);
            self.said
                .push(line.unwrap_or_else(|_| panic!("not {what}, but {:?}", self.said)));
        }
    }

    /// Its next finding. Alerts and incidents are passed over.
    pub fn next(&self) -> Value {
        loop {
            let told = self.told.recv_timeout(PATIENCE).unwrap();
            let told = serde_json::from_str(&told).unwrap();
            if is_of(&told, "finding") {
                return told;
            }
        }
    }

    /// Waits until the index has come to the end of every file.
    pub fn catch_up(&self, files: &[&str]) {
        let size = |file: &str| fs::metadata(self.folder.join(file)).map_or(0, |m| m.len());
        until(|| {
            let read = read_of(&self.folder);
            let is_read = |file: &&str| read.get(*file).copied().unwrap_or(0) >= size(file);
            files.iter().all(is_read)
        });
    }

    /// No file that it writes can be larger from now on; `None`: any can.
    pub fn limit(&self, bytes: Option<u64>) {
        let limit = rustix::process::Rlimit {
            current: bytes,
            maximum: None,
        };
        let pid = Some(rustix::process::Pid::from_child(&self.child));
        rustix::process::prlimit(pid, rustix::process::Resource::Fsize, limit).unwrap();
    }

    /// Asks it to end, and gives the findings that were told and not yet taken.
    pub fn end(self) -> Vec<Value> {
        of_kind(self.end_with_all(), "finding")
    }

    /// The same, with alerts and incidents.
    pub fn end_with_all(mut self) -> Vec<Value> {
        self.says("following");
        self.signal(Signal::TERM);
        self.told()
    }

    /// Asks it to read its configuration again.
    pub fn hang_up(&mut self) {
        self.signal(Signal::HUP);
    }

    fn signal(&self, signal: Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until it has ended by itself, and gives the findings that were told and not yet taken.
    pub fn ended(self) -> Vec<Value> {
        of_kind(self.told(), "finding")
    }

    fn told(mut self) -> Vec<Value> {
        assert!(self.child.wait().unwrap().success());
        let mut all = Vec::new();
        while let Ok(line) = self.told.recv_timeout(PATIENCE) {
            all.push(serde_json::from_str(&line).unwrap());
        }
        all
    }

    /// The next incident that it tells of.
    pub fn next_incident(&self) -> Value {
        loop {
            let told = self.told.recv_timeout(PATIENCE).unwrap();
            let told = serde_json::from_str(&told).unwrap();
            if is_of(&told, "incident") {
                return told;
            }
        }
    }

    /// As the system kills it.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Tail {
    /// Nothing is left behind by a test that fails.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Those that are findings, alerts or incidents.
pub fn of_kind(all: Vec<Value>, kind: &str) -> Vec<Value> {
    all.into_iter().filter(|told| is_of(told, kind)).collect()
}

fn is_of(told: &Value, kind: &str) -> bool {
    told["schema"] == format!("why401.{kind}/1")
}

/// What it writes, line by line, so that it never has to wait for who reads.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (lines, told) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
    told
}

/// Waits for something that must happen: asks again and again, and never long.
pub fn until(mut happens: impl FnMut() -> bool) {
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

pub fn ask<T>(folder: &Path, query: &str, row: impl Fn(&rusqlite::Row<'_>) -> T) -> Vec<T> {
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

/// How far each file was read: with the last record, which may go on, and the end of its line (CR LF at most).
pub fn read_of(folder: &Path) -> BTreeMap<String, u64> {
    let row = |row: &rusqlite::Row<'_>| (row.get(0).unwrap(), row.get(1).unwrap());
    let query = "SELECT name, position_offset + coalesce(open_bytes + 2, 0) FROM part";
    ask(folder, query, row).into_iter().collect()
}

pub fn append(folder: &Path, file: &str, text: &str) {
    let mut options = OpenOptions::new();
    let mut file = options
        .append(true)
        .create(true)
        .open(folder.join(file))
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// As Pritunl does it.
pub fn rotate(folder: &Path, file: &str, kept: u32) {
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
pub fn found(folder: &Path, files: &[&str]) -> BTreeMap<String, Value> {
    by_id(explain(files).within(folder).run().findings())
}

pub fn by_id(findings: Vec<Value>) -> BTreeMap<String, Value> {
    let id = |f: Value| (f["id"].as_str().unwrap().to_owned(), f);
    findings.into_iter().map(id).collect()
}

/// What a change of is told again: verdict, causes, and whether there is a line.
pub fn gist(finding: &Value) -> (Value, Vec<Value>, Value) {
    let of = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    let candidates = finding["candidates"].as_array();
    let causes = candidates.into_iter().flatten().map(|c| of(c, "cause"));
    (
        of(finding, "verdict"),
        causes.collect(),
        of(finding, "logged"),
    )
}
