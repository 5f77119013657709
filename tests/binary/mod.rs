//! The real binary in a world of its own: nothing of the environment, UTC, no colour.

// Each file of tests is a crate of its own and needs only some of this.
#![allow(dead_code, unreachable_pub)]

pub mod drill;
pub mod live;
pub mod place;

use std::ffi::OsStr;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The folder that users try first.
pub const SCENARIO: &str = "fixtures/scenarios/pritunl";
pub const ACCESS: &str = "fixtures/scenarios/pritunl/access.log";
pub const JOURNAL: &str = "fixtures/scenarios/pritunl/pritunl_journal.log";

pub struct Why401(Command);

pub fn why401<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Why401 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why401"));
    command
        .args(args)
        .env_clear()
        .env("TZ", "UTC")
        .env("COLUMNS", "90");
    Why401(command)
}

/// `explain LOG... -o ndjson`
pub fn explain<A: AsRef<OsStr>>(logs: impl IntoIterator<Item = A>) -> Why401 {
    let mut why401 = why401(["explain", "-o", "ndjson"]);
    why401.0.args(logs);
    why401
}

impl Why401 {
    /// Runs it elsewhere, so that names of files come out short.
    pub fn within(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.write_stdin(bytes);
        self
    }

    pub fn run(mut self) -> Ended {
        let output = self.0.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended {
            code: output.status.code().unwrap(),
            data: text(output.stdout),
            talk: text(output.stderr),
        }
    }

    /// The findings of a run that ends well.
    pub fn findings(self) -> Vec<Value> {
        let ended = self.run();
        assert_eq!(ended.code, 0, "{}", ended.talk);
        ended.findings()
    }
}

/// What became of a run.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    /// What was said on standard output.
    pub data: String,
    /// What was said on standard error.
    pub talk: String,
}

impl Ended {
    pub fn findings(&self) -> Vec<Value> {
        let finding = |line| serde_json::from_str(line).unwrap();
        self.data.lines().map(finding).collect()
    }
}

/// The evidence of a finding in this role, as (file, line).
pub fn cited<'a>(finding: &'a Value, role: &str) -> Vec<(&'a str, u64)> {
    let evidence = finding["evidence"].as_array().unwrap();
    let place = |e: &'a Value| (e["file"].as_str().unwrap(), e["line"].as_u64().unwrap());
    evidence
        .iter()
        .filter(|e| e["role"] == role)
        .map(place)
        .collect()
}
