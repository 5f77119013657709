//! Which finding belongs to which group, as signs and findings come.

use std::collections::VecDeque;
use std::net::IpAddr;

use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};

use super::burst::Reason;
use super::clock::{Clocks, Stretch};
use super::conclude::{is_isolated, qualifies};
use super::group::{Anchor, Fact, Group, MINUTE};
use super::groups::{Groups, Key};
use super::hidden::Addresses;
use super::kind::Kinds;
use super::moment::Moment;
use super::runs::{Memory, Runs};
use super::spread::Spread;
use super::trigger::Certainty;
use super::{GAP, Incident};
use crate::event::{Micros, SECOND, beginning};
use crate::finding::Finding;
use crate::sign::{Answer, Change, Sign, What};
use crate::summary::Summary;

/// A client that was refused and not let in since goes on with the same a day later: jobs run daily, too.
const LONG: Micros = 26 * 3600 * SECOND;
/// Changes that are kept.
const CHANGES: usize = 4096;
/// How much of the line of a change is kept, in bytes.
const TEXT: usize = 1024;
/// Minutes whose requests are counted.
const MINUTES: usize = 1 << 20;
/// How far apart one change stands in two logs.
const AGAIN: Micros = 2 * SECOND;
/// The successes that are remembered: findings come some hundred records later than what is around them. Those of a
/// client end with its next refusal; which principal was refused is not known before the finding comes.
const CLIENTS: Memory = Memory {
    most: 1 << 14,
    runs: 16,
    pause: Micros::MAX,
};
const PRINCIPALS: Memory = Memory {
    most: 1 << 12,
    runs: 64,
    pause: SECOND,
};
/// A change, and who told of it.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) time: Micros,
    pub(super) input: usize,
    pub(super) place: crate::event::Place,
    pub(super) change: Change,
}

/// Takes signs and findings in as they come. While they still do, a clone that is finished tells what there is.
#[derive(Debug, Clone)]
pub struct Gatherer {
    groups: Groups,
    spread: Spread,
    pub(super) clients: Runs<IpAddr>,
    pub(super) principals: Runs<Box<str>>,
    pub(super) clocks: Clocks,
    pub(super) addresses: Addresses,
    pub(super) changes: VecDeque<Changed>,
    minutes: HashMap<Micros, u64>,
    /// Of what is known so far.
    pub(super) newest: Micros,
    total: u64,
    isolated: u64,
    forgotten: (u64, u64),
}

/// What was gathered.
#[derive(Debug, Serialize, Deserialize)]
pub struct Gathered {
    /// The worst first.
    pub incidents: Vec<Incident>,
    pub findings: u64,
    /// Findings in no incident.
    pub isolated: u64,
    /// Incidents of which only their number is known, and their findings.
    pub forgotten: (u64, u64),
    /// Of each group the index of the incident that it has become.
    of: Vec<Option<u32>>,
}

impl Gathered {
    /// The index of the incident that a finding is of. `group`: what [`Gatherer::finding`] gave for it.
    pub fn incident_of(&self, group: u32) -> Option<usize> {
        let index = self.of.get(group as usize).copied().flatten()?;
        usize::try_from(index).ok()
    }
}

impl Default for Gatherer {
    fn default() -> Self {
        Self::new()
    }
}

impl Gatherer {
    pub fn new() -> Self {
        Self {
            groups: Groups::new(),
            spread: Spread::new(),
            clients: Runs::new(CLIENTS),
            principals: Runs::new(PRINCIPALS),
            clocks: Clocks::default(),
            addresses: Addresses::default(),
            changes: VecDeque::new(),
            minutes: HashMap::new(),
            newest: Micros::MIN,
            total: 0,
            isolated: 0,
            forgotten: (0, 0),
        }
    }

    /// Takes in what else happened. Of each input the order is kept.
    pub fn sign(&mut self, sign: Sign) {
        if sign.what == What::Line {
            return;
        }
        self.spread.since(sign.time);
        let ahead = self.clocks.ahead(sign.place);
        let time = sign.time - ahead;
        let at = Moment::new(time, Some(sign.place));
        self.newest = self.newest.max(time);
        match sign.what {
            What::Request { client, answer, .. } => {
                if let Some(stretch) = self.clocks.pass(sign.input, sign.place, sign.time) {
                    self.rewind(&stretch);
                }
                if self.minutes.len() < MINUTES {
                    *self
                        .minutes
                        .entry(time - time.rem_euclid(MINUTE))
                        .or_default() += 1;
                }
                let Some(client) = client else { return };
                self.addresses.pass(time, sign.place, client);
                match answer {
                    Answer::Accepted => self.accepted_client(client, at, sign.input),
                    Answer::Refused => self.clients.note(client, at, false, sign.input),
                    Answer::Other => {}
                }
            }
            What::Accepted { client, principal } => {
                if let Some(client) = client {
                    self.accepted_client(client, at, sign.input);
                }
                self.principals
                    .note(principal.clone(), at, true, sign.input);
                self.groups
                    .each_of(&Key::Principal(principal.clone()), |group| {
                        group.principals.accepted(&*principal, at);
                    });
            }
            What::Change(change) => self.changed(Changed {
                time,
                input: sign.input,
                place: sign.place,
                change,
            }),
            What::Line => {}
        }
    }

    fn accepted_client(&mut self, client: IpAddr, at: Moment, input: usize) {
        self.clients.note(client, at, true, input);
        self.groups.each_of(&Key::Client(client), |group| {
            group.clients.accepted(&client, at);
        });
    }

    fn changed(&mut self, mut changed: Changed) {
        let is_same = |known: &Changed| {
            known.input != changed.input
                && known.change.causes == changed.change.causes
                && (known.time - changed.time).abs() <= AGAIN
        };
        if self.changes.iter().rev().take(64).any(is_same) {
            return;
        }
        let text = &changed.change.text;
        if text.len() > TEXT {
            changed.change.text = beginning(text, TEXT).into();
        }
        if self.changes.len() == CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(changed);
    }

    /// A clock had been ahead: sets right what was told by it.
    fn rewind(&mut self, stretch: &Stretch) {
        let Stretch {
            input,
            begins,
            ahead,
            ..
        } = *stretch;
        self.clients.rewind(input, begins, ahead);
        for group in self.groups.all_mut() {
            group.rewind(begins, ahead);
        }
        self.spread.rewind(begins, ahead);
        self.newest = stretch.begins - ahead;
    }

    /// Takes in the next finding. `id`: its stable id. Gives its group: by that the incident is found that it is of.
    pub fn finding(&mut self, finding: &Finding, id: &str) -> u32 {
        let place = finding.evidence.first().map(|e| e.place);
        let ahead = place.map_or(0, |place| self.clocks.ahead(place));
        let time = finding.time - ahead;
        let at = Moment::new(time, place);
        self.spread.since(time);
        self.newest = self.newest.max(time);
        self.total += 1;
        let client_before = finding
            .source
            .and_then(|client| self.clients.before(&client, at).copied());
        let principal = finding.principal.as_deref();
        let principal_before =
            principal.and_then(|p| self.principals.before(p, at).map(|run| run.last.min(at)));
        let fact = Fact {
            finding,
            id,
            at,
            ahead,
            client_before,
            principal_before,
        };
        let goes_on = |group: &Group, by| self.goes_on(group, by, finding, time);
        let number = match self.groups.find(finding, goes_on) {
            Some((number, anchor)) => {
                self.groups.add(number, anchor, &fact);
                number
            }
            None => self.begin(&fact),
        };
        self.recover(number, finding, at);
        self.spread.settle(&mut self.groups, time);
        self.forget();
        number
    }

    fn begin(&mut self, fact: &Fact<'_>) -> u32 {
        let number = self.groups.begin(fact);
        if let Some(reason) = Reason::of(fact.finding) {
            self.spread
                .begin(&mut self.groups, reason, fact.at.time, number);
        }
        number
    }

    /// Of what there is no room for, only its number is kept.
    fn forget(&mut self) {
        for group in self.groups.forget(self.newest - GAP, qualifies) {
            if qualifies(&group) {
                self.forgotten.0 += 1;
                self.forgotten.1 += group.count;
            } else {
                self.isolated += group.count;
            }
        }
    }

    /// A finding comes later than what followed it: looks for the successes that did.
    fn recover(&mut self, number: u32, finding: &Finding, at: Moment) {
        let client = finding.source;
        let principal = finding.principal.as_deref();
        let after_client = client.and_then(|c| self.clients.after(&c, at));
        let after_principal = principal.and_then(|p| self.principals.after(p, at));
        let Some(group) = self.groups.get_mut(number) else {
            return;
        };
        if let (Some(client), Some(after)) = (client, after_client) {
            group.clients.accepted(&client, after);
        }
        if let (Some(principal), Some(after)) = (principal, after_principal) {
            group.principals.accepted(principal, after);
        }
    }

    fn goes_on(&self, group: &Group, by: Anchor, finding: &Finding, time: Micros) -> bool {
        let is_anchored = group.anchor == by || group.anchor == Anchor::Either;
        let is_near = time >= group.first - GAP && time <= group.last + GAP;
        let is_back = || {
            let client = finding.source.filter(|_| by == Anchor::Client);
            let since =
                client.map(|client| self.clients.after(&client, Moment::new(group.last, None)));
            time <= group.last + LONG && since == Some(None)
        };
        is_anchored
            && group.system == finding.system
            && group.kinds.has(Kinds::left(finding))
            && is_like(group, finding)
            && (is_near || time > group.last && is_back())
    }

    /// Requests in the minutes between two moments.
    pub(super) fn requests(&self, from: Micros, until: Micros) -> u64 {
        let minute = from - from.rem_euclid(MINUTE);
        let minutes = (until - minute) / MINUTE;
        if usize::try_from(minutes).unwrap_or(usize::MAX) > self.minutes.len() {
            let all = self.minutes.iter();
            return all
                .filter(|(at, _)| (minute..=until).contains(*at))
                .map(|(_, n)| n)
                .sum();
        }
        let at = (0..=minutes).map(|n| minute + n * MINUTE);
        at.filter_map(|minute| self.minutes.get(&minute)).sum()
    }

    /// All has come: tells what there is. `summary`: what is known of the logs.
    pub fn finish(mut self, summary: &Summary) -> Gathered {
        self.spread.settle(&mut self.groups, Micros::MAX);
        self.unite(summary);
        let mut incidents = Vec::new();
        let mut isolated = self.isolated;
        for number in self.groups.numbers() {
            let Some(group) = self.groups.get(number) else {
                continue;
            };
            if is_isolated(group) || self.spread.is_usual(group, self.newest) {
                isolated += group.count;
            } else {
                incidents.push((number, self.conclude(group, summary)));
            }
        }
        incidents.sort_by(|(_, a), (_, b)| {
            let key = |i: &Incident| (std::cmp::Reverse((i.level, i.refusals)), i.first);
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        let index: HashMap<u32, u32> = incidents.iter().map(|(n, _)| *n).zip(0..).collect();
        let of = self.groups.roots().map(|root| index.get(&root).copied());
        Gathered {
            of: of.collect(),
            incidents: incidents
                .into_iter()
                .map(|(_, incident)| incident)
                .collect(),
            findings: self.total,
            isolated,
            forgotten: self.forgotten,
        }
    }

    /// Puts together what one change set off.
    fn unite(&mut self, summary: &Summary) {
        let mut by_change: HashMap<(Option<&'static str>, u32, u64), u32> = HashMap::new();
        for number in self.groups.numbers() {
            let Some(group) = self.groups.get(number) else {
                continue;
            };
            let trigger = self.trigger(group, summary);
            let trigger = trigger.filter(|t| t.certainty == Certainty::Certain);
            let Some(place) = trigger.and_then(|t| t.change()) else {
                continue;
            };
            let key = (group.system, place.part, place.line);
            let kinds = group.kinds;
            let first = *by_change.entry(key).or_insert(number);
            let is_same = |group: &Group| group.kinds.has(kinds);
            if first != number && self.groups.get(first).is_some_and(is_same) {
                self.groups.merge(first, number);
                if let Some(group) = self.groups.get_mut(first) {
                    group.wide = group.wide.or(Some(group.first));
                }
            }
        }
    }
}

/// Whether a finding may be for what a group is for: where its causes are of several kinds, by the first of them, or
/// the group's own.
fn is_like(group: &Group, finding: &Finding) -> bool {
    let Some(first) = finding.cause() else {
        return true;
    };
    let own = group.cause();
    group.kinds.has(Kinds::of(first))
        || finding
            .candidates
            .iter()
            .any(|left| Some(left.cause) == own)
}

#[cfg(test)]
mod tests {
    use super::super::groups::GROUPS;
    use super::{Gatherer, LONG};
    use crate::cause::Cause;
    use crate::event::{Micros, Place, SECOND};
    use crate::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};
    use crate::incident::{Ended, GAP};
    use crate::sign::{Answer, Sign, What};
    use crate::summary::Summary;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
    use std::net::{IpAddr, Ipv4Addr};

    fn client(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(0xcb00_7100 + n))
    }

    fn finding(time: Micros, from: u32, cause: Cause) -> Finding {
        let because = "".into();
        Finding {
            time,
            system: Some("pritunl"),
            verdict: Verdict::Explained,
            confidence: Confidence::High,
            logged: Some(true),
            candidates: vec![Candidate { cause, because }],
            source: Some(client(from)),
            principal: None,
            host: None,
            action: None,
            reason: None,
            request: None,
            message: "".into(),
            fix: None,
            evidence: Vec::new(),
            considered: Vec::new(),
        }
    }

    fn accepted(time: Micros, from: u32) -> Sign {
        let client = Some(client(from));
        Sign {
            time,
            input: 0,
            place: place(0),
            system: None,
            what: What::Request {
                client,
                answer: Answer::Accepted,
                reveals: None,
            },
        }
    }

    /// How many incidents there are of refusals of one client at these seconds, let in at those.
    fn incidents(refused: &[i64], let_in: &[i64]) -> usize {
        let mut gatherer = Gatherer::new();
        for time in let_in {
            gatherer.sign(accepted(time * SECOND, 1));
        }
        for time in refused {
            let finding = finding(time * SECOND, 1, Cause::SignatureMismatch);
            gatherer.finding(&finding, &time.to_string());
        }
        gatherer.finish(&Summary::default()).incidents.len()
    }

    #[test]
    fn what_lies_apart_is_two_if_it_was_well_between() {
        let (gap, long) = (GAP / SECOND, LONG / SECOND);
        assert_eq!(incidents(&[0, 5, 10, gap], &[]), 1);
        assert_eq!(incidents(&[0, 5, 5 + gap + 1, 9 + gap], &[100]), 2);
        assert_eq!(
            incidents(&[0, 5, 5 + gap + 1, 9 + gap], &[]),
            1,
            "a job each hour"
        );
        assert_eq!(incidents(&[0, 5, 5 + long + 1, 9 + long], &[]), 2);
        assert_eq!(incidents(&[0], &[]), 0);
    }

    fn place(line: u64) -> Place {
        Place {
            part: 0,
            line,
            offset: 0,
            length: 0,
        }
    }

    /// The findings come while the clock is still ahead, as they do live.
    #[test]
    fn a_clock_that_falls_back_sets_right_what_was_told() {
        const AHEAD: Micros = 13 * 3600 * SECOND;
        let mut gatherer = Gatherer::new();
        for n in 0..30_u32 {
            let is_wrong = (10..20).contains(&n);
            let right = i64::from(n) * 10 * SECOND;
            let time = right + if is_wrong { AHEAD } else { 0 };
            let mut sign = accepted(time, n % 3);
            sign.place = place(n.into());
            if is_wrong {
                sign.what = What::Request {
                    client: Some(client(n % 3)),
                    answer: Answer::Refused,
                    reveals: None,
                };
            }
            gatherer.sign(sign);
            if is_wrong {
                let mut finding = finding(time, n % 3, Cause::ClockSkew);
                finding.evidence = vec![Evidence {
                    role: Role::Request,
                    place: place(n.into()),
                    text: "".into(),
                    delta_s: None,
                    clock_offset_s: None,
                }];
                gatherer.finding(&finding, &n.to_string());
            }
        }
        let all = gatherer.finish(&Summary::default()).incidents;
        let [incident] = &all[..] else {
            panic!("{all:#?}");
        };
        let near = |time: Micros, seconds: i64| (time - seconds * SECOND).abs() < 20 * SECOND;
        assert!(
            near(incident.first, 100) && near(incident.last, 190),
            "{incident:#?}"
        );
        assert!((incident.clock_ahead - AHEAD).abs() < 20 * SECOND);
        assert_eq!(incident.end.recovered, (3, 3));
        for lane in &incident.clients.kept {
            assert!(
                near(lane.before.unwrap(), 80) && near(lane.after.unwrap(), 210),
                "{lane:#?}"
            );
        }
    }

    /// Where three people a minute give a wrong password all day, that three do is no incident, nor is it at the
    /// beginning of the log.
    #[test]
    fn what_is_usual_is_no_incident() {
        let mut gatherer = Gatherer::new();
        let mut told = Vec::new();
        for n in 0..1000_u32 {
            let time = i64::from(n) * 20 * SECOND;
            gatherer.finding(&finding(time, n, Cause::WrongPassword), &n.to_string());
            if n > 950 {
                for k in 0..4 {
                    let other = 10_000 + n * 4 + k;
                    let finding = finding(time, other, Cause::WrongPassword);
                    gatherer.finding(&finding, &other.to_string());
                }
            }
            if n == 950 {
                told = gatherer.clone().finish(&Summary::default()).incidents;
            }
        }
        assert!(told.is_empty(), "{told:#?}");
        let all = gatherer.finish(&Summary::default()).incidents;
        assert_eq!(all.len(), 1, "five times as many are one: {all:#?}");
        assert!(all[0].refusals >= 150, "{}", all[0].refusals);
    }

    #[test]
    fn it_is_told_while_it_lasts_and_when_it_is_over() {
        let mut gatherer = Gatherer::new();
        let mut told = Vec::new();
        let mut tell = |gatherer: &Gatherer| {
            let all = gatherer.clone().finish(&Summary::default()).incidents;
            assert!(all.len() <= 1);
            told.extend(all.into_iter().map(|i| (i.id, i.refusals, i.end.ended)));
        };
        for time in [0, 5, 10] {
            let finding = finding(time * SECOND, 1, Cause::SignatureMismatch);
            gatherer.finding(&finding, &time.to_string());
            tell(&gatherer);
        }
        gatherer.sign(accepted(60 * SECOND, 1));
        tell(&gatherer);
        let id: Box<str> = "0".into();
        let expected = [
            (id.clone(), 2, Ended::Open),
            (id.clone(), 3, Ended::Open),
            (id, 3, Ended::Accepted),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn memory_is_bounded() {
        let mut gatherer = Gatherer::new();
        let all = 3 * u32::try_from(GROUPS).unwrap();
        for n in 0..all {
            let time = i64::from(n) * SECOND;
            for _ in 0..2 {
                gatherer.finding(&finding(time, n, Cause::MalformedSignature), &n.to_string());
            }
            assert!(gatherer.groups.sizes().0 <= GROUPS);
        }
        let (_, anchors) = gatherer.groups.sizes();
        assert!(anchors <= 2 * GROUPS, "{anchors}");
        let left = gatherer.finish(&Summary::default());
        let told: u64 = left.incidents.iter().map(|i| i.refusals).sum();
        assert!(left.forgotten.0 > 0);
        assert_eq!(told + left.isolated + left.forgotten.1, u64::from(all) * 2);
    }

    const CAUSES: [Cause; 4] = [
        Cause::WrongPassword,
        Cause::ClockSkew,
        Cause::InvalidSession,
        Cause::InsufficientRights,
    ];

    proptest! {
        /// Whatever comes in whatever order, each finding is in one incident or in none, and the numbers add up.
        #[test]
        fn numbers_add_up(all in proptest::collection::vec((0_i64..4000, 0_u32..12, 0_usize..4, 0_u8..3), 0..200)) {
            let mut gatherer = Gatherer::new();
            let mut groups = Vec::new();
            for (n, (time, from, cause, kind)) in all.into_iter().enumerate() {
                if kind == 0 {
                    gatherer.sign(accepted(time * SECOND, from));
                } else {
                    let finding = finding(time * SECOND, from, CAUSES[cause]);
                    groups.push(gatherer.finding(&finding, &format!("{n:012}")));
                }
            }
            let left = gatherer.finish(&Summary::default());
            prop_assert_eq!(left.findings, groups.len() as u64);
            let mut members = vec![0; left.incidents.len()];
            let mut isolated = 0;
            for group in groups {
                match left.incident_of(group) {
                    Some(at) => members[at] += 1,
                    None => isolated += 1,
                }
            }
            prop_assert_eq!(isolated, left.isolated);
            for (incident, members) in left.incidents.iter().zip(members) {
                prop_assert_eq!(incident.refusals, members);
                prop_assert!(incident.first <= incident.last);
                let of_clients: u64 = incident.clients.kept.iter().map(|lane| lane.refusals).sum();
                prop_assert_eq!(of_clients + incident.clients.rest, members);
                for lane in &incident.clients.kept {
                    prop_assert!(lane.before.is_none_or(|before| before <= lane.first));
                    prop_assert!(lane.after.is_none_or(|after| after >= lane.last));
                }
            }
        }
    }
}
