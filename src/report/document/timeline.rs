//! What happened one after the other, and what set it off.

use super::incidents::link as incident_link;
use super::lanes::Marks;
use super::told::{self, Told, number, shown};
use super::{Block, Cell, Section, Table, over_time};
use crate::event::{Micros, SECOND};
use crate::incident::Incident;
use crate::report::incidents::words::{self, name};
use crate::report::stretch;

/// Rows; of more the least important go.
const ROWS: usize = 120;
/// What is over sooner is told in one row.
const SHORT: Micros = 60 * SECOND;

/// A row, and how much it matters.
struct Row {
    time: Micros,
    weight: u8,
    what: Cell,
    text: String,
    place: String,
}

pub(super) fn section(told: &Told<'_>) -> Section {
    let mut blocks = over_time::refusals(told);
    let mut rows = rows(told);
    let all = rows.len();
    if all > ROWS {
        rows.sort_by_key(|row| std::cmp::Reverse(row.weight));
        rows.truncate(ROWS);
    }
    rows.sort_by_key(|row| row.time);
    let left_out = all - rows.len();
    if rows.is_empty() {
        let text = "No incident, no change and no gap.";
        blocks.push(Block::Paragraph(text.to_owned()));
        return Section::new("timeline", "Timeline", blocks);
    }
    blocks.push(Block::Table(Table {
        caption: "What happened, in the order of time",
        columns: vec!["time", "what", "", "line"],
        rows: rows.into_iter().map(|row| cells(told, row)).collect(),
        sum: None,
        left_out: (left_out > 0).then(|| {
            format!(
                "{} that matter less are left out.",
                number(left_out as u64, "row")
            )
        }),
    }));
    Section::new("timeline", "Timeline", blocks)
}

fn cells(told: &Told<'_>, row: Row) -> Vec<Cell> {
    vec![
        Cell::Whole(told.time(row.time)),
        row.what,
        Cell::words(row.text),
        Cell::words(row.place),
    ]
}

fn rows(told: &Told<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, incident) in told.incidents().enumerate() {
        of_incident(told, incident, at, &mut rows);
    }
    let known: Vec<_> = told.incidents().flat_map(told::triggers).collect();
    for changed in &told.digest.changes.kept {
        let is_known = known
            .iter()
            .any(|(_, trigger, _)| trigger.why.place() == Some(changed.place));
        if !is_known {
            let said = changed.reason.as_deref().unwrap_or(&changed.action);
            rows.push(Row {
                time: changed.time,
                weight: 0,
                what: Cell::words("change"),
                text: shown(said),
                place: told.page.place(changed.place),
            });
        }
    }
    for gap in &told.summary.gaps {
        let (names, what) = stretch(told.page, gap);
        rows.extend(gap.from.map(|time| Row {
            time,
            weight: 2,
            what: Cell::words("gap"),
            text: format!("{names}{what}"),
            place: String::new(),
        }));
    }
    rows
}

fn of_incident(told: &Told<'_>, incident: &Incident, at: usize, rows: &mut Vec<Row>) {
    let weight = 3 + incident.level as u8;
    let link = |what: &str| incident_link(what.to_owned(), incident, at);
    let row = |time, what, text| Row {
        time,
        weight,
        what,
        text,
        place: String::new(),
    };
    let (name, who) = (name(incident), words::who(incident));
    let refusals = number(incident.refusals, "refusal");
    let lasted = incident.last - incident.first;
    let within = words::long(lasted);
    if lasted < SHORT {
        let within = match lasted {
            0..SECOND => String::new(),
            _ => format!(" within {within}"),
        };
        let text = format!("{name}: {refusals} of {who}{within}");
        rows.push(row(incident.first, link("refused"), text));
    } else {
        let text = format!("{name}: {who}");
        rows.push(row(incident.first, link("begins"), text));
        let text = format!("{name}: the last of {refusals}, after {within}");
        rows.push(row(incident.last, link("last refusal"), text));
    }
    for (what, trigger, _) in told::triggers(incident) {
        let place = trigger.why.place();
        rows.extend(trigger.time.map(|time| Row {
            place: place.map_or_else(String::new, |place| told.page.place(place)),
            ..row(time, link(what), shown(&words::why(&trigger.why)))
        }));
    }
    let after = incident.end.time.filter(|time| *time > incident.last);
    if let (Some(time), None) = (after, &incident.end.by) {
        let all = words::known(incident);
        let text = match incident.end.recovered {
            (1, 1) => format!("{name}: {who} again"),
            (1, _) => format!("{name}: one of {all} again"),
            (some, _) => format!("{name}: the first of {some}, of {all}, again"),
        };
        rows.push(row(time, link("let in"), text));
    }
}

/// What set the incidents off, with the numbers that stand in the chart.
pub(super) fn triggers(told: &Told<'_>) -> Section {
    let marks = Marks::of(told);
    let mut rows = Vec::new();
    for (at, incident) in told.incidents().enumerate() {
        for (what, trigger, moment) in told::triggers(incident) {
            let number = marks.number(at, what);
            rows.push(vec![
                number.map_or(Cell::Empty, |n| Cell::Number(n as u64)),
                trigger
                    .time
                    .map_or(Cell::Empty, |t| Cell::Whole(told.time(t))),
                Cell::words(told.trigger(trigger, moment)),
                Cell::words(what),
                incident_link(name(incident), incident, at),
            ]);
        }
    }
    let blocks = if rows.is_empty() {
        let changes = told.digest.changes.kept.len() as u64 + told.digest.changes.rest;
        let text = match changes {
            0 => "The logs tell of no change on the server.".to_owned(),
            n => format!(
                "None of {} set an incident off or ended one.",
                number(n, "change")
            ),
        };
        vec![Block::Paragraph(text)]
    } else {
        vec![Block::Table(Table {
            caption: "What set the incidents off, and what ended them",
            columns: vec!["mark", "time", "what", "", "incident"],
            rows,
            ..Table::default()
        })]
    };
    Section::new("triggers", "Triggers", blocks)
}
