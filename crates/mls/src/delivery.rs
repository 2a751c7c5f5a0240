//! Kuvert's extensions: where a device receives, and what a group is.

use kuvert_wire::{
    ChannelId, FanoutKey, FanoutTarget, InboxId, PostSecret, RelayAddress, RelayKey, Token, decode, encode,
    limits,
};
use minicbor::{Decode, Encode};
use openmls::prelude::{Extension, Extensions, GroupContext, LeafNode, UnknownExtension};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::MlsError;
use crate::seal::BodyBox;

/// Extension types from the private-use range (RFC 9420, section 17.3).
pub(crate) const GROUP_EXTENSION: u16 = 0xF0C1;
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
    /// With true, the device speaks to its own relay only, as a web page has to: it can be a member of groups whose channel
    /// is there.
    #[n(7)]
    pub own_relay_only: Option<bool>,
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

    pub(crate) fn extensions(&self) -> Result<Extensions<LeafNode>, MlsError> {
        let extension = Extension::Unknown(DELIVERY_EXTENSION, UnknownExtension(encode(self)));
        Extensions::single(extension).map_err(MlsError::library)
    }

    pub(crate) fn of(leaf: &LeafNode) -> Result<Self, MlsError> {
        let extension = leaf.extensions().unknown(DELIVERY_EXTENSION);
        let bytes = &extension.ok_or(MlsError::PeerFault("a leaf says not where it receives"))?.0;
        let delivery: Self =
            decode(bytes, 1024).map_err(|_| MlsError::PeerFault("a leaf's delivery is malformed"))?;
        if delivery.relay.len() > limits::MAX_ORIGIN {
            return Err(MlsError::PeerFault("a leaf's relay is too long"));
        }
        Ok(delivery)
    }
}

/// What a group is. Part of the group's context, which only members see.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct GroupData {
    /// What kind of conversation.
    #[n(0)]
    #[zeroize(skip)]
    pub kind: GroupKind,
    /// Origin of the relay that keeps the channel.
    #[n(1)]
    pub relay: String,
    /// Seals handshakes and GroupInfo; changes whenever somebody is removed.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub group_key: [u8; 32],
}

impl std::fmt::Debug for GroupData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GroupData").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Kinds of conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum GroupKind {
    /// Two identities.
    #[n(0)]
    Direct,
}

impl GroupData {
    pub(crate) fn extension(&self) -> Extension {
        Extension::Unknown(GROUP_EXTENSION, UnknownExtension(encode(self)))
    }

    pub(crate) fn from_extensions(extensions: &Extensions<GroupContext>) -> Result<Self, MlsError> {
        let bytes =
            &extensions.unknown(GROUP_EXTENSION).ok_or(MlsError::PeerFault("not a group of Kuvert"))?.0;
        decode(bytes, 1024).map_err(|_| MlsError::PeerFault("the group's data is malformed"))
    }
}

/// What a member needs to post in an epoch that it missed. Rests at the relay, sealed under the group key, beside the
/// channel's state: a device that heals has only older secrets.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ChannelAccess {
    /// The right to post.
    #[n(0)]
    pub secret: PostSecret,
    /// Opens the fan-out list.
    #[n(1)]
    pub fanout_key: FanoutKey,
}

impl ChannelAccess {
    /// Opens what came with a channel's state.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if it was not sealed under this group's key.
    pub fn open(group: &GroupData, channel: ChannelId, sealed: &[u8]) -> Result<Self, MlsError> {
        let opened = BodyBox::access(&group.group_key, channel).open(sealed)?;
        decode(&opened, limits::MAX_ACCESS)
            .map_err(|_| MlsError::PeerFault("a channel's access is malformed"))
    }
}

/// A group's id is its channel's.
pub(crate) fn channel_of(group_id: &[u8]) -> Result<ChannelId, MlsError> {
    ChannelId::from_slice(group_id).ok_or(MlsError::PeerFault("a group id is 16 bytes"))
}
