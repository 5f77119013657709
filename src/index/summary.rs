//! What is said of the logs themselves.

use rusqlite::Connection;

use super::{Reader, Result};
use crate::event::Micros;
use crate::summary::{ClockOffset, Gap, LocalZone, Summary, ZoneSource};

pub(super) fn write(connection: &Connection, summary: &Summary) -> Result<()> {
    for zone in &summary.zones {
        let (source, too_far_ahead) = stored(zone.source);
        connection
            .prepare_cached("INSERT INTO zone VALUES (?1, ?2, ?3, ?4)")?
            .execute((&zone.input, zone.ahead, source, too_far_ahead))?;
    }
    for offset in &summary.clock_offsets {
        connection
            .prepare_cached("INSERT INTO clock_offset VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute((
                &offset.input,
                &offset.reference,
                offset.since,
                offset.offset_s,
                offset.error_s,
                offset.pairs,
            ))?;
    }
    for gap in &summary.gaps {
        connection
            .prepare_cached("INSERT INTO gap VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute((&gap.input, gap.from, gap.until, &gap.why, gap.refusals))?;
    }
    for note in &summary.notes {
        connection
            .prepare_cached("INSERT INTO note VALUES (?1)")?
            .execute([note])?;
    }
    Ok(())
}

fn stored(source: ZoneSource) -> (&'static str, Option<Micros>) {
    match source {
        ZoneSource::Given { too_far_ahead } => ("given", too_far_ahead),
        ZoneSource::Told => ("told", None),
        ZoneSource::Learned => ("learned", None),
        ZoneSource::Host => ("host", None),
    }
}

fn source(stored: &str, too_far_ahead: Option<Micros>) -> ZoneSource {
    match stored {
        "given" => ZoneSource::Given { too_far_ahead },
        "told" => ZoneSource::Told,
        "learned" => ZoneSource::Learned,
        _ => ZoneSource::Host,
    }
}

impl Reader {
    /// As it was when the findings were made. What became of the lines of each part is in [`super::Kept`].
    pub fn summary(&self) -> Result<Summary> {
        let connection = &self.connection;
        let mut zones = connection.prepare("SELECT * FROM zone ORDER BY rowid")?;
        let zones = zones.query_map([], |row| {
            Ok(LocalZone {
                input: row.get(0)?,
                ahead: row.get(1)?,
                source: source(row.get_ref(2)?.as_str()?, row.get(3)?),
            })
        })?;
        let mut offsets = connection.prepare("SELECT * FROM clock_offset ORDER BY rowid")?;
        let offsets = offsets.query_map([], |row| {
            Ok(ClockOffset {
                input: row.get(0)?,
                reference: row.get(1)?,
                since: row.get(2)?,
                offset_s: row.get(3)?,
                error_s: row.get(4)?,
                pairs: row.get(5)?,
            })
        })?;
        let mut gaps = connection.prepare("SELECT * FROM gap ORDER BY rowid")?;
        let gaps = gaps.query_map([], |row| {
            Ok(Gap {
                input: row.get(0)?,
                from: row.get(1)?,
                until: row.get(2)?,
                why: row.get(3)?,
                refusals: row.get(4)?,
            })
        })?;
        let mut notes = connection.prepare("SELECT text FROM note ORDER BY rowid")?;
        let notes = notes.query_map([], |row| row.get(0))?;
        Ok(Summary {
            parts: Vec::new(),
            zones: zones.collect::<rusqlite::Result<_>>()?,
            clock_offsets: offsets.collect::<rusqlite::Result<_>>()?,
            gaps: gaps.collect::<rusqlite::Result<_>>()?,
            notes: notes.collect::<rusqlite::Result<_>>()?,
            unlogged: Vec::new(),
        })
    }
}
