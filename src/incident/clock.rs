//! A clock that was set forward and back: in the order of its lines a log leaps, and later falls back by as much.

use crate::event::{Micros, Place, SECOND};

/// Less is no step: requests are logged when they end.
const LEAST: Micros = 60 * SECOND;
/// By so much a leap may be larger than the fall, for the pauses of the log are in the one and not in the other.
const PAUSES: Micros = 600 * SECOND;
/// Leaps that are remembered: quiet nights are some as well.
const LEAPS: usize = 8;

/// Lines that were written by a clock that was ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) input: usize,
    /// The first of these lines, and the first behind them.
    pub(super) from: Place,
    pub(super) until: Place,
    pub(super) ahead: Micros,
    /// By the clock that was ahead: of its first line.
    pub(super) begins: Micros,
}

impl Stretch {
    fn has(&self, place: Place) -> bool {
        // Of a rotated set, the parts between are not known by their numbers.
        (place.part != self.from.part || place.line >= self.from.line)
            && (place.part != self.until.part || place.line < self.until.line)
            && (place.part == self.from.part || place.part == self.until.part)
    }
}

/// The clock of each input, as far as its lines tell it.
#[derive(Debug, Clone, Default)]
pub(super) struct Clocks {
    inputs: Vec<Clock>,
    pub(super) stretches: Vec<Stretch>,
}

#[derive(Debug, Default, Clone)]
struct Clock {
    now: Option<Micros>,
    /// Where each began, to when, and by how much.
    leaps: Vec<(Place, Micros, Micros)>,
}

impl Clocks {
    /// Takes in the next line of an input. A stretch that ends there is given once.
    pub(super) fn pass(&mut self, input: usize, place: Place, time: Micros) -> Option<Stretch> {
        if self.inputs.len() <= input {
            self.inputs.resize(input + 1, Clock::default());
        }
        let clock = &mut self.inputs[input];
        let now = clock.now.replace(time)?;
        let step = time - now;
        if step >= LEAST {
            if clock.leaps.len() == LEAPS {
                clock.leaps.remove(0);
            }
            clock.leaps.push((place, time, step));
        }
        if step > -LEAST {
            return None;
        }
        let fits = |leap: &(Place, Micros, Micros)| (0..=PAUSES).contains(&(leap.2 + step));
        let (from, begins, leap) = clock.leaps.iter().rev().copied().find(fits)?;
        clock.leaps.retain(|other| other.1 < begins);
        let stretch = Stretch {
            input,
            from,
            until: place,
            ahead: i64::midpoint(leap, -step),
            begins,
        };
        self.stretches.push(stretch.clone());
        Some(stretch)
    }

    /// How far the clock was ahead that stamped this line.
    pub(super) fn ahead(&self, place: Place) -> Micros {
        let of = self.stretches.iter().rev().find(|s| s.has(place));
        of.map_or(0, |stretch| stretch.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::Clocks;
    use crate::event::{Place, SECOND};

    fn pass(times: &[i64]) -> Clocks {
        let mut clocks = Clocks::default();
        for (line, time) in (1..).zip(times) {
            let place = Place {
                part: 0,
                line,
                offset: 0,
                length: 0,
            };
            clocks.pass(0, place, time * SECOND);
        }
        clocks
    }

    #[test]
    fn what_leaps_and_falls_back_was_ahead() {
        let ahead = 13 * 3600;
        let clocks = pass(&[0, 10, 22 + ahead, 30 + ahead, 41, 50]);
        let [stretch] = &clocks.stretches[..] else {
            panic!("{clocks:?}");
        };
        assert_eq!((stretch.from.line, stretch.until.line), (3, 5));
        assert!((stretch.ahead / SECOND - ahead).abs() <= 12, "{stretch:?}");
    }

    #[test]
    fn a_quiet_night_and_lines_out_of_order_are_none() {
        assert_eq!(pass(&[0, 36_000, 36_010]).stretches, []);
        assert_eq!(pass(&[0, 10, 5, 20]).stretches, []);
        assert_eq!(pass(&[1000, 1010, 10, 20]).stretches, []);
    }
}
