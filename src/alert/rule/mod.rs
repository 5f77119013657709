//! Rules: what somebody wants to be told of. In the words of Sigma's correlations
//! (<https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html>), with `absence`
//! besides, and without `temporal`.

mod field;
mod said;
mod select;

use std::sync::{Arc, LazyLock};

pub use field::Field;
pub use said::{NotARule, SaidRule, Span, Word};
pub use select::Selection;

use crate::alert::fact::Fact;
use crate::event::Micros;
use crate::level::Level;

#[derive(Debug, Clone)]
pub struct Rule {
    /// Stable: configuration, alerts, samples.
    pub id: Box<str>,
    pub title: Box<str>,
    pub description: Box<str>,
    pub level: Level,
    /// Of MITRE ATT&CK.
    pub techniques: Vec<Box<str>>,
    pub is_enabled: bool,
    pub what: What,
    /// What each of these has in common is counted apart; a fact that lacks one is not counted.
    pub group_by: Vec<Field>,
    /// Within which it has to happen.
    pub timespan: Micros,
    /// Nothing is told for this long after it fired, unless it lasts longer.
    pub cooldown: Micros,
    /// It is over when nothing of it was seen for this long.
    pub resolve_after: Micros,
    /// It is told this long after it fired, so that a rule of [`Self::unless`] may come first.
    pub wait: Micros,
    /// Nothing is told while one of these rules fires.
    pub unless: Vec<Box<str>>,
}

/// When a rule fires.
#[derive(Debug, Clone)]
pub enum What {
    /// So many facts.
    EventCount { select: Selection, least: usize },
    /// So many different values of a field.
    ValueCount {
        select: Selection,
        field: Field,
        least: usize,
    },
    /// One step after the other.
    TemporalOrdered(Vec<Step>),
    /// Nothing comes from an input for the timespan, and longer than so many times its longest silence so far.
    Absence { select: Selection, rhythm: u32 },
}

#[derive(Debug, Clone)]
pub struct Step {
    pub select: Selection,
    pub least: usize,
}

impl What {
    /// As in rules.
    pub fn id(&self) -> &'static str {
        match self {
            What::EventCount { .. } => "event_count",
            What::ValueCount { .. } => "value_count",
            What::TemporalOrdered(_) => "temporal_ordered",
            What::Absence { .. } => "absence",
        }
    }

    /// What each step looks at.
    pub fn selections(&self) -> impl DoubleEndedIterator<Item = &Selection> + ExactSizeIterator {
        (0..self.steps()).map(|at| match self {
            What::EventCount { select, .. }
            | What::ValueCount { select, .. }
            | What::Absence { select, .. } => select,
            What::TemporalOrdered(steps) => &steps[at].select,
        })
    }

    pub fn steps(&self) -> usize {
        match self {
            What::TemporalOrdered(steps) => steps.len(),
            _ => 1,
        }
    }

    /// How many facts, or different values, a step needs.
    pub fn least(&self, step: usize) -> usize {
        match self {
            What::EventCount { least, .. } | What::ValueCount { least, .. } => *least,
            What::TemporalOrdered(steps) => steps[step].least,
            What::Absence { .. } => 1,
        }
    }
}

impl Rule {
    /// Whether a fact can count.
    pub fn accepts(&self, fact: &Fact) -> bool {
        // That an input is silent is found for each rule by its own measure.
        let is_of_another = || fact.action.as_deref() != Some(&*self.id);
        let is_silence = matches!(self.what, What::Absence { .. });
        !(is_silence && is_of_another()) && self.what.selections().any(|s| s.accepts(fact))
    }
}

/// The file of the rules that are there without any configuration.
const SHIPPED: &str = include_str!("../shipped.toml");

static SHIPPED_SAID: LazyLock<Vec<SaidRule>> = LazyLock::new(|| {
    #[derive(serde::Deserialize)]
    struct File {
        rule: Vec<SaidRule>,
    }
    toml::from_str(SHIPPED).map_or_else(|_| Vec::new(), |file: File| file.rule)
});

/// The rules that are there without any configuration.
pub fn shipped() -> Vec<Rule> {
    let rules = SHIPPED_SAID.iter().cloned().map(Rule::try_from);
    rules.filter_map(Result::ok).collect()
}

/// All rules that hold: those shipped, each replaced by what the configuration says of it, then those that only it has.
pub fn all(configured: &[Rule]) -> Arc<[Rule]> {
    let mut rules = shipped();
    add(&mut rules, configured.to_vec());
    rules.into()
}

/// Adds what is said later: a rule takes the place of the one that has its id.
pub fn add(rules: &mut Vec<Rule>, later: Vec<Rule>) {
    for rule in later {
        match rules.iter_mut().find(|known| known.id == rule.id) {
            Some(known) => *known = rule,
            None => rules.push(rule),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SHIPPED_SAID, shipped};

    #[test]
    fn every_shipped_rule_can_be_read() {
        assert!(!SHIPPED_SAID.is_empty());
        let rules: Result<Vec<super::Rule>, _> = SHIPPED_SAID
            .iter()
            .cloned()
            .map(TryInto::try_into)
            .collect();
        assert_eq!(rules.unwrap().len(), shipped().len());
    }

    #[test]
    fn shipped_rules_say_what_they_are_for() {
        for rule in shipped() {
            assert!(rule.is_enabled, "{}", rule.id);
            assert!(rule.description.ends_with('.'), "{}", rule.id);
            for other in &rule.unless {
                assert!(shipped().iter().any(|r| r.id == *other), "{other}");
            }
        }
    }
}
