//! Answers about people: who is in a group, and what the page of a contact shows.

use std::collections::BTreeMap;

use kuvert_core::{ClientError, ContactId, Refusal};
use kuvert_view::{ContactView, ConversationId, ConversationView, ViewUpdate};

use crate::{App, groups, views};

impl App {
    /// Who is in a group, with what the user knows of those who are contacts.
    pub(crate) fn show_members(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let known = self.contact_conversations()?;
        let members = self.client.members(views::conversation_row(conversation))?;
        let members = members
            .iter()
            .map(|member| groups::member(member, member.contact.and_then(|contact| known.get(&contact.0))))
            .collect();
        self.updates.push_back(ViewUpdate::Members { conversation, members });
        Ok(())
    }

    /// In which groups the user and a contact are together, the most recent first.
    pub(crate) fn show_contact(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let summary = self.client.conversation(views::conversation_row(conversation))?;
        let contact = summary.as_ref().and_then(|summary| summary.contact()).ok_or(Refusal::Unknown)?.id;
        let mut groups = Vec::new();
        for summary in self.client.conversations()? {
            let row = summary.conversation.id;
            let is_together = summary.group().is_some()
                && self.client.members(row)?.iter().any(|member| member.contact == Some(contact));
            if is_together {
                groups.push(views::conversation_id(row));
            }
        }
        self.updates.push_back(ViewUpdate::Contact(ContactView { conversation, groups }));
        Ok(())
    }

    /// The conversations with contacts, by the contact's number.
    fn contact_conversations(&mut self) -> Result<BTreeMap<i64, ConversationView>, ClientError> {
        let now = self.now;
        let known = self.client.conversations()?;
        let pair = |summary: &kuvert_core::ConversationSummary| {
            let ContactId(id) = summary.contact()?.id;
            Some((id, views::conversation(summary, now)))
        };
        Ok(known.iter().filter_map(pair).collect())
    }
}
