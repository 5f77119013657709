//! A pipe whose lines are followed. What comes through it comes once, so it is held until it is committed.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use memchr::memrchr;

use super::Options;
use super::bytes::Bytes;
use super::follow::{News, Stretch};
use super::mask::Masks;
use super::sample::{self, Content};
use super::search::shown;

/// As many bytes are held; who writes more has to wait.
const MOST: usize = 8 << 20;
/// Read at once, and given at once.
const READ: usize = 64 << 10;
const CHUNK: usize = 1 << 20;
/// By so much that is no known log one knows that it is none.
const ENOUGH: usize = 256 << 10;

/// One end of it; the other is read by a thread of its own.
#[derive(Clone)]
pub struct Pipe {
    pub name: Box<str>,
    held: Arc<(Mutex<Held>, Condvar)>,
}

#[derive(Default)]
struct Held {
    /// From byte `from` of the pipe on.
    bytes: Vec<u8>,
    from: u64,
    /// Nothing more comes.
    is_over: bool,
    /// It ended in an error.
    failure: Option<String>,
    /// The part that it is in the index.
    part: Option<i64>,
}

/// What comes through a pipe.
pub(super) enum Comes {
    Nothing,
    Log(Content),
}

impl Pipe {
    /// `path`: a named pipe, or `-`. `wake` is called when more has come, from a thread of its own.
    pub fn open(path: &Path, masks: &Masks, wake: impl Fn() + Send + 'static) -> Self {
        let pipe = Self {
            name: shown(path),
            held: Arc::default(),
        };
        let (writer, masks, path) = (pipe.clone(), masks.clone(), path.to_owned());
        thread::spawn(move || {
            let failure = writer.fill(&path, &masks, &wake).err();
            let mut held = writer.held();
            held.is_over = true;
            held.failure = failure.map(|error| error.to_string());
            drop(held);
            wake();
        });
        pipe
    }

    fn fill(&self, path: &Path, masks: &Masks, wake: &impl Fn()) -> io::Result<()> {
        if path == Path::new("-") {
            return self.drain(masks.over(Box::new(io::stdin())), wake);
        }
        loop {
            self.drain(masks.over(Box::new(File::open(path)?)), wake)?;
            // One with a name can be opened by the next who writes.
            if fs::canonicalize(path).is_err() {
                return Ok(());
            }
        }
    }

    fn drain(&self, mut reader: impl Read, wake: &impl Fn()) -> io::Result<()> {
        let mut block = vec![0; READ];
        loop {
            let read = match reader.read(&mut block) {
                Ok(0) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            let room = &self.held.1;
            let mut held = room
                .wait_while(self.held(), |held| held.bytes.len() >= MOST)
                .unwrap_or_else(PoisonError::into_inner);
            held.bytes.extend_from_slice(&block[..read]);
            drop(held);
            wake();
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        let held = self.held.0.lock();
        held.unwrap_or_else(PoisonError::into_inner)
    }

    /// What the lines are that have come; an error where they are of no known log.
    pub(super) fn content(&self, options: &Options<'_>) -> Result<Comes, String> {
        let held = self.held();
        let is_all = held.is_over || held.bytes.len() >= ENOUGH;
        let lines = match memrchr(b'\n', &held.bytes) {
            Some(end) => held.bytes[..=end].to_vec(),
            None if is_all => held.bytes.clone(),
            None => return Ok(Comes::Nothing),
        };
        drop(held);
        let bytes = Bytes::stream(Box::new(Cursor::new(lines)), &Masks::default());
        let mut bytes = bytes.map_err(|error| error.to_string())?;
        match sample::content(&mut bytes, options, true) {
            Ok(content @ Content::Of(..)) => Ok(Comes::Log(content)),
            _ if !is_all => Ok(Comes::Nothing),
            Ok(Content::Unknown(why)) => Err(why),
            Ok(_) => Err("nothing came".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The part that it is in the index, where it was met before.
    pub fn part(&self) -> Option<i64> {
        self.held().part
    }

    /// Why nothing more comes, where that is an error.
    pub(super) fn failure(&self) -> Option<String> {
        self.held().failure.clone()
    }

    pub fn is_part(&self, part: i64) {
        self.held().part = Some(part);
    }

    /// All before this byte is committed.
    pub fn release(&self, until: u64) {
        let mut held = self.held();
        let bytes = usize::try_from(until.saturating_sub(held.from)).unwrap_or(usize::MAX);
        let bytes = bytes.min(held.bytes.len());
        held.bytes.drain(..bytes);
        held.from += bytes as u64;
        self.held.1.notify_all();
    }
}

/// A pipe, and how far it was given.
pub(super) struct Piped {
    pub(super) pipe: Pipe,
    position: u64,
    is_closed: bool,
}

impl Piped {
    pub(super) fn new(pipe: Pipe) -> Self {
        let position = pipe.held().from;
        Self {
            pipe,
            position,
            is_closed: false,
        }
    }

    /// Goes on behind this byte; what comes before it is known.
    pub(super) fn resume(&mut self, position: u64) {
        self.position = position;
    }

    /// What is new, as [`super::Follow::look`] says it.
    pub(super) fn look(&mut self) -> Vec<News> {
        let held = self.pipe.held();
        let end = held.from + held.bytes.len() as u64;
        let from = self.position.clamp(held.from, end);
        let at = usize::try_from(from - held.from).unwrap_or(usize::MAX);
        let new = &held.bytes[at..];
        let near = &new[..new.len().min(CHUNK)];
        let lines = memrchr(b'\n', near).or_else(|| memrchr(b'\n', new));
        // A line that is longer than all that can be held is cut.
        let is_cut_off = lines.is_none() && (held.is_over || held.bytes.len() >= MOST);
        let length = match lines {
            Some(newline) => newline + 1,
            None if is_cut_off => new.len(),
            None => 0,
        };
        if from >= self.position && length > 0 {
            return vec![News::Lines(Stretch {
                generation: 0,
                from,
                to: from + length as u64,
                is_cut_off,
            })];
        }
        if from < self.position {
            drop(held);
            self.pipe.release(from);
            return Vec::new();
        }
        if held.is_over && !self.is_closed {
            self.is_closed = true;
            return vec![News::Closed(0)];
        }
        Vec::new()
    }

    /// The bytes of a stretch, as far as they are held.
    pub(super) fn read(&self, stretch: &Stretch) -> Box<dyn Read + Send> {
        let held = self.pipe.held();
        let at = |byte: u64| {
            let at = usize::try_from(byte.saturating_sub(held.from)).unwrap_or(usize::MAX);
            at.min(held.bytes.len())
        };
        let bytes = held.bytes[at(stretch.from)..at(stretch.to)].to_vec();
        Box::new(Cursor::new(bytes))
    }

    pub(super) fn passed(&mut self, stretch: &Stretch) -> bool {
        self.position = stretch.to;
        true
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    fn stretch(news: &[News]) -> Option<Stretch> {
        news.iter().find_map(|news| match news {
            News::Lines(stretch) => Some(*stretch),
            _ => None,
        })
    }

    // Each whole line once, the last without an end too, and after what was not committed once more.
    #[test]
    fn what_comes_is_held_until_it_is_committed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipe");
        fs::write(&file, "one\ntwo\nthr").unwrap();
        let (wake, woken) = channel();
        let pipe = Pipe {
            name: "-".into(),
            held: Arc::default(),
        };
        let wake = move || wake.send(()).unwrap();
        pipe.drain(File::open(&file).unwrap(), &wake).unwrap();
        woken.recv_timeout(Duration::from_secs(9)).unwrap();
        let mut piped = Piped::new(pipe.clone());
        let text = |piped: &mut Piped| {
            let stretch = stretch(&piped.look())?;
            let mut text = String::new();
            let mut reader = piped.read(&stretch);
            reader.read_to_string(&mut text).unwrap();
            assert!(piped.passed(&stretch));
            Some(text)
        };
        assert_eq!(text(&mut piped).unwrap(), "one\ntwo\n");
        assert_eq!(text(&mut piped), None);
        pipe.release(4);
        let mut again = Piped::new(pipe.clone());
        assert_eq!(text(&mut again).unwrap(), "two\n");
        pipe.held().is_over = true;
        assert_eq!(text(&mut again).unwrap(), "thr");
        assert_eq!(again.look(), [News::Closed(0)]);
        assert_eq!(again.look(), []);
    }
}
