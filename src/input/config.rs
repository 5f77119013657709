//! Configuration files of web servers, as text.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The text of a file, or of each file of a folder by name. What is no UTF-8 in it is replaced.
pub fn configuration(path: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let mut files = vec![path.to_owned()];
    if fs::metadata(path)?.is_dir() {
        let entries: Vec<fs::DirEntry> = fs::read_dir(path)?.collect::<io::Result<_>>()?;
        files = entries.iter().map(fs::DirEntry::path).collect();
        files.retain(|file| file.is_file());
        files.sort();
    }
    let text = |file: PathBuf| {
        let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
        Ok((file, text))
    };
    files.into_iter().map(text).collect()
}
