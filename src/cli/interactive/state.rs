//! What the desk shows and what keys do to it: the state of the console, without a terminal and without a clock.

use std::time::Duration;

use ratatui::crossterm::event::Event;

use super::asking::{Answered, Lookup, Question, may_help};
use super::shown_listing::{ShownListing, captions_of, number_given};
use crate::Result;
use crate::console::{Language, Phrases};
use crate::desk::{ListingView, LookupAnswer, SpokenLanguage};
use crate::query::{LIMIT_DEFAULT, LIMIT_MAX, QUERY_CHARS_MAX};

/// Calls of the shift that are kept.
const CALLS_MAX: usize = 100;
/// How long is waited before a server that did not answer is asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The languages an answer is read out in, in turn.
pub(super) const SPOKEN: [SpokenLanguage; 3] =
    [SpokenLanguage::Mandarin, SpokenLanguage::Cantonese, SpokenLanguage::English];

/// What is to be done outside.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Ask(Question),
    /// Put on the clipboard.
    Copy(String),
    Leave,
}

/// A list that is chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Hits,
    Calls,
    Choices,
    Captions,
}

/// What hits can be narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Locality,
    Category,
}

/// A call that was answered.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Hours and minutes.
    pub(super) time: String,
    pub(super) number: Option<String>,
    pub(super) listing: ShownListing,
}

/// A locality or category among the hits; `None` lifts the narrowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: Option<String>,
    pub(super) count: usize,
}

/// The listing whose number is shown.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) listing: ShownListing,
    /// All of it, once it came.
    pub(super) view: Option<Box<ListingView>>,
    /// Which of [`SPOKEN`] is shown.
    pub(super) spoken: Option<usize>,
}

/// The desk.
#[derive(Debug)]
pub(super) struct Console {
    /// Who answers.
    pub(super) name: String,
    /// What the interface says.
    pub(super) phrases: Phrases,
    /// What is typed, and where the next character goes.
    pub(super) typed: Vec<char>,
    pub(super) cursor: usize,
    /// All of it stands to be replaced by what is typed next, as the number is shown.
    pub(super) selected: bool,
    pub(super) hits: Vec<ShownListing>,
    pub(super) truncated: bool,
    pub(super) limit: usize,
    pub(super) locality: Option<String>,
    pub(super) category: Option<String>,
    /// What a narrowing is picked by, while it is.
    pub(super) narrowing: Option<Field>,
    pub(super) choices: Vec<Choice>,
    pub(super) answer: Option<Answer>,
    /// The list Enter chooses from, and what is active in each.
    pub(super) list: List,
    pub(super) active: usize,
    pub(super) calls: Vec<Call>,
    /// An arrow key was pressed last: digits choose.
    pub(super) choosing: bool,
    pub(super) help: bool,
    pub(super) notice: Option<String>,
    /// The hit to show as soon as the answer to what is typed has come.
    awaited: Option<usize>,
    /// Where to go on in the hits once more of them came.
    keep: usize,
    /// What a narrowing was asked by.
    narrowing_asked: Option<Field>,
    /// Numbers of the newest question of each kind, and of the hits that are shown.
    asked: u64,
    answered: u64,
    details: u64,
    around: u64,
    /// The listing asked for is no hit: it is shown once it came.
    opening: bool,
    /// When a question that was not answered is asked again.
    retry: Option<Duration>,
}

impl Console {
    pub(super) fn new(name: &str, language: Language) -> Console {
        Console {
            name: name.to_owned(),
            phrases: Phrases::new(language),
            typed: Vec::new(),
            cursor: 0,
            selected: false,
            hits: Vec::new(),
            truncated: false,
            limit: LIMIT_DEFAULT,
            locality: None,
            category: None,
            narrowing: None,
            choices: Vec::new(),
            answer: None,
            list: List::Calls,
            active: 0,
            calls: Vec::new(),
            choosing: false,
            help: false,
            notice: None,
            awaited: None,
            keep: 0,
            narrowing_asked: None,
            asked: 0,
            answered: 0,
            details: 0,
            around: 0,
            opening: false,
            retry: None,
        }
    }

    /// What is typed, as it is looked up.
    pub(super) fn query(&self) -> String {
        self.typed.iter().collect::<String>().trim().to_owned()
    }

    /// Whether what is shown answers what is typed.
    pub(super) fn fresh(&self) -> bool {
        self.asked == self.answered
    }

    pub(super) fn on_event(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) => self.on_key(key),
            Event::Paste(text) => self.paste(&text),
            // A terminal of another size is drawn anew anyway.
            _ => Vec::new(),
        }
    }

    /// Time passed without anything else.
    pub(super) fn on_tick(&mut self, passed: Duration) -> Vec<Effect> {
        match self.retry {
            Some(left) if left <= passed => self.look_up(),
            Some(left) => {
                self.retry = Some(left.saturating_sub(passed));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    // ---- asking ----

    fn question(&self, limit: usize) -> Lookup {
        Lookup { q: self.query(), limit, locality: self.locality.clone(), category: self.category.clone() }
    }

    /// Asks for what is typed.
    pub(super) fn look_up(&mut self) -> Vec<Effect> {
        self.retry = None;
        self.asked += 1;
        if self.query().is_empty() {
            self.answered = self.asked;
            self.hits.clear();
            self.truncated = false;
            self.use_list_of_box();
            return Vec::new();
        }
        vec![Effect::Ask(Question::Hits { number: self.asked, lookup: self.question(self.limit) })]
    }

    pub(super) fn on_answer(&mut self, answered: Answered) -> Vec<Effect> {
        match answered {
            Answered::Hits(number, answer) if number == self.asked => self.on_hits(answer),
            Answered::Around(number, answer) if number == self.around => {
                self.on_around(answer);
                Vec::new()
            }
            Answered::Listing(number, view) if number == self.details => self.on_listing(view),
            // Something newer was asked meanwhile.
            _ => Vec::new(),
        }
    }

    fn on_hits(&mut self, answer: Result<LookupAnswer>) -> Vec<Effect> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.notice = Some(self.phrases.say_of("failed", &[&error.to_string()]));
                self.retry = may_help(&error).then_some(RETRY_AFTER);
                return Vec::new();
            }
        };
        self.answered = self.asked;
        self.hits = answer.hits.into_iter().map(ShownListing::from).collect();
        self.truncated = answer.truncated;
        if self.answer.is_none() && self.narrowing.is_none() {
            self.use_list_of_box();
            self.active = self.keep.min(self.hits.len().saturating_sub(1));
        }
        self.keep = 0;
        match self.awaited.take() {
            Some(at) => self.show(at),
            None => Vec::new(),
        }
    }

    // ---- the answer ----

    /// Shows hit `at`, or waits for it where what is typed is not answered yet.
    pub(super) fn show(&mut self, at: usize) -> Vec<Effect> {
        if !self.fresh() {
            self.awaited = Some(at);
            return Vec::new();
        }
        let Some(hit) = self.hits.get(at).cloned() else { return Vec::new() };
        self.active = at;
        self.answer_with(hit)
    }

    pub(super) fn answer_with(&mut self, listing: ShownListing) -> Vec<Effect> {
        self.narrowing = None;
        // What is typed next is the next call.
        self.selected = !self.typed.is_empty();
        self.cursor = self.typed.len();
        let id = listing.id.clone();
        self.answer = Some(Answer { listing, view: None, spoken: None });
        self.choosing = false;
        self.use_list_of_box();
        self.remember_call();
        self.ask_for(id, false)
    }

    /// Asks for the listing `id`: the one that is shown, or another to be shown in its place.
    pub(super) fn ask_for(&mut self, id: String, opening: bool) -> Vec<Effect> {
        self.details += 1;
        self.opening = opening;
        vec![Effect::Ask(Question::Listing { number: self.details, id })]
    }

    fn on_listing(&mut self, view: Result<Box<ListingView>>) -> Vec<Effect> {
        let view = match view {
            Ok(view) => view,
            Err(error) => {
                self.notice = Some(self.phrases.say_of("failed", &[&error.to_string()]));
                return Vec::new();
            }
        };
        if self.opening {
            self.answer = Some(Answer { listing: ShownListing::from(&*view), view: None, spoken: None });
            self.selected = !self.typed.is_empty();
            self.use_list_of_box();
        }
        if let Some(answer) = &mut self.answer {
            answer.view = Some(view);
            self.remember_call();
        }
        Vec::new()
    }

    pub(super) fn close_answer(&mut self) {
        // What still comes of it is dropped.
        self.details += 1;
        self.answer = None;
    }

    /// The ids of the captions of the listing that is shown, in their order.
    pub(super) fn captions(&self) -> Vec<String> {
        let view = self.answer.as_ref().and_then(|answer| answer.view.as_ref());
        let captions = view.map(|view| captions_of(&view.captions, 1)).unwrap_or_default();
        captions.into_iter().map(|(_, caption)| caption.id.to_string()).collect()
    }

    fn remember_call(&mut self) {
        let Some(answer) = &self.answer else { return };
        let listing = answer.listing.clone();
        let number = number_given(&listing, answer.view.as_deref());
        let before = self.calls.iter().position(|call| call.listing.id == listing.id);
        let time = before.map(|at| self.calls.remove(at).time);
        let time = time.unwrap_or_else(|| jiff::Zoned::now().strftime("%H:%M").to_string());
        self.calls.insert(0, Call { time, number, listing });
        self.calls.truncate(CALLS_MAX);
    }

    // ---- narrowing ----

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

    fn on_around(&mut self, answer: Result<LookupAnswer>) {
        let (hits, field) = match (answer, self.narrowing_asked.take()) {
            (Ok(answer), Some(field)) => (answer.hits, field),
            (Err(error), _) => {
                self.notice = Some(self.phrases.say_of("failed", &[&error.to_string()]));
                return;
            }
            (Ok(_), None) => return,
        };
        let mut choices: Vec<Choice> = Vec::new();
        for hit in hits {
            let value = if field == Field::Locality { hit.locality } else { hit.category };
            match choices.iter_mut().find(|choice| choice.value.as_ref() == Some(&value)) {
                _ if value.is_empty() => {}
                Some(choice) => choice.count += 1,
                None => choices.push(Choice { value: Some(value), count: 1 }),
            }
        }
        choices.sort_by_key(|choice| std::cmp::Reverse(choice.count));
        let narrowed = if field == Field::Locality { &self.locality } else { &self.category };
        if narrowed.is_some() {
            choices.push(Choice { value: None, count: 0 });
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

    // ---- what is typed ----

    pub(super) fn next_call(&mut self) -> Vec<Effect> {
        self.close_narrowing();
        self.close_answer();
        (self.locality, self.category) = (None, None);
        self.typed.clear();
        self.after_typing()
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        let text: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
        if text.is_empty() { Vec::new() } else { self.insert(&text) }
    }

    pub(super) fn insert(&mut self, text: &[char]) -> Vec<Effect> {
        if self.selected {
            self.typed.clear();
            self.cursor = 0;
        }
        for &c in text {
            if self.typed.len() < QUERY_CHARS_MAX {
                self.typed.insert(self.cursor.min(self.typed.len()), c);
                self.cursor += 1;
            }
        }
        self.after_typing()
    }

    /// What is typed has changed.
    pub(super) fn after_typing(&mut self) -> Vec<Effect> {
        self.cursor = self.cursor.min(self.typed.len());
        self.selected = false;
        self.choosing = false;
        self.awaited = None;
        self.notice = None;
        self.limit = LIMIT_DEFAULT;
        self.keep = 0;
        self.close_narrowing();
        if self.answer.is_some() {
            self.close_answer();
        }
        // Enter means what is typed, whether its answer is there or not.
        self.use_list_of_box();
        self.look_up()
    }

    // ---- lists ----

    /// What Enter chooses from where nothing else is open: hits, or calls where nothing is typed.
    pub(super) fn use_list_of_box(&mut self) {
        self.use_list(if self.query().is_empty() { List::Calls } else { List::Hits });
    }

    pub(super) fn use_list(&mut self, list: List) {
        if self.list != list {
            self.active = 0;
        }
        self.list = list;
        self.active = self.active.min(self.length().saturating_sub(1));
    }

    /// How many there are to choose from.
    pub(super) fn length(&self) -> usize {
        match self.list {
            List::Hits => self.hits.len(),
            List::Calls => self.calls.len(),
            List::Choices => self.choices.len(),
            List::Captions => self.captions().len(),
        }
    }

    /// Steps in the list; at the end of the hits more are asked for.
    pub(super) fn step(&mut self, by: isize) -> Vec<Effect> {
        self.choosing = true;
        let wanted = self.active.saturating_add_signed(by);
        let length = self.length();
        self.active = wanted.min(length.saturating_sub(1));
        let more = self.list == List::Hits && self.hits.len() == self.limit && self.limit < LIMIT_MAX;
        if wanted < length || !more {
            return Vec::new();
        }
        self.keep = self.active + 1;
        self.limit = (self.limit + LIMIT_DEFAULT).min(LIMIT_MAX);
        self.look_up()
    }

    /// Chooses what is active.
    pub(super) fn choose_active(&mut self) -> Vec<Effect> {
        match self.list {
            // Before the answer came the first hit is meant: nothing else could be seen.
            List::Hits => self.show(if self.fresh() { self.active } else { 0 }),
            _ => self.choose(self.active),
        }
    }

    /// Chooses number `at` of the list.
    pub(super) fn choose(&mut self, at: usize) -> Vec<Effect> {
        match self.list {
            List::Hits => self.show(at),
            List::Calls => match self.calls.get(at).cloned() {
                Some(call) => self.answer_with(call.listing),
                None => Vec::new(),
            },
            List::Choices => match self.choices.get(at).cloned() {
                Some(choice) => self.narrow_to(choice.value),
                None => Vec::new(),
            },
            List::Captions => match self.captions().into_iter().nth(at) {
                Some(id) => self.ask_for(id, true),
                None => Vec::new(),
            },
        }
    }
}
