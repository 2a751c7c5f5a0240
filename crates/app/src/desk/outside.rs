//! Conversations that only devices of those are in who look after them, or lead the team. The others learn from the desk room that
//! somebody waits, and nothing else.

use std::collections::BTreeMap;

use kuvert_core::{ClientError, ConversationId, Timestamp};
use kuvert_desk::room::{CaseEvent, DeviceKey, Event};
use kuvert_wire::ChannelId;

use super::Desk;
use super::insight::facts_of;
use crate::App;

/// How long each further device leaves the one before to say it: milliseconds.
const TURN: i64 = 2_000;

/// Conversations in which somebody may wait whom the others have not heard of, or whom they were told of and who waits no longer;
/// and since when that is to be looked at.
#[derive(Default)]
pub(crate) struct Unsaid {
    /// All were looked at since the start.
    is_read: bool,
    conversations: BTreeMap<ConversationId, i64>,
}

impl Unsaid {
    /// Something happened in a conversation.
    pub(crate) fn note(&mut self, conversation: ConversationId, now: i64) {
        self.conversations.entry(conversation).or_insert(now);
    }
}

impl App {
    /// Tells those who are not in conversations who waits there, if it is this device's turn: for devices of those who lead the team.
    pub(super) fn say_who_waits(&mut self, now: Timestamp, me: DeviceKey) -> Result<(), ClientError> {
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        if !std::mem::replace(&mut desk.unsaid.is_read, true) {
            for facts in self.client.desk_facts(None)? {
                desk.unsaid.note(facts.conversation, now.0);
            }
        }
        let turn = desk.turn_to_say(me, now.0);
        for (conversation, since) in std::mem::take(&mut desk.unsaid.conversations) {
            let Some(row) = self.client.desk_facts(Some(conversation))?.pop() else { continue };
            let channel = ChannelId::new(row.channel);
            let Some(desk) = self.desk.as_mut() else { return Ok(()) };
            let case = desk.cases.get(channel);
            let waits = facts_of(&row).waiting_since_beside(case);
            let is_said = case.and_then(|case| case.waits).is_some() == waits.is_some();
            if is_said || case.is_some_and(|case| case.claim.is_some()) {
                continue;
            }
            let at = since.min(now.0) + turn;
            if now.0 < at {
                desk.unsaid.note(conversation, since);
                desk.tending.look_at(at);
                self.wake_at(Timestamp(at));
            } else {
                self.post(now, &Event::case(channel, CaseEvent::Waits { since: waits }))?;
            }
        }
        Ok(())
    }
}

impl Desk {
    /// How long this device leaves the others who lead the team the first word: milliseconds. Who sits at the desk comes first.
    fn turn_to_say(&self, me: DeviceKey, now: i64) -> i64 {
        let here = self.here(me, now);
        let leading = self.team.members().map(|(device, _)| device).filter(|device| self.leads(*device));
        let mut leading: Vec<_> = leading.map(|device| (!here.contains(&device), device)).collect();
        leading.sort_unstable();
        let place = leading.iter().position(|(_, device)| *device == me).unwrap_or_default();
        i64::try_from(place).unwrap_or_default() * TURN
    }
}
