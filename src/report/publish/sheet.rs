//! A table as text: columns beside each other, and where the page is too narrow, cells of several lines.

use std::io::{self, Write};

use crate::report::document::{Cell, Table};
use crate::report::text::{DIM, width, wrap};

/// Between two columns.
const GAP: usize = 2;
/// How narrow a column of words becomes, and any column where that is not enough.
const WORDS: usize = 9;
const LEAST: usize = 4;

/// What stands in a cell, and how.
struct Field {
    text: String,
    /// A number, which stands to the right.
    is_right: bool,
    /// Broken only where there is no other way.
    is_whole: bool,
}

/// Writes as many rows, and the sums, on a page of so many columns.
pub(super) fn sheet<W: Write>(
    table: &Table,
    rows: usize,
    page: usize,
    out: &mut W,
) -> io::Result<()> {
    let shown = table.rows.iter().take(rows).chain(&table.sum);
    let rows: Vec<Vec<Field>> = shown
        .map(|row| row.iter().map(Field::of).collect())
        .collect();
    let of_column = |at: usize| rows.iter().filter_map(move |row| row.get(at));
    let columns = table.columns.iter().enumerate();
    let headings: Vec<Field> = columns
        .map(|(at, name)| Field {
            text: (*name).to_owned(),
            is_right: of_column(at).any(|cell| cell.is_right),
            is_whole: of_column(at).any(|cell| cell.is_whole),
        })
        .collect();
    let widths = headings.iter().enumerate().map(|(at, heading)| {
        let cells = of_column(at).map(|cell| width(&cell.text));
        cells.fold(width(&heading.text), usize::max)
    });
    let widths = narrowed(widths.collect(), &headings, page);
    write!(out, "{DIM}")?;
    row(&headings, &widths, out)?;
    write!(out, "{DIM:#}")?;
    rows.iter().try_for_each(|cells| row(cells, &widths, out))
}

/// Widths with which the columns fit on the page: the widest becomes narrower, words before what should stay whole.
fn narrowed(mut widths: Vec<usize>, columns: &[Field], page: usize) -> Vec<usize> {
    let room = page.saturating_sub(GAP * widths.len().saturating_sub(1));
    for (least, is_all) in [(WORDS, false), (LEAST, true)] {
        while widths.iter().sum::<usize>() > room {
            let narrow = widths.iter_mut().zip(columns);
            let narrow =
                narrow.filter(|(wide, column)| **wide > least && (is_all || !column.is_whole));
            let Some((widest, _)) = narrow.max_by_key(|(wide, _)| **wide) else {
                break;
            };
            *widest -= 1;
        }
    }
    widths
}

fn row<W: Write>(cells: &[Field], widths: &[usize], out: &mut W) -> io::Result<()> {
    let lines = cells.iter().zip(widths);
    let lines: Vec<Vec<String>> = lines.map(|(cell, wide)| wrap(&cell.text, *wide)).collect();
    let most = lines.iter().map(Vec::len).max().unwrap_or(0);
    for n in 0..most {
        let mut told = String::new();
        for (at, ((cell, wide), lines)) in cells.iter().zip(widths).zip(&lines).enumerate() {
            let text = lines.get(n).map_or("", String::as_str);
            let pad = " ".repeat(wide.saturating_sub(width(text)));
            let gap = if at == 0 { 0 } else { GAP };
            let [before, after] = if cell.is_right {
                [&*pad, ""]
            } else {
                ["", &*pad]
            };
            told.extend([&*" ".repeat(gap), before, text, after]);
        }
        writeln!(out, "{}", told.trim_end())?;
    }
    Ok(())
}

impl Field {
    fn of(cell: &Cell) -> Self {
        let (text, is_right, is_whole) = match cell {
            Cell::Empty => (String::new(), false, false),
            Cell::Words(text) | Cell::Said(text) | Cell::Link(text, _) => {
                (text.clone(), false, false)
            }
            Cell::Whole(text) => (text.clone(), false, true),
            Cell::Number(number) => (number.to_string(), true, true),
            Cell::Level(level) => (level.id().to_owned(), false, true),
        };
        Self {
            text,
            is_right,
            is_whole,
        }
    }
}
