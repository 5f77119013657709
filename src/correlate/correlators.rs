//! Several server products in one run: each has a correlator of its own, and their findings come out as one
//! sequence.

use super::{Bearings, Correlator};
use crate::event::{Micros, Record};
use crate::finding::Finding;
use crate::summary::Summary;

/// A [`Correlator`] for each server product, in the order of their [`Bearings`].
pub struct Correlators {
    all: Vec<Correlator>,
    /// Per input: whose it is.
    of: Vec<usize>,
}

impl Correlators {
    /// `names`: all inputs, in the order of their numbers.
    pub fn new(bearings: Vec<Bearings>, names: &[String]) -> Self {
        let owner = |input: usize| bearings.iter().position(|b| b.own[input]);
        let of = (0..names.len()).map(|input| owner(input).unwrap_or(0));
        Self {
            of: of.collect(),
            all: bearings
                .into_iter()
                .map(|b| Correlator::new(b, names.to_vec()))
                .collect(),
        }
    }

    /// Lets findings tell which lines were looked at.
    pub fn consider(&mut self) {
        self.all.iter_mut().for_each(Correlator::consider);
    }

    fn of(&mut self, input: usize) -> &mut Correlator {
        &mut self.all[self.of[input]]
    }

    /// Takes in the next record of an input.
    pub fn push(&mut self, input: usize, record: Record) {
        self.of(input).push(input, record);
    }

    /// When the next record of an input happened, by the access logs' clock.
    pub fn time(&self, input: usize, record: &Record) -> Micros {
        self.all[self.of[input]].time(input, record)
    }

    /// The next record of this input, not pushed yet, is of this time by the access logs' clock.
    pub fn announce(&mut self, input: usize, time: Micros) {
        self.of(input).announce(input, time);
    }

    /// No further record of this input will come.
    pub fn end(&mut self, input: usize) {
        self.of(input).end(input);
    }

    /// Pairs what is old enough, and judges what can be judged.
    pub fn advance(&mut self) {
        self.all.iter_mut().for_each(Correlator::advance);
    }

    /// The findings so far: in the order of time within a product, and across products as far as they are
    /// taken at once.
    pub fn take(&mut self) -> Vec<Finding> {
        if let [only] = &mut *self.all {
            return only.take();
        }
        let mut findings: Vec<_> = self.all.iter_mut().flat_map(Correlator::take).collect();
        findings.sort_by_key(|f| f.time);
        findings
    }

    /// All inputs have ended: pairs and judges what is left.
    pub fn finish(&mut self) {
        self.all.iter_mut().for_each(Correlator::finish);
    }

    /// What the reader of the findings should know of the logs. What was read of each is the caller's.
    pub fn summary(&self) -> Summary {
        let mut all = Summary::default();
        for of_one in self.all.iter().map(Correlator::summary) {
            all.zones.extend(of_one.zones);
            all.clock_offsets.extend(of_one.clock_offsets);
            all.gaps.extend(of_one.gaps);
            all.notes.extend(of_one.notes);
        }
        all
    }
}
