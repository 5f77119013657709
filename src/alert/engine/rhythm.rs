//! Which inputs are silent for longer than they ever were, while others go on.
//!
//! A server that nobody uses at night writes nothing, and neither does what is in front of it. So an input is silent
//! only when both the time and what other inputs wrote meanwhile are beyond what it was silent for so far.

use std::borrow::Cow;

use super::Micros;
use crate::alert::fact::{Fact, Kind, hash};
use crate::alert::rule::{Rule, What};

/// Lines of an input before anything is known of its rhythm.
const LEARNT: u64 = 20;
/// Lines of others, in fewer of which nothing needs to be said.
const LEAST: u64 = 50;

#[derive(Debug, Clone, Default)]
pub(super) struct Rhythm {
    inputs: Vec<Pulse>,
}

#[derive(Debug, Clone, Default)]
struct Pulse {
    name: Box<str>,
    lines: u64,
    last: Micros,
    /// What others wrote since.
    others: u64,
    longest: Micros,
    most: u64,
    /// By which rules it is silent, by their place among all.
    silent: Vec<usize>,
}

impl Rhythm {
    /// `inputs`: their names, by their numbers.
    pub(super) fn new(inputs: &[String]) -> Self {
        let pulse = |name: &String| Pulse {
            name: name.as_str().into(),
            ..Pulse::default()
        };
        Self {
            inputs: inputs.iter().map(pulse).collect(),
        }
    }

    /// An input wrote something. Gives which are silent by now, and which no longer are.
    pub(super) fn pass(&mut self, input: usize, time: Micros, rules: &[Rule]) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (number, pulse) in self.inputs.iter_mut().enumerate() {
            if number == input {
                pulse.beats(time, rules, &mut facts);
            } else {
                pulse.waits(time, rules, &mut facts);
            }
        }
        facts
    }
}

impl Pulse {
    fn beats(&mut self, time: Micros, rules: &[Rule], facts: &mut Vec<Fact>) {
        if self.lines > 0 && self.silent.is_empty() {
            self.longest = self.longest.max(time - self.last);
            self.most = self.most.max(self.others);
        }
        let silent = std::mem::take(&mut self.silent);
        facts.extend(
            silent
                .iter()
                .map(|rule| self.fact(Kind::Back, time, &rules[*rule])),
        );
        self.lines += 1;
        self.last = self.last.max(time);
        self.others = 0;
    }

    fn waits(&mut self, time: Micros, rules: &[Rule], facts: &mut Vec<Fact>) {
        if self.lines < LEARNT {
            return;
        }
        self.others += 1;
        let quiet = time - self.last;
        for (number, rule) in rules.iter().enumerate() {
            let What::Absence { rhythm, .. } = rule.what else {
                continue;
            };
            let is_long = quiet > rule.timespan.max(self.longest * Micros::from(rhythm));
            let is_much = self.others > LEAST.max(self.most * u64::from(rhythm));
            if rule.is_enabled && is_long && is_much && !self.silent.contains(&number) {
                self.silent.push(number);
                facts.push(self.fact(Kind::Silent, time, rule));
            }
        }
    }

    fn fact(&self, kind: Kind, time: Micros, rule: &Rule) -> Fact {
        let id = hash(&[
            self.name.as_bytes(),
            rule.id.as_bytes(),
            &self.last.to_le_bytes(),
        ]);
        Fact {
            input: Some(self.name.clone()),
            action: Some(Cow::Owned(rule.id.to_string())),
            ..Fact::new(kind, time, id)
        }
    }
}
