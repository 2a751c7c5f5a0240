//! Going to another part of the conversation: what is wanted, what is asked for, and where the timeline then stands.

use kuvert_view::{ConversationId, MessageId, UiCommand};
use leptos::prelude::*;

use super::Talk;
use crate::bridge;
use crate::window::Window;

/// What another part of the conversation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// This message.
    Message(MessageId),
    /// What is unread.
    Unread,
    /// A day.
    Day,
    /// What is shown, as it is now.
    Same,
}

/// Where the timeline is to be moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// To the newest message.
    End,
    /// To a message, which is marked for a moment.
    Message(MessageId),
    /// To the line above what was unread.
    Unread,
    /// To a message at the top.
    Top(MessageId),
}

impl Talk {
    /// Goes to what is wanted, or asks for it.
    pub(super) fn seek(self) {
        let Some((conversation, goal)) = self.wanted.get_value() else { return };
        let message = match goal {
            Goal::Message(message) if self.window.with_value(|window| window.find(message).is_some()) => {
                self.wanted.set_value(None);
                self.place.set(Some(Place::Message(message)));
                return;
            }
            Goal::Message(message) => message,
            // The first after it.
            Goal::Unread => self
                .window
                .with_value(Window::read_to)
                .map_or(MessageId(0), |read_to| MessageId(read_to.0.saturating_add(1))),
            Goal::Same => match self.window.with_value(Window::doubtful) {
                Some(message) => message,
                None => return,
            },
            Goal::Day => return,
        };
        self.window.update_value(Window::ask_elsewhere);
        bridge::post(&UiCommand::LoadAround { conversation, message });
    }

    /// Another part of the conversation is here; `message` is what was asked for.
    pub(super) fn arrive(self, message: Option<MessageId>) {
        let goal = self.wanted.get_value().map(|(_, goal)| goal);
        self.wanted.set_value(None);
        self.at_end.set_value(false);
        if (goal, message.is_some()) == (Some(Goal::Same), true) {
            return;
        }
        self.place.set(Some(match (goal, message) {
            (_, None) => Place::End,
            (Some(Goal::Unread), _) => Place::Unread,
            (Some(Goal::Day), Some(message)) => Place::Top(message),
            (_, Some(message)) => Place::Message(message),
        }));
    }

    /// Goes to the newest message, which is loaded if need be.
    pub(crate) fn to_end(self, conversation: ConversationId) {
        if self.window.with_value(Window::has_newer) {
            self.window.update_value(Window::ask_elsewhere);
            self.open(conversation);
        } else {
            self.place.set(Some(Place::End));
        }
    }

    /// Notes that a message is to be shown as soon as its conversation is; goes there at once if it `is_shown`.
    pub(crate) fn want(self, conversation: ConversationId, message: MessageId, is_shown: bool) {
        self.wanted.set_value(Some((conversation, Goal::Message(message))));
        if is_shown {
            self.seek();
        }
    }

    /// Goes to the first message of a day.
    pub(crate) fn to_day(self, conversation: ConversationId, at: i64) {
        self.wanted.set_value(Some((conversation, Goal::Day)));
        self.window.update_value(Window::ask_elsewhere);
        bridge::post(&UiCommand::LoadSince { conversation, at });
    }
}
