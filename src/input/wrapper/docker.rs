//! Docker's `json-file`: `{"log":"…\n","stream":"stdout","time":"2026-11-21T20:55:11.072123456Z"}`.
//!
//! Docker cuts lines at 16 KiB; only the last piece ends with a newline (moby `daemon/logger/copier.go`).

use std::borrow::Cow;

use serde::Deserialize;

use super::{Inner, Stamp};
use crate::format::grammar::iso_time;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    /// Absent where a container has a terminal in older versions.
    #[serde(borrow, default)]
    stream: Option<Cow<'a, str>>,
}

pub(super) fn unwrap(line: &[u8]) -> Option<Inner<'_>> {
    if !line.starts_with(b"{") {
        return None;
    }
    let Line { log, time, stream } = serde_json::from_slice(line).ok()?;
    if stream.is_some_and(|s| !matches!(&*s, "stdout" | "stderr")) {
        return None;
    }
    let (_, time) = iso_time(time.as_bytes()).ok()?;
    let is_part = !log.ends_with('\n');
    Some(Inner {
        content: without_end(log),
        program: None,
        stamp: Some(Stamp::Moment(time)),
        is_part,
    })
}

fn without_end(log: Cow<'_, str>) -> Cow<'_, [u8]> {
    let end = |text: &str| text.trim_end_matches(['\n', '\r']).len();
    match log {
        Cow::Borrowed(text) => Cow::Borrowed(&text.as_bytes()[..end(text)]),
        Cow::Owned(mut text) => {
            text.truncate(end(&text));
            Cow::Owned(text.into_bytes())
        }
    }
}
