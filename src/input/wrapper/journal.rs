//! `journalctl -o json`: one object an entry (systemd.journal-fields(7), and "Journal JSON Format" of its documentation).
//!
//! A message that is no UTF-8 is a list of bytes. Lines that were too long are marked: by journald with `_LINE_BREAK`,
//! by Docker's `journald` driver with `CONTAINER_PARTIAL_MESSAGE`.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Inner, Stamp};
use crate::format::grammar::decimal;

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(rename = "MESSAGE", borrow)]
    message: Message<'a>,
    /// Microseconds since the epoch: when the journal took it in.
    #[serde(rename = "__REALTIME_TIMESTAMP", borrow)]
    taken: Cow<'a, str>,
    #[serde(rename = "SYSLOG_IDENTIFIER", borrow, default)]
    identifier: Option<Cow<'a, str>>,
    #[serde(rename = "CONTAINER_NAME", borrow, default)]
    container: Option<Cow<'a, str>>,
    #[serde(rename = "_LINE_BREAK", borrow, default)]
    line_break: Option<Cow<'a, str>>,
    #[serde(rename = "CONTAINER_PARTIAL_MESSAGE", borrow, default)]
    partial: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Message<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Bytes(Vec<u8>),
    /// It was too large for the output.
    Missing(()),
}

pub(super) fn unwrap(line: &[u8]) -> Option<Inner<'_>> {
    if !line.starts_with(b"{") {
        return None;
    }
    let entry: Entry<'_> = serde_json::from_slice(line).ok()?;
    let taken = decimal(entry.taken.as_bytes())?;
    let is_cut = entry.line_break.is_some_and(|cause| cause == "line-max");
    Some(Inner {
        content: match entry.message {
            Message::Text(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
            Message::Text(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            Message::Bytes(bytes) => Cow::Owned(bytes),
            Message::Missing(()) => Cow::Borrowed(b""),
        },
        program: entry.container.or(entry.identifier),
        stamp: Some(Stamp::Moment(taken..taken + 1)),
        is_part: is_cut || entry.partial.is_some_and(|partial| partial == "true"),
    })
}
