//! How many were refused when: in columns that are fine enough to see what happened.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

use super::lanes::Marks;
use super::told::{Told, grouped, number};
use super::{Block, Cell, Table};
use crate::cause::Cause;
use crate::event::{Micros, SECOND};
use crate::report::chart::{Chart, Heat, Plot, SERIES, Stack, Tick};
use crate::report::incidents::words::long;
use crate::report::text::title;
use crate::zone::Zone;

/// How wide a column may be, in seconds.
const STEPS: [Micros; 18] = [
    1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    604_800,
];
/// Columns that can still be told apart on a narrow screen.
const COLUMNS: Micros = 72;
/// How far apart the places that have a label may be, in seconds.
const TICKS: [Micros; 18] = [
    1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    604_800, 2_592_000,
];
/// Labels of times across.
const LABELS: Micros = 7;
/// How far from the first refusal, or the last, something may be that is drawn as well, at least.
const NEAR: Micros = 15 * SECOND;
/// Days that have a row each; of more, each day of the week has one.
const DAYS: i64 = 35;
/// Rows of the table below a chart.
const ROWS: usize = 200;

/// Refusals by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bins {
    pub from: Micros,
    pub step: Micros,
    /// The most frequent first.
    pub causes: Vec<Option<Cause>>,
    /// One after the other, also where nothing was; of each cause how many.
    pub columns: Vec<Vec<u64>>,
}

impl Bins {
    pub fn until(&self) -> Micros {
        self.from + self.step * Micros::try_from(self.columns.len()).unwrap_or(Micros::MAX)
    }
}

/// With what set incidents off or ended them, if it is near. `None`: there is no refusal.
pub fn bins(told: &Told<'_>) -> Option<Bins> {
    let (digest, zone) = (told.digest, told.page.zone);
    let (mut first, mut last) = digest.first.zip(digest.last)?;
    let margin = ((last - first) / 4).max(NEAR);
    let near = (first - margin)..(last + margin);
    let triggers = told
        .incidents()
        .flat_map(|i| i.trigger.iter().chain(i.end.by.iter()));
    for time in triggers.filter_map(|trigger| trigger.time) {
        if near.contains(&time) {
            first = first.min(time);
            last = last.max(time);
        }
    }
    let base = digest.times.step();
    let is_wide = |step: &Micros| (last - first) / step < COLUMNS && step % base == 0;
    let steps = STEPS.iter().map(|step| step * SECOND);
    // Beyond years, as many weeks as it takes.
    let widest = base.max(STEPS[STEPS.len() - 1] * SECOND);
    let weeks = (last - first) / COLUMNS / widest + 1;
    let step = steps.into_iter().find(is_wide).unwrap_or(widest * weeks);
    // Days begin at the reader's midnight.
    let shift = zone.read(first).map_or(0, |t| ahead(&t)) % step;
    let from = first - (first + shift).rem_euclid(step);
    let mut causes: Vec<_> = digest.causes.iter().collect();
    causes.sort_by_key(|(cause, v)| (std::cmp::Reverse(v.total()), **cause));
    let causes: Vec<Option<Cause>> = causes.iter().map(|(cause, _)| **cause).collect();
    let length = usize::try_from((last - from) / step).ok()? + 1;
    let mut columns = vec![vec![0; causes.len()]; length];
    for (time, cause, number) in digest.times.counts() {
        let at = usize::try_from((time - from).max(0) / step).unwrap_or(0);
        let row = causes.iter().position(|c| *c == cause).unwrap_or(0);
        columns[at.min(length - 1)][row] += number;
    }
    Some(Bins {
        from,
        step,
        causes,
        columns,
    })
}

fn ahead(time: &DateTime<FixedOffset>) -> Micros {
    Micros::from(time.offset().local_minus_utc()) * SECOND
}

/// Of all refusals by cause, with what set incidents off; and the hours of the days.
pub(super) fn refusals(told: &Told<'_>) -> Vec<Block> {
    let Some(bins) = bins(told) else {
        return Vec::new();
    };
    let mut blocks = vec![stack(told, &bins)];
    if told.digest.hours.len() > 1 {
        blocks.push(heat(told));
    }
    blocks
}

fn stack(told: &Told<'_>, bins: &Bins) -> Block {
    let names = bins.causes.iter().map(|cause| title(*cause, 1));
    let mut series: Vec<String> = names.collect();
    let mut columns = bins.columns.clone();
    if series.len() > SERIES {
        series.truncate(SERIES - 1);
        series.push("Others".to_owned());
        for column in &mut columns {
            let rest = column.split_off(SERIES - 1).iter().sum();
            column.push(rest);
        }
    }
    let sums = columns.iter().map(|column| column.iter().sum::<u64>());
    let (most, at) = sums
        .zip(0..)
        .max_by_key(|(n, at)| (*n, -*at))
        .unwrap_or((0, 0));
    let peak = told.time(bins.from + bins.step * at);
    let mut desc = format!(
        "A column is {} wide. The highest: {} from {peak} on.",
        long(bins.step),
        number(most, "refusal"),
    );
    let marks = Marks::of(told).within(bins.from, bins.until());
    if !marks.is_empty() {
        desc = format!(
            "{desc} Numbered lines mark what set incidents off or ended them; see Triggers."
        );
    }
    let rows = rows(told, bins, &series, &columns);
    let chart = Chart {
        id: "refusals-over-time".to_owned(),
        title: "Refusals over time, by cause".to_owned(),
        desc,
        plot: Plot::Stack(Stack {
            series,
            columns,
            ticks: ticks(told.page.zone, bins.from, bins.until()),
            marks,
        }),
    };
    Block::Chart(chart, rows)
}

/// Only columns in which something was.
fn rows(told: &Told<'_>, bins: &Bins, series: &[String], columns: &[Vec<u64>]) -> Table {
    let times = (0..).map(|at| bins.from + bins.step * at);
    let all = columns.iter().zip(times);
    let all: Vec<_> = all
        .filter(|(column, _)| column.iter().any(|n| *n > 0))
        .collect();
    let row = |(column, time): &(&Vec<u64>, Micros)| {
        let named = series.iter().zip(*column).filter(|(_, n)| **n > 0);
        let named: Vec<String> = named.map(|(name, n)| format!("{n} {name}")).collect();
        vec![
            Cell::Whole(told.time(*time)),
            Cell::Number(column.iter().sum()),
            Cell::words(named.join(", ")),
        ]
    };
    Table {
        caption: "Refusals over time, by cause",
        columns: vec!["from", "refusals", "causes"],
        rows: all.iter().take(ROWS).map(row).collect(),
        sum: None,
        left_out: None,
    }
}

fn heat(told: &Told<'_>) -> Block {
    let hours = &told.digest.hours;
    let ends = hours.keys().next().zip(hours.keys().next_back());
    let days = ends.map_or(0, |(first, last)| (*last - *first).num_days());
    let rows = if days < DAYS {
        let days = ends.into_iter().flat_map(|(first, last)| {
            let days = first.iter_days();
            days.take_while(move |day| day <= last)
        });
        let row = |day: NaiveDate| {
            let counts = hours.get(&day).copied().unwrap_or_default();
            (day.format("%a %-d %b").to_string(), counts)
        };
        days.map(row).collect()
    } else {
        by_weekday(hours)
    };
    let cells = rows.iter().flat_map(|(label, counts)| {
        let cells = counts.iter().zip(0_u64..);
        cells.map(move |(number, hour)| (*number, hour, label))
    });
    let most = cells.max_by_key(|(number, ..)| *number);
    let desc = most.map_or_else(String::new, |(number, hour, label)| {
        format!("A cell an hour, the darker the more. Most in the hour from {hour:02}:00 on, {label}: {number}.")
    });
    let table = hours_table(&rows);
    let chart = Chart {
        id: "hours".to_owned(),
        title: "Refusals by day and hour".to_owned(),
        desc,
        plot: Plot::Heat(Heat { rows }),
    };
    Block::Chart(chart, table)
}

fn by_weekday(hours: &BTreeMap<NaiveDate, [u64; 24]>) -> Vec<(String, [u64; 24])> {
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let mut rows = names.map(|name| (name.to_owned(), [0; 24]));
    for (day, counts) in hours {
        let row = &mut rows[day.weekday().num_days_from_monday() as usize].1;
        for (sum, number) in row.iter_mut().zip(counts) {
            *sum += number;
        }
    }
    rows.to_vec()
}

fn hours_table(rows: &[(String, [u64; 24])]) -> Table {
    let row = |(label, counts): &(String, [u64; 24])| {
        let named = counts.iter().zip(0..).filter(|(n, _)| **n > 0);
        let named: Vec<String> = named
            .map(|(n, hour)| format!("{hour:02}:00 {}", grouped(*n)))
            .collect();
        vec![
            Cell::Words(label.clone()),
            Cell::Number(counts.iter().sum()),
            Cell::words(named.join(", ")),
        ]
    };
    Table {
        caption: "Refusals by day and hour",
        columns: vec!["day", "refusals", "hours"],
        rows: rows.iter().map(row).collect(),
        sum: None,
        left_out: None,
    }
}

/// Places across that have a label: round times on the reader's wall.
pub(super) fn ticks(zone: Zone, from: Micros, until: Micros) -> Vec<Tick> {
    let span = until - from;
    let steps = TICKS.iter().map(|step| step * SECOND);
    let Some(step) = steps.into_iter().find(|step| span / step < LABELS) else {
        return Vec::new();
    };
    let shift = zone.read(from).map_or(0, |t| ahead(&t));
    let mut time = from + (-(from + shift)).rem_euclid(step);
    let mut ticks = Vec::new();
    let mut day = None;
    while time < until {
        let Some(wall) = zone.read(time) else { break };
        let form = match (step < 60 * SECOND, step < 86_400 * SECOND) {
            _ if day != Some(wall.date_naive()) && step >= 86_400 * SECOND => "%-d %b",
            (true, _) => "%H:%M:%S",
            (_, true) => "%H:%M",
            _ => "%-d %b",
        };
        let is_new = day.is_some_and(|day| day != wall.date_naive());
        let form = if is_new && step < 86_400 * SECOND {
            "%-d %b %H:%M"
        } else {
            form
        };
        day = Some(wall.date_naive());
        ticks.push(Tick {
            at: share(time, from, until),
            label: wall.format(form).to_string(),
        });
        time += step;
    }
    ticks
}

/// Where a moment stands between two, from 0 to 1.
#[allow(clippy::cast_precision_loss)] // far below a pixel
pub(super) fn share(time: Micros, from: Micros, until: Micros) -> f64 {
    ((time - from) as f64 / (until - from).max(1) as f64).clamp(0.0, 1.0)
}
