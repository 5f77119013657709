//! Route classes, from `handlers/handlers.go` of pritunl-web; requests that its front end does not know
//! are answered with 404 there and have no class.
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
    LOGOUT 1
    /// Answers whoever comes, but checks the session cookie to tell where to redirect.
    LOGIN_PAGE 2
    /// What anybody may fetch.
    OPEN 3

    // Only for administrators, by session or API key.
    /// Redirects to the login page where other routes answer 401.
    ROOT 4
    STATE 5
    STATIC 6
    DATA_TAR 7
    DATA_ZIP 8
    DATA_ONC 9
    DATA_KEY 10
    DATA_LINK 11
    ADMIN_READ 12
    ADMIN_CREATE 13
    ADMIN_UPDATE 14
    ADMIN_DELETE 15
    SETTINGS_WRITE 16
    USER_CREATE 17
    USER_UPDATE 18
    USER_DELETE 19
    USER_OTP 20
    DEVICE_REGISTER 21
    DEVICE_DELETE 22
    /// The rest of the console and of the API.
    CONSOLE 23

    // Signed by the Pritunl client with the secret of the user's profile.
    SYNC 24
    WG_POST 25
    WG_PUT 26
    WG_WAIT 27
    OVPN 28
    OVPN_WAIT 29

    // Temporary profile links.
    KEY_TAR 30
    KEY_ZIP 31
    KEY_ONC 32
    KEY_CONF 33
    KEY_PIN 34
    SHORT_VIEW 35
    SHORT_DELETE 36
    SHORT_URI 37

    // Single sign-on of a VPN connection, and of a person who fetches a profile.
    KEY_REQUEST 38
    KEY_CALLBACK 39
    KEY_DUO 40
    KEY_YUBICO 41
    SSO_AUTHENTICATE 42
    SSO_REQUEST 43
    SSO_CALLBACK 44
    SSO_DUO 45
    SSO_YUBICO 46

    /// Signed by a link host.
    LINK_STATE 47
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

pub(super) const ADMIN: Routes = all(&[ADMIN_READ, ADMIN_CREATE, ADMIN_UPDATE, ADMIN_DELETE]);

/// What an administrator's browser must send a CSRF token with.
pub(super) const CSRF_CHECKED: Routes = all(&[
    DATA_LINK,
    ADMIN,
    SETTINGS_WRITE,
    USER_CREATE,
    USER_UPDATE,
    USER_DELETE,
    USER_OTP,
    DEVICE_REGISTER,
    DEVICE_DELETE,
    CONSOLE,
]);

/// The front end's `authGroup` without `GET /`: what answers 401 to a stranger.
pub(super) const GUARDED: Routes = all(&[
    CSRF_CHECKED,
    STATE,
    STATIC,
    DATA_TAR,
    DATA_ZIP,
    DATA_ONC,
    DATA_KEY,
]);

/// The front end's `authGroup`.
pub(super) const AUTH_GROUP: Routes = all(&[GUARDED, ROOT]);

/// What runs the application's check of sessions and API keys: `GET /login` does so too, and then
/// answers 200 with the line of a refusal in the journal.
pub(super) const SESSION_CHECKED: Routes = all(&[AUTH_GROUP, LOGIN_PAGE]);

/// Of these, what a person opens: a refusal is answered with a redirect to the login page, or with it.
pub(super) const PAGES: Routes = all(&[ROOT, LOGIN_PAGE]);

/// Where the public demonstration server refuses to write.
pub(super) const DEMO_CHECKED: Routes = all(&[GUARDED, KEY_PIN, LINK_STATE]);

pub(super) const WG: Routes = all(&[WG_POST, WG_PUT, WG_WAIT]);

pub(super) const CONNECT: Routes = all(&[WG, OVPN, OVPN_WAIT]);

/// Downloads by profile link.
pub(super) const KEY_FILE: Routes = all(&[KEY_TAR, KEY_ZIP, KEY_ONC, KEY_CONF]);

/// Where a VPN user's single sign-on ends.
pub(super) const KEY_SSO: Routes = all(&[KEY_CALLBACK, KEY_DUO, KEY_YUBICO]);

/// Where the single sign-on of a person who fetches a profile ends.
pub(super) const PROFILE_SSO: Routes = all(&[SSO_AUTHENTICATE, SSO_CALLBACK, SSO_DUO, SSO_YUBICO]);

pub(super) const CALLBACK: Routes = all(&[KEY_CALLBACK, SSO_CALLBACK]);

pub(super) const DUO: Routes = all(&[KEY_DUO, SSO_DUO]);

pub(super) const YUBICO: Routes = all(&[KEY_YUBICO, SSO_YUBICO]);

/// Every route.
pub(super) const EVERY: Routes = all(&[
    LOGIN,
    LOGOUT,
    SESSION_CHECKED,
    OPEN,
    SYNC,
    CONNECT,
    KEY_FILE,
    KEY_PIN,
    SHORT_VIEW,
    SHORT_DELETE,
    SHORT_URI,
    KEY_REQUEST,
    KEY_SSO,
    SSO_REQUEST,
    PROFILE_SSO,
    LINK_STATE,
]);

macro_rules! patterns {
    ($($method:literal $path:literal $route:ident)*) => {
        &[$(RoutePattern { method: $method, path: $path, route: $route }),*]
    };
}

pub(super) const ROUTES: &[RoutePattern] = patterns! {
    "POST"   "/auth/session" LOGIN
    "DELETE" "/auth/session" LOGOUT
    "GET"    "/login" LOGIN_PAGE

    "GET"    "/" ROOT
    "GET"    "/state" STATE
    "GET"    "/s/**" STATIC
    "GET"    "/subscription/styles/*/*" STATIC

    "GET"    "/data/*/*.tar" DATA_TAR
    "GET"    "/data/*/*.zip" DATA_ZIP
    "GET"    "/data/*/*.onc" DATA_ONC
    "GET"    "/data/*/*/*.key" DATA_KEY
    "GET"    "/data/*/*" DATA_LINK

    "POST"   "/admin" ADMIN_CREATE
    "PUT"    "/admin/*" ADMIN_UPDATE
    "DELETE" "/admin/*" ADMIN_DELETE
    "*"      "/admin/**" ADMIN_READ

    "PUT"    "/settings" SETTINGS_WRITE
    "*"      "/settings/**" CONSOLE

    "POST"   "/user/*" USER_CREATE
    "POST"   "/user/*/multi" USER_CREATE
    "PUT"    "/user/*/*" USER_UPDATE
    "DELETE" "/user/*/*" USER_DELETE
    "PUT"    "/user/*/*/otp_secret" USER_OTP
    "PUT"    "/user/*/*/device/*" DEVICE_REGISTER
    "DELETE" "/user/*/*/device/*" DEVICE_DELETE
    "*"      "/user/**" CONSOLE

    "PUT"    "/device/register/*/*/*" DEVICE_REGISTER
    "DELETE" "/device/register/*/*/*" DEVICE_DELETE
    "*"      "/device/**" CONSOLE

    "PUT"    "/link/state" LINK_STATE
    "DELETE" "/link/state" LINK_STATE
    "*"      "/link/**" CONSOLE

    "*"      "/event/**" CONSOLE
    "*"      "/host/**" CONSOLE
    "*"      "/log" CONSOLE
    "*"      "/logs" CONSOLE
    "*"      "/organization/**" CONSOLE
    "*"      "/server/**" CONSOLE
    "*"      "/status" CONSOLE
    "*"      "/subscription/**" CONSOLE

    "GET"    "/key/sync/*/*/*/*" SYNC
    "POST"   "/key/wg/*/*/*" WG_POST
    "PUT"    "/key/wg/*/*/*" WG_PUT
    "POST"   "/key/wg_wait/*/*/*" WG_WAIT
    "POST"   "/key/ovpn/*/*/*" OVPN
    "POST"   "/key/ovpn_wait/*/*/*" OVPN_WAIT

    "GET"    "/key/request" KEY_REQUEST
    "GET"    "/key/callback" KEY_CALLBACK
    "POST"   "/key/duo" KEY_DUO
    "POST"   "/key/yubico" KEY_YUBICO

    "GET"    "/key/*.tar" KEY_TAR
    "GET"    "/key/*.zip" KEY_ZIP
    "GET"    "/key/*.onc" KEY_ONC
    "GET"    "/key/*/*.key" KEY_CONF
    "PUT"    "/key_pin/*" KEY_PIN
    "GET"    "/k/*" SHORT_VIEW
    "DELETE" "/k/*" SHORT_DELETE
    "GET"    "/ku/*" SHORT_URI

    "POST"   "/sso/authenticate" SSO_AUTHENTICATE
    "GET"    "/sso/request" SSO_REQUEST
    "GET"    "/sso/callback" SSO_CALLBACK
    "POST"   "/sso/duo" SSO_DUO
    "POST"   "/sso/yubico" SSO_YUBICO

    "GET"    "/ping" OPEN
    "GET"    "/check" OPEN
    "GET"    "/robots.txt" OPEN
    "GET"    "/success" OPEN
    "*"      "/setup/**" OPEN
    "GET"    "/upgrade" OPEN
    "GET"    "/logo.png" OPEN
    "GET"    "/fredoka-one.eot" OPEN
    "GET"    "/fredoka-one.woff" OPEN
    "GET"    "/ubuntu-bold.eot" OPEN
    "GET"    "/ubuntu-bold.woff" OPEN
};
