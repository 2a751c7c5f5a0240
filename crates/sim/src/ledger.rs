//! What people did, and what therefore has to be there in the end.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_wire::PostId;

use crate::device::DeviceId;

/// Names a group, wherever it is looked at from.
pub(crate) type Channel = [u8; 16];

/// A message that an engine took.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Who wrote it.
    pub(crate) from: DeviceId,
    /// For whom.
    pub(crate) to: DeviceId,
    /// Its text, which no other message has.
    pub(crate) text: String,
    /// It failed on its way and was sent again: its place among others may have changed.
    pub(crate) retried: bool,
}

/// A message that an engine took for a group.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// Who wrote it.
    pub(crate) from: DeviceId,
    /// In which group.
    pub(crate) channel: Channel,
    /// Its text, which no other message has.
    pub(crate) text: String,
    /// It failed on its way and was sent again.
    pub(crate) retried: bool,
    /// Under which requests it left its device, and in which epochs: what loses an epoch is sealed anew.
    pub(crate) posts: Vec<(PostId, u64)>,
}

/// A link that somebody may hold.
#[derive(Debug, Clone)]
pub(crate) struct KnownLink {
    /// Whose.
    pub(crate) of: DeviceId,
    /// The link.
    pub(crate) text: String,
    /// It was taken back, or is about to be.
    pub(crate) revoked: bool,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// All messages.
    pub(crate) sent: Vec<Sent>,
    /// All messages to groups.
    pub(crate) told: Vec<Told>,
    /// Who was ever meant to be in a group.
    pub(crate) wanted: BTreeMap<Channel, BTreeSet<DeviceId>>,
    /// All links.
    pub(crate) links: Vec<KnownLink>,
    /// Links that a device has opened, and nothing else since.
    pub(crate) opened: BTreeMap<DeviceId, Vec<String>>,
    written: u64,
}

impl Ledger {
    /// A text that there never was.
    pub(crate) fn text(&mut self, from: DeviceId) -> String {
        self.written += 1;
        format!("{from} writes {}", self.written)
    }

    /// A name for a group that no group had.
    pub(crate) fn name(&mut self, by: DeviceId) -> String {
        self.written += 1;
        format!("{by} calls it {}", self.written)
    }

    /// Notes a message that an engine took.
    pub(crate) fn take(&mut self, from: DeviceId, to: DeviceId, text: String) {
        self.sent.push(Sent { from, to, text, retried: false });
    }

    /// Whose link this is.
    pub(crate) fn owner_of(&self, link: &str) -> Option<DeviceId> {
        self.links.iter().find(|known| known.text == link).map(|known| known.of)
    }

    /// Whether somebody ever took a link back.
    pub(crate) fn has_revoked(&self, of: DeviceId) -> bool {
        self.links.iter().any(|known| known.of == of && known.revoked)
    }
}
