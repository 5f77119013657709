//! Where the lines of a followed log come from: files that are rotated, or a pipe.

use std::io::{self, Read};
use std::path::Path;

use super::follow::{Follow, News, Stretch};
use super::pipe::Piped;

pub(super) enum Flow {
    Files(Follow),
    Pipe(Piped),
}

impl Flow {
    pub(super) fn files(&self) -> Option<&Follow> {
        match self {
            Flow::Files(files) => Some(files),
            Flow::Pipe(_) => None,
        }
    }

    pub(super) fn pipe(&self) -> Option<&Piped> {
        match self {
            Flow::Files(_) => None,
            Flow::Pipe(pipe) => Some(pipe),
        }
    }

    pub(super) fn look(&mut self, calm: bool) -> Vec<News> {
        match self {
            Flow::Files(files) => files.look(calm),
            Flow::Pipe(pipe) => pipe.look(),
        }
    }

    pub(super) fn read(&self, stretch: &Stretch) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Flow::Files(files) => files.read(stretch),
            Flow::Pipe(pipe) => Ok(pipe.read(stretch)),
        }
    }

    /// What stands before a stretch.
    pub(super) fn before(&self, stretch: &Stretch) -> io::Result<Box<dyn Read + Send>> {
        self.read(&Stretch {
            from: 0,
            to: stretch.from,
            ..*stretch
        })
    }

    /// Whether a stretch was not overwritten since it was given.
    pub(super) fn stands(&mut self, stretch: &Stretch) -> bool {
        match self {
            Flow::Files(files) => files.stands(stretch),
            Flow::Pipe(_) => true,
        }
    }

    pub(super) fn passed(&mut self, stretch: &Stretch) -> bool {
        match self {
            Flow::Files(files) => files.passed(stretch),
            Flow::Pipe(pipe) => pipe.passed(stretch),
        }
    }

    /// Why it cannot be read.
    pub(super) fn failure(&self) -> Option<String> {
        match self {
            Flow::Files(files) => files.failure().map(ToString::to_string),
            Flow::Pipe(pipe) => pipe.pipe.failure(),
        }
    }

    pub(super) fn path(&self, generation: u32) -> Option<&Path> {
        self.files()?.path(generation)
    }
}
