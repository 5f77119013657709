//! The pen: SVG that stands within HTML and takes its colours from the page's classes.

use std::fmt::Write;

use super::{Chart, Mark, Plot, Tick, bars, heat, lanes, stack};

/// A drawing in the making.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    pub(super) text: String,
}

/// The chart, to be put into HTML as it is.
pub fn svg(chart: &Chart) -> String {
    let mut drawing = Drawing::default();
    let (class, height) = match &chart.plot {
        Plot::Stack(stack) => ("stack", stack::draw(stack, &mut drawing)),
        Plot::Heat(heat) => ("heat", heat::draw(heat, &mut drawing)),
        Plot::Bars(bars) => ("bars", bars::draw(bars, &mut drawing)),
        Plot::Lanes(lanes) => ("lanes", lanes::draw(lanes, &mut drawing)),
    };
    let (id, title, desc) = (
        escaped(&chart.id),
        escaped(&chart.title),
        escaped(&chart.desc),
    );
    format!(
        "<svg class=\"{class}\" role=\"img\" width=\"100%\" height=\"{height}\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{desc}</desc>{}</svg>",
        drawing.text
    )
}

/// As text of HTML, and within a quoted attribute.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Where a text is held.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// `37.5%`, of a share from 0 to 1.
pub(super) fn percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}%")
}

impl Drawing {
    /// Writing to a String cannot fail.
    pub(super) fn put(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(element);
    }

    /// What is drawn together, and tells something of itself.
    pub(super) fn titled(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        self.put(format_args!("<g><title>{}</title>", escaped(title)));
        draw(self);
        self.put(format_args!("</g>"));
    }

    /// `x`: a share; `y`: in pixels, of the line on which the letters stand.
    pub(super) fn text(&mut self, class: &str, x: f64, y: u32, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, text) = (percent(x), escaped(text));
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// To the left of the drawing, where the page leaves room.
    pub(super) fn beside(&mut self, y: u32, text: &str) {
        let text = escaped(text);
        self.put(format_args!(
            "<text class=\"axis\" x=\"-10\" y=\"{y}\" text-anchor=\"end\">{text}</text>"
        ));
    }

    /// `across` and `wide` are shares, `top` and `high` pixels.
    pub(super) fn rect(&mut self, class: &str, across: f64, top: f64, wide: f64, high: f64) {
        let (x, width) = (percent(across), percent(wide));
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{top:.1}\" width=\"{width}\" height=\"{high:.1}\"/>"
        ));
    }

    /// Across the whole.
    pub(super) fn rule(&mut self, class: &str, y: f64) {
        self.put(format_args!(
            "<line class=\"{class}\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
        ));
    }

    /// Labels of times; on a narrow screen every other one.
    pub(super) fn ticks(&mut self, ticks: &[Tick], top: u32) {
        for (n, tick) in ticks.iter().enumerate() {
            let x = percent(tick.at);
            self.put(format_args!(
                "<line class=\"tick\" x1=\"{x}\" x2=\"{x}\" y1=\"{top}\" y2=\"{}\"/>",
                top + 5
            ));
            let anchor = match tick.at {
                at if at < 0.06 => Anchor::Start,
                at if at > 0.92 => Anchor::End,
                _ => Anchor::Middle,
            };
            let class = if n % 2 == 1 { "axis wide" } else { "axis" };
            self.text(class, tick.at, top + 18, anchor, &tick.label);
        }
    }

    /// Numbered lines, from top to bottom.
    pub(super) fn marks(&mut self, marks: &[Mark], bottom: u32) {
        for mark in marks {
            let (x, label) = (percent(mark.at), escaped(&mark.label));
            let number = mark.number;
            self.put(format_args!(
                "<g class=\"mark\"><title>{number}: {label}</title>\
                 <line x1=\"{x}\" x2=\"{x}\" y1=\"18\" y2=\"{bottom}\"/>\
                 <circle cx=\"{x}\" cy=\"10\" r=\"9\"/>\
                 <text x=\"{x}\" y=\"14\" text-anchor=\"middle\">{number}</text></g>"
            ));
        }
    }
}
