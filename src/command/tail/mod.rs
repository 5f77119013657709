//! `tail`: refusals with their causes as they fall.
//!
//! What is new in the logs goes into the index as with `index`, and to correlators that are kept ready. After each
//! piece of news they say what would be found if the logs ended there: what is beyond doubt is told at once, the
//! rest when lines that come late have had their time. In a calm moment, and at the end, the findings are made
//! anew from the index, beside the reading; what differs from what was told is told again as a revision.

mod alerts;
mod announced;
mod followed;
mod found;
mod intake;
mod known;
mod manager;
mod part;
mod said;
mod session;
mod trouble;
mod voices;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anstream::ColorChoice;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use self::intake::Plan;
use self::manager::Manager;
use self::session::{Next, Session};
use self::voices::Voices;
use super::index::Stop;
use super::talk::Talk;
use super::{Exit, Fault, deliver, place, reading};
use crate::alert::hook::Hook;
use crate::alert::rule;
use crate::cli::TailArgs;
use crate::config::Config;
use crate::input::{Masks, Options, Pipe, is_stream};
use crate::report::sanitize::visible;

/// How late a line may come for what was found without it.
const LATENESS: Duration = Duration::from_secs(2);
/// Files are looked at so often, whatever is heard of them.
const LOOK: Duration = Duration::from_secs(1);

/// What ends waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wake {
    /// A file may have grown.
    Written,
    /// One may have come, gone or been renamed.
    Renamed,
    /// The configuration is to be read again.
    Reload,
    End,
}

/// `file`: the configuration that was given.
pub(super) fn run(
    args: &TailArgs,
    file: Option<&Path>,
    color: ColorChoice,
) -> anyhow::Result<Exit> {
    let mut config = place::config(file)?;
    let mut talk = Talk::new(color);
    let path = args.store.place()?;
    let given = reading::formats(&args.reading, &mut talk)?;
    let (wake, woken) = sync_channel(16);
    hear_signals(wake.clone())?;
    let hooks = deliver::hooks(&config)?;
    let mut voices = Voices::new(args, color, hooks, wake.clone(), talk);
    let mut pipes = Pipes::new(wake.clone());
    loop {
        let options = Options {
            zone: args.reading.timezone.or(config.tail.timezone),
            ..reading::options(&args.reading, &config, &given)
        };
        voices.alerts.rules = rule::all(&config.rules);
        let plan = plan(args, &config, &options, &mut pipes)?;
        let session = Session::begin(&path, &plan, &options, &mut voices, &wake);
        match session.and_then(|session| follow(session, &woken)) {
            Ok(Next::End) => return Ok(Exit::Done),
            Ok(Next::Again) => {}
            Ok(Next::Reload) => {
                if let Some(hooks) = reload(&mut config, args, file, &mut voices.talk)? {
                    voices.hooks.configure(hooks);
                }
            }
            // What was not committed is read again: positions have not moved.
            Err(Stop::Index(error)) if voices.trouble.passes(&error) => {
                voices.trouble.meet(&error, &mut voices.talk)?;
                voices.manager.waiting(&error.to_string());
                if rest(&woken, LOOK, &mut voices.manager) {
                    return Err(Fault::from(error).into());
                }
            }
            Err(stop) => return Err(stop.told()),
        }
    }
}

/// Reads the configuration again, and gives its hooks. Where it is wrong, all stays as it is; the patterns stay in any
/// case, for the index knows its logs by them.
fn reload(
    config: &mut Config,
    args: &TailArgs,
    file: Option<&Path>,
    talk: &mut impl Write,
) -> anyhow::Result<Option<Vec<Hook>>> {
    let read = || -> anyhow::Result<_> {
        let config = place::config(file)?;
        let hooks = deliver::hooks(&config)?;
        logs(args, &config)?;
        Ok((config, hooks))
    };
    match read() {
        Ok((read, hooks)) => {
            let before = std::mem::replace(config, read);
            let masks = |config: &Config| Masks::from(config.redact.patterns.clone());
            if masks(&before).fingerprint() != masks(config).fingerprint() {
                writeln!(talk, "why401: [redact] stays as it was when this began")?;
            }
            config.redact = before.redact;
            writeln!(talk, "why401: the configuration was read again")?;
            Ok(Some(hooks))
        }
        Err(error) => {
            let error = visible(&error.to_string()).into_owned();
            writeln!(talk, "why401: {error}; all stays as it was")?;
            Ok(None)
        }
    }
}

/// The logs to follow: those given, else those configured.
fn logs<'a>(args: &'a TailArgs, config: &'a Config) -> Result<&'a [PathBuf], Fault> {
    let given = [&args.logs, &config.tail.logs];
    let logs = given.into_iter().find(|logs| !logs.is_empty());
    let message = "no log to follow: give LOG, or `logs` in [tail] of the configuration";
    logs.map(Vec::as_slice)
        .ok_or_else(|| Fault::new(Exit::Usage, message))
}

/// What is followed, and how.
fn plan(
    args: &TailArgs,
    config: &Config,
    options: &Options<'_>,
    pipes: &mut Pipes,
) -> anyhow::Result<Plan> {
    let (streams, logs): (Vec<PathBuf>, Vec<PathBuf>) = logs(args, config)?
        .iter()
        .cloned()
        .partition(|log| is_stream(log));
    Ok(Plan {
        pipes: streams.iter().map(|log| pipes.open(log, options)).collect(),
        logs,
        from_start: args.from_start,
        metrics: config.tail.metrics.clone(),
    })
}

/// Pipes are read from when they are first met, whatever becomes of the index.
struct Pipes {
    wake: SyncSender<Wake>,
    open: Vec<(PathBuf, Pipe)>,
}

impl Pipes {
    fn new(wake: SyncSender<Wake>) -> Self {
        let open = Vec::new();
        Self { wake, open }
    }

    fn open(&mut self, path: &Path, options: &Options<'_>) -> Pipe {
        if let Some((_, pipe)) = self.open.iter().find(|(known, _)| known == path) {
            return pipe.clone();
        }
        let wake = self.wake.clone();
        // Where hints wait already, one more says nothing.
        let pipe = Pipe::open(path, &options.masks, move || {
            let _ = wake.try_send(Wake::Written);
        });
        self.open.push((path.to_owned(), pipe.clone()));
        pipe
    }
}

fn follow(mut session: Session<'_>, woken: &Receiver<Wake>) -> Result<Next, Stop> {
    session.ready();
    loop {
        let wake = wait(woken, session.idle());
        match wake {
            Some(Wake::End) => return session.end(),
            Some(Wake::Reload) => return Ok(Next::Reload),
            _ => {}
        }
        match session.turn(wake)? {
            Some(Next::End) => return session.end(),
            Some(next) => return Ok(next),
            None => {}
        }
    }
}

/// Asked to end, the batch is finished first.
fn hear_signals(wake: SyncSender<Wake>) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let heard = if signal == SIGHUP {
                Wake::Reload
            } else {
                Wake::End
            };
            if wake.send(heard).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// `None`: nothing was heard for so long.
fn wait(woken: &Receiver<Wake>, at_most: Duration) -> Option<Wake> {
    let first = match woken.recv_timeout(at_most) {
        Ok(wake) => wake,
        Err(RecvTimeoutError::Timeout) => return None,
        Err(RecvTimeoutError::Disconnected) => return Some(Wake::End),
    };
    // Of many hints the strongest.
    woken.try_iter().chain([first]).max()
}

/// Waits so long, whatever is heard. True: it is to end.
fn rest(woken: &Receiver<Wake>, time: Duration, manager: &mut Manager) -> bool {
    let until = Instant::now() + time;
    manager.alive(Instant::now());
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        if wait(woken, left) == Some(Wake::End) {
            return true;
        }
    }
    false
}
