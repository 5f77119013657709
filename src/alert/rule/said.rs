//! A rule as it stands in a file.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use globset::{Glob, GlobMatcher};
use ipnet::IpNet;
use serde::Deserialize;

use super::{Field, Rule, SHIPPED_SAID, Selection, Step, What};
use crate::alert::fact::Kind;
use crate::cause::Cause;
use crate::event::{Micros, SECOND};
use crate::finding::{Confidence, Verdict};
use crate::level::Level;
use crate::pattern::{NotANetwork, PathPattern, StatusPattern, network};
use crate::system;

/// More are not remembered of one group.
const MOST: usize = 10_000;
const MINUTE: Micros = 60 * SECOND;
const HOUR: Micros = 60 * MINUTE;

/// What is said of a rule; of one that is shipped, what it says differently.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SaidRule {
    pub id: Name,
    title: Option<Box<str>>,
    description: Option<Box<str>>,
    enabled: Option<bool>,
    level: Option<Word<Level>>,
    techniques: Option<Vec<Technique>>,
    #[serde(rename = "type")]
    what: Option<Type>,
    select: Option<SaidSelection>,
    steps: Option<Vec<SaidStep>>,
    condition: Option<Condition>,
    rhythm: Option<u32>,
    group_by: Option<Vec<Word<Field>>>,
    timespan: Option<Span>,
    cooldown: Option<Span>,
    #[serde(alias = "resolve_after")]
    resolve_after: Option<Span>,
    wait: Option<Span>,
    unless: Option<Vec<Name>>,
}

/// Sigma's website says `ordered_temporal`, its specification the other.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    EventCount,
    ValueCount,
    #[serde(alias = "ordered_temporal")]
    TemporalOrdered,
    Absence,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    gte: Option<usize>,
    gt: Option<usize>,
    field: Option<Word<Field>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidStep {
    select: SaidSelection,
    count: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SaidSelection {
    fact: Option<Word<Kind>>,
    cause: Vec<Word<Cause>>,
    or: Vec<Word<Cause>>,
    verdict: Vec<Word<Verdict>>,
    confidence: Option<Word<Confidence>>,
    status: Vec<Read<StatusPattern>>,
    system: Vec<Word<Product>>,
    path: Vec<Read<PathPattern>>,
    principal: Vec<Read<Globbed>>,
    client: Vec<Read<Network>>,
    action: Vec<Box<str>>,
    input: Vec<Read<Globbed>>,
    logged: Option<bool>,
}

/// What has a name in a closed list.
pub trait Named: Copy {
    const WHAT: &'static str;
    fn from_name(name: &str) -> Option<Self>;
    fn names() -> Vec<&'static str>;
}

/// One of a closed list, by its name.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String", bound = "")]
pub struct Word<T: Named>(pub T);

impl<T: Named> TryFrom<String> for Word<T> {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let unknown = || {
            let names = T::names().join(", ");
            format!("no {} is called `{name}`; there is {names}", T::WHAT)
        };
        T::from_name(&name).map(Word).ok_or_else(unknown)
    }
}

macro_rules! named {
    ($($type:ty, $what:literal, $names:expr;)*) => {$(
        impl Named for $type {
            const WHAT: &'static str = $what;

            fn from_name(name: &str) -> Option<Self> {
                <$type>::from_id(name)
            }

            fn names() -> Vec<&'static str> {
                $names
            }
        }
    )*};
}

named! {
    Level, "level", Level::ALL.iter().map(|l| l.id()).collect();
    Field, "field", Field::ALL.iter().map(|f| f.id()).collect();
    Kind, "fact", Kind::ids().collect();
    Cause, "cause", Cause::ALL.iter().map(|c| c.id()).collect();
    Verdict, "verdict", Verdict::ALL.iter().map(|v| v.id()).collect();
    Confidence, "confidence", vec!["low", "medium", "high"];
}

/// What is read from a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String", bound = "T: FromStr, T::Err: fmt::Display")]
struct Read<T>(T);

impl<T: FromStr<Err: fmt::Display>> TryFrom<String> for Read<T> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
            .map(Read)
            .map_err(|error: T::Err| error.to_string())
    }
}

#[derive(Debug, Clone)]
struct Network(IpNet);

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        network(text).map(Network)
    }
}

#[derive(Debug, Clone)]
struct Globbed(GlobMatcher);

impl FromStr for Globbed {
    type Err = globset::Error;

    fn from_str(text: &str) -> Result<Self, globset::Error> {
        Glob::new(text).map(|glob| Globbed(glob.compile_matcher()))
    }
}

/// A server product that is known, by its name.
#[derive(Debug, Clone, Copy)]
struct Product(&'static str);

impl Named for Product {
    const WHAT: &'static str = "server product";

    fn from_name(name: &str) -> Option<Self> {
        system::by_name(name).map(|system| Self(system.name))
    }

    fn names() -> Vec<&'static str> {
        system::ALL.iter().map(|system| system.name).collect()
    }
}

/// Of lower-case letters, digits and `_`: it stands in file names, labels and variables.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(pub Box<str>);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if (1..=64).contains(&name.len()) && name.chars().all(is_plain) {
            Ok(Self(name.into()))
        } else {
            Err("not an id; use at most 64 of a-z, 0-9 and _")
        }
    }
}

/// `T1110` or `T1110.001`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Technique(Box<str>);

impl TryFrom<String> for Technique {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, &'static str> {
        let (main, sub) = id.split_once('.').unwrap_or((&id, "000"));
        let are_digits =
            |text: &str, n| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
        let is_one = main.strip_prefix('T').is_some_and(|n| are_digits(n, 4));
        if is_one && are_digits(sub, 3) {
            Ok(Self(id.into()))
        } else {
            Err("not a technique of MITRE ATT&CK; use an id such as `T1110.001`")
        }
    }
}

/// `90s`, `10m`, `1h`, `7d`, as in Sigma.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(Micros);

impl Span {
    pub fn duration(self) -> Duration {
        Duration::from_micros(self.0.unsigned_abs())
    }
}

impl TryFrom<String> for Span {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let unit = match text.as_bytes().last() {
            Some(b's') => SECOND,
            Some(b'm') => MINUTE,
            Some(b'h') => HOUR,
            Some(b'd') => 24 * HOUR,
            _ => 0,
        };
        let digits = text.get(..text.len().saturating_sub(1));
        let digits = digits.filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
        let number: Option<Micros> = digits.and_then(|digits| digits.parse().ok());
        number
            .and_then(|number| number.checked_mul(unit))
            .filter(|span| (SECOND..=366 * 24 * HOUR).contains(span))
            .map(Span)
            .ok_or(
                "not a timespan; use a number with s, m, h or d such as `10m`, of a year at most",
            )
    }
}

/// What is wrong with a rule as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule `{rule}`: {why}")]
pub struct NotARule {
    rule: Box<str>,
    why: &'static str,
}

impl SaidRule {
    /// With what the shipped rule of this id says, where it says nothing itself.
    #[must_use]
    pub fn over_shipped(self) -> Self {
        let shipped = SHIPPED_SAID.iter().find(|rule| rule.id == self.id);
        let Some(base) = shipped.cloned() else {
            return self;
        };
        Self {
            id: self.id,
            title: self.title.or(base.title),
            description: self.description.or(base.description),
            enabled: self.enabled.or(base.enabled),
            level: self.level.or(base.level),
            techniques: self.techniques.or(base.techniques),
            what: self.what.or(base.what),
            select: self.select.or(base.select),
            steps: self.steps.or(base.steps),
            condition: self.condition.or(base.condition),
            rhythm: self.rhythm.or(base.rhythm),
            group_by: self.group_by.or(base.group_by),
            timespan: self.timespan.or(base.timespan),
            cooldown: self.cooldown.or(base.cooldown),
            resolve_after: self.resolve_after.or(base.resolve_after),
            wait: self.wait.or(base.wait),
            unless: self.unless.or(base.unless),
        }
    }

    fn what(&self) -> Result<What, &'static str> {
        let what = self
            .what
            .ok_or("`type` is missing: event_count, value_count, temporal_ordered or absence")?;
        let select = || {
            let select = self.select.clone();
            select.map(Selection::from).ok_or("`select` is missing")
        };
        match what {
            Type::EventCount | Type::ValueCount | Type::Absence if self.steps.is_some() => {
                Err("`steps` are of temporal_ordered; the others have one `select`")
            }
            Type::TemporalOrdered if self.select.is_some() || self.condition.is_some() => {
                Err("temporal_ordered has `steps`, each with its `select` and `count`")
            }
            Type::EventCount => match self.condition.and_then(|c| c.field) {
                Some(_) => Err("`field` is of value_count"),
                None => Ok(What::EventCount {
                    select: select()?,
                    least: self.least()?,
                }),
            },
            Type::ValueCount => Ok(What::ValueCount {
                select: select()?,
                field: self
                    .condition
                    .and_then(|c| c.field)
                    .ok_or(
                        "value_count needs a `field` in its `condition`, whose values are counted",
                    )?
                    .0,
                least: self.least()?,
            }),
            Type::TemporalOrdered => self.steps().map(What::TemporalOrdered),
            Type::Absence => match self.condition {
                Some(_) => Err("absence has no `condition`: `timespan` and `rhythm` say how long"),
                None => Ok(What::Absence {
                    select: Selection {
                        kind: Kind::Silent,
                        ..self.select.clone().unwrap_or_default().into()
                    },
                    rhythm: self.rhythm.unwrap_or(2),
                }),
            },
        }
    }

    fn least(&self) -> Result<usize, &'static str> {
        let condition = self
            .condition
            .ok_or("`condition` is missing: `{ gte = 5 }`")?;
        let least = match (condition.gte, condition.gt) {
            (Some(least), None) => least,
            (None, Some(more)) => more.saturating_add(1),
            _ => return Err("`condition` needs either `gte` or `gt`"),
        };
        bounded(least)
    }

    fn steps(&self) -> Result<Vec<Step>, &'static str> {
        let steps = self.steps.clone().unwrap_or_default();
        if steps.len() < 2 {
            return Err("temporal_ordered needs two `steps` or more");
        }
        let step = |step: SaidStep| {
            Ok(Step {
                select: step.select.into(),
                least: bounded(step.count.unwrap_or(1))?,
            })
        };
        steps.into_iter().map(step).collect()
    }
}

fn bounded(least: usize) -> Result<usize, &'static str> {
    if (1..=MOST).contains(&least) {
        Ok(least)
    } else {
        Err("a count is between 1 and 10000")
    }
}

impl From<SaidSelection> for Selection {
    fn from(said: SaidSelection) -> Self {
        fn all<T: Named>(words: Vec<Word<T>>) -> Vec<T> {
            words.into_iter().map(|word| word.0).collect()
        }
        Self {
            causes: all(said.cause),
            or: all(said.or),
            verdicts: all(said.verdict),
            confidence: said.confidence.map(|word| word.0),
            statuses: said.status.into_iter().map(|read| read.0).collect(),
            systems: said.system.into_iter().map(|word| word.0.0).collect(),
            paths: said.path.into_iter().map(|read| read.0).collect(),
            principals: said.principal.into_iter().map(|read| read.0.0).collect(),
            clients: said.client.into_iter().map(|read| read.0.0).collect(),
            actions: said.action,
            inputs: said.input.into_iter().map(|read| read.0.0).collect(),
            logged: said.logged,
            ..Selection::of(said.fact.map_or(Kind::Finding, |word| word.0))
        }
    }
}

impl TryFrom<SaidRule> for Rule {
    type Error = NotARule;

    fn try_from(said: SaidRule) -> Result<Self, NotARule> {
        let wrong = |why| NotARule {
            rule: said.id.0.clone(),
            why,
        };
        let what = said.what().map_err(wrong)?;
        if said.rhythm.is_some() && !matches!(what, What::Absence { .. }) {
            return Err(wrong("`rhythm` is of absence"));
        }
        let timespan = said.timespan.ok_or("`timespan` is missing: `10m`");
        let timespan = timespan.map_err(wrong)?.0;
        let level = said.level.ok_or("`level` is missing").map_err(wrong)?.0;
        let group_by = if let What::Absence { .. } = what {
            vec![Field::Input]
        } else {
            let fields = said.group_by.unwrap_or_default();
            fields.into_iter().map(|word| word.0).collect()
        };
        Ok(Self {
            title: said.title.unwrap_or_else(|| said.id.0.clone()),
            id: said.id.0,
            description: said.description.unwrap_or_default(),
            level,
            techniques: said
                .techniques
                .unwrap_or_default()
                .into_iter()
                .map(|technique| technique.0)
                .collect(),
            is_enabled: said.enabled.unwrap_or(true),
            what,
            group_by,
            timespan,
            cooldown: said.cooldown.map_or(HOUR, |span| span.0),
            resolve_after: said.resolve_after.map_or(timespan.max(HOUR / 2), |s| s.0),
            wait: said.wait.map_or(0, |span| span.0),
            unless: said
                .unless
                .unwrap_or_default()
                .into_iter()
                .map(|name| name.0)
                .collect(),
        })
    }
}
