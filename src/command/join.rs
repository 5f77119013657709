//! Both passes over a set of inputs: the logs in, findings out.

use std::collections::VecDeque;

use crate::correlate::{Bearings, Correlators, Side, Survey};
use crate::event::{Micros, Record};
use crate::finding::Finding;
use crate::format::Format;
use crate::input::{self, Input, Sample};
use crate::summary::Summary;
use crate::system::System;

/// What can be joined, for it can be read twice: a log, or what the index keeps of one.
pub(super) trait Source {
    type Records: Iterator<Item = Record>;

    fn name(&self) -> &str;
    fn format(&self) -> &'static dyn Format;
    /// In bytes, about.
    fn size(&self) -> u64;
    /// The first pass.
    fn preview(&mut self, sample: Sample) -> impl Iterator<Item = Record>;
    /// The second.
    fn records(self) -> Self::Records;
}

impl Source for Input {
    type Records = input::Records<'static>;

    fn name(&self) -> &str {
        &self.name
    }

    fn format(&self) -> &'static dyn Format {
        self.format
    }

    fn size(&self) -> u64 {
        Input::size(self)
    }

    fn preview(&mut self, sample: Sample) -> impl Iterator<Item = Record> {
        Input::preview(self, sample)
    }

    fn records(self) -> Self::Records {
        Input::records(self)
    }
}

/// Reads all inputs twice: first to learn how their clocks are related, then, merged by time, to join
/// them. Findings are handed to `sink` as they fall. Gives back what was read, at its end.
pub(super) fn join<S: Source, E>(
    mut inputs: Vec<S>,
    system: Option<&'static System>,
    mut sink: impl FnMut(&Finding) -> Result<(), E>,
) -> Result<(Summary, Vec<S::Records>), E> {
    let names: Vec<String> = inputs.iter().map(|input| input.name().to_owned()).collect();
    let mut bearings = survey(&mut inputs);
    for undecided in bearings.iter_mut().filter(|b| b.system.is_none()) {
        undecided.system = system;
    }
    let mut correlator = Correlators::new(bearings, &names);
    let mut merge = Merge::new(inputs.into_iter().map(Source::records).collect());
    while let Some((input, record)) = merge.next(&mut correlator) {
        correlator.push(input, record);
        correlator.take().iter().try_for_each(&mut sink)?;
    }
    correlator.finish();
    correlator.take().iter().try_for_each(&mut sink)?;
    Ok((correlator.summary(), merge.inputs))
}

/// Logs larger than this in all are surveyed by a sample of their clients.
const LARGE: u64 = 64 << 20;
const SAMPLE: Sample = Sample::Clients(8);

/// The first pass. Where a sample of the clients does not tell enough, as behind a proxy that is the only
/// client, all are looked at.
fn survey(inputs: &mut [impl Source]) -> Vec<Bearings> {
    if inputs.iter().map(Source::size).sum::<u64>() > LARGE {
        let bearings = survey_of(inputs, SAMPLE);
        let no_clocks = inputs.iter().all(|input| input.format().system().is_none());
        if no_clocks || bearings.iter().all(Bearings::are_sure) {
            return bearings;
        }
    }
    survey_of(inputs, Sample::All)
}

fn survey_of<S: Source>(inputs: &mut [S], sample: Sample) -> Vec<Bearings> {
    let side = |input: &S| input.format().system().map_or(Side::Access, Side::Auth);
    let sides: Vec<Side> = inputs.iter().map(side).collect();
    let mut survey = Survey::new(&sides);
    for (index, input) in inputs.iter_mut().enumerate() {
        for record in input.preview(sample) {
            survey.take(index, record.place, &record.event);
        }
    }
    survey.conclude()
}

/// Several inputs as one, in the order of time by the access logs' clock. A line with a wrong time must not hold
/// back the lines behind it, so each input is looked at two records deep.
struct Merge<R> {
    inputs: Vec<R>,
    /// The next records of each.
    next: Vec<VecDeque<(Micros, Record)>>,
}

/// How deep each input is looked at.
const DEPTH: usize = 2;

impl<R: Iterator<Item = Record>> Merge<R> {
    fn new(inputs: Vec<R>) -> Self {
        Self {
            next: inputs
                .iter()
                .map(|_| VecDeque::with_capacity(DEPTH))
                .collect(),
            inputs,
        }
    }

    fn next(&mut self, correlator: &mut Correlators) -> Option<(usize, Record)> {
        for (index, (records, next)) in self.inputs.iter_mut().zip(&mut self.next).enumerate() {
            while next.len() < DEPTH
                && let Some(record) = records.next()
            {
                next.push_back((correlator.time(index, &record), record));
            }
            match earliest(next) {
                Some(time) => correlator.announce(index, time),
                None => correlator.end(index),
            }
        }
        let times = self.next.iter().enumerate();
        let times = times.filter_map(|(index, next)| Some((earliest(next)?, index)));
        let (_, input) = times.min()?;
        self.next[input]
            .pop_front()
            .map(|(_, record)| (input, record))
    }
}

fn earliest(next: &VecDeque<(Micros, Record)>) -> Option<Micros> {
    next.iter().map(|(time, _)| *time).min()
}
