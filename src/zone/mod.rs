//! Zones: the one in which people read times, and those of logs that do not tell theirs.

mod local;

use std::str::FromStr;

use chrono::{
    DateTime, FixedOffset, Local, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

use crate::event::Micros;

pub use local::LocalClock;

/// Where the reader's clock hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// This host's, daylight saving included.
    Host,
    Utc,
    Fixed(FixedOffset),
    /// Of the time zone database, daylight saving included.
    Named(Tz),
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
            Zone::Named(zone) => utc.with_timezone(&zone).fixed_offset(),
        })
    }

    /// The moment at which such a clock shows `wall`: the first of two where the clock was set back, the
    /// one an hour on where it was set forward over it.
    pub fn moment(self, wall: NaiveDateTime) -> Option<Micros> {
        self.moments(wall).map(|(first, _)| first)
    }

    /// The first and the last moment at which such a clock shows `wall`; they differ where it was set back.
    pub fn moments(self, wall: NaiveDateTime) -> Option<(Micros, Micros)> {
        match self {
            Zone::Host => moments_in(&Local, wall),
            Zone::Utc => moments_in(&Utc, wall),
            Zone::Fixed(offset) => moments_in(&offset, wall),
            Zone::Named(zone) => moments_in(&zone, wall),
        }
    }
}

fn moments_in<Z: TimeZone>(zone: &Z, wall: NaiveDateTime) -> Option<(Micros, Micros)> {
    let mapped = match zone.from_local_datetime(&wall) {
        MappedLocalTime::None => {
            zone.from_local_datetime(&wall.checked_add_signed(TimeDelta::hours(1))?)
        }
        found => found,
    };
    let (first, last) = (mapped.clone().earliest()?, mapped.latest()?);
    Some((first.timestamp_micros(), last.timestamp_micros()))
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone; use `UTC`, `+01:00` or a name such as `Europe/Berlin`")]
pub struct NotAZone;

impl FromStr for Zone {
    type Err = NotAZone;

    /// `UTC`, `+01:00`, `UTC+01:00` or the name of a zone.
    fn from_str(text: &str) -> Result<Self, NotAZone> {
        // As it is shown.
        let text = text
            .strip_prefix("UTC")
            .filter(|t| !t.is_empty())
            .unwrap_or(text);
        match text.bytes().next() {
            Some(b'+' | b'-') => text.parse().map(Zone::Fixed).map_err(|_| NotAZone),
            _ => match text.parse() {
                Ok(Tz::UTC) => Ok(Zone::Utc),
                zone => zone.map(Zone::Named).map_err(|_| NotAZone),
            },
        }
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Zone::Host => f.write_str("this host's zone"),
            Zone::Utc => f.write_str("UTC"),
            Zone::Fixed(offset) => write!(f, "UTC{offset}"),
            Zone::Named(zone) => f.write_str(zone.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;
    use crate::event::SECOND;
    use chrono::{DateTime, FixedOffset};

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

    #[test]
    fn zones_by_name() {
        let zone = |text: &str| text.parse::<Zone>().map(|z| z.to_string());
        for (text, name) in [
            ("UTC", "UTC"),
            ("Europe/Berlin", "Europe/Berlin"),
            ("+05:30", "UTC+05:30"),
            ("-0330", "UTC-03:30"),
        ] {
            assert_eq!(zone(text).as_deref(), Ok(name));
        }
        for text in ["", "+", "+25:00", "Berlin", "CEST"] {
            assert!(zone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_shows_an_hour_twice() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let moments = |wall: &str| berlin.moments(wall.parse().unwrap()).unwrap();
        let show = |(first, last)| {
            [first, last].map(|t| DateTime::from_timestamp_micros(t).unwrap().to_rfc3339())
        };
        assert_eq!(
            show(moments("2026-10-25T02:30:00")),
            ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"]
        );
        let (first, last) = moments("2026-10-25T03:00:00");
        assert_eq!(first, last);
        // Set forward over it.
        let (first, _) = moments("2026-03-29T02:30:00");
        assert_eq!(first, moments("2026-03-29T03:30:00").0);
    }
}
