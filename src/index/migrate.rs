//! The schema and how it came to be.
//!
//! A change of the tables is one more step at the end of [`STEPS`]; steps that were released are never
//! touched again. `user_version` counts the steps taken. A test opens an index of every earlier version.

use rusqlite::Connection;

use super::{Error, Result};

/// What makes a SQLite file an index of ours: "w401" in `application_id`.
pub(super) const APPLICATION: i32 = i32::from_be_bytes(*b"w401");

const STEPS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("follow.sql"),
    include_str!("current.sql"),
    include_str!("untimed.sql"),
    include_str!("outbox.sql"),
    include_str!("incident.sql"),
    include_str!("rollup.sql"),
];

/// Views are no state: they are made anew each time.
const VIEWS: &str = include_str!("views.sql");

/// Brings the schema to this version, in one transaction. What a newer version wrote is refused.
pub(super) fn migrate(connection: &Connection) -> Result<()> {
    let taken = version(connection)?;
    if taken == STEPS.len() && views_are_current(connection)? {
        return Ok(());
    }
    let steps = STEPS[taken..].concat();
    let known = STEPS.len();
    connection.execute_batch(&format!(
        "BEGIN EXCLUSIVE; {steps} {VIEWS}
         PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {known}; COMMIT;"
    ))?;
    Ok(())
}

/// How many steps were taken; more than are known is an error.
pub(super) fn version(connection: &Connection) -> Result<usize> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = STEPS.len();
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > known {
        return Err(Error::Newer { found, known });
    }
    Ok(found)
}

/// Whether every view is as this version has it: SQLite keeps the text it was made of.
fn views_are_current(connection: &Connection) -> Result<bool> {
    let mut views = connection.prepare("SELECT sql FROM sqlite_schema WHERE type = 'view'")?;
    let mut rows = views.query([])?;
    let mut current = 0;
    while let Some(row) = rows.next()? {
        current += usize::from(VIEWS.contains(row.get_ref(0)?.as_str().unwrap_or("?")));
    }
    Ok(current == VIEWS.matches("CREATE VIEW").count())
}

#[cfg(test)]
mod tests {
    use super::{STEPS, migrate, version};
    use rusqlite::Connection;

    fn schema(connection: &Connection) -> Vec<String> {
        let mut rows = connection
            .prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name")
            .unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn every_earlier_version_becomes_this_one() {
        let fresh = Connection::open_in_memory().unwrap();
        migrate(&fresh).unwrap();
        for taken in 0..=STEPS.len() {
            let old = Connection::open_in_memory().unwrap();
            old.execute_batch(&STEPS[..taken].concat()).unwrap();
            old.pragma_update(None, "user_version", i64::try_from(taken).unwrap())
                .unwrap();
            migrate(&old).unwrap();
            assert_eq!(version(&old).unwrap(), STEPS.len());
            assert_eq!(schema(&old), schema(&fresh), "from version {taken}");
        }
    }

    #[test]
    fn what_is_newer_is_refused() {
        let newer = Connection::open_in_memory().unwrap();
        newer.pragma_update(None, "user_version", 1000).unwrap();
        let error = migrate(&newer).unwrap_err().to_string();
        assert!(error.contains("newer why401"), "{error}");
    }

    #[test]
    fn views_of_an_older_version_are_replaced() {
        let old = Connection::open_in_memory().unwrap();
        migrate(&old).unwrap();
        old.execute_batch("DROP VIEW gaps; CREATE VIEW gaps AS SELECT 1 AS one")
            .unwrap();
        migrate(&old).unwrap();
        old.prepare("SELECT input FROM gaps").unwrap();
    }
}
