//! From LOG arguments to inputs.

use std::collections::HashMap;
use std::path::Path;

use super::bytes::Bytes;
use super::error::{Error, Failure, Skipped};
use super::identity::{self, Identity, Marks, Relation};
use super::rotation::{Age, Rank};
use super::sample::{self, Content};
use super::search::{Found, Search};
use super::wrapper::Wrapper;
use super::{Input, Inputs, Options, Part};
use crate::event;
use crate::format::Format;

/// Finds what the arguments name: files, folders, globs, pipes, `-`. Says of each what it is, and groups
/// rotated files into inputs.
pub fn discover<P: AsRef<Path>>(logs: &[P], options: &Options<'_>) -> Inputs {
    let mut search = Search::new(options.masks.clone(), options.key.clone());
    for log in logs {
        search.argument(log.as_ref());
    }
    let sampled = sample_all(&mut search, options);
    let mut inputs = Inputs {
        inputs: Vec::new(),
        parts: Vec::new(),
        skipped: search.skipped,
        failures: search.failures,
    };
    let sets = sets(sampled)
        .into_iter()
        .flat_map(|set| split(set, &mut inputs.skipped))
        .collect();
    let sets = tell_apart(sets, &mut inputs.skipped);
    for set in sets.into_iter().flat_map(Set::by_writer) {
        inputs.add(set, options);
    }
    inputs
}

/// A file or stream whose first lines were read.
struct Sampled {
    found: Found,
    content: Content,
}

fn sample_all(search: &mut Search, options: &Options<'_>) -> Vec<Sampled> {
    let mut sampled = Vec::new();
    for mut found in std::mem::take(&mut search.found) {
        match sample::content(&mut found.bytes, options, found.named) {
            Ok(content) => sampled.push(Sampled { found, content }),
            Err(error @ Error::Foreign) if !found.named => search.skipped.push(Skipped {
                name: found.name,
                why: error.to_string(),
            }),
            Err(Error::Open(error)) if !found.named => search.lost(&found.path, error),
            Err(error) => search.failures.push(Failure {
                name: found.name,
                error,
            }),
        }
    }
    sampled
}

/// Rotated sets, oldest part first, in the order in which they are first met.
fn sets(sampled: Vec<Sampled>) -> Vec<Vec<Sampled>> {
    let mut sets: Vec<Vec<(Age, Sampled)>> = Vec::new();
    let mut known = HashMap::new();
    for part in sampled {
        let next = sets.len();
        let (index, age) = match part.found.bytes {
            Bytes::Stream(_) => (next, Age::Base),
            Bytes::File { .. } => {
                let rank = Rank::of(&part.found.path);
                (*known.entry(rank.set()).or_insert(next), rank.age)
            }
        };
        if index == next {
            sets.push(Vec::new());
        }
        sets[index].push((age, part));
    }
    let in_order = |mut set: Vec<(Age, Sampled)>| {
        // Of the same age are only `x.log.2` and `x.log.2.gz`: then the plain one comes first.
        set.sort_by(|(a, p), (b, q)| (a, &p.found.name).cmp(&(b, &q.found.name)));
        set.into_iter().map(|(_, part)| part).collect()
    };
    sets.into_iter().map(in_order).collect()
}

/// A part with all that is known of it before it is read.
struct Candidate {
    found: Found,
    wrapper: Option<Wrapper>,
    beginning: Identity,
    identity: Identity,
    marks: Marks,
    is_doubled: bool,
}

/// Parts that are read as one input.
struct Set {
    format: &'static dyn Format,
    parts: Vec<Candidate>,
}

impl Set {
    /// Itself, or each of its parts where they do not follow one another.
    fn by_writer(self) -> Vec<Self> {
        let format = self.format;
        if !format.has_many_writers() {
            return vec![self];
        }
        let alone = |part| Self {
            format,
            parts: vec![part],
        };
        self.parts.into_iter().map(alone).collect()
    }
}

/// One set for each format in it. A part that does not show its format by itself (a single cut line) has
/// that of the newest part that does.
fn split(set: Vec<Sampled>, skipped: &mut Vec<Skipped>) -> Vec<Set> {
    let newest = set.iter().rev().find_map(|part| match &part.content {
        Content::Of(format, wrapper) => Some((*format, wrapper.clone())),
        Content::Empty | Content::Unknown(_) => None,
    });
    let mut split: Vec<Set> = Vec::new();
    for Sampled { mut found, content } in set {
        let why = match (content, newest.clone()) {
            (Content::Of(format, wrapper), _) | (_, Some((format, wrapper))) => {
                let beginning =
                    identity::first(&mut found.bytes, format, wrapper.clone(), &found.name);
                let candidate = Candidate {
                    beginning,
                    identity: beginning,
                    found,
                    wrapper,
                    marks: Marks::default(),
                    is_doubled: false,
                };
                match split.iter_mut().find(|s| is_same(s.format, format)) {
                    Some(set) => set.parts.push(candidate),
                    None => split.push(Set {
                        format,
                        parts: vec![candidate],
                    }),
                }
                continue;
            }
            (Content::Unknown(why), None) => why,
            (Content::Empty, None) => "empty".to_owned(),
        };
        let name = found.name;
        skipped.push(Skipped { name, why });
    }
    split
}

/// By name alone all formats that the user gave would be one.
fn is_same(one: &'static dyn Format, other: &'static dyn Format) -> bool {
    one.name() == other.name() && std::ptr::addr_eq(one, other)
}

/// Drops parts that are copies of others, and gives each of the rest an identity of its own.
fn tell_apart(mut sets: Vec<Set>, skipped: &mut Vec<Skipped>) -> Vec<Set> {
    let mut alike: HashMap<Identity, Vec<&mut Candidate>> = HashMap::new();
    for part in sets.iter_mut().flat_map(|set| &mut set.parts) {
        alike.entry(part.identity).or_default().push(part);
    }
    let mut groups: Vec<_> = alike.into_values().filter(|g| g.len() > 1).collect();
    groups.sort_by(|a, b| a[0].found.name.cmp(&b[0].found.name));
    for group in &mut groups {
        for index in 1..group.len() {
            let (before, rest) = group.split_at_mut(index);
            for other in before {
                skipped.extend(relate(other, rest[0]));
            }
        }
        for part in group {
            part.identity = part.marks.refine(part.identity);
        }
    }
    for set in &mut sets {
        set.parts.retain(|part| !part.is_doubled);
    }
    sets.retain(|set| !set.parts.is_empty());
    sets
}

/// Compares two parts with the same first line; of equal ones the later is dropped.
fn relate(a: &mut Candidate, b: &mut Candidate) -> Option<Skipped> {
    if a.is_doubled || b.is_doubled {
        return None;
    }
    // What cannot be opened is a failure when its turn to be read comes.
    let relation = identity::compare(&mut a.found.bytes, &mut b.found.bytes).ok()?;
    let (shorter, longer) = match relation {
        Relation::Apart(line, left, right) => {
            a.marks.insert(line, left);
            b.marks.insert(line, right);
            return None;
        }
        Relation::Open => {
            a.mark_open();
            b.mark_open();
            return None;
        }
        Relation::Within => (a, b),
        // Just copied, it will be truncated next: who follows it must not take the copy for it.
        Relation::Contains if b.is_base() && !a.is_base() && b.contains(a) => (a, b),
        Relation::Contains => (b, a),
    };
    shorter.is_doubled = true;
    Some(Skipped {
        name: shorter.found.name.clone(),
        why: format!("the same content as {}", longer.found.name),
    })
}

impl Candidate {
    /// Whether it is the file of its set that is written today.
    fn is_base(&self) -> bool {
        Rank::of(&self.found.path).age == Age::Base
    }

    fn contains(&mut self, other: &mut Self) -> bool {
        let relation = identity::compare(&mut self.found.bytes, &mut other.found.bytes);
        relation.is_ok_and(|relation| relation == Relation::Contains)
    }

    fn mark_open(&mut self) {
        if self.found.bytes.goes_on() {
            self.marks.insert_name(&self.found.name);
        }
    }
}

impl Inputs {
    fn add(&mut self, set: Set, options: &Options<'_>) {
        let mut parts = Vec::new();
        for Candidate {
            found,
            wrapper,
            beginning,
            identity,
            ..
        } in set.parts
        {
            parts.push(Part {
                index: u32::try_from(self.parts.len()).unwrap_or(u32::MAX),
                name: found.name.clone(),
                beginning,
                bytes: found.bytes,
                wrapper,
                read: None,
            });
            self.parts.push(event::Part {
                name: found.name,
                identity,
            });
        }
        self.inputs.push(Input {
            name: parts
                .last()
                .map_or_else(String::new, |p| p.name.to_string()),
            zone: options.zone,
            format: set.format,
            parts,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::Mismatch;
    use crate::input::Masks;
    use std::path::PathBuf;

    /// A format that is only a name.
    struct Named(&'static str);

    impl Format for Named {
        fn name(&self) -> &'static str {
            self.0
        }

        fn title(&self) -> &'static str {
            self.0
        }

        fn parse(&self, _: &[u8]) -> Result<Option<Event>, Mismatch> {
            Ok(None)
        }
    }

    static ONE: Named = Named("one");
    static OTHER: Named = Named("other");

    fn part(name: &str, content: Content) -> Sampled {
        let found = Found {
            name: name.into(),
            path: PathBuf::from(name),
            named: true,
            bytes: Bytes::stream(Box::new(&b"line\n"[..]), &Masks::default()).unwrap(),
        };
        Sampled { found, content }
    }

    fn names(sets: &[Set]) -> Vec<String> {
        let name = |set: &Set| {
            let parts: Vec<&str> = set.parts.iter().map(|p| &*p.found.name).collect();
            format!("{}: {}", set.format.name(), parts.join(" "))
        };
        sets.iter().map(name).collect()
    }

    #[test]
    fn a_set_is_split_by_format() {
        let mut skipped = Vec::new();
        let set = vec![
            part("x.5", Content::Of(&OTHER, None)),
            part("x.4", Content::Unknown("cut".to_owned())),
            part("x.3", Content::Of(&OTHER, None)),
            part("x.2", Content::Of(&ONE, None)),
            part("x.1", Content::Empty),
        ];
        let sets = split(set, &mut skipped);
        assert_eq!(names(&sets), ["other: x.5 x.3", "one: x.4 x.2 x.1"]);
        assert!(skipped.is_empty());
    }

    #[test]
    fn a_set_that_nothing_is_known_of_is_skipped_with_the_reasons() {
        let mut skipped = Vec::new();
        let set = vec![
            part("x.1", Content::Unknown("no log".to_owned())),
            part("x", Content::Empty),
        ];
        assert!(split(set, &mut skipped).is_empty());
        let whys: Vec<&str> = skipped.iter().map(|s| &*s.why).collect();
        assert_eq!(whys, ["no log", "empty"]);
    }
}
