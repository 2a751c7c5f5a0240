//! Settings, labels and canned answers.

use super::{Actor, Reason, valid};
use crate::limits::{
    MAX_CANNED, MAX_CANNED_TEXT, MAX_COLOURS, MAX_LABELS, MAX_LANGUAGE, MAX_SETTINGS, MAX_TITLE,
};
use crate::room::event::{Canned, Role};
use crate::room::ids::{CannedId, LabelId};
use crate::room::parts::Part;
use crate::room::team::{Label, Settings, Team};
use crate::room::text::{is_language, is_line, is_text};

impl Team {
    pub(super) fn set_settings(&mut self, actor: &Actor, version: u32, bytes: &[u8]) -> Result<Part, Reason> {
        actor.must_be(Role::Owner)?;
        valid(bytes.len() <= MAX_SETTINGS)?;
        if self.settings.version.checked_add(1) != Some(version) {
            return Err(Reason::Stale);
        }
        self.settings = Settings { version, bytes: bytes.to_vec() };
        Ok(Part::Settings)
    }

    pub(super) fn set_label(
        &mut self,
        actor: &Actor,
        id: LabelId,
        name: &str,
        colour: u8,
    ) -> Result<Part, Reason> {
        actor.must_be(Role::Supervisor)?;
        valid(is_line(name, MAX_TITLE) && colour < MAX_COLOURS)?;
        let labels = &mut self.roster.labels;
        if !labels.contains_key(&id) && labels.len() >= MAX_LABELS {
            return Err(Reason::Full);
        }
        labels.insert(id, Label { name: name.to_owned(), colour });
        Ok(Part::Roster)
    }

    pub(super) fn drop_label(&mut self, actor: &Actor, id: LabelId) -> Result<Part, Reason> {
        actor.must_be(Role::Supervisor)?;
        self.roster.labels.remove(&id).map(|_| Part::Roster).ok_or(Reason::Missing)
    }

    pub(super) fn set_canned(
        &mut self,
        actor: &Actor,
        id: CannedId,
        canned: &Canned,
    ) -> Result<Part, Reason> {
        actor.must_be(Role::Supervisor)?;
        valid(
            is_line(&canned.title, MAX_TITLE)
                && is_language(&canned.language, MAX_LANGUAGE)
                && is_text(&canned.text, MAX_CANNED_TEXT),
        )?;
        if !self.canned.contains_key(&id) && self.canned.len() >= MAX_CANNED {
            return Err(Reason::Full);
        }
        self.canned.insert(id, canned.clone());
        Ok(Part::Canned(id))
    }

    pub(super) fn drop_canned(&mut self, actor: &Actor, id: CannedId) -> Result<Part, Reason> {
        actor.must_be(Role::Supervisor)?;
        self.canned.remove(&id).map(|_| Part::Canned(id)).ok_or(Reason::Missing)
    }
}
