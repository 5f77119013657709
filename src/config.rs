//! The configuration: TOML files, in which everything is optional and nothing is unknown.

mod hook;

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::alert::rule::{self, Rule, SaidRule};
use crate::input::Mask;
use crate::zone::{NotAZone, Zone};

pub use hook::Configured;

/// The folder beside a file whose files go with it.
const MORE: &str = "conf.d";
/// What a rule is called among the settings.
const RULE: &str = "rule";

/// What all files say together.
#[derive(Debug, Default)]
pub struct Config {
    pub redact: Redact,
    pub tail: Tail,
    /// `[[rule]]`. Those of all files count; of one id, the last.
    pub rules: Vec<Rule>,
    /// `[[hook]]`. Those of all files count; of one name, the last.
    pub hooks: Vec<Configured>,
    /// Everything that is set, in the order in which it was read.
    pub settings: Vec<Setting>,
}

/// `[redact]`: what is hidden beside the secrets that are known anyway.
#[derive(Debug, Default, Clone)]
pub struct Redact {
    /// Regular expressions, matched against each line as it stands in the file. Those of all files count.
    pub patterns: Vec<Mask>,
}

/// `[tail]`: what a service follows. Logs of all files count; of the rest, the last file that says it.
#[derive(Debug, Default)]
pub struct Tail {
    pub logs: Vec<PathBuf>,
    /// Zone of times that name none.
    pub timezone: Option<Zone>,
    /// A file for Prometheus.
    pub metrics: Option<PathBuf>,
}

/// What is set, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// `tail.logs`
    pub key: &'static str,
    /// As it stands in the file.
    pub value: String,
    pub file: PathBuf,
    /// 1-based
    pub line: usize,
}

/// What one file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Said {
    redact: SaidRedact,
    tail: SaidTail,
    rule: Vec<Spanned<SaidRule>>,
    hook: Vec<hook::Said>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SaidRedact {
    patterns: Vec<Spanned<Mask>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SaidTail {
    logs: Vec<Spanned<PathBuf>>,
    timezone: Option<Spanned<ZoneName>>,
    metrics: Option<Spanned<PathBuf>>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct ZoneName(Zone);

impl TryFrom<String> for ZoneName {
    type Error = NotAZone;

    fn try_from(name: String) -> Result<Self, NotAZone> {
        name.parse().map(ZoneName)
    }
}

/// Takes values out of a file, and notes where they stood.
struct Noting<'a> {
    text: &'a str,
    file: &'a Path,
    settings: Vec<Setting>,
}

impl Noting<'_> {
    fn note<T>(&mut self, key: &'static str, value: Spanned<T>) -> T {
        let span = value.span();
        let said = self.text.get(span.clone()).unwrap_or_default();
        self.set(key, said.to_owned(), span.start);
        value.into_inner()
    }

    /// `at`: the byte where it stands.
    fn set(&mut self, key: &'static str, value: String, at: usize) {
        self.settings.push(Setting {
            key,
            value,
            file: self.file.to_owned(),
            line: self.line(at),
        });
    }

    fn line(&self, at: usize) -> usize {
        line(self.text, at)
    }

    fn all<T>(&mut self, key: &'static str, values: Vec<Spanned<T>>) -> Vec<T> {
        values.into_iter().map(|v| self.note(key, v)).collect()
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {cause}", file.display())]
    Read { file: PathBuf, cause: io::Error },
    /// `line` and `column` are 1-based.
    #[error("{}:{line}:{column}: {message}", file.display())]
    Wrong {
        file: PathBuf,
        line: usize,
        column: usize,
        message: String,
        excerpt: Excerpt,
    },
    /// `line` is that of the rule.
    #[error(
        "{}:{line}: rule `{rule}`: `unless` names `{unknown}`, which is no other rule; `why401 alert list` tells them",
        file.display()
    )]
    Unless {
        file: PathBuf,
        line: usize,
        rule: Box<str>,
        unknown: Box<str>,
    },
}

/// The line that is wrong, with a caret below what is wrong in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub text: String,
    pub carets: String,
}

impl Config {
    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self, Error> {
        Self::read_part(file)?.checked()
    }

    /// The rules of this configuration, with those of a file laid over them.
    pub fn rules_with(&self, file: &Path) -> Result<Vec<Rule>, Error> {
        let mut all = Self {
            rules: self.rules.clone(),
            ..Self::default()
        };
        all.add(Self::read_part(file)?);
        Ok(all.checked()?.rules)
    }

    /// A rule may name one of another file.
    fn read_part(file: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(file).map_err(|cause| Error::Read {
            file: file.to_owned(),
            cause,
        })?;
        Self::parse(&text, file)
    }

    /// Reads a file, and those of the folder `conf.d` beside it, by name. Without any of them it is an error that the
    /// file is absent.
    pub fn read_all(file: &Path) -> Result<Self, Error> {
        let folder = file.with_file_name(MORE);
        let mut more: Vec<PathBuf> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .collect();
        more.sort();
        let mut config = match Self::read_part(file) {
            Err(error) if error.is_absent() && !more.is_empty() => Self::default(),
            read => read?,
        };
        for file in more {
            config.add(Self::read_part(&file)?);
        }
        config.checked()
    }

    /// Refuses rules that name one that is none, or themselves.
    fn checked(self) -> Result<Self, Error> {
        let all = rule::all(&self.rules);
        let is_other = |rule: &Rule, id: &str| *rule.id != *id && all.iter().any(|r| *r.id == *id);
        let wrong = |rule: &Rule| {
            let unknown = rule.unless.iter().find(|id| !is_other(rule, id))?;
            let is_here = |s: &&Setting| s.key == RULE && *s.value == *rule.id;
            let Setting { file, line, .. } = self.settings.iter().rfind(is_here)?;
            Some(Error::Unless {
                file: file.clone(),
                line: *line,
                rule: rule.id.clone(),
                unknown: unknown.clone(),
            })
        };
        let fault = self.rules.iter().find_map(wrong);
        fault.map_or(Ok(()), Err)?;
        Ok(self)
    }

    /// Takes in what a later file says.
    fn add(&mut self, later: Self) {
        self.redact.patterns.extend(later.redact.patterns);
        self.tail.logs.extend(later.tail.logs);
        self.tail.timezone = later.tail.timezone.or(self.tail.timezone);
        let metrics = self.tail.metrics.take();
        self.tail.metrics = later.tail.metrics.or(metrics);
        rule::add(&mut self.rules, later.rules);
        hook::add(&mut self.hooks, later.hooks);
        self.settings.extend(later.settings);
    }

    /// Reads what stands in a file of this name.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Error> {
        let Said {
            redact,
            tail,
            rule,
            hook,
        } = said(text, file)?;
        if let Some(span) = hook::doubled(&hook) {
            return Err(wrong(text, file, span, "another hook has this name"));
        }
        let mut noting = Noting {
            text,
            file,
            settings: Vec::new(),
        };
        let rules = rules(rule, &mut noting)?;
        let timezone = tail
            .timezone
            .map(|zone| noting.note("tail.timezone", zone).0);
        let metrics = tail.metrics.map(|file| noting.note("tail.metrics", file));
        Ok(Self {
            redact: Redact {
                patterns: noting.all("redact.patterns", redact.patterns),
            },
            tail: Tail {
                logs: noting.all("tail.logs", tail.logs),
                timezone,
                metrics,
            },
            rules,
            hooks: hook.into_iter().map(|h| h.noted(&mut noting)).collect(),
            settings: noting.settings,
        })
    }
}

fn said(text: &str, file: &Path) -> Result<Said, Error> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        wrong(text, file, span, error.message())
    })
}

/// The rules of a file, each over the shipped one of its id.
fn rules(said: Vec<Spanned<SaidRule>>, noting: &mut Noting<'_>) -> Result<Vec<Rule>, Error> {
    let mut rules: Vec<Rule> = Vec::with_capacity(said.len());
    for said in said {
        let span = said.span();
        let fault = |message: String| wrong(noting.text, noting.file, span.clone(), &message);
        let said = said.into_inner().over_shipped();
        let rule = Rule::try_from(said).map_err(|error| fault(error.to_string()))?;
        if rules.iter().any(|other| other.id == rule.id) {
            return Err(fault(format!("rule `{}` stands here twice", rule.id)));
        }
        noting.set(RULE, rule.id.to_string(), span.start);
        rules.push(rule);
    }
    Ok(rules)
}

/// The line of a byte, 1-based.
fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// What is wrong with this piece of a file.
fn wrong(text: &str, file: &Path, span: Range<usize>, message: &str) -> Error {
    let mut places = (0..=span.start.min(text.len())).rev();
    let at = places.find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[start..]
        .find('\n')
        .map_or(text.len(), |length| start + length);
    let shown = text[start..end].trim_end_matches('\r');
    let before = text[start..at].chars().count();
    let wrong = text.get(at..span.end.min(end)).unwrap_or_default();
    Error::Wrong {
        file: file.to_owned(),
        line: line(text, at),
        column: before + 1,
        message: message.to_owned(),
        excerpt: Excerpt {
            text: shown.to_owned(),
            carets: " ".repeat(before) + &"^".repeat(wrong.chars().count().max(1)),
        },
    }
}

impl Error {
    /// What to show below the message.
    pub fn excerpt(&self) -> Option<&Excerpt> {
        match self {
            Error::Read { .. } | Error::Unless { .. } => None,
            Error::Wrong { excerpt, .. } => Some(excerpt),
        }
    }

    pub fn is_absent(&self) -> bool {
        matches!(self, Error::Read { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Config;

    /// What is said of a file that is wrong.
    fn said(text: &str) -> String {
        let error = Config::parse(text, Path::new("c.toml")).unwrap_err();
        let excerpt = error.excerpt().unwrap();
        format!("{error}\n{}\n{}", excerpt.text, excerpt.carets)
    }

    #[test]
    fn nothing_is_needed() {
        for text in ["", "[redact]\n", "[redact]\npatterns = []\n"] {
            let config = Config::parse(text, Path::new("c.toml")).unwrap();
            assert!(config.redact.patterns.is_empty());
        }
        let text = "[redact]\npatterns = ['x[0-9]+', \"y\"]";
        let config = Config::parse(text, Path::new("c.toml")).unwrap();
        assert_eq!(config.redact.patterns.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        for (text, expected) in [
            (
                "# mine\n[redacted]\nx = 1\n",
                "c.toml:2:2: unknown field `redacted`, expected one of `redact`, `tail`, `rule`, `hook`\n[redacted]\n ^^^^^^^^",
            ),
            (
                "[redact]\r\n  pattern = []\r\n",
                "c.toml:2:3: unknown field `pattern`, expected `patterns`\n  pattern = []\n  ^^^^^^^",
            ),
            (
                "[redact]\npatterns = ['ä', 'a(']",
                "c.toml:2:12: `a(`: unclosed group\npatterns = ['ä', 'a(']\n           ^^^^^^^^^^^",
            ),
            (
                "[redact]\npatterns = 'a'",
                "c.toml:2:12: invalid type: string \"a\", expected a sequence\npatterns = 'a'\n           ^^^",
            ),
            (
                "[tail]\ntimezone = 'Mars/Olympus'",
                "c.toml:2:12: not a time zone; use `UTC`, `+01:00` or a name such as `Europe/Berlin`\ntimezone = 'Mars/Olympus'\n           ^^^^^^^^^^^^^^",
            ),
            (
                "[[rule]]\nid = 'x'\nlevel = 'bad'",
                "c.toml:3:9: no level is called `bad`; there is informational, low, medium, high, critical\nlevel = 'bad'\n        ^^^^^",
            ),
            (
                "[[rule]]\nid = 'x'\nselect = { caus = ['y'] }",
                "c.toml:3:12: unknown field `caus`, expected one of `fact`, `cause`, `or`, `verdict`, `confidence`, `status`, `system`, `path`, `principal`, `client`, `action`, `input`, `logged`\nselect = { caus = ['y'] }\n           ^^^^",
            ),
            (
                "[[rule]]\nid = 'brute_force'\ntimespan = '10 m'",
                "c.toml:3:12: not a timespan; use a number with s, m, h or d such as `10m`, of a year at most\ntimespan = '10 m'\n           ^^^^^^",
            ),
            (
                "\n[[rule]]\nid = 'own'\nlevel = 'low'",
                "c.toml:2:1: rule `own`: `type` is missing: event_count, value_count, temporal_ordered or absence\n[[rule]]\n^^^^^^^^",
            ),
            (
                "[[rule]]\nid = 'brute_force'\ncondition = { lt = 5 }",
                "c.toml:3:15: unknown field `lt`, expected one of `gte`, `gt`, `field`\ncondition = { lt = 5 }\n              ^^",
            ),
            (
                "[[rule]]\nid = 'brute_force'\n[[rule]]\nid = 'brute_force'",
                "c.toml:3:1: rule `brute_force` stands here twice\n[[rule]]\n^^^^^^^^",
            ),
            (
                "[redact",
                "c.toml:1:8: unclosed table, expected `]`\n[redact\n       ^",
            ),
        ] {
            assert_eq!(said(text), expected);
        }
    }

    #[test]
    fn what_is_wrong_with_a_hook_is_pointed_at() {
        for (text, expected) in [
            (
                "[[hook]]\nname = 'a b'\ncommand = ['/x']",
                "c.toml:2:8: not a name: 1 to 64 letters, digits, `_`, `-` or `.`\nname = 'a b'\n       ^^^^^",
            ),
            (
                "[[hook]]\nname = 'a'\ncommand = ['x', 'y']",
                "c.toml:3:11: the program needs an absolute path; there is no shell to look for it\ncommand = ['x', 'y']\n          ^^^^^^^^^^",
            ),
            (
                "[[hook]]\nname = 'a'\ncommand = []",
                "c.toml:3:11: no program\ncommand = []\n          ^^",
            ),
            (
                "[[hook]]\nname = 'a'",
                "c.toml:1:1: missing field `command`\n[[hook]]\n^^^^^^^^",
            ),
            (
                "[[hook]]\nname = 'a'\ncommand = ['/x']\ntimeout = '2h'",
                "c.toml:4:11: not a timeout: `10s`, `2m`, an hour at most\ntimeout = '2h'\n          ^^^^",
            ),
            (
                "[[hook]]\nname = 'a'\ncommand = ['/x']\nlevel = 'bad'",
                "c.toml:4:9: no level is called `bad`; there is informational, low, medium, high, critical\nlevel = 'bad'\n        ^^^^^",
            ),
            (
                "[[hook]]\nname = 'a'\ncommand = ['/x']\nrules = ['a{']",
                "c.toml:4:9: error parsing glob 'a{': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)\nrules = ['a{']\n        ^^^^^^",
            ),
            (
                "[[hook]]\nname = 'a'\ncommand = ['/x']\nshell = true",
                "c.toml:4:1: unknown field `shell`, expected one of `name`, `command`, `user`, `timeout`, `rules`, `level`, `resolved`\nshell = true\n^^^^^",
            ),
            (
                "[[hook]]\nname = 'a'\ncommand = ['/x']\n[[hook]]\nname = 'a'\ncommand = ['/y']",
                "c.toml:5:8: another hook has this name\nname = 'a'\n       ^^^",
            ),
        ] {
            assert_eq!(said(text), expected);
        }
    }

    #[test]
    fn files_are_added_up() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        put("conf.d/b.toml", "[tail]\nlogs = ['c']\nmetrics = 'two'\n");
        put(
            "conf.d/a.toml",
            "[tail]\nlogs = ['a',\n  'b']\nmetrics = 'one'\n",
        );
        put("conf.d/c.txt", "no TOML");
        let file = folder.path().join("config.toml");
        let config = Config::read_all(&file).unwrap();
        assert_eq!(config.tail.metrics.unwrap().as_os_str(), "two");
        let logs: Vec<_> = config.tail.logs.iter().map(|log| log.as_os_str()).collect();
        assert_eq!(logs, ["a", "b", "c"]);
        let b = config.settings.iter().find(|s| s.value == "'b'").unwrap();
        assert_eq!((b.key, b.line), ("tail.logs", 3));
        let hook = |name: &str| format!("[[hook]]\nname = '{name}'\ncommand = ['/x']\n");
        put("config.toml", &(hook("a") + &hook("b")));
        put("conf.d/a.toml", &hook("a").replace("/x", "/y"));
        let config = Config::read_all(&file).unwrap();
        let hooks = config.hooks.iter();
        let hooks: Vec<_> = hooks
            .map(|h| (&*h.hook.name, &*h.hook.command[0]))
            .collect();
        assert_eq!(hooks, [("b", "/x"), ("a", "/y")]);
        let rule = "[[rule]]\nid = 'mine'\ntitle = 'Mine'\nlevel = 'low'\ntype = 'event_count'\n\
            select = { cause = ['clock_skew'] }\ntimespan = '1m'\ncondition = { gte = 2 }\n";
        put(
            "conf.d/a.toml",
            &format!("{rule}unless = ['other', 'brute_force']\n"),
        );
        let error = Config::read_all(&file).unwrap_err().to_string();
        assert!(
            error.ends_with(
                "a.toml:1: rule `mine`: `unless` names `other`, which is no other rule; \
                 `why401 alert list` tells them"
            ),
            "{error}"
        );
        put("conf.d/b.toml", &rule.replace("mine", "other"));
        assert_eq!(Config::read_all(&file).unwrap().rules.len(), 2);
        put("conf.d/a.toml", &format!("{rule}unless = ['mine']\n"));
        assert!(Config::read_all(&file).is_err());
        put("conf.d/a.toml", "");
        put("config.toml", "[tail]\nlog = 1");
        assert!(Config::read_all(&file).unwrap_err().excerpt().is_some());
    }
}
