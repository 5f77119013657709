//! All that a report is made of: counted by an index, or joined anew.

use std::io::Write;
use std::net::IpAddr;

use super::super::incidents::Groups;
use super::super::join::Fall;
use super::super::logs::{Logs, Read};
use super::super::one::found;
use super::super::rolled::Rolled;
use super::Ask;
use crate::event::Part;
use crate::incident::Gathered;
use crate::report::Filter;
use crate::report::digest::{Digest, Lanes, Samples};
use crate::report::document::DRAWN;
use crate::report::pseudonym::Pseudonyms;

/// What was read, and which incidents of it are asked for.
pub(super) struct Collected {
    pub(super) gathered: Gathered,
    pub(super) read: Read,
    pub(super) digest: Digest,
    pub(super) shown: Vec<usize>,
}

impl Collected {
    /// The same with pseudonyms.
    fn under(mut self, pseudonyms: &Pseudonyms) -> Self {
        let files = &self.read.parts;
        pseudonyms.gathered(&mut self.gathered, files);
        self.read.summary = pseudonyms.summary(self.read.summary, files);
        self.read.parts = pseudonyms.parts(files);
        self.digest = pseudonyms.digest(self.digest);
        self
    }
}

impl Ask<'_> {
    pub(super) fn collect(
        &self,
        logs: &Logs<'_>,
        talk: &mut impl Write,
    ) -> anyhow::Result<Collected> {
        match self.rolled(logs, talk)? {
            Some((rolled, one)) => self.recall(rolled, one),
            None => self.join(logs, talk),
        }
    }

    /// What an index counted, and the one incident that is asked for. `None`: logs have to be joined.
    pub(super) fn rolled<'a>(
        &self,
        logs: &'a Logs<'_>,
        talk: &mut impl Write,
    ) -> anyhow::Result<Option<(Rolled<'a>, Option<usize>)>> {
        // Which names there are is learned from the findings themselves.
        if self.pseudonyms.is_some() {
            return Ok(None);
        }
        let Some(rolled) = logs.rolled(self.args.filter.system(), talk)? else {
            return Ok(None);
        };
        let id = self.args.incident.as_deref();
        let one = id.map(|id| found(&rolled.gathered, id)).transpose()?;
        Ok(Some((rolled, one)))
    }

    fn recall(&self, rolled: Rolled<'_>, one: Option<usize>) -> anyhow::Result<Collected> {
        let mut digest = Digest::new(self.zone);
        let mut groups = Groups::default();
        let mut samples = Samples::default();
        rolled.outlines(self.filter, one, |number, group, outline| {
            groups.add(group);
            digest.count(outline);
            samples.offer(group, outline, || number);
        })?;
        digest.samples = rolled.samples(samples)?;
        let shown = match one {
            Some(one) => vec![one],
            None => groups.incidents(&rolled.gathered),
        };
        // Only now it is known who is drawn.
        digest.lanes = Lanes::only(drawn(&rolled.gathered, &shown));
        rolled.outlines(self.filter, one, |_, _, outline| digest.drawn(outline))?;
        rolled.changes(self.filter, |changed| digest.changed(changed))?;
        let lanes = digest.lanes.clients();
        rolled.echoes(self.filter, |c| lanes.contains(&c), |e| digest.echo(e))?;
        Ok(Collected {
            gathered: rolled.gathered,
            read: rolled.read,
            digest,
            shown,
        })
    }

    fn join(&self, logs: &Logs<'_>, talk: &mut impl Write) -> anyhow::Result<Collected> {
        let mut pseudonyms = self.pseudonyms.clone();
        let mut learn = |fall: &Fall<'_>| {
            if let Some(pseudonyms) = &mut pseudonyms {
                self::learn(fall, pseudonyms);
            }
        };
        let all = match &self.args.incident {
            None => self.join_all(logs, talk, &mut learn)?,
            Some(id) => self.join_one(id, logs, talk, &mut learn)?,
        };
        Ok(match pseudonyms {
            Some(pseudonyms) => all.under(&pseudonyms),
            None => all,
        })
    }

    fn join_all(
        &self,
        logs: &Logs<'_>,
        talk: &mut impl Write,
        learn: &mut impl FnMut(&Fall<'_>),
    ) -> anyhow::Result<Collected> {
        let mut counted = Counted::new(self);
        let mut wanted = Groups::default();
        let system = self.args.filter.system();
        let (gathered, read) = logs.gather(system, talk, |fall, group, parts| {
            learn(fall);
            if counted.add(fall, Some(group), parts) {
                wanted.add(group);
            }
        })?;
        Ok(Collected {
            shown: wanted.incidents(&gathered),
            digest: counted.digest,
            gathered,
            read,
        })
    }

    fn join_one(
        &self,
        id: &str,
        logs: &Logs<'_>,
        talk: &mut impl Write,
        learn: &mut impl FnMut(&Fall<'_>),
    ) -> anyhow::Result<Collected> {
        let system = self.args.filter.system();
        let one = logs.one(id, system, talk, learn)?;
        let mut counted = Counted::new(self);
        let read = logs.again(&one, system, talk, |fall, own, parts| {
            counted.add(fall, own, parts);
            Ok(())
        })?;
        Ok(Collected {
            shown: vec![one.at],
            digest: counted.digest,
            gathered: one.gathered,
            read,
        })
    }
}

/// What was counted so far of what is asked for.
struct Counted<'a> {
    filter: &'a Filter,
    digest: Digest,
    /// Findings, asked for or not.
    findings: u64,
}

impl<'a> Counted<'a> {
    fn new(asked: &Ask<'a>) -> Self {
        Self {
            filter: asked.filter,
            digest: Digest::new(asked.zone),
            findings: 0,
        }
    }

    /// Tells whether it is a finding that counts. `group`: the one that it is of; `None`: it does not count.
    fn add(&mut self, fall: &Fall<'_>, group: Option<u32>, parts: &[Part]) -> bool {
        let filter = self.filter;
        match fall {
            Fall::Finding(finding) => {
                let number = self.findings;
                self.findings += 1;
                if let Some(group) = group.filter(|_| filter.accepts(finding, parts)) {
                    self.digest.finding(number, group, finding, parts);
                    return true;
                }
            }
            Fall::Sign(sign) if filter.is_within(sign.time) => self.digest.sign(sign),
            _ => {}
        }
        false
    }
}

/// The clients of these incidents that are drawn, of the first incidents first.
fn drawn<'a>(all: &'a Gathered, shown: &'a [usize]) -> impl Iterator<Item = IpAddr> + 'a {
    let incidents = shown.iter().filter_map(|at| all.incidents.get(*at));
    incidents.flat_map(|incident| {
        let clients = incident.clients.kept.iter();
        clients.take(DRAWN).map(|lane| lane.who)
    })
}

pub(super) fn learn(fall: &Fall<'_>, pseudonyms: &mut Pseudonyms) {
    match fall {
        Fall::Finding(finding) => pseudonyms.learn(finding),
        Fall::Sign(sign) => pseudonyms.learn_from(sign),
        Fall::Inputs(_) | Fall::Settled(_) => {}
    }
}
