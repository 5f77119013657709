//! The lines of WireBuddy's log that tell of authentication.
//!
//! A line's action is the word that its message begins with (`LOGIN_FAILED`), or else the name of its logger;
//! its words are the message without the address and the name of the user. Levels say nothing: a failed login
//! is INFO, and a warning is written for accepted passkeys.

use super::routes::{
    BY_NODES, ENROLL, LIMITED, LOGIN, LOGOUT, MFA_VERIFY, NODE, OTP_CONFIRM, PASSKEY_FINISH,
    PASSKEY_OWN_WRITE, SESSION, STATUS, USER_PATCH, USER_WRITE, USERS_CREATE,
};
use crate::cause::Cause::{
    self, AccountDisabled, AccountLocked, AddressNotAllowed, InvalidSession, MalformedRequest,
    MfaChallengeInvalid, NodeCertificateMismatch, NodeDisabled, NodeTokenExpired, NodeTokenInvalid,
    OtpSecretUnreadable, PolicyDenied, RateLimited, ReplayedNonce, ServerError, SignatureMismatch,
    UnknownPasskey, UnknownUser, WrongOtp, WrongPassword,
};
use crate::system::Body::{Any, Detail, Sizes};
use crate::system::Meaning::{Acceptance, Change, Ending, Founding, OneOf, Refusal, Side};
use crate::system::{Body, Meaning, Position, Routes, Statement, Version};

/// Where several checks share one answer, the server says the same of all of them on purpose.
const BAD_LOGIN: &[Cause] = &[WrongPassword, UnknownUser, AccountDisabled];

/// What ends sessions: all of the user's, at once, or the one that logs out.
const REVOKED: &[Cause] = &[InvalidSession];
const UPDATED: &[Cause] = &[AccountDisabled];
/// Pending logins are kept in memory.
const RESTARTED: &[Cause] = &[MfaChallengeInvalid];
const NODE_CHANGED: &[Cause] = &[NodeTokenInvalid];

/// `Too many login attempts. Please wait N seconds.`: one digit to five, a day at most.
const WAIT: Body = Sizes(60, 64);

const ALWAYS: bool = true;
const MAY: bool = false;

const fn statement(
    (action, reason): (&'static str, &'static str),
    meaning: Meaning,
    (status, body): (&'static [u16], Body),
    routes: Routes,
    always: bool,
    source: &'static str,
) -> Statement {
    Statement {
        action,
        reason,
        meaning,
        status,
        body,
        routes,
        pages: Routes::NONE,
        position: Position::First,
        always,
        elsewhere: None,
        since: Version::MIN,
        source,
    }
}

/// `LOGIN_FAILED`, as the second step of a login writes it.
static WRONG_CODE: Statement = statement(
    ("LOGIN_FAILED", ""),
    Refusal(WrongOtp),
    (&[401], Detail("Invalid MFA code")),
    MFA_VERIFY,
    ALWAYS,
    "app/api/auth.py verify_mfa",
);
/// The same, where it was one too many.
static WRONG_CODE_LOCKS: Statement = statement(
    ("LOGIN_FAILED", "LOGIN_FAILED locked_for={}s"),
    Refusal(WrongOtp),
    (&[429], WAIT),
    MFA_VERIFY,
    MAY,
    "app/api/auth.py verify_mfa",
);

macro_rules! statements {
    ($($action:literal in $source:literal {
        $($reason:literal => $meaning:expr,
            [$($status:literal)*] $body:expr, $routes:expr, $always:ident $(, or $elsewhere:ident)? $(, at $position:ident)?;)+
    })+) => {
        &[$($(Statement {
            $(elsewhere: Some(&$elsewhere),)?
            $(position: Position::$position,)?
            ..statement(($action, $reason), $meaning, (&[$($status),*], $body), $routes, $always, $source)
        },)+)+]
    };
}

const NONE: Routes = Routes::NONE;

pub(super) const STATEMENTS: &[Statement] = statements! {
    // Logins.
    "LOGIN_FAILED" in "app/api/auth.py _record_failed_and_raise" {
        "LOGIN_FAILED locked_for={}s" => OneOf(BAD_LOGIN), [429] WAIT, LOGIN, MAY, or WRONG_CODE_LOCKS;
        "" => OneOf(BAD_LOGIN), [401] Detail("Invalid username or password"), LOGIN, ALWAYS, or WRONG_CODE;
    }
    "LOGIN_LOCKED" in "app/api/auth.py _enforce_ip_lockout" {
        "LOGIN_LOCKED remaining={}s" => Refusal(AccountLocked), [429] WAIT, LOGIN.or(MFA_VERIFY), MAY;
    }
    "LOGIN_SUCCESS" in "app/api/auth.py login, verify_mfa" {
        "" => Acceptance, [200] Any, LOGIN, MAY;
        "LOGIN_SUCCESS mfa={}" => Acceptance, [200] Any, MFA_VERIFY, ALWAYS;
    }
    "LOGIN_MFA_REQUIRED" in "app/api/auth.py login" {
        "" => Acceptance, [200] Any, LOGIN, MAY;
    }
    "LOGIN_MFA_RECOVERY_USED" in "app/api/auth.py verify_mfa" {
        "" => Side, [200] Any, MFA_VERIFY, MAY;
    }
    "LOGIN_MFA_CHALLENGE_INVALID" in "app/api/auth.py verify_mfa" {
        "" => Refusal(MfaChallengeInvalid), [401 429] Detail("Invalid or expired MFA challenge"), MFA_VERIFY, MAY;
    }
    "LOGIN_MFA_CHALLENGE_MISMATCH" in "app/api/auth.py verify_mfa" {
        "" => Refusal(MfaChallengeInvalid), [401 429] Detail("Invalid or expired MFA challenge"), MFA_VERIFY, MAY;
    }
    "LOGIN_INACTIVE" in "app/api/auth.py verify_mfa" {
        "" => Refusal(AccountDisabled), [403] Detail("Account disabled"), MFA_VERIFY, ALWAYS;
    }
    "MFA_MISCONFIG" in "app/api/auth.py verify_mfa" {
        "MFA_MISCONFIG {}" => Refusal(ServerError), [500] Any, MFA_VERIFY, MAY;
    }
    "LOGIN_MFA_MISCONFIG" in "app/api/auth.py verify_mfa" {
        "LOGIN_MFA_MISCONFIG {}" => Refusal(ServerError), [500] Any, MFA_VERIFY, MAY;
    }
    "OTP_DECRYPT_FAILED" in "app/api/auth.py verify_mfa" {
        "OTP_DECRYPT_FAILED {}" => Refusal(OtpSecretUnreadable), [500] Any, MFA_VERIFY, MAY;
    }
    "app.utils.vault" in "app/utils/vault.py" {
        "vault decrypt failed" => Refusal(OtpSecretUnreadable), [500] Any, MFA_VERIFY.or(SESSION), MAY;
    }
    // Behind the access line; a traceback follows. The one secret that a login must read is that of the one-time codes.
    "uvicorn.error" in "uvicorn/protocols/http/httptools_impl.py run_asgi" {
        "Exception in ASGI application: {}" => Refusal(OtpSecretUnreadable), [500] Any, MFA_VERIFY.or(SESSION), MAY, at Further;
        "Exception in ASGI application" => OneOf(&[OtpSecretUnreadable, ServerError]), [500] Any, MFA_VERIFY, MAY, at Further;
        "Started server process {}" => Change(RESTARTED), [] Any, NONE, MAY;
    }
    "LOGIN_MUST_CHANGE_PASSWORD" in "app/api/auth.py _build_login_response_data" {
        "" => Side, [200] Any, LOGIN.or(MFA_VERIFY), MAY;
    }
    "LOGIN_OTP_SETUP_PENDING" in "app/api/auth.py _build_login_response_data" {
        "" => Side, [200] Any, LOGIN.or(MFA_VERIFY), MAY;
    }
    "LOGIN_PASSKEY_SETUP_PENDING" in "app/api/auth.py _build_login_response_data" {
        "" => Side, [200] Any, LOGIN.or(MFA_VERIFY), MAY;
    }
    "LOGOUT" in "app/api/auth.py logout" {
        "" => Ending(REVOKED), [200] Any, LOGOUT, MAY;
    }
    "LOGOUT_ANON" in "app/api/auth.py logout" {
        "" => Side, [200] Any, LOGOUT, MAY;
    }

    // Lockout and limiter.
    "app.db.sqlite_auth" in "app/db/sqlite_auth.py" {
        "Username-wide login throttle active for key={}" => Side, [429] WAIT, LOGIN.or(MFA_VERIFY), MAY;
        "Deleted {} expired auth tokens" => Side, [] Any, NONE, MAY;
    }
    "MAINTENANCE" in "app/tasks/maintenance.py" {
        "MAINTENANCE cleaned up {} expired auth tokens" => Side, [] Any, NONE, MAY;
    }
    "slowapi" in "slowapi/extension.py" {
        "ratelimit {}" => Refusal(RateLimited), [429] Detail("Too many requests. Please try again later."), LIMITED, ALWAYS;
        "Skipping limit: {}" => Side, [] Any, NONE, MAY;
        "Failed to rate limit. Swallowing error" => Side, [] Any, NONE, MAY;
    }

    // Passkeys.
    "PASSKEY_LOGIN_SUCCESS" in "app/api/passkeys.py" {
        "" => Acceptance, [200] Any, PASSKEY_FINISH, ALWAYS;
    }
    "PASSKEY_LOGIN_FINISH" in "app/api/passkeys.py" {
        "PASSKEY_LOGIN_FINISH invalid clientDataJSON: {}" => Refusal(MalformedRequest), [400] Detail("Invalid credential response"), PASSKEY_FINISH, MAY;
        "PASSKEY_LOGIN_FINISH invalid challenge: {}" => Refusal(ReplayedNonce), [400] Detail("Invalid or expired authentication challenge"), PASSKEY_FINISH, ALWAYS;
        "PASSKEY_LOGIN_FINISH unknown credential_id" => Refusal(UnknownPasskey), [401] Detail("Invalid passkey"), PASSKEY_FINISH, MAY;
        "PASSKEY_LOGIN_FINISH user mismatch {}" => Refusal(UnknownPasskey), [401] Any, PASSKEY_FINISH, MAY;
        "PASSKEY_LOGIN_FINISH inactive" => Refusal(AccountDisabled), [403] Detail("Account disabled"), PASSKEY_FINISH, ALWAYS;
        "PASSKEY_LOGIN_FINISH passkey disabled for" => Refusal(PolicyDenied), [401] Detail("Passkey authentication not enabled for this account"), PASSKEY_FINISH, ALWAYS;
        "PASSKEY_LOGIN_FINISH verification failed error={}" => Refusal(SignatureMismatch), [401] Detail("Passkey verification failed"), PASSKEY_FINISH, ALWAYS;
    }
    "PASSKEY_REGISTER_START" in "app/api/passkeys.py" {
        "PASSKEY_REGISTER_START {}" => Side, [200] Any, PASSKEY_OWN_WRITE, MAY;
    }
    "PASSKEY_REGISTER_FINISH" in "app/api/passkeys.py" {
        "PASSKEY_REGISTER_FINISH success {}" => Side, [200] Any, PASSKEY_OWN_WRITE, MAY;
        "PASSKEY_REGISTER_FINISH invalid clientDataJSON: {}" => Refusal(MalformedRequest), [400] Any, PASSKEY_OWN_WRITE, MAY;
        "PASSKEY_REGISTER_FINISH invalid/expired challenge {}" => Refusal(MalformedRequest), [400] Any, PASSKEY_OWN_WRITE, MAY;
        "PASSKEY_REGISTER_FINISH user mismatch {}" => Refusal(MalformedRequest), [400] Any, PASSKEY_OWN_WRITE, MAY;
        "PASSKEY_REGISTER_FINISH verification failed {}" => Refusal(MalformedRequest), [400] Any, PASSKEY_OWN_WRITE, MAY;
    }
    "PASSKEY_ONBOARDING_COMPLETE" in "app/api/passkeys.py" {
        "PASSKEY_ONBOARDING_COMPLETE {}" => Side, [200] Any, PASSKEY_OWN_WRITE, MAY;
    }
    "PASSKEY_DELETE" in "app/api/passkeys.py" {
        "PASSKEY_DELETE {}" => Side, [200] Any, PASSKEY_OWN_WRITE, MAY;
    }
    "PASSKEY_ENABLED_BY_ADMIN" in "app/api/passkeys.py" {
        "PASSKEY_ENABLED_BY_ADMIN {}" => Side, [200] Any, PASSKEY_OWN_WRITE, MAY;
    }
    "PASSKEY_RESET_BY_ADMIN" in "app/api/passkeys.py" {
        "PASSKEY_RESET_BY_ADMIN {}" => Change(&[UnknownPasskey]), [200] Any, PASSKEY_OWN_WRITE, MAY;
    }
    "PASSKEY_DISABLED_BY_ADMIN" in "app/api/passkeys.py" {
        "PASSKEY_DISABLED_BY_ADMIN {}" => Change(&[PolicyDenied]), [200] Any, PASSKEY_OWN_WRITE, MAY;
    }
    "app.utils.passkeys" in "app/utils/passkeys.py" {
        "Authentication challenge invalid" => Side, [400] Any, PASSKEY_FINISH, MAY;
        "Failed to parse authentication credential" => Side, [400 401] Any, PASSKEY_FINISH, MAY;
        "Registration challenge invalid" => Side, [400] Any, PASSKEY_OWN_WRITE, MAY;
        "Failed to parse registration credential" => Side, [400] Any, PASSKEY_OWN_WRITE, MAY;
        "Challenge ceremony type mismatch: {}" => Side, [400] Any, PASSKEY_FINISH.or(PASSKEY_OWN_WRITE), MAY;
        "Registration challenge missing user_id or username" => Side, [400] Any, PASSKEY_OWN_WRITE, MAY;
        // On the way of every accepted login.
        "Authentication challenge consumed" => Side, [] Any, NONE, MAY;
        "Registration challenge consumed" => Side, [] Any, NONE, MAY;
        "Unknown transport: {}" => Side, [] Any, NONE, MAY;
    }
    "app.db.sqlite_passkeys" in "app/db/sqlite_passkeys.py" {
        "Challenge not found (expired or already consumed): ref={}" => Side, [400] Any, PASSKEY_FINISH.or(PASSKEY_OWN_WRITE), MAY;
        "Sign count regression blocked for {}" => Refusal(ReplayedNonce), [500] Any, PASSKEY_FINISH, MAY;
        "Passkey creation failed for {}" => Side, [400 500] Any, PASSKEY_OWN_WRITE, MAY;
        "Passkey delete: {}" => Side, [404] Any, PASSKEY_OWN_WRITE, MAY;
        "Challenge ceremony type mismatch: {}" => Side, [400] Any, PASSKEY_FINISH.or(PASSKEY_OWN_WRITE), MAY;
    }

    // Changes of accounts. None tells the address it came from, and of an update not what was changed.
    "USER_CREATED" in "app/api/users.py" {
        "USER_CREATED {}" => Side, [201] Any, USERS_CREATE, MAY;
    }
    "USER_UPDATED" in "app/api/users.py" {
        "USER_UPDATED {}" => Change(UPDATED), [200] Any, USER_PATCH, MAY;
    }
    "USER_DELETED" in "app/api/users.py" {
        "USER_DELETED {}" => Change(&[InvalidSession, UnknownUser]), [204] Any, USER_WRITE, MAY;
    }
    "PASSWORD_CHANGED" in "app/api/users.py" {
        "PASSWORD_CHANGED {}" => Change(REVOKED), [200] Any, SESSION, MAY;
    }
    "PASSWORD_RESET" in "app/api/users.py" {
        "PASSWORD_RESET {}" => Change(&[InvalidSession, WrongPassword]), [200] Any, SESSION, MAY;
    }
    "USER_OTP_SETUP_PENDING" in "app/api/users.py" {
        "USER_OTP_SETUP_PENDING {}" => Side, [200] Any, SESSION, MAY;
    }
    "USER_OTP_SETUP_STARTED" in "app/api/users.py" {
        "USER_OTP_SETUP_STARTED {}" => Side, [200] Any, SESSION, MAY;
    }
    "USER_OTP_SELF_CONFIRMED" in "app/api/auth.py confirm_my_otp_setup" {
        "USER_OTP_SELF_CONFIRMED {}" => Change(REVOKED), [200] Any, OTP_CONFIRM, MAY;
    }
    "USER_OTP_ENABLED" in "app/api/users.py" {
        "USER_OTP_ENABLED {}" => Change(REVOKED), [200] Any, OTP_CONFIRM, MAY;
    }
    "USER_OTP_DISABLED" in "app/api/users.py" {
        "USER_OTP_DISABLED {}" => Change(REVOKED), [200] Any, SESSION, MAY;
    }

    // Nodes. The line of an unknown secret names neither node nor address.
    "app.api.nodes_sync" in "app/api/nodes_sync.py" {
        "Node auth failed: unknown API secret" => Refusal(NodeTokenInvalid), [401] Detail("Invalid API secret"), BY_NODES, ALWAYS;
        "Node auth failed: {} status is still 'pending'" => Refusal(NodeDisabled), [403] Detail("Node not yet enrolled"), BY_NODES, ALWAYS;
        "Cert fingerprint mismatch for {}" => Refusal(NodeCertificateMismatch), [403] Detail("Certificate fingerprint mismatch"), BY_NODES, ALWAYS;
        "Node {} is enrolled without a stored certificate fingerprint" => Refusal(ServerError), [500] Any, BY_NODES, MAY;
        "Node enrollment rejected due to invalid certificate for {}" => Refusal(MalformedRequest), [422] Any, ENROLL, MAY;
        "Rejecting enrollment reuse for already-enrolled node {}" => Refusal(MalformedRequest), [409] Any, ENROLL, MAY;
        "Node enrollment rejected: {}" => Refusal(NodeCertificateMismatch), [409] Any, ENROLL, MAY;
        "Node enrolled: {}" => Acceptance, [200] Any, ENROLL, MAY;
        "Rotated API secret for {}" => Side, [200] Any, ENROLL, MAY;
        "Enrollment delivered session_secret over non-HTTPS transport for {}" => Side, [200] Any, ENROLL, MAY;
        "Could not determine HTTPS state for enrollment transport: {}" => Side, [200] Any, ENROLL, MAY;
        "Node {} connected to SSE event stream" => Side, [200] Any, NODE, MAY;
        // With every request of every node, where no proxy may vouch for certificates.
        "Ignoring X-Client-Cert-Fingerprint from untrusted source" => Side, [] Any, NONE, MAY;
    }
    "NODE_CONFIG_DELIVERED" in "app/api/nodes_sync.py" {
        "NODE_CONFIG_DELIVERED {}" => Side, [200] Any, NODE, MAY;
    }
    "app.api.nodes" in "app/api/nodes.py" {
        "Node deleted: {}" => Change(NODE_CHANGED), [200 204] Any, SESSION, MAY;
        "Node token regenerated: {}" => Change(NODE_CHANGED), [200] Any, SESSION, MAY;
        "Node created: {}" => Side, [200 201] Any, SESSION, MAY;
        "Node updated: {}" => Side, [200] Any, SESSION, MAY;
    }

    // Others that speak of who may do what.
    "app.api.frontend_status" in "app/api/frontend_status.py" {
        "/status: could not determine client IP, returning 403" => Refusal(AddressNotAllowed), [403] Any, STATUS, MAY;
        "/status: ignoring proxy headers from untrusted source {}" => Side, [403 200] Any, STATUS, MAY;
    }
    "PSK_REVEALED" in "app/api/wireguard_settings.py" {
        "" => Side, [200] Any, SESSION, MAY;
    }
    "CONFIG_DOWNLOADED" in "app/api/wireguard_peers_config.py" {
        "CONFIG_DOWNLOADED {}" => Side, [200] Any, SESSION, MAY;
    }
    "app.api.backup" in "app/api/backup.py" {
        "Backup HMAC mismatch for file: {}" => Side, [400] Any, SESSION, MAY;
    }
    "BOOTSTRAP_GATE" in "app/main.py" {
        "BOOTSTRAP_GATE released: {}" => Side, [] Any, NONE, MAY;
    }
    // At the first start; the first password follows, over several lines.
    "app.db.sqlite_schema" in "app/db/sqlite_schema.py" {
        "" => Founding, [] Any, NONE, MAY;
    }
    "KEY_MISMATCH_DETECTED" in "app/main.py" {
        "KEY_MISMATCH_DETECTED: {}" => Change(&[OtpSecretUnreadable]), [] Any, NONE, MAY;
    }
    "app.api.frontend_shared" in "app/api/frontend_shared.py" {
        "CSRF token missing from request state {}" => Side, [500] Any, LIMITED, MAY;
    }

    // The daemon on a node: what the master answered it, in the master's words.
    "app.node.daemon" in "app/node/daemon.py" {
        "Heartbeat failed: HTTP 401 (detail: {})" => Refusal(NodeTokenInvalid), [] Any, NONE, MAY;
        "Heartbeat failed: HTTP 403 (detail: Node not yet enrolled)" => Refusal(NodeDisabled), [] Any, NONE, MAY;
        "Heartbeat failed: HTTP 403 (detail: {})" => Refusal(NodeCertificateMismatch), [] Any, NONE, MAY;
        "Config sync error: HTTP 401 (detail: {})" => Refusal(NodeTokenInvalid), [] Any, NONE, MAY;
        "Config sync error: HTTP 403 (detail: Node not yet enrolled)" => Refusal(NodeDisabled), [] Any, NONE, MAY;
        "Config sync error: HTTP 403 (detail: {})" => Refusal(NodeCertificateMismatch), [] Any, NONE, MAY;
        "SSE connection failed: HTTP 401" => Refusal(NodeTokenInvalid), [] Any, NONE, MAY;
        "SSE connection failed: HTTP 403" => OneOf(&[NodeDisabled, NodeCertificateMismatch]), [] Any, NONE, MAY;
        "SSE authentication failed {}" => Refusal(NodeTokenInvalid), [] Any, NONE, MAY;
        "Enrollment rejected by master (HTTP 401): {}" => OneOf(&[NodeTokenInvalid, NodeTokenExpired, SignatureMismatch]), [] Any, NONE, MAY;
        "Enrollment rejected by master (HTTP 404): {}" => Refusal(NodeTokenInvalid), [] Any, NONE, MAY;
        "Enrollment rejected: Node is enrolled with a different certificate. {}" => Refusal(NodeCertificateMismatch), [] Any, NONE, MAY;
        "Failed to parse enrollment token: {}" => Refusal(NodeTokenInvalid), [] Any, NONE, MAY;
    }
};
