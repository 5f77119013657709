//! Why the index cannot be written just now. Nothing is read meanwhile.

use std::io::{self, Write};

use crate::index::Error;
use crate::report::sanitize::visible;

#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// What was told of it; `None`: there is none.
    told: Option<String>,
    /// It could be written before.
    was_well: bool,
}

impl Trouble {
    /// Whether it can be expected to pass by itself. What was never there does not.
    pub(super) fn passes(&self, error: &Error) -> bool {
        match error {
            Error::Full | Error::ReadOnly(_) | Error::Device(_) | Error::Busy => true,
            Error::File { .. } => self.was_well,
            _ => false,
        }
    }

    /// Says once that nothing is read.
    pub(super) fn meet(&mut self, error: &Error, talk: &mut impl Write) -> io::Result<()> {
        let why = match error {
            Error::Full => "the disk is full".to_owned(),
            error => error.to_string(),
        };
        if self.told.as_ref() != Some(&why) {
            writeln!(talk, "why401: {}; reading waits", visible(&why))?;
            self.told = Some(why);
        }
        Ok(())
    }

    /// It can be written.
    pub(super) fn pass(&mut self, talk: &mut impl Write) -> io::Result<()> {
        self.was_well = true;
        match self.told.take() {
            Some(_) => writeln!(
                talk,
                "why401: the index can be written again; reading goes on"
            ),
            None => Ok(()),
        }
    }
}
