//! The lines of `/var/log/pritunl.log` that tell of authentication: most of them again, some that the journal has not.
//!
//! Audit events of administrators have a type and words, other lines only a message. The messages of providers name
//! no address, and many are written for VPN connections too: those tell nothing of a request.

use super::routes::{
    ADMIN_CREATE, ADMIN_UPDATE, CALLBACK, DUO, KEY_SSO, LOGIN, OVPN, PAGES, SESSION_CHECKED,
    SETTINGS_WRITE, SSO_AUTHENTICATE, WG_POST,
};
use super::statements::{pages, statements};
use super::{error, page};
use crate::cause::Cause::{
    AccountDisabled, ApiAccessDisabled, InsufficientRights, InvalidSession, MfaRequired,
    MissingCredentials, ProxyBypassed, ServiceDisabled, SessionAddressChanged, SignatureMismatch,
    SsoFailed, UnknownToken, UnknownUser, WrongOtp, WrongPassword,
};
use crate::system::Body::{Any, Sizes};
use crate::system::Meaning::{Acceptance, Change, Loss, Refusal, Side};
use crate::system::Position::{Either, First};
use crate::system::{Routes, Statement, Version};

const NONE: Routes = Routes::NONE;
const MIN: Version = Version::MIN;
const MAY: bool = false;

pub(super) const RETOLD: &[Statement] = statements! {
    // Administrators' audit events: only with auditing on.
    "admin_auth" since MIN in "auth/administrator.py auth_check" {
        "Administrator login successful" => Acceptance, [200] Any, LOGIN, First, MAY;
        "Administrator login failed, invalid password" => Refusal(WrongPassword), [401] error::AUTH_INVALID, LOGIN, First, MAY;
        "Administrator login failed, invalid two-factor authentication code" => Refusal(WrongOtp), [401] error::AUTH_INVALID, LOGIN, Either, MAY;
        "Administrator login failed, invalid local two-factor authentication code" => Refusal(WrongOtp), [401] error::AUTH_INVALID, LOGIN, Either, MAY;
        "Administrator login failed, invalid YubiKey" => Refusal(WrongOtp), [401] error::AUTH_INVALID, LOGIN, First, MAY;
        "Administrator login failed, administrator is disabled" => Refusal(AccountDisabled), [401] error::AUTH_INVALID, LOGIN, First, MAY;
    }
    "admin_created" since MIN in "handlers/admin.py admin_post" {
        "Administrator created" => Change(&[]), [200] Any, ADMIN_CREATE, First, MAY;
    }
    "admin_updated" since MIN in "handlers/admin.py admin_put" {
        "Administrator username changed" => Change(&[UnknownUser]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator password changed" => Change(&[WrongPassword]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator YubiKey ID changed" => Change(&[WrongOtp, MfaRequired]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        // The wrong way round, as in the journal.
        "Administrator super user enabled" => Change(&[InsufficientRights]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator super user disabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator token authentication enabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator token authentication disabled" => Change(&[ApiAccessDisabled, UnknownToken]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator api token changed" => Change(&[UnknownToken]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator api secret changed" => Change(&[SignatureMismatch]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator enabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator disabled" => Change(&[AccountDisabled]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator two-step authentication enabled" => Change(&[MfaRequired, WrongOtp]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator two-step authentication disabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator local two-step authentication enabled" => Change(&[MfaRequired, WrongOtp]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator local two-step authentication disabled" => Change(&[]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
        "Administrator two-factor authentication secret reset" => Change(&[WrongOtp]), [200 400] Any, ADMIN_UPDATE, Either, MAY;
    }
    // In the words of each setting.
    "admin_settings" since MIN in "handlers/settings.py settings_put" {
        "{}" => Change(&[SsoFailed, WrongPassword, UnknownUser]), [200] Any, SETTINGS_WRITE, Either, MAY;
    }
    "Admin local two-factor authentication code expired" since MIN in "auth/administrator.py verify_local_otp_code" {
        "" => Side, [] Any, NONE, Either, MAY;
    }

    "Request missing external web server validation" since MIN in "auth/administrator.py check_session" {
        "" => Refusal(ProxyBypassed), [401 | 302 200] page::UNAUTHORIZED, SESSION_CHECKED, First, MAY;
    }
    "Starting server" since MIN in "app.py _run_server" {
        "" => Change(&[ApiAccessDisabled, MissingCredentials, InvalidSession, ProxyBypassed, SessionAddressChanged, ServiceDisabled]), [] Any, NONE, First, MAY;
    }
    "Web server disabled" since MIN in "app.py update_server" {
        "" => Change(&[ServiceDisabled]), [] Any, NONE, First, MAY;
    }
    "Error in journal runner thread" since MIN in "runners/journal.py _journal_runner_thread" {
        "" => Loss, [] Any, NONE, First, MAY;
    }

    // Logins that a provider or a plugin refused. The journal has no line for the first, the fifth and the last.
    "Login plugin did not return valid organization name" since MIN in "handlers/auth.py _auth_plugin" {
        "" => Refusal(SsoFailed), [401] error::AUTH_INVALID, LOGIN, First, MAY;
    }
    "Radius plugin authentication not valid" since MIN in "handlers/auth.py _auth_radius" {
        "" => Refusal(SsoFailed), [401] error::AUTH_INVALID, LOGIN, First, MAY;
    }
    "Duo authentication username not valid" since MIN in "handlers/auth.py _auth_radius" {
        "" => Refusal(SsoFailed), [401] error::AUTH_INVALID, LOGIN, First, MAY;
    }
    "Duo authentication not valid" since MIN in "handlers/auth.py _auth_radius; handlers/sso.py sso_authenticate_post, sso_duo_post; handlers/key.py key_duo_post" {
        "" => Refusal(SsoFailed), [401] Sizes(17, 83), LOGIN.or(SSO_AUTHENTICATE).or(DUO), First, MAY;
    }
    "Connection single sign-on not supported with current mode. Disable single sign-on authentication in server settings." since MIN in "handlers/key.py _key_request_init" {
        "" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, WG_POST.or(OVPN), First, MAY;
    }
    "Duo plugin authentication not valid" since MIN in "handlers/auth.py _auth_radius; handlers/sso.py sso_authenticate_post, sso_duo_post; handlers/key.py key_duo_post" {
        "" => Refusal(SsoFailed), [401] Sizes(17, 83), LOGIN.or(SSO_AUTHENTICATE).or(DUO), First, MAY;
    }
    "Saml plugin authentication not valid" since MIN in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }
    "Slack plugin authentication not valid" since MIN in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }
    "Google plugin authentication not valid" since MIN in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }
    "Azure plugin authentication not valid" since MIN in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }
    "Azure directory ID mismatch" since MIN in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }
    "Auth0 plugin authentication not valid" since MIN in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }
    "Username changed, must reimport profile" since MIN in "handlers/key.py _key_sso_validate" {
        "" => Refusal(SsoFailed), [401] error::USERNAME_MISMATCH, KEY_SSO, First, MAY;
    }
    "Organization changed, must reimport profile" since MIN in "handlers/key.py _key_sso_validate" {
        "" => Refusal(SsoFailed), [401] error::ORGANIZATION_MISMATCH, KEY_SSO, First, MAY;
    }
    "Unknown sso type" since MIN in "handlers/sso.py sso_callback_get; handlers/key.py key_callback_get" {
        "" => Refusal(SsoFailed), [401] page::UNAUTHORIZED, CALLBACK, First, MAY;
    }

    // What providers answered, for VPN connections as for logins.
    "Authenticating user" since MIN in "authorizer/authorizer.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "Radius server rejected authentication" since MIN in "sso/radius.py verify_radius" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "Invalid Duo username or device" since MIN in "sso/duo.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "Duo authentication failure" since MIN in "sso/duo.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "Okta push rejected" since MIN in "sso/okta.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "Okta user is not active" since MIN in "sso/okta.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "Okta user is not assigned to application" since MIN in "sso/okta.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "OneLogin user disabled" since MIN in "sso/onelogin.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "OneLogin secondary rejected" since MIN in "sso/onelogin.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
    "Yubico replay error" since MIN in "sso/yubico.py" {
        "" => Side, [] Any, NONE, Either, MAY;
    }
};
