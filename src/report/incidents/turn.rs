//! What becomes of an incident while logs are followed.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::object;
use super::words::{name, who};
use crate::event::Part;
use crate::incident::Incident;
use crate::level::Level;
use crate::report::Page;
use crate::report::text::{BOLD, Block, DIM, colour, count};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Begins,
    /// Its level rises.
    Worsens,
    Ends,
    /// It was over, or seemed so.
    GoesOn,
    /// It was over when it was first seen.
    Passed,
}

impl Turn {
    fn id(self) -> &'static str {
        match self {
            Turn::Begins => "begins",
            Turn::Worsens => "worsens",
            Turn::Ends => "ends",
            Turn::GoesOn => "goes_on",
            Turn::Passed => "passed",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Turn::GoesOn => "goes on",
            Turn::Passed => "is over",
            other => other.id(),
        }
    }
}

/// As [`object()`], with `turn`: `begins`, `worsens`, `ends`, `goes_on`, or `passed` for what was over when it was first
/// seen.
pub fn turned(turn: Turn, incident: &Incident, parts: &[Part]) -> Value {
    let mut object = object(incident, parts);
    object["turn"] = json!(turn.id());
    object
}

/// The same for people.
pub fn turn(page: &Page, turn: Turn, incident: &Incident, out: &mut impl Write) -> io::Result<()> {
    const MARGIN: usize = 11;
    let is_over = matches!(turn, Turn::Ends | Turn::Passed);
    let loud = if is_over || incident.level < Level::High {
        DIM
    } else {
        BOLD
    };
    let style = colour(incident.cause);
    let name = name(incident);
    let (words, level, id) = (turn.words(), incident.level.id(), &incident.id);
    writeln!(
        out,
        "Incident {words}  {loud}{level}{loud:#} · {style}{name}{style:#} · {DIM}{id}{DIM:#}"
    )?;
    let refusals = count(incident.refusals, "refusal");
    let span = page.zone.show_span(incident.first, incident.last);
    let said = format!("{refusals} of {}, {span}", who(incident));
    Block::unlabelled(page, MARGIN, out).text("", &said)
}
