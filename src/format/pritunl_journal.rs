//! stub
use super::{Format, Mismatch};
use crate::event::Event;

pub struct PritunlJournal;

impl Format for PritunlJournal {
    fn name(&self) -> &'static str {
        "pritunl_journal"
    }

    fn title(&self) -> &'static str {
        ""
    }

    fn parse(&self, _line: &[u8]) -> Result<Option<Event>, Mismatch> {
        Err(Mismatch {
            offset: 0,
            expected: "something",
        })
    }
}
