//! Opening an index: for the one who writes, and for those who read.

use std::fmt::Write;
use std::fs::{self, DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::lock::{Lock, beside};
use super::migrate::{APPLICATION, migrate, version};
use super::{Error, Result};

/// Of the index and all that lies beside it: its group may read.
pub(super) const MODE: u32 = 0o640;
const FOLDER: u32 = 0o750;
/// How long is waited for another program, such as a `sqlite3` shell, to let go of it.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);
/// Pages kept in memory, in KiB.
pub(super) const CACHE: i64 = 32 << 10;
/// The same for who runs for ever and writes little at a time, and for who reads each page once.
pub(super) const CACHE_LIVE: i64 = 8 << 10;
const CACHE_ONCE: i64 = 2 << 10;

/// File systems over which SQLite's locks do not hold, by the number that statfs(2) gives.
const NETWORKS: &[(i64, &str)] = &[
    (0x6969, "nfs"),
    (0x517B, "smb"),
    (0xFF53_4D42, "cifs"),
    (0xFE53_4D42, "smb2"),
    (0x0102_1997, "9p"),
    (0x5346_414F, "afs"),
    (0x00C3_6400, "ceph"),
];

/// Opens the index for the one writer; makes it where there is none. `patience`: how long is waited for another
/// program; `cache`: in KiB.
pub(super) fn for_writing(
    path: &Path,
    patience: Duration,
    cache: i64,
) -> Result<(Connection, Lock)> {
    let failed = |error| Error::File {
        path: path.to_owned(),
        error,
    };
    let folder = path.parent().filter(|f| *f != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER)
        .create(folder)
        .map_err(failed)?;
    refuse_network(folder)?;
    let lock = Lock::take(path)?;
    // SQLite gives its other files the mode of this one.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(MODE)
        .open(path)
        .map_err(failed)?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(patience)?;
    is_ours(&connection, path)?;
    // Before the first table: it cannot be had later without writing all anew.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -cache)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&connection)?;
    Ok((connection, lock))
}

/// An index as it is at this moment, whatever is written meanwhile.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    /// Reading its records ends when it is set.
    pub(super) stop: Arc<AtomicBool>,
}

impl Reader {
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, Arc::default(), CACHE)
    }

    /// For who reads its records through, beside others that work: that ends with [`Error::Interrupted`] when `stop` is
    /// set.
    pub fn open_beside(path: &Path, stop: Arc<AtomicBool>) -> Result<Self> {
        Self::open_with(path, stop, CACHE_ONCE)
    }

    fn open_with(path: &Path, stop: Arc<AtomicBool>, cache: i64) -> Result<Self> {
        match fs::metadata(path) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::Missing(path.to_owned()));
            }
            Err(error) => {
                let path = path.to_owned();
                return Err(Error::File { path, error });
            }
        }
        let connection = for_reading(path)?;
        connection.busy_timeout(PATIENCE)?;
        is_ours(&connection, path)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cache_size", -cache)?;
        version(&connection)?;
        let reader = Self { connection, stop };
        reader.begin()?;
        Ok(reader)
    }

    /// From now on it is as it is at this moment.
    pub fn renew(&self) -> Result<()> {
        self.connection.execute_batch("COMMIT")?;
        self.begin()
    }

    /// The moment is that of the first read.
    fn begin(&self) -> Result<()> {
        self.connection
            .execute_batch("BEGIN; SELECT count(*) FROM state")?;
        Ok(())
    }
}

/// Who may read the file and not write in its folder cannot make the files that SQLite wants beside it. Where
/// nobody writes there is no need for them.
fn for_reading(path: &Path) -> Result<Connection> {
    let open = |path: &Path, flags| {
        let flags = flags | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok::<_, rusqlite::Error>(connection)
    };
    match open(path, OpenFlags::empty()) {
        Err(error) if is_unopened(&error) && !beside(path, "-wal").exists() => {
            let uri = PathBuf::from(format!("file:{}?immutable=1", escaped(path)));
            Ok(open(&uri, OpenFlags::SQLITE_OPEN_URI)?)
        }
        opened => Ok(opened?),
    }
}

fn is_unopened(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    matches!(error.sqlite_error_code(), Some(CannotOpen | ReadOnly))
}

/// As a path within a URI.
fn escaped(path: &Path) -> String {
    let mut uri = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            // Writing to a String cannot fail.
            byte => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

/// Refuses what somebody else keeps in SQLite. An empty file is nobody's yet.
fn is_ours(connection: &Connection, path: &Path) -> Result<()> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let things: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == APPLICATION || (application == 0 && things == 0) {
        Ok(())
    } else {
        Err(Error::NotOurs {
            path: path.to_owned(),
        })
    }
}

fn refuse_network(folder: &Path) -> Result<()> {
    // Where it cannot be told, opening it will.
    let Ok(found) = rustix::fs::statfs(folder) else {
        return Ok(());
    };
    let network = NETWORKS.iter().find(|(magic, _)| *magic == found.f_type);
    network.map_or(Ok(()), |(_, kind)| {
        Err(Error::Network {
            path: folder.to_owned(),
            kind,
        })
    })
}
