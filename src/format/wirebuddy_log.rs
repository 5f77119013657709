//! What WireBuddy's web process writes to standard output (`app/main.py`, `_setup_logging`): its handlers' lines
//! and uvicorn's access lines in one stream.
//!
//! ```text
//! 2026-11-21 20:45:37 | INFO     | app.api.auth | LOGIN_FAILED ip=203.0.113.9 username=alice
//! 2026-11-21 20:45:37 | INFO     | uvicorn.access | 203.0.113.9:0 - "POST /api/login HTTP/1.1" 401
//! ```
//!
//! Times are local, without zone and fraction. On a terminal (`docker run -t` too) the level is coloured and a
//! carriage return ends the line. Tracebacks, a banner and the first password go on over lines of any form.

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

use memchr::{memchr, memmem};

use super::grammar::{address, decimal, request_line, utf8, wall_time};
use super::redact::redact_target;
use super::uvicorn_access::{UvicornAccess, is_access};
use super::{Format, Mismatch};
use crate::event::{Entry, Event, Kind, Micros, Outcome, Request, SECOND, method};
use crate::system::{Routes, System, wirebuddy};

pub struct WirebuddyLog;

impl Format for WirebuddyLog {
    fn name(&self) -> &'static str {
        "wirebuddy_log"
    }

    fn title(&self) -> &'static str {
        "WireBuddy's log, from standard output: its own lines and uvicorn's access lines"
    }

    fn system(&self) -> Option<&'static System> {
        Some(&wirebuddy::SYSTEM)
    }

    fn is_local(&self) -> bool {
        true
    }

    fn begins(&self) -> Option<fn(&[u8]) -> bool> {
        Some(|line| prefixed(line).is_ok() || is_access(line))
    }

    /// Where somebody gave uvicorn a logging configuration of its own.
    fn lets_in(&self) -> Option<&'static dyn Format> {
        Some(&UvicornAccess)
    }

    fn speaks(&self, record: &[u8]) -> bool {
        prefixed(head(record)).is_ok_and(|line| !line.is_nodes())
    }

    fn parse(&self, record: &[u8]) -> Result<Option<Event>, Mismatch> {
        let line = head(record);
        if is_banner(line) {
            return Ok(None);
        }
        if is_access(line) {
            return UvicornAccess.parse(line);
        }
        let parts = prefixed(line)?;
        if parts.is_nodes() {
            return Err(Mismatch {
                offset: line.len() - parts.message.len(),
                expected: "a logger of the web process",
            });
        }
        let Line {
            time,
            logger,
            message,
        } = parts;
        let message = match raised(record) {
            Some(error) if message == RAISED.as_bytes() => format!("{RAISED}: {error}").into(),
            _ => utf8(message),
        };
        Ok(match logger {
            b"uvicorn.access" => access(time, &message),
            _ => entry(time, &utf8(logger), &message, first_user(record)),
        })
    }
}

/// The account that there is from the beginning: it stands beside the first password.
fn first_user(record: &[u8]) -> Option<&str> {
    const MARK: &[u8] = b"\n  Username : ";
    let from = memmem::find(record, MARK)? + MARK.len();
    std::str::from_utf8(head(&record[from..])).ok()
}

/// What uvicorn writes before the traceback of a request that failed.
const RAISED: &str = "Exception in ASGI application";

/// Of the errors with which tracebacks end, those that tell of authentication.
fn raised(record: &[u8]) -> Option<&'static str> {
    const ERRORS: [&str; 2] = ["Expected encrypted vault value", "Cannot decrypt secret"];
    let traceback = &record[head(record).len()..];
    let mut found = ERRORS.into_iter();
    found.find(|error| memmem::find(traceback, error.as_bytes()).is_some())
}

/// A line in its parts.
pub(super) struct Line<'a> {
    pub(super) time: Range<Micros>,
    pub(super) logger: &'a [u8],
    pub(super) message: &'a [u8],
}

impl Line<'_> {
    /// Whether the daemon of a node wrote it.
    pub(super) fn is_nodes(&self) -> bool {
        self.logger.starts_with(b"app.node.")
    }
}

/// The first line of a record.
pub(super) fn head(record: &[u8]) -> &[u8] {
    let end = memchr(b'\n', record).unwrap_or(record.len());
    let line = &record[..end];
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// What is written before the first record: the name in large letters, and what the container's entry point
/// says. Of a log that was cut, the end of a traceback.
pub(super) fn is_banner(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 4] = [
        b"(C) 2",
        b"GUI binding to ",
        b"Starting WireBuddy on ",
        b"Trusting proxy headers from: ",
    ];
    // JSON may be indented as well.
    let is_indented = line.first().is_none_or(u8::is_ascii_whitespace)
        && !line.trim_ascii_start().starts_with(b"{");
    let is_colour = line.starts_with(b"\x1b[") && line.ends_with(b"m") && line.len() < 8;
    is_indented || is_colour || WORDS.iter().any(|words| line.starts_with(words))
}

const LEVELS: [&[u8]; 5] = [b"DEBUG", b"INFO", b"WARNING", b"ERROR", b"CRITICAL"];

/// `2026-11-21 20:45:37 | INFO     | app.api.auth | …`
pub(super) fn prefixed(line: &[u8]) -> Result<Line<'_>, Mismatch> {
    let misfit = |rest: &[u8], expected| Mismatch {
        offset: line.len() - rest.len(),
        expected,
    };
    let (rest, time) = wall_time(line).map_err(|_| misfit(line, "a date and a time"))?;
    if time.end - time.start != SECOND {
        return Err(misfit(rest, "a time in whole seconds"));
    }
    let rest = rest.strip_prefix(b" | ").ok_or(misfit(rest, "the level"))?;
    let (level, rest) = split(rest).ok_or(misfit(rest, "the level"))?;
    if !LEVELS.contains(&uncoloured(level).trim_ascii()) {
        return Err(misfit(rest, "the level"));
    }
    let (logger, message) = split(rest)
        .or_else(|| Some((rest.strip_suffix(b" |")?, &rest[rest.len()..])))
        .ok_or(misfit(rest, "a logger"))?;
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if logger.is_empty() || !logger.iter().all(is_name) {
        return Err(misfit(rest, "a logger"));
    }
    Ok(Line {
        time,
        logger,
        message,
    })
}

/// What stands before and after the first ` | `.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memmem::find(text, b" | ")?;
    Some((&text[..at], &text[at + 3..]))
}

/// Without the codes that colour it: `\x1b[32mINFO    \x1b[0m`.
fn uncoloured(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b"\x1b[") else {
        return text;
    };
    let from = memchr(b'm', rest).map_or(0, |m| m + 1);
    let to = memchr(0x1b, rest).unwrap_or(rest.len());
    rest.get(from..to).unwrap_or(rest)
}

/// `203.0.113.9:0 - "POST /api/login HTTP/1.1" 401`, read from the right: the client can be any text that it
/// sent in X-Forwarded-For, even a whole line of this form, and an IPv6 address has no brackets.
fn access(time: Range<Micros>, message: &str) -> Option<Event> {
    let (rest, status) = message.rsplit_once("\" ")?;
    let status = decimal(status.as_bytes()).filter(|s| (100..1000).contains(s))?;
    let (peer, request) = rest.rsplit_once(" - \"")?;
    let (verb, target) = request_line(request)?;
    let client = peer.rsplit_once(':').map_or(peer, |(client, _port)| client);
    Some(Event {
        time,
        source: address(client.as_bytes()),
        kind: Kind::Request(Request {
            method: method(verb),
            target: redact_target(target).into(),
            status: u16::try_from(status).ok()?,
            ..Request::default()
        }),
    })
}

/// A line of a handler; `None` where it tells nothing of authentication.
fn entry(
    time: Range<Micros>,
    logger: &str,
    message: &str,
    first_user: Option<&str>,
) -> Option<Event> {
    let Said {
        address,
        name,
        words,
    } = Said::of(message);
    let first = words.split([' ', ':']).next().unwrap_or_default();
    let action = if is_event(first) { first } else { logger };
    let reason = if words == action { "" } else { &*words };
    let statement = wirebuddy::SYSTEM.statement(action, reason);
    if statement.is_none() && !(action == "LOGIN_FAILED" || action == "PASSKEY_LOGIN_FINISH") {
        return None;
    }
    Some(Event {
        time,
        source: address,
        kind: Kind::Entry(Entry {
            action: known(action, statement.map(|s| s.action)),
            reason: (!reason.is_empty()).then(|| known(reason, statement.map(|s| s.reason))),
            // Of the lines that the table does not know only failed logins are kept.
            outcome: statement.map_or(Outcome::Failure, |s| s.meaning.into()),
            statement,
            principal: name.or(first_user).map(Into::into),
            routes: Routes::EVERY,
            ..Entry::default()
        }),
    })
}

/// `LOGIN_FAILED`: words with which the server names an event.
fn is_event(word: &str) -> bool {
    word.contains('_') && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        || matches!(word, "LOGOUT" | "MAINTENANCE")
}

/// A message, taken apart.
struct Said<'a> {
    address: Option<IpAddr>,
    name: Option<&'a str>,
    /// Without the address and the name.
    words: Cow<'a, str>,
}

/// What begins text that goes on to the end of the line and may hold anything.
const FREE_TEXT: [&str; 3] = [" error=", " device=", ": "];

impl<'a> Said<'a> {
    fn of(message: &'a str) -> Self {
        let mut said = Self {
            address: None,
            name: None,
            words: Cow::Borrowed(message),
        };
        let free = FREE_TEXT.iter().filter_map(|mark| message.find(mark)).min();
        let (fixed, rest) = message.split_at(free.unwrap_or(message.len()));
        let mut kept: Vec<&str> = Vec::new();
        for word in fixed.split(' ') {
            match word.split_once('=') {
                Some(("ip", value)) if said.address.is_none() => said.address = ip(value),
                Some(("username" | "user", value)) if said.name.is_none() => {
                    said.name = Some(value).filter(|name| !name.is_empty());
                }
                _ => kept.push(word),
            }
        }
        // `ratelimit 5 per 1 minute (203.0.113.9) exceeded at endpoint: /api/login`
        if fixed.starts_with("ratelimit ") {
            let bracket = |w: &&str| w.starts_with('(') && w.ends_with(')');
            if let Some(at) = kept.iter().position(bracket) {
                let word = kept.remove(at);
                said.address = ip(&word[1..word.len() - 1]);
            }
        }
        // `… challenge: Unknown or already-consumed challenge ip=203.0.113.9`
        let mut rest = rest;
        if fixed.ends_with("invalid challenge")
            && let Some((before, last)) = rest.rsplit_once(" ip=")
            && let Some(address) = ip(last)
        {
            (said.address, rest) = (Some(address), before);
        }
        if kept.len() < fixed.split(' ').count() || rest.len() < message.len() - fixed.len() {
            said.words = Cow::Owned(kept.join(" ") + rest);
        }
        said
    }
}

fn ip(text: &str) -> Option<IpAddr> {
    address(text.as_bytes())
}

/// A copy of `text`, but of the table where it has the same.
fn known(text: &str, in_table: Option<&'static str>) -> Cow<'static, str> {
    match in_table {
        Some(same) if same == text => Cow::Borrowed(same),
        _ => Cow::Owned(text.to_owned()),
    }
}
