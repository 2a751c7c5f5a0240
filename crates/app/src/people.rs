//! Answers about people: who is in a group, and what the page of a contact shows.

use std::collections::BTreeMap;

use kuvert_core::{ClientError, Command, ContactId, DataKind, Input, Refusal, Timestamp};
use kuvert_desk::line::LineProfile;
use kuvert_desk::score::Score;
use kuvert_view::{ContactView, ConversationId, ConversationView, LineView, ViewUpdate};

use crate::{App, groups, line_profile, views};

/// What is to be known of a line.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LineFacts {
    /// What it shows of itself.
    line: Box<LineView>,
    /// When what was said with it will be deleted.
    erase_at: Option<i64>,
    /// It asks how satisfied the user is.
    asks_score: bool,
}

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

    /// What the page of a contact shows.
    pub(crate) fn show_contact(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let line = self.line_of(conversation)?;
        self.tell_contact(conversation, line)
    }

    /// Says what there is to know of the line that a conversation is with, if it is with one and that was not said yet.
    pub(crate) fn tell_line(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let line = self.line_of(conversation)?;
        if line.is_none() || self.told_line == line {
            return Ok(());
        }
        self.told_line.clone_from(&line);
        self.tell_contact(conversation, line)
    }

    fn tell_contact(
        &mut self,
        conversation: ConversationId,
        line: Option<LineFacts>,
    ) -> Result<(), ClientError> {
        let groups = self.groups_with(conversation)?;
        let (erase_at, asks_score) =
            line.as_ref().map_or((None, false), |facts| (facts.erase_at, facts.asks_score));
        let line = line.map(|facts| facts.line);
        let contact = ContactView { conversation, groups, line, erase_at, asks_score };
        self.updates.push_back(ViewUpdate::Contact(contact));
        Ok(())
    }

    /// What the line shows of itself that a conversation is with; `None` for a person.
    fn line_of(&mut self, conversation: ConversationId) -> Result<Option<LineFacts>, ClientError> {
        let row = views::conversation_row(conversation);
        let Some(card) = self.client.line_of(row)? else { return Ok(None) };
        let Some(line) = line_profile::view(&card, self.now) else { return Ok(None) };
        // What was to go by now is gone.
        let erase_at = self.client.erase_at(row)?.filter(|at| *at > self.now.0);
        let asks = LineProfile::decode(&card).is_ok_and(|profile| profile.asks_satisfaction);
        let asks_score = asks && erase_at.is_some() && !self.client.has_own_score(row)?;
        Ok(Some(LineFacts { line: Box::new(line), erase_at, asks_score }))
    }

    /// Tells a line how satisfied the user is.
    pub(crate) fn rate(
        &mut self,
        now: Timestamp,
        conversation: ConversationId,
        score: u8,
        words: String,
    ) -> Result<(), ClientError> {
        let row = views::conversation_row(conversation);
        let card = self.client.line_of(row)?.ok_or(Refusal::NoLine)?;
        let asks = LineProfile::decode(&card).is_ok_and(|profile| profile.asks_satisfaction);
        if !asks {
            return Err(Refusal::ScoreNotAsked.into());
        }
        let score = Score::new(score).ok_or(Refusal::DataInvalid)?;
        let command = Command::SendData {
            conversation: row,
            kind: DataKind::Score,
            data: score.encode(),
            text: words,
            files: Vec::new(),
            reply_to: None,
        };
        self.client.handle(now, Input::Command(command))?;
        self.show_done();
        self.tell_line(conversation)
    }

    /// The groups in which the user and a contact are together, the most recent first.
    fn groups_with(&mut self, conversation: ConversationId) -> Result<Vec<ConversationId>, ClientError> {
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
        Ok(groups)
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
