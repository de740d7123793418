//! What each key does: those of the console (`src/console/main.js`), and Ctrl Q to leave.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::narrowing::Field;
use super::state::{Console, Effect, List, SPOKEN};
use crate::console::Language;
use crate::desk::SpokenLanguage;

/// Hits a page key steps over, or rows of an answer.
const PAGE: usize = 5;

/// What is shown by F1: each key with the name of its text.
pub(super) const KEYS: [(&str, &str); 18] = [
    ("abc …", "key_type"),
    ("↑ ↓", "key_choose"),
    ("Enter", "key_enter"),
    ("Alt 1 … 9 0", "key_digit"),
    ("↓ 2", "key_arrow_digit"),
    ("Esc", "key_escape"),
    ("abc …", "key_overwrite"),
    ("PgDn PgUp", "key_read_on"),
    ("End", "key_end"),
    ("→", "key_right"),
    ("←", "key_left"),
    ("Alt L", "key_locality"),
    ("Alt K", "key_category"),
    ("Backspace", "key_backspace"),
    ("Alt C", "key_copy"),
    ("Alt S", "key_speech"),
    ("Alt X", "key_forget"),
    ("Ctrl Q", "key_leave"),
];

impl Console {
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if self.help {
            // Any key closes the help, and only that.
            self.help = false;
            return Vec::new();
        }
        match key.code {
            KeyCode::Char('q' | 'Q' | 'c' | 'C') if control => vec![Effect::Leave],
            KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::ALT) && !control => self.on_alt(c),
            KeyCode::Char('u' | 'U') if control => self.next_call(),
            KeyCode::Char(_) if control => Vec::new(),
            KeyCode::Char(c) => self.on_character(c),
            code => self.on_other_key(code),
        }
    }

    /// Alt and a character. A terminal sends the same for Esc and the character where they come together, as over a slow
    /// line: where Alt has nothing to do with it, that is what was meant.
    fn on_alt(&mut self, c: char) -> Vec<Effect> {
        match c.to_ascii_lowercase() {
            'l' => self.open_narrowing(Field::Locality),
            'k' => self.open_narrowing(Field::Category),
            'c' if self.answer.is_some() => self.copy(),
            's' if self.answer.is_some() => {
                self.say_next();
                Vec::new()
            }
            'x' if !self.calls.is_empty() => {
                self.calls.clear();
                self.use_list(self.list);
                Vec::new()
            }
            '0'..='9' => self.choose_by_digit(c),
            _ => {
                let mut effects = self.on_other_key(KeyCode::Esc);
                effects.extend(self.on_character(c));
                effects
            }
        }
    }

    fn on_character(&mut self, c: char) -> Vec<Effect> {
        if c.is_ascii_digit() && self.digits_choose() {
            return self.choose_by_digit(c);
        }
        self.insert(&[c])
    }

    /// Digits choose where a narrowing is picked, and behind an arrow key; not while a number is typed.
    fn digits_choose(&self) -> bool {
        let number = !self.typed.is_empty() && self.typed.iter().all(|c| c.is_ascii_digit() || " +-".contains(*c));
        self.narrowing.is_some() || (self.choosing && self.answer.is_none() && !number)
    }

    /// Chooses by digit; 0 is the tenth.
    fn choose_by_digit(&mut self, digit: char) -> Vec<Effect> {
        let digit = digit.to_digit(10).unwrap_or_default() as usize;
        self.choose((digit + 9) % 10)
    }

    fn on_other_key(&mut self, code: KeyCode) -> Vec<Effect> {
        // The box and its answer stand untouched: arrows are for what is shown.
        let untouched = self.selected || self.typed.is_empty();
        match code {
            KeyCode::Esc if self.narrowing.is_some() => {
                self.close_narrowing();
                Vec::new()
            }
            KeyCode::Esc => self.next_call(),
            KeyCode::Enter => self.choose_active(),
            KeyCode::Down => self.step(1),
            KeyCode::Up => self.step(-1),
            KeyCode::PageDown | KeyCode::PageUp if self.reads_on() => {
                let on = code == KeyCode::PageDown;
                let rows = if on { self.rows_read + PAGE } else { self.rows_read.saturating_sub(PAGE) };
                self.rows_read = rows.min(self.rows_beyond.get());
                Vec::new()
            }
            KeyCode::PageDown => self.step(PAGE as isize),
            KeyCode::PageUp => self.step(-(PAGE as isize)),
            KeyCode::F(1) => {
                self.help = true;
                Vec::new()
            }
            KeyCode::Right if self.answer.is_some() && untouched => {
                if self.list != List::Captions && !self.captions().is_empty() {
                    self.use_list(List::Captions);
                }
                Vec::new()
            }
            KeyCode::Left if self.answer.is_some() && untouched => self.go_up(),
            KeyCode::Backspace => self.delete(true),
            KeyCode::Delete => self.delete(false),
            KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End => {
                self.move_cursor(code);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Whether page keys are for the answer: where it is longer than its place, and no department of it is being chosen.
    fn reads_on(&self) -> bool {
        self.answer.is_some() && self.narrowing.is_none() && self.list != List::Captions && self.rows_beyond.get() > 0
    }

    fn go_up(&mut self) -> Vec<Effect> {
        if self.list == List::Captions {
            self.use_list_of_box();
            return Vec::new();
        }
        let above = self.answer.as_ref().and_then(|answer| {
            let of_view = answer.view.as_ref().and_then(|view| view.parents.first());
            of_view.or(answer.listing.parent.as_ref()).map(|parent| parent.id.to_string())
        });
        above.map(|id| self.ask_for(id, true)).unwrap_or_default()
    }

    fn move_cursor(&mut self, code: KeyCode) {
        self.selected = false;
        self.cursor = match code {
            KeyCode::Left => self.cursor.saturating_sub(1),
            KeyCode::Right => (self.cursor + 1).min(self.typed.len()),
            KeyCode::Home => 0,
            _ => self.typed.len(),
        };
    }

    fn delete(&mut self, before: bool) -> Vec<Effect> {
        if self.selected {
            self.typed.clear();
            return self.after_typing();
        }
        if self.typed.is_empty() {
            // The last narrowing is the first to go.
            let undone = before && (self.category.take().is_some() || self.locality.take().is_some());
            return if undone { self.look_up() } else { Vec::new() };
        }
        let at = if before { self.cursor.checked_sub(1) } else { Some(self.cursor) };
        match at.filter(|at| *at < self.typed.len()) {
            Some(at) => {
                self.typed.remove(at);
                self.cursor = at;
                self.after_typing()
            }
            None => Vec::new(),
        }
    }

    fn copy(&mut self) -> Vec<Effect> {
        let Some(answer) = &self.answer else { return Vec::new() };
        match &answer.view {
            Some(view) => {
                let language = match self.phrases.language() {
                    Language::English => SpokenLanguage::English,
                    Language::Simplified => SpokenLanguage::Mandarin,
                    Language::Traditional => SpokenLanguage::MandarinTraditional,
                };
                let text = view.as_text(language);
                self.notice = Some(self.phrases.say("copied").to_owned());
                vec![Effect::Copy(text)]
            }
            None => {
                self.notice = Some(self.phrases.say("copy_early").to_owned());
                Vec::new()
            }
        }
    }

    /// Shows the answer as it is read out: in each language in turn, and not any more.
    fn say_next(&mut self) {
        if let Some(answer) = &mut self.answer {
            answer.spoken = match answer.spoken {
                None => Some(0),
                Some(at) => (at + 1 < SPOKEN.len()).then_some(at + 1),
            };
        }
    }
}
