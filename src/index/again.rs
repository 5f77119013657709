//! One process writes. Who wants it to try deliveries again asks it by a file beside the index.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::lock::beside;
use super::open::MODE;
use super::{Error, Result};

const ENDING: &str = ".again";

/// Who asks waits so often and so long for what was asked before to be taken: that is looked for once a second.
const TRIES: u32 = 100;
const MOMENT: Duration = Duration::from_millis(50);

/// Asks the process that writes the index to try these deliveries again; without ids, all that were not delivered.
pub fn ask_again(index: &Path, ids: &[String]) -> Result<()> {
    let mut put = put(index, ids);
    for _ in 1..TRIES {
        match &put {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                thread::park_timeout(MOMENT);
                put = self::put(index, ids);
            }
            _ => break,
        }
    }
    let path = beside(index, ENDING);
    put.map_err(|error| Error::File { path, error })
}

/// Leaves the file for who writes the index, unless what somebody else asks for is still there.
fn put(index: &Path, ids: &[String]) -> io::Result<()> {
    let new = beside(index, &format!("{ENDING}.{}", std::process::id()));
    let leave = || -> io::Result<()> {
        // Root may ask somebody else, who could have put a link there: it is never followed.
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(MODE).open(&new)?;
        let writes = fs::metadata(index)?;
        if file.metadata()?.uid() != writes.uid() {
            fchown(&file, Some(writes.uid()), Some(writes.gid()))?;
        }
        ids.iter().try_for_each(|id| writeln!(file, "{id}"))?;
        let path = beside(index, ENDING);
        Ok(renameat_with(
            CWD,
            &new,
            CWD,
            &path,
            RenameFlags::NOREPLACE,
        )?)
    };
    remove(&new)?;
    leave().inspect_err(|_| drop(remove(&new)))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// What is asked for, if anything is.
pub fn asked_again(index: &Path) -> Result<Option<Vec<String>>> {
    let path = beside(index, ENDING);
    match fs::read(&path) {
        Ok(ids) => {
            let ids = String::from_utf8_lossy(&ids);
            Ok(Some(ids.lines().map(str::to_owned).collect()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::File { path, error }),
    }
}

/// It was done, or cannot be.
pub fn answered(index: &Path) -> Result<()> {
    let path = beside(index, ENDING);
    remove(&path).map_err(|error| Error::File { path, error })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::os::unix::fs::{MetadataExt, chown, symlink};
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::{answered, asked_again, put};

    const NOBODY: u32 = 65_534;

    fn index(folder: &TempDir) -> PathBuf {
        let index = folder.path().join("index.db");
        fs::write(&index, "").unwrap();
        index
    }

    #[test]
    fn what_was_asked_before_is_not_lost() {
        let folder = TempDir::new().unwrap();
        let index = index(&folder);
        assert_eq!(asked_again(&index).unwrap(), None);
        put(&index, &["a".to_owned()]).unwrap();
        let later = put(&index, &["b".to_owned()]).unwrap_err();
        assert_eq!(later.kind(), ErrorKind::AlreadyExists);
        assert_eq!(asked_again(&index).unwrap().unwrap(), ["a"]);
        answered(&index).unwrap();
        put(&index, &["b".to_owned()]).unwrap();
        assert_eq!(asked_again(&index).unwrap().unwrap(), ["b"]);
        answered(&index).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn links_are_not_followed() {
        let folder = TempDir::new().unwrap();
        let index = index(&folder);
        let other = folder.path().join("other");
        fs::write(&other, "precious").unwrap();
        let names = [
            "again.new".to_owned(),
            format!("again.{}", std::process::id()),
        ];
        for name in names {
            symlink(&other, folder.path().join(format!("index.db.{name}"))).unwrap();
        }
        put(&index, &["a".to_owned()]).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
        assert_eq!(asked_again(&index).unwrap().unwrap(), ["a"]);
    }

    #[test]
    fn who_writes_the_index_can_read_what_root_asks_for() {
        let folder = TempDir::new().unwrap();
        let index = index(&folder);
        if rustix::process::geteuid().is_root() {
            chown(&index, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        put(&index, &[]).unwrap();
        let asked = fs::metadata(folder.path().join("index.db.again")).unwrap();
        let writes = fs::metadata(&index).unwrap();
        assert_eq!(asked.uid(), writes.uid());
    }
}
