//! Windows about groups.

use ratatui::Frame;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::style::Style;
use super::window::{empty, field};
use crate::client::chat::group::{GroupWindow, Pick};
use crate::client::chat::rows::clip;
use crate::client::chat::state::Chat;
use crate::client::chat::words;

pub(super) fn draw(frame: &mut Frame<'_>, chat: &Chat, window: &GroupWindow, style: Style) {
    match window {
        GroupWindow::Name(_, editor) => {
            let lines = vec![Line::raw(words::GROUP_NAME)];
            field(frame, chat, " Group ", lines, editor, " Enter go on  Esc close ");
        }
        GroupWindow::Pick(pick) => self::pick(frame, chat, pick, style),
        GroupWindow::Members(_, members, chosen) => {
            let row = |member: &kuvert_view::MemberView| {
                let own = if member.own { " (you)" } else { "" };
                let admin = if member.admin { "  admin" } else { "" };
                format!("{}{own}{admin}  {}", member.name, member.kuvert_id)
            };
            let rows: Vec<String> = members.iter().map(row).collect();
            let hint = " a add  x remove  m admin  r rename  l leave  Esc close ";
            choice(frame, chat, " Members ", &rows, *chosen, hint, style);
        }
    }
}

fn pick(frame: &mut Frame<'_>, chat: &Chat, pick: &Pick, style: Style) {
    let row = |(id, name): &(_, String)| {
        let mark = if pick.picked.contains(id) { "[x]" } else { "[ ]" };
        format!("{mark} {name}")
    };
    let rows: Vec<String> = pick.people.iter().map(row).collect();
    let hint = " Space choose  Enter done  Esc close ";
    choice(frame, chat, " Who is in it? ", &rows, pick.chosen, hint, style);
}

/// Rows of which one is chosen.
fn choice(
    frame: &mut Frame<'_>,
    chat: &Chat,
    title: &str,
    rows: &[String],
    chosen: usize,
    hint: &str,
    style: Style,
) {
    let inner = empty(frame, chat, title, rows.len().max(1), hint);
    let columns = usize::from(inner.width);
    if rows.is_empty() {
        frame.render_widget(Paragraph::new(clip(words::NOBODY_TO_ADD, columns)), inner);
    }
    let first = (chosen + 1).saturating_sub(inner.height.into());
    for (y, (place, row)) in (inner.y..inner.bottom()).zip(rows.iter().enumerate().skip(first)) {
        let style = if place == chosen { style.chosen(true) } else { style.normal() };
        let area = ratatui::layout::Rect { y, height: 1, ..inner };
        frame.render_widget(Paragraph::new(clip(row, columns)).style(style), area);
    }
}
