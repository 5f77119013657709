//! How right the findings are, cause by cause, on logs whose truth is known.
//!
//! `fixtures/scenarios/pritunl` is cut from the logs of a real server behind nginx, with the clients moved
//! to 198.51.100.0/24: the start with no administrator allowed to use the API, a login with everything
//! that can be wrong, several clients that fail in one second, sessions that run out, a password that is
//! tried until the limiter answers. `fixtures/scenarios/wirebuddy` likewise: the first start, passwords tried
//! until the account and then the limiter answers, an account disabled in between, sessions that run out, a rule
//! of nginx. `fixtures/scenarios/privacyidea`: a few requests of each kind, wrong codes that are answered with 200
//! among them, JWTs that are refused without a line, policies, a rule and a limit of nginx, clients behind a RADIUS
//! server and with IPv6, which the audit names otherwise. `*.truth.jsonl` was written by what sent the requests.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::{BTreeMap, HashMap};
use std::fs;

use binary::{SCENARIO, cited, explain};
use serde_json::Value;

/// Logs with their truth.
struct Scenario {
    folder: &'static str,
    truth: &'static str,
    /// For each cause the least share of its requests for which it is the first that is named (recall), and
    /// the least share of the findings that name it first in which it is true (precision).
    floors: &'static [(&'static str, f64, f64)],
}

const SCENARIOS: [Scenario; 3] = [
    Scenario {
        folder: SCENARIO,
        truth: "tests/scenarios/pritunl.truth.jsonl",
        floors: PRITUNL,
    },
    Scenario {
        folder: "fixtures/scenarios/wirebuddy",
        truth: "tests/scenarios/wirebuddy.truth.jsonl",
        floors: WIREBUDDY,
    },
    Scenario {
        folder: "fixtures/scenarios/privacyidea",
        truth: "tests/scenarios/privacyidea.truth.jsonl",
        floors: PRIVACYIDEA,
    },
];

const PRITUNL: &[(&str, f64, f64)] = &[
    ("account_disabled", 1.0, 1.0),
    // While no administrator may use the API, a signed request and one without credentials get the same
    // 17 bytes, and no line.
    ("api_access_disabled", 0.6, 1.0),
    ("clock_skew", 1.0, 1.0),
    ("expired_session", 1.0, 1.0),
    ("invalid_session", 1.0, 1.0),
    ("malformed_signature", 1.0, 1.0),
    ("missing_credentials", 1.0, 0.75),
    ("missing_secret", 1.0, 1.0),
    ("proxy_bypassed", 1.0, 1.0),
    ("rate_limited", 1.0, 1.0),
    ("session_address_changed", 1.0, 1.0),
    ("signature_mismatch", 1.0, 1.0),
    ("unknown_user", 1.0, 1.0),
    ("wrong_otp", 1.0, 1.0),
    ("wrong_password", 1.0, 1.0),
];

const WIREBUDDY: &[(&str, f64, f64)] = &[
    ("account_disabled", 0.85, 1.00),
    ("account_locked", 1.00, 1.00),
    ("address_not_allowed", 1.00, 1.00),
    ("expired_session", 0.66, 1.00),
    ("insufficient_rights", 1.00, 1.00),
    ("invalid_session", 0.50, 1.00),
    ("missing_credentials", 1.00, 0.75),
    ("rate_limited", 1.00, 1.00),
    ("setup_pending", 1.00, 1.00),
    ("unknown_token", 1.00, 0.50),
    ("unknown_user", 1.00, 1.00),
    ("wrong_password", 1.00, 0.95),
];

const PRIVACYIDEA: &[(&str, f64, f64)] = &[
    ("account_disabled", 1.00, 1.00),
    ("account_expired", 1.00, 1.00),
    ("account_locked", 1.00, 1.00),
    ("address_not_allowed", 0.50, 1.00),
    // A wrong code and the code of a clock that is wrong are one text.
    ("clock_skew", 0.63, 1.00),
    ("expired_session", 1.00, 0.85),
    ("insufficient_rights", 1.00, 1.00),
    // The same answer as for a JWT that is signed in a way that no trusted one has.
    ("invalid_session", 0.00, 0.00),
    ("malformed_signature", 1.00, 0.72),
    ("malformed_timestamp", 1.00, 1.00),
    ("mfa_required", 1.00, 1.00),
    ("missing_credentials", 1.00, 0.85),
    ("policy_denied", 1.00, 0.83),
    ("rate_limited", 1.00, 1.00),
    ("replayed_otp", 1.00, 1.00),
    ("signature_mismatch", 0.66, 1.00),
    ("unknown_token", 0.70, 1.00),
    ("unknown_user", 1.00, 1.00),
    ("wrong_otp", 1.00, 0.92),
    ("wrong_password", 1.00, 0.80),
];

/// What really happened to a line.
struct Truth {
    cause: String,
    status: u64,
    logged: bool,
}

fn truth(scenario: &Scenario) -> HashMap<(String, u64), Truth> {
    let text = fs::read_to_string(scenario.truth).unwrap();
    let rows = text
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap());
    rows.map(|row| {
        let place = (
            format!("{}/{}", scenario.folder, row["file"].as_str().unwrap()),
            row["line"].as_u64().unwrap(),
        );
        let truth = Truth {
            cause: row["cause"].as_str().unwrap().to_owned(),
            status: row["status"].as_u64().unwrap_or(0),
            logged: row["logged"].as_bool().unwrap(),
        };
        (place, truth)
    })
    .collect()
}

/// A finding beside what really happened.
struct Judged {
    finding: Value,
    truth: Option<Truth>,
}

impl Judged {
    fn named(&self) -> Vec<&str> {
        let candidates = self.finding["candidates"].as_array();
        let candidates = candidates.into_iter().flatten();
        candidates.filter_map(|c| c["cause"].as_str()).collect()
    }

    fn is_wrong(&self) -> bool {
        let cause = self.truth.as_ref().map(|t| t.cause.as_str());
        cause.is_some_and(|cause| cause != "success" && !self.named().contains(&cause))
    }

    fn is_spurious(&self) -> bool {
        self.truth.as_ref().is_none_or(|t| t.cause == "success")
    }
}

/// Each finding with the truth of the request it is about, or of the line where no request owns it; and
/// the refusals that have none.
fn judged(scenario: &Scenario) -> (Vec<Judged>, Vec<(String, u64)>) {
    let mut truth = truth(scenario);
    let judge = |finding: Value| {
        let place = cited(&finding, "request")
            .first()
            .or(cited(&finding, "reason").first())
            .map(|(file, line)| ((*file).to_owned(), *line))
            .unwrap();
        let truth = truth.remove(&place);
        Judged { finding, truth }
    };
    let judged = explain([scenario.folder])
        .findings()
        .into_iter()
        .map(judge)
        .collect();
    let missed = truth
        .into_iter()
        .filter(|(_, t)| matches!(t.status, 401 | 403 | 429));
    (judged, missed.map(|(place, _)| place).collect())
}

#[test]
fn every_refusal_has_one_finding_and_nothing_else_has() {
    for scenario in &SCENARIOS {
        let (judged, missed) = judged(scenario);
        assert_eq!(missed, []);
        let spurious: Vec<&Value> = judged
            .iter()
            .filter(|j| j.is_spurious())
            .map(|j| &j.finding)
            .collect();
        assert!(spurious.is_empty(), "{spurious:#?}");
    }
}

#[test]
fn the_true_cause_is_among_those_named() {
    for scenario in &SCENARIOS {
        let (judged, _) = judged(scenario);
        let wrong: Vec<&Value> = judged
            .iter()
            .filter(|j| j.is_wrong())
            .map(|j| &j.finding)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn logged_says_whether_a_line_states_the_refusal() {
    for judged in SCENARIOS.iter().flat_map(|s| judged(s).0) {
        let (Some(truth), Some(logged)) = (&judged.truth, judged.finding["logged"].as_bool())
        else {
            continue;
        };
        if truth.cause != "success" {
            assert_eq!(logged, truth.logged, "{:#?}", judged.finding);
        }
    }
}

#[test]
fn the_seconds_that_a_device_is_off_are_named() {
    let judged = judged(&SCENARIOS[2]).0;
    let says = |words: &str| {
        let mut messages = judged.iter().filter_map(|j| j.finding["message"].as_str());
        messages.any(|message| message.contains(words))
    };
    // Counters 59843135 and 59843130; a phone's 20:46:46.298 at 20:45:16.371.
    assert!(says(
        "The value is 150 s older than the last one that was accepted"
    ));
    assert!(says("The phone's clock is 89 s ahead of the server's."));
}

/// Also of requests that were answered with 200.
#[test]
fn every_line_that_is_cited_is_shown() {
    for scenario in &SCENARIOS {
        for finding in explain([scenario.folder]).findings() {
            let evidence = finding["evidence"].as_array().unwrap();
            let is_shown = |e: &Value| e["text"].as_str().is_some_and(|text| !text.is_empty());
            assert!(evidence.iter().all(is_shown), "{finding:#}");
        }
    }
}

#[test]
fn each_cause_holds_its_floor() {
    SCENARIOS.iter().for_each(floors_hold);
}

fn floors_hold(scenario: &Scenario) {
    let (judged, _) = judged(scenario);
    // cause -> (named first and true, true, named first)
    let mut counts: BTreeMap<&str, (u32, u32, u32)> = BTreeMap::new();
    for judged in &judged {
        let cause = judged.truth.as_ref().map(|t| t.cause.as_str());
        let first = judged.named().first().copied();
        if let Some(cause) = cause {
            counts.entry(cause).or_default().1 += 1;
        }
        if let Some(first) = first {
            counts.entry(first).or_default().2 += 1;
            if cause == Some(first) {
                counts.entry(first).or_default().0 += 1;
            }
        }
    }
    counts.remove("success");
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    for (cause, (both, true_, first)) in &counts {
        let (recall, precision) = (share(*both, *true_), share(*both, *first));
        let floor = scenario.floors.iter().find(|(id, ..)| id == cause);
        let Some((_, least_recall, least_precision)) = floor else {
            panic!("no floor for {cause}: recall {recall:.2}, precision {precision:.2}")
        };
        assert!(
            recall >= *least_recall && precision >= *least_precision,
            "{cause}: recall {recall:.2}, precision {precision:.2}"
        );
    }
    for (cause, ..) in scenario.floors {
        assert!(counts.contains_key(cause), "no request of {cause}");
    }
}
