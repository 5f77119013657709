//! Configuration files of web servers, as text.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::glob;
use crate::format::log_format::conf::{includes, server_root};

/// Files that include files that include files ... Deeper than that nobody goes, nor nginx in its own.
const DEEPEST: usize = 8;
/// Files beyond which a pattern was meant otherwise.
const MANY: usize = 1000;

/// What a configuration consists of.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Each file once, a file before those that it includes. What is no UTF-8 is replaced.
    pub files: Vec<(PathBuf, String)>,
    /// What is included and cannot be read.
    pub missing: Vec<(PathBuf, io::Error)>,
}

/// A file with all that it includes, or the files of a folder by name with all that they do. Relative names begin where
/// that file lies, however deep they stand, as nginx has it; or at Apache's `ServerRoot`.
pub fn configuration(path: &Path) -> io::Result<Configuration> {
    let mut files = vec![path.to_owned()];
    let mut root = path.parent().unwrap_or(Path::new("")).to_owned();
    if fs::metadata(path)?.is_dir() {
        let entries: Vec<fs::DirEntry> = fs::read_dir(path)?.collect::<io::Result<_>>()?;
        files = entries.iter().map(fs::DirEntry::path).collect();
        files.retain(|file| file.is_file());
        files.sort();
        path.clone_into(&mut root);
    }
    let mut reading = Reading {
        root,
        seen: HashSet::new(),
        found: Configuration::default(),
    };
    for file in &files {
        reading.read(file, 0)?;
    }
    Ok(reading.found)
}

struct Reading {
    root: PathBuf,
    /// By what they are, not by how they are named.
    seen: HashSet<PathBuf>,
    found: Configuration,
}

impl Reading {
    fn read(&mut self, file: &Path, depth: usize) -> io::Result<()> {
        let own = fs::canonicalize(file)?;
        if self.seen.len() >= MANY || !self.seen.insert(own) {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
        if let Some(root) = server_root(&text) {
            self.root = self.root.join(root);
        }
        let included = includes(&text);
        self.found.files.push((file.to_owned(), text));
        if depth == DEEPEST {
            return Ok(());
        }
        for name in included {
            self.include(&self.root.join(name), depth + 1);
        }
        Ok(())
    }

    /// A file, or what a pattern matches; of a folder, which Apache takes as well, its files.
    fn include(&mut self, name: &Path, depth: usize) {
        let files = match name.symlink_metadata() {
            Ok(_) => vec![name.to_owned()],
            Err(_) => glob::expand(name),
        };
        let is_pattern = name.to_string_lossy().contains(['*', '?', '[']);
        if files.is_empty() && !is_pattern {
            let error = io::ErrorKind::NotFound.into();
            self.found.missing.push((name.to_owned(), error));
        }
        for file in files {
            let files = if file.is_dir() {
                glob::expand(&file.join("*"))
            } else {
                vec![file]
            };
            for file in files.into_iter().filter(|file| file.is_file()) {
                if let Err(error) = self.read(&file, depth) {
                    self.found.missing.push((file, error));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path, main: &str) -> Vec<String> {
        let found = configuration(&folder.join(main)).unwrap().files;
        let name = |(path, _): &(PathBuf, String)| {
            let name = path.strip_prefix(folder).unwrap();
            name.to_string_lossy().into_owned()
        };
        found.iter().map(name).collect()
    }

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn what_is_included_is_read_from_where_the_first_file_lies() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(
            root,
            "nginx.conf",
            "http { include mime.types; include conf.d/*.conf; # include not.me;\n }",
        );
        write(root, "mime.types", "types { text/html html; }");
        write(root, "conf.d/a.conf", "include \"snippets/log.conf\";");
        write(
            root,
            "conf.d/b.conf",
            "server { proxy_set_header include x; }",
        );
        write(root, "conf.d/c.txt", "");
        write(root, "snippets/log.conf", "include nginx.conf;");
        let expected = [
            "nginx.conf",
            "mime.types",
            "conf.d/a.conf",
            "snippets/log.conf",
            "conf.d/b.conf",
        ];
        assert_eq!(names(root, "nginx.conf"), expected);
    }

    #[test]
    fn apache_includes_from_its_root() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let server_root = root.join("apache2");
        let main = format!(
            "ServerRoot \"{}\"\nIncludeOptional mods/*.load\nInclude sites\n",
            server_root.display()
        );
        write(root, "main.conf", &main);
        write(root, "apache2/mods/log.load", "");
        write(root, "apache2/sites/000.conf", "");
        let expected = [
            "main.conf",
            "apache2/mods/log.load",
            "apache2/sites/000.conf",
        ];
        assert_eq!(names(root, "main.conf"), expected);
    }

    #[test]
    fn it_ends_and_tells_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for n in 0..20 {
            let next = format!("include {}.conf;", n + 1);
            write(root, &format!("{n}.conf"), &next);
        }
        assert_eq!(names(root, "0.conf").len(), DEEPEST + 1);
        write(root, "bad.conf", "include gone.conf; include none/*.conf;");
        let found = configuration(&root.join("bad.conf")).unwrap();
        let missing: Vec<_> = found.missing.iter().map(|(name, _)| name).collect();
        assert_eq!(missing, [&root.join("gone.conf")]);
    }
}
