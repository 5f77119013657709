//! Which causes are one trouble: what is set right in one place, or tried by one hand.

use crate::cause::Cause;
use crate::finding::{Finding, Verdict};

/// One bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kinds(u16);

impl Kinds {
    const CLOCK: Self = Self(1);
    const SIGNATURE: Self = Self(1 << 1);
    const API: Self = Self(1 << 2);
    pub(super) const LOGIN: Self = Self(1 << 3);
    const SESSION: Self = Self(1 << 4);
    const BARE: Self = Self(1 << 5);
    const ACCOUNT: Self = Self(1 << 6);
    const RIGHT: Self = Self(1 << 7);
    const NODE: Self = Self(1 << 8);
    const SERVER: Self = Self(1 << 9);
    const NONE: Self = Self(0);
    const ALL: Self = Self(0x3ff);

    pub(super) const fn of(cause: Cause) -> Self {
        match cause {
            Cause::ClockSkew => Self::CLOCK,
            Cause::MalformedTimestamp
            | Cause::SignatureMismatch
            | Cause::MalformedSignature
            | Cause::ReplayedNonce
            | Cause::MissingSecret => Self::SIGNATURE,
            Cause::ApiAccessDisabled => Self::API,
            Cause::MissingCredentials | Cause::UnknownToken => Self::BARE,
            Cause::UnknownUser
            | Cause::WrongPassword
            | Cause::WrongOtp
            | Cause::ReplayedOtp
            | Cause::MfaRequired
            | Cause::MfaChallengeInvalid
            | Cause::MfaPendingLimit
            | Cause::UnknownPasskey
            | Cause::SsoFailed
            | Cause::AccountLocked
            | Cause::RateLimited => Self::LOGIN,
            // Who tries names meets accounts that are not in use as well.
            Cause::AccountDisabled | Cause::AccountExpired => Self::ACCOUNT.or(Self::LOGIN),
            Cause::SetupPending => Self::ACCOUNT,
            Cause::ExpiredSession
            | Cause::InvalidSession
            | Cause::SessionAddressChanged
            | Cause::CsrfInvalid
            | Cause::ProxyBypassed => Self::SESSION,
            Cause::InsufficientRights
            | Cause::PolicyDenied
            | Cause::AddressNotAllowed
            | Cause::DeviceNotTrusted => Self::RIGHT,
            Cause::NodeTokenInvalid
            | Cause::NodeTokenExpired
            | Cause::NodeCertificateMismatch
            | Cause::NodeDisabled => Self::NODE,
            Cause::ServiceDisabled
            | Cause::VpnServerOffline
            | Cause::OtpSecretUnreadable
            | Cause::MalformedRequest
            | Cause::ServerError => Self::SERVER,
        }
    }

    /// What the causes that are left of a finding can be. Where none is, it can be anything.
    pub(super) fn left(finding: &Finding) -> Self {
        if finding.verdict == Verdict::Unknown {
            return Self::ALL;
        }
        let all = finding.candidates.iter().map(|c| Self::of(c.cause));
        all.fold(Self::NONE, Self::or)
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, other: Self) -> bool {
        !self.and(other).is_empty()
    }
}

/// Whether a cause lies on the server more often than not once it hits several: whoever meets it while it lasts
/// meets the same.
pub(super) fn is_shared(cause: Cause) -> bool {
    let shared = Kinds::CLOCK
        .or(Kinds::API)
        .or(Kinds::SESSION)
        .or(Kinds::SERVER);
    shared.has(Kinds::of(cause))
}
