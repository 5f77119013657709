//! Events in, each with the position behind it, in one transaction.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row};

use super::lock::Lock;
use super::names::Names;
use super::state::{self, Key};
use super::{Result, block, open, rollup};
use crate::event::{Entry, Event, Kind, Outcome, Record, Request};
use crate::summary::{Bytes, Fate, Open, Position, Tally};
use crate::system::Meaning;

/// The one process that writes an index.
#[derive(Debug)]
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) names: Names,
    _lock: Lock,
}

/// A part that the index has read before.
#[derive(Debug)]
pub struct Known {
    pub id: i64,
    /// How far, and what became of its lines. `part` is without meaning here.
    pub tally: Tally,
}

/// A part that it has not.
#[derive(Debug)]
pub struct NewPart<'a> {
    pub input: i64,
    /// The part that stands before it in its rotated set.
    pub after: Option<i64>,
    pub name: &'a str,
    pub identity: [u8; 32],
    pub beginning: [u8; 32],
}

impl Writer {
    /// Opens the index at `path`, makes it where there is none, and keeps others from writing.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, open::PATIENCE, open::CACHE)
    }

    /// The same for who runs for ever, and has something else to do than to wait for another program to let go of it.
    pub fn open_live(path: &Path, patience: Duration) -> Result<Self> {
        Self::open_with(path, patience, open::CACHE_LIVE)
    }

    fn open_with(path: &Path, patience: Duration, cache: i64) -> Result<Self> {
        let (connection, lock) = open::for_writing(path, patience, cache)?;
        Ok(Self {
            connection,
            names: Names::default(),
            _lock: lock,
        })
    }

    /// Begins a transaction, if none is under way.
    pub fn begin(&self) -> Result<()> {
        if self.connection.is_autocommit() {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        Ok(())
    }

    pub fn commit(&self) -> Result<()> {
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("COMMIT")?;
        }
        Ok(())
    }

    /// Takes back what was not committed.
    pub fn roll_back(&mut self) -> Result<()> {
        self.names.forget();
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        Ok(())
    }

    /// Whether events came, or were thrown away, since findings were made of them; or what was counted of these cannot be
    /// read, for it is damaged or of another version.
    pub fn is_behind(&self) -> Result<bool> {
        let appended = state::get(&self.connection, Key::Appended)?;
        Ok(state::get(&self.connection, Key::Explained)? != appended
            || appended > 0 && !rollup::is_readable(&self.connection)?)
    }

    /// Whether its logs were masked as they are now: otherwise they would not be known again. Holds for an index
    /// in which nothing is yet, which remembers it.
    pub fn is_masked_by(&self, fingerprint: i64) -> Result<bool> {
        if state::get(&self.connection, Key::Appended)? == 0 {
            self.begin()?;
            state::set(&self.connection, Key::Masked, fingerprint)?;
        }
        Ok(state::get(&self.connection, Key::Masked)? == fingerprint)
    }

    /// The input whose newest file is `path`, a new one where there is none.
    pub fn input(
        &self,
        name: &str,
        path: &Path,
        format: &str,
        system: Option<&str>,
    ) -> Result<i64> {
        self.begin()?;
        let path = path.to_string_lossy();
        let mut add = self.connection.prepare_cached(
            "INSERT INTO input (name, path, format, system) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id",
        )?;
        Ok(add.query_row((name, path, format, system), |row| row.get(0))?)
    }

    /// The zone that was given for an input whose times name none.
    pub fn set_timezone(&self, input: i64, timezone: &str) -> Result<()> {
        self.begin()?;
        let changed = self
            .connection
            .prepare_cached("UPDATE input SET timezone = ?2 WHERE id = ?1 AND timezone IS NOT ?2")?
            .execute((input, timezone))?;
        if changed > 0 {
            self.outdate()?;
        }
        Ok(())
    }

    /// Findings were made of less, or of other things, than there are now.
    pub(super) fn outdate(&self) -> Result<()> {
        let appended = state::get(&self.connection, Key::Appended)?;
        state::set(&self.connection, Key::Appended, appended + 1)
    }

    /// The parts that begin with this line. Of a database, whose oldest rows are deleted in time, also those of
    /// its name.
    pub fn known(&self, beginning: [u8; 32], database: Option<&str>) -> Result<Vec<Known>> {
        let mut known = self
            .connection
            .prepare_cached("SELECT * FROM part WHERE beginning = ?1 OR name = ?2 ORDER BY id")?;
        let mut rows = known.query((beginning, database))?;
        let mut parts = Vec::new();
        while let Some(row) = rows.next()? {
            parts.push(Known {
                id: row.get("id")?,
                tally: tally(row, 0)?,
            });
        }
        Ok(parts)
    }

    /// The input that a part belongs to.
    pub fn input_of(&self, part: i64) -> Result<i64> {
        let mut part_input = self
            .connection
            .prepare_cached("SELECT input FROM part WHERE id = ?1")?;
        Ok(part_input.query_row([part], |row| row.get(0))?)
    }

    /// The first and the last event of the newest block of a part, or of the newest that begins before
    /// `before`: by them a file is known again. A line without an end is none of them.
    pub fn landmarks(&self, part: i64, before: Option<u64>) -> Result<Option<[Record; 2]>> {
        let mut newest = self.connection.prepare_cached(
            "SELECT body FROM block WHERE part = ?1 AND first < ?2
                AND first < (SELECT position_offset FROM part WHERE id = ?1)
             ORDER BY first DESC LIMIT 1",
        )?;
        let before = before.map_or(i64::MAX, stored);
        let body: Option<Vec<u8>> = newest
            .query_row((part, before), |row| row.get(0))
            .optional()?;
        let Some(body) = body else {
            return Ok(None);
        };
        let mut records = block::EVENTS.unpack::<Vec<Record>>(&body)?.into_iter();
        let first = records.next();
        let last = records.next_back().or_else(|| first.clone());
        Ok(first.zip(last).map(<[Record; 2]>::from))
    }

    /// Adds a part. Where another log has its identity, for the line in which they differ had not been
    /// written when that was read, it gets one of its own.
    pub fn add_part(&self, part: &NewPart<'_>) -> Result<i64> {
        self.begin()?;
        let rank = self.rank(part.input, part.after)?;
        let identity = self.free(part.identity)?;
        let mut add = self.connection.prepare_cached(
            "INSERT INTO part (input, rank, name, identity, beginning)
             VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
        )?;
        let NewPart {
            input,
            name,
            beginning,
            ..
        } = part;
        let values = (input, rank, name, identity, beginning);
        Ok(add.query_row(values, |row| row.get(0))?)
    }

    /// The identity, or where another log has it, one made of it.
    fn free(&self, mut identity: [u8; 32]) -> Result<[u8; 32]> {
        let mut taken = self
            .connection
            .prepare_cached("SELECT count(*) FROM part WHERE identity = ?1")?;
        while taken.query_row([identity], |row| row.get::<_, i64>(0))? > 0 {
            identity = blake3::hash(&identity).into();
        }
        Ok(identity)
    }

    /// A part of which no whole event was read when it was met first, so that it is not known by its first line:
    /// it is known by it from now on, and to be read from its beginning. `None`: there is none of this file.
    pub fn begin_part(&self, part: &NewPart<'_>) -> Result<Option<i64>> {
        self.begin()?;
        let mut unbegun = self.connection.prepare_cached(
            "SELECT id, name FROM part WHERE input = ?1 AND NOT EXISTS
                (SELECT 1 FROM block WHERE part = part.id AND first < part.position_offset)",
        )?;
        let mut rows = unbegun.query([part.input])?;
        while let Some(row) = rows.next()? {
            let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
            // The parts of an input are in one folder, however that is named.
            if Path::new(&name).file_name() == Path::new(part.name).file_name() {
                let identity = self.free(part.identity)?;
                self.connection
                    .prepare_cached(
                        "UPDATE part SET identity = ?2, beginning = ?3, name = ?4 WHERE id = ?1",
                    )?
                    .execute((id, identity, part.beginning, part.name))?;
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// The part of an input that comes just before another; `None`: the last one.
    pub fn last_before(&self, input: i64, part: Option<i64>) -> Result<Option<i64>> {
        let mut last = self.connection.prepare_cached(
            "SELECT id FROM part WHERE input = ?1
             AND (?2 IS NULL OR rank < (SELECT rank FROM part WHERE id = ?2))
             ORDER BY rank DESC LIMIT 1",
        )?;
        Ok(last.query_row((input, part), |row| row.get(0)).optional()?)
    }

    /// Between the part before it and the one behind that.
    fn rank(&self, input: i64, after: Option<i64>) -> Result<f64> {
        let ask = |sql: &str, value: f64| -> Result<Option<f64>> {
            let mut ask = self.connection.prepare_cached(sql)?;
            Ok(ask.query_row((input, value), |row| row.get(0))?)
        };
        let next = "SELECT min(rank) FROM part WHERE input = ?1 AND rank > ?2";
        let Some(part) = after else {
            return Ok(ask(next, f64::MIN)?.map_or(0.0, |first| first - 1.0));
        };
        let before: f64 = self
            .connection
            .prepare_cached("SELECT rank FROM part WHERE id = ?1")?
            .query_row([part], |row| row.get(0))?;
        let Some(next) = ask(next, before)? else {
            return Ok(before + 1.0);
        };
        let between = f64::midpoint(before, next);
        if before < between && between < next {
            return Ok(between);
        }
        self.spread_ranks(input)?;
        self.rank(input, after)
    }

    /// Where so many parts came between two that no number is left: all of the input are numbered anew.
    fn spread_ranks(&self, input: i64) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE part SET rank = n.rank FROM
                    (SELECT id, row_number() OVER (ORDER BY rank, id) AS rank FROM part WHERE input = ?1) n
                 WHERE part.id = n.id",
            )?
            .execute([input])?;
        Ok(())
    }

    /// Files are renamed by rotation; findings name them as they are called now.
    pub fn rename(&self, part: i64, name: &str) -> Result<()> {
        self.begin()?;
        self.connection
            .prepare_cached("UPDATE part SET name = ?2 WHERE id = ?1 AND name <> ?2")?
            .execute((part, name))?;
        Ok(())
    }

    /// Where the last record of a part begins that was added.
    pub fn reached(&self, part: i64) -> Result<Option<u64>> {
        let mut last = self
            .connection
            .prepare_cached("SELECT last FROM block WHERE part = ?1 ORDER BY first DESC LIMIT 1")?;
        let last: Option<i64> = last.query_row([part], |row| row.get(0)).optional()?;
        Ok(last.map(i64::cast_unsigned))
    }

    /// Adds records of a part, in file order, and what became of all its lines so far. What was added before and stands
    /// behind the position, as a last line without an end does, is taken back.
    pub fn append(&mut self, part: i64, records: &[Record], tally: &Tally) -> Result<()> {
        self.begin()?;
        for table in [
            "DELETE FROM block WHERE part = ?1 AND first >=
                (SELECT position_offset FROM part WHERE id = ?1)",
            "DELETE FROM event WHERE part = ?1 AND line >
                (SELECT position_lines FROM part WHERE id = ?1)",
        ] {
            self.connection.prepare_cached(table)?.execute([part])?;
        }
        let whole = records.partition_point(|r| r.place.offset < tally.position.offset);
        let (whole, open) = records.split_at(whole);
        for records in [whole, open] {
            self.block(part, records)?;
        }
        for record in records.iter().filter(|r| r.text.is_some()) {
            self.event(part, record)?;
        }
        self.tally(part, tally, records)?;
        self.outdate()
    }

    fn block(&self, part: i64, records: &[Record]) -> Result<()> {
        let [first, ..] = records else {
            return Ok(());
        };
        let last = records.last().map_or(0, |r| stored(r.place.offset));
        let newest = records.iter().map(|r| r.event.time.start).max();
        self.connection
            .prepare_cached(
                "INSERT INTO block (part, first, last, records, newest, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                part,
                stored(first.place.offset),
                last,
                records.len(),
                newest,
                block::EVENTS.pack(records)?,
            ))?;
        Ok(())
    }

    fn event(&mut self, part: i64, record: &Record) -> Result<()> {
        let Record {
            place, event, text, ..
        } = record;
        let Self {
            connection, names, ..
        } = self;
        let row = Columns::of(event);
        let connection = &*connection;
        connection
            .prepare_cached(
                "INSERT INTO event (part, line, offset, length, time, kind, outcome, action, reason,
                    source, principal, method, target, status, bytes, line_text)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            )?
            .execute(rusqlite::params![
                part,
                stored(place.line),
                stored(place.offset),
                place.length,
                event.time.start,
                row.kind,
                row.outcome,
                names.maybe(connection, row.action)?,
                names.maybe(connection, row.reason)?,
                names.address(connection, event.source)?,
                names.maybe(connection, row.principal)?,
                row.method,
                names.maybe(connection, row.target)?,
                row.status,
                row.bytes.map(stored),
                text,
            ])?;
        Ok(())
    }

    fn tally(&self, part: i64, tally: &Tally, records: &[Record]) -> Result<()> {
        let times = || records.iter().map(|r| r.event.time.start);
        let Position {
            lines,
            offset,
            open,
            timed,
        } = tally.position;
        self.connection
            .prepare_cached(
                "UPDATE part SET lines = ?2, parsed = ?3, ignored = ?4, unparsed = ?5, cut = ?6,
                    bytes_parsed = ?7, bytes_ignored = ?8, bytes_unparsed = ?9, first_unparsed = ?10,
                    position_lines = ?11, position_offset = ?12,
                    open_fate = ?13, open_lines = ?14, open_bytes = ?15, open_cut = ?16,
                    position_timed = ?17,
                    first = coalesce(min(first, ?18), first, ?18),
                    last = coalesce(max(last, ?19), last, ?19)
                 WHERE id = ?1",
            )?
            .execute(rusqlite::params![
                part,
                stored(tally.lines),
                stored(tally.parsed),
                stored(tally.ignored),
                stored(tally.unparsed),
                stored(tally.cut),
                stored(tally.bytes.parsed),
                stored(tally.bytes.ignored),
                stored(tally.bytes.unparsed),
                unparsed::write(tally),
                stored(lines),
                stored(offset),
                open.map(|open| fate(open.fate)),
                open.map(|open| open.lines),
                open.map(|open| open.bytes),
                open.map(|open| open.is_cut),
                timed.map(|timed| timed::write(&timed)),
                times().min(),
                times().max(),
            ])?;
        Ok(())
    }

    /// What can not be read of a part any more: at least so many bytes behind byte `at`, as was noticed at `now`.
    /// False: that is known already.
    pub fn lose(&self, part: i64, at: u64, bytes: u64, why: &str, now: i64) -> Result<bool> {
        self.begin()?;
        let added = self
            .connection
            .prepare_cached(
                "INSERT INTO lost (part, at, bytes, why, since, until)
                 SELECT id, ?2, ?3, ?4, last, ?5 FROM part WHERE id = ?1
                 AND NOT EXISTS (SELECT 1 FROM lost WHERE part = ?1 AND at = ?2)",
            )?
            .execute((part, stored(at), stored(bytes), why, now))?;
        Ok(added > 0)
    }

    /// Whether something of an input was lost in this way.
    pub fn has_lost(&self, input: i64, why: &str) -> Result<bool> {
        let mut ask = self.connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM lost l JOIN part p ON p.id = l.part
             WHERE p.input = ?1 AND l.why = ?2)",
        )?;
        Ok(ask.query_one((input, why), |row| row.get(0))?)
    }

    /// The file that a part was in when it was last followed, by device and inode.
    pub fn seen(&self, part: i64) -> Result<Option<(u64, u64)>> {
        let mut seen = self
            .connection
            .prepare_cached("SELECT device, inode FROM seen WHERE part = ?1")?;
        let key: Option<(i64, i64)> = seen
            .query_row([part], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(key.map(|(device, inode)| (device.cast_unsigned(), inode.cast_unsigned())))
    }

    pub fn see(&self, part: i64, (device, inode): (u64, u64)) -> Result<()> {
        self.begin()?;
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO seen VALUES (?1, ?2, ?3)")?
            .execute((part, device.cast_signed(), inode.cast_signed()))?;
        Ok(())
    }

    /// The newest part of the input whose newest file is `path`.
    pub fn newest(&self, path: &Path, format: &str) -> Result<Option<Known>> {
        let mut newest = self.connection.prepare_cached(
            "SELECT p.* FROM part p JOIN input i ON i.id = p.input
             WHERE i.path = ?1 AND i.format = ?2 ORDER BY p.rank DESC LIMIT 1",
        )?;
        let known = newest.query_and_then((path.to_string_lossy(), format), |row| {
            Ok(Known {
                id: row.get("id")?,
                tally: tally(row, 0)?,
            })
        })?;
        known.into_iter().next().transpose()
    }

    /// How changes of an input are noticed: the system tells of them, or by looking, and why.
    pub fn follow(&self, input: i64, why: Option<&str>) -> Result<()> {
        self.begin()?;
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO followed VALUES (?1, ?2)")?
            .execute((input, why))?;
        Ok(())
    }

    pub fn identity(&self, part: i64) -> Result<[u8; 32]> {
        let mut ask = self
            .connection
            .prepare_cached("SELECT identity FROM part WHERE id = ?1")?;
        Ok(ask.query_one([part], |row| row.get(0))?)
    }

    /// The newest file of the input that a part belongs to, or the name of its pipe.
    pub fn path_of(&self, part: i64) -> Result<PathBuf> {
        let mut ask = self.connection.prepare_cached(
            "SELECT i.path FROM input i JOIN part p ON p.input = i.id WHERE p.id = ?1",
        )?;
        let path: String = ask.query_one([part], |row| row.get(0))?;
        Ok(path.into())
    }

    /// What was read of a part.
    pub fn read_of(&self, part: i64) -> Result<Tally> {
        let mut ask = self
            .connection
            .prepare_cached("SELECT * FROM part WHERE id = ?1")?;
        ask.query_one([part], |row| Ok(tally(row, 0)))?
    }

    /// Why a part could not be read to its end; `None`: it could.
    pub fn fail(&self, part: i64, failure: Option<&str>) -> Result<()> {
        self.begin()?;
        self.connection
            .prepare_cached("UPDATE part SET failure = ?2 WHERE id = ?1 AND failure IS NOT ?2")?
            .execute((part, failure))?;
        Ok(())
    }

    /// Ends writing so that a reader needs nothing beside the index. Where somebody reads just now this has
    /// to wait for the next time.
    pub fn close(self) -> Result<()> {
        self.commit()?;
        self.connection.busy_timeout(Duration::ZERO)?;
        let _ = self
            .connection
            .pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()));
        Ok(())
    }
}

/// What the columns of `event` say.
#[derive(Debug, Default)]
struct Columns<'a> {
    kind: &'static str,
    outcome: Option<&'static str>,
    action: Option<&'a str>,
    reason: Option<&'a str>,
    principal: Option<&'a str>,
    method: Option<&'a str>,
    target: Option<&'a str>,
    status: Option<u16>,
    bytes: Option<u64>,
}

impl<'a> Columns<'a> {
    fn of(event: &'a Event) -> Self {
        match &event.kind {
            Kind::Request(request) => Self::of_request(request),
            Kind::Entry(entry) => Self::of_entry(entry),
        }
    }

    fn of_request(request: &'a Request) -> Self {
        Self {
            kind: "request",
            principal: request.user.as_deref(),
            method: Some(&request.method),
            target: Some(&request.target),
            status: Some(request.status),
            bytes: request.bytes,
            ..Self::default()
        }
    }

    fn of_entry(entry: &'a Entry) -> Self {
        Self {
            kind: match entry.statement.map(|statement| statement.meaning) {
                Some(Meaning::Change(_)) => "change",
                _ => "authentication",
            },
            outcome: Some(match entry.outcome {
                Outcome::Success => "success",
                Outcome::Failure => "failure",
                Outcome::Unknown => "unknown",
            }),
            action: Some(&entry.action),
            reason: entry.reason.as_deref(),
            principal: entry.principal.as_deref(),
            ..Self::default()
        }
    }
}

/// As SQLite's numbers are. Nothing we count comes near their end.
pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Parsed => "parsed",
        Fate::Ignored => "ignored",
        Fate::Unparsed => "unparsed",
    }
}

/// A row of `part` as what was read of it; `part` is the number that it has for the reader.
pub(super) fn tally(row: &Row<'_>, part: u32) -> Result<Tally> {
    let open_fate: Option<String> = row.get("open_fate")?;
    let open_fate = open_fate.and_then(|text| {
        let all = [Fate::Parsed, Fate::Ignored, Fate::Unparsed];
        all.into_iter().find(|f| fate(*f) == text)
    });
    let open = open_fate
        .map(|fate| -> rusqlite::Result<Open> {
            Ok(Open {
                fate,
                lines: row.get("open_lines")?,
                bytes: row.get("open_bytes")?,
                is_cut: row.get("open_cut")?,
            })
        })
        .transpose()?;
    Ok(Tally {
        part,
        format: "",
        lines: row.get("lines")?,
        parsed: row.get("parsed")?,
        ignored: row.get("ignored")?,
        unparsed: row.get("unparsed")?,
        cut: row.get("cut")?,
        first_unparsed: unparsed::read(row, part)?,
        bytes: Bytes {
            parsed: row.get("bytes_parsed")?,
            ignored: row.get("bytes_ignored")?,
            unparsed: row.get("bytes_unparsed")?,
        },
        position: Position {
            lines: row.get("position_lines")?,
            offset: row.get("position_offset")?,
            open,
            timed: timed::read(row)?,
        },
    })
}

/// The last record with a time before the position, as JSON.
mod timed {
    use rusqlite::Row;
    use serde::{Deserialize, Serialize};

    use super::Result;
    use crate::event::Micros;
    use crate::summary::Timed;

    #[derive(Serialize, Deserialize)]
    struct Stored {
        from: Micros,
        until: Micros,
        ahead: Option<Micros>,
    }

    pub(super) fn write(&Timed { from, until, ahead }: &Timed) -> String {
        serde_json::to_string(&Stored { from, until, ahead }).unwrap_or_default()
    }

    pub(super) fn read(row: &Row<'_>) -> Result<Option<Timed>> {
        // Who may only read has what an older version wrote.
        let column = row.as_ref().column_index("position_timed");
        let Some(column) = column.ok() else {
            return Ok(None);
        };
        let stored: Option<String> = row.get(column)?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let Stored { from, until, ahead } = serde_json::from_str(&stored)?;
        Ok(Some(Timed { from, until, ahead }))
    }
}

/// The lines that did not parse, as JSON.
mod unparsed {
    use rusqlite::Row;
    use serde::{Deserialize, Serialize};

    use super::Result;
    use crate::event::Place;
    use crate::summary::Tally;

    #[derive(Serialize, Deserialize)]
    struct Unparsed {
        line: u64,
        offset: u64,
        length: u32,
        why: String,
    }

    pub(super) fn write(tally: &Tally) -> String {
        let of = |(place, why): &(Place, String)| Unparsed {
            line: place.line,
            offset: place.offset,
            length: place.length,
            why: why.clone(),
        };
        let all: Vec<Unparsed> = tally.first_unparsed.iter().map(of).collect();
        serde_json::to_string(&all).unwrap_or_default()
    }

    pub(super) fn read(row: &Row<'_>, part: u32) -> Result<Vec<(Place, String)>> {
        let all: Vec<Unparsed> = serde_json::from_str(row.get_ref("first_unparsed")?.as_str()?)?;
        let of = |u: Unparsed| {
            let (line, offset, length) = (u.line, u.offset, u.length);
            let place = Place {
                part,
                line,
                offset,
                length,
            };
            (place, u.why)
        };
        Ok(all.into_iter().map(of).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Each is halfway between its neighbours, and there are not that many numbers.
    #[test]
    fn parts_can_be_put_between_two_as_often_as_one_likes() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::open(&folder.path().join("index.db")).unwrap();
        let input = writer.input("x", Path::new("/x"), "x", None).unwrap();
        let add = |number: u8, after| {
            let part = NewPart {
                input,
                after,
                name: "x",
                identity: [number; 32],
                beginning: [number; 32],
            };
            writer.add_part(&part).unwrap()
        };
        let first = add(0, None);
        let mut expected = vec![first, add(1, Some(first))];
        for number in 2..200 {
            expected.insert(1, add(number, Some(first)));
        }
        let mut ordered = writer
            .connection
            .prepare("SELECT id FROM part ORDER BY rank")
            .unwrap();
        let ordered = ordered.query_map([], |row| row.get(0)).unwrap();
        let ordered: rusqlite::Result<Vec<i64>> = ordered.collect();
        assert_eq!(ordered.unwrap(), expected);
    }
}
