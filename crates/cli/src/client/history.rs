//! `kuvert history` and `kuvert search`: what was said, from this device alone.

use std::collections::BTreeMap;

use kuvert_client::Session;
use kuvert_view::{
    ConversationId, ConversationView, Delivery, FoundView, MessageId, MessageKind, MessageView, Sender,
    UiCommand, ViewUpdate,
};
use serde_json::{Value, json};

use super::{Common, Failure, ask, file, find, id_of, open};
use crate::output::{Output, foreign, time};

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    /// Kuvert ID or name of the contact, or name of the group
    to: String,
    /// Most messages to show: the newest ones
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What to look for.
#[derive(Debug, clap::Args)]
pub(crate) struct SearchArgs {
    /// Words that the message has, or beginnings of them; case and accents do not count
    #[arg(required = true)]
    words: Vec<String>,
    /// Only in the conversation with this contact or group
    #[arg(long = "in", value_name = "TO")]
    within: Option<String>,
    /// Most messages to show: the newest ones
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    pub(super) common: Common,
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
    let lines: Vec<_> = newest.iter().flat_map(|message| lines(&contact, message)).collect();
    if output.json || !lines.is_empty() {
        output.result(&all, &lines.join("\n"))?;
    }
    Ok(())
}

/// Shows messages that have some words, the oldest first. Needs no relay.
pub(super) async fn search(args: SearchArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert search")?;
    let within = match &args.within {
        Some(who) => Some(find(&mut session, who)?.id),
        None => None,
    };
    let mut found = find_all(&mut session, &args.words.join(" "), within, args.limit)?;
    found.reverse();
    let all = session.app().conversations()?;
    let contacts: BTreeMap<ConversationId, ConversationView> =
        all.into_iter().map(|contact| (contact.id, contact)).collect();
    let (mut values, mut texts) = (Vec::new(), Vec::new());
    for one in &found {
        let Some(contact) = contacts.get(&one.conversation) else { continue };
        let mut value = value(contact, &one.message);
        value["in"] = json!({ "id": id_of(contact), "name": contact.title });
        values.push(value);
        let place = foreign(&contact.title);
        texts.extend(lines(contact, &one.message).into_iter().map(|line| format!("{place}  {line}")));
    }
    if output.json || !texts.is_empty() {
        output.result(&Value::Array(values), &texts.join("\n"))?;
    } else {
        output.note("no message has these words");
    }
    Ok(())
}

/// Messages with some words, the newest first, page by page.
fn find_all(
    session: &mut Session,
    words: &str,
    conversation: Option<ConversationId>,
    limit: usize,
) -> Result<Vec<FoundView>, Failure> {
    let mut all: Vec<FoundView> = Vec::new();
    let mut has_older = true;
    while has_older && all.len() < limit {
        let before = all.last().map(|found| found.message.id);
        let wish = UiCommand::Search { words: words.to_owned(), conversation, before };
        has_older = false;
        for update in ask(session, wish)? {
            if let ViewUpdate::Found { messages, has_older: more, .. } = update {
                has_older = more && !messages.is_empty();
                all.extend(messages);
            }
        }
    }
    all.truncate(limit);
    Ok(all)
}

/// A message for programs: five keys that are always there, others where there is something to say.
pub(super) fn value(contact: &ConversationView, message: &MessageView) -> Value {
    let mut value = json!({
        "id": message.id.0,
        "from": from(contact, message),
        "text": message.text,
        "at": message.at,
        "state": state(message.delivery),
    });
    if let Some(reply) = &message.reply {
        value["reply_to"] = reply.message.map(|id| id.0).into();
    }
    if let Some(at) = message.edited_at {
        value["edited_at"] = at.into();
    }
    if let Some(at) = message.expires_at {
        value["expires_at"] = at.into();
    }
    if !message.reactions.is_empty() {
        let reaction =
            |one: &kuvert_view::ReactionView| json!({ "text": one.text, "count": one.count, "own": one.own });
        value["reactions"] = message.reactions.iter().map(reaction).collect();
    }
    if !message.files.is_empty() {
        value["files"] = file::values(message);
    }
    match message.kind {
        MessageKind::Deleted => value["deleted"] = true.into(),
        MessageKind::NeedsNewer => value["needs_newer"] = true.into(),
        MessageKind::Text | MessageKind::Attachments | MessageKind::Structured => {}
    }
    value
}

/// A message for people: one line, and others below it for what belongs to it.
fn lines(contact: &ConversationView, message: &MessageView) -> Vec<String> {
    let mut marks = Vec::new();
    if message.edited_at.is_some() {
        marks.push("edited".to_owned());
    }
    if message.from == Sender::Own {
        marks.push(state(message.delivery).to_owned());
    }
    let marks = if marks.is_empty() { String::new() } else { format!(" [{}]", marks.join(", ")) };
    let answers = match message.reply.as_ref().and_then(|reply| reply.message) {
        Some(MessageId(id)) => format!(" (answers #{id})"),
        None => String::new(),
    };
    let text = match message.kind {
        MessageKind::Deleted => "(deleted)".to_owned(),
        MessageKind::NeedsNewer => "(needs a newer version of Kuvert)".to_owned(),
        MessageKind::Text | MessageKind::Attachments | MessageKind::Structured => file::text(message),
    };
    let from = foreign(from(contact, message));
    let id = message.id.0;
    let mut lines = vec![format!("{}  #{id} {from}{answers}: {text}{marks}", time(message.at))];
    if !message.reactions.is_empty() {
        let count = |count| if count > 1 { format!(" {count}") } else { String::new() };
        let all = message.reactions.iter().map(|one| format!("{}{}", foreign(&one.text), count(one.count)));
        lines.push(format!("    {}", all.collect::<Vec<_>>().join("  ")));
    }
    lines
}

/// Who wrote a message, as programs and people read it.
pub(super) fn from<'a>(contact: &'a ConversationView, message: &'a MessageView) -> &'a str {
    match message.from {
        // A colleague wrote it, for the same line.
        Sender::Own if !message.author.is_empty() => &message.author,
        Sender::Own => "me",
        Sender::Contact if !message.author.is_empty() => &message.author,
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
