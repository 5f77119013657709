//! Findings in and out. What is read back is equal to what was written.

use std::collections::HashMap;
use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, Row, Statement};
use serde::{Deserialize, Serialize};

use super::append::stored;
use super::names::{self, Names};
use super::rollup::Rolling;
use super::state::{self, Key};
use super::{Error, Result, Writer, incidents, summary};
use crate::cause::Cause;
use crate::event::{self, Micros, Place, Request, SECOND, Sent};
use crate::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};
use crate::forgery::Flag;
use crate::incident::Gathered;
use crate::rollup::Block;
use crate::summary::Summary;
use crate::system::{self, System, error_log};

/// Findings that are thrown away at once, at most, of either kind.
const SWEPT: i64 = 1 << 10;

/// A candidate as JSON.
#[derive(Serialize, Deserialize)]
struct StoredCandidate {
    cause: String,
    because: Box<str>,
}

/// A line of evidence as JSON; its text is in `event`.
#[derive(Serialize, Deserialize)]
struct StoredEvidence {
    role: String,
    part: i64,
    line: u64,
    offset: u64,
    length: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_offset_s: Option<f64>,
    /// For SQL; who reads it back looks at the text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forged: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unsigned: bool,
}

/// What is seldom told of a request, as JSON.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Rest {
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_status: Option<u16>,
    /// The proxy answered by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_upstream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_address: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded_for: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Box<str>>,
    #[serde(skip_serializing_if = "is_untold")]
    sent: Sent,
}

fn is_untold(sent: &Sent) -> bool {
    *sent == Sent::default()
}

impl Rest {
    fn of(request: &Request) -> Self {
        Self {
            duration: request.duration,
            upstream_status: request.upstream_status.flatten(),
            no_upstream: request.upstream_status == Some(None),
            upstream_address: request.upstream_address.clone(),
            request_id: request.request_id.clone(),
            user: request.user.clone(),
            forwarded_for: request.forwarded_for,
            host: request.host.clone(),
            sent: request.sent,
        }
    }

    /// As JSON; `None` where there is nothing.
    fn to_json(&self) -> Result<Option<String>> {
        let is_something = *self != Self::default();
        Ok(is_something
            .then(|| serde_json::to_string(self))
            .transpose()?)
    }
}

/// All findings, anew: none of them counts, and those before count, until it is finished.
#[derive(Debug)]
pub struct Explanation {
    names: Names,
    /// The number in the table of each part.
    parts: Vec<i64>,
    pruned: Micros,
    /// The numbers of its findings.
    numbers: Option<(i64, i64)>,
    rolling: Rolling,
    minutes: HashMap<Minute, u64>,
}

/// What is counted together.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Minute {
    /// In minutes since 1970.
    time: i64,
    system: &'static str,
    cause: &'static str,
    verdict: &'static str,
}

impl Minute {
    fn of(finding: &Finding) -> Self {
        Self {
            time: finding.time.div_euclid(60 * SECOND),
            system: finding.system.unwrap_or_default(),
            cause: finding.cause().map_or("", Cause::id),
            verdict: finding.verdict.id(),
        }
    }
}

impl Writer {
    /// The ids of all findings.
    pub fn found(&self) -> Result<Vec<String>> {
        let mut ids = self.connection.prepare("SELECT id FROM findings")?;
        let ids = ids.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// When the newest of them happened, by the access log's clock.
    pub fn newest_found(&self) -> Result<Option<Micros>> {
        let newest = "SELECT max(time) FROM finding";
        Ok(self.connection.query_row(newest, [], |row| row.get(0))?)
    }

    /// Begins to replace all findings in one transaction. `parts`: what [`super::Kept`] gave.
    pub fn explain(&self, parts: Vec<i64>) -> Result<Explanation> {
        self.begin()?;
        self.connection
            .execute_batch("DELETE FROM finding; DELETE FROM rollup")?;
        self.explanation(parts)
    }

    /// The same in as many transactions as one likes: those that are there stay until it is finished, and are to be
    /// swept away behind it.
    pub fn explain_beside(&self, parts: Vec<i64>) -> Result<Explanation> {
        self.begin()?;
        let newest = "SELECT coalesce(max(number), 0) FROM finding";
        let newest = self.connection.query_row(newest, [], |row| row.get(0))?;
        let last = state::get(&self.connection, Key::Last)?;
        state::set(&self.connection, Key::Last, last.min(newest))?;
        self.roll_beside()?;
        self.explanation(parts)
    }

    fn explanation(&self, parts: Vec<i64>) -> Result<Explanation> {
        Ok(Explanation {
            names: Names::default(),
            parts,
            pruned: state::get(&self.connection, Key::Pruned)?,
            numbers: None,
            rolling: Rolling::default(),
            minutes: HashMap::new(),
        })
    }

    /// Throws some of the findings away that do not count. False: there are none. Not while they are being made.
    pub fn sweep(&self) -> Result<bool> {
        self.begin()?;
        let gone = self
            .connection
            .prepare_cached(
                "DELETE FROM finding WHERE number IN (
                    SELECT number FROM (SELECT number FROM finding
                        WHERE number < (SELECT value FROM state WHERE key = 'first') LIMIT ?1)
                    UNION ALL
                    SELECT number FROM (SELECT number FROM finding
                        WHERE number > (SELECT value FROM state WHERE key = 'last') LIMIT ?1))",
            )?
            .execute([SWEPT])?;
        Ok(self.sweep_rollup()? || gone > 0)
    }
}

impl Explanation {
    /// Adds a finding. `id`: its stable id.
    pub fn finding(&mut self, writer: &Writer, id: &str, finding: &Finding) -> Result<()> {
        writer.begin()?;
        *self.minutes.entry(Minute::of(finding)).or_default() += 1;
        let (connection, names) = (&writer.connection, &mut self.names);
        let f = finding;
        let request = f.request.as_ref();
        let rest = request.map(|r| Rest::of(r).to_json()).transpose()?;
        connection
            .prepare_cached(
                "INSERT INTO finding (id, time, system, verdict, cause, confidence, logged,
                    source, principal, host, action, reason, method, target, status, bytes, agent,
                    request, message, fix, candidates, evidence)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                    ?18, ?19, ?20, ?21, ?22)",
            )?
            .execute(rusqlite::params![
                id,
                f.time,
                f.system,
                f.verdict.id(),
                f.cause().map(Cause::id),
                f.confidence.id(),
                f.logged,
                names.address(connection, f.source)?,
                names.maybe(connection, f.principal.as_deref())?,
                names.maybe(connection, f.host.as_deref())?,
                names.maybe(connection, f.action.as_deref())?,
                names.maybe(connection, f.reason.as_deref())?,
                request.map(|r| &*r.method),
                names.maybe(connection, request.map(|r| &*r.target))?,
                request.map(|r| r.status),
                request.and_then(|r| r.bytes).map(stored),
                names.maybe(connection, request.and_then(|r| r.user_agent.as_deref()))?,
                rest.flatten(),
                f.message,
                names.maybe(connection, f.fix)?,
                candidates(f)?,
                evidence(f, &self.parts)?,
            ])?;
        let number = connection.last_insert_rowid();
        let (first, _) = self.numbers.unwrap_or((number, number));
        self.numbers = Some((first, number));
        Ok(())
    }

    /// Adds what is counted of the findings.
    pub fn rollup(&mut self, writer: &Writer, block: &Block) -> Result<()> {
        writer.begin()?;
        // Those of a block may come later than it, but they are numbered one by one.
        let first = match self.numbers {
            Some((first, _)) => first,
            None => next_number(&writer.connection)?,
        };
        self.rolling.add(&writer.connection, block, first)
    }

    /// Ends it, with what is said of the logs themselves, and with the incidents, each as JSON (`bodies`), too: from the
    /// next commit on these are the findings. `appended`: what [`super::Kept`] gave with the events that they were
    /// made of.
    pub fn finish(
        self,
        writer: &Writer,
        summary: &Summary,
        gathered: &Gathered,
        bodies: &[String],
        appended: i64,
    ) -> Result<()> {
        writer.begin()?;
        let connection = &writer.connection;
        connection.execute_batch(
            "DELETE FROM finding_minute; DELETE FROM zone; DELETE FROM clock_offset; DELETE FROM gap;
             DELETE FROM note; DELETE FROM incident;",
        )?;
        summary::write(connection, summary)?;
        let kept = gathered
            .incidents
            .iter()
            .zip(bodies.iter().map(String::as_str));
        incidents::write(connection, kept.filter(|(i, _)| i.last >= self.pruned))?;
        self.rolling.finish(connection, gathered, &self.parts)?;
        let mut add =
            connection.prepare_cached("INSERT INTO finding_minute VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (of, findings) in &self.minutes {
            add.execute((of.time, of.system, of.cause, of.verdict, stored(*findings)))?;
        }
        // Where there is none, no number counts.
        let (first, last) = self.numbers.unwrap_or((i64::MAX, i64::MIN));
        state::set(connection, Key::First, first)?;
        state::set(connection, Key::Last, last)?;
        state::set(connection, Key::Explained, appended)
    }
}

/// That of the finding that is added next.
fn next_number(connection: &Connection) -> Result<i64> {
    let newest = "SELECT coalesce(max(number), 0) + 1 FROM finding";
    Ok(connection.query_row(newest, [], |row| row.get(0))?)
}

fn candidates(finding: &Finding) -> Result<String> {
    let of = |c: &Candidate| StoredCandidate {
        cause: c.cause.id().to_owned(),
        because: c.because.clone(),
    };
    let all: Vec<_> = finding.candidates.iter().map(of).collect();
    Ok(serde_json::to_string(&all)?)
}

fn evidence(finding: &Finding, parts: &[i64]) -> Result<String> {
    let has = |e: &Evidence, flag: Flag| flag.is_on(&e.text);
    let of = |e: &Evidence| StoredEvidence {
        role: e.role.id().to_owned(),
        part: parts.get(e.place.part as usize).copied().unwrap_or(-1),
        line: e.place.line,
        offset: e.place.offset,
        length: e.place.length,
        delta_s: e.delta_s,
        clock_offset_s: e.clock_offset_s,
        forged: has(e, Flag::Forgery),
        unsigned: has(e, Flag::Signature),
    };
    let all: Vec<_> = finding.evidence.iter().map(of).collect();
    Ok(serde_json::to_string(&all)?)
}

/// Columns of a finding, in the order in which [`Rows`] reads them. Names are given back as texts.
pub(super) const SELECT: &str = "SELECT f.time, f.system, f.verdict, f.confidence, f.logged,
        source.bytes, principal.text, host.text, action.text, reason.text,
        f.method, target.text, f.status, f.bytes, agent.text, f.request,
        f.message, fix.text, f.cause, f.candidates, f.evidence
    FROM finding f
    LEFT JOIN address source ON source.id = f.source
    LEFT JOIN text principal ON principal.id = f.principal
    LEFT JOIN text host ON host.id = f.host
    LEFT JOIN text action ON action.id = f.action
    LEFT JOIN text reason ON reason.id = f.reason
    LEFT JOIN text target ON target.id = f.target
    LEFT JOIN text agent ON agent.id = f.agent
    LEFT JOIN text fix ON fix.id = f.fix";

/// Makes findings of rows.
pub(super) struct Rows<'a> {
    /// The number for the reader of each part in the table.
    pub(super) parts: HashMap<i64, u32>,
    /// The text of a line.
    pub(super) line: Statement<'a>,
}

impl Rows<'_> {
    pub(super) fn finding(&mut self, row: &Row<'_>) -> Result<Finding> {
        let system: Option<String> = row.get(1)?;
        let system = system.and_then(|name| system::by_name(&name));
        let verdict: String = row.get(2)?;
        let confidence: String = row.get(3)?;
        let source: Option<[u8; 16]> = row.get(5)?;
        let cause: Option<String> = row.get(18)?;
        let cause = cause.as_deref().and_then(Cause::from_id);
        Ok(Finding {
            time: row.get(0)?,
            system: system.map(|s| s.name),
            verdict: Verdict::from_id(&verdict).ok_or_else(|| unknown("verdict", &verdict))?,
            confidence: Confidence::from_id(&confidence)
                .ok_or_else(|| unknown("confidence", &confidence))?,
            logged: row.get(4)?,
            candidates: read_candidates(row.get_ref(19)?.as_str()?)?,
            source: source.map(names::address),
            principal: text(row, 6)?,
            host: text(row, 7)?,
            action: text(row, 8)?.map(|text| String::from(text).into()),
            reason: text(row, 9)?.map(|text| String::from(text).into()),
            request: request(row)?,
            message: text(row, 16)?.unwrap_or_default(),
            fix: text(row, 17)?.and_then(|said| fix(system, cause?, &said)),
            evidence: self.evidence(row.get_ref(20)?.as_str()?)?,
            considered: Vec::new(),
        })
    }

    fn evidence(&mut self, json: &str) -> Result<Vec<Evidence>> {
        let all: Vec<StoredEvidence> = serde_json::from_str(json)?;
        all.into_iter().map(|e| self.line(&e)).collect()
    }

    fn line(&mut self, e: &StoredEvidence) -> Result<Evidence> {
        let (line, offset, length) = (e.line, e.offset, e.length);
        let text: Option<String> = self
            .line
            .query_row((e.part, stored(line)), |row| row.get(0))
            .optional()?;
        let part = self.parts.get(&e.part).copied();
        Ok(Evidence {
            role: Role::from_id(&e.role).ok_or_else(|| unknown("role", &e.role))?,
            place: Place {
                part: part.ok_or_else(|| unknown("part", &e.part.to_string()))?,
                line,
                offset,
                length,
            },
            text: text.unwrap_or_default().into(),
            delta_s: e.delta_s,
            clock_offset_s: e.clock_offset_s,
        })
    }
}

fn text(row: &Row<'_>, column: usize) -> Result<Option<Box<str>>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.map(String::into_boxed_str))
}

/// What this version says to it: the product's own, unless it was said of the web server before it.
fn fix(system: Option<&System>, cause: Cause, said: &str) -> Option<&'static str> {
    let own = || system?.fix(cause);
    match error_log::fix(cause) {
        Some(before) if before == said => Some(before),
        before => own().or(before),
    }
}

fn unknown(what: &str, found: &str) -> Error {
    Error::Damaged(format!("a finding has the {what} {found}"))
}

fn read_candidates(json: &str) -> Result<Vec<Candidate>> {
    let all: Vec<StoredCandidate> = serde_json::from_str(json)?;
    let of = |c: StoredCandidate| {
        Ok(Candidate {
            cause: Cause::from_id(&c.cause).ok_or_else(|| unknown("cause", &c.cause))?,
            because: c.because,
        })
    };
    all.into_iter().map(of).collect()
}

fn request(row: &Row<'_>) -> Result<Option<Request>> {
    let Some(method) = text(row, 10)? else {
        return Ok(None);
    };
    let rest = row.get_ref(15)?.as_str_or_null()?;
    let rest: Rest = rest
        .map(serde_json::from_str)
        .transpose()?
        .unwrap_or_default();
    Ok(Some(Request {
        method: event::method(&method),
        target: text(row, 11)?.unwrap_or_default(),
        status: row.get(12)?,
        bytes: row.get(13)?,
        duration: rest.duration,
        upstream_status: match rest.upstream_status {
            Some(status) => Some(Some(status)),
            None => rest.no_upstream.then_some(None),
        },
        upstream_address: rest.upstream_address,
        request_id: rest.request_id,
        user: rest.user,
        user_agent: text(row, 14)?,
        forwarded_for: rest.forwarded_for,
        host: rest.host,
        sent: rest.sent,
    }))
}

#[cfg(test)]
mod tests {
    use super::fix;
    use crate::cause::Cause;
    use crate::system::{self, error_log};

    #[test]
    fn what_the_web_server_was_told_to_do_stays_so() {
        let (cause, system) = (Cause::WrongPassword, system::by_name("pritunl"));
        let own = system.unwrap().fix(cause).unwrap();
        let before = error_log::fix(cause).unwrap();
        assert_ne!(own, before);
        assert_eq!(fix(system, cause, own), Some(own));
        assert_eq!(fix(system, cause, before), Some(before));
        assert_eq!(fix(system, cause, "of an older version"), Some(own));
    }
}
