//! The fix for each cause, from what the server's own code allows.

use crate::cause::Cause::{
    AccountDisabled, AccountLocked, AddressNotAllowed, ClockSkew, CsrfInvalid, ExpiredSession,
    InsufficientRights, InvalidSession, MalformedRequest, MfaChallengeInvalid, MfaPendingLimit,
    MissingCredentials, NodeCertificateMismatch, NodeDisabled, NodeTokenExpired, NodeTokenInvalid,
    OtpSecretUnreadable, PolicyDenied, RateLimited, ReplayedNonce, ServerError, SetupPending,
    SignatureMismatch, UnknownPasskey, UnknownToken, UnknownUser, WrongOtp, WrongPassword,
};
use crate::system::Advice;

macro_rules! advice {
    ($($cause:ident $fix:literal $(=> $for_user:literal)?)+) => {
        &[$(Advice { cause: $cause, fix: $fix, for_user: sentence!($($for_user)?) }),+]
    };
}

macro_rules! sentence {
    () => {
        None
    };
    ($for_user:literal) => {
        Some($for_user)
    };
}

pub(super) const ADVICE: &[Advice] = advice! {
    WrongPassword "Have the user try again, or let an administrator reset the password under Users. The third wrong password \
        from one address locks the user there for 30 seconds, and each further one for twice as long. Where the web server \
        itself asks for a password, set it with `htpasswd`."
    UnknownUser "Look the name up under Users: names are lower case, 3 to 64 letters, digits, `-` and `_`. A name that nobody has is \
        usually a guess; where the web server itself asks for a password, add the user with `htpasswd`."
    AccountDisabled "Open the user under Users and activate the account again, if that is intended: the log calls this USER_UPDATED, \
        like any other change."
    WrongOtp "Set the clock of the phone and of the server automatically: a code is valid for its own 30 seconds only, the one \
        before is refused. If the device was replaced, an administrator disables the second factor under Users and the user \
        sets it up again, or uses a recovery code."
        => "The one-time code was not right: please use the one that is shown now, or one of your recovery codes."
    MfaChallengeInvalid "Log in again and enter the code within 3 minutes, in the same browser and from the same address: a login that \
        waits for its code is used up by a wrong one and is forgotten when the server restarts. Behind several addresses \
        (mobile networks, load balancers) let the proxy pass one X-Forwarded-For."
        => "Your login took longer than three minutes or was answered already: please log in again and enter a fresh code."
    MfaPendingLimit "Wait 3 minutes, or finish one of the three logins that already wait for their code; then look for a client that \
        sends the password again and again without the code."
    AccountLocked "Wait as many seconds as Retry-After says: 30 at first, up to an hour for a user at one address, a day for an address \
        and 5 minutes for a user everywhere. A right password does not help before. Find the client that keeps trying; the \
        limits are WIREBUDDY_LOGIN_USER_IP_*, WIREBUDDY_LOGIN_IP_* and WIREBUDDY_LOGIN_USERNAME_*."
        => "There were several failed logins: please wait as long as the page says, half a minute at first, and then try again."
    RateLimited "Wait a minute: an address may ask for a path only so often, five times for logins and accounts, sixty for pages. \
        Retry-After is always 60 here. Where many people share one address because of a proxy, set FORWARDED_ALLOW_IPS so \
        that each has their own; a limit of the web server (`limit_req`) is in its own configuration."
        => "There were too many attempts in a short time: please wait a minute and try again."
    MissingCredentials "Send the session cookie `auth_token`, or `Authorization: Bearer TOKEN`: other schemes and tokens in the query \
        string are not read. In a browser log in again, and let the proxy pass cookies; where the web server itself asks for a \
        password, send it as Basic."
    ExpiredSession "Log in again: a cookie lasts an hour after it was last used and 24 hours in all, a bearer token one hour from the \
        login however much it is used. A script must log in again each hour."
    InvalidSession "Log in again. Sessions end by logging out and, all of a user at once, by a change of the password or of the second \
        factor: look for PASSWORD_CHANGED, PASSWORD_RESET and USER_OTP_* just before."
    UnknownToken "Log in again and use the new token as a whole, 43 characters: it ends by logging out and by a change of the password or \
        the second factor, and is deleted within an hour after its end. A token of another server is unknown here."
    CsrfInvalid "Reload the page, so that it fetches a new CSRF token: it is valid for an hour and changes with each visit of the login \
        page. Behind a proxy let Host and X-Forwarded-Proto pass, or set WIREBUDDY_PUBLIC_ORIGIN (further ones: \
        WIREBUDDY_CSRF_ALLOWED_ORIGINS); a script sends a bearer token and no cookie."
    InsufficientRights "Use an administrator's account, or make this user one under Users, if that is intended."
    PolicyDenied "Compare with what the server asks for: passkeys must be enabled for the user, a second factor is confirmed by its own \
        user only, a peer of a node is changed through the node, a password that is not due is changed under the account."
    AddressNotAllowed "Come from an address that is allowed: the status page answers WireGuard networks and administrators only, \
        /api/system/status the host itself. Behind a proxy set TRUSTED_PROXY_CIDRS; a rule of the web server (`deny`) is in its own \
        configuration."
    SetupPending "Log in as admin with the password that stood in the log at the first start, and change it: until then nothing else \
        answers."
        => "The server is being set up: please try again later."
    UnknownPasskey "Have the user log in with the password and register the passkey again: it was deleted or reset, or is one of \
        another account."
    SignatureMismatch "For a passkey compare the address in the browser with the one that the log expects (WIREBUDDY_PUBLIC_ORIGIN): a \
        passkey is bound to it. For a node make a new enrolment token: WIREBUDDY_SECRET_KEY is another than when the old one \
        was made."
    ReplayedNonce "Begin the login with the passkey anew: a challenge works once and for a short time. Turn off retries in the proxy \
        (`proxy_next_upstream off;` in nginx). If the log speaks of a sign count, the passkey may have been copied: delete it."
    NodeTokenInvalid "Regenerate the node's enrolment token under Nodes and set it as WIREBUDDY_ENROLLMENT_TOKEN on the node: the secret it \
        was given is void when the node was deleted or its token regenerated. Let the proxy pass Authorization; if the node's \
        log is at hand, it names the node."
    NodeTokenExpired "Regenerate the node's enrolment token under Nodes and start the node within 24 hours."
    ClockSkew "Set the clock of the server that made the enrolment token, and of the one that checks it, with NTP (`timedatectl`), and \
        regenerate the token under Nodes."
    NodeCertificateMismatch "Enrol the node again if it was given a new certificate. Only a proxy in WIREBUDDY_NODE_MTLS_PROXY_CIDRS may vouch \
        for it: it must send the SHA-256 of the certificate as 64 hexadecimal digits in X-Client-Cert-Fingerprint."
    NodeDisabled "Start the node with its enrolment token: it is created, or its token was regenerated, but it has not enrolled since."
    OtpSecretUnreadable "Set WIREBUDDY_SECRET_KEY to the key with which the second factors were stored (look for KEY_MISMATCH_DETECTED at the \
        start); if it is lost, an administrator disables the second factor under Users and the user sets it up again."
    MalformedRequest "Update the client: a passkey answer must carry clientDataJSON, a node a certificate in PEM form, and a node that is \
        enrolled already needs recovery credentials from Nodes."
    ServerError "Read the traceback in the log at the same second; a locked or damaged database and a full disk are the usual causes."
};
