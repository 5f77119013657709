//! Why the index cannot be used, in words that say what to do.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is being written by process {pid}", path.display())]
    Locked { path: PathBuf, pid: String },
    #[error("{} lies on a network file system ({kind}), where SQLite cannot lock it; give --index a local path", path.display())]
    Network { path: PathBuf, kind: &'static str },
    #[error("{} is no index of why401", path.display())]
    NotOurs { path: PathBuf },
    #[error("the index was written by a newer why401 (schema {found}, this one knows {known})")]
    Newer { found: usize, known: usize },
    #[error("there is no index at {}; `why401 index LOG...` makes one", .0.display())]
    Missing(PathBuf),
    #[error("the disk is full; what was committed is kept, run it again when there is room")]
    Full,
    #[error("the index cannot be written: {0}")]
    ReadOnly(String),
    #[error("the index cannot be written or read: {0}; what was committed is kept")]
    Device(String),
    #[error("the index is damaged: {0}; `why401 index LOG...` makes it anew")]
    Damaged(String),
    #[error("the index is locked by another program")]
    Busy,
    #[error("not allowed here: {0}")]
    Denied(String),
    #[error("interrupted")]
    Interrupted,
    #[error("stopped: it took longer than {0} s")]
    TimeLimit(u64),
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, message) = &error else {
            return Error::Sqlite(error);
        };
        let text = || {
            let message = message.clone();
            message.unwrap_or_else(|| failure.to_string())
        };
        match failure.code {
            ErrorCode::DiskFull => Error::Full,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Error::ReadOnly(text()),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Error::Device(text()),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Damaged(text()),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy,
            ErrorCode::OperationInterrupted => Error::Interrupted,
            ErrorCode::AuthorizationForStatementDenied => Error::Denied(text()),
            _ => Error::Sqlite(error),
        }
    }
}

/// What is stored and cannot be read back is damage too.
impl From<postcard::Error> for Error {
    fn from(error: postcard::Error) -> Self {
        Error::Damaged(error.to_string())
    }
}

impl From<rusqlite::types::FromSqlError> for Error {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Error::Damaged(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Damaged(error.to_string())
    }
}
