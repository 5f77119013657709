//! What the targets share: the laws that hold for any bytes.

use why401::format;

/// A format reads any bytes or says where they cease to fit, and what it reads is a moment of some width.
pub fn parse(format: &str, line: &[u8]) {
    let format = format::by_name(format).expect("a format of this name");
    let _ = format.client(line);
    match format.parse(line) {
        Ok(Some(event)) => assert!(event.time.start < event.time.end),
        Ok(None) => {}
        Err(mismatch) => assert!(mismatch.offset <= line.len(), "{mismatch}"),
    }
}
