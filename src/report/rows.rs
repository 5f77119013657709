//! Rows of any table: for people, for programs, for spreadsheets.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::Value;

use super::sanitize::visible;
use super::text::{DIM, width};

/// Columns of a cell beyond which the table would be no table any more.
const WIDEST: usize = 60;
/// Rows that are looked at to know how wide the columns are.
const LOOKED: usize = 1000;

/// Rows in, text out.
pub trait Rows {
    fn row(&mut self, row: Vec<Value>) -> io::Result<()>;

    /// Writes what was kept. Called once, at the end.
    fn finish(&mut self) -> io::Result<()>;
}

/// Columns that stand below each other, numbers to the right.
#[derive(Debug)]
pub struct Text<'a, W> {
    headings: Vec<String>,
    widths: Vec<usize>,
    /// The first ones, until it is known how wide the columns are.
    kept: Vec<Vec<Value>>,
    is_begun: bool,
    out: &'a mut W,
}

impl<'a, W: Write> Text<'a, W> {
    pub fn new(columns: &[String], out: &'a mut W) -> Self {
        let headings: Vec<String> = columns.iter().map(|c| visible(c).into_owned()).collect();
        Self {
            widths: headings.iter().map(|heading| width(heading)).collect(),
            headings,
            kept: Vec::new(),
            is_begun: false,
            out,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        self.is_begun = true;
        for row in &self.kept {
            for (widest, value) in self.widths.iter_mut().zip(row) {
                *widest = width(&visible(&text(value))).min(WIDEST).max(*widest);
            }
        }
        write!(self.out, "{DIM}")?;
        for (n, (heading, columns)) in self.headings.iter().zip(&self.widths).enumerate() {
            let is_last = n + 1 == self.headings.len();
            let pad = if is_last {
                0
            } else {
                columns - width(heading) + 2
            };
            write!(self.out, "{heading}{:pad$}", "")?;
        }
        writeln!(self.out, "{DIM:#}")?;
        for row in std::mem::take(&mut self.kept) {
            self.write(&row)?;
        }
        Ok(())
    }

    fn write(&mut self, row: &[Value]) -> io::Result<()> {
        let texts: Vec<_> = row.iter().map(|v| (text(v), v.is_number())).collect();
        let cells: Vec<_> = texts.iter().map(|(text, n)| (visible(text), *n)).collect();
        self.cells(cells.iter().map(|(text, n)| (&**text, *n)))?;
        writeln!(self.out)
    }

    /// Texts below each other, and whether each stands to the right.
    fn cells<'t>(
        &mut self,
        cells: impl ExactSizeIterator<Item = (&'t str, bool)>,
    ) -> io::Result<()> {
        let last = cells.len().saturating_sub(1);
        for (n, ((text, is_right), columns)) in cells.zip(&self.widths).enumerate() {
            let pad = columns.saturating_sub(width(text));
            let gap = if n == last { 0 } else { 2 };
            if is_right {
                write!(self.out, "{:pad$}{text}{:gap$}", "", "")?;
            } else {
                let pad = if n == last { 0 } else { pad + gap };
                write!(self.out, "{text}{:pad$}", "")?;
            }
        }
        Ok(())
    }
}

impl<W: Write> Rows for Text<'_, W> {
    fn row(&mut self, row: Vec<Value>) -> io::Result<()> {
        if self.is_begun {
            return self.write(&row);
        }
        self.kept.push(row);
        if self.kept.len() == LOOKED {
            self.begin()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.is_begun { Ok(()) } else { self.begin() }
    }
}

/// As people read it; nothing for what is absent.
fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// One object a row.
#[derive(Debug)]
pub struct Ndjson<'a, W> {
    columns: Vec<String>,
    out: &'a mut W,
}

impl<'a, W: Write> Ndjson<'a, W> {
    pub fn new(columns: &[String], out: &'a mut W) -> Self {
        let columns = columns.to_vec();
        Self { columns, out }
    }
}

impl<W: Write> Rows for Ndjson<'_, W> {
    fn row(&mut self, row: Vec<Value>) -> io::Result<()> {
        // By hand: an object of serde_json's would sort the columns, and lose those of the same name.
        let mut open = "{";
        for (name, value) in self.columns.iter().zip(&row) {
            self.out.write_all(open.as_bytes())?;
            serde_json::to_writer(&mut self.out, name)?;
            self.out.write_all(b":")?;
            serde_json::to_writer(&mut self.out, value)?;
            open = ",";
        }
        self.out
            .write_all(if row.is_empty() { b"{}\n" } else { b"}\n" })
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// RFC 4180, with an apostrophe before what a spreadsheet would take for a formula.
#[derive(Debug)]
pub struct Csv<'a, W> {
    out: &'a mut W,
}

impl<'a, W: Write> Csv<'a, W> {
    pub fn new(columns: &[String], out: &'a mut W) -> io::Result<Self> {
        let mut csv = Self { out };
        csv.line(columns.iter().map(|name| Cow::Borrowed(name.as_str())))?;
        Ok(csv)
    }

    fn line<'f>(&mut self, fields: impl Iterator<Item = Cow<'f, str>>) -> io::Result<()> {
        for (n, field) in fields.enumerate() {
            if n > 0 {
                self.out.write_all(b",")?;
            }
            self.out.write_all(quoted(&field).as_bytes())?;
        }
        self.out.write_all(b"\r\n")
    }
}

impl<W: Write> Rows for Csv<'_, W> {
    fn row(&mut self, row: Vec<Value>) -> io::Result<()> {
        let field = |value: Value| match value {
            Value::String(text) => Cow::Owned(harmless(&text).into_owned()),
            other => Cow::Owned(text(&other).into_owned()),
        };
        self.line(row.into_iter().map(field))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What no spreadsheet takes for a formula.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// As a field of RFC 4180.
pub fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}
