//! The report people read first: one block for each kind of refusal, the worst nearest to the prompt,
//! and at the end how many there were and how far what was read can be trusted.

use std::io::{self, Write};

use super::group::{Group, Groups};
use super::text::{BOLD, Block, DIM, Page, colour, fit, title, what, who, width};
use super::{Report, footer};
use crate::finding::{Finding, Verdict};
use crate::summary::Summary;

/// The heaviest groups are told in a block, the others in a line each.
const BLOCKS: usize = 20;
/// Columns that a client's name has in a line, however long the names of files are: an IPv4 address.
const LEAST_NAME: usize = 15;

/// Findings grouped by verdict, causes, client and principal; see [`Report`]. Nothing is written before
/// the end.
#[derive(Debug)]
pub struct Grouped<W> {
    page: Page,
    groups: Groups,
    out: W,
}

impl<W: Write> Grouped<W> {
    pub fn new(page: Page, out: W) -> Self {
        Self {
            page,
            groups: Groups::new(),
            out,
        }
    }

    fn write_groups(&mut self) -> io::Result<()> {
        let groups = self.groups.by_weight();
        let most = groups.iter().map(|g| g.count).max().unwrap_or(0);
        let digits = most.to_string().len();
        let (lines, blocks) = groups.split_at(groups.len().saturating_sub(BLOCKS));
        if self.groups.beyond > 0 {
            writeln!(
                self.out,
                "{DIM}{} refusals more, of further clients and principals{DIM:#}",
                self.groups.beyond
            )?;
        }
        write_lines(&self.page, lines, digits, &mut self.out)?;
        if self.groups.beyond > 0 || !lines.is_empty() {
            writeln!(self.out)?;
        }
        for (n, group) in blocks.iter().enumerate() {
            let again = blocks[n + 1..].iter().any(|later| same_fix(group, later));
            write_block(&self.page, group, digits, again, &mut self.out)?;
        }
        Ok(())
    }

    fn write_table(&mut self) -> io::Result<()> {
        let Some((first, last)) = self.groups.span else {
            return writeln!(self.out, "No refused request was found.");
        };
        let total = self.groups.total();
        let noun = if total == 1 { "refusal" } else { "refusals" };
        let span = self.page.zone.show_span(first, last);
        writeln!(self.out, "{BOLD}{total} {noun}{BOLD:#}, {span}\n")?;
        write_table(&self.groups, &mut self.out)
    }
}

impl<W: Write> Report for Grouped<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.groups.add(finding);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.write_groups()?;
        self.write_table()?;
        footer(&self.page, summary, &mut self.out)?;
        self.out.flush()
    }
}

/// The light groups: how often, what, who and where.
fn write_lines<W: Write>(
    page: &Page,
    groups: &[&Group],
    digits: usize,
    out: &mut W,
) -> io::Result<()> {
    let place = |group: &Group| {
        let proof = group.sample.evidence.first();
        proof.map_or_else(String::new, |e| page.place(e.place))
    };
    let longest = |of: &dyn Fn(&Group) -> String| groups.iter().map(|g| width(&of(g))).max();
    let titles = longest(&|g| title(&g.sample)).unwrap_or(0);
    let places = longest(&place).unwrap_or(0);
    let room = page.width.saturating_sub(digits + titles + places + 8);
    // Rather a line too long than one that hides whom it is about.
    let room = room.max(LEAST_NAME);
    let names = longest(&|g| who(&g.sample)).unwrap_or(0).min(room);
    for group in groups {
        let (title, who, place) = (title(&group.sample), who(&group.sample), place(group));
        let who = fit(&who, names);
        let style = colour(group.sample.cause());
        let after_title = titles.saturating_sub(width(&title));
        let after_who = names.saturating_sub(width(&who));
        write!(out, "{:>digits$} ×  {style}{title}{style:#}", group.count)?;
        writeln!(out, "{:after_title$}  {who}{:after_who$}  {place}", "", "")?;
    }
    Ok(())
}

/// Whether the second tells what to do about the first as well.
fn same_fix(one: &Group, other: &Group) -> bool {
    one.sample.fix == other.sample.fix && one.sample.cause() == other.sample.cause()
}

/// `again`: a block further down tells the same fix.
fn write_block<W: Write>(
    page: &Page,
    group: &Group,
    digits: usize,
    again: bool,
    out: &mut W,
) -> io::Result<()> {
    let sample = &group.sample;
    let head = format!("{:>digits$} ×  ", group.count);
    let margin = width(&head);
    let mut block = Block::new(page, margin, out);
    block.header(&head, sample)?;
    let who = who(sample);
    let others = if group.varied { ", and others" } else { "" };
    let room = (page.width - margin).saturating_sub(width(&who) + 3 + others.len());
    block.line(&format!("{who} · {}{others}", what(sample, room.max(20))))?;
    block.line(&page.zone.show_span(group.first, group.last))?;
    block.why(sample, sample.cause().map_or("", |c| c.facts().summary))?;
    block.left(sample)?;
    if let Some(proof) = sample.evidence.first() {
        let words = sample
            .reason
            .as_deref()
            .map_or_else(String::new, |words| format!(" · {words}"));
        block.paragraph(proof.role.id(), (&page.place(proof.place), BOLD), &words)?;
        block.excerpt(&proof.text, sample.reason.as_deref().unwrap_or(""))?;
    }
    match (sample.fix, sample.cause()) {
        (Some(_), Some(cause)) if again => {
            block.paragraph(
                "fix",
                ("as below", DIM),
                &format!(", for {}", cause.facts().title),
            )?;
        }
        _ => block.fix(sample)?,
    }
    writeln!(out)
}

/// Refusals per cause and verdict; a verdict that never was has no column.
fn write_table<W: Write>(groups: &Groups, out: &mut W) -> io::Result<()> {
    let total = |verdict: Verdict| {
        groups
            .counts
            .values()
            .map(|row| row[verdict as usize])
            .sum::<u64>()
    };
    let verdicts: Vec<Verdict> = Verdict::ALL
        .iter()
        .copied()
        .filter(|v| total(*v) > 0)
        .collect();
    let mut rows: Vec<_> = groups.counts.iter().collect();
    rows.sort_by_key(|(cause, row)| (row.iter().sum::<u64>(), **cause));
    let name =
        |cause: Option<_>| cause.map_or("Not known", |c: crate::cause::Cause| c.facts().title);
    let first = rows
        .iter()
        .map(|(cause, _)| width(name(**cause)))
        .max()
        .unwrap_or(0);

    write!(out, "{DIM}{:first$}", "")?;
    for verdict in &verdicts {
        write!(out, "  {:>9}", verdict.id())?;
    }
    writeln!(out, "  {:>9}{DIM:#}", "all")?;
    for (cause, row) in rows {
        let style = colour(*cause);
        write!(out, "{style}{:first$}{style:#}", name(*cause))?;
        write_cells(verdicts.iter().map(|v| row[*v as usize]), out)?;
    }
    write!(out, "{BOLD}{:first$}{BOLD:#}", "all")?;
    write_cells(verdicts.iter().map(|v| total(*v)), out)
}

fn write_cells<W: Write>(cells: impl Iterator<Item = u64>, out: &mut W) -> io::Result<()> {
    let mut sum = 0;
    for cell in cells {
        sum += cell;
        match cell {
            0 => write!(out, "  {DIM}{:>9}{DIM:#}", "·")?,
            n => write!(out, "  {n:>9}")?,
        }
    }
    writeln!(out, "  {BOLD}{sum:>9}{BOLD:#}")
}

#[cfg(test)]
mod tests {
    use super::Grouped;
    use crate::event::SECOND;
    use crate::finding::Finding;
    use crate::report::Report;
    use crate::report::sample::{explained, hostile, page, silent, summary};
    use crate::summary::Summary;
    use anstream::adapter::strip_str;

    fn written(findings: &[Finding], summary: &Summary) -> String {
        let mut out = Vec::new();
        let mut report = Grouped::new(page(), &mut out);
        for finding in findings {
            report.finding(finding).unwrap();
        }
        report.finish(summary).unwrap();
        let text = String::from_utf8(out).unwrap();
        strip_str(&text).to_string()
    }

    fn later(finding: Finding, seconds: i64) -> Finding {
        Finding {
            time: finding.time + seconds * SECOND,
            ..finding
        }
    }

    #[test]
    fn kinds_of_refusals() {
        let findings = [
            explained(),
            later(explained(), 700),
            silent(),
            later(explained(), 9000),
        ];
        insta::assert_snapshot!(written(&findings, &summary()), @r#"
        1 ×  Missing credentials, or 1 other                            silent · pritunl
             198.51.100.7 · GET /status → 401
             2026-06-04 14:05:00 +02:00
             why      No line exists: the server writes none for this refusal, and its
                      log was alive.
             left     Missing credentials: no request of this client ever succeeded
                      Expired session: a session cookie that the server no longer knows
                      looks the same
             request  access.log:130
                      198.51.100.7 - - [04/Jun/2026:14:05:00 +0200] "GET /status HTTP/1…
             fix      Sign in again.

        3 ×  Clock skew                                              explained · pritunl
             alice from 203.0.113.9 · GET /organization?x=1 → 401
             2026-06-04 14:00:03 to 16:30:03 +02:00
             why      The request's timestamp is too far from the server's clock.
             reason   pritunl_journal.log:88 · Expired auth timestamp
                      … "event_long": "Expired auth timestamp", "remote_address": "203.…
             fix      Set the client's clock by NTP; the server accepts signatures up to
                      300 seconds old.

        4 refusals, 2026-06-04 14:00:03 to 16:30:03 +02:00

                             explained     silent        all
        Missing credentials          ·          1          1
        Clock skew                   3          ·          3
        all                          3          1          4

        clock    pritunl_journal.log runs 37.0 s behind access.log (±0.2 s, 412 pairs)
        gap      pritunl_journal.log 2026-06-04 14:15:00 to 14:25:00 +02:00: no line of
                 12 logins that always write one; 5 refusals inside
        note     The access log has no request time; with `$request_time` pairs are
                 surer.
        read     pritunl_journal.log (pritunl_journal), 88 lines, 1 did not parse
                 - pritunl_journal.log:77: byte 10: `:` expected
                 access.log (nginx_combined), 1204 lines
        "#);
    }

    #[test]
    fn hostile_text() {
        insta::assert_snapshot!(written(&[hostile()], &Summary::default()), @r#"
        1 ×  Not known                                                 unknown · pritunl
             ro<U+200B>ot\x07\x1b]0;owned\x07 from 203.0.113.66 · GET /\x1b[2J日… → 403
             2026-06-04 14:00:03 +02:00
             why      The journal does not cover this moment.
             request  access.log:140
                      203.0.113.66 - - "GET /\x1b[2J日本語<U+202E>/login HTTP/1.1" 403 …

        1 refusal, 2026-06-04 14:00:03 +02:00

                     unknown        all
        Not known          1          1
        all                1          1
        "#);
    }

    #[test]
    fn nothing_found() {
        insta::assert_snapshot!(written(&[], &Summary::default()), @"No refused request was found.");
    }

    #[test]
    fn light_groups_take_a_line() {
        let findings: Vec<Finding> = (0..60)
            .map(|n| Finding {
                principal: Some(format!("user{n}").into()),
                ..later(explained(), n)
            })
            .collect();
        let text = written(&findings, &Summary::default());
        assert_eq!(
            text.lines()
                .filter(|l| l.starts_with("1 ×") && l.contains("88"))
                .count(),
            40
        );
        assert!(
            text.starts_with("1 ×  Clock skew  user0 from 203.0.113.9   pritunl_journal.log:88\n")
        );
    }
}
