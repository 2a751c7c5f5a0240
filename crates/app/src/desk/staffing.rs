//! Which devices of the line are in conversations, and how the team reaches them.

use std::collections::BTreeSet;

use kuvert_core::{ClientError, LineCommand, LineDevice, Timestamp};
use kuvert_desk::room::{DeviceKey, Event};

use crate::{App, views};

impl App {
    /// Who opened the link some time ago writes to the devices that the line had then: those in conversations with something new
    /// are looked at. Devices that came since are let in, and those that went are put out.
    pub(super) fn staff_new(&mut self, now: Timestamp, devices: &[LineDevice]) -> Result<(), ClientError> {
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        let identity = self.client.identity();
        for conversation in std::mem::take(&mut desk.unstaffed) {
            let row = views::conversation_row(conversation);
            let here = self.client.devices(row)?.into_iter().filter(|(of, _)| Some(*of) == identity);
            let here: BTreeSet<_> = here.map(|(_, device)| device).collect();
            let wanted: BTreeSet<_> = devices.iter().map(|device| device.key).collect();
            if here.is_empty() || here == wanted {
                continue;
            }
            let staff = LineCommand::Staff { conversation: row, devices: devices.to_vec() };
            match self.line(now, staff) {
                // Nothing goes to who is blocked, or to where this device is not.
                Ok(()) | Err(ClientError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
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

    /// The devices of members, the own one among them.
    pub(super) fn line_devices(&mut self, own: &[u8; 32]) -> Result<Vec<LineDevice>, ClientError> {
        let own_device = self.client.own_line_device();
        let desk = self.desk()?;
        let members =
            desk.team.members().filter(|(device, member)| member.is_active() && device.as_bytes() != own);
        let others = members.filter_map(|(device, member)| {
            Some(LineDevice { key: *device.as_bytes(), reach: member.reach.as_ref()?.to_vec() })
        });
        Ok(own_device.into_iter().chain(others).collect())
    }
}
