//! Declining and blocking: what a contact may put into the own inbox is taken back at the relay.
//!
//! The right to reach this device in a conversation is the token in its leaf of that conversation's group. It is revoked, so
//! that nothing of it arrives any more; the wish is written down first, and repeated with every session until the relay has
//! taken it.

use std::collections::BTreeMap;

use kuvert_store::{ContactState, ConversationId, MessageState};
use kuvert_wire::{ClientFrame, PostId, RevokeTokens, TokenNonce};

use crate::step::Step;
use crate::{ClientError, Line, Refusal};

impl Step<'_, '_> {
    /// Turns a request down: nothing of it is left, and its sender is not told.
    pub(crate) fn decline(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if contact.state != ContactState::Asking {
            return Err(Refusal::NothingToDecline.into());
        }
        self.revoke_tokens_of(conversation)?;
        for channel in self.tx.channels_of(conversation)? {
            if let Some(row) = self.tx.group(&channel)? {
                self.load_group(&row)?.delete(&self.tx.mls())?;
            }
        }
        Ok(self.tx.remove_conversation(conversation)?)
    }

    /// From now on nothing of a contact arrives, and nothing goes to them.
    pub(crate) fn block(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.account()?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if contact.blocked {
            return Ok(());
        }
        self.tx.set_blocked(contact.id, true)?;
        for channel in self.tx.channels_of(conversation)? {
            self.tx.drop_posts(&channel)?;
        }
        for (message, _) in self.tx.unsealed(conversation)? {
            self.tx.set_message_state(message, MessageState::Failed)?;
        }
        self.revoke_tokens_of(conversation)
    }

    /// The contact may write again.
    pub(crate) fn unblock(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.account()?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if contact.blocked {
            self.tx.set_blocked(contact.id, false)?;
        }
        Ok(())
    }

    /// Takes back the right to reach this device by the groups of a conversation.
    fn revoke_tokens_of(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let own = self.account()?.inbox();
        let request = self.fresh_id();
        if let Some(contact) = self.tx.contact_of(conversation)? {
            // The one by which they could add the user to groups.
            self.tx.add_revoking(&self.reach_nonce(&contact.identity)?, request.as_bytes())?;
        }
        for channel in self.tx.channels_of(conversation)? {
            let Some(row) = self.tx.group(&channel)? else { continue };
            let group = self.load_group(&row)?;
            for token in group.tokens_of(own)? {
                self.tx.add_revoking(token.nonce().as_bytes(), request.as_bytes())?;
            }
        }
        self.revoke_waiting()
    }

    /// Asks the relay for what it has not revoked yet.
    pub(crate) fn revoke_waiting(&mut self) -> Result<(), ClientError> {
        if !self.sessions.is_owned() {
            return Ok(());
        }
        let mut requests: BTreeMap<[u8; 16], Vec<TokenNonce>> = BTreeMap::new();
        for row in self.tx.revoking()? {
            requests.entry(row.request).or_default().push(TokenNonce::new(row.nonce));
        }
        for (request, nonces) in requests {
            let frame = RevokeTokens { id: PostId::new(request), nonces };
            self.transmit(Line::Owner, &ClientFrame::RevokeTokens(frame));
        }
        Ok(())
    }
}
