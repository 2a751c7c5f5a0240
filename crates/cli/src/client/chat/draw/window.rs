//! Windows over the conversations, and those that only say or ask something.

use kuvert_view::{ConversationView, DetailsView, Sender};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Paragraph, Wrap};

use super::conversation::place_cursor;
use super::style::Style;
use super::{code, form, group};
use crate::client::chat::editor::Editor;
use crate::client::chat::overlay::Overlay;
use crate::client::chat::rows::{self, line};
use crate::client::chat::state::Chat;
use crate::client::chat::{layout, words};

/// What can be done in a window that only says something.
const CLOSE: &str = " Esc close  Up/Down scroll ";
/// Most columns of a window.
pub(in crate::client::chat) const WINDOW_COLUMNS: u16 = 68;
/// Rows and columns of a window that are its frame.
const FRAME: u16 = 2;

pub(super) fn draw(frame: &mut Frame<'_>, chat: &Chat, overlay: &Overlay, style: Style) {
    match overlay {
        Overlay::Help(row) => scrolled(frame, chat, style, " Keys ", help(style), *row, CLOSE),
        Overlay::Link(state) => code::link(frame, chat, state, style),
        Overlay::Add(add) => form::add(frame, chat, add, style),
        Overlay::Details(id, row) => {
            if let Some(one) = chat.conversation(*id) {
                let hint = if one.blocked {
                    " v verify  b unblock  Esc close "
                } else {
                    " v verify  b block  Esc close "
                };
                scrolled(frame, chat, style, " Contact ", details(chat, one, style), *row, hint);
            }
        }
        Overlay::Message(details, row) => {
            scrolled(frame, chat, style, " Message ", message(chat, details, style), *row, CLOSE);
        }
        Overlay::Verify(verify) => code::verify(frame, chat, verify, style),
        Overlay::Search(search) => form::search(frame, chat, search, style),
        Overlay::Attach(_, editor) => {
            let lines = vec![Line::raw(words::ATTACH)];
            field(frame, chat, " Send a file ", lines, editor, " Enter send  Esc close ");
        }
        Overlay::Group(window) => group::draw(frame, chat, window, style),
        Overlay::React(_, editor) => form::react(frame, chat, editor),
        Overlay::Settings(settings) => {
            let reports = if settings.read_reports { "are told" } else { "are not told" };
            let text = vec![Line::raw(format!("Others {reports} what you have read."))];
            window(frame, chat, " Settings ", text, " r change  Esc close ");
        }
        Overlay::Confirm(confirm) => {
            let text = vec![Line::raw(line(&confirm.question))];
            let answers = confirm.answers.iter().map(|(key, label, _)| format!("{key} {label}  "));
            window(frame, chat, " Kuvert ", text, &format!(" {}n no ", answers.collect::<String>()));
        }
    }
}

/// An empty window with room for some rows; gives the area within it.
pub(super) fn empty(frame: &mut Frame<'_>, chat: &Chat, title: &str, rows: usize, hint: &str) -> Rect {
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(FRAME);
    let area = layout::window(chat.size, WINDOW_COLUMNS, rows).intersection(frame.area());
    let block = Block::bordered().title(title.to_owned()).title_bottom(hint.to_owned());
    let block = block.padding(Padding::horizontal(1));
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    inner
}

/// Rows that lines take in a window.
fn height(chat: &Chat, lines: &[Line<'_>]) -> usize {
    let columns = chat.overlay_columns();
    lines.iter().map(|line| rows::rows(&line.to_string(), columns, columns).len()).sum()
}

pub(super) fn window(
    frame: &mut Frame<'_>,
    chat: &Chat,
    title: &str,
    lines: Vec<Line<'_>>,
    hint: &str,
) -> Rect {
    let inner = empty(frame, chat, title, height(chat, &lines), hint);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inner);
    inner
}

/// A window whose text may be longer than the terminal is high.
fn scrolled(
    frame: &mut Frame<'_>,
    chat: &Chat,
    style: Style,
    title: &str,
    lines: Vec<Line<'_>>,
    row: usize,
    hint: &str,
) {
    let rows = height(chat, &lines);
    let inner = empty(frame, chat, title, rows, hint);
    let hidden = rows.saturating_sub(inner.height.into());
    let row = u16::try_from(row.min(hidden)).unwrap_or(u16::MAX);
    let text = Paragraph::new(lines).wrap(Wrap { trim: false }).scroll((row, 0)).style(style.normal());
    frame.render_widget(text, inner);
}

fn help(style: Style) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (place, keys) in words::HELP {
        lines.push(Line::from(Span::styled(*place, style.strong())));
        for (key, what) in *keys {
            lines
                .push(Line::from(vec![Span::styled(format!("  {key:12}"), style.other()), Span::raw(*what)]));
        }
    }
    lines
}

fn details(chat: &Chat, one: &ConversationView, style: Style) -> Vec<Line<'static>> {
    let mut lines = vec![
        Line::from(Span::styled(line(&one.title), style.strong())),
        Line::raw(one.kuvert_id.clone()),
        Line::raw(""),
        Line::from(vec![
            Span::styled(words::trust(one.trust), style.trust(one.trust)),
            Span::raw(format!(": {}", words::trust_explained(one.trust))),
        ]),
        Line::raw(words::state_explained(one)),
        Line::raw(words::familiarity(one.familiarity)),
    ];
    if let Some(last) = &one.last {
        lines.push(Line::raw(format!("last message: {}", words::moment(last.at, &chat.zone))));
    }
    if one.unread > 0 {
        lines.push(Line::raw(format!("{} unread", one.unread)));
    }
    lines
}

/// Who has a message, and since when; and who reacted.
fn message(chat: &Chat, details: &DetailsView, style: Style) -> Vec<Line<'static>> {
    let message = &details.message;
    let at = |at| words::moment(at, &chat.zone);
    let mut lines = vec![Line::raw(format!("written {}", at(message.at)))];
    let others = [("edited", message.edited_at), ("deleted by itself", message.expires_at)];
    lines.extend(
        others.into_iter().filter_map(|(what, when)| Some(Line::raw(format!("{what} {}", at(when?))))),
    );
    if message.from == Sender::Own {
        lines.push(Line::raw(words::delivery(message.delivery)));
    }
    for receipt in &details.receipts {
        lines.push(Line::styled(line(&receipt.name), style.strong()));
        lines.push(Line::raw(format!("  delivered {}", at(receipt.delivered))));
        lines.extend(receipt.read.map(|read| Line::raw(format!("  read {}", at(read)))));
    }
    for reaction in &details.reactions {
        let name = if reaction.own { "me".to_owned() } else { line(&reaction.name) };
        lines.push(Line::raw(format!("{} {name}, {}", line(&reaction.text), at(reaction.at))));
    }
    lines
}

/// A window with lines and, below them, a text that is written.
pub(super) fn field(
    frame: &mut Frame<'_>,
    chat: &Chat,
    title: &str,
    lines: Vec<Line<'_>>,
    editor: &Editor,
    hint: &str,
) {
    let columns = chat.overlay_columns();
    let cut = editor.rows(columns);
    let above = height(chat, &lines);
    let inner = empty(frame, chat, title, above + cut.len().max(2), hint);
    let above_rows = u16::try_from(above).unwrap_or(u16::MAX).min(inner.height.saturating_sub(1));
    frame.render_widget(
        Paragraph::new(lines).wrap(Wrap { trim: false }),
        Rect { height: above_rows, ..inner },
    );
    let area = Rect { y: inner.y + above_rows, height: inner.height - above_rows, ..inner };
    let (row, column) = editor.cursor(columns);
    let first = (row + 1).saturating_sub(area.height.into());
    for (y, range) in (area.y..area.bottom()).zip(cut.into_iter().skip(first)) {
        let text = rows::line(&editor.text()[range]);
        frame.render_widget(Paragraph::new(text), Rect { y, height: 1, ..area });
    }
    place_cursor(frame, area, 0, row - first, column);
}
