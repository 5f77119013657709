//! `tail` as a service, and `check`: what is configured, what the service manager and Prometheus are told.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use binary::live::{PATIENCE, Tail, append, read_of, until};
use binary::{ACCESS, JOURNAL, why401};
use tempfile::TempDir;

/// A folder with both logs.
fn logs() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::copy(ACCESS, folder.path().join("access.log")).unwrap();
    fs::copy(JOURNAL, folder.path().join("journal.log")).unwrap();
    folder
}

fn put(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

#[test]
fn what_is_configured_is_followed_and_can_be_changed() {
    let folder = logs();
    let folder = folder.path();
    put(
        folder,
        "etc/why401/conf.d/proxy.toml",
        "[tail]\nlogs = ['access.log']\n",
    );
    let environment = [("XDG_CONFIG_HOME", "etc")];
    let mut tail = Tail::in_environment(folder, &["--from-start", "--quiet"], &environment);
    tail.says("following access.log");
    let both = "[tail]\nlogs = ['journal.log']\nmetrics = 'why401.prom'\n";
    put(
        folder,
        "etc/why401/config.toml",
        &both.replace("logs", "lgos"),
    );
    tail.hang_up();
    tail.says("unknown field `lgos`");
    put(folder, "etc/why401/config.toml", both);
    tail.hang_up();
    tail.says("following journal.log, access.log");
    put(folder, "etc/why401/config.toml", "");
    put(folder, "etc/why401/conf.d/proxy.toml", "");
    tail.hang_up();
    tail.says("or `logs` in [tail] of the configuration; all stays as it was");
    tail.catch_up(&["access.log", "journal.log"]);
    tail.end();
    let inputs = why401(["inputs", "--index", "state/index.db"])
        .within(folder)
        .run();
    assert!(
        inputs.data.contains("the system tells of changes"),
        "{}",
        inputs.data
    );
    assert_eq!(read_of(folder).len(), 2);
    let metrics = fs::read_to_string(folder.join("why401.prom")).unwrap();
    let lines = fs::read_to_string(ACCESS).unwrap().lines().count();
    for line in [
        format!("why401_lines_read_total{{input=\"access.log\"}} {lines}"),
        "why401_lag_bytes{input=\"journal.log\"} 0".to_owned(),
        "# TYPE why401_findings gauge".to_owned(),
    ] {
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
    assert!(metrics.contains("verdict=\"explained\",cause=\"clock_skew\""));
}

#[test]
fn the_service_manager_is_told() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    append(folder, "access.log", &fs::read_to_string(ACCESS).unwrap());
    let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = || {
        let mut told = [0; 256];
        let length = socket.recv(&mut told).unwrap();
        String::from_utf8(told[..length].to_vec()).unwrap()
    };
    let environment = [("NOTIFY_SOCKET", "notify"), ("WATCHDOG_USEC", "200000")];
    let tail = Tail::in_environment(folder, &["--quiet", "access.log"], &environment);
    assert!(heard().starts_with("READY=1"));
    assert_eq!([heard(), heard()], ["WATCHDOG=1", "WATCHDOG=1"]);
    tail.end();
    until(|| heard() == "STOPPING=1");
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let folder = TempDir::new().unwrap();
    put(
        folder.path(),
        "c.toml",
        "[tail]\nlogs = ['access.log']\nmetric = 'x'\n",
    );
    for command in ["check", "tail"] {
        let args = [command, "--config", "c.toml"];
        let ended = why401(args).within(folder.path()).run();
        assert_eq!((ended.code, &*ended.data), (2, ""));
        let told: Vec<&str> = ended.talk.lines().collect();
        assert!(
            told[0].contains("c.toml:3:1: unknown field `metric`"),
            "{told:?}"
        );
        assert_eq!(told[1..], ["  metric = 'x'", "  ^^^^^^"]);
    }
}

#[test]
fn the_set_up_is_checked() {
    let folder = logs();
    let folder = folder.path();
    put(
        folder,
        "c.toml",
        "[tail]\nlogs = ['access.log', 'journal.log']\n",
    );
    let check = |args: &[&str]| {
        let all = [&["check", "--config", "c.toml"], args].concat();
        why401(all).within(folder).run()
    };
    let well = check(&[]);
    assert_eq!(well.code, 0, "{}", well.talk);
    for said in [
        "tail.logs = 'access.log'  (c.toml:2)",
        "access.log (nginx_combined): last written",
        "journal.log (pritunl_journal): last written",
        "clock    journal.log agrees with access.log",
    ] {
        assert!(well.data.contains(said), "{said}\n{}", well.data);
    }
    let alone = check(&["access.log"]);
    assert!(
        alone.data.contains("pritunl set app.auditing all"),
        "{}",
        alone.data
    );
    let missing = check(&["access.log", "none.log"]);
    assert_eq!(missing.code, 3);
    assert!(missing.data.contains("none.log"), "{}", missing.data);
}
