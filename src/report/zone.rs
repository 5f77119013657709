//! The zone in which people read times.

use chrono::{
    DateTime, FixedOffset, Local, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone, Utc,
};

use crate::event::Micros;

/// Where the reader's clock hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// This host's, daylight saving included.
    Host,
    Utc,
    Fixed(FixedOffset),
}

const DATE_AND_TIME: &str = "%Y-%m-%d %H:%M:%S";

impl Zone {
    /// `2026-11-21 21:55:11 +01:00`
    pub fn show(self, time: Micros) -> String {
        self.read(time).map_or_else(
            || format!("{time} µs"),
            |t| t.format("%Y-%m-%d %H:%M:%S %:z").to_string(),
        )
    }

    /// From `first` to `last`, without saying twice what they share:
    /// `2026-11-21 21:55:11 to 22:01:40 +01:00`.
    pub fn show_span(self, first: Micros, last: Micros) -> String {
        match (self.read(first), self.read(last)) {
            (Some(a), Some(b)) if a.timestamp() == b.timestamp() => self.show(first),
            (Some(a), Some(b)) if a.offset() == b.offset() => {
                let end = if a.date_naive() == b.date_naive() {
                    "%H:%M:%S %:z"
                } else {
                    "%Y-%m-%d %H:%M:%S %:z"
                };
                format!("{} to {}", a.format(DATE_AND_TIME), b.format(end))
            }
            _ => format!("{} to {}", self.show(first), self.show(last)),
        }
    }

    /// The date and time that a clock on this zone's wall shows.
    pub fn read(self, time: Micros) -> Option<DateTime<FixedOffset>> {
        let utc = DateTime::<Utc>::from_timestamp_micros(time)?;
        Some(match self {
            Zone::Host => utc.with_timezone(&Local).fixed_offset(),
            Zone::Utc => utc.fixed_offset(),
            Zone::Fixed(offset) => utc.with_timezone(&offset),
        })
    }

    /// The moment at which such a clock shows `wall`: the first of two where the clock was set back, the
    /// one an hour on where it was set forward over it.
    pub fn moment(self, wall: NaiveDateTime) -> Option<Micros> {
        match self {
            Zone::Host => moment_in(&Local, wall),
            Zone::Utc => moment_in(&Utc, wall),
            Zone::Fixed(offset) => moment_in(&offset, wall),
        }
    }
}

fn moment_in<Z: TimeZone>(zone: &Z, wall: NaiveDateTime) -> Option<Micros> {
    let mapped = match zone.from_local_datetime(&wall) {
        MappedLocalTime::None => {
            zone.from_local_datetime(&wall.checked_add_signed(TimeDelta::hours(1))?)
        }
        found => found,
    };
    mapped.earliest().map(|t| t.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::Zone;
    use crate::event::SECOND;
    use chrono::FixedOffset;

    const NOON: i64 = 1_780_574_400 * SECOND;

    #[test]
    fn times_name_their_offset() {
        let paris = Zone::Fixed(FixedOffset::east_opt(7200).unwrap());
        assert_eq!(Zone::Utc.show(NOON), "2026-06-04 12:00:00 +00:00");
        assert_eq!(paris.show(NOON), "2026-06-04 14:00:00 +02:00");
    }

    #[test]
    fn a_span_says_nothing_twice() {
        let span = |seconds| Zone::Utc.show_span(NOON, NOON + seconds * SECOND);
        assert_eq!(span(0), "2026-06-04 12:00:00 +00:00");
        assert_eq!(span(61), "2026-06-04 12:00:00 to 12:01:01 +00:00");
        assert_eq!(
            span(86_400),
            "2026-06-04 12:00:00 to 2026-06-05 12:00:00 +00:00"
        );
    }

    #[test]
    fn a_time_beyond_the_calendar_is_still_shown() {
        assert_eq!(Zone::Utc.show(i64::MAX), "9223372036854775807 µs");
    }
}
