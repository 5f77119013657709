//! Samples of the shipped rules: what fires each, and what looks like it and must not.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;

use super::engine::Engine;
use super::fact::{Fact, Id, Kind};
use super::rule::{Rule, shipped};
use super::{Alert, State};
use crate::cause::Cause;
use crate::event::{Micros, Place, SECOND};
use crate::finding::{Confidence, Verdict};
use crate::sign::{Sign, What};
use crate::summary::Summary;
use crate::system;

const SAMPLES: &str = include_str!("../../fixtures/alerts/shipped.toml");
/// 2026-11-21 20:00 UTC.
const START: Micros = 1_795_291_200 * SECOND;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Samples {
    sample: Vec<Sample>,
}

/// Those of one rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    pub rule: Box<str>,
    fires: Vec<Happening>,
    silent: Vec<Happening>,
}

/// What happens, once or several times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Happening {
    at: i64,
    #[serde(default = "once")]
    times: i64,
    #[serde(default)]
    every: i64,
    /// The log that has a line which tells nothing.
    line: Option<String>,
    fact: Option<String>,
    cause: Option<String>,
    system: Option<String>,
    client: Option<String>,
    principal: Option<String>,
    action: Option<String>,
    input: Option<String>,
    path: Option<String>,
    logged: Option<bool>,
}

fn once() -> i64 {
    1
}

/// Either of both.
enum Step {
    Line(String),
    Fact(Box<Fact>),
}

/// What became of a sample.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub fires: bool,
    /// Told what looks like it and must not fire it, it was silent.
    pub is_silent: bool,
}

impl Outcome {
    pub fn is_right(&self) -> bool {
        self.fires && self.is_silent
    }
}

/// All samples.
pub fn samples() -> Result<Vec<Sample>, toml::de::Error> {
    toml::from_str(SAMPLES).map(|samples: Samples| samples.sample)
}

impl Sample {
    /// Runs both through all shipped rules.
    pub fn run(&self) -> Outcome {
        let fires = |happenings| {
            let alerts = run(&shipped().into(), happenings);
            let mut own = alerts.iter().filter(|alert| alert.rule == self.rule);
            own.any(|alert| alert.state == State::Firing)
        };
        Outcome {
            fires: fires(&self.fires),
            is_silent: !fires(&self.silent),
        }
    }
}

fn run(rules: &Arc<[Rule]>, happenings: &[Happening]) -> Vec<Alert> {
    let mut steps: Vec<(i64, Step)> = happenings.iter().flat_map(Happening::steps).collect();
    steps.sort_by_key(|(at, _)| *at);
    let mut inputs: Vec<String> = happenings.iter().filter_map(|h| h.line.clone()).collect();
    inputs.sort();
    inputs.dedup();
    let mut engine = Engine::new(Arc::clone(rules), inputs.clone());
    for (line, (at, step)) in (1..).zip(steps) {
        match step {
            Step::Fact(mut fact) => {
                fact.id = Id::from(line);
                engine.push(*fact);
            }
            Step::Line(input) => {
                let input = inputs.iter().position(|name| *name == input);
                let sign = Sign {
                    time: START + at * SECOND,
                    input: input.unwrap_or_default(),
                    place: Place {
                        part: 0,
                        line,
                        offset: line,
                        length: 1,
                    },
                    system: None,
                    what: What::Line,
                };
                engine.sign(&sign, || None);
            }
        }
    }
    engine.finish(&Summary::default());
    engine.take()
}

impl Happening {
    fn steps(&self) -> impl Iterator<Item = (i64, Step)> + '_ {
        (0..self.times).map(|n| {
            let at = self.at + n * self.every;
            let step = match &self.line {
                Some(input) => Step::Line(input.clone()),
                None => Step::Fact(Box::new(self.fact(at, n + 1))),
            };
            (at, step)
        })
    }

    fn fact(&self, at: i64, n: i64) -> Fact {
        let numbered = |text: &Option<String>| -> Option<Box<str>> {
            let text = text.as_deref()?.replace("{n}", &n.to_string());
            Some(text.into())
        };
        let client = numbered(&self.client);
        let kind = self.fact.as_deref().and_then(Kind::from_id);
        let kind = kind.unwrap_or(Kind::Finding);
        let is_finding = kind == Kind::Finding;
        Fact {
            system: self
                .system
                .as_deref()
                .and_then(system::by_name)
                .map(|s| s.name),
            client: client.and_then(|client| client.parse::<IpAddr>().ok()),
            principal: numbered(&self.principal),
            path: numbered(&self.path),
            action: self.action.clone().map(Cow::Owned),
            input: self.input.as_deref().map(Box::from),
            verdict: is_finding.then_some(Verdict::Explained),
            confidence: is_finding.then_some(Confidence::High),
            logged: self.logged,
            causes: self
                .cause
                .as_deref()
                .and_then(Cause::from_id)
                .into_iter()
                .collect(),
            ..Fact::new(kind, START + at * SECOND, 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples;
    use crate::alert::rule::shipped;
    use crate::cause::Cause;

    #[test]
    fn every_shipped_rule_has_a_sample_that_fires_it_and_one_that_does_not() {
        let samples = samples().unwrap();
        for rule in shipped() {
            let mut own = samples.iter().filter(|sample| sample.rule == rule.id);
            let sample = own
                .next()
                .unwrap_or_else(|| panic!("{} has no sample", rule.id));
            assert!(own.next().is_none(), "{} has two", rule.id);
            assert!(
                !sample.fires.is_empty() && !sample.silent.is_empty(),
                "{}",
                rule.id
            );
            assert!(sample.run().is_right(), "{}: {:?}", rule.id, sample.run());
        }
        assert_eq!(samples.len(), shipped().len());
    }

    /// What is misspelt would count for nothing.
    #[test]
    fn samples_name_what_there_is() {
        for sample in samples().unwrap() {
            for happening in sample.fires.iter().chain(&sample.silent) {
                let cause = happening.cause.as_deref();
                assert!(
                    cause.is_none_or(|cause| Cause::from_id(cause).is_some()),
                    "{cause:?}"
                );
                let fact = happening.fact.as_deref();
                let is_kind = |fact| super::Kind::from_id(fact).is_some();
                assert!(fact.is_none_or(is_kind), "{fact:?}");
                let system = happening.system.as_deref();
                let is_system = |name| super::system::by_name(name).is_some();
                assert!(system.is_none_or(is_system), "{system:?}");
            }
        }
    }
}
