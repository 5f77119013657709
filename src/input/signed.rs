//! The text over which privacyIDEA signs a row of its audit (`lib/auditmodules/sqlaudit.py`, `_log_to_string`).
//!
//! It is made of Python's `str` of each column: a missing text is `None`, a time without microseconds has no fraction.
//! Who authenticated how, the resolver, the policies and the user agent are not in it, so that nobody can know whether
//! those were changed.

use std::fmt::Write;

use rusqlite::Row;
use rusqlite::types::ValueRef;

/// What is written before each of the columns that are always there.
const NAMED: [(&str, &str); 15] = [
    ("id=", "id"),
    (",date=", "date"),
    (",action=", "action"),
    (",succ=", "success"),
    (",serial=", "serial"),
    (",t=", "token_type"),
    (",u=", "user"),
    (",r=", "realm"),
    (",adm=", "administrator"),
    (",ad=", "action_detail"),
    (",i=", "info"),
    (",ps=", "privacyidea_server"),
    (",c=", "client"),
    (",l=", "loglevel"),
    (",cl=", "clearance_level"),
];
/// Those that are left out where they are empty.
const OPTIONAL: [(&str, &str); 4] = [
    (",", "startdate"),
    (",", "duration"),
    (",c_serial=", "container_serial"),
    (",ct=", "container_type"),
];
/// An interval is stored as the time that was then, so long after this.
const EPOCH: &str = "1970-01-01 ";

/// The text of a row that was signed. `names`: of its columns; one that is not there counts as empty.
pub(super) fn text(row: &Row<'_>, names: &[String]) -> rusqlite::Result<String> {
    let column = |name: &str| match names.iter().position(|own| own == name) {
        Some(at) => row.get_ref(at).map(|value| shown(name, value)),
        None => Ok(None),
    };
    let mut text = String::new();
    for (before, name) in NAMED {
        let value = column(name)?;
        // Into a string nothing fails.
        let _ = write!(text, "{before}{}", value.as_deref().unwrap_or("None"));
    }
    for (before, name) in OPTIONAL {
        if let Some(value) = column(name)?.filter(|value| !value.is_empty()) {
            let _ = write!(text, "{before}{value}");
        }
    }
    Ok(text)
}

/// A value as Python shows it; `None` where there is none.
fn shown(name: &str, value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            Some(match name {
                "date" | "startdate" => time(&text).to_owned(),
                "duration" => interval(&text),
                _ => text.into_owned(),
            })
        }
    }
}

/// `2026-11-21 21:44:32.000000` has no fraction in Python.
fn time(text: &str) -> &str {
    text.strip_suffix(".000000").unwrap_or(text)
}

/// `1970-01-02 00:00:00.713017` is `1 day, 0:00:00.713017`; nothing where it lasted no time.
fn interval(text: &str) -> String {
    let days = text.get(8..10).and_then(|day| day.parse::<u32>().ok());
    let clock = text.get(EPOCH.len()..).map(time).unwrap_or_default();
    let clock = clock.strip_prefix('0').unwrap_or(clock);
    match days.unwrap_or(1).saturating_sub(1) {
        _ if !text.starts_with("1970-01-") => text.to_owned(),
        0 if clock == "0:00:00" => String::new(),
        0 => clock.to_owned(),
        1 => format!("1 day, {clock}"),
        days => format!("{days} days, {clock}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{interval, time};

    #[test]
    fn as_python_shows_them() {
        assert_eq!(interval("1970-01-01 00:00:00.713017"), "0:00:00.713017");
        assert_eq!(interval("1970-01-01 12:00:09.000000"), "12:00:09");
        assert_eq!(interval("1970-01-01 00:00:00.000000"), "");
        assert_eq!(interval("1970-01-03 01:00:00.000000"), "2 days, 1:00:00");
        assert_eq!(time("2026-11-21 21:44:32.000000"), "2026-11-21 21:44:32");
        let fraction = "2026-11-21 21:44:32.000001";
        assert_eq!(time(fraction), fraction);
    }
}
