//! The fix for each cause, from what the server's own code allows.

use crate::cause::Cause::{
    AccountDisabled, AccountExpired, AccountLocked, AddressNotAllowed, ApiAccessDisabled,
    ClockSkew, ExpiredSession, InsufficientRights, InvalidSession, MalformedSignature,
    MalformedTimestamp, MfaRequired, MissingCredentials, PolicyDenied, RateLimited, ReplayedNonce,
    ReplayedOtp, ServerError, SetupPending, SignatureMismatch, UnknownToken, UnknownUser, WrongOtp,
    WrongPassword,
};
use crate::system::Advice;

macro_rules! advice {
    ($($cause:ident $fix:literal)+) => {
        &[$(Advice { cause: $cause, fix: $fix, for_user: None }),+]
    };
}

pub(super) const ADVICE: &[Advice] = advice! {
    ClockSkew "Set the clock of the phone or token automatically, and run `timedatectl` on the server. A TOTP may be 3 minutes off \
        (the token's timeWindow) and a push answer 1 minute, in UTC; a hardware token that drifted is brought back with Resync in \
        its details. A trusted JWT must not be from the future: not even by a second."
    MalformedTimestamp "Update the authenticator app: it must send its time as ISO 8601 in UTC."
    SignatureMismatch "Give every worker and node the same SECRET_KEY in pi.cfg (a container without one makes a new one at each start), \
        and log in again. A push app whose key is not the enrolled one is enrolled again; an API key is made anew with \
        `pi-manage api createtoken`."
    MalformedSignature "Send the JWT alone in the header PI-Authorization or Authorization, without `Bearer` before it and unshortened. A trusted \
        JWT must be signed as PI_TRUSTED_JWT in pi.cfg says, with RS, ES or PS."
    ReplayedNonce "Begin a new login: each challenge and each device token can be answered once."
    ApiAccessDisabled "Allow passkeys at the login with `WEBUI_PASSKEY_LOGIN_ENABLED = True` in pi.cfg, or log in with a password."
    MissingCredentials "Send the JWT from POST /auth in the header PI-Authorization or Authorization, and let the reverse proxy pass it (Apache: \
        `WSGIPassAuthorization On`). /auth needs username and password, /validate/check user or serial, and pass; where a policy \
        asks for an API key, make one with `pi-manage api createtoken`."
    UnknownToken "Look the serial up under Tokens: it was deleted, is another user's, or the app's enrolment is old. A transaction is \
        forgotten after 2 minutes; a passkey must be registered before it is used to log in."
    UnknownUser "Check name and realm, and under Users whether the resolver finds the user: a resolver that cannot be reached finds \
        nobody. A name without realm is looked for in the default realm; local administrators are listed by \
        `pi-manage admin list`."
    WrongPassword "Have the password set anew in the user store, or the token's PIN under Tokens (Set PIN). A local administrator gets a new \
        one with `pi-manage admin change -p NAME`. A PIN typed without the code behind it, or a transaction that is over, reads \
        the same."
    WrongOtp "Use a fresh code. If it fails again, resync the token in its details: an HOTP token may be 10 codes ahead, and is found up to \
        1000 ahead when it is resynced; of a TOTP token check the time."
    ReplayedOtp "Wait for the next code: each is good for one login, so a TOTP token allows one in 30 seconds. Look for a client that \
        sends the same login twice, such as a RADIUS server with a short timeout."
    MfaRequired "Enrol a token for the user, or let users without one pass (policy passOnNoToken); with a token, log in with PIN and code, not \
        with the password of the user store."
    ExpiredSession "Log in again: a JWT is valid for an hour, and neither renewed nor revoked. The policy jwt_validity in the scope webui \
        changes that, in seconds; a service gets a long one with `pi-manage api createtoken`."
    InvalidSession "Compare realm, resolver and role in the JWT with PI_TRUSTED_JWT in pi.cfg: all three must be equal. A machine whose \
        refill token is refused must be given the offline token anew."
    AccountDisabled "Enable the token in its details. A revoked token stays revoked: enrol a new one."
    AccountLocked "Reset the failcounter in the token's details, or wait if failcounter_clear_timeout is set. The limit is 10 failures unless \
        DefaultMaxFailCount or the token says otherwise; find the client that keeps trying."
    AccountExpired "Change the validity period in the token's details: an answer before its start and one after its end read the same. Where a policy \
        (last_auth) counts days since the last login, reset the token's last_auth."
    SetupPending "Finish the enrolment: the token was rolled out but its first code was never confirmed."
    InsufficientRights "Use an administrator's login: a local administrator (`pi-manage admin add NAME`) or a user of a realm in \
        SUPERUSER_REALM. An API key must be of the role validate."
    PolicyDenied "Look at the policies that the record names and at those of its scope: once one action is defined for administrators or users, \
        all others must be allowed too. Policies may be bound to realm, resolver, time and client."
    AddressNotAllowed "Allow the network in the policy's field Client, or in the web server's allow and deny. Behind a proxy list it in \
        OverrideAuthorizationClient, else all clients have the proxy's address."
    RateLimited "Wait until the policy's time is over: auth_max_fail and auth_max_success count in the audit, and refused attempts at \
        /validate/check count again. 429 is never privacyIDEA's: raise limit_req or limit_conn of the web server, or find the \
        client that keeps trying."
    ServerError "Read the traceback in /var/log/privacyidea/privacyidea.log at the same second: most often the database, the user store or \
        the HSM could not be reached."
};
