//! What is known of the servers: data, not branches.
//!
//! One file per server product. Each is a set of tables: the lines it writes ([`Statement`]), the
//! refusals it does not log ([`Unlogged`]), its routes, and the fix for each cause. A new reason is one
//! row here and one sample line in `fixtures/formats/`; tests fail for a row without a sample and for a
//! cause without advice.

mod accepted;
pub mod error_log;
pub mod key;
pub mod pritunl;
pub mod privacyidea;
pub mod reply;
mod web_server;
pub mod wirebuddy;

pub use accepted::may_be_refused;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::system::reply::Reply;

/// A server product whose rules apply.
#[derive(Debug)]
pub struct System {
    /// As in the findings' `system`.
    pub name: &'static str,
    /// The source the tables were read from.
    pub provenance: &'static str,
    /// The actions of the lines with which a person's session begins.
    pub session_start: &'static [&'static str],
    /// The action of the line that tells a local administrator by name; `None`: none does.
    pub administrator_login: Option<&'static str>,
    /// Whether the log may name another client than the web server does: one that a header or a parameter tells.
    pub names_other_clients: bool,
    /// Whether several inputs are parts, or forms, of one log, so that it is enough if one of them is alive.
    pub has_one_log: bool,
    /// What it says in several languages; none: it speaks English only.
    pub phrases: &'static [&'static reply::Phrase],
    /// One sentence on how far the clock of the device is off that a line's words are about, and that sent a request
    /// at a moment, in microseconds of UTC.
    pub skew: fn(&str, i64) -> Option<String>,
    /// First match wins.
    pub routes: &'static [RoutePattern],
    /// The lines of the log that tells of all refusals it can tell of.
    pub statements: &'static [Statement],
    /// The lines of its other logs, which mostly tell again what the first tells.
    pub retold: &'static [Statement],
    pub index: Index,
    pub challenge: Option<Challenge>,
    pub unlogged: &'static [Unlogged],
    /// What a request carried that met a cause without a line; causes that are not named here may be met by any.
    pub carried: &'static [Carried],
    /// What a web server before it refuses by itself.
    pub in_front: &'static [Unlogged],
    /// Whether its own log has every request that it was sent, each behind the lines that it caused. What is not
    /// there was answered in front of it.
    pub logs_requests: bool,
    pub advice: &'static [Advice],
    /// After how many attempts it refuses all further ones; `None`: its own line tells, or nobody can know.
    pub limit: Option<Limit>,
    /// How to have the auth log written at all.
    pub turn_on_log: &'static str,
    /// How to have clients' addresses in the auth log where a proxy stands before the server.
    pub turn_on_addresses: &'static str,
    pub timing: Timing,
    /// First version that logs the refusals it could log; older ones are silent about most.
    pub logs_refusals_since: Version,
    /// First version whose log tells times in whole seconds; older ones tell them exactly.
    pub whole_seconds_since: Version,
}

/// How long a request is worked on after its line is written.
#[derive(Debug)]
pub struct Timing {
    /// How long after its line a request is answered, in microseconds, as shares of requests: most at once, some
    /// after a while, a few whose client reads slowly.
    pub lags: &'static [(i64, f64)],
    /// By how much two requests overtake each other in the ordinary course, in microseconds: where the server
    /// need not write a line, and where it must.
    pub slack: (i64, i64),
    /// Whether the order of the lines is that of the answers as nearly as that; else only their times tell.
    pub keeps_order: bool,
}

/// Of a server that answers behind its line: Pritunl's failed logins sleep up to 0.1 s there.
const AT_ONCE: Timing = Timing {
    lags: &[
        (10_000, 0.42),
        (40_000, 0.30),
        (120_000, 0.15),
        (350_000, 0.08),
        (900_000, 0.03),
        (2_000_000, 0.02),
    ],
    slack: (40_000, 120_000),
    keeps_order: true,
};

impl Timing {
    /// How long after its line a request is answered on the average, in microseconds, where that is long enough to
    /// be mistaken for a difference of clocks.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a few seconds
    pub fn usual_lag(&self) -> i64 {
        let mean: f64 = self
            .lags
            .iter()
            .map(|&(lag, share)| lag as f64 * share)
            .sum();
        if self.keeps_order {
            0
        } else {
            mean.round() as i64
        }
    }
}

/// Every system known, in the order of the documentation.
pub static ALL: &[&System] = &[&pritunl::SYSTEM, &wirebuddy::SYSTEM, &privacyidea::SYSTEM];

/// As findings and options name it.
pub fn by_name(name: &str) -> Option<&'static System> {
    ALL.iter().copied().find(|system| system.name == name)
}

/// The name of a product that is known.
pub type Name = &'static str;

/// It in what is kept.
pub mod name {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use super::{Name, by_name};

    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(name: &Option<Name>, serializer: S) -> Result<S::Ok, S::Error> {
        name.serialize(serializer)
    }

    /// # Errors
    /// Where this version knows no such product.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Name>, D::Error> {
        let Some(name) = <Option<String>>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let system = by_name(&name);
        let system =
            system.ok_or_else(|| de::Error::custom(format!("no product is called {name}")));
        Ok(Some(system?.name))
    }
}

/// A login in two steps whose first one is written as a failure: the server asks for the second with it.
#[derive(Debug)]
pub struct Challenge {
    /// The lines of a first step: their action, and their words.
    pub action: &'static str,
    pub reasons: &'static [&'static str],
    /// The action of the line with which such a login succeeds.
    pub success: &'static str,
    /// How long the server waits for the second step.
    pub seconds: i64,
}

/// One shape of line that a server writes.
#[derive(Debug, PartialEq)]
pub struct Statement {
    /// The server's event name, exactly.
    pub action: &'static str,
    /// The server's words, in full where it also has a short form; `{}` stands for anything. Empty:
    /// the line carries none.
    pub reason: &'static str,
    pub meaning: Meaning,
    /// Statuses of the HTTP answer that goes with it, the usual one first; empty: no HTTP request
    /// stands behind it.
    pub status: &'static [u16],
    /// The body of the answer with the first of these statuses; with the others every size fits.
    pub body: Body,
    /// Which requests can write it.
    pub routes: Routes,
    /// Those among them that answer a refusal with a page, or a redirect to one, as people see them:
    /// never with the first status, and the others only here. None: every status on every route.
    pub pages: Routes,
    /// Whether it may be the first, or a further, line of one request.
    pub position: Position,
    /// True where a request of these routes with the first status and this body cannot be answered
    /// without this line; see [`Statement::is_demanded_by`].
    pub always: bool,
    /// The same words, where requests of other routes write them with another meaning.
    pub elsewhere: Option<&'static Statement>,
    /// First version that writes it.
    pub since: Version,
    /// Where it stands in the server's source.
    pub source: &'static str,
}

impl Statement {
    /// Whether something can rest on such a line: a request stands behind it, or it can make one fail.
    pub fn may_be_evidence(&self) -> bool {
        !self.status.is_empty() || !self.meaning.triggers().is_empty()
    }

    /// What these words are when a request of this route writes them.
    pub fn on(&self, route: Routes) -> &Self {
        match self.elsewhere {
            Some(other) if !self.routes.intersects(route) && other.routes.intersects(route) => {
                other
            }
            _ => self,
        }
    }

    /// Whether its words are `reason`.
    pub fn is_worded(&self, reason: &str) -> bool {
        let mut parts = self.reason.split("{}");
        let Some(mut rest) = parts.next().and_then(|head| reason.strip_prefix(head)) else {
            return false;
        };
        let mut last = None;
        for part in parts {
            if let Some(before) = last.replace(part) {
                match rest.find(before) {
                    Some(at) => rest = &rest[at + before.len()..],
                    None => return false,
                }
            }
        }
        last.map_or(rest.is_empty(), |tail| rest.ends_with(tail))
    }

    /// Whether a request that was answered so can have written this line. `bytes`: size of the body,
    /// where it is known.
    pub fn fits(&self, route: Routes, status: u16, bytes: Option<u64>) -> bool {
        self.on(route).fits_here(route, status, bytes)
    }

    fn fits_here(&self, route: Routes, status: u16, bytes: Option<u64>) -> bool {
        let is_page = self.pages.intersects(route);
        self.routes.intersects(route)
            && match self.status.iter().position(|&s| s == status) {
                Some(0) => !is_page && bytes.is_none_or(|bytes| self.body.fits(bytes)),
                Some(_) => is_page || self.pages == Routes::NONE,
                None => false,
            }
    }

    /// Whether a request that was answered so must have written this line, so that its absence proves
    /// that the log was not written (a *positive control*). Without a size only a status that stands
    /// for every body is proof: proxies answer with the same statuses.
    pub fn is_demanded_by(&self, route: Routes, status: u16, bytes: Option<u64>) -> bool {
        let here = self.on(route);
        here.always
            && here.status.first() == Some(&status)
            && here.routes.intersects(route)
            && match bytes {
                // Of a body that changed only the newer one is proof.
                Some(bytes) => here.body.at(Version::MAX).fits(bytes),
                None => here.body == Body::Any,
            }
    }
}

/// What a statement says of the request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    Refusal(Cause),
    /// A refusal for one of these causes, which the server does not tell apart; the usual one first.
    OneOf(&'static [Cause]),
    /// The same, where it is known how often each is met, and what must be so for it.
    Weighed(&'static [Cause], &'static [Way]),
    /// Stands beside the line that states a refusal, and leaves only these of its causes.
    Clue(&'static [Cause]),
    Acceptance,
    /// A change, with the causes for which requests can fail from then on; none where it cannot make
    /// anything fail.
    Change(&'static [Cause]),
    /// The same, for the client that made it only: it logged out.
    Ending(&'static [Cause]),
    /// The server was set up: what it knows of accounts and keys is younger.
    Founding,
    /// Says nothing of the outcome by itself.
    Side,
    /// The server could not write its log: what it would have said is lost.
    Loss,
}

impl Meaning {
    /// The causes that it states; none where it states no refusal.
    pub fn causes(&self) -> &[Cause] {
        match self {
            Meaning::Refusal(cause) => std::slice::from_ref(cause),
            Meaning::OneOf(causes) | Meaning::Weighed(causes, _) => causes,
            _ => &[],
        }
    }

    /// The causes for which requests can fail from then on; none where it is no such change.
    pub fn triggers(&self) -> &'static [Cause] {
        match self {
            Meaning::Change(causes) | Meaning::Ending(causes) => causes,
            _ => &[],
        }
    }

    pub fn is_refusal(&self) -> bool {
        !self.causes().is_empty()
    }
}

/// How many attempts a server lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub attempts: u32,
    /// Within so long from the first of them.
    pub seconds: u32,
    /// Whose attempts count together, and which.
    pub of: &'static str,
    /// Where it stands in the server's source.
    pub source: &'static str,
}

/// One of the causes for which a server uses the same words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    /// How often it is met, against the others.
    pub weight: u16,
    /// What must be so for it to be the cause.
    pub only: Only,
}

/// What the logs must show for a cause to be one of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    Always,
    /// The one who was refused is known to be a local administrator.
    Administrator,
    /// Not known to be one.
    Stranger,
    /// The same one was accepted for the same from another address.
    AcceptedElsewhere,
    /// The client was never seen to begin a session.
    NoSession,
}

/// The lines of one request: `invalid_password` and then `invalid_otp` for one login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The only, or the first, line of its request.
    First,
    /// Only after another line of the same request.
    Further,
    Either,
}

/// The text of an answer, from which its size follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Body {
    /// Not fixed, or not known: every size fits.
    Any,
    /// This text.
    Text(&'static str),
    /// Python's `{"error": "…", "error_msg": "…"}` with these two values.
    Error(&'static str, &'static str),
    /// `{"detail":"…"}` with this value, as Starlette writes JSON.
    Detail(&'static str),
    /// A page of nginx with this title.
    Page(&'static str),
    /// Sizes from, to (inclusive): a text with variable parts, or several texts.
    Sizes(u64, u64),
    /// A text that the server wraps in an envelope; see [`Reply`].
    Reply(&'static Reply),
    /// The first body before this version, the second from it on.
    Changed(&'static Body, Version, &'static Body),
}

impl Body {
    /// Whether an answer of `bytes` bytes can be this body.
    pub fn fits(self, bytes: u64) -> bool {
        match self {
            Body::Any => true,
            Body::Text(text) => bytes == text.len() as u64,
            Body::Error(error, message) => bytes == error_size(error, message),
            Body::Detail(text) => bytes == (r#"{"detail":""}"#.len() + text.len()) as u64,
            Body::Page(title) => is_page_size(title, bytes),
            Body::Sizes(from, to) => (from..=to).contains(&bytes),
            Body::Reply(reply) => reply.fits(bytes, None),
            Body::Changed(before, _, after) => before.fits(bytes) || after.fits(bytes),
        }
    }

    /// Whether an answer of `bytes` bytes can be this body, sent by a server with this `envelope`, where that is
    /// known: see [`Reply`].
    pub fn fits_in(self, bytes: u64, envelope: Option<u64>) -> bool {
        match self {
            Body::Reply(reply) => reply.fits(bytes, envelope),
            body => body.fits(bytes),
        }
    }

    /// Whether an answer of `bytes` bytes can be this body, sent by a version from `from` up to and
    /// including `to`.
    pub fn fits_between(self, bytes: u64, from: Version, to: Version) -> bool {
        match self {
            Body::Changed(before, since, after) => {
                (from < since && before.fits(bytes)) || (to >= since && after.fits(bytes))
            }
            body => body.fits(bytes),
        }
    }

    /// The first version that sends this body with `bytes` bytes.
    pub fn since(self, bytes: u64) -> Version {
        match self {
            Body::Changed(before, since, _) if !before.fits(bytes) => since,
            _ => Version::MIN,
        }
    }

    /// As this version sends it.
    #[must_use]
    pub fn at(self, version: Version) -> Self {
        match self {
            Body::Changed(before, since, _) if version < since => *before,
            Body::Changed(_, _, after) => *after,
            body => body,
        }
    }
}

/// Size of `{"error": "E", "error_msg": "M"}` as Python's `json.dumps` writes it.
fn error_size(error: &str, message: &str) -> u64 {
    (r#"{"error": "", "error_msg": ""}"#.len() + error.len() + message.len()) as u64
}

/// Whether a page of nginx with this title can have this size: `ngx_http_special_response.c` writes the title
/// twice, its own name with or without version and distribution (`server_tokens`), and 402 bytes of padding for
/// some browsers (`msie_padding`).
fn is_page_size(title: &str, bytes: u64) -> bool {
    const BARE: usize =
        "<html>\r\n<head><title></title></head>\r\n<body>\r\n<center><h1></h1></center>\r\n\
        <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
            .len();
    const LONGEST_NAME: u64 = 32;
    const PADDING: u64 = 402;
    let shortest = (BARE + 2 * title.len()) as u64;
    [0, PADDING]
        .iter()
        .any(|padding| (shortest + padding..=shortest + padding + LONGEST_NAME).contains(&bytes))
}

/// A refusal for which the server writes no line that states it.
#[derive(Debug, PartialEq)]
pub struct Unlogged {
    pub cause: Cause,
    pub status: u16,
    pub body: Body,
    pub routes: Routes,
    /// The action of a line that the server writes on the side, without stating the refusal.
    pub side: Option<&'static str>,
    /// Half-open range of versions.
    pub since: Version,
    pub until: Version,
    /// What must be so for it to happen; see [`Condition`].
    pub condition: Condition,
    /// How often it is met, against the other rows that fit the same request: orders candidates, never
    /// decides between them.
    pub weight: u16,
    /// When it happens, for people: "no token cookie while no administrator has API access".
    pub when: &'static str,
    /// Where it stands in the server's source.
    pub source: &'static str,
}

/// What must be so for an unlogged refusal to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Always,
    /// Only while the front end is strict (see [`crate::event::ServerStart::strict`]).
    Strict,
    /// Only while it is not.
    Lenient,
    /// Only where the clocks of several hosts of one cluster differ.
    ClusterClock,
    /// Only while the server refuses everybody: one request accepted nearby disproves it.
    Everyone,
    /// Supposes a session that was given earlier: seldom of a client that was never seen to begin one.
    Session,
    /// Supposes a token that counts from anywhere, so that not to have seen it given says nothing where the size of
    /// the answer speaks.
    Portable,
    /// The same as [`Condition::Session`], and a change since that the log has, as a rule, with this cause.
    ChangedSession,
    /// Seldom of a client that has a session.
    Stranger,
    /// Only where the query of the request has a token.
    TokenInQuery,
    /// Only where the log never has the line that is written beside it: where that is switched on, it is no way
    /// without.
    Untold,
    /// Only where a web server in front answered, so that the request never came to the server.
    InFront,
}

/// A credential that a request must have carried to be refused for a cause; where several rows have it, any of them.
#[derive(Debug)]
pub struct Carried {
    pub cause: Cause,
    pub credential: Credential,
}

/// What an access log can tell was sent (see [`crate::event::Sent`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    Cookie,
    /// An Authorization header.
    Authorization,
    /// An Auth-Token header.
    Token,
}

/// The fix for a cause on this server. Never contains text from a log.
#[derive(Debug)]
pub struct Advice {
    pub cause: Cause,
    pub fix: &'static str,
    /// One sentence for the person who was refused, where on this server more can be said than
    /// [`crate::cause::Facts::for_user`] does.
    pub for_user: Option<&'static str>,
}

/// A server's version, `1.32.4181.41`; missing parts are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub [u32; 4]);

impl Version {
    /// Before every release.
    pub const MIN: Self = Self([0; 4]);
    /// After every release.
    pub const MAX: Self = Self([u32::MAX; 4]);

    /// Reads `1.34.4681.89`; `None` where a part is no number.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = [0; 4];
        for (i, part) in text.split('.').enumerate() {
            *parts.get_mut(i)? = part.parse().ok()?;
        }
        Some(Self(parts))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, build, patch] = self.0;
        write!(f, "{major}.{minor}.{build}.{patch}")
    }
}

/// A set of route classes of one system: a bit each, named in the system's file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Routes(pub u64);

impl Routes {
    pub const NONE: Self = Self(0);
    /// Every class.
    pub const EVERY: Self = Self(u64::MAX);

    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Which requests belong to a route class.
#[derive(Debug)]
pub struct RoutePattern {
    /// `*`: every method.
    pub method: &'static str,
    /// Segments; `*` stands for one, or for a part of one (`*.tar`), never for nothing; a closing
    /// `**` stands for the rest, even for nothing.
    pub path: &'static str,
    pub route: Routes,
}

impl RoutePattern {
    pub fn fits(&self, method: &str, path: &str) -> bool {
        (self.method == "*" || self.method == method) && matches(self.path, path)
    }
}

/// Statements found by what a line says, as every line is looked up. Made when it is first asked.
///
/// By the lengths of a line's action and words: few rows have the same ones, and a length costs less than a hash.
#[derive(Debug)]
pub struct Index(OnceLock<Vec<Lengths>>);

/// The statements whose action has one length, in the order of the tables.
#[derive(Debug, Clone, Default)]
struct Lengths {
    /// By the length of their words. Where one in open words stands before and says the same, that is found.
    fixed: Vec<Vec<Row<&'static str>>>,
    /// Those with a part that may be anything, by what is around it.
    open: Vec<Row<(&'static str, &'static str)>>,
}

/// What a line says, and the statement that it is.
#[derive(Debug, Clone, Copy)]
struct Row<W> {
    action: &'static str,
    words: W,
    statement: &'static Statement,
}

impl Index {
    #[allow(clippy::new_without_default)] // it is of no use outside a static
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The first in the tables that says this.
    fn find(
        &self,
        tables: [&'static [Statement]; 2],
        action: &[u8],
        reason: &[u8],
    ) -> Option<&'static Statement> {
        let index = self.0.get_or_init(|| Self::made(tables));
        let alike = index.get(action.len())?;
        let mut fixed = alike.fixed.get(reason.len()).into_iter().flatten();
        let fixed =
            fixed.find(|row| row.words.as_bytes() == reason && row.action.as_bytes() == action);
        fixed
            .map(|row| row.statement)
            .or_else(|| alike.open(action, reason))
    }

    fn made(tables: [&'static [Statement]; 2]) -> Vec<Lengths> {
        let mut index: Vec<Lengths> = Vec::new();
        for statement in tables.into_iter().flatten() {
            let (action, reason) = (statement.action, statement.reason);
            let alike = at(&mut index, action.len());
            if let Some(words) = reason.split_once("{}") {
                alike.open.push(Row {
                    action,
                    words,
                    statement,
                });
            } else {
                let before = alike.open(action.as_bytes(), reason.as_bytes());
                at(&mut alike.fixed, reason.len()).push(Row {
                    action,
                    words: reason,
                    statement: before.unwrap_or(statement),
                });
            }
        }
        index
    }
}

/// What stands at this place of a list, which is made long enough.
fn at<T: Clone + Default>(list: &mut Vec<T>, place: usize) -> &mut T {
    list.resize(list.len().max(place + 1), T::default());
    &mut list[place]
}

impl Lengths {
    /// The first of those in open words that says this.
    fn open(&self, action: &[u8], reason: &[u8]) -> Option<&'static Statement> {
        let is_around = |(head, tail): (&str, &str)| {
            reason.len() >= head.len() + tail.len()
                && reason.starts_with(head.as_bytes())
                && reason.ends_with(tail.as_bytes())
        };
        let mut open = self.open.iter();
        let found = open.find(|row| row.action.as_bytes() == action && is_around(row.words));
        Some(found?.statement)
    }
}

impl System {
    /// The route class of a request; [`Routes::NONE`] where the server has no such route.
    pub fn route(&self, method: &str, path: &str) -> Routes {
        self.routes
            .iter()
            .find(|p| p.fits(method, path))
            .map_or(Routes::NONE, |p| p.route)
    }

    /// The credentials without any of which a cause is not met.
    pub fn credentials(&self, cause: Cause) -> impl Iterator<Item = Credential> {
        let rows = self.carried.iter().filter(move |row| row.cause == cause);
        rows.map(|row| row.credential)
    }

    /// Every line that the tables know, of whatever log.
    pub fn lines(&self) -> impl Iterator<Item = &'static Statement> + use<> {
        self.statements.iter().chain(self.retold)
    }

    /// What the tables know of a line.
    pub fn statement(
        &self,
        action: impl AsRef<[u8]>,
        reason: impl AsRef<[u8]>,
    ) -> Option<&'static Statement> {
        let tables = [self.statements, self.retold];
        self.index.find(tables, action.as_ref(), reason.as_ref())
    }

    /// The fix for a cause on this server.
    pub fn fix(&self, cause: Cause) -> Option<&'static str> {
        self.advised(cause).map(|a| a.fix)
    }

    /// One sentence for the person who was refused.
    pub fn for_user(&self, cause: Cause) -> &'static str {
        let advised = self.advised(cause).and_then(|a| a.for_user);
        advised.unwrap_or(cause.facts().for_user)
    }

    fn advised(&self, cause: Cause) -> Option<&Advice> {
        self.advice.iter().find(|a| a.cause == cause)
    }
}

/// Whether `path` has the segments of `pattern`.
fn matches(pattern: &str, path: &str) -> bool {
    // As bytes, which are split faster than text.
    let mut segments = segments_of(path);
    for part in segments_of(pattern) {
        if part == b"**" {
            return true;
        }
        match segments.next() {
            Some(segment) if segment_matches(part, segment) => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

fn segments_of(path: &str) -> impl Iterator<Item = &[u8]> {
    let path = path.trim_start_matches('/').as_bytes();
    path.split(|&b| b == b'/')
}

/// Whether one segment is as in the pattern, in which one `*` stands for one character or more.
fn segment_matches(pattern: &[u8], segment: &[u8]) -> bool {
    match pattern.iter().position(|&b| b == b'*') {
        None => pattern == segment,
        Some(star) => {
            let (head, tail) = (&pattern[..star], &pattern[star + 1..]);
            segment.len() > head.len() + tail.len()
                && segment.starts_with(head)
                && segment.ends_with(tail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("/", "/", true),
            ("/", "/admin", false),
            ("/admin", "/admin", true),
            ("/admin", "/admin/", false),
            ("/admin/*", "/admin/5f", true),
            ("/admin/*", "/admin/", false),
            ("/admin/*", "/admin/5f/audit", false),
            ("/admin/**", "/admin", true),
            ("/admin/**", "/admin/5f/audit", true),
            ("/admin/**", "/administrator", false),
            ("/key/*.tar", "/key/5f.tar", true),
            ("/key/*.tar", "/key/5f.zip", false),
            ("/key/*.tar", "/key/.tar", false),
            ("/key/*.tar", "/key/a/5f.tar", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    const LOGIN: Routes = Routes(1);
    const REFUSED: Statement = Statement {
        action: "refused",
        reason: "",
        meaning: Meaning::Side,
        status: &[401, 302],
        pages: Routes::NONE,
        body: Body::Text("no"),
        routes: LOGIN,
        position: Position::First,
        always: true,
        elsewhere: None,
        since: Version::MIN,
        source: "",
    };

    #[test]
    fn words() {
        let sent = Statement {
            action: "mail",
            reason: "sent to \"{}\"",
            ..REFUSED
        };
        let table: &'static [Statement] = Box::leak(Box::new([sent, REFUSED]));
        let index = Index::new();
        let worded = |action: &str, reason: &str| {
            let found = index.find([table, &[]], action.as_bytes(), reason.as_bytes());
            found.is_some()
        };
        assert!(worded("mail", "sent to \"a@b\""));
        assert!(!worded("mail", "sent to \""));
        assert!(worded("refused", ""));
        assert!(!worded("refused", "x"));
        assert!(!worded("", ""));
    }

    #[test]
    fn the_first_row_that_says_it_is_found() {
        // Others are told apart by who reads their lines.
        let is_found = |row: &&Statement| row.reason.matches("{}").count() < 2;
        for system in ALL {
            for Statement { action, reason, .. } in system.lines().filter(is_found) {
                for reason in [reason.replace("{}", "x"), format!("{reason} x")] {
                    let says_it =
                        |row: &&Statement| row.action == *action && row.is_worded(&reason);
                    let first = system.lines().filter(is_found).find(says_it);
                    assert_eq!(system.statement(action, &reason), first, "{reason}");
                }
            }
        }
    }

    #[test]
    fn the_first_status_has_the_body() {
        let statement = REFUSED;
        assert!(statement.fits(LOGIN, 401, Some(2)));
        assert!(statement.fits(LOGIN, 401, None));
        assert!(!statement.fits(LOGIN, 401, Some(3)));
        assert!(statement.fits(LOGIN, 302, Some(3)));
        assert!(!statement.fits(LOGIN, 200, Some(2)));
        assert!(!statement.fits(Routes(2), 401, Some(2)));
        assert!(statement.is_demanded_by(LOGIN, 401, Some(2)));
        assert!(!statement.is_demanded_by(LOGIN, 401, None));
        assert!(!statement.is_demanded_by(LOGIN, 302, Some(2)));
    }
}
