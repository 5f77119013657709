//! Runs hooks for what waits in the outbox. The runner knows nothing of the index, and the index nothing of it: here
//! what is committed is handed to the one, and how it ended written into the other.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anstream::ColorChoice;
use chrono::Utc;

use super::{Exit, Fault, stdout};
use crate::alert::Alert;
use crate::alert::hook::{Hook, told_of};
use crate::cli::Output;
use crate::config::{Config, Configured};
use crate::event::Micros;
use crate::hook::{self, Account, Distrust, Over, Run, Runner, trusted};
use crate::index::{Error, Writer};

/// Ourselves, also where the file was replaced meanwhile.
const OURSELVES: &str = "/proc/self/exe";

pub(super) struct Deliverer {
    hooks: Vec<Hook>,
    runner: Runner,
    /// Runs that are over, and when; the index has not committed that yet.
    over: Vec<(Over, Micros)>,
}

impl Deliverer {
    /// `wake` is called whenever a run is over.
    pub(super) fn new(hooks: Vec<Hook>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            hooks,
            runner: Runner::new(Path::new(OURSELVES), wake),
            over: Vec::new(),
        }
    }

    /// There are other hooks from now on.
    pub(super) fn configure(&mut self, hooks: Vec<Hook>) {
        self.hooks = hooks;
    }

    pub(super) fn hooks(&self) -> &[Hook] {
        &self.hooks
    }

    /// Puts an alert into the outbox, in the transaction of what it tells of. `body`: as `why401.alert/1`.
    pub(super) fn post(&self, writer: &Writer, alert: &Alert, body: &str) -> Result<bool, Error> {
        writer.enqueue(alert, body, told_of(&self.hooks, alert), now())
    }

    /// Writes down what became of runs.
    pub(super) fn settle(&mut self, writer: &Writer) -> Result<(), Error> {
        let over = self.runner.over().into_iter();
        self.over.extend(over.map(|over| (over, now())));
        for (over, at) in &self.over {
            writer.settle(&over.delivery, &over.ended, *at)?;
        }
        Ok(())
    }

    /// What was written down is committed.
    pub(super) fn committed(&mut self) {
        self.over.clear();
    }

    /// Runs each hook that does not run for the next that is due.
    pub(super) fn start(&mut self, writer: &Writer, now: Micros) -> Result<(), Error> {
        for hook in &self.hooks {
            let is_over = self.over.iter().any(|(over, _)| *over.hook == *hook.name);
            if is_over || self.runner.is_busy(&hook.name) {
                continue;
            }
            if let Some(delivery) = writer.due(&hook.name, now)? {
                let run = Run::of(hook, &delivery);
                self.runner.start(&hook.name, delivery.id, run);
            }
        }
        Ok(())
    }

    /// Runs hooks for what is due by `due`, until nothing is or this time is over; then ends what runs.
    pub(super) fn finish(
        &mut self,
        writer: &Writer,
        due: Micros,
        at_most: Option<Duration>,
    ) -> Result<(), Error> {
        let until = at_most.map(|time| Instant::now() + time);
        loop {
            self.settle(writer)?;
            writer.commit()?;
            self.committed();
            self.start(writer, due)?;
            if self.runner.is_idle() {
                return Ok(());
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match self.runner.wait(left) {
                Some(over) => self.over.push((over, now())),
                None => break,
            }
        }
        self.runner.stop();
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "when a hook was run")]
pub(super) fn now() -> Micros {
    Utc::now().timestamp_micros()
}

/// The hooks, if nobody but root and ourselves could have changed what they are.
pub(super) fn hooks(config: &Config) -> Result<Vec<Hook>, Fault> {
    config.hooks.iter().map(checked).collect()
}

fn checked(configured: &Configured) -> Result<Hook, Fault> {
    let Configured { hook, file, line } = configured;
    match refusal(configured) {
        None => Ok(hook.clone()),
        Some(why) => {
            let file = file.display();
            let message = format!("{file}:{line}: hook {} is refused: {why}", hook.name);
            Err(Fault::new(Exit::Usage, message))
        }
    }
}

/// Why a hook is not run, if it is not.
pub(super) fn refusal(Configured { hook, file, .. }: &Configured) -> Option<Distrust> {
    let program = hook.command.first().map_or(Path::new("/"), Path::new);
    trusted(file, false)
        .and_then(|()| trusted(program, true))
        .and_then(|()| Account::of(hook.user.as_deref()))
        .err()
}

/// Becomes a keeper of a hook.
pub(super) fn keep() -> anyhow::Result<Exit> {
    let ended = hook::keep();
    let mut out = stdout(Output::Ndjson, ColorChoice::Never);
    serde_json::to_writer(&mut out, &ended)?;
    out.flush()?;
    Ok(Exit::Done)
}
