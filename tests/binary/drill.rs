//! What a drill is made of, in which something is killed again and again.

use std::sync::mpsc::channel;
use std::time::Duration;

/// How often it is killed: a few times, and so often where `WHY401_DRILL=full`.
pub fn kills(full: u32) -> u32 {
    let is_full = std::env::var_os("WHY401_DRILL").is_some_and(|v| v == "full");
    if is_full { full } else { 8 }
}

/// A generator of Lehmer's: numbers that look random, and are the same each time.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0 * 48_271 % 0x7FFF_FFFF;
        self.0 % below
    }
}

pub fn pause(duration: Duration) {
    let (_never, tick) = channel::<()>();
    let _ = tick.recv_timeout(duration);
}
