//! Pritunl.
use super::System;
pub static SYSTEM: System = System {
    name: "pritunl",
    provenance: "",
    routes: &[],
    statements: &[],
    unlogged: &[],
    advice: &[],
};
