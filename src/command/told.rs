//! What becomes of the findings that were asked for: told, or only the newest of them, and counted for the exit code.

use std::io;

use super::Exit;
use crate::finding::Finding;
use crate::report::{FailOn, Report};
use crate::summary::Summary;

pub(super) struct Told<'a> {
    report: Box<dyn Report>,
    /// Only the newest is told.
    is_last_only: bool,
    newest: Option<Finding>,
    fail_on: &'a [FailOn],
    /// Something that `fail_on` asks for was told.
    is_found: bool,
}

impl<'a> Told<'a> {
    pub(super) fn new(report: Box<dyn Report>, last: bool, fail_on: &'a [FailOn]) -> Self {
        Self {
            report,
            is_last_only: last,
            newest: None,
            fail_on,
            is_found: false,
        }
    }

    pub(super) fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        if !self.is_last_only {
            return self.tell(finding);
        }
        // Of equal ones the last in the log.
        if self.newest.as_ref().is_none_or(|n| n.time <= finding.time) {
            self.newest = Some(finding.clone());
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(newest) = self.newest.take() {
            self.tell(&newest)?;
        }
        self.report.finish(summary)
    }

    /// How the command ends. What was found may not be all there is, so that incomplete input counts first.
    pub(super) fn exit(&self, is_incomplete: bool) -> Exit {
        match (is_incomplete, self.is_found) {
            (true, _) => Exit::Input,
            (false, true) => Exit::Found,
            (false, false) => Exit::Done,
        }
    }

    fn tell(&mut self, finding: &Finding) -> io::Result<()> {
        self.is_found |= self.fail_on.iter().any(|asked| asked.accepts(finding));
        self.report.finding(finding)
    }
}
