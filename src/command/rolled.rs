//! What an index counted when its findings were made: incidents and reports of it without joining anything.

use std::io::Write;
use std::net::IpAddr;

use super::logs::{Logs, Read};
use super::recall::Sunk;
use super::{Fault, recall};
use crate::finding::Finding;
use crate::incident::Gathered;
use crate::index::{Reader, Rollup, Stretch};
use crate::outline::Outline;
use crate::report::Filter;
use crate::report::digest::{Sample, Samples};
use crate::rollup::{Changed, Echo};
use crate::system::System;

const BEHIND: &str = "Lines were read since that are not explained yet: what they tell is missing here; `why401 index LOG...` explains them.";

pub(super) struct Rolled<'a> {
    reader: &'a Reader,
    rollup: Rollup<'a>,
    /// Of each part in the table.
    ids: Vec<i64>,
    pub(super) gathered: Gathered,
    pub(super) read: Read,
}

impl Logs<'_> {
    /// What was counted, if these are no logs and it was. `system`: what a log is taken to be of that does not tell;
    /// what was found without that does not answer for it.
    pub(super) fn rolled(
        &self,
        system: Option<&'static System>,
        talk: &mut impl Write,
    ) -> anyhow::Result<Option<Rolled<'_>>> {
        let Logs::Index(reader) = self else {
            return Ok(None);
        };
        if system.is_some() {
            return Ok(None);
        }
        let kept = reader.kept().map_err(Fault::from)?;
        let ids: Vec<i64> = kept.parts.iter().map(|part| part.id).collect();
        let Some((rollup, gathered)) = reader.rollup(&ids).map_err(Fault::from)? else {
            return Ok(None);
        };
        let mut read = Read::of(reader, &kept)?;
        if recall::tell_behind(reader, talk)? {
            read.summary.notes.push(BEHIND.to_owned());
        }
        Ok(Some(Rolled {
            reader,
            rollup,
            ids,
            gathered,
            read,
        }))
    }
}

impl Rolled<'_> {
    /// Gives the findings that are asked for, each with its number and its group. `of`: only those of this incident.
    pub(super) fn outlines(
        &self,
        filter: &Filter,
        of: Option<usize>,
        mut each: impl FnMut(i64, u32, &Outline<'_>),
    ) -> Result<(), Fault> {
        let asked = |number, group, outline: &Outline<'_>| {
            let is_own = of.is_none() || self.gathered.incident_of(group) == of;
            if is_own && filter.accepts_outline(outline) {
                each(number, group, outline);
            }
        };
        Ok(self.rollup.outlines(stretch(filter), asked)?)
    }

    /// Their numbers.
    pub(super) fn numbers(&self, filter: &Filter, of: Option<usize>) -> Result<Vec<i64>, Fault> {
        let mut numbers = Vec::new();
        self.outlines(filter, of, |number, _, _| numbers.push(number))?;
        Ok(numbers)
    }

    /// The findings of these numbers.
    pub(super) fn findings(
        &self,
        numbers: impl IntoIterator<Item = i64>,
        mut each: impl FnMut(i64, Finding) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let each = |number, finding| each(number, finding).map_err(Sunk);
        Ok(self.reader.numbered(numbers, &self.ids, each)?)
    }

    /// The findings that stand for these numbers.
    pub(super) fn samples(&self, chosen: Samples<i64>) -> anyhow::Result<Samples<Sample>> {
        chosen.try_filter_map(|number| {
            let mut sample = None;
            self.findings([number], |number, finding| {
                let number = number.cast_unsigned();
                sample = Some(Sample::new(number, finding, &self.read.parts));
                Ok(())
            })?;
            Ok(sample)
        })
    }

    /// What else was heard within what is asked for. `drawn`: whether it matters that a client was let in.
    pub(super) fn echoes(
        &self,
        filter: &Filter,
        drawn: impl Fn(IpAddr) -> bool,
        mut each: impl FnMut(&Echo),
    ) -> Result<(), Fault> {
        Ok(self.rollup.echoes(stretch(filter), drawn, |echo| {
            if filter.is_within(echo.time) {
                each(echo);
            }
        })?)
    }

    pub(super) fn changes(
        &self,
        filter: &Filter,
        mut each: impl FnMut(Changed),
    ) -> Result<(), Fault> {
        Ok(self.rollup.changes(stretch(filter), |changed| {
            if filter.is_within(changed.time) {
                each(changed);
            }
        })?)
    }
}

fn stretch(filter: &Filter) -> Stretch {
    Stretch {
        since: filter.since,
        until: filter.until,
    }
}
