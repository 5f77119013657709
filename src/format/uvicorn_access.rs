//! Access lines of uvicorn as it writes them by itself (`uvicorn/logging.py`, `AccessFormatter`), perhaps in colours:
//!
//! ```text
//! INFO:     203.0.113.9:54321 - "GET /api/me HTTP/1.1" 401 Unauthorized
//! ```
//!
//! There is no time in them. The client may be any text, where a proxy is trusted that passes on what it was sent, so a
//! line is read from its end: the target holds no blank.

use std::borrow::Cow;

use memchr::memmem;

use super::grammar::{address_and_port, decimal, request_line, utf8};
use super::redact::redact_target;
use super::{Format, Mismatch};
use crate::event::{Event, Kind, Request, UNTIMED, method};

pub struct UvicornAccess;

impl Format for UvicornAccess {
    fn name(&self) -> &'static str {
        "uvicorn_access"
    }

    fn title(&self) -> &'static str {
        "access lines of uvicorn, which have no time: read out of Docker's logs, the journal or syslog"
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        let misfit = |offset, expected| Mismatch { offset, expected };
        let line = without_colours(line.strip_suffix(b"\r").unwrap_or(line));
        let rest = line.strip_prefix(b"INFO:").ok_or(misfit(0, "INFO:"))?;
        let rest = utf8(rest.trim_ascii_start());
        let (head, status) = rest.rsplit_once("\" ").ok_or(misfit(5, "a quote"))?;
        let status = status.split(' ').next().unwrap_or_default();
        let status = decimal(status.as_bytes())
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| (100..1000).contains(status))
            .ok_or(misfit(5, "a status"))?;
        let (client, request) = head.rsplit_once(" - \"").ok_or(misfit(5, "a request"))?;
        let (verb, target) = request_line(request).ok_or(misfit(5, "a request"))?;
        Ok(Some(Event {
            time: UNTIMED,
            source: client_address(client),
            kind: Kind::Request(Request {
                method: method(verb),
                target: redact_target(target).into(),
                status,
                ..Request::default()
            }),
        }))
    }

    fn is_timeless(&self) -> bool {
        true
    }
}

/// Whether a line is one of these, told from how it begins and ends: it may stand among lines with times.
pub(super) fn is_access(line: &[u8]) -> bool {
    let begin = line.get(..16).unwrap_or(line);
    memmem::find(begin, b"INFO").is_some() && UvicornAccess.parse(line).is_ok()
}

/// `203.0.113.9:54321`; IPv6 has a port too, and no brackets.
fn client_address(client: &str) -> Option<std::net::IpAddr> {
    let (address, _port) = client.rsplit_once(':')?;
    address_and_port(address.as_bytes())
}

/// The line without `ESC [ … m`.
fn without_colours(line: &[u8]) -> Cow<'_, [u8]> {
    const ESCAPE: &[u8] = b"\x1b[";
    if memmem::find(line, ESCAPE).is_none() {
        return Cow::Borrowed(line);
    }
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memmem::find(rest, ESCAPE) {
        plain.extend_from_slice(&rest[..at]);
        let code = &rest[at + ESCAPE.len()..];
        let end = code.iter().position(|b| !b.is_ascii_digit() && *b != b';');
        rest = end.map_or(&[], |end| &code[end + 1..]);
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}
