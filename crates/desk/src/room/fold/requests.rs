//! Where customers' requests stand, and who takes one.

use std::collections::BTreeSet;

use kuvert_content::MessageId;

use super::{Actor, Reason, make_room, valid};
use crate::limits::{MAX_OFFERED, MAX_OFFERS, MAX_REQUESTS, MAX_TTL, MIN_TTL};
use crate::room::case::{Case, Offer, Request};
use crate::room::event::Role;
use crate::room::ids::DeviceKey;
use crate::room::team::Team;

impl Case {
    pub(super) fn set_request(&mut self, actor: &Actor, request: MessageId, state: u8) -> Result<(), Reason> {
        if self.claimed_by() != Some(actor.device) {
            actor.must_be(Role::Supervisor)?;
        }
        let known = self.requests.get(&request);
        if known.is_some_and(|known| known.state == state) {
            return Err(Reason::Nothing);
        }
        if known.is_none() {
            make_room(&mut self.requests, MAX_REQUESTS, |request| request.at);
        }
        self.requests.insert(request, Request { state, at: actor.at, by: actor.device });
        Ok(())
    }

    pub(super) fn offer(
        &mut self,
        team: &Team,
        actor: &Actor,
        request: MessageId,
        to: &[DeviceKey],
        ttl: u32,
    ) -> Result<(), Reason> {
        valid(to.len() <= MAX_OFFERED && (MIN_TTL..=MAX_TTL).contains(&ttl))?;
        actor.may_act_on(self)?;
        let known = self.offers.get(&request);
        if let Some(known) = known {
            known.may_be_made_anew_by(actor)?;
        }
        let named: BTreeSet<DeviceKey> = to.iter().copied().filter(|device| team.answers(*device)).collect();
        // An offer to nobody is one to all, which this one was not.
        if named.is_empty() && !to.is_empty() {
            return Err(Reason::Missing);
        }
        if known.is_none() {
            make_room(&mut self.offers, MAX_OFFERS, |offer| offer.at);
        }
        let offer = Offer {
            by: actor.device,
            at: actor.at,
            until: actor.at.saturating_add(i64::from(ttl)),
            to: named,
            declined: BTreeSet::new(),
            escalated_at: None,
            taken_by: None,
            taken_at: None,
        };
        self.offers.insert(request, offer);
        Ok(())
    }

    /// Offers a request to everybody on duty if nobody did. Whoever looks after the conversation does not matter: it changes nothing
    /// for them, and the customer waits.
    pub(super) fn offer_once(
        &mut self,
        team: &Team,
        actor: &Actor,
        request: MessageId,
        ttl: u32,
    ) -> Result<(), Reason> {
        if self.offers.contains_key(&request) {
            return Err(Reason::Taken);
        }
        self.offer(team, &Actor { role: Role::Supervisor, ..*actor }, request, &[], ttl)
    }

    /// Of several who take a request, the first one in the order of events has it.
    pub(super) fn take(&mut self, team: &Team, actor: &Actor, request: MessageId) -> Result<(), Reason> {
        let offer = self.offers.get_mut(&request).ok_or(Reason::Missing)?;
        match offer.taken_by {
            Some(by) if by == actor.device => return Err(Reason::Nothing),
            Some(_) => return Err(Reason::Taken),
            None if !offer.is_for(team, actor.device) => return Err(Reason::NotAllowed),
            None => {}
        }
        offer.taken_by = Some(actor.device);
        offer.taken_at = Some(actor.at);
        offer.declined.remove(&actor.device);
        if self.claimed_by() != Some(actor.device) {
            self.give(actor, actor.device, "");
        }
        Ok(())
    }

    /// Does not take a request. Who took it gives it back: every agent may take it then.
    pub(super) fn decline(&mut self, team: &Team, actor: &Actor, request: MessageId) -> Result<(), Reason> {
        let offer = self.offers.get_mut(&request).ok_or(Reason::Missing)?;
        match offer.taken_by {
            Some(by) if by == actor.device => {
                offer.taken_by = None;
                offer.taken_at = None;
                offer.escalated_at = Some(actor.at);
                offer.declined.insert(actor.device);
                if self.claimed_by() == Some(actor.device) {
                    self.end_claim(actor.at);
                }
                Ok(())
            }
            Some(_) => Err(Reason::Taken),
            None if !offer.is_for(team, actor.device) => Err(Reason::NotAllowed),
            None if offer.declined.insert(actor.device) => Ok(()),
            None => Err(Reason::Nothing),
        }
    }

    pub(super) fn escalate(&mut self, actor: &Actor, request: MessageId) -> Result<(), Reason> {
        let offer = self.offers.get_mut(&request).ok_or(Reason::Missing)?;
        if offer.taken_by.is_some() {
            return Err(Reason::Taken);
        }
        if offer.escalated_at.is_some() {
            return Err(Reason::Nothing);
        }
        if !offer.is_due(actor.at) {
            return Err(Reason::OutOfTime);
        }
        offer.escalated_at = Some(actor.at);
        Ok(())
    }
}

impl Offer {
    /// Whether a member may take it.
    pub fn is_for(&self, team: &Team, device: DeviceKey) -> bool {
        let is_asked = match (self.escalated_at.is_some(), self.to.is_empty()) {
            (true, _) => true,
            (false, true) => team.is_on_duty(device),
            (false, false) => self.to.contains(&device),
        };
        is_asked && team.answers(device)
    }

    /// Whether it has to be escalated: its time is over, or everybody whom it named declined.
    pub fn is_due(&self, now: i64) -> bool {
        let is_declined = !self.to.is_empty() && self.to.is_subset(&self.declined);
        self.is_open() && (now >= self.until || is_declined)
    }

    /// Whether it waits for somebody, and was not escalated.
    pub const fn is_open(&self) -> bool {
        self.taken_by.is_none() && self.escalated_at.is_none()
    }

    fn may_be_made_anew_by(&self, actor: &Actor) -> Result<(), Reason> {
        let is_theirs = match self.taken_by {
            Some(by) => by == actor.device,
            None => self.by == actor.device || self.escalated_at.is_some(),
        };
        if is_theirs || actor.role >= Role::Supervisor { Ok(()) } else { Err(Reason::Taken) }
    }
}
