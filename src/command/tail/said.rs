//! What was told, so that nothing is told twice and what has changed is told again.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anstream::ColorChoice;

use super::super::{columns, stdout};
use super::LATENESS;
use crate::cli::{Output, TailArgs};
use crate::correlate::Correlators;
use crate::event::Part;
use crate::finding::{Finding, Verdict};
use crate::index::{Error, Writer};
use crate::report::{self, Each, Ndjson, Page, Report};
use crate::zone::Zone;

/// Where asking what would be found takes longer than this, it may take one part in so many of the time.
const SLOW: Duration = Duration::from_millis(5);
const SHARE: u32 = 4;

/// What a finding says, as far as a change of it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gist {
    verdict: Verdict,
    causes: Vec<&'static str>,
    logged: Option<bool>,
}

impl Gist {
    fn of(finding: &Finding) -> Self {
        Self {
            verdict: finding.verdict,
            causes: finding.candidates.iter().map(|c| c.cause.id()).collect(),
            logged: finding.logged,
        }
    }
}

pub(super) struct Said {
    output: Output,
    is_quiet: bool,
    zone: Zone,
    out: BufWriter<Box<dyn Write>>,
    /// By id. `None`: it is of an earlier run, or was there before the first.
    told: HashMap<String, Option<Gist>>,
    /// Found and not yet told, and since when.
    waiting: HashMap<String, Instant>,
    /// Whether what is found first is only what was there before.
    is_first: bool,
    /// What is to be told is not asked for before this moment: it took long the last time.
    pause: Option<Instant>,
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
            waiting: HashMap::new(),
            is_first: !args.from_start,
            pause: None,
        }
    }

    /// What the index has found before was told before.
    pub(super) fn known(&mut self, writer: &Writer) -> Result<(), Error> {
        for id in writer.found()? {
            self.is_first = false;
            self.told.entry(id).or_insert(None);
        }
        Ok(())
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
        correlators: &mut Correlators,
        parts: &[Part],
        now: Instant,
    ) -> io::Result<()> {
        for finding in correlators.take() {
            let id = report::id(&finding, parts).unwrap_or_default();
            self.waiting.remove(&id);
            self.tell(id, &finding, parts)?;
        }
        if self.pause.is_some_and(|until| now < until) {
            return Ok(());
        }
        let mut waiting = HashMap::new();
        for finding in correlators.would_find() {
            let id = report::id(&finding, parts).unwrap_or_default();
            let since = self.waiting.get(&id).copied().unwrap_or(now);
            let is_told = matches!(self.told.get(&id), Some(Some(_)));
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

    /// Takes all findings as they are now. What was there before the first run is not told.
    pub(super) fn settle(
        &mut self,
        findings: Vec<(String, Finding)>,
        parts: &[Part],
    ) -> io::Result<()> {
        self.waiting.clear();
        if std::mem::take(&mut self.is_first) {
            self.told
                .extend(findings.into_iter().map(|(id, _)| (id, None)));
            return Ok(());
        }
        let ids: HashSet<&String> = findings.iter().map(|(id, _)| id).collect();
        let is_gone = |(id, gist): (&String, &Option<Gist>)| {
            (gist.is_some() && !ids.contains(id)).then(|| id.clone())
        };
        let gone: Vec<String> = self.told.iter().filter_map(is_gone).collect();
        for id in gone {
            self.told.remove(&id);
            self.withdraw(&id)?;
        }
        for (id, finding) in findings {
            self.tell(id, &finding, parts)?;
        }
        Ok(())
    }

    /// Tells a finding, if it says what was not said yet.
    fn tell(&mut self, id: String, finding: &Finding, parts: &[Part]) -> io::Result<()> {
        let gist = Gist::of(finding);
        let how = match self.told.get(&id) {
            None => How::New,
            Some(Some(told)) if *told != gist => How::Revised,
            Some(_) => return Ok(()),
        };
        self.told.insert(id, Some(gist));
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
                Each::new(page, &mut self.out).finding(finding)?;
                writeln!(self.out)?;
            }
        }
        self.out.flush()
    }

    /// What was told is part of another finding.
    fn withdraw(&mut self, id: &str) -> io::Result<()> {
        if self.is_quiet {
            return Ok(());
        }
        match self.output {
            Output::Ndjson => self.out.write_all(&report::withdrawn(id)?)?,
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
