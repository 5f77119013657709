//! In which languages a server speaks, and with whom.
//!
//! A refusal without a line is told by the size of its answer, and a text in one language is as long as another
//! text in another. Which languages are in use follows from the words of the log, and from answers whose size
//! fits one language only; with whom, from the addresses of both.

use std::net::IpAddr;
use std::sync::Arc;

use foldhash::HashMap;

use super::knowledge::Answer;
use crate::event::Entry;
use crate::system::System;
use crate::system::reply::{self, Languages, Reply};

/// Answers and lines that are listened to; more would not tell more.
const HEARD: usize = 1 << 14;
/// What an answer's size proves of its language, against words: the text may be one that we do not know.
const BY_SIZE: f64 = 0.5;
/// What counts before anything was heard: of each language but English, and of all.
const OTHER: f64 = 0.1;
const ALL: f64 = 4.0;
/// A language that is less likely than this is not in use.
const SELDOM: f64 = 0.01;
/// The share of such a one.
const UNUSED: f64 = 1e-12;
/// How much must be heard of one client to count as much as all others.
const ACQUAINTED: f64 = 8.0;

/// What a refusal's size and the tables say, while the server's envelope is not known.
type Sized = (Option<IpAddr>, Arc<Answer>, u64);

/// What the first pass hears.
#[derive(Debug, Default)]
pub(super) struct Listener {
    spoken: Vec<(Option<IpAddr>, Languages)>,
    sized: Vec<Sized>,
}

/// How much was heard of each language, by its number.
#[derive(Debug, Default, Clone)]
struct Heard(HashMap<usize, f64>);

/// The languages in use.
#[derive(Debug, Default, Clone)]
pub(super) struct InUse {
    everybody: Heard,
    clients: HashMap<IpAddr, Heard>,
}

impl Listener {
    /// A line of the log in words that are translated.
    pub(super) fn line(&mut self, system: &System, source: Option<IpAddr>, entry: &Entry) {
        if system.phrases.is_empty() || self.spoken.len() >= HEARD {
            return;
        }
        let words = entry.reason.as_deref().unwrap_or_default();
        let spoken = reply::spoken(system.phrases, words);
        self.spoken.extend(spoken.map(|spoken| (source, spoken)));
    }

    /// A refusal, and what can stand behind it.
    pub(super) fn answer(&mut self, source: Option<IpAddr>, answer: &Arc<Answer>, bytes: u64) {
        if self.sized.len() < HEARD && answer.replies().next().is_some() {
            self.sized.push((source, Arc::clone(answer), bytes));
        }
    }

    pub(super) fn conclude(self, envelope: Option<u64>) -> InUse {
        let mut languages = InUse::default();
        for (source, spoken) in self.spoken {
            languages.hear(source, usual(spoken), 1.0);
        }
        let Some(envelope) = envelope else {
            return languages;
        };
        for (source, answer, bytes) in self.sized {
            let mut readings = answer
                .replies()
                .flat_map(|reply| reply.readings(bytes, envelope))
                .map(|(spoken, _)| usual(spoken));
            if let Some(only) = readings.next()
                && readings.all(|other| other == only)
            {
                languages.hear(source, only, BY_SIZE);
            }
        }
        languages
    }
}

/// Who is told something in English speaks English, as a rule, and not a language that has no word for it.
fn usual(spoken: Languages) -> Languages {
    if spoken.has(Languages::ENGLISH) {
        Languages::ENGLISH
    } else {
        spoken
    }
}

impl InUse {
    #[allow(clippy::cast_precision_loss)] // a handful of languages
    fn hear(&mut self, source: Option<IpAddr>, spoken: Languages, weight: f64) {
        let weight = weight / spoken.numbers().count().max(1) as f64;
        let client = source.map(|address| self.clients.entry(address).or_default());
        for heard in std::iter::once(&mut self.everybody).chain(client) {
            for language in spoken.numbers() {
                *heard.0.entry(language).or_default() += weight;
            }
        }
    }

    /// How likely a refusal in these words is answered with so many bytes, to this client. `None`: the size tells
    /// nothing, as the envelope is not known.
    pub(super) fn share(
        &self,
        reply: &Reply,
        bytes: u64,
        envelope: Option<u64>,
        client: Option<IpAddr>,
    ) -> Option<f64> {
        let readings = reply.readings(bytes, envelope?);
        Some(
            readings
                .map(|(spoken, share)| share * self.spoken(spoken, client))
                .sum(),
        )
    }

    /// Whether a share can be that of a language in use.
    pub(super) fn is_used(share: f64) -> bool {
        share > UNUSED * f64::from(u32::BITS)
    }

    /// How likely a client is spoken to in one of these languages.
    fn spoken(&self, languages: Languages, client: Option<IpAddr>) -> f64 {
        if languages.has(Languages::ENGLISH) {
            return 1.0 - self.spoken(Languages(!languages.0), client);
        }
        let own = client.and_then(|address| self.clients.get(&address));
        let (of_own, all_own) = own.map_or((0.0, 0.0), |own| {
            (languages.numbers().map(|n| own.of(n)).sum(), own.all())
        });
        let of_all: f64 = languages.numbers().map(|n| self.everybody.share(n)).sum();
        let share = (of_own + ACQUAINTED * of_all) / (all_own + ACQUAINTED);
        if share < SELDOM { UNUSED } else { share }
    }
}

impl Heard {
    fn of(&self, language: usize) -> f64 {
        self.0.get(&language).copied().unwrap_or(0.0)
    }

    fn all(&self) -> f64 {
        self.0.values().sum()
    }

    /// The share of a language, of all that is said.
    fn share(&self, language: usize) -> f64 {
        (self.of(language) + OTHER) / (self.all() + ALL)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::InUse;
    use crate::system::reply::{Languages, Phrase, Reply};

    const GERMAN: Languages = Languages(1 << 1);
    const FRENCH: Languages = Languages(1 << 2);
    const CLIENT: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    const OTHER: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));
    const ENVELOPE: u64 = 100;

    // Of one size: the first in English, the second in German.
    static SHORT: Phrase = Phrase {
        english: "absent",
        translations: &[(GERMAN, "fehlt hier doch")],
    };
    static LONG: Phrase = Phrase {
        english: "gone",
        translations: &[(GERMAN, "veralt"), (FRENCH, "expiré")],
    };
    static ABSENT: Reply = Reply::new(&SHORT, "", 0, &[(ENVELOPE, ENVELOPE)]);
    static GONE: Reply = Reply::new(&LONG, "", 0, &[(ENVELOPE, ENVELOPE)]);
    const SIZE: u64 = ENVELOPE + "absent".len() as u64;

    fn share(languages: &InUse, reply: &Reply, client: Option<IpAddr>) -> f64 {
        let share = languages.share(reply, SIZE, Some(ENVELOPE), client);
        share.expect("the envelope is known")
    }

    fn hear(languages: &mut InUse, client: Option<IpAddr>, spoken: Languages, times: usize) {
        for _ in 0..times {
            languages.hear(client, spoken, 1.0);
        }
    }

    #[test]
    fn every_language_may_be_in_use_where_nothing_tells() {
        let languages = InUse::default();
        let (english, german) = (
            share(&languages, &ABSENT, None),
            share(&languages, &GONE, None),
        );
        assert!(InUse::is_used(german) && english > german);
        assert_eq!(languages.share(&GONE, SIZE, None, None), None);
    }

    #[test]
    fn a_language_that_nobody_speaks_is_left_out() {
        let mut languages = InUse::default();
        hear(&mut languages, OTHER, Languages::ENGLISH, 40);
        assert!(InUse::is_used(share(&languages, &ABSENT, CLIENT)));
        assert!(!InUse::is_used(share(&languages, &GONE, CLIENT)));
        hear(&mut languages, OTHER, GERMAN, 2);
        assert!(InUse::is_used(share(&languages, &GONE, CLIENT)));
    }

    #[test]
    fn a_client_is_spoken_to_as_before() {
        let mut languages = InUse::default();
        hear(&mut languages, OTHER, Languages::ENGLISH, 40);
        hear(&mut languages, CLIENT, GERMAN, 20);
        let read = |client| share(&languages, &GONE, client) > share(&languages, &ABSENT, client);
        assert!(read(CLIENT));
        assert!(!read(OTHER));
    }
}
