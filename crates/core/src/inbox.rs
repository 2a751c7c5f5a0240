//! What comes in: entries of the inbox, in their order.

use kuvert_content::{Content, Expires, Meaning};
use kuvert_mls::{Group, IdentityKey, IncomingMessage, KuvertId};
use kuvert_store::{
    ContactRow, ContactState, ConversationId, GroupRow, MessageKind, MessageState, NewMessage, ReportKind,
    SenderKind,
};
use kuvert_wire::{ChannelId, Entries, Entry, PostId};

use crate::changes::Change;
use crate::messages::{Shape, written_at};
use crate::outbox::{Intent, room_uri, sender_uri};
use crate::step::Step;
use crate::{ClientError, Event, Refusal};

/// A post or commit, as it came through a channel.
struct ChannelEntry<'e> {
    channel: ChannelId,
    epoch: u64,
    id: PostId,
    body: &'e [u8],
}

impl Step<'_, '_> {
    /// Processes entries that come next; those that came before change nothing (CORE-3).
    pub(crate) fn entries(&mut self, entries: &Entries) -> Result<(), ClientError> {
        let account = self.account()?;
        let mut cursor = self.tx.cursor()?;
        for (seq, sealed) in (entries.first..).zip(&entries.sealed) {
            if seq <= cursor {
                continue;
            }
            let missing = seq - cursor - 1;
            match account.seal.open(seq, sealed) {
                // A gap at `seq` stands for itself and the entries just before it.
                Ok(entry @ Entry::Gap { lost }) if missing < lost => self.entry(&entry)?,
                Ok(entry) => {
                    if missing > 0 {
                        // The relay lost entries without saying so: that is said here, and goes on.
                        self.event(Event::Gap { lost: missing });
                    }
                    self.entry(&entry)?;
                }
                Err(_) if missing == 0 => self.dropped("an entry does not open")?,
                Err(_) => return Err(ClientError::PeerFault("an entry out of place")),
            }
            cursor = seq;
        }
        self.tx.set_cursor(cursor)?;
        self.acknowledge(cursor);
        Ok(())
    }

    /// Processes one entry. What is invalid is dropped without a trace; only faults of this device end the input.
    fn entry(&mut self, entry: &Entry) -> Result<(), ClientError> {
        let tx = self.tx;
        let outputs = self.outputs.len();
        match tx.attempt(|| self.process(entry))? {
            Err(ClientError::Mls(fault)) if is_peer_fault(&fault) => {
                self.outputs.truncate(outputs);
                self.dropped("a message or commit does not hold")
            }
            result => result,
        }
    }

    fn process(&mut self, entry: &Entry) -> Result<(), ClientError> {
        match entry {
            Entry::Deposit { body } => self.deposit(body),
            Entry::Post { channel, epoch, id, body, .. } => {
                self.post(&ChannelEntry { channel: *channel, epoch: *epoch, id: *id, body })
            }
            Entry::Commit { channel, epoch, id, body, .. } => {
                self.commit(&ChannelEntry { channel: *channel, epoch: *epoch, id: *id, body })
            }
            Entry::Gap { lost } | Entry::Missed { lost, .. } => {
                self.event(Event::Gap { lost: *lost });
                Ok(())
            }
        }
    }

    fn post(&mut self, entry: &ChannelEntry<'_>) -> Result<(), ClientError> {
        // The own post, come back in the channel's order: as good as the relay's answer.
        self.accepted(entry.id)?;
        let Some(row) = self.tx.group(entry.channel.as_bytes())? else {
            return self.dropped("a post to an unknown channel");
        };
        let provider = self.provider();
        let mut group = Group::load(&provider.storage, entry.channel)?;
        if group.epoch() != entry.epoch {
            return self.dropped("a post of another epoch");
        }
        match group.open(&provider, entry.body)? {
            IncomingMessage::Own => Ok(()),
            IncomingMessage::Message { sender, plain } => self.message(&row, sender, &plain),
        }
    }

    fn commit(&mut self, entry: &ChannelEntry<'_>) -> Result<(), ClientError> {
        self.accepted(entry.id)?;
        let Some(row) = self.tx.group(entry.channel.as_bytes())? else {
            return self.dropped("a commit to an unknown channel");
        };
        let provider = self.provider();
        let mut group = Group::load(&provider.storage, entry.channel)?;
        if entry.epoch < group.epoch() {
            return Ok(());
        }
        if entry.epoch > group.epoch() {
            return self.dropped("a commit of a later epoch");
        }
        if group.has_pending_commit() {
            // The winner came before the relay's refusal of the own commit.
            group.drop_commit(&provider)?;
        }
        group.process_commit(&provider, entry.body, self.now.seconds())?;
        // What was sealed for the epoch that is over would be refused.
        self.tx.drop_posts(entry.channel.as_bytes())?;
        self.tx.drop_commits(entry.channel.as_bytes())?;
        self.tx.set_intent(entry.channel.as_bytes(), Intent::None as u8)?;
        self.seal_waiting(row.conversation)?;
        if row.intent == Intent::Rotate as u8 { self.rotate(row.conversation) } else { Ok(()) }
    }

    fn message(&mut self, row: &GroupRow, sender: IdentityKey, plain: &[u8]) -> Result<(), ClientError> {
        let account = self.account()?;
        let contact = self.tx.contact_of(row.conversation)?.ok_or(Refusal::Unknown)?;
        if contact.identity != sender.0 {
            return self.dropped("a message of somebody else");
        }
        let Ok(content) = Content::decode(plain) else {
            return self.dropped("a message that cannot be read");
        };
        let (own, other) = (account.kuvert_id(), KuvertId::of(&sender));
        let mimi = content.id(&sender_uri(other), &room_uri(own, other));
        if contact.blocked {
            return self.dropped("a message of somebody who is blocked");
        }
        let received =
            Received { conversation: row.conversation, contact: &contact, content: &content, plain, mimi };
        let is_request = contact.state == ContactState::Asking;
        match content.meaning() {
            Meaning::Text(_) => self.arrived(&received),
            Meaning::Request { profile, .. } => {
                if contact.name.is_empty() {
                    self.tx.update_contact(contact.id, &profile.name, contact.state)?;
                }
                self.arrived(&received)
            }
            Meaning::Report(report) => self.report(row.conversation, &sender.0, &report),
            Meaning::Profile(profile) => {
                Ok(self.tx.update_contact(contact.id, &profile.name, contact.state)?)
            }
            Meaning::Acceptance(_) if contact.state == ContactState::Requested => {
                Ok(self.tx.update_contact(contact.id, &contact.name, ContactState::Accepted)?)
            }
            Meaning::Acceptance(_) => Ok(()),
            Meaning::Deletion { .. } => self.change(&received.change()),
            _ if is_request => self.dropped("a request that is more than a text"),
            Meaning::Edit { .. } | Meaning::Reaction { .. } => self.change(&received.change()),
            Meaning::Attachments { .. } | Meaning::Unsupported => self.arrived(&received),
        }
    }

    /// Something for the eyes came.
    fn arrived(&mut self, received: &Received<'_>) -> Result<(), ClientError> {
        let conversation = received.conversation;
        // Who answers has accepted, even if the acceptance itself was lost; who asks while being asked, too.
        let contact = received.contact;
        if contact.state == ContactState::Requested {
            self.tx.update_contact(contact.id, &contact.name, ContactState::Accepted)?;
        }
        // A request is one message, until it is accepted.
        if contact.state == ContactState::Asking && self.tx.has_received(conversation)? {
            return self.dropped("a second message of a request");
        }
        let (expires_after, expires_at) = match received.content.expires {
            Some(Expires::After(seconds)) => (Some(seconds), None),
            Some(Expires::At(seconds)) => (None, Some(i64::from(seconds) * 1000)),
            None => (None, None),
        };
        if expires_at.is_some_and(|at| at <= self.now.0) {
            return Ok(());
        }
        let mut shape = Shape::of(received.content);
        let files = self.files_of(received.content)?;
        if shape.kind == MessageKind::Attachments && files.is_none() {
            // Kept as it came, for a version that can open them.
            (shape.kind, shape.text) = (MessageKind::NeedsNewer, "");
        }
        let at = written_at(received.content);
        let new = self.tx.add_message(&NewMessage {
            conversation,
            mimi: received.mimi.as_bytes(),
            sender: SenderKind::Contact,
            author: Some(&contact.identity),
            kind: shape.kind,
            text: shape.text,
            reply_to: shape.reply_to.as_ref().map(|id| id.as_bytes().as_slice()),
            // Beside the text of a text, nothing is left to keep.
            content: if shape.kind == MessageKind::Text { b"" } else { received.plain },
            at: at.filter(|at| (0..=self.now.0).contains(at)).unwrap_or(self.now.0),
            state: MessageState::Received,
            expires_after,
            expires_at,
        })?;
        let Some(message) = new else { return Ok(()) };
        self.offer_files(message, &files.unwrap_or_default())?;
        self.heard_from(contact)?;
        self.tx.owe_report(conversation, received.mimi.as_bytes(), ReportKind::Delivered)?;
        self.apply_early(conversation, received.mimi)
    }
}

/// A message that was opened and read.
struct Received<'m> {
    conversation: ConversationId,
    contact: &'m ContactRow,
    content: &'m Content,
    /// What `content` was read from, and encodes to.
    plain: &'m [u8],
    mimi: kuvert_content::MessageId,
}

impl Received<'_> {
    fn change(&self) -> Change<'_> {
        Change {
            conversation: self.conversation,
            author: self.contact.identity,
            mimi: self.mimi,
            content: self.content,
        }
    }
}

fn is_peer_fault(fault: &kuvert_mls::MlsError) -> bool {
    matches!(fault, kuvert_mls::MlsError::PeerFault(_) | kuvert_mls::MlsError::Certificate(_))
}
