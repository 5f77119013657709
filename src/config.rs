//! The configuration: one TOML file, in which everything is optional and nothing is unknown.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::input::Mask;

/// What a file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub redact: Redact,
}

/// `[redact]`: what is hidden beside the secrets that are known anyway.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redact {
    /// Regular expressions, matched against each line as it stands in the file.
    pub patterns: Vec<Mask>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {cause}", file.display())]
    Read { file: PathBuf, cause: io::Error },
    /// `line` and `column` are 1-based.
    #[error("{}:{line}:{column}: {message}", file.display())]
    Wrong {
        file: PathBuf,
        line: usize,
        column: usize,
        message: String,
        excerpt: Excerpt,
    },
}

/// The line that is wrong, with a caret below what is wrong in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub text: String,
    pub carets: String,
}

impl Config {
    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(file).map_err(|cause| Error::Read {
            file: file.to_owned(),
            cause,
        })?;
        Self::parse(&text, file)
    }

    /// Reads what stands in a file of this name.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let mut places = (0..=span.start.min(text.len())).rev();
            let at = places.find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let end = text[start..]
                .find('\n')
                .map_or(text.len(), |length| start + length);
            let line = text[start..end].trim_end_matches('\r');
            let before = text[start..at].chars().count();
            let wrong = text.get(at..span.end.min(end)).unwrap_or_default();
            Error::Wrong {
                file: file.to_owned(),
                line: text[..at].matches('\n').count() + 1,
                column: before + 1,
                message: error.message().to_owned(),
                excerpt: Excerpt {
                    text: line.to_owned(),
                    carets: " ".repeat(before) + &"^".repeat(wrong.chars().count().max(1)),
                },
            }
        })
    }
}

impl Error {
    /// What to show below the message.
    pub fn excerpt(&self) -> Option<&Excerpt> {
        match self {
            Error::Read { .. } => None,
            Error::Wrong { excerpt, .. } => Some(excerpt),
        }
    }

    pub fn is_absent(&self) -> bool {
        matches!(self, Error::Read { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Config;

    /// What is said of a file that is wrong.
    fn said(text: &str) -> String {
        let error = Config::parse(text, Path::new("c.toml")).unwrap_err();
        let excerpt = error.excerpt().unwrap();
        format!("{error}\n{}\n{}", excerpt.text, excerpt.carets)
    }

    #[test]
    fn nothing_is_needed() {
        for text in ["", "[redact]\n", "[redact]\npatterns = []\n"] {
            let config = Config::parse(text, Path::new("c.toml")).unwrap();
            assert!(config.redact.patterns.is_empty());
        }
        let text = "[redact]\npatterns = ['x[0-9]+', \"y\"]";
        let config = Config::parse(text, Path::new("c.toml")).unwrap();
        assert_eq!(config.redact.patterns.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        for (text, expected) in [
            (
                "# mine\n[redacted]\nx = 1\n",
                "c.toml:2:2: unknown field `redacted`, expected `redact`\n[redacted]\n ^^^^^^^^",
            ),
            (
                "[redact]\r\n  pattern = []\r\n",
                "c.toml:2:3: unknown field `pattern`, expected `patterns`\n  pattern = []\n  ^^^^^^^",
            ),
            (
                "[redact]\npatterns = ['ä', 'a(']",
                "c.toml:2:12: `a(`: unclosed group\npatterns = ['ä', 'a(']\n           ^^^^^^^^^^^",
            ),
            (
                "[redact]\npatterns = 'a'",
                "c.toml:2:12: invalid type: string \"a\", expected a sequence\npatterns = 'a'\n           ^^^",
            ),
            (
                "[redact",
                "c.toml:1:8: unclosed table, expected `]`\n[redact\n       ^",
            ),
        ] {
            assert_eq!(said(text), expected);
        }
    }
}
