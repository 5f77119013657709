//! What somebody is told of at once: rules over findings and what is around them, and hooks that pass on what fires.
//!
//! ```text
//! finding, sign, gap -> Fact -> rules in an Engine -> Alert -> outbox (in the index) -> hook (a process)
//! ```
//!
//! Rules are pure and the same live and in replay: they know no clock but that of the logs. Hooks run after the
//! commit of what they tell, and nothing of theirs slows reading.

pub mod delivery;
pub mod engine;
pub mod fact;
pub mod hook;
pub mod outbox;
pub mod rule;
pub mod sample;

pub use engine::Engine;
pub use fact::Fact;
pub use rule::Rule;

use crate::event::Micros;
use crate::level::Level;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It has begun, or still goes on after the cool-down.
    Firing,
    /// Nothing of it was seen for the rule's `resolve_after`.
    Resolved,
}

impl State {
    pub fn id(self) -> &'static str {
        match self {
            State::Firing => "firing",
            State::Resolved => "resolved",
        }
    }
}

/// That a rule fires, or is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The same from the first firing until it is over, and in every run over the same logs: of the rule, its group
    /// and the first finding that counted.
    pub id: Box<str>,
    /// 0 for the first firing; one more with each that follows, the resolution included.
    pub sequence: u32,
    /// The rule's id and title.
    pub rule: Box<str>,
    pub title: Box<str>,
    pub level: Level,
    pub state: State,
    /// The rule's `group-by` and what they are here: `client` and `203.0.113.9`.
    pub group: Vec<(Box<str>, Box<str>)>,
    /// By the logs' clock: when it was decided, and from when to when what counted happened.
    pub time: Micros,
    pub first: Micros,
    pub last: Micros,
    /// How much counted since it began.
    pub count: u64,
    /// How many different values, where the rule counts these; from 4096 on at least so many.
    pub values: Option<u64>,
    /// Firings since the last alert of this group that the cool-down held back, and those of other groups of the
    /// rule that are told here together.
    pub suppressed: u64,
    /// Of MITRE ATT&CK: `T1110.001`.
    pub techniques: Vec<Box<str>>,
    /// Ids of findings that counted, the first ones and the last ones; and how many are left out.
    pub findings: Vec<Box<str>>,
    pub left_out: u64,
    /// One sentence for people.
    pub message: Box<str>,
}
