//! What can go wrong in the engine, by what the caller must do.

use kuvert_mls::MlsError;
use kuvert_store::StoreError;

/// A failed input. Its transaction left no trace.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The command cannot be fulfilled: tell the user.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The relay broke the protocol: drop the connection.
    #[error("the relay broke the protocol: {0}")]
    PeerFault(&'static str),
    /// The database failed: try again when its cause is gone.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The MLS state failed.
    #[error(transparent)]
    Mls(#[from] MlsError),
    /// What this profile stores about itself cannot be read.
    #[error("the profile is damaged: {0}")]
    Damaged(&'static str),
}

/// Why a command cannot be fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name is empty, longer than 64 characters, has control characters, or reads as an ID.
    #[error("a name has 1 to 64 characters, and does not look like an ID")]
    NameInvalid,
    /// The text is empty or too long.
    #[error("a message has 1 character to 16 KiB")]
    TextInvalid,
    /// The origin is not of the form `https://host[:port]`.
    #[error("a relay is given as https://host[:port], or http:// for this machine")]
    RelayInvalid,
    /// Not a push subscription of a browser.
    #[error("this is no push subscription; let the browser make another")]
    SubscriptionInvalid,
    /// Not an invitation to a relay.
    #[error("this is not a complete invitation; it has 22 letters, digits, - and _")]
    InviteInvalid,
    /// Not a link of Kuvert.
    #[error("this is not a complete Kuvert link; copy it again, with the part after #")]
    LinkUnreadable,
    /// The person uses another relay, and this profile speaks to its own only, or its relay to no other.
    #[error("this person uses another relay, which cannot be reached from here; open the link there")]
    OtherRelay,
    /// No file, too many, or one that is too large or has too long a name.
    #[error("a message takes 1 to 16 files of at most 4 GiB each, with names of at most 255 bytes")]
    FilesInvalid,
    /// The message was sent already.
    #[error("the message was sent already; delete it instead")]
    TooLate,
    /// The file is not at the relay yet.
    #[error("this file is still on its way to the relay")]
    TooEarly,
    /// The request was not accepted yet.
    #[error("the request was not accepted yet; it can be made again a day after it was sent")]
    NotAccepted,
    /// The request did not get there.
    #[error("the request did not get there; make it again by the person's link")]
    NotAsked,
    /// Only a device that holds the identity key may do this.
    #[error("only an owner of the line may do this")]
    NotOwner,
    /// This profile is no device of a business line, or not yet.
    #[error("this is for devices of a business line")]
    NoLine,
    /// Data, an event or a card is too large, or none.
    #[error("this is too large to be sent; shorten it")]
    DataInvalid,
    /// What was filled in does not fit the form that the line has now.
    #[error("this does not fit the form as the line has it now; open it again")]
    FormChanged,
    /// The line does not ask how satisfied its customers are.
    #[error("this line does not ask how satisfied you are; write it a message")]
    ScoreNotAsked,
    /// Only an admin of a group may do this.
    #[error("only an admin of the group may do this")]
    NotAdmin,
    /// The only admin of a group cannot leave it, or cease to be one.
    #[error("the group needs an admin; make somebody else an admin first")]
    LastAdmin,
    /// Somebody is no member of the group, or the user is not (any more).
    #[error("not a member of this group")]
    NoMember,
    /// The contact cannot be added to groups: not accepted yet, or known from before groups were.
    #[error("this contact cannot be added to groups yet; exchange a message with them first")]
    NotReachable,
    /// The picture is too large.
    #[error("the picture of a group has at most 4 KiB")]
    PictureInvalid,
    /// Too much waits to be done.
    #[error("too much waits to be done in this group; try again later")]
    TooMuchAtOnce,
    /// This profile has an identity already.
    #[error("this profile has an identity already")]
    IdentityExists,
    /// There is no identity yet.
    #[error("there is no identity yet; create one first")]
    NoIdentity,
    /// The profile moves to another device.
    #[error("this profile is moving to another device; go on there, or end the move here first")]
    Moving,
    /// The profile does not move.
    #[error("this profile does not move to another device, or has said already that it goes on here")]
    NotMoving,
    /// It is a device of a business line.
    #[error("a device of a business line does not move: invite the new one, and dismiss this one")]
    IsLine,
    /// There is no such conversation, message or opened link.
    #[error("there is no such conversation or message")]
    Unknown,
    /// Only who wrote a message may change it, and only a text can be edited.
    #[error("only your own messages can be deleted for everybody, and only your own texts edited")]
    NotYours,
    /// The contact is blocked.
    #[error("this contact is blocked; unblock them first")]
    Blocked,
    /// Only a request can be declined.
    #[error("there is no request to decline here; block the contact instead")]
    NothingToDecline,
    /// Not a reaction.
    #[error("a reaction is one emoji, or a very short text")]
    ReactionInvalid,
    /// Not a code for verification.
    #[error("this is not a verification code of Kuvert; scan it again")]
    CodeUnreadable,
    /// The code is another person's.
    #[error("this code is another person's: who shows it is not the contact in this conversation")]
    CodeOfAnother,
    /// The code is for somebody else.
    #[error(
        "this code was shown to another key than yours: make sure that it is for you, else somebody is between you"
    )]
    CodeForAnother,
    /// The link is the user's own.
    #[error("this is your own link; send it to somebody else")]
    OwnLink,
}
