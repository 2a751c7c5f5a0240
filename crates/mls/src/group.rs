//! A group: one conversation's MLS state, and the messages that leave and enter it.

use std::collections::BTreeSet;

use kuvert_wire::{ChannelId, Fanout, FanoutKey, InboxId, PostSecret, Token, decode, encode, limits as wire};
use minicbor::{Decode, Encode};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    GroupId, KeyPackage, KeyPackageIn, LeafNode, Lifetime, MlsGroup, MlsMessageBodyIn, MlsMessageIn,
    MlsMessageOut, OpenMlsCrypto, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent,
    ProtocolMessage, ProtocolVersion, RatchetTreeIn, Sender, StagedWelcome,
};
use openmls_traits::OpenMlsProvider;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};
use zeroize::Zeroizing;

use crate::data::channel_of;
use crate::part::Part;
use crate::policy::{admins, certificate_of, check_members, member_of, valid_certificate_of};
use crate::seal::{BodyBox, FANOUT_KEY, GROUP_KEY, MESSAGE_KEY, POST_SECRET, WELCOME_KEY};
use crate::suite::{SUITE, capabilities, join_config};
use crate::{
    Blobs, Delivery, Device, DeviceCertificate, DeviceRole, GroupData, GroupKey, IdentityKey, LeaveStatement,
    MlsError, Provider,
};

/// OpenMLS checks lifetimes against the system clock, which an engine without a clock must not depend on; so they are
/// as wide as can be, and [`Delivery::not_after`] limits a key package instead, by the time that the caller gives.
const LIFETIME: std::ops::RangeInclusive<u64> = 0..=u64::MAX;
/// Largest welcome without the tree.
const MAX_WELCOME: usize = wire::MAX_BODY;

/// A group that is loaded: for one transaction, or for as long as every change to it is stored.
pub struct Group {
    pub(crate) group: MlsGroup,
    /// The keys of the current epoch, once they were needed.
    keys: Option<EpochKeys>,
    pub(crate) data: GroupData,
    pub(crate) channel: ChannelId,
    pub(crate) key: GroupKey,
}

/// What posting and reading in one epoch needs, exported once.
struct EpochKeys {
    epoch: u64,
    message: BodyBox,
    post: PostSecret,
    fanout: FanoutKey,
}

/// What a device publishes so that others can add it to a group.
pub struct OwnPackage {
    /// The key package, as an MLS message. Not sealed yet.
    pub bytes: Vec<u8>,
    /// Names its private half; see [`Group::forget_package`].
    pub reference: Vec<u8>,
}

/// Another device's key package, verified.
pub struct JoinerPackage {
    pub(crate) package: KeyPackage,
    /// Who.
    pub certificate: DeviceCertificate,
    /// Where it receives.
    pub delivery: Delivery,
}

/// Sealed bytes with the right to post them.
pub struct SealedPost {
    /// The epoch that they belong to.
    pub epoch: u64,
    /// The right to post in that epoch.
    pub secret: PostSecret,
    /// Opens the epoch's fan-out list.
    pub fanout_key: FanoutKey,
    /// The sealed bytes.
    pub body: Vec<u8>,
}

/// What a post turned out to be.
#[derive(Debug)]
pub enum IncomingMessage {
    /// A member's message.
    Message {
        /// Who sent it.
        sender: IdentityKey,
        /// Which of their devices: its public key.
        device: [u8; 32],
        /// What it says.
        plain: Zeroizing<Vec<u8>>,
    },
    /// This device's own message, come back in the channel's order.
    Own,
}

/// One device of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its place in the tree.
    pub leaf: u32,
    /// Whose.
    pub identity: IdentityKey,
    /// Its public key.
    pub device: [u8; 32],
    /// The name that it claims.
    pub name: String,
    /// Whether it may rule.
    pub is_admin: bool,
    /// Whether it is this device.
    pub is_own: bool,
    /// What its certificate lets it do for its identity.
    pub role: DeviceRole,
}

/// A welcome as it travels, inside its seal.
#[derive(Encode, Decode)]
pub(crate) struct Invitation {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) welcome: Vec<u8>,
    /// The group key, sealed under a key of the new epoch.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(crate) key: Vec<u8>,
    #[n(2)]
    pub(crate) tree: Part,
}

/// A group that was joined.
pub struct Welcomed {
    /// The group.
    pub group: Group,
    /// Who added this device.
    pub inviter: IdentityKey,
    /// The name that the inviter claims.
    pub inviter_name: String,
    /// What the inviter's device may do for its identity.
    pub inviter_role: DeviceRole,
}

impl Group {
    /// Makes a key package and stores its private half.
    ///
    /// # Errors
    /// [`MlsError`] if the storage or the library fails.
    pub fn make_package<S: StorageProvider<CURRENT_VERSION>>(
        provider: &Provider<'_, S>,
        device: &Device,
        delivery: &Delivery,
        last_resort: bool,
    ) -> Result<OwnPackage, MlsError> {
        let mut builder = KeyPackage::builder()
            .key_package_lifetime(Lifetime::init(*LIFETIME.start(), *LIFETIME.end()))
            .leaf_node_capabilities(capabilities())
            .leaf_node_extensions(delivery.extensions()?);
        if last_resort {
            builder = builder.mark_as_last_resort();
        }
        let bundle =
            builder.build(SUITE, provider, device, device.credential()).map_err(MlsError::library)?;
        let package = bundle.into_key_package();
        let reference = package.hash_ref(provider.crypto()).map_err(MlsError::library)?;
        let reference = reference.tls_serialize_detached().map_err(MlsError::library)?;
        let message = MlsMessageOut::from(package);
        Ok(OwnPackage { bytes: message.to_bytes().map_err(MlsError::library)?, reference })
    }

    /// Forgets the private half of a key package, by [`OwnPackage::reference`]. One that is gone already is no error.
    ///
    /// # Errors
    /// [`MlsError::Storage`] if the storage fails.
    pub fn forget_package<S: StorageProvider<CURRENT_VERSION>>(
        storage: &S,
        reference: &[u8],
    ) -> Result<(), MlsError> {
        let reference = openmls::prelude::KeyPackageRef::tls_deserialize_exact(reference)
            .map_err(|_| MlsError::State("no reference of a key package"))?;
        storage.delete_key_package(&reference).map_err(MlsError::storage)
    }

    /// Creates a group of this device alone, in epoch 0.
    ///
    /// # Errors
    /// [`MlsError`] if the storage or the library fails.
    pub fn create<S: StorageProvider<CURRENT_VERSION>>(
        provider: &Provider<'_, S>,
        device: &Device,
        channel: ChannelId,
        data: GroupData,
        delivery: &Delivery,
    ) -> Result<Self, MlsError> {
        if !data.is_within_limits() {
            return Err(MlsError::State("the group's data does not keep its bounds"));
        }
        let config = join_config();
        let group = MlsGroup::builder()
            .with_group_id(GroupId::from_slice(channel.as_bytes()))
            .ciphersuite(SUITE)
            .with_wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(false)
            .max_past_epochs(0)
            .sender_ratchet_configuration(*config.sender_ratchet_configuration())
            .lifetime(Lifetime::init(*LIFETIME.start(), *LIFETIME.end()))
            .with_group_context_extensions(data.extensions()?)
            .with_capabilities(capabilities())
            .with_leaf_node_extensions(delivery.extensions()?)
            .map_err(MlsError::library)?
            .build(provider, device, device.credential())
            .map_err(MlsError::library)?;
        let key = GroupKey::first(&data, channel);
        Ok(Self::new(group, data, channel, key))
    }

    /// Loads the group of a channel, with its current group key.
    ///
    /// # Errors
    /// [`MlsError::State`] if there is none.
    pub fn load<S: StorageProvider<CURRENT_VERSION>>(
        storage: &S,
        channel: ChannelId,
        key: GroupKey,
    ) -> Result<Self, MlsError> {
        let group = MlsGroup::load(storage, &GroupId::from_slice(channel.as_bytes()))
            .map_err(MlsError::storage)?
            .ok_or(MlsError::State("there is no such group"))?;
        let data = GroupData::from_extensions(group.extensions())?;
        Ok(Self::new(group, data, channel, key))
    }

    /// Joins a group by its welcome; every leaf is checked first. A group of the same channel is replaced: whether it may be is
    /// for the caller to decide before the transaction ends. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] or [`MlsError::Certificate`] if the welcome is not for this device, or does not hold;
    /// [`MlsError::NeedsBlob`] if the tree lies in a blob that is not among `blobs`.
    pub fn join<S: StorageProvider<CURRENT_VERSION>>(
        provider: &Provider<'_, S>,
        invitation: &[u8],
        blobs: &Blobs,
        now: u64,
    ) -> Result<Welcomed, MlsError> {
        let invitation: Invitation =
            decode(invitation, MAX_WELCOME).map_err(|_| MlsError::PeerFault("no invitation to a group"))?;
        let message = MlsMessageIn::tls_deserialize_exact(&invitation.welcome)
            .map_err(|_| MlsError::PeerFault("no MLS message"))?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
            return Err(MlsError::PeerFault("not a welcome"));
        };
        // First the tree: opening the welcome uses the key package up.
        let tree = read_tree(&invitation.tree.unpack(blobs)?)?;
        let staged = StagedWelcome::build_from_welcome(provider, &join_config(), welcome)
            .map(|builder| builder.with_ratchet_tree(tree).skip_lifetime_validation().replace_old_group())
            .and_then(|builder| builder.build())
            .map_err(|_| MlsError::PeerFault("the welcome does not open or does not hold"))?;
        let data = GroupData::from_extensions(staged.group_context().extensions())?;
        let channel = channel_of(staged.group_context().group_id().as_slice())?;
        let sender = staged.welcome_sender().map_err(MlsError::library)?;
        let inviter_name = Delivery::of(sender)?.name;
        let DeviceCertificate { identity: inviter, role: inviter_role, .. } = certificate_of(sender)?;
        let group = staged.into_group(provider).map_err(MlsError::library)?;
        let secrets = Secrets::of(&group, provider.crypto)?;
        let key = BodyBox::welcome(&secrets.welcome_key, channel).open(&invitation.key)?;
        let key = key.as_slice().try_into().map_err(|_| MlsError::PeerFault("a group key has 32 bytes"))?;
        let joined = Self::new(group, data, channel, GroupKey::new(key));
        check_members(joined.group.public_group(), &joined.data, now)?;
        Ok(Welcomed { group: joined, inviter, inviter_name, inviter_role })
    }

    pub(crate) fn new(group: MlsGroup, data: GroupData, channel: ChannelId, key: GroupKey) -> Self {
        Self { group, data, channel, key, keys: None }
    }

    /// The channel that orders this group.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// The name under which MLS knows the group.
    pub fn id(&self) -> &GroupId {
        self.group.group_id()
    }

    /// What the group is.
    pub fn data(&self) -> &GroupData {
        &self.data
    }

    /// The current group key, to be stored and given to [`Self::load`].
    pub fn key(&self) -> &GroupKey {
        &self.key
    }

    /// The current epoch.
    pub fn epoch(&self) -> u64 {
        self.group.epoch().as_u64()
    }

    /// Proves in which state the group is: equal on two devices if they are in the same epoch, and have the same members, keys and
    /// history (RFC 9420, section 8.7).
    pub fn authenticator(&self) -> Vec<u8> {
        self.group.epoch_authenticator().as_slice().to_vec()
    }

    /// Whether a commit of this device waits for the relay's verdict.
    pub fn has_pending_commit(&self) -> bool {
        self.group.pending_commit().is_some()
    }

    /// The identities in the group, each once.
    ///
    /// # Errors
    /// [`MlsError::Certificate`] if a leaf's certificate does not hold.
    pub fn identities(&self) -> Result<BTreeSet<IdentityKey>, MlsError> {
        self.leaves().map(|leaf| Ok(member_of(leaf)?.identity)).collect()
    }

    /// The devices in the group, by their place in the tree.
    ///
    /// # Errors
    /// [`MlsError`] if a leaf does not hold.
    pub fn members(&self) -> Result<Vec<Member>, MlsError> {
        let admins = admins(self.group.public_group(), &self.data)?;
        let own = self.group.own_leaf_index();
        let member = |(index, leaf): (openmls::prelude::LeafNodeIndex, &LeafNode)| {
            let certificate = member_of(leaf)?;
            Ok(Member {
                leaf: index.u32(),
                identity: certificate.identity,
                device: certificate.device,
                name: Delivery::of(leaf)?.name,
                is_admin: admins.contains(&certificate.identity),
                is_own: index == own,
                role: certificate.role,
            })
        };
        self.group.public_group().treesync().full_leaves().map(member).collect()
    }

    /// The name that a member claims; empty for who is none.
    pub fn name_of(&self, identity: IdentityKey) -> String {
        let leaf = self.leaves().find(|leaf| member_of(leaf).is_ok_and(|found| found.identity == identity));
        leaf.and_then(|leaf| Delivery::of(leaf).ok()).map(|delivery| delivery.name).unwrap_or_default()
    }

    /// Inboxes of members at the relay that keeps the channel, each with the token of this group.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if a leaf says not where it receives.
    pub fn members_here(&self) -> Result<Vec<(InboxId, Token)>, MlsError> {
        let targets = self.fanout()?.targets.into_iter().filter(|target| target.relay.is_none());
        Ok(targets.map(|target| (target.inbox, target.token)).collect())
    }

    /// The tokens that this group gives for an inbox, wherever that is, and the one that its pending commit would give.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if a leaf says not where it receives.
    pub fn tokens_of(&self, inbox: InboxId) -> Result<Vec<Token>, MlsError> {
        let deliveries = self.leaves().map(Delivery::of).collect::<Result<Vec<_>, _>>()?;
        let pending = self.group.pending_commit().and_then(|staged| staged.update_path_leaf_node());
        let pending = pending.map(Delivery::of).transpose()?;
        let own = deliveries.into_iter().chain(pending).filter(|delivery| delivery.inbox == inbox);
        Ok(own.map(|delivery| delivery.token).collect())
    }

    /// Seals a message for the current epoch. The advanced ratchet is stored in the provider's transaction.
    ///
    /// # Errors
    /// [`MlsError::State`] while a commit is pending: the epoch may end before the message is accepted.
    pub fn seal<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        device: &Device,
        plain: &[u8],
    ) -> Result<SealedPost, MlsError> {
        if self.has_pending_commit() {
            return Err(MlsError::State("a commit is pending"));
        }
        let message = self.group.create_message(provider, device, plain).map_err(MlsError::library)?;
        let message = message.to_bytes().map_err(MlsError::library)?;
        // The sender's leaf stands in front, inside the seal: MLS cannot open an own message, so it has to be known
        // before MLS is asked.
        let leaf = self.group.own_leaf_index().u32().to_be_bytes();
        let keys = self.keys(provider.crypto)?;
        let body = keys.message.seal(provider.rng, &[leaf.as_slice(), &message].concat());
        let (secret, fanout_key) = (keys.post.clone(), keys.fanout.clone());
        Ok(SealedPost { epoch: keys.epoch, secret, fanout_key, body })
    }

    /// Opens a post of the current epoch. The advanced ratchet is stored in the provider's transaction.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if it does not open, was opened before, or does not hold.
    pub fn open<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        body: &[u8],
    ) -> Result<IncomingMessage, MlsError> {
        let opened = self.keys(provider.crypto)?.message.open(body)?;
        let (leaf, message) =
            opened.split_first_chunk::<4>().ok_or(MlsError::PeerFault("a post is too short"))?;
        if u32::from_be_bytes(*leaf) == self.group.own_leaf_index().u32() {
            return Ok(IncomingMessage::Own);
        }
        let processed = self
            .group
            .process_message(provider, protocol_message(message)?)
            .map_err(|_| MlsError::PeerFault("a message does not open or does not hold"))?;
        let Sender::Member(sender) = *processed.sender() else {
            return Err(MlsError::PeerFault("a message of a stranger"));
        };
        let ProcessedMessageContent::ApplicationMessage(plain) = processed.into_content() else {
            return Err(MlsError::PeerFault("a post that is no message"));
        };
        let leaf = self.group.public_group().leaf(sender);
        let sender = member_of(leaf.ok_or(MlsError::PeerFault("the sender is no member"))?)?;
        let plain = Zeroizing::new(plain.into_bytes());
        Ok(IncomingMessage::Message { sender: sender.identity, device: sender.device, plain })
    }

    /// The right to post in the current epoch, and to ask what the channel keeps.
    ///
    /// # Errors
    /// [`MlsError`] if the library fails.
    pub fn post_secret<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
    ) -> Result<PostSecret, MlsError> {
        Ok(PostSecret::new(*self.secret(provider.crypto, POST_SECRET)?))
    }

    /// The token of this device's leaf, made for this group.
    ///
    /// # Errors
    /// [`MlsError::State`] if this device is no member any more.
    pub fn own_token(&self) -> Result<Token, MlsError> {
        let leaf = self.group.own_leaf_node().ok_or(MlsError::State("this device is no member"))?;
        Ok(Delivery::of(leaf)?.token)
    }

    /// States that this device's identity leaves the group.
    ///
    /// # Errors
    /// [`MlsError::State`] if this device is no member any more.
    pub fn leave_statement(&self, device: &Device) -> Result<LeaveStatement, MlsError> {
        let leaf = self.group.own_leaf_node().ok_or(MlsError::State("this device is no member"))?;
        LeaveStatement::sign(device, self.channel, leaf)
    }

    /// Who wants to leave by this statement; `None` if it does not hold for any member.
    pub fn who_leaves(&self, statement: &LeaveStatement) -> Option<IdentityKey> {
        let leaf = self.leaves().find(|leaf| statement.holds(self.channel, leaf))?;
        member_of(leaf).ok().map(|certificate| certificate.identity)
    }

    /// Deletes the group's state from the storage.
    ///
    /// # Errors
    /// [`MlsError::Storage`] if the storage fails.
    pub fn delete<S: StorageProvider<CURRENT_VERSION>>(mut self, storage: &S) -> Result<(), MlsError> {
        self.group.delete(storage).map_err(MlsError::storage)
    }

    /// How many devices are in the group.
    pub fn leaf_count(&self) -> usize {
        self.leaves().count()
    }

    /// Whether both are the same group in the same state, as far as can be told without opening a message.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let state =
            |group: &Self| (group.channel, group.epoch(), group.has_pending_commit(), *group.key.as_bytes());
        state(self) == state(other)
            && self.group.epoch_authenticator().as_slice() == other.group.epoch_authenticator().as_slice()
    }

    pub(crate) fn leaves(&self) -> impl Iterator<Item = &LeafNode> {
        self.group.public_group().treesync().full_leaves().map(|(_, leaf)| leaf)
    }

    /// The keys of the current epoch.
    fn keys(&mut self, crypto: &impl OpenMlsCrypto) -> Result<&EpochKeys, MlsError> {
        let epoch = self.epoch();
        let keys = match self.keys.take().filter(|keys| keys.epoch == epoch) {
            Some(keys) => keys,
            None => EpochKeys {
                epoch,
                message: BodyBox::message(&*self.secret(crypto, MESSAGE_KEY)?, self.channel),
                post: PostSecret::new(*self.secret(crypto, POST_SECRET)?),
                fanout: FanoutKey::new(*self.secret(crypto, FANOUT_KEY)?),
            },
        };
        Ok(self.keys.insert(keys))
    }

    /// One secret of the current epoch.
    fn secret(&self, crypto: &impl OpenMlsCrypto, label: &str) -> Result<Zeroizing<[u8; 32]>, MlsError> {
        exported(self.group.export_secret(crypto, label, b"", 32).map_err(MlsError::library)?)
    }

    pub(crate) fn secrets(&self, crypto: &impl OpenMlsCrypto) -> Result<Secrets, MlsError> {
        Secrets::of(&self.group, crypto)
    }

    /// Where posts of the current epoch go.
    pub(crate) fn fanout(&self) -> Result<Fanout, MlsError> {
        let targets = self.leaves().map(|leaf| Delivery::of(leaf)?.target(&self.data.relay));
        Ok(Fanout { targets: targets.collect::<Result<_, MlsError>>()? })
    }

    pub(crate) fn tree_bytes(&self) -> Result<Vec<u8>, MlsError> {
        self.group.export_ratchet_tree().tls_serialize_detached().map_err(MlsError::library)
    }
}

impl JoinerPackage {
    /// Reads and verifies another device's key package. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] or [`MlsError::Certificate`] if it does not hold, [`MlsError::Ended`] if it is too old.
    pub fn verified<S: StorageProvider<CURRENT_VERSION>>(
        provider: &Provider<'_, S>,
        bytes: &[u8],
        now: u64,
    ) -> Result<Self, MlsError> {
        let message =
            MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| MlsError::PeerFault("no MLS message"))?;
        let MlsMessageBodyIn::KeyPackage(package) = message.extract() else {
            return Err(MlsError::PeerFault("not a key package"));
        };
        let package = KeyPackageIn::validate(package, provider.crypto(), ProtocolVersion::Mls10)
            .map_err(|_| MlsError::PeerFault("the key package does not hold"))?;
        if package.ciphersuite() != SUITE {
            return Err(MlsError::PeerFault("the key package is for another cipher suite"));
        }
        let certificate = valid_certificate_of(package.leaf_node(), now)?;
        let delivery = Delivery::of(package.leaf_node())?;
        if delivery.not_after < now {
            return Err(MlsError::Ended);
        }
        Ok(Self { package, certificate, delivery })
    }
}

/// The secrets of one epoch that a commit or a welcome needs beside MLS's own.
pub(crate) struct Secrets {
    pub(crate) post: PostSecret,
    pub(crate) fanout: FanoutKey,
    pub(crate) welcome_key: Zeroizing<[u8; 32]>,
    /// The group key from this epoch on, if it is the first after a removal.
    pub(crate) group_key: Zeroizing<[u8; 32]>,
}

impl Secrets {
    pub(crate) fn of(group: &MlsGroup, crypto: &impl OpenMlsCrypto) -> Result<Self, MlsError> {
        Self::export(|label, context| {
            group.export_secret(crypto, label, context, 32).map_err(MlsError::library)
        })
    }

    pub(crate) fn export(
        exporter: impl Fn(&str, &[u8]) -> Result<Vec<u8>, MlsError>,
    ) -> Result<Self, MlsError> {
        let secret = |label| exported(exporter(label, b"")?);
        Ok(Self {
            post: PostSecret::new(*secret(POST_SECRET)?),
            fanout: FanoutKey::new(*secret(FANOUT_KEY)?),
            welcome_key: secret(WELCOME_KEY)?,
            group_key: secret(GROUP_KEY)?,
        })
    }
}

fn exported(bytes: Vec<u8>) -> Result<Zeroizing<[u8; 32]>, MlsError> {
    let bytes = Zeroizing::new(bytes);
    let bytes = bytes.as_slice().try_into().map_err(|_| MlsError::library("exporter's length"))?;
    Ok(Zeroizing::new(bytes))
}

pub(crate) fn read_tree(bytes: &[u8]) -> Result<RatchetTreeIn, MlsError> {
    RatchetTreeIn::tls_deserialize_exact(bytes)
        .map_err(|_| MlsError::PeerFault("a group's tree is malformed"))
}

pub(crate) fn protocol_message(bytes: &[u8]) -> Result<ProtocolMessage, MlsError> {
    MlsMessageIn::tls_deserialize_exact(bytes)
        .ok()
        .and_then(|message| message.try_into_protocol_message().ok())
        .ok_or(MlsError::PeerFault("no MLS message of a group"))
}

/// Encodes what goes with a welcome.
pub(crate) fn invitation(welcome: Vec<u8>, key: Vec<u8>, tree: Part) -> Vec<u8> {
    encode(&Invitation { welcome, key, tree })
}
