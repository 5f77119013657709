//! Findings made by hand, for the tests of the reports.

use std::sync::Arc;

use chrono::FixedOffset;

use super::page::Page;
use crate::cause::Cause;
use crate::event::{Micros, Part, Place, Request, SECOND};
use crate::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};
use crate::summary::{ClockOffset, Gap, Summary, Tally};
use crate::zone::Zone;

/// 2026-06-04 12:00:00 UTC.
pub(super) const NOON: Micros = 1_780_574_400 * SECOND;

pub(super) fn parts() -> Arc<[Part]> {
    ["access.log", "pritunl_journal.log"]
        .iter()
        .zip(1..)
        .map(|(name, byte)| Part {
            name: (*name).into(),
            identity: [byte; 32],
        })
        .collect()
}

pub(super) fn page() -> Page {
    let paris = Zone::Fixed(FixedOffset::east_opt(7200).unwrap());
    Page::new(parts(), paris, 80)
}

pub(super) fn evidence(role: Role, part: u32, line: u64, text: &str) -> Evidence {
    Evidence {
        role,
        place: Place {
            part,
            line,
            offset: (line - 1) * 200,
            length: u32::try_from(text.len()).unwrap(),
        },
        text: text.into(),
        delta_s: None,
        clock_offset_s: None,
    }
}

pub(super) fn candidates(causes: &[(Cause, &str)]) -> Vec<Candidate> {
    causes
        .iter()
        .map(|&(cause, because)| Candidate {
            cause,
            because: because.into(),
        })
        .collect()
}

/// Refused for its clock, proven by a journal line.
pub(super) fn explained() -> Finding {
    let request = r#"203.0.113.9 - - [04/Jun/2026:14:00:03 +0200] "GET /organization?x=1 HTTP/1.1" 401 17 "-" "curl/8.5""#;
    let reason = r#"{"id": "6a2169c3", "event": "admin_auth_failure", "event_long": "Expired auth timestamp", "remote_address": "203.0.113.9"}"#;
    Finding {
        time: NOON + 3_123_456,
        system: Some("pritunl"),
        verdict: Verdict::Explained,
        confidence: Confidence::High,
        logged: Some(true),
        candidates: candidates(&[(Cause::ClockSkew, "journal line in the same second")]),
        source: Some([203, 0, 113, 9].into()),
        principal: Some("alice".into()),
        host: Some("vpn1".into()),
        action: Some("admin_auth_failure".into()),
        reason: Some("Expired auth timestamp".into()),
        request: Some(Request {
            method: "GET".into(),
            target: "/organization?x=1".into(),
            status: 401,
            bytes: Some(17),
            user_agent: Some("curl/8.5".into()),
            ..Request::default()
        }),
        message: "The signature was made more than 300 s away from the server's time.".into(),
        fix: Some(
            "Set the client's clock by NTP; the server accepts signatures up to 300 seconds old.",
        ),
        evidence: vec![
            evidence(Role::Request, 0, 123, request),
            Evidence {
                delta_s: Some(0.4),
                clock_offset_s: Some(-37.0),
                ..evidence(Role::Reason, 1, 88, reason)
            },
        ],
        considered: Vec::new(),
    }
}

/// No line exists, two causes are left.
pub(super) fn silent() -> Finding {
    let request =
        r#"198.51.100.7 - - [04/Jun/2026:14:05:00 +0200] "GET /status HTTP/1.1" 401 17 "-" "-""#;
    Finding {
        time: NOON + 300 * SECOND,
        verdict: Verdict::Silent,
        confidence: Confidence::Medium,
        logged: Some(false),
        candidates: candidates(&[
            (
                Cause::MissingCredentials,
                "no request of this client ever succeeded",
            ),
            (
                Cause::ExpiredSession,
                "a session cookie that the server no longer knows looks the same",
            ),
        ]),
        source: Some([198, 51, 100, 7].into()),
        principal: None,
        action: None,
        reason: None,
        request: Some(Request {
            method: "GET".into(),
            target: "/status".into(),
            status: 401,
            bytes: Some(17),
            ..Request::default()
        }),
        message: "The journal was written around this moment and has no line for it.".into(),
        fix: Some("Sign in again."),
        evidence: vec![evidence(Role::Request, 0, 130, request)],
        ..explained()
    }
}

/// Whose user name, path and log line attack the terminal.
pub(super) fn hostile() -> Finding {
    let request = "203.0.113.66 - - \"GET /\x1b[2J日本語\u{202e}/login HTTP/1.1\" 403 5\r\n";
    Finding {
        verdict: Verdict::Unknown,
        confidence: Confidence::Low,
        logged: None,
        candidates: Vec::new(),
        source: Some([203, 0, 113, 66].into()),
        principal: Some("ro\u{200b}ot\x07\x1b]0;owned\x07".into()),
        action: None,
        reason: None,
        request: Some(Request {
            method: "GET".into(),
            target: "/\x1b[2J日本語\u{202e}/login".into(),
            status: 403,
            ..Request::default()
        }),
        message: "The journal does not cover this moment.".into(),
        fix: None,
        evidence: vec![evidence(Role::Request, 0, 140, request)],
        ..explained()
    }
}

pub(super) fn summary() -> Summary {
    let tally = |part, format, lines, unparsed| Tally {
        part,
        format,
        lines,
        parsed: lines - unparsed,
        unparsed,
        ..Tally::default()
    };
    let mut journal = tally(1, "pritunl_journal", 88, 1);
    let at = evidence(Role::Context, 1, 77, "").place;
    journal.first_unparsed = vec![(at, "byte 10: `:` expected".into())];
    Summary {
        zones: Vec::new(),
        parts: vec![tally(0, "nginx_combined", 1204, 0), journal],
        clock_offsets: vec![ClockOffset {
            input: "pritunl_journal.log".into(),
            reference: "access.log".into(),
            since: None,
            offset_s: -37.0,
            error_s: 0.2,
            pairs: 412,
        }],
        gaps: vec![Gap {
            input: "pritunl_journal.log".into(),
            from: Some(NOON + 900 * SECOND),
            until: Some(NOON + 1500 * SECOND),
            why: "no line of 12 logins that always write one".into(),
            refusals: 5,
        }],
        notes: vec![
            "The access log has no request time; with `$request_time` pairs are surer.".into(),
        ],
        unlogged: Vec::new(),
    }
}
