//! What whoever follows a set is told.

/// Where following begins in what is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Beginning,
    End,
}

/// What has happened to a set, in the order in which it is to be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    Lines(Stretch),
    Gap(Lost),
    /// Nothing more will come of a generation.
    Closed(u32),
}

/// Whole lines that were not given yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// One life of a file, from its creation or truncation on.
    pub generation: u32,
    pub from: u64,
    pub to: u64,
    /// The last line has no end and will get none.
    pub is_cut_off: bool,
}

/// What can not be read any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    pub generation: u32,
    /// Behind this byte of it.
    pub at: u64,
    /// That are known to be lost; perhaps more are.
    pub bytes: u64,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was truncated, or overwritten.
    Truncated,
    /// It was truncated, and what had been written was copied before: what came between the two is lost.
    Copied,
    /// Files came and went while nobody looked.
    RotatedAway,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Why::Truncated => "truncated",
            Why::Copied => "truncated after it was copied",
            Why::RotatedAway => "rotated away before it was read",
        })
    }
}
