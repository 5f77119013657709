//! Access lines in any format that an operator wrote down for nginx (`log_format`) or Apache (`LogFormat`).
//!
//! ```text
//! text -> template: literals and variables -> plan: per stretch between bare quotes, how each is found
//! line -> stretches -> values, by the names of `access_json`'s table -> event
//! ```
//!
//! Both servers escape quotes in what a client sent, so a bare quote in a line is always one of the format's own.
//! Between two of them a line can be read in one way only, or the format is refused when it is compiled.

mod plan;
mod template;
mod variables;

pub mod conf;

use std::borrow::Cow;
use std::ops::Range;

use self::plan::Plan;
use super::access_json::Fields;
use super::grammar::{text, utf8};
use super::redact::redact_line;
use super::{Format, Mismatch};
use crate::event::{Event, SECOND};

/// The name of every format that was given.
pub const NAME: &str = "log_format";

const TITLE: &str =
    "any nginx log_format or Apache LogFormat, given with --log-format or --nginx-conf";

/// What a format that was given is called where the format itself is not at hand, as in an index.
pub struct Given;

impl Format for Given {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        TITLE
    }

    fn parse(&self, _: &[u8]) -> Result<Option<Event>, Mismatch> {
        Err(Mismatch {
            offset: 0,
            expected: "the format that was given",
        })
    }
}

/// Why a text is no format that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0} and {1} stand side by side, so that nobody can tell where the one ends")]
    Adjacent(String, String),
    #[error("{0} may hold \"{1}\" itself, so that nobody can tell where it ends: put it in quotes")]
    Ambiguous(String, String),
    #[error(
        "{0} and {1} may hold blanks and stand in one pair of quotes, or in none: put each in quotes of its own"
    )]
    Free(String, String),
    #[error("with escape=none a client can forge every field: leave it out, or use escape=json")]
    Unescaped,
    #[error(
        "%{{{0}}}t is a time without a zone, or of no known form: use %t, %{{sec}}t or %{{%Y-%m-%dT%H:%M:%S%z}}t"
    )]
    Time(String),
    #[error("{0} is no directive of mod_log_config")]
    Directive(String),
    #[error("${{ without }}")]
    Brace,
    #[error("it has no {0}, without which a line is no access line")]
    Lacks(&'static str),
    #[error("it names no variable")]
    Empty,
}

/// A format, ready to read lines.
#[derive(Debug)]
pub struct LogFormat {
    name: &'static str,
    title: &'static str,
    plan: Plan,
}

impl LogFormat {
    /// Compiles `$remote_addr - …` of nginx, perhaps after `escape=json `, or `%h %l …` of Apache.
    pub fn compile(format: &str) -> Result<Self, Error> {
        Self::named(NAME, TITLE, format)
    }

    /// For as long as the program runs: formats are few, and every input that is read in one points to it.
    pub fn kept(self) -> &'static Self {
        Box::leak(Box::new(self))
    }

    /// The same for a format that has a name of its own.
    pub(super) fn named(
        name: &'static str,
        title: &'static str,
        format: &str,
    ) -> Result<Self, Error> {
        let template = template::read(format)?;
        Ok(Self {
            name,
            title,
            plan: Plan::of(&template)?,
        })
    }
}

impl Format for LogFormat {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let found = self.plan.read(line)?;
        let unescaped = |raw: &Range<usize>| {
            let raw = &line[raw.clone()];
            if self.plan.is_json {
                from_json(raw)
            } else {
                text(raw)
            }
        };
        let mut fields = Fields::default();
        for (variable, range) in &found {
            if let Some(alias) = variable.alias {
                fields.take(alias, variable.value(unescaped(range)));
            }
        }
        let mut event = fields.event()?;
        if self.plan.tells_beginning {
            // Apache's time is that of the request's first line; an event has that of the answer.
            let end = fields.duration().map_or(0..SECOND, |took| took..took);
            event.time = event.time.start + end.start..event.time.end + end.end;
        }
        Ok(Some(event))
    }

    /// With what the variables that hold credentials wrote taken out.
    fn redact(&self, line: &[u8]) -> String {
        let Ok(found) = self.plan.read(line) else {
            return redact_line(line);
        };
        let mut public = Vec::with_capacity(line.len());
        let mut from = 0;
        let secrets = found.iter().filter(|(variable, range)| {
            variable.is_secret && !matches!(&line[range.clone()], b"" | b"-")
        });
        for (_, range) in secrets {
            public.extend_from_slice(&line[from..range.start]);
            public.extend_from_slice(b"[redacted]");
            from = range.end;
        }
        public.extend_from_slice(&line[from..]);
        redact_line(&public)
    }
}

/// The text of an `escape=json` value.
fn from_json(raw: &[u8]) -> Cow<'_, str> {
    let raw = utf8(raw);
    if !raw.contains('\\') {
        return raw;
    }
    match serde_json::from_str::<String>(&format!("\"{raw}\"")) {
        Ok(text) => Cow::Owned(text),
        Err(_) => raw,
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Format, LogFormat};

    fn error(format: &str) -> String {
        LogFormat::compile(format).unwrap_err().to_string()
    }

    /// Every format that can be read in two ways, or tells too little, is refused with the reason.
    #[test]
    fn what_cannot_be_read_for_sure_is_refused() {
        let nginx = |rest: &str| {
            error(&format!(
                "$remote_addr [$time_local] \"$request\" $status {rest}"
            ))
        };
        for (rest, expected) in [
            (
                "$request_id$bytes_sent",
                "$request_id and $bytes_sent stand side by side",
            ),
            (
                "$http_user_agent $http_referer",
                "$http_user_agent and $http_referer may hold blanks",
            ),
            (
                "$http_user_agent $upstream_addr",
                "$http_user_agent may hold \" \" itself",
            ),
            (
                "\"$http_host $http_referer\"",
                "$http_host and $http_referer may hold blanks",
            ),
            ("${host", "${ without }"),
        ] {
            let error = nginx(rest);
            assert!(error.starts_with(expected), "{rest}: {error}");
        }
        for (format, expected) in [
            ("", Error::Empty),
            ("plain text", Error::Empty),
            ("escape=none $status", Error::Unescaped),
            ("%h %y", Error::Directive("%y".to_owned())),
            (
                "%h %{%d/%b/%Y}t \"%r\" %>s",
                Error::Time("%d/%b/%Y".to_owned()),
            ),
            ("%h %{msec_frac}t \"%r\" %>s", Error::Time("%3f".to_owned())),
        ] {
            assert_eq!(
                LogFormat::compile(format).unwrap_err(),
                expected,
                "{format}"
            );
        }
        for (format, lacks) in [
            ("$remote_addr $status \"$request\"", "time"),
            ("%t %>s \"%r\"", "client address"),
            ("%h %t %>s", "request"),
            ("%h %t \"%r\"", "status"),
        ] {
            let error = error(format);
            assert!(
                error.starts_with(&format!("it has no {lacks}")),
                "{format}: {error}"
            );
        }
    }

    #[test]
    fn credentials_are_taken_out_of_the_line() {
        let format = LogFormat::compile(
            "$remote_addr [$time_local] \"$request\" $status \"$http_cookie\" \"$http_authorization\" $cookie_session",
        )
        .unwrap();
        let line = r#"203.0.113.9 [21/Nov/2026:21:55:11 +0100] "GET /?pin=1 HTTP/1.1" 401 "a=\x22b" "-" 0123"#;
        let expected = r#"203.0.113.9 [21/Nov/2026:21:55:11 +0100] "GET /?pin=[redacted] HTTP/1.1" 401 "[redacted]" "-" [redacted]"#;
        assert_eq!(format.redact(line.as_bytes()), expected);
        assert_eq!(
            format.redact(b"another line ?pin=1"),
            "another line ?pin=[redacted]"
        );
    }
}
