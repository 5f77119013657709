//! privacyIDEA's audit in the forms in which it reaches an operator, and the application log beside it.
//!
//! [`log`]: the logger audit (`audit.log`) and `privacyidea.log`. [`csv`]: `pi-manage audit dump`. [`database`]: rows
//! of the table `pidea_audit`. All three make a [`record`].

pub mod csv;
pub mod database;
pub mod log;
mod record;
