//! The end of every report: how far what was read can be trusted.

use std::io::{self, Write};

use super::Page;
use super::text::{BOLD, Block, DIM, count};
use crate::event::{Micros, SECOND};
use crate::summary::{ClockOffset, Gap, LocalZone, Summary, Tally, ZoneSource};

/// Parts that are named, those with unparsed lines first.
const NAMED: usize = 8;

/// How much is told of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What is out of the ordinary, and not of too many.
    Least,
    /// All that is known.
    All,
}

/// Writes clock offsets, gaps, notes and the fate of the lines read; nothing where nothing was read.
pub fn footer<W: Write>(
    page: &Page,
    summary: &Summary,
    detail: Detail,
    out: &mut W,
) -> io::Result<()> {
    let mut block = Block::new(page, 0, out);
    for zone in &summary.zones {
        let name = page.short(&zone.input);
        block.paragraph("zone", (&name, BOLD), &local(zone))?;
    }
    for offset in &summary.clock_offsets {
        let name = page.short(&offset.input);
        block.paragraph("clock", (&name, BOLD), &clock(page, offset))?;
    }
    for gap in &summary.gaps {
        let (names, stretch) = stretch(page, gap);
        block.paragraph("gap", (&names, BOLD), &stretch)?;
    }
    for note in &summary.notes {
        block.paragraph("note", ("", BOLD), note)?;
    }
    read(&mut block, &summary.parts, detail)
}

/// ` was read as UTC+01:00, as its own records tell`
pub fn local(zone: &LocalZone) -> String {
    let how = match zone.source {
        ZoneSource::Given {
            too_far_ahead: None,
        } => "as given".to_owned(),
        ZoneSource::Given {
            too_far_ahead: Some(by),
        } => format!("as given, but the logs tell {}", utc(zone.ahead - by)),
        ZoneSource::Told => "as its own records tell".to_owned(),
        ZoneSource::Learned => "as other logs tell of the same events".to_owned(),
        ZoneSource::Host => "this host's zone, as nothing tells its own".to_owned(),
    };
    format!(" was read as {}, {how}", utc(zone.ahead))
}

/// `UTC+01:00`
fn utc(ahead: Micros) -> String {
    let minutes = ahead / (60 * SECOND);
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    format!("UTC{sign}{hours:02}:{minutes:02}")
}

/// ` runs 37.0 s behind access.log (±0.2 s, 412 pairs)`
pub fn clock(page: &Page, offset: &ClockOffset) -> String {
    let since = offset.since.map_or_else(String::new, |time| {
        format!(" from {} on", page.zone.show(time))
    });
    let precision = format!(
        "(±{:.1} s, {})",
        offset.error_s,
        count(offset.pairs as u64, "pair")
    );
    let reference = page.short(&offset.reference);
    if offset.offset_s.abs() < 0.05 {
        return format!(" agrees with {reference}{since} {precision}");
    }
    let side = if offset.offset_s < 0.0 {
        "behind"
    } else {
        "ahead of"
    };
    let seconds = offset.offset_s.abs();
    format!(" runs {seconds:.1} s {side} {reference}{since} {precision}")
}

/// Where nothing was seen, and ` … to …: rotated away; 5 refusals inside`.
pub fn stretch(page: &Page, gap: &Gap) -> (String, String) {
    let show = |time: Micros| page.zone.show(time);
    let span = match (gap.from, gap.until) {
        (Some(from), Some(until)) => format!(" {}", page.zone.show_span(from, until)),
        (Some(from), None) => format!(" after {}", show(from)),
        (None, Some(until)) => format!(" before {}", show(until)),
        (None, None) => String::new(),
    };
    let refusals = count(gap.refusals, "refusal");
    if gap.input.is_empty() {
        let judged = format!("{span}: {refusals} judged without one");
        return ("no auth log".to_owned(), judged);
    }
    // Several logs that are blind together are one gap.
    let names: Vec<_> = gap.input.split(", ").map(|name| page.short(name)).collect();
    (
        names.join(", "),
        format!("{span}: {}; {refusals} inside", gap.why),
    )
}

fn read<W: Write>(block: &mut Block<'_, W>, parts: &[Tally], detail: Detail) -> io::Result<()> {
    let mut parts: Vec<&Tally> = parts.iter().collect();
    parts.sort_by_key(|part| part.unparsed == 0 && part.cut == 0);
    let mut label = "read";
    if let (false, Some(folder)) = (parts.is_empty(), block.page.folder()) {
        block.paragraph(label, ("in ", DIM), &format!("{folder}:"))?;
        label = "";
    }
    let named = match detail {
        Detail::Least => NAMED,
        Detail::All => parts.len(),
    };
    for part in parts.iter().take(named) {
        let name = block.page.name(part.part).into_owned();
        block.paragraph(label, (&name, BOLD), &fate(part, detail))?;
        label = "";
        for (place, why) in &part.first_unparsed {
            let line = format!("{}: {why}", block.page.place(*place));
            block.paragraph("", ("", BOLD), &format!("- {line}"))?;
        }
    }
    match parts.get(named..) {
        Some([]) | None => Ok(()),
        Some(rest) => {
            let lines = count(rest.iter().map(|part| part.lines).sum(), "line");
            let files = count(rest.len() as u64, "file");
            block.paragraph("", ("", BOLD), &format!("and {files} more, {lines}"))
        }
    }
}

/// ` (pritunl_journal), 88 lines, 3 did not parse`
fn fate(part: &Tally, detail: Detail) -> String {
    let head = format!(" ({}), {}", part.format, count(part.lines, "line"));
    let fates = [
        (part.parsed, "parsed", Detail::All),
        (part.ignored, "ignored", Detail::All),
        (part.unparsed, "did not parse", Detail::Least),
        (part.cut, "too long to be read whole", Detail::Least),
    ];
    let told = fates.into_iter().filter(|(number, _, from)| {
        detail == Detail::All || (*number > 0 && *from == Detail::Least)
    });
    let told = told.map(|(number, what, _)| format!(", {number} {what}"));
    head + &told.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::{Detail, footer};
    use crate::event::{Part, SECOND};
    use crate::report::Page;
    use crate::report::sample::{NOON, page, summary};
    use crate::summary::{Gap, Summary};
    use anstream::adapter::strip_str;

    fn written(page: &Page, summary: &Summary, detail: Detail) -> String {
        let mut out = Vec::new();
        footer(page, summary, detail, &mut out).unwrap();
        strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn all_is_told_of_every_part() {
        let mut summary = summary();
        summary.parts = vec![summary.parts; 6].concat();
        let text = written(&page(), &summary, Detail::All);
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        assert_eq!(text.matches("1204 parsed, 0 ignored").count(), 6);
        let bad = "88 lines, 87 parsed, 0 ignored, 1 did not parse, 0 too long";
        assert_eq!(text.matches(bad).count(), 6);
        assert_eq!(text.matches("pritunl_journal.log:77: byte 10").count(), 6);
        let least = written(&page(), &summary, Detail::Least);
        assert!(least.ends_with("and 4 files more, 4816 lines\n"), "{least}");
    }

    #[test]
    fn gaps_without_an_end_or_a_log() {
        let gap = |input: &str, from, until| Gap {
            input: input.into(),
            from,
            until,
            why: "it begins later".into(),
            refusals: 381,
        };
        let gaps = vec![
            gap("a.log, b.log", None, Some(NOON)),
            gap("a.log", Some(NOON + 3 * SECOND), None),
            gap("", None, None),
        ];
        let summary = Summary {
            gaps,
            ..Summary::default()
        };
        let told = written(&page(), &summary, Detail::Least);
        insta::assert_snapshot!(told, @r"
        gap      a.log, b.log before 2026-06-04 14:00:00 +02:00: it begins later; 381
                 refusals inside
        gap      a.log after 2026-06-04 14:00:03 +02:00: it begins later; 381 refusals
                 inside
        gap      no auth log: 381 refusals judged without one
        ");
    }

    #[test]
    fn the_folder_is_told_once() {
        let (mut summary, zone) = (summary(), page().zone);
        summary.clock_offsets[0].input = "/var/log/pritunl_journal.log".into();
        summary.clock_offsets[0].reference = "/var/log/access.log".into();
        summary.gaps.clear();
        let part = |name: &str| Part {
            name: name.into(),
            identity: [0; 32],
        };
        let parts = ["/var/log/access.log", "/var/log/pritunl_journal.log"].map(part);
        let page = Page::new(parts.into(), zone, 80);
        insta::assert_snapshot!(written(&page, &summary, Detail::Least), @r"
        clock    pritunl_journal.log runs 37.0 s behind access.log (±0.2 s, 412 pairs)
        note     The access log has no request time; with `$request_time` pairs are
                 surer.
        read     in /var/log:
                 pritunl_journal.log (pritunl_journal), 88 lines, 1 did not parse
                 - pritunl_journal.log:77: byte 10: `:` expected
                 access.log (nginx_combined), 1204 lines
        ");
    }
}
