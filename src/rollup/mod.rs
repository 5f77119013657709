//! What a report counts, without the lines: so little that it is read again in no time.
//!
//! ```text
//! findings, signs -> Builder -> Block: outlines, echoes or changes -> index -> report
//! ```
//!
//! A block stands for itself: names and addresses stand in it once, and its rows say which of them they mean.

mod echoes;
mod names;
mod outlines;

use std::mem;

use serde::{Deserialize, Serialize};

pub use echoes::{Echo, Echoes};
pub use outlines::Outlines;

use crate::event::{Micros, Place};
use crate::finding::Finding;
use crate::outline::Outline;
use crate::sign::{Change, Sign, What};

/// Rows of a block.
const ROWS: usize = 1 << 15;

/// Of one kind, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    Outlines(Outlines),
    Echoes(Echoes),
    Changes(Vec<Changed>),
}

/// What was changed on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub time: Micros,
    pub place: Place,
    /// The server's own name for it, and its own words.
    pub action: Box<str>,
    pub reason: Option<Box<str>>,
}

impl Changed {
    pub fn new(sign: &Sign, change: &Change) -> Self {
        Self {
            time: sign.time,
            place: sign.place,
            action: change.action.as_ref().into(),
            reason: change.reason.as_deref().map(Into::into),
        }
    }
}

/// Takes findings and signs as they come.
#[derive(Debug, Default)]
pub struct Builder {
    outlines: outlines::Draft,
    echoes: echoes::Draft,
    changes: Vec<Changed>,
}

impl Builder {
    /// `group`: what [`crate::incident::Gatherer::finding`] gave for it.
    pub fn finding(&mut self, finding: &Finding, group: u32) {
        self.outlines.add(&Outline::from(finding), group);
    }

    pub fn sign(&mut self, sign: &Sign) {
        if let What::Change(change) = &sign.what {
            self.changes.push(Changed::new(sign, change));
        } else if let Some(echo) = Echo::of(sign) {
            self.echoes.add(&echo);
        }
    }

    /// Blocks that have at least so many rows.
    pub fn take(&mut self, least: Least) -> impl Iterator<Item = Block> + use<> {
        let is_enough = |rows: usize| rows >= least.rows();
        let outlines = is_enough(self.outlines.len())
            .then(|| Block::Outlines(mem::take(&mut self.outlines).finish()));
        let echoes = is_enough(self.echoes.len())
            .then(|| Block::Echoes(mem::take(&mut self.echoes).finish()));
        let changes =
            is_enough(self.changes.len()).then(|| Block::Changes(mem::take(&mut self.changes)));
        [outlines, echoes, changes].into_iter().flatten()
    }
}

/// How many rows a block has at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    Some,
    Full,
}

impl Least {
    fn rows(self) -> usize {
        match self {
            Least::Some => 1,
            Least::Full => ROWS,
        }
    }
}

impl Block {
    /// When the first of it was, and the last.
    pub fn span(&self) -> (Micros, Micros) {
        fn span(times: impl Iterator<Item = Micros>) -> (Micros, Micros) {
            times.fold((Micros::MAX, Micros::MIN), |(first, last), time| {
                (first.min(time), last.max(time))
            })
        }
        match self {
            Block::Outlines(all) => span(all.iter().map(|(_, outline)| outline.time)),
            Block::Echoes(all) => span(all.iter(|_| false).map(|echo| echo.time)),
            Block::Changes(all) => span(all.iter().map(|change| change.time)),
        }
    }

    /// How many findings it has.
    pub fn findings(&self) -> usize {
        match self {
            Block::Outlines(all) => all.len(),
            Block::Echoes(_) | Block::Changes(_) => 0,
        }
    }
}
