//! First contact: from an opened card to a conversation (design section 4).
//!
//! The requesting device takes a key package of each of the contact's devices, creates group and channel, and adds the devices
//! by a commit that carries their welcomes. A person has one device on the card, a business line may have many, of which those
//! are added that can be. Each step waits in the outbox, so that the wish survives a crash.

use kuvert_content::{Content, Meaning};
use kuvert_mls::{
    DeviceRole, Group, GroupData, GroupKind, JoinerPackage, MlsError, Plan, SealedCommit, Welcomed,
    introduction_box,
};
use kuvert_store::{
    ContactRow, ContactState, ConversationId, ConversationRow, GroupRow, GroupState, MessageKind, MessageRow,
    MessageState, OutboxKind, OutboxRow, SenderKind,
};
use kuvert_wire::{
    ChannelId, ClientFrame, Commit, ErrorCode, KeyPackageReply, PostId, TakeKeyPackage, WelcomeDeposit,
    decode, encode, limits,
};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::card::{self, CardDevice};
use crate::commands::checked_text;
use crate::limits::{ASK_ANEW, MAX_ASKED, MAX_REQUESTS};
use crate::outbox::{Intent, post_frame};
use crate::step::Step;
use crate::{ClientError, Event, Link, Refusal};

/// Labels that separate what is sealed under a card's introduction key.
pub(crate) const KEY_PACKAGE: &str = "kuvert key package v1";
pub(crate) const WELCOME: &str = "kuvert welcome v1";

/// First contact that is under way: the devices on the card, and what is known of each.
#[derive(Clone, Encode, Decode)]
struct Introduction {
    #[n(0)]
    devices: Vec<Candidate>,
}

#[derive(Clone, Encode, Decode)]
struct Candidate {
    #[n(0)]
    device: CardDevice,
    /// The request for its key package, as long as that is not answered.
    #[n(1)]
    asked: Option<PostId>,
    /// Its key package, opened.
    #[n(2)]
    package: Option<ByteVec>,
}

impl Introduction {
    fn new(devices: &[CardDevice]) -> Self {
        let candidate =
            |device: &CardDevice| Candidate { device: device.clone(), asked: None, package: None };
        Self { devices: devices.iter().map(candidate).collect() }
    }

    fn is_answered(&self) -> bool {
        self.devices.iter().all(|candidate| candidate.asked.is_none())
    }
}

impl Step<'_, '_> {
    /// First message to who stands behind an opened link.
    pub(crate) fn request(&mut self, link: &str, text: &str) -> Result<(), ClientError> {
        let account = self.account()?;
        let card = self.sessions.cards.get(link).cloned().ok_or(Refusal::Unknown)?;
        // A line can be contacted without a word: what follows may be a form.
        let is_silent = card.line.is_some() && text.trim().is_empty();
        let text = if is_silent { "" } else { checked_text(text)? };
        if card.identity == account.key() {
            return Err(Refusal::OwnLink.into());
        }
        let device = card.devices.first().ok_or(Refusal::LinkUnreadable)?;
        // Where the own relay's key is not known yet, it will be when the contact's key package comes.
        let is_alone =
            account.own_relay_only || (account.relay_key.is_none() && self.generation()?.is_some());
        if device.relay != account.relay && (is_alone || !account.may_reach(&device.relay)) {
            return Err(Refusal::OtherRelay.into());
        }
        // A line has published that anybody may write to it.
        let first = if card.line.is_some() { ContactState::Accepted } else { ContactState::Requested };
        let conversation = match self.tx.contact_by_identity(&card.identity.0)? {
            None => self.tx.add_contact(&card.identity.0, &card.name, first)?.1,
            Some(contact) => {
                let row = self.tx.conversation_with(contact.id)?.ok_or(Refusal::Unknown)?;
                if contact.blocked || contact.state != ContactState::Requested {
                    if let Some(line) = &card.line {
                        self.tx.set_contact_line(contact.id, line)?;
                    }
                    if !is_silent {
                        self.command(crate::Command::Send { conversation: row.id, text: text.to_owned() })?;
                    }
                    self.event(Event::Requested(row.id));
                    return Ok(());
                }
                self.check_may_ask(row.id)?;
                row.id
            }
        };
        self.tx.set_introduction(conversation, Some(&encode(&Introduction::new(&card.devices))))?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if let Ok(link) = Link::parse(link) {
            self.tx.set_contact_card(contact.id, link.card().as_bytes())?;
        }
        let profile = self.profile_for(&card.identity.0)?;
        if let Some(line) = &card.line {
            self.tx.set_contact_line(contact.id, line)?;
            self.enqueue(conversation, Content::profile(self.rng.bytes(), &profile), None)?;
            if !is_silent {
                self.enqueue(conversation, Content::text(self.rng.bytes(), text), Some(text))?;
            }
        } else {
            self.note_reach(contact.id, &encode(&card.devices))?;
            self.enqueue(conversation, Content::request(self.rng.bytes(), &profile, text), Some(text))?;
        }
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

    /// Asks for a key package of each of the contact's devices; what an earlier try got is used up.
    pub(crate) fn introduce(&mut self, conversation: &ConversationRow) -> Result<(), ClientError> {
        let mut introduction = introduction_of(conversation)?;
        for candidate in &mut introduction.devices {
            candidate.package = None;
            candidate.asked = Some(self.take_package(conversation.id, &candidate.device)?);
        }
        Ok(self.tx.set_introduction(conversation.id, Some(&encode(&introduction)))?)
    }

    fn take_package(
        &mut self,
        conversation: ConversationId,
        device: &CardDevice,
    ) -> Result<PostId, ClientError> {
        let id = self.fresh_id();
        let take = TakeKeyPackage { id, inbox: device.inbox, token: device.token.clone() };
        self.queue_to(&device.relay, conversation, None, &ClientFrame::TakeKeyPackage(take))?;
        Ok(id)
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
        let mut introduction = introduction_of(&conversation)?;
        let contact = self.tx.contact_of(conversation.id)?.ok_or(Refusal::Unknown)?;
        let asked = introduction.devices.iter_mut().find(|candidate| candidate.asked == Some(reply.id));
        let Some(candidate) = asked else { return Ok(()) };
        candidate.asked = None;
        let device = &candidate.device;
        let opened =
            introduction_box(device.introduction_key.as_bytes(), KEY_PACKAGE).open(b"", &reply.package);
        let verified = opened
            .as_ref()
            .ok()
            .map(|package| JoinerPackage::verified(&self.provider(), package, self.now.seconds()));
        match verified {
            Some(Ok(joiner))
                if joiner.certificate.identity.0 == contact.identity
                    && joiner.delivery.relay == device.relay
                    && joiner.delivery.inbox == device.inbox =>
            {
                candidate.package = opened.ok().map(|package| package.to_vec().into());
            }
            Some(Err(MlsError::Ended)) if self.may_take_another(conversation.id) => {
                let device = device.clone();
                candidate.asked = Some(self.take_package(conversation.id, &device)?);
            }
            // The contact was away for so long that none holds any more: the user may try again once they are back.
            Some(Err(MlsError::Ended)) => {}
            _ => self.event(Event::Dropped("a key package is not the contact's")),
        }
        self.introduced(conversation.id, &introduction)
    }

    /// The relay hands out no key package of a contact's device.
    pub(crate) fn introduction_refused(
        &mut self,
        row: &OutboxRow,
        code: ErrorCode,
    ) -> Result<(), ClientError> {
        self.event(Event::Refused(code));
        let conversation = self.tx.conversation(row.conversation)?.ok_or(Refusal::Unknown)?;
        if conversation.introduction.is_none() {
            return self.fail_waiting(row.conversation);
        }
        let mut introduction = introduction_of(&conversation)?;
        let asked = |candidate: &&mut Candidate| candidate.asked.is_some_and(|id| *id.as_bytes() == row.id);
        if let Some(candidate) = introduction.devices.iter_mut().find(asked) {
            candidate.asked = None;
        }
        self.introduced(row.conversation, &introduction)
    }

    /// Goes on once all of the contact's devices were asked.
    fn introduced(
        &mut self,
        conversation: ConversationId,
        introduction: &Introduction,
    ) -> Result<(), ClientError> {
        self.tx.set_introduction(conversation, Some(&encode(introduction)))?;
        if !introduction.is_answered() {
            return Ok(());
        }
        self.sessions.ended_packages.remove(&conversation);
        let mut joiners = Vec::new();
        for candidate in &introduction.devices {
            let Some(package) = &candidate.package else { continue };
            let joiner = JoinerPackage::verified(&self.provider(), package, self.now.seconds());
            // It may have ended while others were waited for.
            joiners.extend(joiner.ok().map(|joiner| (candidate.device.clone(), joiner)));
        }
        if joiners.is_empty() {
            self.fail_waiting(conversation)
        } else {
            self.establish(conversation, joiners)
        }
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

    /// Creates group and channel, and adds the contact's devices. The channel is at the own relay, but for a contact who does
    /// not leave theirs.
    fn establish(
        &mut self,
        conversation: ConversationId,
        joiners: Vec<(CardDevice, JoinerPackage)>,
    ) -> Result<(), ClientError> {
        let account = self.account()?;
        let own = account.delivery(self.rng, self.now);
        let stays = joiners.iter().find(|(_, joiner)| joiner.delivery.stays_at_its_relay());
        let relay = stays.map_or(&account.relay, |(device, _)| &device.relay).clone();
        // All have to be reached from there.
        let (devices, add): (Vec<_>, Vec<_>) =
            joiners.into_iter().filter(|(_, joiner)| joiner.delivery.target(&relay).is_ok()).unzip();
        if own.target(&relay).is_err() || add.is_empty() {
            self.event(Event::Dropped("one of the two relays does not speak with others"));
            return self.fail_waiting(conversation);
        }
        let provider = self.provider();
        let channel = ChannelId::new(self.rng.bytes());
        let data = GroupData::direct(relay.clone(), self.rng.bytes());
        let mut group = Group::create(&provider, &account.device, channel, data, &own)?;
        let (state, _) = group.channel_state(&provider, &account.device)?;
        let contact = devices.iter().find(|device| device.relay == relay);
        let contact = contact.map(|device| (device.inbox, device.token.clone()));
        let create = self.create_frame(channel, state, contact)?;
        let commit = group.stage(&provider, &account.device, Plan { add, ..Plan::default() })?;
        let welcomes = self.introductions(&commit, &devices);
        self.add_group_row(conversation, &group)?;
        self.tx.set_intent(channel.as_bytes(), Intent::Introduce as u8)?;
        self.queue(conversation, None, &ClientFrame::CreateChannel(create))?;
        let SealedCommit { post, next, blobs, .. } = commit;
        let commit = Commit { post: post_frame(self.fresh_id(), channel, post), next, welcomes };
        let row = self.tx.group(channel.as_bytes())?.ok_or(ClientError::Damaged("a new group is gone"))?;
        self.queue_after(&row, blobs, ClientFrame::Commit(commit))
    }

    /// The welcomes for devices of a card, each by the right that the card gives.
    fn introductions(&self, commit: &SealedCommit, devices: &[CardDevice]) -> Vec<WelcomeDeposit> {
        let mut welcomes = commit.welcomes(|inbox, invitation| {
            let key = devices.iter().find(|device| device.inbox == inbox);
            let key = key.map_or([0; 32], |device| *device.introduction_key.as_bytes());
            introduction_box(&key, WELCOME).seal(&self.rng.bytes(), b"", &kuvert_mls::pad(invitation))
        });
        for welcome in &mut welcomes {
            debug_assert!(welcome.body.len() <= limits::MAX_BODY);
            if let Some(device) = devices.iter().find(|device| device.inbox == welcome.inbox) {
                welcome.token = device.token.clone();
            }
        }
        welcomes
    }

    /// A deposit came: somebody who has the own card made contact.
    pub(crate) fn deposit(&mut self, body: &[u8]) -> Result<(), ClientError> {
        let account = self.account()?;
        let opened = introduction_box(account.introduction.as_bytes(), WELCOME).open(b"", body);
        let Some(welcome) = opened.as_ref().ok().and_then(|padded| kuvert_mls::unpad(padded)) else {
            if self.line_deposit(body)? {
                return Ok(());
            }
            return self.dropped("an introduction does not open");
        };
        let welcomed = Group::join(&self.provider(), welcome, &self.sessions.blobs, self.now.seconds())?;
        let (group, inviter) = (&welcomed.group, welcomed.inviter);
        self.loaded.borrow_mut().forget(group.channel());
        if account.is_line && inviter == account.key() && self.may_join(&welcomed)? {
            self.joined_as_line(&welcomed)?;
            return self.put_key_packages(1, false);
        }
        let by_agent = welcomed.inviter_role != DeviceRole::Owner;
        if inviter == account.key() || by_agent || !self.may_join(&welcomed)? {
            // As an error, so that the group which was just joined is undone.
            // An agent of a line answers customers, and contacts nobody: not even once it was dismissed.
            return Err(
                MlsError::PeerFault("an introduction by oneself or an agent, or a repeated one").into()
            );
        }
        // No session is opened there before the user accepts.
        let relay = group.data().relay.clone();
        if relay != account.relay && (account.own_relay_only || !account.may_reach(&relay)) {
            return Err(MlsError::PeerFault("an introduction on a relay that cannot be reached").into());
        }
        if group.data().kind == GroupKind::Desk {
            return Err(MlsError::PeerFault("the desk room of another line").into());
        }
        if account.is_line && group.data().kind == GroupKind::Direct {
            return self.joined_by_customer(&welcomed);
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

    /// A customer made contact with the line, of which this device is one.
    fn joined_by_customer(&mut self, welcomed: &Welcomed) -> Result<(), ClientError> {
        if let Some(contact) = self.tx.contact_by_identity(&welcomed.inviter.0)?
            && contact.blocked
        {
            return Err(MlsError::PeerFault("an introduction by somebody who is blocked").into());
        }
        let conversation = self.customer(welcomed.inviter, &welcomed.inviter_name)?;
        self.add_group_row(conversation, &welcomed.group)?;
        self.tx.set_introduction(conversation, None)?;
        self.seal_waiting(conversation)?;
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
    fn may_join(&self, welcomed: &Welcomed) -> Result<bool, ClientError> {
        let group = &welcomed.group;
        let Some(row) = self.tx.group(group.channel().as_bytes())? else { return Ok(true) };
        let profile = self.tx.group_profile(row.conversation)?;
        let is_lost = profile.is_some_and(|profile| profile.state == GroupState::Broken);
        // A direct conversation is nothing to come back to, but for the device of a line that is assigned to it once more.
        let by_line = welcomed.inviter == self.account()?.key();
        Ok((group.data().kind == GroupKind::Group || by_line)
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

fn introduction_of(conversation: &ConversationRow) -> Result<Introduction, ClientError> {
    let bytes = conversation.introduction.as_ref().ok_or(ClientError::Damaged("an introduction is gone"))?;
    let most = limits::MAX_CARD + card::MAX_DEVICES * limits::MAX_KEY_PACKAGE;
    let introduction = decode::<Introduction>(bytes, most).or_else(|_| {
        // As earlier versions wrote it: one device that was asked.
        decode::<CardDevice>(bytes, most).map(|device| Introduction::new(&[device]))
    });
    introduction.map_err(|_| ClientError::Damaged("an introduction"))
}
