//! The desk drawn: what was typed, the hits, and beside them the answer, the last calls or what to narrow by.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Clear, List as Rows, ListItem, ListState, Paragraph, Wrap};

use super::super::{shown, steers};
use super::answer::answer_lines;
use super::calls::Call;
use super::keys::KEYS;
use super::narrowing::{Choice, Field};
use super::shown_listing::ShownListing;
use super::state::{Console, List};
use crate::console::Phrases;
use crate::desk::number_groups;
use crate::listing::{Phone, PhoneKind, Status};
use crate::query::{LIMIT_MAX, MatchedField};

/// Columns from which on the answer stands beside the hits, and not above them.
const BESIDE_FROM: u16 = 96;
/// Rows that the hits keep below an answer, with their frame: one hit and what is chosen from.
const HITS_ROWS: u16 = 4;
/// What stands before what is typed.
const PROMPT: &str = "› ";
const WRAP: Wrap = Wrap { trim: false };

/// Draws `console`.
pub(super) fn draw(console: &Console, frame: &mut Frame<'_>) {
    let [head, typed, count, body] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Length(1), Constraint::Min(0)])
            .areas(frame.area());
    let say = |key| console.phrases.say(key);
    let keys = Span::raw(format!("F1 {} · Ctrl Q {} ", say("keys"), say("key_leave")));
    let [name, right] = Layout::horizontal([Constraint::Min(0), Constraint::Length(keys.width() as u16)]).areas(head);
    frame.render_widget(Paragraph::new(format!(" chahao 查号 · {}", shown(&console.name))).reversed(), name);
    frame.render_widget(Paragraph::new(Line::from(keys)).reversed(), right);
    draw_typed(console, frame, typed);
    frame.render_widget(Paragraph::new(count_line(console)), count);
    draw_body(console, frame, body);
    if console.help {
        draw_help(&console.phrases, frame, body);
    }
}

fn draw_typed(console: &Console, frame: &mut Frame<'_>, area: Rect) {
    let text: String = console.typed.iter().collect();
    let style = if console.selected { Style::new().reversed() } else { Style::new().bold() };
    let before: String = console.typed.iter().take(console.cursor).collect();
    let at = Span::raw(PROMPT).width() + Span::raw(shown(&before)).width();
    let mut spans = vec![Span::raw(PROMPT), Span::styled(shown(&text), style)];
    for narrowed in [&console.locality, &console.category].into_iter().flatten() {
        spans.push(Span::raw("  "));
        spans.push(Span::styled(format!("[{}]", shown(narrowed)), Style::new().fg(Color::Cyan)));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
    let x = area.x.saturating_add(at as u16).min(area.right().saturating_sub(1));
    frame.set_cursor_position(Position::new(x, area.y));
}

fn count_line(console: &Console) -> Line<'static> {
    if let Some(notice) = &console.notice {
        return Line::from(shown(notice)).fg(Color::Yellow);
    }
    let phrases = &console.phrases;
    let query = console.query();
    if query.is_empty() {
        return Line::from(format!(" {}", phrases.say("box_hint"))).dim();
    }
    if console.hits.is_empty() {
        let narrowed = console.locality.is_some() || console.category.is_some();
        return if console.fresh() {
            let none = phrases.say_of(if narrowed { "none_narrowed" } else { "none" }, &[&shown(&query)]);
            Line::from(format!(" {none}"))
        } else {
            Line::from(" …").dim()
        };
    }
    let more = console.hits.len() == console.limit && console.limit < LIMIT_MAX;
    let count = phrases.say_of(if more { "count_more" } else { "count" }, &[&console.hits.len().to_string()]);
    let cut = if console.truncated { format!(" · {}", phrases.say("truncated")) } else { String::new() };
    Line::from(format!(" {count}{cut}")).dim()
}

fn draw_body(console: &Console, frame: &mut Frame<'_>, area: Rect) {
    let beside = area.width >= BESIDE_FROM;
    let aside = console.answer.is_some() || console.narrowing.is_some() || console.list == List::Calls;
    let (hits, side) = match (beside, aside) {
        (true, _) => {
            let [hits, side] = Layout::horizontal([Constraint::Percentage(54), Constraint::Percentage(46)]).areas(area);
            (Some(hits), Some(side))
        }
        (false, true) if console.hits.is_empty() => (None, Some(area)),
        (false, true) => {
            let [side, hits] =
                Layout::vertical([Constraint::Length(side_rows(console, area)), Constraint::Min(0)]).areas(area);
            (Some(hits), Some(side))
        }
        (false, false) => (Some(area), None),
    };
    if let Some(hits) = hits {
        let items = console.hits.iter().enumerate().map(|(at, hit)| ListItem::new(hit_text(&console.phrases, at, hit)));
        draw_rows(items.collect(), console, List::Hits, console.phrases.say("hits"), frame, hits);
    }
    let Some(side) = side else { return };
    if let Some(field) = console.narrowing {
        let title = if field == Field::Locality { "key_locality" } else { "key_category" };
        draw_rows(choice_items(console), console, List::Choices, console.phrases.say(title), frame, side);
    } else if console.answer.is_some() {
        draw_answer(console, frame, side);
    } else {
        draw_rows(call_items(console), console, List::Calls, console.phrases.say("calls"), frame, side);
    }
}

/// The rows of what stands above the hits: what an answer takes, as far as there are so many.
fn side_rows(console: &Console, area: Rect) -> u16 {
    let share = area.height * 65 / 100;
    if console.answer.is_none() || console.narrowing.is_some() {
        return share;
    }
    let width = area.width.saturating_sub(2);
    let rows: usize = heights(&answer_lines(console, width).0, width).iter().sum();
    let most = area.height.saturating_sub(HITS_ROWS).max(share);
    u16::try_from(rows + 2).map_or(most, |rows| rows.min(most))
}

/// The rows each line takes in `width` columns.
fn heights(lines: &[Line<'_>], width: u16) -> Vec<usize> {
    lines.iter().map(|line| Paragraph::new(line.clone()).wrap(WRAP).line_count(width)).collect()
}

fn draw_rows(items: Vec<ListItem<'_>>, console: &Console, list: List, title: &str, frame: &mut Frame<'_>, area: Rect) {
    let used = console.list == list;
    let chosen = if used { Style::new().reversed() } else { Style::new() };
    let rows = Rows::new(items).block(titled(title, used)).highlight_style(chosen);
    let mut state = ListState::default().with_selected(used.then_some(console.active));
    frame.render_stateful_widget(rows, area, &mut state);
}

fn titled(title: &str, used: bool) -> Block<'static> {
    let style = if used { Style::new().bold() } else { Style::new().add_modifier(Modifier::DIM) };
    Block::bordered().title(Span::styled(format!(" {title} "), style)).border_style(style)
}

fn draw_answer(console: &Console, frame: &mut Frame<'_>, area: Rect) {
    let inner = Block::bordered().inner(area);
    let (lines, active) = answer_lines(console, inner.width);
    let (heights, room) = (heights(&lines, inner.width), usize::from(inner.height));
    let rows_until = |at: usize| heights.iter().take(at).sum::<usize>();
    let beyond = rows_until(lines.len()).saturating_sub(room);
    console.rows_beyond.set(beyond);
    let mut above = console.rows_read.min(beyond);
    if let Some(at) = active {
        above = above.max(rows_until(at + 1).saturating_sub(room)).min(rows_until(at));
    }
    let text = Paragraph::new(Text::from(lines)).wrap(WRAP).scroll((above as u16, 0));
    let mut block = titled(console.phrases.say("answer"), true);
    if above > 0 {
        block = block.title(more_sign("↑ PgUp"));
    }
    if above < beyond {
        block = block.title_bottom(more_sign(&format!("↓ {} PgDn", console.phrases.say("more"))));
    }
    frame.render_widget(text.block(block), area);
}

/// A sign that there is more than what is seen.
fn more_sign(text: &str) -> Line<'static> {
    Line::from(format!(" {text} ")).fg(Color::Yellow).bold().right_aligned()
}

fn draw_help(phrases: &Phrases, frame: &mut Frame<'_>, area: Rect) {
    let line = |(key, text): &(&'static str, &'static str)| {
        Line::from(vec![format!(" {key:<14}").bold(), phrases.say(text).into()])
    };
    let lines: Vec<Line<'_>> = KEYS.iter().map(line).collect();
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).wrap(WRAP).block(titled(phrases.say("keys"), true)), area);
}

/// A hit: its name and where it was matched, its number, where it is, how it was found.
fn hit_text(phrases: &Phrases, at: usize, hit: &ShownListing) -> Text<'static> {
    let key = if at < 10 { ((at + 1) % 10).to_string() } else { " ".to_owned() };
    let mut first = vec![Span::styled(format!("{key} "), Style::new().dim())];
    let spans =
        hit.found.as_ref().filter(|(_, matched)| matched.field == MatchedField::Name && matched.text == hit.name);
    first.extend(marked(&hit.name, spans.map(|(_, matched)| matched.spans.as_slice()).unwrap_or_default()));
    first.extend(marks(phrases, hit));
    first.push(Span::raw("  "));
    first.push(number_of_hit(phrases, hit));
    let mut second = vec![Span::raw("  ")];
    // The name of a department often says what it stands under.
    if let Some(parent) = hit.parent.as_ref().filter(|parent| !hit.name.starts_with(&parent.name)) {
        second.push(Span::raw(format!("{} · ", shown(&parent.name))));
    }
    let locality = if hit.address.starts_with(&hit.locality) { "" } else { hit.locality.as_str() };
    let place = [locality, &hit.address, &hit.category];
    let place: Vec<String> = place.iter().filter(|text| !text.is_empty()).map(|text| shown(text)).collect();
    second.push(Span::raw(place.join(" ")));
    if let Some((kind, matched)) = &hit.found {
        second.push(Span::raw(format!(" · {}", phrases.say(&format!("why_{}", kind.name())))));
        if matched.field == MatchedField::Alias {
            second.push(Span::raw(": "));
            second.extend(marked(&matched.text, &matched.spans));
        }
    }
    Text::from(vec![Line::from(first), Line::from(second).dim()])
}

/// Warnings behind a name.
fn marks(phrases: &Phrases, listing: &ShownListing) -> Vec<Span<'static>> {
    let mut marks = Vec::new();
    let mut mark = |text: &str| marks.push(Span::styled(format!(" ({text})"), Style::new().fg(Color::Yellow)));
    if listing.confusable {
        mark(phrases.say("confusable"));
    }
    if !listing.resting.is_empty() {
        mark(phrases.say("resting"));
    }
    match listing.status {
        Status::Listed => {}
        status => mark(phrases.say(status_word(status))),
    }
    marks
}

/// The name of what is said where a listing has no number to give out.
pub(super) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Listed => "say_no_number",
        Status::NonPublished => "status_non_published",
        Status::Disconnected => "status_disconnected",
        Status::Changed => "status_changed",
    }
}

fn number_of_hit(phrases: &Phrases, hit: &ShownListing) -> Span<'static> {
    let new = hit.referral.as_ref().and_then(|referral| referral.number.as_deref());
    match (hit.status, hit.phones.first(), new) {
        (Status::Changed, _, Some(new)) => Span::styled(format!("→ {}", grouped(new)), Style::new().bold()),
        (Status::NonPublished, ..) | (_, None, _) => Span::raw(""),
        (Status::Listed, Some(phone), _) => Span::styled(phone_text(phrases, phone), Style::new().bold()),
        (_, Some(phone), _) => Span::styled(phone_text(phrases, phone), Style::new().crossed_out()),
    }
}

/// A number with its label and extension.
pub(super) fn phone_text(phrases: &Phrases, phone: &Phone) -> String {
    let label = match (phone.label.as_str(), phone.kind) {
        ("", PhoneKind::Fax) => format!("{} ", phrases.say("fax")),
        ("", _) => String::new(),
        (label, _) => format!("{} ", shown(label)),
    };
    format!("{label}{}", number_text(phrases, &phone.number, &phone.ext))
}

/// A number with its extension.
fn number_text(phrases: &Phrases, number: &str, ext: &str) -> String {
    let ext = if ext.is_empty() { String::new() } else { format!(" {} {}", phrases.say("extension"), shown(ext)) };
    grouped(number) + &ext
}

/// A number in the groups in which it is read.
pub(super) fn grouped(number: &str) -> String {
    number_groups(number).join(" ")
}

/// `text` with stretches of it marked, counted in characters.
fn marked(text: &str, stretches: &[(u32, u32)]) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut run = (String::new(), false);
    let mut end = |run: (String, bool)| {
        if !run.0.is_empty() {
            let style = if run.1 { Style::new().bold().underlined() } else { Style::new() };
            spans.push(Span::styled(run.0, style));
        }
    };
    for (at, c) in (0u32..).zip(text.chars()) {
        let inside = stretches.iter().any(|(from, to)| (*from..*to).contains(&at));
        if inside != run.1 {
            end(std::mem::replace(&mut run, (String::new(), inside)));
        }
        if steers(c) { run.0.push_str(&shown(&c.to_string())) } else { run.0.push(c) }
    }
    end(run);
    spans
}

fn choice_items(console: &Console) -> Vec<ListItem<'static>> {
    let item = |(at, choice): (usize, &Choice)| {
        let key = if at < 9 { (at + 1).to_string() } else { " ".to_owned() };
        ListItem::new(match (&choice.value, choice.count) {
            (Some(value), Some(count)) => format!("{key} {}  {count}", shown(value)),
            (Some(value), None) => format!("{key} {}", shown(value)),
            (None, _) => format!("{key} {}", console.phrases.say("narrow_all")),
        })
    };
    console.choices.iter().enumerate().map(item).collect()
}

fn call_items(console: &Console) -> Vec<ListItem<'static>> {
    let phrases = &console.phrases;
    let item = |call: &Call| {
        // No number: it may be withheld by the time it is looked at, so it is asked for anew when the call is chosen.
        let about = match call.listing.status {
            _ if call.is_gone => phrases.say("status_gone").to_owned(),
            Status::Listed => shown(&call.listing.locality),
            status => phrases.say(status_word(status)).to_owned(),
        };
        ListItem::new(format!("{}  {}  {about}", call.time, shown(&call.listing.name)))
    };
    console.calls.iter().map(item).collect()
}
