//! All that a user interface knows: commands that it may give, and plain data that it shows.
//!
//! A user interface sends [`UiCommand`]s and applies [`ViewUpdate`]s; it never sees an entity of the engine. Both are
//! serialised as CBOR where they cross from the page to the worker ([`encode_command`], [`decode_update`], ...). The
//! crate holds no logic beyond that.

mod answers;
mod capacity;
mod command;
mod condition;
mod desk;
mod desk_shown;
mod desk_tools;
mod dispatch;
mod file;
mod form;
mod group;
mod guard;
mod line;
mod message;
mod push;
mod rights;
mod shell;
mod update;
pub mod words;

pub use answers::{
    ContactView, DetailsView, FoundView, ReactedView, ReceiptView, SettingsView, VerificationView,
};
pub use capacity::{
    AgreedView, CapacityDraft, CapacityView, CheckedTicket, HolderView, LotView, SeatsCommand, SeatsView,
    SeriesDraft,
};
pub use command::UiCommand;
pub use condition::{Connection, Failure, Storage};
pub use desk::{
    CaseStatus, DeskCommand, DeskUpdate, LabelId, MemberId, NoteId, OutsideId, QueueFilter, TeamRole,
};
pub use desk_shown::{
    CaseView, DeskView, FaultView, LabelView, NoteView, OutsideRowView, QueueRowView, QueueView,
    TeamMemberView,
};
pub use desk_tools::{
    CannedId, CannedView, DayView, FoundCaseView, FoundCasesView, LabelCountView, ReminderView,
    StatisticsView, ToolCommand,
};
pub use dispatch::{DispatchCommand, OfferView};
pub use file::{
    FileId, FileState, FileView, MAX_SHOWN, MAX_UNASKED, NotTaken, PreviewView, TransferFailure,
    TransferStage, TransferView,
};
pub use form::{
    AnswerFaultView, AppointmentView, DataView, FilledForm, RequestView, StatusView, TicketView, Todo,
};
pub use group::{GroupStanding, GroupView, MemberView, NotAdded, NotAddedView, NoticeKind, NoticeView, Role};
pub use guard::{GuardKind, GuardedView};
pub use line::{ImprintDraft, LineDraft, LineView, Texts};
pub use message::{Delivery, MessageKind, MessageView, ReactionView, ReplyView, Sender};
pub use push::{PushView, SubscriptionView};
pub use rights::{
    AuditEntryView, AuditView, ConsentView, PaperFile, PaperView, RecordView, RightsUpdate, RightsWish,
    audit_word,
};
pub use shell::{Gate, LockOutcome, LockView, MoveFault, MoveView, Passphrase, Posted};
pub use update::{
    CardView, ChangeView, ComposingView, ContactState, ConversationId, ConversationView, Familiarity,
    LastMessage, MessageId, ProfileView, Trust, ViewUpdate,
};

/// The bytes were not written by this version's counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BridgeError;

impl std::fmt::Display for BridgeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("page and worker do not speak the same version; reload the page")
    }
}

impl std::error::Error for BridgeError {}

/// Encodes a command for the worker.
pub fn encode_command(command: &UiCommand) -> Vec<u8> {
    encode(command)
}

/// Decodes a command from the page.
///
/// # Errors
/// [`BridgeError`] if page and worker are of different versions.
pub fn decode_command(bytes: &[u8]) -> Result<UiCommand, BridgeError> {
    minicbor::decode(bytes).map_err(|_| BridgeError)
}

/// Encodes a command on its way.
pub fn encode_posted(posted: &Posted) -> Vec<u8> {
    encode(posted)
}

/// Decodes a command on its way.
///
/// # Errors
/// [`BridgeError`] if page and worker are of different versions.
pub fn decode_posted(bytes: &[u8]) -> Result<Posted, BridgeError> {
    minicbor::decode(bytes).map_err(|_| BridgeError)
}

/// Encodes an update for the page.
pub fn encode_update(update: &ViewUpdate) -> Vec<u8> {
    encode(update)
}

/// Decodes an update from the worker.
///
/// # Errors
/// [`BridgeError`] if page and worker are of different versions.
pub fn decode_update(bytes: &[u8]) -> Result<ViewUpdate, BridgeError> {
    minicbor::decode(bytes).map_err(|_| BridgeError)
}

fn encode<T: minicbor::Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => bytes,
        Err(never) => unreachable!("writing to memory failed: {never}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_updates_survive_the_bridge() {
        let command = UiCommand::Send { conversation: ConversationId(3), text: "Grüß Gott".into() };
        assert_eq!(decode_command(&encode_command(&command)), Ok(command));
        let update = ViewUpdate::Failed(Failure::LinkUnreadable);
        assert_eq!(decode_update(&encode_update(&update)), Ok(update));
        assert_eq!(decode_update(b"\xff"), Err(BridgeError));
    }
}
