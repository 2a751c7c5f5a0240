//! Commits: staged, then merged or dropped by the relay's verdict; and those of others, judged before they are merged.

use std::collections::BTreeSet;

use kuvert_wire::{
    ChannelState, Fanout, FanoutKey, InboxId, RelayAddress, Token, WelcomeDeposit, decode, encode,
    limits as wire,
};
use openmls::prelude::tls_codec::Serialize as _;
use openmls::prelude::{KeyPackageRef, LeafNodeIndex, LeafNodeParameters, MlsMessageOut};
use openmls_traits::OpenMlsProvider;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};

use crate::group::{Secrets, invitation, protocol_message};
use crate::healing::{ChannelAccess, Snapshot};
use crate::limits::{ADD_BYTES, MAX_ADDS, MAX_INLINE, MAX_PART, SNAPSHOT_EVERY};
use crate::part::Part;
use crate::policy::{Change, judge, member_of};
use crate::seal::BodyBox;
use crate::suite::capabilities;
use crate::welcome::split;
use crate::{
    Blobs, Delivery, Device, Group, GroupData, GroupKey, IdentityKey, JoinerPackage, LeaveStatement,
    MlsError, Provider, SealedBlob, SealedPost,
};

/// Bytes of a snapshot for each leaf: the group key, sealed for it.
const RECOVERY_BYTES: usize = 80;

/// What a commit is to do. An empty plan renews this device's keys, as every commit does.
#[derive(Default)]
pub struct Plan {
    /// Devices to add, at most as many as [`Group::most_adds`] says.
    pub add: Vec<JoinerPackage>,
    /// Identities to remove, with all of their devices.
    pub remove: BTreeSet<IdentityKey>,
    /// Devices of the own identity to remove, by their public keys.
    pub remove_devices: BTreeSet<[u8; 32]>,
    /// Statements of those of them who want to leave.
    pub leaving: Vec<LeaveStatement>,
    /// Devices to drop because they were not in use: see [`Group::unused`].
    pub unused: BTreeSet<[u8; 32]>,
    /// What the group is to be from now on.
    pub data: Option<GroupData>,
    /// Where this device is to be reached from now on.
    pub delivery: Option<Delivery>,
    /// Whether the relay is to get a new snapshot in any case.
    pub snapshot: bool,
}

/// A commit that waits for the relay's verdict.
pub struct SealedCommit {
    /// The commit, for the members of the current epoch.
    pub post: SealedPost,
    /// What the relay keeps for the next epoch.
    pub next: ChannelState,
    /// Who is added, in the order of the plan.
    pub joiners: Vec<Joiner>,
    /// What must be at the relay before.
    pub blobs: Vec<SealedBlob>,
}

/// A device that is added: where it receives its welcome, and what that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joiner {
    /// Its inbox.
    pub inbox: InboxId,
    /// The right to deposit there.
    pub token: Token,
    /// Its relay, where that is not the channel's.
    pub relay: Option<RelayAddress>,
    /// What it joins by: see [`Group::join`]. Not sealed yet.
    pub invitation: Vec<u8>,
}

/// A commit of somebody else that was merged.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// Whose.
    pub by: IdentityKey,
    /// What it changed.
    pub changes: Vec<Change>,
    /// This device is no member any more.
    pub is_removed: bool,
    /// This device was dropped because it was not in use. Nothing was merged: it can come back as if it had missed the commit.
    pub is_away: bool,
}

impl SealedCommit {
    /// The welcome for each device that is added, sealed by `seal` for its inbox.
    pub fn welcomes(&self, seal: impl Fn(InboxId, &[u8]) -> Vec<u8>) -> Vec<WelcomeDeposit> {
        let deposit = |joiner: &Joiner| WelcomeDeposit {
            inbox: joiner.inbox,
            token: joiner.token.clone(),
            body: seal(joiner.inbox, &joiner.invitation),
            relay: joiner.relay.clone(),
        };
        self.joiners.iter().map(deposit).collect()
    }
}

/// What the relay is to keep for an epoch.
pub(crate) struct NextEpoch<'a> {
    pub(crate) epoch: u64,
    pub(crate) secrets: &'a Secrets,
    pub(crate) fanout: Fanout,
    /// GroupInfo without the tree.
    pub(crate) info: Vec<u8>,
    pub(crate) data: &'a GroupData,
    pub(crate) key: &'a GroupKey,
    /// The tree, and the recovery keys of its leaves, where a snapshot is wanted.
    pub(crate) snapshot: Option<(Part, Vec<[u8; 32]>)>,
}

impl Group {
    /// What the relay keeps of the current epoch; for creating the channel, after the blobs are there.
    ///
    /// # Errors
    /// [`MlsError`] if the library fails.
    pub fn channel_state<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
        device: &Device,
    ) -> Result<(ChannelState, Vec<SealedBlob>), MlsError> {
        let info =
            self.group.export_group_info(provider.crypto(), device, false).map_err(MlsError::library)?;
        let secrets = self.secrets(provider.crypto)?;
        let mut blobs = Vec::new();
        let tree = Part::pack(provider.rng, &self.data.relay, self.tree_bytes()?, &mut blobs)?;
        let next = NextEpoch {
            epoch: self.epoch(),
            secrets: &secrets,
            fanout: self.fanout()?,
            info: info.tls_serialize_detached().map_err(MlsError::library)?,
            data: &self.data,
            key: &self.key,
            snapshot: Some((tree, self.recovery_keys(&self.data)?)),
        };
        Ok((self.next_state(provider, next)?, blobs))
    }

    /// How many devices the next commit may add: at most [`MAX_ADDS`], and fewer where what goes with them would not fit into a
    /// frame: a welcome for each with the group's data, the fan-out list, a snapshot.
    ///
    /// # Errors
    /// [`MlsError::PeerFault`] if a leaf says not where it receives.
    pub fn most_adds(&self) -> Result<usize, MlsError> {
        let (data, fanout) = (encode(&self.data).len(), encode(&self.fanout()?).len());
        let leaves = self.leaves().count();
        let snapshot = MAX_INLINE * 5 / 4 + leaves * RECOVERY_BYTES;
        let others = 2 * (wire::MAX_ACCESS + data) + wire::MAX_BODY + fanout + snapshot;
        let each = ADD_BYTES + data * 9 / 8;
        Ok((wire::MAX_FRAME.saturating_sub(others) / each).clamp(1, MAX_ADDS))
    }

    /// A plan that does not leave the group without an admin, as one may whose parts were wished at different times: whoever makes it
    /// stays one then.
    ///
    /// # Errors
    /// [`MlsError`] if a leaf does not hold, or this device is no member.
    pub fn with_an_admin(&self, mut plan: Plan) -> Result<Plan, MlsError> {
        let Some(data) = plan.data.as_mut().filter(|data| data.admins != self.data.admins) else {
            return Ok(plan);
        };
        let removed = [
            self.leaves_of(&plan.remove)?,
            self.leaves_of_devices(&plan.remove_devices)?,
            self.leaves_of_devices(&plan.unused)?,
        ]
        .concat();
        let mut after: BTreeSet<_> = plan.add.iter().map(|joiner| joiner.certificate.identity).collect();
        for (index, leaf) in self.group.public_group().treesync().full_leaves() {
            if !removed.contains(&index) {
                after.insert(member_of(leaf)?.identity);
            }
        }
        if data.admins.is_disjoint(&after) {
            let own = self.group.own_leaf_node().ok_or(MlsError::State("this device is no member"))?;
            data.admins.insert(member_of(own)?.identity);
        }
        Ok(plan)
    }

    /// Stages a commit. Nothing changes until [`Self::accept_commit`].
    ///
    /// # Errors
    /// [`MlsError::State`] if a commit is pending already or the plan is not possible.
    pub fn stage<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        device: &Device,
        plan: Plan,
    ) -> Result<SealedCommit, MlsError> {
        if self.has_pending_commit() {
            return Err(MlsError::State("a commit is pending already"));
        }
        if plan.add.len() > self.most_adds()?
            || plan.data.as_ref().is_some_and(|data| !data.is_within_limits())
        {
            return Err(MlsError::State("a commit does not keep its bounds"));
        }
        let secrets = self.secrets(provider.crypto)?;
        let unused = self.leaves_of_devices(&plan.unused)?;
        let own_devices = self.leaves_of_devices(&plan.remove_devices)?;
        let removed = [self.leaves_of(&plan.remove)?, own_devices, unused.clone()].concat();
        let plan = self.with_away(plan, &unused, !removed.is_empty())?;
        let targets: Vec<_> = plan.add.iter().map(|joiner| joiner.delivery.clone()).collect();
        let messages = self.commit_messages(provider, device, &plan, &removed)?;
        let staged = self.group.pending_commit().ok_or(MlsError::State("the commit was not staged"))?;
        let next_secrets = Secrets::export(|label, context| {
            staged.export_secret(provider.crypto, label, context, 32).map_err(MlsError::library)
        })?;
        let data = plan.data.as_ref().unwrap_or(&self.data);
        let excludes = !removed.is_empty() || !self.data.lets_all_back(data);
        let key = if excludes { GroupKey(*next_secrets.group_key) } else { self.key.clone() };
        let own = plan.delivery.as_ref();
        let deliveries = self.deliveries(&removed, own)?;
        let fanout = deliveries.iter().chain(&targets);
        let fanout = fanout.map(|delivery| delivery.target(&data.relay)).collect::<Result<_, _>>()?;
        let mut blobs = Vec::new();
        let wants_snapshot = plan.snapshot || excludes || self.snapshot_is_due(!targets.is_empty());
        let tree = if wants_snapshot || !targets.is_empty() {
            let tree = staged
                .export_ratchet_tree(provider.crypto, self.group.export_ratchet_tree())
                .map_err(MlsError::library)?
                .ok_or(MlsError::State("the own commit removes this device"))?;
            let recovery = deliveries.iter().chain(&targets).map(|delivery| delivery.recovery);
            let recovery = recovery.chain(data.away.iter().map(|away| away.recovery)).collect();
            let bytes = tree.tls_serialize_detached().map_err(MlsError::library)?;
            Some((Part::pack(provider.rng, &data.relay, bytes, &mut blobs)?, recovery))
        } else {
            None
        };
        let joiners = match &tree {
            Some((tree, _)) => {
                let sealed = BodyBox::welcome(&next_secrets.welcome_key, self.channel);
                let sealed = sealed.seal(provider.rng, key.as_bytes());
                let joiner =
                    |joiner: &JoinerPackage| joiner.invited(provider, &data.relay, &messages, &sealed, tree);
                plan.add.iter().map(joiner).collect::<Result<_, MlsError>>()?
            }
            None => Vec::new(),
        };
        let next = NextEpoch {
            epoch: self.epoch() + 1,
            secrets: &next_secrets,
            fanout: Fanout { targets: fanout },
            info: messages.info,
            data,
            key: &key,
            snapshot: tree.filter(|_| wants_snapshot),
        };
        let next = self.next_state(provider, next)?;
        let body = self.seal_handshake(provider, messages.commit, &mut blobs)?;
        let post = SealedPost { epoch: self.epoch(), secret: secrets.post, fanout_key: secrets.fanout, body };
        Ok(SealedCommit { post, next, joiners, blobs })
    }

    fn commit_messages<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        device: &Device,
        plan: &Plan,
        removed: &[LeafNodeIndex],
    ) -> Result<Messages, MlsError> {
        let mut leaf = LeafNodeParameters::builder().with_capabilities(capabilities());
        if let Some(delivery) = &plan.delivery {
            leaf = leaf.with_extensions(delivery.extensions()?);
        }
        self.group.set_aad(LeaveStatement::list(&plan.leaving));
        let mut builder = self
            .group
            .commit_builder()
            .consume_proposal_store(false)
            .force_self_update(true)
            .leaf_node_parameters(leaf.build())
            .propose_removals(removed.iter().copied())
            .propose_adds(plan.add.iter().map(|joiner| joiner.package.clone()));
        if let Some(data) = &plan.data {
            builder =
                builder.propose_group_context_extensions(data.extensions()?).map_err(MlsError::library)?;
        }
        let bundle = builder
            .load_psks(provider.storage())
            .map_err(MlsError::library)?
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(provider.rand(), provider.crypto(), device, |_| true)
            .map_err(MlsError::library)?
            .stage_commit(provider)
            .map_err(MlsError::library)?;
        let welcomes = bundle.welcome().map(split).transpose()?.unwrap_or_default();
        let (commit, _, info) = bundle.into_messages();
        let info = info.ok_or(MlsError::State("a commit came without GroupInfo"))?;
        let bytes = |message: MlsMessageOut| message.to_bytes().map_err(MlsError::library);
        Ok(Messages { commit: bytes(commit)?, welcomes, info: bytes(info)? })
    }

    /// Merges the pending commit: the relay accepted it (MLS-1). Says what it changed.
    ///
    /// # Errors
    /// [`MlsError::State`] if none is pending.
    pub fn accept_commit<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
    ) -> Result<Vec<Change>, MlsError> {
        let Some(staged) = self.group.pending_commit() else {
            return Err(MlsError::State("no commit is pending"));
        };
        let removes = staged.remove_proposals().next().is_some();
        let before = self.names()?;
        let data = self.data.clone();
        self.group.merge_pending_commit(provider).map_err(MlsError::library)?;
        self.data = GroupData::from_extensions(self.group.extensions())?;
        if removes || !data.lets_all_back(&self.data) {
            self.key = GroupKey(*self.secrets(provider.crypto)?.group_key);
        }
        let after = self.names()?;
        let added = after.iter().filter(|(identity, _)| !before.contains_key(identity));
        let mut changes: Vec<_> =
            added.map(|(identity, name)| Change::Added(*identity, name.clone())).collect();
        let removed = before.iter().filter(|(identity, _)| !after.contains_key(identity));
        let is_away = |identity: &IdentityKey| self.data.away.iter().any(|away| away.identity == *identity);
        changes.extend(removed.map(|(identity, name)| match is_away(identity) {
            true => Change::Away(*identity, name.clone()),
            false => Change::Removed(*identity, name.clone()),
        }));
        let taken_back = data.taken_back(&self.data).filter(|identity| !after.contains_key(identity));
        changes.extend(taken_back.map(|identity| Change::Removed(identity, String::new())));
        if self.data.differs_for_people(&data) {
            changes.push(Change::Data(Box::new(self.data.clone())));
        }
        Ok(changes)
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
    /// [`MlsError::PeerFault`] or [`MlsError::Certificate`] if it does not hold, [`MlsError::Violation`] if it does what
    /// its sender may not do, [`MlsError::NeedsBlob`] if it lies in a blob that is not among `blobs`.
    pub fn process_commit<S: StorageProvider<CURRENT_VERSION>>(
        &mut self,
        provider: &Provider<'_, S>,
        body: &[u8],
        blobs: &Blobs,
        now: u64,
    ) -> Result<Merged, MlsError> {
        debug_assert!(!self.has_pending_commit(), "drop the own commit first");
        let commit = open_handshake(&self.key, self.channel, body, blobs)?;
        let processed = self
            .group
            .process_message(provider, protocol_message(&commit)?)
            .map_err(|_| MlsError::PeerFault("a commit does not hold"))?;
        let judged = judge(self.group.public_group(), &self.data, self.channel, processed, now)?;
        let is_removed = judged.staged.self_removed();
        let own = self.group.own_leaf_node().ok_or(MlsError::State("this device is no member"))?;
        let own = member_of(own)?;
        if is_removed && judged.data.is_away(own.identity, &own.device) {
            // What this device has is what it comes back with.
            let (by, changes) = (judged.by, judged.changes);
            return Ok(Merged { by, changes, is_removed: false, is_away: true });
        }
        self.group.merge_staged_commit(provider, *judged.staged).map_err(MlsError::library)?;
        if judged.removes && !is_removed {
            self.key = GroupKey(*self.secrets(provider.crypto)?.group_key);
        }
        self.data = judged.data;
        Ok(Merged { by: judged.by, changes: judged.changes, is_removed, is_away: false })
    }

    fn names(&self) -> Result<std::collections::BTreeMap<IdentityKey, String>, MlsError> {
        self.leaves().map(|leaf| Ok((member_of(leaf)?.identity, Delivery::of(leaf)?.name))).collect()
    }

    fn leaves_of(&self, identities: &BTreeSet<IdentityKey>) -> Result<Vec<LeafNodeIndex>, MlsError> {
        let mut leaves = Vec::new();
        for (index, leaf) in self.group.public_group().treesync().full_leaves() {
            if identities.contains(&member_of(leaf)?.identity) {
                leaves.push(index);
            }
        }
        Ok(leaves)
    }

    /// Where those receive that stay, with the own leaf as it will be.
    fn deliveries(
        &self,
        removed: &[LeafNodeIndex],
        own: Option<&Delivery>,
    ) -> Result<Vec<Delivery>, MlsError> {
        let leaves = self.group.public_group().treesync().full_leaves();
        leaves
            .filter(|(index, _)| !removed.contains(index))
            .map(|(index, leaf)| match own {
                Some(own) if index == self.group.own_leaf_index() => Ok(own.clone()),
                _ => Delivery::of(leaf),
            })
            .collect()
    }

    /// Whether the next commit brings a snapshot, whatever else it does. Who comes back after a removal, and loses the welcome,
    /// finds the group key there.
    fn snapshot_is_due(&self, adds: bool) -> bool {
        (adds && self.epoch() > 0) || (self.epoch() + 1).is_multiple_of(SNAPSHOT_EVERY)
    }

    /// To whom a snapshot seals the group key: all leaves, and devices that may come back.
    pub(crate) fn recovery_keys(&self, data: &GroupData) -> Result<Vec<[u8; 32]>, MlsError> {
        let leaves = self.leaves().map(|leaf| Ok(Delivery::of(leaf)?.recovery));
        leaves.chain(data.away.iter().map(|away| Ok(away.recovery))).collect()
    }

    pub(crate) fn seal_handshake<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
        commit: Vec<u8>,
        blobs: &mut Vec<SealedBlob>,
    ) -> Result<Vec<u8>, MlsError> {
        let part = Part::pack(provider.rng, &self.data.relay, commit, blobs)?;
        Ok(BodyBox::handshake(&self.key, self.channel).seal(provider.rng, &encode(&part)))
    }

    pub(crate) fn next_state<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
        next: NextEpoch<'_>,
    ) -> Result<ChannelState, MlsError> {
        let NextEpoch { epoch, secrets, fanout, info, data, key, snapshot } = next;
        let rng = provider.rng;
        let fanout = secrets.fanout.secret_box().seal(&rng.bytes(), FanoutKey::CONTEXT, &encode(&fanout));
        let group_info = snapshot.map(|(tree, leaves)| {
            encode(&Snapshot::seal(rng, data, self.channel, key, tree, info.clone(), &leaves))
        });
        let access = ChannelAccess { secret: secrets.post.clone(), fanout_key: secrets.fanout.clone(), info };
        let access = BodyBox::access(key, self.channel).seal(rng, &encode(&access));
        let state = ChannelState {
            epoch,
            post_secret: secrets.post.hash(),
            fanout,
            group_info: group_info.map(Into::into),
            access,
        };
        if state.is_within_limits() { Ok(state) } else { Err(MlsError::State("a group has grown too large")) }
    }
}

struct Messages {
    commit: Vec<u8>,
    /// For each device that is added, by its key package.
    welcomes: Vec<(KeyPackageRef, Vec<u8>)>,
    info: Vec<u8>,
}

impl JoinerPackage {
    /// The device as it is added to a group, with the group key and the tree as they go to all who are.
    fn invited<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
        relay: &str,
        messages: &Messages,
        key: &[u8],
        tree: &Part,
    ) -> Result<Joiner, MlsError> {
        let reference = self.package.hash_ref(provider.crypto).map_err(MlsError::library)?;
        let welcome = messages.welcomes.iter().find(|(of, _)| *of == reference);
        let (_, welcome) = welcome.ok_or(MlsError::State("an addition came without welcome"))?;
        let delivery = &self.delivery;
        Ok(Joiner {
            inbox: delivery.inbox,
            token: delivery.token.clone(),
            relay: delivery.address_from(relay)?,
            invitation: invitation(welcome.clone(), key.to_vec(), tree.clone()),
        })
    }
}

/// Opens a commit, sealed under the group key of the epoch that it ends.
pub(crate) fn open_handshake(
    key: &GroupKey,
    channel: kuvert_wire::ChannelId,
    body: &[u8],
    blobs: &Blobs,
) -> Result<Vec<u8>, MlsError> {
    let part = BodyBox::handshake(key, channel).open(body)?;
    let part: Part =
        decode(&part, wire::MAX_BODY).map_err(|_| MlsError::PeerFault("a commit is malformed"))?;
    let commit = part.unpack(blobs)?;
    if commit.len() > MAX_PART { Err(MlsError::PeerFault("a commit is too large")) } else { Ok(commit) }
}
