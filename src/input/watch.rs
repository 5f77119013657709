//! Wake-ups: hints that something may have happened in a folder. They may be missing or many, so that whoever
//! follows files looks by itself from time to time as well.

use std::path::{Path, PathBuf};

use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// File systems on which others write unnoticed, by the number that statfs(2) gives.
const BLIND: &[(i64, &str)] = &[
    (0x6969, "nfs"),
    (0x517B, "smb"),
    (0xFF53_4D42, "cifs"),
    (0xFE53_4D42, "smb2"),
    (0x6573_5546, "fuse"),
    (0x0102_1997, "9p"),
    (0x5346_414F, "afs"),
    (0x00C3_6400, "ceph"),
];

/// How changes in a folder are noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The system tells of them.
    Told,
    /// By looking, and why.
    Polled(String),
}

impl Mode {
    /// Why it is only looked at.
    pub fn why(&self) -> Option<&str> {
        match self {
            Mode::Told => None,
            Mode::Polled(why) => Some(why),
        }
    }
}

/// Watches folders: a watch on a file goes blind when the file is renamed.
#[derive(Debug)]
pub struct Watch {
    watcher: Result<RecommendedWatcher, String>,
    folders: Vec<(PathBuf, Mode)>,
}

impl Watch {
    /// `wake` is called from a thread of its own, and must not wait. It is told whether more than the content of a
    /// file may have changed.
    pub fn new(wake: impl Fn(bool) + Send + 'static) -> Self {
        let heard = move |event: notify::Result<notify::Event>| {
            // That somebody opens a file, as we do, is no change. A queue that has overflown names no file.
            match event {
                Ok(event) if event.need_rescan() => wake(true),
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
                Ok(event) => wake(!matches!(
                    event.kind,
                    EventKind::Modify(ModifyKind::Data(_))
                )),
                Err(_) => wake(true),
            }
        };
        Self {
            watcher: notify::recommended_watcher(heard).map_err(|e| e.to_string()),
            folders: Vec::new(),
        }
    }

    /// Watches a folder, where it can be watched.
    pub fn folder(&mut self, folder: &Path) -> &Mode {
        let known = self.folders.iter().position(|(known, _)| known == folder);
        let at = known.unwrap_or_else(|| {
            let mode = self
                .watch(folder)
                .map_or_else(Mode::Polled, |()| Mode::Told);
            self.folders.push((folder.to_owned(), mode));
            self.folders.len() - 1
        });
        &self.folders[at].1
    }

    fn watch(&mut self, folder: &Path) -> Result<(), String> {
        let found = rustix::fs::statfs(folder).map_err(|error| error.to_string())?;
        if let Some((_, kind)) = BLIND.iter().find(|(magic, _)| *magic == found.f_type) {
            return Err(format!("changes on {kind} are not told"));
        }
        let watcher = self.watcher.as_mut().map_err(|why| why.clone())?;
        watcher
            .watch(folder, RecursiveMode::NonRecursive)
            .map_err(|error| error.to_string())
    }
}
