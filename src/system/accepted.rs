//! Refusals that are answered as if all was well: a wrong code at privacyIDEA's `/validate/check` gets 200, and people
//! are sent to the login page.

use std::sync::LazyLock;

use super::{ALL, RoutePattern, Routes, System};

/// The first segment of a path, and the patterns that begin with it: most requests are of none.
type Segment = (&'static [u8], Vec<(u16, &'static RoutePattern)>);

static REFUSING: LazyLock<Vec<Segment>> = LazyLock::new(|| {
    let mut segments: Vec<Segment> = Vec::new();
    for (status, pattern) in ALL.iter().flat_map(|system| refusing(system)) {
        let first = first(pattern.path);
        let at = segments.iter().position(|(segment, _)| *segment == first);
        let at = at.unwrap_or_else(|| {
            segments.push((first, Vec::new()));
            segments.len() - 1
        });
        segments[at].1.push((status, pattern));
    }
    segments
});

/// Routes on which a refusal that the log tells of can have such a status.
fn refusing(system: &'static System) -> Vec<(u16, &'static RoutePattern)> {
    let refusals = || system.statements.iter().filter(|s| s.meaning.is_refusal());
    let mut statuses: Vec<u16> = refusals().flat_map(|s| s.status).copied().collect();
    statuses.retain(|status| *status < 400);
    statuses.sort_unstable();
    statuses.dedup();
    let on = |status: u16| {
        let with = refusals().filter(move |s| s.status.contains(&status));
        let routes = with.map(move |s| match s.pages {
            Routes::NONE => s.routes,
            pages => pages,
        });
        routes.fold(Routes::NONE, Routes::or)
    };
    let patterns = |status: u16| {
        let routes = on(status);
        let own = system.routes.iter();
        let own = own.filter(move |pattern| pattern.route.intersects(routes));
        own.map(move |pattern| (status, pattern))
    };
    statuses.into_iter().flat_map(patterns).collect()
}

fn first(path: &str) -> &[u8] {
    // As bytes, which are split faster than text.
    let mut segments = path.as_bytes().split(|&b| b == b'/');
    segments.nth(1).unwrap_or_default()
}

/// Whether a request that was answered with a status below 400 may have been refused all the same.
pub fn may_be_refused(method: &str, path: &str, status: u16) -> bool {
    let segment = first(path);
    let mut own = REFUSING.iter().filter(|(first, _)| *first == segment);
    own.any(|(_, patterns)| {
        let mut patterns = patterns.iter();
        patterns.any(|(of, pattern)| *of == status && pattern.fits(method, path))
    })
}

#[cfg(test)]
mod tests {
    use super::may_be_refused;

    #[test]
    fn what_is_answered_as_if_all_was_well() {
        for (method, path, status) in [
            ("POST", "/validate/check", 200),
            ("GET", "/validate/check", 200),
            ("POST", "/auth", 200),
            ("GET", "/", 302),
        ] {
            assert!(may_be_refused(method, path, status), "{method} {path}");
        }
        for (method, path, status) in [
            ("GET", "/organization", 200),
            ("GET", "/validate/check", 304),
            ("GET", "/static/app.js", 200),
            ("", "", 200),
        ] {
            assert!(!may_be_refused(method, path, status), "{method} {path}");
        }
    }
}
