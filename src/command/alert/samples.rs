//! `alert test --shipped`: whether the rules that are shipped do what they should.

use std::io::Write;

use anstream::ColorChoice;
use anyhow::Context;

use super::super::{Exit, stdout};
use crate::alert::sample::samples;
use crate::cli::Output;

pub(super) fn run(color: ColorChoice) -> anyhow::Result<Exit> {
    let mut out = stdout(Output::Text, color);
    let mut is_right = true;
    let samples = samples().context("the samples cannot be read")?;
    for sample in &samples {
        let outcome = sample.run();
        is_right &= outcome.is_right();
        let told = match (outcome.fires, outcome.is_silent) {
            (true, true) => "fires, and is silent where it has to be",
            (false, _) => "does not fire",
            (true, false) => "fires where it must not",
        };
        writeln!(out, "{:<33}{told}", sample.rule)?;
    }
    writeln!(out, "{} rules", samples.len())?;
    out.flush()?;
    Ok(if is_right { Exit::Done } else { Exit::Found })
}
