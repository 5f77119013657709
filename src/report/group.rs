//! Findings that say the same, counted: who has a hundred refusals of one kind reads one block.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use crate::cause::{Cause, Family};
use crate::event::{Micros, Request};
use crate::finding::{Evidence, Finding, Role, Verdict};

/// Groups that are told apart; refusals of further ones are only counted.
const LIMIT: usize = 10_000;

/// Bytes that are kept of a text of unknown length.
const KEPT: usize = 1024;

/// Findings, grouped by verdict, causes, client and principal. Memory is bounded whatever comes.
#[derive(Debug)]
pub(super) struct Groups {
    limit: usize,
    by_key: HashMap<Key, Group>,
    /// Refusals per most likely cause and [`Verdict`], in its order; exact.
    pub(super) counts: BTreeMap<Option<Cause>, [u64; 4]>,
    /// Refusals that would have needed a group beyond the limit.
    pub(super) beyond: u64,
    /// First and last.
    pub(super) span: Option<(Micros, Micros)>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    system: Option<&'static str>,
    verdict: Verdict,
    causes: Vec<Cause>,
    source: Option<IpAddr>,
    principal: Option<Box<str>>,
}

impl Key {
    fn new(finding: &Finding) -> Self {
        Self {
            system: finding.system,
            verdict: finding.verdict,
            causes: finding.candidates.iter().map(|c| c.cause).collect(),
            source: finding.source,
            principal: finding.principal.as_deref().map(|p| clip(p).into()),
        }
    }
}

/// Findings of one kind.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) count: u64,
    pub(super) first: Micros,
    pub(super) last: Micros,
    /// One of them with its best proof: the first that has a line stating the cause, else the first;
    /// its confidence is the lowest of all.
    pub(super) sample: Finding,
    /// Not all are of the sample's method, path and status.
    pub(super) varied: bool,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self::with_limit(LIMIT)
    }

    fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            by_key: HashMap::new(),
            counts: BTreeMap::new(),
            beyond: 0,
            span: None,
        }
    }

    pub(super) fn add(&mut self, finding: &Finding) {
        let time = finding.time;
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        self.counts.entry(finding.cause()).or_default()[finding.verdict as usize] += 1;
        let key = Key::new(finding);
        if let Some(group) = self.by_key.get_mut(&key) {
            group.add(finding);
        } else if self.by_key.len() < self.limit {
            self.by_key.insert(key, Group::new(finding));
        } else {
            self.beyond += 1;
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.counts.values().flatten().sum()
    }

    /// The lightest first, so that the worst stands at the bottom, nearest to the prompt.
    pub(super) fn by_weight(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.by_key.values().collect();
        groups.sort_by(|a, b| a.order(b));
        groups
    }
}

impl Group {
    fn new(finding: &Finding) -> Self {
        Self {
            count: 1,
            first: finding.time,
            last: finding.time,
            sample: kept(finding),
            varied: false,
        }
    }

    fn add(&mut self, finding: &Finding) {
        self.count += 1;
        self.first = self.first.min(finding.time);
        self.last = self.last.max(finding.time);
        self.varied |= !same_request(self.sample.request.as_ref(), finding.request.as_ref());
        let confidence = self.sample.confidence.min(finding.confidence);
        let states = |f: &Finding| f.evidence.iter().any(|e| e.role == Role::Reason);
        if states(finding) && !states(&self.sample) {
            self.sample = kept(finding);
        }
        self.sample.confidence = confidence;
    }

    fn order(&self, other: &Self) -> Ordering {
        let rank = |g: &Self| (g.weight(), g.last, g.first, g.sample.source);
        let who = |g: &Self| (g.sample.principal.clone(), g.sample.verdict);
        rank(self)
            .cmp(&rank(other))
            .then_with(|| who(self).cmp(&who(other)))
            .then_with(|| self.sample.cause().cmp(&other.sample.cause()))
    }

    /// A refusal weighs one where it is everyday life and passes by itself, ten where somebody stays
    /// locked out until a person acts (or where we do not know), and a hundred where the server or a
    /// node is at fault, which seldom stops at one client.
    fn weight(&self) -> u64 {
        let severity = match self.sample.cause() {
            Some(Cause::MissingCredentials | Cause::ExpiredSession | Cause::RateLimited) => 1,
            Some(cause) if matches!(cause.facts().family, Family::Node | Family::Server) => 100,
            _ => 10,
        };
        self.count.saturating_mul(severity)
    }
}

fn same_request(a: Option<&Request>, b: Option<&Request>) -> bool {
    let of = |r: &Request| (clip(r.path()).to_owned(), r.status);
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.method == b.method && of(a) == of(b),
        _ => false,
    }
}

/// The line that proves a finding: that which states the cause, else the request's.
fn proof(finding: &Finding) -> Option<&Evidence> {
    let of = |role| finding.evidence.iter().find(|e| e.role == role);
    of(Role::Reason)
        .or_else(|| of(Role::Request))
        .or_else(|| finding.evidence.first())
}

/// What a group keeps of a finding: one line of evidence, and no more of any text than can be shown.
fn kept(finding: &Finding) -> Finding {
    let short = |text: &Option<Box<str>>| text.as_deref().map(|t| clip(t).into());
    Finding {
        principal: short(&finding.principal),
        host: None,
        action: short(&finding.action),
        reason: short(&finding.reason),
        request: finding.request.as_ref().map(|r| Request {
            method: clip(&r.method).into(),
            target: clip(&r.target).into(),
            status: r.status,
            ..Request::default()
        }),
        message: clip(&finding.message).into(),
        evidence: proof(finding)
            .map(|e| Evidence {
                text: clip(&e.text).into(),
                ..e.clone()
            })
            .into_iter()
            .collect(),
        ..finding.clone()
    }
}

/// At most the first [`KEPT`] bytes.
fn clip(text: &str) -> &str {
    if text.len() <= KEPT {
        return text;
    }
    let end = (0..=KEPT).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::{Groups, KEPT};
    use crate::cause::Cause;
    use crate::event::SECOND;
    use crate::finding::{Finding, Role};
    use crate::report::sample::{NOON, candidates, explained, silent};

    fn of(cause: Cause, count: usize, groups: &mut Groups) {
        for n in 0..count {
            groups.add(&Finding {
                candidates: candidates(&[(cause, "")]),
                time: NOON + i64::try_from(n).unwrap() * SECOND,
                ..explained()
            });
        }
    }

    #[test]
    fn the_worst_is_last() {
        let mut groups = Groups::new();
        of(Cause::NodeDisabled, 2, &mut groups);
        of(Cause::MissingCredentials, 100, &mut groups);
        of(Cause::WrongOtp, 15, &mut groups);
        let order: Vec<_> = groups
            .by_weight()
            .iter()
            .map(|g| (g.sample.cause().unwrap(), g.count))
            .collect();
        assert_eq!(
            order,
            [
                (Cause::MissingCredentials, 100),
                (Cause::WrongOtp, 15),
                (Cause::NodeDisabled, 2)
            ]
        );
    }

    #[test]
    fn counts_stay_exact_beyond_the_limit() {
        let mut groups = Groups::with_limit(1);
        of(Cause::WrongOtp, 2, &mut groups);
        of(Cause::ClockSkew, 3, &mut groups);
        groups.add(&silent());
        assert_eq!(
            (groups.by_weight().len(), groups.beyond, groups.total()),
            (1, 4, 6)
        );
        assert_eq!(groups.counts[&Some(Cause::ClockSkew)], [3, 0, 0, 0]);
        assert_eq!(
            groups.counts[&Some(Cause::MissingCredentials)],
            [0, 1, 0, 0]
        );
    }

    #[test]
    fn the_proof_is_a_line_that_states_the_cause() {
        let mut groups = Groups::new();
        let mut without = explained();
        without.evidence.truncate(1);
        groups.add(&without);
        groups.add(&explained());
        groups.add(&without);
        let group = groups.by_weight()[0];
        assert_eq!((group.count, group.varied), (3, false));
        assert_eq!(group.sample.evidence[0].role, Role::Reason);
    }

    #[test]
    fn long_texts_are_not_kept_whole() {
        let mut groups = Groups::new();
        let mut long = explained();
        long.evidence[1].text = "é".repeat(KEPT).into();
        long.principal = Some("x".repeat(9999).into());
        groups.add(&long);
        groups.add(&long);
        let sample = &groups.by_weight()[0].sample;
        assert_eq!(sample.evidence[0].text.len(), KEPT);
        assert_eq!(sample.principal.as_ref().unwrap().len(), KEPT);
    }
}
