//! Failures that only asked for a second step.
//!
//! Where a VPN connection needs a PIN or a code, the server refuses the first step and asks for it: the refusal stands
//! in the log as every other one does. A success of the same user and device shortly after it tells the two apart.

use std::collections::VecDeque;

use super::Correlator;
use super::notice::Notice;
use crate::event::{Entry, Micros, SECOND};

/// Failures in wait; of more, the oldest wait no longer.
const MOST: usize = 1 << 16;

/// Failures in wait for a success, in the order in which they came.
#[derive(Default, Clone)]
pub(super) struct Prompts(VecDeque<Notice>);

impl Correlator {
    /// Takes in a failure that no request stands behind.
    pub(super) fn alone(&mut self, notice: Notice) {
        let challenge = self.bearings.system.and_then(|s| s.challenge.as_ref());
        let may_be_prompt = challenge.zip(notice.entry()).is_some_and(|(c, entry)| {
            let words = entry.reason.as_deref();
            c.action == entry.action && words.is_some_and(|words| c.reasons.contains(&words))
        });
        if !may_be_prompt {
            self.findings.extend(self.orphan(&notice));
            return;
        }
        if self.prompts.0.len() >= MOST
            && let Some(oldest) = self.prompts.0.pop_front()
        {
            self.findings.extend(self.orphan(&oldest));
        }
        self.prompts.0.push_back(notice);
    }

    /// The log has come to `time` by the access logs' clock.
    pub(super) fn pass_prompts(&mut self, time: Micros) {
        if let Some(challenge) = self.bearings.system.and_then(|s| s.challenge.as_ref()) {
            self.release_prompts(time.saturating_sub(challenge.seconds * SECOND));
        }
    }

    /// Whether a line says that a second step was passed.
    pub(super) fn answers_prompts(&self, entry: &Entry) -> bool {
        let knowledge = self.knowledge.as_ref();
        knowledge.is_some_and(|knowledge| knowledge.answers_prompts(entry.action.as_bytes()))
    }

    /// What a line answers that says so was no failure.
    pub(super) fn answer(&mut self, success: &Notice) {
        self.prompts.0.retain(|prompt| !is_answer(prompt, success));
    }

    /// Those of before `time` wait no longer.
    pub(super) fn release_prompts(&mut self, time: Micros) {
        while self.prompts.0.front().is_some_and(|p| p.time.end <= time)
            && let Some(prompt) = self.prompts.0.pop_front()
        {
            let finding = self.orphan(&prompt);
            self.findings.extend(finding);
        }
    }
}

/// Whether `success` is of the user and the device that `prompt` is of, and not before it.
fn is_answer(prompt: &Notice, success: &Notice) -> bool {
    let who = |entry: &Entry| (entry.principal.clone(), entry.device.clone());
    let Some((asked, entry)) = prompt.entry().zip(success.entry()) else {
        return false;
    };
    // Where nothing tells devices apart, their addresses do.
    let same_place = asked.device.is_some() || prompt.source == success.source;
    prompt.clock == success.clock
        && prompt.time.start <= success.time.start
        && who(asked) == who(entry)
        && asked.principal.is_some()
        && same_place
}
