//! How many were refused in which hour on the reader's wall.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Timelike};

use crate::event::{Micros, SECOND};
use crate::zone::Zone;

/// Days whose hours are counted; refusals of more are in no hour.
const DAYS: usize = 4000;
/// Within it the hour on the wall does not change: since 1972 no zone was ahead by a part of a minute.
const MINUTE: Micros = 60 * SECOND;

/// By day.
#[derive(Debug, Clone, Default)]
pub struct Hours {
    of: BTreeMap<NaiveDate, [u64; 24]>,
    /// The minute that was read last.
    minute: Option<Micros>,
    /// Where that is on the wall.
    at: Option<(NaiveDate, usize)>,
}

impl Hours {
    pub(super) fn add(&mut self, time: Micros, zone: Zone) {
        let minute = time.div_euclid(MINUTE);
        if self.minute != Some(minute) {
            let wall = zone.read(time);
            self.at = wall.map(|wall| (wall.date_naive(), wall.hour() as usize));
            self.minute = Some(minute);
        }
        let Some((day, hour)) = self.at else { return };
        if self.of.len() < DAYS || self.of.contains_key(&day) {
            self.of.entry(day).or_default()[hour] += 1;
        }
    }

    pub fn by_day(&self) -> &BTreeMap<NaiveDate, [u64; 24]> {
        &self.of
    }
}
