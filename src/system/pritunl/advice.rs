//! The fix for each cause, from what the server's own code allows.

use crate::cause::Cause::{
    AccountDisabled, ApiAccessDisabled, ClockSkew, CsrfInvalid, DeviceNotTrusted, ExpiredSession,
    InsufficientRights, InvalidSession, MalformedRequest, MalformedSignature, MalformedTimestamp,
    MfaRequired, MissingCredentials, MissingSecret, PolicyDenied, ProxyBypassed, RateLimited,
    ReplayedNonce, ServiceDisabled, SessionAddressChanged, SignatureMismatch, SsoFailed,
    UnknownToken, UnknownUser, VpnServerOffline, WrongOtp, WrongPassword,
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
    // The window is 12 hours (`app.auth_time_window`, 43200 s), so no drifting clock and no ordinary
    // time zone gets there.
    ClockSkew "Send the current Unix time in whole seconds, UTC: the server allows 12 hours either way, so look for \
        milliseconds, for local time of UTC+13 or more taken for UTC, for a clock that lost its date, or for a request sent \
        again half a day later. In a cluster run `timedatectl` on every host and enable NTP: a host whose clock is behind \
        refuses sessions that another one began."
    // Python's int() reads the header.
    MalformedTimestamp "Send Auth-Timestamp as whole seconds in digits: no fraction, no exponent, no date. In Python \
        `str(int(time.time()))`, in C# `DateTimeOffset.UtcNow.ToUnixTimeSeconds()`."
    SignatureMismatch "Sign TOKEN&TIMESTAMP&NONCE&METHOD&PATH with the token's own secret: the method in upper case, the \
        path decoded and without query, no body, HMAC-SHA256 in base64 (SHA-512 for /key and /link/state). A client from \
        before 2017 signs the body and fails on POST and PUT only. If the secret was changed, copy the new one from \
        Administrators; a VPN user imports the profile again."
    MalformedSignature "Send an Auth-Nonce of 8 to 32 characters, such as a UUID without dashes: what is longer is cut before \
        the signature is checked. Keep the signed text below 10240 characters."
    ReplayedNonce "Make a new nonce, timestamp and signature for every request, also for a retry: a nonce is remembered \
        for a day. Turn off retries in the proxy (`proxy_next_upstream off;` in nginx)."
    MissingSecret "Open the administrator in the web console and generate a new API secret, instead of editing the database. \
        For a VPN user delete the profile in the client and import it again."
        => "Your key or profile is incomplete on the server: please delete the profile, ask for a new one and import it."
    ApiAccessDisabled "Log in as a super user, open the administrator and enable API access; with the first one the web server \
        restarts and stops asking every client for a console token. Where the database was edited by hand, run \
        `systemctl restart pritunl`."
    MissingCredentials "Send all four headers, Auth-Token, Auth-Timestamp, Auth-Nonce and Auth-Signature; there is no Auth-Secret, \
        and Authorization is not read. In a browser log in again, and let the reverse proxy pass the cookies \
        `session` and `token`."
    UnknownToken "Copy the token from the administrator's page again: it changes when it is regenerated and whenever API access \
        is disabled. A profile link works once and for a limited time, so create a new one; a VPN user whose token is unknown \
        imports the profile again."
        => "Your key, profile or link is no longer valid, as each link works once only: please ask for a new one."
    UnknownUser "Check the name under Administrators: only they can log in to the web console. `pritunl default-password` shows the \
        first account and `pritunl reset-password` restores it; a deleted VPN user needs a new user and a new profile."
    WrongPassword "Have a super user set a new password under Administrators, or run `pritunl reset-password` on the server if \
        nobody can log in. The PIN of a VPN user is set anew on the user's page."
        => "The password, or the PIN of your VPN profile, was not right: please try again or ask for a new one."
    WrongOtp "Set the clock of the phone automatically: a code is valid for 30 seconds either way and only once. If the device was \
        replaced, reset the two-factor secret of the administrator or user; a local code comes from `pritunl local-otp NAME` \
        and is valid for 5 minutes."
        => "The one-time code was not right: please check that your phone's clock is set automatically, wait for the next code and use each code once."
    MfaRequired "Log in with the code of the authenticator app or the YubiKey as well; a super user can turn two-factor \
        authentication off under Administrators."
    SsoFailed "Look in /var/log/pritunl.log at the same second for the provider's answer, then compare Settings, Single Sign-On with \
        the provider: domain, secret, directory ID, groups. After a change of user name or organization delete the profile in \
        the client and import it again."
        => "Your single sign-on did not succeed: please sign in again, and if your name or organization has changed delete the profile and import it again."
    ExpiredSession "Log in again: a session lasts 12 hours from the login, however much it is used. `pritunl set \
        app.session_timeout 86400` makes it a day."
    InvalidSession "Log in again. If it comes back, look for two servers behind one name that do not share one database, and for \
        more than 16 sessions of one administrator: the oldest end first (`pritunl set app.session_limit 32`)."
    SessionAddressChanged "Without TLS a session is bound to its address. Behind a reverse proxy run `pritunl set \
        app.reverse_proxy true`; where clients or load balancers change their address run `pritunl set \
        app.allow_insecure_session true`, or let Pritunl serve TLS again with `pritunl set app.server_ssl true`."
    CsrfInvalid "Reload the console, so that it fetches a new CSRF token: it is valid for 7 days. A script should use API keys, or \
        take `csrf_token` from GET /state and send it as Csrf-Token."
    ProxyBypassed "Let the reverse proxy speak to pritunl-web (port 443) and never to the internal port 9756, and let it pass the \
        cookie `token` as well as `session`. In a browser log in again: a token cookie that ran out before the session \
        cookie gives this too, as does opening the login page with an old session."
    AccountDisabled "Enable the administrator or user again in the web console, if that is intended. Disabling does not change \
        passwords or API keys."
    InsufficientRights "Use an administrator who is a super user for /admin and for turning auditing on, or make this one a super \
        user under Administrators."
    PolicyDenied "Compare the user with what the server asks for: organization attached to the server, groups, allowed platforms and \
        MAC addresses, device registration, restricted imports, an active subscription. Then change the one that is not intended."
    DeviceNotTrusted "Register the device: the user reads out the code that the client shows, and an administrator enters it on the \
        Users page. `pritunl override-device-key` lets users of replaced devices in for 8 hours."
        => "Your device is not registered yet: please tell your administrator the code that the Pritunl client shows."
    RateLimited "Wait 10 minutes, or run `pritunl clear-auth-limit`: 30 attempts count for each account, good ones too. Then find the client \
        that keeps trying, or log in less often and keep the session. An import of many users must end before the next one."
        => "There were too many attempts: please wait ten minutes and then try once."
    ServiceDisabled "Read the notification in `/var/log/pritunl.log`, check the subscription, and run \
        `systemctl restart pritunl`. After an upgrade make sure that pritunl and pritunl-web are of the same release."
    VpnServerOffline "Start the VPN server in the web console and look at its output; a client of a cluster must reach a host on \
        which it runs. For WireGuard enable it in the server's settings and install `wireguard-tools`."
    MalformedRequest "Update the Pritunl client and connect again: it makes a new WireGuard key. Clients of your own must send a \
        key of 32 bytes in base64, and each key once."
};
