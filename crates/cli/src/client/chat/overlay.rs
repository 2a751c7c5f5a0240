//! What lies over the conversations for a while: help, the own link, adding a contact, details, questions.

use crossterm::event::{KeyCode, KeyEvent};
use kuvert_view::{CardView, ConversationId, UiCommand};

use super::editor::Editor;

/// What lies over the conversations.
#[derive(Debug)]
pub(super) enum Overlay {
    /// Which keys do what; scrolled down by some rows.
    Help(usize),
    /// The own link.
    Link(LinkState),
    /// Somebody's link, and the first message to this person.
    Add(Add),
    /// Who the other person is; scrolled down by some rows.
    Details(ConversationId, usize),
    /// Whether something is meant.
    Confirm(Confirm),
}

/// The own link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LinkState {
    /// It is made and brought to the relay.
    Waiting,
    /// It can be given to others.
    Shown(String),
    /// It leads nowhere any more.
    Revoked,
    /// Why there is none.
    Failed(String),
}

/// Steps of adding a contact.
#[derive(Debug)]
pub(super) struct Add {
    pub(super) link: Editor,
    pub(super) step: AddStep,
    /// Why the step before did not work.
    pub(super) failure: Option<String>,
}

#[derive(Debug)]
pub(super) enum AddStep {
    /// The link is typed or pasted.
    Link,
    /// The relay was asked for the card.
    Waiting,
    /// The card is here; the first message is written.
    Message(CardView, Editor),
}

/// A question before something that cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Confirm {
    pub(super) question: String,
    pub(super) wish: UiCommand,
}

/// What a key in an overlay leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Stay,
    Close,
    Wish(UiCommand),
    /// First a question.
    Ask(Confirm),
    /// Closes, and then the wish.
    Done(UiCommand),
    /// The text goes to the clipboard.
    Copy(String),
    /// Closes, and then shows this conversation.
    Open(ConversationId),
}

impl Add {
    pub(super) fn new(link: &str) -> Self {
        Self { link: Editor::single(link), step: AddStep::Link, failure: None }
    }
}

impl Overlay {
    /// Takes a key. `columns` is the width in which texts are shown.
    pub(super) fn key(&mut self, key: KeyEvent, columns: usize) -> Outcome {
        match self {
            Self::Help(row) | Self::Details(_, row) => scroll_key(row, key),
            Self::Link(state) => link_key(state, key),
            Self::Add(add) => add_key(add, key, columns),
            Self::Confirm(confirm) => match key.code {
                KeyCode::Char('y') => Outcome::Done(confirm.wish.clone()),
                KeyCode::Char('n') | KeyCode::Esc => Outcome::Close,
                _ => Outcome::Stay,
            },
        }
    }

    /// Takes what was pasted.
    pub(super) fn paste(&mut self, text: &str) {
        if let Self::Add(add) = self {
            match &mut add.step {
                AddStep::Link => add.link.insert(text),
                AddStep::Message(_, editor) => editor.insert(text),
                AddStep::Waiting => {}
            }
        }
    }
}

fn scroll_key(row: &mut usize, key: KeyEvent) -> Outcome {
    match key.code {
        KeyCode::Down | KeyCode::Char('j') => *row += 1,
        KeyCode::Up | KeyCode::Char('k') => *row = row.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => *row += 10,
        KeyCode::PageUp => *row = row.saturating_sub(10),
        KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) | KeyCode::Char('q' | '?' | 'd') => {
            return Outcome::Close;
        }
        _ => {}
    }
    Outcome::Stay
}

fn link_key(state: &mut LinkState, key: KeyEvent) -> Outcome {
    match (key.code, &state) {
        (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'l'), _) => Outcome::Close,
        (KeyCode::Char('c'), LinkState::Shown(link)) => Outcome::Copy(link.clone()),
        (KeyCode::Char('r'), LinkState::Shown(_)) => {
            let question = super::words::REVOKE.to_owned();
            Outcome::Ask(Confirm { question, wish: UiCommand::RevokeLink })
        }
        (KeyCode::Char('n'), LinkState::Revoked | LinkState::Failed(_)) => {
            *state = LinkState::Waiting;
            Outcome::Wish(UiCommand::ShowLink)
        }
        _ => Outcome::Stay,
    }
}

fn add_key(add: &mut Add, key: KeyEvent, columns: usize) -> Outcome {
    match (&mut add.step, key.code) {
        (_, KeyCode::Esc) => return Outcome::Close,
        (AddStep::Link, KeyCode::Enter) if !add.link.is_empty() => {
            add.step = AddStep::Waiting;
            add.failure = None;
            return Outcome::Wish(UiCommand::OpenLink { link: add.link.text().trim().to_owned() });
        }
        (AddStep::Link, _) => {
            add.link.key(key, columns);
        }
        (AddStep::Message(card, editor), KeyCode::Enter) if key.modifiers.is_empty() => {
            if let Some(conversation) = card.conversation {
                return Outcome::Open(conversation);
            }
            let text = editor.text().to_owned();
            return Outcome::Wish(UiCommand::SendRequest { link: card.link.clone(), text });
        }
        (AddStep::Message(card, editor), _) if card.conversation.is_none() => {
            if super::keys::is_new_line(key) {
                editor.insert("\n");
            } else {
                editor.key(key, columns);
            }
        }
        _ => {}
    }
    Outcome::Stay
}
