//! First contact: from an opened card to a conversation (design section 4).
//!
//! The requesting device takes a key package of the contact's device, creates group and channel, and adds the device
//! by a commit that carries the welcome. Each step waits in the outbox, so that the wish survives a crash.

use kuvert_content::{Content, Meaning};
use kuvert_mls::{Group, GroupData, GroupKind, JoinerPackage, MlsError, Plan, introduction_box};
use kuvert_store::{
    ContactRow, ContactState, ConversationId, ConversationRow, GroupRow, GroupState, MessageKind, MessageRow,
    MessageState, OutboxKind, OutboxRow, SenderKind,
};
use kuvert_wire::{
    ChannelId, ClientFrame, Commit, KeyPackageReply, TakeKeyPackage, WelcomeDeposit, decode, encode, limits,
};

use crate::card::CardDevice;
use crate::commands::checked_text;
use crate::limits::{ASK_ANEW, MAX_ASKED, MAX_REQUESTS};
use crate::outbox::{Intent, post_frame};
use crate::step::Step;
use crate::{ClientError, Event, Link, Refusal};

/// Labels that separate what is sealed under a card's introduction key.
pub(crate) const KEY_PACKAGE: &str = "kuvert key package v1";
pub(crate) const WELCOME: &str = "kuvert welcome v1";

impl Step<'_, '_> {
    /// First message to who stands behind an opened link.
    pub(crate) fn request(&mut self, link: &str, text: &str) -> Result<(), ClientError> {
        let account = self.account()?;
        let text = checked_text(text)?;
        let card = self.sessions.cards.get(link).cloned().ok_or(Refusal::Unknown)?;
        if card.identity == account.identity.key() {
            return Err(Refusal::OwnLink.into());
        }
        let device = card.devices.first().ok_or(Refusal::LinkUnreadable)?;
        // Where the own relay's key is not known yet, it will be when the contact's key package comes.
        let is_alone =
            account.own_relay_only || (account.relay_key.is_none() && self.generation()?.is_some());
        if device.relay != account.relay && (is_alone || !account.may_reach(&device.relay)) {
            return Err(Refusal::OtherRelay.into());
        }
        let conversation = match self.tx.contact_by_identity(&card.identity.0)? {
            None => self.tx.add_contact(&card.identity.0, &card.name, ContactState::Requested)?.1,
            Some(contact) => {
                let row = self.tx.conversation_with(contact.id)?.ok_or(Refusal::Unknown)?;
                if contact.blocked || contact.state != ContactState::Requested {
                    self.command(crate::Command::Send { conversation: row.id, text: text.to_owned() })?;
                    self.event(Event::Requested(row.id));
                    return Ok(());
                }
                self.check_may_ask(row.id)?;
                row.id
            }
        };
        self.tx.set_introduction(conversation, Some(&encode(device)))?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if let Ok(link) = Link::parse(link) {
            self.tx.set_contact_card(contact.id, link.card().as_bytes())?;
        }
        self.note_reach(contact.id, &encode(&card.devices))?;
        let profile = self.profile_for(&card.identity.0)?;
        self.enqueue(conversation, Content::request(self.rng.bytes(), &profile, text), Some(text))?;
        let row = self.tx.conversation(conversation)?.ok_or(Refusal::Unknown)?;
        self.introduce(&row)?;
        self.wrote_to(conversation)?;
        self.event(Event::Requested(conversation));
        Ok(())
    }

    /// Whether a request may be made anew: at once where the one before did not get there; where it did, a day later, and not for ever.
    fn check_may_ask(&self, conversation: ConversationId) -> Result<(), ClientError> {
        let own = self.requests(conversation)?;
        let there = own.iter().filter(|row| row.state != MessageState::Failed).count();
        if there >= MAX_ASKED {
            return Err(Refusal::NotAccepted.into());
        }
        let is_waiting = |row: &MessageRow| match row.state {
            MessageState::Failed => false,
            MessageState::Queued => true,
            _ => row.at.saturating_add(ASK_ANEW) > self.now.0,
        };
        if own.iter().any(is_waiting) { Err(Refusal::NotAccepted.into()) } else { Ok(()) }
    }

    /// Whether a request did not get there, so that it has to be made anew.
    pub(crate) fn request_failed(&self, conversation: ConversationId) -> Result<bool, ClientError> {
        let own = self.requests(conversation)?;
        Ok(!own.is_empty() && own.iter().all(|row| row.state == MessageState::Failed))
    }

    fn requests(&self, conversation: ConversationId) -> Result<Vec<MessageRow>, ClientError> {
        let mut rows = self.tx.messages_before(conversation, None, MAX_REQUESTS, self.now.0)?;
        rows.retain(|row| row.sender == SenderKind::Own && row.kind != MessageKind::Deleted);
        Ok(rows)
    }

    /// Asks for a key package of the contact's device.
    pub(crate) fn introduce(&mut self, conversation: &ConversationRow) -> Result<(), ClientError> {
        let device = introduction_of(conversation)?;
        let id = self.fresh_id();
        let frame =
            ClientFrame::TakeKeyPackage(TakeKeyPackage { id, inbox: device.inbox, token: device.token });
        self.queue_to(&device.relay, conversation.id, None, &frame)
    }

    /// Whether first contact is under way: what waits then goes out at its end.
    pub(crate) fn is_introducing(&self, conversation: ConversationId) -> Result<bool, ClientError> {
        let is_step = |row: &OutboxRow| row.conversation == conversation && row.kind != OutboxKind::Post;
        Ok(self.tx.outbox()?.iter().any(is_step))
    }

    /// The key package came: creates group and channel, and adds the contact's device.
    pub(crate) fn key_package(&mut self, reply: &KeyPackageReply) -> Result<(), ClientError> {
        let Some(row) = self.tx.take_outbox(reply.id.as_bytes())? else { return Ok(()) };
        if self.package_for_group(reply)? {
            return Ok(());
        }
        let conversation = self.tx.conversation(row.conversation)?.ok_or(Refusal::Unknown)?;
        if conversation.introduction.is_none() {
            // The contact was faster: there is a group already.
            return Ok(());
        }
        let device = introduction_of(&conversation)?;
        let contact = self.tx.contact_of(conversation.id)?.ok_or(Refusal::Unknown)?;
        let opened =
            introduction_box(device.introduction_key.as_bytes(), KEY_PACKAGE).open(b"", &reply.package);
        let verified = opened
            .ok()
            .map(|package| JoinerPackage::verified(&self.provider(), &package, self.now.seconds()));
        match verified {
            Some(Ok(joiner))
                if joiner.certificate.identity.0 == contact.identity
                    && joiner.delivery.relay == device.relay
                    && joiner.delivery.inbox == device.inbox =>
            {
                self.sessions.ended_packages.remove(&conversation.id);
                return self.establish(conversation.id, &device, joiner);
            }
            Some(Err(MlsError::Ended)) if self.may_take_another(conversation.id) => {
                return self.introduce(&conversation);
            }
            // The contact was away for so long that none holds any more: the user may try again once they are back.
            Some(Err(MlsError::Ended)) => return self.fail_waiting(conversation.id),
            _ => {}
        }
        self.event(Event::Dropped("a key package is not the contact's"));
        self.fail_waiting(conversation.id)
    }

    /// The oldest key packages go out first and may be past their time: behind them, at the latest in the one of last
    /// resort, is one that holds.
    pub(crate) fn may_take_another(&mut self, conversation: ConversationId) -> bool {
        let ended = self.sessions.ended_packages.entry(conversation).or_default();
        *ended += 1;
        let more = *ended <= limits::MAX_KEY_PACKAGES;
        if !more {
            self.sessions.ended_packages.remove(&conversation);
        }
        more
    }

    /// Creates group and channel, and adds the contact's device. The channel is at the own relay, but for a contact who does
    /// not leave theirs.
    fn establish(
        &mut self,
        conversation: ConversationId,
        device: &CardDevice,
        joiner: JoinerPackage,
    ) -> Result<(), ClientError> {
        let account = self.account()?;
        let own = account.delivery(self.rng, self.now);
        let relay = if joiner.delivery.stays_at_its_relay() { &device.relay } else { &account.relay };
        // Both have to be reached from there.
        let (Ok(_), Ok(address)) = (own.target(relay), joiner.delivery.address_from(relay)) else {
            self.event(Event::Dropped("one of the two relays does not speak with others"));
            return self.fail_waiting(conversation);
        };
        let provider = self.provider();
        let channel = ChannelId::new(self.rng.bytes());
        let data = GroupData::direct(relay.clone(), self.rng.bytes());
        let mut group = Group::create(&provider, &account.device, channel, data, &own)?;
        let (state, _) = group.channel_state(&provider, &account.device)?;
        let contact = (device.relay == *relay).then(|| (device.inbox, device.token.clone()));
        let create = self.create_frame(channel, state, contact)?;
        let plan = Plan { add: vec![joiner], ..Plan::default() };
        let commit = group.stage(&provider, &account.device, plan)?;
        let joiner =
            commit.joiners.first().ok_or(ClientError::Damaged("an addition came without welcome"))?;
        let body = introduction_box(device.introduction_key.as_bytes(), WELCOME).seal(
            &self.rng.bytes(),
            b"",
            &kuvert_mls::pad(&joiner.invitation),
        );
        debug_assert!(body.len() <= limits::MAX_BODY);
        self.add_group_row(conversation, &group)?;
        self.tx.set_intent(channel.as_bytes(), Intent::Introduce as u8)?;
        self.queue(conversation, None, &ClientFrame::CreateChannel(create))?;
        let id = self.fresh_id();
        let (inbox, token) = (device.inbox, device.token.clone());
        let welcomes = vec![WelcomeDeposit { inbox, token, body, relay: address }];
        let commit = Commit { post: post_frame(id, channel, commit.post), next: commit.next, welcomes };
        self.queue(conversation, None, &ClientFrame::Commit(commit))
    }

    /// A deposit came: somebody who has the own card made contact.
    pub(crate) fn deposit(&mut self, body: &[u8]) -> Result<(), ClientError> {
        let account = self.account()?;
        let opened = introduction_box(account.introduction.as_bytes(), WELCOME).open(b"", body);
        let Some(welcome) = opened.as_ref().ok().and_then(|padded| kuvert_mls::unpad(padded)) else {
            return self.dropped("an introduction does not open");
        };
        let welcomed = Group::join(&self.provider(), welcome, &self.sessions.blobs, self.now.seconds())?;
        let (group, inviter) = (&welcomed.group, welcomed.inviter);
        self.loaded.borrow_mut().forget(group.channel());
        if inviter == account.identity.key() || !self.may_join(group)? {
            // As an error, so that the group which was just joined is undone.
            return Err(MlsError::PeerFault("an introduction by oneself, or a repeated one").into());
        }
        // No session is opened there before the user accepts.
        let relay = group.data().relay.clone();
        if relay != account.relay && (account.own_relay_only || !account.may_reach(&relay)) {
            return Err(MlsError::PeerFault("an introduction on a relay that cannot be reached").into());
        }
        if group.data().kind == GroupKind::Group {
            self.joined_group(welcomed)?;
            return self.put_key_packages(1, false);
        }
        let mut answers = false;
        let conversation = match self.tx.contact_by_identity(&inviter.0)? {
            Some(contact) if contact.blocked => {
                return Err(MlsError::PeerFault("an introduction by somebody who is blocked").into());
            }
            Some(contact) => {
                // Both asked each other: that is consent from both.
                if contact.state == ContactState::Requested {
                    self.tx.update_contact(contact.id, &contact.name, ContactState::Accepted)?;
                }
                answers = contact.state != ContactState::Asking;
                self.tx.conversation_with(contact.id)?.ok_or(Refusal::Unknown)?.id
            }
            None => self.tx.add_contact(&inviter.0, "", ContactState::Asking)?.1,
        };
        self.add_group_row(conversation, group)?;
        // What waits for an own introduction, which may have failed for good, need not wait any longer.
        self.tx.set_introduction(conversation, None)?;
        self.seal_waiting(conversation)?;
        if answers {
            // Who asks knows nothing of the consent yet: the own request may have failed, or the answer to theirs been lost.
            let profile = self.profile_for(&inviter.0)?;
            self.enqueue(conversation, Content::acceptance(self.rng.bytes(), &profile), None)?;
        }
        // A key package was used up: another takes its place, so that the next stranger finds a fresh one.
        self.put_key_packages(1, false)
    }

    /// The contact as they are once they wrote this. Who answers a request has accepted it, even if the acceptance itself was lost; who asks
    /// while being asked, too.
    pub(crate) fn consented(
        &mut self,
        row: &GroupRow,
        mut contact: ContactRow,
        content: &Content,
    ) -> Result<ContactRow, ClientError> {
        let says_nothing = matches!(
            content.meaning(),
            Meaning::Report(_)
                | Meaning::Profile(_)
                | Meaning::Leave(_)
                | Meaning::Edit { .. }
                | Meaning::Deletion { .. }
                | Meaning::Reaction { .. }
        );
        if contact.state != ContactState::Requested || says_nothing {
            return Ok(contact);
        }
        contact.state = ContactState::Accepted;
        self.tx.update_contact(contact.id, &contact.name, contact.state)?;
        // It may be on its way again, since no answer had come.
        let outbox = self.tx.outbox()?;
        let of_it = || outbox.iter().filter(|waiting| waiting.conversation == row.conversation);
        if !of_it().any(|waiting| matches!(waiting.kind, OutboxKind::CreateChannel | OutboxKind::Commit)) {
            for asking in of_it().filter(|waiting| waiting.kind == OutboxKind::TakeKeyPackage) {
                self.tx.take_outbox(&asking.id)?;
            }
            self.go_on_in(row)?;
        }
        Ok(contact)
    }

    /// An introduction ended without a group. Where an earlier one was answered, its group is the one to write to.
    pub(crate) fn introduction_failed(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let contact = self.tx.contact_of(conversation)?;
        if contact.is_some_and(|contact| contact.state == ContactState::Accepted) {
            for channel in self.tx.channels_of(conversation)? {
                let row = self.tx.group(&channel)?.filter(|row| row.ended.is_none());
                if let Some(row) = row.filter(|row| row.intent != Intent::Introduce as u8)
                    && self.epoch_of(&row)? > 0
                {
                    return self.go_on_in(&row);
                }
            }
        }
        self.fail_waiting(conversation)
    }

    /// What waits for an introduction goes to a group that is there.
    fn go_on_in(&mut self, row: &GroupRow) -> Result<(), ClientError> {
        let conversation = self.tx.conversation(row.conversation)?.ok_or(Refusal::Unknown)?;
        if conversation.introduction.is_none() {
            return Ok(());
        }
        self.tx.set_channel(row.conversation, &row.channel)?;
        self.tx.set_introduction(row.conversation, None)?;
        self.seal_waiting(row.conversation)
    }

    /// Whether a welcome may be followed: to a group of which this device is no member, or which it lost.
    fn may_join(&self, group: &Group) -> Result<bool, ClientError> {
        let Some(row) = self.tx.group(group.channel().as_bytes())? else { return Ok(true) };
        let profile = self.tx.group_profile(row.conversation)?;
        let is_lost = profile.is_some_and(|profile| profile.state == GroupState::Broken);
        Ok(group.data().kind == GroupKind::Group
            && match row.ended {
                // Not one that was used before.
                Some(ended) => group.epoch() > ended,
                None => is_lost,
            })
    }

    pub(crate) fn dropped(&mut self, what: &'static str) -> Result<(), ClientError> {
        self.event(Event::Dropped(what));
        Ok(())
    }
}

fn introduction_of(conversation: &ConversationRow) -> Result<CardDevice, ClientError> {
    let bytes = conversation.introduction.as_ref().ok_or(ClientError::Damaged("an introduction is gone"))?;
    decode(bytes, limits::MAX_CARD).map_err(|_| ClientError::Damaged("an introduction"))
}
