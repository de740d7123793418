//! Steps from one place behind many words in turn: what two words that follow each other begin with alike is walked once.

use crate::index::{KeyIndex, KeyState};
use crate::query::fuel::{Fuel, Price};

/// Letters of a word at most: `zhuang` has six.
const WORD_LETTERS_MAX: usize = 8;

/// The way to the word asked for last.
pub(super) struct SharedSteps<'k> {
    keys: &'k KeyIndex,
    from: KeyState,
    word: [u8; WORD_LETTERS_MAX],
    /// The place behind every letter of it.
    behind: [KeyState; WORD_LETTERS_MAX],
    /// Letters of it that keys go on with.
    reached: usize,
    /// Whether no key goes on with the letter behind those.
    failed: bool,
}

impl<'k> SharedSteps<'k> {
    pub(super) fn new(keys: &'k KeyIndex, from: KeyState) -> SharedSteps<'k> {
        let word = [0; WORD_LETTERS_MAX];
        SharedSteps { keys, from, word, behind: [from; WORD_LETTERS_MAX], reached: 0, failed: false }
    }

    /// The place behind `word`, if a key goes on so; `None` where there is not fuel enough to tell. Words in
    /// alphabetical order share the most.
    pub(super) fn behind(&mut self, word: &[u8], fuel: &mut Fuel) -> Option<Option<KeyState>> {
        let common = self.word.iter().zip(word).take_while(|(a, b)| a == b).count();
        if self.failed && common > self.reached || word.len() > WORD_LETTERS_MAX {
            return Some(None);
        }
        self.reached = self.reached.min(common);
        self.failed = false;
        let mut state = match self.reached.checked_sub(1) {
            Some(last) => *self.behind.get(last)?,
            None => self.from,
        };
        for ((letter, known), place) in word.iter().zip(&mut self.word).zip(&mut self.behind).skip(self.reached) {
            if !fuel.spend(Price::KeyStep) {
                return None;
            }
            *known = *letter;
            let Some(next) = self.keys.step(state, *letter) else {
                self.failed = true;
                return Some(None);
            };
            self.reached += 1;
            (*place, state) = (next, next);
        }
        Some(Some(state))
    }
}
