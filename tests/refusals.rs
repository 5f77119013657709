//! Refusals without a line of their own: each row of the tables has a sample answer, and each sample leaves the causes
//! that stand above it.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use why401::event::{Kind, Request};
use why401::format;
use why401::system::{ALL, System, Unlogged};

/// An answer, what it leaves, and where it stands.
struct Sample {
    request: Request,
    causes: BTreeSet<String>,
    place: String,
}

fn samples(system: &System) -> Vec<Sample> {
    let name = format!("fixtures/refusals/{}.log", system.name);
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name)).unwrap();
    let format = format::by_name("nginx_combined").unwrap();
    let mut expected: Option<Value> = None;
    let mut samples = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let place = format!("{name}:{number}");
        if let Some(comment) = line.strip_prefix("# ") {
            expected = serde_json::from_str(comment).ok().or(expected);
        } else if !line.is_empty() {
            let expected = expected
                .take()
                .unwrap_or_else(|| panic!("{place}: nothing expected"));
            let causes = expected["causes"].as_array().unwrap();
            let event = format.parse(line.as_bytes()).unwrap().unwrap();
            let Kind::Request(request) = event.kind else {
                panic!("{place}: no request");
            };
            samples.push(Sample {
                request,
                causes: causes
                    .iter()
                    .map(|c| c.as_str().unwrap().to_owned())
                    .collect(),
                place,
            });
        }
    }
    samples
}

/// The rows that can stand behind an answer, whatever the version and what happened before.
fn rows<'a>(system: &'a System, request: &Request) -> Vec<&'a Unlogged> {
    let route = system.route(&request.method, request.path());
    let fits = |row: &&Unlogged| {
        row.status == request.status
            && row.body.fits(request.bytes.unwrap())
            && row.routes.intersects(route)
    };
    system.unlogged.iter().filter(fits).collect()
}

#[test]
fn samples_leave_what_stands_above_them() {
    for system in ALL {
        for sample in samples(system) {
            let rows = rows(system, &sample.request);
            let causes: BTreeSet<String> =
                rows.iter().map(|row| row.cause.id().to_owned()).collect();
            assert_eq!(causes, sample.causes, "{}", sample.place);
        }
    }
}

#[test]
fn every_row_has_a_sample() {
    for system in ALL {
        let samples = samples(system);
        let of_samples = samples
            .iter()
            .flat_map(|sample| rows(system, &sample.request));
        let met: HashSet<*const Unlogged> = of_samples.map(std::ptr::from_ref).collect();
        let unmet = system
            .unlogged
            .iter()
            .filter(|row| !met.contains(&std::ptr::from_ref(*row)));
        let unmet: Vec<_> = unmet.map(|row| (row.status, row.when, row.body)).collect();
        assert!(unmet.is_empty(), "{}: no sample of {unmet:?}", system.name);
    }
}
