//! What the shipped rules say of logs: see the expectations in `tests/alerts/`, written from the captures' descriptions.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;
mod night;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use binary::live::{Tail, append, of_kind};
use binary::why401;
use night::{Night, troubles};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

#[derive(Debug, Deserialize)]
struct Expected {
    alert: Vec<Alert>,
}

#[derive(Debug, Deserialize)]
struct Alert {
    rule: String,
    group: BTreeMap<String, String>,
    from: String,
    until: String,
}

fn replay(args: &[&str]) -> Vec<Value> {
    let run = why401(["alert", "replay", "-o", "ndjson"].iter().chain(args)).run();
    assert_eq!(run.code, 0, "{}", run.talk);
    run.findings()
}

impl Alert {
    fn is(&self, found: &Value) -> bool {
        let time = &found["@timestamp"].as_str().unwrap()[11..19];
        let group = found["group"].as_object().unwrap().iter();
        let own = |value: &Value| {
            value
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned()
        };
        let group: BTreeMap<String, String> = group.map(|(n, v)| (n.clone(), own(v))).collect();
        let is_then = (self.from.as_str()..=self.until.as_str()).contains(&time);
        found["rule"] == *self.rule && group == self.group && is_then
    }
}

/// One to one, and none invented.
fn check(scenario: &str) {
    let expected = fs::read_to_string(format!("tests/alerts/{scenario}.toml")).unwrap();
    let expected: Expected = toml::from_str(&expected).unwrap();
    let mut found = replay(&[&format!("fixtures/scenarios/{scenario}")]);
    found.retain(|alert| alert["state"] == "firing");
    let mut missing = Vec::new();
    for alert in &expected.alert {
        match found.iter().position(|found| alert.is(found)) {
            Some(at) => drop(found.remove(at)),
            None => missing.push(alert),
        }
    }
    let found: Vec<_> = found.iter().map(|f| &f["message"]).collect();
    assert!(
        missing.is_empty() && found.is_empty(),
        "{missing:#?}\n{found:#?}"
    );
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

#[test]
fn shipped_rules_do_what_they_should() {
    let run = why401(["alert", "test", "--shipped"]).run();
    assert_eq!(run.code, 0, "{}", run.data);
    assert!(run.data.contains("brute_force"), "{}", run.data);
}

/// How often each rule fires in an evening.
fn fired(night: Night) -> BTreeMap<String, u64> {
    let folder = TempDir::new().unwrap();
    night.write(folder.path());
    let mut rules = BTreeMap::new();
    for alert in replay(&[folder.path().to_str().unwrap()]) {
        if alert["state"] == "firing" {
            *rules
                .entry(alert["rule"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    rules
}

fn check_night<T>(name: &str, trouble: impl Fn(&mut Night) -> T) {
    let expected = fs::read_to_string("tests/alerts/nights.toml").unwrap();
    let mut expected: BTreeMap<String, BTreeMap<String, u64>> = toml::from_str(&expected).unwrap();
    let expected = expected.remove(name).unwrap();
    for seed in [1, 2, 3] {
        let mut night = Night::new(seed);
        trouble(&mut night);
        night.usual();
        assert_eq!(fired(night), expected, "{name}, seed {seed}");
    }
}

#[test]
fn a_server_whose_clock_runs_ahead() {
    check_night("server_clock", troubles::wrong_clock);
}

#[test]
fn a_secret_that_one_of_three_programs_does_not_have_yet() {
    check_night("old_secret", troubles::old_secret);
}

#[test]
fn spraying_from_forty_addresses() {
    check_night("spraying", troubles::spray);
}

#[test]
fn a_job_that_runs_into_the_limiter() {
    check_night("limiter", troubles::limited_job);
}

#[test]
fn three_troubles_at_one_time() {
    check_night("three", troubles::three);
}

#[test]
fn a_restart_that_ends_all_sessions() {
    check_night("restart", troubles::ended_sessions);
}

#[test]
fn a_proxy_that_begins_to_hide_its_clients() {
    check_night("hidden", troubles::hidden_clients);
}

#[test]
fn ten_minutes_without_a_log() {
    check_night("lost", troubles::lost_log);
}

#[test]
fn nothing_is_invented() {
    check_night("nothing", |_| ());
}

/// Under which ids and numbers, in which state.
fn keys(alerts: &[Value]) -> BTreeMap<(String, u64), (String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let key = |alert: &Value| {
        let id = (text(&alert["id"]), alert["sequence"].as_u64().unwrap());
        let told = ["state", "group_key", "message"].map(|name| text(&alert[name]));
        (id, told.into())
    };
    alerts.iter().map(key).collect()
}

/// The lines of each file from one of so many pieces.
fn piece(text: &str, number: usize, of: usize) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines[lines.len() * number / of..lines.len() * (number + 1) / of].concat()
}

fn logs(scenario: &str) -> Vec<(String, String)> {
    let folder = Path::new("fixtures/scenarios").join(scenario);
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files
        .map(|path| (name(&path), fs::read_to_string(&path).unwrap()))
        .collect()
}

/// However the lines come, and though findings are made anew meanwhile: no alert is told twice, and none differs.
#[test]
fn replay_says_what_tail_said() {
    for (scenario, pieces) in [
        ("pritunl", 1),
        ("pritunl", 3),
        ("wirebuddy", 2),
        ("privacyidea", 2),
    ] {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        let logs = logs(scenario);
        let names: Vec<&str> = logs.iter().map(|(name, _)| name.as_str()).collect();
        let args: Vec<&str> = ["--from-start"].iter().chain(&names).copied().collect();
        for (name, text) in &logs {
            append(folder, name, &piece(text, 0, pieces));
        }
        let tail = Tail::start(folder, &args);
        for number in 1..pieces {
            tail.catch_up(&names);
            for (name, text) in &logs {
                append(folder, name, &piece(text, number, pieces));
            }
        }
        tail.catch_up(&names);
        let told = of_kind(tail.end_with_all(), "alert");
        let run = why401(["alert", "replay", "-o", "ndjson"].iter().chain(&names)).within(folder);
        let replayed = run.findings();
        assert!(!replayed.is_empty());
        assert_eq!(keys(&told), keys(&replayed), "{scenario} in {pieces}");
        assert_eq!(told.len(), keys(&told).len(), "none is told twice");
    }
}

/// A folder with a configuration, in which `rules` stand.
fn configured(rules: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rules.toml");
    fs::write(&file, rules).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

fn rules_of(alerts: &[Value]) -> Vec<&str> {
    alerts
        .iter()
        .map(|alert| alert["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn a_rule_is_laid_over_the_shipped_one() {
    let (_folder, file) = configured(
        "[[rule]]\nid = 'brute_force'\nenabled = false\n
         [[rule]]\nid = 'password_spraying'\ncondition = { field = 'principal', gte = 50 }\n
         [[rule]]\nid = 'own'\ntype = 'event_count'\nselect = { cause = ['expired_session'] }
         level = 'low'\ntimespan = '1m'\ncondition = { gte = 2 }\n",
    );
    let alerts = replay(&[binary::SCENARIO, "--config", &file]);
    assert_eq!(rules_of(&alerts), ["success_after_failures", "own"]);
    let listed = why401(["alert", "list", "-o", "ndjson", "--config", &file]).findings();
    let row = |id: &str| listed.iter().find(|row| row["rule"] == id).unwrap();
    assert_eq!(row("brute_force")["enabled"], false);
    assert_eq!(
        row("brute_force")["level"],
        "high",
        "what is not said stays"
    );
    assert_eq!(row("own")["configured"], true);
    assert_eq!(listed.last().unwrap()["rule"], "own");
}

#[test]
fn what_other_rules_would_tell_is_marked() {
    let (_folder, file) = configured(
        "[[rule]]\nid = 'brute_force'\nenabled = false\n
         [[rule]]\nid = 'own'\ntype = 'event_count'\nselect = { cause = ['clock_skew'] }
         level = 'low'\ntimespan = '1m'\ncondition = { gte = 2 }\n",
    );
    let run = why401(["alert", "replay", binary::SCENARIO, "--rules", &file]).run();
    let begin = |line: &&str| !line.starts_with("  ");
    let lines: Vec<&str> = run.data.lines().filter(begin).collect();
    assert_eq!(lines.len(), 4, "{}", run.data);
    assert!(
        lines[2].starts_with("+ ") && lines[2].contains("own"),
        "{}",
        run.data
    );
    assert!(
        lines[3].starts_with("- ") && lines[3].contains("brute_force"),
        "{}",
        run.data
    );
    let alerts = replay(&[binary::SCENARIO, "--rules", &file]);
    let marks: Vec<Option<&str>> = alerts.iter().map(|a| a["diff"].as_str()).collect();
    assert_eq!(marks, [None, None, Some("added"), Some("removed")]);
    let since = replay(&[binary::SCENARIO, "--since", "2026-11-21T20:55:50Z"]);
    assert_eq!(rules_of(&since), ["brute_force"]);
}

#[test]
fn an_alert_is_shown_as_programs_get_it() {
    let run = why401(["alert", "test", "brute_force", "--log", binary::SCENARIO]).run();
    assert_eq!(run.code, 0, "{}", run.talk);
    let alert: Value = serde_json::from_str(&run.data).unwrap();
    assert_eq!(alert["schema"], "why401.alert/1");
    assert_eq!(
        (&alert["level"], &alert["count"]),
        (&json!("high"), &json!(5))
    );
    let findings = alert["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 5);
    let ids: Vec<&Value> = findings.iter().map(|finding| &finding["id"]).collect();
    assert_eq!(alert["finding_ids"], json!(ids));
    for finding in findings {
        assert_eq!(finding["user"]["name"], "gina");
        assert!(!finding["evidence"].as_array().unwrap().is_empty());
    }
    for (args, code, what) in [
        (["alert", "test", "nonce_replay"], 3, "never fired"),
        (["alert", "test", "no_such_rule"], 2, "no rule has the id"),
    ] {
        let run = why401(args.iter().chain(&["--log", binary::SCENARIO])).run();
        assert_eq!(run.code, code);
        assert!(run.talk.contains(what), "{}", run.talk);
    }
}

/// From an index the same is told, and under the same ids.
#[test]
fn an_index_tells_the_same() {
    for scenario in ["pritunl", "wirebuddy", "privacyidea"] {
        let logs = format!("fixtures/scenarios/{scenario}");
        let folder = TempDir::new().unwrap();
        let index = folder.path().join("index.db");
        let index = index.to_str().unwrap();
        let run = why401(["index", &logs, "--index", index]).run();
        assert_eq!(run.code, 0, "{}", run.talk);
        assert_eq!(keys(&replay(&["--index", index])), keys(&replay(&[&logs])));
    }
}

#[test]
fn names_are_inert() {
    let folder = TempDir::new().unwrap();
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}$(reboot)\n-rf";
    let entry = |n: i64| {
        let fields = json!({"event": "admin_auth_failure", "admin_name": hostile, "timestamp": 1_795_291_200 + n,
            "remote_address": "203.0.113.9", "reason": "invalid_password", "reason_long": "Invalid password"});
        format!("{fields}\n")
    };
    let journal: String = (0..6).map(entry).collect();
    fs::write(folder.path().join("journal.log"), journal).unwrap();
    let run = why401(["alert", "replay", "."]).within(folder.path()).run();
    assert!(
        run.data.contains(r"\x1b]0;owned\x07<U+202E>$(reboot)"),
        "{}",
        run.data
    );
    let is_bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!run.data.contains(is_bad), "{:?}", run.data);
    let run = why401(["alert", "replay", ".", "-o", "ndjson"]).within(folder.path());
    assert_eq!(
        run.findings()[0]["group"]["principal"],
        hostile,
        "programs get it as it is"
    );
}
