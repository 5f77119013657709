//! An arrow never goes back: which module may use which, read from the `crate::` and `super::` paths
//! under `src/`.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Each module with those it may use, the lower ones first: a module uses none that comes after it.
///
/// `cause`, `system`, `event`, `finding` and `summary` are the words that all others speak. `system` is
/// that low because a record carries what a server's tables say of its line. `input` hands out records,
/// so it knows formats and counts (`summary`), and `correlate` knows neither.
const LAYERS: &[(&str, &[&str])] = &[
    ("cause", &[]),
    ("forgery", &[]),
    ("level", &[]),
    ("top", &[]),
    ("hidden", &[]),
    ("places", &[]),
    ("system", &["cause"]),
    ("event", &["system"]),
    ("sieve", &["event", "system"]),
    ("finding", &["cause", "event"]),
    ("outline", &["cause", "event", "finding"]),
    ("summary", &["event"]),
    ("sign", &["cause", "event"]),
    (
        "rollup",
        &["cause", "event", "finding", "outline", "sign", "system"],
    ),
    ("zone", &["event", "summary"]),
    ("format", &["event", "places", "sieve", "system"]),
    ("input", &["event", "format", "sieve", "summary", "zone"]),
    ("pattern", &["event"]),
    (
        "alert",
        &[
            "cause", "event", "finding", "hidden", "level", "pattern", "sign", "summary", "system",
        ],
    ),
    ("config", &["alert", "input", "level", "zone"]),
    ("file", &[]),
    ("metrics", &["file"]),
    (
        "correlate",
        &[
            "cause", "event", "finding", "sieve", "sign", "summary", "system",
        ],
    ),
    (
        "incident",
        &[
            "cause", "event", "finding", "level", "sign", "summary", "system", "top",
        ],
    ),
    ("hook", &["alert", "hidden"]),
    (
        "index",
        &[
            "alert", "cause", "event", "finding", "forgery", "incident", "level", "metrics",
            "outline", "rollup", "summary", "system",
        ],
    ),
    (
        "report",
        &[
            "alert", "cause", "event", "finding", "forgery", "hidden", "incident", "level",
            "outline", "pattern", "rollup", "sign", "summary", "system", "top", "zone",
        ],
    ),
    (
        "cli",
        &[
            "cause", "event", "finding", "format", "hook", "pattern", "report", "system", "zone",
        ],
    ),
    (
        "command",
        &[
            "alert",
            "cause",
            "cli",
            "config",
            "correlate",
            "event",
            "file",
            "finding",
            "format",
            "hook",
            "incident",
            "index",
            "input",
            "level",
            "metrics",
            "outline",
            "report",
            "rollup",
            "sieve",
            "sign",
            "summary",
            "system",
            "zone",
        ],
    ),
];

/// What only the modules beside it may name: the rest gets time and bytes handed in.
const RESERVED: &[(&str, &[&str])] = &[
    (r"\bUtc::now\b|\bLocal::now\b", &["command"]),
    (r"\bInstant::now\b|\bSystemTime\b", &["command", "hook"]),
    (r"\bio::stdout\b|\bio::stderr\b", &["command"]),
    (
        r"\bstd::fs\b|\bFile::open\b",
        &["config", "file", "hook", "input", "index"],
    ),
    (r"\bio::stdin\b", &["hook", "input"]),
    (
        r"\bstd::io\b|\bio::Read\b|\bio::Write\b",
        &[
            "config", "file", "hook", "input", "index", "metrics", "report", "command",
        ],
    ),
];

/// A file's own module and its code.
type Source = (Vec<String>, String);

fn sources() -> Vec<Source> {
    let mut folders = vec![PathBuf::from("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("src/lib.rs") && !path.ends_with("src/main.rs") {
                sources.push((module(&path), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources
}

/// `src/report/text.rs` is `report::text`, `src/report/mod.rs` is `report`.
fn module(path: &Path) -> Vec<String> {
    let path = path.strip_prefix("src").unwrap().with_extension("");
    let names = path.iter().map(|name| name.to_str().unwrap().to_owned());
    names.filter(|name| name != "mod").collect()
}

/// The modules of the crate that a file names outside comments, itself left out.
fn used((module, code): &Source) -> BTreeSet<String> {
    let code = without_comments(code);
    let code = absolute(module, &code);
    let path = Regex::new(r"\bcrate::(?:(\w+)|\{([^;]*)\})").unwrap();
    let item = Regex::new(r"^\s*(\w+)").unwrap();
    let mut used = BTreeSet::new();
    for path in path.captures_iter(&code) {
        match (path.get(1), path.get(2)) {
            (Some(name), _) => {
                used.insert(name.as_str().to_owned());
            }
            (_, Some(group)) => used.extend(
                top_level(group.as_str())
                    .iter()
                    .filter_map(|item_of| Some(item.captures(item_of)?[1].to_owned())),
            ),
            _ => {}
        }
    }
    used.remove(&module[0]);
    used
}

/// `a::{b, c}, d` is `a::{b, c}` and `d`.
fn top_level(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut from = 0;
    let mut items = Vec::new();
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&group[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    items.push(&group[from..]);
    items
}

fn without_comments(code: &str) -> String {
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// `super::super::x` as `crate::...::x`, seen from the module that the line stands in: modules inside the
/// file count too, and rustfmt lets their ends be known by the indentation.
fn absolute(module: &[String], code: &str) -> String {
    let inline = Regex::new(r"^( *)(?:pub(?:\([^)]*\))? )?mod (\w+) \{").unwrap();
    let supers = Regex::new(r"\b(?:super::)+").unwrap();
    let mut within: Vec<(usize, String)> = Vec::new();
    let mut lines = Vec::new();
    for line in code.lines() {
        if let Some(begun) = inline.captures(line) {
            within.push((begun[1].len(), begun[2].to_owned()));
        }
        let here: Vec<&str> = module
            .iter()
            .chain(within.iter().map(|(_, name)| name))
            .map(String::as_str)
            .collect();
        lines.push(supers.replace_all(line, |up: &regex::Captures| {
            let levels = up[0].matches("super::").count();
            let mut path = vec!["crate"];
            path.extend(&here[..here.len().saturating_sub(levels)]);
            path.join("::") + "::"
        }));
        let ends =
            |(depth, _): &(usize, String)| line.trim_end() == format!("{}}}", " ".repeat(*depth));
        if within.last().is_some_and(ends) {
            within.pop();
        }
    }
    lines.join("\n")
}

/// What is wrong with these files.
fn faults(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let name = source.0.join("::");
        let Some((layer, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == source.0[0]) else {
            faults.push(format!("{name}: has no layer"));
            continue;
        };
        let back = used(source)
            .into_iter()
            .filter(|used| !allowed.contains(&used.as_str()));
        faults.extend(back.map(|used| format!("{name} uses {used}")));
        let code = without_comments(&source.1);
        // What tests read and write is not what the program does.
        let code = code.split("#[cfg(test)]").next().unwrap();
        for (pattern, only) in RESERVED {
            let found = Regex::new(pattern).unwrap().find(code);
            if let Some(found) = found.filter(|_| !only.contains(layer)) {
                faults.push(format!("{name} names {}", found.as_str()));
            }
        }
    }
    faults.sort();
    faults
}

#[test]
fn no_arrow_goes_back() {
    let sources = sources();
    assert!(sources.len() > LAYERS.len());
    let faults = faults(&sources);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_table_itself_has_no_arrow_back() {
    for (at, (layer, allowed)) in LAYERS.iter().enumerate() {
        for used in *allowed {
            let is_lower = LAYERS[..at].iter().any(|(lower, _)| lower == used);
            assert!(is_lower, "{layer} uses {used}");
        }
    }
}

#[test]
fn what_the_table_allows_is_used() {
    let sources = sources();
    for (layer, allowed) in LAYERS {
        let of_layer = sources.iter().filter(|source| source.0[0] == *layer);
        let used: BTreeSet<String> = of_layer.flat_map(used).collect();
        for allowed in *allowed {
            assert!(
                used.contains(*allowed),
                "{layer} no longer uses {allowed}: take it out of the table"
            );
        }
    }
}

fn source(module: &str, code: &str) -> Source {
    (
        module.split("::").map(str::to_owned).collect(),
        code.to_owned(),
    )
}

#[test]
fn a_wrong_arrow_is_found() {
    for (code, fault) in [
        ("use crate::input::Input;", "correlate::pair uses input"),
        (
            "use crate::{event::{Event, Kind}, report};",
            "correlate::pair uses report",
        ),
        (
            "use crate::{\n    finding,\n    format::{self, Format},\n};",
            "correlate::pair uses format",
        ),
        (
            "use super::super::command::Exit;",
            "correlate::pair uses command",
        ),
        (
            "fn f() -> crate::input::Error {",
            "correlate::pair uses input",
        ),
        (
            "mod tests {\n    use super::super::super::cli::Cli;\n}",
            "correlate::pair uses cli",
        ),
        (
            "let now = chrono::Utc::now();",
            "correlate::pair names Utc::now",
        ),
        ("use std::fs;", "correlate::pair names std::fs"),
        ("use std::io::Write;", "correlate::pair names std::io"),
    ] {
        assert_eq!(faults(&[source("correlate::pair", code)]), [fault]);
    }
    assert_eq!(faults(&[source("helpers", "")]), ["helpers: has no layer"]);
}

#[test]
fn right_arrows_pass() {
    for code in [
        "use crate::event::Event;\nuse super::judge::Court;",
        "mod tests {\n    use super::Pair;\n    use super::super::Correlator;\n}\nuse super::offset;",
        "// unlike crate::input, this knows no file",
        "/// See [`crate::report`].",
        "#[cfg(test)]\nmod tests {\n    use std::fs;\n}",
    ] {
        assert_eq!(faults(&[source("correlate::pair", code)]), [""; 0]);
    }
}
