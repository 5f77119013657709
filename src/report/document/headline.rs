//! What happened, in three sentences made of facts; and the figures.

use super::told::{Told, grouped, how_many, number, share};
use super::{Block, Card, Section};
use crate::event::SECOND;
use crate::incident::{Ended, Incident};
use crate::level::Level;
use crate::report::digest::{Digest, Verdicts};
use crate::report::incidents::words::{self, name};

pub(super) fn title(told: &Told<'_>) -> String {
    match (told.asked.incident.is_some(), told.incidents().next()) {
        (true, Some(incident)) => format!("{}: incident {}", name(incident), incident.id),
        _ => "Refused requests".to_owned(),
    }
}

/// Under the title: from when to when, and of what.
pub(super) fn about(told: &Told<'_>) -> Vec<String> {
    let (asked, digest) = (told.asked, told.digest);
    let mut about = Vec::new();
    let span = match (asked.since, asked.until) {
        (Some(since), Some(until)) => Some(told.span(since, until)),
        (Some(since), None) => Some(format!("since {}", told.time(since))),
        (None, Some(until)) => Some(format!("before {}", told.time(until))),
        (None, None) => {
            let both = digest.first.zip(digest.last);
            both.map(|(first, last)| told.span(first, last))
        }
    };
    about.extend(span);
    if asked.is_filtered {
        about.push("Only refusals that the given filters accept".to_owned());
    }
    if asked.is_pseudonymous {
        about.push("Names, addresses and agents are pseudonyms".to_owned());
    }
    about
}

pub(super) fn cards(told: &Told<'_>) -> Vec<Card> {
    let digest = told.digest;
    let total = digest.verdicts.total();
    let of_level = |least: Level| told.incidents().filter(|i| i.level >= least).count() as u64;
    let bad = of_level(Level::High);
    let (over, incidents) = (told.over(), told.incidents().len());
    let (read, unread) = super::unseen::coverage(told.summary);
    let card = |label, value, note: String| Card { label, value, note };
    vec![
        card(
            "Refusals",
            grouped(total),
            match digest.requests {
                0 => "in no access log".to_owned(),
                requests => format!("{} in all", number(requests, "request")),
            },
        ),
        card(
            "Incidents",
            grouped(incidents as u64),
            match bad {
                0 => "none is high or critical".to_owned(),
                _ => format!("{bad} high or critical"),
            },
        ),
        card(
            "Over",
            match incidents {
                0 => "–".to_owned(),
                all => format!("{over} of {all}"),
            },
            "let in again, or mended".to_owned(),
        ),
        card(
            "Affected",
            grouped(digest.clients.number()),
            format!(
                "{}{}",
                match (digest.clients.number(), digest.clients.is_counted()) {
                    (_, false) => "addresses and more",
                    (1, true) => "address",
                    _ => "addresses",
                },
                match digest.principals.number() {
                    0 => String::new(),
                    _ => format!(", {}", how_many(&digest.principals, "name")),
                }
            ),
        ),
        card(
            "Explained",
            share(digest.verdicts.explained, total),
            "one cause is left".to_owned(),
        ),
        card("Read", read, unread),
    ]
}

pub(super) fn section(told: &Told<'_>) -> Section {
    let lead = Block::Lead(headline(told));
    Section::new("summary", "What happened", vec![lead])
}

/// The sentences that everybody should read.
pub fn headline(told: &Told<'_>) -> Vec<String> {
    let mut sentences = vec![what(told)];
    if let Some(worst) = told.incidents().next() {
        sentences.push(which(told, worst));
        sentences.push(state(told));
    }
    sentences
}

/// How many, when, and what is known of them.
fn what(told: &Told<'_>) -> String {
    let digest = told.digest;
    let Some((first, last)) = digest.first.zip(digest.last) else {
        return "No refused request was found.".to_owned();
    };
    let refusals = number(digest.verdicts.total(), "refusal");
    let clock = if told.is_clock_wrong() {
        ", by the clock of the access log, which was wrong for a while"
    } else {
        ""
    };
    let is_moment = first.div_euclid(SECOND) == last.div_euclid(SECOND);
    let when = if is_moment { "at" } else { "from" };
    let (span, known) = (told.span(first, last), known(&digest.verdicts));
    format!("{refusals} {when} {span}{clock}: {known}.")
}

/// What is known of how many. The numbers add up to all.
fn known(v: &Verdicts) -> String {
    let parts = [
        (v.explained, "explained"),
        (v.silent, "silent (the server wrote no line)"),
        (v.ambiguous, "ambiguous (more than one cause is left)"),
        (v.unknown, "unknown (nothing tells why)"),
    ];
    let parts = parts.into_iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> = parts
        .map(|(n, what)| match v.total() {
            all if all == n && all > 1 => format!("all {what}"),
            _ => format!("{} {what}", grouped(n)),
        })
        .collect();
    listed(&parts)
}

/// `a, b and c`
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The worst incident: what, whom, since when, by what, until when.
fn which(told: &Told<'_>, worst: &Incident) -> String {
    let which = match told.incidents().len() {
        1 => "The one incident".to_owned(),
        all => format!("The worst of {}", number(all as u64, "incident")),
    };
    let mut text = format!(
        "{which} is {} ({}): {} of {} since {}",
        quoted(&name(worst)),
        worst.level.id(),
        number(worst.refusals, "refusal"),
        words::who(worst),
        told.time(worst.first)
    );
    let asked = told.asked;
    let is_cut = asked.since.is_some_and(|since| worst.first < since)
        || asked.until.is_some_and(|until| worst.last >= until);
    if is_cut {
        text += ", told whole, beyond the times asked for";
    }
    if let Some(trigger) = &worst.trigger {
        let why = super::told::shown(&words::why(&trigger.why));
        text = format!(
            "{text}, set off by {} ({})",
            quoted(&why),
            trigger.certainty.id()
        );
    }
    format!("{text}; {}.", end(worst))
}

fn end(incident: &Incident) -> String {
    let all = words::known(incident);
    match (incident.end.ended, incident.end.recovered) {
        (Ended::Change, _) => "it was mended".to_owned(),
        (Ended::Accepted, (_, 1)) => "who was refused was let in again".to_owned(),
        (Ended::Accepted, (some, _)) => format!("{some} of {all} were let in again"),
        (Ended::Quiet, _) => "nobody of them was let in after it; they tried no more".to_owned(),
        (Ended::Open, _) => "the logs end too soon to tell whether it is over".to_owned(),
    }
}

/// Whom it hit in all, and whether it is over.
fn state(told: &Told<'_>) -> String {
    let digest = told.digest;
    let mut hit = how_many(&digest.clients, "address");
    if digest.principals.number() > 0 {
        hit = format!("{hit} and {}", how_many(&digest.principals, "name"));
    }
    let ended = |ended: Ended| told.incidents().filter(|i| i.end.ended == ended).count();
    let parts = [
        (told.over(), "is over", "are over"),
        (
            ended(Ended::Quiet),
            "ended when those refused tried no more",
            "ended when those refused tried no more",
        ),
        (ended(Ended::Open), "may still go on", "may still go on"),
    ];
    let parts = parts.iter().filter(|(n, ..)| *n > 0);
    let parts = parts.map(|(n, one, more)| match (told.incidents().len(), n) {
        (1, _) => format!("the incident {one}"),
        (_, 1) => format!("1 {one}"),
        (_, n) => format!("{n} {more}"),
    });
    let of = match told.incidents().len() {
        1 => String::new(),
        all => format!("of {all} incidents "),
    };
    let parts = listed(&parts.collect::<Vec<_>>());
    format!("In all, {hit} {}; {of}{parts}.", were_refused(digest))
}

fn were_refused(digest: &Digest) -> &'static str {
    match (digest.clients.number(), digest.principals.number()) {
        (1, 0) => "was refused",
        _ => "were refused",
    }
}

fn quoted(text: &str) -> String {
    format!("“{text}”")
}
