//! Findings that say the same, counted: who has a hundred refusals of one kind reads one block.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use crate::cause::{Cause, Family};
use crate::event::{Micros, Place, Request, beginning};
use crate::finding::{Evidence, Finding, Role, Verdict};
use crate::forgery::Flag;

/// Groups that are told apart; refusals of further ones are only counted.
const LIMIT: usize = 10_000;

/// Bytes that are kept of a text of unknown length.
const KEPT: usize = 1024;

/// Changes that a group remembers as having made its requests fail.
const TRIGGERS: usize = 8;

/// Findings, grouped by verdict, most likely cause, client and principal. Memory is bounded whatever comes.
#[derive(Debug)]
pub(super) struct Groups {
    limit: usize,
    by_key: HashMap<Key, Group>,
    /// Findings per most likely cause and [`Proof`], in its order; exact.
    pub(super) counts: BTreeMap<Option<Cause>, [u64; 5]>,
    /// Of these, failures that no request owns.
    pub(super) outside: u64,
    /// Findings that would have needed a group beyond the limit.
    pub(super) beyond: u64,
    /// First and last.
    pub(super) span: Option<(Micros, Micros)>,
}

/// How sure a finding is and, of what is explained, by what: the columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Explained by a line that states it.
    Line,
    /// Explained by the answer, without a line.
    Answer,
    Silent,
    Ambiguous,
    Unknown,
}

impl Proof {
    pub(super) const ALL: [Proof; 5] = [
        Proof::Line,
        Proof::Answer,
        Proof::Silent,
        Proof::Ambiguous,
        Proof::Unknown,
    ];

    fn of(finding: &Finding) -> Self {
        match finding.verdict {
            Verdict::Explained if finding.logged == Some(true) => Proof::Line,
            Verdict::Explained => Proof::Answer,
            Verdict::Silent => Proof::Silent,
            Verdict::Ambiguous => Proof::Ambiguous,
            Verdict::Unknown => Proof::Unknown,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    system: Option<&'static str>,
    verdict: Verdict,
    cause: Option<Cause>,
    source: Option<IpAddr>,
    principal: Option<Box<str>>,
}

impl Key {
    fn new(finding: &Finding) -> Self {
        Self {
            system: finding.system,
            verdict: finding.verdict,
            cause: finding.cause(),
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
    /// The causes that are left, each with the reason first given for it and for how many it is left: the
    /// most likely first, then those left most often.
    pub(super) left: Vec<(Cause, Box<str>, u64)>,
    /// How many have a line that states the refusal, how many none, and of how many nobody can know.
    pub(super) logged: Logged,
    /// How many cite a line with each of the flags.
    pub(super) flagged: [u64; Flag::ALL.len()],
    triggers: Vec<Trigger>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Logged {
    pub(super) stated: u64,
    pub(super) absent: u64,
    pub(super) unseen: u64,
}

/// A change, from which on requests failed.
#[derive(Debug, Clone)]
pub(super) struct Trigger {
    pub(super) place: Place,
    pub(super) text: Box<str>,
    /// From the change to the first of these requests.
    pub(super) delta_s: f64,
    count: u64,
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
            outside: 0,
            beyond: 0,
            span: None,
        }
    }

    pub(super) fn add(&mut self, finding: &Finding) {
        let time = finding.time;
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        self.counts.entry(finding.cause()).or_default()[Proof::of(finding) as usize] += 1;
        self.outside += u64::from(finding.request.is_none());
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

    /// Of this proof, whatever the cause.
    pub(super) fn total_of(&self, proof: Proof) -> u64 {
        self.counts.values().map(|row| row[proof as usize]).sum()
    }

    /// The smallest first, so that the worst stands at the bottom, nearest to the prompt.
    pub(super) fn by_count(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.by_key.values().collect();
        groups.sort_by(|a, b| a.order(b));
        groups
    }
}

impl Group {
    fn new(finding: &Finding) -> Self {
        let mut group = Self {
            count: 0,
            first: finding.time,
            last: finding.time,
            sample: kept(finding),
            varied: false,
            left: Vec::new(),
            logged: Logged::default(),
            flagged: [0; Flag::ALL.len()],
            triggers: Vec::new(),
        };
        group.add(finding);
        group
    }

    fn add(&mut self, finding: &Finding) {
        self.count += 1;
        self.first = self.first.min(finding.time);
        self.last = self.last.max(finding.time);
        self.varied |= !same_request(self.sample.request.as_ref(), finding.request.as_ref());
        match finding.logged {
            Some(true) => self.logged.stated += 1,
            Some(false) => self.logged.absent += 1,
            None => self.logged.unseen += 1,
        }
        for (count, flag) in self.flagged.iter_mut().zip(Flag::ALL) {
            *count += u64::from(finding.evidence.iter().any(|e| flag.is_on(&e.text)));
        }
        self.add_candidates(finding);
        let trigger = |e: &&Evidence| e.role == Role::Trigger;
        if let Some(trigger) = finding.evidence.iter().find(trigger) {
            self.add_trigger(trigger);
        }
        let confidence = self.sample.confidence.min(finding.confidence);
        let states = |f: &Finding| f.evidence.iter().any(|e| e.role == Role::Reason);
        if states(finding) && !states(&self.sample) {
            self.sample = kept(finding);
        }
        self.sample.confidence = confidence;
    }

    fn add_candidates(&mut self, finding: &Finding) {
        for candidate in &finding.candidates {
            let known = self.left.iter_mut().find(|left| left.0 == candidate.cause);
            if let Some(left) = known {
                left.2 += 1;
            } else {
                let because = clip(&candidate.because).into();
                self.left.push((candidate.cause, because, 1));
            }
        }
        if let [_, others @ ..] = self.left.as_mut_slice() {
            others.sort_by_key(|left| std::cmp::Reverse(left.2));
        }
    }

    fn add_trigger(&mut self, line: &Evidence) {
        let delta_s = line.delta_s.unwrap_or(0.0);
        let known = self.triggers.iter_mut().find(|t| t.place == line.place);
        if let Some(trigger) = known {
            trigger.count += 1;
            trigger.delta_s = trigger.delta_s.min(delta_s);
        } else if self.triggers.len() < TRIGGERS {
            self.triggers.push(Trigger {
                place: line.place,
                text: clip(&line.text).into(),
                delta_s,
                count: 1,
            });
        }
    }

    /// The change after which most of these requests failed.
    pub(super) fn trigger(&self) -> Option<&Trigger> {
        self.triggers.iter().find(|t| t.count * 2 > self.count)
    }

    fn order(&self, other: &Self) -> Ordering {
        let rank = |g: &Self| (g.count, g.severity(), g.last, g.first, g.sample.source);
        let who = |g: &Self| (g.sample.principal.clone(), g.sample.verdict);
        rank(self)
            .cmp(&rank(other))
            .then_with(|| who(self).cmp(&who(other)))
            .then_with(|| self.sample.cause().cmp(&other.sample.cause()))
    }

    /// Of groups that are equally large, those weigh least that are everyday life and pass by themselves,
    /// more those where somebody stays locked out until a person acts (or where we do not know), and most
    /// those where the server or a node is at fault, which seldom stops at one client.
    fn severity(&self) -> u8 {
        match self.sample.cause() {
            Some(Cause::MissingCredentials | Cause::ExpiredSession | Cause::RateLimited) => 0,
            Some(cause) if matches!(cause.facts().family, Family::Node | Family::Server) => 2,
            _ => 1,
        }
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
    let short = |text: Option<&str>| text.map(|t| clip(t).to_owned());
    Finding {
        principal: short(finding.principal.as_deref()).map(Into::into),
        host: None,
        action: short(finding.action.as_deref()).map(Into::into),
        reason: short(finding.reason.as_deref()).map(Into::into),
        request: finding.request.as_ref().map(|r| Request {
            method: clip(&r.method).to_owned().into(),
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
    beginning(text, KEPT)
}

#[cfg(test)]
mod tests {
    use super::{Groups, KEPT, Proof};
    use crate::cause::Cause;
    use crate::event::SECOND;
    use crate::finding::{Evidence, Finding, Role};
    use crate::report::sample::{NOON, candidates, evidence, explained, silent};

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
        of(Cause::MissingCredentials, 2, &mut groups);
        of(Cause::RateLimited, 5, &mut groups);
        of(Cause::WrongOtp, 2, &mut groups);
        let groups = groups.by_count();
        let order = groups.iter().map(|g| (g.count, g.sample.cause().unwrap()));
        let expected = [
            (2, Cause::MissingCredentials),
            (2, Cause::WrongOtp),
            (2, Cause::NodeDisabled),
            (5, Cause::RateLimited),
        ];
        assert_eq!(order.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn counts_stay_exact_beyond_the_limit() {
        let mut groups = Groups::with_limit(1);
        of(Cause::WrongOtp, 2, &mut groups);
        of(Cause::ClockSkew, 3, &mut groups);
        groups.add(&Finding {
            request: None,
            ..silent()
        });
        assert_eq!(
            (groups.by_count().len(), groups.beyond, groups.total()),
            (1, 4, 6)
        );
        assert_eq!(groups.outside, 1);
        assert_eq!(groups.counts[&Some(Cause::ClockSkew)], [3, 0, 0, 0, 0]);
        assert_eq!(
            groups.counts[&Some(Cause::MissingCredentials)],
            [0, 0, 1, 0, 0]
        );
    }

    #[test]
    fn the_proof_is_a_line_that_states_the_cause() {
        let mut groups = Groups::new();
        let mut without = explained();
        without.evidence.truncate(1);
        without.logged = Some(false);
        groups.add(&without);
        groups.add(&explained());
        groups.add(&without);
        let group = groups.by_count()[0];
        assert_eq!((group.count, group.varied), (3, false));
        assert_eq!((group.logged.stated, group.logged.absent), (1, 2));
        assert_eq!(group.sample.evidence[0].role, Role::Reason);
        assert_eq!(groups.total_of(Proof::Answer), 2);
    }

    #[test]
    fn one_client_is_one_group_whatever_else_is_left() {
        use Cause::{ExpiredSession, MissingCredentials, UnknownToken};
        let mut groups = Groups::new();
        for others in [&[ExpiredSession][..], &[UnknownToken], &[UnknownToken]] {
            let causes = [&[MissingCredentials], others].concat();
            let causes: Vec<_> = causes.into_iter().map(|c| (c, "")).collect();
            groups.add(&Finding {
                candidates: candidates(&causes),
                ..silent()
            });
        }
        let groups = groups.by_count();
        let [group] = groups[..] else {
            panic!("{} groups", groups.len())
        };
        let left = group.left.iter().map(|left| (left.0, left.2));
        let expected = [
            (MissingCredentials, 3),
            (UnknownToken, 2),
            (ExpiredSession, 1),
        ];
        assert_eq!(left.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_change_counts_where_most_share_it() {
        let mut groups = Groups::new();
        let changed = |delta_s| {
            let mut finding = explained();
            finding.evidence.push(Evidence {
                delta_s: Some(delta_s),
                ..evidence(Role::Trigger, 1, 80, "changed")
            });
            finding
        };
        groups.add(&changed(20.0));
        groups.add(&explained());
        assert!(groups.by_count()[0].trigger().is_none());
        groups.add(&changed(12.0));
        let group = groups.by_count()[0];
        assert_eq!(group.trigger().map(|t| t.delta_s), Some(12.0));
    }

    #[test]
    fn long_texts_are_not_kept_whole() {
        let mut groups = Groups::new();
        let mut long = explained();
        long.evidence[1].text = "é".repeat(KEPT).into();
        long.principal = Some("x".repeat(9999).into());
        groups.add(&long);
        groups.add(&long);
        let sample = &groups.by_count()[0].sample;
        assert_eq!(sample.evidence[0].text.len(), KEPT);
        assert_eq!(sample.principal.as_ref().unwrap().len(), KEPT);
    }
}
