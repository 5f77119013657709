//! The document in each format: one function from data to text.

mod html;
mod markdown;
mod object;
mod plain;
mod sheet;

pub use html::html;
pub use markdown::markdown;
pub use object::{SCHEMA, json};
pub use plain::plain;
