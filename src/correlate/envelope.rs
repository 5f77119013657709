//! What a server wraps around its texts, learned as clocks are: by a vote.
//!
//! Each refusal votes for every size that would make one of the texts fit that the tables know for it. The true
//! one is common to all.

use std::collections::BTreeMap;

use super::knowledge::Answer;
use crate::system::reply::{SHARES, SHORTER};

/// A text in another language than English speaks against a hundred that are not.
const TRANSLATED: f64 = 0.25;
/// Another size is believed only where the best one has so much more.
const CLEARLY: f64 = 1.15;

/// Votes by size.
#[derive(Debug, Default, Clone)]
pub(super) struct Envelope(BTreeMap<u64, f64>);

impl Envelope {
    /// A refusal, and what can stand behind it.
    pub(super) fn hear(&mut self, answer: &Answer, bytes: u64) {
        let mut votes: BTreeMap<u64, f64> = BTreeMap::new();
        for reply in answer.replies() {
            for (n, (_, text)) in reply.sizes().iter().enumerate() {
                let Some(envelope) = bytes.checked_sub(*text) else {
                    continue;
                };
                let fits = |&(from, to): &(u64, u64)| (from - SHORTER..=to).contains(&envelope);
                if reply.envelopes.iter().any(fits) {
                    let weight = if n == 0 { 1.0 } else { TRANSLATED };
                    let vote = votes.entry(envelope).or_default();
                    *vote = vote.max(weight);
                }
            }
        }
        for (envelope, weight) in votes {
            *self.0.entry(envelope).or_default() += weight;
        }
    }

    pub(super) fn and(&mut self, other: &Self) {
        for (envelope, weight) in &other.0 {
            *self.0.entry(*envelope).or_default() += weight;
        }
    }

    /// The usual size; `None`: nothing tells.
    pub(super) fn usual(&self) -> Option<u64> {
        let votes = |envelope: u64| self.0.get(&envelope).copied().unwrap_or(0.0);
        let score = |usual: u64| -> f64 {
            (0..)
                .zip(SHARES)
                .map(|(less, share)| share * votes(usual - less))
                .sum()
        };
        let candidates = || self.0.keys().map(|&usual| (usual, score(usual)));
        let (best, most) = candidates().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let rival = candidates()
            .filter(|(usual, _)| usual.abs_diff(best) > SHORTER)
            .map(|(_, score)| score)
            .fold(0.0, f64::max);
        (most > rival * CLEARLY).then_some(best)
    }
}
