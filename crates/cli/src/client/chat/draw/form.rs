//! Windows in which something is written: adding a contact, search, a reaction.

use kuvert_view::CardView;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::conversation::place_cursor;
use super::style::Style;
use super::window::{empty, field, window};
use crate::client::chat::editor::Editor;
use crate::client::chat::overlay::{Add, AddStep, Hit, REACTIONS, Search};
use crate::client::chat::rows::{clip, line};
use crate::client::chat::state::Chat;
use crate::client::chat::words;

pub(super) fn add(frame: &mut Frame<'_>, chat: &Chat, add: &Add, style: Style) {
    let title = " Add a contact ";
    let mut lines = Vec::new();
    if let Some(why) = &add.failure {
        lines.push(Line::from(Span::styled(line(why), style.failure())));
    }
    match &add.step {
        AddStep::Link => {
            lines.push(Line::raw(words::ADD_LINK));
            field(frame, chat, title, lines, &add.link, " Enter open  Esc close ");
        }
        AddStep::Waiting => {
            lines.push(Line::raw(words::LINK_WAITING));
            window(frame, chat, title, lines, " Esc close ");
        }
        AddStep::Message(card, editor) => {
            lines.extend(self::card(card, style));
            if card.conversation.is_some() {
                window(frame, chat, title, lines, " Enter open  Esc close ");
            } else {
                lines.push(Line::raw(words::ADD_MESSAGE));
                field(frame, chat, title, lines, editor, " Enter send  Alt+Enter new line  Esc close ");
            }
        }
    }
}

fn card(card: &CardView, style: Style) -> Vec<Line<'static>> {
    let mut lines = vec![
        Line::from(Span::styled(line(&card.name), style.strong())),
        Line::raw(format!("{} at {}", card.kuvert_id, line(&card.relay))),
    ];
    if card.conversation.is_some() {
        lines.push(Line::raw("is a contact of yours already"));
    }
    lines
}

/// Words, and below them what was found: a row each.
pub(super) fn search(frame: &mut Frame<'_>, chat: &Chat, search: &Search, style: Style) {
    let hint = " Enter open  Up/Down choose  Esc close ";
    let inner = empty(frame, chat, " Search ", usize::from(frame.area().height), hint);
    let columns = usize::from(inner.width);
    frame.render_widget(Paragraph::new(clip(words::SEARCH, columns)), Rect { height: 1, ..inner });
    let typed = Rect { y: inner.y + 1, height: 1, ..inner }.intersection(inner);
    let (_, column) = search.words.cursor(usize::MAX);
    // The end of what is typed is seen.
    let hidden = column.saturating_sub(columns.saturating_sub(1));
    let text: String = line(search.words.text()).chars().skip(hidden).collect();
    frame.render_widget(Paragraph::new(text), typed);
    let area = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner }.intersection(inner);
    if search.hits.is_empty() && !search.words.is_empty() {
        frame.render_widget(Paragraph::new(words::FOUND_NOTHING).style(style.quiet()), area);
    }
    let first = (search.chosen + 1).saturating_sub(area.height.into());
    for (y, (place, hit)) in (area.y..area.bottom()).zip(search.hits.iter().enumerate().skip(first)) {
        let style = if place == search.chosen { style.chosen(true) } else { style.normal() };
        let text = clip(&found(chat, hit), columns);
        frame.render_widget(Paragraph::new(text).style(style), Rect { y, height: 1, ..area });
    }
    place_cursor(frame, typed, 0, 0, column - hidden);
}

fn found(chat: &Chat, hit: &Hit) -> String {
    let name = |id| chat.conversation(id).map_or("", |one| one.title.as_str());
    match hit {
        Hit::Conversation(id) => format!("{}  (conversation)", name(*id)),
        Hit::Message(found) => {
            let when = words::short(found.message.at, chat.now, &chat.zone);
            format!("{}  {when}  {}", name(found.conversation), found.message.text)
        }
    }
}

/// A reaction: one of a few by its number, or any other.
pub(super) fn react(frame: &mut Frame<'_>, chat: &Chat, editor: &Editor) {
    let all = REACTIONS.iter().enumerate().map(|(place, one)| format!("{} {one}", place + 1));
    let lines = vec![Line::raw(words::REACT), Line::raw(all.collect::<Vec<_>>().join("   "))];
    field(frame, chat, " React ", lines, editor, " Enter react  Esc close ");
}
