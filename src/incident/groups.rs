//! All groups, and by whom each is found: by the clients and principals that it names.

use std::net::IpAddr;

use foldhash::{HashMap, HashMapExt};

use super::group::{Anchor, Fact, Group};
use crate::event::Micros;
use crate::finding::Finding;

/// Groups that are kept; beyond that the smallest half of those that are quiet is only counted.
pub(super) const GROUPS: usize = 4096;
/// Groups that a client or a principal leads to: the newest.
const ANCHORED: usize = 16;

/// By what a finding is told to belong to a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Client(IpAddr),
    Principal(Box<str>),
    Nobody,
}

impl Key {
    /// Those of a finding, and as what each anchors it.
    fn of(finding: &Finding) -> impl Iterator<Item = (Self, Anchor)> {
        let client = finding.source.map(Key::Client);
        let principal = finding.principal.clone().map(Key::Principal);
        let nobody = (client.is_none() && principal.is_none()).then_some(Key::Nobody);
        let keys = [
            (client, Anchor::Client),
            (principal, Anchor::Principal),
            (nobody, Anchor::Either),
        ];
        let named = |(key, by): (Option<Key>, Anchor)| Some((key?, by));
        keys.into_iter().filter_map(named)
    }
}

/// Groups by number. One that another took in is found under its own number still.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    kept: HashMap<u32, Group>,
    /// Of each group that ever was, the one that took it in; itself where none did.
    parents: Vec<u32>,
    anchors: HashMap<Key, Vec<u32>>,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self {
            kept: HashMap::new(),
            parents: Vec::new(),
            anchors: HashMap::new(),
        }
    }

    /// The number of the group that a group has become.
    pub(super) fn root(&self, number: u32) -> u32 {
        let mut at = number;
        while let Some(parent) = self.parents.get(at as usize).copied().filter(|p| *p != at) {
            at = parent;
        }
        at
    }

    /// That of each group that ever was, in the order in which they began.
    pub(super) fn roots(&self) -> impl Iterator<Item = u32> {
        (0..)
            .zip(&self.parents)
            .map(|(number, _)| self.root(number))
    }

    /// What a group has become; `None` if it is only counted by now.
    pub(super) fn get(&self, number: u32) -> Option<&Group> {
        self.kept.get(&self.root(number))
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Group> {
        let root = self.root(number);
        self.kept.get_mut(&root)
    }

    /// In the order in which they began.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.kept.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Group> {
        self.kept.values_mut()
    }

    /// The groups that may have to do with a client or a principal.
    pub(super) fn each_of(&mut self, key: &Key, mut act: impl FnMut(&mut Group)) {
        for number in self.anchors.get(key).cloned().unwrap_or_default() {
            if let Some(group) = self.get_mut(number) {
                act(group);
            }
        }
    }

    /// The group of those that a finding's client leads to, else of those that its principal does, which is the newest
    /// that `goes_on` with it; and by whom it was found.
    pub(super) fn find(
        &self,
        finding: &Finding,
        goes_on: impl Fn(&Group, Anchor) -> bool,
    ) -> Option<(u32, Anchor)> {
        Key::of(finding).find_map(|(key, by)| {
            let numbers = self.anchors.get(&key)?.iter().rev();
            let mut roots = numbers.map(|number| self.root(*number));
            let is_it = |root: &u32| self.kept.get(root).is_some_and(|group| goes_on(group, by));
            Some((roots.find(is_it)?, by))
        })
    }

    pub(super) fn begin(&mut self, fact: &Fact<'_>) -> u32 {
        let number = u32::try_from(self.parents.len()).unwrap_or(u32::MAX);
        self.parents.push(number);
        self.kept.insert(number, Group::new(fact));
        self.register(number, fact.finding);
        number
    }

    /// Adds a finding that was found to go on with a group.
    pub(super) fn add(&mut self, number: u32, by: Anchor, fact: &Fact<'_>) {
        let finding = fact.finding;
        let Some(group) = self.kept.get_mut(&number) else {
            return;
        };
        if group.anchor == Anchor::Either {
            let is_other_client = finding
                .source
                .is_some_and(|client| group.clients.keys().any(|own| *own != client));
            let other = finding.principal.as_ref();
            let is_other_principal =
                other.is_some_and(|other| group.principals.keys().any(|own| own != other));
            match by {
                Anchor::Client if is_other_principal => group.anchor = Anchor::Client,
                Anchor::Principal if is_other_client => group.anchor = Anchor::Principal,
                _ => {}
            }
        }
        group.add(fact);
        self.register(number, finding);
    }

    /// Lets one group take in another.
    pub(super) fn merge(&mut self, into: u32, other: u32) {
        let Some(other_group) = self.kept.remove(&other).filter(|_| into != other) else {
            return;
        };
        self.parents[other as usize] = into;
        let Some(group) = self.kept.get_mut(&into) else {
            return;
        };
        group.join(other_group);
        group.anchor = Anchor::Client;
        let clients: Vec<IpAddr> = group.clients.keys().copied().collect();
        for client in clients {
            self.anchor(Key::Client(client), into);
        }
    }

    /// Where there are too many: takes out the smaller half of those that ended before `quiet`, incidents by
    /// `qualifies` last.
    pub(super) fn forget(
        &mut self,
        quiet: Micros,
        qualifies: impl Fn(&Group) -> bool,
    ) -> Vec<Group> {
        if self.kept.len() <= GROUPS {
            return Vec::new();
        }
        let mut sizes: Vec<(bool, u64, u32)> = self
            .kept
            .iter()
            .filter(|(_, group)| group.last < quiet)
            .map(|(number, group)| (qualifies(group), group.count, *number))
            .collect();
        sizes.sort_unstable();
        sizes.truncate(sizes.len().div_ceil(2));
        let gone = sizes
            .iter()
            .filter_map(|(_, _, number)| self.kept.remove(number));
        let gone = gone.collect();
        let mut anchors = std::mem::take(&mut self.anchors);
        anchors.retain(|_, numbers| {
            numbers.retain(|number| self.get(*number).is_some());
            !numbers.is_empty()
        });
        self.anchors = anchors;
        gone
    }

    /// Lets a group be found by those who are named by a finding.
    fn register(&mut self, number: u32, finding: &Finding) {
        for (key, _) in Key::of(finding) {
            self.anchor(key, number);
        }
    }

    fn anchor(&mut self, key: Key, number: u32) {
        let known = self.anchors.get(&key).cloned().unwrap_or_default();
        let mut roots: Vec<u32> = known.into_iter().map(|n| self.root(n)).collect();
        roots.retain(|root| self.kept.contains_key(root) && *root != number);
        roots.push(number);
        let old = roots.len().saturating_sub(ANCHORED);
        roots.drain(..old);
        self.anchors.insert(key, roots);
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.kept.len(), self.anchors.len())
    }
}
