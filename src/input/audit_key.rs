//! The public key with which privacyIDEA's audit is checked, row by row.
//!
//! A row is signed by RSA-PSS with SHA-256 and the longest salt that the key allows (privacyIDEA `lib/crypto.py`, class
//! `Sign`), over a text that [`signed`](super::signed) makes of its columns.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::pss::{Signature, VerifyingKey};
use rsa::sha2::{Digest, Sha256};
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;

/// What stands before the signature; older versions wrote a number.
const KIND: &str = "rsa_sha256_pss:";

/// A public key, read from PEM.
#[derive(Clone)]
pub struct AuditKey {
    key: Arc<VerifyingKey<Sha256>>,
    length: usize,
    fingerprint: i64,
}

/// Why a file is no public key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error("it is no RSA public key in PEM, such as PI_AUDIT_KEY_PUBLIC of privacyIDEA names")]
    Kind,
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKey({:x})", self.fingerprint)
    }
}

impl AuditKey {
    /// Reads `-----BEGIN PUBLIC KEY-----` or `-----BEGIN RSA PUBLIC KEY-----`.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let pem = fs::read_to_string(path)?;
        let key = RsaPublicKey::from_public_key_pem(&pem)
            .or_else(|_| RsaPublicKey::from_pkcs1_pem(&pem))
            .map_err(|_| KeyError::Kind)?;
        let mut hash = Sha256::new();
        hash.update(key.n().to_bytes_be());
        let digest: [u8; 32] = hash.finalize().into();
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        let (length, bits) = (key.size(), key.n().bits());
        // RFC 8017, 9.1.1: what the encoded message leaves beside the hash and two bytes.
        let salt = (bits - 1)
            .div_ceil(8)
            .checked_sub(<Sha256 as Digest>::output_size() + 2)
            .ok_or(KeyError::Kind)?;
        Ok(Self {
            key: Arc::new(VerifyingKey::new_with_salt_len(key, salt)),
            length,
            fingerprint: i64::from_le_bytes(number),
        })
    }

    /// The same for the same key only.
    pub fn fingerprint(&self) -> i64 {
        self.fingerprint
    }

    /// Whether `signature`, as the column has it, is that of `text`.
    pub(super) fn signed(&self, text: &str, signature: &str) -> bool {
        let bytes = signature.strip_prefix(KIND).and_then(unhex);
        let bytes = bytes.filter(|bytes| bytes.len() == self.length);
        let signature = bytes.and_then(|bytes| Signature::try_from(bytes.as_slice()).ok());
        signature.is_some_and(|signature| self.key.verify(text.as_bytes(), &signature).is_ok())
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        let digit = char::from(byte).to_digit(16)?;
        u8::try_from(digit).ok()
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}
