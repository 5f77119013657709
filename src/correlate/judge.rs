//! From what is left of an exchange's possibilities to a finding.

use std::sync::Arc;

use super::accounts::Accounts;
use super::causes::{by_habit, causes, fits};
use super::coverage::Covered;
use super::exchange::Exchange;
use super::history::History;
use super::notice::Notice;
use super::people::People;
use super::ruling::Ruling;
use super::server::Server;
use crate::cause::Cause;
use crate::finding::{Finding, Verdict};
use crate::system::{Body, System};

/// A cause less likely than this is no candidate.
pub(super) const NEGLIGIBLE: f64 = 0.06;
/// The same where lines name no client, so that little but their order speaks.
const NEGLIGIBLE_SHARED: f64 = 0.024;
/// The same where it is certain that no line states the cause: then every way that the tables know is one.
const RARE: f64 = 0.003;
/// What is this likely is said without a doubt.
const SURE: f64 = 0.9;
/// The most candidates that still tell anything where the log does not cover the moment.
const NARROW: usize = 4;

/// An exchange and what pairing left of it.
#[derive(Debug, Clone)]
pub(super) struct Paired {
    pub(super) exchange: Box<Exchange>,
    /// The lines that it can own, with how likely each is its own.
    pub(super) lines: Vec<(Arc<Notice>, f64)>,
    /// The lines that can be further ones of it.
    pub(super) further: Vec<(Arc<Notice>, f64)>,
    /// How likely it has none.
    pub(super) unlogged: f64,
    /// Whether it was joined in parts of a flood only.
    pub(super) in_flood: bool,
    /// Index in `lines` of the line that no other exchange is given.
    pub(super) own: Option<usize>,
}

impl Paired {
    /// How likely a line states this exchange's refusal.
    pub(super) fn stated(&self) -> f64 {
        self.lines
            .iter()
            .filter(|(n, _)| n.is_failure() && !n.is_unsigned())
            .map(|(_, p)| p)
            .sum()
    }

    /// How likely its line is one that its own signature speaks against.
    fn unsigned(&self) -> f64 {
        self.lines
            .iter()
            .filter(|(n, _)| n.is_unsigned())
            .map(|(_, p)| p)
            .sum()
    }

    /// How likely a line states it in words that no version known to us writes.
    fn unknown_words(&self) -> f64 {
        self.lines
            .iter()
            .filter(|(n, _)| n.is_unknown())
            .map(|(_, p)| p)
            .sum()
    }

    /// How likely it only has a line that states nothing. One that tells of the refusal, without stating it, is neither.
    fn beside(&self) -> f64 {
        let states_nothing = |n: &Notice| !n.is_failure() && !n.is_unknown() && !n.is_clue();
        self.lines
            .iter()
            .filter(|(n, _)| states_nothing(n))
            .map(|(_, p)| p)
            .sum()
    }

    /// How likely the server's own log has the request, so that the lines it caused are known.
    pub(super) fn reached(&self) -> f64 {
        self.lines
            .iter()
            .filter(|(n, _)| n.served.is_some())
            .map(|(_, p)| p)
            .sum()
    }

    /// Whether a line states that this answer was a refusal. Pages are none: a person is sent to the login.
    fn is_refused_by_line(&self) -> bool {
        let status = self.exchange.request.status;
        let refused = |n: &Notice| {
            n.is_failure()
                && n.entry()
                    .and_then(|e| e.statement)
                    .is_none_or(|s| s.on(self.exchange.route).status.first() == Some(&status))
        };
        self.lines
            .iter()
            .filter(|(n, _)| refused(n))
            .map(|(_, p)| p)
            .sum::<f64>()
            > 0.5
    }

    /// How unlikely a cause must be to be left out.
    pub(super) fn negligible(&self) -> f64 {
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
    pub(super) accounts: &'a Accounts,
    /// Whether no stretch of the log is known to be lost so far.
    pub(super) is_whole: bool,
    pub(super) people: &'a People,
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
    let is_mute = exchange.is_proxys_own() && !exchange.can_be_in_front();
    let left = if paired.unknown_words() > 0.5 || is_mute {
        Vec::new()
    } else {
        let causes = causes(paired, seen, court);
        let negligible = paired.negligible();
        match () {
            () if blind && !exchange.is_proxys_own() => by_habit(paired, court)
                .unwrap_or(causes)
                .candidates(0.0, 0.0),
            () if paired.unsigned() > 0.5 => causes.candidates(0.0, 0.0),
            () if silent >= SURE => causes.candidates(negligible, RARE),
            () => causes.candidates(negligible, negligible),
        }
    };
    let told_beside = exchange.can_be_told_beside() && !(seen && court.server.tells_beside());
    let known_silent = !told_beside
        && (seen
            || paired.reached() >= SURE
            || exchange.answer.refusals().all(|s| !fits(exchange, s)));
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

/// Whether the tables alone say that this answer, by its own status, refused authentication.
fn refuses_by_table(exchange: &Exchange) -> bool {
    exchange.request.status >= 400
        && !exchange.is_proxys_own()
        && (exchange
            .unlogged()
            .iter()
            .any(|u| exchange.bytes.is_some() && u.body != Body::Any)
            || exchange
                .answer
                .refusals()
                .any(|s| s.is_demanded_by(exchange.route, exchange.request.status, exchange.bytes)))
}
