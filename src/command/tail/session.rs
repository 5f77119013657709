//! From opening the index until it ends, or has to be opened anew.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use anstream::ColorChoice;

use super::super::deliver::{Deliverer, now as today};
use super::super::index::{Stop, masked_otherwise};
use super::super::replay::tell_unknown;
use super::alerts::Alerts;
use super::found::Found;
use super::intake::{Intake, Plan};
use super::manager::Manager;
use super::said::Said;
use super::trouble::Trouble;
use super::{LOOK, Wake};
use crate::alert::hook::Hook;
use crate::cli::TailArgs;
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

/// What outlives a session.
pub(super) struct Voices {
    pub(super) said: Said,
    pub(super) alerts: Alerts,
    pub(super) trouble: Trouble,
    pub(super) manager: Manager,
    pub(super) hooks: Deliverer,
    /// What was told to be followed.
    following: String,
}

impl Voices {
    pub(super) fn new(
        args: &TailArgs,
        color: ColorChoice,
        hooks: Vec<Hook>,
        wake: SyncSender<Wake>,
    ) -> Self {
        // Where hints wait already, one more says nothing.
        let over = move || {
            let _ = wake.try_send(Wake::Written);
        };
        Self {
            said: Said::new(args, color),
            alerts: Alerts::new(!args.from_start),
            trouble: Trouble::default(),
            manager: Manager::of_environment(),
            hooks: Deliverer::new(hooks, over),
            following: String::new(),
        }
    }

    pub(super) fn with<'a, W>(&'a mut self, talk: &'a mut W) -> Voice<'a, W> {
        Voice {
            said: &mut self.said,
            alerts: &mut self.alerts,
            trouble: &mut self.trouble,
            manager: &mut self.manager,
            hooks: &mut self.hooks,
            following: &mut self.following,
            talk,
        }
    }
}

pub(super) struct Voice<'a, W> {
    said: &'a mut Said,
    alerts: &'a mut Alerts,
    trouble: &'a mut Trouble,
    manager: &'a mut Manager,
    hooks: &'a mut Deliverer,
    following: &'a mut String,
    talk: &'a mut W,
}

pub(super) struct Session<'a, W> {
    plan: &'a Plan,
    options: &'a Options<'a>,
    voice: Voice<'a, W>,
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

impl<'a, W: Write> Session<'a, W> {
    /// Opens the index and the logs, and comes to their ends.
    pub(super) fn begin(
        path: &'a Path,
        plan: &'a Plan,
        options: &'a Options<'a>,
        voice: Voice<'a, W>,
        wake: &SyncSender<Wake>,
    ) -> Result<Self, Stop> {
        let mut writer = Writer::open_live(path, PATIENCE)?;
        if !writer.is_masked_by(options.masks.fingerprint())? {
            return Err(masked_otherwise());
        }
        let Voice {
            said,
            alerts,
            trouble,
            manager,
            hooks,
            following,
            talk,
        } = voice;
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
        if *following != intake.following() {
            *following = intake.following();
            writeln!(talk, "why401: {following}")?;
        }
        intake.catch_up(&mut writer, options, talk)?;
        said.known(&writer)?;
        alerts.known(&writer)?;
        tell_unknown(&writer.kept()?, talk)?;
        let found = Found::begin(path, Arc::clone(&alerts.rules), wake)?;
        trouble.pass(talk)?;
        Ok(Self {
            plan,
            options,
            voice: Voice {
                said,
                alerts,
                trouble,
                manager,
                hooks,
                following,
                talk,
            },
            path,
            writer,
            intake,
            found,
            clock: Clock::begin(),
            _watch: watch,
        })
    }

    pub(super) fn ready(&mut self) {
        self.voice.manager.ready();
    }

    /// How long there is nothing to do unless something happens.
    pub(super) fn idle(&self) -> Duration {
        if self.intake.is_busy() || self.found.is_busy() {
            return Duration::ZERO;
        }
        self.voice.said.next().unwrap_or(LOOK).min(LOOK)
    }

    /// Reads what is new, and tells what it says.
    pub(super) fn turn(&mut self, wake: Option<Wake>) -> Result<Option<Next>, Stop> {
        let now = Instant::now();
        self.voice.manager.alive(now);
        let calm = now - self.clock.looked >= LOOK;
        if wake == Some(Wake::Renamed) {
            self.intake.renamed();
        }
        if !self.may_write()? {
            return Ok(None);
        }
        let (writer, intake) = (&mut self.writer, &mut self.intake);
        let Voice {
            said, alerts, talk, ..
        } = &mut self.voice;
        let tellers = (&mut **said, &mut **alerts, &mut **talk);
        self.found.advance(writer, intake, tellers)?;
        let news = intake.look(writer, self.options, calm, *talk)?;
        if calm {
            self.clock.looked = now;
        }
        let tellers = (&mut **said, &mut **alerts, &mut **talk);
        self.found.hear(news, tellers, intake.parts(), now)?;
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
        let Voice { alerts, hooks, .. } = &mut self.voice;
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
                    self.voice.talk,
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
        let Voice {
            said,
            alerts,
            manager,
            hooks,
            talk,
            ..
        } = &mut self.voice;
        manager.ends();
        let writer = &mut self.writer;
        self.intake.catch_up(writer, self.options, *talk)?;
        let tellers = (&mut **said, &mut **alerts, &mut **talk);
        self.found.end(writer, &mut self.intake, tellers)?;
        alerts.post(writer, hooks)?;
        hooks.finish(writer, today(), Some(LAST))?;
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
            writeln!(self.voice.talk, "why401: {}: {error}", visible(&name))?;
        }
        Ok(())
    }

    /// Whether nobody else has locked the index: before that nothing is read.
    fn may_write(&mut self) -> Result<bool, Stop> {
        let Voice { trouble, talk, .. } = &mut self.voice;
        match self.writer.begin() {
            Ok(()) => trouble.pass(*talk)?,
            Err(error @ Error::Busy) => {
                trouble.meet(&error, *talk)?;
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
