//! The tools with which a team works its queue.

use std::collections::BTreeSet;

use kuvert_core::{ClientError, Refusal, Timestamp};
use kuvert_desk::limits::{ANSWERING_FOR, PRESENT_FOR};
use kuvert_desk::line::{LineKind, LineProfile};
use kuvert_desk::room::{self, Canned, CaseEvent, DeviceKey, Event, EventId};
use kuvert_desk::templates;
use kuvert_view::{CannedId, CannedView, ConversationId, DeskUpdate, ToolCommand};
use kuvert_wire::ChannelId;

use super::{Desk, shown};
use crate::{App, views};

/// Who writes is said again only after this. Each time is a message to the whole team; what was said last has to be shown until
/// then, and [`ANSWERING_FOR`] leaves room for its way.
const SAY_AGAIN: i64 = 15_000;
/// The same for who is there.
const SAY_HERE_AGAIN: i64 = 230_000;

const _: () = assert!(SAY_AGAIN < ANSWERING_FOR && SAY_HERE_AGAIN < PRESENT_FOR);

impl App {
    /// Fulfils a wish of somebody who works the queue.
    pub(super) fn desk_tool(&mut self, now: Timestamp, tool: ToolCommand) -> Result<(), ClientError> {
        match tool {
            ToolCommand::ShowCanned => self.show_canned(),
            ToolCommand::FillCanned { conversation, canned } => self.fill_canned(conversation, canned),
            ToolCommand::SuggestCanned { language } => self.suggest_canned(now, &language),
            ToolCommand::Answering { conversation } => self.say_answering(now, conversation),
            ToolCommand::Here => self.say_here(now),
            ToolCommand::Find { words } => self.find_cases(words),
            ToolCommand::ShowStatistics { days } => self.show_statistics(days),
            tool => {
                self.check_member()?;
                let event = self.tool_event(tool)?;
                self.post(now, &event)
            }
        }
    }

    fn tool_event(&mut self, tool: ToolCommand) -> Result<Event, ClientError> {
        match tool {
            ToolCommand::DropLabel { label } => Ok(Event::DropLabel { label: room::LabelId::new(label.0) }),
            ToolCommand::SetCanned { canned, title, language, text } => {
                let id = canned.map_or_else(|| self.client.fresh_id(), |canned| canned.0);
                let canned = Canned { title, language, text };
                Ok(Event::SetCanned { id: room::CannedId::new(id), canned })
            }
            ToolCommand::DropCanned { canned } => Ok(Event::DropCanned { id: room::CannedId::new(canned.0) }),
            ToolCommand::SetReminder { conversation, at, text } => {
                let (channel, member) = (self.channel(conversation)?, self.me()?);
                Ok(Event::case(channel, CaseEvent::SetReminder { at, member, text }))
            }
            ToolCommand::ClearReminder { conversation, reminder } => {
                let reminder = EventId::new(reminder.0);
                Ok(Event::case(self.channel(conversation)?, CaseEvent::ClearReminder { reminder }))
            }
            ToolCommand::ShowCanned
            | ToolCommand::FillCanned { .. }
            | ToolCommand::SuggestCanned { .. }
            | ToolCommand::Answering { .. }
            | ToolCommand::Here
            | ToolCommand::Find { .. }
            | ToolCommand::ShowStatistics { .. } => Err(Refusal::Unknown.into()),
        }
    }

    /// Shows the canned answers, by title.
    pub(super) fn show_canned(&mut self) -> Result<(), ClientError> {
        let canned = self.desk()?.team.canned().map(|(id, canned)| CannedView {
            id: CannedId(*id.as_bytes()),
            title: canned.title.clone(),
            language: canned.language.clone(),
            text: canned.text.clone(),
        });
        let mut canned: Vec<_> = canned.collect();
        canned.sort_by_key(|one| (one.title.to_lowercase(), one.language.clone()));
        self.desk_update(DeskUpdate::Canned(canned));
        Ok(())
    }

    fn fill_canned(&mut self, conversation: ConversationId, canned: CannedId) -> Result<(), ClientError> {
        let me = self.me()?;
        let line = self.client.profile().map(|(name, _, _)| name.to_owned()).unwrap_or_default();
        let summary = self.client.conversation(views::conversation_row(conversation))?;
        let summary = summary.ok_or(Refusal::Unknown)?;
        let name = views::conversation(&summary, self.now).title;
        let desk = self.desk()?;
        let agent = shown::name_of(desk, me);
        let id = room::CannedId::new(canned.0);
        let found = desk.team.canned().find(|(one, _)| *one == id).map(|(_, canned)| &canned.text);
        let fields = room::Fields { name: &name, line: &line, agent: &agent };
        let text = room::fill(found.ok_or(Refusal::Unknown)?, &fields);
        self.desk_update(DeskUpdate::Filled { conversation, text });
        Ok(())
    }

    /// Adds the answers that fit the line's kind.
    fn suggest_canned(&mut self, now: Timestamp, language: &str) -> Result<(), ClientError> {
        self.check_member()?;
        let desk = self.desk()?;
        let profile = LineProfile::decode(&desk.team.settings().bytes);
        let kind = profile.map_or(LineKind::Other, |profile| profile.kind);
        let missing: Vec<_> = templates::canned(kind, language)
            .into_iter()
            .filter(|one| {
                !desk.team.canned().any(|(_, is)| is.title == one.title && is.language == one.language)
            })
            .collect();
        for one in missing {
            let (title, language) = (one.title.to_owned(), one.language.to_owned());
            let canned = Canned { title, language, text: one.text.to_owned() };
            let id = room::CannedId::new(self.client.fresh_id());
            self.post(now, &Event::SetCanned { id, canned })?;
        }
        Ok(())
    }

    /// Tells colleagues that the user writes to a customer, if they were not told just now, and if there are any.
    fn say_answering(&mut self, now: Timestamp, conversation: ConversationId) -> Result<(), ClientError> {
        self.check_answers()?;
        let channel = self.channel(conversation)?;
        let desk = self.desk()?;
        let is_said = desk
            .said_answering
            .is_some_and(|(said, at)| said == channel && (0..SAY_AGAIN).contains(&now.0.saturating_sub(at)));
        if desk.is_alone() || is_said {
            return Ok(());
        }
        if let Some(desk) = self.desk.as_mut() {
            desk.said_answering = Some((channel, now.0));
        }
        self.post(now, &Event::Answering { conversation: channel })
    }

    /// Tells colleagues that the user sits at the desk, if they were not told a while ago, and if there are any.
    fn say_here(&mut self, now: Timestamp) -> Result<(), ClientError> {
        self.check_member()?;
        let desk = self.desk()?;
        let is_said =
            desk.said_here.is_some_and(|at| (0..SAY_HERE_AGAIN).contains(&now.0.saturating_sub(at)));
        if desk.is_alone() || is_said {
            return Ok(());
        }
        if let Some(desk) = self.desk.as_mut() {
            desk.said_here = Some(now.0);
        }
        self.post(now, &Event::Present)
    }
}

impl Desk {
    /// Notes who is there. What comes late says little of now.
    pub(super) fn note_presence(&mut self, by: DeviceKey, at: i64, event: &Event, now: i64) {
        self.presence.apply(&self.team, by, event, at, now);
    }

    /// Who sits at the desk. The user does.
    pub(crate) fn here(&self, me: DeviceKey, now: i64) -> BTreeSet<DeviceKey> {
        self.presence.present(now).chain([me]).collect()
    }

    fn is_alone(&self) -> bool {
        self.team.members().filter(|(_, member)| member.is_active()).count() < 2
    }

    /// The names of colleagues who answer a customer.
    pub(crate) fn answering(&self, conversation: ChannelId, me: DeviceKey, now: i64) -> Vec<String> {
        self.presence.answering(conversation, me, now).map(|device| shown::name_of(self, device)).collect()
    }
}

#[cfg(test)]
mod tests {
    use kuvert_desk::room::{Meta, Role};

    use super::*;

    const OLGA: DeviceKey = DeviceKey::new([1; 32]);
    const ANNE: DeviceKey = DeviceKey::new([2; 32]);
    const NOW: i64 = 1_800_000_000_000;

    fn team_of_two() -> Desk {
        let mut desk = Desk::default();
        let join = Event::Join { device: ANNE, name: "Anne".into(), role: Role::Agent };
        for (id, event) in [(1, Event::Founded { name: "Olga".into() }), (2, join)] {
            let meta = Meta { id: EventId::new([id; 32]), by: OLGA, at: NOW - 100_000 };
            assert_eq!(desk.team.apply(&mut desk.cases, meta, &event), room::Outcome::Applied);
        }
        desk
    }

    #[test]
    fn who_answers_is_shown_to_others_for_a_while() {
        let mut desk = team_of_two();
        let customer = ChannelId::new([9; 16]);
        let event = Event::Answering { conversation: customer };
        desk.note_presence(ANNE, NOW - 1000, &event, NOW);
        assert_eq!(desk.answering(customer, OLGA, NOW), ["Anne"]);
        assert!(desk.answering(customer, ANNE, NOW).is_empty());
        assert!(desk.answering(customer, OLGA, NOW + ANSWERING_FOR).is_empty());
    }

    #[test]
    fn what_comes_late_says_little_of_now() {
        let mut desk = team_of_two();
        let customer = ChannelId::new([9; 16]);
        let event = Event::Answering { conversation: customer };
        desk.note_presence(ANNE, NOW - ANSWERING_FOR, &event, NOW);
        assert!(desk.answering(customer, OLGA, NOW).is_empty());
        assert!(desk.here(OLGA, NOW).contains(&ANNE));
        assert!(!desk.here(OLGA, NOW + PRESENT_FOR).contains(&ANNE));
    }
}
