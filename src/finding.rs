//! A judged failure: what was refused, why, and on what that rests.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::event::{Micros, Place, Request};

/// How sure a finding is, and of what kind its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// One cause is left.
    Explained,
    /// Proven that no line exists; more than one cause is left.
    Silent,
    /// More than one is left, and a line exists or may have existed.
    Ambiguous,
    /// The log does not cover the moment and nothing narrows it down.
    Unknown,
}

impl Verdict {
    pub const ALL: &'static [Verdict] = &[
        Verdict::Explained,
        Verdict::Silent,
        Verdict::Ambiguous,
        Verdict::Unknown,
    ];

    /// As in findings and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Explained => "explained",
            Verdict::Silent => "silent",
            Verdict::Ambiguous => "ambiguous",
            Verdict::Unknown => "unknown",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|v| v.id() == id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    const ALL: &'static [Confidence] = &[Confidence::Low, Confidence::Medium, Confidence::High];

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.id() == id)
    }

    pub fn id(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// A cause that is left, and why it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub cause: Cause,
    pub because: Box<str>,
}

/// What a line is to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The request itself.
    Request,
    /// States the cause.
    Reason,
    /// Supports it without stating it.
    Context,
    /// A change just before, from which on requests failed.
    Trigger,
}

impl Role {
    const ALL: &'static [Role] = &[Role::Request, Role::Reason, Role::Context, Role::Trigger];

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.id() == id)
    }

    pub fn id(self) -> &'static str {
        match self {
            Role::Request => "request",
            Role::Reason => "reason",
            Role::Context => "context",
            Role::Trigger => "trigger",
        }
    }
}

/// A line a finding rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub role: Role,
    pub place: Place,
    /// Redacted.
    pub text: Box<str>,
    /// Seconds from this line to the request's, after the clock offset is applied.
    pub delta_s: Option<f64>,
    /// How far this line's clock is ahead of the request's; negative when it runs behind. Already taken into
    /// account in `delta_s`. `None`: they agree.
    pub clock_offset_s: Option<f64>,
}

/// A line of the server's log that was looked at, and is not the request's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Considered {
    /// What it would be.
    pub evidence: Evidence,
    pub lost: Lost,
}

/// Why a line is not the request's own: the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// It is of another client.
    Address(IpAddr),
    /// What it states does not go with the method, path, status and size of the answer.
    Cause,
    /// It was written too long before the answer, or after it.
    Time,
    /// It is the line of the request that stands there.
    Used(Place),
    /// It could be, but another assignment is likelier.
    Likelihood,
}

impl Lost {
    pub fn id(self) -> &'static str {
        match self {
            Lost::Address(_) => "address",
            Lost::Cause => "cause",
            Lost::Time => "time",
            Lost::Used(_) => "used",
            Lost::Likelihood => "likelihood",
        }
    }
}

/// A judged failure: one refused request, or an auth failure that has no HTTP side.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// When, by the access log's clock; for a failure without a request, by the auth log's.
    pub time: Micros,
    /// The server product; `None` where it could not be told.
    pub system: Option<&'static str>,
    pub verdict: Verdict,
    pub confidence: Confidence,
    /// Whether a line states the refusal; `None` when nobody can know.
    pub logged: Option<bool>,
    /// All causes that are left, most likely first.
    pub candidates: Vec<Candidate>,
    pub source: Option<IpAddr>,
    pub principal: Option<Box<str>>,
    /// The host that refused.
    pub host: Option<Box<str>>,
    /// The server's own name for what it did, where a line states it.
    pub action: Option<Cow<'static, str>>,
    /// The server's own words.
    pub reason: Option<Cow<'static, str>>,
    pub request: Option<Request>,
    /// One sentence for people.
    pub message: Box<str>,
    /// The fix, from the system's tables.
    pub fix: Option<&'static str>,
    /// The request's lines first, outermost proxy first.
    pub evidence: Vec<Evidence>,
    /// The other lines that were looked at; empty where nobody asked for them.
    pub considered: Vec<Considered>,
}

impl Finding {
    /// The most likely cause; absent for `unknown`.
    pub fn cause(&self) -> Option<Cause> {
        match self.verdict {
            Verdict::Unknown => None,
            _ => self.candidates.first().map(|c| c.cause),
        }
    }
}
