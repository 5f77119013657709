//! What was heard beside findings: how many requests there were, and who was let in.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::names::{Names, named};
use crate::event::Micros;
use crate::sign::{Answer, Sign, What};

/// In the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Echoes {
    clients: Vec<IpAddr>,
    rows: Vec<Row>,
}

/// A sign without what a report does not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    pub time: Micros,
    /// Or what the server said.
    pub is_request: bool,
    /// Who was let in.
    pub accepted: Option<IpAddr>,
}

/// Time since the row before, or since 1970; and twice the number of the client, one more where it is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Row(Micros, u32);

/// Echoes that are being put together.
#[derive(Debug, Default)]
pub(super) struct Draft {
    clients: Names<IpAddr>,
    rows: Vec<Row>,
    last: Micros,
}

impl Echo {
    /// `None`: it is of something else.
    pub fn of(sign: &Sign) -> Option<Self> {
        let (is_request, accepted) = match sign.what {
            What::Request { client, answer, .. } => {
                (true, client.filter(|_| answer == Answer::Accepted))
            }
            What::Accepted {
                client: Some(client),
                ..
            } => (false, Some(client)),
            What::Accepted { client: None, .. } | What::Change(_) | What::Line => return None,
        };
        Some(Self {
            time: sign.time,
            is_request,
            accepted,
        })
    }
}

impl Draft {
    pub(super) fn add(&mut self, echo: &Echo) {
        let client = self.clients.number(echo.accepted.as_ref(), |c| *c);
        let who = client * 2 + u32::from(!echo.is_request);
        self.rows.push(Row(echo.time - self.last, who));
        self.last = echo.time;
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn finish(self) -> Echoes {
        Echoes {
            clients: self.clients.finish(),
            rows: self.rows,
        }
    }
}

impl Echoes {
    /// `drawn`: whether it matters that a client was let in.
    pub fn iter(&self, drawn: impl Fn(IpAddr) -> bool) -> impl Iterator<Item = Echo> {
        let clients = self.clients.iter().map(|c| Some(*c).filter(|c| drawn(*c)));
        let clients: Vec<Option<IpAddr>> = clients.collect();
        let mut time = 0;
        self.rows.iter().map(move |Row(after, who)| {
            time = Micros::saturating_add(time, *after);
            Echo {
                time,
                is_request: who % 2 == 0,
                accepted: named(&clients, who / 2).copied().flatten(),
            }
        })
    }
}
