//! Route classes, from the blueprints that `privacyidea/app.py` registers. What a request must carry, and
//! whether a refusal of it is in the audit log, is decided per blueprint (`api/before_after.py`).
//!
//! The audit log names the rule of a request (`DELETE /token/<serial>`), which has the class of the request
//! itself.

use crate::system::{RoutePattern, Routes};

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident $bit:literal)*) => {
        $($(#[$doc])* pub(super) const $name: Routes = Routes(1 << $bit);)*
    };
}

classes! {
    AUTH 0
    /// Checks a JWT, and audits its refusals.
    RIGHTS 1

    // Open to anybody, audited.
    CHECK 2
    SAML 3
    /// As [`CHECK`], but 204 or 400, without a body.
    RADIUS 4
    /// Checks an administrator's JWT, and audits its refusals.
    TRIGGER 5
    POLL 6
    INITIALIZE 7
    OFFLINE 8
    /// For clients with an API key.
    API_CLIENT 9
    VALIDATE_OTHER 10
    TTYPE 11
    REGISTER 12
    CONTAINER_CLIENT 13

    // For users and administrators with a JWT; its refusals are not audited.
    TOKEN_LIST 14
    TOKEN_INIT 15
    TOKEN_REVOKE 16
    TOKEN_RESET 17
    TOKEN_DISABLE 18
    TOKEN_ENABLE 19
    TOKEN_ASSIGN 20
    TOKEN_UNASSIGN 21
    TOKEN_SET 22
    TOKEN_DELETE 23
    TOKEN_READ 24
    TOKEN_OTHER 25
    AUDIT 26
    INFO 27
    USER_READ 28
    USER_WRITE 29
    CONTAINER_READ 30
    CONTAINER_WRITE 31
    /// Some of these are for administrators only, and audit that a user is none.
    SYSTEM_READ 32
    SYSTEM_WRITE 33

    // For administrators with a JWT; its refusals are not audited.
    RESOLVER_READ 34
    RESOLVER_WRITE 35
    REALM_READ 36
    REALM_WRITE 37
    POLICY_READ 38
    POLICY_WRITE 39
    EVENT 40
    MACHINE 41
    CLIENT 42
    CLIENTS 43
    MONITORING 44
    SERVERS 45
    TOKENGROUP 46
    SERVICEID 47
    PERIODICTASK 48
    SUBSCRIPTIONS 49

    // Never audited.
    HEALTH_RESOLVERS 50
    PAGE 51
    /// What the server does not have.
    OTHER 52
}

const fn all(routes: &[Routes]) -> Routes {
    let mut set = Routes::NONE;
    let mut i = 0;
    while i < routes.len() {
        set = set.or(routes[i]);
        i += 1;
    }
    set
}

pub(super) const SYSTEM: Routes = all(&[SYSTEM_READ, SYSTEM_WRITE]);

/// `user_required`, and `before_container_request`.
pub(super) const FOR_USERS: Routes = all(&[
    TOKEN_LIST,
    TOKEN_INIT,
    TOKEN_REVOKE,
    TOKEN_RESET,
    TOKEN_DISABLE,
    TOKEN_ENABLE,
    TOKEN_ASSIGN,
    TOKEN_UNASSIGN,
    TOKEN_SET,
    TOKEN_DELETE,
    TOKEN_READ,
    TOKEN_OTHER,
    AUDIT,
    INFO,
    USER_READ,
    USER_WRITE,
    CONTAINER_READ,
    CONTAINER_WRITE,
    SYSTEM,
]);

/// `admin_required`.
pub(super) const FOR_ADMINISTRATORS: Routes = all(&[
    RESOLVER_READ,
    RESOLVER_WRITE,
    REALM_READ,
    REALM_WRITE,
    POLICY_READ,
    POLICY_WRITE,
    EVENT,
    MACHINE,
    CLIENT,
    CLIENTS,
    MONITORING,
    SERVERS,
    TOKENGROUP,
    SERVICEID,
    PERIODICTASK,
    SUBSCRIPTIONS,
]);

/// What needs a JWT, and refuses a bad one before it has an audit record.
pub(super) const GUARDED: Routes = all(&[FOR_USERS, FOR_ADMINISTRATORS, HEALTH_RESOLVERS]);

/// What needs a JWT, and audits that it was bad.
pub(super) const AUDITED_JWT: Routes = all(&[RIGHTS, TRIGGER]);

/// Where an OTP is checked: 200, whatever comes of it.
pub(super) const CHECKS: Routes = all(&[CHECK, SAML]);

pub(super) const VALIDATE: Routes = all(&[
    CHECKS,
    RADIUS,
    TRIGGER,
    POLL,
    INITIALIZE,
    OFFLINE,
    API_CLIENT,
    VALIDATE_OTHER,
]);

/// Whatever writes an audit record for a request that gets as far as its view.
pub(super) const AUDITED: Routes = all(&[
    AUTH,
    RIGHTS,
    VALIDATE,
    TTYPE,
    REGISTER,
    CONTAINER_CLIENT,
    FOR_USERS,
    FOR_ADMINISTRATORS,
]);

/// Audited, and not answered with 204 for success.
pub(super) const ANSWERED: Routes = Routes(AUDITED.0 & !RADIUS.0);

macro_rules! patterns {
    ($($method:literal $path:literal $route:ident)*) => {
        &[$(RoutePattern { method: $method, path: $path, route: $route }),*]
    };
}

pub(super) const ROUTES: &[RoutePattern] = patterns! {
    "*"      "/auth" AUTH
    "*"      "/auth/" AUTH
    "*"      "/auth/rights" RIGHTS

    "*"      "/validate/check" CHECK
    "*"      "/validate/samlcheck" SAML
    "*"      "/validate/radiuscheck" RADIUS
    "*"      "/validate/triggerchallenge" TRIGGER
    "*"      "/validate/polltransaction/**" POLL
    "*"      "/validate/initialize" INITIALIZE
    "*"      "/validate/offlinerefill" OFFLINE
    "*"      "/validate/capabilities" API_CLIENT
    "*"      "/validate/remember_device" API_CLIENT
    "*"      "/validate/**" VALIDATE_OTHER
    "*"      "/ttype/**" TTYPE
    "*"      "/register/**" REGISTER
    "*"      "/recover/**" REGISTER
    "*"      "/container/register/finalize" CONTAINER_CLIENT
    "*"      "/container/register/terminate/client" CONTAINER_CLIENT
    "*"      "/container/challenge" CONTAINER_CLIENT
    "*"      "/container/synchronize" CONTAINER_CLIENT
    "*"      "/container/rollover" CONTAINER_CLIENT

    "GET"    "/token/" TOKEN_LIST
    "*"      "/token/init" TOKEN_INIT
    "*"      "/token/revoke/**" TOKEN_REVOKE
    "*"      "/token/reset/**" TOKEN_RESET
    "*"      "/token/disable/**" TOKEN_DISABLE
    "*"      "/token/enable/**" TOKEN_ENABLE
    "*"      "/token/assign" TOKEN_ASSIGN
    "*"      "/token/unassign" TOKEN_UNASSIGN
    "*"      "/token/set/**" TOKEN_SET
    "DELETE" "/token/*" TOKEN_DELETE
    "GET"    "/token/**" TOKEN_READ
    "*"      "/token/**" TOKEN_OTHER
    "*"      "/audit/**" AUDIT
    "*"      "/info/**" INFO
    "GET"    "/user/**" USER_READ
    "*"      "/user/**" USER_WRITE
    "GET"    "/container/**" CONTAINER_READ
    "*"      "/container/**" CONTAINER_WRITE
    "GET"    "/system/**" SYSTEM_READ
    "*"      "/system/**" SYSTEM_WRITE

    "GET"    "/resolver/**" RESOLVER_READ
    "*"      "/resolver/**" RESOLVER_WRITE
    "GET"    "/realm/**" REALM_READ
    "*"      "/realm/**" REALM_WRITE
    "GET"    "/defaultrealm/**" REALM_READ
    "*"      "/defaultrealm/**" REALM_WRITE
    "GET"    "/policy/**" POLICY_READ
    "*"      "/policy/**" POLICY_WRITE
    "*"      "/event/**" EVENT
    "*"      "/machine/**" MACHINE
    "*"      "/machineresolver/**" MACHINE
    "*"      "/application/**" MACHINE
    "*"      "/client/**" CLIENT
    "*"      "/clients/**" CLIENTS
    "*"      "/monitoring/**" MONITORING
    "*"      "/caconnector/**" SERVERS
    "*"      "/smtpserver/**" SERVERS
    "*"      "/smsgateway/**" SERVERS
    "*"      "/radiusserver/**" SERVERS
    "*"      "/privacyideaserver/**" SERVERS
    "*"      "/tokengroup/**" TOKENGROUP
    "*"      "/serviceid/**" SERVICEID
    "*"      "/periodictask/**" PERIODICTASK
    "*"      "/subscriptions/**" SUBSCRIPTIONS

    "*"      "/healthz/resolversz" HEALTH_RESOLVERS
    "*"      "/healthz/**" PAGE
    "*"      "/certificate/**" PAGE
    "*"      "/static/**" PAGE
    "*"      "/" PAGE
    "*"      "/**" OTHER
};
