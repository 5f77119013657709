//! What becomes of a delivery: delivered, tried again, or given up until somebody asks for it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::event::{Micros, SECOND};

/// So often a delivery is tried.
pub const ATTEMPTS: u32 = 10;
/// From the first failure to the next attempt, and three times as long after each further one: nine waits lead from
/// a second to an hour, so that who could not be reached for an hour is told all the same.
const FIRST: Micros = SECOND;
const FACTOR: Micros = 3;
pub const LONGEST: Micros = 3600 * SECOND;
/// The exit code by which a hook asks to be run again later: `EX_TEMPFAIL` of sysexits.h.
const AGAIN: i32 = 75;

/// How a hook ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Exit(i32),
    Signal(i32),
    TimedOut,
    /// It was not run, and why.
    NotRun(String),
    /// It was not run for want of something that there may be again: memory, processes.
    NotNow(String),
}

/// A run that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub how: How,
    /// The beginning of what it wrote, on both of its outputs.
    pub output: String,
    /// How many bytes it wrote beyond that.
    pub left_out: u64,
    pub took: Duration,
}

impl Ended {
    /// Ended before it began.
    pub fn at_once(how: How) -> Self {
        Self {
            how,
            output: String::new(),
            left_out: 0,
            took: Duration::ZERO,
        }
    }
}

impl How {
    /// For counting: `exit`, for instance, whatever the code.
    pub fn result(&self) -> &'static str {
        match self {
            How::Exit(0) => "done",
            How::Exit(AGAIN) => "again",
            How::Exit(_) => "exit",
            How::Signal(_) => "signal",
            How::TimedOut => "timeout",
            How::NotRun(_) | How::NotNow(_) => "not_run",
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            How::Exit(code) => write!(f, "exit {code}"),
            How::Signal(signal) => write!(f, "killed by signal {signal}"),
            How::TimedOut => write!(f, "took too long"),
            How::NotRun(why) | How::NotNow(why) => write!(f, "not run: {why}"),
        }
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// To be run, not before `due`.
    Waiting {
        due: Micros,
    },
    Delivered,
    /// It stays until somebody asks for another attempt.
    Dead,
}

impl Standing {
    /// What follows from how the last of so many attempts ended.
    pub fn after(how: &How, attempts: u32, now: Micros) -> Self {
        match how {
            How::Exit(0) => Standing::Delivered,
            How::Exit(AGAIN) | How::Signal(_) | How::TimedOut | How::NotNow(_)
                if attempts < ATTEMPTS =>
            {
                Standing::Waiting {
                    due: now + wait(attempts),
                }
            }
            _ => Standing::Dead,
        }
    }

    pub fn id(self) -> &'static str {
        match self {
            Standing::Waiting { .. } => "waiting",
            Standing::Delivered => "delivered",
            Standing::Dead => "dead",
        }
    }
}

/// From one attempt to the next.
fn wait(attempts: u32) -> Micros {
    let times = FACTOR.saturating_pow(attempts.saturating_sub(1));
    FIRST.saturating_mul(times).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_lead_from_a_second_to_an_hour() {
        let waits = (1..ATTEMPTS).map(|attempts| wait(attempts) / SECOND);
        let waits: Vec<_> = waits.collect();
        assert_eq!(waits, [1, 3, 9, 27, 81, 243, 729, 2187, 3600]);
        assert_eq!(wait(u32::MAX), LONGEST);
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let after = |how: How, attempts| Standing::after(&how, attempts, 0).id();
        for how in [
            How::Exit(75),
            How::Signal(9),
            How::TimedOut,
            How::NotNow(String::new()),
        ] {
            assert_eq!(after(how.clone(), 1), "waiting", "{how}");
            assert_eq!(after(how.clone(), ATTEMPTS), "dead", "{how}");
        }
        assert_eq!(after(How::Exit(0), ATTEMPTS), "delivered");
        for how in [
            How::Exit(1),
            How::Exit(126),
            How::Exit(127),
            How::NotRun(String::new()),
        ] {
            assert_eq!(after(how.clone(), 1), "dead", "{how}");
        }
    }
}
