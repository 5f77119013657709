//! The report as a document, before it is written in any format: sections, and what stands in them.
//!
//! ```text
//! signs, findings -> digest --\
//! incidents, summary ----------> document: sections of blocks -> publish: html, markdown, text
//!                          \--------------------------------> publish: json
//! ```
//!
//! All texts in it are fit to be shown ([`visible`]): what a log says cannot hide, or turn around what stands beside it.
//!
//! [`visible`]: crate::report::sanitize::visible

mod causes;
mod evidence;
mod headline;
mod incidents;
mod lanes;
mod method;
mod over_time;
mod people;
mod timeline;
mod told;
mod unseen;

use crate::level::Level;
use crate::report::chart::Chart;

pub use headline::headline;
pub use lanes::DRAWN;
pub use over_time::{Bins, bins};
pub use told::{Asked, Told};

#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub title: String,
    /// What it is about, and what it rests on, a line each.
    pub about: Vec<String>,
    pub cards: Vec<Card>,
    pub sections: Vec<Section>,
}

/// A figure that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub label: &'static str,
    pub value: String,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Where links lead.
    pub id: String,
    pub title: String,
    pub level: Option<Level>,
    pub blocks: Vec<Block>,
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// What everybody should read.
    Lead(Vec<String>),
    Paragraph(String),
    /// What is said under labels.
    Facts(Vec<(&'static str, String)>),
    Table(Table),
    /// A picture, and the same in numbers.
    Chart(Chart, Table),
    Exhibit(Exhibit),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    pub caption: &'static str,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
    /// The last row, of sums.
    pub sum: Option<Vec<Cell>>,
    /// What is not in it.
    pub left_out: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Words(String),
    /// By a log, or by a client.
    Said(String),
    /// Does not break.
    Whole(String),
    Number(u64),
    Level(Level),
    /// Words that lead to a section.
    Link(String, String),
}

/// The lines that a finding rests on, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    pub title: String,
    pub message: String,
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub role: &'static str,
    /// `access.log:123`
    pub place: String,
    /// `offset 24400, 99 bytes`
    pub bytes: Option<String>,
    pub hash: String,
    /// How it stands to the request in time.
    pub clock: Option<String>,
    pub text: String,
}

impl Section {
    fn new(id: impl Into<String>, title: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            level: None,
            blocks,
            sections: Vec::new(),
        }
    }
}

impl Table {
    /// Whether a column is one of numbers, which stand to the right.
    pub fn is_of_numbers(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.any(|cell| matches!(cell, Cell::Number(_)))
    }
}

impl Cell {
    fn words(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Cell::Empty
        } else {
            Cell::Words(text)
        }
    }
}

/// The whole document.
pub fn document(told: &Told<'_>) -> Document {
    Document {
        title: headline::title(told),
        about: headline::about(told),
        cards: headline::cards(told),
        sections: vec![
            headline::section(told),
            timeline::section(told),
            incidents::section(told),
            people::section(told),
            causes::section(told),
            timeline::triggers(told),
            unseen::clocks(told),
            unseen::section(told),
            evidence::section(told),
            method::section(told),
        ],
    }
}
