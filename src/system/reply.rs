//! Answers whose texts are wrapped in an envelope of unknown size: version, signature, time.
//!
//! Of such an answer the size alone tells nothing, but all answers of one server have the same envelope. Once
//! that is learned, the rest of the size tells the text, and the language in which the client asked for it.

use std::sync::OnceLock;

/// A text in the languages in which a server speaks; `{}` stands for what it fills in.
#[derive(Debug)]
pub struct Phrase {
    pub english: &'static str,
    /// As its catalogues have it, each once.
    pub translations: &'static [&'static str],
}

/// One refusal as the server words it.
#[derive(Debug)]
pub struct Reply {
    pub phrase: &'static Phrase,
    /// Stands where the phrase has `{}`, else behind it; never translated.
    pub detail: &'static str,
    /// Bytes of the answer that are neither text nor envelope, such as the error's number.
    pub around: u64,
    /// The sizes, from and to (inclusive), that an envelope can have.
    pub envelopes: &'static [(u64, u64)],
    sizes: OnceLock<Box<[u64]>>,
}

/// Two are one only if they are the same row.
impl PartialEq for Reply {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// How many bytes an envelope can be smaller than the usual one: it holds a time in seconds, as the shortest
/// fraction that Python reads back as the same.
pub const SHORTER: u64 = 2;
/// The share of envelopes that are as large as most, one byte smaller, and two: between two times that can be told
/// apart lie 0.238 microseconds.
pub const SHARES: [f64; 3] = [0.762, 0.214, 0.024];

impl Reply {
    #[allow(clippy::new_without_default)]
    pub const fn new(
        phrase: &'static Phrase,
        detail: &'static str,
        around: u64,
        envelopes: &'static [(u64, u64)],
    ) -> Self {
        Self {
            phrase,
            detail,
            around,
            envelopes,
            sizes: OnceLock::new(),
        }
    }

    /// The size without its envelope, in English first and then in the other languages.
    pub fn sizes(&self) -> &[u64] {
        self.sizes.get_or_init(|| {
            let languages = std::iter::once(&self.phrase.english).chain(self.phrase.translations);
            languages
                .map(|text| self.around + json_length(text, self.detail))
                .collect()
        })
    }

    /// Whether an answer of `bytes` bytes can be this one, of a server whose usual envelope is `envelope`; `None`:
    /// of any server.
    pub fn fits(&self, bytes: u64, envelope: Option<u64>) -> bool {
        self.fit(bytes, envelope).is_some()
    }

    /// The same in English, which most clients get.
    pub fn fits_in_english(&self, bytes: u64, envelope: Option<u64>) -> bool {
        self.fit(bytes, envelope) == Some(0)
    }

    /// The share of these answers, in the language in which it fits, that have this size.
    pub fn share(&self, bytes: u64, envelope: Option<u64>) -> f64 {
        let usual = envelope.zip(self.fit(bytes, envelope));
        usual.map_or(1.0, |(envelope, language)| {
            let less = (envelope + self.sizes()[language]).saturating_sub(bytes);
            let share = usize::try_from(less).ok().and_then(|less| SHARES.get(less));
            share.copied().unwrap_or(1.0)
        })
    }

    /// The first language in which it fits.
    fn fit(&self, bytes: u64, envelope: Option<u64>) -> Option<usize> {
        self.sizes().iter().position(|text| {
            bytes.checked_sub(*text).is_some_and(|rest| match envelope {
                Some(usual) => (usual - SHORTER..=usual).contains(&rest),
                None => self
                    .envelopes
                    .iter()
                    .any(|&(from, to)| (from - SHORTER..=to).contains(&rest)),
            })
        })
    }
}

/// Bytes of a text, filled in, as Python's `json.dumps` writes it: ASCII, the rest as `\uXXXX`.
fn json_length(text: &str, detail: &str) -> u64 {
    let has_place = text.contains("{}");
    let whole = if has_place {
        text.replacen("{}", detail, 1)
    } else {
        format!("{text}{detail}")
    };
    let bytes = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        ' '..='~' => 1,
        _ => 6 * c.len_utf16() as u64,
    };
    whole.chars().map(bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::{Phrase, Reply, json_length};

    #[test]
    fn lengths_are_pythons() {
        // json.dumps("Clé {'a'} \"b\"") without its quotes
        assert_eq!(json_length("Clé {} \"b\"", "{'a'}"), 20);
        assert_eq!(json_length("expired:", " Signature"), 18);
    }

    static PHRASE: Phrase = Phrase {
        english: "no",
        translations: &["nein"],
    };
    static REPLY: Reply = Reply::new(&PHRASE, "", 10, &[(100, 110)]);

    #[test]
    fn the_envelope_once_known_tells_texts_apart() {
        assert!(REPLY.fits(112, None));
        assert!(REPLY.fits(122, None));
        assert!(!REPLY.fits(140, None));
        assert!(REPLY.fits(112, Some(100)));
        assert!(REPLY.fits(110, Some(100)));
        assert!(REPLY.fits(114, Some(100)));
        assert!(!REPLY.fits(115, Some(100)));
        assert!(!REPLY.fits(109, Some(100)));
    }
}
