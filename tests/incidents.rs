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
use tempfile::TempDir;

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

const PRITUNL: &str = binary::SCENARIO;

#[test]
fn an_array_is_the_same_as_lines() {
    let lines = incidents(&[PRITUNL]);
    let run = why401(["incidents", PRITUNL, "-o", "json"]).run();
    let array: Vec<Value> = serde_json::from_str(&run.data).unwrap();
    assert_eq!(array, lines);
}

#[test]
fn an_index_tells_the_same() {
    let folder = TempDir::new().unwrap();
    let index = folder.path().join("index.db");
    let index = index.to_str().unwrap();
    for scenario in ["pritunl", "wirebuddy", "privacyidea"] {
        let logs = format!("fixtures/scenarios/{scenario}");
        let _ = fs::remove_file(index);
        let run = why401(["index", &logs, "--index", index]).run();
        assert_eq!(run.code, 0, "{}", run.talk);
        assert_eq!(
            incidents(&["--index", index]),
            incidents(&[&logs]),
            "{scenario}"
        );
    }
}

/// Renamed, and the journal in two pieces.
#[test]
fn ids_outlive_rotation() {
    let folder = TempDir::new().unwrap();
    let copy = |from: &str, to: &str| fs::copy(from, folder.path().join(to)).unwrap();
    copy(binary::ACCESS, "old.log");
    let journal = fs::read_to_string(binary::JOURNAL).unwrap();
    let lines: Vec<&str> = journal.lines().collect();
    let (old, new) = lines.split_at(60);
    let write = |name: &str, lines: &[&str]| {
        fs::write(folder.path().join(name), lines.join("\n") + "\n").unwrap();
    };
    write("journal.log.1", old);
    write("journal.log", new);
    let ids = |found: Vec<Value>| -> BTreeSet<String> {
        found
            .iter()
            .map(|f| f["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let rotated = ids(incidents(&[folder.path().to_str().unwrap()]));
    assert_eq!(rotated, ids(incidents(&[PRITUNL])));
}

/// Each finding is told of one incident at most, and of as many as it counts.
#[test]
fn the_findings_of_an_incident() {
    let mut told = BTreeSet::new();
    let mut total = 0;
    for incident in incidents(&[PRITUNL]) {
        let id = incident["id"].as_str().unwrap();
        let run = why401(["explain", PRITUNL, "--incident", id, "-o", "ndjson"]).run();
        let findings = run.findings();
        assert_eq!(
            findings.len() as u64,
            incident["refusals"].as_u64().unwrap()
        );
        let begins = |f: &&Value| f["id"].as_str().unwrap().starts_with(id);
        assert_eq!(
            findings.iter().filter(begins).count(),
            1,
            "its first finding gives it its id"
        );
        total += findings.len();
        told.extend(
            findings
                .into_iter()
                .map(|f| f["id"].as_str().unwrap().to_owned()),
        );
    }
    assert!(total > 0);
    assert_eq!(told.len(), total);
    let run = why401(["explain", PRITUNL, "--incident", "none"]).run();
    assert_eq!(run.code, 2);
    assert!(
        run.talk.contains("no incident has the id none"),
        "{}",
        run.talk
    );
    let run = why401(["explain", "-", "--incident", "none"]).run();
    assert_eq!(run.code, 2, "{}", run.talk);
}

#[test]
fn filters_ask_for_incidents_of_which_a_refusal_is_accepted() {
    let found = incidents(&[PRITUNL, "--principal", "gina"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["refusals"], 36, "all of it is told");
    assert_eq!(
        incidents(&[PRITUNL, "--cause", "server_error"]),
        Vec::<Value>::new()
    );
    let run = why401(["incidents", PRITUNL, "--client", "198.51.100.66"]).run();
    let total =
        "1 incident with 36 of 78 refusals; 6 in none, 36 in incidents that are not asked for";
    assert!(run.data.contains(total), "{}", run.data);
}

#[test]
fn names_are_inert() {
    let folder = TempDir::new().unwrap();
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}<script>";
    let fields = serde_json::json!({"event": "admin_auth_failure", "admin_name": hostile,
        "remote_address": "203.0.113.9", "reason": "invalid_password", "reason_long": "Invalid password"});
    let entry = |n: i64| {
        let mut fields = fields.clone();
        fields["timestamp"] = (1_795_291_200 + n).into();
        format!("{fields}\n")
    };
    let journal: String = (0..6).map(entry).collect();
    fs::write(folder.path().join("journal.log"), journal).unwrap();
    let run = why401(["incidents", "."]).within(folder.path()).run();
    assert!(
        run.data.contains(r"\x1b]0;owned\x07<U+202E><script>"),
        "{}",
        run.data
    );
    let is_bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!run.data.contains(is_bad), "{:?}", run.data);
}
