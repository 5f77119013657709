//! What a report counts: written with the findings, and read without them.

use std::net::IpAddr;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::append::stored;
use super::block::ROLLUP;
use super::migrate::version;
use super::state::{self, Key};
use super::{Error, Reader, Result, Writer};
use crate::cause::Cause;
use crate::event::Micros;
use crate::incident::Gathered;
use crate::outline::Outline;
use crate::rollup::{Block, Changed, Echo};
use crate::system;

/// From which version of the schema on there is one.
const SINCE: usize = 7;
/// Of those that do not count any more, so many are thrown away at once.
const SWEPT: i64 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Outlines,
    Echoes,
    Changes,
    Gathered,
}

impl Kind {
    const ALL: [Self; 4] = [Kind::Outlines, Kind::Echoes, Kind::Changes, Kind::Gathered];

    fn id(self) -> &'static str {
        match self {
            Kind::Outlines => "outlines",
            Kind::Echoes => "echoes",
            Kind::Changes => "changes",
            Kind::Gathered => "gathered",
        }
    }

    fn of(block: &Block) -> Self {
        match block {
            Block::Outlines(_) => Kind::Outlines,
            Block::Echoes(_) => Kind::Echoes,
            Block::Changes(_) => Kind::Changes,
        }
    }
}

/// What was gathered, with the number in the table of each part that it names.
#[derive(Serialize)]
struct Named<'a>(&'a [i64], &'a Gathered);

#[derive(Deserialize)]
struct ReadNamed(Vec<i64>, Gathered);

/// A roll-up that is being written.
#[derive(Debug, Default)]
pub(super) struct Rolling {
    ids: Option<(i64, i64)>,
    /// How many findings it has so far.
    findings: i64,
}

impl Rolling {
    /// `first`: the number of the first of all findings.
    pub(super) fn add(&mut self, connection: &Connection, block: &Block, first: i64) -> Result<()> {
        let number = first.saturating_add(self.findings);
        self.findings += stored(block.findings() as u64);
        let body = ROLLUP.pack(block)?;
        self.insert(connection, Kind::of(block), block.span(), number, &body)
    }

    /// Ends it: from the next commit on it counts. `parts`: the number in the table of each.
    pub(super) fn finish(
        mut self,
        connection: &Connection,
        gathered: &Gathered,
        parts: &[i64],
    ) -> Result<()> {
        let body = ROLLUP.pack(&Named(parts, gathered))?;
        self.insert(connection, Kind::Gathered, (0, 0), 0, &body)?;
        let (first, last) = self.ids.unwrap_or((i64::MAX, i64::MIN));
        state::set(connection, Key::RolledFirst, first)?;
        state::set(connection, Key::RolledLast, last)?;
        state::set(connection, Key::RolledBy, fingerprint())
    }

    fn insert(
        &mut self,
        connection: &Connection,
        kind: Kind,
        (first, last): (Micros, Micros),
        number: i64,
        body: &[u8],
    ) -> Result<()> {
        let sql =
            "INSERT INTO rollup (kind, first, last, number, body) VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut add = connection.prepare_cached(sql)?;
        add.execute((kind.id(), first, last, number, body))?;
        let id = connection.last_insert_rowid();
        let (first, _) = self.ids.unwrap_or((id, id));
        self.ids = Some((first, id));
        Ok(())
    }
}

/// Of the version, whose advice is in it, and of what is called by number in a block, causes and products: who calls others
/// so cannot read it.
fn fingerprint() -> i64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[ROLLUP.version]);
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    let causes = Cause::ALL.iter().map(|cause| cause.id());
    let systems = system::ALL.iter().map(|system| system.name);
    for word in causes.chain(systems) {
        hasher.update(word.as_bytes()).update(b"\n");
    }
    let hash = hasher.finalize();
    let (first, _) = hash
        .as_bytes()
        .split_first_chunk()
        .unwrap_or((&[0; 8], &[]));
    i64::from_le_bytes(*first)
}

fn is_ours(connection: &Connection) -> Result<bool> {
    Ok(state::get(connection, Key::RolledBy)? == fingerprint())
}

/// Whether there is one that this version can read to its end.
pub(super) fn is_readable(connection: &Connection) -> Result<bool> {
    if !is_ours(connection)? || !is_whole(connection)? {
        return Ok(false);
    }
    let all = |kind| {
        blocks(connection, kind, Stretch::default(), |_, body| match kind {
            Kind::Gathered => ROLLUP.unpack::<ReadNamed>(body).map(drop),
            _ => ROLLUP.unpack::<Block>(body).map(drop),
        })
    };
    match Kind::ALL.into_iter().try_for_each(all) {
        Err(Error::Damaged(_)) => Ok(false),
        read => read.map(|()| true),
    }
}

/// Whether no block is missing.
fn is_whole(connection: &Connection) -> Result<bool> {
    let missing = "SELECT max(id) - min(id) + 1 - count(*) FROM rollup
         WHERE id BETWEEN (SELECT value FROM state WHERE key = 'rolled_first')
            AND (SELECT value FROM state WHERE key = 'rolled_last')";
    let missing: Option<i64> = connection.query_row(missing, [], |row| row.get(0))?;
    Ok(missing == Some(0))
}

impl Writer {
    /// Those that are there stay until another is finished.
    pub(super) fn roll_beside(&self) -> Result<()> {
        let newest = "SELECT coalesce(max(id), 0) FROM rollup";
        let newest = self.connection.query_row(newest, [], |row| row.get(0))?;
        let last = state::get(&self.connection, Key::RolledLast)?;
        state::set(&self.connection, Key::RolledLast, last.min(newest))
    }

    /// Throws away some of what does not count. Not while one is being written.
    pub(super) fn sweep_rollup(&self) -> Result<bool> {
        let gone = self
            .connection
            .prepare_cached(
                "DELETE FROM rollup WHERE id IN (SELECT id FROM rollup
                    WHERE id NOT BETWEEN (SELECT value FROM state WHERE key = 'rolled_first')
                        AND (SELECT value FROM state WHERE key = 'rolled_last') LIMIT ?1)",
            )?
            .execute([SWEPT])?;
        Ok(gone > 0)
    }
}

/// What was counted of all findings when they were made.
#[derive(Debug)]
pub struct Rollup<'a> {
    connection: &'a Connection,
}

/// A stretch of time, half-open.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stretch {
    pub since: Option<Micros>,
    pub until: Option<Micros>,
}

impl Reader {
    /// `parts`: the number in the table of each part, as they are now. `None`: there is none, or none that this version
    /// can read.
    pub fn rollup(&self, parts: &[i64]) -> Result<Option<(Rollup<'_>, Gathered)>> {
        let connection = &self.connection;
        if version(connection)? < SINCE || !is_ours(connection)? {
            return Ok(None);
        }
        let mut gathered = None;
        blocks(connection, Kind::Gathered, Stretch::default(), |_, body| {
            gathered = Some(ROLLUP.unpack(body)?);
            Ok(())
        })?;
        let Some(ReadNamed(of, gathered)) = gathered else {
            return Ok(None);
        };
        // Places name their part by its position among them.
        let is_same = parts.starts_with(&of) && is_whole(connection)?;
        Ok(is_same.then_some((Rollup { connection }, gathered)))
    }
}

impl Rollup<'_> {
    /// Gives each finding with its number and its group, some that are older or newer too.
    pub fn outlines(
        &self,
        within: Stretch,
        mut each: impl FnMut(i64, u32, &Outline<'_>),
    ) -> Result<()> {
        self.blocks(Kind::Outlines, within, |first, block| {
            if let Block::Outlines(all) = block {
                for (number, (group, outline)) in (first..).zip(all.iter()) {
                    each(number, group, &outline);
                }
            }
        })
    }

    /// The same of what else was heard. `drawn`: whether it matters that a client was let in.
    pub fn echoes(
        &self,
        within: Stretch,
        drawn: impl Fn(IpAddr) -> bool,
        mut each: impl FnMut(&Echo),
    ) -> Result<()> {
        self.blocks(Kind::Echoes, within, |_, block| {
            if let Block::Echoes(all) = block {
                all.iter(&drawn).for_each(|echo| each(&echo));
            }
        })
    }

    /// The same of what was changed on the server.
    pub fn changes(&self, within: Stretch, mut each: impl FnMut(Changed)) -> Result<()> {
        self.blocks(Kind::Changes, within, |_, block| {
            if let Block::Changes(all) = block {
                all.into_iter().for_each(&mut each);
            }
        })
    }

    fn blocks(&self, kind: Kind, within: Stretch, mut each: impl FnMut(i64, Block)) -> Result<()> {
        blocks(self.connection, kind, within, |number, body| {
            let block = ROLLUP.unpack(body)?;
            if Kind::of(&block) != kind {
                return Err(Error::Damaged(format!("no {} in their block", kind.id())));
            }
            each(number, block);
            Ok(())
        })
    }
}

fn blocks(
    connection: &Connection,
    kind: Kind,
    Stretch { since, until }: Stretch,
    mut each: impl FnMut(i64, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut blocks = connection.prepare_cached(
        "SELECT number, body FROM rollup
         WHERE id BETWEEN (SELECT value FROM state WHERE key = 'rolled_first')
            AND (SELECT value FROM state WHERE key = 'rolled_last')
            AND kind = ?1 AND last >= ?2 AND first < ?3 ORDER BY id",
    )?;
    let range = (since.unwrap_or(Micros::MIN), until.unwrap_or(Micros::MAX));
    let mut rows = blocks.query((kind.id(), range.0, range.1))?;
    while let Some(row) = rows.next()? {
        each(row.get(0)?, row.get_ref(1)?.as_blob()?)?;
    }
    Ok(())
}
