//! `chahao columns`.

use clap::Args;

use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::Result;
use crate::ledger::FeedColumn;

/// Show what is remembered of the columns of feeds' files, or forget some of it.
///
/// import --map remembers it with the batch it came with. What is forgotten is told by the column's title again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao columns
  chahao columns district
  chahao columns district --forget 单位名称 --forget 电话")]
pub(super) struct ColumnsArgs {
    /// Only those of this feed.
    #[arg(value_name = "FEED")]
    feed: Option<String>,
    /// Forget what this column is.
    #[arg(long, value_name = "COLUMN", requires = "feed")]
    forget: Vec<String>,
    /// Print JSON, one line a column.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl ColumnsArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk();
        if let Some(feed) = self.feed.as_ref().filter(|_| !self.forget.is_empty()) {
            desk.forget_columns(feed, &self.forget)?;
        }
        let columns = desk.columns(self.feed.as_deref())?;
        for column in &columns {
            if self.json { print_json(column)? } else { print(&line(column))? }
        }
        Ok(if columns.is_empty() && self.forget.is_empty() { Outcome::NothingFound } else { Outcome::Done })
    }
}

fn line(column: &FeedColumn) -> String {
    let FeedColumn { feed, title, field } = column;
    format!("{}: {} = {field}\n", shown(feed), shown(title))
}
