//! Which devices of the line are in conversations, and how the team reaches them.

use std::collections::BTreeSet;

use kuvert_core::{ClientError, DeskStanding, LineCommand, LineDevice, Timestamp};
use kuvert_desk::line::{LineProfile, Readers};
use kuvert_desk::room::{DeviceKey, Event, Role, Team};
use kuvert_wire::ChannelId;

use super::{Desk, Duties};
use crate::{App, views};

/// What an owner's device owes: the line's devices into all conversations or out of them, and its card.
const OWES_STAFF: u8 = 1;
const OWES_CARD: u8 = 2;

/// The devices of the line's members, by where they belong.
pub(super) struct Crew {
    /// Those that are in all conversations.
    pub(super) all: Vec<LineDevice>,
    /// Those that are in the conversations which their members look after.
    others: Vec<LineDevice>,
}

impl Crew {
    /// The devices that belong into a conversation.
    fn of(&self, desk: &Desk, channel: ChannelId) -> Vec<LineDevice> {
        let claimed_by = desk.cases.get(channel).and_then(|case| case.claimed_by());
        let here = |device: &&LineDevice| claimed_by == Some(DeviceKey::new(device.key));
        self.all.iter().chain(self.others.iter().filter(here)).cloned().collect()
    }
}

/// Whether only those are in a conversation who look after it, and those who lead the team.
pub(super) fn is_limited(team: &Team) -> bool {
    let line = LineProfile::decode(&team.settings().bytes);
    line.is_ok_and(|line| line.readers == Readers::WhoAnswers)
}

impl Desk {
    /// Whether a member is in all conversations, also where the others are not.
    pub(super) fn leads(&self, device: DeviceKey) -> bool {
        self.team.role(device) >= Some(Role::Supervisor)
    }
}

impl Duties {
    /// What of it is written down until it is done.
    pub(super) fn owes(&self, restaff: bool) -> u8 {
        let staff = if restaff { OWES_STAFF } else { 0 };
        staff | if self.publish || restaff { OWES_CARD } else { 0 }
    }
}

impl App {
    /// What a device was closed before it could do is done now.
    pub(super) fn owed_from_before(
        &mut self,
        standing: &DeskStanding,
        duties: &mut Duties,
    ) -> Result<(), ClientError> {
        let owed = self.client.desk_owes()?;
        duties.publish |= owed & OWES_CARD != 0;
        if owed & OWES_STAFF != 0 && !duties.restaff {
            duties.restaff = true;
            let team = &self.desk()?.team;
            let is_gone = |device: &DeviceKey| team.member(*device).is_some_and(|member| !member.is_active());
            duties.dismissed.extend(standing.devices.iter().copied().map(DeviceKey::new).filter(is_gone));
        }
        Ok(())
    }

    /// Brings the line's devices into conversations and out of them: an owner's device.
    pub(super) fn staff(&mut self, now: Timestamp, crew: &Crew, duties: &Duties) -> Result<(), ClientError> {
        if !duties.restaff {
            return self.staff_new(now, crew);
        }
        let mut some = Vec::new();
        if !crew.others.is_empty() {
            self.read_facts()?;
            let desk = self.desk()?;
            for (channel, conversation) in &desk.conversations {
                let here = crew.of(desk, *channel).into_iter().skip(crew.all.len());
                some.extend(here.map(|device| (views::conversation_row(*conversation), device)));
            }
        }
        self.line(now, LineCommand::StaffAll { devices: crew.all.clone(), some })
    }

    /// Who opened the link some time ago writes to the devices that the line had then: those in conversations with something new
    /// are looked at. Devices that came since are let in, and those that went are put out.
    fn staff_new(&mut self, now: Timestamp, crew: &Crew) -> Result<(), ClientError> {
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        let identity = self.client.identity();
        for conversation in std::mem::take(&mut desk.unstaffed) {
            let row = views::conversation_row(conversation);
            let here = self.client.devices(row)?.into_iter().filter(|(of, _)| Some(*of) == identity);
            let here: BTreeSet<_> = here.map(|(_, device)| device).collect();
            let Ok(channel) = self.channel(conversation) else { continue };
            let wanted = crew.of(self.desk()?, channel);
            if here.is_empty() || here == wanted.iter().map(|device| device.key).collect() {
                continue;
            }
            self.staff_one(now, row, wanted)?;
        }
        Ok(())
    }

    /// Somebody else looks after conversations that not everybody is in: a device of one who leads the team lets them in, and
    /// others out. All such devices do so at once: the first one counts.
    pub(super) fn let_in(&mut self, now: Timestamp, crew: &Crew, duties: &Duties) -> Result<(), ClientError> {
        let desk = self.desk()?;
        let mut recased = duties.recased.clone();
        if !desk.was_let_in {
            let claimed = desk.cases.iter().filter(|(_, case)| case.claim.is_some());
            recased.extend(claimed.map(|(channel, _)| channel));
        }
        if let Some(desk) = self.desk.as_mut() {
            desk.was_let_in = true;
        }
        if recased.is_empty() {
            return Ok(());
        }
        self.read_facts()?;
        for channel in recased {
            let Some(desk) = self.desk.as_mut() else { return Ok(()) };
            let Some(conversation) = desk.conversations.get(&channel).copied() else { continue };
            let conversation = views::conversation_row(conversation);
            desk.unsaid.note(conversation, now.0);
            let devices = crew.of(desk, channel);
            if !duties.restaff {
                self.staff_one(now, conversation, devices)?;
            }
        }
        Ok(())
    }

    fn staff_one(
        &mut self,
        now: Timestamp,
        conversation: kuvert_core::ConversationId,
        devices: Vec<LineDevice>,
    ) -> Result<(), ClientError> {
        match self.line(now, LineCommand::Staff { conversation, devices }) {
            // Nothing goes to who is blocked, or to where this device is not.
            Ok(()) | Err(ClientError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Tells the team how this device is reached, once it is one of them.
    pub(super) fn say_reach(&mut self, now: Timestamp) -> Result<(), ClientError> {
        let Some(own) = self.client.own_line_device() else { return Ok(()) };
        let desk = self.desk()?;
        let Some(member) = desk.team.member(DeviceKey::new(own.key)).filter(|member| member.is_active())
        else {
            return Ok(());
        };
        let is_known = member.reach.as_ref().is_some_and(|reach| reach.as_slice() == own.reach);
        if is_known || desk.said_reach {
            return Ok(());
        }
        if let Some(desk) = self.desk.as_mut() {
            desk.said_reach = true;
        }
        self.post(now, &Event::SetReach { reach: own.reach })
    }

    /// The devices of members, the own one among those that are everywhere.
    pub(super) fn crew(&mut self, own: &[u8; 32]) -> Result<Crew, ClientError> {
        let own_device = self.client.own_line_device();
        let desk = self.desk()?;
        let is_limited = desk.is_limited;
        let members =
            desk.team.members().filter(|(device, member)| member.is_active() && device.as_bytes() != own);
        let (mut all, mut others): (Vec<_>, Vec<_>) = (own_device.into_iter().collect(), Vec::new());
        for (device, member) in members {
            let Some(reach) = &member.reach else { continue };
            let line_device = LineDevice { key: *device.as_bytes(), reach: reach.to_vec() };
            if is_limited && !desk.leads(device) { others.push(line_device) } else { all.push(line_device) }
        }
        Ok(Crew { all, others })
    }
}
