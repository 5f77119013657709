//! The incidents, the worst first: a table of all, and what is known of each.

use super::told::{Told, anchor, number, shown};
use super::{Block, Cell, Section, Table, lanes};
use crate::incident::{Counts, Ended, Incident};
use crate::level::Level;
use crate::report::incidents::words::{self, name};

/// Incidents that have a section each.
const SECTIONS: usize = 20;
/// Rows of the table.
const ROWS: usize = 200;
/// Refusals from which on an incident is worth a picture, however low its level.
const DRAWN: u64 = 8;
/// Paths and agents that are named.
const NAMED: usize = 4;

pub(super) fn section(told: &Told<'_>) -> Section {
    let mut blocks = vec![totals(told)];
    blocks.extend(list(told));
    let mut section = Section::new("incidents", "Incidents", blocks);
    let sections = told.incidents().take(SECTIONS).zip(1..);
    section.sections = sections.map(|(i, at)| incident(told, i, at)).collect();
    section
}

/// How all findings come to stand in an incident, or in none.
fn totals(told: &Told<'_>) -> Block {
    let gathered = told.gathered;
    if gathered.findings == 0 {
        return Block::Paragraph("No refused request was found.".to_owned());
    }
    if gathered.incidents.is_empty() && gathered.forgotten.0 == 0 {
        let all = number(gathered.findings, "refusal");
        return Block::Paragraph(format!(
            "No incident: {all}, and none belongs with another."
        ));
    }
    let shown: u64 = told.incidents().map(|i| i.refusals).sum();
    Block::Paragraph(format!(
        "{} with {shown} of {} in all that was read; {}. An incident is told whole, also where it reaches beyond what is asked for.",
        number(told.incidents().len() as u64, "incident"),
        number(gathered.findings, "refusal"),
        words::elsewhere(gathered, shown)
    ))
}

fn list(told: &Told<'_>) -> Option<Block> {
    let all = told.incidents().len();
    if all == 0 {
        return None;
    }
    let row = |(at, i): (usize, &Incident)| {
        vec![
            Cell::Level(i.level),
            link(name(i), i, at),
            Cell::Said(words::who(i)),
            Cell::Number(i.refusals),
            Cell::Whole(told.time(i.first)),
            Cell::Whole(words::long(i.last - i.first)),
            Cell::words(ended(i.end.ended)),
            Cell::Whole(i.id.to_string()),
        ]
    };
    Some(Block::Table(Table {
        caption: "Incidents, the worst first",
        columns: vec![
            "level", "what", "who", "refusals", "since", "for", "end", "id",
        ],
        rows: told.incidents().enumerate().take(ROWS).map(row).collect(),
        sum: None,
        left_out: (all > ROWS).then(|| {
            let more = number((all - ROWS) as u64, "more incident");
            format!("{more}; -o json tells all.")
        }),
    }))
}

/// Leads to the section of an incident, where it has one; `at`: how many are worse.
pub(super) fn link(text: String, incident: &Incident, at: usize) -> Cell {
    if at < SECTIONS {
        Cell::Link(text, anchor(incident))
    } else {
        Cell::words(text)
    }
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Change => "mended",
        Ended::Accepted => "let in again",
        Ended::Quiet => "tried no more",
        Ended::Open => "not known",
    }
}

fn incident(told: &Told<'_>, incident: &Incident, at: usize) -> Section {
    let mut blocks = vec![Block::Facts(facts(told, incident))];
    let is_drawn = incident.level > Level::Low || incident.refusals >= DRAWN;
    let chart = is_drawn.then(|| lanes::chart(told, incident)).flatten();
    blocks.push(chart.unwrap_or_else(|| Block::Table(lanes::table(told, incident))));
    Section {
        level: Some(incident.level),
        ..Section::new(
            anchor(incident),
            format!("{at}. {}", name(incident)),
            blocks,
        )
    }
}

fn facts(told: &Told<'_>, i: &Incident) -> Vec<(&'static str, String)> {
    let peak = match i.peak.1 {
        peak if peak < i.refusals => {
            format!(", {peak} in the worst minute, {}", told.time(i.peak.0))
        }
        _ => String::new(),
    };
    let system = i.system.map_or_else(String::new, |s| format!(" on {s}"));
    let mut facts = vec![
        (
            "who",
            format!(
                "{}{system}, {}{peak}",
                words::who(i),
                number(i.refusals, "refusal")
            ),
        ),
        ("when", told.span(i.first, i.last)),
    ];
    facts.extend(words::clock(told.page, i).map(|told| ("clock", told)));
    if let Some(cause) = i.cause {
        facts.push(("why", cause.facts().summary.to_owned()));
    }
    if !i.or.is_empty() {
        let or: Vec<&str> = i.or.iter().map(|cause| cause.facts().title).collect();
        facts.push(("or", or.join(", ")));
    }
    let confidence = i.confidence.id();
    facts.push((
        "proof",
        format!("{}; confidence {confidence}", words::proof(i)),
    ));
    if let Some(trigger) = &i.trigger {
        facts.push(("since", told.trigger(trigger, i.first)));
    }
    if let Some(by) = &i.end.by {
        facts.push(("until", told.trigger(by, i.last)));
    }
    facts.extend(words::end(i).map(|end| ("end", end)));
    judgement(i, &mut facts);
    facts.extend(named("paths", &i.paths));
    facts.extend(named("agents", &i.agents));
    facts.extend(i.fix.iter().map(|fix| ("fix", fix.to_string())));
    facts.extend(i.for_user().map(|told| ("to user", told.to_owned())));
    facts.push(("findings", format!("why401 explain --incident {}", i.id)));
    facts
}

/// How much of all it was, and what it looks like.
fn judgement(i: &Incident, facts: &mut Vec<(&'static str, String)>) {
    let scope = words::scope(i);
    if !scope.is_empty() {
        facts.push(("scope", scope));
    }
    if let Some(limit) = words::limit(i) {
        facts.push(("limit", shown(&limit)));
    }
    facts.extend(words::otherwise(&i.otherwise).map(|told| ("without", told)));
    if let Some(attack) = &i.attack {
        let lead = words::techniques(attack).unwrap_or_else(|| "none".to_owned());
        facts.push(("attack", format!("{lead}: {}", shown(&attack.because))));
    }
    let gaps = i.gaps.iter().map(|gap| ("gap", shown(gap)));
    facts.extend(gaps);
}

fn named(label: &'static str, counts: &Counts<Box<str>>) -> Option<(&'static str, String)> {
    if counts.kept.is_empty() {
        return None;
    }
    let few = counts.kept.iter().take(NAMED);
    let mut told: Vec<String> = few
        .map(|(key, n)| format!("{} ({n})", shown(key)))
        .collect();
    let more = counts.kept.len().saturating_sub(NAMED);
    if more > 0 || counts.rest > 0 {
        told.push("and others".to_owned());
    }
    Some((label, told.join(", ")))
}
