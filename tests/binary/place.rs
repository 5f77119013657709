//! A place for a hook: a folder that nobody else may write, and one in it for what the hook leaves.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        mode(place.folder(), 0o755);
        fs::create_dir(place.out()).unwrap();
        mode(&place.out(), 0o777);
        place
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// For what it leaves.
    pub fn out(&self) -> PathBuf {
        self.folder().join("out")
    }

    /// Puts the hook there, written in the shell's language.
    pub fn hook(&self, text: &str) -> PathBuf {
        let hook = self.folder().join("hook");
        fs::write(&hook, format!("#!/bin/bash\n{text}\n")).unwrap();
        mode(&hook, 0o755);
        hook
    }

    /// What it left.
    pub fn left(&self, name: &str) -> String {
        fs::read_to_string(self.out().join(name)).unwrap_or_default()
    }
}

pub fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Who a hook is to run as: root has to be somebody else.
pub fn user() -> Option<&'static str> {
    let is_root = rustix::process::geteuid().is_root();
    is_root.then_some("nobody")
}
