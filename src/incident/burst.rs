//! Several clients that begin to fail for one reason at one moment.

use std::collections::VecDeque;

use foldhash::{HashMap, HashMapExt};

use crate::cause::Cause;
use crate::event::{Micros, SECOND};
use crate::finding::Finding;

/// One moment.
pub(super) const MOMENT: Micros = 120 * SECOND;
/// Clients that are several.
pub(super) const SEVERAL: usize = 3;
/// So many times what is usual in a moment: everywhere somebody mistypes now and then.
const UNUSUAL: u64 = 4;
/// So much else must be known of a log to tell what is usual there.
const ENOUGH: Micros = 10 * MOMENT;
/// Beginnings that are remembered of each.
const RECENT: usize = 256;

/// What refusals have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Reason {
    system: Option<&'static str>,
    /// The first that is left.
    pub(super) cause: Cause,
    /// Whether a line states it: what a server says of, and what it does not, are different refusals.
    is_logged: bool,
}

impl Reason {
    pub(super) fn of(finding: &Finding) -> Option<Self> {
        Some(Self {
            system: finding.system,
            cause: finding.cause()?,
            is_logged: finding.logged == Some(true),
        })
    }
}

/// When groups began, by reason.
#[derive(Debug, Clone, Default)]
pub(super) struct Beginnings {
    of: HashMap<Reason, Begun>,
    origin: Option<Micros>,
}

#[derive(Debug, Clone, Default)]
struct Begun {
    recent: VecDeque<(Micros, u32)>,
    all: u64,
}

impl Beginnings {
    pub(super) fn new() -> Self {
        Self {
            of: HashMap::new(),
            origin: None,
        }
    }

    /// From when on the logs tell anything.
    pub(super) fn since(&mut self, time: Micros) {
        self.origin.get_or_insert(time);
    }

    pub(super) fn note(&mut self, reason: Reason, time: Micros, group: u32) {
        let begun = self.of.entry(reason).or_default();
        begun.all += 1;
        if begun.recent.len() == RECENT {
            begun.recent.pop_front();
        }
        begun.recent.push_back((time, group));
    }

    /// Whether as many began for a reason between two moments as at any other time.
    pub(super) fn is_usual(
        &self,
        reason: Reason,
        own: u64,
        (from, until): (Micros, Micros),
        end: Micros,
    ) -> bool {
        let (Some(begun), Some(origin)) = (self.of.get(&reason), self.origin) else {
            return false;
        };
        let others = begun.all.saturating_sub(own);
        let moments = |span: Micros| u64::try_from(span / MOMENT).unwrap_or(0).max(1);
        let (meanwhile, rest) = (until - from, end - origin - (until - from));
        if rest < ENOUGH {
            return false;
        }
        // As integers: own / meanwhile < 4 * others / rest.
        own * moments(rest) < UNUSUAL * others * moments(meanwhile)
    }

    /// The groups that began around `time` for a reason, where these are more than usual.
    pub(super) fn around(&self, reason: Reason, time: Micros) -> Vec<u32> {
        let Some(begun) = self.of.get(&reason) else {
            return Vec::new();
        };
        let is_now = |(other, _): &&(Micros, u32)| (other - time).abs() <= MOMENT;
        let now: Vec<u32> = begun
            .recent
            .iter()
            .filter(is_now)
            .map(|(_, g)| *g)
            .collect();
        let before = begun
            .recent
            .iter()
            .filter(|(other, _)| *other < time - MOMENT);
        let forgotten = begun.all - begun.recent.len() as u64;
        let before = before.count() as u64 + forgotten;
        let moments = |origin| (time - MOMENT - origin) / MOMENT;
        let moments = u64::try_from(self.origin.map_or(0, moments)).unwrap_or(0);
        let is_unusual = now.len() as u64 * moments.max(1) >= UNUSUAL * before;
        if now.len() >= SEVERAL && is_unusual {
            now
        } else {
            Vec::new()
        }
    }
}
