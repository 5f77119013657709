//! What was read and found, kept in SQLite.
//!
//! Findings are a function of all events, so the index keeps every event and makes the findings anew when
//! there are more. An index is therefore always the same, however often and in whichever pieces the logs
//! were read:
//!
//! ```text
//! records -> append (block, event, part: one transaction) -> replay -> join -> findings, rollup (one transaction)
//! ```
//!
//! One process writes, which a lock beside the file sees to; any number read at the same time. What is
//! documented for SQL are the views of `views.sql`; the tables behind them change by the steps of `migrate`.

mod again;
mod append;
mod block;
mod damage;
mod error;
mod figures;
mod findings;
mod incidents;
mod lock;
mod migrate;
mod names;
mod open;
mod outbox;
mod prune;
mod query;
mod replay;
mod rollup;
mod sql;
mod state;
mod summary;

pub use again::{answered, ask_again, asked_again};
pub use append::{Known, NewPart, Writer};
pub use damage::{remembered, set_aside};
pub use error::Error;
pub use findings::Explanation;
pub use incidents::KnownIncident;
pub use open::Reader;
pub use outbox::{Letter, Told};
pub use prune::{Limits, Pruned};
pub use query::Wanted;
pub use replay::{Followed, Kept, Records as StoredRecords, Stored, StoredPart};
pub use rollup::{Rollup, Stretch};
pub use sql::Table;

type Result<T> = std::result::Result<T, Error>;
