//! How far each input has come, and when within a second each request was answered.

use std::collections::VecDeque;
use std::ops::Range;

use super::recent::partition_point;
use crate::event::{Micros, SECOND};

/// One access log's requests in one second: from these the moment of each is told more exactly.
#[derive(Debug, Clone, Copy)]
struct Second {
    start: Micros,
    first: u64,
    count: u64,
}

/// So many requests in a row can have been answered at once, but within no longer a time than this.
const NEIGHBOURS: i64 = 3;
const BURST: Micros = 150_000;
/// Seconds that are remembered of an access log.
const SECONDS: usize = 4096;
/// Accepted requests that are remembered of it.
const ACCEPTED: usize = 1 << 14;

#[derive(Debug, Default, Clone)]
pub(super) struct Pace {
    /// Requests so far.
    order: u64,
    /// The newest time, by the access logs' clock.
    pub(super) watermark: Option<Micros>,
    pub(super) ended: bool,
    seconds: VecDeque<Second>,
    /// The latest requests that proved a credential without a session, by their place in the log.
    accepted: VecDeque<u64>,
}

impl Pace {
    /// `ended`: nothing will come of it.
    pub(super) fn new(ended: bool) -> Self {
        Self {
            ended,
            ..Self::default()
        }
    }

    /// The log has come to `time`.
    pub(super) fn pass(&mut self, time: Micros) {
        self.watermark = self.watermark.max(Some(time));
    }

    /// Counts a request in, and returns its place in the log.
    pub(super) fn request(&mut self, time: &Range<Micros>) -> u64 {
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

    /// The `order`-th request proved a credential.
    pub(super) fn accept(&mut self, order: u64) {
        if self.accepted.len() == ACCEPTED {
            self.accepted.pop_front();
        }
        self.accepted.push_back(order);
    }

    /// Those within a stretch of the log.
    pub(super) fn accepted(&self, orders: Range<u64>) -> impl Iterator<Item = u64> + '_ {
        let from = partition_point(&self.accepted, |&order| order < orders.start);
        self.accepted
            .range(from..)
            .copied()
            .take_while(move |&order| order < orders.end)
    }

    /// The moment of the `order`-th request, answered in `time`, and how far it can be off: where the log
    /// is precise to the second only, requests are taken to be spread evenly over each. They come in bursts,
    /// so that a few neighbours can have been answered at once.
    pub(super) fn moment(&self, order: u64, time: &Range<Micros>) -> (Micros, Micros) {
        let from = partition_point(&self.seconds, |s| s.first + s.count <= order);
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
