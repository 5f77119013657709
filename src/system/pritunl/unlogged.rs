//! Refusals for which no line of the journal states the cause.
//!
//! Left out on purpose, because they are no refusals of authentication: 402 (a code is asked for; the
//! password was not even looked at), 428 (single sign-on has not ended yet), 431, the front end's 400,
//! 502, 505, 510, 520, and 500 for a signature that is not ASCII. `GET /` answers 302 to the login page
//! where other routes answer 401. A VPN connection can be refused without a line too (too many
//! connects, too many devices, no address left, device and single sign-on tokens, plugins), but then
//! nothing at all tells of it.

use super::routes::{
    ADMIN, CALLBACK, CONNECT, CSRF_CHECKED, DEMO_CHECKED, DUO, EVERY, GUARDED, KEY_FILE, KEY_PIN,
    KEY_SSO, LINK_STATE, LOGIN, OVPN, PROFILE_SSO, SETTINGS_WRITE, SHORT_URI, SYNC, USER_CREATE,
    WG_POST, YUBICO,
};
use super::{FRONT_END_TOKEN, LOGGED_SESSIONS, error, page};
use crate::cause::Cause::{
    AccountDisabled, ApiAccessDisabled, ClockSkew, CsrfInvalid, ExpiredSession, InsufficientRights,
    InvalidSession, MalformedSignature, MalformedTimestamp, MissingCredentials, MissingSecret,
    PolicyDenied, RateLimited, ReplayedNonce, ServiceDisabled, SessionAddressChanged,
    SignatureMismatch, SsoFailed, UnknownToken, VpnServerOffline, WrongPassword,
};
use crate::system::Body::Text;
use crate::system::Condition::{Always, ClusterClock, Everyone, Lenient, Strict};
use crate::system::{Unlogged, Version};

const MIN: Version = Version::MIN;
const MAX: Version = Version::MAX;

/// The line that the front end has written on the side: it logs out whom it refuses.
const LOGGED_OUT: Option<&str> = Some("admin_session_end");
const NOTHING: Option<&str> = None;

macro_rules! unlogged {
    ($([$status:literal $body:expr] on $routes:expr, with $side:ident, from $since:ident to $until:ident,
        in $source:literal {
        $($cause:ident $condition:ident $weight:literal $when:literal;)+
    })+) => {
        &[$($(Unlogged {
            cause: $cause,
            status: $status,
            body: $body,
            routes: $routes,
            side: $side,
            since: $since,
            until: $until,
            condition: $condition,
            weight: $weight,
            when: $when,
            source: $source,
        },)+)+]
    };
}

pub(super) const UNLOGGED: &[Unlogged] = unlogged! {
    // The front end, before the application is asked.
    [401 Text("401 Missing token")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        ApiAccessDisabled Strict 100 "an API client, however well it signs, while no administrator has API access";
        MissingCredentials Strict 90 "no token cookie";
        ExpiredSession Strict 30 "the browser dropped its token cookie when the session's time was over";
    }
    [401 Text("401 Token session expired")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        ExpiredSession Always 100 "the token cookie is older than the session timeout";
    }
    [401 Text("401 Failed to decode token")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        InvalidSession Always 100 "the token cookie is not base64";
    }
    [401 Text("401 Token length invalid")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        InvalidSession Always 100 "the token cookie is too short";
    }
    [401 Text("401 Failed to decrypt token")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        InvalidSession Always 100 "the token cookie was made with another key: forged, or of another server";
    }
    [401 Text("401 Failed to unmarshal token")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        InvalidSession Always 100 "the token cookie holds no JSON";
    }
    [401 Text("401 Token id invalid")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        InvalidSession Always 100 "the token cookie names no administrator";
    }
    [401 Text("401 Token session timestamp invalid")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        InvalidSession Always 100 "the token cookie is valid for more than 730 hours";
    }
    [401 Text("401 Not initialized")] on GUARDED, with LOGGED_OUT, from FRONT_END_TOKEN to MAX,
        in "pritunl-web handlers/handlers.go Authorize" {
        ServiceDisabled Always 100 "the front end was started without its secret";
    }

    // The application's check of sessions and API keys. While the front end is strict, no API client
    // comes this far.
    [401 page::UNAUTHORIZED] on GUARDED, with NOTHING, from MIN to MAX,
        in "auth/administrator.py check_session" {
        MissingCredentials Lenient 100 "Auth-Token without Auth-Timestamp, Auth-Nonce or Auth-Signature";
        UnknownToken Lenient 60 "no administrator has this Auth-Token";
        MissingCredentials Always 90 "neither an Auth-Token header nor a session cookie";
        InvalidSession Always 15 "a session cookie that was tampered with, or signed with an earlier cookie_secret";
        ClockSkew ClusterClock 50 "a session cookie from a host of the cluster whose clock is ahead of this one's";
    }
    // The same check before its refusals were logged. The timestamp came before the token then.
    [401 page::UNAUTHORIZED] on GUARDED, with NOTHING, from MIN to LOGGED_SESSIONS,
        in "auth/administrator.py check_session (1.32.4089.16)" {
        SignatureMismatch Always 60 "the signature is not that of the request";
        ExpiredSession Always 40 "the session was idle longer than session_timeout";
        ClockSkew Always 40 "Auth-Timestamp is further from the server's clock than auth_time_window";
        InvalidSession Always 30 "the session was ended, or its cookie lacks a field";
        ApiAccessDisabled Always 30 "the administrator has no API access";
        SessionAddressChanged Always 20 "the session began from another address, on a server without TLS";
        MalformedTimestamp Always 15 "Auth-Timestamp is no whole number";
        ReplayedNonce Always 15 "this Auth-Nonce was used before";
        MalformedSignature Always 10 "Auth-Nonce has less than 8 characters, or the path is too long";
        AccountDisabled Always 10 "the administrator is disabled";
        MissingSecret Always 2 "the administrator has no secret in the database";
    }
    [401 page::UNAUTHORIZED] on CSRF_CHECKED, with NOTHING, from MIN to LOGGED_SESSIONS,
        in "auth/administrator.py check_session (1.32.4089.16)" {
        CsrfInvalid Always 10 "Csrf-Token is missing, of somebody else, or older than 7 days";
    }
    [401 page::UNAUTHORIZED] on EVERY, with NOTHING, from MIN to MAX,
        in "handlers/before_request.py before_request" {
        ServiceDisabled Everyone 1 "the subscription service told the server to disable its web interface";
    }

    // Rights of administrators.
    [400 error::REQUIRES_SUPER_USER] on ADMIN.or(SETTINGS_WRITE), with NOTHING, from MIN to MAX,
        in "handlers/admin.py; handlers/settings.py settings_put" {
        InsufficientRights Always 100 "the administrator is no super user";
    }
    [400 error::DEMO_BLOCKED] on DEMO_CHECKED, with NOTHING, from MIN to MAX,
        in "utils/json_helpers.py demo_blocked" {
        PolicyDenied Always 100 "the server runs in demo mode";
    }
    [429 error::USERS_BACKGROUND_BUSY] on USER_CREATE, with NOTHING, from MIN to MAX,
        in "handlers/user.py user_post" {
        RateLimited Always 100 "an import of more than 10 users is still running";
    }

    // Logins of people who are no administrators.
    [403 error::AUTH_DISABLED] on LOGIN, with NOTHING, from MIN to MAX,
        in "handlers/auth.py _auth_radius, _auth_plugin" {
        AccountDisabled Always 100 "Radius or the plugin accepted the user, but the user is disabled";
    }
    [401 error::AUTH_INVALID] on LOGIN, with NOTHING, from MIN to MAX,
        in "handlers/auth.py _auth_plugin" {
        SsoFailed Always 10 "the login plugin named no organization that exists";
    }

    // The Pritunl client and VPN users.
    [429 page::TOO_MANY_REQUESTS] on CONNECT, with NOTHING, from MIN to MAX,
        in "handlers/key.py key_wg_post, key_wg_put, key_ovpn_post, key_ovpn_wait_post, key_wg_wait_post" {
        VpnServerOffline Always 100 "the VPN server does not run on this host, or has no WireGuard";
    }
    [401 page::UNAUTHORIZED] on WG_POST.or(OVPN), with NOTHING, from MIN to MAX,
        in "handlers/key.py _key_request_init" {
        SsoFailed Always 30 "the VPN server asks for single sign-on, which Radius and plugins cannot give";
    }
    [401 page::UNAUTHORIZED] on CALLBACK, with NOTHING, from MIN to MAX,
        in "handlers/key.py key_callback_get; handlers/sso.py sso_callback_get" {
        SsoFailed Always 10 "the sign-on was begun with a provider that the server does not know";
    }
    [401 error::TOKEN_INVALID] on DUO.or(YUBICO), with NOTHING, from MIN to MAX,
        in "handlers/key.py key_duo_post, key_yubico_post; handlers/sso.py sso_duo_post, sso_yubico_post" {
        MissingCredentials Always 30 "no token, or no YubiKey code, in the body";
    }
    [403 page::FORBIDDEN] on KEY_PIN.or(SHORT_URI).or(KEY_SSO).or(PROFILE_SSO), with NOTHING, from MIN to MAX,
        in "handlers/key.py user_key_pin_put, user_uri_key_page_get, _key_sso_validate, key_callback_get; handlers/sso.py _validate_user" {
        AccountDisabled Always 100 "the user is disabled";
    }
    [404 page::NOT_FOUND] on KEY_FILE, with NOTHING, from MIN to MAX,
        in "handlers/key.py user_linked_key_*_get" {
        PolicyDenied Always 100 "profiles may not be imported from files (restrict_import)";
    }
    [404 page::NOT_FOUND] on SHORT_URI, with NOTHING, from MIN to MAX,
        in "handlers/key.py user_uri_key_page_get" {
        UnknownToken Always 100 "the profile link does not exist, was used, or is too old";
    }
    [400 error::PIN_INVALID] on KEY_PIN, with NOTHING, from MIN to MAX,
        in "handlers/key.py user_key_pin_put" {
        WrongPassword Always 100 "the current PIN is wrong";
    }
    [400 error::AUTH_TOO_MANY] on KEY_PIN, with NOTHING, from MIN to MAX,
        in "handlers/key.py user_key_pin_put" {
        RateLimited Always 100 "too many PINs tried for this user";
    }
    [480 Text("{}")] on SYNC, with NOTHING, from MIN to MAX,
        in "handlers/key.py key_sync_get" {
        PolicyDenied Always 100 "the server has no active subscription";
    }

    // Link hosts: nothing they do is logged.
    [401 page::UNAUTHORIZED] on LINK_STATE, with NOTHING, from MIN to MAX,
        in "handlers/link.py link_state_put, link_state_delete" {
        SignatureMismatch Always 100 "the link host signed with another secret";
    }
    [406 page::NOT_ACCEPTABLE] on LINK_STATE, with NOTHING, from MIN to MAX,
        in "handlers/link.py link_state_put, link_state_delete" {
        MissingCredentials Always 100 "an Auth header is missing";
    }
    [408 page::REQUEST_TIMEOUT] on LINK_STATE, with NOTHING, from MIN to MAX,
        in "handlers/link.py link_state_put, link_state_delete" {
        ClockSkew Always 100 "Auth-Timestamp is further from the server's clock than auth_time_window";
    }
    [405 page::NOT_ALLOWED] on LINK_STATE, with NOTHING, from MIN to MAX,
        in "handlers/link.py link_state_put, link_state_delete" {
        MalformedTimestamp Always 100 "Auth-Timestamp is no whole number";
    }
    [404 page::NOT_FOUND] on LINK_STATE, with NOTHING, from MIN to MAX,
        in "handlers/link.py link_state_put, link_state_delete" {
        UnknownToken Always 100 "the link host was deleted";
    }
    [413 page::PAYLOAD_TOO_LARGE] on LINK_STATE, with NOTHING, from MIN to MAX,
        in "handlers/link.py link_state_put, link_state_delete" {
        MalformedSignature Always 100 "the signed text is too long";
    }
    [409 page::CONFLICT] on LINK_STATE, with NOTHING, from MIN to MAX,
        in "handlers/link.py link_state_put, link_state_delete" {
        ReplayedNonce Always 100 "this Auth-Nonce was used before";
    }
};
