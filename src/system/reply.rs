//! Answers whose texts are wrapped in an envelope of unknown size: version, signature, time.
//!
//! Of such an answer the size alone tells nothing, but all answers of one server have the same envelope. Once
//! that is learned, the rest of the size tells the text, and the language in which the client asked for it.

use std::sync::OnceLock;

/// A set of languages in which a server speaks: a bit each, named in the system's file but for English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Languages(pub u32);

impl Languages {
    pub const NONE: Self = Self(0);
    pub const ENGLISH: Self = Self(1);

    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The number of each.
    pub fn numbers(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |n| self.0 >> n & 1 == 1)
    }
}

/// A text in the languages in which a server speaks; `{}` stands for what it fills in.
#[derive(Debug)]
pub struct Phrase {
    pub english: &'static str,
    /// As its catalogues have it, each once. Whoever speaks a language that has none is told it in English.
    pub translations: &'static [(Languages, &'static str)],
}

impl Phrase {
    /// All texts, the English one first.
    fn texts(&self) -> impl Iterator<Item = (Languages, &'static str)> {
        let translated = self.translations.iter().map(|(languages, _)| *languages);
        let translated = translated.fold(Languages::NONE, Languages::or);
        let english = (Languages(!translated.0), self.english);
        std::iter::once(english).chain(self.translations.iter().copied())
    }

    /// How many bytes of `text` are this phrase, and the languages in which it says so.
    fn spoken(&self, text: &str) -> Option<(usize, Languages)> {
        let is_said = |said: &str| {
            let mut parts = said.split("{}").filter(|part| !part.is_empty());
            let mut rest = text;
            parts.all(|part| match rest.split_once(part) {
                Some((_, behind)) => {
                    rest = behind;
                    true
                }
                None => false,
            })
        };
        let said = self.texts().filter(|(_, said)| is_said(said));
        said.map(|(languages, said)| (said.len(), languages))
            .max_by_key(|(length, _)| *length)
    }
}

/// The languages in which the longest of `phrases` in a text is said; `None`: it has none, or one that is never
/// translated.
pub fn spoken(phrases: &[&Phrase], text: &str) -> Option<Languages> {
    let translated = phrases.iter().filter(|p| !p.translations.is_empty());
    let said = translated.filter_map(|phrase| phrase.spoken(text));
    said.max_by_key(|(length, _)| *length)
        .map(|(_, languages)| languages)
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
    sizes: OnceLock<Box<[(Languages, u64)]>>,
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

    /// The size without its envelope in each language, in English first.
    pub fn sizes(&self) -> &[(Languages, u64)] {
        self.sizes.get_or_init(|| {
            let size = |text| self.around + json_length(text, self.detail);
            let texts = self.phrase.texts();
            texts.map(|(spoken, text)| (spoken, size(text))).collect()
        })
    }

    /// Whether an answer of `bytes` bytes can be this one, of a server whose usual envelope is `envelope`; `None`:
    /// of any server.
    pub fn fits(&self, bytes: u64, envelope: Option<u64>) -> bool {
        match envelope {
            Some(usual) => self.readings(bytes, usual).next().is_some(),
            None => self.sizes().iter().any(|(_, text)| {
                let fits = |rest| {
                    let mut all = self.envelopes.iter();
                    all.any(|&(from, to)| (from - SHORTER..=to).contains(&rest))
                };
                bytes.checked_sub(*text).is_some_and(fits)
            }),
        }
    }

    /// The languages in which an answer of `bytes` bytes can be this one, and the share of these answers, in that
    /// language, that have this size. `envelope`: the server's usual one.
    pub fn readings(
        &self,
        bytes: u64,
        envelope: u64,
    ) -> impl Iterator<Item = (Languages, f64)> + '_ {
        self.sizes().iter().filter_map(move |(spoken, text)| {
            let less = usize::try_from((envelope + text).checked_sub(bytes)?).ok()?;
            Some((*spoken, *SHARES.get(less)?))
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
    use super::{Languages, Phrase, Reply, json_length, spoken};

    #[test]
    fn lengths_are_pythons() {
        // json.dumps("Clé {'a'} \"b\"") without its quotes
        assert_eq!(json_length("Clé {} \"b\"", "{'a'}"), 20);
        assert_eq!(json_length("expired:", " Signature"), 18);
    }

    const GERMAN: Languages = Languages(2);
    static PHRASE: Phrase = Phrase {
        english: "no",
        translations: &[(GERMAN, "nein")],
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

    #[test]
    fn a_language_is_told_by_words_and_by_sizes() {
        assert_eq!(spoken(&[&PHRASE], "oh nein"), Some(GERMAN));
        assert!(spoken(&[&PHRASE], "oh no").is_some_and(|l| l.has(Languages::ENGLISH)));
        assert_eq!(spoken(&[&PHRASE], "yes"), None);
        let readings = |bytes| -> Vec<bool> {
            let readings = REPLY.readings(bytes, 100);
            readings.map(|(l, _)| l.has(Languages::ENGLISH)).collect()
        };
        assert_eq!(readings(111), [true]);
        assert_eq!(readings(112), [true, false]);
        assert_eq!(readings(114), [false]);
        assert!(readings(115).is_empty());
    }
}
