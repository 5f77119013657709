//! What was told, so that nothing is told twice and what has changed is told again.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anstream::ColorChoice;

use super::super::alert::Cited;
use super::super::replay::Replay;
use super::super::{columns, stdout};
use super::LATENESS;
use super::announced::Announced;
use crate::cause::Cause;
use crate::cli::{Output, TailArgs};
use crate::event::Part;
use crate::finding::{Finding, Verdict};
use crate::incident::Incident;
use crate::index::{Error, Writer};
use crate::report::incidents::{self, Turn};
use crate::report::{self, Each, Ndjson, Page, Report};
use crate::zone::Zone;

/// Where asking what would be found takes longer than this, it may take one part in so many of the time.
const SLOW: Duration = Duration::from_millis(5);
const SHARE: u32 = 4;

/// A finding's id; there can be millions.
type Id = u128;

fn id_of(text: &str) -> Id {
    Id::from_str_radix(text, 16).unwrap_or_default()
}

/// What a finding says, as far as a change of it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gist(u64);

impl Gist {
    fn of(finding: &Finding) -> Self {
        let causes: Vec<&str> = finding.candidates.iter().map(|c| c.cause.id()).collect();
        let mut state = foldhash::fast::FixedState::default().build_hasher();
        (finding.verdict.id(), causes, finding.logged).hash(&mut state);
        Self(std::hash::Hasher::finish(&state))
    }
}

/// What was told under an id.
#[derive(Debug)]
struct Told {
    /// `None`: it was told by an earlier run, or was there before the first.
    gist: Option<Gist>,
    /// It was there when findings were made anew for this time.
    round: u32,
}

pub(super) struct Said {
    output: Output,
    is_quiet: bool,
    zone: Zone,
    out: BufWriter<Box<dyn Write>>,
    told: HashMap<Id, Told>,
    /// What one was told how to mend.
    mended: HashSet<(Option<&'static str>, Option<Cause>)>,
    /// Findings were made anew so often.
    round: u32,
    /// Found and not yet told, and since when.
    waiting: HashMap<Id, Instant>,
    /// Whether what is found first is only what was there before.
    is_first: bool,
    /// What is to be told is not asked for before this moment: it took long the last time.
    pause: Option<Instant>,
    announced: Announced,
}

/// How a finding is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    New,
    Revised,
}

impl Said {
    pub(super) fn new(args: &TailArgs, color: ColorChoice) -> Self {
        Self {
            output: args.output,
            is_quiet: args.quiet,
            zone: if args.utc { Zone::Utc } else { Zone::Host },
            out: stdout(args.output, color),
            told: HashMap::new(),
            mended: HashSet::new(),
            round: 0,
            waiting: HashMap::new(),
            is_first: !args.from_start,
            pause: None,
            announced: Announced::default(),
        }
    }

    /// What the index has found before was told before.
    pub(super) fn known(&mut self, writer: &Writer) -> Result<(), Error> {
        for id in writer.found()? {
            self.is_first = false;
            self.told.entry(id_of(&id)).or_insert(Told {
                gist: None,
                round: self.round,
            });
        }
        self.announced.known(writer, self.is_first)
    }

    /// When the next finding that waits is due.
    pub(super) fn next(&self) -> Option<Duration> {
        let oldest = self.waiting.values().min().map(|since| *since + LATENESS);
        let next = [oldest, self.pause].into_iter().flatten().min()?;
        let wait = next.saturating_duration_since(Instant::now());
        Some(wait.max(Duration::from_millis(1)))
    }

    /// Tells what is beyond doubt, and what had time to be contradicted.
    pub(super) fn hear(
        &mut self,
        replay: &mut Replay,
        parts: &[Part],
        now: Instant,
    ) -> io::Result<()> {
        for finding in replay.take(parts) {
            let id = report::id(&finding, parts).unwrap_or_default();
            let id = id_of(&id);
            self.waiting.remove(&id);
            self.tell(id, &finding, parts)?;
        }
        if self.pause.is_some_and(|until| now < until) {
            return Ok(());
        }
        let mut waiting = HashMap::new();
        for finding in replay.correlators.would_find() {
            let id = report::id(&finding, parts).unwrap_or_default();
            let id = id_of(&id);
            let since = self.waiting.get(&id).copied().unwrap_or(now);
            let is_told = self.told.get(&id).is_some_and(|told| told.gist.is_some());
            if is_told || is_proven(&finding) || now - since >= LATENESS {
                self.tell(id, &finding, parts)?;
            } else {
                waiting.insert(id, since);
            }
        }
        self.waiting = waiting;
        let ended = Instant::now();
        let took = ended - now;
        self.pause = (took > SLOW).then(|| ended + took * SHARE);
        Ok(())
    }

    /// Tells an alert to programs, among the findings; for people it is a line. False: nobody is to be told here.
    pub(super) fn alert(&mut self, told: &Cited, parts: &[Part]) -> io::Result<bool> {
        if self.is_quiet {
            return Ok(false);
        }
        match self.output {
            Output::Ndjson => writeln!(self.out, "{}", told.body(parts)?)?,
            Output::Text => {
                let page = Page::new(parts.into(), self.zone, columns());
                report::alert::text(&page, "Alert  ", &told.alert, &mut self.out)?;
                writeln!(self.out)?;
            }
        }
        self.out.flush()?;
        Ok(true)
    }

    /// Takes the incidents as they are now, and tells what has become of them.
    pub(super) fn incidents(&mut self, incidents: Vec<Incident>, parts: &[Part]) -> io::Result<()> {
        let turns = self.announced.turns(incidents);
        self.turn(turns, parts)
    }

    /// Takes the incidents of what was heard so far, and tells those that begin or get worse.
    pub(super) fn hear_incidents(
        &mut self,
        incidents: Vec<Incident>,
        parts: &[Part],
    ) -> io::Result<()> {
        let turns = self.announced.first_turns(incidents);
        self.turn(turns, parts)
    }

    fn turn(&mut self, turns: Vec<(Turn, Incident)>, parts: &[Part]) -> io::Result<()> {
        for (turn, incident) in turns {
            if self.is_quiet {
                continue;
            }
            match self.output {
                Output::Ndjson => {
                    writeln!(self.out, "{}", incidents::turned(turn, &incident, parts))?;
                }
                Output::Text => {
                    let page = Page::new(parts.into(), self.zone, columns());
                    incidents::turn(&page, turn, &incident, &mut self.out)?;
                    writeln!(self.out)?;
                }
            }
            self.out.flush()?;
        }
        Ok(())
    }

    /// All findings as they are now will be given to [`Self::settle`] or [`Self::keep`], one by one.
    pub(super) fn begin_anew(&mut self) {
        self.round += 1;
    }

    /// Takes a finding as it is now. What was there before the first run is not told.
    pub(super) fn settle(&mut self, id: &str, finding: &Finding, parts: &[Part]) -> io::Result<()> {
        if self.is_first {
            self.keep(id);
            return Ok(());
        }
        self.tell(id_of(id), finding, parts)
    }

    /// Takes a finding that is to be heard of again, so that nothing is told of it here.
    pub(super) fn keep(&mut self, id: &str) {
        let (id, round) = (id_of(id), self.round);
        if let Some(told) = self.told.get_mut(&id) {
            told.round = round;
        } else if self.is_first {
            self.told.insert(id, Told { gist: None, round });
        }
    }

    /// Takes back what is none any more.
    pub(super) fn end_anew(&mut self) -> io::Result<()> {
        self.is_first = false;
        let round = self.round;
        let gone = self.told.extract_if(|_, told| told.round < round);
        let told = gone.filter(|(_, told)| told.gist.is_some());
        let gone: Vec<Id> = told.map(|(id, _)| id).collect();
        gone.into_iter().try_for_each(|id| self.withdraw(id))
    }

    /// Tells a finding, if it says what was not said yet.
    fn tell(&mut self, id: Id, finding: &Finding, parts: &[Part]) -> io::Result<()> {
        let (gist, round) = (Some(Gist::of(finding)), self.round);
        let how = match self.told.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(Told { gist, round });
                How::New
            }
            Entry::Occupied(mut entry) => {
                let told = entry.get_mut();
                told.round = round;
                if told.gist.is_none() || told.gist == gist {
                    return Ok(());
                }
                told.gist = gist;
                How::Revised
            }
        };
        if self.is_quiet {
            return Ok(());
        }
        let parts: Arc<[Part]> = parts.into();
        match (self.output, how) {
            (Output::Ndjson, How::New) => Ndjson::new(parts, &mut self.out).finding(finding)?,
            (Output::Ndjson, How::Revised) => {
                self.out.write_all(&report::revised(finding, &parts)?)?;
            }
            (Output::Text, how) => {
                if how == How::Revised {
                    writeln!(self.out, "Revised, for a line came late:")?;
                }
                let page = Page::new(parts, self.zone, columns());
                let each = Each::new(page, &mut self.out).without_quotes();
                // A cause is mended the same way each time.
                let is_first = self.mended.insert((finding.system, finding.cause()));
                let mut each = if is_first { each } else { each.without_fix() };
                each.finding(finding)?;
                writeln!(self.out)?;
            }
        }
        self.out.flush()
    }

    /// What was told is part of another finding.
    fn withdraw(&mut self, id: Id) -> io::Result<()> {
        if self.is_quiet {
            return Ok(());
        }
        let id = format!("{id:032x}");
        match self.output {
            Output::Ndjson => self.out.write_all(&report::withdrawn(&id)?)?,
            Output::Text => writeln!(self.out, "Withdrawn, for it belongs to another: {id}\n")?,
        }
        self.out.flush()
    }
}

/// Whether a line states the cause of the request, and nothing else is left.
fn is_proven(finding: &Finding) -> bool {
    let is_explained = finding.verdict == Verdict::Explained && finding.logged == Some(true);
    is_explained && finding.request.is_some()
}
