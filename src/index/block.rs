//! Records by the thousand, in one piece.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Result};

const LEVEL: i32 = 1;
/// No block has more bytes when unpacked, whatever a damaged one claims.
const LARGEST: usize = 1 << 30;

/// What a block is of. Its version grows when a record has more to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoding {
    pub(super) version: u8,
    what: &'static str,
}

pub(super) const EVENTS: Encoding = Encoding {
    version: 3,
    what: "events",
};
pub(super) const ROLLUP: Encoding = Encoding {
    version: 1,
    what: "a roll-up",
};

impl Encoding {
    pub(super) fn pack<T: Serialize + ?Sized>(self, records: &T) -> Result<Vec<u8>> {
        let plain = postcard::to_stdvec(records)?;
        let packed = compressed(&plain).map_err(|e| Error::Damaged(e.to_string()))?;
        let mut body = Vec::with_capacity(1 + packed.len() + 8);
        body.push(self.version);
        body.extend_from_slice(&(plain.len() as u64).to_le_bytes());
        body.extend_from_slice(&packed);
        Ok(body)
    }

    pub(super) fn unpack<T: DeserializeOwned>(self, body: &[u8]) -> Result<T> {
        Ok(postcard::from_bytes(&self.plain(body)?)?)
    }

    fn plain(self, body: &[u8]) -> Result<Vec<u8>> {
        let damaged = |why: &str| Error::Damaged(format!("a block of {} {why}", self.what));
        let Some((&[version, ref length @ ..], packed)) = body.split_first_chunk::<9>() else {
            return Err(damaged("is too short"));
        };
        if version != self.version {
            return Err(damaged("is of a version that is not known"));
        }
        let length = u64::from_le_bytes(*length);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > LARGEST {
            return Err(damaged("is too large"));
        }
        zstd::bulk::decompress(packed, length)
            .map_err(|e| damaged(&format!("cannot be unpacked: {e}")))
    }
}

/// With a checksum, without which some of what is damaged would be read as something else.
fn compressed(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.include_checksum(true)?;
    compressor.compress(plain)
}

#[cfg(test)]
mod tests {
    use super::ROLLUP;

    /// Whichever bit is not as it was.
    #[test]
    fn what_is_damaged_is_not_taken_for_something_else() {
        let records: Vec<u64> = (0..300).map(|n| n * n % 97).collect();
        let body = ROLLUP.pack(&records).unwrap();
        for bit in 0..body.len() * 8 {
            let mut damaged = body.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = ROLLUP.unpack::<Vec<u64>>(&damaged) {
                assert_eq!(read, records, "bit {bit}");
            }
        }
    }
}
