//! Which line belongs to which request, and what follows where there is none.
//!
//! A first pass ([`Survey`]) learns whose log each input is and how far the clocks are apart. The second pushes
//! every record into [`Correlators`], one for each server product, and takes findings out. Both are pure: they
//! know no file and no clock but that of the records.
//!
//! ```text
//! record -> take_in: exchange (a request), notice (what the server wrote about one), once where two logs tell
//!                    it (retold), and prompt (a failure that no request stands behind)
//!        -> settle:  problem (weights from time, address, tables, order, ticks) -> pair (probabilities)
//!        -> judge:   causes (tables, history), coverage (was the log alive?) -> ruling -> finding
//! ```
//!
//! The weights and thresholds are constants with a name, in `problem`, `order`, `judge` and `causes`. Where a
//! fact of the server gives a value, the comment says which. The others were set by trial on a capture of 1,658
//! real requests whose causes are known, and held against simulated logs of other versions, loads, proxies and
//! mixes; they are no measured frequencies.

mod account;
mod accounts;
mod alone;
mod causes;
mod considered;
mod correlators;
mod coverage;
mod envelope;
mod exchange;
mod front;
mod give_out;
mod history;
mod judge;
mod knowledge;
mod languages;
mod ledger;
mod notice;
pub mod offset;
mod order;
mod pace;
pub mod pair;
mod people;
mod problem;
mod prompt;
mod recent;
mod retold;
mod ruling;
mod served;
mod server;
mod settle;
mod sieve;
mod survey;
mod take_in;
mod ticks;
mod trails;
mod watch;
mod zone;

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::HashMap;

use considered::Seen;
pub use correlators::Correlators;
use coverage::Coverage;
use exchange::Exchange;
use history::History;
use judge::Paired;
use knowledge::Knowledge;
use notice::Notice;
use order::Anchor;
use pace::Pace;
use problem::LONGEST_LAG;
use prompt::Prompts;
use server::Server;
pub use survey::{Bearings, Clock, Side, Survey};
use ticks::Ticks;
use trails::Records;

use crate::cause::Cause;
use crate::event::{Micros, Place, SECOND};
use crate::finding::Finding;
use crate::sign::Sign;
use crate::summary::Gap;
use crate::system::System;

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

/// A line of a log, redacted.
type Line = (Place, Box<str>);

/// Joins refusals of one server product with what it wrote about them.
#[derive(Clone)]
pub struct Correlator {
    bearings: Bearings,
    knowledge: Option<Knowledge>,
    names: Vec<String>,
    inputs: Vec<Pace>,
    /// By clock.
    ticks: Vec<Ticks>,
    /// By clock, or of all of them where they are one log.
    coverage: Vec<Coverage>,
    server: Server,
    history: History,
    /// Not yet paired, in the order of the logs.
    #[expect(clippy::vec_box, reason = "as in `settle`")]
    exchanges: Vec<Box<Exchange>>,
    notices: Vec<Arc<Notice>>,
    /// Failures without a request, in wait for whether they only asked for more.
    prompts: Prompts,
    /// Lines that were paired, where findings are to tell of them.
    seen: Option<Seen>,
    records: Records,
    /// Paired, in wait for what the coverage says; in the order of time.
    waiting: VecDeque<Paired>,
    usual: HashMap<Cause, u64>,
    anchors: Vec<Anchor>,
    settled_at: Micros,
    /// All before it was paired: what comes now is out of order.
    paired_until: Micros,
    /// Requests and lines that were.
    late: u64,
    /// Lines of floods that could not be given to one request.
    unassigned: u64,
    /// The gap whose silent clients were counted last, and how many they were.
    mute: Cell<Option<(Micros, Micros, usize)>>,
    /// So many requests and lines in wait are a crowd.
    crowd: usize,
    pushed: usize,
    gaps: Vec<Gap>,
    findings: Vec<Finding>,
    /// What else happened, where somebody asks for it.
    signs: Option<Vec<Sign>>,
}

impl Correlator {
    /// The server product whose rules apply.
    fn system(&self) -> Option<&'static System> {
        self.bearings.system
    }

    /// `names`: the inputs, in the order of their numbers.
    pub fn new(bearings: Bearings, names: Vec<String>) -> Self {
        let clocks = bearings.clocks.len();
        let server = Server::new(&bearings);
        let logs = if bearings.has_one_log() {
            clocks.min(1)
        } else {
            clocks
        };
        Self {
            knowledge: bearings.system.map(Knowledge::new),
            inputs: bearings.own.iter().map(|own| Pace::new(!own)).collect(),
            ticks: vec![Ticks::default(); clocks],
            coverage: (0..logs).map(|_| Coverage::default()).collect(),
            bearings,
            names,
            server,
            history: History::default(),
            exchanges: Vec::new(),
            notices: Vec::new(),
            prompts: Prompts::default(),
            seen: None,
            records: Records::default(),
            waiting: VecDeque::new(),
            usual: HashMap::default(),
            anchors: Vec::new(),
            settled_at: Micros::MIN,
            paired_until: Micros::MIN,
            late: 0,
            unassigned: 0,
            mute: Cell::new(None),
            crowd: CROWD,
            pushed: 0,
            gaps: Vec::new(),
            findings: Vec::new(),
            signs: None,
        }
    }
}
