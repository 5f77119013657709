//! The most frequent of many, in bounded memory: of those that are kept nothing is estimated, and of all others the sum
//! is known.

use std::borrow::Borrow;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

/// What is known of a key.
pub trait Counted {
    /// How often it came.
    fn count(&self) -> u64;
}

impl Counted for u64 {
    fn count(&self) -> u64 {
        *self
    }
}

/// What is known of each key. When there are twice as many as `KEPT`, the smaller half goes. Those that went and come
/// again are known again, among the first `SEEN`: so many can be counted.
#[derive(Debug, Clone)]
pub struct Top<K, V, const KEPT: usize, const SEEN: usize> {
    kept: HashMap<K, V>,
    rest: u64,
    /// How often a key went.
    gone: u64,
    /// Hashes of all that came; empty before one went.
    seen: HashSet<u64>,
}

impl<K, V, const KEPT: usize, const SEEN: usize> Default for Top<K, V, KEPT, SEEN> {
    fn default() -> Self {
        Self {
            kept: HashMap::new(),
            rest: 0,
            gone: 0,
            seen: HashSet::new(),
        }
    }
}

impl<K, V, const KEPT: usize, const SEEN: usize> Top<K, V, KEPT, SEEN>
where
    K: Hash + Eq + Ord + Clone,
    V: Counted,
{
    /// Changes what is known of a key; of one of which nothing is, it becomes what `new` gives.
    pub fn update<Q>(&mut self, key: &Q, new: impl FnOnce() -> (K, V), change: impl FnOnce(&mut V))
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(known) = self.kept.get_mut(key) {
            return change(known);
        }
        let (key, mut value) = new();
        change(&mut value);
        if self.gone > 0 {
            self.see(hash(&key));
        }
        self.kept.insert(key, value);
        self.shrink();
    }

    fn see(&mut self, hash: u64) {
        if self.seen.len() < SEEN {
            self.seen.insert(hash);
        }
    }

    /// Takes in another; `add` puts together what both know of a key.
    pub fn join(&mut self, other: Self, add: impl Fn(&mut V, V)) {
        self.rest += other.rest;
        self.gone += other.gone;
        if self.gone > 0 {
            let own: Vec<u64> = self.kept.keys().map(hash).collect();
            let others = other.kept.keys().map(hash);
            for hash in own.into_iter().chain(others).chain(other.seen) {
                self.see(hash);
            }
        }
        for (key, value) in other.kept {
            self.put(key, value, &add);
        }
        self.shrink();
    }

    /// The same under other keys; `add` puts together those that come to be one.
    #[must_use]
    pub fn renamed(self, name: impl Fn(K) -> K, add: impl Fn(&mut V, V)) -> Self {
        let mut renamed = Self {
            kept: HashMap::new(),
            ..self
        };
        for (key, value) in self.kept {
            renamed.put(name(key), value, &add);
        }
        renamed
    }

    fn put(&mut self, key: K, value: V, add: impl Fn(&mut V, V)) {
        match self.kept.entry(key) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(mut place) => add(place.get_mut(), value),
        }
    }

    fn shrink(&mut self) {
        if self.kept.len() < 2 * KEPT {
            return;
        }
        let all: Vec<u64> = self.kept.keys().map(hash).collect();
        for hash in all {
            self.see(hash);
        }
        let sorted = self.sorted();
        let gone: Vec<K> = sorted[KEPT..].iter().map(|(k, _)| (*k).clone()).collect();
        for value in gone.iter().filter_map(|key| self.kept.remove(key)) {
            self.rest += value.count();
            self.gone += 1;
        }
    }

    /// The most frequent first; of equal ones in the order of their keys.
    pub fn sorted(&self) -> Vec<(&K, &V)> {
        let mut all: Vec<_> = self.kept.iter().collect();
        all.sort_by(|a, b| b.1.count().cmp(&a.1.count()).then_with(|| a.0.cmp(b.0)));
        all
    }

    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.kept.get_mut(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.kept.iter()
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.kept.values_mut()
    }

    /// Of how many something is known.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How often those came that are not kept.
    pub fn rest(&self) -> u64 {
        self.rest
    }

    /// How many came, or where they could not be counted, that there were more than so many.
    pub fn number(&self) -> u64 {
        self.seen.len().max(self.kept.len()) as u64
    }

    /// Whether there are no more than [`Top::number`].
    pub fn is_counted(&self) -> bool {
        self.gone == 0 || self.seen.len() < SEEN
    }

    /// How many are not kept, at most.
    pub fn others(&self) -> u64 {
        if self.is_counted() {
            self.number() - self.kept.len() as u64
        } else {
            self.gone
        }
    }

    /// How often all came.
    pub fn sum(&self) -> u64 {
        self.rest + self.kept.values().map(Counted::count).sum::<u64>()
    }
}

fn hash<K: Hash>(key: &K) -> u64 {
    FixedState::default().hash_one(key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Top;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn nothing_is_lost_and_little_is_kept(
            keys in proptest::collection::vec(0_u16..300, 0..2000),
            cut in 0_usize..2000,
        ) {
            let top = |keys: &[u16]| {
                let mut top = Top::<u16, u64, 32, 200>::default();
                for key in keys {
                    top.update(key, || (*key, 0), |n| *n += 1);
                }
                top
            };
            let (some, more) = keys.split_at(cut.min(keys.len()));
            let mut joined = top(some);
            joined.join(top(more), |n, m| *n += m);
            let apart = keys.iter().collect::<BTreeSet<_>>().len() as u64;
            for top in [top(&keys), joined.clone()] {
                if top.is_counted() {
                    prop_assert_eq!(top.number(), apart);
                }
                prop_assert!(top.number() <= apart && (top.is_counted() || apart >= 200));
                prop_assert!(top.len() as u64 + top.others() >= apart);
            }
            for top in [top(&keys), joined.renamed(|key| key / 2, |n, m| *n += m)] {
                prop_assert_eq!(top.sum(), keys.len() as u64);
                prop_assert!(top.len() < 64);
                prop_assert!(top.sorted().is_sorted_by(|a, b| a.1 >= b.1));
            }
        }
    }
}
