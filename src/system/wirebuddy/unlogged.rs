//! What WireBuddy refuses with nothing but its access line: `{"detail":"…"}`, whose length is the fingerprint.

use super::routes::{
    ADMIN, BACKUP_RESTORE, BY_NODES, CHECK_UPDATES, CSRF_CHECKED, ENROLL, GATED, LOGIN,
    OTP_CONFIRM, OTP_DISABLE, OWN, PASSKEY, PEER_WRITE, REQUIRED_CHANGE, SESSION, SPEEDTEST,
    STATUS, SYSTEM_STATUS, USER_PATCH,
};
use crate::cause::Cause::{
    AccountDisabled, AccountLocked, AddressNotAllowed, ClockSkew, CsrfInvalid, ExpiredSession,
    InsufficientRights, InvalidSession, MfaPendingLimit, MissingCredentials,
    NodeCertificateMismatch, NodeTokenExpired, NodeTokenInvalid, PolicyDenied, RateLimited,
    SetupPending, SignatureMismatch, UnknownToken, WrongOtp, WrongPassword,
};
use crate::system::Body::{Detail, Sizes, Text};
use crate::system::{Condition, Unlogged, Version};

macro_rules! unlogged {
    ($([$status:literal $body:expr] on $routes:expr, in $source:literal {
        $($cause:ident $condition:ident $weight:literal $when:literal;)+
    })+) => {
        &[$($(Unlogged {
            cause: $cause,
            status: $status,
            body: $body,
            routes: $routes,
            side: None,
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
    // Who asks. A cookie that is not good for anything says the same as none.
    [401 Detail("Not authenticated")] on SESSION,
        in "app/api/auth.py get_current_user" {
        MissingCredentials Stranger 100 "neither a session cookie nor a bearer token";
        MissingCredentials TokenInQuery 5000 "a token in the query string, where it is not read";
        ExpiredSession Session 60 "a session cookie an hour after it was last used, or a day after the login";
        InvalidSession Session 40 "a session cookie that was logged out, revoked by a change of the password or the second factor, or never given";
        AccountDisabled ChangedSession 20 "a session cookie of an account that was disabled since";
    }
    [401 Detail("Invalid or expired token")] on SESSION,
        in "app/api/auth.py get_current_user" {
        UnknownToken Stranger 60 "a bearer token that was never given, was revoked, or was deleted an hour after its end";
        ExpiredSession Session 60 "a bearer token an hour after its login: use does not prolong it";
        AccountDisabled ChangedSession 20 "a bearer token of an account that was disabled since";
    }
    [401 Detail("Invalid OTP code")] on OTP_CONFIRM,
        in "app/api/auth.py confirm_my_otp_setup; app/api/users.py" {
        WrongOtp Always 100 "the code does not match the new secret: codes of the half minute before are refused";
    }
    [401 Detail("Password or OTP code invalid")] on OTP_DISABLE,
        in "app/api/users.py" {
        WrongOtp Always 50 "the user's own code is wrong";
        WrongPassword Always 50 "the user's own password is wrong";
    }
    [401 Detail("Admin password verification required")] on OTP_DISABLE,
        in "app/api/users.py" {
        WrongPassword Always 100 "the administrator's own password is missing or wrong";
    }
    [401 Detail("Invalid password")] on BACKUP_RESTORE,
        in "app/api/backup.py" {
        WrongPassword Always 100 "the password that the restore asks for is wrong";
    }

    // Nodes.
    [401 Detail("Invalid authorization header")] on BY_NODES.or(ENROLL),
        in "app/api/nodes_sync.py" {
        NodeTokenInvalid Always 1000 "Authorization is not of the form `Bearer SECRET`";
    }
    [401 Detail("Token has expired")] on ENROLL,
        in "app/utils/enrollment.py" {
        NodeTokenExpired Always 1000 "the enrolment token is older than 24 hours";
    }
    [401 Detail("Token created_at is in the future")] on ENROLL,
        in "app/utils/enrollment.py" {
        ClockSkew Always 1000 "the enrolment token was made more than 5 minutes in the future";
    }
    [401 Detail("Token signature verification failed")] on ENROLL,
        in "app/utils/enrollment.py" {
        SignatureMismatch Always 1000 "the enrolment token was signed with another WIREBUDDY_SECRET_KEY";
    }
    [401 Detail("API secret mismatch")] on ENROLL,
        in "app/api/nodes_sync.py" {
        NodeTokenInvalid Always 1000 "the enrolment token was replaced by a newer one";
    }
    [401 Detail("Malformed token: missing signature separator")] on ENROLL,
        in "app/utils/enrollment.py" {
        NodeTokenInvalid Always 1000 "the enrolment token is cut short, or is none";
    }
    [401 Detail("Malformed token signature")] on ENROLL,
        in "app/utils/enrollment.py" {
        NodeTokenInvalid Always 1000 "the enrolment token is cut short, or is none";
    }
    [401 Detail("Invalid token encoding")] on ENROLL,
        in "app/utils/enrollment.py" {
        NodeTokenInvalid Always 1000 "the enrolment token is no base64";
    }
    [401 Detail("Token too large")] on ENROLL,
        in "app/utils/enrollment.py" {
        NodeTokenInvalid Always 1000 "the enrolment token is far too long";
    }
    [401 Detail("Decoded token payload too large")] on ENROLL,
        in "app/utils/enrollment.py" {
        NodeTokenInvalid Always 1000 "the enrolment token is far too long";
    }
    // `Token payload …`, `Token missing required field: …`, `Token field …`, `node_id …` and their like.
    [401 Sizes(26, 110)] on ENROLL,
        in "app/utils/enrollment.py" {
        NodeTokenInvalid Always 2 "the enrolment token holds something else than it should";
    }
    [403 Detail("Invalid client certificate fingerprint")] on BY_NODES.or(ENROLL),
        in "app/api/nodes_sync.py" {
        NodeCertificateMismatch Always 100 "the proxy's X-Client-Cert-Fingerprint is no SHA-256 in hexadecimal";
    }

    // Rights.
    [403 Detail("Admin privileges required")] on ADMIN,
        in "app/api/auth.py require_admin" {
        InsufficientRights Always 100 "a good session of a user who is no administrator";
    }
    [403 Detail("Not authorized")] on OWN,
        in "app/api/auth.py require_self_or_admin" {
        InsufficientRights Always 100 "a good session of another user who is no administrator";
    }
    [403 Detail("Cannot change admin/active status")] on USER_PATCH,
        in "app/api/users.py" {
        InsufficientRights Always 100 "only administrators make administrators, or disable accounts";
    }
    [403 Detail("Only admins can force update checks")] on CHECK_UPDATES,
        in "app/api/wireguard_settings.py" {
        InsufficientRights Always 100 "`force=true` is for administrators";
    }
    [403 Detail("OTP setup must be completed by the user")] on OTP_CONFIRM,
        in "app/api/users.py" {
        PolicyDenied Always 100 "an administrator cannot confirm the second factor of somebody else";
    }
    [403 Detail("No password change is required")] on REQUIRED_CHANGE,
        in "app/api/users.py" {
        PolicyDenied Always 100 "the password was changed already";
    }
    [403 Detail("Cannot edit node tunnel peer. This peer is managed by the node system.")] on PEER_WRITE,
        in "app/api/wireguard_peers.py" {
        PolicyDenied Always 100 "the peer belongs to a node";
    }
    [403 Detail("Cannot delete node tunnel peer. This peer is managed by the node system.")] on PEER_WRITE,
        in "app/api/wireguard_peers.py" {
        PolicyDenied Always 100 "the peer belongs to a node";
    }
    [403 Detail("Forbidden")] on STATUS,
        in "app/api/frontend_status.py" {
        AddressNotAllowed Always 100 "the address is in no WireGuard network, and the user no administrator";
    }
    [403 Detail("Access denied: localhost only")] on SYSTEM_STATUS,
        in "app/api/system.py" {
        AddressNotAllowed Always 100 "only the host itself may ask";
    }

    // Requests that another site may have made a browser send.
    [403 Detail("Cross-origin request blocked")] on CSRF_CHECKED,
        in "app/middleware/csrf.py CSRFMiddleware" {
        CsrfInvalid Always 100 "Origin, or else Referer, is missing or is not the address of the site";
    }
    [403 Detail("CSRF token missing or invalid")] on CSRF_CHECKED,
        in "app/middleware/csrf.py CSRFMiddleware" {
        CsrfInvalid Always 100 "X-CSRF-Token is not the value of the csrf_token cookie";
    }
    [403 Detail("CSRF token header required for multipart requests")] on CSRF_CHECKED,
        in "app/middleware/csrf.py CSRFMiddleware" {
        CsrfInvalid Always 100 "a form with files came without X-CSRF-Token";
    }

    // Limits without a line.
    [429 Detail("Too many failed attempts. Please try again later.")] on PASSKEY,
        in "app/api/passkeys.py" {
        AccountLocked Always 100 "the address is locked after too many failed logins";
    }
    [429 Detail("Too many pending MFA challenges, complete or wait for expiration")] on LOGIN,
        in "app/api/auth.py login" {
        MfaPendingLimit Always 100 "three logins of this user already wait for their second factor";
    }
    // `Please wait N.Ns before running another test`
    [429 Sizes(56, 61)] on SPEEDTEST,
        in "app/api/wireguard_speedtest.py" {
        RateLimited Always 100 "a speed test has just run";
    }
    [423 Text(r#"{"detail":"Bootstrap is waiting for the admin password change.","bootstrap_gate":true}"#)] on GATED,
        in "app/main.py" {
        SetupPending Always 100 "the first administrator has not changed the initial password yet";
    }
};
