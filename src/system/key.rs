//! Statements as numbers, for what is stored: the tables change from version to version, a row's words do not.
//!
//! `#[serde(with = "crate::system::key")]` stores an `Option<&'static Statement>` so. A row that is no longer
//! in the tables is read back as `None`, as a text that no version known to us writes.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ALL, Meaning, Statement, error_log};

/// Of a statement, from its action, its words and where the server writes it, and the causes that these leave open:
/// together no two rows share them.
pub fn of(statement: &Statement) -> u64 {
    let words = [statement.action, statement.reason, statement.source];
    let mut hasher = blake3::Hasher::new();
    for word in words {
        hasher.update(word.as_bytes()).update(&[0]);
    }
    if let Meaning::Weighed(causes, _) = statement.meaning {
        for cause in causes {
            hasher.update(cause.id().as_bytes());
        }
    }
    let mut key = [0; 8];
    hasher.finalize_xof().fill(&mut key);
    u64::from_le_bytes(key)
}

/// Both ways, made when it is first asked.
struct Keys {
    rows: HashMap<u64, &'static Statement>,
    /// By address, which saves the hash.
    keys: HashMap<usize, u64>,
}

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let all = || {
            let of_systems = ALL.iter().flat_map(|system| system.lines());
            of_systems.chain(error_log::STATEMENTS)
        };
        Keys {
            rows: all().map(|row| (of(row), row)).collect(),
            keys: all().map(|row| (address(row), of(row))).collect(),
        }
    })
}

fn address(row: &'static Statement) -> usize {
    std::ptr::from_ref(row).addr()
}

pub fn serialize<S: Serializer>(
    statement: &Option<&'static Statement>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let known = |row| keys().keys.get(&address(row)).copied();
    let key = statement.map(|row| known(row).unwrap_or_else(|| of(row)));
    key.serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'static Statement>, D::Error> {
    let key = Option::<u64>::deserialize(deserializer)?;
    Ok(key.and_then(|key| keys().rows.get(&key).copied()))
}

#[cfg(test)]
mod tests {
    use super::{ALL, error_log, keys, of};

    #[test]
    fn no_two_rows_have_one_key() {
        let of_systems = ALL.iter().flat_map(|system| system.lines());
        for row in of_systems.chain(error_log::STATEMENTS) {
            let found = keys().rows[&of(row)];
            assert!(
                std::ptr::eq(found, row),
                "{} and {}",
                row.source,
                found.source
            );
        }
    }
}
