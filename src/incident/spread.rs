//! One trouble of several: puts together the groups that began for one reason at one moment.

use std::collections::VecDeque;

use foldhash::{HashMap, HashMapExt};

use super::burst::{Beginnings, MOMENT, Reason, SEVERAL};
use super::conclude::is_login;
use super::group::{Group, Track};
use super::groups::{GROUPS, Groups};
use super::kind::is_shared;
use crate::event::Micros;

/// Refusals of a group that is small.
const SMALL: u64 = 2;

#[derive(Debug, Clone)]
pub(super) struct Spread {
    beginnings: Beginnings,
    /// Groups that began, in wait for whether others begin like them.
    begun: VecDeque<(Micros, Reason, u32)>,
    /// The last one of several.
    wide: HashMap<Reason, u32>,
}

impl Spread {
    pub(super) fn new() -> Self {
        Self {
            beginnings: Beginnings::new(),
            begun: VecDeque::new(),
            wide: HashMap::new(),
        }
    }

    /// The logs reach back to this time, at least.
    pub(super) fn since(&mut self, time: Micros) {
        self.beginnings.since(time);
    }

    /// A clock had been ahead by so much from then on.
    pub(super) fn rewind(&mut self, from: Micros, by: Micros) {
        for begun in self.begun.iter_mut().filter(|b| b.0 >= from) {
            begun.0 -= by;
        }
    }

    /// A group began.
    pub(super) fn begin(&mut self, groups: &mut Groups, reason: Reason, time: Micros, number: u32) {
        self.beginnings.note(reason, time, number);
        if is_shared(reason.cause) {
            self.put_together(groups, reason, time, number);
        }
        self.begun.push_back((time, reason, number));
    }

    /// Looks at what began a moment ago.
    pub(super) fn settle(&mut self, groups: &mut Groups, now: Micros) {
        while let Some((time, reason, number)) = self.begun.front().copied()
            && (now - time > MOMENT || self.begun.len() > GROUPS)
        {
            self.begun.pop_front();
            self.put_together(groups, reason, time, number);
        }
    }

    /// Whether a group only was the first of what goes on all the time: at its beginning a log does not tell what is
    /// usual.
    pub(super) fn is_usual(&self, group: &Group, newest: Micros) -> bool {
        let Some(reason) = group.spread.filter(|reason| !is_shared(reason.cause)) else {
            return false;
        };
        let clients = group.clients.number();
        let span = (group.first, group.last);
        self.beginnings.is_usual(reason, clients, span, newest)
    }

    /// Of causes that everybody has by himself, only those who were refused once or twice are put together.
    fn put_together(&mut self, groups: &mut Groups, reason: Reason, time: Micros, number: u32) {
        let own = groups.root(number);
        if !groups.get(own).is_some_and(|group| fits(group, reason)) {
            return;
        }
        if let Some(wide) = self.goes_on(groups, reason, time) {
            groups.merge(wide, own);
            return;
        }
        let began = self.beginnings.around(reason, time);
        let mut roots: Vec<u32> = began.into_iter().map(|n| groups.root(n)).collect();
        roots.sort_unstable();
        roots.dedup();
        roots.retain(|root| groups.get(*root).is_some_and(|group| fits(group, reason)));
        let found = roots.iter().filter_map(|root| groups.get(*root));
        let clients: usize = found.map(|group| group.clients.len()).sum();
        if roots.len() < SEVERAL || clients < SEVERAL {
            return;
        }
        let first = |root: &u32| groups.get(*root).map(|group| group.first);
        let Some(earliest) = roots.iter().copied().min_by_key(first) else {
            return;
        };
        for root in roots.into_iter().filter(|root| *root != earliest) {
            groups.merge(earliest, root);
        }
        if let Some(group) = groups.get_mut(earliest) {
            group.wide = Some(group.first);
            group.spread = Some(reason);
        }
        self.wide.insert(reason, earliest);
    }

    /// The last one of several, if what begins at this time goes on with it.
    fn goes_on(&self, groups: &Groups, reason: Reason, time: Micros) -> Option<u32> {
        let wide = groups.root(*self.wide.get(&reason)?);
        let group = groups.get(wide)?;
        let since = group.wide?;
        let is_on = || is_shared(reason.cause) || !self.beginnings.around(reason, time).is_empty();
        let lasts = time <= group.last + MOMENT && is_on();
        ((time - since).abs() <= MOMENT || lasts && time >= since).then_some(wide)
    }
}

/// Whether a group may be one of several.
fn fits(group: &Group, reason: Reason) -> bool {
    let is_of_reason = group.cause() == Some(reason.cause);
    let is_small = || group.count <= SMALL && !is_mistyped(group);
    group.wide.is_none() && (is_shared(reason.cause) && is_of_reason || is_small())
}

/// Whether it is of somebody who was let in before and after, and so has nothing to do with others.
fn is_mistyped(group: &Group) -> bool {
    let is_known = |track: &Track| track.before.is_some() && track.after.is_some();
    is_login(group) && group.clients.all().all(|(_, track)| is_known(track))
}
