//! The variables of nginx and the directives of `mod_log_config`: what each may hold, and which field it is.

use std::borrow::Cow;

use super::super::access_json::{Alias, Value, find_alias};
use super::super::grammar::decimal;
use super::plan::bare_quote;

/// What a variable's text may consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Digits, a point, or `-` for none.
    Number,
    /// Made by the server, or checked by it: no blank.
    Word,
    /// Words with `, ` or ` : ` between them: one of each upstream that was asked.
    List,
    /// `21/Nov/2026:21:55:11 +0100`, which alone is known by its length.
    Clf,
    /// A time as Apache was told to write it, in the words of strftime.
    Strftime,
    /// Whatever a client sent.
    Free,
}

impl Shape {
    /// Whether a byte can stand in it.
    pub(super) fn holds(self, byte: u8) -> bool {
        match self {
            Shape::Number => byte.is_ascii_digit() || matches!(byte, b'.' | b'-'),
            Shape::Word => byte > b' ' && byte != b'"',
            Shape::Clf => byte.is_ascii_alphanumeric() || b"/: +-".contains(&byte),
            // An escaped quote is none of the format's own.
            Shape::List | Shape::Strftime | Shape::Free => true,
        }
    }
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    None,
    Millis,
    Micros,
}

/// A variable in a format.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    /// As the format has it, for messages.
    pub(super) written: String,
    pub(super) shape: Shape,
    /// The field it is; `None`: it tells us nothing.
    pub(super) alias: Option<&'static Alias>,
    pub(super) unit: Unit,
    /// Of [`Shape::Strftime`].
    pub(super) pattern: String,
    /// Whether it holds a credential.
    pub(super) is_secret: bool,
    /// Whether an empty text is written as two bare quotes: Apache's `%u`.
    pub(super) may_be_quotes: bool,
}

/// nginx's variables that are no free text.
#[rustfmt::skip]
const SHAPES: &[(Shape, &[&str])] = &[
    (Shape::Clf, &["time_local"]),
    (Shape::Number, &[
        "status", "body_bytes_sent", "bytes_sent", "request_length", "request_time", "msec", "connection",
        "connection_requests", "connection_time", "pid", "remote_port", "server_port", "realip_remote_port",
        "gzip_ratio", "proxy_protocol_port", "content_length",
    ]),
    (Shape::Word, &[
        "remote_addr", "realip_remote_addr", "server_addr", "binary_remote_addr", "proxy_protocol_addr",
        "time_iso8601", "pipe", "scheme", "server_protocol", "request_method", "server_name", "host", "hostname",
        "request_id", "nginx_version", "ssl_protocol", "ssl_cipher", "ssl_session_reused", "ssl_session_id",
        "https", "request_completion", "limit_req_status", "limit_conn_status", "upstream_cache_status", "http2", "http3",
        "ssl_client_fingerprint", "ssl_client_serial", "has_cookie", "has_authorization", "has_auth_token",
    ]),
    (Shape::List, &[
        "upstream_addr", "upstream_status", "upstream_response_time", "upstream_connect_time",
        "upstream_header_time", "upstream_queue_time", "upstream_response_length", "upstream_bytes_received",
        "upstream_bytes_sent",
    ]),
];

/// What holds a credential, in full or by its beginning.
const SECRETS: &[&str] = &[
    "http_cookie",
    "http_authorization",
    "http_proxy_authorization",
    "http_auth_token",
    "http_auth_signature",
    "http_auth_nonce",
    "http_x_csrf_token",
    "http_x_api_key",
    "http_pi_authorization",
    "sent_http_set_cookie",
];
const SECRET_BEGINNING: &str = "cookie_";

/// Apache's `%u` for a name that is empty.
pub(super) const QUOTES: &[u8] = b"\"\"";

impl Variable {
    /// nginx's `$name`.
    pub(super) fn nginx(name: &str) -> Self {
        let shape = SHAPES.iter().find(|(_, names)| names.contains(&name));
        Self {
            written: format!("${name}"),
            shape: shape.map_or(Shape::Free, |(shape, _)| *shape),
            alias: find_alias(name),
            unit: Unit::None,
            pattern: String::new(),
            is_secret: SECRETS.contains(&name) || name.starts_with(SECRET_BEGINNING),
            may_be_quotes: false,
        }
    }

    /// The same as the variable `name`, written in another way.
    pub(super) fn written_as(self, written: &str) -> Self {
        Self {
            written: written.to_owned(),
            ..self
        }
    }

    pub(super) fn in_unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    pub(super) fn of_shape(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// Whether its text can be this.
    pub(super) fn holds(&self, text: &[u8]) -> bool {
        (self.may_be_quotes && text == QUOTES)
            || text.iter().all(|b| self.shape.holds(*b)) && bare_quote(text, 0).is_none()
    }

    /// What its text says.
    pub(super) fn value<'a>(&self, text: Cow<'a, str>) -> Value<'a> {
        if self.shape == Shape::Strftime {
            return super::template::time(&self.pattern, &text)
                .map_or(Value::Nothing, |time| Value::Text(time.into()));
        }
        if self.may_be_quotes && text.as_bytes() == QUOTES {
            return Value::Nothing;
        }
        let places = match self.unit {
            Unit::None => return Value::Text(text),
            Unit::Millis => 3,
            Unit::Micros => 6,
        };
        decimal(text.as_bytes()).map_or(Value::Nothing, |number| {
            let one = 10_i64.pow(places);
            let width = usize::try_from(places).unwrap_or(0);
            Value::Text(format!("{}.{:0width$}", number / one, number % one).into())
        })
    }
}
