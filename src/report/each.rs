//! One block for each finding, with all its evidence.

use std::io::{self, Write};

use super::text::{BOLD, Block, Left, span, title, words};
use super::{Detail, Page, Report, footer};
use crate::finding::{Considered, Evidence, Finding, Lost, Verdict};
use crate::forgery::flags;
use crate::summary::Summary;

const MARGIN: usize = 2;

/// Writes findings as they come.
#[derive(Debug)]
pub struct Each<W> {
    page: Page,
    /// No finding yet.
    is_empty: bool,
    /// Lines are quoted, and the fix is told.
    quotes: bool,
    fixes: bool,
    out: W,
}

impl<W: Write> Each<W> {
    pub fn new(page: Page, out: W) -> Self {
        Self {
            page,
            is_empty: true,
            quotes: true,
            fixes: true,
            out,
        }
    }

    /// Only where the lines stand.
    #[must_use]
    pub fn without_quotes(mut self) -> Self {
        self.quotes = false;
        self
    }

    #[must_use]
    pub fn without_fix(mut self) -> Self {
        self.fixes = false;
        self
    }
}

impl<W: Write> Report for Each<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let page = &self.page;
        if !std::mem::take(&mut self.is_empty) {
            writeln!(self.out)?;
        }
        let mut block = Block::new(page, MARGIN, &mut self.out);
        let title = title(finding.cause(), finding.candidates.len());
        block.header(
            &format!("{}  ", page.zone.show(finding.time)),
            &title,
            finding,
        )?;
        block.who_and_what(finding, "")?;
        block.why(finding, &finding.message)?;
        if finding.verdict != Verdict::Explained {
            block.left(finding.candidates.iter().map(|c| Left {
                cause: c.cause,
                because: &c.because,
                of: (1, 1),
            }))?;
        }
        for evidence in &finding.evidence {
            let place = page.place(evidence.place);
            block.paragraph(evidence.role.id(), (&place, BOLD), &clocks(evidence))?;
            if self.quotes {
                block.quote(&evidence.text)?;
            }
            for flag in flags(&evidence.text) {
                block.paragraph(flag.id(), ("", BOLD), flag.told())?;
            }
        }
        if self.fixes {
            block.fix(finding)?;
        }
        for (n, considered) in finding.considered.iter().enumerate() {
            let label = if n == 0 { "looked" } else { "" };
            let place = page.place(considered.evidence.place);
            let why = format!(
                "{}: {}",
                clocks(&considered.evidence),
                lost(page, considered)
            );
            block.paragraph(label, (&place, BOLD), &why)?;
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if self.is_empty {
            writeln!(self.out, "No refused request was found.")?;
        }
        if *summary != Summary::default() {
            writeln!(self.out)?;
        }
        footer(&self.page, summary, Detail::Least, &mut self.out)?;
        self.out.flush()
    }
}

/// Why a line is not the request's own, with what it says.
fn lost(page: &Page, considered: &Considered) -> String {
    let words = words(&considered.evidence.text);
    let words = words.map_or_else(String::new, |words| format!(" \"{words}\""));
    let why = match considered.lost {
        Lost::Address(address) => format!("is of {address}"),
        Lost::Cause => "does not go with this answer".to_owned(),
        Lost::Time => "was not written in this request's time".to_owned(),
        Lost::Used(request) => format!("belongs to {}", page.place(request)),
        Lost::Likelihood => "is less likely its line".to_owned(),
    };
    if words.is_empty() {
        format!("it {why}")
    } else {
        format!("{words} {why}").trim_start().to_owned()
    }
}

/// `, 0.4 s before the request; its clock runs 37.0 s ahead`
fn clocks(evidence: &Evidence) -> String {
    let delta = evidence.delta_s.map_or_else(String::new, |delta| {
        let side = if delta < 0.0 { "after" } else { "before" };
        span(delta).map_or_else(
            || ", in the same second".to_owned(),
            |span| format!(", {span} {side} the request"),
        )
    });
    let offset = evidence
        .clock_offset_s
        .filter(|offset| offset.abs() >= 0.05)
        .map_or_else(String::new, |offset| {
            let side = if offset < 0.0 { "behind" } else { "ahead" };
            format!("; its clock runs {:.1} s {side}", offset.abs())
        });
    delta + &offset
}

#[cfg(test)]
mod tests {
    use super::Each;
    use crate::finding::Finding;
    use crate::report::Report;
    use crate::report::sample::{explained, hostile, page, silent};
    use crate::summary::Summary;
    use anstream::adapter::strip_str;

    fn written(findings: &[Finding], summary: &Summary) -> String {
        let mut out = Vec::new();
        let mut report = Each::new(page(), &mut out);
        for finding in findings {
            report.finding(finding).unwrap();
        }
        report.finish(summary).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn all_evidence_is_told() {
        let text = written(&[explained(), silent()], &Summary::default());
        insta::assert_snapshot!(strip_str(&text), @r#"
        2026-06-04 14:00:03 +02:00  Clock skew                       explained · pritunl
          alice from 203.0.113.9 · GET /organization?x=1 → 401, 17 bytes
          why      The signature was made more than 300 s away from the server's time.
          request  access.log:123
                   203.0.113.9 - - [04/Jun/2026:14:00:03 +0200] "GET /organization?x=1
                     HTTP/1.1" 401 17 "-" "curl/8.5"
          reason   pritunl_journal.log:88, 0.4 s before the request; its clock runs 37.0
                   s behind
                   {"id": "6a2169c3", "event": "admin_auth_failure", "event_long":
                     "Expired auth timestamp", "remote_address": "203.0.113.9"}
          fix      Set the client's clock by NTP; the server accepts signatures up to
                   300 seconds old.

        2026-06-04 14:05:00 +02:00  Missing credentials, or 1 other     silent · pritunl
          198.51.100.7 · GET /status → 401, 17 bytes
          why      No line exists: the server writes none for this refusal, and its log
                   was alive.
          left     Missing credentials: no request of this client ever succeeded
                   Expired session: a session cookie that the server no longer knows
                   looks the same
          request  access.log:130
                   198.51.100.7 - - [04/Jun/2026:14:05:00 +0200] "GET /status HTTP/1.1"
                     401 17 "-" "-"
          fix      Sign in again.
        "#);
    }

    #[test]
    fn hostile_text() {
        let text = written(&[hostile()], &Summary::default());
        insta::assert_snapshot!(strip_str(&text), @r#"
        2026-06-04 14:00:03 +02:00  Not known                          unknown · pritunl
          ro<U+200B>ot\x07\x1b]0;owned\x07 from 203.0.113.66
          GET /\x1b[2J日本語<U+202E>/login → 403
          why      The journal does not cover this moment.
          request  access.log:140
                   203.0.113.66 - - "GET /\x1b[2J日本語<U+202E>/login HTTP/1.1" 403
                     5\r\n
        "#);
    }
}
