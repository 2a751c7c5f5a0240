//! A message in rows: what it answers, time, name and text, reactions, and of an own one what became of it.

use kuvert_view::{Delivery, FileState, MessageKind, MessageView, ReactionView, ReplyView, Sender};
use ratatui::style::Style as Cell;
use ratatui::text::{Line, Span};

use super::style::Style;
use crate::client::chat::rows::{self, clip, width};
use crate::client::chat::words;
use crate::client::progress::size;

/// Columns before the rows of a message but the first.
const INDENT: usize = 6;
/// Most columns of a name before a message.
const NAME_COLUMNS: usize = 16;

/// The rows; `title` is the name of the conversation, `time` the time of day.
pub(super) fn message_rows(
    message: &MessageView,
    title: &str,
    time: &str,
    style: Style,
    columns: usize,
) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    if let Some(reply) = &message.reply {
        lines.push(indented(answered(reply, title, columns), style.quiet()));
    }
    let name = name(message, title);
    let name_style = if message.from == Sender::Own { style.own() } else { style.other() };
    let (text, text_style) = body(message, style);
    let time = format!("{time:5} ");
    let before = width(&time) + width(&name);
    let cut = rows::rows(&text, columns.saturating_sub(before), columns.saturating_sub(INDENT));
    let mut used = 0;
    for (place, range) in cut.into_iter().enumerate() {
        let row = text[range].trim_end().to_owned();
        used = width(&row) + if place == 0 { before } else { INDENT };
        lines.push(if place == 0 {
            let (time, name) =
                (Span::styled(time.clone(), style.quiet()), Span::styled(name.clone(), name_style));
            Line::from(vec![time, name, Span::styled(row, text_style)])
        } else {
            indented(row, text_style)
        });
    }
    let (marks, marks_style) = marks(message, style);
    if !marks.is_empty() {
        // Behind the text, or below where it does not fit.
        match lines.last_mut() {
            Some(line) if used + width(&marks) + 2 <= columns => {
                line.spans.push(Span::styled(format!("  {marks}"), marks_style));
            }
            _ => lines.push(indented(marks, marks_style)),
        }
    }
    if !message.reactions.is_empty() {
        let all: Vec<String> = message.reactions.iter().map(reaction).collect();
        lines.push(indented(clip(&all.join("  "), columns.saturating_sub(INDENT)), style.normal()));
    }
    lines
}

fn indented(text: String, style: Cell) -> Line<'static> {
    Line::from(vec![Span::raw(" ".repeat(INDENT)), Span::styled(text, style)])
}

fn name(message: &MessageView, title: &str) -> String {
    match message.from {
        Sender::Own => "me: ".to_owned(),
        Sender::Contact if message.author.is_empty() => format!("{}: ", clip(title, NAME_COLUMNS)),
        Sender::Contact => format!("{}: ", clip(&message.author, NAME_COLUMNS)),
        Sender::System => String::new(),
    }
}

fn body(message: &MessageView, style: Style) -> (String, Cell) {
    match message.kind {
        MessageKind::NeedsNewer => (words::NOT_UNDERSTOOD.to_owned(), style.quiet()),
        MessageKind::Deleted => (words::DELETED.to_owned(), style.quiet()),
        _ if message.from == Sender::System => (rows::plain(&message.text), style.quiet()),
        MessageKind::Text | MessageKind::Attachments | MessageKind::Structured => {
            (with_files(message), style.normal())
        }
    }
}

/// The text, and a row for each file.
fn with_files(message: &MessageView) -> String {
    let mut rows: Vec<String> = Vec::new();
    if !message.text.is_empty() {
        rows.push(rows::plain(&message.text));
    }
    rows.extend(message.files.iter().map(|file| {
        let state = match (file.state, &file.path) {
            (FileState::Saved, Some(path)) => format!(", saved as {path}"),
            (state, _) => words::file(state).to_owned(),
        };
        rows::line(&format!("[{}, {}{state}]", file.name, size(file.size)))
    }));
    rows.join("\n")
}

/// What a message answers, on one row.
fn answered(reply: &ReplyView, title: &str, columns: usize) -> String {
    let columns = columns.saturating_sub(INDENT);
    if reply.message.is_none() || reply.kind == MessageKind::Deleted {
        return clip(&format!("┌ {}", words::ANSWER_GONE), columns);
    }
    let name = match reply.from {
        Sender::Own => "me",
        _ if reply.author.is_empty() => title,
        _ => &reply.author,
    };
    clip(&format!("┌ {name}: {}", reply.text), columns)
}

/// What stands behind the text: whether it was edited, and what became of an own message.
fn marks(message: &MessageView, style: Style) -> (String, Cell) {
    let edited = message.edited_at.map(|_| words::EDITED);
    let is_sent = message.from == Sender::Own && message.kind != MessageKind::Deleted;
    let delivery = is_sent.then(|| words::delivery(message.delivery));
    let marks: Vec<&str> = [edited, delivery].into_iter().flatten().collect();
    let is_failed = message.delivery == Delivery::Failed;
    (marks.join(", "), if is_failed { style.failure() } else { style.quiet() })
}

fn reaction(one: &ReactionView) -> String {
    let count = if one.count > 1 { format!(" {}", one.count) } else { String::new() };
    let own = if one.own { " (me)" } else { "" };
    format!("{}{count}{own}", one.text)
}
