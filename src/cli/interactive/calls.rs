//! The call that is answered, and the last calls of the shift: what is shown of them, and what they become as their
//! listings are asked for anew.

use super::shown_listing::ShownListing;
use super::state::{Console, Effect};
use crate::Result;
use crate::desk::ListingView;

/// Calls of the shift that are kept.
const CALLS_MAX: usize = 100;

/// A call that was answered.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Hours and minutes.
    pub(super) time: String,
    pub(super) listing: ShownListing,
    /// The listing is there no more.
    pub(super) is_gone: bool,
}

/// What is known of the listing that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// What it says.
    Known,
    /// What it said when it was called before: whether it still does is asked.
    Recalled,
    /// It is there no more.
    Gone,
}

/// The listing whose number is shown.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) listing: ShownListing,
    pub(super) standing: Standing,
    /// All of it, once it came.
    pub(super) view: Option<Box<ListingView>>,
    /// Which of [`SPOKEN`](super::state::SPOKEN) is shown.
    pub(super) spoken: Option<usize>,
}

impl Answer {
    /// A hit as it was just found.
    pub(super) fn of_hit(listing: ShownListing) -> Answer {
        Answer { listing, standing: Standing::Known, view: None, spoken: None }
    }

    /// A listing of a call before.
    pub(super) fn recalled(listing: ShownListing) -> Answer {
        Answer { standing: Standing::Recalled, ..Answer::of_hit(listing) }
    }

    /// The same as its listing is now.
    fn whole(self, view: Box<ListingView>) -> Answer {
        let listing = self.listing.as_of(&view);
        Answer { listing, standing: Standing::Known, view: Some(view), spoken: self.spoken }
    }
}

impl Console {
    pub(super) fn answer_with(&mut self, answer: Answer) -> Vec<Effect> {
        let id = answer.listing.id.clone();
        self.begin(answer);
        self.ask_for(id, false)
    }

    /// Shows `answer` as that to the call there is.
    fn begin(&mut self, answer: Answer) {
        self.narrowing = None;
        // What is typed next is the next call.
        self.selected = !self.typed.is_empty();
        self.cursor = self.typed.len();
        self.answer = Some(answer);
        self.rows_read = 0;
        self.choosing = false;
        self.use_list_of_box();
        self.remember_call();
    }

    pub(super) fn on_listing(&mut self, view: Result<Box<ListingView>>) -> Vec<Effect> {
        match view {
            Ok(view) if self.details.opening => {
                let answer = Answer::of_hit(ShownListing::from(&*view));
                self.begin(Answer { view: Some(view), ..answer });
            }
            Ok(view) => {
                self.answer = self.answer.take().map(|answer| answer.whole(view));
                self.remember_call();
            }
            Err(error) if error.is_not_found() && !self.details.opening => {
                if let Some(answer) = &mut self.answer {
                    (answer.standing, answer.view) = (Standing::Gone, None);
                }
                self.remember_call();
            }
            Err(error) => {
                let wait = self.failed(&error);
                self.ask_again_after(wait);
                // What another one took the place of did not come whole itself.
                if let Some(answer) = self.answer.as_ref().filter(|answer| wait.is_none() && answer.view.is_none())
                    && self.details.opening
                {
                    return self.ask_for(answer.listing.id.clone(), false);
                }
            }
        }
        Vec::new()
    }

    /// Remembers the call that is answered.
    fn remember_call(&mut self) {
        let Some(answer) = &self.answer else { return };
        let is_gone = match answer.standing {
            Standing::Recalled => return,
            Standing::Known => false,
            Standing::Gone => true,
        };
        let listing = answer.listing.clone();
        let before = self.calls.iter().position(|call| call.listing.id == listing.id);
        let time = before.map(|at| self.calls.remove(at).time);
        let time = time.unwrap_or_else(|| jiff::Zoned::now().strftime("%H:%M").to_string());
        self.calls.insert(0, Call { time, listing, is_gone });
        self.calls.truncate(CALLS_MAX);
    }
}
