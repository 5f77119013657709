//! What the text reports share: the words for what findings have, and the block in which one finding, or
//! one group, is told.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Color, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::page::Page;
use super::sanitize::visible;
use crate::cause::{Cause, Family};
use crate::finding::{Confidence, Finding, Verdict};

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

/// Columns of the labels of a finding: `request` is the longest.
const LABEL: usize = 9;

/// What the verdict `silent` means; the causes themselves stand below it.
const SILENCE: &str = ": the server writes none for this refusal, and its log was alive.";

/// Columns that a principal's name may take; the client chose it.
const NAME: usize = 40;

/// Columns by which the further lines of a line of a log stand in.
const HANG: usize = 2;

/// Columns at which even a line of evidence is cut, lest one line of a log fill the screen.
const LONGEST: usize = 2000;

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

/// What was the matter, in a few words, where so many causes are left.
pub(super) fn title(cause: Option<Cause>, left: usize) -> String {
    let Some(cause) = cause else {
        return "Not known".to_owned();
    };
    let title = cause.facts().title;
    match left {
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

/// Who: `alice from 203.0.113.9`; where so many columns are too few, the name is cut and not the address.
pub(super) fn who(finding: &Finding, columns: usize) -> String {
    const LEAST: usize = 8;
    let from = match (&finding.principal, finding.source) {
        (Some(_), Some(ip)) => format!(" from {ip}"),
        (Some(_), None) => String::new(),
        (None, Some(ip)) => return ip.to_string(),
        (None, None) => return "somebody".to_owned(),
    };
    let name = finding
        .principal
        .as_deref()
        .map_or_else(Cow::default, visible);
    let room = columns.saturating_sub(width(&from)).clamp(LEAST, NAME);
    format!("{}{from}", fit(&name, room))
}

/// What: `GET /organization?x=1 → 401, 17 bytes`, the target cut where it would not fit in `columns`;
/// without a request that there is none, and the server's own word for what it did.
pub(super) fn what(finding: &Finding, columns: usize) -> String {
    let Some(request) = &finding.request else {
        let action = finding.action.as_deref().map(visible);
        let action = action.map_or_else(String::new, |action| format!(" ({action})"));
        return fit(&format!("no access log line{action}"), columns).into_owned();
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

/// The text, cut at its beginning so that so many columns are left.
pub(super) fn fit_end(text: &str, columns: usize) -> Cow<'_, str> {
    let whole: usize = text.chars().filter_map(UnicodeWidthChar::width).sum();
    if whole <= columns {
        return Cow::Borrowed(text);
    }
    let (mut used, mut start) = (1, text.len());
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        start = at;
    }
    Cow::Owned(format!("…{}", &text[start..]))
}

/// The text from some way before `words` on, where they would not be seen in so many columns; from
/// farther before them where the text ends soon after.
fn around(text: &str, words: Range<usize>, columns: usize) -> Cow<'_, str> {
    const BEFORE: usize = 16;
    let cut = usize::from(words.end < text.len());
    if width(&text[..words.end]) + cut <= columns {
        return Cow::Borrowed(text);
    }
    let (before, from) = text.split_at(words.start);
    let room = BEFORE.max(columns.saturating_sub(width(from) + 1));
    let before = fit_end(before, room + 1);
    Cow::Owned(format!("{before}{from}"))
}

/// What a line says in words: the value of the field in which JSON logs say it.
pub(super) fn words(line: &str) -> Option<String> {
    const FIELDS: [&str; 5] = ["reason_long", "event_long", "message", "msg", "event"];
    let line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).ok()?;
    FIELDS
        .iter()
        .find_map(|field| line.get(*field)?.as_str())
        .map(str::to_owned)
}

/// `12 s`, `0.4 s`, `5 min`; `None`: in the same second, where one of the clocks knows whole seconds only.
pub(super) fn span(seconds: f64) -> Option<String> {
    let seconds = seconds.abs();
    Some(if seconds == 0.0 {
        return None;
    } else if seconds < 0.1 {
        "less than 0.1 s".to_owned()
    } else if seconds < 120.0 && seconds.fract() == 0.0 {
        format!("{seconds:.0} s")
    } else if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else if seconds < 7200.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.0} h", seconds / 3600.0)
    })
}

/// `1 line`, `2 lines`
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The message of a finding, without the causes at its end where they stand below it anyway.
fn message(finding: &Finding) -> String {
    let titles = finding.candidates.iter().map(|c| c.cause.facts().title);
    let titles = titles.collect::<Vec<_>>().join(", or ");
    let told = finding.message.strip_suffix(&format!(": {titles}."));
    match told {
        Some(told) if !titles.is_empty() => format!("{}.", told.trim_end_matches(". What is left")),
        _ => finding.message.to_string(),
    }
}

/// All of a text in lines of so many columns, those after the first two fewer; broken at spaces where there
/// are some.
fn fold(text: &str, columns: usize) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let room = columns - if lines.is_empty() { 0 } else { HANG };
        let mut used = 0;
        let over = rest.char_indices().find(|(at, c)| {
            used += c.width().unwrap_or(0);
            // Characters without width, such as accents, must not pile up forever.
            used > room || *at > room * 16
        });
        let cut = over.map_or(
            rest.len(),
            |(at, c)| if at == 0 { c.len_utf8() } else { at },
        );
        let space = rest[..cut].rfind(' ').map(|at| at + 1);
        let end = space.filter(|at| cut < rest.len() && *at > cut / 2);
        let (line, after) = rest.split_at(end.unwrap_or(cut));
        lines.push(line.trim_end_matches(' '));
        rest = after;
    }
    lines
}

/// The words of a text in lines of so many columns; a word longer than a line is cut into several.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
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

/// A cause that is left, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left<'a> {
    pub(super) cause: Cause,
    pub(super) because: &'a str,
    /// Of how many findings, and of how many there are.
    pub(super) of: (u64, u64),
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

    /// `head`, then the title; verdict and system at the right. In several lines where one is too short.
    pub(super) fn header(&mut self, head: &str, title: &str, finding: &Finding) -> io::Result<()> {
        let right = verdict(finding);
        let style = colour(finding.cause());
        let (columns, margin) = (self.page.readable(), self.margin);
        let (before, after) = (width(head) + width(title), width(&right));
        let mut room = columns;
        if before > columns {
            writeln!(self.out, "{BOLD}{}{BOLD:#}", head.trim_end())?;
            write!(self.out, "{:margin$}", "")?;
            room -= margin;
        } else {
            write!(self.out, "{BOLD}{head}{BOLD:#}")?;
            room -= width(head);
        }
        let title = fit(title, room);
        write!(self.out, "{style}{title}{style:#}")?;
        room -= width(&title);
        if after + 2 <= room {
            return writeln!(self.out, "{DIM}{right:>room$}{DIM:#}");
        }
        writeln!(self.out, "\n{:margin$}{DIM}{right}{DIM:#}", "")
    }

    /// Who, and what; in two lines where one is too short.
    pub(super) fn who_and_what(&mut self, finding: &Finding, others: &str) -> io::Result<()> {
        const LEAST: usize = 28;
        let columns = self.page.width - self.margin;
        let who = who(finding, columns);
        let room = columns.saturating_sub(width(&who) + 3 + width(others));
        let whole = what(finding, columns - width(others));
        if width(&whole) <= room || room >= LEAST {
            return self.line(&format!("{who} · {}{others}", what(finding, room)));
        }
        self.line(&who)?;
        self.line(&format!("{whole}{others}"))
    }

    /// A line of its own, cut where the page ends.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        let text = fit(text, self.page.width - self.margin);
        writeln!(self.out, "{:margin$}{text}", "", margin = self.margin)
    }

    /// A label and a text in as many lines as it takes; `lead`, its beginning, has a style.
    pub fn paragraph(&mut self, label: &str, lead: (&str, Style), text: &str) -> io::Result<()> {
        let (lead, style) = (visible(lead.0), lead.1);
        let whole = format!("{lead}{}", visible(text));
        let columns = self.page.readable() - self.margin - self.labels;
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

    /// A line of a log under its label's paragraph, whole.
    pub(super) fn quote(&mut self, text: &str) -> io::Result<()> {
        let margin = self.margin + self.labels;
        let text = visible(text);
        let text = fit(text.trim_end(), LONGEST);
        for (n, line) in fold(&text, self.page.width - margin).iter().enumerate() {
            let margin = margin + if n == 0 { 0 } else { HANG };
            writeln!(self.out, "{:margin$}{DIM}{line}{DIM:#}", "")?;
        }
        Ok(())
    }

    /// What of such a line fits in a line of the page, the words in it; its end where it has none. Without
    /// words it is the beginning.
    pub(super) fn excerpt(&mut self, text: &str, words: &str) -> io::Result<()> {
        let margin = self.margin + self.labels;
        let columns = self.page.width - margin;
        let text = visible(text);
        let text = text.trim_end();
        let words = visible(words);
        let at = if words.is_empty() {
            Some(0)
        } else {
            text.rfind(&*words)
        };
        let found = at.map_or(text.len()..text.len(), |at| at..at + words.len());
        let text = around(text, found, columns);
        let text = fit(&text, columns);
        writeln!(self.out, "{:margin$}{DIM}{text}{DIM:#}", "")
    }

    /// Why it is judged so; `said` is the sentence for a cause that is certain.
    pub(super) fn why(&mut self, finding: &Finding, said: &str) -> io::Result<()> {
        let because = finding.candidates.first().map_or("", |c| &*c.because);
        let message = message(finding);
        let (lead, text) = match (finding.verdict, finding.logged) {
            (Verdict::Explained, Some(false)) => ("No line exists: ", because),
            (Verdict::Explained, None) => ("No line was seen: ", because),
            (Verdict::Explained, Some(true)) => ("", said),
            (Verdict::Silent, _) => ("No line exists", SILENCE),
            (Verdict::Ambiguous | Verdict::Unknown, _) => ("", &*message),
        };
        if lead.is_empty() && text.is_empty() {
            return Ok(());
        }
        self.paragraph("why", (lead, BOLD), text)
    }

    /// The causes that are left, where it is not one.
    pub(super) fn left<'l>(&mut self, left: impl Iterator<Item = Left<'l>>) -> io::Result<()> {
        for (n, Left { cause, because, of }) in left.enumerate() {
            let label = if n == 0 { "left" } else { "" };
            let share = match of {
                (some, all) if some < all => format!(" ({some} of {all})"),
                _ => String::new(),
            };
            let because = if because.is_empty() {
                String::new()
            } else {
                format!(": {because}")
            };
            let title = (cause.facts().title, colour(Some(cause)));
            self.paragraph(label, title, &format!("{share}{because}"))?;
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
    use super::message as message_of;
    use super::{around, fit, fit_end, fold, span, width, words, wrap};
    use crate::finding::Finding;
    use crate::report::sample::silent;
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
        let excerpt = |words: &str, columns| {
            let at = line.find(words).unwrap();
            around(line, at..at + words.len(), columns)
        };
        assert_eq!(excerpt("Expired", 80), line);
        assert_eq!(
            excerpt("Expired", 32),
            r#"…lure", "event_long": "Expired"}"#
        );
        assert_eq!(
            excerpt("failure", 20),
            r#"…9c3", "event": "failure", "event_long": "Expired"}"#
        );
        let end = line.len();
        assert_eq!(around(line, end..end, 25), r#"…"event_long": "Expired"}"#);
    }

    #[test]
    fn a_line_says_something_in_words() {
        let line = r#"{"event": "failure", "event_long": "Expired \"x\""}"#;
        assert_eq!(words(line).as_deref(), Some(r#"Expired "x""#));
        assert_eq!(words(r#"{"event": "start"}"#).as_deref(), Some("start"));
        assert_eq!(words("started"), None);
    }

    #[test]
    fn no_time_is_more_precise_than_it_is() {
        let spans = [0.0, -0.0, 0.04, -0.4, 2.0, 12.34, 300.0, 86_400.0].map(span);
        let spans = spans.map(Option::unwrap_or_default);
        let expected = [
            "",
            "",
            "less than 0.1 s",
            "0.4 s",
            "2 s",
            "12.3 s",
            "5 min",
            "24 h",
        ];
        assert_eq!(spans, expected);
    }

    #[test]
    fn a_folded_line_loses_nothing() {
        assert_eq!(fold("one two three", 9), ["one two", "three"]);
        assert_eq!(fold("abcdefghij", 4), ["abcd", "ef", "gh", "ij"]);
        assert_eq!(fold("", 4), [""; 0]);
    }

    #[test]
    fn causes_are_not_told_twice() {
        let told = |said: &str| {
            let message = said.into();
            message_of(&Finding {
                message,
                ..silent()
            })
        };
        let causes = "Missing credentials, or Expired session.";
        assert_eq!(told(&format!("Several fit: {causes}")), "Several fit.");
        assert_eq!(
            told(&format!("It begins later. What is left: {causes}")),
            "It begins later."
        );
        assert_eq!(told("It begins later."), "It begins later.");
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
            assert!(by_char(&fit_end(&text, columns)) <= columns);
            let lines = fold(&text, columns + 4);
            assert!(lines.iter().all(|l| by_char(l) <= columns + 4));
            let solid = |t: &str| t.replace(' ', "");
            assert_eq!(solid(&lines.concat()), solid(&text));
            assert!(wrap(&text, columns.max(2)).iter().all(|l| by_char(l) <= columns.max(2)));
        }
    }
}
