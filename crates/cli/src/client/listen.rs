//! `kuvert listen`: reports what comes, one event per line.
//!
//! A message is reported once: the profile notes the last one that was. The note is made after the line was flushed,
//! so that a listener that is killed in between repeats a line rather than losing it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use kuvert_client::Session;
use kuvert_view::{
    ChangeView, Connection, ContactState, ConversationId, ConversationView, Delivery, GroupStanding,
    MessageId, MessageView, Sender, TransferStage, TransferView, ViewUpdate,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::failure::words;
use super::file::{Saved, Saving};
use super::group::{standing, why};
use super::lookup::id_of;
use super::progress::Progress;
use super::{CATCH_UP, Common, Failure, LAST_WORDS, catch_up, file, open, seconds};
use crate::output::{Output, foreign, time};

/// How long to listen.
#[derive(Debug, clap::Args)]
pub(crate) struct ListenArgs {
    /// End after so many messages and requests
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// End after so many seconds
    #[arg(long, value_name = "S", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Save files as they come in this folder
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Largest file to save, in MB
    #[arg(long, value_name = "MB", default_value_t = 100, requires = "save")]
    save_below: u64,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Characters of an own message that are repeated when others have it.
const MAX_EXCERPT: usize = 60;

/// Listens until enough came, or time ran out.
pub(super) async fn listen(args: ListenArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert listen")?;
    let deadline = args.timeout.map(|timeout| Instant::now() + timeout);
    let mut listener = Listener {
        output,
        left: args.count,
        listened: session.profile().listened()?,
        states: session.app().conversations()?.iter().map(|one| (one.id, one.state)).collect(),
        groups: groups(&session.app().conversations()?),
        is_connected: None,
        saving: args.save.as_deref().map(Saving::new).transpose()?,
        save_below: args.save_below.saturating_mul(1_000_000),
        progress: Progress::new(output),
    };
    if let Some(saving) = &mut listener.saving {
        saving.adopt(&mut session)?;
    }
    let waiting = listener.waiting(&mut session)?;
    listener.report(&mut session, waiting)?;
    session.go_online();
    let mut is_done = listener.is_done();
    while !is_done {
        let Some(update) = session.next_update(deadline).await? else { break };
        // All that came in one step: messages of several conversations are put in order.
        let mut updates = vec![update];
        while let Some(update) = session.poll_update() {
            updates.push(update);
        }
        listener.take(&mut session, updates)?;
        is_done = listener.is_done();
    }
    if is_done {
        // Senders are told of the delivery once everything that waited is here.
        catch_up(&mut session, CATCH_UP).await?;
    }
    if session.connection() == Connection::Online {
        session.until_sent(Instant::now() + LAST_WORDS).await?;
    }
    session.close().await;
    if is_done { Ok(()) } else { Err(Failure::TimedOut) }
}

struct Listener {
    output: Output,
    /// Messages and requests still to report; `None` for no end.
    left: Option<u64>,
    /// The last message that was reported.
    listened: MessageId,
    states: BTreeMap<ConversationId, ContactState>,
    groups: BTreeMap<ConversationId, GroupStanding>,
    is_connected: Option<bool>,
    /// Where files are saved as they come.
    saving: Option<Saving>,
    /// Largest file that is saved, in bytes.
    save_below: u64,
    progress: Progress,
}

impl Listener {
    fn is_done(&self) -> bool {
        self.left == Some(0) && self.saving.as_ref().is_none_or(Saving::is_done)
    }

    /// Messages that came while nobody listened.
    fn waiting(
        &self,
        session: &mut Session,
    ) -> Result<BTreeMap<MessageId, (ConversationId, MessageView)>, Failure> {
        let mut waiting = BTreeMap::new();
        for conversation in session.app().conversations()? {
            let seen = self.seen(session, conversation.id)?;
            let mut before = None;
            loop {
                let (page, has_older) = session.app().page(conversation.id, before)?;
                before = page.first().map(|message| message.id);
                let new = page.into_iter().filter(|m| is_reported(m) && m.id > seen);
                waiting.extend(new.map(|message| (message.id, (conversation.id, message))));
                if !has_older || before.is_none_or(|oldest| oldest <= seen) {
                    break;
                }
            }
        }
        Ok(waiting)
    }

    /// Up to which message of a conversation nothing is to be reported: it was before, or it was read in `kuvert chat`.
    fn seen(&self, session: &mut Session, conversation: ConversationId) -> Result<MessageId, Failure> {
        Ok(self.listened.max(session.app().read_to(conversation)?))
    }

    fn take(&mut self, session: &mut Session, updates: Vec<ViewUpdate>) -> Result<(), Failure> {
        let mut messages = BTreeMap::new();
        for update in updates {
            match update {
                ViewUpdate::Message { conversation, message }
                    if is_reported(&message) && message.id > self.seen(session, conversation)? =>
                {
                    messages.insert(message.id, (conversation, message));
                }
                ViewUpdate::Progressed { message, delivery, .. } => {
                    self.went_on(session, message, delivery)?;
                }
                ViewUpdate::Conversation(conversation) => self.contact(&conversation)?,
                ViewUpdate::Connection(Connection::Online) => self.connected(true)?,
                ViewUpdate::Connection(Connection::Offline) => self.connected(false)?,
                ViewUpdate::Connection(Connection::Elsewhere) => return Err(Failure::TakenOver),
                ViewUpdate::RelayUnreachable { relay } => self.unreachable(&relay)?,
                ViewUpdate::Lost { entries } => self.lost(entries)?,
                ViewUpdate::Transfer(transfer) => self.transferred(session, transfer)?,
                ViewUpdate::Changed { message, by, change, .. } => {
                    self.changed(session, message, &by, &change)?;
                }
                _ => {}
            }
        }
        self.report(session, messages)
    }

    /// Reports messages in the order in which they came, and marks read what was reported completely.
    fn report(
        &mut self,
        session: &mut Session,
        messages: BTreeMap<MessageId, (ConversationId, MessageView)>,
    ) -> Result<(), Failure> {
        let (mut seen, mut unseen) = (BTreeSet::new(), BTreeSet::new());
        for (id, (conversation, message)) in messages {
            if self.left == Some(0) {
                unseen.insert(conversation);
                continue;
            }
            if self.not_added(session, conversation, &message)? {
                session.profile().set_listened(id)?;
                self.listened = id;
                continue;
            }
            if let Some(contact) = session.app().conversation(conversation)? {
                let is_request = contact.group.is_none() && contact.state == ContactState::Asking;
                let event = if is_request { "request" } else { "message" };
                let verb = if is_request { " asks to write to you" } else { "" };
                let mut value = event_of(event, &contact);
                let by = self.written_by(&mut value, &contact, &message.author);
                let text = format!("{by}{verb}: {}", file::text(&message));
                value["text"] = message.text.clone().into();
                value["message"] = message.id.0.into();
                if !message.files.is_empty() {
                    value["files"] = file::values(&message);
                }
                self.event(value, message.at, &text)?;
                self.save(session, &message)?;
            }
            session.profile().set_listened(id)?;
            self.listened = id;
            self.left = self.left.map(|left| left - 1);
            seen.insert(conversation);
        }
        for conversation in seen.difference(&unseen) {
            session.mark_read(*conversation)?;
        }
        Ok(())
    }

    /// Says who could not be added to a group, if a message is about that.
    fn not_added(
        &self,
        session: &mut Session,
        group: ConversationId,
        message: &MessageView,
    ) -> Result<bool, Failure> {
        let Some(notice) = &message.notice else { return Ok(false) };
        let (Some(one), Some(group)) = (&notice.not_added, session.app().conversation(group)?) else {
            return Ok(true);
        };
        let mut value = event_of("not_added", &group);
        let of = self.written_by(&mut value, &group, &notice.by);
        value["contact"] = one.kuvert_id.as_str().into();
        value["why"] = why(one).into();
        self.event(value, message.at, &format!("{of}: {}", foreign(&message.text)))?;
        Ok(true)
    }

    /// Begins to save the files of a message, except for large ones.
    fn save(&mut self, session: &mut Session, message: &MessageView) -> Result<(), Failure> {
        let Some(saving) = &mut self.saving else { return Ok(()) };
        for file in message.files.iter().filter(|file| file.size <= self.save_below) {
            saving.save(session, file)?;
        }
        Ok(())
    }

    /// A file is on its way, or was saved, or not.
    fn transferred(&mut self, session: &mut Session, transfer: TransferView) -> Result<(), Failure> {
        let saved = self.saving.as_mut().and_then(|saving| saving.take(transfer, &mut self.progress));
        let Some(Saved { name, path, transfer }) = saved else { return Ok(()) };
        let Some(contact) = session.app().conversation(transfer.conversation)? else { return Ok(()) };
        let (event, text) = match transfer.stage {
            TransferStage::Failed(failure) => {
                ("not_saved", format!("{} was not saved: {}", foreign(&name), words(failure)))
            }
            _ => ("saved", format!("saved {}", foreign(&path))),
        };
        let mut value = event_of(event, &contact);
        value["message"] = transfer.message.0.into();
        value["name"] = name.into();
        value["path"] = path.into();
        self.event(value, now(), &text)
    }

    /// Somebody edited or deleted a message, or reacted to one. Of what is still to be reported, that shows it.
    fn changed(
        &self,
        session: &mut Session,
        id: MessageId,
        by: &str,
        change: &ChangeView,
    ) -> Result<(), Failure> {
        let Some((conversation, message)) = session.app().message(id)? else { return Ok(()) };
        if message.from == Sender::Contact && id > self.seen(session, conversation)? {
            return Ok(());
        }
        let Some(contact) = session.app().conversation(conversation)? else { return Ok(()) };
        let (event, text) = match change {
            ChangeView::Edited(text) => ("edited", format!("changed message {} to: {}", id.0, foreign(text))),
            ChangeView::Deleted => ("deleted", format!("deleted message {}", id.0)),
            ChangeView::Reacted(reaction) => {
                ("reaction", format!("reacted to message {}: {}", id.0, foreign(reaction)))
            }
            ChangeView::Unreacted => ("reaction", format!("took back the reaction to message {}", id.0)),
        };
        let mut value = own_event(event, &contact, &message);
        match change {
            ChangeView::Edited(text) => value["text"] = text.as_str().into(),
            ChangeView::Reacted(reaction) => value["reaction"] = reaction.as_str().into(),
            ChangeView::Unreacted => value["reaction"] = Value::Null,
            ChangeView::Deleted => {}
        }
        let by = self.written_by(&mut value, &contact, by);
        self.event(value, now(), &format!("{by} {text}"))
    }

    /// Says in an event who did something; in a group, beside the group. Returns the same in words.
    fn written_by(&self, value: &mut Value, contact: &ConversationView, author: &str) -> String {
        if contact.group.is_none() {
            return who(contact);
        }
        value["from"] = author.into();
        value["group"] = contact.title.as_str().into();
        format!("{} in {}", foreign(author), who(contact))
    }

    /// A contact changed: perhaps a request was accepted.
    fn contact(&mut self, contact: &ConversationView) -> Result<(), Failure> {
        if let Some(group) = contact.group {
            return self.group(contact, group.standing);
        }
        let before = self.states.insert(contact.id, contact.state);
        if before == Some(ContactState::Requested) && contact.state == ContactState::Accepted {
            let text = format!("{} accepted your request", who(contact));
            self.event(event_of("accepted", contact), now(), &text)?;
        }
        Ok(())
    }

    /// A group is new, or something else to the user than before.
    fn group(&mut self, group: &ConversationView, now_is: GroupStanding) -> Result<(), Failure> {
        if self.groups.insert(group.id, now_is) == Some(now_is) {
            return Ok(());
        }
        let state = standing(now_is);
        let mut value = event_of("group", group);
        value["state"] = state.into();
        let name = who(group);
        let text = match now_is {
            GroupStanding::Member => format!("you are a member of {name}"),
            GroupStanding::Invited => format!(
                "somebody who is no contact added you to {name}: kuvert group accept {id}, or kuvert group leave {id}",
                id = id_of(group)
            ),
            GroupStanding::Leaving => format!("you are leaving {name}"),
            GroupStanding::Left => format!("you left {name}"),
            GroupStanding::Removed => format!("you were removed from {name}"),
            GroupStanding::Broken => format!("{name} cannot be used any more"),
        };
        self.event(value, now(), &text)
    }

    /// An own message is on the contact's device, or was read.
    fn went_on(&self, session: &mut Session, id: MessageId, delivery: Delivery) -> Result<(), Failure> {
        let Some((conversation, message)) = session.app().message(id)? else { return Ok(()) };
        let Some(contact) = session.app().conversation(conversation)? else { return Ok(()) };
        let (event, did) = match delivery {
            Delivery::Read => ("read", "has read"),
            _ => ("delivered", "has"),
        };
        let text = format!("{} {did} your message: {}", who(&contact), excerpt(&message.text));
        self.event(own_event(event, &contact, &message), now(), &text)
    }

    fn lost(&self, entries: u64) -> Result<(), Failure> {
        let text = match entries {
            0 => "the relay had forgotten this device, and messages may be lost; ask your contacts",
            _ => {
                "some messages were lost at the relay before this device could fetch them; ask your contacts"
            }
        };
        self.event(json!({ "event": "lost", "entries": entries }), now(), text)
    }

    fn unreachable(&self, relay: &str) -> Result<(), Failure> {
        let text = format!("{relay} cannot be reached; what is for people there waits, and is tried again");
        self.event(json!({ "event": "unreachable", "relay": relay }), now(), &text)
    }

    fn connected(&mut self, is_connected: bool) -> Result<(), Failure> {
        if self.is_connected.replace(is_connected) == Some(is_connected) {
            return Ok(());
        }
        let (event, text) = match is_connected {
            true => ("connected", "connected"),
            false => ("disconnected", "the relay cannot be reached; trying again"),
        };
        self.event(json!({ "event": event }), now(), text)
    }

    fn event(&self, mut value: Value, at: i64, text: &str) -> Result<(), Failure> {
        value["at"] = at.into();
        Ok(self.output.result(&value, &format!("{}  {text}", time(at)))?)
    }
}

/// What a listener reports in the order in which it came, and once.
fn is_reported(message: &MessageView) -> bool {
    message.from == Sender::Contact
        || message.notice.as_ref().is_some_and(|notice| notice.not_added.is_some())
}

/// How a text begins, to tell which one is meant.
fn excerpt(text: &str) -> String {
    let mut rest = text.chars();
    let begin: String = rest.by_ref().take(MAX_EXCERPT).collect();
    let more = if rest.next().is_some() { "…" } else { "" };
    format!("{}{more}", foreign(&begin))
}

fn own_event(event: &str, contact: &ConversationView, message: &MessageView) -> Value {
    let mut value = event_of(event, contact);
    value["message"] = message.id.0.into();
    value
}

fn groups(all: &[ConversationView]) -> BTreeMap<ConversationId, GroupStanding> {
    all.iter().filter_map(|one| Some((one.id, one.group?.standing))).collect()
}

fn event_of(event: &str, contact: &ConversationView) -> Value {
    json!({ "event": event, "id": id_of(contact), "from": contact.title })
}

fn who(contact: &ConversationView) -> String {
    format!("{} ({})", foreign(&contact.title), id_of(contact))
}

/// Milliseconds since 1970 (UTC).
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_only_the_beginning_is_repeated() {
        assert_eq!(excerpt("short\ntext"), "short\u{21b5}text");
        assert_eq!(excerpt(&"ü".repeat(60)), "ü".repeat(60));
        assert_eq!(excerpt(&"ü".repeat(16_000)), format!("{}…", "ü".repeat(60)));
    }
}
