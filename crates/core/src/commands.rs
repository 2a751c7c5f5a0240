//! What the user asks for.

use std::rc::Rc;

use kuvert_content::Content;
use kuvert_store::{ContactState, ConversationId, MessageId, MessageKind, MessageState, MetaKey};
use kuvert_wire::{CardId, Invite, limits};

use crate::account::Account;
use crate::card::Card;
use crate::files::Around;
use crate::group::checked_name;
use crate::link::is_origin;
use crate::session::Fetching;
use crate::step::Step;
use crate::verification::TrustEvent;
use crate::{
    CardInfo, ClientError, Command, Event, FetchId, FetchMethod, FetchOutcome, FetchRequest, Link,
    LinkFailure, Output, Refusal,
};

impl Step<'_, '_> {
    pub(crate) fn command(&mut self, command: Command) -> Result<(), ClientError> {
        match command {
            Command::CreateIdentity { name, relay, invite } => {
                self.create_identity(&name, &relay, invite.as_deref())
            }
            Command::UseInvite { invite } => self.use_invite(&invite),
            Command::ShowLink => self.show_link(),
            Command::RevokeLink => self.revoke_link(),
            Command::OpenLink { link } => self.open_link(&link),
            Command::Request { link, text } => self.request(&link, &text),
            Command::CreateGroup { name, contacts } => self.create_group(&name, &contacts),
            Command::AddMembers { conversation, contacts } => self.add_members(conversation, &contacts),
            Command::RemoveMember { conversation, member } => self.remove_member(conversation, member),
            Command::LeaveGroup { conversation } => self.leave_group(conversation),
            Command::RenameGroup { conversation, name } => self.rename_group(conversation, &name),
            Command::SetGroupPicture { conversation, picture } => {
                self.set_group_picture(conversation, picture)
            }
            Command::SetAdmin { conversation, member, admin } => self.set_admin(conversation, member, admin),
            Command::Accept { conversation } => self.accept(conversation),
            Command::Send { conversation, text } => self.write(conversation, &text, None, None),
            Command::Write { conversation, text, reply_to, expires_after } => {
                self.write(conversation, &text, reply_to, expires_after)
            }
            Command::Edit { message, text } => self.edit(message, &text),
            Command::Delete { message, scope } => self.delete(message, scope),
            Command::React { message, reaction } => self.react(message, &reaction),
            Command::Unreact { message } => self.unreact(message),
            Command::SendFiles { conversation, text, files, reply_to, expires_after } => {
                self.send_files(conversation, &text, &files, Around { reply_to, expires_after })
            }
            Command::SendData { conversation, kind, data, text, files, reply_to } => {
                let around = Around { reply_to, expires_after: None };
                self.send_data(conversation, (kind, &data), &text, &files, around)
            }
            Command::Line(command) => self.line_command(command),
            Command::CancelFiles { message } => self.cancel_files(message),
            Command::Download { attachment, to } => self.download(attachment, &to),
            Command::StopDownload { attachment } => self.stop_download(attachment),
            Command::Retry { message } => self.retry(message),
            Command::EraseHere { conversation, ask } => {
                self.erase_here(conversation)?;
                self.command(*ask)
            }
            Command::MarkRead { conversation } => self.mark_read(conversation),
            Command::SetReadReports { on } => self.set_read_reports(on),
            Command::SetPush { subscription } => self.set_push(subscription),
            Command::SetDraft { conversation, text } => self.set_draft(conversation, &text),
            Command::SetTimer { conversation, expires_after } => self.set_timer(conversation, expires_after),
            Command::Decline { conversation } => self.decline(conversation),
            Command::Block { conversation } => self.block(conversation),
            Command::Unblock { conversation } => self.unblock(conversation),
            Command::Verify { conversation, code } => self.verify(conversation, &code),
            Command::ConfirmWords { conversation } => self.confirm_words(conversation),
            Command::Unverify { conversation } => self.unverify(conversation),
        }
    }

    pub(crate) fn create_identity(
        &mut self,
        name: &str,
        relay: &str,
        invite: Option<&str>,
    ) -> Result<(), ClientError> {
        if self.account.is_some() {
            return Err(Refusal::IdentityExists.into());
        }
        let name = checked_name(name)?;
        let relay = relay.trim_end_matches('/');
        if !is_origin(relay) {
            return Err(Refusal::RelayInvalid.into());
        }
        if let Some(invite) = invite {
            self.tx.set_meta(MetaKey::Invite, checked_invite(invite)?.as_bytes())?;
        }
        let account = Account::create(self.tx, self.rng, self.now, &name, relay)?;
        self.outputs.extend(self.sessions.begin(&account.relay, &[]));
        self.account = Some(Rc::new(account));
        Ok(())
    }

    fn use_invite(&mut self, invite: &str) -> Result<(), ClientError> {
        self.account()?;
        self.tx.set_meta(MetaKey::Invite, checked_invite(invite)?.as_bytes())?;
        self.prove_again()
    }

    fn open_link(&mut self, text: &str) -> Result<(), ClientError> {
        let link = Link::parse(text).map_err(|_| Refusal::LinkUnreadable)?;
        let request = FetchRequest {
            id: self.sessions.fetch(Fetching::Card(text.to_owned())),
            method: FetchMethod::Get,
            url: card_url(link.origin(), link.card()),
            headers: Vec::new(),
            limit: limits::MAX_CARD,
        };
        self.outputs.push(Output::Fetch(request));
        Ok(())
    }

    pub(crate) fn fetched(&mut self, id: FetchId, outcome: FetchOutcome) -> Result<(), ClientError> {
        match self.sessions.fetches.remove(&id.0) {
            Some(Fetching::Card(text)) => self.card_fetched(text, outcome),
            Some(Fetching::OwnCard(card)) => self.own_card_stored(card, &outcome),
            Some(Fetching::OwnCardAgain(_)) => self.carry_out_revocations(),
            Some(Fetching::OwnCardGone(card)) => self.own_card_deleted(card, &outcome),
            Some(Fetching::BlobAnnounced(blob)) => self.blob_announced(blob, &outcome),
            Some(Fetching::BlobUploaded(blob)) => self.blob_uploaded(blob, &outcome),
            Some(Fetching::BlobReset(_)) => self.resume_uploads(),
            Some(Fetching::Blob(blob, channel)) => self.blob_fetched(blob, channel, outcome),
            None => Ok(()),
        }
    }

    fn card_fetched(&mut self, text: String, outcome: FetchOutcome) -> Result<(), ClientError> {
        let opened = match outcome {
            FetchOutcome::Answered { status: 200, body } => {
                Link::parse(&text).ok().and_then(|link| Card::open(&link, &body)).ok_or(LinkFailure::Invalid)
            }
            FetchOutcome::Answered { status: 404 | 410, .. } => Err(LinkFailure::Gone),
            FetchOutcome::Answered { .. } | FetchOutcome::Failed => Err(LinkFailure::Unreachable),
        };
        let card = match opened {
            Ok(card) => card,
            Err(reason) => {
                self.event(Event::LinkFailed { link: text, reason });
                return Ok(());
            }
        };
        let own = self.account.as_ref().is_some_and(|account| account.key() == card.identity);
        let conversation = match self.tx.contact_by_identity(&card.identity.0)? {
            Some(contact) => self.tx.conversation_with(contact.id)?.map(|row| row.id),
            None => None,
        };
        if let Ok(link) = Link::parse(&text) {
            self.look_for_changed_key(&link, &card)?;
        }
        self.sessions.keep_card(&text, card.clone());
        self.event(Event::CardOpened(CardInfo { link: text, card, conversation, own }));
        Ok(())
    }

    pub(crate) fn accept(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.account()?;
        let Some(contact) = self.tx.contact_of(conversation)? else {
            return self.accept_group(conversation);
        };
        if contact.blocked {
            return Err(Refusal::Blocked.into());
        }
        if contact.state != ContactState::Asking {
            return Ok(());
        }
        self.tx.update_contact(contact.id, &contact.name, ContactState::Accepted)?;
        let profile = self.profile_for(&contact.identity)?;
        let content = Content::acceptance(self.rng.bytes(), &profile);
        self.enqueue(conversation, content, None)?;
        self.rotate(conversation)
    }

    /// Where a contact was found, another identity stands now: that is not to go unseen.
    fn look_for_changed_key(&mut self, link: &Link, card: &Card) -> Result<(), ClientError> {
        for id in self.tx.others_of_card(link.card().as_bytes(), &card.identity.0)? {
            if let Some(contact) = self.tx.contact(id)? {
                self.trust(&contact, TrustEvent::KeyChanged)?;
            }
        }
        Ok(())
    }

    fn retry(&mut self, id: MessageId) -> Result<(), ClientError> {
        let message = self.tx.message(id)?.ok_or(Refusal::Unknown)?;
        if message.state != MessageState::Failed || message.kind == MessageKind::Deleted {
            return Ok(());
        }
        if let Some(contact) = self.tx.contact_of(message.conversation)? {
            if contact.blocked {
                return Err(Refusal::Blocked.into());
            }
            // A request is one message: whoever gets a second one drops it.
            if contact.state == ContactState::Requested && self.tx.has_sent(message.conversation, id)? {
                return Err(Refusal::NotAccepted.into());
            }
        }
        if !self.has_its_files(id)? {
            return Ok(());
        }
        self.tx.set_message_state(id, MessageState::Queued)?;
        self.retry_files(id)?;
        let conversation = self.tx.conversation(message.conversation)?.ok_or(Refusal::Unknown)?;
        if conversation.introduction.is_some() && !self.is_introducing(conversation.id)? {
            self.introduce(&conversation)
        } else {
            self.seal_waiting(conversation.id)
        }
    }
}

/// Where a relay keeps a card.
pub(crate) fn card_url(relay: &str, card: CardId) -> String {
    format!("{relay}/v1/cards/{}", card.to_text())
}

fn checked_invite(text: &str) -> Result<Invite, Refusal> {
    Invite::from_text(text.trim()).ok_or(Refusal::InviteInvalid)
}

/// The text without white space around it, if it can be sent.
pub(crate) fn checked_text(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.len() > kuvert_content::limits::MAX_TEXT {
        return Err(Refusal::TextInvalid);
    }
    Ok(text)
}
