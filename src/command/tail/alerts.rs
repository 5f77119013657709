//! What rules say of what is found, told once.
//!
//! Each time when findings are made anew rules see all that there is again, and say again what they said.

use std::io::Write;
use std::sync::Arc;

use super::super::alert::Cited;
use super::super::index::Stop;
use super::known::Known;
use super::said::Said;
use crate::alert::Rule;
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
}

impl Alerts {
    /// `is_first`: what is there before the first run is not told.
    pub(super) fn new(is_first: bool) -> Self {
        Self {
            rules: Arc::new([]),
            known: Known::default(),
            is_first,
            since: None,
        }
    }

    /// What the index found long ago was told by who found it.
    pub(super) fn known(&mut self, writer: &Writer) -> Result<(), Error> {
        let newest = writer.newest_found()?;
        self.is_first &= newest.is_none();
        self.since = newest.map(|newest| newest - STALE);
        Ok(())
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
        }
        Ok(())
    }
}
