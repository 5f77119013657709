//! Where findings come from: logs, or what an index keeps of them.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use super::explain::{USUAL, is_incomplete};
use super::join::{Fall, watch};
use super::talk::{tell_failures, tell_skipped};
use super::{Exit, Fault, reading, recall, replay};
use crate::cli::{Checked, Reading, Sources, Store};
use crate::config::Config;
use crate::event::Part;
use crate::format::Format;
use crate::incident::{Gathered, Gatherer};
use crate::index::{Kept, Reader};
use crate::input::{Failure, Inputs, Options, discover, is_stream};
use crate::report;
use crate::summary::Summary;
use crate::system::System;

/// What is read, as often as one likes.
pub(super) enum Logs<'a> {
    Files(Vec<PathBuf>, Options<'a>),
    Index(Reader),
}

/// What there is to read, before any of it is.
pub(super) struct Asked<'a> {
    pub(super) logs: &'a [PathBuf],
    pub(super) store: &'a Store,
    pub(super) reading: &'a Reading,
    pub(super) checked: &'a Checked,
}

impl<'a> From<&'a Sources> for Asked<'a> {
    fn from(from: &'a Sources) -> Self {
        Self {
            logs: &from.logs,
            store: &from.store,
            reading: &from.reading,
            checked: &from.checked,
        }
    }
}

/// What one reading of the logs leaves.
pub(super) struct Read {
    pub(super) parts: Arc<[Part]>,
    pub(super) summary: Summary,
    pub(super) is_broken: bool,
}

impl Read {
    /// What an index keeps of the logs, and what it said of them when it made findings.
    pub(super) fn of(reader: &Reader, kept: &Kept<'_>) -> Result<Self, Fault> {
        Ok(Self {
            parts: kept.parts.iter().map(|part| part.part.clone()).collect(),
            summary: recall::summary(reader, kept)?,
            is_broken: kept.parts.iter().any(|part| part.failure.is_some()),
        })
    }

    /// `strict`: a single line that does not parse makes it incomplete.
    pub(super) fn is_incomplete(&self, strict: bool) -> bool {
        self.is_broken || is_incomplete(&self.summary, strict)
    }

    pub(super) fn exit(&self, strict: bool) -> Exit {
        if self.is_incomplete(strict) {
            Exit::Input
        } else {
            Exit::Done
        }
    }
}

impl<'a> Asked<'a> {
    /// For who asks for one incident: which findings are its own is known only when all was read.
    pub(super) fn is_no_pipe(&self) -> Result<(), Fault> {
        if self.logs.iter().any(|log| is_stream(log)) {
            let message = "--incident reads the logs more than once, which a pipe cannot be";
            return Err(Fault::new(Exit::Usage, message));
        }
        Ok(())
    }

    /// The index where no logs are given and there is one, else the logs.
    pub(super) fn find(
        &self,
        config: &Config,
        given: &'a [&'static dyn Format],
        talk: &mut impl Write,
    ) -> anyhow::Result<Logs<'a>> {
        let index = self.store.path().filter(|_| self.logs.is_empty());
        let index = index.filter(|path| self.store.index.is_some() || path.exists());
        if let Some(index) = index {
            return Ok(Logs::Index(Reader::open(&index).map_err(Fault::from)?));
        }
        let mut logs = self.logs.to_vec();
        if logs.is_empty() {
            writeln!(talk, "why401: no LOG given, trying {}", USUAL.join(" "))?;
            logs = USUAL.iter().map(PathBuf::from).collect();
        }
        let options = Options {
            key: reading::key(self.checked)?,
            ..reading::options(self.reading, config, given)
        };
        Ok(Logs::Files(logs, options))
    }
}

impl Logs<'_> {
    /// Reads all that there is for the incidents in it; all is handed to `each` on the way.
    pub(super) fn gather(
        &self,
        system: Option<&'static System>,
        talk: &mut impl Write,
        mut each: impl FnMut(&Fall<'_>, u32, &[Part]),
    ) -> anyhow::Result<(Gathered, Read)> {
        let mut gatherer = Gatherer::new();
        let read = self.read(system, true, talk, |fall, parts| {
            let mut group = 0;
            if let Fall::Finding(finding) = fall {
                let id = report::id(finding, parts).unwrap_or_default();
                group = gatherer.finding(finding, &id);
            }
            each(&fall, group, parts);
            if let Fall::Sign(sign) = fall {
                gatherer.sign(sign);
            }
            Ok(())
        })?;
        Ok((gatherer.finish(&read.summary), read))
    }

    /// Joins all that there is, and hands it to `sink` with the names of the files. `aloud`: what is skipped is told.
    pub(super) fn read(
        &self,
        system: Option<&'static System>,
        aloud: bool,
        talk: &mut impl Write,
        mut sink: impl FnMut(Fall<'_>, &[Part]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Read> {
        match self {
            Logs::Files(logs, options) => {
                let Inputs {
                    inputs,
                    parts,
                    skipped,
                    mut failures,
                } = discover(logs, options);
                if aloud {
                    tell_skipped(&skipped, talk)?;
                    tell_failures(&failures, talk)?;
                }
                if inputs.is_empty() {
                    return Err(Fault::new(Exit::Input, "no log that can be read").into());
                }
                let (mut summary, read) = watch(inputs, system, |fall| sink(fall, &parts))?;
                let mut broken: Vec<Failure> = Vec::new();
                for mut read in read {
                    broken.extend(read.records.failures());
                    summary.parts.extend(read.records.tallies());
                }
                if aloud {
                    tell_failures(&broken, talk)?;
                }
                failures.extend(broken);
                Ok(Read {
                    parts: parts.into(),
                    summary,
                    is_broken: !failures.is_empty(),
                })
            }
            Logs::Index(reader) => recalled(reader, system, sink),
        }
    }
}

/// The same from what an index keeps of the logs.
fn recalled(
    reader: &Reader,
    system: Option<&'static System>,
    mut sink: impl FnMut(Fall<'_>, &[Part]) -> anyhow::Result<()>,
) -> anyhow::Result<Read> {
    let kept = reader.kept().map_err(Fault::from)?;
    let mut read = Read::of(reader, &kept)?;
    let pruned = kept.pruned;
    let (summary, records) = watch(replay::logs(kept), system, |fall| match fall {
        // Lines of it are left where a clock was ahead.
        Fall::Finding(finding) if finding.time < pruned => Ok(()),
        fall => sink(fall, &read.parts),
    })?;
    for mut records in records {
        records.error().map_err(Fault::from)?;
    }
    read.summary = Summary {
        parts: read.summary.parts,
        ..summary
    };
    Ok(read)
}
