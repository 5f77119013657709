//! One incident: which findings are its own is known only when all were gathered, so logs are read twice.

use std::io::Write;

use super::join::Fall;
use super::logs::{Logs, Read};
use super::{Exit, Fault};
use crate::event::Part;
use crate::incident::{Gathered, Incident};
use crate::report::sanitize::visible;
use crate::system::System;

/// An incident, once all was gathered.
pub(super) struct One {
    pub(super) gathered: Gathered,
    /// Its index.
    pub(super) at: usize,
    pub(super) read: Read,
    /// Of each finding, own or not.
    groups: Vec<u32>,
}

/// The one incident whose id begins so.
pub(super) fn found(gathered: &Gathered, id: &str) -> Result<usize, Fault> {
    let begins = |(_, incident): &(usize, &Incident)| incident.id.starts_with(id);
    let mut fitting = gathered.incidents.iter().enumerate().filter(begins);
    let shown = visible(id);
    match (fitting.next(), fitting.next()) {
        (Some((at, _)), None) => Ok(at),
        (None, _) => Err(Fault::new(
            Exit::Usage,
            format!("no incident has the id {shown}; `why401 incidents` lists them"),
        )),
        (Some(_), Some(_)) => Err(Fault::new(
            Exit::Usage,
            format!("several incidents have an id that begins with {shown}"),
        )),
    }
}

impl Logs<'_> {
    /// Reads all for the first time; it is handed to `each` on the way.
    pub(super) fn one(
        &self,
        id: &str,
        system: Option<&'static System>,
        talk: &mut impl Write,
        mut each: impl FnMut(&Fall<'_>),
    ) -> anyhow::Result<One> {
        let mut groups = Vec::new();
        let (gathered, read) = self.gather(system, talk, |fall, group, _| {
            each(fall);
            if let Fall::Finding(_) = fall {
                groups.push(group);
            }
        })?;
        Ok(One {
            at: found(&gathered, id)?,
            gathered,
            read,
            groups,
        })
    }

    /// And again. Its own findings are handed to `sink` with their group, all else without.
    pub(super) fn again(
        &self,
        one: &One,
        system: Option<&'static System>,
        talk: &mut impl Write,
        mut sink: impl FnMut(&Fall<'_>, Option<u32>, &[Part]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Read> {
        let mut groups = one.groups.iter().copied();
        self.read(system, false, talk, |fall, parts| {
            let group = match fall {
                Fall::Finding(_) => groups.next(),
                _ => None,
            };
            let own = group.filter(|group| one.gathered.incident_of(*group) == Some(one.at));
            sink(&fall, own, parts)
        })
    }
}
