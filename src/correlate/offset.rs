//! How far the clock of an auth log is from that of an access log, learned from the lines themselves.
//!
//! Every line votes for the distances to all requests that could have written it. True pairs agree on
//! one distance, chance spreads its votes over all of them, so the fullest bin is the offset; the mean of
//! the distances around it gives it to a fraction of a second.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::event::{Micros, Place, SECOND};
use crate::system::{Routes, Statement};

/// Clocks are compared up to this distance: two time zones lie at most 26 hours apart.
const REACH: Micros = 27 * 3600 * SECOND;
/// Distances that count for the fraction of a second.
const REFINE: Micros = 3 * SECOND / 2;
/// An offset smaller than this is none: requests take time, and lines are stamped before their end.
const NOISE: Micros = 3 * SECOND / 10;
/// Zones differ by multiples of this.
const ZONE: Micros = 900 * SECOND;
/// Nobody's clock is a whole zone and so little wrong.
const ZONE_NOISE: Micros = 4 * SECOND / 5;
/// A time told within this is exact.
const EXACT: Micros = SECOND / 100;
/// How exact one clock is by itself.
const FINE: Micros = 20_000;
/// How far an offset can be off beyond what was measured.
pub(super) const TOLERANCE: Micros = 150_000;
/// Times that the centre is moved to the mean; it rests long before.
const ROUNDS: usize = 12;
/// No more votes than this are counted.
const BUDGET: usize = 6_000_000;
/// Lines that are heard, evenly spread.
pub(super) const VOICES: usize = 3000;
/// Lines after which a step of the clock is looked for.
const STRETCH: usize = 64;
/// So many lines must agree before clocks are said to differ.
const AGREEING: u32 = 5;
/// So many lines must be there before their addresses are said to be a proxy's.
const MANY: usize = 20;
/// Distance within which a line agrees with an offset.
const AGREE: Micros = 2 * SECOND;

/// A line, or a request, as far as the clocks are concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub time: Range<Micros>,
    /// Equal numbers: one client.
    pub client: u64,
    /// What the line states; `None` for a request.
    pub statement: Option<&'static Statement>,
    /// Of a request, and of the server's own access line: what both tell alike.
    pub key: Option<u64>,
    /// Of a request: how it was answered.
    pub status: u16,
    /// The request's route; of a line, those of the requests that it names.
    pub routes: Routes,
    pub place: Place,
}

impl Mark {
    fn middle(&self) -> Micros {
        i64::midpoint(self.time.start, self.time.end)
    }

    /// Whether this line can stem from that request, time aside.
    pub(super) fn fits(&self, request: &Mark) -> bool {
        match self.statement {
            Some(statement) => {
                self.routes.intersects(request.routes)
                    && statement.fits(request.routes, request.status, None)
            }
            None => self.key.is_some() && self.key == request.key,
        }
    }
}

/// One clock against another: constant from a line on.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The first line it holds for; `None`: from the beginning.
    pub from: Option<Place>,
    /// When that line was written, by its own clock.
    pub since: Micros,
    /// Added to the line's time.
    pub offset: Micros,
    /// How far that can be off.
    pub tolerance: Micros,
    pub error_s: f64,
    pub pairs: usize,
}

/// The offsets that bring `lines` to the clock of `requests`, in line order. Both are sorted by time,
/// each by its own clock. `lag`: how long after its line a request is answered, on the average.
pub fn estimate(requests: &[Mark], lines: &[Mark], lag: Micros) -> Vec<Piece> {
    let by_client = group(requests);
    let own: Vec<&Mark> = lines
        .iter()
        .filter(|l| by_client.contains_key(&l.client))
        .collect();
    // Where hardly a line carries the address of a client, the addresses are a proxy's.
    let shared = lines.len() >= MANY && own.len() * 4 < lines.len();
    let by_address = || Clients {
        by_client,
        shared: false,
        lag,
    };
    let together = || Clients {
        by_client: group_all(requests),
        shared: true,
        lag,
    };
    if shared {
        return together().estimate(&lines.iter().collect::<Vec<_>>());
    }
    let pieces = by_address().estimate(&own);
    // A proxy can be a client as well, whose few requests are not what the lines are about.
    let pairs = |pieces: &[Piece]| pieces.iter().map(|p| p.pairs).sum::<usize>();
    let heard = lines.len().min(VOICES);
    if lines.len() >= MANY && pairs(&pieces) * 4 < heard {
        let others = together().estimate(&lines.iter().collect::<Vec<_>>());
        if pairs(&others) * 2 >= heard {
            return others;
        }
    }
    pieces
}

impl Clients<'_> {
    fn estimate(&self, lines: &[&Mark]) -> Vec<Piece> {
        let Some(first) = lines.first() else {
            return Vec::new();
        };
        let Some(coarse) = self.peak(lines, None) else {
            return vec![Piece {
                from: None,
                since: first.time.start,
                offset: 0,
                tolerance: TOLERANCE,
                error_s: 0.0,
                pairs: 0,
            }];
        };
        self.pieces(lines, coarse)
    }
}

/// Requests by client, in time order.
struct Clients<'a> {
    by_client: BTreeMap<u64, Vec<&'a Mark>>,
    shared: bool,
    /// See [`estimate`].
    lag: Micros,
}

fn group(requests: &[Mark]) -> BTreeMap<u64, Vec<&Mark>> {
    let mut groups: BTreeMap<u64, Vec<&Mark>> = BTreeMap::new();
    for request in requests {
        groups.entry(request.client).or_default().push(request);
    }
    groups
}

fn group_all(requests: &[Mark]) -> BTreeMap<u64, Vec<&Mark>> {
    BTreeMap::from([(0, requests.iter().collect())])
}

impl Clients<'_> {
    fn of(&self, line: &Mark) -> &[&Mark] {
        let client = if self.shared { 0 } else { line.client };
        self.by_client.get(&client).map_or(&[], Vec::as_slice)
    }

    /// The requests that `line` can stem from, at a distance within `range`.
    fn distances<'b>(
        &'b self,
        line: &'b Mark,
        range: Range<Micros>,
    ) -> impl Iterator<Item = Micros> + 'b {
        let requests = self.of(line);
        let middle = line.middle();
        let from = requests.partition_point(|r| r.middle() < middle + range.start);
        requests[from..]
            .iter()
            .take_while(move |r| r.middle() < middle + range.end)
            .filter(|r| line.fits(r))
            .map(move |r| r.middle() - middle)
    }

    /// The distance, to the second, on which most lines agree; `None` where no line has a request. The
    /// distance `current` (or none at all) is left only for one that clearly more lines agree on.
    fn peak(&self, lines: &[&Mark], current: Option<Micros>) -> Option<Micros> {
        let votes = self.votes(lines)?;
        let stay = current.unwrap_or(0);
        let best = votes.fullest();
        let (most, here) = (votes.around(best), votes.around(stay.div_euclid(SECOND)));
        let near = (best * SECOND - stay).abs() <= 2 * SECOND;
        let leave = match current {
            // A stretch is short, and a step of the clock rare: twice as many must agree on it.
            Some(_) => most >= AGREEING && most > 2 * here + 4,
            None => most >= AGREEING && most > here + here / 4 + 2,
        };
        Some(if near || !leave { stay } else { best * SECOND })
    }

    /// `None` where no line has a request.
    fn votes(&self, lines: &[&Mark]) -> Option<Votes> {
        let all: usize = lines.iter().map(|line| self.of(line).len()).sum();
        // Few voices of many lines must still come from all over the log.
        let share = (BUDGET * lines.len()).checked_div(all).unwrap_or(0);
        let mut votes = Votes::default();
        let mut heard = 0;
        for line in voices(lines, VOICES.min(share)) {
            // A line has one vote for each distance, however often its client tried again at once.
            let mut last = None;
            for distance in self.distances(line, -REACH..REACH) {
                let bin = distance.div_euclid(SECOND);
                if last.replace(bin) != Some(bin) {
                    votes.add(bin);
                    heard += 1;
                }
            }
        }
        (heard > 0).then_some(votes)
    }

    /// One piece, or more where the clock was stepped.
    fn pieces(&self, lines: &[&Mark], coarse: Micros) -> Vec<Piece> {
        let mut cuts = vec![(0, coarse)];
        for (i, stretch) in lines.chunks(STRETCH).enumerate() {
            let current = cuts.last().map_or(coarse, |c| c.1);
            let agreeing = stretch
                .iter()
                .filter(|line| self.agrees(line, current))
                .count();
            if agreeing * 2 > stretch.len() {
                continue;
            }
            let offset = self.peak(stretch, Some(current)).unwrap_or(current);
            if offset != current {
                let from = self.boundary(lines, i * STRETCH, current, offset);
                cuts.push((from, offset));
            }
        }
        let ends = cuts.iter().skip(1).map(|c| c.0).chain([lines.len()]);
        let spans: Vec<_> = cuts
            .iter()
            .zip(ends)
            .map(|(&(from, coarse), end)| (from, end, coarse))
            .collect();
        let mut pieces: Vec<Piece> = Vec::new();
        for (from, end, coarse) in spans.into_iter().filter(|(from, end, _)| from < end) {
            let mut piece = self.refine(&lines[from..end], coarse, from == 0);
            // Lines that say nothing of a request stand in between. Taken for a line behind a clock that was set
            // forward though they are before it they are old; the other way round they would lie in the future.
            if pieces
                .last()
                .is_some_and(|before| piece.offset < before.offset)
                && from > 0
            {
                let last = lines[from - 1].place;
                piece.from = Some(Place {
                    line: last.line + 1,
                    ..last
                });
            }
            pieces.push(piece);
        }
        pieces
    }

    /// Where both logs tell times exactly: the offset by which hardly a line comes after its answer. The mean would
    /// be off by how long requests take.
    fn least_lag(&self, lines: &[&Mark], centre: Micros) -> Option<Micros> {
        let is_exact = |mark: &Mark| mark.time.end - mark.time.start <= EXACT;
        let mut lags: Vec<Micros> = voices(lines, VOICES)
            .filter(|line| is_exact(line))
            .filter_map(|line| {
                let mut near = self.distances(line, centre - REFINE..centre + REFINE);
                let only = near.next()?;
                near.next().is_none().then_some(only)
            })
            .collect();
        let requests = self.by_client.values().flatten();
        if lags.len() < MANY || requests.take(MANY).any(|r| !is_exact(r)) {
            return None;
        }
        let few = lags.len() / 20;
        Some(*lags.select_nth_unstable(few).1)
    }

    fn agrees(&self, line: &Mark, offset: Micros) -> bool {
        self.distances(line, offset - AGREE..offset + AGREE)
            .next()
            .is_some()
    }

    /// The line at which a step from one offset to another explains most, around line `near`.
    fn boundary(&self, lines: &[&Mark], near: usize, before: Micros, after: Micros) -> usize {
        let from = near.saturating_sub(STRETCH);
        let to = (near + STRETCH).min(lines.len());
        let mut gain = 0;
        let mut best = (0, from);
        for (i, line) in lines.iter().enumerate().take(to).skip(from) {
            gain += i32::from(self.agrees(line, before)) - i32::from(self.agrees(line, after));
            // A line that goes with both is behind the step of a clock that was set forward, and before that of
            // one that was set back: so none lies in the future.
            if gain > best.0 || (gain == best.0 && after > before) {
                best = (gain, i + 1);
            }
        }
        best.1
    }

    /// The offset of one piece, to a fraction of a second: the mean of the distances near the coarse one,
    /// centred anew until it rests. A line with one request near says more than one with several.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // seconds, to microseconds
    fn refine(&self, lines: &[&Mark], coarse: Micros, first: bool) -> Piece {
        let mut centre = coarse;
        let mut error_s = 0.0;
        let mut pairs = 0;
        for _ in 0..ROUNDS {
            let mut sums = (0.0, 0.0, 0.0);
            pairs = 0;
            for line in voices(lines, VOICES) {
                let near: Vec<Micros> = self
                    .distances(line, centre - REFINE..centre + REFINE)
                    .collect();
                pairs += usize::from(!near.is_empty());
                let weight = 1.0 / (near.len() * near.len()) as f64;
                for distance in near {
                    let from_centre = (distance - centre) as f64 / 1e6;
                    sums.0 += weight;
                    sums.1 += weight * from_centre;
                    sums.2 += weight * from_centre * from_centre;
                }
            }
            if pairs == 0 {
                break;
            }
            let mean = sums.1 / sums.0;
            error_s = 2.0 * ((sums.2 / sums.0 - mean * mean).max(0.0) / pairs as f64).sqrt();
            centre += (mean * 1e6).round() as Micros;
        }
        if let Some(exact) = self.least_lag(lines, centre) {
            centre = exact + self.lag;
        }
        // Clocks that agree as nearly as this, but for a zone, are one clock, and what is left is how long requests
        // take.
        let zone = (centre + ZONE / 2).div_euclid(ZONE) * ZONE;
        let apart = centre - zone;
        let noise = if zone == 0 { NOISE } else { ZONE_NOISE };
        let (offset, tolerance) = if apart.abs() < noise {
            (zone, FINE.max(-apart))
        } else {
            (centre - self.lag, TOLERANCE)
        };
        let from = (!first).then(|| lines[0].place);
        Piece {
            from,
            since: lines[0].time.start,
            offset,
            tolerance,
            error_s,
            pairs,
        }
    }
}

/// Votes by distance, in whole seconds.
struct Votes(Vec<u32>);

impl Default for Votes {
    fn default() -> Self {
        Self(vec![
            0;
            usize::try_from(2 * REACH / SECOND + 3)
                .unwrap_or_default()
        ])
    }
}

impl Votes {
    fn index(bin: i64) -> usize {
        usize::try_from(bin + REACH / SECOND + 1).unwrap_or_default()
    }

    fn add(&mut self, bin: i64) {
        self.0[Self::index(bin)] += 1;
    }

    /// True distances spread over neighbouring bins, as times are whole seconds.
    fn around(&self, bin: i64) -> u32 {
        let middle = Self::index(bin);
        self.0[middle.saturating_sub(1)..(middle + 2).min(self.0.len())]
            .iter()
            .sum()
    }

    /// The distance with the most votes around it; the smallest of equals.
    fn fullest(&self) -> i64 {
        let bins = -REACH / SECOND..=REACH / SECOND;
        bins.max_by_key(|&bin| (self.around(bin), self.0[Self::index(bin)], -bin.abs()))
            .unwrap_or(0)
    }
}

/// A bounded choice of lines, evenly spread.
fn voices<'a, 'b>(
    lines: &'a [&'b Mark],
    at_most: usize,
) -> impl Iterator<Item = &'b Mark> + use<'a, 'b> {
    lines.iter().copied().step_by(stride(lines.len(), at_most))
}

fn stride(lines: usize, at_most: usize) -> usize {
    lines.div_ceil(at_most.max(1)).max(1)
}

/// How many of so many lines are heard.
pub(super) fn voices_of(lines: usize) -> usize {
    lines.div_ceil(stride(lines, VOICES))
}

#[cfg(test)]
mod tests {
    use super::{Mark, Micros, Place, REACH, SECOND, estimate};
    use crate::system::{Body, Meaning, Position, Routes, Statement, Version};

    static STATEMENT: Statement = Statement {
        action: "refused",
        reason: "",
        meaning: Meaning::Side,
        status: &[401],
        body: Body::Any,
        routes: Routes(1),
        pages: Routes::NONE,
        position: Position::First,
        always: false,
        elsewhere: None,
        since: Version::MIN,
        source: "",
    };

    fn mark(at: Micros, width: Micros, client: u64, order: u64) -> Mark {
        let from = at.div_euclid(width) * width;
        Mark {
            time: from..from + width,
            client,
            statement: Some(&STATEMENT),
            key: None,
            status: 401,
            routes: Routes(1),
            place: Place {
                part: 0,
                line: order,
                offset: 0,
                length: 0,
            },
        }
    }

    /// `count` requests of 7 clients at irregular moments, and their lines by a clock that is behind by
    /// what `behind` says for the n-th.
    fn logs(count: u64, behind: impl Fn(u64) -> Micros) -> (Vec<Mark>, Vec<Mark>) {
        let moment = |n: u64| Micros::try_from(n * 5_700_000 + n * n * 7919 % 5_000_000).unwrap();
        let start = 1_800_000_000 * SECOND;
        let requests = (0..count)
            .map(|n| mark(start + moment(n), SECOND, n * n % 7, n))
            .collect();
        let lines = (0..count)
            .map(|n| mark(start + moment(n) - behind(n) - 20_000, SECOND, n * n % 7, n))
            .collect();
        (requests, lines)
    }

    #[test]
    fn a_constant_offset_is_found_to_a_fraction_of_a_second() {
        for behind in [
            0,
            SECOND / 2,
            -SECOND / 2,
            37 * SECOND,
            -3600 * SECOND,
            7_500_000,
            REACH - SECOND,
        ] {
            let (requests, lines) = logs(300, |_| behind);
            let pieces = estimate(&requests, &lines, 0);
            assert_eq!(pieces.len(), 1, "{behind}");
            assert!(
                (pieces[0].offset - behind).abs() < SECOND / 5,
                "{behind}: {:?}",
                pieces[0]
            );
        }
    }

    #[test]
    fn a_step_of_the_clock_is_found_where_it_is() {
        let (requests, lines) = logs(600, |n| if n < 330 { 0 } else { -90 * SECOND });
        let pieces = estimate(&requests, &lines, 0);
        assert_eq!(pieces.len(), 2, "{pieces:?}");
        assert!(pieces[1].from.unwrap().line.abs_diff(330) < 4, "{pieces:?}");
        assert!((pieces[1].offset + 90 * SECOND).abs() < SECOND / 5);
    }

    #[test]
    fn addresses_that_are_a_proxys_do_not_hide_the_offset() {
        let (requests, mut lines) = logs(300, |_| 37 * SECOND);
        for line in &mut lines {
            line.client = 999;
        }
        assert!((estimate(&requests, &lines, 0)[0].offset - 37 * SECOND).abs() < SECOND / 5);
    }

    #[test]
    fn without_a_pair_no_offset_is_claimed() {
        let (requests, _) = logs(5, |_| 0);
        let far = vec![mark(900_000_000 * SECOND, SECOND, 1, 0)];
        assert_eq!(
            (
                estimate(&requests, &far, 0)[0].offset,
                estimate(&requests, &far, 0)[0].pairs
            ),
            (0, 0)
        );
    }
}
