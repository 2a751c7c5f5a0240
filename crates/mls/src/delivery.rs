//! Kuvert's extension of a leaf: who and where a device is, for the members of its groups.

use kuvert_wire::{FanoutTarget, InboxId, RelayAddress, RelayKey, Token, decode, encode, limits as wire};
use minicbor::{Decode, Encode};
use openmls::prelude::{Extension, Extensions, LeafNode, UnknownExtension};

use crate::MlsError;
use crate::limits::{MAX_DELIVERY, MAX_LEAF_NAME, UNUSED_AFTER};

/// Extension type from the private-use range (RFC 9420, section 17.3).
pub(crate) const DELIVERY_EXTENSION: u16 = 0xF0C2;

/// Where a device receives; an extension of its leaf, so that every member can write the channel's fan-out list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Delivery {
    /// Origin of the device's relay.
    #[n(0)]
    pub relay: String,
    /// Its inbox.
    #[n(1)]
    pub inbox: InboxId,
    /// The right to deposit there; made for this one group.
    #[n(2)]
    pub token: Token,
    /// After this time (seconds since 1970) the leaf must not be added to a group any more.
    #[n(3)]
    pub not_after: u64,
    /// The relay's key; without it, the leaf can only be reached through channels of its own relay.
    #[n(4)]
    pub relay_key: Option<RelayKey>,
    /// Public key (X25519) to which a new group key is sealed for this device, in case that it misses the change.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub recovery: [u8; 32],
    /// Display name of whoever the device belongs to; claimed, and proven by nothing.
    #[n(6)]
    pub name: String,
    /// With true, the device speaks to its own relay only, as a web page has to: it can be a member of groups whose channel
    /// is there.
    #[n(7)]
    pub own_relay_only: Option<bool>,
    /// When the leaf was made or renewed last, in seconds since 1970: by this, members see which devices are in use, and nobody
    /// else does. A leaf that does not say counts as in use.
    #[n(8)]
    pub renewed: Option<u64>,
}

impl Delivery {
    /// The fan-out target, as seen from the relay that keeps the channel.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if the leaf cannot be a member there: it receives at another relay and does not say its key,
    /// or does not leave its own.
    pub fn target(&self, channel_relay: &str) -> Result<FanoutTarget, MlsError> {
        let relay = self.address_from(channel_relay)?;
        if relay.is_some() && self.stays_at_its_relay() {
            return Err(MlsError::PeerFault("a leaf speaks to its own relay only"));
        }
        Ok(FanoutTarget { inbox: self.inbox, token: self.token.clone(), relay })
    }

    /// The device's relay as another one has to know it; `None` as seen from itself.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if it is another relay, whose key is not known.
    pub fn address_from(&self, relay: &str) -> Result<Option<RelayAddress>, MlsError> {
        if self.relay == relay {
            return Ok(None);
        }
        let key = self.relay_key.ok_or(MlsError::PeerFault("a leaf's relay has no key"))?;
        Ok(Some(RelayAddress { origin: self.relay.clone(), key }))
    }

    /// Whether the device speaks to its own relay only.
    pub fn stays_at_its_relay(&self) -> bool {
        self.own_relay_only == Some(true)
    }

    /// Whether the device was not in use for [`UNUSED_AFTER`], at a time in seconds since 1970.
    pub fn is_unused(&self, now: u64) -> bool {
        self.renewed.is_some_and(|renewed| renewed.saturating_add(UNUSED_AFTER) <= now)
    }

    pub(crate) fn extensions(&self) -> Result<Extensions<LeafNode>, MlsError> {
        let extension = Extension::Unknown(DELIVERY_EXTENSION, UnknownExtension(encode(self)));
        Extensions::single(extension).map_err(MlsError::library)
    }

    pub(crate) fn of(leaf: &LeafNode) -> Result<Self, MlsError> {
        let extension = leaf.extensions().unknown(DELIVERY_EXTENSION);
        let bytes = &extension.ok_or(MlsError::PeerFault("a leaf says not where it receives"))?.0;
        let delivery: Self =
            decode(bytes, MAX_DELIVERY).map_err(|_| MlsError::PeerFault("a leaf's delivery is malformed"))?;
        if delivery.relay.len() > wire::MAX_ORIGIN || delivery.name.len() > MAX_LEAF_NAME {
            return Err(MlsError::PeerFault("a leaf's relay or name is too long"));
        }
        Ok(delivery)
    }
}
