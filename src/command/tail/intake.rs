//! From the files into the index, and what was new in them: all the logs that are followed.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use super::super::index::{Seen, Stop, recognise};
use super::super::replay::News;
use super::super::talk::{tell_failures, tell_skipped};
use super::super::{Exit, Fault};
use super::followed::Followed;
use crate::event;
use crate::index::{Error, Known, Writer};
use crate::input::{
    self, Failure, Input, Inputs, Live, Mode, Options, Pipe, Watch, discover, set_of,
};
use crate::metrics::{Kind, Metric};
use crate::report::sanitize::visible;
use crate::summary::Tally;

/// How often logs are looked for that are renamed meanwhile.
const TRIES: usize = 64;

/// What is to be followed.
pub(super) struct Plan {
    /// Files, folders, globs.
    pub(super) logs: Vec<PathBuf>,
    pub(super) pipes: Vec<Pipe>,
    /// Of logs that are not in the index, from their beginning on.
    pub(super) from_start: bool,
    /// Where figures for Prometheus go.
    pub(super) metrics: Option<PathBuf>,
}

pub(super) struct Intake {
    followed: Vec<Followed>,
    /// Of which nobody knows yet what comes through them.
    unknown: Vec<Pipe>,
    parts: Vec<event::Part>,
    /// Not all that was named is there.
    is_incomplete: bool,
    /// There was something to read at the last look, and may be more.
    is_busy: bool,
}

impl Intake {
    /// Finds the logs, and where the index stands in them. Where files are renamed meanwhile, it begins again.
    pub(super) fn open(
        writer: &mut Writer,
        plan: &Plan,
        options: &Options<'_>,
        talk: &mut impl Write,
    ) -> Result<Self, Stop> {
        for _ in 0..TRIES {
            if let Some(intake) = Self::try_open(writer, plan, options, talk)? {
                return Ok(intake);
            }
            writer.roll_back()?;
        }
        let fault = Fault::new(
            Exit::Input,
            "the logs are renamed faster than they can be opened",
        );
        Err(Stop::Other(fault.into()))
    }

    fn try_open(
        writer: &Writer,
        plan: &Plan,
        options: &Options<'_>,
        talk: &mut impl Write,
    ) -> Result<Option<Self>, Stop> {
        let Inputs {
            inputs,
            skipped,
            failures,
            ..
        } = found(plan, options);
        // What was listed as part of a set has another name by now.
        let is_named = |f: &Failure| {
            plan.logs
                .iter()
                .any(|log| *log.to_string_lossy() == *f.name)
        };
        let has_changed = |f: &Failure| match &f.error {
            input::Error::Changed => true,
            input::Error::Open(error) => error.kind() == ErrorKind::NotFound && !is_named(f),
            _ => false,
        };
        if failures.iter().any(has_changed) {
            return Ok(None);
        }
        let is_empty = inputs.is_empty() && !plan.logs.is_empty();
        let is_incomplete = is_empty || !failures.is_empty() || !skipped.is_empty();
        let (databases, inputs): (Vec<_>, Vec<_>) = by_set(inputs)
            .into_iter()
            .partition(|input| input.format.is_database());
        let mut recognised = Vec::new();
        for mut input in inputs {
            let known = known(writer, &mut input)?;
            recognised.push((input, known));
        }
        if !recognised.iter_mut().all(|(input, _)| input.is_still()) {
            return Ok(None);
        }
        let mut followed = Vec::new();
        for (input, known) in recognised {
            match Followed::new(writer, input, &known, plan.from_start, talk)? {
                Some(one) => followed.push(one),
                None => return Ok(None),
            }
        }
        tell_skipped(&skipped, talk)?;
        tell_failures(&failures, talk)?;
        for input in databases {
            let name = visible(&input.name);
            writeln!(
                talk,
                "why401: {name} is a database, which is not followed; `why401 index` reads it"
            )?;
        }
        let mut intake = Self {
            followed,
            unknown: plan.pipes.clone(),
            parts: Vec::new(),
            is_incomplete,
            is_busy: false,
        };
        let kept = writer.kept()?;
        let ids: Vec<i64> = kept.parts.iter().map(|part| part.id).collect();
        let parts: Vec<_> = kept.parts.iter().map(|part| part.part.clone()).collect();
        intake.renumber(&ids, &parts);
        Ok(Some(intake))
    }

    pub(super) fn parts(&self) -> &[event::Part] {
        &self.parts
    }

    /// Parts are counted anew.
    pub(super) fn renumber(&mut self, ids: &[i64], parts: &[event::Part]) {
        self.parts = parts.to_vec();
        for part in self.followed.iter_mut().flat_map(|f| f.parts.values_mut()) {
            part.number(ids.iter().position(|id| *id == part.id));
        }
    }

    pub(super) fn watch(
        &mut self,
        watch: &mut Watch,
        talk: &mut impl Write,
    ) -> std::io::Result<()> {
        for followed in &mut self.followed {
            followed.mode = followed.live.folder().map(|f| watch.folder(f).clone());
            if let Some(Mode::Polled(why)) = &followed.mode {
                let name = visible(&followed.live.name);
                writeln!(
                    talk,
                    "why401: {name} is looked at once a second: {}",
                    visible(why)
                )?;
            }
        }
        Ok(())
    }

    /// What is followed, in words.
    pub(super) fn following(&self) -> String {
        let logs = self.followed.iter().map(|f| visible(&f.live.name));
        let pipes = self.unknown.iter().map(|pipe| visible(&pipe.name));
        let names: Vec<_> = logs.chain(pipes).collect();
        if names.is_empty() {
            return "there is no log yet; looking for them".to_owned();
        }
        format!("following {}", names.join(", "))
    }

    /// Files came, went or were renamed.
    pub(super) fn renamed(&mut self) {
        self.followed.iter_mut().for_each(|f| f.live.renamed());
    }

    /// Reads what is new into the index, and gives it.
    pub(super) fn look(
        &mut self,
        writer: &mut Writer,
        options: &Options<'_>,
        calm: bool,
        talk: &mut impl Write,
    ) -> Result<Vec<News>, Stop> {
        self.meet(writer, options, talk)?;
        let mut news = Vec::new();
        self.is_busy = false;
        for followed in &mut self.followed {
            self.is_busy |= followed.look(writer, calm, &mut self.parts, &mut news, talk)?;
        }
        Ok(news)
    }

    /// Takes in the pipes that show by now what comes through them.
    fn meet(
        &mut self,
        writer: &Writer,
        options: &Options<'_>,
        talk: &mut impl Write,
    ) -> Result<(), Stop> {
        for pipe in std::mem::take(&mut self.unknown) {
            match Live::of_pipe(&pipe, options) {
                Ok(Some(live)) => self
                    .followed
                    .push(Followed::of_pipe(writer, live, &self.parts)?),
                Ok(None) => self.unknown.push(pipe),
                Err(why) => tell_skipped(
                    &[input::Skipped {
                        name: pipe.name,
                        why,
                    }],
                    talk,
                )?,
            }
        }
        Ok(())
    }

    /// What was read is committed.
    pub(super) fn committed(&self) {
        self.followed.iter().for_each(Followed::committed);
    }

    /// Whether nothing can come any more.
    pub(super) fn is_over(&self) -> bool {
        let is_over = self.followed.iter().all(|f| f.live.is_over());
        is_over && self.unknown.is_empty() && !self.is_incomplete
    }

    /// Reads all there is, for findings that will be made anew.
    pub(super) fn catch_up(
        &mut self,
        writer: &mut Writer,
        options: &Options<'_>,
        talk: &mut impl Write,
    ) -> Result<(), Stop> {
        self.look(writer, options, true, talk)?;
        while self.is_busy {
            writer.commit()?;
            self.committed();
            self.look(writer, options, false, talk)?;
        }
        writer.commit()?;
        self.committed();
        Ok(())
    }

    /// How much is there that was not read yet.
    #[allow(clippy::cast_precision_loss)] // a number of bytes
    pub(super) fn lag(&self) -> Metric {
        let behind = |f: &Followed| (vec![f.live.name.clone()], f.live.behind() as f64);
        Metric {
            name: "why401_lag_bytes",
            help: "Bytes that are there and were not read yet.",
            kind: Kind::Gauge,
            labels: &["input"],
            samples: self.followed.iter().map(behind).collect(),
        }
    }

    /// Whether there may be more than the last look gave.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Whether not all that was named is there.
    pub(super) fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// Whether by now there are logs that are not followed.
    pub(super) fn finds_more(&self, plan: &Plan, options: &Options<'_>) -> bool {
        let is_followed = |input: &Input| {
            let path = input.base();
            self.followed
                .iter()
                .any(|f| Some(&f.live.path) == path.as_ref())
        };
        let mut files = found(plan, options)
            .inputs
            .into_iter()
            .filter(|i| !i.format.is_database());
        !files.all(|input| is_followed(&input))
    }
}

/// Sets whose files do not follow one another are followed as one all the same.
fn by_set(inputs: Vec<Input>) -> Vec<Input> {
    let mut sets: Vec<Input> = Vec::new();
    for input in inputs {
        let input = match sets.last_mut() {
            Some(last) => last.absorb(input),
            None => Some(input),
        };
        sets.extend(input);
    }
    sets
}

/// The logs that were named, with all that is rotated from them.
fn found(plan: &Plan, options: &Options<'_>) -> Inputs {
    let whole = |log: &PathBuf| {
        let set = if log.is_dir() {
            Vec::new()
        } else {
            set_of(log)
        };
        if set.is_empty() {
            vec![log.clone()]
        } else {
            set
        }
    };
    let logs: Vec<PathBuf> = plan.logs.iter().flat_map(whole).collect();
    discover(&logs, options)
}

/// The parts of an input that the index knows; reading goes on where it stands.
fn known(writer: &Writer, input: &mut Input) -> Result<Vec<Known>, Error> {
    let mut seen = Vec::new();
    for index in input.parts() {
        if let Some(part) = recognise(writer, input, index, "")? {
            seen.push((index, part));
        }
    }
    let whole = |id| {
        let is_it = |(_, seen): &(u32, Seen)| matches!(seen, Seen::Part(part) if part.id == id);
        seen.iter().any(is_it)
    };
    let is_doubled: Vec<bool> = seen
        .iter()
        .map(|(_, seen)| matches!(seen, Seen::All(part) if whole(part.id)))
        .collect();
    let mut known: Vec<Known> = Vec::new();
    for ((index, seen), is_doubled) in seen.into_iter().zip(is_doubled) {
        let (Seen::Part(part) | Seen::All(part)) = seen;
        // Of copies that end before what was read, one is enough.
        if is_doubled || known.iter().any(|k| k.id == part.id) {
            input.pass(index);
            continue;
        }
        let format = input.format.name();
        input.resume(Tally {
            part: index,
            format,
            ..part.tally.clone()
        });
        known.push(part);
    }
    Ok(known)
}
