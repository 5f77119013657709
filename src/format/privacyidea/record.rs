//! One audit record, whatever form it was read from.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::event::{Entry, Event, Kind, Micros, Outcome, SECOND, Trail};
use crate::format::grammar::address;
use crate::system::Routes;
use crate::system::privacyidea::{Columns, SYSTEM, of_record};

/// Text columns that are compared when two records are held for one: the database cuts longer ones.
const COMPARED: usize = 80;
/// Zones differ from UTC by multiples of this.
const QUARTER: Micros = 900 * SECOND;

/// The columns that mean something to us. Empty: not set.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Columned<'a> {
    pub(super) action: Cow<'a, str>,
    pub(super) info: Cow<'a, str>,
    pub(super) success: bool,
    pub(super) authentication: Cow<'a, str>,
    pub(super) user: Cow<'a, str>,
    pub(super) administrator: Cow<'a, str>,
    pub(super) resolver: Cow<'a, str>,
    pub(super) token_type: Cow<'a, str>,
    pub(super) policies: Cow<'a, str>,
    pub(super) client: Cow<'a, str>,
    pub(super) server: Cow<'a, str>,
    pub(super) thread: Cow<'a, str>,
    /// Local time; `None`: older versions do not tell.
    pub(super) began: Option<Micros>,
    pub(super) ended: Ended,
    /// `None`: this form of the log has no numbers.
    pub(super) number: Option<u64>,
    /// `None`: nobody checked.
    pub(super) is_signed: Option<bool>,
}

/// When a record was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ended {
    Utc(Micros),
    Local(Micros),
}

impl Default for Ended {
    fn default() -> Self {
        Self::Local(0)
    }
}

impl Columned<'_> {
    pub(super) fn event(&self) -> Event {
        let routes = self.routes();
        let statement = of_record(routes, &self.info, self.columns());
        let (time, trail) = self.times();
        let outcome = statement.map_or(Outcome::Unknown, |s| s.meaning.into());
        let name = [&self.administrator, &self.user]
            .into_iter()
            .find(|n| !n.is_empty());
        Event {
            time,
            source: address(self.client.trim().as_bytes()),
            kind: Kind::Entry(Entry {
                action: Cow::Owned(self.action.clone().into_owned()),
                reason: (!self.info.is_empty()).then(|| Cow::Owned(self.info.clone().into_owned())),
                statement,
                outcome,
                principal: name.map(|n| n.as_ref().into()),
                host: (!self.server.is_empty()).then(|| self.server.as_ref().into()),
                routes,
                trail: Some(Box::new(trail)),
                ..Entry::default()
            }),
        }
    }

    /// `DELETE /token/<serial>`: the rule stands for the request.
    fn routes(&self) -> Routes {
        match self.action.split_once(' ') {
            Some((method, rule)) => SYSTEM.route(method, rule),
            None => Routes::EVERY,
        }
    }

    fn columns(&self) -> Columns {
        let types = || self.token_type.split(',').filter(|t| !t.is_empty());
        let is_totp = |t: &str| t.eq_ignore_ascii_case("totp");
        Columns::NONE
            .when(self.success, Columns::SUCCESS)
            .when(self.authentication == "CHALLENGE", Columns::CHALLENGE)
            .when(self.authentication == "DECLINED", Columns::DECLINED)
            .when(self.authentication == "REJECT", Columns::REJECT)
            .when(!self.resolver.is_empty(), Columns::RESOLVER)
            .when(!self.policies.is_empty(), Columns::POLICIES)
            .when(
                types().next().is_some() && !types().any(is_totp),
                Columns::COUNTER,
            )
    }

    /// The record's time, and its trail. A record is written at the end of its request, and so is stamped there.
    fn times(&self) -> (Range<Micros>, Trail) {
        let (time, wall) = match self.ended {
            Ended::Local(ended) => (ended, ended),
            Ended::Utc(ended) => {
                let ahead = self.began.map_or(0, |began| zone(began, ended));
                (ended, ended + ahead)
            }
        };
        let trail = Trail {
            thread: thread(&self.thread),
            wall: self.began.unwrap_or(wall).min(wall)..wall,
            record: Some(self.fingerprint()),
            number: self.number,
            is_signed: self.is_signed,
        };
        (time..time + 1000, trail)
    }

    /// A number that is equal for equal records in all forms.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for column in [
            &self.action,
            &self.thread,
            &self.client,
            &self.user,
            &self.info,
        ] {
            let cut = column
                .char_indices()
                .nth(COMPARED)
                .map_or(column.len(), |(at, _)| at);
            column[..cut].hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// How far local time is ahead of UTC: a request begins shortly before it ends.
fn zone(began: Micros, ended: Micros) -> Micros {
    (began - ended + QUARTER / 2).div_euclid(QUARTER) * QUARTER
}

/// A number for a thread.
pub(super) fn thread(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// `2026-11-21T21:44:31.504477`, a blank for the T, a comma for the dot: as if it were UTC.
pub(super) fn local_time(text: &str) -> Option<Micros> {
    let bytes = text.as_bytes();
    let plain = bytes.get(..19)?;
    let number = |at: usize, width: usize| crate::format::grammar::decimal(&plain[at..at + width]);
    let shaped = plain[4] == b'-'
        && plain[7] == b'-'
        && matches!(plain[10], b'T' | b' ')
        && plain[13] == b':'
        && plain[16] == b':';
    if !shaped {
        return None;
    }
    let days =
        crate::format::grammar::days_from_civil(number(0, 4)?, number(5, 2)?, number(8, 2)?)?;
    let clock = number(11, 2)? * 3600 + number(14, 2)? * 60 + number(17, 2)?;
    let rest = &bytes[19..];
    let fraction = match rest.split_first() {
        Some((b'.' | b',', digits)) => {
            let digits = &digits[..digits.len().min(6)];
            crate::format::grammar::decimal(digits)?
                * 10_i64.pow(6 - u32::try_from(digits.len()).ok()?)
        }
        _ => 0,
    };
    Some((days * 86_400 + clock) * SECOND + fraction)
}
