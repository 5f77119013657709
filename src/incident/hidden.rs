//! A proxy that begins to hide its clients: from one request on all come from one address that was new.

use std::collections::VecDeque;
use std::net::IpAddr;

use foldhash::HashSet;

use crate::event::{Micros, Place};

/// Requests before, which show how many clients there were and how often they came.
const RECENT: usize = 200;
/// Clients that there were at least.
const CLIENTS: usize = 4;
/// So many requests of others would have come meanwhile,
const EXPECTED: i64 = 30;
/// and at least this share of them came, from the one address.
const SHARE: i64 = 3;

/// Since when there is one client only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) time: Micros,
    pub(super) place: Place,
    pub(super) address: IpAddr,
    /// How many clients there were before.
    pub(super) clients: usize,
    /// When others came again.
    pub(super) until: Option<Micros>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Addresses {
    recent: VecDeque<(Micros, IpAddr)>,
    /// The one address that requests come from: the first of them, and how many.
    streak: Option<(Micros, Place, IpAddr, i64)>,
    is_told: bool,
    pub(super) hidden: Vec<Hidden>,
}

impl Addresses {
    pub(super) fn pass(&mut self, time: Micros, place: Place, address: IpAddr) {
        match &mut self.streak {
            Some((_, _, same, count)) if *same == address => *count += 1,
            streak => {
                if let Some((first, _, other, count)) = streak.replace((time, place, address, 1)) {
                    let kept = count.min(i64::try_from(RECENT).unwrap_or(i64::MAX));
                    self.recent.extend((0..kept).map(|_| (first, other)));
                    let more = self.recent.len().saturating_sub(RECENT);
                    self.recent.drain(..more);
                }
                if std::mem::take(&mut self.is_told)
                    && let Some(hidden) = self.hidden.last_mut()
                {
                    hidden.until = Some(time);
                }
                return;
            }
        }
        if !self.is_told
            && let Some(hidden) = self.judge(time)
        {
            self.is_told = true;
            self.hidden.push(hidden);
        }
    }

    fn judge(&self, now: Micros) -> Option<Hidden> {
        let (time, place, address, count) = self.streak?;
        // Now and then is enough.
        let is_due = count >= EXPECTED / SHARE && count.count_ones() == 1;
        if !is_due || self.recent.iter().any(|(_, other)| *other == address) {
            return None;
        }
        let others: HashSet<IpAddr> = self.recent.iter().map(|(_, other)| *other).collect();
        let begun = self.recent.front()?.0;
        let pause = (time - begun) / i64::try_from(self.recent.len()).ok()?;
        let expected = (now - time) / pause.max(1);
        let is_it = others.len() >= CLIENTS && expected >= EXPECTED && count * SHARE >= expected;
        is_it.then_some(Hidden {
            time,
            place,
            address,
            clients: others.len(),
            until: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;
    use crate::event::{Place, SECOND};
    use std::net::{IpAddr, Ipv4Addr};

    /// Requests of so many clients each ten seconds, then of one that is new each so many.
    fn passed(clients: u8, then: i64) -> Addresses {
        let mut addresses = Addresses::default();
        let address = |n: u8| IpAddr::V4(Ipv4Addr::new(203, 0, 113, n));
        let place = |line| Place {
            part: 0,
            line,
            offset: 0,
            length: 0,
        };
        for n in 0..100_u8 {
            addresses.pass(
                i64::from(n) * 10 * SECOND,
                place(n.into()),
                address(n % clients),
            );
        }
        for n in 0..100 {
            addresses.pass((1000 + n * then) * SECOND, place(500), address(200));
        }
        addresses
    }

    #[test]
    fn one_new_address_for_all() {
        let hidden = &passed(6, 10).hidden[..];
        assert_eq!(hidden.len(), 1);
        assert_eq!((hidden[0].clients, hidden[0].time), (6, 1000 * SECOND));
    }

    #[test]
    fn a_flood_a_quiet_night_and_few_clients_are_none() {
        assert_eq!(passed(6, 0).hidden, []);
        assert_eq!(passed(6, 100).hidden, []);
        assert_eq!(passed(2, 10).hidden, []);
    }
}
