//! Incidents for people ([`text()`]) and programs ([`object()`]).

mod object;
mod text;
mod turn;
pub(super) mod words;

pub use object::object;
pub(super) use object::without_nulls;
pub use text::{Told, text};
pub use turn::{Turn, turn, turned};
