//! What the clocks say, and what could not be seen.

use super::told::{Told, grouped, number, share, shown};
use super::{Block, Cell, Section, Table};
use crate::report::sanitize::visible;
use crate::report::{clock, local, stretch};
use crate::summary::{Summary, Tally};

/// `99.98 %`, and `of bytes, 14 lines unparsed`.
pub(super) fn coverage(summary: &Summary) -> (String, String) {
    let sum = |of: fn(&Tally) -> u64| summary.parts.iter().map(of).sum::<u64>();
    let unparsed = sum(|t| t.bytes.unparsed);
    let all = sum(|t| t.bytes.parsed) + sum(|t| t.bytes.ignored) + unparsed;
    let lines = sum(|t| t.unparsed);
    if all == 0 {
        // What an index keeps does not always tell bytes.
        let read = sum(|t| t.lines);
        let note = format!("of lines, {} unparsed", number(lines, "line"));
        return (share(read - lines, read), note);
    }
    let note = format!("of bytes, {} unparsed", number(lines, "line"));
    (share(all - unparsed, all), note)
}

pub(super) fn clocks(told: &Told<'_>) -> Section {
    let mut lines = Vec::new();
    for zone in &told.summary.zones {
        lines.push(format!("{}{}", told.page.short(&zone.input), local(zone)));
    }
    for offset in &told.summary.clock_offsets {
        let name = told.page.short(&offset.input);
        lines.push(format!("{name}{}", clock(told.page, offset)));
    }
    if lines.is_empty() {
        lines.push("There are no two logs whose clocks could be compared.".to_owned());
    }
    let facts = lines
        .into_iter()
        .map(|line| ("clock", visible(&line).into_owned()));
    Section::new("clocks", "Clocks", vec![Block::Facts(facts.collect())])
}

pub(super) fn section(told: &Told<'_>) -> Section {
    let (read, note) = coverage(told.summary);
    let mut blocks = vec![Block::Paragraph(format!("This is based on {read} {note}."))];
    let mut facts = Vec::new();
    for gap in &told.summary.gaps {
        let (names, what) = stretch(told.page, gap);
        facts.push(("gap", visible(&format!("{names}{what}")).into_owned()));
    }
    if facts.is_empty() {
        facts.push((
            "gap",
            "none: the logs were alive around every refusal".to_owned(),
        ));
    }
    let notes = told.summary.notes.iter();
    facts.extend(notes.map(|note| ("note", visible(note).into_owned())));
    blocks.push(Block::Facts(facts));
    blocks.push(Block::Table(read_table(told)));
    Section::new("unseen", "What could not be seen", blocks)
}

fn read_table(told: &Told<'_>) -> Table {
    let row = |part: &Tally| {
        let first = part.first_unparsed.first();
        let first = first.map_or_else(String::new, |(place, why)| {
            shown(&format!("{}: {why}", told.page.place(*place)))
        });
        vec![
            Cell::Said(told.page.name(part.part).into_owned()),
            Cell::words(part.format),
            Cell::Number(part.lines),
            Cell::Number(part.parsed),
            Cell::Number(part.ignored),
            Cell::Number(part.unparsed),
            Cell::words(first),
        ]
    };
    let sum = |of: fn(&Tally) -> u64| Cell::Number(told.summary.parts.iter().map(of).sum());
    let folder = told.page.folder();
    Table {
        caption: "What was read",
        columns: vec![
            "file",
            "format",
            "lines",
            "parsed",
            "ignored",
            "unparsed",
            "the first unparsed",
        ],
        rows: told.summary.parts.iter().map(row).collect(),
        sum: Some(vec![
            Cell::Words(grouped(told.summary.parts.len() as u64)),
            Cell::Empty,
            sum(|t| t.lines),
            sum(|t| t.parsed),
            sum(|t| t.ignored),
            sum(|t| t.unparsed),
            Cell::Empty,
        ]),
        left_out: folder.map(|folder| format!("All in {folder}.")),
    }
}
