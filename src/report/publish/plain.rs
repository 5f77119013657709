//! The document as text.

use std::io::{self, Write};

use crate::report::Page;
use crate::report::chart::Plot;
use crate::report::document::{Block, Cell, Document, Exhibit, Section, Table};
use crate::report::text::{self, BOLD, DIM, fit, width};

/// Rows of a table that stands below a chart.
const ROWS: usize = 12;
/// Columns below which a text is not cut.
const LEAST: usize = 12;
/// Between two columns.
const GAP: usize = 2;

/// Writes it on a page, with colours: who makes the writer strips them where nobody sees them.
pub fn plain<W: Write>(document: &Document, page: &Page, out: &mut W) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", document.title)?;
    for line in &document.about {
        text::Block::unlabelled(page, 0, out).text("", line)?;
    }
    writeln!(out)?;
    for card in &document.cards {
        let (label, value, note) = (card.label, &card.value, &card.note);
        writeln!(out, "{label:<10} {BOLD}{value}{BOLD:#}  {DIM}{note}{DIM:#}")?;
    }
    for section in &document.sections {
        of_section(section, 1, page, out)?;
    }
    out.flush()
}

fn of_section<W: Write>(
    section: &Section,
    depth: usize,
    page: &Page,
    out: &mut W,
) -> io::Result<()> {
    writeln!(out)?;
    let title = match section.level {
        Some(of) => format!("{} ({})", section.title, of.id()),
        None => section.title.clone(),
    };
    if depth == 1 {
        let rule = "─".repeat(page.readable().saturating_sub(width(&title) + 1));
        writeln!(out, "{BOLD}{title}{BOLD:#} {DIM}{rule}{DIM:#}")?;
    } else {
        writeln!(out, "{BOLD}{title}{BOLD:#}")?;
    }
    for (n, block) in section.blocks.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        of_block(block, page, out)?;
    }
    for inner in &section.sections {
        of_section(inner, depth + 1, page, out)?;
    }
    Ok(())
}

fn of_block<W: Write>(block: &Block, page: &Page, out: &mut W) -> io::Result<()> {
    match block {
        Block::Lead(sentences) => {
            for sentence in sentences {
                text::Block::unlabelled(page, 0, out).text("", sentence)?;
            }
            Ok(())
        }
        Block::Paragraph(said) => text::Block::unlabelled(page, 0, out).text("", said),
        Block::Facts(facts) => {
            let mut block = text::Block::new(page, 0, out);
            for (label, said) in facts {
                block.paragraph(label, ("", BOLD), said)?;
            }
            Ok(())
        }
        Block::Table(table) => of_table(table, usize::MAX, page, out),
        Block::Chart(chart, table) => {
            let lead = format!("{}. ", chart.title);
            text::Block::unlabelled(page, 0, out).text(&lead, &chart.desc)?;
            if let Plot::Stack(stack) = &chart.plot {
                writeln!(out, "{}", spark(&stack.columns))?;
            }
            of_table(table, ROWS, page, out)
        }
        Block::Exhibit(exhibit) => of_exhibit(exhibit, page, out),
    }
}

fn of_exhibit<W: Write>(exhibit: &Exhibit, page: &Page, out: &mut W) -> io::Result<()> {
    text::Block::unlabelled(page, 0, out).text(&exhibit.title, "")?;
    text::Block::unlabelled(page, 2, out).text("", &exhibit.message)?;
    for line in &exhibit.lines {
        let mut block = text::Block::new(page, 2, out);
        let about = line.bytes.iter().chain(&line.clock);
        let about: Vec<&str> = about.map(String::as_str).collect();
        let about = format!(" {}", about.join(", "));
        block.paragraph(line.role, (&line.place, BOLD), &about)?;
        block.paragraph("", ("", DIM), &line.hash)?;
        block.paragraph("", ("", DIM), &line.text)?;
    }
    Ok(())
}

/// Columns below each other; where the page is too narrow, the widest text is cut.
fn of_table<W: Write>(table: &Table, most: usize, page: &Page, out: &mut W) -> io::Result<()> {
    let shown = table.rows.iter().take(most).chain(&table.sum);
    let rows: Vec<Vec<(String, bool)>> =
        shown.map(|row| row.iter().map(of_cell).collect()).collect();
    let mut widths: Vec<usize> = table.columns.iter().map(|name| width(name)).collect();
    for row in &rows {
        for (wide, (text, _)) in widths.iter_mut().zip(row) {
            *wide = width(text).max(*wide);
        }
    }
    let room = page
        .width
        .saturating_sub(GAP * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let over = widths.iter().sum::<usize>() - room;
        let Some(widest) = widths.iter_mut().max() else {
            break;
        };
        if *widest <= LEAST {
            break;
        }
        *widest -= over.min(*widest - LEAST).min((*widest / 8).max(1));
    }
    let is_right = |at: usize| {
        rows.first()
            .and_then(|row| row.get(at))
            .is_some_and(|(_, n)| *n)
    };
    let headings = table.columns.iter().enumerate();
    let headings: Vec<_> = headings
        .map(|(at, name)| ((*name).to_owned(), is_right(at)))
        .collect();
    write!(out, "{DIM}")?;
    of_row(&headings, &widths, out)?;
    write!(out, "{DIM:#}")?;
    for row in &rows {
        of_row(row, &widths, out)?;
    }
    let more = table.rows.len().saturating_sub(most);
    if more > 0 {
        writeln!(out, "{DIM}{more} more rows{DIM:#}")?;
    }
    match &table.left_out {
        Some(left_out) => text::Block::unlabelled(page, 0, out).text("", left_out),
        None => Ok(()),
    }
}

fn of_row<W: Write>(row: &[(String, bool)], widths: &[usize], out: &mut W) -> io::Result<()> {
    let mut line = String::new();
    for (n, ((text, is_right), wide)) in row.iter().zip(widths).enumerate() {
        let text = fit(text, *wide);
        let pad = " ".repeat(wide.saturating_sub(width(&text)));
        let gap = if n == 0 { "" } else { "  " };
        let [before, after] = if *is_right { [&*pad, ""] } else { ["", &*pad] };
        line.extend([gap, before, &text, after]);
    }
    writeln!(out, "{}", line.trim_end())
}

/// The text of a cell, and whether it stands to the right.
fn of_cell(cell: &Cell) -> (String, bool) {
    match cell {
        Cell::Empty => (String::new(), false),
        Cell::Words(text) | Cell::Time(text) | Cell::Said(text) | Cell::Link(text, _) => {
            (text.clone(), false)
        }
        Cell::Number(number) => (number.to_string(), true),
        Cell::Level(of) => (of.id().to_owned(), false),
    }
}

/// Columns as one line: `▁▃█▂`; a dot where nothing was.
pub(super) fn spark(columns: &[Vec<u64>]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let sums: Vec<u64> = columns.iter().map(|column| column.iter().sum()).collect();
    let most = sums.iter().max().copied().unwrap_or(0).max(1);
    let bar = |sum: &u64| match *sum {
        0 => '·',
        n => {
            BARS[usize::try_from((n * 8).div_ceil(most) - 1)
                .unwrap_or(7)
                .min(7)]
        }
    };
    sums.iter().map(bar).collect()
}
