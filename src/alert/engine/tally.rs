//! What a rule has counted, by group, and for which groups it fires.
//!
//! Memory is bounded: of the groups for which it does not fire those go that were quiet for longest, and at most
//! [`TOLD`] are told at once. What fires beyond that is told together, as one alert of the rule without a group, and
//! counted exactly.

use std::hash::BuildHasher;

use foldhash::{HashMap, HashMapExt};

use super::episode::Episode;
use super::tell::{Key, resolve, tell, until};
use super::window::{Item, Window};
use crate::alert::Alert;
use crate::alert::fact::{Fact, Kind, hash};
use crate::alert::rule::{Rule, What};
use crate::event::Micros;

/// Alerts of one rule that are told by themselves at once.
const TOLD: usize = 20;
/// Groups that are kept, where each needs few facts; and facts of all together.
const GROUPS: usize = 4096;
const FACTS: usize = 1 << 20;

#[derive(Debug, Clone)]
pub(super) struct Tally {
    groups: HashMap<Key, Group>,
    /// Those that are told by themselves.
    told: Vec<Key>,
    /// All others that fire, together.
    storm: Option<Episode>,
    /// Counts facts; a group's last one says how long it was quiet.
    turn: u64,
    /// How many groups are kept.
    most: usize,
    /// When something happens by itself, at the earliest.
    next: Micros,
}

#[derive(Debug, Clone, Default)]
struct Group {
    /// One for each step.
    windows: Vec<Window>,
    episode: Option<Episode>,
    turn: u64,
}

impl Tally {
    pub(super) fn new(rule: &Rule) -> Self {
        let facts: usize = (0..rule.what.steps()).map(|at| rule.what.least(at)).sum();
        Self {
            groups: HashMap::new(),
            told: Vec::new(),
            storm: None,
            turn: 0,
            most: (FACTS / facts).clamp(4 * TOLD, GROUPS),
            next: Micros::MAX,
        }
    }

    #[cfg(test)]
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn is_firing(&self) -> bool {
        !self.told.is_empty() || self.storm.is_some()
    }

    /// Takes in a fact. `is_hushed`: another rule tells it better.
    pub(super) fn see(
        &mut self,
        rule: &Rule,
        fact: &Fact,
        is_hushed: bool,
        alerts: &mut Vec<Alert>,
    ) {
        if fact.kind == Kind::Back {
            return self.back(rule, fact, alerts);
        }
        if !rule.accepts(fact) {
            return;
        }
        let fields = rule.group_by.iter().map(|field| field.of(fact));
        let Some(key) = fields.collect::<Option<Key>>() else {
            return;
        };
        let Some(item) = item(rule, fact) else {
            return;
        };
        self.turn += 1;
        if self.groups.len() >= self.most && !self.groups.contains_key(&key) {
            self.forget();
        }
        let turn = self.turn;
        let group = self.groups.entry(key.clone()).or_default();
        group.turn = turn;
        let expired = |e: &Episode| e.is_held && e.last + rule.resolve_after <= fact.time;
        group.episode.take_if(|episode| expired(episode));
        let is_hit = group.push(rule, fact, item);
        let Some(is_hit) = is_hit else { return };
        match &mut group.episode {
            Some(episode) => episode.count(&item),
            None if is_hit => group.begin(rule, &key),
            None => {}
        }
        if is_hit {
            self.fire(rule, &key, fact.time, is_hushed, alerts);
        }
    }

    /// The condition is met by a fact of this time.
    fn fire(
        &mut self,
        rule: &Rule,
        key: &Key,
        time: Micros,
        is_hushed: bool,
        alerts: &mut Vec<Alert>,
    ) {
        let Some(group) = self.groups.get_mut(key) else {
            return;
        };
        let Some(episode) = &mut group.episode else {
            return;
        };
        if episode.is_held {
            if !is_hushed {
                self.join_storm(rule, time, alerts);
            }
            return;
        }
        // It begins anew when nothing tells it better any more.
        if episode.is_new() && is_hushed {
            group.episode = None;
            return;
        }
        if episode.is_new() {
            if self.told.len() >= TOLD {
                episode.is_held = true;
                return self.join_storm(rule, time, alerts);
            }
            self.told.push(key.clone());
            episode.due = Some(time + rule.wait);
            if rule.wait == 0 {
                tell(rule, key, episode, time, alerts);
            }
        } else if episode
            .told
            .is_some_and(|told| time >= told + rule.cooldown)
        {
            tell(rule, key, episode, time, alerts);
        } else {
            episode.suppressed += 1;
        }
        self.next = self.next.min(until(rule, episode));
    }

    /// One of those that are told together fires.
    fn join_storm(&mut self, rule: &Rule, time: Micros, alerts: &mut Vec<Alert>) {
        let begun = || Episode::new(hash(&[rule.id.as_bytes(), &time.to_le_bytes()]), time);
        let storm = self.storm.get_or_insert_with(begun);
        storm.count += 1;
        storm.last = storm.last.max(time);
        if storm.told.is_none_or(|told| time >= told + rule.cooldown) {
            tell(rule, &Key::default(), storm, time, alerts);
        } else {
            storm.suppressed += 1;
        }
        self.next = self.next.min(until(rule, storm));
    }

    /// What happens by itself until `now`.
    pub(super) fn advance(
        &mut self,
        rule: &Rule,
        now: Micros,
        is_hushed: bool,
        alerts: &mut Vec<Alert>,
    ) {
        if now < self.next {
            return;
        }
        let groups = &mut self.groups;
        let mut next = Micros::MAX;
        self.told.retain(|key| {
            let Some(group) = groups.get_mut(key) else {
                return false;
            };
            let Some(episode) = &mut group.episode else {
                return false;
            };
            if let Some(due) = episode.due.take_if(|due| *due <= now) {
                if is_hushed {
                    group.episode = None;
                    return false;
                }
                tell(rule, key, episode, due, alerts);
            }
            let at = until(rule, episode);
            if at <= now {
                resolve(rule, key, episode, at, alerts);
                group.episode = None;
                group.windows.clear();
                return false;
            }
            next = next.min(at);
            true
        });
        if let Some(storm) = &mut self.storm {
            let at = until(rule, storm);
            next = next.min(at);
            if at <= now {
                resolve(rule, &Key::default(), storm, at, alerts);
                self.storm = None;
            }
        }
        self.next = next;
    }

    /// An input that was silent is heard again.
    fn back(&mut self, rule: &Rule, fact: &Fact, alerts: &mut Vec<Alert>) {
        let (What::Absence { .. }, Some(input)) = (&rule.what, &fact.input) else {
            return;
        };
        let groups = &mut self.groups;
        self.told.retain(|key| {
            if !key.iter().any(|(_, value)| value == input) {
                return true;
            }
            let group = groups.remove(key);
            if let Some(mut episode) = group.and_then(|group| group.episode) {
                resolve(rule, key, &mut episode, fact.time, alerts);
            }
            false
        });
    }

    /// Lets half of the groups go that are not told, those that were quiet for longest.
    fn forget(&mut self) {
        let told = &self.told;
        let others = self.groups.iter().filter(|(key, _)| !told.contains(key));
        let mut turns: Vec<u64> = others.map(|(_, group)| group.turn).collect();
        let middle = turns.len() / 2;
        let (_, middle, _) = turns.select_nth_unstable(middle);
        let middle = *middle;
        self.groups
            .retain(|key, group| group.turn >= middle || told.contains(key));
    }
}

impl Group {
    /// Takes in a fact. Whether the condition is met by it; `None`: it does not count.
    fn push(&mut self, rule: &Rule, fact: &Fact, item: Item) -> Option<bool> {
        let (span, steps) = (rule.timespan, rule.what.steps());
        self.windows.resize_with(steps, Window::default);
        let mut counted = None;
        for (at, select) in rule.what.selections().enumerate().rev() {
            let before = at.checked_sub(1).map(|before| &self.windows[before]);
            let follows = before.is_none_or(|before| {
                before.is_full(rule.what.least(at - 1), span)
                    && self.windows[0].first() >= item.time - span
            });
            let least = rule.what.least(at);
            if follows
                && select.accepts(fact)
                && self.windows[at].push(item, least)
                && at + 1 == steps
            {
                counted = Some(self.windows[at].is_full(least, span));
            }
        }
        counted
    }

    /// It fires for the first time.
    fn begin(&mut self, rule: &Rule, key: &Key) {
        let mut items = self.windows.iter().flat_map(Window::items);
        let Some(first) = items.next() else { return };
        let id = first.id.to_le_bytes();
        let mut pieces: Vec<&[u8]> = vec![rule.id.as_bytes()];
        pieces.extend(key.iter().map(|(_, value)| value.as_bytes()));
        pieces.push(&id);
        let mut episode = Episode::new(hash(&pieces), first.time);
        episode.count(first);
        items.for_each(|item| episode.count(item));
        self.episode = Some(episode);
    }
}

/// What a window keeps of a fact; `None`: it lacks the value that is counted.
fn item(rule: &Rule, fact: &Fact) -> Option<Item> {
    let value = match &rule.what {
        What::ValueCount { field, .. } => {
            let state = foldhash::quality::FixedState::default();
            Some(state.hash_one(field.of(fact)?))
        }
        _ => None,
    };
    Some(Item {
        time: fact.time,
        id: fact.id,
        value,
        is_finding: fact.kind == Kind::Finding,
    })
}
