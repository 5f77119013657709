//! The bodies of errors: `send_error` in `api/lib/utils.py`, signed by `sign_response` in
//! `api/lib/postpolicy.py`.
//!
//! ```text
//! {"detail": null, "id": 1, "jsonrpc": "2.0", "result": {"error": {"code": 4033, "message": "…"}, "status": false},
//!  "signature": "rsa_sha256_pss:…", "time": 1795293872.2636468, "version": "privacyIDEA 3.13.4"}
//! ```
//!
//! What is not text is the envelope, one size on one server: the version, and a signature as long as the
//! audit key (or none). `detail` is `null` where there is no audit record yet, else `{}`.

use super::phrases;
use crate::system::Body;
use crate::system::reply::{Phrase, Reply};

/// Without signature; signed with a key of 2048, 3072, 4096 bits. `"time"` has 18 characters, `"version"` 15 to 28,
/// or it is hidden by a policy.
const ENVELOPES: &[(u64, u64)] = &[
    (132, 132),
    (162, 175),
    (676, 676),
    (706, 719),
    (932, 932),
    (962, 975),
    (1188, 1188),
    (1218, 1231),
];

/// An error of the application itself, whatever its text: hardly a proxy's page is as large.
pub(super) const ERROR: Body = Body::Sizes(186, u64::MAX);

/// The same where it is signed: no proxy's page is as large.
pub(super) const SIGNED: Body = Body::Sizes(674, u64::MAX);

// What is around the text: `detail`, and the number of the error.
const UNAUDITED: u64 = "null".len() as u64 + 4;
const AUDITED: u64 = "{}".len() as u64 + 4;
const POLICY: u64 = "null".len() as u64 + 3;

macro_rules! replies {
    ($($name:ident $around:ident $phrase:expr, $detail:literal;)*) => {
        $(pub(super) const $name: Body = {
            static REPLY: Reply = Reply::new($phrase, $detail, $around, ENVELOPES);
            Body::Reply(&REPLY)
        };)*
    };
}

static IN_ENGLISH: Phrase = Phrase {
    english: "",
    translations: &[],
};

replies! {
    UNAUDITED_HEADER UNAUDITED &phrases::MISSING_HEADER, "";
    UNAUDITED_EXPIRED UNAUDITED &phrases::EXPIRED, " Signature has expired";
    UNAUDITED_SEGMENTS UNAUDITED &phrases::DECODING, " Not enough segments";
    UNAUDITED_HEADER_PADDING UNAUDITED &phrases::DECODING, " Invalid header padding";
    UNAUDITED_PAYLOAD_PADDING UNAUDITED &phrases::DECODING, " Invalid payload padding";
    UNAUDITED_CRYPTO_PADDING UNAUDITED &phrases::DECODING, " Invalid crypto padding";
    UNAUDITED_MISMATCH UNAUDITED &phrases::DECODING, " Signature verification failed";
    UNAUDITED_ALGORITHM UNAUDITED &phrases::DECODING, " The specified alg value is not allowed";
    UNAUDITED_ADMIN UNAUDITED &phrases::ROLE, "['admin']";
    UNAUDITED_USER UNAUDITED &phrases::ROLE, "['user', 'admin']";

    AUDITED_HEADER AUDITED &phrases::MISSING_HEADER, "";
    AUDITED_EXPIRED AUDITED &phrases::EXPIRED, " Signature has expired";
    AUDITED_SEGMENTS AUDITED &phrases::DECODING, " Not enough segments";
    AUDITED_MISMATCH AUDITED &phrases::DECODING, " Signature verification failed";
    AUDITED_ALGORITHM AUDITED &phrases::DECODING, " The specified alg value is not allowed";
    AUDITED_ADMIN AUDITED &phrases::ROLE, "['admin']";
    AUDITED_CREDENTIALS AUDITED &phrases::WRONG_CREDENTIALS, "";
    AUDITED_USERNAME AUDITED &phrases::MISSING_USERNAME, "";
    AUDITED_PASSKEY AUDITED &phrases::PASSKEY_UNREGISTERED, "";

    NO_API_KEY POLICY &IN_ENGLISH, "No valid API key was passed.";
    NOT_AN_API_KEY POLICY &IN_ENGLISH, "A correct JWT was passed, but it was no API key.";
    LOGIN_DISABLED POLICY &IN_ENGLISH, "The login for this user is disabled.";
    TOKEN_TYPE_DENIED POLICY &IN_ENGLISH, "Tokentype not allowed for authentication!";
    NO_POLLING POLICY &IN_ENGLISH, "Polling not allowed!";
}
