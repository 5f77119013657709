//! The lines of `/var/log/pritunl_journal.log`.
//!
//! A line's words are `reason_long` for logins and single sign-on and `event_long` for the rest. A
//! misspelled word is the server's own.

use super::routes::{
    ADMIN_CREATE, ADMIN_DELETE, ADMIN_UPDATE, CALLBACK, CSRF_CHECKED, DATA_KEY, DATA_LINK,
    DATA_ONC, DATA_TAR, DATA_ZIP, DEVICE_DELETE, DEVICE_REGISTER, DUO, KEY_CONF, KEY_FILE, KEY_ONC,
    KEY_PIN, KEY_SSO, KEY_TAR, KEY_ZIP, LOGIN, LOGOUT, OVPN, OVPN_WAIT, PAGES, PROFILE_SSO,
    SESSION_CHECKED, SETTINGS_WRITE, SHORT_DELETE, SHORT_URI, SHORT_VIEW, SSO_AUTHENTICATE, SYNC,
    USER_CREATE, USER_DELETE, USER_OTP, USER_UPDATE, WG, WG_POST, WG_PUT, WG_WAIT, YUBICO,
};
use super::{LOGGED_SESSIONS, error, page};
use crate::cause::Cause::{
    AccountDisabled, ApiAccessDisabled, ClockSkew, CsrfInvalid, DeviceNotTrusted, ExpiredSession,
    InsufficientRights, InvalidSession, MalformedRequest, MalformedSignature, MalformedTimestamp,
    MfaRequired, MissingCredentials, MissingSecret, PolicyDenied, ProxyBypassed, RateLimited,
    ReplayedNonce, ServiceDisabled, SessionAddressChanged, SignatureMismatch, SsoFailed,
    UnknownToken, UnknownUser, WrongOtp, WrongPassword,
};
use crate::system::Body::{Any, Sizes, Text};
use crate::system::Meaning::{Acceptance, Change, Refusal, Side};
use crate::system::Position::{Either, First, Further};
use crate::system::{Routes, Statement, Version};

const NONE: Routes = Routes::NONE;

// `always`: only where no other line, and no silent refusal, goes with that route, status and body. So
// never for 401 with 17 bytes: a server that is disabled answers everything with it.
const ALWAYS: bool = true;
const MAY: bool = false;

// First releases with a line.
const V1947: Version = Version([1, 29, 1947, 29]);
const V1979: Version = Version([1, 29, 1979, 98]);
const V2145: Version = Version([1, 29, 2145, 25]);
const V2208: Version = Version([1, 29, 2208, 39]);
const V2388: Version = Version([1, 29, 2388, 46]);
const V2423: Version = Version([1, 29, 2423, 17]);
const V3149: Version = Version([1, 30, 3149, 73]);
const V3221: Version = Version([1, 30, 3221, 67]);
const V3331: Version = Version([1, 30, 3331, 78]);
const V3479: Version = Version([1, 32, 3479, 95]);
const V3487: Version = Version([1, 32, 3487, 33]);
const V3697: Version = Version([1, 32, 3697, 80]);
const V4258: Version = Version([1, 32, 4258, 38]);
const V4465: Version = super::FRONT_END_TOKEN;
/// In no release yet (August 2026); the last one before it.
const UNRELEASED: Version = Version([1, 34, 4681, 89]);

/// `GET /` and `GET /login`, which answer a refusal with a redirect and a page.
macro_rules! pages {
    () => {
        NONE
    };
    ($($status:literal)+) => {
        PAGES
    };
}
pub(super) use pages;

// In the brackets stand the statuses, behind a bar those of the pages among the routes.
macro_rules! statements {
    ($($action:literal since $since:ident in $source:literal {
        $($reason:literal => $meaning:expr,
            [$($status:literal)* $(| $($page:literal)+)?] $body:expr, $routes:expr, $position:ident, $always:ident;)+
    })+) => {
        &[$($(Statement {
            action: $action,
            reason: $reason,
            meaning: $meaning,
            status: &[$($status,)* $($($page),+)?],
            pages: pages!($($($page)+)?),
            body: $body,
            routes: $routes,
            position: $position,
            always: $always,
            elsewhere: None,
            since: $since,
            source: $source,
        },)+)+]
    };
}

pub(super) use statements;

pub(super) const STATEMENTS: &[Statement] = statements! {
    // Logins of administrators. Password, code and local code are all checked, each with a line of its
    // own; the YubiKey and whether the account is disabled only where they were right.
    "admin_auth_failure" since V1947 in "auth/administrator.py auth_check" {
        "Invalid password" => Refusal(WrongPassword), [401] error::AUTH_INVALID, LOGIN, First, MAY;
        "Invalid two-factor authentication code" => Refusal(WrongOtp), [401] error::AUTH_INVALID, LOGIN, Either, MAY;
        "Invalid YubiKey" => Refusal(WrongOtp), [401] error::AUTH_INVALID, LOGIN, First, MAY;
        "Account is disabled" => Refusal(AccountDisabled), [401] error::AUTH_INVALID, LOGIN, First, MAY;
    }
    "admin_auth_failure" since UNRELEASED in "auth/administrator.py auth_check" {
        "Invalid local two-factor authentication code" => Refusal(WrongOtp), [401] error::AUTH_INVALID, LOGIN, Either, MAY;
    }
    "admin_auth_failure" since V1947 in "handlers/auth.py _auth_plugin, auth_session_post" {
        "Invalid username" => Refusal(UnknownUser), [401] error::AUTH_INVALID_USERNAME, LOGIN, First, ALWAYS;
        "Too many authentication attempts" => Refusal(RateLimited), [400] error::AUTH_TOO_MANY, LOGIN, First, ALWAYS;
    }
    // The server's odd name: the reason was passed as the event.
    "plugin_failed" since V1947 in "handlers/auth.py _auth_plugin" {
        "Plugin authentication failed" => Refusal(SsoFailed), [401] error::AUTH_INVALID, LOGIN, First, MAY;
    }
    "admin_auth_success" since V1947 in "auth/administrator.py auth_check" {
        "" => Acceptance, [200] Any, LOGIN, First, ALWAYS;
    }
    "admin_session_start" since V1947 in "handlers/auth.py auth_session_post" {
        "" => Acceptance, [200] Any, LOGIN, Further, ALWAYS;
    }
    // Also on the side of the front end's refusals: see the unlogged refusals.
    "admin_session_end" since V1947 in "handlers/auth.py auth_delete" {
        "" => Side, [200] Text(r#"{"authenticated": false}"#), LOGOUT, First, ALWAYS;
    }

    // The check of sessions and API keys: the address is all these lines carry beside their words.
    // `GET /` answers a refusal with 302 and `GET /login` with 200.
    "admin_auth_failure" since LOGGED_SESSIONS in "auth/administrator.py check_session" {
        "Expired auth timestamp" => Refusal(ClockSkew), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Invalid auth timestamp" => Refusal(MalformedTimestamp), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Administrator not API enabled" => Refusal(ApiAccessDisabled), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Invalid signature or nonce length" => Refusal(MalformedSignature), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Adminsitrator missing secret" => Refusal(MissingSecret), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Auth signature mismatch" => Refusal(SignatureMismatch), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Duplicate nonce from reconnection" => Refusal(ReplayedNonce), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Missing admin ID" => Refusal(InvalidSession), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Missing session signature" => Refusal(InvalidSession), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Session signature mismatch" => Refusal(InvalidSession), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Invalid CSRF token" => Refusal(CsrfInvalid), [401] page::UNAUTHORIZED, CSRF_CHECKED, First, MAY;
        "Invalid administrator user" => Refusal(InvalidSession), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Remote address change" => Refusal(SessionAddressChanged), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Session expired" => Refusal(ExpiredSession), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
        "Administrator disabled" => Refusal(AccountDisabled), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
    }
    // Written for every `GET /login` with a session cookie: the front end vouches for no session there.
    "admin_auth_failure" since V4465 in "auth/administrator.py check_session" {
        "Request session not validated by external web" => Refusal(ProxyBypassed), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
    }

    // Radius, Duo and plugins, asked where a login's name is no administrator's.
    "sso_auth_failure" since V1947 in "handlers/auth.py _auth_radius" {
        "Radius authentication failed" => Refusal(SsoFailed), [401] error::AUTH_INVALID, LOGIN, First, MAY;
        "Radius plugin authentication failed" => Refusal(SsoFailed), [401] error::AUTH_INVALID, LOGIN, First, MAY;
        "Duo authentication invalid username" => Refusal(SsoFailed), [401] error::AUTH_INVALID, LOGIN, First, MAY;
    }
    // 17 bytes from a page that aborts, 66 from a Duo page, 83 from a login.
    "sso_auth_failure" since V1947 in "handlers/auth.py _auth_radius; handlers/sso.py sso_authenticate_post, sso_duo_post; handlers/key.py key_duo_post" {
        "Duo authentication failed" => Refusal(SsoFailed), [401] Sizes(17, 83), LOGIN.or(SSO_AUTHENTICATE).or(DUO), First, MAY;
        "Duo plugin authentication failed" => Refusal(SsoFailed), [401] Sizes(17, 83), LOGIN.or(SSO_AUTHENTICATE).or(DUO), First, MAY;
    }
    "sso_auth_failure" since V1947 in "handlers/sso.py sso_duo_post, sso_yubico_post; handlers/key.py key_duo_post, key_yubico_post" {
        "Invalid Duo authentication token" => Refusal(UnknownToken), [401] error::TOKEN_INVALID, DUO, First, MAY;
        "Duo passcode authentication failed" => Refusal(SsoFailed), [401] error::PASSCODE_INVALID, DUO, First, MAY;
        "Invalid Yubikey authentication token" => Refusal(UnknownToken), [401] error::TOKEN_INVALID, YUBICO, First, MAY;
        "Yubikey authentication failed" => Refusal(SsoFailed), [401] error::YUBIKEY_INVALID, YUBICO, First, MAY;
    }
    // Before 1.30.3331.78 in the words of an unknown name.
    "sso_auth_failure" since V1947 in "handlers/sso.py _validate_user" {
        "Invalid username" => Refusal(WrongOtp), [401] error::YUBIKEY_INVALID, YUBICO, First, MAY;
    }
    "sso_auth_failure" since V3331 in "handlers/sso.py _validate_user; handlers/key.py _key_sso_validate" {
        "Invalid yubikey id" => Refusal(WrongOtp), [401] error::YUBIKEY_INVALID, YUBICO, First, MAY;
    }
    "sso_auth_failure" since V1947 in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "Signature mismatch" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Saml plugin authentication failed" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Slack plugin authentication failed" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Google authentication failed" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Google plugin authentication failed" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Azure directory ID mismatch" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Azure authentication failed" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Azure plugin authentication failed" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Auth0 authentication failed" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
        "Auth0 plugin authentication failed" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }
    "sso_auth_failure" since V2208 in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "Slack team not valid" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }
    "user_connect_sso_failure" since V3331 in "handlers/key.py _key_sso_validate" {
        "Username mismatch" => Refusal(SsoFailed), [401] error::USERNAME_MISMATCH, KEY_SSO, First, ALWAYS;
        "Organization mismatch" => Refusal(SsoFailed), [401] error::ORGANIZATION_MISMATCH, KEY_SSO, First, ALWAYS;
    }
    "sso_auth_update" since V3697 in "handlers/sso.py _validate_user" {
        "User sso attributes modified" => Change(&[PolicyDenied]), [200 302] Any, PROFILE_SSO, First, MAY;
    }
    "sso_auth_success" since V1947 in "handlers/auth.py _auth_radius; handlers/sso.py _validate_user; handlers/key.py _key_sso_validate" {
        "" => Acceptance, [200 202 302] Any, LOGIN.or(PROFILE_SSO).or(KEY_SSO), Either, MAY;
    }
    "user_profile_success" since V1979 in "handlers/auth.py _auth_radius; handlers/sso.py _validate_user; handlers/key.py _key_sso_validate" {
        "User profile viewed from single sign-on" => Acceptance, [200 202 302] Any, LOGIN.or(PROFILE_SSO).or(KEY_SSO), Further, MAY;
    }
    "user_profile_success" since V1979 in "handlers/auth.py _auth_plugin" {
        "User profile viewed from plugin authentication" => Acceptance, [202] Any, LOGIN, Either, MAY;
    }

    // The Pritunl client's requests: signed as the API's, but each failure has a status of its own.
    "user_sync_failure" since V1979 in "handlers/key.py key_sync_get" {
        "Missing auth header" => Refusal(MissingCredentials), [406] page::NOT_ACCEPTABLE, SYNC, First, ALWAYS;
        "Expired auth timestamp" => Refusal(ClockSkew), [408] page::REQUEST_TIMEOUT, SYNC, First, ALWAYS;
        "Invalid auth timestamp" => Refusal(MalformedTimestamp), [405] page::NOT_ALLOWED, SYNC, First, ALWAYS;
        "Organization not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, SYNC, First, MAY;
        "User not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, SYNC, First, MAY;
        "User missing sync secret" => Refusal(MissingSecret), [410] page::GONE, SYNC, First, MAY;
        "Sync token mismatch" => Refusal(UnknownToken), [410] page::GONE, SYNC, First, MAY;
        "User disabled" => Refusal(AccountDisabled), [403] page::FORBIDDEN, SYNC, First, ALWAYS;
        "Auth string len limit exceeded" => Refusal(MalformedSignature), [413] page::PAYLOAD_TOO_LARGE, SYNC, First, ALWAYS;
        "Sync signature mismatch" => Refusal(SignatureMismatch), [401] page::UNAUTHORIZED, SYNC, First, MAY;
        "Duplicate key" => Refusal(ReplayedNonce), [409] page::CONFLICT, SYNC, First, ALWAYS;
    }
    // A client whose profile is up to date is answered `{}`, without a line.
    "user_sync_success" since V1979 in "handlers/key.py key_sync_get" {
        "User profile synced from pritunl client" => Acceptance, [200] Sizes(3, u64::MAX), SYNC, First, ALWAYS;
    }

    "user_wg_failure" since V2388 in "handlers/key.py key_wg_post, key_wg_put, key_wg_wait_post" {
        "Missing auth header" => Refusal(MissingCredentials), [406] page::NOT_ACCEPTABLE, WG, First, ALWAYS;
        "Expired auth timestamp" => Refusal(ClockSkew), [408] page::REQUEST_TIMEOUT, WG, First, ALWAYS;
        "Invalid auth timestamp" => Refusal(MalformedTimestamp), [405] page::NOT_ALLOWED, WG, First, ALWAYS;
        "Organization not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, WG, First, MAY;
        "User not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, WG, First, MAY;
        "User missing sync secret" => Refusal(MissingSecret), [410] page::GONE, WG, First, ALWAYS;
        "Sync token mismatch" => Refusal(UnknownToken), [411] page::LENGTH_REQUIRED, WG, First, ALWAYS;
        "User disabled" => Refusal(AccountDisabled), [403] page::FORBIDDEN, WG, First, ALWAYS;
        "Auth signature mismatch" => Refusal(SignatureMismatch), [401] page::UNAUTHORIZED, WG, First, MAY;
        // Before 1.32.4258.38 of PUT too.
        "Auth string len limit exceeded" => Refusal(MalformedSignature), [414] page::URI_TOO_LONG, WG, First, MAY;
        // Before 1.30.3149.73.
        "Duplicate nonce" => Refusal(ReplayedNonce), [409] page::CONFLICT, WG, First, MAY;
        // The status is POST's first, then PUT's.
        "Duplicate secondary nonce" => Refusal(ReplayedNonce), [415 412] page::UNSUPPORTED_MEDIA_TYPE, WG, First, MAY;
        "Public key too short" => Refusal(MalformedRequest), [416 415] page::RANGE_NOT_SATISFIABLE, WG, First, MAY;
        "Public key invalid" => Refusal(MalformedRequest), [417 416] page::EXPECTATION_FAILED, WG, First, MAY;
    }
    "user_wg_failure" since V3149 in "handlers/key.py key_wg_post, key_wg_put, key_wg_wait_post" {
        "Duplicate nonce from reconnection" => Refusal(ReplayedNonce), [409] page::CONFLICT, WG, First, MAY;
    }
    "user_wg_failure" since V2388 in "handlers/key.py key_wg_post, key_wg_wait_post" {
        "Invalid rsa signature" => Refusal(SignatureMismatch), [412] page::PRECONDITION_FAILED, WG_POST.or(WG_WAIT), First, ALWAYS;
        "Duplicate wg public key" => Refusal(MalformedRequest), [413] page::PAYLOAD_TOO_LARGE, WG_POST.or(WG_WAIT), Either, ALWAYS;
    }
    "user_wg_failure" since V2388 in "handlers/key.py key_wg_put" {
        "Public key not found" => Refusal(MalformedRequest), [417] page::EXPECTATION_FAILED, WG_PUT, First, MAY;
    }
    "user_wg_failure" since V4258 in "handlers/key.py key_wg_put" {
        "Invalid signature or nonce length" => Refusal(MalformedSignature), [414] page::URI_TOO_LONG, WG_PUT, First, MAY;
    }
    // Of OpenVPN connections too.
    "user_wg_failure" since V3479 in "handlers/key.py key_wg_post, key_wg_wait_post, key_ovpn_post, key_ovpn_wait_post" {
        "Invalid device signature" => Refusal(DeviceNotTrusted), [400] error::DEVICE_SIGNATURE_INVALID, WG_POST.or(WG_WAIT).or(OVPN).or(OVPN_WAIT), Either, ALWAYS;
    }
    "user_wg_failure" since V3487 in "handlers/key.py key_wg_post, key_wg_wait_post" {
        "Device registration required" => Refusal(DeviceNotTrusted), [200] Any, WG_POST.or(WG_WAIT), Further, MAY;
    }
    "user_wg_success" since V2388 in "handlers/key.py key_wg_post, key_wg_wait_post" {
        "User retrieved wg public key from pritunl client" => Acceptance, [200] Any, WG_POST.or(WG_WAIT), Either, MAY;
    }
    "user_wg_success" since V2388 in "handlers/key.py key_wg_put" {
        "User wg ping from pritunl client" => Acceptance, [200] Any, WG_PUT, First, ALWAYS;
    }

    "user_ovpn_failure" since V3221 in "handlers/key.py key_ovpn_post" {
        "Missing auth header" => Refusal(MissingCredentials), [406] page::NOT_ACCEPTABLE, OVPN, First, ALWAYS;
        "Expired auth timestamp" => Refusal(ClockSkew), [408] page::REQUEST_TIMEOUT, OVPN, First, ALWAYS;
        "Invalid auth timestamp" => Refusal(MalformedTimestamp), [405] page::NOT_ALLOWED, OVPN, First, ALWAYS;
        "User missing sync secret" => Refusal(MissingSecret), [410] page::GONE, OVPN, First, ALWAYS;
        "Sync token mismatch" => Refusal(UnknownToken), [411] page::LENGTH_REQUIRED, OVPN, First, ALWAYS;
        "User disabled" => Refusal(AccountDisabled), [403] page::FORBIDDEN, OVPN, First, ALWAYS;
        "Auth string len limit exceeded" => Refusal(MalformedSignature), [414] page::URI_TOO_LONG, OVPN, First, ALWAYS;
        "Auth signature mismatch" => Refusal(SignatureMismatch), [401] page::UNAUTHORIZED, OVPN, First, MAY;
        "Duplicate nonce from reconnection" => Refusal(ReplayedNonce), [409] page::CONFLICT, OVPN, First, ALWAYS;
        "Invalid rsa signature" => Refusal(SignatureMismatch), [412] page::PRECONDITION_FAILED, OVPN, First, ALWAYS;
        "Duplicate secondary nonce" => Refusal(ReplayedNonce), [415] page::UNSUPPORTED_MEDIA_TYPE, OVPN, First, ALWAYS;
    }
    "user_ovpn_failure" since V3221 in "handlers/key.py key_ovpn_post, _key_sso_validate" {
        "Organization not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, OVPN.or(KEY_SSO), First, MAY;
        "User not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, OVPN.or(KEY_SSO), First, MAY;
    }
    "user_ovpn_failure" since V3479 in "handlers/key.py key_ovpn_post, key_ovpn_wait_post" {
        "Device registration required" => Refusal(DeviceNotTrusted), [200] Any, OVPN.or(OVPN_WAIT), Further, MAY;
    }
    "user_ovpn_success" since V3221 in "handlers/key.py key_ovpn_post, key_ovpn_wait_post" {
        "User opened ovpn connection from pritunl client" => Acceptance, [200] Any, OVPN.or(OVPN_WAIT), Either, MAY;
    }

    "user_key_failure" since V3331 in "handlers/key.py key_ovpn_wait_post" {
        "Missing auth header" => Refusal(MissingCredentials), [406] page::NOT_ACCEPTABLE, OVPN_WAIT, First, ALWAYS;
        "Expired auth timestamp" => Refusal(ClockSkew), [408] page::REQUEST_TIMEOUT, OVPN_WAIT, First, ALWAYS;
        "Invalid auth timestamp" => Refusal(MalformedTimestamp), [405] page::NOT_ALLOWED, OVPN_WAIT, First, ALWAYS;
        "Organization not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, OVPN_WAIT, First, MAY;
        "User not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, OVPN_WAIT, First, MAY;
        "User missing sync secret" => Refusal(MissingSecret), [410] page::GONE, OVPN_WAIT, First, ALWAYS;
        "Sync token mismatch" => Refusal(UnknownToken), [411] page::LENGTH_REQUIRED, OVPN_WAIT, First, ALWAYS;
        "User disabled" => Refusal(AccountDisabled), [403] page::FORBIDDEN, OVPN_WAIT, First, ALWAYS;
        "Auth string len limit exceeded" => Refusal(MalformedSignature), [414] page::URI_TOO_LONG, OVPN_WAIT, First, ALWAYS;
        "Auth signature mismatch" => Refusal(SignatureMismatch), [401] page::UNAUTHORIZED, OVPN_WAIT, First, MAY;
        "Duplicate nonce from reconnection" => Refusal(ReplayedNonce), [409] page::CONFLICT, OVPN_WAIT, First, ALWAYS;
        "Invalid rsa signature" => Refusal(SignatureMismatch), [412] page::PRECONDITION_FAILED, OVPN_WAIT, First, ALWAYS;
        "Duplicate secondary nonce" => Refusal(ReplayedNonce), [415] page::UNSUPPORTED_MEDIA_TYPE, OVPN_WAIT, First, ALWAYS;
    }

    // Devices that must be registered before they may connect. A verified one can still be refused: by
    // its key, or because its server is not running or waits for single sign-on.
    "user_device_authenticate_success" since V3487 in "handlers/key.py key_wg_post, key_wg_wait_post, key_ovpn_post, key_ovpn_wait_post" {
        "User verified device signature" => Side, [200 401 413 428 429 431] Any, WG_POST.or(WG_WAIT).or(OVPN).or(OVPN_WAIT), First, MAY;
    }
    "user_device_authenticate_failure" since V3487 in "handlers/key.py key_wg_post, key_wg_wait_post, key_ovpn_post, key_ovpn_wait_post" {
        "User device signature invalid" => Refusal(DeviceNotTrusted), [400] error::DEVICE_SIGNATURE_INVALID, WG_POST.or(WG_WAIT).or(OVPN).or(OVPN_WAIT), First, MAY;
    }
    "user_device_create" since V3487 in "handlers/key.py key_ovpn_post, key_ovpn_wait_post" {
        "Device registration required" => Side, [200] Any, OVPN.or(OVPN_WAIT), First, MAY;
    }
    "user_device_create" since V3487 in "handlers/key.py key_wg_post, key_wg_wait_post" {
        "New user device request" => Side, [200] Any, WG_POST.or(WG_WAIT), First, MAY;
    }
    "user_device_register_success" since V3487 in "handlers/device.py device_register_put; handlers/user.py user_device_put" {
        "User device registered" => Acceptance, [200] Any, DEVICE_REGISTER, First, ALWAYS;
    }
    "user_device_register_failure" since V3487 in "handlers/device.py device_register_put; handlers/user.py user_device_put" {
        "User device register failed, device limit" => Refusal(PolicyDenied), [400] error::DEVICE_REGISTRATION_LIMIT, DEVICE_REGISTER, First, ALWAYS;
        "User device register failed, invalid code" => Refusal(WrongOtp), [400] error::DEVICE_REGISTRATION_KEY_INVALID, DEVICE_REGISTER, First, ALWAYS;
    }
    "user_device_delete" since V3487 in "handlers/device.py device_register_delete; handlers/user.py user_device_delete" {
        "User device removed" => Change(&[DeviceNotTrusted]), [200] Any, DEVICE_DELETE, First, ALWAYS;
    }

    // Profiles by temporary link. 404 is also the answer where imports are restricted, 403 of
    // `PUT /key_pin` has no line.
    "user_profile_failure" since V1979 in "handlers/key.py user_linked_key_*_get, user_linked_key_page_get, user_key_pin_put" {
        "Key ID not found" => Refusal(UnknownToken), [404] page::NOT_FOUND, KEY_FILE.or(KEY_PIN).or(SHORT_VIEW), First, MAY;
        "User disabled" => Refusal(AccountDisabled), [403] page::FORBIDDEN, KEY_FILE.or(SHORT_VIEW), First, ALWAYS;
        "Organization not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, KEY_CONF, First, MAY;
        "User not found" => Refusal(UnknownUser), [404] page::NOT_FOUND, KEY_CONF, First, MAY;
    }
    "user_profile_success" since V1979 in "handlers/key.py user_linked_key_*_get, user_linked_key_page_get, user_uri_key_page_get" {
        "User tar profile downloaded with temporary profile link" => Acceptance, [200] Any, KEY_TAR, First, ALWAYS;
        "User zip profile downloaded with temporary profile link" => Acceptance, [200] Any, KEY_ZIP, First, ALWAYS;
        "User onc profile downloaded with temporary profile link" => Acceptance, [200] Any, KEY_ONC, First, ALWAYS;
        "User profile downloaded with temporary profile link" => Acceptance, [200] Any, KEY_CONF, First, ALWAYS;
        "User temporary profile link viewed" => Acceptance, [200] Any, SHORT_VIEW, First, ALWAYS;
        "User temporary profile downloaded from pritunl client" => Acceptance, [200] Any, SHORT_URI, First, ALWAYS;
    }
    "user_profile_success" since V1979 in "handlers/key.py user_key_*_archive_get, user_linked_key_conf_get, user_key_link_get" {
        "User tar profile downloaded from web console" => Acceptance, [200] Any, DATA_TAR, First, ALWAYS;
        "User zip profile downloaded from web console" => Acceptance, [200] Any, DATA_ZIP, First, ALWAYS;
        "User onc profile downloaded from web console" => Acceptance, [200] Any, DATA_ONC, First, ALWAYS;
        "User key profile downloaded from web console" => Acceptance, [200] Any, DATA_KEY, First, ALWAYS;
        "User temporary profile links created from web console" => Acceptance, [200] Any, DATA_LINK, First, ALWAYS;
    }
    "user_profile_delete" since V1979 in "handlers/key.py user_linked_key_page_delete" {
        "Temporary profile link deleted" => Change(&[UnknownToken]), [200] Any, SHORT_DELETE, First, ALWAYS;
    }
    "user_pin_update" since V1979 in "handlers/key.py user_key_pin_put" {
        "User pin changed with temporary profile link" => Change(&[WrongPassword]), [200] Any, KEY_PIN, First, MAY;
    }

    // Changes by administrators. One PUT writes a line for each thing it changes, and can still be
    // answered with 400 for the next one: a line of a change does not prove the change.
    "admin_create" since V1979 in "handlers/admin.py admin_post" {
        "Administrator created" => Change(&[]), [200] Any, ADMIN_CREATE, First, ALWAYS;
    }
    "admin_delete" since V1979 in "handlers/admin.py admin_delete" {
        "Administrator deleted" => Change(&[InvalidSession, UnknownToken, UnknownUser]), [200] Any, ADMIN_DELETE, First, ALWAYS;
    }
    "admin_update" since V1979 in "handlers/admin.py admin_put" {
        "Administrator username changed" => Change(&[UnknownUser]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        // Sessions stay valid.
        "Administrator password changed" => Change(&[WrongPassword]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator YubiKey ID changed" => Change(&[WrongOtp, MfaRequired]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        // The server writes these two the wrong way round: "enabled" is a right taken away.
        "Administrator super user enabled" => Change(&[InsufficientRights]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator super user disabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator token authentication enabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        // Token and secret are made anew with it, so the old token is unknown from then on.
        "Administrator token authentication disabled" => Change(&[ApiAccessDisabled, UnknownToken]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator api token changed" => Change(&[UnknownToken]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator api secret changed" => Change(&[SignatureMismatch]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator enabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator disabled" => Change(&[AccountDisabled]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator two-step authentication enabled" => Change(&[MfaRequired, WrongOtp]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator two-step authentication disabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator two-factor authentication secret reset" => Change(&[WrongOtp]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
    }
    "admin_update" since UNRELEASED in "handlers/admin.py admin_put" {
        "Administrator local two-step authentication enabled" => Change(&[MfaRequired, WrongOtp]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator local two-step authentication disabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
    }
    // A line for each of: name and password of the administrator who is logged in, SMTP, PIN mode,
    // imports, client options, single sign-on.
    "settings_update" since V1979 in "handlers/settings.py settings_put" {
        "Settings updated" => Change(&[SsoFailed, WrongPassword, UnknownUser]), [200] Any, SETTINGS_WRITE, Either, MAY;
    }
    "user_create" since V1979 in "handlers/user.py _create_user" {
        "User created from web console" => Change(&[]), [200 202 400] Any, USER_CREATE, Either, MAY;
    }
    "user_create" since V1979 in "handlers/auth.py _auth_plugin" {
        "User created with plugin authentication" => Change(&[]), [202] Any, LOGIN, First, MAY;
    }
    "user_create" since V1979 in "handlers/auth.py _auth_radius; handlers/sso.py _validate_user" {
        "User created with single sign-on" => Change(&[]), [200 202 302] Any, LOGIN.or(PROFILE_SSO), First, MAY;
    }
    "user_create" since V1979 in "server/server.py create_primary_user; host/host.py get_link_user" {
        "Server user created" => Change(&[]), [] Any, NONE, Either, MAY;
        "User created for host linking" => Change(&[]), [] Any, NONE, Either, MAY;
    }
    "user_delete" since V1979 in "handlers/user.py user_delete" {
        "User deleted" => Change(&[UnknownUser, UnknownToken]), [200] Any, USER_DELETE, First, ALWAYS;
    }
    "user_updated" since V1979 in "handlers/user.py user_put" {
        "User name changed" => Change(&[SsoFailed]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User email changed" => Change(&[]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User groups changed" => Change(&[PolicyDenied]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User pin changed" => Change(&[WrongPassword]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User network links updated" => Change(&[]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User port forwarding changed" => Change(&[]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User enabled" => Change(&[]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User disabled" => Change(&[AccountDisabled]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User dns servers changed" => Change(&[]), [200 400] Any, USER_UPDATE, Either, MAY;
        "User dns suffix changed" => Change(&[]), [200 400] Any, USER_UPDATE, Either, MAY;
    }
    "user_updated" since V2423 in "handlers/user.py user_put" {
        "User mac addresses changed" => Change(&[PolicyDenied]), [200 400] Any, USER_UPDATE, Either, MAY;
    }
    "user_updated" since V1979 in "handlers/user.py user_otp_secret_put" {
        "User two step secret reset" => Change(&[WrongOtp]), [200] Any, USER_OTP, First, ALWAYS;
    }
    "user_profile_email" since V1979 in "handlers/user.py user_put" {
        "User key email sent to \"{}\"" => Side, [200 400] Any, USER_UPDATE, Either, MAY;
    }
    // Also with a new version, a new reverse proxy setting, another certificate.
    "web_server_start" since V1947 in "app.py _run_server" {
        "" => Change(&[ApiAccessDisabled, MissingCredentials, InvalidSession, ProxyBypassed, SessionAddressChanged, ServiceDisabled]), [] Any, NONE, First, MAY;
    }

    // VPN connections. No HTTP request answers for them, though a WireGuard client's POST writes them on
    // its way and is answered with 200. A first step that asks for a PIN or a code is written as a
    // failure too: a success of the same user within two minutes means that it was only a prompt.
    "user_connect_failure" since V1979 in "authorizer/authorizer.py _check_auth_data" {
        "Auth data missing nonce" => Refusal(MissingCredentials), [] Any, NONE, Either, MAY;
        "Auth data missing timestamp" => Refusal(MissingCredentials), [] Any, NONE, Either, MAY;
        "Auth timestamp expired" => Refusal(ClockSkew), [] Any, NONE, Either, MAY;
        // Before 1.30.3221.67.
        "Duplicate nonce" => Refusal(ReplayedNonce), [] Any, NONE, Either, MAY;
    }
    "user_connect_failure" since V3221 in "authorizer/authorizer.py _check_auth_data" {
        "Duplicate nonce from reconnection" => Refusal(ReplayedNonce), [] Any, NONE, Either, MAY;
    }
    "user_connect_failure" since V1979 in "authorizer/authorizer.py _check_primary" {
        "Unknown organization" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
        "User disabled" => Refusal(AccountDisabled), [] Any, NONE, Either, MAY;
        "User name empty" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
        "User name invalid" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
        "Link user client type" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
        "Link user missing server id" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
        "Unknown link user" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
        "Unknown user type" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
        "User not in servers groups" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
        "User platform not allowed" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
    }
    "user_connect_failure" since V2423 in "authorizer/authorizer.py _check_primary" {
        "User mac address not allowed" => Refusal(PolicyDenied), [] Any, NONE, Either, MAY;
    }
    "user_connect_failure" since V1979 in "authorizer/authorizer.py _check_password" {
        "Too many authentication attempts" => Refusal(RateLimited), [] Any, NONE, Either, MAY;
        "Failed pin authentication" => Refusal(WrongPassword), [] Any, NONE, Either, MAY;
        "Failed passcode authentication" => Refusal(WrongOtp), [] Any, NONE, Either, MAY;
        "Failed Yubico authentication" => Refusal(WrongOtp), [] Any, NONE, Either, MAY;
        "Failed two-step authentication" => Refusal(WrongOtp), [] Any, NONE, Either, MAY;
        "User does not have a pin set" => Refusal(WrongPassword), [] Any, NONE, Either, MAY;
    }
    "user_connect_failure" since V1979 in "authorizer/authorizer.py _check_sso, _auth_push_thread" {
        "Failed secondary authentication" => Refusal(SsoFailed), [] Any, NONE, Either, MAY;
        "User failed push authentication" => Refusal(SsoFailed), [] Any, NONE, Either, MAY;
    }
    "user_connect_bypass" since V1979 in "authorizer/authorizer.py _check_password" {
        "Bypass secondary enabled, skipping password" => Side, [] Any, NONE, Either, MAY;
    }
    "user_connect_cache" since V1979 in "authorizer/authorizer.py _check_password, _check_push" {
        "Authentication cached, skipping OTP" => Side, [] Any, NONE, Either, MAY;
        "Authentication cached, skipping Yubikey" => Side, [] Any, NONE, Either, MAY;
        "Authentication cached, skipping push" => Side, [] Any, NONE, Either, MAY;
        "Authentication cached, skipping secondary passcode" => Side, [] Any, NONE, Either, MAY;
        "Client authentication cached, skipping password" => Side, [] Any, NONE, Either, MAY;
        "Client authentication cached, skipping push" => Side, [] Any, NONE, Either, MAY;
    }
    "user_connect_sso" since V3331 in "authorizer/authorizer.py _check_password, _check_push" {
        "Client sso authentication, skipping password" => Side, [] Any, NONE, Either, MAY;
        "Client sso authentication, skipping push" => Side, [] Any, NONE, Either, MAY;
    }
    "user_connect_whitelist" since V1979 in "authorizer/authorizer.py _check_password, _check_push" {
        "Client network whitelisted, skipping password" => Side, [] Any, NONE, Either, MAY;
        "Client network whitelisted, skipping push" => Side, [] Any, NONE, Either, MAY;
    }
    "user_connect_success" since V1979 in "authorizer/authorizer.py _callback" {
        "User connected" => Acceptance, [] Any, NONE, Either, MAY;
    }
    "user_connect_network" since V2145 in "clients/clients.py _connected" {
        "User connected to network" => Acceptance, [] Any, NONE, Either, MAY;
    }
    "user_disconnect" since V1979 in "clients/clients.py _disconnected" {
        "User disconnected" => Side, [] Any, NONE, Either, MAY;
    }
};
