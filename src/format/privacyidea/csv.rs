//! What `pi-manage audit dump` writes: 27 columns without a heading, each in single quotes, joined by commas,
//! and nothing escaped.
//!
//! A value with `','` in it makes a row of more columns, one with a newline a row of several lines. The
//! columns at both ends are safe, as no client chooses them; the surplus belongs to the user or to the `info`.

use std::borrow::Cow;

use super::record::{Columned, Ended, local_time};
use crate::event::Event;
use crate::format::grammar::utf8;
use crate::format::{Format, Mismatch};
use crate::system::System;
use crate::system::privacyidea::SYSTEM;

pub struct PrivacyideaCsv;

/// Columns before the user's name, and behind the info.
const BEFORE: usize = 11;
const BEHIND: usize = 10;
const MIDDLE: usize = 6;

impl Format for PrivacyideaCsv {
    fn name(&self) -> &'static str {
        "privacyidea_csv"
    }

    fn title(&self) -> &'static str {
        "privacyIDEA's audit as `pi-manage audit dump` writes it (CSV without heading)"
    }

    fn is_local(&self) -> bool {
        true
    }

    fn system(&self) -> Option<&'static System> {
        Some(&SYSTEM)
    }

    fn begins(&self) -> Option<fn(&[u8]) -> bool> {
        Some(|line| begins(&utf8(line)))
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        let line = utf8(line.trim_ascii());
        let row = row(&line).ok_or(Mismatch {
            offset: 0,
            expected: "27 columns in single quotes",
        })?;
        row.event().map(Some).ok_or(Mismatch {
            offset: 0,
            expected: "a number and a date",
        })
    }
}

/// `'71','2026-11-21T…`
fn begins(line: &str) -> bool {
    let row = line
        .strip_prefix('\'')
        .and_then(|rest| rest.split_once("','"));
    row.is_some_and(|(number, rest)| {
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        is_number && rest.get(..19).and_then(local_time).is_some()
    })
}

/// The columns, as far as they are safe.
struct Row<'a> {
    before: Vec<&'a str>,
    middle: Vec<&'a str>,
    behind: Vec<&'a str>,
}

fn row(line: &str) -> Option<Row<'_>> {
    let inner = line.strip_prefix('\'')?.strip_suffix('\'')?;
    let columns: Vec<&str> = inner.split("','").collect();
    if !begins(line) || columns.len() < BEFORE + MIDDLE + BEHIND {
        return None;
    }
    let (before, rest) = columns.split_at(BEFORE);
    let (middle, behind) = rest.split_at(rest.len() - BEHIND);
    let is_whole = |start: &str| start.is_empty() || start == "None" || local_time(start).is_some();
    is_whole(behind[7]).then(|| Row {
        before: before.to_vec(),
        middle: middle.to_vec(),
        behind: behind.to_vec(),
    })
}

impl Row<'_> {
    fn event(&self) -> Option<Event> {
        let set = |text: &str| -> String {
            match text {
                "None" => String::new(),
                text => text.to_owned(),
            }
        };
        let column = |text: &str| Cow::Owned(set(text));
        let (user, [_realm, resolver, administrator, _detail], info) = self.middle()?;
        let success = self.before[6];
        let columned = Columned {
            action: column(self.before[4]),
            info: Cow::Owned(set(&info)),
            success: !matches!(success, "0" | "" | "None" | "False"),
            authentication: column(self.before[5]),
            user: Cow::Owned(set(&user)),
            administrator: column(administrator),
            resolver: column(resolver),
            token_type: column(self.before[8]),
            policies: column(self.behind[1]),
            client: column(self.behind[2]),
            server: column(self.behind[0]),
            thread: column(self.behind[9]),
            began: local_time(self.behind[7]),
            ended: Ended::Local(local_time(self.before[1])?),
            number: self.before[0].parse().ok(),
            is_signed: match self.before[2] {
                "OK" => Some(true),
                "FAIL" => Some(false),
                _ => None,
            },
        };
        Some(columned.event())
    }

    /// User, the four columns behind it, and info. A surplus is the user's where the info is one that the server
    /// writes by itself.
    fn middle(&self) -> Option<(String, [&str; 4], String)> {
        let surplus = self.middle.len() - MIDDLE;
        let last = self.middle.last()?;
        let is_plain = !last.contains('\'') && !last.contains('>');
        let of_user = if is_plain { surplus } else { 0 };
        let user = self.middle[..=of_user].join("','");
        let four: [&str; 4] = self.middle[of_user + 1..of_user + 5].try_into().ok()?;
        Some((user, four, self.middle[of_user + 5..].join("','")))
    }
}
