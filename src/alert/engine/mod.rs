//! Rules over facts: what comes in, in whatever order, becomes alerts.
//!
//! ```text
//! fact -> kept until nothing earlier can come -> tally of each rule (window, episode) -> Alert
//! ```
//!
//! It knows no clock but that of the facts, so that it says the same live and in replay, however facts are batched.

mod episode;
#[cfg(test)]
mod laws;
mod rhythm;
mod tally;
mod tell;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use rhythm::Rhythm;
use tally::Tally;

use super::Alert;
use super::fact::{Fact, Id, Kind};
use super::rule::{Rule, What};
use crate::event::{Micros, SECOND};
use crate::sign::Sign;
use crate::summary::Summary;

/// Facts that are kept until nothing earlier can come; beyond that the older half is not waited with.
const KEPT: usize = 1 << 16;

/// A gap is one when logs have gone on for so long behind it: what is missing may be on its way.
const LATE: Micros = 60 * SECOND;

/// Takes facts in, and gives alerts out.
#[derive(Debug, Clone)]
pub struct Engine {
    rules: Arc<[Rule]>,
    tallies: Vec<Tally>,
    /// Of each rule those that hush it.
    hushed_by: Vec<Vec<usize>>,
    has_absence: bool,
    rhythm: Rhythm,
    inputs: Vec<String>,
    waiting: BTreeMap<(Micros, Kind, Id), Fact>,
    newest: Micros,
    alerts: Vec<Alert>,
}

impl Engine {
    /// `inputs`: the names of all inputs, by the numbers that signs have.
    pub fn new(rules: Arc<[Rule]>, inputs: Vec<String>) -> Self {
        let place = |id: &str| rules.iter().position(|rule| *rule.id == *id);
        let hushed_by = |rule: &Rule| rule.unless.iter().filter_map(|id| place(id)).collect();
        let is_absence = |r: &Rule| r.is_enabled && matches!(r.what, What::Absence { .. });
        Self {
            tallies: rules.iter().map(Tally::new).collect(),
            hushed_by: rules.iter().map(hushed_by).collect(),
            has_absence: rules.iter().any(is_absence),
            rhythm: Rhythm::new(&inputs),
            inputs,
            waiting: BTreeMap::new(),
            newest: Micros::MIN,
            alerts: Vec::new(),
            rules,
        }
    }

    /// Takes in a fact.
    pub fn push(&mut self, fact: Fact) {
        self.newest = self.newest.max(fact.time);
        let wants = |rule: &Rule| rule.is_enabled && rule.accepts(&fact);
        if fact.kind != Kind::Back && !self.rules.iter().any(wants) {
            return;
        }
        self.waiting.insert((fact.time, fact.kind, fact.id), fact);
        if self.waiting.len() > KEPT {
            let times = self.waiting.keys().map(|(time, ..)| *time);
            let middle = times.clone().nth(KEPT / 2);
            self.settle(middle.unwrap_or(Micros::MAX));
        }
    }

    /// Takes in what else happened. `id`: of the place where it is told.
    pub fn sign(&mut self, sign: &Sign, id: impl Fn() -> Option<String>) {
        self.newest = self.newest.max(sign.time);
        let name = self.inputs.get(sign.input).map_or("", String::as_str);
        let fact = Fact::of_sign(sign, name, id);
        if self.has_absence {
            for fact in self.rhythm.pass(sign.input, sign.time, &self.rules) {
                self.push(fact);
            }
        }
        if let Some(fact) = fact {
            self.push(fact);
        }
    }

    /// Nothing from before this moment will come, or hardly anything.
    pub fn settle(&mut self, until: Micros) {
        let later = self.waiting.split_off(&(until, Kind::Change, 0));
        let settled = std::mem::replace(&mut self.waiting, later);
        for fact in settled.into_values() {
            self.advance(fact.time);
            self.see(&fact);
        }
        self.advance(until.min(self.newest));
    }

    /// The logs end here, as far as is known, and this is what is said of them.
    pub fn finish(&mut self, summary: &Summary) {
        let settled = self.newest.saturating_sub(LATE);
        let gaps = summary.gaps.iter().filter_map(Fact::of_gap);
        for gap in gaps.filter(|gap| gap.time <= settled) {
            self.push(gap);
        }
        for system in &summary.unlogged {
            self.push(Fact::unlogged(system, self.newest));
        }
        self.settle(Micros::MAX);
    }

    /// The alerts since they were taken last.
    pub fn take(&mut self) -> Vec<Alert> {
        std::mem::take(&mut self.alerts)
    }

    fn is_hushed(&self, rule: usize) -> bool {
        let hushed_by = &self.hushed_by[rule];
        hushed_by.iter().any(|by| self.tallies[*by].is_firing())
    }

    fn advance(&mut self, now: Micros) {
        for at in 0..self.rules.len() {
            let is_hushed = self.is_hushed(at);
            let (rule, tally) = (&self.rules[at], &mut self.tallies[at]);
            tally.advance(rule, now, is_hushed, &mut self.alerts);
        }
    }

    fn see(&mut self, fact: &Fact) {
        for at in 0..self.rules.len() {
            if !self.rules[at].is_enabled {
                continue;
            }
            let is_hushed = self.is_hushed(at);
            let (rule, tally) = (&self.rules[at], &mut self.tallies[at]);
            tally.see(rule, fact, is_hushed, &mut self.alerts);
        }
    }
}
