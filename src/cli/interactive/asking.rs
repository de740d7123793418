//! Questions to a server or to the index here, asked on a thread of their own; of lookups only the newest.

use std::sync::mpsc::{self, Receiver, Sender};

use super::super::client::{Client, part_of_path};
use crate::desk::{Desk, FacetAnswer, HitView, ListingView, LookupAnswer};
use crate::query::{LIMIT_MAX, Query};
use crate::{Error, Result};

/// Who answers.
#[derive(Debug)]
pub(in crate::cli) enum Source {
    /// The index here.
    Here(Box<Desk>),
    /// A running server.
    Server(Client),
}

/// A lookup as it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lookup {
    pub(super) q: String,
    pub(super) limit: usize,
    pub(super) locality: Option<String>,
    pub(super) category: Option<String>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// Hits of what is typed.
    Hits { number: u64, lookup: Lookup },
    /// Hits among which a narrowing is picked.
    Around { number: u64, lookup: Lookup },
    /// One whole listing.
    Listing { number: u64, id: String },
}

/// Hits among which a narrowing is picked.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) hits: Vec<HitView>,
    /// All there is to narrow to, where there are more hits than these.
    pub(super) facets: Option<FacetAnswer>,
}

/// What came of it, with the number it was asked by.
#[derive(Debug)]
pub(super) enum Answered {
    Hits(u64, Result<LookupAnswer>),
    Around(u64, Result<Around>),
    Listing(u64, Result<Box<ListingView>>),
}

impl Source {
    pub(super) fn answer(&self, question: Question) -> Answered {
        match question {
            Question::Hits { number, lookup } => Answered::Hits(number, self.lookup(&lookup)),
            Question::Around { number, lookup } => Answered::Around(number, self.around(&lookup)),
            Question::Listing { number, id } => Answered::Listing(number, self.listing(&id).map(Box::new)),
        }
    }

    fn around(&self, asked: &Lookup) -> Result<Around> {
        let hits = self.lookup(asked)?.hits;
        let facets = (hits.len() == LIMIT_MAX).then(|| match self {
            Source::Here(desk) => desk.facets(),
            Source::Server(client) => client.get("/v1/facets", &[]),
        });
        Ok(Around { hits, facets: facets.transpose()? })
    }

    fn lookup(&self, asked: &Lookup) -> Result<LookupAnswer> {
        // What was picked is meant, and not every value that holds it.
        let exactly = |value: &Option<String>| value.as_ref().map(|value| format!("={value}"));
        let (locality, category) = (exactly(&asked.locality), exactly(&asked.category));
        match self {
            Source::Here(desk) => {
                // A new index serves from the next key on; where it cannot be opened, the old one does.
                if let Err(error) = desk.refresh()
                    && desk.current().is_none()
                {
                    return Err(error);
                }
                let query = Query::new(&asked.q)?.page(asked.limit, 0)?;
                desk.lookup(&query.narrow(None, locality, category))
            }
            Source::Server(client) => client.get(
                "/v1/lookup",
                &[
                    ("q", Some(&asked.q)),
                    ("limit", Some(&asked.limit.to_string())),
                    ("locality", locality.as_deref()),
                    ("category", category.as_deref()),
                ],
            ),
        }
    }

    fn listing(&self, id: &str) -> Result<ListingView> {
        match self {
            Source::Here(desk) => desk.listing(id),
            Source::Server(client) => client.get(&format!("/v1/listings/{}", part_of_path(id)), &[]),
        }
    }
}

/// The thread that asks.
#[derive(Debug)]
pub(super) struct Asker {
    questions: Sender<Question>,
}

/// Says so when the thread ends, by a panic too.
struct Ended<F: FnMut()>(F);

impl<F: FnMut()> Drop for Ended<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Asker {
    /// Asks `source`; `tell` hears every answer, `ended` that no more come.
    pub(super) fn start(
        source: Source,
        tell: impl Fn(Answered) + Send + 'static,
        ended: impl FnMut() + Send + 'static,
    ) -> Asker {
        let (questions, asked) = mpsc::channel();
        std::thread::spawn(move || {
            let _ended = Ended(ended);
            while let Some(waiting) = next(&asked) {
                waiting.into_iter().for_each(|question| tell(source.answer(question)));
            }
        });
        Asker { questions }
    }

    pub(super) fn ask(&self, question: Question) {
        // Where nobody asks any more, that is told already.
        drop(self.questions.send(question));
    }
}

/// The questions that wait, without lookups that a newer one stands for; `None` once there will be none.
fn next(asked: &Receiver<Question>) -> Option<Vec<Question>> {
    let mut waiting = vec![asked.recv().ok()?];
    waiting.extend(asked.try_iter());
    let newest = waiting.iter().rposition(|question| matches!(question, Question::Hits { .. }));
    let mut at = 0;
    waiting.retain(|question| {
        at += 1;
        !matches!(question, Question::Hits { .. }) || newest == Some(at - 1)
    });
    Some(waiting)
}

/// Whether asking again may help.
pub(super) fn may_help(error: &Error) -> bool {
    error.is_busy() || error.kind() == crate::ErrorKind::Io
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_lookups_that_wait_only_the_newest_is_asked() {
        let (questions, asked) = mpsc::channel();
        let lookup = |q: &str| Lookup { q: q.to_owned(), limit: 10, locality: None, category: None };
        for (number, q) in [(1, "g"), (2, "gz"), (3, "gzj")] {
            questions.send(Question::Hits { number, lookup: lookup(q) }).unwrap();
        }
        questions.send(Question::Listing { number: 1, id: "A1".to_owned() }).unwrap();
        let waiting = next(&asked).unwrap();
        assert!(matches!(&waiting[..], [Question::Hits { number: 3, .. }, Question::Listing { .. }]), "{waiting:?}");
        drop(questions);
        assert!(next(&asked).is_none());
    }
}
