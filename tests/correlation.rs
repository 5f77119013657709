//! What the join does, told in logs of a few lines. Each test is one sentence of the design.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use chrono::DateTime;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_assert_eq, prop_oneof, proptest};
use why401::cause::Cause;
use why401::correlate::{Correlators, Side, Survey};
use why401::event::{Place, Record};
use why401::finding::{Finding, Role, Verdict};
use why401::format::{Format, nginx_combined::NginxCombined, pritunl_journal::PritunlJournal};
use why401::summary::Summary;
use why401::system::pritunl;

const START: i64 = 1_795_294_500;
const ALICE: &str = "203.0.113.1";
const BOB: &str = "203.0.113.2";

/// An access log and a journal in the making; seconds count from [`START`].
#[derive(Debug, Default, Clone)]
struct Logs {
    access: Vec<String>,
    journal: Vec<String>,
    /// What the journal's clock is ahead by.
    ahead: i64,
}

impl Logs {
    /// A server that lets API requests through, in a log that is alive for ten minutes.
    fn new() -> Self {
        Logs::default().start("1.34.4681.89", false)
    }

    fn start(self, version: &str, strict: bool) -> Self {
        let fields = format!(r#""version": "{version}", "web_auth_strict": {strict}"#);
        self.entry(0, "web_server_start", &fields)
    }

    fn request(
        mut self,
        second: i64,
        client: &str,
        request: &str,
        status: u16,
        bytes: u32,
    ) -> Self {
        let time = DateTime::from_timestamp(START + second, 0).unwrap();
        let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
        self.access.push(format!(
            r#"{client} - - [{time}] "{request} HTTP/1.1" {status} {bytes} "-" "curl/8.5""#
        ));
        self
    }

    fn refused(self, second: i64, client: &str) -> Self {
        self.request(second, client, "GET /organization", 401, 17)
    }

    fn accepted(self, second: i64, client: &str) -> Self {
        self.request(second, client, "GET /organization", 200, 149)
    }

    fn entry(mut self, second: i64, action: &str, fields: &str) -> Self {
        let time = START + second + self.ahead;
        self.journal.push(format!(
            r#"{{"event": "{action}", "timestamp": {time}, "host_name": "vpn1", {fields}}}"#
        ));
        self
    }

    /// A failure of the check of sessions and API keys.
    fn failure(self, second: i64, client: &str, words: &str) -> Self {
        let fields = format!(r#""remote_address": "{client}", "event_long": "{words}""#);
        self.entry(second, "admin_auth_failure", &fields)
    }

    fn login_failure(self, second: i64, client: &str, reason: &str, words: &str) -> Self {
        let fields = format!(
            r#""admin_name": "trent", "remote_address": "{client}", "reason": "{reason}", "reason_long": "{words}""#
        );
        self.entry(second, "admin_auth_failure", &fields)
    }

    /// Both sides of a login, which show that the log is alive.
    fn login(self, second: i64, client: &str) -> Self {
        let fields = format!(r#""admin_name": "sybil", "remote_address": "{client}""#);
        self.request(second, client, "POST /auth/session", 200, 41)
            .entry(second, "admin_auth_success", &fields)
            .entry(second, "admin_session_start", &fields)
    }

    fn records(&self) -> [Vec<Record>; 2] {
        let read = |part: u32, format: &dyn Format, lines: &[String]| -> Vec<Record> {
            let record = |(n, line): (usize, &String)| Record {
                place: Place {
                    part,
                    line: n as u64 + 1,
                    offset: n as u64 * 1000,
                    length: 9,
                },
                event: Box::new(format.parse(line.as_bytes()).unwrap().unwrap()),
                ahead: None,
                text: Some(line.as_str().into()),
            };
            lines.iter().enumerate().map(record).collect()
        };
        [
            read(0, &NginxCombined, &self.access),
            read(1, &PritunlJournal, &self.journal),
        ]
    }

    fn explain(&self) -> (Vec<Finding>, Summary) {
        let [access, journal] = self.records();
        let mut all: Vec<(usize, Record)> = access.into_iter().map(|r| (0, r)).collect();
        all.extend(journal.into_iter().map(|r| (1, r)));
        all.sort_by_key(|(_, r)| r.event.time.start);
        self.explain_in(all)
    }

    /// As [`Self::explain`], with the records arriving in this order.
    fn explain_in(&self, order: Vec<(usize, Record)>) -> (Vec<Finding>, Summary) {
        let mut sides = vec![Side::Access];
        if !self.journal.is_empty() {
            sides.push(Side::Auth(&pritunl::SYSTEM));
        }
        let mut survey = Survey::new(&sides);
        for (input, records) in self.records().iter().enumerate() {
            for r in records {
                survey.take(input, r.place, &r.event);
            }
        }
        let names: Vec<String> = ["access.log", "journal"][..sides.len()]
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut correlator = Correlators::new(survey.conclude(), &names);
        for (input, record) in order {
            correlator.push(input, record.into());
        }
        (0..sides.len()).for_each(|input| correlator.end(input));
        correlator.finish();
        (correlator.take(), correlator.summary())
    }

    fn only(&self) -> Finding {
        let (mut findings, _) = self.explain();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings.remove(0)
    }
}

fn causes(finding: &Finding) -> Vec<Cause> {
    finding.candidates.iter().map(|c| c.cause).collect()
}

fn cited(finding: &Finding, role: Role) -> Vec<u64> {
    finding
        .evidence
        .iter()
        .filter(|e| e.role == role)
        .map(|e| e.place.line)
        .collect()
}

#[test]
fn a_line_explains_its_request() {
    let logs = Logs::new()
        .refused(20, ALICE)
        .failure(20, ALICE, "Expired auth timestamp")
        .login(90, BOB);
    let finding = logs.only();
    assert_eq!(
        (finding.verdict, causes(&finding)),
        (Verdict::Explained, vec![Cause::ClockSkew])
    );
    assert_eq!(
        (finding.logged, cited(&finding, Role::Reason)),
        (Some(true), vec![2])
    );
}

#[test]
fn an_answer_may_come_in_the_second_after_its_line() {
    let logs = Logs::new()
        .failure(20, ALICE, "Session expired")
        .refused(21, ALICE)
        .login(90, BOB);
    assert_eq!(causes(&logs.only()), [Cause::ExpiredSession]);
}

#[test]
fn a_line_of_another_client_explains_nothing() {
    let logs = Logs::new()
        .refused(20, ALICE)
        .failure(20, BOB, "Expired auth timestamp")
        .login(90, BOB);
    let (findings, _) = logs.explain();
    let silent = findings.iter().find(|f| f.request.is_some()).unwrap();
    assert_eq!(
        (silent.verdict, silent.logged),
        (Verdict::Silent, Some(false))
    );
    assert_eq!(
        causes(silent),
        [Cause::MissingCredentials, Cause::UnknownToken]
    );
    let alone = findings.iter().find(|f| f.request.is_none()).unwrap();
    assert_eq!(
        (alone.verdict, causes(alone)),
        (Verdict::Explained, vec![Cause::ClockSkew])
    );
}

#[test]
fn the_first_failed_check_of_a_login_is_its_cause() {
    let logs = Logs::new()
        .request(20, ALICE, "POST /auth/session", 401, 83)
        .login_failure(20, ALICE, "invalid_password", "Invalid password")
        .login_failure(
            20,
            ALICE,
            "invalid_otp",
            "Invalid two-factor authentication code",
        )
        .login(90, BOB);
    let finding = logs.only();
    assert_eq!(causes(&finding), [Cause::WrongPassword]);
    assert_eq!(
        (
            cited(&finding, Role::Reason),
            cited(&finding, Role::Context)
        ),
        (vec![2], vec![3])
    );
    assert_eq!(finding.principal.as_deref(), Some("trent"));
}

#[test]
fn a_line_is_the_reason_of_one_request_only() {
    let mut logs = Logs::new();
    for _ in 0..3 {
        logs = logs.refused(20, ALICE);
    }
    let (findings, _) = logs
        .failure(20, ALICE, "Auth signature mismatch")
        .login(90, BOB)
        .explain();
    let explained = |f: &&Finding| f.verdict == Verdict::Explained && f.logged == Some(true);
    assert_eq!(findings.len(), 3);
    assert!(
        findings.iter().filter(explained).count() <= 1,
        "{findings:#?}"
    );
    assert!(
        findings
            .iter()
            .all(|f| causes(f).contains(&Cause::MissingCredentials))
    );
}

#[test]
fn order_across_clients_tells_which_of_two_requests_a_line_is_of() {
    // Bob's line stands before Alice's, his request after her first one and before her second.
    let logs = Logs::new()
        .refused(20, ALICE)
        .request(20, BOB, "POST /auth/session", 401, 88)
        .refused(20, ALICE)
        .login_failure(20, BOB, "invalid_username", "Invalid username")
        .failure(20, ALICE, "Invalid auth timestamp")
        .login(90, BOB);
    let (findings, _) = logs.explain();
    let of = |line| {
        findings
            .iter()
            .find(|f| cited(f, Role::Request) == [line])
            .unwrap()
    };
    assert_eq!(causes(of(3))[0], Cause::MalformedTimestamp);
    assert_eq!(causes(of(1))[0], Cause::MissingCredentials);
}

#[test]
fn a_refusal_by_the_front_end_is_told_by_the_line_on_the_side() {
    let fields = format!(r#""admin_id": null, "session_id": null, "remote_address": "{ALICE}""#);
    let logs = Logs::default()
        .start("1.34.4681.89", true)
        .refused(20, ALICE)
        .entry(20, "admin_session_end", &fields)
        .login(90, BOB);
    let finding = logs.only();
    assert_eq!(
        (finding.verdict, finding.logged),
        (Verdict::Silent, Some(false))
    );
    assert_eq!(
        causes(&finding),
        [Cause::ApiAccessDisabled, Cause::MissingCredentials]
    );
    assert_eq!(cited(&finding, Role::Context), [2]);
}

#[test]
fn a_size_that_is_of_one_text_only_explains_without_any_log() {
    let logs = Logs::default().request(20, ALICE, "GET /organization", 401, 25);
    let finding = logs.only();
    assert_eq!(
        (finding.verdict, finding.logged),
        (Verdict::Explained, Some(false))
    );
    assert_eq!(causes(&finding), [Cause::ExpiredSession]);
}

#[test]
fn a_server_that_logs_no_refusals_leaves_them_all() {
    let logs = Logs::default()
        .start("1.32.4089.16", false)
        .refused(20, ALICE)
        .login(90, BOB);
    let (findings, summary) = logs.explain();
    assert_eq!(findings[0].verdict, Verdict::Silent);
    let left: BTreeSet<Cause> = causes(&findings[0]).into_iter().collect();
    for cause in [
        Cause::SignatureMismatch,
        Cause::ClockSkew,
        Cause::ReplayedNonce,
        Cause::MissingSecret,
    ] {
        assert!(left.contains(&cause), "{left:?}");
    }
    assert!(
        summary.notes.iter().any(|n| n.contains("1.32.4089.16")),
        "{:?}",
        summary.notes
    );
}

#[test]
fn silence_is_no_evidence_where_the_log_ended() {
    let logs = Logs::new().login(5, BOB).refused(4000, ALICE);
    let (findings, summary) = logs.explain();
    assert_eq!(
        (findings[0].verdict, findings[0].logged),
        (Verdict::Unknown, None)
    );
    assert_eq!(summary.gaps.len(), 1);
}

#[test]
fn silence_is_no_evidence_where_a_login_left_no_line() {
    let logs = Logs::new()
        .login(5, BOB)
        .refused(40, ALICE)
        .request(50, BOB, "POST /auth/session", 200, 41)
        .login(90, BOB);
    let (findings, summary) = logs.explain();
    assert_eq!(
        (findings[0].verdict, findings[0].logged),
        (Verdict::Unknown, None)
    );
    assert!(
        summary.gaps[0].why.contains("left none"),
        "{:?}",
        summary.gaps
    );
}

#[test]
fn a_size_speaks_where_the_log_does_not() {
    let logs = Logs::new()
        .login(5, BOB)
        .request(4000, ALICE, "POST /auth/session", 401, 88);
    let (findings, _) = logs.explain();
    assert_eq!(
        (findings[0].verdict, findings[0].logged),
        (Verdict::Explained, None)
    );
    assert_eq!(causes(&findings[0]), [Cause::UnknownUser]);
}

#[test]
fn lines_that_all_name_a_proxy_are_joined_without_the_address() {
    let proxy = "10.0.0.5";
    let mut logs = Logs::new();
    for n in 0..6 {
        let client = format!("203.0.113.{}", 10 + n);
        logs = logs.refused(20 + 10 * n, &client).failure(
            20 + 10 * n,
            proxy,
            "Auth signature mismatch",
        );
    }
    let (findings, summary) = logs.explain();
    assert_eq!(findings.len(), 6);
    assert!(
        findings
            .iter()
            .all(|f| causes(f)[0] == Cause::SignatureMismatch),
        "{findings:#?}"
    );
    let advice = summary
        .notes
        .iter()
        .filter(|n| n.contains("app.reverse_proxy"))
        .count();
    assert_eq!(advice, 1);
}

#[test]
fn a_change_just_before_is_named() {
    let changed = r#""admin_name": "trent", "remote_addr": "10.0.0.9", "event_long": "Administrator api secret changed""#;
    let logs = Logs::new()
        .accepted(10, ALICE)
        .entry(15, "admin_update", changed)
        .refused(20, ALICE)
        .failure(20, ALICE, "Auth signature mismatch")
        .login(90, BOB);
    let finding = logs.only();
    assert_eq!(cited(&finding, Role::Trigger), [2]);
}

#[test]
fn a_client_that_never_was_accepted_has_no_trigger() {
    let logs = Logs::new().refused(3, ALICE).login(90, BOB);
    assert!(cited(&logs.only(), Role::Trigger).is_empty());
}

#[test]
fn a_clock_that_is_ahead_is_found_and_applied() {
    let mut logs = Logs {
        ahead: 1000,
        ..Logs::default()
    }
    .start("1.34.4681.89", false);
    for n in 0..30 {
        let (second, client) = (20 + 7 * n + n * n % 5, format!("203.0.113.{}", n % 9));
        logs = logs
            .refused(second, &client)
            .failure(second, &client, "Invalid auth timestamp");
    }
    let (findings, summary) = logs.explain();
    assert!(
        findings
            .iter()
            .all(|f| causes(f) == [Cause::MalformedTimestamp]),
        "{findings:#?}"
    );
    assert!(
        (summary.clock_offsets[0].offset_s - 1000.0).abs() < 1.0,
        "{:?}",
        summary.clock_offsets
    );
    let reason = findings[0]
        .evidence
        .iter()
        .find(|e| e.role == Role::Reason)
        .unwrap();
    assert!((reason.clock_offset_s.unwrap() - 1000.0).abs() < 1.0);
    assert!(reason.delta_s.unwrap().abs() <= 1.0);
}

#[test]
fn one_client_that_tries_again_and_again_moves_no_clock() {
    let mut logs = Logs::new();
    for _ in 0..40 {
        logs = logs.refused(20, ALICE);
    }
    for n in 1..=10 {
        logs = logs
            .refused(20 + 300 * n, ALICE)
            .failure(20 + 300 * n, ALICE, "Session expired");
    }
    let (findings, summary) = logs.explain();
    assert!(
        summary.clock_offsets[0].offset_s.abs() < 0.1,
        "{:?}",
        summary.clock_offsets
    );
    let explained = findings.iter().filter(|f| f.logged == Some(true)).count();
    assert_eq!(explained, 10);
}

#[test]
fn a_gap_is_one_gap_to_its_end() {
    let mut logs = Logs::new().login(5, BOB);
    for n in 0..12 {
        logs = logs.refused(20 + 10 * n, &format!("203.0.113.{}", 20 + n));
    }
    let (findings, summary) = logs.login(200, BOB).explain();
    assert!(findings.iter().all(|f| f.logged.is_none()), "{findings:#?}");
    assert_eq!((summary.gaps.len(), summary.gaps[0].refusals), (1, 12));
}

#[test]
fn one_line_with_a_wrong_time_proves_no_silence() {
    let logs = Logs::default()
        .entry(
            -START + 3,
            "web_server_start",
            r#""version": "1.34.4681.89""#,
        )
        .login(20, BOB)
        .refused(5 * 86_400, ALICE);
    let (findings, _) = logs.explain();
    assert_eq!(
        (findings[0].verdict, findings[0].logged),
        (Verdict::Unknown, None)
    );
}

#[test]
fn a_flood_of_one_client_is_joined_in_its_order() {
    let mut logs = Logs::new();
    for n in 0..1500 {
        logs = logs
            .refused(20 + n / 500, ALICE)
            .failure(20 + n / 500, ALICE, "Session expired");
    }
    let (findings, _) = logs.login(90, BOB).explain();
    let first = |f: &&Finding| causes(f)[0] == Cause::ExpiredSession;
    assert_eq!(
        findings.iter().filter(|f| f.request.is_some()).count(),
        1500
    );
    assert!(findings.iter().filter(first).count() > 1400);
}

#[test]
fn words_that_no_version_writes_are_quoted() {
    let logs = Logs::new()
        .refused(20, ALICE)
        .failure(20, ALICE, "Moon in the wrong house")
        .login(90, BOB);
    let finding = logs.only();
    assert_eq!(finding.verdict, Verdict::Unknown);
    assert!(
        finding.message.contains("Moon in the wrong house"),
        "{}",
        finding.message
    );
}

#[test]
fn a_redirect_to_the_login_page_is_no_finding() {
    let logs = Logs::new()
        .request(20, ALICE, "GET /", 302, 0)
        .failure(20, ALICE, "Session expired")
        .login(90, BOB);
    assert!(logs.explain().0.is_empty());
}

/// What happens in one second, as steps of a random history.
#[derive(Debug, Clone)]
enum Step {
    Logged(usize, &'static str),
    Silent(usize),
    Login(usize),
}

fn history() -> impl Strategy<Value = Logs> {
    let words = proptest::sample::select(vec![
        "Expired auth timestamp",
        "Auth signature mismatch",
        "Session expired",
    ]);
    let step = prop_oneof![
        (0..4usize, words).prop_map(|(client, words)| Step::Logged(client, words)),
        (0..4usize).prop_map(Step::Silent),
        (0..4usize).prop_map(Step::Login),
    ];
    let pause = prop_oneof![Just(0i64), Just(1), Just(3), Just(20)];
    proptest::collection::vec((step, pause), 1..40).prop_map(|steps| {
        let mut second = 10;
        steps.into_iter().fold(Logs::new(), |logs, (step, pause)| {
            second += pause;
            let client = |n: usize| format!("203.0.113.{n}");
            match step {
                Step::Logged(n, words) => {
                    logs.refused(second, &client(n))
                        .failure(second, &client(n), words)
                }
                Step::Silent(n) => logs.refused(second, &client(n)),
                Step::Login(n) => logs.login(second, &client(n)),
            }
        })
    })
}

/// Findings in an order of their own: they may fall in another one.
fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|f| f.evidence.iter().map(|e| e.place).min());
    findings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// How two logs interleave as they are read does not change what is found; only the order inside each
    /// is evidence.
    #[test]
    fn the_order_of_arrival_changes_nothing(logs in history()) {
        let [access, journal] = logs.records();
        let first = |input| move |r: &Record| (input, r.clone());
        let mut journal_last: Vec<_> = access.iter().map(first(0)).collect();
        journal_last.extend(journal.iter().map(first(1)));
        let mut journal_first: Vec<_> = journal.iter().map(first(1)).collect();
        journal_first.extend(access.iter().map(first(0)));
        let by_time = sorted(logs.explain().0);
        prop_assert_eq!(&by_time, &sorted(logs.explain_in(journal_last).0));
        prop_assert_eq!(&by_time, &sorted(logs.explain_in(journal_first).0));
    }

    /// Each refused request has one finding, and a line is the reason of one explained request at most.
    #[test]
    fn nothing_is_lost_and_nothing_counts_twice(logs in history()) {
        let (findings, _) = logs.explain();
        let mut requests: Vec<u64> = findings.iter().flat_map(|f| cited(f, Role::Request)).collect();
        requests.sort_unstable();
        let refused = logs.access.iter().zip(1..).filter(|(line, _)| line.contains(" 401 ")).map(|(_, n)| n);
        prop_assert_eq!(requests, refused.collect::<Vec<u64>>());
        let mut reasons: Vec<u64> = findings
            .iter()
            .filter(|f| f.verdict == Verdict::Explained)
            .flat_map(|f| cited(f, Role::Reason))
            .collect();
        let all = reasons.len();
        reasons.sort_unstable();
        reasons.dedup();
        prop_assert_eq!(reasons.len(), all);
    }
}

#[test]
fn logins_one_after_the_other_keep_their_lines_apart() {
    let login = |logs: Logs, second| logs.request(second, ALICE, "POST /auth/session", 401, 83);
    let otp = |logs: Logs, second| {
        let words = "Invalid two-factor authentication code";
        logs.login_failure(second, ALICE, "invalid_otp", words)
    };
    let password = |logs: Logs, second| {
        logs.login_failure(second, ALICE, "invalid_password", "Invalid password")
    };
    let logs = password(login(Logs::new(), 23), 23);
    // A wrong code; then a wrong password and a wrong code at once.
    let logs = otp(password(otp(login(login(logs, 24), 24), 24), 24), 24);
    let (findings, _) = logs.login(90, BOB).explain();
    let causes: Vec<_> = findings.iter().map(causes).collect();
    assert_eq!(
        causes,
        [
            [Cause::WrongPassword],
            [Cause::WrongOtp],
            [Cause::WrongPassword]
        ]
    );
}
