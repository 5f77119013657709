//! One request, several lines: the same record in another log, and what the server wrote before it.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use super::notice::Notice;
use crate::event::{Micros, SECOND, Trail};

/// Two forms of a log stamp the same record within this, at its end,
const APART: Micros = SECOND;
/// and at its beginning: where each takes the time by itself, they do so one behind the other.
const BEGUN: Micros = SECOND / 5;
/// What a record took to be written after the last line before it, and what is cut from times.
const SLACK: Micros = 5_000;
/// Records that are remembered.
const RECENT: usize = 4096;
/// Lines among which those are looked for that stand beside a record.
const NEAR: usize = 64;

/// The records that were seen last, each with the inputs that had it.
#[derive(Debug, Default, Clone)]
pub(super) struct Records {
    seen: HashMap<u64, Vec<Seen>>,
    order: VecDeque<u64>,
}

/// A record, and how each input that has it tells its time.
#[derive(Debug, Clone)]
struct Seen(Vec<(usize, Range<Micros>)>);

impl Seen {
    fn is_of(&self, input: usize) -> bool {
        self.0.iter().any(|(seen, _)| *seen == input)
    }
}

impl Records {
    /// Takes a record in. Whether it was seen before: in another input, or doubled in its own.
    pub(super) fn is_known(&mut self, input: usize, record: u64, trail: &Trail) -> bool {
        let alike = self.seen.entry(record).or_default();
        let own = (input, trail.wall.clone());
        if alike.iter().any(|seen| seen.0.contains(&own)) {
            return true;
        }
        let is_near = |wall: &Range<Micros>| {
            (wall.end - own.1.end).abs() < APART && (wall.start - own.1.start).abs() < BEGUN
        };
        let is_it =
            |seen: &&mut Seen| !seen.is_of(input) && seen.0.iter().all(|(_, wall)| is_near(wall));
        if let Some(twin) = alike.iter_mut().find(is_it) {
            twin.0.push(own);
            return true;
        }
        alike.push(Seen(vec![own]));
        self.order.push_back(record);
        if self.order.len() > RECENT
            && let Some(oldest) = self.order.pop_front()
            && let Some(alike) = self.seen.get_mut(&oldest)
        {
            alike.remove(0);
            if alike.is_empty() {
                self.seen.remove(&oldest);
            }
        }
        false
    }
}

/// Adds to a record those of the last lines that the same thread wrote while it worked on the request.
pub(super) fn gather(notices: &mut Vec<Arc<Notice>>, record: &mut Notice) {
    let Some(trail) = record.trail().filter(|t| t.record.is_some()) else {
        return;
    };
    let during = trail.wall.start - SLACK..trail.wall.end + SLACK;
    let from = notices.len().saturating_sub(NEAR);
    let is_beside = |n: &Arc<Notice>| {
        let own = n.trail();
        own.is_some_and(|own| {
            own.record.is_none() && own.thread == trail.thread && during.contains(&own.wall.start)
        })
    };
    let mut found: Vec<Arc<Notice>> = Vec::new();
    let mut at = from;
    while at < notices.len() {
        if is_beside(&notices[at]) {
            found.push(notices.remove(at));
        } else {
            at += 1;
        }
    }
    for beside in found {
        record.lines.extend(beside.lines.iter().cloned());
    }
}

/// Whether this line, which stands beside a record, is there already: some logs have each line twice.
pub(super) fn is_doubled(notices: &[Arc<Notice>], notice: &Notice) -> bool {
    let (reason, trail) = (reason(notice), notice.trail());
    trail.is_some_and(|t| t.record.is_none())
        && notices
            .iter()
            .rev()
            .take(NEAR)
            .any(|n| n.trail() == trail && self::reason(n) == reason)
}

fn reason(notice: &Notice) -> Option<&str> {
    notice.entry()?.reason.as_deref()
}
