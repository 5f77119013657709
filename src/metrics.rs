//! Figures for Prometheus, in its text format: a file that `node_exporter`'s textfile collector reads.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use crate::file::Fresh;

/// One name, with all its values.
#[derive(Debug)]
pub struct Metric {
    pub name: &'static str,
    pub help: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    /// The value of each label, and the value.
    pub samples: Vec<(Vec<String>, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
}

/// Replaces the file at once, so that nobody reads half of it.
pub fn write(file: &Path, metrics: &[Metric]) -> io::Result<()> {
    let mut fresh = Fresh::create(file)?;
    fresh.write_all(text(metrics).as_bytes())?;
    fresh.keep()
}

fn text(metrics: &[Metric]) -> String {
    let mut text = String::new();
    for metric in metrics {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let Metric { name, help, .. } = metric;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (values, value) in &metric.samples {
            let pair = |(label, value): (&&str, &String)| format!("{label}=\"{}\"", escaped(value));
            let labels: Vec<_> = metric.labels.iter().zip(values).map(pair).collect();
            let _ = match &*labels.join(",") {
                "" => writeln!(text, "{name} {value}"),
                labels => writeln!(text, "{name}{{{labels}}} {value}"),
            };
        }
    }
    text
}

fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let metric = Metric {
            name: "why401_lines_read_total",
            help: "Lines.",
            kind: Kind::Counter,
            labels: &["input"],
            samples: vec![(vec!["a\"b\\c\nd".to_owned()], 7.0)],
        };
        assert_eq!(
            text(&[metric]),
            "# HELP why401_lines_read_total Lines.\n# TYPE why401_lines_read_total counter\n\
             why401_lines_read_total{input=\"a\\\"b\\\\c\\nd\"} 7\n"
        );
    }
}
