//! From when a rule fires for a group until it is over.

use std::collections::VecDeque;

use foldhash::HashSet;

use super::window::Item;
use crate::alert::fact::Id;
use crate::event::Micros;

/// Findings that an alert names: so many of the first, and so many of the last.
const NAMED: usize = 10;
/// Different values that are counted; from then on it is `at least`.
pub(super) const VALUES: usize = 1 << 12;

#[derive(Debug, Clone)]
pub(super) struct Episode {
    pub(super) id: Id,
    /// Of the next alert.
    pub(super) sequence: u32,
    pub(super) first: Micros,
    pub(super) last: Micros,
    pub(super) count: u64,
    values: HashSet<u64>,
    /// When it was last told; `None`: not yet.
    pub(super) told: Option<Micros>,
    /// It is told then, unless something comes between.
    pub(super) due: Option<Micros>,
    /// It is one of many, and not told by itself.
    pub(super) is_held: bool,
    /// How often it fired since without being told.
    pub(super) suppressed: u64,
    findings: u64,
    begin: Vec<Id>,
    end: VecDeque<Id>,
}

impl Episode {
    pub(super) fn new(id: Id, time: Micros) -> Self {
        Self {
            id,
            sequence: 0,
            first: time,
            last: time,
            count: 0,
            values: HashSet::default(),
            told: None,
            due: None,
            is_held: false,
            suppressed: 0,
            findings: 0,
            begin: Vec::new(),
            end: VecDeque::new(),
        }
    }

    /// Nothing was told of it, nor is it about to be.
    pub(super) fn is_new(&self) -> bool {
        self.told.is_none() && self.due.is_none()
    }

    pub(super) fn count(&mut self, item: &Item) {
        self.count += 1;
        self.first = self.first.min(item.time);
        self.last = self.last.max(item.time);
        if let Some(value) = item.value
            && self.values.len() < VALUES
            && !self.is_held
        {
            self.values.insert(value);
        }
        if !item.is_finding {
            return;
        }
        self.findings += 1;
        if self.begin.len() < NAMED {
            self.begin.push(item.id);
            return;
        }
        self.end.push_back(item.id);
        if self.end.len() > NAMED {
            self.end.pop_front();
        }
    }

    /// How many different values were counted, at least.
    pub(super) fn values(&self) -> u64 {
        self.values.len() as u64
    }

    /// Those that are named, and how many are not.
    pub(super) fn findings(&self) -> (Vec<Box<str>>, u64) {
        let named = self.begin.iter().chain(&self.end);
        let named: Vec<Box<str>> = named.map(|id| format!("{id:032x}").into()).collect();
        let left_out = self.findings - named.len() as u64;
        (named, left_out)
    }
}
