//! Who tells what, whatever becomes of the index meanwhile.

use std::sync::mpsc::SyncSender;

use anstream::ColorChoice;

use super::super::deliver::Deliverer;
use super::super::talk::Talk;
use super::Wake;
use super::alerts::Alerts;
use super::manager::Manager;
use super::said::Said;
use super::trouble::Trouble;
use crate::alert::hook::Hook;
use crate::cli::TailArgs;

/// What outlives a session.
pub(super) struct Voices {
    pub(super) said: Said,
    pub(super) alerts: Alerts,
    pub(super) trouble: Trouble,
    pub(super) manager: Manager,
    pub(super) hooks: Deliverer,
    /// What was told to be followed.
    pub(super) following: String,
    pub(super) talk: Talk,
}

impl Voices {
    pub(super) fn new(
        args: &TailArgs,
        color: ColorChoice,
        hooks: Vec<Hook>,
        wake: SyncSender<Wake>,
        talk: Talk,
    ) -> Self {
        // Where hints wait already, one more says nothing.
        let over = move || {
            let _ = wake.try_send(Wake::Written);
        };
        Self {
            said: Said::new(args, color),
            alerts: Alerts::new(!args.from_start),
            trouble: Trouble::default(),
            manager: Manager::of_environment(),
            hooks: Deliverer::new(hooks, over),
            following: String::new(),
            talk,
        }
    }
}
