//! Both passes over a set of inputs: the logs in, findings out.

use std::collections::VecDeque;

use crate::correlate::{Bearings, Correlators, Side, Survey};
use crate::event::{Micros, Record};
use crate::finding::Finding;
use crate::input::{Failure, Input, LocalClock, Records, Sample};
use crate::summary::{LocalZone, Summary};
use crate::system::System;

/// Reads all inputs twice: first to learn how their clocks are related, then, merged by time, to join
/// them. Findings are handed to `sink` as they fall.
pub(super) fn join<E>(
    mut inputs: Vec<Input>,
    system: Option<&'static System>,
    mut sink: impl FnMut(&Finding) -> Result<(), E>,
) -> Result<(Summary, Vec<Failure>), E> {
    let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    let mut bearings = survey(&mut inputs);
    for undecided in bearings.iter_mut().filter(|b| b.system.is_none()) {
        undecided.system = system;
    }
    learn_zones(&mut inputs, &mut bearings);
    let mut correlator = Correlators::new(bearings, &names);
    let mut merge = Merge::new(inputs);
    while let Some((input, record)) = merge.next(&mut correlator) {
        correlator.push(input, record);
        correlator.take().iter().try_for_each(&mut sink)?;
    }
    correlator.finish();
    correlator.take().iter().try_for_each(&mut sink)?;
    let mut summary = correlator.summary();
    let mut failures = Vec::new();
    for (mut records, input) in merge.inputs.into_iter().zip(names) {
        let found = records.local().and_then(LocalClock::found);
        summary.zones.extend(found.map(|(ahead, source)| LocalZone {
            input,
            ahead,
            source,
        }));
        failures.extend(records.failures());
        summary.parts.extend(records.tallies());
    }
    Ok((summary, failures))
}

/// Lets logs whose times name no zone learn it from the others.
fn learn_zones(inputs: &mut [Input], bearings: &mut [Bearings]) {
    for (index, input) in inputs.iter_mut().enumerate() {
        let Some(clock) = &mut input.local else {
            continue;
        };
        let learns = clock.learns();
        for shifts in bearings.iter_mut().filter_map(|b| b.zone(index, learns)) {
            clock.learn(shifts);
        }
    }
}

/// Logs larger than this in all are surveyed by a sample of their clients.
const LARGE: u64 = 64 << 20;
const SAMPLE: Sample = Sample::Clients(8);

/// The first pass. Where a sample of the clients does not tell enough, as behind a proxy that is the only
/// client, all are looked at.
fn survey(inputs: &mut [Input]) -> Vec<Bearings> {
    if inputs.iter().map(Input::size).sum::<u64>() > LARGE {
        let bearings = survey_of(inputs, SAMPLE);
        let no_clocks = inputs.iter().all(|input| input.format.system().is_none());
        if no_clocks || bearings.iter().all(Bearings::are_sure) {
            return bearings;
        }
    }
    survey_of(inputs, Sample::All)
}

fn survey_of(inputs: &mut [Input], sample: Sample) -> Vec<Bearings> {
    let side = |input: &Input| match (input.format.system(), input.format.is_partial()) {
        (None, _) => Side::Access,
        (Some(system), false) => Side::Auth(system),
        (Some(system), true) => Side::Retold(system),
    };
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
struct Merge {
    inputs: Vec<Records<'static>>,
    /// The next records of each.
    next: Vec<VecDeque<(Micros, Record)>>,
}

/// How deep each input is looked at.
const DEPTH: usize = 2;

impl Merge {
    fn new(inputs: Vec<Input>) -> Self {
        Self {
            next: inputs
                .iter()
                .map(|_| VecDeque::with_capacity(DEPTH))
                .collect(),
            inputs: inputs.into_iter().map(Input::records).collect(),
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
