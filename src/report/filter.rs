//! Which findings are asked for. Values of one kind are alternatives, kinds narrow each other down.

use ipnet::IpNet;

use crate::cause::Cause;
use crate::event::{Micros, Part};
use crate::finding::{Finding, Verdict};
use crate::outline::Outline;
use crate::pattern::{PathPattern, StatusPattern};

/// What a finding must be to be shown; an empty list asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub since: Option<Micros>,
    /// Exclusive.
    pub until: Option<Micros>,
    pub clients: Vec<IpNet>,
    /// Exactly as in the finding.
    pub principals: Vec<String>,
    /// Met by any candidate: what may be the cause is not left out.
    pub causes: Vec<Cause>,
    pub statuses: Vec<StatusPattern>,
    pub paths: Vec<PathPattern>,
    pub systems: Vec<&'static str>,
    pub verdicts: Vec<Verdict>,
    /// Name of a part and a line in it that the finding must cite.
    pub place: Option<(String, u64)>,
}

impl Filter {
    pub fn accepts(&self, finding: &Finding, parts: &[Part]) -> bool {
        self.accepts_outline(&Outline::from(finding)) && self.is_at_place(finding, parts)
    }

    /// The same but for the line that it must cite.
    pub fn accepts_outline(&self, outline: &Outline<'_>) -> bool {
        let request = outline.request.as_ref();
        self.is_within(outline.time)
            && any(&self.verdicts, |v| *v == outline.verdict)
            && any(&self.systems, |s| outline.system == Some(*s))
            && any(&self.causes, |c| outline.left.has(*c))
            && any(&self.clients, |net| {
                outline.source.is_some_and(|ip| net.contains(&ip))
            })
            && any(&self.principals, |p| outline.principal == Some(p.as_str()))
            && any(&self.statuses, |s| {
                request.is_some_and(|r| s.matches(r.status))
            })
            && any(&self.paths, |p| request.is_some_and(|r| p.matches(r.path)))
    }

    /// Whether a moment is asked for.
    pub fn is_within(&self, time: Micros) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }

    /// Whether it cites the line that is asked for, if one is.
    pub fn is_at_place(&self, finding: &Finding, parts: &[Part]) -> bool {
        let place = self.place.as_ref();
        place.is_none_or(|(name, line)| cites(finding, parts, name, *line))
    }
}

fn any<T>(wanted: &[T], met: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(met)
}

fn cites(finding: &Finding, parts: &[Part], name: &str, line: u64) -> bool {
    finding.evidence.iter().any(|e| {
        let further = memchr::memchr_iter(b'\n', e.text.as_bytes()).count() as u64;
        (e.place.line..=e.place.line + further).contains(&line)
            && parts
                .get(e.place.part as usize)
                .is_some_and(|part| &*part.name == name)
    })
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::cause::Cause;
    use crate::event::SECOND;
    use crate::finding::{Finding, Verdict};
    use crate::pattern::{NotAStatus, PathPattern, StatusPattern, network};
    use crate::report::sample::{NOON, explained, parts, silent};

    fn accepts(filter: &Filter) -> (bool, bool) {
        let parts = parts();
        (
            filter.accepts(&explained(), &parts),
            filter.accepts(&silent(), &parts),
        )
    }

    fn paths(pattern: &str) -> (bool, bool) {
        accepts(&Filter {
            paths: vec![pattern.parse().unwrap()],
            ..Filter::default()
        })
    }

    #[test]
    fn nothing_asked_accepts_all() {
        assert_eq!(accepts(&Filter::default()), (true, true));
    }

    #[test]
    fn the_range_is_half_open() {
        let at = explained().time;
        let range = |since, until| Filter {
            since,
            until,
            ..Filter::default()
        };
        assert_eq!(accepts(&range(Some(at), None)), (true, true));
        assert_eq!(accepts(&range(Some(at + 1), None)), (false, true));
        assert_eq!(accepts(&range(None, Some(at))), (false, false));
        assert_eq!(
            accepts(&range(None, Some(NOON + 300 * SECOND))),
            (true, false)
        );
    }

    #[test]
    fn a_cause_that_is_left_is_not_left_out() {
        let causes = |causes: &[Cause]| Filter {
            causes: causes.to_vec(),
            ..Filter::default()
        };
        assert_eq!(accepts(&causes(&[Cause::ExpiredSession])), (false, true));
        assert_eq!(
            accepts(&causes(&[Cause::ExpiredSession, Cause::ClockSkew])),
            (true, true)
        );
        assert_eq!(accepts(&causes(&[Cause::WrongOtp])), (false, false));
    }

    #[test]
    fn clients_are_networks() {
        let clients = |nets: &[&str]| Filter {
            clients: nets.iter().map(|n| network(n).unwrap()).collect(),
            ..Filter::default()
        };
        assert_eq!(accepts(&clients(&["203.0.113.0/24"])), (true, false));
        assert_eq!(
            accepts(&clients(&["::ffff:198.51.100.7", "2001:db8::/32"])),
            (false, true)
        );
        assert_eq!(
            accepts(&clients(&["::ffff:198.51.100.0/120"])),
            (false, true)
        );
        for (mapped, plain) in [
            ("::ffff:198.51.100.0/120", "198.51.100.0/24"),
            ("::ffff:c633:6407/128", "198.51.100.7/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(network(mapped), network(plain), "{mapped}");
        }
        assert!(network("203.0.113").is_err() && network("10.0.0.0/33").is_err());
    }

    #[test]
    fn kinds_narrow_each_other_down() {
        let mut filter = Filter {
            verdicts: vec![Verdict::Explained],
            ..Filter::default()
        };
        assert_eq!(accepts(&filter), (true, false));
        filter.principals = vec!["bob".into()];
        assert_eq!(accepts(&filter), (false, false));
        filter.principals.push("alice".into());
        filter.systems = vec!["pritunl"];
        assert_eq!(accepts(&filter), (true, false));
    }

    #[test]
    fn paths_are_globs_or_expressions() {
        assert_eq!(paths("/organization"), (true, false));
        assert_eq!(paths("/*"), (true, true));
        assert_eq!(paths("~^/(org|key)"), (true, false));
        assert_eq!(paths("~x=1"), (false, false), "the query is no part of it");
        let within: PathPattern = "/key/*".parse().unwrap();
        let across: PathPattern = "/key/**".parse().unwrap();
        assert!(!within.matches("/key/a/b") && across.matches("/key/a/b"));
        assert!("".parse::<PathPattern>().is_err());
        assert!(
            "~(a{1000}){1000}".parse::<PathPattern>().is_err(),
            "too large"
        );
    }

    #[test]
    fn statuses_are_numbers_or_classes() {
        let status = |text: &str| text.parse::<StatusPattern>();
        assert!(status("401").unwrap().matches(401) && !status("401").unwrap().matches(403));
        assert!(status("4xx").unwrap().matches(429) && !status("4xx").unwrap().matches(500));
        for text in [
            "", "xx", "9xx", "44xx", "40", "600", "4x", "-401", "+401", "0401", "+4xx", "04xx",
        ] {
            assert_eq!(status(text), Err(NotAStatus), "{text}");
        }
    }

    #[test]
    fn a_failure_without_request_has_no_status_and_no_path() {
        let vpn = Finding {
            request: None,
            ..explained()
        };
        let any = Filter {
            statuses: vec![StatusPattern::Class(4)],
            ..Filter::default()
        };
        assert!(!any.accepts(&vpn, &parts()) && Filter::default().accepts(&vpn, &parts()));
    }

    #[test]
    fn a_place_is_any_line_that_is_cited() {
        let place = |name: &str, line| Filter {
            place: Some((name.into(), line)),
            ..Filter::default()
        };
        assert_eq!(accepts(&place("access.log", 123)), (true, false));
        assert_eq!(accepts(&place("pritunl_journal.log", 88)), (true, false));
        assert_eq!(accepts(&place("access.log", 88)), (false, false));
    }
}
