//! Walks over a key index that follow more than one path: letters that sound alike, a wrong key, syllables typed
//! by their initial.
//!
//! Every step is paid for; a walk that runs out of steps ends with what it has.

mod edit;
mod mixed;
mod shared_steps;
mod sound;

pub(super) use edit::one_edit;
pub(super) use mixed::{Syllables, Ways, by_initials};
pub(super) use sound::{Rules, SoundRules, alike};
