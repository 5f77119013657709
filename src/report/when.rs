//! Moments as people type them: `--since 2h`, `--until "2026-06-04 12:00"`.

use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime};

use crate::event::{Micros, SECOND};
use crate::zone::Zone;

/// A moment, not yet bound to a clock and a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It named its offset from UTC.
    Moment(Micros),
    /// A date and time on the reader's wall; a date alone is its midnight.
    Wall(NaiveDateTime),
    /// A time of today.
    Clock(NaiveTime),
    /// So long before now.
    Ago(Micros),
    /// Midnight, so many days before today's.
    Midnight(u8),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a time; use RFC 3339, `2026-06-04 12:00`, `2026-06-04`, `12:00`, `2h` (ago; s, m, h, d or w), `today`, `yesterday` or `now`"
)]
pub struct NotATime;

impl FromStr for When {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        match text {
            "now" => return Ok(When::Ago(0)),
            "today" => return Ok(When::Midnight(0)),
            "yesterday" => return Ok(When::Midnight(1)),
            _ => {}
        }
        moment(text)
            .or_else(|| wall(text))
            .or_else(|| clock(text))
            .or_else(|| ago(text))
            .ok_or(NotATime)
    }
}

/// RFC 3339, or as the reports show it: `2026-06-04 14:00:00 +02:00`.
fn moment(text: &str) -> Option<When> {
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z"))
        .ok()?;
    Some(When::Moment(time.timestamp_micros()))
}

fn wall(text: &str) -> Option<When> {
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
    ]
    .into_iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    .or_else(|| date().map(|d| d.and_time(NaiveTime::MIN)))
    .map(When::Wall)
}

fn clock(text: &str) -> Option<When> {
    ["%H:%M:%S", "%H:%M"]
        .into_iter()
        .find_map(|form| NaiveTime::parse_from_str(text, form).ok())
        .map(When::Clock)
}

fn ago(text: &str) -> Option<When> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let number: u32 = text[..text.len() - 1].parse().ok()?;
    Micros::from(number)
        .checked_mul(seconds * SECOND)
        .map(When::Ago)
}

impl When {
    /// The moment meant, at `now` and for a reader in `zone`; `None`: beyond the calendar.
    pub fn resolve(self, now: Micros, zone: Zone) -> Option<Micros> {
        let today = || zone.read(now).map(|t| t.date_naive());
        match self {
            When::Moment(time) => Some(time),
            When::Wall(wall) => zone.moment(wall),
            When::Clock(time) => zone.moment(today()?.and_time(time)),
            When::Ago(span) => now.checked_sub(span),
            When::Midnight(days) => {
                let day = today()?.checked_sub_days(Days::new(days.into()))?;
                zone.moment(day.and_time(NaiveTime::MIN))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NotATime, When};
    use crate::event::SECOND;
    use crate::zone::Zone;
    use chrono::FixedOffset;

    /// 2026-06-04 00:30 in Paris, the day before in UTC.
    const NOW: i64 = 1_780_525_800 * SECOND;

    fn resolve(text: &str) -> String {
        let paris = Zone::Fixed(FixedOffset::east_opt(7200).unwrap());
        let when: When = text.parse().unwrap();
        paris.show(when.resolve(NOW, paris).unwrap())
    }

    #[test]
    fn every_documented_form_is_read() {
        assert_eq!(
            resolve("2026-06-03T12:00:00Z"),
            "2026-06-03 14:00:00 +02:00"
        );
        assert_eq!(
            resolve("2026-06-03 12:00:00 +01:00"),
            "2026-06-03 13:00:00 +02:00"
        );
        assert_eq!(resolve("2026-06-03 12:00:30"), "2026-06-03 12:00:30 +02:00");
        assert_eq!(resolve("2026-06-03 12:00"), "2026-06-03 12:00:00 +02:00");
        assert_eq!(resolve("2026-06-03"), "2026-06-03 00:00:00 +02:00");
        assert_eq!(resolve("12:00"), "2026-06-04 12:00:00 +02:00");
        assert_eq!(resolve("30m"), "2026-06-04 00:00:00 +02:00");
        assert_eq!(resolve("2h"), "2026-06-03 22:30:00 +02:00");
        assert_eq!(resolve("7d"), "2026-05-28 00:30:00 +02:00");
        assert_eq!(resolve("today"), "2026-06-04 00:00:00 +02:00");
        assert_eq!(resolve("yesterday"), "2026-06-03 00:00:00 +02:00");
        assert_eq!(resolve("now"), "2026-06-04 00:30:00 +02:00");
    }

    #[test]
    fn other_words_are_refused_with_the_forms() {
        for text in [
            "",
            "h",
            "2",
            "2y",
            "-2h",
            "25:00",
            "2026-13-01",
            "tomorrow",
            "2 é",
            "é",
        ] {
            assert_eq!(text.parse::<When>(), Err(NotATime), "{text}");
        }
        assert!(NotATime.to_string().contains("`2026-06-04 12:00`"));
    }
}
