//! Texts and addresses as numbers: what repeats is stored once.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use rusqlite::Connection;

use super::Result;

/// Numbers that are remembered. Beyond that all are forgotten and asked for again.
const REMEMBERED: usize = 1 << 16;

#[derive(Debug, Default)]
pub(super) struct Names {
    texts: HashMap<Box<str>, i64>,
    addresses: HashMap<IpAddr, i64>,
}

impl Names {
    /// The number of a text, a new one where it has none.
    pub(super) fn text(&mut self, connection: &Connection, text: &str) -> Result<i64> {
        if let Some(id) = self.texts.get(text) {
            return Ok(*id);
        }
        let id = connection
            .prepare_cached(
                "INSERT INTO text (text) VALUES (?1)
                 ON CONFLICT DO UPDATE SET text = text RETURNING id",
            )?
            .query_row([text], |row| row.get(0))?;
        remember(&mut self.texts, text.into(), id);
        Ok(id)
    }

    pub(super) fn maybe(
        &mut self,
        connection: &Connection,
        text: Option<&str>,
    ) -> Result<Option<i64>> {
        text.map(|text| self.text(connection, text)).transpose()
    }

    pub(super) fn address(
        &mut self,
        connection: &Connection,
        address: Option<IpAddr>,
    ) -> Result<Option<i64>> {
        let Some(address) = address else {
            return Ok(None);
        };
        if let Some(id) = self.addresses.get(&address) {
            return Ok(Some(*id));
        }
        let id = connection
            .prepare_cached(
                "INSERT INTO address (bytes, text) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET bytes = bytes RETURNING id",
            )?
            .query_row((bytes(address), address.to_string()), |row| row.get(0))?;
        remember(&mut self.addresses, address, id);
        Ok(Some(id))
    }

    /// For a transaction that was rolled back: numbers it gave are nobody's.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

fn remember<K: Eq + Hash>(known: &mut HashMap<K, i64>, name: K, id: i64) {
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(name, id);
}

/// IPv4 and IPv6 in one order.
pub(super) fn bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

pub(super) fn address(bytes: [u8; 16]) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
}
