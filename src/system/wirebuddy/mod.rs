//! WireBuddy: one process (uvicorn) that writes one stream, in which its own access lines and the lines of its
//! handlers stand in the order in which they happened. A reverse proxy stands before it as a rule.
//!
//! More than half of what it refuses has no line but the access line: the size of the body, route, method and
//! the order of its checks decide. Security headers, then 423 while the first password is due, then CSRF, then
//! the request's form and who asks (401, 403, 422), then the limiter (429), then the handler.

mod advice;
mod routes;
mod statements;
mod unlogged;

use super::{AT_ONCE, Carried, Credential, Index, System, Version, web_server};
use crate::cause::Cause;

pub static SYSTEM: System = System {
    name: "wirebuddy",
    provenance: "github.com/Gill-Bates/wirebuddy e7c9392 (1.5.3), with uvicorn 0.49.0, starlette 1.10.0 and \
                 slowapi 0.1.10",
    session_start: &["LOGIN_SUCCESS", "PASSKEY_LOGIN_SUCCESS"],
    administrator_login: None,
    names_other_clients: false,
    has_one_log: false,
    phrases: &[],
    skew: |_, _| None,
    routes: routes::ROUTES,
    statements: statements::STATEMENTS,
    index: Index::new(),
    retold: &[],
    challenge: None,
    unlogged: unlogged::UNLOGGED,
    carried: CARRIED,
    in_front: web_server::REFUSALS,
    logs_requests: true,
    advice: advice::ADVICE,
    limit: None,
    turn_on_log: "give what the container or the service writes to standard output: `docker logs wirebuddy`, or \
                  `journalctl -u wirebuddy -o cat`",
    turn_on_addresses: "set FORWARDED_ALLOW_IPS to the proxy's address and let the proxy send X-Forwarded-For",
    timing: AT_ONCE,
    logs_refusals_since: Version::MIN,
    whole_seconds_since: Version::MIN,
};

/// A session is known by its cookie, or by the same token as a bearer's.
const CARRIED: &[Carried] = &[
    carried(Cause::InvalidSession, Credential::Cookie),
    carried(Cause::UnknownToken, Credential::Authorization),
    carried(Cause::ExpiredSession, Credential::Cookie),
    carried(Cause::ExpiredSession, Credential::Authorization),
    carried(Cause::AccountDisabled, Credential::Cookie),
    carried(Cause::AccountDisabled, Credential::Authorization),
];

const fn carried(cause: Cause, credential: Credential) -> Carried {
    Carried { cause, credential }
}
