//! QR codes: the own link, and what verifies a contact.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::style::Style;
use super::window::{field, window};
use crate::client::chat::overlay::{LinkState, Verify};
use crate::client::chat::rows::{self, line};
use crate::client::chat::state::Chat;
use crate::client::chat::words;
use crate::client::qr;

/// The own link, as a QR code where there is room for one. Takes the whole screen: a code needs it.
pub(super) fn link(frame: &mut Frame<'_>, chat: &Chat, state: &LinkState, style: Style) {
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
    let mut lines: Vec<Line<'_>> = match qr::rows(shown, (columns, room)) {
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

/// What makes sure that a contact is who they say: words to compare and a code to scan. Takes the whole screen.
pub(super) fn verify(frame: &mut Frame<'_>, chat: &Chat, verify: &Verify, style: Style) {
    let mut lines = Vec::new();
    if let Some(why) = &verify.failure {
        lines.push(Line::from(Span::styled(line(why), style.failure())));
    }
    if let Some(code) = &verify.code {
        lines.push(Line::raw(words::VERIFY_ENTER));
        return field(frame, chat, " Verify ", lines, code, " Enter check  Esc back ");
    }
    let area = frame.area();
    let columns = usize::from(area.width);
    lines.push(Line::raw(words::VERIFY_WORDS));
    lines.push(Line::styled(verify.shown.words.join(" "), style.strong()));
    let above: usize = lines.iter().map(|line| rows::rows(&line.to_string(), columns, columns).len()).sum();
    let hint = rows::as_many(&["y same words", "e their code", "Esc close", "u not verified"], columns);
    let room = usize::from(area.height).saturating_sub(above + 1);
    let mut below: Vec<Line<'_>> = match qr::rows(&verify.shown.code, (columns, room)) {
        Some(code) if room > code.len() => {
            let rows = code.into_iter().map(|row| Line::styled(row, style.code()).centered());
            std::iter::once(Line::raw(rows::clip(words::VERIFY_CODE, columns))).chain(rows).collect()
        }
        Some(code) => code.into_iter().map(|row| Line::styled(row, style.code()).centered()).collect(),
        None => vec![Line::styled(rows::clip(words::QR_TOO_LARGE, columns), style.quiet())],
    };
    below.push(Line::styled(hint, style.quiet()));
    let above = u16::try_from(above).unwrap_or(u16::MAX).min(area.height);
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), Rect { height: above, ..area });
    let rest = Rect { y: area.y + above, height: area.height - above, ..area };
    frame.render_widget(Paragraph::new(below), rest);
}
