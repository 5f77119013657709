//! Redacting twice changes nothing, and what is left of a line is not much longer than it was.
#![no_main]

use why401::format::redact::{redact_line, redact_target};

libfuzzer_sys::fuzz_target!(|line: &[u8]| {
    let once = redact_line(line);
    assert_eq!(redact_line(once.as_bytes()), once);
    let text = String::from_utf8_lossy(line);
    let once = redact_target(&text).into_owned();
    assert_eq!(redact_target(&once), once);
});
