//! `report`: what happened, in one document that can be handed on.

mod collect;
mod table;

use std::io::{self, Write};
use std::sync::Arc;

use anstream::{ColorChoice, StripStream};
use anyhow::Context;
use chrono::Utc;

use super::logs::{Asked as Source, Logs};
use super::talk::Talk;
use super::{Exit, Fault, columns, reading, stdout};
use crate::cli::{Output, ReportArgs, ReportOutput};
use crate::config::Config;
use crate::file::{self, Fresh};
use crate::report::document::{Asked, Told, document};
use crate::report::pseudonym::Pseudonyms;
use crate::report::publish::{SCHEMA, html, json, markdown, plain};
use crate::report::{Filter, Page};
use crate::zone::Zone;

/// The key of the pseudonyms, beside the index.
const KEY: &str = "pseudonym.key";

#[expect(clippy::disallowed_methods, reason = "`2h` ago is counted from here")]
pub(super) fn run(args: &ReportArgs, config: &Config, color: ColorChoice) -> anyhow::Result<Exit> {
    if args.schema {
        let mut out = stdout(Output::Ndjson, color);
        out.write_all(SCHEMA.as_bytes())?;
        out.flush()?;
        return Ok(Exit::Done);
    }
    let mut talk = Talk::new(color);
    let zone = args.from.zone();
    let filter = args.filter.filter(Utc::now().timestamp_micros(), zone)?;
    let source = Source::from(&args.from);
    if args.incident.is_some() {
        source.is_no_pipe()?;
    }
    let given = reading::formats(source.reading, &mut talk)?;
    let logs = source.find(config, &given, &mut talk)?;
    let asked = Ask {
        args,
        filter: &filter,
        zone,
        pseudonyms: pseudonyms(args)?,
    };
    match &args.out {
        None => {
            let kind = match args.output {
                ReportOutput::Text => Output::Text,
                _ => Output::Ndjson,
            };
            asked.report(&logs, &mut talk, &mut stdout(kind, color))
        }
        Some(file) => {
            let fault = || Fault::new(Exit::Usage, format!("cannot write {}", reading::name(file)));
            let mut fresh = Fresh::create(file).with_context(fault)?;
            let mut out = StripStream::new(&mut fresh as &mut dyn Write);
            let exit = asked.report(&logs, &mut talk, &mut out)?;
            fresh.keep().with_context(fault)?;
            Ok(exit)
        }
    }
}

/// What is asked for.
struct Ask<'a> {
    args: &'a ReportArgs,
    filter: &'a Filter,
    zone: Zone,
    pseudonyms: Option<Pseudonyms>,
}

impl Ask<'_> {
    fn report<W: Write>(
        &self,
        logs: &Logs<'_>,
        talk: &mut impl Write,
        out: &mut W,
    ) -> anyhow::Result<Exit> {
        let read = if self.args.output == ReportOutput::Csv {
            self.table(logs, talk, out)?
        } else {
            let all = self.collect(logs, talk)?;
            let page = Page::new(Arc::clone(&all.read.parts), self.zone, columns());
            let told = Told {
                page: &page,
                digest: &all.digest,
                gathered: &all.gathered,
                shown: &all.shown,
                summary: &all.read.summary,
                asked: &self.asked(),
            };
            publish(self.args.output, &told, out).context("cannot write the report")?;
            all.read
        };
        Ok(read.exit(self.args.strict))
    }

    fn asked(&self) -> Asked {
        Asked {
            since: self.filter.since,
            until: self.filter.until,
            incident: self.args.incident.as_deref().map(Into::into),
            is_filtered: self.args.filter.is_more_than_time(),
            is_pseudonymous: self.args.pseudonymize,
        }
    }
}

/// With the key of `--key`, else the one that lies beside the index.
fn pseudonyms(args: &ReportArgs) -> anyhow::Result<Option<Pseudonyms>> {
    if !args.pseudonymize {
        return Ok(None);
    }
    let path = match &args.key {
        Some(path) => path.clone(),
        None => args.from.store.place()?.with_file_name(KEY),
    };
    let fault = || {
        Fault::new(
            Exit::Usage,
            format!("cannot use the key {}", reading::name(&path)),
        )
    };
    Ok(Some(Pseudonyms::new(file::key(&path).with_context(fault)?)))
}

fn publish<W: Write>(output: ReportOutput, told: &Told<'_>, out: &mut W) -> io::Result<()> {
    match output {
        ReportOutput::Html => out.write_all(html(&document(told)).as_bytes())?,
        ReportOutput::Markdown => out.write_all(markdown(&document(told)).as_bytes())?,
        ReportOutput::Json => json(told, out)?,
        ReportOutput::Text | ReportOutput::Csv => plain(&document(told), told.page, out)?,
    }
    out.flush()
}
