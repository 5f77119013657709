//! One thing goes wrong in an evening of a server, and the one incident, its cause, trigger, scope and end are told
//! right. Times are seconds since the evening began.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;
mod night;

use binary::why401;
use chrono::DateTime;
use night::troubles::{
    self, AHEAD, HIDDEN, JOB, LATE, OLD, ONE_OF_THREE, RESTART, SIGNED, SIGNER, WRONG,
};
use night::{HOUR, Night, PROGRAMS, START};
use serde_json::{Value, json};
use tempfile::TempDir;

const SEEDS: [u64; 3] = [1, 2, 3];

/// An evening in which this goes wrong.
fn evening<T>(seed: u64, trouble: impl FnOnce(&mut Night) -> T) -> (Night, T) {
    let mut night = Night::new(seed);
    let told = trouble(&mut night);
    night.usual();
    (night, told)
}

/// What is found in a night, which must be one incident and the few who mistyped.
fn only_incident(night: Night) -> Value {
    let mut all = incidents(night);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

fn incidents(night: Night) -> Vec<Value> {
    let folder = TempDir::new().unwrap();
    night.write(folder.path());
    let run = why401(["incidents", ".", "-o", "ndjson"])
        .within(folder.path())
        .run();
    assert_eq!(run.code, 0, "{}", run.talk);
    run.findings()
}

/// Seconds since the evening began.
fn at(time: &Value) -> i64 {
    let time = DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
    time.timestamp() - START
}

fn assert_near(time: &Value, expected: i64, by: i64, found: &Value) {
    assert!(
        (at(time) - expected).abs() <= by,
        "{} and not {expected}: {found:#}",
        at(time)
    );
}

fn assert_ahead(seconds: &Value, found: &Value) {
    let ahead = f64::from(i32::try_from(AHEAD).unwrap());
    let seconds = seconds.as_f64().unwrap();
    assert!((seconds - ahead).abs() < 60.0, "{found:#}");
}

fn names(lanes: &Value) -> Vec<&str> {
    let kept = lanes["kept"].as_array().unwrap().iter();
    let mut names: Vec<&str> = kept.map(|lane| lane["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// All programs are refused while the clock of the server is 13 hours ahead, and let in before and after.
fn check_clock(found: &Value) {
    assert_eq!(found["cause"], "clock_skew", "{found:#}");
    assert_eq!(found["confidence"], "high");
    assert_eq!(names(&found["clients"]), PROGRAMS);
    assert_near(&found["first"], WRONG.0, 30, found);
    assert_near(&found["last"], WRONG.1, 30, found);
    let trigger = &found["trigger"];
    assert_eq!(trigger["kind"], "clock", "{found:#}");
    assert_ahead(&trigger["by_s"], found);
    let end = &found["end"];
    assert_eq!(end["state"], "change", "{found:#}");
    assert_eq!(end["recovered"], 5, "{found:#}");
    assert_eq!(end["of"], 5);
    assert_eq!(end["by"]["kind"], "clock", "{found:#}");
    for lane in found["clients"]["kept"].as_array().unwrap() {
        assert!(at(&lane["last_success_before"]) <= WRONG.0, "{found:#}");
        assert!(at(&lane["first_success_after"]) >= WRONG.1, "{found:#}");
    }
    let likely = &found["otherwise_accepted"]["likely"];
    assert_eq!(
        *likely, found["refusals"],
        "all were let in before and after"
    );
    assert!(found.get("attack").is_none());
}

#[test]
fn a_server_whose_clock_runs_ahead_behind_a_proxy_on_another_host() {
    for seed in SEEDS {
        let (night, ()) = evening(seed, troubles::wrong_clock);
        check_clock(&only_incident(night));
    }
}

fn wrong_clock_of_both(night: &mut Night) {
    troubles::wrong_clock(night);
    night.access_ahead = night.journal_ahead;
}

#[test]
fn a_server_whose_clock_runs_ahead_with_the_proxy_on_the_same_host() {
    for seed in SEEDS {
        let (night, ()) = evening(seed, wrong_clock_of_both);
        let found = only_incident(night);
        check_clock(&found);
        assert_ahead(&found["clock_ahead_s"], &found);
    }
}

#[test]
fn a_secret_that_one_of_three_programs_does_not_have_yet() {
    for seed in SEEDS {
        let (night, ()) = evening(seed, troubles::old_secret);
        let found = only_incident(night);
        assert_eq!(found["cause"], "signature_mismatch");
        assert_eq!(names(&found["clients"]), [LATE]);
        assert_eq!(found["trigger"]["kind"], "change", "{found:#}");
        assert_eq!(
            found["trigger"]["message"],
            "Administrator api secret changed"
        );
        assert_eq!(found["trigger"]["certainty"], "certain");
        assert_near(&found["trigger"]["time"], OLD.0, 1, &found);
        assert_eq!(found["end"]["state"], "accepted", "{found:#}");
        assert_near(&found["end"]["time"], OLD.1, 30, &found);
        assert_eq!(found["scope"]["clients"], 8, "{found:#}");
        assert!(found.get("attack").is_none());
    }
}

#[test]
fn spraying_from_forty_addresses() {
    for seed in SEEDS {
        let (night, ()) = evening(seed, troubles::spray);
        let found = only_incident(night);
        assert_eq!(found["cause"], "wrong_password");
        assert_eq!(names(&found["clients"]).len(), 40, "{found:#}");
        assert_eq!(
            found["attack"]["techniques"][0]["id"], "T1110.003",
            "{found:#}"
        );
        assert_eq!(found["attack"]["techniques"].as_array().unwrap().len(), 1);
        assert_eq!(found["level"], "high", "{found:#}");
        assert!(found.get("trigger").is_none(), "{found:#}");
        assert_eq!(found["end"]["state"], "quiet", "{found:#}");
        assert_eq!(found["otherwise_accepted"]["at_most"], 0);
    }
}

#[test]
fn a_restart_that_ends_all_sessions() {
    for seed in SEEDS {
        let (night, expected) = evening(seed, troubles::ended_sessions);
        let found = only_incident(night);
        assert_eq!(found["cause"], "invalid_session", "{found:#}");
        assert_eq!(found["refusals"], expected, "{found:#}");
        assert_eq!(names(&found["clients"]).len(), 8);
        assert_eq!(found["wide"], true);
        assert_eq!(found["trigger"]["action"], "web_server_start", "{found:#}");
        assert_near(&found["trigger"]["time"], RESTART, 1, &found);
        assert_eq!(found["trigger"]["let_in_until_then"], 8);
        assert_eq!(found["end"]["state"], "accepted", "{found:#}");
        assert_eq!(
            (&found["end"]["recovered"], &found["end"]["of"]),
            (&json!(8), &json!(8))
        );
        assert!(found.get("attack").is_none());
    }
}

#[test]
fn a_job_that_runs_into_the_limiter() {
    for seed in SEEDS {
        let (night, expected) = evening(seed, troubles::limited_job);
        let (name, client) = JOB;
        let found = only_incident(night);
        assert_eq!(found["cause"], "rate_limited");
        assert_eq!(found["refusals"], expected, "{found:#}");
        assert_eq!(names(&found["clients"]), [client]);
        assert_eq!(names(&found["principals"]), [name]);
        assert_eq!(found["trigger"]["kind"], "attempts", "{found:#}");
        assert_eq!(found["limit"]["attempts"], 30);
        assert_eq!(found["limit"]["refused"], expected);
        assert_eq!(found["attack"]["techniques"], json!([]), "{found:#}");
    }
}

#[test]
fn a_proxy_that_begins_to_hide_its_clients() {
    for seed in SEEDS {
        let (night, ()) = evening(seed, troubles::hidden_clients);
        let (from, _, address) = HIDDEN;
        let found = only_incident(night);
        assert_eq!(found["cause"], "session_address_changed");
        assert_eq!(found["refusals"], 6);
        assert_eq!(names(&found["clients"]), [address]);
        assert_eq!(found["trigger"]["kind"], "addresses_hidden", "{found:#}");
        assert_eq!(found["trigger"]["address"], address);
        assert_near(&found["trigger"]["time"], from, 15, &found);
        assert_eq!(found["end"]["state"], "accepted", "{found:#}");
    }
}

#[test]
fn ten_minutes_without_a_log() {
    for seed in SEEDS {
        let (night, ()) = evening(seed, troubles::lost_log);
        let found = only_incident(night);
        assert_eq!(found["cause"], "signature_mismatch");
        assert_eq!(names(&found["clients"]), [SIGNER]);
        assert_near(&found["first"], SIGNED.0, 30, &found);
        assert_near(&found["last"], SIGNED.1, 30, &found);
        assert_eq!(found["end"]["state"], "accepted", "{found:#}");
        let gap = "./pritunl_journal.log: requests that always leave a line left none";
        assert_eq!(found["gaps"], json!([gap]), "{found:#}");
        let proof = |kind: &str| found["proof"][kind].as_u64().unwrap();
        let unproven = proof("in_doubt") + proof("unknown");
        assert!(
            unproven > 20 && proof("by_line") > 3 * unproven,
            "{found:#}"
        );
    }
}

/// Somebody whose session went on after a restart did not lose it by that.
#[test]
fn a_restart_that_somebody_outlived() {
    for seed in SEEDS {
        let (name, client) = ("admin", "198.51.100.1");
        let mut night = Night::new(seed);
        night.login(HOUR - 300, name, client);
        night.restart(HOUR);
        night.request(HOUR + 30, client, "GET /organization", (200, 149));
        for time in [HOUR + 60, HOUR + 65, HOUR + 70] {
            night.refused(time, client, "Invalid administrator user");
        }
        night.usual();
        let found = only_incident(night);
        assert_eq!(found["cause"], "invalid_session");
        assert!(found.get("trigger").is_none(), "{found:#}");
        assert_eq!(found["end"]["state"], "quiet");
    }
}

/// Three things at once are three incidents, and each has its own.
#[test]
fn three_troubles_at_one_time() {
    for seed in SEEDS {
        let (night, limited) = evening(seed, troubles::three);
        let found = incidents(night);
        let of = |cause: &str| {
            let mut of = found.iter().filter(|f| f["cause"] == cause);
            let first = of
                .next()
                .unwrap_or_else(|| panic!("no {cause}: {found:#?}"));
            assert!(of.next().is_none(), "{cause} is split: {found:#?}");
            first
        };
        assert_eq!(found.len(), 3, "{found:#?}");
        assert_eq!(names(&of("wrong_password")["clients"]).len(), 40);
        assert_eq!(of("rate_limited")["refusals"], limited);
        assert_eq!(names(&of("signature_mismatch")["clients"]), [ONE_OF_THREE]);
    }
}

/// The evening in which only somebody mistypes.
#[test]
fn nothing_is_invented() {
    for seed in SEEDS {
        let (night, ()) = evening(seed, |_| ());
        assert_eq!(incidents(night), Vec::<Value>::new());
    }
}

/// What a report says of a night, and its page.
fn report(night: Night) -> (Value, String) {
    let folder = TempDir::new().unwrap();
    night.write(folder.path());
    let run = |output: &str| {
        let run = why401(["report", "access.log", "pritunl_journal.log", "-o", output])
            .within(folder.path())
            .run();
        assert_eq!(run.code, 0, "{}", run.talk);
        run.data
    };
    let page = run("html");
    if let Some(folder) = std::env::var_os("WHY401_PICTURES") {
        std::fs::write(std::path::Path::new(&folder).join("night.html"), &page).unwrap();
    }
    (serde_json::from_str(&run("json")).unwrap(), page)
}

#[test]
fn a_report_tells_the_night_in_three_sentences_and_draws_its_lanes() {
    let (night, ()) = evening(1, troubles::wrong_clock);
    let (told, page) = report(night);
    let headline = told["headline"].as_array().unwrap();
    assert_eq!(headline.len(), 3, "{headline:#?}");
    let which = headline[1].as_str().unwrap();
    assert!(
        which.contains("“Clock skew”") && which.contains("set forward by 13 h"),
        "{which}"
    );
    let lanes = page
        .split("class=\"lanes\"")
        .nth(1)
        .unwrap()
        .split("</svg>")
        .next()
        .unwrap();
    for client in PROGRAMS {
        assert!(lanes.contains(client), "{client} has a lane");
    }
    let drawn = |class: &str| lanes.matches(&format!("class=\"{class}\"")).count();
    assert!(drawn("refused") >= PROGRAMS.len() && drawn("accepted") >= 2 * PROGRAMS.len());
    assert_eq!(drawn("mark"), 2, "the clock was set, and set back");
}

/// Incidents are set right where the clock of the access log was wrong; what counts single refusals is not, and says so.
#[test]
fn a_report_tells_that_the_clock_of_the_access_log_was_wrong() {
    const WRONG_CLOCK: &str = "which was wrong for a while";
    let told = |trouble: fn(&mut Night)| report(evening(1, trouble).0);
    let (right, wrong) = (told(troubles::wrong_clock), told(wrong_clock_of_both));
    let first = |told: &Value| told["headline"][0].as_str().unwrap().to_owned();
    assert!(first(&wrong.0).contains(WRONG_CLOCK), "{}", first(&wrong.0));
    assert!(
        !first(&right.0).contains(WRONG_CLOCK),
        "{}",
        first(&right.0)
    );
    // The first sentence, and what is said of the chart, there and in its `desc`.
    assert_eq!(wrong.1.matches(WRONG_CLOCK).count(), 3);
    assert_eq!(right.1.matches(WRONG_CLOCK).count(), 0);
}
