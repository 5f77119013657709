//! stub
use super::{Format, Mismatch};
use crate::event::Event;

pub struct NginxCombined;

impl Format for NginxCombined {
    fn name(&self) -> &'static str {
        "nginx_combined"
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
