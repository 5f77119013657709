//! Access lines of nginx `combined`, Apache `combined` and `common`, and gunicorn:
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

use memchr::{memchr, memchr_iter, memrchr};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::digit1;
use nom::combinator::{eof, map, map_opt, rest, value, verify};
use nom::sequence::delimited;

use super::grammar::{
    CLF_TIME_LENGTH, Expected, Parsed, address, byte, clf_time, decimal, digits, expect, field,
    leading_ipv4, misfit, plain_clf_time, quoted, request_line, text, utf8,
};
use super::redact::redact_target;
use super::{Format, Mismatch};
use crate::event::{Event, Kind, Micros, Request, method, path};
use crate::places::{NO_BITS, quotes};
use crate::sieve::{NoSieve, Sieve, Sifted};

pub struct NginxCombined;

impl Format for NginxCombined {
    fn name(&self) -> &'static str {
        "nginx_combined"
    }

    fn title(&self) -> &'static str {
        "access log of nginx (combined), Apache (combined, common) or gunicorn"
    }

    fn client<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        memchr::memchr(b' ', line).map(|end| &line[..end])
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        Ok(self.sift(line, &mut NoSieve)?.and_then(Sifted::event))
    }

    fn sift(&self, line: &[u8], sieve: &mut dyn Sieve) -> Result<Option<Sifted>, Mismatch> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(access) = plain(line) {
            return Ok(Some(access.sifted(utf8, sieve)));
        }
        let (_, access) = access_line(line).map_err(|error| misfit(&error, line))?;
        Ok(Some(access.sifted(text, sieve)))
    }
}

/// The fields of a line as they stand in it.
#[derive(Debug, PartialEq)]
struct Access<'a> {
    source: Option<IpAddr>,
    user: &'a [u8],
    time: Range<Micros>,
    request: &'a [u8],
    status: u16,
    bytes: Option<u64>,
    user_agent: Option<&'a [u8]>,
    forwarded_for: Option<IpAddr>,
}

/// Reads a line of plain ASCII in which nothing is escaped, as nearly all are, without the grammar's detours. `None`:
/// left to [`access_line`], which reads the same from every line that this reads.
fn plain(line: &[u8]) -> Option<Access<'_>> {
    let mut room = NO_BITS;
    let mut quotes = quotes(line, &mut room)?;
    let (open, close) = (quotes.next()?, quotes.next()?);
    let (names, bracket) = line[..open].split_last_chunk::<BRACKET_LENGTH>()?;
    let time = bracket.strip_prefix(b" [")?.strip_suffix(b"] ")?;
    let time = plain_clf_time(time.try_into().ok()?)?;
    let (peer, source, names) = peer_and_names(names)?;
    let [b' ', a, b, c, b' ', ref rest @ ..] = line[close + 1..] else {
        return None;
    };
    let status = decimal(&[a, b, c])?;
    let size = rest.split(|&b| b == b' ').next()?;
    let bytes = match size {
        b"-" => None,
        _ => Some(u64::try_from(decimal(size)?).ok()?),
    };
    let further = std::iter::from_fn(|| Some(&line[quotes.next()? + 1..quotes.next()?]));
    let (user_agent, forwarded_for) = appended(further);
    let is_peer = source.is_some() || !peer.is_empty() && !is_vhost(peer);
    is_peer.then_some(Access {
        source,
        user: user(names),
        time,
        request: &line[open + 1..close],
        status: u16::try_from(status).ok()?,
        bytes,
        user_agent,
        forwarded_for,
    })
}

/// What stands before and after the first such byte.
fn split(byte: u8, text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr(byte, text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// `- alice`: the first name is what an identd said; only Apache can be told to ask one.
fn user(names: &[u8]) -> &[u8] {
    let behind_first = names.strip_prefix(b"- ");
    behind_first
        .or_else(|| Some(split(b' ', names)?.1))
        .unwrap_or_default()
}

/// `203.0.113.9 - alice`: the peer, its address, and the names behind it.
fn peer_and_names(text: &[u8]) -> Option<(&[u8], Option<IpAddr>, &[u8])> {
    if let Some((address, [b' ', names @ ..])) = leading_ipv4(text) {
        let length = text.len() - names.len() - 1;
        return Some((&text[..length], Some(address.into()), names));
    }
    let (peer, names) = split(b' ', text)?;
    Some((peer, address(peer), names))
}

/// `vpn.example:443`: Apache's `vhost_combined` begins with it, and has the client behind it.
fn is_vhost(peer: &[u8]) -> bool {
    let Some(colon) = memrchr(b':', peer) else {
        return false;
    };
    let (name, port) = (&peer[..colon], &peer[colon + 1..]);
    !name.is_empty() && decimal(port).is_some() && address(peer).is_none()
}

/// ` [21/Nov/2026:21:55:11 +0100] `
const BRACKET_LENGTH: usize = " [".len() + CLF_TIME_LENGTH + "] ".len();

fn access_line(line: &[u8]) -> Parsed<'_, Access<'_>> {
    let peer = verify(take_till1(|b| b == b' '), |peer| !is_vhost(peer));
    let peer = field("a client address", peer);
    let request = field("a request in quotes", quoted);
    let tail = alt((value((), byte(b' ')), value((), eof)));
    let whole = (peer, names_and_time, request, status, size, tail, rest);
    map(
        whole,
        |(peer, (user, time), request, status, bytes, (), tail)| {
            let (user_agent, forwarded_for) = appended(quoted_fields(tail));
            Access {
                source: address(peer),
                user,
                time,
                request,
                status,
                bytes,
                user_agent,
                forwarded_for,
            }
        },
    )
    .parse(line)
}

/// `- alice [21/Nov/2026:21:55:11 +0100] `, up to the quote of the request. A user name may hold blanks
/// and brackets, but no bare quote: the time is what stands right before the first one.
fn names_and_time(input: &[u8]) -> Parsed<'_, (&[u8], Range<Micros>)> {
    let misfit = |rest| {
        let what = "a time in brackets, then the request in quotes";
        nom::Err::Error(Expected { rest, what })
    };
    let quote = memchr_iter(b'"', input)
        .find(|&at| at > 0 && input[at - 1] != b'\\' && !is_empty_name(input, at))
        .ok_or(misfit(input))?;
    let start = quote.checked_sub(BRACKET_LENGTH).ok_or(misfit(input))?;
    let (names, bracket) = input[..quote].split_at(start);
    let (_, time) = delimited(tag(" ["), clf_time, tag("] "))
        .parse(bracket)
        .map_err(|_: nom::Err<Expected<'_>>| misfit(&input[start..]))?;
    Ok((&input[quote..], (user(names), time)))
}

/// Whether a quote is one of the two that Apache writes for a name that is empty.
fn is_empty_name(input: &[u8], quote: usize) -> bool {
    let is_first = |at: usize| at > 0 && input[at - 1..].starts_with(b" \"\" [");
    is_first(quote) || is_first(quote - 1)
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
    /// `text`: how the bytes of a field are read.
    #[inline]
    fn sifted(self, text: impl Fn(&[u8]) -> Cow<'_, str>, sieve: &mut dyn Sieve) -> Sifted {
        let request = text(self.request);
        let (verb, target) = request_line(&request).unwrap_or(("", &request));
        let target = redact_target(target);
        if let Some(kind) = sieve.request(verb, path(&target), self.status) {
            return Sifted::Glimpse(self.time, self.source, kind);
        }
        // A field that is `-` or empty is absent.
        let is_absent = |raw: &[u8]| matches!(raw, b"" | b"-" | b"\"\"");
        let present = |raw: &[u8]| (!is_absent(raw)).then(|| text(raw).into());
        Sifted::from(Event {
            time: self.time,
            source: self.source,
            kind: Kind::Request(Request {
                method: method(verb),
                target: target.into(),
                status: self.status,
                bytes: self.bytes,
                user: present(self.user),
                user_agent: self
                    .user_agent
                    .filter(|_| self.status >= 400)
                    .and_then(present),
                forwarded_for: self.forwarded_for,
                ..Request::default()
            }),
        })
    }
}

/// The fields in quotes behind the size: referer, user agent and whatever the administrator appended.
fn quoted_fields(mut tail: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (rest, field) = quoted(&tail[memchr(b'"', tail)?..]).ok()?;
        tail = rest;
        Some(field)
    })
}

/// Of these the user agent, and the client that one after it names: many append
/// `"$http_x_forwarded_for"`. Numbers and other fields are passed over.
#[inline]
fn appended<'a>(mut fields: impl Iterator<Item = &'a [u8]>) -> (Option<&'a [u8]>, Option<IpAddr>) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};

    use super::{access_line, plain};

    /// A part of a line, most often as it should be.
    fn or_odd(usual: &'static str, odd: &'static str) -> impl Strategy<Value = String> {
        prop_oneof![8 => Just(usual.to_owned()), 1 => odd]
    }

    proptest! {
        /// Whatever the straight path reads, the grammar reads the same.
        #[test]
        fn both_readers_agree(
            peer in or_odd("203.0.113.9", "[0-9a \\\\\"]{0,3}"),
            names in or_odd(" - -", "[-a \\[\"\\\\]{0,6}"),
            time in or_odd(" [21/Nov/2026:21:55:11 +0100] ", " ?\\[[0-3][0-9]/Nov/2026:2[0-9]:55:11 [-+Z]01[0:]0\\] ?"),
            request in or_odd("\"GET / HTTP/1.1\"", "\"?[ a\"\\\\]{0,3}\"?"),
            status in or_odd(" 401", " ?[0-9-]{2,4}"),
            size in or_odd(" 17", " ?[0-9-]{0,20}"),
            tail in or_odd(" \"-\" \"curl\"", "[ \"a\\\\]{0,5}"),
        ) {
            let line = [&*peer, &names, &time, &request, &status, &size, &tail].concat();
            if let Some(access) = plain(line.as_bytes()) {
                let of_grammar = access_line(line.as_bytes()).map(|(_, access)| access);
                prop_assert_eq!(Ok(access), of_grammar);
            }
        }
    }

    #[test]
    fn usual_lines_are_read_straight() {
        for line in [
            r#"203.0.113.9 - alice b [21/Nov/2026:21:55:11 +0100] "GET / HTTP/1.1" 401 17 "-" "curl/8.5.0""#,
            r#"::1 - - [21/Nov/2026:21:55:11 +0100] "GET / HTTP/1.1" 200 -"#,
        ] {
            assert!(plain(line.as_bytes()).is_some(), "{line}");
        }
    }
}
