//! The part of a conversation that the page holds: a window over a history of any length, as plain data.
//!
//! It guarantees that messages are ordered, each there once, without a gap between the first and the last, and never more
//! than [`MESSAGES_MAX`]. What leaves it at one end is loaded again on demand. Knows nothing of signals or of the browser.

use kuvert_view::{ConversationId, MessageId, MessageKind, MessageView, Sender};

/// Messages that are held at most: some screens in both directions, however long the conversation is.
pub(crate) const MESSAGES_MAX: usize = 300;
/// Messages that stay when the bound is reached while new ones come, so that not each of them moves the end.
const MESSAGES_KEPT: usize = 250;

/// A message, and the local day on which it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    message: MessageView,
    day: i64,
}

/// What became of a message that was put into the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// It is new and stands in the window.
    Added,
    /// It was there, in an earlier form.
    Changed,
    /// It is new and lies after what the window shows.
    Beyond,
    /// It belongs to what the window does not show.
    Ignored,
}

/// What is being asked of the engine; one thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Messages before the first.
    Older(MessageId),
    /// Messages after the last.
    Newer(MessageId),
    /// Another part of the conversation.
    Elsewhere,
}

/// Messages of the conversation that is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Window {
    conversation: Option<ConversationId>,
    held: Vec<Held>,
    has_older: bool,
    has_newer: bool,
    /// Up to which message everything had been read when the conversation was opened with something unread in it.
    read_to: Option<MessageId>,
    asked: Option<Asked>,
    /// Whether changes may have gone past it, because the engine was another one meanwhile.
    is_doubtful: bool,
}

impl Window {
    /// Which conversation, once the engine answered.
    pub(crate) fn conversation(&self) -> Option<ConversationId> {
        self.conversation
    }

    /// Whether the engine holds older messages than these.
    pub(crate) fn has_older(&self) -> bool {
        self.has_older
    }

    /// Whether the engine holds newer messages than these.
    pub(crate) fn has_newer(&self) -> bool {
        self.has_newer
    }

    /// How many messages are held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Ids, oldest first.
    #[cfg(test)]
    pub(crate) fn ids(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.held.iter().map(|held| held.message.id)
    }

    fn first(&self) -> Option<MessageId> {
        self.held.first().map(|held| held.message.id)
    }

    fn last(&self) -> Option<MessageId> {
        self.held.last().map(|held| held.message.id)
    }

    fn place(&self, id: MessageId) -> Result<usize, usize> {
        self.held.binary_search_by_key(&id, |held| held.message.id)
    }

    /// The message with this id.
    pub(crate) fn find(&self, id: MessageId) -> Option<&MessageView> {
        self.place(id).ok().and_then(|index| self.held.get(index)).map(|held| &held.message)
    }

    /// The newest own text, which can be edited.
    pub(crate) fn newest_own_text(&self) -> Option<&MessageView> {
        if self.has_newer {
            return None;
        }
        let is_own_text =
            |message: &&MessageView| message.from == Sender::Own && message.kind == MessageKind::Text;
        self.held.iter().rev().map(|held| &held.message).find(is_own_text)
    }

    /// Takes the newest page, and for what lies within it, nothing else. What is held before it stays if the page joins up with it
    /// and nothing [doubtful](Self::doubt) is held; all of it stays if the reader is elsewhere in the same conversation and did not
    /// ask for its end. Says whether the window shows the newest page now, where it did not before.
    pub(crate) fn show(
        &mut self,
        conversation: ConversationId,
        page: Vec<MessageView>,
        has_older: bool,
        day_of: impl Fn(i64) -> i64,
    ) -> bool {
        let is_same = self.conversation == Some(conversation);
        let wants_end = self.asked == Some(Asked::Elsewhere);
        let oldest = page.first().map(|oldest| oldest.id);
        let joins =
            is_same && oldest.is_some_and(|oldest| self.last().is_some_and(|newest| newest >= oldest));
        if is_same && !joins && self.has_newer && !wants_end {
            return false;
        }
        let page = page.into_iter().map(|message| Held { day: day_of(message.at), message });
        if !joins {
            let read_to = self.read_to.filter(|_| is_same);
            *self = Self { conversation: Some(conversation), has_older, read_to, ..Self::default() };
            self.held = page.collect();
            return true;
        }
        // It is all that there is from its first message on, and if nothing is older, all.
        let keeps_older = has_older && !self.is_doubtful;
        self.held.retain(|held| keeps_older && Some(held.message.id) < oldest);
        if self.held.is_empty() {
            self.has_older = has_older;
        }
        self.held.extend(page);
        self.drop_oldest(MESSAGES_MAX, MESSAGES_KEPT);
        (self.has_newer, self.asked, self.is_doubtful) = (false, None, false);
        false
    }

    /// The engine was started again: what happened in between was not told.
    pub(crate) fn doubt(&mut self) {
        self.is_doubtful = !self.held.is_empty();
    }

    /// The message in the middle of what is held and has to be asked for anew, after the newest page did not join up with it.
    pub(crate) fn doubtful(&self) -> Option<MessageId> {
        self.held.get(self.held.len() / 2).filter(|_| self.is_doubtful).map(|held| held.message.id)
    }

    /// Takes messages before the first, if they were asked for; drops newer ones for them beyond the bound.
    pub(crate) fn prepend(
        &mut self,
        conversation: ConversationId,
        page: Vec<MessageView>,
        has_older: bool,
        day_of: impl Fn(i64) -> i64,
    ) {
        let first = self.first();
        if self.conversation != Some(conversation) || first.is_none() || self.asked != first.map(Asked::Older)
        {
            return;
        }
        self.asked = None;
        self.has_older = has_older;
        let page = page.into_iter().filter(|message| Some(message.id) < first);
        self.held.splice(0..0, page.map(|message| Held { day: day_of(message.at), message }));
        if self.held.len() > MESSAGES_MAX {
            self.held.truncate(MESSAGES_MAX);
            self.has_newer = true;
        }
    }

    /// Takes messages after the last, if they were asked for; drops older ones for them beyond the bound.
    pub(crate) fn append(
        &mut self,
        conversation: ConversationId,
        page: Vec<MessageView>,
        has_newer: bool,
        day_of: impl Fn(i64) -> i64,
    ) {
        let last = self.last();
        if self.conversation != Some(conversation) || last.is_none() || self.asked != last.map(Asked::Newer) {
            return;
        }
        self.asked = None;
        self.has_newer = has_newer;
        let page = page.into_iter().filter(|message| Some(message.id) > last);
        self.held.extend(page.map(|message| Held { day: day_of(message.at), message }));
        self.drop_oldest(MESSAGES_MAX, MESSAGES_MAX);
    }

    /// Takes another part of the conversation, in the place of what was held. Says whether it did.
    pub(crate) fn replace(
        &mut self,
        conversation: ConversationId,
        page: Vec<MessageView>,
        has_older: bool,
        has_newer: bool,
        day_of: impl Fn(i64) -> i64,
    ) -> bool {
        if self.conversation != Some(conversation) {
            return false;
        }
        (self.asked, self.is_doubtful) = (None, false);
        self.has_older = has_older;
        self.has_newer = has_newer;
        self.held = page.into_iter().map(|message| Held { day: day_of(message.at), message }).collect();
        true
    }

    /// Takes one new or changed message. `at_end`: whether the reader sees the end, so that older messages may go for it.
    pub(crate) fn put(&mut self, message: MessageView, at_end: bool, day_of: impl Fn(i64) -> i64) -> Put {
        let day = day_of(message.at);
        match self.place(message.id) {
            Ok(index) => {
                self.held[index] = Held { message, day };
                Put::Changed
            }
            Err(index) if index < self.held.len() => {
                // Before the first it would leave a gap, unless nothing is older.
                if index == 0 && self.has_older {
                    return Put::Ignored;
                }
                self.held.insert(index, Held { message, day });
                Put::Added
            }
            Err(_) if self.has_newer => Put::Beyond,
            Err(_) if !at_end && self.held.len() >= MESSAGES_MAX => {
                self.has_newer = true;
                Put::Beyond
            }
            Err(_) => {
                self.held.push(Held { message, day });
                self.drop_oldest(MESSAGES_MAX, MESSAGES_KEPT);
                Put::Added
            }
        }
    }

    /// Drops the oldest messages down to `kept` when there are more than `most`.
    fn drop_oldest(&mut self, most: usize, kept: usize) {
        if self.held.len() > most {
            let surplus = self.held.len() - kept;
            self.held.drain(..surplus);
            self.has_older = true;
        }
    }

    /// Drops a message that is gone, and says whether it was there.
    pub(crate) fn remove(&mut self, conversation: ConversationId, id: MessageId) -> bool {
        match self.place(id) {
            Ok(index) if self.conversation == Some(conversation) => {
                self.held.remove(index);
                true
            }
            _ => false,
        }
    }

    /// Remembers what had been read when the conversation was opened; `None` once the line is not needed any more.
    pub(crate) fn set_read_to(&mut self, read_to: Option<MessageId>) {
        self.read_to = read_to;
    }

    /// Whether something unread lies before the window, so that its line is not here.
    pub(crate) fn unread_is_older(&self) -> bool {
        self.has_older && self.read_to.is_some_and(|read_to| self.first().is_none_or(|first| first > read_to))
    }

    /// Up to which message everything had been read.
    pub(crate) fn read_to(&self) -> Option<MessageId> {
        self.read_to
    }

    /// Notes that messages before the first are asked for, and says before which; `None` if there are none, or something is
    /// being asked already.
    pub(crate) fn ask_older(&mut self) -> Option<MessageId> {
        let first = self.first().filter(|_| self.has_older && self.asked.is_none())?;
        self.asked = Some(Asked::Older(first));
        Some(first)
    }

    /// Notes that messages after the last are asked for, and says after which; `None` if there are none, or something is
    /// being asked already.
    pub(crate) fn ask_newer(&mut self) -> Option<MessageId> {
        let last = self.last().filter(|_| self.has_newer && self.asked.is_none())?;
        self.asked = Some(Asked::Newer(last));
        Some(last)
    }

    /// Notes that another part of the conversation is asked for; answers to what was asked before are not taken any more.
    pub(crate) fn ask_elsewhere(&mut self) {
        self.asked = Some(Asked::Elsewhere);
    }

    /// Nothing that was asked will be answered: the engine refused, or was asked to open the conversation anew.
    pub(crate) fn forget_asked(&mut self) {
        self.asked = None;
    }

    /// Lays the messages out in rows.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.held.len() + 16);
        let mut before: Option<&Held> = None;
        let mut unread = self.read_to;
        for held in &self.held {
            let message = &held.message;
            let is_new_day = before.is_none_or(|shown| shown.day != held.day);
            if is_new_day {
                rows.push(Row::Day(message.id, message.at));
            }
            let is_first_unread =
                unread.is_some_and(|read_to| message.id > read_to) && message.from == Sender::Contact;
            // Above the first message of all the line would say nothing.
            let begins_unread = is_first_unread && (before.is_some() || self.has_older);
            if is_first_unread {
                unread = None;
            }
            if begins_unread {
                rows.push(Row::Unread);
            }
            let follows = !is_new_day
                && !begins_unread
                && before.is_some_and(|shown| {
                    shown.message.from == message.from && shown.message.author == message.author
                });
            rows.push(Row::Message(message.id, follows));
            before = Some(held);
        }
        rows
    }
}

/// One row of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    /// A new day begins; its first message, and the time of that.
    Day(MessageId, i64),
    /// What follows was unread when the conversation was opened.
    Unread,
    /// A message, and whether the one before it on the same day came from the same person.
    Message(MessageId, bool),
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
