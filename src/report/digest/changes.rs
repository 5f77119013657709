//! What was changed on the server meanwhile.

use crate::event::{Micros, SECOND};
use crate::rollup::Changed;

/// Changes that are kept, the first ones.
const KEPT: usize = 512;
/// How far apart one change stands in two logs.
const AGAIN: Micros = 2 * SECOND;
/// And behind how many others at most.
const LAST: usize = 8;

/// In the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub kept: Vec<Changed>,
    /// How many others there were.
    pub rest: u64,
}

impl Changes {
    pub(super) fn add(&mut self, changed: Changed) {
        let is_same = |kept: &Changed| {
            kept.place.part != changed.place.part
                && kept.action == changed.action
                && (kept.time - changed.time).abs() <= AGAIN
        };
        if self.kept.iter().rev().take(LAST).any(is_same) {
            return;
        }
        if self.kept.len() >= KEPT {
            self.rest += 1;
            return;
        }
        self.kept.push(changed);
    }
}
