//! The tables against themselves and against the sample lines: a row without a sample, a cause without
//! advice, or two rows for one line do not get in.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use why401::cause::Cause;
use why401::system::pritunl::SYSTEM as PRITUNL;
use why401::system::{ALL, Body, Meaning, Routes, Statement, System, Version};

/// The formats of Pritunl's logs.
const PRITUNL_FORMATS: [&str; 2] = ["pritunl_journal", "pritunl_log"];

/// The expectations of a fixture that name an action.
fn expectations(format: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/formats")
        .join(format!("{format}.log"));
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("# ").filter(|l| l.starts_with('{')))
        .map(|expected| serde_json::from_str::<Value>(expected).unwrap())
        .filter(|expected| expected["action"].is_string())
        .collect()
}

/// What the tables know of the line that an expectation describes.
fn of(expected: &Value) -> Option<&'static Statement> {
    let action = expected["action"].as_str().unwrap();
    PRITUNL.statement(action, expected["reason"].as_str().unwrap_or_default())
}

/// The causes that a system's tables can name.
fn stated(system: &System) -> HashSet<Cause> {
    let mut causes: HashSet<Cause> = system.unlogged.iter().map(|u| u.cause).collect();
    for statement in system.lines() {
        match statement.meaning {
            Meaning::Refusal(cause) => causes.extend([cause]),
            Meaning::Change(triggered) => causes.extend(triggered),
            Meaning::Acceptance | Meaning::Side | Meaning::Loss => {}
        }
    }
    causes
}

#[test]
fn every_statement_has_a_sample() {
    let seen: HashSet<*const Statement> = PRITUNL_FORMATS
        .into_iter()
        .flat_map(expectations)
        .filter_map(|expected| of(&expected))
        .map(std::ptr::from_ref)
        .collect();
    for s in PRITUNL.lines() {
        let row = std::ptr::from_ref(s);
        assert!(
            seen.contains(&row),
            "no sample of {} {:?}",
            s.action,
            s.reason
        );
    }
}

#[test]
fn samples_expect_what_the_tables_say() {
    for expected in PRITUNL_FORMATS.into_iter().flat_map(expectations) {
        let cause = match of(&expected).map(|s| s.meaning) {
            Some(Meaning::Refusal(cause)) => Some(cause.id()),
            _ => None,
        };
        assert_eq!(expected["cause"].as_str(), cause, "{expected}");
    }
}

#[test]
fn no_two_statements_are_written_alike() {
    for system in ALL {
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
                let side = system.statement(side, "").unwrap();
                assert_eq!(side.meaning, Meaning::Side);
            }
        }
    }
}

/// A line cannot be missing where a refusal without a line is answered the same way.
#[test]
fn no_silent_refusal_demands_a_line() {
    for system in ALL {
        for u in system.unlogged {
            let bytes = match u.body {
                Body::Text(text) => text.len(),
                Body::Error(error, message) => 30 + error.len() + message.len(),
                Body::Changed(Body::Error(error, message), ..) => 30 + error.len() + message.len(),
                _ => panic!("{}: size unknown", u.when),
            };
            for s in system.statements {
                assert!(
                    !s.is_demanded_by(u.routes, u.status, Some(bytes as u64)),
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
        let refusal =
            |s: &&Statement| matches!(s.meaning, Meaning::Refusal(_)) && s.body != Body::Any;
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
