//! Findings become the incidents that a careful person would list: see the expectations in `tests/incidents/`, written
//! from the captures' descriptions.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::BTreeSet;
use std::fs;

use binary::why401;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Expected {
    /// Refusals that are in no incident.
    isolated: u64,
    incident: Vec<Incident>,
}

#[derive(Debug, Deserialize)]
struct Incident {
    cause: String,
    /// What it may be as well.
    or: Option<String>,
    clients: BTreeSet<String>,
    principals: Option<BTreeSet<String>>,
    refusals: u64,
    from: String,
    until: String,
    /// The line that set it off; absent: none did, as far as the logs tell.
    trigger: Option<String>,
    ended: Option<String>,
    ended_by: Option<String>,
    attack: Option<String>,
}

fn names(lanes: &Value) -> BTreeSet<String> {
    let kept = lanes["kept"].as_array().unwrap().iter();
    kept.map(|lane| lane["name"].as_str().unwrap().to_owned())
        .collect()
}

/// `pritunl_journal.log:1`
fn line(of: &Value) -> Option<String> {
    let file = of["file"].as_str()?.rsplit('/').next()?;
    Some(format!("{file}:{}", of["line"]))
}

impl Incident {
    fn is(&self, found: &Value) -> bool {
        let cause = found["cause"].as_str();
        let left = found["or"].as_array().unwrap();
        let can_be = |cause: &String| left.iter().any(|left| left == cause);
        let time = |name: &str| found[name].as_str().unwrap()[11..19].to_owned();
        let is_cause = cause == Some(&self.cause) || cause == self.or.as_deref();
        is_cause
            && self.or.as_ref().is_none_or(|or| {
                cause != Some(&self.cause)
                    || can_be(or)
                    || found["causes"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|c| c["cause"] == **or)
            })
            && names(&found["clients"]) == self.clients
            && found["refusals"] == self.refusals
            && time("first") == self.from
            && time("last") == self.until
    }

    fn check(&self, found: &Value) {
        let told = format!("{self:#?}\n{found:#}");
        if let Some(principals) = &self.principals {
            assert_eq!(names(&found["principals"]), *principals, "{told}");
        }
        assert_eq!(line(&found["trigger"]), self.trigger, "trigger: {told}");
        if let Some(ended) = &self.ended {
            assert_eq!(found["end"]["state"], **ended, "end: {told}");
        }
        if self.ended_by.is_some() {
            assert_eq!(line(&found["end"]["by"]), self.ended_by, "{told}");
        }
        if let Some(attack) = &self.attack {
            let technique = &found["attack"]["techniques"][0]["id"];
            assert_eq!(technique, &**attack, "{told}");
        }
    }
}

fn incidents(args: &[&str]) -> Vec<Value> {
    let run = why401(["incidents", "-o", "ndjson"].iter().chain(args)).run();
    assert_eq!(run.code, 0, "{}", run.talk);
    run.findings()
}

/// One to one, none invented, none split, and nothing lost.
fn check(scenario: &str) {
    let expected = fs::read_to_string(format!("tests/incidents/{scenario}.toml")).unwrap();
    let expected: Expected = toml::from_str(&expected).unwrap();
    let mut found = incidents(&[&format!("fixtures/scenarios/{scenario}")]);
    let mut missing = Vec::new();
    for incident in &expected.incident {
        match found.iter().position(|found| incident.is(found)) {
            Some(at) => incident.check(&found.remove(at)),
            None => missing.push(incident),
        }
    }
    let brief = |f: &Value| {
        let (first, last) = (&f["first"], &f["last"]);
        let clients = names(&f["clients"]);
        format!(
            "{} {} {first} {last} {clients:?}",
            f["cause"], f["refusals"]
        )
    };
    let found: Vec<String> = found.iter().map(brief).collect();
    assert!(
        missing.is_empty() && found.is_empty(),
        "{missing:#?}\n{found:#?}"
    );
    let refusals: u64 = expected.incident.iter().map(|i| i.refusals).sum();
    let text = why401(["incidents", &format!("fixtures/scenarios/{scenario}")]).run();
    let total = format!(
        "{} incidents with {refusals} of {} refusals; {} in none",
        expected.incident.len(),
        refusals + expected.isolated,
        expected.isolated
    );
    assert!(text.data.contains(&total), "{total}\n{}", text.data);
}

#[test]
fn pritunl() {
    check("pritunl");
}

#[test]
fn wirebuddy() {
    check("wirebuddy");
}

#[test]
fn privacyidea() {
    check("privacyidea");
}
