//! What people write where several are meant: HTTP statuses, paths, networks.

use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use regex::{Regex, RegexBuilder};

/// `401`, or a whole class: `4xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    Status(u16),
    /// The first digit.
    Class(u16),
}

impl StatusPattern {
    pub fn matches(self, status: u16) -> bool {
        match self {
            StatusPattern::Status(wanted) => status == wanted,
            StatusPattern::Class(digit) => status / 100 == digit,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an HTTP status; use a number such as `401` (100 to 599) or a class such as `4xx`")]
pub struct NotAStatus;

impl FromStr for StatusPattern {
    type Err = NotAStatus;

    fn from_str(text: &str) -> Result<Self, NotAStatus> {
        let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"));
        let digits = class.unwrap_or(text);
        // Not `+401`, and not `0401`.
        let is_plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        let number: u16 = digits.parse().map_err(|_| NotAStatus)?;
        let (pattern, hundreds) = if class.is_some() {
            (StatusPattern::Class(number), number)
        } else {
            (StatusPattern::Status(number), number / 100)
        };
        if is_plain && (1..=5).contains(&hundreds) {
            Ok(pattern)
        } else {
            Err(NotAStatus)
        }
    }
}

/// A glob over the path without its query, in which `*` stays within a segment and `**` does not; or,
/// after `~`, a regular expression that is searched in it.
#[derive(Debug, Clone)]
pub enum PathPattern {
    Glob(GlobMatcher),
    Regex(Regex),
}

/// Bytes that a compiled expression, or its cache, may take.
const REGEX_LIMIT: usize = 1 << 20;

impl PathPattern {
    pub fn matches(&self, path: &str) -> bool {
        match self {
            PathPattern::Glob(glob) => glob.is_match(path),
            PathPattern::Regex(regex) => regex.is_match(path),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("neither a glob such as `/key/**` nor `~` and a regular expression: {0}")]
pub struct NotAPath(String);

impl FromStr for PathPattern {
    type Err = NotAPath;

    fn from_str(text: &str) -> Result<Self, NotAPath> {
        match text.strip_prefix('~') {
            _ if text.is_empty() => Err(NotAPath("it is empty".to_owned())),
            Some(pattern) => RegexBuilder::new(pattern)
                .size_limit(REGEX_LIMIT)
                .dfa_size_limit(REGEX_LIMIT)
                .build()
                .map(PathPattern::Regex)
                .map_err(|e| NotAPath(e.to_string())),
            None => GlobBuilder::new(text)
                .literal_separator(true)
                .build()
                .map(|glob| PathPattern::Glob(glob.compile_matcher()))
                .map_err(|e| NotAPath(e.to_string())),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a network; use an address such as `203.0.113.9` or a CIDR such as `203.0.113.0/24`")]
pub struct NotANetwork;

/// Reads `203.0.113.0/24`, or an address, which stands for itself. As clients' addresses are, one of IPv4 in
/// the clothes of IPv6 is undressed.
pub fn network(text: &str) -> Result<IpNet, NotANetwork> {
    let address = || {
        text.parse()
            .ok()
            .map(|ip| IpNet::from(crate::event::canonical(ip)))
    };
    let network = text.parse().ok().map(|net| match net {
        IpNet::V6(six) => mapped(six).map_or(net, IpNet::V4),
        IpNet::V4(_) => net,
    });
    network.or_else(address).ok_or(NotANetwork)
}

/// `198.51.100.0/24` of `::ffff:198.51.100.0/120`.
fn mapped(net: Ipv6Net) -> Option<Ipv4Net> {
    let four = net.addr().to_ipv4_mapped()?;
    Ipv4Net::new(four, net.prefix_len().checked_sub(96)?).ok()
}
