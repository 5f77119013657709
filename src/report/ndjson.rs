//! One JSON object a line: the schema `why401.finding/1`, nested ECS objects, absent rather than empty.
//! Within this version fields are only ever added.

use std::io::{self, Write};
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use super::Report;
use super::escape::string;
use crate::event::{Micros, Part, Place, Request};
use crate::finding::{Considered, Evidence, Finding, Lost, Role};
use crate::forgery::{Flag, flags};
use crate::summary::Summary;

const SCHEMA: &str = "why401.finding/1";

/// The name of a member with all that stands around it, to be written in one go.
type Name = &'static str;

/// This one; it has nothing to escape.
macro_rules! name {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// Writes findings as they come, a line in one piece.
#[derive(Debug)]
pub struct Ndjson<W> {
    parts: Arc<[Part]>,
    /// Reused: escaping writes a line in a hundred pieces, and memory takes them fastest.
    line: Vec<u8>,
    out: W,
}

impl<W: Write> Ndjson<W> {
    pub fn new(parts: Arc<[Part]>, out: W) -> Self {
        Self {
            parts,
            line: Vec::new(),
            out,
        }
    }
}

impl<W: Write> Report for Ndjson<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.line.clear();
        write_finding(finding, &self.parts, &mut self.line)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a finding as an object, without the end of its line.
pub(super) fn write_finding(
    finding: &Finding,
    parts: &[Part],
    line: &mut Vec<u8>,
) -> io::Result<()> {
    Object::write(line, |row| row.finding(finding, parts))
}

/// A line with a finding that replaces what was said under its id.
pub fn revised(finding: &Finding, parts: &[Part]) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    Object::write(&mut line, |row| {
        row.number(name!("revised"), true)?;
        row.finding(finding, parts)
    })?;
    line.push(b'\n');
    Ok(line)
}

/// A line that takes back what was said under an id: it is part of another finding.
pub fn withdrawn(id: &str) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    Object::write(&mut line, |row| {
        row.text(name!("schema"), Some(SCHEMA));
        row.text(name!("id"), Some(id));
        row.number(name!("withdrawn"), true)
    })?;
    line.push(b'\n');
    Ok(line)
}

/// What stays the same however often and from whichever copy of a log a finding is made: a hash of
/// where its outermost request line stands, else its first reason line, else its first evidence.
pub fn id(finding: &Finding, parts: &[Part]) -> Option<String> {
    let of = |role| finding.evidence.iter().find(|e| e.role == role);
    let place = of(Role::Request)
        .or_else(|| of(Role::Reason))
        .or_else(|| finding.evidence.first())?
        .place;
    place_id(place, parts)
}

/// The same of a line.
pub fn place_id(place: Place, parts: &[Part]) -> Option<String> {
    let mut stands = [0; 40];
    stands[..32].copy_from_slice(&parts.get(place.part as usize)?.identity);
    stands[32..].copy_from_slice(&place.offset.to_le_bytes());
    Some(blake3::hash(&stands).to_hex()[..32].to_owned())
}

/// An object that is being written. What is absent, or empty, is left out.
///
/// By hand and not by `serde`, which escapes byte by byte: evidence is mostly quotes and long runs
/// without any.
struct Object<'a> {
    line: &'a mut Vec<u8>,
    is_begun: bool,
}

impl Object<'_> {
    /// Writes an object with what `members` puts into it.
    fn write<T>(line: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>) -> T) -> T {
        line.push(b'{');
        let is_begun = false;
        let result = members(&mut Object { line, is_begun });
        line.push(b'}');
        result
    }

    #[inline]
    fn name(&mut self, name: Name) -> &mut Vec<u8> {
        let after_comma = usize::from(!self.is_begun);
        self.line.extend_from_slice(&name.as_bytes()[after_comma..]);
        self.is_begun = true;
        self.line
    }

    fn text(&mut self, name: Name, text: Option<&str>) {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            string(text, self.name(name));
        }
    }

    /// As [`Self::text`], of what has nothing to escape, as words of ours.
    fn plain(&mut self, name: Name, text: Option<&str>) {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            let line = self.name(name);
            for part in ["\"", text, "\""] {
                line.extend_from_slice(part.as_bytes());
            }
        }
    }

    /// A number, a truth value, an address.
    fn number(&mut self, name: Name, number: impl Serialize) -> io::Result<()> {
        Ok(serde_json::to_writer(self.name(name), &number)?)
    }

    fn seconds(&mut self, name: Name, seconds: Option<f64>) -> io::Result<()> {
        match seconds {
            Some(seconds) => self.number(name, milliseconds(seconds)),
            None => Ok(()),
        }
    }

    fn object<T>(&mut self, name: Name, members: impl FnOnce(&mut Object<'_>) -> T) -> T {
        Self::write(self.name(name), members)
    }

    /// An object with one text.
    fn one(&mut self, name: Name, inner: Name, text: Option<&str>) {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            self.object(name, |o| o.text(inner, Some(text)));
        }
    }

    /// A list of objects.
    fn list<T>(
        &mut self,
        name: Name,
        items: &[T],
        mut members: impl FnMut(&mut Object<'_>, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let line = self.name(name);
        for (index, item) in items.iter().enumerate() {
            line.push(if index == 0 { b'[' } else { b',' });
            Object::write(line, |o| members(o, item))?;
        }
        line.push(b']');
        Ok(())
    }

    fn finding(&mut self, finding: &Finding, parts: &[Part]) -> io::Result<()> {
        let request = finding.request.as_ref();
        self.plain(name!("schema"), Some(SCHEMA));
        self.plain(name!("id"), id(finding, parts).as_deref());
        self.plain(name!("@timestamp"), timestamp(finding.time).as_deref());
        self.plain(name!("system"), finding.system);
        self.plain(name!("verdict"), Some(finding.verdict.id()));
        self.plain(name!("cause"), finding.cause().map(crate::cause::Cause::id));
        self.plain(name!("confidence"), Some(finding.confidence.id()));
        if let Some(logged) = finding.logged {
            self.number(name!("logged"), logged)?;
        }
        self.list(name!("candidates"), &finding.candidates, |o, candidate| {
            o.plain(name!("cause"), Some(candidate.cause.id()));
            o.text(name!("because"), Some(&candidate.because));
            Ok(())
        })?;
        if let Some(request) = request {
            self.object(name!("http"), |o| o.http(request))?;
            if !request.target.is_empty() {
                self.object(name!("url"), |o| {
                    o.text(name!("original"), Some(&request.target));
                    string(request.path(), o.name(name!("path")));
                });
            }
        }
        if let Some(ip) = finding.source {
            self.object(name!("source"), |o| o.number(name!("ip"), ip))?;
        }
        self.one(name!("user"), name!("name"), finding.principal.as_deref());
        let agent = request.and_then(|r| r.user_agent.as_deref());
        self.one(name!("user_agent"), name!("original"), agent);
        self.one(name!("host"), name!("name"), finding.host.as_deref());
        self.event(finding.reason.as_deref(), finding.action.as_deref());
        #[allow(clippy::cast_precision_loss)] // to the millisecond
        let skew = request
            .and_then(|r| r.skew(finding.time))
            .map(|skew| skew as f64 / 1e6);
        self.seconds(name!("client_skew_s"), skew)?;
        self.text(name!("message"), Some(&finding.message));
        self.text(name!("fix"), finding.fix);
        self.list(name!("evidence"), &finding.evidence, |o, e| {
            o.evidence(e, parts)
        })?;
        self.list(name!("considered"), &finding.considered, |o, c| {
            o.considered(c, parts)
        })
    }

    /// A line that was looked at, and why it is not the request's own.
    fn considered(&mut self, considered: &Considered, parts: &[Part]) -> io::Result<()> {
        self.plain(name!("lost"), Some(considered.lost.id()));
        match considered.lost {
            Lost::Address(ip) => self.object(name!("source"), |o| o.number(name!("ip"), ip))?,
            Lost::Used(place) => self.object(name!("by"), |o| o.place(place, parts))?,
            Lost::Cause | Lost::Time | Lost::Likelihood => {}
        }
        self.evidence(&considered.evidence, parts)
    }

    fn place(&mut self, place: Place, parts: &[Part]) -> io::Result<()> {
        if let Some(part) = parts.get(place.part as usize) {
            string(&part.name, self.name(name!("file")));
        }
        self.number(
            if place.is_row() {
                name!("row")
            } else {
                name!("line")
            },
            place.line,
        )
    }

    fn http(&mut self, request: &Request) -> io::Result<()> {
        let id = request.request_id.as_deref().unwrap_or_default();
        if !(request.method.is_empty() && id.is_empty()) {
            self.object(name!("request"), |o| {
                o.text(name!("method"), Some(&request.method));
                o.text(name!("id"), Some(id));
            });
        }
        self.object(name!("response"), |o| {
            o.number(name!("status_code"), request.status)?;
            match request.bytes {
                Some(bytes) => o.object(name!("body"), |o| o.number(name!("bytes"), bytes)),
                None => Ok(()),
            }
        })
    }

    fn event(&mut self, reason: Option<&str>, action: Option<&str>) {
        if [reason, action].iter().flatten().any(|t| !t.is_empty()) {
            self.object(name!("event"), |o| {
                o.text(name!("reason"), reason);
                o.text(name!("action"), action);
            });
        }
    }

    /// Evidence, with the name of the file it stands in.
    fn evidence(&mut self, evidence: &Evidence, parts: &[Part]) -> io::Result<()> {
        let place = evidence.place;
        self.plain(name!("role"), Some(evidence.role.id()));
        self.place(place, parts)?;
        if !place.is_row() {
            self.number(name!("offset"), place.offset)?;
            self.number(name!("length"), place.length)?;
        }
        let hash = blake3::hash(evidence.text.as_bytes()).to_hex();
        let line = self.name(name!("hash"));
        for part in ["\"blake3:", &hash, "\""] {
            line.extend_from_slice(part.as_bytes());
        }
        self.seconds(name!("delta_s"), evidence.delta_s)?;
        self.seconds(name!("clock_offset_s"), evidence.clock_offset_s)?;
        string(&evidence.text, self.name(name!("text")));
        let flags: Vec<_> = flags(&evidence.text).map(Flag::id).collect();
        if !flags.is_empty() {
            let listed = format!("[\"{}\"]", flags.join("\",\""));
            self.name(name!("flags"))
                .extend_from_slice(listed.as_bytes());
        }
        Ok(())
    }
}

/// Seconds, to the precision in which times are given. Adding zero turns `-0.0` into `0.0`.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0 + 0.0
}

/// UTC with milliseconds and `Z`. `None`: beyond the calendar.
pub fn timestamp(time: Micros) -> Option<String> {
    let time = DateTime::from_timestamp_micros(time)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::{Ndjson, id};
    use crate::finding::Finding;
    use crate::report::Report;
    use crate::report::sample::{explained, hostile, parts, silent};
    use crate::summary::Summary;

    fn written(findings: &[Finding]) -> String {
        let mut out = Vec::new();
        let mut report = Ndjson::new(parts(), &mut out);
        for finding in findings {
            report.finding(finding).unwrap();
        }
        report.finish(&Summary::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_is_one_line() {
        insta::assert_snapshot!(written(&[explained()]), @r#"
        {"schema":"why401.finding/1","id":"3cd8735ba75a479b23177a35fad0f1e4","@timestamp":"2026-06-04T12:00:03.123Z","system":"pritunl","verdict":"explained","cause":"clock_skew","confidence":"high","logged":true,"candidates":[{"cause":"clock_skew","because":"journal line in the same second"}],"http":{"request":{"method":"GET"},"response":{"status_code":401,"body":{"bytes":17}}},"url":{"original":"/organization?x=1","path":"/organization"},"source":{"ip":"203.0.113.9"},"user":{"name":"alice"},"user_agent":{"original":"curl/8.5"},"host":{"name":"vpn1"},"event":{"reason":"Expired auth timestamp","action":"admin_auth_failure"},"message":"The signature was made more than 300 s away from the server's time.","fix":"Set the client's clock by NTP; the server accepts signatures up to 300 seconds old.","evidence":[{"role":"request","file":"access.log","line":123,"offset":24400,"length":99,"hash":"blake3:5180817d2c993fa1038810a9e05ada0cfc302cc064a8b0e2b5f17ee91b706250","text":"203.0.113.9 - - [04/Jun/2026:14:00:03 +0200] \"GET /organization?x=1 HTTP/1.1\" 401 17 \"-\" \"curl/8.5\""},{"role":"reason","file":"pritunl_journal.log","line":88,"offset":17400,"length":122,"hash":"blake3:8321109d2336708cf530e2f1e2e96f16b9f3fe2d5ba2b453197eb129bb2bea81","delta_s":0.4,"clock_offset_s":-37.0,"text":"{\"id\": \"6a2169c3\", \"event\": \"admin_auth_failure\", \"event_long\": \"Expired auth timestamp\", \"remote_address\": \"203.0.113.9\"}"}]}
        "#);
    }

    #[test]
    fn hostile_text_stays_in_its_string() {
        let json = written(&[hostile()]);
        assert_eq!(
            json.matches(char::is_control).count(),
            1,
            "the end of the line"
        );
        let row: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(row["user"]["name"], "ro\u{200b}ot\x07\x1b]0;owned\x07");
        assert_eq!(row["url"]["path"], "/\x1b[2J日本語\u{202e}/login");
    }

    #[test]
    fn what_is_not_known_is_absent() {
        let bare = Finding {
            principal: Some("".into()),
            request: None,
            evidence: Vec::new(),
            ..hostile()
        };
        insta::assert_snapshot!(written(&[bare]), @r#"
        {"schema":"why401.finding/1","@timestamp":"2026-06-04T12:00:03.123Z","system":"pritunl","verdict":"unknown","confidence":"low","source":{"ip":"203.0.113.66"},"host":{"name":"vpn1"},"message":"The journal does not cover this moment."}
        "#);
    }

    #[test]
    fn the_id_is_that_of_the_outermost_request_line() {
        let parts = parts();
        let mut finding = explained();
        let of_request = id(&finding, &parts);
        assert_eq!(of_request.as_deref().map(str::len), Some(32));
        assert_ne!(of_request, id(&silent(), &parts));
        finding.evidence.reverse();
        assert_eq!(of_request, id(&finding, &parts), "whatever the order");
        finding.evidence.pop();
        assert_ne!(of_request, id(&finding, &parts), "the reason line's");
        finding.evidence.clear();
        assert_eq!(id(&finding, &parts), None);
    }
}
