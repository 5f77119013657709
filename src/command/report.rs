//! `report`: what happened, in one document that can be handed on.

use std::io::{self, Write};
use std::sync::Arc;

use anstream::{ColorChoice, StripStream};
use anyhow::Context;
use chrono::Utc;

use super::explain::is_incomplete;
use super::incidents::{Asked as Source, Logs, Read, asked_for, found};
use super::join::Fall;
use super::talk::Talk;
use super::{Exit, Fault, columns, reading, stdout};
use crate::cli::{Output, ReportArgs, ReportOutput};
use crate::config::Config;
use crate::event::Part;
use crate::file::{self, Fresh};
use crate::incident::Gathered;
use crate::input::is_stream;
use crate::report::digest::Digest;
use crate::report::document::{Asked, Told, document};
use crate::report::pseudonym::Pseudonyms;
use crate::report::publish::{SCHEMA, html, json, markdown, plain};
use crate::report::sanitize::visible;
use crate::report::{Csv, Filter, Page, Report};
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
    let is_twice = args.incident.is_some();
    if is_twice && args.from.logs.iter().any(|log| is_stream(log)) {
        let message = "--incident reads the logs more than once, which a pipe cannot be";
        return Err(Fault::new(Exit::Usage, message).into());
    }
    let source = Source::from(&args.from);
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
            let fault = || {
                let name = visible(&file.to_string_lossy()).into_owned();
                Fault::new(Exit::Usage, format!("cannot write {name}"))
            };
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

/// What was read, and which incidents of it are asked for.
struct Collected {
    gathered: Gathered,
    read: Read,
    digest: Digest,
    shown: Vec<usize>,
    pseudonyms: Option<Pseudonyms>,
}

impl Collected {
    /// The same with pseudonyms.
    fn under(mut self, pseudonyms: &Pseudonyms) -> Self {
        let files = &self.read.parts;
        pseudonyms.gathered(&mut self.gathered, files);
        self.read.summary = pseudonyms.summary(self.read.summary, files);
        self.read.parts = pseudonyms.parts(files);
        self.digest = pseudonyms.digest(self.digest);
        self
    }
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
            let mut all = self.collect(logs, talk)?;
            if let Some(pseudonyms) = all.pseudonyms.take() {
                all = all.under(&pseudonyms);
            }
            let Collected {
                gathered,
                read,
                digest,
                shown,
                ..
            } = all;
            let page = Page::new(Arc::clone(&read.parts), self.zone, columns());
            let told = Told {
                page: &page,
                digest: &digest,
                gathered: &gathered,
                shown: &shown,
                summary: &read.summary,
                asked: &self.asked(),
            };
            publish(self.args.output, &told, out).context("cannot write the report")?;
            read
        };
        let is_incomplete = read.is_broken || is_incomplete(&read.summary, self.args.strict);
        Ok(if is_incomplete {
            Exit::Input
        } else {
            Exit::Done
        })
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

    /// Reads the logs once. For one incident twice: what is its own is known only then.
    fn collect(&self, logs: &Logs<'_>, talk: &mut impl Write) -> anyhow::Result<Collected> {
        let mut digest = Digest::new(self.zone);
        let mut wanted = Vec::new();
        let is_for_all = self.args.incident.is_none();
        let mut pseudonyms = self.pseudonyms.clone();
        let (gathered, read) = logs.gather(self.args.filter.system(), talk, |fall, parts| {
            if let Some(pseudonyms) = &mut pseudonyms {
                learn(fall, pseudonyms);
            }
            if let Fall::Finding(finding) = fall {
                wanted.push(self.filter.accepts(finding, parts));
            }
            if is_for_all {
                let is_wanted = wanted.last().copied().unwrap_or(false);
                self.count(fall, is_wanted, wanted.len(), parts, &mut digest);
            }
        })?;
        let Some(id) = &self.args.incident else {
            let shown = asked_for(&gathered, &wanted);
            return Ok(Collected {
                gathered,
                read,
                digest,
                shown,
                pseudonyms,
            });
        };
        let at = found(&gathered, id)?;
        let mut number = 0;
        let read = logs.read(self.args.filter.system(), false, talk, |fall, parts| {
            if let Fall::Finding(_) = fall {
                number += 1;
            }
            let before = number.max(1) - 1;
            let is_own = gathered.members.get(before) == Some(&Some(at)) && wanted[before];
            self.count(&fall, is_own, number, parts, &mut digest);
            Ok(())
        })?;
        Ok(Collected {
            gathered,
            read,
            digest,
            shown: vec![at],
            pseudonyms,
        })
    }

    /// `number`: of findings, with this one.
    fn count(
        &self,
        fall: &Fall<'_>,
        is_wanted: bool,
        number: usize,
        parts: &[Part],
        digest: &mut Digest,
    ) {
        match fall {
            Fall::Finding(finding) if is_wanted => digest.finding(number - 1, finding, parts),
            Fall::Sign(sign) if self.filter.is_within(sign.time) => digest.sign(sign),
            _ => {}
        }
    }

    /// A row a finding, as they fall.
    fn table<W: Write>(
        &self,
        logs: &Logs<'_>,
        talk: &mut impl Write,
        out: &mut W,
    ) -> anyhow::Result<Read> {
        let system = self.args.filter.system();
        let mut own = None;
        if let Some(id) = &self.args.incident {
            let (gathered, _) = logs.gather(system, talk, |_, _| {})?;
            let at = found(&gathered, id)?;
            own = Some((gathered.members, at));
        }
        let mut number = 0;
        let mut pseudonyms = self.pseudonyms.clone();
        let mut csv = Csv::visible(out);
        let read = logs.read(system, own.is_none(), talk, |fall, parts| {
            if let Some(pseudonyms) = &mut pseudonyms {
                learn(&fall, pseudonyms);
            }
            let Fall::Finding(finding) = fall else {
                return Ok(());
            };
            let is_own = |(members, at): &(Vec<Option<usize>>, usize)| {
                members.get(number) == Some(&Some(*at))
            };
            let is_own = own.as_ref().is_none_or(is_own);
            number += 1;
            if !is_own || !self.filter.accepts(finding, parts) {
                return Ok(());
            }
            match &pseudonyms {
                Some(pseudonyms) => {
                    let finding = pseudonyms.finding(finding.clone());
                    csv.row(&finding, &pseudonyms.parts(parts))
                }
                None => csv.row(finding, parts),
            }
            .context("cannot write the report")
        })?;
        csv.finish(&read.summary)
            .context("cannot write the report")?;
        Ok(read)
    }
}

fn learn(fall: &Fall<'_>, pseudonyms: &mut Pseudonyms) {
    match fall {
        Fall::Finding(finding) => pseudonyms.learn(finding),
        Fall::Sign(sign) => pseudonyms.learn_from(sign),
        Fall::Inputs(_) | Fall::Settled(_) => {}
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
        let name = visible(&path.to_string_lossy()).into_owned();
        Fault::new(Exit::Usage, format!("cannot use the key {name}"))
    };
    Ok(Some(Pseudonyms::new(file::key(&path).with_context(fault)?)))
}

fn publish<W: Write>(output: ReportOutput, told: &Told<'_>, out: &mut W) -> io::Result<()> {
    let document = document(told);
    match output {
        ReportOutput::Html => out.write_all(html(&document).as_bytes())?,
        ReportOutput::Markdown => out.write_all(markdown(&document).as_bytes())?,
        ReportOutput::Json => out.write_all(json(told, document.headline()).as_bytes())?,
        ReportOutput::Text | ReportOutput::Csv => plain(&document, told.page, out)?,
    }
    out.flush()
}
