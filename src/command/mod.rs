//! The commands: the only place that knows the wall clock, standard output and exit codes.

mod alert;
mod catalogue;
mod check;
mod deliver;
mod explain;
mod incidents;
mod index;
mod inputs;
mod join;
mod logs;
mod one;
mod place;
mod progress;
mod reading;
mod recall;
mod replay;
mod report;
mod rolled;
mod sql;
mod survey;
mod tail;
mod talk;
mod told;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::CommandFactory;

use crate::cli::{Cli, Command, Output};
use crate::report::Page;
use crate::zone::Zone;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Something that `--fail-on` asked for was found.
    Found,
    /// Usage or configuration.
    Usage,
    /// Input unreadable or incomplete.
    Input,
    Index,
    Hook,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Input => 3,
            Exit::Index => 4,
            Exit::Hook => 5,
            Exit::Interrupted => 130,
        })
    }
}

/// What goes wrong with the index ends the program with its own code.
impl From<crate::index::Error> for Fault {
    fn from(error: crate::index::Error) -> Self {
        let exit = match error {
            // What was asked for is at fault, not the index.
            crate::index::Error::Denied(_) | crate::index::Error::Sqlite(_) => Exit::Usage,
            _ => Exit::Index,
        };
        Self::new(exit, error.to_string())
    }
}

/// An error that knows how the command ends: `Err(Fault::new(Exit::Input, "no log found").into())`, or
/// as `.context(...)` of another.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    exit: Exit,
    message: String,
}

impl Fault {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { exit, message }
    }
}

impl Exit {
    /// How an error ends the program. Who closed our output has read enough: that is no error.
    /// Without a [`Fault`] it is the input's where the system refused to read or write, else usage.
    pub fn of(error: &anyhow::Error) -> Self {
        let refused = error.chain().find_map(|e| {
            e.downcast_ref::<io::Error>()
                .map(io::Error::kind)
                .or_else(|| e.downcast_ref::<serde_json::Error>()?.io_error_kind())
        });
        match (error.downcast_ref::<Fault>(), refused) {
            (_, Some(io::ErrorKind::BrokenPipe)) => Exit::Done,
            (Some(fault), _) => fault.exit,
            (None, Some(_)) => Exit::Input,
            (None, None) => Exit::Usage,
        }
    }
}

/// Runs what the command line asks for.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    let color = ColorChoice::from(cli.color);
    match cli.command {
        Some(Command::Explain(args)) => {
            explain::run(&args, &place::config(cli.config.as_deref())?, color)
        }
        Some(Command::Incidents(args)) => {
            incidents::run(&args, &place::config(cli.config.as_deref())?, color)
        }
        Some(Command::Report(args)) => {
            report::run(&args, &place::config(cli.config.as_deref())?, color)
        }
        Some(Command::Index(args)) => {
            index::run(&args, &place::config(cli.config.as_deref())?, color)
        }
        Some(Command::Alert(args)) => {
            alert::run(&args, &place::config(cli.config.as_deref())?, color)
        }
        Some(Command::Tail(args)) => tail::run(&args, cli.config.as_deref(), color),
        Some(Command::HookExec) => deliver::keep(),
        Some(Command::Check(args)) => {
            check::run(&args, &place::config(cli.config.as_deref())?, color)
        }
        Some(Command::Inputs(args)) => inputs::run(&args, color),
        Some(Command::Sql(args)) => sql::run(&args, color),
        Some(Command::Causes(args)) => {
            catalogue::causes(args.output, &page(), &mut stdout(args.output, color))
        }
        Some(Command::Formats(args)) => {
            catalogue::formats(args.output, &mut stdout(args.output, color))
        }
        None => help(color),
    }
}

fn help(color: ColorChoice) -> anyhow::Result<Exit> {
    let mut out = stdout(Output::Text, color);
    write!(out, "{}", Cli::command().render_help().ansi())?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Standard output. For people, colours are stripped where nobody sees them; for programs there are none.
fn stdout(output: Output, color: ColorChoice) -> BufWriter<Box<dyn Write>> {
    let stdout = io::stdout().lock();
    BufWriter::with_capacity(
        1 << 16,
        match output {
            Output::Text => Box::new(AutoStream::new(stdout, color)),
            Output::Ndjson => Box::new(stdout),
        },
    )
}

/// A page for what no log says.
fn page() -> Page {
    Page::new([].into(), Zone::Utc, columns())
}

/// Columns to lay text on: the terminal's, else `COLUMNS`, else 80.
fn columns() -> usize {
    let terminal = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into());
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(told).unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::{Exit, Fault};
    use anyhow::Context;
    use std::io;

    fn broken(kind: io::ErrorKind) -> anyhow::Result<()> {
        Err(io::Error::from(kind)).context("could not write")
    }

    #[test]
    fn a_closed_pipe_is_success() {
        let error = broken(io::ErrorKind::BrokenPipe).unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Done);
    }

    #[test]
    fn a_fault_decides_from_anywhere_in_the_chain() {
        let error = broken(io::ErrorKind::NotFound)
            .context(Fault::new(Exit::Index, "no index"))
            .context("could not open")
            .unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Index);
        assert_eq!(
            format!("{error:#}"),
            "could not open: no index: could not write: entity not found"
        );
    }

    #[test]
    fn others_are_told_apart_by_what_failed() {
        assert_eq!(
            Exit::of(&broken(io::ErrorKind::NotFound).unwrap_err()),
            Exit::Input
        );
        assert_eq!(Exit::of(&anyhow::anyhow!("--until")), Exit::Usage);
    }
}
