//! The first pass: whose rules apply, how far the clocks are apart, which addresses are a proxy's, and
//! which access logs tell of the same requests.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::rc::Rc;

use super::knowledge::{Answer, Knowledge};
use super::offset::{Mark, Piece, TOLERANCE, VOICES, estimate};
use super::server::Proof;
use crate::event::{Entry, Event, Kind, Micros, Place, Request, SECOND};
use crate::system::{self, Routes, System};

/// Marks kept of each input. Beyond that the first ones stand for all.
const MARKS: usize = 400_000;
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
    Auth(&'static System),
}

/// What the first pass learned; the second is read by it.
#[derive(Debug, Default)]
pub struct Bearings {
    /// The server product whose rules apply; `None`: no auth log, and paths and sizes that are of none.
    pub system: Option<&'static System>,
    /// The clocks of the auth logs.
    pub clocks: Vec<Clock>,
    /// Addresses in auth logs that stand for every client.
    pub proxies: HashSet<IpAddr>,
    pub(super) proof: Proof,
    /// Per input: the earlier access log that tells of the same requests.
    pub twin_of: Vec<Option<usize>>,
}

/// The clock of one host in one auth log.
#[derive(Debug)]
pub struct Clock {
    pub input: usize,
    pub host: Option<Box<str>>,
    pub pieces: Vec<Piece>,
    /// Lines it was learned from.
    heard: usize,
}

/// Collects while the first pass reads.
#[derive(Debug)]
pub struct Survey {
    sides: Vec<Side>,
    /// Per input.
    marks: Vec<Vec<Mark>>,
    clocks: Vec<Writer>,
    addresses: HashMap<u64, IpAddr>,
    /// What each system's tables know of the access logs, where no auth log tells the system.
    guesses: Vec<Guess>,
}

/// One host that writes into one auth log.
#[derive(Debug)]
struct Writer {
    input: usize,
    host: Option<Box<str>>,
    /// Its lines that have an HTTP side.
    marks: Vec<Mark>,
}

/// A system, and how well the access logs go with its tables.
#[derive(Debug)]
struct Guess {
    knowledge: Knowledge,
    refused: u64,
    /// Of those, the refusals that its tables know.
    known: u64,
    proof: Proof,
}

impl Guess {
    fn new(system: &'static System) -> Self {
        Self {
            knowledge: Knowledge::new(system),
            refused: 0,
            known: 0,
            proof: Proof::default(),
        }
    }

    /// Takes a request in; gives its route, and what can stand behind the answer.
    fn take(&mut self, request: &Request) -> (Routes, Rc<Answer>) {
        let route = self.knowledge.route(&request.method, request.path());
        let answer = self.knowledge.answer(route, request.status);
        if request.is_refused() {
            self.refused += 1;
            if let Some(bytes) = answer.telling(request.bytes).filter(|_| !answer.is_mute()) {
                self.known += 1;
                self.proof.answer(&answer, bytes);
            }
        }
        (route, answer)
    }
}

impl Survey {
    pub fn new(sides: &[Side]) -> Self {
        let of_logs = sides.iter().find_map(|s| match s {
            Side::Auth(system) => Some(*system),
            Side::Access => None,
        });
        let systems = of_logs.map_or_else(|| system::ALL.to_vec(), |s| vec![s]);
        Self {
            sides: sides.to_vec(),
            marks: vec![Vec::new(); sides.len()],
            clocks: Vec::new(),
            addresses: HashMap::new(),
            guesses: systems.into_iter().map(Guess::new).collect(),
        }
    }

    /// Takes in an event of an input, in the order of its log.
    pub fn take(&mut self, input: usize, place: Place, event: &Event) {
        match &event.kind {
            Kind::Request(request) => self.request(input, place, event, request),
            Kind::Entry(entry) => self.entry(input, place, event, entry),
        }
    }

    fn request(&mut self, input: usize, place: Place, event: &Event, request: &Request) {
        for guess in &mut self.guesses {
            let (route, answer) = guess.take(request);
            if !answer.statements.is_empty() && self.marks[input].len() < MARKS {
                let mark = |client| Mark {
                    time: event.time.clone(),
                    client: number(client),
                    statement: None,
                    status: request.status,
                    routes: route,
                    place,
                };
                self.marks[input].push(mark(event.source));
                if request.forwarded_for.is_some() && request.forwarded_for != event.source {
                    self.marks[input].push(mark(request.forwarded_for));
                }
            }
        }
    }

    fn entry(&mut self, input: usize, place: Place, event: &Event, entry: &Entry) {
        if let Side::Auth(system) = self.sides[input] {
            self.guesses
                .iter_mut()
                .for_each(|g| g.proof.line(system, &event.time, entry));
        }
        let writer = self.writer(input, entry.host.as_deref());
        let statement = entry.statement.filter(|s| !s.status.is_empty());
        let Some(statement) = statement.filter(|_| writer.marks.len() < MARKS) else {
            return;
        };
        let client = number(event.source);
        writer.marks.push(Mark {
            time: event.time.clone(),
            client,
            statement: Some(statement),
            status: 0,
            routes: Routes::NONE,
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
            });
            self.clocks.len() - 1
        });
        &mut self.clocks[at]
    }

    /// What has been learned.
    pub fn conclude(mut self) -> Bearings {
        let twin_of = self.twins();
        let mut requests: Vec<Mark> = Vec::new();
        for (marks, twin) in self.marks.iter_mut().zip(&twin_of) {
            if twin.is_none() {
                requests.append(marks);
            }
        }
        requests.sort_by_key(|m| m.time.start);
        let mut proxies = HashSet::new();
        let mut clocks = Vec::new();
        for Writer {
            input,
            host,
            marks: mut lines,
            ..
        } in self.clocks
        {
            let pieces = estimate(&requests, &lines);
            for line in &mut lines {
                let offset = offset_at(&pieces, line.place);
                line.time = line.time.start + offset..line.time.end + offset;
            }
            let shared = proxies_of(&requests, &lines);
            proxies.extend(
                shared
                    .iter()
                    .filter_map(|client| self.addresses.get(client)),
            );
            clocks.push(Clock {
                input,
                host,
                pieces,
                heard: lines.len(),
            });
        }
        let auth = self.sides.iter().any(|s| matches!(s, Side::Auth(_)));
        let likely = self.guesses.iter().max_by_key(|g| g.known);
        let likely = likely.filter(|g| auth || (g.known > 0 && g.known * 2 >= g.refused));
        Bearings {
            system: likely.map(|g| g.knowledge.system),
            proof: likely.map_or_else(Proof::default, |g| g.proof),
            clocks,
            proxies,
            twin_of,
        }
    }

    /// Access logs most of whose requests an earlier access log tells too.
    fn twins(&self) -> Vec<Option<usize>> {
        let seen: Vec<HashSet<_>> = self
            .marks
            .iter()
            .map(|marks| {
                marks
                    .iter()
                    .map(|m| (m.client, m.status, m.routes, second(m)))
                    .collect()
            })
            .collect();
        let is_twin = |one: usize, other: usize| {
            let smaller = self.marks[one].len().min(self.marks[other].len());
            let (few, all) = if self.marks[one].len() <= self.marks[other].len() {
                (&self.marks[one], &seen[other])
            } else {
                (&self.marks[other], &seen[one])
            };
            let told = |m: &&Mark| {
                (-1..=1).any(|d| all.contains(&(m.client, m.status, m.routes, second(m) + d)))
            };
            smaller > 0 && few.iter().filter(told).count() * 2 >= smaller
        };
        (0..self.marks.len())
            .map(|one| (0..one).find(|&other| is_twin(one, other)))
            .collect()
    }
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
    let mut by_client: HashMap<u64, Vec<&Mark>> = HashMap::new();
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
    let mut own: HashMap<u64, Vec<&Mark>> = HashMap::new();
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
        }
    }

    /// Whether most of many lines have a request at the offset found.
    fn is_sure(&self) -> bool {
        let heard = self.heard.min(VOICES);
        let pairs: usize = self.pieces.iter().map(|p| p.pairs).sum();
        heard >= SURE && pairs * 2 >= heard
    }
}

impl Bearings {
    /// Whether they rest on so much that more would not change them.
    pub fn are_sure(&self) -> bool {
        self.proxies.is_empty() && !self.clocks.is_empty() && self.clocks.iter().all(Clock::is_sure)
    }

    /// Whether hosts of one cluster disagree about the time, by half a second or more.
    pub(super) fn clocks_differ(&self) -> bool {
        let offsets = || {
            self.clocks
                .iter()
                .filter_map(|c| c.pieces.last())
                .filter(|p| p.pairs >= PAIRS)
                .map(|p| p.offset)
        };
        let (low, high) = (offsets().min(), offsets().max());
        high.zip(low)
            .is_some_and(|(high, low)| high - low >= SECOND / 2)
    }
}
