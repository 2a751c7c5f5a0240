//! Error codes of the protocol.

use minicbor::{Decode, Encode};

/// Why a relay refused a request or ends a session. The numbers are part of the protocol and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, thiserror::Error)]
#[cbor(index_only)]
pub enum ErrorCode {
    /// The frame is not CBOR of a known shape, or larger than allowed.
    #[n(0)]
    #[error("the frame could not be read")]
    BadFrame,
    /// The frame does not belong on this kind of session, for instance a post on an owner session.
    #[n(1)]
    #[error("this frame does not belong on this session")]
    WrongSession,
    /// The proof of ownership does not hold: wrong key, wrong challenge, or another relay's origin.
    #[n(2)]
    #[error("the proof of ownership does not hold")]
    BadProof,
    /// There is no such inbox; its owner has to create it.
    #[n(3)]
    #[error("there is no such inbox")]
    NoSuchInbox,
    /// There is no such channel, or it went unused for too long.
    #[n(4)]
    #[error("there is no such channel")]
    NoSuchChannel,
    /// The token was not made with this inbox's deposit key, or was revoked.
    #[n(5)]
    #[error("the token does not open this inbox")]
    BadToken,
    /// The post secret or fan-out key is not the one of the channel's current epoch.
    #[n(6)]
    #[error("the post secret is not valid for this channel")]
    BadSecret,
    /// The channel is in another epoch than the request expects; the refusal carries the current one.
    #[n(7)]
    #[error("the channel is in another epoch")]
    Conflict,
    /// The channel exists already with other content.
    #[n(8)]
    #[error("the name is taken")]
    Taken,
    /// The inbox has no key package left, not even one of last resort.
    #[n(9)]
    #[error("no key package left")]
    NoKeyPackage,
    /// A named bound was passed; see `docs/protocol/relay.md`.
    #[n(10)]
    #[error("a limit was reached")]
    TooLarge,
    /// The relay cannot take it now (disk full, overload); try again later.
    #[n(11)]
    #[error("the relay is busy")]
    Busy,
    /// Another session of the same owner took over.
    #[n(12)]
    #[error("another session took over")]
    TakenOver,
    /// The relay stops; connect again.
    #[n(13)]
    #[error("the relay is stopping")]
    Stopping,
    /// Too many requests from this network.
    #[n(14)]
    #[error("too many requests")]
    RateLimited,
    /// The session was idle, or did not prove itself in time.
    #[n(15)]
    #[error("the session timed out")]
    Timeout,
    /// This relay makes no new inboxes.
    #[n(16)]
    #[error("this relay takes no new inboxes")]
    RegistrationClosed,
    /// This relay makes new inboxes by invitation only, and none was shown, or one that is unknown or used up.
    #[n(17)]
    #[error("this relay takes new inboxes by invitation only")]
    InviteNeeded,
    /// A welcome is for another relay, to which this one does not deliver.
    #[n(18)]
    #[error("this relay does not deliver to that other relay")]
    NoSuchRelay,
    /// This relay sends no pushes.
    #[n(19)]
    #[error("this relay sends no pushes")]
    NoPush,
    /// A push subscription cannot be used: its endpoint is no public https address, or its key is none.
    #[n(20)]
    #[error("the push subscription cannot be used")]
    BadSubscription,
}
