//! What is too old, or too much, is thrown away. Positions stay: what was thrown away is not read again.

use super::state::{self, Key};
use super::{Result, Writer};
use crate::event::Micros;

/// How much is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Nothing before this moment.
    pub since: Option<Micros>,
    /// As many bytes as the index may have.
    pub bytes: Option<u64>,
}

/// What was thrown away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub events: u64,
    pub findings: u64,
    /// What is older than this is gone.
    pub before: Option<Micros>,
}

/// Share of the events that goes at once while there are too many.
const STEP: u64 = 8;

impl Writer {
    /// Throws away what is beyond the limits, oldest first, whole blocks at a time, and gives the room back.
    pub fn prune(&mut self, limits: Limits) -> Result<Pruned> {
        let mut pruned = Pruned::default();
        if let Some(since) = limits.since {
            pruned.add(self.prune_before(since)?);
        }
        while let Some(allowed) = limits.bytes
            && self.size()? > allowed
            && let Some(moment) = self.early()?
        {
            let step = self.prune_before(moment)?;
            let is_done = step.events == 0;
            pruned.add(step);
            if is_done {
                break;
            }
        }
        Ok(pruned)
    }

    fn prune_before(&mut self, moment: Micros) -> Result<Pruned> {
        self.begin()?;
        let gone = |sql: &str| -> Result<u64> {
            let rows = self.connection.prepare_cached(sql)?.execute([moment])?;
            Ok(rows as u64)
        };
        let events: i64 = self.connection.query_row(
            "SELECT coalesce(sum(records), 0) FROM block WHERE newest < ?1",
            [moment],
            |row| row.get(0),
        )?;
        let blocks = gone("DELETE FROM block WHERE newest < ?1")?;
        gone("DELETE FROM event WHERE time < ?1")?;
        let findings = gone("DELETE FROM finding WHERE time < ?1")?;
        gone("DELETE FROM finding_minute WHERE minute < ?1 / 60000000")?;
        self.prune_alerts(moment)?;
        gone("DELETE FROM incident WHERE last < ?1")?;
        if blocks > 0 || findings > 0 {
            // What is left is judged, and counted, with what is left.
            self.outdate()?;
            self.connection.execute_batch("DELETE FROM rollup")?;
        }
        let before = state::get(&self.connection, Key::Pruned)?;
        state::set(&self.connection, Key::Pruned, before.max(moment))?;
        self.commit()?;
        // Steps through the pages one by one, so all rows must be asked for.
        let mut vacuum = self.connection.prepare("PRAGMA incremental_vacuum")?;
        let mut pages = vacuum.query([])?;
        while pages.next()?.is_some() {}
        Ok(Pruned {
            events: u64::try_from(events).unwrap_or_default(),
            findings,
            before: Some(moment),
        })
    }

    /// Bytes that are in use.
    fn size(&self) -> Result<u64> {
        let ask = |name| -> Result<u64> {
            Ok(self
                .connection
                .pragma_query_value(None, name, |row| row.get(0))?)
        };
        Ok((ask("page_count")? - ask("freelist_count")?) * ask("page_size")?)
    }

    /// A moment with some of the events before it.
    fn early(&self) -> Result<Option<Micros>> {
        Ok(self.connection.query_row(
            "SELECT min(newest) + 1 FROM (SELECT newest FROM block ORDER BY newest
             LIMIT 1 OFFSET (SELECT count(*) / ?1 FROM block))",
            [STEP.cast_signed()],
            |row| row.get(0),
        )?)
    }
}

impl Pruned {
    fn add(&mut self, step: Self) {
        self.events += step.events;
        self.findings += step.findings;
        self.before = self.before.max(step.before);
    }
}
