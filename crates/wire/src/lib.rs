//! The Kuvert protocol as types: identifiers, tokens, frames, queue entries, error codes and limits.
//!
//! Everything that crosses the border between a device and a relay is defined here, together with its encoding
//! (CBOR, see `docs/protocol/wire.cddl`). The crate guarantees that decoding never panics and never allocates more
//! than a small multiple of the input, and that what it encodes it can decode. It does no I/O and keeps no state.

mod aead;
mod blob;
mod card;
mod channel;
mod codec;
mod entry;
mod error;
mod foreign;
mod frame;
pub mod headers;
mod ids;
pub mod limits;
mod proof;
mod push;
mod token;

pub use aead::{OpenError, SecretBoxKey, derive_key};
pub use blob::{BlobId, BlobSecret, BlobSecretHash};
pub use card::{CardDeletion, CardRecord, CardRecordError};
pub use channel::{ChannelInfo, ChannelState, Commit, CreateChannel, FetchChannel, Post, WelcomeDeposit};
pub use codec::{DecodeError, decode, encode, encode_into};
pub use entry::{Entry, EntrySealer, PlainEntry, SealKeyPair, SealedEntry, SealingKey};
pub use error::ErrorCode;
pub use foreign::{
    DepositResults, ForeignDeposit, ForeignSealer, ForeignTarget, RelayInfo, RelayKeyPair, SealedDeposit,
    SealedDeposits,
};
pub use frame::{
    Ack, ClientFrame, DeleteInbox, Deposit, Entries, Hello, InboxKeys, KeyPackageReply, Own, Owned,
    PutKeyPackages, RelayFrame, RenewDepositKey, RevokeTokens, TakeKeyPackage, encode_entries_into,
};
pub use ids::{
    CardId, Challenge, ChannelId, FanoutKey, Generation, InboxId, IntroductionKey, Invite, InviteHash,
    OwnerKey, P256Key, PostId, PostSecret, PostSecretHash, PushAuth, RelayKey, SealKey, Signature,
    TokenNonce,
};
pub use proof::{OwnerProof, verify_owner_proof};
pub use push::{PushSubscription, SetPush};
pub use token::{DepositKey, Fanout, FanoutTarget, RelayAddress, Token};
