//! How many were refused when, and for what.

use std::mem;

use foldhash::HashMap;

use crate::cause::Cause;
use crate::event::{Micros, SECOND};

/// Counts that are kept; beyond that they become coarser.
const KEPT: usize = 1 << 16;
/// How fine they are, in seconds; each a multiple of the one before.
const STEPS: [Micros; 9] = [1, 10, 60, 300, 900, 3600, 21_600, 86_400, 604_800];

#[derive(Debug, Clone)]
pub struct Times {
    step: Micros,
    counts: HashMap<(Micros, Option<Cause>), u64>,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            step: STEPS[0] * SECOND,
            counts: HashMap::default(),
        }
    }
}

impl Times {
    pub(super) fn add(&mut self, time: Micros, cause: Option<Cause>) {
        let begin = time - time.rem_euclid(self.step);
        *self.counts.entry((begin, cause)).or_default() += 1;
        if self.counts.len() > KEPT {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        let coarser = STEPS.iter().map(|step| step * SECOND);
        let next = coarser.into_iter().find(|step| *step > self.step);
        let Some(step) = next else { return };
        self.step = step;
        for ((time, cause), number) in mem::take(&mut self.counts) {
            let begin = time - time.rem_euclid(step);
            *self.counts.entry((begin, cause)).or_default() += number;
        }
    }

    /// How fine they are.
    pub fn step(&self) -> Micros {
        self.step
    }

    /// From when on, for what, and how many within one [`Times::step`].
    pub fn counts(&self) -> impl Iterator<Item = (Micros, Option<Cause>, u64)> {
        let counts = self.counts.iter();
        let mut counts: Vec<_> = counts
            .map(|((time, cause), n)| (*time, *cause, *n))
            .collect();
        counts.sort_unstable();
        counts.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Micros, SECOND, STEPS, Times};

    #[test]
    fn what_is_too_much_becomes_coarser_and_nothing_is_lost() {
        assert!(STEPS.windows(2).all(|pair| pair[1] % pair[0] == 0));
        let mut times = Times::default();
        let seconds = Micros::try_from(KEPT).unwrap() + 10;
        for second in 0..seconds {
            times.add(second * SECOND, None);
        }
        assert_eq!(times.step(), 10 * SECOND);
        let sum: u64 = times.counts().map(|(.., number)| number).sum();
        assert_eq!(sum, u64::try_from(seconds).unwrap());
    }
}
