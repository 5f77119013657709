//! A finding in brief: what it is counted by, and asked for by.

use std::net::IpAddr;

use crate::cause::{Cause, Causes};
use crate::event::Micros;
use crate::finding::{Finding, Verdict};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outline<'a> {
    pub time: Micros,
    pub system: Option<&'static str>,
    pub verdict: Verdict,
    /// The most likely one.
    pub cause: Option<Cause>,
    /// All that are left.
    pub left: Causes,
    pub source: Option<IpAddr>,
    pub principal: Option<&'a str>,
    pub request: Option<Asked<'a>>,
}

/// Of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Without the query.
    pub path: &'a str,
    pub status: u16,
    pub agent: Option<&'a str>,
}

impl<'a> From<&'a Finding> for Outline<'a> {
    fn from(finding: &'a Finding) -> Self {
        let request = finding.request.as_ref();
        Self {
            time: finding.time,
            system: finding.system,
            verdict: finding.verdict,
            cause: finding.cause(),
            left: finding.candidates.iter().map(|c| c.cause).collect(),
            source: finding.source,
            principal: finding.principal.as_deref(),
            request: request.map(|request| Asked {
                path: request.path(),
                status: request.status,
                agent: request.user_agent.as_deref(),
            }),
        }
    }
}
