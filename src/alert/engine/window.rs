//! The last facts of a group, as many as a rule asks for.

use std::collections::VecDeque;

use crate::alert::fact::Id;
use crate::event::Micros;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) time: Micros,
    pub(super) id: Id,
    /// Hash of the value that is counted, where different ones are.
    pub(super) value: Option<u64>,
    pub(super) is_finding: bool,
}

/// In the order of time. Where values are counted, the last fact with each.
#[derive(Debug, Clone, Default)]
pub(super) struct Window(VecDeque<Item>);

impl Window {
    /// Takes in a fact, of which at most `least` are kept. False: it was there, or is older than all that count.
    pub(super) fn push(&mut self, item: Item, least: usize) -> bool {
        let mut equal = self.0.iter().rev().skip_while(|i| i.time > item.time);
        let mut equal = equal.by_ref().take_while(|i| i.time == item.time);
        if equal.any(|known| known.id == item.id) {
            return false;
        }
        if item.value.is_some()
            && let Some(at) = self.0.iter().position(|known| known.value == item.value)
        {
            if self.0[at].time > item.time {
                return false;
            }
            self.0.remove(at);
        }
        let at = self.0.partition_point(|known| known.time <= item.time);
        if at == 0 && self.0.len() == least {
            return false;
        }
        self.0.insert(at, item);
        if self.0.len() > least {
            self.0.pop_front();
        }
        true
    }

    /// Whether there are so many within a timespan.
    pub(super) fn is_full(&self, least: usize, timespan: Micros) -> bool {
        self.0.len() == least && self.last() - self.first() <= timespan
    }

    /// Of an empty one the end of time.
    pub(super) fn first(&self) -> Micros {
        self.0.front().map_or(Micros::MAX, |item| item.time)
    }

    fn last(&self) -> Micros {
        self.0.back().map_or(Micros::MAX, |item| item.time)
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.iter()
    }
}
