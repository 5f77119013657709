//! Incidents for people ([`text()`]) and programs ([`object()`]).

mod object;
mod text;
pub(super) mod words;

pub use object::object;
pub use text::{Told, text};
