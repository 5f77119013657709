//! Pritunl: three processes see a web request, any of which can refuse it: a reverse proxy where there
//! is one, `pritunl-web` (Go, the front end) and the Python application behind it. Only the application
//! writes the journal.
//!
//! The application's log, `/var/log/pritunl.log`, tells of some of the same events: see `retold`.
//!
//! Pritunl writes no access log, and its journal names neither method, path nor status: those come from
//! the reverse proxy's log.

mod advice;
mod retold;
mod routes;
mod statements;
mod unlogged;

use super::{AT_ONCE, Body, Carried, Challenge, Credential, Index, Limit, System, Version};
use crate::cause::Cause;

pub static SYSTEM: System = System {
    name: "pritunl",
    provenance: "github.com/pritunl/pritunl c9800d0d5 (after 1.34.4681.89), \
                 github.com/pritunl/pritunl-web b04fc4a; releases 1.29.1947.29 to 1.34.4681.89 for \
                 the versions in which a line appeared",
    session_start: &["admin_session_start"],
    administrator_login: None,
    names_other_clients: false,
    has_one_log: false,
    phrases: &[],
    skew: |_, _| None,
    routes: routes::ROUTES,
    statements: statements::STATEMENTS,
    retold: retold::RETOLD,
    index: Index::new(),
    // `authorizer/authorizer.py set_challenge`
    challenge: Some(Challenge {
        action: "user_connect_failure",
        reasons: &[
            "Failed pin authentication",
            "Failed passcode authentication",
            "Failed Yubico authentication",
            "Failed two-step authentication",
        ],
        success: "user_connect_success",
        seconds: 120,
    }),
    unlogged: unlogged::UNLOGGED,
    carried: CARRIED,
    in_front: &[],
    logs_requests: false,
    advice: advice::ADVICE,
    limit: Some(Limit {
        attempts: 30,
        seconds: 600,
        of: "of one account, those with the right password too",
        source: "settings app.auth_limiter_count_max and app.auth_limiter_ttl",
    }),
    turn_on_log: "run `pritunl set app.auditing all` and `systemctl restart pritunl` (an Enterprise setting), \
                  and give /var/log/pritunl_journal.log of every host",
    turn_on_addresses: "run `pritunl set app.reverse_proxy true` and let the proxy send X-Forwarded-For",
    timing: AT_ONCE,
    logs_refusals_since: LOGGED_SESSIONS,
    whole_seconds_since: Version([1, 32, 4258, 38]),
};

/// `auth/administrator.py check_session`: with an Auth-Token header a request is of the API, else of a session, whose
/// cookie the front end checks as well.
const CARRIED: &[Carried] = &[
    carried(Cause::UnknownToken, Credential::Token),
    carried(Cause::ApiAccessDisabled, Credential::Token),
    carried(Cause::SignatureMismatch, Credential::Token),
    carried(Cause::MalformedSignature, Credential::Token),
    carried(Cause::MalformedTimestamp, Credential::Token),
    carried(Cause::ReplayedNonce, Credential::Token),
    carried(Cause::MissingSecret, Credential::Token),
    carried(Cause::InvalidSession, Credential::Cookie),
    carried(Cause::SessionAddressChanged, Credential::Cookie),
];

const fn carried(cause: Cause, credential: Credential) -> Carried {
    Carried { cause, credential }
}

/// The application writes a line for each refusal of an API key or a session.
const LOGGED_SESSIONS: Version = Version([1, 32, 4181, 41]);

/// The front end checks a token cookie of its own before it asks the application.
const FRONT_END_TOKEN: Version = Version([1, 32, 4465, 96]);

/// The application's error pages (`handlers/errors.py`): one fixed text for each status, whatever
/// aborted the request.
mod page {
    use super::Body;

    pub(super) const UNAUTHORIZED: Body = Body::Text("401: Unauthorized");
    pub(super) const FORBIDDEN: Body = Body::Text("403: Forbidden");
    pub(super) const NOT_FOUND: Body = Body::Text("404: Not Found");
    pub(super) const NOT_ALLOWED: Body = Body::Text("405: Not Allowed");
    pub(super) const NOT_ACCEPTABLE: Body = Body::Text("406: Not Acceptable");
    pub(super) const REQUEST_TIMEOUT: Body = Body::Text("408: Request Timeout");
    pub(super) const CONFLICT: Body = Body::Text("409: Conflict");
    pub(super) const GONE: Body = Body::Text("410: Gone");
    pub(super) const LENGTH_REQUIRED: Body = Body::Text("411: Length Required");
    pub(super) const PRECONDITION_FAILED: Body = Body::Text("412: Precondition Failed");
    pub(super) const PAYLOAD_TOO_LARGE: Body = Body::Text("413: Payload Too Large");
    pub(super) const URI_TOO_LONG: Body = Body::Text("414: URI Too Long");
    pub(super) const UNSUPPORTED_MEDIA_TYPE: Body = Body::Text("415: Unsupported Media Type");
    pub(super) const RANGE_NOT_SATISFIABLE: Body = Body::Text("416: Range Not Satisfiable");
    pub(super) const EXPECTATION_FAILED: Body = Body::Text("417: Expectation Failed");
    pub(super) const TOO_MANY_REQUESTS: Body = Body::Text("429: Too Many Requests");
}

/// The application's JSON errors (`constants.py`).
mod error {
    use super::{Body, Version};

    pub(super) const AUTH_INVALID: Body =
        Body::Error("auth_invalid", "Authentication credentials are not valid.");
    /// Before 1.32.4565.56 an unknown name was answered as a wrong password is.
    pub(super) const AUTH_INVALID_USERNAME: Body = Body::Changed(
        &AUTH_INVALID,
        Version([1, 32, 4565, 56]),
        &Body::Error(
            "auth_invalid_username",
            "Authentication username is not valid.",
        ),
    );
    pub(super) const AUTH_DISABLED: Body =
        Body::Error("auth_disabled", "Authentication credentials are disabled.");
    pub(super) const AUTH_TOO_MANY: Body =
        Body::Error("auth_too_many", "Too many authentication attempts.");
    pub(super) const PIN_INVALID: Body = Body::Error("pin_invalid", "Current pin is invalid.");
    pub(super) const TOKEN_INVALID: Body = Body::Error("token_invalid", "Token is invalid.");
    pub(super) const PASSCODE_INVALID: Body =
        Body::Error("passcode_invalid", "Passcode is invalid.");
    pub(super) const YUBIKEY_INVALID: Body = Body::Error("yubikey_invalid", "YubiKey is invalid.");
    pub(super) const USERNAME_MISMATCH: Body = Body::Error(
        "username_mismatch",
        "Single sign-on username changed, profile must be deleted and imported again.",
    );
    pub(super) const ORGANIZATION_MISMATCH: Body = Body::Error(
        "organization_mismatch",
        "Single sign-on organization changed, profile must be deleted and imported again.",
    );
    /// As large as `device_signature_missing`, which goes with the same line.
    pub(super) const DEVICE_SIGNATURE_INVALID: Body =
        Body::Error("device_signature_invalid", "Device signature invalid.");
    pub(super) const DEVICE_REGISTRATION_KEY_INVALID: Body = Body::Error(
        "device_registration_key_invalid",
        "Device registration key is invalid.",
    );
    pub(super) const DEVICE_REGISTRATION_LIMIT: Body = Body::Error(
        "device_registration_limit",
        "Too many invalid device registration attempts, device removed.",
    );
    pub(super) const USERS_BACKGROUND_BUSY: Body = Body::Error(
        "users_background_busy",
        "Users are already being created in background. Wait for task to complete before adding \
         more users.",
    );
    pub(super) const REQUIRES_SUPER_USER: Body = Body::Error(
        "requires_super_user",
        "This administrator action can only be performed by a super user.",
    );
    pub(super) const DEMO_BLOCKED: Body = Body::Error("demo_blocked", "Not available in demo.");
}
