//! SQL of others: it reads, for a while, and nothing else.

use std::fmt::Write;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use serde_json::{Number, Value};

use super::{Reader, Result};

/// Instructions of SQLite's machine between two looks at the clock.
const PATIENCE: i32 = 1000;

/// The answer to a query.
pub struct Table<'a> {
    rows: rusqlite::Rows<'a>,
    columns: usize,
}

impl Reader {
    /// Lets only reading be asked for from now on, and only until `is_over`.
    pub fn restrict(&mut self, is_over: impl FnMut() -> bool + Send + 'static) -> Result<()> {
        self.connection.authorizer(Some(authorize))?;
        self.connection.progress_handler(PATIENCE, Some(is_over))?;
        Ok(())
    }

    /// Answers a query: gives the names of its columns and then the rows.
    pub fn sql<T, E: From<super::Error>>(
        &self,
        query: &str,
        answer: impl FnOnce(&[String], Table<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let sqlite = |error: rusqlite::Error| E::from(error.into());
        let mut query = self.connection.prepare(query).map_err(sqlite)?;
        let columns: Vec<String> = query.column_names().map(str::to_owned).collect();
        let table = Table {
            columns: columns.len(),
            rows: query.query([]).map_err(sqlite)?,
        };
        answer(&columns, table)
    }
}

impl Table<'_> {
    /// The next row; `None` behind the last one.
    pub fn row(&mut self) -> Result<Option<Vec<Value>>> {
        let Some(row) = self.rows.next()? else {
            return Ok(None);
        };
        let values = (0..self.columns).map(|column| Ok(json(row.get_ref(column)?)));
        Ok(Some(values.collect::<Result<_>>()?))
    }
}

/// Bytes as hexadecimal digits, as SQL writes them.
fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Blob(bytes) => bytes
            .iter()
            .fold(String::new(), |mut digits, byte| {
                // Writing to a String cannot fail.
                let _ = write!(digits, "{byte:02X}");
                digits
            })
            .into(),
    }
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Function { function_name } if function_name != "load_extension" => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}
