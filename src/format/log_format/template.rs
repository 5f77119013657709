//! A format's text as literals and variables.

use chrono::{DateTime, SecondsFormat, Utc};

use super::Error;
use super::variables::{Shape, Unit, Variable};

/// A piece of a format.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Literal(String),
    Variable(Variable),
}

/// A format in pieces.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) pieces: Vec<Piece>,
    /// nginx's `escape=json`.
    pub(super) is_json: bool,
    /// Whether the time is that of the request's first line.
    pub(super) tells_beginning: bool,
}

/// Reads a format of whichever of the two servers it is: only nginx's has `$`.
pub(super) fn read(format: &str) -> Result<Template, Error> {
    let (escape, rest) = match format.strip_prefix("escape=").map(|f| f.split_once(' ')) {
        Some(Some((escape, rest))) => (escape, rest.trim_start()),
        _ => ("default", format),
    };
    if escape == "none" {
        return Err(Error::Unescaped);
    }
    let is_nginx = rest.contains('$');
    let pieces = if is_nginx {
        nginx(rest)?
    } else {
        apache(rest)?
    };
    let is_time = |p: &Piece| matches!(p, Piece::Variable(v) if v.written == "%t" || v.written.starts_with("%{begin:"));
    let is_any = |p: &Piece| matches!(p, Piece::Variable(_));
    if !pieces.iter().any(is_any) {
        return Err(Error::Empty);
    }
    Ok(Template {
        tells_beginning: !is_nginx && pieces.iter().any(is_time),
        pieces: joined(pieces),
        is_json: escape == "json",
    })
}

/// Literals that follow each other as one.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (all.last_mut(), piece) {
            (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(&text),
            (_, piece) => all.push(piece),
        }
    }
    all
}

/// `$name`, `${name}`, and text.
fn nginx(format: &str) -> Result<Vec<Piece>, Error> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some(at) = rest.find('$') {
        pieces.push(Piece::Literal(rest[..at].to_owned()));
        rest = &rest[at + 1..];
        let name;
        if let Some(braced) = rest.strip_prefix('{') {
            (name, rest) = braced.split_once('}').ok_or(Error::Brace)?;
        } else {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (name, rest) = rest.split_at(end);
        }
        pieces.push(if name.is_empty() {
            Piece::Literal("$".to_owned())
        } else {
            Piece::Variable(Variable::nginx(name))
        });
    }
    pieces.push(Piece::Literal(rest.to_owned()));
    pieces.retain(|p| !matches!(p, Piece::Literal(text) if text.is_empty()));
    Ok(pieces)
}

/// The directives of `mod_log_config` that need no argument, with nginx's name for what they tell. An empty name: it
/// tells us nothing.
const DIRECTIVES: &[(char, &str, Shape)] = &[
    ('a', "remote_addr", Shape::Word),
    ('h', "remote_addr", Shape::Word),
    ('u', "remote_user", Shape::Free),
    ('r', "request", Shape::Free),
    ('s', "status", Shape::Number),
    ('b', "body_bytes_sent", Shape::Number),
    ('B', "body_bytes_sent", Shape::Number),
    ('m', "request_method", Shape::Word),
    ('U', "uri", Shape::Free),
    ('q', "query_string", Shape::Free),
    ('v', "server_name", Shape::Word),
    ('V', "host", Shape::Word),
    ('D', "request_time", Shape::Number),
    ('T', "request_time", Shape::Number),
    ('L', "", Shape::Word),
    ('A', "", Shape::Word),
    ('f', "", Shape::Free),
    ('H', "", Shape::Word),
    ('I', "", Shape::Number),
    ('k', "", Shape::Number),
    ('l', "", Shape::Word),
    // The header is counted too: that is no size of a body.
    ('O', "", Shape::Number),
    ('p', "", Shape::Number),
    ('P', "", Shape::Number),
    ('R', "", Shape::Word),
    ('S', "", Shape::Number),
    ('X', "", Shape::Word),
];

/// `%h`, `%>s`, `%!200,304{Referer}i`, `%{us}T`, `\"`, and text.
fn apache(format: &str) -> Result<Vec<Piece>, Error> {
    let format = format.replace("\\\"", "\"").replace("\\t", "\t");
    let mut pieces = Vec::new();
    let mut rest = &*format;
    while let Some(at) = rest.find('%') {
        pieces.push(Piece::Literal(rest[..at].to_owned()));
        let (piece, after) = directive(&rest[at..])?;
        pieces.push(piece);
        rest = after;
    }
    pieces.push(Piece::Literal(rest.to_owned()));
    pieces.retain(|p| !matches!(p, Piece::Literal(text) if text.is_empty()));
    times(pieces)
}

/// One directive, and what follows it.
fn directive(text: &str) -> Result<(Piece, &str), Error> {
    let body = &text[1..];
    if let Some(rest) = body.strip_prefix('%') {
        return Ok((Piece::Literal("%".to_owned()), rest));
    }
    let conditions = |c: char| matches!(c, '!' | ',' | '<' | '>') || c.is_ascii_digit();
    let mut rest = body.trim_start_matches(conditions);
    let mut argument = None;
    if let Some(braced) = rest.strip_prefix('{') {
        let (inside, after) = braced.split_once('}').ok_or(Error::Brace)?;
        argument = Some(inside);
        rest = after.trim_start_matches(conditions);
    }
    let unknown = || Error::Directive(text.chars().take(8).collect());
    // `%{VARIABLE}^ti` are headers of a trailer.
    let rest = rest.strip_prefix("^t").unwrap_or(rest);
    let letter = rest.chars().next().ok_or_else(unknown)?;
    let after = &rest[letter.len_utf8()..];
    let written = &text[..text.len() - after.len()];
    let variable = match (letter, argument) {
        ('t', None) => {
            return Ok((
                Piece::Variable(Variable::nginx("time_local").written_as("%t")),
                after,
            ));
        }
        ('t', Some(form)) => strftime(form),
        ('i', Some(header)) => {
            let name = header.to_ascii_lowercase().replace('-', "_");
            Variable::nginx(&format!("http_{name}"))
        }
        ('C', Some(name)) => Variable::nginx(&format!("cookie_{name}")),
        ('e' | 'n' | 'o', Some("UNIQUE_ID")) => Variable::nginx("request_id"),
        ('o', Some(header)) if header.eq_ignore_ascii_case("set-cookie") => {
            Variable::nginx("sent_http_set_cookie")
        }
        ('e' | 'n' | 'o', Some(_)) => Variable::nginx("").of_shape(Shape::Free),
        (letter, argument) => {
            let known = DIRECTIVES.iter().find(|(l, ..)| *l == letter);
            let (_, name, shape) = known.ok_or_else(unknown)?;
            let unit = match (letter, argument) {
                ('D', _) | ('T', Some("us")) => Unit::Micros,
                ('T', Some("ms")) => Unit::Millis,
                _ => Unit::None,
            };
            let mut variable = Variable::nginx(name).of_shape(*shape).in_unit(unit);
            variable.may_be_quotes = letter == 'u';
            variable
        }
    };
    Ok((Piece::Variable(variable.written_as(written)), after))
}

/// `%{…}t`: seconds since the epoch, a part of them, or what strftime makes of the time.
fn strftime(form: &str) -> Variable {
    let form = form
        .strip_prefix("begin:")
        .or(form.strip_prefix("end:"))
        .unwrap_or(form);
    let number = Variable::nginx("msec").of_shape(Shape::Number);
    let pattern = match form {
        "sec" => return number,
        "msec" => return number.in_unit(Unit::Millis),
        "usec" => return number.in_unit(Unit::Micros),
        "msec_frac" => "%3f",
        "usec_frac" => "%6f",
        "" => "%d/%b/%Y:%H:%M:%S %z",
        form => form,
    };
    let mut time = Variable::nginx("time").of_shape(Shape::Strftime);
    pattern.clone_into(&mut time.pattern);
    time
}

/// Times that were put together of several directives, as one, and `[` and `]` around Apache's own.
fn times(pieces: Vec<Piece>) -> Result<Vec<Piece>, Error> {
    let mut all: Vec<Piece> = Vec::new();
    for piece in pieces {
        if let Piece::Variable(v) = &piece
            && v.written == "%t"
        {
            all.extend([
                Piece::Literal("[".to_owned()),
                piece,
                Piece::Literal("]".to_owned()),
            ]);
            continue;
        }
        let Piece::Variable(time) = &piece else {
            all.push(piece);
            continue;
        };
        if time.shape != Shape::Strftime {
            all.push(piece);
            continue;
        }
        match &mut *all {
            [.., Piece::Variable(before), Piece::Literal(between)]
                if before.shape == Shape::Strftime && between.len() <= 1 =>
            {
                before.pattern.push_str(between);
                before.pattern.push_str(&time.pattern);
                all.pop();
            }
            [.., Piece::Variable(before)] if before.shape == Shape::Strftime => {
                before.pattern.push_str(&time.pattern);
            }
            _ => all.push(piece),
        }
    }
    for piece in &all {
        if let Piece::Variable(v) = piece
            && v.shape == Shape::Strftime
            && !tells_a_moment(&v.pattern)
        {
            return Err(Error::Time(v.pattern.clone()));
        }
    }
    Ok(all)
}

/// Whether a moment can be written and read back by it.
fn tells_a_moment(pattern: &str) -> bool {
    use std::fmt::Write;
    let mut text = String::new();
    let moment = DateTime::<Utc>::from_timestamp(1_795_294_511, 0);
    moment.is_some_and(|m| write!(text, "{}", m.format(pattern)).is_ok())
        && time(pattern, &text).is_some()
}

/// How many bytes at the beginning of a text are such a time; `None`: none are.
pub(super) fn time_length(pattern: &str, text: &str) -> Option<usize> {
    let (_, rest) = DateTime::parse_and_remainder(text, pattern).ok()?;
    Some(text.len() - rest.len())
}

/// Such a time as RFC 3339, as exact as it was.
pub(super) fn time(pattern: &str, text: &str) -> Option<String> {
    let time = DateTime::parse_from_str(text, pattern).ok()?;
    let fraction = match () {
        () if pattern.contains("%6f") => SecondsFormat::Micros,
        () if pattern.contains("%3f") => SecondsFormat::Millis,
        () => SecondsFormat::Secs,
    };
    Some(time.to_rfc3339_opts(fraction, true))
}
