//! Laws that hold for any findings and any logs.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fmt::Write;
use std::fs;
use std::net::IpAddr;
use std::ops::Range;
use std::path::Path;

use binary::why401;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::sample::select;
use serde_json::json;
use tempfile::TempDir;
use why401::cause::Cause;
use why401::event::{Event, Kind, Micros, Place, Record, Request, Sent, canonical};
use why401::finding::{Candidate, Confidence, Evidence, Finding, Role, Verdict};
use why401::incident::{Gathered, Gatherer};
use why401::index::{Error, Explanation, NewPart, Reader, Stretch, Wanted, Writer};
use why401::outline::Outline;
use why401::rollup::{Block, Builder, Echo, Least};
use why401::sign::{Answer, Sign, What};
use why401::summary::{Position, Summary, Tally};
use why401::system::{self, error_log};

// ---- A finding in the index -----------------------------------------------------------------------------------

/// The years 0 to 9999.
const CALENDAR: Range<Micros> = -62_167_219_200_000_000..253_402_300_800_000_000;

fn text() -> impl Strategy<Value = Box<str>> {
    any::<String>().prop_map(String::into_boxed_str)
}

fn address() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>().prop_map(canonical)
}

fn request() -> impl Strategy<Value = Request> {
    let sizes = (
        any::<u16>(),
        option::of(0..i64::MAX as u64),
        option::of(any::<i64>()),
    );
    let upstream = (option::of(option::of(any::<u16>())), option::of(text()));
    let names = (
        option::of(text()),
        option::of(text()),
        option::of(text()),
        option::of(text()),
    );
    (
        any::<String>(),
        text(),
        sizes,
        upstream,
        names,
        option::of(address()),
    )
        .prop_map(
            |(method, target, sizes, upstream, names, forwarded_for)| Request {
                method: method.into(),
                target,
                status: sizes.0,
                bytes: sizes.1,
                duration: sizes.2,
                upstream_status: upstream.0,
                upstream_address: upstream.1,
                request_id: names.0,
                user: names.1,
                user_agent: names.2,
                forwarded_for,
                host: names.3,
                sent: Sent::default(),
            },
        )
}

/// Lines of one part, one below the other.
fn evidence() -> impl Strategy<Value = Vec<Evidence>> {
    let role = select(vec![
        Role::Request,
        Role::Reason,
        Role::Context,
        Role::Trigger,
    ]);
    let seconds = || option::of(prop_oneof![Just(0.0), prop::num::f64::NORMAL]);
    let line = (role, text(), seconds(), seconds(), any::<u32>());
    let line = line.prop_map(|(role, text, delta_s, clock_offset_s, length)| Evidence {
        role,
        place: Place {
            part: 0,
            line: 0,
            offset: 0,
            length,
        },
        text,
        delta_s,
        clock_offset_s,
    });
    vec(line, 0..4).prop_map(|mut lines| {
        for (evidence, n) in lines.iter_mut().zip(0..) {
            evidence.place.line = n + 1;
            evidence.place.offset = n << 33;
        }
        lines
    })
}

/// Who has to do something about a refusal.
#[derive(Debug, Clone)]
enum Fixed {
    Nowhere,
    InTheSystem,
    BeforeIt,
}

fn finding() -> impl Strategy<Value = Finding> {
    let candidates = vec((select(Cause::ALL), text()), 1..4).prop_map(|all| {
        let candidate = |(cause, because)| Candidate { cause, because };
        all.into_iter().map(candidate).collect::<Vec<_>>()
    });
    let systems: Vec<_> = system::ALL.iter().map(|s| s.name).collect();
    let judged = (
        CALENDAR,
        option::of(select(systems)),
        select(Verdict::ALL),
        select(vec![Confidence::Low, Confidence::Medium, Confidence::High]),
        option::of(any::<bool>()),
        candidates,
    );
    let names = (
        option::of(text()),
        option::of(text()),
        option::of(text()),
        option::of(text()),
    );
    let told = (
        option::of(request()),
        text(),
        select(vec![Fixed::Nowhere, Fixed::InTheSystem, Fixed::BeforeIt]),
        evidence(),
        option::of(address()),
    );
    (judged, names, told).prop_map(|(judged, names, told)| {
        let (time, system, verdict, confidence, logged, candidates) = judged;
        let (request, message, fixed_by, evidence, source) = told;
        let mut finding = Finding {
            time,
            system,
            verdict,
            confidence,
            logged,
            candidates,
            source,
            principal: names.0,
            host: names.1,
            action: names.2.map(|text| String::from(text).into()),
            reason: names.3.map(|text| String::from(text).into()),
            request,
            message,
            fix: None,
            evidence,
            considered: Vec::new(),
        };
        // A fix is the system's own for the cause, or that of the web server before it.
        let system = system.and_then(system::by_name);
        finding.fix = finding.cause().and_then(|cause| match fixed_by {
            Fixed::Nowhere => None,
            Fixed::InTheSystem => system?.fix(cause),
            Fixed::BeforeIt => error_log::fix(cause),
        });
        finding
    })
}

/// The lines that a finding cites, as the records that the index has of them.
fn records(finding: &Finding) -> Vec<Record> {
    let record = |evidence: &Evidence| Record {
        place: evidence.place,
        event: Box::new(Event {
            time: finding.time..finding.time + 1,
            source: None,
            kind: Kind::Request(Request::default()),
        }),
        ahead: None,
        text: Some(evidence.text.clone()),
    };
    finding.evidence.iter().map(record).collect()
}

/// Begins a new index with the lines of a finding; gives its one part as well.
fn index_with(finding: &Finding, path: &Path) -> Result<(Writer, i64), Error> {
    let mut writer = Writer::open(path)?;
    let input = writer.input("a.log", Path::new("/a.log"), "nginx_combined", None)?;
    let part = writer.add_part(&NewPart {
        input,
        after: None,
        name: "a.log",
        identity: [1; 32],
        beginning: [2; 32],
    })?;
    let position = Position {
        lines: 9,
        offset: 9 << 33,
        ..Position::default()
    };
    let tally = Tally {
        lines: 9,
        position,
        ..Tally::default()
    };
    writer.append(part, &records(finding), &tally)?;
    Ok((writer, part))
}

/// The findings that count; and what was counted is of these.
fn read_back(path: &Path, part: i64) -> Result<Vec<Finding>, Error> {
    let mut read = Vec::new();
    let reader = Reader::open(path)?;
    reader.findings::<Error>(&Wanted::default(), &[part], |finding| {
        read.push(finding.clone());
        Ok(())
    })?;
    let mut numbers = Vec::new();
    if let Some((rollup, _)) = reader.rollup(&[part])? {
        rollup.outlines(Stretch::default(), |number, _, _| numbers.push(number))?;
    }
    let mut counted = Vec::new();
    reader.numbered::<Error>(numbers, &[part], |_, finding| {
        counted.push(finding);
        Ok(())
    })?;
    assert_eq!(counted, read);
    Ok(read)
}

fn nothing() -> Gathered {
    Gatherer::new().finish(&Summary::default())
}

/// Adds a finding, and a block with nothing else.
fn add(explanation: &mut Explanation, writer: &Writer, finding: &Finding) -> Result<(), Error> {
    explanation.finding(writer, "an id", finding)?;
    let mut builder = Builder::default();
    builder.finding(finding, 0);
    let mut blocks = builder.take(Least::Some);
    blocks.try_for_each(|block| explanation.rollup(writer, &block))
}

/// Writes a finding into a new index and reads it back.
fn through_index(finding: &Finding, path: &Path) -> Result<Vec<Finding>, Error> {
    let (writer, part) = index_with(finding, path)?;
    let mut explanation = writer.explain(vec![part])?;
    add(&mut explanation, &writer, finding)?;
    explanation.finish(&writer, &Summary::default(), &nothing(), &[], 0)?;
    writer.close()?;
    read_back(path, part)
}

/// Replaces all findings by so many, in a transaction each, and gives those that count after each step. Without
/// an `end` it is given up.
fn replaced(
    writer: &Writer,
    (path, part): (&Path, i64),
    (finding, times): (&Finding, usize),
    end: bool,
) -> Result<Vec<Vec<Finding>>, Error> {
    let mut counted = Vec::new();
    let mut explanation = writer.explain_beside(vec![part])?;
    for _ in 0..times {
        add(&mut explanation, writer, finding)?;
        writer.commit()?;
        counted.push(read_back(path, part)?);
    }
    if end {
        explanation.finish(writer, &Summary::default(), &nothing(), &[], 0)?;
        writer.commit()?;
        counted.push(read_back(path, part)?);
        while writer.sweep()? {
            writer.commit()?;
            counted.push(read_back(path, part)?);
        }
        writer.commit()?;
    }
    Ok(counted)
}

/// Somebody was let in: a request that says so, or the server.
fn sign((time, client, is_request): (i32, Option<u8>, bool)) -> Sign {
    let client = client.map(|last| [203, 0, 113, last].into());
    let what = if is_request {
        What::Request {
            client,
            answer: Answer::Accepted,
            reveals: None,
        }
    } else {
        What::Accepted {
            client,
            principal: "alice".into(),
        }
    };
    Sign {
        time: time.into(),
        input: 0,
        place: Place {
            part: 0,
            line: 1,
            offset: 0,
            length: 1,
        },
        system: None,
        what,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What is read back is what was written.
    #[test]
    fn a_finding_outlives_the_index(finding in finding()) {
        let folder = TempDir::new().unwrap();
        let read = through_index(&finding, &folder.path().join("index.db")).unwrap();
        prop_assert_eq!(read, vec![finding]);
    }

    /// What is counted comes out as it went in, in its order, in whichever blocks.
    #[test]
    fn nothing_that_is_counted_is_lost(
        findings in vec((finding(), any::<u32>()), 0..20),
        signs in vec((any::<i32>(), any::<Option<u8>>(), any::<bool>()), 0..40),
        cut in 0_usize..20,
    ) {
        let signs: Vec<Sign> = signs.into_iter().map(sign).collect();
        let mut builder = Builder::default();
        let mut blocks = Vec::new();
        for (at, (finding, group)) in findings.iter().enumerate() {
            if at == cut {
                blocks.extend(builder.take(Least::Some));
            }
            builder.finding(finding, *group);
        }
        for sign in &signs {
            builder.sign(sign);
        }
        blocks.extend(builder.take(Least::Some));
        let (mut outlines, mut echoes) = (Vec::new(), Vec::new());
        for block in &blocks {
            match block {
                Block::Outlines(all) => outlines.extend(all.iter()),
                Block::Echoes(all) => echoes.extend(all.iter(|_| true)),
                Block::Changes(_) => {}
            }
        }
        let went_in = findings.iter().map(|(finding, group)| (*group, Outline::from(finding)));
        prop_assert_eq!(outlines, went_in.collect::<Vec<_>>());
        let went_in = signs.iter().filter_map(Echo::of);
        prop_assert_eq!(echoes, went_in.collect::<Vec<_>>());
    }

    /// While findings are made anew beside those that are there, those count; then the new ones. It may be given up
    /// and begun again.
    #[test]
    fn findings_are_replaced_at_once(finding in finding(), rounds in vec((0_usize..4, any::<bool>()), 1..5)) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("index.db");
        let (writer, part) = index_with(&finding, &path).unwrap();
        let mut before = vec![];
        for (times, end) in rounds {
            let counted = replaced(&writer, (&path, part), (&finding, times), end).unwrap();
            let (beside, behind) = counted.split_at(times);
            prop_assert!(beside.iter().all(|counted| *counted == before));
            if end {
                before = vec![finding.clone(); times];
            }
            prop_assert!(behind.iter().all(|counted| *counted == before));
        }
    }
}

// ---- Logs that a client could bring about ---------------------------------------------------------------------

/// 2026-11-21 20:55:00 UTC.
const START: i64 = 1_795_294_500;

/// One line of each of the two logs, or of one.
#[derive(Debug, Clone)]
struct Step {
    pause: i64,
    client: u8,
    status: u16,
    path: &'static str,
    /// What the server's log says; `None`: nothing.
    words: Option<&'static str>,
    name: String,
    agent: String,
}

/// What a client may send, in names and agents.
fn sent() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{1,8}",
        1 => "[\u{0}-\u{ff}\u{200b}-\u{202e}日🙂]{0,12}",
        1 => select(vec![
            r#"x" 200 0 "-" ""#.to_owned(),
            r#"{"event": "admin_auth_success"}"#.to_owned(),
            "a\n203.0.113.9 - - [21/Nov/2026:20:55:05 +0000] \"GET / HTTP/1.1\" 200 5".to_owned(),
        ]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let words = select(vec![
        "Expired auth timestamp",
        "Session expired",
        "words of no version",
    ]);
    let path = select(vec!["/organization", "/auth/session", "/x?token=4711"]);
    let status = select(vec![200_u16, 401, 401, 401, 429]);
    let pause = select(vec![0_i64, 0, 1, 4, 70]);
    (
        pause,
        0..4_u8,
        status,
        path,
        option::of(words),
        sent(),
        sent(),
    )
        .prop_map(|(pause, client, status, path, words, name, agent)| Step {
            pause,
            client,
            status,
            path,
            words,
            name,
            agent,
        })
}

/// As nginx's `ngx_http_log_escape` does.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'"' | b'\\' | 0..0x20 | 0x7f.. => format!("\\x{byte:02X}"),
        _ => char::from(byte).to_string(),
    };
    text.bytes().map(escape).collect()
}

/// The access log and the journal.
fn logs(steps: &[Step]) -> (String, String) {
    let (mut access, mut journal, mut time) = (String::new(), String::new(), START);
    for step in steps {
        time = (time + step.pause).min(START + 3599 - 3300);
        let (minute, second) = (55 + (time - START) / 60, (time - START) % 60);
        let client = format!("203.0.113.{}", step.client);
        let _ = writeln!(
            access,
            "{client} - - [21/Nov/2026:20:{minute:02}:{second:02} +0000] \"GET {} HTTP/1.1\" {} 17 \"-\" \"{}\"",
            step.path,
            step.status,
            escaped(&step.agent),
        );
        if let Some(words) = step.words {
            let line = json!({
                "event": "admin_auth_failure", "timestamp": time, "remote_address": client,
                "admin_name": step.name, "event_long": words,
            });
            let _ = writeln!(journal, "{line}");
        }
    }
    (access, journal)
}

/// Whether all of it can be seen, and nothing of it acts.
fn is_inert(text: &str) -> bool {
    let is_bad = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    !text.contains(is_bad)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The stream and the index tell the same, in whichever order the logs are named and in however many pieces they
    /// are read; and nothing that is told to people acts on their terminal.
    #[test]
    fn stream_and_index_agree(steps in vec(step(), 1..40), cut in any::<prop::sample::Index>()) {
        let folder = TempDir::new().unwrap();
        let (access, journal) = logs(&steps);
        let put = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
        let run = |args: &[&str]| {
            let ended = why401(args).within(folder.path()).run();
            assert_ne!(ended.code, 101, "{}", ended.talk);
            ended
        };
        // A first look at the logs while they are being written, anywhere in a line.
        put("access.log", &access.as_bytes()[..cut.index(access.len())]);
        put("journal.log", &journal.as_bytes()[..journal.len() / 2]);
        run(&["index", ".", "--index", "index/i.db"]);
        put("access.log", access.as_bytes());
        put("journal.log", journal.as_bytes());
        run(&["index", "access.log", "journal.log", "--index", "index/i.db"]);

        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        let stream = run(&["explain", "-o", "ndjson", "access.log", "journal.log"]);
        let other = run(&["explain", "-o", "ndjson", "journal.log", "access.log"]);
        prop_assert_eq!(sorted(&stream.data), sorted(&other.data));
        let index = run(&["explain", "-o", "ndjson", "--index", "index/i.db"]);
        // A log may be met, and indexed, before the other one.
        let names = |text: &str| sorted(&text.replace("\"./", "\""));
        prop_assert_eq!(names(&stream.data), names(&index.data));

        for more in [&[][..], &["--each"], &["--each", "--considered"]] {
            let text = run(&[&["explain", "access.log", "journal.log"], more].concat());
            assert!(is_inert(&text.data) && is_inert(&text.talk), "{}", text.data);
        }
    }
}
