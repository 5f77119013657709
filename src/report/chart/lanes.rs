//! Lanes in the same time: bars for what was refused, circles for what was let in.

use super::svg::{Anchor, Drawing, escaped, percent};
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
        for stretch in &lane.accepted {
            accepted(stretch, y, drawing);
        }
        for stretch in &lane.refused {
            refused(stretch, y, drawing);
        }
        top += LANE;
    }
    drawing.rule("base", f64::from(bottom));
    drawing.ticks(&lanes.ticks, bottom);
    drawing.marks(&lanes.marks, bottom);
    bottom + 26
}

fn refused(stretch: &Stretch, y: f64, drawing: &mut Drawing) {
    title("refused", stretch, drawing);
    let wide = stretch.until - stretch.from;
    if wide > 0.0 {
        drawing.rect("refused", stretch.from, y - 8.0, wide, 16.0);
    }
    // A moment has no width of its own.
    let x = percent(stretch.from);
    drawing.put(format_args!(
        "<rect class=\"refused\" x=\"{x}\" y=\"{:.1}\" width=\"3\" height=\"16\"/></g>",
        y - 8.0
    ));
}

fn accepted(stretch: &Stretch, y: f64, drawing: &mut Drawing) {
    title("let in", stretch, drawing);
    let wide = stretch.until - stretch.from;
    if wide > 0.0 {
        drawing.rect("accepted", stretch.from, y - 2.0, wide, 4.0);
    }
    let x = percent(stretch.from);
    drawing.put(format_args!(
        "<circle class=\"accepted\" cx=\"{x}\" cy=\"{y:.1}\" r=\"4\"/></g>"
    ));
}

fn title(what: &str, stretch: &Stretch, drawing: &mut Drawing) {
    let title = match stretch.number {
        1 => what.to_owned(),
        n => format!("{n} {what}"),
    };
    drawing.put(format_args!("<g><title>{}</title>", escaped(&title)));
}
