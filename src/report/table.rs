//! How many findings there are of each cause, and how sure they are.

use std::io::{self, Write};

use super::group::{Groups, Proof};
use super::text::{BOLD, DIM, colour, width};
use crate::cause::Cause;

/// A column: its heading, how wide it is, and which proof it counts; `None`: all of them.
struct Column {
    heading: &'static str,
    columns: usize,
    proof: Option<Proof>,
}

impl Column {
    fn new(proof: Option<Proof>, most: u64) -> Self {
        let heading = match proof {
            Some(Proof::Line) => "by line",
            Some(Proof::Answer) => "by answer",
            Some(Proof::Silent) => "silent",
            Some(Proof::Ambiguous) => "ambiguous",
            Some(Proof::Unknown) => "unknown",
            None => "all",
        };
        Self {
            heading,
            columns: width(heading).max(most.to_string().len()),
            proof,
        }
    }

    fn is_explained(&self) -> bool {
        matches!(self.proof, Some(Proof::Line | Proof::Answer))
    }

    fn cell(&self, row: &[u64; 5]) -> u64 {
        self.proof
            .map_or_else(|| row.iter().sum(), |proof| row[proof as usize])
    }
}

/// Findings per cause and proof; a proof that never was has no column. Where the page is too narrow, a row
/// takes two lines.
pub(super) fn write<W: Write>(groups: &Groups, page: usize, out: &mut W) -> io::Result<()> {
    let all = Proof::ALL.map(|proof| groups.total_of(proof));
    let proofs = Proof::ALL.into_iter().zip(all).filter(|(_, n)| *n > 0);
    let columns: Vec<Column> = proofs
        .map(|(proof, most)| Column::new(Some(proof), most))
        .chain([Column::new(None, groups.total())])
        .collect();
    let mut rows: Vec<_> = groups.counts.iter().collect();
    rows.sort_by_key(|(cause, row)| (row.iter().sum::<u64>(), **cause));
    let names = rows.iter().map(|(cause, _)| width(name(**cause)));
    let names = names.max().unwrap_or(0);
    let cells: usize = columns.iter().map(|column| column.columns + 2).sum();
    let sheet = if names + cells <= page {
        Sheet { names, gap: 2 }
    } else {
        Sheet { names: 0, gap: 1 }
    };
    sheet.headings(&columns, out)?;
    for (cause, row) in rows {
        let style = colour(*cause);
        let name = name(*cause);
        write!(out, "{style}{name}{style:#}")?;
        sheet.cells(width(name), &columns, row, out)?;
    }
    write!(out, "{BOLD}all{BOLD:#}")?;
    sheet.cells(3, &columns, &all, out)
}

fn name(cause: Option<Cause>) -> &'static str {
    cause.map_or("Not known", |cause| cause.facts().title)
}

/// Where the columns stand.
struct Sheet {
    /// Columns of the names; none where they stand in a line of their own.
    names: usize,
    /// Before each column.
    gap: usize,
}

impl Sheet {
    /// Above the columns of what is explained stands that it is.
    fn headings<W: Write>(&self, columns: &[Column], out: &mut W) -> io::Result<()> {
        const OVER: &str = "explained";
        let whole = |column: &Column| column.columns + self.gap;
        let explained = columns.iter().filter(|column| column.is_explained());
        let over: usize = explained.map(whole).sum();
        if over > 0 {
            let right = (self.names + over).max(OVER.len());
            writeln!(out, "{DIM}{OVER:>right$}{DIM:#}")?;
        }
        write!(out, "{DIM}{:1$}", "", self.names)?;
        for column in columns {
            write!(out, "{:>1$}", column.heading, whole(column))?;
        }
        writeln!(out, "{DIM:#}")
    }

    /// What stands after a name of so many columns.
    fn cells<W: Write>(
        &self,
        name: usize,
        columns: &[Column],
        row: &[u64; 5],
        out: &mut W,
    ) -> io::Result<()> {
        if self.names == 0 {
            writeln!(out)?;
        }
        write!(out, "{:1$}", "", self.names.saturating_sub(name))?;
        for column in columns {
            let columns = column.columns + self.gap;
            match (column.cell(row), column.proof) {
                (0, _) => write!(out, "{DIM}{:>columns$}{DIM:#}", "·")?,
                (n, None) => write!(out, "{BOLD}{n:>columns$}{BOLD:#}")?,
                (n, Some(_)) => write!(out, "{n:>columns$}")?,
            }
        }
        writeln!(out)
    }
}
