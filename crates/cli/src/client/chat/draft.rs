//! What is written in a conversation and not sent. Kept in memory only: on disk it would lie there in the clear.

use kuvert_view::{ConversationId, MessageId, UiCommand};

use super::editor::Editor;

/// A text that is written, and what it will be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) editor: Editor,
    pub(super) aim: Aim,
}

/// What a text will be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Aim {
    /// A message.
    #[default]
    New,
    /// A message that answers this one; and who said what there.
    Answer(MessageId, String),
    /// What an own message says from then on; and what was written before that.
    Change(MessageId, Box<Draft>),
}

impl Draft {
    /// Begins to change an own message.
    pub(super) fn change(&mut self, message: MessageId, text: &str) {
        let before = std::mem::take(self);
        // Whoever chooses another message to change gives the first change up.
        let before = if let Aim::Change(_, earlier) = before.aim { *earlier } else { before };
        *self = Self { editor: Editor::new(text), aim: Aim::Change(message, Box::new(before)) };
    }

    /// Begins to answer a message.
    pub(super) fn answer(&mut self, message: MessageId, excerpt: String) {
        self.give_up();
        self.aim = Aim::Answer(message, excerpt);
    }

    /// Gives up what the text was meant to be; says whether it was anything but a new message.
    pub(super) fn give_up(&mut self) -> bool {
        match std::mem::take(&mut self.aim) {
            Aim::New => return false,
            Aim::Answer(..) => {}
            Aim::Change(_, before) => *self = *before,
        }
        true
    }

    /// The wish that sends the text, and leaves what stood there before.
    pub(super) fn send(&mut self, conversation: ConversationId) -> UiCommand {
        let Self { editor, aim } = std::mem::take(self);
        let text = editor.text().to_owned();
        match aim {
            Aim::New => UiCommand::Send { conversation, text },
            Aim::Answer(message, _) => {
                UiCommand::Write { conversation, text, reply_to: Some(message), expires_after: None }
            }
            Aim::Change(message, before) => {
                *self = *before;
                UiCommand::Edit { message, text }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_before_a_change_is_there_after_it() {
        let mut draft = Draft { editor: Editor::new("unsent"), aim: Aim::New };
        draft.answer(MessageId(1), "Ben: x".into());
        draft.change(MessageId(2), "own");
        draft.change(MessageId(3), "other");
        draft.editor.insert("!");
        let sent = draft.send(ConversationId(9));
        assert_eq!(sent, UiCommand::Edit { message: MessageId(3), text: "other!".into() });
        assert_eq!(
            (draft.editor.text(), &draft.aim),
            ("unsent", &Aim::Answer(MessageId(1), "Ben: x".into()))
        );
        assert!(draft.give_up() && !draft.give_up());
        assert_eq!(draft.editor.text(), "unsent");
    }
}
