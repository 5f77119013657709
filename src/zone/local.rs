//! Local times of a log that names no zone, as moments.
//!
//! In this order: the zone that was given, what the log's own records tell, what other logs tell of the same
//! events, the zone of this host.

use std::ops::Range;

use chrono::DateTime;

use super::Zone;
use crate::event::{Micros, Place, Record, SECOND};
use crate::summary::ZoneSource;

/// Clocks on walls are ahead of UTC by whole quarters of an hour.
const QUARTER: Micros = 900 * SECOND;
/// Lines of one log are out of order by less than this, where its clock was not set back.
const DISORDER: Micros = 60 * SECOND;

/// What is known of the clock on the wall that an input's times were read from.
#[derive(Debug, Clone, Default)]
pub struct LocalClock {
    given: Option<Zone>,
    /// How far it was ahead of UTC, from each record on that tells it.
    told: Vec<(Place, Micros)>,
    /// What brings times that were read in the zone so far to where other logs have them, from each place on;
    /// `None`: they tell nothing.
    learned: Option<Vec<(Option<Place>, Micros)>>,
    /// The newest moment so far.
    newest: Option<Micros>,
    /// How far it was ahead of UTC by the newest record.
    ahead: Option<Micros>,
}

impl LocalClock {
    pub fn new(given: Option<Zone>) -> Self {
        Self {
            given,
            ..Self::default()
        }
    }

    /// Brings a record's local time to the moment it stands for, and learns from one that tells both.
    pub fn read(&mut self, record: &mut Record) {
        match record.ahead {
            Some(ahead) => self.tell(record.place, ahead),
            None => record.event.time = self.moment(record.place, &record.event.time),
        }
    }

    /// The record at `place` tells how far the clock was ahead of UTC.
    fn tell(&mut self, place: Place, ahead: Micros) {
        let ahead = quarters(ahead);
        self.ahead.get_or_insert(ahead);
        let at = self.told.partition_point(|(told, _)| *told < place);
        let before = at.checked_sub(1).map(|i| self.told[i].1);
        if before != Some(ahead) && self.told.get(at).is_none_or(|(told, _)| *told != place) {
            self.told.insert(at, (place, ahead));
        }
    }

    /// Other logs tell of the same events: what brings this one's times to theirs, from each place on. Where a zone
    /// was given, or its own records tell it, it only counts as doubt.
    pub fn learn(&mut self, shifts: Vec<(Option<Place>, Micros)>) {
        self.learned = Some(shifts);
    }

    /// The pass that it learned from is over.
    pub fn rewind(&mut self) {
        self.newest = None;
        self.ahead = None;
    }

    /// Whether what it learns changes how it reads.
    pub fn learns(&self) -> bool {
        self.given.is_none() && self.told.is_empty()
    }

    /// The moment at which the clock showed `wall`, for the record at `place`.
    fn moment(&mut self, place: Place, wall: &Range<Micros>) -> Range<Micros> {
        let start = match (self.given, self.told_at(place)) {
            (None, Some(ahead)) => wall.start - ahead,
            (given, _) => self.moment_in(given.unwrap_or(Zone::Host), wall.start),
        };
        let start = start + self.learned_at(place);
        self.newest = self.newest.max(Some(start));
        self.ahead = Some(wall.start - start);
        start..start + (wall.end - wall.start)
    }

    /// An hour that the clock showed twice is the second one where the log has already come so far.
    fn moment_in(&self, zone: Zone, wall: Micros) -> Micros {
        let naive = DateTime::from_timestamp_micros(wall).map(|t| t.naive_utc());
        let Some((first, last)) = naive.and_then(|naive| zone.moments(naive)) else {
            return wall;
        };
        let is_second = self.newest.is_some_and(|newest| newest - first >= DISORDER);
        if is_second { last } else { first }
    }

    fn told_at(&self, place: Place) -> Option<Micros> {
        let after = self.told.partition_point(|(told, _)| *told <= place);
        let told = self.told.get(after.saturating_sub(1));
        told.map(|(_, ahead)| *ahead)
    }

    fn learned_at(&self, place: Place) -> Micros {
        if !self.learns() {
            return 0;
        }
        let shifts = self.learned.iter().flatten().rev();
        let mut shifts = shifts.filter(|(from, _)| *from <= Some(place));
        shifts.next().map_or(0, |(_, shift)| *shift)
    }

    /// How far the clock was ahead of UTC at last, and how that is known; `None`: no record was read.
    pub fn found(&self) -> Option<(Micros, ZoneSource)> {
        let learned = self.learned.as_ref().and_then(|shifts| shifts.last());
        let shift = learned.map(|(_, shift)| *shift);
        let told = self.told.last().map(|(_, ahead)| *ahead);
        let source = match (self.given, told, shift) {
            (Some(_), told, shift) => {
                let by_records = told.zip(self.ahead).map(|(told, ahead)| ahead - told);
                let doubt = by_records.or(shift);
                ZoneSource::Given {
                    too_far_ahead: doubt.filter(|&by| by != 0),
                }
            }
            (None, Some(_), _) => ZoneSource::Told,
            (None, None, Some(_)) => ZoneSource::Learned,
            (None, None, None) => ZoneSource::Host,
        };
        Some((self.ahead?, source))
    }
}

/// The nearest whole quarter of an hour.
fn quarters(time: Micros) -> Micros {
    (time + QUARTER / 2).div_euclid(QUARTER) * QUARTER
}

#[cfg(test)]
mod tests {
    use super::{LocalClock, Micros, Place, SECOND, ZoneSource};

    const HOUR: Micros = 3600 * SECOND;

    fn place(line: u64) -> Place {
        Place {
            part: 0,
            line,
            offset: line,
            length: 1,
        }
    }

    fn micros(time: &str) -> Micros {
        let time: chrono::NaiveDateTime = time.parse().unwrap();
        time.and_utc().timestamp_micros()
    }

    fn berlin() -> LocalClock {
        LocalClock::new(Some("Europe/Berlin".parse().unwrap()))
    }

    /// How far ahead of UTC these local times were read to be, in hours.
    fn hours(clock: &mut LocalClock, walls: &[&str]) -> Vec<i64> {
        let mut line = 0;
        let mut read = |wall: &&str| {
            line += 1;
            let wall = micros(wall);
            (wall - clock.moment(place(line), &(wall..wall + 1)).start) / HOUR
        };
        walls.iter().map(&mut read).collect()
    }

    #[test]
    fn an_hour_shown_twice_is_the_second_where_the_log_goes_back() {
        let walls = [
            "2026-10-25T02:10:00",
            "2026-10-25T02:50:00",
            "2026-10-25T02:05:00",
            "2026-10-25T02:50:00",
            "2026-10-25T03:00:00",
        ];
        assert_eq!(hours(&mut berlin(), &walls), [2, 2, 1, 1, 1]);
    }

    #[test]
    fn records_tell_the_zone_of_those_around_them() {
        let mut clock = LocalClock::new(None);
        // Heads are written a little later than their events.
        clock.tell(place(3), HOUR + 30_000);
        clock.tell(place(5), 2 * HOUR + 30_000);
        clock.tell(place(6), 2 * HOUR);
        let walls = ["2026-06-04T12:00:00"; 6];
        assert_eq!(hours(&mut clock, &walls), [1, 1, 1, 1, 2, 2]);
        assert_eq!(clock.found(), Some((2 * HOUR, ZoneSource::Told)));
    }

    #[test]
    fn what_was_given_stands_and_is_doubted() {
        let mut clock = berlin();
        clock.tell(place(1), 2 * HOUR);
        assert_eq!(hours(&mut clock, &["2026-01-04T12:00:00"]), [1]);
        let too_far_ahead = Some(-HOUR);
        assert_eq!(
            clock.found(),
            Some((HOUR, ZoneSource::Given { too_far_ahead }))
        );
    }
}
