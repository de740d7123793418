//! Which of a file's columns is which field, where their names do not tell.

use super::fields::Field;
use crate::{Error, Result};

/// Columns of one map at most.
const COLUMNS_MAX: usize = 200;

/// What some columns or keys of a feed's files are, beside those whose names tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap(Vec<(String, Field)>);

impl ColumnMap {
    /// Reads pairs of a column's title and a field's name.
    ///
    /// # Errors
    /// Usage when a field is unknown, a title is empty or given twice, or there are too many.
    ///
    /// # Examples
    /// ```
    /// use chahao::batch::ColumnMap;
    /// let map = ColumnMap::new([("单位名称", "name"), ("电话", "phones")])?;
    /// assert_eq!(map.pairs().next(), Some(("单位名称", "name")));
    /// assert!(ColumnMap::new([("单位名称", "title")]).unwrap_err().is_usage());
    /// # Ok::<(), chahao::Error>(())
    /// ```
    pub fn new<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<ColumnMap> {
        let mut map = ColumnMap::default();
        for (title, field) in pairs {
            let Some(field) = Field::by_name(field.trim()) else {
                return Err(Error::usage(format!("no field is named {field:?}: expected COLUMN=FIELD")));
            };
            if title.trim().is_empty() || map.field(title).is_some() || map.0.len() >= COLUMNS_MAX {
                let text = format!("a column is named once, and at most {COLUMNS_MAX} are; it is {title:?}");
                return Err(Error::usage(text));
            }
            map.0.push((title.trim().to_owned(), field));
        }
        Ok(map)
    }

    /// Its columns, each with its field's name.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.0.iter().map(|(title, field)| (title.as_str(), field.name()))
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This map with what `newer` says put over it.
    #[must_use]
    pub fn with(mut self, newer: &ColumnMap) -> ColumnMap {
        self.0.retain(|(title, _)| newer.field(title).is_none());
        self.0.extend(newer.0.iter().cloned());
        self
    }

    /// The field of the column `title`, by this map or else by its name.
    pub(super) fn field_of(&self, title: &str) -> Option<Field> {
        self.field(title).or_else(|| Field::by_name(title.trim()))
    }

    fn field(&self, title: &str) -> Option<Field> {
        self.0.iter().find(|(known, _)| known == title.trim()).map(|(_, field)| *field)
    }
}
