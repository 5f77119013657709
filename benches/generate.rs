//! Writes a Pritunl journal and an nginx access log as a busy server would, of any size, and on request
//! the truth about each refusal:
//!
//! ```text
//! cargo run --release --example generate -- --lines 1000000 --seed 1 --out /tmp/pritunl-1m --truth /tmp/pritunl-1m.jsonl
//! ```
//!
//! Equal arguments give equal bytes. Memory does not grow with the number of lines: only what is not yet
//! answered is held. The journal has as many lines as the access log, most of them about VPN connections,
//! as on a real server.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::Write as _;
use std::fs::{File, create_dir_all};
use std::io::{BufWriter, Result, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;

use chrono::{DateTime, FixedOffset};
use clap::Parser;

#[derive(Parser)]
struct Args {
    /// Lines of each log.
    #[arg(long, default_value_t = 100_000)]
    lines: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 20_000)]
    clients: u64,
    /// Requests per second, on average.
    #[arg(long, default_value_t = 20)]
    rate: u64,
    /// The folder that gets `access.log` and `pritunl_journal.log`.
    #[arg(long)]
    out: PathBuf,
    /// Gets a JSON line for each refusal: its line in access.log, its cause, whether the journal states
    /// it and where.
    #[arg(long)]
    truth: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    create_dir_all(&args.out)?;
    let create = |name: PathBuf| File::create(name).map(BufWriter::new);
    let mut log = Log {
        access: create(args.out.join("access.log"))?,
        journal: create(args.out.join("pritunl_journal.log"))?,
        truth: args.truth.map(create).transpose()?,
        waiting: BinaryHeap::new(),
        scheduled: 0,
        journaled: 0,
        written: [0; 2],
        counter: 0x00ab_35e0,
        proofs: HashMap::new(),
    };
    let mut world = World {
        random: Random(args.seed),
        clients: args.clients.max(1),
        now: START,
    };
    log.line(
        START,
        Line::Journal(entry(START, "web_server_start", VERSION), None),
    );
    while log.scheduled < args.lines {
        // Twice the mean gap at most, and several requests an act.
        world.now += world
            .random
            .below(2 * REQUESTS_PER_ACT * SECOND / args.rate.max(1));
        let left = args.lines - log.scheduled;
        world.act(left, &mut log);
        while log.journaled < log.scheduled {
            world.connection(&mut log);
        }
        log.flush(world.now)?;
    }
    log.flush(u64::MAX)?;
    log.access.flush()?;
    log.journal.flush()?;
    log.truth.as_mut().map_or(Ok(()), Write::flush)
}

/// Microseconds since the epoch.
type Micros = u64;
const SECOND: Micros = 1_000_000;
const MILLI: Micros = 1_000;
/// 2026-11-16 06:00 UTC.
const START: Micros = 1_794_808_800 * SECOND;
/// Of the access log.
const ZONE: i32 = 3600;
const REQUESTS_PER_ACT: u64 = 5;
/// So many requests before the end no act begins that leaves more journal lines than requests.
const CALM_END: u64 = 200;

const VERSION: &str = r#", "version": "1.34.4681.89", "python_version": "3.12.4", "ssl_version": "OpenSSL 3.0.19 27 Jan 2026", "selinux_context": "none", "web_auth_strict": false"#;

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `0..limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap_or(0)]
    }

    /// One of several, as often as its weight says.
    fn weighted<'a, T>(&mut self, of: &'a [T], weight: impl Fn(&T) -> u64) -> &'a T {
        let mut left = self.below(of.iter().map(&weight).sum());
        let hit = of.iter().find(|item| {
            let own = weight(item);
            let is_hit = left < own;
            left = left.wrapping_sub(own);
            is_hit
        });
        hit.unwrap_or(&of[0])
    }
}

/// What is written and what waits for its time.
struct Log {
    access: BufWriter<File>,
    journal: BufWriter<File>,
    truth: Option<BufWriter<File>>,
    /// Ordered by time, then by when it was scheduled.
    waiting: BinaryHeap<Reverse<(Micros, u64, Line)>>,
    /// Access lines so far, those in wait included.
    scheduled: u64,
    journaled: u64,
    /// Lines of the access log and of the journal.
    written: [u64; 2],
    /// Of the ids in the journal.
    counter: u32,
    /// Journal lines of requests that are not yet answered.
    proofs: HashMap<u64, u64>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Access(String, Option<Truth>),
    /// With the number of the request that it states the refusal of.
    Journal(String, Option<u64>),
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Truth {
    request: u64,
    status: u16,
    cause: &'static str,
    logged: bool,
}

impl Log {
    fn line(&mut self, at: Micros, line: Line) {
        match line {
            Line::Access(..) => self.scheduled += 1,
            Line::Journal(..) => self.journaled += 1,
        }
        self.waiting
            .push(Reverse((at, self.scheduled + self.journaled, line)));
    }

    /// Writes all that happened before `until`.
    fn flush(&mut self, until: Micros) -> Result<()> {
        while self
            .waiting
            .peek()
            .is_some_and(|Reverse((at, ..))| *at < until)
        {
            let Some(Reverse((at, _, line))) = self.waiting.pop() else {
                break;
            };
            self.write(at, line)?;
        }
        Ok(())
    }

    fn write(&mut self, at: Micros, line: Line) -> Result<()> {
        match line {
            Line::Journal(text, request) => {
                self.written[1] += 1;
                if let Some(request) = request {
                    self.proofs.entry(request).or_insert(self.written[1]);
                }
                // The server's other objects take numbers of the same counter.
                self.counter += 1 + u32::from(self.written[1].is_multiple_of(3));
                let (seconds, count) = (at / SECOND, self.counter & 0xff_ffff);
                write!(
                    self.journal,
                    "{{\"id\": \"{seconds:08x}11c7205a5a{count:06x}{text}"
                )
            }
            Line::Access(text, truth) => {
                self.written[0] += 1;
                self.access.write_all(text.as_bytes())?;
                let Some(truth) = truth else { return Ok(()) };
                let proof = self.proofs.remove(&truth.request);
                let Some(out) = &mut self.truth else {
                    return Ok(());
                };
                let Truth {
                    status,
                    cause,
                    logged,
                    ..
                } = truth;
                let line = self.written[0];
                write!(
                    out,
                    r#"{{"file": "access.log", "line": {line}, "status": {status}, "#
                )?;
                write!(out, r#""cause": "{cause}", "logged": {logged}"#)?;
                match proof {
                    Some(proof) => writeln!(out, r#", "proof": {proof}}}"#),
                    None => writeln!(out, "}}"),
                }
            }
        }
    }
}

/// A journal line, without what its id has before its time and behind: `fields` follow the host's.
fn entry(at: Micros, event: &str, fields: &str) -> String {
    let seconds = at / SECOND;
    format!(
        "\", \"event\": \"{event}\", \"timestamp\": {seconds}, \
         \"host_id\": \"0f6c1d2e3b4a59687f6e5d4c3b2a1908\", \"host_name\": \"vpn-fra-01\", \
         \"host_public_address\": \"203.0.113.10\", \"host_public_address6\": null, \
         \"host_local_address\": \"10.20.0.4\", \"host_local_address6\": null{fields}}}\n"
    )
}

/// How a request is refused.
struct Refusal {
    cause: &'static str,
    /// How often, against the others.
    weight: u64,
    /// The words of its line; empty: it has none.
    words: &'static str,
    bytes: u64,
}

const fn refusal(cause: &'static str, weight: u64, words: &'static str, bytes: u64) -> Refusal {
    Refusal {
        cause,
        weight,
        words,
        bytes,
    }
}

/// Of API clients.
const OF_API: &[Refusal] = &[
    refusal("signature_mismatch", 24, "Auth signature mismatch", 17),
    refusal("clock_skew", 24, "Expired auth timestamp", 17),
    refusal("replayed_nonce", 6, "Duplicate nonce from reconnection", 17),
    refusal(
        "api_access_disabled",
        8,
        "Administrator not API enabled",
        17,
    ),
    refusal(
        "malformed_signature",
        4,
        "Invalid signature or nonce length",
        17,
    ),
    refusal("malformed_timestamp", 4, "Invalid auth timestamp", 17),
    refusal("missing_secret", 1, "Adminsitrator missing secret", 17),
    refusal("account_disabled", 5, "Administrator disabled", 17),
    refusal("unknown_token", 8, "", 17),
    refusal("missing_credentials", 7, "", 17),
];

/// Of console sessions.
const OF_SESSION: &[Refusal] = &[
    refusal("invalid_session", 4, "Invalid administrator user", 17),
    refusal("session_address_changed", 2, "Remote address change", 17),
    refusal("expired_session", 2, "Session expired", 17),
    refusal("csrf_invalid", 1, "Invalid CSRF token", 17),
    // By the front end, with `admin_session_end` on the side.
    refusal("expired_session", 3, "", 25),
];

/// Path and size of the answer.
const API_READS: &[(&str, u64)] = &[
    ("/organization", 149),
    ("/server", 2),
    ("/host", 615),
    ("/status", 285),
    (
        "/user/5f2a9c3e11c7205a5ab735e7?page=0&search=jane.doe",
        2310,
    ),
    ("/server/6b02052f11c7205a5ab735ed/output", 95),
    (
        "/server/6b02052f11c7205a5ab735ed/organization/5f2a9c3e11c7205a5ab735e7",
        149,
    ),
    ("/log", 95),
];
const CONSOLE_READS: &[(&str, u64)] = &[
    ("/state", 177),
    ("/status", 285),
    ("/organization", 149),
    ("/server", 2),
    ("/host", 615),
    ("/settings", 3472),
    ("/logs", 8952),
    ("/admin", 10955),
];
const API_AGENTS: &[&str] = &[
    "curl/8.5.0",
    "python-requests/2.31.0",
    "Mozilla/5.0 (compatible; vpn-portal/4.2; +https://portal.example.com/about)",
    "Go-http-client/1.1",
    "ansible-httpget",
    "Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-pritunl",
];
const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
];
const NAMES: &[&str] = &[
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
];

struct World {
    random: Random,
    clients: u64,
    now: Micros,
}

/// A request, as far as it is known before it is answered.
#[derive(Clone, Copy)]
struct Call {
    client: u64,
    at: Micros,
    method: &'static str,
    target: &'static str,
    agent: &'static str,
}

fn address(client: u64) -> Ipv4Addr {
    let [.., a, b, c] = client.to_be_bytes();
    Ipv4Addr::new(10, a.wrapping_add(64), b, c)
}

/// What a client is and has, whenever it comes.
fn trait_of(client: u64, which: u64) -> Random {
    Random(client.wrapping_mul(0x1_0001).wrapping_add(which << 40))
}

impl World {
    /// What one client does in one go; `left`: how many requests may still be made.
    fn act(&mut self, left: u64, log: &mut Log) {
        // Some clients come much more often than others.
        let client =
            self.random.below(self.clients) * self.random.below(self.clients) / self.clients;
        if left < CALM_END {
            self.api(client, left, false, log);
        } else if trait_of(client, 0).percent(80) {
            self.api(client, left, true, log);
        } else {
            self.console(client, log);
        }
    }

    /// A script: a few requests, and more where they are refused and tried again.
    fn api(&mut self, client: u64, left: u64, may_fail: bool, log: &mut Log) {
        let agent = trait_of(client, 1).pick(API_AGENTS);
        // What is wrong stays wrong for some hours.
        let mut habit = trait_of(client, 2 + self.now / (4 * 3600 * SECOND));
        let mut fault = habit
            .percent(19)
            .then(|| habit.weighted(OF_API, |r| r.weight));
        if self.random.percent(2) {
            fault = Some(self.random.weighted(OF_API, |r| r.weight));
        }
        let mut at = self.now;
        for _ in 0..(1 + self.random.below(2 * REQUESTS_PER_ACT - 1)).min(left) {
            let (target, bytes) = self.random.pick(API_READS);
            let call = Call {
                client,
                at,
                method: "GET",
                target,
                agent,
            };
            match fault.filter(|_| may_fail && self.random.percent(95)) {
                Some(refusal) => self.refused(call, refusal, log),
                None => self.answered(call, 200, bytes, &[], log),
            }
            at += if self.random.percent(60) {
                30 * MILLI
            } else {
                SECOND
            } + self.random.below(2 * SECOND);
        }
    }

    /// An administrator: logs in, looks around, perhaps logs out.
    fn console(&mut self, client: u64, log: &mut Log) {
        let mut of_client = trait_of(client, 1);
        let (agent, name) = (of_client.pick(BROWSERS), of_client.pick(NAMES));
        let mut call = Call {
            client,
            at: self.now,
            method: "POST",
            target: "/auth/session",
            agent,
        };
        while self.random.percent(25) {
            self.wrong_login(call, name, log);
            call.at += 2 * SECOND + self.random.below(20 * SECOND);
        }
        if self.random.percent(10) {
            // The form asks for the code only now.
            self.answered(call, 402, 146, &[], log);
            call.at += 5 * SECOND + self.random.below(20 * SECOND);
        }
        let admin = admin(client, name);
        let start = format!(
            ", \"session_id\": \"{:016x}{:016x}\"",
            self.random.next(),
            self.random.next()
        );
        let lines = [
            ("admin_auth_success", &*admin, ""),
            ("admin_session_start", &*admin, &*start),
        ];
        self.answered(call, 200, 41, &lines, log);
        call.method = "GET";
        for _ in 0..4 + self.random.below(9) {
            call.at += 20 * MILLI + self.random.below(2 * SECOND);
            let (target, bytes) = self.random.pick(CONSOLE_READS);
            call.target = target;
            self.answered(call, 200, bytes, &[], log);
        }
        call.at += SECOND + self.random.below(20 * SECOND);
        if self.random.percent(30) {
            let refusal = self.random.weighted(OF_SESSION, |r| r.weight);
            let is_write = refusal.cause == "csrf_invalid";
            (call.method, call.target) = if is_write {
                ("PUT", "/settings")
            } else {
                ("GET", "/server")
            };
            self.refused(call, refusal, log);
        } else {
            (call.method, call.target) = ("DELETE", "/auth/session");
            self.answered(call, 200, 24, &[("admin_session_end", &admin, &start)], log);
        }
    }

    fn wrong_login(&mut self, call: Call, name: &str, log: &mut Log) {
        let (cause, bytes, who, words) = match self.random.below(10) {
            0 => (
                "unknown_user",
                88,
                ", \"user_name\": \"root\"".to_owned(),
                ("invalid_username", "Invalid username"),
            ),
            1 | 2 => (
                "wrong_otp",
                83,
                admin(call.client, name),
                ("invalid_otp", "Invalid two-factor authentication code"),
            ),
            _ => (
                "wrong_password",
                83,
                admin(call.client, name),
                ("invalid_password", "Invalid password"),
            ),
        };
        let said = format!(
            ", \"reason\": \"{}\", \"reason_long\": \"{}\"",
            words.0, words.1
        );
        let mut truth = Truth {
            request: log.scheduled,
            status: 401,
            cause,
            logged: true,
        };
        let entered = call.at + 60 * MILLI + self.random.below(60 * MILLI);
        // The server lets a failed login wait.
        let answered = entered + self.random.below(100 * MILLI) + self.lag();
        truth.request = Self::journal(
            call.client,
            entered,
            ("admin_auth_failure", &who, &said),
            true,
            log,
        );
        log.line(
            answered,
            Line::Access(access(call, answered, 401, bytes), Some(truth)),
        );
    }

    fn refused(&mut self, call: Call, refusal: &Refusal, log: &mut Log) {
        let Refusal {
            cause,
            words,
            bytes,
            ..
        } = *refusal;
        let entered = call.at + self.random.below(8 * MILLI);
        let answered = entered + self.lag();
        let request = if !words.is_empty() {
            let said = format!(", \"event_long\": \"{words}\"");
            Self::journal(
                call.client,
                entered,
                ("admin_auth_failure", "", &said),
                true,
                log,
            )
        } else if bytes == 25 {
            let nobody = ", \"admin_id\": null, \"session_id\": null";
            Self::journal(
                call.client,
                entered,
                ("admin_session_end", nobody, ""),
                false,
                log,
            )
        } else {
            u64::MAX
        };
        let truth = Truth {
            request,
            status: 401,
            cause,
            logged: !words.is_empty(),
        };
        log.line(
            answered,
            Line::Access(access(call, answered, 401, bytes), Some(truth)),
        );
    }

    fn answered(
        &mut self,
        call: Call,
        status: u16,
        bytes: u64,
        lines: &[(&str, &str, &str)],
        log: &mut Log,
    ) {
        let entered = call.at + self.random.below(8 * MILLI);
        for line in lines {
            Self::journal(call.client, entered, *line, false, log);
        }
        let answered = entered + self.lag();
        log.line(
            answered,
            Line::Access(access(call, answered, status, bytes), None),
        );
    }

    /// From the journal line to the answer: mostly next to nothing.
    fn lag(&mut self) -> Micros {
        match self.random.below(100) {
            0..70 => MILLI + self.random.below(9 * MILLI),
            70..95 => self.random.below(60 * MILLI),
            _ => self.random.below(600 * MILLI),
        }
    }

    /// Writes a line of the request to come, and returns that request's number: event, then what stands
    /// before the client's address and what behind.
    fn journal(
        client: u64,
        at: Micros,
        (event, who, said): (&str, &str, &str),
        states: bool,
        log: &mut Log,
    ) -> u64 {
        let request = log.scheduled;
        let fields = format!("{who}, \"remote_address\": \"{}\"{said}", address(client));
        let text = entry(at, event, &fields);
        log.line(at, Line::Journal(text, states.then_some(request)));
        request
    }

    /// A line about a VPN connection, which no request stands behind. Most are of the shorter kind, so
    /// that a line is as long as on a server that is used through its API.
    fn connection(&mut self, log: &mut Log) {
        let client = self.random.below(self.clients);
        let at = self.now + self.random.below(SECOND);
        let user = format!(
            ", \"user_id\": \"{:024x}\"",
            u128::from(Random(client).next())
        );
        let server = r#", "server_id": "6b02052f11c7205a5ab735ed", "server_name": "vpn", "server_network": "10.8.0.0/16", "server_port": 1194"#;
        let named =
            format!("{server}{user}, \"user_name\": \"user{client}\", \"user_type\": \"client\"");
        let (event, fields) = match self.random.below(100) {
            0..3 => (
                "user_connect_failure",
                format!(
                    ", \"remote_address\": \"{}\", \"platform\": \"linux\"{named}, \"event_long\": \"Failed pin authentication\"",
                    address(client)
                ),
            ),
            3..7 => (
                "user_connect_network",
                format!(
                    "{named}, \"platform\": \"linux\", \"type\": \"ovpn\", \"device_name\": \"pc-{client}\", \"mac_addr\": null, \"real_address\": \"{}\", \"virt_address\": \"10.8.0.2\", \"virt_address6\": null, \"host_address\": \"10.20.0.4\", \"host_address6\": null, \"event_long\": \"User connected to network\"",
                    address(client)
                ),
            ),
            _ => (
                "user_disconnect",
                format!(
                    "{user}{server}, \"remote_address\": \"{}\", \"event_long\": \"User disconnected\"",
                    address(client)
                ),
            ),
        };
        let text = entry(at, event, &fields);
        log.line(at, Line::Journal(text, None));
    }
}

/// The fields of an administrator.
fn admin(client: u64, name: &str) -> String {
    format!(
        ", \"admin_id\": \"{client:024x}\", \"admin_name\": \"{name}\", \"admin_super_user\": true"
    )
}

/// An access line in nginx's `combined` format.
fn access(call: Call, answered: Micros, status: u16, bytes: u64) -> String {
    let Call {
        client,
        method,
        target,
        agent,
        ..
    } = call;
    let seconds = i64::try_from(answered / SECOND).unwrap_or_default();
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let mut line = format!("{} - - [", address(client));
    if let Some(zone) = FixedOffset::east_opt(ZONE) {
        let _ = write!(
            line,
            "{}",
            time.with_timezone(&zone).format("%d/%b/%Y:%H:%M:%S %z")
        );
    }
    let _ = writeln!(
        line,
        "] \"{method} {target} HTTP/1.1\" {status} {bytes} \"-\" \"{agent}\""
    );
    line
}
