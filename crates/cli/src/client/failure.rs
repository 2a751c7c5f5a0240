//! Why a command was not done: a code for programs, words for people. Words say what happened, why, and what to do.

use kuvert_client::{ProfileError, SealError, SessionError};
use kuvert_core::{BlobFailure, ClientError, Refusal, StoreError};
use kuvert_view::TransferFailure;
use kuvert_wire::ErrorCode;

use super::moving::NotMoved;

/// A command that was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("there is no identity in this profile yet; make one: kuvert id create --name NAME{}", 
        relay.as_ref().map(|relay| format!(" --relay {relay}")).unwrap_or_default())]
    NoIdentity { relay: Option<String> },
    #[error("this profile has an identity already, and keeps it; use another --profile for another identity")]
    IdentityExists,
    #[error(
        "this name cannot be used; a name has 1 to 64 characters, no control characters, and does not \
         look like a Kuvert ID or a group's ID"
    )]
    NameInvalid,
    #[error(
        "this is not a relay's address; give https://HOST or https://HOST:PORT (http only for this machine)"
    )]
    RelayInvalid,
    #[error("this text cannot be sent; a message has at least one character and at most 16 KiB")]
    TextInvalid,
    #[error("what came from stdin is not text in UTF-8; nothing was sent")]
    NotUtf8,
    #[error("this is not a complete Kuvert link; copy it again, with the part after #, and quote it")]
    BadLink,
    /// The same where no shell reads it.
    #[error("this is not a complete Kuvert link; copy it again, with the part after #")]
    LinkIncomplete,
    #[error("the relay does not hold this card any more: the link was revoked, or is old; ask for a new one")]
    CardGone,
    #[error("the card behind this link does not hold; do not trust it, and ask for the link again")]
    CardInvalid,
    #[error("the relay cannot be reached; check the network and try again")]
    Unreachable,
    #[error(
        "the relay cannot be reached, and without it a link leads nowhere; the link is made and waits, \
         kuvert link shows it as soon as the relay can be reached"
    )]
    LinkNotPublished,
    #[error(
        "this person uses another relay, which this version cannot reach from here; make an identity there: \
         kuvert id create --profile OTHER --name NAME{}",
        relay.as_ref().map(|relay| format!(" --relay {relay}")).unwrap_or_default()
    )]
    OtherRelay { relay: Option<String> },
    #[error("this is your own link; send it to somebody else")]
    OwnLink,
    #[error(
        "a business line must not get access to an e-prescription by chat (section 360 SGB V), and nothing was sent; show the \
         health card, the e-prescription app or the printout there: {places}"
    )]
    GuardRefused { places: String },
    #[error(
        "this looks like {places}, which this business line warns of; nothing was sent; to send it, add --anyway"
    )]
    Guarded { places: String },
    #[error("this description of a line cannot be read: {why}")]
    Description { why: String },
    #[error("the line was not published; correct its description:\n{}", faults.iter().map(|fault| format!("  - {fault}")).collect::<Vec<_>>().join("\n"))]
    NotPublished { faults: Vec<String> },
    #[error("the form was not sent; correct what was answered:\n{}", faults.iter().map(|fault| format!("  - {fault}")).collect::<Vec<_>>().join("\n"))]
    NotFilledIn { faults: Vec<String> },
    #[error(transparent)]
    Move(#[from] NotMoved),
    #[error("there is no such form; kuvert form LINE shows those that a line has")]
    NoForms,
    #[error("there is no such request, or it cannot go there; kuvert desk request CUSTOMER shows them")]
    NoRequest,
    #[error("the line has no label {name}; kuvert desk label list shows all")]
    UnknownLabel { name: String },
    #[error("the line has no prepared answer {title}; kuvert desk canned list shows all")]
    UnknownAnswer { title: String },
    #[error(transparent)]
    Calendar(#[from] kuvert_client::caldav::CalendarFault),
    #[error("no calendar is set; say where it is: kuvert desk calendar set")]
    NoCalendar,
    #[error(
        "there is nothing with limited seats like that; kuvert desk seats show lists all, and kinds of seats are written NAME=NUMBER"
    )]
    NoSeats,
    #[error("there is no contact {who}; {}", offer(similar))]
    UnknownContact { who: String, similar: Vec<String> },
    #[error("there is no group {name}; {}", match similar.as_slice() {
        [] => "kuvert group list shows all, kuvert group create NAME CONTACT... makes one".to_owned(),
        similar => offer(similar),
    })]
    UnknownGroup { name: String, similar: Vec<String> },
    #[error("you are not in this group any more; ask an admin to add you again")]
    NotInGroup,
    #[error(
        "you were added to this group by somebody who is no contact; accept first: kuvert group accept {id}"
    )]
    NotAcceptedGroup { id: String },
    #[error("there is no message #{id} here, or not in this conversation; kuvert history shows the numbers")]
    UnknownMessage { id: u64 },
    #[error("{id} is a mistyped Kuvert ID: its last two characters do not fit; compare it again")]
    IdMistyped { id: String },
    #[error("several are called {name}; name one by its ID: {}", ids.join(", "))]
    AmbiguousName { name: String, ids: Vec<String> },
    #[error(
        "your request was not accepted yet; you can write when it is (kuvert listen reports it), and ask again \
         a day after you asked: kuvert contact add LINK --message TEXT"
    )]
    NotAccepted,
    #[error("your request did not get there; ask again: kuvert contact add LINK --message TEXT")]
    NotAsked,
    #[error("this person asks to write to you; accept first: kuvert contact accept {id}")]
    NotAcceptedByYou { id: String },
    #[error("there is nothing to accept: you asked this person, who has to accept")]
    NothingToAccept,
    #[error("there is nothing to accept: nobody waits for your answer in this group")]
    NothingToAcceptInGroup,
    #[error("this relay takes nobody new; use another one: kuvert id create --profile OTHER --relay URL")]
    RelayClosed,
    #[error(
        "this relay takes new people by invitation only, and each invitation once; ask its operator for one: \
         kuvert id invite CODE"
    )]
    InviteNeeded,
    #[error("this is not a complete invitation; copy it again: it has 22 letters, digits, - and _")]
    InviteInvalid,
    #[error("only your own messages can be deleted for everybody, and only your own texts edited")]
    NotYours,
    #[error("this contact is blocked; unblock them first: kuvert contact unblock WHO")]
    Blocked,
    #[error("there is no request to decline here; kuvert contact block WHO blocks a contact")]
    NothingToDecline,
    #[error("this is no reaction; give one emoji or a very short text")]
    ReactionInvalid,
    #[error("this is not a verification code of Kuvert; scan or copy it again")]
    CodeUnreadable,
    #[error("this code is another person's: who shows it is not this contact; do not trust them yet")]
    CodeOfAnother,
    #[error(
        "this code was made for another key than yours; make sure that it is meant for you, and if it is, \
         do not trust this contact: somebody is between you"
    )]
    CodeForAnother,
    #[error(
        "{who} cannot be added to groups before the request between you is accepted; nothing was changed"
    )]
    NotAddable { who: String },
    #[error(
        "the group was made, and none of these people could be added: you are alone in it; \
         add others: kuvert group add {id} CONTACT, or leave it: kuvert group leave {id}"
    )]
    NobodyAdded { id: String },
    /// What a group does not allow, in the engine's words.
    #[error("{0}")]
    Group(Refusal),
    #[error("the relay refused the message, and it was not sent; ask the contact for a new link")]
    Refused,
    #[error("{}", refused(*.0))]
    RefusedBy(ErrorCode),
    #[error("{0}")]
    File(#[from] SealError),
    #[error("a message takes at most 16 files of at most 4 GiB each")]
    FilesInvalid,
    #[error("the message {message} was not sent: {}", words(*failure))]
    FileNotSent { failure: TransferFailure, message: u64 },
    #[error("{name} was not saved: {}", words(*failure))]
    FileNotSaved { name: String, failure: TransferFailure },
    #[error("the message {message} has no files that could be saved")]
    NothingToSave { message: u64 },
    #[error("the message {message} does not wait with files; kuvert delete deletes what was sent")]
    NothingToCancel { message: u64 },
    #[error("the message was sent already; delete it instead")]
    TooLate,
    #[error("this folder cannot be used: its name is not UTF-8; give another one")]
    PathNotUtf8,
    #[error("another process took over this profile's inbox; end it and try again")]
    TakenOver,
    #[error("the time given by --timeout is over; what comes later waits for the next command")]
    TimedOut,
    #[error(
        "kuvert chat needs a terminal for its input and output; in scripts use kuvert send, listen and history"
    )]
    NoTerminal,
    #[error("the two passphrases are not the same; nothing was changed, try again")]
    PassphrasesDiffer,
    #[error("say what is to lock this profile: --new-passphrase-file FILE, --new-key-file FILE, or --remove")]
    NothingToLockWith,
    #[error("{}: {why}; give a file that can be read", path.display())]
    SecretUnreadable { path: std::path::PathBuf, why: String },
    #[error("there is no data folder for this user; say where the profile is: --profile DIR")]
    NoFolder,
    #[error(
        "the key does not open this profile's database; put the key file back that belongs to it, \
        nothing was changed"
    )]
    WrongKey,
    #[error("{0}; {next}", next = next_step(.0))]
    Profile(ProfileError),
    #[error("the disk of the profile is full; make room and do it again, nothing that was there is lost")]
    DiskFull,
    #[error(
        "the profile's database is damaged; put the profile's folder back from a backup, or move it away to \
         begin anew; nothing was changed"
    )]
    Damaged,
    #[error("the profile cannot be used: {0}")]
    Engine(ClientError),
    #[error("{}: {error}; give a folder that can be written to", path.display())]
    Folder { path: std::path::PathBuf, error: std::io::Error },
    #[error("{0}")]
    System(#[from] std::io::Error),
    #[error("{0}")]
    Tls(String),
}

impl Failure {
    /// For programs; stays the same from version to version.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoIdentity { .. } => "no_identity",
            Self::IdentityExists => "identity_exists",
            Self::Move(why) => why.code(),
            Self::NameInvalid => "name_invalid",
            Self::RelayInvalid => "relay_invalid",
            Self::TextInvalid | Self::NotUtf8 => "text_invalid",
            Self::BadLink | Self::LinkIncomplete => "bad_link",
            Self::CardGone => "card_gone",
            Self::CardInvalid => "card_invalid",
            Self::Unreachable | Self::LinkNotPublished => "unreachable",
            Self::OtherRelay { .. } => "other_relay",
            Self::GuardRefused { .. } => "guard_refused",
            Self::Guarded { .. } => "guarded",
            Self::Description { .. } => "description_invalid",
            Self::NotPublished { .. } => "not_published",
            Self::NotFilledIn { .. } => "not_filled_in",
            Self::NoForms => "no_forms",
            Self::NoRequest => "no_request",
            Self::NoSeats => "no_seats",
            Self::Calendar(_) => "calendar_failed",
            Self::NoCalendar => "no_calendar",
            Self::OwnLink => "own_link",
            Self::UnknownLabel { .. } => "unknown_label",
            Self::UnknownAnswer { .. } => "unknown_answer",
            Self::UnknownContact { .. } => "unknown_contact",
            Self::UnknownGroup { .. } => "unknown_group",
            Self::NotInGroup => "not_in_group",
            Self::UnknownMessage { .. } => "unknown_message",
            Self::IdMistyped { .. } => "id_mistyped",
            Self::AmbiguousName { .. } => "ambiguous_name",
            Self::NotAccepted => "not_accepted",
            Self::NotAsked => "not_asked",
            Self::NotAcceptedByYou { .. } | Self::NotAcceptedGroup { .. } => "not_accepted_by_you",
            Self::NothingToAccept | Self::NothingToAcceptInGroup => "nothing_to_accept",
            Self::RelayClosed => "relay_closed",
            Self::InviteNeeded => "invite_needed",
            Self::InviteInvalid => "invite_invalid",
            Self::NotYours => "not_yours",
            Self::Blocked => "blocked",
            Self::NothingToDecline => "nothing_to_decline",
            Self::ReactionInvalid => "reaction_invalid",
            Self::CodeUnreadable | Self::CodeOfAnother | Self::CodeForAnother => self.code_code(),
            Self::NotAddable { .. } => "not_reachable",
            Self::NobodyAdded { .. } => "nobody_added",
            Self::Group(refusal) => group_code(*refusal),
            Self::RefusedBy(ErrorCode::NoSuchRelay) => "no_such_relay",
            Self::Refused | Self::RefusedBy(_) => "refused",
            Self::File(_) | Self::FilesInvalid => "file_invalid",
            Self::FileNotSent { .. } => "file_not_sent",
            Self::FileNotSaved { .. } => "file_not_saved",
            Self::NothingToSave { .. } => "nothing_to_save",
            Self::NothingToCancel { .. } | Self::TooLate => "nothing_to_cancel",
            Self::TakenOver => "taken_over",
            Self::TimedOut => "timed_out",
            Self::NoTerminal => "no_terminal",
            Self::NoFolder | Self::PathNotUtf8 | Self::Folder { .. } => "no_folder",
            Self::WrongKey => "wrong_key",
            Self::Profile(error) => profile_code(error),
            Self::PassphrasesDiffer => "passphrases_differ",
            Self::NothingToLockWith => "nothing_to_lock_with",
            Self::SecretUnreadable { .. } => "secret_unreadable",
            Self::DiskFull => "disk_full",
            Self::Damaged => "damaged",
            Self::Engine(_) => "database",
            Self::System(_) | Self::Tls(_) => "system",
        }
    }

    /// The code of a verification code that does not fit.
    fn code_code(&self) -> &'static str {
        match self {
            Self::CodeOfAnother => "code_of_another",
            Self::CodeForAnother => "code_for_another",
            _ => "code_unreadable",
        }
    }

    /// Whether only nobody reads the results any more.
    pub(crate) fn is_unread(&self) -> bool {
        matches!(self, Self::System(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// The process's exit code.
    pub(crate) fn exit(&self) -> u8 {
        match self {
            Self::Profile(ProfileError::InUse { .. }) => 3,
            Self::TimedOut => 4,
            _ => 1,
        }
    }
}

/// Why a relay did not take a message, and what to do.
fn refused(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::NoSuchRelay => {
            "your relay does not deliver to the relay of this person, and the message was not sent; ask the operator of \
             your relay (settings federation.enabled and, for relays on one machine or in one network, \
             federation.private_addresses), then do it again"
        }
        ErrorCode::NoKeyPackage => {
            "the device of this person has no more keys at its relay, and the message was not sent; ask them to open \
             Kuvert, then do it again"
        }
        ErrorCode::TooLarge => {
            "the relay refused the message as too large, and it was not sent; send less at once"
        }
        ErrorCode::BadToken | ErrorCode::NoSuchInbox => {
            "the relay of this person does not know this link any more, and the message was not sent; ask for a new link"
        }
        _ => "the relay refused the message, and it was not sent; ask the contact for a new link",
    }
}

/// The code of a profile that cannot be opened.
fn profile_code(error: &ProfileError) -> &'static str {
    match error {
        ProfileError::InUse { .. } => "profile_in_use",
        ProfileError::KeyMissing { .. } => "key_missing",
        ProfileError::KeyInvalid { .. } => "key_invalid",
        ProfileError::PassphraseNeeded | ProfileError::KeyFileNeeded => "locked",
        ProfileError::WrongPassphrase => "wrong_passphrase",
        ProfileError::WrongKeyFile => "wrong_key_file",
        ProfileError::NotProtected => "not_locked",
        ProfileError::PassphraseTooShort | ProfileError::KeyFileTooShort => "secret_too_short",
        _ => "profile",
    }
}

/// The code of what a group does not allow.
fn group_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotOwner => "not_owner",
        Refusal::NoLine => "no_line",
        Refusal::DataInvalid => "too_large",
        Refusal::FormChanged => "form_changed",
        Refusal::ScoreNotAsked => "score_not_asked",
        Refusal::NotAdmin => "not_admin",
        Refusal::LastAdmin => "last_admin",
        Refusal::NoMember => "no_member",
        Refusal::NotReachable => "not_reachable",
        Refusal::PictureInvalid => "picture_invalid",
        Refusal::TooMuchAtOnce => "too_much",
        _ => "refused",
    }
}

/// Names that may have been meant, or where to find them.
fn offer(similar: &[String]) -> String {
    match similar {
        [] => "kuvert contact list shows all, kuvert contact add LINK adds one".to_owned(),
        names => format!("did you mean {}? Give the whole name", names.join(" or ")),
    }
}

/// Why a file did not get where it should be, and what to do.
pub(super) fn words(failure: TransferFailure) -> BlobFailure {
    match failure {
        TransferFailure::NotAdmitted => BlobFailure::NotAdmitted,
        TransferFailure::TooLarge => BlobFailure::TooLarge,
        TransferFailure::NoRoom => BlobFailure::NoRoom,
        TransferFailure::Gone => BlobFailure::Gone,
        TransferFailure::Forged => BlobFailure::Forged,
        TransferFailure::LocalFile => BlobFailure::LocalFile,
        TransferFailure::Unsupported => BlobFailure::Unsupported,
        TransferFailure::NoSpace => BlobFailure::NoSpace,
    }
}

fn next_step(error: &ProfileError) -> &'static str {
    match error {
        ProfileError::InUse { .. } => "end that command and try again, or use another --profile",
        ProfileError::KeyMissing { .. } => {
            "put it back from a backup, or move the folder away to begin anew; nothing was changed"
        }
        ProfileError::KeyInvalid { .. } => "put the right file back from a backup; nothing was changed",
        ProfileError::PassphraseNeeded => {
            "run this in a terminal and type it, or give --passphrase-file FILE"
        }
        ProfileError::KeyFileNeeded => "give --key-file FILE",
        ProfileError::WrongPassphrase | ProfileError::WrongKeyFile => "try again; nothing was changed",
        ProfileError::NotProtected => "leave it out, or lock the profile: kuvert lock",
        ProfileError::PassphraseTooShort | ProfileError::KeyFileTooShort => "choose a longer one",
        ProfileError::KeyRecord => "put the right file back from a backup; nothing was changed",
        ProfileError::Missing { .. } => "make an identity: kuvert id create --name NAME",
        ProfileError::Path { .. } | ProfileError::NoFolder { .. } => "use another --profile",
        ProfileError::Io { .. } => "check the folder's permissions and its disk",
        ProfileError::Random(_) => "try again",
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Missing { .. } => Self::NoIdentity { relay: None },
            error => Self::Profile(error),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Store(StoreError::WrongKey) => Self::WrongKey,
            ClientError::Store(StoreError::InUse) => Self::Profile(ProfileError::InUse { by: String::new() }),
            ClientError::Store(StoreError::Full) => Self::DiskFull,
            ClientError::Store(StoreError::Damaged) => Self::Damaged,
            ClientError::Refused(Refusal::NoIdentity) => Self::NoIdentity { relay: None },
            ClientError::Refused(Refusal::Moving) => Self::Move(NotMoved::Moving),
            error => Self::Engine(error),
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Profile(error) => error.into(),
            SessionError::Engine(error) => error.into(),
            SessionError::Tls(error) => Self::Tls(error.to_string()),
        }
    }
}

impl From<kuvert_view::Failure> for Failure {
    fn from(failure: kuvert_view::Failure) -> Self {
        use kuvert_view::Failure as Shown;
        match failure {
            Shown::NameInvalid => Self::NameInvalid,
            Shown::TextInvalid => Self::TextInvalid,
            Shown::LinkUnreadable => Self::LinkIncomplete,
            Shown::CardGone => Self::CardGone,
            Shown::CardInvalid => Self::CardInvalid,
            Shown::Unreachable => Self::Unreachable,
            Shown::OtherRelay => Self::OtherRelay { relay: None },
            Shown::NotAccepted => Self::NotAccepted,
            Shown::NotAsked => Self::NotAsked,
            Shown::IdentityExists => Self::IdentityExists,
            Shown::NoIdentity => Self::NoIdentity { relay: None },
            Shown::Unknown => Self::UnknownContact { who: String::new(), similar: Vec::new() },
            Shown::DiskFull => Self::DiskFull,
            Shown::Database => Self::Engine(ClientError::Damaged("the database cannot be written")),
            Shown::RelayClosed => Self::RelayClosed,
            Shown::InviteNeeded => Self::InviteNeeded,
            Shown::InviteInvalid => Self::InviteInvalid,
            Shown::NotYours => Self::NotYours,
            Shown::Blocked => Self::Blocked,
            Shown::NothingToDecline => Self::NothingToDecline,
            Shown::ReactionInvalid => Self::ReactionInvalid,
            Shown::CodeUnreadable => Self::CodeUnreadable,
            Shown::CodeOfAnother => Self::CodeOfAnother,
            Shown::CodeForAnother => Self::CodeForAnother,
            Shown::FilesInvalid => Self::FilesInvalid,
            Shown::NotOwner => Self::Group(Refusal::NotOwner),
            // Where it came from, the places were said.
            Shown::Guarded => Self::Guarded { places: "a number".to_owned() },
            Shown::NoLine => Self::Group(Refusal::NoLine),
            Shown::TooLarge => Self::Group(Refusal::DataInvalid),
            Shown::FormChanged => Self::Group(Refusal::FormChanged),
            Shown::ScoreNotAsked => Self::Group(Refusal::ScoreNotAsked),
            Shown::NotAdmin => Self::Group(Refusal::NotAdmin),
            Shown::LastAdmin => Self::Group(Refusal::LastAdmin),
            Shown::NoMember => Self::Group(Refusal::NoMember),
            Shown::NotReachable => Self::Group(Refusal::NotReachable),
            Shown::PictureInvalid => Self::Group(Refusal::PictureInvalid),
            Shown::TooMuchAtOnce => Self::Group(Refusal::TooMuchAtOnce),
            Shown::Moving => Self::Move(NotMoved::Moving),
            Shown::TooLate => Self::TooLate,
            Shown::OwnLink => Self::OwnLink,
            Shown::ProfileInUse => Self::Profile(ProfileError::InUse { by: String::new() }),
        }
    }
}
