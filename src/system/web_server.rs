//! What web servers in front refuse by themselves, with pages of their own: the request never reaches the
//! server product. Rows for [`System::in_front`](super::System::in_front).

use super::Body::{Page, Text};
use super::{Body, Condition, Routes, Unlogged, Version};
use crate::cause::Cause::{
    self, AddressNotAllowed, MissingCredentials, RateLimited, UnknownUser, WrongPassword,
};

macro_rules! rows {
    ($([$status:literal $body:expr] in $source:literal {
        $($cause:ident $weight:literal $when:literal;)+
    })+) => {
        &[$($(row($status, $body, $cause, $weight, $when, $source),)+)+]
    };
}

const fn row(
    status: u16,
    body: Body,
    cause: Cause,
    weight: u16,
    when: &'static str,
    source: &'static str,
) -> Unlogged {
    Unlogged {
        cause,
        status,
        body,
        routes: Routes::EVERY,
        side: None,
        since: Version::MIN,
        until: Version::MAX,
        condition: Condition::InFront,
        weight,
        when,
        source,
    }
}

pub(super) const REFUSALS: &[Unlogged] = rows! {
    [401 Page("401 Authorization Required")] in "nginx ngx_http_auth_basic_module.c" {
        MissingCredentials 100 "the web server asks for a password of its own, and none was sent";
        WrongPassword 60 "the web server's own password file has another password";
        UnknownUser 40 "the web server's own password file has no such user";
    }
    [403 Page("403 Forbidden")] in "nginx ngx_http_access_module.c" {
        AddressNotAllowed 100 "a rule of the web server denies this address";
    }
    [429 Page("429 Too Many Requests")] in "nginx ngx_http_limit_req_module.c" {
        RateLimited 100 "the web server's own limit was exceeded";
    }
    // Caddy answers with an empty body.
    [401 Text("")] in "caddy modules/caddyhttp/caddyauth" {
        MissingCredentials 100 "the web server asks for a password of its own, and none was sent";
        WrongPassword 60 "the web server's own password file has another password";
        UnknownUser 40 "the web server's own password file has no such user";
    }
    [403 Text("")] in "caddy modules/caddyhttp/staticresp.go" {
        AddressNotAllowed 100 "a rule of the web server denies this address";
    }
    [429 Text("")] in "caddy modules/caddyhttp/staticresp.go" {
        RateLimited 100 "the web server's own limit was exceeded";
    }
};
