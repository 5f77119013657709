//! The audit database of privacyIDEA as lines: one JSON object a row, in the order of time.
//!
//! The database is somebody else's and may be in use: it is opened for reading only, its schema is not
//! trusted with functions, each read is short, and no file is left beside it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::{Map, Value};

use super::audit_key::AuditKey;
use super::signed;

/// How every SQLite database begins (<https://www.sqlite.org/fileformat.html>).
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where the header says whether it has a write-ahead log: 2.
const JOURNAL: usize = 18;
const TABLE: &str = "pidea_audit";
/// Rows of one read.
const CHUNK: usize = 1000;
/// Rows that are held back, as rows are numbered when they are written and dated when their request ended.
const HELD: usize = 200;
/// How long is waited for a writer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Columns that tell nothing about a request.
const LEFT_OUT: &[&str] = &[SIGNATURE, "loglevel", "clearance_level"];
const SIGNATURE: &str = "signature";
/// Where a signature is not good: as `pi-manage audit dump` calls it.
const CHECK: &str = "sig_check";

/// Reads a database as text.
pub(super) struct Rows {
    connection: Connection,
    /// The last row that was read.
    last: i64,
    /// Rows in wait, by date, and their text; the latest first.
    held: Vec<(String, i64, Vec<u8>)>,
    /// The row that is handed out, and how much of it was.
    text: Vec<u8>,
    at: usize,
    is_read: bool,
    /// With what they are checked.
    key: Option<AuditKey>,
    /// Removed when the reading ends.
    _copy: Option<Copy>,
}

/// A database with its write-ahead log, copied where reading it in its place would leave a file there.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        // It is in the folder for such files; there is nobody to tell.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Opens a database, to read its rows from number `from` on; `None`: it is none of privacyIDEA's audit.
pub(super) fn open(path: &Path, from: u64, key: Option<AuditKey>) -> io::Result<Option<Rows>> {
    let (place, copy, flags) = whereabouts(path)?;
    let name = format!("file:{}?{flags}", encoded(&place));
    let open = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(name, open).map_err(io::Error::other)?;
    let set_up = || {
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.table_exists(None, TABLE)
    };
    Ok(set_up().map_err(io::Error::other)?.then(|| Rows {
        connection,
        last: i64::try_from(from).unwrap_or(i64::MAX) - 1,
        held: Vec::new(),
        text: Vec::new(),
        at: 0,
        is_read: false,
        key,
        _copy: copy,
    }))
}

/// The file to open, and how, so that no file is made beside it. In WAL mode even a reader makes `-shm`, unless
/// the writer did.
fn whereabouts(path: &Path) -> io::Result<(PathBuf, Option<Copy>, &'static str)> {
    let mut header = [0; JOURNAL + 1];
    File::open(path)?.read_exact(&mut header)?;
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let log = beside("-wal");
    let has_log = fs::metadata(&log).is_ok_and(|m| m.len() > 0);
    if header[JOURNAL] != 2 || (has_log && beside("-shm").exists()) {
        return Ok((path.to_owned(), None, "mode=ro"));
    }
    if !has_log {
        // Nobody has it open.
        return Ok((path.to_owned(), None, "mode=ro&immutable=1"));
    }
    let copy = temporary()?;
    let place = copy.0.join("audit.sqlite");
    fs::copy(path, &place)?;
    fs::copy(log, copy.0.join("audit.sqlite-wal"))?;
    Ok((place, Some(copy), "mode=ro"))
}

/// A folder of its own, for nobody else.
fn temporary() -> io::Result<Copy> {
    for n in 0..1000 {
        let name = format!("why401-{}-{n}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(Copy(folder)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no room for a copy of the database"))
}

/// A path within a URI.
fn encoded(path: &Path) -> String {
    let mut text = String::new();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                text.push(char::from(byte));
            }
            _ => text.extend(["%", &format!("{byte:02X}")]),
        }
    }
    text
}

impl Rows {
    /// Reads the next rows, and closes the read again.
    fn read_on(&mut self) -> rusqlite::Result<()> {
        let select = format!("SELECT * FROM {TABLE} WHERE id > ?1 ORDER BY id LIMIT {CHUNK}");
        let mut statement = self.connection.prepare_cached(&select)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([self.last])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let (id, date, text) = line(row, &names, self.key.as_ref())?;
            self.last = id;
            self.held.push((date, id, text));
            count += 1;
        }
        self.is_read = count < CHUNK;
        self.held.sort_by(|a, b| (&b.0, b.1).cmp(&(&a.0, a.1)));
        Ok(())
    }

    /// The next row's text; `None` behind the last.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        while !self.is_read && self.held.len() <= HELD {
            self.read_on().map_err(io::Error::other)?;
        }
        Ok(self.held.pop().map(|(_, _, text)| text))
    }
}

/// A row's number, its date, and all that is set in it as one line.
fn line(
    row: &Row<'_>,
    names: &[String],
    key: Option<&AuditKey>,
) -> rusqlite::Result<(i64, String, Vec<u8>)> {
    let mut object = Map::new();
    let (mut id, mut date) = (0, String::new());
    for (n, name) in names.iter().enumerate() {
        let value = match row.get_ref(n)? {
            ValueRef::Integer(number) if name == "id" => {
                id = number;
                continue;
            }
            ValueRef::Integer(number) => Value::from(number),
            ValueRef::Real(number) => Value::from(number),
            ValueRef::Text([]) | ValueRef::Null | ValueRef::Blob(_) => continue,
            ValueRef::Text(text) => Value::from(String::from_utf8_lossy(text)),
        };
        if name == "date" {
            value.as_str().unwrap_or_default().clone_into(&mut date);
        }
        if !LEFT_OUT.contains(&name.as_str()) {
            object.insert(name.clone(), value);
        }
    }
    let checked = key.map(|key| check(row, names, key)).transpose()?;
    if let Some(fault) = checked.flatten() {
        object.insert(CHECK.to_owned(), Value::from(fault));
    }
    let rest = Value::Object(object).to_string();
    Ok((
        id,
        date,
        format!("{{\"id\":{id},{}\n", &rest[1..]).into_bytes(),
    ))
}

/// What is wrong with a row's signature.
fn check(
    row: &Row<'_>,
    names: &[String],
    key: &AuditKey,
) -> rusqlite::Result<Option<&'static str>> {
    let at = names.iter().position(|name| name == SIGNATURE);
    let signature = match at.map(|at| row.get_ref(at)).transpose()? {
        Some(ValueRef::Text(text)) => String::from_utf8_lossy(text),
        _ => "".into(),
    };
    if signature.is_empty() {
        return Ok(Some("MISSING"));
    }
    let is_signed = key.signed(&signed::text(row, names)?, &signature);
    Ok((!is_signed).then_some("FAIL"))
}

/// The number with which a line begins that was made of a row.
pub(super) fn number(line: &[u8]) -> Option<u64> {
    let digits = line.strip_prefix(b"{\"id\":")?;
    let end = digits.iter().position(|b| !b.is_ascii_digit())?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            match self.next()? {
                Some(text) => (self.text, self.at) = (text, 0),
                None => return Ok(0),
            }
        }
        let read = (&self.text[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}
