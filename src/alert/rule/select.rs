//! Which facts a rule counts. Values of one kind are alternatives, kinds narrow each other down.

use globset::GlobMatcher;
use ipnet::IpNet;

use crate::alert::fact::{Fact, Kind};
use crate::cause::Cause;
use crate::finding::{Confidence, Verdict};
use crate::pattern::{PathPattern, StatusPattern};

/// What a fact must be; an empty list asks for nothing.
#[derive(Debug, Clone)]
pub struct Selection {
    pub kind: Kind,
    /// Of a finding the likeliest cause must be among them, and all others that are left too, or among `or`: no alert
    /// rests on what is in doubt. Of a change one of those for which requests can fail from then on.
    pub causes: Vec<Cause>,
    pub or: Vec<Cause>,
    pub verdicts: Vec<Verdict>,
    /// At least.
    pub confidence: Option<Confidence>,
    pub statuses: Vec<StatusPattern>,
    pub systems: Vec<&'static str>,
    pub paths: Vec<PathPattern>,
    pub principals: Vec<GlobMatcher>,
    pub clients: Vec<IpNet>,
    pub actions: Vec<Box<str>>,
    pub inputs: Vec<GlobMatcher>,
    pub logged: Option<bool>,
}

impl Selection {
    /// All of a kind.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            causes: Vec::new(),
            or: Vec::new(),
            verdicts: Vec::new(),
            confidence: None,
            statuses: Vec::new(),
            systems: Vec::new(),
            paths: Vec::new(),
            principals: Vec::new(),
            clients: Vec::new(),
            actions: Vec::new(),
            inputs: Vec::new(),
            logged: None,
        }
    }

    pub fn accepts(&self, fact: &Fact) -> bool {
        self.kind == fact.kind
            && self.accepts_causes(&fact.causes)
            && any(&self.verdicts, fact.verdict, |a, b| a == b)
            && self
                .confidence
                .is_none_or(|least| fact.confidence >= Some(least))
            && self.logged.is_none_or(|logged| fact.logged == Some(logged))
            && any(&self.statuses, fact.status, |a, b| a.matches(*b))
            && any(&self.systems, fact.system, |a, b| a == b)
            && any(&self.paths, fact.path.as_deref(), |a, b| a.matches(b))
            && any(&self.principals, fact.principal.as_deref(), |a, b| {
                a.is_match(b)
            })
            && any(&self.clients, fact.client, |a, b| a.contains(b))
            && any(&self.actions, fact.action.as_deref(), |a, b| **a == **b)
            && any(&self.inputs, fact.input.as_deref(), |a, b| a.is_match(b))
    }

    fn accepts_causes(&self, causes: &[Cause]) -> bool {
        if self.causes.is_empty() {
            return true;
        }
        let is_asked = |cause: &Cause| self.causes.contains(cause);
        match (self.kind, causes) {
            (Kind::Change, causes) => causes.iter().any(is_asked),
            (_, []) => false,
            (_, [first, others @ ..]) => {
                let may_be = |cause: &Cause| is_asked(cause) || self.or.contains(cause);
                is_asked(first) && others.iter().all(may_be)
            }
        }
    }
}

/// Whether nothing is asked for, or what is there is one of what is.
fn any<A, B>(asked: &[A], there: Option<B>, is: impl Fn(&A, &B) -> bool) -> bool {
    asked.is_empty() || there.is_some_and(|there| asked.iter().any(|asked| is(asked, &there)))
}
