//! Progress bars on long work, when standard error is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::Progress;

/// A bar for the stage at hand.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar that shows nothing until a stage begins, and nothing at all when standard error is no terminal.
    pub(super) fn new() -> Bar {
        Bar { bar: ProgressBar::hidden() }
    }

    /// The bar of one stage, for work that counts by itself.
    pub(super) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn begin(&mut self, stage: &str, total: u64) {
        self.bar.finish_and_clear();
        let (bar, template) = match total {
            0 => (ProgressBar::new_spinner(), "{msg:16} {elapsed}"),
            _ => (ProgressBar::new(total), "{msg:16} {wide_bar} {percent:>3} % {eta}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(stage.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = bar;
    }

    fn reached(&mut self, done: u64) {
        self.bar.set_position(done);
    }
}
