//! Findings that belong together, as they come.

use std::hash::Hash;
use std::net::IpAddr;

use super::burst::Reason;
use super::kind::Kinds;
use super::moment::Moment;
use super::runs::Run;
use super::{Counts, Lane, Lanes, Proof};
use crate::cause::Cause;
use crate::event::{Micros, SECOND};
use crate::finding::{Finding, Verdict};
use crate::top::{Counted, Top};

/// Clients, and principals, of which a group tells each by itself.
const LANES: usize = 64;
/// How many can be counted.
const COUNTED: usize = 1 << 12;
/// Paths, statuses and agents likewise.
const KEPT: usize = 32;
/// Minutes of which the refusals are counted; the peak of those before stays known.
const MINUTES: usize = 8;

pub(super) const MINUTE: Micros = 60 * SECOND;

/// Who was refused.
#[derive(Debug, Clone)]
pub(super) struct Tracks<K>(Top<K, Track, LANES, COUNTED>);

/// How often each path, status or agent.
pub(super) type Numbers<K> = Top<K, u64, KEPT, 0>;

#[derive(Debug, Clone, Copy)]
pub(super) struct Track {
    pub(super) count: u64,
    pub(super) first: Moment,
    pub(super) last: Moment,
    pub(super) before: Option<Moment>,
    pub(super) after: Option<Moment>,
}

impl Counted for Track {
    fn count(&self) -> u64 {
        self.count
    }
}

impl<K> Default for Tracks<K> {
    fn default() -> Self {
        Self(Top::default())
    }
}

impl Track {
    fn join(&mut self, other: Self) {
        self.count += other.count;
        if self.first.is_after(other.first) {
            (self.first, self.before) = (other.first, other.before);
        }
        self.last = self.last.max(other.last);
        let after = [self.after, other.after].into_iter().flatten();
        let after = after.filter(|after| after.is_after(self.last));
        self.after = after.reduce(Moment::min);
    }
}

pub(super) fn counts<K: Hash + Eq + Ord + Clone>(of: &Numbers<K>) -> Counts<K> {
    Counts {
        kept: of
            .sorted()
            .into_iter()
            .map(|(k, n)| (k.clone(), *n))
            .collect(),
        rest: of.rest(),
    }
}

impl<K: Hash + Eq + Ord + Clone> Tracks<K> {
    /// Counts a refusal. `before`: the last success before it.
    fn add(&mut self, who: &K, at: Moment, before: Option<Moment>) {
        let new = || {
            let new = Track {
                count: 0,
                first: at,
                last: at,
                before,
                after: None,
            };
            (who.clone(), new)
        };
        self.0.update(who, new, |track| {
            track.count += 1;
            if track.first.is_after(at) {
                track.first = at;
                track.before = before;
            }
            track.last = track.last.max(at);
            track.after = track.after.filter(|after| after.is_after(at));
        });
    }

    pub(super) fn lanes(&self) -> Lanes<K> {
        let lane = |(who, track): (&K, &Track)| Lane {
            who: who.clone(),
            refusals: track.count,
            first: track.first.time,
            last: track.last.time,
            before: track.before.map(|at| at.time),
            after: track.after.map(|at| at.time.max(track.last.time)),
        };
        Lanes {
            kept: self.0.sorted().into_iter().map(lane).collect(),
            rest: self.0.rest(),
            others: self.0.others(),
            is_counted: self.0.is_counted(),
        }
    }

    /// Somebody was let in.
    pub(super) fn accepted<Q>(&mut self, who: &Q, at: Moment)
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let track = self.0.get_mut(who);
        if let Some(track) = track.filter(|track| at.is_after(track.last)) {
            track.after = Some(track.after.map_or(at, |after| after.min(at)));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many there were, at most.
    pub(super) fn number(&self) -> u64 {
        self.0.len() as u64 + self.0.others()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(who, _)| who)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&K, &Track)> {
        self.0.iter()
    }

    fn rewind(&mut self, from: Micros, by: Micros) {
        for track in self.0.values_mut() {
            track.first.rewind(from, by);
            track.last.rewind(from, by);
            track.last = track.last.max(track.first);
            for at in [&mut track.before, &mut track.after].into_iter().flatten() {
                at.rewind(from, by);
            }
            track.before = track.before.map(|before| before.min(track.first));
            track.after = track.after.filter(|after| after.is_after(track.last));
        }
    }
}

/// By what findings are told to belong to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// One client and one principal so far, so by either.
    Either,
    Client,
    Principal,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) system: Option<&'static str>,
    pub(super) kinds: Kinds,
    pub(super) anchor: Anchor,
    /// Of its first finding.
    pub(super) id: Box<str>,
    pub(super) first: Micros,
    pub(super) last: Micros,
    pub(super) count: u64,
    /// By the first cause that is left.
    pub(super) causes: Vec<(Cause, u64)>,
    /// The causes that are left of all findings of which any is known.
    pub(super) left: Option<Vec<Cause>>,
    pub(super) proof: Proof,
    pub(super) clients: Tracks<IpAddr>,
    pub(super) principals: Tracks<Box<str>>,
    pub(super) paths: Numbers<Box<str>>,
    pub(super) statuses: Numbers<u16>,
    pub(super) agents: Numbers<Box<str>>,
    minutes: Vec<(Micros, u64)>,
    pub(super) peak: (Micros, u64),
    /// Since when it is of several clients at one moment.
    pub(super) wide: Option<Micros>,
    /// For what these began to fail.
    pub(super) spread: Option<Reason>,
    /// The accepted requests of its first client just before it.
    pub(super) attempts: Option<Run>,
    /// How far the clock of the log was ahead.
    pub(super) ahead: Micros,
    /// The server's words for a limit.
    pub(super) said: Option<Box<str>>,
    pub(super) fix: Option<(Cause, &'static str)>,
}

/// A finding, and what is known around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact<'a> {
    pub(super) finding: &'a Finding,
    pub(super) id: &'a str,
    /// With the clock set right.
    pub(super) at: Moment,
    pub(super) ahead: Micros,
    /// The last successes before it.
    pub(super) client_before: Option<Run>,
    pub(super) principal_before: Option<Moment>,
}

impl Group {
    pub(super) fn new(fact: &Fact<'_>) -> Self {
        let mut group = Self {
            system: fact.finding.system,
            kinds: Kinds::left(fact.finding),
            anchor: Anchor::Either,
            id: fact.id.into(),
            first: fact.at.time,
            last: fact.at.time,
            count: 0,
            causes: Vec::new(),
            left: None,
            proof: Proof::default(),
            clients: Tracks::default(),
            principals: Tracks::default(),
            paths: Top::default(),
            statuses: Top::default(),
            agents: Top::default(),
            minutes: Vec::new(),
            peak: (fact.at.time, 0),
            wide: None,
            spread: None,
            attempts: fact.client_before,
            ahead: fact.ahead,
            said: None,
            fix: None,
        };
        group.add(fact);
        group
    }

    pub(super) fn add(&mut self, fact: &Fact<'_>) {
        let Fact { finding, at, .. } = *fact;
        let time = at.time;
        let kinds = self.kinds.and(Kinds::left(finding));
        if !kinds.is_empty() {
            self.kinds = kinds;
        }
        if time < self.first {
            (self.first, self.id) = (time, fact.id.into());
        }
        self.last = self.last.max(time);
        self.count += 1;
        self.ahead = self.ahead.max(fact.ahead);
        self.note_cause(finding);
        if let Some(client) = finding.source {
            let before = fact.client_before.map(|run| run.last.min(at));
            self.clients.add(&client, at, before);
        }
        if let Some(principal) = &finding.principal {
            let before = fact.principal_before;
            self.principals.add(principal, at, before);
        }
        if let Some(request) = &finding.request {
            let path = request.path();
            self.paths.update(path, || (path.into(), 0), |n| *n += 1);
            let status = request.status;
            self.statuses.update(&status, || (status, 0), |n| *n += 1);
            let agent = request.user_agent.as_deref().unwrap_or_default();
            if !agent.is_empty() {
                self.agents.update(agent, || (agent.into(), 0), |n| *n += 1);
            }
        }
        self.note_minute(time, 1);
    }

    fn note_cause(&mut self, finding: &Finding) {
        let proof = &mut self.proof;
        *match (finding.verdict, finding.logged) {
            (Verdict::Explained, Some(true)) => &mut proof.by_line,
            (Verdict::Explained, _) => &mut proof.by_answer,
            (Verdict::Silent | Verdict::Ambiguous, _) => &mut proof.in_doubt,
            (Verdict::Unknown, _) => &mut proof.unknown,
        } += 1;
        let Some(cause) = finding.cause() else { return };
        count(&mut self.causes, cause, 1);
        let causes: Vec<Cause> = finding.candidates.iter().map(|c| c.cause).collect();
        match &mut self.left {
            Some(left) => left.retain(|cause| causes.contains(cause)),
            left => *left = Some(causes),
        }
        if self.fix.is_none() {
            self.fix = finding.fix.map(|fix| (cause, fix));
        }
        if matches!(cause, Cause::RateLimited | Cause::AccountLocked) && self.said.is_none() {
            self.said = finding.reason.as_deref().map(Into::into);
        }
    }

    fn note_minute(&mut self, time: Micros, number: u64) {
        let minute = time - time.rem_euclid(MINUTE);
        let at = self.minutes.iter().position(|(m, _)| *m == minute);
        let at = at.unwrap_or_else(|| {
            if self.minutes.len() == MINUTES {
                self.minutes.remove(0);
            }
            self.minutes.push((minute, 0));
            self.minutes.len() - 1
        });
        self.minutes[at].1 += number;
        if self.minutes[at].1 > self.peak.1 {
            self.peak = self.minutes[at];
        }
    }

    /// Takes in all of another group.
    pub(super) fn join(&mut self, other: Self) {
        let kinds = self.kinds.and(other.kinds);
        if !kinds.is_empty() {
            self.kinds = kinds;
        }
        if (other.first, &other.id) < (self.first, &self.id) {
            (self.first, self.id, self.attempts) = (other.first, other.id, other.attempts);
        }
        self.last = self.last.max(other.last);
        self.count += other.count;
        self.ahead = self.ahead.max(other.ahead);
        for (cause, number) in other.causes {
            count(&mut self.causes, cause, number);
        }
        self.left = match (self.left.take(), other.left) {
            (Some(mut left), Some(other)) => {
                left.retain(|cause| other.contains(cause));
                Some(left)
            }
            (left, other) => left.or(other),
        };
        self.proof.by_line += other.proof.by_line;
        self.proof.by_answer += other.proof.by_answer;
        self.proof.in_doubt += other.proof.in_doubt;
        self.proof.unknown += other.proof.unknown;
        self.clients.0.join(other.clients.0, Track::join);
        self.principals.0.join(other.principals.0, Track::join);
        self.paths.join(other.paths, |n, m| *n += m);
        self.statuses.join(other.statuses, |n, m| *n += m);
        self.agents.join(other.agents, |n, m| *n += m);
        for (minute, number) in other.minutes {
            self.note_minute(minute, number);
        }
        self.wide = self.wide.or(other.wide);
        self.spread = self.spread.or(other.spread);
        self.said = self.said.take().or(other.said);
        self.fix = self.fix.or(other.fix);
    }

    /// What most were refused for; of equally many, what is left of all.
    pub(super) fn cause(&self) -> Option<Cause> {
        let is_left = |cause: &Cause| self.left.as_ref().is_some_and(|left| left.contains(cause));
        let most = self.causes.iter().rev();
        most.max_by_key(|(cause, n)| (*n, is_left(cause)))
            .map(|(cause, _)| *cause)
    }

    /// All that some were refused for, or can have been.
    pub(super) fn can_be(&self, cause: Cause) -> bool {
        let is_left = self.left.as_ref().is_some_and(|left| left.contains(&cause));
        is_left || self.causes.iter().any(|(own, _)| *own == cause)
    }

    /// What was told by a clock that ran ahead.
    pub(super) fn rewind(&mut self, from: Micros, by: Micros) {
        for time in [&mut self.first, &mut self.last, &mut self.peak.0] {
            if *time >= from {
                *time -= by;
                self.ahead = self.ahead.max(by);
            }
        }
        self.last = self.last.max(self.first);
        self.minutes.clear();
        self.clients.rewind(from, by);
        self.principals.rewind(from, by);
    }
}

fn count(counts: &mut Vec<(Cause, u64)>, cause: Cause, number: u64) {
    match counts.iter_mut().find(|(known, _)| *known == cause) {
        Some((_, n)) => *n += number,
        None => counts.push((cause, number)),
    }
}
