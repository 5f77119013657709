//! Files and streams, as records in file order.
//!
//! A *part* is one file; an *input* is a rotated set of parts, oldest first, in one format.
