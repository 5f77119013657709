//! Findings in brief.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::names::{Names, named};
use crate::cause::{Cause, Causes};
use crate::event::Micros;
use crate::finding::Verdict;
use crate::outline::{Asked, Outline};
use crate::system;

/// In the order in which they fell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outlines {
    /// Of principals, paths and agents.
    names: Vec<Box<str>>,
    clients: Vec<IpAddr>,
    rows: Vec<Row>,
}

/// Numbers count from 1 on; 0 is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    /// Since the one before, or since 1970.
    after: Micros,
    /// Of [`system::ALL`].
    system: u32,
    verdict: Verdict,
    /// Of [`Cause::ALL`].
    cause: u32,
    left: Causes,
    client: u32,
    principal: u32,
    path: u32,
    /// Where there is a path.
    status: u16,
    agent: u32,
    group: u32,
}

/// Outlines that are being put together.
#[derive(Debug, Default)]
pub(super) struct Draft {
    names: Names<Box<str>>,
    clients: Names<IpAddr>,
    rows: Vec<Row>,
    last: Micros,
}

impl Draft {
    pub(super) fn add(&mut self, finding: &Outline<'_>, group: u32) {
        let request = finding.request.as_ref();
        let mut name = |name: Option<&str>| self.names.number(name, |name| name.into());
        self.rows.push(Row {
            after: finding.time - self.last,
            system: place(system::ALL.iter().map(|s| s.name), finding.system),
            verdict: finding.verdict,
            cause: place(Cause::ALL.iter().copied(), finding.cause),
            left: finding.left,
            client: self.clients.number(finding.source.as_ref(), |c| *c),
            principal: name(finding.principal),
            path: name(request.map(|r| r.path)),
            status: request.map_or(0, |r| r.status),
            agent: name(request.and_then(|r| r.agent)),
            group,
        });
        self.last = finding.time;
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn finish(self) -> Outlines {
        Outlines {
            names: self.names.finish(),
            clients: self.clients.finish(),
            rows: self.rows,
        }
    }
}

/// From 1 on; 0 is none.
fn place<T: PartialEq>(mut all: impl Iterator<Item = T>, one: Option<T>) -> u32 {
    let at = one.and_then(|one| all.position(|other| other == one));
    at.and_then(|at| u32::try_from(at + 1).ok()).unwrap_or(0)
}

impl Outlines {
    /// Each with its group.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Outline<'_>)> {
        let mut time = 0;
        self.rows.iter().map(move |row| {
            time = Micros::saturating_add(time, row.after);
            (row.group, self.outline(time, row))
        })
    }

    fn outline(&self, time: Micros, row: &Row) -> Outline<'_> {
        let text = |number| named(&self.names, number).map(|name| &**name);
        let request = text(row.path).map(|path| Asked {
            path,
            status: row.status,
            agent: text(row.agent),
        });
        Outline {
            time,
            system: named(system::ALL, row.system).map(|system| system.name),
            verdict: row.verdict,
            cause: named(Cause::ALL, row.cause).copied(),
            left: row.left,
            source: named(&self.clients, row.client).copied(),
            principal: text(row.principal),
            request,
        }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
