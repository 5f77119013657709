//! The first pass: how much of the logs is read to learn how their clocks are related.

use super::join::Source;
use crate::correlate::{Bearings, Side, Survey};
use crate::event::{Micros, SECOND};
use crate::format::Format;
use crate::input::{Input, Sample};
use crate::zone::LocalClock;

/// Logs larger than this in all are surveyed by a sample.
const LARGE: u64 = 64 << 20;
const CLIENTS: Sample = Sample::Clients(8);
/// So many stretches of a log are looked at, each no larger than this ...
const STRETCHES: u64 = 256;
const STRETCH: u64 = 32 << 10;
/// ... and together no more than one part in so many.
const SHARE: u64 = 16;
/// So much of the beginning is read to find them in the other log, or more where the clocks are too far apart for that.
const BEGINNING: u64 = 4 << 20;
/// How much longer than those of the auth log the stretches of the access log are, on each side.
const MARGIN: Micros = 5 * SECOND;

/// The first pass. Of large logs stretches are looked at; where they do not tell enough a sample of the clients;
/// and where that does not, as behind a proxy that is the only client, everything.
pub(super) fn survey(
    inputs: &mut [impl Source],
    clocks: &mut [Option<LocalClock>],
) -> Vec<Bearings> {
    if inputs.iter().map(Source::size).sum::<u64>() > LARGE {
        if let Some(bearings) = Stretches::of(inputs).and_then(|s| s.survey()) {
            return vec![bearings];
        }
        let bearings = survey_of(inputs, clocks, CLIENTS);
        let no_clocks = inputs.iter().all(|input| input.format().system().is_none());
        if no_clocks || bearings.iter().all(Bearings::are_sure) {
            return bearings;
        }
    }
    survey_of(inputs, clocks, Sample::All)
}

fn side(format: &dyn Format) -> Side {
    match (format.system(), format.is_partial()) {
        (None, _) if format.is_in_front() => Side::Front,
        (None, _) => Side::Access,
        (Some(system), false) => Side::Auth(system),
        (Some(system), true) => Side::Retold(system),
    }
}

fn survey_of<S: Source>(
    inputs: &mut [S],
    clocks: &mut [Option<LocalClock>],
    sample: Sample,
) -> Vec<Bearings> {
    let sides: Vec<Side> = inputs.iter().map(|input| side(input.format())).collect();
    let mut survey = Survey::new(&sides);
    for (index, (input, clock)) in inputs.iter_mut().zip(clocks).enumerate() {
        clock.iter_mut().for_each(LocalClock::rewind);
        for mut record in input.preview(sample) {
            if let Some(clock) = clock {
                clock.read(&mut record);
            }
            survey.take(index, record.place, &record.event);
        }
    }
    survey.conclude()
}

/// An auth log and an access log that are looked at here and there, each time at the same moments.
struct Stretches<'a> {
    sides: [Side; 2],
    access: (usize, &'a Input),
    auth: (usize, &'a Input),
}

impl<'a> Stretches<'a> {
    /// `None` where they cannot be read from anywhere, where more than two logs would have to agree about the
    /// moments, or where their times are not known yet.
    fn of(inputs: &'a [impl Source]) -> Option<Self> {
        let [first, second] = inputs else {
            return None;
        };
        let (first, second) = (first.log()?, second.log()?);
        let sides = [side(first.format), side(second.format)];
        let (access, auth) = match sides {
            [Side::Access, Side::Auth(_)] => ((0, first), (1, second)),
            [Side::Auth(_), Side::Access] => ((1, second), (0, first)),
            _ => return None,
        };
        let is_fit = |input: &Input| input.is_plain() && !input.format.is_local();
        (is_fit(first) && is_fit(second)).then_some(Self {
            sides,
            access,
            auth,
        })
    }

    /// The beginning tells how far the clocks are apart, and stretches from everywhere whether that holds. `None`
    /// where it does not, or the beginning is too short to tell.
    fn survey(&self) -> Option<Bearings> {
        let size = self.auth.1.size();
        let longest = size / SHARE / 2;
        let short = (longest > BEGINNING).then_some(BEGINNING);
        let beginning = short.and_then(|short| self.look(&[0], short, 0));
        let beginning = beginning
            .filter(Bearings::are_sure)
            .or_else(|| self.look(&[0], longest, 0))?;
        let offset = beginning.first_offset()?;
        let starts: Vec<u64> = (0..STRETCHES).map(|n| size / STRETCHES * n).collect();
        let length = STRETCH.min(size / SHARE / STRETCHES);
        let bearings = self.look(&starts, length, offset)?;
        bearings.hold_throughout().then_some(bearings)
    }

    /// Looks at stretches of the auth log and at what the access log has of the same times, `offset` being added to
    /// the auth log's. `None` where they are not of one server product.
    fn look(&self, starts: &[u64], length: u64, offset: Micros) -> Option<Bearings> {
        let mut survey = Survey::new(&self.sides);
        let ((access, requests), (auth, lines)) = (self.access, self.auth);
        // No longer than what lies between two of them.
        let limit = requests.size() / starts.len() as u64;
        let mut seen = None;
        for &start in starts {
            let mut times: Option<(Micros, Micros)> = None;
            for record in lines.stretch(start, length) {
                let time = record.event.time.start;
                let (from, until) = times.unwrap_or((time, time));
                times = Some((from.min(time), until.max(time)));
                survey.take(auth, record.place, &record.event);
            }
            let Some((from, until)) = times else { continue };
            let (from, until) = (from + offset - MARGIN, until + offset + MARGIN);
            for record in requests.stretch_since(from, limit) {
                let (time, place) = (record.event.time.start, record.place);
                if time > until {
                    break;
                }
                // Stretches can overlap.
                let at = Some((place.part, place.offset));
                if time >= from && at > seen {
                    survey.take(access, place, &record.event);
                    seen = at;
                }
            }
        }
        let mut bearings = survey.conclude();
        bearings.pop().filter(|_| bearings.is_empty())
    }
}
