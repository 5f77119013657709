//! `incidents`: which refusals belong together, and `explain --incident`: the findings of one.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use anstream::ColorChoice;
use anyhow::Context;
use chrono::Utc;
use foldhash::HashSet;

use super::explain::report;
use super::join::Fall;
use super::logs::Asked;
use super::one::found;
use super::talk::Talk;
use super::told::Told;
use super::{Exit, columns, reading, stdout};
use crate::cli::{ExplainArgs, IncidentOutput, IncidentsArgs, Output};
use crate::config::Config;
use crate::event::Part;
use crate::incident::{Gathered, Incident};
use crate::report::{Detail, Filter, Page, footer, incidents};

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
    let system = args.filter.system();
    let mut wanted = Groups::default();
    let (all, read) = match logs.rolled(system, &mut talk)? {
        Some(rolled) => {
            rolled.outlines(&filter, None, |_, group, _| wanted.add(group))?;
            (rolled.gathered, rolled.read)
        }
        None => logs.gather(system, &mut talk, |fall, group, parts| {
            if let Fall::Finding(finding) = fall
                && filter.accepts(finding, parts)
            {
                wanted.add(group);
            }
        })?,
    };
    let shown = wanted.incidents(&all);
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

/// `explain --incident`.
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
    let told = |parts: &Arc<[Part]>| {
        let page = Page::new(Arc::clone(parts), args.zone(), columns());
        let report = report(args, parts, &page, color);
        Told::new(report, args.last, &args.fail_on)
    };
    let (mut told, read) = if let Some(rolled) = logs.rolled(system, &mut talk)? {
        let at = found(&rolled.gathered, id)?;
        let mut told = told(&rolled.read.parts);
        let own = rolled.numbers(filter, Some(at))?;
        rolled.findings(own, |_, finding| {
            told.finding(&finding).context("cannot write the findings")
        })?;
        (told, rolled.read)
    } else {
        let one = logs.one(id, system, &mut talk, |_| {})?;
        let mut told = told(&one.read.parts);
        let read = logs.again(&one, system, &mut talk, |fall, own, parts| {
            if let (Fall::Finding(finding), Some(_)) = (fall, own)
                && filter.accepts(finding, parts)
            {
                told.finding(finding).context("cannot write the findings")?;
            }
            Ok(())
        })?;
        (told, read)
    };
    told.finish(&read.summary)
        .context("cannot write the report")?;
    Ok(told.exit(read.is_incomplete(args.strict)))
}

/// The groups of findings that are asked for.
#[derive(Default)]
pub(super) struct Groups(HashSet<u32>);

impl Groups {
    pub(super) fn add(&mut self, group: u32) {
        self.0.insert(group);
    }

    /// Incidents of which one finding at least is asked for, the worst first.
    pub(super) fn incidents(&self, all: &Gathered) -> Vec<usize> {
        let shown = self.0.iter().filter_map(|group| all.incident_of(*group));
        let shown: BTreeSet<usize> = shown.collect();
        shown.into_iter().collect()
    }
}
