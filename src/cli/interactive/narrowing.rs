//! Narrowing to a locality or a category, picked from those there are.

use super::asking::{Around, Question};
use super::state::{Console, Effect, List};
use crate::Result;
use crate::query::LIMIT_MAX;

/// What hits can be narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Locality,
    Category,
}

/// A locality or category; `None` lifts the narrowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: Option<String>,
    /// How many of the hits have it; `None` where that is not known, for there are more hits than were looked at.
    pub(super) count: Option<usize>,
}

impl Console {
    pub(super) fn open_narrowing(&mut self, field: Field) -> Vec<Effect> {
        if self.query().is_empty() {
            self.notice = Some(self.phrases.say("narrow_empty").to_owned());
            return Vec::new();
        }
        self.around += 1;
        self.narrowing_asked = Some(field);
        let mut lookup = self.question(LIMIT_MAX);
        match field {
            Field::Locality => lookup.locality = None,
            Field::Category => lookup.category = None,
        }
        vec![Effect::Ask(Question::Around { number: self.around, lookup })]
    }

    pub(super) fn on_around(&mut self, around: Result<Around>) {
        let (Around { hits, facets }, field) = match (around, self.narrowing_asked.take()) {
            (Ok(around), Some(field)) => (around, field),
            (Err(error), _) => {
                self.failed(&error);
                return;
            }
            (Ok(_), None) => return,
        };
        let mut choices: Vec<Choice> = Vec::new();
        for hit in hits {
            let value = if field == Field::Locality { hit.locality } else { hit.category };
            match choices.iter_mut().find(|choice| choice.value.as_ref() == Some(&value)) {
                _ if value.is_empty() => {}
                Some(choice) => choice.count = choice.count.map(|count| count + 1),
                None => choices.push(Choice { value: Some(value), count: Some(1) }),
            }
        }
        choices.sort_by_key(|choice| std::cmp::Reverse(choice.count));
        // Hits beyond those that were looked at may be anywhere.
        let others = facets.map(|facets| if field == Field::Locality { facets.locality } else { facets.category });
        for other in others.unwrap_or_default() {
            let value = Some(other.value);
            if choices.iter().all(|choice| choice.value != value) {
                choices.push(Choice { value, count: None });
            }
        }
        let narrowed = if field == Field::Locality { &self.locality } else { &self.category };
        if narrowed.is_some() {
            choices.push(Choice { value: None, count: None });
        }
        self.choices = choices;
        self.narrowing = Some(field);
        self.use_list(List::Choices);
    }

    pub(super) fn narrow_to(&mut self, value: Option<String>) -> Vec<Effect> {
        match self.narrowing.take() {
            Some(Field::Locality) => self.locality = value,
            Some(Field::Category) => self.category = value,
            None => return Vec::new(),
        }
        self.close_answer();
        self.selected = false;
        self.use_list_of_box();
        self.look_up()
    }

    pub(super) fn close_narrowing(&mut self) {
        // A choice that was asked for and has not come is not wanted any more.
        self.around += 1;
        self.narrowing_asked = None;
        if self.narrowing.take().is_some() {
            self.use_list_of_box();
        }
    }
}
