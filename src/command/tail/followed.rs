//! One log that is followed, and where each of its parts stands in the index.

use std::collections::HashMap;
use std::io::Write;
use std::path;

use chrono::Utc;

use super::super::index::Stop;
use super::super::replay::News;
use super::part::Part;
use crate::event;
use crate::index::{Error, Known, NewPart, Writer};
use crate::input::{self, Born, Input, Live, Mode, Pipe, Start, Stretch};
use crate::report::sanitize::visible;
use crate::summary::Tally;

pub(super) struct Followed {
    pub(super) live: Live,
    /// The number in the index; none while nothing was read of it.
    row: Option<i64>,
    /// By generation.
    pub(super) parts: HashMap<u32, Part>,
    /// Where each generation stands in the index, also of those of which nothing more comes.
    ids: HashMap<u32, i64>,
    /// The last failure that was told.
    failure: Option<String>,
    /// How its changes are noticed, where the index does not know it yet.
    pub(super) mode: Option<Mode>,
}

impl Followed {
    pub(super) fn new(
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
    pub(super) fn of_pipe(
        writer: &Writer,
        live: Live,
        parts: &[event::Part],
    ) -> Result<Self, Stop> {
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
        if let Some(part) = self.parts.get_mut(&0) {
            part.number(index);
        }
        if let Some(pipe) = self.live.pipe() {
            pipe.is_part(id);
        }
        Ok(())
    }

    pub(super) fn committed(&self) {
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
        self.ids.insert(generation, id);
        self.parts
            .insert(generation, Part::new(id, row, tally, key));
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
    pub(super) fn look(
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
            part.see(writer, (&self.live, *generation), parts)?;
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
        let read = match self.live.records(stretch, part.tally.clone()) {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(false),
            Err(error) => {
                let name = visible(&self.live.name).into_owned();
                writeln!(talk, "why401: {name}: {}", visible(&error.to_string()))?;
                return Ok(false);
            }
        };
        part.append(writer, read, news)?;
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
            tally,
        } = born;
        let id = writer.add_part(&NewPart {
            input: row,
            after,
            name: &name,
            identity,
            beginning: identity,
        })?;
        let mut part = Part::new(id, row, tally, None);
        part.number(Some(parts.len()));
        parts.push(event::Part { name, identity });
        self.ids.insert(generation, id);
        self.parts.insert(generation, part);
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

#[expect(clippy::disallowed_methods, reason = "when a loss was noticed")]
fn now() -> i64 {
    Utc::now().timestamp_micros()
}
