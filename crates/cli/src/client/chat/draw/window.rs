//! Windows over the conversations: help, link, adding a contact, details, questions.

use kuvert_view::{CardView, ConversationView};
use qrcode::{EcLevel, QrCode};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Paragraph, Wrap};

use super::conversation::place_cursor;
use super::style::Style;
use crate::client::chat::editor::Editor;
use crate::client::chat::overlay::{Add, AddStep, LinkState, Overlay};
use crate::client::chat::rows::{self, line};
use crate::client::chat::state::Chat;
use crate::client::chat::{layout, words};

/// Most columns of a window.
pub(in crate::client::chat) const WINDOW_COLUMNS: u16 = 68;
/// Rows and columns of a window that are its frame.
const FRAME: u16 = 2;

pub(super) fn draw(frame: &mut Frame<'_>, chat: &Chat, overlay: &Overlay, style: Style) {
    match overlay {
        Overlay::Help(row) => scrolled(frame, chat, style, " Keys ", help(style), *row),
        Overlay::Link(state) => link(frame, chat, state, style),
        Overlay::Add(add) => self::add(frame, chat, add, style),
        Overlay::Details(id, row) => {
            if let Some(one) = chat.conversation(*id) {
                scrolled(frame, chat, style, " Contact ", details(chat, one, style), *row);
            }
        }
        Overlay::Confirm(confirm) => {
            let text = vec![Line::raw(line(&confirm.question))];
            window(frame, chat, " Kuvert ", text, " y yes  n no ");
        }
    }
}

/// An empty window with room for some rows; gives the area within it.
fn empty(frame: &mut Frame<'_>, chat: &Chat, title: &str, rows: usize, hint: &str) -> Rect {
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

fn window(frame: &mut Frame<'_>, chat: &Chat, title: &str, lines: Vec<Line<'_>>, hint: &str) -> Rect {
    let inner = empty(frame, chat, title, height(chat, &lines), hint);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inner);
    inner
}

/// A window whose text may be longer than the terminal is high.
fn scrolled(frame: &mut Frame<'_>, chat: &Chat, style: Style, title: &str, lines: Vec<Line<'_>>, row: usize) {
    let rows = height(chat, &lines);
    let inner = empty(frame, chat, title, rows, " Esc close  Up/Down scroll ");
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
        Line::raw(words::state_explained(one.state)),
    ];
    if let Some(last) = &one.last {
        lines.push(Line::raw(format!("last message: {}", words::moment(last.at, &chat.zone))));
    }
    if one.unread > 0 {
        lines.push(Line::raw(format!("{} unread", one.unread)));
    }
    lines
}

/// The own link, as a QR code where there is room for one. Takes the whole screen: a code needs it.
fn link(frame: &mut Frame<'_>, chat: &Chat, state: &LinkState, style: Style) {
    let shown = match state {
        LinkState::Waiting => return plain_link(frame, chat, words::LINK_WAITING, " Esc close "),
        LinkState::Revoked => return plain_link(frame, chat, words::LINK_REVOKED, " n new link  Esc close "),
        LinkState::Failed(why) => return plain_link(frame, chat, why, " n try again  Esc close "),
        LinkState::Shown(link) => link,
    };
    let area = frame.area();
    let columns = usize::from(area.width);
    let cut = rows::rows(shown, columns, columns);
    let room = usize::from(area.height).saturating_sub(cut.len() + 1);
    let mut lines: Vec<Line<'_>> = match qr(shown, (columns, room)) {
        Some(code) => code.into_iter().map(|row| Line::styled(row, style.code()).centered()).collect(),
        None => vec![Line::from(Span::styled(words::QR_TOO_LARGE, style.quiet()))],
    };
    // Each row as it is, from the first column on: so it can be copied with the mouse.
    lines.extend(cut.into_iter().map(|range| Line::from(Span::styled(&shown[range], style.strong()))));
    let hint = rows::clip("c copy  r take back  Esc close", columns);
    lines.push(Line::from(Span::styled(hint, style.quiet())));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines), area);
}

fn plain_link(frame: &mut Frame<'_>, chat: &Chat, text: &str, hint: &str) {
    window(frame, chat, " Your link ", vec![Line::raw(line(text))], hint);
}

/// A QR code for a dark screen, with as much of a bright border as there is room for, at least one module; `None` if
/// it does not fit.
fn qr(text: &str, (columns, rows): (usize, usize)) -> Option<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let modules = code.width();
    let border = (1..=4).rev().find(|border| {
        let side = modules + 2 * border;
        side <= columns && side.div_ceil(2) <= rows
    })?;
    // Rows are pairs of modules, from the border's first one on.
    let is_bright = |x: usize, y: usize| {
        let within = |at: usize| at.checked_sub(border).filter(|at| *at < modules);
        match (within(x), within(y)) {
            (Some(x), Some(y)) => code[(x, y)] == qrcode::Color::Light,
            _ => x < modules + 2 * border && y < modules + 2 * border,
        }
    };
    let side = modules + 2 * border;
    let row = |y: usize| {
        let symbol = |x: usize| match (is_bright(x, 2 * y), is_bright(x, 2 * y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        (0..side).map(symbol).collect()
    };
    Some((0..side.div_ceil(2)).map(row).collect())
}

fn add(frame: &mut Frame<'_>, chat: &Chat, add: &Add, style: Style) {
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

/// A window with lines and, below them, a text that is written.
fn field(frame: &mut Frame<'_>, chat: &Chat, title: &str, lines: Vec<Line<'_>>, editor: &Editor, hint: &str) {
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
