//! Which causes are left of a refusal, and how likely each is.

use std::borrow::Cow;
use std::net::IpAddr;

use super::exchange::Exchange;
use super::judge::{Court, NEGLIGIBLE, Paired};
use super::notice::Notice;
use super::people::People;
use crate::cause::{Cause, Family};
use crate::event::SECOND;
use crate::system::{Condition, Meaning, Only, Statement, Unlogged};

/// How much less likely a cause of sessions is for a client that was never seen to begin one.
const NO_SESSION: f64 = 0.01;
/// The weight of a cause that a line states, beside those of the table of unlogged refusals.
const COMMON: f64 = 100.0;
/// The weight of what a client is used to, against all that leaves no line.
const HABITUAL: f64 = 4.0;
/// How much less likely a refusal that supposes a session is for such a client: the session may have begun
/// elsewhere.
const UNSEEN_SESSION: f64 = 0.05;
/// How much less likely one that supposes a change since the client was last accepted is where the log has none.
const UNCHANGED: f64 = 0.01;
/// How much less likely one of strangers is for a client with a session.
const FAMILIAR: f64 = 0.1;
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
    pub(super) because: Cow<'static, str>,
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
            because: because().into(),
        });
    }

    /// A cause that leaves no line, or whose line is lost.
    fn silent(&mut self, cause: Cause, weight: f64, because: impl Into<Cow<'static, str>>) {
        self.add(Left {
            cause,
            weight,
            stated: false,
            because: because.into(),
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
        let Some(entry) = notice.entry() else {
            by_table(&mut causes, exchange, court, *p, Refused::Unlogged(None));
            continue;
        };
        match entry.statement.map(|s| s.on(exchange.route).meaning) {
            Some(meaning) if meaning.is_refusal() => {
                let share = if entry.is_unsigned() { *p / 2.0 } else { *p };
                by_line(&mut causes, notice, exchange, court, meaning, share);
                if entry.is_unsigned() {
                    // It may say anything, so that it proves no more than a line that is lost.
                    by_lost_line(&mut causes, exchange, court, share);
                }
            }
            // What stands beside records speaks for one that is not there.
            Some(Meaning::Clue(left)) if !exchange.is_told_by(&entry.action) => {
                #[allow(clippy::cast_precision_loss)] // a handful of causes
                let share = *p / left.len() as f64;
                for &cause in left {
                    causes.stated(cause, share, || said(notice, exchange));
                }
            }
            // Where the server's own access line is there, a line on the side is not needed as proof.
            Some(_) => {
                let side = Some(&*entry.action).filter(|_| notice.served.is_none());
                by_table(&mut causes, exchange, court, *p, Refused::Unlogged(side));
            }
            None => {}
        }
    }
    if exchange.is_proxys_own() {
        by_table(&mut causes, exchange, court, 1.0, Refused::InFront);
    } else if exchange.is_in_front(seen) {
        by_table(
            &mut causes,
            exchange,
            court,
            paired.unlogged,
            Refused::InFront,
        );
    } else if seen && exchange.key.is_none() && exchange.can_be_silent() {
        by_table(
            &mut causes,
            exchange,
            court,
            paired.unlogged,
            Refused::Unlogged(None),
        );
    } else if paired.unlogged >= paired.negligible() {
        by_lost_line(&mut causes, exchange, court, paired.unlogged);
    }
    causes
}

/// The causes that a line states: one, or those that its words leave open, the likely ones first.
fn by_line(
    causes: &mut Causes,
    notice: &Notice,
    exchange: &Exchange,
    court: &Court<'_>,
    meaning: Meaning,
    p: f64,
) {
    if let Meaning::Weighed(..) = meaning {
        let had_session = exchange.past.had_session;
        for (cause, share) in ways(notice, exchange.source, had_session, court.people) {
            causes.stated(cause, p * share, || said(notice, exchange));
        }
        return;
    }
    let stated = meaning.causes();
    for &cause in stated {
        let weight = if stated.len() > 1 {
            credible(cause, notice, court)
        } else {
            1.0
        };
        if weight > 0.0 {
            causes.stated(cause, p * weight, || said(notice, exchange));
        }
    }
}

/// The causes that a line, with those beside it, leaves, and the share of each. None: it states no refusal.
pub(super) fn ways(
    notice: &Notice,
    source: Option<IpAddr>,
    had_session: bool,
    people: &People,
) -> Vec<(Cause, f64)> {
    let Some(entry) = notice.entry() else {
        return Vec::new();
    };
    let holds = |only: Only| match only {
        Only::Always => true,
        Only::Administrator => people.is_administrator(entry.principal.as_deref()),
        Only::Stranger => !people.is_administrator(entry.principal.as_deref()),
        Only::AcceptedElsewhere => people.is_accepted_elsewhere(source, entry),
        Only::NoSession => !had_session,
    };
    let meaning = entry.statement.map(|s| s.meaning);
    let mut ways: Vec<(Cause, f64)> = match &meaning {
        Some(Meaning::Weighed(causes, ways)) => causes
            .iter()
            .zip(*ways)
            .filter(|(_, way)| holds(way.only))
            .map(|(cause, way)| (*cause, f64::from(way.weight)))
            .collect(),
        Some(meaning) => meaning.causes().iter().map(|c| (*c, 1.0)).collect(),
        None => Vec::new(),
    };
    for clue in notice.clues() {
        if ways.iter().any(|(cause, _)| clue.contains(cause)) {
            ways.retain(|(cause, _)| clue.contains(cause));
        }
    }
    let total: f64 = ways.iter().map(|(_, weight)| weight).sum();
    for (_, weight) in &mut ways {
        *weight /= total;
    }
    ways
}

/// How likely one of several causes is that a line leaves open, by what the log tells of the account.
fn credible(cause: Cause, notice: &Notice, court: &Court<'_>) -> f64 {
    let name = notice.entry().and_then(|e| e.principal.as_deref());
    let Some(name) = name else {
        return OPEN;
    };
    let accounts = court.accounts;
    let time = notice.time.start - notice.offset;
    let Some(place) = notice.lines.first().map(|line| line.0) else {
        return OPEN;
    };
    let has = accounts.has(name, place);
    match (cause, has.filter(|has| *has || court.is_whole)) {
        (Cause::UnknownUser, Some(is_known)) => f64::from(!is_known),
        (_, Some(false)) => 0.0,
        (Cause::AccountDisabled, _) if accounts.was_active(name, place, time, notice.source) => 0.0,
        (Cause::AccountDisabled, _) => SELDOM,
        (Cause::UnknownUser, None) if accounts.is_telling() => 1.0,
        (Cause::WrongPassword, None) if accounts.is_telling() => OPEN,
        (Cause::UnknownUser, None) => OPEN,
        _ => 1.0,
    }
}

/// The weight of a cause that a line leaves open beside the likeliest.
const OPEN: f64 = 0.5;
/// The weight of one that is seldom met.
const SELDOM: f64 = 0.3;

/// How likely an unlogged refusal is, against others, given what the client and the server did before.
fn weight(unlogged: &Unlogged, exchange: &Exchange, court: &Court<'_>) -> f64 {
    let mut weight = f64::from(unlogged.weight);
    weight *= court.server.share(unlogged, exchange);
    let (past, time) = (&exchange.past, exchange.time.start);
    let is_known = past.last_accepted.is_some();
    let changed = || {
        court
            .history
            .has_changed(unlogged.cause, past.last_accepted, time)
    };
    weight *= match unlogged.condition {
        Condition::Session if !is_known => UNSEEN_SESSION,
        Condition::ChangedSession if !is_known || !changed() => UNCHANGED,
        Condition::Stranger if is_known => FAMILIAR,
        Condition::Session | Condition::ChangedSession | Condition::Stranger => 1.0,
        Condition::Portable if exchange.bytes.is_some() => 1.0,
        _ if unlogged.cause.facts().family == Family::Session && !past.had_session => NO_SESSION,
        _ => 1.0,
    };
    if is_of_keys(unlogged.cause) && exchange.is_browser() {
        weight *= BROWSER;
    }
    if court
        .history
        .trigger(unlogged.cause, exchange.source, time, past)
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

/// Which rows of the table of unlogged refusals are asked.
#[derive(Clone, Copy)]
enum Refused<'a> {
    /// By the server, with the side line of this action or without one.
    Unlogged(Option<&'a str>),
    /// By a web server in front of it.
    InFront,
}

/// The causes that the table of unlogged refusals leaves.
fn by_table(
    causes: &mut Causes,
    exchange: &Exchange,
    court: &Court<'_>,
    share: f64,
    refused: Refused<'_>,
) {
    let is_asked = |u: &&&Unlogged| match refused {
        Refused::Unlogged(side) => u.side == side && u.condition != Condition::InFront,
        Refused::InFront => u.condition == Condition::InFront,
    };
    let rows = exchange.unlogged().iter().filter(is_asked);
    let rows: Vec<_> = rows.map(|u| (u, weight(u, exchange, court))).collect();
    let total: f64 = rows.iter().map(|(_, weight)| weight).sum();
    for (row, weight) in rows {
        causes.silent(row.cause, share * (weight / total), row.when);
    }
}

/// The causes that are left where the log was not written, or where the tables know of no refusal without a
/// line: one may have been lost, and it can have been any.
#[allow(clippy::cast_precision_loss)] // a handful of causes
fn by_lost_line(causes: &mut Causes, exchange: &Exchange, court: &Court<'_>, share: f64) {
    let lost = |s: &&Statement| court.server.states(s, exchange);
    let statements: Vec<_> = exchange.answer.refusals().filter(lost).collect();
    // Each cause once, however many texts state it; equally usual ones stay in the order of the table.
    let mut ways: Vec<(Cause, f64, &'static str)> = Vec::new();
    for statement in statements {
        for &cause in statement.on(exchange.route).meaning.causes() {
            if ways.iter().all(|(c, ..)| *c != cause) {
                let why = "the line that states it may be lost";
                ways.push((cause, (court.usual)(cause), why));
            }
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
    let allowed: Vec<Cause> = habit
        .causes
        .iter()
        .copied()
        .filter(|cause| exchange.can_be(*cause))
        .collect();
    if allowed.is_empty() {
        return None;
    }
    for (n, &cause) in allowed.iter().enumerate() {
        let because = format!(
            "what is left of this client's last {} refusals; it was not accepted since",
            habit.times
        );
        causes.silent(cause, HABITUAL / (n + 1) as f64, because);
    }
    by_table(&mut causes, exchange, court, 1.0, Refused::Unlogged(None));
    causes.0.retain(|left| left.weight >= NEGLIGIBLE);
    Some(causes)
}

/// `"Expired auth timestamp", in the same second`.
fn said(notice: &Notice, exchange: &Exchange) -> String {
    let words = notice.entry().map_or("", |entry| {
        let reason = entry.reason.as_deref();
        reason.unwrap_or(&entry.action)
    });
    let apart = notice.until(exchange);
    #[allow(clippy::cast_precision_loss)]
    let when = if apart.abs() < SECOND {
        Cow::Borrowed("in the same second")
    } else {
        Cow::Owned(format!(
            "{:.0} s {}",
            apart.abs() as f64 / 1e6,
            if apart > 0 { "before" } else { "after" }
        ))
    };
    ["the log says \"", words, "\" ", &when].concat()
}

/// Whether this line can go with this answer.
pub(super) fn fits(exchange: &Exchange, statement: &Statement) -> bool {
    statement.fits(exchange.route, exchange.request.status, exchange.bytes)
}
