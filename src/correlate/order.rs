//! What the order of both logs, across clients, says of a doubtful pair.
//!
//! A whole-second clock cannot tell which of a client's three requests within one second a line is of.
//! Its neighbours can: a line that stands between two lines of other clients, whose requests are known,
//! was written between those. Requests overlap, so an order that is broken by a few milliseconds is
//! common and one broken by a second is not.

use crate::event::{Micros, Place};

/// Neighbours that are asked on each side.
const NEIGHBOURS: usize = 4;
/// How often two overlapping requests are answered in the other order than their lines are written.
const OVERTAKEN: f64 = 0.12;
/// An order broken by more than all this is all but impossible.
const IMPOSSIBLE: f64 = 0.002;

/// A line whose request is beyond doubt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Anchor {
    pub(super) clock: usize,
    /// Where the line stands in its log.
    pub(super) place: Place,
    /// When the request was answered.
    pub(super) moment: Micros,
    /// How long after its line a request of this kind may be answered.
    pub(super) slack: Micros,
}

/// Anchors of one clock, by the order of their lines.
#[derive(Debug, Default)]
pub(super) struct Anchors(Vec<Vec<Anchor>>);

impl Anchors {
    pub(super) fn new(mut anchors: Vec<Anchor>) -> Self {
        anchors.sort_by_key(|a| (a.clock, a.place));
        let mut clocks = Vec::new();
        for anchor in anchors {
            if clocks.len() <= anchor.clock {
                clocks.resize_with(anchor.clock + 1, Vec::new);
            }
            clocks[anchor.clock].push(anchor);
        }
        Self(clocks)
    }

    /// How well `candidate` fits between its neighbours, in `0..=1`.
    pub(super) fn weight(&self, candidate: &Anchor) -> f64 {
        let Some(anchors) = self.0.get(candidate.clock) else {
            return 1.0;
        };
        let at = anchors.partition_point(|a| a.place < candidate.place);
        let before = anchors[..at].iter().rev().take(NEIGHBOURS);
        let after = anchors[at..]
            .iter()
            .filter(|a| a.place > candidate.place)
            .take(NEIGHBOURS);
        let late = before.map(|a| broken(a, candidate)).fold(1.0, f64::min);
        let early = after.map(|a| broken(candidate, a)).fold(1.0, f64::min);
        late * early
    }
}

/// How likely the request of `first`, whose line was written first, was answered as much later than that
/// of `second` as it was; 1 where it was not.
#[allow(clippy::cast_precision_loss)] // microseconds within a few seconds
fn broken(first: &Anchor, second: &Anchor) -> f64 {
    let by = first.moment - second.moment;
    if by <= 0 {
        return 1.0;
    }
    let slack = first.slack.max(second.slack) as f64;
    OVERTAKEN * (-(by as f64) / slack).exp() + IMPOSSIBLE
}
