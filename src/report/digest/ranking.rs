//! Who, and what, was refused how often: the most frequent are kept, and of all others the sum.

use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use crate::cause::Cause;
use crate::event::Micros;

/// How many are kept; when there are twice as many, the smaller half goes.
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
    standings: HashMap<K, Standing>,
    /// Refusals of those that are not kept.
    pub rest: u64,
    /// The hash of each that ever was.
    seen: HashSet<u64>,
}

impl<K> Default for Ranking<K> {
    fn default() -> Self {
        Self {
            standings: HashMap::new(),
            rest: 0,
            seen: HashSet::new(),
        }
    }
}

impl<K: Hash + Eq + Ord + Clone> Ranking<K> {
    pub(super) fn add(&mut self, key: K, time: Micros, cause: Option<Cause>) {
        if self.seen.len() < SEEN {
            self.seen.insert(FixedState::default().hash_one(&key));
        }
        let standing = self.standings.entry(key).or_insert(Standing {
            refusals: 0,
            first: time,
            last: time,
            causes: Vec::new(),
        });
        standing.refusals += 1;
        standing.first = standing.first.min(time);
        standing.last = standing.last.max(time);
        match standing.causes.iter_mut().find(|(c, _)| *c == cause) {
            Some((_, number)) => *number += 1,
            None => standing.causes.push((cause, 1)),
        }
        if self.standings.len() >= 2 * KEPT {
            let all: Vec<K> = self.sorted().iter().map(|(k, _)| (*k).clone()).collect();
            for key in &all[KEPT..] {
                if let Some(standing) = self.standings.remove(key) {
                    self.rest += standing.refusals;
                }
            }
        }
    }

    /// The most frequent first; of equal ones in the order of their keys.
    pub fn sorted(&self) -> Vec<(&K, &Standing)> {
        let mut all: Vec<_> = self.standings.iter().collect();
        all.sort_by(|a, b| b.1.refusals.cmp(&a.1.refusals).then_with(|| a.0.cmp(b.0)));
        all
    }

    /// How many there are; of very many, that there are more than so many.
    pub fn number(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Whether there are no more than [`Ranking::number`].
    pub fn is_counted(&self) -> bool {
        self.seen.len() < SEEN
    }

    /// Refusals of all.
    pub fn refusals(&self) -> u64 {
        self.rest + self.standings.values().map(|s| s.refusals).sum::<u64>()
    }

    /// The same under other keys; what comes to have one key is one.
    #[must_use]
    pub fn renamed(self, name: impl Fn(K) -> K) -> Self {
        let mut renamed = Self {
            rest: self.rest,
            seen: self.seen,
            ..Self::default()
        };
        for (key, standing) in self.standings {
            match renamed.standings.entry(name(key)) {
                Entry::Vacant(place) => {
                    place.insert(standing);
                }
                Entry::Occupied(mut place) => place.get_mut().join(standing),
            }
        }
        renamed
    }
}

impl Standing {
    fn join(&mut self, other: Self) {
        self.refusals += other.refusals;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        for (cause, number) in other.causes {
            match self.causes.iter_mut().find(|(c, _)| *c == cause) {
                Some((_, sum)) => *sum += number,
                None => self.causes.push((cause, number)),
            }
        }
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
                ranking.add(*key, time, None);
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
