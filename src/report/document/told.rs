//! What a report is made of, and how it is said.

use std::hash::Hash;

use crate::event::Micros;
use crate::incident::{Ended, Gathered, Incident, Trigger};
use crate::report::Page;
use crate::report::digest::{Digest, Ranking, Sample};
use crate::report::incidents::words;
use crate::report::sanitize::visible;
use crate::report::text::fit;
use crate::summary::Summary;

/// Columns that a name, a path or an agent may take: the client chose it.
const LONGEST: usize = 120;

/// All that is known.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub page: &'a Page,
    pub digest: &'a Digest,
    pub gathered: &'a Gathered,
    /// Those that are asked for, the worst first, as indices of those gathered.
    pub shown: &'a [usize],
    pub summary: &'a Summary,
    pub asked: &'a Asked,
}

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub since: Option<Micros>,
    pub until: Option<Micros>,
    /// Only this incident.
    pub incident: Option<Box<str>>,
    /// Filters other than those of time, as they were given.
    pub is_filtered: bool,
    pub is_pseudonymous: bool,
}

impl<'a> Told<'a> {
    pub fn incidents(&self) -> impl ExactSizeIterator<Item = &'a Incident> + Clone {
        let gathered = self.gathered;
        self.shown.iter().map(move |at| &gathered.incidents[*at])
    }

    /// Its findings that are kept, in the order in which they came.
    pub fn samples(&self, shown: usize) -> Vec<&'a Sample> {
        let at = self.shown.get(shown).copied();
        at.map_or_else(Vec::new, |at| self.samples_of(Some(at)))
    }

    /// Those of an incident, or of none.
    pub(super) fn samples_of(&self, incident: Option<usize>) -> Vec<&'a Sample> {
        let all = self.digest.samples.iter();
        let own = all.filter(|(group, _)| self.gathered.incident_of(*group) == incident);
        let mut own: Vec<&Sample> = own.map(|(_, sample)| sample).collect();
        own.sort_by_key(|sample| sample.number);
        own
    }

    /// `blake3:…`; with pseudonyms, one that only who has their key can make.
    pub fn hash(&self, hash: &blake3::Hash) -> String {
        let keyed = if self.asked.is_pseudonymous {
            "-keyed"
        } else {
            ""
        };
        format!("blake3{keyed}:{hash}")
    }

    pub(super) fn time(&self, time: Micros) -> String {
        self.page.zone.show(time)
    }

    pub(super) fn span(&self, first: Micros, last: Micros) -> String {
        self.page.zone.show_span(first, last)
    }

    /// Incidents that are over, as far as the logs tell.
    pub(super) fn over(&self) -> usize {
        let ended = |i: &&Incident| matches!(i.end.ended, Ended::Change | Ended::Accepted);
        self.incidents().filter(ended).count()
    }

    /// Whether an access log's own clock was wrong: incidents are set right, single refusals are not.
    pub(super) fn is_clock_wrong(&self) -> bool {
        self.incidents().any(|incident| incident.clock_ahead != 0)
    }

    /// `Administrator api secret changed, pritunl_journal.log:88, 12 s before; certain`
    pub(super) fn trigger(&self, trigger: &Trigger, moment: Micros) -> String {
        let text = words::event(self.page, trigger, moment);
        format!("{}{text}", shown(&words::why(&trigger.why)))
    }
}

/// What set an incident off and what ended it: which of both, and what its distance is told from.
pub(super) fn triggers(
    incident: &Incident,
) -> impl Iterator<Item = (&'static str, &Trigger, Micros)> {
    let both = [
        ("sets off", incident.trigger.as_ref(), incident.first),
        ("ends", incident.end.by.as_ref(), incident.last),
    ];
    let both = both.into_iter();
    both.filter_map(|(what, trigger, moment)| Some((what, trigger?, moment)))
}

/// Where links to an incident lead.
pub(super) fn anchor(incident: &Incident) -> String {
    format!("incident-{}", incident.id)
}

/// A text of a log, short enough for a line.
pub(super) fn shown(text: &str) -> String {
    fit(&visible(text), LONGEST).into_owned()
}

/// `3`, or that there are more than can be counted.
pub(super) fn how_many<K: Hash + Eq + Ord + Clone>(ranking: &Ranking<K>, noun: &str) -> String {
    let told = number(ranking.number(), noun);
    if ranking.is_counted() {
        told
    } else {
        format!("more than {told}")
    }
}

/// `3 more names with 12 refusals`; nothing where there are none.
pub(super) fn more(others: u64, noun: &str, refusals: u64) -> Option<String> {
    let told = || {
        let (others, refusals) = (number(others, noun), number(refusals, "refusal"));
        format!("{others} more with {refusals}")
    };
    (others > 0).then(told)
}

/// What is not in a table, as one sentence; nothing where all is.
pub(super) fn left_out(parts: &[String]) -> Option<String> {
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

/// `37.5 %`
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    #[allow(clippy::cast_precision_loss)] // to a tenth of a percent
    let percent = part as f64 * 100.0 / whole as f64;
    if part == whole || percent < 99.95 {
        format!("{percent:.1} %")
    } else {
        // What is not all is not said to be.
        format!("{:.2} %", (percent * 100.0).floor() / 100.0)
    }
}

/// `1 client`, `3 clients`, `2 addresses`
pub(super) fn number(number: u64, noun: &str) -> String {
    match (number, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "address") => format!("{} addresses", grouped(number)),
        _ => format!("{} {noun}s", grouped(number)),
    }
}

/// `1 234 567`, with narrow spaces that do not break.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
