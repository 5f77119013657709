//! What the daemon on a WireBuddy node writes to standard error (`app/node/daemon.py`), in the layout of
//! [`wirebuddy_log`](super::wirebuddy_log). It serves nothing: it tells what the master answered it.
//!
//! ```text
//! 2026-11-21 20:49:09 | WARNING  | app.node.daemon | Heartbeat failed: HTTP 401 (detail: Invalid API secret)
//! ```

use std::borrow::Cow;

use super::grammar::utf8;
use super::wirebuddy_log::{head, is_banner, prefixed};
use super::{Format, Mismatch};
use crate::event::{Entry, Event, Kind};
use crate::system::{Routes, System, wirebuddy};

pub struct WirebuddyNode;

impl Format for WirebuddyNode {
    fn name(&self) -> &'static str {
        "wirebuddy_node"
    }

    fn title(&self) -> &'static str {
        "log of the daemon on a WireBuddy node, from standard error"
    }

    fn system(&self) -> Option<&'static System> {
        Some(&wirebuddy::SYSTEM)
    }

    fn is_local(&self) -> bool {
        true
    }

    fn begins(&self) -> Option<fn(&[u8]) -> bool> {
        Some(|line| prefixed(line).is_ok())
    }

    fn speaks(&self, record: &[u8]) -> bool {
        prefixed(head(record)).is_ok_and(|line| line.is_nodes())
    }

    fn parse(&self, record: &[u8]) -> Result<Option<Event>, Mismatch> {
        let line = head(record);
        if is_banner(line) {
            return Ok(None);
        }
        let parts = prefixed(line)?;
        if !parts.is_nodes() {
            return Err(Mismatch {
                offset: line.len() - parts.message.len(),
                expected: "a logger of the daemon",
            });
        }
        let words = utf8(parts.message);
        let statement = wirebuddy::SYSTEM.statement("app.node.daemon", &*words);
        Ok(statement.map(|statement| Event {
            time: parts.time,
            source: None,
            kind: Kind::Entry(Entry {
                action: Cow::Borrowed(statement.action),
                reason: Some(Cow::Owned(words.into_owned())),
                outcome: statement.meaning.into(),
                statement: Some(statement),
                routes: Routes::EVERY,
                ..Entry::default()
            }),
        }))
    }
}
