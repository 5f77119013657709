//! What web servers write into their error logs when they refuse a request by themselves, so that it never reaches the
//! server product behind them.
//!
//! No row is of one server product: [`STATEMENTS`] and [`ADVICE`] go with all of them.

use super::{Advice, Body, Meaning, Position, Routes, Statement, Version};
use crate::cause::Cause::{
    self, AddressNotAllowed, InsufficientRights, MissingCredentials, RateLimited, UnknownUser,
    WrongPassword,
};

/// Action of nginx's lines.
pub const NGINX: &str = "nginx_error";
/// Action of Apache's lines.
pub const APACHE: &str = "apache_error";

macro_rules! statements {
    ($($action:ident $words:literal $cause:ident $status:expr, $source:literal;)+) => {
        &[$(statement($action, $words, $cause, $status, $source),)+]
    };
}

const fn statement(
    action: &'static str,
    reason: &'static str,
    cause: Cause,
    status: &'static [u16],
    source: &'static str,
) -> Statement {
    Statement {
        action,
        reason,
        meaning: Meaning::Refusal(cause),
        status,
        body: Body::Any,
        routes: Routes(u64::MAX),
        pages: Routes::NONE,
        position: Position::First,
        always: false,
        since: Version::MIN,
        elsewhere: None,
        source,
    }
}

/// The words of a line, without what is about one request, and the statuses that it goes with if nobody changed them.
pub static STATEMENTS: &[Statement] = statements! {
    NGINX "access forbidden by rule" AddressNotAllowed &[403], "nginx ngx_http_access_module.c";
    NGINX "limiting requests" RateLimited &[503, 429], "nginx ngx_http_limit_req_module.c";
    NGINX "limiting connections" RateLimited &[503, 429], "nginx ngx_http_limit_conn_module.c";
    NGINX "password mismatch" WrongPassword &[401], "nginx ngx_http_auth_basic_module.c";
    NGINX "user was not found" UnknownUser &[401], "nginx ngx_http_auth_basic_module.c";
    NGINX "no user/password was provided for basic authentication" MissingCredentials &[401],
        "nginx ngx_http_auth_basic_module.c";
    APACHE "AH01617: authentication failure: Password Mismatch" WrongPassword &[401], "Apache mod_auth_basic.c";
    APACHE "AH01618: user not found" UnknownUser &[401], "Apache mod_auth_basic.c";
    APACHE "AH01630: client denied by server configuration" AddressNotAllowed &[403], "Apache mod_authz_core.c";
    APACHE "AH01631: authorization failure" InsufficientRights &[401, 403], "Apache mod_authz_core.c";
};

/// The fix for each cause, where the web server refused.
pub static ADVICE: &[Advice] = &[
    Advice {
        cause: AddressNotAllowed,
        fix: "The web server's own rules (nginx `allow` and `deny`, Apache `Require`) do not let this address in: add it \
            there, if it belongs there, and let the web server load its configuration again. The server behind it never \
            saw the request.",
        for_user: None,
    },
    Advice {
        cause: RateLimited,
        fix: "The web server's own limit was exceeded (nginx `limit_req` or `limit_conn`): wait, let the client ask less \
            often, or raise `rate` or `burst` of the zone that the line names.",
        for_user: None,
    },
    Advice {
        cause: WrongPassword,
        fix: "This is the web server's own password, not the application's: set it anew with `htpasswd` in the file that \
            its `auth_basic_user_file` or `AuthUserFile` names.",
        for_user: None,
    },
    Advice {
        cause: UnknownUser,
        fix: "The web server's own password file has no such user: add it with `htpasswd` to the file that its \
            `auth_basic_user_file` or `AuthUserFile` names. Application accounts are not in it.",
        for_user: None,
    },
    Advice {
        cause: MissingCredentials,
        fix: "The web server asks for a password of its own before the application does: send it as HTTP basic \
            authentication, or take `auth_basic` away from this location.",
        for_user: None,
    },
    Advice {
        cause: InsufficientRights,
        fix: "The web server knows the user and its `Require` lets others in only: add the user or its group there.",
        for_user: None,
    },
];

/// What the table knows of a line.
pub fn statement_of(action: &str, reason: &str) -> Option<&'static Statement> {
    let mut rows = STATEMENTS.iter();
    rows.find(|row| row.action == action && row.reason == reason)
}

/// The fix where a web server refused for this cause.
pub fn fix(cause: Cause) -> Option<&'static str> {
    ADVICE
        .iter()
        .find(|row| row.cause == cause)
        .map(|row| row.fix)
}
