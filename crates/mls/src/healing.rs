//! Healing: what a channel keeps for a device that missed too much, and the way back in.
//!
//! The relay keeps a *snapshot* of some epoch, the commits since, and the current epoch's *access*. A device that has the
//! state of an epoch since the snapshot follows the commits like any other member. One that has not follows the public
//! tree, and puts a fresh leaf in the place of its own by an external commit (RFC 9420, section 12.4.3.2).

use kuvert_wire::{ChannelId, ChannelState, FanoutKey, PostSecret, decode, encode, limits as wire};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use openmls::group::PublicGroup;
use openmls::prelude::group_info::VerifiableGroupInfo;
use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{
    LeafNodeParameters, MlsGroup, MlsMessageBodyIn, MlsMessageIn, ProposalStore, RatchetTreeIn,
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::OpenMlsProvider;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};

use crate::commit::{NextEpoch, open_handshake};
use crate::data::channel_of;
use crate::group::{protocol_message, read_tree};
use crate::part::Part;
use crate::policy::{certificate_of, check_members, judge};
use crate::recovery::Recovery;
use crate::seal::BodyBox;
use crate::suite::{capabilities, join_config};
use crate::{
    Blobs, Delivery, Device, EngineRng, Group, GroupData, GroupKey, MlsError, Provider, SealedBlob,
    SealedPost,
};

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
    /// GroupInfo of the epoch, without the tree.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) info: Vec<u8>,
}

impl ChannelAccess {
    /// Opens what came with a channel's state.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if it was not sealed under this group key.
    pub fn open(key: &GroupKey, channel: ChannelId, sealed: &[u8]) -> Result<Self, MlsError> {
        let opened = BodyBox::access(key, channel).open(sealed)?;
        decode(&opened, wire::MAX_ACCESS).map_err(|_| MlsError::PeerFault("a channel's access is malformed"))
    }
}

/// What the relay keeps as a channel's GroupInfo.
#[derive(Encode, Decode)]
pub(crate) struct Snapshot {
    /// The group key for who missed a removal.
    #[n(0)]
    recovery: Recovery,
    /// A [`Tree`], sealed under the group key.
    #[cbor(n(1), with = "minicbor::bytes")]
    tree: Vec<u8>,
}

#[derive(Encode, Decode)]
struct Tree {
    /// GroupInfo, without the tree.
    #[cbor(n(0), with = "minicbor::bytes")]
    info: Vec<u8>,
    #[n(1)]
    tree: Part,
}

impl Snapshot {
    pub(crate) fn seal(
        rng: &EngineRng,
        data: &GroupData,
        channel: ChannelId,
        key: &GroupKey,
        tree: Part,
        info: Vec<u8>,
        leaves: &[[u8; 32]],
    ) -> Self {
        let recovery = Recovery::seal(rng, data, channel, key, leaves);
        let tree = BodyBox::group_info(key, channel).seal(rng, &encode(&Tree { info, tree }));
        Self { recovery, tree }
    }
}

/// All that a channel told a device that heals.
pub struct Healing<'a> {
    /// The channel's epoch.
    pub epoch: u64,
    /// Its GroupInfo.
    pub group_info: &'a [u8],
    /// Its access.
    pub access: &'a [u8],
    /// The commits since that GroupInfo, in order.
    pub handshakes: &'a [ByteVec],
    /// Blobs that were fetched.
    pub blobs: &'a Blobs,
}

/// A way back in that waits for the relay's verdict.
pub struct Rejoined {
    /// The group as it will be; its state is in the provider's storage, which should be put aside until the verdict.
    pub group: Group,
    /// The external commit.
    pub post: SealedPost,
    /// What the relay keeps for the next epoch.
    pub next: ChannelState,
    /// What must be at the relay before.
    pub blobs: Vec<SealedBlob>,
}

impl Healing<'_> {
    /// The epoch of the GroupInfo.
    pub fn snapshot_epoch(&self) -> u64 {
        self.epoch.saturating_sub(self.handshakes.len() as u64)
    }

    /// The commits that a group in `epoch` has not seen; `None` if the channel does not keep all of them.
    pub fn since(&self, epoch: u64) -> Option<&[ByteVec]> {
        let at = usize::try_from(epoch.checked_sub(self.snapshot_epoch())?).ok()?;
        self.handshakes.get(at..)
    }

    /// Makes the commit that brings this device back, in the place of its own leaf. `known` is what the group was when it was
    /// last heard of, `key` the group key of then. The new state goes into the provider's storage.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if there is no way back: this device was removed, or what the channel keeps does not hold.
    /// [`MlsError::Violation`] if a commit in between broke the rules. [`MlsError::NeedsBlob`] as elsewhere.
    pub fn rejoin<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
        device: &Device,
        delivery: &Delivery,
        (channel, known, key): (ChannelId, &GroupData, &GroupKey),
        now: u64,
    ) -> Result<Rejoined, MlsError> {
        let snapshot: Snapshot = decode(self.group_info, wire::MAX_GROUP_INFO)
            .map_err(|_| MlsError::PeerFault("a channel's snapshot is malformed"))?;
        let key = match BodyBox::group_info(key, channel).open(&snapshot.tree) {
            Ok(_) => key.clone(),
            Err(_) => snapshot.recovery.open(device, known, channel)?,
        };
        let tree = BodyBox::group_info(&key, channel).open(&snapshot.tree)?;
        let tree: Tree = decode(&tree, wire::MAX_GROUP_INFO)
            .map_err(|_| MlsError::PeerFault("a channel's snapshot is malformed"))?;
        let access = ChannelAccess::open(&key, channel, self.access)?;
        let (tree, data) = self.follow(tree, &key, channel, known, now)?;
        let info = group_info(&access.info)?;
        if info.epoch().as_u64() != self.epoch || channel_of(info.group_id().as_slice())? != channel {
            return Err(MlsError::PeerFault("a channel's GroupInfo is of another epoch"));
        }
        let group = external_commit(provider, device, delivery, tree, info)?;
        let (group, commit) = group;
        let group = Group::new(group, data, channel, key);
        if GroupData::from_extensions(group.group.extensions())? != group.data {
            return Err(MlsError::PeerFault("a channel's GroupInfo has other data"));
        }
        check_members(group.group.public_group(), &group.data, now)?;
        self.finish(provider, device, group, access, commit)
    }

    /// Follows the public tree from the snapshot to the current epoch, and judges every commit on the way.
    fn follow(
        &self,
        snapshot: Tree,
        key: &GroupKey,
        channel: ChannelId,
        known: &GroupData,
        now: u64,
    ) -> Result<(RatchetTreeIn, GroupData), MlsError> {
        let outside = OpenMlsRustCrypto::default();
        let tree = read_tree(&snapshot.tree.unpack(self.blobs)?)?;
        let info = group_info(&snapshot.info)?;
        if info.epoch().as_u64() != self.snapshot_epoch() {
            return Err(MlsError::PeerFault("a channel's snapshot is of another epoch"));
        }
        let (mut group, _) =
            PublicGroup::from_external(outside.crypto(), outside.storage(), tree, info, ProposalStore::new())
                .map_err(|_| MlsError::PeerFault("a channel's snapshot does not hold"))?;
        for (_, leaf) in group.treesync().full_leaves() {
            // From here on, what is in the tree counts as verified.
            certificate_of(leaf)?;
        }
        let mut data = GroupData::from_extensions(group.group_context().extensions())?;
        if !known.may_become(&data) {
            return Err(MlsError::PeerFault("a channel's snapshot is of another group"));
        }
        for body in self.handshakes {
            let commit = open_handshake(key, channel, body, self.blobs)?;
            let processed = group
                .process_message(outside.crypto(), protocol_message(&commit)?)
                .map_err(|_| MlsError::PeerFault("a commit does not hold"))?;
            let judged = judge(&group, &data, channel, processed, now)?;
            if judged.removes {
                return Err(MlsError::PeerFault("a removal without a snapshot"));
            }
            data = judged.data;
            group
                .merge_commit(outside.storage(), *judged.staged)
                .map_err(|_| MlsError::PeerFault("a commit does not hold"))?;
        }
        Ok((group.export_ratchet_tree().into(), data))
    }

    fn finish<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
        device: &Device,
        group: Group,
        access: ChannelAccess,
        commit: Vec<u8>,
    ) -> Result<Rejoined, MlsError> {
        use openmls::prelude::tls_codec::Serialize as _;
        let secrets = group.secrets(provider.crypto)?;
        let info =
            group.group.export_group_info(provider.crypto(), device, false).map_err(MlsError::library)?;
        let mut blobs = Vec::new();
        let body = group.seal_handshake(provider, commit, &mut blobs)?;
        let tree = Part::pack(provider.rng, &group.data.relay, group.tree_bytes()?, &mut blobs)?;
        let next = NextEpoch {
            epoch: group.epoch(),
            secrets: &secrets,
            fanout: group.fanout()?,
            info: info.tls_serialize_detached().map_err(MlsError::library)?,
            data: &group.data,
            key: &group.key,
            snapshot: Some((tree, group.recovery_keys(&group.data)?)),
        };
        let next = group.next_state(provider, next)?;
        let ChannelAccess { secret, fanout_key, .. } = access;
        let post = SealedPost { epoch: self.epoch, secret, fanout_key, body };
        Ok(Rejoined { group, post, next, blobs })
    }
}

fn external_commit<S: StorageProvider<CURRENT_VERSION>>(
    provider: &Provider<'_, S>,
    device: &Device,
    delivery: &Delivery,
    tree: RatchetTreeIn,
    info: VerifiableGroupInfo,
) -> Result<(MlsGroup, Vec<u8>), MlsError> {
    let leaf = LeafNodeParameters::builder()
        .with_capabilities(capabilities())
        .with_extensions(delivery.extensions()?)
        .build();
    let fault = |_| MlsError::PeerFault("a channel's GroupInfo does not hold");
    let builder = MlsGroup::external_commit_builder()
        .with_ratchet_tree(tree)
        .with_config(join_config())
        .skip_lifetime_validation()
        .build_group(provider, info, device.credential())
        .map_err(|_| MlsError::PeerFault("a channel's GroupInfo does not hold"))?
        .leaf_node_parameters(leaf)
        .load_psks(provider.storage())
        .map_err(MlsError::library)?
        .build(provider.rand(), provider.crypto(), device, |_| true)
        .map_err(fault)?;
    let (group, bundle) = builder.finalize(provider).map_err(MlsError::library)?;
    // Whoever was removed finds no group key to come this far.
    let commit = bundle.into_commit().to_bytes().map_err(MlsError::library)?;
    let own = group.own_leaf_node().ok_or(MlsError::State("this device has no leaf"))?;
    certificate_of(own)?;
    Ok((group, commit))
}

fn group_info(bytes: &[u8]) -> Result<VerifiableGroupInfo, MlsError> {
    let message =
        MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| MlsError::PeerFault("no MLS message"))?;
    match message.extract() {
        MlsMessageBodyIn::GroupInfo(info) => Ok(info),
        _ => Err(MlsError::PeerFault("not a GroupInfo")),
    }
}
