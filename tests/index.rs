//! The index: whatever happens on the way, it holds what the logs say, once.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use binary::{ACCESS, Ended, JOURNAL, SCENARIO, explain, why401};
use flate2::Compression;
use flate2::write::GzEncoder;
use rusqlite::Connection;
use tempfile::TempDir;

/// Every view, as the README documents them.
const VIEWS: [&str; 8] = [
    "inputs",
    "events",
    "findings",
    "candidates",
    "evidence",
    "findings_per_minute",
    "clock_offsets",
    "gaps",
];

/// A folder for an index and logs.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn db(&self) -> PathBuf {
        self.path("state/index.db")
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn run(&self, args: &[&str]) -> Ended {
        let index = self.db();
        let index = index.to_str().unwrap();
        why401(args.iter().copied().chain(["--index", index]))
            .within(self.folder.path())
            .run()
    }

    /// Begins to index both logs.
    fn begin_index(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_why401"))
            .args(["index", "access.log", "journal.log", "--index"])
            .arg(self.db())
            .current_dir(self.folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Indexes logs, which must go well, and tells how many lines were new.
    fn index(&self, logs: &[&str]) -> u64 {
        let args: Vec<&str> = ["index"].iter().chain(logs).copied().collect();
        let ended = self.run(&args);
        assert_eq!(ended.code, 0, "{}", ended.talk);
        assert_eq!(ended.data, "");
        let said = ended.talk.lines().find_map(|line| {
            let rest = line.strip_prefix("why401: ")?;
            rest.strip_suffix(" new lines")?.parse().ok()
        });
        said.unwrap()
    }

    /// All that the index says.
    fn dump(&self) -> String {
        let mut dump = self.run(&["explain", "-o", "ndjson"]).data;
        for view in VIEWS {
            let query = format!("SELECT * FROM {view}");
            let ended = self.run(&["sql", "-o", "csv", &query]);
            assert_eq!(ended.code, 0, "{view}: {}", ended.talk);
            dump.push_str(&ended.data);
        }
        dump
    }
}

/// Says where two dumps differ first: they are long.
#[track_caller]
fn assert_same(left: &str, right: &str, what: &str) {
    let mut pairs = left.lines().zip(right.lines());
    if let Some((left, right)) = pairs.find(|(left, right)| left != right) {
        panic!("{what}:\n{left}\n{right}");
    }
    assert_eq!(left.len(), right.len(), "{what}: one goes on");
}

fn root(file: &str) -> String {
    format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An access log and a journal of so many lines each, in which every fifth request is refused and says why.
fn busy(lines: u32) -> (String, String) {
    let journal = fs::read_to_string(JOURNAL).unwrap();
    let line = journal.lines().find(|l| l.contains("Invalid signature"));
    let stamp = regex::Regex::new(r#""timestamp": \d+"#).unwrap();
    let line = line.unwrap();
    let client = regex::Regex::new(r#""remote_addr(ess)?": "[^"]*""#).unwrap();
    let (mut access, mut auth) = (String::new(), String::new());
    for n in 0..lines {
        let (second, address) = (n / 4, format!("192.0.2.{}", n.wrapping_mul(n) % 251));
        let time = chrono::DateTime::from_timestamp(1_780_000_000 + i64::from(second), 0).unwrap();
        let stamped = time.format("%d/%b/%Y:%H:%M:%S +0000");
        let (status, bytes) = if n % 5 == 0 { (401, 17) } else { (200, 512) };
        writeln!(
            access,
            "{address} - - [{stamped}] \"GET /organization HTTP/1.1\" {status} {bytes} \"-\" \"a\""
        )
        .unwrap();
        if n % 5 == 0 {
            let line = stamp.replace(line, format!("\"timestamp\": {}", time.timestamp()));
            let line = client.replace(&line, format!("\"remote_addr\": \"{address}\""));
            auth.push_str(&line);
            auth.push('\n');
        }
    }
    (access, auth)
}

#[test]
fn findings_are_the_same_through_the_index() {
    let desk = Desk::new();
    for logs in [
        vec![root(SCENARIO)],
        // A log whose times name no zone, records of several lines, several servers.
        vec![
            root(ACCESS),
            root(JOURNAL),
            root("tests/scenarios/pritunl.log"),
        ],
        vec![root("fixtures/scenarios/wirebuddy")],
        vec![root("fixtures/scenarios/privacyidea")],
        vec![root("fixtures/scenarios")],
        vec![root(ACCESS)],
        vec![
            root("tests/scenarios/pritunl.access.json.log"),
            root(JOURNAL),
        ],
    ] {
        let db = desk.db();
        let _ = fs::remove_file(&db);
        desk.index(&logs.iter().map(String::as_str).collect::<Vec<_>>());
        for more in [
            &["-o", "ndjson"][..],
            &[],
            &["--each"],
            &["--since", "2026-11-21T20:55:30Z"],
        ] {
            let args: Vec<&str> = ["explain"].iter().chain(more).copied().collect();
            let through = desk.run(&args);
            let straight =
                why401(args.iter().copied().chain(logs.iter().map(String::as_str))).run();
            assert_eq!(through.data, straight.data, "{logs:?} {more:?}");
            assert_eq!(through.talk, straight.talk, "{logs:?} {more:?}");
            assert_eq!(through.code, straight.code);
        }
    }
}

#[test]
fn filters_find_the_same() {
    let desk = Desk::new();
    desk.index(&[&root(SCENARIO)]);
    for filter in [
        ["--client", "198.51.100.0/28"],
        ["--principal", "gina"],
        ["--cause", "wrong_password,rate_limited"],
        ["--status", "401"],
        ["--path", "/auth/**"],
        ["--verdict", "silent"],
        ["--until", "2026-11-21T20:55:30Z"],
    ] {
        let through = desk.run(&["explain", "-o", "ndjson", filter[0], filter[1]]);
        let straight = explain([filter[0], filter[1], &root(SCENARIO)]).run();
        assert_eq!(through.data, straight.data, "{filter:?}");
        assert_ne!(through.data, "", "{filter:?}");
    }
}

// The same content, whatever it is called and however it is packed.
#[test]
fn what_is_known_is_not_read_again() {
    let desk = Desk::new();
    let (access, journal) = (fs::read(ACCESS).unwrap(), fs::read(JOURNAL).unwrap());
    desk.write("access.log", &access);
    desk.write("journal.log", &journal);
    assert_eq!(desk.index(&["access.log", "journal.log"]), 212);
    let before = desk.dump();
    assert_eq!(desk.index(&["access.log", "journal.log"]), 0);
    assert_same(&desk.dump(), &before, "again");
    desk.write("copies/access.log.3.gz", gzip(&access));
    desk.write("copies/other.log", &journal);
    assert_eq!(desk.index(&["copies"]), 0);
    let renamed = desk.dump();
    let back = |dump: &str| {
        let names = [
            ("copies/access.log.3.gz", "access.log"),
            ("copies/other.log", "journal.log"),
        ];
        names
            .iter()
            .fold(dump.to_owned(), |dump, (new, old)| dump.replace(new, old))
    };
    assert_same(&back(&renamed), &back(&before), "renamed and compressed");
    // Also a copy that was taken earlier.
    let head: Vec<u8> = access[..access.len() / 2].to_vec();
    desk.write("earlier.log", head);
    assert_eq!(desk.index(&["earlier.log"]), 0);
    assert_same(&desk.dump(), &renamed, "an earlier copy");
    // Cut within a line by which it would be known.
    desk.write("cut.log", &access[..access.len() - 20]);
    assert_eq!(desk.index(&["cut.log"]), 0);
    assert_same(&desk.dump(), &renamed, "a copy that is cut");
}

#[test]
fn logs_that_grow_and_rotate_are_read_on() {
    let (access, journal) = (fs::read(ACCESS).unwrap(), fs::read(JOURNAL).unwrap());
    let whole = Desk::new();
    whole.write("access.log", &access);
    whole.write("journal.log.1", &journal[..20_000]);
    whole.write("journal.log", &journal[20_000..]);
    let grown = Desk::new();
    // Cut within a line, so the last one is whole only later.
    let cuts = [
        (3000, 5000),
        (3001, 5001),
        (7777, 19_999),
        (access.len() - 1, 20_000),
        (access.len(), 20_000),
    ];
    for (in_access, in_journal) in cuts {
        grown.write("access.log", &access[..in_access]);
        grown.write("journal.log", &journal[..in_journal]);
        grown.index(&["access.log", "journal.log"]);
    }
    fs::rename(grown.path("journal.log"), grown.path("journal.log.1")).unwrap();
    grown.write("journal.log", &journal[20_000..]);
    grown.index(&["access.log", "journal.log", "journal.log.1"]);
    whole.index(&["access.log", "journal.log", "journal.log.1"]);
    assert_same(&grown.dump(), &whole.dump(), "grown");
}

// The pipe holds it up between finding the logs and reading them.
#[test]
fn a_log_that_is_truncated_after_it_was_found_is_another_from_then_on() {
    let access = fs::read_to_string(ACCESS).unwrap();
    let half = access.match_indices('\n').nth(40).unwrap().0 + 1;
    let (before, after) = access.split_at(half);
    let desk = Desk::new();
    desk.write("access.log", before);
    desk.index(&["access.log"]);
    let pipe = desk.path("journal.log");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    let child = desk.begin_index();
    let mut journal = fs::OpenOptions::new().write(true).open(pipe).unwrap();
    let some = after.match_indices('\n').nth(4).unwrap().0 + 1;
    desk.write("access.log", &after[..some]);
    journal.write_all(&fs::read(JOURNAL).unwrap()).unwrap();
    drop(journal);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success());
    let talk = String::from_utf8(ended.stderr).unwrap();
    assert!(
        talk.contains("access.log: truncated or replaced after it was found"),
        "{talk}"
    );
    let query = "SELECT lines FROM inputs WHERE file LIKE '%access.log' ORDER BY first";
    let parts = desk.run(&["sql", "-o", "csv", query]);
    assert_eq!(parts.data.lines().skip(1).collect::<Vec<_>>(), ["41", "5"]);
}

/// A log is known by its first line; while that has no end, it is not known yet.
#[test]
fn a_first_line_that_is_being_written_is_read_again() {
    let access = fs::read_to_string(ACCESS).unwrap();
    let line = access.lines().find(|line| line.contains(" 401 ")).unwrap();
    let whole = Desk::new();
    whole.write("access.log", format!("{line}\n"));
    whole.index(&["access.log"]);
    let grown = Desk::new();
    for length in [
        5,
        line.len() - 20,
        line.len() - 9,
        line.len(),
        line.len() + 1,
    ] {
        grown.write("access.log", &format!("{line}\n")[..length]);
        grown.run(&["index", "access.log"]);
    }
    assert_same(&grown.dump(), &whole.dump(), "grown");
}

/// Runs `index` and kills it after a while, unless it ended before. Whether it was killed.
fn killed(desk: &Desk, after: Duration) -> bool {
    let mut child = desk.begin_index();
    let (ended, end) = mpsc::channel();
    let mut talk = child.stderr.take().unwrap();
    let reader = thread::spawn(move || {
        let _ = talk.read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    let is_running = end.recv_timeout(after).is_err();
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    is_running
}

#[test]
fn nothing_is_lost_or_doubled_when_it_is_killed() {
    let is_full = std::env::var_os("WHY401_DRILL").is_some_and(|v| v == "full");
    let (lines, kills) = if is_full { (60_000, 50) } else { (20_000, 8) };
    let (access, journal) = busy(lines);
    let (straight, drill) = (Desk::new(), Desk::new());
    for desk in [&straight, &drill] {
        desk.write("access.log", &access);
        desk.write("journal.log", &journal);
    }
    let began = Instant::now();
    straight.index(&["access.log", "journal.log"]);
    let usual = began.elapsed();
    let mut seed: u32 = 401;
    let mut done = 0;
    for _ in 0..10 * kills {
        // A generator of Lehmer's.
        seed = (u64::from(seed) * 48_271 % 0x7FFF_FFFF) as u32;
        let share = f64::from(seed) / f64::from(0x7FFF_FFFF_u32);
        if killed(&drill, usual.mul_f64(share)) {
            done += 1;
        } else {
            // It came to its end: the next kill meets a new one.
            assert_same(&drill.dump(), &straight.dump(), "killed");
            fs::remove_dir_all(drill.path("state")).unwrap();
        }
        if done == kills {
            break;
        }
    }
    assert_eq!(done, kills);
    drill.index(&["access.log", "journal.log"]);
    assert_same(&drill.dump(), &straight.dump(), "killed");
}

#[test]
fn a_second_writer_is_told_who_writes() {
    let desk = Desk::new();
    desk.index(&[&root(ACCESS)]);
    let lock = desk.path("state/index.db.lock");
    let mut holder = File::options().read(true).write(true).open(lock).unwrap();
    holder.lock().unwrap();
    holder.set_len(0).unwrap();
    holder.write_all(b"4711\n").unwrap();
    let refused = desk.run(&["index", &root(JOURNAL)]);
    assert_eq!(refused.code, 4);
    assert!(
        refused
            .talk
            .contains("index.db is being written by process 4711"),
        "{}",
        refused.talk
    );
    // Who reads is not in the way.
    assert_eq!(desk.run(&["explain"]).code, 0);
    drop(holder);
    assert_eq!(desk.index(&[&root(JOURNAL)]), 105);
}

#[test]
fn it_can_be_read_while_it_is_written() {
    let desk = Desk::new();
    desk.index(&[&root(SCENARIO)]);
    let before = desk.dump();
    let writer = Connection::open(desk.db()).unwrap();
    writer
        .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .unwrap();
    writer
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM finding;")
        .unwrap();
    assert_same(&desk.dump(), &before, "as before");
    writer.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn its_group_may_read_it_and_nobody_else() {
    let desk = Desk::new();
    desk.index(&[&root(ACCESS)]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&desk.db()), 0o640);
    assert_eq!(mode(&desk.path("state")), 0o750);
    // Nothing is needed beside it, so who may not write in the folder can read it too.
    let beside: Vec<_> = fs::read_dir(desk.path("state")).unwrap().collect();
    assert_eq!(beside.len(), 2, "{beside:?}");
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let desk = Desk::new();
    let other = |name: &str, sql: &str| {
        fs::create_dir_all(desk.path("state")).unwrap();
        let path = desk.path(name);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        (fs::read(&path).unwrap(), path)
    };
    for (sql, why) in [
        (
            "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)",
            "is no index of why401",
        ),
        (
            "CREATE TABLE later (x); PRAGMA application_id = 0x77343031; PRAGMA user_version = 99",
            "written by a newer why401 (schema 99",
        ),
    ] {
        let (before, path) = other("state/index.db", sql);
        for command in [
            &["index", &root(ACCESS)][..],
            &["explain"],
            &["inputs"],
            &["sql", "SELECT 1"],
        ] {
            let ended = desk.run(command);
            assert_eq!(ended.code, 4, "{command:?}: {}", ended.talk);
            assert!(ended.talk.contains(why), "{command:?}: {}", ended.talk);
        }
        // Journal mode is in the header and may change; what is in it may not.
        let sum = |bytes: &[u8]| bytes[100..].to_vec();
        assert_eq!(sum(&fs::read(&path).unwrap()), sum(&before));
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_damaged_index_is_put_aside_once_and_made_anew() {
    let desk = Desk::new();
    desk.write("access.log", fs::read(ACCESS).unwrap());
    desk.write("journal.log", fs::read(JOURNAL).unwrap());
    desk.index(&["access.log", "journal.log"]);
    let before = desk.dump();
    let garble = |from: u64| {
        let mut file = File::options()
            .read(true)
            .write(true)
            .open(desk.db())
            .unwrap();
        let length = file.metadata().unwrap().len();
        file.seek(SeekFrom::Start(from)).unwrap();
        file.write_all(&vec![0xA5; usize::try_from(length - from).unwrap()])
            .unwrap();
    };
    garble(0);
    fs::remove_file(desk.path("journal.log")).unwrap();
    let ended = desk.run(&["explain"]);
    assert_eq!(ended.code, 4);
    assert!(
        ended.talk.contains("the index is damaged"),
        "{}",
        ended.talk
    );
    let ended = desk.run(&["index", "access.log"]);
    assert_eq!(ended.code, 0, "{}", ended.talk);
    assert!(ended.talk.contains("index.db.damaged"), "{}", ended.talk);
    assert!(ended.talk.contains("is lost"), "{}", ended.talk);
    desk.write("journal.log", fs::read(JOURNAL).unwrap());
    desk.index(&["journal.log"]);
    assert_same(&desk.dump(), &before, "as before");
    // The header is whole, so it can still say which logs it had.
    garble(8192);
    let ended = desk.run(&["index", "access.log"]);
    assert_eq!(ended.code, 4, "{}", ended.talk);
    assert!(
        ended.talk.contains("was put aside before"),
        "{}",
        ended.talk
    );
}

// EFBIG is the one error of a full device that can be had everywhere.
#[test]
fn a_full_disk_leaves_what_was_committed() {
    let desk = Desk::new();
    let (access, journal) = busy(20_000);
    desk.write("access.log", &access[..access.len() / 50]);
    desk.index(&["access.log"]);
    let before = desk.dump();
    desk.write("access.log", access);
    desk.write("journal.log", journal);
    let limited = |blocks: u32| {
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {} index access.log journal.log --index {}",
            env!("CARGO_BIN_EXE_why401"),
            desk.db().display()
        );
        let ended = Command::new("bash")
            .args(["-c", &script])
            .current_dir(desk.folder.path())
            .output();
        let ended = ended.unwrap();
        (
            ended.status.code(),
            String::from_utf8(ended.stderr).unwrap(),
        )
    };
    let (code, talk) = limited(600);
    assert_eq!(code, Some(4), "{talk}");
    assert_eq!(talk.lines().count(), 1, "{talk}");
    assert!(desk.dump().starts_with(&before[..100]));
    desk.index(&["access.log", "journal.log"]);
    let straight = Desk::new();
    for log in ["access.log", "journal.log"] {
        fs::copy(desk.path(log), straight.path(log)).unwrap();
    }
    straight.index(&["access.log", "journal.log"]);
    assert_same(&desk.dump(), &straight.dump(), "after a full disk");
}

// `pi-manage audit rotate` deletes old rows, so that the oldest one is another then.
#[test]
fn a_database_is_read_on_by_the_numbers_of_its_rows() {
    let desk = Desk::new();
    let audit = Connection::open(desk.path("audit.sqlite")).unwrap();
    audit
        .execute_batch(
            "CREATE TABLE pidea_audit (id INTEGER PRIMARY KEY, date DATETIME, action VARCHAR(200),
                success INTEGER, info VARCHAR(500), user VARCHAR(100))",
        )
        .unwrap();
    let add = |ids: std::ops::Range<i64>| {
        for id in ids {
            // Rows are numbered when they are written and dated when their request ended.
            let date = format!("2026-11-21 21:45:{:02}.{:06}", id / 10, (id * 7) % 10);
            audit
                .execute(
                    "INSERT INTO pidea_audit VALUES (?1, ?2, 'POST /auth', 0, 'wrong', 'x')",
                    (id, date),
                )
                .unwrap();
        }
    };
    add(1..200);
    assert_eq!(desk.index(&["audit.sqlite"]), 199);
    assert_eq!(desk.index(&["audit.sqlite"]), 0);
    audit
        .execute("DELETE FROM pidea_audit WHERE id < 150", [])
        .unwrap();
    add(200..300);
    assert_eq!(desk.index(&["audit.sqlite"]), 100);
    assert_eq!(desk.index(&["audit.sqlite"]), 0);
    let ended = desk.run(&["sql", "-o", "csv", "SELECT count(*), max(line) FROM events"]);
    assert_eq!(ended.data.lines().nth(1), Some("299,299"));
}

#[test]
fn sql_reads_and_does_nothing_else() {
    let desk = Desk::new();
    desk.index(&[&root(SCENARIO)]);
    for query in [
        "DELETE FROM finding",
        "ATTACH '/tmp/x' AS x",
        "PRAGMA journal_mode",
        "SELECT load_extension('x')",
        "CREATE TABLE mine (x)",
        "CREATE TEMP TABLE mine (x)",
        "VACUUM INTO '/tmp/x'",
        "SELECT 1; DELETE FROM finding",
        "SELECT * FROM pragma_database_list",
        "BEGIN",
        "SELEC 1",
        "",
    ] {
        let ended = desk.run(&["sql", query]);
        assert_eq!(ended.code, 2, "{query}: {}", ended.talk);
        assert_eq!(ended.talk.lines().count(), 1, "{query}: {}", ended.talk);
    }
    let endless =
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT count(*) FROM n";
    let ended = desk.run(&["sql", endless, "--timeout", "1"]);
    assert_eq!(ended.code, 4, "{}", ended.talk);
    assert!(ended.talk.contains("longer than 1 s"), "{}", ended.talk);
}

#[test]
fn answers_are_for_people_programs_and_spreadsheets() {
    let desk = Desk::new();
    desk.index(&[&root(SCENARIO)]);
    let ask = |output: &str| {
        let query =
            "SELECT 1.5 AS n, '=1+1' AS formula, 'a, \"b\"' AS q, NULL AS none, x'00FF' AS blob,
            char(27) || '[31m' AS colour";
        desk.run(&["sql", "-o", output, query]).data
    };
    insta::assert_snapshot!(ask("text"), @r#"
    n    formula  q       none  blob  colour
    1.5  =1+1     a, "b"        00FF  \x1b[31m
    "#);
    insta::assert_snapshot!(ask("ndjson"), @r#"{"n":1.5,"formula":"=1+1","q":"a, \"b\"","none":null,"blob":"00FF","colour":"\u001b[31m"}"#);
    let rows = "n,formula,q,none,blob,colour\r\n1.5,'=1+1,\"a, \"\"b\"\"\",,00FF,\u{1b}[31m\r\n";
    assert_eq!(ask("csv"), rows);
    let views = desk.run(&["sql"]).data;
    for view in VIEWS {
        assert!(views.contains(view), "{views}");
    }
}

#[test]
fn what_is_old_goes_and_does_not_come_back() {
    let desk = Desk::new();
    let (access, journal) = busy(40_000);
    desk.write("access.log", access);
    desk.write("journal.log", journal);
    desk.index(&["access.log", "journal.log"]);
    let count = |what: &str| {
        let query = format!("SELECT count(*) AS n FROM {what}");
        let csv = desk.run(&["sql", "-o", "csv", &query]).data;
        csv.lines().nth(1).unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(count("findings"), 8000);
    // 10,000 seconds from 2026-05-28T20:26:40Z on.
    let half = "2026-05-28T21:50:00Z";
    let ended = desk.run(&["index", "--prune", "--max-age", half]);
    assert_eq!(ended.code, 0, "{}", ended.talk);
    assert!(
        ended.talk.contains("4000 findings before"),
        "{}",
        ended.talk
    );
    assert_eq!(count("findings"), 4000);
    assert_eq!(count("events WHERE epoch < 1780005000000000"), 0);
    assert_eq!(desk.index(&["access.log", "journal.log"]), 0);
    assert_eq!(count("findings"), 4000);
    let size = || fs::metadata(desk.db()).unwrap().len();
    let (before, limit) = (size(), size() / 2);
    let ended = desk.run(&[
        "index",
        "--prune",
        "--max-age",
        "9999d",
        "--max-size",
        &limit.to_string(),
    ]);
    assert_eq!(ended.code, 0, "{}", ended.talk);
    assert!(
        size() < before && size() <= limit + limit / 4,
        "{} of {before}",
        size()
    );
    assert!(count("findings") > 0);
}

#[test]
fn inputs_tells_what_was_read() {
    let desk = Desk::new();
    let mut access = fs::read(ACCESS).unwrap();
    access.extend_from_slice(b"no line of an access log\n");
    desk.write("access.log", access);
    desk.write("journal.log", fs::read(JOURNAL).unwrap());
    desk.index(&["access.log", "journal.log"]);
    let told = desk.run(&["inputs", "--utc"]).data;
    insta::assert_snapshot!(told);
    let objects = desk.run(&["inputs", "-o", "ndjson"]).findings();
    let access = objects
        .iter()
        .find(|o| o["format"] == "nginx_combined")
        .unwrap();
    assert_eq!(access["files"][0]["unparsed"], 1);
    assert_eq!(access["files"][0]["bytes"]["unparsed"], 24);
}
