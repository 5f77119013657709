//! `why401` tells why a request was refused: it joins every HTTP 401, 403 and 429 of a self-hosted VPN or
//! MFA server with the line of the server's own log that states the cause, or proves that no such line
//! exists and names what is left.
//!
//! Data flows one way, and `tests/layers.rs` fails when an arrow goes back:
//!
//! ```text
//! input -> format -> event -> index               (events, positions, findings, and what reports count of them: rollup)
//!                        \--> correlate -> finding, sign -> incident -> report | alert
//! ```
//!
//! `system` holds what is known of each server product, as tables; `correlate` is pure: it knows no
//! file and no clock. Through a `sieve` it says of which records it needs no event at all.

pub mod alert;
pub mod cause;
pub mod cli;
pub mod command;
pub mod config;
pub mod correlate;
pub mod event;
pub mod file;
pub mod finding;
pub mod forgery;
pub mod format;
pub mod hidden;
pub mod hook;
pub mod incident;
pub mod index;
pub mod input;
pub mod level;
pub mod metrics;
pub mod outline;
pub mod pattern;
mod places;
pub mod report;
pub mod rollup;
pub mod sieve;
pub mod sign;
pub mod summary;
pub mod system;
pub mod top;
pub mod zone;
