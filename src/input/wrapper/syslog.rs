//! Lines behind a stamp, a host and a program:
//!
//! ```text
//! 2026-11-21T21:55:11+0100 vpn-fra-01 nginx[812]: …         journalctl -o short-iso, rsyslog
//! Nov 21 21:55:11 vpn-fra-01 nginx[812]: …                  RFC 3164, journalctl -o short
//! <190>Nov 21 21:55:11 vpn-fra-01 nginx: …                  the same as it is sent
//! ```

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, Datelike};
use memchr::memchr;
use nom::Parser;
use nom::branch::alt;
use nom::character::complete::digit1;
use nom::combinator::{map, opt};
use nom::sequence::delimited;

use super::{Inner, Stamp};
use crate::event::{Micros, SECOND};
use crate::format::grammar::{Parsed, byte, iso_time, utf8, yearless_time};
use crate::zone::Zone;

/// A file may be written to by a clock that is a little ahead.
const SLACK: Micros = 86_400 * SECOND;

pub(super) fn unwrap(line: &[u8]) -> Option<Inner<'_>> {
    let (rest, stamp) = stamp(line).ok()?;
    let rest = rest.strip_prefix(b" ")?;
    let (_host, rest) = word(rest)?;
    // The tag is the first word: it has a colon, and often a process in brackets.
    let (tag, content) = word(rest).unwrap_or((rest, b""));
    let tag = tag.strip_suffix(b":")?;
    let name = memchr(b'[', tag).map_or(tag, |bracket| &tag[..bracket]);
    Some(Inner {
        content: Cow::Borrowed(content),
        program: Some(utf8(name)),
        stamp: Some(stamp),
        is_part: false,
    })
}

fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b' ', text).filter(|end| *end > 0)?;
    Some((&text[..end], &text[end + 1..]))
}

fn stamp(line: &[u8]) -> Parsed<'_, Stamp> {
    let priority = opt(delimited(byte(b'<'), digit1, byte(b'>')));
    let stamp = alt((
        map(iso_time, Stamp::Moment),
        map(yearless_time, Stamp::NoYear),
    ));
    map((priority, stamp), |(_, stamp)| stamp).parse(line)
}

/// The moment of a stamp without year and zone: the last one before the file was written to.
pub(super) fn moment(stamp: &Range<Micros>, modified: Micros, zone: Zone) -> Option<Range<Micros>> {
    let width = stamp.end - stamp.start;
    let last = DateTime::from_timestamp_micros(modified)?.year();
    let of_year = |year: i32| {
        let wall = DateTime::from_timestamp_micros(stamp.start)?.naive_utc();
        let (first, _) = zone.moments(wall.with_year(year)?)?;
        (first <= modified + SLACK).then_some(first..first + width)
    };
    // 29 February may be four years away, eight around 2100.
    (last - 8..=last + 1).rev().find_map(of_year)
}
