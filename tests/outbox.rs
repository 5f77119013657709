//! The outbox: what is put in is delivered, at least once and each time under the same id, whenever who delivers it is
//! killed.
//!
//! `WHY401_DRILL=full` kills it 100 times.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use binary::drill::{Dice, kills, pause};
use binary::live::{Tail, append, ask, until};
use binary::place::{Place, mode, user};
use binary::why401;
use serde_json::{Value, json};
use why401::alert::delivery::id;
use why401::alert::outbox::{ATTEMPTS, Ended, How};
use why401::alert::{Alert, State};
use why401::hidden::is_hidden;
use why401::index::{Limits, Writer};
use why401::level::Level;

const SECOND: i64 = 1_000_000;
/// How often it is killed in a whole drill.
const FULL: u32 = 100;
/// What follows `tail` wherever an alert is to come of both logs.
const BOTH: [&str; 6] = [
    "--from-start",
    "--quiet",
    "--config",
    "c.toml",
    "access.log",
    "journal.log",
];
const RETRY: [&str; 6] = [
    "alert",
    "retry",
    "--config",
    "c.toml",
    "--index",
    "state/index.db",
];

fn alert(number: u32) -> Alert {
    Alert {
        id: format!("alert{number}").into(),
        sequence: 0,
        rule: "brute_force".into(),
        title: "Brute force".into(),
        level: Level::High,
        state: State::Firing,
        group: vec![("client".into(), "203.0.113.9".into())],
        // Cut at the millisecond, as in the alert itself.
        time: 1_795_294_539 * SECOND + 499_999,
        first: 1_795_294_500 * SECOND,
        last: 1_795_294_539 * SECOND,
        count: 7,
        values: None,
        suppressed: 0,
        techniques: vec!["T1110.001".into()],
        findings: Vec::new(),
        left_out: 0,
        message: "7 refusals".into(),
    }
}

fn body(alert: &Alert) -> String {
    json!({ "schema": "why401.alert/1", "id": alert.id, "message": alert.message }).to_string()
}

/// A place with an index, a hook `test` and its configuration.
struct Desk(Place);

impl Desk {
    fn new(script: &str) -> Self {
        let desk = Self(Place::new());
        let user = user().map_or_else(String::new, |user| format!("user = '{user}'\n"));
        let (hook, out) = (desk.0.hook(script), desk.0.out());
        let (hook, out) = (hook.display(), out.display());
        desk.configure(&format!(
            "[[hook]]\nname = 'test'\n{user}command = ['{hook}', '{out}']\n"
        ));
        desk
    }

    fn folder(&self) -> &Path {
        self.0.folder()
    }

    fn configure(&self, text: &str) {
        fs::write(self.folder().join("c.toml"), text).unwrap();
    }

    /// The same, and this behind it.
    fn configure_more(&self, text: &str) {
        let before = fs::read_to_string(self.folder().join("c.toml")).unwrap();
        self.configure(&(before + text));
    }

    fn writer(&self) -> Writer {
        Writer::open(&self.folder().join("state/index.db")).unwrap()
    }

    /// Puts alerts in.
    fn post(&self, alerts: impl IntoIterator<Item = Alert>) {
        let writer = self.writer();
        for alert in alerts {
            assert!(writer.enqueue(&alert, &body(&alert), ["test"], 0).unwrap());
        }
        writer.commit().unwrap();
    }

    fn retry(&self, ids: &[&str]) -> binary::Ended {
        why401(RETRY.iter().chain(ids)).within(self.folder()).run()
    }

    /// (delivery, state, attempts, outcome)
    fn deliveries(&self) -> Vec<(String, String, u32, Option<String>)> {
        let query = "SELECT id, state, attempts, outcome FROM deliveries";
        ask(self.folder(), query, |row| {
            (
                row.get(0).unwrap(),
                row.get(1).unwrap(),
                row.get(2).unwrap(),
                row.get(3).unwrap(),
            )
        })
    }

    fn left(&self, name: &str) -> String {
        self.0.left(name)
    }
}

#[test]
fn an_alert_is_put_in_once() {
    let desk = Desk::new("");
    desk.post([alert(1)]);
    let writer = desk.writer();
    // As it is found again after a crash; a hook that is new by then is not told of what was.
    let again = writer.enqueue(&alert(1), "{}", ["test", "new"], 5).unwrap();
    assert!(!again);
    let first = writer.due("test", 10).unwrap().unwrap();
    assert_eq!(first.id, id("alert1", 0, "test"));
    assert_eq!((first.attempt, first.body), (1, body(&alert(1))));
    assert_eq!(first.about.group, "client=203.0.113.9");
    assert_eq!(first.about.time, "2026-11-21T20:55:39.499Z");
    assert_eq!(writer.due("new", 10).unwrap(), None);
    // What was not committed was not said.
    let mut writer = writer;
    writer.roll_back().unwrap();
    assert!(writer.enqueue(&alert(2), "{}", ["test"], 5).unwrap());
    writer.roll_back().unwrap();
    assert!(writer.enqueue(&alert(2), "{}", ["test"], 5).unwrap());
}

#[test]
fn what_may_pass_is_tried_until_it_is_given_up() {
    let desk = Desk::new("");
    desk.post([alert(1), alert(2)]);
    let writer = desk.writer();
    let mut now = 0;
    for attempt in 1..=ATTEMPTS {
        let delivery = writer.due("test", now).unwrap().unwrap();
        let expected = (id("alert1", 0, "test"), attempt);
        assert_eq!((&delivery.id, delivery.attempt), (&expected.0, expected.1));
        writer
            .settle(&delivery.id, &Ended::at_once(How::TimedOut), now)
            .unwrap();
        // Meanwhile the other's turn has come.
        let other = writer.due("test", now).unwrap().unwrap();
        assert_eq!(other.id, id("alert2", 0, "test"));
        now += 3600 * SECOND;
    }
    let letter = writer.letter(&id("alert1", 0, "test")).unwrap().unwrap();
    assert_eq!(
        (&*letter.state, letter.outcome.as_deref()),
        ("dead", Some("took too long"))
    );
    let revived = writer.retry(Some("alert1"), now).unwrap();
    assert_eq!(revived.len(), 1);
    let delivery = writer.due("test", now).unwrap().unwrap();
    assert_eq!((delivery.id, delivery.attempt), (revived[0].id.clone(), 1));
}

#[test]
fn a_clock_that_was_put_back_keeps_nobody_waiting() {
    let desk = Desk::new("");
    desk.post([alert(1)]);
    let writer = desk.writer();
    // What is new goes out at once, however little that was.
    assert!(writer.due("test", -SECOND).unwrap().is_some());
    let id = id("alert1", 0, "test");
    let year = 365 * 86_400 * SECOND;
    writer
        .settle(&id, &Ended::at_once(How::Exit(75)), year)
        .unwrap();
    assert_eq!(writer.due("test", year).unwrap(), None);
    assert!(writer.due("test", 0).unwrap().is_some());
}

#[test]
fn what_happened_first_is_told_first() {
    let desk = Desk::new("");
    let resolved = Alert {
        sequence: 1,
        state: State::Resolved,
        ..alert(1)
    };
    desk.post([alert(1), resolved, alert(2)]);
    let writer = desk.writer();
    let next = |now| {
        writer
            .due("test", now)
            .unwrap()
            .map(|d| (d.about.alert, d.about.sequence))
    };
    assert_eq!(next(0), Some(("alert1".to_owned(), 0)));
    writer
        .settle(&id("alert1", 0, "test"), &Ended::at_once(How::Exit(75)), 0)
        .unwrap();
    // That it is over waits for that it is; others do not.
    assert_eq!(next(0), Some(("alert2".to_owned(), 0)));
    writer
        .settle(&id("alert1", 0, "test"), &Ended::at_once(How::Exit(0)), 0)
        .unwrap();
    assert_eq!(next(0), Some(("alert1".to_owned(), 1)));
}

#[test]
fn what_is_old_and_told_goes() {
    let desk = Desk::new("");
    desk.post([alert(1), alert(2)]);
    let mut writer = desk.writer();
    writer
        .settle(&id("alert1", 0, "test"), &Ended::at_once(How::Exit(0)), 0)
        .unwrap();
    writer
        .prune(Limits {
            since: Some(alert(1).time + 1),
            bytes: None,
        })
        .unwrap();
    let kept: Vec<String> = ask(desk.folder(), "SELECT id FROM alerts", |row| {
        row.get(0).unwrap()
    });
    assert_eq!(kept, ["alert2".to_owned()]);
    assert_eq!(desk.deliveries().len(), 1);
}

#[test]
fn whatever_names_are_they_arrive_as_data() {
    let desk = Desk::new("cat >\"$1/input\"; /usr/bin/env -0 >\"$1/environment\"");
    let names = [
        "$(reboot)",
        "`reboot`",
        "-rf",
        "a\nb\r\n",
        "a\0b",
        "\x1b[2J",
        "\u{202e}nimda",
        "'\"; exit 9 #",
    ];
    let mut hostile = alert(1);
    let long = "x".repeat(200_000);
    hostile.group = names
        .iter()
        .map(|name| ("principal".into(), (*name).into()))
        .collect();
    hostile.message = long.clone().into();
    let writer = desk.writer();
    let body = json!({ "schema": "why401.alert/1", "names": names, "message": long }).to_string();
    writer.enqueue(&hostile, &body, ["test"], 0).unwrap();
    writer.commit().unwrap();
    drop(writer);
    let ended = desk.retry(&[]);
    assert_eq!(ended.code, 0, "{}{}", ended.data, ended.talk);
    let input: Value = serde_json::from_str(&desk.left("input")).unwrap();
    assert_eq!(input["names"], json!(names));
    assert_eq!(input["message"], json!(long));
    assert_eq!(input["delivery"]["id"], json!(id("alert1", 0, "test")));
    let environment = desk.left("environment");
    let variables: BTreeMap<&str, &str> = environment
        .split_terminator('\0')
        .map(|variable| variable.split_once('=').unwrap())
        .collect();
    assert!(variables["WHY401_GROUP"].contains("principal=$(reboot) principal=`reboot`"));
    assert_eq!(variables["WHY401_MESSAGE"].len(), 4096);
    let ours = variables.keys().filter(|name| name.starts_with("WHY401_"));
    assert_eq!(ours.count(), 12);
    for (name, value) in variables {
        assert!(!value.contains(is_hidden), "{name}");
    }
}

#[test]
fn dead_letters_are_delivered_when_somebody_asks() {
    let desk = Desk::new("[[ -e $1/well ]] || { echo no such thing >&2; exit 1; }");
    desk.post([alert(1), alert(2)]);
    let ended = desk.retry(&[]);
    assert_eq!(ended.code, 5, "{}", ended.talk);
    assert_eq!(
        ended.data.matches("dead  exit 1").count(),
        2,
        "{}",
        ended.data
    );
    let output: Vec<String> = ask(desk.folder(), "SELECT output FROM deliveries", |row| {
        row.get(0).unwrap()
    });
    assert_eq!(output, ["no such thing\n", "no such thing\n"]);
    fs::write(desk.folder().join("out/well"), "").unwrap();
    assert_eq!(desk.retry(&["alert2"]).code, 0);
    let states: Vec<String> = desk.deliveries().into_iter().map(|d| d.1).collect();
    assert_eq!(states, ["dead", "delivered"]);
    assert_eq!(desk.retry(&["alert2"]).code, 2, "it is delivered");
    assert_eq!(desk.retry(&[&id("alert1", 0, "test")]).code, 0);
    let runs = ask(
        desk.folder(),
        "SELECT hook, result, runs FROM hook_run ORDER BY 2",
        |row| {
            (
                row.get(0).unwrap(),
                row.get(1).unwrap(),
                row.get(2).unwrap(),
            )
        },
    );
    let test = || "test".to_owned();
    assert_eq!(
        runs,
        [
            (test(), "done".to_owned(), 2),
            (test(), "exit".to_owned(), 2)
        ]
    );
}

#[test]
fn where_there_is_no_index_nothing_is_retried_and_none_is_made() {
    let desk = Desk::new("");
    let ended = desk.retry(&[]);
    assert_eq!(ended.code, 4, "{}", ended.talk);
    assert!(ended.talk.contains("there is no index"), "{}", ended.talk);
    assert!(!desk.folder().join("state").exists());
}

#[test]
fn a_hook_that_others_can_change_is_refused() {
    let desk = Desk::new("exit 0");
    desk.post([alert(1)]);
    let check = || {
        let args = ["check", "--config", "c.toml"];
        why401(args).within(desk.folder()).run()
    };
    assert_eq!(check().code, 0, "{}", check().data);
    assert!(check().data.contains("hook test"), "{}", check().data);
    mode(&desk.folder().join("hook"), 0o757);
    let refused = desk.retry(&[]);
    assert_eq!(refused.code, 2);
    for said in [
        "c.toml:2: hook test is refused",
        "can be written by others (mode 0757)",
    ] {
        assert!(refused.talk.contains(said), "{}", refused.talk);
    }
    assert_eq!(check().code, 2);
    assert!(check().data.contains("refused: "), "{}", check().data);
    mode(&desk.folder().join("hook"), 0o755);
    mode(&desk.folder().join("c.toml"), 0o666);
    assert!(
        desk.retry(&[])
            .talk
            .contains("c.toml can be written by others")
    );
    mode(&desk.folder().join("c.toml"), 0o644);
    if user().is_some() {
        let hook = desk.folder().join("hook");
        desk.configure(&format!(
            "[[hook]]\nname = 'test'\ncommand = ['{}']\n",
            hook.display()
        ));
        let refused = desk.retry(&[]).talk;
        assert!(refused.contains("as root it needs a `user`"), "{refused}");
    }
}

#[test]
fn killed_again_and_again_it_loses_nothing() {
    let kills = kills(FULL);
    let desk = Desk::new("echo $WHY401_DELIVERY $WHY401_ALERT >>$1/told");
    let mut dice = Dice(401);
    for kill in 0..kills {
        desk.post((0..5).map(|n| alert(kill * 5 + n)));
        let mut deliverer = Command::new(env!("CARGO_BIN_EXE_why401"))
            .args(RETRY)
            .current_dir(desk.folder())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        pause(Duration::from_millis(dice.roll(60)));
        deliverer.kill().unwrap();
        deliverer.wait().unwrap();
    }
    assert_eq!(desk.retry(&[]).code, 0);
    let told = desk.left("told");
    let told: BTreeSet<(&str, &str)> = told.lines().map(|l| l.split_once(' ').unwrap()).collect();
    let expected: Vec<_> = (0..kills * 5).map(|n| format!("alert{n}")).collect();
    let expected: BTreeMap<String, &str> =
        expected.iter().map(|a| (id(a, 0, "test"), &**a)).collect();
    assert_eq!(told, expected.iter().map(|(id, a)| (&**id, *a)).collect());
    let states: Vec<String> = desk.deliveries().into_iter().map(|d| d.1).collect();
    assert_eq!(states, vec!["delivered"; expected.len()]);
}

/// A refusal of a wrong password, of somebody of his own, as both logs have it.
fn refuse(folder: &Path, n: u32) {
    // Half an hour apart, so that each is an alert of its own.
    let epoch = 1_795_000_000 + i64::from(n) * 1800;
    let moment = chrono::DateTime::from_timestamp(epoch, 0).unwrap();
    let stamp = moment.format("%d/%b/%Y:%H:%M:%S +0000");
    let client = format!("10.0.{}.{}", n >> 8, n & 255);
    let entry = json!({
        "id": format!("{n:024x}"), "event": "admin_auth_failure", "timestamp": epoch,
        "host_id": "0f", "host_name": "vpn", "admin_name": format!("user{n}x"),
        "remote_address": client, "reason": "invalid_password", "reason_long": "Invalid password",
    });
    append(folder, "journal.log", &format!("{entry}\n"));
    let line =
        format!("{client} - - [{stamp}] \"POST /auth/session HTTP/1.1\" 401 83 \"-\" \"curl\"\n");
    append(folder, "access.log", &line);
}

const OWN_RULE: &str = "
[[rule]]
id = 'own'
title = 'A wrong password'
level = 'low'
type = 'event_count'
select = { cause = ['wrong_password'] }
group-by = ['principal']
timespan = '1m'
condition = { gte = 1 }
";

#[test]
fn what_tail_finds_reaches_a_hook() {
    let desk = Desk::new("cat >$1/$WHY401_RULE.json");
    let folder = desk.folder();
    desk.configure_more("rules = ['brute*', 'pass*']\nlevel = 'high'\nresolved = false\n");
    for (from, to) in [
        (binary::ACCESS, "access.log"),
        (binary::JOURNAL, "journal.log"),
    ] {
        fs::copy(from, folder.join(to)).unwrap();
    }
    let tail = Tail::start(folder, &BOTH);
    until(|| {
        let states: Vec<String> = desk.deliveries().into_iter().map(|d| d.1).collect();
        states == ["delivered", "delivered"]
    });
    tail.end();
    let told = |rule: &str| -> Value {
        serde_json::from_str(&desk.left(&format!("{rule}.json"))).unwrap()
    };
    let spraying = told("password_spraying");
    assert_eq!(spraying["schema"], "why401.alert/1");
    assert_eq!(spraying["group"], json!({ "client": "198.51.100.40" }));
    assert_eq!(spraying["delivery"]["attempt"], 1);
    let guessing = told("brute_force");
    assert_eq!(guessing["findings"][0]["cause"], "wrong_password");
    assert!(guessing["findings"][0]["evidence"].is_array());
    // More was told than these hooks wanted to know, and is there all the same.
    let alerts: Vec<u32> = ask(folder, "SELECT count(*) FROM alerts", |row| {
        row.get(0).unwrap()
    });
    assert!(alerts[0] > 2);
}

#[test]
fn a_hook_that_hangs_keeps_tail_from_nothing_and_ends_with_it() {
    let desk = Desk::new("echo $$ >$1/pid; exec sleep 1000");
    let folder = desk.folder();
    desk.post([alert(1)]);
    fs::copy(binary::ACCESS, folder.join("access.log")).unwrap();
    let tail = Tail::start(folder, &BOTH[..5]);
    until(|| desk.left("pid").ends_with('\n'));
    let hook = Path::new("/proc").join(desk.left("pid").trim());
    assert!(hook.exists());
    append(
        folder,
        "access.log",
        &fs::read_to_string(binary::ACCESS).unwrap(),
    );
    tail.catch_up(&["access.log"]);
    assert!(hook.exists());
    // It gets a few seconds more, and then no more.
    tail.end();
    assert!(!hook.exists());
    let (_, state, attempts, outcome) = desk.deliveries().remove(0);
    assert_eq!((&*state, attempts, outcome), ("waiting", 0, None));
}

#[test]
fn tail_loses_no_alert_whenever_it_is_killed() {
    let desk = Desk::new("echo $WHY401_DELIVERY $WHY401_ALERT $WHY401_SEQUENCE >>$1/told");
    let folder = desk.folder();
    desk.configure_more(OWN_RULE);
    let mut dice = Dice(7);
    let mut refused = 0;
    for _ in 0..kills(FULL) {
        let tail = Tail::start(folder, &BOTH);
        for _ in 0..3 {
            pause(Duration::from_millis(dice.roll(300)));
            refuse(folder, refused);
            refused += 1;
        }
        pause(Duration::from_millis(dice.roll(1500)));
        tail.kill();
    }
    let tail = Tail::start(folder, &BOTH);
    tail.catch_up(&BOTH[4..]);
    let alerts = || {
        let query = "SELECT id, group_values FROM alerts WHERE rule = 'own' AND state = 'firing'";
        ask(folder, query, |row| {
            (row.get(1).unwrap(), row.get(0).unwrap())
        })
    };
    let is_told = || {
        desk.deliveries()
            .iter()
            .all(|(_, state, ..)| state == "delivered")
    };
    until(|| alerts().len() >= refused as usize && is_told());
    tail.end();
    // Everybody's alert, and under one id.
    let all: Vec<(String, String)> = alerts();
    let by_group: BTreeMap<String, String> = all.iter().cloned().collect();
    assert_eq!(
        (all.len(), by_group.len()),
        (refused as usize, refused as usize)
    );
    assert!((0..refused).all(|n| by_group.contains_key(&format!("principal=user{n}x"))));
    // Every alert was put in, and what was put in is what the hook was told, each under its own id.
    let told = desk.left("told");
    let told: BTreeSet<String> = told.lines().map(str::to_owned).collect();
    let query = "SELECT d.id, a.id, a.sequence FROM alerts a LEFT JOIN deliveries d
        ON d.alert = a.id AND d.sequence = a.sequence";
    let put_in = ask(folder, query, |row| {
        let (delivery, alert, sequence): (String, String, u32) = (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            row.get(2).unwrap(),
        );
        assert_eq!(delivery, id(&alert, sequence, "test"));
        format!("{delivery} {alert} {sequence}")
    });
    assert_eq!(told, put_in.into_iter().collect());
}

#[test]
fn who_writes_the_index_is_asked_to_deliver() {
    let desk = Desk::new("exec >>$1/told; echo $WHY401_ALERT; [[ -e $1/well ]]");
    desk.post([alert(1)]);
    fs::write(
        desk.folder().join("access.log"),
        fs::read(binary::ACCESS).unwrap(),
    )
    .unwrap();
    desk.configure_more("[tail]\nmetrics = 'why401.prom'\n");
    let args = ["--config", "c.toml", "--quiet", "access.log"];
    let tail = Tail::start(desk.folder(), &args);
    until(|| {
        desk.deliveries()
            .iter()
            .any(|(_, state, ..)| state == "dead")
    });
    assert_eq!(desk.left("told"), "alert1\n");
    fs::write(desk.folder().join("out/well"), "").unwrap();
    let asked = desk.retry(&["alert1"]);
    assert_eq!(asked.code, 0);
    assert!(asked.talk.contains("will do it"), "{}", asked.talk);
    until(|| {
        desk.deliveries()
            .iter()
            .any(|(_, state, ..)| state == "delivered")
    });
    assert_eq!(desk.left("told"), "alert1\nalert1\n");
    assert!(!desk.folder().join("state/index.db.again").exists());
    // What cannot be read keeps it from nothing.
    let again = desk.folder().join("state/index.db.again");
    symlink(&again, &again).unwrap();
    until(|| again.symlink_metadata().is_err());
    append(desk.folder(), "access.log", "\n");
    tail.catch_up(&["access.log"]);
    tail.end();
    let figures = fs::read_to_string(desk.folder().join("why401.prom")).unwrap();
    for line in [
        "why401_alerts{rule=\"brute_force\",state=\"firing\"} 1",
        "why401_outbox_deliveries{hook=\"test\",state=\"delivered\"} 1",
        "why401_hook_runs_total{hook=\"test\",result=\"done\"} 1",
        "why401_hook_runs_total{hook=\"test\",result=\"exit\"} 1",
        "why401_hook_run_seconds_total{hook=\"test\"} 0.",
    ] {
        assert!(figures.contains(line), "{line}\n{figures}");
    }
}
