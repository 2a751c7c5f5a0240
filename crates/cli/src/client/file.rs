//! Files: sent by `kuvert send --file`, saved by `kuvert save` and `kuvert listen --save`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kuvert_client::{Sealing, Session, free_path};
use kuvert_core::NewFile;
use kuvert_view::{
    ConversationId, FileId, FileState, FileView, MessageId, MessageView, TransferStage, TransferView,
    ViewUpdate,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::message::message_id;
use super::progress::{Progress, size};
use super::{CATCH_UP, Common, Failure, asked, catch_up, open, seconds, sent};
use crate::output::{Output, foreign};

/// So often is looked whether all is done, where no update says so.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What to save.
#[derive(Debug, clap::Args)]
pub(crate) struct SaveArgs {
    /// Number of the message in the history
    #[arg(value_name = "ID", value_parser = message_id)]
    message: MessageId,
    /// Folder to save its files in
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
    /// Seconds without progress after which the rest is left to the next command
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Cleans and seals files.
pub(super) async fn seal(
    session: &mut Session,
    paths: Vec<PathBuf>,
    progress: &mut Progress,
) -> Result<Vec<NewFile>, Failure> {
    let names: Vec<_> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let sealed = session.seal_files(paths, |Sealing { file, done, of }| {
        progress.show("sealing", &names[file], done, of);
    });
    let sealed = sealed.await;
    progress.clear();
    Ok(sealed?)
}

/// Waits until the relay took a message with its files, and says what became of it. Time counts from the last progress.
pub(super) async fn sent_with_files(
    session: &mut Session,
    message: (ConversationId, MessageId),
    timeout: Duration,
    progress: &mut Progress,
) -> Result<&'static str, Failure> {
    let names = names(session, message.1)?;
    let (mut deadline, mut failed) = (Instant::now() + timeout, None);
    loop {
        // All that is known is looked at before it counts as the end.
        let update = match session.poll_update() {
            Some(update) => Some(update),
            None if session.is_all_sent()? || Instant::now() >= deadline => break,
            None => session.next_update(Some(deadline.min(Instant::now() + LOOK_EVERY))).await?,
        };
        let Some(ViewUpdate::Transfer(transfer)) = update else { continue };
        if transfer.message != message.1 {
            continue;
        }
        deadline = Instant::now() + timeout;
        match transfer.stage {
            TransferStage::Moved { done, of } => {
                let name = names.get(&transfer.file).map_or("", String::as_str);
                progress.show("sending", name, done, of);
            }
            TransferStage::Done => progress.clear(),
            TransferStage::Failed(failure) => failed = Some(failure),
        }
    }
    progress.clear();
    match failed {
        Some(failure) => Err(Failure::FileNotSent { failure, message: message.1.0 }),
        None => sent(session, message, Instant::now()).await,
    }
}

fn names(session: &mut Session, message: MessageId) -> Result<BTreeMap<FileId, String>, Failure> {
    let found = session.app().message(message)?;
    Ok(found.into_iter().flat_map(|(_, message)| message.files).map(|file| (file.id, file.name)).collect())
}

/// Files that are being saved in one folder.
pub(super) struct Saving {
    folder: PathBuf,
    taken: BTreeSet<PathBuf>,
    /// Name and path of what is on its way.
    on_the_way: BTreeMap<FileId, (String, String)>,
}

/// A file that was saved, or not.
pub(super) struct Saved {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) transfer: TransferView,
}

impl Saving {
    /// `folder` is made where it is missing.
    pub(super) fn new(folder: &Path) -> Result<Self, Failure> {
        let unusable = |error| Failure::Folder { path: folder.to_owned(), error };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        // Another command, started elsewhere, may have to go on.
        let folder = folder.canonicalize().map_err(unusable)?;
        Ok(Self { folder, taken: BTreeSet::new(), on_the_way: BTreeMap::new() })
    }

    /// Whether nothing is on its way.
    pub(super) fn is_done(&self) -> bool {
        self.on_the_way.is_empty()
    }

    /// Begins to save a file, or goes on with what an earlier command began in this folder.
    pub(super) fn save(&mut self, session: &mut Session, file: &FileView) -> Result<(), Failure> {
        let begun = file.path.as_deref().map(Path::new).filter(|path| {
            let is_begun = matches!(file.state, FileState::Downloading | FileState::NotDownloaded);
            is_begun && path.parent() == Some(self.folder.as_path())
        });
        let path = match begun {
            Some(path) => path.to_owned(),
            None => free_path(&self.folder, &file.name, &mut self.taken),
        };
        let path = path.to_str().ok_or(Failure::PathNotUtf8)?.to_owned();
        asked(session, |session| session.save_file(file.id, path.clone()))?;
        self.on_the_way.insert(file.id, (file.name.clone(), path));
        Ok(())
    }

    /// Goes on with what an earlier command began in this folder.
    pub(super) fn adopt(&mut self, session: &mut Session) -> Result<(), Failure> {
        for file in session.app().downloads()? {
            let path = file.path.filter(|path| Path::new(path).parent() == Some(self.folder.as_path()));
            if let Some(path) = path {
                self.on_the_way.insert(file.id, (file.name, path));
            }
        }
        Ok(())
    }

    /// Takes what is known of a transfer; gives the file if it ended.
    pub(super) fn take(&mut self, transfer: TransferView, progress: &mut Progress) -> Option<Saved> {
        if let TransferStage::Moved { done, of } = transfer.stage {
            let (name, _) = self.on_the_way.get(&transfer.file)?;
            progress.show("saving", name, done, of);
            return None;
        }
        let (name, path) = self.on_the_way.remove(&transfer.file)?;
        progress.clear();
        Some(Saved { name, path, transfer })
    }
}

/// Saves the files of a message.
pub(super) async fn save(args: SaveArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert save")?;
    let unknown = Failure::UnknownMessage { id: args.message.0 };
    let (_, message) = session.app().message(args.message)?.ok_or(unknown)?;
    let is_unsent = |file: &FileView| matches!(file.state, FileState::Uploading | FileState::NotUploaded);
    if message.files.is_empty() || message.files.iter().any(is_unsent) {
        return Err(Failure::NothingToSave { message: args.message.0 });
    }
    let mut saving = Saving::new(&args.to)?;
    for file in &message.files {
        saving.save(&mut session, file)?;
    }
    catch_up(&mut session, CATCH_UP.min(args.timeout)).await?;
    let (mut progress, mut ended) = (Progress::new(output), Vec::new());
    let mut deadline = Instant::now() + args.timeout;
    while !saving.is_done() {
        let Some(update) = session.next_update(Some(deadline)).await? else { break };
        if let ViewUpdate::Transfer(transfer) = update {
            deadline = Instant::now() + args.timeout;
            ended.extend(saving.take(transfer, &mut progress));
        }
    }
    drop(progress);
    for Saved { name, transfer, .. } in &ended {
        if let TransferStage::Failed(failure) = transfer.stage {
            return Err(Failure::FileNotSaved { name: name.clone(), failure });
        }
    }
    let state = if saving.is_done() { "saved" } else { "queued" };
    let files: Vec<_> = ended.iter().map(|file| json!({ "name": file.name, "path": file.path })).collect();
    let mut lines: Vec<_> = ended.iter().map(|file| format!("saved {}", foreign(&file.path))).collect();
    if !saving.is_done() {
        lines.push("queued: the relay cannot be reached; the next command that does goes on".to_owned());
    }
    output
        .result(&json!({ "message": args.message.0, "state": state, "files": files }), &lines.join("\n"))?;
    session.close().await;
    Ok(())
}

/// The files of a message, for programs.
pub(super) fn values(message: &MessageView) -> Value {
    let value = |file: &FileView| {
        json!({
            "name": file.name,
            "type": file.media_type,
            "size": file.size,
            "state": state(file.state),
            "path": file.path,
        })
    };
    message.files.iter().map(value).collect()
}

/// The text of a message with its files, for people.
pub(super) fn text(message: &MessageView) -> String {
    let mut text = foreign(&message.text);
    for file in &message.files {
        let gap = if text.is_empty() { "" } else { " " };
        text.push_str(&format!("{gap}[{}, {}]", foreign(&file.name), size(file.size)));
    }
    text
}

fn state(state: FileState) -> &'static str {
    match state {
        FileState::Uploading => "sending",
        FileState::NotUploaded => "not_sent",
        FileState::Uploaded => "sent",
        FileState::Offered => "offered",
        FileState::Downloading => "saving",
        FileState::NotDownloaded => "not_saved",
        FileState::Saved => "saved",
    }
}
