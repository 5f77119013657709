//! Route classes, from the routers under `app/api/` and `app/main.py`.
//!
//! Requests are in one class where the tables say the same of them.

use crate::system::{RoutePattern, Routes};

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident $bit:literal)*) => {
        $($(#[$doc])* pub(super) const $name: Routes = Routes(1 << $bit);)*
    };
}

classes! {
    LOGIN 0
    MFA_VERIFY 1
    LOGOUT 2
    PASSKEY_START 3
    PASSKEY_FINISH 4

    // For whoever has a session, by cookie or bearer token.
    ME 5
    OTP_CONFIRM 6
    OTP_DISABLE 7
    REQUIRED_CHANGE 8
    PASSKEY_OWN_READ 9
    PASSKEY_OWN_WRITE 10
    /// One account: its owner and administrators.
    USER_READ 11
    USER_PATCH 12
    USER_WRITE 13
    API_READ 14
    API_WRITE 15
    BACKUP_RESTORE 16
    PEER_WRITE 17
    CHECK_UPDATES 18
    SPEEDTEST 19
    USERS_CREATE 20

    // For nodes, by enrolment token or session secret.
    ENROLL 21
    NODE 22
    /// Of administrators, and of nodes where this table does not know their path.
    NODES_READ 23
    NODES_WRITE 24

    SYSTEM_STATUS 25
    STATUS 26
    SWAGGER 27
    LOGIN_PAGE 28
    LOGIN_FORM 29
    PAGE_READ 30
    PAGE_WRITE 31
    ACME 32
    HEALTH 33
    STATIC 34
}

const fn all(classes: &[Routes]) -> Routes {
    let mut set = Routes::NONE;
    let mut i = 0;
    while i < classes.len() {
        set = set.or(classes[i]);
        i += 1;
    }
    set
}

/// Where `get_current_user` asks who it is, and answers 401 to a stranger.
pub(super) const SESSION: Routes = all(&[
    ME,
    OTP_CONFIRM,
    OTP_DISABLE,
    REQUIRED_CHANGE,
    PASSKEY_OWN_READ,
    PASSKEY_OWN_WRITE,
    USER_READ,
    USER_PATCH,
    USER_WRITE,
    USERS_CREATE,
    API_READ,
    API_WRITE,
    BACKUP_RESTORE,
    PEER_WRITE,
    CHECK_UPDATES,
    SPEEDTEST,
    NODES_READ,
    NODES_WRITE,
    SWAGGER,
]);

/// Of these, where only administrators have a right.
pub(super) const ADMIN: Routes = all(&[
    USER_READ,
    USER_PATCH,
    USER_WRITE,
    USERS_CREATE,
    API_READ,
    API_WRITE,
    BACKUP_RESTORE,
    PEER_WRITE,
    CHECK_UPDATES,
    SPEEDTEST,
    NODES_READ,
    NODES_WRITE,
    OTP_CONFIRM,
    OTP_DISABLE,
    PASSKEY_OWN_READ,
    PASSKEY_OWN_WRITE,
    SWAGGER,
]);

/// One account.
pub(super) const OWN: Routes = all(&[
    USER_READ,
    USER_PATCH,
    USER_WRITE,
    OTP_CONFIRM,
    OTP_DISABLE,
    REQUIRED_CHANGE,
]);

/// Unsafe methods that `CSRFMiddleware` checks; a login is exempt.
pub(super) const CSRF_CHECKED: Routes = all(&[
    LOGOUT,
    ME,
    OTP_CONFIRM,
    OTP_DISABLE,
    REQUIRED_CHANGE,
    PASSKEY_OWN_WRITE,
    USER_PATCH,
    USER_WRITE,
    USERS_CREATE,
    API_WRITE,
    BACKUP_RESTORE,
    PEER_WRITE,
    SPEEDTEST,
    NODES_WRITE,
    ENROLL,
    NODE,
    LOGIN_FORM,
    PAGE_WRITE,
]);

/// Where a node speaks with its session secret.
pub(super) const BY_NODES: Routes = all(&[NODE, NODES_READ, NODES_WRITE]);

pub(super) const PASSKEY: Routes = all(&[PASSKEY_START, PASSKEY_FINISH]);

/// Everything that the limiter may count.
pub(super) const LIMITED: Routes = all(&[
    LOGIN, MFA_VERIFY, LOGOUT, PASSKEY, SESSION, ENROLL, NODE, STATUS, LOGIN_PAGE, LOGIN_FORM,
    PAGE_READ, PAGE_WRITE, ACME,
]);

/// Everything but what answers while the first password is due.
pub(super) const GATED: Routes = all(&[
    MFA_VERIFY, PASSKEY, SESSION, ENROLL, NODE, STATUS, PAGE_READ, PAGE_WRITE, ACME,
]);

macro_rules! patterns {
    ($($method:literal $path:literal $route:ident)*) => {
        &[$(RoutePattern { method: $method, path: $path, route: $route }),*]
    };
}

pub(super) const ROUTES: &[RoutePattern] = patterns! {
    "POST"   "/api/login" LOGIN
    "POST"   "/api/mfa/verify" MFA_VERIFY
    "POST"   "/api/logout" LOGOUT
    "POST"   "/api/passkeys/login/start" PASSKEY_START
    "POST"   "/api/passkeys/login/finish" PASSKEY_FINISH

    "POST"   "/api/me/otp/confirm" OTP_CONFIRM
    "*"      "/api/me/**" ME
    "GET"    "/api/passkeys/**" PASSKEY_OWN_READ
    "*"      "/api/passkeys/**" PASSKEY_OWN_WRITE
    "POST"   "/api/users/me/complete-required-change" REQUIRED_CHANGE
    "POST"   "/api/users/*/otp/confirm" OTP_CONFIRM
    "POST"   "/api/users/*/otp/disable" OTP_DISABLE
    "GET"    "/api/users" API_READ
    "*"      "/api/users" USERS_CREATE
    "GET"    "/api/users/**" USER_READ
    "PATCH"  "/api/users/*" USER_PATCH
    "*"      "/api/users/**" USER_WRITE
    "POST"   "/api/backup/restore" BACKUP_RESTORE
    "GET"    "/api/wireguard/settings/check-updates" CHECK_UPDATES
    "PATCH"  "/api/wireguard/peers/*" PEER_WRITE
    "DELETE" "/api/wireguard/peers/*" PEER_WRITE
    "*"      "/api/wireguard/speedtest/**" SPEEDTEST
    "*"      "/api/system/status" SYSTEM_STATUS

    "POST"   "/api/nodes/enroll" ENROLL
    "POST"   "/api/nodes/heartbeat" NODE
    "GET"    "/api/nodes/config" NODE
    "*"      "/api/nodes/config/**" NODE
    "*"      "/api/nodes/ack" NODE
    "GET"    "/api/nodes/events" NODE
    "*"      "/api/nodes/progress" NODE
    "GET"    "/api/nodes" API_READ
    "*"      "/api/nodes" API_WRITE
    "GET"    "/api/nodes/**" NODES_READ
    "*"      "/api/nodes/**" NODES_WRITE

    "GET"    "/api/**" API_READ
    "*"      "/api/**" API_WRITE

    "*"      "/status" STATUS
    "*"      "/swagger/**" SWAGGER
    "GET"    "/login" LOGIN_PAGE
    "*"      "/login" LOGIN_FORM
    "GET"    "/ui/**" PAGE_READ
    "*"      "/ui/**" PAGE_WRITE
    "GET"    "/.well-known/acme-challenge/*" ACME
    "GET"    "/health" HEALTH
    "GET"    "/ready" HEALTH
    "GET"    "/static/**" STATIC
};
