//! A calendar: a row a day, a cell an hour, the darker the more.

use super::Heat;
use super::svg::{Anchor, Drawing};

/// Pixels: of a row, and of what stands above all.
const ROW: u32 = 24;
const HEAD: u32 = 20;
/// Shades, without the one for nothing.
const SHADES: u64 = 4;

pub(super) fn draw(heat: &Heat, drawing: &mut Drawing) -> u32 {
    let most = heat.rows.iter().flat_map(|(_, counts)| counts).max();
    let most = most.copied().unwrap_or(0).max(1);
    for hour in (0..24_u32).step_by(3) {
        let class = if hour % 6 == 0 { "axis" } else { "axis wide" };
        let x = (f64::from(hour) + 0.5) / 24.0;
        drawing.text(class, x, 13, Anchor::Middle, &format!("{hour:02}"));
    }
    let mut top = HEAD;
    for (label, counts) in &heat.rows {
        drawing.beside(top + 15, label);
        for (hour, number) in (0..24_u32).zip(counts) {
            let class = format!("h{}", shade(*number, most));
            let (x, y) = (f64::from(hour) / 24.0 + 0.002, f64::from(top) + 1.0);
            let title = format!("{label} {hour:02}:00: {number}");
            drawing.titled(&title, |drawing| {
                drawing.rect(&class, x, y, 1.0 / 24.0 - 0.004, f64::from(ROW) - 3.0);
            });
        }
        top += ROW;
    }
    top + 4
}

/// From 0 for nothing to [`SHADES`], by the root of the share, so that few are seen beside many.
fn shade(number: u64, most: u64) -> u64 {
    let fits = |shade: &u64| number * SHADES * SHADES <= shade * shade * most;
    (0..=SHADES).find(fits).unwrap_or(SHADES)
}

#[cfg(test)]
mod tests {
    use super::shade;

    #[test]
    fn few_are_seen_beside_many() {
        let shades = [0, 1, 6, 7, 25, 56, 57, 100].map(|number| shade(number, 100));
        assert_eq!(shades, [0, 1, 1, 2, 2, 3, 4, 4]);
    }
}
