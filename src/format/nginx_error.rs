//! nginx's error log, as far as it tells of refusals:
//!
//! ```text
//! 2026/11/21 20:46:13 [error] 3088#3088: *699 access forbidden by rule, client: 203.0.113.9, server: _, request: "GET /x HTTP/1.1", host: "vpn.example"
//! ```
//!
//! nginx escapes nothing in it. The words before `, client: ` are its own, but for a user's name, and that holds no
//! colon (it ends a name in HTTP basic authentication): the first `, client: ` is nginx's own. What comes behind the
//! address is the client's, and tells of no one else.

use memchr::memmem;
use nom::Parser;
use nom::character::complete::digit1;
use nom::combinator::opt;

use super::grammar::{
    Expected, Parsed, address, byte, expect, misfit, request_line, slash_time, utf8,
};
use super::{Format, Mismatch};
use crate::event::{Entry, Event, Kind, Outcome};
use crate::system::Routes;
use crate::system::error_log::{self, NGINX};

pub struct NginxError;

impl Format for NginxError {
    fn name(&self) -> &'static str {
        "nginx_error"
    }

    fn title(&self) -> &'static str {
        "error log of nginx: what it refuses by itself"
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (rest, time) = head(line).map_err(|error| misfit(&error, line))?;
        Ok(told(rest).map(|entry| Event {
            time,
            source: between(rest, b", client: ", b", server: ").and_then(address),
            kind: Kind::Entry(entry),
        }))
    }

    fn is_local(&self) -> bool {
        true
    }

    fn is_in_front(&self) -> bool {
        true
    }

    fn speaks(&self, record: &[u8]) -> bool {
        head(record).is_ok()
    }
}

/// Time, level, process and connection.
fn head(line: &[u8]) -> Parsed<'_, std::ops::Range<crate::event::Micros>> {
    let (rest, time) = expect("a time", slash_time).parse(line)?;
    let misfit = || {
        nom::Err::Error(Expected {
            rest,
            what: "a [level] and a process",
        })
    };
    let rest = rest.strip_prefix(b" [").ok_or_else(misfit)?;
    let end = memchr::memchr(b']', rest)
        .filter(|end| *end < 8)
        .ok_or_else(misfit)?;
    let rest = rest[end + 1..].strip_prefix(b" ").ok_or_else(misfit)?;
    let (rest, _) = (digit1, byte(b'#'), digit1, byte(b':'), byte(b' ')).parse(rest)?;
    let (rest, _) = opt((byte(b'*'), digit1, byte(b' '))).parse(rest)?;
    Ok((rest, time))
}

/// What a line says of a refusal; `None`: it says none.
fn told(text: &[u8]) -> Option<Entry> {
    let end = memmem::find(text, b", client: ")?;
    let message = utf8(&text[..end]);
    let mut user = None;
    let reason = if let Some(quoted) = message.strip_prefix("user \"") {
        let mismatch = quoted
            .strip_suffix("\": password mismatch")
            .map(|name| (name, "password mismatch"));
        let unknown = || {
            let (name, _) = quoted.rsplit_once("\" was not found in \"")?;
            Some((name, "user was not found"))
        };
        let (name, reason) = mismatch.or_else(unknown)?;
        user = Some(name.into());
        reason
    } else {
        // `limiting requests, dry run, excess: …` limits nothing.
        let (words, more) = message.split_once(", ").unwrap_or((&message, ""));
        let words = words
            .split_once(" by zone ")
            .map_or(words, |(words, _)| words);
        if more.starts_with("dry run") {
            return None;
        }
        error_log::STATEMENTS
            .iter()
            .map(|row| row.reason)
            .find(|reason| *reason == words)?
    };
    let request = request(text).map(utf8);
    let target = request
        .as_deref()
        .and_then(request_line)
        .map(|(_, target)| target);
    Some(Entry {
        action: NGINX.into(),
        reason: Some(reason.into()),
        statement: error_log::statement_of(NGINX, reason),
        outcome: Outcome::Failure,
        principal: user,
        path: target.map(|target| target.split('?').next().unwrap_or_default().into()),
        routes: Routes::NONE,
        ..Entry::default()
    })
}

/// The request line, which may hold quotes.
fn request(text: &[u8]) -> Option<&[u8]> {
    const BEFORE: &[u8] = b", request: \"";
    let rest = &text[memmem::find(text, BEFORE)? + BEFORE.len()..];
    let behind = ["subrequest", "upstream", "host", "referrer"];
    let ends = behind
        .iter()
        .filter_map(|name| memmem::find(rest, format!("\", {name}: \"").as_bytes()));
    match ends.min() {
        Some(end) => Some(&rest[..end]),
        None => rest.strip_suffix(b"\""),
    }
}

/// What stands between the first of the one and the next of the other.
fn between<'a>(text: &'a [u8], before: &[u8], after: &[u8]) -> Option<&'a [u8]> {
    let from = memmem::find(text, before)? + before.len();
    let rest = &text[from..];
    Some(&rest[..memmem::find(rest, after)?])
}
