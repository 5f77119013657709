//! Incidents for people, the worst nearest to the prompt.

use std::fmt::Display;
use std::io::{self, Write};

use super::words::{self, NAME};
use crate::event::Micros;
use crate::incident::{Gathered, Incident, Lane, Lanes, Trigger};
use crate::report::sanitize::visible;
use crate::report::text::{BOLD, Block, DIM, colour, count, fit, title, width};
use crate::report::{Detail, Page, footer};
use crate::summary::Summary;

/// Incidents that are told in a block each; of more, so many in a line each.
const BLOCKS: usize = 20;
const LINES: usize = 40;
/// Clients and names that are told of each.
const NAMED: usize = 4;

/// What is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub gathered: &'a Gathered,
    /// The worst first.
    pub incidents: &'a [&'a Incident],
    pub summary: &'a Summary,
}

/// Writes them, how many refusals belong to none, and how far the logs can be trusted.
pub fn text<W: Write>(page: &Page, told: &Told<'_>, out: &mut W) -> io::Result<()> {
    let (blocks, lines) = told.incidents.split_at(told.incidents.len().min(BLOCKS));
    let (lines, more) = lines.split_at(lines.len().min(LINES));
    if !more.is_empty() {
        let refusals: u64 = more.iter().map(|incident| incident.refusals).sum();
        let (incidents, refusals) = (
            count(more.len() as u64, "more incident"),
            count(refusals, "refusal"),
        );
        writeln!(
            out,
            "{DIM}{incidents} with {refusals}; -o ndjson tells all{DIM:#}"
        )?;
    }
    for incident in lines.iter().rev() {
        line(page, incident, out)?;
    }
    if !lines.is_empty() {
        writeln!(out)?;
    }
    for incident in blocks.iter().rev() {
        block(page, incident, out)?;
        writeln!(out)?;
    }
    total(told, out)?;
    if *told.summary != Summary::default() {
        writeln!(out)?;
    }
    footer(page, told.summary, Detail::Least, out)?;
    out.flush()
}

fn total<W: Write>(told: &Told<'_>, out: &mut W) -> io::Result<()> {
    let findings = told.gathered.findings;
    if findings == 0 {
        return writeln!(out, "No refused request was found.");
    }
    let shown: u64 = told.incidents.iter().map(|i| i.refusals).sum();
    let incidents = count(told.incidents.len() as u64, "incident");
    writeln!(
        out,
        "{BOLD}{incidents}{BOLD:#} with {shown} of {}; {}",
        count(findings, "refusal"),
        words::elsewhere(told.gathered, shown)
    )
}

fn line<W: Write>(page: &Page, incident: &Incident, out: &mut W) -> io::Result<()> {
    let style = colour(incident.cause);
    let head = format!("{:>6} ×  ", incident.refusals);
    let name = title(incident.cause, 1);
    let rest = format!(
        "  {} · {} · {}",
        words::who(incident),
        page.zone.show(incident.first),
        incident.id
    );
    let room = page.width.saturating_sub(width(&head) + width(&name));
    writeln!(out, "{head}{style}{name}{style:#}{}", fit(&rest, room))
}

fn block<W: Write>(page: &Page, incident: &Incident, out: &mut W) -> io::Result<()> {
    const MARGIN: usize = 3;
    let style = colour(incident.cause);
    let name = words::name(incident);
    let system = incident
        .system
        .map_or_else(String::new, |s| format!(" · {s}"));
    let right = format!("{}{system} · {}", incident.level.id(), incident.id);
    let gap = page
        .readable()
        .saturating_sub(width(&name) + width(&right))
        .max(2);
    writeln!(out, "{style}{name}{style:#}{:gap$}{DIM}{right}{DIM:#}", "")?;
    let mut block = Block::new(page, MARGIN, out);
    let peak = match incident.peak.1 {
        peak if peak < incident.refusals => format!(", {peak} in the worst minute"),
        _ => String::new(),
    };
    let refusals = count(incident.refusals, "refusal");
    block.line(&format!("{} · {refusals}{peak}", words::who(incident)))?;
    block.line(&page.zone.show_span(incident.first, incident.last))?;
    if let Some(told) = words::clock(page, incident) {
        block.paragraph("clock", ("", BOLD), &told)?;
    }
    if let Some(cause) = incident.cause {
        block.paragraph("why", ("", BOLD), cause.facts().summary)?;
    }
    block.paragraph("proof", ("", BOLD), &words::proof(incident))?;
    if let Some(trigger) = &incident.trigger {
        event(page, &mut block, "since", trigger, incident.first)?;
    }
    end(page, &mut block, incident)?;
    people(page, &mut block, incident)?;
    judgement(&mut block, incident)?;
    advice(&mut block, incident)
}

/// How much of all it was, and what it looks like.
fn judgement<W: Write>(block: &mut Block<'_, W>, incident: &Incident) -> io::Result<()> {
    let scope = words::scope(incident);
    if !scope.is_empty() {
        block.paragraph("scope", ("", BOLD), &scope)?;
    }
    if let Some(limit) = words::limit(incident) {
        block.paragraph("limit", ("", BOLD), &limit)?;
    }
    if let Some(otherwise) = words::otherwise(&incident.otherwise) {
        block.paragraph("without", ("", BOLD), &otherwise)?;
    }
    if let Some(attack) = &incident.attack {
        let lead = words::techniques(attack).unwrap_or_else(|| "None".to_owned());
        block.paragraph("attack", (&lead, BOLD), &format!(": {}", attack.because))?;
    }
    for gap in &incident.gaps {
        block.paragraph("gap", ("", BOLD), gap)?;
    }
    Ok(())
}

/// For the operator, and for those who are locked out.
fn advice<W: Write>(block: &mut Block<'_, W>, incident: &Incident) -> io::Result<()> {
    if let Some(fix) = &incident.fix {
        block.paragraph("fix", ("", BOLD), fix)?;
    }
    match incident.for_user() {
        Some(told) => block.paragraph("to user", ("", BOLD), told),
        None => Ok(()),
    }
}

/// `since    Administrator api secret changed, pritunl_journal.log:88, 12 s before; certain`
fn event<W: Write>(
    page: &Page,
    block: &mut Block<'_, W>,
    label: &str,
    trigger: &Trigger,
    moment: Micros,
) -> io::Result<()> {
    let rest = words::event(page, trigger, moment);
    block.paragraph(label, (&words::why(&trigger.why), BOLD), &rest)
}

fn end<W: Write>(page: &Page, block: &mut Block<'_, W>, incident: &Incident) -> io::Result<()> {
    if let Some(by) = &incident.end.by {
        event(page, block, "until", by, incident.last)?;
    }
    match words::end(incident) {
        Some(told) => block.paragraph("end", ("", BOLD), &told),
        None => Ok(()),
    }
}

fn people<W: Write>(page: &Page, block: &mut Block<'_, W>, incident: &Incident) -> io::Result<()> {
    lanes(page, block, "name", &incident.principals)?;
    lanes(page, block, "client", &incident.clients)
}

fn lanes<W: Write, K: Display>(
    page: &Page,
    block: &mut Block<'_, W>,
    label: &str,
    lanes: &Lanes<K>,
) -> io::Result<()> {
    for (n, lane) in lanes.kept.iter().take(NAMED).enumerate() {
        let who = lane.who.to_string();
        let who = fit(&visible(&who), NAME).into_owned();
        let told = format!(" {} ×{}", lane.refusals, successes(page, lane));
        block.paragraph(if n == 0 { label } else { "" }, (&who, BOLD), &told)?;
    }
    let more = lanes.kept.iter().skip(NAMED);
    let refusals: u64 = more.clone().map(|lane| lane.refusals).sum::<u64>() + lanes.rest;
    let number = more.count() as u64 + lanes.others;
    if number > 0 {
        let told = format!(
            "and {}{number} more with {}",
            lanes.bound(),
            count(refusals, "refusal")
        );
        block.paragraph("", ("", BOLD), &told)?;
    }
    Ok(())
}

fn successes<K>(page: &Page, lane: &Lane<K>) -> String {
    let show = |time: Option<Micros>, none: &str| {
        time.map_or_else(|| none.to_owned(), |time| page.zone.show(time))
    };
    match (lane.before, lane.after) {
        (None, None) => ", never let in".to_owned(),
        (before, after) => format!(
            ", let in before: {}, after: {}",
            show(before, "never"),
            show(after, "not")
        ),
    }
}
