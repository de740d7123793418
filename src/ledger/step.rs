//! Writing in steps, each whole or not at all; and trials, whose steps are all taken back.

use std::ops::Deref;

use rusqlite::Connection;

use super::Ledger;
use crate::Result;

/// One step: a transaction of its own, or a part of the trial that is under way. Taken back unless it is committed.
pub(super) struct Step<'c> {
    connection: &'c Connection,
    in_trial: bool,
    is_done: bool,
}

impl<'c> Step<'c> {
    /// Begins with the right to write.
    pub(super) fn begin(connection: &'c Connection) -> Result<Step<'c>> {
        let in_trial = !connection.is_autocommit();
        connection.execute_batch(if in_trial { "SAVEPOINT step" } else { "BEGIN IMMEDIATE" })?;
        Ok(Step { connection, in_trial, is_done: false })
    }

    pub(super) fn commit(mut self) -> Result<()> {
        self.connection.execute_batch(if self.in_trial { "RELEASE step" } else { "COMMIT" })?;
        self.is_done = true;
        Ok(())
    }
}

impl Deref for Step<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        // SQLite itself takes everything back where the disk is full.
        if self.is_done || self.connection.is_autocommit() {
            return;
        }
        let back = if self.in_trial { "ROLLBACK TO step; RELEASE step" } else { "ROLLBACK" };
        if let Err(error) = self.connection.execute_batch(back) {
            tracing::error!(%error, "a step could not be taken back");
        }
    }
}

impl Ledger {
    /// What `run` finds when it does everything it does: all of it is taken back afterwards. Writers wait meanwhile.
    ///
    /// # Errors
    /// Those of `run`; busy when another process writes for too long.
    pub fn trial<T>(&mut self, run: impl FnOnce(&mut Ledger) -> Result<T>) -> Result<T> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let found = run(self);
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        found
    }
}
