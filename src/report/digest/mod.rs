//! What a report tells of findings and signs: counted as they come, in memory that does not grow with the logs.

mod changes;
mod lanes;
mod ranking;
mod samples;
mod times;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{NaiveDate, Timelike};

pub use changes::{Changed, Changes};
pub use lanes::{Lane, Lanes, Span};
pub use ranking::{Ranking, Standing};
pub use samples::{Sample, Samples};
pub use times::Times;

use crate::cause::Cause;
use crate::event::{Micros, Part};
use crate::finding::{Finding, Verdict};
use crate::sign::{Answer, Sign, What};
use crate::zone::Zone;

/// Days whose hours are counted; refusals of more are in no hour.
const DAYS: usize = 4000;

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
    /// By day and hour on the reader's wall.
    pub hours: BTreeMap<NaiveDate, [u64; 24]>,
    pub clients: Ranking<IpAddr>,
    pub principals: Ranking<Box<str>>,
    pub paths: Ranking<Box<str>>,
    pub statuses: Ranking<u16>,
    pub agents: Ranking<Box<str>>,
    /// All requests, refused or not, within what is asked for.
    pub requests: u64,
    pub changes: Changes,
    pub lanes: Lanes,
    pub samples: Samples,
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
            hours: BTreeMap::new(),
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
        match &sign.what {
            What::Request { client, answer, .. } => {
                self.requests += 1;
                if let (Some(client), Answer::Accepted) = (client, answer) {
                    self.lanes.accepted(*client, sign.time);
                }
            }
            What::Accepted { client, .. } => {
                if let Some(client) = client {
                    self.lanes.accepted(*client, sign.time);
                }
            }
            What::Change(change) => self.changes.add(sign, change),
            What::Line => {}
        }
    }

    /// A finding that is asked for; `number`: how many came before it, asked for or not.
    pub fn finding(&mut self, number: usize, finding: &Finding, parts: &[Part]) {
        let (time, cause) = (finding.time, finding.cause());
        self.verdicts.add(finding.verdict);
        self.causes.entry(cause).or_default().add(finding.verdict);
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        self.times.add(time, cause);
        self.hour(time);
        if let Some(client) = finding.source {
            self.clients.add(client, time, cause);
            self.lanes.refused(client, time);
        }
        if let Some(name) = &finding.principal {
            self.principals.add(name.clone(), time, cause);
        }
        if let Some(request) = &finding.request {
            self.paths.add(request.path().into(), time, cause);
            self.statuses.add(request.status, time, cause);
            if let Some(agent) = &request.user_agent {
                self.agents.add(agent.clone(), time, cause);
            }
        }
        self.samples.add(number, finding, parts);
    }

    fn hour(&mut self, time: Micros) {
        let Some(wall) = self.zone.read(time) else {
            return;
        };
        let day = wall.date_naive();
        if self.hours.len() < DAYS || self.hours.contains_key(&day) {
            self.hours.entry(day).or_default()[wall.hour() as usize] += 1;
        }
    }
}
