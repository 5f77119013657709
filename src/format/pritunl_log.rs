//! `/var/log/pritunl.log`: what `pritunl/logger/formatter.py` makes of Python's log records.
//!
//! ```text
//! [vpn-fra-01][2026-11-21 21:55:12,982][INFO] Administrator audit event
//!   user_id     = "6b02052311c7205a5ab735c6"
//!   timestamp   = "2026-11-21 20:55:12.981283"
//!   type        = "admin_auth"
//!   remote_addr = "203.0.113.9"
//!   message     = "Administrator login failed, invalid password"
//! ```
//!
//! A record is a head, `  key = JSON` lines, and then perhaps what a process printed or a traceback, in any
//! column. The head's time is local; audit events repeat it in UTC. Flask's exceptions stand there twice: they
//! were answered with 500, which is no refusal, and are passed over.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use nom::Parser;
use nom::sequence::{delimited, preceded};

use super::grammar::{byte, expect, utf8, wall_time};
use super::pritunl_journal::{Scalar, address, known, outcome, scalar};
use super::{Format, Mismatch};
use crate::event::{Entry, Event, Kind, Micros, Outcome, ServerStart};
use crate::system::{Routes, System, Version, pritunl};

/// The message of a record whose own words, and moment, stand in its fields.
const AUDIT: &str = "Administrator audit event";

pub struct PritunlLog;

impl Format for PritunlLog {
    fn name(&self) -> &'static str {
        "pritunl_log"
    }

    fn title(&self) -> &'static str {
        "Pritunl's server log, /var/log/pritunl.log (records of several lines)"
    }

    fn system(&self) -> Option<&'static System> {
        Some(&pritunl::SYSTEM)
    }

    fn client<'a>(&self, record: &'a [u8]) -> Option<&'a [u8]> {
        const KEY: &[u8] = b"\n  remote_addr = \"";
        let value = memmem::find(record, KEY)? + KEY.len();
        let end = memchr::memchr(b'"', &record[value..])?;
        Some(&record[value..value + end])
    }

    fn parse(&self, record: &[u8]) -> Result<Option<Event>, Mismatch> {
        let record = record.trim_ascii();
        if record.is_empty() {
            return Ok(None);
        }
        let (head, fields) = split(record);
        let head = Head::read(head)?;
        let fields = Fields::read(fields);
        Ok(event(&head, &fields))
    }

    fn begins(&self) -> Option<fn(&[u8]) -> bool> {
        Some(|line| line.first() == Some(&b'[') && Head::read(line).is_ok())
    }

    fn speaks(&self, record: &[u8]) -> bool {
        Head::read(split(record).0).is_ok()
    }

    fn is_local(&self) -> bool {
        true
    }

    fn ahead(&self, record: &[u8]) -> Option<Micros> {
        let (head, fields) = split(record);
        let head = Head::read(head).ok()?;
        let utc = Fields::read(fields).moment()?;
        (head.message == AUDIT).then(|| head.time.start - utc.start)
    }

    /// Refusals of API keys and sessions never stand there, and with auditing off no logins either.
    fn is_partial(&self) -> bool {
        true
    }
}

/// The first line, and the others.
fn split(record: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', record).unwrap_or(record.len());
    let (head, fields) = record.split_at(end);
    (head.trim_ascii_end(), fields)
}

/// `[vpn-fra-01][2026-11-21 21:55:11,003][INFO] Starting server`
struct Head<'a> {
    host: Cow<'a, str>,
    /// As a clock on the host's wall shows it.
    time: Range<Micros>,
    message: Cow<'a, str>,
}

impl<'a> Head<'a> {
    fn read(line: &'a [u8]) -> Result<Self, Mismatch> {
        let what = "[host][time][LEVEL] message";
        let misfit = Mismatch {
            offset: 0,
            expected: what,
        };
        let Some((b'[', after)) = line.split_first() else {
            return Err(misfit);
        };
        // People name their hosts, and a name may hold brackets.
        for end in memmem::find_iter(after, b"][") {
            let mut time = delimited(byte(b'['), wall_time, byte(b']'));
            let Ok((rest, time)) = time.parse(&after[end + 1..]) else {
                continue;
            };
            let level = |rest: &'a [u8]| {
                let end = rest.iter().position(|b| !b.is_ascii_uppercase());
                let end = end.filter(|&end| end > 0).unwrap_or(rest.len());
                let (level, rest) = rest.split_at(end);
                byte(b']').parse(rest).map(|(rest, _)| (rest, level))
            };
            let mut rest_of_head = preceded(byte(b'['), preceded(level, byte(b' ')));
            let (message, _) = expect("a [LEVEL] and a message", |rest| rest_of_head.parse(rest))
                .parse(rest)
                .map_err(|e| match e {
                    nom::Err::Error(e) | nom::Err::Failure(e) => e.in_line(line),
                    nom::Err::Incomplete(_) => misfit,
                })?;
            return Ok(Self {
                host: utf8(&after[..end]),
                time,
                message: utf8(message),
            });
        }
        Err(misfit)
    }
}

/// The fields that mean something to us. Which holds the principal depends on the handler that wrote the record.
#[derive(Default)]
struct Fields<'a> {
    timestamp: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    address: Option<Cow<'a, str>>,
    message: Option<Cow<'a, str>>,
    principal: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    strict: Option<bool>,
}

impl<'a> Fields<'a> {
    /// Reads `  key   = JSON` lines, as far as they go.
    fn read(lines: &'a [u8]) -> Self {
        let mut fields = Self::default();
        let lines = lines.split(|&b| b == b'\n').skip(1);
        for line in lines {
            let pair = line.strip_prefix(b"  ").and_then(|line| {
                let at = memmem::find(line, b" = ")?;
                Some((line[..at].trim_ascii_end(), &line[at + 3..]))
            });
            let Some((key, value)) = pair else { break };
            if let Ok(value) = std::str::from_utf8(value) {
                fields.set(key, value.trim_end());
            }
        }
        fields
    }

    fn set(&mut self, key: &[u8], value: &'a str) {
        let field = match key {
            b"timestamp" => &mut self.timestamp,
            b"type" => &mut self.kind,
            b"remote_addr" => &mut self.address,
            b"message" => &mut self.message,
            b"user_name" | b"username" | b"auth_username" => &mut self.principal,
            b"path" => &mut self.path,
            b"version" => &mut self.version,
            b"web_auth_strict" => {
                if let Some(Scalar::Bool(strict)) = scalar(value) {
                    self.strict = Some(strict);
                }
                return;
            }
            _ => return,
        };
        if let Some(Scalar::Text(text)) = scalar(value) {
            field.get_or_insert(text);
        }
    }

    /// `2026-11-21 20:55:11.571262`, UTC. Python leaves out a fraction that is zero, so it is exact always.
    fn moment(&self) -> Option<Range<Micros>> {
        let text = self.timestamp.as_deref()?.as_bytes();
        let (_, time) = wall_time(text).ok()?;
        Some(time.start..time.start + 1)
    }
}

/// What a record tells; `None`: nothing.
fn event(head: &Head<'_>, fields: &Fields<'_>) -> Option<Event> {
    let is_audit = head.message == AUDIT;
    let (action, reason) = if is_audit {
        (fields.kind.as_deref()?, fields.message.as_deref())
    } else {
        (&*head.message, None)
    };
    let statement = pritunl::SYSTEM.statement(action, reason.unwrap_or_default());
    if statement.is_none() && !is_audit {
        return None;
    }
    // An audit event in words of another version.
    let is_failure = reason.is_some_and(|r| r.starts_with("Administrator login failed"));
    let time = if is_audit { fields.moment() } else { None };
    let name = |name: &str| (!name.is_empty()).then(|| name.into());
    Some(Event {
        time: time.unwrap_or_else(|| head.time.clone()),
        source: fields
            .address
            .as_deref()
            .and_then(|a| address(a.as_bytes())),
        kind: Kind::Entry(Entry {
            action: known(action.as_bytes(), statement.map(|s| s.action)),
            reason: reason.map(|reason| known(reason.as_bytes(), statement.map(|s| s.reason))),
            outcome: match outcome(action.as_bytes(), statement) {
                Outcome::Unknown if is_failure && statement.is_none() => Outcome::Failure,
                outcome => outcome,
            },
            statement,
            principal: fields.principal.as_deref().and_then(name),
            path: fields.path.as_deref().and_then(name),
            host: name(&head.host),
            start: (action == "Starting server").then(|| ServerStart {
                version: fields.version.as_deref().and_then(Version::parse),
                strict: fields.strict,
            }),
            routes: Routes::EVERY,
            ..Entry::default()
        }),
    })
}
