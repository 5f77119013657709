//! Who the logs show people to be, learned in the first pass.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::event::{Entry, Outcome};
use crate::system::{Routes, System};

/// People and what they did are remembered up to so many.
const MANY: usize = 1 << 16;
/// Addresses of one person and route that are remembered.
const ADDRESSES: usize = 8;

#[derive(Debug, Default, Clone)]
pub(super) struct People {
    administrators: HashSet<Box<str>>,
    /// From where somebody was accepted on a route.
    accepted: HashMap<(Box<str>, Routes), Vec<IpAddr>>,
}

impl People {
    /// A line of the server's log.
    pub(super) fn line(&mut self, system: &System, source: Option<IpAddr>, entry: &Entry) {
        let (Some(name), Outcome::Success) = (&entry.principal, entry.outcome) else {
            return;
        };
        let action = entry.statement.map(|s| s.action);
        if action.is_some()
            && action == system.administrator_login
            && self.administrators.len() < MANY
        {
            self.administrators.insert(name.clone());
        }
        if let Some(address) = source
            && entry.routes != Routes::EVERY
            && self.accepted.len() < MANY
        {
            let from = self
                .accepted
                .entry((name.clone(), entry.routes))
                .or_default();
            if from.len() < ADDRESSES && !from.contains(&address) {
                from.push(address);
            }
        }
    }

    pub(super) fn is_administrator(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.administrators.contains(name))
    }

    /// Whether who wrote this line was accepted for the same, but never from this address.
    pub(super) fn is_accepted_elsewhere(&self, source: Option<IpAddr>, entry: &Entry) -> bool {
        let key = entry.principal.clone().map(|name| (name, entry.routes));
        let from = key.and_then(|key| self.accepted.get(&key));
        from.is_some_and(|from| source.is_none_or(|address| !from.contains(&address)))
    }
}
