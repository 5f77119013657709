//! `sql`: the index, asked by others.

use std::io::Write;
use std::time::{Duration, Instant};

use anstream::ColorChoice;

use super::{Exit, Fault, stdout};
use crate::cli::{Output, SqlArgs, TableOutput};
use crate::index::{Error, Reader};
use crate::report::rows::{self, Rows};

/// The documented views, and what can be asked of each.
const VIEWS: &str = "SELECT m.name AS view, group_concat(c.name, ', ') AS columns
    FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'view' GROUP BY m.name";

pub(super) fn run(args: &SqlArgs, color: ColorChoice) -> anyhow::Result<Exit> {
    let path = args.store.place()?;
    let mut reader = Reader::open(&path).map_err(Fault::from)?;
    let end = Instant::now() + Duration::from_secs(args.timeout);
    if args.query.is_some() {
        reader
            .restrict(move || Instant::now() >= end)
            .map_err(Fault::from)?;
    }
    let shape = match args.output {
        TableOutput::Text => Output::Text,
        TableOutput::Ndjson | TableOutput::Csv => Output::Ndjson,
    };
    let mut out = stdout(shape, color);
    let query = args.query.as_deref().unwrap_or(VIEWS);
    let answered = reader.sql(query, |columns, mut table| -> Result<(), Asked> {
        let mut rows: Box<dyn Rows> = match args.output {
            TableOutput::Text => Box::new(rows::Text::new(columns, &mut out)),
            TableOutput::Ndjson => Box::new(rows::Ndjson::new(columns, &mut out)),
            TableOutput::Csv => Box::new(rows::Csv::new(columns, &mut out)?),
        };
        while let Some(row) = table.row()? {
            rows.row(row)?;
        }
        Ok(rows.finish()?)
    });
    match answered {
        Ok(()) => {}
        Err(Asked::Index(Error::Interrupted)) => {
            return Err(Fault::from(Error::TimeLimit(args.timeout)).into());
        }
        Err(Asked::Index(error)) => return Err(Fault::from(error).into()),
        Err(Asked::Out(error)) => return Err(error.into()),
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// What can go wrong: the question, or the answer on its way.
enum Asked {
    Index(Error),
    Out(std::io::Error),
}

impl From<Error> for Asked {
    fn from(error: Error) -> Self {
        Asked::Index(error)
    }
}

impl From<std::io::Error> for Asked {
    fn from(error: std::io::Error) -> Self {
        Asked::Out(error)
    }
}
