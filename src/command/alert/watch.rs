//! Rules over what a join gives.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use foldhash::HashMap;

use super::super::join::Fall;
use crate::alert::{Alert, Engine, Fact, Rule};
use crate::event::Part;
use crate::finding::Finding;
use crate::report;
use crate::summary::Summary;

/// Findings that are remembered, for alerts tell them with their evidence.
const REMEMBERED: usize = 4096;

/// Takes in what a join gives, and gives alerts out.
#[derive(Clone)]
pub(in super::super) struct Watch {
    rules: Arc<[Rule]>,
    engine: Engine,
    recent: Recent,
}

impl Watch {
    pub(in super::super) fn new(rules: Arc<[Rule]>) -> Self {
        Self {
            engine: Engine::new(Arc::clone(&rules), Vec::new()),
            recent: Recent::default(),
            rules,
        }
    }

    pub(in super::super) fn fall(&mut self, fall: &Fall<'_>, parts: &[Part]) {
        match fall {
            Fall::Inputs(names) => {
                self.engine = Engine::new(Arc::clone(&self.rules), names.to_vec());
            }
            Fall::Sign(sign) => {
                let id = || report::place_id(sign.place, parts);
                self.engine.sign(sign, id);
            }
            Fall::Settled(until) => self.engine.settle(*until),
            Fall::Finding(finding) => {
                let id = report::id(finding, parts).unwrap_or_default();
                self.engine.push(Fact::of_finding(finding, &id));
                self.recent.remember(id.into(), finding);
            }
        }
    }

    /// The logs end here.
    pub(in super::super) fn finish(&mut self, summary: &Summary) {
        self.engine.finish(summary);
    }

    /// What it would say if the logs ended here, with what is found only then.
    pub(in super::super) fn ended(
        &self,
        rest: &[Finding],
        summary: &Summary,
        parts: &[Part],
    ) -> Vec<Cited> {
        let mut ended = self.clone();
        for finding in rest {
            ended.fall(&Fall::Finding(finding), parts);
        }
        ended.finish(summary);
        ended.take()
    }

    /// The alerts since they were taken last.
    pub(in super::super) fn take(&mut self) -> Vec<Cited> {
        let alerts = self.engine.take().into_iter();
        alerts.map(|alert| self.with_findings(alert)).collect()
    }

    fn with_findings(&self, alert: Alert) -> Cited {
        let named = alert.findings.iter();
        let findings = named.filter_map(|id| self.recent.findings.get(id));
        Cited {
            findings: findings.cloned().collect(),
            alert,
        }
    }
}

/// An alert with the findings that it names, as far as they are remembered.
pub(in super::super) struct Cited {
    pub(in super::super) alert: Alert,
    findings: Vec<Arc<Finding>>,
}

impl Cited {
    /// As programs are given it: see [`report::alert::object`].
    pub(in super::super) fn body(&self, parts: &[Part]) -> io::Result<String> {
        let findings = self.findings.iter().map(|finding| &**finding);
        report::alert::object(&self.alert, findings, parts)
    }
}

/// The findings that came last.
#[derive(Clone, Default)]
struct Recent {
    findings: HashMap<Box<str>, Arc<Finding>>,
    order: VecDeque<Box<str>>,
}

impl Recent {
    fn remember(&mut self, id: Box<str>, finding: &Finding) {
        if self
            .findings
            .insert(id.clone(), Arc::new(finding.clone()))
            .is_some()
        {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.findings.remove(&oldest);
        }
    }
}
