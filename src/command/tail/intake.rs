//! From the files into the index, and what was new in them.

use std::collections::HashMap;
use std::io::{ErrorKind, Write};
use std::path::{self, PathBuf};

use chrono::Utc;

use super::super::index::{Seen, Stop, recognise};
use super::super::replay::News;
use super::super::talk::{tell_failures, tell_skipped};
use super::super::{Exit, Fault};
use crate::event;
use crate::index::{Error, Known, NewPart, Writer};
use crate::input::{
    self, Born, Failure, Input, Inputs, Live, Mode, Options, Pipe, Start, Stretch, Watch, discover,
    set_of,
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

struct Followed {
    live: Live,
    /// The number in the index; none while nothing was read of it.
    row: Option<i64>,
    /// By generation.
    parts: HashMap<u32, Part>,
    /// Where each generation stands in the index, also of those of which nothing more comes.
    ids: HashMap<u32, i64>,
    /// The last failure that was told.
    failure: Option<String>,
    /// How its changes are noticed, where the index does not know it yet.
    mode: Option<Mode>,
}

struct Part {
    /// `Place.part`
    index: u32,
    /// In the index: itself, and its input.
    id: i64,
    row: i64,
    tally: Tally,
    /// Device and inode, as the index knows them.
    key: Option<(u64, u64)>,
    /// Records before this byte were given.
    given: u64,
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
            let at = ids.iter().position(|id| *id == part.id);
            part.index = at.and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX);
            part.tally.part = part.index;
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

#[expect(clippy::disallowed_methods, reason = "when a loss was noticed")]
fn now() -> i64 {
    Utc::now().timestamp_micros()
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

impl Followed {
    fn new(
        writer: &Writer,
        mut input: Input,
        known: &[Known],
        from_start: bool,
        talk: &mut impl Write,
    ) -> Result<Option<Self>, Stop> {
        let Some(path) = input.base() else {
            return Ok(None);
        };
        let path = path::absolute(&path).unwrap_or(path);
        let newest = writer.newest(&path, input.format.name())?;
        if known.is_empty() && newest.is_none() && !from_start {
            input.begin_near_end()?;
        }
        let keys = known.iter().map(|part| writer.seen(part.id));
        let keys = keys.collect::<Result<Vec<_>, Error>>()?;
        let Some((live, resumed)) = Live::new(&mut input, Start::Beginning, &keys) else {
            return Ok(None);
        };
        let mut followed = Self::of(live);
        for (((generation, tally), part), key) in resumed.into_iter().zip(known).zip(keys) {
            followed.resume(writer, generation, tally, part.id, key)?;
        }
        if let Some(newest) = newest.filter(|n| known.iter().all(|k| k.id != n.id)) {
            followed.is_of(writer, newest.id)?;
            let why = input::Why::RotatedAway;
            followed.lose(
                writer,
                newest.id,
                newest.tally.position.offset,
                0,
                why,
                talk,
            )?;
        }
        Ok(Some(followed))
    }

    fn of(live: Live) -> Self {
        Self {
            row: None,
            live,
            parts: HashMap::new(),
            ids: HashMap::new(),
            failure: None,
            mode: None,
        }
    }

    /// A pipe; `parts` are those of the index.
    fn of_pipe(writer: &Writer, live: Live, parts: &[event::Part]) -> Result<Self, Stop> {
        let mut followed = Self::of(live);
        if let Some(part) = followed.live.pipe().and_then(Pipe::part) {
            followed.go_on(writer, part, parts)?;
        }
        Ok(followed)
    }

    /// Goes on in a part that came through this pipe before.
    fn go_on(&mut self, writer: &Writer, id: i64, parts: &[event::Part]) -> Result<(), Stop> {
        let tally = writer.read_of(id)?;
        self.live.resume_pipe(tally.position.offset);
        self.resume(writer, 0, tally, id, None)?;
        let identity = writer.identity(id)?;
        let index = parts.iter().position(|part| part.identity == identity);
        if let Some((part, index)) = self.parts.get_mut(&0).zip(index) {
            part.index = u32::try_from(index).unwrap_or(u32::MAX);
            part.tally.part = part.index;
        }
        if let Some(pipe) = self.live.pipe() {
            pipe.is_part(id);
        }
        Ok(())
    }

    fn committed(&self) {
        if let (Some(pipe), Some(part)) = (self.live.pipe(), self.parts.get(&0)) {
            pipe.is_part(part.id);
            pipe.release(part.tally.position.offset);
        }
    }

    /// Goes on in a part that the index knows.
    fn resume(
        &mut self,
        writer: &Writer,
        generation: u32,
        tally: Tally,
        id: i64,
        key: Option<(u64, u64)>,
    ) -> Result<(), Stop> {
        let row = self.is_of(writer, id)?;
        let given = tally.position.offset;
        self.ids.insert(generation, id);
        self.parts.insert(
            generation,
            Part {
                index: u32::MAX,
                id,
                row,
                tally,
                key,
                given,
            },
        );
        Ok(())
    }

    /// Its input is that of a part which the index knows.
    fn is_of(&mut self, writer: &Writer, part: i64) -> Result<i64, Error> {
        let row = writer.input_of(part)?;
        self.row = Some(row);
        if writer.has_lost(row, &input::Why::Copied.to_string())? {
            self.live.expect_copies();
        }
        Ok(row)
    }

    /// Whether something was read.
    fn look(
        &mut self,
        writer: &mut Writer,
        calm: bool,
        parts: &mut Vec<event::Part>,
        news: &mut Vec<News>,
        talk: &mut impl Write,
    ) -> Result<bool, Stop> {
        let mut any = false;
        let what = self.live.look(calm);
        self.tell_failure(talk)?;
        if let Some((row, mode)) = self.row.zip(self.mode.take_if(|_| self.row.is_some())) {
            writer.follow(row, mode.why())?;
        }
        let mut is_stuck = false;
        for what in what {
            match what {
                // They come again.
                input::News::Lines(_) if is_stuck => {}
                input::News::Lines(stretch) => {
                    is_stuck = !self.read(writer, &stretch, parts, news, talk)?;
                    any |= !is_stuck;
                }
                input::News::Gap(lost) => {
                    if let Some(part) = self.parts.get(&lost.generation) {
                        self.lose(writer, part.id, lost.at, lost.bytes, lost.why, talk)?;
                    }
                }
                input::News::Closed(generation) => {
                    self.parts.remove(&generation);
                }
            }
        }
        for (generation, part) in &mut self.parts {
            let key = self.live.key(*generation);
            // That it was copied is known by this until it is told.
            let is_told = !self.live.is_losing(*generation);
            if let Some(key) = key.filter(|key| is_told && part.key != Some(*key)) {
                writer.see(part.id, key)?;
                part.key = Some(key);
            }
            let name = self.live.called(*generation);
            if let Some(known) = parts.get_mut(part.index as usize)
                && known.name != name
            {
                writer.rename(part.id, &name)?;
                known.name = name;
            }
        }
        Ok(any)
    }

    /// False: it could not be read, and what comes behind it has to wait.
    fn read(
        &mut self,
        writer: &mut Writer,
        stretch: &Stretch,
        parts: &mut Vec<event::Part>,
        news: &mut Vec<News>,
        talk: &mut impl Write,
    ) -> Result<bool, Stop> {
        if !self.parts.contains_key(&stretch.generation) {
            let Ok(Some(born)) = self.live.born(stretch) else {
                return Ok(false);
            };
            if let Some(known) = self.told_again(writer, &born)? {
                self.go_on(writer, known, parts)?;
                return Ok(false);
            }
            self.begin(writer, stretch.generation, born, parts)?;
        }
        let Some(part) = self.parts.get_mut(&stretch.generation) else {
            return Ok(false);
        };
        let input = part.row;
        let (records, tally) = match self.live.records(stretch, part.tally.clone()) {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(false),
            Err(error) => {
                let name = visible(&self.live.name).into_owned();
                writeln!(talk, "why401: {name}: {}", visible(&error.to_string()))?;
                return Ok(false);
            }
        };
        writer.append(part.id, &records, &tally)?;
        part.tally = tally;
        for record in records {
            // A record without an end was given when it was first met.
            if record.place.offset >= part.given {
                part.given = record.place.offset + 1;
                news.push(News { input, record });
            }
        }
        Ok(true)
    }

    /// The part of which a pipe tells from its beginning, as `docker logs -f` does each time.
    fn told_again(&self, writer: &Writer, born: &Born) -> Result<Option<i64>, Error> {
        if self.live.pipe().is_none() {
            return Ok(None);
        }
        let known = writer.known(born.identity, None)?;
        let is_here = |id| Ok::<_, Error>(writer.path_of(id)? == self.live.path);
        for part in known.into_iter().rev() {
            if is_here(part.id)? {
                return Ok(Some(part.id));
            }
        }
        Ok(None)
    }

    /// Adds a part to the index.
    fn begin(
        &mut self,
        writer: &Writer,
        generation: u32,
        born: Born,
        parts: &mut Vec<event::Part>,
    ) -> Result<(), Error> {
        let format = self.live.format;
        let path = match self.live.pipe() {
            Some(_) => self.live.path.clone(),
            None => path::absolute(&self.live.path).unwrap_or_else(|_| self.live.path.clone()),
        };
        let system = format.system().map(|s| s.name);
        let row = match self.row {
            Some(row) => row,
            None => writer.input(&self.live.name, &path, format.name(), system)?,
        };
        self.row = Some(row);
        if let Some(zone) = self.live.zone.filter(|_| format.is_local()) {
            writer.set_timezone(row, &zone.to_string())?;
        }
        let mut younger = self.live.younger(generation);
        let younger = younger.find_map(|g| self.ids.get(&g).copied());
        // Also of those that are in no file any more it is the younger one.
        let after = writer.last_before(row, younger)?;
        let Born {
            name,
            identity,
            mut tally,
        } = born;
        let id = writer.add_part(&NewPart {
            input: row,
            after,
            name: &name,
            identity,
            beginning: identity,
        })?;
        let index = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        parts.push(event::Part { name, identity });
        tally.part = index;
        let given = tally.position.offset;
        self.ids.insert(generation, id);
        self.parts.insert(
            generation,
            Part {
                index,
                id,
                row,
                tally,
                key: None,
                given,
            },
        );
        Ok(())
    }

    fn lose(
        &self,
        writer: &Writer,
        part: i64,
        at: u64,
        bytes: u64,
        why: input::Why,
        talk: &mut impl Write,
    ) -> Result<(), Stop> {
        if !writer.lose(part, at, bytes, &why.to_string(), now())? {
            return Ok(());
        }
        let name = visible(&self.live.name);
        let least = if bytes > 0 {
            format!("at least {bytes} bytes are lost")
        } else {
            "what was written just before may be lost".to_owned()
        };
        writeln!(talk, "why401: {name} was {why}: {least} behind byte {at}")?;
        Ok(())
    }

    /// Says once why the file cannot be opened.
    fn tell_failure(&mut self, talk: &mut impl Write) -> Result<(), Stop> {
        let failure = self.live.failure();
        if failure != self.failure
            && let Some(failure) = &failure
        {
            let name = visible(&self.live.name);
            writeln!(talk, "why401: {name}: {}", visible(failure))?;
        }
        self.failure = failure;
        Ok(())
    }
}
