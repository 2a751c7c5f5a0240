//! Kuvert's extension of a group's context: what a group is. All members agree on it, and nobody else sees it.

use std::collections::BTreeSet;

use kuvert_wire::{ChannelId, decode, derive_key, encode};
use minicbor::{Decode, Encode};
use openmls::prelude::{
    Extension, ExtensionType, Extensions, GroupContext, RequiredCapabilitiesExtension, UnknownExtension,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::delivery::DELIVERY_EXTENSION;
use crate::limits::{MAX_ADMINS, MAX_AWAY, MAX_GROUP_DATA, MAX_GROUP_NAME, MAX_PICTURE};
use crate::{IdentityKey, MlsError};

/// Extension type from the private-use range (RFC 9420, section 17.3).
pub(crate) const GROUP_EXTENSION: u16 = 0xF0C1;

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
    /// Known to everybody who ever was a member, and to nobody else. Never changes.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub secret: [u8; 32],
    /// Name of a group; empty in a direct conversation.
    #[n(3)]
    pub name: String,
    /// Picture of a group, in a format that clients know; empty for none.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub picture: Vec<u8>,
    /// Who may add, remove and change; empty in a direct conversation.
    #[n(5)]
    #[zeroize(skip)]
    pub admins: BTreeSet<IdentityKey>,
    /// Devices that were dropped because they were not in use, and may come back by themselves.
    #[n(6)]
    #[zeroize(skip)]
    pub away: Vec<Away>,
}

/// A device that was dropped from a group because it was not in use.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Away {
    /// Whose.
    #[n(0)]
    pub identity: IdentityKey,
    /// Its public key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub device: [u8; 32],
    /// As in [`crate::Delivery`]: the group key goes on being sealed to it.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub recovery: [u8; 32],
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
    /// Two identities, for good.
    #[n(0)]
    Direct,
    /// Any number of identities, with a name, and admins who decide who is in it.
    #[n(1)]
    Group,
    /// The devices of one business line, and nobody else: its owners' devices decide which.
    #[n(2)]
    Desk,
}

impl GroupData {
    /// A direct conversation.
    pub fn direct(relay: String, secret: [u8; 32]) -> Self {
        Self {
            kind: GroupKind::Direct,
            relay,
            secret,
            name: String::new(),
            picture: Vec::new(),
            admins: BTreeSet::new(),
            away: Vec::new(),
        }
    }

    /// The desk room of a business line.
    pub fn desk(relay: String, secret: [u8; 32]) -> Self {
        let mut data = Self::direct(relay, secret);
        data.kind = GroupKind::Desk;
        data
    }

    /// A group with its first admin.
    pub fn group(relay: String, secret: [u8; 32], name: String, admin: IdentityKey) -> Self {
        let mut data = Self::direct(relay, secret);
        (data.kind, data.name, data.admins) = (GroupKind::Group, name, BTreeSet::from([admin]));
        data
    }

    /// All of the group context's extensions.
    pub(crate) fn extensions(&self) -> Result<Extensions<GroupContext>, MlsError> {
        let needed = [ExtensionType::Unknown(GROUP_EXTENSION), ExtensionType::Unknown(DELIVERY_EXTENSION)];
        let required = RequiredCapabilitiesExtension::new(&needed, &[], &[]);
        let data = Extension::Unknown(GROUP_EXTENSION, UnknownExtension(encode(self)));
        Extensions::from_vec(vec![Extension::RequiredCapabilities(required), data]).map_err(MlsError::library)
    }

    pub(crate) fn from_extensions(extensions: &Extensions<GroupContext>) -> Result<Self, MlsError> {
        let bytes =
            &extensions.unknown(GROUP_EXTENSION).ok_or(MlsError::PeerFault("not a group of Kuvert"))?.0;
        let data: Self = decode(bytes, MAX_GROUP_DATA)
            .map_err(|_| MlsError::PeerFault("the group's data is malformed"))?;
        if data.is_within_limits() && data.extensions()? == *extensions {
            Ok(data)
        } else {
            Err(MlsError::PeerFault("the group's data does not keep its bounds"))
        }
    }

    /// Whether name, picture and admins keep their bounds, and fit the kind.
    pub fn is_within_limits(&self) -> bool {
        let fits = self.name.chars().count() <= MAX_GROUP_NAME
            && self.picture.len() <= MAX_PICTURE
            && self.admins.len() <= MAX_ADMINS
            && self.away.len() <= MAX_AWAY
            && self.relay.len() <= kuvert_wire::limits::MAX_ORIGIN;
        let is_bare =
            self.name.is_empty() && self.picture.is_empty() && self.admins.is_empty() && self.away.is_empty();
        match self.kind {
            GroupKind::Direct | GroupKind::Desk => fits && is_bare,
            GroupKind::Group => fits && !self.name.is_empty() && !self.admins.is_empty(),
        }
    }

    /// Whose devices might come back by themselves, and may not in `next`.
    pub(crate) fn taken_back<'a>(&'a self, next: &'a Self) -> impl Iterator<Item = IdentityKey> + 'a {
        let gone =
            self.away.iter().filter(|away| next.away.iter().all(|other| other.identity != away.identity));
        gone.map(|away| away.identity).collect::<BTreeSet<_>>().into_iter()
    }

    /// Whether somebody would see a difference between the two.
    pub(crate) fn differs_for_people(&self, other: &Self) -> bool {
        (&self.name, &self.picture, &self.admins) != (&other.name, &other.picture, &other.admins)
    }

    /// Whether this device may come back by itself.
    pub(crate) fn is_away(&self, identity: IdentityKey, device: &[u8; 32]) -> bool {
        self.away.iter().any(|away| away.identity == identity && away.device == *device)
    }

    /// Whether everybody who may come back by themselves may do so in `next` as well.
    pub(crate) fn lets_all_back(&self, next: &Self) -> bool {
        self.away.iter().all(|away| next.away.contains(away))
    }

    /// Whether `next` is the same conversation with at most another name, picture or other admins.
    pub(crate) fn may_become(&self, next: &Self) -> bool {
        self.kind == next.kind && self.relay == next.relay && self.secret == next.secret
    }
}

/// Seals handshakes and GroupInfo. Members have it; it changes whenever somebody is removed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct GroupKey(pub(crate) [u8; 32]);

impl GroupKey {
    /// Wraps the bytes that [`Self::as_bytes`] gave.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of a new group.
    pub(crate) fn first(data: &GroupData, channel: ChannelId) -> Self {
        Self(*derive_key(&data.secret, "kuvert group key v1", channel.as_bytes()))
    }
}

impl std::fmt::Debug for GroupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GroupKey(..)")
    }
}

/// A group's id is its channel's.
pub(crate) fn channel_of(group_id: &[u8]) -> Result<ChannelId, MlsError> {
    ChannelId::from_slice(group_id).ok_or(MlsError::PeerFault("a group id is 16 bytes"))
}
