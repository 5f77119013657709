//! How a line is taken apart: decided once, when the format is compiled.

use std::ops::Range;

use memchr::memmem;

use super::super::Mismatch;
use super::super::grammar::CLF_TIME_LENGTH;
use super::Error;
use super::template::{Piece, Template, time_length};
use super::variables::{QUOTES, Shape, Variable};

/// Where the text of a variable ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its length is known, or follows from its form.
    Itself,
    /// Before the first place where the next literal stands: it cannot hold that itself.
    First,
    /// Before the last place from which on all the rest fits.
    Last,
    /// With the stretch.
    Stretch,
}

#[derive(Debug)]
struct Step {
    variable: Variable,
    end: End,
    /// What stands behind it.
    literal: Vec<u8>,
}

/// What stands between two bare quotes of the format.
#[derive(Debug, Default)]
struct Stretch {
    /// What it begins with.
    literal: Vec<u8>,
    steps: Vec<Step>,
}

/// A compiled format.
#[derive(Debug)]
pub(super) struct Plan {
    stretches: Vec<Stretch>,
    pub(super) is_json: bool,
    pub(super) tells_beginning: bool,
}

/// The variables of a line, each with where its text stands.
pub(super) type Found<'p> = Vec<(&'p Variable, Range<usize>)>;

/// What an access line must tell, and the fields of which one is enough.
const NEEDED: &[(&str, &[&str])] = &[
    (
        "time ($time_local, $time_iso8601, $msec; %t)",
        &["time_local", "time_iso8601", "msec", "time"],
    ),
    ("client address ($remote_addr; %h, %a)", &["remote_addr"]),
    (
        "request ($request, or $request_method and $request_uri; %r)",
        &["request", "request_method"],
    ),
    ("status ($status; %>s)", &["status"]),
];

impl Plan {
    pub(super) fn of(template: &Template) -> Result<Self, Error> {
        for (what, keys) in NEEDED {
            let has = |piece: &Piece| matches!(piece, Piece::Variable(v) if v.alias.is_some_and(|a| keys.contains(&a.key)));
            if !template.pieces.iter().any(has) {
                return Err(Error::Lacks(what));
            }
        }
        let mut stretches = vec![Stretch::default()];
        for piece in &template.pieces {
            match piece {
                Piece::Literal(text) => {
                    for (n, part) in text.split('"').enumerate() {
                        if n > 0 {
                            stretches.push(Stretch::default());
                        }
                        if let Some(stretch) = stretches.last_mut() {
                            stretch.push_literal(part);
                        }
                    }
                }
                Piece::Variable(variable) => {
                    if let Some(stretch) = stretches.last_mut() {
                        stretch.push(variable.clone())?;
                    }
                }
            }
        }
        for stretch in &mut stretches {
            stretch.decide()?;
        }
        Ok(Self {
            stretches,
            is_json: template.is_json,
            tells_beginning: template.tells_beginning,
        })
    }

    /// Takes a line apart.
    pub(super) fn read(&self, line: &[u8]) -> Result<Found<'_>, Mismatch> {
        let mut found = Vec::new();
        let mut from = 0;
        for (n, stretch) in self.stretches.iter().enumerate() {
            let is_last = n + 1 == self.stretches.len();
            let mut quote = bare_quote(line, from);
            loop {
                let end = match quote {
                    Some(end) if !is_last => end,
                    None if !is_last => return Err(misfit(line.len(), "a quote")),
                    Some(end) if !stretch.may_be_quotes() => {
                        return Err(misfit(end, "the end of the line"));
                    }
                    _ => line.len(),
                };
                let so_far = found.len();
                let Err(mismatch) = stretch.read(line, from..end, &mut found) else {
                    from = end + 1;
                    break;
                };
                // Two quotes may be all there is of a name.
                let pair = quote.filter(|at| line[*at..].starts_with(b"\"\""));
                let Some(pair) = pair.filter(|_| stretch.may_be_quotes()) else {
                    return Err(mismatch);
                };
                found.truncate(so_far);
                quote = bare_quote(line, pair + 2);
            }
        }
        if from <= line.len() {
            return Err(misfit(from, "the end of the line"));
        }
        Ok(found)
    }
}

fn misfit(offset: usize, expected: &'static str) -> Mismatch {
    Mismatch { offset, expected }
}

/// The next quote that no backslash protects.
pub(super) fn bare_quote(line: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = line
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if line[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
    None
}

impl Stretch {
    fn push_literal(&mut self, text: &str) {
        let literal = match self.steps.last_mut() {
            Some(step) => &mut step.literal,
            None => &mut self.literal,
        };
        literal.extend_from_slice(text.as_bytes());
    }

    fn push(&mut self, variable: Variable) -> Result<(), Error> {
        if let Some(before) = self.steps.last()
            && before.literal.is_empty()
        {
            return Err(Error::Adjacent(
                before.variable.written.clone(),
                variable.written,
            ));
        }
        self.steps.push(Step {
            variable,
            end: End::Stretch,
            literal: Vec::new(),
        });
        Ok(())
    }

    fn may_be_quotes(&self) -> bool {
        self.steps.iter().any(|step| step.variable.may_be_quotes)
    }

    /// Decides for each variable how its end is found, or that it cannot be.
    fn decide(&mut self) -> Result<(), Error> {
        for at in 0..self.steps.len() {
            let (step, later) = (&self.steps[at], &self.steps[at + 1..]);
            let is_last = later.is_empty();
            let outside = step.literal.iter().any(|b| !step.variable.shape.holds(*b));
            self.steps[at].end = match step.variable.shape {
                Shape::Clf | Shape::Strftime | Shape::List => End::Itself,
                _ if is_last && step.literal.is_empty() => End::Stretch,
                _ if outside => End::First,
                _ => {
                    self.check_rest(at)?;
                    End::Last
                }
            };
        }
        Ok(())
    }

    /// A variable may hold what stands behind it. Its end is still the last place from which on the rest fits, where
    /// no later variable may hold what stands before that one.
    fn check_rest(&self, at: usize) -> Result<(), Error> {
        let cannot_hold = |step: &Step| {
            step.literal
                .iter()
                .any(|b| !self.steps[at].variable.shape.holds(*b))
        };
        for pair in self.steps[at..].windows(2) {
            let (before, later) = (&pair[0], &pair[1]);
            if cannot_hold(before) {
                break;
            }
            if before
                .literal
                .iter()
                .all(|b| later.variable.shape.holds(*b))
            {
                let first = &self.steps[at];
                return Err(
                    if first.variable.shape == Shape::Free && later.variable.shape == Shape::Free {
                        Error::Free(
                            first.variable.written.clone(),
                            later.variable.written.clone(),
                        )
                    } else {
                        let literal = String::from_utf8_lossy(&before.literal).into_owned();
                        Error::Ambiguous(first.variable.written.clone(), literal)
                    },
                );
            }
        }
        Ok(())
    }

    fn read<'p>(
        &'p self,
        line: &[u8],
        range: Range<usize>,
        found: &mut Found<'p>,
    ) -> Result<(), Mismatch> {
        let text = &line[range.clone()];
        if !text.starts_with(&self.literal) {
            return Err(misfit(range.start, "what the format has here"));
        }
        let from = range.start + self.literal.len();
        read_steps(&self.steps, line, from..range.end, found)
    }
}

/// Reads what the steps say, to the end of the range.
fn read_steps<'p>(
    steps: &'p [Step],
    line: &[u8],
    range: Range<usize>,
    found: &mut Found<'p>,
) -> Result<(), Mismatch> {
    let mut from = range.start;
    for (n, step) in steps.iter().enumerate() {
        let text = &line[from..range.end];
        let length = match step.end {
            End::Stretch => Some(text.len()),
            End::First => memmem::find(text, &step.literal),
            End::Itself => itself(&step.variable, text),
            End::Last => return last(steps, n, line, from..range.end, found),
        };
        let what = "another field";
        let length = length.ok_or(misfit(from, what))?;
        let value = &text[..length];
        if !step.variable.holds(value) || !text[length..].starts_with(&step.literal) {
            return Err(misfit(from, what));
        }
        found.push((&step.variable, from..from + length));
        from += length + step.literal.len();
    }
    if from == range.end {
        Ok(())
    } else {
        Err(misfit(from, "the end of the field"))
    }
}

/// Reads step `n`, whose end is the last place from which on the rest fits, and the rest.
fn last<'p>(
    steps: &'p [Step],
    n: usize,
    line: &[u8],
    range: Range<usize>,
    found: &mut Found<'p>,
) -> Result<(), Mismatch> {
    let step = &steps[n];
    let text = &line[range.clone()];
    let is_empty_name = step.variable.may_be_quotes && text.starts_with(QUOTES);
    let held = if is_empty_name {
        Some(QUOTES.len())
    } else {
        let held = text.iter().position(|b| !step.variable.shape.holds(*b));
        held.into_iter().chain(bare_quote(text, 0)).min()
    };
    let reach = held.map_or(text.len(), |at| text.len().min(at + step.literal.len()));
    let so_far = found.len();
    for length in memmem::rfind_iter(&text[..reach], &step.literal) {
        found.push((&step.variable, range.start..range.start + length));
        let rest = range.start + length + step.literal.len()..range.end;
        if read_steps(&steps[n + 1..], line, rest, found).is_ok() {
            return Ok(());
        }
        found.truncate(so_far);
    }
    Err(misfit(range.start, "another field"))
}

/// The length of what is known by its own form.
fn itself(variable: &Variable, text: &[u8]) -> Option<usize> {
    match variable.shape {
        Shape::Clf => Some(CLF_TIME_LENGTH).filter(|length| *length <= text.len()),
        Shape::Strftime => time_length(&variable.pattern, &String::from_utf8_lossy(text)),
        _ => Some(list(text)),
    }
}

/// Words with `, ` or ` : ` between them.
fn list(text: &[u8]) -> usize {
    let word = |from: usize| {
        let end = text[from..]
            .iter()
            .position(|b| matches!(b, b' ' | b',' | b']' | b'|' | b';'));
        end.map_or(text.len(), |end| from + end)
    };
    let mut end = word(0);
    while let Some(between) = [&b", "[..], b" : "]
        .iter()
        .find(|b| text[end..].starts_with(b))
    {
        end = word(end + between.len());
    }
    end
}
