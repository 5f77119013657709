//! Parse, dispatch, and one line for what went wrong.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use why401::cli::Cli;
use why401::command::{self, Exit};
use why401::config;
use why401::report::sanitize::visible;

/// Each line is a few small pieces of memory that live briefly; the system's allocator takes longer for them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help is no error, and who closed the pipe has read enough of it.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            }
            .into();
        }
    };
    command::run(cli).map_or_else(|error| ended(&error), ExitCode::from)
}

fn ended(error: &anyhow::Error) -> ExitCode {
    let exit = Exit::of(error);
    if exit != Exit::Done {
        // A file's name may be in it, and stderr may be closed too.
        let _ = writeln!(
            anstream::stderr(),
            "why401: {}",
            visible(&format!("{error:#}"))
        );
        let excerpt = error.downcast_ref::<config::Error>();
        if let Some(excerpt) = excerpt.and_then(config::Error::excerpt) {
            let text = visible(&excerpt.text);
            let _ = writeln!(anstream::stderr(), "  {text}\n  {}", excerpt.carets);
        }
    }
    exit.into()
}
