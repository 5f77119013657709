//! `explain` without logs: what the index found.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstream::ColorChoice;
use anyhow::Context;

use super::explain::{is_incomplete, report};
use super::told::Told;
use super::{Exit, Fault, columns};
use crate::cli::{ExplainArgs, FindingOutput};
use crate::event::Part;
use crate::finding::Finding;
use crate::format;
use crate::index::{Kept, Reader, Wanted};
use crate::report::sanitize::visible;
use crate::report::{Detail, Filter, Page, footer};
use crate::summary::{Summary, Tally};

/// The index that is asked: the one that was named, or where no logs are, the one that is there.
pub(super) fn index(args: &ExplainArgs) -> Option<PathBuf> {
    if !args.logs.is_empty() {
        return None;
    }
    let path = args.store.path();
    path.filter(|path| args.store.index.is_some() || path.exists())
}

pub(super) fn run(
    args: &ExplainArgs,
    index: &Path,
    filter: &Filter,
    color: ColorChoice,
    talk: &mut impl Write,
) -> anyhow::Result<Exit> {
    if args.considered {
        let message = "--considered needs LOG: the index does not keep what else was looked at";
        return Err(Fault::new(Exit::Usage, message).into());
    }
    let reader = Reader::open(index).map_err(Fault::from)?;
    let kept = reader.kept().map_err(Fault::from)?;
    tell_behind(&reader, talk)?;
    let parts: Arc<[Part]> = kept.parts.iter().map(|part| part.part.clone()).collect();
    let page = Page::new(Arc::clone(&parts), args.zone(), columns());
    let report = report(args, &parts, &page, color);
    let mut told = Told::new(report, args.last, &args.fail_on);
    let wanted = Wanted {
        since: filter.since,
        until: filter.until,
        clients: &filter.clients,
        principals: &filter.principals,
        verdicts: &filter.verdicts,
    };
    let ids: Vec<i64> = kept.parts.iter().map(|part| part.id).collect();
    let each = |finding: &Finding| -> anyhow::Result<()> {
        if filter.accepts(finding, &parts) {
            told.finding(finding).context("cannot write the findings")?;
        }
        Ok(())
    };
    reader.findings::<Sunk>(&wanted, &ids, Sunk::within(each))?;
    let summary = summary(&reader, &kept)?;
    told.finish(&summary).context("cannot write the report")?;
    let mut is_broken = false;
    for part in &kept.parts {
        if let Some(failure) = &part.failure {
            is_broken = true;
            writeln!(talk, "why401: {}", visible(failure))?;
        }
    }
    if args.output != FindingOutput::Text {
        footer(&page, &summary, Detail::All, talk)?;
    }
    Ok(told.exit(is_broken || is_incomplete(&summary, args.strict)))
}

/// Tells, and says so, whether findings were made of less than the index has by now.
pub(super) fn tell_behind(reader: &Reader, talk: &mut impl Write) -> anyhow::Result<bool> {
    let is_behind = reader.is_behind().map_err(Fault::from)?;
    if is_behind {
        writeln!(
            talk,
            "why401: lines were read that are not explained yet; `why401 index LOG...` does it"
        )?;
    }
    Ok(is_behind)
}

/// What is said of the logs, with the fate of the lines of each.
pub(super) fn summary(reader: &Reader, kept: &Kept<'_>) -> Result<Summary, Fault> {
    let mut summary = reader.summary()?;
    for input in &kept.inputs {
        // A format that this version no longer knows keeps its lines.
        let format = format::by_name(&input.format).map_or("unknown", |f| f.name());
        let parts = kept.parts.iter().filter(|part| part.input == input.id);
        summary.parts.extend(parts.map(|part| Tally {
            format,
            ..part.tally.clone()
        }));
    }
    Ok(summary)
}

/// What can go wrong while findings are given out.
pub(super) struct Sunk(pub(super) anyhow::Error);

impl Sunk {
    fn within(
        mut each: impl FnMut(&Finding) -> anyhow::Result<()>,
    ) -> impl FnMut(&Finding) -> Result<(), Self> {
        move |finding| each(finding).map_err(Self)
    }
}

impl From<crate::index::Error> for Sunk {
    fn from(error: crate::index::Error) -> Self {
        Self(Fault::from(error).into())
    }
}

impl From<Sunk> for anyhow::Error {
    fn from(Sunk(error): Sunk) -> Self {
        error
    }
}
