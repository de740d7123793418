//! The answer to a call: the number large, what must be said with it, and what stands around it.

use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};

use super::super::shown;
use super::calls::{Answer, Standing};
use super::drawing::{grouped, phone_text, status_word};
use super::large;
use super::shown_listing::{ShownListing, captions_of};
use super::state::{Console, List, SPOKEN};
use crate::console::Phrases;
use crate::desk::{ListingView, number_groups};
use crate::listing::{Phone, Status};

/// Levels a caption is indented by at most.
const LEVELS_MAX: usize = 4;
/// Columns of the titles of facts.
const TITLE_WIDTH: usize = 11;

/// The lines of the answer in `width` columns, and which of them is the active caption.
pub(super) fn answer_lines(console: &Console, width: u16) -> (Vec<Line<'static>>, Option<usize>) {
    let Some(answer) = &console.answer else { return (Vec::new(), None) };
    let listing = &answer.listing;
    let mut lines = vec![Line::from(shown(&listing.name)).bold()];
    let say = |key| Line::from(console.phrases.say(key).to_owned()).fg(Color::Yellow).bold();
    match answer.standing {
        Standing::Known => {}
        // A number it had may not be its own any more.
        Standing::Recalled => return (vec![lines.remove(0), say("say_checking")], None),
        Standing::Gone => return (vec![lines.remove(0), say("say_gone")], None),
    }
    announce(&console.phrases, answer, width, &mut lines);
    warn(console, listing, &mut lines);
    if let (Some(at), Some(view)) = (answer.spoken, &answer.view)
        && let Some(language) = SPOKEN.get(at)
    {
        lines.push(Line::from(shown(view.as_speech(*language).trim())).fg(Color::Cyan));
    }
    facts(&console.phrases, answer, &mut lines);
    let mut active = None;
    let captions = answer.view.as_ref().map(|view| captions_of(&view.captions, 1)).unwrap_or_default();
    if !captions.is_empty() {
        let count = console.phrases.say_of("captions", &[&captions.len().to_string()]);
        lines.push(Line::from(format!("{count}  →")).dim());
    }
    for (at, (level, caption)) in captions.into_iter().enumerate() {
        let number = match caption.given_out() {
            Some(phone) => phone_text(&console.phrases, phone),
            None if caption.status == Status::Listed => String::new(),
            None => console.phrases.say(status_word(caption.status)).to_owned(),
        };
        let indent = level.min(LEVELS_MAX) * 2;
        let mut line = Line::from(format!("{:indent$}{}  {number}", "", shown(&caption.name)));
        if !caption.resting.is_empty() {
            line.push_span(format!(" ({})", console.phrases.say("resting")).fg(Color::Yellow));
        }
        if console.list == List::Captions && console.active == at {
            active = Some(lines.len());
            line = line.reversed();
        }
        lines.push(line);
    }
    (lines, active)
}

/// The number to give out, or why there is none.
fn announce(phrases: &Phrases, answer: &Answer, width: u16, lines: &mut Vec<Line<'static>>) {
    let listing = &answer.listing;
    let say = |text: &str| Line::from(text.to_owned()).fg(Color::Yellow).bold();
    match listing.status {
        Status::NonPublished => lines.push(say(phrases.say("say_non_published"))),
        Status::Disconnected => {
            lines.push(say(phrases.say("say_disconnected")));
            lines.extend(listing.phones.iter().map(|phone| old(phrases, phone)));
        }
        Status::Changed => {
            refer(phrases, listing, answer.view.as_deref(), width, lines);
            lines.extend(listing.phones.iter().map(|phone| old(phrases, phone)));
        }
        Status::Listed => match listing.phones.split_first() {
            None => lines.push(say(phrases.say("say_no_number"))),
            Some((first, others)) => {
                lines.extend(large_phone(phrases, first, width));
                lines.extend(others.iter().map(|phone| Line::from(phone_text(phrases, phone))));
            }
        },
    }
}

fn refer(
    phrases: &Phrases,
    listing: &ShownListing,
    view: Option<&ListingView>,
    width: u16,
    lines: &mut Vec<Line<'static>>,
) {
    let say = |text: String| Line::from(text).fg(Color::Yellow).bold();
    let referral = listing.referral.as_ref();
    let until = referral.and_then(|referral| referral.until.as_deref());
    let until = until.map(|until| format!(" ({})", phrases.say_of("until", &[&shown(until)]))).unwrap_or_default();
    let other = view.and_then(|view| view.referral.as_ref());
    match (referral.and_then(|referral| referral.number.as_deref()), other) {
        (Some(number), _) => {
            lines.push(say(format!("{}{until}", phrases.say("say_changed"))));
            lines.extend(large(number, width));
        }
        (None, Some(other)) => {
            lines.push(say(format!("{} {}{until}", phrases.say("say_changed_listing"), shown(&other.name))));
            match other.given_out() {
                Some(phone) => lines.extend(large_phone(phrases, phone, width)),
                None => lines.push(say(phrases.say(status_word(other.status)).to_owned())),
            }
        }
        // The listing it names is asked for already.
        (None, None) if view.is_none() && referral.is_some() => {
            lines.push(say(phrases.say("status_changed").to_owned()));
        }
        (None, None) => lines.push(say(phrases.say("say_changed_none").to_owned())),
    }
}

fn old(phrases: &Phrases, phone: &Phone) -> Line<'static> {
    Line::from(vec![
        Span::raw(format!("{}: ", phrases.say("old_number"))),
        Span::styled(phone_text(phrases, phone), Style::new().crossed_out()),
    ])
}

/// A number large, below a line of all that belongs to it where that is more.
fn large_phone(phrases: &Phrases, phone: &Phone, width: u16) -> Vec<Line<'static>> {
    let whole = phone_text(phrases, phone);
    let more = (whole != grouped(&phone.number)).then(|| Line::from(whole));
    more.into_iter().chain(large(&phone.number, width)).collect()
}

/// A number large where there is room for it, and in plain figures below it.
fn large(number: &str, width: u16) -> Vec<Line<'static>> {
    let style = Style::new().fg(Color::Green).bold();
    let rows = large::rows(&number_groups(number));
    let fits = rows.iter().all(|row| row.len() <= usize::from(width));
    let mut lines: Vec<Line<'static>> = Vec::new();
    if fits {
        lines.extend(rows.into_iter().map(|row| Line::from(Span::styled(row, style))));
    }
    lines.push(Line::from(Span::styled(grouped(number), style)));
    lines
}

/// What must be asked before the number is given.
fn warn(console: &Console, listing: &ShownListing, lines: &mut Vec<Line<'static>>) {
    let other = console.answer.as_ref().and_then(|answer| answer.view.as_ref()?.referral.as_ref());
    let of_other = other.map(|other| other.resting.as_slice()).unwrap_or_default();
    for resting in listing.resting.iter().chain(of_other) {
        let number = grouped(&resting.number);
        let text = console.phrases.say_of("resting_say", &[&number, &shown(&resting.given_up)]);
        lines.push(Line::from(text).fg(Color::Yellow));
    }
    if !listing.confusable {
        return;
    }
    lines.push(Line::from(console.phrases.say("confusable_say").to_owned()).fg(Color::Yellow));
    for other in console.hits.iter().filter(|hit| hit.id != listing.id && hit.name == listing.name) {
        let number = other.phones.first().filter(|_| other.status == Status::Listed);
        let number = number.map(|phone| phone_text(&console.phrases, phone)).unwrap_or_default();
        lines.push(Line::from(format!("  {} {} {number}", shown(&other.locality), shown(&other.address))));
    }
}

/// What the listing is, where, and what operators should know.
fn facts(phrases: &Phrases, answer: &Answer, lines: &mut Vec<Line<'static>>) {
    let listing = &answer.listing;
    let mut fact = |title: &str, text: String, style: Style| {
        if !text.is_empty() {
            let title = Span::raw(phrases.say(title).to_owned());
            let blanks = " ".repeat(TITLE_WIDTH.saturating_sub(title.width()) + 1);
            let title = Span::styled(title.content.into_owned() + &blanks, Style::new().dim());
            lines.push(Line::from(vec![title, Span::styled(text, style)]));
        }
    };
    let plain = Style::new();
    fact("note", listing.note.as_deref().map(shown).unwrap_or_default(), Style::new().fg(Color::Yellow));
    let parents = match &answer.view {
        Some(view) => view.parents.iter().collect::<Vec<_>>(),
        None => listing.parent.iter().collect(),
    };
    let name = |parent: &&crate::desk::NamedListing| {
        shown(if parent.name.is_empty() { parent.id.as_str() } else { &parent.name })
    };
    fact("parents", parents.iter().map(name).collect::<Vec<_>>().join(" ‹ "), plain);
    fact("address", shown(&listing.address), plain);
    fact("locality", shown(&listing.locality), plain);
    fact("category", shown(&listing.category), plain);
    let aliases = answer.view.as_ref().map(|view| view.listing.aliases.as_slice()).unwrap_or_default();
    fact("aliases", aliases.iter().map(|alias| shown(&alias.text)).collect::<Vec<_>>().join(" · "), plain);
}
