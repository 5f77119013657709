//! Two hours of a Pritunl server in the evening, written as nginx and the journal do, in which something is made to
//! happen. Equal seeds give equal logs.

// Each file of tests is a crate of its own and needs only some of this.
#![allow(dead_code, unreachable_pub)]

pub mod troubles;

use std::fs;
use std::path::Path;

use chrono::DateTime;
use serde_json::{Map, Value, json};

/// 2026-11-21 20:00 UTC.
pub const START: i64 = 1_795_291_200;
pub const END: i64 = 7200;
pub const HOUR: i64 = 3600;

/// Those who are let in all evening: programs, and people who log in now and then.
pub const PROGRAMS: [&str; 5] = [
    "203.0.113.1",
    "203.0.113.2",
    "203.0.113.3",
    "203.0.113.4",
    "203.0.113.5",
];
const PEOPLE: [(&str, &str); 3] = [
    ("sybil", "203.0.113.50"),
    ("trent", "203.0.113.51"),
    ("walter", "203.0.113.52"),
];

/// splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// Both logs in the making. Times are seconds since [`START`] by the right clock.
pub struct Night {
    pub random: Random,
    access: Vec<(i64, String)>,
    journal: Vec<(i64, Map<String, Value>)>,
    /// How far each clock is ahead, from when to when.
    pub access_ahead: Option<(i64, i64, i64)>,
    pub journal_ahead: Option<(i64, i64, i64)>,
    /// From when to when the journal is lost.
    pub lost: Option<(i64, i64)>,
    /// From when on a proxy hides its clients behind this address, and until when.
    pub hidden: Option<(i64, i64, &'static str)>,
    /// What refuses programs that are let in otherwise.
    refusals: Vec<Refusal>,
}

/// These programs are refused from when to when, with these words in the journal.
struct Refusal {
    programs: Vec<&'static str>,
    from: i64,
    until: i64,
    words: &'static str,
}

impl Night {
    pub fn new(seed: u64) -> Self {
        let mut night = Self {
            random: Random(seed),
            access: Vec::new(),
            journal: Vec::new(),
            access_ahead: None,
            journal_ahead: None,
            lost: None,
            hidden: None,
            refusals: Vec::new(),
        };
        night.restart(-5);
        night
    }

    fn address(&self, time: i64, client: &str) -> String {
        let hidden = self
            .hidden
            .filter(|(from, until, _)| (*from..*until).contains(&time));
        hidden.map_or(client, |(.., address)| address).to_owned()
    }

    pub fn request(&mut self, time: i64, client: &str, request: &str, answer: (u16, u32)) {
        let client = self.address(time, client);
        let stamp =
            DateTime::from_timestamp(START + time + ahead(self.access_ahead, time), 0).unwrap();
        let stamp = stamp.format("%d/%b/%Y:%H:%M:%S +0000");
        let agent = if request.starts_with("GET /state") || request.contains("session") {
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
        } else {
            "python-requests/2.31.0"
        };
        let (status, bytes) = answer;
        let line = format!(
            r#"{client} - - [{stamp}] "{request} HTTP/1.1" {status} {bytes} "-" "{agent}""#
        );
        self.access.push((time, line));
    }

    pub fn entry(&mut self, time: i64, action: &str, fields: Value) {
        let Value::Object(fields) = fields else {
            panic!("fields are an object");
        };
        let mut entry = Map::new();
        entry.insert("event".into(), json!(action));
        entry.insert(
            "timestamp".into(),
            json!(START + time + ahead(self.journal_ahead, time)),
        );
        entry.insert("host_name".into(), json!("vpn-fra-01"));
        entry.extend(fields);
        if self
            .lost
            .is_none_or(|(from, until)| !(from..until).contains(&time))
        {
            self.journal.push((time, entry));
        }
    }

    pub fn restart(&mut self, time: i64) {
        let fields = json!({"version": "1.34.4681.89", "web_auth_strict": false});
        self.entry(time, "web_server_start", fields);
    }

    /// A program, let in.
    pub fn accepted(&mut self, time: i64, client: &str) {
        self.request(time, client, "GET /organization", (200, 149));
    }

    /// A program or a session, refused with these words in the journal.
    pub fn refused(&mut self, time: i64, client: &str, words: &str) {
        self.request(time, client, "GET /organization", (401, 17));
        let client = self.address(time, client);
        let fields = json!({"remote_address": client, "event_long": words});
        self.entry(time, "admin_auth_failure", fields);
    }

    pub fn login(&mut self, time: i64, name: &str, client: &str) {
        self.request(time, client, "POST /auth/session", (200, 41));
        let client = self.address(time, client);
        let fields = json!({"admin_name": name, "remote_address": client});
        self.entry(time, "admin_auth_success", fields.clone());
        self.entry(time, "admin_session_start", fields);
        self.request(time, &client, "GET /state", (200, 177));
    }

    pub fn login_refused(
        &mut self,
        time: i64,
        name: &str,
        client: &str,
        reason: (&str, &str),
        answer: (u16, u32),
    ) {
        self.request(time, client, "POST /auth/session", answer);
        let fields = json!({"admin_name": name, "remote_address": client,
            "reason": reason.0, "reason_long": reason.1});
        self.entry(time, "admin_auth_failure", fields);
    }

    /// These programs are refused from when to when.
    pub fn refuse(
        &mut self,
        programs: &[&'static str],
        (from, until): (i64, i64),
        words: &'static str,
    ) {
        self.refusals.push(Refusal {
            programs: programs.to_vec(),
            from,
            until,
            words,
        });
    }

    /// Why a program is refused at a moment, if it is.
    fn refusal(&self, client: &str, time: i64) -> Option<&'static str> {
        let is_refused = |refusal: &&Refusal| {
            refusal.programs.contains(&client) && (refusal.from..refusal.until).contains(&time)
        };
        let refusal = self.refusals.iter().find(is_refused);
        refusal.map(|refusal| refusal.words)
    }

    /// What goes on anyway, but for programs that are refused.
    pub fn usual(&mut self) {
        for client in PROGRAMS {
            let mut time = self.random.below(10);
            while time < END {
                match self.refusal(client, time) {
                    Some(words) => self.refused(time, client, words),
                    None => self.accepted(time, client),
                }
                time += 5 + self.random.below(20);
            }
        }
        for (name, client) in PEOPLE {
            let mut time = self.random.below(120);
            while time < END {
                self.login(time, name, client);
                time += 60 + self.random.below(240);
            }
        }
        // Somebody mistypes now and then, and that is no incident.
        for n in 0..4 {
            let time = 600 + n * 1500 + self.random.below(300);
            let (name, client) = PEOPLE[usize::try_from(n).unwrap() % PEOPLE.len()];
            let reason = ("invalid_password", "Invalid password");
            self.login_refused(time, name, client, reason, (401, 83));
            self.login(time + 6, name, client);
        }
    }

    /// Writes both logs into a folder, each in the order in which its host wrote it.
    pub fn write(self, folder: &Path) {
        let (access, journal) = self.until(i64::MAX);
        fs::write(folder.join("access.log"), access).unwrap();
        fs::write(folder.join("pritunl_journal.log"), journal).unwrap();
    }

    /// The access log and the journal as they are at this time.
    pub fn until(&self, time: i64) -> (String, String) {
        fn lines<T>(log: &[(i64, T)], until: i64, show: impl Fn(&T) -> String) -> String {
            let mut log: Vec<_> = log.iter().filter(|(time, _)| *time < until).collect();
            log.sort_by_key(|(time, _)| *time);
            log.iter().map(|(_, line)| show(line) + "\n").collect()
        }
        let entry = |entry: &Map<String, Value>| Value::Object(entry.clone()).to_string();
        (
            lines(&self.access, time, String::clone),
            lines(&self.journal, time, entry),
        )
    }
}

fn ahead(clock: Option<(i64, i64, i64)>, time: i64) -> i64 {
    clock.map_or(
        0,
        |(from, until, by)| if (from..until).contains(&time) { by } else { 0 },
    )
}
