//! The business line (design section 9): an identity whose devices are operated by different people.
//!
//! An owner's device holds the identity key. It invites others by a link, certifies the device that answers, and adds it to the
//! desk room; an agent's device has the certificate and nothing else. What customers see of all that is one contact.
//!
//! How a device becomes one of the line's is in `joining.rs`, the desk room in `desk.rs`, who is in which conversation in `staff.rs`.

use kuvert_store::ConversationId;

use crate::step::Step;
use crate::{ClientError, Refusal};

/// A device of the line, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDevice {
    /// Its public key.
    pub key: [u8; 32],
    /// How it is reached, as [`crate::Client::joined`] said.
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

/// What the desk room's events were folded into, as far as it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The last event that was folded.
    pub position: i64,
    /// Keys and values; without a value, the key goes. Keys do not begin with 255.
    pub rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Flags for what these events ask this device to do: see [`crate::Client::desk_owes`]. They stay with those of before.
    pub owes: u8,
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
        /// Names it in [`crate::Client::joined`].
        ticket: [u8; 16],
        /// The device is to hold the identity key as well.
        owner: bool,
    },
    /// Publishes what the line's card shows, for owners; answered by [`crate::Event::OwnLink`].
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
    /// What [`crate::Client::desk_owes`] tells of was done.
    Settled,
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
    /// Everybody of the team knows of a device that joined: see [`crate::Client::joined`].
    Welcomed {
        /// Names the invitation.
        ticket: [u8; 16],
    },
    /// These devices of the line, and no others of it, are to be in all conversations with customers: one after the other, and
    /// going on after an interruption. [`crate::Client::staffing`] tells how far it is.
    StaffAll {
        /// At least this one.
        devices: Vec<LineDevice>,
        /// Further devices, each in the one conversation with which it stands here.
        some: Vec<(ConversationId, LineDevice)>,
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
    /// A device answered an invitation of this one, and is being added to the desk room: see [`crate::Client::joined`].
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
            LineCommand::Settled => Ok(self.tx.set_meta(kuvert_store::MetaKey::DeskOwes, &[])?),
            LineCommand::Share => self.share_state(),
            LineCommand::Adopt => self.adopt_state(),
            LineCommand::Staff { conversation, devices } => self.staff_now(conversation, &devices),
            LineCommand::Welcomed { ticket } => {
                let mut invited = self.invited()?;
                invited.retain(|invited| invited.ticket != ticket);
                self.set_invited(&invited)
            }
            LineCommand::StaffAll { devices, some } => self.staff_all(&devices, &some),
            LineCommand::Dismiss { device } => self.dismiss(device),
            LineCommand::Retain { conversation, erase_at, kept } => {
                let kept = kept.iter().filter_map(|id| kuvert_content::MessageId::from_slice(id)).collect();
                let retention = kuvert_content::Retention { erase_at, kept };
                self.say_retention(conversation, &retention)
            }
        }
    }
}
