//! Apache's error log (2.4), as far as it tells of refusals:
//!
//! ```text
//! [Sat Nov 21 20:46:13.123456 2026] [auth_basic:error] [pid 812:tid 140] [client 203.0.113.9:53422] AH01617: user alice: authentication failure for "/x": Password Mismatch
//! ```
//!
//! Control characters and quotes of a client are escaped. A name can imitate what follows it, but neither the address
//! before it nor the number of the message.

use std::net::IpAddr;
use std::ops::Range;

use nom::Parser;
use nom::combinator::map_opt;

use super::grammar::{Parsed, address, apache_time, byte, expect, misfit, unescape, utf8};
use super::{Format, Mismatch};
use crate::event::{Entry, Event, Kind, Micros, Outcome};
use crate::system::Routes;
use crate::system::error_log::{self, APACHE};

pub struct ApacheError;

impl Format for ApacheError {
    fn name(&self) -> &'static str {
        "apache_error"
    }

    fn title(&self) -> &'static str {
        "error log of Apache: what it refuses by itself"
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (rest, time) = head(line).map_err(|error| misfit(&error, line))?;
        Ok(client(&utf8(rest)).and_then(|(client, message)| {
            Some(Event {
                time,
                source: peer(client),
                kind: Kind::Entry(told(message)?),
            })
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

/// The time in brackets, and that a module in brackets follows.
fn head(line: &[u8]) -> Parsed<'_, Range<Micros>> {
    let time = (byte(b'['), apache_time, byte(b']'), byte(b' '), byte(b'['));
    expect(
        "a time in brackets",
        map_opt(time, |(_, time, ..)| Some(time)),
    )
    .parse(line)
}

/// The client in brackets, and the message behind it.
fn client(text: &str) -> Option<(&str, &str)> {
    // Module, process and perhaps the source file and the error's number come first: none holds a bracket.
    let (_, rest) = text.split_once("] [client ")?;
    rest.split_once("] ")
}

/// Apache writes the port behind IPv6 too, and no brackets.
fn peer(client: &str) -> Option<IpAddr> {
    let (peer, _port) = client.rsplit_once(':')?;
    address(peer.as_bytes())
}

/// What a message says of a refusal; `None`: it says none.
fn told(message: &str) -> Option<Entry> {
    let (number, words) = message.split_once(": ")?;
    let user = || words.strip_prefix("user ");
    let (reason, name, path) = match number {
        "AH01617" => {
            let (name, rest) = user()?.rsplit_once(": authentication failure for \"")?;
            let path = rest.strip_suffix("\": Password Mismatch")?;
            (
                "AH01617: authentication failure: Password Mismatch",
                Some(name),
                Some(path),
            )
        }
        "AH01618" => {
            let (name, path) = user()?.rsplit_once(" not found: ")?;
            ("AH01618: user not found", Some(name), Some(path))
        }
        "AH01631" => {
            let (name, rest) = user()?.rsplit_once(": authorization failure for \"")?;
            let path = rest.split_once('"').map(|(path, _)| path);
            ("AH01631: authorization failure", Some(name), path)
        }
        // The file that was asked for, which need not tell the path.
        "AH01630" if words.starts_with("client denied by server configuration: ") => {
            ("AH01630: client denied by server configuration", None, None)
        }
        _ => return None,
    };
    Some(Entry {
        action: APACHE.into(),
        reason: Some(reason.into()),
        statement: error_log::statement_of(APACHE, reason),
        outcome: Outcome::Failure,
        principal: name.map(|name| utf8(&unescape(name.as_bytes())).into()),
        path: path.map(|path| without_referer(path).into()),
        routes: Routes::NONE,
        ..Entry::default()
    })
}

/// Apache appends `, referer: …`.
fn without_referer(path: &str) -> &str {
    path.split_once(", referer: ")
        .map_or(path, |(path, _)| path)
}
