//! Rows of the engine as plain data for the eyes.

use std::collections::BTreeMap;

use kuvert_core::{
    CardInfo, Client, ClientError, ComposingRow, ContactRow, ContactState, ConversationSummary, Familiarity,
    GroupProfile, GroupState, IdentityKey, KuvertId, LinkFailure, MessageChange, MessageDetails, MessageKind,
    MessageRow, MessageState, Peer, ReactionRow, Refusal, SenderKind, ShownMessage, StoreError, Timestamp,
    Trust,
};
use kuvert_view as view;

use crate::{files, groups, line_profile};

/// Characters of a message that a quotation of it shows.
const EXCERPT: usize = 200;

pub(crate) fn conversation_id(id: kuvert_core::ConversationId) -> view::ConversationId {
    view::ConversationId(id.0.unsigned_abs())
}

pub(crate) fn conversation_row(id: view::ConversationId) -> kuvert_core::ConversationId {
    kuvert_core::ConversationId(i64::try_from(id.0).unwrap_or(i64::MAX))
}

pub(crate) fn message_row(id: view::MessageId) -> kuvert_core::MessageId {
    kuvert_core::MessageId(i64::try_from(id.0).unwrap_or(i64::MAX))
}

pub(crate) fn message_id(id: kuvert_core::MessageId) -> view::MessageId {
    view::MessageId(id.0.unsigned_abs())
}

pub(crate) fn conversation(summary: &ConversationSummary, now: Timestamp) -> view::ConversationView {
    let contact = match &summary.peer {
        Peer::Contact(contact) => contact,
        Peer::Group(profile) => return group(summary, profile),
    };
    view::ConversationView {
        id: conversation_id(summary.conversation.id),
        title: name_of(contact),
        kuvert_id: kuvert_id(&contact.identity),
        trust: match contact.trust {
            Trust::New => view::Trust::New,
            Trust::Introduced => view::Trust::Introduced,
            Trust::Verified => view::Trust::Verified,
            Trust::Changed => view::Trust::Changed,
        },
        state: match contact.state {
            ContactState::Requested => view::ContactState::Requested,
            ContactState::Asking => view::ContactState::Asking,
            ContactState::Accepted => view::ContactState::Accepted,
        },
        last: last(summary),
        unread: summary.conversation.unread,
        blocked: contact.blocked,
        group: None,
        familiarity: match Familiarity::of(contact, now) {
            Familiarity::Stranger => view::Familiarity::Stranger,
            Familiarity::Acquainted => view::Familiarity::Acquainted,
            Familiarity::Familiar => view::Familiarity::Familiar,
            Familiarity::Close => view::Familiarity::Close,
        },
    }
}

/// The line of a group.
fn group(summary: &ConversationSummary, profile: &GroupProfile) -> view::ConversationView {
    let is_invited = profile.state == GroupState::Invited;
    view::ConversationView {
        id: conversation_id(summary.conversation.id),
        title: profile.name.clone(),
        kuvert_id: String::new(),
        trust: view::Trust::New,
        state: if is_invited { view::ContactState::Asking } else { view::ContactState::Accepted },
        last: last(summary),
        unread: summary.conversation.unread,
        blocked: false,
        familiarity: view::Familiarity::Stranger,
        group: Some(groups::group(profile)),
    }
}

pub(crate) fn composing(row: ComposingRow) -> view::ComposingView {
    view::ComposingView {
        conversation: conversation_id(row.conversation),
        draft: row.draft,
        expires_after: row.expires_after,
    }
}

fn last(summary: &ConversationSummary) -> Option<view::LastMessage> {
    summary.last.as_ref().map(|last| view::LastMessage {
        text: one_line(&last.text),
        at: last.at,
        from: sender(last.sender),
        delivery: delivery(last.state),
        kind: kind(last.kind),
    })
}

/// Names of people by identity, looked up once.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<[u8; 32], String>);

impl Names {
    fn of(&mut self, identity: &[u8; 32], client: &mut Client) -> Result<String, ClientError> {
        if let Some(name) = self.0.get(identity) {
            return Ok(name.clone());
        }
        let contact = client.contact_by_identity(identity)?;
        let seen = client.name_of(identity)?;
        let stranger = || if seen.is_empty() { kuvert_id(identity) } else { seen.clone() };
        let name = contact.as_ref().map_or_else(stranger, name_of);
        self.0.insert(*identity, name.clone());
        Ok(name)
    }
}

pub(crate) fn message(
    shown: &ShownMessage,
    own: Option<IdentityKey>,
    names: &mut Names,
    client: &mut Client,
) -> Result<view::MessageView, ClientError> {
    let row = &shown.row;
    let own_id = own.map(|own| KuvertId::of(&own));
    let mentions_me = row.sender != SenderKind::Own
        && own_id.is_some()
        && kuvert_content::mentions(&row.text).any(|id| KuvertId::parse(id).ok() == own_id);
    let notice = match row.sender {
        SenderKind::System => Some(groups::notice(client.notice(row.id)?.as_ref())),
        SenderKind::Own | SenderKind::Contact => None,
    };
    let mut author = |row: &MessageRow| match &row.author {
        Some(identity) if row.sender != SenderKind::Own => names.of(identity, client),
        Some(_) | None => Ok(String::new()),
    };
    let reply = match (&row.reply_to, &shown.answered) {
        (None, _) => None,
        (Some(_), Some(answered)) => Some(view::ReplyView {
            message: Some(message_id(answered.id)),
            from: sender(answered.sender),
            author: author(answered)?,
            text: one_line(&answered.text.chars().take(EXCERPT).collect::<String>()),
            kind: kind(answered.kind),
        }),
        (Some(_), None) => Some(view::ReplyView {
            message: None,
            from: view::Sender::System,
            author: String::new(),
            text: String::new(),
            kind: view::MessageKind::Deleted,
        }),
    };
    Ok(view::MessageView {
        id: message_id(row.id),
        from: sender(row.sender),
        text: notice.as_ref().map_or_else(|| row.text.clone(), groups::words),
        at: row.at,
        delivery: delivery(row.state),
        kind: kind(row.kind),
        author: author(row)?,
        edited_at: row.edited_at,
        reply,
        reactions: reactions(&shown.reactions, own),
        expires_at: row.expires_at,
        mentions_me,
        files: match row.kind {
            MessageKind::Attachments | MessageKind::Structured | MessageKind::Score => {
                files::views(row.id, client)?
            }
            MessageKind::Text | MessageKind::NeedsNewer | MessageKind::Deleted => Vec::new(),
        },
        notice,
        data: None,
        record: None,
    })
}

/// Equal reactions together, the most frequent first; of equally many, the one that was there first.
fn reactions(rows: &[ReactionRow], own: Option<IdentityKey>) -> Vec<view::ReactionView> {
    let mut views: Vec<view::ReactionView> = Vec::new();
    for row in rows {
        let is_own = own.is_some_and(|own| own.0 == row.author);
        match views.iter_mut().find(|view| view.text == row.text) {
            Some(view) => {
                view.count += 1;
                view.own |= is_own;
            }
            None => views.push(view::ReactionView { text: row.text.clone(), count: 1, own: is_own }),
        }
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.count));
    views
}

pub(crate) fn details(
    details: &MessageDetails,
    client: &mut Client,
) -> Result<view::DetailsView, ClientError> {
    let mut names = Names::default();
    let own = client.identity();
    let receipts = details.receipts.iter().map(|receipt| {
        Ok(view::ReceiptView {
            name: names.of(&receipt.identity, client)?,
            kuvert_id: kuvert_id(&receipt.identity),
            delivered: receipt.delivered,
            read: receipt.read,
        })
    });
    let receipts = receipts.collect::<Result<_, ClientError>>()?;
    let reactions = details.message.reactions.iter().map(|reaction| {
        let is_own = own.is_some_and(|own| own.0 == reaction.author);
        let name = if is_own { String::new() } else { names.of(&reaction.author, client)? };
        Ok(view::ReactedView { name, text: reaction.text.clone(), own: is_own, at: reaction.at })
    });
    let reactions = reactions.collect::<Result<_, ClientError>>()?;
    Ok(view::DetailsView {
        conversation: conversation_id(details.message.row.conversation),
        message: message(&details.message, own, &mut names, client)?,
        receipts,
        reactions,
    })
}

fn kuvert_id(identity: &[u8; 32]) -> String {
    KuvertId::of(&IdentityKey(*identity)).to_string()
}

fn name_of(contact: &ContactRow) -> String {
    if contact.name.is_empty() { kuvert_id(&contact.identity) } else { contact.name.clone() }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kind(kind: MessageKind) -> view::MessageKind {
    match kind {
        MessageKind::Text => view::MessageKind::Text,
        MessageKind::NeedsNewer => view::MessageKind::NeedsNewer,
        MessageKind::Attachments => view::MessageKind::Attachments,
        MessageKind::Deleted => view::MessageKind::Deleted,
        MessageKind::Structured | MessageKind::Score => view::MessageKind::Structured,
    }
}

fn sender(kind: SenderKind) -> view::Sender {
    match kind {
        SenderKind::Own => view::Sender::Own,
        SenderKind::Contact => view::Sender::Contact,
        SenderKind::System => view::Sender::System,
    }
}

pub(crate) fn delivery(state: MessageState) -> view::Delivery {
    match state {
        MessageState::Queued | MessageState::Unseen | MessageState::Gone => view::Delivery::Queued,
        MessageState::Sent => view::Delivery::Sent,
        MessageState::Delivered => view::Delivery::Delivered,
        MessageState::Read => view::Delivery::Read,
        MessageState::Failed => view::Delivery::Failed,
        MessageState::Received => view::Delivery::Received,
    }
}

pub(crate) fn card(info: &CardInfo, now: Timestamp) -> view::CardView {
    view::CardView {
        link: info.link.clone(),
        name: info.card.name.clone(),
        kuvert_id: info.card.kuvert_id().to_string(),
        relay: info.card.relay().to_owned(),
        conversation: info.conversation.map(conversation_id),
        own: info.own,
        line: info.card.line.as_ref().and_then(|line| line_profile::view(line, now)).map(Box::new),
    }
}

pub(crate) fn change(change: MessageChange) -> view::ChangeView {
    match change {
        MessageChange::Edited(text) => view::ChangeView::Edited(text),
        MessageChange::Deleted => view::ChangeView::Deleted,
        MessageChange::Reacted(reaction) => view::ChangeView::Reacted(reaction),
        MessageChange::Unreacted => view::ChangeView::Unreacted,
    }
}

pub(crate) fn link_failure(reason: LinkFailure) -> view::Failure {
    match reason {
        LinkFailure::Unreachable => view::Failure::Unreachable,
        LinkFailure::Gone => view::Failure::CardGone,
        LinkFailure::Invalid => view::Failure::CardInvalid,
    }
}

pub(crate) fn failure(error: &ClientError) -> view::Failure {
    match error {
        ClientError::Refused(refusal) => match refusal {
            Refusal::NameInvalid => view::Failure::NameInvalid,
            Refusal::TextInvalid => view::Failure::TextInvalid,
            Refusal::LinkUnreadable => view::Failure::LinkUnreadable,
            Refusal::RelayInvalid => view::Failure::Unreachable,
            Refusal::InviteInvalid => view::Failure::InviteInvalid,
            Refusal::OtherRelay => view::Failure::OtherRelay,
            Refusal::NotAccepted => view::Failure::NotAccepted,
            Refusal::NotAsked => view::Failure::NotAsked,
            Refusal::IdentityExists => view::Failure::IdentityExists,
            Refusal::NoIdentity => view::Failure::NoIdentity,
            Refusal::FilesInvalid => view::Failure::FilesInvalid,
            Refusal::TooLate => view::Failure::TooLate,
            Refusal::Moving => view::Failure::Moving,
            Refusal::Unknown
            | Refusal::TooEarly
            | Refusal::SubscriptionInvalid
            | Refusal::NotMoving
            | Refusal::IsLine => view::Failure::Unknown,
            Refusal::OwnLink => view::Failure::OwnLink,
            Refusal::NotYours => view::Failure::NotYours,
            Refusal::Blocked => view::Failure::Blocked,
            Refusal::NothingToDecline => view::Failure::NothingToDecline,
            Refusal::ReactionInvalid => view::Failure::ReactionInvalid,
            Refusal::CodeUnreadable => view::Failure::CodeUnreadable,
            Refusal::CodeOfAnother => view::Failure::CodeOfAnother,
            Refusal::CodeForAnother => view::Failure::CodeForAnother,
            Refusal::NotOwner => view::Failure::NotOwner,
            Refusal::NoLine => view::Failure::NoLine,
            Refusal::DataInvalid => view::Failure::TooLarge,
            Refusal::FormChanged => view::Failure::FormChanged,
            Refusal::ScoreNotAsked => view::Failure::ScoreNotAsked,
            Refusal::NotAdmin => view::Failure::NotAdmin,
            Refusal::LastAdmin => view::Failure::LastAdmin,
            Refusal::NoMember => view::Failure::NoMember,
            Refusal::NotReachable => view::Failure::NotReachable,
            Refusal::PictureInvalid => view::Failure::PictureInvalid,
            Refusal::TooMuchAtOnce => view::Failure::TooMuchAtOnce,
        },
        ClientError::Store(StoreError::InUse) => view::Failure::ProfileInUse,
        ClientError::Store(StoreError::Full) => view::Failure::DiskFull,
        ClientError::PeerFault(_) => view::Failure::Unreachable,
        ClientError::Store(_) | ClientError::Mls(_) | ClientError::Damaged(_) => view::Failure::Database,
    }
}
