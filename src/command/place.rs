//! Where the index is, if nobody says.

use std::env;
use std::path::PathBuf;

use crate::cli::Store;

const NAME: &str = "index.db";
const SYSTEM: &str = "/var/lib/why401";

impl Store {
    /// `--index`, else the folder that a service manager gives, else root's, else the user's. `None`: there
    /// is no home to keep it in.
    pub(super) fn path(&self) -> Option<PathBuf> {
        let folder = || {
            let given = |name| {
                env::var_os(name)
                    .filter(|v| !v.is_empty())
                    .map(PathBuf::from)
            };
            let home = || Some(given("HOME")?.join(".local/state"));
            let of_user = || Some(given("XDG_STATE_HOME").or_else(home)?.join("why401"));
            let is_root = rustix::process::geteuid().is_root();
            given("STATE_DIRECTORY")
                .or_else(|| is_root.then(|| PathBuf::from(SYSTEM)))
                .or_else(of_user)
        };
        self.index.clone().or_else(|| Some(folder()?.join(NAME)))
    }
}
