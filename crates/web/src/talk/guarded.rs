//! A text that was not sent because of what stands in it: it is in the field again, and sent if the user wants it all the same.

use kuvert_view::{ConversationId, GuardedView, MessageId, UiCommand};
use leptos::prelude::*;

use super::Talk;
use crate::bridge;
use crate::compose::Quoted;

impl Talk {
    /// A wish was not fulfilled: its text comes back to where it was written. That of files does so with them.
    pub(crate) fn withheld(self, wish: &UiCommand) {
        match wish {
            UiCommand::Write { conversation, text, reply_to, .. } => {
                self.outgoing.update(|outgoing| outgoing.withheld(*conversation, text));
                let quoted = reply_to.and_then(|message| self.quoted(message));
                self.bring_back(*conversation, text, quoted);
            }
            UiCommand::Edit { message, text } => {
                if let Some(conversation) = self.conversation_of(*message) {
                    self.desk.update(|desk| desk.edit(conversation, *message, text.clone()));
                }
            }
            _ => {}
        }
    }

    /// The user wants it sent all the same, and what came back goes with it.
    pub(crate) fn send_anyway(self, guarded: GuardedView) {
        let wish = *guarded.wish;
        let (conversation, text) = match &wish {
            UiCommand::Write { conversation, text, .. } => (Some(*conversation), text.clone()),
            UiCommand::Edit { message, text } => (self.conversation_of(*message), text.clone()),
            _ => (None, String::new()),
        };
        let is_message = matches!(wish, UiCommand::Write { .. });
        let number = bridge::post_numbered(&UiCommand::Anyway(Box::new(wish)));
        let Some(conversation) = conversation else { return };
        self.desk.update(|desk| {
            // What was typed since stays.
            if desk.text(conversation).trim() == text {
                desk.send(conversation);
            }
        });
        if is_message {
            self.outgoing.update(|outgoing| outgoing.sent(number, conversation, text));
            self.sent(conversation);
        }
    }

    fn conversation_of(self, message: MessageId) -> Option<ConversationId> {
        self.window.with_value(|window| window.find(message).and(window.conversation()))
    }

    fn quoted(self, message: MessageId) -> Option<Quoted> {
        self.window.with_value(|window| window.find(message).map(Quoted::of))
    }
}
