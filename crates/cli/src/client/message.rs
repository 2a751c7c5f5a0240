//! `kuvert send` and `kuvert history`.

use std::io::Read;
use std::time::Duration;

use kuvert_view::{ContactState, ConversationView, Delivery, MessageView, Sender, UiCommand};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{CATCH_UP, Common, Failure, ask, catch_up, find, open, own_message, seconds, sent};
use crate::output::{Output, foreign, time};

/// Longest text that is read from stdin; what can be sent is shorter.
const MAX_STDIN: u64 = 64 * 1024;

/// What to send.
#[derive(Debug, clap::Args)]
pub(crate) struct SendArgs {
    /// Kuvert ID or name of the contact
    to: String,
    /// The text; - reads it from stdin
    text: String,
    /// Seconds to wait until the relay took the message; after that it is queued, and sent by the next command
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    /// Kuvert ID or name of the contact
    to: String,
    /// Most messages to show: the newest ones
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Sends a message.
pub(super) async fn send(args: SendArgs, output: Output) -> Result<(), Failure> {
    let text = if args.text == "-" { stdin()? } else { args.text };
    let (mut session, _) = open(&args.common, "kuvert send")?;
    let deadline = Instant::now() + args.timeout;
    let is_online = catch_up(&mut session, CATCH_UP.min(args.timeout)).await?;
    let contact = find(&mut session, &args.to)?;
    match contact.state {
        ContactState::Requested => return Err(Failure::NotAccepted),
        ContactState::Asking => return Err(Failure::NotAcceptedByYou { id: contact.kuvert_id }),
        ContactState::Accepted => {}
    }
    let updates = ask(&mut session, UiCommand::Send { conversation: contact.id, text })?;
    let message = own_message(&updates).ok_or(Failure::Refused)?;
    if !is_online {
        output.note("the message is written down; waiting for the relay");
    }
    let state = sent(&mut session, message, deadline).await?;
    let text = match state {
        "sent" => "sent",
        _ => "queued: the relay cannot be reached; the next command, or kuvert listen, sends the message",
    };
    let json =
        json!({ "id": contact.kuvert_id, "name": contact.title, "message": message.1.0, "state": state });
    output.result(&json, text)?;
    session.close().await;
    Ok(())
}

fn stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_STDIN + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_STDIN {
        return Err(Failure::TextInvalid);
    }
    String::from_utf8(bytes).map_err(|_| Failure::NotUtf8)
}

/// Shows the newest messages of a conversation, the oldest first. Needs no relay.
pub(super) async fn history(args: HistoryArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert history")?;
    let contact = find(&mut session, &args.to)?;
    let mut pages = Vec::new();
    let (mut found, mut before, mut has_older) = (0, None, true);
    while has_older && found < args.limit {
        let (page, more) = session.app().page(contact.id, before)?;
        has_older = more && !page.is_empty();
        before = page.first().map(|message| message.id);
        found += page.len();
        pages.push(page);
    }
    let messages: Vec<MessageView> = pages.into_iter().rev().flatten().collect();
    let newest = &messages[messages.len().saturating_sub(args.limit)..];
    let all = Value::Array(newest.iter().map(|message| value(&contact, message)).collect());
    let lines: Vec<_> = newest.iter().map(|message| line(&contact, message)).collect();
    if output.json || !lines.is_empty() {
        output.result(&all, &lines.join("\n"))?;
    }
    Ok(())
}

fn value(contact: &ConversationView, message: &MessageView) -> Value {
    json!({
        "id": message.id.0,
        "from": from(contact, message),
        "text": message.text,
        "at": message.at,
        "state": state(message.delivery),
    })
}

fn line(contact: &ConversationView, message: &MessageView) -> String {
    let mark = match message.from {
        Sender::Own => format!(" [{}]", state(message.delivery)),
        Sender::Contact | Sender::System => String::new(),
    };
    let (from, text) = (foreign(from(contact, message)), foreign(&message.text));
    format!("{}  #{} {from}: {text}{mark}", time(message.at), message.id.0)
}

fn from<'a>(contact: &'a ConversationView, message: &MessageView) -> &'a str {
    match message.from {
        Sender::Own => "me",
        Sender::Contact => &contact.title,
        Sender::System => "kuvert",
    }
}

fn state(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Queued => "queued",
        Delivery::Sent => "sent",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
        Delivery::Failed => "failed",
        Delivery::Received => "received",
    }
}
