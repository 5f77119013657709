//! The logger audit and the application log: one Python logger writes both, often into one file.
//!
//! ```text
//! [2026-11-21 21:45:35,259][24354][140419661432512][INFO][privacyidea.lib.auditmodules.loggeraudit:87] {"action": "POST /auth", …}
//! [2026-11-21 21:45:35,259][24354][140419661432512][INFO][privacyidea.lib.user:556] User alice from realm staff tries to authenticate
//! ```
//!
//! The prefix is whatever the operator's logging configuration makes of it. An audit record is told by its
//! sorted JSON, and is read with any prefix or none; of the rest only a few lines tell something, in the
//! prefix that all deployments have by default. Tracebacks follow their line without any.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::record::{Columned, Ended, local_time, thread};
use crate::event::{Entry, Event, Kind, Micros, Trail};
use crate::format::grammar::utf8;
use crate::format::{Format, Mismatch};
use crate::system::privacyidea::{Columns, SYSTEM, of_line};
use crate::system::{Routes, System};

pub struct PrivacyideaLog;

/// How every audit record begins: its keys are sorted.
const RECORD: &str = "{\"action\": \"";
/// How the names of all its loggers begin.
const LOGGERS: &str = "privacyidea";
/// What checks signatures, and how it says that one is wrong: the text that was signed follows.
const CRYPTO: &str = "privacyidea.lib.crypto";
const REFUTED: &str = "Failed to verify signature: 'id=";
/// In front of a message that had a control character.
const SECURED: &str = "!!Log Entry Secured by SecureFormatter!! ";

impl Format for PrivacyideaLog {
    fn name(&self) -> &'static str {
        "privacyidea_log"
    }

    fn title(&self) -> &'static str {
        "privacyIDEA's logger audit and application log, audit.log and privacyidea.log"
    }

    fn system(&self) -> Option<&'static System> {
        Some(&SYSTEM)
    }

    /// The lines beside the records are; a record tells both.
    fn is_local(&self) -> bool {
        true
    }

    fn ahead(&self, record: &[u8]) -> Option<Micros> {
        let event = self.parse(record).ok()??;
        let Kind::Entry(entry) = &event.kind else {
            return None;
        };
        let trail = entry.trail.as_ref().filter(|t| t.record.is_some())?;
        Some(trail.wall.end - event.time.start)
    }

    /// A traceback is not secured, and has no prefix.
    fn begins(&self) -> Option<fn(&[u8]) -> bool> {
        Some(|line| {
            let line = utf8(line);
            line.contains(RECORD) || Prefix::of(&line).is_some()
        })
    }

    /// Each worker rotates by itself: one goes on writing into `.1` while another has begun the next file.
    fn has_many_writers(&self) -> bool {
        true
    }

    /// Few lines of the application log tell anything.
    fn speaks(&self, record: &[u8]) -> bool {
        let is_its = |line: &str| Prefix::of(line).is_some_and(|p| p.logger.starts_with(LOGGERS));
        matches!(self.parse(record), Ok(Some(_))) || is_its(&utf8(record))
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        // What follows is a traceback.
        let line = line.split(|&b| b == b'\n').next().unwrap_or_default();
        let line = utf8(line.trim_ascii());
        let prefix = Prefix::of(&line);
        // Whoever chooses a user name cannot forge a record within another message.
        let json = match &prefix {
            Some(prefix) => prefix.message.starts_with(RECORD).then_some(prefix.message),
            None => line.find(RECORD).map(|at| &line[at..]),
        };
        if let Some(record) = json.and_then(|json| serde_json::from_str::<Json<'_>>(json).ok()) {
            return record.event().map(Some).ok_or(Mismatch {
                offset: 0,
                expected: "an audit record with its time",
            });
        }
        let prefix = prefix.ok_or(Mismatch {
            offset: 0,
            expected: "an audit record, or [time][process][thread][level][logger:line]",
        })?;
        Ok(prefix.event())
    }
}

/// `[2026-11-21 21:45:35,259][24354][140419661432512][INFO][privacyidea.lib.user:556] `, and what follows it.
struct Prefix<'a> {
    time: &'a str,
    thread: &'a str,
    logger: &'a str,
    message: &'a str,
}

impl<'a> Prefix<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mut rest = line;
        let mut next = || {
            let (field, after) = rest.strip_prefix('[')?.split_once(']')?;
            rest = after;
            Some(field)
        };
        let (time, _process, thread, level) = (next()?, next()?, next()?, next()?);
        let logger = next()?;
        let is_level = matches!(level, "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL");
        let (logger, line) = logger.rsplit_once(':')?;
        let is_number = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
        (is_level && is_number).then(|| Self {
            time,
            thread,
            logger,
            message: rest.strip_prefix(' ').unwrap_or(rest),
        })
    }

    /// What a line tells that stands beside an audit record; `None` for most.
    fn event(&self) -> Option<Event> {
        let message = self.message.strip_prefix(SECURED).unwrap_or(self.message);
        if let Some(event) = self.refuted(message) {
            return Some(event);
        }
        let columns = Columns::NONE.when(is_same_counter(message), Columns::SAME_COUNTER);
        let statement = of_line(self.logger, message, columns)?;
        let time = local_time(self.time)?;
        Some(Event {
            time: time..time + 1000,
            source: None,
            kind: Kind::Entry(Entry {
                action: Cow::Borrowed(statement.action),
                reason: Some(Cow::Owned(message.to_owned())),
                statement: Some(statement),
                outcome: statement.meaning.into(),
                routes: raised_on(message).unwrap_or(statement.routes),
                trail: Some(Box::new(Trail {
                    thread: thread(self.thread),
                    wall: time..time,
                    record: None,
                    number: None,
                    is_signed: None,
                })),
                ..Entry::default()
            }),
        })
    }

    /// A row of the audit whose signature was found to be wrong when somebody looked at it, perhaps much later.
    fn refuted(&self, message: &str) -> Option<Event> {
        let row = message.strip_prefix(REFUTED)?;
        let digits = row.split_once(',').map_or(row, |(number, _)| number);
        if self.logger != CRYPTO {
            return None;
        }
        let time = local_time(self.time)?;
        Some(Event {
            time: time..time + 1000,
            source: None,
            kind: Kind::Entry(Entry {
                action: Cow::Borrowed("signature"),
                reason: Some(Cow::Borrowed("Failed to verify signature")),
                trail: Some(Box::new(Trail {
                    thread: thread(self.thread),
                    wall: time..time,
                    record: None,
                    number: Some(digits.parse().ok()?),
                    is_signed: Some(false),
                })),
                ..Entry::default()
            }),
        })
    }
}

/// `Exception on /validate/check [POST]`
fn raised_on(message: &str) -> Option<Routes> {
    let request = message.strip_prefix("Exception on ")?.strip_suffix(']')?;
    let (path, method) = request.rsplit_once(" [")?;
    Some(SYSTEM.route(method, path))
}

/// `former tokencounter: 59809892, presented counter 59809892`
fn is_same_counter(message: &str) -> bool {
    let numbers = message
        .split_once("former tokencounter: ")
        .and_then(|(_, n)| n.split_once(", presented counter "));
    numbers.is_some_and(|(former, presented)| former == presented)
}

/// The record as the logger writes it. Absent and null are the same; `success` and `thread_id` come in
/// several types.
#[derive(Deserialize)]
struct Json<'a> {
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow, default)]
    info: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    success: Option<&'a RawValue>,
    #[serde(borrow, default)]
    authentication: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    administrator: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resolver: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    token_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    policies: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    client: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    privacyidea_server: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    thread_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    startdate: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    timestamp: Option<Cow<'a, str>>,
}

impl Json<'_> {
    fn event(self) -> Option<Event> {
        let ended = local_time(self.timestamp.as_deref()?)?;
        let success = self.success.map_or("false", RawValue::get);
        let columned = Columned {
            action: self.action,
            info: self.info.unwrap_or_default(),
            success: !matches!(success, "false" | "null" | "0"),
            authentication: self.authentication.unwrap_or_default(),
            user: self.user.unwrap_or_default(),
            administrator: self.administrator.unwrap_or_default(),
            resolver: self.resolver.unwrap_or_default(),
            token_type: self.token_type.unwrap_or_default(),
            policies: self.policies.unwrap_or_default(),
            client: self.client.unwrap_or_default(),
            server: self.privacyidea_server.unwrap_or_default(),
            thread: self
                .thread_id
                .map_or("", |t| t.get().trim_matches('"'))
                .into(),
            began: self.startdate.as_deref().and_then(local_time),
            ended: Ended::Utc(ended),
            number: None,
            is_signed: None,
        };
        Some(columned.event())
    }
}
