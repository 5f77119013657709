//! `/var/log/pritunl_journal.log`: one `json.dumps` object a line, written by `pritunl/runners/journal.py`.
//!
//! Every line is read by [`quick`] if it has the plain layout that Python writes for a flat object without
//! escapes, and by [`general`] (`serde_json`) otherwise. Both collect the same [`Fields`], and a property
//! test holds them equal.

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::grammar::{decimal, hexadecimal, ipv4, utf8};
use super::{Format, Mismatch};
use crate::event::{Entry, Event, Kind, Micros, Outcome, SECOND, Serial, ServerStart, canonical};
use crate::places::{NO_BITS, quotes};
use crate::sieve::{Heading, NoSieve, Sieve, Sifted};
use crate::system::{Routes, Statement, System, Version, pritunl};

/// Timestamps above this are milliseconds: as seconds it is the year 5138.
const FIRST_MILLISECONDS: f64 = 1e11;

/// The last second of the year 9999, beyond which a time is no time.
const LAST_SECOND: f64 = 253_402_300_799.0;

pub struct PritunlJournal;

impl Format for PritunlJournal {
    fn name(&self) -> &'static str {
        "pritunl_journal"
    }

    fn title(&self) -> &'static str {
        "Pritunl's audit journal, /var/log/pritunl_journal.log (JSON lines)"
    }

    fn system(&self) -> Option<&'static System> {
        Some(&pritunl::SYSTEM)
    }

    fn client<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        const KEY: &[u8] = b"\"remote_address\": \"";
        let value = memchr::memmem::rfind(line, KEY)? + KEY.len();
        let end = memchr::memchr(b'"', &line[value..])?;
        Some(&line[value..value + end])
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        Ok(self.sift(line, &mut NoSieve)?.and_then(Sifted::event))
    }

    fn sift(&self, line: &[u8], sieve: &mut dyn Sieve) -> Result<Option<Sifted>, Mismatch> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(None);
        }
        let mut fields = Fields::<&[u8]>::NONE;
        match quick(line, &mut fields) {
            Some(()) => sifted(&fields, sieve),
            None => sifted(&general(line)?, sieve),
        }
        .map(Some)
    }
}

/// The fields that mean something to us, as they stand in the line: a text as the bytes of its UTF-8, of which few are
/// kept. The first of two equal keys wins.
#[derive(Debug, PartialEq)]
struct Fields<T> {
    id: Option<T>,
    event: Option<T>,
    timestamp: Option<Number>,
    host_id: Option<T>,
    host_name: Option<T>,
    address: Option<T>,
    principal: Option<T>,
    device: Option<T>,
    reason: Option<T>,
    text: Option<T>,
    version: Option<T>,
    strict: Option<bool>,
}

/// JSON numbers keep apart what Python keeps apart: whole seconds are truncated, floats are exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Whole(i64),
    Float(f64),
}

/// One value of a flat object, as far as it can mean something to us.
pub(super) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Number(Number),
    Bool(bool),
    Null,
}

impl<T> Fields<T> {
    const NONE: Self = Self {
        id: None,
        event: None,
        timestamp: None,
        host_id: None,
        host_name: None,
        address: None,
        principal: None,
        device: None,
        reason: None,
        text: None,
        version: None,
        strict: None,
    };

    /// Takes a text in; keys we do not know are passed over.
    #[inline]
    fn set_text(&mut self, key: &[u8], text: impl Into<T>) {
        if let Some(field @ None) = self.text(key) {
            *field = Some(text.into());
        }
    }

    /// Takes in what is no text.
    fn set(&mut self, key: &[u8], value: &Scalar<'_>) {
        match *value {
            Scalar::Number(number) if key == b"timestamp" => {
                self.timestamp.get_or_insert(number);
            }
            Scalar::Bool(strict) if key == b"web_auth_strict" => {
                self.strict.get_or_insert(strict);
            }
            _ => {}
        }
    }

    /// Where the text under this key belongs. Which key holds the address and the principal depends on
    /// the handler that wrote the line.
    #[inline]
    fn text(&mut self, key: &[u8]) -> Option<&mut Option<T>> {
        // By length first, so that a key is compared with one or two names and not with all.
        Some(match (key.len(), key) {
            (2, b"id") => &mut self.id,
            (5, b"event") => &mut self.event,
            (7, b"host_id") => &mut self.host_id,
            (9, b"host_name") => &mut self.host_name,
            (14, b"remote_address") | (11, b"remote_addr") | (12, b"real_address") => {
                &mut self.address
            }
            (10, b"admin_name") | (9, b"user_name") | (8, b"username") | (13, b"auth_username") => {
                &mut self.principal
            }
            (9, b"device_id") | (8, b"mac_addr") | (11, b"device_name") => &mut self.device,
            (6, b"reason") => &mut self.reason,
            (11, b"reason_long") | (10, b"event_long") => &mut self.text,
            (7, b"version") => &mut self.version,
            _ => return None,
        })
    }
}

/// Reads a flat object in the layout `{"key": value, "key": value}`, in plain ASCII without an escape, into `fields`,
/// which are too large to be handed back; `None` for any other.
fn quick<'a, T: From<&'a [u8]>>(line: &'a [u8], fields: &mut Fields<T>) -> Option<()> {
    let mut room = NO_BITS;
    let mut quotes = quotes(line, &mut room)?;
    let four = |at: usize| line.get(at..)?.first_chunk();
    let mut open = quotes.next()?;
    if !line.starts_with(b"{\"") {
        return None;
    }
    loop {
        let close = quotes.next()?;
        let key = &line[open + 1..close];
        let (end, next) = if four(close)? == b"\": \"" {
            let (open, close) = (quotes.next()?, quotes.next()?);
            fields.set_text(key, &line[open + 1..close]);
            (close + 1, quotes.next())
        } else {
            let value = close + "\": ".len();
            // Up to what stands before the next key, or ends the line.
            let next = quotes.next();
            let end = next.map_or(line.len() - "}".len(), |next| next - ", ".len());
            let is_value = line[close..].starts_with(b"\": ");
            fields.set(key, &word(line.get(value..end).filter(|_| is_value)?)?);
            (end, next)
        };
        match (next, four(end)) {
            (Some(next), Some([b',', b' ', b'"', _])) => open = next,
            _ => return (line[end..] == *b"}").then_some(()),
        }
    }
}

/// A value that is no string.
fn word(word: &[u8]) -> Option<Scalar<'static>> {
    Some(match word {
        b"null" => Scalar::Null,
        b"true" => Scalar::Bool(true),
        b"false" => Scalar::Bool(false),
        _ => Scalar::Number(number(word)?),
    })
}

/// A number as Python writes it. What else JSON allows, and what it does not, is left to `serde_json`.
fn number(word: &[u8]) -> Option<Number> {
    if word.starts_with(b"0") {
        return None;
    }
    if let Some(whole) = decimal(word) {
        return Some(Number::Whole(whole));
    }
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let word = str::from_utf8(word).ok()?;
    let (whole, part) = word.split_once('.')?;
    let is_float = is_plain(whole) && is_plain(part);
    is_float.then(|| word.parse().ok().map(Number::Float))?
}

/// Reads any JSON object.
fn general(line: &[u8]) -> Result<Fields<Cow<'_, [u8]>>, Mismatch> {
    let mut json = serde_json::Deserializer::from_slice(line);
    json.deserialize_map(FieldsVisitor)
        .and_then(|fields| json.end().map(|()| fields))
        .map_err(|e| Mismatch {
            offset: e.column().saturating_sub(1),
            expected: "a JSON object",
        })
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<Cow<'de, [u8]>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut fields = Fields::NONE;
        while let Some(Text(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            match scalar(value.get()) {
                Some(Scalar::Text(text)) => fields.set_text(key.as_bytes(), into_bytes(text)),
                Some(other) => fields.set(key.as_bytes(), &other),
                None => {}
            }
        }
        Ok(fields)
    }
}

fn into_bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => text.as_bytes().into(),
        Cow::Owned(text) => text.into_bytes().into(),
    }
}

/// A value that is no list and no object, and that Rust can hold.
pub(super) fn scalar(raw: &str) -> Option<Scalar<'_>> {
    Some(match raw.as_bytes().first()? {
        b'"' => Scalar::Text(serde_json::from_str::<Text<'_>>(raw).ok()?.0),
        b'n' => Scalar::Null,
        b't' => Scalar::Bool(true),
        b'f' => Scalar::Bool(false),
        b'-' | b'0'..=b'9' => Scalar::Number(match raw.parse() {
            Ok(whole) => Number::Whole(whole),
            Err(_) => Number::Float(raw.parse().ok()?),
        }),
        _ => return None,
    })
}

/// A string that may hold lone surrogates, as Python writes for an undecodable byte: a client that
/// sends one must not be able to hide its line from us.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(TextVisitor).map(Text)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(String::from_utf8_lossy(bytes))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
    }
}

/// What a line's fields tell.
fn sifted<T: AsRef<[u8]>>(fields: &Fields<T>, sieve: &mut dyn Sieve) -> Result<Sifted, Mismatch> {
    let missing = |expected| Mismatch {
        offset: 0,
        expected,
    };
    let action = bytes(fields.event.as_ref()).ok_or(missing("the key \"event\""))?;
    let time = fields
        .timestamp
        .and_then(moment)
        .ok_or(missing("the key \"timestamp\", a time"))?;
    // Logins have `reason` and `reason_long`, everything else `event_long`, some lines neither.
    let reason = bytes(fields.text.as_ref()).or(bytes(fields.reason.as_ref()));
    let statement = pritunl::SYSTEM.statement(action, reason.unwrap_or_default());
    let source = bytes(fields.address.as_ref()).and_then(address);
    let principal = bytes(fields.principal.as_ref()).filter(|name| !name.is_empty());
    let host = bytes(fields.host_name.as_ref()).or(bytes(fields.host_id.as_ref()));
    let heading = Heading {
        action,
        statement,
        outcome: outcome(action, statement),
        is_named: principal.is_some(),
        host,
        serial: bytes(fields.id.as_ref()).and_then(serial),
    };
    let is_start = action == b"web_server_start";
    if !is_start && let Some(kind) = sieve.entry(&heading) {
        return Ok(Sifted::Glimpse(time, source, kind));
    }
    let kept = |field: &[u8]| Box::<str>::from(utf8(field));
    Ok(Sifted::from(Event {
        time,
        source,
        kind: Kind::Entry(Entry {
            action: statement.map_or_else(|| known(action, None), |s| s.action.into()),
            reason: reason.map(|reason| known(reason, statement.map(|s| s.reason))),
            outcome: heading.outcome,
            statement,
            principal: principal.map(kept),
            device: bytes(fields.device.as_ref()).map(kept),
            path: None,
            host: host.map(kept),
            start: is_start.then(|| ServerStart {
                version: bytes(fields.version.as_ref()).and_then(|v| Version::parse(&utf8(v))),
                strict: fields.strict,
            }),
            serial: heading.serial,
            routes: Routes::EVERY,
            trail: None,
        }),
    }))
}

fn bytes<T: AsRef<[u8]>>(field: Option<&T>) -> Option<&[u8]> {
    field.map(AsRef::as_ref)
}

/// A copy of `text`, but of the table where it has the same.
pub(super) fn known(text: &[u8], in_table: Option<&'static str>) -> Cow<'static, str> {
    match in_table {
        Some(same) if same.as_bytes() == text => Cow::Borrowed(same),
        _ => Cow::Owned(utf8(text).into_owned()),
    }
}

/// Whole seconds are truncated ones (since 1.32.4258.38), floats are exact, and whole numbers too large
/// for seconds are milliseconds (only between two commits of one day in 2025, never released).
fn moment(number: Number) -> Option<Range<Micros>> {
    #[allow(clippy::cast_precision_loss)] // compared with round limits only
    let value = match number {
        Number::Whole(whole) => whole as f64,
        Number::Float(float) => float,
    };
    let milliseconds = value > FIRST_MILLISECONDS;
    let seconds = if milliseconds { value / 1000.0 } else { value };
    if !(0.0..=LAST_SECOND).contains(&seconds) {
        return None;
    }
    let (from, width) = match number {
        Number::Whole(whole) if milliseconds => (whole * 1000, 1000),
        Number::Whole(whole) => (whole * SECOND, SECOND),
        #[allow(clippy::cast_possible_truncation)] // the range was checked above
        Number::Float(_) => ((seconds * 1e6).round() as Micros, 1),
    };
    Some(from..from + width)
}

/// A `MongoDB` object id (<https://www.mongodb.com/docs/manual/reference/bson-types/#objectid>): seconds in 4
/// bytes, a number of the process in 5, a counter in 3, in hexadecimal.
fn serial(id: &[u8]) -> Option<Serial> {
    let id: &[u8; 24] = id.try_into().ok()?;
    let (process, count) = id[8..].split_first_chunk::<10>()?;
    Some(Serial {
        process: hexadecimal(process)?,
        count: u32::try_from(hexadecimal::<6>(count.try_into().ok()?)?).ok()?,
    })
}

/// An address, with or without port. An IPv6 address cut at its first colon, as 1.32.3897.75 to
/// 1.32.4047.16 wrote it, is none.
pub(super) fn address(text: &[u8]) -> Option<IpAddr> {
    if let Some(address) = ipv4(text) {
        return Some(address.into());
    }
    let text = str::from_utf8(text).ok()?;
    let parsed = text.parse().ok();
    let with_port = || text.parse().ok().map(|a: std::net::SocketAddr| a.ip());
    parsed.or_else(with_port).map(canonical)
}

/// What the table says, and for lines it does not know what the server's naming says: all failures end
/// in `_failure` but one (`handlers/auth.py` passes the reason where the event belongs).
pub(super) fn outcome(action: &[u8], statement: Option<&Statement>) -> Outcome {
    match statement {
        Some(statement) => statement.meaning.into(),
        None if action.ends_with(b"_failure") || action == b"plugin_failed" => Outcome::Failure,
        None if action.ends_with(b"_success") => Outcome::Success,
        None => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};

    use super::{Fields, general};

    fn quick(line: &[u8]) -> Option<Fields<Cow<'_, [u8]>>> {
        let mut fields = Fields::NONE;
        super::quick(line, &mut fields).map(|()| fields)
    }

    /// Values as Python's `json.dumps` writes them for the journal.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z0-9 .:@_()=-]{0,20}".prop_map(|s| format!("\"{s}\"")),
            // Mostly no JSON, or in another layout.
            "[a-z0-9\"\\\\ ,:{}\n\u{e4}\u{7f}.]{0,6}".prop_map(|s| format!("\"{s}\"")),
            "[a-z0-9\"\\\\ ,:{}.-]{0,6}",
            (0u64..2_000_000_000).prop_map(|n| n.to_string()),
            (0u64..2_000_000_000, 0u32..1_000_000).prop_map(|(s, us)| format!("{s}.{us:06}")),
            any::<bool>().prop_map(|b| b.to_string()),
            Just("null".to_owned()),
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        let keys = proptest::sample::select(vec![
            "id",
            "event",
            "timestamp",
            "host_id",
            "host_name",
            "remote_address",
            "remote_addr",
            "admin_name",
            "user_name",
            "reason",
            "reason_long",
            "event_long",
            "version",
            "web_auth_strict",
            "device_name",
            "host_public_address",
            "server_port",
            "",
        ]);
        proptest::collection::vec((keys, value()), 0..12).prop_map(|pairs| {
            let body: Vec<_> = pairs.iter().map(|(k, v)| format!("\"{k}\": {v}")).collect();
            format!("{{{}}}", body.join(", "))
        })
    }

    proptest! {
        /// Where the quick reader reads a line at all, the general one reads the same.
        #[test]
        fn both_readers_agree(line in line()) {
            if let Some(fields) = quick(line.as_bytes()) {
                prop_assert_eq!(Ok(fields), general(line.as_bytes()));
            }
        }

        /// A line that has lost some of its bytes is read by both alike, or by neither.
        #[test]
        fn both_readers_agree_on_damaged_lines(line in line(), cut in any::<proptest::sample::Index>()) {
            let mut bytes = line.into_bytes();
            bytes.remove(cut.index(bytes.len()));
            if let Some(fields) = quick(&bytes) {
                prop_assert_eq!(Ok(fields), general(&bytes));
            }
        }
    }

    #[test]
    fn the_servers_own_layout_is_read_quickly() {
        let line = r#"{"id": "6b02052f11c7205a5ab735e7", "event": "admin_session_end", "timestamp": 1795294511, "host_id": "0f6c1d2e3b4a59687f6e5d4c3b2a1908", "host_name": "vpn-fra-01", "host_public_address": "203.0.113.10", "host_public_address6": null, "admin_super_user": true, "remote_address": "127.0.0.2"}"#;
        assert!(quick(line.as_bytes()).is_some());
    }
}
