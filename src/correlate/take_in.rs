//! Taking records in: what each is to the join.

use std::mem::take;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use super::exchange::Exchange;
use super::history::{Change, Past};
use super::knowledge::Answer;
use super::notice::{Flag, Notice};
use super::served;
use super::survey::Clock;
use super::ticks::Ticks;
use super::trails::{gather, is_doubled};
use super::{BATCH, Correlator, Coverage, Line};
use crate::event::{Entry, Event, Kind, Micros, Record, Request, SECOND, Serial, is_refused};
use crate::sieve::{Glimpse, Glimpsed};
use crate::system::{Meaning, Position, Routes, Timing};

/// Notices among which the one is looked for that a line goes on with.
const RECENT: usize = 64;

impl Correlator {
    /// Takes in the next record of an input.
    pub fn push(&mut self, input: usize, record: Record) {
        let Record {
            place,
            mut event,
            text,
            ..
        } = record;
        let text = text.unwrap_or_default();
        let Event { time, source, kind } = &mut *event;
        let (time, source, line) = (time.clone(), *source, (place, text));
        // Of most nothing is kept: what is, is taken.
        match kind {
            Kind::Request(request) if self.is_own_log(input) => {
                self.served(input, time, source, take(request), line);
            }
            Kind::Request(request) => self.request(input, time, source, request, line),
            Kind::Entry(entry) => self.entry(input, time, source, entry, line),
        }
        self.count(input);
    }

    /// The same for one of which a glimpse was enough.
    pub fn glimpse(&mut self, input: usize, glimpse: Glimpse) {
        let Glimpse {
            place,
            time,
            source,
            kind,
        } = glimpse;
        match kind {
            Glimpsed::Request { route, status } => {
                let order = self.inputs[input].request(&time);
                let past = self.answered(time.start, source, (route, status), false);
                self.accepted(input, order, (route, status), past);
            }
            Glimpsed::Entry { clock, serial } => {
                let offset = self.bearings.clocks[clock].offset(place);
                let time = time.start + offset..time.end + offset;
                self.inputs[input].pass(time.start);
                let log = self.log(clock);
                self.coverage[log].wrote(time.start);
                let source = self.unless_proxy(source);
                self.wrote(clock, &time, source, serial);
            }
        }
        self.count(input);
    }

    /// Counts a record in; after so many, what is old enough is paired.
    fn count(&mut self, input: usize) {
        // What is told again makes no difference, nor does it to when the rest is paired.
        self.pushed += usize::from(!self.bearings.retold[input]);
        if self.pushed >= BATCH {
            self.pushed = 0;
            self.advance();
        }
    }

    /// When the next record of an input happened, by the access logs' clock.
    pub fn time(&self, input: usize, record: &Record) -> Micros {
        let event = &record.event;
        let host = match &event.kind {
            Kind::Entry(entry) => entry.host.as_deref(),
            Kind::Request(_) => None,
        };
        let mut clocks = self.bearings.clocks.iter();
        let own = clocks.find(|c| c.input == input && c.host.as_deref() == host);
        event.time.start + own.map_or(0, |clock| clock.offset(record.place))
    }

    /// The same of one of which a glimpse was enough.
    pub fn time_of(&self, glimpse: &Glimpse) -> Micros {
        let offset = match glimpse.kind {
            Glimpsed::Request { .. } => 0,
            Glimpsed::Entry { clock, .. } => self.bearings.clocks[clock].offset(glimpse.place),
        };
        glimpse.time.start + offset
    }

    /// The next record of this input, not pushed yet, is of this time by the access logs' clock.
    pub fn announce(&mut self, input: usize, time: Micros) {
        self.inputs[input].pass(time);
    }

    /// No further record of this input will come.
    pub fn end(&mut self, input: usize) {
        self.inputs[input].ended = true;
        if self.bearings.has_one_log() {
            let is_open = |c: &Clock| !self.inputs[c.input].ended;
            if !self.bearings.clocks.iter().any(is_open) {
                self.coverage.iter_mut().for_each(Coverage::end);
            }
            return;
        }
        for (clock, coverage) in self.bearings.clocks.iter().zip(&mut self.coverage) {
            if clock.input == input {
                coverage.end();
            }
        }
    }

    /// Inputs that were taken to have ended go on.
    pub fn reopen(&mut self) {
        for (pace, own) in self.inputs.iter_mut().zip(&self.bearings.own) {
            pace.ended = !own;
        }
        self.coverage.iter_mut().for_each(Coverage::reopen);
    }

    fn request(
        &mut self,
        input: usize,
        time: Range<Micros>,
        source: Option<IpAddr>,
        request: &mut Request,
        line: Line,
    ) {
        let order = self.inputs[input].request(&time);
        let asked = self.asked(time.start, source, request);
        let route = asked.as_ref().map(|(route, ..)| *route);
        self.sign_request(input, time.start, source, (request, route), line.0);
        let Some(((route, answer, past), timing)) = asked.zip(self.timing()) else {
            self.undecided(time, source, take(request), line);
            return;
        };
        self.accepted(input, order, (route, request.status), past);
        if answer.is_mute() && !request.is_refused() {
            return;
        }
        if self.has_twins(input)
            && let Some(twin) = self.twin(input, &time, source, request)
        {
            twin.join(input, time, take(request), line);
            return;
        }
        let is_late = time.end <= self.paired_until;
        self.late += u64::from(is_late);
        let mut exchange = Box::new(Exchange {
            lines: vec![(input, line.0, line.1)],
            moment: time.start,
            blur: 0,
            key: self.bearings.is_tracked.then(|| served::key(request)),
            time,
            source,
            route,
            bytes: None,
            timing,
            envelope: self.bearings.envelope,
            demanded: false,
            is_late,
            answer,
            order,
            past,
            unlogged: None,
            request: take(request),
        });
        exchange.read_size();
        self.exchanges.push(exchange);
    }

    /// What the tables know of an answer, and what its client had done before. `None`: no system is known.
    pub(super) fn asked(
        &mut self,
        time: Micros,
        source: Option<IpAddr>,
        request: &Request,
    ) -> Option<(Routes, Arc<Answer>, Past)> {
        let knowledge = self.knowledge.as_mut()?;
        let route = knowledge.route(&request.method, request.path());
        let answer = Arc::clone(knowledge.answer(route, request.status));
        let begins = answer.begins_session;
        let past = self.answered(time, source, (route, request.status), begins);
        Some((route, answer, past))
    }

    /// Takes note of an answer with this status on a route, and tells what its client had done before.
    fn answered(
        &mut self,
        time: Micros,
        source: Option<IpAddr>,
        (route, status): (Routes, u16),
        begins_session: bool,
    ) -> Past {
        if (200..300).contains(&status) && route != Routes::NONE {
            self.history.served(time);
        }
        let proves = self.proves(route, status);
        let is_refused = is_refused(status);
        self.history
            .note(source, time, is_refused, proves, begins_session)
    }

    /// Takes note of the `order`-th request of an access log, if it proved a credential.
    fn accepted(&mut self, input: usize, order: u64, (route, status): (Routes, u16), past: Past) {
        if !past.had_session && self.proves(route, status) {
            self.inputs[input].accept(order);
        }
    }

    pub(super) fn timing(&self) -> Option<&'static Timing> {
        self.knowledge.as_ref().map(|k| &k.system.timing)
    }

    pub(super) fn proves(&self, route: Routes, status: u16) -> bool {
        let knowledge = self.knowledge.as_ref();
        knowledge.is_some_and(|k| k.proves(route, status))
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
            .map(|e| &mut **e)
            .find(|e| e.lines.iter().all(|l| l.0 != input) && e.is_twin(time, source, request))
    }

    fn entry(
        &mut self,
        input: usize,
        time: Range<Micros>,
        source: Option<IpAddr>,
        entry: &mut Entry,
        line: Line,
    ) {
        let clock = self.clock(input, entry.host.as_deref());
        let offset = self.bearings.clocks[clock].offset(line.0);
        if !self.keep_ledger(input, clock, time.start + offset, entry) {
            return;
        }
        let accounts = &mut self.bearings.accounts;
        accounts.note(line.0, time.start, source, entry);
        let tolerance = self.bearings.clocks[clock].tolerance(line.0);
        let time = time.start + offset..time.end + offset;
        self.inputs[input].pass(time.start);
        if self.is_told_again(input, clock, time.start, entry) {
            return;
        }
        self.server.wrote(time.start, entry);
        let meaning = entry.statement.map(|s| s.meaning);
        self.change(input, meaning, (time.start, offset), source, &line);
        self.sign_entry(input, time.start, source, entry, &line);
        if meaning == Some(Meaning::Loss) {
            self.lost(entry.host.as_deref(), time.start);
        }
        let source = self.unless_proxy(source);
        let ticks = self.wrote(clock, &time, source, entry.serial);
        let answers = self.answers_prompts(entry);
        // Most lines are about neither, and told of nowhere.
        if !answers && !Notice::is_due(entry) {
            return;
        }
        let mut notice = Notice {
            clock,
            time,
            offset,
            tolerance,
            source,
            roams: Flag::default(),
            ticks,
            lines: vec![(line.0, take(entry), line.1)],
            retold: None,
            served: None,
        };
        if is_doubled(&self.notices, &notice) {
            return;
        }
        gather(&mut self.notices, &mut notice);
        if answers {
            self.answer(&notice);
        }
        if notice.has_no_request() {
            self.alone(notice);
        } else if notice.concerns_request()
            && let Some(notice) = self.follow(notice)
        {
            self.notice(notice);
        }
    }

    /// The log has come to a line. Gives how many numbers went elsewhere since the one before, see [`Ticks::passed`].
    fn wrote(
        &mut self,
        clock: usize,
        time: &Range<Micros>,
        source: Option<IpAddr>,
        serial: Option<Serial>,
    ) -> Option<u32> {
        let ticks = self.ticks[clock].passed(serial, source, time.start);
        self.late += u64::from(time.end <= self.paired_until);
        self.pass_prompts(time.start);
        ticks
    }

    /// Remembers a change of the server, if a line tells one. `at`: when, and what was added to bring it there.
    fn change(
        &mut self,
        input: usize,
        meaning: Option<Meaning>,
        at: (Micros, Micros),
        source: Option<IpAddr>,
        line: &Line,
    ) {
        let causes = meaning.map_or(&[][..], |m| m.triggers());
        if causes.is_empty() {
            return;
        }
        let is_own = matches!(meaning, Some(Meaning::Ending(_)));
        let change = Change {
            time: at.0,
            of: source.filter(|_| is_own),
            offset: at.1,
            causes,
            place: line.0,
            text: line.1.clone(),
        };
        self.history.changed(change, self.bearings.retold[input]);
    }

    /// Notes that a log wrote, and tells whether it was a record that another form of the log had.
    fn is_told_again(&mut self, input: usize, clock: usize, time: Micros, entry: &Entry) -> bool {
        let log = self.log(clock);
        let Some(trail) = &entry.trail else {
            self.coverage[log].wrote(time);
            return false;
        };
        // What stands beside records does not prove that they are written.
        let Some(record) = trail.record else {
            return false;
        };
        self.coverage[log].wrote(time);
        // A twin in another form of the log bears no witness for it.
        !entry.is_unsigned() && self.records.is_known(input, record, trail)
    }

    /// A host says that it could not write its log.
    fn lost(&mut self, host: Option<&str>, time: Micros) {
        for (clock, coverage) in self.bearings.clocks.iter().zip(&mut self.coverage) {
            if host.is_none() || clock.host.is_none() || clock.host.as_deref() == host {
                coverage.lost(time);
            }
        }
    }

    /// Which log a clock's lines are of: where all are one, that one.
    pub(super) fn log(&self, clock: usize) -> usize {
        if self.bearings.has_one_log() {
            0
        } else {
            clock
        }
    }

    /// The client that a line names; none where that is a proxy.
    pub(super) fn unless_proxy(&self, source: Option<IpAddr>) -> Option<IpAddr> {
        source.filter(|address| !self.bearings.proxies.contains(address))
    }

    /// The clock of a host that writes into an input. One that the first pass did not see is taken to
    /// agree with the access logs'.
    pub(super) fn clock(&mut self, input: usize, host: Option<&str>) -> usize {
        let has_one_log = self.bearings.has_one_log();
        let clocks = &mut self.bearings.clocks;
        let known = clocks
            .iter()
            .position(|c| c.input == input && c.host.as_deref() == host);
        known.unwrap_or_else(|| {
            clocks.push(Clock::unknown(input, host));
            self.ticks.push(Ticks::default());
            if !has_one_log || self.coverage.is_empty() {
                self.coverage.push(Coverage::default());
            }
            clocks.len() - 1
        })
    }

    /// Adds a notice to those that wait, or to the one that it can only be a part of.
    fn notice(&mut self, notice: Notice) {
        let notice = if self.bearings.retold.contains(&true) {
            let Some(notice) = self.retell(notice) else {
                return;
            };
            notice
        } else {
            notice
        };
        let Some((place, entry, text)) = notice.lines.first() else {
            return;
        };
        let is_further = entry
            .statement
            .is_some_and(|s| s.position == Position::Further);
        let recent = self.notices.iter_mut().rev();
        let mut recent = recent.take(if is_further { RECENT } else { 0 });
        let part_of = recent.find_map(|earlier| {
            let goes_on = earlier.can_go_on_with(&notice.time, notice.source, entry);
            goes_on.then(|| Arc::get_mut(earlier)).flatten()
        });
        match part_of {
            Some(earlier) => earlier.lines.push((*place, entry.clone(), text.clone())),
            None => self.notices.push(Arc::new(notice)),
        }
    }
}
