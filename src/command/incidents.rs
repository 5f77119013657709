//! `incidents`: which refusals belong together, and `explain --incident`: the findings of one.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anstream::ColorChoice;
use anyhow::Context;
use chrono::Utc;

use super::explain::{USUAL, is_incomplete, report};
use super::join::{Fall, watch};
use super::talk::{Talk, tell_failures, tell_skipped};
use super::told::Told;
use super::{Exit, Fault, columns, reading, stdout};
use super::{recall, replay};
use crate::cli::{
    Checked, ExplainArgs, IncidentOutput, IncidentsArgs, Output, Reading, Sources, Store,
};
use crate::config::Config;
use crate::event::Part;
use crate::format::Format;
use crate::incident::{Gathered, Gatherer, Incident};
use crate::index::Reader;
use crate::input::{Failure, Inputs, Options, discover, is_stream};
use crate::report::sanitize::visible;
use crate::report::{self, Detail, Filter, Page, footer, incidents};
use crate::summary::Summary;
use crate::system::System;

/// What is read, as often as one likes.
pub(super) enum Logs<'a> {
    Files(Vec<PathBuf>, Options<'a>),
    Index(Reader),
}

/// What there is to read, before any of it is.
pub(super) struct Asked<'a> {
    pub(super) logs: &'a [PathBuf],
    pub(super) store: &'a Store,
    pub(super) reading: &'a Reading,
    pub(super) checked: &'a Checked,
}

impl<'a> From<&'a Sources> for Asked<'a> {
    fn from(from: &'a Sources) -> Self {
        Self {
            logs: &from.logs,
            store: &from.store,
            reading: &from.reading,
            checked: &from.checked,
        }
    }
}

/// What one reading of the logs leaves.
pub(super) struct Read {
    pub(super) parts: Arc<[Part]>,
    pub(super) summary: Summary,
    is_broken: bool,
}

impl Read {
    /// `strict`: a single line that does not parse makes it incomplete.
    pub(super) fn is_incomplete(&self, strict: bool) -> bool {
        self.is_broken || is_incomplete(&self.summary, strict)
    }

    pub(super) fn exit(&self, strict: bool) -> Exit {
        if self.is_incomplete(strict) {
            Exit::Input
        } else {
            Exit::Done
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "`2h` ago is counted from here")]
pub(super) fn run(
    args: &IncidentsArgs,
    config: &Config,
    color: ColorChoice,
) -> anyhow::Result<Exit> {
    let mut talk = Talk::new(color);
    let zone = args.from.zone();
    let filter = args.filter.filter(Utc::now().timestamp_micros(), zone)?;
    let source = Asked::from(&args.from);
    let given = reading::formats(source.reading, &mut talk)?;
    let logs = source.find(config, &given, &mut talk)?;
    let mut wanted = Vec::new();
    let (all, read) = logs.gather(args.filter.system(), &mut talk, |fall, parts| {
        if let Fall::Finding(finding) = fall {
            wanted.push(filter.accepts(finding, parts));
        }
    })?;
    let shown = asked_for(&all, &wanted);
    let shown: Vec<&Incident> = shown.iter().map(|at| &all.incidents[*at]).collect();
    let page = Page::new(Arc::clone(&read.parts), zone, columns());
    let told = incidents::Told {
        gathered: &all,
        incidents: &shown,
        summary: &read.summary,
    };
    tell(args.output, &page, &told, &read.parts, color).context("cannot write the incidents")?;
    if args.output != IncidentOutput::Text {
        footer(&page, &read.summary, Detail::All, &mut talk)?;
    }
    Ok(read.exit(args.strict))
}

fn tell(
    output: IncidentOutput,
    page: &Page,
    told: &incidents::Told<'_>,
    parts: &[Part],
    color: ColorChoice,
) -> std::io::Result<()> {
    let kind = match output {
        IncidentOutput::Text => Output::Text,
        IncidentOutput::Ndjson | IncidentOutput::Json => Output::Ndjson,
    };
    let mut out = stdout(kind, color);
    let objects = told.incidents.iter().map(|i| incidents::object(i, parts));
    match output {
        IncidentOutput::Text => return incidents::text(page, told, &mut out),
        IncidentOutput::Ndjson => {
            for object in objects {
                writeln!(out, "{object}")?;
            }
        }
        IncidentOutput::Json => {
            let all: serde_json::Value = objects.collect();
            serde_json::to_writer_pretty(&mut out, &all)?;
            writeln!(out)?;
        }
    }
    out.flush()
}

/// `explain --incident`: reads the logs once for which findings are its own, and once more for these.
pub(super) fn explain(
    args: &ExplainArgs,
    id: &str,
    filter: &Filter,
    config: &Config,
    color: ColorChoice,
) -> anyhow::Result<Exit> {
    let mut talk = Talk::new(color);
    let source = Asked {
        logs: &args.logs,
        store: &args.store,
        reading: &args.reading,
        checked: &args.checked,
    };
    source.is_no_pipe()?;
    let given = reading::formats(source.reading, &mut talk)?;
    let logs = source.find(config, &given, &mut talk)?;
    let system = args.filter.system();
    let (all, read) = logs.gather(system, &mut talk, |_, _| {})?;
    let at = found(&all, id)?;
    let page = Page::new(Arc::clone(&read.parts), args.zone(), columns());
    let report = report(args, &read.parts, &page, color);
    let mut told = Told::new(report, args.last, &args.fail_on);
    let mut members = all.members.into_iter();
    let again = logs.read(system, false, &mut talk, |fall, parts| {
        let Fall::Finding(finding) = fall else {
            return Ok(());
        };
        let is_own = members.next().flatten() == Some(at);
        if is_own && filter.accepts(finding, parts) {
            told.finding(finding).context("cannot write the findings")?;
        }
        Ok(())
    })?;
    told.finish(&again.summary)
        .context("cannot write the report")?;
    Ok(told.exit(again.is_incomplete(args.strict)))
}

/// Those of which one finding at least is wanted.
pub(super) fn asked_for(gathered: &Gathered, wanted: &[bool]) -> Vec<usize> {
    let mut is_wanted = vec![false; gathered.incidents.len()];
    for (member, wanted) in gathered.members.iter().zip(wanted) {
        if let (Some(at), true) = (member, wanted) {
            is_wanted[*at] = true;
        }
    }
    let all = is_wanted.iter().enumerate();
    all.filter(|(_, wanted)| **wanted)
        .map(|(at, _)| at)
        .collect()
}

/// The one incident whose id begins so.
pub(super) fn found(gathered: &Gathered, id: &str) -> Result<usize, Fault> {
    let begins = |(_, incident): &(usize, &Incident)| incident.id.starts_with(id);
    let mut fitting = gathered.incidents.iter().enumerate().filter(begins);
    let shown = visible(id);
    match (fitting.next(), fitting.next()) {
        (Some((at, _)), None) => Ok(at),
        (None, _) => Err(Fault::new(
            Exit::Usage,
            format!("no incident has the id {shown}; `why401 incidents` lists them"),
        )),
        (Some(_), Some(_)) => Err(Fault::new(
            Exit::Usage,
            format!("several incidents have an id that begins with {shown}"),
        )),
    }
}

impl<'a> Asked<'a> {
    /// For who asks for one incident: which findings are its own is known only when all was read.
    pub(super) fn is_no_pipe(&self) -> Result<(), Fault> {
        if self.logs.iter().any(|log| is_stream(log)) {
            let message = "--incident reads the logs more than once, which a pipe cannot be";
            return Err(Fault::new(Exit::Usage, message));
        }
        Ok(())
    }

    /// The index where no logs are given and there is one, else the logs.
    pub(super) fn find(
        &self,
        config: &Config,
        given: &'a [&'static dyn Format],
        talk: &mut impl Write,
    ) -> anyhow::Result<Logs<'a>> {
        let index = self.store.path().filter(|_| self.logs.is_empty());
        let index = index.filter(|path| self.store.index.is_some() || path.exists());
        if let Some(index) = index {
            return Ok(Logs::Index(Reader::open(&index).map_err(Fault::from)?));
        }
        let mut logs = self.logs.to_vec();
        if logs.is_empty() {
            writeln!(talk, "why401: no LOG given, trying {}", USUAL.join(" "))?;
            logs = USUAL.iter().map(PathBuf::from).collect();
        }
        let options = Options {
            key: reading::key(self.checked)?,
            ..reading::options(self.reading, config, given)
        };
        Ok(Logs::Files(logs, options))
    }
}

impl Logs<'_> {
    /// Reads all that there is for the incidents in it; all is handed to `each` on the way.
    pub(super) fn gather(
        &self,
        system: Option<&'static System>,
        talk: &mut impl Write,
        mut each: impl FnMut(&Fall<'_>, &[Part]),
    ) -> anyhow::Result<(Gathered, Read)> {
        let mut gatherer = Gatherer::with_members();
        let read = self.read(system, true, talk, |fall, parts| {
            each(&fall, parts);
            match fall {
                Fall::Sign(sign) => gatherer.sign(sign),
                Fall::Finding(finding) => {
                    let id = report::id(finding, parts).unwrap_or_default();
                    gatherer.finding(finding, &id);
                }
                Fall::Inputs(_) | Fall::Settled(_) => {}
            }
            Ok(())
        })?;
        Ok((gatherer.finish(&read.summary), read))
    }

    /// Joins all that there is, and hands it to `sink` with the names of the files. `aloud`: what is skipped is told.
    pub(super) fn read(
        &self,
        system: Option<&'static System>,
        aloud: bool,
        talk: &mut impl Write,
        mut sink: impl FnMut(Fall<'_>, &[Part]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Read> {
        match self {
            Logs::Files(logs, options) => {
                let Inputs {
                    inputs,
                    parts,
                    skipped,
                    mut failures,
                } = discover(logs, options);
                if aloud {
                    tell_skipped(&skipped, talk)?;
                    tell_failures(&failures, talk)?;
                }
                if inputs.is_empty() {
                    return Err(Fault::new(Exit::Input, "no log that can be read").into());
                }
                let (mut summary, read) = watch(inputs, system, |fall| sink(fall, &parts))?;
                let mut broken: Vec<Failure> = Vec::new();
                for mut records in read {
                    broken.extend(records.failures());
                    summary.parts.extend(records.tallies());
                }
                if aloud {
                    tell_failures(&broken, talk)?;
                }
                failures.extend(broken);
                Ok(Read {
                    parts: parts.into(),
                    summary,
                    is_broken: !failures.is_empty(),
                })
            }
            Logs::Index(reader) => recalled(reader, system, sink),
        }
    }
}

/// The same from what an index keeps of the logs.
fn recalled(
    reader: &Reader,
    system: Option<&'static System>,
    mut sink: impl FnMut(Fall<'_>, &[Part]) -> anyhow::Result<()>,
) -> anyhow::Result<Read> {
    let kept = reader.kept().map_err(Fault::from)?;
    let parts: Arc<[Part]> = kept.parts.iter().map(|part| part.part.clone()).collect();
    let is_broken = kept.parts.iter().any(|part| part.failure.is_some());
    let tallies = recall::summary(reader, &kept)?.parts;
    let (mut summary, read) = watch(replay::logs(kept), system, |fall| sink(fall, &parts))?;
    for mut records in read {
        records.error().map_err(Fault::from)?;
    }
    summary.parts = tallies;
    Ok(Read {
        parts,
        summary,
        is_broken,
    })
}
