//! The own link: made on demand, its card kept at the relay, and taken back.
//!
//! Taking it back is written down first and done at the relay as soon as it can be reached: the token on the card is
//! revoked, so that nobody makes contact by it any more, and the card is deleted.

use std::rc::Rc;

use ed25519_dalek::SigningKey;
use kuvert_store::MetaKey;
use kuvert_wire::{
    CardDeletion, CardId, CardRecord, ClientFrame, OwnerKey, PostId, RevokeTokens, TokenNonce, decode,
    encode, headers, limits,
};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::account::Account;
use crate::card::{Card, CardDevice, MAX_DEVICES};
use crate::commands::card_url;
use crate::group::checked_name;
use crate::joining::read_reach;
use crate::limits::MAX_LINE;
use crate::session::Fetching;
use crate::step::Step;
use crate::{
    ClientError, Event, FetchMethod, FetchOutcome, FetchRequest, Line, LineDevice, Link, LinkFailure, Output,
    Refusal,
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

/// A link that was taken back, as long as the relay does not know all of it.
#[derive(Clone, Encode, Decode)]
struct Revocation {
    /// Names the request that revokes the token.
    #[n(0)]
    request: PostId,
    /// The token on the card; `None` once the relay has revoked it.
    #[n(1)]
    token: Option<TokenNonce>,
    /// The card.
    #[n(2)]
    card: CardId,
    /// What deletes it; `None` once it is gone.
    #[n(3)]
    deletion: Option<ByteVec>,
}

/// Whether what a line shows was published on this device, and is not at the relay yet: the device may have been closed before.
pub(crate) fn card_waits(tx: &kuvert_store::Tx<'_>) -> Result<bool, ClientError> {
    if tx.meta(MetaKey::DeskRoom)?.is_none() {
        return Ok(false);
    }
    let Some(bytes) = tx.meta(MetaKey::Link)?.filter(|bytes| !bytes.is_empty()) else { return Ok(false) };
    let own: OwnLink = decode(&bytes, limits::MAX_FRAME).map_err(|_| ClientError::Damaged("the own link"))?;
    Ok(!own.published)
}

impl crate::Client {
    /// What the own card says of the business line that this is, as it was published last; `None` if it says nothing.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails, or what stands there is damaged.
    pub fn published_line(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let Some((_, _, relay)) = self.profile() else { return Ok(None) };
        let relay = relay.to_owned();
        self.read(|tx| {
            let bytes = tx.meta(MetaKey::Link)?.filter(|bytes| !bytes.is_empty());
            let Some(bytes) = bytes else { return Ok(None) };
            let own: OwnLink =
                decode(&bytes, limits::MAX_FRAME).map_err(|_| ClientError::Damaged("the own link"))?;
            let card =
                Card::open(&own.link(&relay), &own.record).ok_or(ClientError::Damaged("the own card"))?;
            Ok(card.line.map(|line| line.to_vec()))
        })
    }
}

impl Step<'_, '_> {
    /// Makes the link where there is none, and puts its card to the relay.
    pub(crate) fn show_link(&mut self) -> Result<(), ClientError> {
        let account = self.account()?;
        let own = match self.own_link()? {
            Some(own) => own,
            None => self.make_link(&account)?,
        };
        let link = own.link(&account.relay);
        if own.published {
            self.event(Event::OwnLink(link.to_string()));
        }
        let put = FetchMethod::Put(own.record.clone());
        match (own.published, self.sessions.has_inbox()) {
            (true, false) => Ok(()),
            (true, true) => self.fetch_own(Fetching::OwnCardAgain(link.card()), link.card(), put),
            (false, true) => self.fetch_own(Fetching::OwnCard(link.card()), link.card(), put),
            // The relay keeps cards for those only who have an inbox there, and this device is about to make its.
            (false, false) => {
                self.sessions.link_wanted = true;
                Ok(())
            }
        }
    }

    /// Puts the card to a relay that may have lost it.
    pub(crate) fn put_card_again(&mut self) -> Result<(), ClientError> {
        let account = self.account()?;
        let Some(own) = self.own_link()?.filter(|own| own.published) else { return Ok(()) };
        let card = own.link(&account.relay).card();
        self.fetch_own(Fetching::OwnCardAgain(card), card, FetchMethod::Put(own.record.clone()))
    }

    /// The relay holds the own inbox: what needs it can be done.
    pub(crate) fn inbox_confirmed(&mut self) -> Result<(), ClientError> {
        self.carry_out_revocations()?;
        self.start_transfers()?;
        let is_wanted = std::mem::take(&mut self.sessions.link_wanted) || card_waits(self.tx)?;
        if is_wanted { self.show_link() } else { Ok(()) }
    }

    /// The owner session could not be opened, or was lost.
    pub(crate) fn inbox_lost(&mut self) {
        if std::mem::take(&mut self.sessions.link_wanted) {
            self.event(Event::LinkFailed { link: String::new(), reason: LinkFailure::Unreachable });
        }
    }

    fn own_link(&self) -> Result<Option<OwnLink>, ClientError> {
        let bytes = self.tx.meta(MetaKey::Link)?.filter(|bytes| !bytes.is_empty());
        let Some(bytes) = bytes else { return Ok(None) };
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
        self.sign_card(&mut own, vec![device], None)?;
        Ok(own)
    }

    /// Puts devices, and what a line shows of itself, onto the own card.
    fn sign_card(
        &self,
        own: &mut OwnLink,
        devices: Vec<CardDevice>,
        line: Option<ByteVec>,
    ) -> Result<(), ClientError> {
        let account = self.account()?;
        let card = Card::sign(account.identity()?, &account.name, devices, line);
        let sealed = card.seal(&own.link(&account.relay), &self.rng.bytes());
        let key = SigningKey::from_bytes(&own.card_key);
        own.record = CardRecord::sign(&key, own.version, sealed).to_bytes();
        if own.record.len() > limits::MAX_CARD {
            return Err(Refusal::DataInvalid.into());
        }
        Ok(self.tx.set_meta(MetaKey::Link, &Zeroizing::new(encode(own)))?)
    }

    /// Publishes what a line shows, and which of its devices customers write to, under the link that it has or a new one.
    pub(crate) fn publish_line(
        &mut self,
        name: &str,
        profile: Vec<u8>,
        devices: &[LineDevice],
    ) -> Result<(), ClientError> {
        let name = checked_name(name)?;
        let reach = |device: &LineDevice| read_reach(&device.reach.clone().into());
        let devices: Vec<_> = devices.iter().filter_map(reach).collect();
        if profile.is_empty() || profile.len() > MAX_LINE || !(1..=MAX_DEVICES).contains(&devices.len()) {
            return Err(Refusal::DataInvalid.into());
        }
        self.account()?.identity()?;
        if self.account()?.name != name {
            self.tx.set_meta(MetaKey::Name, name.as_bytes())?;
            self.account = Account::load(self.tx)?.map(Rc::new);
        }
        let mut own = match self.own_link()? {
            Some(own) => own,
            None => self.make_link(&*self.account()?)?,
        };
        // Several owners publish without knowing of each other: the later one has the higher version.
        own.version = (own.version + 1).max(self.now.seconds());
        own.published = false;
        self.sign_card(&mut own, devices, Some(profile.into()))?;
        self.show_link()
    }

    pub(crate) fn own_card_stored(
        &mut self,
        card: CardId,
        outcome: &FetchOutcome,
    ) -> Result<(), ClientError> {
        // 409: another owner of the line has put a newer one.
        let stored = matches!(outcome, FetchOutcome::Answered { status: 200 | 201 | 409, .. });
        let account = self.account()?;
        let own = self.own_link()?.filter(|own| own.link(&account.relay).card() == card);
        let Some(mut own) = own else {
            // It was taken back while it was on its way.
            return self.carry_out_revocations();
        };
        if stored {
            own.published = true;
            self.tx.set_meta(MetaKey::Link, &Zeroizing::new(encode(&own)))?;
            self.event(Event::OwnLink(own.link(&account.relay).to_string()));
        } else {
            self.event(Event::LinkFailed { link: String::new(), reason: LinkFailure::Unreachable });
        }
        Ok(())
    }

    /// Takes the own link back: from now on there is none, until the next one is asked for.
    pub(crate) fn revoke_link(&mut self) -> Result<(), ClientError> {
        let account = self.account()?;
        if let Some(own) = self.own_link()? {
            let link = own.link(&account.relay);
            let card = Card::open(&link, &own.record).ok_or(ClientError::Damaged("the own card"))?;
            let deletion = CardDeletion::sign(&SigningKey::from_bytes(&own.card_key), own.version);
            let mut revocations = self.revocations()?;
            revocations.push(Revocation {
                request: self.fresh_id(),
                token: card.devices.first().map(|device| device.token.nonce()),
                card: link.card(),
                deletion: Some(deletion.to_bytes().into()),
            });
            self.set_revocations(&revocations)?;
            self.tx.set_meta(MetaKey::Link, &[])?;
        }
        if self.revocations()?.is_empty() {
            self.event(Event::LinkRevoked);
            return Ok(());
        }
        self.carry_out_revocations()
    }

    /// Asks the relay for what it has not done yet of what was taken back.
    pub(crate) fn carry_out_revocations(&mut self) -> Result<(), ClientError> {
        for Revocation { request, token, card, deletion } in self.revocations()? {
            if let Some(nonce) = token
                && self.sessions.is_owned()
            {
                let frame = RevokeTokens { id: request, nonces: vec![nonce] };
                self.transmit(Line::Owner, &ClientFrame::RevokeTokens(frame));
            }
            if let Some(deletion) = deletion
                && !self.sessions.is_fetching_own(card)
            {
                self.fetch_own(Fetching::OwnCardGone(card), card, FetchMethod::Delete(deletion.into()))?;
            }
        }
        Ok(())
    }

    /// The relay took a request of the owner session, which may have revoked a token.
    pub(crate) fn token_revoked(&mut self, request: PostId) -> Result<(), ClientError> {
        self.revocation_done(|revocation| {
            if revocation.request == request {
                revocation.token = None;
            }
        })
    }

    pub(crate) fn own_card_deleted(
        &mut self,
        card: CardId,
        outcome: &FetchOutcome,
    ) -> Result<(), ClientError> {
        if !matches!(outcome, FetchOutcome::Answered { status: 204 | 404 | 410, .. }) {
            // Tried again with the next session.
            return Ok(());
        }
        self.revocation_done(|revocation| {
            if revocation.card == card {
                revocation.deletion = None;
            }
        })
    }

    fn revocation_done(&mut self, done: impl FnMut(&mut Revocation)) -> Result<(), ClientError> {
        let mut revocations = self.revocations()?;
        if revocations.is_empty() {
            return Ok(());
        }
        revocations.iter_mut().for_each(done);
        revocations.retain(|revocation| revocation.token.is_some() || revocation.deletion.is_some());
        self.set_revocations(&revocations)?;
        if revocations.is_empty() {
            self.event(Event::LinkRevoked);
        }
        Ok(())
    }

    fn revocations(&self) -> Result<Vec<Revocation>, ClientError> {
        match self.tx.meta(MetaKey::Revocations)? {
            Some(bytes) if !bytes.is_empty() => {
                decode(&bytes, usize::MAX).map_err(|_| ClientError::Damaged("links that were taken back"))
            }
            _ => Ok(Vec::new()),
        }
    }

    fn set_revocations(&self, revocations: &Vec<Revocation>) -> Result<(), ClientError> {
        Ok(self.tx.set_meta(MetaKey::Revocations, &encode(revocations))?)
    }

    /// Changes the own card at the relay, which keeps cards for those only who have an inbox there.
    fn fetch_own(&mut self, purpose: Fetching, card: CardId, method: FetchMethod) -> Result<(), ClientError> {
        let account = self.account()?;
        let text = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        let headers = match method {
            FetchMethod::Put(_) => vec![
                (headers::INBOX, text(account.inbox().as_bytes())),
                (headers::TOKEN, text(account.token(self.rng).as_bytes())),
            ],
            FetchMethod::Get | FetchMethod::Patch(_) | FetchMethod::Delete(_) => Vec::new(),
        };
        let id = self.sessions.fetch(purpose);
        let url = card_url(&account.relay, card);
        self.outputs.push(Output::Fetch(FetchRequest { id, method, url, headers, limit: limits::MAX_CARD }));
        Ok(())
    }
}
