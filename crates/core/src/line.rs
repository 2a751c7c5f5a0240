//! The business line (design section 9): an identity whose devices are operated by different people.
//!
//! An owner's device holds the identity key. It invites others by a link, certifies the device that answers, and adds it to the
//! desk room; an agent's device has the certificate and nothing else. What customers see of all that is one contact.
//!
//! Three deposits make a device one of the line's: it shows the invitation's secret, gets its certificate, and hands in a key
//! package that bears it. Each waits in the outbox, and repeating any of them changes nothing.

use std::rc::Rc;

use kuvert_content::{Content, DataKind, Meaning};
use kuvert_mls::{
    DeviceCertificate, DeviceRole, Group, GroupData, GroupKey, GroupKind, IdentityKey, JoinerPackage,
    MlsError, Welcomed, introduction_box,
};
use kuvert_store::{ContactState, ConversationId, GroupState, IntentState, MessageId, MetaKey, Tx};
use kuvert_wire::{ChannelId, ClientFrame, Deposit, decode, encode, limits};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::account::{Account, certify};
use crate::card::CardDevice;
use crate::group::checked_name;
use crate::limits::{EVENT_IDS, INVITATION_LIFE, MAX_INVITATIONS, STAFFING_AT_ONCE, STAFFING_PAUSE};
use crate::link::is_origin;
use crate::step::Step;
use crate::wishes::Wish;
use crate::{Client, ClientError, Event, Output, Refusal};

/// Label under which the deposits between the devices of a line are sealed.
const LABEL: &str = "kuvert line v1";
/// Stands between a relay's origin and an invitation.
const PATH: &str = "/desk#";
/// Largest encoded card, key package or list in here.
const MAX_SMALL: usize = limits::MAX_BODY;

/// A device of the line, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDevice {
    /// Its public key.
    pub key: [u8; 32],
    /// How it is reached, as [`Client::joined`] said.
    pub reach: Vec<u8>,
}

/// A device that answered an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedDevice {
    /// Names the invitation.
    pub ticket: [u8; 16],
    /// The device, and how it is reached.
    pub device: LineDevice,
    /// The name of who uses it, as they gave it.
    pub name: String,
    /// It holds the identity key.
    pub owner: bool,
}

/// Devices of the line that are being brought into all conversations, or out of them.
#[derive(Encode, Decode)]
struct Staffing {
    /// Keys, and how they are reached.
    #[n(0)]
    devices: Vec<(ByteVec, ByteVec)>,
    /// The last conversation that was looked at.
    #[n(1)]
    after: i64,
}

/// What the desk room's events were folded into, as far as it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The last event that was folded.
    pub position: i64,
    /// Keys and values; without a value, the key goes. Keys do not begin with 255.
    pub rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// What a business line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineCommand {
    /// Makes a line, of which this device is the first owner's.
    Create {
        /// The line's name, 1 to 64 characters.
        name: String,
        /// Origin of its relay.
        relay: String,
        /// Invitation, where that relay asks for one.
        invite: Option<String>,
    },
    /// Makes this device one of a line's; answered by [`LineEvent::Admitted`].
    Join {
        /// The line's invitation.
        invitation: String,
        /// The name of who uses this device, for colleagues; 1 to 64 characters.
        name: String,
        /// Invitation, where the relay asks for one.
        invite: Option<String>,
    },
    /// Makes an invitation for one device, for owners; answered by [`LineEvent::Invitation`].
    Invite {
        /// Names it in [`Client::joined`].
        ticket: [u8; 16],
        /// The device is to hold the identity key as well.
        owner: bool,
    },
    /// Publishes what the line's card shows, for owners; answered by [`Event::OwnLink`].
    Publish {
        /// Name of the line.
        name: String,
        /// What the card shows, as `kuvert-desk` encodes it; at most 48 KiB.
        profile: Vec<u8>,
        /// The devices to which customers write, 1 to 16; others are added by these.
        devices: Vec<LineDevice>,
    },
    /// Posts an event to the desk room.
    Post {
        /// The event, as `kuvert-desk` encodes it.
        event: Vec<u8>,
    },
    /// Writes down what events were folded into.
    Fold(Fold),
    /// Posts the folded state; see [`LineEvent::StateWanted`].
    Share,
    /// Takes the state of another device in the place of the own one.
    Adopt,
    /// These devices of the line, and no others of it, are to be in a conversation with a customer.
    Staff {
        /// Which.
        conversation: ConversationId,
        /// At least this one.
        devices: Vec<LineDevice>,
    },
    /// Everybody of the team knows of a device that joined: see [`Client::joined`].
    Welcomed {
        /// Names the invitation.
        ticket: [u8; 16],
    },
    /// These devices of the line, and no others of it, are to be in all conversations with customers: one after the other, and
    /// going on after an interruption. [`Client::staffing`] tells how far it is.
    StaffAll {
        /// At least this one.
        devices: Vec<LineDevice>,
    },
    /// Takes a device out of the desk room, for owners.
    Dismiss {
        /// Its public key.
        device: [u8; 32],
    },
    /// Everything that was said so far is to be erased on both sides.
    Retain {
        /// Where.
        conversation: ConversationId,
        /// When: seconds since 1970; `None` takes it back.
        erase_at: Option<u32>,
        /// Business records, by the content-derived ids of their messages: not erased then.
        kept: Vec<[u8; 32]>,
    },
}

/// Something about the business line of which this is a device.
#[derive(Clone, PartialEq, Eq)]
pub enum LineEvent {
    /// The link by which one device joins the line.
    Invitation(String),
    /// A device answered an invitation of this one, and is being added to the desk room: see [`Client::joined`].
    Joined,
    /// This device is in the desk room.
    Admitted,
    /// This device is not in the desk room any more.
    Dismissed,
    /// Another device has no state: this one is to share its own now.
    StateWanted,
    /// A device of the line could not be added to a conversation.
    NotStaffed {
        /// Where.
        conversation: ConversationId,
        /// Which.
        device: [u8; 32],
    },
}

impl std::fmt::Debug for LineEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Invitation(_) => "Invitation(..)",
            Self::Joined => "Joined",
            Self::Admitted => "Admitted",
            Self::Dismissed => "Dismissed",
            Self::StateWanted => "StateWanted",
            Self::NotStaffed { .. } => "NotStaffed(..)",
        })
    }
}

/// What stands in an invitation.
#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct Invitation {
    /// The line.
    #[n(0)]
    #[zeroize(skip)]
    line: IdentityKey,
    /// Known to who was invited.
    #[cbor(n(1), with = "minicbor::bytes")]
    secret: [u8; 16],
    /// Where to answer; its relay is the one in front.
    #[n(2)]
    #[zeroize(skip)]
    owner: CardDevice,
}

/// An invitation that was handed out.
#[derive(Clone, Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct Invited {
    #[cbor(n(0), with = "minicbor::bytes")]
    secret: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    ticket: [u8; 16],
    #[n(2)]
    owner: bool,
    /// Seconds since 1970.
    #[n(3)]
    ends: u64,
    /// Who answered.
    #[n(4)]
    #[zeroize(skip)]
    by: Option<Answer>,
    /// The device has its certificate, and is being added to the desk room.
    #[n(5)]
    ready: bool,
}

/// A device that asks to be one of the line's.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
struct Answer {
    #[cbor(n(0), with = "minicbor::bytes")]
    secret: [u8; 16],
    /// Its public key.
    #[cbor(n(1), with = "minicbor::bytes")]
    device: [u8; 32],
    #[n(2)]
    name: String,
    #[n(3)]
    reach: CardDevice,
}

/// What the device becomes.
#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct Certified {
    #[cbor(n(0), with = "minicbor::bytes")]
    certificate: Vec<u8>,
    #[n(1)]
    name: String,
    /// The private identity key and the line's card, for owners.
    #[cbor(n(2))]
    #[zeroize(skip)]
    keys: Option<OwnerKeys>,
}

#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct OwnerKeys {
    #[cbor(n(0), with = "minicbor::bytes")]
    identity: [u8; 32],
    #[cbor(n(1), with = "minicbor::bytes")]
    link: Vec<u8>,
}

/// A key package with the new certificate.
#[derive(Encode, Decode)]
struct Ready {
    #[cbor(n(0), with = "minicbor::bytes")]
    secret: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    package: Vec<u8>,
}

/// A deposit between devices of a line.
#[derive(Encode, Decode)]
enum LineDeposit {
    #[n(0)]
    Answer(#[n(0)] Answer),
    #[n(1)]
    Certified(#[n(0)] Certified),
    #[n(2)]
    Ready(#[n(0)] Ready),
}

impl Step<'_, '_> {
    pub(crate) fn line_command(&mut self, command: LineCommand) -> Result<(), ClientError> {
        if let LineCommand::Create { name, relay, invite } = command {
            return self.create_line(&name, &relay, invite.as_deref());
        }
        if let LineCommand::Join { invitation, name, invite } = command {
            return self.join_line(&invitation, &name, invite.as_deref());
        }
        if !self.account()?.is_line {
            return Err(Refusal::NoLine.into());
        }
        match command {
            LineCommand::Create { .. } | LineCommand::Join { .. } => Err(Refusal::IdentityExists.into()),
            LineCommand::Invite { ticket, owner } => self.invite_device(ticket, owner),
            LineCommand::Publish { name, profile, devices } => self.publish_line(&name, profile, &devices),
            LineCommand::Post { event } => self.post_desk(&event),
            LineCommand::Fold(fold) => self.fold(&fold),
            LineCommand::Share => self.share_state(),
            LineCommand::Adopt => self.adopt_state(),
            LineCommand::Staff { conversation, devices } => self.staff(conversation, &devices),
            LineCommand::Welcomed { ticket } => {
                let mut invited = self.invited()?;
                invited.retain(|invited| invited.ticket != ticket);
                self.set_invited(&invited)
            }
            LineCommand::StaffAll { devices } => self.staff_all(&devices),
            LineCommand::Dismiss { device } => self.dismiss(device),
            LineCommand::Retain { conversation, erase_at, kept } => {
                let kept = kept.iter().filter_map(|id| kuvert_content::MessageId::from_slice(id)).collect();
                let retention = kuvert_content::Retention { erase_at, kept };
                self.say_retention(conversation, &retention)
            }
        }
    }

    fn create_line(&mut self, name: &str, relay: &str, invite: Option<&str>) -> Result<(), ClientError> {
        self.create_identity(name, relay, invite)?;
        self.become_line()?;
        let room = self.make_desk_room()?;
        let account = self.account()?;
        let (provider, channel) = (self.provider(), ChannelId::new(self.rng.bytes()));
        let data = GroupData::desk(account.relay.clone(), self.rng.bytes());
        let delivery = account.delivery(self.rng, self.now);
        let group = Group::create(&provider, &account.device, channel, data, &delivery)?;
        let (state, _) = group.channel_state(&provider, &account.device)?;
        self.add_group_row(room, &group)?;
        let create = self.create_frame(channel, state, None)?;
        self.queue(room, None, &ClientFrame::CreateChannel(create))?;
        self.event(Event::Line(LineEvent::Admitted));
        Ok(())
    }

    fn become_line(&mut self) -> Result<(), ClientError> {
        self.tx.set_meta(MetaKey::Line, &[1])?;
        self.account = Account::load(self.tx)?.map(Rc::new);
        Ok(())
    }

    /// How this device is reached by others of its line.
    pub(crate) fn own_reach(&self) -> Result<CardDevice, ClientError> {
        let account = self.account()?;
        Ok(CardDevice {
            relay: account.relay.clone(),
            inbox: account.inbox(),
            token: account.token(self.rng),
            introduction_key: account.introduction.clone(),
        })
    }

    fn invite_device(&mut self, ticket: [u8; 16], owner: bool) -> Result<(), ClientError> {
        let account = self.account()?;
        account.identity()?;
        let mut invited = self.invited()?;
        if invited.len() >= MAX_INVITATIONS {
            return Err(Refusal::TooMuchAtOnce.into());
        }
        let secret = self.rng.bytes();
        let ends = self.now.seconds().saturating_add(INVITATION_LIFE);
        invited.push(Invited { secret, ticket, owner, ends, by: None, ready: false });
        self.set_invited(&invited)?;
        let invitation = Invitation { line: account.key(), secret, owner: self.own_reach()? };
        let text = data_encoding::BASE64URL_NOPAD.encode(&Zeroizing::new(encode(&invitation)));
        self.event(Event::Line(LineEvent::Invitation(format!("{}{PATH}{text}", account.relay))));
        Ok(())
    }

    /// Invitations that are open, or were answered by a device that is not in the room yet.
    fn invited(&self) -> Result<Vec<Invited>, ClientError> {
        let Some(bytes) = self.tx.meta(MetaKey::LineInvites)?.filter(|bytes| !bytes.is_empty()) else {
            return Ok(Vec::new());
        };
        let mut invited: Vec<Invited> =
            decode(&bytes, usize::MAX).map_err(|_| ClientError::Damaged("invitations to the line"))?;
        invited.retain(|invited| invited.ends > self.now.seconds());
        Ok(invited)
    }

    fn set_invited(&self, invited: &Vec<Invited>) -> Result<(), ClientError> {
        Ok(self.tx.set_meta(MetaKey::LineInvites, &Zeroizing::new(encode(invited)))?)
    }

    fn join_line(&mut self, text: &str, name: &str, invite: Option<&str>) -> Result<(), ClientError> {
        let invitation = read_invitation(text).ok_or(Refusal::LinkUnreadable)?;
        let name = checked_name(name)?;
        // Until the certificate has come, an identity that nobody gets to know.
        self.create_identity(&name, &invitation.owner.relay, invite)?;
        self.become_line()?;
        let room = self.make_desk_room()?;
        self.tx.set_meta(MetaKey::Joining, &Zeroizing::new(encode(&invitation)))?;
        let device = self.account()?.device_key();
        let answer = Answer { secret: invitation.secret, device, name, reach: self.own_reach()? };
        self.deposit_with(room, &invitation.owner, &LineDeposit::Answer(answer))
    }

    fn joining(&self) -> Result<Option<Invitation>, ClientError> {
        match self.tx.meta(MetaKey::Joining)?.filter(|bytes| !bytes.is_empty()) {
            Some(bytes) => {
                decode(&bytes, MAX_SMALL).map(Some).map_err(|_| ClientError::Damaged("an invitation"))
            }
            None => Ok(None),
        }
    }

    fn deposit_with(
        &mut self,
        room: ConversationId,
        to: &CardDevice,
        what: &LineDeposit,
    ) -> Result<(), ClientError> {
        let padded = Zeroizing::new(kuvert_mls::pad(&Zeroizing::new(encode(what))));
        let body =
            introduction_box(to.introduction_key.as_bytes(), LABEL).seal(&self.rng.bytes(), b"", &padded);
        let deposit = Deposit { id: self.fresh_id(), inbox: to.inbox, token: to.token.clone(), body };
        self.queue_to(&to.relay, room, None, &ClientFrame::Deposit(deposit))
    }

    /// A deposit came that is no welcome. Says whether it was for a line.
    pub(crate) fn line_deposit(&mut self, body: &[u8]) -> Result<bool, ClientError> {
        let account = self.account()?;
        if !account.is_line {
            return Ok(false);
        }
        let opened = introduction_box(account.introduction.as_bytes(), LABEL).open(b"", body);
        let Some(padded) = opened.ok() else { return Ok(false) };
        let what = kuvert_mls::unpad(&padded).and_then(|bytes| decode(bytes, MAX_SMALL).ok());
        match what {
            Some(LineDeposit::Answer(answer)) => self.answered_invitation(answer)?,
            Some(LineDeposit::Certified(certified)) => self.certified(&certified)?,
            Some(LineDeposit::Ready(ready)) => self.ready(&ready)?,
            None => self.dropped("a deposit of a line that cannot be read")?,
        }
        Ok(true)
    }

    /// A device answers an invitation: it gets its certificate. The first one that does.
    fn answered_invitation(&mut self, answer: Answer) -> Result<(), ClientError> {
        let account = self.account()?;
        let mut invited = self.invited()?;
        let own = invited.iter_mut().find(|invited| invited.secret == answer.secret);
        let reachable = is_origin(&answer.reach.relay) && account.may_reach(&answer.reach.relay);
        let (Some(own), true, Ok(name)) = (own, reachable, checked_name(&answer.name)) else {
            return self.dropped("an answer to an invitation that is not open");
        };
        if own.by.as_ref().is_some_and(|by| by.device != answer.device) {
            return self.dropped("a second answer to an invitation");
        }
        let reach = answer.reach.clone();
        own.by = Some(Answer { name, ..answer.clone() });
        let role = if own.owner { DeviceRole::Owner } else { DeviceRole::Agent };
        let keys = own.owner.then(|| self.owner_keys()).transpose()?;
        self.set_invited(&invited)?;
        let certificate = certify(account.identity()?, answer.device, role, self.now).to_bytes();
        let certified = Certified { certificate, name: account.name.clone(), keys };
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        self.deposit_with(room, &reach, &LineDeposit::Certified(certified))
    }

    fn owner_keys(&self) -> Result<OwnerKeys, ClientError> {
        let identity = self.tx.meta(MetaKey::IdentityKey)?.ok_or(ClientError::Damaged("no identity key"))?;
        let identity =
            identity.as_slice().try_into().map_err(|_| ClientError::Damaged("the identity key"))?;
        let link = self.tx.meta(MetaKey::Link)?.map(|bytes| bytes.to_vec()).unwrap_or_default();
        Ok(OwnerKeys { identity, link })
    }

    /// The certificate came: this device speaks for the line from now on.
    fn certified(&mut self, certified: &Certified) -> Result<(), ClientError> {
        let Some(invitation) = self.joining()? else {
            return self.dropped("a certificate that was not asked for");
        };
        let account = self.account()?;
        let holds = DeviceCertificate::verified(&certified.certificate, &account.device_key())
            .is_ok_and(|certificate| certificate.identity == invitation.line);
        if !holds || checked_name(&certified.name).is_err() {
            return self.dropped("a certificate of somebody else");
        }
        if account.key() == invitation.line {
            // It came again; the answer may have been lost.
            return self.hand_in_package(&invitation);
        }
        let own_identity = certified.keys.as_ref().map_or(&[][..], |keys| &keys.identity);
        self.tx.set_meta(MetaKey::IdentityKey, own_identity)?;
        if let Some(keys) = &certified.keys {
            self.tx.set_meta(MetaKey::Link, &keys.link)?;
        }
        self.tx.set_meta(MetaKey::Certificate, &certified.certificate)?;
        self.tx.set_meta(MetaKey::Name, certified.name.as_bytes())?;
        self.account = Account::load(self.tx)?.map(Rc::new);
        if self.account()?.key() != invitation.line {
            return Err(MlsError::PeerFault("a certificate without its key").into());
        }
        self.tx.set_meta(MetaKey::StalePackages, &[1])?;
        if self.sessions.is_owned() {
            self.replace_key_packages()?;
        }
        self.hand_in_package(&invitation)
    }

    fn hand_in_package(&mut self, invitation: &Invitation) -> Result<(), ClientError> {
        let account = self.account()?;
        let delivery = account.delivery(self.rng, self.now);
        let package = Group::make_package(&self.provider(), &account.device, &delivery, false)?;
        self.tx.add_own_package(&package.reference, delivery.not_after)?;
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        let ready = Ready { secret: invitation.secret, package: package.bytes };
        self.deposit_with(room, &invitation.owner, &LineDeposit::Ready(ready))
    }

    /// The device has its certificate: it is added to the desk room.
    fn ready(&mut self, ready: &Ready) -> Result<(), ClientError> {
        let mut invited = self.invited()?;
        let at = invited.iter().position(|invited| invited.secret == ready.secret && invited.by.is_some());
        let Some(at) = at else { return self.dropped("a device that was not invited") };
        let account = self.account()?;
        let joiner = JoinerPackage::verified(&self.provider(), &ready.package, self.now.seconds())?;
        let Some(by) = invited[at].by.clone() else { return Ok(()) };
        let certificate = &joiner.certificate;
        if certificate.identity != account.key() || certificate.device != by.device {
            return self.dropped("a key package of another device");
        }
        invited[at].ready = true;
        self.set_invited(&invited)?;
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        let reach = encode(&by.reach);
        let wish = Wish::AddDevice(by.device, reach.into());
        self.wish(room, &wish, self.now.0)?;
        let body = encode(&wish);
        if let Some(mut intent) = self.tx.intents(room)?.into_iter().find(|intent| intent.body == body) {
            (intent.state, intent.package) = (IntentState::Ready, Some(ready.package.clone()));
            self.tx.set_intent_row(&intent)?;
        }
        self.event(Event::Line(LineEvent::Joined));
        self.tx.note_desk();
        self.advance(room)
    }

    /// Another device of the line added this one to a group.
    pub(crate) fn joined_as_line(&mut self, welcomed: &Welcomed) -> Result<(), ClientError> {
        let group = &welcomed.group;
        match group.data().kind {
            GroupKind::Desk if welcomed.inviter_role == DeviceRole::Owner => {
                let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
                let mut profile = self.tx.group_profile(room)?.ok_or(Refusal::NoLine)?;
                profile.state = GroupState::Desk;
                self.tx.set_group_profile(room, &profile)?;
                self.add_group_row(room, group)?;
                self.tx.set_meta(MetaKey::Joining, &[])?;
                self.event(Event::Line(LineEvent::Admitted));
                self.desk_is_behind()?;
                self.work_off(group.channel())
            }
            GroupKind::Direct => {
                let own = self.account()?.key();
                let customer = group.identities()?.into_iter().find(|identity| *identity != own);
                let customer = customer.ok_or(MlsError::PeerFault("a conversation with nobody"))?;
                let name = group.name_of(customer);
                let conversation = self.customer(customer, &name)?;
                self.add_group_row(conversation, group)?;
                self.seal_waiting(conversation)?;
                self.work_off(group.channel())
            }
            _ => Err(MlsError::PeerFault("a group that is none of a line's").into()),
        }
    }

    /// The conversation with a customer, who needs no consent to be answered.
    pub(crate) fn customer(
        &mut self,
        identity: IdentityKey,
        name: &str,
    ) -> Result<ConversationId, ClientError> {
        match self.tx.contact_by_identity(&identity.0)? {
            Some(contact) => {
                if contact.state != ContactState::Accepted {
                    self.tx.update_contact(contact.id, &contact.name, ContactState::Accepted)?;
                }
                Ok(self.tx.conversation_with(contact.id)?.ok_or(Refusal::Unknown)?.id)
            }
            None => {
                let name = checked_name(name).unwrap_or_default();
                Ok(self.tx.add_contact(&identity.0, &name, ContactState::Accepted)?.1)
            }
        }
    }

    fn fold(&mut self, fold: &Fold) -> Result<(), ClientError> {
        for (key, value) in &fold.rows {
            if key.first() == Some(&crate::desk::RESERVED) || key.is_empty() {
                return Err(Refusal::DataInvalid.into());
            }
            self.tx.set_desk_state(key, value.as_deref())?;
        }
        if let Some(id) = self.tx.desk_event_id(fold.position)? {
            self.tx.set_meta(MetaKey::DeskAfter, &id)?;
        }
        Ok(self.tx.forget_desk_events(fold.position, EVENT_IDS)?)
    }

    /// Brings the line's devices in a conversation in line with what is wanted.
    fn staff(&mut self, conversation: ConversationId, devices: &[LineDevice]) -> Result<(), ClientError> {
        let account = self.account()?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        let (_, group) = self.own_group(conversation)?;
        let present: Vec<_> =
            group.members()?.into_iter().filter(|member| member.identity == account.key()).collect();
        self.keep_loaded(group);
        if contact.blocked || !devices.iter().any(|device| device.key == account.device_key()) {
            return Err(Refusal::Unknown.into());
        }
        for device in devices {
            if !present.iter().any(|member| member.device == device.key) {
                let wish = Wish::AddDevice(device.key, device.reach.clone().into());
                self.wish(conversation, &wish, self.now.0)?;
            }
        }
        for member in present {
            if !devices.iter().any(|device| device.key == member.device) {
                self.wish(conversation, &Wish::RemoveDevice(member.device), self.now.0)?;
            }
        }
        self.advance(conversation)
    }

    fn staff_all(&mut self, devices: &[LineDevice]) -> Result<(), ClientError> {
        if !devices.iter().any(|device| device.key == self.account().map_or([0; 32], |own| own.device_key()))
        {
            return Err(Refusal::Unknown.into());
        }
        let devices = devices.iter().map(|device| (device.key.to_vec().into(), device.reach.clone().into()));
        let staffing = Staffing { devices: devices.collect(), after: 0 };
        self.tx.set_meta(MetaKey::Staffing, &encode(&staffing))?;
        self.tend_staffing()
    }

    /// Goes on with bringing devices into all conversations, a few at a time: in between, others have their turn.
    pub(crate) fn tend_staffing(&mut self) -> Result<(), ClientError> {
        let Some(mut staffing) = staffing(self.tx)? else { return Ok(()) };
        // What is under way comes first, so that an interruption leaves little to be done again.
        let room = STAFFING_AT_ONCE.saturating_sub(self.tx.intended()?.len());
        if room > 0 {
            let device = |(key, reach): &(ByteVec, ByteVec)| {
                Some(LineDevice { key: key.as_slice().try_into().ok()?, reach: reach.to_vec() })
            };
            let devices: Vec<_> = staffing.devices.iter().filter_map(device).collect();
            let next = self.tx.customers_after(ConversationId(staffing.after), room)?;
            for conversation in &next {
                staffing.after = conversation.0;
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

    fn dismiss(&mut self, device: [u8; 32]) -> Result<(), ClientError> {
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
    fn say_retention(
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

/// Reads `https://relay/desk#...`.
fn read_invitation(text: &str) -> Option<Invitation> {
    let (origin, rest) = text.trim().split_once(PATH)?;
    let bytes = Zeroizing::new(data_encoding::BASE64URL_NOPAD.decode(rest.as_bytes()).ok()?);
    let invitation: Invitation = decode(&bytes, MAX_SMALL).ok()?;
    (is_origin(origin) && invitation.owner.relay == origin).then_some(invitation)
}

/// How a device of the line is reached.
pub(crate) fn read_reach(bytes: &ByteVec) -> Option<CardDevice> {
    decode::<CardDevice>(bytes, MAX_SMALL).ok().filter(|device| is_origin(&device.relay))
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

fn staffing(tx: &Tx<'_>) -> Result<Option<Staffing>, ClientError> {
    match tx.meta(MetaKey::Staffing)?.filter(|bytes| !bytes.is_empty()) {
        Some(bytes) => {
            decode(&bytes, usize::MAX).map(Some).map_err(|_| ClientError::Damaged("who is to be where"))
        }
        None => Ok(None),
    }
}

impl Client {
    /// Devices that answered an invitation of this one, and of which the team does not know yet: see
    /// [`LineCommand::Welcomed`].
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn joined(&mut self) -> Result<Vec<JoinedDevice>, ClientError> {
        self.read(|tx| {
            let bytes = tx.meta(MetaKey::LineInvites)?.filter(|bytes| !bytes.is_empty());
            let invited: Vec<Invited> = match bytes {
                Some(bytes) => {
                    decode(&bytes, usize::MAX).map_err(|_| ClientError::Damaged("invitations to the line"))?
                }
                None => Vec::new(),
            };
            let joined = invited.iter().filter(|invited| invited.ready).filter_map(|invited| {
                let by = invited.by.as_ref()?;
                let device = LineDevice { key: by.device, reach: encode(&by.reach) };
                Some(JoinedDevice {
                    ticket: invited.ticket,
                    device,
                    name: by.name.clone(),
                    owner: invited.owner,
                })
            });
            Ok(joined.collect())
        })
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
        self.read(|tx| {
            let content = tx.content(message)?.and_then(|content| Content::decode(&content).ok());
            Ok(content.and_then(|content| match content.meaning() {
                Meaning::Structured { data, .. } => Some((data.kind, data.bytes.to_vec())),
                _ => None,
            }))
        })
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

    /// When what was said in a conversation is to be erased: milliseconds since 1970.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn erase_at(&mut self, conversation: ConversationId) -> Result<Option<i64>, ClientError> {
        self.read(|tx| Ok(tx.erase_at(conversation)?))
    }

    /// How this device is reached by others of its line; `None` without an identity.
    pub fn own_line_device(&self) -> Option<LineDevice> {
        let account = self.account()?;
        let reach = CardDevice {
            relay: account.relay.clone(),
            inbox: account.inbox(),
            token: account.deposit.token(
                kuvert_wire::derive_key(account.introduction.as_bytes(), "kuvert own reach v1", b"")[..16]
                    .try_into()
                    .ok()?,
            ),
            introduction_key: account.introduction.clone(),
        };
        Some(LineDevice { key: account.device_key(), reach: encode(&reach) })
    }
}
