//! Which records the join need not see whole: see [`crate::sieve`].

use super::Correlators;
use super::knowledge::Knowledge;
use crate::event::Outcome;
use crate::sieve::{self, Glimpsed, Heading, NoSieve};
use crate::system::Meaning;

/// Of the records of one input.
struct Sieve {
    knowledge: Knowledge,
    /// The numbers of its clocks, by the host that writes by each.
    clocks: Vec<(Option<Box<str>>, usize)>,
}

impl Correlators {
    /// What is to be asked while an input is read. All its records are needed where signs are noted, and those of a log
    /// of the server that has every request.
    pub fn sieve(&self, input: usize) -> Box<dyn sieve::Sieve> {
        let of = self.of[input].map(|of| &self.all[of]);
        let sieve = of.and_then(|of| {
            let clocks = of.bearings.clocks.iter().enumerate();
            let own = clocks.filter(|(_, clock)| clock.input == input);
            (of.signs.is_none() && !of.is_own_log(input)).then_some(Sieve {
                knowledge: of.knowledge.clone()?,
                clocks: own.map(|(number, c)| (c.host.clone(), number)).collect(),
            })
        });
        match sieve {
            Some(sieve) => Box::new(sieve),
            None => Box::new(NoSieve),
        }
    }
}

impl sieve::Sieve for Sieve {
    /// Accepted requests that no line is written about. A refused one may be the error log's.
    fn request(&mut self, method: &str, path: &str, status: u16) -> Option<Glimpsed> {
        if status >= 400 {
            return None;
        }
        let route = self.knowledge.route(method, path);
        let is_mute = self.knowledge.answer(route, status).is_mute();
        is_mute.then_some(Glimpsed::Request { route, status })
    }

    /// Lines that are about no request, change nothing and name nobody whom the tables know of. The first pass has seen
    /// most clocks; a line by another one makes it known.
    fn entry(&mut self, heading: &Heading<'_>) -> Option<Glimpsed> {
        let is_needed = heading.outcome == Outcome::Failure
            || heading.statement.is_some_and(|statement| {
                heading.is_named
                    || statement.may_be_evidence()
                    || matches!(statement.meaning, Meaning::Founding | Meaning::Loss)
            })
            || self.knowledge.answers_prompts(heading.action);
        if is_needed {
            return None;
        }
        let mut clocks = self.clocks.iter();
        let (_, clock) =
            clocks.find(|(host, _)| host.as_deref().map(str::as_bytes) == heading.host)?;
        Some(Glimpsed::Entry {
            clock: *clock,
            serial: heading.serial,
        })
    }
}
