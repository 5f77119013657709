//! Whether anybody but root and ourselves could change what we are about to run, or what names it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Links that are followed; as many as Linux does, see `path_resolution(7)`.
const LINKS: usize = 40;
/// Who is in the group may write, and everybody.
const WRITABLE: u32 = 0o022;
/// Of a folder: only the owner of a file in it may rename or remove it, see inode(7).
const STICKY: u32 = 0o1000;
const EXECUTABLE: u32 = 0o111;

/// Why a hook is refused.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    #[error("{} belongs to neither root nor us, but to user {owner}", .path.display())]
    Foreign { path: PathBuf, owner: u32 },
    #[error("{} can be written by others (mode {mode:04o})", .path.display())]
    Writable { path: PathBuf, mode: u32 },
    #[error("{}: {error}", .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{} is no file", .0.display())]
    NoFile(PathBuf),
    #[error("{} is not executable", .0.display())]
    NotExecutable(PathBuf),
    #[error("{} is too many links", .0.display())]
    Links(PathBuf),
    #[error("as root it needs a `user` to run as")]
    Root,
    #[error("only root can run it as {0}")]
    NotRoot(String),
    #[error("there is no user {0} in /etc/passwd")]
    NoUser(String),
}

/// Whether a file and all folders on the way to it, also by links, are root's or ours, and nobody else may write
/// there. `executable`: it is to be run.
pub fn trusted(file: &Path, executable: bool) -> Result<(), Distrust> {
    let file = std::path::absolute(file).map_err(|error| Distrust::Unreadable {
        path: file.to_owned(),
        error,
    })?;
    let (path, found) = walk(&file)?;
    if !found.is_file() {
        return Err(Distrust::NoFile(path));
    }
    if executable && found.mode() & EXECUTABLE == 0 {
        return Err(Distrust::NotExecutable(path));
    }
    Ok(())
}

/// Goes to a file from the root on, and looks at each thing on the way.
fn walk(file: &Path) -> Result<(PathBuf, Metadata), Distrust> {
    let mut ahead: VecDeque<OsString> = pieces(file);
    let mut path = PathBuf::from("/");
    let mut found = look(&path)?;
    let mut links = 0;
    while let Some(name) = ahead.pop_front() {
        if name == ".." {
            path.pop();
            continue;
        }
        let next = path.join(name);
        found = look(&next)?;
        if !found.is_symlink() {
            path = next;
            continue;
        }
        links += 1;
        if links > LINKS {
            return Err(Distrust::Links(file.to_owned()));
        }
        let target = fs::read_link(&next).map_err(|error| Distrust::Unreadable {
            path: next.clone(),
            error,
        })?;
        if target.is_absolute() {
            path = PathBuf::from("/");
        }
        for piece in pieces(&target).into_iter().rev() {
            ahead.push_front(piece);
        }
    }
    Ok((path, found))
}

fn pieces(path: &Path) -> VecDeque<OsString> {
    let piece = |component: Component<'_>| match component {
        Component::Normal(_) | Component::ParentDir => Some(component.as_os_str().to_owned()),
        _ => None,
    };
    path.components().filter_map(piece).collect()
}

/// One thing on the way. A link's own mode means nothing, who made it does. What is ours in a sticky folder nobody
/// else can replace, so that such a folder may be written by all.
fn look(path: &Path) -> Result<Metadata, Distrust> {
    let path = path.to_owned();
    let found = match fs::symlink_metadata(&path) {
        Ok(found) => found,
        Err(error) => return Err(Distrust::Unreadable { path, error }),
    };
    let (owner, mode) = (found.uid(), found.mode() & 0o7777);
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(Distrust::Foreign { path, owner });
    }
    let is_sticky = found.is_dir() && mode & STICKY != 0;
    if !found.is_symlink() && mode & WRITABLE != 0 && !is_sticky {
        return Err(Distrust::Writable { path, mode });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use super::trusted;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// A file `folder/x/hook` that may be trusted.
    fn hook(folder: &Path) -> std::path::PathBuf {
        let inner = folder.join("x");
        fs::create_dir(&inner).unwrap();
        mode(&inner, 0o755);
        let hook = inner.join("hook");
        fs::write(&hook, "#!/bin/sh\n").unwrap();
        mode(&hook, 0o755);
        hook
    }

    fn why(path: &Path) -> String {
        match trusted(path, true) {
            Ok(()) => "well".to_owned(),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn what_others_can_change_is_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let hook = hook(folder.path());
        let inner = hook.parent().unwrap();
        // It lies in /tmp, which is sticky.
        assert_eq!(why(&hook), "well");
        for (path, bad, good) in [
            (&*hook, 0o775, 0o755),
            (&hook, 0o757, 0o755),
            (inner, 0o775, 0o755),
            (inner, 0o777, 0o755),
        ] {
            mode(path, bad);
            let said = why(&hook);
            assert!(said.contains("can be written by others"), "{said}");
            assert!(said.contains(path.to_str().unwrap()), "{said}");
            mode(path, good);
            assert_eq!(why(&hook), "well");
        }
        mode(inner, 0o1777);
        assert_eq!(why(&hook), "well");
    }

    #[test]
    fn links_are_followed_and_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let hook = hook(folder.path());
        let inner = hook.parent().unwrap();
        let link = folder.path().join("link");
        symlink("x/../x/hook", &link).unwrap();
        assert_eq!(why(&link), "well");
        mode(inner, 0o777);
        assert!(why(&link).contains("can be written by others"));
        let round = folder.path().join("round");
        symlink("round", &round).unwrap();
        assert!(why(&round).contains("too many links"));
    }

    #[test]
    fn what_cannot_be_run_is_no_hook() {
        let folder = tempfile::tempdir().unwrap();
        let hook = hook(folder.path());
        mode(&hook, 0o644);
        assert!(why(&hook).contains("not executable"));
        assert!(why(folder.path()).contains("is no file"));
        fs::remove_file(&hook).unwrap();
        assert!(why(&hook).contains("No such file"));
    }
}
