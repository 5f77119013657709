//! What incidents are made of besides findings: see [`Sign`].

use std::net::IpAddr;

use super::{Correlator, Correlators, Line, problem};
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
        let mut watching = self.all.iter_mut().filter_map(|c| c.signs.as_mut());
        let Some(first) = watching.next() else {
            return Vec::new();
        };
        let mut signs = std::mem::take(first);
        watching.for_each(|others| signs.append(others));
        signs
    }

    /// Before this moment, by the access logs' clock, nothing more will be found, but for what comes late: failures that
    /// no request stands behind, and what is out of order in its log.
    pub fn settled(&self) -> Micros {
        let all = self.all.iter().map(Correlator::settled);
        all.min().unwrap_or(Micros::MIN)
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
            reveals: request.reveals(),
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
        let meaning = entry.statement.map(|s| s.meaning);
        let source = self.unless_proxy(source);
        let what = match (meaning, &entry.principal) {
            (Some(Meaning::Acceptance), Some(principal)) => What::Accepted {
                client: source,
                principal: principal.clone(),
            },
            (Some(Meaning::Change(causes) | Meaning::Ending(causes)), _) => {
                let strict = entry.start.as_ref().and_then(|start| start.strict);
                let of = matches!(meaning, Some(Meaning::Ending(_))).then_some(source);
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
            _ => What::Line,
        };
        self.sign(input, time, line.0, what);
    }

    fn sign(&mut self, input: usize, time: Micros, place: Place, what: What) {
        let sign = Sign {
            time,
            input,
            place,
            system: self.system().map(|system| system.name),
            what,
        };
        if let Some(signs) = &mut self.signs {
            signs.push(sign);
        }
    }

    /// Before this moment nothing more will be found, but for failures that no request stands behind.
    pub(super) fn settled(&self) -> Micros {
        let open = self.inputs.iter().filter(|input| !input.ended);
        let read = open.map(|input| input.watermark.unwrap_or(Micros::MIN));
        let exchanges = self.exchanges.iter().map(|e| e.time.start.min(e.moment));
        let notices = self.notices.iter().map(|n| n.time.start);
        let waiting = self.waiting.front().map(|p| p.exchange.moment);
        let open = read.chain(exchanges).chain(notices).chain(waiting).min();
        open.unwrap_or(Micros::MAX)
            .saturating_sub(problem::LONGEST_LAG)
    }

    /// Whether another input has the same requests, so that they count there.
    fn is_told_elsewhere(&self, input: usize) -> bool {
        let is_own = |input: usize| self.bearings.clocks.iter().any(|c| c.input == input);
        let own = &self.bearings.own;
        let is_access = |other: usize| own[other] && !is_own(other);
        self.bearings.twin_of[input].is_some() || is_own(input) && (0..own.len()).any(is_access)
    }
}
