//! Lines of a log that tells again what another tells: one event, two lines.

use std::sync::Arc;

use super::Correlator;
use super::notice::{Notice, Retold};
use crate::event::{Micros, SECOND};

/// How long before its line in the first log, and after it, an event may stand in the other one: both are stamped
/// by one clock, one after the other.
const BEFORE: Micros = SECOND / 2;
const AFTER: Micros = SECOND;
/// Lines further back than this are not looked at.
const RECENT: Micros = 4 * SECOND;

impl Correlator {
    /// Joins a notice with the one that waits and tells of the same event. `None`: nothing is left to be paired.
    pub(super) fn retell(&mut self, notice: Notice) -> Option<Notice> {
        let is_retold = |n: &Notice| self.bearings.retold[self.bearings.clocks[n.clock].input];
        let again = is_retold(&notice);
        let since = notice.time.start - RECENT;
        let recent = self.notices.iter().rposition(|n| n.time.end < since);
        let from = recent.map_or(0, |at| at + 1);
        // The first of equal ones, as both logs have them in one order.
        let same = self.notices[from..].iter().position(|other| {
            is_retold(other) != again
                && if again {
                    other.retold.is_none() && is_same_event(other, &notice)
                } else {
                    is_same_event(&notice, other)
                }
        });
        let Some(at) = same.map(|at| from + at) else {
            return Some(notice);
        };
        if again {
            if let Some(first) = Arc::get_mut(&mut self.notices[at]) {
                first.retold = Retold::of(notice);
            }
            return None;
        }
        let other = Arc::into_inner(self.notices.remove(at));
        Some(Notice {
            retold: other.and_then(Retold::of),
            ..notice
        })
    }
}

/// Whether `again` tells of what `first` tells of.
fn is_same_event(first: &Notice, again: &Notice) -> bool {
    let Some((one, other)) = first.entry().zip(again.entry()) else {
        return false;
    };
    let (Some(statement), Some(retold)) = (one.statement, other.statement) else {
        return false;
    };
    // By the one clock that both were stamped by.
    let time = |n: &Notice| n.time.start - n.offset..n.time.end - n.offset;
    let (written, told) = (time(first), time(again).start);
    let agree = |a: Option<&str>, b: Option<&str>| a.is_none() || b.is_none() || a == b;
    statement.meaning == retold.meaning
        && statement.routes.intersects(retold.routes)
        && (written.start - BEFORE..written.end + AFTER).contains(&told)
        && (first.source.is_none() || again.source.is_none() || first.source == again.source)
        && agree(one.host.as_deref(), other.host.as_deref())
        && agree(one.principal.as_deref(), other.principal.as_deref())
}
