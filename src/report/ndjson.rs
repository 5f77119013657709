//! One JSON object a line: the schema `why401.finding/1`, nested ECS objects, absent rather than empty.
//! Within this version fields are only ever added.

use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::Report;
use crate::event::{Micros, Part, Request};
use crate::finding::{Candidate, Evidence, Finding, Role};
use crate::summary::Summary;

const SCHEMA: &str = "why401.finding/1";

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
        serde_json::to_writer(&mut self.line, &FindingRow::new(finding, &self.parts))?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.out.flush()
    }
}

/// What stays the same however often and from whichever copy of a log a finding is made: a hash of
/// where its outermost request line stands, else its first reason line, else its first evidence.
pub fn id(finding: &Finding, parts: &[Part]) -> Option<String> {
    let of = |role| finding.evidence.iter().find(|e| e.role == role);
    let place = of(Role::Request)
        .or_else(|| of(Role::Reason))
        .or_else(|| finding.evidence.first())?
        .place;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&parts.get(place.part as usize)?.identity);
    hasher.update(&place.offset.to_le_bytes());
    Some(hasher.finalize().to_hex()[..32].to_owned())
}

#[derive(Serialize)]
struct FindingRow<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "@timestamp", skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'static str>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    confidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logged: Option<bool>,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "candidates")]
    candidates: &'a [Candidate],
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Url<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Name<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<UserAgent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Name<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Event<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
    #[serde(skip_serializing_if = "Proof::is_empty")]
    evidence: Proof<'a>,
}

impl<'a> FindingRow<'a> {
    fn new(finding: &'a Finding, parts: &'a [Part]) -> Self {
        let request = finding.request.as_ref();
        Self {
            schema: SCHEMA,
            id: id(finding, parts),
            timestamp: Timestamp::new(finding.time),
            system: finding.system,
            verdict: finding.verdict.id(),
            cause: finding.cause().map(crate::cause::Cause::id),
            confidence: finding.confidence.id(),
            logged: finding.logged,
            candidates: &finding.candidates,
            http: request.map(Http::new),
            url: request.and_then(Url::new),
            source: finding.source.map(|ip| Source { ip }),
            user: said(finding.principal.as_deref()).map(|name| Name { name }),
            user_agent: said(request.and_then(|r| r.user_agent.as_deref()))
                .map(|original| UserAgent { original }),
            host: said(finding.host.as_deref()).map(|name| Name { name }),
            event: Event::new(finding),
            message: said(Some(&finding.message)),
            fix: finding.fix,
            evidence: Proof {
                evidence: &finding.evidence,
                parts,
            },
        }
    }
}

/// Absent rather than empty.
fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|t| !t.is_empty())
}

#[derive(Serialize)]
struct Http<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<HttpRequest<'a>>,
    response: HttpResponse,
}

#[derive(Serialize)]
struct HttpRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

#[derive(Serialize)]
struct HttpResponse {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<HttpBody>,
}

#[derive(Serialize)]
struct HttpBody {
    bytes: u64,
}

impl<'a> Http<'a> {
    fn new(request: &'a Request) -> Self {
        let (method, id) = (
            said(Some(&request.method)),
            said(request.request_id.as_deref()),
        );
        Self {
            request: (method.is_some() || id.is_some()).then_some(HttpRequest { method, id }),
            response: HttpResponse {
                status_code: request.status,
                body: request.bytes.map(|bytes| HttpBody { bytes }),
            },
        }
    }
}

#[derive(Serialize)]
struct Url<'a> {
    original: &'a str,
    path: &'a str,
}

impl<'a> Url<'a> {
    fn new(request: &'a Request) -> Option<Self> {
        said(Some(&request.target)).map(|original| Self {
            original,
            path: request.path(),
        })
    }
}

#[derive(Serialize)]
struct Source {
    ip: IpAddr,
}

#[derive(Serialize)]
struct Name<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct UserAgent<'a> {
    original: &'a str,
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
}

impl<'a> Event<'a> {
    fn new(finding: &'a Finding) -> Option<Self> {
        let (reason, action) = (
            said(finding.reason.as_deref()),
            said(finding.action.as_deref()),
        );
        (reason.is_some() || action.is_some()).then_some(Self { reason, action })
    }
}

fn candidates<S: Serializer>(all: &[Candidate], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Row<'a> {
        cause: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<&'a str>,
    }
    serializer.collect_seq(all.iter().map(|c| Row {
        cause: c.cause.id(),
        because: said(Some(&c.because)),
    }))
}

/// Evidence with the names of the files it stands in.
struct Proof<'a> {
    evidence: &'a [Evidence],
    parts: &'a [Part],
}

impl Proof<'_> {
    fn is_empty(&self) -> bool {
        self.evidence.is_empty()
    }
}

impl Serialize for Proof<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.evidence
                .iter()
                .map(|e| EvidenceRow::new(e, self.parts)),
        )
    }
}

#[derive(Serialize)]
struct EvidenceRow<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    line: u64,
    offset: u64,
    length: u32,
    hash: Hash,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_offset_s: Option<f64>,
    text: &'a str,
}

impl<'a> EvidenceRow<'a> {
    fn new(evidence: &'a Evidence, parts: &'a [Part]) -> Self {
        let place = evidence.place;
        Self {
            role: evidence.role.id(),
            file: parts.get(place.part as usize).map(|part| &*part.name),
            line: place.line,
            offset: place.offset,
            length: place.length,
            hash: Hash(blake3::hash(evidence.text.as_bytes())),
            delta_s: evidence.delta_s.map(milliseconds),
            clock_offset_s: evidence.clock_offset_s.map(milliseconds),
            text: &evidence.text,
        }
    }
}

/// Seconds, to the precision in which times are given. Adding zero turns `-0.0` into `0.0`.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0 + 0.0
}

struct Hash(blake3::Hash);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&["blake3:", self.0.to_hex().as_str()].concat())
    }
}

/// UTC with milliseconds and `Z`.
struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// `None`: beyond the calendar.
    fn new(time: Micros) -> Option<Self> {
        DateTime::from_timestamp_micros(time).map(Self)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
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
