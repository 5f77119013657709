//! privacyIDEA: one Flask application behind a web server. It writes an audit record for each request that
//! gets as far as its view, to SQL or to a log or to both, and an application log beside it. A JWT that is
//! missing, broken or too old is refused before there is a record, and leaves no line at all.
//!
//! The audit names the rule of a request, and no status; whether a 200 is a refusal (every wrong OTP is) only
//! it tells.

mod advice;
mod phrases;
mod replies;
mod routes;
mod skew;
mod statements;
mod unlogged;

use super::{Index, System, Timing, Version, web_server};
pub use statements::{Columns, of_line, of_record};

pub static SYSTEM: System = System {
    name: "privacyidea",
    provenance: "github.com/privacyidea/privacyidea 55410007d118 (3.14dev0); release 3.13.4; catalogues of 3.10 to 3.13.3",
    session_start: &[statements::LOGIN, statements::ADMINISTRATOR_LOGIN],
    administrator_login: Some(statements::ADMINISTRATOR_LOGIN),
    names_other_clients: true,
    has_one_log: true,
    phrases: phrases::ALL,
    skew: skew::skew,
    routes: routes::ROUTES,
    statements: statements::STATEMENTS,
    retold: &[],
    challenge: None,
    index: Index::new(),
    unlogged: unlogged::UNLOGGED,
    // Its token is sent as Authorization or as PI-Authorization.
    carried: &[],
    in_front: web_server::REFUSALS,
    logs_requests: false,
    advice: advice::ADVICE,
    limit: None,
    turn_on_log: "give the audit database (`PI_AUDIT_SQL_URI`, table `pidea_audit`), its `pi-manage audit dump`, or the \
                  file of the logger audit (`PI_AUDIT_MODULE = 'privacyidea.lib.auditmodules.loggeraudit'`)",
    turn_on_addresses: "list the proxy in the system setting OverrideAuthorizationClient, and `proxy>::/0` for IPv6, and let it \
                        send X-Forwarded-For",
    // Behind its record the answer is signed, and other audit modules write theirs: into a database that others
    // wait for too, for up to two seconds.
    timing: Timing {
        lags: &[
            (10_000, 0.30),
            (40_000, 0.20),
            (120_000, 0.18),
            (350_000, 0.18),
            (900_000, 0.09),
            (2_000_000, 0.05),
        ],
        slack: (200_000, 400_000),
        keeps_order: false,
    },
    logs_refusals_since: Version::MIN,
    whole_seconds_since: Version::MAX,
};
