//! What was changed on the server meanwhile.

use crate::event::{Micros, Place, SECOND};
use crate::sign::{Change, Sign};

/// Changes that are kept, the first ones.
const KEPT: usize = 512;
/// How far apart one change stands in two logs.
const AGAIN: Micros = 2 * SECOND;
/// And behind how many others at most.
const LAST: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub time: Micros,
    pub place: Place,
    pub action: Box<str>,
    pub reason: Option<Box<str>>,
}

/// In the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub kept: Vec<Changed>,
    /// How many others there were.
    pub rest: u64,
}

impl Changes {
    pub(super) fn add(&mut self, sign: &Sign, change: &Change) {
        let is_same = |kept: &Changed| {
            kept.place.part != sign.place.part
                && *kept.action == *change.action
                && (kept.time - sign.time).abs() <= AGAIN
        };
        if self.kept.iter().rev().take(LAST).any(is_same) {
            return;
        }
        if self.kept.len() >= KEPT {
            self.rest += 1;
            return;
        }
        self.kept.push(Changed {
            time: sign.time,
            place: sign.place,
            action: change.action.as_ref().into(),
            reason: change.reason.as_deref().map(Into::into),
        });
    }
}
