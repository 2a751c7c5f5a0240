//! Cards: what a link points to.

use kuvert_mls::{Identity, IdentityKey, KuvertId};
use kuvert_wire::{
    CardRecord, InboxId, IntroductionKey, SecretBoxKey, Token, decode, derive_key, encode, limits,
};
use minicbor::{Decode, Encode};

use crate::Link;
use crate::link::is_origin;

const CONTEXT: &[u8] = b"kuvert card v1";
const LABEL: &str = "kuvert card key v1";
/// Most devices on one card.
pub(crate) const MAX_DEVICES: usize = 16;

/// Who somebody is and how to reach them. Signed by the identity, sealed under the link's secret.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Card {
    /// Whose.
    #[n(0)]
    pub identity: IdentityKey,
    /// Display name.
    #[n(1)]
    pub name: String,
    /// Where the devices receive.
    #[n(2)]
    pub(crate) devices: Vec<CardDevice>,
    /// What a business line shows of itself, as `kuvert-desk` encodes it; `None` for a person.
    #[n(4)]
    pub line: Option<minicbor::bytes::ByteVec>,
    /// By the identity, over all of the above.
    #[cbor(n(3), with = "minicbor::bytes")]
    signature: [u8; 64],
}

/// One device on a card.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct CardDevice {
    /// Origin of its relay.
    #[n(0)]
    pub(crate) relay: String,
    /// Its inbox.
    #[n(1)]
    pub(crate) inbox: InboxId,
    /// The right to take a key package and to deposit an introduction.
    #[n(2)]
    pub(crate) token: Token,
    /// Opens its key packages, and seals introductions to it.
    #[n(3)]
    pub(crate) introduction_key: IntroductionKey,
}

impl Card {
    pub(crate) fn sign(
        identity: &Identity,
        name: &str,
        devices: Vec<CardDevice>,
        line: Option<minicbor::bytes::ByteVec>,
    ) -> Self {
        let name = name.to_owned();
        let mut card = Self { identity: identity.key(), name, devices, line, signature: [0; 64] };
        card.signature = identity.sign(&card.message());
        card
    }

    pub(crate) fn seal(&self, link: &Link, nonce: &[u8; 24]) -> Vec<u8> {
        secret_box(link).seal(nonce, CONTEXT, &encode(self))
    }

    /// Opens the record that a relay holds for `link`. `None` if it is not that card, does not open, or is not signed
    /// by the identity that it names.
    pub(crate) fn open(link: &Link, record: &[u8]) -> Option<Self> {
        let record = CardRecord::verified(link.card(), record).ok()?;
        let plain = secret_box(link).open(CONTEXT, &record.ciphertext).ok()?;
        let card: Self = decode(&plain, limits::MAX_CARD).ok()?;
        let reachable = (1..=MAX_DEVICES).contains(&card.devices.len())
            && card.devices.iter().all(|device| is_origin(&device.relay));
        let named = kuvert_content::Profile::new(&card.name).is_ok();
        (reachable && named && card.identity.verify(&card.message(), &card.signature)).then_some(card)
    }

    /// The readable name of the identity.
    pub fn kuvert_id(&self) -> KuvertId {
        KuvertId::of(&self.identity)
    }

    /// Origin of the relay of the first device.
    pub fn relay(&self) -> &str {
        self.devices.first().map_or("", |device| &device.relay)
    }

    fn message(&self) -> Vec<u8> {
        let unsigned = Self { signature: [0; 64], ..self.clone() };
        [CONTEXT, &encode(&unsigned)].concat()
    }
}

fn secret_box(link: &Link) -> SecretBoxKey {
    SecretBoxKey::new(&derive_key(link.secret(), LABEL, link.card().as_bytes()))
}
