//! How far reading is, on a terminal; in a pipe nothing is said.

use indicatif::{ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{bytes}/{total_bytes} {bar:30} {msg} {eta} left";

#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    lines: u64,
}

impl Progress {
    /// `bytes`: of all that is to be read, as far as files tell.
    pub(super) fn new(bytes: u64) -> Self {
        let bar = ProgressBar::new(bytes);
        let style = ProgressStyle::with_template(TEMPLATE);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, lines: 0 }
    }

    pub(super) fn advance(&mut self, bytes: u64, lines: u64) {
        self.lines += lines;
        self.bar.inc(bytes);
        let seconds = self.bar.elapsed().as_secs().max(1);
        self.bar
            .set_message(format!("{} lines/s", self.lines / seconds));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
