//! JSON access logs, one object a line: nginx's under the names that people give the fields, and Caddy's, which has
//! the request in an object of its own ([`OF_REQUEST`]) and each header as a list ([`HEADERS`]).
//!
//! [`ALIASES`] says which keys are read. What a key means is decided by its name alone, not by its
//! place; of two equal keys the first counts, so that one smuggled in behind it by a log format without
//! escaping changes nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use memchr::{memchr, memchr2, memmem};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::all_consuming;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::grammar::{
    END_OF_TIME, address_and_port, clf_time, decimal, epoch_time, hex, iso_time, last_of,
    request_line, unescape, utf8,
};
use super::redact::redact_target;
use super::{Format, Mismatch};
use crate::event::{self, Event, Kind, Micros, Request, SECOND, Sent, Timestamp};

pub struct AccessJson;

impl Format for AccessJson {
    fn name(&self) -> &'static str {
        "access_json"
    }

    fn title(&self) -> &'static str {
        "access log as JSON, one object per line"
    }

    fn client<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        const KEY: &[u8] = b"\"remote_addr\":\"";
        let value = memchr::memmem::find(line, KEY)? + KEY.len();
        let end = memchr::memchr(b'"', &line[value..])?;
        Some(&line[value..value + end])
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        if line.trim_ascii_start().first() != Some(&b'{') {
            return Err(Mismatch {
                offset: 0,
                expected: "a JSON object",
            });
        }
        // nginx passes on whatever bytes the client sent: such a line is no UTF-8.
        let event = read(&utf8(line)).or_else(|e| match e.expected {
            MALFORMED => mended(line).map_or(Err(e), |text| read(&text)),
            _ => Err(e),
        });
        // Neither text is as long as the line where it differs from it.
        event.map(Some).map_err(|e| Mismatch {
            offset: e.offset.min(line.len()),
            ..e
        })
    }
}

/// What a line that is no JSON lacks.
const MALFORMED: &str = "well-formed JSON";

fn read(text: &str) -> Result<Event, Mismatch> {
    let mut fields = Fields::default();
    let mut json = serde_json::Deserializer::from_str(text);
    Filling(&mut fields)
        .deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|e| Mismatch {
            offset: e.column().saturating_sub(1),
            expected: MALFORMED,
        })?;
    fields.event()
}

/// The line without what JSON does not allow and logs hold all the same; `None` where it has none of that.
#[cold]
fn mended(line: &[u8]) -> Option<String> {
    let text = without_hex_escapes(line);
    without_lone_surrogates(text.as_deref().map_or(line, str::as_bytes)).or(text)
}

/// Half a character, which a client may send so that its line is not read. `None` where there is none.
fn without_lone_surrogates(line: &[u8]) -> Option<String> {
    let mut text = Vec::with_capacity(line.len());
    let (mut rest, mut is_changed) = (line, false);
    while let Some(at) = memchr(b'\\', rest) {
        let (before, escape) = rest.split_at(at);
        text.extend_from_slice(before);
        let length = match (
            surrogate(escape),
            surrogate(escape.get(6..).unwrap_or_default()),
        ) {
            (Some(0xD800..0xDC00), Some(0xDC00..)) => 12,
            (Some(_), _) => {
                text.extend_from_slice(br"\ufffd");
                is_changed = true;
                rest = &escape[6..];
                continue;
            }
            (None, _) => escape.len().min(2),
        };
        text.extend_from_slice(&escape[..length]);
        rest = &escape[length..];
    }
    text.extend_from_slice(rest);
    is_changed.then(|| utf8(&text).into_owned())
}

/// Half a character that is written here as `\ud83d`.
fn surrogate(escape: &[u8]) -> Option<u16> {
    let digits = escape.strip_prefix(br"\u")?.get(..4)?;
    let number = |n: u16, digit: &u8| Some(n << 4 | u16::from(hex(*digit)?));
    let half = digits.iter().try_fold(0, number)?;
    (0xD800..0xE000).contains(&half).then_some(half)
}

/// A `log_format` without `escape=json` writes `\x22` inside JSON strings. The same line as JSON wants
/// it; `None` where it holds no such escape.
fn without_hex_escapes(line: &[u8]) -> Option<String> {
    memmem::find(line, b"\\x")?;
    let mut json = Vec::with_capacity(line.len() + 16);
    let mut rest = line;
    while let Some(at) = memmem::find(rest, b"\\x") {
        let end = rest.len().min(at + r"\x22".len());
        json.extend_from_slice(&rest[..at]);
        for byte in unescape(&rest[at..end]) {
            match byte {
                b'"' | b'\\' => json.extend_from_slice(&[b'\\', byte]),
                0x00..0x20 => json.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => json.push(byte),
            }
        }
        rest = &rest[end..];
    }
    json.extend_from_slice(rest);
    Some(utf8(&json).into_owned())
}

/// What a key tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Time,
    Address,
    Method,
    /// `GET /x?a=1 HTTP/1.1`
    RequestLine,
    /// Path and query as the client sent them.
    Target,
    /// Path, perhaps without its query.
    Path,
    Query,
    Status,
    Bytes,
    Duration,
    UpstreamStatus,
    UpstreamAddress,
    RequestId,
    Forwarded,
    Agent,
    User,
    Host,
    /// A Cookie header, or whether there was one.
    Cookie,
    /// An Authorization header, or whether there was one.
    Authorization,
    /// An Auth-Token header, or whether there was one.
    Token,
    /// The header in which an API client says what time it is.
    Timestamp,
}

/// Number of [`Field`]s.
const FIELDS: usize = Field::Timestamp as usize + 1;

/// A key under which a field is found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Alias {
    pub(super) key: &'static str,
    field: Field,
    /// Where a line has several keys for one field, the lowest rank counts, then the first in the line.
    rank: u8,
}

const fn alias(key: &'static str, field: Field, rank: u8) -> Alias {
    Alias { key, field, rank }
}

/// The keys that are read, `$` before them or not. `bytes_sent` is not among them: it counts the header
/// too, and which refusal was sent is told by the size of the body alone.
#[rustfmt::skip]
static ALIASES: &[Alias] = &[
    // The most precise time counts, whatever its rank.
    alias("msec",                  Field::Time, 0),
    alias("ts",                    Field::Time, 0),
    alias("time",                  Field::Time, 0),
    alias("timestamp",             Field::Time, 0),
    alias("@timestamp",            Field::Time, 0),
    alias("time_iso8601",          Field::Time, 0),
    alias("time_local",            Field::Time, 0),
    alias("time_msec",             Field::Time, 0),
    alias("datetime",              Field::Time, 0),
    alias("date",                  Field::Time, 0),
    alias("epoch",                 Field::Time, 0),
    // nginx's own name first, what any client may send last.
    alias("remote_addr",           Field::Address, 0),
    alias("remote_ip",             Field::Address, 0),
    alias("remoteIP",              Field::Address, 0),
    alias("remote_address",        Field::Address, 0),
    alias("client",                Field::Address, 1),
    alias("client_ip",             Field::Address, 1),
    alias("clientip",              Field::Address, 1),
    alias("client_addr",           Field::Address, 1),
    alias("client_address",        Field::Address, 1),
    alias("source_ip",             Field::Address, 1),
    alias("remote_host",           Field::Address, 2),
    alias("http_client_ip",        Field::Address, 3),
    alias("request_method",        Field::Method, 0),
    alias("method",                Field::Method, 1),
    alias("http_method",           Field::Method, 1),
    alias("verb",                  Field::Method, 1),
    alias("request",               Field::RequestLine, 0),
    alias("request_line",          Field::RequestLine, 0),
    alias("request_uri",           Field::Target, 0),
    alias("uri",                   Field::Path, 0),
    alias("path",                  Field::Path, 1),
    alias("url",                   Field::Path, 2),
    alias("args",                  Field::Query, 0),
    alias("query_string",          Field::Query, 0),
    alias("query",                 Field::Query, 0),
    alias("status",                Field::Status, 0),
    alias("response_code",         Field::Status, 0),
    alias("status_code",           Field::Status, 0),
    alias("response_status",       Field::Status, 0),
    alias("http_status",           Field::Status, 0),
    alias("body_bytes_sent",       Field::Bytes, 0),
    alias("bytes",                 Field::Bytes, 1),
    alias("size",                  Field::Bytes, 2),
    alias("request_time",          Field::Duration, 0),
    alias("duration",              Field::Duration, 1),
    alias("request_duration",      Field::Duration, 1),
    alias("upstream_status",       Field::UpstreamStatus, 0),
    alias("upstream_addr",         Field::UpstreamAddress, 0),
    alias("request_id",            Field::RequestId, 0),
    alias("x_request_id",          Field::RequestId, 1),
    alias("http_x_request_id",     Field::RequestId, 1),
    alias("http_x_forwarded_for",  Field::Forwarded, 0),
    alias("x_forwarded_for",       Field::Forwarded, 0),
    alias("http_user_agent",       Field::Agent, 0),
    alias("user_agent",            Field::Agent, 0),
    alias("userAgent",             Field::Agent, 0),
    alias("agent",                 Field::Agent, 1),
    alias("remote_user",           Field::User, 0),
    alias("user",                  Field::User, 1),
    alias("host",                  Field::Host, 0),
    alias("http_host",             Field::Host, 1),
    alias("server_name",           Field::Host, 2),
    alias("http_cookie",           Field::Cookie, 0),
    alias("has_cookie",            Field::Cookie, 1),
    alias("http_authorization",    Field::Authorization, 0),
    alias("has_authorization",     Field::Authorization, 1),
    alias("http_auth_token",       Field::Token, 0),
    alias("has_auth_token",        Field::Token, 1),
    alias("http_auth_timestamp",   Field::Timestamp, 0),
    alias("auth_timestamp",        Field::Timestamp, 1),
    // Caddy's name for the principal of its own authentication.
    alias("user_id",               Field::User, 2),
];

/// What Caddy tells inside its `request`. `client_ip` (since 2.7) is what it makes of the headers of proxies that it was
/// told to trust, `remote_ip` (since 2.5) and `remote_addr` are the peer.
static OF_REQUEST: &[Alias] = &[
    alias("client_ip", Field::Address, 0),
    alias("remote_ip", Field::Address, 1),
    alias("remote_addr", Field::Address, 2),
    alias("method", Field::Method, 0),
    alias("uri", Field::Target, 0),
    alias("host", Field::Host, 0),
];

/// Where the request's headers are, each a list of values. Credentials have none, or `REDACTED`.
const HEADERS_KEY: &str = "headers";

static HEADERS: &[Alias] = &[
    alias("User-Agent", Field::Agent, 0),
    alias("X-Forwarded-For", Field::Forwarded, 0),
    alias("Cookie", Field::Cookie, 0),
    alias("Authorization", Field::Authorization, 0),
    alias("Auth-Token", Field::Token, 0),
    alias("Auth-Timestamp", Field::Timestamp, 0),
];

/// Places in [`INDEX`]: a power of two well above the number of aliases, so that few share one.
const PLACES: usize = 256;

/// Where an alias may stand in [`ALIASES`], by [`place`]; [`FREE`] where none does. Half the time of a
/// line went into comparing keys before there was this.
static INDEX: [u8; PLACES] = index();

const FREE: u8 = u8::MAX;

/// Where the search for a key begins.
const fn place(key: &[u8]) -> usize {
    let (first, middle, last) = (key[0], key[key.len() / 2], key[key.len() - 1]);
    (key.len() * 31 + first as usize * 7 + middle as usize * 13 + last as usize * 3) % PLACES
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer than 255 aliases"
)]
const fn index() -> [u8; PLACES] {
    let mut index = [FREE; PLACES];
    let mut i = 0;
    while i < ALIASES.len() {
        let mut at = place(ALIASES[i].key.as_bytes());
        while index[at] != FREE {
            at = (at + 1) % PLACES;
        }
        index[at] = i as u8;
        i += 1;
    }
    index
}

/// The alias of this name, `$` before it or not.
pub(super) fn find_alias(key: &str) -> Option<&'static Alias> {
    let key = key.strip_prefix('$').unwrap_or(key);
    if key.is_empty() {
        return None;
    }
    let mut at = place(key.as_bytes());
    while INDEX[at] != FREE {
        let alias = &ALIASES[usize::from(INDEX[at])];
        if alias.key == key {
            return Some(alias);
        }
        at = (at + 1) % PLACES;
    }
    None
}

/// A key of the object: the alias it is, if any.
struct Key(Option<&'static Alias>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(Key(find_alias(key)))
    }
}

/// A value: borrowed from the line unless it holds escapes.
#[derive(Debug)]
pub(super) enum Value<'a> {
    /// Null, or what no field can be: a truth value, a list, an object.
    Nothing,
    Text(Cow<'a, str>),
    Whole(u64),
    Real(f64),
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Value::Real(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Nothing)
    }
}

impl Value<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Text other than `-`, which nginx writes for what is not there.
    fn present(&self) -> Option<&str> {
        self.text().filter(|t| !t.is_empty() && *t != "-")
    }

    /// A whole number, quoted or not.
    fn whole(&self) -> Option<u64> {
        match self {
            Value::Whole(number) => Some(*number),
            Value::Text(text) => decimal(text.as_bytes()).and_then(|n| u64::try_from(n).ok()),
            _ => None,
        }
    }

    /// A number of seconds, quoted or not, in microseconds.
    fn seconds(&self) -> Option<Micros> {
        match self {
            Value::Whole(seconds) => i64::try_from(*seconds).ok()?.checked_mul(SECOND),
            Value::Real(seconds) => micros(*seconds),
            Value::Text(text) => text.parse().ok().and_then(micros),
            Value::Nothing => None,
        }
    }

    fn status(&self) -> Option<u16> {
        let status = u16::try_from(self.whole()?).ok()?;
        (status <= 999).then_some(status)
    }

    /// A moment, as wide as what is written leaves open.
    fn time(&self) -> Option<Range<Micros>> {
        match self {
            Value::Text(text) => {
                let (_, time) = all_consuming(alt((iso_time, clf_time, epoch_time)))
                    .parse(text.as_bytes())
                    .ok()?;
                Some(time)
            }
            Value::Whole(seconds) => {
                let seconds = i64::try_from(*seconds).ok().filter(|s| *s < END_OF_TIME)?;
                Some(seconds * SECOND..(seconds + 1) * SECOND)
            }
            // How many digits stood there is lost: nginx gives three, a finer clock rarely a zero.
            Value::Real(seconds) => {
                let start = micros(*seconds)?;
                Some(start..start + if start % 1000 == 0 { 1000 } else { 1 })
            }
            Value::Nothing => None,
        }
    }
}

/// Seconds as microseconds; `None` for what is no time, be it negative, infinite or beyond reason.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "END_OF_TIME in microseconds is far from the ends of both types"
)]
fn micros(seconds: f64) -> Option<Micros> {
    (0.0..END_OF_TIME as f64)
        .contains(&seconds)
        .then(|| (seconds * SECOND as f64).round() as Micros)
}

/// What a line says, as it stands there.
pub(super) struct Fields<'a> {
    time: Option<Range<Micros>>,
    /// By [`Field`], with the rank of the alias that gave it.
    slots: [(u8, Value<'a>); FIELDS],
    /// Whether it names the headers that were sent, so that one it does not name was not.
    has_headers: bool,
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self {
            time: None,
            slots: [const { (u8::MAX, Value::Nothing) }; FIELDS],
            has_headers: false,
        }
    }
}

/// Fills the fields in place: they are large, and serde would move them at every level.
struct Filling<'f, 'a>(&'f mut Fields<'a>);

impl<'de> DeserializeSeed<'de> for Filling<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Filling<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(alias)) = map.next_key()? {
            match alias {
                Some(alias) if alias.field == Field::RequestLine => {
                    map.next_value_seed(RequestOrLine(&mut *self.0, alias))?;
                }
                Some(alias) => self.0.take(alias, map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// nginx's request line, or Caddy's request with all there is in it.
struct RequestOrLine<'f, 'a>(&'f mut Fields<'a>, &'static Alias);

impl<'de> DeserializeSeed<'de> for RequestOrLine<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RequestOrLine<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_borrowed_str<E>(self, line: &'de str) -> Result<(), E> {
        self.0.take(self.1, Value::Text(Cow::Borrowed(line)));
        Ok(())
    }

    fn visit_str<E>(self, line: &str) -> Result<(), E> {
        self.0
            .take(self.1, Value::Text(Cow::Owned(line.to_owned())));
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == HEADERS_KEY {
                self.0.take_headers(map.next_value()?);
            } else if let Some(alias) = OF_REQUEST.iter().find(|a| a.key == key) {
                self.0.take(alias, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The headers of a request that we know, each with its last value.
#[derive(Default)]
struct Headers<'a>(Option<Vec<(&'static Alias, Value<'a>)>>);

impl<'de> Deserialize<'de> for Headers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What is no object of lists is not Caddy's.
        let all = BTreeMap::<Cow<'de, str>, Vec<Cow<'de, str>>>::deserialize(deserializer)?;
        let known = HEADERS.iter().filter_map(|alias| {
            let mut values = all.get(alias.key)?.clone();
            // A credential that was taken out was there all the same.
            Some((
                alias,
                Value::Text(values.pop().unwrap_or(Cow::Borrowed("REDACTED"))),
            ))
        });
        Ok(Self(Some(known.collect())))
    }
}

impl<'a> Fields<'a> {
    fn take_headers(&mut self, headers: Headers<'a>) {
        self.has_headers |= headers.0.is_some();
        for (alias, value) in headers.0.into_iter().flatten() {
            self.take(alias, value);
        }
    }

    pub(super) fn take(&mut self, alias: &Alias, value: Value<'a>) {
        if alias.field == Field::Time {
            self.take_time(&value);
            return;
        }
        let slot = &mut self.slots[alias.field as usize];
        if alias.rank < slot.0 && !matches!(value, Value::Nothing) {
            *slot = (alias.rank, value);
        }
    }

    fn take_time(&mut self, value: &Value<'_>) {
        let width = |t: &Range<Micros>| t.end - t.start;
        let known = self.time.as_ref().map_or(Micros::MAX, width);
        // Nothing but a fraction is finer than a second, and few lines have two.
        if known < SECOND
            && matches!(value, Value::Text(t) if memchr2(b'.', b',', t.as_bytes()).is_none())
        {
            return;
        }
        if let Some(time) = value.time().filter(|t| width(t) < known) {
            self.time = Some(time);
        }
    }

    fn get(&self, field: Field) -> &Value<'a> {
        &self.slots[field as usize].1
    }

    /// The event, of a line that has what makes an access line.
    pub(super) fn event(&self) -> Result<Event, Mismatch> {
        let lacking = |expected| Mismatch {
            offset: 0,
            expected,
        };
        let time = self.time.clone().ok_or(lacking("a time"))?;
        let status = self.get(Field::Status).status();
        let status = status.ok_or(lacking("a status"))?;
        let peer = self.get(Field::Address).text();
        let peer = peer.ok_or(lacking("a client address"))?;
        let (method, target) = self.request().ok_or(lacking("a method"))?;
        Ok(Event {
            time,
            source: address_and_port(peer.as_bytes()),
            kind: Kind::Request(Request {
                method: event::method(method),
                target: redact_target(&target).into(),
                status,
                bytes: self.get(Field::Bytes).whole(),
                duration: self.duration(),
                upstream_status: self.upstream_status(),
                upstream_address: last_upstream(self.get(Field::UpstreamAddress)).map(Into::into),
                request_id: self.get(Field::RequestId).present().map(Into::into),
                user: self.get(Field::User).present().map(Into::into),
                user_agent: self
                    .get(Field::Agent)
                    .present()
                    .filter(|_| status >= 400)
                    .map(Into::into),
                forwarded_for: self.forwarded_for(),
                host: self.get(Field::Host).present().map(Into::into),
                sent: Sent {
                    cookie: self.was_sent(Field::Cookie),
                    authorization: self.was_sent(Field::Authorization),
                    token: self.was_sent(Field::Token),
                    timestamp: self.timestamp(),
                },
            }),
        })
    }

    /// How long the request took.
    pub(super) fn duration(&self) -> Option<Micros> {
        self.get(Field::Duration).seconds()
    }

    /// Whether a header was sent, from its value or from what a `map` of nginx makes of it; `None`: the line does
    /// not say.
    fn was_sent(&self, field: Field) -> Option<bool> {
        match self.get(field) {
            Value::Text(value) => Some(!matches!(&**value, "" | "-" | "0")),
            Value::Whole(number) => Some(*number > 0),
            Value::Nothing if self.has_headers => Some(false),
            Value::Nothing | Value::Real(_) => None,
        }
    }

    /// What the client said of the time.
    fn timestamp(&self) -> Option<Timestamp> {
        let value = self.get(Field::Timestamp);
        if !self.was_sent(Field::Timestamp)? {
            return Some(Timestamp::Absent);
        }
        // Servers take whole seconds only.
        let seconds = value.whole().and_then(|n| i64::try_from(n).ok());
        Some(match seconds.filter(|seconds| *seconds < END_OF_TIME) {
            Some(seconds) => Timestamp::At(seconds * SECOND),
            None => Timestamp::Malformed,
        })
    }

    /// Method and target. The request line has the target as it was sent; nginx's `$uri` is decoded,
    /// perhaps rewritten, and without its query.
    fn request(&self) -> Option<(&str, Cow<'_, str>)> {
        let line = self.get(Field::RequestLine).text();
        let parts = line.and_then(request_line);
        let method = self
            .get(Field::Method)
            .text()
            .or(parts.map(|(method, _)| method))
            .or(line.map(|_| ""))?;
        let target = self
            .get(Field::Target)
            .present()
            .or(parts.map(|(_, target)| target))
            .map(Cow::Borrowed)
            .or_else(|| self.path_and_query())
            .or(line.map(Cow::Borrowed))
            .unwrap_or_default();
        Some((method, target))
    }

    fn path_and_query(&self) -> Option<Cow<'_, str>> {
        let path = self.get(Field::Path).present()?;
        let query = self.get(Field::Query).present().unwrap_or_default();
        // Apache's `%q` has the question mark.
        let query = query.trim_start_matches('?');
        if query.is_empty() || path.contains('?') {
            return Some(Cow::Borrowed(path));
        }
        Some(Cow::Owned(format!("{path}?{query}")))
    }

    /// nginx leaves it empty, or writes `-`, where it answered without asking an upstream.
    #[expect(clippy::option_option, reason = "as the field of the event")]
    fn upstream_status(&self) -> Option<Option<u16>> {
        let value = self.get(Field::UpstreamStatus);
        match (value, last_upstream(value)) {
            (Value::Nothing, _) => None,
            (Value::Text(_), None) => Some(None),
            (_, Some(last)) => Value::Text(last.into()).status().map(Some),
            (number, None) => number.status().map(Some),
        }
    }

    fn forwarded_for(&self) -> Option<IpAddr> {
        let list = self.get(Field::Forwarded).present()?;
        address_and_port(last_of(list, ',').as_bytes())
    }
}

/// The upstream that answered, of all that nginx asked: `a, b` tried in turn, `a : b` redirected.
fn last_upstream<'v>(list: &'v Value<'_>) -> Option<&'v str> {
    let list = list.present()?;
    if memchr2(b' ', b',', list.as_bytes()).is_none() {
        return Some(list);
    }
    let group = list.rsplit(" : ").next()?;
    Some(last_of(group, ',')).filter(|last| !last.is_empty() && *last != "-")
}

#[cfg(test)]
mod tests {
    use super::{ALIASES, AccessJson, Format, Kind, find_alias, without_lone_surrogates};

    #[test]
    fn half_characters_are_replaced_and_whole_ones_kept() {
        let without = |text: &str| without_lone_surrogates(text.as_bytes());
        for whole in [
            "",
            "a",
            r"\",
            r"\ud83d\ude00",
            r"\\ud83d",
            r"\n\u00e9",
            r"\ud8",
            r"\uzzzz",
        ] {
            assert_eq!(without(whole), None, "{whole}");
        }
        for (half, replaced) in [
            (r"\ud83d", r"\ufffd"),
            (r"\uDE00a", r"\ufffda"),
            (r"\ud83d\ud83d\ude00", r"\ufffd\ud83d\ude00"),
            (r"\\\udc00\n", r"\\\ufffd\n"),
        ] {
            assert_eq!(without(half).as_deref(), Some(replaced), "{half}");
        }
    }

    #[test]
    fn a_client_cannot_hide_its_line_with_half_a_character() {
        for odd in [r"\ud83d", r"\udc80", r"\x22\udc80"] {
            let line = format!(
                r#"{{"msec":1795294511.072,"remote_addr":"203.0.113.9","method":"GET","uri":"/{odd}","status":401,"agent":"{odd}","{odd}":1}}"#
            );
            let event = AccessJson.parse(line.as_bytes()).unwrap().unwrap();
            let Kind::Request(request) = event.kind else {
                panic!("{line}")
            };
            assert!(request.target.ends_with('\u{FFFD}'), "{}", request.target);
        }
    }

    #[test]
    fn every_alias_is_found() {
        for alias in ALIASES {
            assert!(find_alias(alias.key).is_some_and(|a| a.key == alias.key));
            let dollar = format!("${}", alias.key);
            assert!(find_alias(&dollar).is_some_and(|a| a.key == alias.key));
        }
        for other in ["", "$", "bytes_sent", "msec2", "xxxx"] {
            assert!(find_alias(other).is_none());
        }
    }
}
