//! Globs, for where no shell has expanded them (a unit file, a quoted argument).

use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobMatcher};

/// What exists and matches, by name. One component after the other, as shells do, so that `/*/x.log`
/// does not walk through the whole file system.
pub(super) fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::new()];
    for component in pattern.components() {
        paths = match matcher(component) {
            Some((matcher, hidden)) => paths
                .iter()
                .flat_map(|folder| children(folder, &matcher, hidden))
                .collect(),
            None => paths.iter().map(|p| p.join(component)).collect(),
        };
    }
    paths.retain(|p| p.symlink_metadata().is_ok());
    paths
}

/// What a component with wildcards matches, and whether that may begin with a dot.
fn matcher(component: Component<'_>) -> Option<(GlobMatcher, bool)> {
    let text = component.as_os_str().to_str()?;
    let matcher = || Glob::new(text).ok().map(|g| g.compile_matcher());
    text.contains(['*', '?', '[', '{'])
        .then(matcher)?
        .map(|m| (m, text.starts_with('.')))
}

fn children(folder: &Path, matcher: &GlobMatcher, hidden: bool) -> Vec<PathBuf> {
    let listed = if folder.as_os_str().is_empty() {
        Path::new(".").read_dir()
    } else {
        folder.read_dir()
    };
    let mut names: Vec<_> = listed
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .filter(|name| hidden || !name.as_encoded_bytes().starts_with(b"."))
        .filter(|name| matcher.is_match(name))
        .collect();
    names.sort();
    names.iter().map(|name| folder.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn matches(pattern: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/x.log", "a/y.log", "a/.hidden.log", "b/x.log", "b/x.txt"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let relative = |p: PathBuf| {
            let path = p.strip_prefix(folder.path()).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let found = expand(&folder.path().join(pattern));
        found.into_iter().map(relative).collect()
    }

    #[test]
    fn wildcards_match_within_a_component_and_by_name() {
        assert_eq!(matches("a/*.log"), ["a/x.log", "a/y.log"]);
        assert_eq!(matches("*/x.*"), ["a/x.log", "b/x.log", "b/x.txt"]);
        assert_eq!(matches("a/.h*"), ["a/.hidden.log"]);
        assert_eq!(matches("{a,c}/[x-z].log"), ["a/x.log", "a/y.log"]);
    }

    #[test]
    fn nothing_matches_nothing() {
        assert!(matches("*/z.log").is_empty());
        assert!(matches("a/[").is_empty());
        assert!(matches("*.log").is_empty());
    }
}
