//! What can be counted of an index.

use super::{Result, Writer};
use crate::metrics::{Kind, Metric};

/// A name, what it is, its labels, and the rows that give their values and, last, its own.
struct Figure(
    &'static str,
    &'static str,
    Kind,
    &'static [&'static str],
    &'static str,
);

const FIGURES: &[Figure] = &[
    Figure(
        "why401_lines_read_total",
        "Lines read of the files that are known.",
        Kind::Counter,
        &["input"],
        "SELECT i.name, sum(p.lines) FROM part p JOIN input i ON i.id = p.input GROUP BY i.id",
    ),
    Figure(
        "why401_lines_unparsed_total",
        "Lines that are of no known form.",
        Kind::Counter,
        &["input"],
        "SELECT i.name, sum(p.unparsed) FROM part p JOIN input i ON i.id = p.input GROUP BY i.id",
    ),
    Figure(
        "why401_gaps_total",
        "Times when something was written that could not be read.",
        Kind::Counter,
        &["input", "why"],
        "SELECT i.name, l.why, count(*) FROM lost l JOIN part p ON p.id = l.part
         JOIN input i ON i.id = p.input GROUP BY i.id, l.why",
    ),
    Figure(
        "why401_lost_bytes_total",
        "Bytes that are known to be lost; perhaps more are.",
        Kind::Counter,
        &["input"],
        "SELECT i.name, sum(l.bytes) FROM lost l JOIN part p ON p.id = l.part
         JOIN input i ON i.id = p.input GROUP BY i.id",
    ),
    Figure(
        "why401_findings",
        "Findings in the index.",
        Kind::Gauge,
        &["system", "verdict", "cause"],
        "SELECT system, verdict, cause, sum(findings) FROM finding_minute GROUP BY 1, 2, 3",
    ),
    Figure(
        "why401_clock_offset_seconds",
        "How far the clock of an input is ahead of another's.",
        Kind::Gauge,
        &["input", "reference"],
        "SELECT input, reference, offset_s FROM clock_offset
         WHERE rowid IN (SELECT max(rowid) FROM clock_offset GROUP BY input, reference)",
    ),
    Figure(
        "why401_alerts",
        "Alerts in the index.",
        Kind::Gauge,
        &["rule", "state"],
        "SELECT rule, state, count(*) FROM alert GROUP BY 1, 2",
    ),
    Figure(
        "why401_outbox_deliveries",
        "Deliveries in the index: waiting, delivered, or dead.",
        Kind::Gauge,
        &["hook", "state"],
        "SELECT hook, state, count(*) FROM delivery GROUP BY 1, 2",
    ),
    Figure(
        "why401_hook_runs_total",
        "Runs of hooks, by how they ended.",
        Kind::Counter,
        &["hook", "result"],
        "SELECT hook, result, runs FROM hook_run",
    ),
    Figure(
        "why401_hook_run_seconds_total",
        "How long hooks ran in all.",
        Kind::Counter,
        &["hook"],
        "SELECT hook, sum(took) / 1e6 FROM hook_run GROUP BY 1",
    ),
    Figure(
        "why401_index_bytes",
        "Size of the index.",
        Kind::Gauge,
        &[],
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    ),
];

impl Writer {
    pub fn figures(&self) -> Result<Vec<Metric>> {
        let metric = |Figure(name, help, kind, labels, sql): &Figure| {
            let mut ask = self.connection.prepare_cached(sql)?;
            let samples = ask.query_map([], |row| {
                let values = (0..labels.len()).map(|column| row.get(column));
                let values = values.collect::<rusqlite::Result<Vec<String>>>()?;
                Ok((values, row.get(labels.len())?))
            })?;
            Ok(Metric {
                name,
                help,
                kind: *kind,
                labels,
                samples: samples.collect::<rusqlite::Result<_>>()?,
            })
        };
        FIGURES.iter().map(metric).collect()
    }
}
