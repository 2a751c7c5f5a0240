//! What people did, and what therefore has to be there in the end.

use std::collections::BTreeMap;

use crate::device::DeviceId;

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
