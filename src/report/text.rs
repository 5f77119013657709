//! What the text reports share: the page they are laid out on, and the block in which one finding, or
//! one group, is told.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use anstyle::{AnsiColor, Color, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::sanitize::visible;
use super::zone::Zone;
use crate::cause::{Cause, Family};
use crate::event::{Part, Place};
use crate::finding::{Candidate, Confidence, Finding, Verdict};

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

/// Columns of the labels of a finding: `request` is the longest.
const LABEL: usize = 9;

/// What the verdict `silent` means; the causes themselves stand below it.
const SILENCE: &str = ": the server writes none for this refusal, and its log was alive.";

/// Columns that a principal's name may take; the client chose it.
const NAME: usize = 40;

/// What a text report is laid out on.
#[derive(Debug, Clone)]
pub struct Page {
    pub(super) parts: Arc<[Part]>,
    pub(super) zone: Zone,
    pub(super) width: usize,
}

impl Page {
    /// `width` is in columns; very narrow and very wide pages are evened out.
    pub fn new(parts: Arc<[Part]>, zone: Zone, width: usize) -> Self {
        let width = width.clamp(50, 160);
        Self { parts, zone, width }
    }

    /// `access.log:123`
    pub(super) fn place(&self, place: Place) -> String {
        format!("{}:{}", self.name(place.part), place.line)
    }

    /// The name of a part, fit to be shown.
    pub(super) fn name(&self, part: u32) -> Cow<'_, str> {
        self.parts
            .get(part as usize)
            .map_or(Cow::Borrowed("?"), |part| visible(&part.name))
    }
}

/// Colours follow what a cause is about.
pub fn colour(cause: Option<Cause>) -> Style {
    let Some(cause) = cause else {
        return BOLD;
    };
    let colour = match cause.facts().family {
        Family::Signature => AnsiColor::Magenta,
        Family::Credential => AnsiColor::Red,
        Family::Session => AnsiColor::Yellow,
        Family::Account => AnsiColor::Blue,
        Family::Right => AnsiColor::Cyan,
        Family::Rate => AnsiColor::BrightYellow,
        Family::Node => AnsiColor::Green,
        Family::Server => AnsiColor::BrightRed,
    };
    BOLD.fg_color(Some(Color::Ansi(colour)))
}

/// What a finding says was the matter, in a few words.
pub(super) fn title(finding: &Finding) -> String {
    let Some(cause) = finding.cause() else {
        return "Not known".to_owned();
    };
    let title = cause.facts().title;
    match finding.candidates.len() {
        0 | 1 => title.to_owned(),
        2 => format!("{title}, or 1 other"),
        n => format!("{title}, or {} others", n - 1),
    }
}

/// `explained · pritunl`; how sure, where one cause is named and its proof is not the best.
fn verdict(finding: &Finding) -> String {
    let sure = match (finding.verdict, finding.confidence) {
        (Verdict::Explained, Confidence::Medium) => " (medium)",
        (Verdict::Explained, Confidence::Low) => " (low)",
        _ => "",
    };
    let system = finding
        .system
        .map_or_else(String::new, |name| format!(" · {name}"));
    format!("{}{sure}{system}", finding.verdict.id())
}

/// Who: `alice from 203.0.113.9`.
pub(super) fn who(finding: &Finding) -> String {
    let principal = finding.principal.as_deref().map(visible);
    let principal = principal.as_deref().map(|name| fit(name, NAME));
    match (principal, finding.source) {
        (Some(name), Some(ip)) => format!("{name} from {ip}"),
        (Some(name), None) => name.into_owned(),
        (None, Some(ip)) => ip.to_string(),
        (None, None) => "somebody".to_owned(),
    }
}

/// What: `GET /organization?x=1 → 401, 17 bytes`, the target cut where it would not fit in `columns`; without a
/// request the server's own word for it.
pub(super) fn what(finding: &Finding, columns: usize) -> String {
    let Some(request) = &finding.request else {
        let action = finding.action.as_deref().unwrap_or("no HTTP request");
        return fit(&visible(action), columns).into_owned();
    };
    let method = visible(&request.method);
    let target = visible(&request.target);
    let bytes = request
        .bytes
        .map_or_else(String::new, |bytes| format!(", {bytes} bytes"));
    let tail = format!(" → {}{bytes}", request.status);
    let room = columns.saturating_sub(width(&method) + width(&tail) + 1);
    format!("{method} {}{tail}", fit(&target, room))
}

/// Columns that a visible text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text, cut at so many columns.
pub(super) fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if text.len() <= columns {
        return Cow::Borrowed(text);
    }
    let (mut used, mut end) = (0, 0);
    for (count, (at, c)) in text.char_indices().enumerate() {
        used += c.width().unwrap_or(0);
        // Characters without width, such as accents, must not pile up forever.
        if used > columns || count >= columns * 4 {
            return Cow::Owned(format!("{}…", &text[..end]));
        }
        if used < columns {
            end = at + c.len_utf8();
        }
    }
    Cow::Borrowed(text)
}

/// The text from some way before the words on, where they would not be seen in so many columns; from
/// farther before them where the text ends soon after.
fn around<'t>(text: &'t str, words: &str, columns: usize) -> Cow<'t, str> {
    const BEFORE: usize = 16;
    let at = text.find(words).unwrap_or(0);
    if width(&text[..at]) + width(words) < columns {
        return Cow::Borrowed(text);
    }
    let room = BEFORE.max(columns.saturating_sub(width(&text[at..]) + 1));
    let (mut start, mut used) = (at, 0);
    for (n, c) in text[..at].char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        start = n;
    }
    Cow::Owned(format!("…{}", &text[start..]))
}

/// The words of a text in lines of so many columns; a word longer than a line is cut into several.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if used > 0 && used + 1 + width(word) > columns {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.len() - 1;
        if used > 0 {
            lines[line].push(' ');
            used += 1;
        }
        for c in word.chars() {
            let w = c.width().unwrap_or(0);
            if used + w > columns {
                lines.push(String::new());
                used = 0;
            }
            let line = lines.len() - 1;
            lines[line].push(c);
            used += w;
        }
    }
    lines
}

/// Lines with a margin, and labels in a column of their own.
#[derive(Debug)]
pub struct Block<'a, W> {
    pub(super) page: &'a Page,
    margin: usize,
    /// Columns of the labels, the space after them included.
    labels: usize,
    out: &'a mut W,
}

impl<'a, W: Write> Block<'a, W> {
    pub fn new(page: &'a Page, margin: usize, out: &'a mut W) -> Self {
        let labels = LABEL;
        Self {
            page,
            margin,
            labels,
            out,
        }
    }

    /// Without a column for labels.
    pub fn unlabelled(page: &'a Page, margin: usize, out: &'a mut W) -> Self {
        Self {
            labels: 0,
            ..Self::new(page, margin, out)
        }
    }

    /// A text in as many lines as it takes, its first words in bold.
    pub fn text(&mut self, lead: &str, text: &str) -> io::Result<()> {
        self.paragraph("", (lead, BOLD), text)
    }

    /// `head`, of `columns` columns, then the title; verdict and system at the right.
    pub(super) fn header(&mut self, head: &str, finding: &Finding) -> io::Result<()> {
        let right = verdict(finding);
        let room = self
            .page
            .width
            .saturating_sub(width(head) + width(&right) + 2);
        let title = title(finding);
        let title = fit(&title, room);
        let gap = room - width(&title) + 2;
        let style = colour(finding.cause());
        writeln!(
            self.out,
            "{BOLD}{head}{BOLD:#}{style}{title}{style:#}{:gap$}{DIM}{right}{DIM:#}",
            ""
        )
    }

    /// A line of its own, cut where the page ends.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        let text = fit(text, self.page.width - self.margin);
        writeln!(self.out, "{:margin$}{text}", "", margin = self.margin)
    }

    /// A label and a text in as many lines as it takes; `lead`, its beginning, has a style.
    pub(super) fn paragraph(
        &mut self,
        label: &str,
        lead: (&str, Style),
        text: &str,
    ) -> io::Result<()> {
        let (lead, style) = (visible(lead.0), lead.1);
        let whole = format!("{lead}{}", visible(text));
        let columns = self.page.width - self.margin - self.labels;
        for (n, line) in wrap(&whole, columns).iter().enumerate() {
            let (margin, labels) = (self.margin, self.labels);
            let label = if n == 0 { label } else { "" };
            write!(self.out, "{:margin$}{DIM}{label:labels$}{DIM:#}", "")?;
            match line.strip_prefix(&*lead) {
                Some(rest) if n == 0 && !lead.is_empty() => {
                    writeln!(self.out, "{style}{lead}{style:#}{rest}")?;
                }
                _ => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    /// A line of a log under its label's paragraph, cut at so many columns.
    pub(super) fn quote(&mut self, text: &str, columns: usize) -> io::Result<()> {
        let margin = self.margin + self.labels;
        let text = visible(text);
        let text = fit(text.trim_end(), columns);
        writeln!(self.out, "{:margin$}{DIM}{text}{DIM:#}", "")
    }

    /// What of such a line fits in a line of the page, the words in it.
    pub(super) fn excerpt(&mut self, text: &str, words: &str) -> io::Result<()> {
        let columns = self.page.width - self.margin - self.labels;
        let (text, words) = (visible(text), visible(words));
        self.quote(&around(&text, &words, columns), columns)
    }

    /// Why it is judged so; `said` is the sentence for a cause that is certain.
    pub(super) fn why(&mut self, finding: &Finding, said: &str) -> io::Result<()> {
        let because = finding.candidates.first().map_or("", |c| &*c.because);
        let (lead, text) = match (finding.verdict, finding.logged) {
            (Verdict::Explained, Some(false)) => ("No line exists: ", because),
            (Verdict::Explained, None) => ("No line was seen: ", because),
            (Verdict::Explained, Some(true)) => ("", said),
            (Verdict::Silent, _) => ("No line exists", SILENCE),
            (Verdict::Ambiguous | Verdict::Unknown, _) => ("", &*finding.message),
        };
        if lead.is_empty() && text.is_empty() {
            return Ok(());
        }
        self.paragraph("why", (lead, BOLD), text)
    }

    /// The causes that are left, where it is not one.
    pub(super) fn left(&mut self, finding: &Finding) -> io::Result<()> {
        if finding.verdict == Verdict::Explained {
            return Ok(());
        }
        for (n, Candidate { cause, because }) in finding.candidates.iter().enumerate() {
            let label = if n == 0 { "left" } else { "" };
            let title = cause.facts().title;
            let because = if because.is_empty() {
                String::new()
            } else {
                format!(": {because}")
            };
            self.paragraph(label, (title, colour(Some(*cause))), &because)?;
        }
        Ok(())
    }

    pub(super) fn fix(&mut self, finding: &Finding) -> io::Result<()> {
        match finding.fix {
            Some(fix) => self.paragraph("fix", ("", BOLD), fix),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{around, fit, width, wrap};
    use proptest::prelude::{any, proptest};

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
    }

    #[test]
    fn accents_do_not_pile_up() {
        let pile = format!("a{}", "\u{301}".repeat(1000));
        assert!(fit(&pile, 10).chars().count() <= 41);
    }

    #[test]
    fn an_excerpt_shows_the_words() {
        let line = r#"{"id": "6a2169c3", "event": "failure", "event_long": "Expired"}"#;
        assert_eq!(around(line, "Expired", 80), line);
        assert_eq!(
            around(line, "Expired", 32),
            r#"…lure", "event_long": "Expired"}"#
        );
        assert_eq!(
            around(line, "failure", 20),
            r#"…9c3", "event": "failure", "event_long": "Expired"}"#
        );
        assert_eq!(around(line, "absent", 10), line);
    }

    #[test]
    fn words_are_wrapped_and_long_ones_cut() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefghij", 4), ["a", "abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
    }

    proptest! {
        #[test]
        fn a_cut_text_fits(text in any::<String>(), columns in 1usize..30) {
            let text = crate::report::sanitize::visible(&text).into_owned();
            let by_char = |t: &str| t.chars().map(|c| width(c.encode_utf8(&mut [0; 4]))).sum::<usize>();
            assert!(by_char(&fit(&text, columns)) <= columns);
            assert!(wrap(&text, columns.max(2)).iter().all(|l| by_char(l) <= columns.max(2)));
        }
    }
}
