//! stub
use super::{Format, Mismatch};
use crate::event::Event;

pub struct AccessJson;

impl Format for AccessJson {
    fn name(&self) -> &'static str {
        "access_json"
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
