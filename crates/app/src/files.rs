//! Files: what a driver asks for beside the user's commands, and what is shown of them.

use kuvert_core::file::{FileKey, PictureKind, harmless};
use kuvert_core::{
    AttachmentRow, AttachmentState, BlobFailure, Client, ClientError, Command, Input, NewFile, Ticket,
    Timestamp, Transfer,
};
use kuvert_view::{
    ConversationId, Failure, FileId, FileState, FileView, FilledForm, MessageId, MessageView, PreviewView,
    TransferFailure, TransferStage, TransferView, ViewUpdate,
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
    /// The form to whose answers they belong; then `text` does not count.
    pub form: Option<FilledForm>,
}

/// A file that was fetched to where a driver keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// The driver's name for it.
    pub at: String,
    /// A name under which it can be saved on every system.
    pub name: String,
    /// Bytes of the opened file.
    pub size: u64,
    /// What opens it.
    pub key: FileKey,
    /// SHA-256 of the sealed bytes.
    pub hash: [u8; 32],
}

impl App {
    /// Sends files; if that was done before under the name `once`, does nothing.
    ///
    /// # Errors
    /// [`Failure`] if that is not possible; then nothing was written down.
    pub fn write_files(
        &mut self,
        now: Timestamp,
        once: Option<Ticket>,
        wish: FilesWish,
    ) -> Result<(), Failure> {
        self.look(now);
        self.client.once(once);
        let done = self.sending(wish).and_then(|command| self.client.handle(now, Input::Command(command)));
        self.client.once(None);
        done.map_err(|error| views::failure(&error))?;
        // It is written down, and its sealed files are needed, whatever becomes of showing that.
        self.show_done();
        Ok(())
    }

    /// Sends files. What cannot be fulfilled comes back as
    /// [`ViewUpdate::Failed`].
    pub fn send_files(&mut self, now: Timestamp, wish: FilesWish) {
        match self.sending(wish) {
            Ok(command) => self.carry_out(now, command),
            Err(error) => self.updates.push_back(ViewUpdate::Failed(views::failure(&error))),
        }
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

    /// All of the driver's names for files of messages, sent or fetched. What else a driver keeps that has fetched files among
    /// its own can go.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn kept_files(&mut self) -> Result<Vec<String>, ClientError> {
        self.client.kept_files()
    }

    /// A file that was fetched; `None` if it was not, or is gone.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn kept_file(&mut self, file: FileId) -> Result<Option<KeptFile>, ClientError> {
        let row = self.client.attachment(attachment_row(file))?;
        let row = row.filter(|row| row.state == AttachmentState::Saved);
        Ok(row.and_then(|row| {
            Some(KeptFile {
                at: row.file?,
                name: harmless(&row.name),
                size: row.size,
                key: FileKey::new(*row.key),
                hash: row.hash,
            })
        }))
    }

    /// A file of a message; `None` if it is gone.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn file(&mut self, id: FileId) -> Result<Option<FileView>, ClientError> {
        Ok(self.client.attachment(attachment_row(id))?.as_ref().map(file))
    }

    /// The small picture in the message of a file.
    pub(crate) fn show_preview(&mut self, file: FileId) -> Result<(), ClientError> {
        let picture = match self.client.attachment(attachment_row(file))? {
            Some(row) => {
                let files = self.client.attachments(row.message)?;
                let position = files.iter().position(|other| other.id == row.id);
                position.map_or(Ok(None), |position| self.client.preview(row.message, position))?
            }
            None => None,
        };
        self.updates.push_back(ViewUpdate::Preview { file, preview: picture.and_then(preview) });
        Ok(())
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

    fn sending(&mut self, wish: FilesWish) -> Result<Command, ClientError> {
        if let Some(form) = &wish.form {
            return self.form_command(wish.conversation, form, wish.files);
        }
        Ok(Command::SendFiles {
            conversation: views::conversation_row(wish.conversation),
            text: wish.text,
            files: wish.files,
            reply_to: wish.reply_to.map(views::message_row),
            expires_after: wish.expires_after,
        })
    }

    fn carry_out(&mut self, now: Timestamp, command: Command) {
        self.look(now);
        match self.client.handle(now, Input::Command(command)) {
            Ok(()) => self.show_done(),
            Err(error) => self.updates.push_back(ViewUpdate::Failed(views::failure(&error))),
        }
    }
}

/// A picture that came with a message, if it is one of a kind that is shown. Nothing is decoded here.
fn preview(picture: Vec<u8>) -> Option<PreviewView> {
    let kind = PictureKind::of(&picture)?;
    let size = if kind == PictureKind::Jpeg { jpeg_size(&picture) } else { None };
    Some(PreviewView { media_type: kind.media_type().to_owned(), picture, size })
}

/// Width and height that a JPEG claims to have (ITU-T T.81, B.2.2).
fn jpeg_size(jpeg: &[u8]) -> Option<(u32, u32)> {
    let mut rest = jpeg.get(2..)?;
    loop {
        let [0xff, marker, high, low, ..] = *rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let frame: &[u8; 5] = rest.get(4..9)?.try_into().ok()?;
            let [_, h1, h2, w1, w2] = frame.map(u32::from);
            let (width, height) = (w1 << 8 | w2, h1 << 8 | h2);
            return (width > 0 && height > 0).then_some((width, height));
        }
        rest = rest.get(2 + length.max(2)..)?;
    }
}

/// The files of a message, in their order.
pub(crate) fn views(
    message: kuvert_core::MessageId,
    client: &mut Client,
) -> Result<Vec<FileView>, ClientError> {
    Ok(client.attachments(message)?.iter().map(file).collect())
}

pub(crate) fn attachment_row(id: FileId) -> kuvert_core::AttachmentId {
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
                BlobFailure::NoSpace => TransferFailure::NoSpace,
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_preview_is_read_and_nothing_else_of_it() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x0b\x08\x01\x02\x00\x40\x01\x01\x11\0";
        assert_eq!(jpeg_size(jpeg), Some((64, 258)));
        for length in 0..jpeg.len() - 7 {
            assert_eq!(jpeg_size(&jpeg[..length]), None, "{length}");
        }
        let shown = preview(jpeg.to_vec()).expect("a JPEG");
        assert_eq!((shown.media_type.as_str(), shown.size), ("image/jpeg", Some((64, 258))));
        assert_eq!(preview(b"<svg onload=...>".to_vec()), None);
        assert_eq!(preview(b"GIF89a".to_vec()).expect("a GIF").size, None);
    }
}
