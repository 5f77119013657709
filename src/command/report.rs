//! `report`: what happened, in one document that can be handed on.

use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;

use anstream::{ColorChoice, StripStream};
use anyhow::Context;
use chrono::Utc;

use super::incidents::{Groups, found};
use super::join::Fall;
use super::logs::{Asked as Source, Logs, Read};
use super::rolled::Rolled;
use super::talk::Talk;
use super::{Exit, Fault, columns, reading, stdout};
use crate::cli::{Output, ReportArgs, ReportOutput};
use crate::config::Config;
use crate::event::Part;
use crate::file::{self, Fresh};
use crate::incident::Gathered;
use crate::report::digest::{Digest, Lanes, Samples};
use crate::report::document::{Asked, DRAWN, Told, document};
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

    fn collect(&self, logs: &Logs<'_>, talk: &mut impl Write) -> anyhow::Result<Collected> {
        match self.rolled(logs, talk)? {
            Some((rolled, one)) => self.recall(rolled, one),
            None => self.join(logs, talk),
        }
    }

    /// What an index counted, and the one incident that is asked for. `None`: logs have to be joined.
    fn rolled<'a>(
        &self,
        logs: &'a Logs<'_>,
        talk: &mut impl Write,
    ) -> anyhow::Result<Option<(Rolled<'a>, Option<usize>)>> {
        // Which names there are is learned from the findings themselves.
        if self.pseudonyms.is_some() {
            return Ok(None);
        }
        let Some(rolled) = logs.rolled(self.args.filter.system(), talk)? else {
            return Ok(None);
        };
        let id = self.args.incident.as_deref();
        let one = id.map(|id| found(&rolled.gathered, id)).transpose()?;
        Ok(Some((rolled, one)))
    }

    fn recall(&self, rolled: Rolled<'_>, one: Option<usize>) -> anyhow::Result<Collected> {
        let mut digest = Digest::new(self.zone);
        digest.lanes = Lanes::only(drawn(&rolled.gathered, one, self.filter));
        let mut groups = Groups::default();
        let mut samples = Samples::default();
        rolled.outlines(self.filter, one, |number, group, outline| {
            groups.add(group);
            digest.count(outline);
            samples.offer(group, outline, || number);
        })?;
        rolled.changes(self.filter, |changed| digest.changed(changed))?;
        let lanes = digest.lanes.clients();
        rolled.echoes(self.filter, |c| lanes.contains(&c), |e| digest.echo(e))?;
        digest.samples = rolled.samples(samples)?;
        let shown = match one {
            Some(one) => vec![one],
            None => groups.incidents(&rolled.gathered),
        };
        Ok(Collected {
            gathered: rolled.gathered,
            read: rolled.read,
            digest,
            shown,
        })
    }

    /// Reads the logs once. For one incident twice: what is its own is known only then.
    fn join(&self, logs: &Logs<'_>, talk: &mut impl Write) -> anyhow::Result<Collected> {
        let system = self.args.filter.system();
        let mut digest = Digest::new(self.zone);
        let mut wanted = Groups::default();
        let is_for_all = self.args.incident.is_none();
        let mut all = Vec::new();
        let mut pseudonyms = self.pseudonyms.clone();
        let mut number = 0;
        let (gathered, mut read) = logs.gather(system, talk, |fall, group, parts| {
            if let Some(pseudonyms) = &mut pseudonyms {
                learn(fall, pseudonyms);
            }
            if !is_for_all {
                if let Fall::Finding(_) = fall {
                    all.push(group);
                }
            } else if self.count(fall, number, group, parts, &mut digest) {
                wanted.add(group);
            }
            number += u64::from(matches!(fall, Fall::Finding(_)));
        })?;
        let shown = match &self.args.incident {
            None => wanted.incidents(&gathered),
            Some(id) => {
                let at = found(&gathered, id)?;
                let mut groups = (0..).zip(all);
                read = logs.read(system, false, talk, |fall, parts| {
                    let (number, group) = match fall {
                        Fall::Finding(_) => groups.next().unwrap_or_default(),
                        _ => (0, 0),
                    };
                    let is_own = gathered.incident_of(group) == Some(at);
                    if is_own || !matches!(fall, Fall::Finding(_)) {
                        self.count(&fall, number, group, parts, &mut digest);
                    }
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

    /// Counts what is asked for. `number`: how many findings came before; `group`: the one that it is of. Tells whether it
    /// is a finding that is asked for.
    fn count(
        &self,
        fall: &Fall<'_>,
        number: u64,
        group: u32,
        parts: &[Part],
        digest: &mut Digest,
    ) -> bool {
        match fall {
            Fall::Finding(finding) if self.filter.accepts(finding, parts) => {
                digest.finding(number, group, finding, parts);
                return true;
            }
            Fall::Sign(sign) if self.filter.is_within(sign.time) => digest.sign(sign),
            _ => {}
        }
        false
    }

    /// A row a finding, as they fall.
    fn table<W: Write>(
        &self,
        logs: &Logs<'_>,
        talk: &mut impl Write,
        out: &mut W,
    ) -> anyhow::Result<Read> {
        if let Some((rolled, one)) = self.rolled(logs, talk)? {
            return self.rows(rolled, one, out);
        }
        let system = self.args.filter.system();
        let mut own = None;
        if let Some(id) = &self.args.incident {
            let mut groups = Vec::new();
            let (gathered, _) = logs.gather(system, talk, |fall, group, _| {
                if let Fall::Finding(_) = fall {
                    groups.push(group);
                }
            })?;
            let at = found(&gathered, id)?;
            let groups = groups.into_iter();
            own = Some(groups.map(move |group| gathered.incident_of(group) == Some(at)));
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

    fn rows<W: Write>(
        &self,
        rolled: Rolled<'_>,
        one: Option<usize>,
        out: &mut W,
    ) -> anyhow::Result<Read> {
        let mut csv = Csv::visible(out);
        let numbers = rolled.numbers(self.filter, one)?;
        rolled.findings(numbers, |_, finding| {
            let row = csv.row(&finding, &rolled.read.parts);
            row.context("cannot write the report")
        })?;
        csv.finish(&rolled.read.summary)
            .context("cannot write the report")?;
        Ok(rolled.read)
    }
}

/// The clients that are drawn, as far as is known before findings are looked at; `one`: of this incident alone.
fn drawn<'a>(
    all: &'a Gathered,
    one: Option<usize>,
    filter: &Filter,
) -> impl Iterator<Item = IpAddr> + 'a {
    let Filter { since, until, .. } = *filter;
    let incidents = all.incidents.iter().enumerate();
    let incidents = incidents.filter(move |(at, incident)| {
        one.is_none_or(|one| one == *at)
            && since.is_none_or(|since| since <= incident.last + incident.clock_ahead)
            && until.is_none_or(|until| incident.first < until)
    });
    incidents.flat_map(|(_, incident)| {
        let clients = incident.clients.kept.iter();
        clients.take(DRAWN).map(|lane| lane.who)
    })
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
        ReportOutput::Json => json(told, out)?,
        ReportOutput::Text | ReportOutput::Csv => plain(&document(told), told.page, out)?,
    }
    out.flush()
}
