//! The closed taxonomy of causes. Text is turned into a cause in the systems' tables, and a cause into
//! text only here.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a cause is about; findings are coloured by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Signature,
    Credential,
    Session,
    Account,
    Right,
    Rate,
    Node,
    Server,
}

/// All that is said of one cause.
#[derive(Debug)]
pub struct Facts {
    /// Stable: findings, index, command line.
    pub id: &'static str,
    pub family: Family,
    pub title: &'static str,
    /// One sentence for the operator.
    pub summary: &'static str,
    /// One sentence that can be sent to the person who was refused.
    pub for_user: &'static str,
}

macro_rules! causes {
    ($($variant:ident $id:literal $family:ident $title:literal
        $summary:literal
        $for_user:literal)*) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cause { $($variant),* }

        impl Cause {
            /// Every cause, in the order of the documentation.
            pub const ALL: &'static [Cause] = &[$(Cause::$variant),*];

            pub fn facts(self) -> &'static Facts {
                match self {
                    $(Cause::$variant => &Facts {
                        id: $id,
                        family: Family::$family,
                        title: $title,
                        summary: $summary,
                        for_user: $for_user,
                    }),*
                }
            }
        }
    };
}

causes! {
    ClockSkew "clock_skew" Signature "Clock skew"
        "The request's timestamp is too far from the server's clock."
        "Your device's clock does not agree with the server's: set the date and time automatically and try again."
    MalformedTimestamp "malformed_timestamp" Signature "Malformed timestamp"
        "The request's timestamp is not written as the server expects it."
        "The program you used sent a time that the server cannot read: please update it or ask its author."
    SignatureMismatch "signature_mismatch" Signature "Signature mismatch"
        "The request's signature is not the one that the server computes from it."
        "The program you used is set up with a wrong key: please enter the key again or import your profile again."
    MalformedSignature "malformed_signature" Signature "Malformed signature"
        "A part of the request's signature is too short, too long or of the wrong form."
        "The program you used sent a signature that the server cannot read: please update it or ask its author."
    ReplayedNonce "replayed_nonce" Signature "Replayed request"
        "The request carries a one-time number that was used before."
        "The same request arrived twice and the second was refused: please try again."
    MissingSecret "missing_secret" Signature "Missing secret"
        "The account has no secret on the server with which a signature could be checked."
        "Your account is not fully set up for this program: please ask your administrator for a new key or profile."
    ApiAccessDisabled "api_access_disabled" Signature "API access disabled"
        "API keys are not accepted: access is disabled for this account or for all."
        "API access is switched off: please ask your administrator to enable it."
    MissingCredentials "missing_credentials" Credential "Missing credentials"
        "The request carries no credentials, or not all that are needed."
        "Your request came without a login: please log in and try again."
    UnknownToken "unknown_token" Credential "Unknown token"
        "The server knows no such token, key or link."
        "Your key or link is no longer valid: please ask for a new one."
    UnknownUser "unknown_user" Credential "Unknown user"
        "The server knows no such user."
        "No account with this name was found: please check how you wrote it."
    WrongPassword "wrong_password" Credential "Wrong password"
        "The password or PIN is wrong."
        "The password or PIN was not right: please try again or ask for a new one."
    WrongOtp "wrong_otp" Credential "Wrong one-time code"
        "The one-time code or the security key is wrong, or its time is over."
        "The one-time code was not right: please check that your phone's clock is set automatically and use a fresh code."
    ReplayedOtp "replayed_otp" Credential "One-time code used twice"
        "The one-time code is right but was used before."
        "This one-time code was used already: please wait for the next one."
    MfaRequired "mfa_required" Credential "Second factor required"
        "The login lacks the second factor that this account needs."
        "Your account needs a second factor: please log in with your one-time code as well."
    MfaChallengeInvalid "mfa_challenge_invalid" Credential "Second-factor request invalid"
        "The pending second-factor request is unknown, already answered or expired."
        "Your login took too long or was answered already: please start again."
    MfaPendingLimit "mfa_pending_limit" Credential "Too many pending logins"
        "Too many logins are waiting for their second factor."
        "Too many logins are waiting for a confirmation: please wait a few minutes and try again."
    UnknownPasskey "unknown_passkey" Credential "Unknown passkey"
        "The passkey or security key is registered with no account."
        "This passkey is not registered: please use another one or register it first."
    SsoFailed "sso_failed" Credential "Single sign-on failed"
        "The single sign-on provider, or a plugin, did not accept the user."
        "Your single sign-on did not succeed: please sign in again, and ask your help desk if it keeps failing."
    ExpiredSession "expired_session" Session "Expired session"
        "The session's time is over."
        "Your session has ended: please log in again."
    InvalidSession "invalid_session" Session "Invalid session"
        "The session is unknown, was ended or does not check out."
        "Your session is no longer valid: please log in again."
    SessionAddressChanged "session_address_changed" Session "Session address changed"
        "The session is used from another address than the one it was begun from."
        "Your network address changed during the session: please log in again."
    CsrfInvalid "csrf_invalid" Session "CSRF token invalid"
        "The token that protects forms from other sites is missing, wrong or too old."
        "The page was open for too long: please reload it and try again."
    ProxyBypassed "proxy_bypassed" Session "Proxy bypassed"
        "The request did not come through the front end that vouches for sessions, or came without its token."
        "Your session could not be confirmed: please use the usual address and log in again."
    AccountDisabled "account_disabled" Account "Account disabled"
        "The account is disabled."
        "Your account is disabled: please ask your administrator."
    AccountLocked "account_locked" Account "Account locked"
        "The account, or its token, is locked after too many failures."
        "Your account is locked after several failed attempts: please ask your administrator to unlock it."
    AccountExpired "account_expired" Account "Account expired"
        "The account, or its token, is outside the time for which it is valid."
        "Your access is not valid at this time: please ask your administrator to extend it."
    SetupPending "setup_pending" Account "Setup pending"
        "The account or its second factor is not fully set up yet."
        "Your account is not fully set up yet: please complete the setup first."
    InsufficientRights "insufficient_rights" Right "Insufficient rights"
        "The account is valid but has no right to do this."
        "Your account is not allowed to do this: please ask your administrator if you need it."
    PolicyDenied "policy_denied" Right "Denied by policy"
        "A rule of the server does not allow this request."
        "The server's rules do not allow this: please ask your administrator."
    AddressNotAllowed "address_not_allowed" Right "Address not allowed"
        "The client's address is not among those allowed."
        "Access is not allowed from your network: please use another one or ask your administrator."
    DeviceNotTrusted "device_not_trusted" Right "Device not trusted"
        "The device is not registered, or could not prove that it is."
        "Your device is not registered yet: please ask your administrator to register it."
    RateLimited "rate_limited" Rate "Too many attempts"
        "There were too many attempts in a short time."
        "There were too many attempts: please wait a few minutes and try again."
    NodeTokenInvalid "node_token_invalid" Node "Node token invalid"
        "The token of a node is missing, unknown or wrong."
        "This node is not enrolled: please enroll it again."
    NodeTokenExpired "node_token_expired" Node "Node token expired"
        "The token of a node has expired."
        "This node's enrollment has expired: please enroll it again."
    NodeCertificateMismatch "node_certificate_mismatch" Node "Node certificate mismatch"
        "A node's certificate is not the one that the server has recorded for it."
        "This node's certificate is not the expected one: please enroll it again."
    NodeDisabled "node_disabled" Node "Node disabled"
        "The node is disabled on the server."
        "This node is disabled: please ask your administrator."
    ServiceDisabled "service_disabled" Server "Service disabled"
        "The service, or this part of it, is switched off or not ready."
        "The service is not available at the moment: please try again later."
    VpnServerOffline "vpn_server_offline" Server "VPN server offline"
        "The VPN server is not running on the host that was asked."
        "The VPN server is not running at the moment: please try again later."
    OtpSecretUnreadable "otp_secret_unreadable" Server "One-time code secret unreadable"
        "The server cannot read the secret that belongs to the account's one-time codes."
        "Your second factor cannot be checked at the moment: please ask your administrator to set it up again."
    MalformedRequest "malformed_request" Server "Malformed request"
        "The request cannot be read, or lacks something that the server needs."
        "The program you used sent something that the server cannot read: please update it."
    ServerError "server_error" Server "Server error"
        "The server failed while it checked the request."
        "The server had a problem of its own: please try again later."
}

impl Cause {
    /// Stable id, as in findings and on the command line.
    pub fn id(self) -> &'static str {
        self.facts().id
    }

    /// The cause of this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.id() == id)
    }
}

/// Any number of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Causes(u64);

const _: () = assert!(Cause::ALL.len() <= 64, "one bit each");

impl Causes {
    pub fn has(self, cause: Cause) -> bool {
        self.0 & (1 << cause as u64) != 0
    }
}

impl FromIterator<Cause> for Causes {
    fn from_iter<I: IntoIterator<Item = Cause>>(causes: I) -> Self {
        Self(
            causes
                .into_iter()
                .fold(0, |all, cause| all | 1 << cause as u64),
        )
    }
}

/// By its id: that stays when causes come to be in between.
impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = <&str>::deserialize(deserializer)?;
        Self::from_id(id).ok_or_else(|| de::Error::custom(format!("no cause is called {id}")))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
