//! What the user asks for, in the engine's words.

use kuvert_core::{Command, DeletionScope};
use kuvert_view::UiCommand;

use crate::files::attachment_row;
use crate::views::{conversation_row, message_row};

/// The engine's command; `None` for what the application answers by itself. A new identity has its inbox at `relay`.
pub(crate) fn command(wish: UiCommand, relay: &str) -> Option<Command> {
    Some(match wish {
        UiCommand::Start
        | UiCommand::OpenConversation { .. }
        | UiCommand::CloseConversation
        | UiCommand::LoadOlder { .. }
        | UiCommand::LoadNewer { .. }
        | UiCommand::LoadAround { .. }
        | UiCommand::LoadSince { .. }
        | UiCommand::ShowDetails { .. }
        | UiCommand::Search { .. }
        | UiCommand::ShowVerification { .. }
        | UiCommand::ShowContact { .. }
        | UiCommand::ShowSettings
        | UiCommand::ShowPush
        | UiCommand::Desk(_)
        | UiCommand::SetPush { .. }
        | UiCommand::AskErasure { .. }
        | UiCommand::Rate { .. }
        | UiCommand::Export { .. }
        // What is in it was taken out before.
        | UiCommand::Anyway(_)
        | UiCommand::CreateGroup { .. }
        | UiCommand::AddMembers { .. }
        | UiCommand::RemoveMember { .. }
        | UiCommand::LeaveGroup { .. }
        | UiCommand::RenameGroup { .. }
        | UiCommand::SetAdmin { .. }
        | UiCommand::ShowMembers { .. }
        | UiCommand::SubmitForm { .. }
        | UiCommand::CheckForm { .. }
        // The driver's.
        | UiCommand::Unlock { .. }
        | UiCommand::SetPassphrase { .. }
        | UiCommand::Lock
        | UiCommand::BeginAnew
        | UiCommand::MoveOut
        | UiCommand::MoveStay { .. }
        | UiCommand::MoveIn { .. }
        | UiCommand::ShowLock
        | UiCommand::ShowPreview { .. }
        // A driver's, which has the bytes and a place for them.
        | UiCommand::SendFiles { .. }
        | UiCommand::CancelSending { .. }
        | UiCommand::FetchFile { .. }
        | UiCommand::ShowFile { .. }
        | UiCommand::SaveFile { .. } => return None,
        UiCommand::CreateIdentity { name, invite } => {
            Command::CreateIdentity { name, relay: relay.to_owned(), invite }
        }
        UiCommand::UseInvite { invite } => Command::UseInvite { invite },
        UiCommand::ShowLink => Command::ShowLink,
        UiCommand::RevokeLink => Command::RevokeLink,
        UiCommand::OpenLink { link } => Command::OpenLink { link },
        UiCommand::SendRequest { link, text } => Command::Request { link, text },
        UiCommand::SetReadReports { on } => Command::SetReadReports { on },
        contact @ (UiCommand::Accept { .. }
        | UiCommand::Decline { .. }
        | UiCommand::Block { .. }
        | UiCommand::Unblock { .. }
        | UiCommand::Verify { .. }
        | UiCommand::ConfirmWords { .. }
        | UiCommand::Unverify { .. }) => return contact_command(contact),
        message => return message_command(message),
    })
}

/// What is written, and what is done to a message that there is.
fn message_command(wish: UiCommand) -> Option<Command> {
    Some(match wish {
        UiCommand::Send { conversation, text } => {
            Command::Send { conversation: conversation_row(conversation), text }
        }
        UiCommand::Write { conversation, text, reply_to, expires_after } => Command::Write {
            conversation: conversation_row(conversation),
            text,
            reply_to: reply_to.map(message_row),
            expires_after,
        },
        UiCommand::Edit { message, text } => Command::Edit { message: message_row(message), text },
        UiCommand::Delete { message, everywhere } => Command::Delete {
            message: message_row(message),
            scope: if everywhere { DeletionScope::Everywhere } else { DeletionScope::Here },
        },
        UiCommand::React { message, reaction } => Command::React { message: message_row(message), reaction },
        UiCommand::Unreact { message } => Command::Unreact { message: message_row(message) },
        UiCommand::CancelFiles { message } => Command::CancelFiles { message: message_row(message) },
        UiCommand::StopFetching { file } => Command::StopDownload { attachment: attachment_row(file) },
        UiCommand::Retry { message } => Command::Retry { message: message_row(message) },
        UiCommand::SetDraft { conversation, text } => {
            Command::SetDraft { conversation: conversation_row(conversation), text }
        }
        UiCommand::SetTimer { conversation, expires_after } => {
            Command::SetTimer { conversation: conversation_row(conversation), expires_after }
        }
        _ => return None,
    })
}

/// How one stands to a contact.
fn contact_command(wish: UiCommand) -> Option<Command> {
    Some(match wish {
        UiCommand::Accept { conversation } => {
            Command::Accept { conversation: conversation_row(conversation) }
        }
        UiCommand::Decline { conversation } => {
            Command::Decline { conversation: conversation_row(conversation) }
        }
        UiCommand::Block { conversation } => Command::Block { conversation: conversation_row(conversation) },
        UiCommand::Unblock { conversation } => {
            Command::Unblock { conversation: conversation_row(conversation) }
        }
        UiCommand::Verify { conversation, code } => {
            Command::Verify { conversation: conversation_row(conversation), code }
        }
        UiCommand::ConfirmWords { conversation } => {
            Command::ConfirmWords { conversation: conversation_row(conversation) }
        }
        UiCommand::Unverify { conversation } => {
            Command::Unverify { conversation: conversation_row(conversation) }
        }
        _ => return None,
    })
}
