//! What the screens show, as plain data that changes by pure functions.
//!
//! Knows nothing of signals or of the browser, so that every rule here is tested natively. It guarantees that a text which
//! the user sent is in exactly one place: shown as unconfirmed, in the timeline, or back in the draft.

use kuvert_view::{ConversationId, ConversationView, Delivery, LastMessage, MessageView, Sender};

/// Puts a new or changed conversation where its newest message says.
pub(crate) fn put_conversation(list: &mut Vec<ConversationView>, changed: ConversationView) {
    list.retain(|shown| shown.id != changed.id);
    let newest = |shown: &ConversationView| (shown.last.as_ref().map_or(i64::MAX, |last| last.at), shown.id);
    let place = list.partition_point(|shown| newest(shown) > newest(&changed));
    list.insert(place, changed);
}

/// A text on its way to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unconfirmed {
    /// Of the command that sends it.
    number: u64,
    /// Where to.
    pub(crate) conversation: ConversationId,
    /// As sent.
    pub(crate) text: String,
    /// Sent before the conversation was last opened: the next timeline has it.
    settling: bool,
}

/// Texts that were sent and that the engine has not shown yet, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outgoing(Vec<Unconfirmed>);

impl Outgoing {
    /// Remembers a text that was handed to the engine by the command with this number.
    pub(crate) fn sent(&mut self, number: u64, conversation: ConversationId, text: String) {
        self.0.push(Unconfirmed { number, conversation, text, settling: false });
    }

    /// The engine was asked to open a conversation: it answers after everything that was sent before.
    pub(crate) fn opening(&mut self, conversation: ConversationId) {
        for text in self.0.iter_mut().filter(|text| text.conversation == conversation) {
            text.settling = true;
        }
    }

    /// The engine answered with a timeline.
    pub(crate) fn opened(&mut self, conversation: ConversationId) {
        self.0.retain(|text| text.conversation != conversation || !text.settling);
    }

    /// The engine showed a message.
    pub(crate) fn shown(&mut self, conversation: ConversationId, message: &MessageView) {
        if message.from != Sender::Own {
            return;
        }
        let found =
            self.0.iter().position(|sent| sent.conversation == conversation && sent.text == message.text);
        if let Some(index) = found {
            self.0.remove(index);
        }
    }

    /// The engine did not send a text: it is not on its way any more.
    pub(crate) fn withheld(&mut self, conversation: ConversationId, text: &str) {
        let found = self.0.iter().position(|sent| sent.conversation == conversation && sent.text == text);
        if let Some(index) = found {
            self.0.remove(index);
        }
    }

    /// The engine refused the command with this number: the text that it was to send, if it was.
    pub(crate) fn refused(&mut self, number: u64) -> Option<Unconfirmed> {
        let found = self.0.iter().position(|sent| sent.number == number)?;
        Some(self.0.remove(found))
    }

    /// Texts of one conversation.
    pub(crate) fn of(&self, conversation: ConversationId) -> Vec<String> {
        self.0.iter().filter(|sent| sent.conversation == conversation).map(|sent| sent.text.clone()).collect()
    }
}

/// Whether a newest message shows what became of it: only own ones do.
pub(crate) fn shows_delivery(last: &LastMessage) -> bool {
    last.from == Sender::Own && last.delivery != Delivery::Received
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
