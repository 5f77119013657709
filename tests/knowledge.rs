//! The tables against themselves and against the sample lines: a row without a sample, a cause without
//! advice, or two rows for one line do not get in.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use why401::cause::Cause;
use why401::event::Kind;
use why401::format::{self, Format};
use why401::system::error_log;
use why401::system::pritunl::SYSTEM as PRITUNL;
use why401::system::privacyidea::SYSTEM as PRIVACYIDEA;
use why401::system::wirebuddy::SYSTEM as WIREBUDDY;
use why401::system::{ALL, Body, Meaning, Routes, Statement, System, Version};

/// A sample line of a system's formats: what is expected of it, and what the tables know of it.
type Sample = (Value, Option<&'static Statement>);

/// The samples that name an action.
fn samples(system: &System) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats");
    let is_its = |f: &&&dyn Format| f.system().is_some_and(|of| std::ptr::eq(of, system));
    let mut all = Vec::new();
    for format in format::ALL.iter().filter(is_its) {
        let text = fs::read_to_string(folder.join(format!("{}.log", format.name()))).unwrap();
        let mut expected = None;
        let mut found: Vec<(Value, String)> = Vec::new();
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("# ").filter(|c| c.starts_with('{')) {
                expected = Some(serde_json::from_str::<Value>(comment).unwrap());
            } else if let Some(expected) = expected.take() {
                found.push((expected, line.to_owned()));
            } else if let Some((_, record)) = found.last_mut().filter(|_| !line.starts_with('#')) {
                // A record of several lines.
                record.push('\n');
                record.push_str(line);
            }
        }
        found.retain(|(expected, _)| expected["action"].is_string());
        all.extend(found.into_iter().map(|(expected, record)| {
            let event = format.parse(record.trim_end().as_bytes()).unwrap().unwrap();
            let statement = match event.kind {
                Kind::Entry(entry) => entry.statement,
                Kind::Request(_) => None,
            };
            (expected, statement)
        }));
    }
    all
}

/// The causes that a system's tables can name.
fn stated(system: &System) -> HashSet<Cause> {
    let unlogged = system.unlogged.iter().chain(system.in_front);
    let mut causes: HashSet<Cause> = unlogged.map(|u| u.cause).collect();
    let elsewhere = system.lines().filter_map(|s| s.elsewhere);
    for statement in system.lines().chain(elsewhere) {
        causes.extend(statement.meaning.causes());
        causes.extend(statement.meaning.triggers());
    }
    causes
}

#[test]
fn every_statement_has_a_sample() {
    for system in ALL {
        let seen: HashSet<*const Statement> = samples(system)
            .iter()
            .filter_map(|(_, statement)| *statement)
            .map(std::ptr::from_ref)
            .collect();
        for s in system.lines() {
            let row = std::ptr::from_ref(s);
            assert!(
                seen.contains(&row),
                "no sample of {} {:?}",
                s.action,
                s.reason
            );
        }
    }
}

#[test]
fn samples_expect_what_the_tables_say() {
    for system in ALL {
        for (expected, statement) in samples(system) {
            let meaning = statement.map(|s| s.meaning);
            let causes = meaning.as_ref().map_or(&[][..], Meaning::causes);
            let causes: Vec<&str> = causes.iter().map(|c| c.id()).collect();
            let one = expected["cause"].as_str();
            let several = expected["causes"].as_array().into_iter().flatten();
            let told: Vec<&str> = one
                .into_iter()
                .chain(several.filter_map(Value::as_str))
                .collect();
            assert_eq!(told, causes, "{expected}");
        }
    }
}

#[test]
fn no_two_statements_are_written_alike() {
    // privacyIDEA's rows are told apart by more than words.
    let by_words = |system: &&&System| !std::ptr::eq(**system, &raw const PRIVACYIDEA);
    for system in ALL.iter().filter(by_words) {
        for s in system.lines() {
            let found = system.statement(s.action, s.reason).unwrap();
            assert!(std::ptr::eq(found, s), "{} {:?} twice", s.action, s.reason);
        }
    }
}

#[test]
fn every_cause_has_words_and_every_stated_cause_a_fix() {
    let mut titles = HashSet::new();
    for cause in Cause::ALL {
        let facts = cause.facts();
        assert_eq!(Cause::from_id(facts.id), Some(*cause));
        assert!(titles.insert(facts.title), "{cause}: title used twice");
        for sentence in [facts.summary, facts.for_user] {
            assert!(sentence.ends_with('.'), "{cause}: {sentence:?}");
            assert!(!sentence.contains(". "), "{cause}: {sentence:?}");
        }
    }
    // For the person who was refused: to them, and without what only an administrator can use.
    for (cause, system) in Cause::ALL
        .iter()
        .flat_map(|c| ALL.iter().map(move |s| (*c, s)))
    {
        let sentence = system.for_user(cause);
        assert!(sentence.len() > 20 && sentence.len() < 170, "{sentence:?}");
        assert!(
            sentence.ends_with('.') && !sentence.contains(". "),
            "{sentence:?}"
        );
        assert!(
            !sentence.contains(['`', '/', '{', '"', '_']),
            "{sentence:?}"
        );
        let lower = sentence.to_lowercase();
        assert!(
            lower.contains("you") || lower.contains("please"),
            "{cause}: {sentence:?}"
        );
    }
    for system in ALL {
        let advised: HashSet<Cause> = system.advice.iter().map(|a| a.cause).collect();
        assert_eq!(advised.len(), system.advice.len(), "advice given twice");
        assert_eq!(advised, stated(system));
        for advice in system.advice {
            let fix = advice.fix;
            assert!(fix.ends_with('.') && !fix.contains("  "), "{fix:?}");
        }
    }
}

#[test]
fn rows_are_whole() {
    for system in ALL {
        assert!(!system.provenance.is_empty());
        for s in system.lines() {
            let http = !s.status.is_empty();
            assert_eq!(
                http,
                s.routes != Routes::NONE,
                "{} {:?}",
                s.action,
                s.reason
            );
            assert!(http || !s.always, "{} {:?}", s.action, s.reason);
            assert!(!s.source.is_empty());
        }
        for u in system.unlogged {
            assert_ne!(u.routes, Routes::NONE, "{}", u.when);
            assert!(u.since < u.until, "{}", u.when);
            assert!(u.weight > 0 && !u.when.is_empty() && !u.source.is_empty());
            if let Some(side) = u.side {
                let mut all = system.statements.iter();
                let side = all.find(|s| s.action == side).unwrap();
                assert!(matches!(side.meaning, Meaning::Side | Meaning::Clue(_)));
            }
        }
    }
}

/// A line cannot be missing where a refusal without a line is answered the same way.
#[test]
fn no_silent_refusal_demands_a_line() {
    for system in ALL {
        for u in system.unlogged {
            let sizes: Vec<u64> = (0..1000).filter(|&bytes| u.body.fits(bytes)).collect();
            assert!(!sizes.is_empty(), "{}: size unknown", u.when);
            for (s, bytes) in system
                .statements
                .iter()
                .flat_map(|s| sizes.iter().map(move |b| (s, b)))
            {
                assert!(
                    !s.is_demanded_by(u.routes, u.status, Some(*bytes)),
                    "{} {:?}: {}",
                    s.action,
                    s.reason,
                    u.when
                );
            }
        }
    }
}

/// One route, status and body cannot demand two different refusals.
#[test]
fn demands_do_not_contradict() {
    for system in ALL {
        let refusal = |s: &&Statement| s.meaning.is_refusal() && s.body != Body::Any;
        for a in system
            .statements
            .iter()
            .filter(refusal)
            .filter(|s| s.always)
        {
            for b in system.statements.iter().filter(refusal) {
                let same = a.routes.intersects(b.routes) && b.status.contains(&a.status[0]);
                // Two lines of one request.
                let pair = b.action == "user_device_authenticate_failure";
                assert!(
                    std::ptr::eq(a, b) || pair || !same || a.body != b.body,
                    "{} {:?} and {} {:?}",
                    a.action,
                    a.reason,
                    b.action,
                    b.reason
                );
            }
        }
    }
}

#[test]
fn pritunl_sizes_of_logged_refusals() {
    for (reason, method, path, status, bytes, fits) in [
        (
            "Auth signature mismatch",
            "GET",
            "/organization",
            401,
            17,
            true,
        ),
        (
            "Auth signature mismatch",
            "GET",
            "/organization",
            401,
            25,
            false,
        ),
        ("Invalid password", "POST", "/auth/session", 401, 83, true),
        ("Invalid username", "POST", "/auth/session", 401, 88, true),
        ("Invalid username", "POST", "/auth/session", 401, 83, true),
        ("Invalid username", "POST", "/auth/session", 401, 84, false),
        (
            "Too many authentication attempts",
            "POST",
            "/auth/session",
            400,
            76,
            true,
        ),
        // The same check, answered otherwise.
        ("Session expired", "GET", "/login", 200, 10955, true),
        ("Session expired", "GET", "/", 302, 29, true),
        ("Session expired", "POST", "/auth/session", 200, 41, false),
        ("Invalid CSRF token", "GET", "/state", 401, 17, false),
    ] {
        let statement = PRITUNL.statement("admin_auth_failure", reason).unwrap();
        assert_eq!(
            statement.fits(PRITUNL.route(method, path), status, Some(bytes)),
            fits,
            "{reason}: {method} {path} {status} {bytes}"
        );
    }
}

#[test]
fn pritunl_sizes_of_silent_refusals() {
    let causes = |method, path, status, bytes| -> HashSet<&str> {
        let route = PRITUNL.route(method, path);
        PRITUNL
            .unlogged
            .iter()
            .filter(|u| u.until == Version::MAX)
            .filter(|u| u.status == status && u.body.fits(bytes) && u.routes.intersects(route))
            .map(|u| u.cause.id())
            .collect()
    };
    for (bytes, cause) in [
        (19, "service_disabled"),
        (20, "invalid_session"),
        (24, "invalid_session"),
        (25, "expired_session"),
        (26, "invalid_session"),
        (27, "invalid_session"),
        (29, "invalid_session"),
        (35, "invalid_session"),
    ] {
        assert_eq!(
            causes("GET", "/organization", 401, bytes),
            HashSet::from([cause])
        );
    }
    assert!(causes("GET", "/organization", 401, 17).contains("unknown_token"));
    assert_eq!(
        causes("GET", "/admin", 400, 113),
        HashSet::from(["insufficient_rights"])
    );
    assert_eq!(causes("GET", "/organization", 400, 113), HashSet::new());
    // Nothing but a disabled server answers a login so.
    assert_eq!(
        causes("POST", "/auth/session", 401, 17),
        HashSet::from(["service_disabled"])
    );
    assert_eq!(
        causes("POST", "/key/wg/5f/60/61", 429, 22),
        HashSet::from(["vpn_server_offline"])
    );
}

#[test]
fn pritunl_positive_controls() {
    let demanded = |method, path, status, bytes| -> Vec<&str> {
        let route = PRITUNL.route(method, path);
        PRITUNL
            .statements
            .iter()
            .filter(|s| s.is_demanded_by(route, status, bytes))
            .map(|s| s.action)
            .collect()
    };
    let login = "/auth/session";
    assert_eq!(
        demanded("POST", login, 200, None),
        ["admin_auth_success", "admin_session_start"]
    );
    assert_eq!(
        demanded("DELETE", login, 200, Some(24)),
        ["admin_session_end"]
    );
    assert_eq!(
        demanded("POST", login, 401, Some(88)),
        ["admin_auth_failure"]
    );
    // Several checks answer so, one of them without a line.
    assert!(demanded("POST", login, 401, Some(83)).is_empty());
    assert!(demanded("GET", "/organization", 401, Some(17)).is_empty());
    // A profile that is up to date has no line.
    let sync = "/key/sync/5f/60/61/abc";
    assert!(demanded("GET", sync, 200, Some(2)).is_empty());
    assert!(demanded("GET", sync, 200, None).is_empty());
    assert_eq!(
        demanded("GET", sync, 200, Some(3471)),
        ["user_sync_success"]
    );
}

#[test]
fn pritunl_routes() {
    let known = |method, path| PRITUNL.route(method, path) != Routes::NONE;
    for (method, path) in [
        ("POST", "/auth/session"),
        ("DELETE", "/auth/session"),
        ("GET", "/"),
        ("GET", "/login"),
        ("GET", "/state"),
        ("GET", "/s/vendor/main.css"),
        ("GET", "/admin"),
        ("GET", "/admin/5f0c2ab1e4d3c2b1a0998877/audit"),
        ("PUT", "/settings"),
        ("GET", "/settings/zones"),
        ("GET", "/event/6b0231b7c0ffee5eed0010f3"),
        ("GET", "/server/5f/route"),
        ("GET", "/log"),
        ("GET", "/user/5f"),
        ("PUT", "/user/5f/60/otp_secret"),
        ("GET", "/ping"),
        ("PUT", "/link/state"),
        ("GET", "/link/5f/location"),
        ("GET", "/key/request"),
    ] {
        assert!(known(method, path), "{method} {path}");
    }
    for (method, path) in [
        ("GET", "/wp-login.php"),
        ("GET", "/administrator"),
        ("GET", "/auth/session"),
        ("POST", "/key/sync/5f/60/61/abc"),
        ("GET", "/k/a/b"),
        ("GET", "/logs/5f"),
        ("GET", "/.env"),
    ] {
        assert!(!known(method, path), "{method} {path}");
    }
}

#[test]
fn pritunl_routes_that_must_be_told_apart() {
    let classes = [
        ("GET", "/key/5f.tar"),
        ("GET", "/key/5f.zip"),
        ("GET", "/key/5f/60.key"),
        ("GET", "/key/callback"),
        ("GET", "/data/5f/60"),
        ("GET", "/data/5f/60.tar"),
        ("GET", "/data/5f/60/61.key"),
        ("PUT", "/admin/5f"),
        ("PUT", "/user/5f/60"),
        ("POST", "/user/5f/multi"),
        ("PUT", "/user/5f/60/device/61"),
        ("PUT", "/key/wg/5f/60/61"),
        ("POST", "/key/wg/5f/60/61"),
        ("POST", "/key/wg_wait/5f/60/61"),
        ("POST", "/auth/session"),
        ("DELETE", "/auth/session"),
    ]
    .map(|(method, path)| PRITUNL.route(method, path));
    for (i, a) in classes.iter().enumerate() {
        assert_ne!(*a, Routes::NONE, "{i}");
        assert!(classes[..i].iter().all(|b| !a.intersects(*b)), "{i}");
    }
}

/// Method, path, status and size of an answer, and the causes that can stand behind it.
type Answer = (
    &'static str,
    &'static str,
    u16,
    u64,
    &'static [&'static str],
);

#[rustfmt::skip]
const WIREBUDDY_SIZES: &[Answer] = &[
    ("GET", "/api/me", 401, 30, &["missing_credentials", "expired_session", "invalid_session", "account_disabled"]),
    ("GET", "/api/me", 401, 37, &["unknown_token", "expired_session", "account_disabled"]),
    ("POST", "/api/login", 401, 41, &["wrong_password", "unknown_user", "account_disabled"]),
    ("POST", "/api/mfa/verify", 401, 29, &["wrong_otp"]),
    ("POST", "/api/mfa/verify", 401, 45, &["mfa_challenge_invalid"]),
    ("POST", "/api/login", 429, 55, &["rate_limited"]),
    ("POST", "/api/login", 429, 77, &["mfa_pending_limit"]),
    ("POST", "/api/passkeys/login/start", 429, 62, &["account_locked"]),
    ("GET", "/api/users", 403, 38, &["insufficient_rights"]),
    ("GET", "/api/users/2", 403, 27, &["insufficient_rights"]),
    ("PATCH", "/api/users/3", 403, 46, &["insufficient_rights"]),
    ("DELETE", "/api/passkeys/999", 403, 42, &["csrf_invalid"]),
    ("POST", "/login", 403, 42, &["csrf_invalid"]),
    ("POST", "/api/backup/validate", 403, 62, &["csrf_invalid"]),
    ("GET", "/status", 403, 22, &["address_not_allowed"]),
    ("POST", "/api/nodes/heartbeat", 401, 31, &["node_token_invalid"]),
    ("POST", "/api/nodes/heartbeat", 403, 34, &["node_disabled"]),
    ("POST", "/api/nodes/heartbeat", 403, 45, &["node_certificate_mismatch"]),
    ("POST", "/api/nodes/heartbeat", 403, 51, &["node_certificate_mismatch"]),
    ("POST", "/api/users/9/otp/disable", 401, 41, &["wrong_otp", "wrong_password"]),
    ("POST", "/api/users/9/otp/confirm", 403, 52, &["policy_denied"]),
    ("GET", "/api/nodes", 423, 86, &["setup_pending"]),
    // A page of a web server in front.
    ("GET", "/swagger", 403, 153, &[]),
];

#[test]
fn wirebuddy_sizes_of_refusals() {
    let causes = |method, path, status, bytes| -> HashSet<&str> {
        let route = WIREBUDDY.route(method, path);
        let logged = WIREBUDDY.statements.iter();
        let logged = logged.filter(|s| s.fits(route, status, Some(bytes)));
        let logged = logged.flat_map(|s| {
            s.on(route)
                .meaning
                .causes()
                .iter()
                .map(|c| c.id())
                .collect::<Vec<_>>()
        });
        let unlogged = WIREBUDDY.unlogged.iter();
        let unlogged = unlogged
            .filter(|u| u.status == status && u.body.fits(bytes) && u.routes.intersects(route))
            .map(|u| u.cause.id());
        logged.chain(unlogged).collect()
    };
    for (method, path, status, bytes, expected) in WIREBUDDY_SIZES {
        let expected: HashSet<&str> = expected.iter().copied().collect();
        assert_eq!(
            causes(method, path, *status, *bytes),
            expected,
            "{method} {path} {status} {bytes}"
        );
    }
}

#[test]
fn pages_of_web_servers() {
    let causes = |status, bytes| -> HashSet<&str> {
        let rows = WIREBUDDY.in_front.iter();
        let rows = rows.filter(|u| u.status == status && u.body.fits(bytes));
        rows.map(|u| u.cause.id()).collect()
    };
    // nginx/1.22.1 as Debian ships it, without its version, and with padding for a browser.
    for bytes in [153, 146, 555] {
        assert_eq!(
            causes(403, bytes),
            HashSet::from(["address_not_allowed"]),
            "{bytes}"
        );
    }
    assert!(causes(401, 179).contains("missing_credentials"));
    assert_eq!(causes(429, 571), HashSet::from(["rate_limited"]));
    // Caddy.
    assert_eq!(causes(403, 0), HashSet::from(["address_not_allowed"]));
    assert_eq!(causes(403, 38), HashSet::new());
}
/// What web servers write of their own refusals.
#[test]
fn error_logs_have_a_sample_and_a_fix_for_each_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats");
    let samples = [error_log::NGINX, error_log::APACHE].map(|name| {
        let text = fs::read_to_string(folder.join(format!("{name}.log"))).unwrap();
        let expected = text.lines().filter_map(|line| line.strip_prefix("# {"));
        let expected = expected.map(|rest| serde_json::from_str(&format!("{{{rest}")).unwrap());
        expected.collect::<Vec<Value>>()
    });
    let samples = samples.concat();
    for row in error_log::STATEMENTS {
        let is_its = |e: &&Value| e["action"] == row.action && e["reason"] == row.reason;
        assert!(samples.iter().any(|e| is_its(&e)), "{}", row.reason);
        let Meaning::Refusal(cause) = row.meaning else {
            panic!("{} refuses nothing", row.reason)
        };
        assert!(error_log::fix(cause).is_some(), "{cause:?}");
    }
}
