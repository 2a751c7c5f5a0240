//! Files in full screen: one is sent with what is written, those of a message are saved.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kuvert_client::{FilesWish, Session, free_path};
use kuvert_view::{ConversationId, FileState, FileView, MessageId, TransferStage, TransferView, ViewUpdate};

use super::draft::{Aim, Draft};
use super::state::Chat;
use super::words;
use crate::client::Failure;

/// What is to be done with files; by the loop, because the engine's driver is needed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileWish {
    /// Saves the files of a message.
    Save(MessageId),
    /// Sends a file with what is written in this conversation.
    Send(ConversationId, PathBuf),
}

/// Fulfils a wish, or says why it cannot be fulfilled.
pub(super) async fn fulfil(session: &mut Session, chat: &mut Chat, wish: FileWish) {
    let done = match wish {
        FileWish::Save(message) => save(session, chat, message),
        FileWish::Send(conversation, path) => send(session, chat, conversation, path).await,
    };
    if let Err(failure) = done {
        chat.fail(failure.to_string());
    }
}

fn save(session: &mut Session, chat: &mut Chat, message: MessageId) -> Result<(), Failure> {
    let folder = downloads().ok_or(Failure::NoFolder)?;
    let found = session.app().message(message)?;
    let files = found.map(|(_, message)| message.files).unwrap_or_default();
    let is_waiting = |file: &&FileView| matches!(file.state, FileState::Offered | FileState::NotDownloaded);
    let mut taken = BTreeSet::new();
    for file in files.iter().filter(is_waiting) {
        let path = match &file.path {
            Some(begun) => PathBuf::from(begun),
            None => free_path(&folder, &file.name, &mut taken),
        };
        session.save_file(file.id, path.to_str().ok_or(Failure::PathNotUtf8)?.to_owned());
        chat.say(words::saving(&folder.to_string_lossy()));
    }
    Ok(())
}

async fn send(
    session: &mut Session,
    chat: &mut Chat,
    conversation: ConversationId,
    path: PathBuf,
) -> Result<(), Failure> {
    let files = session.seal_files(vec![path], |_| {}).await?;
    let draft = chat.draft().cloned().unwrap_or_default();
    let reply_to = match draft.aim {
        Aim::Answer(message, _) => Some(message),
        Aim::New | Aim::Change(..) => None,
    };
    let text = draft.editor.text().trim().to_owned();
    let earlier: Vec<ViewUpdate> = std::iter::from_fn(|| session.poll_update()).collect();
    session.send_files(FilesWish { conversation, text, files, reply_to, expires_after: None, form: None });
    let answers: Vec<ViewUpdate> = std::iter::from_fn(|| session.poll_update()).collect();
    chat.notice = None;
    if !answers.iter().any(|update| matches!(update, ViewUpdate::Failed(_)))
        && let Some(written) = chat.draft_mut()
    {
        *written = Draft::default();
    }
    for update in earlier.into_iter().chain(answers) {
        chat.apply(update);
    }
    Ok(())
}

/// A path as it is typed, or dropped on the terminal: perhaps in quotes, perhaps from the home folder on.
pub(super) fn path(typed: &str) -> PathBuf {
    let typed = typed.trim();
    let bare = ['\'', '"'].into_iter().find_map(|quote| typed.strip_prefix(quote)?.strip_suffix(quote));
    let typed = bare.unwrap_or(typed);
    match (typed.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(typed),
    }
}

/// Where the user's downloads go: their own folder for it, else their home.
fn downloads() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_DOWNLOAD_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = std::env::home_dir()?;
    let usual = Some(home.join("Downloads")).filter(|path: &PathBuf| Path::is_dir(path));
    Some(named.or(usual).unwrap_or(home))
}

impl Chat {
    /// Says how far a file of the shown conversation is, or what became of it.
    pub(super) fn transfer(&mut self, transfer: &TransferView) {
        let message = self.timeline.as_ref().and_then(|timeline| timeline.message(transfer.message));
        let Some(file) =
            message.and_then(|message| message.files.iter().find(|file| file.id == transfer.file))
        else {
            return;
        };
        let name = file.name.clone();
        match transfer.stage {
            TransferStage::Moved { done, of } => self.say(words::moved(&name, done, of)),
            TransferStage::Done => self.notice = None,
            TransferStage::Failed(failure) => {
                let is_own = matches!(file.state, FileState::Uploading | FileState::NotUploaded);
                let why = if is_own {
                    Failure::FileNotSent { failure, message: transfer.message.0 }
                } else {
                    Failure::FileNotSaved { name, failure }
                };
                self.fail(why.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_be_quoted_and_begin_at_home() {
        assert_eq!(path(" '/tmp/a b' "), PathBuf::from("/tmp/a b"));
        assert_eq!(path("\"x\""), PathBuf::from("x"));
        assert_eq!(path("'"), PathBuf::from("'"));
        assert!(path("~/x").ends_with("x") && path("~/x").is_absolute());
    }
}
