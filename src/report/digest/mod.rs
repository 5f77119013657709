//! What a report tells of findings and signs: counted as they come, in memory that does not grow with the logs.

mod changes;
mod hours;
mod lanes;
mod ranking;
mod samples;
mod times;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

pub use changes::Changes;
pub use hours::Hours;
pub use lanes::{Lane, Lanes, Span};
pub use ranking::{Ranking, Standing};
pub use samples::{Sample, Samples};
pub use times::Times;

use crate::cause::Cause;
use crate::event::{Micros, Part};
use crate::finding::{Finding, Verdict};
use crate::outline::Outline;
use crate::rollup::{Changed, Echo};
use crate::sign::{Sign, What};
use crate::zone::Zone;

/// How many findings of each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdicts {
    pub explained: u64,
    pub silent: u64,
    pub ambiguous: u64,
    pub unknown: u64,
}

impl Verdicts {
    pub fn of(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Explained => self.explained,
            Verdict::Silent => self.silent,
            Verdict::Ambiguous => self.ambiguous,
            Verdict::Unknown => self.unknown,
        }
    }

    pub fn total(&self) -> u64 {
        Verdict::ALL.iter().map(|v| self.of(*v)).sum()
    }

    fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Explained => &mut self.explained,
            Verdict::Silent => &mut self.silent,
            Verdict::Ambiguous => &mut self.ambiguous,
            Verdict::Unknown => &mut self.unknown,
        } += 1;
    }
}

/// What was counted.
#[derive(Debug, Clone)]
pub struct Digest {
    zone: Zone,
    pub verdicts: Verdicts,
    /// By the first cause that is left; `None`: unknown.
    causes: BTreeMap<Option<Cause>, Verdicts>,
    pub first: Option<Micros>,
    pub last: Option<Micros>,
    pub times: Times,
    pub hours: Hours,
    pub clients: Ranking<IpAddr>,
    pub principals: Ranking<Box<str>>,
    pub paths: Ranking<Box<str>>,
    pub statuses: Ranking<u16>,
    pub agents: Ranking<Box<str>>,
    /// All requests, refused or not, within what is asked for.
    pub requests: u64,
    pub changes: Changes,
    pub lanes: Lanes,
    pub samples: Samples<Sample>,
}

impl Digest {
    /// `zone`: of the reader's wall.
    pub fn new(zone: Zone) -> Self {
        Self {
            zone,
            verdicts: Verdicts::default(),
            causes: BTreeMap::new(),
            first: None,
            last: None,
            times: Times::default(),
            hours: Hours::default(),
            clients: Ranking::default(),
            principals: Ranking::default(),
            paths: Ranking::default(),
            statuses: Ranking::default(),
            agents: Ranking::default(),
            requests: 0,
            changes: Changes::default(),
            lanes: Lanes::default(),
            samples: Samples::default(),
        }
    }

    /// How many of each cause, the most frequent first; `None`: unknown.
    pub fn causes(&self) -> Vec<(Option<Cause>, Verdicts)> {
        let mut causes: Vec<_> = self.causes.iter().map(|(c, v)| (*c, *v)).collect();
        causes.sort_by_key(|(cause, v)| (Reverse(v.total()), *cause));
        causes
    }

    /// What else happened, within what is asked for.
    pub fn sign(&mut self, sign: &Sign) {
        if let What::Change(change) = &sign.what {
            self.changed(Changed::new(sign, change));
        } else if let Some(echo) = Echo::of(sign) {
            self.echo(&echo);
        }
    }

    pub fn echo(&mut self, echo: &Echo) {
        self.requests += u64::from(echo.is_request);
        if let Some(client) = echo.accepted {
            self.lanes.accepted(client, echo.time);
        }
    }

    pub fn changed(&mut self, changed: Changed) {
        self.changes.add(changed);
    }

    /// A finding that is asked for; `number`: how many came before it, asked for or not; `group`: the one that it was
    /// gathered to.
    pub fn finding(&mut self, number: u64, group: u32, finding: &Finding, parts: &[Part]) {
        let outline = Outline::from(finding);
        self.count(&outline);
        self.drawn(&outline);
        self.samples.offer(group, &outline, || {
            Sample::new(number, finding.clone(), parts)
        });
    }

    /// The same without its lines and its lane.
    pub fn count(&mut self, finding: &Outline<'_>) {
        let (time, cause) = (finding.time, finding.cause);
        self.verdicts.add(finding.verdict);
        self.causes.entry(cause).or_default().add(finding.verdict);
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        self.times.add(time, cause);
        self.hours.add(time, self.zone);
        if let Some(client) = finding.source {
            self.clients.add(&client, || client, time, cause);
        }
        let text = |ranking: &mut Ranking<Box<str>>, text: &str| {
            ranking.add(text, || text.into(), time, cause);
        };
        if let Some(name) = finding.principal {
            text(&mut self.principals, name);
        }
        if let Some(request) = &finding.request {
            let status = request.status;
            text(&mut self.paths, request.path);
            self.statuses.add(&status, || status, time, cause);
            if let Some(agent) = request.agent {
                text(&mut self.agents, agent);
            }
        }
    }

    /// A finding in the lane of its client, if that has one.
    pub fn drawn(&mut self, finding: &Outline<'_>) {
        if let Some(client) = finding.source {
            self.lanes.refused(client, finding.time);
        }
    }
}
