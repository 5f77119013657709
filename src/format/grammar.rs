//! nom pieces shared by several formats: times, quoted text, addresses, request lines.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;

use memchr::{memchr, memchr2, memrchr};
use nom::branch::alt;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::{digit1, one_of};
use nom::combinator::{map_opt, opt, value};
use nom::error::{ErrorKind, ParseError};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::Mismatch;
use crate::event::{Micros, SECOND, canonical};

/// What a piece of grammar gives: the rest of the line and what it read.
pub type Parsed<'a, T> = IResult<&'a [u8], T, Expected<'a>>;

/// Where a line ceased to fit, and what should have stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected<'a> {
    pub rest: &'a [u8],
    pub what: &'static str,
}

impl Expected<'_> {
    /// The same, told as a place in `line`, of which `rest` is the end.
    pub fn in_line(&self, line: &[u8]) -> Mismatch {
        Mismatch {
            offset: line.len().saturating_sub(self.rest.len()),
            expected: self.what,
        }
    }
}

/// What did not fit, told as a place in `line`.
pub fn misfit(error: &nom::Err<Expected<'_>>, line: &[u8]) -> Mismatch {
    match error {
        nom::Err::Error(e) | nom::Err::Failure(e) => e.in_line(line),
        nom::Err::Incomplete(_) => Mismatch {
            offset: line.len(),
            expected: "a longer line",
        },
    }
}

impl<'a> ParseError<&'a [u8]> for Expected<'a> {
    fn from_error_kind(rest: &'a [u8], _: ErrorKind) -> Self {
        let what = "something else";
        Self { rest, what }
    }

    fn append(_: &'a [u8], _: ErrorKind, first: Self) -> Self {
        first
    }
}

/// Names what `parser` reads, for the message of a line that does not fit.
pub fn expect<'a, P>(
    what: &'static str,
    mut parser: P,
) -> impl Parser<&'a [u8], Output = P::Output, Error = Expected<'a>>
where
    P: Parser<&'a [u8], Error = Expected<'a>>,
{
    move |rest| {
        parser
            .parse(rest)
            .map_err(|e: nom::Err<_>| e.map(|_| Expected { rest, what }))
    }
}

/// Exactly `width` digits, at most 18.
pub fn digits<'a>(width: usize) -> impl Parser<&'a [u8], Output = i64, Error = Expected<'a>> {
    let what = "digits";
    move |input: &'a [u8]| {
        let (text, rest) = input
            .split_at_checked(width)
            .filter(|(text, _)| text.iter().all(u8::is_ascii_digit))
            .ok_or(nom::Err::Error(Expected { rest: input, what }))?;
        let number = text.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0'));
        Ok((rest, number))
    }
}

/// This byte. For one byte nom's `tag` takes several times as long.
pub fn byte<'a>(byte: u8) -> impl Parser<&'a [u8], Output = u8, Error = Expected<'a>> {
    let what = "another character";
    move |input: &'a [u8]| match input.split_first() {
        Some((first, rest)) if *first == byte => Ok((rest, byte)),
        _ => Err(nom::Err::Error(Expected { rest: input, what })),
    }
}

/// So many digits make a number that fits.
const SAFE_DIGITS: usize = 18;

/// The number that these bytes write in decimal; `None` where it does not fit.
pub fn decimal(text: &[u8]) -> Option<i64> {
    let digit = |byte: &u8| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then_some(i64::from(digit))
    };
    let mut digits = text.iter();
    if text.len() <= SAFE_DIGITS {
        let number = digits.try_fold(0, |n, byte| Some(n * 10 + digit(byte)?))?;
        return (!text.is_empty()).then_some(number);
    }
    digits.try_fold(0_i64, |n, byte| {
        n.checked_mul(10)?.checked_add(digit(byte)?)
    })
}

/// `Nov`, as 1 to 12.
fn month_name(input: &[u8]) -> Parsed<'_, i64> {
    let what = "the name of a month";
    let misfit = nom::Err::Error(Expected { rest: input, what });
    let (name, rest) = input.split_first_chunk().ok_or(misfit.clone())?;
    let month = match name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return Err(misfit),
    };
    Ok((rest, month))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; `None`: there is no such day.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March end with the leap day: see howardhinnant.github.io/date_algorithms.html
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// `20:55:11`, in seconds. A leap second, `23:59:60`, is the start of the next.
fn clock(input: &[u8]) -> Parsed<'_, i64> {
    map_opt(
        (digits(2), byte(b':'), digits(2), byte(b':'), digits(2)),
        |(hour, _, minute, _, second)| {
            (hour < 24 && minute < 60 && second <= 60).then_some((hour * 60 + minute) * 60 + second)
        },
    )
    .parse(input)
}

/// `+0100`, `+01:00` or `Z`, in seconds east of Greenwich.
fn zone(input: &[u8]) -> Parsed<'_, i64> {
    let offset = map_opt(
        (one_of("+-"), digits(2), opt(byte(b':')), digits(2)),
        |(sign, hours, _, minutes)| {
            let seconds = (hours * 60 + minutes) * 60;
            (hours < 24 && minutes < 60).then_some(if sign == '-' { -seconds } else { seconds })
        },
    );
    alt((offset, value(0, byte(b'Z')), value(0, byte(b'z')))).parse(input)
}

/// `.072`, in microseconds, with the width that this many digits leave open.
fn fraction(input: &[u8]) -> Parsed<'_, (Micros, Micros)> {
    map_opt(preceded(one_of(".,"), digit1), |digits: &[u8]| {
        let mut width = SECOND;
        let mut micros = 0;
        // What is beyond a microsecond is cut off, not rounded, as the writers do.
        for digit in &digits[..digits.len().min(6)] {
            width /= 10;
            micros += i64::from(digit - b'0') * width;
        }
        Some((micros, width))
    })
    .parse(input)
}

/// The moment of a second, and what a fraction adds to it.
fn moment(second: i64, fraction: Option<(Micros, Micros)>) -> Option<Range<Micros>> {
    let (micros, width) = fraction.unwrap_or((0, SECOND));
    let start = second.checked_mul(SECOND)?.checked_add(micros)?;
    Some(start..start.checked_add(width)?)
}

/// Length of [`clf_time`].
pub const CLF_TIME_LENGTH: usize = "21/Nov/2026:21:55:11 +0100".len();

/// `21/Nov/2026:21:55:11 +0100`, the time of the Common Log Format.
pub fn clf_time(input: &[u8]) -> Parsed<'_, Range<Micros>> {
    if let Some((text, rest)) = input.split_first_chunk()
        && let Some(time) = plain_clf_time(text)
    {
        return Ok((rest, time));
    }
    clf_grammar(input)
}

/// The same with all that [`zone`] allows.
fn clf_grammar(input: &[u8]) -> Parsed<'_, Range<Micros>> {
    let date = (digits(2), byte(b'/'), month_name, byte(b'/'), digits(4));
    map_opt(
        (date, byte(b':'), clock, byte(b' '), zone),
        |((day, _, month, _, year), _, clock, _, zone)| {
            moment(
                days_from_civil(year, month, day)? * 86_400 + clock - zone,
                None,
            )
        },
    )
    .parse(input)
}

/// The same by the places of its parts, as every access line has one. `None`: left to the grammar.
pub fn plain_clf_time(text: &[u8; CLF_TIME_LENGTH]) -> Option<Range<Micros>> {
    let between = [text[2], text[6], text[11], text[14], text[17], text[20]];
    if between != *b"//::: " {
        return None;
    }
    let two = |at: usize| {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then(|| i64::from(tens * 10 + ones))
    };
    let (_, month) = month_name(&text[3..6]).ok()?;
    let days = days_from_civil(two(7)? * 100 + two(9)?, month, two(0)?)?;
    let (hour, minute, second) = (two(12)?, two(15)?, two(18)?);
    let (zone_hours, zone_minutes) = (two(22)?, two(24)?);
    if hour > 23 || minute > 59 || second > 60 || zone_hours > 23 || zone_minutes > 59 {
        return None;
    }
    let east = match text[21] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let zone = east * (zone_hours * 60 + zone_minutes) * 60;
    moment(
        days * 86_400 + (hour * 60 + minute) * 60 + second - zone,
        None,
    )
}

/// `2026-11-21T21:55:11.072+01:00`, RFC 3339 or ISO 8601, with a zone.
pub fn iso_time(input: &[u8]) -> Parsed<'_, Range<Micros>> {
    let date = (digits(4), byte(b'-'), digits(2), byte(b'-'), digits(2));
    map_opt(
        (
            date,
            one_of("Tt "),
            clock,
            opt(fraction),
            opt(byte(b' ')),
            zone,
        ),
        |((year, _, month, _, day), _, clock, fraction, _, zone)| {
            moment(
                days_from_civil(year, month, day)? * 86_400 + clock - zone,
                fraction,
            )
        },
    )
    .parse(input)
}

/// Month, day, second of the day, and a fraction.
type MonthToFraction = (i64, i64, i64, Option<(Micros, Micros)>);

/// `Nov 21 21:55:11.072`: month, day, second of the day, and a fraction.
fn month_to_fraction(input: &[u8]) -> Parsed<'_, MonthToFraction> {
    let day = alt((preceded(byte(b' '), digits(1)), digits(2)));
    let parts = (
        month_name,
        byte(b' '),
        day,
        byte(b' '),
        clock,
        opt(fraction),
    );
    parts
        .map(|(month, _, day, _, clock, fraction)| (month, day, clock, fraction))
        .parse(input)
}

/// `Nov 21 21:55:11`, as a clock on the wall shows it, read as if it hung in UTC and in the year 2000, which has a
/// 29 February.
pub fn yearless_time(input: &[u8]) -> Parsed<'_, Range<Micros>> {
    map_opt(month_to_fraction, |(month, day, clock, fraction)| {
        moment(
            days_from_civil(2000, month, day)? * 86_400 + clock,
            fraction,
        )
    })
    .parse(input)
}

/// `2026/11/21 21:55:11`, as a clock on the wall shows it, read as if it hung in UTC.
pub fn slash_time(input: &[u8]) -> Parsed<'_, Range<Micros>> {
    let date = (digits(4), byte(b'/'), digits(2), byte(b'/'), digits(2));
    map_opt(
        (date, byte(b' '), clock),
        |((year, _, month, _, day), _, clock)| {
            moment(days_from_civil(year, month, day)? * 86_400 + clock, None)
        },
    )
    .parse(input)
}

/// `Sat Nov 21 21:55:11.072123 2026`, the same.
pub fn apache_time(input: &[u8]) -> Parsed<'_, Range<Micros>> {
    let weekday = take_while_m_n(3, 3, |b: u8| b.is_ascii_alphabetic());
    map_opt(
        (
            weekday,
            byte(b' '),
            month_to_fraction,
            byte(b' '),
            digits(4),
        ),
        |(_, _, (month, day, clock, fraction), _, year)| {
            moment(
                days_from_civil(year, month, day)? * 86_400 + clock,
                fraction,
            )
        },
    )
    .parse(input)
}

/// `2026-11-21 21:55:11,072`, as a clock on the wall shows it, read as if it hung in UTC.
pub fn wall_time(input: &[u8]) -> Parsed<'_, Range<Micros>> {
    let date = (digits(4), byte(b'-'), digits(2), byte(b'-'), digits(2));
    map_opt(
        (date, one_of("Tt "), clock, opt(fraction)),
        |((year, _, month, _, day), _, clock, fraction)| {
            moment(
                days_from_civil(year, month, day)? * 86_400 + clock,
                fraction,
            )
        },
    )
    .parse(input)
}

/// `1795294511.072`, seconds since the epoch.
pub fn epoch_time(input: &[u8]) -> Parsed<'_, Range<Micros>> {
    map_opt((digit1, opt(fraction)), |(seconds, fraction)| {
        moment(
            decimal(seconds).filter(|s| (0..END_OF_TIME).contains(s))?,
            fraction,
        )
    })
    .parse(input)
}

/// The year 10000 in seconds: a larger number is no time in seconds.
pub const END_OF_TIME: i64 = 253_402_300_800;

/// A field in double quotes, without them, as it stands: a backslash protects the byte after it.
pub fn quoted(input: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(byte(b'"'), to_quote, byte(b'"')).parse(input)
}

/// Everything before the next quote that no backslash protects.
fn to_quote(input: &[u8]) -> Parsed<'_, &[u8]> {
    let mut at = 0;
    while let Some(found) = input.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if input[at] == b'"' {
            return Ok((&input[at..], &input[..at]));
        }
        at += 2;
    }
    let what = "a closing quote";
    Err(nom::Err::Error(Expected { rest: input, what }))
}

/// The text that a log wrote with escapes, with U+FFFD for what is not UTF-8.
pub fn text(raw: &[u8]) -> Cow<'_, str> {
    match memchr(b'\\', raw) {
        None => utf8(raw),
        Some(_) => Cow::Owned(utf8(&unescape(raw)).into_owned()),
    }
}

/// The same bytes as text, with U+FFFD for what is not UTF-8. Most is, and the plain test is the faster.
pub fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    simdutf8::basic::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Apache's one-letter escapes; nginx writes `\xHH` only.
const ESCAPES: [(u8, u8); 8] = [
    (b'"', b'"'),
    (b'\\', b'\\'),
    (b'n', b'\n'),
    (b't', b'\t'),
    (b'r', b'\r'),
    (b'b', 0x08),
    (b'f', 0x0c),
    (b'v', 0x0b),
];

/// Undoes `\xHH` and [`ESCAPES`]; any other backslash stands for itself.
pub fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        bytes.extend_from_slice(&rest[..at]);
        let (byte, used) = escape(&rest[at + 1..]).unwrap_or((b'\\', 0));
        bytes.push(byte);
        rest = &rest[at + 1 + used..];
    }
    bytes.extend_from_slice(rest);
    bytes
}

/// The byte that stands behind a backslash, and how many bytes write it.
fn escape(input: &[u8]) -> Option<(u8, usize)> {
    match *input {
        [b'x', high, low, ..] => Some((hex(high)? << 4 | hex(low)?, 3)),
        [letter, ..] => ESCAPES
            .iter()
            .find(|(name, _)| *name == letter)
            .map(|&(_, byte)| (byte, 1)),
        [] => None,
    }
}

/// A hexadecimal digit.
pub fn hex(digit: u8) -> Option<u8> {
    let number = HEX[usize::from(digit)];
    (number < 16).then_some(number)
}

/// The number that these hexadecimal digits write.
pub fn hexadecimal<const N: usize>(digits: &[u8; N]) -> Option<u64> {
    const { assert!(N < 16, "more do not fit") };
    let digits = digits.map(|digit| HEX[usize::from(digit)]);
    let all = digits.iter().fold(0, |all, digit| all | digit);
    let number = digits.iter().fold(0, |n, digit| n << 4 | u64::from(*digit));
    (all < 16).then_some(number)
}

/// What each byte is as a hexadecimal digit; 16 where it is none. Whether one is a letter cannot be foretold.
static HEX: [u8; 256] = {
    let mut numbers = [16; 256];
    let mut number = 0;
    while number < 16 {
        numbers[b"0123456789abcdef"[number as usize] as usize] = number;
        numbers[b"0123456789ABCDEF"[number as usize] as usize] = number;
        number += 1;
    }
    numbers
};

/// A network address, IPv4-mapped ones reduced. `None` for `unix:` and host names.
pub fn address(text: &[u8]) -> Option<IpAddr> {
    if let Some(address) = ipv4(text) {
        return Some(address.into());
    }
    let address: IpAddr = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(canonical(address))
}

/// `203.0.113.9`, as the standard library reads it, in a third of the time: every line has one.
pub fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let (address, rest) = leading_ipv4(text)?;
    rest.is_empty().then_some(address)
}

/// The same at the beginning of a text, and what stands behind it.
#[inline]
pub fn leading_ipv4(text: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let (first, rest) = octet(text)?;
    let (second, rest) = octet(rest.strip_prefix(b".")?)?;
    let (third, rest) = octet(rest.strip_prefix(b".")?)?;
    let (fourth, rest) = octet(rest.strip_prefix(b".")?)?;
    Some((Ipv4Addr::new(first, second, third, fourth), rest))
}

/// A number up to 255, and what stands behind it.
#[inline]
fn octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |at: usize| text.get(at).map_or(10, |byte| byte.wrapping_sub(b'0'));
    let first = digit(0);
    if first > 9 {
        return None;
    }
    // A leading zero would make it octal to some.
    if first == 0 || digit(1) > 9 {
        return Some((first, &text[1..]));
    }
    let two = first * 10 + digit(1);
    if digit(2) > 9 {
        return Some((two, &text[2..]));
    }
    let three = two.checked_mul(10)?.checked_add(digit(2))?;
    Some((three, &text[3..]))
}

/// A network address, with the port and the brackets that some proxies add.
pub fn address_and_port(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let address: Option<IpAddr> = bare.unwrap_or(text).parse().ok();
    address
        .or_else(|| text.parse::<SocketAddr>().ok().map(|s| s.ip()))
        .map(canonical)
}

/// The last of several values that a proxy chained: `203.0.113.9, 10.0.0.1`.
pub fn last_of(list: &str, separator: char) -> &str {
    list.rsplit(separator).next().unwrap_or_default().trim()
}

/// Method and target of `GET /path HTTP/1.1`. `None`: this is no HTTP request, but what a scanner or a
/// TLS client sent to a plain port. The target may hold blanks, as some servers let them pass.
pub fn request_line(line: &str) -> Option<(&str, &str)> {
    let is_of_method = |b: u8| b.is_ascii_alphabetic() || b == b'-' || b == b'_';
    let end = line.bytes().position(|b| !is_of_method(b))?;
    let (method, rest) = line.split_at(end);
    let rest = rest.strip_prefix(' ')?;
    if !(1..=32).contains(&method.len()) {
        return None;
    }
    if let Some(target) = rest.strip_suffix(" HTTP/1.1") {
        return Some((method, target));
    }
    let end = memrchr(b' ', rest.as_bytes()).filter(|&at| is_protocol(&rest[at + 1..]));
    match end {
        Some(at) => Some((method, &rest[..at])),
        // HTTP/0.9 names no protocol, neither does a line that was too long and is cut.
        None => rest.starts_with('/').then_some((method, rest)),
    }
}

/// `HTTP/1.1`, `HTTP/3`.
fn is_protocol(text: &str) -> bool {
    text.strip_prefix("HTTP/").is_some_and(|version| {
        (1..=4).contains(&version.len()) && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    })
}

/// `parser`, and the blank after it.
pub fn field<'a, P>(
    what: &'static str,
    parser: P,
) -> impl Parser<&'a [u8], Output = P::Output, Error = Expected<'a>>
where
    P: Parser<&'a [u8], Error = Expected<'a>>,
{
    expect(what, terminated(parser, byte(b' ')))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{
        address_and_port, clf_grammar, clf_time, days_from_civil, epoch_time, ipv4, iso_time,
        plain_clf_time, request_line, unescape,
    };

    proptest! {
        /// Whatever the straight path reads, the grammar reads the same.
        #[test]
        fn plain_times_are_those_of_the_grammar(
            text in "([0-3][0-9]|3[a0])[/:](Feb|Jun|Jul|Dec|nov)/[0-9]{4}:[0-2][0-9]:[0-6][0-9]:[0-6][0-9] [-+x][0-2][0-9][0-6][0-9]"
        ) {
            let of_grammar = clf_grammar(text.as_bytes()).ok().map(|(_, time)| time);
            let plain = text.as_bytes().first_chunk().and_then(plain_clf_time);
            prop_assert_eq!(plain, of_grammar);
        }

        #[test]
        fn ipv4_is_that_of_the_standard_library(text in "([0-9]{0,3}|[ a+:]|25[0-9])([.]([0-9]{1,3}|25[0-9])){2,4}[.]?") {
            prop_assert_eq!(ipv4(text.as_bytes()), text.parse::<Ipv4Addr>().ok());
        }
    }

    /// Every day of two turns of the calendar, against another implementation.
    #[test]
    fn days_are_those_of_the_calendar() {
        let first = NaiveDate::from_ymd_opt(1600, 1, 1).unwrap();
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for date in first.iter_days().take(800 * 366) {
            let (year, month, day) = (date.year(), date.month(), date.day());
            let days = days_from_civil(year.into(), month.into(), day.into());
            assert_eq!(days, Some((date - epoch).num_days()), "{date}");
        }
        for (year, month, day) in [
            (2027, 2, 29),
            (2100, 2, 29),
            (2026, 4, 31),
            (2026, 13, 1),
            (2026, 1, 0),
        ] {
            assert_eq!(days_from_civil(year, month, day), None);
        }
    }

    #[test]
    fn times_of_several_writings_are_one() {
        let start = 1_795_294_511_000_000;
        let second = start..start + 1_000_000;
        let (rest, time) = clf_time(b"21/Nov/2026:21:55:11 +0100]").unwrap();
        assert_eq!((rest, time), (&b"]"[..], second.clone()));
        for text in [
            "2026-11-21T20:55:11Z",
            "2026-11-21 15:55:11 -0500",
            "2026-11-21T21:55:11+01:00",
        ] {
            assert_eq!(iso_time(text.as_bytes()).unwrap().1, second);
        }
        assert_eq!(epoch_time(b"1795294511").unwrap().1, second);
        assert_eq!(
            epoch_time(b"1795294511.07").unwrap().1,
            start + 70_000..start + 80_000
        );
        for text in [
            "2026-11-21T20:55:11",
            "2026-11-21T20:55:61Z",
            "2026-11-21T20:60:00Z",
            "2026-11-21",
        ] {
            assert!(iso_time(text.as_bytes()).is_err(), "{text}");
        }
        assert!(
            epoch_time(b"1795294511072").is_err(),
            "these are milliseconds"
        );
    }

    #[test]
    fn escapes() {
        for (raw, expected) in [
            (&br"\x22\x5C\x0a"[..], &b"\"\\\n"[..]),
            (br#"\"\\\t\q"#, b"\"\\\t\\q"),
            (br"\x4", br"\x4"),
            (br"\xg0\", br"\xg0\"),
        ] {
            assert_eq!(unescape(raw), expected);
        }
    }

    #[test]
    fn request_lines() {
        for (line, expected) in [
            ("GET /x HTTP/1.1", Some(("GET", "/x"))),
            ("GET /x", Some(("GET", "/x"))),
            ("GET  HTTP/1.1", Some(("GET", ""))),
            ("M-SEARCH * HTTP/1.1", Some(("M-SEARCH", "*"))),
            ("GET /x HTTP/", Some(("GET", "/x HTTP/"))),
            ("GET", None),
            ("", None),
            (" / HTTP/1.1", None),
            ("t3 12.1.2", None),
        ] {
            assert_eq!(request_line(line), expected, "{line}");
        }
    }

    #[test]
    fn addresses_of_proxies() {
        for text in [
            "203.0.113.9",
            " 203.0.113.9:80",
            "::ffff:203.0.113.9",
            "[::ffff:203.0.113.9]:80",
        ] {
            let address = address_and_port(text.as_bytes()).unwrap();
            assert_eq!(address.to_string(), "203.0.113.9");
        }
        for text in [
            "",
            "unix:",
            "unknown",
            "203.0.113.9:http",
            "203.0.113",
            "[::1",
        ] {
            assert_eq!(address_and_port(text.as_bytes()), None);
        }
    }
}
