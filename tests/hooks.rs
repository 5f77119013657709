//! Hooks that hang, flee, flood and refuse: each is kept by the real keeper, its outcome is known, and nothing of it is
//! left running.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use binary::live::{PATIENCE, until};
use binary::place::{Place, mode, user};
use why401::alert::outbox::{Ended, How};
use why401::hook::{KEEPER, Run, Runner};

const KEPT: usize = 64 << 10;
const US: &str = env!("CARGO_BIN_EXE_why401");

/// A place for a hook, and how it is run there.
struct World(Place);

impl World {
    fn new() -> Self {
        Self(Place::new())
    }

    /// A hook in the shell's language, that finds the folder for what it leaves as its argument.
    fn run(&self, text: &str) -> Run {
        Run {
            command: [self.0.hook(text), self.0.out()]
                .map(|p| p.to_str().unwrap().to_owned())
                .into(),
            user: user().map(Into::into),
            timeout: PATIENCE,
            grace: Duration::from_millis(300),
            environment: Vec::new(),
            input: "{}\n".to_owned(),
        }
    }

    /// Waits until it has left a process id.
    fn pid(&self, name: &str) -> String {
        until(|| self.0.left(name).ends_with('\n'));
        self.0.left(name).trim().to_owned()
    }
}

fn is_running(pid: &str) -> bool {
    assert!(pid.parse::<u32>().is_ok(), "{pid:?}");
    Path::new("/proc").join(pid).exists()
}

fn runner() -> (Runner, Receiver<()>) {
    let (wake, woken) = channel();
    let wake = move || {
        let _ = wake.send(());
    };
    (Runner::new(Path::new(US), wake), woken)
}

/// Runs a hook to its end.
fn ended(run: Run) -> Ended {
    let (mut runner, woken) = runner();
    runner.start("test", "id".to_owned(), run);
    assert!(runner.is_busy("test"));
    woken.recv_timeout(PATIENCE).unwrap();
    let mut over = runner.over();
    assert!(runner.is_idle());
    let over = over.pop().unwrap();
    assert_eq!((&*over.hook, &*over.delivery), ("test", "id"));
    over.ended
}

fn how(text: &str) -> How {
    ended(World::new().run(text)).how
}

fn why_not(run: Run) -> String {
    match ended(run).how {
        How::NotRun(why) => why,
        how => panic!("{how}"),
    }
}

#[test]
fn the_way_it_ends_is_known() {
    for (text, expected) in [
        ("exit 0", How::Exit(0)),
        ("exit 1", How::Exit(1)),
        ("exit 75", How::Exit(75)),
        ("exit 126", How::Exit(126)),
        ("no-such-program-anywhere", How::Exit(127)),
        ("kill -SEGV $$", How::Signal(11)),
        ("kill -KILL $$", How::Signal(9)),
    ] {
        assert_eq!(how(text), expected, "{text}");
    }
}

#[test]
fn it_is_alone_in_its_world() {
    let world = World::new();
    let mut run =
        world.run("pwd; umask; cut -d' ' -f5 /proc/$$/stat; echo $$; id -G; /usr/bin/env");
    run.environment = vec![("WHY401_RULE".to_owned(), "$(reboot) `x` -rf".to_owned())];
    let ended = ended(run);
    assert_eq!(ended.how, How::Exit(0), "{}", ended.output);
    let lines: Vec<&str> = ended.output.lines().collect();
    assert_eq!(lines[..2], ["/", "0077"]);
    assert_eq!(lines[2], lines[3], "its own process group");
    if rustix::process::geteuid().is_root() {
        assert_eq!(lines[4].split(' ').count(), 1, "no further groups");
        assert_ne!(lines[4], "0");
    }
    // bash adds the last three by itself.
    let mut names: Vec<&str> = lines[5..]
        .iter()
        .map(|l| l.split('=').next().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["PATH", "PWD", "SHLVL", "WHY401_RULE", "_"]);
    assert!(lines.contains(&"WHY401_RULE=$(reboot) `x` -rf"));
}

#[test]
fn one_that_hangs_is_asked_to_end_and_then_killed() {
    let world = World::new();
    for (text, began) in [
        // Asked, it ends.
        (
            "trap 'echo asked; exit 0' TERM; echo $$ >$1/a; while :; do read -t 0.1 <> <(:); done",
            "a",
        ),
        // It does not care.
        (
            "trap '' TERM; echo $$ >$1/b; while :; do read -t 0.1 <> <(:); done",
            "b",
        ),
        // Another session, which does not care either.
        (
            "trap '' TERM; setsid bash -c 'echo $$ >$0/c; exec sleep 1000' $1 & wait; sleep 1000",
            "c",
        ),
    ] {
        let mut run = world.run(text);
        run.timeout = Duration::from_millis(700);
        let ended = ended(run);
        assert_eq!(ended.how, How::TimedOut, "{text}");
        assert_eq!(ended.output.contains("asked"), began == "a");
        assert!(!is_running(&world.pid(began)), "{text}");
        assert!(ended.took >= Duration::from_millis(700));
    }
}

#[test]
fn what_it_leaves_behind_ends_with_it() {
    let world = World::new();
    // Twice away from it, in a session of its own, deaf, and with no pipe of ours.
    let ended = ended(world.run(
        "(setsid bash -c 'trap \"\" TERM HUP; echo $$ >$0/pid; while :; do sleep 1000; done' $1 </dev/null >/dev/null 2>&1 &)
         until [[ -s $1/pid ]]; do :; done; exit 3",
    ));
    assert_eq!(ended.how, How::Exit(3));
    assert!(!is_running(&world.pid("pid")));
}

#[test]
fn a_flood_is_read_and_counted() {
    let bytes: u64 = if cfg!(debug_assertions) {
        64 << 20
    } else {
        1 << 30
    };
    let ended = ended(World::new().run(&format!(
        "echo first; head -c {bytes} /dev/zero >&2; echo last >&2; exit 75"
    )));
    assert_eq!(ended.how, How::Exit(75));
    assert!(ended.output.starts_with("first\n"));
    // A NUL is shown as another character.
    assert_eq!(ended.output.chars().count(), KEPT);
    assert_eq!(ended.left_out + KEPT as u64, bytes + 11);
}

#[test]
fn what_it_does_with_its_input_is_its_own_business() {
    let input = format!("{{\"name\":\"{}\"}}\n", "ä".repeat(500_000));
    for (text, is_read) in [
        ("cat >$1/input", true),
        // Never.
        ("exit 0", false),
        ("sleep 0.3; exit 0", false),
        // It closes it early, or half way.
        ("exec <&-; sleep 0.3; exit 0", false),
        ("head -c 100 >/dev/null; exec <&-; sleep 0.3; exit 0", false),
    ] {
        let world = World::new();
        let mut run = world.run(text);
        run.input.clone_from(&input);
        assert_eq!(ended(run).how, How::Exit(0), "{text}");
        assert_eq!(world.0.left("input") == input, is_read, "{text}");
    }
}

#[test]
fn what_cannot_be_run_is_told() {
    let world = World::new();
    let run = world.run("exit 0");
    let hook = PathBuf::from(&run.command[0]);
    assert_eq!(ended(run.clone()).how, How::Exit(0));

    fs::write(&hook, "#!/bin/sh\r\nexit 0\r\n").unwrap();
    assert!(why_not(run.clone()).contains("CR LF"));
    mode(&hook, 0o644);
    assert!(why_not(run.clone()).contains("not executable"));
    mode(&hook, 0o777);
    assert!(why_not(run.clone()).contains("can be written by others (mode 0777)"));
    mode(&hook, 0o755);
    mode(world.0.folder(), 0o775);
    assert!(why_not(run.clone()).contains("can be written by others (mode 0775)"));
    mode(world.0.folder(), 0o755);
    fs::remove_file(&hook).unwrap();
    assert!(why_not(run.clone()).contains("No such file"));
    let mut stranger = world.run("exit 0");
    stranger.user = Some("nobody-of-this-name".into());
    assert!(why_not(stranger).contains("no user nobody-of-this-name"));
    if rustix::process::geteuid().is_root() {
        let mut as_root = world.run("exit 0");
        as_root.user = None;
        assert!(why_not(as_root).contains("as root it needs a `user`"));
    }
}

#[test]
fn the_end_of_who_waits_ends_it() {
    let world = World::new();
    let text = "trap '' TERM; echo $$ >$1/pid; setsid sleep 1000 & echo $! >$1/child; wait";
    // Stopped.
    let (mut stopped, _woken) = runner();
    stopped.start("test", "id".to_owned(), world.run(text));
    let pids = [world.pid("pid"), world.pid("child")];
    assert!(is_running(&pids[1]));
    stopped.stop();
    assert!(!pids.iter().any(|pid| is_running(pid)));

    // Killed: nobody holds the keeper's input any more.
    let world = World::new();
    let mut keeper = Command::new(US)
        .arg(KEEPER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = keeper.stdin.take().unwrap();
    let run = serde_json::to_string(&world.run(text)).unwrap();
    writeln!(line, "{run}").unwrap();
    let pids = [world.pid("pid"), world.pid("child")];
    assert!(is_running(&pids[0]));
    // Asked itself to end, it does not leave the hook alone.
    let pid = rustix::process::Pid::from_child(&keeper);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(keeper.try_wait().unwrap().is_none());
    drop(line);
    let mut said = String::new();
    let output = keeper.stdout.as_mut().unwrap();
    output.read_to_string(&mut said).unwrap();
    keeper.wait().unwrap();
    assert!(!pids.iter().any(|pid| is_running(pid)));
    assert_eq!(
        serde_json::from_str::<Ended>(&said).unwrap().how,
        How::Signal(9)
    );
}

#[test]
fn others_run_beside_one_that_hangs() {
    let world = World::new();
    let (mut runner, _woken) = runner();
    runner.start(
        "hangs",
        "1".to_owned(),
        world.run("echo $$ >$1/hangs; sleep 1000"),
    );
    world.pid("hangs");
    let other = World::new();
    runner.start("other", "2".to_owned(), other.run("exit 0"));
    let over = runner.wait(Some(PATIENCE)).unwrap();
    assert_eq!((&*over.hook, over.ended.how), ("other", How::Exit(0)));
    assert!(runner.is_busy("hangs") && !runner.is_busy("other"));
}
