//! Devices that were not in use for long: dropped from the tree, with the right to come back by themselves.
//!
//! Every device that is in use renews its leaf now and then, and the leaf says when. So members see from the tree who was not there
//! for [`UNUSED_AFTER`](crate::limits::UNUSED_AFTER), and every receiver of a commit can check it. Whoever is dropped is written
//! into the group's data, and may come back by an external commit like somebody who missed too much.

use std::collections::BTreeSet;

use openmls::prelude::{LeafNodeIndex, PublicGroup};

use crate::data::Away;
use crate::limits::MAX_AWAY;
use crate::policy::member_of;
use crate::{Delivery, Group, GroupData, GroupKind, MlsError, Plan};

impl Group {
    /// Public keys of devices that were not in use for long, but for the own one, at a time in seconds since 1970. Nobody is dropped
    /// from a direct conversation, nor where there is no room for more who may come back.
    ///
    /// # Errors
    /// [`MlsError`] if a leaf does not hold.
    pub fn unused(&self, now: u64) -> Result<Vec<[u8; 32]>, MlsError> {
        if self.data.kind != GroupKind::Group {
            return Ok(Vec::new());
        }
        let own = self.group.own_leaf_index();
        let mut unused = Vec::new();
        for (index, leaf) in self.group.public_group().treesync().full_leaves() {
            if index != own && Delivery::of(leaf)?.is_unused(now) {
                unused.push(member_of(leaf)?.device);
            }
        }
        unused
            .truncate(MAX_AWAY.saturating_sub(away_after(self.group.public_group(), &self.data, &[])?.len()));
        Ok(unused)
    }

    /// When this device renewed its leaf, in seconds since 1970; 0 if the leaf does not say.
    ///
    /// # Errors
    /// [`MlsError::State`] if this device is no member any more.
    pub fn own_renewed(&self) -> Result<u64, MlsError> {
        let leaf = self.group.own_leaf_node().ok_or(MlsError::State("this device is no member"))?;
        Ok(Delivery::of(leaf)?.renewed.unwrap_or(0))
    }

    /// A plan with what it makes of the devices that may come back.
    pub(crate) fn with_away(
        &self,
        mut plan: Plan,
        unused: &[LeafNodeIndex],
        removes: bool,
    ) -> Result<Plan, MlsError> {
        let mut data = plan.data.take().unwrap_or_else(|| self.data.clone());
        if removes {
            data.away = away_after(self.group.public_group(), &self.data, unused)?;
        }
        data.away.retain(|away| !plan.remove.contains(&away.identity));
        if data.away.len() > MAX_AWAY {
            return Err(MlsError::State("a commit does not keep its bounds"));
        }
        plan.data = Some(data).filter(|data| *data != self.data);
        Ok(plan)
    }

    pub(crate) fn leaves_of_devices(
        &self,
        devices: &BTreeSet<[u8; 32]>,
    ) -> Result<Vec<LeafNodeIndex>, MlsError> {
        let mut leaves = Vec::new();
        for (index, leaf) in self.group.public_group().treesync().full_leaves() {
            if devices.contains(&member_of(leaf)?.device) {
                leaves.push(index);
            }
        }
        Ok(leaves)
    }
}

/// Who may come back by themselves after a commit that drops these leaves: who might before and is not back, and these.
pub(crate) fn away_after(
    group: &PublicGroup,
    data: &GroupData,
    unused: &[LeafNodeIndex],
) -> Result<Vec<Away>, MlsError> {
    let mut away = data.away.clone();
    for (index, leaf) in group.treesync().full_leaves() {
        let member = member_of(leaf)?;
        away.retain(|away| away.device != member.device);
        if unused.contains(&index) {
            let recovery = Delivery::of(leaf)?.recovery;
            away.push(Away { identity: member.identity, device: member.device, recovery });
        }
    }
    Ok(away)
}
