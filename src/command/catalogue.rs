//! `causes` and `formats`: what can be found, and what is read.

use std::io::{self, Write};

use serde::Serialize;

use super::Exit;
use crate::cause::{Cause, Family};
use crate::cli::Output;
use crate::format::{self, Format};
use crate::report::{BOLD, Block, DIM, Page, colour};
use crate::system::{self, System};

/// Every cause, by family, with its fix on each server and whether that server writes a line for it.
pub(super) fn causes(output: Output, page: &Page, out: &mut impl Write) -> anyhow::Result<Exit> {
    match output {
        Output::Text => write_causes(page, out)?,
        Output::Ndjson => write_rows(Cause::ALL.iter().map(|c| CauseRow::new(*c)), out)?,
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Every log format.
pub(super) fn formats(output: Output, out: &mut impl Write) -> anyhow::Result<Exit> {
    match output {
        Output::Text => write_formats(out)?,
        Output::Ndjson => write_rows(format::listed().map(FormatRow::new), out)?,
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn write_rows(rows: impl Iterator<Item = impl Serialize>, out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, &row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[derive(Serialize)]
struct CauseRow {
    cause: &'static str,
    family: &'static str,
    title: &'static str,
    summary: &'static str,
    for_user: &'static str,
    systems: Vec<Knowledge>,
}

impl CauseRow {
    fn new(cause: Cause) -> Self {
        let facts = cause.facts();
        Self {
            cause: facts.id,
            family: id(facts.family),
            title: facts.title,
            summary: facts.summary,
            for_user: facts.for_user,
            systems: known(cause).collect(),
        }
    }
}

/// What is known of a cause on one server.
#[derive(Serialize)]
struct Knowledge {
    system: &'static str,
    /// A line can state it.
    stated: bool,
    /// It can happen without a line.
    unlogged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
}

/// The servers that know a cause.
fn known(cause: Cause) -> impl Iterator<Item = Knowledge> {
    let knowledge = move |system: &&System| Knowledge {
        system: system.name,
        stated: system
            .statements
            .iter()
            .any(|s| s.meaning.causes().contains(&cause)),
        unlogged: system
            .unlogged
            .iter()
            .chain(system.in_front)
            .any(|u| u.cause == cause),
        fix: system.fix(cause),
    };
    system::ALL
        .iter()
        .map(knowledge)
        .filter(|k| k.stated || k.unlogged || k.fix.is_some())
}

fn write_causes(page: &Page, out: &mut impl Write) -> io::Result<()> {
    let mut family = None;
    for cause in Cause::ALL {
        let facts = cause.facts();
        if family != Some(facts.family) {
            let gap = if family.is_some() { "\n" } else { "" };
            family = Some(facts.family);
            writeln!(out, "{gap}{BOLD}{}{BOLD:#}", heading(facts.family))?;
        }
        let style = colour(Some(*cause));
        writeln!(
            out,
            "  {style}{}{style:#}  {DIM}{}{DIM:#}",
            facts.title, facts.id
        )?;
        if !facts.summary.is_empty() {
            Block::unlabelled(page, 6, &mut *out).text("", facts.summary)?;
        }
        for known in known(*cause) {
            let logged = match (known.stated, known.unlogged) {
                (true, true) => " (writes a line, but not always)",
                (true, false) => " (writes a line)",
                (false, true) => " (writes no line)",
                (false, false) => "",
            };
            let end = if known.fix.is_some() { ":" } else { "" };
            let mut block = Block::unlabelled(page, 6, &mut *out);
            block.text(known.system, &format!("{logged}{end}"))?;
            if let Some(fix) = known.fix {
                Block::unlabelled(page, 8, &mut *out).text("", fix)?;
            }
        }
    }
    Ok(())
}

/// As in ndjson.
fn id(family: Family) -> &'static str {
    match family {
        Family::Signature => "signature",
        Family::Credential => "credential",
        Family::Session => "session",
        Family::Account => "account",
        Family::Right => "right",
        Family::Rate => "rate",
        Family::Node => "node",
        Family::Server => "server",
    }
}

fn heading(family: Family) -> &'static str {
    match family {
        Family::Signature => "Request signature",
        Family::Credential => "Credential",
        Family::Session => "Session",
        Family::Account => "Account",
        Family::Right => "Right",
        Family::Rate => "Rate",
        Family::Node => "Node",
        Family::Server => "Server",
    }
}

#[derive(Serialize)]
struct FormatRow {
    format: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'static str>,
}

impl FormatRow {
    fn new(format: &'static dyn Format) -> Self {
        Self {
            format: format.name(),
            title: format.title(),
            system: format.system().map(|s| s.name),
        }
    }
}

fn write_formats(out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<FormatRow> = format::listed().map(FormatRow::new).collect();
    let longest = |of: fn(&FormatRow) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let names = longest(|row| row.format.len());
    let systems = longest(|row| row.system.map_or(0, str::len));
    for row in &rows {
        let FormatRow { format, title, .. } = row;
        let system = row.system.unwrap_or("-");
        writeln!(
            out,
            "{BOLD}{format:names$}{BOLD:#}  {system:systems$}  {title}"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{causes, formats};
    use crate::cause::Cause;
    use crate::cli::Output;
    use crate::format;
    use crate::report::Page;
    use crate::zone::Zone;

    fn written(output: Output) -> (String, String) {
        let page = Page::new([].into(), Zone::Utc, 80);
        let (mut of_causes, mut of_formats) = (Vec::new(), Vec::new());
        causes(output, &page, &mut of_causes).unwrap();
        formats(output, &mut of_formats).unwrap();
        (
            String::from_utf8(of_causes).unwrap(),
            String::from_utf8(of_formats).unwrap(),
        )
    }

    #[test]
    fn everything_is_listed_for_people() {
        let (causes, formats) = written(Output::Text);
        assert!(Cause::ALL.iter().all(|c| causes.contains(c.id())));
        assert!(format::listed().all(|f| formats.contains(f.title())));
        assert!(
            causes
                .lines()
                .all(|l| anstream::adapter::strip_str(l).to_string().len() <= 80)
        );
    }

    #[test]
    fn everything_is_listed_for_programs() {
        let (causes, formats) = written(Output::Ndjson);
        let ids = |text: &str, key: &str| -> Vec<String> {
            text.lines()
                .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
                .map(|row| row[key].as_str().unwrap().to_owned())
                .collect()
        };
        assert!(
            ids(&causes, "cause")
                .iter()
                .eq(Cause::ALL.iter().map(|c| c.id()))
        );
        assert!(
            ids(&formats, "format")
                .iter()
                .eq(format::listed().map(format::Format::name))
        );
    }
}
