//! What the binary answers: help, catalogues, errors and exit codes.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

use assert_cmd::Command;

/// The binary in a clean environment.
fn why401(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_why401"))
        .args(args)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn bare_prints_help_with_three_examples() {
    let (code, help, talk) = why401(&[]);
    assert_eq!((code, talk.as_str()), (0, ""));
    assert_eq!(help.matches("\n  why401 explain ").count(), 3);
    assert!(!help.contains('\x1b'), "no colour in a pipe");
}

#[test]
fn wrong_usage_is_2_and_talks_on_stderr() {
    for args in [["explain", "--verdict=sure"], ["explain", "--since=soon"]] {
        let (code, data, talk) = why401(&args);
        assert_eq!((code, data.as_str()), (2, ""));
        assert!(talk.starts_with("error: invalid value"), "{talk}");
    }
    assert_eq!(why401(&["divine"]).0, 2);
}

#[test]
fn catalogues_are_data() {
    for command in ["causes", "formats"] {
        let (code, text, talk) = why401(&[command]);
        assert_eq!((code, talk.as_str()), (0, ""));
        assert!(!text.contains('\x1b') && text.lines().count() > 2);
        let (_, rows, _) = why401(&[command, "-o", "ndjson"]);
        assert!(
            rows.lines()
                .all(|row| row.starts_with('{') && row.ends_with('}'))
        );
        let (_, coloured, _) = why401(&[command, "--color", "always"]);
        assert!(coloured.contains('\x1b'));
    }
}
