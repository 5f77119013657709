//! When each client, and each principal, was let in: as runs without a refusal in between.

use std::collections::VecDeque;
use std::hash::Hash;

use foldhash::{HashMap, HashMapExt};

use super::moment::Moment;
use crate::event::Micros;

/// What is remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// Of so many; beyond that the longest unseen half is forgotten.
    pub(super) most: usize,
    /// So many runs of each.
    pub(super) runs: usize,
    /// A run ends when nothing of it came for so long.
    pub(super) pause: Micros,
}

/// One or several requests, none refused among accepted ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: Moment,
    pub(super) last: Moment,
    pub(super) count: u64,
    pub(super) is_accepted: bool,
    input: usize,
}

/// By client or by principal.
#[derive(Debug, Clone)]
pub(super) struct Runs<K> {
    of: HashMap<K, VecDeque<Run>>,
    memory: Memory,
}

impl<K: Hash + Eq> Runs<K> {
    pub(super) fn new(memory: Memory) -> Self {
        Self {
            of: HashMap::new(),
            memory,
        }
    }

    pub(super) fn note(&mut self, key: K, at: Moment, is_accepted: bool, input: usize) {
        if self.of.len() >= self.memory.most && !self.of.contains_key(&key) {
            self.forget();
        }
        let runs = self.of.entry(key).or_default();
        if let Some(run) = runs.back_mut()
            && run.is_accepted == is_accepted
            && (at.time - run.last.time).abs() <= self.memory.pause
        {
            run.last = run.last.max(at);
            run.first = run.first.min(at);
            run.count += 1;
            run.input = input;
            return;
        }
        if runs.len() >= self.memory.runs {
            runs.pop_front();
        }
        runs.push_back(Run {
            first: at,
            last: at,
            count: 1,
            is_accepted,
            input,
        });
    }

    fn forget(&mut self) {
        let last = |runs: &VecDeque<Run>| runs.back().map(|run| run.last.time);
        let mut seen: Vec<_> = self.of.values().map(last).collect();
        let middle = seen.len() / 2;
        let (_, &mut median, _) = seen.select_nth_unstable(middle);
        self.of.retain(|_, runs| last(runs) > median);
    }

    fn accepted<'a, Q>(&'a self, key: &Q) -> impl DoubleEndedIterator<Item = &'a Run>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let runs = self.of.get(key).into_iter().flatten();
        runs.filter(|run| run.is_accepted)
    }

    /// The run that ended last before that moment, or was under way then.
    pub(super) fn before<Q>(&self, key: &Q, at: Moment) -> Option<&Run>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.accepted(key).rev().find(|run| !run.first.is_after(at))
    }

    /// When it was first let in after that moment.
    pub(super) fn after<Q>(&self, key: &Q, at: Moment) -> Option<Moment>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let run = self.accepted(key).find(|run| run.last.is_after(at))?;
        Some(if run.first.is_after(at) {
            run.first
        } else {
            run.last
        })
    }

    /// How many were seen between two moments.
    pub(super) fn seen(&self, from: Micros, until: Micros) -> usize {
        let is_seen = |run: &Run| run.first.time <= until && run.last.time >= from;
        self.of.values().filter(|r| r.iter().any(is_seen)).count()
    }

    /// What an input told from `from` on was by a clock that ran ahead.
    pub(super) fn rewind(&mut self, input: usize, from: Micros, by: Micros) {
        for run in self.of.values_mut().flatten().filter(|r| r.input == input) {
            run.first.rewind(from, by);
            run.last.rewind(from, by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Memory, Moment, Runs};
    use crate::event::{Micros, Place};

    const MEMORY: Memory = Memory {
        most: 8,
        runs: 8,
        pause: Micros::MAX,
    };

    fn at(time: Micros) -> Moment {
        Moment::new(time * 10_000_000, None)
    }

    #[test]
    fn the_last_success_before_and_the_first_after() {
        let mut runs: Runs<&str> = Runs::new(MEMORY);
        let came = [
            (1, true),
            (2, true),
            (3, false),
            (4, false),
            (5, true),
            (6, true),
        ];
        for (time, is_accepted) in came {
            runs.note("alice", at(time), is_accepted, 0);
        }
        let before = runs.before("alice", at(3)).unwrap();
        assert_eq!((before.last, before.count), (at(2), 2));
        assert_eq!(runs.after("alice", at(4)), Some(at(5)));
        assert_eq!(runs.after("alice", at(6)), None);
        assert_eq!(runs.before("alice", at(0)), None);
        assert_eq!(runs.before("bob", at(3)), None);
        let seen = |from, until| runs.seen(at(from).time, at(until).time);
        assert_eq!((seen(3, 4), seen(7, 9)), (1, 0));
    }

    #[test]
    fn within_a_second_the_order_of_the_lines_tells() {
        let line = |time, line| {
            let place = Place {
                part: 0,
                line,
                offset: 0,
                length: 0,
            };
            Moment::new(time, Some(place))
        };
        let mut runs: Runs<&str> = Runs::new(MEMORY);
        runs.note("alice", line(0, 1), true, 0);
        runs.note("alice", line(0, 3), false, 0);
        runs.note("alice", line(0, 5), true, 0);
        assert_eq!(runs.after("alice", line(400_000, 3)), Some(line(0, 5)));
        let before = runs.before("alice", line(400_000, 3)).map(|run| run.last);
        assert_eq!(before, Some(line(0, 1)));
    }
}
