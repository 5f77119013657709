//! What the README shows is what the program says.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fs;
use std::path::Path;
use std::process::Command;

use binary::why401;
use clap::CommandFactory;
use serde_json::Value;
use why401::cli::Cli;
use why401::config::Config;
use why401::event::Kind;
use why401::finding::Verdict;
use why401::format;
use why401::format::log_format::{self, LogFormat};

/// A session, of which only a piece is shown.
const LIVE: &str = "fixtures/live\n";

fn readme() -> String {
    fs::read_to_string("README.md").unwrap()
}

/// The blocks that are fenced as `language`.
fn blocks<'a>(readme: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let begun = readme.split(&fence).skip(1);
    begun
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

/// A command without its program and without what only lays the output out.
fn arguments(command: &str) -> impl Iterator<Item = &str> {
    let command = command.strip_suffix(" | jq .").unwrap_or(command);
    command.split(' ').skip(1)
}

/// The blocks that show a run, in two: those of text, and the one that `jq` lays out.
fn runs(readme: &str) -> (Vec<&str>, Vec<&str>) {
    let runs = blocks(readme, "text").into_iter();
    let runs = runs.filter_map(|block| block.strip_prefix("$ "));
    let runs = runs.filter(|run| !run.starts_with(LIVE));
    runs.partition(|run| !run.lines().next().unwrap().ends_with("| jq ."))
}

#[test]
fn the_pictures_are_real_runs() {
    let readme = readme();
    for block in runs(&readme).0 {
        let (command, picture) = block.split_once('\n').unwrap();
        let run = why401(arguments(command)).run();
        assert_eq!(
            picture, run.data,
            "paste what is on the right below {command}"
        );
    }
}

#[test]
fn the_live_session_is_a_real_one() {
    let readme = readme();
    let mut shown = blocks(&readme, "text").into_iter();
    let shown = shown.find_map(|block| block.strip_prefix("$ ")?.strip_prefix(LIVE));
    let run = Command::new("fixtures/live")
        .env("WHY401", env!("CARGO_BIN_EXE_why401"))
        .env("PAUSE", "0.02")
        .env("COLUMNS", "90")
        .output()
        .unwrap();
    assert!(run.status.success());
    let told = String::from_utf8(run.stdout).unwrap();
    for finding in shown.unwrap().split("\n\n") {
        assert!(told.contains(finding), "{finding}\n{told}");
    }
}

#[test]
fn the_example_of_ndjson_is_a_real_run() {
    let readme = readme();
    let run = why401(arguments(runs(&readme).1[0].trim_end())).run();
    let shown: Value = serde_json::from_str(blocks(&readme, "json")[0]).unwrap();
    assert_eq!([shown], run.findings()[..], "paste what is on the right");
}

#[test]
fn the_questions_are_answered_as_shown() {
    let readme = readme();
    let state = tempfile::TempDir::new().unwrap();
    let index = state.path().join("index.db");
    let index = index.to_str().unwrap();
    let run = why401(["index", binary::SCENARIO, "--index", index]).run();
    assert_eq!(run.code, 0, "{}", run.talk);
    let questions = blocks(&readme, "console");
    assert_eq!(questions.len(), 5);
    for question in questions {
        let (command, answer) = question.split_once('\n').unwrap();
        let query = command.split('"').nth(1).unwrap();
        let run = why401(["sql", query, "--index", index]).run();
        assert_eq!((run.code, run.talk.as_str()), (0, ""));
        assert_eq!(
            answer, run.data,
            "paste what is on the right below {command}"
        );
    }
}

#[test]
fn configurations_can_be_read() {
    let readme = readme();
    let configurations = blocks(&readme, "toml");
    assert!(configurations.len() >= 3);
    for text in configurations {
        let read = Config::parse(text, Path::new("README.md"));
        assert!(
            read.is_ok_and(|config| !config.settings.is_empty()),
            "{text}"
        );
    }
}

#[test]
fn the_command_to_begin_with_explains() {
    let readme = readme();
    let command = blocks(&readme, "sh")[0].trim_end();
    let args = command.strip_prefix("cargo run --release -- ").unwrap();
    let run = why401(args.split(' ')).run();
    assert_eq!((run.code, run.talk.as_str()), (0, ""));
    assert!(run.data.contains(" refusals and "), "{}", run.data);
}

#[test]
fn every_format_verdict_and_filter_is_told() {
    let readme = readme();
    let cli = Cli::command();
    let explain = cli.find_subcommand("explain").unwrap();
    let flags = explain
        .get_arguments()
        .filter_map(|arg| Some(format!("`--{}", arg.get_long()?)))
        // Told by their own help; the README is no manual.
        .filter(|flag| !["`--format", "`--color", "`--output"].contains(&flag.as_str()));
    let formats = format::listed().map(|f| format!("`{}`", f.name()));
    let verdicts = Verdict::ALL.iter().map(|v| format!("`{}`", v.id()));
    for word in flags.chain(formats).chain(verdicts) {
        assert!(readme.contains(&word), "{word} is not in the README");
    }
}

/// The format that is recommended is nginx's own JSON, and tells all that can be told.
#[test]
fn the_format_to_paste_is_read() {
    let readme = readme();
    let conf = blocks(&readme, "nginx")[0].to_owned();
    let definitions = log_format::conf::definitions(&conf);
    assert_eq!(definitions.len(), 1);
    let line = definitions[0].format.strip_prefix("escape=json ").unwrap();
    let names = ["msec", "status", "body_bytes_sent", "request_time"];
    let flags = ["has_cookie", "has_authorization", "has_auth_token"];
    let line = line
        .replace("$msec", "1795294511.072")
        .replace("$status", "401")
        .replace("$body_bytes_sent", "17")
        .replace("$request_time", "0.019")
        .replace("\"$remote_addr\"", "\"203.0.113.9\"")
        .replace("$http_auth_timestamp", "1795294500");
    let line = flags
        .iter()
        .fold(line, |line, flag| line.replace(&format!("${flag}"), "1"));
    assert!(names.iter().all(|name| !line.contains(&format!("${name}"))));
    let event = format::by_name("access_json")
        .unwrap()
        .parse(line.as_bytes())
        .unwrap()
        .unwrap();
    let Kind::Request(request) = event.kind else {
        panic!("{line}")
    };
    assert_eq!(request.sent.cookie, Some(true));
    assert_eq!(request.skew(event.time.start), Some(-11_053_000));
    assert!(LogFormat::compile(&definitions[0].format).is_ok());
}
