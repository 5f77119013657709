//! A counter as a second clock.
//!
//! Some servers number their lines from a counter that other things take numbers from too: Pritunl's is that
//! of `MongoDB`'s object ids, of which every accepted request that is signed with a key takes one, for its
//! nonce. Between two lines of one second a gap in the numbers tells that an accepted request came between
//! them, and how many: the access log has that request among the refused ones.

use std::net::IpAddr;

use super::pace::Pace;
use super::pair::{Marginals, Weigh, marginals};
use super::problem::Problem;
use crate::event::{Micros, SECOND, Serial};

/// Gaps larger than this, or between lines further apart, tell of something else.
const GAP: u32 = 32;
const NEAR: Micros = 2 * SECOND;
/// A number was taken by something else: other threads, a nonce that had been used before.
const STRAY: f64 = 0.1;
/// An accepted request took no number: it was not signed with a key.
const UNNUMBERED: f64 = 0.2;

/// The last line of a clock that was numbered.
#[derive(Debug, Default, Clone)]
pub(super) struct Ticks(Option<(Serial, Option<IpAddr>, Micros)>);

impl Ticks {
    /// Numbers given to other things since the line before; `None` where they tell nothing, or that line is
    /// of another client.
    pub(super) fn passed(
        &mut self,
        serial: Option<Serial>,
        source: Option<IpAddr>,
        time: Micros,
    ) -> Option<u32> {
        let (before, client, then) = self.0.replace((serial?, source, time))?;
        let gap = before
            .between(serial?)
            .filter(|&gap| gap <= GAP && time - then <= NEAR);
        gap.filter(|_| client == source && source.is_some())
    }
}

/// A problem with the accepted requests among the refused ones, and the numbers among the lines. Indices
/// are of the problem's own requests and lines.
pub(super) struct Numbered<'a> {
    problem: &'a Problem<'a>,
    /// `None`: an accepted request.
    requests: Vec<Option<usize>>,
    /// `None`: a number without a line.
    lines: Vec<Option<usize>>,
}

impl<'a> Numbered<'a> {
    /// `None` where the lines are not all that was written meanwhile, so that nobody can tell whose the
    /// numbers between them are, or where there are none.
    pub(super) fn new(problem: &'a Problem<'a>, paces: &[Pace]) -> Option<Self> {
        if problem.notices.len() < 2 {
            return None;
        }
        let mut lines = Vec::with_capacity(problem.notices.len());
        for (k, notice) in problem.notices.iter().enumerate() {
            let ticks = match k.checked_sub(1).map(|before| problem.notices[before]) {
                // What went before the first line was not among these requests, or not all of it.
                None => 0,
                // Within one request the server takes numbers of its own.
                Some(before)
                    if notice.entry().is_some_and(|entry| {
                        before.can_go_on_with(&notice.time, notice.source, entry)
                    }) =>
                {
                    0
                }
                Some(_) => notice.ticks?,
            };
            lines.extend((0..ticks).map(|_| None));
            lines.push(Some(k));
        }
        if lines.len() == problem.notices.len() {
            return None;
        }
        let (first, last) = (problem.exchanges.first()?, problem.exchanges.last()?);
        let input = first.lines.first()?.0;
        if problem
            .exchanges
            .iter()
            .any(|e| e.lines.first().is_none_or(|l| l.0 != input))
        {
            return None;
        }
        let mut among = paces[input].accepted(first.order..last.order).peekable();
        let mut requests = Vec::new();
        for (i, exchange) in problem.exchanges.iter().enumerate() {
            while among.next_if(|&order| order < exchange.order).is_some() {
                requests.push(None);
            }
            requests.push(Some(i));
        }
        Some(Self {
            problem,
            requests,
            lines,
        })
    }

    /// The probabilities of the problem's own requests and lines.
    pub(super) fn solve(&self) -> Marginals {
        let all = marginals(self.requests.len(), self.lines.len(), self);
        let own = |list: &[(usize, f64)], of: &[Option<usize>]| -> Vec<(usize, f64)> {
            list.iter()
                .filter_map(|&(n, p)| Some((of[n]?, p)))
                .collect()
        };
        let real = |of: &[Option<usize>]| -> Vec<usize> {
            of.iter()
                .enumerate()
                .filter(|(_, n)| n.is_some())
                .map(|(at, _)| at)
                .collect()
        };
        let (requests, lines) = (real(&self.requests), real(&self.lines));
        Marginals {
            pairs: requests
                .iter()
                .map(|&i| own(&all.pairs[i], &self.lines))
                .collect(),
            unlogged: requests.iter().map(|&i| all.unlogged[i]).collect(),
            orphan: lines.iter().map(|&k| all.orphan[k]).collect(),
            further: all
                .further
                .iter()
                .filter_map(|&(k, i, p)| Some((self.lines[k]?, self.requests[i]?, p)))
                .collect(),
        }
    }
}

impl Weigh for Numbered<'_> {
    fn unlogged(&self, request: usize) -> f64 {
        self.requests[request].map_or(UNNUMBERED, |i| self.problem.unlogged(i))
    }

    fn pair(&self, request: usize, line: usize) -> f64 {
        match (self.requests[request], self.lines[line]) {
            (Some(i), Some(k)) => self.problem.pair(i, k),
            (None, None) => 1.0,
            _ => 0.0,
        }
    }

    fn further(&self, request: usize, before: usize, line: usize) -> f64 {
        match (self.requests[request], self.lines[before], self.lines[line]) {
            (Some(i), Some(before), Some(k)) => self.problem.further(i, before, k),
            _ => 0.0,
        }
    }

    fn orphan(&self, line: usize) -> f64 {
        self.lines[line].map_or(STRAY, |k| self.problem.orphan(k))
    }

    fn turn(&self, request: usize) -> f64 {
        match (self.requests[request - 1], self.requests[request]) {
            (Some(before), Some(now)) if before + 1 == now => self.problem.turn(now),
            _ => 1.0,
        }
    }

    fn swap(&self, request: usize) -> f64 {
        match (self.requests[request], self.requests[request + 1]) {
            (Some(first), Some(_)) => self.problem.swap(first),
            _ => 0.0,
        }
    }
}
