//! Where what stands, from the size of the terminal alone.

use ratatui::layout::Rect;

/// Below this width or height nothing can be shown.
pub(super) const SMALLEST: (u16, u16) = (20, 6);
/// From this width on, conversations and messages stand side by side.
const TWO_PANES: u16 = 64;
/// Most rows of the text that is written, as a part of the height.
const WRITE_PART: u16 = 3;

/// Whether the list and the messages take turns.
pub(super) fn is_narrow(size: (u16, u16)) -> bool {
    size.0 < TWO_PANES
}

/// Title, body and hints.
pub(super) struct Screen {
    pub(super) title: Rect,
    pub(super) list: Option<Rect>,
    /// Between the two panes.
    pub(super) line: Option<Rect>,
    pub(super) conversation: Option<Rect>,
    pub(super) hints: Rect,
}

/// The screen; on a narrow one, either the list or the conversation.
pub(super) fn screen(size: (u16, u16), is_list: bool) -> Screen {
    let (width, height) = size;
    let body = Rect::new(0, 1, width, height.saturating_sub(2));
    let title = Rect::new(0, 0, width, 1);
    let hints = Rect::new(0, height.saturating_sub(1), width, 1);
    if is_narrow(size) {
        let (list, conversation) = if is_list { (Some(body), None) } else { (None, Some(body)) };
        return Screen { title, list, line: None, conversation, hints };
    }
    let columns = (width / 3).clamp(24, 38);
    let list = Rect { width: columns, ..body };
    let line = Rect { x: columns, width: 1, ..body };
    let conversation = Rect { x: columns + 1, width: width - columns - 1, ..body };
    Screen { title, list: Some(list), line: Some(line), conversation: Some(conversation), hints }
}

/// Parts of the conversation.
pub(super) struct Conversation {
    pub(super) head: Rect,
    pub(super) messages: Rect,
    /// A line between the messages and what is written.
    pub(super) line: Rect,
    pub(super) write: Rect,
}

/// Cuts the conversation's pane; the text that is written has `rows` rows.
pub(super) fn conversation(area: Rect, rows: usize) -> Conversation {
    let most = (area.height / WRITE_PART).max(1);
    let write = u16::try_from(rows).unwrap_or(u16::MAX).clamp(1, most);
    let messages = area.height.saturating_sub(write + 2);
    let part = |y: u16, height: u16| Rect { y: area.y + y, height, ..area }.intersection(area);
    Conversation {
        head: part(0, 1),
        messages: part(1, messages),
        line: part(1 + messages, 1),
        write: part(2 + messages, write),
    }
}

/// A window over the middle of the screen, or all of it where there is little room.
pub(super) fn window(size: (u16, u16), columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(size.0), rows.min(size.1));
    Rect::new((size.0 - width) / 2, (size.1 - height) / 2, width, height)
}
