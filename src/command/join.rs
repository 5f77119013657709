//! Both passes over a set of inputs: the logs in, findings out.

use std::collections::VecDeque;

use super::survey::survey;
use crate::correlate::{Bearings, Correlators};
use crate::event::{Micros, Record};
use crate::finding::Finding;
use crate::format::Format;
use crate::input::{self, Input, Sample};
use crate::summary::{LocalZone, Summary};
use crate::system::System;
use crate::zone::{LocalClock, Zone};

/// What can be joined, for it can be read twice: a log, or what the index keeps of one.
pub(super) trait Source {
    type Records: Iterator<Item = Record>;

    fn name(&self) -> &str;
    fn format(&self) -> &'static dyn Format;
    /// The zone that was given for times that name none.
    fn zone(&self) -> Option<Zone>;
    /// In bytes, about.
    fn size(&self) -> u64;
    /// The log itself, where it is one, for a look at stretches of it.
    fn log(&self) -> Option<&Input> {
        None
    }
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

    fn zone(&self) -> Option<Zone> {
        self.zone
    }

    fn size(&self) -> u64 {
        Input::size(self)
    }

    fn log(&self) -> Option<&Input> {
        Some(self)
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
    let mut clocks: Vec<_> = inputs.iter().map(local_clock).collect();
    let mut bearings = survey(&mut inputs, &mut clocks);
    for undecided in bearings.iter_mut().filter(|b| b.system.is_none()) {
        undecided.system = system;
    }
    learn_zones(&mut clocks, &mut bearings);
    let mut correlator = Correlators::new(bearings, &names);
    let inputs = inputs.into_iter().map(Source::records).collect();
    let mut merge = Merge::new(inputs, clocks);
    while let Some((input, record)) = merge.next(&mut correlator) {
        correlator.push(input, record);
        correlator.take().iter().try_for_each(&mut sink)?;
    }
    correlator.finish();
    correlator.take().iter().try_for_each(&mut sink)?;
    let mut summary = correlator.summary();
    for (clock, input) in merge.clocks.iter().zip(names) {
        let found = clock.as_ref().and_then(LocalClock::found);
        summary.zones.extend(found.map(|(ahead, source)| LocalZone {
            input,
            ahead,
            source,
        }));
    }
    Ok((summary, merge.inputs))
}

/// The clock on the wall of a format whose times name no zone.
fn local_clock(input: &impl Source) -> Option<LocalClock> {
    let is_local = input.format().is_local();
    is_local.then(|| LocalClock::new(input.zone()))
}

/// Lets logs whose times name no zone learn it from the others.
fn learn_zones(clocks: &mut [Option<LocalClock>], bearings: &mut [Bearings]) {
    for (index, clock) in clocks.iter_mut().enumerate() {
        let Some(clock) = clock else {
            continue;
        };
        let learns = clock.learns();
        for shifts in bearings.iter_mut().filter_map(|b| b.zone(index, learns)) {
            clock.learn(shifts);
        }
        clock.rewind();
    }
}

/// Several inputs as one, in the order of time by the access logs' clock. A line with a wrong time must not hold
/// back the lines behind it, so each input is looked at two records deep.
struct Merge<R> {
    inputs: Vec<R>,
    clocks: Vec<Option<LocalClock>>,
    /// The next records of each.
    next: Vec<VecDeque<(Micros, Record)>>,
}

/// How deep each input is looked at.
const DEPTH: usize = 2;

impl<R: Iterator<Item = Record>> Merge<R> {
    fn new(inputs: Vec<R>, clocks: Vec<Option<LocalClock>>) -> Self {
        Self {
            next: inputs
                .iter()
                .map(|_| VecDeque::with_capacity(DEPTH))
                .collect(),
            inputs,
            clocks,
        }
    }

    fn next(&mut self, correlator: &mut Correlators) -> Option<(usize, Record)> {
        let inputs = self.inputs.iter_mut().zip(&mut self.clocks);
        for (index, ((records, clock), next)) in inputs.zip(&mut self.next).enumerate() {
            while next.len() < DEPTH
                && let Some(mut record) = records.next()
            {
                if let Some(clock) = clock {
                    clock.read(&mut record);
                }
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
