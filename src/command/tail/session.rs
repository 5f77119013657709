//! From opening the index until it ends, or has to be opened anew.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use super::super::deliver::now as today;
use super::super::index::{Stop, masked_otherwise};
use super::super::replay::tell_unknown;
use super::found::Found;
use super::intake::{Intake, Plan};
use super::voices::Voices;
use super::{LOOK, Wake};
use crate::index::{Error, Writer, answered, asked_again};
use crate::input::{Options, Watch};
use crate::metrics;
use crate::report::sanitize::visible;

/// How long is waited for another program that has locked the index, before it is said.
const PATIENCE: Duration = Duration::from_secs(1);
/// Logs that were not there are looked for so often.
const SEARCH: Duration = Duration::from_secs(5);
/// Figures are written so often.
const FIGURES: Duration = Duration::from_secs(15);
/// Asked to end, hooks have so long for what is due. What is not told then, is when it is started again.
const LAST: Duration = Duration::from_secs(10);

/// What follows a session.
pub(super) enum Next {
    End,
    /// The configuration is to be read again.
    Reload,
    /// There are logs that were not there before.
    Again,
}

pub(super) struct Session<'a> {
    plan: &'a Plan,
    options: &'a Options<'a>,
    voices: &'a mut Voices,
    /// Of the index.
    path: &'a Path,
    writer: Writer,
    intake: Intake,
    found: Found,
    clock: Clock,
    /// Hints come while it is there.
    _watch: Watch,
}

/// When things happened that others wait for.
struct Clock {
    looked: Instant,
    searched: Instant,
    /// Figures were written; `None`: not yet.
    counted: Option<Instant>,
}

impl<'a> Session<'a> {
    /// Opens the index and the logs, and comes to their ends.
    pub(super) fn begin(
        path: &'a Path,
        plan: &'a Plan,
        options: &'a Options<'a>,
        voices: &'a mut Voices,
        wake: &SyncSender<Wake>,
    ) -> Result<Self, Stop> {
        let mut writer = Writer::open_live(path, PATIENCE)?;
        if !writer.is_masked_by(options.masks.fingerprint())? {
            return Err(masked_otherwise());
        }
        let talk = &mut voices.talk;
        let mut intake = Intake::open(&mut writer, plan, options, talk)?;
        let hint = wake.clone();
        // Where hints wait already, one more says nothing.
        let mut watch = Watch::new(move |renamed| {
            let wake = if renamed {
                Wake::Renamed
            } else {
                Wake::Written
            };
            let _ = hint.try_send(wake);
        });
        intake.watch(&mut watch, talk)?;
        if voices.following != intake.following() {
            voices.following = intake.following();
            writeln!(talk, "why401: {}", voices.following)?;
        }
        intake.catch_up(&mut writer, options, talk)?;
        tell_unknown(&writer.kept()?, talk)?;
        voices.trouble.pass(talk)?;
        voices.said.known(&writer)?;
        voices.alerts.known(&writer)?;
        let found = Found::begin(path, Arc::clone(&voices.alerts.rules), wake)?;
        Ok(Self {
            plan,
            options,
            voices,
            path,
            writer,
            intake,
            found,
            clock: Clock::begin(),
            _watch: watch,
        })
    }

    pub(super) fn ready(&mut self) {
        self.voices.manager.ready();
    }

    /// How long there is nothing to do unless something happens.
    pub(super) fn idle(&self) -> Duration {
        if self.intake.is_busy() || self.found.is_busy() {
            return Duration::ZERO;
        }
        self.voices.said.next().unwrap_or(LOOK).min(LOOK)
    }

    /// Reads what is new, and tells what it says.
    pub(super) fn turn(&mut self, wake: Option<Wake>) -> Result<Option<Next>, Stop> {
        let now = Instant::now();
        self.voices.manager.alive(now);
        let calm = now - self.clock.looked >= LOOK;
        if wake == Some(Wake::Renamed) {
            self.intake.renamed();
        }
        if !self.may_write()? {
            return Ok(None);
        }
        let (writer, intake) = (&mut self.writer, &mut self.intake);
        self.found.advance(writer, intake, self.voices)?;
        let news = intake.look(writer, self.options, calm, &mut self.voices.talk)?;
        if calm {
            self.clock.looked = now;
        }
        self.found.hear(news, self.voices, intake.parts(), now)?;
        self.deliver(calm)?;
        self.found.make_if_due(now)?;
        if calm {
            self.count(now)?;
        }
        if calm && self.intake.is_incomplete() && now - self.clock.searched >= SEARCH {
            self.clock.searched = now;
            if self.intake.finds_more(self.plan, self.options) {
                return Ok(Some(Next::Again));
            }
        }
        Ok(self.intake.is_over().then_some(Next::End))
    }

    /// Commits what was read and found, and with it how hooks ended; then runs them for what is due.
    fn deliver(&mut self, calm: bool) -> Result<(), Stop> {
        let asked = if calm { self.asked()? } else { None };
        let Voices { alerts, hooks, .. } = &mut *self.voices;
        let writer = &self.writer;
        alerts.post(writer, hooks)?;
        hooks.settle(writer)?;
        match asked.as_deref() {
            None => {}
            Some([]) => drop(writer.retry(None, today())?),
            Some(ids) => {
                for id in ids {
                    writer.retry(Some(id), today())?;
                }
            }
        }
        writer.commit()?;
        alerts.committed();
        hooks.committed();
        self.intake.committed();
        if asked.is_some() {
            answered(self.path)?;
        }
        Ok(hooks.start(writer, today())?)
    }

    /// Which deliveries somebody wants to be tried again. That it cannot be read must not keep from reading logs.
    fn asked(&mut self) -> Result<Option<Vec<String>>, Stop> {
        match asked_again(self.path) {
            Ok(asked) => Ok(asked),
            Err(error) => {
                let error = error.to_string();
                writeln!(
                    self.voices.talk,
                    "why401: {}; it is thrown away",
                    visible(&error)
                )?;
                answered(self.path)?;
                Ok(None)
            }
        }
    }

    /// Reads all there is, and explains it.
    pub(super) fn end(mut self) -> Result<Next, Stop> {
        let (writer, voices) = (&mut self.writer, &mut *self.voices);
        voices.manager.ends();
        self.intake
            .catch_up(writer, self.options, &mut voices.talk)?;
        self.found.end(writer, &mut self.intake, voices)?;
        voices.alerts.post(writer, &voices.hooks)?;
        voices.hooks.finish(writer, today(), Some(LAST))?;
        self.clock.counted = None;
        self.count(Instant::now())?;
        self.writer.close()?;
        Ok(Next::End)
    }

    /// Writes figures for Prometheus, where somebody wants them.
    fn count(&mut self, now: Instant) -> Result<(), Stop> {
        let Some(file) = &self.plan.metrics else {
            return Ok(());
        };
        let counted = self.clock.counted;
        if counted.is_some_and(|counted| now - counted < FIGURES) {
            return Ok(());
        }
        self.clock.counted = Some(now);
        let mut figures = self.writer.figures()?;
        figures.push(self.intake.lag());
        // That the file cannot be written must not end what it tells of.
        if let Err(error) = metrics::write(file, &figures) {
            let name = file.to_string_lossy();
            writeln!(self.voices.talk, "why401: {}: {error}", visible(&name))?;
        }
        Ok(())
    }

    /// Whether nobody else has locked the index: before that nothing is read.
    fn may_write(&mut self) -> Result<bool, Stop> {
        let Voices { trouble, talk, .. } = &mut *self.voices;
        match self.writer.begin() {
            Ok(()) => trouble.pass(talk)?,
            Err(error @ Error::Busy) => {
                trouble.meet(&error, talk)?;
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }
}

impl Clock {
    fn begin() -> Self {
        let now = Instant::now();
        Self {
            looked: now,
            searched: now,
            counted: None,
        }
    }
}
