//! Inputs as a user gives them: files on disk, pipes and folders, read to the last record.

// `allow-unwrap-in-tests` reaches test functions only, not what they share.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use why401::event::{Entry, Event, Kind, Outcome, Record, Request, SECOND};
use why401::format::{Format, Mismatch};
use why401::input::{Inputs, Options, Sample, discover};
use why401::summary::Tally;
use why401::system::Routes;

/// `SECONDS STATUS ...` is a request, `SECONDS entry ...` an entry, `#...` tells nothing.
struct Simple;

impl Format for Simple {
    fn name(&self) -> &'static str {
        "simple"
    }

    fn title(&self) -> &'static str {
        "lines of this test"
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        if line.starts_with(b"#") {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(line);
        let mut words = text.split(' ');
        let second: i64 = words.next().and_then(|w| w.parse().ok()).ok_or(Mismatch {
            offset: 0,
            expected: "seconds",
        })?;
        let kind = match words.next().and_then(|w| w.parse().ok()) {
            Some(status) => Kind::Request(Request {
                status,
                ..Request::default()
            }),
            None => Kind::Entry(Entry {
                device: None,
                path: None,
                action: "entry".into(),
                reason: None,
                statement: None,
                outcome: Outcome::Unknown,
                principal: None,
                serial: None,
                host: None,
                start: None,
                routes: Routes::EVERY,
                trail: None,
            }),
        };
        Ok(Some(Event {
            time: second * SECOND..(second + 1) * SECOND,
            source: None,
            kind,
        }))
    }
}

/// A fresh folder to put logs into.
struct Logs(TempDir);

impl Logs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// What is found, with the names relative to the folder.
    fn read(&self, logs: &[&str]) -> Read {
        let paths: Vec<PathBuf> = logs.iter().map(|l| self.path(l)).collect();
        self.shorten(read(discover_simple(&paths)))
    }

    fn shorten(&self, mut read: Read) -> Read {
        let prefix = format!("{}/", self.0.path().display());
        for text in read
            .inputs
            .iter_mut()
            .chain(&mut read.parts)
            .chain(&mut read.talk)
        {
            *text = text.replace(&prefix, "");
        }
        read
    }
}

/// Everything one pass gives, in a form that tests can state.
struct Read {
    inputs: Vec<String>,
    parts: Vec<String>,
    identities: Vec<[u8; 32]>,
    records: Vec<Record>,
    tallies: Vec<Tally>,
    /// Skipped files, failures at once, failures while reading.
    talk: Vec<String>,
}

impl Read {
    fn seconds(&self) -> Vec<i64> {
        let second = |r: &Record| r.event.time.start / SECOND;
        self.records.iter().map(second).collect()
    }
}

fn discover_simple(logs: &[PathBuf]) -> Inputs {
    let format = Some(&Simple as &'static dyn Format);
    let options = Options {
        format,
        ..Options::default()
    };
    discover(logs, &options)
}

fn read(found: Inputs) -> Read {
    let mut talk: Vec<String> = Vec::new();
    talk.extend(
        found
            .skipped
            .iter()
            .map(|s| format!("{}: {}", s.name, s.why)),
    );
    talk.extend(found.failures.iter().map(ToString::to_string));
    let mut read = Read {
        inputs: found.inputs.iter().map(|i| i.name.clone()).collect(),
        parts: found.parts.iter().map(|p| p.name.to_string()).collect(),
        identities: found.parts.iter().map(|p| p.identity).collect(),
        records: Vec::new(),
        tallies: Vec::new(),
        talk,
    };
    for input in found.inputs {
        let mut records = input.records();
        read.records.extend(records.by_ref());
        read.tallies.extend(records.tallies());
        read.talk
            .extend(records.failures().iter().map(ToString::to_string));
    }
    for tally in &read.tallies {
        assert_eq!(tally.lines, tally.parsed + tally.ignored + tally.unparsed);
    }
    read
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn each_line_has_its_place_and_its_fate() {
    let logs = Logs::new();
    let text = "1 200 a\r\n\r\n# talk\n2 401 b\nnonsense\n3 302 c\n4 entry d";
    logs.put("x.log", text);
    let read = logs.read(&["x.log"]);
    let places: Vec<_> = read.records.iter().map(|r| r.place).collect();
    assert_eq!(
        places
            .iter()
            .map(|p| (p.line, p.offset, p.length))
            .collect::<Vec<_>>(),
        [(1, 0, 7), (4, 18, 7), (6, 35, 7), (7, 43, 9)]
    );
    for place in places {
        let at = usize::try_from(place.offset).unwrap();
        assert!(text.is_char_boundary(at) && text.as_bytes()[at].is_ascii_digit());
    }
    let tally = &read.tallies[0];
    assert_eq!(
        (
            tally.lines,
            tally.parsed,
            tally.ignored,
            tally.unparsed,
            tally.cut
        ),
        (7, 4, 2, 1, 0)
    );
    let (place, why) = &tally.first_unparsed[0];
    assert_eq!((place.line, place.offset), (5, 26));
    assert_eq!(why, "byte 0: seconds expected");
    assert!(read.talk.is_empty());
}

#[test]
fn text_is_kept_where_it_can_be_evidence() {
    let logs = Logs::new();
    logs.put("x.log", "1 200 a\n2 401 b\n3 302 c\n4 entry d\n5 301 e\n");
    let read = logs.read(&["x.log"]);
    let texts: Vec<_> = read.records.iter().map(|r| r.text.as_deref()).collect();
    assert_eq!(
        texts,
        [
            None,
            Some("2 401 b"),
            Some("3 302 c"),
            Some("4 entry d"),
            None
        ]
    );
}

#[test]
fn only_the_first_unparsed_lines_are_shown() {
    let logs = Logs::new();
    logs.put("x.log", format!("1 200 a\n{}", "?\n".repeat(10)));
    let read = logs.read(&["x.log"]);
    assert_eq!(read.tallies[0].unparsed, 10);
    let shown = read.tallies[0].first_unparsed.iter().map(|(p, _)| p.line);
    assert_eq!(shown.collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn small_files() {
    let logs = Logs::new();
    logs.put("empty", "");
    logs.put("one", "x");
    logs.put("mark", "\u{FEFF}1 200 a\n");
    let read = logs.read(&["empty", "one", "mark"]);
    assert_eq!(read.talk, ["empty: empty"]);
    assert_eq!(read.parts, ["one", "mark"]);
    assert_eq!(read.tallies[0].unparsed, 1);
    assert_eq!(read.records[0].place.offset, 3);
}

#[test]
fn utf_16_is_refused() {
    for mark in [b"\xFF\xFE", b"\xFE\xFF"] {
        let logs = Logs::new();
        logs.put("x.log", [mark, &b"1\0 \0"[..]].concat());
        let read = logs.read(&["x.log"]);
        assert!(read.parts.is_empty());
        assert!(
            read.talk[0].starts_with("x.log: UTF-16 text"),
            "{:?}",
            read.talk
        );
    }
}

#[test]
fn a_line_of_ten_mebibytes_is_cut_and_the_next_is_read() {
    let logs = Logs::new();
    let long = format!("1 401 {}", "x".repeat(10 << 20));
    logs.put("x.log", format!("{long}\n2 200 b\n"));
    let read = logs.read(&["x.log"]);
    assert_eq!(read.seconds(), [1, 2]);
    assert_eq!(read.tallies[0].cut, 1);
    assert_eq!(read.records[0].place.length, 64 << 10);
    assert_eq!(read.records[1].place.line, 2);
    assert_eq!(read.records[1].place.offset, long.len() as u64 + 1);
}

// Detection passes what is too long: the hole that copying and truncating leaves, or one giant line.
#[test]
fn a_log_is_known_behind_a_hole_or_a_giant_line() {
    let line =
        |n| format!("203.0.113.9 - - [04/Jun/2026:14:00:{n:02} +0200] \"GET / HTTP/1.1\" 401 17\n");
    let text = |lines| (0..lines).map(|n| line(n % 60)).collect::<String>();
    let hole = [vec![0; 2 << 20], text(4).into_bytes()].concat();
    let holes = [vec![0; 2 << 20], b"\n".to_vec()].concat().repeat(3);
    let holes = [holes, text(1).into_bytes()].concat();
    let giant = format!("{}\n{}", "x".repeat(3 << 20), text(100)).into_bytes();
    let packed = gzip(&giant);
    for (bytes, parsed) in [(hole, 3), (holes, 1), (giant, 100), (packed, 100)] {
        let logs = Logs::new();
        let path = logs.put("x.log", bytes);
        let read = logs.shorten(read(discover(&[path], &Options::default())));
        assert!(read.talk.is_empty(), "{:?}", read.talk);
        assert_eq!(read.records.len(), parsed);
    }
    let logs = Logs::new();
    let only = logs.put("x.log", vec![0; 3 << 20]);
    let endless = logs.put(
        "y.log",
        format!("{}\n", "x".repeat(2 << 20)).repeat(12) + &text(9),
    );
    let read = logs.shorten(read(discover(&[only, endless], &Options::default())));
    let unknown = [
        "x.log: not a log format known",
        "y.log: not a log format known",
    ];
    assert_eq!(read.talk, unknown);
}

#[test]
fn gzip_is_known_by_its_bytes_and_may_have_members() {
    let logs = Logs::new();
    let bytes = [gzip(b"1 200 a\n2 4"), gzip(b"01 b\n3 200 c\n")].concat();
    logs.put("x.log", bytes);
    logs.put("y.log.gz", "4 200 not compressed\n");
    let read = logs.read(&["x.log", "y.log.gz"]);
    assert_eq!(read.seconds(), [1, 2, 3, 4]);
    assert_eq!(read.records[1].place.offset, 8);
    assert!(read.talk.is_empty());
}

// As gzip(1) does; but where another member follows, lines would be lost without a word.
#[test]
fn what_follows_the_last_gzip_member_is_no_failure() {
    let member = gzip(b"1 200 a\n");
    let noise = b"\x1Fgarbage\n".repeat(10_000);
    let after = |rest: &[&[u8]]| {
        let logs = Logs::new();
        logs.put("x.log.gz", [&member[..], &rest.concat()].concat());
        let read = logs.read(&["x.log.gz"]);
        (read.seconds(), read.talk)
    };
    let zeros = vec![0; 100_000];
    for rest in [&zeros[..1], &zeros[..], &noise[1..], b"g"] {
        assert_eq!(after(&[rest]), (vec![1], vec![]));
    }
    assert_eq!(after(&[&member]), (vec![1, 1], vec![]));
    for rest in [
        &[&member[..1]][..],
        &[&member[..5]],
        &[&member[..12]],
        &[&zeros, &member],
        &[&noise[1..], &member],
    ] {
        let (seconds, talk) = after(rest);
        assert_eq!((seconds, talk.len()), (vec![1], 1), "{talk:?}");
        assert!(talk[0].starts_with("x.log.gz: not readable from line 2, offset 8: "));
    }
}

/// Lines that do not compress well, so that a damage falls between them.
fn noisy(count: u32) -> String {
    let noise = |n: u32| n.wrapping_mul(2_654_435_761) ^ n.rotate_left(13);
    let line = |n| format!("{n} 401 {:08x}{:08x}\n", noise(n), noise(n + 77));
    (0..count).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn of_a_truncated_gzip_whole_lines_are_read_and_the_end_is_named() {
    let logs = Logs::new();
    let text = noisy(20_000);
    let whole = gzip(text.as_bytes());
    logs.put("x.log.gz", &whole[..whole.len() / 2]);
    logs.put("y.log", "7 200 a\n");
    let read = logs.read(&["x.log.gz", "y.log"]);
    let count = read.records.len() - 1;
    assert!(count > 8_000, "{count}");
    for (record, line) in read.records.iter().zip(text.lines().take(count)) {
        assert_eq!(record.text.as_deref(), Some(line));
    }
    let offset: usize = text.lines().take(count).map(|l| l.len() + 1).sum();
    assert_eq!(
        read.talk,
        [format!(
            "x.log.gz: not readable from line {}, offset {offset}: incomplete deflate stream",
            count + 1
        )]
    );
    assert_eq!(read.records[count].event.time.start, 7 * SECOND);
}

#[test]
fn of_a_damaged_gzip_little_is_lost_before_the_damage() {
    let logs = Logs::new();
    let text = noisy(20_000);
    let mut bytes = gzip(text.as_bytes());
    let half = bytes.len() / 2;
    bytes[half..half + 64].fill(0xFF);
    logs.put("x.log.gz", bytes);
    let read = logs.read(&["x.log.gz"]);
    assert!(read.records.len() > 7_000, "{}", read.records.len());
    assert_eq!(read.talk.len(), 1);
    assert!(read.talk[0].starts_with("x.log.gz: not readable from line "));
}

#[test]
fn a_gzip_of_which_nothing_can_be_read_is_a_failure() {
    let logs = Logs::new();
    logs.put("x.log.gz", &gzip(b"1 200 a\n")[..12]);
    let read = logs.read(&["x.log.gz"]);
    assert_eq!(
        read.talk,
        ["x.log.gz: not readable from line 1, offset 0: incomplete deflate stream"]
    );
}

#[test]
fn a_rotated_set_is_one_input_oldest_first() {
    let logs = Logs::new();
    let line = |n: i32| format!("{n} 200 a\n").into_bytes();
    logs.put("x.log", line(12));
    for n in 1..12 {
        match n % 2 {
            0 => logs.put(&format!("x.log.{n}.gz"), gzip(&line(12 - n))),
            _ => logs.put(&format!("x.log.{n}"), line(12 - n)),
        };
    }
    logs.put("y.log", "99 200 another\n");
    let read = logs.read(&["."]);
    assert_eq!(read.seconds(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 99]);
    assert_eq!(read.inputs, ["./x.log", "./y.log"]);
    let indexes: Vec<_> = read.records.iter().map(|r| r.place.part).collect();
    assert_eq!(indexes, (0..13).collect::<Vec<_>>());
    assert_eq!(read.parts[2], "./x.log.9");
}

#[test]
fn a_set_needs_no_base_and_dates_ascend() {
    let logs = Logs::new();
    logs.put("x.log-20261122.gz", gzip(b"2 200 a\n"));
    logs.put("x.log-20261121", "1 200 a\n");
    logs.put("x.log-20261201", "3 200 a\n");
    let read = logs.read(&["x.log-20261201", "x.log-20261122.gz", "x.log-20261121"]);
    assert_eq!(read.seconds(), [1, 2, 3]);
    assert_eq!(read.inputs, ["x.log-20261201"]);
}

#[test]
fn sets_of_different_folders_are_different_inputs() {
    let logs = Logs::new();
    logs.put("a/x.log", "1 200 a\n");
    logs.put("b/x.log.1", "2 200 a\n");
    assert_eq!(logs.read(&["."]).inputs, ["./a/x.log", "./b/x.log.1"]);
}

#[test]
fn a_cut_or_empty_part_has_the_format_of_its_set() {
    let logs = Logs::new();
    logs.put("x.log", "");
    logs.put("x.log.1", "2 200 a\n");
    logs.put("x.log.2", "the end of a cut line\n");
    logs.put("z.log", "no log\n");
    let read = logs.read(&["."]);
    assert_eq!(read.parts, ["./x.log.2", "./x.log.1", "./x.log"]);
    assert_eq!(read.tallies[0].unparsed, 1);
    assert_eq!(read.talk, ["./z.log: not a log format known"]);
}

#[test]
fn detection_skips_what_no_format_reads() {
    let logs = Logs::new();
    let path = logs.put("x.log", "no log\n");
    let packed = logs.put("y.log.xz", b"\xFD7zXZ\0\0");
    let read = logs.shorten(read(discover(&[path, packed], &Options::default())));
    assert_eq!(
        read.talk,
        [
            "x.log: not a log format known",
            "y.log.xz: compressed with xz; only gzip and zstd are read"
        ]
    );
}

#[test]
fn the_same_content_is_read_once() {
    let logs = Logs::new();
    let text = noisy(5_000);
    logs.put("x.log", &text);
    logs.put("x.log.2.gz", gzip(b"1 200 a\n"));
    logs.put("x.log.2", "1 200 a\n");
    logs.put("copies/begun.log", &text[..text.len() / 2]);
    logs.put("copies/packed", gzip(text.as_bytes()));
    let mut read = logs.read(&["x.log", "x.log.2.gz", "x.log.2", "copies"]);
    assert_eq!(read.parts, ["x.log.2", "x.log"]);
    assert_eq!(read.records.len(), 5_001);
    read.talk.sort();
    assert_eq!(
        read.talk,
        [
            "copies/begun.log: the same content as x.log",
            "copies/packed: the same content as x.log",
            "x.log.2.gz: the same content as x.log.2"
        ]
    );
}

#[test]
fn a_file_that_has_grown_replaces_its_copy() {
    let logs = Logs::new();
    logs.put("a-copy.log", "1 200 a\n2 40");
    logs.put("x.log", "1 200 a\n2 401 b\n3 200 c\n");
    let read = logs.read(&["a-copy.log", "x.log"]);
    assert_eq!(read.parts, ["x.log"]);
    assert_eq!(read.talk, ["a-copy.log: the same content as x.log"]);
}

// The identity of a log is its first line with a time, whatever happens to its name, its end or its
// compression; logs that begin alike have different ones.
#[test]
fn identity_follows_the_content() {
    let identity = |name: &str, content: &[u8]| {
        let logs = Logs::new();
        logs.put(name, content);
        logs.read(&[name]).identities[0]
    };
    let first = identity("x.log", b"# talk\n1 200 a\n");
    assert_eq!(first, *blake3::hash(b"1 200 a").as_bytes());
    assert_eq!(first, identity("x.log.1", b"# talk\n1 200 a\n2 200 b\n"));
    assert_eq!(first, identity("y.gz", &gzip(b"# talk\r\n1 200 a\r\n")));
    assert_ne!(first, identity("x.log", b"1 200 b\n"));

    let logs = Logs::new();
    for (name, last) in [
        ("a.log", "3 200 a"),
        ("b.log", "3 200 b"),
        ("c.log", "4 200 c"),
    ] {
        logs.put(name, format!("# talk\n1 200 a\n{last}\n"));
    }
    let read = logs.read(&["a.log", "b.log", "c.log"]);
    let [a, b, c] = read.identities[..] else {
        panic!("{:?}", read.talk);
    };
    assert!(a != b && b != c && a != c);
}

#[test]
fn a_file_named_twice_is_read_once() {
    let logs = Logs::new();
    logs.put("x.log", "1 200 a\n");
    symlink(logs.path("x.log"), logs.path("current")).unwrap();
    fs::hard_link(logs.path("x.log"), logs.path("hard")).unwrap();
    let read = logs.read(&["x.log", "x.log", "./x.log", ".", "current", "hard"]);
    assert_eq!(read.parts, ["x.log"]);
    assert!(read.talk.is_empty());
}

#[test]
fn a_folder_gives_its_regular_files_and_opens_nothing_else() {
    let logs = Logs::new();
    logs.put("deep/er/x.log", "1 200 a\n");
    symlink(logs.path("deep"), logs.path("deep/er/loop")).unwrap();
    symlink("itself", logs.path("itself")).unwrap();
    symlink("/dev/zero", logs.path("zero")).unwrap();
    mkfifo(&logs.path("fifo"));
    fs::create_dir(logs.path("none")).unwrap();
    let read = logs.read(&[".", "none"]);
    assert_eq!(read.parts, ["./deep/er/x.log"]);
    assert_eq!(
        read.talk,
        [
            "./fifo: not a regular file",
            "./itself: a link that leads nowhere",
            "./zero: not a regular file",
            "./deep/er/loop: a link to a folder",
            "none: no file in it"
        ]
    );
}

#[test]
fn a_glob_is_for_where_no_file_has_that_name() {
    let logs = Logs::new();
    logs.put("a.log", "1 200 a\n");
    logs.put("b.log", "2 200 a\n");
    assert_eq!(logs.read(&["*.log"]).parts, ["a.log", "b.log"]);
    logs.put("*.log", "3 200 a\n");
    assert_eq!(logs.read(&["*.log"]).parts, ["*.log"]);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_read() {
    let logs = Logs::new();
    logs.put("x.log", "1 200 a\n");
    let read = logs.read(&["gone.log", "no*.log", "/dev/zero", "x.log/y", "x.log"]);
    assert_eq!(read.seconds(), [1]);
    assert_eq!(
        read.talk,
        [
            "gone.log: No such file or directory (os error 2)",
            "no*.log: No such file or directory (os error 2)",
            "/dev/zero: not a regular file or pipe",
            "x.log/y: Not a directory (os error 20)"
        ]
    );
}

// Records of a file that took the name would be filed under the identity of the one that was found.
#[test]
fn a_file_that_is_gone_or_another_when_its_turn_comes_is_a_failure() {
    let logs = Logs::new();
    for name in ["gone", "replaced", "truncated", "grown", "piped"] {
        logs.put(name, format!("1 200 {name}\n"));
    }
    let paths: Vec<_> = ["gone", "replaced", "truncated", "grown", "piped"]
        .map(|n| logs.path(n))
        .into();
    let found = discover_simple(&paths);
    fs::remove_file(&paths[0]).unwrap();
    logs.put("other", "2 200 a\n3 200 a\n4 200 a\n");
    fs::rename(logs.path("other"), &paths[1]).unwrap();
    File::create(&paths[2]).unwrap();
    let mut grown = File::options().append(true).open(&paths[3]).unwrap();
    grown.write_all(b"5 200 a\n").unwrap();
    // Opening a pipe waits for its writer, and there is none.
    fs::remove_file(&paths[4]).unwrap();
    mkfifo(&paths[4]);
    let read = logs.shorten(read(found));
    assert_eq!(read.seconds(), [1, 5]);
    assert_eq!(read.tallies.len(), 5);
    assert_eq!(
        read.talk,
        [
            "gone: No such file or directory (os error 2)",
            "replaced: truncated or replaced after it was found",
            "truncated: truncated or replaced after it was found",
            "piped: truncated or replaced after it was found"
        ]
    );
}

#[test]
fn a_fifo_is_read_once_as_a_stream() {
    let logs = Logs::new();
    mkfifo(&logs.path("fifo"));
    let path = logs.path("fifo");
    let text = noisy(300_000);
    let bytes = text.clone();
    let writer = std::thread::spawn(move || fs::write(path, bytes));
    let mut found = discover_simple(&[logs.path("fifo"), logs.path("fifo")]);
    assert_eq!(found.parts.len(), 1);

    // Of a stream only the beginning can be looked at, in whole lines; the real pass has all of it.
    let mut preview = found.inputs[0].preview(Sample::All);
    let seen = preview.by_ref().count();
    assert!(preview.failures().is_empty());
    drop(preview);
    assert!((100_000..200_000).contains(&seen), "{seen}");
    assert_eq!(found.inputs[0].preview(Sample::All).count(), seen);

    let read = read(found);
    writer.join().unwrap().unwrap();
    assert_eq!(read.records.len(), 300_000);
    assert!(read.talk.is_empty());
}

#[test]
fn a_stream_that_copies_a_file_is_skipped_if_it_can_be_seen_whole() {
    let logs = Logs::new();
    mkfifo(&logs.path("fifo"));
    for (lines, parts) in [(1_000, 1), (300_000, 2)] {
        let text = noisy(lines);
        logs.put("x.log", &text);
        let path = logs.path("fifo");
        let writer = std::thread::spawn(move || fs::write(path, text));
        let read = logs.read(&["x.log", "fifo"]);
        writer.join().unwrap().unwrap();
        assert_eq!(read.parts.len(), parts);
        assert_eq!(read.talk.len(), 2 - parts);
        assert_ne!(
            read.identities[0],
            *read.identities.get(1).unwrap_or(&[0; 32])
        );
    }
}

#[test]
fn a_compressed_stream_is_decompressed() {
    let logs = Logs::new();
    mkfifo(&logs.path("fifo"));
    let path = logs.path("fifo");
    let writer = std::thread::spawn(move || fs::write(path, gzip(b"1 200 a\n2 200 b\n")));
    assert_eq!(logs.read(&["fifo"]).seconds(), [1, 2]);
    writer.join().unwrap().unwrap();
}

#[test]
fn a_preview_of_files_is_the_whole_input_and_takes_nothing_from_it() {
    let logs = Logs::new();
    logs.put("x.log.1", "1 200 a\n2 200 a\n");
    logs.put("x.log", "3 200 a\n");
    let mut found = discover_simple(&[logs.path("x.log"), logs.path("x.log.1")]);
    let input = &mut found.inputs[0];
    assert_eq!(input.parts(), 0..2);
    assert_eq!(input.preview(Sample::All).count(), 3);
    assert_eq!(read(found).seconds(), [1, 2, 3]);
}

/// The seconds of what a look at a stretch gives.
fn seconds(records: impl Iterator<Item = Record>) -> Vec<i64> {
    records.map(|r| r.event.time.start / SECOND).collect()
}

#[test]
fn a_stretch_is_of_whole_lines() {
    let logs = Logs::new();
    logs.put("x.log.1", "10 200\n11 200\n12 200\n");
    logs.put("x.log", "13 200\n14 200\n15 200");
    let found = discover_simple(&[logs.path("x.log"), logs.path("x.log.1")]);
    let input = &found.inputs[0];
    assert!(input.is_plain());
    for (from, length, expected) in [
        (0, 7, &[10][..]),
        (0, 13, &[10]),
        (1, 20, &[11, 12]),
        (7, 14, &[11, 12]),
        (8, 99, &[12]),
        // In the second file, whose last line may still be written.
        (21, 99, &[13, 14]),
        (99, 99, &[]),
    ] {
        let stretch = input.stretch(from, length);
        assert_eq!(seconds(stretch), expected, "{length} bytes from {from}");
    }
}

#[test]
fn a_stretch_begins_before_the_lines_of_its_time() {
    let logs = Logs::new();
    let lines = |seconds: std::ops::Range<i64>| -> String {
        let lines: Vec<String> = seconds.map(|second| format!("{second} 200 a\n")).collect();
        lines.concat()
    };
    logs.put("x.log.1", lines(100_000..110_000));
    logs.put("x.log", lines(110_000..120_000));
    let found = discover_simple(&[logs.path("x.log"), logs.path("x.log.1")]);
    for time in [1, 100_000, 105_000, 110_000, 110_001, 119_999, 999_999] {
        let seconds = seconds(found.inputs[0].stretch_since(time * SECOND, 32 << 10));
        let within = time.clamp(100_000, 119_999);
        let (first, last) = (seconds[0], seconds[seconds.len() - 1]);
        assert!(
            first <= within && within <= last,
            "{time}: {first} to {last}"
        );
    }
}

#[test]
fn what_is_compressed_is_not_read_in_stretches() {
    let logs = Logs::new();
    fs::write(logs.path("x.log.1.gz"), gzip(b"1 200 a\n")).unwrap();
    let found = discover_simple(&[logs.path("x.log.1.gz")]);
    assert!(!found.inputs[0].is_plain());
}

/// A database of privacyIDEA's audit with these rows, and the connection that made it.
fn audit(path: &Path, journal: &str, rows: &[(i64, &str)]) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    let set_up = format!(
        "PRAGMA journal_mode={journal}; CREATE TABLE pidea_audit (id INTEGER PRIMARY KEY, date DATETIME, \
         action VARCHAR(200), success INTEGER, info VARCHAR(500), user VARCHAR(100), signature VARCHAR(1100));"
    );
    connection.execute_batch(&set_up).unwrap();
    for (id, date) in rows {
        let row =
            "INSERT INTO pidea_audit VALUES (?1, ?2, 'POST /auth', 0, '', 'x\n''y', 'secret')";
        connection.execute(row, (id, date)).unwrap();
    }
    connection
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// In every state in which an operator's database can be, and none of them leaves a trace.
#[test]
fn a_database_is_read_where_it_lies_and_nothing_is_left_beside_it() {
    let rows = [
        (7, "2026-11-21 21:45:45.5"),
        (8, "2026-11-21 21:45:45.1"),
        (9, "2026-11-21 21:45:46"),
    ];
    for (journal, in_use, log_only) in [
        ("DELETE", false, false),
        ("DELETE", true, false),
        ("WAL", false, false),
        ("WAL", true, false),
        ("WAL", true, true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.sqlite");
        let mut connection = Some(audit(&path, journal, &rows));
        if log_only {
            // A copy without `-shm`, as a backup has it.
            let copy = folder.path().join("copy");
            fs::create_dir(&copy).unwrap();
            for name in ["audit.sqlite", "audit.sqlite-wal"] {
                fs::copy(folder.path().join(name), copy.join(name)).unwrap();
            }
        }
        let place = if log_only {
            folder.path().join("copy/audit.sqlite")
        } else {
            path
        };
        if !in_use {
            connection = None;
        }
        let before = entries(place.parent().unwrap());
        let Inputs {
            inputs, failures, ..
        } = discover(&[&place], &Options::default());
        assert!(failures.is_empty(), "{failures:?}");
        let records: Vec<_> = inputs
            .into_iter()
            .flat_map(why401::input::Input::records)
            .collect();
        let ids: Vec<u64> = records.iter().map(|r| r.place.line).collect();
        assert_eq!(ids, [8, 7, 9], "{journal} {in_use} {log_only}");
        assert!(records.iter().all(|r| r.place.is_row()));
        assert_eq!(
            entries(place.parent().unwrap()),
            before,
            "{journal} {in_use}"
        );
        drop(connection);
    }
}

#[test]
fn other_databases_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE t (x)").unwrap();
    let Inputs {
        inputs, skipped, ..
    } = discover(&[folder.path()], &Options::default());
    assert!(inputs.is_empty());
    assert!(skipped[0].why.contains("pidea_audit"), "{skipped:?}");
}
