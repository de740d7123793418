//! `chahao lookup --interactive`: the operator's desk in a terminal, with the keys of the console.
//!
//! ```text
//! keys ──▶ Console (state; no terminal, no clock) ──▶ questions ──▶ a thread that asks ──▶ answers ──▶ Console ──▶ drawn
//! ```
//!
//! # Invariants
//! 1. The keyboard is never waited for, nor is an answer: whatever comes first is shown first, and an answer to what is
//!    not typed any more is dropped.
//! 2. What listings say is drawn as text: signs that steer a terminal or turn writing around are written out.
//! 3. However the desk ends, by key, by signal or by a panic, the terminal is as it was.

mod answer;
mod asking;
mod calls;
mod drawing;
mod keys;
mod large;
mod narrowing;
mod screen;
mod shown_listing;
mod state;
#[cfg(test)]
mod tests;

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use ratatui::crossterm::event::{self, Event};

use super::serve::stop_on_signal;
use crate::console::Language;
use crate::{Error, Result};
pub(super) use asking::Source;
use asking::{Answered, Asker};
use screen::Screen;
use state::{Console, Effect};

/// How often signals and questions to be asked again are looked after.
const TICK: Duration = Duration::from_millis(100);

/// What the desk hears.
enum Heard {
    Terminal(Event),
    Answer(Answered),
    /// Nothing more will come: the terminal is gone, or what asks has ended.
    Ended(String),
}

/// Runs the desk until its operator leaves.
///
/// # Errors
/// Usage when there is no terminal; otherwise when it cannot be drawn on any more.
pub(super) fn run(source: Source, name: &str, language: Language) -> Result<()> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Error::usage("--interactive needs a terminal; without one, chahao lookup QUERY answers in a line"));
    }
    let stop = stop_on_signal()?;
    let (tell, heard) = mpsc::channel();
    let answers = tell.clone();
    let asker = Asker::start(source, move |answered| drop(answers.send(Heard::Answer(answered))), {
        let ended = tell.clone();
        move || drop(ended.send(Heard::Ended("what asks has ended".to_owned())))
    });
    let mut screen = Screen::open()?;
    std::thread::spawn(move || read_keys(&tell));
    let mut console = Console::new(name, language);
    while !stop.is_set() {
        screen.draw(|frame| drawing::draw(&console, frame))?;
        let effects = match heard.recv_timeout(TICK) {
            Ok(Heard::Terminal(event)) => console.on_event(event),
            Ok(Heard::Answer(answered)) => console.on_answer(answered),
            Ok(Heard::Ended(why)) => return Err(Error::internal(why)),
            Err(RecvTimeoutError::Timeout) => console.on_tick(TICK),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        for effect in effects {
            match effect {
                Effect::Ask(question) => asker.ask(question),
                Effect::Copy(text) => screen.copy(&text)?,
                Effect::Leave => return Ok(()),
            }
        }
    }
    Ok(())
}

fn read_keys(tell: &Sender<Heard>) {
    loop {
        let heard = match event::read() {
            Ok(event) => Heard::Terminal(event),
            Err(error) => Heard::Ended(format!("the terminal cannot be read any more: {error}")),
        };
        let ended = matches!(heard, Heard::Ended(_));
        if tell.send(heard).is_err() || ended {
            return;
        }
    }
}
