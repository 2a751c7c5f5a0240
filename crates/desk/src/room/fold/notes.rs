//! What the team notes about a conversation: notes, labels, reminders.

use super::{Actor, Reason, is_time, valid};
use crate::limits::{MAX_CASE_LABELS, MAX_MENTIONS, MAX_NOTE, MAX_NOTES, MAX_REASON, MAX_REMINDERS};
use crate::room::case::{Case, Note, Reminder};
use crate::room::ids::{DeviceKey, EventId, LabelId};
use crate::room::team::Team;
use crate::room::text::{is_line_or_empty, is_text};

impl Case {
    pub(super) fn add_note(
        &mut self,
        team: &Team,
        actor: &Actor,
        text: &str,
        mentions: &[DeviceKey],
    ) -> Result<(), Reason> {
        valid(is_text(text, MAX_NOTE) && mentions.len() <= MAX_MENTIONS)?;
        if self.notes.len() >= MAX_NOTES {
            return Err(Reason::Full);
        }
        self.notes.push(Note {
            id: actor.id,
            by: actor.device,
            at: actor.at,
            edited_at: None,
            text: text.to_owned(),
            mentions: team.known(mentions),
        });
        Ok(())
    }

    pub(super) fn edit_note(
        &mut self,
        team: &Team,
        actor: &Actor,
        id: EventId,
        text: &str,
        mentions: &[DeviceKey],
    ) -> Result<(), Reason> {
        valid(is_text(text, MAX_NOTE) && mentions.len() <= MAX_MENTIONS)?;
        let at = self.own_note(actor, id)?;
        let note = &mut self.notes[at];
        text.clone_into(&mut note.text);
        note.mentions = team.known(mentions);
        note.edited_at = Some(actor.at);
        Ok(())
    }

    pub(super) fn delete_note(&mut self, actor: &Actor, id: EventId) -> Result<(), Reason> {
        let at = self.own_note(actor, id)?;
        self.notes.remove(at);
        Ok(())
    }

    fn own_note(&self, actor: &Actor, id: EventId) -> Result<usize, Reason> {
        let at = self.notes.iter().position(|note| note.id == id).ok_or(Reason::Missing)?;
        if self.notes[at].by == actor.device { Ok(at) } else { Err(Reason::NotAllowed) }
    }

    pub(super) fn add_label(&mut self, team: &Team, label: LabelId) -> Result<(), Reason> {
        if !team.roster.labels.contains_key(&label) {
            return Err(Reason::Missing);
        }
        if self.labels.contains(&label) {
            return Err(Reason::Nothing);
        }
        if team.labels_of(self).count() >= MAX_CASE_LABELS {
            return Err(Reason::Full);
        }
        // Labels that are no more take no room.
        self.labels.retain(|label| team.roster.labels.contains_key(label));
        self.labels.insert(label);
        Ok(())
    }

    pub(super) fn remove_label(&mut self, label: LabelId) -> Result<(), Reason> {
        if self.labels.remove(&label) { Ok(()) } else { Err(Reason::Nothing) }
    }

    pub(super) fn set_reminder(
        &mut self,
        team: &Team,
        actor: &Actor,
        at: i64,
        member: DeviceKey,
        text: &str,
    ) -> Result<(), Reason> {
        valid(is_time(at) && is_line_or_empty(text, MAX_REASON))?;
        if !team.answers(member) {
            return Err(Reason::Missing);
        }
        if self.reminders.len() >= MAX_REMINDERS {
            return Err(Reason::Full);
        }
        self.reminders.push(Reminder { id: actor.id, at, member, text: text.to_owned() });
        Ok(())
    }

    pub(super) fn clear_reminder(&mut self, id: EventId) -> Result<(), Reason> {
        let at = self.reminders.iter().position(|reminder| reminder.id == id).ok_or(Reason::Missing)?;
        self.reminders.remove(at);
        Ok(())
    }
}
