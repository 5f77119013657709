//! What a text report is laid out on, and how files are named there.

use std::borrow::Cow;
use std::sync::Arc;

use super::sanitize::visible;
use crate::event::{Part, Place};
use crate::zone::Zone;

/// Columns beyond which a sentence is hard to read; only lines of logs are longer.
const READABLE: usize = 100;

/// What a text report is laid out on.
#[derive(Debug, Clone)]
pub struct Page {
    parts: Arc<[Part]>,
    /// With its `/`: what the names of all files begin with, so that it is told once.
    folder: Box<str>,
    pub zone: Zone,
    pub(super) width: usize,
}

impl Page {
    /// `width` is in columns; very narrow and very wide pages are evened out.
    pub fn new(parts: Arc<[Part]>, zone: Zone, width: usize) -> Self {
        let width = width.clamp(50, 160);
        let folder = folder(&parts).into();
        Self {
            parts,
            folder,
            zone,
            width,
        }
    }

    /// The files that places are in.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// `access.log:123`
    pub(super) fn place(&self, place: Place) -> String {
        format!("{}:{}", self.name(place.part), place.line)
    }

    /// The name of a part within the [`Page::folder`], fit to be shown.
    pub(super) fn name(&self, part: u32) -> Cow<'_, str> {
        self.parts
            .get(part as usize)
            .map_or(Cow::Borrowed("?"), |part| self.short(&part.name))
    }

    /// The name of a file within the [`Page::folder`], fit to be shown.
    pub fn short<'n>(&self, name: &'n str) -> Cow<'n, str> {
        visible(name.strip_prefix(&*self.folder).unwrap_or(name))
    }

    /// The folder that all files are in, where it is not the one that the reader is in.
    pub(super) fn folder(&self) -> Option<Cow<'_, str>> {
        let folder = self.folder.strip_suffix('/')?;
        (folder != ".").then(|| visible(folder))
    }

    /// Columns that sentences take.
    pub(super) fn readable(&self) -> usize {
        self.width.min(READABLE)
    }
}

/// The longest folder that all files are in; standard input is in none.
fn folder(parts: &[Part]) -> &str {
    let mut names = parts.iter().map(|p| &*p.name).filter(|name| *name != "-");
    let Some(first) = names.next() else {
        return "";
    };
    let whole = &first[..first.rfind('/').map_or(0, |at| at + 1)];
    match names.fold(whole, shared) {
        "/" => "",
        folder => folder,
    }
}

/// What of the folder `name` is in as well.
fn shared<'f>(folder: &'f str, name: &str) -> &'f str {
    let pairs = folder.bytes().zip(name.bytes());
    let alike = pairs.take_while(|(a, b)| a == b).count();
    let bytes = &folder.as_bytes()[..alike];
    let end = bytes.iter().rposition(|byte| *byte == b'/');
    &folder[..end.map_or(0, |at| at + 1)]
}

#[cfg(test)]
mod tests {
    use super::{Cow, Page};
    use crate::event::Part;
    use crate::zone::Zone;

    fn page(names: &[&str]) -> Page {
        let part = |name: &&str| Part {
            name: (**name).into(),
            identity: [0; 32],
        };
        Page::new(names.iter().map(part).collect(), Zone::Utc, 80)
    }

    /// The folder that is told once, and the names of the files in it.
    fn told(names: &[&str]) -> (Option<String>, Vec<String>) {
        let page = page(names);
        let names = (0..).take(names.len()).map(|n| page.name(n).into_owned());
        (page.folder().map(Cow::into_owned), names.collect())
    }

    fn expected(folder: Option<&str>, names: &[&str]) -> (Option<String>, Vec<String>) {
        let names = names.iter().map(|n| (*n).to_owned()).collect();
        (folder.map(str::to_owned), names)
    }

    #[test]
    fn what_all_names_begin_with_is_told_once() {
        assert_eq!(
            told(&["/var/log/nginx/a.log", "/var/log/journal.log"]),
            expected(Some("/var/log"), &["nginx/a.log", "journal.log"])
        );
        assert_eq!(
            told(&["logs/a.log"]),
            expected(Some("logs"), &["a.log"]),
            "a single file's too"
        );
        assert_eq!(
            told(&["logs/a.log", "-"]),
            expected(Some("logs"), &["a.log", "-"]),
            "standard input is in no folder"
        );
        assert_eq!(told(&["./a", "./b"]), expected(None, &["a", "b"]));
    }

    #[test]
    fn names_that_share_no_folder_are_whole() {
        for names in [
            &["a", "b"][..],
            &["/var/a", "/home/b"],
            &["é/a", "è/b"],
            &[],
        ] {
            assert_eq!(told(names), expected(None, names));
        }
    }
}
