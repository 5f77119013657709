//! A log whose records are numbered and signed, as privacyIDEA's audit in SQL: rows that are gone, and rows that nobody
//! should rely on.
//!
//! Numbers are given when a row is written and never again, so that one that is missing was deleted, or never
//! committed. Rows come in the order of their dates, and their numbers nearly so.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;

use super::Correlator;
use super::coverage::Blind;
use crate::event::{Entry, Micros, SECOND};
use crate::summary::Gap;

/// Stretches of missing numbers that are remembered of one input.
const MANY: usize = 4096;
/// Steps from one number to the next that are told apart: a cluster of databases counts in steps of its size.
const STEPS: usize = 16;
/// Gaps that are told of one input.
const TOLD: usize = 50;
/// Numbers that a note names.
const NAMED: usize = 10;

/// What the first pass sees of the numbers and signatures of each input.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    inputs: HashMap<usize, Rows>,
    /// Rows whose signature another log says to be wrong.
    refuted: HashSet<u64>,
}

#[derive(Debug, Default)]
struct Rows {
    count: usize,
    highest: Option<u64>,
    /// Numbers below the highest that did not come yet: the first of each stretch, and its last.
    open: BTreeMap<u64, u64>,
    /// How often the next number was so much higher.
    steps: [usize; STEPS + 1],
    /// Rows whose own signature is wrong: how many, and the first of them.
    unsigned: usize,
    named: Vec<u64>,
}

/// What is known of one input's rows: the second pass goes by it.
#[derive(Debug, Default, Clone)]
pub(super) struct Audit {
    holes: Vec<Hole>,
    /// Holes that are not told of.
    untold: usize,
    is_believed: bool,
    unsigned: usize,
    named: Vec<u64>,
}

/// Rows that are missing.
#[derive(Debug, Clone)]
struct Hole {
    rows: RangeInclusive<u64>,
    /// From one number to the next.
    step: u64,
    /// When the rows before and behind them were written.
    from: Option<Micros>,
    until: Option<Micros>,
    refusals: u64,
}

/// Those of all inputs.
#[derive(Debug, Default, Clone)]
pub(super) struct Audits {
    of: BTreeMap<usize, Audit>,
    refuted: HashSet<u64>,
    /// Inputs that have records without numbers.
    unnumbered: bool,
}

impl Ledger {
    pub(super) fn take(&mut self, input: usize, entry: &Entry) {
        let Some((trail, number)) = entry.trail.as_ref().and_then(|t| Some((t, t.number?))) else {
            return;
        };
        if trail.record.is_some() {
            let rows = self.inputs.entry(input).or_default();
            rows.take(number, trail.is_signed == Some(false));
        } else if self.refuted.len() < MANY {
            self.refuted.insert(number);
        }
    }

    /// Whether the records of this input are numbered.
    pub(super) fn has(&self, input: usize) -> bool {
        self.inputs.contains_key(&input)
    }

    /// `own`: the inputs of one server product. `unnumbered`: whether one of them has records without numbers.
    pub(super) fn conclude(&mut self, own: &[bool], unnumbered: bool) -> Audits {
        let is_own = |input: &usize| own.get(*input) == Some(&true);
        let of: BTreeMap<usize, Audit> = self
            .inputs
            .extract_if(|input, _| is_own(input))
            .map(|(input, rows)| (input, rows.conclude()))
            .collect();
        Audits {
            refuted: std::mem::take(&mut self.refuted),
            of,
            unnumbered,
        }
    }
}

impl Rows {
    fn take(&mut self, number: u64, is_unsigned: bool) {
        self.count += 1;
        if is_unsigned {
            self.unsigned += 1;
            if self.named.len() < NAMED {
                self.named.push(number);
            }
        }
        match self.highest {
            Some(highest) if number > highest => {
                let step = usize::try_from(number - highest).unwrap_or(STEPS);
                self.steps[step.min(STEPS)] += 1;
                self.highest = Some(number);
                if number > highest + 1 && self.open.len() < MANY {
                    self.open.insert(highest + 1, number - 1);
                }
            }
            Some(_) => self.fill(number),
            None => self.highest = Some(number),
        }
    }

    /// A number that came late.
    fn fill(&mut self, number: u64) {
        let stretch = self.open.range(..=number).next_back();
        let Some((first, last)) = stretch.map(|(first, last)| (*first, *last)) else {
            return;
        };
        if number > last {
            return;
        }
        self.open.remove(&first);
        if first < number {
            self.open.insert(first, number - 1);
        }
        if number < last {
            self.open.insert(number + 1, last);
        }
    }

    fn conclude(self) -> Audit {
        let advances: usize = self.steps.iter().sum();
        let usual = (1..STEPS).find(|&step| self.steps[step] * 2 > advances);
        // Where no step is usual several counters are at work, and a missing number tells nothing.
        let step = usual.and_then(|step| u64::try_from(step).ok());
        let hole = |(first, last): (u64, u64)| {
            let step = step.filter(|step| last - first + 1 >= *step)?;
            Some(Hole {
                rows: first..=last,
                step,
                from: None,
                until: None,
                refusals: 0,
            })
        };
        let mut holes: Vec<Hole> = self.open.into_iter().filter_map(hole).collect();
        let untold = holes.len().saturating_sub(TOLD);
        holes.truncate(TOLD);
        Audit {
            holes,
            untold,
            is_believed: self.unsigned * 2 <= self.count,
            unsigned: self.unsigned,
            named: self.named,
        }
    }
}

impl Audits {
    /// Settles whether a record's signature counts against it. Where most are wrong, it is the key that is.
    pub(super) fn settle(&self, input: usize, entry: &mut Entry) {
        let Some(trail) = entry.trail.as_mut().filter(|trail| trail.record.is_some()) else {
            return;
        };
        let (Some(number), Some(audit)) = (trail.number, self.of.get(&input)) else {
            return;
        };
        let by_itself = trail.is_signed == Some(false) && audit.is_believed;
        let is_refuted = self.refuted.contains(&number) && self.refuted.len() < MANY;
        trail.is_signed = (by_itself || is_refuted).then_some(false);
    }

    /// Whether the record with this number stands beside missing ones that no other form of the log has, and since when
    /// they can be missing: the time of the record before them, where this is the one behind.
    fn beside_hole(&mut self, input: usize, number: u64, time: Micros) -> Option<Micros> {
        let is_elsewhere = self.unnumbered
            || self.of.iter().any(|(of, audit)| {
                let has = |hole: &Hole| hole.is_beside(number);
                *of != input && !audit.holes.iter().any(has)
            });
        let holes = &mut self.of.get_mut(&input)?.holes;
        let mut since = None;
        for hole in holes.iter_mut().filter(|hole| hole.is_beside(number)) {
            let side = if *hole.rows.start() > number {
                &mut hole.from
            } else {
                &mut hole.until
            };
            *side = Some(time);
            let other = hole.from.min(hole.until).unwrap_or(time);
            since = Some(since.unwrap_or(time).min(other));
        }
        since.filter(|_| !is_elsewhere)
    }

    /// A refusal between two moments could have had one of the missing rows.
    pub(super) fn refused(&mut self, from: Option<Micros>, until: Option<Micros>) {
        let (from, until) = (from.unwrap_or(Micros::MIN), until.unwrap_or(Micros::MAX));
        let is_near = |hole: &&mut Hole| {
            let (begin, end) = hole.span();
            begin.is_none_or(|begin| begin <= until.saturating_add(SECOND))
                && end.is_none_or(|end| from <= end.saturating_add(SECOND))
        };
        let holes = self.of.values_mut().flat_map(|audit| &mut audit.holes);
        if let Some(hole) = holes.into_iter().find(is_near) {
            hole.refusals += 1;
        }
    }

    /// The missing rows, as gaps.
    pub(super) fn gaps(&self, names: &[String]) -> Vec<Gap> {
        let of = |(input, audit): (&usize, &Audit)| {
            let name = names.get(*input).cloned().unwrap_or_default();
            let gap = move |hole: &Hole| Gap {
                input: name.clone(),
                from: hole.span().0,
                until: hole.span().1,
                why: hole.to_string(),
                refusals: hole.refusals,
            };
            audit.holes.iter().map(gap).collect::<Vec<_>>()
        };
        self.of.iter().flat_map(of).collect()
    }

    /// What the operator should know.
    pub(super) fn notes(&self, names: &[String]) -> Vec<String> {
        let mut notes = Vec::new();
        for (input, audit) in &self.of {
            let name = names.get(*input).map_or("the audit", String::as_str);
            if audit.untold > 0 {
                notes.push(format!(
                    "{name} has {} further stretches of missing rows.",
                    audit.untold
                ));
            }
            match (audit.unsigned, audit.is_believed) {
                (0, _) => {}
                (wrong, true) => notes.push(format!(
                    "Of {name} {wrong} rows have no good signature: {}. They may have been written or changed by \
                     somebody else, and no finding rests on them alone.",
                    numbers(&audit.named, wrong)
                )),
                (wrong, false) => notes.push(format!(
                    "Of {name} {wrong} rows have no good signature, which are most: the key is another one, or they \
                     are not signed. Nothing was concluded from that."
                )),
            }
        }
        if !self.refuted.is_empty() {
            let mut refuted: Vec<u64> = self.refuted.iter().copied().collect();
            refuted.sort_unstable();
            let count = refuted.len();
            refuted.truncate(NAMED);
            notes.push(format!(
                "privacyIDEA itself found no good signature on {count} rows of its audit when they were looked at: {}.",
                numbers(&refuted, count)
            ));
        }
        notes
    }
}

impl Hole {
    fn is_beside(&self, number: u64) -> bool {
        *self.rows.start() == number + 1 || number == *self.rows.end() + 1
    }

    /// The rows around it may stand in the wrong order.
    fn span(&self) -> (Option<Micros>, Option<Micros>) {
        match (self.from, self.until) {
            (Some(from), Some(until)) => (Some(from.min(until)), Some(from.max(until))),
            other => other,
        }
    }
}

impl std::fmt::Display for Hole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let between = self.step - 1;
        let (first, last) = (self.rows.start() + between, self.rows.end() - between);
        if first == last {
            write!(f, "row {first} is missing, deleted or never committed")
        } else {
            write!(
                f,
                "rows {first} to {last} are missing, deleted or never committed"
            )
        }
    }
}

/// The first of so many numbers.
fn numbers(named: &[u64], count: usize) -> String {
    let named: Vec<String> = named.iter().map(u64::to_string).collect();
    let more = if named.len() < count { ", …" } else { "" };
    named.join(", ") + more
}

impl Correlator {
    /// Takes note of a record's number and signature. `false`: nothing may be concluded from the record.
    pub(super) fn keep_ledger(
        &mut self,
        input: usize,
        clock: usize,
        time: Micros,
        entry: &mut Entry,
    ) -> bool {
        let Some(number) = entry.trail.as_ref().and_then(|t| t.record.and(t.number)) else {
            return true;
        };
        self.bearings.audits.settle(input, entry);
        let log = self.log(clock);
        if let Some(since) = self.bearings.audits.beside_hole(input, number, time) {
            self.coverage[log].lost_since(since.min(time), time, Blind::Removed);
        }
        if entry.is_unsigned() {
            self.coverage[log].lost_since(time, time, Blind::Unsigned);
        }
        !entry.is_unsigned() || entry.outcome == crate::event::Outcome::Failure
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    fn holes(numbers: impl IntoIterator<Item = u64>) -> Vec<Vec<u64>> {
        let mut rows = Rows::default();
        for number in numbers {
            rows.take(number, false);
        }
        let holes = rows.conclude().holes;
        holes
            .iter()
            .map(ToString::to_string)
            .map(|told| {
                told.split(' ')
                    .filter_map(|word| word.parse().ok())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn numbers_that_never_come_are_missing() {
        assert_eq!(holes([5, 6, 7, 10, 11, 12]), [vec![8, 9]]);
        assert_eq!(holes([5, 7, 6, 8, 9, 11, 12]), [vec![10]]);
        // What came late was only late, and what was before the first was thrown away by whoever keeps the log short.
        assert_eq!(holes([900, 902, 903, 904, 901, 905]), [[0; 0]; 0]);
        assert_eq!(holes([1, 2, 3, 9, 10, 11, 5, 6]), [vec![4], vec![7, 8]]);
    }

    #[test]
    fn a_cluster_counts_in_steps() {
        assert_eq!(holes((1..60).step_by(3)), [[0; 0]; 0]);
        let one_gone = (1..60).step_by(3).filter(|n| *n != 31);
        assert_eq!(holes(one_gone), [vec![31]]);
        // Three members, each with numbers of its own, and nobody knows when it writes.
        let mixed = [1, 4, 5, 9, 10, 13, 15, 19, 21, 22, 26, 28];
        assert_eq!(holes(mixed), [[0; 0]; 0]);
    }
}
