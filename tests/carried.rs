//! What an access log tells of the credentials that were sent tells missing ones from invalid ones, and the client's
//! clock.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fs;

use binary::{JOURNAL, explain};
use serde_json::Value;
use tempfile::TempDir;

/// The scenario's access log as JSON, with what this adds to each line.
fn findings(more: &str) -> Vec<Value> {
    let folder = TempDir::new().unwrap();
    let text = fs::read_to_string("tests/scenarios/pritunl.access.json.log").unwrap();
    let lines = text
        .lines()
        .map(|line| format!("{},{more}}}\n", line.strip_suffix('}').unwrap()));
    let access = folder.path().join("access.log");
    fs::write(&access, lines.collect::<String>()).unwrap();
    explain([access.to_str().unwrap(), JOURNAL]).findings()
}

/// The causes left of the requests that may lack a credential.
fn left(findings: &[Value]) -> Vec<Vec<&str>> {
    findings
        .iter()
        .map(|f| f["candidates"].as_array().unwrap())
        .map(|all| {
            all.iter()
                .map(|c| c["cause"].as_str().unwrap())
                .collect::<Vec<_>>()
        })
        .filter(|causes| causes.contains(&"missing_credentials"))
        .collect()
}

#[test]
fn what_was_not_sent_cannot_be_invalid() {
    let unsaid = findings(r#""x":1"#);
    let unsaid = left(&unsaid);
    assert!(
        unsaid
            .iter()
            .any(|causes| causes.contains(&"unknown_token")
                || causes.contains(&"api_access_disabled"))
    );
    let nothing = findings(r#""has_cookie":0,"has_auth_token":0"#);
    let nothing = left(&nothing);
    assert_eq!(nothing.len(), unsaid.len());
    let of_clients = ["unknown_token", "api_access_disabled", "invalid_session"];
    assert!(
        nothing
            .iter()
            .flatten()
            .all(|cause| !of_clients.contains(cause)),
        "{nothing:?}"
    );
    // What was sent may be anything.
    let all = findings(r#""has_cookie":1,"has_auth_token":1"#);
    assert_eq!(left(&all), unsaid);
}

#[test]
fn the_clients_clock_is_told_in_seconds() {
    // Half a day before the first line of the scenario, and a minute.
    let findings = findings(r#""http_auth_timestamp":"1795251251""#);
    let skewed = findings
        .iter()
        .find(|f| f["cause"] == "clock_skew")
        .unwrap();
    let skew = skewed["client_skew_s"].as_f64().unwrap();
    assert!((-43_400.0..-43_200.0).contains(&skew), "{skew}");
    let message = skewed["message"].as_str().unwrap();
    let told = format!(
        "The client's clock was {:.0} s behind when it signed the request.",
        skew.abs()
    );
    assert!(message.ends_with(&told), "{message}");
    let others = findings.iter().filter(|f| f["cause"] == "wrong_password");
    assert!(
        others
            .into_iter()
            .all(|f| !f["message"].as_str().unwrap().contains("clock was"))
    );
}
