//! The command line: types only. What the values mean is told beside their own types.

// The docs of arguments are the help people read in a terminal, not Markdown.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use anstream::ColorChoice;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::cause::Cause;
use crate::event::Micros;
use crate::finding::Verdict;
use crate::format::log_format::{self, LogFormat};
use crate::format::{self, Format};
use crate::pattern::{PathPattern, StatusPattern, network};
use crate::report::when::When;
use crate::report::{FailOn, Filter};
use crate::system::{self, System};
use crate::zone::Zone;

const EXAMPLES: &str = "\
Examples:
  why401 explain access.log pritunl_journal.log
          Why was each request refused?
  why401 explain /var/log --since 2h --client 203.0.113.0/24 --each
          Everything on one network's refusals of the last two hours
  why401 explain /var/log/nginx/access.log:123 -o ndjson
          The refusal on line 123, for a program

Exit: 0 done, 1 found what --fail-on asks for, 2 usage or configuration, 3 input unreadable or
incomplete, also where something was found, 4 index, 5 a hook failed";

/// Tells why a VPN or MFA server refused a request: joins every HTTP 401, 403 and 429 with the log line
/// that caused it, or proves that there is none.
#[derive(Debug, Parser)]
#[command(name = "why401", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Colour the output; `auto` honours NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,

    /// The configuration; else $XDG_CONFIG_HOME/why401/config.toml, else /etc/why401/config.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Why each refused request failed
    Explain(Box<ExplainArgs>),
    /// Which refusals belong together: since when, whom they hit, what set them off, whether it is over
    Incidents(Box<IncidentsArgs>),
    /// What happened, in one document that can be handed on
    Report(Box<ReportArgs>),
    /// Read logs into the index, from where it stands in each
    Index(IndexArgs),
    /// Tell each refusal with its cause as it falls
    Tail(TailArgs),
    /// What is told of at once: rules, and what they say of logs
    Alert(AlertArgs),
    /// Runs one hook for us
    #[command(name = crate::hook::KEEPER, hide = true)]
    HookExec,
    /// What the index has read: formats, lines, times, clocks, gaps
    Inputs(InputsArgs),
    /// The configuration, and whether the logs are there and agree
    Check(CheckArgs),
    /// Ask the index in SQL; `why401 sql` alone lists the views
    Sql(SqlArgs),
    /// What can be found: every cause, with its fix on each server
    Causes(CatalogueArgs),
    /// What is read: every log format
    Formats(CatalogueArgs),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    #[default]
    Text,
    Ndjson,
}

/// What findings are told as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FindingOutput {
    #[default]
    Text,
    Ndjson,
    Json,
    Csv,
}

impl From<FindingOutput> for Output {
    /// For people, or for programs.
    fn from(output: FindingOutput) -> Self {
        match output {
            FindingOutput::Text => Output::Text,
            FindingOutput::Ndjson | FindingOutput::Json | FindingOutput::Csv => Output::Ndjson,
        }
    }
}

/// What incidents are told as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum IncidentOutput {
    #[default]
    Text,
    Ndjson,
    Json,
}

/// What is told of: logs, or what the index keeps of them.
#[derive(Debug, Args)]
pub struct Sources {
    /// Logs to read: files, folders, globs, or `-`; without any, what the index keeps of them
    #[arg(value_name = "LOG", conflicts_with = "index")]
    pub logs: Vec<PathBuf>,

    #[command(flatten)]
    pub store: Store,

    /// Show and read times in UTC instead of this host's zone
    #[arg(long)]
    pub utc: bool,

    #[command(flatten)]
    pub reading: Reading,

    #[command(flatten)]
    pub checked: Checked,
}

impl Sources {
    /// In which times are shown, and read where they name none.
    pub fn zone(&self) -> Zone {
        if self.utc { Zone::Utc } else { Zone::Host }
    }
}

#[derive(Debug, Args)]
pub struct IncidentsArgs {
    #[command(flatten)]
    pub from: Sources,

    /// `text` for people; for programs `ndjson`, one JSON object a line, or `json`, one array of them
    #[arg(short, long, value_enum, default_value_t)]
    pub output: IncidentOutput,

    /// Exit with 3 for a single line that does not parse, not only above 1 %
    #[arg(long)]
    pub strict: bool,

    /// An incident is told if one of its refusals is accepted
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportOutput {
    #[default]
    Text,
    Html,
    Markdown,
    Json,
    Csv,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct ReportArgs {
    #[command(flatten)]
    pub from: Sources,

    /// `html`, one file without scripts; `markdown`; `text`; for programs `json`, or `csv`, a row a finding
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ReportOutput,

    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Tell only this incident; `why401 incidents` lists them. The logs are read twice more
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub incident: Option<String>,

    /// Put pseudonyms for names, addresses and agents, the same in every report made with the same key
    #[arg(long)]
    pub pseudonymize: bool,

    /// The key of the pseudonyms, made where it is not there; else `pseudonym.key` beside the index
    #[arg(long, value_name = "FILE", requires = "pseudonymize")]
    pub key: Option<PathBuf>,

    /// Print the JSON Schema of `-o json`
    #[arg(long, exclusive = true)]
    pub schema: bool,

    /// Exit with 3 for a single line that does not parse, not only above 1 %
    #[arg(long)]
    pub strict: bool,

    #[command(flatten)]
    pub filter: FilterArgs,
}

#[derive(Debug, Args)]
pub struct CatalogueArgs {
    /// `text` for people, `ndjson` for programs: one JSON object a line
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// How an audit is checked.
#[derive(Debug, Args)]
pub struct Checked {
    /// Check the signatures of privacyIDEA's audit database with this public key, a PEM file: a row without a good one
    /// is marked, and no finding rests on it alone
    #[arg(long, value_name = "FILE")]
    pub audit_key: Option<PathBuf>,
}

/// How logs are read, where that is not found out.
#[derive(Debug, Args)]
pub struct Reading {
    /// Read every log in this format instead of detecting it; `why401 formats` lists them
    #[arg(long, value_name = "NAME", value_parser = one_of_formats(), hide_possible_values = true)]
    pub format: Option<&'static str>,

    /// Read access logs in this nginx log_format or Apache LogFormat too, as it stands in the configuration; again for
    /// each further one
    #[arg(long, value_name = "FORMAT", value_parser = log_format, allow_hyphen_values = true)]
    pub log_format: Vec<&'static LogFormat>,

    /// Read access logs in the formats that this configuration file of nginx or Apache defines with all that it includes,
    /// or the files of this folder
    #[arg(long, value_name = "FILE", visible_alias = "apache-conf")]
    pub nginx_conf: Vec<PathBuf>,

    /// Zone of times that name none: `UTC`, `+01:00`, `Europe/Berlin` [default: as the logs tell, else this host's]
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<Zone>,
}

fn log_format(text: &str) -> Result<&'static LogFormat, log_format::Error> {
    LogFormat::compile(text).map(LogFormat::kept)
}

/// Where the index is.
#[derive(Debug, Args)]
pub struct Store {
    /// The index; else in $STATE_DIRECTORY, /var/lib/why401 for root, else $XDG_STATE_HOME/why401
    #[arg(long, value_name = "FILE")]
    pub index: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct IndexArgs {
    /// Logs to read: files, folders, globs, or `-`
    #[arg(value_name = "LOG", required_unless_present = "prune")]
    pub logs: Vec<PathBuf>,

    #[command(flatten)]
    pub store: Store,

    #[command(flatten)]
    pub reading: Reading,

    #[command(flatten)]
    pub checked: Checked,

    /// Throw away what is beyond --max-age and --max-size, and give the room back
    #[arg(long)]
    pub prune: bool,

    /// What is older goes: `90d`, `12h`, or a moment as with --since
    #[arg(long, value_name = "TIME", default_value = "90d", requires = "prune")]
    pub max_age: When,

    /// The oldest goes while the index is larger: `500M`, `2G`
    #[arg(long, value_name = "BYTES", value_parser = bytes, requires = "prune")]
    pub max_size: Option<u64>,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct TailArgs {
    /// Logs to follow, with all that is rotated from them: files, folders, globs, pipes, and `-` for
    /// standard input [default: those of the configuration]
    #[arg(value_name = "LOG")]
    pub logs: Vec<PathBuf>,

    #[command(flatten)]
    pub store: Store,

    /// `text` for people, `ndjson` for programs: one JSON object a line, at once
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,

    /// Tell no findings: only keep the index
    #[arg(long)]
    pub quiet: bool,

    /// Of logs that are not in the index, read and tell all there is, not only what comes
    #[arg(long)]
    pub from_start: bool,

    /// Show times in UTC instead of this host's zone
    #[arg(long)]
    pub utc: bool,

    #[command(flatten)]
    pub reading: Reading,
}

#[derive(Debug, Args)]
pub struct AlertArgs {
    #[command(subcommand)]
    pub command: AlertCommand,
}

#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// The rules that hold
    List(AlertListArgs),
    /// What a hook would be given, or whether the shipped rules do what they should
    Test(AlertTestArgs),
    /// What would have been told
    Replay(AlertReplayArgs),
    /// Run hooks again for what they were not told
    Retry(AlertRetryArgs),
}

#[derive(Debug, Args)]
pub struct AlertListArgs {
    /// `text` for people, `ndjson` for programs: one JSON object a rule
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct AlertTestArgs {
    /// The rule whose last alert is shown as a hook would be given it
    #[arg(value_name = "RULE", required_unless_present = "shipped")]
    pub rule: Option<String>,

    /// Which of its alerts; there is only the last one
    #[arg(long, value_enum, default_value_t)]
    pub from: Which,

    /// Logs to read; without any, what the index keeps of them
    #[arg(long = "log", value_name = "LOG", conflicts_with = "index")]
    pub logs: Vec<PathBuf>,

    /// Run the samples of the shipped rules: each must fire on one and not on the other
    #[arg(long, conflicts_with_all = ["rule", "logs"])]
    pub shipped: bool,

    #[command(flatten)]
    pub store: Store,

    #[command(flatten)]
    pub reading: Reading,

    #[command(flatten)]
    pub checked: Checked,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Which {
    #[default]
    Last,
}

#[derive(Debug, Args)]
pub struct AlertReplayArgs {
    #[command(flatten)]
    pub from: Sources,

    /// `text` for people, `ndjson` for programs: one JSON object an alert
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,

    /// Alerts from this moment on; all that was before counts all the same
    #[arg(long, value_name = "TIME")]
    pub since: Option<When>,

    /// Take the rules of this file too, and mark what is told only with them (+) or only without (-)
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct AlertRetryArgs {
    /// Deliveries, or alerts with all theirs [default: all that were not delivered]
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    #[command(flatten)]
    pub store: Store,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Logs to look at [default: those of the configuration]
    #[arg(value_name = "LOG")]
    pub logs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct InputsArgs {
    #[command(flatten)]
    pub store: Store,

    /// `text` for people, `ndjson` for programs: one JSON object an input
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,

    /// Show times in UTC instead of this host's zone
    #[arg(long)]
    pub utc: bool,
}

#[derive(Debug, Args)]
pub struct SqlArgs {
    /// One statement that reads; without it the views and their columns are listed
    pub query: Option<String>,

    #[command(flatten)]
    pub store: Store,

    /// `text` for people; `ndjson` one object a row; `csv` as RFC 4180, safe to open in a spreadsheet
    #[arg(short, long, value_enum, default_value_t)]
    pub output: TableOutput,

    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub timeout: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TableOutput {
    #[default]
    Text,
    Ndjson,
    Csv,
}

/// `500M`: with K, M, G or T a power of 1024.
fn bytes(text: &str) -> Result<u64, String> {
    let shift = match text.as_bytes().last().map(u8::to_ascii_uppercase) {
        Some(b'K') => 10,
        Some(b'M') => 20,
        Some(b'G') => 30,
        Some(b'T') => 40,
        _ => 0,
    };
    let digits = if shift == 0 {
        text
    } else {
        &text[..text.len() - 1]
    };
    let number = digits.parse::<u64>().ok().filter(|n| *n > 0);
    number
        .and_then(|n| n.checked_mul(1 << shift))
        .ok_or_else(|| {
            "not a size; use bytes, or a number with K, M, G or T such as `500M`".to_owned()
        })
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct ExplainArgs {
    /// Logs to read: files, folders, globs, FILE:LINE for the one finding that cites that line, or `-`;
    /// without any, the index
    #[arg(value_name = "LOG", conflicts_with = "index")]
    pub logs: Vec<PathBuf>,

    #[command(flatten)]
    pub store: Store,

    /// `text` for people; for programs `ndjson`, one JSON object a line, `json`, one array of them, or `csv`
    #[arg(short, long, value_enum, default_value_t)]
    pub output: FindingOutput,

    /// Tell each finding with all its evidence instead of grouping those that say the same
    #[arg(long)]
    pub each: bool,

    /// Tell of each finding also which lines of the server's log were looked at and why they are not its own
    #[arg(long)]
    pub considered: bool,

    /// Tell only the newest finding that the filters accept
    #[arg(long)]
    pub last: bool,

    /// Tell what can be sent to the person who was refused: no names, no addresses, no lines of logs
    #[arg(long, conflicts_with_all = ["output", "each", "considered"])]
    pub for_user: bool,

    /// Tell the findings of this incident; `why401 incidents` lists them. The logs are read twice more
    #[arg(long, value_name = "ID", conflicts_with_all = ["considered"], value_parser = NonEmptyStringValueParser::new())]
    pub incident: Option<String>,

    /// Exit with 1 if a finding is told that is of this cause or verdict, or `any`; may be repeated
    #[arg(long, value_name = "WHAT", value_parser = one_of(FailOn::names(), FailOn::from_name),
          value_delimiter = ',', hide_possible_values = true)]
    pub fail_on: Vec<FailOn>,

    /// Show and read times in UTC instead of this host's zone
    #[arg(long)]
    pub utc: bool,

    #[command(flatten)]
    pub reading: Reading,

    #[command(flatten)]
    pub checked: Checked,

    /// Exit with 3 for a single line that does not parse, not only above 1 %
    #[arg(long)]
    pub strict: bool,

    #[command(flatten)]
    pub filter: FilterArgs,
}

impl ExplainArgs {
    /// The zone in which times are shown and read.
    pub fn zone(&self) -> Zone {
        if self.utc { Zone::Utc } else { Zone::Host }
    }
}

/// Which findings are asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters (values of one kind are alternatives)")]
pub struct FilterArgs {
    /// From this moment on: RFC 3339, `2026-06-04 12:00`, `2026-06-04`, `12:00`, `2h` ago, `yesterday`
    #[arg(long, value_name = "TIME")]
    pub since: Option<When>,

    /// Before this moment; a date is its midnight
    #[arg(long, value_name = "TIME")]
    pub until: Option<When>,

    /// Client address or network
    #[arg(long, value_name = "CIDR", value_parser = network, value_delimiter = ',')]
    pub client: Vec<IpNet>,

    /// User, administrator, token owner or node, exactly
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub principal: Vec<String>,

    /// Cause that is found, or left as a candidate; `why401 causes` lists them
    #[arg(long, value_parser = one_of_causes(), value_delimiter = ',', hide_possible_values = true)]
    pub cause: Vec<Cause>,

    /// HTTP status: `401`, or a class: `4xx`
    #[arg(long, value_delimiter = ',')]
    pub status: Vec<StatusPattern>,

    /// Glob over the path (`*` within a segment, `**` over several), or `~` and a regular expression
    #[arg(long, value_name = "GLOB")]
    pub path: Vec<PathPattern>,

    /// Server product; a single one is also taken for access logs that do not tell theirs
    #[arg(long, value_name = "NAME", value_parser = one_of_systems(), value_delimiter = ',')]
    pub system: Vec<&'static str>,

    /// How sure a finding is
    #[arg(long, value_parser = one_of_verdicts(), value_delimiter = ',')]
    pub verdict: Vec<Verdict>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    #[error("--{0} is beyond the calendar")]
    Beyond(&'static str),
    #[error("--until is not after --since, so nothing can be in between")]
    Empty,
}

impl FilterArgs {
    /// What is meant at `now` by somebody in `zone`.
    pub fn filter(&self, now: Micros, zone: Zone) -> Result<Filter, RangeError> {
        let bind = |when: Option<When>, name| {
            when.map(|w| w.resolve(now, zone).ok_or(RangeError::Beyond(name)))
                .transpose()
        };
        let since = bind(self.since, "since")?;
        let until = bind(self.until, "until")?;
        if since
            .zip(until)
            .is_some_and(|(since, until)| until <= since)
        {
            return Err(RangeError::Empty);
        }
        Ok(Filter {
            since,
            until,
            clients: self.client.clone(),
            principals: self.principal.clone(),
            causes: self.cause.clone(),
            statuses: self.status.clone(),
            paths: self.path.clone(),
            systems: self.system.clone(),
            verdicts: self.verdict.clone(),
            place: None,
        })
    }

    /// Whether anything but times is asked for.
    pub fn is_more_than_time(&self) -> bool {
        let is_bare = self.client.is_empty()
            && self.principal.is_empty()
            && self.cause.is_empty()
            && self.status.is_empty()
            && self.path.is_empty()
            && self.system.is_empty()
            && self.verdict.is_empty();
        !is_bare
    }

    /// The system whose rules are taken for access logs that do not tell theirs: the one asked for.
    pub fn system(&self) -> Option<&'static System> {
        match self.system.as_slice() {
            [name] => system::by_name(name),
            _ => None,
        }
    }
}

/// One of these, by name; another is refused with the names and the nearest of them.
fn one_of<T>(
    all: impl Iterator<Item = &'static str>,
    find: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T>
where
    T: Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(all).try_map(move |name| find(&name).ok_or("no such name"))
}

fn one_of_causes() -> impl TypedValueParser<Value = Cause> {
    one_of(Cause::ALL.iter().map(|c| c.id()), Cause::from_id)
}

fn one_of_verdicts() -> impl TypedValueParser<Value = Verdict> {
    one_of(Verdict::ALL.iter().map(|v| v.id()), Verdict::from_id)
}

fn one_of_systems() -> impl TypedValueParser<Value = &'static str> {
    let names = || system::ALL.iter().map(|s| s.name);
    one_of(names(), move |name| {
        system::ALL.iter().map(|s| s.name).find(|n| *n == name)
    })
}

fn one_of_formats() -> impl TypedValueParser<Value = &'static str> {
    one_of(format::ALL.iter().map(|f| f.name()), |name| {
        format::by_name(name).map(Format::name)
    })
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command, ExplainArgs, RangeError};
    use crate::cause::Cause;
    use crate::event::SECOND;
    use crate::finding::Verdict;
    use crate::pattern::StatusPattern;
    use crate::zone::Zone;
    use clap::{CommandFactory, Parser};

    const NOW: i64 = 1_780_574_400 * SECOND;

    fn explain(args: &[&str]) -> Result<ExplainArgs, String> {
        match Cli::try_parse_from(["why401", "explain"].iter().chain(args)) {
            Ok(Cli {
                command: Some(Command::Explain(args)),
                ..
            }) => Ok(*args),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_definition_holds() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bare_is_no_error() {
        assert!(Cli::try_parse_from(["why401"]).unwrap().command.is_none());
    }

    #[test]
    fn filters_take_lists_and_repetitions() {
        let args = explain(&[
            "--cause",
            "wrong_otp,clock_skew",
            "--status",
            "4xx",
            "--status",
            "503",
            "--verdict",
            "silent",
            "--client",
            "203.0.113.9,2001:db8::/32",
            "--system",
            "pritunl",
        ])
        .unwrap();
        let filter = args.filter.filter(NOW, Zone::Utc).unwrap();
        assert_eq!(filter.causes, [Cause::WrongOtp, Cause::ClockSkew]);
        assert_eq!(
            filter.statuses,
            [StatusPattern::Class(4), StatusPattern::Status(503)]
        );
        assert_eq!(filter.verdicts, [Verdict::Silent]);
        assert_eq!(filter.clients.len(), 2);
        assert_eq!(args.filter.system().map(|s| s.name), Some("pritunl"));
    }

    #[test]
    fn times_are_bound_to_clock_and_zone() {
        let args = explain(&["--since", "2h", "--until", "12:00", "--utc"]).unwrap();
        let filter = args.filter.filter(NOW, args.zone()).unwrap();
        assert_eq!(
            (filter.since, filter.until),
            (Some(NOW - 7200 * SECOND), Some(NOW))
        );
        let args = explain(&["--since", "now", "--until", "2h"]).unwrap();
        assert_eq!(
            args.filter.filter(NOW, Zone::Utc).unwrap_err(),
            RangeError::Empty
        );
    }

    #[test]
    fn bad_values_are_answered_with_the_good_ones() {
        let refused = |args: &[&str], words: &[&str]| {
            let error = explain(args).unwrap_err();
            for word in words {
                assert!(error.contains(word), "{word} in {error}");
            }
        };
        refused(
            &["--cause", "wrong_opt"],
            &["wrong_opt", "a similar value exists: 'wrong_otp'"],
        );
        refused(
            &["--verdict", "sure"],
            &["explained, silent, ambiguous, unknown"],
        );
        refused(&["--status", "4x"], &["`4xx`"]);
        refused(&["--since", "soon"], &["`yesterday`"]);
        refused(&["--client", "home"], &["203.0.113.0/24"]);
        refused(&["--path", ""], &["it is empty"]);
        refused(&["--principal", ""], &["a value is required"]);
        refused(&["--status", "+401"], &["`4xx`"]);
        refused(&["--path", "~("], &["unclosed group"]);
        refused(&["--format", "apache"], &["nginx_combined"]);
        refused(&["--system", "openvpn"], &["pritunl"]);
        refused(&["-o", "xml"], &["text, ndjson, json, csv"]);
        refused(
            &["--fail-on", "wrong_opt"],
            &["a similar value exists: 'wrong_otp'"],
        );
    }
}
