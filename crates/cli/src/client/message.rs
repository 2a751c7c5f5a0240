//! `kuvert send`, and what can be done to a message afterwards: `edit`, `delete` and `react`.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use kuvert_client::{FilesWish, Session};
use kuvert_core::file::MAX_FILES;
use kuvert_view::{ContactState, ConversationView, Delivery, GroupStanding, MessageId, Sender, UiCommand};
use serde_json::json;
use tokio::time::Instant;

use super::progress::Progress;
use super::{
    CATCH_UP, Common, Failure, ask, asked, catch_up, file, find, guard, id_of, open, own_message, seconds,
    sent,
};
use crate::output::Output;

/// Longest text that is read from stdin; what can be sent is shorter.
const MAX_STDIN: u64 = 64 * 1024;
/// What people are told of what waits for the relay.
pub(super) const QUEUED: &str =
    "queued: the relay cannot be reached; the next command, or kuvert listen, sends the message";

/// What to send.
#[derive(Debug, clap::Args)]
pub(crate) struct SendArgs {
    /// Kuvert ID or name of the contact, or name of the group
    to: String,
    /// The text; - reads it from stdin
    #[arg(required_unless_present = "files")]
    text: Option<String>,
    /// A file to send; may be repeated, up to 16 times. Pictures lose what they tell of place, time and camera
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Answer this message, by its number in the history
    #[arg(long, value_name = "ID", value_parser = message_id)]
    reply_to: Option<MessageId>,
    /// Delete the message everywhere, so many seconds after it was read
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..))]
    expires: Option<u32>,
    /// Send the text to a business line although it looks like an IBAN or another number that the line warns of
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// How long to wait for the relay.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Wait {
    /// Seconds to wait until the relay took it; after that it is queued, and sent by the next command
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds)]
    pub(super) timeout: Duration,
}

/// How to change a text.
#[derive(Debug, clap::Args)]
pub(crate) struct EditArgs {
    /// The message, by its number in the history
    #[arg(value_name = "ID", value_parser = message_id)]
    message: MessageId,
    /// The new text; - reads it from stdin
    text: String,
    /// Send the text to a business line although it looks like an IBAN or another number that the line warns of
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What to delete.
#[derive(Debug, clap::Args)]
pub(crate) struct DeleteArgs {
    /// The message, by its number in the history
    #[arg(value_name = "ID", value_parser = message_id)]
    message: MessageId,
    /// On this device alone, and without telling anybody
    #[arg(long)]
    here: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What to take back.
#[derive(Debug, clap::Args)]
pub(crate) struct CancelArgs {
    /// The message, by its number in the history
    #[arg(value_name = "ID", value_parser = message_id)]
    message: MessageId,
    #[command(flatten)]
    pub(super) common: Common,
}

/// How to react.
#[derive(Debug, clap::Args)]
pub(crate) struct ReactArgs {
    /// The message, by its number in the history
    #[arg(value_name = "ID", value_parser = message_id)]
    message: MessageId,
    /// The reaction, usually one emoji
    #[arg(required_unless_present = "none")]
    reaction: Option<String>,
    /// Take the reaction back
    #[arg(long, conflicts_with = "reaction")]
    none: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Sends a message.
pub(super) async fn send(args: SendArgs, output: Output) -> Result<(), Failure> {
    let text = args.text.map_or(Ok(String::new()), text)?;
    if args.files.len() > MAX_FILES {
        return Err(Failure::FilesInvalid);
    }
    let has_files = !args.files.is_empty();
    let (mut session, _) = open(&args.common, "kuvert send")?;
    let deadline = Instant::now() + args.wait.timeout;
    let is_online = catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    let contact = find(&mut session, &args.to)?;
    can_write(&contact)?;
    let mut progress = Progress::new(output);
    let (conversation, reply_to, expires_after) = (contact.id, args.reply_to, args.expires);
    let updates = if has_files {
        let files = file::seal(&mut session, args.files, &mut progress).await?;
        let (form, anyway) = (None, args.anyway);
        let wish = FilesWish { conversation, text, files, reply_to, expires_after, form, anyway };
        asked(&mut session, |session| session.send_files(wish))
    } else {
        let wish = UiCommand::Write { conversation, text, reply_to, expires_after };
        ask(&mut session, guard::confirmed(wish, args.anyway))
    };
    let updates = about(reply_to, updates)?;
    let message = own_message(&updates).ok_or(Failure::Refused)?;
    if !is_online {
        output.note("the message is written down; waiting for the relay");
    }
    let state = if has_files {
        file::sent_with_files(&mut session, message, args.wait.timeout, &mut progress).await?
    } else {
        sent(&mut session, message, deadline).await?
    };
    let text = if state == "sent" { "sent" } else { QUEUED };
    let json =
        json!({ "id": id_of(&contact), "name": contact.title, "message": message.1.0, "state": state });
    output.result(&json, text)?;
    session.close().await;
    Ok(())
}

/// Changes the text of an own message, for everybody.
pub(super) async fn edit(args: EditArgs, output: Output) -> Result<(), Failure> {
    let text = text(args.text)?;
    let wish = guard::confirmed(UiCommand::Edit { message: args.message, text }, args.anyway);
    change(&args.common, "kuvert edit", args.message, wish, args.wait.timeout, output).await
}

/// Deletes a message.
pub(super) async fn delete(args: DeleteArgs, output: Output) -> Result<(), Failure> {
    let wish = UiCommand::Delete { message: args.message, everywhere: !args.here };
    change(&args.common, "kuvert delete", args.message, wish, args.wait.timeout, output).await
}

/// Takes a message back whose files are not all at the relay. Needs no relay.
pub(super) async fn cancel(args: CancelArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert cancel")?;
    let id = args.message;
    session.app().message(id)?.ok_or(Failure::UnknownMessage { id: id.0 })?;
    match asked(&mut session, |session| session.cancel_files(id)) {
        Err(Failure::UnknownContact { .. } | Failure::TooLate) => {
            return Err(Failure::NothingToCancel { message: id.0 });
        }
        done => done?,
    };
    output.result(&json!({ "message": id.0, "state": "cancelled" }), "cancelled; nothing of it is left")?;
    session.close().await;
    Ok(())
}

/// Reacts to a message, or takes the reaction back.
pub(super) async fn react(args: ReactArgs, output: Output) -> Result<(), Failure> {
    let message = args.message;
    let wish = match args.reaction {
        Some(reaction) => UiCommand::React { message, reaction },
        None => UiCommand::Unreact { message },
    };
    change(&args.common, "kuvert react", message, wish, args.wait.timeout, output).await
}

/// Changes a message that is there, and waits until the relay has the change.
async fn change(
    common: &Common,
    command: &str,
    message: MessageId,
    wish: UiCommand,
    timeout: Duration,
    output: Output,
) -> Result<(), Failure> {
    let (mut session, _) = open(common, command)?;
    let deadline = Instant::now() + timeout;
    catch_up(&mut session, CATCH_UP.min(timeout)).await?;
    let is_here_alone = matches!(wish, UiCommand::Delete { everywhere: false, .. });
    about(Some(message), ask(&mut session, wish))?;
    let state = delivered(&mut session, deadline).await?;
    let state = if is_here_alone { "deleted" } else { state };
    let text = if state == "queued" { QUEUED } else { "done" };
    output.result(&json!({ "message": message.0, "state": state }), text)?;
    session.close().await;
    Ok(())
}

/// Waits until the relay has everything, and says whether it does.
pub(super) async fn delivered(session: &mut Session, deadline: Instant) -> Result<&'static str, Failure> {
    Ok(if session.until_sent(deadline).await? { "sent" } else { "queued" })
}

/// Whether this contact can be written to.
fn can_write(contact: &ConversationView) -> Result<(), Failure> {
    if contact.blocked {
        return Err(Failure::Blocked);
    }
    if let Some(group) = contact.group {
        return match group.standing {
            GroupStanding::Member => Ok(()),
            GroupStanding::Invited => Err(Failure::NotAcceptedGroup { id: id_of(contact) }),
            _ => Err(Failure::NotInGroup),
        };
    }
    match contact.state {
        ContactState::Requested if did_not_get_there(contact) => Err(Failure::NotAsked),
        ContactState::Requested => Err(Failure::NotAccepted),
        ContactState::Asking => Err(Failure::NotAcceptedByYou { id: contact.kuvert_id.clone() }),
        ContactState::Accepted => Ok(()),
    }
}

/// Whether the request is all that there is, and was not sent.
fn did_not_get_there(contact: &ConversationView) -> bool {
    contact.last.as_ref().is_some_and(|last| last.from == Sender::Own && last.delivery == Delivery::Failed)
}

/// What is unknown is the message that was named.
fn about<T>(message: Option<MessageId>, done: Result<T, Failure>) -> Result<T, Failure> {
    match (done, message) {
        (Err(Failure::UnknownContact { .. }), Some(message)) => {
            Err(Failure::UnknownMessage { id: message.0 })
        }
        (done, _) => done,
    }
}

fn text(given: String) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given);
    }
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_STDIN + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_STDIN {
        return Err(Failure::TextInvalid);
    }
    String::from_utf8(bytes).map_err(|_| Failure::NotUtf8)
}

/// Reads a message's number, as the history shows it.
pub(super) fn message_id(text: &str) -> Result<MessageId, String> {
    let number = text.strip_prefix('#').unwrap_or(text);
    number
        .parse()
        .map(MessageId)
        .map_err(|_| "not the number of a message; kuvert history shows it".to_owned())
}
