//! Times of logs, held against chrono's reading of the same text.
#![no_main]

use chrono::{DateTime, Timelike};
use why401::event::SECOND;
use why401::format::grammar::{clf_time, epoch_time, iso_time};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    for read in [clf_time, iso_time, epoch_time] {
        if let Ok((rest, time)) = read(text) {
            assert!(rest.len() < text.len() && time.start < time.end);
        }
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let clf = DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z");
    let iso = DateTime::parse_from_rfc3339(text);
    for (expected, read) in [(clf, clf_time(text.as_bytes())), (iso, iso_time(text.as_bytes()))] {
        if let (Ok(expected), Ok(([], time))) = (expected, read) {
            // chrono holds a leap second as the second before, with a fraction beyond it.
            let leap = i64::from(expected.nanosecond() >= 1_000_000_000) * SECOND;
            let fraction = i64::from(expected.nanosecond() / 1000) % SECOND;
            assert_eq!(time.start, expected.timestamp() * SECOND + fraction + leap, "{text}");
        }
    }
});
