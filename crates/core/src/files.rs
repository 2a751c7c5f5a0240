//! Files: sent with messages, fetched when the user wants them, deleted at the relay when nobody needs them.
//!
//! A message waits for its files: it is sealed when all of them are at the relay. What is on its way is written down, and goes
//! on after a crash. The relay is asked to store a file by a token of another member's inbox, as for channels: the own one would
//! tie to this device what nothing else does.

use kuvert_content::limits::{
    MAX_DATA, MAX_FILE, MAX_FILE_NAME, MAX_FILES, MAX_MEDIA_TYPE, MAX_PREVIEW, MAX_TEXT,
};
use kuvert_content::{
    Attachment, Content, Data, DataKind, Expires, FileKey, FileRef, Meaning, Preview, sealed_size,
};
use kuvert_mls::Group;
use kuvert_store::{
    AttachmentId, AttachmentRow, AttachmentState, ConversationId, MessageId, MessageState, NewAttachment,
    SenderKind,
};
use kuvert_wire::{BlobId, BlobSecret, InboxId, Token, limits};

use crate::account::Account;
use crate::blob::{
    BlobFailure, BlobOutcome, BlobTask, Deletion, Download, NewFile, Transfer, TransferStage, Upload,
};
use crate::commands::checked_text;
use crate::link::is_origin;
use crate::step::Step;
use crate::{ClientError, Event, Output, Refusal};

/// Most files on their way at the same time; others wait.
const MAX_MOVING: u32 = 16;
/// Most deletions asked for in one step.
const MAX_DELETING: u32 = 16;
/// Members whose inbox may be asked for, after which the file is not taken.
const MAX_ADMISSIONS: usize = 4;
/// All previews of one message together, in bytes.
const MAX_PREVIEWS: usize = MAX_PREVIEW;
/// Media type of previews.
const PREVIEW_TYPE: &str = "image/jpeg";

// What a message with files says fits into a post: text, references and previews, padded (a sixteenth) and sealed.
const _: () =
    assert!((MAX_TEXT + MAX_FILES * 1024 + MAX_PREVIEWS + 1024) * 17 / 16 + 1024 < limits::MAX_BODY);

/// What is said about a message beside what it says.
pub(crate) struct Around {
    /// The message of the same conversation that it answers.
    pub(crate) reply_to: Option<MessageId>,
    /// It is deleted everywhere so many seconds after it was read.
    pub(crate) expires_after: Option<u32>,
}

impl Step<'_, '_> {
    /// Writes down a message with files; it goes when they are at the relay.
    pub(crate) fn send_files(
        &mut self,
        conversation: ConversationId,
        text: &str,
        files: &[NewFile],
        around: Around,
    ) -> Result<(), ClientError> {
        if files.is_empty() {
            return Err(Refusal::FilesInvalid.into());
        }
        self.send_around(conversation, None, text, files, around)
    }

    /// Writes down data with a text that says the same, and perhaps with files; it goes when they are at the relay.
    pub(crate) fn send_data(
        &mut self,
        conversation: ConversationId,
        (kind, bytes): (DataKind, &[u8]),
        text: &str,
        files: &[NewFile],
        around: Around,
    ) -> Result<(), ClientError> {
        if bytes.len() > MAX_DATA {
            return Err(Refusal::DataInvalid.into());
        }
        checked_text(text)?;
        self.send_around(conversation, Some(Data { kind, bytes }), text, files, around)?;
        self.seal_waiting(conversation)
    }

    fn send_around(
        &mut self,
        conversation: ConversationId,
        data: Option<Data<'_>>,
        text: &str,
        files: &[NewFile],
        around: Around,
    ) -> Result<(), ClientError> {
        let text = if text.trim().is_empty() { "" } else { checked_text(text)? };
        let answered = around.reply_to.map(|id| self.shown_in(id, Some(conversation))).transpose()?;
        self.ready_to_write(conversation)?;
        if files.len() > MAX_FILES {
            return Err(Refusal::FilesInvalid.into());
        }
        let relay = self.relay_for_files(conversation)?;
        let refs = files.iter().map(|file| self.reference(&relay, file)).collect::<Result<Vec<_>, _>>()?;
        let externals: Vec<_> = refs.iter().map(FileRef::external).collect();
        let mut room = MAX_PREVIEWS.saturating_sub(data.map_or(0, |data| data.bytes.len()));
        let attachments: Vec<_> = externals
            .iter()
            .zip(files)
            .map(|(external, file)| {
                let attachment = Attachment::new(external);
                match file.preview.as_deref().filter(|picture| picture.len() <= room) {
                    Some(picture) => {
                        room -= picture.len();
                        attachment.with_preview(Preview { content_type: PREVIEW_TYPE, picture })
                    }
                    None => attachment,
                }
            })
            .collect();
        let salt = self.rng.bytes();
        let mut content = match data {
            Some(data) => Content::structured(salt, data, text, &attachments),
            None => Content::attachments(salt, text, &attachments),
        };
        content.in_reply_to = answered.and_then(|row| kuvert_content::MessageId::from_slice(&row.mimi));
        content.expires = around.expires_after.map(Expires::After);
        let (_, message) = self.note_down(conversation, content, true)?;
        self.tx.set_draft(conversation, "")?;
        for (file, reference) in files.iter().zip(&refs) {
            let (secret, key) = (zeroize::Zeroizing::new(self.rng.bytes()), key_bytes(&reference.key));
            let new = new_attachment(reference, &key, AttachmentState::Uploading);
            let new = NewAttachment { secret: Some(&secret), file: Some(&file.file), ..new };
            self.tx.add_attachment(message, &new)?;
        }
        self.start_transfers()?;
        self.wrote_to(conversation)?;
        self.rotate_if_due(conversation)
    }

    /// Where a file will lie, and all else that a message says of it.
    fn reference(&self, relay: &str, file: &NewFile) -> Result<FileRef, ClientError> {
        let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
        if file.size > MAX_FILE || name.len() > MAX_FILE_NAME || file.media_type.len() > MAX_MEDIA_TYPE {
            return Err(Refusal::FilesInvalid.into());
        }
        Ok(FileRef {
            url: blob_url(relay, BlobId::new(self.rng.bytes())),
            media_type: file.media_type.clone(),
            name: name.to_owned(),
            size: file.size,
            key: file.key.clone(),
            hash: file.hash,
        })
    }

    /// At which relay files for a conversation are stored: at its channel's, where all members go anyway; at the own one if
    /// nobody is known there.
    fn relay_for_files(&self, conversation: ConversationId) -> Result<String, ClientError> {
        let account = self.account()?;
        let Some(group) = self.group_for_files(conversation)? else { return Ok(account.relay.clone()) };
        let relay = group.data().relay.clone();
        let own = account.inbox();
        let is_taken = group.members_here()?.iter().any(|(inbox, _)| *inbox != own);
        let is_near = relay == account.relay || self.may_fetch(&account, &relay);
        Ok(if is_taken && is_near { relay } else { account.relay.clone() })
    }

    /// Whether this device may ask another relay for files.
    fn may_fetch(&self, account: &Account, origin: &str) -> bool {
        !account.own_relay_only && account.may_reach(origin)
    }

    fn group_for_files(&self, conversation: ConversationId) -> Result<Option<Group>, ClientError> {
        let Some(channel) = self.tx.conversation(conversation)?.and_then(|row| row.channel) else {
            return Ok(None);
        };
        let row = self.tx.group(&channel)?.filter(|row| row.ended.is_none());
        row.map(|row| self.load_group(&row)).transpose()
    }

    /// By whose inboxes a relay may be asked to store a file: other members' who are there, then the own one.
    fn admissions(
        &self,
        conversation: ConversationId,
        origin: &str,
    ) -> Result<Vec<(InboxId, Token)>, ClientError> {
        let account = self.account()?;
        let own = account.inbox();
        let mut admissions = Vec::new();
        if let Some(group) = self.group_for_files(conversation)?
            && group.data().relay == origin
        {
            admissions = group.members_here()?;
            admissions.retain(|(inbox, _)| *inbox != own);
        }
        // Not always the same ones, so that the relay does not see which files belong to one group.
        let by = self.rng.bytes::<8>();
        admissions.sort_by_key(|(inbox, _)| {
            let mut mixed = *inbox.as_bytes();
            mixed.iter_mut().zip(by.iter().cycle()).for_each(|(byte, by)| *byte ^= by);
            mixed
        });
        admissions.truncate(MAX_ADMISSIONS);
        if account.relay == origin {
            admissions.push((own, account.token(self.rng)));
        }
        Ok(admissions)
    }

    /// Starts what is written down as on its way and is not yet moving, once the own relay can be reached.
    pub(crate) fn start_transfers(&mut self) -> Result<(), ClientError> {
        if !self.sessions.has_inbox() {
            return Ok(());
        }
        for row in self.tx.moving_attachments(AttachmentId(0), MAX_MOVING)? {
            if self.sessions.moving.insert(row.id) {
                self.start(&row)?;
            }
        }
        Ok(())
    }

    fn start(&mut self, row: &AttachmentRow) -> Result<(), ClientError> {
        match (row.state, &row.file, &row.secret) {
            (AttachmentState::Uploading, Some(file), Some(secret)) => {
                let admissions =
                    self.admissions(row.conversation, origin_of(&row.url).unwrap_or_default())?;
                // The own inbox is asked for last only.
                let Some((inbox, token)) = admissions.into_iter().nth(row.refusals as usize) else {
                    return self.not_moved(row, BlobFailure::NotAdmitted);
                };
                let upload = Upload {
                    attachment: row.id,
                    file: file.clone(),
                    url: row.url.clone(),
                    size: sealed_size(row.size).ok_or(ClientError::Damaged("a file is too large"))?,
                    secret: BlobSecret::new(**secret),
                    inbox,
                    token,
                };
                self.outputs.push(Output::Blob(BlobTask::Upload(upload)));
                Ok(())
            }
            (AttachmentState::Downloading, Some(to), _) => {
                let download = Download {
                    attachment: row.id,
                    url: row.url.clone(),
                    size: row.size,
                    key: FileKey::new(*row.key),
                    hash: row.hash,
                    to: to.clone(),
                };
                self.outputs.push(Output::Blob(BlobTask::Download(download)));
                Ok(())
            }
            _ => self.not_moved(row, BlobFailure::LocalFile),
        }
    }

    /// Takes what became of a task. What is not known any more is stopped.
    pub(crate) fn blob(&mut self, outcome: BlobOutcome) -> Result<(), ClientError> {
        let attachment = match &outcome {
            BlobOutcome::Deleted { url } => {
                self.sessions.deleting.remove(url);
                return Ok(self.tx.forget_blob(url)?);
            }
            BlobOutcome::NotDeleted { url } => {
                // Tried again with the next session.
                self.sessions.deleting.entry(url.clone()).and_modify(|is_open| *is_open = false);
                return Ok(());
            }
            BlobOutcome::Moved { attachment, .. }
            | BlobOutcome::Done(attachment)
            | BlobOutcome::Failed(attachment, _) => *attachment,
        };
        let is_moving = |row: &AttachmentRow| {
            matches!(row.state, AttachmentState::Uploading | AttachmentState::Downloading)
        };
        let Some(row) = self.tx.attachment(attachment)?.filter(is_moving) else {
            self.sessions.moving.remove(&attachment);
            self.outputs.push(Output::Blob(BlobTask::Stop(attachment)));
            return Ok(());
        };
        match outcome {
            BlobOutcome::Moved { done, of, .. } => {
                self.transferred(&row, TransferStage::Moved { done, of });
                return Ok(());
            }
            BlobOutcome::Done(_) => self.moved(&row)?,
            BlobOutcome::Failed(_, BlobFailure::NotAdmitted) if row.state == AttachmentState::Uploading => {
                // Another member's inbox may be taken.
                self.tx.count_refusal(row.id)?;
                self.sessions.moving.remove(&row.id);
            }
            BlobOutcome::Failed(_, failure) => self.not_moved(&row, failure)?,
            BlobOutcome::Deleted { .. } | BlobOutcome::NotDeleted { .. } => {}
        }
        self.start_transfers()
    }

    fn moved(&mut self, row: &AttachmentRow) -> Result<(), ClientError> {
        self.sessions.moving.remove(&row.id);
        self.transferred(row, TransferStage::Done);
        if row.state == AttachmentState::Downloading {
            return Ok(self.tx.set_attachment(row, AttachmentState::Saved, row.file.as_deref())?);
        }
        self.tx.set_attachment(row, AttachmentState::Uploaded, None)?;
        let discard = row.file.clone().map(|file| Output::Blob(BlobTask::Discard(file)));
        self.outputs.extend(discard);
        self.seal_waiting(row.conversation)
    }

    fn not_moved(&mut self, row: &AttachmentRow, failure: BlobFailure) -> Result<(), ClientError> {
        self.sessions.moving.remove(&row.id);
        self.transferred(row, TransferStage::Failed(failure));
        if row.state == AttachmentState::Downloading {
            return Ok(self.tx.set_attachment(row, AttachmentState::NotDownloaded, row.file.as_deref())?);
        }
        // What is too large stays so: nothing is kept here for another try.
        let (kept, discarded) = match failure {
            BlobFailure::TooLarge => (None, row.file.clone()),
            _ => (row.file.as_deref(), None),
        };
        self.tx.set_attachment(row, AttachmentState::NotUploaded, kept)?;
        self.outputs.extend(discarded.map(|file| Output::Blob(BlobTask::Discard(file))));
        Ok(self.tx.set_message_state(row.message, MessageState::Failed)?)
    }

    fn transferred(&mut self, row: &AttachmentRow, stage: TransferStage) {
        let transfer =
            Transfer { conversation: row.conversation, message: row.message, attachment: row.id, stage };
        self.event(Event::Transfer(transfer));
    }

    /// Whether all that a message needs to be sent is still here. If not, the user hears again why not.
    pub(crate) fn has_its_files(&mut self, message: MessageId) -> Result<bool, ClientError> {
        let files = self.tx.attachments(message)?;
        let is_gone = |row: &&AttachmentRow| row.state == AttachmentState::NotUploaded && row.file.is_none();
        let gone = files.iter().find(is_gone);
        if let Some(row) = gone {
            self.transferred(row, TransferStage::Failed(BlobFailure::TooLarge));
        }
        Ok(gone.is_none())
    }

    /// Files of a message that failed are brought to the relay again.
    pub(crate) fn retry_files(&mut self, message: MessageId) -> Result<(), ClientError> {
        for row in self.tx.attachments(message)? {
            if row.state == AttachmentState::NotUploaded {
                self.tx.set_attachment(&row, AttachmentState::Uploading, row.file.as_deref())?;
            }
        }
        self.start_transfers()
    }

    /// A message of the user whose files are not all at the relay is taken back, and was never sent.
    pub(crate) fn cancel_files(&mut self, message: MessageId) -> Result<(), ClientError> {
        let row = self.tx.message(message)?.filter(|row| row.sender == SenderKind::Own && row.is_shown());
        let row = row.ok_or(Refusal::Unknown)?;
        let files = self.tx.attachments(message)?;
        let is_waiting = matches!(row.state, MessageState::Queued | MessageState::Failed)
            && files
                .iter()
                .any(|file| matches!(file.state, AttachmentState::Uploading | AttachmentState::NotUploaded));
        if !is_waiting {
            return Err(Refusal::TooLate.into());
        }
        for file in &files {
            if self.sessions.moving.remove(&file.id) {
                self.outputs.push(Output::Blob(BlobTask::Stop(file.id)));
            }
            let discard = file.file.clone().map(|file| Output::Blob(BlobTask::Discard(file)));
            self.outputs.extend(discard);
        }
        self.tx.forget_message(message)?;
        self.start_transfers()
    }

    /// A file is fetched and saved under a driver's name.
    pub(crate) fn download(&mut self, id: AttachmentId, to: &str) -> Result<(), ClientError> {
        let row = self.tx.attachment(id)?.ok_or(Refusal::Unknown)?;
        match row.state {
            AttachmentState::Uploading | AttachmentState::NotUploaded => return Err(Refusal::TooEarly.into()),
            AttachmentState::Downloading if row.file.as_deref() != Some(to) => self.stop(&row),
            _ => {}
        }
        self.tx.set_attachment(&row, AttachmentState::Downloading, Some(to))?;
        self.start_transfers()
    }

    /// A file is not wanted any more, for now.
    pub(crate) fn stop_download(&mut self, id: AttachmentId) -> Result<(), ClientError> {
        let row = self.tx.attachment(id)?.ok_or(Refusal::Unknown)?;
        if row.state != AttachmentState::Downloading {
            return Ok(());
        }
        self.stop(&row);
        self.tx.set_attachment(&row, AttachmentState::Offered, None)?;
        self.start_transfers()
    }

    fn stop(&mut self, row: &AttachmentRow) {
        self.sessions.moving.remove(&row.id);
        self.outputs.push(Output::Blob(BlobTask::Stop(row.id)));
    }

    /// Files that came with a message can be fetched from now on.
    pub(crate) fn offer_files(&mut self, message: MessageId, refs: &[FileRef]) -> Result<(), ClientError> {
        for reference in refs {
            let key = key_bytes(&reference.key);
            self.tx.add_attachment(message, &new_attachment(reference, &key, AttachmentState::Offered))?;
        }
        Ok(())
    }

    /// What a received message refers to; `None` if there is nothing, or if this version cannot fetch or open all of it.
    pub(crate) fn files_of(&self, content: &Content) -> Result<Option<Vec<FileRef>>, ClientError> {
        let (Meaning::Attachments { files, .. } | Meaning::Structured { files, .. }) = content.meaning()
        else {
            return Ok(None);
        };
        let account = self.account()?;
        let read = |file: &Attachment<'_>| {
            FileRef::read(&file.file).filter(|reference| {
                // Nobody's message makes this device ask for anything but blobs, nor without TLS.
                origin_of(&reference.url)
                    .is_some_and(|origin| origin == account.relay || self.may_fetch(&account, origin))
            })
        };
        Ok(files.iter().map(read).collect())
    }

    /// Tells relays which own blobs nobody needs any more.
    pub(crate) fn delete_unwanted_blobs(&mut self) -> Result<(), ClientError> {
        if !self.sessions.is_owned() {
            return Ok(());
        }
        for blob in self.tx.unwanted_blobs(MAX_DELETING)? {
            if !self.sessions.deleting.contains_key(&blob.url) {
                self.sessions.deleting.insert(blob.url.clone(), true);
                let deletion = Deletion { url: blob.url, secret: BlobSecret::new(*blob.secret) };
                self.outputs.push(Output::Blob(BlobTask::Delete(deletion)));
            }
        }
        Ok(())
    }
}

fn new_attachment<'a>(
    reference: &'a FileRef,
    key: &'a [u8; 39],
    state: AttachmentState,
) -> NewAttachment<'a> {
    NewAttachment {
        name: &reference.name,
        media_type: &reference.media_type,
        size: reference.size,
        url: &reference.url,
        key,
        hash: &reference.hash,
        secret: None,
        file: None,
        state,
    }
}

/// The preview of the file at `position` in a message's content.
pub(crate) fn preview(content: &[u8], position: usize) -> Option<Vec<u8>> {
    let content = Content::decode(content).ok()?;
    match content.meaning() {
        Meaning::Attachments { files, .. } | Meaning::Structured { files, .. } => {
            Some(files.get(position)?.preview?.picture.to_vec())
        }
        _ => None,
    }
}

fn key_bytes(key: &FileKey) -> zeroize::Zeroizing<[u8; 39]> {
    let mut bytes = zeroize::Zeroizing::new([0; 39]);
    bytes[..32].copy_from_slice(&key.key);
    bytes[32..].copy_from_slice(&key.nonce);
    bytes
}

fn blob_url(relay: &str, id: BlobId) -> String {
    format!("{relay}/v1/blobs/{}", id.to_text())
}

/// The relay at which a blob lies; `None` if the URL is not a blob's.
fn origin_of(url: &str) -> Option<&str> {
    let (origin, id) = url.rsplit_once("/v1/blobs/")?;
    (BlobId::from_text(id).is_some() && is_origin(origin)).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blobs_at_relays_are_fetched() {
        let id = BlobId::new([7; 16]);
        let url = blob_url("https://relay.example:8443", id);
        assert_eq!(origin_of(&url), Some("https://relay.example:8443"));
        for url in [
            "https://relay.example/v1/blobs/short",
            "https://relay.example/v1/cards/BwcHBwcHBwcHBwcHBwcHBw",
            "http://relay.example/v1/blobs/BwcHBwcHBwcHBwcHBwcHBw",
            "https://relay.example/path/v1/blobs/BwcHBwcHBwcHBwcHBwcHBw",
            "https://user@relay.example/v1/blobs/BwcHBwcHBwcHBwcHBwcHBw",
            "file:///v1/blobs/BwcHBwcHBwcHBwcHBwcHBw",
            "",
        ] {
            assert_eq!(origin_of(url), None, "{url}");
        }
    }
}
