//! Both passes over a set of inputs: the logs in, findings out.

use crate::correlate::{Bearings, Correlator, Side, Survey};
use crate::event::{Micros, Record};
use crate::finding::Finding;
use crate::input::{Failure, Input, Records, Sample};
use crate::summary::Summary;
use crate::system::System;

/// Reads all inputs twice: first to learn how their clocks are related, then, merged by time, to join
/// them. Findings are handed to `sink` as they fall.
pub(super) fn join<E>(
    mut inputs: Vec<Input>,
    system: Option<&'static System>,
    mut sink: impl FnMut(&Finding) -> Result<(), E>,
) -> Result<(Summary, Vec<Failure>), E> {
    let names = inputs.iter().map(|input| input.name.clone()).collect();
    let mut bearings = survey(&mut inputs);
    bearings.system = bearings.system.or(system);
    let mut correlator = Correlator::new(bearings, names);
    let mut merge = Merge::new(inputs);
    while let Some((input, record)) = merge.next(&mut correlator) {
        correlator.push(input, record);
        correlator.take().iter().try_for_each(&mut sink)?;
    }
    correlator.finish();
    correlator.take().iter().try_for_each(&mut sink)?;
    let mut summary = correlator.summary();
    let mut failures = Vec::new();
    for mut records in merge.inputs {
        failures.extend(records.failures());
        summary.parts.extend(records.tallies());
    }
    Ok((summary, failures))
}

/// Logs larger than this in all are surveyed by a sample of their clients.
const LARGE: u64 = 64 << 20;
const SAMPLE: Sample = Sample::Clients(8);

/// The first pass. Where a sample of the clients does not tell enough, as behind a proxy that is the only
/// client, all are looked at.
fn survey(inputs: &mut [Input]) -> Bearings {
    if inputs.iter().map(Input::size).sum::<u64>() > LARGE {
        let bearings = survey_of(inputs, SAMPLE);
        if bearings.are_sure() {
            return bearings;
        }
    }
    survey_of(inputs, Sample::All)
}

fn survey_of(inputs: &mut [Input], sample: Sample) -> Bearings {
    let side = |input: &Input| input.format.system().map_or(Side::Access, Side::Auth);
    let sides: Vec<Side> = inputs.iter().map(side).collect();
    let mut survey = Survey::new(&sides);
    for (index, input) in inputs.iter_mut().enumerate() {
        for record in input.preview(sample) {
            survey.take(index, record.place, &record.event);
        }
    }
    survey.conclude()
}

/// Several inputs as one, in the order of time by the access logs' clock. How they interleave does not
/// change what is found, only how much has to wait.
struct Merge {
    inputs: Vec<Records<'static>>,
    /// The next record of each.
    next: Vec<Option<(Micros, Record)>>,
}

impl Merge {
    fn new(inputs: Vec<Input>) -> Self {
        let next = inputs.iter().map(|_| None).collect();
        Self {
            inputs: inputs.into_iter().map(Input::records).collect(),
            next,
        }
    }

    fn next(&mut self, correlator: &mut Correlator) -> Option<(usize, Record)> {
        for (index, (records, next)) in self.inputs.iter_mut().zip(&mut self.next).enumerate() {
            if next.is_none() {
                *next = records
                    .next()
                    .map(|record| (correlator.time(index, &record), record));
            }
            if next.is_none() {
                correlator.end(index);
            }
        }
        let times = self
            .next
            .iter()
            .enumerate()
            .filter_map(|(i, next)| Some((next.as_ref()?.0, i)));
        let (_, input) = times.min()?;
        self.next[input].take().map(|(_, record)| (input, record))
    }
}
