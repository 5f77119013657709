//! `alert replay`: what would have been told, had the rules held; and with other rules, what would differ.

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;

use anstream::ColorChoice;
use anyhow::Context;
use chrono::Utc;

use super::super::logs::{Asked, Read};
use super::super::talk::Talk;
use super::super::{Exit, Fault, columns, reading, stdout};
use super::{Cited, Watch};
use crate::alert::rule::{self, Rule};
use crate::cli::{AlertReplayArgs, Output};
use crate::config::Config;
use crate::event::Micros;
use crate::report::Page;
use crate::report::alert::text;

/// What tells of the same.
type Key = (Box<str>, u32);

fn key(told: &Cited) -> Key {
    (told.alert.id.clone(), told.alert.sequence)
}

#[expect(clippy::disallowed_methods, reason = "`2h` ago is counted from here")]
pub(super) fn run(
    args: &AlertReplayArgs,
    config: &Config,
    color: ColorChoice,
) -> anyhow::Result<Exit> {
    let zone = args.from.zone();
    let since = args.since.map(|when| {
        let now = Utc::now().timestamp_micros();
        when.resolve(now, zone)
            .context("--since is beyond the calendar")
    });
    let since = since.transpose()?.unwrap_or(Micros::MIN);
    let asked = Asked::from(&args.from);
    let mut talk = Talk::new(color);
    let mut sets = vec![config.rules.clone()];
    if let Some(file) = &args.rules {
        let rules = config.rules_with(file).map_err(anyhow::Error::from);
        sets.push(rules.context(Fault::new(Exit::Usage, "the rules cannot be used"))?);
    }
    let (mut told, read) = replay(&asked, config, &sets, &mut talk)?;
    for told in &mut told {
        told.retain(|told| told.alert.time >= since);
    }
    let page = Page::new(Arc::clone(&read.parts), zone, columns());
    let mut out = stdout(args.output, color);
    let configured = told.swap_remove(0);
    for (mark, told) in marked(configured, told.pop()) {
        match args.output {
            Output::Text => text(&page, mark.sign(), &told.alert, &mut out)?,
            Output::Ndjson => writeln!(out, "{}", mark.marked(told.body(&read.parts)?))?,
        }
    }
    out.flush()?;
    Ok(read.exit(false))
}

/// What each of these sets of configured rules tells of all that there is.
pub(super) fn replay(
    asked: &Asked<'_>,
    config: &Config,
    sets: &[Vec<Rule>],
    talk: &mut impl Write,
) -> anyhow::Result<(Vec<Vec<Cited>>, Read)> {
    let given = reading::formats(asked.reading, talk)?;
    let logs = asked.find(config, &given, talk)?;
    let rules = sets.iter().map(|rules| rule::all(rules));
    let mut watches: Vec<Watch> = rules.map(Watch::new).collect();
    let mut told: Vec<Vec<Cited>> = sets.iter().map(|_| Vec::new()).collect();
    let read = logs.read(None, true, talk, |fall, parts| {
        for (watch, told) in watches.iter_mut().zip(&mut told) {
            watch.fall(&fall, parts);
            told.extend(watch.take());
        }
        Ok(())
    })?;
    for (watch, told) in watches.iter_mut().zip(&mut told) {
        watch.finish(&read.summary);
        told.extend(watch.take());
    }
    Ok((told, read))
}

/// Of which rules an alert is.
#[derive(Clone, Copy)]
enum Mark {
    All,
    /// With those of the file only.
    Added,
    /// Without them only.
    Removed,
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Mark::All => "",
            Mark::Added => "+ ",
            Mark::Removed => "- ",
        }
    }

    /// The object with what it is marked with.
    fn marked(self, body: String) -> String {
        let mark = match self {
            Mark::All => return body,
            Mark::Added => "added",
            Mark::Removed => "removed",
        };
        format!("{{\"diff\":\"{mark}\",{}", &body[1..])
    }
}

/// All of both, in the order of time, those that are in both once.
fn marked(configured: Vec<Cited>, other: Option<Vec<Cited>>) -> Vec<(Mark, Cited)> {
    let Some(other) = other else {
        return configured.into_iter().map(|t| (Mark::All, t)).collect();
    };
    let keys = |told: &[Cited]| -> HashSet<Key> { told.iter().map(key).collect() };
    let (before, after) = (keys(&configured), keys(&other));
    let removed = configured.into_iter().map(|told| {
        let is_there = after.contains(&key(&told));
        (if is_there { Mark::All } else { Mark::Removed }, told)
    });
    let added = other
        .into_iter()
        .filter(|told| !before.contains(&key(told)));
    let mut all: Vec<_> = removed.collect();
    all.extend(added.map(|told| (Mark::Added, told)));
    all.sort_by_key(|(_, told)| told.alert.time);
    all
}
