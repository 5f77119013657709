//! The lines, side by side: a few of each incident.

use super::told::{Told, number, shown};
use super::{Block, Exhibit, Line, Section};
use crate::finding::{Confidence, Evidence, Role, Verdict};
use crate::report::digest::Sample;
use crate::report::incidents::words::name;
use crate::report::sanitize::visible;
use crate::report::text::{title, what, who};

/// Incidents whose lines are shown, and findings of each.
const INCIDENTS: usize = 20;
const EACH: usize = 3;
/// Columns of a title.
const TITLE: usize = 160;

pub(super) fn section(told: &Told<'_>) -> Section {
    let text = "Lines as they stand in the logs, secrets redacted. The hash is of the redacted line: whoever has the \
         log can check it.";
    let mut section = Section::new(
        "evidence",
        "Evidence",
        vec![Block::Paragraph(text.to_owned())],
    );
    for (at, incident) in told.incidents().enumerate().take(INCIDENTS) {
        let samples = chosen(told.samples(at));
        let all = incident.refusals;
        let mut blocks: Vec<Block> = Vec::new();
        blocks.extend(samples.iter().map(|s| Block::Exhibit(exhibit(told, s))));
        let rest = all.saturating_sub(samples.len() as u64);
        if rest > 0 {
            let (rest, id) = (number(rest, "more finding"), &incident.id);
            let text = format!("{rest}: why401 explain --incident {id} --each");
            blocks.push(Block::Paragraph(text));
        }
        section.sections.push(Section::new(
            format!("evidence-{}", incident.id),
            name(incident),
            blocks,
        ));
    }
    let alone = alone(told);
    if !alone.is_empty() {
        let blocks = alone.iter().map(|s| Block::Exhibit(exhibit(told, s)));
        let of_none = Section::new("evidence-alone", "In no incident", blocks.collect());
        section.sections.push(of_none);
    }
    if section.sections.is_empty() {
        let none = "There is nothing to be shown.".to_owned();
        section.blocks = vec![Block::Paragraph(none)];
    }
    section
}

/// Of each cause the first, then what came first.
fn chosen(all: Vec<&Sample>) -> Vec<&Sample> {
    let mut seen = Vec::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for sample in all {
        let cause = (sample.finding.verdict, sample.finding.cause());
        if seen.contains(&cause) {
            rest.push(sample);
        } else {
            seen.push(cause);
            first.push(sample);
        }
    }
    first.extend(rest);
    first.truncate(EACH);
    first.sort_by_key(|sample| sample.number);
    first
}

/// Findings that belong to no incident, the first ones.
fn alone<'a>(told: &Told<'a>) -> Vec<&'a Sample> {
    let mut alone = told.samples_of(None);
    alone.truncate(2 * EACH);
    alone
}

fn exhibit(told: &Told<'_>, sample: &Sample) -> Exhibit {
    let finding = &sample.finding;
    let left = match finding.verdict {
        Verdict::Unknown => 1,
        _ => finding.candidates.len(),
    };
    let sure = match (finding.verdict, finding.confidence) {
        (Verdict::Explained, Confidence::High) | (Verdict::Unknown, _) => String::new(),
        (_, confidence) => format!(", confidence {}", confidence.id()),
    };
    let evidence = finding.evidence.iter().zip(&sample.hashes);
    Exhibit {
        title: format!(
            "{} · {} · {} · {}",
            told.time(finding.time),
            who(finding, TITLE),
            what(finding, TITLE / 2),
            title(finding.cause(), left),
        ),
        message: format!(
            "{} ({}{sure})",
            shown(&finding.message),
            finding.verdict.id()
        ),
        lines: evidence.map(|(e, hash)| line(told, e, hash)).collect(),
    }
}

fn line(told: &Told<'_>, evidence: &Evidence, hash: &blake3::Hash) -> Line {
    let place = evidence.place;
    let bytes = || format!("offset {}, {} bytes", place.offset, place.length);
    let clock = evidence.delta_s.map(|delta| {
        let offset = evidence.clock_offset_s.map_or_else(String::new, |offset| {
            format!(", its clock taken as {offset:+.1} s")
        });
        format!("{:.1} s from the request{offset}", delta + 0.0)
    });
    Line {
        role: evidence.role.id(),
        place: told.page.place(place),
        bytes: (!place.is_row()).then(bytes),
        hash: told.hash(hash),
        clock: clock.filter(|_| evidence.role != Role::Request),
        text: visible(&evidence.text).into_owned(),
    }
}
