//! Findings that are shown with their lines: the first of each group and, of each cause, one more.

use std::collections::BTreeMap;
use std::mem;

use crate::cause::Cause;
use crate::event::{Part, beginning};
use crate::finding::{Finding, Verdict};
use crate::outline::Outline;
use crate::report::ndjson::id;

/// Findings that are kept, about; beyond that those of the smaller groups go.
const KEPT: usize = 1 << 11;
/// Of one group, whatever they were refused for, and of others.
const EACH: usize = 3;
const ALL: usize = 8;
/// How much of a line is kept, in bytes.
const LONGEST: usize = 2000;

#[derive(Debug, Clone)]
pub struct Sample {
    /// How many findings came before it.
    pub number: u64,
    pub id: String,
    /// Its texts are cut at [`LONGEST`] bytes.
    pub finding: Finding,
    /// Of each line of its evidence, the hash of the whole text.
    pub hashes: Vec<blake3::Hash>,
}

/// Of each group as it was numbered while findings were gathered. `T`: what stands for a finding.
#[derive(Debug, Clone)]
pub struct Samples<T> {
    of: BTreeMap<u32, Chosen<T>>,
    kept: usize,
}

#[derive(Debug, Clone)]
struct Chosen<T> {
    findings: u64,
    kept: Vec<(Judged, T)>,
}

type Judged = (Verdict, Option<Cause>);

impl<T> Default for Samples<T> {
    fn default() -> Self {
        Self {
            of: BTreeMap::new(),
            kept: 0,
        }
    }
}

impl<T> Default for Chosen<T> {
    fn default() -> Self {
        Self {
            findings: 0,
            kept: Vec::new(),
        }
    }
}

impl<T> Samples<T> {
    /// Takes what `make` gives if it is to be shown.
    pub fn offer(&mut self, group: u32, finding: &Outline<'_>, make: impl FnOnce() -> T) {
        let judged = (finding.verdict, finding.cause);
        let chosen = self.of.entry(group).or_default();
        chosen.findings += 1;
        if !chosen.wants(judged) {
            return;
        }
        chosen.kept.push((judged, make()));
        self.kept += 1;
        if self.kept > KEPT {
            self.shrink();
        }
    }

    /// Lets the smaller groups go, until half is left.
    fn shrink(&mut self) {
        let mut sizes: Vec<(u64, u32)> = self.of.iter().map(|(n, c)| (c.findings, *n)).collect();
        sizes.sort_unstable();
        for (_, group) in sizes {
            if self.kept <= KEPT / 2 {
                break;
            }
            self.kept -= self.of.remove(&group).map_or(0, |chosen| chosen.kept.len());
        }
    }

    /// With the group of each.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let of = self.of.iter();
        of.flat_map(|(group, chosen)| chosen.kept.iter().map(|(_, kept)| (*group, kept)))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let of = self.of.values_mut();
        of.flat_map(|chosen| chosen.kept.iter_mut().map(|(_, kept)| kept))
    }

    /// The same with something else standing for each finding, but for those of which `make` gives nothing.
    ///
    /// # Errors
    /// The first that `make` gives.
    pub fn try_filter_map<U, E>(
        self,
        mut make: impl FnMut(T) -> Result<Option<U>, E>,
    ) -> Result<Samples<U>, E> {
        let mut mapped = Samples::default();
        for (group, Chosen { findings, kept }) in self.of {
            let kept = kept.into_iter().filter_map(|(judged, of)| {
                let other = make(of).transpose()?;
                Some(other.map(|other| (judged, other)))
            });
            let kept = kept.collect::<Result<Vec<_>, E>>()?;
            mapped.kept += kept.len();
            mapped.of.insert(group, Chosen { findings, kept });
        }
        Ok(mapped)
    }
}

impl<T> Chosen<T> {
    fn wants(&self, judged: Judged) -> bool {
        let is_new = || !self.kept.iter().any(|(known, _)| *known == judged);
        self.kept.len() < EACH || self.kept.len() < ALL && is_new()
    }
}

impl Sample {
    pub fn new(number: u64, mut finding: Finding, parts: &[Part]) -> Self {
        let evidence = finding.evidence.iter();
        let hashes = evidence.map(|e| blake3::hash(e.text.as_bytes())).collect();
        let id = id(&finding, parts).unwrap_or_default();
        cut(&mut finding);
        Self {
            number,
            id,
            finding,
            hashes,
        }
    }
}

fn cut(finding: &mut Finding) {
    for evidence in &mut finding.evidence {
        shorten(&mut evidence.text);
    }
    if let Some(request) = &mut finding.request {
        shorten(&mut request.target);
        if let Some(agent) = &mut request.user_agent {
            shorten(agent);
        }
    }
}

fn shorten(text: &mut Box<str>) {
    if text.len() > LONGEST {
        *text = format!("{}…", beginning(&mem::take(text), LONGEST)).into();
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Samples};
    use crate::outline::Outline;
    use crate::report::sample::{explained, silent};

    #[test]
    fn the_first_of_each_cause_are_kept() {
        let (one, other) = (explained(), silent());
        let mut samples = Samples::default();
        for n in 0..100 {
            samples.offer(7, &Outline::from(&one), || n);
        }
        samples.offer(7, &Outline::from(&other), || 100);
        let kept: Vec<_> = samples.iter().map(|(group, n)| (group, *n)).collect();
        assert_eq!(kept, [(7, 0), (7, 1), (7, 2), (7, 100)]);
    }

    #[test]
    fn of_many_groups_the_largest_stay() {
        let finding = explained();
        let outline = Outline::from(&finding);
        let mut samples = Samples::default();
        (0..100).for_each(|n| samples.offer(0, &outline, || n));
        for group in 1..10_000 {
            samples.offer(group, &outline, || 0);
            assert!(samples.iter().count() <= KEPT);
        }
        assert_eq!(samples.iter().filter(|(group, _)| *group == 0).count(), 3);
        assert!(samples.iter().any(|(group, _)| group == 9_999));
    }
}
