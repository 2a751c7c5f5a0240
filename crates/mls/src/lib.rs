//! MLS (RFC 9420) through OpenMLS, in Kuvert's words: identities, devices, groups, pending commits.
//!
//! What leaves this crate is sealed a second time, so that a relay sees no MLS header, and padded, so that sizes tell
//! little. Every leaf of every group is checked against its device certificate before the group is used. A commit is
//! staged, and merged only when its caller says that the relay accepted it (MLS-1). Storage is the caller's; nothing
//! here keeps state of its own.

mod delivery;
mod error;
mod group;
mod identity;
mod padding;
mod provider;
mod seal;
mod suite;

pub use delivery::{ChannelAccess, Delivery, GroupData, GroupKind};
pub use error::MlsError;
pub use group::{Group, IncomingMessage, JoinerPackage, OwnPackage, SealedCommit, SealedPost};
pub use identity::{
    CertificateError, Device, DeviceCertificate, DeviceRole, Identity, IdentityKey, KuvertId, KuvertIdError,
};
pub use padding::{pad, unpad};
pub use provider::{EngineRng, Provider};
pub use seal::introduction_box;
pub use suite::SUITE;
