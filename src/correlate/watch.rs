//! What incidents are made of besides findings: see [`Sign`].

use std::net::IpAddr;

use super::{Correlator, Correlators, Line};
use crate::cause::Cause;
use crate::event::{Entry, Micros, Place, Request};
use crate::sign::{Answer, Change, Sign, What};
use crate::system::{Meaning, Routes};

/// What Pritunl's `web_auth_strict` means for API clients: all are refused, or none for that.
const STRICT: &[Cause] = &[Cause::ApiAccessDisabled];

impl Correlators {
    /// Lets signs be noted: see [`Correlators::signs`].
    pub fn watch(&mut self) {
        for correlator in &mut self.all {
            correlator.signs = Some(Vec::new());
        }
    }

    /// The signs since they were taken last, each input's in its order.
    pub fn signs(&mut self) -> Vec<Sign> {
        let of = |correlator: &mut Correlator| correlator.signs.as_mut().map(std::mem::take);
        self.all.iter_mut().filter_map(of).flatten().collect()
    }
}

impl Correlator {
    /// Notes a request of an access log, or of the server's own where that is all there is.
    pub(super) fn sign_request(
        &mut self,
        input: usize,
        time: Micros,
        source: Option<IpAddr>,
        (request, route): (&Request, Option<Routes>),
        place: Place,
    ) {
        if self.signs.is_none() || self.is_told_elsewhere(input) {
            return;
        }
        let answer = if request.is_refused() {
            Answer::Refused
        } else if route.is_some_and(|route| self.proves(route, request.status)) {
            Answer::Accepted
        } else {
            Answer::Other
        };
        let what = What::Request {
            client: source,
            answer,
        };
        self.sign(input, time, place, what);
    }

    /// Notes what a line tells of who was let in, or what was changed.
    pub(super) fn sign_entry(
        &mut self,
        input: usize,
        time: Micros,
        source: Option<IpAddr>,
        entry: &Entry,
        line: &Line,
    ) {
        if self.signs.is_none() {
            return;
        }
        let Some(meaning) = entry.statement.map(|s| s.meaning) else {
            return;
        };
        let source = source.filter(|address| !self.bearings.proxies.contains(address));
        let what = match (meaning, &entry.principal) {
            (Meaning::Acceptance, Some(principal)) => What::Accepted {
                client: source,
                principal: principal.clone(),
            },
            (Meaning::Change(causes) | Meaning::Ending(causes), _) => {
                let strict = entry.start.as_ref().and_then(|start| start.strict);
                let of = matches!(meaning, Meaning::Ending(_)).then_some(source);
                What::Change(Change {
                    causes,
                    ends: if strict == Some(false) { STRICT } else { &[] },
                    sets: if strict == Some(true) { STRICT } else { &[] },
                    of: of.flatten(),
                    action: entry.action.clone(),
                    reason: entry.reason.clone(),
                    text: line.1.clone(),
                })
            }
            _ => return,
        };
        self.sign(input, time, line.0, what);
    }

    fn sign(&mut self, input: usize, time: Micros, place: Place, what: What) {
        let sign = Sign {
            time,
            input,
            place,
            what,
        };
        if let Some(signs) = &mut self.signs {
            signs.push(sign);
        }
    }

    /// Whether another input has the same requests, so that they count there.
    fn is_told_elsewhere(&self, input: usize) -> bool {
        let is_own = |input: usize| self.bearings.clocks.iter().any(|c| c.input == input);
        let own = &self.bearings.own;
        let is_access = |other: usize| own[other] && !is_own(other);
        self.bearings.twin_of[input].is_some() || is_own(input) && (0..own.len()).any(is_access)
    }
}
