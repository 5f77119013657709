//! All findings as one JSON array, written as they come.

use std::io::{self, Write};
use std::sync::Arc;

use super::Report;
use super::ndjson::write_finding;
use crate::event::Part;
use crate::finding::Finding;
use crate::summary::Summary;

/// Writes one array with a finding in each line.
#[derive(Debug)]
pub struct Json<W> {
    parts: Arc<[Part]>,
    line: Vec<u8>,
    is_begun: bool,
    out: W,
}

impl<W: Write> Json<W> {
    pub fn new(parts: Arc<[Part]>, out: W) -> Self {
        Self {
            parts,
            line: Vec::new(),
            is_begun: false,
            out,
        }
    }
}

impl<W: Write> Report for Json<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.line.clear();
        self.line
            .extend_from_slice(if self.is_begun { b",\n" } else { b"[\n" });
        self.is_begun = true;
        write_finding(finding, &self.parts, &mut self.line)?;
        self.out.write_all(&self.line)
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.out
            .write_all(if self.is_begun { b"\n]\n" } else { b"[]\n" })?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, Report};
    use crate::finding::Finding;
    use crate::report::Ndjson;
    use crate::report::sample::{explained, hostile, parts, silent};
    use crate::summary::Summary;
    use serde_json::Value;

    fn written(findings: &[Finding]) -> Vec<Value> {
        let mut out = Vec::new();
        let mut report = Json::new(parts(), &mut out);
        for finding in findings {
            report.finding(finding).unwrap();
        }
        report.finish(&Summary::default()).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn it_is_an_array_of_what_ndjson_has_in_lines() {
        let findings = [explained(), silent(), hostile()];
        let mut lines = Vec::new();
        let mut report = Ndjson::new(parts(), &mut lines);
        for finding in &findings {
            report.finding(finding).unwrap();
        }
        let lines = String::from_utf8(lines).unwrap();
        let lines = lines.lines().map(|l| serde_json::from_str(l).unwrap());
        assert_eq!(written(&findings), lines.collect::<Vec<Value>>());
        assert_eq!(written(&[]), Vec::<Value>::new());
    }
}
