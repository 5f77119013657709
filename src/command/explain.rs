//! `explain`: why each refused request failed.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use chrono::Utc;

use super::join::join;
use super::{Exit, Fault, columns, stdout};
use crate::cli::{ExplainArgs, Output};
use crate::event::Part;
use crate::input::{Inputs, Options, discover};
use crate::report::{Each, Grouped, Ndjson, Page, Report, footer};
use crate::summary::{Summary, Tally};

/// Where the servers and web servers log if nobody told them otherwise.
const USUAL: &[&str] = &[
    "/var/log/pritunl_journal.log*",
    "/var/log/nginx/access*.log*",
    "/var/log/apache2/access.log*",
    "/var/log/apache2/other_vhosts_access.log*",
    "/var/log/httpd/access_log*",
];

/// Lines that do not parse make a result incomplete above this share of a file.
const INCOMPLETE: f64 = 0.01;

#[expect(clippy::disallowed_methods, reason = "`2h` ago is counted from here")]
pub(super) fn run(args: &ExplainArgs, color: ColorChoice) -> anyhow::Result<Exit> {
    let mut talk = AutoStream::new(io::stderr().lock(), color);
    let mut filter = args
        .filter
        .filter(Utc::now().timestamp_micros(), args.zone())?;
    let (logs, place) = logs(&args.logs)?;
    if args.logs.is_empty() {
        writeln!(talk, "why401: no LOG given, trying {}", USUAL.join(" "))?;
    }
    filter.place = place;
    let Inputs {
        inputs,
        parts,
        skipped,
        failures,
    } = discover(
        &logs,
        &Options {
            format: args.format(),
        },
    );
    for skipped in &skipped {
        writeln!(talk, "why401: skipped {}: {}", skipped.name, skipped.why)?;
    }
    let mut exit = Exit::Done;
    for failure in &failures {
        writeln!(talk, "why401: {failure}")?;
        exit = Exit::Input;
    }
    if inputs.is_empty() {
        return Err(Fault::new(Exit::Input, "no log that can be read").into());
    }
    let parts: Arc<[Part]> = parts.into();
    let page = Page::new(Arc::clone(&parts), args.zone(), columns());
    let mut report = report(args, &parts, &page, color);
    let (summary, failures) = join(inputs, args.filter.system(), |finding| {
        if filter.accepts(finding, &parts) {
            report.finding(finding)
        } else {
            Ok(())
        }
    })
    .context("cannot write the findings")?;
    report.finish(&summary).context("cannot write the report")?;
    for failure in &failures {
        writeln!(talk, "why401: {failure}")?;
        exit = Exit::Input;
    }
    if args.output == Output::Ndjson {
        footer(&page, &summary, &mut talk)?;
    }
    Ok(if is_incomplete(&summary, args.strict) {
        Exit::Input
    } else {
        exit
    })
}

fn report(
    args: &ExplainArgs,
    parts: &Arc<[Part]>,
    page: &Page,
    color: ColorChoice,
) -> Box<dyn Report> {
    let out = stdout(args.output, color);
    match args.output {
        Output::Ndjson => Box::new(Ndjson::new(Arc::clone(parts), out)),
        Output::Text if args.each || args.logs.iter().any(|log| file_and_line(log).is_some()) => {
            Box::new(Each::new(page.clone(), out))
        }
        Output::Text => Box::new(Grouped::new(page.clone(), out)),
    }
}

/// Whether too many lines of a file did not parse.
#[allow(clippy::cast_precision_loss)] // a share
fn is_incomplete(summary: &Summary, strict: bool) -> bool {
    let bad =
        |t: &Tally| t.unparsed > 0 && (strict || t.unparsed as f64 > INCOMPLETE * t.lines as f64);
    summary.parts.iter().any(bad)
}

/// The file and line that is asked for.
type Asked = Option<(String, u64)>;

/// The logs to read, and the line that is asked for. `FILE:LINE` alone is read with its folder, where the
/// other side of the story lies.
fn logs(given: &[PathBuf]) -> anyhow::Result<(Vec<PathBuf>, Asked)> {
    if given.is_empty() {
        return Ok((USUAL.iter().map(PathBuf::from).collect(), None));
    }
    let mut place = None;
    let mut logs = Vec::new();
    for log in given {
        let Some((file, line)) = file_and_line(log) else {
            logs.push(log.clone());
            continue;
        };
        if place.is_some() {
            return Err(
                Fault::new(Exit::Usage, "only one FILE:LINE can be explained at a time").into(),
            );
        }
        let file = if given.len() == 1 {
            let folder = file.parent().filter(|f| *f != Path::new(""));
            let folder = folder.unwrap_or(Path::new(".")).to_owned();
            // As the walk through the folder will call it.
            let file = folder.join(file.file_name().unwrap_or_default());
            logs.push(folder);
            file
        } else {
            logs.push(file.clone());
            file
        };
        place = Some((file.display().to_string(), line));
    }
    Ok((logs, place))
}

/// `FILE:LINE`; an existing file of that very name wins.
fn file_and_line(log: &Path) -> Option<(PathBuf, u64)> {
    if log.exists() {
        return None;
    }
    let (file, line) = log.as_os_str().to_str()?.rsplit_once(':')?;
    let file = PathBuf::from(OsStr::new(file));
    line.parse()
        .ok()
        .filter(|_| file.exists())
        .map(|line| (file, line))
}
