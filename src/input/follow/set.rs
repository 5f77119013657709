//! The files of a set, by all their names, and what each of them is.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::PathBuf;

use super::super::bytes;
use super::super::rotation::{self, Age};
use super::file::{Key, has_line, key, last_end, open, shape, unpacked};
use super::generation::Generation;
use super::news::{Lost, News, Start, Why};
use super::{FILES, FORGOTTEN, Follow};

/// How often a folder is listed again because it changed meanwhile.
const TRIES: usize = 16;

/// A file of the set that was just opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) age: Age,
    pub(super) path: PathBuf,
    pub(super) key: Key,
    pub(super) file: File,
    pub(super) metadata: Metadata,
    /// It has left the set since.
    is_left: bool,
}

impl Opened {
    /// Whether there is enough of it to say whether it is a copy. One that is still being made can have left nothing
    /// but its beginning; outside of the set none is made.
    fn says_something(&self) -> bool {
        let is_begun = self.is_left && self.metadata.len() > 0;
        is_begun || has_line(&self.file, self.metadata.len())
    }
}

/// A file of which it cannot be said yet whether it is a copy.
#[derive(Debug)]
pub(super) struct Begun {
    opened: Opened,
    /// Looks in calm since it left the set.
    quiet: u32,
}

impl Follow {
    /// Finds what the files of the set are by now.
    pub(super) fn find(&mut self, calm: bool, news: &mut Vec<News>) {
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
        let left = self.begun.extract_if(|key, _| !is_there(key)).collect();
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
        // What it says is known before a compressed copy of it is met.
        self.take_left(left, calm);
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

    /// Takes in what had only begun when it left the set, once it says something.
    fn take_left(&mut self, left: Vec<(Key, Begun)>, calm: bool) {
        for (key, Begun { mut opened, quiet }) in left {
            let quiet = quiet + u32::from(calm);
            let metadata = opened.file.metadata();
            let Some(metadata) = metadata.ok().filter(|_| quiet < FORGOTTEN) else {
                continue;
            };
            opened.metadata = metadata;
            opened.is_left = true;
            if let Some(taken) = self.take(opened, None, false) {
                if let Some(generation) = self.of_mut(taken) {
                    generation.path = None;
                }
            } else if let Some(begun) = self.begun.get_mut(&key) {
                begun.quiet = quiet;
            }
        }
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
        self.begun.remove(&file.key);
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
        let is_whole = file.says_something();
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
            // What it is a copy of may have been truncated a moment ago.
            let is_torn = is_whole
                && known.is_none()
                && !self.generations.iter_mut().all(Generation::is_intact);
            self.is_renamed |= is_torn;
            // Nor does a copy say anything that has only begun.
            if is_torn || !is_whole {
                let begun = Begun {
                    opened: file,
                    quiet: 0,
                };
                self.begun.insert(begun.opened.key, begun);
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
                            is_left: false,
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
        let mut known = HashSet::new();
        listed.reverse();
        listed.retain(|(_, _, key)| known.insert(*key));
        listed.truncate(FILES);
        listed.reverse();
        listed
    }
}
