//! Where the index and the configuration are, if nobody says.

use std::env;
use std::path::{Path, PathBuf};

use super::{Exit, Fault};
use crate::cli::Store;
use crate::config::{self, Config};

const NAME: &str = "index.db";
const SYSTEM: &str = "/var/lib/why401";
const CONFIG: &str = "why401/config.toml";

/// `--config`, else the first that is there: the user's, then the host's, each with its `conf.d`; without any nothing is
/// configured.
pub(super) fn config(given: Option<&Path>) -> Result<Config, config::Error> {
    if let Some(file) = given {
        return Config::read(file);
    }
    let home = || Some(given_by("HOME")?.join(".config"));
    let of_user = given_by("XDG_CONFIG_HOME").or_else(home);
    let folders = of_user.into_iter().chain([PathBuf::from("/etc")]);
    let mut files = folders.map(|folder| Config::read_all(&folder.join(CONFIG)));
    let is_there = |config: &Result<Config, config::Error>| {
        !config.as_ref().is_err_and(config::Error::is_absent)
    };
    files
        .find(is_there)
        .unwrap_or_else(|| Ok(Config::default()))
}

fn given_by(name: &str) -> Option<PathBuf> {
    let value = env::var_os(name).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}

impl Store {
    /// `--index`, else the folder that a service manager gives, else root's, else the user's. `None`: there
    /// is no home to keep it in.
    pub(super) fn path(&self) -> Option<PathBuf> {
        let folder = || {
            let home = || Some(given_by("HOME")?.join(".local/state"));
            let of_user = || Some(given_by("XDG_STATE_HOME").or_else(home)?.join("why401"));
            let is_root = rustix::process::geteuid().is_root();
            given_by("STATE_DIRECTORY")
                .or_else(|| is_root.then(|| PathBuf::from(SYSTEM)))
                .or_else(of_user)
        };
        self.index.clone().or_else(|| Some(folder()?.join(NAME)))
    }

    /// The same, where nothing can be done without.
    pub(super) fn place(&self) -> Result<PathBuf, Fault> {
        let message = "there is no home to keep the index in; give --index FILE";
        self.path().ok_or_else(|| Fault::new(Exit::Usage, message))
    }
}
