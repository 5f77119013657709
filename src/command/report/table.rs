//! The report as a table: a row a finding.

use std::io::Write;

use anyhow::Context;

use super::super::incidents::found;
use super::super::join::Fall;
use super::super::logs::{Logs, Read};
use super::super::rolled::Rolled;
use super::Ask;
use super::collect::learn;
use crate::report::{Csv, Report as _};

impl Ask<'_> {
    /// A row a finding, as they fall.
    pub(super) fn table<W: Write>(
        &self,
        logs: &Logs<'_>,
        talk: &mut impl Write,
        out: &mut W,
    ) -> anyhow::Result<Read> {
        if let Some((rolled, one)) = self.rolled(logs, talk)? {
            return self.rows(rolled, one, out);
        }
        let system = self.args.filter.system();
        let mut own = None;
        if let Some(id) = &self.args.incident {
            let mut groups = Vec::new();
            let (gathered, _) = logs.gather(system, talk, |fall, group, _| {
                if let Fall::Finding(_) = fall {
                    groups.push(group);
                }
            })?;
            let at = found(&gathered, id)?;
            let groups = groups.into_iter();
            own = Some(groups.map(move |group| gathered.incident_of(group) == Some(at)));
        }
        let mut pseudonyms = self.pseudonyms.clone();
        let mut csv = Csv::visible(out);
        let read = logs.read(system, own.is_none(), talk, |fall, parts| {
            if let Some(pseudonyms) = &mut pseudonyms {
                learn(&fall, pseudonyms);
            }
            let Fall::Finding(finding) = fall else {
                return Ok(());
            };
            let is_own = own.as_mut().is_none_or(|own| own.next() == Some(true));
            if !is_own || !self.filter.accepts(finding, parts) {
                return Ok(());
            }
            match &pseudonyms {
                Some(pseudonyms) => {
                    let finding = pseudonyms.finding(finding.clone());
                    csv.row(&finding, &pseudonyms.parts(parts))
                }
                None => csv.row(finding, parts),
            }
            .context("cannot write the report")
        })?;
        csv.finish(&read.summary)
            .context("cannot write the report")?;
        Ok(read)
    }

    fn rows<W: Write>(
        &self,
        rolled: Rolled<'_>,
        one: Option<usize>,
        out: &mut W,
    ) -> anyhow::Result<Read> {
        let mut csv = Csv::visible(out);
        let numbers = rolled.numbers(self.filter, one)?;
        rolled.findings(numbers, |_, finding| {
            let row = csv.row(&finding, &rolled.read.parts);
            row.context("cannot write the report")
        })?;
        csv.finish(&rolled.read.summary)
            .context("cannot write the report")?;
        Ok(rolled.read)
    }
}
