//! Causes, and how sure they are. The sums add up.

use super::told::{Told, number, share};
use super::{Block, Cell, Section, Table};
use crate::report::digest::Verdicts;
use crate::report::text::title;

pub(super) fn section(told: &Told<'_>) -> Section {
    let digest = told.digest;
    let total = digest.verdicts.total();
    let causes = digest.causes();
    let rows = causes
        .iter()
        .map(|(cause, v)| row(title(*cause, 1), v, total));
    let table = Table {
        caption: "Causes, and how sure they are",
        columns: vec![
            "cause",
            "explained",
            "silent",
            "ambiguous",
            "unknown",
            "all",
            "share",
        ],
        rows: rows.collect(),
        sum: Some(row("all".to_owned(), &digest.verdicts, total)),
        left_out: None,
    };
    let text = "Explained: one cause is left. Silent: proven that the server wrote no line, and more than one cause is \
         left. Ambiguous: more than one is left, and a line exists or may have existed. Unknown: the log does not cover \
         the moment, and nothing narrows it down. Where more than one is left, the likeliest counts.";
    let mut blocks = vec![Block::Table(table), Block::Paragraph(text.to_owned())];
    let statuses = digest.statuses.sorted();
    if !statuses.is_empty() {
        let told: Vec<String> = statuses
            .iter()
            .map(|(status, s)| format!("{status}: {}", number(s.refusals, "refusal")))
            .collect();
        blocks.push(Block::Facts(vec![("status", told.join(", "))]));
    }
    Section::new("causes", "Causes", blocks)
}

fn row(name: String, of: &Verdicts, total: u64) -> Vec<Cell> {
    vec![
        Cell::Words(name),
        Cell::Number(of.explained),
        Cell::Number(of.silent),
        Cell::Number(of.ambiguous),
        Cell::Number(of.unknown),
        Cell::Number(of.total()),
        Cell::Whole(share(of.total(), total)),
    ]
}
