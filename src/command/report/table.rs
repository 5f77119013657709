//! The report as a table: a row a finding, as they fall.

use std::io::Write;

use anyhow::Context;

use super::super::join::Fall;
use super::super::logs::{Logs, Read};
use super::super::rolled::Rolled;
use super::Ask;
use super::collect::learn;
use crate::event::Part;
use crate::finding::Finding;
use crate::report::pseudonym::Pseudonyms;
use crate::report::{Csv, Report as _};

impl Ask<'_> {
    pub(super) fn table<W: Write>(
        &self,
        logs: &Logs<'_>,
        talk: &mut impl Write,
        out: &mut W,
    ) -> anyhow::Result<Read> {
        let mut table = Table {
            csv: Csv::visible(out),
            asked: self,
            pseudonyms: self.pseudonyms.clone(),
        };
        let read = match self.rolled(logs, talk)? {
            Some((rolled, one)) => table.recall(rolled, one)?,
            None => table.join(logs, talk)?,
        };
        let end = table.csv.finish(&read.summary);
        end.context("cannot write the report")?;
        Ok(read)
    }
}

struct Table<'a, 'w, W> {
    csv: Csv<&'w mut W>,
    asked: &'a Ask<'a>,
    pseudonyms: Option<Pseudonyms>,
}

impl<W: Write> Table<'_, '_, W> {
    fn recall(&mut self, rolled: Rolled<'_>, one: Option<usize>) -> anyhow::Result<Read> {
        let numbers = rolled.numbers(self.asked.filter, one)?;
        rolled.findings(numbers, |_, finding| self.row(&finding, &rolled.read.parts))?;
        Ok(rolled.read)
    }

    fn join(&mut self, logs: &Logs<'_>, talk: &mut impl Write) -> anyhow::Result<Read> {
        let args = self.asked.args;
        let system = args.filter.system();
        let Some(id) = &args.incident else {
            return logs.read(system, true, talk, |fall, parts| {
                self.fall(&fall, true, parts)
            });
        };
        let one = logs.one(id, system, talk, |_| {})?;
        logs.again(&one, system, talk, |fall, own, parts| {
            self.fall(fall, own.is_some(), parts)
        })
    }

    fn fall(&mut self, fall: &Fall<'_>, is_own: bool, parts: &[Part]) -> anyhow::Result<()> {
        if let Some(pseudonyms) = &mut self.pseudonyms {
            learn(fall, pseudonyms);
        }
        match fall {
            Fall::Finding(finding) if is_own && self.asked.filter.accepts(finding, parts) => {
                self.row(finding, parts)
            }
            _ => Ok(()),
        }
    }

    fn row(&mut self, finding: &Finding, parts: &[Part]) -> anyhow::Result<()> {
        let row = match &self.pseudonyms {
            Some(pseudonyms) => {
                let finding = pseudonyms.finding(finding.clone());
                self.csv.row(&finding, &pseudonyms.parts(parts))
            }
            None => self.csv.row(finding, parts),
        };
        row.context("cannot write the report")
    }
}
