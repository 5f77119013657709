//! What web servers in front refused by themselves, by their error logs: the server product never saw such a request,
//! so nothing of it is joined with that product's log.
//!
//! An error log's line and the access log's are written by one process within moments, in the order of the requests of
//! a client.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use foldhash::HashSet;

use crate::event::{Entry, Event, Kind, Micros, Place, Record, Request, SECOND};
use crate::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};
use crate::system::{Meaning, Statement, System, error_log};

/// How long after its line in the error log a request may be logged, its duration aside.
const LATER: Micros = 3 * SECOND;
/// By how much the clock of an access line may be behind: both are cut to whole seconds.
const EARLIER: Micros = SECOND;
/// So much earlier than it is stamped a line is handed in, to be there before its request.
pub(super) const AHEAD: Micros = EARLIER;
/// Lines in wait for their request; more than that are of a flood, and the oldest goes without.
const WAITING: usize = 1 << 16;

/// A line of an error log.
#[derive(Debug, Clone)]
struct Refused {
    time: Micros,
    source: Option<IpAddr>,
    entry: Entry,
    place: Place,
    text: Box<str>,
}

/// Lines of error logs that have no request yet, in the order of time, and the findings on those that have.
#[derive(Debug, Default, Clone)]
pub(super) struct Fronts {
    waiting: VecDeque<Refused>,
    findings: Vec<Finding>,
    /// Per error log, what brings its times to the access logs' clock, where that is not nothing.
    offsets: Vec<(usize, Micros)>,
    /// Access logs that tell the user of a request that named one.
    naming: HashSet<usize>,
}

impl Fronts {
    /// `offsets` and `naming`: as the first pass found them.
    pub(super) fn new(offsets: Vec<(usize, Micros)>, naming: HashSet<usize>) -> Self {
        Self {
            offsets,
            naming,
            ..Self::default()
        }
    }

    /// When a line was written, by the access logs' clock.
    pub(super) fn time(&self, input: usize, written: Micros) -> Micros {
        let own = self.offsets.iter().find(|(of, _)| *of == input);
        written + own.map_or(0, |(_, offset)| *offset)
    }

    /// Takes in a line of an error log.
    pub(super) fn push(&mut self, input: usize, record: Record) {
        let time = self.time(input, record.event.time.start);
        let Record {
            place, event, text, ..
        } = record;
        let Kind::Entry(entry) = event.kind else {
            return;
        };
        let refused = Refused {
            time,
            source: event.source,
            entry,
            place,
            text: text.unwrap_or_default(),
        };
        let at = self
            .waiting
            .partition_point(|other| other.time <= refused.time);
        self.waiting.insert(at, refused);
        if self.waiting.len() > WAITING
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.findings.push(alone(&oldest));
        }
    }

    /// Whether the request of an access line was refused in front, by a line that no other request has. Then it is
    /// explained.
    pub(super) fn explains(
        &mut self,
        input: usize,
        record: &Record,
        system: Option<&'static System>,
    ) -> bool {
        let Kind::Request(request) = &record.event.kind else {
            return false;
        };
        self.pass(record.event.time.start);
        // Requests that an upstream answered were not refused in front of it.
        if self.waiting.is_empty()
            || request.status < 400
            || matches!(request.upstream_status, Some(Some(_)))
        {
            return false;
        }
        let is_named = self.naming.contains(&input);
        let of_user = |(_, refused): &(usize, &Refused)| refused.is_of_user(request, is_named);
        let mut fitting = self.waiting.iter().enumerate().filter(of_user);
        let exact = fitting
            .clone()
            .find(|(_, refused)| refused.is_of(&record.event, request, true));
        let found = exact
            .or_else(|| fitting.find(|(_, refused)| refused.is_of(&record.event, request, false)));
        let Some(refused) = found
            .map(|(at, _)| at)
            .and_then(|at| self.waiting.remove(at))
        else {
            return false;
        };
        self.findings
            .push(explained(&refused, record, request, system));
        true
    }

    /// Lines whose request would have come by now have none in these logs.
    pub(super) fn pass(&mut self, now: Micros) {
        let over = self
            .waiting
            .partition_point(|refused| refused.time + LATER + EARLIER < now);
        self.findings
            .extend(self.waiting.drain(..over).map(|refused| alone(&refused)));
    }

    /// Findings up to a moment; without one, all.
    pub(super) fn take(&mut self, until: Option<Micros>) -> Vec<Finding> {
        let Some(until) = until else {
            self.findings
                .extend(self.waiting.drain(..).map(|refused| alone(&refused)));
            return std::mem::take(&mut self.findings);
        };
        self.findings
            .extract_if(.., |finding| finding.time <= until)
            .collect()
    }
}

impl Refused {
    fn statement(&self) -> Option<&'static Statement> {
        self.entry.statement
    }

    /// Whether it tells of this request. `usual`: the status is one that goes with it if nobody changed it.
    fn is_of(&self, event: &Event, request: &Request, usual: bool) -> bool {
        let began = event.time.start - request.duration.unwrap_or(0);
        let is_near = began - LATER <= self.time && self.time <= event.time.end + EARLIER;
        let is_client = self.source.is_some_and(|address| {
            event.source == Some(address) || request.forwarded_for == Some(address)
        });
        let is_path = self
            .entry
            .path
            .as_deref()
            .is_none_or(|path| path == request.path());
        let is_status = self
            .statement()
            .is_some_and(|s| !usual || s.status.contains(&request.status));
        is_near && is_client && is_path && is_status
    }

    /// Whether the request came with the user whom the line names. `is_named`: its log tells the user where there is
    /// one, and both web servers log as `$remote_user` or `%u` also whom they refused.
    fn is_of_user(&self, request: &Request, is_named: bool) -> bool {
        match (self.entry.principal.as_deref(), request.user.as_deref()) {
            // An access log writes a dash for none and for an empty one.
            (None | Some("" | "-"), _) => true,
            (Some(_), None) => !is_named,
            (Some(own), Some(user)) => own == user,
        }
    }

    fn cause(&self) -> Option<crate::cause::Cause> {
        match self.statement()?.meaning {
            Meaning::Refusal(cause) => Some(cause),
            _ => None,
        }
    }

    fn evidence(&self, answered: Option<Micros>) -> Evidence {
        #[allow(clippy::cast_precision_loss)] // to the millisecond
        let seconds = |time: Micros| (time as f64 / 1e3).round() / 1e3;
        Evidence {
            role: Role::Reason,
            place: self.place,
            text: self.text.clone(),
            delta_s: answered.map(|answered| seconds(answered - self.time)),
            clock_offset_s: None,
        }
    }

    /// What both kinds of findings say.
    fn finding(&self, system: Option<&'static System>) -> Finding {
        let words = self.entry.reason.as_deref().unwrap_or_default();
        let cause = self.cause();
        let title = cause.map_or("Refused", |cause| cause.facts().title);
        Finding {
            time: self.time,
            system: system.map(|system| system.name),
            verdict: if cause.is_some() { Verdict::Explained } else { Verdict::Unknown },
            confidence: Confidence::High,
            logged: Some(true),
            candidates: cause
                .map(|cause| Candidate {
                    cause,
                    because: format!("the web server's error log says \"{words}\"").into(),
                })
                .into_iter()
                .collect(),
            source: self.source,
            principal: self.entry.principal.clone(),
            host: None,
            action: Some(self.entry.action.clone()),
            reason: self.entry.reason.clone(),
            request: None,
            message: format!(
                "{title}: the web server refused by itself, its error log says \"{words}\"; the request never reached \
                 the application."
            )
            .into(),
            fix: cause.and_then(error_log::fix),
            evidence: vec![self.evidence(None)],
            considered: Vec::new(),
        }
    }
}

/// A refusal that no access log has.
fn alone(refused: &Refused) -> Finding {
    refused.finding(None)
}

fn explained(
    refused: &Refused,
    record: &Record,
    request: &Request,
    system: Option<&'static System>,
) -> Finding {
    let answered = record.event.time.start;
    let own = Evidence {
        role: Role::Request,
        place: record.place,
        text: record.text.clone().unwrap_or_default(),
        delta_s: None,
        clock_offset_s: None,
    };
    let finding = refused.finding(system);
    Finding {
        time: answered,
        source: record.event.source,
        principal: finding.principal.clone().or_else(|| request.user.clone()),
        request: Some(request.clone()),
        evidence: vec![own, refused.evidence(Some(answered))],
        ..finding
    }
}

/// What the first pass learns of the zone of error logs: web servers tell it in their access logs only.
#[derive(Debug, Default)]
pub(super) struct Shifts {
    /// Of each input: its lines.
    lines: HashMap<usize, Vec<Line>>,
    /// Refused requests, by client.
    requests: HashMap<Option<IpAddr>, Vec<(Box<str>, Micros)>>,
    /// Access logs in which a request has a user.
    naming: HashSet<usize>,
}

/// Client, path and time of a line.
type Line = (Option<IpAddr>, Option<Box<str>>, Micros);

/// So many lines and requests are enough to tell a zone.
const VOICES: usize = 4096;
/// Clocks on walls are ahead of UTC by whole quarters of an hour.
const QUARTER: Micros = 900 * SECOND;
/// Two zones lie at most 26 hours apart.
const FARTHEST: Micros = 27 * 3600 * SECOND;

impl Shifts {
    pub(super) fn line(&mut self, input: usize, event: &Event, entry: &Entry) {
        let lines = self.lines.entry(input).or_default();
        if lines.len() < VOICES {
            lines.push((event.source, entry.path.clone(), event.time.start));
        }
    }

    pub(super) fn request(&mut self, input: usize, event: &Event, request: &Request) {
        if request.user.is_some() {
            self.naming.insert(input);
        }
        if self.lines_can_come() && request.status >= 400 {
            let own = self.requests.entry(event.source).or_default();
            if own.len() < VOICES {
                own.push((request.path().into(), event.time.start));
            }
        }
    }

    /// Whether there is an error log at all: made known before the first record.
    fn lines_can_come(&self) -> bool {
        !self.lines.is_empty()
    }

    /// That this input is an error log.
    pub(super) fn expect(&mut self, input: usize) {
        self.lines.entry(input).or_default();
    }

    /// The access logs that tell users.
    pub(super) fn naming(&self) -> HashSet<usize> {
        self.naming.clone()
    }

    /// What brings the times of each error log to those of the access logs, where they tell.
    pub(super) fn found(&self) -> Vec<(usize, Micros)> {
        let found = |(input, lines): (&usize, &Vec<Line>)| Some((*input, self.offset(lines)?));
        let mut found: Vec<_> = self.lines.iter().filter_map(found).collect();
        found.sort_unstable();
        found
    }

    /// Whole quarters of an hour are a zone; another distance must be that of most lines to be believed.
    fn offset(&self, lines: &[Line]) -> Option<Micros> {
        let mut votes: HashMap<i64, usize> = HashMap::new();
        for (source, path, time) in lines {
            let own = self.requests.get(source).into_iter().flatten();
            let fitting = own.filter(|(of, _)| path.as_deref().is_none_or(|path| path == &**of));
            for (_, requested) in fitting.filter(|(_, t)| (t - time).abs() <= FARTHEST) {
                *votes
                    .entry((requested - time).div_euclid(SECOND))
                    .or_default() += 1;
            }
        }
        let at = |second: i64| votes.get(&second).copied().unwrap_or(0);
        // A line is stamped in the second of its request's answer, or in the one before.
        let around = |second: i64| at(second) + at(second + 1);
        // Of equal ones the one with most at once, then the nearest.
        let counted = votes
            .keys()
            .map(|&second| (around(second), at(second), -second.abs(), second));
        let any = counted.max()?;
        let in_zone = |second: i64| {
            (second - EARLIER / SECOND..=second + LATER / SECOND)
                .map(at)
                .sum::<usize>()
        };
        let zones = votes
            .keys()
            .map(|&second| quarters(second * SECOND) / SECOND);
        let zone = zones
            .map(|second| (in_zone(second), -second.abs(), second))
            .max();
        let zone = zone.filter(|(votes, ..)| *votes > 0);
        let by_zone = zone.map_or(0, |(votes, ..)| votes);
        let is_believed = any.0 >= AGREEING && any.0 * 2 > lines.len() && any.0 > by_zone * 2;
        let chosen = if is_believed {
            Some(any.3)
        } else {
            zone.map(|(.., second)| second)
        };
        chosen.map(|second| second * SECOND)
    }
}

/// So many lines must agree on a distance that is no zone.
const AGREEING: usize = 3;

/// The nearest whole quarter of an hour.
fn quarters(time: Micros) -> Micros {
    (time + QUARTER / 2).div_euclid(QUARTER) * QUARTER
}
