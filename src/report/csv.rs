//! Findings as a table: RFC 4180, with a header. A field is never taken for a formula by a spreadsheet.

use std::io::{self, Write};
use std::sync::Arc;

use super::Report;
use super::ndjson::{id, timestamp};
use super::rows::{harmless, quoted};
use super::sanitize::visible;
use crate::event::{Part, Request};
use crate::finding::{Evidence, Finding, Role};
use crate::forgery::{Flag, flags};
use crate::summary::Summary;

/// A column: its name, and what stands in it.
type Column = (&'static str, fn(&Finding, &[Part]) -> Option<String>);

/// What a program reads by name; columns are only ever added, at the end.
const COLUMNS: &[Column] = &[
    ("time", |f, _| timestamp(f.time)),
    ("system", |f, _| f.system.map(str::to_owned)),
    ("verdict", |f, _| Some(f.verdict.id().to_owned())),
    ("cause", |f, _| f.cause().map(|c| c.id().to_owned())),
    ("candidates", |f, _| {
        let causes: Vec<_> = f.candidates.iter().map(|c| c.cause.id()).collect();
        Some(causes.join(" "))
    }),
    ("confidence", |f, _| Some(f.confidence.id().to_owned())),
    ("logged", |f, _| f.logged.map(|logged| logged.to_string())),
    ("client", |f, _| f.source.map(|ip| ip.to_string())),
    ("user", |f, _| f.principal.as_deref().map(str::to_owned)),
    ("method", |f, _| of(f, |r| Some(r.method.to_string()))),
    ("url", |f, _| of(f, |r| Some(r.target.to_string()))),
    ("status", |f, _| of(f, |r| Some(r.status.to_string()))),
    ("bytes", |f, _| of(f, |r| r.bytes.map(|b| b.to_string()))),
    ("reason", |f, _| f.reason.as_deref().map(str::to_owned)),
    ("action", |f, _| f.action.as_deref().map(str::to_owned)),
    ("host", |f, _| f.host.as_deref().map(str::to_owned)),
    ("message", |f, _| Some(f.message.to_string())),
    ("fix", |f, _| f.fix.map(str::to_owned)),
    ("request_line", |f, parts| place(f, Role::Request, parts)),
    ("reason_line", |f, parts| place(f, Role::Reason, parts)),
    ("id", id),
    ("flags", |f, _| {
        let all = f.evidence.iter().flat_map(|e| flags(&e.text));
        let mut all: Vec<_> = all.map(Flag::id).collect();
        all.sort_unstable();
        all.dedup();
        (!all.is_empty()).then(|| all.join(" "))
    }),
];

fn of(finding: &Finding, field: impl Fn(&Request) -> Option<String>) -> Option<String> {
    finding.request.as_ref().and_then(field)
}

/// `access.log:123`, the first line in this role.
fn place(finding: &Finding, role: Role, parts: &[Part]) -> Option<String> {
    let is_it = |e: &&Evidence| e.role == role;
    let place = finding.evidence.iter().find(is_it)?.place;
    let part = parts.get(place.part as usize)?;
    Some(format!("{}:{}", part.name, place.line))
}

/// Writes findings as they come, a row each.
#[derive(Debug)]
pub struct Csv<W> {
    parts: Arc<[Part]>,
    is_begun: bool,
    /// Characters that act on a screen, or cannot be seen there, are made visible.
    is_visible: bool,
    out: W,
}

impl<W: Write> Csv<W> {
    pub fn new(parts: Arc<[Part]>, out: W) -> Self {
        Self {
            parts,
            is_begun: false,
            is_visible: false,
            out,
        }
    }

    /// For people rather than programs: what cannot be seen is made visible.
    pub fn visible(out: W) -> Self {
        Self {
            is_visible: true,
            ..Self::new([].into(), out)
        }
    }

    /// A row; `parts`: the files that its evidence is in.
    pub fn row(&mut self, finding: &Finding, parts: &[Part]) -> io::Result<()> {
        self.begin()?;
        for (n, (_, value)) in COLUMNS.iter().enumerate() {
            let mut value = value(finding, parts).unwrap_or_default();
            if self.is_visible {
                value = visible(&value).into_owned();
            }
            let comma = if n == 0 { "" } else { "," };
            write!(self.out, "{comma}{}", field(&value))?;
        }
        write!(self.out, "\r\n")
    }

    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.is_begun, true) {
            return Ok(());
        }
        let names: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
        write!(self.out, "{}\r\n", names.join(","))
    }
}

impl<W: Write> Report for Csv<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let parts = Arc::clone(&self.parts);
        self.row(finding, &parts)
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.begin()?;
        self.out.flush()
    }
}

/// A field that a spreadsheet does not take for a formula.
fn field(text: &str) -> String {
    quoted(&harmless(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Csv, Report, field};
    use crate::finding::Finding;
    use crate::report::sample::{explained, parts};
    use crate::summary::Summary;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn written(findings: &[Finding]) -> String {
        let mut out = Vec::new();
        let mut report = Csv::new(parts(), &mut out);
        for finding in findings {
            report.finding(finding).unwrap();
        }
        report.finish(&Summary::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Rows of fields, by the grammar of RFC 4180.
    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut rows = vec![vec![String::new()]];
        let mut chars = text.chars().peekable();
        let mut is_quoted = false;
        while let Some(c) = chars.next() {
            let row = rows.last_mut().unwrap();
            match c {
                '"' if is_quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    row.last_mut().unwrap().push('"');
                }
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => row.push(String::new()),
                '\r' if !is_quoted && chars.peek() == Some(&'\n') => {
                    chars.next();
                    rows.push(vec![String::new()]);
                }
                c => row.last_mut().unwrap().push(c),
            }
        }
        assert_eq!(rows.pop(), Some(vec![String::new()]), "a last end of line");
        rows
    }

    #[test]
    fn a_row_for_each_finding_under_a_header() {
        let rows = rows(&written(&[explained(), explained()]));
        let value = |name: &str| {
            let at = rows[0].iter().position(|column| column == name).unwrap();
            rows[1][at].as_str()
        };
        assert_eq!((rows.len(), rows[0].len()), (3, rows[1].len()));
        assert_eq!(value("time"), "2026-06-04T12:00:03.123Z");
        assert_eq!(value("cause"), "clock_skew");
        assert_eq!(value("url"), "/organization?x=1");
        assert_eq!(value("status"), "401");
        assert_eq!(value("reason_line"), "pritunl_journal.log:88");
        assert!(written(&[]).starts_with("time,system,verdict,"));
    }

    proptest! {
        /// Whatever a log says, it is one field, which no spreadsheet takes for a formula.
        #[test]
        fn a_field_is_its_text_and_no_formula(text in "[=+@\t\r-]{0,2}(?s:.){0,20}", other in any::<String>()) {
            for text in [text, other] {
                let finding = Finding { principal: Some(text.as_str().into()), ..explained() };
                let rows = rows(&written(&[finding]));
                let at = rows[0].iter().position(|column| column == "user").unwrap();
                let told = &rows[1][at];
                prop_assert!(!told.starts_with(['=', '+', '-', '@', '\t', '\r']));
                prop_assert_eq!(told.strip_prefix('\'').filter(|_| !text.starts_with('\'')).unwrap_or(told), &text);
            }
        }
    }

    #[test]
    fn fields() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("@a,b", "\"'@a,b\""),
            ("\tx", "'\tx"),
            ("1-1", "1-1"),
        ] {
            assert_eq!(field(text), expected);
        }
    }
}
