//! The findings as they are by now: correlators that take in what is read, and made anew beside it from time to time.
//!
//! Making them anew reads the whole index, which takes as long as there is much in it. It has a thread and a view of the
//! index of its own, and what it finds is stored and told little by little between two looks at the logs. Then it takes
//! in what was read meanwhile, and stands in for the correlators that were there before.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::super::index::{Stop, anew, finish};
use super::super::replay::{Fell, News, Replay, Whole};
use super::intake::Intake;
use super::said::Said;
use super::voices::Voices;
use super::{LATENESS, LOOK, Wake};
use crate::alert::Rule;
use crate::event::Part;
use crate::finding::Finding;
use crate::index::{Error, Explanation, Reader, Writer};
use crate::rollup::Block;

/// Findings are made anew so often where the logs are never calm, and it may take one part in so many of the time.
const EVERY: Duration = Duration::from_secs(60);
const SHARE: u32 = 20;
/// How long findings that were made are stored and told before the logs are looked at again.
const SLICE: Duration = Duration::from_millis(50);
/// Findings that are handed over at once, and how many times that many may wait.
const BATCH: usize = 128;
const BATCHES: usize = 4;
/// Records so few that they can be taken in at once.
const FEW: u64 = 4096;

pub(super) struct Found {
    index: PathBuf,
    rules: Arc<[Rule]>,
    wake: SyncSender<Wake>,
    /// None before they were made for the first time.
    ready: Option<Replay>,
    making: Option<Making>,
    /// There are findings in the index that do not count any more.
    is_littered: bool,
    due: Due,
}

/// When they are to be made anew.
struct Due {
    /// There is something that they were not made with; and it is of a log that the correlators do not know.
    is_behind: bool,
    is_stranger: bool,
    /// The last news.
    heard: Instant,
    /// What is found is put together to incidents not before this moment.
    gather: Instant,
    /// When they were made, and how long it took.
    made: Instant,
    took: Duration,
}

/// Findings that are being made.
struct Making {
    began: Instant,
    thread: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    made: Receiver<Made>,
    /// There may be more made than was taken so far.
    has_more: bool,
    /// What is stored of them so far, with the parts that they name.
    stored: Option<(Explanation, Arc<[Part]>)>,
}

/// What the thread says.
enum Made {
    Begun {
        ids: Vec<i64>,
        parts: Arc<[Part]>,
    },
    Findings(Vec<Fallen>),
    Block(Block),
    /// That was all there is at `appended`.
    All {
        replay: Box<Replay>,
        whole: Whole,
        appended: i64,
    },
    Failed(Stop),
}

struct Fallen {
    id: String,
    finding: Finding,
    is_kept: bool,
    is_final: bool,
}

impl Found {
    /// Begins to make them of all that was committed.
    pub(super) fn begin(
        index: &Path,
        rules: Arc<[Rule]>,
        wake: &SyncSender<Wake>,
    ) -> Result<Self, Error> {
        let now = Instant::now();
        let mut found = Self {
            index: index.to_owned(),
            rules,
            wake: wake.clone(),
            ready: None,
            making: None,
            is_littered: true,
            due: Due {
                is_behind: true,
                is_stranger: true,
                heard: now,
                gather: now,
                made: now,
                took: Duration::ZERO,
            },
        };
        found.make_if_due(now)?;
        Ok(found)
    }

    /// Takes in what was read just now, and tells what it says.
    pub(super) fn hear(
        &mut self,
        news: Vec<News>,
        Voices {
            said, alerts, talk, ..
        }: &mut Voices,
        parts: &[Part],
        now: Instant,
    ) -> Result<(), Stop> {
        if !news.is_empty() {
            self.due.heard = now;
            self.due.is_behind = true;
        }
        // What comes before they are ready is in the index when they are.
        if let Some(ready) = &mut self.ready {
            self.due.is_stranger |= !ready.push(news);
            said.hear(ready, parts, now)?;
            alerts.hear(ready.told(), parts, said, talk)?;
            if self.due.is_behind && now >= self.due.gather {
                said.hear_incidents(ready.incidents(), parts)?;
                self.due.gather = now + LOOK.max(now.elapsed() * SHARE);
            }
        }
        Ok(())
    }

    /// Whether there is more to do at once.
    pub(super) fn is_busy(&self) -> bool {
        match &self.making {
            Some(making) => making.has_more,
            None => self.is_littered,
        }
    }

    /// Stores and tells some of what was made meanwhile. Before that, all that was read has been heard.
    pub(super) fn advance(
        &mut self,
        writer: &Writer,
        intake: &mut Intake,
        voices: &mut Voices,
    ) -> Result<(), Stop> {
        self.advance_within(Duration::ZERO, writer, intake, voices)
    }

    /// The same, and waits so long for what is being made.
    fn advance_within(
        &mut self,
        patience: Duration,
        writer: &Writer,
        intake: &mut Intake,
        Voices {
            said, alerts, talk, ..
        }: &mut Voices,
    ) -> Result<(), Stop> {
        let Some(making) = &mut self.making else {
            self.is_littered = self.is_littered && writer.sweep()?;
            return Ok(());
        };
        let Some(mut replay) = making.advance(patience, writer, said)? else {
            return Ok(());
        };
        alerts.settle(replay.told(), &replay.parts, said, talk)?;
        self.due.took = making.began.elapsed();
        self.due.made = Instant::now();
        self.making = None;
        self.is_littered = true;
        self.due.is_stranger = replay.go_on(writer.kept()?)?.is_none();
        intake.renumber(&replay.ids, &replay.parts);
        self.ready = Some(*replay);
        Ok(())
    }

    /// Begins to make them anew where it is time; all that was read is committed.
    pub(super) fn make_if_due(&mut self, now: Instant) -> Result<(), Error> {
        if self.making.is_none() && self.due.is_now(now) {
            self.making = Some(Making::begin(&self.index, &self.rules, self.wake.clone())?);
            self.due.is_behind = false;
        }
        Ok(())
    }

    /// Makes them for the last time, of all that was read.
    pub(super) fn end(
        &mut self,
        writer: &Writer,
        intake: &mut Intake,
        voices: &mut Voices,
    ) -> Result<(), Stop> {
        // What was there when this began is known by then, and not told.
        while self.ready.is_none() && self.making.is_some() {
            self.advance_within(LOOK, writer, intake, voices)?;
        }
        let Voices {
            said, alerts, talk, ..
        } = voices;
        self.making = None;
        said.begin_anew();
        let rules = Some(Arc::clone(&self.rules));
        let (mut replay, whole) = anew(writer, rules, |found| {
            Ok(said.settle(found.id, found.finding, found.parts)?)
        })?;
        said.end_anew()?;
        said.incidents(whole.gathered.incidents, &replay.parts)?;
        alerts.settle(replay.told(), &replay.parts, said, talk)
    }
}

impl Due {
    fn is_now(&self, now: Instant) -> bool {
        let since = now - self.made;
        let is_calm = now - self.heard >= LATENESS;
        let is_time = since >= self.took * SHARE && (is_calm || since >= EVERY);
        self.is_behind && (self.is_stranger || is_time)
    }
}

impl Making {
    fn begin(index: &Path, rules: &Arc<[Rule]>, wake: SyncSender<Wake>) -> Result<Self, Error> {
        let stop = Arc::new(AtomicBool::new(false));
        // Opened here: what is read from now on is heard of by the correlators that are there.
        let reader = Reader::open_beside(index, Arc::clone(&stop))?;
        let (sender, made) = sync_channel(BATCHES);
        let maker = Maker {
            made: sender,
            wake,
            rules: Arc::clone(rules),
            fallen: Vec::with_capacity(BATCH),
        };
        Ok(Self {
            began: Instant::now(),
            thread: Some(thread::spawn(move || maker.run(&reader))),
            stop,
            made,
            has_more: false,
            stored: None,
        })
    }

    /// Stores and tells what was made. Gives what they were made with when that is all.
    fn advance(
        &mut self,
        patience: Duration,
        writer: &Writer,
        said: &mut Said,
    ) -> Result<Option<Box<Replay>>, Stop> {
        let began = Instant::now();
        self.has_more = true;
        while began.elapsed() < SLICE {
            match self.made.recv_timeout(patience) {
                Ok(Made::Begun { ids, parts }) => {
                    said.begin_anew();
                    self.stored = Some((writer.explain_beside(ids)?, parts));
                }
                Ok(Made::Findings(fallen)) => {
                    if let Some((explanation, parts)) = &mut self.stored {
                        for fallen in fallen {
                            if fallen.is_kept {
                                explanation.finding(writer, &fallen.id, &fallen.finding)?;
                            }
                            fallen.tell(said, parts)?;
                        }
                    }
                }
                Ok(Made::Block(block)) => {
                    if let Some((explanation, _)) = &mut self.stored {
                        explanation.rollup(writer, &block)?;
                    }
                }
                Ok(Made::All {
                    replay,
                    whole,
                    appended,
                }) => {
                    if let Some((explanation, parts)) = self.stored.take() {
                        finish(explanation, writer, &whole, &parts, appended)?;
                    }
                    said.end_anew()?;
                    said.incidents(whole.gathered.incidents, &replay.parts)?;
                    return Ok(Some(replay));
                }
                Ok(Made::Failed(why)) => return Err(why),
                Err(RecvTimeoutError::Timeout) => {
                    self.has_more = false;
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => return Err(Error::Interrupted.into()),
            }
        }
        Ok(None)
    }
}

impl Drop for Making {
    /// It reads no more: who ends has to have the index for himself.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Where it waits for somebody to take what it made, it is told that nobody will.
        self.made = sync_channel(0).1;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Fallen {
    /// What is not final is heard of again by the correlators that are made ready here, with what came since.
    fn tell(&self, said: &mut Said, parts: &[Part]) -> std::io::Result<()> {
        if self.is_final {
            return said.settle(&self.id, &self.finding, parts);
        }
        said.keep(&self.id);
        Ok(())
    }
}

/// Makes findings in a thread.
struct Maker {
    made: SyncSender<Made>,
    wake: SyncSender<Wake>,
    rules: Arc<[Rule]>,
    fallen: Vec<Fallen>,
}

impl Maker {
    fn run(mut self, reader: &Reader) {
        if let Err(why) = self.make(reader) {
            // Where nobody waits for it, it was told to stop.
            let _ = self.say(Made::Failed(why));
        }
    }

    fn make(&mut self, reader: &Reader) -> Result<(), Stop> {
        let kept = reader.kept()?;
        let appended = kept.appended;
        self.say(Made::Begun {
            ids: kept.parts.iter().map(|part| part.id).collect(),
            parts: kept.parts.iter().map(|part| part.part.clone()).collect(),
        })?;
        let rules = Some(Arc::clone(&self.rules));
        let (mut replay, whole) = Replay::of(kept, rules, |fell| Ok::<_, Stop>(self.fell(fell)?))?;
        self.hand_over()?;
        // What was read meanwhile, until that is little.
        loop {
            reader.renew()?;
            if replay.go_on(reader.kept()?)?.is_none_or(|more| more < FEW) {
                break;
            }
        }
        let replay = Box::new(replay);
        self.say(Made::All {
            replay,
            whole,
            appended,
        })?;
        Ok(())
    }

    fn fell(&mut self, fell: Fell<'_>) -> Result<(), Error> {
        let found = match fell {
            Fell::Finding(found) => found,
            Fell::Block(block) => return self.say(Made::Block(block)),
        };
        self.fallen.push(Fallen {
            id: found.id.to_owned(),
            finding: found.finding.clone(),
            is_kept: found.is_kept,
            is_final: found.is_final,
        });
        if self.fallen.len() == BATCH {
            self.hand_over()?;
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), Error> {
        let fallen = std::mem::replace(&mut self.fallen, Vec::with_capacity(BATCH));
        self.say(Made::Findings(fallen))
    }

    /// Waits until there is room for it.
    fn say(&self, made: Made) -> Result<(), Error> {
        self.made.send(made).map_err(|_| Error::Interrupted)?;
        // Where hints wait already, one more says nothing.
        let _ = self.wake.try_send(Wake::Written);
        Ok(())
    }
}
