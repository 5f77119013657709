//! Whether it looks like an attack, after MITRE ATT&CK (T1110, T1078), and why or why not.

use serde::{Deserialize, Serialize};

use super::Lane;
use super::group::Group;
use crate::cause::Cause;
use crate::event::Micros;

/// What guesses are refused for.
const GUESSES: [Cause; 6] = [
    Cause::WrongPassword,
    Cause::UnknownUser,
    Cause::WrongOtp,
    Cause::UnknownPasskey,
    Cause::AccountLocked,
    Cause::RateLimited,
];
/// Refusals below which nothing is said.
const LEAST: u64 = 5;
/// Names tried from which on it is spraying,
const NAMES: usize = 4;
/// if each was tried no more often than that.
const EACH: u64 = 3;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attack {
    /// None: it does not look like one.
    pub techniques: Vec<Technique>,
    pub because: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Technique {
    Guessing,
    Spraying,
    ValidAccounts,
}

impl Technique {
    pub fn id(self) -> &'static str {
        match self {
            Technique::Guessing => "T1110.001",
            Technique::Spraying => "T1110.003",
            Technique::ValidAccounts => "T1078",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Technique::Guessing => "Password Guessing",
            Technique::Spraying => "Password Spraying",
            Technique::ValidAccounts => "Valid Accounts",
        }
    }
}

/// `let_in`: how many of its clients were let in while it lasted, or after, and never before. `None`: there is nothing to ask, for nobody
/// tried to log in.
pub(super) fn attack(group: &Group, let_in: usize) -> Option<Attack> {
    let guesses = group
        .causes
        .iter()
        .filter(|(cause, _)| GUESSES.contains(cause));
    let tries: u64 = guesses.map(|(_, n)| n).sum();
    if tries * 2 < group.count || tries < LEAST {
        return None;
    }
    let names = group.principals.lanes();
    let with_name: u64 = names.kept.iter().map(|lane| lane.refusals).sum();
    let clients = group.clients.lanes();
    let known = |lane: &&Lane<Box<str>>| lane.before.is_some();
    let mut let_in_before = names.kept.iter().filter(known).count();
    if names.kept.is_empty() {
        let_in_before = usize::from(group.attempts.is_some());
    }
    if is_own(group, let_in_before, names.kept.len()) {
        return Some(Attack {
            techniques: Vec::new(),
            because: "who was refused had been let in before, from the same address and with the same name, as a \
                      program is that has an old secret, or tries too often"
                .to_owned(),
        });
    }
    let number = names.kept.len();
    let is_spread = number >= NAMES && with_name <= EACH * number as u64;
    let technique = if is_spread {
        Technique::Spraying
    } else {
        Technique::Guessing
    };
    let mut techniques = vec![technique];
    let sources = plural(clients.number(), "address", "addresses");
    let sources = format!("{}{sources}", clients.bound());
    let of = match names.number() {
        0 => "names that the log does not tell".to_owned(),
        1 => "one name".to_owned(),
        n => format!("{}{n} names", names.bound()),
    };
    let mut because = format!(
        "{} on {of} from {sources} in {}",
        plural_of(tries),
        span(group)
    );
    if is_spread {
        because += ", few on each";
    }
    if let_in > 0 {
        techniques.push(Technique::ValidAccounts);
        let these = plural(let_in as u64, "of these was", "of these were");
        because = format!("{because}; {these} let in meanwhile or after, and not before");
    }
    Some(Attack {
        techniques,
        because,
    })
}

/// Whether those who are refused are known to be who they say: let in from there before.
fn is_own(group: &Group, knew: usize, names: usize) -> bool {
    let has_before = group
        .clients
        .all()
        .filter(|(_, track)| track.before.is_some());
    has_before.count() * 2 > group.clients.len()
        && names < NAMES
        && (names == 0 || knew * 2 > names)
}

fn plural_of(tries: u64) -> String {
    if tries == 1 {
        "1 refused attempt".to_owned()
    } else {
        format!("{tries} refused attempts")
    }
}

fn plural(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

fn span(group: &Group) -> String {
    let seconds: Micros = (group.last - group.first + 500_000) / 1_000_000;
    // Rounded, as where the incident is told to have lasted so long.
    let (minutes, hours) = ((seconds + 30) / 60, (seconds + 1800) / 3600);
    match seconds {
        0..=1 => "a second".to_owned(),
        2..120 => format!("{seconds} s"),
        120..7200 => format!("{minutes} min"),
        _ => format!("{hours} h"),
    }
}
