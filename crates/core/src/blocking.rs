//! Declining and blocking: what a contact may put into the own inbox is taken back at the relay.
//!
//! The right to reach this device in a conversation is the token in its leaf of that conversation's group. It is revoked, so
//! that nothing of it arrives any more; the wish is written down first, and repeated with every session until the relay has
//! taken it.
//!
//! What was revoked stays revoked. Who is unblocked gets another token: by a commit, which puts it into the own leaf and into
//! the channel's fan-out list. Until then the group is *cut off*: its channel does not reach this device, so that missed
//! commits are asked for, and the relay's answer is all that is heard of an own one.

use std::collections::BTreeMap;

use kuvert_content::Content;
use kuvert_store::{ContactState, ConversationId, GroupRow, GroupState, MessageState};
use kuvert_wire::{ClientFrame, PostId, RevokeTokens, TokenNonce};

use crate::outbox::Intent;
use crate::step::Step;
use crate::wishes::Wish;
use crate::{ClientError, Line, Refusal};

impl Step<'_, '_> {
    /// Turns a request down: nothing of it is left, and its sender is not told.
    pub(crate) fn decline(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        if let Some(group) = self.tx.group_profile(conversation)? {
            let is_invited = group.state == GroupState::Invited;
            return if is_invited {
                self.leave_group(conversation)
            } else {
                Err(Refusal::NothingToDecline.into())
            };
        }
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if contact.state != ContactState::Asking {
            return Err(Refusal::NothingToDecline.into());
        }
        self.revoke_tokens_of(conversation)?;
        for channel in self.tx.channels_of(conversation)? {
            if let Some(row) = self.tx.group(&channel)? {
                self.load_group(&row)?.delete(&self.tx.mls())?;
                self.drop_past(&channel)?;
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
        self.tx.forget_unseen(conversation, 0)?;
        self.revoke_tokens_of(conversation)?;
        self.drop_commits_of(conversation)
    }

    /// Gives up commits that are on their way: whether one of them won would not be heard any more, and it would wait for ever. What it
    /// was for waits until the contact is let in again. A first introduction is left: it has no rival, and the relay's
    /// answer is all that it needs.
    fn drop_commits_of(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        for channel in self.tx.channels_of(conversation)? {
            let Some(row) = self.tx.group(&channel)?.filter(|row| row.ended.is_none()) else { continue };
            if row.intent == Intent::Wishes as u8 || row.intent == Intent::Rejoin as u8 {
                let mut group = self.load_group(&row)?;
                self.drop_own_commit(&row, &mut group)?;
                self.keep_loaded(group);
            }
        }
        Ok(())
    }

    /// The contact may write again, and gets what is needed for it.
    pub(crate) fn unblock(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.account()?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        if !contact.blocked {
            return Ok(());
        }
        self.tx.set_blocked(contact.id, false)?;
        if contact.state == ContactState::Asking {
            // Accepting lets them in.
            return Ok(());
        }
        self.rotate(conversation)?;
        if let Ok((row, group)) = self.own_group(conversation)
            && row.cut_off
        {
            self.is_behind(&row.channel, group.epoch() + 1, 0)?;
        }
        let profile = self.profile_for(&contact.identity)?;
        self.enqueue(conversation, Content::profile(self.rng.bytes(), &profile), None)
    }

    /// Whether the contact of a conversation is kept out, so that nothing is to be committed for their eyes.
    pub(crate) fn is_blocked(&self, conversation: ConversationId) -> Result<bool, ClientError> {
        Ok(self.tx.contact_of(conversation)?.is_some_and(|contact| contact.blocked))
    }

    /// Whether a group that is cut off has to wait for its next commit: its contact is blocked, or the relay has not taken the
    /// old token back yet, and what comes by it is not to be overtaken by the new epoch.
    pub(crate) fn has_to_wait(&self, row: &GroupRow) -> Result<bool, ClientError> {
        let is_revoking =
            || Ok::<_, ClientError>(!self.sessions.not_revoked && !self.tx.revoking()?.is_empty());
        Ok(row.cut_off && (self.is_blocked(row.conversation)? || is_revoking()?))
    }

    /// An own commit was merged in a group that was cut off. It brought another token, unless it was made before.
    pub(crate) fn let_in_again(&mut self, row: &GroupRow, has_moved: bool) -> Result<(), ClientError> {
        if !has_moved {
            return self.wish(row.conversation, &Wish::Renew, self.now.0);
        }
        self.tx.set_cut_off(&row.channel, false)?;
        // The user may have blocked them again meanwhile.
        if self.is_blocked(row.conversation)? { self.revoke_tokens_of(row.conversation) } else { Ok(()) }
    }

    /// Takes back the right to reach this device by the groups of a conversation.
    fn revoke_tokens_of(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let own = self.account()?.inbox();
        let request = self.fresh_id();
        if let Some(contact) = self.tx.contact_of(conversation)? {
            // The one by which they could add the user to groups.
            if let Some(nonce) = self.tx.reach_nonce(contact.id)? {
                self.tx.add_revoking(&nonce, request.as_bytes())?;
                self.tx.set_reach_nonce(contact.id, None)?;
            }
        }
        for channel in self.tx.channels_of(conversation)? {
            let Some(row) = self.tx.group(&channel)? else { continue };
            let group = self.load_group(&row)?;
            for token in group.tokens_of(own)? {
                self.tx.add_revoking(token.nonce().as_bytes(), request.as_bytes())?;
            }
            self.tx.set_cut_off(&channel, true)?;
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
