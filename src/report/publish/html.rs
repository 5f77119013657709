//! One file of HTML: no script, no request to anywhere, which its own policy says as well.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

use crate::level::Level;
use crate::report::chart::{Chart, Plot, escaped, svg};
use crate::report::document::{Block, Card, Cell, Document, Exhibit, Section, Table};

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded or run; the one style is known by its hash.
const POLICY: &str =
    "default-src 'none'; style-src 'sha256-HASH'; base-uri 'none'; form-action 'none'";

/// Of [`STYLE`], in base 64; a test tells the right one.
const STYLE_HASH: &str = "YC/Xwt0mdeq736g8eBldzByWRh52nvGV/nTyz1ZBhBg=";

struct Page {
    out: String,
}

/// The document as one file.
pub fn html(document: &Document) -> String {
    let mut page = Page { out: String::new() };
    let policy = POLICY.replace("HASH", STYLE_HASH);
    let title = escaped(&document.title);
    page.put(format_args!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <p class=\"kicker\">why401 report</p>\n<h1>{title}</h1>\n"
    ));
    for line in &document.about {
        page.put(format_args!("<p class=\"about\">{}</p>\n", escaped(line)));
    }
    page.cards(&document.cards);
    page.contents(&document.sections);
    page.put(format_args!("</header>\n<main>\n"));
    for section in &document.sections {
        page.section(section, 2);
    }
    page.put(format_args!("</main>\n</body>\n</html>\n"));
    page.out
}

impl Page {
    /// Writing to a String cannot fail.
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(text);
    }

    fn cards(&mut self, cards: &[Card]) {
        self.put(format_args!("<dl class=\"cards\">\n"));
        for Card { label, value, note } in cards {
            let (value, note) = (escaped(value), escaped(note));
            self.put(format_args!(
                "<div><dt>{label}</dt><dd class=\"value\">{value}</dd><dd class=\"note\">{note}</dd></div>\n"
            ));
        }
        self.put(format_args!("</dl>\n"));
    }

    fn contents(&mut self, sections: &[Section]) {
        self.put(format_args!("<nav aria-label=\"Contents\">\n"));
        for section in sections {
            let (id, title) = (escaped(&section.id), escaped(&section.title));
            self.put(format_args!("<a href=\"#{id}\">{title}</a>\n"));
        }
        self.put(format_args!("</nav>\n"));
    }

    fn section(&mut self, section: &Section, depth: u8) {
        let (id, title) = (escaped(&section.id), escaped(&section.title));
        let class = section.level.map_or("plain", Level::id);
        self.put(format_args!(
            "<section id=\"{id}\" class=\"d{depth} {class}\">\n<h{depth}>{title}"
        ));
        if let Some(level) = section.level {
            self.put(format_args!(" {}", badge(level)));
        }
        self.put(format_args!("</h{depth}>\n"));
        for block in &section.blocks {
            self.block(block, depth + 1);
        }
        for inner in &section.sections {
            self.section(inner, depth + 1);
        }
        self.put(format_args!("</section>\n"));
    }

    fn block(&mut self, block: &Block, depth: u8) {
        match block {
            Block::Lead(sentences) => {
                for sentence in sentences {
                    self.put(format_args!(
                        "<p class=\"lead\">{}</p>\n",
                        unbroken(&escaped(sentence))
                    ));
                }
            }
            Block::Paragraph(text) => self.put(format_args!("<p>{}</p>\n", escaped(text))),
            Block::Facts(facts) => {
                self.put(format_args!("<dl class=\"facts\">\n"));
                for (label, text) in facts {
                    let text = escaped(text);
                    self.put(format_args!("<div><dt>{label}</dt><dd>{text}</dd></div>\n"));
                }
                self.put(format_args!("</dl>\n"));
            }
            Block::Table(table) => self.table(table),
            Block::Chart(chart, table) => self.chart(chart, table),
            Block::Exhibit(exhibit) => self.exhibit(exhibit, depth),
        }
    }

    fn chart(&mut self, chart: &Chart, table: &Table) {
        let title = escaped(&chart.title);
        self.put(format_args!(
            "<figure>\n<figcaption>{title} <span>{}</span></figcaption>\n",
            escaped(&chart.desc)
        ));
        match &chart.plot {
            Plot::Stack(stack) => {
                self.put(format_args!("<ul class=\"legend\">\n"));
                for (n, name) in stack.series.iter().enumerate() {
                    let name = escaped(name);
                    self.put(format_args!("<li class=\"k{n}\">{name}</li>\n"));
                }
                self.put(format_args!("</ul>\n"));
            }
            Plot::Lanes(_) => self.put(format_args!(
                "<ul class=\"legend\">\n<li class=\"kr\">refused</li>\n<li class=\"ka\">let in</li>\n\
                 <li class=\"kl\">from the first refusal to the last</li>\n</ul>\n"
            )),
            Plot::Heat(_) | Plot::Bars(_) => {}
        }
        self.put(format_args!("{}\n", svg(chart)));
        self.put(format_args!(
            "<details><summary>{title}: as a table</summary>\n"
        ));
        self.table(table);
        self.put(format_args!("</details>\n</figure>\n"));
    }

    fn table(&mut self, table: &Table) {
        let caption = escaped(table.caption);
        // What is too wide for the screen can be reached by keys as well.
        self.put(format_args!(
            "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n\
             <table>\n<caption>{caption}</caption>\n<thead><tr>"
        ));
        for (at, column) in table.columns.iter().enumerate() {
            let class = if table.is_of_numbers(at) {
                " class=\"n\""
            } else {
                ""
            };
            self.put(format_args!("<th scope=\"col\"{class}>{column}</th>"));
        }
        self.put(format_args!("</tr></thead>\n<tbody>\n"));
        for row in &table.rows {
            self.row(&table.columns, row);
        }
        self.put(format_args!("</tbody>\n"));
        if let Some(sum) = &table.sum {
            self.put(format_args!("<tfoot>"));
            self.row(&table.columns, sum);
            self.put(format_args!("</tfoot>\n"));
        }
        self.put(format_args!("</table>\n</div>\n"));
        if let Some(left_out) = &table.left_out {
            self.put(format_args!(
                "<p class=\"note\">{}</p>\n",
                escaped(left_out)
            ));
        }
    }

    /// On a narrow screen the columns' names stand before each cell.
    fn row(&mut self, columns: &[&str], row: &[Cell]) {
        self.put(format_args!("<tr>"));
        for (cell, column) in row.iter().zip(columns) {
            let (class, text) = match cell {
                Cell::Empty => ("", String::new()),
                Cell::Words(text) => ("", escaped(text)),
                Cell::Said(text) => ("said", escaped(text)),
                Cell::Whole(text) => ("t", escaped(text)),
                Cell::Number(0) => ("n zero", "0".to_owned()),
                Cell::Number(number) => ("n", number.to_string()),
                Cell::Level(level) => ("", badge(*level)),
                Cell::Link(text, to) => {
                    let (to, text) = (escaped(to), escaped(text));
                    ("", format!("<a href=\"#{to}\">{text}</a>"))
                }
            };
            self.put(format_args!("<td"));
            if !class.is_empty() {
                self.put(format_args!(" class=\"{class}\""));
            }
            if !column.is_empty() {
                self.put(format_args!(" data-of=\"{column}\""));
            }
            self.put(format_args!(">{text}</td>"));
        }
        self.put(format_args!("</tr>\n"));
    }

    fn exhibit(&mut self, exhibit: &Exhibit, depth: u8) {
        let depth = depth.min(6);
        let (title, message) = (escaped(&exhibit.title), escaped(&exhibit.message));
        self.put(format_args!(
            "<article class=\"exhibit\">\n<h{depth}>{title}</h{depth}>\n<p>{message}</p>\n<div class=\"lines\">\n"
        ));
        for line in &exhibit.lines {
            self.put(format_args!(
                "<div class=\"line\"><p class=\"role\">{} <b>{}</b></p><pre>{}</pre><p class=\"hash\">",
                line.role,
                escaped(&line.place),
                escaped(&line.text)
            ));
            for more in line.bytes.iter().chain(&line.clock) {
                self.put(format_args!("{}<br>", escaped(more)));
            }
            self.put(format_args!("{}</p></div>\n", escaped(&line.hash)));
        }
        self.put(format_args!("</div>\n</article>\n"));
    }
}

fn badge(level: Level) -> String {
    let id = level.id();
    format!("<span class=\"badge {id}\">{id}</span>")
}

/// A time, or a span of it.
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x)
        \d{4}-\d\d-\d\d (?: \x20 \d\d:\d\d:\d\d )? (?: \x20 [+-]\d\d:\d\d )?
        | \b \d+ \x20 (?: d | h | min | s ) \b";
    Regex::new(pattern).expect("a pattern that a test compiles")
});

/// A sentence, already escaped, in which no line ends within a time.
fn unbroken(sentence: &str) -> Cow<'_, str> {
    TIME.replace_all(sentence, "<span class=\"t\">$0</span>")
}

#[cfg(test)]
mod tests {
    use super::{STYLE, STYLE_HASH, html, unbroken};
    use crate::report::document::Document;
    use rsa::sha2::{Digest, Sha256};

    fn base64(bytes: &[u8]) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let group = |group: &[u8]| {
            let bits = group
                .iter()
                .zip([16, 8, 0])
                .map(|(byte, by)| u32::from(*byte) << by);
            let bits: u32 = bits.sum();
            let letter = |n: usize| match n {
                n if n > group.len() => '=',
                n => char::from(LETTERS[(bits >> (18 - 6 * n) & 63) as usize]),
            };
            (0..4).map(letter).collect::<String>()
        };
        bytes.chunks(3).map(group).collect()
    }

    #[test]
    fn the_policy_knows_the_style() {
        assert_eq!(
            STYLE_HASH,
            base64(&Sha256::digest(STYLE)),
            "put what is on the right into STYLE_HASH"
        );
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }

    #[test]
    fn no_line_ends_within_a_time() {
        assert_eq!(
            unbroken("since 2026-11-21 21:00:02 +00:00, by 13 h; 4 hosts"),
            "since <span class=\"t\">2026-11-21 21:00:02 +00:00</span>, by <span class=\"t\">13 h</span>; 4 hosts"
        );
    }

    #[test]
    fn an_empty_document_is_a_page() {
        let document = Document {
            title: "<Nothing>".to_owned(),
            about: Vec::new(),
            cards: Vec::new(),
            sections: Vec::new(),
        };
        let page = html(&document);
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<h1>&lt;Nothing&gt;</h1>"));
    }
}
