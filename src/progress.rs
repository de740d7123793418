//! How long work tells how far it is.

/// Hears how far a piece of long work has come.
pub trait Progress: Send {
    /// A stage of the work begins; `total` is 0 where it is not known.
    fn begin(&mut self, stage: &str, total: u64);
    /// `done` of the stage's total are done.
    fn reached(&mut self, done: u64);
}

/// Tells nobody.
#[derive(Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _stage: &str, _total: u64) {}
    fn reached(&mut self, _done: u64) {}
}
