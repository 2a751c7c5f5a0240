//! What comes in: entries of the inbox, in their order.

use std::cmp::Ordering;

use kuvert_content::{Content, Expires, Meaning, Told};
use kuvert_mls::{IdentityKey, IncomingMessage, KuvertId, MlsError};
use kuvert_store::{
    ContactRow, ContactState, ConversationId, GroupRow, GroupState, MessageKind, MessageState, NewMessage,
    ReportKind, SenderKind,
};
use kuvert_wire::{ChannelId, Entries, Entry, PostId, decode, limits};

use crate::changes::Change;
use crate::group::mark;
use crate::limits::MAX_ASKING;
use crate::messages::{Shape, written_at};
use crate::outbox::sender_uri;
use crate::step::Step;
use crate::{ClientError, Event};

/// Where welcomes are kept whose tree is on its way.
const WELCOMES: ChannelId = ChannelId::new([0; 16]);

/// A post or commit, as it came through a channel.
pub(crate) struct ChannelEntry<'e> {
    pub(crate) channel: ChannelId,
    pub(crate) epoch: u64,
    pub(crate) id: PostId,
    pub(crate) body: &'e [u8],
}

/// What became of an entry.
pub(crate) enum Progress {
    /// It was worked off.
    Done,
    /// It is of a later epoch.
    Later,
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
                        self.lost_entries()?;
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
    pub(crate) fn entry(&mut self, entry: &Entry) -> Result<(), ClientError> {
        // Deposits need a place for what they wait for, too.
        let channel = match entry {
            Entry::Post { channel, .. } | Entry::Commit { channel, .. } => *channel,
            _ => WELCOMES,
        };
        match self.attempt(|step| step.process(entry))? {
            Ok(Progress::Done) => Ok(()),
            Ok(Progress::Later) => {
                self.keep(channel, entry)?;
                let (Entry::Post { epoch, .. } | Entry::Commit { epoch, .. }) = entry else { return Ok(()) };
                // It may be the commit before it whose blob is on its way.
                if self.sessions.waits_for_blob(channel.as_bytes()) {
                    return Ok(());
                }
                self.is_behind(channel.as_bytes(), *epoch, 0)
            }
            Err(ClientError::Mls(MlsError::NeedsBlob(blob))) => {
                self.keep(channel, entry)?;
                self.fetch_blob(&blob, channel)
            }
            Err(ClientError::Mls(fault)) if is_peer_fault(&fault) => {
                self.dropped("a message or commit does not hold")?;
                match entry {
                    // If it came through the channel, the channel has moved on.
                    Entry::Commit { epoch, .. } => self.is_behind(channel.as_bytes(), epoch + 1, 0),
                    _ => Ok(()),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Works off what waits for a blob before it is known to which group it belongs.
    pub(crate) fn work_off_welcomes(&mut self) -> Result<(), ClientError> {
        for kept in self.tx.kept_entries(WELCOMES.as_bytes())? {
            self.tx.remove_kept(kept.id)?;
            if let Ok(entry) = decode::<Entry>(&kept.entry, limits::MAX_FRAME) {
                self.entry(&entry)?;
            }
        }
        Ok(())
    }

    fn process(&mut self, entry: &Entry) -> Result<Progress, ClientError> {
        match entry {
            Entry::Deposit { body } => self.deposit(body).map(|()| Progress::Done),
            Entry::Post { channel, epoch, id, body, .. } => {
                self.post(&ChannelEntry { channel: *channel, epoch: *epoch, id: *id, body })
            }
            Entry::Commit { channel, epoch, id, body, .. } => {
                self.commit(&ChannelEntry { channel: *channel, epoch: *epoch, id: *id, body })
            }
            Entry::Gap { lost } => {
                self.event(Event::Gap { lost: *lost });
                self.lost_entries()?;
                Ok(Progress::Done)
            }
            Entry::Missed { channel, lost } => {
                self.event(Event::Gap { lost: *lost });
                if let Some(row) = self.tx.group(channel.as_bytes())?.filter(|row| row.ended.is_none()) {
                    let epoch = self.epoch_of(&row)?;
                    self.is_behind(channel.as_bytes(), epoch + 1, 0)?;
                    if self.desk_room()? == Some(row.conversation) {
                        self.desk_is_behind()?;
                    }
                }
                Ok(Progress::Done)
            }
        }
    }

    /// The group of a channel, if this device is in it. What was on its way when a membership ended is nobody's fault; a channel that
    /// was never known is dropped for this reason.
    fn living(&mut self, channel: ChannelId, why: &'static str) -> Result<Option<GroupRow>, ClientError> {
        let row = self.tx.group(channel.as_bytes())?;
        if row.is_none() {
            self.dropped(why)?;
        }
        Ok(row.filter(|row| row.ended.is_none()))
    }

    fn post(&mut self, entry: &ChannelEntry<'_>) -> Result<Progress, ClientError> {
        // The own post, come back in the channel's order: as good as the relay's answer.
        self.accepted(entry.id)?;
        if let Some(content) = self.tx.take_own_desk_post(entry.id.as_bytes())? {
            self.desk_came(self.account()?.device_key(), &content)?;
            return Ok(Progress::Done);
        }
        let Some(row) = self.living(entry.channel, "a post to an unknown channel")? else {
            return Ok(Progress::Done);
        };
        self.past_reached(&row, entry.epoch)?;
        let mut group = self.load_group(&row)?;
        let opened = match entry.epoch.cmp(&group.epoch()) {
            Ordering::Equal => Some(group.open(&self.provider(), entry.body)?),
            _ => None,
        };
        let epoch = group.epoch();
        self.keep_loaded(group);
        let Some(opened) = opened else {
            if entry.epoch > epoch {
                return Ok(Progress::Later);
            }
            return self.late_post(&row, entry);
        };
        self.opened(&row, opened)?;
        Ok(Progress::Done)
    }

    /// Takes what a post turned out to be.
    pub(crate) fn opened(&mut self, row: &GroupRow, opened: IncomingMessage) -> Result<(), ClientError> {
        match opened {
            IncomingMessage::Own => Ok(()),
            IncomingMessage::Message { sender, device, plain } => self.message(row, sender, device, &plain),
        }
    }

    fn commit(&mut self, entry: &ChannelEntry<'_>) -> Result<Progress, ClientError> {
        self.accepted(entry.id)?;
        let Some(row) = self.living(entry.channel, "a commit to an unknown channel")? else {
            return Ok(Progress::Done);
        };
        // The epoch that it begins has come to the inbox.
        self.past_reached(&row, entry.epoch.saturating_add(1))?;
        match entry.epoch.cmp(&self.epoch_of(&row)?) {
            Ordering::Greater => Ok(Progress::Later),
            Ordering::Equal => self.process_commit(&row, entry).map(|()| Progress::Done),
            Ordering::Less => self.late_commit(&row, entry),
        }
    }

    /// Takes a commit of somebody else in the current epoch. An own one has lost.
    pub(crate) fn process_commit(
        &mut self,
        row: &GroupRow,
        entry: &ChannelEntry<'_>,
    ) -> Result<(), ClientError> {
        let mut group = self.load_group(row)?;
        if !self.rejoins_after(row, entry.epoch)? {
            self.drop_own_commit(row, &mut group)?;
        }
        let before = group.data().clone();
        let (provider, now) = (self.provider(), self.now.seconds());
        let merged = group.process_commit(&provider, entry.body, &self.sessions.blobs, now)?;
        if merged.is_away {
            return self.is_behind(&row.channel, entry.epoch + 1, 0);
        }
        if merged.is_removed {
            let notices = self.notices(merged.by, &group.name_of(merged.by), &before, &merged.changes)?;
            for (number, notice) in (0..).zip(&notices) {
                let mark = mark(entry.channel, entry.epoch + 1, number);
                self.note(row.conversation, notice, &mark)?;
            }
            let account = self.account()?;
            let is_taken = merged.by == account.key() && account.identity().is_err();
            if is_taken && self.tx.contact_of(row.conversation)?.is_some() {
                // Another device of the line did: this one is to keep nothing of it.
                self.tx.take_conversation(row.conversation)?;
            }
            return self.end_membership(row, group, GroupState::Removed);
        }
        self.merged(row, &group, merged.by, &before, &merged.changes)
    }

    fn message(
        &mut self,
        row: &GroupRow,
        sender: IdentityKey,
        device: [u8; 32],
        plain: &[u8],
    ) -> Result<(), ClientError> {
        if self.desk_room()? == Some(row.conversation) {
            return self.desk_came(device, plain);
        }
        let Some(contact) = self.tx.contact_of(row.conversation)? else {
            return self.group_message(row, sender, plain);
        };
        if sender == self.account()?.key() {
            return self.colleague_message(row, device, plain);
        }
        if contact.identity != sender.0 {
            return self.dropped("a message of somebody else");
        }
        let Ok(content) = Content::decode(plain) else {
            return self.dropped("a message that cannot be read");
        };
        let mimi = content.id(&sender_uri(KuvertId::of(&sender)), &self.room(row.conversation)?);
        if contact.blocked {
            return self.dropped("a message of somebody who is blocked");
        }
        let contact = self.consented(row, contact, &content)?;
        let received = Received {
            conversation: row.conversation,
            author: sender.0,
            is_colleague: false,
            told: None,
            contact: Some(&contact),
            content: &content,
            plain,
            mimi,
        };
        let is_request = contact.state == ContactState::Asking;
        match content.meaning() {
            Meaning::Text(_) => self.arrived(&received),
            Meaning::Request { profile, .. } => {
                self.note_reach(contact.id, &profile.reach)?;
                if contact.name.is_empty() {
                    self.tx.update_contact(contact.id, &profile.name, contact.state)?;
                }
                self.arrived(&received)
            }
            Meaning::Report(report) => self.report(row.conversation, &sender.0, &report),
            Meaning::Profile(profile) => {
                self.note_reach(contact.id, &profile.reach)?;
                Ok(self.tx.update_contact(contact.id, &profile.name, contact.state)?)
            }
            Meaning::Acceptance(profile) => self.note_reach(contact.id, &profile.reach),
            Meaning::Leave(_) => self.dropped("nobody leaves a direct conversation"),
            Meaning::Deletion { .. } => self.change(&received.change()),
            _ if is_request => self.dropped("a request that is more than a text"),
            Meaning::Edit { .. } | Meaning::Reaction { .. } => self.change(&received.change()),
            Meaning::Retention(retention) => self.retain(row.conversation, &retention),
            Meaning::Desk(_) | Meaning::DeskState(_) => self.dropped("a desk event outside of its room"),
            // What a line tells its own devices, each of which the customer sees as the line.
            Meaning::History(_) => Ok(()),
            Meaning::Attachments { .. } | Meaning::Structured { .. } | Meaning::Unsupported => {
                self.arrived(&received)
            }
        }
    }

    /// Another device of the own identity wrote to a contact: a colleague, for the same line.
    fn colleague_message(
        &mut self,
        row: &GroupRow,
        device: [u8; 32],
        plain: &[u8],
    ) -> Result<(), ClientError> {
        let Ok(content) = Content::decode(plain) else {
            return self.dropped("a message that cannot be read");
        };
        let account = self.account()?;
        let conversation = row.conversation;
        let mimi = content.id(&sender_uri(account.kuvert_id()), &self.room(conversation)?);
        let received = Received {
            conversation,
            author: device,
            is_colleague: true,
            told: None,
            contact: None,
            content: &content,
            plain,
            mimi,
        };
        match content.meaning() {
            Meaning::Text(_)
            | Meaning::Attachments { .. }
            | Meaning::Structured { .. }
            | Meaning::Unsupported => self.arrived(&received),
            Meaning::Edit { .. } | Meaning::Deletion { .. } | Meaning::Reaction { .. } => {
                self.change(&Change { author: account.key().0, ..received.change() })
            }
            Meaning::Retention(retention) => self.erase_later(conversation, &retention),
            Meaning::History(history) => self.history_came(conversation, history),
            // The contact is told by whoever is first; and colleagues know who they are.
            Meaning::Report(_)
            | Meaning::Profile(_)
            | Meaning::Acceptance(_)
            | Meaning::Request { .. }
            | Meaning::Leave(_)
            | Meaning::Desk(_)
            | Meaning::DeskState(_) => Ok(()),
        }
    }

    /// A member of a group wrote.
    fn group_message(
        &mut self,
        row: &GroupRow,
        sender: IdentityKey,
        plain: &[u8],
    ) -> Result<(), ClientError> {
        let Ok(content) = Content::decode(plain) else {
            return self.dropped("a message that cannot be read");
        };
        let (conversation, author) = (row.conversation, sender.0);
        let mimi = content.id(&sender_uri(KuvertId::of(&sender)), &self.room(conversation)?);
        let received = Received {
            conversation,
            author,
            is_colleague: false,
            told: None,
            contact: None,
            content: &content,
            plain,
            mimi,
        };
        match content.meaning() {
            Meaning::Leave(statement) => self.wants_to_leave(row, sender, statement),
            Meaning::Report(report) => self.report(conversation, &author, &report),
            Meaning::Profile(_) | Meaning::Acceptance(_) => Ok(()),
            Meaning::Edit { .. } | Meaning::Deletion { .. } | Meaning::Reaction { .. } => {
                self.change(&received.change())
            }
            Meaning::Text(_)
            | Meaning::Request { .. }
            | Meaning::Attachments { .. }
            | Meaning::Structured { .. }
            | Meaning::Unsupported => self.arrived(&received),
            Meaning::Retention(_) | Meaning::History(_) | Meaning::Desk(_) | Meaning::DeskState(_) => {
                self.dropped("what belongs to a business line")
            }
        }
    }

    /// A message is told by another device of the own line, as one that came before this device was let in.
    pub(crate) fn told(
        &mut self,
        conversation: ConversationId,
        customer: [u8; 32],
        told: &Told,
    ) -> Result<(), ClientError> {
        let Ok(content) = Content::decode(&told.content) else {
            return self.dropped("a message from before that cannot be read");
        };
        let received = Received {
            conversation,
            author: told.device.unwrap_or(customer),
            is_colleague: told.device.is_some(),
            told: Some(told.at),
            contact: None,
            content: &content,
            plain: &told.content,
            mimi: told.id,
        };
        match content.meaning() {
            Meaning::Text(_)
            | Meaning::Request { .. }
            | Meaning::Attachments { .. }
            | Meaning::Structured { .. }
            | Meaning::Unsupported => self.arrived(&received),
            _ => self.dropped("something from before that is not for the eyes"),
        }
    }

    /// Something for the eyes came.
    fn arrived(&mut self, received: &Received<'_>) -> Result<(), ClientError> {
        let conversation = received.conversation;
        if let Some(contact) = received.contact {
            // A request is few messages, until it is accepted.
            if contact.state == ContactState::Asking
                && self.tx.received(conversation, MAX_ASKING)? == MAX_ASKING
            {
                return match self.tx.find_message(conversation, received.mimi.as_bytes())? {
                    Some(_) => Ok(()),
                    None => self.dropped("too many messages of a request"),
                };
            }
        }
        let (expires_after, expires_at) = match received.content.expires {
            // For who writes for the same line it is an own message, which was read when it was written.
            Some(Expires::After(seconds)) if received.is_colleague => {
                (None, Some(self.now.0.saturating_add(i64::from(seconds) * 1000)))
            }
            Some(Expires::After(seconds)) => (Some(seconds), None),
            Some(Expires::At(seconds)) => (None, Some(i64::from(seconds) * 1000)),
            None => (None, None),
        };
        if expires_at.is_some_and(|at| at <= self.now.0) {
            return Ok(());
        }
        let mut shape = Shape::of(received.content);
        let files = self.files_of(received.content)?;
        if matches!(shape.kind, MessageKind::Attachments | MessageKind::Structured | MessageKind::Score)
            && files.is_none()
        {
            // Kept as it came, for a version that can open them.
            (shape.kind, shape.text) = (MessageKind::NeedsNewer, "");
        }
        let at = received.told.or_else(|| written_at(received.content));
        let new = self.tx.add_message(&NewMessage {
            conversation,
            mimi: received.mimi.as_bytes(),
            sender: if received.is_colleague { SenderKind::Own } else { SenderKind::Contact },
            author: Some(&received.author),
            kind: shape.kind,
            text: shape.text,
            reply_to: shape.reply_to.as_ref().map(|id| id.as_bytes().as_slice()),
            // Beside the text of a text, nothing is left to keep.
            content: if shape.kind == MessageKind::Text { b"" } else { received.plain },
            at: at.filter(|at| (0..=self.now.0).contains(at)).unwrap_or(self.now.0),
            state: if received.is_colleague { MessageState::Sent } else { MessageState::Received },
            expires_after,
            expires_at,
        })?;
        let Some(message) = new else { return Ok(()) };
        self.offer_files(message, &files.unwrap_or_default())?;
        if let Some(contact) = received.contact {
            self.heard_from(contact)?;
        }
        let is_news = !received.is_colleague && received.told.is_none();
        if is_news && self.reports_in(conversation)? && self.reports_delivery(conversation)? {
            self.tx.owe_report(conversation, received.mimi.as_bytes(), ReportKind::Delivered)?;
        }
        self.apply_early(conversation, received.mimi)
    }
}

/// A message that was opened and read.
struct Received<'m> {
    conversation: ConversationId,
    /// Who wrote it: an identity, or the device of a colleague.
    author: [u8; 32],
    /// It was written for the same line as the user writes for.
    is_colleague: bool,
    /// When it was written, of what came earlier, and is told by another device of the own line.
    told: Option<i64>,
    /// The contact, unless it is a group, or a colleague wrote it.
    contact: Option<&'m ContactRow>,
    content: &'m Content,
    /// What `content` was read from, and encodes to.
    plain: &'m [u8],
    mimi: kuvert_content::MessageId,
}

impl Received<'_> {
    fn change(&self) -> Change<'_> {
        Change {
            conversation: self.conversation,
            author: self.author,
            mimi: self.mimi,
            content: self.content,
        }
    }
}

pub(crate) fn is_peer_fault(fault: &MlsError) -> bool {
    matches!(fault, MlsError::PeerFault(_) | MlsError::Certificate(_) | MlsError::Violation { .. })
}
