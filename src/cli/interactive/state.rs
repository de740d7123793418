//! What the desk shows and what keys do to it: the state of the console, without a terminal and without a clock.

use std::cell::Cell;
use std::time::Duration;

use ratatui::crossterm::event::Event;

use super::asking::{Answered, Lookup, Question, may_help};
use super::calls::{Answer, Call};
use super::narrowing::{Choice, Field};
use super::shown_listing::{ShownListing, captions_of};
use crate::console::{Language, Phrases};
use crate::desk::{LookupAnswer, SpokenLanguage};
use crate::query::{LIMIT_DEFAULT, LIMIT_MAX, QUERY_CHARS_MAX};
use crate::{Error, ErrorKind, Result};

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

/// The hit to show as soon as the answer to what is typed has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// That of this row.
    Hit(usize),
    /// That of the row arrow keys have reached, or of the last where it is none.
    Reached,
}

/// The listing that was asked for last.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// The number of the question.
    pub(super) number: u64,
    id: String,
    /// It is not the one that is shown, and is shown once it came.
    pub(super) opening: bool,
    /// When it is asked for again.
    retry: Option<Duration>,
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
    /// Rows of the answer that were read on over.
    pub(super) rows_read: usize,
    /// Rows of it that its place had no room for when it was drawn last.
    pub(super) rows_beyond: Cell<usize>,
    /// The list Enter chooses from, and what is active in each.
    pub(super) list: List,
    pub(super) active: usize,
    pub(super) calls: Vec<Call>,
    /// An arrow key was pressed last: digits choose.
    pub(super) choosing: bool,
    pub(super) help: bool,
    pub(super) notice: Option<String>,
    awaited: Option<Awaited>,
    /// While more of the hits that are shown are on their way: the row arrow keys have reached, which may be one of them.
    reached: Option<usize>,
    /// What a narrowing was asked by.
    pub(super) narrowing_asked: Option<Field>,
    /// Numbers of the newest question of each kind, and of the hits that are shown.
    asked: u64,
    answered: u64,
    pub(super) around: u64,
    pub(super) details: Details,
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
            rows_read: 0,
            rows_beyond: Cell::new(0),
            list: List::Calls,
            active: 0,
            calls: Vec::new(),
            choosing: false,
            help: false,
            notice: None,
            awaited: None,
            reached: None,
            narrowing_asked: None,
            asked: 0,
            answered: 0,
            around: 0,
            details: Details::default(),
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
        let mut effects = Vec::new();
        if is_over(&mut self.retry, passed) {
            effects.extend(self.ask_hits());
        }
        if is_over(&mut self.details.retry, passed) {
            effects.extend(self.ask_for(self.details.id.clone(), self.details.opening));
        }
        effects
    }

    // ---- asking ----

    pub(super) fn question(&self, limit: usize) -> Lookup {
        Lookup { q: self.query(), limit, locality: self.locality.clone(), category: self.category.clone() }
    }

    /// Asks for what is typed.
    pub(super) fn look_up(&mut self) -> Vec<Effect> {
        self.reached = None;
        self.ask_hits()
    }

    fn ask_hits(&mut self) -> Vec<Effect> {
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
            Answered::Listing(number, view) if number == self.details.number => self.on_listing(view),
            // Something newer was asked meanwhile.
            _ => Vec::new(),
        }
    }

    fn on_hits(&mut self, answer: Result<LookupAnswer>) -> Vec<Effect> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.retry = self.failed(&error);
                return Vec::new();
            }
        };
        self.answered = self.asked;
        self.hits = answer.hits.into_iter().map(ShownListing::from).collect();
        self.truncated = answer.truncated;
        let at = self.reached.take().unwrap_or(0);
        if self.answer.is_none() && self.narrowing.is_none() {
            self.use_list_of_box();
            self.active = at.min(self.hits.len().saturating_sub(1));
        }
        match self.awaited.take() {
            Some(Awaited::Hit(at)) => self.show(at),
            Some(Awaited::Reached) => self.show(self.active),
            None => Vec::new(),
        }
    }

    /// Tells what failed; how long is waited before it is asked again, where that may help.
    pub(super) fn failed(&mut self, error: &Error) -> Option<Duration> {
        let problem = self.phrases.say_of("problem", &[self.phrases.say(name_of(error)), &error.to_string()]);
        self.notice = Some(self.phrases.say_of("failed", &[&problem]));
        may_help(error).then_some(RETRY_AFTER)
    }

    // ---- the answer ----

    /// Shows hit `at`, or waits for it where what was typed is not answered yet.
    pub(super) fn show(&mut self, at: usize) -> Vec<Effect> {
        // Where only more of the hits are on their way, those that are shown are what they are.
        let is_shown = self.fresh() || (self.reached.is_some() && at < self.hits.len());
        if !is_shown {
            self.awaited = Some(Awaited::Hit(at));
            return Vec::new();
        }
        let Some(hit) = self.hits.get(at).cloned() else { return Vec::new() };
        self.active = at;
        self.answer_with(Answer::of_hit(hit))
    }

    /// Asks for the listing `id`: the one that is shown, or another to be shown in its place.
    pub(super) fn ask_for(&mut self, id: String, opening: bool) -> Vec<Effect> {
        let number = self.details.number + 1;
        self.details = Details { number, id: id.clone(), opening, retry: None };
        vec![Effect::Ask(Question::Listing { number, id })]
    }

    /// Asks for that listing again, after a while.
    pub(super) fn ask_again_after(&mut self, wait: Option<Duration>) {
        self.details.retry = wait;
    }

    pub(super) fn close_answer(&mut self) {
        // What still comes of it is dropped.
        self.details = Details { number: self.details.number + 1, ..Details::default() };
        self.answer = None;
    }

    /// The ids of the captions of the listing that is shown, in their order.
    pub(super) fn captions(&self) -> Vec<String> {
        let view = self.answer.as_ref().and_then(|answer| answer.view.as_ref());
        let captions = view.map(|view| captions_of(&view.captions, 1)).unwrap_or_default();
        captions.into_iter().map(|(_, caption)| caption.id.to_string()).collect()
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
        let is_of_hits = self.list == List::Hits;
        let at = self.reached.filter(|_| is_of_hits).unwrap_or(self.active);
        let (wanted, length) = (at.saturating_add_signed(by), self.length());
        self.active = wanted.min(length.saturating_sub(1));
        if is_of_hits && self.reached.is_some() {
            self.reached = Some(wanted);
            return Vec::new();
        }
        let has_more = is_of_hits && self.fresh() && length == self.limit && self.limit < LIMIT_MAX;
        if wanted < length || !has_more {
            return Vec::new();
        }
        self.limit = (self.limit + LIMIT_DEFAULT).min(LIMIT_MAX);
        self.reached = Some(wanted);
        self.ask_hits()
    }

    /// Chooses what is active.
    pub(super) fn choose_active(&mut self) -> Vec<Effect> {
        match (self.list, self.reached) {
            (List::Hits, Some(reached)) if reached >= self.hits.len() => {
                self.awaited = Some(Awaited::Reached);
                Vec::new()
            }
            // Before the answer came the first hit is meant: nothing else could be seen.
            (List::Hits, None) if !self.fresh() => self.show(0),
            _ => self.choose(self.active),
        }
    }

    /// Chooses number `at` of the list.
    pub(super) fn choose(&mut self, at: usize) -> Vec<Effect> {
        match self.list {
            List::Hits => self.show(at),
            List::Calls => match self.calls.get(at).cloned() {
                Some(call) => self.answer_with(Answer::recalled(call.listing)),
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

/// The name of what is said of an error, beside its own words, which are English.
fn name_of(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Usage => "problem_bad_request",
        ErrorKind::NotFound => "problem_not_found",
        ErrorKind::Refused => "problem_refused",
        ErrorKind::Busy => "problem_not_ready",
        ErrorKind::Io => "problem_no_connection",
        ErrorKind::Damaged | ErrorKind::Internal => "problem_internal",
    }
}

/// Whether what waits has waited long enough once `passed` is over; then it waits no more.
fn is_over(waits: &mut Option<Duration>, passed: Duration) -> bool {
    let left = waits.take();
    *waits = left.and_then(|left| left.checked_sub(passed)).filter(|left| !left.is_zero());
    left.is_some() && waits.is_none()
}
