//! What is remembered of the columns of a feed's files.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::Ledger;
use super::place::{DEFAULT_FEED, corrected};
use super::step::Step;
use crate::batch::ColumnMap;
use crate::{Error, Result};

/// What one column of a feed's files is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedColumn {
    /// The feed.
    pub feed: String,
    /// The column's title.
    pub title: String,
    /// The field's name.
    pub field: String,
}

/// Puts what columns of a feed are over what is remembered of it.
pub(super) fn remember(connection: &Connection, feed: &str, columns: &ColumnMap) -> Result<()> {
    let put = "INSERT INTO feed_column (feed, title, field) VALUES (?1, ?2, ?3)
               ON CONFLICT (feed, title) DO UPDATE SET field = excluded.field";
    for (title, field) in columns.pairs() {
        connection.execute(put, params![feed, title, field])?;
    }
    Ok(())
}

impl Ledger {
    /// What columns of a feed's files are, as remembered; a feed without a name is the default one. Rows that were
    /// rejected and corrected have the columns of the feed they came from.
    ///
    /// # Errors
    /// When the file cannot be read, or a field is remembered that this version does not know.
    pub fn columns_of(&self, feed: Option<&str>) -> Result<ColumnMap> {
        let feed = feed.unwrap_or(DEFAULT_FEED).trim();
        let columns = self.columns(Some(feed))?;
        let own = ColumnMap::new(columns.iter().map(|column| (column.title.as_str(), column.field.as_str())))?;
        match corrected(feed) {
            Some(feed) => Ok(self.columns_of(Some(feed))?.with(&own)),
            None => Ok(own),
        }
    }

    /// What is remembered of the columns of `feed`'s files, or of every feed's.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn columns(&self, feed: Option<&str>) -> Result<Vec<FeedColumn>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT feed, title, field FROM feed_column WHERE ?1 IS NULL OR feed = ?1 ORDER BY feed, title",
        )?;
        let columns = statement.query_map([feed.map(str::trim)], |row| {
            Ok(FeedColumn { feed: row.get(0)?, title: row.get(1)?, field: row.get(2)? })
        })?;
        Ok(columns.collect::<Result<_, _>>()?)
    }

    /// Forgets what the columns `titles` of `feed`'s files are: all of them or, where one is not known, none.
    ///
    /// # Errors
    /// Not found when nothing is remembered of one of them; otherwise when it cannot be written.
    pub fn forget_columns(&self, feed: &str, titles: &[String]) -> Result<()> {
        let step = Step::begin(&self.connection)?;
        for title in titles {
            let forget = "DELETE FROM feed_column WHERE feed = ?1 AND title = ?2";
            if step.execute(forget, params![feed.trim(), title.trim()])? == 0 {
                let text = format!("nothing is remembered of a column {title:?} of feed {feed}; see chahao columns");
                return Err(Error::not_found(text));
            }
        }
        step.commit()
    }
}
