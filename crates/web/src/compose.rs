//! What is being written, as plain data: drafts, answers, edits, and for how long messages are kept.
//!
//! A draft is never lost: an edit lies above it, and a message that was refused comes back before it. Drafts are kept by the
//! engine in its encrypted database; this is what the page shows meanwhile.

use std::collections::BTreeMap;

use kuvert_view::{ComposingView, ConversationId, MessageId, MessageView, Sender};

/// The message that an answer quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quoted {
    /// Which.
    pub(crate) message: MessageId,
    /// Who wrote it.
    pub(crate) from: Sender,
    /// The name of who wrote it; empty for the user.
    pub(crate) author: String,
    /// What stands in it, perhaps nothing.
    pub(crate) text: String,
}

impl Quoted {
    /// Quotes a message.
    pub(crate) fn of(message: &MessageView) -> Self {
        let file = message.files.first().map(|file| file.name.clone()).unwrap_or_default();
        Self {
            message: message.id,
            from: message.from,
            author: message.author.clone(),
            text: if message.text.is_empty() { file } else { message.text.chars().take(200).collect() },
        }
    }
}

/// What is being written in one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Composing {
    draft: String,
    edit: Option<(MessageId, String)>,
    reply: Option<Quoted>,
    expires_after: Option<u32>,
    /// The user typed here since the page began, so that what the engine kept is old.
    is_typed: bool,
}

impl Composing {
    /// What stands in the field.
    pub(crate) fn text(&self) -> &str {
        self.edit.as_ref().map_or(&self.draft, |(_, text)| text)
    }

    /// What was typed and not sent; not what is being edited.
    pub(crate) fn draft(&self) -> &str {
        &self.draft
    }

    /// The message that is being edited.
    pub(crate) fn editing(&self) -> Option<MessageId> {
        self.edit.as_ref().map(|(message, _)| *message)
    }

    /// The message that is answered; not while another one is edited.
    pub(crate) fn reply(&self) -> Option<&Quoted> {
        self.reply.as_ref().filter(|_| self.edit.is_none())
    }

    /// What is written is deleted so many seconds after it was read.
    pub(crate) fn expires_after(&self) -> Option<u32> {
        self.expires_after
    }
}

/// What is to be done with a text that the user sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is a new message.
    New { reply_to: Option<MessageId>, expires_after: Option<u32> },
    /// It is the new text of a message.
    Edited(MessageId),
}

/// What is being written, everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Desk(BTreeMap<ConversationId, Composing>);

impl Desk {
    /// What is being written in a conversation.
    pub(crate) fn of(&self, conversation: ConversationId) -> Composing {
        self.0.get(&conversation).cloned().unwrap_or_default()
    }

    /// What stands in the field of a conversation.
    pub(crate) fn text(&self, conversation: ConversationId) -> &str {
        self.0.get(&conversation).map_or("", Composing::text)
    }

    fn on(&mut self, conversation: ConversationId) -> &mut Composing {
        self.0.entry(conversation).or_default()
    }

    /// The user typed. Says whether the draft changed.
    pub(crate) fn typed(&mut self, conversation: ConversationId, text: String) -> bool {
        let composing = self.on(conversation);
        if let Some((_, edited)) = &mut composing.edit {
            *edited = text;
            return false;
        }
        composing.draft = text;
        composing.is_typed = true;
        true
    }

    /// The engine says what it kept; what was typed since goes before it.
    pub(crate) fn kept(&mut self, all: Vec<ComposingView>) {
        for kept in all {
            let composing = self.on(kept.conversation);
            composing.expires_after = kept.expires_after;
            if !composing.is_typed {
                composing.draft = kept.draft;
            }
        }
    }

    /// The user answers a message.
    pub(crate) fn reply(&mut self, conversation: ConversationId, quoted: Quoted) {
        let composing = self.on(conversation);
        composing.edit = None;
        composing.reply = Some(quoted);
    }

    /// The user edits a message.
    pub(crate) fn edit(&mut self, conversation: ConversationId, message: MessageId, text: String) {
        self.on(conversation).edit = Some((message, text));
    }

    /// The user leaves the edit, or else the answer; says whether there was one.
    pub(crate) fn leave(&mut self, conversation: ConversationId) -> bool {
        let composing = self.on(conversation);
        composing.edit.take().is_some() || composing.reply.take().is_some()
    }

    /// The user chooses for how long messages are kept.
    pub(crate) fn set_timer(&mut self, conversation: ConversationId, expires_after: Option<u32>) {
        self.on(conversation).expires_after = expires_after;
    }

    /// The user sends what stands in the field: it is empty afterwards.
    pub(crate) fn send(&mut self, conversation: ConversationId) -> Sent {
        let composing = self.on(conversation);
        if let Some((message, _)) = composing.edit.take() {
            return Sent::Edited(message);
        }
        composing.draft.clear();
        composing.is_typed = true;
        let reply_to = composing.reply.take().map(|quoted| quoted.message);
        Sent::New { reply_to, expires_after: composing.expires_after }
    }

    /// Brings back a text that could not be sent, before what was typed since.
    pub(crate) fn bring_back(&mut self, conversation: ConversationId, text: &str) {
        let composing = self.on(conversation);
        let typed = std::mem::take(&mut composing.draft);
        composing.draft = if typed.is_empty() { text.to_owned() } else { format!("{text}\n{typed}") };
        composing.is_typed = true;
    }

    /// A message is gone: it is neither answered nor edited any more.
    pub(crate) fn gone(&mut self, conversation: ConversationId, message: MessageId) {
        if let Some(composing) = self.0.get_mut(&conversation) {
            composing.edit.take_if(|(edited, _)| *edited == message);
            composing.reply.take_if(|quoted| quoted.message == message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: ConversationId = ConversationId(1);

    fn quoted(id: u64) -> Quoted {
        Quoted { message: MessageId(id), from: Sender::Contact, author: "Anna".into(), text: "x".into() }
    }

    #[test]
    fn an_edit_lies_above_the_draft_and_leaves_it_as_it_was() {
        let mut desk = Desk::default();
        assert!(desk.typed(ANNA, "half a".into()));
        desk.reply(ANNA, quoted(3));
        desk.edit(ANNA, MessageId(7), "old text".into());
        assert_eq!((desk.text(ANNA), desk.of(ANNA).reply()), ("old text", None));
        assert!(!desk.typed(ANNA, "new text".into()), "an edit is no draft");
        assert_eq!(desk.send(ANNA), Sent::Edited(MessageId(7)));
        assert_eq!((desk.text(ANNA), desk.of(ANNA).reply()), ("half a", Some(&quoted(3))));
        desk.edit(ANNA, MessageId(7), "old text".into());
        assert!(desk.leave(ANNA) && desk.leave(ANNA) && !desk.leave(ANNA));
        assert_eq!(desk.text(ANNA), "half a");
    }

    #[test]
    fn an_answer_is_sent_once_and_the_timer_stays() {
        let mut desk = Desk::default();
        desk.set_timer(ANNA, Some(60));
        desk.typed(ANNA, "yes".into());
        desk.reply(ANNA, quoted(3));
        let sent = Sent::New { reply_to: Some(MessageId(3)), expires_after: Some(60) };
        assert_eq!(desk.send(ANNA), sent);
        assert_eq!(desk.text(ANNA), "");
        assert_eq!(desk.send(ANNA), Sent::New { reply_to: None, expires_after: Some(60) });
    }

    #[test]
    fn what_the_engine_kept_does_not_replace_what_was_typed_since() {
        let kept = |draft: &str| {
            vec![ComposingView { conversation: ANNA, draft: draft.into(), expires_after: Some(9) }]
        };
        let mut desk = Desk::default();
        desk.kept(kept("from yesterday"));
        assert_eq!(desk.text(ANNA), "from yesterday");
        desk.typed(ANNA, String::new());
        desk.kept(kept("from yesterday"));
        assert_eq!((desk.text(ANNA), desk.of(ANNA).expires_after()), ("", Some(9)));
    }

    #[test]
    fn a_text_that_was_refused_comes_back_before_what_was_typed_since() {
        let mut desk = Desk::default();
        desk.typed(ANNA, "second".into());
        desk.bring_back(ANNA, "first");
        assert_eq!(desk.text(ANNA), "first\nsecond");
    }

    #[test]
    fn what_is_gone_is_neither_answered_nor_edited() {
        let mut desk = Desk::default();
        desk.reply(ANNA, quoted(3));
        desk.gone(ANNA, MessageId(4));
        assert!(desk.of(ANNA).reply().is_some());
        desk.gone(ANNA, MessageId(3));
        assert!(desk.of(ANNA).reply().is_none());
    }
}
