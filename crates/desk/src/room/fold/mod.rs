//! How events become state: the same events in the same order make the same state on every device.
//!
//! **An event changes everything that it means to, or nothing.** Each function here looks first, and changes only what it knows to be
//! allowed; `Err` leaves the state as it was. Nothing but the state, the event and its [`Meta`] decides.

mod claims;
mod members;
mod notes;
mod records;
mod requests;
mod seats;
mod shared;

use std::collections::BTreeSet;

use kuvert_content::MessageId;
use kuvert_wire::ChannelId;

use super::case::{Case, Cases, conversation_hash};
use super::case_event::CaseEvent;
use super::event::{Event, Meta, Role, Status};
use super::ids::{DeviceKey, EventId};
use super::parts::Part;
use super::team::Team;
use crate::limits::{MAX_CASES, MAX_TIME};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It changed the state.
    Applied,
    /// It is for [`super::Presence`], and changed nothing here.
    Transient,
    /// It changed nothing.
    Ignored(Reason),
}

/// Why an event changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The desk has no owner yet.
    NotFounded,
    /// The desk has an owner.
    AlreadyFounded,
    /// The sender is no member.
    Stranger,
    /// The sender may not do that.
    NotAllowed,
    /// A later version says this. The state is not that of devices which have it, from here on.
    Unknown,
    /// It makes no sense in any state: a text too long, a number out of range.
    Invalid,
    /// What it is about is not there.
    Missing,
    /// Everything is so already.
    Nothing,
    /// Somebody else was first.
    Taken,
    /// There are as many as there can be.
    Full,
    /// It came too late, or in one case too early: what it is about is over, or is not yet.
    OutOfTime,
    /// The sender did not know the settings that it replaces.
    Stale,
    /// The customer was erased.
    Erased,
    /// The last owner stays.
    LastOwner,
}

/// Who wants something, and when.
struct Actor {
    id: EventId,
    device: DeviceKey,
    role: Role,
    at: i64,
}

impl Actor {
    fn must_be(&self, role: Role) -> Result<(), Reason> {
        if self.role >= role { Ok(()) } else { Err(Reason::NotAllowed) }
    }

    /// Whether they may decide for a case: whoever claimed it, supervisors, and everybody while nobody did.
    fn may_act_on(&self, case: &Case) -> Result<(), Reason> {
        let is_allowed =
            self.role >= Role::Supervisor || case.claimed_by().is_none_or(|by| by == self.device);
        if is_allowed { Ok(()) } else { Err(Reason::NotAllowed) }
    }
}

fn valid(is_valid: bool) -> Result<(), Reason> {
    if is_valid { Ok(()) } else { Err(Reason::Invalid) }
}

fn is_time(at: i64) -> bool {
    (0..=MAX_TIME).contains(&at)
}

impl Team {
    /// Folds the next event. Whoever hands in all events of a desk room once, in their order, has the state that everybody has.
    ///
    /// The event's time counts, but never one before that of the event that changed something last. A device whose clock is ahead
    /// takes the line's time with it: who sends should look at the clock first.
    pub fn apply(&mut self, cases: &mut Cases, meta: Meta, event: &Event) -> Outcome {
        match self.fold(cases, meta, event) {
            Ok(None) => Outcome::Transient,
            Ok(Some(at)) => {
                self.clock.last = at;
                cases.touch(Part::Clock);
                if !event.is_done_by_somebody() {
                    return Outcome::Applied;
                }
                let conversation = event.conversation().map(conversation_hash);
                let (number, gone) = self.audit.append(event.kind(), meta.by, at, conversation);
                cases.touched.extend([Some(number), gone].into_iter().flatten().map(Part::Audit));
                Outcome::Applied
            }
            Err(reason) => Outcome::Ignored(reason),
        }
    }

    /// The time at which the event happened; `None` if it is not for the state.
    fn fold(&mut self, cases: &mut Cases, meta: Meta, event: &Event) -> Result<Option<i64>, Reason> {
        let at = meta.at.clamp(self.clock.last.min(MAX_TIME), MAX_TIME);
        if let Event::Founded { name } = event {
            self.found(&mut cases.touched, meta.by, name, at)?;
            return Ok(Some(at));
        }
        if self.roster.members.is_empty() {
            return Err(Reason::NotFounded);
        }
        let role = self.role(meta.by).ok_or(Reason::Stranger)?;
        let actor = Actor { id: meta.id, device: meta.by, role, at };
        match event {
            Event::Unknown => return Err(Reason::Unknown),
            Event::Present | Event::Answering { .. } => return Ok(None),
            Event::Dismiss { device } => self.dismiss(cases, &actor, *device)?,
            Event::Case { conversation, event } => self.fold_case(cases, &actor, *conversation, event)?,
            _ => self.fold_shared(&mut cases.touched, &actor, event)?,
        }
        Ok(Some(at))
    }

    fn fold_shared(
        &mut self,
        touched: &mut BTreeSet<Part>,
        actor: &Actor,
        event: &Event,
    ) -> Result<(), Reason> {
        let part = match event {
            Event::Join { device, name, role } => self.join(actor, *device, name, *role)?,
            Event::Rename { device, name } => self.rename(actor, *device, name)?,
            Event::SetRole { device, role } => self.set_role(actor, *device, *role)?,
            Event::Duty { device, on } => self.set_duty(actor, *device, *on)?,
            Event::SetReach { reach } => self.set_reach(actor, reach)?,
            Event::SetSettings { version, bytes } => self.set_settings(actor, *version, bytes)?,
            Event::SetLabel { label, name, colour } => self.set_label(actor, *label, name, *colour)?,
            Event::DropLabel { label } => self.drop_label(actor, *label)?,
            Event::SetCanned { id, canned } => self.set_canned(actor, *id, canned)?,
            Event::DropCanned { id } => self.drop_canned(actor, *id)?,
            Event::DropCapacity { id } => self.drop_capacity(actor, *id)?,
            Event::SetCapacities { capacities } => return self.set_capacities(touched, actor, capacities),
            Event::Unknown
            | Event::Founded { .. }
            | Event::Dismiss { .. }
            | Event::Case { .. }
            | Event::Present
            | Event::Answering { .. } => return Err(Reason::Unknown),
        };
        touched.insert(part);
        Ok(())
    }

    fn fold_case(
        &mut self,
        cases: &mut Cases,
        actor: &Actor,
        conversation: ChannelId,
        event: &CaseEvent,
    ) -> Result<(), Reason> {
        actor.must_be(Role::Agent)?;
        if matches!(event, CaseEvent::Erase) {
            return self.erase(cases, actor, conversation);
        }
        if let Some(case) = cases.cases.get_mut(&conversation) {
            let is_allowed =
                matches!(event, CaseEvent::SetStatus { status: Status::Open } | CaseEvent::Untag { .. });
            if case.is_archived() && !is_allowed {
                return Err(Reason::Erased);
            }
            self.change(case, &mut cases.touched, actor, conversation, event)?;
        } else {
            let begins_anew = matches!(event, CaseEvent::SetStatus { status: Status::Open });
            if cases.erased_at(conversation).is_some() && !begins_anew {
                return Err(Reason::Erased);
            }
            let room = cases.room()?;
            let mut case = Case::new(actor.at);
            self.change(&mut case, &mut cases.touched, actor, conversation, event)?;
            if let Some(gone) = room {
                cases.cases.remove(&gone);
                cases.touch(Part::Case(gone));
            }
            cases.cases.insert(conversation, case);
        }
        cases.touch(Part::Case(conversation));
        Ok(())
    }

    fn change(
        &mut self,
        case: &mut Case,
        touched: &mut BTreeSet<Part>,
        actor: &Actor,
        conversation: ChannelId,
        event: &CaseEvent,
    ) -> Result<(), Reason> {
        match event {
            CaseEvent::Claim => case.take_claim(actor),
            CaseEvent::Release => case.release(actor),
            CaseEvent::HandOver { to, note } => case.hand_over(self, actor, *to, note),
            CaseEvent::TakeOver => case.take_over(actor),
            CaseEvent::SetStatus { status } => case.set_status(actor, *status),
            CaseEvent::AddNote { text, mentions } => case.add_note(self, actor, text, mentions),
            CaseEvent::EditNote { note, text, mentions } => {
                case.edit_note(self, actor, *note, text, mentions)
            }
            CaseEvent::DeleteNote { note } => case.delete_note(actor, *note),
            CaseEvent::AddLabel { label } => case.add_label(self, *label),
            CaseEvent::RemoveLabel { label } => case.remove_label(*label),
            CaseEvent::SetReminder { at, member, text } => case.set_reminder(self, actor, *at, *member, text),
            CaseEvent::ClearReminder { reminder } => case.clear_reminder(*reminder),
            CaseEvent::SetRequest { request, state } => case.set_request(actor, *request, *state),
            CaseEvent::Offer { request, to, ttl } => case.offer(self, actor, *request, to, *ttl),
            CaseEvent::OfferOnce { request, ttl } => case.offer_once(self, actor, *request, *ttl),
            CaseEvent::Take { request } => case.take(self, actor, *request),
            CaseEvent::Decline { request } => case.decline(self, actor, *request),
            CaseEvent::Escalated { request } => case.escalate(actor, *request),
            CaseEvent::Reserve { capacity, lot, quantity, request, hold_until } => {
                let wish =
                    seats::Wish { request: *request, lot, quantity: *quantity, hold_until: *hold_until };
                touched.insert(self.reserve(actor, *capacity, conversation, &wish)?);
                Ok(())
            }
            CaseEvent::Confirm { capacity, request } => {
                touched.insert(self.confirm(actor, *capacity, conversation, *request)?);
                Ok(())
            }
            CaseEvent::Cancel { capacity, request } => {
                touched.insert(self.cancel(*capacity, conversation, *request)?);
                Ok(())
            }
            CaseEvent::Score { message, score } => {
                touched.insert(self.score(case, actor, *message, *score)?);
                Ok(())
            }
            CaseEvent::Tag { message, years, reason } => case.tag(actor, *message, *years, reason),
            CaseEvent::Untag { message } => case.untag(actor, *message),
            CaseEvent::Consent { message, purpose, text, version, at } => {
                case.consent(*message, purpose, *text, *version, *at)
            }
            CaseEvent::WithdrawConsent { message, purpose, at } => {
                case.withdraw_consent(*message, purpose, *at)
            }
            CaseEvent::AskErasure { message: _, at } => case.ask_erasure(*at),
            CaseEvent::Waits { since } => case.set_waits(actor, *since),
            CaseEvent::Erase => Err(Reason::Invalid),
        }
    }
}

impl Cases {
    /// Which conversation makes room for another, if that is needed: the one that is done for longest, and of which nothing has to
    /// be kept.
    fn room(&self) -> Result<Option<ChannelId>, Reason> {
        if self.cases.len() < MAX_CASES {
            return Ok(None);
        }
        let over = self.cases.iter().filter(|(_, case)| {
            case.status == Status::Done
                && case.tags.is_empty()
                && case.consents.is_empty()
                && case.reminders.is_empty()
        });
        over.min_by_key(|(id, case)| (case.since, **id)).map(|(id, _)| Some(*id)).ok_or(Reason::Full)
    }
}

/// Puts something behind the others, and forgets the first one if they are too many.
fn push_within<T>(list: &mut Vec<T>, one: T, most: usize) {
    if list.len() >= most {
        list.drain(..=list.len() - most);
    }
    list.push(one);
}

/// Makes room for one more in a map by forgetting what is oldest.
fn make_room<T>(map: &mut std::collections::BTreeMap<MessageId, T>, most: usize, at: impl Fn(&T) -> i64) {
    while map.len() >= most {
        let Some(oldest) = map.iter().min_by_key(|(id, one)| (at(one), **id)).map(|(id, _)| *id) else {
            return;
        };
        map.remove(&oldest);
    }
}
