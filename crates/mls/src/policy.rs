//! Who may do what in a group. Every receiver of a commit asks here before it merges, and so does who follows a channel.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_wire::ChannelId;
use openmls::prelude::{
    BasicCredential, LeafNode, LeafNodeIndex, ProcessedMessage, ProcessedMessageContent, Proposal,
    PublicGroup, Sender, StagedCommit,
};

use crate::leave::LeaveStatement;
use crate::limits::MAX_LEAVES;
use crate::unused::away_after;
use crate::{Delivery, DeviceCertificate, DeviceRole, GroupData, GroupKind, IdentityKey, MlsError};

/// What a commit changes, as far as people care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Somebody is new, under this name.
    Added(IdentityKey, String),
    /// Somebody was removed.
    Removed(IdentityKey, String),
    /// Somebody left.
    Left(IdentityKey, String),
    /// The group's name, picture or admins are not what they were.
    Data(Box<GroupData>),
    /// A device that had missed too much is back.
    Rejoined(IdentityKey, String),
    /// Somebody's devices were not in use for long, and were dropped until they come back by themselves.
    Away(IdentityKey, String),
}

/// A commit that breaks no rule.
pub(crate) struct Judged {
    pub(crate) by: IdentityKey,
    pub(crate) changes: Vec<Change>,
    /// The group's data from now on.
    pub(crate) data: GroupData,
    /// Somebody does not belong to it any more, so that the group key changes.
    pub(crate) removes: bool,
    pub(crate) staged: Box<StagedCommit>,
}

/// A commit under judgement.
struct Case<'a> {
    group: &'a PublicGroup,
    data: &'a GroupData,
    channel: ChannelId,
    by: IdentityKey,
    now: u64,
    names: BTreeMap<IdentityKey, String>,
}

/// Judges a commit, at a time in seconds since 1970. Leaves that are in the group were verified when they came in.
pub(crate) fn judge(
    group: &PublicGroup,
    data: &GroupData,
    channel: ChannelId,
    message: ProcessedMessage,
    now: u64,
) -> Result<Judged, MlsError> {
    let sender = message.sender().clone();
    let statements = LeaveStatement::read_list(message.aad())?;
    let ProcessedMessageContent::StagedCommitMessage(staged) = message.into_content() else {
        return Err(MlsError::PeerFault("a commit that is none"));
    };
    let path = staged.update_path_leaf_node().ok_or(MlsError::PeerFault("a commit without fresh keys"))?;
    let by = valid_certificate_of(path, now)?.identity;
    Delivery::of(path)?.target(&data.relay)?;
    let mut case = Case { group, data, channel, by, now, names: BTreeMap::new() };
    for (_, leaf) in group.treesync().full_leaves() {
        case.names.entry(member_of(leaf)?.identity).or_insert(Delivery::of(leaf)?.name);
    }
    let (changes, data, removes) = match sender {
        Sender::Member(index) => case.member(index, path, &staged, &statements)?,
        Sender::NewMemberCommit => case.rejoin(path, &staged)?,
        _ => return Err(MlsError::PeerFault("a commit of a stranger")),
    };
    Ok(Judged { by, changes, data, removes, staged })
}

impl Case<'_> {
    fn violation(&self, what: &'static str) -> MlsError {
        MlsError::Violation { by: self.by, what }
    }

    fn leaf(&self, index: LeafNodeIndex) -> Result<&LeafNode, MlsError> {
        self.group.leaf(index).ok_or(MlsError::PeerFault("there is no such leaf"))
    }

    fn identity(&self, index: LeafNodeIndex) -> Result<IdentityKey, MlsError> {
        Ok(member_of(self.leaf(index)?)?.identity)
    }

    /// A member may renew its own leaf, add and remove devices of its own (in a desk room only with the identity key, and nowhere
    /// without it those that hold it), let go who leaves, and drop devices that were not in use; an admin may do the rest.
    fn member(
        &self,
        sender: LeafNodeIndex,
        path: &LeafNode,
        staged: &StagedCommit,
        statements: &[LeaveStatement],
    ) -> Result<(Vec<Change>, GroupData, bool), MlsError> {
        if member_of(self.leaf(sender)?)?.device != member_of(path)?.device {
            return Err(self.violation("it gives its leaf to another device"));
        }
        let is_admin = admins(self.group, self.data)?.contains(&self.by);
        let may_choose = self.data.kind != GroupKind::Desk || self.is_owner(sender)?;
        let may_rule = is_admin && self.data.kind == GroupKind::Group;
        let mut data = self.data.clone();
        let (mut added, mut removed, mut leaving) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let mut unused = Vec::new();
        for queued in staged.queued_proposals() {
            if !matches!(queued.sender(), Sender::Member(index) if *index == sender) {
                return Err(self.violation("it carries out a proposal of somebody else"));
            }
            match queued.proposal() {
                Proposal::Add(add) => {
                    let leaf = add.key_package().leaf_node();
                    let identity = valid_certificate_of(leaf, self.now)?.identity;
                    let delivery = Delivery::of(leaf)?;
                    delivery.target(&self.data.relay)?;
                    let may_add = may_rule || self.begins();
                    let is_strange = identity != self.by && (!may_add || self.names.contains_key(&identity));
                    if is_strange || !may_choose {
                        return Err(self.violation("it adds a device that it may not add"));
                    }
                    added.insert(identity, delivery.name);
                }
                Proposal::Remove(remove) => {
                    let identity = self.identity(remove.removed())?;
                    if self.states_to_leave(identity, statements)? {
                        leaving.insert(identity);
                    } else if identity != self.by && self.is_unused(remove.removed())? {
                        unused.push(remove.removed());
                    } else if identity == self.by
                        && self.is_owner(remove.removed())?
                        && !self.is_owner(sender)?
                    {
                        return Err(self.violation("it removes a device that holds the identity key"));
                    } else if (identity != self.by && !may_rule) || !may_choose {
                        return Err(self.violation("it removes a device that it may not remove"));
                    }
                    removed.insert(remove.removed().u32());
                }
                Proposal::GroupContextExtensions(change) => {
                    let next = GroupData::from_extensions(change.extensions())?;
                    let mut lets_back = self.data.clone();
                    lets_back.away.clone_from(&next.away);
                    if !self.data.may_become(&next) || (!may_rule && next != lets_back) {
                        return Err(self.violation("it changes what the group is"));
                    }
                    data = next;
                }
                _ => return Err(self.violation("it does what groups of Kuvert do not do")),
            }
        }
        self.check_away(&data, may_rule, &removed, &unused)?;
        self.result(data, &added, &removed, &leaving)
    }

    /// Whether a leaf holds the identity key, and may say for its identity who else does or speaks for it.
    fn is_owner(&self, index: LeafNodeIndex) -> Result<bool, MlsError> {
        Ok(member_of(self.leaf(index)?)?.role == DeviceRole::Owner)
    }

    /// A direct conversation begins with one member, who adds the other. Members do not see that commit; whoever comes back
    /// may, by way of the public tree.
    fn begins(&self) -> bool {
        self.data.kind == GroupKind::Direct
            && self.group.group_context().epoch().as_u64() == 0
            && self.names.len() == 1
    }

    /// Whether a leaf may be dropped because its device was not in use.
    fn is_unused(&self, index: LeafNodeIndex) -> Result<bool, MlsError> {
        Ok(self.data.kind == GroupKind::Group && Delivery::of(self.leaf(index)?)?.is_unused(self.now))
    }

    /// Who may come back by themselves are those who might before, and are not back, and those whom this commit drops because they
    /// were not in use. An admin may let fewer back.
    fn check_away(
        &self,
        data: &GroupData,
        may_rule: bool,
        removed: &BTreeSet<u32>,
        unused: &[LeafNodeIndex],
    ) -> Result<(), MlsError> {
        let expected = if removed.is_empty() {
            self.data.away.clone()
        } else {
            away_after(self.group, self.data, unused)?
        };
        let holds = if may_rule {
            data.away.iter().all(|away| expected.contains(away))
        } else {
            data.away == expected
        };
        if holds { Ok(()) } else { Err(self.violation("it changes who may come back")) }
    }

    fn states_to_leave(
        &self,
        identity: IdentityKey,
        statements: &[LeaveStatement],
    ) -> Result<bool, MlsError> {
        for (_, leaf) in self.group.treesync().full_leaves() {
            let is_stated = || statements.iter().any(|statement| statement.holds(self.channel, leaf));
            if member_of(leaf)?.identity == identity && is_stated() {
                return Ok(self.data.kind == GroupKind::Group);
            }
        }
        Ok(false)
    }

    fn result(
        &self,
        data: GroupData,
        added: &BTreeMap<IdentityKey, String>,
        removed: &BTreeSet<u32>,
        leaving: &BTreeSet<IdentityKey>,
    ) -> Result<(Vec<Change>, GroupData, bool), MlsError> {
        let mut after: BTreeSet<IdentityKey> = added.keys().copied().collect();
        let mut leaves = added.len();
        for (index, leaf) in self.group.treesync().full_leaves() {
            if !removed.contains(&index.u32()) {
                after.insert(member_of(leaf)?.identity);
                leaves += 1;
            }
        }
        if leaves > MAX_LEAVES {
            return Err(self.violation("it makes the group too large"));
        }
        if data.admins != self.data.admins && data.admins.is_disjoint(&after) {
            return Err(self.violation("it leaves the group without an admin"));
        }
        let is_known =
            |one: &IdentityKey| self.names.contains_key(one) || (self.begins() && after.len() == 2);
        if self.data.kind == GroupKind::Direct && !after.iter().all(is_known) {
            return Err(self.violation("a direct conversation has two members for good"));
        }
        if self.data.kind == GroupKind::Desk && after.len() != 1 {
            return Err(self.violation("a desk room belongs to one line"));
        }
        let new = added.iter().filter(|(identity, _)| !self.names.contains_key(identity));
        let mut changes: Vec<_> =
            new.map(|(identity, name)| Change::Added(*identity, name.clone())).collect();
        for (identity, name) in &self.names {
            if !after.contains(identity) {
                changes.push(if leaving.contains(identity) {
                    Change::Left(*identity, name.clone())
                } else if data.away.iter().any(|away| away.identity == *identity) {
                    Change::Away(*identity, name.clone())
                } else {
                    Change::Removed(*identity, name.clone())
                });
            }
        }
        let taken_back = self.data.taken_back(&data).filter(|identity| !after.contains(identity));
        changes.extend(taken_back.map(|identity| Change::Removed(identity, String::new())));
        if data.differs_for_people(self.data) {
            changes.push(Change::Data(Box::new(data.clone())));
        }
        let excludes = !removed.is_empty() || !self.data.lets_all_back(&data);
        Ok((changes, data, excludes))
    }

    /// From outside comes only a device that is a member, and puts a fresh leaf in the place of its own (MLS-3).
    fn rejoin(
        &self,
        path: &LeafNode,
        staged: &StagedCommit,
    ) -> Result<(Vec<Change>, GroupData, bool), MlsError> {
        let mut replaced = false;
        for queued in staged.queued_proposals() {
            match queued.proposal() {
                Proposal::ExternalInit(_) => {}
                Proposal::Remove(remove) => {
                    let old = member_of(self.leaf(remove.removed())?)?;
                    let new = member_of(path)?;
                    if (old.identity, old.device) != (new.identity, new.device) {
                        return Err(self.violation("it comes from outside in the place of another device"));
                    }
                    replaced = true;
                }
                _ => return Err(self.violation("it comes from outside and changes the group")),
            }
        }
        let own = member_of(path)?;
        if !replaced && !self.data.is_away(own.identity, &own.device) {
            return Err(self.violation("it comes from outside and was no member"));
        }
        let name = Delivery::of(path)?.name;
        Ok((vec![Change::Rejoined(self.by, name)], self.data.clone(), false))
    }
}

/// Who may rule: the admins that are members, or who has the first leaf where no admin is left.
pub(crate) fn admins(group: &PublicGroup, data: &GroupData) -> Result<BTreeSet<IdentityKey>, MlsError> {
    let mut first = None;
    let mut admins = BTreeSet::new();
    for (_, leaf) in group.treesync().full_leaves() {
        let identity = member_of(leaf)?.identity;
        first = first.or(Some(identity));
        if data.admins.contains(&identity) {
            admins.insert(identity);
        }
    }
    if admins.is_empty() {
        admins.extend(first);
    }
    Ok(admins)
}

/// Every leaf is certified and reachable, and their identities are as many as the kind of group has.
pub(crate) fn check_members(group: &PublicGroup, data: &GroupData, now: u64) -> Result<(), MlsError> {
    let mut identities = BTreeSet::new();
    let mut leaves = 0;
    for (_, leaf) in group.treesync().full_leaves() {
        identities.insert(valid_certificate_of(leaf, now)?.identity);
        Delivery::of(leaf)?.target(&data.relay)?;
        leaves += 1;
    }
    match data.kind {
        _ if leaves > MAX_LEAVES => Err(MlsError::PeerFault("a group is too large")),
        GroupKind::Direct if identities.len() != 2 => {
            Err(MlsError::PeerFault("a direct conversation has two members"))
        }
        GroupKind::Desk if identities.len() != 1 => {
            Err(MlsError::PeerFault("a desk room belongs to one line"))
        }
        GroupKind::Direct | GroupKind::Group | GroupKind::Desk => Ok(()),
    }
}

/// The certificate of a leaf, verified.
pub(crate) fn certificate_of(leaf: &LeafNode) -> Result<DeviceCertificate, MlsError> {
    Ok(DeviceCertificate::verified(credential(leaf)?.identity(), leaf.signature_key().as_slice())?)
}

/// The certificate of a leaf that is in a group of this device: it was verified before it came in ([`judge`],
/// [`check_members`]), and is read from the own storage since.
pub(crate) fn member_of(leaf: &LeafNode) -> Result<DeviceCertificate, MlsError> {
    Ok(DeviceCertificate::read(credential(leaf)?.identity())?)
}

fn credential(leaf: &LeafNode) -> Result<BasicCredential, MlsError> {
    BasicCredential::try_from(leaf.credential().clone())
        .map_err(|_| MlsError::PeerFault("a leaf has another kind of credential"))
}

/// The certificate of a leaf that comes into a group, at a time in seconds since 1970.
pub(crate) fn valid_certificate_of(leaf: &LeafNode, now: u64) -> Result<DeviceCertificate, MlsError> {
    let certificate = certificate_of(leaf)?;
    if (certificate.not_before..=certificate.not_after).contains(&now) {
        Ok(certificate)
    } else {
        Err(MlsError::PeerFault("a device certificate is not valid at this time"))
    }
}
