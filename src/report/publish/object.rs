//! The report for programs: the schema `why401.report/1`, as told by `report-1.json` beside this file. What is not known
//! is absent; fields are only ever added.

use std::fmt::Display;
use std::hash::Hash;
use std::io::{self, ErrorKind, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use crate::cause::Cause;
use crate::event::SECOND;
use crate::finding::Evidence;
use crate::hidden::is_hidden;
use crate::report::digest::{Ranking, Sample, Standing, Verdicts};
use crate::report::document::{Told, bins, headline};
use crate::report::incidents;
use crate::report::ndjson::timestamp;
use crate::summary::{ClockOffset, Gap, Tally};

/// JSON Schema, draft 2020-12, of a report with its incidents.
pub const SCHEMA: &str = include_str!("report-1.json");

const NAME: &str = "why401.report/1";
/// Clients, names, paths and agents that are told.
const NAMED: usize = 200;
/// Findings of an incident whose lines are told.
const EACH: usize = 3;

/// One object, with an end of line. Characters that act on a screen, or cannot be seen there, are escaped.
///
/// # Errors
/// Those of `out`.
pub fn json<W: Write>(told: &Told<'_>, out: &mut W) -> io::Result<()> {
    let mut out = Escaped(out);
    serde_json::to_writer_pretty(&mut out, &Report(told))?;
    writeln!(out)
}

/// Incident by incident, for there may be many.
struct Report<'a>(&'a Told<'a>);

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_map(None)?;
        if let Value::Object(members) = incidents::without_nulls(whole(self.0)) {
            for (name, value) in members {
                report.serialize_entry(&name, &value)?;
            }
        }
        report.serialize_entry("incidents", &Incidents(self.0))?;
        report.end()
    }
}

struct Incidents<'a>(&'a Told<'a>);

impl Serialize for Incidents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = self.0;
        serializer.collect_seq(told.incidents().enumerate().map(|(at, incident)| {
            let mut object = incidents::object(incident, told.page.parts());
            let samples = told.samples(at).into_iter().take(EACH);
            let samples = samples.map(|s| sample(told, s));
            object["samples"] = samples.collect();
            incidents::without_nulls(object)
        }))
    }
}

/// JSON in which a character that acts on a screen stands as `\u....`: it can only be within a text.
struct Escaped<W>(W);

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Texts come in one piece, or are cut where a character of ASCII is.
        let text = str::from_utf8(bytes).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
        let mut written = 0;
        for (at, c) in text
            .char_indices()
            .filter(|(_, c)| *c != '\n' && is_hidden(*c))
        {
            self.0.write_all(&bytes[written..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(self.0, "\\u{unit:04x}")?;
            }
            written = at + c.len_utf8();
        }
        self.0.write_all(&bytes[written..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// All but the incidents.
fn whole(told: &Told<'_>) -> Value {
    let digest = told.digest;
    json!({
        "schema": NAME,
        "version": env!("CARGO_PKG_VERSION"),
        "asked": asked(told),
        "headline": headline(told),
        "first": digest.first.and_then(timestamp),
        "last": digest.last.and_then(timestamp),
        "requests": digest.requests,
        "totals": verdicts(&digest.verdicts),
        "causes": causes(told),
        "statuses": ranking(&digest.statuses),
        "clients": ranking(&digest.clients),
        "principals": ranking(&digest.principals),
        "paths": ranking(&digest.paths),
        "user_agents": ranking(&digest.agents),
        "over_time": over_time(told),
        "in_no_incident": told.gathered.isolated,
        "only_counted": {"incidents": told.gathered.forgotten.0, "refusals": told.gathered.forgotten.1},
        "all_refusals": told.gathered.findings,
        "clock_offsets": told.summary.clock_offsets.iter().map(clock).collect::<Vec<_>>(),
        "gaps": told.summary.gaps.iter().map(gap).collect::<Vec<_>>(),
        "notes": told.summary.notes,
        "read": told.summary.parts.iter().map(|part| read(told, part)).collect::<Vec<_>>(),
    })
}

fn asked(told: &Told<'_>) -> Value {
    let asked = told.asked;
    json!({
        "since": asked.since.and_then(timestamp), "until": asked.until.and_then(timestamp),
        "incident": asked.incident, "filtered": asked.is_filtered, "pseudonymous": asked.is_pseudonymous,
    })
}

fn verdicts(of: &Verdicts) -> Value {
    json!({"all": of.total(), "explained": of.explained, "silent": of.silent, "ambiguous": of.ambiguous,
        "unknown": of.unknown})
}

fn causes(told: &Told<'_>) -> Vec<Value> {
    let cause = |(cause, of): (Option<Cause>, Verdicts)| {
        let mut object = verdicts(&of);
        object["cause"] = json!(cause.map(Cause::id));
        object
    };
    told.digest.causes().into_iter().map(cause).collect()
}

fn ranking<K: Display + Hash + Eq + Ord + Clone>(ranking: &Ranking<K>) -> Value {
    let all = ranking.sorted();
    let one = |(who, s): &(&K, &Standing)| json!({"name": who.to_string(), "refusals": s.refusals, "first": timestamp(s.first), "last": timestamp(s.last)});
    let kept: Vec<Value> = all.iter().take(NAMED).map(one).collect();
    let refusals = ranking.beyond(NAMED);
    json!({"number": ranking.number(), "counted": ranking.is_counted(), "kept": kept, "others": {"refusals": refusals}})
}

fn over_time(told: &Told<'_>) -> Value {
    let Some(bins) = bins(told) else {
        return Value::Null;
    };
    let times = (0..).map(|at| bins.from + bins.step * at);
    let all = bins.columns.iter().zip(times);
    let columns = all.filter(|(column, _)| column.iter().any(|n| *n > 0));
    let column = |(column, time): (&Vec<u64>, i64)| {
        let named = bins.causes.iter().zip(column).filter(|(_, n)| **n > 0);
        let causes: Map<String, Value> = named
            .map(|(cause, n)| (cause.map_or("unknown", Cause::id).to_owned(), json!(n)))
            .collect();
        json!({"from": timestamp(time), "refusals": column.iter().sum::<u64>(), "causes": causes})
    };
    json!({"step_s": bins.step / SECOND, "columns": columns.map(column).collect::<Vec<_>>()})
}

fn sample(told: &Told<'_>, sample: &Sample) -> Value {
    let finding = &sample.finding;
    let evidence = finding.evidence.iter().zip(&sample.hashes);
    let line = |(e, hash): (&Evidence, &blake3::Hash)| {
        let place = e.place;
        let file = told.page.parts().get(place.part as usize);
        let bytes = (!place.is_row()).then_some((place.offset, place.length));
        let (offset, length) = bytes.unzip();
        let number = if place.is_row() { "row" } else { "line" };
        let mut object = json!({
            "role": e.role.id(), "file": file.map(|part| &part.name), "offset": offset, "length": length,
            "hash": told.hash(hash), "delta_s": e.delta_s, "text": e.text,
        });
        object[number] = json!(place.line);
        object
    };
    json!({
        "id": sample.id, "@timestamp": timestamp(finding.time), "verdict": finding.verdict.id(),
        "cause": finding.cause().map(Cause::id), "message": finding.message,
        "evidence": evidence.map(line).collect::<Vec<_>>(),
    })
}

fn clock(of: &ClockOffset) -> Value {
    json!({"input": of.input, "reference": of.reference, "since": of.since.and_then(timestamp),
        "offset_s": of.offset_s, "error_s": of.error_s, "pairs": of.pairs})
}

fn gap(of: &Gap) -> Value {
    json!({"input": of.input, "from": of.from.and_then(timestamp), "until": of.until.and_then(timestamp),
        "why": of.why, "refusals": of.refusals})
}

fn read(told: &Told<'_>, of: &Tally) -> Value {
    let file = told.page.parts().get(of.part as usize);
    json!({"file": file.map(|part| &part.name), "format": of.format, "lines": of.lines, "parsed": of.parsed,
        "ignored": of.ignored, "unparsed": of.unparsed, "cut": of.cut,
        "bytes": {"parsed": of.bytes.parsed, "ignored": of.bytes.ignored, "unparsed": of.bytes.unparsed}})
}
