//! The document as text.

use std::io::{self, Write};

use super::sheet::sheet;
use crate::report::Page;
use crate::report::chart::Plot;
use crate::report::document::{Block, Document, Exhibit, Section, Table};
use crate::report::text::{self, BOLD, DIM, width, wrap};

/// Rows of a table that stands below a chart.
const ROWS: usize = 12;

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
                for line in wrap(&spark(&stack.columns), page.width) {
                    writeln!(out, "{line}")?;
                }
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

fn of_table<W: Write>(table: &Table, most: usize, page: &Page, out: &mut W) -> io::Result<()> {
    sheet(table, most, page.width, out)?;
    let more = table.rows.len().saturating_sub(most);
    if more > 0 {
        writeln!(out, "{DIM}{more} more rows{DIM:#}")?;
    }
    match &table.left_out {
        Some(left_out) => text::Block::unlabelled(page, 0, out).text("", left_out),
        None => Ok(()),
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
