//! What the driver does about files: which commands are its own, and which pictures it fetches unasked.

use kuvert_app::FilesWish;
use kuvert_core::{BlobTask, Ticket};
use kuvert_view::{
    ContactState, ConversationId, FileId, FileState, MessageKind, NotTaken, TransferFailure, UiCommand,
    ViewUpdate,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::{Driver, with};
use crate::files::{NotSealed, fresh_name, is_fetched, not_sealed};
use crate::{post, time};

impl Driver {
    /// Fulfils a wish of the user, and takes what travels beside it.
    pub(super) fn command(&mut self, ticket: Ticket, command: UiCommand, mut beside: Vec<JsValue>) {
        match command {
            UiCommand::SendFiles { .. } => self.send_files(ticket.asker, command, beside, false),
            UiCommand::Anyway(wish) if matches!(*wish, UiCommand::SendFiles { .. }) => {
                self.send_files(ticket.asker, *wish, beside, true);
            }
            UiCommand::CancelSending { ticket } => self.files.cancel_sending(ticket),
            UiCommand::FetchFile { file } => self.fetch_file(file),
            UiCommand::ShowFile { file } => match self.app.kept_file(file) {
                Ok(Some(kept)) => self.files.show(file, kept),
                _ => not_here(file),
            },
            UiCommand::SaveFile { file } => {
                let to = beside.pop().and_then(|to| to.dyn_into().ok());
                match (self.app.kept_file(file), to) {
                    (Ok(Some(kept)), Some(to)) => self.files.save(file, kept, to),
                    _ => not_here(file),
                }
            }
            command => {
                let turns_page = matches!(
                    command,
                    UiCommand::OpenConversation { .. }
                        | UiCommand::LoadOlder { .. }
                        | UiCommand::LoadNewer { .. }
                        | UiCommand::LoadAround { .. }
                        | UiCommand::LoadSince { .. }
                );
                if turns_page {
                    self.files.pictures.turn_page();
                }
                if ticket.number == 0 {
                    self.app.command(time::now(), command);
                } else {
                    self.app.command_once(time::now(), ticket, command);
                }
            }
        }
    }

    /// Seals files, unless the text beside them should not be sent: then they lie with the user again, who is asked.
    fn send_files(&mut self, page: [u8; 16], wish: UiCommand, beside: Vec<JsValue>, anyway: bool) {
        if self.app.may_send_files(&wish, anyway) {
            self.files.send(page, wish, beside, anyway);
        } else if let UiCommand::SendFiles { ticket, .. } = wish {
            let why = NotTaken::Cancelled;
            post(&ViewUpdate::FilesNotTaken { ticket, position: None, why });
        }
    }

    /// A wish's files are sealed: its message is written down, or nothing of it is kept.
    pub(super) fn sealed(&mut self, ticket: u64, once: Ticket, wish: Result<FilesWish, NotSealed>) {
        self.files.no_longer_sealing(ticket);
        let wish = match wish {
            Ok(wish) => wish,
            Err(error) => return post(&not_sealed(ticket, &error)),
        };
        let sealed: Vec<_> = wish.files.iter().map(|file| file.file.clone()).collect();
        self.files.pictures.sending(&wish.files);
        match self.app.write_files(time::now(), Some(once), wish) {
            Ok(()) => {
                // If it was written down before, by an engine that crashed, these bytes are not needed.
                self.files.is_untidy = true;
                post(&ViewUpdate::FilesTaken { ticket });
            }
            Err(failure) => {
                for file in sealed {
                    self.files.pictures.stays(&file);
                    self.files.remove(file);
                }
                // What was found in the text, the user is asked about.
                let is_asked = failure == kuvert_view::Failure::Guarded;
                let why = if is_asked { NotTaken::Cancelled } else { NotTaken::Refused(failure) };
                post(&ViewUpdate::FilesNotTaken { ticket, position: None, why });
            }
        }
    }

    pub(super) fn blob_task(&mut self, task: BlobTask) {
        if let BlobTask::Discard(file) = &task
            && let Some(picture) = self.files.pictures.stays(file)
        {
            // The bytes are all here: nothing is fetched, and the picture can be shown.
            return self.app.save_file(time::now(), picture, file.clone());
        }
        self.files.carry_out(task);
    }

    /// Fetches a file because the user wants it.
    fn fetch_file(&mut self, file: FileId) {
        if let Some(to) = fresh_name() {
            self.app.save_file(time::now(), file, to);
        }
    }

    /// Fetches a small picture, unless something is being done about it already.
    pub(super) fn fetch_unasked(&mut self, picture: FileId) {
        let is_fetched = self.app.file(picture).is_ok_and(|file| file.as_ref().is_some_and(is_fetched));
        if is_fetched && !self.at_rest {
            self.fetch_file(picture);
        }
    }

    /// Looks at what is shown next: which pictures are wanted for it, and whether bytes are left over.
    pub(super) fn heed(&mut self, update: &ViewUpdate) {
        match update {
            ViewUpdate::Timeline { conversation, messages, .. }
            | ViewUpdate::Older { conversation, messages, .. }
            | ViewUpdate::Newer { conversation, messages, .. }
            | ViewUpdate::Around { conversation, messages, .. }
                if self.is_trusted_with_pictures(*conversation) =>
            {
                self.files.pictures.see(messages);
            }
            ViewUpdate::Message { conversation, message } => {
                self.files.is_untidy |= message.kind == MessageKind::Deleted;
                let can_come = |state| matches!(state, FileState::Offered | FileState::Uploaded);
                if message.files.iter().any(|file| can_come(file.state))
                    && self.is_trusted_with_pictures(*conversation)
                {
                    self.files.pictures.see(std::slice::from_ref(message));
                }
            }
            ViewUpdate::MessageGone { .. } | ViewUpdate::ConversationGone { .. } => {
                self.files.is_untidy = true;
            }
            _ => {}
        }
    }

    /// Whether pictures in a conversation are fetched unasked: who was not accepted does not learn by it that one looks.
    fn is_trusted_with_pictures(&mut self, conversation: ConversationId) -> bool {
        let conversation = self.app.conversation(conversation).ok().flatten();
        conversation.is_some_and(|shown| shown.state == ContactState::Accepted && !shown.blocked)
    }

    /// Removes sealed bytes that no message needs any more.
    pub(super) fn tidy(&mut self) {
        if !self.files.is_untidy {
            return;
        }
        let Some(vault) = self.files.begin_tidying() else { return };
        spawn_local(async move {
            let there = vault.names().await;
            with(|driver| {
                // Asked after the names were read: what was written down since is not among them.
                if let Ok(kept) = driver.app.kept_files() {
                    driver.files.tidy(there, &kept);
                }
            });
        });
    }
}

fn not_here(file: FileId) {
    post(&ViewUpdate::FileNotShown { file, why: TransferFailure::LocalFile });
}
