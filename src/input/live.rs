//! An input whose files are followed: what is new in them, as records.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::memchr_iter;

use super::error::Error;
use super::flow::Flow;
use super::follow::{Follow, News, Start, Stretch};
use super::identity;
use super::mask::Masks;
use super::pipe::{Comes, Pipe, Piped};
use super::records;
use super::sample::Content;
use super::search::shown;
use super::wrapper::Wrapper;
use super::{Input, Options, rotation};
use crate::event::Record;
use crate::format::Format;
use crate::summary::{Position, Tally};
use crate::zone::Zone;

/// Where a first look at a log begins, so far before its end: what is needed to know the clocks, and the clients.
const LEARNED_FROM: u64 = 4 << 20;

pub struct Live {
    /// The file that is written today, as the user gave it.
    pub name: String,
    pub path: PathBuf,
    pub format: &'static dyn Format,
    /// The zone that was given for times that name none.
    pub zone: Option<Zone>,
    wrapper: Option<Wrapper>,
    masks: Masks,
    flow: Flow,
}

/// By what a part is known; see [`crate::event::Part`].
pub struct Born {
    pub name: Box<str>,
    pub identity: [u8; 32],
    /// As it stands before the stretch that was met first.
    pub tally: Tally,
}

impl Live {
    /// Goes on where the input was told to resume, and with what came after. Of an input that was told
    /// nothing: at `start`. `seen`: device and inode of the file in which each part was that is resumed. Gives the
    /// generation of each part that is resumed. `None`: it is a stream, or its files were renamed or truncated since
    /// they were found.
    pub fn new(
        input: &mut Input,
        start: Start,
        seen: &[Option<(u64, u64)>],
    ) -> Option<(Self, Vec<(u32, Tally)>)> {
        let (path, _) = input.parts.last()?.bytes.place()?;
        let mut follow = Follow::new(path, start);
        let mut resumed = Vec::new();
        for part in &input.parts {
            let Some(tally) = &part.read else { continue };
            let (path, key) = part.bytes.place()?;
            let seen = seen.get(resumed.len()).copied().flatten();
            let generation = follow.resume(path, tally.position.offset, seen).ok()?;
            if follow.resumed_in(generation) != Some(key) {
                return None;
            }
            resumed.push((generation, tally.clone()));
        }
        // From here on they are held, and what happens to them is noticed.
        if !input.is_still() {
            return None;
        }
        let newest = input.parts.last()?;
        let live = Self {
            name: shown(follow.base()).into(),
            path: follow.base().to_owned(),
            format: input.format,
            zone: input.zone,
            wrapper: newest.wrapper.clone(),
            masks: newest.bytes.masks(),
            flow: Flow::Files(follow),
        };
        Some((live, resumed))
    }

    /// A pipe, as soon as it shows what comes through it. An error where that is no known log.
    pub fn of_pipe(pipe: &Pipe, options: &Options<'_>) -> Result<Option<Self>, String> {
        let Comes::Log(Content::Of(format, wrapper)) = pipe.content(options)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            name: pipe.name.to_string(),
            path: PathBuf::from(&*pipe.name),
            format,
            zone: options.zone,
            wrapper,
            // They are covered as they come.
            masks: Masks::default(),
            flow: Flow::Pipe(Piped::new(pipe.clone())),
        }))
    }

    /// The pipe that it is; `None`: it is files.
    pub fn pipe(&self) -> Option<&Pipe> {
        self.flow.pipe().map(|piped| &piped.pipe)
    }

    /// Goes on behind this byte of a pipe; what comes before it is known.
    pub fn resume_pipe(&mut self, position: u64) {
        if let Flow::Pipe(pipe) = &mut self.flow {
            pipe.resume(position);
        }
    }

    /// Older files are copies, as was found before.
    pub fn expect_copies(&mut self) {
        if let Flow::Files(files) = &mut self.flow {
            files.expect_copies();
        }
    }

    /// Whether nothing more can come.
    pub fn is_over(&self) -> bool {
        self.flow.pipe().is_some_and(Piped::is_closed)
    }

    pub fn renamed(&mut self) {
        if let Flow::Files(files) = &mut self.flow {
            files.renamed();
        }
    }

    pub fn look(&mut self, calm: bool) -> Vec<News> {
        self.flow.look(calm)
    }

    /// The records of a stretch of the part that was read as `tally` says, and what that says behind it. `None`:
    /// the stretch was overwritten while it was read.
    pub fn records(
        &mut self,
        stretch: &Stretch,
        tally: Tally,
    ) -> Result<Option<(Vec<Record>, Tally)>, Error> {
        // A record that had no end is read again.
        let from = tally.position.offset;
        let reader = self.flow.read(&Stretch { from, ..*stretch })?;
        let reader = self.masks.over(reader);
        let read = records::go_on(self.format, reader, self.wrapper.clone(), tally)?;
        Ok(self.flow.passed(stretch).then_some(read))
    }

    /// What a generation is that was not met before. `None`: it was overwritten, and what stands there is another; or it
    /// is still written and says nothing yet by which it would be known again, as where a line was cut by truncating.
    pub fn born(&mut self, stretch: &Stretch) -> io::Result<Option<Born>> {
        let name = self.called(stretch.generation);
        let whole = self.flow.before(&Stretch {
            from: stretch.to,
            ..*stretch
        })?;
        let mut tally = Tally {
            format: self.format.name(),
            ..Tally::default()
        };
        tally.position = Position {
            lines: lines(self.flow.before(stretch)?)?,
            offset: stretch.from,
            ..Position::default()
        };
        tally.lines = tally.position.lines;
        tally.ignored = tally.lines;
        let whole = self.masks.over(whole);
        let identity = identity::first_of(whole, self.format, self.wrapper.clone());
        let files = self.flow.files();
        if identity.is_none() && files.is_some_and(|f| f.is_written(stretch.generation)) {
            return Ok(None);
        }
        let identity = identity.unwrap_or_else(|| identity::of_name(&name));
        Ok(self.flow.stands(stretch).then_some(Born {
            name,
            identity,
            tally,
        }))
    }

    /// Device and inode of its file; `None`: it has none, or a compressed one.
    pub fn key(&self, generation: u32) -> Option<(u64, u64)> {
        self.flow.files()?.key(generation)
    }

    /// Whether a gap behind it is still to be told.
    pub fn is_losing(&self, generation: u32) -> bool {
        let files = self.flow.files();
        files.is_some_and(|files| files.is_losing(generation))
    }

    /// The file's name by now, or its last one.
    pub fn called(&self, generation: u32) -> Box<str> {
        let path = self.flow.path(generation);
        path.map_or_else(|| self.name.as_str().into(), shown)
    }

    /// Those behind it, the oldest first.
    pub fn younger(&self, generation: u32) -> impl Iterator<Item = u32> {
        let files = self.flow.files().into_iter();
        files.flat_map(move |files| files.younger(generation))
    }

    /// Bytes that are there and were not given yet.
    pub fn behind(&self) -> u64 {
        self.flow.files().map_or(0, Follow::behind)
    }

    /// The folder that is to be watched; none of a pipe.
    pub fn folder(&self) -> Option<&Path> {
        self.flow.files().map(Follow::folder)
    }

    /// Why it cannot be read.
    pub fn failure(&self) -> Option<String> {
        self.flow.failure()
    }
}

impl Input {
    /// The file of it that is written today. `None`: it is a stream.
    pub fn base(&self) -> Option<PathBuf> {
        let (path, _) = self.parts.last()?.bytes.place()?;
        Some(Follow::new(path, Start::End).base().to_owned())
    }

    /// Leaves out all but the end of the newest part: as much as is needed to go on from there.
    pub fn begin_near_end(&mut self) -> io::Result<()> {
        let Some(mut part) = self.parts.pop() else {
            return Ok(());
        };
        self.parts.clear();
        let from = part.bytes.size().saturating_sub(LEARNED_FROM);
        let mut position = Position::default();
        if from > 0 {
            let whole = part.bytes.peek().map_err(io::Error::other)?;
            (position.lines, position.offset) = whole_lines(whole.take(from))?;
        }
        part.read = Some(Tally {
            lines: position.lines,
            ignored: position.lines,
            position,
            ..part.blank(self.format)
        });
        self.parts.push(part);
        Ok(())
    }

    /// Whether its files have the names by which they were found, and begin as they did.
    pub fn is_still(&mut self) -> bool {
        let format = self.format;
        self.parts.iter_mut().all(|part| {
            let wrapper = part.wrapper.clone();
            part.bytes.is_still()
                && identity::first(&mut part.bytes, format, wrapper, &part.name) == part.beginning
        })
    }

    /// Takes in the parts of an input that is of the same set, and younger. Gives back one of another set.
    pub fn absorb(&mut self, younger: Input) -> Option<Input> {
        let set = |input: &Input| {
            let (path, _) = input.parts.last()?.bytes.place()?;
            Some(rotation::Rank::of(path).set())
        };
        let is_same = self.format.name() == younger.format.name() && set(self) == set(&younger);
        if !is_same || set(self).is_none() {
            return Some(younger);
        }
        self.name = younger.name;
        self.parts.extend(younger.parts);
        None
    }
}

/// Whether it can be read only once.
pub fn is_stream(log: &Path) -> bool {
    let kind = std::fs::metadata(log).map(|m| m.file_type());
    log == Path::new("-") || kind.is_ok_and(|kind| !kind.is_file() && !kind.is_dir())
}

/// The files of the set that a file belongs to, itself among them.
pub fn set_of(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path.file_name() else {
        return vec![path.to_owned()];
    };
    let stem = rotation::stem(&name.to_string_lossy()).to_owned();
    let folder = path.parent().filter(|f| *f != Path::new(""));
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new(".")));
    let names = entries
        .into_iter()
        .flatten()
        .filter_map(|e| Some(e.ok()?.file_name()));
    let is_of = |name: &std::ffi::OsString| rotation::age(&name.to_string_lossy(), &stem).is_some();
    let mut paths: Vec<PathBuf> = names
        .filter(is_of)
        .map(|n| path.with_file_name(n))
        .collect();
    paths.sort();
    paths
}

fn lines(reader: impl Read) -> io::Result<u64> {
    whole_lines(reader).map(|(lines, _)| lines)
}

/// How many there are, and how many bytes they have.
fn whole_lines(mut reader: impl Read) -> io::Result<(u64, u64)> {
    let mut block = vec![0; 256 << 10];
    let (mut lines, mut end, mut at) = (0, 0, 0);
    loop {
        let read = reader.read(&mut block)?;
        if read == 0 {
            return Ok((lines, end));
        }
        for newline in memchr_iter(b'\n', &block[..read]) {
            lines += 1;
            end = at + newline as u64 + 1;
        }
        at += read as u64;
    }
}
