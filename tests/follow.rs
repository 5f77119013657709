//! Following a rotated set: each whole line once and in order, or inside a gap that is told.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::test_runner::TestCaseError;
use tempfile::TempDir;
use why401::input::{Follow, Lost, News, Start, Why};

/// What a set's follower was told, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Heard {
    Line(String),
    Gap(Why, u64),
}

/// A folder with `x.log`, its writers, and who follows it.
struct World {
    folder: TempDir,
    follow: Follow,
    heard: Vec<Heard>,
    /// Lines of the writer that goes with the name.
    written: u32,
    /// Lines of the one that keeps writing into `x.log.1`.
    late: u32,
    /// The rest of a line that was begun, and where.
    begun: Option<(File, String)>,
    /// Lines that were lost where nobody can know of it: their file came and went between two looks.
    unseen: BTreeSet<String>,
    /// What is in `x.log`, `x.log.1` and so on, where no look has met the file.
    fresh: [Option<Vec<String>>; KEPT as usize + 1],
    /// Looks in calm since a line was begun.
    calm: u32,
}

const KEPT: u32 = 4;

impl World {
    fn new(start: Start) -> Self {
        let folder = TempDir::new().unwrap();
        let follow = Follow::new(&folder.path().join("x.log"), start);
        Self {
            folder,
            follow,
            heard: Vec::new(),
            written: 0,
            late: 0,
            begun: None,
            unseen: BTreeSet::new(),
            fresh: [const { Some(Vec::new()) }; KEPT as usize + 1],
            calm: 0,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn base(&self) -> PathBuf {
        self.path("x.log")
    }

    fn append(&self, name: &str) -> File {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        options.open(self.path(name)).unwrap()
    }

    fn line(&mut self) -> String {
        self.written += 1;
        // Longer and shorter than what a file is known by.
        format!(
            "a{} {}",
            self.written,
            "x".repeat(self.written as usize * 37 % 700)
        )
    }

    fn finish_begun(&mut self) {
        if let Some((mut file, rest)) = self.begun.take() {
            self.calm = 0;
            file.write_all(rest.as_bytes()).unwrap();
        }
    }

    fn note(&mut self, slot: usize, line: &str) {
        if let Some(fresh) = &mut self.fresh[slot] {
            fresh.push(id(line).to_owned());
        }
    }

    fn write(&mut self, lines: u32) {
        self.finish_begun();
        for _ in 0..lines {
            let line = self.line();
            self.note(0, &line);
            writeln!(self.append("x.log"), "{line}").unwrap();
        }
    }

    /// Begins a line that is finished by the next write, wherever its file is by then.
    fn begin(&mut self) {
        self.finish_begun();
        let line = self.line();
        self.note(0, &line);
        // As much as tells it from others.
        let (first, rest) = line.split_at(id(&line).len() + 1);
        let mut file = self.append("x.log");
        file.write_all(first.as_bytes()).unwrap();
        self.begun = Some((file, format!("{rest}\n")));
    }

    fn write_late(&mut self) {
        self.finish_begun();
        if self.path("x.log.1").exists() {
            self.late += 1;
            let line = format!("b{} {}", self.late, self.written);
            self.note(1, &line);
            writeln!(self.append("x.log.1"), "{line}").unwrap();
        }
    }

    /// As Pritunl does: older files move up, the oldest goes, and there is none until the next line.
    fn rotate(&mut self) {
        if self.base().exists() {
            self.shift();
            fs::rename(self.base(), self.path("x.log.1")).unwrap();
            self.fresh.swap(0, 1);
        }
    }

    fn shift(&mut self) {
        self.unseen
            .extend(self.fresh[KEPT as usize].take().unwrap_or_default());
        self.fresh[1..].rotate_right(1);
        self.fresh[1] = Some(Vec::new());
        for ending in ["", ".gz"] {
            for n in (1..KEPT).rev() {
                let name = |n| self.path(&format!("x.log.{n}{ending}"));
                let _ = fs::remove_file(name(n + 1));
                let _ = fs::rename(name(n), name(n + 1));
            }
        }
    }

    fn copy_and_truncate(&mut self, look_between: bool) {
        if self.base().exists() {
            self.finish_begun();
            // In what was empty at the last look nobody can see that it was truncated.
            if self.fresh[0].is_some() {
                self.look(false);
            }
            self.shift();
            fs::copy(self.base(), self.path("x.log.1")).unwrap();
            self.fresh[1] = self.fresh[0].clone().or(Some(Vec::new()));
            if look_between {
                self.look(false);
            }
            self.write(1);
            self.truncate();
        }
    }

    /// With nothing written and no look in between.
    fn copy_unseen(&mut self) {
        self.shift();
        fs::copy(self.base(), self.path("x.log.1")).unwrap();
        self.truncate();
    }

    fn truncate(&mut self) {
        if self.base().exists() {
            self.forget_fresh();
            // What was begun is never a whole line.
            self.drop_begun();
            File::options()
                .write(true)
                .open(self.base())
                .unwrap()
                .set_len(0)
                .unwrap();
        }
    }

    fn remove(&mut self) {
        if self.base().exists() {
            self.forget_fresh();
            self.finish_begun();
            fs::remove_file(self.base()).unwrap();
        }
    }

    /// Another file takes the name.
    fn replace(&mut self, lines: u32) {
        self.finish_begun();
        self.forget_fresh();
        let mut text = String::new();
        for _ in 0..lines {
            let line = self.line();
            self.note(0, &line);
            text.extend([line.as_str(), "\n"]);
        }
        fs::write(self.path("new"), text).unwrap();
        fs::rename(self.path("new"), self.base()).unwrap();
    }

    fn pack(&mut self) {
        let (plain, packed) = (self.path("x.log.2"), self.path("x.log.2.gz"));
        if let Ok(bytes) = fs::read(&plain) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&bytes).unwrap();
            fs::write(&packed, encoder.finish().unwrap()).unwrap();
            fs::remove_file(plain).unwrap();
        }
    }

    /// What goes now was never there for a look.
    fn forget_fresh(&mut self) {
        self.unseen
            .extend(self.fresh[0].replace(Vec::new()).unwrap_or_default());
    }

    fn drop_begun(&mut self) {
        if self.begun.take().is_some() {
            self.unseen.insert(format!("a{}", self.written));
        }
    }

    fn look(&mut self, calm: bool) {
        for slot in 0..self.fresh.len() {
            let name = |ending| match slot {
                0 => self.base(),
                slot => self.path(&format!("x.log.{slot}{ending}")),
            };
            // What comes into an empty file and goes again leaves no trace either.
            let is_empty = fs::metadata(name("")).is_ok_and(|m| m.len() == 0);
            if is_empty {
                self.fresh[slot] = Some(Vec::new());
            } else if name("").exists() || name(".gz").exists() {
                self.fresh[slot] = None;
            }
        }
        self.calm += u32::from(calm);
        // As one hears when files are renamed.
        self.follow.renamed();
        // Otherwise a line that was begun is given as it is.
        let calm = calm && (self.calm < 8 || self.begun.is_none());
        loop {
            let news = self.follow.look(calm);
            let mut any = false;
            for news in news {
                match news {
                    News::Lines(stretch) => {
                        let mut text = String::new();
                        let mut reader = self.follow.read(&stretch).unwrap();
                        reader.read_to_string(&mut text).unwrap();
                        assert!(self.follow.passed(&stretch));
                        assert!(text.ends_with('\n') || stretch.is_cut_off);
                        self.heard
                            .extend(text.lines().map(|l| Heard::Line(l.to_owned())));
                        any = true;
                    }
                    News::Gap(Lost { why, bytes, .. }) => self.heard.push(Heard::Gap(why, bytes)),
                    News::Closed(_) => {}
                }
            }
            if !any {
                return;
            }
        }
    }

    fn lines(&self) -> Vec<&str> {
        self.heard
            .iter()
            .filter_map(|heard| match heard {
                Heard::Line(text) => Some(id(text)),
                Heard::Gap(..) => None,
            })
            .collect()
    }

    fn gaps(&self) -> Vec<(Why, u64)> {
        let gap = |heard: &Heard| match heard {
            Heard::Gap(why, bytes) => Some((*why, *bytes)),
            Heard::Line(_) => None,
        };
        self.heard.iter().filter_map(gap).collect()
    }
}

fn id(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

/// What can happen between two looks.
#[derive(Debug, Clone)]
enum Act {
    Write(u32),
    Begin,
    WriteLate,
    Rotate,
    CopyAndTruncate(bool),
    Truncate,
    Remove,
    Replace(u32),
    Pack,
    Look,
    Calm,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0_u32..6).prop_map(Act::Write),
        2 => Just(Act::Begin),
        2 => Just(Act::WriteLate),
        3 => Just(Act::Rotate),
        1 => any::<bool>().prop_map(Act::CopyAndTruncate),
        1 => Just(Act::Truncate),
        1 => Just(Act::Remove),
        1 => (0_u32..4).prop_map(Act::Replace),
        1 => Just(Act::Pack),
        4 => Just(Act::Look),
        2 => Just(Act::Calm),
    ]
}

fn play(acts: &[Act]) -> World {
    let mut world = World::new(Start::Beginning);
    for act in acts {
        match act {
            Act::Write(lines) => world.write(*lines),
            Act::Begin => world.begin(),
            Act::WriteLate => world.write_late(),
            Act::Rotate => world.rotate(),
            Act::CopyAndTruncate(look_between) => world.copy_and_truncate(*look_between),
            Act::Truncate => world.truncate(),
            Act::Remove => world.remove(),
            Act::Replace(lines) => world.replace(*lines),
            Act::Pack => world.pack(),
            Act::Look => world.look(false),
            Act::Calm => world.look(true),
        }
    }
    world.finish_begun();
    for _ in 0..80 {
        world.look(true);
    }
    world
}

/// The law: each whole line once, those of one writer in order, or between what is around a gap.
fn assert_law(world: &World) -> Result<(), TestCaseError> {
    let lines = world.lines();
    let number = |id: &str| id[1..].parse::<u32>().unwrap();
    let of = |writer| {
        lines
            .iter()
            .filter(move |id| id.starts_with(writer))
            .map(|id| number(id))
    };
    let first: Vec<u32> = of('a').collect();
    prop_assert!(first.is_sorted_by(|a, b| a < b), "{first:?}");
    let mut second: Vec<u32> = of('b').collect();
    second.sort_unstable();
    prop_assert!(second.is_sorted_by(|a, b| a < b), "{second:?}");
    for n in (1..=world.late).filter(|n| !second.contains(n)) {
        prop_assert!(world.unseen.contains(&format!("b{n}")), "b{n} is lost");
    }
    for n in (1..=world.written).filter(|n| !first.contains(n)) {
        let after = |heard: &Heard| matches!(heard, Heard::Line(text) if text.starts_with('a') && number(id(text)) > n);
        let before = |heard: &Heard| matches!(heard, Heard::Line(text) if text.starts_with('a') && number(id(text)) < n);
        let from = world.heard.iter().rposition(before).map_or(0, |at| at + 1);
        let to = world
            .heard
            .iter()
            .position(after)
            .unwrap_or(world.heard.len());
        let is_told = world.heard[from..to]
            .iter()
            .any(|heard| matches!(heard, Heard::Gap(..)));
        prop_assert!(
            is_told || world.unseen.contains(&format!("a{n}")),
            "a{n} is lost: {:?} {:?}",
            world.heard,
            world.unseen
        );
    }
    Ok(())
}

fn config() -> ProptestConfig {
    let is_full = std::env::var_os("WHY401_DRILL").is_some_and(|v| v == "full");
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if is_full {
        return ProptestConfig {
            cases: 20_000,
            ..config
        };
    }
    config
}

// No line of it is whole when it is first met, and then it leaves the set.
#[test]
fn a_line_that_is_ended_in_a_file_that_leaves_the_set() {
    let mut acts = vec![Act::Begin, Act::Rotate, Act::Look];
    for _ in 0..3 {
        acts.extend([Act::Write(1), Act::Rotate]);
    }
    acts.extend([Act::Replace(0), Act::Rotate]);
    assert_law(&play(&acts)).unwrap();
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn each_line_once_or_inside_a_gap(acts in proptest::collection::vec(act(), 0..60)) {
        assert_law(&play(&acts))?;
    }

    // Where nothing is overwritten and somebody looks often enough, nothing is lost, and no gap is told.
    #[test]
    fn rotation_by_renaming_loses_nothing(
        acts in proptest::collection::vec(
            prop_oneof![
                (0_u32..6).prop_map(Act::Write),
                Just(Act::Begin),
                Just(Act::WriteLate),
                Just(Act::Rotate),
                Just(Act::Pack),
            ],
            0..60,
        ),
        every in 1_usize..4,
    ) {
        let mut looked = Vec::new();
        for (n, act) in acts.into_iter().enumerate() {
            looked.push(act);
            if n % every == 0 {
                looked.push(Act::Look);
            }
        }
        let world = play(&looked);
        prop_assert_eq!(world.gaps(), []);
        prop_assert_eq!(world.unseen.len(), 0);
        let all = usize::try_from(world.written + world.late).unwrap();
        prop_assert_eq!(world.lines().len(), all);
        assert_law(&world)?;
    }
}

#[test]
fn what_was_there_before_is_passed_over() {
    let mut world = World::new(Start::End);
    world.write(3);
    world.rotate();
    world.write(2);
    world.look(true);
    assert_eq!(world.lines(), [""; 0]);
    world.write_late();
    world.write(1);
    world.rotate();
    world.write(1);
    world.look(false);
    assert_eq!(world.lines(), ["b1", "a6", "a7"]);
}

// Renamed after it was found: the name is another, shorter file's by now, and that is no copy of it.
#[test]
fn who_resumes_can_tell_in_which_file() {
    let mut world = World::new(Start::Beginning);
    world.write(5);
    let read = fs::metadata(world.base()).unwrap();
    world.rotate();
    world.write(1);
    let now = fs::metadata(world.base()).unwrap();
    let mut follow = Follow::new(&world.base(), Start::Beginning);
    let key = Some((read.dev(), read.ino()));
    let generation = follow.resume(&world.base(), read.len(), key).unwrap();
    assert_eq!(follow.resumed_in(generation), Some((now.dev(), now.ino())));
    assert_ne!(follow.resumed_in(generation), key);
}

// Stopped over two rotations: each of them may have lost what came between the copy and the truncation.
#[test]
fn of_files_that_were_copied_while_nobody_looked_each_is_followed_by_a_gap() {
    let mut world = World::new(Start::Beginning);
    world.write(5);
    world.look(false);
    let read = fs::metadata(world.base()).unwrap();
    for _ in 0..2 {
        world.write(2);
        world.copy_unseen();
    }
    world.write(1);
    world.follow = Follow::new(&world.base(), Start::Beginning);
    let key = Some((read.dev(), read.ino()));
    world
        .follow
        .resume(&world.path("x.log.2"), read.len(), key)
        .unwrap();
    world.look(true);
    assert_eq!(world.lines().len(), 10);
    let gap = Heard::Gap(Why::Copied, 0);
    let gaps: Vec<usize> = (0..world.heard.len())
        .filter(|at| world.heard[*at] == gap)
        .collect();
    assert_eq!(gaps, [7, 10]);
}

#[test]
fn following_goes_on_where_it_stopped_whatever_was_renamed() {
    let mut world = World::new(Start::Beginning);
    world.write(5);
    world.look(false);
    let position = fs::metadata(world.base()).unwrap().len();
    for _ in 0..3 {
        world.write(2);
        world.rotate();
    }
    world.pack();
    world.write(1);
    world.follow = Follow::new(&world.base(), Start::Beginning);
    world
        .follow
        .resume(&world.path("x.log.3"), position, None)
        .unwrap();
    world.look(true);
    assert_eq!(world.lines().len(), 12);
    assert_law(&world).unwrap();
    // And from one that was compressed meanwhile.
    world.rotate();
    world.heard.clear();
    world.follow = Follow::new(&world.base(), Start::Beginning);
    fs::rename(world.path("x.log.3.gz"), world.path("x.log.2.gz")).unwrap();
    world
        .follow
        .resume(&world.path("x.log.2.gz"), 4, None)
        .unwrap();
    world.look(true);
    assert!(!world.lines().is_empty());
}

#[test]
fn truncation_tells_how_much_is_lost() {
    let mut world = World::new(Start::Beginning);
    world.write(4);
    world.look(false);
    world.truncate();
    world.write(1);
    world.look(false);
    assert_eq!(world.gaps(), [(Why::Truncated, 0)]);
    assert_eq!(world.lines(), ["a1", "a2", "a3", "a4", "a5"]);
    world.begin();
    world.look(false);
    world.drop_begun();
    world.truncate();
    world.look(false);
    assert_eq!(world.gaps()[1], (Why::Truncated, 3));
}

#[test]
fn a_copy_gives_what_was_written_before_it_was_taken() {
    let mut world = World::new(Start::Beginning);
    world.write(2);
    world.look(false);
    world.write(2);
    world.copy_and_truncate(false);
    world.write(1);
    world.look(false);
    assert_eq!(world.lines(), ["a1", "a2", "a3", "a4", "a6"]);
    assert_eq!(world.gaps(), [(Why::Copied, 0)]);
}

// A line without an end was seen to grow behind the copy.
#[test]
fn a_copy_that_is_shorter_than_what_was_seen_was_not_truncated_itself() {
    let mut world = World::new(Start::Beginning);
    let mut log = world.append("x.log");
    write!(log, "a1 {}", "x".repeat(700)).unwrap();
    fs::copy(world.base(), world.path("x.log.1")).unwrap();
    log.write_all(&[b'x'; 99]).unwrap();
    world.look(false);
    world.truncate();
    for _ in 0..20 {
        world.look(true);
    }
    assert_eq!(world.gaps(), [(Why::Copied, 99)]);
    assert_eq!(world.lines(), ["a1"]);
}

// The second copy is of what no look has met; what is written by now is younger.
#[test]
fn of_two_copies_between_two_looks_the_order_is_kept() {
    let mut world = World::new(Start::Beginning);
    world.write(2);
    world.look(false);
    for _ in 0..2 {
        world.write(2);
        world.copy_unseen();
    }
    world.write(1);
    world.look(false);
    let all = ["a1", "a2", "a3", "a4", "a5", "a6", "a7"];
    assert_eq!(world.lines(), all);
}

// Begun between the copy and the truncation: the lines are those of the file that is written.
#[test]
fn a_copy_that_is_there_from_the_beginning_is_not_taken_for_the_log() {
    let mut world = World::new(Start::Beginning);
    world.write(3);
    fs::copy(world.base(), world.path("x.log.1")).unwrap();
    world.write(2);
    let stretches = world.follow.look(false);
    let whole = fs::metadata(world.base()).unwrap().len();
    let [News::Lines(stretch)] = stretches[..] else {
        panic!("not one stretch: {stretches:?}");
    };
    assert_eq!((stretch.from, stretch.to), (0, whole));
}

#[test]
fn more_rotations_than_files_are_kept_are_told() {
    let mut world = World::new(Start::Beginning);
    world.write(1);
    world.look(false);
    for _ in 0..=KEPT + 1 {
        world.write(1);
        world.rotate();
    }
    world.look(false);
    assert_eq!(world.gaps(), [(Why::RotatedAway, 0)]);
    assert!(world.lines().len() < 7);
}

#[test]
fn a_long_line_is_given_when_it_is_whole() {
    let mut world = World::new(Start::Beginning);
    let long = "x".repeat(3 << 20);
    world.append("x.log").write_all(long.as_bytes()).unwrap();
    world.look(false);
    assert_eq!(world.lines(), [""; 0]);
    world.append("x.log").write_all(b"\nshort\n").unwrap();
    world.look(false);
    assert_eq!(world.lines(), [long.as_str(), "short"]);
}

#[test]
fn a_file_that_cannot_be_opened_is_tried_again() {
    let mut world = World::new(Start::Beginning);
    fs::create_dir(world.path("not")).unwrap();
    std::os::unix::fs::symlink(Path::new("nowhere"), world.base()).unwrap();
    world.look(true);
    assert_eq!(world.lines(), [""; 0]);
    fs::write(world.path("nowhere"), "a1\n").unwrap();
    world.look(true);
    assert_eq!(world.lines(), ["a1"]);
    // A link that is switched is another file.
    fs::write(world.path("elsewhere"), "a2\n").unwrap();
    fs::remove_file(world.base()).unwrap();
    std::os::unix::fs::symlink(Path::new("elsewhere"), world.base()).unwrap();
    world.look(false);
    assert_eq!(world.lines(), ["a1", "a2"]);
}
