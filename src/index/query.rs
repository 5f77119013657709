//! Findings that are asked for.

use ipnet::IpNet;
use rusqlite::ToSql;

use super::findings::{Rows, SELECT};
use super::names::bytes;
use super::state::{self, Key};
use super::{Reader, Result};
use crate::event::Micros;
use crate::finding::{Finding, Verdict};

/// Which of the findings count. What an older version wrote has no such numbers: there all do.
const COUNTS: &str = "f.number BETWEEN
    coalesce((SELECT value FROM state WHERE key = 'first'), f.number) AND
    coalesce((SELECT value FROM state WHERE key = 'last'), f.number)";

/// What is asked for, as far as the database can find it fast. An empty list asks for nothing.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    pub since: Option<Micros>,
    /// Exclusive.
    pub until: Option<Micros>,
    pub clients: &'a [IpNet],
    pub principals: &'a [String],
    pub verdicts: &'a [Verdict],
}

impl Reader {
    /// Whether there are events of which no findings have been made yet.
    pub fn is_behind(&self) -> Result<bool> {
        let appended = state::get(&self.connection, Key::Appended)?;
        Ok(state::get(&self.connection, Key::Explained)? != appended)
    }

    /// Gives the findings to `sink`, in the order in which they fell. `parts`: the number of each part in the
    /// table, by the number that a finding's places shall have.
    pub fn findings<E: From<super::Error>>(
        &self,
        wanted: &Wanted<'_>,
        parts: &[i64],
        mut sink: impl FnMut(&Finding) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let (condition, values) = wanted.condition();
        let sql = format!("{SELECT} {condition} ORDER BY f.number");
        let sqlite = |error: rusqlite::Error| E::from(error.into());
        let mut findings = self.connection.prepare(&sql).map_err(sqlite)?;
        let values: Vec<&dyn ToSql> = values.iter().map(|v| &**v).collect();
        let mut rows = findings.query(&*values).map_err(sqlite)?;
        let mut made = self.rows(parts)?;
        while let Some(row) = rows.next().map_err(sqlite)? {
            sink(&made.finding(row)?)?;
        }
        Ok(())
    }

    /// The findings of these numbers; without those that were thrown away meanwhile.
    pub fn numbered<E: From<super::Error>>(
        &self,
        numbers: impl IntoIterator<Item = i64>,
        parts: &[i64],
        mut sink: impl FnMut(i64, Finding) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let sqlite = |error: rusqlite::Error| E::from(error.into());
        let sql = format!("{SELECT} WHERE f.number = ?1");
        let mut finding = self.connection.prepare(&sql).map_err(sqlite)?;
        let mut made = self.rows(parts)?;
        for number in numbers {
            let mut rows = finding.query([number]).map_err(sqlite)?;
            if let Some(row) = rows.next().map_err(sqlite)? {
                sink(number, made.finding(row)?)?;
            }
        }
        Ok(())
    }

    fn rows(&self, parts: &[i64]) -> Result<Rows<'_>> {
        let line = "SELECT line_text FROM event WHERE part = ?1 AND line = ?2";
        Ok(Rows {
            parts: parts.iter().copied().zip(0..).collect(),
            line: self.connection.prepare(line)?,
        })
    }
}

impl Wanted<'_> {
    /// As SQL, and its values.
    fn condition(&self) -> (String, Vec<Box<dyn ToSql>>) {
        let mut all: Vec<String> = vec![COUNTS.to_owned()];
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        for (bound, sign) in [(self.since, ">="), (self.until, "<")] {
            if let Some(bound) = bound {
                all.push(format!("f.time {sign} ?"));
                values.push(Box::new(bound));
            }
        }
        if !self.clients.is_empty() {
            let range = vec!["bytes BETWEEN ? AND ?"; self.clients.len()].join(" OR ");
            all.push(format!(
                "f.source IN (SELECT id FROM address WHERE {range})"
            ));
            for net in self.clients {
                values.push(Box::new(bytes(net.network())));
                values.push(Box::new(bytes(net.broadcast())));
            }
        }
        if !self.principals.is_empty() {
            let marks = vec!["?"; self.principals.len()].join(", ");
            all.push(format!(
                "f.principal IN (SELECT id FROM text WHERE text IN ({marks}))"
            ));
            for name in self.principals {
                values.push(Box::new(name.clone()));
            }
        }
        if !self.verdicts.is_empty() {
            let marks = vec!["?"; self.verdicts.len()].join(", ");
            all.push(format!("f.verdict IN ({marks})"));
            for verdict in self.verdicts {
                values.push(Box::new(verdict.id()));
            }
        }
        (format!("WHERE {}", all.join(" AND ")), values)
    }
}
