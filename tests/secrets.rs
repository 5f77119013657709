//! No secret is stored or printed, wherever in a log it stands: each place has a mark of its own planted in it, and no
//! output and no file of the index has one.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fs;
use std::path::Path;

use binary::{Ended, why401};
use tempfile::TempDir;

/// Stands for the secret in a line; for its place, and so that none is a part of another.
const HERE: &str = "@@";

/// Lines with a secret each, where servers and proxies are known to write one: what a person may put behind a question
/// mark, headers that somebody logs, and what the servers' own lines hold.
struct Log {
    file: &'static str,
    lines: &'static [&'static str],
}

/// A new format adds its own here.
const LOGS: &[Log] = &[
    Log {
        file: "access.log",
        lines: &[
            r#"GET /organization?token=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /organization?access_token=@@&page=0 HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /organization?mfa_token=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /organization?enrollment_token=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /validate/check?user=a&pass=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /validate/check?user=a&password=@@ with blanks HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /validate/check?otp=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /validate/check?otppin=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /validate/check?otp1=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /ttype/push?nonce=1&signature=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /validate/check?transaction_id=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /validate/check?refilltoken=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /token?PI-Authorization=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /sso/callback?state=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /sso/callback?code=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /x?p%61ss=@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /k/@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /ku/@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"PUT /key_pin/@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /.well-known/acme-challenge/@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /api/acme/certificates/challenge/@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /api/wireguard/speedtest/run/stream/@@ HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET http://alice:@@@host/x HTTP/1.1" 401 17 "-" "curl"#,
            r#"GET /organization HTTP/1.1" 401 17 "https://vpn/login?token=@@&x=1" "curl"#,
            r#"GET /organization HTTP/1.1" 401 17 "https://alice:@@@vpn/" "curl"#,
            r#"GET /organization HTTP/1.1" 401 17 "-" "curl ?token=@@"#,
            r#"GET /organization HTTP/1.1" 401 17 "-" "curl password=@@"#,
            r#"GET /organization HTTP/1.1" 401 17 "-" "Authorization: Bearer @@"#,
        ],
    },
    Log {
        file: "access.json.log",
        lines: &[
            r#""request":"GET /organization?token=@@ HTTP/1.1","x":"y"#,
            r#""request_uri":"/organization?a=1\u0026token=@@","method":"GET","x":"y"#,
            r#""uri":"/organization","args":"pass=@@","method":"GET","x":"y"#,
            r#""request":"GET /k/@@ HTTP/1.1","x":"y"#,
            r#""request":"GET /organization HTTP/1.1","http_authorization":"Basic @@"#,
            r#""request":"GET /organization HTTP/1.1","http_cookie":"session=@@; token=x"#,
            r#""request":"GET /organization HTTP/1.1","http_auth_signature":"@@"#,
            r#""request":"GET /organization HTTP/1.1","http_auth_token":"@@"#,
            r#""request":"GET /organization HTTP/1.1","http_x_csrf_token":"@@"#,
            r#""request":"GET /organization HTTP/1.1","http_pi_authorization":"@@"#,
            r#""request":"GET /organization HTTP/1.1","headers":{"Authorization":["@@"],"Cookie":["a=@@"]},"x":"y"#,
            r#""request":"POST /auth/session HTTP/1.1","request_body":"{\"username\":\"a\",\"password\":\"@@\"}"#,
            r#""request":"POST /auth/session HTTP/1.1","request_body":"username=a&password=@@"#,
            r#""request":"POST /auth/session HTTP/1.1","request_body":"{\"otp_code\": 4711@@}"#,
            r#""request":"GET /organization HTTP/1.1","http_referer":"https://vpn/login?token=@@"#,
            r#""request":"GET /organization HTTP/1.1","http_user_agent":"curl token=@@"#,
        ],
    },
    Log {
        file: "pritunl_journal.log",
        lines: &[
            r#""event": "admin_auth_failure", "event_long": "Session expired", "session_id": "@@"#,
            r#""event": "admin_session_end", "admin_id": null, "session_id": "@@"#,
            r#""event": "admin_auth_failure", "event_long": "Invalid nonce", "token": "@@"#,
            r#""event": "user_updated", "event_long": "User PIN changed", "pin": "@@"#,
            r#""event": "admin_auth_failure", "event_long": "of no version, for http://vpn/?token=@@"#,
            r#""event": "admin_auth_failure", "event_long": "of no version, with password=@@"#,
            r#""event": "of no version, with password=@@", "event_long": "x"#,
        ],
    },
    Log {
        file: "pritunl.log",
        lines: &[
            "[INFO] Administrator audit event\n  type = \"admin_auth\"\n  message = \"Administrator login failed, of no version, token=@@\"",
            "[INFO] Administrator audit event\n  type = \"admin_auth\"\n  message = \"Administrator login failed, x\"\n  session_id = \"@@\"",
        ],
    },
    Log {
        file: "wirebuddy.log",
        lines: &[
            "app.db.sqlite_schema | First start\n  Username : admin\n  Password : @@ with blanks",
            "app.api.acme | Challenge token: @@",
            r#"uvicorn.access | 203.0.113.9:0 - "GET /login?token=@@ HTTP/1.1" 401"#,
            r#"uvicorn.access | 203.0.113.9:0 - "GET /login?mfa_token=@@ HTTP/1.1" 401"#,
            r#"uvicorn.access | 203.0.113.9:0 - "GET /.well-known/acme-challenge/@@ HTTP/1.1" 401"#,
            r#"uvicorn.access | 203.0.113.9:0 - "GET /api/wireguard/speedtest/run/stream/@@ HTTP/1.1" 401"#,
            "app.api.auth | PASSKEY_FAILED error=bad ?token=@@",
        ],
    },
    Log {
        file: "privacyidea.log",
        lines: &[
            "[ERROR][privacyidea.api.before_after:1] Failed request with {'user': 'a', 'pass': '@@'}",
            "[ERROR][privacyidea.lib.tokenclass:1] Failed for ?pass=@@ of a",
            r#"[INFO][privacyidea.lib.auditmodules.loggeraudit:87] {"action": "POST /validate/check", "authentication": "REJECT", "client": "203.0.113.9", "info": "otppin=@@", "success": false, "timestamp": "2026-11-21T20:55:02.000000"}"#,
            r#"[INFO][privacyidea.lib.auditmodules.loggeraudit:87] {"action": "POST /auth", "authentication": "REJECT", "client": "203.0.113.9", "action_detail": "transaction_id=@@", "info": "Wrong credentials", "success": false, "timestamp": "2026-11-21T20:55:03.000000"}"#,
        ],
    },
    Log {
        file: "audit.csv",
        lines: &[
            "'POST /validate/check','REJECT','0','','','','','alice','staff','passwdres','','','password=@@','mfa-node1','','203.0.113.9','curl','8.5.0','default','default'",
            "'POST /validate/check','REJECT','0','','','','','alice','staff','passwdres','','','wrong otp pin','mfa-node1','','203.0.113.9','curl token=@@','8.5.0','default','default'",
        ],
    },
    Log {
        file: "audit.json",
        lines: &[
            r#""action":"POST /validate/check","authentication":"REJECT","client":"203.0.113.9","info":"refilltoken=@@","success":0"#,
            r#""action":"POST /system/setConfig","client":"203.0.113.9","info":"{\"otpkey\": \"@@\"}","success":1"#,
        ],
    },
];

fn planted(log: usize, line: usize) -> String {
    format!("S3cr3t{log}x{line:02}x")
}

/// The lines of a log as its server writes them, a secret in each.
fn written(number: usize, log: &Log) -> String {
    let line = |(n, line): (usize, &&str)| {
        let line = line.replace(HERE, &planted(number, n));
        let (client, second) = (format!("203.0.113.{n}"), n % 60);
        match log.file {
            "access.log" => {
                format!("{client} - - [21/Nov/2026:20:55:{second:02} +0000] \"{line}\"\n")
            }
            "access.json.log" => format!(
                "{{\"time_iso8601\":\"2026-11-21T20:55:{second:02}+00:00\",\"remote_addr\":\"{client}\",\
                 \"status\":401,\"body_bytes_sent\":17,{line}\"}}\n"
            ),
            "pritunl.log" => format!("[vpn][2026-11-21 20:55:{second:02},000]{line}\n"),
            "privacyidea.log" => format!("[2026-11-21 20:55:{second:02},123][12][34]{line}\n"),
            "audit.csv" => format!(
                "'{n}','2026-11-21T20:55:{second:02}.123','OK','OK',{line},'2026-11-21T20:55:{second:02}.000','0.1','9'\n"
            ),
            "audit.json" => {
                format!("{{\"id\":{n},\"date\":\"2026-11-21 20:55:{second:02}.123\",{line}}}\n")
            }
            "wirebuddy.log" => format!("2026-11-21 20:55:{second:02} | ERROR    | {line}\n"),
            _ => format!(
                "{{\"timestamp\": {}, \"remote_address\": \"{client}\", {line}\"}}\n",
                1_795_294_500 + second
            ),
        }
    };
    log.lines.iter().enumerate().map(line).collect()
}

/// Every output of ours about the logs of this folder, and every file of its index, by name.
fn all_that_is_said(folder: &Path, more: &[&str]) -> Vec<(String, Vec<u8>)> {
    let run = |args: &[&str]| -> Ended {
        let ended = why401(args.iter().chain(more)).within(folder).run();
        assert!([0, 3].contains(&ended.code), "{args:?}: {}", ended.talk);
        ended
    };
    let mut said = Vec::new();
    let mut say = |args: &[&str]| {
        let ended = run(args);
        said.push((
            args.join(" "),
            format!("{}{}", ended.data, ended.talk).into_bytes(),
        ));
    };
    say(&["index", "logs", "--index", "index/i.db"]);
    for output in ["text", "ndjson"] {
        say(&["explain", "logs", "-o", output]);
        say(&["explain", "-o", output, "--index", "index/i.db"]);
        say(&["inputs", "-o", output, "--index", "index/i.db"]);
    }
    say(&["explain", "logs", "--each", "--considered"]);
    say(&["explain", "logs", "-o", "ndjson", "--considered"]);
    for more in [&["-o", "json"][..], &["-o", "csv"], &["--for-user"]] {
        say(&[&["explain", "logs"], more].concat());
    }
    for output in ["text", "html", "markdown", "json", "csv"] {
        say(&["report", "logs", "-o", output]);
    }
    for view in [
        "inputs",
        "events",
        "findings",
        "candidates",
        "evidence",
        "gaps",
    ] {
        let query = format!("SELECT * FROM {view}");
        for output in ["text", "csv", "ndjson"] {
            say(&["sql", &query, "-o", output, "--index", "index/i.db"]);
        }
    }
    for file in fs::read_dir(folder.join("index")).unwrap() {
        let path = file.unwrap().path();
        said.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    // What is packed in it shows nothing to who only looks at its bytes.
    let index = rusqlite::Connection::open(folder.join("index/i.db")).unwrap();
    let mut blocks = index.prepare("SELECT body FROM block").unwrap();
    let blocks = blocks
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    for block in blocks {
        // A version, a length, then zstd.
        said.push((
            "a block".to_owned(),
            zstd::decode_all(&block.unwrap()[9..]).unwrap(),
        ));
    }
    said
}

fn has(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

#[test]
fn no_secret_is_stored_or_printed() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    for (number, log) in LOGS.iter().enumerate() {
        let text = written(number, log);
        fs::write(folder.path().join("logs").join(log.file), text).unwrap();
    }
    let said = all_that_is_said(folder.path(), &[]);
    for (number, log) in LOGS.iter().enumerate() {
        for (n, line) in log.lines.iter().enumerate() {
            for (what, bytes) in &said {
                assert!(!has(bytes, &planted(number, n)), "{line} in {what}");
            }
        }
    }
    // Each record was read, and each that is kept as it stands was redacted: else nothing would be proven.
    let of = |query: &str| {
        let args = ["sql", query, "-o", "csv", "--index", "index/i.db"];
        let ended = why401(args).within(folder.path()).run();
        ended.data.lines().nth(1).unwrap_or_default().to_owned()
    };
    let records: usize = LOGS.iter().map(|log| log.lines.len()).sum();
    assert_eq!(of("SELECT sum(unparsed) FROM inputs"), "0");
    assert_eq!(
        of("SELECT count(*) FROM events WHERE text NOT LIKE '%[redacted]%'"),
        "0"
    );
    let kept: usize = of("SELECT count(*) FROM events").parse().unwrap();
    // What only stands beside a login is no evidence.
    assert!(kept + 6 > records && kept <= records, "{kept} of {records}");
}

/// What only the user knows to be a secret, in a name, a path and the first line, from which a log is known again.
#[test]
fn own_patterns_are_covered_before_anything_sees_them() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put(
        "config.toml",
        "[redact]\npatterns = ['EMP-[0-9]{4}', 'door=([a-z]+)']\n",
    );
    let request = |second: u32, path: &str| {
        format!(
            "203.0.113.9 - - [21/Nov/2026:20:55:{second:02} +0000] \"POST {path} HTTP/1.1\" 401 83 \"-\" \"c\"\n"
        )
    };
    put(
        "logs/access.log",
        &(request(1, "/x/EMP-4711?door=sesame") + &request(5, "/auth/session")),
    );
    let line = r#"{"event": "admin_auth_failure", "timestamp": 1795294505, "admin_name": "EMP-0815", "remote_address": "203.0.113.9", "reason": "invalid_password", "reason_long": "Invalid password"}"#;
    put("logs/pritunl_journal.log", line);
    let said = all_that_is_said(folder.path(), &["--config", "config.toml"]);
    for (what, bytes) in &said {
        for secret in ["4711", "0815", "sesame"] {
            assert!(!has(bytes, secret), "{secret} in {what}");
        }
    }
    let (_, each) = said
        .iter()
        .find(|(what, _)| what.contains("--each"))
        .unwrap();
    assert!(has(each, "******** from 203.0.113.9") && has(each, "POST /x/********?door=******"));
}

fn configured(config: &str, args: &[&str]) -> Ended {
    let folder = TempDir::new().unwrap();
    let home = folder.path().join("why401");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("config.toml"), config).unwrap();
    let line = "203.0.113.9 - - [21/Nov/2026:20:55:01 +0000] \"GET /EMP-4711 HTTP/1.1\" 401 17 \"-\" \"c\"\n";
    fs::write(folder.path().join("access.log"), line).unwrap();
    why401(args)
        .within(folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .run()
}

#[test]
fn the_users_configuration_is_found() {
    let ended = configured(
        "[redact]\npatterns = ['EMP-\\d+']",
        &["explain", "access.log"],
    );
    assert_eq!(ended.code, 0, "{}", ended.talk);
    assert!(ended.data.contains("GET /********"), "{}", ended.data);
}

#[test]
fn a_wrong_configuration_is_2_and_pointed_at() {
    let ended = configured("[redact]\npaterns = []\n", &["explain", "access.log"]);
    assert_eq!((ended.code, &*ended.data), (2, ""));
    let told: Vec<&str> = ended.talk.lines().collect();
    assert!(
        told[0].contains("config.toml:2:1: unknown field `paterns`"),
        "{told:?}"
    );
    assert_eq!(told[1..], ["  paterns = []", "  ^^^^^^^"]);
    let ended = configured("", &["explain", "access.log", "--config", "none.toml"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.talk.starts_with("why401: none.toml: No such file"),
        "{}",
        ended.talk
    );
}

/// Under other patterns the logs of an index would not be known again, and be counted twice.
#[test]
fn an_index_keeps_to_its_patterns() {
    let folder = TempDir::new().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let line = "203.0.113.9 - - [21/Nov/2026:20:55:01 +0000] \"GET /EMP-4711 HTTP/1.1\" 401 17 \"-\" \"c\"\n";
    put("access.log", line);
    put("a.toml", "[redact]\npatterns = ['EMP-[0-9]+']\n");
    put("b.toml", "");
    let index = |config: &str| {
        let args = ["index", "access.log", "--index", "i.db", "--config", config];
        why401(args).within(folder.path()).run()
    };
    assert_eq!(index("a.toml").code, 0);
    let other = index("b.toml");
    assert_eq!(other.code, 2);
    assert!(
        other.talk.contains("the patterns of [redact]"),
        "{}",
        other.talk
    );
    assert!(index("a.toml").talk.contains("0 new lines"));
}
