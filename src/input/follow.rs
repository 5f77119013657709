//! A rotated set that is being written, followed as it grows.
//!
//! A log is known by what it says. While a file is held open nothing else can get its inode, so that a
//! renamed or removed file is known again by it; that it was not truncated meanwhile is known by the bytes at
//! its beginning and before the position. Any other file is compared with those that are known: logrotate's
//! `copytruncate` leaves a copy, and gzip another one.
//!
//! Whoever follows asks for [`News`] whenever something may have happened, reads each [`Stretch`] and says
//! [`Follow::passed`]; what was overwritten while it was read is to be thrown away, and comes again as what it
//! is now. Times and events are the caller's.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use memchr::{memchr, memrchr};

use super::bytes;
use super::rotation::{self, Age};

/// Bytes at the beginning and before the position by which a generation is known.
const KNOWN_BY: usize = 512;
/// Read at once to find the end of a line.
const BLOCK: usize = 16 << 10;
/// As much is given at once, but for a single line that is longer.
const CHUNK: u64 = 1 << 20;
/// Looks in calm after which the last line of a file that was rotated away will not be finished any more.
const UNFINISHED: u32 = 10;
/// Looks in calm after which nobody is expected to write into a file without a name.
const FORGOTTEN: u32 = 60;
/// Files of a set that are followed, the newest ones.
const FILES: usize = 64;
/// How often a folder is listed again because it changed meanwhile.
const TRIES: usize = 16;

/// Where following begins in what is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Beginning,
    End,
}

/// What has happened to a set, in the order in which it is to be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    Lines(Stretch),
    Gap(Lost),
    /// Nothing more will come of a generation.
    Closed(u32),
}

/// Whole lines that were not given yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// One life of a file, from its creation or truncation on.
    pub generation: u32,
    pub from: u64,
    pub to: u64,
    /// The last line has no end and will get none.
    pub is_cut_off: bool,
}

/// What can not be read any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    pub generation: u32,
    /// Behind this byte of it.
    pub at: u64,
    /// That are known to be lost; perhaps more are.
    pub bytes: u64,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was truncated, or overwritten.
    Truncated,
    /// It was truncated, and what had been written was copied before: what came between the two is lost.
    Copied,
    /// Files came and went while nobody looked.
    RotatedAway,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Why::Truncated => "truncated",
            Why::Copied => "truncated after it was copied",
            Why::RotatedAway => "rotated away before it was read",
        })
    }
}

/// One life of a file.
#[derive(Debug)]
struct Generation {
    id: u32,
    /// `None`: what it said is nowhere, or in `packed`.
    file: Option<File>,
    /// Device and inode of the file.
    key: Key,
    /// Where it was seen last; `None`: it has no name.
    path: Option<PathBuf>,
    /// A compressed file that says it, and how long it is decompressed.
    packed: Option<(File, u64)>,
    is_base: bool,
    position: u64,
    /// The largest size that was seen.
    seen: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// There is no line end between the position and here.
    searched: u64,
    /// Looks in calm since it grew.
    quiet: u32,
    /// Told when all before it was given.
    lost: Option<Lost>,
    is_closed: bool,
}

/// Device and inode.
type Key = (u64, u64);

fn key(metadata: &Metadata) -> Key {
    (metadata.dev(), metadata.ino())
}

/// What changes when a file is written: size and time.
type Shape = (u64, i64);

fn shape(metadata: &Metadata) -> Shape {
    let time = metadata.mtime().wrapping_mul(1_000_000_000);
    (metadata.len(), time.wrapping_add(metadata.mtime_nsec()))
}

/// Follows one rotated set.
#[derive(Debug)]
pub struct Follow {
    /// The file that is written today.
    base: PathBuf,
    /// What its name has in common with those of older files.
    stem: String,
    /// Oldest first.
    generations: Vec<Generation>,
    next: u32,
    /// Files that say nothing new as they are: copies, and what was there before. Held open, so that no other gets
    /// their inode.
    settled: HashMap<Key, (File, Shape)>,
    /// Before the first look: what to do with what is there.
    start: Option<Start>,
    /// Told at the next look, before all else.
    pending: Vec<News>,
    /// A file came, went or was renamed since the last look, as far as one hears.
    is_renamed: bool,
    /// It was found that older files are copies, made before the file was truncated.
    is_copied: bool,
    /// Why the file cannot be opened.
    failure: Option<io::Error>,
}

impl Follow {
    /// `path`: any file of the set.
    pub fn new(path: &Path, start: Start) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = rotation::stem(&name).to_owned();
        Self {
            base: path.with_file_name(&stem),
            stem,
            generations: Vec::new(),
            next: 0,
            settled: HashMap::new(),
            start: Some(start),
            pending: Vec::new(),
            is_renamed: false,
            is_copied: false,
            failure: None,
        }
    }

    /// The file that is written today.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// The folder that is to be watched.
    pub fn folder(&self) -> &Path {
        match self.base.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        }
    }

    /// Lets following go on in a file, plain or compressed, that was read up to `position` before, when it was the
    /// file `key`. Called oldest first, before the first look. Gives its generation. A file that ends before
    /// `position` is a copy that was made earlier: nothing more comes of it.
    pub fn resume(&mut self, path: &Path, position: u64, key: Option<Key>) -> io::Result<u32> {
        let mut file = bytes::opened(path)?;
        let metadata = file.metadata()?;
        let is_packed = bytes::is_packed(&mut file)?;
        let mut generation = self.generation(&metadata, path);
        if !is_packed && metadata.len() < position {
            return self.pass(generation, file, &metadata, position);
        }
        if is_packed {
            let (head, tail, length) = unpacked(&file, position)?;
            (generation.head, generation.tail) = (head, tail);
            let settled = (file.try_clone()?, shape(&metadata));
            self.settled.insert(generation.key, settled);
            generation.packed = Some((file, length));
        } else {
            generation.file = Some(file);
            if key.is_some_and(|key| key != generation.key) {
                self.is_copied = true;
                generation.is_copy_of(metadata.len());
            }
        }
        generation.position = position;
        generation.learn()?;
        let id = generation.id;
        self.generations.push(generation);
        Ok(id)
    }

    /// Older files are copies, as was found before.
    pub fn expect_copies(&mut self) {
        self.is_copied = true;
    }

    /// Takes a file for a copy that ends before what was read.
    fn pass(
        &mut self,
        mut generation: Generation,
        file: File,
        metadata: &Metadata,
        position: u64,
    ) -> io::Result<u32> {
        let id = generation.id;
        let known = usize::try_from(metadata.len()).unwrap_or(KNOWN_BY);
        generation.head = exactly(&file, 0, known.min(KNOWN_BY))?;
        generation.position = position;
        generation.is_copy_of(metadata.len());
        self.pending.extend(generation.lost.take().map(News::Gap));
        self.pending.push(News::Closed(id));
        generation.is_closed = true;
        self.is_copied = true;
        self.settled.insert(generation.key, (file, shape(metadata)));
        self.generations.push(generation);
        Ok(id)
    }

    /// Hints that a file came, went or was renamed. Without that a look each second in calm finds it.
    pub fn renamed(&mut self) {
        self.is_renamed = true;
    }

    /// What is new. `calm`: nothing hints at it, a while has passed since the last look.
    pub fn look(&mut self, calm: bool) -> Vec<News> {
        let mut news = std::mem::take(&mut self.pending);
        // What was truncated must be known before copies of it are looked for.
        let broken = self.break_off();
        let renamed = std::mem::take(&mut self.is_renamed);
        if calm || renamed || broken || self.start.is_some() || self.is_rotated() {
            self.find(&mut news);
        }
        self.measure(calm, &mut news);
        self.forget();
        news
    }

    /// Whether there is more than the last look gave.
    pub fn has_more(&self) -> bool {
        let mut all = self.generations.iter();
        all.any(|g| {
            g.size()
                .is_some_and(|size| size > g.searched.max(g.position))
        })
    }

    /// Why the file that is written today cannot be opened.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    /// A reader of a stretch.
    pub fn read(&self, stretch: &Stretch) -> io::Result<Box<dyn Read + Send>> {
        let generation = self.of(stretch.generation)?;
        let length = stretch.to - stretch.from;
        match (&generation.file, &generation.packed) {
            (Some(file), _) => {
                let at = stretch.from;
                let file = file.try_clone()?;
                Ok(Box::new(At { file, at }.take(length)))
            }
            (None, Some((file, _))) => {
                let file = At::beginning(file.try_clone()?);
                Ok(Box::new(bytes::unpack(file, stretch.from)?.take(length)))
            }
            (None, None) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// All of a stretch was read. False: it was overwritten meanwhile, and what was read counts for nothing.
    pub fn passed(&mut self, stretch: &Stretch) -> bool {
        if !self.stands(stretch) {
            return false;
        }
        let Some(generation) = self.of_mut(stretch.generation) else {
            return false;
        };
        let before = generation.position;
        generation.position = stretch.to;
        generation.searched = stretch.to;
        if generation.learn().is_ok() {
            return true;
        }
        generation.position = before;
        false
    }

    /// Whether a stretch was not overwritten since it was given.
    pub fn stands(&mut self, stretch: &Stretch) -> bool {
        let generation = self.of_mut(stretch.generation);
        generation.is_some_and(|g| g.is_intact() && g.size().is_some_and(|size| size >= stretch.to))
    }

    /// Where a generation is; as it was called last if it has no name any more.
    pub fn path(&self, generation: u32) -> Option<&Path> {
        let generation = self.of(generation).ok()?;
        generation.path.as_deref()
    }

    /// Device and inode of the file in which it was resumed, whatever that is.
    pub fn resumed_in(&self, generation: u32) -> Option<Key> {
        Some(self.of(generation).ok()?.key)
    }

    /// Device and inode of its file; `None`: it has none, or a compressed one.
    pub fn key(&self, generation: u32) -> Option<Key> {
        let generation = self.of(generation).ok()?;
        generation.file.is_some().then_some(generation.key)
    }

    /// Whether a gap behind it is still to be told.
    pub fn is_losing(&self, generation: u32) -> bool {
        let generation = self.of(generation);
        generation.is_ok_and(|generation| generation.lost.is_some())
    }

    /// Those that are younger, the oldest first.
    pub fn younger(&self, generation: u32) -> impl Iterator<Item = u32> {
        let at = self.generations.iter().position(|g| g.id == generation);
        let from = at.map_or(self.generations.len(), |at| at + 1);
        self.generations[from..].iter().map(|g| g.id)
    }

    /// Bytes that are there and were not given yet.
    pub fn behind(&self) -> u64 {
        let behind = |g: &Generation| Some(g.size()?.saturating_sub(g.position));
        self.generations.iter().filter_map(behind).sum()
    }

    fn of(&self, id: u32) -> io::Result<&Generation> {
        let found = self.generations.iter().find(|g| g.id == id);
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn of_mut(&mut self, id: u32) -> Option<&mut Generation> {
        self.generations.iter_mut().find(|g| g.id == id)
    }

    fn generation(&mut self, metadata: &Metadata, path: &Path) -> Generation {
        let id = self.next;
        self.next += 1;
        Generation {
            id,
            file: None,
            key: key(metadata),
            path: Some(path.to_owned()),
            packed: None,
            is_base: path == self.base,
            position: 0,
            seen: 0,
            head: Vec::new(),
            tail: Vec::new(),
            searched: 0,
            quiet: 0,
            lost: None,
            is_closed: false,
        }
    }

    /// Whether another file has the name of the one that is written. While none has it, one may have come and been
    /// rotated away.
    fn is_rotated(&self) -> bool {
        let held = self.generations.iter().rfind(|g| g.is_base);
        let there = fs::metadata(&self.base).ok().map(|m| key(&m));
        there.is_none() || there != held.filter(|g| g.file.is_some()).map(|g| g.key)
    }

    /// Ends generations whose file was truncated or overwritten; the file lives on as a new one.
    fn break_off(&mut self) -> bool {
        let mut any = false;
        for index in (0..self.generations.len()).rev() {
            let generation = &mut self.generations[index];
            if generation.file.is_none() || generation.is_intact() {
                continue;
            }
            any = true;
            let next = Generation {
                id: self.next,
                file: generation.file.take(),
                key: generation.key,
                path: generation.path.take(),
                packed: None,
                is_base: std::mem::take(&mut generation.is_base),
                position: 0,
                seen: 0,
                head: Vec::new(),
                tail: Vec::new(),
                searched: 0,
                quiet: 0,
                lost: None,
                is_closed: false,
            };
            self.next += 1;
            // Told when no copy is found.
            generation.lost = Some(Lost {
                generation: generation.id,
                at: generation.position,
                bytes: generation.seen - generation.position,
                why: Why::Truncated,
            });
            self.generations.insert(index + 1, next);
        }
        any
    }

    /// Finds what the files of the set are by now.
    fn find(&mut self, news: &mut Vec<News>) {
        let start = self.start.take();
        let newest = self
            .generations
            .iter()
            .rposition(|g| g.is_base && g.file.is_some());
        let newest = newest.map(|at| self.generations[at].id);
        let Some(files) = self.files() else {
            // It does not stand still: at the next look.
            self.start = start;
            return;
        };
        let is_there = |key: &Key| files.iter().any(|f| f.key == *key);
        self.settled.retain(|key, _| is_there(key));
        let oldest_known = files.iter().position(|f| self.holder(f.key).is_some());
        for generation in &mut self.generations {
            generation.path = None;
            generation.is_base = false;
            // By what it says now, a copy of it is known; an error is met again when it is read.
            let _ = generation.learn();
        }
        // What has a name is known before others are put between.
        for file in &files {
            if let Some(known) = self.holder(file.key) {
                let generation = &mut self.generations[known];
                generation.is_base = file.age == Age::Base;
                generation.path = Some(file.path.clone());
            }
        }
        let mut before = None;
        let mut any_unseen = false;
        // The file that is written is met first: what is all in it is a copy, which was just made of it.
        let is_base = |f: &Opened| f.age == Age::Base;
        let (base, rotated): (Vec<_>, Vec<_>) =
            files.into_iter().enumerate().partition(|(_, f)| is_base(f));
        for (at, file) in base.into_iter().chain(rotated) {
            if let Some(known) = self.holder(file.key) {
                before = Some(self.generations[known].id).filter(|_| !is_base(&file));
                continue;
            }
            // Of what was there before, only what is younger than what is known is news.
            let is_old = match (start, oldest_known) {
                (None, _) => false,
                (Some(_), Some(oldest)) => at < oldest,
                (Some(start), None) => start == Start::End,
            };
            let is_rotated = !is_base(&file);
            let first = self.next;
            let taken = self.take(file, before, is_old);
            any_unseen |= is_rotated && taken.is_some_and(|id| id >= first);
            before = taken.filter(|_| is_rotated).or(before);
        }
        self.tell_missed(newest, any_unseen, news);
    }

    /// The file that was written at the last look has left the set, and one is there that was rotated and never
    /// seen: those in between can have come and gone.
    fn tell_missed(&mut self, newest: Option<u32>, any_unseen: bool, news: &mut Vec<News>) {
        let left = newest
            .and_then(|id| self.of_mut(id))
            .filter(|g| g.path.is_none());
        let Some(generation) = left.filter(|g| any_unseen && g.file.is_some()) else {
            return;
        };
        let lost = Lost {
            generation: generation.id,
            at: generation.position,
            bytes: 0,
            why: Why::RotatedAway,
        };
        if generation.size() > Some(generation.position) {
            generation.lost = Some(lost);
        } else {
            news.push(News::Gap(lost));
        }
    }

    /// Takes in a file that is not held. Gives its generation, unless it says nothing of its own.
    fn take(&mut self, mut file: Opened, before: Option<u32>, is_old: bool) -> Option<u32> {
        let size = file.metadata.len();
        let settled = self.settled.get(&file.key);
        let is_wanted = self.generations.iter().any(Generation::is_nowhere);
        if !is_wanted && settled.is_some_and(|(_, before)| *before == shape(&file.metadata)) {
            return None;
        }
        if bytes::is_packed(&mut file.file).ok()? {
            return self.take_packed(file, before, is_old);
        }
        if let Some(orphan) = self
            .generations
            .iter_mut()
            .rfind(|g| g.continues_in(&file.file))
        {
            orphan.adopt(file);
            self.is_copied = true;
            return Some(orphan.id);
        }
        let is_whole = has_line(&file.file);
        let mut known = None;
        if is_whole {
            let common = |g: &Generation| g.in_common(&file.file, size);
            known = self.generations.iter().rev().find_map(common);
            known = known.map(|known| known.min(size));
        }
        if file.age != Age::Base {
            // Of a copy that somebody wrote into, only that is new.
            if known == Some(size) {
                let settled = (file.file, shape(&file.metadata));
                self.settled.insert(file.key, settled);
                return None;
            }
            // A copy that has only begun says nothing yet.
            if !is_whole {
                return None;
            }
            // What it is a copy of may have been truncated a moment ago.
            if known.is_none() && !self.generations.iter_mut().all(Generation::is_intact) {
                self.is_renamed = true;
                return None;
            }
        }
        let mut generation = self.generation(&file.metadata, &file.path);
        let known = if is_old { Some(size) } else { known };
        if let Some(known) = known {
            generation.position = last_end(&file.file, 0, known).ok()?.unwrap_or(0);
        }
        // All of the others are copies, and so is this one: what came between it and the next is lost as well.
        if self.is_copied && file.age != Age::Base && known.is_none() {
            generation.is_copy_of(size);
        }
        generation.file = Some(file.file);
        generation.learn().ok()?;
        Some(self.insert(generation, before))
    }

    fn take_packed(&mut self, file: Opened, before: Option<u32>, is_old: bool) -> Option<u32> {
        // It is still being written, or damaged: then it is looked at again when it has grown.
        let (head, _, length) = unpacked(&file.file, 0).ok()?;
        let settled = (file.file.try_clone().ok()?, shape(&file.metadata));
        self.settled.insert(file.key, settled);
        let alike = |g: &&mut Generation| !g.head.is_empty() && head.starts_with(&g.head);
        if let Some(known) = self.generations.iter_mut().rfind(alike) {
            let is_nowhere = known.is_nowhere();
            let goes_on = |known: &Generation| {
                unpacked(&file.file, known.position).is_ok_and(|(_, tail, _)| tail == known.tail)
            };
            if is_nowhere && goes_on(known) {
                known.is_copy_of(length);
                known.key = file.key;
                known.path = Some(file.path);
                known.packed = Some((file.file, length));
                self.is_copied = true;
                return Some(known.id);
            }
            return None;
        }
        if is_old {
            return None;
        }
        let mut generation = self.generation(&file.metadata, &file.path);
        generation.head = head;
        generation.packed = Some((file.file, length));
        Some(self.insert(generation, before))
    }

    fn insert(&mut self, generation: Generation, before: Option<u32>) -> u32 {
        let id = generation.id;
        if generation.is_base {
            self.generations.push(generation);
            return id;
        }
        let all = &self.generations;
        let before = before.and_then(|id| all.iter().position(|g| g.id == id));
        // What has no name any more had it before this one.
        let named = |g: &Generation| g.path.is_some();
        let from = before.map_or(0, |at| at + 1);
        let at = all[from..]
            .iter()
            .position(named)
            .map_or(all.len(), |more| from + more);
        self.generations.insert(at, generation);
        id
    }

    /// The generation whose file this is.
    fn holder(&self, key: Key) -> Option<usize> {
        let is_held = |g: &Generation| g.key == key && (g.file.is_some() || g.packed.is_some());
        self.generations.iter().rposition(is_held)
    }

    /// The files of the set, opened, oldest first. `None`: they were renamed again and again meanwhile.
    fn files(&mut self) -> Option<Vec<Opened>> {
        for _ in 0..TRIES {
            let mut files = Vec::new();
            let listed = self.listed();
            let mut is_whole = true;
            for (age, path, key_then) in &listed {
                match open(path) {
                    Ok((file, metadata)) => {
                        is_whole &= key(&metadata) == *key_then;
                        files.push(Opened {
                            age: *age,
                            path: path.clone(),
                            key: key(&metadata),
                            file,
                            metadata,
                        });
                    }
                    Err(error) if error.kind() == io::ErrorKind::NotFound => is_whole = false,
                    Err(error) if *age == Age::Base => self.failure = Some(error),
                    Err(_) => {}
                }
            }
            if files.iter().any(|f| f.age == Age::Base) {
                self.failure = None;
            }
            if is_whole && self.listed() == listed {
                return Some(files);
            }
        }
        None
    }

    /// The names of the set, oldest first, and what they stand for.
    fn listed(&self) -> Vec<(Age, PathBuf, Key)> {
        let Ok(entries) = fs::read_dir(self.folder()) else {
            return Vec::new();
        };
        let names = entries.filter_map(|e| Some(e.ok()?.file_name()));
        let member = |name: OsString| {
            let age = rotation::age(&name.to_string_lossy(), &self.stem)?;
            let path = self.base.with_file_name(name);
            let metadata = fs::metadata(&path).ok().filter(Metadata::is_file)?;
            Some((age, path, key(&metadata)))
        };
        let mut listed: Vec<_> = names.filter_map(member).collect();
        listed.sort();
        // A hard link is no other file.
        let mut known = std::collections::HashSet::new();
        listed.reverse();
        listed.retain(|(_, _, key)| known.insert(*key));
        listed.truncate(FILES);
        listed.reverse();
        listed
    }

    /// Says what can be read. Who writes goes from an older file to a newer one, so that the newer are measured
    /// first and read last.
    fn measure(&mut self, calm: bool, news: &mut Vec<News>) {
        let ends: Vec<_> = self
            .generations
            .iter_mut()
            .rev()
            .map(|g| g.end(calm))
            .collect();
        let mut given = 0;
        for (generation, end) in self.generations.iter_mut().zip(ends.into_iter().rev()) {
            if generation.is_closed {
                continue;
            }
            // Little at a time, so that whoever is stopped again and again comes forward all the same.
            if given >= CHUNK {
                return;
            }
            let is_read = end.is_none();
            if let Some(end) = end {
                given += end.to - generation.position;
                news.push(News::Lines(Stretch {
                    generation: generation.id,
                    from: generation.position,
                    to: end.to,
                    is_cut_off: end.is_cut_off,
                }));
                if end.is_more {
                    return;
                }
            }
            news.extend(generation.lost.take().map(News::Gap));
            let is_nowhere = generation.file.is_none() && generation.packed.is_none();
            let is_left = generation.path.is_none() && generation.quiet >= FORGOTTEN;
            if is_nowhere || (is_read && (is_left || generation.packed.is_some())) {
                generation.close();
                news.push(News::Closed(generation.id));
            }
        }
    }

    /// What is closed is remembered for copies of it that are still to come, but not for ever.
    fn forget(&mut self) {
        let closed = self.generations.iter().filter(|g| g.is_closed).count();
        let mut surplus = closed.saturating_sub(FILES);
        self.generations.retain(|g| {
            let goes = g.is_closed && surplus > 0;
            surplus -= usize::from(goes);
            !goes
        });
    }
}

/// A file of the set that was just opened.
struct Opened {
    age: Age,
    path: PathBuf,
    key: Key,
    file: File,
    metadata: Metadata,
}

/// Up to where a generation can be read.
struct End {
    to: u64,
    is_cut_off: bool,
    is_more: bool,
}

impl Generation {
    fn size(&self) -> Option<u64> {
        match (&self.file, &self.packed) {
            (Some(file), _) => Some(file.metadata().ok()?.len()),
            (None, Some((_, length))) => Some(*length),
            (None, None) => None,
        }
    }

    /// Whether what was given still stands there.
    fn is_intact(&mut self) -> bool {
        let Some(file) = &self.file else {
            return true;
        };
        let Ok(size) = file.metadata().map(|m| m.len()) else {
            return false;
        };
        // Not a byte of it was given yet, so that all that is gone is the beginning of a line.
        let is_shorter = size < self.position || (self.position == 0 && size < self.seen);
        if is_shorter || !says(file, 0, &self.head) || !says(file, self.tail_at(), &self.tail) {
            return false;
        }
        self.seen = self.seen.max(size);
        true
    }

    fn tail_at(&self) -> u64 {
        self.position - self.tail.len() as u64
    }

    /// Remembers by what it is known.
    fn learn(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let known = |bytes: u64| usize::try_from(bytes).unwrap_or(KNOWN_BY).min(KNOWN_BY);
        let (size, length) = (file.metadata()?.len(), known(self.position));
        if self.head.len() < known(size) {
            self.head = exactly(file, 0, known(size))?;
        }
        self.tail = exactly(file, self.position - length as u64, length)?;
        self.seen = self.seen.max(size);
        Ok(())
    }

    /// Whether what it said has to be looked for.
    fn is_nowhere(&self) -> bool {
        self.file.is_none() && self.packed.is_none() && !self.is_closed
    }

    /// Whether a file goes on where this one, which is nowhere any more, was left.
    fn continues_in(&self, file: &File) -> bool {
        self.is_nowhere()
            && !self.head.is_empty()
            && says(file, 0, &self.head)
            && says(file, self.tail_at(), &self.tail)
    }

    /// How many bytes of a file with `size` of them this one says as well, where one of them begins as the other.
    fn in_common(&self, file: &File, size: u64) -> Option<u64> {
        let Some(own) = &self.file else {
            let is_alike = !self.head.is_empty() && says(file, 0, &self.head);
            let is_whole = says(file, self.tail_at(), &self.tail);
            return is_alike.then_some(if is_whole { self.position } else { size });
        };
        let common = own.metadata().ok()?.len().min(size);
        let known = usize::try_from(common).unwrap_or(KNOWN_BY).min(KNOWN_BY);
        let same = |at| exactly(own, at, known).is_ok_and(|bytes| says(file, at, &bytes));
        (known > 0 && same(0) && same(common - known as u64)).then_some(common)
    }

    /// Goes on in a copy of what was truncated.
    fn adopt(&mut self, file: Opened) {
        self.is_copy_of(file.metadata.len());
        self.key = file.key;
        self.file = Some(file.file);
        self.path = Some(file.path);
        self.quiet = 0;
        self.searched = self.position;
    }

    /// It is in a file of `size` bytes that was made before it was truncated.
    fn is_copy_of(&mut self, size: u64) {
        self.lost = Some(Lost {
            generation: self.id,
            at: size.max(self.position),
            bytes: self.seen.saturating_sub(size),
            why: Why::Copied,
        });
        // That the copy is shorter is no truncation of it.
        self.seen = size;
    }

    fn close(&mut self) {
        self.is_closed = true;
        self.file = None;
        self.packed = None;
    }

    /// Up to where whole lines stand that were not given yet.
    fn end(&mut self, calm: bool) -> Option<End> {
        let size = self.size()?;
        if (self.head.len() as u64) < size.min(KNOWN_BY as u64) {
            self.learn().ok()?;
        }
        self.seen = self.seen.max(size);
        self.quiet = match (size > self.searched.max(self.position), calm) {
            (true, _) => 0,
            (false, true) => self.quiet.saturating_add(1),
            (false, false) => self.quiet,
        };
        let whole = |to, is_more| End {
            to,
            is_cut_off: false,
            is_more,
        };
        if self.packed.is_some() && self.file.is_none() {
            return (size > self.position).then(|| whole(size, false));
        }
        // An error is met again at the next look.
        if let Some(to) = self.last_line(size).ok()? {
            return Some(whole(to, to < size && size - self.position > CHUNK));
        }
        let is_over = !self.is_base && self.quiet >= UNFINISHED;
        (is_over && size > self.position).then(|| End {
            is_cut_off: true,
            ..whole(size, false)
        })
    }

    /// Behind the last line end that is not too far away, else behind the first.
    fn last_line(&mut self, size: u64) -> io::Result<Option<u64>> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let from = self.searched.max(self.position);
        let near = from.max(size.min(self.position + CHUNK));
        if let Some(end) = last_end(file, from, near)? {
            return Ok(Some(end));
        }
        if let Some(end) = first_end(file, near, size)? {
            return Ok(Some(end));
        }
        self.searched = size.max(from);
        Ok(None)
    }
}

/// Reads a file from a byte on, wherever others read it.
struct At {
    file: File,
    at: u64,
}

impl At {
    fn beginning(file: File) -> Self {
        Self { file, at: 0 }
    }
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = bytes::opened(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

fn exactly(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

/// Whether these bytes stand there.
fn says(file: &File, at: u64, expected: &[u8]) -> bool {
    exactly(file, at, expected.len()).is_ok_and(|bytes| bytes == expected)
}

/// Behind the last line end between two bytes.
fn last_end(file: &File, from: u64, mut to: u64) -> io::Result<Option<u64>> {
    let mut block = [0; BLOCK];
    while to > from {
        let at = to.saturating_sub(BLOCK as u64).max(from);
        let block = &mut block[..usize::try_from(to - at).unwrap_or(BLOCK)];
        file.read_exact_at(block, at)?;
        if let Some(newline) = memrchr(b'\n', block) {
            return Ok(Some(at + newline as u64 + 1));
        }
        to = at;
    }
    Ok(None)
}

/// Behind the first one.
fn first_end(file: &File, mut from: u64, to: u64) -> io::Result<Option<u64>> {
    let mut block = [0; BLOCK];
    while from < to {
        let length = usize::try_from(to - from).unwrap_or(BLOCK).min(BLOCK);
        let block = &mut block[..length];
        file.read_exact_at(block, from)?;
        if let Some(newline) = memchr(b'\n', block) {
            return Ok(Some(from + newline as u64 + 1));
        }
        from += length as u64;
    }
    Ok(None)
}

/// Whether the first line has an end, as far as one looks for it.
fn has_line(file: &File) -> bool {
    let mut block = vec![0; 64 << 10];
    let read = file.read_at(&mut block, 0).unwrap_or(0);
    read == block.len() || memchr(b'\n', &block[..read]).is_some()
}

/// By what a compressed file is known at a position, and how long it is decompressed. An error where it is not
/// whole.
fn unpacked(file: &File, position: u64) -> io::Result<(Vec<u8>, Vec<u8>, u64)> {
    let whole = || Ok::<_, io::Error>(At::beginning(file.try_clone()?));
    let mut reader = bytes::unpack(whole()?, 0)?;
    let known = position.min(KNOWN_BY as u64);
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(KNOWN_BY as u64)
        .read_to_end(&mut head)?;
    let mut reader = bytes::unpack(whole()?, position - known)?;
    let mut tail = Vec::new();
    reader.by_ref().take(known).read_to_end(&mut tail)?;
    let rest = io::copy(&mut reader, &mut io::sink())?;
    let length = position - known + tail.len() as u64 + rest;
    Ok((head, tail, length))
}
