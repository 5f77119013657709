//! What else happens beside findings, and tells when they began, why, and when they were over: who was let in, and
//! what changed on the server.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::cause::Cause;
use crate::event::{Micros, Place};

/// One such thing, in the order of its input. Times are by the access logs' clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    pub time: Micros,
    /// The input that tells it, and where.
    pub input: usize,
    pub place: Place,
    /// The server product; `None` where it could not be told.
    pub system: Option<&'static str>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A request, counted once however many logs have it.
    Request {
        client: Option<IpAddr>,
        answer: Answer,
        /// The parameter in its query that gave a password away to the access log.
        reveals: Option<&'static str>,
    },
    /// The server says that it let somebody in.
    Accepted {
        client: Option<IpAddr>,
        principal: Box<str>,
    },
    Change(Change),
    /// The server wrote something else: its log is alive.
    Line,
}

/// How a request ended, as far as who sent it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What was sent with it proved who it was.
    Accepted,
    Refused,
    /// It proves neither.
    Other,
}

/// A change on the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// For which requests can fail from then on.
    pub causes: &'static [Cause],
    /// For which they no longer fail from then on, whatever was before.
    pub ends: &'static [Cause],
    /// For which all of them fail from then on.
    pub sets: &'static [Cause],
    /// The one client that it concerns; `None`: any.
    pub of: Option<IpAddr>,
    /// The server's own name for it, and its own words.
    pub action: Cow<'static, str>,
    pub reason: Option<Cow<'static, str>>,
    /// The line, redacted.
    pub text: Box<str>,
}
