//! Requests that are offered to several members: whoever takes one first has it.

use kuvert_content::MessageId as ContentId;
use kuvert_core::{ClientError, MessageRow, Refusal, Timestamp};
use kuvert_desk::form::Form;
use kuvert_desk::limits::{MAX_TTL, MIN_TTL};
use kuvert_desk::request::StatusFlow;
use kuvert_desk::room::{CaseEvent, DeviceKey, Event, Role};
use kuvert_view::{DeskUpdate, DispatchCommand, MessageId, OfferView};
use kuvert_wire::ChannelId;

use crate::desk_requests::Said;
use crate::desk_tend::Next;
use crate::{App, views};

/// How long a request that goes out by itself is offered to who is on duty, before every agent may take it: milliseconds.
const TTL: u32 = 3 * 60 * 1000;
/// Offers that are shown.
const MAX_SHOWN: usize = 50;

impl App {
    /// What somebody at the desk does with offers.
    pub(crate) fn dispatch_command(
        &mut self,
        now: Timestamp,
        wish: DispatchCommand,
    ) -> Result<(), ClientError> {
        let message = match &wish {
            DispatchCommand::Show => return self.show_offers(),
            DispatchCommand::Offer { message, .. }
            | DispatchCommand::Take { message }
            | DispatchCommand::Decline { message } => *message,
        };
        self.check_answers()?;
        let (channel, request) = self.named_request(message)?;
        let event = match wish {
            DispatchCommand::Offer { to, seconds, .. } => {
                let to = to.into_iter().map(|member| DeviceKey::new(member.0)).collect();
                let ttl = seconds.saturating_mul(1000).clamp(MIN_TTL, MAX_TTL);
                CaseEvent::Offer { request, to, ttl }
            }
            DispatchCommand::Decline { .. } => CaseEvent::Decline { request },
            DispatchCommand::Show | DispatchCommand::Take { .. } => CaseEvent::Take { request },
        };
        self.post(now, &Event::case(channel, event))
    }

    /// The request that a message makes, and the channel of its conversation.
    pub(crate) fn named_request(
        &mut self,
        message: MessageId,
    ) -> Result<(ChannelId, ContentId), ClientError> {
        let row = self.client.message(views::message_row(message))?.ok_or(Refusal::Unknown)?;
        self.request_of(&row)?;
        let request = ContentId::from_slice(&row.mimi).ok_or(Refusal::Unknown)?;
        Ok((self.channel(views::conversation_id(row.conversation))?, request))
    }

    /// A request of a form that is dispatched: it is offered when it comes, and who took it tells the customer.
    pub(crate) fn tend_offer(
        &mut self,
        now: Timestamp,
        me: DeviceKey,
        row: &MessageRow,
        form: &Form,
        turn_at: i64,
    ) -> Result<Next, ClientError> {
        let request = ContentId::from_slice(&row.mimi).ok_or(Refusal::Unknown)?;
        let channel = self.channel(views::conversation_id(row.conversation))?;
        let case = self.desk()?.cases.get(channel);
        let offer = case.and_then(|case| case.offers.get(&request));
        let (is_offered, taken_by) = (offer.is_some(), offer.and_then(|offer| offer.taken_by));
        if taken_by == Some(me) {
            if let Some(state) = taken_state(&form.statuses) {
                let said = Said { state, note: String::new(), appointment: None };
                self.set_request(now, views::message_id(row.id), said)?;
            }
            return Ok(Next::Done);
        }
        if is_offered || self.tending()?.has_asked(request, now.0) {
            return Ok(Next::Waits);
        }
        if now.0 < turn_at {
            return Ok(Next::At(turn_at));
        }
        self.say(now, request, channel, CaseEvent::OfferOnce { request, ttl: TTL })?;
        Ok(Next::Waits)
    }

    /// Shows what is offered to the user, and to supervisors what nobody took.
    pub(crate) fn show_offers(&mut self) -> Result<(), ClientError> {
        let me = self.me()?;
        self.read_facts()?;
        let desk = self.desk()?;
        let is_supervisor = desk.team.role(me) >= Some(Role::Supervisor);
        let mut open = Vec::new();
        for (channel, case) in desk.cases.iter() {
            for (request, offer) in case.offers.iter().filter(|(_, offer)| offer.taken_by.is_none()) {
                let is_for_me = offer.is_for(&desk.team, me) && !offer.declined.contains(&me);
                if is_for_me || (is_supervisor && offer.escalated_at.is_some()) {
                    open.push((channel, *request, offer.clone(), is_for_me));
                }
            }
        }
        open.sort_by_key(|(_, _, offer, _)| offer.at);
        let mut offers = Vec::new();
        for (channel, request, offer, is_for_me) in open.into_iter().take(MAX_SHOWN) {
            let Some(row) = self.row_of(channel, request)? else { continue };
            // What is settled otherwise needs nobody.
            let Ok((standing, form)) = self.request_of(&row) else { continue };
            let state = standing.status.as_ref().and_then(|status| form.statuses.state(status.state));
            if state.is_some_and(|state| state.is_final) {
                continue;
            }
            let summary = self.client.conversation(row.conversation)?;
            let name = summary.map(|summary| views::conversation(&summary, self.now).title);
            offers.push(OfferView {
                message: views::message_id(row.id),
                conversation: views::conversation_id(row.conversation),
                name: name.unwrap_or_default(),
                text: row.text,
                at: offer.at,
                until: offer.until,
                is_escalated: offer.escalated_at.is_some(),
                is_for_me,
            });
        }
        self.desk_update(DeskUpdate::Offers(offers));
        Ok(())
    }
}

/// Where a request goes that somebody took: the first way out of its first state that does not end it.
fn taken_state(flow: &StatusFlow) -> Option<u8> {
    flow.next(0).find(|state| flow.state(*state).is_some_and(|state| !state.is_final))
}

#[cfg(test)]
mod tests {
    use kuvert_desk::line::LineKind;
    use kuvert_desk::templates;

    use super::*;

    #[test]
    fn who_takes_a_ride_moves_it_to_where_a_car_comes() {
        let ride = templates::forms(LineKind::Taxi).swap_remove(0);
        let state = taken_state(&ride.statuses).and_then(|state| ride.statuses.state(state));
        assert_eq!(state.map(|state| state.id.as_str()), Some("accepted"));
        let mut ends = ride.statuses;
        ends.ways.retain(|(from, to)| *from == 0 && *to > 3);
        assert_eq!(taken_state(&ends), None);
    }
}
