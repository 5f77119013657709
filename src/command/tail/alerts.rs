//! What rules say of what is found, told once.
//!
//! Each time when findings are made anew rules see all that there is again, and say again what they said. What was told,
//! and until when all was heard, is kept in the index, with what it tells of: whenever it is killed, no alert is lost,
//! and none is told under another id.

use std::io::Write;
use std::sync::Arc;

use super::super::alert::Cited;
use super::super::deliver::Deliverer;
use super::super::index::Stop;
use super::known::Known;
use super::said::Said;
use crate::alert::{Alert, Rule};
use crate::event::{Micros, Part, SECOND};
use crate::index::{Error, Writer};
use crate::report::alert::line;
use crate::zone::Zone;

/// What an earlier run found this long before its end was told by it, or is of rules that it did not have.
const STALE: Micros = 3600 * SECOND;

pub(super) struct Alerts {
    pub(super) rules: Arc<[Rule]>,
    known: Known,
    /// Whether what is found first is only what was there before.
    is_first: bool,
    /// What happened before is not told.
    since: Option<Micros>,
    /// Alerts that the index has not committed yet, as hooks are given them.
    new: Vec<(Alert, String)>,
    /// Rules have said all that they say of all that there is, and the index has not committed that yet.
    is_settled: bool,
}

impl Alerts {
    /// `is_first`: what is there before the first run is not told.
    pub(super) fn new(is_first: bool) -> Self {
        Self {
            rules: Arc::new([]),
            known: Known::default(),
            is_first,
            since: None,
            new: Vec::new(),
            is_settled: false,
        }
    }

    /// What the index found long ago was told by who found it.
    pub(super) fn known(&mut self, writer: &Writer) -> Result<(), Error> {
        let newest = writer.newest_found()?;
        self.is_first &= newest.is_none();
        let Some(until) = writer.heard_until()?.or(newest) else {
            if !self.is_first {
                writer.hear_until(0)?;
            }
            return Ok(());
        };
        let since = until - STALE;
        self.since = Some(since);
        for told in writer.told_since(since)? {
            self.known.remember(told);
        }
        Ok(())
    }

    /// Puts new alerts into the outbox, in the transaction of what they tell of.
    pub(super) fn post(&mut self, writer: &Writer, hooks: &Deliverer) -> Result<(), Error> {
        for (alert, body) in &self.new {
            hooks.post(writer, alert, body)?;
        }
        if self.is_settled
            && let Some(newest) = writer.newest_found()?
        {
            writer.hear_until(newest)?;
        }
        Ok(())
    }

    /// What was put in is committed.
    pub(super) fn committed(&mut self) {
        self.new.clear();
        self.is_settled = false;
    }

    /// Takes all that rules say of all that there is.
    pub(super) fn settle(
        &mut self,
        told: Vec<Cited>,
        parts: &[Part],
        said: &mut Said,
        talk: &mut impl Write,
    ) -> Result<(), Stop> {
        self.hear(told, parts, said, talk)?;
        self.is_first = false;
        self.since = None;
        self.is_settled = true;
        Ok(())
    }

    /// Takes what they say of what was found just now.
    pub(super) fn hear(
        &mut self,
        told: Vec<Cited>,
        parts: &[Part],
        said: &mut Said,
        talk: &mut impl Write,
    ) -> Result<(), Stop> {
        for mut told in told {
            let is_old = self.is_first || self.since.is_some_and(|since| told.alert.time < since);
            if !self.known.is_new(&mut told.alert) || is_old {
                continue;
            }
            if !said.alert(&told, parts)? {
                writeln!(talk, "why401: alert: {}", line(&told.alert, Zone::Utc))?;
            }
            let body = told.body(parts)?;
            self.new.push((told.alert, body));
        }
        Ok(())
    }
}
