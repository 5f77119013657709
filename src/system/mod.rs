//! What is known of the servers: data, not branches.
//!
//! One file per server product. Each is a set of tables: the lines it writes ([`Statement`]), the
//! refusals it does not log ([`Unlogged`]), its routes, and the fix for each cause. A new reason is one
//! row here and one sample line in `fixtures/formats/`; tests fail for a row without a sample and for a
//! cause without advice.

pub mod pritunl;

use crate::cause::Cause;

/// A server product whose rules apply.
#[derive(Debug)]
pub struct System {
    /// As in the findings' `system`.
    pub name: &'static str,
    /// The source the tables were read from.
    pub provenance: &'static str,
    /// First match wins.
    pub routes: &'static [RoutePattern],
    pub statements: &'static [Statement],
    pub unlogged: &'static [Unlogged],
    pub advice: &'static [Advice],
}

/// Every system known, in the order of the documentation.
pub static ALL: &[&System] = &[&pritunl::SYSTEM];

/// One shape of line that a server writes.
#[derive(Debug, PartialEq)]
pub struct Statement {
    /// The server's event name, exactly.
    pub action: &'static str,
    /// The server's words; `{}` stands for anything. Empty: the line carries none.
    pub reason: &'static str,
    pub meaning: Meaning,
    /// Status of the HTTP answer that goes with it; `None`: no HTTP request stands behind it.
    pub status: Option<u16>,
    /// The body of that answer.
    pub body: Body,
    /// Which requests can write it.
    pub routes: Routes,
    /// Whether it may be the first, or a further, line of one request.
    pub position: Position,
    /// True where a request of these routes with this status cannot be answered without this line: its
    /// absence proves that the log was not written (a *positive control*).
    pub always: bool,
    /// First version that writes it.
    pub since: Version,
    /// Where it stands in the server's source.
    pub source: &'static str,
}

/// What a statement says of the request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    Refusal(Cause),
    Acceptance,
    /// A change that can make requests fail from then on, with the causes it can trigger.
    Change(&'static [Cause]),
    /// Says nothing of the outcome by itself.
    Side,
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
    /// Sizes from, to (inclusive): a text with variable parts.
    Sizes(u64, u64),
}

impl Body {
    /// Whether an answer of `bytes` bytes can be this body.
    pub fn fits(self, bytes: u64) -> bool {
        match self {
            Body::Any => true,
            Body::Text(text) => bytes == text.len() as u64,
            Body::Error(error, message) => bytes == error_size(error, message),
            Body::Sizes(from, to) => (from..=to).contains(&bytes),
        }
    }
}

/// Size of `{"error": "E", "error_msg": "M"}` as Python's `json.dumps` writes it.
fn error_size(error: &str, message: &str) -> u64 {
    (r#"{"error": "", "error_msg": ""}"#.len() + error.len() + message.len()) as u64
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
}

/// The fix for a cause on this server. Never contains text from a log.
#[derive(Debug)]
pub struct Advice {
    pub cause: Cause,
    pub fix: &'static str,
}

/// A server's version, `1.32.4181.41`; missing parts are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
        let [a, b, c, d] = self.0;
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

/// A set of route classes of one system: a bit each, named in the system's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Routes(pub u64);

impl Routes {
    pub const NONE: Self = Self(0);

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
    /// Segments; `*` stands for one, a closing `**` for the rest.
    pub path: &'static str,
    pub route: Routes,
}

impl System {
    /// The route class of a request; [`Routes::NONE`] where the server has no such route.
    pub fn route(&self, method: &str, path: &str) -> Routes {
        self.routes
            .iter()
            .find(|p| (p.method == "*" || p.method == method) && matches(p.path, path))
            .map_or(Routes::NONE, |p| p.route)
    }

    /// What the tables know of a line.
    pub fn statement(&self, action: &str, reason: &str) -> Option<&'static Statement> {
        let statements: &'static [Statement] = self.statements;
        statements
            .iter()
            .find(|s| s.action == action && wording(s.reason, reason))
    }

    /// The fix for a cause on this server.
    pub fn fix(&self, cause: Cause) -> Option<&'static str> {
        self.advice.iter().find(|a| a.cause == cause).map(|a| a.fix)
    }
}

/// Whether `path` has the segments of `pattern`.
fn matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    for part in pattern.trim_start_matches('/').split('/') {
        if part == "**" {
            return true;
        }
        match segments.next() {
            Some(segment) if part == segment || (part == "*" && !segment.is_empty()) => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

/// Whether `reason` is worded as `pattern`, in which one `{}` stands for anything.
fn wording(pattern: &str, reason: &str) -> bool {
    match pattern.split_once("{}") {
        None => pattern == reason,
        Some((head, tail)) => {
            reason.len() >= head.len() + tail.len()
                && reason.starts_with(head)
                && reason.ends_with(tail)
        }
    }
}
