//! The weights of one pairing problem: what time, address, tables and order say of each step.

use std::collections::BTreeMap;
use std::ops::Range;

use super::exchange::Exchange;
use super::notice::Notice;
use super::offset::TOLERANCE;
use super::order::{Anchor, Anchors};
use super::pair::{Marginals, Weigh};
use crate::event::{Micros, SECOND};
use crate::system::{Meaning, Statement, Unlogged};

/// A request that must leave a line has none: only a log that is not written, or a lost line.
const LOST: f64 = 1e-3;
/// A refusal that the server can make without a line has none.
const SILENT: f64 = 0.25;
/// A refusal for which we know no way without a line has none all the same.
const UNKNOWN_SILENT: f64 = 0.02;
/// A request is not in the server's own log, which has every one that came to it.
const UNSERVED: f64 = 1e-3;
/// An accepted request that may leave a line has none.
const OPTIONAL: f64 = 0.5;
/// A line that states a refusal has no request in these logs.
const ORPHAN: f64 = 1e-4;
/// A line that stands beside a refusal has none.
const ORPHAN_CLUE: f64 = 1e-3;
/// Another line has none.
const ORPHAN_OTHER: f64 = 1e-2;
/// A line that goes with many answers stems from this one.
const SIDE: f64 = 0.6;
/// A line stems from an answer with a status that seldom goes with it.
const SELDOM: f64 = 0.5;
/// The weight of the server's own access line where the line before it is of another answer: lines of requests that were
/// worked on at once stand among each other.
const MISGATHERED: f64 = 0.02;
/// A text that no known version writes stems from this refusal.
const UNKNOWN_TEXT: f64 = 0.1;
/// A client is refused with a line, and the next time without one, or the other way round.
const TURN: f64 = 0.5;
/// A line that can be a further one of a request is.
const FURTHER: f64 = 0.5;
/// A line that names a client of which no request is near is of another one.
const FOREIGN: f64 = 1e-3;
/// A time that is less likely than this cannot be.
const IMPOSSIBLE: f64 = 1e-6;
/// Two neighbours of different clients were answered in the other order than judged.
const SWAPPED: f64 = 0.15;
/// Two neighbours of one client.
const SWAPPED_SAME: f64 = 0.05;

/// The longest after which a request is answered; see [`crate::system::Timing::lags`].
pub(super) const LONGEST_LAG: Micros = 2_600_000;

/// How likely a line written in `line` belongs to a request answered in `answered`, time alone, in
/// `0..=1`. `duration`: of the request, where it is known: no line is older. `tolerance`: how far the clocks
/// can be off. `lags`: the longest last.
pub(super) fn likelihood(
    line: &Range<Micros>,
    answered: &Range<Micros>,
    lags: &[(Micros, f64)],
    duration: Option<Micros>,
    tolerance: Micros,
) -> f64 {
    // Many are of another time altogether.
    let longest = lags.last().map_or(0, |&(lag, _)| lag);
    let is_before = line.end + longest + blur(longest) <= answered.start;
    let is_behind = line.start >= answered.end + tolerance;
    if is_before || is_behind {
        return 0.0;
    }
    summed(line, answered, lags, duration, tolerance)
}

/// The same, also of times that are far apart.
#[allow(clippy::cast_precision_loss)] // microseconds within a few seconds
fn summed(
    line: &Range<Micros>,
    answered: &Range<Micros>,
    lags: &[(Micros, f64)],
    duration: Option<Micros>,
    tolerance: Micros,
) -> f64 {
    let (low, high) = (answered.start - line.end, answered.end - line.start);
    let flat = (answered.end - answered.start).min(line.end - line.start);
    // The density of the distance of two moments spread evenly over both ranges, its top being 1.
    let density = |lag: Micros| {
        let blur = blur(lag);
        // No line is written after its answer, as far as the clocks agree.
        let rise = (lag - low + blur).min(high - lag + blur.min(lag + tolerance));
        if rise <= 0 {
            return 0.0;
        }
        (rise as f64 / (flat + blur) as f64).clamp(0.0, 1.0)
    };
    let longest = duration.map_or(Micros::MAX, |d| d + TOLERANCE);
    lags.iter()
        .map(|&(lag, share)| share * density(lag.min(longest)))
        .sum()
}

/// How far around it a lag reaches: they are examples, so each stands for those around it.
fn blur(lag: Micros) -> Micros {
    TOLERANCE.max(lag * 9 / 20)
}

/// How likely a line belongs to a request, time alone.
#[inline]
fn timely(exchange: &Exchange, notice: &Notice) -> f64 {
    likelihood(
        &notice.time,
        &exchange.time,
        exchange.timing.lags,
        exchange.request.duration,
        notice.tolerance,
    )
}

/// Whether a line can belong to a request, time alone.
pub(super) fn is_timely(exchange: &Exchange, notice: &Notice) -> bool {
    timely(exchange, notice) >= IMPOSSIBLE
}

/// A set of requests and lines that can have to do with each other, each in the order of its log.
pub(super) struct Problem<'a> {
    pub(super) exchanges: Vec<&'a Exchange>,
    pub(super) notices: Vec<&'a Notice>,
    /// Pairs beyond doubt; empty in the first round.
    pub(super) anchors: &'a Anchors,
    /// Where these are a part of a longer sequence, so that the last lines may belong to later requests: how many
    /// of all its requests have no line, against those that have one.
    pub(super) silent: Option<f64>,
}

/// How likely the tables make it that this request wrote this line, its time aside.
pub(super) fn affinity(exchange: &Exchange, notice: &Notice) -> f64 {
    let addressed = match notice.source {
        Some(address) if exchange.source.is_some() => exchange.has_address(address),
        _ => true,
    };
    if !addressed && !notice.roams.get() || exchange.is_proxys_own() {
        return 0.0;
    }
    let client = if addressed { 1.0 } else { FOREIGN };
    client * fitness(exchange, notice)
}

/// Whether the server's own access line has a line before it that does not go with the size of this answer.
fn is_belied(exchange: &Exchange, notice: &Notice) -> bool {
    let statement = notice.entry().and_then(|entry| entry.statement);
    let (route, status, bytes) = (exchange.route, exchange.request.status, exchange.bytes);
    let fits = |s: &Statement| s.on(route).fits(route, status, bytes);
    notice.is_failure() && bytes.is_some() && !statement.is_none_or(fits)
}

/// The same, the client aside too.
fn fitness(exchange: &Exchange, notice: &Notice) -> f64 {
    if let Some(served) = &notice.served {
        return match served.is_of(exchange) {
            true if is_belied(exchange, notice) => MISGATHERED,
            true => 1.0,
            false => 0.0,
        };
    }
    if !notice.is_of_path(&exchange.request) {
        return 0.0;
    }
    let Some(entry) = notice.entry() else {
        return 0.0;
    };
    let Some(statement) = entry.statement else {
        let unknown = notice.is_failure() && exchange.request.is_refused();
        return if unknown { UNKNOWN_TEXT } else { 0.0 };
    };
    let (route, status, bytes) = (exchange.route, exchange.request.status, exchange.bytes);
    if !entry.routes.intersects(route) {
        return 0.0;
    }
    let is_its = |u: &&Unlogged| u.side == Some(statement.action);
    let beside = || exchange.unlogged().iter().any(is_its);
    let ruled_out = || !beside() && exchange.answer.unlogged.iter().any(is_its);
    if matches!(statement.meaning, Meaning::Clue(_)) && ruled_out() {
        return 0.0;
    }
    if statement.is_demanded_by(route, status, bytes) {
        1.0
    } else if statement.fits(route, status, bytes)
        && !matches!(statement.meaning, Meaning::Side | Meaning::Clue(_))
    {
        if statement.status.first() == Some(&status) {
            1.0
        } else {
            SELDOM
        }
    } else if statement.fits(route, status, bytes) || beside() {
        SIDE
    } else {
        0.0
    }
}

/// How long after its line a request of this kind may be answered, in the ordinary course.
pub(super) fn slack(exchange: &Exchange) -> Micros {
    let (quick, slow) = exchange.timing.slack;
    if exchange.demands_line() { slow } else { quick }
}

impl Problem<'_> {
    fn candidate(&self, request: usize, line: usize) -> Option<Anchor> {
        let (exchange, notice) = (self.exchanges[request], self.notices[line]);
        Some(Anchor {
            clock: notice.clock,
            place: notice.place()?,
            moment: exchange.moment,
            slack: slack(exchange),
        })
    }
}

impl Weigh for Problem<'_> {
    fn unlogged(&self, request: usize) -> f64 {
        let exchange = self.exchanges[request];
        let (beside, without) = (
            exchange.can_be_unlogged(true),
            exchange.can_be_unlogged(false),
        );
        if exchange.is_proxys_own() {
            1.0
        } else if exchange.key.is_some() {
            UNSERVED
        } else if exchange.demands_line() || (beside && !without) {
            LOST
        } else if without {
            self.silent.unwrap_or(SILENT)
        } else if exchange.request.is_refused() {
            if exchange.answer.is_mute() {
                SILENT
            } else {
                UNKNOWN_SILENT
            }
        } else {
            OPTIONAL
        }
    }

    fn pair(&self, request: usize, line: usize) -> f64 {
        let (exchange, notice) = (self.exchanges[request], self.notices[line]);
        let time = timely(exchange, notice);
        if time < IMPOSSIBLE {
            return 0.0;
        }
        let affinity = affinity(exchange, notice);
        if affinity == 0.0 {
            return 0.0;
        }
        let order = self.candidate(request, line);
        let order = order.filter(|_| exchange.timing.keeps_order);
        affinity * time * order.map_or(1.0, |candidate| self.anchors.weight(&candidate))
    }

    fn further(&self, request: usize, before: usize, line: usize) -> f64 {
        let (exchange, first, then) = (
            self.exchanges[request],
            self.notices[before],
            self.notices[line],
        );
        let goes_on = |entry| first.can_go_on_with(&then.time, then.source, entry);
        let can = then.lines.len() == 1
            && then.served.is_none()
            && first.served.is_none()
            && then.entry().is_some_and(goes_on)
            && affinity(exchange, then) > 0.0;
        if can {
            FURTHER * timely(exchange, then)
        } else {
            0.0
        }
    }

    fn orphan(&self, line: usize) -> f64 {
        let notice = self.notices[line];
        let meaning = notice.entry().and_then(|e| e.statement).map(|s| s.meaning);
        match meaning {
            _ if notice.is_failure() => ORPHAN,
            Some(Meaning::Clue(_)) => ORPHAN_CLUE,
            _ => ORPHAN_OTHER,
        }
    }

    fn goes_on(&self) -> bool {
        self.silent.is_some()
    }

    fn turn(&self, request: usize) -> f64 {
        let (before, now) = (self.exchanges[request - 1], self.exchanges[request]);
        let either =
            |e: &Exchange| e.key.is_none() && e.request.is_refused() && e.can_be_unlogged(false);
        if either(before) && either(now) && before.is_same_client(now) {
            TURN
        } else {
            1.0
        }
    }

    fn swap(&self, request: usize) -> f64 {
        let (first, second) = (self.exchanges[request], self.exchanges[request + 1]);
        swapped(first, second)
    }
}

/// How likely two requests were answered in the other order than their lines were written.
fn swapped(one: &Exchange, other: &Exchange) -> f64 {
    let base = match one.is_same_client(other) {
        // Nobody logs in twice at once.
        true if one.demands_line() && other.demands_line() && one.key.is_none() => return 0.0,
        true => SWAPPED_SAME,
        false => SWAPPED,
    };
    base * overlap(one, other)
}

/// How likely two requests were worked on at the same time, so that their order says little: 1 where they
/// were answered at once.
#[allow(clippy::cast_precision_loss)] // microseconds within a few seconds
fn overlap(one: &Exchange, other: &Exchange) -> f64 {
    let apart = (one.moment - other.moment).abs() as f64;
    let slack = slack(one).max(slack(other)) + one.blur.max(other.blur);
    (-apart / slack as f64).exp()
}

/// Requests of several clients that are paired as one sequence were worked on side by side, in any order;
/// the sums over assignments know only swaps of neighbours.
impl Problem<'_> {
    /// Gives each request a share of what its contemporaries of other clients may own.
    pub(super) fn blur(&self, found: &mut Marginals) {
        let count = self.exchanges.len();
        if self
            .exchanges
            .iter()
            .all(|e| e.is_same_client(self.exchanges[0]))
        {
            return;
        }
        let before = found.clone();
        let lines = self.notices.len();
        let possible: Vec<bool> = (0..count * lines)
            .map(|at| self.pair(at / lines, at % lines) > 0.0)
            .collect();
        for i in 0..count {
            let keeps_order = self.exchanges[i].timing.keeps_order;
            let may_own = |j: usize| {
                keeps_order
                    || (0..lines).any(|k| possible[i * lines + k] && possible[j * lines + k])
            };
            let shares = self.contemporaries(i, may_own);
            if shares.is_empty() {
                continue;
            }
            let given: f64 = shares.iter().map(|(_, share)| share).sum();
            let mut own = Shares::default();
            own.add(&before, i, 1.0 - given, |_| true);
            for (j, share) in shares {
                own.add(&before, j, share, |k| possible[i * lines + k]);
            }
            (found.pairs[i], found.unlogged[i]) = own.into_row();
        }
    }

    /// The requests that `request` may be mistaken for, and how likely each. `shares`: whether they can own a same
    /// line.
    fn contemporaries(&self, request: usize, shares: impl Fn(usize) -> bool) -> Vec<(usize, f64)> {
        let own = self.exchanges[request];
        // Where lines name no client, those of others are mistaken far more often than one's own.
        let own_too = self.notices.iter().all(|n| n.source.is_some());
        let alike = |other: &Exchange| {
            (own_too || !own.is_same_client(other))
                && own.request.status == other.request.status
                && own.demands_line() == other.demands_line()
        };
        let first = request.saturating_sub(CONTEMPORARIES);
        let near = self
            .exchanges
            .iter()
            .enumerate()
            .skip(first)
            .take(2 * CONTEMPORARIES + 1);
        let others = near.filter(|&(j, e)| j != request && alike(e) && shares(j));
        let mut shares: Vec<(usize, f64)> = others
            .map(|(j, e)| (j, swapped(own, e)))
            .filter(|(_, share)| *share > NEGLIGIBLE_SHARE)
            .collect();
        let total: f64 = shares.iter().map(|(_, share)| share).sum();
        if total > MISTAKEN {
            for (_, share) in &mut shares {
                *share *= MISTAKEN / total;
            }
        }
        shares
    }
}

/// What one request may own, in the making.
#[derive(Default)]
struct Shares {
    pairs: BTreeMap<usize, f64>,
    unlogged: f64,
}

impl Shares {
    /// Adds a share of what `of` owns, as far as it can be owned.
    fn add(&mut self, found: &Marginals, of: usize, share: f64, can_own: impl Fn(usize) -> bool) {
        self.unlogged += found.unlogged[of] * share;
        for &(k, p) in found.pairs[of].iter().filter(|(k, _)| can_own(*k)) {
            *self.pairs.entry(k).or_default() += p * share;
        }
    }

    fn into_row(self) -> (Vec<(usize, f64)>, f64) {
        let total = self.unlogged + self.pairs.values().sum::<f64>();
        (
            self.pairs
                .into_iter()
                .map(|(k, p)| (k, p / total))
                .collect(),
            self.unlogged / total,
        )
    }
}

/// Neighbours on each side that are looked at.
const CONTEMPORARIES: usize = 32;
/// Shares below this are not worth their time.
const NEGLIGIBLE_SHARE: f64 = 0.005;
/// However many requests there are at once, one is not mistaken more often than this.
const MISTAKEN: f64 = 0.6;

/// The range of line times that can belong to a request answered in `answered`.
pub(super) fn reach(answered: &Range<Micros>) -> Range<Micros> {
    answered.start - LONGEST_LAG - SECOND..answered.end + TOLERANCE * 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{likelihood, summed};
    use crate::system;

    proptest! {
        #[test]
        fn only_what_is_impossible_is_not_summed(
            answered in 0_i64..10_000_000,
            line in 0_i64..10_000_000,
            widths in (1_i64..1_000_001, 1_i64..1_000_001),
            duration in proptest::option::of(0_i64..5_000_000),
            tolerance in 0_i64..2_000_000,
        ) {
            let (answered, line) = (answered..answered + widths.0, line..line + widths.1);
            for lags in system::ALL.iter().map(|system| system.timing.lags) {
                prop_assert_eq!(
                    likelihood(&line, &answered, lags, duration, tolerance).to_bits(),
                    summed(&line, &answered, lags, duration, tolerance).to_bits(),
                );
            }
        }
    }
}
