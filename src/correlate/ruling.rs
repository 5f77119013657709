//! A verdict in the words and with the evidence of a finding.

use super::causes::Left;
use super::coverage::Covered;
use super::exchange::Exchange;
use super::judge::{Court, Paired};
use super::notice::{Notice, Retold};
use crate::cause::Cause;
use crate::event::{Micros, Place, SECOND};
use crate::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};

/// A verdict in the making.
pub(super) struct Ruling<'a> {
    pub(super) paired: &'a Paired,
    pub(super) left: Vec<Left>,
    pub(super) verdict: Verdict,
    pub(super) logged: Option<bool>,
    pub(super) covered: Covered,
    pub(super) court: &'a Court<'a>,
}

impl Ruling<'_> {
    /// The finding, without what [`Exchange::hand_over`] gives it.
    pub(super) fn finding(self) -> Finding {
        let exchange = &self.paired.exchange;
        let first = self.left.first().map(|l| l.cause);
        let cause = first.filter(|_| self.verdict != Verdict::Unknown);
        let shown = self.shown();
        let stating = shown
            .first()
            .filter(|_| self.logged == Some(true))
            .and_then(|n| n.entry());
        let entries = || shown.iter().filter_map(|n| n.entry());
        let principal = entries().find_map(|e| e.principal.clone());
        Finding {
            time: exchange.moment,
            system: Some(self.court.system.name),
            verdict: self.verdict,
            confidence: self.confidence(),
            logged: self.logged,
            source: exchange.source,
            principal: principal.or_else(|| exchange.request.user.clone()),
            host: entries().find_map(|e| e.host.clone()),
            action: stating.map(|e| e.action.clone()),
            reason: stating.and_then(|e| e.reason.clone()),
            request: None,
            message: (self.told(&shown) + &self.skew()).into(),
            fix: cause.and_then(|c| self.court.system.fix(c)),
            evidence: self.evidence(&shown),
            considered: Vec::new(),
            candidates: if self.verdict == Verdict::Unknown {
                Vec::new()
            } else {
                let candidate = |l: Left| Candidate {
                    cause: l.cause,
                    because: l.because.into(),
                };
                self.left.into_iter().map(candidate).collect()
            },
        }
    }

    /// The lines that are shown: its own, or where the cause is in doubt all that may be. A line is the
    /// reason of one explained request only.
    fn shown(&self) -> Vec<&Notice> {
        let lines = &self.paired.lines;
        let own = self.paired.own.map(|i| &*lines[i].0);
        if self.left.len() == 1 || self.logged == Some(false) {
            return own.into_iter().collect();
        }
        let mut likely: Vec<_> = lines
            .iter()
            .filter(|(_, p)| *p >= self.paired.negligible())
            .collect();
        likely.sort_by(|a, b| b.1.total_cmp(&a.1));
        likely.into_iter().map(|(n, _)| &**n).collect()
    }

    fn confidence(&self) -> Confidence {
        let total: f64 = self.left.iter().map(|l| l.weight).sum();
        let share = self.left.first().map_or(0.0, |l| l.weight / total);
        match self.verdict {
            Verdict::Explained if share >= 0.99 || self.logged == Some(true) => Confidence::High,
            Verdict::Explained => Confidence::Medium,
            _ if share >= 0.6 => Confidence::Medium,
            _ => Confidence::Low,
        }
    }

    /// The message, and what its own line tells of a clock.
    fn told(&self, shown: &[&Notice]) -> String {
        let message = self.message(shown);
        let own = self.paired.own.map(|i| &self.paired.lines[i].0);
        match own.and_then(|notice| notice.skew(self.court.system)) {
            Some(skew) if self.logged == Some(true) => format!("{message} {skew}"),
            _ => message,
        }
    }

    fn message(&self, shown: &[&Notice]) -> String {
        let exchange = &self.paired.exchange;
        let system = self.court.system.name;
        let titles = |left: &[Left]| {
            let titles: Vec<_> = left.iter().map(|l| l.cause.facts().title).collect();
            titles.join(", or ")
        };
        let words = shown.first().and_then(|n| n.entry()?.reason.as_deref());
        match self.verdict {
            Verdict::Explained => {
                let left = &self.left[0];
                [left.cause.facts().title, ": ", &left.because, "."].concat()
            }
            Verdict::Silent => format!(
                "{system} writes no line for this refusal, and none is there although its log was alive: {}.",
                titles(&self.left)
            ),
            Verdict::Ambiguous if self.covered == Covered::Yes => {
                format!("More than one explanation fits: {}.", titles(&self.left))
            }
            Verdict::Ambiguous => {
                format!("{} What is left: {}.", self.covered, titles(&self.left))
            }
            Verdict::Unknown if exchange.is_proxys_own() => {
                "The web server refused by itself; the request never reached the application."
                    .to_owned()
            }
            Verdict::Unknown => match words {
                Some(words) if shown.iter().any(|n| n.is_unknown()) => {
                    format!("{system} says \"{words}\", words that no version known to us writes.")
                }
                _ => format!("{} Nothing else narrows it down.", self.covered),
            },
        }
    }

    /// How far the client's clock was off, where that may be the cause and the access log tells it.
    fn skew(&self) -> String {
        let exchange = &self.paired.exchange;
        let skew = exchange.request.skew(exchange.moment);
        let may_be = self.left.iter().any(|left| left.cause == Cause::ClockSkew);
        let Some(skew) = skew.filter(|_| may_be) else {
            return String::new();
        };
        let side = if skew < 0 { "behind" } else { "ahead" };
        let seconds = (skew.abs() + SECOND / 2) / SECOND;
        format!(" The client's clock was {seconds} s {side} when it signed the request.")
    }

    fn evidence(&self, shown: &[&Notice]) -> Vec<Evidence> {
        let exchange = &self.paired.exchange;
        let mut evidence: Vec<Evidence> = Vec::new();
        for (_, place, _) in &exchange.lines {
            evidence.push(Evidence {
                role: Role::Request,
                place: *place,
                text: Box::default(),
                delta_s: None,
                clock_offset_s: None,
            });
        }
        let own = self.paired.own.map(|i| &self.paired.lines[i].0);
        evidence.extend(own.and_then(|n| n.served.as_ref()).map(|served| Evidence {
            role: Role::Request,
            place: served.place,
            text: served.text.clone(),
            delta_s: None,
            clock_offset_s: None,
        }));
        for notice in shown {
            evidence.extend(cited_with(notice, exchange));
        }
        for (notice, p) in &self.paired.further {
            if *p >= 0.5
                && let Some((place, _, text)) = notice.lines.first()
            {
                evidence.push(cited(Role::Context, notice, exchange, *place, text));
                let again = notice.retold.iter();
                evidence.extend(again.map(|r| cited_again(Role::Context, r, exchange)));
            }
        }
        let cause = self.left.first().map(|l| l.cause);
        let trigger = cause.and_then(|c| {
            self.court
                .history
                .trigger(c, exchange.source, exchange.time.start, &exchange.past)
        });
        evidence.extend(trigger.map(|change| Evidence {
            role: Role::Trigger,
            place: change.place,
            text: change.text.clone(),
            delta_s: Some(seconds(exchange.time.start - change.time)),
            clock_offset_s: offset(change.offset),
        }));
        evidence
    }
}

/// The lines of a notice as evidence of an exchange, the one that another log tells again last.
pub(super) fn cited_with(notice: &Notice, exchange: &Exchange) -> impl Iterator<Item = Evidence> {
    let stating = if notice.is_failure() {
        Role::Reason
    } else {
        Role::Context
    };
    let roles = std::iter::once(stating).chain(std::iter::repeat(Role::Context));
    let lines = notice.lines.iter().zip(roles);
    let lines = lines.map(move |(line, role)| cited(role, notice, exchange, line.0, &line.2));
    let retold = notice.retold.iter();
    lines.chain(retold.map(move |r| cited_again(stating, r, exchange)))
}

fn cited(role: Role, notice: &Notice, exchange: &Exchange, place: Place, text: &str) -> Evidence {
    Evidence {
        role,
        place,
        text: text.into(),
        delta_s: Some(seconds(notice.until(exchange))),
        clock_offset_s: offset(notice.offset),
    }
}

fn cited_again(role: Role, retold: &Retold, exchange: &Exchange) -> Evidence {
    Evidence {
        role,
        place: retold.place,
        text: retold.text.clone(),
        delta_s: Some(seconds(exchange.time.start - retold.time)),
        clock_offset_s: offset(retold.offset),
    }
}

#[allow(clippy::cast_precision_loss)] // to the millisecond
fn seconds(time: Micros) -> f64 {
    (time as f64 / 1e3).round() / 1e3
}

/// Absent where the clocks agree.
fn offset(offset: Micros) -> Option<f64> {
    (offset != 0).then(|| seconds(-offset))
}
