//! The hooks in `packaging/hooks`, each run against a stand-in for what it talks to.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};
use tempfile::TempDir;
use why401::alert::delivery::{About, Delivery};

static INSTALLED: Once = Once::new();

/// What is needed beside us is there: Debian's packages.
fn install() {
    INSTALLED.call_once(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/install");
        assert!(Command::new(script).status().unwrap().success());
    });
}

fn hook(name: &str) -> PathBuf {
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/hooks");
    hooks.join(name)
}

fn delivery() -> Delivery {
    Delivery {
        id: "1f".repeat(16),
        hook: "test".to_owned(),
        attempt: 1,
        about: About {
            alert: "2e".repeat(16),
            sequence: 3,
            state: "firing".to_owned(),
            rule: "brute_force".to_owned(),
            title: "Brute force".to_owned(),
            level: "high".to_owned(),
            group: "client=203.0.113.9".to_owned(),
            count: 7,
            time: "2026-11-21T20:55:39.000Z".to_owned(),
            message: "7 refusals of \"$(reboot)\\n\" \u{202e}ä\nSubject: x".to_owned(),
        },
        body: json!({ "state": "firing", "group": { "client": "203.0.113.9" } }).to_string(),
    }
}

/// How it ended and what it said, both outputs together.
fn run(delivery: &Delivery, name: &str, arguments: &[&str], path: &Path) -> (i32, String) {
    install();
    let mut child = Command::new(hook(name))
        .args(arguments)
        .env_clear()
        .env(
            "PATH",
            format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", path.display()),
        )
        .envs(delivery.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // Not all read it.
    let _ = input.write_all(delivery.input().as_bytes());
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

/// Puts a program into a folder that stands for another: it writes down its arguments and its input.
fn stand_in(folder: &Path, name: &str, end: &str) {
    let file = folder.join(name);
    let folder = folder.display();
    let text = format!("#!/bin/bash\nprintf '%s\\n' \"$@\" >{folder}/{name}.arguments\n{end}\n");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// A server that takes one request, answers with a status, and gives what it was sent.
fn server(status: u16) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks/s3cret", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let length = head.to_lowercase();
        let length = length.split("content-length: ").nth(1).unwrap();
        let length = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hooks/s3cret "), "{head}");
        String::from_utf8(body).unwrap()
    });
    (url, served)
}

#[test]
fn scripts_are_clean() {
    install();
    let mut scripts = 0;
    for entry in fs::read_dir(hook("")).unwrap() {
        let path = entry.unwrap().path();
        if !fs::read_to_string(&path).unwrap().starts_with("#!") {
            continue;
        }
        scripts += 1;
        let checked = Command::new("shellcheck").arg(&path).output().unwrap();
        let said = String::from_utf8(checked.stdout).unwrap();
        assert!(checked.status.success(), "{said}");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    }
    assert_eq!(scripts, 5);
}

#[test]
fn a_chat_is_told_and_the_secret_is_not() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    stand_in(folder, "curl", "exec /usr/bin/curl \"$@\"");
    let secret = folder.join("url");
    let tell = |url: &str| {
        fs::write(&secret, format!("{url}\n")).unwrap();
        run(&delivery(), "webhook", &[secret.to_str().unwrap()], folder)
    };
    let (url, served) = server(200);
    assert_eq!(tell(&url), (0, String::new()));
    let told: Value = serde_json::from_str(&served.join().unwrap()).unwrap();
    assert_eq!(
        told["text"],
        "⚠ Brute force (high, firing): 7 refusals of \"$(reboot)\\n\"  ä Subject: x"
    );
    let arguments = read(folder, "curl.arguments");
    assert!(
        arguments.contains("--config") && !arguments.contains("s3cret"),
        "{arguments}"
    );
    for (status, expected) in [(503, 75), (429, 75), (404, 1)] {
        let (url, served) = server(status);
        let (code, said) = tell(&url);
        served.join().unwrap();
        assert_eq!(code, expected);
        assert!(
            said.contains(&status.to_string()) && !said.contains("s3cret"),
            "{said}"
        );
    }
    // Nobody listens there any more.
    let (code, said) = tell(&url);
    assert_eq!(code, 75);
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn a_mail_is_sent() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    stand_in(
        folder,
        "sendmail",
        &format!("cat >{}/mail", folder.display()),
    );
    let mut long = delivery();
    long.about.message += &" word".repeat(1000);
    let ended = run(&long, "mail", &["admin@example.org"], folder);
    assert_eq!(ended, (0, String::new()));
    assert_eq!(
        read(folder, "sendmail.arguments"),
        "-i\n--\nadmin@example.org\n"
    );
    let mail = read(folder, "mail");
    let (head, body) = mail.split_once("\n\n").unwrap();
    assert_eq!(head.lines().count(), 7, "{head}");
    assert!(
        head.contains("Subject: [why401] high: Brute force (firing)\n"),
        "{head}"
    );
    assert!(
        head.contains(&format!("Message-ID: <{}@", long.id)),
        "{head}"
    );
    assert!(body.starts_with("7 refusals of \"$(reboot)\\n\""), "{body}");
    assert!(mail.lines().all(|line| line.len() < 998));
    stand_in(folder, "sendmail", "exit 1");
    assert_eq!(run(&long, "mail", &["admin@example.org"], folder).0, 75);
}

#[test]
fn the_log_of_the_system_is_told() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    stand_in(folder, "logger", &format!("cat >{}/log", folder.display()));
    assert_eq!(run(&delivery(), "syslog", &[], folder), (0, String::new()));
    assert!(read(folder, "logger.arguments").contains("auth.err\n"));
    let log = read(folder, "log");
    assert_eq!(log.lines().count(), 1);
    assert!(log.starts_with("firing brute_force [2e2e"), "{log}");
}

#[test]
fn clients_are_banned_only_when_told_to() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    stand_in(
        folder,
        "nft",
        &format!("cat >>{}/commands", folder.display()),
    );
    let spool = folder.join("spool");
    let spool = spool.to_str().unwrap();
    let leave = |n: u32, state: &str, client: &str| {
        let mut delivery = delivery();
        delivery.id = format!("{n:032x}");
        delivery.body = json!({ "state": state, "group": { "client": client } }).to_string();
        assert_eq!(
            run(&delivery, "spool", &[spool], folder),
            (0, String::new())
        );
    };
    let ban = |really: &str| {
        let mut ban = Command::new(hook("ban"));
        ban.arg(spool)
            .env("BAN", really)
            .env("PATH", format!("{}:/usr/bin:/bin", folder.display()));
        let output = ban.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let left = || fs::read_dir(spool).unwrap().count();
    leave(1, "firing", "203.0.113.9");
    leave(1, "firing", "203.0.113.9");
    assert_eq!(left(), 1, "a delivery that is repeated is there once");
    let four = "add element inet why401 banned { 203.0.113.9 timeout 1h }\n";
    assert_eq!(ban("no"), format!("would: {four}"));
    assert_eq!((left(), &*read(folder, "commands")), (0, ""));
    leave(1, "firing", "203.0.113.9");
    leave(2, "firing", "2001:db8::9");
    leave(3, "resolved", "203.0.113.10");
    leave(4, "firing", "203.0.113.11 } ; flush ruleset");
    leave(5, "firing", "203.0.113.12\n2001:db8::1 }");
    ban("yes");
    let six = "add element inet why401 banned6 { 2001:db8::9 timeout 1h }\n";
    assert_eq!(read(folder, "commands"), [four, six].concat());
    assert_eq!(left(), 0);
    fs::write(Path::new(spool).join("6.json"), "{\"no\": ").unwrap();
    assert!(ban("yes").contains("is no alert"));
    assert!(Path::new(spool).join("6.json.bad").exists());
}
