//! `index`: logs into the index.

use std::collections::HashMap;
use std::io::Write;
use std::path::{self, Path};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anstream::ColorChoice;
use chrono::Utc;

use super::progress::Progress;
use super::replay::{Fell, Found, Replay, Whole, tell_unknown};
use super::talk::{Talk, tell_failures, tell_skipped};
use super::{Exit, Fault, reading};
use crate::alert::Rule;
use crate::cli::IndexArgs;
use crate::config::Config;
use crate::event::{self, Part, Place, Record};
use crate::index::{self, Error, Explanation, Known, Limits, NewPart, Writer};
use crate::input::{self, Failure, Input, Inputs, Options, Records, discover, is_stream};
use crate::report::incidents::object;
use crate::report::sanitize::visible;
use crate::summary::Tally;
use crate::zone::Zone;

/// Records in one block of the index, at most, and the bytes of their lines.
const BLOCK: usize = 4096;
const BLOCK_BYTES: usize = 4 << 20;
/// How often a log is looked for again that was truncated or replaced since it was found.
const TRIES: usize = 8;
/// How much work is lost at most when it is interrupted.
const COMMIT: Duration = Duration::from_secs(1);

pub(super) fn run(args: &IndexArgs, config: &Config, color: ColorChoice) -> anyhow::Result<Exit> {
    let mut talk = Talk::new(color);
    let path = args.store.place()?;
    let given = reading::formats(&args.reading, &mut talk)?;
    let options = Options {
        key: reading::key(&args.checked)?,
        ..reading::options(&args.reading, config, &given)
    };
    match fill(args, &options, &path, &mut talk) {
        Err(Stop::Index(error @ Error::Damaged(_))) => {
            writeln!(talk, "why401: {error}")?;
            let remembered = index::remembered(&path);
            let aside = index::set_aside(&path).map_err(Fault::from)?;
            let aside = aside.display().to_string();
            writeln!(
                talk,
                "why401: it was moved to {}; a new one is made of the logs that are there",
                visible(&aside)
            )?;
            let exit = fill(args, &options, &path, &mut talk).map_err(Stop::told)?;
            tell_lost(&remembered, &path, &mut talk)?;
            Ok(exit)
        }
        filled => filled.map_err(Stop::told),
    }
}

/// Why filling ended: the index can be at fault, which may be mended, or something else.
pub(super) enum Stop {
    Index(Error),
    Other(anyhow::Error),
}

impl Stop {
    pub(super) fn told(self) -> anyhow::Error {
        match self {
            Stop::Index(error) => Fault::from(error).into(),
            Stop::Other(error) => error,
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Index(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop::Other(error.into())
    }
}

fn fill(
    args: &IndexArgs,
    options: &Options<'_>,
    path: &Path,
    talk: &mut impl Write,
) -> Result<Exit, Stop> {
    let mut writer = Writer::open(path)?;
    let mut exit = Exit::Done;
    if !args.logs.is_empty() {
        if !writer.is_masked_by(options.masks.fingerprint())? {
            return Err(masked_otherwise());
        }
        let mut logs = args.logs.clone();
        for _ in 0..TRIES {
            let has_changed;
            (exit, has_changed) = read(&mut writer, discover(&logs, options), talk)?;
            // What comes through a pipe was read.
            logs.retain(|log| !is_stream(log));
            if !has_changed || logs.is_empty() {
                break;
            }
        }
    }
    if args.prune {
        prune(&mut writer, args, talk)?;
    }
    if writer.is_behind()? {
        explain(&writer, talk)?;
    }
    writer.close()?;
    Ok(exit)
}

pub(super) fn masked_otherwise() -> Stop {
    let message = "the patterns of [redact] are not those that the index was made with, so that it would not know \
                   its logs again; make it anew";
    Stop::Other(Fault::new(Exit::Usage, message).into())
}

/// Reads what is new in the logs. Tells as well whether one was truncated or replaced since it was found, so that it is
/// another by now.
fn read(writer: &mut Writer, found: Inputs, talk: &mut impl Write) -> Result<(Exit, bool), Stop> {
    let Inputs {
        inputs,
        parts,
        skipped,
        mut failures,
    } = found;
    tell_skipped(&skipped, talk)?;
    if inputs.is_empty() {
        tell_failures(&failures, talk)?;
        let fault = Fault::new(Exit::Input, "no log that can be read");
        return Err(Stop::Other(fault.into()));
    }
    let mut filing = Filing {
        progress: Progress::new(inputs.iter().map(Input::size).sum()),
        writer,
        parts: &parts,
        committed: Instant::now(),
    };
    let mut added = 0;
    for input in inputs {
        let (lines, failed) = filing.file(input)?;
        added += lines;
        failures.extend(failed);
    }
    filing.writer.commit()?;
    filing.progress.finish();
    tell_failures(&failures, talk)?;
    writeln!(talk, "why401: {added} new lines")?;
    let exit = if failures.is_empty() {
        Exit::Done
    } else {
        Exit::Input
    };
    let has_changed = |failure: &Failure| matches!(failure.error, input::Error::Changed);
    Ok((exit, failures.iter().any(has_changed)))
}

/// On the way of records into the index.
struct Filing<'a> {
    writer: &'a mut Writer,
    parts: &'a [event::Part],
    progress: Progress,
    committed: Instant,
}

impl Filing<'_> {
    /// Reads an input from where the index stands in it. Gives how many lines were new, and what could not
    /// be read.
    fn file(&mut self, mut input: Input) -> Result<(u64, Vec<Failure>), Error> {
        let Some(known) = self.known(&mut input)? else {
            let failure = Failure {
                name: input.name.into(),
                error: input::Error::Changed,
            };
            return Ok((0, vec![failure]));
        };
        let mut known = self.place(&mut input, known)?;
        let before: u64 = known.values().map(|part| part.tally.lines).sum();
        let mut records = input.records();
        let mut batch: Vec<Record> = Vec::with_capacity(BLOCK);
        let mut bytes = 0;
        while let Some(record) = records.next() {
            let part = record.place.part;
            if batch.first().is_some_and(|first| first.place.part != part) {
                self.flush(&mut batch, &records, &mut known)?;
                bytes = 0;
            }
            bytes += record.text.as_ref().map_or(0, |text| text.len());
            batch.push(record);
            let is_full = batch.len() >= BLOCK || bytes > BLOCK_BYTES;
            // What stands behind the position is taken back with the next that is added.
            if is_full && !records.is_held() {
                self.flush(&mut batch, &records, &mut known)?;
                bytes = 0;
            }
        }
        self.flush(&mut batch, &records, &mut known)?;
        // What told nothing has no record.
        for tally in records.positions() {
            self.append(&mut known, &[], tally)?;
        }
        let failures = records.failures();
        for (index, part) in &known {
            let name = &self.parts[*index as usize].name;
            let failure = failures.iter().find(|failure| failure.name == *name);
            let failure = failure.map(ToString::to_string);
            self.writer.fail(part.id, failure.as_deref())?;
        }
        let after: u64 = known.values().map(|part| part.tally.lines).sum();
        Ok((after.saturating_sub(before), failures))
    }

    /// Finds the parts of an input in the index, and leaves those out that it knows beyond their end. `None`: it was
    /// truncated or replaced meanwhile.
    fn known(&self, input: &mut Input) -> Result<Option<HashMap<u32, Known>>, Error> {
        let mut seen = Vec::new();
        for index in input.parts() {
            let name = &self.parts[index as usize].name;
            seen.push((index, recognise(self.writer, input, index, name)?));
        }
        // Otherwise what is there now would be taken for a short copy of what was there.
        if !input.is_still() {
            return Ok(None);
        }
        let mut known = HashMap::new();
        for (index, seen) in seen {
            match seen {
                Some(Seen::All(_)) => input.pass(index),
                Some(Seen::Part(part)) => {
                    known.insert(index, part);
                }
                None => {}
            }
        }
        Ok(Some(known))
    }

    /// Adds the parts of an input that the index does not know, and lets reading begin where it stopped.
    fn place(
        &mut self,
        input: &mut Input,
        mut known: HashMap<u32, Known>,
    ) -> Result<HashMap<u32, Known>, Error> {
        let row = if let Some(part) = known.values().next() {
            self.writer.input_of(part.id)?
        } else {
            let path = path::absolute(&input.name).unwrap_or_else(|_| input.name.clone().into());
            let format = input.format;
            let system = format.system().map(|s| s.name);
            self.writer
                .input(&input.name, &path, format.name(), system)?
        };
        if let Some(zone) = input.zone.filter(|_| input.format.is_local()) {
            self.writer.set_timezone(row, &zone.to_string())?;
        }
        let mut after = None;
        for index in input.parts() {
            let part = self.parts.get(index as usize);
            let (Some(part), Some(beginning)) = (part, input.beginning(index)) else {
                continue;
            };
            if let Some(seen) = known.get(&index) {
                self.writer.rename(seen.id, &part.name)?;
                let format = input.format.name();
                input.resume(Tally {
                    part: index,
                    format,
                    ..seen.tally.clone()
                });
            } else {
                let part = NewPart {
                    input: row,
                    after,
                    name: &part.name,
                    identity: part.identity,
                    beginning,
                };
                let id = match self.writer.begin_part(&part)? {
                    Some(id) => id,
                    None => self.writer.add_part(&part)?,
                };
                let tally = Tally::default();
                known.insert(index, Known { id, tally });
            }
            after = known.get(&index).map(|part| part.id);
        }
        Ok(known)
    }

    /// Appends what is in the batch, and commits from time to time.
    fn flush(
        &mut self,
        batch: &mut Vec<Record>,
        records: &Records<'_>,
        known: &mut HashMap<u32, Known>,
    ) -> Result<(), Error> {
        let Some(part) = batch.first().map(|record| record.place.part) else {
            return Ok(());
        };
        if let Some(tally) = records.positions().into_iter().find(|t| t.part == part) {
            self.append(known, batch, tally)?;
        }
        batch.clear();
        if self.committed.elapsed() >= COMMIT {
            self.writer.commit()?;
            self.committed = Instant::now();
        }
        Ok(())
    }

    /// Nothing happens where all was known.
    fn append(
        &mut self,
        known: &mut HashMap<u32, Known>,
        records: &[Record],
        tally: Tally,
    ) -> Result<(), Error> {
        let Some(part) = known.get_mut(&tally.part) else {
            return Ok(());
        };
        let is_behind = match records.last() {
            Some(last) => Some(last.place.offset) > self.writer.reached(part.id)?,
            None => false,
        };
        let has_moved = tally.position != part.tally.position || tally.lines != part.tally.lines;
        if has_moved || is_behind {
            self.writer.append(part.id, records, &tally)?;
            let new = |tally: &Tally| (tally.position.offset, tally.lines);
            let ((to, lines), (from, before)) = (new(&tally), new(&part.tally));
            self.progress.advance(to - from, lines - before);
            part.tally = tally;
        }
        Ok(())
    }
}

/// The part of the index that is this file, called `name`, grown, renamed or compressed as it may be.
pub(super) fn recognise(
    writer: &Writer,
    input: &mut Input,
    index: u32,
    name: &str,
) -> Result<Option<Seen>, Error> {
    let Some(beginning) = input.beginning(index) else {
        return Ok(None);
    };
    let database = input.format.is_database().then_some(name);
    let mut seen = None;
    for part in writer.known(beginning, database)? {
        match reach(writer, input, index, part.id)? {
            // Of several the one that goes farthest.
            Some(Reach::End) if seen.as_ref().is_none_or(|seen| part.goes_beyond(seen)) => {
                seen = Some(Seen::Part(part));
            }
            Some(Reach::Within) if seen.is_none() => seen = Some(Seen::All(part)),
            _ => {}
        }
    }
    Ok(seen)
}

/// How far a file goes into a part of the index; `None`: it is another log that only begins alike.
fn reach(
    writer: &Writer,
    input: &mut Input,
    index: u32,
    part: i64,
) -> Result<Option<Reach>, Error> {
    let mut before = None;
    while let Some([first, last]) = writer.landmarks(part, before)? {
        let newest = before.is_none();
        before = Some(first.place.offset);
        for (record, reach) in [(last, Reach::End), (first, Reach::Within)] {
            let place = Place {
                part: index,
                ..record.place
            };
            match input.says(place, &record.event) {
                Some(true) => return Ok(Some(if newest { reach } else { Reach::Within })),
                Some(false) => return Ok(None),
                // The file ends before.
                None => {}
            }
        }
    }
    // That it begins alike is all there is to know it by.
    Ok(Some(before.map_or(Reach::End, |_| Reach::Within)))
}

impl Known {
    fn goes_beyond(&self, seen: &Seen) -> bool {
        match seen {
            Seen::Part(other) => self.tally.position.offset > other.tally.position.offset,
            Seen::All(_) => true,
        }
    }
}

/// What the index knows of a file.
pub(super) enum Seen {
    /// It, up to somewhere.
    Part(Known),
    /// All of it, and more.
    All(Known),
}

/// How far a file goes into what is known.
enum Reach {
    /// To its end, or beyond it.
    End,
    /// Not so far: it is a copy that was taken earlier.
    Within,
}

/// Makes the findings anew.
fn explain(writer: &Writer, talk: &mut impl Write) -> Result<(), Stop> {
    let mut findings: u64 = 0;
    tell_unknown(&writer.kept()?, talk)?;
    anew(writer, None, |found| {
        findings += u64::from(found.is_kept);
        Ok(())
    })?;
    writeln!(talk, "why401: {findings} findings in all")?;
    Ok(())
}

/// Makes the findings anew in one transaction, and hands each to `sink`.
pub(super) fn anew(
    writer: &Writer,
    rules: Option<Arc<[Rule]>>,
    mut sink: impl FnMut(&Found<'_>) -> Result<(), Stop>,
) -> Result<(Replay, Whole), Stop> {
    let kept = writer.kept()?;
    let appended = kept.appended;
    let ids = kept.parts.iter().map(|part| part.id).collect();
    let mut explanation = writer.explain(ids)?;
    let (replay, whole) = Replay::of(kept, rules, |fell| {
        match fell {
            Fell::Finding(found) => {
                sink(&found)?;
                if found.is_kept {
                    explanation.finding(writer, found.id, found.finding)?;
                }
            }
            Fell::Block(block) => explanation.rollup(writer, &block)?,
        }
        Ok::<_, Stop>(())
    })?;
    finish(explanation, writer, &whole, &replay.parts, appended)?;
    writer.commit()?;
    Ok((replay, whole))
}

/// Ends what replaces the findings, with the incidents that they are of.
pub(super) fn finish(
    explanation: Explanation,
    writer: &Writer,
    Whole { summary, gathered }: &Whole,
    parts: &[Part],
    appended: i64,
) -> Result<(), Error> {
    let body = |incident| object(incident, parts).to_string();
    let bodies: Vec<String> = gathered.incidents.iter().map(body).collect();
    explanation.finish(writer, summary, gathered, &bodies, appended)
}

#[expect(clippy::disallowed_methods, reason = "an age is counted from here")]
fn prune(writer: &mut Writer, args: &IndexArgs, talk: &mut impl Write) -> Result<(), Stop> {
    let now = Utc::now().timestamp_micros();
    let since = args.max_age.resolve(now, Zone::Host).ok_or_else(|| {
        let message = "--max-age is beyond the calendar";
        Stop::Other(Fault::new(Exit::Usage, message).into())
    })?;
    let pruned = writer.prune(Limits {
        since: Some(since),
        bytes: args.max_size,
    })?;
    if let Some(before) = pruned.before {
        writeln!(
            talk,
            "why401: {} events and {} findings before {} are gone",
            pruned.events,
            pruned.findings,
            Zone::Host.show(before)
        )?;
    }
    Ok(())
}

/// What only the damaged index knew.
fn tell_lost(
    remembered: &[(String, [u8; 32])],
    path: &Path,
    talk: &mut impl Write,
) -> anyhow::Result<()> {
    if remembered.is_empty() {
        writeln!(
            talk,
            "why401: what logs that are gone had said is lost; the damaged index cannot tell which"
        )?;
        return Ok(());
    }
    let reader = index::Reader::open(path).map_err(Fault::from)?;
    let kept = reader.kept().map_err(Fault::from)?;
    let is_kept = |beginning: &[u8; 32]| kept.parts.iter().any(|p| p.beginning == *beginning);
    for (name, _) in remembered.iter().filter(|(_, b)| !is_kept(b)) {
        let name = visible(name);
        writeln!(
            talk,
            "why401: {name} is not there any more: what it said is lost"
        )?;
    }
    Ok(())
}
