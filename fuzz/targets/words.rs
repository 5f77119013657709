//! What a user writes on the command line: moments, paths, statuses, networks.
#![no_main]

use why401::pattern::{PathPattern, StatusPattern, network};
use why401::report::sanitize::visible;
use why401::report::when::When;
use why401::zone::Zone;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(when) = text.parse::<When>() {
        for now in [0, 1_780_574_400_000_000, i64::MAX, i64::MIN] {
            let _ = when.resolve(now, Zone::Utc);
        }
    }
    let _ = (text.parse::<PathPattern>(), text.parse::<StatusPattern>(), network(text));
    assert!(!visible(text).contains(char::is_control));
});
