//! An incident as lanes, one a client; and the marks of what set incidents off.

use std::net::IpAddr;

use super::over_time::{share, ticks};
use super::told::{Told, left_out, more, number, shown, triggers};
use super::{Block, Cell, Table};
use crate::event::{Micros, Place, SECOND};
use crate::incident::{Incident, Lane, Lanes, Trigger};
use crate::report::chart::{self, Chart, Mark, Plot, Stretch};
use crate::report::digest::Span;
use crate::report::incidents::words;

/// Lanes of an incident that are drawn, of the clients that were refused most often.
pub const DRAWN: usize = 12;
/// How much of what was before and after is drawn, at least and at most.
const MARGIN: (Micros, Micros) = (30 * SECOND, 6 * 3600 * SECOND);
/// Share of the width that is between two of one kind: some pixels on a narrow screen.
const APART: f64 = 1.0 / 150.0;
/// Triggers that have a number.
const MARKS: usize = 20;

/// What set incidents off and what ended them, by number; what did both, or of several, is one.
pub(super) struct Marks(Vec<Marked>);

struct Marked {
    time: Micros,
    place: Option<Place>,
    label: String,
    /// Which incidents, as shown, and how.
    of: Vec<(usize, &'static str)>,
}

impl Marks {
    pub(super) fn of(told: &Told<'_>) -> Self {
        let mut all: Vec<Marked> = Vec::new();
        for (at, incident) in told.incidents().enumerate() {
            for (what, trigger, _) in triggers(incident) {
                add(&mut all, at, what, trigger);
            }
        }
        all.truncate(MARKS);
        all.sort_by_key(|marked| marked.time);
        Self(all)
    }

    pub(super) fn number(&self, incident: usize, what: &str) -> Option<usize> {
        let is_it = |(at, how): &(usize, &str)| *at == incident && *how == what;
        let found = self.0.iter().position(|m| m.of.iter().any(is_it));
        found.map(|at| at + 1)
    }

    /// Those between two moments.
    pub(super) fn within(&self, from: Micros, until: Micros) -> Vec<Mark> {
        let all = self.0.iter().zip(1..);
        let inside = all.filter(|(marked, _)| (from..until).contains(&marked.time));
        let mark = |(marked, number): (&Marked, usize)| Mark {
            at: share(marked.time, from, until),
            number,
            label: marked.label.clone(),
        };
        inside.map(mark).collect()
    }
}

fn add(all: &mut Vec<Marked>, at: usize, what: &'static str, trigger: &Trigger) {
    let Some(time) = trigger.time else { return };
    let place = trigger.why.place();
    let same = |m: &&mut Marked| m.time == time && m.place == place;
    match all.iter_mut().find(same) {
        Some(marked) => marked.of.push((at, what)),
        None => all.push(Marked {
            time,
            place,
            label: shown(&words::why(&trigger.why)),
            of: vec![(at, what)],
        }),
    }
}

/// `None`: no client of it is known.
pub(super) fn chart(told: &Told<'_>, incident: &Incident) -> Option<Block> {
    if incident.clients.kept.is_empty() {
        return None;
    }
    let (from, until) = window(incident);
    // What a clock that was ahead says is drawn where it happened.
    let ahead = incident.clock_ahead;
    let stretches = |spans: &[Span], ahead: Micros| -> Vec<Stretch> {
        let moved = spans
            .iter()
            .map(|s| (s.first - ahead, s.last - ahead, s.number));
        let inside = moved.filter(|(first, last, _)| *first < until && *last >= from);
        let stretches = inside.map(|(first, last, number)| Stretch {
            from: share(first, from, until),
            until: share(last, from, until),
            number,
        });
        apart(stretches.collect())
    };
    let kept = &incident.clients.kept;
    let rows = kept.iter().take(DRAWN).map(|lane| {
        let lanes = &told.digest.lanes;
        let (refused, accepted) = match lanes.get(lane.who) {
            Some(known) => (
                stretches(known.refused(), ahead),
                stretches(known.accepted(), 0),
            ),
            None if lanes.is_full() => {
                (stretches(&[whole(lane)], 0), stretches(&successes(lane), 0))
            }
            None => (Vec::new(), Vec::new()),
        };
        chart::Lane {
            label: lane.who.to_string(),
            note: number(lane.refusals, "refusal"),
            refused,
            accepted,
        }
    });
    let plot = chart::Lanes {
        rows: rows.collect(),
        ticks: ticks(told.page.zone, from, until),
        marks: Marks::of(told).within(from, until),
        lasted: (
            share(incident.first, from, until),
            share(incident.last, from, until),
        ),
    };
    let desc = format!(
        "A lane for each address from {} to {}. Bars are refusals, circles what was let in, numbered lines what was changed.",
        told.time(from),
        told.time(until)
    );
    let chart = Chart {
        id: format!("lanes-{}", incident.id),
        title: "Address by address".to_owned(),
        desc,
        plot: Plot::Lanes(plot),
    };
    Some(Block::Chart(chart, table(told, incident)))
}

/// From when to when it is drawn: a little more than it lasted, and what set it off and ended it if it is near.
fn window(incident: &Incident) -> (Micros, Micros) {
    let span = incident.last - incident.first;
    let margin = (span / 5).clamp(MARGIN.0, MARGIN.1);
    let (mut from, mut until) = (incident.first - margin, incident.last + margin);
    let befores = incident.clients.kept.iter().filter_map(|lane| lane.before);
    let afters = incident.clients.kept.iter().filter_map(|lane| lane.after);
    let changes = triggers(incident).filter_map(|(_, trigger, _)| trigger.time);
    let moments = changes.chain(befores).chain(afters);
    let near = (incident.first - 4 * margin)..(incident.last + 4 * margin);
    for time in moments.filter(|time| near.contains(time)) {
        from = from.min(time - margin / 2);
        until = until.max(time + margin / 2);
    }
    (from, until)
}

/// All refusals as one, where there are too many clients to know more.
fn whole(lane: &Lane<IpAddr>) -> Span {
    Span {
        first: lane.first,
        last: lane.last,
        number: lane.refusals,
    }
}

/// The last before them and the first behind.
fn successes(lane: &Lane<IpAddr>) -> Vec<Span> {
    let moments = [lane.before, lane.after].into_iter().flatten();
    let span = |time| Span {
        first: time,
        last: time,
        number: 1,
    };
    moments.map(span).collect()
}

/// What cannot be told apart is one.
fn apart(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_by(|a, b| a.from.total_cmp(&b.from));
    stretches.dedup_by(|next, kept| {
        let is_close = next.from - kept.until < APART;
        if is_close {
            kept.until = kept.until.max(next.until);
            kept.number += next.number;
        }
        is_close
    });
    stretches
}

/// Who was refused, and let in before and after: addresses, then names.
pub(super) fn table(told: &Told<'_>, incident: &Incident) -> Table {
    let moment = |time: Option<Micros>, none: &str| {
        Cell::Whole(time.map_or_else(|| none.to_owned(), |time| told.time(time)))
    };
    let row = |who: String, refusals, first, before, after| {
        vec![
            Cell::Said(who),
            Cell::Number(refusals),
            Cell::Whole(told.time(first)),
            moment(before, "never"),
            moment(after, "not"),
        ]
    };
    let clients = incident.clients.kept.iter();
    let clients = clients.map(|l| row(l.who.to_string(), l.refusals, l.first, l.before, l.after));
    let names = incident.principals.kept.iter();
    let names = names.map(|l| row(shown(&l.who), l.refusals, l.first, l.before, l.after));
    let rest = [
        others(&incident.clients, "address"),
        others(&incident.principals, "name"),
    ];
    let rest: Vec<String> = rest.into_iter().flatten().collect();
    Table {
        caption: "Who was refused, and let in before and after",
        columns: vec!["who", "refusals", "first", "let in before", "let in after"],
        rows: clients.chain(names).collect(),
        sum: None,
        left_out: left_out(&rest),
    }
}

fn others<K>(lanes: &Lanes<K>, noun: &str) -> Option<String> {
    let told = more(lanes.others, noun, lanes.rest)?;
    Some(format!("{}{told}", lanes.bound()))
}
