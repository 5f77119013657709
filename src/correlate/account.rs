//! What the reader of the findings should know of the logs themselves.

use super::Correlator;
use super::alone::UNDECIDED;
use super::coverage::Blind;
use crate::event::{Micros, SECOND};
use crate::summary::{ClockOffset, Gap, Summary};

impl Correlator {
    /// A refusal fell into a stretch that the auth logs do not cover.
    pub(super) fn note_gap(&mut self, from: Option<Micros>, until: Option<Micros>, why: Blind) {
        if why == Blind::Removed {
            self.bearings.audits.refused(from, until);
            return;
        }
        let only_retold = why == Blind::Retold;
        let clocks = self.bearings.clocks.iter();
        let mut names = clocks
            .filter(|c| only_retold || !self.bearings.retold[c.input])
            .map(|c| self.names[c.input].as_str())
            .collect::<Vec<_>>();
        // A log whose clock was set has several.
        names.dedup();
        let why = why.to_string();
        match self.gaps.last_mut() {
            Some(gap)
                if gap.why == why
                    && gap
                        .until
                        .zip(from)
                        .is_some_and(|(until, from)| from <= until + SECOND) =>
            {
                gap.until = until;
                gap.refusals += 1;
            }
            Some(gap) if gap.why == why && (gap.from, gap.until) == (from, until) => {
                gap.refusals += 1;
            }
            _ => self.gaps.push(Gap {
                input: names.join(", "),
                from,
                until,
                why,
                refusals: 1,
            }),
        }
    }

    /// What the reader of the findings should know of the logs. What was read of each, and in which zone, is the
    /// caller's.
    pub fn summary(&self) -> Summary {
        Summary {
            parts: Vec::new(),
            zones: Vec::new(),
            clock_offsets: self.clock_offsets(),
            gaps: [self.gaps.clone(), self.bearings.audits.gaps(&self.names)].concat(),
            notes: self.notes(),
            unlogged: self.unlogged().into_iter().collect(),
        }
    }

    /// The server product, where no log of it was read that tells of most refusals.
    fn unlogged(&self) -> Option<&'static str> {
        let system = self.bearings.system?;
        self.bearings.told().next().is_none().then_some(system.name)
    }

    /// What the operator should know or change about the logging itself.
    fn notes(&self) -> Vec<String> {
        let Some(system) = self.bearings.system else {
            return vec![UNDECIDED.to_owned()];
        };
        let name = system.name;
        let mut notes = Vec::new();
        if self.bearings.clocks.is_empty() {
            let how = system.turn_on_log;
            notes.push(format!(
                "No auth log of {name} was read, so only sizes and paths speak. To have one, {how}."
            ));
        } else if self.bearings.told().next().is_none() {
            let how = system.turn_on_log;
            notes.push(format!(
                "The log of {name} that was read leaves out most refusals. To have the one that does not, {how}."
            ));
        }
        if !self.bearings.proxies.is_empty() {
            let mut proxies: Vec<_> = self
                .bearings
                .proxies
                .iter()
                .map(ToString::to_string)
                .collect();
            proxies.sort();
            notes.push(format!(
                "The auth log names {} for every client: that is a proxy. Lines were joined by time, path and \
                 order instead. To have the clients' addresses, {}.",
                proxies.join(", "),
                system.turn_on_addresses
            ));
        }
        if self.late > 0 {
            notes.push(format!(
                "{} lines stand out of order in their log, so that what is around them was joined without \
                 them. Logs must be in the order of time; give rotated files by name, not as one stream.",
                self.late
            ));
        }
        if self.unassigned > 0 {
            notes.push(format!(
                "{} lines of the auth log came in a flood, so that none of them could be given to one request.",
                self.unassigned
            ));
        }
        notes.extend(self.bearings.audits.notes(&self.names));
        let since = system.logs_refusals_since;
        if let Some(old) = self.server.started().iter().find(|v| **v < since) {
            notes.push(format!(
                "{name} {old} writes no line for most refusals; versions from {since} on do. An update makes \
                 them visible."
            ));
        }
        notes
    }

    /// How far the clocks were found to be apart.
    fn clock_offsets(&self) -> Vec<ClockOffset> {
        let is_access = |i: &usize| self.bearings.clocks.iter().all(|c| c.input != *i);
        let access = (0..self.names.len()).find(|i| self.bearings.own[*i] && is_access(i));
        let reference = access.map_or("", |i| self.names[i].as_str());
        let mut found = Vec::new();
        for clock in &self.bearings.clocks {
            for (n, piece) in clock.pieces.iter().enumerate().filter(|(_, p)| p.pairs > 0) {
                #[allow(clippy::cast_precision_loss)]
                let offset_s = -piece.offset as f64 / 1e6;
                found.push(ClockOffset {
                    input: self.names[clock.input].clone(),
                    reference: reference.to_owned(),
                    since: (n > 0).then_some(piece.since + piece.offset),
                    offset_s,
                    error_s: piece.error_s,
                    pairs: piece.pairs,
                });
            }
        }
        found
    }
}
