//! Which findings make the program end with an error.

use crate::cause::Cause;
use crate::finding::{Finding, Verdict};

/// What a finding must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    Any,
    /// Found, or left as a candidate, as for the filter.
    Cause(Cause),
    Verdict(Verdict),
}

impl FailOn {
    /// What it can be called.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let verdicts = Verdict::ALL.iter().map(|v| v.id());
        let causes = Cause::ALL.iter().map(|c| c.id());
        std::iter::once("any").chain(verdicts).chain(causes)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        let verdict = || Verdict::from_id(name).map(FailOn::Verdict);
        let cause = || Cause::from_id(name).map(FailOn::Cause);
        match name {
            "any" => Some(FailOn::Any),
            _ => verdict().or_else(cause),
        }
    }

    pub fn accepts(self, finding: &Finding) -> bool {
        match self {
            FailOn::Any => true,
            FailOn::Cause(cause) => finding.candidates.iter().any(|c| c.cause == cause),
            FailOn::Verdict(verdict) => finding.verdict == verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FailOn;
    use crate::report::sample::{explained, silent};

    #[test]
    fn every_name_means_one_thing() {
        let mut names: Vec<_> = FailOn::names().collect();
        let all = names.len();
        assert!(names.iter().all(|name| FailOn::from_name(name).is_some()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert_eq!(FailOn::from_name("anything"), None);
    }

    #[test]
    fn a_cause_counts_as_a_candidate_too() {
        let on = |name: &str| FailOn::from_name(name).unwrap();
        assert!(on("expired_session").accepts(&silent()) && on("silent").accepts(&silent()));
        assert!(!on("expired_session").accepts(&explained()) && on("any").accepts(&explained()));
    }
}
