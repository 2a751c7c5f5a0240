//! What lies over the conversations for a while: help, the own link, adding a contact, details, search, questions.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kuvert_view::{
    CardView, ConversationId, DetailsView, FoundView, MessageId, SettingsView, UiCommand, VerificationView,
};

use super::editor::Editor;
use super::files::{self, FileWish};
use super::group::{GroupWindow, PickAim};

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
    /// Who has a message, and since when; scrolled down by some rows.
    Message(Box<DetailsView>, usize),
    /// What makes sure that the other person is who they say.
    Verify(Verify),
    /// Looks for conversations and messages.
    Search(Search),
    /// The path of a file is written, to be sent to this conversation.
    Attach(ConversationId, Editor),
    /// A group: its members, its name, or a new one.
    Group(GroupWindow),
    /// A reaction to a message is written.
    React(MessageId, Editor),
    /// What the user has decided.
    Settings(SettingsView),
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

/// Verifies a contact.
#[derive(Debug)]
pub(super) struct Verify {
    pub(super) shown: VerificationView,
    /// The code of the other person, once it is typed or pasted.
    pub(super) code: Option<Editor>,
    pub(super) failure: Option<String>,
}

/// A search and what it found.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) words: Editor,
    pub(super) hits: Vec<Hit>,
    /// The hit that Enter opens.
    pub(super) chosen: usize,
}

/// Something that was found.
#[derive(Debug)]
pub(super) enum Hit {
    Conversation(ConversationId),
    Message(Box<FoundView>),
}

/// A question, and the wishes that its answers lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Confirm {
    pub(super) question: String,
    pub(super) answers: Vec<(char, &'static str, UiCommand)>,
}

/// What a key in an overlay leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Stay,
    Close,
    Wish(UiCommand),
    /// First a question.
    Ask(Confirm),
    /// Closes, and then the wish about files.
    File(FileWish),
    /// Lets the user choose contacts.
    Pick(PickAim),
    /// Asks whether to block or unblock.
    AskBlock(ConversationId),
    /// Closes, and then the wish.
    Done(UiCommand),
    /// The text goes to the clipboard.
    Copy(String),
    /// Closes, and then shows this conversation, and in it this message.
    Open(ConversationId, Option<MessageId>),
}

impl Add {
    pub(super) fn new(link: &str) -> Self {
        Self { link: Editor::single(link), step: AddStep::Link, failure: None }
    }
}

impl Confirm {
    /// A question whose only other answer is no.
    pub(super) fn yes(question: impl Into<String>, wish: UiCommand) -> Self {
        Self { question: question.into(), answers: vec![('y', "yes", wish)] }
    }
}

impl Overlay {
    /// Takes a key. `columns` is the width in which texts are shown.
    pub(super) fn key(&mut self, key: KeyEvent, columns: usize) -> Outcome {
        match self {
            Self::Help(row) | Self::Message(_, row) => scroll_key(row, key),
            Self::Details(conversation, row) => details_key(*conversation, row, key),
            Self::Link(state) => link_key(state, key),
            Self::Add(add) => add_key(add, key, columns),
            Self::Verify(verify) => verify_key(verify, key, columns),
            Self::Search(search) => search_key(search, key, columns),
            Self::Attach(conversation, editor) => attach_key(*conversation, editor, key, columns),
            Self::Group(window) => window.key(key, columns),
            Self::React(message, editor) => react_key(*message, editor, key, columns),
            Self::Settings(settings) => settings_key(*settings, key),
            Self::Confirm(confirm) => confirm_key(confirm, key),
        }
    }

    /// Takes what was pasted.
    pub(super) fn paste(&mut self, text: &str) -> Outcome {
        match self {
            Self::Add(Add { link, step: AddStep::Link, .. }) => link.insert(text),
            Self::Add(Add { step: AddStep::Message(_, editor), .. })
            | Self::React(_, editor)
            | Self::Attach(_, editor)
            | Self::Group(GroupWindow::Name(_, editor)) => {
                editor.insert(text);
            }
            Self::Verify(verify) => verify.code.get_or_insert_with(|| Editor::single("")).insert(text),
            Self::Search(search) => {
                search.words.insert(text);
                return search.wish();
            }
            _ => {}
        }
        Outcome::Stay
    }
}

impl Search {
    pub(super) fn new() -> Self {
        Self { words: Editor::single(""), ..Self::default() }
    }

    fn wish(&self) -> Outcome {
        let words = self.words.text().to_owned();
        Outcome::Wish(UiCommand::Search { words, conversation: None, before: None })
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

fn details_key(conversation: ConversationId, row: &mut usize, key: KeyEvent) -> Outcome {
    match key.code {
        KeyCode::Char('v') => Outcome::Wish(UiCommand::ShowVerification { conversation }),
        KeyCode::Char('b') => Outcome::AskBlock(conversation),
        _ => scroll_key(row, key),
    }
}

fn confirm_key(confirm: &Confirm, key: KeyEvent) -> Outcome {
    let answer = confirm.answers.iter().find(|(answer, ..)| key.code == KeyCode::Char(*answer));
    match (answer, key.code) {
        (Some((_, _, wish)), _) => Outcome::Done(wish.clone()),
        (None, KeyCode::Char('n') | KeyCode::Esc) => Outcome::Close,
        _ => Outcome::Stay,
    }
}

fn settings_key(settings: SettingsView, key: KeyEvent) -> Outcome {
    match key.code {
        KeyCode::Char('r') => Outcome::Wish(UiCommand::SetReadReports { on: !settings.read_reports }),
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 's') => Outcome::Close,
        _ => Outcome::Stay,
    }
}

fn link_key(state: &mut LinkState, key: KeyEvent) -> Outcome {
    match (key.code, &state) {
        (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'l'), _) => Outcome::Close,
        (KeyCode::Char('c'), LinkState::Shown(link)) => Outcome::Copy(link.clone()),
        (KeyCode::Char('r'), LinkState::Shown(_)) => {
            Outcome::Ask(Confirm::yes(super::words::REVOKE, UiCommand::RevokeLink))
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
                return Outcome::Open(conversation, None);
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

fn verify_key(verify: &mut Verify, key: KeyEvent, columns: usize) -> Outcome {
    let conversation = verify.shown.conversation;
    match (&mut verify.code, key.code) {
        (Some(_), KeyCode::Esc) => verify.code = None,
        (Some(code), KeyCode::Enter) if !code.is_empty() => {
            let code = code.text().trim().to_owned();
            return Outcome::Wish(UiCommand::Verify { conversation, code });
        }
        (Some(code), _) => {
            code.key(key, columns);
        }
        (None, KeyCode::Char('y')) => return Outcome::Done(UiCommand::ConfirmWords { conversation }),
        (None, KeyCode::Char('u')) => return Outcome::Done(UiCommand::Unverify { conversation }),
        (None, KeyCode::Char('e')) => verify.code = Some(Editor::single("")),
        (None, KeyCode::Char('c')) => return Outcome::Copy(verify.shown.code.clone()),
        (None, KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q')) => return Outcome::Close,
        _ => {}
    }
    Outcome::Stay
}

fn search_key(search: &mut Search, key: KeyEvent, columns: usize) -> Outcome {
    let last = search.hits.len().saturating_sub(1);
    match key.code {
        KeyCode::Esc => return Outcome::Close,
        KeyCode::Down => search.chosen = (search.chosen + 1).min(last),
        KeyCode::Up => search.chosen = search.chosen.saturating_sub(1),
        KeyCode::PageDown => search.chosen = (search.chosen + 10).min(last),
        KeyCode::PageUp => search.chosen = search.chosen.saturating_sub(10),
        KeyCode::Enter => {
            return match search.hits.get(search.chosen) {
                Some(Hit::Conversation(conversation)) => Outcome::Open(*conversation, None),
                Some(Hit::Message(found)) => Outcome::Open(found.conversation, Some(found.message.id)),
                None => Outcome::Stay,
            };
        }
        _ => {
            let before = search.words.text().to_owned();
            search.words.key(key, columns);
            if search.words.text() != before {
                return search.wish();
            }
        }
    }
    Outcome::Stay
}

fn attach_key(conversation: ConversationId, editor: &mut Editor, key: KeyEvent, columns: usize) -> Outcome {
    match key.code {
        KeyCode::Esc => Outcome::Close,
        KeyCode::Enter if editor.is_empty() => Outcome::Stay,
        KeyCode::Enter => Outcome::File(FileWish::Send(conversation, files::path(editor.text()))),
        _ => {
            editor.key(key, columns);
            Outcome::Stay
        }
    }
}

/// Reactions that one key gives.
pub(super) const REACTIONS: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "👏"];

fn react_key(message: MessageId, editor: &mut Editor, key: KeyEvent, columns: usize) -> Outcome {
    match key.code {
        KeyCode::Esc => Outcome::Close,
        KeyCode::Enter if editor.is_empty() => Outcome::Done(UiCommand::Unreact { message }),
        KeyCode::Enter => {
            let reaction = editor.text().trim().to_owned();
            Outcome::Done(UiCommand::React { message, reaction })
        }
        KeyCode::Char(digit @ '1'..='6') if editor.is_empty() && key.modifiers == KeyModifiers::NONE => {
            let place = usize::try_from(u32::from(digit) - u32::from('1')).unwrap_or(0);
            Outcome::Done(UiCommand::React { message, reaction: REACTIONS[place].to_owned() })
        }
        _ => {
            editor.key(key, columns);
            Outcome::Stay
        }
    }
}
