//! The closed taxonomy of causes. Text is turned into a cause in the systems' tables, and a cause into
//! text only here.

use std::fmt;

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
        ""
        ""
    MalformedTimestamp "malformed_timestamp" Signature "Malformed timestamp"
        ""
        ""
    SignatureMismatch "signature_mismatch" Signature "Signature mismatch"
        ""
        ""
    MalformedSignature "malformed_signature" Signature "Malformed signature"
        ""
        ""
    ReplayedNonce "replayed_nonce" Signature "Replayed nonce"
        ""
        ""
    MissingSecret "missing_secret" Signature "Missing secret"
        ""
        ""
    ApiAccessDisabled "api_access_disabled" Signature "API access disabled"
        ""
        ""
    MissingCredentials "missing_credentials" Credential "Missing credentials"
        ""
        ""
    UnknownToken "unknown_token" Credential "Unknown token"
        ""
        ""
    UnknownUser "unknown_user" Credential "Unknown user"
        ""
        ""
    WrongPassword "wrong_password" Credential "Wrong password"
        ""
        ""
    WrongOtp "wrong_otp" Credential "Wrong OTP"
        ""
        ""
    ReplayedOtp "replayed_otp" Credential "Replayed OTP"
        ""
        ""
    MfaRequired "mfa_required" Credential "MFA required"
        ""
        ""
    MfaChallengeInvalid "mfa_challenge_invalid" Credential "MFA challenge invalid"
        ""
        ""
    MfaPendingLimit "mfa_pending_limit" Credential "MFA pending limit"
        ""
        ""
    UnknownPasskey "unknown_passkey" Credential "Unknown passkey"
        ""
        ""
    SsoFailed "sso_failed" Credential "SSO failed"
        ""
        ""
    ExpiredSession "expired_session" Session "Expired session"
        ""
        ""
    InvalidSession "invalid_session" Session "Invalid session"
        ""
        ""
    SessionAddressChanged "session_address_changed" Session "Session address changed"
        ""
        ""
    CsrfInvalid "csrf_invalid" Session "CSRF invalid"
        ""
        ""
    ProxyBypassed "proxy_bypassed" Session "Proxy bypassed"
        ""
        ""
    AccountDisabled "account_disabled" Account "Account disabled"
        ""
        ""
    AccountLocked "account_locked" Account "Account locked"
        ""
        ""
    AccountExpired "account_expired" Account "Account expired"
        ""
        ""
    SetupPending "setup_pending" Account "Setup pending"
        ""
        ""
    InsufficientRights "insufficient_rights" Right "Insufficient rights"
        ""
        ""
    PolicyDenied "policy_denied" Right "Policy denied"
        ""
        ""
    AddressNotAllowed "address_not_allowed" Right "Address not allowed"
        ""
        ""
    DeviceNotTrusted "device_not_trusted" Right "Device not trusted"
        ""
        ""
    RateLimited "rate_limited" Rate "Rate limited"
        ""
        ""
    NodeTokenInvalid "node_token_invalid" Node "Node token invalid"
        ""
        ""
    NodeTokenExpired "node_token_expired" Node "Node token expired"
        ""
        ""
    NodeCertificateMismatch "node_certificate_mismatch" Node "Node certificate mismatch"
        ""
        ""
    NodeDisabled "node_disabled" Node "Node disabled"
        ""
        ""
    ServiceDisabled "service_disabled" Server "Service disabled"
        ""
        ""
    VpnServerOffline "vpn_server_offline" Server "VPN server offline"
        ""
        ""
    OtpSecretUnreadable "otp_secret_unreadable" Server "OTP secret unreadable"
        ""
        ""
    MalformedRequest "malformed_request" Server "Malformed request"
        ""
        ""
    ServerError "server_error" Server "Server error"
        ""
        ""
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

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
