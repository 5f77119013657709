//! `tail`: refusals with their causes as they fall.
//!
//! What is new in the logs goes into the index as with `index`, and to correlators that are kept ready. After each
//! piece of news they say what would be found if the logs ended there: what is beyond doubt is told at once, the
//! rest when lines that come late have had their time. In a calm moment, and at the end, the findings are made
//! anew from the index; what differs from what was told is told again as a revision.

mod intake;
mod said;

use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anstream::ColorChoice;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use self::intake::{Intake, News};
use self::said::Said;
use super::index::{Anew, Stop, anew, masked_otherwise};
use super::talk::Talk;
use super::{Exit, Fault, described};
use crate::cli::TailArgs;
use crate::config::Config;
use crate::event::Micros;
use crate::format;
use crate::index::{Error, Writer};
use crate::input::{Options, Watch, is_stream};
use crate::report::sanitize::visible;

/// How late a line may come for what was found without it.
const LATENESS: Duration = Duration::from_secs(2);
/// Files are looked at so often, whatever is heard of them.
const LOOK: Duration = Duration::from_secs(1);
/// Logs that were not there are looked for so often.
const SEARCH: Duration = Duration::from_secs(5);
/// Findings are made anew so often where the logs are never calm, and it may take one part in so many of the time.
const ANEW: Duration = Duration::from_secs(60);
const SHARE: u32 = 20;

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
    if let Some(stream) = args.logs.iter().find(|log| is_stream(log)) {
        let message = format!(
            "{}: only files can be followed; `explain` reads pipes",
            stream.display()
        );
        return Err(Fault::new(Exit::Usage, visible(&message)).into());
    }
    let given = described::formats(&args.described, &mut talk)?;
    let options = Options {
        format: args.format.and_then(format::by_name),
        given: &given,
        zone: args.timezone,
        masks: config.redact.patterns.into(),
    };
    let (wake, woken) = sync_channel(16);
    end_on_signals(wake.clone())?;
    let mut said = Said::new(args, color);
    loop {
        let mut session = Session {
            args,
            options: &options,
            said: &mut said,
            talk: &mut talk,
            woken: &woken,
        };
        match session.run(&path, &wake) {
            Ok(Next::End) => return Ok(Exit::Done),
            Ok(Next::Again) => {}
            // What was not committed is read again: positions have not moved.
            Err(Stop::Index(error)) if passes(&error) => {
                writeln!(
                    talk,
                    "why401: {error}; waiting until it can be written again"
                )?;
                if wait(&woken, LOOK) == Some(Wake::End) {
                    return Err(Fault::from(error).into());
                }
            }
            Err(stop) => return Err(stop.told()),
        }
    }
}

/// Whether an index can be expected to become usable again by itself.
fn passes(error: &Error) -> bool {
    matches!(
        error,
        Error::Full | Error::ReadOnly(_) | Error::Device(_) | Error::Busy
    )
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

/// What follows a session.
enum Next {
    End,
    /// There are logs that were not there before.
    Again,
}

struct Session<'a, W> {
    args: &'a TailArgs,
    options: &'a Options<'a>,
    said: &'a mut Said,
    talk: &'a mut W,
    woken: &'a Receiver<Wake>,
}

/// When things happened that others wait for.
struct Clock {
    looked: Instant,
    searched: Instant,
    /// The last news.
    heard: Instant,
    /// Findings were made anew, which took so long.
    anew: Instant,
    took: Duration,
    /// There are events since then.
    is_behind: bool,
}

impl<W: Write> Session<'_, W> {
    fn run(&mut self, path: &Path, wake: &SyncSender<Wake>) -> Result<Next, Stop> {
        let mut writer = Writer::open(path)?;
        if !writer.is_masked_by(self.options.masks.fingerprint())? {
            return Err(masked_otherwise());
        }
        let mut intake = Intake::open(&mut writer, self.args, self.options, self.talk)?;
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
        intake.watch(&mut watch, self.talk)?;
        self.said.known(&writer)?;
        intake.catch_up(&mut writer, self.talk)?;
        let mut clock = Clock::begin();
        let mut found = self.anew(&writer, &mut intake, &mut clock)?;
        loop {
            let at_most = if intake.is_busy() {
                Duration::ZERO
            } else {
                self.said.next().unwrap_or(LOOK).min(LOOK)
            };
            let wake = wait(self.woken, at_most);
            let now = Instant::now();
            let calm = now - clock.looked >= LOOK;
            if wake == Some(Wake::Renamed) {
                intake.renamed();
            }
            let news = intake.look(&mut writer, calm, self.talk)?;
            clock.looked = if calm { now } else { clock.looked };
            if !news.is_empty() {
                clock.heard = now;
                clock.is_behind = true;
            }
            if !push(&mut found, news) {
                writer.commit()?;
                found = self.anew(&writer, &mut intake, &mut clock)?;
            }
            self.said
                .hear(&mut found.correlators, intake.parts(), now)?;
            writer.commit()?;
            if wake == Some(Wake::End) {
                intake.catch_up(&mut writer, self.talk)?;
                self.anew(&writer, &mut intake, &mut clock)?;
                writer.close()?;
                return Ok(Next::End);
            }
            if clock.is_due(now) {
                found = self.anew(&writer, &mut intake, &mut clock)?;
            }
            if calm && intake.is_incomplete() && now - clock.searched >= SEARCH {
                clock.searched = now;
                if intake.finds_more(self.args, self.options) {
                    return Ok(Next::Again);
                }
            }
        }
    }

    /// Makes the findings anew, and tells what differs from what was told.
    fn anew(
        &mut self,
        writer: &Writer,
        intake: &mut Intake,
        clock: &mut Clock,
    ) -> Result<Anew, Stop> {
        let began = Instant::now();
        let mut findings = Vec::new();
        let found = anew(writer, self.talk, |id, finding| {
            findings.push((id.to_owned(), finding.clone()));
        })?;
        intake.renumber(&found.ids, &found.parts);
        self.said.settle(findings, &found.parts)?;
        clock.took = began.elapsed();
        clock.anew = Instant::now();
        clock.is_behind = false;
        Ok(found)
    }
}

impl Clock {
    fn begin() -> Self {
        let now = Instant::now();
        Self {
            looked: now,
            searched: now,
            heard: now,
            anew: now,
            took: Duration::ZERO,
            is_behind: false,
        }
    }

    /// Whether findings are to be made anew.
    fn is_due(&self, now: Instant) -> bool {
        let since = now - self.anew;
        let is_calm = now - self.heard >= LATENESS;
        self.is_behind && since >= self.took * SHARE && (is_calm || since >= ANEW)
    }
}

/// Pushes records in the order of time, but those of each input in its own. False: there is one of an input that
/// the correlators do not know.
fn push(found: &mut Anew, news: Vec<News>) -> bool {
    let mut timed: Vec<(Micros, usize, News)> = Vec::with_capacity(news.len());
    let mut newest = vec![Micros::MIN; found.inputs.len()];
    for mut news in news {
        let Some(input) = found.inputs.iter().position(|row| *row == news.input) else {
            return false;
        };
        if let Some(clock) = &mut found.clocks[input] {
            clock.read(&mut news.record);
        }
        let time = found.correlators.time(input, &news.record);
        newest[input] = newest[input].max(time);
        timed.push((newest[input], input, news));
    }
    timed.sort_by_key(|(time, ..)| *time);
    for (_, input, news) in timed {
        found.correlators.push(input, news.record);
    }
    true
}
