//! What a log line says, in one form for all formats.
//!
//! An [`Event`] is one record of one input: an HTTP request as a web server saw it, or a statement of
//! the server product itself (an authentication outcome, a change, a side line). Times are
//! **intervals**, because formats differ in precision: a line stamped `12:00:03` happened somewhere in
//! that second, and the join must not pretend to know more.

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

use memchr::memchr;
use serde::{Deserialize, Serialize};

use crate::system::{Credential, Meaning, Routes, Statement, may_be_refused};

/// Microseconds since the Unix epoch, by the clock of the input that wrote the line.
pub type Micros = i64;

/// One second in [`Micros`].
pub const SECOND: Micros = 1_000_000;

/// The time of a line that tells none, until it is derived from what is around it.
pub const UNTIMED: Range<Micros> = 0..1;

/// The beginning of a text: whole characters, of so many bytes at most.
pub fn beginning(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// One record of one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened: half-open, as wide as the format's precision.
    pub time: Range<Micros>,
    /// The network peer, IPv4-mapped addresses already reduced. `None`: the line names none that can
    /// be read.
    pub source: Option<IpAddr>,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// An HTTP access line.
    Request(Request),
    /// A line in which the server product says what it did.
    Entry(Entry),
}

/// An HTTP request as an access log tells it. Absent rather than empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Request {
    pub method: Cow<'static, str>,
    /// As the client sent it, secrets in the query redacted: path and query.
    pub target: Box<str>,
    pub status: u16,
    /// `$body_bytes_sent`: which refusal text was sent is read from this.
    pub bytes: Option<u64>,
    /// How long the request took; the line's time is then its end.
    pub duration: Option<Micros>,
    /// Status of the application behind the proxy; `Some(None)`: the proxy answered by itself.
    pub upstream_status: Option<Option<u16>>,
    /// Which upstream host answered (`$upstream_addr`), where several do.
    pub upstream_address: Option<Box<str>>,
    pub request_id: Option<Box<str>>,
    /// `$remote_user`.
    pub user: Option<Box<str>>,
    /// Kept for refusals only.
    pub user_agent: Option<Box<str>>,
    /// Last element of X-Forwarded-For.
    pub forwarded_for: Option<IpAddr>,
    /// Virtual host or server name.
    pub host: Option<Box<str>>,
    pub sent: Sent,
}

/// What an access log tells of the credentials that a request carried. `None`: it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sent {
    /// A Cookie header, whatever is in it.
    pub cookie: Option<bool>,
    pub authorization: Option<bool>,
    /// An Auth-Token header: a signed request of Pritunl's API.
    pub token: Option<bool>,
    pub timestamp: Option<Timestamp>,
}

impl Sent {
    /// What this log tells, and `other` where it does not.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            cookie: self.cookie.or(other.cookie),
            authorization: self.authorization.or(other.authorization),
            token: self.token.or(other.token),
            timestamp: self.timestamp.or(other.timestamp),
        }
    }

    /// Whether the log says that this was not sent.
    pub fn lacks(self, credential: Credential) -> bool {
        let sent = match credential {
            Credential::Cookie => self.cookie,
            Credential::Authorization => self.authorization,
            Credential::Token => self.token,
        };
        sent == Some(false)
    }
}

/// What an API client said of the time (`Auth-Timestamp`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timestamp {
    /// Nothing.
    Absent,
    /// Something that is no number of seconds.
    Malformed,
    At(Micros),
}

/// Parameters whose values are passwords, or as good as one. privacyIDEA takes `pass`, the PIN with the code, from a GET
/// too (`api/validate.py`).
const LASTING: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pin",
    "otppin",
    "otpkey",
    "secret",
    "client_secret",
    "api_key",
    "apikey",
];

impl Request {
    /// How far the client's clock was ahead of the web server's when it signed the request, which was answered at
    /// `answered`; negative when it ran behind. `None`: the log does not say.
    pub fn skew(&self, answered: Micros) -> Option<Micros> {
        match self.sent.timestamp? {
            Timestamp::At(signed) => Some(signed - (answered - self.duration.unwrap_or(0))),
            Timestamp::Absent | Timestamp::Malformed => None,
        }
    }

    /// The parameter in the query that names a password or a lasting secret and has a value, which the access log of the
    /// web server now keeps. What is good for one request only, such as a nonce or a signature, is none.
    pub fn reveals(&self) -> Option<&'static str> {
        let (_, query) = self.target.split_once('?')?;
        let named = |parameter: &str| {
            let (name, value) = parameter.split_once('=')?;
            let is_it = |lasting: &&&str| !value.is_empty() && name.eq_ignore_ascii_case(lasting);
            LASTING.iter().find(is_it).copied()
        };
        query.split('&').find_map(named)
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        path(&self.target)
    }

    /// Whether it can be a refusal, of whatever server product. 302 is how one may send a refused client to its login
    /// page.
    pub fn may_be_refused(&self) -> bool {
        matches!(self.status, 302 | 400..) || may_be_refused(&self.method, self.path(), self.status)
    }

    /// A refusal of authentication by its status alone, whatever the server product.
    pub fn is_refused(&self) -> bool {
        is_refused(self.status)
    }
}

/// A target without its query.
pub fn path(target: &str) -> &str {
    memchr(b'?', target.as_bytes()).map_or(target, |mark| &target[..mark])
}

/// A refusal of authentication by its status alone, whatever the server product.
pub fn is_refused(status: u16) -> bool {
    matches!(status, 401 | 403 | 429)
}

/// A copy of a request's method, but of those that nearly all requests have.
pub fn method(name: &str) -> Cow<'static, str> {
    Cow::Borrowed(match name {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => return Cow::Owned(name.to_owned()),
    })
}

/// A line in which the server product says what it did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// The server's own name for it (ECS `event.action`), such as `admin_auth_failure`.
    pub action: Cow<'static, str>,
    /// The server's own words (ECS `event.reason`), such as `Expired auth timestamp`.
    pub reason: Option<Cow<'static, str>>,
    /// What the system's tables know of it; `None`: a text no version known to us writes.
    #[serde(with = "crate::system::key")]
    pub statement: Option<&'static Statement>,
    pub outcome: Outcome,
    /// Who (ECS `user.name`).
    pub principal: Option<Box<str>>,
    /// What tells the principal's devices apart.
    pub device: Option<Box<str>>,
    /// The path of the request that it is about, without the query.
    pub path: Option<Box<str>>,
    /// The host that wrote it, where several may write into one place (ECS `host.name`).
    pub host: Option<Box<str>>,
    /// What a server start says of itself.
    pub start: Option<ServerStart>,
    pub serial: Option<Serial>,
    /// The route classes of the request, where the line itself tells them; else all.
    pub routes: Routes,
    pub trail: Option<Box<Trail>>,
}

/// What ties a line to others about the same request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// Who worked on the request: equal for all its lines, and for many other requests.
    pub thread: u64,
    /// From its beginning to this line, by the wall clock of the server, as if that were UTC.
    pub wall: Range<Micros>,
    /// Equal for the same record in another form of the log; `None`: the line is no record, but stands beside one.
    pub record: Option<u64>,
    /// Of a log whose records are numbered: which one it is, or tells of.
    pub number: Option<u64>,
    /// Whether the record's signature is good; `None`: that was not checked.
    pub is_signed: Option<bool>,
}

/// The number that a process gave to a line, from a counter that it also uses for other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serial {
    /// Which process counts.
    pub process: u64,
    pub count: u32,
}

impl Serial {
    /// How many numbers were given to other things between this line and the next one, `next`; `None` where
    /// they are of different processes, or `next` is not the later one.
    pub fn between(self, next: Self) -> Option<u32> {
        let same = self.process == next.process;
        same.then(|| next.count.checked_sub(self.count)?.checked_sub(1))
            .flatten()
    }
}

impl Event {
    /// Whether both say the same, whether or not somebody checked how the line was signed, or derived its time.
    pub fn is_same(&self, other: &Self) -> bool {
        let unchecked = |event: &Self| {
            let mut event = event.clone();
            if let Kind::Entry(Entry {
                trail: Some(trail), ..
            }) = &mut event.kind
            {
                trail.is_signed = None;
            }
            event
        };
        let timed = |own: Self, other: &Self| match other.time {
            UNTIMED => Self {
                time: UNTIMED,
                ..own
            },
            _ => own,
        };
        let both = || {
            let (own, other) = (unchecked(self), unchecked(other));
            (timed(own.clone(), &other), timed(other, &own))
        };
        self == other || {
            let (own, other) = both();
            own == other
        }
    }
}

impl Entry {
    /// Whether the line's own signature speaks against it.
    pub fn is_unsigned(&self) -> bool {
        let trail = self.trail.as_ref();
        trail.is_some_and(|trail| trail.is_signed == Some(false))
    }

    /// Whether a finding may cite the line.
    pub fn may_be_evidence(&self) -> bool {
        self.outcome == Outcome::Failure || self.statement.is_none_or(Statement::may_be_evidence)
    }
}

/// ECS `event.outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Outcome {
    Success,
    Failure,
    #[default]
    Unknown,
}

impl From<Meaning> for Outcome {
    fn from(meaning: Meaning) -> Self {
        match meaning {
            Meaning::Refusal(_) | Meaning::OneOf(_) | Meaning::Weighed(..) => Outcome::Failure,
            Meaning::Acceptance | Meaning::Change(_) | Meaning::Ending(_) => Outcome::Success,
            Meaning::Founding | Meaning::Side | Meaning::Loss | Meaning::Clue(_) => {
                Outcome::Unknown
            }
        }
    }
}

/// What a server says of itself when it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerStart {
    pub version: Option<crate::system::Version>,
    /// Pritunl's `web_auth_strict`: no administrator has API access, so its front end refuses every
    /// request without a console token.
    pub strict: Option<bool>,
}

/// Where a record stands: enough to open the file at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Index of the file in the order in which files were opened.
    pub part: u32,
    /// 1-based; in a database the number of the row.
    pub line: u64,
    /// In decompressed bytes; in a database the number of the row again.
    pub offset: u64,
    /// Without the line's end; none in a database.
    pub length: u32,
}

impl Place {
    /// The row of this number.
    pub fn row(part: u32, number: u64) -> Self {
        Self {
            part,
            line: number,
            offset: number,
            length: 0,
        }
    }

    /// Whether it is a row of a database. No line that tells anything is empty.
    pub fn is_row(&self) -> bool {
        self.length == 0
    }
}

/// An event with the line that says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub place: Place,
    pub event: Box<Event>,
    /// Of a format whose times name no zone, where the line tells its moment in UTC as well: how far the clock on the
    /// wall was ahead of it. Without that such an event has its time as if the clock hung in UTC.
    pub ahead: Option<Micros>,
    /// The line itself, redacted; kept only where it can become evidence.
    pub text: Option<Box<str>>,
}

/// `::ffff:192.0.2.1` and `192.0.2.1` are one client.
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// A file, or a stream, that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As the user gave it.
    pub name: Box<str>,
    /// Hash of the first complete line that carries a time (redacted, at most 4096 bytes), so that it
    /// never changes as the file grows, is renamed or compressed.
    pub identity: [u8; 32],
}
