//! What goes out: messages are sealed, requests wait for their answers, commits for their verdict.

use kuvert_content::{Content, Meaning};
use kuvert_mls::{KuvertId, SealedPost};
use kuvert_store::{ConversationId, GroupRow, MessageId, MessageState, OutboxKind, OutboxRow};
use kuvert_wire::{
    ChannelId, ChannelState, ClientFrame, CreateChannel, ErrorCode, InboxId, Post, PostId, Token, decode,
    encode, limits,
};

use crate::limits::{OWN_DESK_POSTS, PATIENCE};
use crate::step::Step;
use crate::wishes::Wish;
use crate::{ClientError, Event, Origin, Refusal};

/// Age of the own keys in a group after which sending renews them: a week in milliseconds.
const ROTATE_AFTER: i64 = 7 * 86_400_000;

/// What a pending commit is for. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Intent {
    /// No commit is pending.
    None = 0,
    /// Adds the contact's device to a new group.
    Introduce = 1,
    /// Carries out what is written down as intents.
    Wishes = 3,
    /// Comes from outside, in the place of the own leaf.
    Rejoin = 4,
}

impl Step<'_, '_> {
    /// Writes a message down and seals it as soon as its group allows. Without `text` it is not for the eyes.
    pub(crate) fn enqueue(
        &mut self,
        conversation: ConversationId,
        content: Content,
        text: Option<&str>,
    ) -> Result<(), ClientError> {
        self.write_down(conversation, content, text.is_some())?;
        Ok(())
    }

    /// Seals all messages that wait, if the group is there and no commit is pending.
    pub(crate) fn seal_waiting(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let account = self.account()?;
        let row = self.tx.conversation(conversation)?.ok_or(Refusal::Unknown)?;
        let (Some(channel), None) = (row.channel, &row.introduction) else { return Ok(()) };
        let provider = self.provider();
        let waiting = self.tx.unsealed(conversation)?;
        let group_row = self.tx.group(&channel)?.filter(|row| row.ended.is_none());
        let (Some(group_row), false) = (group_row, waiting.is_empty()) else { return Ok(()) };
        let mut group = self.load_group(&group_row)?;
        let is_alone = group.epoch() == 0 && self.waits_for_members(conversation)?;
        if group.has_pending_commit() || group_row.intent == Intent::Rejoin as u8 || is_alone {
            self.keep_loaded(group);
            return Ok(());
        }
        let channel = group.channel();
        let is_desk = self.desk_room()? == Some(conversation);
        for (message, content) in waiting {
            let sealed = group.seal(&provider, &account.device, &content)?;
            let id = self.fresh_id();
            if is_desk && is_event(&content) {
                self.tx.add_own_desk_post(id.as_bytes(), &content, OWN_DESK_POSTS)?;
            }
            let post = ClientFrame::Post(post_frame(id, channel, sealed));
            self.queue(conversation, Some(message), &post)?;
        }
        self.keep_loaded(group);
        Ok(())
    }

    /// Commits fresh own keys, so that what an attacker learned of the old ones is worth nothing.
    pub(crate) fn rotate(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.wish(conversation, &Wish::Renew, self.now.0)?;
        self.advance(conversation)
    }

    /// Renews the own keys where they are old.
    pub(crate) fn rotate_if_due(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let channel = self.tx.conversation(conversation)?.and_then(|row| row.channel);
        let Some(channel) = channel else { return Ok(()) };
        match self.tx.group(&channel)? {
            Some(group) if self.now.0.saturating_sub(group.rotated) >= ROTATE_AFTER => {
                self.rotate(conversation)
            }
            _ => Ok(()),
        }
    }

    /// Appends a request about a channel to the outbox, and sends it to the channel's relay if a session is there.
    pub(crate) fn queue(
        &mut self,
        conversation: ConversationId,
        message: Option<MessageId>,
        frame: &ClientFrame,
    ) -> Result<(), ClientError> {
        let channel = match frame {
            ClientFrame::CreateChannel(create) => create.channel,
            ClientFrame::Commit(commit) => commit.post.channel,
            ClientFrame::Post(post) => post.channel,
            _ => return Err(ClientError::Damaged("a frame that is not about a channel")),
        };
        let group =
            self.tx.group(channel.as_bytes())?.ok_or(ClientError::Damaged("a channel has no group"))?;
        self.queue_to(&group.relay, conversation, message, frame)
    }

    /// Appends a request to one relay to the outbox, and sends it if a session is there.
    pub(crate) fn queue_to(
        &mut self,
        relay: &str,
        conversation: ConversationId,
        message: Option<MessageId>,
        frame: &ClientFrame,
    ) -> Result<(), ClientError> {
        let (id, kind, channel) = match frame {
            ClientFrame::TakeKeyPackage(take) => (take.id, OutboxKind::TakeKeyPackage, None),
            ClientFrame::CreateChannel(create) => {
                (create.id, OutboxKind::CreateChannel, Some(create.channel))
            }
            ClientFrame::Commit(commit) => (commit.post.id, OutboxKind::Commit, Some(commit.post.channel)),
            ClientFrame::Post(post) => (post.id, OutboxKind::Post, Some(post.channel)),
            ClientFrame::Deposit(deposit) => (deposit.id, OutboxKind::Deposit, None),
            ClientFrame::Own(_)
            | ClientFrame::Ack(_)
            | ClientFrame::PutKeyPackages(_)
            | ClientFrame::RevokeTokens(_)
            | ClientFrame::RenewDepositKey(_)
            | ClientFrame::DeleteInbox(_)
            | ClientFrame::SetPush(_)
            | ClientFrame::FetchChannel(_)
            | ClientFrame::Resume => {
                return Err(ClientError::Damaged("a frame that no outbox holds"));
            }
        };
        let (id, channel) = (*id.as_bytes(), channel.map(|channel| *channel.as_bytes()));
        let (relay, since) = (relay.to_owned(), self.now.0);
        let row = OutboxRow { id, kind, conversation, channel, message, frame: encode(frame), relay, since };
        self.tx.push_outbox(&row)?;
        if let (OutboxKind::CreateChannel, Some(channel)) = (kind, &channel) {
            self.tx.move_back(channel)?;
        }
        self.waits_for(&row.relay)
    }

    /// The relay's answer to a request. A commit that was accepted is merged only when it comes back in the channel's order:
    /// posts of the epoch that it ends may still lie before it in the inbox, and nothing would open them afterwards.
    pub(crate) fn answered(&mut self, id: PostId) -> Result<(), ClientError> {
        match self.tx.outbox_kind(id.as_bytes())? {
            Some(OutboxKind::Commit) => self.commit_answered(id),
            _ => self.accepted(id),
        }
    }

    fn commit_answered(&mut self, id: PostId) -> Result<(), ClientError> {
        let Some(row) = self.tx.outbox_row(id.as_bytes())? else { return Ok(()) };
        let group = self.group_of(&row)?;
        if group.intent == Intent::Rejoin as u8 {
            // One that comes from outside has no order to keep: nothing older can be opened.
            return self.accepted(id);
        }
        if group.cut_off {
            // It does not come back: what came before it is all that waited in the inbox.
            if self.sessions.live {
                return self.accepted(id);
            }
            self.sessions.answered.insert(id);
        }
        Ok(())
    }

    /// Everything that waited has come: so has what came before commits that do not come back.
    pub(crate) fn merge_answered(&mut self) -> Result<(), ClientError> {
        std::mem::take(&mut self.sessions.answered).into_iter().try_for_each(|id| self.accepted(id))
    }

    /// The relay has it, durably. Says so for a request that is not known any more: nothing happens then.
    pub(crate) fn accepted(&mut self, id: PostId) -> Result<(), ClientError> {
        let Some(row) = self.tx.take_outbox(id.as_bytes())? else { return Ok(()) };
        match row.kind {
            OutboxKind::Post => match row.message {
                Some(message) => Ok(self.tx.set_message_state(message, MessageState::Sent)?),
                None => Ok(()),
            },
            OutboxKind::Commit => self.commit_accepted(&row),
            OutboxKind::CreateChannel | OutboxKind::TakeKeyPackage | OutboxKind::Deposit => Ok(()),
        }
    }

    fn commit_accepted(&mut self, row: &OutboxRow) -> Result<(), ClientError> {
        let group = self.group_of(row)?;
        if group.intent == Intent::Wishes as u8 {
            return self.wishes_accepted(&group);
        }
        if group.intent == Intent::Rejoin as u8 {
            return self.rejoined(&group);
        }
        if group.intent == Intent::Introduce as u8 {
            self.load_group(&group)?.accept_commit(&self.provider())?;
            self.tx.set_intent(&group.channel, Intent::None as u8)?;
            self.tx.set_introduction(row.conversation, None)?;
        }
        self.seal_waiting(row.conversation)?;
        self.advance(row.conversation)
    }

    fn group_of(&self, row: &OutboxRow) -> Result<GroupRow, ClientError> {
        let channel = row.channel.ok_or(ClientError::Damaged("a request names no channel"))?;
        self.tx.group(&channel)?.ok_or(ClientError::Damaged("a channel has no group"))
    }

    pub(crate) fn refused(
        &mut self,
        relay: &Origin,
        id: PostId,
        code: ErrorCode,
        epoch: Option<u64>,
    ) -> Result<(), ClientError> {
        if matches!(code, ErrorCode::Busy | ErrorCode::RateLimited) {
            self.retry_later(relay);
            return Ok(());
        }
        if self.waits_for_channel(id, code)? {
            // What was sent before its channel was made anew is sent once more already.
            let row = self.tx.outbox_row(id.as_bytes())?;
            let channel = row.and_then(|row| row.channel);
            if !channel.is_some_and(|channel| self.sessions.relays.is_revived(relay, channel, self.now)) {
                self.retry_later(relay);
            }
            return Ok(());
        }
        let Some(row) = self.tx.outbox_row(id.as_bytes())? else { return Ok(()) };
        if (row.kind, code) == (OutboxKind::Commit, ErrorCode::Conflict) {
            // A commit won this epoch, and it may be this very one: the relay forgets requests, and the answer to the
            // first try may have been lost. The inbox tells; until then the commit stays pending.
            return self.commit_conflicted(&row, epoch);
        }
        let is_posted = matches!(row.kind, OutboxKind::Post | OutboxKind::Commit);
        if is_posted && code == ErrorCode::NoSuchChannel && self.may_revive(&row)? {
            return self.revive(&row);
        }
        self.tx.take_outbox(id.as_bytes())?;
        match (row.kind, code) {
            (OutboxKind::Post, ErrorCode::Conflict) => self.post_conflicted(&row, epoch),
            // It was made before: by an earlier try, or by the other side.
            (OutboxKind::CreateChannel, ErrorCode::Taken) => Ok(()),
            (OutboxKind::TakeKeyPackage, _) if self.package_refused(&row.id)? => Ok(()),
            (OutboxKind::TakeKeyPackage, _) => self.introduction_refused(&row, code),
            (kind, _) => {
                self.event(Event::Refused(code));
                match (kind, row.message) {
                    (OutboxKind::Post, Some(message)) => self.fail(row.conversation, message),
                    (OutboxKind::Post, None) => Ok(()),
                    (OutboxKind::Commit, _) => self.commit_refused(&row, code),
                    _ => self.fail_waiting(row.conversation),
                }
            }
        }
    }

    fn commit_conflicted(&mut self, row: &OutboxRow, epoch: Option<u64>) -> Result<(), ClientError> {
        let group_row = self.group_of(row)?;
        let mut group = self.load_group(&group_row)?;
        if group_row.intent == Intent::Rejoin as u8 {
            self.drop_own_commit(&group_row, &mut group)?;
            return self.is_behind(&group_row.channel, epoch.unwrap_or(group.epoch() + 1), 0);
        }
        match epoch {
            Some(epoch) if epoch > group.epoch() => self.is_behind(&group_row.channel, epoch, PATIENCE),
            _ => Ok(()),
        }
    }

    /// The relay will never take this commit.
    fn commit_refused(&mut self, row: &OutboxRow, code: ErrorCode) -> Result<(), ClientError> {
        let group_row = self.group_of(row)?;
        if group_row.intent == Intent::Wishes as u8 {
            // The channel may keep too many commits since its last snapshot.
            if code == ErrorCode::TooLarge && self.sessions.snapshots.insert(group_row.channel) {
                let mut group = self.load_group(&group_row)?;
                self.drop_own_commit(&group_row, &mut group)?;
                self.advance(row.conversation)?;
                return self.seal_waiting(row.conversation);
            }
            self.give_up_wishes(&group_row, code)?;
            self.fail_waiting(row.conversation)
        } else {
            self.abandon_commit(row)?;
            self.introduction_failed(row.conversation)
        }
    }

    /// Whether a request failed only because its channel is not made yet: asking for that waits in the outbox, too.
    fn waits_for_channel(&self, id: PostId, code: ErrorCode) -> Result<bool, ClientError> {
        if code != ErrorCode::NoSuchChannel {
            return Ok(false);
        }
        let rows = self.tx.outbox()?;
        let refused = rows.iter().find(|row| row.id == *id.as_bytes());
        if let Some(channel) = refused.and_then(|refused| refused.channel)
            && self.tx.has_prepared(&channel)?
        {
            return Ok(true);
        }
        Ok(refused.is_some_and(|refused| {
            rows.iter().any(|row| row.kind == OutboxKind::CreateChannel && row.channel == refused.channel)
        }))
    }

    /// Another epoch has begun: all posts of the old one are sealed anew, now or when its commit has come.
    fn post_conflicted(&mut self, row: &OutboxRow, epoch: Option<u64>) -> Result<(), ClientError> {
        let group = self.group_of(row)?;
        self.tx.drop_posts(&group.channel)?;
        let current = self.epoch_of(&group)?;
        let sealed_in = match decode(&row.frame, limits::MAX_FRAME) {
            Ok(ClientFrame::Post(post)) => post.epoch,
            _ => return Err(ClientError::Damaged("a post in the outbox")),
        };
        match epoch {
            // The commit that began it will come.
            Some(epoch) if epoch > current => self.is_behind(&group.channel, epoch, PATIENCE),
            Some(epoch) if epoch == current && sealed_in < current => self.seal_waiting(row.conversation),
            // The relay contradicts itself, or is behind for good: sealing anew would go on for ever.
            _ => self.fail_waiting(row.conversation),
        }
    }

    /// The relay will never take this commit: without it the group goes on in its epoch, or nothing could be sealed again.
    fn abandon_commit(&mut self, row: &OutboxRow) -> Result<(), ClientError> {
        let group_row = self.group_of(row)?;
        let mut group = self.load_group(&group_row)?;
        self.drop_own_commit(&group_row, &mut group)
    }

    /// Whether a channel that the relay forgot can be made anew: once per session, and not before first contact.
    fn may_revive(&mut self, row: &OutboxRow) -> Result<bool, ClientError> {
        let group = self.group_of(row)?;
        let is_introduced = group.intent != Intent::Introduce as u8;
        Ok(is_introduced && self.sessions.relays.may_revive(&group.relay, group.channel, self.now))
    }

    /// The relay forgot the channel, because nobody wrote for long: makes it anew, in the epoch in which the group is. What
    /// was to go there goes behind that as it is, an own commit above all: it may be on its way still, and be accepted
    /// where another member makes the channel anew meanwhile.
    fn revive(&mut self, row: &OutboxRow) -> Result<(), ClientError> {
        let account = self.account()?;
        let group_row = self.group_of(row)?;
        let (channel, is_here) = (ChannelId::new(group_row.channel), group_row.relay == account.relay);
        let group = self.load_group(&group_row)?;
        let own = account.inbox();
        let contact = group.members_here()?.into_iter().find(|(inbox, _)| *inbox != own);
        if (contact.is_none() && !is_here) || group_row.intent == Intent::Rejoin as u8 {
            // A relay keeps channels for those who are known there. And who is behind would make it anew in an epoch that
            // is over for the others, and nobody could follow.
            self.abandon_commit(row)?;
            self.tx.drop_posts(channel.as_bytes())?;
            return self.fail_waiting(row.conversation);
        }
        let (state, blobs) = group.channel_state(&self.provider(), &account.device)?;
        let create = self.create_frame(channel, state, contact)?;
        self.queue_after(&group_row, blobs, ClientFrame::CreateChannel(create))
    }

    /// Asks for a channel. The right to it is an inbox at its relay: the contact's, where that is at the same relay, since this session has shown it or will with every post. The own one would tie to this device what nothing
    /// else on the session does.
    pub(crate) fn create_frame(
        &self,
        channel: ChannelId,
        state: ChannelState,
        contact: Option<(InboxId, Token)>,
    ) -> Result<CreateChannel, ClientError> {
        let account = self.account()?;
        let (inbox, token) = contact.unwrap_or_else(|| (account.inbox(), account.token(self.rng)));
        Ok(CreateChannel { id: self.fresh_id(), channel, state, inbox, token })
    }
}

/// Whether a content is an event of a desk room.
fn is_event(content: &[u8]) -> bool {
    Content::decode(content).is_ok_and(|content| matches!(content.meaning(), Meaning::Desk(_)))
}

pub(crate) fn post_frame(id: PostId, channel: ChannelId, sealed: SealedPost) -> Post {
    let SealedPost { epoch, secret, fanout_key, body } = sealed;
    Post { id, channel, epoch, secret, fanout_key, body }
}

/// Sender and room as they enter a message's id: both sides derive the same, whichever channel carries it.
pub(crate) fn sender_uri(sender: KuvertId) -> String {
    format!("kuvert:{sender}")
}

pub(crate) fn room_uri(one: KuvertId, other: KuvertId) -> String {
    let (one, other) = (one.to_string(), other.to_string());
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    format!("kuvert:direct:{first}:{second}")
}
