//! Lanes in the same time: bars for what was refused, circles for what was let in.

use super::svg::{Anchor, Drawing, percent};
use super::{Lanes, Stretch};

/// Pixels: of a lane, and of what stands above all.
const LANE: u32 = 44;
const HEAD: u32 = 24;

pub(super) fn draw(lanes: &Lanes, drawing: &mut Drawing) -> u32 {
    let number = u32::try_from(lanes.rows.len()).unwrap_or(0);
    let bottom = HEAD + LANE * number;
    let (from, until) = lanes.lasted;
    let high = f64::from(LANE * number);
    drawing.rect(
        "lasted",
        from,
        f64::from(HEAD),
        (until - from).max(0.002),
        high,
    );
    let mut top = HEAD;
    for lane in &lanes.rows {
        drawing.text("label halo", 0.0, top + 14, Anchor::Start, &lane.label);
        drawing.text("axis halo", 1.0, top + 14, Anchor::End, &lane.note);
        let y = f64::from(top) + 30.0;
        drawing.rule("grid", y);
        ACCEPTED.draw(&lane.accepted, y, drawing);
        REFUSED.draw(&lane.refused, y, drawing);
        top += LANE;
    }
    drawing.rule("base", f64::from(bottom));
    drawing.ticks(&lanes.ticks, bottom);
    drawing.marks(&lanes.marks, bottom);
    bottom + 26
}

/// How stretches of one kind look.
struct Look {
    class: &'static str,
    title: &'static str,
    /// Pixels from the middle of the lane to the edge of a stretch.
    half: f64,
    /// What stands where one begins: a moment has no width of its own.
    moment: fn(&Look, f64, f64, &mut Drawing),
}

const REFUSED: Look = Look {
    class: "refused",
    title: "refused",
    half: 8.0,
    moment: Look::bar,
};
const ACCEPTED: Look = Look {
    class: "accepted",
    title: "let in",
    half: 2.0,
    moment: Look::circle,
};

impl Look {
    /// `y`: the middle of the lane, in pixels.
    fn draw(&self, stretches: &[Stretch], y: f64, drawing: &mut Drawing) {
        for stretch in stretches {
            let title = match stretch.number {
                1 => self.title.to_owned(),
                n => format!("{n} {}", self.title),
            };
            let wide = stretch.until - stretch.from;
            drawing.titled(&title, |drawing| {
                if wide > 0.0 {
                    let (top, high) = (y - self.half, 2.0 * self.half);
                    drawing.rect(self.class, stretch.from, top, wide, high);
                }
                (self.moment)(self, stretch.from, y, drawing);
            });
        }
    }

    fn bar(&self, x: f64, y: f64, drawing: &mut Drawing) {
        let (class, x, top, high) = (self.class, percent(x), y - self.half, 2.0 * self.half);
        drawing.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{top:.1}\" width=\"3\" height=\"{high}\"/>"
        ));
    }

    fn circle(&self, x: f64, y: f64, drawing: &mut Drawing) {
        let (class, x) = (self.class, percent(x));
        drawing.put(format_args!(
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y:.1}\" r=\"4\"/>"
        ));
    }
}
