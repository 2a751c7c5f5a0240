//! Draws what [`Chat`] holds. Changes nothing.

mod code;
mod conversation;
mod form;
mod group;
mod message;
mod style;
mod window;

use kuvert_view::{ConversationView, MessageKind, Sender};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::rows::{as_many, clip, is_right_to_left, width};
use super::state::{Chat, Focus};
use super::{layout, words};
use style::Style;

pub(super) use window::WINDOW_COLUMNS;

/// Between the panes.
const LINE: &str = "│";
/// Keeps what stands left and right of the line apart on terminals that order right-to-left text by themselves.
const LINE_APART: &str = "│\u{200e}";

/// Draws everything.
pub(super) fn chat(frame: &mut Frame<'_>, chat: &Chat) {
    let area = frame.area();
    let size = (area.width, area.height);
    if size.0 < layout::SMALLEST.0 || size.1 < layout::SMALLEST.1 {
        frame.render_widget(Paragraph::new(words::TOO_SMALL).wrap(Wrap { trim: true }), area);
        return;
    }
    let style = Style::new(chat.is_plain);
    let screen = layout::screen(size, chat.focus == Focus::List);
    title(frame, chat, style, screen.title);
    if let Some(area) = screen.list {
        list(frame, chat, style, area);
    }
    if let Some(area) = screen.conversation {
        conversation::draw(frame, chat, style, area);
    }
    if let Some(area) = screen.line {
        line(frame.buffer_mut(), style, area);
    }
    hints(frame, chat, style, screen.hints);
    if let Some(overlay) = &chat.overlay {
        window::draw(frame, chat, overlay, style);
    }
}

/// The line between the panes.
fn line(buffer: &mut Buffer, style: Style, area: Rect) {
    let width = buffer.area.width;
    for y in area.top()..area.bottom() {
        let is_apart = (0..width).any(|x| is_right_to_left(buffer[(x, y)].symbol()));
        let symbol = if is_apart { LINE_APART } else { LINE };
        buffer[(area.x, y)].set_symbol(symbol).set_style(style.quiet());
    }
}

fn title(frame: &mut Frame<'_>, chat: &Chat, style: Style, area: Rect) {
    let (connection, is_wrong) = words::connection(chat.connection);
    let unread: u32 = chat.list.iter().fold(0, |sum, one| sum.saturating_add(one.unread));
    let unread = if unread > 0 { format!("  {unread} unread") } else { String::new() };
    let right = format!("{connection} ");
    let room = usize::from(area.width).saturating_sub(width(&right) + 1);
    let left = clip(&format!(" Kuvert  {}{unread}", chat.own.name), room);
    let gap = usize::from(area.width).saturating_sub(width(&left) + width(&right));
    let right = Span::styled(right, if is_wrong { style.bar_failure() } else { style.bar() });
    let line = Line::from(vec![Span::raw(left), Span::raw(" ".repeat(gap)), right]);
    frame.render_widget(Paragraph::new(line).style(style.bar()), area);
}

fn list(frame: &mut Frame<'_>, chat: &Chat, style: Style, area: Rect) {
    if chat.list.is_empty() {
        frame.render_widget(Paragraph::new(words::NO_CONTACTS).wrap(Wrap { trim: true }), area);
        return;
    }
    // Two rows each, where there is room for a few of them.
    let rows_each = if area.height >= 8 { 2 } else { 1 };
    let fit = usize::from(area.height / rows_each).max(1);
    let cursor = chat.list.iter().position(|one| Some(one.id) == chat.cursor).unwrap_or(0);
    let first = cursor.saturating_sub(fit / 2).min(chat.list.len().saturating_sub(fit));
    for (place, one) in chat.list.iter().skip(first).take(fit).enumerate() {
        let y = area.y + u16::try_from(place).unwrap_or(0) * rows_each;
        let area = Rect { y, height: rows_each, ..area }.intersection(area);
        entry(frame, chat, style, one, area);
    }
}

/// One conversation of the list: name, time and number of unread messages; then how the newest message begins.
fn entry(frame: &mut Frame<'_>, chat: &Chat, style: Style, one: &ConversationView, area: Rect) {
    let columns = usize::from(area.width);
    let is_chosen = Some(one.id) == chat.cursor;
    let time = one.last.as_ref().map_or_else(String::new, |last| words::short(last.at, chat.now, &chat.zone));
    let state = words::state(one);
    let mut right = String::new();
    for part in [state, time.as_str()].into_iter().filter(|part| !part.is_empty()) {
        right = format!("{right} {part}");
    }
    if one.unread > 0 {
        right = format!("{right} ({})", one.unread.min(999));
    }
    right.push(' ');
    let name = clip(&one.title, columns.saturating_sub(width(&right) + 1));
    let gap = columns.saturating_sub(width(&name) + width(&right) + 1);
    let name_style = if one.unread > 0 { style.strong() } else { style.normal() };
    let first = Line::from(vec![
        Span::raw(if is_chosen { ">" } else { " " }),
        Span::styled(name, name_style),
        Span::raw(" ".repeat(gap)),
        Span::styled(right, if one.unread > 0 { style.strong() } else { style.quiet() }),
    ]);
    let mut lines = vec![first];
    if area.height > 1 {
        let is_written = chat.focus != Focus::List && chat.shown().is_some_and(|shown| shown.id == one.id);
        let draft = chat
            .draft_of(one.id)
            .filter(|_| !is_written)
            .map(|text| clip(&format!("draft: {text}"), columns.saturating_sub(3)));
        let last = || {
            one.last.as_ref().map_or_else(String::new, |last| {
                let from = if last.from == Sender::Own { "me: " } else { "" };
                let text = match last.kind {
                    MessageKind::Deleted => words::DELETED,
                    MessageKind::NeedsNewer => words::NOT_UNDERSTOOD,
                    MessageKind::Text | MessageKind::Attachments | MessageKind::Structured => &last.text,
                };
                clip(&format!("{from}{text}"), columns.saturating_sub(3))
            })
        };
        let last = draft.unwrap_or_else(last);
        lines.push(Line::from(Span::styled(format!("  {last}"), style.quiet())));
    }
    let style = if is_chosen { style.chosen(chat.focus == Focus::List) } else { style.normal() };
    frame.render_widget(Paragraph::new(lines).style(style), area);
}

/// What can be done now, or what has to be said.
fn hints(frame: &mut Frame<'_>, chat: &Chat, style: Style, area: Rect) {
    let columns = usize::from(area.width);
    let notice = chat.notice.as_ref().map(|notice| (notice.text.as_str(), notice.is_failure));
    let standing = words::connection_hint(chat.connection).map(|text| (text, true));
    if let Some((text, is_failure)) = notice.or(standing) {
        let style = if is_failure { style.failure() } else { style.strong() };
        // What is too long for one row takes what it needs of the rows above.
        let text = super::rows::line(text);
        let needed = super::rows::rows(&text, columns, columns).len().min(4);
        let rows = u16::try_from(needed).unwrap_or(1);
        let area = Rect { y: area.y + 1 - rows.min(area.y + 1), height: rows, ..area };
        frame.render_widget(ratatui::widgets::Clear, area);
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }).style(style), area);
        return;
    }
    let shown = as_many(words::hints(chat.focus, chat.shown()), columns.saturating_sub(1));
    frame.render_widget(Paragraph::new(format!(" {shown}")).style(style.quiet()), area);
}
