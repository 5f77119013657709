//! What rules look at: findings, signs, gaps and the rest in one form.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::cause::Cause;
use crate::event::{Micros, beginning};
use crate::finding::{Confidence, Finding, Verdict};
use crate::sign::{Sign, What};
use crate::summary::Gap;

/// Names a fact in every run over the same logs; of a finding it is its id.
pub type Id = u128;

/// The longest text that is kept of what a log says.
const LONGEST: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Requests can fail from then on, or no longer do.
    Change,
    /// A finding.
    Finding,
    /// The server says that it let somebody in.
    Accepted,
    /// A password stands in an access log.
    Secret,
    /// An input has been silent for longer than it ever was.
    Silent,
    /// It is no longer.
    Back,
    /// A stretch of an input that could not be seen.
    Gap,
    /// The server writes no log, or none that tells of refusals.
    Unlogged,
}

impl Kind {
    const ALL: &'static [(&'static str, Kind)] = &[
        ("change", Kind::Change),
        ("finding", Kind::Finding),
        ("accepted", Kind::Accepted),
        ("secret", Kind::Secret),
        ("gap", Kind::Gap),
        ("unlogged", Kind::Unlogged),
    ];

    /// As in rules. Silence is a type of rule, and no kind that can be asked for.
    pub fn from_id(id: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(name, _)| *name == id);
        found.map(|(_, kind)| *kind)
    }

    pub fn ids() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(name, _)| *name)
    }
}

/// One of them. What is not known, or of no meaning for its kind, is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub kind: Kind,
    /// By the access logs' clock.
    pub time: Micros,
    /// Of facts of one time and kind the order in which they are taken.
    pub id: Id,
    pub system: Option<&'static str>,
    pub client: Option<IpAddr>,
    pub principal: Option<Box<str>>,
    pub host: Option<Box<str>>,
    pub status: Option<u16>,
    pub path: Option<Box<str>>,
    pub action: Option<Cow<'static, str>>,
    pub input: Option<Box<str>>,
    pub verdict: Option<Verdict>,
    pub confidence: Option<Confidence>,
    pub logged: Option<bool>,
    /// All that are left of a finding, the likeliest first; for which requests can fail after a change.
    pub causes: Vec<Cause>,
}

impl Fact {
    pub fn new(kind: Kind, time: Micros, id: Id) -> Self {
        Self {
            kind,
            time,
            id,
            system: None,
            client: None,
            principal: None,
            host: None,
            status: None,
            path: None,
            action: None,
            input: None,
            verdict: None,
            confidence: None,
            logged: None,
            causes: Vec::new(),
        }
    }

    /// `id`: that of the finding.
    pub fn of_finding(finding: &Finding, id: &str) -> Self {
        let request = finding.request.as_ref();
        Self {
            system: finding.system,
            client: finding.source,
            principal: finding.principal.as_deref().map(shortened),
            host: finding.host.as_deref().map(shortened),
            status: request.map(|r| r.status),
            path: request.map(|r| shortened(r.path())),
            action: finding.action.clone(),
            verdict: Some(finding.verdict),
            confidence: Some(finding.confidence),
            logged: finding.logged,
            causes: match finding.verdict {
                Verdict::Unknown => Vec::new(),
                _ => finding.candidates.iter().map(|c| c.cause).collect(),
            },
            ..Self::new(Kind::Finding, finding.time, read_id(id))
        }
    }

    /// `input`: the name of the input that tells it; `id`: of the place where it does. `None`: no rule can ask for it.
    pub fn of_sign(sign: &Sign, input: &str, id: impl Fn() -> Option<String>) -> Option<Self> {
        let new = |kind| Self {
            system: sign.system,
            input: Some(input.into()),
            ..Self::new(kind, sign.time, read_id(&id().unwrap_or_default()))
        };
        match &sign.what {
            What::Accepted { client, principal } => Some(Self {
                client: *client,
                principal: Some(shortened(principal)),
                ..new(Kind::Accepted)
            }),
            What::Change(change) => Some(Self {
                client: change.of,
                action: Some(change.action.clone()),
                causes: change.causes.to_vec(),
                ..new(Kind::Change)
            }),
            What::Request {
                client,
                reveals: Some(parameter),
                ..
            } => Some(Self {
                client: *client,
                action: Some(Cow::Borrowed(*parameter)),
                ..new(Kind::Secret)
            }),
            What::Request { .. } | What::Line => None,
        }
    }

    /// A stretch that could not be seen. `None`: it is not over, and a rule on silence tells it.
    pub fn of_gap(gap: &Gap) -> Option<Self> {
        let from = gap.from.unwrap_or_default();
        Some(Self {
            input: Some(gap.input.as_str().into()),
            action: Some(Cow::Owned(gap.why.clone())),
            ..Self::new(
                Kind::Gap,
                gap.until?,
                hash(&[gap.input.as_bytes(), &from.to_le_bytes()]),
            )
        })
    }

    /// The log of a server product does not tell of refusals.
    pub fn unlogged(system: &'static str, newest: Micros) -> Self {
        Self {
            system: Some(system),
            ..Self::new(Kind::Unlogged, newest, hash(&[system.as_bytes()]))
        }
    }
}

fn read_id(id: &str) -> Id {
    Id::from_str_radix(id, 16).unwrap_or_default()
}

/// Of several pieces, each with its length.
pub(super) fn hash(pieces: &[&[u8]]) -> Id {
    let mut hasher = blake3::Hasher::new();
    for piece in pieces {
        hasher.update(&piece.len().to_le_bytes());
        hasher.update(piece);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Id::from_be_bytes(id)
}

/// A name can be as long as a line.
fn shortened(text: &str) -> Box<str> {
    beginning(text, LONGEST).into()
}
