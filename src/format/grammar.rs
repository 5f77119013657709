//! nom pieces shared by several formats.
