//! Incidents, as they were when the findings were made.

use rusqlite::Connection;

use super::append::stored;
use super::{Result, Writer};
use crate::cause::Cause;
use crate::incident::{Ended, Incident};
use crate::level::Level;

/// An incident as it was when the findings were last made.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownIncident {
    pub id: String,
    pub level: Level,
    pub is_over: bool,
}

pub(super) fn write<'a>(
    connection: &Connection,
    incidents: impl IntoIterator<Item = (&'a Incident, &'a str)>,
) -> Result<()> {
    let mut add = connection.prepare_cached(
        "INSERT OR IGNORE INTO incident VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for (incident, body) in incidents {
        let i = incident;
        add.execute(rusqlite::params![
            i.id,
            i.level.id(),
            i.system,
            i.cause.map(Cause::id),
            i.confidence.id(),
            stored(i.refusals),
            i.first,
            i.last,
            stored(i.clients.number()),
            stored(i.principals.number()),
            i.end.ended.id(),
            i.end.time,
            body,
        ])?;
    }
    Ok(())
}

impl Writer {
    /// Those that were known when the findings were last made.
    pub fn incidents(&self) -> Result<Vec<KnownIncident>> {
        let mut all = self
            .connection
            .prepare("SELECT id, level, ended FROM incident")?;
        let known = all.query_map([], |row| {
            Ok(KnownIncident {
                id: row.get(0)?,
                // What a version says that has more of them is told again when it changes.
                level: Level::from_id(row.get_ref(1)?.as_str()?).unwrap_or(Level::Critical),
                is_over: row.get_ref(2)?.as_str()? != Ended::Open.id(),
            })
        })?;
        Ok(known.collect::<rusqlite::Result<_>>()?)
    }
}
