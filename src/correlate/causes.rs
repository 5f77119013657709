//! Which causes are left of a refusal, and how likely each is.

use super::exchange::Exchange;
use super::judge::{Court, NEGLIGIBLE, Paired};
use super::notice::Notice;
use crate::cause::{Cause, Family};
use crate::event::SECOND;
use crate::system::{Meaning, Statement, Unlogged};

/// How much less likely a cause of sessions is for a client that was never seen to begin one.
const NO_SESSION: f64 = 0.01;
/// The weight of a cause that a line states, beside those of the table of unlogged refusals.
const COMMON: f64 = 100.0;
/// The weight of what a client is used to, against all that leaves no line.
const HABITUAL: f64 = 4.0;
/// How much less likely a cause of API keys is for a browser.
const BROWSER: f64 = 0.5;
/// How much more likely a change makes a cause that it can trigger.
const TRIGGERED: f64 = 6.0;

/// A cause that is left, how likely it is, and why.
pub(super) struct Left {
    pub(super) cause: Cause,
    pub(super) weight: f64,
    /// Whether a line states it.
    stated: bool,
    pub(super) because: String,
}

/// Causes that are left, one entry each.
#[derive(Default)]
pub(super) struct Causes(Vec<Left>);

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
    pub(super) fn candidates(mut self, stated: f64, silent: f64) -> Vec<Left> {
        let total: f64 = self.0.iter().map(|l| l.weight).sum();
        self.0
            .retain(|l| l.weight >= total * if l.stated { stated } else { silent });
        self.0.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        self.0
    }
}

/// All causes that lines, their absence and the tables leave. `seen`: the log covers the moment.
pub(super) fn causes(paired: &Paired, seen: bool, court: &Court<'_>) -> Causes {
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
    let rows = || exchange.unlogged().iter().filter(|u| u.side == side);
    let total: f64 = rows().map(|u| weight(u, exchange, court)).sum();
    for row in rows() {
        let part = weight(row, exchange, court) / total;
        causes.silent(row.cause, share * part, row.when);
    }
}

/// The causes that are left where the log was not written, or where the tables know of no refusal without a
/// line: one may have been lost, and it can have been any.
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
    let all = ways.len() as f64;
    for (_, weight, _) in &mut ways {
        *weight *= COMMON * all / usual;
    }
    for unlogged in exchange.unlogged() {
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
pub(super) fn by_habit(paired: &Paired, court: &Court<'_>) -> Option<Causes> {
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
    let apart = notice.until(exchange);
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

/// Whether this line can go with this answer.
pub(super) fn fits(exchange: &Exchange, statement: &Statement) -> bool {
    statement.fits(exchange.route, exchange.request.status, exchange.bytes)
}
