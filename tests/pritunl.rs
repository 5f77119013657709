//! What Pritunl's logs tell beside a journal and the access log of an hour: every line that its tables know, the server's
//! other log, VPN connections.
//!
//! `tests/scenarios/pritunl.log` is the other log of the server that `fixtures/scenarios/pritunl` is of.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use binary::{ACCESS, JOURNAL, Why401, cited, explain, why401};
use chrono::DateTime;
use serde_json::{Value, json};
use why401::cause::Cause;
use why401::system::pritunl::SYSTEM as PRITUNL;
use why401::system::{Body, Meaning, RoutePattern, Statement};

const LOG: &str = "tests/scenarios/pritunl.log";
const START: i64 = 1_795_294_500;

/// Logs of a host in Berlin in the making; seconds count from [`START`].
#[derive(Default)]
struct Host {
    access: String,
    journal: String,
    log: String,
}

impl Host {
    /// A server whose journal is alive.
    fn new() -> Self {
        Self::default().journal(0, "web_server_start", json!({"version": "1.34.4681.89"}))
    }

    fn request(
        mut self,
        second: i64,
        client: &str,
        request: &str,
        status: u16,
        bytes: u64,
    ) -> Self {
        let time = DateTime::from_timestamp(START + second, 0).unwrap();
        let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
        writeln!(
            self.access,
            r#"{client} - - [{time}] "{request} HTTP/1.1" {status} {bytes} "-" "curl/8.5""#
        )
        .unwrap();
        self
    }

    fn journal(mut self, second: i64, event: &str, fields: Value) -> Self {
        let mut line = json!({"event": event, "timestamp": START + second, "host_name": "vpn1"});
        let line_fields = line.as_object_mut().unwrap();
        let Value::Object(fields) = fields else {
            panic!("no fields: {fields}")
        };
        line_fields.extend(fields);
        writeln!(self.journal, "{line}").unwrap();
        self
    }

    /// A record of the other log, in Berlin's time of a November.
    fn log(mut self, second: i64, message: &str, fields: &[(&str, &str)]) -> Self {
        let time = DateTime::from_timestamp(START + second + 3600, 0).unwrap();
        let time = time.format("%Y-%m-%d %H:%M:%S");
        writeln!(self.log, "[vpn1][{time},250][ERROR] {message}").unwrap();
        for (key, value) in fields {
            writeln!(self.log, "  {key} = {value}").unwrap();
        }
        self
    }

    /// Writes what there is into a folder and explains it.
    fn explain(&self, folder: &Path) -> Why401 {
        for (name, text) in [
            ("access.log", &self.access),
            ("pritunl_journal.log", &self.journal),
            ("pritunl.log", &self.log),
        ] {
            if !text.is_empty() {
                fs::write(folder.join(name), text).unwrap();
            }
        }
        explain(["."]).within(folder)
    }

    fn findings(&self) -> Vec<Value> {
        self.explain(tempfile::tempdir().unwrap().path()).findings()
    }
}

fn causes(findings: &[Value]) -> Vec<&str> {
    let cause = |f: &Value| {
        f["cause"]
            .as_str()
            .map_or("none", |c| Cause::from_id(c).unwrap().id())
    };
    findings.iter().map(cause).collect()
}

/// In one line.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without the lines of the other log.
fn without_log(mut finding: Value) -> Value {
    let evidence = finding["evidence"].as_array_mut().unwrap();
    evidence.retain(|e| e["file"] != LOG);
    finding
}

// ---- The server's other log -----------------------------------------------------------------------------------

#[test]
fn what_two_logs_tell_is_found_once_and_cites_both() {
    let log = fs::read_to_string(LOG).unwrap();
    let is_failure = |line: &&str| {
        line.contains("login failed")
            || line.ends_with("Request missing external web server validation")
    };
    let stated = log.lines().filter(is_failure).count();
    let of_two = explain([ACCESS, JOURNAL]).findings();
    for logs in [[ACCESS, JOURNAL, LOG], [LOG, JOURNAL, ACCESS]] {
        let of_three = explain(logs).findings();
        // One login can fail for two reasons.
        let cites = |f: &Value| [cited(f, "reason"), cited(f, "context")].concat().len();
        let told_again =
            of_three.iter().map(cites).sum::<usize>() - of_two.iter().map(cites).sum::<usize>();
        assert_eq!(told_again, stated);
        let rest: Vec<Value> = of_three.into_iter().map(without_log).collect();
        assert_eq!(rest, of_two);
    }
}

#[test]
fn the_other_log_alone_explains_logins_and_claims_no_silence() {
    let truth = fs::read_to_string("tests/scenarios/pritunl.truth.jsonl").unwrap();
    let truth: HashMap<u64, String> = truth
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|row| row["file"] == "access.log")
        .map(|row| {
            (
                row["line"].as_u64().unwrap(),
                row["cause"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let mut explained = 0;
    for finding in explain([ACCESS, LOG]).findings() {
        assert_ne!(finding["verdict"], "silent", "{finding}");
        let request = cited(&finding, "request");
        let Some((_, line)) = request.first() else {
            continue;
        };
        let named = finding["candidates"].as_array().into_iter().flatten();
        let named: Vec<&str> = named.filter_map(|c| c["cause"].as_str()).collect();
        assert!(
            named.is_empty() || named.contains(&&*truth[line]),
            "{finding}"
        );
        explained += usize::from(finding["logged"] == json!(true));
    }
    assert!(explained >= 40, "{explained}");
}

#[test]
fn a_line_within_a_record_asks_for_its_finding() {
    let log = fs::read_to_string(LOG).unwrap();
    let line = log
        .lines()
        .position(|l| l.ends_with("invalid YubiKey\""))
        .unwrap()
        + 1;
    let asked = format!("{LOG}:{line}");
    let findings = explain([asked.as_str(), ACCESS, JOURNAL]).findings();
    assert_eq!(causes(&findings), ["wrong_otp"]);
    assert_eq!(findings[0]["event"]["reason"], "Invalid YubiKey");
}

#[test]
fn exceptions_stand_there_twice_and_are_no_refusals() {
    let exception = "Exception on /organization [GET]\nTraceback (most recent call last):\n  TypeError: non-ASCII";
    let host = Host::new()
        .request(10, "203.0.113.1", "GET /organization", 500, 26)
        .log(10, exception, &[])
        .log(10, exception, &[]);
    assert_eq!(host.findings(), Vec::<Value>::new());
}

/// The log names the path, so that it is told which of two requests it is about.
#[test]
fn a_path_tells_requests_apart() {
    let host = Host::default()
        .request(10, "203.0.113.1", "GET /server", 401, 17)
        .request(10, "203.0.113.2", "GET /organization", 401, 17)
        .log(
            9,
            "Starting server",
            &[
                ("version", "\"1.34.4681.89\""),
                ("web_auth_strict", "false"),
            ],
        )
        .log(
            10,
            "Request missing external web server validation",
            &[("path", "\"/organization\"")],
        );
    let folder = tempfile::tempdir().unwrap();
    let findings = host.explain(folder.path()).run().findings();
    let bypassed: Vec<&Value> = findings
        .iter()
        .filter(|f| f["cause"] == "proxy_bypassed")
        .collect();
    assert!(
        bypassed.iter().all(|f| f["url"]["path"] != "/server"),
        "{findings:?}"
    );
}

#[test]
fn what_the_journal_could_not_write_is_a_gap() {
    let refused = |host: Host| {
        (0..5).fold(host, |host, n| {
            host.request(20 + n, "203.0.113.1", "GET /organization", 401, 17)
        })
    };
    let alive = |host: Host| {
        let host = host.journal(
            10,
            "user_disconnect",
            json!({"event_long": "User disconnected"}),
        );
        refused(host).journal(
            40,
            "user_disconnect",
            json!({"event_long": "User disconnected"}),
        )
    };
    let told = |host: Host| {
        let run = host.explain(tempfile::tempdir().unwrap().path()).run();
        (
            run.findings().iter().all(|f| f["logged"] == json!(false)),
            run.talk,
        )
    };
    let start = || Host::new().log(0, "Starting server", &[("version", "\"1.34.4681.89\"")]);
    assert!(told(alive(start())).0);
    let (silent, talk) = told(alive(start().log(
        22,
        "Error in journal runner thread",
        &[],
    )));
    assert!(!silent);
    assert!(
        words(&talk).contains("the server could not write it"),
        "{talk}"
    );
}

// ---- Zones ----------------------------------------------------------------------------------------------------

/// Starts of the server in both logs, and a request past the front end that both tell of.
fn of_berlin() -> Host {
    Host::new()
        .log(0, "Starting server", &[("version", "\"1.34.4681.89\"")])
        .request(30, "203.0.113.1", "GET /organization", 401, 17)
        .journal(
            30,
            "admin_auth_failure",
            json!({
                "remote_address": "203.0.113.1",
                "event_long": "Request session not validated by external web",
            }),
        )
        .log(
            30,
            "Request missing external web server validation",
            &[("path", "\"/organization\"")],
        )
}

#[test]
fn a_zone_is_learned_from_what_other_logs_tell_of_the_same_events() {
    let folder = tempfile::tempdir().unwrap();
    let run = of_berlin().explain(folder.path()).run();
    assert!(
        run.talk.contains("UTC+01:00, as other logs tell"),
        "{}",
        run.talk
    );
    let findings = run.findings();
    assert_eq!(causes(&findings), ["proxy_bypassed"]);
    assert_eq!(cited(&findings[0], "reason").len(), 2);
}

#[test]
fn records_that_tell_both_times_tell_the_zone() {
    let run = explain([ACCESS, LOG]).run();
    assert!(
        run.talk.contains("UTC+01:00, as its own records tell"),
        "{}",
        run.talk
    );
}

#[test]
fn a_zone_that_is_given_is_taken_and_doubted() {
    let given = |zone: &str| {
        let folder = tempfile::tempdir().unwrap();
        of_berlin().explain(folder.path());
        let run = why401(["explain", "--timezone", zone, "."])
            .within(folder.path())
            .run();
        words(&run.data)
    };
    let right = given("Europe/Berlin");
    assert!(
        right.contains("was read as UTC+01:00, as given clock"),
        "{right}"
    );
    let wrong = given("Asia/Tokyo");
    assert!(
        wrong.contains("UTC+09:00, as given, but the logs tell UTC+01:00"),
        "{wrong}"
    );
}

#[test]
fn without_anything_else_it_is_this_hosts_zone() {
    let host = Host::default().log(0, "Starting server", &[("version", "\"1.34.4681.89\"")]);
    let run = host.explain(tempfile::tempdir().unwrap().path()).run();
    assert!(
        run.talk.contains("UTC+00:00, this host's zone"),
        "{}",
        run.talk
    );
}

// ---- VPN connections ------------------------------------------------------------------------------------------

fn connect(host: Host, second: i64, event: &str, words: &str, device: &str) -> Host {
    let fields = json!({
        "remote_address": "203.0.113.1", "device_id": device, "auth_modes": ["pin", "otp"],
        "user_name": "alice", "server_name": "vpn", "event_long": words,
    });
    host.journal(second, event, fields)
}

fn failed(host: Host, second: i64, words: &str) -> Host {
    connect(host, second, "user_connect_failure", words, "d1")
}

fn succeeded(host: Host, second: i64, device: &str) -> Host {
    connect(
        host,
        second,
        "user_connect_success",
        "User connected",
        device,
    )
}

#[test]
fn a_vpn_failure_has_no_request() {
    let findings = failed(Host::new(), 10, "User disabled").findings();
    assert_eq!(causes(&findings), ["account_disabled"]);
    assert_eq!(findings[0]["verdict"], "explained");
    assert_eq!(findings[0]["user"]["name"], "alice");
    assert_eq!(findings[0].get("http"), None);
}

#[test]
fn a_prompt_that_was_answered_is_no_failure() {
    for words in PRITUNL.challenge.as_ref().unwrap().reasons {
        let prompted = || failed(Host::new(), 10, words);
        assert_eq!(
            causes(&succeeded(prompted(), 130, "d1").findings()),
            [""; 0],
            "{words}"
        );
        // Too late, another device, or never.
        for host in [
            succeeded(prompted(), 132, "d1"),
            succeeded(prompted(), 20, "d2"),
            prompted(),
        ] {
            assert_eq!(host.findings().len(), 1, "{words}");
        }
    }
    // A success before it answers nothing, and what was refused for good is no prompt.
    let before = failed(
        succeeded(Host::new(), 9, "d1"),
        10,
        "Failed two-step authentication",
    );
    assert_eq!(causes(&before.findings()), ["wrong_otp"]);
    let refused = succeeded(failed(Host::new(), 10, "User disabled"), 20, "d1");
    assert_eq!(causes(&refused.findings()), ["account_disabled"]);
}

// ---- The tables -----------------------------------------------------------------------------------------------

/// A request that can write a line, and is no page.
fn request_of(statement: &Statement) -> String {
    let is_it = |p: &&RoutePattern| {
        p.route.intersects(statement.routes) && !p.route.intersects(statement.pages)
    };
    let pattern = PRITUNL.routes.iter().find(is_it).unwrap();
    let method = if pattern.method == "*" {
        "GET"
    } else {
        pattern.method
    };
    format!(
        "{method} {}",
        pattern.path.replace("/**", "/x").replace('*', "x")
    )
}

fn size(body: Body) -> u64 {
    (0..4096).find(|&bytes| body.fits(bytes)).unwrap()
}

/// The samples of the journal's format, by action and words.
fn samples() -> HashMap<(String, String), Value> {
    let text = fs::read_to_string("fixtures/formats/pritunl_journal.log").unwrap();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let words = |line: &Value, name: &str| line[name].as_str().map(str::to_owned);
    lines
        .filter_map(|line| {
            let said = words(&line, "event_long").or(words(&line, "reason_long"));
            Some(((words(&line, "event")?, said.unwrap_or_default()), line))
        })
        .collect()
}

/// Each line that states a refusal, with the request that it is about and nothing else near it, is one finding with the
/// cause of the table. A line that is only ever a further one comes after its first one.
#[test]
fn every_statement_of_a_refusal_is_found() {
    let samples = samples();
    let refusals: Vec<(&Statement, Cause)> = PRITUNL
        .statements
        .iter()
        .filter_map(|s| match s.meaning {
            Meaning::Refusal(cause) => Some((s, cause)),
            _ => None,
        })
        .collect();
    let mut host = Host::new();
    for (n, (statement, _)) in (1_i64..).zip(&refusals) {
        let (second, client) = (200 * n, format!("198.51.{}.{}", n / 200, n % 200));
        let mut line = samples[&(statement.action.to_owned(), statement.reason.to_owned())].clone();
        let fields = line.as_object_mut().unwrap();
        for gone in ["id", "timestamp", "event", "host_name", "host_id"] {
            fields.remove(gone);
        }
        fields.insert("remote_address".to_owned(), json!(client));
        if let Some(status) = statement.status.first() {
            let request = request_of(statement);
            host = host.request(second, &client, &request, *status, size(statement.body));
        }
        host = host.journal(second, statement.action, line);
    }
    let findings = host.findings();
    let found: HashMap<&str, Vec<&Value>> = findings.iter().fold(HashMap::new(), |mut all, f| {
        all.entry(f["source"]["ip"].as_str().unwrap())
            .or_default()
            .push(f);
        all
    });
    for (n, (statement, cause)) in (1..).zip(&refusals) {
        let what = format!("{} {:?}", statement.action, statement.reason);
        let client = format!("198.51.{}.{}", n / 200, n % 200);
        let [finding] = found
            .get(&*client)
            .unwrap_or_else(|| panic!("{what}: none"))[..]
        else {
            panic!("{what}: {:?}", found[&*client]);
        };
        assert_eq!(finding["cause"], cause.id(), "{what}");
        assert_eq!(finding["verdict"], "explained", "{what}: {finding}");
        let has_http = !statement.status.is_empty();
        assert_eq!(
            cited(finding, "request").len(),
            usize::from(has_http),
            "{what}"
        );
    }
}
