//! One part of a log that is followed: the life of one of its files.

use super::super::index::Stop;
use super::super::replay::News;
use crate::event::{self, Record};
use crate::index::{Error, Writer};
use crate::input::Live;
use crate::summary::Tally;

pub(super) struct Part {
    /// In the index: itself, and its input.
    pub(super) id: i64,
    row: i64,
    /// `Place.part`
    index: u32,
    /// How far it is in the index.
    pub(super) tally: Tally,
    /// Device and inode, as the index knows them.
    key: Option<(u64, u64)>,
    /// Records before this byte were given.
    given: u64,
}

impl Part {
    pub(super) fn new(id: i64, row: i64, tally: Tally, key: Option<(u64, u64)>) -> Self {
        Self {
            id,
            row,
            index: u32::MAX,
            given: tally.position.offset,
            tally,
            key,
        }
    }

    /// Its place among all parts.
    pub(super) fn number(&mut self, at: Option<usize>) {
        self.index = at.and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX);
        self.tally.part = self.index;
    }

    /// Adds to the index what was read of it, up to where `tally` stands, and gives what was not met before.
    pub(super) fn append(
        &mut self,
        writer: &mut Writer,
        (records, tally): (Vec<Record>, Tally),
        news: &mut Vec<News>,
    ) -> Result<(), Error> {
        writer.append(self.id, &records, &tally)?;
        self.tally = tally;
        for record in records {
            // A record without an end was given when it was first met.
            if record.place.offset >= self.given {
                self.given = record.place.offset + 1;
                let input = self.row;
                news.push(News { input, record });
            }
        }
        Ok(())
    }

    /// Tells the index in which file it is by now, and how that is called.
    pub(super) fn see(
        &mut self,
        writer: &Writer,
        (live, generation): (&Live, u32),
        parts: &mut [event::Part],
    ) -> Result<(), Stop> {
        // That it was copied is known by this until it is told.
        let is_told = !live.is_losing(generation);
        let key = live.key(generation).filter(|_| is_told);
        if let Some(key) = key.filter(|key| self.key != Some(*key)) {
            writer.see(self.id, key)?;
            self.key = Some(key);
        }
        let name = live.called(generation);
        if let Some(known) = parts.get_mut(self.index as usize)
            && known.name != name
        {
            writer.rename(self.id, &name)?;
            known.name = name;
        }
        Ok(())
    }
}
