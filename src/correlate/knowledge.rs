//! A system's tables, indexed by what an access line tells: route and status.

use std::sync::Arc;

use foldhash::HashMap;

use crate::event::Entry;
use crate::system::reply::Reply;
use crate::system::{Body, Condition, RoutePattern, Routes, Statement, System, Unlogged};

/// What can stand behind an answer with one status on one route class.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Lines the server can have written about it.
    pub(super) statements: Vec<&'static Statement>,
    /// Refusals it does not log.
    pub(super) unlogged: Vec<&'static Unlogged>,
    /// Whether a request that was answered so began a session.
    pub(super) begins_session: bool,
}

impl Answer {
    /// Whether this answer tells us nothing: no line goes with it, and no refusal.
    pub(super) fn is_mute(&self) -> bool {
        self.statements.is_empty() && self.unlogged.is_empty()
    }

    /// The size of the body as far as it tells texts apart: a size that is of no text we know was made
    /// by somebody else (compression, an error page of the proxy), and says nothing. `envelope`: see [`Reply`].
    pub(super) fn telling(&self, bytes: Option<u64>, envelope: Option<u64>) -> Option<u64> {
        let bytes = bytes?;
        let known = self
            .statements
            .iter()
            .map(|s| s.body)
            .chain(self.unlogged.iter().map(|u| u.body));
        known
            .into_iter()
            .any(|body| body.fits_in(bytes, envelope))
            .then_some(bytes)
    }

    /// The texts whose size depends on the server's envelope.
    pub(super) fn replies(&self) -> impl Iterator<Item = &'static Reply> + '_ {
        let stated = self.statements.iter().map(|s| s.body);
        let bodies = stated.chain(self.unlogged.iter().map(|u| u.body));
        bodies.filter_map(|body| match body {
            Body::Reply(reply) => Some(reply),
            _ => None,
        })
    }

    /// The refusals among the lines.
    pub(super) fn refusals(&self) -> impl Iterator<Item = &'static Statement> + '_ {
        self.statements
            .iter()
            .copied()
            .filter(|s| s.meaning.is_refusal())
    }
}

/// How many paths are remembered, and with how many methods: a client may think up any number.
const PATHS: usize = 4096;
const METHODS: usize = 8;

#[derive(Debug, Clone)]
pub(super) struct Knowledge {
    pub(super) system: &'static System,
    /// Route patterns by their first segment.
    patterns: HashMap<&'static str, Vec<&'static RoutePattern>>,
    /// Routes that were found, by path: most requests ask for one of a few.
    found: Remembered,
    answers: HashMap<(Routes, u16), Arc<Answer>>,
    /// Routes on which a credential is checked, so that a success there proves one.
    protected: Routes,
}

/// By path and method. A clone remembers nothing: it is made to end, and asks for few.
#[derive(Debug, Default)]
struct Remembered(HashMap<Box<str>, Vec<(Box<str>, Routes)>>);

impl Clone for Remembered {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Knowledge {
    pub(super) fn new(system: &'static System) -> Self {
        let mut patterns: HashMap<&str, Vec<&RoutePattern>> = HashMap::default();
        for pattern in system.routes {
            patterns
                .entry(first_segment(pattern.path))
                .or_default()
                .push(pattern);
        }
        let protected = system
            .unlogged
            .iter()
            .filter(|u| u.status == 401 && u.condition != Condition::Everyone)
            .fold(Routes::NONE, |all, u| all.or(u.routes));
        Self {
            system,
            patterns,
            found: Remembered::default(),
            answers: HashMap::default(),
            protected,
        }
    }

    /// As [`System::route`], but quick enough for every request of a log.
    pub(super) fn route(&mut self, method: &str, path: &str) -> Routes {
        let known = self.found.0.get(path).into_iter().flatten();
        if let Some((_, route)) = known.into_iter().find(|(of, _)| **of == *method) {
            return *route;
        }
        let route = self.look_up(method, path);
        if self.found.0.len() < PATHS {
            let of_path = self.found.0.entry(path.into()).or_default();
            if of_path.len() < METHODS {
                of_path.push((method.into(), route));
            }
        }
        route
    }

    fn look_up(&self, method: &str, path: &str) -> Routes {
        let first = first_segment(path);
        self.patterns
            .get(first)
            .into_iter()
            .flatten()
            .find(|p| p.fits(method, path))
            .map_or(Routes::NONE, |p| p.route)
    }

    pub(super) fn answer(&mut self, route: Routes, status: u16) -> &Arc<Answer> {
        let system = self.system;
        self.answers.entry((route, status)).or_insert_with(|| {
            let statements = system
                .statements
                .iter()
                .filter(|s| s.fits(route, status, None));
            let rows = system.unlogged.iter().chain(system.in_front);
            let unlogged = rows.filter(|u| {
                u.status == status && (u.routes.intersects(route) || u.routes == Routes::EVERY)
            });
            let statements: Vec<_> = statements.collect();
            let begins = |s: &&Statement| system.session_start.contains(&s.action);
            Arc::new(Answer {
                begins_session: statements.iter().any(begins),
                statements,
                unlogged: unlogged.collect(),
            })
        })
    }

    /// Whether a line stands beside refusals that have none of their own.
    pub(super) fn is_beside(&self, entry: &Entry) -> bool {
        let action = entry.statement.map(|s| s.action);
        action.is_some() && self.system.unlogged.iter().any(|u| u.side == action)
    }

    /// Whether such a line says that a second step was passed.
    pub(super) fn answers_prompts(&self, action: &[u8]) -> bool {
        let challenge = self.system.challenge.as_ref();
        challenge.is_some_and(|challenge| action == challenge.success.as_bytes())
    }

    /// Whether an accepted request of this route proves a credential.
    pub(super) fn proves(&self, route: Routes, status: u16) -> bool {
        (200..300).contains(&status) && self.protected.intersects(route)
    }
}

fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
}
