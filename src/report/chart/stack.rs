//! Columns of parts upon each other.

use super::Stack;
use super::svg::Drawing;

/// Where the columns begin and end, in pixels.
const TOP: u32 = 30;
const BOTTOM: u32 = 210;
const HEIGHT: u32 = 236;
/// What is left free of a column's place.
const GAP: f64 = 0.12;

/// Gives back how high it is, in pixels.
pub(super) fn draw(stack: &Stack, drawing: &mut Drawing) -> u32 {
    let sums = stack
        .columns
        .iter()
        .map(|column| column.iter().sum::<u64>());
    let top = round(sums.max().unwrap_or(0));
    for line in [top, top / 2] {
        let y = f64::from(BOTTOM) - height(line, top);
        drawing.rule("grid", y);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the drawing
        drawing.beside(y as u32 + 4, &line.to_string());
    }
    #[allow(clippy::cast_precision_loss)] // some hundred columns
    let wide = 1.0 / stack.columns.len().max(1) as f64;
    let mut across = 0.0;
    for column in &stack.columns {
        let mut y = f64::from(BOTTOM);
        for (part, number) in column.iter().enumerate().filter(|(_, n)| **n > 0) {
            let high = height(*number, top);
            y -= high;
            let class = format!("s{part}");
            drawing.rect(
                &class,
                across + wide * GAP / 2.0,
                y,
                wide * (1.0 - GAP),
                high,
            );
        }
        across += wide;
    }
    drawing.rule("base", f64::from(BOTTOM));
    drawing.ticks(&stack.ticks, BOTTOM);
    drawing.marks(&stack.marks, BOTTOM);
    HEIGHT
}

#[allow(clippy::cast_precision_loss)] // pixels
fn height(number: u64, top: u64) -> f64 {
    number as f64 / top.max(1) as f64 * f64::from(BOTTOM - TOP)
}

/// The next even number that is easily read: 2, 4, 6, 8, 10, 12, 16, 20 and so on.
fn round(number: u64) -> u64 {
    let mut unit = 2;
    while unit * 10 < number {
        unit *= 10;
    }
    let half = if number <= unit * 5 { unit } else { unit * 2 };
    number.div_ceil(half).max(1) * half
}

#[cfg(test)]
mod tests {
    use super::round;

    #[test]
    fn the_top_is_an_even_number_above_all() {
        for (number, top) in [
            (0, 2),
            (1, 2),
            (3, 4),
            (9, 10),
            (11, 12),
            (19, 20),
            (21, 40),
            (199, 200),
            (1234, 2000),
        ] {
            assert!(
                round(number) >= number && round(number).is_multiple_of(2),
                "{number}"
            );
            assert!(
                round(number) <= top.max(2) * 2,
                "{number}: {}",
                round(number)
            );
        }
    }
}
