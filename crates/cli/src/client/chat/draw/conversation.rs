//! The conversation that is shown: who it is with, its messages, and what is written.

use kuvert_view::ConversationView;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::message::message_rows;
use super::style::Style;
use crate::client::chat::draft::{Aim, Draft};
use crate::client::chat::rows::{self, clip, line, width};
use crate::client::chat::state::{Chat, Focus};
use crate::client::chat::timeline::{Row, Timeline};
use crate::client::chat::{layout, words};

type Shown = Timeline<Line<'static>>;

impl Chat {
    /// Lays the messages out for the terminal's size, and asks for older ones where they will be seen soon.
    pub(in crate::client::chat) fn lay_out(&mut self) {
        let Some(mut timeline) = self.timeline.take() else { return };
        let style = Style::new(self.is_plain);
        if let (Some(one), Some(area)) =
            (self.conversation(timeline.conversation), layout::screen(self.size, false).conversation)
        {
            let area = self.parts(one, area).messages;
            let size = (usize::from(area.width), usize::from(area.height));
            timeline.lay_out(size, &self.zone, |message, columns| {
                message_rows(message, &one.title, &words::time_of_day(message.at, &self.zone), style, columns)
            });
        }
        if let Some(before) = timeline.wants_older() {
            let conversation = timeline.conversation;
            self.wishes.push_back(kuvert_view::UiCommand::LoadOlder { conversation, before });
        }
        self.timeline = Some(timeline);
    }

    fn parts(&self, one: &ConversationView, area: Rect) -> layout::Conversation {
        let rows = match words::waiting(one) {
            Some(text) => rows::rows(&rows::line(&text), area.width.into(), area.width.into()).len(),
            None => self.draft().map_or(1, |draft| draft.editor.rows(self.write_columns()).len()),
        };
        layout::conversation(area, rows)
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, chat: &Chat, style: Style, area: Rect) {
    let (Some(one), Some(timeline)) = (chat.shown(), &chat.timeline) else {
        if !chat.list.is_empty() {
            frame.render_widget(Paragraph::new(words::NONE_SHOWN).wrap(Wrap { trim: true }), area);
        }
        return;
    };
    let parts = chat.parts(one, area);
    head(frame, one, style, parts.head);
    messages(frame, chat, timeline, style, parts.messages);
    let aim = chat.draft().and_then(|draft| match &draft.aim {
        Aim::New => None,
        Aim::Answer(_, excerpt) => Some(format!("{}: {}", words::ANSWERING, line(excerpt))),
        Aim::Change(..) => Some(words::CHANGING.to_owned()),
    });
    let below = if timeline.is_at_end() { "" } else { words::NEWER };
    rule(frame, aim.as_deref().unwrap_or(below), style, parts.line);
    match words::waiting(one) {
        Some(text) => {
            let text = Paragraph::new(rows::line(&text)).wrap(Wrap { trim: true }).style(style.strong());
            frame.render_widget(text, parts.write);
        }
        None => write(frame, chat, parts.write),
    }
}

fn head(frame: &mut Frame<'_>, one: &ConversationView, style: Style, area: Rect) {
    let (trust, look) = match one.group {
        Some(group) => (words::members(group.members), style.quiet()),
        None => (words::trust(one.trust).to_owned(), style.trust(one.trust)),
    };
    let name = clip(&one.title, usize::from(area.width).saturating_sub(width(&trust) + 3));
    let line =
        Line::from(vec![Span::styled(name, style.strong()), Span::raw("  "), Span::styled(trust, look)]);
    frame.render_widget(Paragraph::new(line), area);
}

/// A line across, with a word in it.
fn rule(frame: &mut Frame<'_>, word: &str, style: Style, area: Rect) {
    let word = clip(word, usize::from(area.width).saturating_sub(4));
    let text = if word.is_empty() { String::new() } else { format!("── {word} ") };
    let rest = usize::from(area.width).saturating_sub(width(&text));
    frame.render_widget(Paragraph::new(format!("{text}{}", "─".repeat(rest))).style(style.quiet()), area);
}

fn messages(frame: &mut Frame<'_>, chat: &Chat, timeline: &Shown, style: Style, area: Rect) {
    for (y, row) in (area.y..area.bottom()).zip(timeline.visible()) {
        let area = Rect { y, height: 1, ..area };
        match *row {
            Row::Day(at) => {
                let day = timeline.entries.get(at).map(|entry| words::day(entry.message.at, &chat.zone));
                rule(frame, &day.unwrap_or_default(), style, area);
            }
            Row::New => rule(frame, words::NEW, style, area),
            Row::Message(at, within) => {
                let Some(entry) = timeline.entries.get(at) else { continue };
                let Some(line) = entry.rows.as_ref().and_then(|rows| rows.get(within)) else { continue };
                let is_chosen = timeline.selected == Some(entry.message.id);
                let style =
                    if is_chosen { style.chosen(chat.focus == Focus::Messages) } else { style.normal() };
                frame.render_widget(Paragraph::new(line.clone()).style(style), area);
            }
        }
    }
}

/// What is written, and the cursor in it.
fn write(frame: &mut Frame<'_>, chat: &Chat, area: Rect) {
    let columns = chat.write_columns();
    let nothing = Draft::default();
    let draft = &chat.draft().unwrap_or(&nothing).editor;
    let (text, rows, (row, column)) = (draft.text(), draft.rows(columns), draft.cursor(columns));
    let height = usize::from(area.height);
    let first = (row + 1).saturating_sub(height).min(rows.len().saturating_sub(height));
    for (y, (place, range)) in (area.y..area.bottom()).zip(rows.into_iter().enumerate().skip(first)) {
        let prompt = if place == 0 { words::PROMPT } else { "  " };
        let line = format!("{prompt}{}", rows::line(&text[range]));
        frame.render_widget(Paragraph::new(line), Rect { y, height: 1, ..area });
    }
    if chat.focus == Focus::Write && chat.overlay.is_none() {
        place_cursor(frame, area, words::PROMPT_COLUMNS.into(), row - first.min(row), column);
    }
}

/// Puts the terminal's cursor into an area.
pub(super) fn place_cursor(frame: &mut Frame<'_>, area: Rect, indent: usize, row: usize, column: usize) {
    let x = (usize::from(area.x) + indent + column).min(usize::from(area.right().saturating_sub(1)));
    let y = (usize::from(area.y) + row).min(usize::from(area.bottom().saturating_sub(1)));
    if let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) {
        frame.set_cursor_position(Position { x, y });
    }
}
