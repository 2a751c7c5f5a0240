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

/// The text under which a message is known here, whatever it was edited to.
pub(crate) fn original(text: &str) -> &str {
    text.split(',').next().unwrap_or_default()
}

/// Who wrote it.
pub(crate) fn author(text: &str) -> Option<DeviceId> {
    original(text).split(' ').next().and_then(|author| author.parse().ok())
}

/// Which one of all texts it is.
pub(crate) fn number(text: &str) -> u64 {
    original(text).rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// All messages.
    pub(crate) sent: Vec<Sent>,
    /// Who asked whom.
    pub(crate) asked: BTreeSet<(DeviceId, DeviceId)>,
    /// All messages to groups.
    pub(crate) told: Vec<Told>,
    /// Who is meant to be in the group that a device makes.
    pub(crate) meant: BTreeMap<DeviceId, BTreeSet<DeviceId>>,
    /// Who was ever meant to be in a group.
    pub(crate) wanted: BTreeMap<Channel, BTreeSet<DeviceId>>,
    /// Who ever blocked whom, and how many texts had been written by then, unless they took it back.
    pub(crate) blocked: BTreeMap<(DeviceId, DeviceId), Option<u64>>,
    /// Messages that their writers deleted for everybody, by their first text.
    pub(crate) deleted: BTreeSet<String>,
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

    /// How many texts and names were written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Whether one of two ever blocked the other.
    pub(crate) fn were_apart(&self, one: DeviceId, other: DeviceId) -> bool {
        self.blocked.contains_key(&(one, other)) || self.blocked.contains_key(&(other, one))
    }

    /// A later version of a text, which never was either.
    pub(crate) fn version(&mut self, original: &str) -> String {
        self.written += 1;
        format!("{original}, then {}", self.written)
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
