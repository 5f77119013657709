//! Pseudonyms in everything that goes out.

use std::borrow::Cow;
use std::sync::Arc;

use super::Pseudonyms;
use crate::event::Part;
use crate::finding::{Considered, Evidence, Finding, Lost};
use crate::incident::{Counts, Gathered, Incident, Trigger, Why};
use crate::report::digest::{Digest, Sample};
use crate::rollup::Changed;
use crate::summary::{ClockOffset, Gap, LocalZone, Summary};

type Text = Box<str>;

impl Pseudonyms {
    /// Files without their folders, which are named after people as well.
    pub fn parts(&self, parts: &[Part]) -> Arc<[Part]> {
        let told = |part: &Part| Part {
            name: self.file(&part.name).into(),
            ..part.clone()
        };
        parts.iter().map(told).collect()
    }

    /// A text of ours, in which files are named as they are in `parts`.
    fn of_files(&self, text: &str, parts: &[Part]) -> String {
        let mut names: Vec<&str> = parts.iter().map(|part| &*part.name).collect();
        // The longest first, for one may be a part of another.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let told = |text: String, name: &&str| text.replace(*name, &self.file(name));
        let strange = names.iter().filter(|name| self.file(name) != ***name);
        strange.fold(text.to_owned(), told)
    }

    pub fn finding(&self, mut finding: Finding) -> Finding {
        let agent = finding.request.as_ref().and_then(|r| r.user_agent.clone());
        let whole = [agent, finding.principal.clone(), finding.host.clone()];
        let whole: Vec<&str> = whole.iter().flatten().map(|text| &**text).collect();
        finding.source = finding.source.map(|address| self.address(address));
        finding.principal = finding.principal.as_deref().map(|name| self.name(name));
        finding.host = finding.host.as_deref().map(|host| self.word("host", host));
        let said = |text: &Cow<'static, str>| Cow::Owned(self.line(text, &[]));
        finding.action = finding.action.as_ref().map(said);
        finding.reason = finding.reason.as_ref().map(said);
        finding.message = self.said(&finding.message).into();
        for candidate in &mut finding.candidates {
            candidate.because = self.said(&candidate.because).into();
        }
        if let Some(request) = &mut finding.request {
            request.target = self.path(&request.target);
            request.method = self.line(&request.method, &[]).into();
            request.user = request.user.as_deref().map(|name| self.name(name));
            request.user_agent = request.user_agent.as_deref().map(|agent| self.agent(agent));
            request.host = request.host.as_deref().map(|host| self.word("host", host));
            request.forwarded_for = request.forwarded_for.map(|address| self.address(address));
            request.request_id = request.request_id.as_deref().map(|id| self.word("x", id));
            request.upstream_address = None;
        }
        for evidence in &mut finding.evidence {
            self.evidence(evidence, &whole);
        }
        for considered in &mut finding.considered {
            self.considered(considered, &whole);
        }
        finding
    }

    fn evidence(&self, evidence: &mut Evidence, whole: &[&str]) {
        evidence.text = self.line(&evidence.text, whole).into();
    }

    fn considered(&self, considered: &mut Considered, whole: &[&str]) {
        self.evidence(&mut considered.evidence, whole);
        if let Lost::Address(address) = &mut considered.lost {
            *address = self.address(*address);
        }
    }

    /// `parts`: the files that are named in it.
    pub fn gathered(&self, gathered: &mut Gathered, parts: &[Part]) {
        for incident in &mut gathered.incidents {
            self.incident(incident, parts);
        }
    }

    fn incident(&self, incident: &mut Incident, parts: &[Part]) {
        for lane in &mut incident.clients.kept {
            lane.who = self.address(lane.who);
        }
        for lane in &mut incident.principals.kept {
            lane.who = self.name(&lane.who);
        }
        each(&mut incident.paths, |path| self.path(path));
        each(&mut incident.agents, |agent| self.agent(agent));
        let both = incident
            .trigger
            .iter_mut()
            .chain(incident.end.by.iter_mut());
        both.for_each(|trigger| self.trigger(trigger));
        if let Some(limit) = &mut incident.exceeded {
            limit.said = limit
                .said
                .as_deref()
                .map(|said| self.line(said, &[]).into());
        }
        if let Some(attack) = &mut incident.attack {
            attack.because = self.said(&attack.because);
        }
        for gap in &mut incident.gaps {
            *gap = self.said(&self.of_files(gap, parts));
        }
    }

    fn trigger(&self, trigger: &mut Trigger) {
        let line = |text: &Text| Text::from(self.line(text, &[]));
        match &mut trigger.why {
            Why::Change {
                action,
                reason,
                text,
                ..
            } => {
                *action = line(action);
                *reason = reason.as_ref().map(line);
                *text = line(text);
            }
            Why::Clock { input, .. } => {
                *input = input.as_deref().map(|name| self.file(name).into());
            }
            Why::Hidden { address, .. } => *address = self.address(*address),
            Why::Attempts { .. } => {}
        }
    }

    /// `parts`: the files that are named in it.
    pub fn summary(&self, mut summary: Summary, files: &[Part]) -> Summary {
        let Summary {
            parts,
            zones,
            clock_offsets,
            gaps,
            notes,
            unlogged: _,
        } = &mut summary;
        for (_, why) in parts.iter_mut().flat_map(|part| &mut part.first_unparsed) {
            *why = self.line(why, &[]);
        }
        for LocalZone { input, .. } in zones {
            *input = self.file(input);
        }
        for ClockOffset {
            input, reference, ..
        } in clock_offsets
        {
            *input = self.file(input);
            *reference = self.file(reference);
        }
        for Gap { input, why, .. } in gaps {
            *input = self.of_files(input, files);
            *why = self.said(&self.of_files(why, files));
        }
        for note in notes {
            *note = self.said(&self.of_files(note, files));
        }
        summary
    }

    pub fn digest(&self, mut digest: Digest) -> Digest {
        digest.clients = digest.clients.renamed(|address| self.address(address));
        digest.principals = digest.principals.renamed(|name| self.name(&name));
        digest.paths = digest.paths.renamed(|path| self.path(&path));
        digest.agents = digest.agents.renamed(|agent| self.agent(&agent));
        digest.lanes = digest.lanes.renamed(|address| self.address(address));
        for Changed { action, reason, .. } in &mut digest.changes.kept {
            *action = self.line(action, &[]).into();
            *reason = reason
                .as_deref()
                .map(|reason| self.line(reason, &[]).into());
        }
        for sample in digest.samples.iter_mut() {
            self.sample(sample);
        }
        digest
    }

    fn sample(&self, sample: &mut Sample) {
        sample.finding = self.finding(sample.finding.clone());
        for hash in &mut sample.hashes {
            *hash = self.hash(*hash);
        }
    }
}

fn each(counts: &mut Counts<Text>, name: impl Fn(&str) -> Text) {
    for (key, _) in &mut counts.kept {
        *key = name(key);
    }
}
