//! Refusals for which no audit record is written: a bad JWT, as `user_required` and `admin_required` run before
//! the record is begun (`api/before_after.py`). It never answers with 429: that is the web server's.
//!
//! Left out on purpose, because they are no refusals: 404 and 405 of routes that do not exist, 500 and 502.

use super::replies::{
    UNAUDITED_ADMIN, UNAUDITED_ALGORITHM, UNAUDITED_CRYPTO_PADDING, UNAUDITED_EXPIRED,
    UNAUDITED_HEADER, UNAUDITED_HEADER_PADDING, UNAUDITED_MISMATCH, UNAUDITED_PAYLOAD_PADDING,
    UNAUDITED_SEGMENTS, UNAUDITED_USER,
};
use super::routes::{FOR_ADMINISTRATORS, FOR_USERS, GUARDED};
use super::statements::JWT;
use crate::cause::Cause::{
    ClockSkew, ExpiredSession, InsufficientRights, InvalidSession, MalformedSignature,
    MissingCredentials, SignatureMismatch,
};
use crate::system::{Condition, Unlogged, Version};

const NOTHING: Option<&str> = None;
/// One line for each trusted JWT that was tried.
const DEFINITION: Option<&str> = Some(JWT);

macro_rules! unlogged {
    ($([$status:literal $body:expr] on $routes:expr, with $side:ident, in $source:literal {
        $($cause:ident $condition:ident $weight:literal $when:literal;)+
    })+) => {
        &[$($(Unlogged {
            cause: $cause,
            status: $status,
            body: $body,
            routes: $routes,
            side: $side,
            since: Version::MIN,
            until: Version::MAX,
            condition: Condition::$condition,
            weight: $weight,
            when: $when,
            source: $source,
        },)+)+]
    };
}

pub(super) const UNLOGGED: &[Unlogged] = unlogged! {
    [401 UNAUDITED_HEADER] on GUARDED, with NOTHING, in "api/lib/utils.py verify_auth_token" {
        MissingCredentials Always 100 "neither PI-Authorization nor Authorization";
    }
    [401 UNAUDITED_EXPIRED] on GUARDED, with NOTHING, in "api/lib/utils.py verify_auth_token" {
        ExpiredSession Portable 50 "the JWT is older than its validity, an hour unless a policy says otherwise";
    }
    [401 UNAUDITED_SEGMENTS] on GUARDED, with NOTHING, in "api/lib/utils.py verify_auth_token" {
        MalformedSignature Always 12 "what was sent is no JWT";
    }
    [401 UNAUDITED_HEADER_PADDING] on GUARDED, with NOTHING, in "api/lib/utils.py verify_auth_token" {
        MalformedSignature Always 12 "what was sent is no JWT, or has `Bearer` before it";
    }
    [401 UNAUDITED_PAYLOAD_PADDING] on GUARDED, with NOTHING, in "api/lib/utils.py verify_auth_token" {
        MalformedSignature Always 5 "the JWT was cut";
    }
    [401 UNAUDITED_CRYPTO_PADDING] on GUARDED, with NOTHING, in "api/lib/utils.py verify_auth_token" {
        MalformedSignature Always 5 "the JWT was cut";
    }
    [401 UNAUDITED_MISMATCH] on GUARDED, with NOTHING, in "api/lib/utils.py verify_auth_token" {
        SignatureMismatch Always 40 "the JWT was signed with another key: SECRET_KEY was changed, or differs between nodes";
    }
    [401 UNAUDITED_ALGORITHM] on GUARDED, with NOTHING, in "api/lib/utils.py verify_auth_token" {
        MalformedSignature Always 20 "the JWT is signed in a way that no trusted JWT has";
        InvalidSession Always 20 "realm, resolver or role of a trusted JWT are not as configured";
        ClockSkew Untold 20 "a trusted JWT is not valid yet: the identity provider's clock is ahead";
    }
    [401 UNAUDITED_ALGORITHM] on GUARDED, with DEFINITION, in "api/lib/utils.py verify_auth_token" {
        ClockSkew Always 60 "a trusted JWT is not valid yet: the identity provider's clock is ahead";
        MalformedSignature Always 40 "the JWT is signed in a way, or with a key, that no trusted JWT has";
    }
    [401 UNAUDITED_ADMIN] on FOR_ADMINISTRATORS, with NOTHING, in "api/auth.py admin_required" {
        InsufficientRights Always 40 "a user's JWT, where an administrator's is needed";
    }
    [401 UNAUDITED_USER] on FOR_USERS, with NOTHING, in "api/auth.py user_required" {
        InsufficientRights Always 1 "an API key's JWT, where a user's or an administrator's is needed";
    }
};
