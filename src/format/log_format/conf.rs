//! The formats that a configuration file of nginx or Apache defines.

/// A format as a configuration has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// As the configuration calls it; empty where Apache's `CustomLog` has it in place.
    pub name: String,
    /// As [`super::LogFormat::compile`] takes it.
    pub format: String,
}

/// Files that a text includes, as it names them: perhaps relative, perhaps with wildcards. `include` of nginx, `Include`
/// and `IncludeOptional` of Apache.
pub fn includes(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut words = Words(text).peekable();
    let mut is_first = true;
    while let Some(word) = words.next() {
        let is_include = is_first && word == Word::Bare("include".to_owned());
        is_first = word == Word::End;
        if let Some(Word::Bare(file) | Word::Quoted(file)) = words.next_if(|_| is_include)
            && words.peek() == Some(&Word::End)
        {
            all.push(file);
        }
    }
    for line in text.lines() {
        let Some((directive, rest)) = line.trim().split_once(char::is_whitespace) else {
            continue;
        };
        let is_include = ["include", "includeoptional"]
            .iter()
            .any(|name| directive.eq_ignore_ascii_case(name));
        all.extend(
            argument(rest.trim_end())
                .filter(|(file, rest)| is_include && rest.is_empty() && !file.ends_with(';'))
                .map(|(file, _)| file.to_owned()),
        );
    }
    all
}

/// Where Apache's relative names begin, if a text says so: its `ServerRoot`.
pub fn server_root(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let (name, rest) = line.trim().split_once(char::is_whitespace)?;
        let (root, _) = argument(rest)?;
        name.eq_ignore_ascii_case("serverroot").then_some(root)
    })
}

/// All that a text defines: `log_format` of nginx, `LogFormat` and `CustomLog` of Apache. For what it includes see
/// [`includes`].
pub fn definitions(text: &str) -> Vec<Definition> {
    let mut all = nginx(text);
    all.extend(apache(text));
    all
}

/// `log_format main escape=json '…' '…';`
fn nginx(text: &str) -> Vec<Definition> {
    let mut all = Vec::new();
    let mut words = Words(text).peekable();
    while let Some(word) = words.next() {
        if word != Word::Bare("log_format".to_owned()) {
            continue;
        }
        let Some(Word::Bare(name) | Word::Quoted(name)) = words.next() else {
            continue;
        };
        let mut format = String::new();
        while let Some(word) = words.next_if(|word| *word != Word::End) {
            match word {
                Word::Bare(escape) if escape.starts_with("escape=") && format.is_empty() => {
                    format = format!("{escape} ");
                }
                Word::Bare(part) | Word::Quoted(part) => format.push_str(&part),
                Word::End => {}
            }
        }
        all.push(Definition { name, format });
    }
    all
}

#[derive(Debug, PartialEq, Eq)]
enum Word {
    Bare(String),
    Quoted(String),
    /// `;` or a brace.
    End,
}

/// The words of an nginx configuration.
struct Words<'a>(&'a str);

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        loop {
            self.0 = self.0.trim_start();
            let first = self.0.chars().next()?;
            match first {
                '#' => self.0 = self.0.split_once('\n').map_or("", |(_, rest)| rest),
                ';' | '{' | '}' => {
                    self.0 = &self.0[1..];
                    return Some(Word::End);
                }
                '"' | '\'' => return Some(Word::Quoted(self.quoted(first))),
                _ => {
                    let is_end = |c: char| c.is_whitespace() || c == ';';
                    let end = self.0.find(is_end).unwrap_or(self.0.len());
                    let (word, rest) = self.0.split_at(end);
                    self.0 = rest;
                    return Some(Word::Bare(word.to_owned()));
                }
            }
        }
    }
}

impl Words<'_> {
    /// Up to the closing quote. A backslash protects either kind of quote and itself.
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        let mut chars = self.0[1..].char_indices();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.0 = &self.0[1 + at + 1..];
                return text;
            }
            let next = if c == '\\' {
                chars.as_str().chars().next()
            } else {
                None
            };
            match next {
                Some(protected @ ('"' | '\'' | '\\')) => {
                    text.push(protected);
                    chars.next();
                }
                Some('t') => {
                    text.push('\t');
                    chars.next();
                }
                _ => text.push(c),
            }
        }
        self.0 = "";
        text
    }
}

/// `LogFormat "…" name`, `CustomLog FILE "…"`.
fn apache(text: &str) -> Vec<Definition> {
    let mut all = Vec::new();
    for line in text.replace("\\\n", " ").lines() {
        let line = line.trim();
        let Some((directive, rest)) = line.split_once(char::is_whitespace) else {
            continue;
        };
        let rest = rest.trim_start();
        let format = match directive.to_ascii_lowercase().as_str() {
            "logformat" => rest,
            // The first argument is a file, or a program in quotes.
            "customlog" => argument(rest).map_or("", |(_, rest)| rest),
            _ => continue,
        };
        // Without quotes or a directive in it, it is the name of one that is defined elsewhere.
        if let Some((format, rest)) = argument(format)
            && format.contains('%')
        {
            let name = argument(rest).map_or("", |(name, _)| name);
            let name = if directive.eq_ignore_ascii_case("logformat") {
                name
            } else {
                ""
            };
            all.push(Definition {
                name: name.to_owned(),
                format: format.to_owned(),
            });
        }
    }
    all
}

/// The next argument of a directive, without the quotes around it, and the rest.
fn argument(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    if let Some(inside) = text.strip_prefix('"') {
        let mut is_protected = false;
        let end = inside.find(|c| {
            let is_end = c == '"' && !is_protected;
            is_protected = c == '\\' && !is_protected;
            is_end
        })?;
        return Some((&inside[..end], &inside[end + 1..]));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::definitions;

    fn read(text: &str) -> Vec<(String, String)> {
        definitions(text)
            .into_iter()
            .map(|d| (d.name, d.format))
            .collect()
    }

    #[test]
    fn of_nginx() {
        let conf = r#"
            http { # log_format no '$x';
                log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                                '$status $body_bytes_sent';
                log_format json escape=json "{\"a\":\"$remote_addr\"}";
                access_log /var/log/nginx/access.log main;
            }"#;
        let expected = [
            (
                "main",
                r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent"#,
            ),
            ("json", r#"escape=json {"a":"$remote_addr"}"#),
        ];
        assert_eq!(
            read(conf),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn of_apache() {
        let conf = r#"
            # LogFormat "%h" no
            LogFormat "%h %l %u %t \"%r\" %>s %b" common
            CustomLog ${APACHE_LOG_DIR}/access.log combined
            customlog "|/usr/bin/rotatelogs x" "%h %t \"%r\" \
                %>s"
        "#;
        let expected = [
            ("common", r#"%h %l %u %t \"%r\" %>s %b"#),
            ("", "%h %t \\\"%r\\\"                  %>s"),
        ];
        assert_eq!(
            read(conf),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }
}
