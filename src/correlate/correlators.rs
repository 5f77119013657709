//! Several server products in one run: each has a correlator of its own, and their findings come out as one
//! sequence.

use super::front::{AHEAD, Fronts};
use super::{Bearings, Correlator};
use crate::event::{Micros, Record};
use crate::finding::Finding;
use crate::sieve::{Glimpse, Sight};
use crate::summary::Summary;

/// A [`Correlator`] for each server product, in the order of their [`Bearings`].
#[derive(Clone)]
pub struct Correlators {
    pub(super) all: Vec<Correlator>,
    /// Per input: whose it is; `None`: the error log of a web server in front of any.
    pub(super) of: Vec<Option<usize>>,
    fronts: Fronts,
    /// Per input: whether it is an access log. What an application says of its own requests came through.
    is_access: Vec<bool>,
}

impl Correlators {
    /// `names`: all inputs, in the order of their numbers.
    pub fn new(bearings: Vec<Bearings>, names: &[String]) -> Self {
        let owner = |input: usize| bearings.iter().position(|b| b.own[input]);
        let offsets = bearings.iter().flat_map(|b| b.fronts.iter().copied());
        let naming = bearings.first().map(|b| b.naming.clone());
        let naming = naming.unwrap_or_default();
        let is_told = |input: usize| {
            bearings
                .iter()
                .any(|b| b.clocks.iter().any(|c| c.input == input))
        };
        Self {
            is_access: (0..names.len()).map(|input| !is_told(input)).collect(),
            fronts: Fronts::new(offsets.collect(), naming),
            of: (0..names.len()).map(owner).collect(),
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

    fn of(&mut self, input: usize) -> Option<&mut Correlator> {
        self.of[input].map(|of| &mut self.all[of])
    }

    /// Takes in the next record of an input.
    pub fn push(&mut self, input: usize, sight: Sight) {
        match sight {
            Sight::Whole(record) => self.whole(input, record),
            Sight::Glimpse(glimpse) => self.glimpse(input, glimpse),
        }
    }

    fn glimpse(&mut self, input: usize, glimpse: Glimpse) {
        if self.is_access[input] {
            self.fronts.pass(glimpse.time.start);
        }
        if let Some(of) = self.of(input) {
            of.glimpse(input, glimpse);
        }
    }

    fn whole(&mut self, input: usize, record: Record) {
        let Some(of) = self.of[input] else {
            self.fronts.push(input, record);
            return;
        };
        let correlator = &mut self.all[of];
        if !self.is_access[input] || !self.fronts.explains(input, &record, correlator.system()) {
            correlator.push(input, record);
        }
    }

    /// When the next record of an input happened, by the access logs' clock.
    pub fn time(&self, input: usize, sight: &Sight) -> Micros {
        match (self.of[input], sight) {
            (Some(of), Sight::Whole(record)) => self.all[of].time(input, record),
            (Some(of), Sight::Glimpse(glimpse)) => self.all[of].time_of(glimpse),
            (None, sight) => self.fronts.time(input, sight.time().start) - AHEAD,
        }
    }

    /// The next record of this input, not pushed yet, is of this time by the access logs' clock.
    pub fn announce(&mut self, input: usize, time: Micros) {
        if let Some(correlator) = self.of(input) {
            correlator.announce(input, time);
        }
    }

    /// No further record of this input will come.
    pub fn end(&mut self, input: usize) {
        if let Some(correlator) = self.of(input) {
            correlator.end(input);
        }
    }

    /// Pairs what is old enough, and judges what can be judged.
    pub fn advance(&mut self) {
        self.all.iter_mut().for_each(Correlator::advance);
    }

    /// Whether there is anything to take: findings of the server products, or signs.
    pub fn has_news(&self) -> bool {
        let has_signs = |c: &Correlator| c.signs.as_ref().is_some_and(|signs| !signs.is_empty());
        let mut all = self.all.iter();
        all.any(|c| !c.findings.is_empty() || has_signs(c))
    }

    /// The findings so far: in the order of time within a product, and across products as far as they are
    /// taken at once.
    pub fn take(&mut self) -> Vec<Finding> {
        let findings = if let [only] = &mut *self.all {
            only.take()
        } else {
            let mut findings: Vec<_> = self.all.iter_mut().flat_map(Correlator::take).collect();
            findings.sort_by_key(|f| f.time);
            findings
        };
        match findings.iter().map(|f| f.time).max() {
            None => findings,
            until => merged(findings, self.fronts.take(until)),
        }
    }

    /// The findings that are left, when all has been pushed and finished.
    pub fn rest(&mut self) -> Vec<Finding> {
        let findings = self.take();
        merged(findings, self.fronts.take(None))
    }

    /// All inputs have ended: pairs and judges what is left.
    pub fn finish(&mut self) {
        self.all.iter_mut().for_each(Correlator::finish);
    }

    /// What would be found if the logs ended here: what [`Correlators::rest`] would give behind
    /// [`Correlators::finish`]. They may go on all the same.
    pub fn would_find(&self) -> Vec<Finding> {
        let mut ended = self.clone();
        (0..ended.of.len()).for_each(|input| ended.end(input));
        ended.finish();
        ended.rest()
    }

    /// Inputs that were taken to have ended go on.
    pub fn reopen(&mut self) {
        self.all.iter_mut().for_each(Correlator::reopen);
    }

    /// What the reader of the findings should know of the logs. What was read of each is the caller's.
    pub fn summary(&self) -> Summary {
        let mut all = Summary::default();
        for of_one in self.all.iter().map(Correlator::summary) {
            all.zones.extend(of_one.zones);
            all.clock_offsets.extend(of_one.clock_offsets);
            all.gaps.extend(of_one.gaps);
            all.notes.extend(of_one.notes);
            all.unlogged.extend(of_one.unlogged);
        }
        all
    }
}

/// Both, each finding of the web servers before the first of the server products that is younger.
fn merged(findings: Vec<Finding>, mut of_fronts: Vec<Finding>) -> Vec<Finding> {
    if of_fronts.is_empty() {
        return findings;
    }
    of_fronts.sort_by_key(|finding| finding.time);
    let mut of_fronts = of_fronts.into_iter().peekable();
    let mut all = Vec::with_capacity(findings.len() + of_fronts.len());
    for finding in findings {
        while let Some(earlier) = of_fronts.next_if(|other| other.time <= finding.time) {
            all.push(earlier);
        }
        all.push(finding);
    }
    all.extend(of_fronts);
    all
}
