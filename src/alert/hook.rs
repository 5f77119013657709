//! What a hook is: a program that is told of alerts, and of which.

use std::collections::BTreeSet;
use std::time::Duration;

use globset::GlobSet;

use super::{Alert, State};
use crate::level::Level;

/// A program that is told of alerts.
#[derive(Debug, Clone)]
pub struct Hook {
    pub name: Box<str>,
    /// The program, an absolute path, and its arguments. Nothing of an alert is ever put into them.
    pub command: Vec<String>,
    /// As whom it runs; `None`: as we do.
    pub user: Option<Box<str>>,
    /// How long it may take.
    pub timeout: Duration,
    pub wanted: Wanted,
}

/// Which alerts a hook is told of.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Of these rules; `None`: of all.
    pub rules: Option<GlobSet>,
    /// This bad at least.
    pub level: Level,
    /// Also that they are over.
    pub resolved: bool,
}

impl Wanted {
    pub fn accepts(&self, alert: &Alert) -> bool {
        self.rules.as_ref().is_none_or(|r| r.is_match(&*alert.rule))
            && alert.level >= self.level
            && (self.resolved || alert.state == State::Firing)
    }
}

/// Those that are to be told of an alert, by name.
pub fn told_of<'a>(hooks: &'a [Hook], alert: &Alert) -> BTreeSet<&'a str> {
    let wanted = hooks.iter().filter(|hook| hook.wanted.accepts(alert));
    wanted.map(|hook| &*hook.name).collect()
}
