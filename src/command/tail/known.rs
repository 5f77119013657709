//! Under which ids alerts were told.

use std::collections::{HashMap, HashSet};

use crate::alert::Alert;
use crate::event::Micros;
use crate::index::Told;
use crate::report::alert::group_key;

/// What was told; there are as many as there are alerts in the index.
#[derive(Debug, Default)]
pub(super) struct Known {
    told: HashSet<(Box<str>, u32)>,
    /// Of each id the one under which it is told.
    told_as: HashMap<Box<str>, Box<str>>,
    /// Of each group what was told last.
    groups: HashMap<String, Span>,
}

#[derive(Debug)]
struct Span {
    id: Box<str>,
    first: Micros,
    last: Micros,
}

impl Known {
    /// Takes an alert that was told. Its id is the one under which its group was told, where it goes on: a line that
    /// comes late can change what came first, and with it the id. False: it was told before.
    pub(super) fn is_new(&mut self, alert: &mut Alert) -> bool {
        let key = group_key(alert);
        let id = match self.told_as.get(&alert.id) {
            Some(id) => id.clone(),
            None => self
                .goes_on(&key, alert)
                .unwrap_or_else(|| alert.id.clone()),
        };
        self.told_as.insert(alert.id.clone(), id.clone());
        alert.id.clone_from(&id);
        self.extend(key, id, alert.first, alert.last);
        self.told.insert((alert.id.clone(), alert.sequence))
    }

    /// Takes an alert that was told by an earlier run.
    pub(super) fn remember(&mut self, told: Told) {
        self.told_as.insert(told.id.clone(), told.id.clone());
        self.extend(told.group_key, told.id.clone(), told.first, told.last);
        self.told.insert((told.id, told.sequence));
    }

    /// What was told of a group last, and from when to when it lasted.
    fn extend(&mut self, key: String, id: Box<str>, first: Micros, last: Micros) {
        let span = self.groups.entry(key).or_insert_with(|| Span {
            id: id.clone(),
            first,
            last,
        });
        if span.id == id {
            span.last = span.last.max(last);
        } else if last > span.last {
            *span = Span { id, first, last };
        }
    }

    /// The id under which the same was told: it was of this group at that time.
    fn goes_on(&self, key: &str, alert: &Alert) -> Option<Box<str>> {
        let span = self.groups.get(key)?;
        let is_same = alert.first <= span.last && span.first <= alert.last;
        is_same.then(|| span.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::Known;
    use crate::alert::{Alert, State};
    use crate::level::Level;

    /// What is told of an alert: its id, or nothing.
    fn told(
        known: &mut Known,
        id: &str,
        sequence: u32,
        (first, last): (i64, i64),
    ) -> Option<String> {
        let mut alert = Alert {
            id: id.into(),
            sequence,
            rule: "rule".into(),
            title: "".into(),
            level: Level::Low,
            state: State::Firing,
            group: Vec::new(),
            time: last,
            first,
            last,
            count: 1,
            values: None,
            suppressed: 0,
            techniques: Vec::new(),
            findings: Vec::new(),
            left_out: 0,
            message: "".into(),
        };
        known.is_new(&mut alert).then(|| alert.id.into())
    }

    #[test]
    fn what_is_said_again_is_not_told_again() {
        let mut known = Known::default();
        for (id, sequence, span) in [("a", 0, (10, 20)), ("a", 1, (10, 30)), ("b", 0, (90, 95))] {
            assert_eq!(told(&mut known, id, sequence, span).as_deref(), Some(id));
        }
        // All over again: also of a, though b is what its group was told last.
        for (id, sequence, span) in [("a", 0, (10, 20)), ("a", 1, (10, 30)), ("b", 0, (90, 95))] {
            assert_eq!(told(&mut known, id, sequence, span), None);
        }
        assert_eq!(told(&mut known, "b", 1, (90, 99)).as_deref(), Some("b"));
    }

    #[test]
    fn what_a_late_line_begins_earlier_goes_on_under_its_id() {
        let mut known = Known::default();
        assert_eq!(told(&mut known, "a", 0, (10, 20)).as_deref(), Some("a"));
        assert_eq!(told(&mut known, "late", 0, (8, 20)), None);
        assert_eq!(told(&mut known, "late", 1, (8, 50)).as_deref(), Some("a"));
        assert_eq!(told(&mut known, "late", 1, (8, 50)), None);
        assert_eq!(
            told(&mut known, "next", 0, (60, 70)).as_deref(),
            Some("next")
        );
    }
}
