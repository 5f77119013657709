//! `report`: what happened, in one document that can be handed on.

use std::io::{self, Write};
use std::sync::Arc;

use anstream::{ColorChoice, StripStream};
use anyhow::Context;
use chrono::Utc;

use super::incidents::{Asked as Source, Logs, Read, asked_for, found};
use super::join::Fall;
use super::talk::Talk;
use super::{Exit, Fault, columns, reading, stdout};
use crate::cli::{Output, ReportArgs, ReportOutput};
use crate::config::Config;
use crate::event::Part;
use crate::file::{self, Fresh};
use crate::incident::Gathered;
use crate::report::digest::Digest;
use crate::report::document::{Asked, Told, document};
use crate::report::pseudonym::Pseudonyms;
use crate::report::publish::{SCHEMA, html, json, markdown, plain};
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

/// What was read, and which incidents of it are asked for.
struct Collected {
    gathered: Gathered,
    read: Read,
    digest: Digest,
    shown: Vec<usize>,
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

    /// Reads the logs once. For one incident twice: what is its own is known only then.
    fn collect(&self, logs: &Logs<'_>, talk: &mut impl Write) -> anyhow::Result<Collected> {
        let system = self.args.filter.system();
        let mut digest = Digest::new(self.zone);
        let mut wanted = Vec::new();
        let is_for_all = self.args.incident.is_none();
        let mut pseudonyms = self.pseudonyms.clone();
        let (gathered, mut read) = logs.gather(system, talk, |fall, parts| {
            if let Some(pseudonyms) = &mut pseudonyms {
                learn(fall, pseudonyms);
            }
            let number = wanted.len();
            if let Fall::Finding(finding) = fall {
                wanted.push(self.filter.accepts(finding, parts));
            }
            if is_for_all {
                self.count(fall, number, &wanted, parts, &mut digest);
            }
        })?;
        let shown = match &self.args.incident {
            None => asked_for(&gathered, &wanted),
            Some(id) => {
                let at = found(&gathered, id)?;
                let members = gathered.members.iter().zip(&wanted);
                let own: Vec<bool> = members.map(|(of, is)| *of == Some(at) && *is).collect();
                let mut number = 0;
                read = logs.read(system, false, talk, |fall, parts| {
                    self.count(&fall, number, &own, parts, &mut digest);
                    number += usize::from(matches!(fall, Fall::Finding(_)));
                    Ok(())
                })?;
                vec![at]
            }
        };
        let all = Collected {
            gathered,
            read,
            digest,
            shown,
        };
        Ok(match pseudonyms {
            Some(pseudonyms) => all.under(&pseudonyms),
            None => all,
        })
    }

    /// `number`: how many findings came before; `wanted`: which of all are asked for, with this one.
    fn count(
        &self,
        fall: &Fall<'_>,
        number: usize,
        wanted: &[bool],
        parts: &[Part],
        digest: &mut Digest,
    ) {
        match fall {
            Fall::Finding(finding) if wanted.get(number) == Some(&true) => {
                digest.finding(number, finding, parts);
            }
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
            let members = gathered.members.into_iter();
            own = Some(members.map(move |member| member == Some(at)));
        }
        let mut pseudonyms = self.pseudonyms.clone();
        let mut csv = Csv::visible(out);
        let read = logs.read(system, own.is_none(), talk, |fall, parts| {
            if let Some(pseudonyms) = &mut pseudonyms {
                learn(&fall, pseudonyms);
            }
            let Fall::Finding(finding) = fall else {
                return Ok(());
            };
            let is_own = own.as_mut().is_none_or(|own| own.next() == Some(true));
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
        ReportOutput::Json => out.write_all(json(told).as_bytes())?,
        ReportOutput::Text | ReportOutput::Csv => plain(&document(told), told.page, out)?,
    }
    out.flush()
}
