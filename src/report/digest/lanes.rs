//! When each client was refused and let in, as exactly as can be drawn.

use std::net::IpAddr;

use foldhash::{HashMap, HashSet};

use crate::event::{Micros, SECOND};

/// Clients that are kept. Those who were never refused make room for those who are.
const KEPT: usize = 1024;
/// Spans of each; where there are more, what lies close together becomes one.
const SPANS: usize = 256;

/// Several at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: Micros,
    pub last: Micros,
    pub number: u64,
}

/// Spans of one kind, none closer to the next than `step`.
#[derive(Debug, Clone, Default)]
struct Spans {
    step: Micros,
    all: Vec<Span>,
}

/// Of one client.
#[derive(Debug, Clone, Default)]
pub struct Lane {
    refused: Spans,
    accepted: Spans,
}

#[derive(Debug, Clone, Default)]
pub struct Lanes {
    of: HashMap<IpAddr, Lane>,
    /// Clients that were never refused.
    idle: usize,
    /// Nobody else comes to have one.
    is_closed: bool,
    /// Somebody has none, for there was no room.
    is_full: bool,
}

impl Lanes {
    /// For the first of these clients, as many as are kept, and nobody else.
    pub fn only(clients: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut lanes = Self {
            is_closed: true,
            ..Self::default()
        };
        for client in clients {
            if lanes.of.len() < KEPT {
                lanes.of.entry(client).or_default();
            } else {
                lanes.is_full |= !lanes.of.contains_key(&client);
            }
        }
        lanes.idle = lanes.of.len();
        lanes
    }

    /// Whose lanes they are.
    pub fn clients(&self) -> HashSet<IpAddr> {
        self.of.keys().copied().collect()
    }

    /// The same under other addresses; of two that come to be one, the longer is kept.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(IpAddr) -> IpAddr) -> Self {
        let mut renamed: HashMap<IpAddr, Lane> = HashMap::default();
        let mut all: Vec<_> = std::mem::take(&mut self.of).into_iter().collect();
        all.sort_unstable_by_key(|(client, _)| *client);
        for (client, lane) in all {
            let kept = renamed.entry(name(client)).or_default();
            if kept.length() < lane.length() {
                *kept = lane;
            }
        }
        Self {
            of: renamed,
            ..self
        }
    }

    /// Whether somebody who was refused may have none.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    pub fn get(&self, client: IpAddr) -> Option<&Lane> {
        self.of.get(&client)
    }

    pub(super) fn accepted(&mut self, client: IpAddr, time: Micros) {
        if let Some(lane) = self.of.get_mut(&client) {
            return lane.accepted.add(time);
        }
        if self.is_closed {
            return;
        }
        if self.of.len() >= KEPT && self.idle >= KEPT / 2 {
            self.make_room();
        }
        if self.of.len() < KEPT {
            self.idle += 1;
            self.of.entry(client).or_default().accepted.add(time);
        }
    }

    pub(super) fn refused(&mut self, client: IpAddr, time: Micros) {
        if !self.of.contains_key(&client) {
            if self.is_closed {
                return;
            }
            if self.of.len() >= KEPT && self.idle > 0 {
                self.make_room();
            }
            if self.of.len() >= KEPT {
                self.is_full = true;
                return;
            }
            self.idle += 1;
        }
        let lane = self.of.entry(client).or_default();
        if lane.refused.all.is_empty() {
            self.idle -= 1;
        }
        lane.refused.add(time);
    }

    fn make_room(&mut self) {
        self.of.retain(|_, lane| !lane.refused.all.is_empty());
        self.idle = 0;
    }
}

impl Lane {
    pub fn refused(&self) -> &[Span] {
        &self.refused.all
    }

    pub fn accepted(&self) -> &[Span] {
        &self.accepted.all
    }

    fn length(&self) -> usize {
        self.refused.all.len() + self.accepted.all.len()
    }
}

impl Spans {
    fn add(&mut self, time: Micros) {
        let step = self.step;
        match self.all.last_mut() {
            Some(last) if (last.first - step..=last.last + step).contains(&time) => {
                last.first = last.first.min(time);
                last.last = last.last.max(time);
                last.number += 1;
            }
            _ => self.all.push(Span {
                first: time,
                last: time,
                number: 1,
            }),
        }
        while self.all.len() > SPANS {
            self.step = (self.step * 2).max(SECOND);
            self.join();
        }
    }

    /// What lies closer together than a step becomes one.
    fn join(&mut self) {
        self.all.sort_unstable_by_key(|span| span.first);
        let step = self.step;
        self.all.dedup_by(|next, kept| {
            let is_close = next.first <= kept.last + step;
            if is_close {
                kept.last = kept.last.max(next.last);
                kept.number += next.number;
            }
            is_close
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Lanes, SECOND, SPANS};
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
    use std::net::IpAddr;

    proptest! {
        #[test]
        fn nothing_is_lost_of_a_lane_and_it_stays_short(times in proptest::collection::vec(0_i64..1_000_000, 0..2000)) {
            let mut lanes = Lanes::default();
            let client: IpAddr = [203, 0, 113, 9].into();
            for time in &times {
                lanes.refused(client, time * SECOND);
            }
            let spans = lanes.get(client).map_or(&[][..], |lane| lane.refused());
            prop_assert!(spans.len() <= SPANS);
            prop_assert_eq!(spans.iter().map(|s| s.number).sum::<u64>(), times.len() as u64);
        }
    }

    #[test]
    fn of_two_lanes_under_one_name_the_longer_is_kept() {
        let clients: [IpAddr; 2] = [[203, 0, 113, 1].into(), [203, 0, 113, 2].into()];
        for long in clients {
            let mut lanes = Lanes::default();
            for client in clients {
                let times = if client == long { 3 } else { 1 };
                (0..times).for_each(|time| lanes.refused(client, time * SECOND));
            }
            let lanes = lanes.renamed(|_| clients[0]);
            assert_eq!(lanes.get(clients[0]).unwrap().refused().len(), 3);
        }
    }

    #[test]
    fn who_was_never_refused_makes_room() {
        let client = |n: u32| IpAddr::from(n.to_be_bytes());
        let mut lanes = Lanes::default();
        for n in 0..5000 {
            lanes.accepted(client(n), 0);
        }
        for n in 10_000..10_100 {
            lanes.refused(client(n), 0);
        }
        assert!(lanes.of.len() <= KEPT);
        assert!((10_000..10_100).all(|n| lanes.get(client(n)).is_some()));
    }
}
