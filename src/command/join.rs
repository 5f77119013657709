//! Both passes over a set of inputs: the logs in, findings out.

use std::collections::VecDeque;

use super::survey::survey;
use crate::correlate::{Bearings, Correlators};
use crate::event::{Micros, Record};
use crate::finding::Finding;
use crate::format::Format;
use crate::input::{Input, Sample, Sifting};
use crate::sieve::{Sieve, Sight};
use crate::sign::Sign;
use crate::summary::{LocalZone, Summary};
use crate::system::System;
use crate::zone::{LocalClock, Zone};

/// What can be joined, for it can be read twice: a log, or what the index keeps of one.
pub(super) trait Source {
    type Records: Stream;

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
    /// The second, of no more than is needed.
    fn records(self, sieve: Box<dyn Sieve>) -> Self::Records;
}

impl Source for Input {
    type Records = Sifting<'static>;

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

    fn records(self, sieve: Box<dyn Sieve>) -> Self::Records {
        Input::records(self).through(sieve)
    }
}

/// What is read of an input, record after record.
pub(super) trait Stream {
    /// Reads so many records more, as far as there are any.
    fn read(&mut self, most: usize, into: &mut VecDeque<Sight>);
}

impl Stream for Sifting<'_> {
    fn read(&mut self, most: usize, into: &mut VecDeque<Sight>) {
        Sifting::read(self, most, into);
    }
}

impl<I: Iterator<Item = Record>> Stream for I {
    fn read(&mut self, most: usize, into: &mut VecDeque<Sight>) {
        into.extend(self.take(most).map(Sight::Whole));
    }
}

/// What a join gives.
pub(super) enum Fall<'a> {
    /// The names of the inputs, by their numbers; before all others.
    Inputs(&'a [String]),
    Finding(&'a Finding),
    /// What else happened, before the findings that may follow from it.
    Sign(Sign),
    /// Before this moment hardly anything more will be found.
    Settled(Micros),
}

/// How often is said up to which moment all is found: in records.
const SETTLED: u64 = 1 << 9;

/// As [`join`], with the signs as well.
pub(super) fn watch<S: Source, E>(
    inputs: Vec<S>,
    system: Option<&'static System>,
    mut sink: impl FnMut(Fall<'_>) -> Result<(), E>,
) -> Result<(Summary, Vec<S::Records>), E> {
    let mut joint = run(inputs, system, Correlators::watch, &mut sink)?;
    joint.correlators.finish();
    let rest = joint.correlators.rest();
    rest.iter().map(Fall::Finding).try_for_each(sink)?;
    let summary = joint.summary();
    Ok((summary, joint.records))
}

/// Reads all inputs twice: first to learn how their clocks are related, then, merged by time, to join
/// them. Findings are handed to `sink` as they fall; where asked, with the lines that were `considered`. Gives back what was read, at its end.
pub(super) fn join<S: Source, E>(
    inputs: Vec<S>,
    system: Option<&'static System>,
    considered: bool,
    mut sink: impl FnMut(&Finding) -> Result<(), E>,
) -> Result<(Summary, Vec<S::Records>), E> {
    let mut joint = read(inputs, system, considered, &mut sink)?;
    joint.correlators.finish();
    joint.correlators.rest().iter().try_for_each(&mut sink)?;
    let summary = joint.summary();
    Ok((summary, joint.records))
}

/// Inputs that were read to their ends.
pub(super) struct Joint<R> {
    pub(super) correlators: Correlators,
    /// Per input.
    pub(super) clocks: Vec<Option<LocalClock>>,
    pub(super) names: Vec<String>,
    pub(super) records: Vec<R>,
}

impl<R> Joint<R> {
    /// What is said of the logs.
    pub(super) fn summary(&self) -> Summary {
        let mut summary = self.correlators.summary();
        for (clock, input) in self.clocks.iter().zip(&self.names) {
            let found = clock.as_ref().and_then(LocalClock::found);
            summary.zones.extend(found.map(|(ahead, source)| LocalZone {
                input: input.clone(),
                ahead,
                source,
            }));
        }
        summary
    }
}

/// As [`join`], but for what is found only when nothing more comes.
pub(super) fn read<S: Source, E>(
    inputs: Vec<S>,
    system: Option<&'static System>,
    considered: bool,
    mut sink: impl FnMut(&Finding) -> Result<(), E>,
) -> Result<Joint<S::Records>, E> {
    let prepare = |correlators: &mut Correlators| {
        if considered {
            correlators.consider();
        }
    };
    run(inputs, system, prepare, |fall| match fall {
        Fall::Finding(finding) => sink(finding),
        Fall::Inputs(_) | Fall::Sign(_) | Fall::Settled(_) => Ok(()),
    })
}

/// As [`join`], with what `prepare` asks for, and but for what is found only when nothing more comes.
pub(super) fn run<S: Source, E>(
    mut inputs: Vec<S>,
    system: Option<&'static System>,
    prepare: impl FnOnce(&mut Correlators),
    mut sink: impl FnMut(Fall<'_>) -> Result<(), E>,
) -> Result<Joint<S::Records>, E> {
    let names: Vec<String> = inputs.iter().map(|input| input.name().to_owned()).collect();
    let mut clocks: Vec<_> = inputs.iter().map(local_clock).collect();
    let mut bearings = survey(&mut inputs, &mut clocks);
    for undecided in bearings.iter_mut().filter(|b| b.system.is_none()) {
        undecided.system = system;
    }
    learn_zones(&mut clocks, &mut bearings);
    let mut correlator = Correlators::new(bearings, &names);
    prepare(&mut correlator);
    sink(Fall::Inputs(&names))?;
    let read = |(index, input): (usize, S)| input.records(correlator.sieve(index));
    let inputs = inputs.into_iter().enumerate().map(read).collect();
    let mut merge = Merge::new(inputs, clocks, true, &mut correlator);
    let mut pushed: u64 = 0;
    while merge.push(&mut correlator) {
        if correlator.has_news() {
            let mut signs = correlator.signs().into_iter();
            signs.try_for_each(|sign| sink(Fall::Sign(sign)))?;
            let findings = correlator.take();
            findings.iter().map(Fall::Finding).try_for_each(&mut sink)?;
        }
        pushed += 1;
        if pushed.is_multiple_of(SETTLED) {
            sink(Fall::Settled(correlator.settled()))?;
        }
    }
    let read = merge
        .inputs
        .into_iter()
        .map(|input| (input.clock, input.records));
    let (clocks, records) = read.unzip();
    Ok(Joint {
        correlators: correlator,
        clocks,
        names,
        records,
    })
}

/// Takes in what comes behind what was joined, and counts it; the inputs may go on all the same.
pub(super) fn go_on(
    correlators: &mut Correlators,
    clocks: &mut Vec<Option<LocalClock>>,
    inputs: Vec<impl Stream>,
) -> u64 {
    let mut merge = Merge::new(inputs, std::mem::take(clocks), false, correlators);
    let mut taken = 0;
    while merge.push(correlators) {
        taken += 1;
    }
    clocks.extend(merge.inputs.into_iter().map(|input| input.clock));
    taken
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
    inputs: Vec<Ahead<R>>,
    /// Whether behind the last record of an input nothing more comes.
    is_all: bool,
}

/// One input, and its next records.
struct Ahead<R> {
    records: R,
    clock: Option<LocalClock>,
    /// Those that were read.
    read: VecDeque<Sight>,
    /// When the first of them happened.
    times: [Option<Micros>; DEPTH],
    /// The earliest of these; `None` behind the last.
    earliest: Option<Micros>,
}

/// How deep each input is looked at.
const DEPTH: usize = 2;
/// So many records are read at once.
const READ: usize = 64;

impl<R: Stream> Merge<R> {
    fn new(
        inputs: Vec<R>,
        clocks: Vec<Option<LocalClock>>,
        is_all: bool,
        correlator: &mut Correlators,
    ) -> Self {
        let ahead = |(records, clock)| Ahead {
            records,
            clock,
            read: VecDeque::with_capacity(READ),
            times: [None; DEPTH],
            earliest: None,
        };
        let mut inputs: Vec<_> = inputs.into_iter().zip(clocks).map(ahead).collect();
        for (index, input) in inputs.iter_mut().enumerate() {
            input.look(index, is_all, correlator);
        }
        Self { inputs, is_all }
    }

    /// Pushes the next record. False where there is none.
    fn push(&mut self, correlator: &mut Correlators) -> bool {
        let times = self.inputs.iter().enumerate();
        let times = times.filter_map(|(index, input)| Some((input.earliest?, index)));
        let Some((_, index)) = times.min() else {
            return false;
        };
        let input = &mut self.inputs[index];
        input.times.copy_within(1.., 0);
        input.times[DEPTH - 1] = None;
        if let Some(sight) = input.read.pop_front() {
            correlator.push(index, sight);
        }
        input.look(index, self.is_all, correlator);
        true
    }
}

impl<R: Stream> Ahead<R> {
    /// Looks at what comes next, and announces it.
    fn look(&mut self, index: usize, is_all: bool, correlator: &mut Correlators) {
        for next in 0..DEPTH {
            if self.times[next].is_none() {
                self.times[next] = self.time(next, index, correlator);
            }
        }
        self.earliest = self.times.iter().flatten().min().copied();
        match self.earliest {
            Some(time) => correlator.announce(index, time),
            None if is_all => correlator.end(index),
            None => {}
        }
    }

    /// When the `next` record happened, by the access logs' clock.
    fn time(&mut self, next: usize, index: usize, correlator: &Correlators) -> Option<Micros> {
        if next == self.read.len() {
            self.records.read(READ, &mut self.read);
        }
        let sight = self.read.get_mut(next)?;
        if let (Some(clock), Sight::Whole(record)) = (&mut self.clock, &mut *sight) {
            clock.read(record);
        }
        Some(correlator.time(index, sight))
    }
}
