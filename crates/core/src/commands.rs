//! What the user asks for.

use std::rc::Rc;

use ed25519_dalek::SigningKey;
use kuvert_content::{Content, Profile};
use kuvert_store::{ContactState, ConversationId, MessageId, MessageState, MetaKey};
use kuvert_wire::{CardId, CardRecord, Invite, OwnerKey, decode, encode, limits};
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::account::Account;
use crate::card::{Card, CardDevice};
use crate::client::connects;
use crate::link::is_origin;
use crate::session::Fetching;
use crate::step::Step;
use crate::{
    CardInfo, ClientError, Command, Event, FetchId, FetchMethod, FetchOutcome, FetchRequest, Link,
    LinkFailure, Output, Refusal,
};

/// The own link, as stored.
#[derive(Clone, Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct OwnLink {
    /// The link's secret.
    #[cbor(n(0), with = "minicbor::bytes")]
    secret: [u8; 32],
    /// Private key of the card (Ed25519 seed).
    #[cbor(n(1), with = "minicbor::bytes")]
    card_key: [u8; 32],
    /// Version of the card.
    #[n(2)]
    version: u64,
    /// The sealed card, as it goes to the relay.
    #[cbor(n(3), with = "minicbor::bytes")]
    record: Vec<u8>,
    /// The relay has it.
    #[n(4)]
    published: bool,
}

impl OwnLink {
    fn link(&self, relay: &str) -> Link {
        let owner = SigningKey::from_bytes(&self.card_key).verifying_key().to_bytes();
        Link::new(relay, CardId::of(&OwnerKey::new(owner)), self.secret)
    }
}

impl Step<'_, '_> {
    pub(crate) fn command(&mut self, command: Command) -> Result<(), ClientError> {
        match command {
            Command::CreateIdentity { name, relay, invite } => {
                self.create_identity(&name, &relay, invite.as_deref())
            }
            Command::UseInvite { invite } => self.use_invite(&invite),
            Command::ShowLink => self.show_link(),
            Command::OpenLink { link } => self.open_link(&link),
            Command::Request { link, text } => self.request(&link, &text),
            Command::Accept { conversation } => self.accept(conversation),
            Command::Send { conversation, text } => self.send(conversation, &text),
            Command::Retry { message } => self.retry(message),
            Command::MarkRead { conversation } => Ok(self.tx.mark_read(conversation)?),
        }
    }

    fn create_identity(&mut self, name: &str, relay: &str, invite: Option<&str>) -> Result<(), ClientError> {
        if self.account.is_some() {
            return Err(Refusal::IdentityExists.into());
        }
        let profile = Profile::new(name.trim()).map_err(|_| Refusal::NameInvalid)?;
        let relay = relay.trim_end_matches('/');
        if !is_origin(relay) {
            return Err(Refusal::RelayInvalid.into());
        }
        if let Some(invite) = invite {
            self.tx.set_meta(MetaKey::Invite, checked_invite(invite)?.as_bytes())?;
        }
        let account = Account::create(self.tx, self.rng, self.now, &profile.name, relay)?;
        self.outputs.extend(connects(&account.relay));
        self.account = Some(Rc::new(account));
        Ok(())
    }

    fn use_invite(&mut self, invite: &str) -> Result<(), ClientError> {
        self.account()?;
        self.tx.set_meta(MetaKey::Invite, checked_invite(invite)?.as_bytes())?;
        self.prove_again()
    }

    fn show_link(&mut self) -> Result<(), ClientError> {
        let account = self.account()?;
        let own = match self.own_link()? {
            Some(own) => own,
            None => self.make_link(&account)?,
        };
        let link = own.link(&account.relay);
        if own.published {
            self.event(Event::OwnLink(link.to_string()));
            self.fetch(Fetching::OwnCardAgain, &link, FetchMethod::Put(own.record.clone()));
        } else {
            self.fetch(Fetching::OwnCard, &link, FetchMethod::Put(own.record.clone()));
        }
        Ok(())
    }

    fn own_link(&self) -> Result<Option<OwnLink>, ClientError> {
        let Some(bytes) = self.tx.meta(MetaKey::Link)? else { return Ok(None) };
        decode(&bytes, limits::MAX_FRAME).map(Some).map_err(|_| ClientError::Damaged("the own link"))
    }

    fn make_link(&mut self, account: &Account) -> Result<OwnLink, ClientError> {
        let mut own = OwnLink {
            secret: self.rng.bytes(),
            card_key: self.rng.bytes(),
            version: 1,
            record: Vec::new(),
            published: false,
        };
        let device = CardDevice {
            relay: account.relay.clone(),
            inbox: account.inbox(),
            token: account.token(self.rng),
            introduction_key: account.introduction.clone(),
        };
        let card = Card::sign(&account.identity, &account.name, vec![device]);
        let sealed = card.seal(&own.link(&account.relay), &self.rng.bytes());
        let key = SigningKey::from_bytes(&own.card_key);
        own.record = CardRecord::sign(&key, own.version, sealed).to_bytes();
        self.tx.set_meta(MetaKey::Link, &Zeroizing::new(encode(&own)))?;
        Ok(own)
    }

    fn open_link(&mut self, text: &str) -> Result<(), ClientError> {
        let link = Link::parse(text).map_err(|_| Refusal::LinkUnreadable)?;
        self.fetch(Fetching::Card(text.to_owned()), &link, FetchMethod::Get);
        Ok(())
    }

    fn fetch(&mut self, purpose: Fetching, link: &Link, method: FetchMethod) {
        let id = self.sessions.fetch(purpose);
        let url = format!("{}/v1/cards/{}", link.origin(), link.card().to_text());
        self.outputs.push(Output::Fetch(FetchRequest { id, method, url, limit: limits::MAX_CARD }));
    }

    pub(crate) fn fetched(&mut self, id: FetchId, outcome: FetchOutcome) -> Result<(), ClientError> {
        match self.sessions.fetches.remove(&id.0) {
            Some(Fetching::Card(text)) => self.card_fetched(text, outcome),
            Some(Fetching::OwnCard) => self.own_card_stored(&outcome),
            Some(Fetching::OwnCardAgain) | None => Ok(()),
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
        let own = self.account.as_ref().is_some_and(|account| account.identity.key() == card.identity);
        let conversation = match self.tx.contact_by_identity(&card.identity.0)? {
            Some(contact) => self.tx.conversation_with(contact.id)?.map(|row| row.id),
            None => None,
        };
        self.sessions.keep_card(&text, card.clone());
        self.event(Event::CardOpened(CardInfo { link: text, card, conversation, own }));
        Ok(())
    }

    fn own_card_stored(&mut self, outcome: &FetchOutcome) -> Result<(), ClientError> {
        let stored = matches!(outcome, FetchOutcome::Answered { status: 200 | 201, .. });
        let account = self.account()?;
        let mut own = self.own_link()?.ok_or(ClientError::Damaged("the own link"))?;
        if stored {
            own.published = true;
            self.tx.set_meta(MetaKey::Link, &Zeroizing::new(encode(&own)))?;
            self.event(Event::OwnLink(own.link(&account.relay).to_string()));
        } else {
            self.event(Event::LinkFailed { link: String::new(), reason: LinkFailure::Unreachable });
        }
        Ok(())
    }

    fn accept(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let account = self.account()?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if contact.state != ContactState::Asking {
            return Ok(());
        }
        self.tx.update_contact(contact.id, &contact.name, ContactState::Accepted)?;
        let profile = Profile { name: account.name.clone() };
        let content = Content::acceptance(self.rng.bytes(), &profile);
        self.enqueue(conversation, content, None)?;
        self.rotate(conversation)
    }

    fn send(&mut self, conversation: ConversationId, text: &str) -> Result<(), ClientError> {
        self.account()?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        match contact.state {
            ContactState::Requested => return Err(Refusal::NotAccepted.into()),
            ContactState::Asking => self.accept(conversation)?,
            ContactState::Accepted => {}
        }
        let text = checked_text(text)?;
        self.enqueue(conversation, Content::text(self.rng.bytes(), text), Some(text))?;
        self.rotate_if_due(conversation)
    }

    fn retry(&mut self, id: MessageId) -> Result<(), ClientError> {
        let message = self.tx.message(id)?.ok_or(Refusal::Unknown)?;
        if message.state != MessageState::Failed {
            return Ok(());
        }
        self.tx.set_message_state(id, MessageState::Queued)?;
        let conversation = self.tx.conversation(message.conversation)?.ok_or(Refusal::Unknown)?;
        if conversation.introduction.is_some() {
            self.introduce(&conversation)
        } else {
            self.seal_waiting(conversation.id)
        }
    }
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
