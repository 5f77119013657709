//! What an audit record says: which row it is follows from the request's rule, the `info` in English and some
//! of the other columns. And the lines of the application log that tell causes apart.
//!
//! The first row that fits is the one.

use super::phrases;
use super::replies::{
    AUDITED_ADMIN, AUDITED_ALGORITHM, AUDITED_CREDENTIALS, AUDITED_EXPIRED, AUDITED_HEADER,
    AUDITED_MISMATCH, AUDITED_PASSKEY, AUDITED_SEGMENTS, AUDITED_USERNAME, ERROR, LOGIN_DISABLED,
    NO_API_KEY, NO_POLLING, NOT_AN_API_KEY, SIGNED, TOKEN_TYPE_DENIED,
};
use super::routes::{
    ANSWERED, API_CLIENT, AUDITED, AUDITED_JWT, AUTH, CHECKS, CONTAINER_CLIENT, GUARDED, RADIUS,
    RIGHTS, SYSTEM, TTYPE, VALIDATE,
};
use crate::cause::Cause::{
    AccountDisabled, AccountExpired, AccountLocked, AddressNotAllowed, ApiAccessDisabled,
    ClockSkew, ExpiredSession, InsufficientRights, InvalidSession, MalformedSignature,
    MalformedTimestamp, MfaRequired, MissingCredentials, PolicyDenied, RateLimited, ReplayedNonce,
    ReplayedOtp, ServerError, SetupPending, SignatureMismatch, UnknownToken, UnknownUser, WrongOtp,
    WrongPassword,
};
use crate::system::Body::Any;
use crate::system::Meaning::{Acceptance, Clue, Refusal, Side, Weighed};
use crate::system::Position::First;
use crate::system::{Only, Routes, Statement, Version, Way};

/// Columns of an audit record that tell rows apart which have the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns(u16);

impl Columns {
    pub const NONE: Self = Self(0);
    /// `success` is not 0: administrators' actions put the number of what they made there.
    pub const SUCCESS: Self = Self(1);
    /// `authentication`
    pub const CHALLENGE: Self = Self(1 << 1);
    pub const DECLINED: Self = Self(1 << 2);
    pub const REJECT: Self = Self(1 << 3);
    /// `resolver` names one: the user exists.
    pub const RESOLVER: Self = Self(1 << 4);
    /// `policies` names one.
    pub const POLICIES: Self = Self(1 << 5);
    /// `token_type` is one that knows no time.
    pub const COUNTER: Self = Self(1 << 7);
    /// Of a line about a TOTP used again: the value is the last one that was used.
    pub const SAME_COUNTER: Self = Self(1 << 8);

    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Adds a column, if it is so.
    #[must_use]
    pub const fn when(self, is_so: bool, column: Self) -> Self {
        if is_so { self.or(column) } else { self }
    }

    const fn has_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    const fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

/// What the columns must be for a row to be the one: all of the first, none of the second.
pub(super) struct Needs(Columns, Columns);

// `always`: where no other line, and no silent refusal, goes with that route, status and body.
const ALWAYS: bool = true;
const MAY: bool = false;

// The actions of audit records in this table; in a line it is the request's rule.
const AUDIT_RECORD: &str = "audit record";
pub(super) const LOGIN: &str = "login";
pub(super) const ADMINISTRATOR_LOGIN: &str = "login of a local administrator";

// Those of other lines are their loggers.
/// Stands beside a refusal without a record.
pub(super) const JWT: &str = "privacyidea.api.lib.utils";
const PUSH: &str = "privacyidea.lib.tokens.pushtoken";
const TOTP: &str = "privacyidea.lib.tokens.totptoken";
const USERS: &str = "privacyidea.lib.user";
const APPLICATION: &str = "privacyidea.app";

const fn way(weight: u16, only: Only) -> Way {
    Way { weight, only }
}

macro_rules! meaning {
    (OneOf $($cause:ident $weight:literal $(if $only:ident)?),+) => {
        Weighed(&[$($cause),+], &[$(way($weight, only!($($only)?))),+])
    };
    (Refusal $cause:ident) => { Refusal($cause) };
    (Clue $($cause:ident),+) => { Clue(&[$($cause),+]) };
    ($meaning:ident) => { $meaning };
}

macro_rules! only {
    () => {
        Only::Always
    };
    ($only:ident) => {
        Only::$only
    };
}

macro_rules! statements {
    ($($action:ident $status:tt on $routes:expr, in $source:literal {
        $($reason:literal $(with $($with:ident)+)? $(without $($without:ident)+)? =>
            [$($meaning:tt)+] $body:expr, $always:ident;)+
    })+) => {
        pub(super) const STATEMENTS: &[Statement] = &[$($(Statement {
            action: $action,
            reason: $reason,
            meaning: meaning!($($meaning)+),
            status: &$status,
            pages: Routes::NONE,
            body: $body,
            routes: $routes,
            position: First,
            always: $always,
            elsewhere: None,
            since: Version::MIN,
            source: $source,
        },)+)+];
        static NEEDS: &[Needs] = &[$($(Needs(
            Columns::NONE$($(.or(Columns::$with))+)?,
            Columns::NONE$($(.or(Columns::$without))+)?,
        ),)+)+];
    };
}

/// The row of an audit record of a request of `route`, in the words of the log.
pub fn of_record(route: Routes, info: &str, columns: Columns) -> Option<&'static Statement> {
    // Who logged in under another name than the user's own.
    let renamed = info.strip_prefix("logged in as ");
    let info = renamed
        .and_then(|rest| Some(rest.split_once(". ")?.1))
        .unwrap_or(info);
    let is_record =
        |row: &Statement| [AUDIT_RECORD, LOGIN, ADMINISTRATOR_LOGIN].contains(&row.action);
    let find = |info: &str| {
        row(columns, |row| {
            is_record(row) && row.routes.intersects(route) && row.is_worded(info)
        })
    };
    let found = find(info);
    let is_sure = found.is_some_and(|row| row.reason.bytes().any(|b| b.is_ascii_alphabetic()));
    if is_sure || columns.has_any(Columns::SUCCESS) {
        return found;
    }
    find(&phrases::english(info))
}

/// The row of a line of the application log.
pub fn of_line(logger: &str, message: &str, columns: Columns) -> Option<&'static Statement> {
    row(columns, |row| {
        row.action == logger && row.is_worded(message)
    })
}

fn row(columns: Columns, fits: impl Fn(&Statement) -> bool) -> Option<&'static Statement> {
    let mut rows = super::SYSTEM.statements.iter().zip(NEEDS);
    let (row, _) = rows
        .find(|(row, needs)| columns.has_all(needs.0) && !columns.has_any(needs.1) && fits(row))?;
    Some(row)
}

statements! {
    // Refused although the token was right.
    AUDIT_RECORD [400, 401] on VALIDATE, in "api/lib/postpolicy.py is_authorized" {
        "ERR401:{}" => [Refusal PolicyDenied] Any, MAY;
    }
    AUDIT_RECORD [403, 401] on VALIDATE, in "api/lib/postpolicy.py check_tokentype, check_serial, check_tokeninfo" {
        "{}Tokentype not allowed for authentication!" without SUCCESS => [Refusal PolicyDenied] TOKEN_TYPE_DENIED, MAY;
        "{}Serial is not allowed for authentication!" without SUCCESS => [Refusal PolicyDenied] ERROR, MAY;
        "{},Tokeninfo field {}" without SUCCESS => [Refusal PolicyDenied] ERROR, MAY;
    }

    ADMINISTRATOR_LOGIN [200] on AUTH, in "api/auth.py get_auth_token" {
        "internal admin" with SUCCESS => [Acceptance] Any, ALWAYS;
    }
    LOGIN [200] on AUTH, in "api/auth.py get_auth_token" {
        "{}" with SUCCESS => [Acceptance] Any, ALWAYS;
    }
    AUDIT_RECORD [204] on RADIUS, in "api/validate.py check" {
        "{}" with SUCCESS => [Acceptance] Any, ALWAYS;
    }
    AUDIT_RECORD [200] on ANSWERED, in "api/before_after.py teardown_request" {
        "{}" with SUCCESS => [Acceptance] Any, ALWAYS;
    }
    AUDIT_RECORD [200] on ANSWERED, in "lib/token/auth.py create_challenges_from_tokens" {
        "{}" with CHALLENGE => [Side] Any, MAY;
    }

    // Logins. Without a resolver the name is no user's; a local administrator has none either.
    AUDIT_RECORD [401] on AUTH, in "api/auth.py get_auth_token" {
        "{}Missing parameter \"password\"{}" => [Refusal MissingCredentials] AUDITED_CREDENTIALS, MAY;
        "{}Authentication failure. Missing Username" => [Refusal MissingCredentials] AUDITED_USERNAME, MAY;
        "{}Authentication failure. Unknown realm:{}" => [Refusal UnknownUser] Any, MAY;
        "{}Authentication failure. Wrong credentials|wrong otp value. previous otp used again" => [Refusal ReplayedOtp] Any, MAY;
        "{}Authentication failure. Wrong credentials|wrong otp value" without COUNTER => [OneOf WrongOtp 60, ClockSkew 25, ReplayedOtp 15] Any, MAY;
        "{}Authentication failure. Wrong credentials|wrong otp value" => [OneOf WrongOtp 80, ReplayedOtp 20] Any, MAY;
        "{}Authentication failure. Wrong credentials|wrong otp pin" => [OneOf MfaRequired 50, WrongPassword 50] Any, MAY;
        "{}Authentication failure. Wrong credentials|The user has no tokens assigned" => [Refusal MfaRequired] Any, MAY;
        "{}Authentication failure. Wrong credentials|Failcounter exceeded" => [Refusal AccountLocked] Any, MAY;
        "{}Authentication failure. Wrong credentials|Authentication counter exceeded" => [Refusal AccountLocked] Any, MAY;
        "{}Authentication failure. Wrong credentials|Token is disabled" => [Refusal AccountDisabled] Any, MAY;
        "{}Authentication failure. Wrong credentials|Token is not yet enrolled" => [OneOf AccountDisabled 50, SetupPending 50] Any, MAY;
        "{}Authentication failure. Wrong credentials|Outside validity period" => [Refusal AccountExpired] Any, MAY;
        "{}Authentication failure. Wrong credentials|Response did not match {}" => [Refusal WrongOtp] Any, MAY;
        "{}Authentication failure. Wrong credentials|Only {}" => [Refusal RateLimited] Any, MAY;
        "{}Authentication failure. Wrong credentials|The last successful authentication was {}" => [Refusal AccountExpired] Any, MAY;
        "{}Authentication failure. Wrong credentials|{}" => [OneOf WrongOtp 30, AccountLocked 25, AccountDisabled 25, AccountExpired 20] Any, MAY;
        // A revoked token ends in the same words, where a policy sends logins to the tokens.
        "loginmode=None,Authentication failure. Wrong credentials" with RESOLVER POLICIES => [OneOf WrongPassword 80, AccountDisabled 20] AUDITED_CREDENTIALS, MAY;
        "loginmode=None,Authentication failure. Wrong credentials" with RESOLVER => [Refusal WrongPassword] AUDITED_CREDENTIALS, MAY;
        "loginmode=None,Authentication failure. Wrong credentials" => [OneOf UnknownUser 90 if Stranger, WrongPassword 90 if Administrator] AUDITED_CREDENTIALS, MAY;
        "{}Authentication failure. The account has exceeded the authentication time limit!{}" => [Refusal RateLimited] Any, MAY;
        "{}Authentication failure. The passkey is not registered." => [Refusal UnknownToken] AUDITED_PASSKEY, MAY;
        "{}Authentication failure using passkey." => [Refusal SignatureMismatch] Any, MAY;
        "{}Authentication with passkey disabled." => [Refusal ApiAccessDisabled] Any, MAY;
        "{}Authentication failure. The token type {} is disabled." => [Refusal PolicyDenied] Any, MAY;
        "{}Authentication failure. Token has no user." => [Refusal UnknownUser] Any, MAY;
        "{}Authentication failure. Last authentication policy check failed {}" => [Refusal PolicyDenied] Any, MAY;
    }
    AUDIT_RECORD [401] on AUTH.or(VALIDATE), in "lib/fido2/challenge.py" {
        "{}The challenge {} has timed out." => [Refusal ExpiredSession] Any, MAY;
        "{}The challenge {} is not valid for the token {}" => [Refusal ReplayedNonce] Any, MAY;
    }
    AUDIT_RECORD [403, 401] on AUTH, in "lib/policydecorators.py login_mode" {
        "{}The login for this user is disabled." => [Refusal PolicyDenied] LOGIN_DISABLED, ALWAYS;
    }
    AUDIT_RECORD [200] on AUTH, in "api/auth.py get_auth_token" {
        "{}Token is disabled" => [Refusal AccountDisabled] Any, MAY;
    }
    AUDIT_RECORD [401] on AUTH, in "api/before_after.py auth_error" {
        "{}Authentication fail{}" => [OneOf WrongPassword 40, WrongOtp 30, UnknownUser 20, PolicyDenied 10] SIGNED, ALWAYS;
    }

    // JWTs, where their refusals are audited.
    AUDIT_RECORD [401] on AUDITED_JWT, in "api/lib/utils.py verify_auth_token" {
        "{}Authentication failure. Missing Authorization header." => [Refusal MissingCredentials] AUDITED_HEADER, MAY;
        "{}Authentication failure. Error decoding the Authorization token: Signature verification failed" => [Refusal SignatureMismatch] AUDITED_MISMATCH, MAY;
        "{}Authentication failure. Error decoding the Authorization token: The specified alg value is not allowed" => [OneOf MalformedSignature 40, ClockSkew 35, InvalidSession 25] AUDITED_ALGORITHM, MAY;
        "{}Authentication failure. Error decoding the Authorization token:{}" => [Refusal MalformedSignature] AUDITED_SEGMENTS, MAY;
        "{}Authentication failure. Your token has expired:{}" => [OneOf ExpiredSession 90, ClockSkew 15 if NoSession] AUDITED_EXPIRED, MAY;
        "{}Authentication failure. The username {} is not allowed to impersonate via JWT." => [Refusal PolicyDenied] Any, MAY;
    }
    AUDIT_RECORD [401] on AUDITED_JWT.or(SYSTEM), in "api/auth.py admin_required" {
        "{}Authentication failure. You do not have the necessary role {}" => [Refusal InsufficientRights] AUDITED_ADMIN, MAY;
    }
    AUDIT_RECORD [401] on AUDITED_JWT, in "api/before_after.py auth_error" {
        "{}Authentication fail{}" => [OneOf MissingCredentials 40, ExpiredSession 30, MalformedSignature 20, InsufficientRights 10] SIGNED, ALWAYS;
    }

    // Tokens: 200, whatever comes of it.
    AUDIT_RECORD [200, 401] on CHECKS, in "lib/token/auth.py check_token_list" {
        "{}" with DECLINED => [Refusal PolicyDenied] Any, MAY;
        "wrong otp value. previous otp used again" => [Refusal ReplayedOtp] Any, MAY;
        "wrong otp value" with COUNTER => [OneOf WrongOtp 80, ReplayedOtp 20] Any, MAY;
        "wrong otp value" => [OneOf WrongOtp 60, ClockSkew 25, ReplayedOtp 15] Any, MAY;
        "wrong otp pin" => [OneOf WrongPassword 80, UnknownToken 10, ExpiredSession 10] Any, MAY;
        "Failcounter exceeded" => [Refusal AccountLocked] Any, MAY;
        "Authentication counter exceeded" => [Refusal AccountLocked] Any, MAY;
        "Token is disabled" => [Refusal AccountDisabled] Any, MAY;
        "Token is not yet enrolled" => [OneOf AccountDisabled 50, SetupPending 50] Any, MAY;
        "Outside validity period" => [Refusal AccountExpired] Any, MAY;
        "The user has no tokens assigned" => [Refusal MfaRequired] Any, MAY;
        "Response did not match {}" => [Refusal WrongOtp] Any, MAY;
        "Only {} allowed." => [Refusal RateLimited] Any, MAY;
        "The last successful authentication was {}" => [Refusal AccountExpired] Any, MAY;
        "No active challenge response token found" => [Refusal UnknownToken] Any, MAY;
        "{}" with REJECT => [OneOf AccountDisabled 30, AccountLocked 30, AccountExpired 20, WrongOtp 20] Any, MAY;
    }
    // The same for RADIUS servers.
    AUDIT_RECORD [400, 401] on RADIUS, in "lib/token/auth.py check_token_list; api/validate.py check" {
        "{}" with DECLINED => [Refusal PolicyDenied] Any, MAY;
        "wrong otp value. previous otp used again" => [Refusal ReplayedOtp] Any, MAY;
        "wrong otp value" with COUNTER => [OneOf WrongOtp 80, ReplayedOtp 20] Any, MAY;
        "wrong otp value" => [OneOf WrongOtp 60, ClockSkew 25, ReplayedOtp 15] Any, MAY;
        "wrong otp pin" => [OneOf WrongPassword 80, UnknownToken 10, ExpiredSession 10] Any, MAY;
        "Failcounter exceeded" => [Refusal AccountLocked] Any, MAY;
        "Authentication counter exceeded" => [Refusal AccountLocked] Any, MAY;
        "Token is disabled" => [Refusal AccountDisabled] Any, MAY;
        "Token is not yet enrolled" => [OneOf AccountDisabled 50, SetupPending 50] Any, MAY;
        "Outside validity period" => [Refusal AccountExpired] Any, MAY;
        "The user has no tokens assigned" => [Refusal MfaRequired] Any, MAY;
        "Response did not match {}" => [Refusal WrongOtp] Any, MAY;
        "Only {} allowed." => [Refusal RateLimited] Any, MAY;
        "The last successful authentication was {}" => [Refusal AccountExpired] Any, MAY;
        "No active challenge response token found" => [Refusal UnknownToken] Any, MAY;
        "{}" with REJECT => [OneOf AccountDisabled 30, AccountLocked 30, AccountExpired 20, WrongOtp 20] Any, MAY;
    }
    AUDIT_RECORD [400, 401] on VALIDATE, in "lib/error.py" {
        "ERR904:{}" => [Refusal UnknownUser] Any, MAY;
        "ERR905: You need to specify {}" => [Refusal MissingCredentials] Any, MAY;
        "ERR905: Given serial does not belong to given user!" => [Refusal UnknownToken] Any, MAY;
        "ERR905: Token is not an offline token or refill token is incorrect" => [Refusal InvalidSession] Any, MAY;
        "ERR1007:{}" => [Refusal AccountDisabled] Any, MAY;
    }
    AUDIT_RECORD [404, 401] on VALIDATE.or(AUTH), in "lib/token/query.py" {
        "The requested token could not be found." => [Refusal UnknownToken] Any, MAY;
    }
    AUDIT_RECORD [500] on VALIDATE, in "api/validate.py check" {
        "500 Internal Server Error{}" => [OneOf MissingCredentials 60, ServerError 40] Any, MAY;
    }
    AUDIT_RECORD [401] on VALIDATE, in "api/lib/postpolicy.py hide_specific_error_message" {
        "" without REJECT => [OneOf UnknownUser 60, UnknownToken 20, MissingCredentials 20] Any, MAY;
    }
    AUDIT_RECORD [403, 401] on VALIDATE, in "api/lib/prepolicy.py api_key_required" {
        "{}No valid API key was passed." => [OneOf MissingCredentials 50, SignatureMismatch 50] NO_API_KEY, MAY;
        "{}A correct JWT was passed, but it was no API key." => [Refusal InsufficientRights] NOT_AN_API_KEY, MAY;
    }
    AUDIT_RECORD [401] on API_CLIENT, in "api/validate.py capabilities, remember_device" {
        "{}Authentication failure. A valid API key is required." => [Refusal MissingCredentials] Any, MAY;
        "{}Device token reuse detected{}" => [Refusal ReplayedNonce] Any, MAY;
    }

    // The push app, which signs its requests.
    AUDIT_RECORD [400] on TTYPE, in "lib/tokens/pushtoken.py _check_timestamp_in_range, _api_endpoint_get" {
        "ERR10: Timestamp {} not in valid range." => [Refusal ClockSkew] Any, MAY;
        "ERR10: Could not parse timestamp {}" => [Refusal MalformedTimestamp] Any, MAY;
        "ERR10: Could not verify signature!" => [OneOf SignatureMismatch 40, UnknownToken 30, MalformedSignature 30] Any, MAY;
    }
    AUDIT_RECORD [403] on TTYPE, in "lib/tokens/pushtoken.py _api_endpoint_get" {
        "{}Polling not allowed!" => [Refusal PolicyDenied] NO_POLLING, MAY;
    }
    AUDIT_RECORD [400] on CONTAINER_CLIENT, in "api/container.py" {
        "ERR3001:{}" => [OneOf UnknownToken 60, InvalidSession 40] Any, MAY;
        "ERR3002:{}" => [OneOf SignatureMismatch 50, ReplayedNonce 50] Any, MAY;
        "ERR3003:{}" => [OneOf InvalidSession 50, UnknownToken 50] Any, MAY;
    }

    // Rights. A policy bound to a network refuses in the same words. Another policy makes 401 of the status where
    // people log in, and there only.
    AUDIT_RECORD [403, 401] on AUTH.or(RIGHTS).or(VALIDATE), in "api/lib/prepolicy.py; hide_auth_error_status" {
        "{}ctions are defined, but the action {}" without SUCCESS => [OneOf PolicyDenied 50, AddressNotAllowed 40 if AcceptedElsewhere] ERROR, MAY;
        ",{}" without SUCCESS REJECT => [OneOf PolicyDenied 60, AddressNotAllowed 30 if AcceptedElsewhere] ERROR, MAY;
    }
    AUDIT_RECORD [403] on AUDITED, in "api/lib/prepolicy.py; lib/error.py PolicyError" {
        "{}ctions are defined, but the action {}" without SUCCESS => [OneOf PolicyDenied 50, AddressNotAllowed 40 if AcceptedElsewhere] ERROR, MAY;
        ",{}" without SUCCESS REJECT => [OneOf PolicyDenied 60, AddressNotAllowed 30 if AcceptedElsewhere] ERROR, MAY;
    }

    // What is no refusal of authentication.
    AUDIT_RECORD [200, 400, 404, 405, 500, 501, 503] on AUDITED, in "api/before_after.py" {
        "{}" => [Side] Any, MAY;
    }

    // The application log: lines of the same thread, before its audit record.
    JWT [401] on GUARDED.or(AUDITED_JWT), in "api/lib/utils.py verify_auth_token" {
        "A given JWT definition does not match." => [Clue ClockSkew, MalformedSignature] Any, MAY;
    }
    PUSH [400] on TTYPE, in "lib/tokens/pushtoken.py _api_endpoint_get" {
        "The following error occurred during the signature check: \"\"" => [Clue SignatureMismatch] Any, MAY;
        "The following error occurred during the signature check: \"ERR601{}" => [Clue UnknownToken] Any, MAY;
        "The following error occurred during the signature check: {}" => [Clue MalformedSignature] Any, MAY;
    }
    TOTP [200, 400, 401] on CHECKS.or(RADIUS).or(AUTH), in "lib/tokens/totptoken.py check_otp" {
        "a previous OTP value was used again! {}" with SAME_COUNTER => [Clue ReplayedOtp] Any, MAY;
    }
    TOTP [200, 400, 401] on CHECKS.or(RADIUS).or(AUTH), in "lib/tokens/totptoken.py check_otp, an older value" {
        "a previous OTP value was used again! {}" => [Clue ClockSkew, ReplayedOtp] Any, MAY;
    }
    APPLICATION [500] on VALIDATE.or(AUTH), in "flask app.py log_exception" {
        "Exception on {}" => [OneOf MissingCredentials 60, ServerError 40] Any, MAY;
    }
    USERS [401] on AUTH, in "lib/user.py" {
        "The user User({} exists in NO resolver." => [Clue UnknownUser, WrongPassword] Any, MAY;
        "User <{}> failed to authenticate." => [Clue WrongPassword] Any, MAY;
    }
}
