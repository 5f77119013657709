//! Giving findings out: pairing what is old enough, and judging what can be judged.

use std::collections::HashSet;
use std::sync::Arc;

use super::coverage::{Blind, Coverage, Covered};
use super::exchange::Exchange;
use super::judge::{Court, Paired, judge};
use super::notice::Notice;
use super::{CROWD, Correlator, LATENESS, STEP, WAITING, settle};
use crate::event::{Micros, SECOND};
use crate::finding::{Finding, Verdict};
use crate::system::Unlogged;

impl Correlator {
    /// Pairs what is old enough, and judges what can be judged.
    pub fn advance(&mut self) {
        let open = self.inputs.iter().filter(|i| !i.ended);
        let watermark = open
            .map(|i| i.watermark.unwrap_or(Micros::MIN))
            .min()
            .unwrap_or(Micros::MAX);
        let crowded = self.exchanges.len() + self.notices.len() > self.crowd;
        if crowded {
            self.settle(watermark.saturating_sub(SECOND), true);
            // What is left has to wait for another log; trying again at once would gain nothing.
            let left = self.exchanges.len() + self.notices.len();
            self.crowd = CROWD.max(left + left / 4);
        } else if watermark > self.settled_at.saturating_add(STEP) {
            self.settle(watermark.saturating_sub(LATENESS), false);
        }
    }

    /// The findings so far: those of requests in the order of time, failures without one as they are met.
    pub fn take(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// All inputs have ended: pairs and judges what is left.
    pub fn finish(&mut self) {
        self.release_prompts(Micros::MAX);
        self.settle(Micros::MAX, true);
        self.judge_waiting(Micros::MAX);
    }

    fn settle(&mut self, horizon: Micros, force: bool) {
        for exchange in &mut self.exchanges {
            let input = &self.inputs[exchange.lines[0].0];
            (exchange.moment, exchange.blur) = input.moment(exchange.order, &exchange.time);
            if exchange.unlogged.is_none() {
                let mut unlogged = self.server.unlogged(exchange, &self.history);
                if let Some(system) = self.bearings.system {
                    let sent = exchange.request.sent;
                    // A proxy that logs its own idea of what was sent may leave nothing: then it is not believed.
                    let is_left = |row: &Unlogged| {
                        let mut needed = system.credentials(row.cause).peekable();
                        needed.peek().is_none() || !needed.all(|credential| sent.lacks(credential))
                    };
                    if unlogged.iter().any(|row| is_left(row)) {
                        unlogged.retain(|row| is_left(row));
                    }
                }
                let is_named = self.bearings.naming.contains(&exchange.lines[0].0);
                unlogged.retain(|row| exchange.goes_with_user(row, is_named));
                exchange.unlogged = Some(unlogged);
            }
        }
        self.exchanges.sort_by_key(|e| e.moment);
        self.notices.sort_by_key(|n| n.time.start);
        self.paired_until = self.paired_until.max(horizon);
        let in_wait = self.in_wait();
        let exchanges = std::mem::take(&mut self.exchanges);
        let notices = std::mem::take(&mut self.notices);
        let settled = settle::settle(
            exchanges,
            notices,
            &self.inputs,
            &self.anchors,
            self.knowledge
                .as_ref()
                .is_some_and(|k| k.system.names_other_clients),
            horizon,
            force,
        );
        self.exchanges = settled.exchanges;
        self.notices = settled.notices;
        self.see(in_wait, &settled.paired);
        self.anchors = settled.anchors;
        self.unassigned += settled.unassigned;
        for time in settled.missed {
            self.coverage.iter_mut().for_each(|c| c.missed(time));
        }
        for orphan in settled.orphans {
            if let Some(exchange) = Exchange::served(&orphan).map(Box::new) {
                let paired = self.unproxied(exchange, orphan);
                self.waiting.push_back(paired);
            } else if orphan.is_failure() {
                self.findings.extend(self.orphan(&orphan));
            }
        }
        self.wait(settled.paired);
        let unsettled = self.exchanges.iter().map(|e| e.moment).min();
        self.settled_at = horizon.saturating_add(LATENESS);
        self.judge_waiting(unsettled.unwrap_or(Micros::MAX).min(horizon));
    }

    /// Takes in what was paired; most of it is judged at once.
    fn wait(&mut self, paired: Vec<Paired>) {
        self.findings.reserve(paired.len());
        self.waiting.extend(paired);
        self.waiting
            .make_contiguous()
            .sort_by_key(|p| p.exchange.moment);
    }

    /// A request that only the server's own log has: its access line owns the lines before it.
    fn unproxied(&self, mut exchange: Box<Exchange>, notice: Arc<Notice>) -> Paired {
        exchange.unlogged = Some(self.server.unlogged(&exchange, &self.history));
        Paired {
            exchange,
            lines: vec![(notice, 1.0)],
            further: Vec::new(),
            unlogged: 0.0,
            in_flood: false,
            own: Some(0),
        }
    }

    /// Judges what waits, in the order of time, as far as all before `settled` is paired and the logs
    /// have shown whether they were alive.
    fn judge_waiting(&mut self, settled: Micros) {
        while let Some(first) = self.waiting.front() {
            let covered = match self.covered(first, settled) {
                Covered::NotYet if self.waiting.len() <= WAITING => return,
                Covered::NotYet => Covered::No {
                    from: None,
                    until: None,
                    why: Blind::Ended,
                },
                known => known,
            };
            let Some(paired) = self.waiting.pop_front() else {
                return;
            };
            self.judge(paired, covered);
        }
    }

    /// Whether all auth logs cover the moment of an exchange.
    fn covered(&self, paired: &Paired, settled: Micros) -> Covered {
        let exchange = &paired.exchange;
        if paired.in_flood {
            return Covered::No {
                from: None,
                until: None,
                why: Blind::Flooded,
            };
        }
        if exchange.is_late {
            return Covered::No {
                from: None,
                until: None,
                why: Blind::Late,
            };
        }
        let time = exchange.time.start;
        let mut covered = Covered::Yes;
        let clocks = self.bearings.clocks.iter().zip(&self.coverage);
        let told = clocks.filter(|(clock, _)| !self.bearings.retold[clock.input]);
        for (_, coverage) in told {
            if settled < Micros::MAX
                && coverage
                    .around(time)
                    .1
                    .is_none_or(|after| after + 2 * SECOND > settled)
            {
                return Covered::NotYet;
            }
            match coverage.covers(time, |from, until| self.silent_clients(from, until)) {
                Covered::Yes => {}
                other => covered = other,
            }
        }
        let is_missing = exchange.key.is_some() && paired.unlogged > 0.5;
        if is_missing && covered == Covered::Yes && !self.coverage.iter().all(|c| c.is_busy(time)) {
            covered = Covered::No {
                from: None,
                until: None,
                why: Blind::Quiet,
            };
        }
        if self.bearings.told().next().is_some() {
            return covered;
        }
        let only_retold = !self.bearings.clocks.is_empty();
        let why = if only_retold {
            Blind::Retold
        } else {
            Blind::NoLog
        };
        Covered::No {
            from: None,
            until: None,
            why,
        }
    }

    /// How many different clients were refused between two moments without a line that could have one.
    fn silent_clients(&self, from: Micros, until: Micros) -> usize {
        // Asked for each refusal of a gap; the first is asked while all of them still wait.
        match self.mute.get() {
            Some((known_from, known_until, clients))
                if (known_from, known_until) == (from, until) =>
            {
                return clients;
            }
            _ => {}
        }
        let start = self.waiting.partition_point(|p| p.exchange.moment < from);
        let between = self
            .waiting
            .range(start..)
            .take_while(|p| p.exchange.moment < until);
        let silent = between.filter(|p| p.is_silent_though_logged_elsewhere());
        let clients = silent
            .filter_map(|p| p.exchange.source)
            .collect::<HashSet<_>>()
            .len();
        self.mute.set(Some((from, until, clients)));
        clients
    }

    fn judge(&mut self, mut paired: Paired, covered: Covered) {
        let Some(knowledge) = &self.knowledge else {
            return;
        };
        #[allow(clippy::cast_precision_loss)]
        let usual = |cause| {
            let total = self.usual.values().sum::<u64>().max(1);
            (1 + self.usual.get(&cause).copied().unwrap_or(0)) as f64 / total as f64
        };
        let court = Court {
            system: knowledge.system,
            history: &self.history,
            usual: &usual,
            server: &self.server,
            accounts: &self.bearings.accounts,
            is_whole: self.coverage.iter().all(Coverage::is_whole),
            people: &self.bearings.people,
        };
        let Some(mut finding) = judge(&paired, covered, &court) else {
            return;
        };
        finding.considered = self.considered(&paired.exchange, &finding);
        if finding.logged == Some(true)
            && finding.verdict == Verdict::Explained
            && let Some(cause) = finding.cause()
        {
            *self.usual.entry(cause).or_default() += 1;
        }
        if covered == Covered::Yes && paired.exchange.request.is_refused() {
            let Exchange {
                source, past, time, ..
            } = &*paired.exchange;
            let causes = finding.candidates.iter().map(|c| c.cause).collect();
            self.history.judged(*source, past, time.start, causes);
        }
        if finding.logged.is_none()
            && let Covered::No { from, until, why } = covered
        {
            self.note_gap(from, until, why);
        }
        paired.exchange.hand_over(&mut finding);
        self.findings.push(finding);
    }
}
