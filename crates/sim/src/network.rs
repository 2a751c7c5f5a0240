//! The network: what is on its way, and how long it takes.
//!
//! A connection keeps the order of its frames in each direction, like TCP. Between connections there is no order. What is
//! on its way when a connection breaks is lost, in both directions, and either side learns of it later than the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use kuvert_core::{BlobTask, FetchId, FetchOutcome, FetchRequest, Line};
use kuvert_relay::model::{ConnectionId, Parcel};

use crate::device::DeviceId;
use crate::station::RelayId;

/// Names a connection between a device and a relay.
pub(crate) type LinkId = u64;

/// What happens at a point in time.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    /// A device tries to open a line.
    Dial { device: DeviceId, start: u32, line: Line },
    /// A device learns that its line is open.
    Opened { link: LinkId },
    /// A frame reaches the relay.
    Up { link: LinkId, frame: Vec<u8> },
    /// A frame reaches a device.
    Down { link: LinkId, frame: Vec<u8> },
    /// A device learns that its line is lost.
    Lost { link: LinkId },
    /// The relay learns that a connection is lost.
    Hung { link: LinkId },
    /// A relay reads what came and commits it.
    Work { relay: RelayId },
    /// A relay says what it has to say.
    Speak { relay: RelayId },
    /// A relay hands over what it has for others.
    Forward { relay: RelayId },
    /// What a relay has for another reaches that one.
    Parcel { from: RelayId, to: RelayId, opening: u32, parcel: Box<Parcel> },
    /// The answer to that gets back, or does not.
    Answer { from: RelayId, to: RelayId, opening: u32, parcel: Box<Parcel>, answer: Option<Vec<u8>> },
    /// A fetch reaches the relay.
    Fetch { device: DeviceId, start: u32, request: Box<FetchRequest> },
    /// Its answer reaches the device.
    Fetched { device: DeviceId, start: u32, id: FetchId, outcome: FetchOutcome },
    /// A driver tries to move a file.
    Blob { device: DeviceId, start: u32, task: Box<BlobTask> },
    /// A device wanted to be woken.
    Wake { device: DeviceId, start: u32 },
    /// A device's process starts.
    Start { device: DeviceId },
    /// A device is back in the net.
    Reachable { device: DeviceId },
    /// So many days pass at once.
    Days { count: i64 },
    /// A relay starts.
    Open { relay: RelayId },
    /// A relay's disk has room again.
    Room { relay: RelayId },
    /// Somebody does something.
    Act,
    /// Something goes wrong.
    Trouble,
}

/// A connection.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// Whose.
    pub(crate) device: DeviceId,
    /// In which run of its process.
    pub(crate) start: u32,
    /// Which line.
    pub(crate) line: Line,
    /// With which relay.
    pub(crate) relay: RelayId,
    /// The relay's side.
    pub(crate) there: ConnectionId,
    /// In which run of the relay.
    pub(crate) opening: u32,
    /// Nothing more passes.
    pub(crate) cut: bool,
    /// What is still on its way to the relay gets there, as what a process wrote before it ended.
    pub(crate) drains: bool,
    /// When the last frame to the relay arrives.
    pub(crate) up_until: i64,
    /// When the last frame to the device arrives.
    pub(crate) down_until: i64,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Network {
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    coming: BTreeMap<u64, Happening>,
    planned: u64,
    /// Connections by number.
    pub(crate) links: BTreeMap<LinkId, Link>,
    opened: u64,
}

impl Network {
    /// Plans something for a time.
    pub(crate) fn plan(&mut self, at: i64, what: Happening) {
        self.planned += 1;
        self.queue.push(Reverse((at, self.planned)));
        self.coming.insert(self.planned, what);
    }

    /// Takes what comes next.
    pub(crate) fn next(&mut self) -> Option<(i64, Happening)> {
        while let Some(Reverse((at, number))) = self.queue.pop() {
            if let Some(what) = self.coming.remove(&number) {
                return Some((at, what));
            }
        }
        None
    }

    /// When something comes next.
    pub(crate) fn next_at(&self) -> Option<i64> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes everything of some kind out of what comes.
    pub(crate) fn forget(&mut self, which: impl Fn(&Happening) -> bool) {
        self.coming.retain(|_, what| !which(what));
        self.queue.retain(|Reverse((_, number))| self.coming.contains_key(number));
    }

    /// Notes a connection.
    pub(crate) fn open(&mut self, link: Link) -> LinkId {
        self.opened += 1;
        self.links.insert(self.opened, link);
        self.opened
    }
}
