//! Files that are made for others: reports and figures, whole or not at all, and a key that nobody else may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file in the making: under its name only once it is [kept](Fresh::keep).
#[derive(Debug)]
pub struct Fresh {
    path: PathBuf,
    /// `None`: it has its name.
    draft: Option<PathBuf>,
    out: BufWriter<File>,
}

impl Fresh {
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut draft = path.as_os_str().to_owned();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        Ok(Self {
            out: BufWriter::new(File::create(&draft)?),
            path: path.to_owned(),
            draft: Some(draft),
        })
    }

    /// Replaces what was there before.
    pub fn keep(mut self) -> io::Result<()> {
        self.out.flush()?;
        match self.draft.take() {
            Some(draft) => fs::rename(draft, &self.path),
            None => Ok(()),
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(draft) = &self.draft {
            // What failed before is told.
            let _ = fs::remove_file(draft);
        }
    }
}

impl Write for Fresh {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The 32 bytes that a key file holds, in hex. Where there is none it is made, for its owner only.
pub fn key(path: &Path) -> io::Result<[u8; 32]> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)?;
    }
    let mut made = OpenOptions::new();
    made.write(true).create_new(true).mode(0o600);
    match made.open(path) {
        Ok(mut file) => {
            let key = random()?;
            writeln!(file, "{}", blake3::Hash::from_bytes(key).to_hex())?;
            file.sync_all()?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let text = fs::read_to_string(path)?;
            let hash = blake3::Hash::from_hex(text.trim());
            let wrong = |_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    "not a key: 64 hexadecimal digits",
                )
            };
            hash.map(|hash| *hash.as_bytes()).map_err(wrong)
        }
        Err(error) => Err(error),
    }
}

/// 32 bytes that nobody can guess.
fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}
