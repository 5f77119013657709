//! Markdown as GitHub and GitLab read it. What a log says stands in code, where nothing acts; elsewhere each sign that
//! could is escaped.

use std::fmt::Write;

use super::plain::spark;
use crate::report::chart::Plot;
use crate::report::document::{Block, Cell, Document, Exhibit, Section, Table};

/// Rows of a table that stands below a chart.
const ROWS: usize = 20;

struct Page {
    out: String,
}

pub fn markdown(document: &Document) -> String {
    let mut page = Page { out: String::new() };
    page.put(format_args!("# {}\n\n", safe(&document.title)));
    for line in &document.about {
        page.put(format_args!("{}  \n", safe(line)));
    }
    page.put(format_args!("\n|  |  |  |\n|---|--:|---|\n"));
    for card in &document.cards {
        let (value, note) = (safe(&card.value), safe(&card.note));
        page.put(format_args!("| {} | **{value}** | {note} |\n", card.label));
    }
    page.put(format_args!("\n"));
    for section in &document.sections {
        page.section(section, 2);
    }
    page.out
}

impl Page {
    /// Writing to a String cannot fail.
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(text);
    }

    fn section(&mut self, section: &Section, depth: usize) {
        let badge = section
            .level
            .map_or_else(String::new, |l| format!(" ({})", l.id()));
        let (marks, title) = ("#".repeat(depth), safe(&section.title));
        self.put(format_args!("{marks} {title}{badge}\n\n"));
        for block in &section.blocks {
            self.block(block);
        }
        for inner in &section.sections {
            self.section(inner, depth + 1);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Lead(sentences) => {
                for sentence in sentences {
                    self.put(format_args!("{}\n\n", safe(sentence)));
                }
            }
            Block::Paragraph(text) => self.put(format_args!("{}\n\n", safe(text))),
            Block::Facts(facts) => {
                for (label, text) in facts {
                    self.put(format_args!("- **{label}**: {}\n", safe(text)));
                }
                self.put(format_args!("\n"));
            }
            Block::Table(table) => self.table(table, usize::MAX),
            Block::Chart(chart, table) => {
                let (title, desc) = (safe(&chart.title), safe(&chart.desc));
                self.put(format_args!("**{title}.** {desc}\n\n"));
                if let Plot::Stack(stack) = &chart.plot {
                    self.put(format_args!("```text\n{}\n```\n\n", spark(&stack.columns)));
                }
                self.table(table, ROWS);
            }
            Block::Exhibit(exhibit) => self.exhibit(exhibit),
        }
    }

    fn table(&mut self, table: &Table, most: usize) {
        self.put(format_args!("|"));
        for column in &table.columns {
            self.put(format_args!(" {column} |"));
        }
        self.put(format_args!("\n|"));
        for at in 0..table.columns.len() {
            let rule = if table.is_of_numbers(at) {
                "--:"
            } else {
                "---"
            };
            self.put(format_args!("{rule}|"));
        }
        self.put(format_args!("\n"));
        for row in table.rows.iter().take(most).chain(&table.sum) {
            self.put(format_args!("|"));
            for cell in row {
                self.put(format_args!(" {} |", of_cell(cell)));
            }
            self.put(format_args!("\n"));
        }
        self.put(format_args!("\n"));
        let more = table.rows.len().saturating_sub(most);
        if more > 0 {
            self.put(format_args!("{more} more rows.\n\n"));
        }
        if let Some(left_out) = &table.left_out {
            self.put(format_args!("{}\n\n", safe(left_out)));
        }
    }

    fn exhibit(&mut self, exhibit: &Exhibit) {
        let (title, message) = (safe(&exhibit.title), safe(&exhibit.message));
        self.put(format_args!("**{title}**\n\n{message}\n\n"));
        for line in &exhibit.lines {
            let mut about = vec![format!("{} {}", line.role, code(&line.place))];
            about.extend(line.bytes.iter().chain(&line.clock).map(|more| safe(more)));
            about.push(code(&line.hash));
            self.put(format_args!("{}\n\n", about.join(" · ")));
            let fence = fence(&line.text, 3);
            self.put(format_args!("{fence}text\n{}\n{fence}\n\n", line.text));
        }
    }
}

fn of_cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Words(text) | Cell::Whole(text) | Cell::Link(text, _) => safe(text),
        // Within a table a `|` ends a cell, in code as well.
        Cell::Said(text) => code(text).replace('|', "\\|"),
        Cell::Number(number) => number.to_string(),
        Cell::Level(of) => of.id().to_owned(),
    }
}

/// More of them than stand together in the text.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(least))
}

fn code(text: &str) -> String {
    let fence = fence(text, 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.starts_with(' ') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text in which nothing acts: no mark-up, no address that becomes a link. `@` and `#` would call people and issues even
/// where they are escaped, so they stand in an element of their own.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '@' | '#' | '!' | '~' | '%' | '$' if next.is_alphanumeric() => {
                let _ = write!(safe, "<span>{c}</span>");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' => {
                let _ = write!(safe, "\\{c}");
            }
            // `http://x`, `:smile:`, `www.x`
            ':' if next == '/' || next.is_alphabetic() => safe.push_str("\\:"),
            '.' if safe.to_ascii_lowercase().ends_with("www") => safe.push_str("\\."),
            c => safe.push(c),
        }
    }
    // What would begin a list, or underline a heading.
    let end = safe.trim_start_matches(|c: char| c.is_ascii_digit());
    if end.starts_with(['-', '+', '=']) && end.len() == safe.len() {
        return format!("\\{safe}");
    }
    if end.len() < safe.len() && (end.starts_with(". ") || end.starts_with(") ")) {
        let at = safe.len() - end.len();
        safe.insert(at, '\\');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{code, safe};

    #[test]
    fn nothing_acts() {
        for (text, told) in [
            ("[x](javascript:alert(1))", r"\[x\](javascript\:alert(1))"),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("http://www.evil.example/", r"http\://www\.evil.example/"),
            ("@org/team #12", "<span>@</span>org/team <span>#</span>12"),
            ("a|b `c` *d* _e_", r"a\|b \`c\` \*d\* \_e\_"),
            ("- item", r"\- item"),
            ("1. Clock", r"1\. Clock"),
            ("12:30:01 +00:00", "12:30:01 +00:00"),
        ] {
            assert_eq!(safe(text), told);
        }
    }

    #[test]
    fn code_holds_any_text() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
    }
}
