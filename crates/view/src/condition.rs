//! How things stand with connection and storage, and why a wish failed.

use minicbor::{Decode, Encode};

/// State of the connection to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Connection {
    /// Not connected; will try again.
    #[n(0)]
    Offline,
    /// Connecting, or catching up with what waited.
    #[n(1)]
    Connecting,
    /// Everything that waited is here.
    #[n(2)]
    Online,
    /// Another tab or window of this profile took over; this one is at rest until reloaded.
    #[n(3)]
    Elsewhere,
}

/// Where this device keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Storage {
    /// In a file that stays.
    #[n(0)]
    Lasting,
    /// In memory: gone when the page is closed.
    #[n(1)]
    Passing,
    /// Another tab holds the profile; this one shows nothing.
    #[n(2)]
    HeldElsewhere,
}

/// Why a wish could not be fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Failure {
    /// The name is empty or too long.
    #[n(0)]
    NameInvalid,
    /// The text is empty or longer than 16 KiB.
    #[n(1)]
    TextInvalid,
    /// Not a link of Kuvert, or damaged in copying.
    #[n(2)]
    LinkUnreadable,
    /// The relay does not hold this card (any more): the link was revoked, or is old.
    #[n(3)]
    CardGone,
    /// The card does not open with this link, or its signature does not hold.
    #[n(4)]
    CardInvalid,
    /// The relay cannot be reached; try again when connected.
    #[n(5)]
    Unreachable,
    /// The person uses another relay, which this version cannot reach yet.
    #[n(6)]
    OtherRelay,
    /// Somebody else's consent is needed first: the request was not accepted yet.
    #[n(7)]
    NotAccepted,
    /// This profile already has an identity.
    #[n(8)]
    IdentityExists,
    /// An identity has to be made first.
    #[n(9)]
    NoIdentity,
    /// There is no such conversation or message.
    #[n(10)]
    Unknown,
    /// The database cannot be opened or written: wrong key, damaged, or full.
    #[n(11)]
    Database,
    /// The link is the user's own.
    #[n(12)]
    OwnLink,
    /// The profile is in use by another program.
    #[n(13)]
    ProfileInUse,
    /// The relay takes nobody new.
    #[n(14)]
    RelayClosed,
    /// The relay takes new people by invitation only, and did not take this one's.
    #[n(15)]
    InviteNeeded,
    /// Not an invitation, or damaged in copying.
    #[n(16)]
    InviteInvalid,
    /// Only who wrote a message may change it, and only a text can be edited.
    #[n(17)]
    NotYours,
    /// The contact is blocked; unblock first.
    #[n(18)]
    Blocked,
    /// There is no request to decline.
    #[n(19)]
    NothingToDecline,
    /// Not a reaction: empty, or too long.
    #[n(20)]
    ReactionInvalid,
    /// Not a verification code of Kuvert.
    #[n(21)]
    CodeUnreadable,
    /// The verification code is another person's than this contact's.
    #[n(22)]
    CodeOfAnother,
    /// The verification code was shown to another key than the user's.
    #[n(23)]
    CodeForAnother,
    /// No file, too many, or one that is too large or has too long a name.
    #[n(24)]
    FilesInvalid,
    /// No space left for the database.
    #[n(25)]
    DiskFull,
    /// The text holds what should not be sent to a business line, or not without having been asked.
    #[n(220)]
    Guarded,
    /// Only an owner of the line may do this.
    #[n(57)]
    NotOwner,
    /// This is for devices of a business line.
    #[n(58)]
    NoLine,
    /// Too large to be sent.
    #[n(59)]
    TooLarge,
    /// Only an admin of the group may do this.
    #[n(50)]
    NotAdmin,
    /// The group's only admin has to name another first.
    #[n(51)]
    LastAdmin,
    /// Somebody is no member of the group, or the user is not (any more).
    #[n(52)]
    NoMember,
    /// The contact cannot be added to groups yet.
    #[n(53)]
    NotReachable,
    /// The group's picture is too large.
    #[n(54)]
    PictureInvalid,
    /// Too much waits to be done in this group.
    #[n(55)]
    TooMuchAtOnce,
    /// The profile moves to another device.
    #[n(63)]
    Moving,
    /// What was filled in does not fit the form that the line has now.
    #[n(61)]
    FormChanged,
    /// The line does not ask how satisfied its customers are.
    #[n(62)]
    ScoreNotAsked,
    /// The request did not get there; it has to be made again by the link.
    #[n(56)]
    NotAsked,
    /// The message was sent already, and can only be deleted.
    #[n(60)]
    TooLate,
}
