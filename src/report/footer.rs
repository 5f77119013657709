//! The end of every text report: how far what was read can be trusted.

use std::io::{self, Write};

use super::text::{BOLD, Block, Page};
use crate::event::Micros;
use crate::summary::{ClockOffset, Gap, Summary, Tally};

/// Parts that are named, those with unparsed lines first.
const NAMED: usize = 8;

/// Writes clock offsets, gaps, notes and the fate of the lines read; nothing where nothing was read.
pub fn footer<W: Write>(page: &Page, summary: &Summary, out: &mut W) -> io::Result<()> {
    if *summary == Summary::default() {
        return Ok(());
    }
    writeln!(out)?;
    let mut block = Block::new(page, 0, out);
    for offset in &summary.clock_offsets {
        block.paragraph("clock", (&offset.input, BOLD), &clock(page, offset))?;
    }
    for gap in &summary.gaps {
        block.paragraph("gap", (&gap.input, BOLD), &stretch(page, gap))?;
    }
    for note in &summary.notes {
        block.paragraph("note", ("", BOLD), note)?;
    }
    read(&mut block, &summary.parts)
}

/// ` runs 37.0 s behind access.log (±0.2 s, 412 pairs)`
fn clock(page: &Page, offset: &ClockOffset) -> String {
    let since = offset.since.map_or_else(String::new, |time| {
        format!(" from {} on", page.zone.show(time))
    });
    let precision = format!(
        "(±{:.1} s, {})",
        offset.error_s,
        count(offset.pairs as u64, "pair")
    );
    let reference = &offset.reference;
    if offset.offset_s.abs() < 0.05 {
        return format!(" agrees with {reference}{since} {precision}");
    }
    let side = if offset.offset_s < 0.0 {
        "ahead of"
    } else {
        "behind"
    };
    let seconds = offset.offset_s.abs();
    format!(" runs {seconds:.1} s {side} {reference}{since} {precision}")
}

/// ` from … to …: rotated away; 5 refusals inside`
fn stretch(page: &Page, gap: &Gap) -> String {
    let show = |time: Micros| page.zone.show(time);
    let span = match (gap.from, gap.until) {
        (Some(from), Some(until)) => format!(" {}", page.zone.show_span(from, until)),
        (Some(from), None) => format!(" from {} on", show(from)),
        (None, Some(until)) => format!(" until {}", show(until)),
        (None, None) => String::new(),
    };
    format!(
        "{span}: {}; {} inside",
        gap.why,
        count(gap.refusals, "refusal")
    )
}

fn read<W: Write>(block: &mut Block<'_, W>, parts: &[Tally]) -> io::Result<()> {
    let mut parts: Vec<&Tally> = parts.iter().collect();
    parts.sort_by_key(|part| part.unparsed == 0 && part.cut == 0);
    for (n, part) in parts.iter().take(NAMED).enumerate() {
        let label = if n == 0 { "read" } else { "" };
        let name = block.page.name(part.part).into_owned();
        block.paragraph(label, (&name, BOLD), &fate(part))?;
        for (place, why) in &part.first_unparsed {
            let line = format!("{}: {why}", block.page.place(*place));
            block.paragraph("", ("", BOLD), &format!("- {line}"))?;
        }
    }
    match parts.get(NAMED..) {
        Some([]) | None => Ok(()),
        Some(rest) => {
            let lines = count(rest.iter().map(|part| part.lines).sum(), "line");
            let files = count(rest.len() as u64, "file");
            block.paragraph("", ("", BOLD), &format!("and {files} more, {lines}"))
        }
    }
}

/// ` (pritunl_journal), 88 lines, 3 did not parse`
fn fate(part: &Tally) -> String {
    let some = |number: u64, what| match number {
        0 => String::new(),
        n => format!(", {n} {what}"),
    };
    format!(
        " ({}), {}{}{}",
        part.format,
        count(part.lines, "line"),
        some(part.unparsed, "did not parse"),
        some(part.cut, "too long to be read whole"),
    )
}

fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
