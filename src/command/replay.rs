//! What an index keeps, read again as logs are.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use super::alert::{Cited, Watch};
use super::join::{self, Fall, Source};
use crate::alert::Rule;
use crate::correlate::Correlators;
use crate::event::{self, Micros, Record};
use crate::finding::Finding;
use crate::format::{self, Format};
use crate::incident::{Gathered, Gatherer, Incident};
use crate::index::{self, Error, Kept, Stored};
use crate::input::Sample;
use crate::report;
use crate::report::sanitize::visible;
use crate::rollup::{Block, Builder, Least};
use crate::sieve::{Sieve, Sight};
use crate::summary::Summary;
use crate::zone::{LocalClock, Zone};

/// What the index keeps of a log, as something that can be joined.
pub(super) struct Log<'a> {
    pub(super) stored: Stored<'a>,
    pub(super) format: &'static dyn Format,
}

impl<'a> Source for Log<'a> {
    type Records = index::StoredRecords<'a>;

    fn name(&self) -> &str {
        &self.stored.name
    }

    fn format(&self) -> &'static dyn Format {
        self.format
    }

    fn zone(&self) -> Option<Zone> {
        self.stored.timezone.as_deref()?.parse().ok()
    }

    fn size(&self) -> u64 {
        self.stored.size
    }

    fn preview(&mut self, _sample: Sample) -> impl Iterator<Item = Record> {
        self.stored.records()
    }

    fn records(self, _: Box<dyn Sieve>) -> Self::Records {
        self.stored.records()
    }
}

/// A record that was not met before.
pub(super) struct News {
    /// The number of its input in the index.
    pub(super) input: i64,
    pub(super) record: Record,
}

/// All that an index kept, joined; ready for more.
pub(super) struct Replay {
    pub(super) correlators: Correlators,
    /// Per input.
    clocks: Vec<Option<LocalClock>>,
    /// The number of each input in the index.
    inputs: Vec<i64>,
    /// Of each part in the index; `Place.part` is a position in both.
    pub(super) ids: Vec<i64>,
    pub(super) parts: Vec<event::Part>,
    /// Where the last record of each part in the index begins that is in it.
    read: HashMap<i64, u64>,
    /// Where somebody asks for alerts.
    watch: Option<Watch>,
    told: Vec<Cited>,
    gatherer: Gatherer,
    summary: Summary,
}

/// What can be said of all that was joined, if nothing more comes.
pub(super) struct Whole {
    pub(super) summary: Summary,
    pub(super) gathered: Gathered,
}

/// What falls out of a replay.
pub(super) enum Fell<'a> {
    Finding(Found<'a>),
    /// What is counted of findings, before them or after, and of what else happened.
    Block(Block),
}

pub(super) struct Found<'a> {
    pub(super) id: &'a str,
    pub(super) finding: &'a Finding,
    pub(super) parts: &'a [event::Part],
    /// Whether the index keeps what is that old.
    pub(super) is_kept: bool,
    /// Whether more lines cannot change it: it is not found only because there are no more.
    pub(super) is_final: bool,
}

/// Where all goes that falls.
struct Outlet<'a, F> {
    parts: &'a [event::Part],
    pruned: Micros,
    counted: Builder,
    sink: F,
}

impl<F> Outlet<'_, F> {
    fn give<E>(&mut self, gatherer: &mut Gatherer, fall: Fall<'_>, is_final: bool) -> Result<(), E>
    where
        F: FnMut(Fell<'_>) -> Result<(), E>,
    {
        match fall {
            Fall::Finding(finding) => {
                let id = report::id(finding, self.parts).unwrap_or_default();
                // Of what was thrown away there are lines left where a clock was ahead.
                let is_kept = finding.time >= self.pruned;
                if is_kept {
                    let group = gatherer.finding(finding, &id);
                    self.counted.finding(finding, group);
                }
                (self.sink)(Fell::Finding(Found {
                    id: &id,
                    finding,
                    parts: self.parts,
                    is_kept,
                    is_final,
                }))?;
            }
            Fall::Sign(sign) => {
                self.counted.sign(&sign);
                gatherer.sign(sign);
            }
            Fall::Inputs(_) | Fall::Settled(_) => {}
        }
        self.blocks(Least::Full)
    }

    fn blocks<E>(&mut self, least: Least) -> Result<(), E>
    where
        F: FnMut(Fell<'_>) -> Result<(), E>,
    {
        let mut blocks = self.counted.take(least);
        blocks.try_for_each(|block| (self.sink)(Fell::Block(block)))
    }
}

impl Replay {
    /// Joins all that is kept, and hands what falls to `sink`; what rules tell of it can be taken behind it.
    pub(super) fn of<E: From<Error>>(
        kept: Kept<'_>,
        rules: Option<Arc<[Rule]>>,
        mut sink: impl FnMut(Fell<'_>) -> Result<(), E>,
    ) -> Result<(Self, Whole), E> {
        let pruned = kept.pruned;
        let ids: Vec<i64> = kept.parts.iter().map(|part| part.id).collect();
        let parts: Vec<event::Part> = kept.parts.iter().map(|part| part.part.clone()).collect();
        let logs = logs(kept);
        let inputs = logs.iter().map(|log| log.stored.id).collect();
        let mut out = Outlet {
            parts: &parts,
            pruned,
            counted: Builder::default(),
            sink: &mut sink,
        };
        let mut watch = rules.map(Watch::new);
        let mut told = Vec::new();
        let mut gatherer = Gatherer::new();
        let mut joint = join::run(logs, None, Correlators::watch, |fall| {
            if let Some(watch) = &mut watch {
                watch.fall(&fall, &parts);
                told.extend(watch.take());
            }
            out.give(&mut gatherer, fall, true)
        })?;
        let mut read = HashMap::new();
        for records in &mut joint.records {
            records.error()?;
            read.extend(records.read());
        }
        let mut correlators = joint.correlators.clone();
        correlators.reopen();
        joint.correlators.finish();
        let rest = joint.correlators.rest();
        let mut ended = gatherer.clone();
        rest.iter()
            .try_for_each(|finding| out.give(&mut ended, Fall::Finding(finding), false))?;
        out.blocks(Least::Some)?;
        let summary = joint.summary();
        if let Some(watch) = &watch {
            told.extend(watch.ended(&rest, &summary, &parts));
        }
        let replay = Self {
            correlators,
            clocks: joint.clocks,
            inputs,
            ids,
            parts,
            read,
            watch,
            told,
            gatherer,
            summary: summary.clone(),
        };
        let whole = Whole {
            gathered: ended.finish(&summary),
            summary,
        };
        Ok((replay, whole))
    }

    /// The incidents, as far as their findings can no longer change.
    pub(super) fn incidents(&self) -> Vec<Incident> {
        self.gatherer.clone().finish(&self.summary).incidents
    }

    /// What was found since it was taken last and can no longer change.
    pub(super) fn take(&mut self, parts: &[event::Part]) -> Vec<Finding> {
        let findings = self.correlators.take();
        let signs = self.correlators.signs().into_iter().map(Fall::Sign);
        let settled = Fall::Settled(self.correlators.settled());
        let falls = signs.chain(findings.iter().map(Fall::Finding));
        for fall in falls.chain([settled]) {
            if let Some(watch) = &mut self.watch {
                watch.fall(&fall, parts);
            }
            match fall {
                Fall::Finding(finding) => {
                    let id = report::id(finding, parts).unwrap_or_default();
                    self.gatherer.finding(finding, &id);
                }
                Fall::Sign(sign) => self.gatherer.sign(sign),
                Fall::Inputs(_) | Fall::Settled(_) => {}
            }
        }
        let told = self.watch.as_mut().map(Watch::take);
        self.told.extend(told.into_iter().flatten());
        findings
    }

    /// What rules told since it was taken last. Of what more lines can change it is told as if there were none.
    pub(super) fn told(&mut self) -> Vec<Cited> {
        std::mem::take(&mut self.told)
    }

    /// Takes in what the index keeps by now. Gives how many records that are; `None`: there are logs that it does not
    /// know, and it has to be made anew.
    pub(super) fn go_on(&mut self, kept: Kept<'_>) -> Result<Option<u64>, Error> {
        let numbers = self.number(&kept);
        let logs = logs(kept);
        let is_whole = logs.iter().all(|log| self.inputs.contains(&log.stored.id));
        let of = |input: &i64| logs.iter().find(|log| log.stored.id == *input);
        let records = self.inputs.iter().map(of);
        let records = records.map(|log| Some(log?.stored.records_behind(&self.read)));
        let mut records: Vec<_> = records.collect();
        let more = records.iter_mut().map(|records| {
            records.iter_mut().flatten().map(|mut record| {
                record.place.part = numbers[record.place.part as usize];
                record
            })
        });
        let taken = join::go_on(&mut self.correlators, &mut self.clocks, more.collect());
        for mut records in records.into_iter().flatten() {
            records.error()?;
            self.read.extend(records.read());
        }
        Ok(is_whole.then_some(taken))
    }

    /// The number of each part that is kept, a new one where it has none. Parts are called as they are now.
    fn number(&mut self, kept: &Kept<'_>) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(kept.parts.len());
        for stored in &kept.parts {
            let part = stored.part.clone();
            let at = if let Some(at) = self.ids.iter().position(|id| *id == stored.id) {
                self.parts[at] = part;
                at
            } else {
                self.ids.push(stored.id);
                self.parts.push(part);
                self.ids.len() - 1
            };
            numbers.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        numbers
    }

    /// Takes in records that were read just now: in the order of time, but those of each input in its own. Those of
    /// inputs that it does not know are left out; then it gives false, and has to be made anew.
    pub(super) fn push(&mut self, news: Vec<News>) -> bool {
        let mut timed: Vec<(Micros, usize, Sight)> = Vec::with_capacity(news.len());
        let mut newest = vec![Micros::MIN; self.inputs.len()];
        let mut is_whole = true;
        for News { input, mut record } in news {
            let Some(input) = self.inputs.iter().position(|id| *id == input) else {
                is_whole = false;
                continue;
            };
            if let Some(clock) = &mut self.clocks[input] {
                clock.read(&mut record);
            }
            let sight = Sight::from(record);
            let time = self.correlators.time(input, &sight);
            newest[input] = newest[input].max(time);
            timed.push((newest[input], input, sight));
        }
        timed.sort_by_key(|(time, ..)| *time);
        for (_, input, sight) in timed {
            self.correlators.push(input, sight);
        }
        is_whole
    }
}

/// What is kept of logs whose format is known.
pub(super) fn logs(kept: Kept<'_>) -> Vec<Log<'_>> {
    let known = kept.inputs.into_iter().filter_map(|stored| {
        let format = format::by_name(&stored.format)?;
        Some(Log { stored, format })
    });
    known.collect()
}

pub(super) fn tell_unknown(kept: &Kept<'_>, talk: &mut impl Write) -> io::Result<()> {
    let unknown = kept.inputs.iter();
    let mut unknown = unknown.filter(|stored| format::by_name(&stored.format).is_none());
    unknown.try_for_each(|Stored { name, format, .. }| {
        let name = visible(name);
        writeln!(
            talk,
            "why401: {name} is of the format {format}, which this version does not know"
        )
    })
}
