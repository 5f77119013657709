//! The first pass: whose rules apply, how far the clocks are apart, which addresses are a proxy's, and
//! which access logs tell of the same requests.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::accounts::{self, Accounts};
use super::envelope::Envelope;
use super::front::Shifts;
use super::knowledge::Knowledge;
use super::languages::{InUse, Listener};
use super::ledger::{Audits, Ledger};
use super::offset::{Mark, Piece, TOLERANCE, VOICES, estimate, voices_of};
use super::people::People;
use super::served;
use super::server::Proof;
use crate::event::{Entry, Event, Kind, Micros, Place, Request, SECOND};
use crate::system::{self, Routes, System};

/// Marks kept of each input. Beyond that the first ones stand for all.
const MARKS: usize = 400_000;
/// Starts of a server that are remembered.
const STARTS: usize = 256;
/// Pairs from which a difference between hosts is believed.
const PAIRS: usize = 5;
/// Lines that are enough to be sure of a clock.
const SURE: usize = 300;
/// Distance within which a line and a request, or two lines of one request, count as one moment.
const NEAR: Micros = 5 * SECOND / 2;

/// What an input is to the join.
#[derive(Debug, Clone, Copy)]
pub enum Side {
    Access,
    /// The log that tells of all refusals that the system tells of.
    Auth(&'static System),
    /// Another log, which tells some of that again.
    Retold(&'static System),
    /// The error log of a web server in front.
    Front,
}

impl Side {
    fn system(self) -> Option<&'static System> {
        match self {
            Side::Access | Side::Front => None,
            Side::Auth(system) | Side::Retold(system) => Some(system),
        }
    }

    fn is_front(self) -> bool {
        matches!(self, Side::Front)
    }

    /// Whether it is a log of this system.
    fn is_of(self, system: &'static System) -> bool {
        self.system().is_some_and(|own| std::ptr::eq(own, system))
    }
}

/// What the first pass learned of one server product's logs; the second is read by it.
#[derive(Debug, Default, Clone)]
pub struct Bearings {
    /// The server product whose rules apply; `None`: no auth log, and paths and sizes that are of none.
    pub system: Option<&'static System>,
    /// Per input: whether it is one of this product's logs.
    pub(super) own: Vec<bool>,
    /// Per input: whether it only tells again what another log tells.
    pub(super) retold: Vec<bool>,
    /// The clocks of the auth logs.
    pub clocks: Vec<Clock>,
    /// Addresses in auth logs that stand for every client.
    pub proxies: HashSet<IpAddr>,
    pub(super) proof: Proof,
    /// Whether the product's own log has every request that came to it.
    pub(super) is_tracked: bool,
    pub(super) accounts: Accounts,
    pub(super) people: People,
    /// The size of what the server wraps around its texts, where the answers tell it.
    pub(super) envelope: Option<u64>,
    pub(super) languages: InUse,
    /// Whether the log has lines that are written beside refusals without a line of their own.
    pub(super) tells_beside: bool,
    /// Numbered and signed records.
    pub(super) audits: Audits,
    /// Per input: the earlier access log that tells of the same requests.
    pub twin_of: Vec<Option<usize>>,
    /// Error logs of web servers, and what brings their times to those of the access logs.
    pub fronts: Vec<(usize, Micros)>,
    /// Access logs in which a request that named its user has it.
    pub(super) naming: HashSet<usize>,
}

/// The clock of one host in one auth log.
#[derive(Debug, Clone)]
pub struct Clock {
    pub input: usize,
    pub host: Option<Box<str>>,
    pub pieces: Vec<Piece>,
    /// Lines it was learned from.
    pub(super) heard: usize,
    /// When the server started, by this clock.
    pub(super) starts: Vec<Micros>,
    /// Whether it has the offset of another's clock.
    pub(super) is_set: bool,
}

/// Collects while the first pass reads.
#[derive(Debug)]
pub struct Survey {
    sides: Vec<Side>,
    clocks: Vec<Writer>,
    addresses: HashMap<u64, IpAddr>,
    /// Every system, and what its tables know of each access log.
    guesses: Vec<Guess>,
    fronts: Shifts,
    ledger: Ledger,
}

/// One host that writes into one auth log.
#[derive(Debug)]
struct Writer {
    input: usize,
    host: Option<Box<str>>,
    /// Its lines that have an HTTP side.
    marks: Vec<Mark>,
    /// When the server started.
    starts: Vec<Micros>,
    /// How far the wall clock is ahead of its records' times.
    ahead: Micros,
    /// Whether it writes records, and not only lines beside them.
    has_records: bool,
    /// Whether it writes lines beside records.
    is_beside: bool,
}

/// A system, and how well each access log goes with its tables.
#[derive(Debug)]
struct Guess {
    knowledge: Knowledge,
    /// Whether one of the inputs is its auth log.
    has_log: bool,
    /// Access lines in its own log.
    served: u64,
    accounts: Accounts,
    proof: Proof,
    people: People,
    languages: Listener,
    tells_beside: bool,
    /// Per input.
    logs: Vec<Fit>,
}

/// How well an access log goes with a system's tables.
#[derive(Debug, Default)]
struct Fit {
    marks: Vec<Mark>,
    refused: u64,
    /// Of those, the refusals that its tables know.
    known: u64,
    /// Requests of its routes.
    routed: u64,
    proof: Proof,
    envelope: Envelope,
}

impl Guess {
    fn new(system: &'static System, sides: &[Side]) -> Self {
        let is_its = |side: &Side| side.is_of(system);
        Self {
            knowledge: Knowledge::new(system),
            has_log: sides.iter().any(is_its),
            served: 0,
            accounts: Accounts::default(),
            proof: Proof::default(),
            people: People::default(),
            languages: Listener::default(),
            tells_beside: false,
            logs: sides.iter().map(|_| Fit::default()).collect(),
        }
    }

    /// Takes a request of an access log in.
    fn take(&mut self, input: usize, place: Place, event: &Event, request: &Request) {
        let fit = &mut self.logs[input];
        let route = self.knowledge.route(&request.method, request.path());
        let answer = Arc::clone(self.knowledge.answer(route, request.status));
        fit.routed += u64::from(route != Routes::NONE);
        if let Some(bytes) = request.bytes.filter(|_| request.status >= 400) {
            fit.envelope.hear(&answer, bytes);
            self.languages.answer(event.source, &answer, bytes);
        }
        if request.is_refused() {
            fit.refused += 1;
            let telling = answer.telling(request.bytes, None);
            if let Some(bytes) = telling.filter(|_| !answer.is_mute()) {
                fit.known += 1;
                fit.proof.answer(&answer, bytes);
            }
        }
        let is_tracked = self.knowledge.system.logs_requests;
        let is_noted = !answer.statements.is_empty() || is_tracked && request.is_refused();
        if !is_noted || fit.marks.len() >= MARKS {
            return;
        }
        let key = is_tracked.then(|| served::key(request));
        let mut mark = |client| {
            fit.marks.push(Mark {
                time: event.time.clone(),
                client: number(client),
                statement: None,
                key,
                status: request.status,
                routes: route,
                place,
            });
        };
        mark(event.source);
        if request.forwarded_for.is_some() && request.forwarded_for != event.source {
            mark(request.forwarded_for);
        }
    }
}

impl Survey {
    pub fn new(sides: &[Side]) -> Self {
        let mut fronts = Shifts::default();
        for (input, _) in sides.iter().enumerate().filter(|(_, side)| side.is_front()) {
            fronts.expect(input);
        }
        Self {
            fronts,
            ledger: Ledger::default(),
            sides: sides.to_vec(),
            clocks: Vec::new(),
            addresses: HashMap::default(),
            guesses: system::ALL.iter().map(|s| Guess::new(s, sides)).collect(),
        }
    }

    /// Takes in an event of an input, in the order of its log.
    pub fn take(&mut self, input: usize, place: Place, event: &Event) {
        match &event.kind {
            Kind::Request(request) => self.request(input, place, event, request),
            Kind::Entry(entry) if self.sides[input].is_front() => {
                self.fronts.line(input, event, entry);
            }
            Kind::Entry(entry) => self.entry(input, place, event, entry),
        }
    }

    fn request(&mut self, input: usize, place: Place, event: &Event, request: &Request) {
        if let Side::Auth(system) = self.sides[input] {
            self.served(input, system, place, event, request);
            return;
        }
        self.fronts.request(input, event, request);
        let any_log = self.guesses.iter().any(|g| g.has_log);
        for guess in &mut self.guesses {
            // A system whose own log was not given has to show in what it refused.
            if guess.has_log || !any_log || request.is_refused() {
                guess.take(input, place, event, request);
            }
        }
    }

    /// An access line of a product's own log.
    fn served(
        &mut self,
        input: usize,
        system: &System,
        place: Place,
        event: &Event,
        request: &Request,
    ) {
        let of = |g: &&mut Guess| std::ptr::eq(g.knowledge.system, system);
        let Some(guess) = self.guesses.iter_mut().find(of) else {
            return;
        };
        guess.served += 1;
        let route = guess.knowledge.route(&request.method, request.path());
        let answer = guess.knowledge.answer(route, request.status);
        let is_noted = !answer.statements.is_empty() || request.is_refused();
        let writer = self.writer(input, None);
        if !is_noted || writer.marks.len() >= MARKS {
            return;
        }
        let client = number(event.source);
        writer.marks.push(Mark {
            time: event.time.clone(),
            client,
            statement: None,
            key: Some(served::key(request)),
            status: request.status,
            routes: route,
            place,
        });
        if let Some(address) = event.source {
            self.addresses.insert(client, address);
        }
    }

    fn entry(&mut self, input: usize, place: Place, event: &Event, entry: &Entry) {
        self.ledger.take(input, entry);
        if let Side::Auth(system) = self.sides[input] {
            let of = |g: &&mut Guess| std::ptr::eq(g.knowledge.system, system);
            if let Some(guess) = self.guesses.iter_mut().find(of) {
                guess.proof.line(system, &event.time, entry);
                if accounts::matter(system) {
                    guess
                        .accounts
                        .note(place, event.time.start, event.source, entry);
                }
                guess.people.line(system, event.source, entry);
                guess.languages.line(system, event.source, entry);
                guess.tells_beside |= guess.knowledge.is_beside(entry);
            }
        }
        let writer = self.writer(input, entry.host.as_deref());
        if entry.start.is_some() && writer.starts.len() < STARTS {
            writer.starts.push(event.time.start);
        }
        if let Some(trail) = &entry.trail {
            let is_record = trail.record.is_some();
            writer.has_records |= is_record;
            writer.is_beside |= !is_record;
            writer.ahead = trail.wall.end - event.time.start;
        }
        let statement = entry.statement.filter(|s| !s.status.is_empty());
        let Some(statement) = statement.filter(|_| writer.marks.len() < MARKS) else {
            return;
        };
        let client = number(event.source);
        writer.marks.push(Mark {
            time: event.time.clone(),
            client,
            statement: Some(statement),
            key: None,
            status: 0,
            routes: entry.routes,
            place,
        });
        if let Some(address) = event.source {
            self.addresses.insert(client, address);
        }
    }

    /// The host as a writer of this input; a new one where it has not written yet.
    fn writer(&mut self, input: usize, host: Option<&str>) -> &mut Writer {
        let known = self
            .clocks
            .iter()
            .position(|w| w.input == input && w.host.as_deref() == host);
        let at = known.unwrap_or_else(|| {
            let host = host.map(Into::into);
            self.clocks.push(Writer {
                input,
                host,
                marks: Vec::new(),
                starts: Vec::new(),
                ahead: 0,
                has_records: false,
                is_beside: false,
            });
            self.clocks.len() - 1
        });
        &mut self.clocks[at]
    }

    /// What has been learned: of each system whose logs there are, in the order of the documentation, and of
    /// the access logs that are of none last.
    pub fn conclude(mut self) -> Vec<Bearings> {
        let owner = |input: usize| (!self.sides[input].is_front()).then(|| self.owner(input));
        let owner: Vec<Option<Option<usize>>> = (0..self.sides.len()).map(owner).collect();
        let owners = (0..self.guesses.len()).map(Some).chain([None]);
        let mut all: Vec<Bearings> = owners
            .filter(|of| owner.contains(&Some(*of)))
            .map(|of| self.bearings(of, owner.iter().map(|o| *o == Some(of)).collect()))
            .collect();
        // An error log stands in front of all of them.
        if let Some(first) = all.first_mut() {
            first.fronts = self.fronts.found();
        }
        all
    }

    /// Whose log an input is: an index into the guesses.
    fn owner(&self, input: usize) -> Option<usize> {
        if let Some(system) = self.sides[input].system() {
            let is_it = |g: &Guess| std::ptr::eq(g.knowledge.system, system);
            return self.guesses.iter().position(is_it);
        }
        let fit = |&n: &usize| {
            let fit = &self.guesses[n].logs[input];
            (fit.known, fit.routed, std::cmp::Reverse(n))
        };
        let all = || 0..self.guesses.len();
        let with_log = all().filter(|&n| self.guesses[n].has_log).max_by_key(fit);
        let likely = all().max_by_key(fit).filter(|&n| {
            let fit = &self.guesses[n].logs[input];
            fit.known > 0 && fit.known * 2 >= fit.refused
        });
        // An access log is of the system whose auth log there is, unless all that it refused speaks for another.
        match (with_log, likely) {
            (Some(own), Some(other)) if self.guesses[own].logs[input].known == 0 => Some(other),
            (Some(own), _) => Some(own),
            (None, other) => other,
        }
    }

    /// What has been learned of the logs that are `own`, of the system that is `of`.
    fn bearings(&mut self, of: Option<usize>, own: Vec<bool>) -> Bearings {
        let retold = self.retold(&own);
        let Some(guess) = of.map(|n| &mut self.guesses[n]) else {
            return Bearings {
                twin_of: vec![None; own.len()],
                retold: vec![false; own.len()],
                own,
                naming: self.fronts.naming(),
                ..Bearings::default()
            };
        };
        let mut envelope = Envelope::default();
        for (fit, own) in guess.logs.iter_mut().zip(&own) {
            if *own {
                guess.proof.and(fit.proof);
                envelope.and(&fit.envelope);
            } else {
                fit.marks.clear();
            }
        }
        let twin_of = twins(&guess.logs);
        let mut requests: Vec<Mark> = Vec::new();
        for (fit, twin) in guess.logs.iter_mut().zip(&twin_of) {
            if twin.is_none() {
                requests.append(&mut fit.marks);
            }
        }
        requests.sort_by_key(|m| m.time.start);
        let lag = guess.knowledge.system.timing.usual_lag();
        let writers = self.clocks.iter_mut().filter(|w| own[w.input]);
        let (clocks, proxies) = read_clocks(writers, &requests, lag, &self.addresses);
        let unnumbered = unnumbered(&self.clocks, &own, &self.ledger);
        let audits = self.ledger.conclude(&own, unnumbered);
        Bearings {
            retold,
            system: Some(guess.knowledge.system),
            own,
            proof: guess.proof,
            is_tracked: guess.served > 0,
            accounts: std::mem::take(&mut guess.accounts),
            people: std::mem::take(&mut guess.people),
            languages: std::mem::take(&mut guess.languages).conclude(envelope.usual()),
            envelope: envelope.usual(),
            tells_beside: guess.tells_beside,
            clocks,
            proxies,
            twin_of,
            fronts: Vec::new(),
            audits,
            naming: self.fronts.naming(),
        }
    }
}

impl Survey {
    /// Which inputs leave out most refusals: by their format, or since there are only lines that stand beside records
    /// which nobody gave.
    fn retold(&self, own: &[bool]) -> Vec<bool> {
        let is_beside = |input: usize| {
            let mut writers = self.clocks.iter().filter(|w| own[w.input]);
            let is_own = own[input] && self.clocks.iter().any(|w| w.input == input && w.is_beside);
            is_own && writers.all(|w| !w.has_records)
        };
        let is_retold =
            |(input, side): (usize, &Side)| matches!(side, Side::Retold(_)) || is_beside(input);
        self.sides.iter().enumerate().map(is_retold).collect()
    }
}

/// Whether one of these inputs has records without numbers.
fn unnumbered(writers: &[Writer], own: &[bool], ledger: &Ledger) -> bool {
    let mut writers = writers.iter().filter(|w| own[w.input] && w.has_records);
    writers.any(|w| !ledger.has(w.input))
}

/// How far each writer's clock is off, and which of the `addresses` in their lines are a proxy's.
fn read_clocks<'a>(
    writers: impl Iterator<Item = &'a mut Writer>,
    requests: &[Mark],
    lag: Micros,
    addresses: &HashMap<u64, IpAddr>,
) -> (Vec<Clock>, HashSet<IpAddr>) {
    let mut proxies = HashSet::default();
    let (mut clocks, mut walls) = (Vec::new(), Vec::new());
    for writer in writers {
        let lines = &mut writer.marks;
        let pieces = estimate(requests, lines, lag);
        for line in &mut *lines {
            let offset = offset_at(&pieces, line.place);
            line.time = line.time.start + offset..line.time.end + offset;
        }
        let shared = proxies_of(requests, lines);
        proxies.extend(shared.iter().filter_map(|client| addresses.get(client)));
        clocks.push(Clock {
            input: writer.input,
            host: writer.host.take(),
            pieces,
            heard: lines.len(),
            starts: std::mem::take(&mut writer.starts),
            is_set: false,
        });
        walls.push((writer.has_records, writer.ahead));
    }
    set_beside(&mut clocks, &walls);
    (clocks, proxies)
}

/// Gives clocks whose lines only stand beside records, by the wall clock, the offset of the records' clock. `walls`:
/// whether each has records, and how far the wall clock is ahead of its lines' times.
fn set_beside(clocks: &mut [Clock], walls: &[(bool, Micros)]) {
    let known = clocks
        .iter()
        .zip(walls)
        .filter(|(_, (has_records, _))| *has_records);
    let offset = |clock: &Clock, ahead: Micros| {
        let own = clock.pieces.last().map_or(0, |p| p.offset);
        own - ahead
    };
    let Some(offset) = known
        .max_by_key(|(clock, _)| clock.heard)
        .map(|(c, (_, ahead))| offset(c, *ahead))
    else {
        return;
    };
    for (clock, (_, ahead)) in clocks
        .iter_mut()
        .zip(walls)
        .filter(|(_, (has_records, _))| !has_records)
    {
        clock.is_set = true;
        clock.pieces = vec![Piece {
            from: None,
            since: 0,
            offset: offset + ahead,
            tolerance: TOLERANCE,
            error_s: 0.0,
            pairs: 0,
        }];
    }
}

/// Access logs most of whose requests an earlier access log tells too.
fn twins(logs: &[Fit]) -> Vec<Option<usize>> {
    let seen: Vec<HashSet<_>> = logs
        .iter()
        .map(|log| {
            log.marks
                .iter()
                .map(|m| (m.client, m.status, m.routes, second(m)))
                .collect()
        })
        .collect();
    let is_twin = |one: usize, other: usize| {
        let smaller = logs[one].marks.len().min(logs[other].marks.len());
        let (few, all) = if logs[one].marks.len() <= logs[other].marks.len() {
            (&logs[one].marks, &seen[other])
        } else {
            (&logs[other].marks, &seen[one])
        };
        let told = |m: &&Mark| {
            (-1..=1).any(|d| all.contains(&(m.client, m.status, m.routes, second(m) + d)))
        };
        smaller > 0 && few.iter().filter(told).count() * 2 >= smaller
    };
    (0..logs.len())
        .map(|one| (0..one).find(|&other| is_twin(one, other)))
        .collect()
}

fn second(mark: &Mark) -> i64 {
    mark.time.start.div_euclid(SECOND)
}

fn offset_at(pieces: &[Piece], place: Place) -> Micros {
    pieces
        .iter()
        .rev()
        .find(|p| p.from <= Some(place))
        .map_or(0, |p| p.offset)
}

impl Clock {
    /// What brings its line at `place` to the clock of the access logs.
    pub fn offset(&self, place: Place) -> Micros {
        offset_at(&self.pieces, place)
    }
}

/// A number for a client, equal for equal addresses.
fn number(client: Option<IpAddr>) -> u64 {
    let mut hasher = DefaultHasher::new();
    client.hash(&mut hasher);
    hasher.finish()
}

/// The clients among the lines that are a proxy: their lines are many, hardly one of them has a request
/// of that address near it, and most have one that no line of its own address explains.
fn proxies_of(requests: &[Mark], lines: &[Mark]) -> Vec<u64> {
    let mut by_client: HashMap<u64, Vec<&Mark>> = HashMap::default();
    for line in lines {
        by_client.entry(line.client).or_default().push(line);
    }
    let lonely: Vec<&Mark> = requests
        .iter()
        .filter(|r| {
            !by_client
                .get(&r.client)
                .is_some_and(|own| near(own, r).any(|l| l.fits(r)))
        })
        .collect();
    let mut own: HashMap<u64, Vec<&Mark>> = HashMap::default();
    for request in requests {
        own.entry(request.client).or_default().push(request);
    }
    let is_proxy = |client: u64, its: &[&Mark]| {
        let explained = |line: &&&Mark| {
            own.get(&client)
                .is_some_and(|r| near(r, line).any(|r| line.fits(r)))
        };
        let adopted = |line: &&&Mark| near(&lonely, line).any(|r| line.fits(r));
        let (all, explained) = (its.len(), its.iter().filter(explained).count());
        all >= 3
            && all * 5 >= lines.len()
            && explained * 2 < all
            && its.iter().filter(adopted).count() * 10 >= all * 7
    };
    by_client
        .iter()
        .filter(|(client, its)| is_proxy(**client, its))
        .map(|(client, _)| *client)
        .collect()
}

/// Those of `marks`, sorted by time, that are near `mark`.
fn near<'a>(marks: &'a [&'a Mark], mark: &Mark) -> impl Iterator<Item = &'a Mark> + use<'a> {
    let from = marks.partition_point(|m| m.time.start < mark.time.start - NEAR);
    let until = mark.time.start + NEAR;
    marks[from..]
        .iter()
        .copied()
        .take_while(move |m| m.time.start <= until)
}

impl Clock {
    /// How far its offset can be off at `place`.
    pub(super) fn tolerance(&self, place: Place) -> Micros {
        let piece = self.pieces.iter().rev().find(|p| p.from <= Some(place));
        piece.map_or(TOLERANCE, |p| p.tolerance)
    }

    /// A clock of which nothing is known but that it is there: taken to agree with the access logs'.
    pub(super) fn unknown(input: usize, host: Option<&str>) -> Self {
        Self {
            input,
            host: host.map(Into::into),
            pieces: Vec::new(),
            heard: 0,
            starts: Vec::new(),
            is_set: false,
        }
    }

    /// Whether most of many lines have a request at the offset found.
    fn is_sure(&self) -> bool {
        let heard = self.heard.min(VOICES);
        let pairs: usize = self.pieces.iter().map(|p| p.pairs).sum();
        heard >= SURE && pairs * 2 >= heard
    }
}

impl Clock {
    /// Whether nearly all lines have a request at one and the same offset.
    fn is_steady(&self) -> bool {
        match &*self.pieces {
            [only] => only.pairs * 5 >= voices_of(self.heard) * 4,
            _ => false,
        }
    }
}

impl Bearings {
    /// The clocks of the logs that tell of all refusals.
    pub(super) fn told(&self) -> impl Iterator<Item = &Clock> {
        self.clocks.iter().filter(|c| !self.retold[c.input])
    }

    /// Whether all clocks are of one log.
    pub(super) fn has_one_log(&self) -> bool {
        self.system.is_some_and(|s| s.has_one_log)
    }

    /// Whether they rest on so much that more would not change them.
    pub fn are_sure(&self) -> bool {
        let mut all = self.told().peekable();
        self.proxies.is_empty() && all.peek().is_some() && all.all(Clock::is_sure)
    }

    /// How far the first clock was off when it began; `None` without any.
    pub fn first_offset(&self) -> Option<Micros> {
        let clock = self.clocks.first()?;
        Some(clock.pieces.first().map_or(0, |piece| piece.offset))
    }

    /// Whether no clock was stepped between the stretches of the logs that these were learned from: nearly all lines
    /// of all of them agree. A client that fails all the time agrees with every offset, so most is not enough.
    pub fn hold_throughout(&self) -> bool {
        self.are_sure() && self.clocks.iter().all(Clock::is_steady)
    }

    /// Whether hosts of one cluster disagree about the time, by half a second or more.
    pub(super) fn clocks_differ(&self) -> bool {
        let offsets = || {
            self.told()
                .filter_map(|c| c.pieces.last())
                .filter(|p| p.pairs >= PAIRS)
                .map(|p| p.offset)
        };
        let (low, high) = (offsets().min(), offsets().max());
        high.zip(low)
            .is_some_and(|(high, low)| high - low >= SECOND / 2)
    }
}
