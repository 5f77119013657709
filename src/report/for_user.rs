//! What can be sent to the person who was refused: no name, no address, no line of a log.

use std::io::{self, Write};

use super::text::{Block, count};
use super::{Page, Report};
use crate::event::Micros;
use crate::finding::{Finding, Verdict};
use crate::summary::Summary;
use crate::system;

const NOT_CERTAIN: &str = "It is not certain why. One of these helps:";
const NOT_KNOWN: &str =
    "The server's logs do not tell why: please ask your administrator, and name this time.";

/// Writes each advice once, with the time for which it holds; the newest last.
#[derive(Debug)]
pub struct ForUser<W> {
    page: Page,
    groups: Vec<Group>,
    out: W,
}

/// Refusals for which the same is said.
#[derive(Debug)]
struct Group {
    sentences: Vec<&'static str>,
    first: Micros,
    last: Micros,
    number: u64,
}

impl<W: Write> ForUser<W> {
    pub fn new(page: Page, out: W) -> Self {
        let groups = Vec::new();
        Self { page, groups, out }
    }
}

impl<W: Write> Report for ForUser<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let sentences = sentences(finding);
        let known = self.groups.iter_mut().find(|g| g.sentences == sentences);
        match known {
            Some(group) => {
                group.first = group.first.min(finding.time);
                group.last = group.last.max(finding.time);
                group.number += 1;
            }
            None => self.groups.push(Group {
                sentences,
                first: finding.time,
                last: finding.time,
                number: 1,
            }),
        }
        Ok(())
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.groups.sort_by_key(|g| g.last);
        if self.groups.is_empty() {
            writeln!(self.out, "No refused request was found.")?;
        }
        for (n, group) in self.groups.iter().enumerate() {
            if n > 0 {
                writeln!(self.out)?;
            }
            let span = self.page.zone.show_span(group.first, group.last);
            let mut block = Block::unlabelled(&self.page, 0, &mut self.out);
            block.text(
                "",
                &format!("Refused {}, {span}.", count(group.number, "time")),
            )?;
            match &*group.sentences {
                [] => block.text("", NOT_KNOWN)?,
                [only] => block.text("", only)?,
                several => {
                    block.text("", NOT_CERTAIN)?;
                    for sentence in several {
                        block.text("", &format!("- {sentence}"))?;
                    }
                }
            }
        }
        self.out.flush()
    }
}

/// One for each cause that is left, each once; none where nothing is known.
fn sentences(finding: &Finding) -> Vec<&'static str> {
    let system = system::ALL.iter().find(|s| Some(s.name) == finding.system);
    let mut sentences = Vec::new();
    if finding.verdict == Verdict::Unknown {
        return sentences;
    }
    for candidate in &finding.candidates {
        let generic = candidate.cause.facts().for_user;
        let sentence = system.map_or(generic, |s| s.for_user(candidate.cause));
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::ForUser;
    use crate::finding::{Finding, Verdict};
    use crate::report::Report;
    use crate::report::sample::{explained, hostile, page, silent, summary};
    use anstream::adapter::strip_str;

    fn written(findings: &[Finding]) -> String {
        let mut out = Vec::new();
        let mut report = ForUser::new(page(), &mut out);
        for finding in findings {
            report.finding(finding).unwrap();
        }
        report.finish(&summary()).unwrap();
        strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn each_advice_is_told_once() {
        insta::assert_snapshot!(written(&[silent(), explained(), explained()]), @r"
        Refused 2 times, 2026-06-04 14:00:03 +02:00.
        Your device's clock does not agree with the server's: set the date and time
        automatically and try again.

        Refused 1 time, 2026-06-04 14:05:00 +02:00.
        It is not certain why. One of these helps:
        - Your request came without a login: please log in and try again.
        - Your session has ended: please log in again.
        ");
    }

    /// `explained` is alice's from 203.0.113.9, and `hostile` has all that a log can hold.
    #[test]
    fn nothing_of_the_logs_is_in_it() {
        let unknown = Finding {
            verdict: Verdict::Unknown,
            ..explained()
        };
        let text = written(&[explained(), unknown, hostile()]);
        for word in [
            "alice",
            "203.0",
            "access.log",
            "journal",
            "vpn1",
            "GET",
            "/",
        ] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}
