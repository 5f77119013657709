//! Findings that belong together, with what is around them: an [`Incident`] is what somebody would tell of the night.
//!
//! ```text
//! sign, finding -> gather: runs (who was let in when), clock (was it set?), hidden (are clients told apart?)
//!               -> group: one trouble (kind) of one client or principal, or of several at one moment (burst)
//!               -> conclude: trigger, end, attack, level -> incident
//! ```
//!
//! It is pure and the same live and in batch: [`Gatherer`] takes signs and findings as they come, and tells at any
//! time what is there. Memory is bounded: groups ([`groups`]), what is counted of each ([`group`]), clients
//! and principals whose successes are remembered ([`runs`]), and changes; of what goes, the sum is kept.

mod attack;
mod burst;
mod clock;
mod conclude;
mod gather;
mod group;
mod groups;
mod hidden;
mod kind;
mod moment;
mod runs;
mod spread;
mod trigger;

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use attack::{Attack, Technique};
pub use gather::{Gathered, Gatherer};
pub use trigger::{Certainty, Effect, End, Ended, Trigger, Why};

use crate::cause::Cause;
use crate::event::{Micros, SECOND};
use crate::finding::Confidence;
use crate::level::Level;
use crate::system::{self, Limit, System};

/// Refusals further apart are two incidents, if whoever was refused was let in between.
pub const GAP: Micros = 600 * SECOND;

/// Refusals for one reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// That of its first finding, shortened: stable from run to run.
    pub id: Box<str>,
    #[serde(with = "system::name")]
    pub system: Option<system::Name>,
    pub level: Level,
    /// What most of them were refused for; `None`: nothing is known of any.
    pub cause: Option<Cause>,
    pub confidence: Confidence,
    /// By the first cause that is left of each; the others are unknown.
    pub causes: Vec<(Cause, u64)>,
    /// The other causes that are left of all of them.
    pub or: Vec<Cause>,
    pub proof: Proof,
    pub refusals: u64,
    pub first: Micros,
    pub last: Micros,
    /// The minute with the most, and how many.
    pub peak: (Micros, u64),
    /// Several clients at one moment, and not one.
    pub is_wide: bool,
    pub clients: Lanes<IpAddr>,
    pub principals: Lanes<Box<str>>,
    pub paths: Counts<Box<str>>,
    pub statuses: Counts<u16>,
    pub agents: Counts<Box<str>>,
    pub trigger: Option<Trigger>,
    pub end: End,
    pub scope: Scope,
    pub otherwise: Otherwise,
    /// What the server lets pass, where it refused what was too much.
    pub exceeded: Option<Exceeded>,
    pub attack: Option<Attack>,
    /// How far the clock of the log was ahead; the times above are without it.
    pub clock_ahead: Micros,
    /// What could not be seen of it.
    pub gaps: Vec<String>,
    /// What the operator can do.
    pub fix: Option<Cow<'static, str>>,
}

impl Incident {
    /// A sentence for who was refused.
    pub fn for_user(&self) -> Option<&'static str> {
        let cause = self.cause?;
        let product = self.product();
        Some(product.map_or(cause.facts().for_user, |product| product.for_user(cause)))
    }

    /// What the server lets pass.
    pub fn limit(&self) -> Option<&'static Limit> {
        self.product()?.limit.as_ref()
    }

    fn product(&self) -> Option<&'static System> {
        system::by_name(self.system?)
    }
}

/// On what it rests: as many findings each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// One cause, and a line states it.
    pub by_line: u64,
    /// One cause, told by the answer.
    pub by_answer: u64,
    /// More than one cause is left.
    pub in_doubt: u64,
    pub unknown: u64,
}

/// How often each; those that are kept, most frequent first, and the sum of all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts<K> {
    pub kept: Vec<(K, u64)>,
    pub rest: u64,
}

/// Who was refused; those that are kept, most often refused first, and the sum of all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lanes<K> {
    pub kept: Vec<Lane<K>>,
    /// Refusals of others.
    pub rest: u64,
    /// How many others there were, or at most.
    pub others: u64,
    pub is_counted: bool,
}

impl<K> Lanes<K> {
    /// How many there were, or at most.
    pub fn number(&self) -> u64 {
        self.kept.len() as u64 + self.others
    }

    /// `up to` where they are not counted.
    pub fn bound(&self) -> &'static str {
        if self.is_counted { "" } else { "up to " }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane<K> {
    pub who: K,
    pub refusals: u64,
    pub first: Micros,
    pub last: Micros,
    /// The last success before the first refusal, and the first after the last one.
    pub before: Option<Micros>,
    pub after: Option<Micros>,
}

/// How much of what happened meanwhile it was. Requests are counted by the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scope {
    pub requests: u64,
    /// Clients, and principals that the server names, which were seen within [`GAP`] of it.
    pub clients: usize,
    pub principals: usize,
}

/// How many would have been let in without it, as far as that can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Otherwise {
    pub at_most: u64,
    /// Of clients or principals that were let in before and after.
    pub likely: u64,
}

/// By how much a limit was exceeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exceeded {
    /// What the server's line says of it.
    pub said: Option<Box<str>>,
    /// Attempts that were let in just before, and since when.
    pub accepted: u64,
    pub since: Option<Micros>,
    /// Attempts that were refused for it.
    pub refused: u64,
}
