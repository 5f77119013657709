//! The commands.
pub mod join;
