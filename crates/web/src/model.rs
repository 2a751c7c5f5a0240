//! What the screens show, as plain data that changes by pure functions.
//!
//! Knows nothing of signals or of the browser, so that every rule here is tested natively. It guarantees that a
//! timeline is ordered and bounded, and that a text which the user sent is in exactly one place: shown as unconfirmed,
//! in the timeline, or back in the draft.

use kuvert_view::{
    ConversationId, ConversationView, Delivery, Failure, LastMessage, MessageId, MessageView, Sender,
};

/// Rows that a timeline keeps at most while the newest end is shown; older ones are loaded again on demand.
pub(crate) const TIMELINE_ROWS_MAX: usize = 300;
/// Rows that stay when the bound is reached.
pub(crate) const TIMELINE_ROWS_KEPT: usize = 150;

/// The messages of the conversation that is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// Which conversation, once the engine answered.
    pub(crate) conversation: Option<ConversationId>,
    /// Oldest first, each id once.
    pub(crate) messages: Vec<MessageView>,
    /// Whether the engine holds older ones.
    pub(crate) has_older: bool,
}

impl Timeline {
    /// Takes the newest page. Pages that were loaded before stay if they join up with it.
    pub(crate) fn show(&mut self, conversation: ConversationId, page: Vec<MessageView>, has_older: bool) {
        let joins = self.conversation == Some(conversation)
            && match (self.messages.last(), page.first()) {
                (Some(newest), Some(oldest)) => newest.id >= oldest.id,
                _ => false,
            };
        if !joins {
            *self = Self { conversation: Some(conversation), messages: page, has_older };
            return;
        }
        for message in page {
            self.put(message);
        }
    }

    /// Takes messages before those shown; a page for another conversation is ignored.
    pub(crate) fn prepend(&mut self, conversation: ConversationId, page: Vec<MessageView>, has_older: bool) {
        if self.conversation != Some(conversation) {
            return;
        }
        for message in page {
            self.put(message);
        }
        self.has_older = has_older;
    }

    /// Takes one new or changed message and says whether it is new.
    pub(crate) fn put(&mut self, message: MessageView) -> bool {
        match self.messages.binary_search_by_key(&message.id, |shown| shown.id) {
            Ok(index) => {
                self.messages[index] = message;
                false
            }
            Err(index) => {
                self.messages.insert(index, message);
                true
            }
        }
    }

    /// Drops a message that is gone.
    pub(crate) fn remove(&mut self, conversation: ConversationId, id: MessageId) {
        if self.conversation == Some(conversation) {
            self.messages.retain(|shown| shown.id != id);
        }
    }

    /// Drops the oldest rows of a timeline that grew beyond its bound.
    pub(crate) fn trim(&mut self) {
        if self.messages.len() > TIMELINE_ROWS_MAX {
            let surplus = self.messages.len() - TIMELINE_ROWS_KEPT;
            self.messages.drain(..surplus);
            self.has_older = true;
        }
    }

    /// The message with this id.
    pub(crate) fn find(&self, id: MessageId) -> Option<&MessageView> {
        let index = self.messages.binary_search_by_key(&id, |shown| shown.id).ok()?;
        self.messages.get(index)
    }
}

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
    /// Remembers a text that was handed to the engine.
    pub(crate) fn sent(&mut self, conversation: ConversationId, text: String) {
        self.0.push(Unconfirmed { conversation, text, settling: false });
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

    /// The engine refused something: the oldest text, if the refusal can be about a text.
    pub(crate) fn refused(&mut self, failure: Failure) -> Option<Unconfirmed> {
        let about_text = matches!(
            failure,
            Failure::TextInvalid
                | Failure::NotAccepted
                | Failure::NotAsked
                | Failure::NoIdentity
                | Failure::Unknown
                | Failure::Database
                | Failure::DiskFull
        );
        (about_text && !self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Texts of one conversation.
    pub(crate) fn of(&self, conversation: ConversationId) -> Vec<String> {
        self.0.iter().filter(|sent| sent.conversation == conversation).map(|sent| sent.text.clone()).collect()
    }
}

/// What was typed and not sent, per conversation. Kept in memory only: on disk it would lie there in the clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Drafts(Vec<(ConversationId, String)>);

impl Drafts {
    /// The draft of a conversation; empty if there is none.
    pub(crate) fn of(&self, conversation: ConversationId) -> &str {
        self.0.iter().find(|(id, _)| *id == conversation).map_or("", |(_, text)| text.as_str())
    }

    /// Replaces the draft of a conversation.
    pub(crate) fn set(&mut self, conversation: ConversationId, text: String) {
        self.0.retain(|(id, _)| *id != conversation);
        if !text.is_empty() {
            self.0.push((conversation, text));
        }
    }

    /// Brings back a text that could not be sent, before what was typed since.
    pub(crate) fn bring_back(&mut self, conversation: ConversationId, text: &str) {
        let typed = self.of(conversation);
        let joined = if typed.is_empty() { text.to_owned() } else { format!("{text}\n{typed}") };
        self.set(conversation, joined);
    }
}

/// One row of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    /// A new day begins; its first message, and the time of that.
    Day(MessageId, i64),
    /// A message, and whether the one before it on the same day came from the same side.
    Message(MessageId, bool),
}

/// Lays messages out in rows. `day_of` gives the number of the local day of a point in time.
pub(crate) fn rows(messages: &[MessageView], day_of: impl Fn(i64) -> i64) -> Vec<Row> {
    let mut rows = Vec::with_capacity(messages.len() + 8);
    let mut before: Option<(i64, Sender)> = None;
    for message in messages {
        let day = day_of(message.at);
        if before.is_none_or(|(shown, _)| shown != day) {
            rows.push(Row::Day(message.id, message.at));
            before = None;
        }
        let follows = before.is_some_and(|(_, from)| from == message.from);
        rows.push(Row::Message(message.id, follows));
        before = Some((day, message.from));
    }
    rows
}

/// Whether a newest message shows what became of it: only own ones do.
pub(crate) fn shows_delivery(last: &LastMessage) -> bool {
    last.from == Sender::Own && last.delivery != Delivery::Received
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
