//! Access lines of nginx `combined` and Apache `combined` and `common`:
//!
//! ```text
//! 203.0.113.9 - alice [21/Nov/2026:21:55:11 +0100] "GET /x HTTP/1.1" 401 17 "-" "curl/8.5.0"
//! ```
//!
//! What comes from the client is escaped inside quotes, so that the first quote no backslash protects
//! ends the field: a forged user agent cannot change the status.

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

use memchr::{memchr, memchr_iter};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::digit1;
use nom::combinator::{eof, map, map_opt, rest, value};
use nom::sequence::delimited;

use super::grammar::{
    CLF_TIME_LENGTH, Expected, Parsed, address, byte, clf_time, decimal, digits, expect, field,
    quoted, request_line, text,
};
use super::redact::redact_target;
use super::{Format, Mismatch};
use crate::event::{Event, Kind, Micros, Request};

pub struct NginxCombined;

impl Format for NginxCombined {
    fn name(&self) -> &'static str {
        "nginx_combined"
    }

    fn title(&self) -> &'static str {
        "access log of nginx (combined) or Apache (combined, common)"
    }

    fn client<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        memchr::memchr(b' ', line).map(|end| &line[..end])
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match access_line(line) {
            Ok((_, access)) => Ok(Some(access.event())),
            Err(nom::Err::Error(e) | nom::Err::Failure(e)) => Err(e.in_line(line)),
            Err(nom::Err::Incomplete(_)) => Err(Mismatch {
                offset: line.len(),
                expected: "a longer line",
            }),
        }
    }
}

/// The fields of a line as they stand in it.
struct Access<'a> {
    peer: &'a [u8],
    user: &'a [u8],
    time: Range<Micros>,
    request: &'a [u8],
    status: u16,
    bytes: Option<u64>,
    /// Referer, user agent and whatever the administrator appended.
    tail: &'a [u8],
}

fn access_line(line: &[u8]) -> Parsed<'_, Access<'_>> {
    let peer = field("a client address", take_till1(|b| b == b' '));
    let request = field("a request in quotes", quoted);
    let tail = alt((value((), byte(b' ')), value((), eof)));
    let whole = (peer, names_and_time, request, status, size, tail, rest);
    map(
        whole,
        |(peer, (user, time), request, status, bytes, (), tail)| Access {
            peer,
            user,
            time,
            request,
            status,
            bytes,
            tail,
        },
    )
    .parse(line)
}

/// `- alice [21/Nov/2026:21:55:11 +0100] `, up to the quote of the request. A user name may hold blanks
/// and brackets, but no bare quote: the time is what stands right before the first one.
fn names_and_time(input: &[u8]) -> Parsed<'_, (&[u8], Range<Micros>)> {
    const LENGTH: usize = " [".len() + CLF_TIME_LENGTH + "] ".len();
    let misfit = |rest| {
        let what = "a time in brackets, then the request in quotes";
        nom::Err::Error(Expected { rest, what })
    };
    let quote = memchr_iter(b'"', input)
        .find(|&at| at > 0 && input[at - 1] != b'\\')
        .ok_or(misfit(input))?;
    let start = quote.checked_sub(LENGTH).ok_or(misfit(input))?;
    let (names, bracket) = input[..quote].split_at(start);
    let (_, time) = delimited(tag(" ["), clf_time, tag("] "))
        .parse(bracket)
        .map_err(|_: nom::Err<Expected<'_>>| misfit(&input[start..]))?;
    // The first name is what an identd said; only Apache can be told to ask one.
    let user = memchr(b' ', names).map_or(&names[..0], |at| &names[at + 1..]);
    Ok((&input[quote..], (user, time)))
}

/// Three digits: nginx writes 000 where it sent no answer, 009 for HTTP/0.9.
fn status(input: &[u8]) -> Parsed<'_, u16> {
    let status = map_opt(digits(3), |n| u16::try_from(n).ok());
    field("a status", status).parse(input)
}

/// Size of the body; Apache writes `-` for none.
fn size(input: &[u8]) -> Parsed<'_, Option<u64>> {
    let number = map_opt(digit1, |n| decimal(n).and_then(|n| u64::try_from(n).ok()));
    expect(
        "a number of bytes",
        alt((value(None, byte(b'-')), map(number, Some))),
    )
    .parse(input)
}

impl Access<'_> {
    fn event(self) -> Event {
        let request = text(self.request);
        let (method, target) = request_line(&request).unwrap_or(("", &request));
        let (user_agent, forwarded_for) = appended(self.tail);
        Event {
            time: self.time,
            source: address(self.peer),
            kind: Kind::Request(Request {
                method: method.into(),
                target: redact_target(target).into(),
                status: self.status,
                bytes: self.bytes,
                user: present(self.user).map(Into::into),
                user_agent: user_agent
                    .filter(|_| self.status >= 400)
                    .and_then(present)
                    .map(Into::into),
                forwarded_for,
                ..Request::default()
            }),
        }
    }
}

/// The user agent, and the client that a field after it names: many append
/// `"$http_x_forwarded_for"`. Numbers and other fields are passed over.
fn appended(tail: &[u8]) -> (Option<&[u8]>, Option<IpAddr>) {
    let mut tail = tail;
    let mut fields = std::iter::from_fn(move || {
        let (rest, field) = quoted(&tail[memchr(b'"', tail)?..]).ok()?;
        tail = rest;
        Some(field)
    });
    let _referer = fields.next();
    let user_agent = fields.next();
    (user_agent, fields.last().and_then(last_address))
}

/// The last address of a list that holds nothing but addresses. One with a port is an upstream's.
fn last_address(list: &[u8]) -> Option<IpAddr> {
    list.split(|&b| b == b',')
        .map(|element| address(element.trim_ascii()))
        .reduce(Option::and)
        .flatten()
}

/// A field that is not `-` or empty.
fn present(raw: &[u8]) -> Option<Cow<'_, str>> {
    (!raw.is_empty() && raw != b"-").then(|| text(raw))
}
