//! Charts: what is drawn, in shares of the whole, and ([`svg()`]) how.
//!
//! A chart is as wide as the page: places across are percentages and sizes of letters are not, so that nothing of it
//! shrinks on a narrow screen. No chart needs its colours to be told apart: each has a table, and marks have shapes.

mod bars;
mod heat;
mod lanes;
mod stack;
mod svg;

pub use svg::{escaped, svg};

/// Colours of series; the last is for all others.
pub const SERIES: usize = 6;

#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Of its own in a document.
    pub id: String,
    pub title: String,
    /// What can be seen in it, in words.
    pub desc: String,
    pub plot: Plot,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Plot {
    Stack(Stack),
    Heat(Heat),
    Bars(Bars),
    Lanes(Lanes),
}

/// Columns side by side, of parts upon each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stack {
    /// From the bottom; no more than [`SERIES`].
    pub series: Vec<String>,
    /// The same number of parts in each.
    pub columns: Vec<Vec<u64>>,
    pub ticks: Vec<Tick>,
    pub marks: Vec<Mark>,
}

/// A place across, from 0 to 1, and what stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub at: f64,
    pub label: String,
}

/// Something that happened, by its number in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub at: f64,
    pub number: usize,
    pub label: String,
}

/// A row a day, a cell an hour.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heat {
    pub rows: Vec<(String, [u64; 24])>,
}

/// The most frequent first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    pub rows: Vec<(String, u64)>,
}

/// What became of several in the same time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lanes {
    pub rows: Vec<Lane>,
    pub ticks: Vec<Tick>,
    pub marks: Vec<Mark>,
    /// From where to where it lasted.
    pub lasted: (f64, f64),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lane {
    pub label: String,
    pub note: String,
    pub refused: Vec<Stretch>,
    pub accepted: Vec<Stretch>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    pub from: f64,
    pub until: f64,
    pub number: u64,
}
