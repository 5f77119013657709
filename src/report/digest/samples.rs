//! Findings that are shown with their lines: the first of each client and cause, and again after a pause.

use std::net::IpAddr;

use foldhash::HashMap;

use crate::cause::Cause;
use crate::event::{Micros, Part, beginning};
use crate::finding::Finding;
use crate::incident::GAP;
use crate::report::ndjson::id;

/// Findings that are kept.
const KEPT: usize = 4096;
/// How much of a line is kept, in bytes.
const LONGEST: usize = 2000;

#[derive(Debug, Clone)]
pub struct Sample {
    /// How many findings came before it.
    pub number: usize,
    pub id: String,
    /// Its texts are cut at [`LONGEST`] bytes.
    pub finding: Finding,
    /// Of each line of its evidence, the hash of the whole text.
    pub hashes: Vec<blake3::Hash>,
}

type Key = (Option<IpAddr>, Option<Box<str>>, Option<Cause>);

#[derive(Debug, Clone, Default)]
pub struct Samples {
    pub kept: Vec<Sample>,
    /// When the last one was kept.
    newest: HashMap<Key, Micros>,
}

impl Samples {
    pub(super) fn add(&mut self, number: usize, finding: &Finding, parts: &[Part]) {
        if self.kept.len() >= KEPT {
            return;
        }
        let name = finding.source.is_none().then(|| finding.principal.clone());
        let key = (finding.source, name.flatten(), finding.cause());
        let last = self.newest.get(&key);
        if last.is_some_and(|last| (finding.time - last).abs() < GAP) {
            return;
        }
        self.newest.insert(key, finding.time);
        let evidence = finding.evidence.iter();
        let hashes = evidence.map(|e| blake3::hash(e.text.as_bytes())).collect();
        self.kept.push(Sample {
            number,
            id: id(finding, parts).unwrap_or_default(),
            finding: cut(finding.clone()),
            hashes,
        });
    }
}

fn cut(mut finding: Finding) -> Finding {
    for evidence in &mut finding.evidence {
        shorten(&mut evidence.text);
    }
    if let Some(request) = &mut finding.request {
        shorten(&mut request.target);
        if let Some(agent) = &mut request.user_agent {
            shorten(agent);
        }
    }
    finding
}

fn shorten(text: &mut Box<str>) {
    if text.len() > LONGEST {
        *text = format!("{}…", beginning(text, LONGEST)).into();
    }
}
