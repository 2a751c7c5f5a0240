//! Rows of the engine as plain data for the eyes.

use kuvert_core::{
    CardInfo, ClientError, ContactState, ConversationSummary, IdentityKey, KuvertId, LinkFailure, MessageRow,
    MessageState, Refusal, SenderKind, StoreError, Trust,
};
use kuvert_view as view;

pub(crate) fn conversation_id(id: kuvert_core::ConversationId) -> view::ConversationId {
    view::ConversationId(id.0.unsigned_abs())
}

pub(crate) fn conversation_row(id: view::ConversationId) -> kuvert_core::ConversationId {
    kuvert_core::ConversationId(i64::try_from(id.0).unwrap_or(i64::MAX))
}

pub(crate) fn message_row(id: view::MessageId) -> kuvert_core::MessageId {
    kuvert_core::MessageId(i64::try_from(id.0).unwrap_or(i64::MAX))
}

pub(crate) fn conversation(summary: &ConversationSummary) -> view::ConversationView {
    let kuvert_id = KuvertId::of(&IdentityKey(summary.contact.identity)).to_string();
    let named = !summary.contact.name.is_empty();
    view::ConversationView {
        id: conversation_id(summary.conversation.id),
        title: if named { summary.contact.name.clone() } else { kuvert_id.clone() },
        kuvert_id,
        trust: match summary.contact.trust {
            Trust::New => view::Trust::New,
            Trust::Introduced => view::Trust::Introduced,
            Trust::Verified => view::Trust::Verified,
            Trust::Changed => view::Trust::Changed,
        },
        state: match summary.contact.state {
            ContactState::Requested => view::ContactState::Requested,
            ContactState::Asking => view::ContactState::Asking,
            ContactState::Accepted => view::ContactState::Accepted,
        },
        last: summary.last.as_ref().map(|last| view::LastMessage {
            text: last.text.split_whitespace().collect::<Vec<_>>().join(" "),
            at: last.at,
            from: sender(last.sender),
            delivery: delivery(last.state),
        }),
        unread: summary.conversation.unread,
    }
}

pub(crate) fn message(row: &MessageRow) -> view::MessageView {
    view::MessageView {
        id: view::MessageId(row.id.0.unsigned_abs()),
        from: sender(row.sender),
        text: row.text.clone(),
        at: row.at,
        delivery: delivery(row.state),
    }
}

fn sender(kind: SenderKind) -> view::Sender {
    match kind {
        SenderKind::Own => view::Sender::Own,
        SenderKind::Contact => view::Sender::Contact,
        SenderKind::System => view::Sender::System,
    }
}

fn delivery(state: MessageState) -> view::Delivery {
    match state {
        MessageState::Queued | MessageState::Unseen => view::Delivery::Queued,
        MessageState::Sent => view::Delivery::Sent,
        MessageState::Delivered => view::Delivery::Delivered,
        MessageState::Read => view::Delivery::Read,
        MessageState::Failed => view::Delivery::Failed,
        MessageState::Received => view::Delivery::Received,
    }
}

pub(crate) fn card(info: &CardInfo) -> view::CardView {
    view::CardView {
        link: info.link.clone(),
        name: info.card.name.clone(),
        kuvert_id: info.card.kuvert_id().to_string(),
        relay: info.card.relay().to_owned(),
        conversation: info.conversation.map(conversation_id),
        own: info.own,
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
            Refusal::IdentityExists => view::Failure::IdentityExists,
            Refusal::NoIdentity => view::Failure::NoIdentity,
            Refusal::Unknown => view::Failure::Unknown,
            Refusal::OwnLink => view::Failure::OwnLink,
        },
        ClientError::Store(StoreError::InUse) => view::Failure::ProfileInUse,
        ClientError::PeerFault(_) => view::Failure::Unreachable,
        ClientError::Store(_) | ClientError::Mls(_) | ClientError::Damaged(_) => view::Failure::Database,
    }
}
