//! Counts that stay small: of those kept none is estimated, and all others are one sum.

use std::hash::Hash;

use foldhash::{HashMap, HashMapExt};

use super::Counts;

/// How many keys are kept; when there are twice as many, the smaller half goes.
const KEPT: usize = 32;

/// Counts by key.
#[derive(Debug, Clone)]
pub(super) struct Top<K> {
    counts: HashMap<K, u64>,
    rest: u64,
}

impl<K> Default for Top<K> {
    fn default() -> Self {
        Self {
            counts: HashMap::new(),
            rest: 0,
        }
    }
}

impl<K: Hash + Eq + Ord + Clone> Top<K> {
    pub(super) fn add(&mut self, key: K, count: u64) {
        *self.counts.entry(key).or_default() += count;
        if self.counts.len() >= 2 * KEPT {
            let mut all = self.sorted();
            for (key, count) in all.drain(KEPT..) {
                self.rest += count;
                self.counts.remove(&key);
            }
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        for (key, count) in other.counts {
            self.add(key, count);
        }
        self.rest += other.rest;
    }

    /// The most frequent first; of equal ones in the order of their keys.
    fn sorted(&self) -> Vec<(K, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(k, n)| (k.clone(), *n)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    }

    pub(super) fn counts(&self) -> Counts<K> {
        Counts {
            kept: self.sorted(),
            rest: self.rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Top};
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn nothing_is_lost_and_little_is_kept(keys in proptest::collection::vec(0_u16..300, 0..2000)) {
            let mut top = Top::default();
            for key in &keys {
                top.add(*key, 1);
            }
            let Counts { kept, rest } = top.counts();
            let sum: u64 = kept.iter().map(|(_, n)| n).sum();
            prop_assert_eq!(sum + rest, keys.len() as u64);
            prop_assert!(kept.len() < 64);
            prop_assert!(kept.is_sorted_by(|a, b| a.1 >= b.1));
        }
    }
}
