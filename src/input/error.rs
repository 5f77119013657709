//! What was not read, and why.

use std::io;

/// A file that is not read, and need not be: one line on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub name: Box<str>,
    pub why: String,
}

/// A file or stream that should have been read and could not be, or not to its end. The rest is still
/// read; the exit code tells.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {error}")]
pub struct Failure {
    pub name: Box<str>,
    pub error: Error,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// In the words of the operating system.
    #[error(transparent)]
    Open(#[from] io::Error),
    #[error("not a regular file or pipe")]
    Kind,
    #[error("UTF-16 text, which is not read (`iconv -f UTF-16 -t UTF-8` converts it)")]
    Utf16,
    #[error("an SQLite database without the table pidea_audit")]
    Foreign,
    /// Its records would be filed under the identity of another file.
    #[error("truncated or replaced after it was found")]
    Changed,
    /// Lines before this one were read; the place is that of the first one lost.
    #[error("not readable from line {line}, offset {offset}: {cause}")]
    Read {
        line: u64,
        offset: u64,
        cause: io::Error,
    },
}
