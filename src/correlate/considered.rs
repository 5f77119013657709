//! Which lines were looked at for a request, and why they are not its own. Only where it was asked for.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use super::Correlator;
use super::exchange::Exchange;
use super::judge::Paired;
use super::notice::Notice;
use super::problem::{affinity, is_timely, reach};
use super::ruling::cited_with;
use crate::event::{Micros, Place, SECOND};
use crate::finding::{Considered, Finding, Lost};

/// Lines of the same client that are told, however far they are from its request.
const BEFORE: Micros = 30 * SECOND;
const AFTER: Micros = 2 * SECOND;
/// Lines that are remembered; the newest in a flood.
const LINES: usize = 1 << 16;

/// Lines that were paired, with the request that took each.
#[derive(Default, Clone)]
pub(super) struct Seen(VecDeque<(Arc<Notice>, Option<Place>)>);

impl Correlator {
    /// Lets findings tell which lines were looked at.
    pub fn consider(&mut self) {
        self.seen = Some(Seen::default());
    }

    /// The lines in wait before they are paired; none where nobody asks.
    pub(super) fn in_wait(&self) -> Vec<Arc<Notice>> {
        self.seen
            .as_ref()
            .map_or_else(Vec::new, |_| self.notices.clone())
    }

    /// Remembers those of the lines that were in wait which are not any more.
    pub(super) fn see(&mut self, in_wait: Vec<Arc<Notice>>, paired: &[Paired]) {
        let Some(seen) = &mut self.seen else { return };
        for notice in in_wait {
            if self.notices.iter().any(|n| Arc::ptr_eq(n, &notice)) {
                continue;
            }
            let owns = |p: &&Paired| {
                p.own
                    .is_some_and(|own| Arc::ptr_eq(&p.lines[own].0, &notice))
            };
            let owner = paired.iter().find(owns);
            let request = owner.and_then(|p| Some(p.exchange.lines.first()?.1));
            seen.0.push_back((notice, request));
        }
        let newest = seen.0.back().map_or(Micros::MIN, |(n, _)| n.time.start);
        // What is judged late still finds the lines around it.
        let oldest = newest.saturating_sub(2 * BEFORE);
        while seen.0.len() > LINES || seen.0.front().is_some_and(|(n, _)| n.time.start < oldest) {
            seen.0.pop_front();
        }
    }

    /// The lines around an exchange that its finding does not rest on.
    pub(super) fn considered(&self, exchange: &Exchange, finding: &Finding) -> Vec<Considered> {
        let Some(seen) = &self.seen else {
            return Vec::new();
        };
        let waiting = self.notices.iter().map(|notice| (notice, None));
        let seen = seen.0.iter().map(|(notice, owner)| (notice, *owner));
        let rests_on = |place: Place| finding.evidence.iter().any(|e| e.place == place);
        let cited =
            |n: &Notice| n.place().is_some_and(rests_on) || n.lines.iter().any(|l| rests_on(l.0));
        let mut lines: Vec<Considered> = seen
            .chain(waiting)
            .filter(|(notice, _)| is_looked_at(exchange, notice) && !cited(notice))
            .flat_map(|(notice, owner)| considered(exchange, notice, owner))
            .collect();
        lines.sort_by_key(|line| line.evidence.place);
        lines
    }
}

/// Whether the join looks at a line for this request: those within its reach, and the client's own near it.
fn is_looked_at(exchange: &Exchange, notice: &Notice) -> bool {
    let near = exchange.time.start - BEFORE..exchange.time.end + AFTER;
    let own = notice
        .source
        .is_some_and(|address| exchange.has_address(address));
    reach(&exchange.time).contains(&notice.time.start) || own && near.contains(&notice.time.start)
}

/// Each line of a notice, with why it is not the exchange's.
fn considered(
    exchange: &Exchange,
    notice: &Notice,
    owner: Option<Place>,
) -> impl Iterator<Item = Considered> {
    let lost = lost(exchange, notice, owner);
    let evidence = cited_with(notice, exchange);
    evidence.map(move |evidence| Considered { evidence, lost })
}

fn lost(exchange: &Exchange, notice: &Notice, owner: Option<Place>) -> Lost {
    let other = |address: &IpAddr| exchange.source.is_some() && !exchange.has_address(*address);
    if let Some(address) = notice.source.filter(other) {
        Lost::Address(address)
    } else if affinity(exchange, notice) == 0.0 {
        Lost::Cause
    } else if !is_timely(exchange, notice) {
        Lost::Time
    } else {
        owner.map_or(Lost::Likelihood, Lost::Used)
    }
}
