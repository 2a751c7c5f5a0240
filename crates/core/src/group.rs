//! Groups of many: made, joined, changed and left; who is in them.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_content::{Content, Profile};
use kuvert_mls::{
    Group, GroupData, GroupKey, IdentityKey, KuvertId, KuvertIdError, LeaveStatement, Welcomed,
};
use kuvert_store::{
    ContactId, ContactState, ConversationId, GroupProfile, GroupRow, GroupState, MessageId, MessageState, Tx,
};
use kuvert_wire::{ChannelId, ClientFrame, decode, encode};
use zeroize::Zeroizing;

use crate::card::CardDevice;
use crate::limits::{MAX_DEVICES, MAX_REPORTING, MAX_UNSEEN, MAX_WISHES, TURN};
use crate::link::is_origin;
use crate::notice::Notice;
use crate::outbox::{Intent, room_uri};
use crate::step::Step;
use crate::wishes::Wish;
use crate::{ClientError, Event, LineEvent, Refusal};

/// A member of a group, with all of their devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberInfo {
    /// Who.
    pub identity: IdentityKey,
    /// The name of the contact, or the one that they claim.
    pub name: String,
    /// Whether they may add, remove and change.
    pub is_admin: bool,
    /// How many devices they have in the group; none where all were away for long, and will be back by themselves.
    pub devices: usize,
    /// It is the user.
    pub is_own: bool,
    /// The contact, if they are one.
    pub contact: Option<ContactId>,
}

impl MemberInfo {
    /// The readable name of the identity.
    pub fn kuvert_id(&self) -> KuvertId {
        KuvertId::of(&self.identity)
    }
}

/// Who is in the group of a conversation, by their place in it; nobody once the user is not in it any more.
pub(crate) fn members(
    tx: &Tx<'_>,
    own: IdentityKey,
    conversation: ConversationId,
) -> Result<Vec<MemberInfo>, ClientError> {
    let Some(channel) = tx.conversation(conversation)?.and_then(|row| row.channel) else {
        return Ok(Vec::new());
    };
    let Some(row) = tx.group(&channel)?.filter(|row| row.ended.is_none()) else { return Ok(Vec::new()) };
    let group = Group::load(&tx.mls(), ChannelId::new(channel), GroupKey::new(*row.key))?;
    let mut places = BTreeMap::new();
    let mut members: Vec<MemberInfo> = Vec::new();
    for device in group.members()? {
        if let Some(at) = places.get(&device.identity) {
            let known: &mut MemberInfo = &mut members[*at];
            known.devices += 1;
            continue;
        }
        places.insert(device.identity, members.len());
        let contact = tx.contact_by_identity(&device.identity.0)?;
        let name = contact.as_ref().map(|contact| contact.name.clone()).filter(|name| !name.is_empty());
        members.push(MemberInfo {
            identity: device.identity,
            name: name.unwrap_or(device.name),
            is_admin: device.is_admin,
            devices: 1,
            is_own: device.identity == own,
            contact: contact.map(|contact| contact.id),
        });
    }
    for away in &group.data().away {
        if places.insert(away.identity, members.len()).is_none() {
            members.push(MemberInfo {
                identity: away.identity,
                name: tx.name_of(&away.identity.0)?,
                is_admin: group.data().admins.contains(&away.identity),
                devices: 0,
                is_own: away.identity == own,
                contact: tx.contact_by_identity(&away.identity.0)?.map(|contact| contact.id),
            });
        }
    }
    Ok(members)
}

impl Step<'_, '_> {
    /// Makes a group. Who is to be in it is added as soon as their key packages have come.
    pub(crate) fn create_group(&mut self, name: &str, contacts: &[ContactId]) -> Result<(), ClientError> {
        let account = self.account()?;
        let name = checked_name(name)?;
        let wishes = self.additions(contacts)?;
        let data = GroupData::group(account.relay.clone(), self.rng.bytes(), name.clone(), account.key());
        let (provider, channel) = (self.provider(), ChannelId::new(self.rng.bytes()));
        let delivery = account.delivery(self.rng, self.now);
        let group = Group::create(&provider, &account.device, channel, data, &delivery)?;
        let (state, _) = group.channel_state(&provider, &account.device)?;
        let profile = GroupProfile { state: GroupState::Member, name, picture: Vec::new(), members: 1 };
        let conversation = self.tx.add_group_conversation(&profile)?;
        self.add_group_row(conversation, &group)?;
        let at = self.reach_of(contacts)?.into_iter().find(|device| device.relay == account.relay);
        let create = self.create_frame(channel, state, at.map(|device| (device.inbox, device.token)))?;
        self.queue(conversation, None, &ClientFrame::CreateChannel(create))?;
        let own = self.person(account.key(), "")?;
        self.note(conversation, &Notice::Created(own), &mark(channel, 0, 0))?;
        for wish in &wishes {
            self.wish(conversation, wish, self.now.0)?;
        }
        self.event(Event::GroupCreated(conversation));
        self.advance(conversation)
    }

    /// Adds contacts to a group.
    pub(crate) fn add_members(
        &mut self,
        conversation: ConversationId,
        contacts: &[ContactId],
    ) -> Result<(), ClientError> {
        let wishes = self.additions(contacts)?;
        self.rule(conversation, wishes)
    }

    /// Removes a member.
    pub(crate) fn remove_member(
        &mut self,
        conversation: ConversationId,
        member: IdentityKey,
    ) -> Result<(), ClientError> {
        if member == self.account()?.key() {
            return self.leave_group(conversation);
        }
        self.rule(conversation, vec![Wish::Remove(member)])
    }

    /// Gives the group another name.
    pub(crate) fn rename_group(
        &mut self,
        conversation: ConversationId,
        name: &str,
    ) -> Result<(), ClientError> {
        let name = checked_name(name)?;
        self.rule(conversation, vec![Wish::Name(name)])
    }

    /// Gives the group another picture; an empty one takes it away.
    pub(crate) fn set_group_picture(
        &mut self,
        conversation: ConversationId,
        picture: Vec<u8>,
    ) -> Result<(), ClientError> {
        if picture.len() > kuvert_mls::limits::MAX_PICTURE {
            return Err(Refusal::PictureInvalid.into());
        }
        self.rule(conversation, vec![Wish::Picture(picture)])
    }

    /// Makes a member an admin, or an admin a member.
    pub(crate) fn set_admin(
        &mut self,
        conversation: ConversationId,
        member: IdentityKey,
        admin: bool,
    ) -> Result<(), ClientError> {
        let (_, group) = self.own_group(conversation)?;
        if !group.identities()?.contains(&member) {
            return Err(Refusal::NoMember.into());
        }
        if !admin && admins(&group)? == BTreeSet::from([member]) {
            return Err(Refusal::LastAdmin.into());
        }
        self.rule(conversation, vec![Wish::Admin(member, admin)])
    }

    /// Leaves a group: states the wish, which another member carries out.
    pub(crate) fn leave_group(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let account = self.account()?;
        let own = account.key();
        let mut profile = self.tx.group_profile(conversation)?.ok_or(Refusal::Unknown)?;
        if matches!(profile.state, GroupState::Leaving | GroupState::Left | GroupState::Removed) {
            return Ok(());
        }
        if profile.state == GroupState::Broken {
            profile.state = GroupState::Left;
            return Ok(self.tx.set_group_profile(conversation, &profile)?);
        }
        let (row, group) = self.own_group(conversation)?;
        let others = group.identities()?.into_iter().filter(|identity| *identity != own).count();
        if others == 0 && group.has_pending_commit() {
            // Others may be in it by now, and this device does not know it yet.
            return Err(Refusal::LastAdmin.into());
        }
        if others == 0 {
            return self.end_membership(&row, group, GroupState::Left);
        }
        if admins(&group)? == BTreeSet::from([own]) {
            return Err(Refusal::LastAdmin.into());
        }
        for intent in self.tx.intents(conversation)? {
            self.forget_intent(intent.id)?;
        }
        self.say_goodbye(conversation, &group)?;
        profile.state = GroupState::Leaving;
        Ok(self.tx.set_group_profile(conversation, &profile)?)
    }

    /// States to the others that the user leaves.
    fn say_goodbye(&mut self, conversation: ConversationId, group: &Group) -> Result<(), ClientError> {
        let statement = group.leave_statement(&self.account()?.device)?;
        let content = Content::leave(self.rng.bytes(), &encode(&statement));
        self.enqueue(conversation, content, None)
    }

    /// This device is back in a group by a new leaf, for which nothing counts that was stated before.
    pub(crate) fn leave_again(&mut self, row: &GroupRow, group: &Group) -> Result<(), ClientError> {
        match self.tx.group_profile(row.conversation)? {
            Some(profile) if profile.state == GroupState::Leaving => {
                self.say_goodbye(row.conversation, group)
            }
            _ => Ok(()),
        }
    }

    /// A member says that they leave: one of the others carries it out, an admin first.
    pub(crate) fn wants_to_leave(
        &mut self,
        row: &GroupRow,
        sender: IdentityKey,
        statement: &[u8],
    ) -> Result<(), ClientError> {
        let Ok(statement) = decode::<LeaveStatement>(statement, kuvert_content::limits::MAX_LEAVE) else {
            return self.dropped("a statement that cannot be read");
        };
        let group = self.load_group(row)?;
        if !group.identities()?.contains(&sender) {
            // It came late, and was carried out before.
            return Ok(());
        }
        if group.who_leaves(&statement) != Some(sender) {
            return self.dropped("a statement of somebody else");
        }
        let due = self.now.plus_millis(turn(&group, sender)? * TURN).0;
        self.wish(row.conversation, &Wish::Dismiss(statement), due)?;
        self.advance(row.conversation)
    }

    /// Joined a group of many: by a contact it is there at once, by a stranger it waits to be accepted.
    pub(crate) fn joined_group(&mut self, welcomed: Welcomed) -> Result<(), ClientError> {
        let Welcomed { group, inviter, inviter_name, .. } = welcomed;
        let known = self.tx.group(group.channel().as_bytes())?;
        let accepted = self
            .tx
            .contact_by_identity(&inviter.0)?
            .is_some_and(|contact| contact.state == ContactState::Accepted);
        let state = if accepted { GroupState::Member } else { GroupState::Invited };
        let profile = self.profile_of(&group, state)?;
        let conversation = match known {
            Some(row) => {
                self.tx.set_group_profile(row.conversation, &profile)?;
                row.conversation
            }
            None => self.tx.add_group_conversation(&profile)?,
        };
        self.add_group_row(conversation, &group)?;
        self.remember_people(&group)?;
        let notice =
            Notice::Added(self.person(inviter, &inviter_name)?, self.person(self.account()?.key(), "")?);
        self.note(conversation, &notice, &mark(group.channel(), group.epoch(), 0))?;
        self.event(Event::GroupJoined(conversation));
        self.work_off(group.channel())
    }

    /// Accepts an invitation to a group.
    pub(crate) fn accept_group(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let mut profile = self.tx.group_profile(conversation)?.ok_or(Refusal::Unknown)?;
        if profile.state == GroupState::Invited {
            profile.state = GroupState::Member;
            self.tx.set_group_profile(conversation, &profile)?;
            self.rotate(conversation)?;
        }
        Ok(())
    }

    /// Whether the user may write to a group now.
    pub(crate) fn check_may_write(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        match self.tx.group_profile(conversation)?.map(|profile| profile.state) {
            None | Some(GroupState::Member) => Ok(()),
            Some(GroupState::Invited) => self.accept_group(conversation),
            Some(_) => Err(Refusal::NoMember.into()),
        }
    }

    /// Whether receiving is reported: in large groups everybody would report to everybody.
    pub(crate) fn reports_in(&self, conversation: ConversationId) -> Result<bool, ClientError> {
        let group = self.tx.group_profile(conversation)?;
        Ok(group.is_none_or(|group| group.state == GroupState::Member && group.members <= MAX_REPORTING))
    }

    /// This device is no member any more.
    pub(crate) fn end_membership(
        &mut self,
        row: &GroupRow,
        group: Group,
        state: GroupState,
    ) -> Result<(), ClientError> {
        let epoch = group.epoch();
        group.delete(&self.tx.mls())?;
        self.drop_past(&row.channel)?;
        self.tx.end_group(&row.channel, epoch)?;
        self.tx.drop_posts(&row.channel)?;
        self.tx.drop_commits(&row.channel)?;
        self.tx.drop_prepared(&row.channel)?;
        for intent in self.tx.intents(row.conversation)? {
            self.forget_intent(intent.id)?;
        }
        for kept in self.tx.kept_entries(&row.channel)? {
            self.tx.remove_kept(kept.id)?;
        }
        self.fail_waiting(row.conversation)?;
        self.tx.forget_unseen(row.conversation, 0)?;
        if self.desk_room()? == Some(row.conversation) {
            self.tx.note_desk();
            self.event(Event::Line(LineEvent::Dismissed));
            return Ok(());
        }
        if let Some(mut profile) = self.tx.group_profile(row.conversation)? {
            profile.state = if profile.state == GroupState::Leaving { GroupState::Left } else { state };
            self.tx.set_group_profile(row.conversation, &profile)?;
        }
        Ok(())
    }

    /// Writes down what a group is after a commit.
    pub(crate) fn refresh_group(&mut self, row: &GroupRow, group: &Group) -> Result<(), ClientError> {
        self.tx.set_group_key(&row.channel, group.key().as_bytes())?;
        if row.behind != 0 && row.behind <= group.epoch() {
            self.tx.set_behind(&row.channel, 0)?;
            self.sessions.patience.remove(&row.channel);
        }
        if let Some(known) = self.tx.group_profile(row.conversation)? {
            let state = if known.state == GroupState::Broken { GroupState::Member } else { known.state };
            let profile = self.profile_of(group, state)?;
            if profile != known {
                self.tx.set_group_profile(row.conversation, &profile)?;
            }
            self.remember_people(group)?;
        }
        Ok(())
    }

    fn profile_of(&self, group: &Group, state: GroupState) -> Result<GroupProfile, ClientError> {
        let data = group.data();
        let mut members = group.identities()?;
        members.extend(data.away.iter().map(|away| away.identity));
        let members = u32::try_from(members.len()).unwrap_or(u32::MAX);
        Ok(GroupProfile { state, name: data.name.clone(), picture: data.picture.clone(), members })
    }

    fn remember_people(&self, group: &Group) -> Result<(), ClientError> {
        for member in group.members()? {
            if !member.is_own && Profile::new(&member.name).is_ok() {
                self.tx.set_person(&member.identity.0, &member.name)?;
            }
        }
        Ok(())
    }

    /// What only an admin may wish.
    fn rule(&mut self, conversation: ConversationId, wishes: Vec<Wish>) -> Result<(), ClientError> {
        let (_, group) = self.own_group(conversation)?;
        if !admins(&group)?.contains(&self.account()?.key()) {
            return Err(Refusal::NotAdmin.into());
        }
        self.check_may_write(conversation)?;
        for wish in &wishes {
            self.wish(conversation, wish, self.now.0)?;
        }
        self.advance(conversation)
    }

    /// Writes down what is to be committed, not before `due`.
    pub(crate) fn wish(
        &mut self,
        conversation: ConversationId,
        wish: &Wish,
        due: i64,
    ) -> Result<(), ClientError> {
        let body = encode(wish);
        let waiting = self.tx.intents(conversation)?;
        if waiting.iter().any(|intent| intent.body == body) {
            return Ok(());
        }
        if waiting.len() >= MAX_WISHES {
            return Err(Refusal::TooMuchAtOnce.into());
        }
        self.tx.add_intent(conversation, &body, due)?;
        Ok(())
    }

    fn additions(&self, contacts: &[ContactId]) -> Result<Vec<Wish>, ClientError> {
        let addition = |id: &ContactId| {
            let contact = self.tx.contact(*id)?.ok_or(Refusal::Unknown)?;
            let reach = self.devices_of(*id)?;
            if contact.state != ContactState::Accepted || reach.is_empty() {
                return Err(Refusal::NotReachable.into());
            }
            Ok(Wish::Add(IdentityKey(contact.identity)))
        };
        contacts.iter().map(addition).collect()
    }

    fn reach_of(&self, contacts: &[ContactId]) -> Result<Vec<CardDevice>, ClientError> {
        let mut devices = Vec::new();
        for contact in contacts {
            devices.extend(self.devices_of(*contact)?);
        }
        Ok(devices)
    }

    /// How the devices of a contact are reached, as the contact said.
    pub(crate) fn devices_of(&self, contact: ContactId) -> Result<Vec<CardDevice>, ClientError> {
        let reach = self.tx.reach(contact)?;
        let devices = reach.and_then(|reach| decode(&reach, kuvert_content::limits::MAX_REACH).ok());
        Ok(devices.unwrap_or_default())
    }

    /// Notes how a contact's devices are reached, if what the contact said of it holds.
    pub(crate) fn note_reach(&self, contact: ContactId, reach: &[u8]) -> Result<(), ClientError> {
        let Ok(devices) = decode::<Vec<CardDevice>>(reach, kuvert_content::limits::MAX_REACH) else {
            return Ok(());
        };
        let holds = (1..=MAX_DEVICES).contains(&devices.len())
            && devices.iter().all(|device| is_origin(&device.relay));
        if holds {
            self.tx.set_reach(contact, reach)?;
        }
        Ok(())
    }

    /// The user's profile for one contact, with what that contact needs to add the user to groups.
    pub(crate) fn profile_for(&self, contact: &[u8; 32]) -> Result<Profile, ClientError> {
        let account = self.account()?;
        let device = CardDevice {
            relay: account.relay.clone(),
            inbox: account.inbox(),
            token: account.deposit.token(self.reach_nonce(contact)?),
            introduction_key: account.introduction.clone(),
        };
        Ok(Profile { name: account.name.clone(), reach: encode(&vec![device]) })
    }

    /// Names the token that this contact has for adding the user to groups, so that it can be revoked. Makes one for who has
    /// none.
    fn reach_nonce(&self, contact: &[u8; 32]) -> Result<[u8; 16], ClientError> {
        let contact = self.tx.contact_by_identity(contact)?.ok_or(Refusal::Unknown)?;
        if let Some(nonce) = self.tx.reach_nonce(contact.id)? {
            return Ok(nonce);
        }
        let nonce = self.rng.bytes();
        self.tx.set_reach_nonce(contact.id, Some(&nonce))?;
        Ok(nonce)
    }

    /// The group of a conversation in which this device is a member.
    pub(crate) fn own_group(&self, conversation: ConversationId) -> Result<(GroupRow, Group), ClientError> {
        let row = self.tx.conversation(conversation)?.ok_or(Refusal::Unknown)?;
        let row = match row.channel {
            Some(channel) => self.tx.group(&channel)?.filter(|row| row.ended.is_none()),
            None => None,
        };
        let row = row.ok_or(Refusal::NoMember)?;
        let group = self.load_group(&row)?;
        Ok((row, group))
    }

    /// Writes a group down that was made or joined, and makes its channel the one that carries what is sent.
    pub(crate) fn add_group_row(
        &self,
        conversation: ConversationId,
        group: &Group,
    ) -> Result<(), ClientError> {
        let channel = *group.channel().as_bytes();
        self.drop_past(&channel)?;
        self.tx.add_group(&GroupRow {
            channel,
            conversation,
            relay: group.data().relay.clone(),
            intent: Intent::None as u8,
            rotated: self.now.0,
            key: Zeroizing::new(*group.key().as_bytes()),
            behind: 0,
            ended: None,
            cut_off: false,
        })?;
        Ok(self.tx.set_channel(conversation, &channel)?)
    }

    /// The room of a conversation, as it enters the ids of its messages.
    pub(crate) fn room(&self, conversation: ConversationId) -> Result<String, ClientError> {
        let account = self.account()?;
        if let Some(contact) = self.tx.contact_of(conversation)? {
            let other = KuvertId::of(&IdentityKey(contact.identity));
            return Ok(room_uri(account.kuvert_id(), other));
        }
        let row = self.tx.conversation(conversation)?.ok_or(Refusal::Unknown)?;
        let channel = row.channel.ok_or(Refusal::Unknown)?;
        Ok(format!("kuvert:group:{}", data_encoding::HEXLOWER.encode(&channel)))
    }

    /// The request's own messages cannot be sent: the user may try again.
    pub(crate) fn fail_waiting(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        for (message, _) in self.tx.unsealed(conversation)? {
            self.fail(conversation, message)?;
        }
        Ok(())
    }

    /// A message cannot be sent now: the user may try again. What is not for the eyes, and has nobody who could, waits for
    /// the next message to the same people, or for the next session.
    pub(crate) fn fail(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<(), ClientError> {
        self.tx.set_message_state(message, MessageState::Failed)?;
        Ok(self.tx.forget_unseen(conversation, MAX_UNSEEN)?)
    }

    /// Tries again to send what is not for the eyes and failed.
    pub(crate) fn seal_unseen(&mut self) -> Result<(), ClientError> {
        for conversation in self.tx.unseen_waiting()? {
            self.seal_waiting(conversation)?;
        }
        Ok(())
    }
}

/// Names a line of a conversation that a commit led to.
pub(crate) fn mark(channel: ChannelId, epoch: u64, number: u64) -> Vec<u8> {
    [b"notice".as_slice(), channel.as_bytes(), &epoch.to_be_bytes(), &number.to_be_bytes()].concat()
}

/// How many devices come before this one where any member may do something: admins first, and not those of `but`.
pub(crate) fn turn(group: &Group, but: IdentityKey) -> Result<i64, ClientError> {
    let mut members = group.members()?;
    members.retain(|member| member.identity != but);
    members.sort_by_key(|member| (!member.is_admin, member.leaf));
    let place = members.iter().position(|member| member.is_own).unwrap_or(members.len());
    Ok(i64::try_from(place).unwrap_or(i64::MAX / TURN))
}

pub(crate) fn admins(group: &Group) -> Result<BTreeSet<IdentityKey>, ClientError> {
    let members = group.members()?.into_iter();
    Ok(members.filter(|member| member.is_admin).map(|member| member.identity).collect())
}

/// A name for oneself or a group. One that reads as an ID is none: it could be taken for somebody else.
pub(crate) fn checked_name(name: &str) -> Result<String, Refusal> {
    let profile = Profile::new(name).map_err(|_| Refusal::NameInvalid)?;
    if is_like_an_id(&profile.name) { Err(Refusal::NameInvalid) } else { Ok(profile.name) }
}

/// Whether a name reads as a Kuvert ID, mistyped or not, or as what the terminal calls groups, as in `group-3`.
fn is_like_an_id(name: &str) -> bool {
    let has_digit = || name.bytes().any(|byte| byte.is_ascii_digit());
    let number = name.get(..6).filter(|start| start.eq_ignore_ascii_case("group-")).map(|_| &name[6..]);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        || match KuvertId::parse(name) {
            Ok(_) => true,
            // Eighteen letters may well be a name.
            Err(KuvertIdError::Check) => has_digit(),
            Err(KuvertIdError::Shape) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_reads_as_an_id() {
        for bad in ["0C39-3TP1-YHBB-RXV4-MZ", "0c393tp1yhbbrxv4mz", "group-3", "Group-17", " group-3 "] {
            assert_eq!(checked_name(bad), Err(Refusal::NameInvalid), "{bad}");
        }
        for good in ["Anna", "Alexandra Freeman-Ash", "group-", "group-three", "Group 3", "4711", "grüße-3"]
        {
            assert_eq!(checked_name(good).as_deref(), Ok(good));
        }
    }
}
