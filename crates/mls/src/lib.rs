//! MLS (RFC 9420) through OpenMLS, in Kuvert's words: identities, devices, groups, pending commits.
//!
//! What leaves this crate is sealed a second time, so that a relay sees no MLS header, and padded, so that sizes tell
//! little. Every leaf of every group is checked against its device certificate before the group is used. A commit is
//! staged, and merged only when its caller says that the relay accepted it (MLS-1). Storage is the caller's; nothing
//! here keeps state of its own.

mod commit;
mod data;
mod delivery;
mod error;
mod group;
mod healing;
mod identity;
mod leave;
pub mod limits;
mod padding;
mod part;
mod policy;
mod provider;
mod recovery;
mod seal;
mod suite;
mod unused;
mod welcome;

pub use commit::{Joiner, Merged, Plan, SealedCommit};
pub use data::{Away, GroupData, GroupKey, GroupKind};
pub use delivery::Delivery;
pub use error::MlsError;
pub use group::{Group, IncomingMessage, JoinerPackage, Member, OwnPackage, SealedPost, Welcomed};
pub use healing::{ChannelAccess, Healing, Rejoined};
pub use identity::{
    CertificateError, Device, DeviceCertificate, DeviceRole, Identity, IdentityKey, KuvertId, KuvertIdError,
};
pub use leave::LeaveStatement;
pub use padding::{pad, unpad};
pub use part::{BlobRef, Blobs, Part, SealedBlob};
pub use policy::Change;
pub use provider::{EngineRng, Provider};
pub use seal::introduction_box;
pub use suite::SUITE;
