//! What rules say of what is found, told once.
//!
//! Each time when findings are made anew rules see all that there is again, and say again what they said. An alert is
//! known by its id and number. Where a line that comes late changes what came first, and with it the id, the alert goes
//! on under the id under which it was told.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::sync::Arc;

use super::super::alert::Cited;
use super::super::index::Stop;
use super::said::Said;
use crate::alert::{Alert, Rule};
use crate::event::{Micros, Part, SECOND};
use crate::index::{Error, Writer};
use crate::report::alert::{group_key, line};
use crate::zone::Zone;

/// What an earlier run found this long before its end was told by it, or is of rules that it did not have.
const STALE: Micros = 3600 * SECOND;

pub(super) struct Alerts {
    pub(super) rules: Arc<[Rule]>,
    told: HashSet<(Box<str>, u32)>,
    /// Under which id each group was told last, and until when it lasted.
    groups: HashMap<String, (Box<str>, Micros)>,
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
            told: HashSet::new(),
            groups: HashMap::new(),
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
            if !self.is_new(&mut told.alert) || is_old {
                continue;
            }
            if !said.alert(&told, parts)? {
                writeln!(talk, "why401: alert: {}", line(&told.alert, Zone::Utc))?;
            }
        }
        Ok(())
    }

    /// Whether it was not told yet. It gets the id under which its group was told, where it goes on.
    fn is_new(&mut self, alert: &mut Alert) -> bool {
        let key = group_key(alert);
        if let Some((id, last)) = self.groups.get(&key)
            && alert.first <= *last
        {
            alert.id.clone_from(id);
        }
        let last = self
            .groups
            .get(&key)
            .map_or(alert.last, |g| g.1.max(alert.last));
        self.groups.insert(key, (alert.id.clone(), last));
        self.told.insert((alert.id.clone(), alert.sequence))
    }
}
