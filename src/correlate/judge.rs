//! From what is left of an exchange's possibilities to a finding.

use std::rc::Rc;

use super::coverage::Covered;
use super::exchange::Exchange;
use super::history::History;
use super::notice::Notice;
use super::server::Server;
use crate::cause::{Cause, Family};
use crate::event::{Micros, Place, SECOND};
use crate::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};
use crate::system::{Body, Meaning, Statement, System, Unlogged};

/// A cause less likely than this is no candidate.
const NEGLIGIBLE: f64 = 0.06;
/// The same where lines name no client, so that little but their order speaks.
const NEGLIGIBLE_SHARED: f64 = 0.035;
/// The same where it is certain that no line states the cause: then every way that the tables know is one.
const RARE: f64 = 0.005;
/// What is this likely is said without a doubt.
const SURE: f64 = 0.9;
/// The most candidates that still tell anything where the log does not cover the moment.
const NARROW: usize = 4;
/// How much less likely a cause of sessions is for a client that was never seen to begin one.
const NO_SESSION: f64 = 0.02;
/// The weight of a cause that a line states, beside those of the table of unlogged refusals.
const COMMON: f64 = 100.0;
/// The weight of what a client is used to, against all that leaves no line.
const HABITUAL: f64 = 4.0;
/// How much less likely a cause of API keys is for a browser.
const BROWSER: f64 = 0.5;
/// How much more likely a change makes a cause that it can trigger.
const TRIGGERED: f64 = 6.0;

/// An exchange and what pairing left of it.
#[derive(Debug)]
pub(super) struct Paired {
    pub(super) exchange: Exchange,
    /// The lines that it can own, with how likely each is its own.
    pub(super) lines: Vec<(Rc<Notice>, f64)>,
    /// The lines that can be further ones of it.
    pub(super) further: Vec<(Rc<Notice>, f64)>,
    /// How likely it has none.
    pub(super) unlogged: f64,
    /// Index in `lines` of the line that no other exchange is given.
    pub(super) own: Option<usize>,
}

impl Paired {
    /// How likely a line states this exchange's refusal.
    pub(super) fn stated(&self) -> f64 {
        self.lines
            .iter()
            .filter(|(n, _)| n.is_failure())
            .map(|(_, p)| p)
            .sum()
    }
}

impl Paired {
    /// How likely a line states it in words that no version known to us writes.
    fn unknown_words(&self) -> f64 {
        self.lines
            .iter()
            .filter(|(n, _)| n.entry().statement.is_none())
            .map(|(_, p)| p)
            .sum()
    }

    /// How likely it only has a line that states nothing.
    fn beside(&self) -> f64 {
        let states_nothing = |n: &Notice| !n.is_failure() && n.entry().statement.is_some();
        self.lines
            .iter()
            .filter(|(n, _)| states_nothing(n))
            .map(|(_, p)| p)
            .sum()
    }

    /// Whether a line states that this answer was a refusal. Pages are none: a person is sent to the login.
    fn is_refused_by_line(&self) -> bool {
        let status = self.exchange.request.status;
        let refused = |n: &Notice| {
            n.is_failure()
                && n.entry()
                    .statement
                    .is_none_or(|s| s.status.first() == Some(&status))
        };
        self.lines
            .iter()
            .filter(|(n, _)| refused(n))
            .map(|(_, p)| p)
            .sum::<f64>()
            > 0.5
    }

    /// How unlikely a cause must be to be left out.
    fn negligible(&self) -> f64 {
        let shared = self.lines.iter().any(|(notice, _)| notice.source.is_none());
        if shared {
            NEGLIGIBLE_SHARED
        } else {
            NEGLIGIBLE
        }
    }

    /// Whether it has no line, while refusals like it have one elsewhere.
    pub(super) fn is_silent_though_logged_elsewhere(&self) -> bool {
        let exchange = &self.exchange;
        self.unlogged > 0.5
            && exchange.request.is_refused()
            && exchange.answer.refusals().any(|s| fits(exchange, s))
    }
}

/// What the judge knows besides the exchange.
pub(super) struct Court<'a> {
    pub(super) system: &'static System,
    pub(super) history: &'a History,
    /// How often each cause was stated so far: what is usual on this server.
    pub(super) usual: &'a dyn Fn(Cause) -> f64,
    pub(super) server: &'a Server,
}

/// A cause that is left, how likely it is, and why.
struct Left {
    cause: Cause,
    weight: f64,
    /// Whether a line states it.
    stated: bool,
    because: String,
}

/// Causes that are left, one entry each.
#[derive(Default)]
struct Causes(Vec<Left>);

impl Causes {
    /// A cause that a line states.
    fn stated(&mut self, cause: Cause, weight: f64, because: impl FnOnce() -> String) {
        self.add(Left {
            cause,
            weight,
            stated: true,
            because: because(),
        });
    }

    /// A cause that leaves no line, or whose line is lost.
    fn silent(&mut self, cause: Cause, weight: f64, because: &str) {
        self.add(Left {
            cause,
            weight,
            stated: false,
            because: because.to_owned(),
        });
    }

    fn add(&mut self, new: Left) {
        match self.0.iter_mut().find(|l| l.cause == new.cause) {
            Some(left) => {
                if left.weight < new.weight {
                    left.because = new.because;
                }
                left.weight += new.weight;
                left.stated |= new.stated;
            }
            None => self.0.push(new),
        }
    }

    /// The candidates, most likely first; those below their limit left out: one for causes that lines
    /// state, one for the others.
    fn candidates(mut self, stated: f64, silent: f64) -> Vec<Left> {
        let total: f64 = self.0.iter().map(|l| l.weight).sum();
        self.0
            .retain(|l| l.weight >= total * if l.stated { stated } else { silent });
        self.0.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        self.0
    }
}

/// The finding on a refused exchange; `None` where it is no refusal after all.
pub(super) fn judge(paired: &Paired, covered: Covered, court: &Court<'_>) -> Option<Finding> {
    let exchange = &paired.exchange;
    if !exchange.request.is_refused() && !paired.is_refused_by_line() && !refuses_by_table(exchange)
    {
        return None;
    }
    let (stated, silent) = (paired.stated(), paired.unlogged + paired.beside());
    let seen = covered == Covered::Yes;
    // Nobody can know which line is missing.
    let blind = !seen && paired.unlogged >= 0.5;
    let left = if paired.unknown_words() > 0.5 || exchange.is_proxys_own() {
        Vec::new()
    } else {
        let causes = causes(paired, seen, court);
        let negligible = paired.negligible();
        match () {
            () if blind => by_habit(paired, court)
                .unwrap_or(causes)
                .candidates(0.0, 0.0),
            () if silent >= SURE => causes.candidates(negligible, RARE),
            () => causes.candidates(negligible, negligible),
        }
    };
    let known_silent = seen || exchange.answer.refusals().all(|s| !fits(exchange, s));
    let verdict = match left.len() {
        0 => Verdict::Unknown,
        1 => Verdict::Explained,
        _ if silent >= SURE && known_silent => Verdict::Silent,
        n if blind && n > NARROW => Verdict::Unknown,
        _ => Verdict::Ambiguous,
    };
    let logged = if stated >= SURE {
        Some(true)
    } else if silent >= SURE && known_silent && !exchange.is_proxys_own() {
        Some(false)
    } else {
        None
    };
    Some(
        Ruling {
            paired,
            left,
            verdict,
            logged,
            covered,
            court,
        }
        .finding(),
    )
}

/// All causes that lines, their absence and the tables leave. `seen`: the log covers the moment.
fn causes(paired: &Paired, seen: bool, court: &Court<'_>) -> Causes {
    let exchange = &paired.exchange;
    let mut causes = Causes::default();
    for (notice, p) in &paired.lines {
        match notice.entry().statement.map(|s| s.meaning) {
            Some(Meaning::Refusal(cause)) => causes.stated(cause, *p, || said(notice, exchange)),
            Some(_) => by_table(
                &mut causes,
                exchange,
                court,
                *p,
                Some(&notice.entry().action),
            ),
            None => {}
        }
    }
    if seen && exchange.can_be_unlogged(false) {
        by_table(&mut causes, exchange, court, paired.unlogged, None);
    } else if paired.unlogged >= paired.negligible() {
        by_lost_line(&mut causes, exchange, court, paired.unlogged);
    }
    causes
}

fn fits(exchange: &Exchange, statement: &Statement) -> bool {
    statement.fits(exchange.route, exchange.request.status, exchange.bytes)
}

/// Whether the tables alone say that this answer, by its own status, refused authentication.
fn refuses_by_table(exchange: &Exchange) -> bool {
    exchange.request.status >= 400
        && !exchange.is_proxys_own()
        && (exchange
            .unlogged
            .iter()
            .any(|u| exchange.bytes.is_some() && u.body != Body::Any)
            || exchange
                .answer
                .refusals()
                .any(|s| s.is_demanded_by(exchange.route, exchange.request.status, exchange.bytes)))
}

/// How likely an unlogged refusal is, against others, given what the client and the server did before.
fn weight(unlogged: &Unlogged, exchange: &Exchange, court: &Court<'_>) -> f64 {
    let mut weight = f64::from(unlogged.weight);
    if unlogged.cause.facts().family == Family::Session && !exchange.past.had_session {
        weight *= NO_SESSION;
    }
    if is_of_keys(unlogged.cause) && exchange.is_browser() {
        weight *= BROWSER;
    }
    if court
        .history
        .trigger(unlogged.cause, exchange.time.start, &exchange.past)
        .is_some()
    {
        weight *= TRIGGERED;
    }
    weight
}

/// Whether only a client that signs its requests meets a cause.
fn is_of_keys(cause: Cause) -> bool {
    cause.facts().family == Family::Signature || cause == Cause::UnknownToken
}

/// The causes that the table of unlogged refusals leaves, with the side line `side` or without one.
fn by_table(
    causes: &mut Causes,
    exchange: &Exchange,
    court: &Court<'_>,
    share: f64,
    side: Option<&str>,
) {
    let rows = || exchange.unlogged.iter().filter(|u| u.side == side);
    let total: f64 = rows().map(|u| weight(u, exchange, court)).sum();
    for row in rows() {
        let part = weight(row, exchange, court) / total;
        causes.silent(row.cause, share * part, row.when);
    }
}

/// The causes that are left where the log was not written, or where the tables know of no refusal without a
/// line: one may have been lost, and it can have been any.
#[allow(clippy::cast_precision_loss)] // a handful of causes
#[allow(clippy::cast_precision_loss)] // a handful of causes
fn by_lost_line(causes: &mut Causes, exchange: &Exchange, court: &Court<'_>, share: f64) {
    let lost = |s: &&Statement| court.server.states(s, exchange);
    let statements: Vec<_> = exchange.answer.refusals().filter(lost).collect();
    // Each cause once, however many texts state it; equally usual ones stay in the order of the table.
    let mut ways: Vec<(Cause, f64, &str)> = Vec::new();
    for statement in statements {
        if let Meaning::Refusal(cause) = statement.meaning
            && ways.iter().all(|(c, ..)| *c != cause)
        {
            ways.push((
                cause,
                (court.usual)(cause),
                "the line that states it may be lost",
            ));
        }
    }
    let usual: f64 = ways.iter().map(|(_, weight, _)| weight).sum();
    let count = ways.len() as f64;
    for (_, weight, _) in &mut ways {
        *weight *= COMMON * count / usual;
    }
    for unlogged in &exchange.unlogged {
        let weight = weight(unlogged, exchange, court);
        match ways.iter_mut().find(|(cause, ..)| *cause == unlogged.cause) {
            Some(way) => way.1 = way.1.max(weight),
            None => ways.push((unlogged.cause, weight, unlogged.when)),
        }
    }
    let total: f64 = ways.iter().map(|(_, weight, _)| weight).sum();
    for (cause, weight, when) in ways {
        causes.silent(cause, share * weight / total, when);
    }
}

/// Where the log was not written: what the client was refused for time and again before is most likely, and the
/// refusals that leave no line are possible as ever. `None` where it has no such habit.
#[allow(clippy::cast_precision_loss)] // a handful of causes
fn by_habit(paired: &Paired, court: &Court<'_>) -> Option<Causes> {
    let exchange = &paired.exchange;
    let habit = court.history.habit(exchange.source, &exchange.past)?;
    let mut causes = Causes::default();
    for (n, &cause) in habit.causes.iter().enumerate() {
        let because = format!(
            "what is left of this client's last {} refusals; it was not accepted since",
            habit.times
        );
        causes.silent(cause, HABITUAL / (n + 1) as f64, &because);
    }
    by_table(&mut causes, exchange, court, 1.0, None);
    causes.0.retain(|left| left.weight >= NEGLIGIBLE);
    Some(causes)
}

/// `"Expired auth timestamp", in the same second`.
fn said(notice: &Notice, exchange: &Exchange) -> String {
    let words = notice
        .entry()
        .reason
        .as_deref()
        .unwrap_or(&notice.entry().action);
    let apart = distance(notice, exchange);
    #[allow(clippy::cast_precision_loss)]
    let when = if apart.abs() < SECOND {
        "in the same second".to_owned()
    } else {
        format!(
            "{:.0} s {}",
            apart.abs() as f64 / 1e6,
            if apart > 0 { "before" } else { "after" }
        )
    };
    format!("the log says \"{words}\" {when}")
}

/// From the line to the answer.
fn distance(notice: &Notice, exchange: &Exchange) -> Micros {
    exchange.time.start - notice.time.start
}

/// A verdict in the making.
struct Ruling<'a> {
    paired: &'a Paired,
    left: Vec<Left>,
    verdict: Verdict,
    logged: Option<bool>,
    covered: Covered,
    court: &'a Court<'a>,
}

impl Ruling<'_> {
    fn finding(self) -> Finding {
        let exchange = &self.paired.exchange;
        let first = self.left.first().map(|l| l.cause);
        let cause = first.filter(|_| self.verdict != Verdict::Unknown);
        let shown = self.shown();
        let stating = shown
            .first()
            .filter(|_| self.logged == Some(true))
            .map(|n| n.entry());
        let principal = shown.iter().find_map(|n| n.entry().principal.clone());
        Finding {
            time: exchange.moment,
            system: Some(self.court.system.name),
            verdict: self.verdict,
            confidence: self.confidence(),
            logged: self.logged,
            source: exchange.source,
            principal: principal.or_else(|| exchange.request.user.clone()),
            host: shown.iter().find_map(|n| n.entry().host.clone()),
            action: stating.map(|e| e.action.clone()),
            reason: stating.and_then(|e| e.reason.clone()),
            request: Some(exchange.request.clone()),
            message: self.message(&shown).into(),
            fix: cause.and_then(|c| self.court.system.fix(c)),
            evidence: self.evidence(&shown),
            candidates: if self.verdict == Verdict::Unknown {
                Vec::new()
            } else {
                let candidate = |l: &Left| Candidate {
                    cause: l.cause,
                    because: l.because.as_str().into(),
                };
                self.left.iter().map(candidate).collect()
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

    fn message(&self, shown: &[&Notice]) -> String {
        let exchange = &self.paired.exchange;
        let system = self.court.system.name;
        let titles = |left: &[Left]| {
            let titles: Vec<_> = left.iter().map(|l| l.cause.facts().title).collect();
            titles.join(", or ")
        };
        let words = shown.first().and_then(|n| n.entry().reason.as_deref());
        match self.verdict {
            Verdict::Explained => {
                let left = &self.left[0];
                format!("{}: {}.", left.cause.facts().title, left.because)
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
                Some(words) if shown.iter().any(|n| n.entry().statement.is_none()) => {
                    format!("{system} says \"{words}\", words that no version known to us writes.")
                }
                _ => format!("{} Nothing else narrows it down.", self.covered),
            },
        }
    }

    fn evidence(&self, shown: &[&Notice]) -> Vec<Evidence> {
        let exchange = &self.paired.exchange;
        let mut evidence: Vec<Evidence> = Vec::new();
        for (_, place, text) in &exchange.lines {
            evidence.push(Evidence {
                role: Role::Request,
                place: *place,
                text: text.clone(),
                delta_s: None,
                clock_offset_s: None,
            });
        }
        for notice in shown {
            for (n, line) in notice.lines.iter().enumerate() {
                let stating = n == 0 && notice.is_failure();
                let role = if stating { Role::Reason } else { Role::Context };
                evidence.push(cited(role, notice, exchange, line.0, &line.2));
            }
        }
        for (notice, p) in &self.paired.further {
            if *p >= 0.5 {
                let (place, _, text) = &notice.lines[0];
                evidence.push(cited(Role::Context, notice, exchange, *place, text));
            }
        }
        let cause = self.left.first().map(|l| l.cause);
        let trigger = cause.and_then(|c| {
            self.court
                .history
                .trigger(c, exchange.time.start, &exchange.past)
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

fn cited(role: Role, notice: &Notice, exchange: &Exchange, place: Place, text: &str) -> Evidence {
    Evidence {
        role,
        place,
        text: text.into(),
        delta_s: Some(seconds(distance(notice, exchange))),
        clock_offset_s: offset(notice.offset),
    }
}

#[allow(clippy::cast_precision_loss)] // to the millisecond
fn seconds(time: Micros) -> f64 {
    (time as f64 / 1e3).round() / 1e3
}

/// Absent where the clocks agree.
fn offset(offset: Micros) -> Option<f64> {
    (offset != 0).then(|| seconds(offset))
}
