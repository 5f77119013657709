//! What is said on standard error, beside the data.

use std::io::{self, StderrLock, Write};

use anstream::{AutoStream, ColorChoice};

use crate::input::{Failure, Skipped};
use crate::report::sanitize::visible;

/// Files that are named as skipped or not readable; of more, the number is told.
const NAMED: usize = 10;

/// What is said beside the findings. They count: where nobody can hear it, it is not said.
#[derive(Debug)]
pub(super) struct Talk(AutoStream<StderrLock<'static>>);

impl Talk {
    pub(super) fn new(color: ColorChoice) -> Self {
        Self(AutoStream::new(io::stderr().lock(), color))
    }
}

impl Write for Talk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

/// What is not read and need not be.
pub(super) fn tell_skipped(skipped: &[Skipped], talk: &mut impl Write) -> io::Result<()> {
    for Skipped { name, why } in skipped.iter().take(NAMED) {
        writeln!(talk, "why401: skipped {}: {}", visible(name), visible(why))?;
    }
    let Some(more @ [_, ..]) = skipped.get(NAMED..) else {
        return Ok(());
    };
    let files = if more.len() == 1 { "file" } else { "files" };
    let (more, hint) = (more.len(), "give FILE itself to see why it is skipped");
    writeln!(
        talk,
        "why401: skipped {more} more {files} that are no known log ({hint})"
    )
}

/// What should have been read and was not, or not to its end.
pub(super) fn tell_failures(failures: &[Failure], talk: &mut impl Write) -> io::Result<()> {
    for failure in failures.iter().take(NAMED) {
        writeln!(talk, "why401: {}", visible(&failure.to_string()))?;
    }
    match failures.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => writeln!(talk, "why401: {more} more could not be read"),
    }
}
