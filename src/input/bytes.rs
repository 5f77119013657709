//! Where a part's bytes come from: a file, plain or compressed, or a stream.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use memchr::memmem;
use rustix::fs::OFlags;

use super::audit_key::AuditKey;
use super::database;
use super::error::Error;
use super::mask::Masks;
use super::stream::Stream;
use crate::event::{Micros, SECOND};

const GZIP: &[u8] = b"\x1F\x8B";
const ZSTD: &[u8] = b"\x28\xB5\x2F\xFD";
/// With the one method of compression there is.
const MEMBER: &[u8] = b"\x1F\x8B\x08";
/// What is decompressed at once. Where the data are damaged the decoder throws away what it had made in
/// that call, so this is also what may be lost before the damage.
const GZIP_STEP: usize = 16 << 10;

pub(super) enum Bytes {
    File {
        path: PathBuf,
        stamp: Stamp,
        masks: Masks,
        key: Option<AuditKey>,
    },
    Stream(Stream),
}

/// What tells a file from the one that takes its name when logs are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
        }
    }

    /// The same for all names of a file.
    pub(super) fn key(self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Whether a file seen later is this one, at most grown.
    fn continues_as(self, later: Self) -> bool {
        self.key() == later.key() && self.length <= later.length
    }
}

impl Bytes {
    pub(super) fn file(
        path: &Path,
        metadata: &Metadata,
        masks: &Masks,
        key: Option<&AuditKey>,
    ) -> Self {
        Self::File {
            path: path.to_owned(),
            stamp: Stamp::of(metadata),
            masks: masks.clone(),
            key: key.cloned(),
        }
    }

    pub(super) fn stream(reader: Box<dyn Read + Send>, masks: &Masks) -> io::Result<Self> {
        Ok(Self::Stream(Stream::new(masks.over(decoded(reader)?))))
    }

    /// A look from the first byte on, which can be repeated: all of a file, the beginning of a stream. Whether a
    /// database's rows are genuine is not looked at, for it tells nothing about which database it is.
    pub(super) fn peek(&mut self) -> Result<Box<dyn Read + Send + '_>, Error> {
        match self {
            Self::File {
                path, stamp, masks, ..
            } => Ok(masks.over(open(path, *stamp, 0, None)?)),
            Self::Stream(stream) => Ok(Box::new(stream.peek())),
        }
    }

    /// A look from this byte on, counted after decompression; of a database from this row on.
    pub(super) fn peek_at(&mut self, offset: u64) -> Result<Box<dyn Read + Send + '_>, Error> {
        match self {
            Self::File {
                path,
                stamp,
                masks,
                key,
            } => Ok(masks.over(open(path, *stamp, offset, key.clone())?)),
            Self::Stream(stream) => {
                let mut reader = stream.peek();
                skip(&mut reader, offset)?;
                Ok(Box::new(reader))
            }
        }
    }

    /// All of it, but for so many bytes at its beginning.
    pub(super) fn into_reader(self, offset: u64) -> Result<Box<dyn Read + Send>, Error> {
        match self {
            Self::File {
                path,
                stamp,
                masks,
                key,
            } => Ok(masks.over(open(&path, stamp, offset, key)?)),
            Self::Stream(stream) => {
                let mut reader = stream.into_reader();
                skip(&mut reader, offset)?;
                Ok(reader)
            }
        }
    }

    /// Whether it is a plain file, which can be read from anywhere.
    pub(super) fn is_plain(&self) -> bool {
        let Self::File { path, .. } = self else {
            return false;
        };
        let mut magic = Vec::with_capacity(database::MAGIC.len());
        let beginning = database::MAGIC.len() as u64;
        let read = opened(path).and_then(|file| file.take(beginning).read_to_end(&mut magic));
        read.is_ok_and(|read| read >= GZIP.len())
            && Packing::of(&magic) == Packing::Plain
            && magic != database::MAGIC
    }

    /// A plain file as it lies on disk.
    pub(super) fn plain(&self) -> Result<File, Error> {
        match self {
            Self::File { path, stamp, .. } => checked(path, *stamp),
            Self::Stream(_) => Err(Error::Kind),
        }
    }

    pub(super) fn masks(&self) -> Masks {
        match self {
            Self::File { masks, .. } => masks.clone(),
            // It was covered as it came.
            Self::Stream(_) => Masks::default(),
        }
    }

    /// Where it lies, and device and inode; `None`: it is a stream.
    pub(super) fn place(&self) -> Option<(&Path, (u64, u64))> {
        match self {
            Self::File { path, stamp, .. } => Some((path, stamp.key())),
            Self::Stream(_) => None,
        }
    }

    /// Whether its name stands for the same file, at most grown.
    pub(super) fn is_still(&self) -> bool {
        match self {
            Self::File { path, stamp, .. } => checked(path, *stamp).is_ok(),
            Self::Stream(_) => true,
        }
    }

    /// Bytes on disk; none where nobody can know.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::File { stamp, .. } => stamp.length,
            Self::Stream(_) => 0,
        }
    }

    /// When a file was written to last; `None`: nobody knows.
    pub(super) fn modified(&self) -> Option<Micros> {
        let Self::File { path, .. } = self else {
            return None;
        };
        let metadata = std::fs::metadata(path).ok()?;
        Some(metadata.mtime() * SECOND)
    }

    /// Whether the look that was taken did not reach the end.
    pub(super) fn goes_on(&self) -> bool {
        matches!(self, Self::Stream(stream) if !stream.is_whole())
    }
}

fn open(
    path: &Path,
    stamp: Stamp,
    offset: u64,
    key: Option<AuditKey>,
) -> Result<Box<dyn Read + Send>, Error> {
    let mut file = checked(path, stamp)?;
    let mut magic = Vec::with_capacity(database::MAGIC.len());
    let beginning = database::MAGIC.len() as u64;
    file.by_ref().take(beginning).read_to_end(&mut magic)?;
    if magic == database::MAGIC {
        let rows = database::open(path, offset, key)?.ok_or(Error::Foreign)?;
        return Ok(Box::new(rows));
    }
    file.rewind()?;
    if offset > 0 && Packing::of(&magic) == Packing::Plain {
        file.seek(SeekFrom::Start(offset))?;
        return Ok(Box::new(file));
    }
    let mut reader = decoded(Box::new(file))?;
    skip(&mut reader, offset)?;
    Ok(reader)
}

/// What took a file's name may be a pipe, and opening one waits for its writer.
pub(super) fn opened(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(path)
}

fn checked(path: &Path, stamp: Stamp) -> Result<File, Error> {
    let file = opened(path)?;
    if !stamp.continues_as(Stamp::of(&file.metadata()?)) {
        return Err(Error::Changed);
    }
    Ok(file)
}

/// Whether a file is compressed.
pub(super) fn is_packed(file: &mut File) -> io::Result<bool> {
    let magic = magic(file)?;
    file.rewind()?;
    Ok(Packing::of(&magic) != Packing::Plain)
}

/// What a compressed file says from this byte on.
pub(super) fn unpack(
    file: impl Read + Send + 'static,
    offset: u64,
) -> io::Result<Box<dyn Read + Send>> {
    let mut reader = decoded(Box::new(file))?;
    skip(&mut reader, offset)?;
    Ok(reader)
}

fn skip(reader: &mut impl Read, bytes: u64) -> io::Result<()> {
    io::copy(&mut reader.by_ref().take(bytes), &mut io::sink()).map(drop)
}

/// Decompresses what begins as gzip or zstd does, whatever its name.
fn decoded(mut reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let magic = magic(&mut reader)?;
    let packing = Packing::of(&magic);
    let whole = Cursor::new(magic).chain(reader);
    Ok(match packing {
        Packing::Plain => Box::new(whole),
        Packing::Gzip => Box::new(Gzip::new(whole)),
        // Frame after frame.
        Packing::Zstd => Box::new(zstd::Decoder::new(whole)?),
    })
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    fn of(magic: &[u8]) -> Self {
        match () {
            () if magic.starts_with(GZIP) => Self::Gzip,
            () if magic.starts_with(ZSTD) => Self::Zstd,
            () => Self::Plain,
        }
    }
}

/// The first bytes.
fn magic(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut magic = Vec::with_capacity(ZSTD.len());
    reader.take(ZSTD.len() as u64).read_to_end(&mut magic)?;
    Ok(magic)
}

/// Member after member. What follows the last and is none is no log and no damage: a tape's padding, or
/// what was appended by mistake.
struct Gzip<R> {
    /// `None` behind the last.
    member: Option<GzDecoder<BufReader<R>>>,
}

impl<R: Read> Gzip<R> {
    fn new(reader: R) -> Self {
        Self {
            member: Some(GzDecoder::new(BufReader::new(reader))),
        }
    }

    /// Begins what follows the member that has ended.
    fn advance(&mut self) -> io::Result<()> {
        let Some(member) = self.member.take() else {
            return Ok(());
        };
        let mut rest = member.into_inner();
        let next = rest.fill_buf()?;
        // Of one that is cut short there may be a single byte.
        if !next.is_empty() && next.starts_with(&GZIP[..next.len().min(GZIP.len())]) {
            self.member = Some(GzDecoder::new(rest));
            return Ok(());
        }
        if holds_member(rest)? {
            let lost = "what follows a gzip member is damaged";
            return Err(io::Error::new(io::ErrorKind::InvalidData, lost));
        }
        Ok(())
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = buffer.len().min(GZIP_STEP);
        while let Some(member) = &mut self.member
            && step > 0
        {
            match member.read(&mut buffer[..step])? {
                0 => self.advance()?,
                read => return Ok(read),
            }
        }
        Ok(0)
    }
}

/// Whether another member begins anywhere in it: then data are lost.
fn holds_member(mut reader: impl BufRead) -> io::Result<bool> {
    let mut window = Vec::new();
    loop {
        let more = reader.fill_buf()?;
        let length = more.len();
        if length == 0 {
            return Ok(false);
        }
        window.extend_from_slice(more);
        reader.consume(length);
        if memmem::find(&window, MEMBER).is_some() {
            return Ok(true);
        }
        // It may begin at the end of what was read.
        window.drain(..window.len().saturating_sub(MEMBER.len() - 1));
    }
}
