//! Faults that are planted, each of which the oracles have to find.
//!
//! None of them needs a switch in the engine or the relay: they sit where the harness carries frames and keeps databases
//! ([`Plant`]), or on the relay's disk ([`disk`]).

mod disk;
mod plant;

use clap::ValueEnum;

pub(crate) use plant::Plant;

use crate::features::Features;

/// What can be broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// An own commit is merged when it is sent, not when it is accepted (MLS-1)
    MergeBeforeAccepted,
    /// What was sealed leaves, and the ratchet that sealed it was never stored (MLS-2)
    SendBeforeCommit,
    /// Entries are acknowledged before they are stored (CORE-1)
    AckBeforeCommit,
    /// The relay takes every token (design section 3)
    TokenNotChecked,
    /// A revoked token still holds
    RevocationForgotten,
    /// A device does not say that entries were lost (RELAY-2)
    GapSwallowed,
    /// The relay puts nothing in the place of entries that it lost (RELAY-2)
    GapNotSaid,
    /// The relay does not deliver some entries (RELAY-2)
    EntriesSkipped,
    /// The relay delivers entries in another order (RELAY-2)
    EntriesReordered,
    /// The relay delivers entries again under other seqs (RELAY-2)
    EntriesDoubled,
    /// A repeated request is stored again (RELAY-1)
    RepeatStoredTwice,
    /// What was accepted is gone after a crash of the relay (RELAY-1)
    AcceptedLostInCrash,
    /// Two commits win the same epoch (RELAY-3)
    CommitAcceptedTwice,
    /// A commit that lost is said to have won (RELAY-3)
    ConflictAsAccepted,
    /// A post reaches some members only (RELAY-3)
    HalfFanout,
    /// One key package is handed out twice
    PackageHandedOutTwice,
    /// An acknowledgement deletes one entry too many (RELAY-2)
    AckTooFar,
    /// A device does not repeat what was not answered
    OutboxForgotten,
    /// An own commit to a group is merged when it is sent (MLS-1)
    GroupMergeBeforeAccepted,
    /// The welcome for somebody who is added is lost, the commit is not (RELAY-3)
    WelcomeLost,
    /// The relay takes what a removed member posts (MLS-3)
    RemovedPostTaken,
    /// The relay takes a commit of somebody outside (MLS-3)
    StrangerCommitTaken,
    /// A removed member gets hold of the keys of later epochs (MLS-3)
    RemovedStillReads,
    /// An admin's device adds somebody whom nobody wanted
    StrangerAdded,
    /// A relay says that it took what another handed over, and has lost it
    ParcelLost,
    /// A relay takes what another handed over in another order
    ParcelTurned,
    /// What a relay hands over again is stored again
    ForwardedTwice,
}

impl Fault {
    /// What a world needs in which it can be seen.
    pub fn features(self) -> Features {
        match self {
            Self::GroupMergeBeforeAccepted
            | Self::WelcomeLost
            | Self::RemovedPostTaken
            | Self::StrangerCommitTaken
            | Self::RemovedStillReads
            | Self::StrangerAdded => Features { groups: true, ..Features::default() },
            Self::ParcelLost | Self::ParcelTurned | Self::ForwardedTwice => {
                Features { relays: true, ..Features::default() }
            }
            _ => Features::default(),
        }
    }
}
