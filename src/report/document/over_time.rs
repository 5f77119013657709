//! How many were refused when: in columns that are fine enough to see what happened.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime};

use super::lanes::Marks;
use super::told::{Told, grouped, number, triggers};
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
/// How far apart the places that have a label may be, in seconds; beyond, there are days.
const TICKS: [Micros; 14] = [
    1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600,
];
/// Each how many days, or months, have a label.
const EVERY_DAYS: [i64; 4] = [1, 2, 7, 14];
const EVERY_MONTHS: [i64; 8] = [1, 2, 3, 6, 12, 60, 240, 1200];
/// From which span on a label needs a year.
const YEAR: Micros = 300 * 86_400 * SECOND;
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
    let triggers = told.incidents().flat_map(triggers);
    for time in triggers.filter_map(|(_, trigger, _)| trigger.time) {
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
    let causes = digest.causes();
    let causes: Vec<Option<Cause>> = causes.iter().map(|(cause, _)| *cause).collect();
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
    if told.digest.hours.by_day().len() > 1 {
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
    if told.is_clock_wrong() {
        desc = format!(
            "{desc} Refusals stand where the clock of the access log put them, which was wrong for a while; the incidents are set right."
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
    let hours = told.digest.hours.by_day();
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

/// Places across that have a label: round times on the reader's wall, also where its clock is set back or forward.
pub(super) fn ticks(zone: Zone, from: Micros, until: Micros) -> Vec<Tick> {
    let span = until - from;
    let tick = |time: Micros, label: String| Tick {
        at: share(time, from, until),
        label,
    };
    let steps = TICKS.iter().map(|step| step * SECOND);
    let Some(step) = steps.into_iter().find(|step| span / step < LABELS) else {
        let days = days(zone, from, until);
        let label = |day: NaiveDate| match (day.day(), span > YEAR) {
            (1, true) => day.format("%b %Y").to_string(),
            _ => day.format("%-d %b").to_string(),
        };
        let days = days.into_iter().map(|(time, day)| tick(time, label(day)));
        return days.collect();
    };
    let shift = zone.read(from).map_or(0, |t| ahead(&t));
    let mut time = from + (-(from + shift)).rem_euclid(step);
    let mut ticks = Vec::new();
    let mut day = None;
    while time < until {
        let Some(wall) = zone.read(time) else { break };
        let today = wall.date_naive();
        let form = match (day.is_some_and(|day| day != today), step < 60 * SECOND) {
            (true, _) => "%-d %b %H:%M",
            (_, true) => "%H:%M:%S",
            _ => "%H:%M",
        };
        day = Some(today);
        ticks.push(tick(time, wall.format(form).to_string()));
        time += step;
    }
    ticks
}

/// Midnights that are few enough to have a label each: of every day, or Monday, or month, or year.
fn days(zone: Zone, from: Micros, until: Micros) -> Vec<(Micros, NaiveDate)> {
    let Some(first) = zone.read(from).map(|t| t.date_naive()) else {
        return Vec::new();
    };
    let moment = |day: NaiveDate| Some((zone.moment(day.and_time(NaiveTime::MIN))?, day));
    let midnights = first.iter_days().map_while(moment);
    let midnights: Vec<_> = midnights
        .skip_while(|(time, _)| *time < from)
        .take_while(|(time, _)| *time < until)
        .collect();
    let month = |day: &NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    let is_nth_day = |day: &NaiveDate, n: i64| (i64::from(day.num_days_from_ce()) - 1) % n == 0;
    let is_nth_month = |day: &NaiveDate, n: i64| day.day() == 1 && month(day) % n == 0;
    let by_day = EVERY_DAYS.iter().map(|n| (*n, true));
    let by_month = EVERY_MONTHS.iter().map(|n| (*n, false));
    let kinds = by_day.chain(by_month).map(|(n, is_day)| {
        let all = midnights.iter().copied();
        let of = |(_, day): &(Micros, NaiveDate)| {
            if is_day {
                is_nth_day(day, n)
            } else {
                is_nth_month(day, n)
            }
        };
        all.filter(of).collect::<Vec<_>>()
    });
    let is_few = |days: &Vec<_>| i64::try_from(days.len()).is_ok_and(|n| n <= LABELS);
    kinds.into_iter().find(is_few).unwrap_or_default()
}

/// Where a moment stands between two, from 0 to 1.
#[allow(clippy::cast_precision_loss)] // far below a pixel
pub(super) fn share(time: Micros, from: Micros, until: Micros) -> f64 {
    ((time - from) as f64 / (until - from).max(1) as f64).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::ticks;
    use crate::event::SECOND;
    use crate::zone::Zone;
    use chrono::DateTime;

    fn labels(from: &str, until: &str) -> Vec<String> {
        let time = |text| DateTime::parse_from_rfc3339(text).unwrap().timestamp() * SECOND;
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let ticks = ticks(berlin, time(from), time(until));
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn a_day_has_one_label_also_when_the_clock_is_set_back() {
        let told = labels("2026-10-23T02:00:00+02:00", "2026-10-26T23:00:00+01:00");
        assert_eq!(told, ["24 Oct", "25 Oct", "26 Oct"]);
        let told = labels("2026-03-26T00:00:00+01:00", "2026-04-01T01:00:00+02:00");
        assert_eq!(told.len(), 7, "{told:?}");
        assert_eq!(told[6], "1 Apr");
    }

    #[test]
    fn weeks_and_years_have_labels() {
        let told = labels("2026-11-02T00:00:00+01:00", "2026-11-09T00:00:00+01:00");
        assert_eq!(told.len(), 7, "{told:?}");
        let told = labels("2025-11-01T01:00:00+01:00", "2026-11-01T08:00:00+01:00");
        assert_eq!(
            told,
            [
                "Jan 2026", "Mar 2026", "May 2026", "Jul 2026", "Sep 2026", "Nov 2026"
            ]
        );
        assert!(!labels("1970-01-01T00:00:00Z", "2070-01-01T00:00:00Z").is_empty());
        let told = labels("2026-11-21T23:50:00+01:00", "2026-11-22T00:20:00+01:00");
        assert_eq!(told[..3], ["23:50", "23:55", "22 Nov 00:00"]);
    }
}
