//! Bars below each other, each under its name.

use super::Bars;
use super::svg::{Anchor, Drawing};

/// Pixels of a row.
const ROW: u32 = 36;
/// Letters of a name that a narrow screen has room for, and a wide one.
const NARROW: usize = 30;
const WIDE: usize = 90;

pub(super) fn draw(bars: &Bars, drawing: &mut Drawing) -> u32 {
    let most = bars.rows.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    let mut top = 0;
    for (label, number) in &bars.rows {
        #[allow(clippy::cast_precision_loss)] // pixels
        let share = *number as f64 / most as f64;
        let (short, long) = (cut(label, NARROW), cut(label, WIDE));
        let (letters, bar) = (top + 15, f64::from(top) + 21.0);
        drawing.titled(&format!("{label}: {number}"), |drawing| {
            if short == long {
                drawing.text("label", 0.0, letters, Anchor::Start, &short);
            } else {
                drawing.text("label wide", 0.0, letters, Anchor::Start, &long);
                drawing.text("label narrow", 0.0, letters, Anchor::Start, &short);
            }
            drawing.text("number", 1.0, letters, Anchor::End, &number.to_string());
            drawing.rect("track", 0.0, bar, 1.0, 7.0);
            drawing.rect("bar", 0.0, bar, share, 7.0);
        });
        top += ROW;
    }
    top
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(letters - 1).collect();
    cut.push('…');
    cut
}
