//! `explain`: why each refused request failed.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstream::ColorChoice;
use anyhow::Context;
use chrono::Utc;

use super::join::join;
use super::talk::{Talk, tell_failures, tell_skipped};
use super::told::Told;
use super::{Exit, Fault, columns, reading, recall, stdout};
use crate::cli::{ExplainArgs, FindingOutput};
use crate::config::Config;
use crate::event::Part;
use crate::finding::Finding;
use crate::input::{Failure, Input, Inputs, Options, Skipped, discover};
use crate::report::sanitize::visible;
use crate::report::{Csv, Detail, Each, ForUser, Grouped, Json, Ndjson, Page, Report, footer};
use crate::summary::{Summary, Tally};

/// Where the servers and web servers log if nobody told them otherwise.
pub(super) const USUAL: &[&str] = &[
    "/var/log/pritunl_journal.log*",
    "/var/log/pritunl.log*",
    "/var/log/nginx/access*.log*",
    "/var/log/apache2/access.log*",
    "/var/log/apache2/other_vhosts_access.log*",
    "/var/log/httpd/access_log*",
    "/var/log/caddy/access*.log*",
    "/var/log/nginx/error.log*",
    "/var/log/apache2/error.log*",
];

/// Lines that do not parse make a result incomplete above this share of a file.
const INCOMPLETE: f64 = 0.01;

#[expect(clippy::disallowed_methods, reason = "`2h` ago is counted from here")]
pub(super) fn run(args: &ExplainArgs, config: &Config, color: ColorChoice) -> anyhow::Result<Exit> {
    let mut talk = Talk::new(color);
    let now = Utc::now().timestamp_micros();
    let mut filter = args.filter.filter(now, args.zone())?;
    if let Some(id) = &args.incident {
        return super::incidents::explain(args, id, &filter, config, color);
    }
    let (logs, asked) = logs(&args.logs)?;
    if let Some(index) = recall::index(args) {
        return recall::run(args, &index, &filter, color, &mut talk);
    }
    if args.logs.is_empty() {
        writeln!(talk, "why401: no LOG given, trying {}", USUAL.join(" "))?;
    }
    let Inputs {
        inputs,
        parts,
        skipped,
        failures,
    } = find(args, config, &logs, &mut talk)?;
    // Who asks for one line has not asked for the other files of its folder.
    if asked.is_none() || args.logs.len() > 1 {
        tell_skipped(&skipped, &mut talk)?;
    }
    tell_failures(&failures, &mut talk)?;
    if let Some(asked) = &asked {
        filter.place = Some(asked.place(&parts, &skipped, &failures)?);
    }
    if inputs.is_empty() {
        return Err(Fault::new(Exit::Input, "no log that can be read").into());
    }
    let mut is_broken = !failures.is_empty();
    let parts: Arc<[Part]> = parts.into();
    let page = Page::new(Arc::clone(&parts), args.zone(), columns());
    let report = report(args, &parts, &page, color);
    let mut told = Told::new(report, args.last, &args.fail_on);
    let mut cited = Cited::Never;
    let (summary, failures) = read(inputs, args, |finding| {
        if filter.accepts(finding, &parts) {
            cited = Cited::Told;
            return told.finding(finding);
        }
        if cited == Cited::Never && filter.is_at_place(finding, &parts) {
            cited = Cited::LeftOut;
        }
        Ok(())
    })
    .context("cannot write the findings")?;
    told.finish(&summary).context("cannot write the report")?;
    tell_failures(&failures, &mut talk)?;
    is_broken |= !failures.is_empty();
    if args.output != FindingOutput::Text {
        footer(&page, &summary, Detail::All, &mut talk)?;
    }
    if let (Some(asked), Some((name, _))) = (&asked, &filter.place) {
        let part = parts.iter().zip(0..).find(|(part, _)| *part.name == **name);
        let of_part = |tally: &&Tally| part.is_some_and(|(_, index)| index == tally.part);
        asked.tell(cited, summary.parts.iter().find(of_part), &mut talk)?;
    }
    Ok(told.exit(is_broken || is_incomplete(&summary, args.strict)))
}

/// What the logs lead to.
fn find(
    args: &ExplainArgs,
    config: &Config,
    logs: &[PathBuf],
    talk: &mut impl Write,
) -> anyhow::Result<Inputs> {
    let given = reading::formats(&args.reading, talk)?;
    let options = Options {
        key: reading::key(&args.checked)?,
        ..reading::options(&args.reading, config, &given)
    };
    Ok(discover(logs, &options))
}

/// Joins logs. Gives what is said of them, and what could not be read.
fn read<E>(
    inputs: Vec<Input>,
    args: &ExplainArgs,
    sink: impl FnMut(&Finding) -> Result<(), E>,
) -> Result<(Summary, Vec<Failure>), E> {
    let system = args.filter.system();
    let (mut summary, read) = join(inputs, system, args.considered, sink)?;
    let mut failures = Vec::new();
    for mut read in read {
        failures.extend(read.records.failures());
        summary.parts.extend(read.records.tallies());
    }
    Ok((summary, failures))
}

pub(super) fn report(
    args: &ExplainArgs,
    parts: &Arc<[Part]>,
    page: &Page,
    color: ColorChoice,
) -> Box<dyn Report> {
    let out = stdout(args.output.into(), color);
    let one_line = || args.logs.iter().any(|log| file_and_line(log).is_some());
    let parts = || Arc::clone(parts);
    match args.output {
        FindingOutput::Ndjson => Box::new(Ndjson::new(parts(), out)),
        FindingOutput::Json => Box::new(Json::new(parts(), out)),
        FindingOutput::Csv => Box::new(Csv::new(parts(), out)),
        FindingOutput::Text if args.for_user => Box::new(ForUser::new(page.clone(), out)),
        FindingOutput::Text if args.each || args.considered || args.last || one_line() => {
            Box::new(Each::new(page.clone(), out))
        }
        FindingOutput::Text => Box::new(Grouped::new(page.clone(), out)),
    }
}

/// Whether too many lines of a file did not parse.
#[allow(clippy::cast_precision_loss)] // a share
pub(super) fn is_incomplete(summary: &Summary, strict: bool) -> bool {
    let bad =
        |t: &Tally| t.unparsed > 0 && (strict || t.unparsed as f64 > INCOMPLETE * t.lines as f64);
    summary.parts.iter().any(bad)
}

/// The file and line that is asked for.
struct Asked {
    /// As the user gave it.
    given: PathBuf,
    /// As it was looked for.
    file: PathBuf,
    line: u64,
}

/// What became of the finding that cites the line that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cited {
    Never,
    /// The other filters did not accept it.
    LeftOut,
    Told,
}

impl Asked {
    fn name(&self) -> String {
        visible(&self.given.to_string_lossy()).into_owned()
    }

    /// The name of the part that is the file, whatever it is called there, and the line.
    fn place(
        &self,
        parts: &[Part],
        skipped: &[Skipped],
        failures: &[Failure],
    ) -> Result<(String, u64), Fault> {
        let file = self.file.canonicalize().ok();
        let is_it = |name: &str| {
            let other = || Path::new(name).canonicalize().ok();
            Path::new(name) == self.file || file.is_some() && file == other()
        };
        if let Some(part) = parts.iter().find(|part| is_it(&part.name)) {
            return Ok((part.name.to_string(), self.line));
        }
        let why = skipped.iter().find(|skipped| is_it(&skipped.name));
        let why = why.map_or_else(String::new, |s| format!(": {}", visible(&s.why)));
        let exit = if failures.iter().any(|failure| is_it(&failure.name)) {
            Exit::Input
        } else {
            Exit::Usage
        };
        Err(Fault::new(
            exit,
            format!("{} is not read{why}", self.name()),
        ))
    }

    /// Says why there is nothing to say of the line.
    fn tell(
        &self,
        cited: Cited,
        part: Option<&Tally>,
        talk: &mut impl Write,
    ) -> anyhow::Result<()> {
        let (name, line) = (self.name(), self.line);
        match (cited, part) {
            (Cited::Told, _) => return Ok(()),
            (Cited::LeftOut, _) => writeln!(
                talk,
                "why401: the filters leave out the finding that cites {name}:{line}"
            )?,
            (Cited::Never, Some(part)) if line == 0 || line > part.lines => {
                let lines = if part.lines == 1 { "line" } else { "lines" };
                let message = format!("{name} has {} {lines}, and no line {line}", part.lines);
                return Err(Fault::new(Exit::Usage, message).into());
            }
            (Cited::Never, part) => {
                let bad = part.and_then(|part| {
                    let bad = &part.first_unparsed;
                    bad.iter().find(|(place, _)| place.line == line)
                });
                match bad {
                    Some((_, why)) => {
                        let why = visible(why);
                        writeln!(talk, "why401: {name}:{line} does not parse: {why}")?;
                    }
                    None => writeln!(
                        talk,
                        "why401: {name}:{line} is no refusal, nor part of one: no finding cites it"
                    )?,
                }
            }
        }
        Ok(())
    }
}

/// The logs to read, and the line that is asked for. `FILE:LINE` alone is read with its folder, where the
/// other side of the story lies.
fn logs(given: &[PathBuf]) -> anyhow::Result<(Vec<PathBuf>, Option<Asked>)> {
    if given.is_empty() {
        return Ok((USUAL.iter().map(PathBuf::from).collect(), None));
    }
    let mut asked = None;
    let mut logs = Vec::new();
    for log in given {
        let Some((file, line)) = file_and_line(log) else {
            logs.push(log.clone());
            continue;
        };
        if line == BEYOND {
            let message = format!("{}: no file has so many lines", log.display());
            return Err(Fault::new(Exit::Usage, visible(&message)).into());
        }
        if asked.is_some() {
            let message = "only one FILE:LINE can be explained at a time";
            return Err(Fault::new(Exit::Usage, message).into());
        }
        let given_name = file.clone();
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
        asked = Some(Asked {
            given: given_name,
            file,
            line,
        });
    }
    Ok((logs, asked))
}

/// For a number that no file has as many lines as.
const BEYOND: u64 = u64::MAX;

/// `FILE:LINE`; an existing file of that very name wins.
fn file_and_line(log: &Path) -> Option<(PathBuf, u64)> {
    if log.exists() {
        return None;
    }
    let (file, line) = log.as_os_str().to_str()?.rsplit_once(':')?;
    let file = PathBuf::from(OsStr::new(file));
    let is_number = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    (is_number && file.exists()).then(|| (file, line.parse().unwrap_or(BEYOND)))
}
