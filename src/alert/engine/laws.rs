//! What holds whatever happens: the engine against a slow reference, and against itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::Engine;
use crate::alert::fact::{Fact, Id, Kind};
use crate::alert::rule::{Field, Rule, Selection, Step, What};
use crate::alert::{Alert, State};
use crate::cause::Cause;
use crate::event::{Micros, SECOND};
use crate::level::Level;
use crate::summary::Summary;

const SPAN: Micros = 60 * SECOND;
const QUIET: Micros = 100 * SECOND;

fn rule(id: &str, what: What) -> Rule {
    Rule {
        id: id.into(),
        title: id.into(),
        description: "".into(),
        level: Level::Low,
        techniques: Vec::new(),
        is_enabled: true,
        what,
        group_by: vec![Field::Client],
        timespan: SPAN,
        cooldown: 200 * SECOND,
        resolve_after: QUIET,
        wait: 0,
        unless: Vec::new(),
    }
}

fn counted(least: usize) -> Rule {
    let select = Selection::of(Kind::Finding);
    rule("count", What::EventCount { select, least })
}

fn valued(least: usize) -> Rule {
    let what = What::ValueCount {
        select: Selection::of(Kind::Finding),
        field: Field::Principal,
        least,
    };
    rule("value", what)
}

fn ordered(least: usize) -> Rule {
    let step = |kind, least| Step {
        select: Selection::of(kind),
        least,
    };
    let steps = vec![step(Kind::Finding, least), step(Kind::Accepted, 1)];
    rule("order", What::TemporalOrdered(steps))
}

/// At a second a client does something under a name.
fn fact(id: usize, (at, client, name, is_accepted): (i64, u8, u8, bool)) -> Fact {
    let kind = if is_accepted {
        Kind::Accepted
    } else {
        Kind::Finding
    };
    Fact {
        client: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, client))),
        principal: Some(name.to_string().into()),
        causes: vec![Cause::WrongPassword],
        ..Fact::new(kind, at * SECOND, Id::try_from(id).unwrap())
    }
}

fn facts(most: usize) -> impl Strategy<Value = Vec<Fact>> {
    let one = (0..2000_i64, 0..4_u8, 0..6_u8, proptest::bool::weighted(0.2));
    vec(one, 0..most).prop_map(|mut all| {
        all.sort_by_key(|(at, ..)| *at);
        all.into_iter()
            .enumerate()
            .map(|(n, f)| fact(n, f))
            .collect()
    })
}

fn run(rules: &[Rule], facts: &[Fact]) -> Vec<Alert> {
    let mut engine = Engine::new(Arc::from(rules), Vec::new());
    facts.iter().cloned().for_each(|fact| engine.push(fact));
    engine.finish(&Summary::default());
    engine.take()
}

/// By time, as the engine takes them.
fn sorted(facts: &[Fact]) -> Vec<&Fact> {
    let mut sorted: Vec<&Fact> = facts.iter().collect();
    sorted.sort_by_key(|fact| (fact.time, fact.kind, fact.id));
    sorted
}

/// For each client when the condition is met, by counting all that was in the timespan before each fact. When it was
/// quiet for long after that, it all begins anew.
fn reference(rule: &Rule, facts: &[Fact]) -> BTreeMap<IpAddr, Vec<Micros>> {
    let mut hits: BTreeMap<IpAddr, Vec<Micros>> = BTreeMap::new();
    for client in facts.iter().filter_map(|fact| fact.client) {
        let own = sorted(facts).into_iter();
        let own: Vec<&Fact> = own
            .filter(|f| f.client == Some(client) && f.kind == Kind::Finding)
            .collect();
        let (mut since, mut last): (Micros, Option<Micros>) = (Micros::MIN, None);
        let mut met = Vec::new();
        for (at, fact) in own.iter().enumerate() {
            if last.is_some_and(|last| last + QUIET <= fact.time) {
                (since, last) = (fact.time, None);
            }
            let from = since.max(fact.time - SPAN);
            let within = own[..=at].iter().filter(|f| f.time >= from);
            let is_met = match &rule.what {
                What::EventCount { least, .. } => within.count() >= *least,
                What::ValueCount { least, .. } => {
                    let names: BTreeSet<_> = within.map(|f| &f.principal).collect();
                    names.len() >= *least
                }
                _ => false,
            };
            if is_met {
                met.push(fact.time);
            }
            if is_met || last.is_some() {
                last = Some(fact.time);
            }
        }
        hits.insert(client, met);
    }
    hits.retain(|_, met| !met.is_empty());
    hits
}

/// When the rule was told, or was not for it had been, per client.
fn hits(alerts: &[Alert]) -> BTreeMap<IpAddr, u64> {
    let mut hits = BTreeMap::new();
    for alert in alerts {
        let client: IpAddr = alert.group[0].1.parse().unwrap();
        let told = u64::from(alert.state == State::Firing);
        *hits.entry(client).or_default() += told + alert.suppressed;
    }
    hits
}

/// A fact of another kind, long after all others: what is over is told.
fn with_end(mut facts: Vec<Fact>) -> Vec<Fact> {
    let mut end = fact(usize::MAX >> 1, (9000, 99, 0, false));
    end.client = None;
    facts.push(end);
    facts
}

proptest! {
    /// Each time when the condition is met is told, or counted in an alert.
    #[test]
    fn counts_are_those_of_a_slow_reference(facts in facts(120), least in 1..6_usize) {
        let facts = with_end(facts);
        for rule in [counted(least), valued(least)] {
            let expected = reference(&rule, &facts);
            let alerts = run(&[rule], &facts);
            let count = |met: &Vec<Micros>| met.len() as u64;
            let expected_hits: BTreeMap<_, _> = expected.iter().map(|(c, met)| (*c, count(met))).collect();
            prop_assert_eq!(hits(&alerts), expected_hits);
            for alert in alerts.iter().filter(|a| a.sequence == 0) {
                let client: IpAddr = alert.group[0].1.parse().unwrap();
                prop_assert!(expected[&client].contains(&alert.time));
            }
        }
    }

    /// Live facts come in pieces, and what is between them is told when nothing earlier can come. In replay they come
    /// at once.
    #[test]
    fn the_same_however_facts_are_batched(
        facts in facts(120),
        least in 1..5_usize,
        pieces in vec(1..20_usize, 1..20),
        late in vec(any::<bool>(), 120),
    ) {
        let rules = [counted(least), valued(least), ordered(least)];
        let expected = run(&rules, &facts);
        let mut engine = Engine::new(Arc::from(&rules[..]), Vec::new());
        let (mut told, mut left, mut held) = (Vec::new(), facts.as_slice(), Vec::new());
        for piece in pieces.iter().cycle() {
            if left.is_empty() {
                break;
            }
            let (now, rest) = left.split_at((*piece).min(left.len()));
            left = rest;
            // Some come behind others that are later.
            for (n, fact) in now.iter().enumerate() {
                if late[(n + left.len()) % late.len()] {
                    held.push(fact.clone());
                } else {
                    engine.push(fact.clone());
                }
            }
            if let Some(until) = held.iter().chain(left).map(|f| f.time).min() {
                engine.settle(until);
            }
            held.drain(..).for_each(|fact| engine.push(fact));
            if let Some(next) = left.first() {
                engine.settle(next.time);
            }
            told.extend(engine.take());
        }
        engine.finish(&Summary::default());
        told.extend(engine.take());
        prop_assert_eq!(told, expected);
    }

    /// Nothing is told twice, an id has one story: it fires, fires again, and is over; and what is told twice counts once.
    #[test]
    fn an_alert_has_one_story(facts in facts(150), least in 1..5_usize) {
        let facts = with_end(facts);
        let rules = [counted(least), valued(least), ordered(least)];
        let alerts = run(&rules, &facts);
        let mut stories: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
        for alert in &alerts {
            stories.entry(&alert.id).or_default().push(alert);
        }
        for story in stories.values() {
            for (n, alert) in story.iter().enumerate() {
                prop_assert_eq!(alert.sequence as usize, n);
                let is_last = n + 1 == story.len();
                prop_assert_eq!(alert.state == State::Resolved, is_last);
            }
        }
        let twice: Vec<Fact> = facts.iter().chain(&facts).cloned().collect();
        prop_assert_eq!(run(&rules, &twice), alerts);
    }
}

/// So many addresses, each refused so often at once, where two times are too many.
fn storm(addresses: u32, each: usize) -> (Engine, u64) {
    let mut engine = Engine::new(Arc::from([counted(2)]), Vec::new());
    let mut hits = 0;
    for address in 0..addresses {
        for n in 0..each {
            let id = Id::from(address) * 100 + Id::try_from(n).unwrap();
            let client = Some(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + address)));
            let time = Micros::from(address) * 100;
            engine.push(Fact {
                client,
                ..Fact::new(Kind::Finding, time, id)
            });
            hits += u64::from(n >= 1);
        }
        if address % 64 == 0 {
            engine.settle(Micros::from(address) * 100);
        }
    }
    (engine, hits)
}

/// A million addresses fail at once: the first are told by themselves, all others together, and none is lost from the
/// count.
#[test]
fn a_storm_is_one_alert_and_counted_exactly() {
    let (mut engine, hits) = storm(1_000_000, 2);
    assert!(engine.tallies[0].groups() <= 4096, "memory is bounded");
    engine.settle(Micros::MAX);
    let mut end = fact(usize::MAX >> 1, (90_000, 99, 0, false));
    end.client = None;
    engine.push(end);
    engine.finish(&Summary::default());
    let alerts = engine.take();
    let firing = alerts.iter().filter(|a| a.state == State::Firing);
    let together: Vec<&Alert> = firing.clone().filter(|a| a.group.is_empty()).collect();
    assert_eq!(together.len(), 1, "{together:#?}");
    assert_eq!(firing.count(), 21);
    let told = alerts.iter().filter(|a| a.state == State::Firing).count() as u64;
    let suppressed: u64 = alerts.iter().map(|a| a.suppressed).sum();
    assert_eq!(told + suppressed, hits);
    let over = alerts
        .iter()
        .find(|a| a.group.is_empty() && a.state == State::Resolved);
    let over = over.unwrap();
    assert_eq!((over.count, over.suppressed), (999_980, 999_979));
}

/// A million addresses fail once each: that is no group's alert, but memory holds.
#[test]
fn groups_that_never_fire_are_forgotten() {
    let (engine, _) = storm(1_000_000, 1);
    assert!(engine.tallies[0].groups() <= 4096);
    assert!(engine.waiting.len() <= super::KEPT);
}

/// What goes on when the rule is over that told it better, is told by itself and with what belongs to it.
#[test]
fn what_was_hushed_begins_anew() {
    let hush = Rule {
        group_by: Vec::new(),
        resolve_after: 20 * SECOND,
        ..rule(
            "hush",
            What::EventCount {
                select: Selection::of(Kind::Accepted),
                least: 1,
            },
        )
    };
    let count = Rule {
        unless: vec!["hush".into()],
        ..counted(2)
    };
    let refused = [5, 6, 50, 51, 52].map(|at| (at, 7, 0, false));
    let times = [(0, 9, 0, true)].into_iter().chain(refused);
    let facts: Vec<Fact> = (0..).zip(times).map(|(n, at)| fact(n, at)).collect();
    let told = |rules: &[Rule]| -> Vec<(i64, usize, u64, usize)> {
        let alerts = run(rules, &facts).into_iter();
        let firing = alerts.filter(|a| &*a.rule == "count" && a.state == State::Firing);
        firing
            .map(|a| (a.time / SECOND, a.group.len(), a.count, a.findings.len()))
            .collect()
    };
    assert_eq!(told(std::slice::from_ref(&count)), [(6, 1, 2, 2)]);
    assert_eq!(told(&[hush, count]), [(50, 1, 2, 2)]);
}
