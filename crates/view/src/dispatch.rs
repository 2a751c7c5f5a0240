//! Requests that are offered to several members of a team, of whom the first one has it.

use minicbor::{Decode, Encode};

use crate::{ConversationId, MemberId, MessageId};

/// What somebody at the desk does with offers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum DispatchCommand {
    /// Asks for what is offered; answered by [`crate::DeskUpdate::Offers`].
    #[n(0)]
    Show,
    /// Offers a request.
    #[n(1)]
    Offer {
        /// The message that made it.
        #[n(0)]
        message: MessageId,
        /// To whom; empty for everybody on duty.
        #[n(1)]
        to: Vec<MemberId>,
        /// Seconds until it is offered to all agents if nobody took it.
        #[n(2)]
        seconds: u32,
    },
    /// Takes a request that is offered, and its conversation. Who was too late is told by [`crate::DeskUpdate::TakenBy`].
    #[n(2)]
    Take {
        /// The message that made it.
        #[n(0)]
        message: MessageId,
    },
    /// Does not take it; or gives it back.
    #[n(3)]
    Decline {
        /// The message that made it.
        #[n(0)]
        message: MessageId,
    },
}

/// A request that is offered to the user.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OfferView {
    /// The message that made it.
    #[n(0)]
    pub message: MessageId,
    /// Where.
    #[n(1)]
    pub conversation: ConversationId,
    /// The customer's name.
    #[n(2)]
    pub name: String,
    /// What is asked.
    #[n(3)]
    pub text: String,
    /// Since when it is offered: milliseconds since 1970.
    #[n(4)]
    pub at: i64,
    /// When it is offered to all agents if nobody takes it.
    #[n(5)]
    pub until: i64,
    /// Nobody took it in time: every agent may.
    #[n(6)]
    pub is_escalated: bool,
    /// The user may take it.
    #[n(7)]
    pub is_for_me: bool,
}
