//! Records by the thousand, in one piece.

use super::{Error, Result};
use crate::event::Record;

/// Of the encoding; grows when a record has more to say.
const VERSION: u8 = 3;
const LEVEL: i32 = 1;
/// No block has more bytes when unpacked, whatever a damaged one claims.
const LARGEST: usize = 1 << 30;

pub(super) fn pack(records: &[Record]) -> Result<Vec<u8>> {
    let plain = postcard::to_stdvec(records)?;
    let packed = zstd::bulk::compress(&plain, LEVEL).map_err(|e| Error::Damaged(e.to_string()))?;
    let mut body = Vec::with_capacity(1 + packed.len() + 8);
    body.push(VERSION);
    body.extend_from_slice(&(plain.len() as u64).to_le_bytes());
    body.extend_from_slice(&packed);
    Ok(body)
}

pub(super) fn unpack(body: &[u8]) -> Result<Vec<Record>> {
    let damaged = |why: &str| Error::Damaged(format!("a block of events {why}"));
    let Some((&[VERSION, ref length @ ..], packed)) = body.split_first_chunk::<9>() else {
        return Err(damaged("is of a version that is not known"));
    };
    let length = u64::from_le_bytes(*length);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > LARGEST {
        return Err(damaged("is too large"));
    }
    let plain = zstd::bulk::decompress(packed, length)
        .map_err(|e| damaged(&format!("cannot be unpacked: {e}")))?;
    Ok(postcard::from_bytes(&plain)?)
}
