//! Files: what a driver asks for beside the user's commands, and what is shown of them.

use kuvert_core::{
    AttachmentRow, AttachmentState, BlobFailure, Client, ClientError, Command, Input, NewFile, Timestamp,
    Transfer,
};
use kuvert_view::{
    ConversationId, FileId, FileState, FileView, MessageId, MessageView, TransferFailure, TransferStage,
    TransferView, ViewUpdate,
};

use crate::App;
use crate::views;

/// Files to be sent, which the driver has sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesWish {
    /// Where to.
    pub conversation: ConversationId,
    /// The message, perhaps empty.
    pub text: String,
    /// At least one and at most 16.
    pub files: Vec<NewFile>,
    /// The message of the same conversation that it answers.
    pub reply_to: Option<MessageId>,
    /// It is deleted everywhere so many seconds after it was read.
    pub expires_after: Option<u32>,
}

impl App {
    /// Sends files. What cannot be fulfilled comes back as
    /// [`ViewUpdate::Failed`].
    pub fn send_files(&mut self, now: Timestamp, wish: FilesWish) {
        let command = Command::SendFiles {
            conversation: views::conversation_row(wish.conversation),
            text: wish.text,
            files: wish.files,
            reply_to: wish.reply_to.map(views::message_row),
            expires_after: wish.expires_after,
        };
        self.carry_out(now, command);
    }

    /// Takes a message back whose files are not all at the relay. What cannot be fulfilled comes back as
    /// [`ViewUpdate::Failed`].
    pub fn cancel_files(&mut self, now: Timestamp, message: MessageId) {
        self.carry_out(now, Command::CancelFiles { message: views::message_row(message) });
    }

    /// Fetches a file, and saves it under a driver's name. What cannot be fulfilled comes back as [`ViewUpdate::Failed`].
    pub fn save_file(&mut self, now: Timestamp, file: FileId, to: String) {
        self.carry_out(now, Command::Download { attachment: attachment_row(file), to });
    }

    /// Stops fetching a file.
    pub fn stop_saving(&mut self, now: Timestamp, file: FileId) {
        self.carry_out(now, Command::StopDownload { attachment: attachment_row(file) });
    }

    /// Files that are being fetched, or will be.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn downloads(&mut self) -> Result<Vec<FileView>, ClientError> {
        Ok(self.client.downloads()?.iter().map(file).collect())
    }

    /// The driver's names for sealed files that are still needed. What else it keeps can go.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn sealed_files(&mut self) -> Result<Vec<String>, ClientError> {
        self.client.sealed_files()
    }

    /// One message with its files.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn message(
        &mut self,
        message: MessageId,
    ) -> Result<Option<(ConversationId, MessageView)>, ClientError> {
        let Some(row) = self.client.message(views::message_row(message))? else { return Ok(None) };
        let conversation = views::conversation_id(row.conversation);
        Ok(self.messages(vec![row])?.pop().map(|message| (conversation, message)))
    }

    fn carry_out(&mut self, now: Timestamp, command: Command) {
        self.look(now);
        let done = self.client.handle(now, Input::Command(command)).and_then(|()| self.drain());
        if let Err(error) = done {
            self.updates.push_back(ViewUpdate::Failed(views::failure(&error)));
        }
    }
}

/// The files of a message, in their order.
pub(crate) fn views(
    message: kuvert_core::MessageId,
    client: &mut Client,
) -> Result<Vec<FileView>, ClientError> {
    Ok(client.attachments(message)?.iter().map(file).collect())
}

fn attachment_row(id: FileId) -> kuvert_core::AttachmentId {
    kuvert_core::AttachmentId(i64::try_from(id.0).unwrap_or(i64::MAX))
}

fn file(row: &AttachmentRow) -> FileView {
    FileView {
        id: FileId(row.id.0.unsigned_abs()),
        name: row.name.clone(),
        media_type: row.media_type.clone(),
        size: row.size,
        state: match row.state {
            AttachmentState::Uploading => FileState::Uploading,
            AttachmentState::NotUploaded => FileState::NotUploaded,
            AttachmentState::Uploaded => FileState::Uploaded,
            AttachmentState::Offered => FileState::Offered,
            AttachmentState::Downloading => FileState::Downloading,
            AttachmentState::NotDownloaded => FileState::NotDownloaded,
            AttachmentState::Saved => FileState::Saved,
        },
        path: match row.state {
            AttachmentState::Downloading | AttachmentState::NotDownloaded | AttachmentState::Saved => {
                row.file.clone()
            }
            _ => None,
        },
    }
}

pub(crate) fn transfer(transfer: &Transfer) -> TransferView {
    TransferView {
        conversation: views::conversation_id(transfer.conversation),
        message: views::message_id(transfer.message),
        file: FileId(transfer.attachment.0.unsigned_abs()),
        stage: match transfer.stage {
            kuvert_core::TransferStage::Moved { done, of } => TransferStage::Moved { done, of },
            kuvert_core::TransferStage::Done => TransferStage::Done,
            kuvert_core::TransferStage::Failed(failure) => TransferStage::Failed(match failure {
                BlobFailure::NotAdmitted => TransferFailure::NotAdmitted,
                BlobFailure::TooLarge => TransferFailure::TooLarge,
                BlobFailure::NoRoom => TransferFailure::NoRoom,
                BlobFailure::Gone => TransferFailure::Gone,
                BlobFailure::Forged => TransferFailure::Forged,
                BlobFailure::LocalFile => TransferFailure::LocalFile,
                BlobFailure::Unsupported => TransferFailure::Unsupported,
            }),
        },
    }
}
