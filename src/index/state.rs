//! A few numbers about the index as a whole.

use rusqlite::Connection;

use super::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Appended,
    Explained,
    Pruned,
    /// The numbers of the findings that count.
    First,
    Last,
    /// Rules have heard of all findings until this moment, and what they said is in the outbox; the least number:
    /// they never have.
    Heard,
    /// The numbers of the blocks of the roll-up that counts, and who wrote it.
    RolledFirst,
    RolledLast,
    RolledBy,
    /// How secrets were covered in what was read; 0: not.
    Masked,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Key::Appended => "appended",
            Key::Explained => "explained",
            Key::Pruned => "pruned",
            Key::First => "first",
            Key::Last => "last",
            Key::Heard => "heard",
            Key::RolledFirst => "rolled_first",
            Key::RolledLast => "rolled_last",
            Key::RolledBy => "rolled_by",
            Key::Masked => "masked",
        }
    }
}

pub(super) fn get(connection: &Connection, key: Key) -> Result<i64> {
    let mut state = connection.prepare_cached("SELECT value FROM state WHERE key = ?1")?;
    Ok(state.query_row([key.name()], |row| row.get(0))?)
}

pub(super) fn set(connection: &Connection, key: Key, value: i64) -> Result<()> {
    let mut state = connection.prepare_cached("UPDATE state SET value = ?2 WHERE key = ?1")?;
    state.execute((key.name(), value))?;
    Ok(())
}
