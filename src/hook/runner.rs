//! Runs hooks beside everything else: a thread a run, and no more than one run a hook.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::Signal;

use super::{KEEPER, Run};
use crate::alert::outbox::{Ended, How};

pub struct Runner {
    /// The program that becomes a keeper.
    keeper: PathBuf,
    /// By hook.
    running: HashMap<String, Running>,
    tell: Sender<Over>,
    told: Receiver<Over>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// A run that is over.
#[derive(Debug)]
pub struct Over {
    pub hook: String,
    pub delivery: String,
    pub ended: Ended,
}

struct Running {
    line: Arc<Line>,
    /// `None`: there could be none.
    thread: Option<JoinHandle<()>>,
}

/// By which a run tells that it is over.
#[derive(Clone)]
struct Voice {
    hook: String,
    delivery: String,
    tell: Sender<Over>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Voice {
    fn say(self, ended: Ended) {
        let Self {
            hook,
            delivery,
            tell,
            wake,
        } = self;
        // Who does not wait any more does not want to know.
        let _ = tell.send(Over {
            hook,
            delivery,
            ended,
        });
        wake();
    }
}

/// What a keeper hangs on.
#[derive(Default)]
struct Line(Mutex<Held>);

#[derive(Default)]
struct Held {
    input: Option<ChildStdin>,
    is_cut: bool,
}

impl Runner {
    /// `keeper`: the program that becomes a keeper, ourselves. `wake` is called whenever a run is over.
    pub fn new(keeper: &Path, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let (tell, told) = channel();
        Self {
            keeper: keeper.to_owned(),
            running: HashMap::new(),
            tell,
            told,
            wake: Arc::new(wake),
        }
    }

    /// Whether a hook runs, or has run and nobody has asked how that ended.
    pub fn is_busy(&self, hook: &str) -> bool {
        self.running.contains_key(hook)
    }

    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Runs a hook that does not run.
    pub fn start(&mut self, hook: &str, delivery: String, run: Run) {
        let voice = Voice {
            hook: hook.to_owned(),
            delivery,
            tell: self.tell.clone(),
            wake: self.wake.clone(),
        };
        let line = Arc::new(Line::default());
        let (keeper, held, told) = (self.keeper.clone(), line.clone(), voice.clone());
        let thread = thread::Builder::new().spawn(move || told.say(keep(&keeper, &run, &held)));
        let thread = match thread {
            Ok(thread) => Some(thread),
            Err(error) => {
                voice.say(Ended::at_once(How::NotNow(error.to_string())));
                None
            }
        };
        self.running
            .insert(hook.to_owned(), Running { line, thread });
    }

    /// The runs that are over.
    pub fn over(&mut self) -> Vec<Over> {
        let over: Vec<Over> = self.told.try_iter().collect();
        for over in &over {
            self.running.remove(&over.hook);
        }
        over
    }

    /// The next run that is over, if one is within this time.
    pub fn wait(&mut self, at_most: Option<Duration>) -> Option<Over> {
        let over = match at_most {
            Some(time) => self.told.recv_timeout(time).ok()?,
            None => self.told.recv().ok()?,
        };
        self.running.remove(&over.hook);
        Some(over)
    }

    /// Ends what runs, and comes back when nothing of it is left.
    pub fn stop(&mut self) {
        for running in self.running.values() {
            running.line.cut();
        }
        for (_, running) in self.running.drain() {
            let _ = running.thread.map(JoinHandle::join);
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Line {
    fn hold(&self, input: ChildStdin) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.is_cut {
            held.input = Some(input);
        }
    }

    fn cut(&self) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.is_cut = true;
        held.input.take();
    }
}

/// Has a hook kept until it is over, or until the line is cut.
fn keep(keeper: &Path, run: &Run, line: &Line) -> Ended {
    let how = match try_keep(keeper, run, line) {
        Ok(Some(ended)) => return ended,
        // As if the hook had been killed: it may have run.
        Ok(None) => How::Signal(Signal::KILL.as_raw()),
        Err(error) => How::NotNow(format!("{}: {error}", keeper.display())),
    };
    Ended::at_once(how)
}

/// `None`: the keeper said nothing before it ended.
fn try_keep(keeper: &Path, run: &Run, line: &Line) -> std::io::Result<Option<Ended>> {
    let mut told = serde_json::to_string(run)?;
    told.push('\n');
    let mut child = Command::new(keeper)
        .arg(KEEPER)
        .env_clear()
        .current_dir("/")
        // Not the terminal's, so that Ctrl-C reaches it through us.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // It may have ended; then it says nothing either.
        let _ = input.write_all(told.as_bytes());
        line.hold(input);
    }
    let mut said = String::new();
    if let Some(mut output) = child.stdout.take() {
        let _ = output.read_to_string(&mut said);
    }
    child.wait()?;
    Ok(serde_json::from_str(&said).ok())
}
