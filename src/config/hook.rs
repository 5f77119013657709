//! `[[hook]]`: a program that is told of alerts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;
use toml::Spanned;

use super::Noting;
use crate::alert::hook::{Hook, Wanted};
use crate::alert::rule::{Span, Word};
use crate::level::Level;

const TIMEOUT: Duration = Duration::from_secs(30);
/// A hook that is given more time is no hook but a service.
const LONGEST: Duration = Duration::from_secs(3600);
/// Letters in a name.
const NAME: usize = 64;

/// A hook, and where it is configured.
#[derive(Debug, Clone)]
pub struct Configured {
    pub hook: Hook,
    pub file: PathBuf,
    /// 1-based
    pub line: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    name: Spanned<Name>,
    command: Spanned<Command>,
    user: Option<Spanned<Box<str>>>,
    timeout: Option<Spanned<Timeout>>,
    rules: Option<Spanned<Rules>>,
    level: Option<Spanned<Word<Level>>>,
    resolved: Option<Spanned<bool>>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Name(Box<str>);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > NAME || !name.chars().all(is_name) {
            return Err(format!(
                "not a name: 1 to {NAME} letters, digits, `_`, `-` or `.`"
            ));
        }
        Ok(Self(name.into()))
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Command(Vec<String>);

impl TryFrom<Vec<String>> for Command {
    type Error = &'static str;

    fn try_from(command: Vec<String>) -> Result<Self, &'static str> {
        match &*command {
            [] => Err("no program"),
            all if all.iter().any(|a| a.contains('\0')) => Err("an argument has a NUL"),
            [program, ..] if !Path::new(program).is_absolute() => {
                Err("the program needs an absolute path; there is no shell to look for it")
            }
            _ => Ok(Self(command)),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Timeout(Duration);

impl TryFrom<String> for Timeout {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match Span::try_from(text).map(Span::duration) {
            Ok(timeout) if timeout <= LONGEST => Ok(Self(timeout)),
            _ => Err("not a timeout: `10s`, `2m`, an hour at most"),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Rules(GlobSet);

impl TryFrom<Vec<String>> for Rules {
    type Error = globset::Error;

    fn try_from(globs: Vec<String>) -> Result<Self, globset::Error> {
        let mut set = GlobSetBuilder::new();
        for glob in &globs {
            set.add(Glob::new(glob)?);
        }
        Ok(Self(set.build()?))
    }
}

impl Said {
    /// Takes it out of the file, and notes where it stood.
    pub(super) fn noted(self, noting: &mut Noting<'_>) -> Configured {
        let line = noting.line(self.name.span().start);
        let name = noting.note("hook.name", self.name).0;
        let command = noting.note("hook.command", self.command).0;
        let user = self.user.map(|user| noting.note("hook.user", user));
        let timeout = self.timeout.map(|t| noting.note("hook.timeout", t).0);
        let rules = self.rules.map(|r| noting.note("hook.rules", r).0);
        let level = self.level.map(|l| noting.note("hook.level", l).0);
        let resolved = self.resolved.map(|r| noting.note("hook.resolved", r));
        Configured {
            hook: Hook {
                name,
                command,
                user,
                timeout: timeout.unwrap_or(TIMEOUT),
                wanted: Wanted {
                    rules,
                    level: level.unwrap_or(Level::Informational),
                    resolved: resolved.unwrap_or(true),
                },
            },
            file: noting.file.to_owned(),
            line,
        }
    }
}

/// The names of hooks that a file gives twice: deliveries are known by them.
pub(super) fn doubled(hooks: &[Said]) -> Option<std::ops::Range<usize>> {
    let mut names = HashSet::new();
    let mut doubled = hooks.iter().filter(|h| !names.insert(&*h.name.get_ref().0));
    doubled.next().map(|hook| hook.name.span())
}

/// A hook of a later file takes the place of one of the same name.
pub(super) fn add(hooks: &mut Vec<Configured>, later: Vec<Configured>) {
    hooks.retain(|hook| later.iter().all(|l| l.hook.name != hook.hook.name));
    hooks.extend(later);
}
