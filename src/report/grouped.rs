//! The report people read first: one block for each kind of refusal, the worst nearest to the prompt,
//! and at the end how many there were and how far what was read can be trusted.

use std::io::{self, Write};

use super::group::{Group, Groups, Logged};
use super::text::{BOLD, Block, DIM, Left, colour, count, fit_end, span, title, who, width, words};
use super::{Detail, Page, Report, footer, table};
use crate::cause::Cause;
use crate::finding::{Finding, Role, Verdict};
use crate::forgery::Flag;
use crate::summary::Summary;

/// So many groups are told in a block each; of more, the largest, and the others in a line each.
const FEW: usize = 30;
const BLOCKS: usize = 20;
/// After the heading of those lines.
const MORE: &str = " (+2: two more causes are left; --each tells all):";
/// Columns that a place has in a line at least; else it stands in one of its own.
const LEAST_PLACE: usize = 14;

/// Findings grouped by verdict, most likely cause, client and principal; see [`Report`]. Nothing is
/// written before the end.
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
        let groups = self.groups.by_count();
        let most = groups.iter().map(|g| g.count).max().unwrap_or(0);
        let digits = most.to_string().len();
        let blocks = if groups.len() > FEW {
            BLOCKS
        } else {
            groups.len()
        };
        let (lines, blocks) = groups.split_at(groups.len() - blocks);
        let beyond = self.groups.beyond;
        if !lines.is_empty() {
            Block::unlabelled(&self.page, 0, &mut self.out)
                .text("Also refused, less often", MORE)?;
            writeln!(self.out)?;
            write_lines(&self.page, lines, digits, &mut self.out)?;
            if beyond > 0 {
                let more = "more, of further clients and principals";
                writeln!(self.out, "{DIM}and {beyond} {more}{DIM:#}")?;
            }
            writeln!(self.out)?;
        }
        for (n, group) in blocks.iter().enumerate() {
            let again = blocks[n + 1..].iter().any(|later| same_fix(group, later));
            write_block(&self.page, group, digits, again, &mut self.out)?;
        }
        Ok(())
    }

    fn write_total(&mut self) -> io::Result<()> {
        let Some((first, last)) = self.groups.span else {
            return writeln!(self.out, "No refused request was found.");
        };
        let outside = self.groups.outside;
        let refusals = self.groups.total() - outside;
        let total = match (refusals, outside) {
            (n, 0) => count(n, "refusal"),
            (0, n) => format!("{} in no access log", count(n, "failure")),
            (n, m) => format!(
                "{} and {} outside the access log",
                count(n, "refusal"),
                count(m, "failure")
            ),
        };
        let span = self.page.zone.show_span(first, last);
        if width(&total) + width(&span) + 2 > self.page.width {
            writeln!(self.out, "{BOLD}{total}{BOLD:#},\n{span}\n")?;
        } else {
            writeln!(self.out, "{BOLD}{total}{BOLD:#}, {span}\n")?;
        }
        table::write(&self.groups, self.page.width, &mut self.out)
    }
}

impl<W: Write> Report for Grouped<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.groups.add(finding);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.write_groups()?;
        self.write_total()?;
        if *summary != Summary::default() {
            writeln!(self.out)?;
        }
        footer(&self.page, summary, Detail::Least, &mut self.out)?;
        self.out.flush()
    }
}

/// A group in a line: what, who and where.
struct Row<'g> {
    group: &'g Group,
    title: String,
    who: String,
    file: String,
    /// `:123`
    line: String,
}

impl<'g> Row<'g> {
    /// `head`: columns before it.
    fn new(page: &Page, group: &'g Group, head: usize) -> Self {
        let cause = group.sample.cause();
        let others = group.left.len().saturating_sub(1);
        let more = if cause.is_some() && others > 0 {
            format!(" (+{others})")
        } else {
            String::new()
        };
        let place = group.sample.evidence.first().map(|proof| proof.place);
        Self {
            group,
            title: title(cause, 1) + &more,
            who: who(&group.sample, page.width - head),
            file: place.map_or_else(String::new, |p| page.name(p.part).into_owned()),
            line: place.map_or_else(String::new, |p| format!(":{}", p.line)),
        }
    }

    /// The file and, in so many columns, the line; the end of the file's name where it does not fit.
    fn place(&self, columns: usize, line: usize) -> String {
        let room = columns.saturating_sub(line);
        format!("{}{}", fit_end(&self.file, room), self.line)
    }
}

/// The small groups: how often, what, who and where. Of a place, the end is shown that fits. The client and
/// its name are never cut: where they are too long, they stand in a line of their own.
fn write_lines<'g, W: Write>(
    page: &Page,
    groups: &[&'g Group],
    digits: usize,
    out: &mut W,
) -> io::Result<()> {
    let head = digits + 4;
    let row = |group: &&'g Group| Row::new(page, group, head);
    let rows: Vec<Row> = groups.iter().map(row).collect();
    let longest = |of: fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let titles = longest(|row| width(&row.title));
    let places = longest(|row| width(&row.file) + row.line.len());
    let lines = longest(|row| row.line.len());
    let room = page.width.saturating_sub(head + titles + 4);
    let room = room.saturating_sub(places.min(LEAST_PLACE));
    let fitting = rows
        .iter()
        .map(|row| width(&row.who))
        .filter(|who| *who <= room);
    let fitting: Vec<usize> = fitting.collect();
    // A few may stand out, but not so many that the columns are lost.
    let are_columns = fitting.len() * 4 >= rows.len() * 3;
    let names = fitting.into_iter().max().filter(|_| are_columns);
    for row in &rows {
        let style = colour(row.group.sample.cause());
        let Row { title, who, .. } = row;
        write!(
            out,
            "{:>digits$} ×  {style}{title}{style:#}",
            row.group.count
        )?;
        if let Some(names) = names.filter(|names| width(who) <= *names) {
            let after_title = titles + 2 - width(title);
            let after_who = names + 2 - width(who);
            let room = page.width - (head + titles + names + 4);
            // The same of each file's name.
            let place = row.place(room, lines);
            writeln!(out, "{:after_title$}{who}{:after_who$}{place}", "", "")?;
        } else {
            write!(out, "\n{:head$}{who}", "")?;
            let room = page.width.saturating_sub(head + width(who) + 3);
            let line = row.line.len();
            if room >= (width(&row.file) + line).min(LEAST_PLACE) {
                writeln!(out, " · {}", row.place(room, line))?;
            } else {
                let place = row.place(page.width - head, line);
                writeln!(out, "\n{:head$}{place}", "")?;
            }
        }
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
    let mut block = Block::new(page, width(&head), out);
    block.header(&head, &title(sample.cause(), group.left.len()), sample)?;
    let others = if group.varied { ", and others" } else { "" };
    block.who_and_what(sample, others)?;
    block.line(&page.zone.show_span(group.first, group.last))?;
    block.why(sample, sample.cause().map_or("", |c| c.facts().summary))?;
    if sample.verdict == Verdict::Explained {
        write_proof(&mut block, group.logged)?;
    } else {
        block.left(group.left.iter().map(|(cause, because, some)| Left {
            cause: *cause,
            because,
            of: (*some, group.count),
        }))?;
    }
    write_trigger(page, &mut block, group)?;
    write_line(page, &mut block, sample)?;
    write_flags(&mut block, group)?;
    match (sample.fix, sample.cause()) {
        (Some(_), Some(cause)) if again => write_pointer(&mut block, cause)?,
        _ => block.fix(sample)?,
    }
    writeln!(out)
}

/// By what it is known, where that is not the same for all.
fn write_proof<W: Write>(block: &mut Block<'_, W>, logged: Logged) -> io::Result<()> {
    let kinds = [
        (logged.stated, "stated by a line"),
        (logged.absent, "without a line, told by the answer"),
        (logged.unseen, "told by the answer, with or without a line"),
    ];
    let some = kinds.iter().filter(|(n, _)| *n > 0);
    let some: Vec<_> = some.map(|(n, how)| format!("{n} {how}")).collect();
    match some.len() {
        0 | 1 => Ok(()),
        _ => block.paragraph("proof", ("", BOLD), &some.join("; ")),
    }
}

/// `since    Administrator api secret changed, pritunl_journal.log:88, 12 s before the first`
fn write_trigger<W: Write>(page: &Page, block: &mut Block<'_, W>, group: &Group) -> io::Result<()> {
    let Some(trigger) = group.trigger() else {
        return Ok(());
    };
    let said = words(&trigger.text).unwrap_or_else(|| "a change".to_owned());
    let before = if group.count == 1 {
        "before"
    } else {
        "before the first"
    };
    let when = span(trigger.delta_s).map_or_else(
        || "in the same second".to_owned(),
        |span| format!("{span} {before}"),
    );
    let place = page.place(trigger.place);
    block.paragraph("since", (&said, BOLD), &format!(", {place}, {when}"))
}

/// The line that proves it, and what it says.
fn write_line<W: Write>(page: &Page, block: &mut Block<'_, W>, sample: &Finding) -> io::Result<()> {
    let Some(line) = sample.evidence.first() else {
        return Ok(());
    };
    let (place, said) = (page.place(line.place), sample.reason.as_deref());
    let shown = said.map_or_else(String::new, |said| format!(" · {said}"));
    block.paragraph(line.role.id(), (&place, BOLD), &shown)?;
    match (line.role, said) {
        (_, Some(said)) => block.excerpt(&line.text, said),
        (Role::Reason | Role::Context, None) => {
            let said = words(&line.text);
            block.excerpt(&line.text, said.as_deref().unwrap_or("\n"))
        }
        (Role::Request | Role::Trigger, None) => block.excerpt(&line.text, ""),
    }
}

/// People who grep for such a line are misled by it.
fn write_flags<W: Write>(block: &mut Block<'_, W>, group: &Group) -> io::Result<()> {
    for (some, flag) in group.flagged.into_iter().zip(Flag::ALL) {
        let (all, told) = (group.count, flag.told());
        match some {
            0 => {}
            some if some < all => {
                let told = format!("{told}, in {some} of {all}");
                block.paragraph(flag.id(), ("", BOLD), &told)?;
            }
            _ => block.paragraph(flag.id(), ("", BOLD), told)?,
        }
    }
    Ok(())
}

fn write_pointer<W: Write>(block: &mut Block<'_, W>, cause: Cause) -> io::Result<()> {
    let told = format!("see {} below", cause.facts().title);
    block.paragraph("fix", (&told, DIM), "")
}

#[cfg(test)]
mod tests {
    use super::Grouped;
    use crate::event::SECOND;
    use crate::finding::{Evidence, Finding, Role};
    use crate::report::Report;
    use crate::report::sample::{evidence, explained, hostile, page, silent, summary};
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

                           explained
                             by line  silent  all
        Missing credentials        ·       1    1
        Clock skew                 3       ·    3
        all                        3       1    4

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
             ro<U+200B>ot\x07\x1b]0;owned\x07 from 203.0.113.66
             GET /\x1b[2J日本語<U+202E>/login → 403
             2026-06-04 14:00:03 +02:00
             why      The journal does not cover this moment.
             request  access.log:140
                      203.0.113.66 - - "GET /\x1b[2J日本語<U+202E>/login HTTP/1.1" 403 …

        1 refusal, 2026-06-04 14:00:03 +02:00

                   unknown  all
        Not known        1    1
        all              1    1
        "#);
    }

    #[test]
    fn how_it_is_known_and_since_when() {
        let changed = Evidence {
            delta_s: Some(12.0),
            ..evidence(Role::Trigger, 1, 80, r#"{"event_long": "Secret changed"}"#)
        };
        let mut unlogged = later(explained(), 5);
        unlogged.logged = Some(false);
        let mut findings = [explained(), explained(), unlogged];
        for finding in &mut findings {
            finding.evidence.push(changed.clone());
        }
        let text = written(&findings, &Summary::default());
        for line in [
            "\n     proof    2 stated by a line; 1 without a line, told by the answer\n",
            "\n     since    Secret changed, pritunl_journal.log:80, 12 s before the first\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
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
        let lines = text.lines().filter(|l| l.ends_with("journal.log:88"));
        assert_eq!(lines.count(), 40);
        let first = "1 ×  Clock skew  user0 from 203.0.113.9   pritunl_journal.log:88";
        assert_eq!(text.lines().nth(2), Some(first), "{text}");
    }
}
