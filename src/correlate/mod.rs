//! Which line belongs to which request, and what follows where there is none.
//!
//! A first pass ([`Survey`]) learns whose rules apply and how far the clocks are apart. The second pushes
//! every record into a [`Correlator`] and takes findings out. Both are pure: they know no file and no
//! clock but that of the records.
//!
//! ```text
//! record -> exchange | notice -> problem -> pair -> judge -> finding
//! ```

mod coverage;
mod exchange;
mod history;
mod judge;
mod knowledge;
mod notice;
pub mod offset;
mod order;
pub mod pair;
mod problem;
mod server;
mod settle;
mod survey;
mod ticks;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::ops::Range;
use std::rc::Rc;

use coverage::{Blind, Coverage, Covered};
use exchange::Exchange;
use history::{Change, History};
use judge::{Court, Paired, judge};
use knowledge::Knowledge;
use notice::Notice;
use order::Anchor;
use problem::LONGEST_LAG;
use server::Server;
pub use survey::{Bearings, Clock, Side, Survey};
use ticks::{Accepted, Ticks};

use crate::cause::Cause;
use crate::event::{Entry, Event, Kind, Micros, Record, Request, SECOND};
use crate::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};
use crate::summary::{ClockOffset, Gap, Summary};
use crate::system::{Meaning, Routes};

/// How far behind the newest record of all inputs a request must be before it is paired: lines come
/// late by the lag of requests and the second to which their times are cut.
const LATENESS: Micros = LONGEST_LAG + 2 * SECOND;
/// Requests and lines in wait beyond which pairing no longer waits for a calm moment.
const CROWD: usize = 4096;
/// Pairing is tried each time the logs have gone on for this long, or brought so many records.
const STEP: Micros = 4 * SECOND;
const BATCH: usize = 512;
/// Findings in wait for a sign of life of the log; beyond that it counts as dead.
const WAITING: usize = 1 << 16;

/// One access log's requests in one second: from these the moment of each is told more exactly.
#[derive(Debug, Clone, Copy)]
struct Second {
    start: Micros,
    first: u64,
    count: u64,
}

/// So many requests in a row can have been answered at once, but within no longer a time than this.
const NEIGHBOURS: Micros = 3;
const BURST: Micros = 150_000;
/// Seconds that are remembered of an access log.
const SECONDS: usize = 4096;

#[derive(Debug, Default)]
struct InputState {
    /// Requests so far.
    order: u64,
    /// The newest time, by the access logs' clock.
    watermark: Option<Micros>,
    ended: bool,
    seconds: VecDeque<Second>,
}

impl InputState {
    /// The log has come to `time`.
    fn pass(&mut self, time: Micros) {
        self.watermark = self.watermark.max(Some(time));
    }

    /// Counts a request in, and returns its place in the log.
    fn note_request(&mut self, time: &Range<Micros>) -> u64 {
        self.pass(time.start);
        let order = self.order;
        self.order += 1;
        let start = time.start.div_euclid(SECOND) * SECOND;
        match self.seconds.back_mut() {
            Some(second) if second.start == start => second.count += 1,
            _ => self.seconds.push_back(Second {
                start,
                first: order,
                count: 1,
            }),
        }
        if self.seconds.len() > SECONDS {
            self.seconds.pop_front();
        }
        order
    }

    /// The moment of the `order`-th request, answered in `time`, and how far it can be off: where the log
    /// is precise to the second only, requests are taken to be spread evenly over each. They come in bursts,
    /// so that a few neighbours can have been answered at once.
    fn moment(&self, order: u64, time: &Range<Micros>) -> (Micros, Micros) {
        let from = self.seconds.partition_point(|s| s.first + s.count <= order);
        let second = self.seconds.get(from).filter(|s| s.first <= order);
        match second.filter(|_| time.end - time.start >= SECOND) {
            Some(&Second {
                start,
                first,
                count,
            }) => {
                let count = Micros::try_from(count).unwrap_or(Micros::MAX);
                let before = Micros::try_from(order - first).unwrap_or(0);
                let spacing = SECOND / count;
                (
                    start + spacing * before + spacing / 2,
                    BURST.min(NEIGHBOURS * spacing),
                )
            }
            None => (i64::midpoint(time.start, time.end), 0),
        }
    }
}

/// Joins refusals with what the server wrote about them.
pub struct Correlator {
    bearings: Bearings,
    knowledge: Option<Knowledge>,
    names: Vec<String>,
    inputs: Vec<InputState>,
    /// Lines so far, by clock.
    written: Vec<u64>,
    ticks: Vec<Ticks>,
    accepted: Vec<Accepted>,
    coverage: Vec<Coverage>,
    server: Server,
    history: History,
    /// Not yet paired, in the order of the logs.
    exchanges: Vec<Exchange>,
    notices: Vec<Rc<Notice>>,
    /// Paired, in wait for what the coverage says; in the order of time.
    waiting: VecDeque<Paired>,
    usual: HashMap<Cause, u64>,
    anchors: Vec<Anchor>,
    settled_at: Micros,
    pushed: usize,
    gaps: Vec<Gap>,
    findings: Vec<Finding>,
}

impl Correlator {
    /// `names`: the inputs, in the order of their numbers.
    pub fn new(bearings: Bearings, names: Vec<String>) -> Self {
        let clocks = bearings.clocks.len();
        let server = Server::new(bearings.proof, bearings.clocks_differ());
        Self {
            knowledge: bearings.system.map(Knowledge::new),
            inputs: names.iter().map(|_| InputState::default()).collect(),
            written: vec![0; clocks],
            ticks: vec![Ticks::default(); clocks],
            accepted: Vec::new(),
            coverage: (0..clocks).map(|_| Coverage::default()).collect(),
            bearings,
            names,
            server,
            history: History::default(),
            exchanges: Vec::new(),
            notices: Vec::new(),
            waiting: VecDeque::new(),
            usual: HashMap::new(),
            anchors: Vec::new(),
            settled_at: Micros::MIN,
            pushed: 0,
            gaps: Vec::new(),
            findings: Vec::new(),
        }
    }
}

const UNDECIDED: &str = "Nothing tells which server product answered: no auth log was read, and paths and sizes \
    are of none that is known. Give the server's own log, or name the product with --system.";

/// Taking records in.
impl Correlator {
    /// Takes in the next record of an input.
    pub fn push(&mut self, input: usize, record: Record) {
        let Record { place, event, text } = record;
        let text = text.unwrap_or_default();
        match event.kind {
            Kind::Request(request) => {
                self.request(input, event.time, event.source, request, (place, text))
            }
            Kind::Entry(entry) => self.entry(input, event.time, event.source, entry, (place, text)),
        }
        self.pushed += 1;
        if self.pushed >= BATCH {
            self.pushed = 0;
            self.advance();
        }
    }

    /// When the next event of an input happened, by the access logs' clock.
    pub fn time(&self, input: usize, event: &Event) -> Micros {
        let Kind::Entry(entry) = &event.kind else {
            return event.time.start;
        };
        let clocks = self.bearings.clocks.iter().zip(&self.written);
        let mut own =
            clocks.filter(|(c, _)| c.input == input && c.host.as_deref() == entry.host.as_deref());
        event.time.start
            + own
                .next()
                .map_or(0, |(clock, written)| clock.offset(*written))
    }

    /// No further record of this input will come.
    pub fn end(&mut self, input: usize) {
        self.inputs[input].ended = true;
        for (clock, coverage) in self.bearings.clocks.iter().zip(&mut self.coverage) {
            if clock.input == input {
                coverage.end();
            }
        }
    }

    fn request(
        &mut self,
        input: usize,
        time: Range<Micros>,
        source: Option<IpAddr>,
        request: Request,
        line: Line,
    ) {
        let order = self.inputs[input].note_request(&time);
        let Some(knowledge) = &mut self.knowledge else {
            self.undecided(input, time, source, request, line);
            return;
        };
        let route = knowledge.route(&request.method, request.path());
        let answer = knowledge.answer(route, request.status);
        let past = self.history.past(source);
        let proves = knowledge.proves(route, request.status);
        let begins = knowledge.begins_session(&answer);
        if (200..300).contains(&request.status) && route != Routes::NONE {
            self.history.served(time.start);
        }
        self.history
            .note(source, time.start, request.is_refused(), proves, begins);
        if proves && !past.had_session {
            self.accepted.push(Accepted {
                input,
                order,
                time: time.clone(),
                moment: 0,
            });
        }
        if answer.is_mute() && !request.is_refused() {
            return;
        }
        if self.has_twins(input)
            && let Some(twin) = self.twin(input, &time, source, &request)
        {
            twin.join(input, time, request, line);
            return;
        }
        let bytes = answer.telling(request.bytes);
        self.exchanges.push(Exchange {
            lines: vec![(input, line.0, line.1)],
            moment: time.start,
            blur: 0,
            time,
            source,
            route,
            bytes,
            answer,
            order,
            past,
            unlogged: Vec::new(),
            request,
        });
    }

    /// Whether another access log tells of the same requests as this one.
    fn has_twins(&self, input: usize) -> bool {
        self.bearings.twin_of[input].is_some() || self.bearings.twin_of.contains(&Some(input))
    }

    /// The same request in another access log, if that came before.
    fn twin(
        &mut self,
        input: usize,
        time: &Range<Micros>,
        source: Option<IpAddr>,
        request: &Request,
    ) -> Option<&mut Exchange> {
        let recent = self
            .exchanges
            .iter()
            .rposition(|e| e.time.end < time.start - 2 * SECOND);
        let from = recent.map_or(0, |i| i + 1);
        self.exchanges[from..]
            .iter_mut()
            .find(|e| e.lines.iter().all(|l| l.0 != input) && e.is_twin(time, source, request))
    }

    fn entry(
        &mut self,
        input: usize,
        time: Range<Micros>,
        source: Option<IpAddr>,
        entry: Entry,
        line: Line,
    ) {
        let clock = self.clock(input, entry.host.as_deref());
        let order = self.written[clock];
        self.written[clock] += 1;
        let offset = self.bearings.clocks[clock].offset(order);
        let time = time.start + offset..time.end + offset;
        self.inputs[input].pass(time.start);
        self.coverage[clock].wrote(time.start);
        self.server.wrote(time.start, &entry);
        if let Some(Meaning::Change(causes)) = entry.statement.map(|s| s.meaning)
            && !causes.is_empty()
        {
            self.history.changed(Change {
                time: time.start,
                offset,
                causes,
                place: line.0,
                text: line.1.clone(),
            });
        }
        let source = source.filter(|address| !self.bearings.proxies.contains(address));
        let ticks = self.ticks[clock].passed(entry.serial, source, time.start);
        let notice = Notice {
            clock,
            order,
            time,
            offset,
            source,
            ticks,
            lines: vec![(line.0, entry, line.1)],
        };
        if notice.has_no_request() {
            self.findings.extend(self.orphan(&notice));
        } else if notice.concerns_request() {
            self.notice(notice);
        }
    }

    /// The clock of a host that writes into an input. One that the first pass did not see is taken to
    /// agree with the access logs'.
    fn clock(&mut self, input: usize, host: Option<&str>) -> usize {
        let clocks = &mut self.bearings.clocks;
        let known = clocks
            .iter()
            .position(|c| c.input == input && c.host.as_deref() == host);
        known.unwrap_or_else(|| {
            clocks.push(Clock {
                input,
                host: host.map(Into::into),
                pieces: Vec::new(),
            });
            self.written.push(0);
            self.ticks.push(Ticks::default());
            self.coverage.push(Coverage::default());
            clocks.len() - 1
        })
    }

    /// Adds a notice to those that wait, or to the one that it can only be a part of.
    fn notice(&mut self, notice: Notice) {
        let (place, entry, text) = &notice.lines[0];
        let part_of = self.notices.iter_mut().rev().take(64).find_map(|earlier| {
            let goes_on = earlier.goes_on_with(&notice.time, notice.source, entry);
            goes_on.then(|| Rc::get_mut(earlier)).flatten()
        });
        match part_of {
            Some(earlier) => earlier.lines.push((*place, entry.clone(), text.clone())),
            None => self.notices.push(Rc::new(notice)),
        }
    }
}

/// A line of a log, redacted.
type Line = (crate::event::Place, Box<str>);

/// Giving findings out.
impl Correlator {
    /// Pairs what is old enough, and judges what can be judged.
    pub fn advance(&mut self) {
        let open = self.inputs.iter().filter(|i| !i.ended);
        let watermark = open
            .map(|i| i.watermark.unwrap_or(Micros::MIN))
            .min()
            .unwrap_or(Micros::MAX);
        let crowded = self.exchanges.len() + self.notices.len() > CROWD;
        if watermark > self.settled_at.saturating_add(STEP) || crowded {
            self.settle(watermark.saturating_sub(LATENESS), crowded);
        }
    }

    /// The findings so far, in the order of time.
    pub fn take(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// All inputs have ended: pairs and judges what is left.
    pub fn finish(&mut self) {
        self.settle(Micros::MAX, true);
        self.judge_waiting(Micros::MAX);
    }

    fn settle(&mut self, horizon: Micros, force: bool) {
        for exchange in &mut self.exchanges {
            let input = &self.inputs[exchange.lines[0].0];
            (exchange.moment, exchange.blur) = input.moment(exchange.order, &exchange.time);
            exchange.unlogged = self.server.unlogged(exchange, &self.history);
        }
        for accepted in &mut self.accepted {
            let input = &self.inputs[accepted.input];
            (accepted.moment, _) = input.moment(accepted.order, &accepted.time);
        }
        self.accepted.sort_by_key(|a| a.moment);
        self.exchanges.sort_by_key(|e| e.moment);
        self.notices.sort_by_key(|n| n.time.start);
        let exchanges = std::mem::take(&mut self.exchanges);
        let notices = std::mem::take(&mut self.notices);
        let settled = settle::settle(
            exchanges,
            notices,
            &self.accepted,
            &self.anchors,
            horizon,
            force,
        );
        self.exchanges = settled.exchanges;
        self.notices = settled.notices;
        self.anchors = settled.anchors;
        let oldest = self
            .exchanges
            .first()
            .map_or(horizon, |e| e.moment.min(horizon));
        self.accepted
            .retain(|a| a.moment > oldest.saturating_sub(2 * SECOND));
        for time in settled.missed {
            self.coverage.iter_mut().for_each(|c| c.missed(time));
        }
        for orphan in settled.orphans.iter().filter(|n| n.is_failure()) {
            self.findings.extend(self.orphan(orphan));
        }
        self.waiting.extend(settled.paired);
        self.waiting
            .make_contiguous()
            .sort_by_key(|p| p.exchange.moment);
        let unsettled = self.exchanges.iter().map(|e| e.moment).min();
        self.settled_at = horizon.saturating_add(LATENESS);
        self.judge_waiting(unsettled.unwrap_or(Micros::MAX).min(horizon));
    }

    /// Judges what waits, in the order of time, as far as all before `settled` is paired and the logs
    /// have shown whether they were alive.
    fn judge_waiting(&mut self, settled: Micros) {
        while let Some(first) = self.waiting.front() {
            let covered = self.covered(first.exchange.time.start, settled);
            let covered = match covered {
                Covered::NotYet if self.waiting.len() <= WAITING => return,
                Covered::NotYet => Covered::No {
                    from: None,
                    until: None,
                    why: Blind::Ended,
                },
                known => known,
            };
            let Some(paired) = self.waiting.pop_front() else {
                return;
            };
            self.judge(&paired, covered);
        }
    }

    /// Whether all auth logs cover `time`.
    fn covered(&self, time: Micros, settled: Micros) -> Covered {
        let mut covered = Covered::Yes;
        for coverage in &self.coverage {
            if settled < Micros::MAX
                && coverage
                    .around(time)
                    .1
                    .is_none_or(|after| after + 2 * SECOND > settled)
            {
                return Covered::NotYet;
            }
            match coverage.covers(time, |from, until| self.silent_clients(from, until)) {
                Covered::Yes => {}
                other => covered = other,
            }
        }
        if self.coverage.is_empty() {
            Covered::No {
                from: None,
                until: None,
                why: Blind::NoLog,
            }
        } else {
            covered
        }
    }

    /// How many different clients were refused between two moments without a line that could have one.
    fn silent_clients(&self, from: Micros, until: Micros) -> usize {
        let start = self.waiting.partition_point(|p| p.exchange.moment < from);
        let between = self
            .waiting
            .range(start..)
            .take_while(|p| p.exchange.moment < until);
        let silent = between.filter(|p| p.is_silent_though_logged_elsewhere());
        silent
            .filter_map(|p| p.exchange.source)
            .collect::<HashSet<_>>()
            .len()
    }

    fn judge(&mut self, paired: &Paired, covered: Covered) {
        let Some(knowledge) = &self.knowledge else {
            return;
        };
        let total: u64 = self.usual.values().sum::<u64>().max(1);
        #[allow(clippy::cast_precision_loss)]
        let usual =
            |cause| (1 + self.usual.get(&cause).copied().unwrap_or(0)) as f64 / total as f64;
        let court = Court {
            system: knowledge.system,
            history: &self.history,
            usual: &usual,
            server: &self.server,
        };
        let Some(finding) = judge(paired, covered, &court) else {
            return;
        };
        if finding.logged == Some(true) && finding.verdict == Verdict::Explained {
            self.usual.extend(
                finding
                    .cause()
                    .map(|c| (c, self.usual.get(&c).copied().unwrap_or(0) + 1)),
            );
        }
        if covered == Covered::Yes && paired.exchange.request.is_refused() {
            let Exchange {
                source, past, time, ..
            } = &paired.exchange;
            let causes = finding.candidates.iter().map(|c| c.cause).collect();
            self.history.judged(*source, past, time.start, causes);
        }
        if finding.logged.is_none()
            && let Covered::No { from, until, why } = covered
        {
            self.note_gap(from, until, why);
        }
        self.findings.push(finding);
    }

    fn note_gap(&mut self, from: Option<Micros>, until: Option<Micros>, why: Blind) {
        let names = self
            .bearings
            .clocks
            .iter()
            .map(|c| self.names[c.input].as_str())
            .collect::<Vec<_>>();
        let why = why.to_string();
        match self.gaps.last_mut() {
            Some(gap)
                if gap.why == why
                    && gap
                        .until
                        .zip(from)
                        .is_some_and(|(until, from)| from <= until + SECOND) =>
            {
                gap.until = until;
                gap.refusals += 1;
            }
            Some(gap) if gap.why == why && (gap.from, gap.until) == (from, until) => {
                gap.refusals += 1
            }
            _ => self.gaps.push(Gap {
                input: names.join(", "),
                from,
                until,
                why,
                refusals: 1,
            }),
        }
    }

    /// A failure that no request in the access logs owns.
    fn orphan(&self, notice: &Notice) -> Option<Finding> {
        let entry = notice.entry();
        let cause = match entry.statement.map(|s| s.meaning) {
            Some(Meaning::Refusal(cause)) => Some(cause),
            Some(_) => return None,
            None => None,
        };
        let system = self.bearings.system?;
        let words = entry.reason.as_deref().unwrap_or(&entry.action);
        let over = if notice.has_no_request() {
            "outside HTTP"
        } else {
            "in no access log"
        };
        Some(Finding {
            time: notice.time.start,
            system: Some(system.name),
            verdict: if cause.is_some() {
                Verdict::Explained
            } else {
                Verdict::Unknown
            },
            confidence: Confidence::High,
            logged: Some(true),
            candidates: cause
                .map(|cause| Candidate {
                    cause,
                    because: format!("the log says \"{words}\"").into(),
                })
                .into_iter()
                .collect(),
            source: notice.source,
            principal: entry.principal.clone(),
            host: entry.host.clone(),
            action: Some(entry.action.clone()),
            reason: entry.reason.clone(),
            request: None,
            message: match cause {
                Some(cause) => {
                    format!("{}, {over}: the log says \"{words}\".", cause.facts().title).into()
                }
                None => {
                    format!("The log says \"{words}\", words that no version known to us writes.")
                        .into()
                }
            },
            fix: cause.and_then(|c| system.fix(c)),
            evidence: notice
                .lines
                .iter()
                .enumerate()
                .map(|(n, (place, _, text))| Evidence {
                    role: if n == 0 { Role::Reason } else { Role::Context },
                    place: *place,
                    text: text.clone(),
                    delta_s: None,
                    clock_offset_s: None,
                })
                .collect(),
        })
    }

    /// A refusal of a server product that could not be told.
    fn undecided(
        &mut self,
        input: usize,
        time: Range<Micros>,
        source: Option<IpAddr>,
        request: Request,
        line: Line,
    ) {
        let _ = input;
        if !request.is_refused() {
            return;
        }
        self.findings.push(Finding {
            time: time.start,
            system: None,
            verdict: Verdict::Unknown,
            confidence: Confidence::Low,
            logged: None,
            candidates: Vec::new(),
            source,
            principal: request.user.clone(),
            host: None,
            action: None,
            reason: None,
            request: Some(request),
            message:
                "Nothing tells which server product answered: no auth log was given, and paths and \
                sizes are of none that is known."
                    .into(),
            fix: None,
            evidence: vec![Evidence {
                role: Role::Request,
                place: line.0,
                text: line.1,
                delta_s: None,
                clock_offset_s: None,
            }],
        });
    }

    /// What the reader of the findings should know of the logs. What was read of each is the caller's.
    pub fn summary(&self) -> Summary {
        Summary {
            parts: Vec::new(),
            clock_offsets: self.clock_offsets(),
            gaps: self.gaps.clone(),
            notes: self.notes(),
        }
    }

    /// What the operator should know or change about the logging itself.
    fn notes(&self) -> Vec<String> {
        let Some(system) = self.bearings.system else {
            return vec![UNDECIDED.to_owned()];
        };
        let name = system.name;
        let mut notes = Vec::new();
        if self.bearings.clocks.is_empty() {
            let how = system.turn_on_log;
            notes.push(format!(
                "No auth log of {name} was read, so only sizes and paths speak. To have one, {how}."
            ));
        }
        if !self.bearings.proxies.is_empty() {
            let mut proxies: Vec<_> = self
                .bearings
                .proxies
                .iter()
                .map(ToString::to_string)
                .collect();
            proxies.sort();
            notes.push(format!(
                "The auth log names {} for every client: that is a proxy. Lines were joined by time, path and \
                 order instead. To have the clients' addresses, {}.",
                proxies.join(", "),
                system.turn_on_addresses
            ));
        }
        let since = system.logs_refusals_since;
        if let Some(old) = self.server.started().iter().find(|v| **v < since) {
            notes.push(format!(
                "{name} {old} writes no line for most refusals; versions from {since} on do. An update makes \
                 them visible."
            ));
        }
        notes
    }

    /// How far the clocks were found to be apart.
    fn clock_offsets(&self) -> Vec<ClockOffset> {
        let access =
            (0..self.names.len()).find(|i| self.bearings.clocks.iter().all(|c| c.input != *i));
        let reference = access.map_or("", |i| self.names[i].as_str());
        let mut offsets = Vec::new();
        for clock in &self.bearings.clocks {
            for (n, piece) in clock.pieces.iter().enumerate().filter(|(_, p)| p.pairs > 0) {
                #[allow(clippy::cast_precision_loss)]
                let offset_s = piece.offset as f64 / 1e6;
                offsets.push(ClockOffset {
                    input: self.names[clock.input].clone(),
                    reference: reference.to_owned(),
                    since: (n > 0).then_some(piece.since + piece.offset),
                    offset_s,
                    error_s: piece.error_s,
                    pairs: piece.pairs,
                });
            }
        }
        offsets
    }
}
