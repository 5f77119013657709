//! Texts and addresses that repeat, once each: rows say by number which they mean.

use std::borrow::Borrow;
use std::hash::Hash;

use foldhash::HashMap;

#[derive(Debug)]
pub(super) struct Names<K> {
    numbers: HashMap<K, u32>,
}

impl<K> Default for Names<K> {
    fn default() -> Self {
        Self {
            numbers: HashMap::default(),
        }
    }
}

impl<K: Hash + Eq> Names<K> {
    /// From 1 on; 0 is none. `owned`: the same name, to be kept.
    pub(super) fn number<Q>(&mut self, name: Option<&Q>, owned: impl FnOnce(&Q) -> K) -> u32
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Some(name) = name else { return 0 };
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len() + 1).unwrap_or(0);
        self.numbers.insert(owned(name), number);
        number
    }

    /// In the order of their numbers.
    pub(super) fn finish(self) -> Vec<K> {
        let mut all: Vec<(K, u32)> = self.numbers.into_iter().collect();
        all.sort_unstable_by_key(|(_, number)| *number);
        all.into_iter().map(|(name, _)| name).collect()
    }
}

/// What a number means.
pub(super) fn named<K>(names: &[K], number: u32) -> Option<&K> {
    names.get(usize::try_from(number).ok()?.checked_sub(1)?)
}
