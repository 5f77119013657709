//! Access lines of Apache `vhost_combined`, as Debian writes them to `other_vhosts_access.log`:
//!
//! ```text
//! vpn.example:443 203.0.113.9 - alice [21/Nov/2026:21:55:11 +0100] "GET /x HTTP/1.1" 401 512 "-" "curl/8.5.0"
//! ```

use std::sync::OnceLock;

use super::log_format::{Error, LogFormat};
use super::{Format, Mismatch};
use crate::event::Event;

const NAME: &str = "apache_vhost";
const TITLE: &str = "access log of Apache (vhost_combined)";

/// `%O` counts the header too, so that no size of a body is known.
const FORMAT: &str = r#"%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#;

pub struct ApacheVhost;

fn compiled() -> Result<&'static LogFormat, &'static Error> {
    static COMPILED: OnceLock<Result<LogFormat, Error>> = OnceLock::new();
    COMPILED
        .get_or_init(|| LogFormat::named(NAME, TITLE, FORMAT))
        .as_ref()
}

impl Format for ApacheVhost {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        TITLE
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        let misfit = |_| Mismatch {
            offset: 0,
            expected: "a format that compiles",
        };
        compiled().map_err(misfit)?.parse(line)
    }
}
