//! What is particular to WireBuddy's log: the lines of its handlers and its own access lines in one stream, local
//! times, records of many lines, and servers of other kinds beside it.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fmt::Write;
use std::fs;

use binary::live::{Tail, append, ask, by_id, found, until};
use binary::{Ended, SCENARIO, Why401, cited, explain, why401};
use chrono::DateTime;
use serde_json::Value;

/// 2026-11-21 20:55:00 UTC
const START: i64 = 1_795_294_500;
const ALICE: &str = "203.0.113.1";
const BOB: &str = "203.0.113.2";
const AUTH: &str = "app.api.auth";

/// Logs in the making; seconds count from [`START`].
#[derive(Default, Clone)]
struct Host {
    access: String,
    log: String,
    /// How far the server's clock on the wall is ahead of UTC.
    ahead: i64,
}

impl Host {
    /// A request as nginx tells it.
    fn proxied(
        mut self,
        second: i64,
        client: &str,
        request: &str,
        status: u16,
        bytes: u64,
    ) -> Self {
        let time = DateTime::from_timestamp(START + second, 0).unwrap();
        let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
        let agent = r#""-" "curl/8.5""#;
        let line =
            format!(r#"{client} - - [{time}] "{request} HTTP/1.1" {status} {bytes} {agent}"#);
        writeln!(self.access, "{line}").unwrap();
        self
    }

    fn line(mut self, second: i64, logger: &str, message: &str) -> Self {
        let time = DateTime::from_timestamp(START + second + self.ahead, 0).unwrap();
        let time = time.format("%Y-%m-%d %H:%M:%S");
        writeln!(self.log, "{time} | INFO     | {logger} | {message}").unwrap();
        self
    }

    /// The same request as uvicorn tells it.
    fn served(self, second: i64, client: &str, request: &str, status: u16) -> Self {
        let message = format!(r#"{client}:0 - "{request} HTTP/1.1" {status}"#);
        self.line(second, "uvicorn.access", &message)
    }

    fn both(self, second: i64, client: &str, request: &str, status: u16, bytes: u64) -> Self {
        self.served(second, client, request, status)
            .proxied(second, client, request, status, bytes)
    }

    /// A login that the server refuses with a line.
    fn failed(self, second: i64, client: &str, name: &str) -> Self {
        let words = format!("LOGIN_FAILED ip={client} username={name}");
        self.line(second, AUTH, &words)
            .both(second, client, "POST /api/login", 401, 41)
    }

    fn succeeded(self, second: i64, client: &str, name: &str) -> Self {
        let words = format!("LOGIN_SUCCESS ip={client} username={name}");
        self.line(second, AUTH, &words)
            .both(second, client, "POST /api/login", 200, 163)
    }

    /// Probes of the container, so that the log is alive for `minutes`.
    fn probed(mut self, minutes: i64) -> Self {
        let mut lines: Vec<String> = self.log.lines().map(str::to_owned).collect();
        for n in 0..minutes * 2 {
            let probe = Host {
                ahead: self.ahead,
                ..Host::default()
            };
            lines.push(
                probe
                    .served(n * 30, "127.0.0.1", "GET /health", 200)
                    .log
                    .trim()
                    .to_owned(),
            );
        }
        lines.sort_by_key(|line| line[..19].to_owned());
        self.log = lines.join("\n") + "\n";
        self
    }

    fn explain(&self, with: impl Fn(Why401) -> Why401) -> Ended {
        let folder = tempfile::tempdir().unwrap();
        let mut logs = Vec::new();
        for (name, text) in [("access.log", &self.access), ("wirebuddy.log", &self.log)] {
            if !text.is_empty() {
                fs::write(folder.path().join(name), text).unwrap();
                logs.push(name);
            }
        }
        let ended = with(explain(logs)).within(folder.path()).run();
        assert_eq!(ended.code, 0, "{}", ended.talk);
        ended
    }

    fn findings(&self) -> Vec<Value> {
        self.explain(|why401| why401).findings()
    }
}

fn causes(finding: &Value) -> Vec<&str> {
    let candidates = finding["candidates"].as_array().into_iter().flatten();
    candidates.filter_map(|c| c["cause"].as_str()).collect()
}

#[test]
fn a_request_that_two_servers_saw_is_one_finding_outermost_first() {
    let host = Host::default().failed(10, ALICE, "alice").probed(2);
    let findings = host.findings();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(
        cited(&findings[0], "request"),
        [("access.log", 1), ("wirebuddy.log", 3)]
    );
    assert_eq!(cited(&findings[0], "reason"), [("wirebuddy.log", 2)]);
    assert_eq!(findings[0]["logged"], true);
    assert_eq!(findings[0]["user"]["name"], "alice");
}

#[test]
fn the_servers_log_is_enough() {
    let host = Host::default()
        .failed(10, ALICE, "alice")
        .both(20, BOB, "GET /api/me", 401, 30)
        .probed(2);
    let alone = Host {
        access: String::new(),
        ..host
    };
    let findings = alone.findings();
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0]["http"]["response"]["status_code"], 401);
    assert_eq!(findings[1]["logged"], false);
}

/// A wrong password, an unknown name and a disabled account are written alike.
#[test]
fn accounts_that_are_let_in_narrow_a_failed_login() {
    let host = Host::default()
        .succeeded(5, BOB, "bob")
        .failed(10, ALICE, "alice")
        .failed(20, BOB, "bob")
        .failed(30, BOB, "bbo")
        .succeeded(40, ALICE, "alice");
    let findings = host.clone().probed(2).findings();
    // Mistyped: the same address was let in just after.
    assert_eq!(causes(&findings[0]), ["wrong_password"]);
    assert_eq!(causes(&findings[1]), ["wrong_password"]);
    assert_eq!(
        causes(&findings[2]),
        ["unknown_user", "wrong_password", "account_disabled"]
    );
    let changed = Host::default()
        .succeeded(5, BOB, "bob")
        .line(8, "app.api.users", "USER_UPDATED user_id=3 by_user=1")
        .failed(200, BOB, "bob");
    let findings = changed.probed(5).findings();
    assert_eq!(causes(&findings[0]), ["wrong_password", "account_disabled"]);
}

/// A log that begins with the first start names every account but the first one, which stands beside its password.
#[test]
fn a_name_that_was_never_created_is_unknown() {
    let mut host = Host::default().line(1, "app.db.sqlite_schema", "");
    host.log
        .push_str("  Username : admin\n  Password : Zebobu51\n");
    let words = "USER_CREATED username=bob by_admin_id=1";
    host = host.line(5, "app.api.users", words);
    host = host.failed(10, ALICE, "admin").failed(60, ALICE, "bob");
    let findings = host.failed(120, ALICE, "root").findings();
    let told: Vec<_> = findings.iter().map(causes).collect();
    let known = vec!["wrong_password", "account_disabled"];
    assert_eq!(told, [known.clone(), known, vec!["unknown_user"]]);
}

#[test]
fn one_line_means_different_things_on_different_routes() {
    let host = Host::default()
        .line(10, AUTH, &format!("LOGIN_FAILED ip={ALICE} username=alice"))
        .both(10, ALICE, "POST /api/mfa/verify", 401, 29)
        .probed(2);
    assert_eq!(causes(&host.findings()[0]), ["wrong_otp"]);
}

/// Password, password, the third locks; then no password is looked at; then the limiter answers.
#[test]
fn a_login_that_is_tried_six_times_in_a_minute() {
    let wait = 61;
    let words = format!("LOGIN_FAILED ip={ALICE} username=alice");
    let post = "POST /api/login";
    let mut host = Host::default().succeeded(1, BOB, "alice");
    host = host.failed(10, ALICE, "alice").failed(11, ALICE, "alice");
    host = host.line(12, AUTH, &format!("{words} locked_for=29s"));
    host = host.both(12, ALICE, post, 429, wait);
    host = host.line(13, AUTH, &format!("LOGIN_LOCKED ip={ALICE} remaining=28s"));
    host = host.both(13, ALICE, post, 429, wait);
    let limit = format!("ratelimit 5 per 1 minute ({ALICE}) exceeded at endpoint: /api/login");
    host = host
        .line(14, "slowapi", &limit)
        .both(14, ALICE, post, 429, 55);
    let findings = host.probed(2).findings();
    let told: Vec<_> = findings.iter().map(causes).collect();
    let wrong = vec!["wrong_password"];
    let expected = [
        wrong.clone(),
        wrong.clone(),
        wrong,
        vec!["account_locked"],
        vec!["rate_limited"],
    ];
    assert_eq!(told, expected);
}

/// What the server's own log does not have, though it has every request, the proxy refused.
#[test]
fn what_never_came_to_the_server() {
    let host = Host::default()
        .both(9, BOB, "GET /api/me", 200, 150)
        .proxied(10, ALICE, "GET /swagger", 403, 153)
        .both(11, BOB, "GET /api/me", 200, 150);
    let findings = host.clone().probed(2).findings();
    assert_eq!(causes(&findings[0]), ["address_not_allowed"]);
    assert_eq!(cited(&findings[0], "request"), [("access.log", 2)]);
    // Where nobody else was there, its words alone would not have told.
    let other = host.access.replace(" 403 153 ", " 403 38 ");
    let findings = Host {
        access: other,
        ..host
    }
    .probed(2)
    .findings();
    assert_eq!(causes(&findings[0]), ["insufficient_rights"]);
    assert!(findings[0]["logged"].is_null() || findings[0]["logged"] == false);
}

#[test]
fn a_client_that_forges_a_line_as_its_address() {
    let forged = r#"evil" - "GET /api/me HTTP/1.1" 200:0 - "POST /api/login HTTP/1.1" 401"#;
    let host = Host::default()
        .line(10, AUTH, "LOGIN_FAILED ip=203.0.113.9 username=alice")
        .line(10, "uvicorn.access", forged)
        .probed(2);
    let findings = host.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["url"]["path"], "/api/login");
    assert!(findings[0]["source"]["ip"].is_null());
}

#[test]
fn a_zone_is_learned_from_the_proxys_log() {
    let mut host = Host {
        ahead: 2 * 3600,
        ..Host::default()
    };
    for n in 0..40 {
        let second = n * 37 + n * n % 11;
        host = host.failed(second, if n % 3 == 0 { ALICE } else { BOB }, "alice");
    }
    let ended = host.explain(|why401| why401);
    let findings = ended.findings();
    assert_eq!(findings.len(), 40);
    assert!(
        findings.iter().all(|f| cited(f, "request").len() == 2),
        "{}",
        ended.talk
    );
    assert!(ended.talk.contains("+02:00"), "{}", ended.talk);
}

#[test]
fn tracebacks_and_first_passwords_are_part_of_their_record() {
    let mut host = Host::default().line(1, "app.db.sqlite_schema", "");
    host.log
        .push_str("  Username : admin\n  Password : Zebobu51\n");
    host = host.both(10, ALICE, "POST /api/mfa/verify", 500, 21);
    host = host.line(10, "uvicorn.error", "Exception in ASGI application");
    host.log
        .push_str("  + Exception Group Traceback (most recent call last):\n\n");
    host.log
        .push_str("ValueError: Expected encrypted vault value\n");
    host = host.both(20, BOB, "GET /api/me", 401, 30);
    let ended = host.explain(|why401| why401);
    let findings = ended.findings();
    assert_eq!(causes(&findings[0]), ["otp_secret_unreadable"]);
    assert_eq!(findings.len(), 2);
    assert!(!ended.data.contains("Zebobu51") && !ended.talk.contains("Zebobu51"));
}

/// Each access log is joined with the logs of the server that its paths speak for.
#[test]
fn several_servers_in_one_run() {
    let wirebuddy = "fixtures/scenarios/wirebuddy";
    let count = |folders: &[&str]| {
        let mut by_system = [0, 0];
        for finding in explain(folders.iter().copied()).findings() {
            let is_wirebuddy = finding["system"] == "wirebuddy";
            by_system[usize::from(is_wirebuddy)] += 1;
            let folder = if is_wirebuddy { wirebuddy } else { SCENARIO };
            let evidence = finding["evidence"].as_array().unwrap();
            assert!(
                evidence
                    .iter()
                    .all(|e| e["file"].as_str().unwrap().starts_with(folder))
            );
        }
        by_system
    };
    let (pritunl, other) = (count(&[SCENARIO]), count(&[wirebuddy]));
    assert!(pritunl[0] > 0 && other[1] > 0);
    assert_eq!(count(&[SCENARIO, wirebuddy]), [pritunl[0], other[1]]);
    assert_eq!(count(&[wirebuddy, SCENARIO]), [pritunl[0], other[1]]);
    let help = why401(["formats"]).run();
    assert!(help.data.contains("wirebuddy_log"));
}

/// Lines with a time, and between them as many without one as are seldom met.
fn with_lines_without_a_time() -> Host {
    let mut host = Host::default();
    for (second, bare) in [(0, 0), (20, 3), (40, 1), (60, 2)] {
        let failed = format!("LOGIN_FAILED ip={ALICE} username=alice");
        host = host.line(second, AUTH, &failed);
        let line = format!(r#"INFO:     {ALICE}:0 - "POST /api/login HTTP/1.1" 401 Unauthorized"#);
        for _ in 0..bare {
            writeln!(host.log, "{line}").unwrap();
        }
    }
    host
}

// Behind the last line with a time nobody knows yet what comes.
#[test]
fn access_lines_without_a_time_are_the_same_in_whichever_pieces_they_are_read() {
    let host = with_lines_without_a_time();
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| why401(args).within(folder.path()).run();
    let ends: Vec<usize> = host.log.match_indices('\n').map(|(at, _)| at + 1).collect();
    for upto in ends {
        let log = &host.log[..upto];
        fs::write(folder.path().join("wirebuddy.log"), log).unwrap();
        run(&["index", "--index", "index.db", "wirebuddy.log"]);
        // Once more, and nothing is different.
        run(&["index", "--index", "index.db", "wirebuddy.log"]);
        let kept = run(&["explain", "-o", "ndjson", "--index", "index.db"]);
        assert_eq!(
            kept.data,
            run(&["explain", "-o", "ndjson", "wirebuddy.log"]).data,
            "{log}"
        );
    }
}

#[test]
fn access_lines_without_a_time_at_the_end_are_told_live() {
    let host = with_lines_without_a_time();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lines: Vec<&str> = host.log.split_inclusive('\n').collect();
    append(folder, "wirebuddy.log", lines[0]);
    let tail = Tail::start(folder, &["--from-start", "wirebuddy.log"]);
    let count = "SELECT count(*) FROM event";
    for (n, line) in lines.iter().enumerate().skip(1) {
        append(folder, "wirebuddy.log", line);
        until(|| ask(folder, count, |row| row.get::<_, usize>(0).unwrap()) == [n + 1]);
    }
    let told = by_id(tail.end());
    let whole = found(folder, &["wirebuddy.log"]);
    assert!(told.keys().eq(whole.keys()));
    let index = ["explain", "-o", "ndjson", "--index", "state/index.db"];
    assert_eq!(by_id(why401(index).within(folder).findings()), whole);
}

/// Where somebody gave uvicorn a logging configuration of its own, its access lines have no time: they happened between
/// the lines around them.
#[test]
fn access_lines_without_a_time_take_their_neighbours() {
    let bare = |mut host: Host, client: &str, request: &str, answer: &str| {
        let line = format!(r#"INFO:     {client}:0 - "{request} HTTP/1.1" {answer}"#);
        writeln!(host.log, "{line}").unwrap();
        host
    };
    let (login, refused) = ("POST /api/login", "401 Unauthorized");
    let mut host = Host::default();
    for second in [0, 20, 40] {
        let failed = format!("LOGIN_FAILED ip={ALICE} username=alice");
        host = bare(host, BOB, "GET /health", "200 OK").line(second, AUTH, &failed);
        host = bare(host, ALICE, login, refused).line(second + 1, "app.main", "goes on");
        host = bare(host, BOB, "GET /api/me", refused);
    }
    host = host.line(60, "app.main", "goes on");
    let is_derived = |e: &&Value| e["flags"] == serde_json::json!(["derived"]);
    let told = |host: &Host| {
        let findings = host.findings();
        let told = findings.iter().map(|f| {
            let lines = f["evidence"].as_array().unwrap().iter().filter(is_derived);
            let time = f["@timestamp"].as_str().unwrap()[14..19].to_owned();
            (
                f["url"]["path"].to_string(),
                time,
                causes(f)[0].to_owned(),
                lines.count(),
            )
        });
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    };
    let alone = told(&host);
    assert_eq!(alone.len(), 6, "{alone:?}");
    assert!(alone.iter().all(|f| f.3 == 1), "{alone:?}");
    let logins: Vec<_> = alone.iter().filter(|f| f.0.contains("login")).collect();
    let times: Vec<_> = logins.iter().map(|f| &*f.1).collect();
    assert_eq!(times, ["55:00", "55:20", "55:40"]);
    assert!(logins.iter().all(|f| f.2 == "wrong_password"), "{logins:?}");

    // A proxy's line has the time, and tells which of the requests it was.
    let proxied = host
        .proxied(20, ALICE, login, 401, 43)
        .proxied(23, BOB, "GET /api/me", 401, 30);
    let joined = told(&proxied);
    assert_eq!(joined.len(), 6, "{joined:?}");
    assert!(joined.iter().any(|f| f.1 == "55:23"), "{joined:?}");
}
