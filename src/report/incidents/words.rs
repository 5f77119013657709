//! What is said of an incident in a few words.

use crate::event::{Micros, SECOND};
use crate::incident::{Attack, Effect, End, Ended, Gathered, Incident, Otherwise, Trigger, Why};
use crate::report::Page;
use crate::report::sanitize::visible;
use crate::report::text::{count, fit, title};

/// Columns that a name may take; the client chose it.
pub(in crate::report) const NAME: usize = 40;
/// Causes that are told of each.
const CAUSES: usize = 4;

/// `gina from 198.51.100.66`, `3 names from 7 addresses`
pub(in crate::report) fn who(incident: &Incident) -> String {
    let names = &incident.principals;
    let name = match (&names.kept[..], names.others) {
        ([], _) => None,
        ([only], 0) => Some(fit(&visible(&only.who), NAME).into_owned()),
        _ => Some(format!(
            "{}{}",
            names.bound(),
            count(names.number(), "name")
        )),
    };
    let clients = &incident.clients;
    let client = match (&clients.kept[..], clients.others) {
        ([], _) => None,
        ([only], 0) => Some(only.who.to_string()),
        _ => Some(format!("{}{} addresses", clients.bound(), clients.number())),
    };
    match (name, client) {
        (Some(name), Some(client)) => format!("{name} from {client}"),
        (name, client) => name.or(client).unwrap_or_else(|| "somebody".to_owned()),
    }
}

/// What the incident is called.
pub(in crate::report) fn name(incident: &Incident) -> String {
    title(incident.cause, 1 + incident.or.len())
}

/// Of a clock that was ahead: what it showed meanwhile.
pub(in crate::report) fn clock(page: &Page, incident: &Incident) -> Option<String> {
    let by = incident.clock_ahead;
    let shown = page.zone.show_span(incident.first + by, incident.last + by);
    (by != 0).then(|| format!("was {} ahead: the log says {shown}", long(by)))
}

/// What it looks like an attack of: `T1110.001 Password Guessing`; nothing where it is none.
pub(in crate::report) fn techniques(attack: &Attack) -> Option<String> {
    let techniques = attack.techniques.iter();
    let named: Vec<String> = techniques
        .map(|t| format!("{} {}", t.id(), t.name()))
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// Where all other refusals are than those of the incidents that are shown.
pub(in crate::report) fn elsewhere(gathered: &Gathered, shown: u64) -> String {
    let isolated = gathered.isolated;
    let (small, counted) = gathered.forgotten;
    let others = gathered.findings.saturating_sub(shown + isolated + counted);
    let mut parts = vec![format!("{isolated} in none")];
    if others > 0 {
        parts.push(format!("{others} in incidents that are not asked for"));
    }
    if small > 0 {
        let small = count(small, "small incident");
        parts.push(format!("{counted} in {small} that are only counted"));
    }
    parts.join(", ")
}

/// On what it rests, and what for.
pub(in crate::report) fn proof(incident: &Incident) -> String {
    let proof = &incident.proof;
    let parts = [
        (proof.by_line, "stated by a line"),
        (proof.by_answer, "told by the answer"),
        (proof.in_doubt, "with more than one cause left"),
        (proof.unknown, "not known"),
    ];
    let parts = parts.iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> = parts.map(|(n, how)| format!("{n} {how}")).collect();
    let mut told = parts.join("; ");
    if incident.causes.len() > 1 {
        let causes = incident.causes.iter().take(CAUSES);
        let causes: Vec<String> = causes.map(|(c, n)| format!("{n} {}", c.id())).collect();
        told = format!("{told} ({})", causes.join(", "));
    }
    told
}

/// What follows what happened: `, pritunl_journal.log:88, 12 s before; certain`
pub(in crate::report) fn event(page: &Page, trigger: &Trigger, moment: Micros) -> String {
    let mut told = String::new();
    if let Some(place) = trigger.why.place() {
        told = format!(", {}", page.place(place));
    }
    if let Some(time) = trigger.time {
        let side = if time > moment { "after" } else { "before" };
        told = format!("{told}, {} {side}", long((moment - time).abs()));
    }
    told = format!("{told}; {}", trigger.certainty.id());
    match basis(trigger) {
        Some(basis) => format!("{told}: {basis}"),
        None => told,
    }
}

/// Those of whom it is known whether they were let in again: `3`, `the 64 refused most often`.
pub(in crate::report) fn known(incident: &Incident) -> String {
    let (_, known) = incident.end.recovered;
    let (clients, names) = (&incident.clients, &incident.principals);
    let others = if clients.kept.is_empty() {
        names.others
    } else {
        clients.others
    };
    if others > 0 {
        format!("the {known} refused most often")
    } else {
        known.to_string()
    }
}

/// Who was let in again; nothing where a change says it all.
pub(in crate::report) fn end(incident: &Incident) -> Option<String> {
    let End {
        ended,
        time,
        recovered: (some, _),
        ..
    } = incident.end;
    let last = incident.last;
    let after = time.filter(|time| *time > last);
    let when = after.map_or_else(String::new, |time| {
        let span = long(time - last);
        format!(", the first {span} after the last refusal")
    });
    let all = known(incident);
    match ended {
        Ended::Change if some == 0 => None,
        Ended::Change => Some(format!("{some} of {all} were let in again")),
        Ended::Accepted => Some(format!("{some} of {all} were let in again{when}")),
        Ended::Quiet => Some("nobody of them was let in after it; they tried no more".to_owned()),
        Ended::Open => Some("not known: the logs end too soon after it".to_owned()),
    }
}

/// What happened, without when and where.
pub(in crate::report) fn why(why: &Why) -> String {
    match why {
        Why::Change {
            action,
            reason,
            effect,
            ..
        } => {
            let said = reason.as_ref().filter(|reason| !reason.is_empty());
            let said = said.unwrap_or(action);
            match effect {
                Some(Effect::Sets(cause)) => {
                    format!("{said} ({}, for everybody)", cause.facts().title)
                }
                Some(Effect::Ends(cause)) => format!("{said} (no longer: {})", cause.facts().title),
                None => said.to_string(),
            }
        }
        Why::Clock { by, input, .. } => {
            let whose = match input {
                Some(input) => format!("the clock of {input}"),
                None => "the server's clock".to_owned(),
            };
            let way = if *by < 0 { "back" } else { "forward" };
            format!("{whose} was set {way} by {}", long(by.abs()))
        }
        Why::Hidden {
            address, clients, ..
        } => format!(
            "the proxy hides its clients: all requests come from {address}, of {clients} addresses before"
        ),
        Why::Attempts { accepted, since: _ } => {
            format!(
                "{} of the same client that were let in",
                count(*accepted, "attempt")
            )
        }
    }
}

/// What was let in just before, or when the change was made.
pub(in crate::report) fn basis(trigger: &Trigger) -> Option<String> {
    match &trigger.why {
        Why::Change { let_in, .. } if *let_in > 0 => Some(format!(
            "{let_in} of those refused had been let in until then"
        )),
        _ => None,
    }
}

/// `7 d`, `2 d 3 h`, `13 h`, `13 h 20 min`, `20 min`, `45 s`
pub(in crate::report) fn long(span: Micros) -> String {
    let seconds = (span + SECOND / 2) / SECOND;
    let minutes = (seconds + 30) / 60;
    let hours = (minutes + 30) / 60;
    match (minutes / 60, minutes % 60) {
        _ if seconds < 120 => format!("{seconds} s"),
        _ if hours >= 48 && hours % 24 == 0 => format!("{} d", hours / 24),
        _ if hours >= 48 => format!("{} d {} h", hours / 24, hours % 24),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// How many would have been let in without it.
pub(in crate::report) fn otherwise(of: &Otherwise) -> Option<String> {
    match (of.at_most, of.likely) {
        (0, _) => None,
        (most, 0) => Some(format!("at most {most} of them would have been let in")),
        (most, likely) => Some(format!(
            "at most {most} would have been let in; {likely} are of clients that were let in just before and after"
        )),
    }
}

/// What the limit was, and by how much it was exceeded.
pub(in crate::report) fn limit(incident: &Incident) -> Option<String> {
    let exceeded = incident.exceeded.as_ref()?;
    let mut told = match incident.limit() {
        Some(limit) => format!(
            "{} in {} {}",
            count(limit.attempts.into(), "attempt"),
            long(Micros::from(limit.seconds) * SECOND),
            limit.of
        ),
        None => match &exceeded.said {
            Some(said) => format!("\"{said}\""),
            None => "not told by the log".to_owned(),
        },
    };
    told = format!("{told}; exceeded by {}", exceeded.refused);
    if exceeded.accepted > 0 {
        told = format!("{told} after {} that were let in", exceeded.accepted);
    }
    Some(told)
}

/// Of all that happened meanwhile.
pub(in crate::report) fn scope(incident: &Incident) -> String {
    let scope = &incident.scope;
    let mut parts = Vec::new();
    if scope.requests > 0 {
        let requests = count(scope.requests, "request");
        parts.push(format!(
            "{} of {requests} in its minutes",
            incident.refusals
        ));
    }
    let clients = &incident.clients;
    let hit = clients.number();
    if hit > 0 && scope.clients > 0 {
        let all = (scope.clients as u64).max(hit);
        parts.push(format!(
            "{}{hit} of {}",
            clients.bound(),
            count(all, "client")
        ));
    }
    let names = &incident.principals;
    if names.number() > 0 {
        parts.push(format!(
            "{}{}",
            names.bound(),
            count(names.number(), "name")
        ));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::long;
    use crate::event::SECOND;

    #[test]
    fn spans_are_told_in_two_words_at_most() {
        for (seconds, told) in [
            (45, "45 s"),
            (1200, "20 min"),
            (13 * 3600, "13 h"),
            (48_000, "13 h 20 min"),
            (86_400, "24 h"),
            (7 * 86_400, "7 d"),
            (2 * 86_400 + 3 * 3600, "2 d 3 h"),
        ] {
            assert_eq!(long(seconds * SECOND), told);
        }
    }
}
