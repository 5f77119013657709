//! Pairing: from the requests and lines in wait to what is likely of each request.

#![expect(
    clippy::vec_box,
    reason = "requests are large, and sorted and handed on several times"
)]

use std::collections::HashSet;
use std::mem::take;
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::HashMap;

use super::exchange::Exchange;
use super::judge::Paired;
use super::notice::Notice;
use super::order::{Anchor, Anchors};
use super::pace::Pace;
use super::pair::{Marginals, marginals};
use super::problem::{LONGEST_LAG, Problem, affinity, reach, slack};
use super::ticks::Numbered;
use crate::event::{Micros, SECOND};

/// A pair this likely is beyond doubt, and a witness for its neighbours.
const ANCHORED: f64 = 0.97;
/// So likely to have no line, a request that must have left one proves that the log was not written.
const MISSED: f64 = 0.9;
/// Pairs of requests and lines that are summed over at once.
const CELLS: usize = 1 << 18;
/// Requests of one client around a line that are looked at one by one.
const MANY: usize = 64;
/// Requests that are taken at a time where there are more.
const PART: usize = 128;
/// How far back a request can change what is likely of those before it.
const MEMORY: Micros = 6 * SECOND;
/// The smallest share of requests without a line, against those with one, that is reckoned with.
const FEW_SILENT: f64 = 0.01;
/// A line with no request more likely than this has none.
const OWNED: f64 = 0.5;

/// Requests and lines that can have to do with each other: indices, each in the order of its log.
#[derive(Debug, Clone, Copy)]
struct Cluster<'a> {
    exchanges: &'a [usize],
    notices: &'a [usize],
}

/// All of them. Most are of one request and one line.
struct Clusters {
    exchanges: Groups,
    notices: Groups,
}

impl Clusters {
    fn iter(&self) -> impl Iterator<Item = Cluster<'_>> {
        let both = self.exchanges.iter().zip(self.notices.iter());
        both.map(|(exchanges, notices)| Cluster { exchanges, notices })
    }
}

/// The indices of a list, group after group.
struct Groups {
    indices: Vec<usize>,
    /// Where each group ends among them.
    ends: Vec<usize>,
}

impl Groups {
    /// `of`: the group of each, of so many.
    fn new(of: &[usize], count: usize) -> Self {
        let mut ends = vec![0; count];
        for &group in of {
            ends[group] += 1;
        }
        let mut begun = 0;
        for end in &mut ends {
            begun += std::mem::replace(end, begun);
        }
        let mut indices = vec![0; of.len()];
        for (index, &group) in of.iter().enumerate() {
            indices[ends[group]] = index;
            ends[group] += 1;
        }
        Self { indices, ends }
    }

    fn iter(&self) -> impl Iterator<Item = &[usize]> {
        let mut begin = 0;
        self.ends.iter().map(move |&end| {
            let group = &self.indices[begin..end];
            begin = end;
            group
        })
    }
}

impl Cluster<'_> {
    /// Whether there is so much at once that it is joined in parts only: what has no partner in its part may
    /// have one in another.
    fn is_flood(&self) -> bool {
        self.exchanges.len() * self.notices.len() > CELLS
    }
}

/// What came of pairing.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) paired: Vec<Paired>,
    /// Lines whose request no access log has.
    pub(super) orphans: Vec<Arc<Notice>>,
    /// Lines of a flood that could not be given to one request.
    pub(super) unassigned: u64,
    /// Requests that must have left a line and have none.
    pub(super) missed: Vec<Micros>,
    /// What is not yet old enough.
    pub(super) exchanges: Vec<Box<Exchange>>,
    pub(super) notices: Vec<Arc<Notice>>,
    /// Witnesses for what comes next.
    pub(super) anchors: Vec<Anchor>,
}

/// Pairs all that is older than `horizon` with all that is there. Both are in the order of their logs. With
/// `force`, what is connected to younger things is paired all the same.
pub(super) fn settle(
    exchanges: Vec<Box<Exchange>>,
    notices: Vec<Arc<Notice>>,
    paces: &[Pace],
    anchors: &[Anchor],
    names_other_clients: bool,
    horizon: Micros,
    force: bool,
) -> Settled {
    let ready = exchanges.iter().any(|e| is_answered(e, horizon));
    if !ready && !notices.iter().any(|n| is_over(n, horizon)) {
        return Settled {
            exchanges,
            notices,
            anchors: anchors.to_vec(),
            ..Settled::default()
        };
    }
    let first = Round {
        exchanges: &exchanges,
        notices: &notices,
        anchors: &Anchors::default(),
        paces,
    };
    let mut clusters = clusters(&exchanges, &notices, &Lonely::default());
    let solve = |clusters: &Clusters| clusters.iter().map(|c| first.solve(c)).collect();
    let mut solved: Vec<Marginals> = solve(&clusters);
    if names_other_clients {
        let lonely = Lonely::new(&clusters, &solved, &first);
        if lonely.is_any() {
            clusters = self::clusters(&exchanges, &notices, &lonely);
            solved = solve(&clusters);
        }
    }
    let mut all: Vec<Anchor> = anchors.to_vec();
    for (cluster, found) in clusters.iter().zip(&solved) {
        first.anchors(cluster, found, &mut all);
    }
    let witnesses = Anchors::new(all.clone());
    let second = Round {
        exchanges: &exchanges,
        notices: &notices,
        anchors: &witnesses,
        paces,
    };
    for (cluster, found) in clusters.iter().zip(&mut solved) {
        if is_doubtful(found) && second.has_ready(cluster, horizon) {
            *found = second.solve(cluster);
        }
    }
    let mut fate = Fate::new(exchanges.len(), notices.len());
    for (cluster, found) in clusters.iter().zip(solved) {
        fate.decide(cluster, found, &exchanges, &notices, horizon, force);
    }
    let mut settled = fate.carry_out(exchanges, notices);
    // What is not decided yet is asked again, and may be known better then.
    all.retain(|a| a.moment <= horizon && a.moment > horizon.saturating_sub(4 * SECOND));
    settled.anchors = all;
    settled
}

/// Whether a request is old enough to be decided.
fn is_answered(exchange: &Exchange, horizon: Micros) -> bool {
    exchange.time.end <= horizon
}

/// Whether a line is: its request was answered by then.
fn is_over(notice: &Notice, horizon: Micros) -> bool {
    notice.time.end + LONGEST_LAG <= horizon
}

/// Whether a line's request is not beyond doubt.
fn is_doubtful(found: &Marginals) -> bool {
    found
        .pairs
        .iter()
        .flatten()
        .any(|&(_, p)| p > 1.0 - ANCHORED && p < ANCHORED)
}

/// Requests and lines that have no partner under the client that they name. Where a server may name another client
/// than the web server does, they are each other's.
#[derive(Default)]
struct Lonely {
    exchanges: HashSet<usize>,
    notices: HashSet<usize>,
}

impl Lonely {
    fn new(clusters: &Clusters, solved: &[Marginals], round: &Round) -> Self {
        let mut lonely = Self::default();
        for (cluster, found) in clusters.iter().zip(solved) {
            let alone = |unlikely: &[f64], all: &[usize]| -> Vec<usize> {
                let pairs = all.iter().zip(unlikely);
                pairs
                    .filter(|(_, p)| **p > OWNED)
                    .map(|(i, _)| *i)
                    .collect()
            };
            lonely
                .exchanges
                .extend(alone(&found.unlogged, cluster.exchanges));
            let notices = alone(&found.orphan, cluster.notices);
            let named = notices
                .into_iter()
                .filter(|&k| round.notices[k].source.is_some());
            lonely.notices.extend(named);
        }
        lonely
    }

    fn is_any(&self) -> bool {
        !self.exchanges.is_empty() && !self.notices.is_empty()
    }
}

/// Everything that time, address and tables connect; the lonely among themselves, whatever their address.
fn clusters(exchanges: &[Box<Exchange>], notices: &[Arc<Notice>], lonely: &Lonely) -> Clusters {
    let is_of_anybody = notices.iter().any(|notice| notice.source.is_none());
    let mut queues = Queues::new(exchanges, is_of_anybody, lonely);
    let mut sets = Sets::new(exchanges.len() + notices.len());
    for (k, notice) in notices.iter().enumerate() {
        let item = exchanges.len() + k;
        let roams = lonely.notices.contains(&k);
        notice.roams.set(roams);
        if roams {
            queues.lonely.join(exchanges, notice, item, &mut sets);
        } else {
            queues.join(exchanges, notice, item, &mut sets);
        }
    }
    let mut place = vec![usize::MAX; exchanges.len() + notices.len()];
    let mut count = 0;
    let of = |item: usize| {
        let root = sets.root(item);
        if place[root] == usize::MAX {
            place[root] = count;
            count += 1;
        }
        place[root]
    };
    let of: Vec<usize> = (0..exchanges.len() + notices.len()).map(of).collect();
    let (of_exchanges, of_notices) = of.split_at(exchanges.len());
    Clusters {
        exchanges: Groups::new(of_exchanges, count),
        notices: Groups::new(of_notices, count),
    }
}

/// Which requests a line is compared with: those of its client and, where the server's own access line tells
/// which, of its kind.
struct Queues {
    by_client: HashMap<(Option<IpAddr>, Option<u64>), Queue>,
    everybody: HashMap<Option<u64>, Queue>,
    lonely: Queue,
}

impl Queues {
    /// `is_of_anybody`: whether there are lines that name no client.
    fn new(exchanges: &[Box<Exchange>], is_of_anybody: bool, lonely: &Lonely) -> Self {
        let mut queues = Self {
            by_client: HashMap::default(),
            everybody: HashMap::default(),
            lonely: Queue::default(),
        };
        for (i, exchange) in exchanges.iter().enumerate() {
            let forwarded = exchange.request.forwarded_for;
            let other = forwarded.filter(|_| forwarded != exchange.source);
            let is_lonely = lonely.exchanges.contains(&i);
            if is_lonely {
                queues.lonely.requests.push(i);
            }
            for key in std::iter::once(None).chain(exchange.key.map(Some)) {
                if is_of_anybody {
                    queues.everybody.entry(key).or_default().requests.push(i);
                }
                if is_lonely {
                    continue;
                }
                let mut enter = |client| {
                    let queue = queues.by_client.entry((client, key)).or_default();
                    queue.requests.push(i);
                };
                enter(exchange.source);
                if other.is_some() {
                    enter(other);
                }
            }
        }
        queues
    }

    fn join(&mut self, exchanges: &[Box<Exchange>], notice: &Notice, item: usize, sets: &mut Sets) {
        let key = notice.served.as_ref().map(|s| s.key);
        if notice.source.is_none() {
            if let Some(queue) = self.everybody.get_mut(&key) {
                queue.join(exchanges, notice, item, sets);
            }
            return;
        }
        for client in [notice.source, None] {
            if let Some(queue) = self.by_client.get_mut(&(client, key)) {
                queue.join(exchanges, notice, item, sets);
            }
        }
    }
}

/// The requests of a client, in the order of time.
#[derive(Default)]
struct Queue {
    requests: Vec<usize>,
    /// Those before it were joined into one set with the one before them, where they are many.
    joined: usize,
}

impl Queue {
    /// Joins the requests that can have written a line with it: item `item` of the sets.
    fn join(&mut self, exchanges: &[Box<Exchange>], notice: &Notice, item: usize, sets: &mut Sets) {
        let moment = |&i: &usize| exchanges[i].moment;
        let from = self
            .requests
            .partition_point(|i| moment(i) < notice.time.start - 2 * SECOND);
        let until = notice.time.end + LONGEST_LAG + 2 * SECOND;
        let to = self.requests.partition_point(|i| moment(i) < until);
        if to - from > MANY {
            return self.join_all(from, to, item, sets);
        }
        for &i in &self.requests[from..to] {
            let in_time = reach(&exchanges[i].time).contains(&notice.time.start);
            if in_time && affinity(&exchanges[i], notice) > 0.0 {
                sets.join(i, item);
            }
        }
    }

    /// Joins a line with so many requests that looking at each would take time that grows with the square
    /// of the flood: what cannot belong together has no weight later on.
    fn join_all(&mut self, from: usize, to: usize, item: usize, sets: &mut Sets) {
        sets.join(self.requests[from], item);
        for next in self.joined.max(from + 1)..to {
            sets.join(self.requests[next - 1], self.requests[next]);
        }
        self.joined = self.joined.max(to);
    }
}

/// Disjoint sets of numbers.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a] = b;
    }
}

struct Round<'a> {
    exchanges: &'a [Box<Exchange>],
    notices: &'a [Arc<Notice>],
    anchors: &'a Anchors,
    paces: &'a [Pace],
}

impl Round<'_> {
    /// Whether anything of it is old enough to be decided.
    fn has_ready(&self, cluster: Cluster<'_>, horizon: Micros) -> bool {
        let mut exchanges = cluster.exchanges.iter();
        let mut notices = cluster.notices.iter();
        exchanges.any(|&i| is_answered(&self.exchanges[i], horizon))
            || notices.any(|&k| is_over(&self.notices[k], horizon))
    }

    fn solve(&self, cluster: Cluster<'_>) -> Marginals {
        if cluster.is_flood() {
            self.solve_in_parts(cluster)
        } else {
            self.solve_whole(cluster, None)
        }
    }

    /// A client that floods the server makes a problem whose sums grow with its square. Its requests are
    /// taken a few at a time, each with the lines written until then that none before it owns.
    #[allow(clippy::cast_precision_loss)] // a share
    fn solve_in_parts(&self, cluster: Cluster<'_>) -> Marginals {
        let mut found = Marginals {
            pairs: Vec::with_capacity(cluster.exchanges.len()),
            unlogged: Vec::with_capacity(cluster.exchanges.len()),
            orphan: vec![1.0; cluster.notices.len()],
            further: Vec::new(),
        };
        let (requests, lines) = (cluster.exchanges.len() as f64, cluster.notices.len() as f64);
        let silent = ((requests - lines) / lines).clamp(FEW_SILENT, 1.0 / FEW_SILENT);
        let mut from = 0;
        for exchanges in cluster.exchanges.chunks(PART) {
            let reach = reach(&self.exchanges[exchanges[0]].time).start
                ..reach(&self.exchanges[exchanges[exchanges.len() - 1]].time).end;
            let time = |k: &usize| self.notices[*k].time.start;
            let rest = &cluster.notices[from..];
            from += rest.partition_point(|k| time(k) < reach.start);
            let rest = &cluster.notices[from..];
            let until = rest
                .partition_point(|k| time(k) < reach.end)
                .min(PART + PART / 2);
            let part = Cluster {
                exchanges,
                notices: &rest[..until],
            };
            let solved = self.solve_whole(part, Some(silent));
            let owned = solved.orphan.iter().rposition(|&orphan| orphan < OWNED);
            found.append(solved, from);
            from += owned.map_or(0, |last| last + 1);
        }
        found
    }

    /// `silent`: see [`Problem::silent`].
    fn solve_whole(&self, cluster: Cluster<'_>, silent: Option<f64>) -> Marginals {
        if cluster.exchanges.is_empty() || cluster.notices.is_empty() {
            return Marginals::apart(cluster.exchanges.len(), cluster.notices.len());
        }
        let problem = Problem {
            exchanges: cluster
                .exchanges
                .iter()
                .map(|&i| &*self.exchanges[i])
                .collect(),
            notices: cluster.notices.iter().map(|&k| &*self.notices[k]).collect(),
            anchors: self.anchors,
            silent,
        };
        let mut found = match Numbered::new(&problem, self.paces) {
            Some(numbered) => numbered.solve(),
            None => marginals(cluster.exchanges.len(), cluster.notices.len(), &problem),
        };
        problem.blur(&mut found);
        found
    }

    /// The pairs beyond doubt.
    fn anchors(&self, cluster: Cluster<'_>, found: &Marginals, into: &mut Vec<Anchor>) {
        for (&i, pairs) in cluster.exchanges.iter().zip(&found.pairs) {
            for &(k, _) in pairs.iter().filter(|(_, p)| *p >= ANCHORED) {
                let (exchange, notice) = (&self.exchanges[i], &self.notices[cluster.notices[k]]);
                let Some(place) = notice.place() else {
                    continue;
                };
                into.push(Anchor {
                    clock: notice.clock,
                    place,
                    moment: exchange.moment,
                    slack: slack(exchange),
                });
            }
        }
    }
}

/// What becomes of each request and line.
struct Fate {
    pairs: Vec<Option<Judged>>,
    taken: Vec<bool>,
    orphans: Vec<usize>,
    unassigned: u64,
    missed: Vec<Micros>,
    assignment: Assignment,
}

/// What is likely of one exchange; lines by index.
struct Judged {
    lines: Vec<(usize, f64)>,
    further: Vec<(usize, f64)>,
    unlogged: f64,
    own: Option<usize>,
    in_flood: bool,
}

impl Fate {
    fn new(exchanges: usize, notices: usize) -> Self {
        Self {
            pairs: (0..exchanges).map(|_| None).collect(),
            taken: vec![false; notices],
            orphans: Vec::new(),
            unassigned: 0,
            missed: Vec::new(),
            assignment: Assignment::default(),
        }
    }

    fn decide(
        &mut self,
        cluster: Cluster<'_>,
        mut found: Marginals,
        exchanges: &[Box<Exchange>],
        notices: &[Arc<Notice>],
        horizon: Micros,
        force: bool,
    ) {
        let answered = |i: &usize| is_answered(&exchanges[*i], horizon);
        let over = |k: &usize| is_over(&notices[*k], horizon);
        let closed = cluster.exchanges.iter().all(answered) && cluster.notices.iter().all(over);
        // A client that never pauses is decided as far as what comes next cannot change it any more.
        let horizon = if closed || force {
            horizon
        } else {
            horizon.saturating_sub(MEMORY)
        };
        let old = |k: &&usize| is_over(&notices[**k], horizon);
        let ready = |i: &&usize| is_answered(&exchanges[**i], horizon);
        let own = self.assignment.of(&found);
        for (n, &i) in cluster
            .exchanges
            .iter()
            .enumerate()
            .filter(|(_, i)| ready(i))
        {
            let global = |(k, p): (usize, f64)| (cluster.notices[k], p);
            let further = found.further.iter().filter(|(_, request, _)| *request == n);
            if found.unlogged[n] > MISSED && exchanges[i].demands_line() && !cluster.is_flood() {
                self.missed.push(exchanges[i].moment);
            }
            if let Some(k) = own[n] {
                self.taken[cluster.notices[k]] = true;
            }
            self.pairs[i] = Some(Judged {
                lines: take(&mut found.pairs[n]).into_iter().map(global).collect(),
                further: further.map(|&(k, _, p)| global((k, p))).collect(),
                unlogged: found.unlogged[n],
                in_flood: cluster.is_flood(),
                own: own[n].map(|k| cluster.notices[k]),
            });
        }
        for (k, &notice) in cluster.notices.iter().enumerate().filter(|(_, k)| old(k)) {
            self.taken[notice] = true;
            match found.orphan[k] > OWNED {
                true if cluster.is_flood() => self.unassigned += 1,
                true => self.orphans.push(notice),
                false => {}
            }
        }
    }

    fn carry_out(self, exchanges: Vec<Box<Exchange>>, notices: Vec<Arc<Notice>>) -> Settled {
        let mut settled = Settled {
            missed: self.missed,
            unassigned: self.unassigned,
            ..Settled::default()
        };
        settled.orphans = self
            .orphans
            .iter()
            .map(|&k| Arc::clone(&notices[k]))
            .collect();
        for (exchange, judged) in exchanges.into_iter().zip(self.pairs) {
            let Some(judged) = judged else {
                settled.exchanges.push(exchange);
                continue;
            };
            let cite = |list: &[(usize, f64)]| -> Vec<(Arc<Notice>, f64)> {
                list.iter()
                    .map(|&(k, p)| (Arc::clone(&notices[k]), p))
                    .collect()
            };
            settled.paired.push(Paired {
                own: judged
                    .own
                    .and_then(|own| judged.lines.iter().position(|&(k, _)| k == own)),
                lines: cite(&judged.lines),
                further: cite(&judged.further),
                unlogged: judged.unlogged,
                in_flood: judged.in_flood,
                exchange,
            });
        }
        let left = notices
            .into_iter()
            .zip(self.taken)
            .filter(|(_, taken)| !taken);
        settled.notices = left.map(|(notice, _)| notice).collect();
        settled
    }
}

/// Gives each line to one request at most, the likeliest pairs first. Its room serves one cluster after the other.
#[derive(Default)]
struct Assignment {
    pairs: Vec<(usize, usize, f64)>,
    taken: Vec<bool>,
    own: Vec<Option<usize>>,
}

impl Assignment {
    /// The line of each request.
    fn of(&mut self, found: &Marginals) -> &[Option<usize>] {
        let Self { pairs, taken, own } = self;
        pairs.clear();
        for (n, of_one) in found.pairs.iter().enumerate() {
            pairs.extend(of_one.iter().map(|&(k, p)| (n, k, p)));
        }
        pairs.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        own.clear();
        own.resize(found.pairs.len(), None);
        taken.clear();
        taken.resize(found.orphan.len(), false);
        for &(n, k, p) in &*pairs {
            if own[n].is_none() && !taken[k] && p >= 1.0 - ANCHORED {
                own[n] = Some(k);
                taken[k] = true;
            }
        }
        own
    }
}
