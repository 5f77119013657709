//! The process that keeps a hook: starts it, feeds it, reads all it writes, and ends it with all that it started.

use std::fs;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{Pid, Signal, WaitOptions, getpid, set_child_subreaper, umask, wait};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

use super::output::Output;
use super::{Account, Distrust, Run, family, trusted};
use crate::alert::outbox::{Ended, How};

/// While something is being ended it is looked at so often.
const TICK: Duration = Duration::from_millis(20);
/// What cannot even be killed (it waits for a device) is left after so long.
const LEAVE: Duration = Duration::from_secs(10);
/// What is in a pipe when all is over is read in so many pieces; it can have a megabyte, see pipe(7).
const LEFT: u32 = 64;
/// Programs are found here where a script does not say where. The rest of the environment is the alert.
const PATH: (&str, &str) = (
    "PATH",
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
);

/// Reads what is to be run from standard input, a line of JSON, and runs it. Where that is closed before it is over,
/// nobody waits for it any more, and it is ended.
pub fn keep() -> Ended {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    let run = read.and_then(|_| Ok(serde_json::from_str::<Run>(&line)?));
    let run = match run {
        Ok(run) => run,
        Err(error) => return Ended::at_once(How::NotNow(error.to_string())),
    };
    match Kept::start(&run) {
        Ok(kept) => kept.until_over(),
        Err(how) => Ended::at_once(how),
    }
}

/// A hook that runs.
struct Kept<'a> {
    run: &'a Run,
    began: Instant,
    leader: Pid,
    /// How the hook itself ended, and when.
    ended: Option<(ExitStatus, Instant)>,
    stdin: Option<ChildStdin>,
    /// What it was not yet fed.
    rest: &'a [u8],
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    output: Output,
    /// Something is to be read from it when a child has ended.
    signals: UnixStream,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Runs,
    /// It and all it started was asked to end.
    Ends {
        kill: Instant,
        is_late: bool,
    },
}

impl<'a> Kept<'a> {
    fn start(run: &'a Run) -> Result<Self, How> {
        let Some((program, arguments)) = run.command.split_first() else {
            return Err(How::NotRun("there is no program".to_owned()));
        };
        let distrusted = |why: Distrust| How::NotRun(why.to_string());
        trusted(Path::new(program), true).map_err(distrusted)?;
        let account = Account::of(run.user.as_deref()).map_err(distrusted)?;
        let signals = prepare().map_err(|error| How::NotNow(error.to_string()))?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env(PATH.0, PATH.1)
            .envs(run.environment.iter().map(|(k, v)| (k, v)))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(Account { uid, gid }) = account {
            // With the user go root's further groups: std calls setgroups(2) with none.
            command.uid(uid).gid(gid);
        }
        let began = Instant::now();
        let child = command.spawn().map_err(|error| refused(program, &error))?;
        Self::of(run, child, began, signals).map_err(|error| How::NotNow(error.to_string()))
    }

    fn of(run: &'a Run, mut child: Child, began: Instant, signals: UnixStream) -> io::Result<Self> {
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        for pipe in [
            stdin.as_ref().map(AsFd::as_fd),
            stdout.as_ref().map(AsFd::as_fd),
            stderr.as_ref().map(AsFd::as_fd),
        ] {
            pipe.map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        }
        Ok(Self {
            run,
            began,
            leader: Pid::from_child(&child),
            ended: None,
            stdin,
            rest: run.input.as_bytes(),
            stdout,
            stderr,
            output: Output::default(),
            signals,
            phase: Phase::Runs,
        })
    }

    fn until_over(mut self) -> Ended {
        let mut is_wanted = true;
        loop {
            let has_children = self.reap();
            let now = Instant::now();
            if !has_children {
                break;
            }
            match self.phase {
                Phase::Runs if now >= self.began + self.run.timeout => self.end(now, true),
                Phase::Runs if self.ended.is_some() || !is_wanted => self.end(now, false),
                Phase::Ends { kill, .. } if now >= kill + LEAVE => break,
                Phase::Ends { kill, .. } if now >= kill => family::signal_all(Signal::KILL),
                Phase::Runs | Phase::Ends { .. } => {}
            }
            is_wanted &= self.wait(is_wanted);
        }
        self.finish()
    }

    /// Asks all that runs to end.
    fn end(&mut self, now: Instant, is_late: bool) {
        family::signal_all(Signal::TERM);
        let kill = now + self.run.grace;
        self.phase = Phase::Ends { kill, is_late };
    }

    /// Takes note of what has ended. False: nothing is left, neither the hook nor anything it started.
    fn reap(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.leader => {
                    let status = ExitStatus::from_raw(status.as_raw());
                    self.ended = Some((status, Instant::now()));
                }
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Waits until there is something to do, and does it. False: nobody waits for the hook any more.
    fn wait(&mut self, is_wanted: bool) -> bool {
        let timeout = match self.phase {
            Phase::Runs => {
                (self.began + self.run.timeout).saturating_duration_since(Instant::now())
            }
            Phase::Ends { .. } => TICK,
        };
        let lifeline = io::stdin();
        let mut polled = vec![PollFd::new(&self.signals, PollFlags::IN)];
        if is_wanted {
            polled.push(PollFd::new(&lifeline, PollFlags::IN));
        }
        let stdin = self.stdin.as_ref().map(|p| PollFd::new(p, PollFlags::OUT));
        let stdout = self.stdout.as_ref().map(|p| PollFd::new(p, PollFlags::IN));
        let stderr = self.stderr.as_ref().map(|p| PollFd::new(p, PollFlags::IN));
        polled.extend([stdin, stdout, stderr].into_iter().flatten());
        let timeout = Timespec::try_from(timeout).ok();
        // Where it fails there is nothing else to do than to look.
        let _ = poll(&mut polled, timeout.as_ref());
        let is_cut = is_wanted && !polled[1].revents().is_empty();
        drop(polled);
        self.exchange();
        !is_cut
    }

    /// Feeds it, and reads what it wrote.
    fn exchange(&mut self) {
        // How many there were does not matter.
        let _ = self.signals.read(&mut [0; 64]);
        if let Some(stdin) = &mut self.stdin
            && !feed(stdin, &mut self.rest)
        {
            self.stdin = None;
        }
        drain(&mut self.output, &mut self.stdout);
        drain(&mut self.output, &mut self.stderr);
    }

    fn finish(mut self) -> Ended {
        // Whoever else may hold the other ends, what was left in them is all that counts.
        for _ in 0..LEFT {
            let more = drain(&mut self.output, &mut self.stdout);
            if !(drain(&mut self.output, &mut self.stderr) || more) {
                break;
            }
        }
        let (is_late, how) = match (self.phase, self.ended) {
            (Phase::Ends { is_late, .. }, None) => (is_late, How::Signal(Signal::KILL.as_raw())),
            (Phase::Ends { is_late, .. }, Some((status, _))) => (is_late, how(status)),
            (Phase::Runs, Some((status, _))) => (false, how(status)),
            (Phase::Runs, None) => (false, How::NotRun("it was taken away".to_owned())),
        };
        let (output, left_out) = self.output.finish();
        let over = self.ended.map_or_else(Instant::now, |(_, at)| at);
        Ended {
            how: if is_late { How::TimedOut } else { how },
            output,
            left_out,
            took: over - self.began,
        }
    }
}

/// What a hook and all that it starts is to inherit, and what we are to hear of them.
fn prepare() -> io::Result<UnixStream> {
    umask(Mode::RWXG | Mode::RWXO);
    set_child_subreaper(Some(getpid()))?;
    let (heard, tells) = UnixStream::pair()?;
    heard.set_nonblocking(true)?;
    // Those that ask us to end are for who waits for us, which then closes our input: a hook is never left alone.
    for signal in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] {
        pipe::register(signal, tells.try_clone()?)?;
    }
    Ok(heard)
}

/// Why it could not be started. Where the file is there it is its interpreter that is missing.
fn refused(program: &str, error: &io::Error) -> How {
    let why = format!("{program}: {error}");
    match error.kind() {
        ErrorKind::NotFound if fs::metadata(program).is_ok() => How::NotRun(format!(
            "{program}: the interpreter in its first line is not there; does that end in CR LF?"
        )),
        ErrorKind::WouldBlock | ErrorKind::OutOfMemory | ErrorKind::ExecutableFileBusy => {
            How::NotNow(why)
        }
        _ => How::NotRun(why),
    }
}

/// Feeds what fits. False: that was all, or it reads no more.
fn feed(pipe: &mut impl Write, rest: &mut &[u8]) -> bool {
    match pipe.write(rest) {
        Ok(written) => {
            *rest = &rest[written..];
            !rest.is_empty()
        }
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    }
}

/// Reads what is there, once. False: there was nothing.
fn drain(output: &mut Output, pipe: &mut Option<impl Read>) -> bool {
    let read = pipe.as_mut().and_then(|pipe| output.drain(pipe));
    if read.is_none() {
        *pipe = None;
    }
    read.is_some_and(|read| read > 0)
}

fn how(status: ExitStatus) -> How {
    match (status.code(), status.signal()) {
        (Some(code), _) => How::Exit(code),
        (None, signal) => How::Signal(signal.unwrap_or_default()),
    }
}
