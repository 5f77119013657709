//! Findings that nothing is joined with: a failure without a request, a refusal of an unknown server.

use std::net::IpAddr;
use std::ops::Range;

use super::causes::ways;
use super::notice::Notice;
use super::{Correlator, Line};
use crate::cause::Cause;
use crate::event::{Entry, Micros, Request};
use crate::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};

pub(super) const UNDECIDED: &str = "Nothing tells which server product answered: no auth log was read, and paths and sizes \
    are of none that is known. Give the server's own log, or name the product with --system.";

/// The lines that tell of a failure, the one that states it first.
fn told(notice: &Notice) -> Vec<Evidence> {
    let lines = notice.lines.iter().map(|(place, _, text)| (place, text));
    let retold = notice.retold.iter().map(|r| (&r.place, &r.text));
    let further = std::iter::repeat(Role::Context);
    let roles = std::iter::once(Role::Reason).chain(further);
    let lines = lines.zip(roles).chain(retold.zip([Role::Reason]));
    let evidence = lines.map(|((place, text), role)| Evidence {
        role,
        place: *place,
        text: text.clone(),
        delta_s: None,
        clock_offset_s: None,
    });
    evidence.collect()
}

/// One sentence on a failure that no request owns.
fn message(causes: &[Cause], over: &str, words: &str) -> String {
    let titles: Vec<_> = causes.iter().map(|c| c.facts().title).collect();
    match titles.join(", or ") {
        none if none.is_empty() => {
            format!("The log says \"{words}\", words that no version known to us writes.")
        }
        titles => format!("{titles}, {over}: the log says \"{words}\"."),
    }
}

impl Correlator {
    /// A failure that no request in the access logs owns.
    pub(super) fn orphan(&self, notice: &Notice) -> Option<Finding> {
        let entry = notice.entry()?;
        if entry.is_unsigned() {
            return self.unsigned(notice, entry);
        }
        let ways = ways(notice, notice.source, true, &self.bearings.people);
        if ways.is_empty() && entry.statement.is_some() {
            return None;
        }
        let causes: Vec<Cause> = ways.iter().map(|(cause, _)| *cause).collect();
        let cause = causes.first().copied();
        let system = self.bearings.system?;
        let words = entry.reason.as_deref().unwrap_or(&entry.action);
        let over = if notice.has_no_request() {
            "outside HTTP"
        } else {
            "in no access log"
        };
        Some(Finding {
            time: notice.time.start,
            system: Some(system.name),
            verdict: match causes.len() {
                0 => Verdict::Unknown,
                1 => Verdict::Explained,
                _ => Verdict::Ambiguous,
            },
            confidence: Confidence::High,
            logged: Some(true),
            candidates: causes
                .iter()
                .map(|&cause| Candidate {
                    cause,
                    because: format!("the log says \"{words}\"").into(),
                })
                .collect(),
            source: notice.source,
            principal: entry.principal.clone(),
            host: entry.host.clone(),
            action: Some(entry.action.clone()),
            reason: entry.reason.clone(),
            request: None,
            message: match notice.skew(system) {
                Some(skew) => format!("{} {skew}", message(&causes, over, words)).into(),
                None => message(&causes, over, words).into(),
            },
            fix: cause.and_then(|c| system.fix(c)),
            evidence: told(notice),
            considered: Vec::new(),
        })
    }

    /// A failure of which only a row tells that the server may not have written.
    fn unsigned(&self, notice: &Notice, entry: &Entry) -> Option<Finding> {
        let words = entry.reason.as_deref().unwrap_or(&entry.action);
        Some(Finding {
            time: notice.time.start,
            system: Some(self.bearings.system?.name),
            verdict: Verdict::Unknown,
            confidence: Confidence::Low,
            logged: None,
            candidates: Vec::new(),
            source: notice.source,
            principal: entry.principal.clone(),
            host: entry.host.clone(),
            action: Some(entry.action.clone()),
            reason: entry.reason.clone(),
            request: None,
            message: format!(
                "Only a row without a good signature tells of it: it says \"{words}\", and may have been written or \
                 changed by somebody else."
            )
            .into(),
            fix: None,
            evidence: told(notice),
            considered: Vec::new(),
        })
    }

    /// A refusal of a server product that could not be told.
    pub(super) fn undecided(
        &mut self,
        time: Range<Micros>,
        source: Option<IpAddr>,
        request: Request,
        line: Line,
    ) {
        if !request.is_refused() {
            return;
        }
        self.findings.push(Finding {
            time: time.start,
            system: None,
            verdict: Verdict::Unknown,
            confidence: Confidence::Low,
            logged: None,
            candidates: Vec::new(),
            source,
            principal: request.user.clone(),
            host: None,
            action: None,
            reason: None,
            request: Some(request),
            message:
                "Nothing tells which server product answered: no auth log was given, and paths and \
                sizes are of none that is known."
                    .into(),
            fix: None,
            evidence: vec![Evidence {
                role: Role::Request,
                place: line.0,
                text: line.1,
                delta_s: None,
                clock_offset_s: None,
            }],
            considered: Vec::new(),
        });
    }
}
