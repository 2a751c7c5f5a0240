//! A group: one conversation's MLS state, and what leaves and enters it.

use kuvert_wire::{ChannelId, ChannelState, Fanout, FanoutKey, InboxId, PostSecret, Token, encode, limits};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    BasicCredential, Credential, Extension, ExtensionType, Extensions, GroupContext, GroupId, KeyPackage,
    KeyPackageIn, LeafNode, Lifetime, MlsGroup, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsCrypto,
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, ProtocolMessage, ProtocolVersion,
    RequiredCapabilitiesExtension, StagedWelcome,
};
use openmls_traits::OpenMlsProvider;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};
use zeroize::Zeroizing;

use crate::delivery::{DELIVERY_EXTENSION, GROUP_EXTENSION, channel_of};
use crate::seal::{BodyBox, FANOUT_KEY, MESSAGE_KEY, POST_SECRET};
use crate::suite::{SUITE, capabilities, join_config};
use crate::{
    ChannelAccess, Delivery, Device, DeviceCertificate, EngineRng, GroupData, GroupKind, IdentityKey,
    MlsError, Provider,
};

/// OpenMLS checks lifetimes against the system clock, which an engine without a clock must not depend on; so they are
/// as wide as can be, and [`Delivery::not_after`] limits a key package instead, by the time that the caller gives.
const LIFETIME: std::ops::RangeInclusive<u64> = 0..=u64::MAX;

/// A group that is loaded for one transaction.
pub struct Group {
    group: MlsGroup,
    data: GroupData,
    channel: ChannelId,
}

/// What a device publishes so that others can add it to a group.
pub struct OwnPackage {
    /// The key package, as an MLS message. Not sealed yet.
    pub bytes: Vec<u8>,
}

/// Another device's key package, verified.
pub struct JoinerPackage {
    package: KeyPackage,
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

/// A commit that waits for the relay's verdict.
pub struct SealedCommit {
    /// The commit, for the members of the current epoch.
    pub post: SealedPost,
    /// What the relay keeps for the next epoch.
    pub next: ChannelState,
    /// The welcome for who is added. Not sealed yet.
    pub welcome: Option<Vec<u8>>,
}

/// What a post turned out to be.
#[derive(Debug)]
pub enum IncomingMessage {
    /// A member's message.
    Message {
        /// Who sent it.
        sender: IdentityKey,
        /// What it says.
        plain: Zeroizing<Vec<u8>>,
    },
    /// This device's own message, come back in the channel's order.
    Own,
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
        let message = MlsMessageOut::from(bundle.into_key_package());
        Ok(OwnPackage { bytes: message.to_bytes().map_err(MlsError::library)? })
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
        let needed = [ExtensionType::Unknown(GROUP_EXTENSION), ExtensionType::Unknown(DELIVERY_EXTENSION)];
        let required = RequiredCapabilitiesExtension::new(&needed, &[], &[]);
        let context: Extensions<GroupContext> =
            Extensions::from_vec(vec![Extension::RequiredCapabilities(required), data.extension()])
                .map_err(MlsError::library)?;
        let config = join_config();
        let group = MlsGroup::builder()
            .with_group_id(GroupId::from_slice(channel.as_bytes()))
            .ciphersuite(SUITE)
            .with_wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .max_past_epochs(0)
            .sender_ratchet_configuration(*config.sender_ratchet_configuration())
            .lifetime(Lifetime::init(*LIFETIME.start(), *LIFETIME.end()))
            .with_group_context_extensions(context)
            .with_capabilities(capabilities())
            .with_leaf_node_extensions(delivery.extensions()?)
            .map_err(MlsError::library)?
            .build(provider, device, device.credential())
            .map_err(MlsError::library)?;
        Ok(Self { group, data, channel })
    }

    /// Loads the group of a channel.
    ///
    /// # Errors
    /// [`MlsError::State`] if there is none.
    pub fn load<S: StorageProvider<CURRENT_VERSION>>(
        storage: &S,
        channel: ChannelId,
    ) -> Result<Self, MlsError> {
        let group = MlsGroup::load(storage, &GroupId::from_slice(channel.as_bytes()))
            .map_err(MlsError::storage)?
            .ok_or(MlsError::State("there is no such group"))?;
        let data = GroupData::from_extensions(group.extensions())?;
        Ok(Self { group, data, channel })
    }

    /// Joins a direct conversation by its welcome; every leaf is checked first. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] or [`MlsError::Certificate`] if the welcome is not for this device, or does not hold.
    pub fn join<S: StorageProvider<CURRENT_VERSION>>(
        provider: &Provider<'_, S>,
        welcome: &[u8],
        now: u64,
    ) -> Result<(Self, IdentityKey), MlsError> {
        let message = MlsMessageIn::tls_deserialize_exact(welcome)
            .map_err(|_| MlsError::PeerFault("no MLS message"))?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
            return Err(MlsError::PeerFault("not a welcome"));
        };
        let staged = StagedWelcome::build_from_welcome(provider, &join_config(), welcome)
            .and_then(|builder| builder.skip_lifetime_validation().build())
            .map_err(|_| MlsError::PeerFault("the welcome does not open or does not hold"))?;
        let data = GroupData::from_extensions(staged.group_context().extensions())?;
        let channel = channel_of(staged.group_context().group_id().as_slice())?;
        let sender = staged.welcome_sender().map_err(MlsError::library)?;
        let sender = certificate_of(sender)?.identity;
        let group = staged.into_group(provider).map_err(MlsError::library)?;
        let joined = Self { group, data, channel };
        joined.check_members(now)?;
        Ok((joined, sender))
    }

    /// The channel that orders this group.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// What the group is.
    pub fn data(&self) -> &GroupData {
        &self.data
    }

    /// The current epoch.
    pub fn epoch(&self) -> u64 {
        self.group.epoch().as_u64()
    }

    /// Whether a commit of this device waits for the relay's verdict.
    pub fn has_pending_commit(&self) -> bool {
        self.group.pending_commit().is_some()
    }

    /// The identities in the group, each once.
    ///
    /// # Errors
    /// [`MlsError::Certificate`] if a leaf's certificate does not hold.
    pub fn identities(&self) -> Result<std::collections::BTreeSet<IdentityKey>, MlsError> {
        self.leaves().map(|leaf| Ok(certificate_of(leaf)?.identity)).collect()
    }

    /// What the relay keeps of the current epoch; for creating the channel.
    ///
    /// # Errors
    /// [`MlsError`] if the library fails.
    pub fn channel_state<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
        device: &Device,
    ) -> Result<ChannelState, MlsError> {
        let info =
            self.group.export_group_info(provider.crypto(), device, true).map_err(MlsError::library)?;
        let secrets = self.secrets(provider.crypto)?;
        self.next_state(provider.rng, self.epoch(), &secrets, self.fanout(None)?, &info)
    }

    /// Inboxes of members at the relay that keeps the channel, each with the token of this group.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if a leaf says not where it receives.
    pub fn members_here(&self) -> Result<Vec<(InboxId, Token)>, MlsError> {
        let targets = self.fanout(None)?.targets.into_iter().filter(|target| target.relay.is_none());
        Ok(targets.map(|target| (target.inbox, target.token)).collect())
    }

    /// The tokens that this group gives for an inbox, wherever that is.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if a leaf says not where it receives.
    pub fn tokens_of(&self, inbox: InboxId) -> Result<Vec<Token>, MlsError> {
        let deliveries = self.leaves().map(Delivery::of).collect::<Result<Vec<_>, _>>()?;
        let own = deliveries.into_iter().filter(|delivery| delivery.inbox == inbox);
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
        let secrets = self.secrets(provider.crypto)?;
        // The sender's leaf stands in front, inside the seal: MLS cannot open an own message, so it has to be known
        // before MLS is asked.
        let leaf = self.group.own_leaf_index().u32().to_be_bytes();
        let body = BodyBox::message(&secrets.message_key, self.channel)
            .seal(provider.rng, &[leaf.as_slice(), &message].concat());
        Ok(SealedPost { epoch: self.epoch(), secret: secrets.post, fanout_key: secrets.fanout, body })
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
        let secrets = self.secrets(provider.crypto)?;
        let opened = BodyBox::message(&secrets.message_key, self.channel).open(body)?;
        let (leaf, message) =
            opened.split_first_chunk::<4>().ok_or(MlsError::PeerFault("a post is too short"))?;
        if u32::from_be_bytes(*leaf) == self.group.own_leaf_index().u32() {
            return Ok(IncomingMessage::Own);
        }
        let processed = self
            .group
            .process_message(provider, protocol_message(message)?)
            .map_err(|_| MlsError::PeerFault("a message does not open or does not hold"))?;
        let sender = self.sender_of(processed.credential())?;
        let ProcessedMessageContent::ApplicationMessage(plain) = processed.into_content() else {
            return Err(MlsError::PeerFault("a post that is no message"));
        };
        Ok(IncomingMessage::Message { sender, plain: Zeroizing::new(plain.into_bytes()) })
    }

    /// Stages a commit that adds a device. Nothing changes until [`Self::accept_commit`].
    ///
    /// # Errors
    /// [`MlsError::State`] if a commit is pending already.
    pub fn stage_add<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        device: &Device,
        joiner: JoinerPackage,
    ) -> Result<SealedCommit, MlsError> {
        self.stage(provider, device, Some(joiner))
    }

    /// Stages a commit that renews this device's keys. Nothing changes until [`Self::accept_commit`].
    ///
    /// # Errors
    /// [`MlsError::State`] if a commit is pending already.
    pub fn stage_update<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        device: &Device,
    ) -> Result<SealedCommit, MlsError> {
        self.stage(provider, device, None)
    }

    fn stage<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        device: &Device,
        joiner: Option<JoinerPackage>,
    ) -> Result<SealedCommit, MlsError> {
        if self.has_pending_commit() {
            return Err(MlsError::State("a commit is pending already"));
        }
        let secrets = self.secrets(provider.crypto)?;
        let (package, added) = joiner.map(|joiner| (joiner.package, joiner.delivery)).unzip();
        let bundle = self
            .group
            .commit_builder()
            .force_self_update(true)
            .propose_adds(package)
            .load_psks(provider.storage())
            .map_err(MlsError::library)?
            .create_group_info(true)
            .use_ratchet_tree_extension(true)
            .build(provider.rand(), provider.crypto(), device, |_| true)
            .map_err(MlsError::library)?
            .stage_commit(provider)
            .map_err(MlsError::library)?;
        let (commit, welcome, info) = bundle.into_messages();
        let info = info.ok_or(MlsError::State("a commit came without GroupInfo"))?;
        let staged = self.group.pending_commit().ok_or(MlsError::State("the commit was not staged"))?;
        let next = Secrets::export(|label, context| {
            staged.export_secret(provider.crypto, label, context, 32).map_err(MlsError::library)
        })?;
        let next = self.next_state(provider.rng, self.epoch() + 1, &next, self.fanout(added)?, &info)?;
        let commit = commit.to_bytes().map_err(MlsError::library)?;
        let body = BodyBox::handshake(&self.data.group_key, self.channel).seal(provider.rng, &commit);
        let welcome = welcome.map(|message| message.to_bytes().map_err(MlsError::library)).transpose()?;
        let post = SealedPost { epoch: self.epoch(), secret: secrets.post, fanout_key: secrets.fanout, body };
        Ok(SealedCommit { post, next, welcome })
    }

    /// Merges the pending commit: the relay accepted it (MLS-1).
    ///
    /// # Errors
    /// [`MlsError::State`] if none is pending.
    pub fn accept_commit<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
    ) -> Result<(), MlsError> {
        if !self.has_pending_commit() {
            return Err(MlsError::State("no commit is pending"));
        }
        self.group.merge_pending_commit(provider).map_err(MlsError::library)
    }

    /// Drops the pending commit: another one won.
    ///
    /// # Errors
    /// [`MlsError::Storage`] if the storage fails.
    pub fn drop_commit<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
    ) -> Result<(), MlsError> {
        self.group.clear_pending_commit(provider.storage()).map_err(MlsError::storage)
    }

    /// Takes another member's commit, which ended the current epoch. A pending commit of this device must have been
    /// dropped before. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if it does not hold, or does what this kind of group does not allow.
    pub fn process_commit<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        body: &[u8],
        now: u64,
    ) -> Result<(), MlsError> {
        debug_assert!(!self.has_pending_commit(), "drop the own commit first");
        let commit = BodyBox::handshake(&self.data.group_key, self.channel).open(body)?;
        let processed = self
            .group
            .process_message(provider, protocol_message(&commit)?)
            .map_err(|_| MlsError::PeerFault("a commit does not hold"))?;
        let sender = self.sender_of(processed.credential())?;
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(MlsError::PeerFault("a commit that is none"));
        };
        if staged.queued_proposals().next().is_some() {
            return Err(MlsError::PeerFault("a direct conversation has two members for good"));
        }
        if let Some(leaf) = staged.update_path_leaf_node() {
            Delivery::of(leaf)?;
            if valid_certificate_of(leaf, now)?.identity != sender {
                return Err(MlsError::PeerFault("a commit changes its sender's identity"));
            }
        }
        self.group.merge_staged_commit(provider, *staged).map_err(MlsError::library)
    }

    fn leaves(&self) -> impl Iterator<Item = &LeafNode> {
        self.group.public_group().treesync().full_leaves().map(|(_, leaf)| leaf)
    }

    /// Two identities, each leaf certified and reachable.
    fn check_members(&self, now: u64) -> Result<(), MlsError> {
        for leaf in self.leaves() {
            valid_certificate_of(leaf, now)?;
            Delivery::of(leaf)?;
        }
        let identities = self.identities()?;
        match self.data.kind {
            GroupKind::Direct if identities.len() == 2 => Ok(()),
            GroupKind::Direct => Err(MlsError::PeerFault("a direct conversation has two members")),
        }
    }

    fn sender_of(&self, credential: &Credential) -> Result<IdentityKey, MlsError> {
        let bytes = credential.serialized_content();
        let leaf = self.leaves().find(|leaf| leaf.credential().serialized_content() == bytes);
        Ok(certificate_of(leaf.ok_or(MlsError::PeerFault("the sender is no member"))?)?.identity)
    }

    fn secrets(&self, crypto: &impl OpenMlsCrypto) -> Result<Secrets, MlsError> {
        Secrets::export(|label, context| {
            self.group.export_secret(crypto, label, context, 32).map_err(MlsError::library)
        })
    }

    fn fanout(&self, added: Option<Delivery>) -> Result<Fanout, MlsError> {
        let members = self.leaves().map(Delivery::of);
        let targets = members
            .chain(added.map(Ok))
            .map(|delivery| delivery?.target(&self.data.relay))
            .collect::<Result<_, MlsError>>()?;
        Ok(Fanout { targets })
    }

    fn next_state(
        &self,
        rng: &EngineRng,
        epoch: u64,
        secrets: &Secrets,
        fanout: Fanout,
        info: &MlsMessageOut,
    ) -> Result<ChannelState, MlsError> {
        let info = info.tls_serialize_detached().map_err(MlsError::library)?;
        let fanout = secrets.fanout.secret_box().seal(&rng.bytes(), FanoutKey::CONTEXT, &encode(&fanout));
        let group_info = BodyBox::group_info(&self.data.group_key, self.channel).seal(rng, &info);
        let access = ChannelAccess { secret: secrets.post.clone(), fanout_key: secrets.fanout.clone() };
        let access = BodyBox::access(&self.data.group_key, self.channel).seal(rng, &encode(&access));
        debug_assert!(access.len() <= limits::MAX_ACCESS);
        let group_info = Some(group_info.into());
        Ok(ChannelState { epoch, post_secret: secrets.post.hash(), fanout, group_info, access })
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

/// The secrets of one epoch that Kuvert uses beside MLS's own.
struct Secrets {
    post: PostSecret,
    fanout: FanoutKey,
    message_key: Zeroizing<[u8; 32]>,
}

impl Secrets {
    fn export(exporter: impl Fn(&str, &[u8]) -> Result<Vec<u8>, MlsError>) -> Result<Self, MlsError> {
        let secret = |label| -> Result<Zeroizing<[u8; 32]>, MlsError> {
            let bytes = Zeroizing::new(exporter(label, b"")?);
            let bytes: [u8; 32] =
                bytes.as_slice().try_into().map_err(|_| MlsError::library("exporter's length"))?;
            Ok(Zeroizing::new(bytes))
        };
        Ok(Self {
            post: PostSecret::new(*secret(POST_SECRET)?),
            fanout: FanoutKey::new(*secret(FANOUT_KEY)?),
            message_key: secret(MESSAGE_KEY)?,
        })
    }
}

fn certificate_of(leaf: &LeafNode) -> Result<DeviceCertificate, MlsError> {
    let credential = BasicCredential::try_from(leaf.credential().clone())
        .map_err(|_| MlsError::PeerFault("a leaf has another kind of credential"))?;
    Ok(DeviceCertificate::verified(credential.identity(), leaf.signature_key().as_slice())?)
}

/// The certificate of a leaf that comes into a group, at a time in seconds since 1970.
fn valid_certificate_of(leaf: &LeafNode, now: u64) -> Result<DeviceCertificate, MlsError> {
    let certificate = certificate_of(leaf)?;
    if (certificate.not_before..=certificate.not_after).contains(&now) {
        Ok(certificate)
    } else {
        Err(MlsError::PeerFault("a device certificate is not valid at this time"))
    }
}

fn protocol_message(bytes: &[u8]) -> Result<ProtocolMessage, MlsError> {
    MlsMessageIn::tls_deserialize_exact(bytes)
        .ok()
        .and_then(|message| message.try_into_protocol_message().ok())
        .ok_or(MlsError::PeerFault("no MLS message of a group"))
}
