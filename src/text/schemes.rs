//! The table of reading schemes: pinyin, and those beside it, by their numbers.
//!
//! A scheme is registered here, once: indexes hold keys of every one, and queries are looked for in all of them.

use std::sync::Arc;

use super::ReadingScheme;
use crate::{Error, Result};

/// Schemes beside pinyin at most.
pub const SCHEMES_FURTHER_MAX: usize = 15;
/// Letters of a scheme's name at most.
const NAME_BYTES_MAX: usize = 16;

/// Which of the registered schemes it is: pinyin is the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemeNumber(u8);

impl SchemeNumber {
    /// Pinyin, which is always there.
    pub const PINYIN: SchemeNumber = SchemeNumber(0);

    /// Its place in the table.
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The first `count` numbers.
    pub fn first(count: usize) -> impl Iterator<Item = SchemeNumber> {
        (0..=u8::MAX).take(count).map(SchemeNumber)
    }
}

/// The schemes beside pinyin, in the order of their numbers.
#[derive(Debug, Clone, Default)]
pub struct Schemes {
    further: Vec<Arc<dyn ReadingScheme>>,
}

impl Schemes {
    /// Those of this version: a further scheme is one more here.
    pub fn built_in() -> Schemes {
        Schemes::default()
    }

    /// These, and `scheme` behind them.
    ///
    /// # Errors
    /// Usage unless its name is 1 to 16 lower-case letters and digits that no other has, or where there are too many.
    pub fn and(mut self, scheme: impl ReadingScheme + 'static) -> Result<Schemes> {
        let name = scheme.name();
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !is_plain || !(1..=NAME_BYTES_MAX).contains(&name.len()) {
            let limits = format!("1 to {NAME_BYTES_MAX} lower-case letters and digits");
            return Err(Error::usage(format!("a reading scheme is named by {limits}; it is {name:?}")));
        }
        if name == "pinyin" || self.names().any(|known| known == name) {
            return Err(Error::usage(format!("there is a reading scheme {name:?} already")));
        }
        if self.further.len() >= SCHEMES_FURTHER_MAX {
            return Err(Error::usage(format!("at most {SCHEMES_FURTHER_MAX} reading schemes beside pinyin")));
        }
        self.further.push(Arc::new(scheme));
        Ok(self)
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.further.iter().map(|scheme| scheme.name())
    }

    /// How many schemes there are, pinyin among them.
    #[inline]
    pub fn count(&self) -> usize {
        1 + self.further.len()
    }

    /// The schemes beside pinyin, with their numbers.
    pub fn further(&self) -> impl Iterator<Item = (SchemeNumber, &dyn ReadingScheme)> {
        SchemeNumber::first(self.count()).skip(1).zip(self.further.iter().map(|scheme| &**scheme))
    }

    /// The scheme `number` beside pinyin.
    pub fn get(&self, number: SchemeNumber) -> Option<&dyn ReadingScheme> {
        let at = number.index().checked_sub(1)?;
        self.further.get(at).map(|scheme| &**scheme)
    }
}
