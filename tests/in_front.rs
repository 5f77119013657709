//! What a web server refuses by itself is explained by its own error log, whatever server product is behind it.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fs;
use std::path::Path;

use binary::{ACCESS, JOURNAL, cited, explain};
use serde_json::Value;
use tempfile::TempDir;

const ERRORS: &str = r#"2026/11/21 20:46:13 [error] 3088#3088: *699 access forbidden by rule, client: 203.0.113.124, server: _, request: "GET /swagger HTTP/1.1", host: "vpn.example"
2026/11/21 20:46:19 [error] 3088#3088: *938 limiting requests, excess: 2.961 by zone "login", client: 203.0.113.66, server: _, request: "POST /auth/session HTTP/1.1", host: "vpn.example"
2026/11/21 20:46:19 [error] 3088#3088: *939 limiting requests, excess: 2.958 by zone "login", client: 203.0.113.66, server: _, request: "POST /auth/session HTTP/1.1", host: "vpn.example"
2026/11/21 20:46:20 [error] 3088#3088: *948 user "monitor": password mismatch, client: 203.0.113.243, server: _, request: "GET /metrics HTTP/1.1", host: "vpn.example"
2026/11/21 20:46:21 [error] 3088#3088: *950 user "o"brien x" was not found in "/etc/htpasswd", client: 203.0.113.243, server: _, request: "GET /metrics HTTP/1.1", host: "vpn.example"
2026/11/21 20:46:40 [error] 3088#3088: *960 access forbidden by rule, client: 203.0.113.99, server: _, request: "GET /unlogged HTTP/1.1", host: "vpn.example"
"#;

const REQUESTS: &str = r#"203.0.113.124 - - [21/Nov/2026:20:46:13 +0000] "GET /swagger HTTP/1.1" 403 153 "-" "curl/8.5.0"
203.0.113.66 - - [21/Nov/2026:20:46:19 +0000] "POST /auth/session HTTP/1.1" 429 169 "-" "curl/8.5.0"
203.0.113.66 - - [21/Nov/2026:20:46:19 +0000] "POST /auth/session HTTP/1.1" 503 197 "-" "curl/8.5.0"
203.0.113.66 - - [21/Nov/2026:20:46:19 +0000] "POST /auth/session HTTP/1.1" 404 197 "-" "curl/8.5.0"
203.0.113.243 - monitor [21/Nov/2026:20:46:20 +0000] "GET /metrics HTTP/1.1" 401 179 "-" "curl/8.5.0"
203.0.113.243 - o\x22brien x [21/Nov/2026:20:46:21 +0000] "GET /metrics HTTP/1.1" 401 179 "-" "curl/8.5.0"
203.0.113.7 - - [21/Nov/2026:20:46:41 +0000] "GET /swagger HTTP/1.1" 200 153 "-" "curl/8.5.0"
"#;

/// Cause, status and user of each finding.
fn told(findings: &[Value]) -> Vec<(&str, Option<u64>, Option<&str>)> {
    findings
        .iter()
        .map(|f| {
            let status = f["http"]["response"]["status_code"].as_u64();
            (
                f["cause"].as_str().unwrap_or("-"),
                status,
                f["user"]["name"].as_str(),
            )
        })
        .collect()
}

const EXPECTED: [(&str, Option<u64>, Option<&str>); 6] = [
    ("address_not_allowed", Some(403), None),
    ("rate_limited", Some(429), None),
    ("rate_limited", Some(503), None),
    ("wrong_password", Some(401), Some("monitor")),
    ("unknown_user", Some(401), Some("o\"brien x")),
    ("address_not_allowed", None, None),
];

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// The secret in a path is redacted in both logs, and both lines are still of one refusal.
#[test]
fn a_path_with_a_secret_is_joined() {
    let folder = TempDir::new().unwrap();
    let path = "/.well-known/acme-challenge/G4niPdHvAd4JMixyznx7TQ";
    let access = format!(
        "203.0.113.66 - - [21/Nov/2026:20:46:19 +0000] \"GET {path} HTTP/1.1\" 429 571 \"-\" \"curl/8.5.0\"\n"
    );
    let error = format!(
        "2026/11/21 20:46:19 [error] 3088#3088: *938 limiting requests, excess: 2.961 by zone \"acme\", client: 203.0.113.66, server: _, request: \"GET {path} HTTP/1.1\", host: \"vpn.example\"\n"
    );
    write(
        folder.path(),
        &[("access.log", &access), ("error.log", &error)],
    );
    let findings = explain([folder.path().to_str().unwrap(), "--timezone", "UTC"]).findings();
    assert_eq!(told(&findings), [("rate_limited", Some(429), None)]);
    assert_eq!(findings[0]["logged"], true);
}

#[test]
fn the_error_log_explains() {
    let folder = TempDir::new().unwrap();
    write(
        folder.path(),
        &[("error.log", ERRORS), ("access.log", REQUESTS)],
    );
    for logs in [["error.log", "access.log"], ["access.log", "error.log"]] {
        let findings = explain(logs).within(folder.path()).findings();
        assert_eq!(told(&findings), EXPECTED);
        for finding in &findings {
            assert_eq!(
                (&finding["verdict"], &finding["logged"]),
                (&"explained".into(), &true.into())
            );
            assert_eq!(cited(finding, "reason").len(), 1);
            assert!(
                finding["fix"]
                    .as_str()
                    .is_some_and(|fix| fix.contains("web server"))
            );
        }
        assert_eq!(cited(&findings[2], "request"), [("access.log", 3)]);
        assert_eq!(cited(&findings[2], "reason"), [("error.log", 3)]);
    }
    // The first line is of an error log, and so is a finding of its own where no access log is.
    let alone = explain(["error.log"]).within(folder.path()).findings();
    assert!(
        told(&alone)
            .iter()
            .map(|t| t.0)
            .eq(EXPECTED.iter().map(|t| t.0))
    );
}

/// Its times name no zone: it is learned from the requests.
#[test]
fn the_zone_is_that_of_the_requests() {
    let folder = TempDir::new().unwrap();
    let requests = REQUESTS.replace("20:46", "15:16").replace("+0000", "-0530");
    write(
        folder.path(),
        &[
            ("error.log", &ERRORS.replace("20:46", "15:16")),
            ("access.log", &requests),
        ],
    );
    let findings = explain(["error.log", "access.log"])
        .within(folder.path())
        .findings();
    assert_eq!(told(&findings), EXPECTED);
}

/// An error log beside Pritunl's own logs changes none of their findings, and one of another time none at all.
#[test]
fn what_the_application_refused_stays_its_own() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("error.log", ERRORS)]);
    let error_log = folder.path().join("error.log");
    let with = explain([ACCESS, JOURNAL, error_log.to_str().unwrap()]).findings();
    let without = explain([ACCESS, JOURNAL]).findings();
    let (of_front, of_server): (Vec<_>, Vec<_>) = with
        .into_iter()
        .partition(|f| f["event"]["action"] == "nginx_error");
    assert_eq!(of_server, without);
    assert_eq!(of_front.len(), EXPECTED.len());
}

/// A request that the application answered is none of the proxy's, however much it looks like one.
#[test]
fn an_upstream_that_answered_was_asked() {
    let folder = TempDir::new().unwrap();
    let line = |status: &str| {
        format!(
            r#"{{"msec":1795293973.300,"remote_addr":"203.0.113.124","method":"GET","request_uri":"/swagger","status":403,"upstream_status":"{status}"}}"#
        )
    };
    let requests = format!("{}\n{}\n", line("403"), line(""));
    write(
        folder.path(),
        &[("error.log", ERRORS), ("access.log", &requests)],
    );
    let findings = explain(["error.log", "access.log", "--system", "pritunl"])
        .within(folder.path())
        .findings();
    let own = |f: &&Value| f["event"]["action"] == "nginx_error" && f["http"].is_object();
    let own: Vec<_> = findings.iter().filter(own).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(cited(own[0], "request"), [("access.log", 2)]);
}

/// The error log's host has another clock: it is found, and does not look like a zone.
#[test]
fn clocks_may_differ() {
    let folder = TempDir::new().unwrap();
    for second in [37, -13] {
        let shifted = |line: &str| {
            let (head, rest) = line.split_once("20:46:").unwrap();
            let (seconds, rest) = rest.split_at(2);
            let at = 46 * 60 + seconds.parse::<i32>().unwrap() + second;
            format!("{head}20:{:02}:{:02}{rest}\n", at / 60, at % 60)
        };
        let requests: String = REQUESTS.lines().map(shifted).collect();
        write(
            folder.path(),
            &[("error.log", ERRORS), ("access.log", &requests)],
        );
        let findings = explain(["error.log", "access.log"])
            .within(folder.path())
            .findings();
        assert_eq!(told(&findings), EXPECTED, "{second}");
    }
}

/// Both web servers log as the user whom they refused, so that who named none is not the one of whom the line tells.
#[test]
fn a_line_is_of_the_request_that_named_its_user() {
    let mismatch = r#"2026/11/21 20:46:20 [error] 1#1: *9 user "monitor": password mismatch, client: 203.0.113.9, server: _, request: "GET /metrics HTTP/1.1", host: "vpn.example"
"#;
    let request = |user: &str| {
        format!(
            "203.0.113.9 - {user} [21/Nov/2026:20:46:20 +0000] \"GET /metrics HTTP/1.1\" 401 179 \"-\" \"curl/8.5.0\"\n"
        )
    };
    let folder = TempDir::new().unwrap();
    let found = |access: &str| {
        write(
            folder.path(),
            &[("error.log", mismatch), ("access.log", access)],
        );
        let findings = explain(["access.log", "error.log", "--system", "wirebuddy"])
            .within(folder.path())
            .findings();
        let told = |f: &Value| {
            let line = cited(f, "reason").first().map(|_| "by line");
            let causes = f["candidates"].as_array().unwrap().len();
            format!(
                "{} {causes} {}",
                f["cause"].as_str().unwrap_or("-"),
                line.unwrap_or("-")
            )
        };
        let mut told: Vec<String> = findings.iter().map(told).collect();
        told.sort_unstable();
        told
    };
    let named = request("-") + &request("monitor");
    let expected = ["missing_credentials 1 -", "wrong_password 1 by line"];
    assert_eq!(found(&named), expected);
    // Nor is it somebody else's. In a log that may not tell users the line is taken.
    let other = request("-") + &request("root");
    assert_eq!(
        found(&other),
        ["missing_credentials 1 -", "wrong_password 2 -"]
    );
    assert_eq!(found(&request("-")), ["wrong_password 1 by line"]);
}
