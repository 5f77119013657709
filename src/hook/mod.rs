//! Hooks: programs that pass alerts on and can hurt nobody.
//!
//! ```text
//! Runner (a thread a run) -> keeper (`why401 hook-exec`, a process a run) -> the hook, and all that it starts
//! ```
//!
//! The keeper is there for what a thread cannot do: it adopts what a hook leaves behind, also after `setsid(2)`
//! (`PR_SET_CHILD_SUBREAPER` of prctl(2)), so that nothing outlives the run; and it hangs on its standard input, so
//! that nothing outlives `why401` either, even where that is killed.

mod account;
mod family;
mod keeper;
mod output;
mod runner;
mod trust;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::alert::delivery::Delivery;
use crate::alert::hook::Hook;

pub use account::Account;
pub use keeper::keep;
pub use runner::{Over, Runner};
pub use trust::{Distrust, trusted};

/// How long a hook has from being asked to end until it is killed, and what it started likewise.
pub const GRACE: Duration = Duration::from_secs(5);

/// The hidden command by which a program becomes a keeper.
pub const KEEPER: &str = "hook-exec";

/// What a keeper is told, as a line of JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    pub command: Vec<String>,
    pub user: Option<Box<str>>,
    pub timeout: Duration,
    pub grace: Duration,
    pub environment: Vec<(String, String)>,
    /// What the hook can read on its standard input.
    pub input: String,
}

impl Run {
    pub fn of(hook: &Hook, delivery: &Delivery) -> Self {
        let environment = delivery.environment().into_iter();
        Self {
            command: hook.command.clone(),
            user: hook.user.clone(),
            timeout: hook.timeout,
            grace: GRACE,
            environment: environment.map(|(k, v)| (k.to_owned(), v)).collect(),
            input: delivery.input(),
        }
    }
}
