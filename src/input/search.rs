//! From the LOG arguments to the files and streams they name, each once.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::audit_key::AuditKey;
use super::bytes::{Bytes, Stamp};
use super::error::{Error, Failure, Skipped};
use super::glob;
use super::mask::Masks;

/// A file or stream that is there.
pub(super) struct Found {
    pub name: Box<str>,
    pub path: PathBuf,
    /// By an argument of its own, not as one of a folder.
    pub named: bool,
    pub bytes: Bytes,
}

/// Goes through the arguments.
#[derive(Default)]
pub(super) struct Search {
    pub found: Vec<Found>,
    pub skipped: Vec<Skipped>,
    pub failures: Vec<Failure>,
    /// Device and inode of what was found: a file that is named twice is read once.
    seen: HashSet<(u64, u64)>,
    masks: Masks,
    key: Option<AuditKey>,
}

impl Search {
    pub(super) fn new(masks: Masks, key: Option<AuditKey>) -> Self {
        Self {
            masks,
            key,
            ..Self::default()
        }
    }

    /// An argument as the user gave it: a name, or, where nothing has that very name, a glob.
    pub(super) fn argument(&mut self, log: &Path) {
        if is_stdin(log) {
            return self.stdin(log);
        }
        match fs::metadata(log) {
            Ok(metadata) => self.name(log, &metadata),
            Err(error) => {
                let paths = match fs::symlink_metadata(log) {
                    Ok(_) => Vec::new(),
                    Err(_) => glob::expand(log),
                };
                if paths.is_empty() {
                    self.fail(log, error.into());
                }
                for path in paths {
                    match fs::metadata(&path) {
                        Ok(metadata) => self.name(&path, &metadata),
                        Err(error) => self.fail(&path, error.into()),
                    }
                }
            }
        }
    }

    fn name(&mut self, path: &Path, metadata: &Metadata) {
        let kind = metadata.file_type();
        if kind.is_dir() {
            self.folder(path);
        } else if kind.is_file() {
            self.file(path, metadata, true);
        } else if kind.is_fifo() {
            self.stream(path, Some(metadata), || Ok(Box::new(File::open(path)?)));
        } else {
            // A device such as /dev/zero may have no end.
            self.fail(path, Error::Kind);
        }
    }

    fn stdin(&mut self, path: &Path) {
        let metadata = fs::metadata("/dev/stdin").ok();
        self.stream(path, metadata.as_ref(), || Ok(Box::new(io::stdin())));
    }

    fn stream(
        &mut self,
        path: &Path,
        metadata: Option<&Metadata>,
        open: impl FnOnce() -> io::Result<Box<dyn Read + Send>>,
    ) {
        if metadata.is_some_and(|m| !self.seen.insert(Stamp::of(m).key())) {
            return;
        }
        match open().and_then(|reader| Bytes::stream(reader, &self.masks)) {
            Ok(bytes) => self.found.push(Found {
                name: shown(path),
                path: path.to_owned(),
                named: true,
                bytes,
            }),
            Err(error) => self.fail(path, error.into()),
        }
    }

    fn file(&mut self, path: &Path, metadata: &Metadata, named: bool) {
        if self.seen.insert(Stamp::of(metadata).key()) {
            self.found.push(Found {
                name: shown(path),
                path: path.to_owned(),
                named,
                bytes: Bytes::file(path, metadata, &self.masks, self.key.as_ref()),
            });
        }
    }

    /// All regular files below a folder, by name. What vanishes meanwhile is gone; nothing that is
    /// not a regular file is opened, for it might block or have no end.
    fn folder(&mut self, root: &Path) {
        let mut folders = vec![root.to_owned()];
        let mut is_empty = true;
        while let Some(folder) = folders.pop() {
            let mut entries = match entries(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    is_empty = false;
                    self.lost(&folder, error);
                    continue;
                }
            };
            entries.sort_by_key(DirEntry::file_name);
            is_empty &= entries.is_empty();
            let inner: Vec<PathBuf> = entries.iter().filter_map(|e| self.entry(e)).collect();
            folders.extend(inner.into_iter().rev());
        }
        if is_empty {
            self.skip(root, "no file in it");
        }
    }

    /// An entry of a folder; gives back what is itself a folder.
    fn entry(&mut self, entry: &DirEntry) -> Option<PathBuf> {
        let path = entry.path();
        let is_link = entry.file_type().is_ok_and(|t| t.is_symlink());
        match fs::metadata(&path) {
            // Links to folders can lead in circles, and out of what was asked for.
            Ok(metadata) if metadata.is_dir() && is_link => self.skip(&path, "a link to a folder"),
            Ok(metadata) if metadata.is_dir() => return Some(path),
            Ok(metadata) if metadata.is_file() => self.file(&path, &metadata, false),
            Ok(_) => self.skip(&path, "not a regular file"),
            Err(_) if is_link => self.skip(&path, "a link that leads nowhere"),
            Err(error) => self.lost(&path, error),
        }
        None
    }

    /// Something of a folder that could be listed, but not read.
    pub(super) fn lost(&mut self, path: &Path, error: io::Error) {
        if error.kind() == ErrorKind::NotFound {
            self.skip(path, "gone before it was read");
        } else {
            self.fail(path, error.into());
        }
    }

    fn skip(&mut self, path: &Path, why: &str) {
        self.skipped.push(Skipped {
            name: shown(path),
            why: why.to_owned(),
        });
    }

    fn fail(&mut self, path: &Path, error: Error) {
        self.failures.push(Failure {
            name: shown(path),
            error,
        });
    }
}

fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(folder)?.collect()
}

fn is_stdin(log: &Path) -> bool {
    ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]
        .iter()
        .any(|name| log.as_os_str() == OsStr::new(name))
}

pub(super) fn shown(path: &Path) -> Box<str> {
    path.to_string_lossy().into()
}
