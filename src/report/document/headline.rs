//! What happened, in three sentences made of facts; and the figures.

use super::told::{Told, grouped, how_many, number, share};
use super::{Block, Card, Section};
use crate::incident::{Ended, Incident, Level};
use crate::report::incidents::words;
use crate::report::text::title as cause_title;

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
                requests => format!("{} requests in all", grouped(requests)),
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
            format!("{over} of {incidents}"),
            "let in again, or mended".to_owned(),
        ),
        card(
            "Affected",
            grouped(digest.clients.number()),
            format!(
                "{}, {}",
                match (digest.clients.number(), digest.clients.is_counted()) {
                    (_, false) => "addresses and more",
                    (1, true) => "address",
                    _ => "addresses",
                },
                how_many(&digest.principals, "name")
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
    let mut sentences = vec![what(told)];
    if let Some(worst) = told.incidents().next() {
        sentences.push(which(told, worst));
        sentences.push(state(told));
    }
    Section::new("summary", "What happened", vec![Block::Lead(sentences)])
}

/// How many, when, and what is known of them.
fn what(told: &Told<'_>) -> String {
    let digest = told.digest;
    let Some((first, last)) = digest.first.zip(digest.last) else {
        return "No refused request was found.".to_owned();
    };
    let v = digest.verdicts;
    format!(
        "{}, {}: {} explained, {} silent, {} ambiguous, {} unknown.",
        number(v.total(), "refusal"),
        told.span(first, last),
        grouped(v.explained),
        grouped(v.silent),
        grouped(v.ambiguous),
        grouped(v.unknown)
    )
}

/// The worst incident: what, whom, since when, by what, until when.
fn which(told: &Told<'_>, worst: &Incident) -> String {
    let mut text = format!(
        "The worst of {} is {} ({}): {} of {} from {} on",
        number(told.incidents().len() as u64, "incident"),
        quoted(&name(worst)),
        worst.level.id(),
        number(worst.refusals, "refusal"),
        words::who(worst),
        told.time(worst.first)
    );
    if told.incidents().len() == 1 {
        text = text.replacen("The worst of 1 incident", "The one incident", 1);
    }
    if let Some(trigger) = &worst.trigger {
        let why = super::told::shown(&words::why(&trigger.why));
        text = format!(
            "{text}, set off by {} ({})",
            quoted(&why),
            trigger.certainty.id()
        );
    }
    let end = match worst.end.ended {
        Ended::Change => "it was mended",
        Ended::Accepted => "who was refused was let in again",
        Ended::Quiet => "it ended when they tried no more",
        Ended::Open => "it was not over when the logs end",
    };
    format!("{text}; {end}.")
}

/// Whom it hit in all, and whether it is over.
fn state(told: &Told<'_>) -> String {
    let digest = told.digest;
    let (over, all) = (told.over(), told.incidents().len());
    let open = told.incidents().filter(|i| i.end.ended == Ended::Open);
    let open = open.count();
    let hit = format!(
        "In all {} and {} were refused",
        how_many(&digest.clients, "address"),
        how_many(&digest.principals, "name")
    );
    let rest = match open {
        0 => String::new(),
        open => format!(", {open} may still go on"),
    };
    format!(
        "{hit}; {over} of {} ended with success{rest}.",
        number(all as u64, "incident")
    )
}

fn quoted(text: &str) -> String {
    format!("“{text}”")
}

/// What the incident is called.
pub(super) fn name(incident: &Incident) -> String {
    cause_title(incident.cause, 1 + incident.or.len())
}
