//! One process writes. Who wants it to try deliveries again asks it by a file beside the index.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::lock::beside;
use super::open::MODE;
use super::{Error, Result};

const ENDING: &str = ".again";

/// Asks the process that writes the index to try these deliveries again; without ids, all that were not delivered.
pub fn ask_again(index: &Path, ids: &[String]) -> Result<()> {
    let (path, new) = (beside(index, ENDING), beside(index, ".again.new"));
    let put = || -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(MODE)
            .open(&new)?;
        ids.iter().try_for_each(|id| writeln!(file, "{id}"))?;
        fs::rename(&new, &path)
    };
    put().map_err(|error| Error::File { path, error })
}

/// What is asked for, if anything is.
pub fn asked_again(index: &Path) -> Result<Option<Vec<String>>> {
    let path = beside(index, ENDING);
    match fs::read_to_string(&path) {
        Ok(ids) => Ok(Some(ids.lines().map(str::to_owned).collect())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::File { path, error }),
    }
}

/// It was done.
pub fn answered(index: &Path) -> Result<()> {
    let path = beside(index, ENDING);
    fs::remove_file(&path).map_err(|error| Error::File { path, error })
}
