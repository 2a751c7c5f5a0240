//! What keys do. Wishes are left in the state for the engine.

use std::collections::BTreeSet;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use kuvert_view::{
    ContactState, ConversationId, ConversationView, Delivery, MessageKind, MessageView, Sender, UiCommand,
};

use super::draft::Draft;
use super::editor::Editor;
use super::files::FileWish;
use super::group::{GroupWindow, Pick, PickAim};
use super::layout;
use super::overlay::{Add, Confirm, LinkState, Outcome, Overlay, Search};
use super::state::{Chat, Focus, ScreenWish};
use super::words;

impl Chat {
    /// Takes what happened at the terminal.
    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Event::Paste(text) => self.paste(&text),
            Event::Resize(columns, rows) => self.size = (columns, rows),
            _ => {}
        }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) {
        self.notice = None;
        let is_warned = std::mem::take(&mut self.is_warned);
        if is_control(key, 'c') || is_control(key, 'q') {
            return self.end(is_warned);
        }
        if is_control(key, 'l') || is_control(key, 'z') {
            let wish = if is_control(key, 'l') { ScreenWish::Redraw } else { ScreenWish::Pause };
            self.screen_wish = Some(wish);
            return;
        }
        if let Some(mut overlay) = self.overlay.take() {
            let columns = self.overlay_columns();
            let outcome = overlay.key(key, columns);
            self.overlay = Some(overlay);
            return self.outcome(outcome);
        }
        match (key.code, key.modifiers) {
            (KeyCode::Char('f'), KeyModifiers::CONTROL) => {
                self.overlay = Some(Overlay::Search(Search::new()));
            }
            (KeyCode::F(1), _) => self.overlay = Some(Overlay::Help(0)),
            (KeyCode::Up, KeyModifiers::ALT) => self.neighbour(-1),
            (KeyCode::Down, KeyModifiers::ALT) => self.neighbour(1),
            _ => match self.focus {
                Focus::List => self.list_key(key, is_warned),
                Focus::Write => self.write_key(key),
                Focus::Messages => self.messages_key(key),
            },
        }
    }

    fn paste(&mut self, text: &str) {
        if let Some(overlay) = &mut self.overlay {
            let outcome = overlay.paste(text);
            self.outcome(outcome);
        } else if self.focus == Focus::List && text.trim().contains("/c/") {
            // A link that is pasted is meant to be opened.
            self.overlay = Some(Overlay::Add(Add::new(text.trim())));
        } else if self.can_write() {
            self.focus = Focus::Write;
            if let Some(draft) = self.draft_mut() {
                draft.editor.insert(text);
            }
        }
    }

    /// Ends, unless something would be lost that the user was not told of.
    fn end(&mut self, is_warned: bool) {
        if self.has_drafts() && !is_warned {
            self.is_warned = true;
            self.fail(words::DRAFT_LOST);
        } else {
            self.is_over = true;
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Stay => {}
            Outcome::Close => self.overlay = None,
            Outcome::Wish(wish) => self.wishes.push_back(wish),
            Outcome::Ask(confirm) => self.overlay = Some(Overlay::Confirm(confirm)),
            Outcome::Done(wish) => {
                // What became of the link is seen where it was.
                let is_link = wish == UiCommand::RevokeLink;
                self.overlay = is_link.then_some(Overlay::Link(LinkState::Waiting));
                self.wishes.push_back(wish);
            }
            Outcome::Copy(text) => self.copy(text),
            Outcome::Open(conversation, message) => {
                self.overlay = None;
                match message {
                    Some(message) => self.seek(conversation, message),
                    None => self.open(conversation),
                }
            }
            Outcome::File(wish) => {
                self.overlay = None;
                self.say(words::PREPARING);
                self.file_wish = Some(wish);
            }
            Outcome::Pick(aim) => self.pick(aim),
            Outcome::AskBlock(conversation) => self.ask_block(conversation),
        }
    }

    /// Lets the user choose among the contacts that can be written to.
    fn pick(&mut self, aim: PickAim) {
        let is_person = |one: &&ConversationView| {
            one.group.is_none() && one.state == ContactState::Accepted && !one.blocked
        };
        let mut people: Vec<_> =
            self.list.iter().filter(is_person).map(|one| (one.id, one.title.clone())).collect();
        people.sort_by_key(|(_, name)| name.to_lowercase());
        let pick = Pick { aim, people, picked: BTreeSet::new(), chosen: 0 };
        self.overlay = Some(Overlay::Group(GroupWindow::Pick(pick)));
    }

    fn ask_block(&mut self, conversation: ConversationId) {
        let Some(one) = self.conversation(conversation) else { return };
        let confirm = if one.blocked {
            Confirm::yes(words::unblock(&one.title), UiCommand::Unblock { conversation })
        } else {
            Confirm::yes(words::block(&one.title), UiCommand::Block { conversation })
        };
        self.overlay = Some(Overlay::Confirm(confirm));
    }

    fn copy(&mut self, text: String) {
        self.screen_wish = Some(ScreenWish::Copy(text));
        self.say(words::COPIED);
    }

    fn list_key(&mut self, key: KeyEvent, is_warned: bool) {
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.move_cursor(-1),
            KeyCode::Down | KeyCode::Char('j') => self.move_cursor(1),
            KeyCode::PageUp => self.move_cursor(-10),
            KeyCode::PageDown => self.move_cursor(10),
            KeyCode::Home => self.move_cursor(isize::MIN),
            KeyCode::End => self.move_cursor(isize::MAX),
            KeyCode::Enter | KeyCode::Right => {
                if let Some(conversation) = self.cursor {
                    self.open(conversation);
                }
            }
            KeyCode::Tab | KeyCode::Esc if self.timeline.is_some() => self.focus = Focus::Write,
            KeyCode::Char('l') => {
                self.overlay = Some(Overlay::Link(LinkState::Waiting));
                self.wishes.push_back(UiCommand::ShowLink);
            }
            KeyCode::Char('a') => self.overlay = Some(Overlay::Add(Add::new(""))),
            KeyCode::Char('d') => self.details(self.cursor),
            KeyCode::Char('g') => {
                self.overlay = Some(Overlay::Group(GroupWindow::Name(None, Editor::single(""))));
            }
            KeyCode::Char('/') => self.overlay = Some(Overlay::Search(Search::new())),
            KeyCode::Char('s') => self.wishes.push_back(UiCommand::ShowSettings),
            KeyCode::Char('?') => self.overlay = Some(Overlay::Help(0)),
            KeyCode::Char('q') => self.end(is_warned),
            _ => {}
        }
    }

    fn details(&mut self, conversation: Option<ConversationId>) {
        let Some(one) = conversation.and_then(|id| self.conversation(id)) else { return };
        let (conversation, is_group) = (one.id, one.group.is_some());
        if is_group {
            self.wishes.push_back(UiCommand::ShowMembers { conversation });
        } else {
            self.overlay = Some(Overlay::Details(conversation, 0));
        }
    }

    fn move_cursor(&mut self, by: isize) {
        let at = self.list.iter().position(|one| Some(one.id) == self.cursor).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(self.list.len().saturating_sub(1));
        self.cursor = self.list.get(to).map(|one| one.id);
    }

    /// Opens the conversation above or below the one that is shown.
    fn neighbour(&mut self, by: isize) {
        self.cursor = self.shown().map(|one| one.id).or(self.cursor);
        let before = self.cursor;
        self.move_cursor(by);
        if let (true, Some(conversation)) = (self.cursor != before, self.cursor) {
            self.open(conversation);
        }
    }

    fn write_key(&mut self, key: KeyEvent) {
        if self.scroll_key(key) {
            return;
        }
        let Some(one) = self.shown() else { return self.leave() };
        let (conversation, state, is_blocked) = (one.id, one.state, one.blocked);
        if key.code == KeyCode::Esc {
            if !self.draft_mut().is_some_and(Draft::give_up) {
                self.leave();
            }
            return;
        }
        match key.code {
            KeyCode::Tab => self.read(),
            _ if self.can_write() => self.type_key(key),
            KeyCode::Char('y') if state == ContactState::Asking && !is_blocked => {
                self.wishes.push_back(UiCommand::Accept { conversation });
            }
            KeyCode::Char('n') if state == ContactState::Asking && !is_blocked => {
                let confirm = if one.group.is_some() {
                    Confirm::yes(words::LEAVE, UiCommand::LeaveGroup { conversation })
                } else {
                    Confirm::yes(words::decline(&one.title), UiCommand::Decline { conversation })
                };
                self.overlay = Some(Overlay::Confirm(confirm));
            }
            KeyCode::Char('b') if one.group.is_none() => self.ask_block(conversation),
            KeyCode::Char('d') => self.details(Some(conversation)),
            KeyCode::Char('?') => self.overlay = Some(Overlay::Help(0)),
            KeyCode::Up => self.scroll(-1),
            KeyCode::Down => self.scroll(1),
            _ => {}
        }
    }

    /// A key for the text that is written.
    fn type_key(&mut self, key: KeyEvent) {
        let columns = self.write_columns();
        let Some(draft) = self.draft_mut() else { return };
        let editor = &mut draft.editor;
        if is_new_line(key) {
            editor.insert("\n");
        } else if is_control(key, 'o') {
            let conversation = self.shown().map(|one| one.id);
            self.overlay = conversation.map(|id| Overlay::Attach(id, Editor::single("")));
        } else if key.code == KeyCode::Enter {
            self.send();
        } else if !editor.key(key, columns) && key.code == KeyCode::Up && editor.is_empty() {
            self.read();
        }
    }

    fn send(&mut self) {
        let Some(conversation) = self.shown().map(|one| one.id) else { return };
        let Some(draft) = self.draft_mut().filter(|draft| !draft.editor.is_empty()) else { return };
        let before = draft.clone();
        let wish = draft.send(conversation);
        self.sending = Some((conversation, before));
        self.wishes.push_back(wish);
    }

    /// Turns to the messages.
    fn read(&mut self) {
        if let Some(timeline) = self.timeline.as_mut().filter(|timeline| !timeline.entries.is_empty()) {
            timeline.select(0);
            self.focus = Focus::Messages;
        }
    }

    fn messages_key(&mut self, key: KeyEvent) {
        let Some(timeline) = &mut self.timeline else { return self.leave() };
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => timeline.select(-1),
            KeyCode::Down | KeyCode::Char('j') => timeline.select(1),
            KeyCode::PageUp => timeline.select(-10),
            KeyCode::PageDown => timeline.select(10),
            KeyCode::Home => timeline.select(isize::MIN),
            KeyCode::End => timeline.select(isize::MAX),
            KeyCode::Esc | KeyCode::Tab => {
                timeline.selected = None;
                self.focus = Focus::Write;
            }
            KeyCode::Char('?') => self.overlay = Some(Overlay::Help(0)),
            _ => self.message_key(key),
        }
    }

    /// A key that acts on the message that is chosen.
    fn message_key(&mut self, key: KeyEvent) {
        let Some(message) = self.timeline.as_ref().and_then(|timeline| timeline.selected()) else { return };
        let (id, is_own) = (message.id, message.from == Sender::Own);
        let can_change = is_own && message.kind == MessageKind::Text;
        match key.code {
            KeyCode::Char('c') => self.copy(message.text.clone()),
            KeyCode::Char('s') if message.delivery == Delivery::Failed => {
                self.wishes.push_back(UiCommand::Retry { message: id });
            }
            KeyCode::Char('w') if !message.files.is_empty() => self.file_wish = Some(FileWish::Save(id)),
            KeyCode::Char('d') => self.wishes.push_back(UiCommand::ShowDetails { message: id }),
            KeyCode::Char('x') => self.overlay = Some(Overlay::Confirm(deletion(message))),
            KeyCode::Char('+' | '*') if self.can_write() => {
                self.overlay = Some(Overlay::React(id, Editor::single("")));
            }
            KeyCode::Char('r') | KeyCode::Enter if self.can_write() => {
                let excerpt = match message.from {
                    Sender::Own => format!("me: {}", message.text),
                    _ => message.text.clone(),
                };
                self.aim(|draft| draft.answer(id, excerpt));
            }
            KeyCode::Char('e') if self.can_write() && can_change => {
                let text = message.text.clone();
                self.aim(|draft| draft.change(id, &text));
            }
            _ => {}
        }
    }

    /// Turns to writing, with an aim.
    fn aim(&mut self, aim: impl FnOnce(&mut Draft)) {
        if let Some(draft) = self.draft_mut() {
            aim(draft);
        }
        if let Some(timeline) = &mut self.timeline {
            timeline.selected = None;
        }
        self.focus = Focus::Write;
    }

    /// Keys that move what is seen while something is written.
    fn scroll_key(&mut self, key: KeyEvent) -> bool {
        let screen = self.timeline.as_ref().map_or(1, |timeline| timeline.screen());
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::PageUp => self.scroll(-screen),
            KeyCode::PageDown => self.scroll(screen),
            KeyCode::Up if is_control => self.scroll(-1),
            KeyCode::Down if is_control => self.scroll(1),
            KeyCode::End if is_control => {
                let is_stale = self.timeline.as_mut().is_some_and(super::timeline::Timeline::show_end);
                self.fetch_end(is_stale);
            }
            _ => return false,
        }
        true
    }

    fn scroll(&mut self, by: isize) {
        let is_stale = self.timeline.as_mut().is_some_and(|timeline| timeline.scroll(by));
        self.fetch_end(is_stale);
    }

    fn fetch_end(&mut self, is_stale: bool) {
        if let (true, Some(conversation)) = (is_stale, self.shown().map(|one| one.id)) {
            self.wishes.push_back(UiCommand::OpenConversation { conversation });
        }
    }

    /// Width in which what is written is shown.
    pub(super) fn write_columns(&self) -> usize {
        let area = layout::screen(self.size, false).conversation;
        area.map_or(1, |area| usize::from(area.width.saturating_sub(words::PROMPT_COLUMNS)).max(1))
    }

    /// Width in which texts in windows are shown.
    pub(super) fn overlay_columns(&self) -> usize {
        usize::from(layout::window(self.size, super::draw::WINDOW_COLUMNS, 1).width).saturating_sub(4).max(1)
    }
}

/// Asks where to delete a message.
fn deletion(message: &MessageView) -> Confirm {
    let message_id = message.id;
    let here = UiCommand::Delete { message: message_id, everywhere: false };
    let everywhere = UiCommand::Delete { message: message_id, everywhere: true };
    let can_everywhere = message.from == Sender::Own && message.kind != MessageKind::Deleted;
    let mut answers = vec![('h', "on this device only", here)];
    if can_everywhere {
        answers.insert(0, ('e', "for everybody", everywhere));
    }
    Confirm { question: words::DELETE.to_owned(), answers }
}

fn is_control(key: KeyEvent, c: char) -> bool {
    key.code == KeyCode::Char(c) && key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Whether a key begins a new line. Not every terminal tells Shift+Enter from Enter; all tell Alt+Enter and Ctrl+J.
pub(super) fn is_new_line(key: KeyEvent) -> bool {
    is_control(key, 'j') || key.code == KeyCode::Enter && !key.modifiers.is_empty()
}
