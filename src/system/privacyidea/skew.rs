//! How far a device's clock is off, where a line has both its time and another.

use chrono::{DateTime, NaiveDateTime};

/// Seconds of one value of a TOTP token, unless it was enrolled with 60.
const STEP: i64 = 30;

/// One sentence on the clock of the device that a line is about. `began`: when the request did, in microseconds of
/// UTC.
///
/// ```text
/// a previous OTP value was used again! former tokencounter: 59843135, presented counter 59843130
/// ERR10: Timestamp 2026-11-21T20:46:46.298621+00:00 not in valid range.
/// ```
pub(super) fn skew(words: &str, began: i64) -> Option<String> {
    of_counter(words).or_else(|| of_timestamp(words, began))
}

/// `lib/tokens/totptoken.py check_otp`: a value before the last one that was accepted.
fn of_counter(words: &str) -> Option<String> {
    let (_, counters) = words.split_once("former tokencounter: ")?;
    let (former, presented) = counters.split_once(", presented counter ")?;
    let (former, presented): (i64, i64) = (former.parse().ok()?, presented.parse().ok()?);
    let behind = former.checked_sub(presented)?.checked_mul(STEP)?;
    (behind > 0).then(|| {
        format!("The value is {behind} s older than the last one that was accepted, at {STEP} s a value.")
    })
}

/// `lib/tokens/pushtoken.py _check_timestamp_in_range`: the clock of the phone, in UTC where it names no zone.
fn of_timestamp(words: &str, began: i64) -> Option<String> {
    let (_, rest) = words.split_once("ERR10: Timestamp ")?;
    let (stamp, _) = rest.split_once(" not in valid range.")?;
    let naive = || NaiveDateTime::parse_from_str(stamp, "%Y-%m-%dT%H:%M:%S%.f").ok();
    let zoned = DateTime::parse_from_rfc3339(stamp).ok();
    let phone = zoned.map_or_else(
        || naive().map(|t| t.and_utc().timestamp_micros()),
        |t| Some(t.timestamp_micros()),
    )?;
    let ahead = phone.checked_sub(began)? / 1_000_000;
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    Some(format!(
        "The phone's clock is {} s {side} the server's.",
        ahead.unsigned_abs()
    ))
}

#[cfg(test)]
mod tests {
    use super::skew;

    #[test]
    fn seconds() {
        // 2026-11-21T20:45:16.371568Z
        let began = 1_795_293_916_371_568;
        for (words, expected) in [
            (
                "a previous OTP value was used again! former tokencounter: 59843135, presented counter 59843130",
                Some(
                    "The value is 150 s older than the last one that was accepted, at 30 s a value.",
                ),
            ),
            (
                "a previous OTP value was used again! former tokencounter: 59843135, presented counter 59843135",
                None,
            ),
            (
                "ERR10: Timestamp 2026-11-21T20:46:46.298621+00:00 not in valid range.",
                Some("The phone's clock is 89 s ahead of the server's."),
            ),
            (
                "ERR10: Timestamp 2026-11-21T20:43:16.371568 not in valid range.",
                Some("The phone's clock is 120 s behind the server's."),
            ),
            ("ERR10: Timestamp yesterday not in valid range.", None),
            ("wrong otp value", None),
        ] {
            assert_eq!(skew(words, began).as_deref(), expected, "{words}");
        }
    }
}
