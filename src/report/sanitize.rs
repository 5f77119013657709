//! Log text is hostile: whoever sends a request chooses its path, its user name and its agent.
//!
//! On a terminal such text could move the cursor and rewrite the report (control characters, escape
//! sequences), reverse what stands beside it (bidi controls, "Trojan Source"), or hide in plain sight
//! (zero-width characters, fillers, tags). Each such character becomes a visible mark: `\x1b` for the
//! ASCII ones, `<U+202E>` for the others. The marks are not an encoding: a log line that spells `\x1b`
//! with four characters looks the same, and does no harm.

use std::borrow::Cow;
use std::fmt::Write;

use crate::hidden::is_hidden;

/// The text as it may stand in a line of a terminal; borrowed when nothing is to do.
pub fn visible(text: &str) -> Cow<'_, str> {
    let Some(at) = text.find(is_hidden) else {
        return Cow::Borrowed(text);
    };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..at]);
    for c in text[at..].chars() {
        mark(&mut shown, c);
    }
    Cow::Owned(shown)
}

fn mark(shown: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = match c {
        '\n' => write!(shown, "\\n"),
        '\r' => write!(shown, "\\r"),
        '\t' => write!(shown, "\\t"),
        c if c.is_ascii_control() => write!(shown, "\\x{:02x}", u32::from(c)),
        c if is_hidden(c) => write!(shown, "<U+{:04X}>", u32::from(c)),
        c => write!(shown, "{c}"),
    };
}

#[cfg(test)]
mod tests {
    use super::{is_hidden, visible};
    use proptest::prelude::{any, proptest};
    use std::borrow::Cow;

    #[test]
    fn ordinary_text_is_borrowed() {
        for text in ["", "GET /organization?x=1", "grüße 日本語 🙂"] {
            assert!(matches!(visible(text), Cow::Borrowed(t) if t == text));
        }
    }

    #[test]
    fn screen_is_not_cleared() {
        assert_eq!(visible("a\x1b[2J\x07b"), "a\\x1b[2J\\x07b");
        assert_eq!(visible("\u{9b}2J\u{85}"), "<U+009B>2J<U+0085>");
    }

    #[test]
    fn line_is_not_forged() {
        assert_eq!(visible("alice\r\nexplained"), "alice\\r\\nexplained");
        assert_eq!(visible("a\u{2028}b\tc"), "a<U+2028>b\\tc");
    }

    #[test]
    fn text_is_not_reversed_or_hidden() {
        assert_eq!(visible("nimda\u{202e}"), "nimda<U+202E>");
        assert_eq!(visible("ad\u{200b}min\u{ad}"), "ad<U+200B>min<U+00AD>");
        assert_eq!(
            visible("\u{e0061}\u{feff}\u{3164}"),
            "<U+E0061><U+FEFF><U+3164>"
        );
    }

    proptest! {
        #[test]
        fn nothing_hidden_remains(text in any::<String>()) {
            let shown = visible(&text);
            assert!(!shown.contains(is_hidden) && !shown.contains(char::is_control));
            assert_eq!(visible(&shown), shown, "marks are left alone");
        }

        #[test]
        fn nothing_hidden_remains_of_hostile_text(text in "[\u{0}-\u{ff}\u{2000}-\u{206f}\u{e0000}-\u{e01ef}]{0,40}") {
            let shown = visible(&text);
            assert!(!shown.contains(is_hidden) && !shown.contains(char::is_control));
        }
    }
}
