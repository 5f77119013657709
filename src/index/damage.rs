//! A damaged index is put aside, so that a new one can be made of the logs that are still there.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::lock::beside;
use super::{Error, Result};

/// Moves the index out of the way and gives its new name. One that was put aside before stays: with two, more
/// is wrong than an index.
pub fn set_aside(path: &Path) -> Result<PathBuf> {
    let aside = beside(path, ".damaged");
    if aside.exists() {
        let why = format!("{} was put aside before; remove it first", aside.display());
        return Err(Error::Damaged(why));
    }
    for ending in ["", "-wal", "-shm", "-journal"] {
        let (from, to) = (beside(path, ending), beside(&aside, ending));
        match fs::rename(&from, to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { path: from, error });
            }
            _ => {}
        }
    }
    Ok(aside)
}

/// What a damaged index can still say of the logs it was made of: name and identity.
pub fn remembered(path: &Path) -> Vec<(String, [u8; 32])> {
    let ask = || -> rusqlite::Result<Vec<_>> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut parts = connection.prepare("SELECT name, beginning FROM part ORDER BY id")?;
        let parts = parts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        parts.collect()
    };
    ask().unwrap_or_default()
}
