//! Pseudonyms: the same name has the same one in every report made with the same key, and without the key nobody can
//! tell whose it is.
//!
//! Where a log is cited, all words are replaced but those that the servers themselves write: what is not known to be
//! harmless may be a name. Addresses of one network (/24, /48) stay addresses of one network.

mod address;
mod apply;
mod vocabulary;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::LazyLock;

use foldhash::{HashSet, HashSetExt};
use regex::Regex;

use crate::finding::Finding;
use crate::sign::{Sign, What};

/// Names that are known; of more, those that the servers' own words are not.
const KNOWN: usize = 1 << 16;
/// Hexadecimal digits of a pseudonym.
const DIGITS: usize = 8;

/// What can hold a name: an address, or a word.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x)
        (?<six> [0-9A-Fa-f]* : [0-9A-Fa-f:]* : [0-9A-Fa-f:.]* )
        | (?<four> [0-9]{1,3} (?: \. [0-9]{1,3} ){3} )
        | [\p{L}\p{N}_[^\x00-\x7f]] [\p{L}\p{N}\p{M}_.@%+\-[^\x00-\x7f]]*";
    Regex::new(pattern).expect("a pattern that a test compiles")
});

/// What parts the words of a file's name.
const SEPARATORS: [char; 3] = ['.', '-', '_'];

/// What is between quotes in a sentence of ours: a server's words.
static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""[^"]*""#).expect("a pattern that a test compiles"));

/// Gives pseudonyms, and remembers whose names it has met.
#[derive(Debug, Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
    names: HashSet<Box<str>>,
}

impl Pseudonyms {
    pub fn new(key: [u8; 32]) -> Self {
        let names = HashSet::new();
        Self { key, names }
    }

    pub fn learn(&mut self, finding: &Finding) {
        let request = finding.request.as_ref();
        let user = request.and_then(|request| request.user.as_ref());
        for name in [&finding.principal, &finding.host]
            .into_iter()
            .flatten()
            .chain(user)
        {
            self.know(name);
        }
    }

    pub fn learn_from(&mut self, sign: &Sign) {
        if let What::Accepted { principal, .. } = &sign.what {
            self.know(principal);
        }
    }

    fn know(&mut self, name: &str) {
        if self.names.len() >= KNOWN || self.names.contains(name) {
            return;
        }
        self.names.insert(name.into());
        // Numbers stand as they are, but not one that somebody is called by: `+49151…` is found without its sign.
        let numbers = TOKEN.find_iter(name).map(|token| trimmed(token.as_str()).0);
        let numbers = numbers.filter(|word| is_number(word) && *word != name);
        self.names.extend(numbers.map(Box::from));
    }

    /// `user-1a2b3c4d`
    pub fn name(&self, name: &str) -> Box<str> {
        self.word("user", name)
    }

    pub fn agent(&self, agent: &str) -> Box<str> {
        self.word("agent", agent)
    }

    pub fn address(&self, address: IpAddr) -> IpAddr {
        address::pseudonym(&self.key, address)
    }

    fn word(&self, kind: &str, text: &str) -> Box<str> {
        let hash = blake3::keyed_hash(&self.key, text.as_bytes()).to_hex();
        format!("{kind}-{}", &hash[..DIGITS]).into()
    }

    /// The hash of a line that only who has the key can make.
    pub fn hash(&self, of: blake3::Hash) -> blake3::Hash {
        blake3::keyed_hash(&self.key, of.as_bytes())
    }

    /// A text of a log; `whole`: agents and names that may be in it.
    pub fn line(&self, text: &str, whole: &[&str]) -> String {
        // The longest first, for one may be a part of another.
        let mut whole: Vec<&str> = whole.iter().copied().filter(|w| !w.is_empty()).collect();
        whole.sort_by_key(|w| std::cmp::Reverse(w.len()));
        match whole.iter().find(|w| w.len() > 2 && text.contains(**w)) {
            Some(found) if !is_one_word(found) => {
                let kind = if self.names.contains(*found) {
                    "user"
                } else {
                    "agent"
                };
                let pieces = text.split(*found).map(|piece| self.line(piece, &whole));
                pieces.collect::<Vec<_>>().join(&self.word(kind, found))
            }
            _ => self.words(text),
        }
    }

    /// A sentence of ours: what it quotes is a log's.
    pub fn said(&self, text: &str) -> String {
        let quoted = |found: &regex::Captures<'_>| self.words(&found[0]);
        let text = QUOTED.replace_all(text, quoted);
        let token = |found: &regex::Captures<'_>| {
            let (word, tail) = trimmed(&found[0]);
            match word.parse::<IpAddr>() {
                Ok(address) => format!("{}{tail}", self.address(address)),
                Err(_) if self.names.contains(word) && !vocabulary::has(word) => {
                    format!("{}{tail}", self.name(word))
                }
                Err(_) => found[0].to_owned(),
            }
        };
        TOKEN.replace_all(&text, token).into_owned()
    }

    /// The name of a file, without its folder: what is not usual in such names may be a host's, or a person's.
    pub fn file(&self, name: &str) -> String {
        let name = name.rsplit('/').next().unwrap_or(name);
        let (mut told, mut strange) = (String::new(), String::new());
        for piece in name.split_inclusive(SEPARATORS) {
            let word = piece.trim_end_matches(SEPARATORS);
            if is_number(word) || (vocabulary::is_of_files(word) && !self.names.contains(word)) {
                self.tell_strange(&mut strange, &mut told);
                told += piece;
            } else {
                strange += piece;
            }
        }
        self.tell_strange(&mut strange, &mut told);
        told
    }

    /// As one word, however many it is made of.
    fn tell_strange(&self, strange: &mut String, told: &mut String) {
        let word = strange.trim_end_matches(SEPARATORS);
        if !word.is_empty() {
            *told += &self.word("x", word);
        }
        *told += &strange[word.len()..];
        strange.clear();
    }

    /// The path of a request: what is no part of a server's own paths is replaced.
    pub fn path(&self, path: &str) -> Box<str> {
        self.words(path).into()
    }

    fn words(&self, text: &str) -> String {
        let token = |found: &regex::Captures<'_>| {
            let (word, tail) = trimmed(&found[0]);
            let start = found.get(0).map_or(0, |whole| whole.start());
            let is_key = is_key(&text[..start], &text[start + word.len()..]);
            if let Ok(address) = word.parse::<IpAddr>() {
                return format!("{}{tail}", self.address(address));
            }
            if found.name("four").is_some() {
                // `203.0.113.09`, as no server writes it, but a client does.
                return format!("{}{tail}", self.word("x", word));
            }
            if found.name("six").is_some() {
                let parts = word.split(':').map(|part| self.one(part, false));
                return format!("{}{tail}", parts.collect::<Vec<_>>().join(":"));
            }
            format!("{}{tail}", self.one(word, is_key))
        };
        TOKEN.replace_all(text, token).into_owned()
    }

    /// A word, or its pseudonym. `is_key`: it is the name of a member of a record.
    fn one<'w>(&self, word: &'w str, is_key: bool) -> Cow<'w, str> {
        match (
            self.names.contains(word),
            is_number(word) || vocabulary::has(word),
        ) {
            (false, is_ours) if is_ours || is_key => Cow::Borrowed(word),
            (true, _) => Cow::Owned(self.name(word).into()),
            (false, _) => Cow::Owned(self.word("x", word).into()),
        }
    }
}

/// A word, and what ends the sentence.
fn trimmed(token: &str) -> (&str, &str) {
    let word = token.trim_end_matches(['.', '@', '%', '+', '-', ':']);
    // `fe80::` is an address.
    if token.parse::<IpAddr>().is_ok() || word.is_empty() {
        return (token, "");
    }
    (word, &token[word.len()..])
}

/// `{"event": `, and not `user "monitor": `
fn is_key(before: &str, behind: &str) -> bool {
    let (before, behind) = (before.strip_suffix('"'), behind.strip_prefix('"'));
    before.is_some_and(|before| before.trim_end().ends_with(['{', ',']))
        && behind.is_some_and(|behind| behind.trim_start().starts_with(':'))
}

fn is_number(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_' | 'T' | 'Z');
    word.is_empty() || (word.contains(|c: char| c.is_ascii_digit()) && word.chars().all(is_part))
}

fn is_one_word(text: &str) -> bool {
    TOKEN
        .find(text)
        .is_some_and(|found| found.len() == text.len())
}

#[cfg(test)]
mod tests {
    use super::Pseudonyms;
    use crate::report::sample::{explained, hostile};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use std::net::IpAddr;

    fn pseudonyms() -> Pseudonyms {
        let mut pseudonyms = Pseudonyms::new([7; 32]);
        pseudonyms.learn(&explained());
        pseudonyms.learn(&hostile());
        pseudonyms
    }

    #[test]
    fn a_line_keeps_what_the_server_says() {
        let told = pseudonyms().line(&explained().evidence[1].text, &[]);
        assert!(
            told.contains(
                r#""event": "admin_auth_failure", "event_long": "Expired auth timestamp""#
            ),
            "{told}"
        );
        assert!(
            !told.contains("203.0.113.9") && !told.contains("6a2169c3"),
            "{told}"
        );
    }

    #[test]
    fn an_access_line_keeps_its_form() {
        let line = r#"203.0.113.9 - alice [04/Jun/2026:14:00:03 +0200] "GET /organization/5f3a HTTP/1.1" 401 17 "-" "My agent/1.0 (alice)""#;
        let told = pseudonyms().line(line, &["My agent/1.0 (alice)"]);
        for kept in [
            "[04/Jun/2026:14:00:03 +0200] \"GET /organization/x-",
            " HTTP/1.1\" 401 17 \"-\" \"agent-",
        ] {
            assert!(told.contains(kept), "{told}");
        }
        for gone in ["alice", "203.0.113.9", "My agent", "5f3a"] {
            assert!(!told.contains(gone), "{told}");
        }
    }

    #[test]
    fn a_name_before_a_colon_is_no_key() {
        let line = r#"2026/06/04 14:00:03 [error] 8#8: *9 user "monitor": password mismatch, client: 203.0.113.9"#;
        let told = pseudonyms().line(line, &[]);
        assert!(
            !told.contains("monitor") && told.starts_with("2026/06/04 14:00:03 [error] 8#8: *9 "),
            "{told}"
        );
        let mut finding = explained();
        finding.principal = Some("event".into());
        let mut pseudonyms = pseudonyms();
        pseudonyms.learn(&finding);
        assert!(
            !pseudonyms
                .line(r#"{"event": "event"}"#, &[])
                .contains("event"),
            "who is called so has no key"
        );
    }

    #[test]
    fn a_name_that_is_a_word_of_the_server_is_a_name_all_the_same() {
        let mut finding = explained();
        finding.principal = Some("auth".into());
        let mut pseudonyms = pseudonyms();
        assert!(
            pseudonyms
                .line("Expired auth timestamp", &[])
                .contains("auth")
        );
        pseudonyms.learn(&finding);
        assert!(
            !pseudonyms
                .line("Expired auth timestamp", &[])
                .contains("auth")
        );
    }

    #[test]
    fn a_name_may_be_a_number_or_none_of_letters() {
        let mut finding = explained();
        let mut pseudonyms = pseudonyms();
        for name in ["4711", "+4915112345678", "203-0-113-77"] {
            finding.principal = Some(name.into());
            pseudonyms.learn(&finding);
        }
        let path =
            "/users/4711/17?tel=+4915112345678&at=203-0-113-77&who=\u{1f600}&ip=203.0.113.09";
        let told = pseudonyms.path(path);
        for gone in [
            "4711",
            "4915112345678",
            "203-0-113-77",
            "\u{1f600}",
            "203.0.113",
        ] {
            assert!(!told.contains(gone), "{told}");
        }
        assert!(told.contains("/17?"), "{told}");
    }

    #[test]
    fn a_file_is_not_named_after_anybody() {
        let pseudonyms = pseudonyms();
        for usual in [
            "access.log",
            "pritunl_journal.log.2.gz",
            "/var/log/nginx/access.log-20261121",
        ] {
            let bare = usual.rsplit('/').next();
            assert_eq!(Some(&*pseudonyms.file(usual)), bare);
        }
        let told = pseudonyms.file("/home/bob/vpn.example.org-access.log");
        assert!(
            told.starts_with("x-") && told.ends_with("-access.log"),
            "{told}"
        );
        assert!(!told.contains("vpn") && !told.contains("org"), "{told}");
        assert_ne!(told, pseudonyms.file("web.example.org-access.log"));
    }

    #[test]
    fn another_key_gives_others() {
        let (one, other) = (Pseudonyms::new([1; 32]), Pseudonyms::new([2; 32]));
        assert_ne!(one.name("alice"), other.name("alice"));
        assert_eq!(one.name("alice"), one.clone().name("alice"));
        let address: IpAddr = [203, 0, 113, 9].into();
        assert_ne!(one.address(address), other.address(address));
    }

    proptest! {
        /// Whoever is in it, and wherever: a name that is no word of a server does not come out.
        #[test]
        fn no_name_comes_out(name in "[a-z]{3,8}[0-9]{2,4}[a-z@.]{0,6}", before in any::<String>(), after in any::<String>()) {
            let name = format!("zq{}", name.trim_end_matches(['.', '@']));
            for text in [format!("{before} {name} {after}"), format!("\"{name}\": 1, /{name}/?{name}={name}").replacen(':', ";", 1)] {
                prop_assert!(!pseudonyms().line(&text, &[]).contains(&name));
            }
        }

        #[test]
        fn any_text_is_taken(text in any::<String>(), whole in any::<String>()) {
            let pseudonyms = pseudonyms();
            let told = pseudonyms.line(&text, &[&whole, &text]);
            prop_assert_eq!(pseudonyms.line(&text, &[&whole, &text]), told);
            pseudonyms.said(&text);
        }
    }
}
