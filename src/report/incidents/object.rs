//! An incident as JSON: the schema `why401.incident/1`. What is absent is not known; fields are only ever added.

use std::fmt::Display;

use serde_json::{Value, json};

use super::words;
use crate::cause::Cause;
use crate::event::{Micros, Part, Place, SECOND};
use crate::incident::{Counts, Exceeded, Incident, Lane, Lanes, Trigger, Why};
use crate::report::ndjson::timestamp;
use crate::system::Limit;

const SCHEMA: &str = "why401.incident/1";

/// `parts`: the files that places are in.
pub fn object(incident: &Incident, parts: &[Part]) -> Value {
    let i = incident;
    let causes = i.causes.iter();
    let causes: Vec<Value> = causes
        .map(|(cause, n)| json!({"cause": cause.id(), "refusals": n}))
        .collect();
    let or: Vec<&str> = i.or.iter().copied().map(Cause::id).collect();
    let mut object = json!({
        "schema": SCHEMA, "id": i.id, "system": i.system, "level": i.level.id(),
        "cause": i.cause.map(Cause::id), "confidence": i.confidence.id(), "or": or, "causes": causes,
        "proof": {"by_line": i.proof.by_line, "by_answer": i.proof.by_answer, "in_doubt": i.proof.in_doubt,
            "unknown": i.proof.unknown},
        "refusals": i.refusals, "first": timestamp(i.first), "last": timestamp(i.last),
        "peak": {"minute": timestamp(i.peak.0), "refusals": i.peak.1},
        "wide": i.is_wide,
        "clients": lanes(&i.clients), "principals": lanes(&i.principals),
        "paths": counts(&i.paths), "statuses": counts(&i.statuses), "user_agents": counts(&i.agents),
        "end": {"state": i.end.ended.id(), "time": i.end.time.map(timestamp),
            "recovered": i.end.recovered.0, "of": i.end.recovered.1},
        "scope": {"requests": i.scope.requests, "clients": i.scope.clients, "principals": i.scope.principals},
        "otherwise_accepted": {"at_most": i.otherwise.at_most, "likely": i.otherwise.likely},
        "gaps": i.gaps, "fix": i.fix, "for_user": i.for_user(),
    });
    if let Some(trigger) = &i.trigger {
        object["trigger"] = told(trigger, parts, i.first);
    }
    if let Some(by) = &i.end.by {
        object["end"]["by"] = told(by, parts, i.last);
    }
    if let Some(of) = &i.exceeded {
        object["limit"] = exceeded(of, i.limit());
    }
    if let Some(attack) = &i.attack {
        let techniques = attack.techniques.iter();
        let techniques = techniques.map(|t| json!({"id": t.id(), "name": t.name()}));
        object["attack"] =
            json!({"techniques": techniques.collect::<Vec<_>>(), "because": attack.because});
    }
    if i.clock_ahead != 0 {
        object["clock_ahead_s"] = seconds(i.clock_ahead);
    }
    without_nulls(object)
}

fn lanes<K: Display>(lanes: &Lanes<K>) -> Value {
    let lane = |lane: &Lane<K>| {
        json!({"name": lane.who.to_string(), "refusals": lane.refusals,
            "first": timestamp(lane.first), "last": timestamp(lane.last),
            "last_success_before": lane.before.map(timestamp),
            "first_success_after": lane.after.map(timestamp)})
    };
    let kept: Vec<Value> = lanes.kept.iter().map(lane).collect();
    json!({"kept": kept, "others": {"at_most": lanes.others, "refusals": lanes.rest}})
}

fn counts<K: Display>(counts: &Counts<K>) -> Value {
    let count = |(key, n): &(K, u64)| json!({"name": key.to_string(), "refusals": n});
    let kept: Vec<Value> = counts.kept.iter().map(count).collect();
    json!({"kept": kept, "others": {"refusals": counts.rest}})
}

/// `moment`: what its distance is told from.
fn told(trigger: &Trigger, parts: &[Part], moment: Micros) -> Value {
    let mut object = json!({
        "kind": trigger.why.id(), "certainty": trigger.certainty.id(), "message": words::why(&trigger.why),
        "time": trigger.time.map(timestamp), "before_s": trigger.time.map(|time| seconds(moment - time)),
    });
    let at = |place: &Place| {
        let file = parts.get(place.part as usize).map(|part| &part.name);
        (json!(file), json!(place.line))
    };
    let place = match &trigger.why {
        Why::Change {
            place,
            action,
            text,
            let_in,
            ..
        } => {
            object["action"] = json!(action);
            object["text"] = json!(text);
            object["let_in_until_then"] = json!(let_in);
            Some(place)
        }
        Why::Clock { by, input, place } => {
            object["by_s"] = seconds(*by);
            object["input"] = json!(input);
            place.as_ref()
        }
        Why::Hidden { place, address, .. } => {
            object["address"] = json!(address.to_string());
            Some(place)
        }
        Why::Attempts { accepted, since } => {
            object["accepted"] = json!(accepted);
            object["since"] = json!(timestamp(*since));
            None
        }
    };
    if let Some(place) = place {
        (object["file"], object["line"]) = at(place);
    }
    object
}

fn exceeded(limit: &Exceeded, known: Option<&Limit>) -> Value {
    json!({"attempts": known.map(|l| l.attempts), "seconds": known.map(|l| l.seconds), "of": known.map(|l| l.of),
        "said": limit.said, "accepted_before": limit.accepted, "since": limit.since.map(timestamp),
        "refused": limit.refused})
}

#[allow(clippy::cast_precision_loss)] // to the millisecond
fn seconds(time: Micros) -> Value {
    json!((time as f64 / SECOND as f64 * 1000.0).round() / 1000.0)
}

/// Absent rather than empty.
pub(in crate::report) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            members
                .map(|(name, value)| (name, without_nulls(value)))
                .collect()
        }
        Value::Array(all) => all.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
