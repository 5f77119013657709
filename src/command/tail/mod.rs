//! `tail`: refusals with their causes as they fall.
//!
//! What is new in the logs goes into the index as with `index`, and to correlators that are kept ready. After each
//! piece of news they say what would be found if the logs ended there: what is beyond doubt is told at once, the
//! rest when lines that come late have had their time. In a calm moment, and at the end, the findings are made
//! anew from the index; what differs from what was told is told again as a revision.

mod intake;
mod said;
mod session;
mod trouble;

use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anstream::ColorChoice;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use self::intake::Plan;
use self::said::Said;
use self::session::{Next, Session, Voice};
use self::trouble::Trouble;
use super::index::Stop;
use super::talk::Talk;
use super::{Exit, Fault, described};
use crate::cli::TailArgs;
use crate::config::Config;
use crate::format;
use crate::input::{Options, Pipe, is_stream};

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
    End,
}

pub(super) fn run(args: &TailArgs, config: Config, color: ColorChoice) -> anyhow::Result<Exit> {
    let mut talk = Talk::new(color);
    let path = args.store.path().ok_or_else(|| {
        let message = "there is no home to keep the index in; give --index FILE";
        Fault::new(Exit::Usage, message)
    })?;
    let given = described::formats(&args.described, &mut talk)?;
    let options = Options {
        format: args.format.and_then(format::by_name),
        given: &given,
        zone: args.timezone,
        masks: config.redact.patterns.into(),
    };
    let (wake, woken) = sync_channel(16);
    end_on_signals(wake.clone())?;
    let plan = plan(args, &options, &wake);
    let mut said = Said::new(args, color);
    let mut trouble = Trouble::default();
    loop {
        let voice = Voice {
            said: &mut said,
            trouble: &mut trouble,
            talk: &mut talk,
        };
        let session = Session::begin(&path, &plan, &options, voice, &wake);
        match session.and_then(|session| follow(session, &woken)) {
            Ok(Next::End) => return Ok(Exit::Done),
            Ok(Next::Again) => {}
            // What was not committed is read again: positions have not moved.
            Err(Stop::Index(error)) if trouble.passes(&error) => {
                trouble.meet(&error, &mut talk)?;
                if rest(&woken, LOOK) {
                    return Err(Fault::from(error).into());
                }
            }
            Err(stop) => return Err(stop.told()),
        }
    }
}

/// Pipes are read from now on, whatever becomes of the index.
fn plan(args: &TailArgs, options: &Options<'_>, wake: &SyncSender<Wake>) -> Plan {
    let (pipes, logs) = args.logs.iter().cloned().partition(|log| is_stream(log));
    let pipes: Vec<PathBuf> = pipes;
    let open = |path: &PathBuf| {
        let wake = wake.clone();
        // Where hints wait already, one more says nothing.
        Pipe::open(path, &options.masks, move || {
            let _ = wake.try_send(Wake::Written);
        })
    };
    Plan {
        pipes: pipes.iter().map(open).collect(),
        logs,
        from_start: args.from_start,
    }
}

fn follow<W: Write>(mut session: Session<'_, W>, woken: &Receiver<Wake>) -> Result<Next, Stop> {
    loop {
        let wake = wait(woken, session.idle());
        if wake == Some(Wake::End) {
            return session.end();
        }
        match session.turn(wake)? {
            Some(Next::End) => return session.end(),
            Some(next) => return Ok(next),
            None => {}
        }
    }
}

/// Asked to end, the batch is finished first.
fn end_on_signals(wake: SyncSender<Wake>) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if wake.send(Wake::End).is_err() {
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
fn rest(woken: &Receiver<Wake>, time: Duration) -> bool {
    let until = Instant::now() + time;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        if wait(woken, left) == Some(Wake::End) {
            return true;
        }
    }
    false
}
