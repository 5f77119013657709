//! One writer: a lock on a file beside the index, which the system takes back when its holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, getpid, test_kill_process};

use super::open::MODE;
use super::{Error, Result};

/// Who is killed, or lets go of the lock, while it starts another process leaves it to that until it has become another
/// program: a moment. So often and so long it is waited for.
const TRIES: u32 = 100;
const MOMENT: Duration = Duration::from_millis(10);

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the index at `path`, or says who has it.
    pub(super) fn take(path: &Path) -> Result<Self> {
        let lock = beside(path, ".lock");
        let failed = |error| Error::File {
            path: lock.clone(),
            error,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(MODE)
            .open(&lock)
            .map_err(failed)?;
        for left in (0..TRIES).rev() {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    let pid = holder(&file);
                    if left == 0 || !has_let_go(&pid) {
                        let path = path.to_owned();
                        return Err(Error::Locked { path, pid });
                    }
                    thread::park_timeout(MOMENT);
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Who says to hold it. Told as a help only: that it is locked is sure.
fn holder(mut file: &File) -> String {
    let mut pid = String::new();
    let _ = file.rewind();
    let _ = file.take(20).read_to_string(&mut pid);
    pid.trim().to_owned()
}

/// Whether that is nobody any more, or ourselves.
fn has_let_go(pid: &str) -> bool {
    let pid = pid.parse().ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| pid == getpid() || test_kill_process(pid) == Err(Errno::SRCH))
}

/// `index.db` with `.lock` is `index.db.lock`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
