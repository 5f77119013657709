//! What a report promises, in every output: the numbers add up, equal logs give equal bytes, what a log says stays
//! text, and pseudonyms leave no name behind.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use binary::{SCENARIO, explain, why401};
use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

const OUTPUTS: [&str; 5] = ["text", "html", "markdown", "json", "csv"];
const SCENARIOS: [&str; 3] = [
    "fixtures/scenarios/pritunl",
    "fixtures/scenarios/wirebuddy",
    "fixtures/scenarios/privacyidea",
];
const VERDICTS: [&str; 4] = ["explained", "silent", "ambiguous", "unknown"];

fn report(args: &[&str], output: &str) -> String {
    let run = why401(["report", "-o", output].iter().chain(args)).run();
    assert_eq!(run.code, 0, "{}", run.talk);
    run.data
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&report(args, "json")).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

fn sum<'a>(rows: &'a Value, of: impl Fn(&'a Value) -> &'a Value) -> u64 {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| number(of(row)))
        .sum()
}

/// Of the row that the pattern finds, the numbers: four verdicts, then all.
fn told(text: &str, row: &str) -> Vec<u64> {
    let row = Regex::new(row)
        .unwrap()
        .captures(text)
        .unwrap_or_else(|| panic!("{row}"));
    row.iter()
        .skip(1)
        .map(|n| n.unwrap().as_str().parse().unwrap())
        .collect()
}

/// Fields of the rows of a table, by the grammar of RFC 4180.
fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let field = Regex::new("(?s)(?:\"((?:[^\"]|\"\")*)\"|([^,\"\r\n]*))(,|\r\n)").unwrap();
    let mut rows = vec![Vec::new()];
    for found in field.captures_iter(text) {
        let quoted = found.get(1).map(|text| text.as_str().replace("\"\"", "\""));
        let field = quoted.unwrap_or_else(|| found[2].to_owned());
        rows.last_mut().unwrap().push(field);
        if &found[3] != "," {
            rows.push(Vec::new());
        }
    }
    assert_eq!(rows.pop(), Some(Vec::new()));
    let names = rows.remove(0);
    let row = |row: Vec<String>| names.iter().cloned().zip(row).collect();
    rows.into_iter().map(row).collect()
}

#[test]
fn the_numbers_add_up_in_every_output() {
    for logs in SCENARIOS {
        let findings = explain([logs]).findings();
        let of = |verdict: &str| findings.iter().filter(|f| f["verdict"] == verdict).count() as u64;
        let mut expected: Vec<u64> = VERDICTS.iter().map(|verdict| of(verdict)).collect();
        assert_eq!(expected.iter().sum::<u64>(), findings.len() as u64);
        expected.push(findings.len() as u64);

        let text = report(&[logs], "text");
        assert_eq!(
            told(&text, r"(?m)^all +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)"),
            expected
        );
        let text = report(&[logs], "markdown");
        assert_eq!(
            told(
                &text,
                r"(?m)^\| all \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|"
            ),
            expected
        );
        let text = report(&[logs], "html");
        let cell = "<td[^>]*>(\\d+)</td>".repeat(5);
        assert_eq!(
            told(&text, &format!("<tfoot><tr><td[^>]*>all</td>{cell}")),
            expected
        );
        let rows = table(&report(&[logs], "csv"));
        let of = |verdict: &str| rows.iter().filter(|row| row["verdict"] == verdict).count() as u64;
        let mut of_rows: Vec<u64> = VERDICTS.iter().map(|verdict| of(verdict)).collect();
        of_rows.push(rows.len() as u64);
        assert_eq!(of_rows, expected);
        let json = json(&[logs]);
        let of = |verdict: &&str| number(&json["totals"][*verdict]);
        assert_eq!(
            VERDICTS.iter().chain(&["all"]).map(of).collect::<Vec<_>>(),
            expected
        );
        adds_up(&json);
    }
}

/// However the findings are parted, all of them are there.
fn adds_up(json: &Value) {
    let all = number(&json["totals"]["all"]);
    assert_eq!(sum(&json["causes"], |row| &row["all"]), all);
    for verdict in VERDICTS {
        assert_eq!(
            sum(&json["causes"], |row| &row[verdict]),
            number(&json["totals"][verdict])
        );
    }
    assert_eq!(
        sum(&json["over_time"]["columns"], |row| &row["refusals"]),
        all
    );
    for column in json["over_time"]["columns"].as_array().unwrap() {
        let causes = column["causes"].as_object().unwrap().values();
        assert_eq!(causes.map(number).sum::<u64>(), number(&column["refusals"]));
    }
    for ranking in ["clients", "principals", "paths", "user_agents", "statuses"] {
        let kept = json[ranking]["kept"].as_array().unwrap().len() as u64;
        assert_eq!(
            number(&json[ranking]["number"]),
            kept,
            "few enough to be told each"
        );
    }
    let clients = &json["clients"];
    let told = sum(&clients["kept"], |row| &row["refusals"]);
    let others = number(&clients["others"]["refusals"]);
    assert_eq!(told + others, all, "each has an address");
    let incidents = sum(&json["incidents"], |incident| &incident["refusals"]);
    let others = number(&json["in_no_incident"]) + number(&json["only_counted"]["refusals"]);
    assert_eq!(incidents + others, number(&json["all_refusals"]));
    assert_eq!(number(&json["all_refusals"]), all, "nothing was filtered");
}

#[test]
fn a_narrow_page_holds_every_line() {
    for (logs, columns) in SCENARIOS
        .iter()
        .flat_map(|logs| [(logs, 50), (logs, 80), (logs, 160)])
    {
        let run = why401(["report", logs])
            .env("COLUMNS", columns.to_string())
            .run();
        assert_eq!(run.code, 0, "{}", run.talk);
        assert!(run.data.lines().count() > 20, "{}", run.data);
        let is_long = |line: &&str| line.chars().count() > columns;
        assert_eq!(run.data.lines().find(is_long), None, "{columns}");
        assert!(!run.data.contains("\n\n\n") && !run.data.ends_with("\n\n"));
    }
}

#[test]
fn equal_logs_give_equal_bytes() {
    for logs in SCENARIOS {
        for output in OUTPUTS {
            let key = TempDir::new().unwrap();
            let key = key.path().join("key");
            let hidden = [logs, "--pseudonymize", "--key", key.to_str().unwrap()];
            assert!(
                report(&[logs], output) == report(&[logs], output),
                "{logs} {output}"
            );
            assert!(
                report(&hidden, output) == report(&hidden, output),
                "{logs} {output}"
            );
        }
    }
}

fn shipped() -> Value {
    let run = why401(["report", "--schema"]).run();
    serde_json::from_str(&run.data).unwrap()
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = shipped();
    for logs in SCENARIOS {
        let until = [
            "--until",
            "2026-11-21T20:55:45Z",
            "--client",
            "198.51.100.0/24",
        ];
        for args in [&[][..], &until] {
            let args: Vec<&str> = [logs].iter().chain(args).copied().collect();
            let faults = schema::faults(&schema, &schema, &json(&args));
            assert_eq!(faults, [""; 0], "{args:?}");
        }
        let incidents = why401(["incidents", "-o", "ndjson", logs]).findings();
        let of = &schema["$defs"]["incident"];
        let faults: Vec<String> = incidents
            .iter()
            .flat_map(|i| schema::faults(&schema, of, i))
            .collect();
        assert_eq!(faults, [""; 0], "{logs}");
    }
    let mut wrong = json(&[SCENARIO]);
    wrong["totals"]["silent"] = Value::from(-1);
    wrong["incidents"][0]["level"] = Value::from("awful");
    wrong["more"] = Value::from(1);
    wrong.as_object_mut().unwrap().remove("read");
    assert_eq!(schema::faults(&schema, &schema, &wrong).len(), 4);
}

#[test]
fn an_incident_stands_alone() {
    let all = json(&[SCENARIO]);
    assert_ne!(all["incidents"], serde_json::json!([]));
    for incident in all["incidents"].as_array().unwrap() {
        let id = incident["id"].as_str().unwrap();
        let one = json(&[SCENARIO, "--incident", id]);
        assert_eq!(one["totals"]["all"], incident["refusals"], "{id}");
        assert_eq!(one["incidents"].as_array().unwrap().len(), 1);
        assert_eq!(one["incidents"][0]["id"], *id);
        let rows = table(&report(&[SCENARIO, "--incident", id], "csv"));
        assert_eq!(rows.len() as u64, number(&incident["refusals"]));
    }
    let run = why401(["report", "--incident", "58", "-"]).stdin("").run();
    assert_eq!(run.code, 2);
    assert!(run.talk.contains("a pipe cannot be"), "{}", run.talk);
    let run = why401(["report", SCENARIO, "--incident", "nosuch"]).run();
    assert_eq!(run.code, 2, "{}", run.talk);
}

#[test]
fn times_that_are_asked_for_part_the_whole() {
    let moment = "2026-11-21T20:55:40Z";
    let before = json(&[SCENARIO, "--until", moment]);
    let after = json(&[SCENARIO, "--since", moment]);
    let all = number(&json(&[SCENARIO])["totals"]["all"]);
    let parts = [&before, &after].map(|part| number(&part["totals"]["all"]));
    assert!(parts.iter().all(|part| *part > 0));
    assert_eq!(parts.iter().sum::<u64>(), all);
}

/// Each sentence is true by the numbers of the object that it stands in.
#[test]
fn the_sentences_are_true() {
    let mut let_in = 0;
    for logs in SCENARIOS {
        let told = json(&[logs]);
        let headline = |at: usize| told["headline"][at].as_str().unwrap().to_owned();
        for verdict in VERDICTS {
            let number = number(&told["totals"][verdict]);
            let said = headline(0).contains(&format!("{number} {verdict}"));
            assert_eq!(said, number > 0, "{verdict}: {}", headline(0));
        }
        let worst = &told["incidents"][0]["end"];
        let end = match worst["state"].as_str().unwrap() {
            "open" => "the logs end too soon to tell whether it is over.",
            "quiet" => "they tried no more.",
            _ => panic!("no scenario ends so: {worst}"),
        };
        assert!(headline(1).ends_with(end), "{}", headline(1));
        let states = told["incidents"].as_array().unwrap().iter();
        let states: Vec<_> = states
            .map(|i| i["end"]["state"].as_str().unwrap())
            .collect();
        let is = |names: &[&str]| states.iter().filter(|s| names.contains(s)).count();
        let over = is(&["change", "accepted"]);
        let of = format!("of {} incidents {over} ", states.len());
        assert!(over < 1 || headline(2).contains(&of), "{}", headline(2));
        let open = format!("{} may still go on", is(&["open"]));
        assert!(headline(2).contains(&open), "{}", headline(2));
        // Who is let in again is named, or how many of whom.
        let text = report(&[logs], "markdown");
        for line in text
            .lines()
            .filter(|line| line.contains("let in |") || line.contains("[let in]"))
        {
            assert!(line.contains(" again"), "{line}");
            let_in += 1;
        }
    }
    assert!(let_in > 0, "somebody is let in again");
}

#[test]
fn what_is_cut_by_the_times_asked_for_is_said_to_be_whole() {
    let cut = [
        "--since",
        "2026-11-21T20:55:56Z",
        "--until",
        "2026-11-21T20:56:00Z",
    ];
    let told = json(&[SCENARIO, cut[0], cut[1], cut[2], cut[3]]);
    let which = told["headline"][1].as_str().unwrap();
    assert!(
        which.contains("36 refusals") && which.contains("beyond the times asked for"),
        "{which}"
    );
    let told = json(&[SCENARIO]);
    assert!(!told["headline"][1].as_str().unwrap().contains("beyond"));
}

#[test]
fn what_is_not_there_is_not_told() {
    let folder = TempDir::new().unwrap();
    let line = "203.0.113.1 - - [21/Nov/2026:20:00:00 +0000] \"GET /admin HTTP/1.1\" 401 17 \"-\" \"curl/8\"\n";
    fs::write(folder.path().join("access.log"), line).unwrap();
    let text = report(&[folder.path().to_str().unwrap(), "--utc"], "text");
    assert!(
        text.contains("1 refusal at 2026-11-21 20:00:00 +00:00: 1 unknown"),
        "{text}"
    );
    assert!(
        text.contains("No incident: 1 refusal") && text.contains("1 request in all"),
        "{text}"
    );
    assert!(
        !text.contains("0 names") && !text.contains("0 of 0"),
        "{text}"
    );
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("night.html");
    let out = file.to_str().unwrap();
    let run = why401(["report", "nowhere", "-o", "html", "--out", out]).run();
    assert_eq!(run.code, 3, "{}", run.talk);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let run = why401(["report", SCENARIO, "-o", "html", "--out", out]).run();
    assert_eq!((run.code, run.data.as_str()), (0, ""), "{}", run.talk);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        report(&[SCENARIO], "html")
    );
    let run = why401(["report", SCENARIO, "--color", "always", "--out", out]).run();
    assert_eq!(run.code, 0);
    assert!(!fs::read_to_string(&file).unwrap().contains('\x1b'));
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no draft is left"
    );
}

// What a client chooses.

/// What tries to act, where a browser, a renderer of Markdown, a spreadsheet or a screen would let it.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "[here](javascript:alert(1))",
    "=HYPERLINK(1)",
    "nimda\u{202e}txt.exe",
    "\"><img src=x onerror=alert(1)>",
    "``` | @org/team <!-- -->",
];

/// The logs of one evening in which each of these is a name, a path and an agent.
fn hostile(folder: &Path) {
    let mut access = String::new();
    let mut journal = String::new();
    for (n, text) in HOSTILE.iter().enumerate() {
        let agent = format!("{text}{}", "x".repeat(10_000)).replace('"', "\\x22");
        let path = text.replace(' ', "%20").replace('"', "\\x22");
        for attempt in 0..6 {
            let second = 10 + attempt;
            writeln!(
                access,
                "198.51.100.{n} - - [21/Nov/2026:20:{n:02}:{second} +0000] \"POST /auth/session?{path} HTTP/1.1\" 401 83 \"-\" \"{agent}\""
            )
            .unwrap();
            let time = 1_795_291_200 + n * 60 + second;
            let line = serde_json::json!({"id": format!("{n:012x}{attempt:012x}"), "event": "admin_auth_failure",
                "timestamp": time, "host_id": "0f", "host_name": text, "admin_name": text, "user_name": text,
                "remote_address": format!("198.51.100.{n}"), "reason": "invalid_password",
                "reason_long": "Invalid password"});
            writeln!(journal, "{line}").unwrap();
        }
    }
    fs::write(folder.join("access.log"), access).unwrap();
    fs::write(folder.join("pritunl_journal.log"), journal).unwrap();
}

/// Markdown without what stands in code.
fn prose(markdown: &str) -> String {
    let fences = Regex::new(r"(?ms)^(`{3,})text\n.*?\n(`{3,})$").unwrap();
    let prose = fences.replace_all(markdown, "");
    let mut told = String::new();
    for line in prose.lines() {
        // As CommonMark has it: code ends with as many as it began with.
        let mut rest = line;
        while let Some(at) = rest
            .find('`')
            .filter(|at| *at == 0 || !rest[..*at].ends_with('\\'))
        {
            let ticks = rest[at..].bytes().take_while(|b| *b == b'`').count();
            told += &rest[..at];
            let behind = &rest[at + ticks..];
            let fence = "`".repeat(ticks);
            let end = behind.match_indices(&fence).find(|(end, _)| {
                !behind[..*end].ends_with('`') && !behind[end + ticks..].starts_with('`')
            });
            let (end, _) = end.unwrap_or_else(|| panic!("code without an end: {line}"));
            rest = &behind[end + ticks..];
        }
        told += rest;
        told.push('\n');
    }
    told
}

#[test]
fn what_a_log_says_stays_text() {
    let folder = TempDir::new().unwrap();
    hostile(folder.path());
    let logs = folder.path().to_str().unwrap();
    assert_eq!(number(&json(&[logs])["totals"]["all"]), 36);
    for output in OUTPUTS {
        let text = report(&[logs], output);
        assert!(!text.contains('\u{202e}'), "{output}");
        for legible in ["HYPERLINK(1)", "alert(1)", "nimda", "txt.exe", "onerror"] {
            let is_there = text.contains(legible) || text.replace('\\', "").contains(legible);
            assert!(is_there, "{legible} in {output}");
        }
        if output != "csv" {
            assert!(text.len() < 400_000, "{output}: {}", text.len());
        }
    }
    let html = report(&[logs], "html");
    let tag = Regex::new(r"</?([a-zA-Z!][a-zA-Z0-9]*)([^>]*)>").unwrap();
    let href = Regex::new(r#"href="([^"]*)""#).unwrap();
    for found in tag.captures_iter(&html) {
        let name = found[1].to_lowercase();
        assert!(
            !["script", "img", "iframe", "object", "base", "form", "link"].contains(&&*name),
            "{}",
            &found[0]
        );
        assert!(!found[2].to_lowercase().contains(" on"), "{}", &found[0]);
        assert!(
            href.captures(&found[2])
                .is_none_or(|href| href[1].starts_with('#')),
            "{}",
            &found[0]
        );
    }
    let markdown = prose(&report(&[logs], "markdown"));
    let links = markdown.replace("\\]", "");
    assert!(
        !links.contains("](") && !markdown.contains("@org"),
        "{markdown}"
    );
    for tag in tag.find_iter(&markdown) {
        assert!(
            ["<span>", "</span>"].contains(&tag.as_str()),
            "{}",
            tag.as_str()
        );
    }
    for row in table(&report(&[logs], "csv")) {
        for field in row.values() {
            assert!(
                !field.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{field}"
            );
        }
    }
}

// Pseudonyms.

/// What names somebody in these logs: addresses, and the names, agents and hosts that findings tell.
struct Originals {
    addresses: BTreeSet<String>,
    names: BTreeSet<String>,
}

fn originals(logs: &str) -> Originals {
    let address = Regex::new(r"\b\d{1,3}(?:\.\d{1,3}){3}\b").unwrap();
    let mut addresses = BTreeSet::new();
    for file in fs::read_dir(logs).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        addresses.extend(
            address
                .find_iter(&text)
                .map(|found| found.as_str().to_owned()),
        );
    }
    addresses.retain(|address| address.parse::<std::net::IpAddr>().is_ok());
    let mut names = BTreeSet::new();
    for finding in explain([logs]).findings() {
        for path in ["/user/name", "/host/name", "/user_agent/original"] {
            names.extend(
                finding
                    .pointer(path)
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
        }
    }
    Originals { addresses, names }
}

fn has(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[test]
fn pseudonyms_leave_no_name_and_no_address() {
    // Words that we say ourselves are nobody's name where we say them.
    let ours = why401(["causes"]).run().data + &why401(["formats"]).run().data;
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("key");
    for logs in SCENARIOS {
        let Originals { addresses, names } = originals(logs);
        let (known, checked): (Vec<_>, Vec<_>) = names.iter().partition(|name| has(&ours, name));
        assert!(addresses.len() > 10 && checked.len() > known.len());
        let hidden = json(&[logs, "--pseudonymize", "--key", key.to_str().unwrap()]);
        for told in hidden["principals"]["kept"].as_array().unwrap() {
            assert!(!names.contains(told["name"].as_str().unwrap()), "{told}");
        }
        for output in OUTPUTS {
            let args = [logs, "--pseudonymize", "--key", key.to_str().unwrap()];
            let text = report(&args, output);
            // `:root`
            let text = text.split("</style>").last().unwrap();
            let plain = report(&[logs], output);
            for word in addresses.iter().chain(checked.iter().copied()) {
                assert!(!has(text, word), "{word} in {output} of {logs}");
            }
            let found = addresses
                .iter()
                .chain(checked.iter().copied())
                .filter(|word| has(&plain, word));
            assert!(
                found.count() > 10,
                "{output}: without the option they are there"
            );
        }
    }
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

fn clients(report: &Value) -> BTreeSet<String> {
    let kept = report["clients"]["kept"].as_array().unwrap().iter();
    kept.map(|client| client["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn two_reports_with_one_key_match_and_networks_stay_networks() {
    let folder = TempDir::new().unwrap();
    let [one, other] =
        ["one", "other"].map(|key| folder.path().join(key).to_str().unwrap().to_owned());
    let hidden = |key: &str, more: &[&str]| {
        let args = [SCENARIO, "--pseudonymize", "--key", key];
        json(&args.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let whole = hidden(&one, &[]);
    let part = hidden(&one, &["--since", "2026-11-21T20:55:40Z"]);
    assert!(clients(&part).is_subset(&clients(&whole)) && !clients(&part).is_empty());
    let by_other = clients(&hidden(&other, &[]));
    assert_eq!(by_other.len(), clients(&whole).len());
    assert!(by_other.is_disjoint(&clients(&whole)));
    let networks = |report: &Value| -> BTreeMap<String, usize> {
        let mut networks = BTreeMap::new();
        for client in clients(report) {
            let (network, _) = client.rsplit_once('.').unwrap();
            *networks.entry(network.to_owned()).or_default() += 1;
        }
        networks
    };
    let sizes = |report: &Value| {
        let mut sizes: Vec<usize> = networks(report).into_values().collect();
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(sizes(&whole), sizes(&json(&[SCENARIO])));
    assert_eq!(whole["totals"], json(&[SCENARIO])["totals"]);
    fs::write(folder.path().join("bad"), "no key").unwrap();
    let bad = folder.path().join("bad");
    let run = why401([
        "report",
        SCENARIO,
        "--pseudonymize",
        "--key",
        bad.to_str().unwrap(),
    ])
    .run();
    assert_eq!(run.code, 2, "{}", run.talk);
}
