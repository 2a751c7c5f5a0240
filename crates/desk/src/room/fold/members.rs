//! Who operates the line's devices, and what they may do.

use std::collections::BTreeSet;

use super::{Actor, Reason, valid};
use crate::limits::{MAX_MEMBER_REACH, MAX_MEMBERS};
use crate::room::case::Cases;
use crate::room::event::Role;
use crate::room::ids::DeviceKey;
use crate::room::parts::Part;
use crate::room::team::{Member, Team};
use crate::room::text::is_name;

impl Team {
    pub(super) fn found(
        &mut self,
        touched: &mut BTreeSet<Part>,
        device: DeviceKey,
        name: &str,
        at: i64,
    ) -> Result<(), Reason> {
        if !self.roster.members.is_empty() {
            return Err(Reason::AlreadyFounded);
        }
        valid(is_name(name))?;
        self.roster.members.insert(device, Member::new(name, Role::Owner, at));
        touched.insert(Part::Roster);
        Ok(())
    }

    pub(super) fn join(
        &mut self,
        actor: &Actor,
        device: DeviceKey,
        name: &str,
        role: Role,
    ) -> Result<Part, Reason> {
        actor.must_be(Role::Owner)?;
        valid(is_name(name))?;
        if self.role(device).is_some() {
            return Err(Reason::Nothing);
        }
        if !self.roster.members.contains_key(&device) && self.roster.members.len() >= MAX_MEMBERS {
            let dismissed =
                self.members().filter_map(|(device, member)| Some((member.dismissed_at?, device)));
            let (_, forgotten) = dismissed.min().ok_or(Reason::Full)?;
            self.roster.members.remove(&forgotten);
        }
        self.roster.members.insert(device, Member::new(name, role, actor.at));
        Ok(Part::Roster)
    }

    pub(super) fn rename(&mut self, actor: &Actor, device: DeviceKey, name: &str) -> Result<Part, Reason> {
        actor.must_be(Role::Supervisor)?;
        valid(is_name(name))?;
        let member = self.active(device)?;
        actor.must_be(member.role.max(Role::Supervisor))?;
        if member.name == name {
            return Err(Reason::Nothing);
        }
        name.clone_into(&mut member.name);
        Ok(Part::Roster)
    }

    pub(super) fn set_role(&mut self, actor: &Actor, device: DeviceKey, role: Role) -> Result<Part, Reason> {
        actor.must_be(Role::Owner)?;
        if role != Role::Owner {
            self.keeps_an_owner_without(device)?;
        }
        let member = self.active(device)?;
        if member.role == role {
            return Err(Reason::Nothing);
        }
        member.role = role;
        Ok(Part::Roster)
    }

    pub(super) fn set_duty(&mut self, actor: &Actor, device: DeviceKey, on: bool) -> Result<Part, Reason> {
        if actor.device != device {
            actor.must_be(Role::Supervisor)?;
        }
        let member = self.active(device)?;
        if member.on_duty_since.is_some() == on {
            return Err(Reason::Nothing);
        }
        member.on_duty_since = on.then_some(actor.at);
        Ok(Part::Roster)
    }

    pub(super) fn set_reach(&mut self, actor: &Actor, reach: &[u8]) -> Result<Part, Reason> {
        valid((1..=MAX_MEMBER_REACH).contains(&reach.len()))?;
        let member = self.active(actor.device)?;
        if member.reach.as_ref().is_some_and(|known| known.as_slice() == reach) {
            return Err(Reason::Nothing);
        }
        member.reach = Some(reach.to_vec().into());
        Ok(Part::Roster)
    }

    /// Takes a member away from the line, and what they had claimed from them.
    pub(super) fn dismiss(
        &mut self,
        cases: &mut Cases,
        actor: &Actor,
        device: DeviceKey,
    ) -> Result<(), Reason> {
        actor.must_be(Role::Owner)?;
        self.keeps_an_owner_without(device)?;
        let member = self.active(device)?;
        member.dismissed_at = Some(actor.at);
        member.on_duty_since = None;
        member.reach = None;
        cases.touch(Part::Roster);
        for (id, case) in &mut cases.cases {
            if case.claimed_by() == Some(device) {
                case.end_claim(actor.at);
                cases.touched.insert(Part::Case(*id));
            }
        }
        Ok(())
    }

    fn active(&mut self, device: DeviceKey) -> Result<&mut Member, Reason> {
        self.roster.members.get_mut(&device).filter(|member| member.is_active()).ok_or(Reason::Missing)
    }

    fn keeps_an_owner_without(&self, device: DeviceKey) -> Result<(), Reason> {
        let mut owners = self.owners();
        if owners.any(|owner| owner != device) { Ok(()) } else { Err(Reason::LastOwner) }
    }
}

impl Member {
    fn new(name: &str, role: Role, at: i64) -> Self {
        let name = name.to_owned();
        Self { name, role, joined_at: at, dismissed_at: None, on_duty_since: None, reach: None }
    }
}
