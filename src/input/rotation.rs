//! Rotated sets: `x.log`, `x.log.1`, `x.log.2.gz`, `x.log.3.zst`, `x.log-20261121`.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

/// How old a file of a set is, by its name; the oldest is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Age {
    /// `x.log.2` is older than `x.log.1`.
    Number(Reverse<u32>),
    /// Digits of the date, filled up to 14.
    Date(u64),
    /// Still written to.
    Base,
}

/// Which set a file belongs to, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rank {
    /// The folder, links resolved.
    folder: PathBuf,
    base: String,
    pub age: Age,
}

impl Rank {
    pub(super) fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (base, age) = split(&name);
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Self {
            folder: fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()),
            base: base.to_owned(),
            age,
        }
    }

    /// What the files of one set have in common.
    pub(super) fn set(&self) -> (PathBuf, String) {
        (self.folder.clone(), self.base.clone())
    }
}

/// What the names of a set begin with: the name of the file that is written today.
pub(super) fn stem(name: &str) -> &str {
    split(name).0
}

/// How old a file of a set is; `None`: it is of another.
pub(super) fn age(name: &str, stem: &str) -> Option<Age> {
    let (base, age) = split(name);
    (base == stem).then_some(age)
}

/// A file's name as base and age.
fn split(name: &str) -> (&str, Age) {
    let packed = [".gz", ".zst"];
    let plain = packed
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    numbered(plain)
        .or_else(|| dated(plain))
        .filter(|(base, _)| !base.is_empty())
        .unwrap_or((plain, Age::Base))
}

/// `x.log.12`; but `192.0.2.1` and `app-1.2` are no set: they are hosts and versions.
fn numbered(name: &str) -> Option<(&str, Age)> {
    let (base, number) = name.rsplit_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let before = base.rsplit(['.', '-']).next().unwrap_or(base);
    (is_number(number) && number.len() <= 5 && !is_number(before))
        .then(|| Some((base, Age::Number(Reverse(number.parse().ok()?)))))?
}

/// `x.log-20261121`, `x.log.2026-11-21`, `x.log-2026112113`, `x.log-1795219200`.
fn dated(name: &str) -> Option<(&str, Age)> {
    name.match_indices(['-', '.'])
        .find_map(|(at, _)| Some((&name[..at], Age::Date(date(&name[at + 1..])?))))
}

/// The digits of a date, to compare.
fn date(text: &str) -> Option<u64> {
    let is_date = text.starts_with("19") || text.starts_with("20");
    let is_epoch = text.len() == 10 && text.starts_with('1');
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | 'T');
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_long = (8..=14).contains(&digits.len());
    ((is_date || is_epoch) && is_long && text.chars().all(is_plain))
        .then(|| format!("{digits:0<14}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u32) -> Age {
        Age::Number(Reverse(n))
    }

    #[test]
    fn names_tell_base_and_age() {
        for (name, base, age) in [
            ("x.log", "x.log", Age::Base),
            ("x.log.gz", "x.log", Age::Base),
            ("x.log.1", "x.log", number(1)),
            ("x.log.20.gz", "x.log", number(20)),
            ("x.log-20261121", "x.log", Age::Date(20_261_121_000_000)),
            (
                "x.log-2026112113.gz",
                "x.log",
                Age::Date(20_261_121_130_000),
            ),
            (
                "x.log.2026-11-21_13",
                "x.log",
                Age::Date(20_261_121_130_000),
            ),
            ("x.log-1795219200", "x.log", Age::Date(17_952_192_000_000)),
            (
                "my-app.log-20261121",
                "my-app.log",
                Age::Date(20_261_121_000_000),
            ),
        ] {
            assert_eq!(split(name), (base, age), "{name}");
        }
    }

    #[test]
    fn hosts_versions_and_odd_names_are_no_sets() {
        for name in [
            "192.0.2.1",
            "app-1.2",
            "app-1.2.3",
            ".1",
            "1",
            "x.log.1a",
            "x-2.log",
            "x.log.123456",
            "x.log-99999999",
            ".gz",
            "-20261121",
        ] {
            assert_eq!(split(name).1, Age::Base, "{name}");
        }
    }

    #[test]
    fn the_highest_number_and_the_earliest_date_are_oldest() {
        let mut names = ["x", "x.1", "x.10", "x.2.gz", "x-20261121", "x-20261031.gz"];
        names.sort_by_key(|name| split(name).1);
        assert_eq!(
            names,
            ["x.10", "x.2.gz", "x.1", "x-20261031.gz", "x-20261121", "x"]
        );
    }
}
