//! Who, and what, was refused how often: the most frequent are kept, and of all others the sum.

use std::borrow::Borrow;
use std::hash::Hash;

use crate::cause::Cause;
use crate::event::Micros;
use crate::top::{Counted, Top};

/// How many are kept.
const KEPT: usize = 512;
/// How many are told apart to count them.
const SEEN: usize = 1 << 18;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub refusals: u64,
    pub first: Micros,
    pub last: Micros,
    /// What for, in the order in which it came.
    pub causes: Vec<(Option<Cause>, u64)>,
}

/// Of one kind: clients, paths.
#[derive(Debug, Clone)]
pub struct Ranking<K> {
    standings: Top<K, Standing, KEPT, SEEN>,
}

impl<K> Default for Ranking<K> {
    fn default() -> Self {
        Self {
            standings: Top::default(),
        }
    }
}

impl<K: Hash + Eq + Ord + Clone> Ranking<K> {
    /// `owned`: the same key, to be kept.
    pub(super) fn add<Q>(
        &mut self,
        key: &Q,
        owned: impl FnOnce() -> K,
        time: Micros,
        cause: Option<Cause>,
    ) where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let new = || (owned(), Standing::none(time));
        let standings = &mut self.standings;
        standings.update(key, new, |standing| standing.add(time, cause, 1));
    }

    /// The most frequent first; of equal ones in the order of their keys.
    pub fn sorted(&self) -> Vec<(&K, &Standing)> {
        self.standings.sorted()
    }

    /// Refusals of all but the first of them.
    pub fn beyond(&self, first: usize) -> u64 {
        let sorted = self.sorted();
        let shown = sorted.iter().take(first).map(|(_, s)| s.refusals);
        self.refusals() - shown.sum::<u64>()
    }

    /// How many there are; of very many, that there are more than so many.
    pub fn number(&self) -> u64 {
        self.standings.number()
    }

    /// Whether there are no more than [`Ranking::number`].
    pub fn is_counted(&self) -> bool {
        self.standings.is_counted()
    }

    /// Refusals of all.
    pub fn refusals(&self) -> u64 {
        self.standings.sum()
    }

    /// The same under other keys; what comes to have one key is one.
    #[must_use]
    pub fn renamed(self, name: impl Fn(K) -> K) -> Self {
        Self {
            standings: self.standings.renamed(name, Standing::join),
        }
    }
}

impl Counted for Standing {
    fn count(&self) -> u64 {
        self.refusals
    }
}

impl Standing {
    fn none(time: Micros) -> Self {
        Self {
            refusals: 0,
            first: time,
            last: time,
            causes: Vec::new(),
        }
    }

    fn add(&mut self, time: Micros, cause: Option<Cause>, number: u64) {
        self.refusals += number;
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        match self.causes.iter_mut().find(|(c, _)| *c == cause) {
            Some((_, sum)) => *sum += number,
            None => self.causes.push((cause, number)),
        }
    }

    fn join(&mut self, other: Self) {
        for (cause, number) in other.causes {
            self.add(other.first, cause, number);
        }
        self.last = self.last.max(other.last);
    }

    /// What most of them were refused for.
    pub fn cause(&self) -> Option<Cause> {
        let most = self.causes.iter().max_by_key(|(cause, n)| (*n, *cause));
        most.and_then(|(cause, _)| *cause)
    }
}

#[cfg(test)]
mod tests {
    use super::Ranking;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn the_sum_stays_right_and_little_is_kept(keys in proptest::collection::vec(0_u32..5000, 0..6000)) {
            let mut ranking = Ranking::default();
            for (time, key) in (0..).zip(&keys) {
                ranking.add(key, || *key, time, None);
            }
            prop_assert_eq!(ranking.refusals(), keys.len() as u64);
            let apart: BTreeSet<u32> = keys.iter().copied().collect();
            prop_assert_eq!(ranking.number(), apart.len() as u64);
            let sorted = ranking.sorted();
            prop_assert!(sorted.len() < 1024);
            prop_assert!(sorted.is_sorted_by(|a, b| a.1.refusals >= b.1.refusals));
        }
    }
}
