//! What a user can ask for.

use minicbor::{Decode, Encode};

use crate::{ConversationId, MessageId};

/// A wish of the user. Each is answered by one or more [`crate::ViewUpdate`]s; a wish that cannot be fulfilled, by
/// [`crate::ViewUpdate::Failed`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum UiCommand {
    /// The user interface is there: opens the profile and answers with `Profile`, then `Conversations`.
    #[n(0)]
    Start,
    /// Makes the identity. The name is what contacts see first; 1 to 64 characters after trimming.
    #[n(1)]
    CreateIdentity {
        /// Display name.
        #[n(0)]
        name: String,
        /// Invitation, where the relay asks for one.
        #[n(1)]
        invite: Option<String>,
    },
    /// Asks for the own link; answered by `Link` once the relay holds the card.
    #[n(2)]
    ShowLink,
    /// Reads somebody's link; answered by `Card`. Needs no identity.
    #[n(3)]
    OpenLink {
        /// As scanned or typed: `https://relay/c/<card id>#<secret>`.
        #[n(0)]
        link: String,
    },
    /// First message to the person behind a link: a request. Answered by `Requested`.
    #[n(4)]
    SendRequest {
        /// A link for which `Card` was shown.
        #[n(0)]
        link: String,
        /// Text of the first message.
        #[n(1)]
        text: String,
    },
    /// Accepts the request that a conversation began with.
    #[n(5)]
    Accept {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Sends a text message.
    #[n(6)]
    Send {
        /// Where to.
        #[n(0)]
        conversation: ConversationId,
        /// At most 16 KiB.
        #[n(1)]
        text: String,
    },
    /// Tries again to send a message that failed.
    #[n(7)]
    Retry {
        /// Which.
        #[n(0)]
        message: MessageId,
    },
    /// Shows a conversation: answered by `Timeline`, after which its changes follow; marks it read.
    #[n(8)]
    OpenConversation {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// No conversation is shown any more.
    #[n(9)]
    CloseConversation,
    /// Asks for messages before the oldest one shown; answered by `Older`.
    #[n(10)]
    LoadOlder {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// The oldest message shown.
        #[n(1)]
        before: MessageId,
    },
    /// Shows another invitation to the own relay, which did not take the one before, or none.
    #[n(11)]
    UseInvite {
        /// As it was handed on.
        #[n(0)]
        invite: String,
    },
    /// Takes the own link back; answered by `LinkRevoked` once the relay knows it. The next `ShowLink` makes another.
    #[n(12)]
    RevokeLink,
}
