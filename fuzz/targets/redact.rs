//! A secret is hidden whatever stands around it.
#![no_main]

use why401::format::redact::{redact_line, redact_target};

const SECRET: &str = "S3cr3tS3cr3t";

libfuzzer_sys::fuzz_target!(|around: (&[u8], &[u8])| {
    let (before, after) = around;
    let pair = format!(" token={SECRET} ");
    let line = redact_line(&[before, pair.as_bytes(), after].concat());
    assert!(!line.contains(SECRET), "{line}");
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let target = format!("/{before}?{before}&token={SECRET}&{after}");
    let target = redact_target(&target);
    assert!(!target.contains(SECRET), "{target}");
});
