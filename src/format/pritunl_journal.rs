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

use super::grammar::{decimal, hex, ipv4, utf8};
use super::{Format, Mismatch};
use crate::event::{Entry, Event, Kind, Micros, Outcome, SECOND, Serial, ServerStart, canonical};
use crate::places::quotes;
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
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(None);
        }
        let text = utf8(line);
        let fields = match quick(&text) {
            Some(fields) => fields,
            None => general(line)?,
        };
        event(&fields).map(Some)
    }
}

/// The fields that mean something to us, as they stand in the line. The first of two equal keys wins.
#[derive(Debug, Default, PartialEq)]
struct Fields<'a> {
    id: Option<Cow<'a, str>>,
    event: Option<Cow<'a, str>>,
    timestamp: Option<Number>,
    host_id: Option<Cow<'a, str>>,
    host_name: Option<Cow<'a, str>>,
    address: Option<Cow<'a, str>>,
    principal: Option<Cow<'a, str>>,
    device: Option<Cow<'a, str>>,
    reason: Option<Cow<'a, str>>,
    text: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
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

impl<'a> Fields<'a> {
    /// Takes a value in; keys we do not know are passed over.
    fn set(&mut self, key: &[u8], value: Scalar<'a>) {
        match value {
            Scalar::Text(text) => {
                if let Some(field) = self.text(key) {
                    field.get_or_insert(text);
                }
            }
            Scalar::Number(number) if key == b"timestamp" => {
                self.timestamp.get_or_insert(number);
            }
            Scalar::Bool(strict) if key == b"web_auth_strict" => {
                self.strict.get_or_insert(strict);
            }
            Scalar::Number(_) | Scalar::Bool(_) | Scalar::Null => {}
        }
    }

    /// Where the text under this key belongs. Which key holds the address and the principal depends on
    /// the handler that wrote the line.
    #[inline]
    fn text(&mut self, key: &[u8]) -> Option<&mut Option<Cow<'a, str>>> {
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

/// Reads a flat object in the layout `{"key": value, "key": value}`, in plain ASCII without an escape; `None` for
/// any other.
fn quick(line: &str) -> Option<Fields<'_>> {
    let bytes = line.as_bytes();
    let mut quotes = quotes(bytes);
    let mut fields = Fields::default();
    let mut open = quotes.next()?;
    if !bytes.starts_with(b"{\"") {
        return None;
    }
    loop {
        let close = quotes.next()?;
        let key = &bytes[open + 1..close];
        let [b'"', b':', b' ', first, ..] = bytes[close..] else {
            return None;
        };
        let value = close + "\": ".len();
        let (end, next) = if first == b'"' {
            let (_, end) = (quotes.next()?, quotes.next()?);
            if let Some(field @ None) = fields.text(key) {
                *field = Some(Cow::Borrowed(&line[value + 1..end]));
            }
            (end + 1, quotes.next())
        } else {
            // Up to what stands before the next key, or ends the line.
            let next = quotes.next();
            let end = next.map_or(bytes.len() - "}".len(), |next| next - ", ".len());
            fields.set(key, word(line.get(value..end)?)?);
            (end, next)
        };
        match (next, &bytes[end..]) {
            (Some(next), [b',', b' ', b'"', ..]) if next == end + 2 => open = next,
            (None, [b'}']) => return Some(fields),
            _ => return None,
        }
    }
}

/// A value that is no string.
fn word(word: &str) -> Option<Scalar<'static>> {
    Some(match word {
        "null" => Scalar::Null,
        "true" => Scalar::Bool(true),
        "false" => Scalar::Bool(false),
        _ => Scalar::Number(number(word)?),
    })
}

/// A number as Python writes it. What else JSON allows, and what it does not, is left to `serde_json`.
fn number(word: &str) -> Option<Number> {
    if word.starts_with('0') {
        return None;
    }
    if let Some(whole) = decimal(word.as_bytes()) {
        return Some(Number::Whole(whole));
    }
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = word.split_once('.')?;
    let is_float = is_plain(whole) && is_plain(part);
    is_float.then(|| word.parse().ok().map(Number::Float))?
}

/// Reads any JSON object.
fn general(line: &[u8]) -> Result<Fields<'_>, Mismatch> {
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
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut fields = Fields::default();
        while let Some(Text(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            if let Some(value) = scalar(value.get()) {
                fields.set(key.as_bytes(), value);
            }
        }
        Ok(fields)
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

/// The event that a line's fields tell.
fn event(fields: &Fields<'_>) -> Result<Event, Mismatch> {
    let missing = |expected| Mismatch {
        offset: 0,
        expected,
    };
    let action = fields
        .event
        .as_deref()
        .ok_or(missing("the key \"event\""))?;
    let time = fields
        .timestamp
        .and_then(moment)
        .ok_or(missing("the key \"timestamp\", a time"))?;
    // Logins have `reason` and `reason_long`, everything else `event_long`, some lines neither.
    let reason = fields.text.as_deref().or(fields.reason.as_deref());
    let statement = pritunl::SYSTEM.statement(action, reason.unwrap_or_default());
    Ok(Event {
        time,
        source: fields.address.as_deref().and_then(address),
        kind: Kind::Entry(Entry {
            action: known(action, statement.map(|s| s.action)),
            reason: reason.map(|reason| known(reason, statement.map(|s| s.reason))),
            outcome: outcome(action, statement),
            statement,
            principal: fields
                .principal
                .as_deref()
                .filter(|name| !name.is_empty())
                .map(Into::into),
            device: fields.device.as_deref().map(Into::into),
            path: None,
            host: fields
                .host_name
                .as_deref()
                .or(fields.host_id.as_deref())
                .map(Into::into),
            start: (action == "web_server_start").then(|| ServerStart {
                version: fields.version.as_deref().and_then(Version::parse),
                strict: fields.strict,
            }),
            serial: fields.id.as_deref().and_then(serial),
            routes: Routes::EVERY,
            trail: None,
        }),
    })
}

/// A copy of `text`, but of the table where it has the same.
pub(super) fn known(text: &str, in_table: Option<&'static str>) -> Cow<'static, str> {
    match in_table {
        Some(same) if same == text => Cow::Borrowed(same),
        _ => Cow::Owned(text.to_owned()),
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
fn serial(id: &str) -> Option<Serial> {
    let id: &[u8; 24] = id.as_bytes().try_into().ok()?;
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0, |n, &digit| Some(n << 4 | u64::from(hex(digit)?)))
    };
    Some(Serial {
        process: number(&id[8..18])?,
        count: u32::try_from(number(&id[18..])?).ok()?,
    })
}

/// An address, with or without port. An IPv6 address cut at its first colon, as 1.32.3897.75 to
/// 1.32.4047.16 wrote it, is none.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    if let Some(address) = ipv4(text.as_bytes()) {
        return Some(address.into());
    }
    let parsed = text.parse().ok();
    let with_port = || text.parse().ok().map(|a: std::net::SocketAddr| a.ip());
    parsed.or_else(with_port).map(canonical)
}

/// What the table says, and for lines it does not know what the server's naming says: all failures end
/// in `_failure` but one (`handlers/auth.py` passes the reason where the event belongs).
pub(super) fn outcome(action: &str, statement: Option<&Statement>) -> Outcome {
    match statement {
        Some(statement) => statement.meaning.into(),
        None if action.ends_with("_failure") || action == "plugin_failed" => Outcome::Failure,
        None if action.ends_with("_success") => Outcome::Success,
        None => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};

    use super::{general, quick, utf8};

    /// Values as Python's `json.dumps` writes them for the journal.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z0-9 .:@_()=-]{0,20}".prop_map(|s| format!("\"{s}\"")),
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
            if let Some(fields) = quick(&line) {
                prop_assert_eq!(fields, general(line.as_bytes()).unwrap());
            }
        }

        /// A line that has lost some of its bytes is read by both alike, or by neither.
        #[test]
        fn both_readers_agree_on_damaged_lines(line in line(), cut in any::<proptest::sample::Index>()) {
            let mut bytes = line.into_bytes();
            bytes.remove(cut.index(bytes.len()));
            if let Some(fields) = quick(&utf8(&bytes)) {
                prop_assert_eq!(Ok(fields), general(&bytes));
            }
        }
    }

    #[test]
    fn the_servers_own_layout_is_read_quickly() {
        let line = r#"{"id": "6b02052f11c7205a5ab735e7", "event": "admin_session_end", "timestamp": 1795294511, "host_id": "0f6c1d2e3b4a59687f6e5d4c3b2a1908", "host_name": "vpn-fra-01", "host_public_address": "203.0.113.10", "host_public_address6": null, "admin_super_user": true, "remote_address": "127.0.0.2"}"#;
        assert!(quick(line).is_some());
    }
}
