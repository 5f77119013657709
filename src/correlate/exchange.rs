//! One request and its answer, as one or several access logs saw it.

use std::mem::take;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use super::history::Past;
use super::knowledge::Answer;
use super::notice::Notice;
use crate::cause::Cause;
use crate::event::{Micros, Place, Request, SECOND};
use crate::finding::Finding;
use crate::system::{Condition, Meaning, Routes, Statement, Timing, Unlogged};

/// A request that was refused, or that can have left a line.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    /// The line of each access log that saw it, in the order in which the logs were given.
    pub(super) lines: Vec<(usize, Place, Box<str>)>,
    /// When the answer was sent.
    pub(super) time: Range<Micros>,
    pub(super) source: Option<IpAddr>,
    pub(super) request: Request,
    pub(super) route: Routes,
    pub(super) answer: Arc<Answer>,
    /// The size of the body, where it tells texts apart.
    pub(super) bytes: Option<u64>,
    /// How long requests are worked on after their line.
    pub(super) timing: &'static Timing,
    /// The size of what the server wraps around its texts, where it is known.
    pub(super) envelope: Option<u64>,
    /// Whether the server must have written a line about it.
    pub(super) demanded: bool,
    /// Whether it came when what is around it had been paired.
    pub(super) is_late: bool,
    /// Where it stands in its log.
    pub(super) order: u64,
    /// When the answer was sent, as exactly as the neighbours in the log tell.
    pub(super) moment: Micros,
    /// How far that can be off, as requests are not spread evenly.
    pub(super) blur: Micros,
    /// Where the server's own log has every request: what that tells of this one, see
    /// [`key`](super::served::key).
    pub(super) key: Option<u64>,
    /// What the client had done before.
    pub(super) past: Past,
    /// The refusals without a line of their own that it can be, as the server was then.
    /// Known once it is to be paired.
    pub(super) unlogged: Option<Vec<&'static Unlogged>>,
}

impl Exchange {
    /// Whether one of this client's addresses is `address`.
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        self.source == Some(address) || self.request.forwarded_for == Some(address)
    }

    /// Whether both come from one client, as far as can be told: one address, one user agent.
    pub(super) fn is_same_client(&self, other: &Self) -> bool {
        let agents = self
            .request
            .user_agent
            .as_ref()
            .zip(other.request.user_agent.as_ref());
        self.source == other.source && agents.is_none_or(|(own, other)| own == other)
    }

    /// Whether a person's browser sent it, by its own word.
    pub(super) fn is_browser(&self) -> bool {
        self.request
            .user_agent
            .as_deref()
            .is_some_and(|agent| agent.starts_with("Mozilla/"))
    }

    /// Whether the server must have written a line about it.
    pub(super) fn demands_line(&self) -> bool {
        self.demanded
    }

    /// Takes the size of the body as far as it tells texts apart, and what follows from it.
    pub(super) fn read_size(&mut self) {
        let (route, status) = (self.route, self.request.status);
        let bytes = self.answer.telling(self.request.bytes, self.envelope);
        self.demanded = self
            .answer
            .statements
            .iter()
            .any(|s| s.is_demanded_by(route, status, bytes));
        self.bytes = bytes;
        self.demanded |= self.must_be_served();
    }

    /// As the server's own log tells it, where no proxy's log does.
    pub(super) fn served(notice: &Notice) -> Option<Self> {
        let served = notice.served.as_ref()?;
        Some(Self {
            lines: Vec::new(),
            time: notice.time.clone(),
            source: notice.source,
            request: served.request.clone(),
            route: served.route,
            answer: Arc::clone(&served.answer),
            bytes: None,
            demanded: false,
            is_late: false,
            order: 0,
            moment: notice.time.start,
            blur: 0,
            key: Some(served.key),
            timing: served.timing,
            envelope: None,
            past: served.past,
            unlogged: None,
        })
    }

    /// Whether the server's own log must have it: a proxy refuses by itself, but it does not accept, nor does it
    /// know the server's words.
    fn must_be_served(&self) -> bool {
        let is_of_server = |bytes| {
            let in_front = |u: &&&Unlogged| u.condition == Condition::InFront;
            let rows = || self.answer.unlogged.iter();
            !rows().filter(in_front).any(|u| u.body.fits(bytes))
        };
        self.key.is_some()
            && self.route != Routes::NONE
            && if self.request.is_refused() {
                self.bytes.is_some_and(is_of_server)
            } else {
                self.request.status < 400
            }
    }

    /// Whether it can be a refusal that leaves no line of its own, with or without one on the side.
    pub(super) fn can_be_unlogged(&self, side: bool) -> bool {
        self.unlogged().iter().any(|u| u.side.is_some() == side)
    }

    /// Whether a web server in front refused it: the server's own log does not have it, though that was `seen`
    /// to be alive, or the answer is in that web server's words.
    pub(super) fn is_in_front(&self, seen: bool) -> bool {
        let in_front = |u: &&&Unlogged| u.condition == Condition::InFront;
        // Without a size, where the server itself never answers so.
        let is_worded = self.unlogged().iter().all(|u| in_front(&u))
            && self
                .answer
                .statements
                .iter()
                .all(|s| !s.fits(self.route, self.request.status, self.bytes));
        let is_missing = self.key.is_some() && seen && !self.demands_line();
        (is_worded || is_missing) && self.can_be_in_front()
    }

    /// Whether the server itself can have refused it without a line, and without one on the side.
    pub(super) fn can_be_silent(&self) -> bool {
        let rows = self.unlogged().iter();
        rows.filter(|u| u.condition != Condition::InFront)
            .any(|u| u.side.is_none())
    }

    /// Whether the tables know of this cause behind such an answer.
    pub(super) fn can_be(&self, cause: Cause) -> bool {
        let (route, status) = (self.route, self.request.status);
        let stated = |s: &&'static Statement| {
            let here = s.on(route);
            here.fits(route, status, self.bytes) && here.meaning.causes().contains(&cause)
        };
        self.unlogged().iter().any(|u| u.cause == cause)
            || self.answer.statements.iter().any(stated)
    }

    /// Whether its query has a token: some clients believe that it counts there.
    pub(super) fn has_token_in_query(&self) -> bool {
        const NAMES: [&str; 3] = ["token", "access_token", "auth_token"];
        let query = self.request.target.split_once('?').map(|(_, query)| query);
        let parameters = query.into_iter().flat_map(|query| query.split('&'));
        let mut names = parameters.filter_map(|p| p.split_once('=').map(|(name, _)| name));
        names.any(|name| NAMES.contains(&name))
    }

    /// Whether it can be a refusal beside which a line stands that tells of it.
    pub(super) fn can_be_told_beside(&self) -> bool {
        let is_clue = |action: &str| {
            let mut lines = self.answer.statements.iter();
            lines.any(|s| s.action == action && matches!(s.meaning, Meaning::Clue(_)))
        };
        let mut sides = self.unlogged().iter().filter_map(|u| u.side);
        sides.any(is_clue)
    }

    /// Whether this line can stand beside it without a record that states it.
    pub(super) fn is_told_by(&self, action: &str) -> bool {
        self.unlogged().iter().any(|u| u.side == Some(action))
    }

    /// Whether a web server in front can have refused it.
    pub(super) fn can_be_in_front(&self) -> bool {
        let mut rows = self.unlogged().iter();
        rows.any(|u| u.condition == Condition::InFront)
    }

    /// Whether the user in the access log goes with a refusal in front: a web server that asks for a password of its
    /// own logs who gave one. `is_named`: the log tells users.
    pub(super) fn goes_with_user(&self, unlogged: &Unlogged, is_named: bool) -> bool {
        let is_asked = unlogged.condition == Condition::InFront;
        match unlogged.cause {
            Cause::MissingCredentials if is_asked => self.request.user.is_none(),
            Cause::WrongPassword | Cause::UnknownUser if is_asked => {
                self.request.user.is_some() || !is_named
            }
            _ => true,
        }
    }

    pub(super) fn unlogged(&self) -> &[&'static Unlogged] {
        self.unlogged.as_deref().unwrap_or_default()
    }

    /// Whether the proxy answered by itself, so that the server never saw the request.
    pub(super) fn is_proxys_own(&self) -> bool {
        self.request.upstream_status == Some(None)
    }

    /// Whether another access log's line is the same request: `other` is its request.
    pub(super) fn is_twin(
        &self,
        time: &Range<Micros>,
        source: Option<IpAddr>,
        other: &Request,
    ) -> bool {
        let apart = self.time.start.max(time.start) - self.time.end.min(time.end);
        apart < SECOND
            && self.source == source
            && self.request.status == other.status
            && self.request.method == other.method
            && self.request.path() == other.path()
            && self
                .request
                .bytes
                .is_none_or(|b| other.bytes.is_none_or(|o| o == b))
    }

    /// Takes in what another access log tells of the same request. The more exact time wins.
    pub(super) fn join(
        &mut self,
        input: usize,
        time: Range<Micros>,
        twin: Request,
        line: (Place, Box<str>),
    ) {
        if time.end - time.start < self.time.end - self.time.start {
            self.moment = i64::midpoint(time.start, time.end);
            self.time = time;
        }
        let own = &mut self.request;
        own.bytes = own.bytes.or(twin.bytes);
        own.duration = own.duration.or(twin.duration);
        own.upstream_status = own.upstream_status.or(twin.upstream_status);
        own.upstream_address = own.upstream_address.take().or(twin.upstream_address);
        own.request_id = own.request_id.take().or(twin.request_id);
        own.user = own.user.take().or(twin.user);
        own.user_agent = own.user_agent.take().or(twin.user_agent);
        own.forwarded_for = own.forwarded_for.or(twin.forwarded_for);
        own.host = own.host.take().or(twin.host);
        own.sent = own.sent.or(twin.sent);
        self.read_size();
        let at = self.lines.partition_point(|(earlier, ..)| *earlier < input);
        self.lines.insert(at, (input, line.0, line.1));
    }

    /// Gives a finding what it tells of the request itself, and the texts of its lines, with which its evidence begins:
    /// nobody else needs them any more.
    pub(super) fn hand_over(&mut self, finding: &mut Finding) {
        finding.request = Some(take(&mut self.request));
        for (evidence, (_, _, text)) in finding.evidence.iter_mut().zip(&mut self.lines) {
            evidence.text = take(text);
        }
    }
}
