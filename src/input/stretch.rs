//! Where the lines of a time stand in a plain file, so that a first look at a large log need not read all of it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::Part;
use super::lines::{End, Lines};
use crate::event::Micros;
use crate::format::Format;

/// Read at once to find a line with a time.
const LOOK: u64 = 16 << 10;
/// A longer line is passed over here.
const LONGEST: usize = 8 << 10;

/// Shortly before the first line that is not before `time`, in a log that is in the order of time. Of another
/// it is some line, and what can be learned there will not agree with the rest.
pub(super) fn place_of(part: &Part, format: &dyn Format, time: Micros) -> u64 {
    let (mut low, mut high) = (0, part.bytes.size());
    let Ok(mut file) = part.bytes.plain() else {
        return low;
    };
    while high - low > LOOK {
        let middle = u64::midpoint(low, high);
        match time_behind(&mut file, format, middle) {
            Ok(Some(found)) if found < time => low = middle,
            _ => high = middle,
        }
    }
    low
}

/// The time of the first line that has one.
pub(super) fn first_time(part: &Part, format: &dyn Format) -> Option<Micros> {
    time_behind(&mut part.bytes.plain().ok()?, format, 0).ok()?
}

/// The time of the first line behind a place that has one, if that is near.
fn time_behind(file: &mut File, format: &dyn Format, place: u64) -> io::Result<Option<Micros>> {
    file.seek(SeekFrom::Start(place))?;
    // The first line of a file begins behind none.
    let mut lines = match place {
        0 => Lines::with_limits(file.take(LOOK), LONGEST, LONGEST),
        _ => Lines::behind(file.take(LOOK), place, LONGEST),
    };
    while let Some(line) = lines.next()?.filter(|line| line.end != End::Input) {
        if let Ok(Some(event)) = format.parse(line.bytes) {
            return Ok(Some(event.time.start));
        }
    }
    Ok(None)
}
