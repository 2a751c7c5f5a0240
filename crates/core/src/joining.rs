//! How a device becomes one of a line's: invited, certified, added to the desk room.
//!
//! Three deposits do it: the device shows the invitation's secret, gets its certificate, and hands in a key package that bears it.
//! Each waits in the outbox, and repeating any of them changes nothing.

use std::rc::Rc;

use kuvert_mls::{
    DeviceCertificate, DeviceRole, Group, GroupData, GroupKind, IdentityKey, JoinerPackage, MlsError,
    Welcomed, introduction_box,
};
use kuvert_store::{ConversationId, GroupState, IntentState, MetaKey};
use kuvert_wire::{ChannelId, ClientFrame, Deposit, decode, encode, limits};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::account::{Account, certify};
use crate::card::CardDevice;
use crate::group::checked_name;
use crate::limits::{INVITATION_LIFE, MAX_INVITATIONS};
use crate::link::is_origin;
use crate::step::Step;
use crate::wishes::Wish;
use crate::{Client, ClientError, Event, JoinedDevice, LineDevice, LineEvent, Refusal};

/// Label under which the deposits between the devices of a line are sealed.
const LABEL: &str = "kuvert line v1";
/// Stands between a relay's origin and an invitation.
const PATH: &str = "/desk#";
/// Largest encoded card, key package or list in here.
const MAX_SMALL: usize = limits::MAX_BODY;

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
pub(crate) struct Invited {
    #[cbor(n(0), with = "minicbor::bytes")]
    secret: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(crate) ticket: [u8; 16],
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
    pub(crate) fn create_line(
        &mut self,
        name: &str,
        relay: &str,
        invite: Option<&str>,
    ) -> Result<(), ClientError> {
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

    pub(crate) fn invite_device(&mut self, ticket: [u8; 16], owner: bool) -> Result<(), ClientError> {
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
    pub(crate) fn invited(&self) -> Result<Vec<Invited>, ClientError> {
        let Some(bytes) = self.tx.meta(MetaKey::LineInvites)?.filter(|bytes| !bytes.is_empty()) else {
            return Ok(Vec::new());
        };
        let mut invited: Vec<Invited> =
            decode(&bytes, usize::MAX).map_err(|_| ClientError::Damaged("invitations to the line"))?;
        invited.retain(|invited| invited.ends > self.now.seconds());
        Ok(invited)
    }

    pub(crate) fn set_invited(&self, invited: &Vec<Invited>) -> Result<(), ClientError> {
        Ok(self.tx.set_meta(MetaKey::LineInvites, &Zeroizing::new(encode(invited)))?)
    }

    pub(crate) fn join_line(
        &mut self,
        text: &str,
        name: &str,
        invite: Option<&str>,
    ) -> Result<(), ClientError> {
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
