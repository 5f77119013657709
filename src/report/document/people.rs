//! Who was affected: addresses, names, paths and agents.

use std::fmt::Display;
use std::hash::Hash;

use super::told::{Told, grouped, how_many, left_out, more, number, share, shown};
use super::{Block, Cell, Section, Table};
use crate::report::chart::{Bars, Chart, Plot};
use crate::report::digest::{Ranking, Standing};
use crate::report::text::title;

/// Bars of a chart, and rows of its table.
const BARS: usize = 10;
const ROWS: usize = 50;

/// What is counted, and how it is said.
struct Kind {
    id: &'static str,
    title: &'static str,
    caption: &'static str,
    column: &'static str,
    noun: &'static str,
    /// Refusals that have none.
    without: &'static str,
}

const CLIENTS: Kind = Kind {
    id: "addresses",
    title: "Refusals by address",
    caption: "Addresses that were refused",
    column: "address",
    noun: "address",
    without: "name no address",
};
const PRINCIPALS: Kind = Kind {
    id: "names",
    title: "Refusals by name",
    caption: "Names that were refused",
    column: "name",
    noun: "name",
    without: "name nobody",
};
const PATHS: Kind = Kind {
    id: "paths",
    title: "Refusals by path",
    caption: "Paths that were refused",
    column: "path",
    noun: "path",
    without: "are in no access log",
};
const AGENTS: Kind = Kind {
    id: "agents",
    title: "Refusals by user agent",
    caption: "User agents that were refused",
    column: "user agent",
    noun: "user agent",
    without: "name no user agent",
};

pub(super) fn section(told: &Told<'_>) -> Section {
    let digest = told.digest;
    let blocks = [
        of(told, &CLIENTS, &digest.clients),
        of(told, &PRINCIPALS, &digest.principals),
        of(told, &PATHS, &digest.paths),
        of(told, &AGENTS, &digest.agents),
    ];
    let mut blocks: Vec<Block> = blocks.into_iter().flatten().collect();
    if blocks.is_empty() {
        blocks.push(Block::Paragraph("Nobody.".to_owned()));
    }
    Section::new("affected", "Who was affected", blocks)
}

fn of<K: Display + Hash + Eq + Ord + Clone>(
    told: &Told<'_>,
    kind: &Kind,
    ranking: &Ranking<K>,
) -> Option<Block> {
    let all = ranking.sorted();
    let (most, standing) = all.first()?;
    let total = told.digest.verdicts.total();
    let bars = all.iter().take(BARS);
    let bars = bars.map(|(who, s)| (shown(&who.to_string()), s.refusals));
    let chart = Chart {
        id: kind.id.to_owned(),
        title: kind.title.to_owned(),
        desc: format!(
            "{} in all; most often {}: {}, {}.",
            how_many(ranking, kind.noun),
            shown(&most.to_string()),
            number(standing.refusals, "refusal"),
            share(standing.refusals, total)
        ),
        plot: Plot::Bars(Bars {
            rows: bars.collect(),
        }),
    };
    let row = |(who, s): &(&K, &Standing)| {
        vec![
            Cell::Said(shown(&who.to_string())),
            Cell::Number(s.refusals),
            Cell::Whole(share(s.refusals, total)),
            Cell::Words(title(s.cause(), s.causes.len())),
            Cell::Whole(told.time(s.first)),
            Cell::Whole(told.time(s.last)),
        ]
    };
    let refusals = ranking.beyond(ROWS);
    let others = ranking.number().saturating_sub(ROWS as u64);
    let without = total.saturating_sub(ranking.refusals());
    let without = (without > 0).then(|| format!("{} {}", grouped(without), kind.without));
    let rest = [more(others, kind.noun, refusals), without];
    let rest: Vec<String> = rest.into_iter().flatten().collect();
    let table = Table {
        caption: kind.caption,
        columns: vec![
            kind.column,
            "refusals",
            "share",
            "most for",
            "first",
            "last",
        ],
        rows: all.iter().take(ROWS).map(row).collect(),
        sum: None,
        left_out: left_out(&rest),
    };
    Some(Block::Chart(chart, table))
}
