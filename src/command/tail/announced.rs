//! Incidents that were announced: each is told when it begins, when it gets worse, and when it is over.

use std::collections::HashMap;

use crate::incident::{Ended, Incident};
use crate::index::{Error, Writer};
use crate::level::Level;
use crate::report::incidents::Turn;

/// Below this they are told by their findings only.
const LEAST: Level = Level::Medium;

#[derive(Default)]
pub(super) struct Announced {
    /// How bad each was when it was last told, and whether it was over.
    told: HashMap<String, (Level, bool)>,
    /// Whether what is found first is only what was there before.
    is_first: bool,
}

impl Announced {
    /// Those that the index knows were told before. `is_first`: it knew nothing at all.
    pub(super) fn known(&mut self, writer: &Writer, is_first: bool) -> Result<(), Error> {
        self.is_first = is_first;
        for known in writer.incidents()? {
            let told = (known.level, known.is_over);
            self.told.entry(known.id).or_insert(told);
        }
        Ok(())
    }

    /// What is to be told of the incidents as they are now.
    pub(super) fn turns(&mut self, incidents: Vec<Incident>) -> Vec<(Turn, Incident)> {
        let is_first = std::mem::take(&mut self.is_first);
        let mut turns = Vec::new();
        for incident in incidents.into_iter().rev() {
            let is_over = incident.end.ended != Ended::Open;
            let turn = self.turn(&incident, is_over).filter(|_| !is_first);
            turns.extend(turn.map(|turn| (turn, incident)));
        }
        turns
    }

    /// The same of some of their findings: nobody can tell yet whether those that are missing go on with them.
    pub(super) fn first_turns(&mut self, incidents: Vec<Incident>) -> Vec<(Turn, Incident)> {
        let mut turns = Vec::new();
        for incident in incidents.into_iter().rev() {
            let before = self.told.get(&*incident.id).copied();
            let is_over = before.is_some_and(|(_, is_over)| is_over);
            if before.is_none_or(|(level, _)| level < incident.level) {
                let turn = self.turn(&incident, is_over);
                turns.extend(turn.map(|turn| (turn, incident)));
            }
        }
        turns
    }

    fn turn(&mut self, incident: &Incident, is_over: bool) -> Option<Turn> {
        let now = (incident.level, is_over);
        let before = self.told.insert(incident.id.to_string(), now);
        let before = before.filter(|(level, _)| *level >= LEAST);
        if incident.level < LEAST {
            return None;
        }
        match (before, now) {
            (None, (_, false)) => Some(Turn::Begins),
            (None, (_, true)) => Some(Turn::Passed),
            (Some((_, false)), (_, true)) => Some(Turn::Ends),
            (Some((_, true)), (_, false)) => Some(Turn::GoesOn),
            (Some((before, _)), (now, _)) => (now > before).then_some(Turn::Worsens),
        }
    }
}
