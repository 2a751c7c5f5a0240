//! Customers of a line: which of its devices are in their conversations, and when what was said is erased.

use std::collections::BTreeSet;

use kuvert_content::{Content, DataKind, Meaning};
use kuvert_mls::{DeviceRole, Group, GroupKey, IdentityKey};
use kuvert_store::{
    ContactState, ConversationId, IntentId, IntentState, MessageId, MessageRow, MetaKey, SenderKind, Tx,
};
use kuvert_wire::{ChannelId, decode, encode};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::group::checked_name;
use crate::limits::{EVENT_IDS, MAX_DATA_ANSWERS, STAFFING_AT_ONCE, STAFFING_PAUSE};
use crate::step::Step;
use crate::wishes::{Wish, device_of};
use crate::{Client, ClientError, Fold, LineDevice, Output, Refusal};

/// Devices of the line that are being brought into all conversations, or out of them.
#[derive(Encode, Decode)]
struct Staffing {
    /// Those that are to be in all.
    #[n(0)]
    devices: Vec<Device>,
    /// The last conversation that was looked at.
    #[n(1)]
    after: i64,
    /// Those that are to be in some only.
    #[n(2)]
    #[cbor(default)]
    further: Vec<Device>,
    /// In which conversations these are to be: each time the conversation, and which of them.
    #[n(3)]
    #[cbor(default)]
    some: Vec<(i64, u32)>,
}

/// A device of the line: its key, and how it is reached.
#[derive(Encode, Decode)]
struct Device(#[n(0)] ByteVec, #[n(1)] ByteVec);

impl Device {
    fn new(device: &LineDevice) -> Self {
        Self(device.key.to_vec().into(), device.reach.clone().into())
    }

    fn key(&self) -> Option<[u8; 32]> {
        self.0.as_slice().try_into().ok()
    }

    fn read(&self) -> Option<LineDevice> {
        Some(LineDevice { key: self.key()?, reach: self.1.to_vec() })
    }
}

impl Staffing {
    fn is_everywhere(&self, key: &[u8; 32]) -> bool {
        self.devices.iter().any(|one| one.key() == Some(*key))
    }

    /// A device is to be in one conversation.
    fn add(&mut self, conversation: ConversationId, device: &LineDevice) {
        let place = self.further.iter().position(|one| one.key() == Some(device.key));
        let place = place.unwrap_or_else(|| {
            self.further.push(Device::new(device));
            self.further.len() - 1
        });
        self.some.push((conversation.0, u32::try_from(place).unwrap_or(u32::MAX)));
    }

    /// The devices that are to be in a conversation.
    fn of(&self, conversation: ConversationId) -> Vec<LineDevice> {
        let here = self.some.iter().filter(|(one, _)| *one == conversation.0);
        let here = here.filter_map(|(_, place)| self.further.get(usize::try_from(*place).ok()?));
        self.devices.iter().chain(here).filter_map(Device::read).collect()
    }
}

impl Step<'_, '_> {
    /// The conversation with a customer, who needs no consent to be answered.
    pub(crate) fn customer(
        &mut self,
        identity: IdentityKey,
        name: &str,
    ) -> Result<ConversationId, ClientError> {
        match self.tx.contact_by_identity(&identity.0)? {
            Some(contact) => {
                if contact.state != ContactState::Accepted || contact.name.is_empty() {
                    let name = if contact.name.is_empty() { checked_name(name).ok() } else { None };
                    let name = name.unwrap_or(contact.name);
                    self.tx.update_contact(contact.id, &name, ContactState::Accepted)?;
                }
                Ok(self.tx.conversation_with(contact.id)?.ok_or(Refusal::Unknown)?.id)
            }
            None => {
                let name = checked_name(name).unwrap_or_default();
                Ok(self.tx.add_contact(&identity.0, &name, ContactState::Accepted)?.1)
            }
        }
    }

    pub(crate) fn fold(&mut self, fold: &Fold) -> Result<(), ClientError> {
        for (key, value) in &fold.rows {
            if key.first() == Some(&crate::desk::RESERVED) || key.is_empty() {
                return Err(Refusal::DataInvalid.into());
            }
            self.tx.set_desk_state(key, value.as_deref())?;
        }
        let owed = owes(self.tx)? | fold.owes;
        if owed != 0 {
            // In one with what was folded: whoever is killed now does it after the next start.
            self.tx.set_meta(MetaKey::DeskOwes, &[owed])?;
        }
        if let Some(id) = self.tx.desk_event_id(fold.position)? {
            self.tx.set_meta(MetaKey::DeskAfter, &id)?;
        }
        Ok(self.tx.forget_desk_events(fold.position, EVENT_IDS)?)
    }

    /// Brings the line's devices in a conversation in line with what is wanted.
    pub(crate) fn staff(
        &mut self,
        conversation: ConversationId,
        devices: &[LineDevice],
    ) -> Result<(), ClientError> {
        let account = self.account()?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        let (_, group) = self.own_group(conversation)?;
        let members = group.members()?.into_iter().filter(|member| member.identity == account.key());
        let (mut present, mut stay) = (BTreeSet::new(), BTreeSet::new());
        for member in members {
            present.insert(member.device);
            // Nobody else puts out a device that holds the identity key.
            if member.role == DeviceRole::Owner && account.identity().is_err() {
                stay.insert(member.device);
            }
        }
        self.keep_loaded(group);
        let wanted: BTreeSet<_> = devices.iter().map(|device| device.key).collect();
        if contact.blocked || !wanted.contains(&account.device_key()) {
            return Err(Refusal::Unknown.into());
        }
        // Who is there, and who will not be for sure any more, or will be.
        let (mut comes, mut goes) = (present.clone(), BTreeSet::new());
        for intent in self.tx.intents(conversation)? {
            let Some((device, adds)) = device_of(&intent) else { continue };
            if intent.state == IntentState::Committing {
                if adds {
                    comes.insert(device)
                } else {
                    goes.insert(device)
                };
            } else if adds != wanted.contains(&device) {
                self.forget_intent(intent.id)?;
            }
        }
        for device in devices {
            if !comes.contains(&device.key) || goes.contains(&device.key) {
                let wish = Wish::AddDevice(device.key, device.reach.clone().into());
                self.wish(conversation, &wish, self.now.0)?;
            }
        }
        for device in comes.difference(&wanted).filter(|device| !stay.contains(*device)) {
            self.wish(conversation, &Wish::RemoveDevice(*device), self.now.0)?;
        }
        self.advance(conversation)
    }

    /// The same, on the word of who looks after the line: where all conversations are being gone through, it counts there as well.
    pub(crate) fn staff_now(
        &mut self,
        conversation: ConversationId,
        devices: &[LineDevice],
    ) -> Result<(), ClientError> {
        if let Some(mut staffing) = staffing(self.tx)? {
            staffing.some.retain(|(one, _)| *one != conversation.0);
            for device in devices {
                if !staffing.is_everywhere(&device.key) {
                    staffing.add(conversation, device);
                }
            }
            self.tx.set_meta(MetaKey::Staffing, &encode(&staffing))?;
        }
        self.staff(conversation, devices)
    }

    pub(crate) fn staff_all(
        &mut self,
        devices: &[LineDevice],
        some: &[(ConversationId, LineDevice)],
    ) -> Result<(), ClientError> {
        if !devices.iter().any(|device| device.key == self.account().map_or([0; 32], |own| own.device_key()))
        {
            return Err(Refusal::Unknown.into());
        }
        let devices = devices.iter().map(Device::new).collect();
        let mut staffing = Staffing { devices, after: 0, further: Vec::new(), some: Vec::new() };
        for (conversation, device) in some {
            staffing.add(*conversation, device);
        }
        self.tx.set_meta(MetaKey::Staffing, &encode(&staffing))?;
        self.tend_staffing()
    }

    /// Goes on with bringing devices into all conversations, a few at a time: in between, others have their turn.
    pub(crate) fn tend_staffing(&mut self) -> Result<(), ClientError> {
        let Some(mut staffing) = staffing(self.tx)? else { return Ok(()) };
        // What is under way comes first, so that an interruption leaves little to be done again.
        let room = STAFFING_AT_ONCE.saturating_sub(self.tx.intended()?.len());
        if room > 0 {
            let next = self.tx.customers_after(ConversationId(staffing.after), room)?;
            for conversation in &next {
                staffing.after = conversation.0;
                let devices = staffing.of(*conversation);
                match self.attempt(|step| step.staff(*conversation, &devices))? {
                    // Nothing goes to who is blocked, or to where this device is not.
                    Ok(()) | Err(ClientError::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            let is_done = next.is_empty();
            self.tx.set_meta(MetaKey::Staffing, &if is_done { Vec::new() } else { encode(&staffing) })?;
            self.tx.note_desk();
            if is_done {
                return Ok(());
            }
        }
        self.outputs.push(Output::WakeAt(self.now.plus_millis(STAFFING_PAUSE)));
        Ok(())
    }

    /// Something that was to be committed was, or is moot. Who shows how far the staffing is learns of the last ones by this: there is
    /// no look at it any more then.
    pub(crate) fn forget_intent(&self, intent: IntentId) -> Result<(), ClientError> {
        self.tx.remove_intent(intent)?;
        let is_line = self.account.as_ref().is_some_and(|account| account.is_line);
        if is_line && staffing(self.tx)?.is_none() {
            self.tx.note_desk();
        }
        Ok(())
    }

    pub(crate) fn dismiss(&mut self, device: [u8; 32]) -> Result<(), ClientError> {
        let account = self.account()?;
        account.identity()?;
        if device == account.device_key() {
            return Err(Refusal::LastAdmin.into());
        }
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        self.wish(room, &Wish::RemoveDevice(device), self.now.0)?;
        self.advance(room)
    }

    /// Whether this device says for its line that a message arrived: one of them is enough.
    pub(crate) fn reports_delivery(&self, conversation: ConversationId) -> Result<bool, ClientError> {
        let account = self.account()?;
        if !account.is_line {
            return Ok(true);
        }
        let (_, group) = self.own_group(conversation)?;
        let first = group.members()?.into_iter().find(|member| member.identity == account.key());
        self.keep_loaded(group);
        Ok(first.is_some_and(|member| member.is_own))
    }

    /// Says when a conversation is to be erased, and sees to it here.
    pub(crate) fn say_retention(
        &mut self,
        conversation: ConversationId,
        retention: &kuvert_content::Retention,
    ) -> Result<(), ClientError> {
        if retention.kept.len() > kuvert_content::limits::MAX_KEPT {
            return Err(Refusal::TooMuchAtOnce.into());
        }
        self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        self.erase_later(conversation, retention)?;
        self.write_down(
            conversation,
            kuvert_content::Content::retention(self.rng.bytes(), retention),
            false,
        )?;
        Ok(())
    }

    /// A contact says when a conversation is to be erased, which only a line may.
    pub(crate) fn retain(
        &mut self,
        conversation: ConversationId,
        retention: &kuvert_content::Retention,
    ) -> Result<(), ClientError> {
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if self.tx.contact_line(contact.id)?.is_some() {
            return self.erase_later(conversation, retention);
        }
        self.dropped("a retention of somebody who is no line")
    }

    /// Erases what was said so far, on this device alone.
    pub(crate) fn erase_here(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        self.tx.set_draft(conversation, "")?;
        let now = u32::try_from(self.now.0 / 1000).unwrap_or(u32::MAX);
        self.erase_later(conversation, &kuvert_content::Retention { erase_at: Some(now), kept: Vec::new() })
    }

    /// Sees to it that what was said so far is erased when it is to be.
    pub(crate) fn erase_later(
        &mut self,
        conversation: ConversationId,
        retention: &kuvert_content::Retention,
    ) -> Result<(), ClientError> {
        let kept: Vec<_> = retention.kept.iter().map(|id| id.as_bytes().as_slice()).collect();
        let at = retention.erase_at.map(|seconds| i64::from(seconds) * 1000);
        self.tx.erase_later(conversation, at, &kept)?;
        self.sessions.next_expiry = None;
        Ok(())
    }
}

/// The devices in the group of a conversation, with whose they are; none where this device is in no group.
pub(crate) fn devices_in(
    tx: &Tx<'_>,
    conversation: ConversationId,
) -> Result<Vec<(IdentityKey, [u8; 32])>, ClientError> {
    let Some(channel) = tx.conversation(conversation)?.and_then(|row| row.channel) else {
        return Ok(Vec::new());
    };
    let Some(row) = tx.group(&channel)?.filter(|row| row.ended.is_none()) else { return Ok(Vec::new()) };
    let group = Group::load(&tx.mls(), ChannelId::new(channel), GroupKey::new(*row.key))?;
    Ok(group.members()?.into_iter().map(|member| (member.identity, member.device)).collect())
}

/// The data in a content, if it brings any.
fn data_of(content: &[u8]) -> Option<(DataKind, Vec<u8>)> {
    match Content::decode(content).ok()?.meaning() {
        Meaning::Structured { data, .. } => Some((data.kind, data.bytes.to_vec())),
        _ => None,
    }
}

fn owes(tx: &Tx<'_>) -> Result<u8, ClientError> {
    Ok(tx.meta(MetaKey::DeskOwes)?.and_then(|bytes| bytes.first().copied()).unwrap_or_default())
}

fn staffing(tx: &Tx<'_>) -> Result<Option<Staffing>, ClientError> {
    match tx.meta(MetaKey::Staffing)?.filter(|bytes| !bytes.is_empty()) {
        Some(bytes) => {
            decode(&bytes, usize::MAX).map(Some).map_err(|_| ClientError::Damaged("who is to be where"))
        }
        None => Ok(None),
    }
}

impl Client {
    /// What folded events ask this device to do, and was not done yet, as the flags of [`crate::Fold`].
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn desk_owes(&mut self) -> Result<u8, ClientError> {
        self.read(owes)
    }

    /// In how many conversations the line's devices are still to be changed, those under way included; see
    /// [`LineCommand::StaffAll`].
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn staffing(&mut self) -> Result<u64, ClientError> {
        self.read(|tx| {
            let under_way = tx.intended()?.len() as u64;
            match staffing(tx)? {
                Some(staffing) => Ok(under_way + tx.count_customers_after(ConversationId(staffing.after))?),
                None => Ok(under_way),
            }
        })
    }

    /// The data in a message, and what it is; `None` if it has none.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn data(&mut self, message: MessageId) -> Result<Option<(DataKind, Vec<u8>)>, ClientError> {
        self.read(|tx| Ok(tx.content(message)?.as_deref().and_then(data_of)))
    }

    /// What answers to a message bring as data, the newest first: who sent it, what it is, and the data.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn data_answering(
        &mut self,
        message: &MessageRow,
    ) -> Result<Vec<(SenderKind, DataKind, Vec<u8>)>, ClientError> {
        let rows =
            self.read(|tx| Ok(tx.data_answering(message.conversation, &message.mimi, MAX_DATA_ANSWERS)?))?;
        let read = |(sender, content): (SenderKind, Vec<u8>)| {
            data_of(&content).map(|(kind, data)| (sender, kind, data))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// The newest messages of a conversation that bring data, the newest first, at most `limit`.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn with_data(
        &mut self,
        conversation: ConversationId,
        limit: u32,
    ) -> Result<Vec<MessageRow>, ClientError> {
        self.read(|tx| Ok(tx.with_data(conversation, limit)?))
    }

    /// Whether the user has told a line how satisfied they are, as far as that is not deleted.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn has_own_score(&mut self, conversation: ConversationId) -> Result<bool, ClientError> {
        self.read(|tx| Ok(tx.has_own_score(conversation)?))
    }

    /// The messages of contacts that bring data, among the newest `among` messages of all; the oldest first.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn data_of_contacts(&mut self, among: u32) -> Result<Vec<MessageRow>, ClientError> {
        self.read(|tx| Ok(tx.data_of_contacts(among)?))
    }

    /// The devices in a conversation, with whose they are.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails, [`ClientError::Mls`] if the group's state does.
    pub fn devices(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Vec<(IdentityKey, [u8; 32])>, ClientError> {
        self.read(|tx| devices_in(tx, conversation))
    }

    /// What the card of a conversation's contact says of the business line that it is; `None` for a person.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn line_of(&mut self, conversation: ConversationId) -> Result<Option<Vec<u8>>, ClientError> {
        self.read(|tx| match tx.contact_of(conversation)? {
            Some(contact) => Ok(tx.contact_line(contact.id)?),
            None => Ok(None),
        })
    }

    /// A message that is shown, by the content-derived id of its first version.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn message_named(
        &mut self,
        conversation: ConversationId,
        id: &[u8],
    ) -> Result<Option<kuvert_store::MessageRow>, ClientError> {
        let now = self.seen.0;
        self.read(|tx| Ok(tx.find_message(conversation, id)?.filter(|row| row.is_shown_at(now))))
    }

    /// What the card of a link that was opened says of the business line that it is; `None` for a person.
    pub fn line_behind(&self, link: &str) -> Option<Vec<u8>> {
        self.sessions.cards.get(link).and_then(|card| card.line.as_ref().map(|line| line.to_vec()))
    }

    /// When what was said in a conversation is to be erased: milliseconds since 1970.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn erase_at(&mut self, conversation: ConversationId) -> Result<Option<i64>, ClientError> {
        self.read(|tx| Ok(tx.erase_at(conversation)?))
    }
}
