//! Input that hates us, read by the real binary: it ends, in bounded memory, and what else stands in the logs is found
//! as if the rest were not there.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use binary::{Ended, explain, why401};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

/// Memory that no input may make us exceed.
const MOST_KIB: u64 = 64 << 10;
/// 2026-11-21 20:55:00 UTC.
const START: i64 = 1_795_294_500;

/// A folder for logs and an index.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    fn run(&self, args: &[&str]) -> Ended {
        why401(args).within(self.0.path()).run()
    }

    fn findings(&self, logs: &[&str]) -> Vec<Value> {
        let ended = explain(logs).within(self.0.path()).run();
        assert!([0, 3].contains(&ended.code), "{ended:?}");
        ended.findings()
    }
}

/// An access line of nginx; `agent` as nginx writes it.
fn access(second: i64, client: &str, request: &str, status: u16, agent: &str) -> String {
    let bytes = if request.contains("/auth/session") {
        83
    } else {
        17
    };
    format!(
        "{client} - - [21/Nov/2026:20:55:{second:02} +0000] \"{request} HTTP/1.1\" {status} {bytes} \"-\" \"{agent}\"\n"
    )
}

/// A journal line about a login with a wrong password.
fn wrong_password(second: i64, client: &str, name: &str) -> String {
    let line = json!({
        "id": "6b02053b11c7205a5ab73689", "event": "admin_auth_failure", "timestamp": START + second,
        "host_name": "vpn-fra-01", "admin_name": name, "remote_address": client,
        "reason": "invalid_password", "reason_long": "Invalid password",
    });
    format!("{line}\n")
}

/// A login that was refused, in both logs.
fn login(second: i64, client: &str, name: &str, agent: &str) -> (String, String) {
    let request = access(second, client, "POST /auth/session", 401, agent);
    (request, wrong_password(second, client, name))
}

/// Most memory that a process had so far.
fn peak_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn start(folder: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_why401"))
        .args(args)
        .env_clear()
        .env("TZ", "UTC")
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How it ended, and the most memory that it was seen with.
fn watched(mut child: Child) -> (Ended, u64) {
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_kib(child.id()).unwrap_or(0));
        thread::yield_now();
    }
    (ended(child), peak)
}

fn ended(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code().unwrap(),
        data: text(output.stdout),
        talk: text(output.stderr),
    }
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn lines(findings: &[Value]) -> Vec<u64> {
    let line = |f: &Value| f["evidence"][0]["line"].as_u64().unwrap();
    findings.iter().map(line).collect()
}

// ---- Bytes ----------------------------------------------------------------------------------------------------

#[test]
fn whatever_the_bytes_the_lines_around_them_are_found() {
    let good = |n| access(n, "203.0.113.9", "GET /organization", 401, "curl");
    let odd = |request: &[u8]| {
        let text = access(2, "203.0.113.9", "GET /@", 401, "curl");
        let (before, after) = text.split_once('@').unwrap();
        [before.as_bytes(), request, after.as_bytes()].concat()
    };
    for (what, middle, expected) in [
        (
            "invalid UTF-8",
            odd(b"\xff\xc3\x28\xf0\x9f"),
            &[1, 2, 3][..],
        ),
        ("NUL", odd(b"\0\0"), &[1, 2, 3]),
        ("only NUL", b"\0\0\0\n".to_vec(), &[1, 3]),
        (
            "CRLF",
            good(2).replace('\n', "\r\n").into_bytes(),
            &[1, 2, 3],
        ),
        ("a bare CR", odd(b"\r"), &[1, 2, 3]),
        ("a BOM within", b"\xEF\xBB\xBF\n".to_vec(), &[1, 3]),
        ("an empty line", b"\n".to_vec(), &[1, 3]),
        (
            "a line end of Unicode",
            odd("\u{2028}\u{85}".as_bytes()),
            &[1, 2, 3],
        ),
    ] {
        let desk = Desk::new();
        let last = good(3);
        let text = [
            b"\xEF\xBB\xBF",
            good(1).as_bytes(),
            &middle,
            last.trim_end().as_bytes(),
        ]
        .concat();
        desk.put("access.log", text);
        assert_eq!(lines(&desk.findings(&["access.log"])), expected, "{what}");
    }
}

#[test]
fn utf_16_is_refused_with_a_word() {
    let text = access(1, "203.0.113.9", "GET /", 401, "curl");
    let desk = Desk::new();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    desk.put("x.log", [&b"\xFF\xFE"[..], &little].concat());
    let ended = explain(["x.log"]).within(desk.0.path()).run();
    assert_eq!((ended.code, &*ended.data), (3, ""));
    assert!(ended.talk.contains("x.log: UTF-16 text"), "{}", ended.talk);
}

/// A line of 1 GiB in a pipe that stays open, so that its reader can be looked at when it has read it.
#[test]
fn a_line_of_a_gibibyte_is_cut_and_counted() {
    const GIB: usize = 1 << 30;
    let desk = Desk::new();
    mkfifo(&desk.path("access.log"));
    let child = start(desk.0.path(), &["explain", "-o", "ndjson", "access.log"]);
    let mut pipe = OpenOptions::new()
        .write(true)
        .open(desk.path("access.log"))
        .unwrap();
    let good = |n| access(n, "203.0.113.9", "GET /organization", 401, "curl");
    pipe.write_all(good(1).repeat(100).as_bytes()).unwrap();
    pipe.write_all(b"203.0.113.9 - - [21/Nov/2026:20:55:02 +0000] \"GET /")
        .unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..GIB / piece.len() {
        pipe.write_all(&piece).unwrap();
    }
    pipe.write_all(format!("\n{}", good(3)).as_bytes()).unwrap();
    // What a pipe holds is all that it may not have read.
    pipe.write_all("\n".repeat(1 << 20).as_bytes()).unwrap();
    let peak = peak_kib(child.id()).unwrap();
    drop(pipe);
    let ended = ended(child);
    assert_eq!(
        ended
            .findings()
            .last()
            .map(|f| f["evidence"][0]["line"].clone()),
        Some(json!(102))
    );
    assert!(
        ended.talk.contains("1 too long to be read whole"),
        "{}",
        ended.talk
    );
    assert!(peak <= MOST_KIB, "{peak} KiB");
}

#[test]
fn a_sparse_file_takes_no_memory() {
    let desk = Desk::new();
    let file = File::create(desk.path("access.log")).unwrap();
    file.set_len(256 << 20).unwrap();
    let mut file = OpenOptions::new()
        .append(true)
        .open(desk.path("access.log"))
        .unwrap();
    let good = |n| access(n, "203.0.113.9", "GET /organization", 401, "curl");
    file.write_all(format!("\n{}", good(1)).as_bytes()).unwrap();
    let (ended, peak) = watched(start(
        desk.0.path(),
        &["explain", "-o", "ndjson", "access.log"],
    ));
    assert_eq!(lines(&ended.findings()), [2]);
    assert!(peak <= MOST_KIB, "{peak} KiB");
}

#[test]
fn a_gzip_bomb_takes_no_memory() {
    let desk = Desk::new();
    let mut bomb = GzEncoder::new(
        File::create(desk.path("access.log.gz")).unwrap(),
        Compression::best(),
    );
    let good = |n| access(n, "203.0.113.9", "GET /organization", 401, "curl");
    bomb.write_all(good(1).as_bytes()).unwrap();
    io::copy(&mut io::repeat(b'a').take(128 << 20), &mut bomb).unwrap();
    bomb.write_all(format!("\n{}", good(3)).as_bytes()).unwrap();
    bomb.finish().unwrap();
    assert!(fs::metadata(desk.path("access.log.gz")).unwrap().len() < 1 << 20);
    let (ended, peak) = watched(start(
        desk.0.path(),
        &["explain", "-o", "ndjson", "access.log.gz"],
    ));
    assert_eq!(lines(&ended.findings()), [1, 3]);
    assert!(peak <= MOST_KIB, "{peak} KiB");
}

/// A gzip file that a rotation is still writing: what is there is read, and the rest when it has come.
#[test]
fn a_gzip_that_is_being_written_is_read_on() {
    let desk = Desk::new();
    let noise = |n: i64| format!("agent-{:x}", n.wrapping_mul(0x1E37_79B9_7F4A_7C15));
    let text: String = (0..60)
        .map(|n| access(n, "203.0.113.9", "GET /organization", 401, &noise(n)))
        .collect();
    let mut whole = GzEncoder::new(Vec::new(), Compression::default());
    for line in text.split_inclusive('\n') {
        whole.write_all(line.as_bytes()).unwrap();
        whole.flush().unwrap();
    }
    let whole = whole.finish().unwrap();
    let index = |desk: &Desk| desk.run(&["index", "access.log.1.gz", "--index", "index.db"]);
    for part in [3, 2] {
        desk.put("access.log.1.gz", &whole[..whole.len() / part]);
        let ended = index(&desk);
        assert_eq!(ended.code, 3, "{}", ended.talk);
        assert!(
            ended
                .talk
                .contains("access.log.1.gz: not readable from line"),
            "{}",
            ended.talk
        );
    }
    desk.put("access.log.1.gz", &whole);
    assert_eq!(index(&desk).code, 0);
    let through = desk.run(&["explain", "-o", "ndjson", "--index", "index.db"]);
    assert_eq!(lines(&through.findings()), (1..=60).collect::<Vec<u64>>());
    assert_eq!(
        through.data,
        desk.run(&["explain", "-o", "ndjson", "access.log.1.gz"])
            .data
    );
}

// ---- JSON -----------------------------------------------------------------------------------------------------

#[test]
fn absurd_json_is_a_line_like_any_other() {
    let deep = "[".repeat(100_000);
    let digits = "9".repeat(400);
    let absurd = [
        &*deep,
        &*format!("{{\"a\":{}", "{\"a\":".repeat(100_000)),
        &*digits,
        "1e999",
        "-1e999",
        r#""\ud800\udc""#,
        // Keys that stand there already: the first counts.
        r#""x", "timestamp": 1, "status": 200, "event": "admin_auth_success""#,
    ];
    let (request, line) = login(5, "203.0.113.9", "alice", "curl");
    let json_access = |status: &str, agent: &str| {
        format!(
            "{{\"msec\":{START}.5,\"remote_addr\":\"203.0.113.9\",\"request\":\"GET /organization HTTP/1.1\",\
             \"status\":{status},\"body_bytes_sent\":17,\"http_user_agent\":{agent}}}\n"
        )
    };
    // A file that is mostly nonsense is no log.
    let usual = format!("{{\"event\": \"user_updated\", \"timestamp\": {START}}}\n");
    let mut journal = usual.repeat(100) + &line;
    let mut access_json = json_access("200", "\"curl\"").repeat(100);
    access_json += &json_access("401", "\"curl\"");
    for value in absurd {
        for field in ["timestamp", "event", "admin_name", "other"] {
            let line =
                format!(r#"{{"event": "user_updated", "timestamp": {START}, "{field}": {value}}}"#);
            let _ = writeln!(journal, "{line}\n{{\"{field}\": {value}}}");
        }
        access_json += &json_access("200", value);
        access_json += &json_access(value, "\"curl\"");
    }
    access_json += &json_access("401", r#""lone \udfff""#);
    let desk = Desk::new();
    desk.put("access.log", request)
        .put("journal.log", journal)
        .put("access.json", access_json);
    let found = desk.findings(&["access.log", "journal.log"]);
    let login = found
        .iter()
        .find(|f| f["url"]["path"] == "/auth/session")
        .unwrap();
    assert_eq!(
        (&login["cause"], &login["user"]["name"]),
        (&json!("wrong_password"), &json!("alice"))
    );
    let found = desk.findings(&["access.json"]);
    let agents: Vec<&Value> = found.iter().map(|f| &f["user_agent"]["original"]).collect();
    assert_eq!(
        (agents.first(), agents.last()),
        (Some(&&json!("curl")), Some(&&json!("lone \u{fffd}")))
    );
}

// ---- Times ----------------------------------------------------------------------------------------------------

/// Neither end of the calendar, nor a second that there is hardly ever, changes what is found around it.
#[test]
fn times_at_the_ends_of_the_calendar() {
    let line = |time: &str| {
        format!("203.0.113.9 - - [{time}] \"GET /organization HTTP/1.1\" 401 17 \"-\" \"curl\"\n")
    };
    let times = [
        // A line that tells whole seconds is shown in the middle of its second.
        ("01/Jan/0000:00:00:00 +0000", "0000-01-01T00:00:00.500Z"),
        ("31/Dec/2016:23:59:60 +0000", "2017-01-01T00:00:00.500Z"),
        ("21/Nov/2026:20:55:05 +0000", "2026-11-21T20:55:05.500Z"),
        ("31/Dec/9999:23:59:59 +0000", "9999-12-31T23:59:59.500Z"),
    ];
    let desk = Desk::new();
    desk.put("access.log", times.map(|(time, _)| line(time)).concat());
    desk.put("journal.log", wrong_password(5, "203.0.113.9", "alice"));
    let found = desk.findings(&["access.log", "journal.log"]);
    let requests = found.iter().filter(|f| f.get("http").is_some());
    let mut told: Vec<&str> = requests.filter_map(|f| f["@timestamp"].as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, times.map(|(_, told)| told));
    for more in [
        &[][..],
        &["--each"],
        &["--utc"],
        &["--since", "2026-01-01", "--until", "9999-01-01"],
    ] {
        let args = [&["explain", "access.log", "journal.log"], more].concat();
        assert_eq!(desk.run(&args).code, 0);
    }
    assert_eq!(
        desk.run(&["index", "access.log", "journal.log", "--index", "i.db"])
            .code,
        0
    );
    let told = desk.run(&[
        "sql",
        "SELECT min(time), max(time) FROM findings",
        "-o",
        "csv",
        "--index",
        "i.db",
    ]);
    assert_eq!(
        told.data.lines().nth(1),
        Some("0000-01-01T00:00:00.500Z,9999-12-31T23:59:59.500Z")
    );
    assert_eq!(desk.run(&["inputs", "--index", "i.db"]).code, 0);
}

/// A log without zone in both nights in which clocks are set.
#[test]
fn nights_in_which_clocks_are_set() {
    let log = |times: &[&str]| -> String {
        let record =
            |time: &&str| format!("[vpn][{time},000][ERROR] Duo plugin authentication not valid\n");
        times.iter().map(record).collect()
    };
    let desk = Desk::new();
    for (times, expected) in [
        // At 02:00 it is 03:00; what says 02:30 all the same is taken as a clock that was not set yet.
        (
            &["2026-03-29 01:59:50", "2026-03-29 03:00:10"][..],
            &["2026-03-29T00:59:50.000Z", "2026-03-29T01:00:10.000Z"][..],
        ),
        // At 03:00 it is 02:00 again.
        (
            &[
                "2026-10-25 02:10:00",
                "2026-10-25 02:59:50",
                "2026-10-25 02:00:10",
                "2026-10-25 02:10:00",
                "2026-10-25 03:00:00",
            ],
            &[
                "2026-10-25T00:10:00.000Z",
                "2026-10-25T00:59:50.000Z",
                "2026-10-25T01:00:10.000Z",
                "2026-10-25T01:10:00.000Z",
                "2026-10-25T02:00:00.000Z",
            ],
        ),
    ] {
        desk.put("pritunl.log", log(times));
        let found = desk.findings(&["pritunl.log", "--timezone", "Europe/Berlin"]);
        let told: Vec<&str> = found
            .iter()
            .filter_map(|f| f["@timestamp"].as_str())
            .collect();
        assert_eq!(told, expected);
    }
    desk.put(
        "pritunl.log",
        log(&[
            "2026-03-29 01:59:50",
            "2026-03-29 02:30:00",
            "2026-03-29 03:00:10",
        ]),
    );
    assert_eq!(
        desk.findings(&["pritunl.log", "--timezone", "Europe/Berlin"])
            .len(),
        3
    );
}

// ---- Files that change ----------------------------------------------------------------------------------------

/// Files come, go, grow, and become pipes and links while the folder is read; the one that stays is read whole.
#[test]
fn a_folder_may_change_under_the_walk() {
    let desk = Desk::new();
    let (request, line) = login(5, "203.0.113.9", "alice", "curl");
    fs::create_dir_all(desk.path("logs/deep")).unwrap();
    desk.put("logs/access.log", request)
        .put("logs/journal.log", line);
    let other = access(6, "198.51.100.7", "GET /organization", 200, "curl");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let at = |name: &str| desk.path("logs/deep").join(name);
            for n in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let (name, next) = (
                    at(&format!("x.log.{}", n % 5)),
                    at(&format!("x.log.{}", (n + 1) % 5)),
                );
                let _ = fs::write(&name, other.repeat(n % 50));
                let _ = fs::rename(&name, &next);
                let _ = fs::remove_file(&name);
                match n % 3 {
                    0 => mkfifo(&name),
                    1 => drop(std::os::unix::fs::symlink(&next, &name)),
                    _ => {}
                }
                let _ = fs::remove_file(&next);
            }
        });
        for _ in 0..20 {
            let found = desk.findings(&["logs"]);
            let stays: Vec<&Value> = found
                .iter()
                .filter(|f| f["source"]["ip"] == "203.0.113.9")
                .collect();
            assert_eq!(stays.len(), 1);
            assert_eq!(stays[0]["cause"], "wrong_password");
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn what_has_no_end_is_not_opened() {
    let desk = Desk::new();
    desk.put(
        "access.log",
        access(1, "203.0.113.9", "GET /organization", 401, "curl"),
    );
    std::os::unix::fs::symlink("/dev/zero", desk.path("zero.log")).unwrap();
    std::os::unix::fs::symlink(".", desk.path("loop")).unwrap();
    mkfifo(&desk.path("pipe.log"));
    let ended = explain(["."]).within(desk.0.path()).run();
    assert_eq!((ended.code, ended.findings().len()), (0, 1));
    let ended = explain(["zero.log", "access.log"])
        .within(desk.0.path())
        .run();
    assert_eq!((ended.code, ended.findings().len()), (3, 1));
    assert!(
        ended.talk.contains("zero.log: not a regular file or pipe"),
        "{}",
        ended.talk
    );
}

// ---- The terminal ---------------------------------------------------------------------------------------------

/// What a client may put into a name, and a part of it that must not come out.
const ATTACKS: &[&str] = &[
    "\u{1b}[2J\u{1b}[1;1H",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://evil/\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{9b}2J\u{90}x\u{9c}",
    "bell\u{7}back\u{8}\u{8}\u{8}",
    "overwritten\rexplained",
    "line\nforged",
    "nimda\u{202e}txt",
    "\u{2066}isolate\u{2067}\u{2068}\u{2069}",
    "sep\u{2028}arated\u{2029}",
    "ze\u{200b}ro\u{200d}wi\u{feff}dth",
    "日本語の長い名前",
    "e\u{301}\u{301}\u{301}accents",
];

/// Neither a control character nor one that cannot be seen, but for ends of lines.
fn assert_inert(text: &str, what: &str) {
    let is_bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    for line in text.lines() {
        assert_eq!(line.chars().find(|c| is_bad(*c)), None, "{what}: {line:?}");
    }
}

/// A desk with the attacks as user names, user agents and paths, and in the name of a file.
fn attacked() -> Desk {
    let desk = Desk::new();
    let (mut requests, mut journal) = (String::new(), String::new());
    for (n, attack) in (0..).zip(ATTACKS) {
        let raw = attack.replace('\n', "\\x0A");
        let (client, second) = (format!("203.0.113.{n}"), n * 3);
        requests += &access(second, &client, "POST /auth/session", 401, &raw);
        journal += &wrong_password(second, &client, attack);
        requests += &access(
            second + 1,
            &client,
            &format!("GET /organization/{raw}"),
            401,
            &raw,
        );
    }
    desk.put("access\u{1b}[31m\u{202e}.log", requests)
        .put("journal.log", journal);
    desk
}

#[test]
fn no_output_acts_on_a_terminal() {
    let desk = attacked();
    let logs = ["access\u{1b}[31m\u{202e}.log", "journal.log"];
    let index = desk.run(&[&["index", "--index", "i.db"], &logs[..]].concat());
    assert_eq!(index.code, 0, "{}", index.talk);
    assert_inert(&index.talk, "index");
    let stored = ["--index", "i.db"];
    for (what, args) in [
        ("explain", [&["explain"], &logs[..]].concat()),
        ("each", [&["explain", "--each"], &logs[..]].concat()),
        (
            "considered",
            [&["explain", "--each", "--considered"], &logs[..]].concat(),
        ),
        (
            "for the user",
            [&["explain", "--for-user"], &logs[..]].concat(),
        ),
        ("stored", [&["explain"], &stored[..]].concat()),
        ("inputs", [&["inputs"], &stored[..]].concat()),
        (
            "findings",
            [&["sql", "SELECT * FROM findings"], &stored[..]].concat(),
        ),
        (
            "events",
            [&["sql", "SELECT * FROM events"], &stored[..]].concat(),
        ),
        (
            "heading",
            [&["sql", "SELECT 1 AS \"a\u{1b}[2J\u{202e}\""], &stored[..]].concat(),
        ),
        (
            "wrong",
            [&["sql", "SELECT \u{1b}[2J"], &stored[..]].concat(),
        ),
        ("absent", vec!["explain", "\u{1b}[2J\u{202e}"]),
    ] {
        let ended = desk.run(&args);
        assert_inert(&ended.data, what);
        assert_inert(&ended.talk, what);
        assert!(ended.data.len() + ended.talk.len() > 10, "{what}");
    }
    let each = desk.run(&[&["explain", "--each"], &logs[..]].concat()).data;
    for legible in [
        "\\x1b[2J",
        "<U+202E>",
        "overwritten\\rexplained",
        "<U+009B>",
        "日本語",
    ] {
        assert!(each.contains(legible), "{legible}");
    }
}

/// The second column begins at the same place whatever stands in the first.
#[test]
fn tables_are_aligned() {
    let desk = attacked();
    let logs = ["access\u{1b}[31m\u{202e}.log", "journal.log"];
    assert_eq!(
        desk.run(&[&["index", "--index", "i.db"], &logs[..]].concat())
            .code,
        0
    );
    let query = "SELECT principal, 'x' || status AS s FROM findings WHERE principal IS NOT NULL";
    let table = desk.run(&["sql", query, "--index", "i.db"]).data;
    let columns = |line: &str| line.rfind("  ").map(|at| line[..at + 2].width());
    let mut rows = table.lines();
    let heading = columns(rows.next().unwrap()).unwrap();
    assert_eq!(rows.clone().count(), ATTACKS.len());
    for row in rows {
        assert_eq!(columns(row), Some(heading), "{row}");
    }
}

// ---- Forged records -------------------------------------------------------------------------------------------

/// What a finding says, without what tells it from another of the same kind.
fn judged(finding: &Value) -> [&Value; 6] {
    [
        "verdict",
        "cause",
        "confidence",
        "logged",
        "candidates",
        "source",
    ]
    .map(|name| &finding[name])
}

/// The only finding of two logs, which is the same through the index, and the desk on which they lie.
fn judge(request: &str, line: &str) -> (Desk, Value) {
    let desk = Desk::new();
    desk.put("access.log", request).put("journal.log", line);
    let found = desk.findings(&["access.log", "journal.log"]);
    assert_eq!(found.len(), 1, "{request}{line}");
    let logs = ["index", "access.log", "journal.log", "--index", "i.db"];
    assert_eq!(desk.run(&logs).code, 0);
    let through = desk.run(&["explain", "-o", "ndjson", "--index", "i.db"]);
    assert_eq!(through.findings(), found);
    (desk, found.into_iter().next().unwrap())
}

/// Whether it says to people that a line is forged, and the ranks of the lines of which it says so in SQL.
fn marks(desk: &Desk) -> (bool, String) {
    let told = |more: &[&str]| {
        let args = [&["explain", "access.log", "journal.log"], more].concat();
        let text = desk.run(&args).data;
        text.contains("forgery  a field of the line imitates a record")
    };
    let query = "SELECT rank, flags FROM evidence WHERE flags IS NOT NULL";
    let flagged = desk.run(&["sql", query, "-o", "csv", "--index", "i.db"]);
    let (grouped, each) = (told(&[]), told(&["--each"]));
    assert_eq!(grouped, each);
    (each, flagged.data)
}

/// User names and user agents that are records: what is found is what is found of a harmless one, and marked.
#[test]
fn a_forged_record_is_marked_and_changes_nothing() {
    let client = "203.0.113.9";
    let success = "203.0.113.9 - - [21/Nov/2026:20:55:05 +0000] \"GET /organization HTTP/1.1\" 200 512 \"-\" \"x\"";
    let accepted = format!(
        "{{\"id\": \"6b02053b11c7205a5ab73689\", \"event\": \"admin_auth_success\", \"timestamp\": {}, \
         \"admin_name\": \"alice\", \"remote_address\": \"{client}\"}}",
        START + 5
    );
    let nginx = |text: &str| text.replace('"', "\\x22").replace('\n', "\\x0A");
    let (request, line) = login(5, client, "alice", "curl");
    let (desk, plain) = judge(&request, &line);
    assert_eq!(plain["cause"], "wrong_password");
    assert_eq!(marks(&desk), (false, "rank,flags\r\n".to_owned()));
    for (agent, name, at) in [
        (nginx("x\" 200 0 \"-\" \"curl"), "alice".to_owned(), 0),
        (nginx(success), "alice".to_owned(), 0),
        (nginx(&format!("x\n{success}")), "alice".to_owned(), 0),
        ("curl".to_owned(), accepted.clone(), 1),
        ("curl".to_owned(), format!("alice\n{accepted}"), 1),
        ("curl".to_owned(), format!("alice\r\n{success}"), 1),
    ] {
        let (request, line) = login(5, client, &name, &agent);
        let (desk, finding) = judge(&request, &line);
        assert_eq!(judged(&finding), judged(&plain), "{request}{line}");
        let flags = &finding["evidence"][at]["flags"];
        assert_eq!(*flags, json!(["forgery"]), "{request}{line}");
        let in_sql = format!("rank,flags\r\n{},forgery\r\n", at + 1);
        assert_eq!(marks(&desk), (true, in_sql));
    }
}

/// The same in an access log of JSON objects, as nginx escapes it with and without `escape=json`.
#[test]
fn a_forged_record_in_json_changes_nothing() {
    let line = |agent: &str| {
        format!(
            "{{\"msec\":{START}.5,\"remote_addr\":\"203.0.113.9\",\"request\":\"GET /organization HTTP/1.1\",\
             \"http_user_agent\":\"{agent}\",\"status\":401,\"body_bytes_sent\":17}}\n"
        )
    };
    let find = |agent: &str| {
        let desk = Desk::new();
        desk.put("access.log", line(agent));
        let mut found = desk.findings(&["access.log"]);
        assert_eq!(found.len(), 1, "{agent}");
        found.remove(0)
    };
    let plain = find("curl");
    assert!(plain["evidence"][0].get("flags").is_none());
    for agent in [
        r#"x\",\"status\":200,\"y\":\""#,
        r"x\x22,\x22status\x22:200,\x22y\x22:\x22",
        r#"x\" 200 0 \"-\" \"y"#,
        r#"x\n{\"status\":200}"#,
        r"x\u000a203.0.113.9 - - [21/Nov/2026:20:55:05 +0000]",
    ] {
        let finding = find(agent);
        assert_eq!(judged(&finding), judged(&plain), "{agent}");
        assert_eq!(finding["http"], plain["http"], "{agent}");
        assert_eq!(
            finding["evidence"][0]["flags"],
            json!(["forgery"]),
            "{agent}"
        );
    }
}
