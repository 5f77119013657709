//! Findings for people and programs.
//!
//! [`Ndjson`], [`Json`] and [`Csv`] are for programs; [`Grouped`], [`Each`] and [`ForUser`] lay text on a [`Page`]. The text reports
//! always write colours: who makes the writer strips them where nobody sees them. No text of a log
//! reaches a terminal other than through [`sanitize::visible`].

pub mod alert;
pub mod chart;
mod csv;
pub mod digest;
pub mod document;
mod each;
mod escape;
pub mod fail_on;
pub mod filter;
mod footer;
mod for_user;
mod group;
mod grouped;
pub mod incidents;
mod json;
mod ndjson;
mod page;
pub mod pseudonym;
pub mod publish;
pub mod rows;
#[cfg(test)]
mod sample;
pub mod sanitize;
mod table;
mod text;
pub mod when;

use std::io;

pub use csv::Csv;
pub use each::Each;
pub use fail_on::FailOn;
pub use filter::Filter;
pub use footer::{Detail, clock, footer, local, stretch};
pub use for_user::ForUser;
pub use grouped::Grouped;
pub use json::Json;
pub use ndjson::{Ndjson, id, place_id, revised, timestamp, withdrawn};
pub use page::Page;
pub use text::{BOLD, Block, DIM, colour};

use crate::finding::Finding;
use crate::summary::Summary;

/// Findings in, text out.
pub trait Report {
    /// Takes one finding, in the order in which they are judged. May write it, or keep what it needs.
    fn finding(&mut self, finding: &Finding) -> io::Result<()>;

    /// Writes what was kept and what is said once, and flushes. Called once, at the end.
    fn finish(&mut self, summary: &Summary) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::sample::{explained, hostile, page, parts, silent, summary};
    use super::{Each, Grouped, Page, Report, sanitize, text};
    use crate::event::Part;
    use crate::finding::Finding;
    use crate::summary::Summary;
    use proptest::prelude::{any, proptest};

    /// A finding with `text` wherever a log, or a file's name, can put some.
    fn said_by_log(finding: Finding, text: &str) -> Finding {
        let said = || Some(text.into());
        let mut finding = Finding {
            principal: said(),
            host: said(),
            action: Some(text.to_owned().into()),
            reason: Some(text.to_owned().into()),
            message: text.into(),
            ..finding
        };
        if let Some(request) = &mut finding.request {
            request.method = text.to_owned().into();
            request.target = text.into();
        }
        finding
            .candidates
            .iter_mut()
            .for_each(|c| c.because = text.into());
        finding
            .evidence
            .iter_mut()
            .for_each(|e| e.text = text.into());
        finding
    }

    fn named_by_user(text: &str) -> (Page, Summary) {
        let mut summary = summary();
        summary.notes = vec![text.into()];
        summary.gaps[0].input = text.into();
        summary.gaps[0].why = text.into();
        summary.clock_offsets[0].reference = text.into();
        summary.parts[1].first_unparsed[0].1 = text.into();
        let named = |part: &Part| Part {
            name: text.into(),
            ..part.clone()
        };
        let parts = parts().iter().map(named).collect();
        (Page::new(parts, page().zone, 80), summary)
    }

    /// Without the colours, only ends of lines may be left of all control characters.
    fn assert_harmless(out: Vec<u8>) {
        let text = String::from_utf8(out).unwrap();
        let is_parameter = |c: char| c == '[' || c == ';' || c.is_ascii_digit();
        for (n, piece) in text.split('\x1b').enumerate() {
            let colour = piece.trim_start_matches(is_parameter).strip_prefix('m');
            let plain = if n == 0 {
                piece
            } else {
                colour.expect("a colour")
            };
            assert!(
                plain.split('\n').all(|l| sanitize::visible(l) == l),
                "{plain:?}"
            );
        }
    }

    /// Both reports of these findings, on a page of so many columns.
    fn written(findings: &[Finding], columns: usize) -> [String; 2] {
        let page = Page::new(parts(), page().zone, columns);
        let (mut grouped, mut each) = (Vec::new(), Vec::new());
        let mut reports: [Box<dyn Report>; 2] = [
            Box::new(Grouped::new(page.clone(), &mut grouped)),
            Box::new(Each::new(page, &mut each)),
        ];
        for report in &mut reports {
            for finding in findings {
                report.finding(finding).unwrap();
            }
            report.finish(&summary()).unwrap();
        }
        drop(reports);
        [grouped, each].map(|out| {
            let text = String::from_utf8(out).unwrap();
            anstream::adapter::strip_str(&text).to_string()
        })
    }

    #[test]
    fn a_narrow_and_a_wide_page_hold_every_line() {
        let named = |n: usize| Finding {
            principal: Some("x".repeat(n % 20).into()),
            ..explained()
        };
        let mut findings: Vec<Finding> = (0..40).map(named).collect();
        findings.extend([silent(), hostile()]);
        findings.extend((0..40).map(|n| Finding {
            principal: Some(format!("y{n}").into()),
            ..silent()
        }));
        for columns in [50, 80, 160] {
            for text in written(&findings, columns) {
                let is_long = |line: &&str| text::width(line) > columns;
                assert_eq!(text.lines().find(is_long), None, "{columns}");
                assert!(!text.contains("\n\n\n") && !text.ends_with("\n\n"));
            }
        }
    }

    #[test]
    fn failures_that_no_request_owns_are_no_refusals() {
        let alone = Finding {
            request: None,
            ..explained()
        };
        let [grouped, each] = written(&[alone.clone(), silent()], 80);
        let told = "alice from 203.0.113.9 · no access log line (admin_auth_failure)";
        assert!(grouped.contains(told) && each.contains(told));
        assert!(grouped.contains("\n1 refusal and 1 failure outside the access log,"));
        let [grouped, _] = written(&[alone], 80);
        assert!(grouped.contains("\n1 failure in no access log, "));
    }

    #[test]
    fn words_are_shown_though_no_reason_is_known() {
        let mut several = silent();
        several.verdict = crate::finding::Verdict::Ambiguous;
        several.logged = None;
        several.evidence.push(explained().evidence[1].clone());
        let [grouped, _] = written(&[several], 60);
        assert!(grouped.contains(r#""Expired auth timestamp""#), "{grouped}");
    }

    proptest! {
        #[test]
        fn no_log_reaches_the_terminal_unseen(text in any::<String>(), hidden in "[\u{0}-\u{9f}\u{200b}-\u{202e}]{0,9}") {
            let text = text + &hidden;
            let (page, summary) = named_by_user(&text);
            let (mut grouped, mut each) = (Vec::new(), Vec::new());
            let mut reports: [Box<dyn Report>; 2] = [
                Box::new(Grouped::new(page.clone(), &mut grouped)),
                Box::new(Each::new(page, &mut each)),
            ];
            for report in &mut reports {
                for finding in [explained(), silent(), hostile()] {
                    report.finding(&said_by_log(finding, &text)).unwrap();
                }
                report.finish(&summary).unwrap();
            }
            drop(reports);
            assert_harmless(grouped);
            assert_harmless(each);
        }
    }
}
