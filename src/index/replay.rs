//! The events of an index, in the order in which they stand in the logs.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::vec;

use rusqlite::{Connection, OptionalExtension, Row};

use super::append::{stored, tally};
use super::migrate::version;
use super::state::{self, Key};
use super::{Error, Reader, Result, Writer, block};
use crate::event::{self, Micros, Record};
use crate::summary::Tally;

/// All that an index keeps, as if it had just been read.
#[derive(Debug)]
pub struct Kept<'a> {
    pub inputs: Vec<Stored<'a>>,
    /// `Place.part` is an index into it.
    pub parts: Vec<StoredPart>,
    /// How often something was added before.
    pub appended: i64,
    /// What is older was thrown away.
    pub pruned: Micros,
}

/// A rotated set, oldest part first, or a stream.
#[derive(Debug)]
pub struct Stored<'a> {
    connection: &'a Connection,
    /// Reading ends in an error when it is set.
    stop: Arc<AtomicBool>,
    /// Nothing before this moment.
    since: Micros,
    pub id: i64,
    pub name: String,
    pub format: String,
    pub system: Option<String>,
    /// Given for times that name none.
    pub timezone: Option<String>,
    /// Of its lines, in bytes.
    pub size: u64,
    /// How changes of it are noticed; none where it was never followed.
    pub followed: Option<Followed>,
    /// Number in `Kept.parts` and in the table.
    parts: Vec<(u32, i64)>,
}

/// How changes of an input are noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// The system tells of them.
    Told,
    /// By looking once a second, and why.
    Polled(String),
}

#[derive(Debug)]
pub struct StoredPart {
    /// In the table.
    pub id: i64,
    pub input: i64,
    pub part: event::Part,
    /// Of its first line with a time alone.
    pub beginning: [u8; 32],
    pub tally: Tally,
    /// Times of the first and last event, microseconds.
    pub span: Option<(i64, i64)>,
    /// Why it could not be read to its end.
    pub failure: Option<String>,
}

impl Writer {
    /// What the index keeps, with what was not committed yet.
    pub fn kept(&self) -> Result<Kept<'_>> {
        kept(&self.connection, &Arc::default())
    }
}

impl Reader {
    /// What the index keeps.
    pub fn kept(&self) -> Result<Kept<'_>> {
        kept(&self.connection, &self.stop)
    }
}

fn kept<'a>(connection: &'a Connection, stop: &Arc<AtomicBool>) -> Result<Kept<'a>> {
    let since = state::get(connection, Key::Pruned)?;
    // Who may only read has what an older version wrote.
    let followed = if version(connection)? < 2 {
        "(SELECT NULL AS input, NULL AS why)"
    } else {
        "followed"
    };
    let mut inputs = connection.prepare(&format!(
        "SELECT i.id, i.name, i.format, i.system, i.timezone, f.input IS NOT NULL, f.why
         FROM input i LEFT JOIN {followed} f ON f.input = i.id ORDER BY i.id"
    ))?;
    let inputs = inputs.query_map([], |row| {
        Ok(Stored {
            connection,
            stop: Arc::clone(stop),
            since,
            id: row.get(0)?,
            name: row.get(1)?,
            format: row.get(2)?,
            system: row.get(3)?,
            timezone: row.get(4)?,
            size: 0,
            followed: match (row.get(5)?, row.get::<_, Option<String>>(6)?) {
                (_, Some(why)) => Some(Followed::Polled(why)),
                (true, None) => Some(Followed::Told),
                (false, None) => None,
            },
            parts: Vec::new(),
        })
    })?;
    let mut inputs: Vec<Stored<'_>> = inputs.collect::<rusqlite::Result<_>>()?;
    let mut parts = Vec::new();
    let mut rows = connection.prepare("SELECT * FROM part WHERE input = ?1 ORDER BY rank")?;
    for input in &mut inputs {
        let mut rows = rows.query([input.id])?;
        while let Some(row) = rows.next()? {
            let index = u32::try_from(parts.len()).unwrap_or(u32::MAX);
            let id = row.get("id")?;
            let tally = tally(row, index)?;
            input.parts.push((index, id));
            input.size += tally.position.offset;
            parts.push(part(row, id, input.id, tally)?);
        }
    }
    inputs.retain(|input| !input.parts.is_empty());
    let appended = state::get(connection, Key::Appended)?;
    Ok(Kept {
        inputs,
        parts,
        appended,
        pruned: since,
    })
}

fn part(row: &Row<'_>, id: i64, input: i64, tally: Tally) -> Result<StoredPart> {
    let name: String = row.get("name")?;
    let (first, last): (Option<i64>, Option<i64>) = (row.get("first")?, row.get("last")?);
    Ok(StoredPart {
        id,
        input,
        part: event::Part {
            name: name.into(),
            identity: row.get("identity")?,
        },
        beginning: row.get("beginning")?,
        tally,
        span: first.zip(last),
        failure: row.get("failure")?,
    })
}

impl<'a> Stored<'a> {
    /// Its records, which can be had as often as one likes.
    pub fn records(&self) -> Records<'a> {
        self.records_behind(&HashMap::new())
    }

    /// Its records but for those that were read before: of each part in the table, up to the one that begins at
    /// this byte.
    pub fn records_behind(&self, read: &HashMap<i64, u64>) -> Records<'a> {
        let unread = |&(index, id): &(u32, i64)| Unread {
            index,
            id,
            behind: read.get(&id).map_or(-1, |offset| stored(*offset)),
        };
        Records {
            connection: self.connection,
            stop: Arc::clone(&self.stop),
            since: self.since,
            parts: self.parts.iter().map(unread).collect(),
            ready: Vec::new().into_iter(),
            read: HashMap::new(),
            error: None,
        }
    }
}

/// What is left of a part.
#[derive(Debug)]
struct Unread {
    /// Its number for the reader and in the table.
    index: u32,
    id: i64,
    /// Where the last record begins that was read, or -1.
    behind: i64,
}

/// Block after block; never more than one is in memory.
#[derive(Debug)]
pub struct Records<'a> {
    connection: &'a Connection,
    stop: Arc<AtomicBool>,
    since: Micros,
    /// The one that is being read, and those to come.
    parts: VecDeque<Unread>,
    ready: vec::IntoIter<Record>,
    /// Where the last record of each part in the table begins that was read.
    read: HashMap<i64, u64>,
    error: Option<Error>,
}

impl Records<'_> {
    /// Why there are no more records, if it is not that all were given.
    pub fn error(&mut self) -> Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// How far each part in the table was read, for [`Stored::records_behind`].
    pub fn read(&self) -> &HashMap<i64, u64> {
        &self.read
    }

    /// The next block; `None` behind the last one.
    fn block(&mut self) -> Result<Option<Vec<Record>>> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        while let Some(part) = self.parts.front_mut() {
            // The last block is read again, for a record without an end is stored anew with what follows.
            let mut next = self.connection.prepare_cached(
                "SELECT last, body FROM block WHERE part = ?1 AND first >= ?2 AND last > ?2
                 ORDER BY first LIMIT 1",
            )?;
            let found = next.query_row((part.id, part.behind), |row| {
                let body = row.get_ref(1)?.as_blob()?;
                Ok((row.get::<_, i64>(0)?, block::EVENTS.unpack(body)))
            });
            if let Some((last, records)) = found.optional()? {
                let behind = std::mem::replace(&mut part.behind, last);
                self.read.insert(part.id, last.cast_unsigned());
                let mut records: Vec<Record> = records?;
                // Of a block that was kept for its end, the beginning is gone as well.
                records.retain(|r| {
                    r.event.time.start >= self.since && stored(r.place.offset) > behind
                });
                for record in &mut records {
                    record.place.part = part.index;
                }
                return Ok(Some(records));
            }
            self.parts.pop_front();
        }
        Ok(None)
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            if let Some(record) = self.ready.next() {
                return Some(record);
            }
            match self.block() {
                Ok(block) => self.ready = block?.into_iter(),
                Err(error) => {
                    self.parts.clear();
                    self.error = Some(error);
                    return None;
                }
            }
        }
    }
}
