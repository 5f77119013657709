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

mod file;
mod generation;
mod news;
mod set;

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use self::file::{At, Key, Shape, exactly, key, shape, unpacked};
use self::generation::Generation;
pub use self::news::{Lost, News, Start, Stretch, Why};
use self::set::Begun;
use super::{bytes, rotation};

/// Bytes at the beginning and before the position by which a generation is known.
const KNOWN_BY: usize = 512;
/// As much is given at once, but for a single line that is longer.
const CHUNK: u64 = 1 << 20;
/// Looks in calm after which nobody is expected to write into a file without a name.
const FORGOTTEN: u32 = 60;
/// Files of a set that are followed, the newest ones.
const FILES: usize = 64;

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
    /// Files that were rotated and say nothing yet, as no line of them is whole. Held open as well.
    begun: HashMap<Key, Begun>,
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
            begun: HashMap::new(),
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
            self.find(calm, &mut news);
        }
        self.measure(calm, &mut news);
        self.forget();
        news
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

    /// Whether a generation is the file that is written today.
    pub fn is_written(&self, generation: u32) -> bool {
        self.of(generation).is_ok_and(|g| g.is_base)
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
        self.next += 1;
        Generation {
            id: self.next - 1,
            key: key(metadata),
            path: Some(path.to_owned()),
            is_base: path == self.base,
            ..Generation::default()
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
                is_base: std::mem::take(&mut generation.is_base),
                ..Generation::default()
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
            let is_left = generation.path.is_none() && generation.quiet >= FORGOTTEN;
            if generation.is_nowhere() || (is_read && (is_left || generation.packed.is_some())) {
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
