//! The zone of a log that names none, from other logs that tell of the same events.

use super::Bearings;
use super::survey::Clock;
use crate::event::{Micros, Place, SECOND};

/// Clocks on walls are ahead of UTC by whole quarters of an hour.
const QUARTER: Micros = 900 * SECOND;
/// So many lines must have a request before a distance is said to be a zone's.
const AGREEING: usize = 5;
/// The same start of a server stands in two logs at most this far apart.
const SAME: Micros = 5 * SECOND;

impl Bearings {
    /// What brings the local times of an input, read in some zone, to where the other logs have them, from each
    /// place on; `None`: they tell nothing. With `take` that is no offset of its clock any more.
    pub fn zone(&mut self, input: usize, take: bool) -> Option<Vec<(Option<Place>, Micros)>> {
        if let Some((_, offset)) = self.fronts.iter_mut().find(|(of, _)| *of == input) {
            let shift = quarters(*offset);
            if take {
                *offset -= shift;
            }
            return Some(vec![(None, shift)]);
        }
        let by_starts = self.by_starts(input);
        let own = self.clocks.iter_mut().filter(|c| c.input == input);
        let clock = own.max_by_key(|c| c.heard)?;
        let pairs: usize = clock.pieces.iter().map(|p| p.pairs).sum();
        if pairs < AGREEING && !clock.is_set {
            return by_starts.map(|shift| vec![(None, shift)]);
        }
        let mut shifts = Vec::new();
        for piece in &mut clock.pieces {
            let shift = quarters(piece.offset);
            shifts.push((piece.from, shift));
            if take {
                piece.offset -= shift;
            }
        }
        Some(shifts)
    }

    /// The distance, in quarters of an hour, at which most starts of the server stand in the other logs.
    fn by_starts(&self, input: usize) -> Option<Micros> {
        let starts = |own: bool| {
            let clocks = self
                .clocks
                .iter()
                .filter(move |c| (c.input == input) == own);
            clocks.flat_map(|c: &Clock| c.starts.iter().copied())
        };
        let distances = || starts(true).flat_map(|own| starts(false).map(move |other| other - own));
        let shifts = distances().filter(|d| (d - quarters(*d)).abs() <= SAME);
        let votes = |shift: Micros| distances().filter(|d| (d - shift).abs() <= SAME).count();
        // Of equal ones the nearest.
        shifts
            .map(quarters)
            .max_by_key(|&shift| (votes(shift), -shift.abs()))
    }
}

/// The nearest whole quarter of an hour.
fn quarters(time: Micros) -> Micros {
    (time + QUARTER / 2).div_euclid(QUARTER) * QUARTER
}
