//! When something happened, as exactly as the logs tell.

use crate::event::{Micros, Place, SECOND};

/// A time, and where it stands: most logs know whole seconds only, so that within one the order of the lines tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) time: Micros,
    place: Option<Place>,
}

impl Moment {
    pub(super) fn new(time: Micros, place: Option<Place>) -> Self {
        Self { time, place }
    }

    pub(super) fn is_after(self, other: Self) -> bool {
        let is_near = (self.time - other.time).abs() <= SECOND;
        match (self.place, other.place) {
            (Some(own), Some(other)) if is_near && own.part == other.part => own.line > other.line,
            _ => self.time > other.time,
        }
    }

    /// The later of both.
    #[must_use]
    pub(super) fn max(self, other: Self) -> Self {
        if other.is_after(self) { other } else { self }
    }

    #[must_use]
    pub(super) fn min(self, other: Self) -> Self {
        if self.is_after(other) { other } else { self }
    }

    /// What was told by a clock that ran ahead.
    pub(super) fn rewind(&mut self, from: Micros, by: Micros) {
        if self.time >= from {
            self.time -= by;
        }
    }
}
