//! Seats and appointments: of two customers who want the last one, the first in the order of events has it.
//!
//! Holds end by the time of events alone, which never goes back: a seat that was free once is free on every device, and what is
//! taken then is taken for good.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_content::MessageId;
use kuvert_wire::ChannelId;

use super::{Actor, Reason, is_time, valid};
use crate::limits::{
    KEEP_CLOSED, MAX_CAPACITIES, MAX_CAPACITIES_AT_ONCE, MAX_HOLD, MAX_LOT_NAME, MAX_LOTS, MAX_RESERVATIONS,
    MAX_SEATS, MAX_TITLE,
};
use crate::room::capacity::{Capacity, Lot, Reservation};
use crate::room::event::{NewCapacity, Role};
use crate::room::ids::CapacityId;
use crate::room::parts::Part;
use crate::room::team::Team;
use crate::room::text::is_line;

/// What a customer wants to have held.
pub(super) struct Wish<'a> {
    pub(super) request: MessageId,
    pub(super) lot: &'a str,
    pub(super) quantity: u32,
    pub(super) hold_until: i64,
}

impl Team {
    pub(super) fn set_capacities(
        &mut self,
        touched: &mut BTreeSet<Part>,
        actor: &Actor,
        capacities: &[NewCapacity],
    ) -> Result<(), Reason> {
        actor.must_be(Role::Supervisor)?;
        valid((1..=MAX_CAPACITIES_AT_ONCE).contains(&capacities.len()))?;
        let ids: BTreeSet<CapacityId> = capacities.iter().map(|new| new.id).collect();
        valid(ids.len() == capacities.len())?;
        for new in capacities {
            valid(new.is_valid())?;
            let is_too_few = |known: &Capacity| {
                known
                    .lots
                    .keys()
                    .any(|lot| known.used(lot, actor.at) > new.lots.get(lot).copied().unwrap_or(0))
            };
            if self.capacities.get(&new.id).is_some_and(is_too_few) {
                return Err(Reason::Taken);
            }
        }
        let over = self.room_for_capacities(&ids, actor.at)?;
        touched.extend(over.iter().chain(&ids).copied().map(Part::Capacity));
        self.capacities.retain(|id, _| !over.contains(id));
        for new in capacities {
            let known = self.capacities.remove(&new.id);
            self.capacities.insert(new.id, Capacity::made(new, known));
        }
        Ok(())
    }

    /// What makes room for these: nothing if there is room, otherwise all that is long over.
    fn room_for_capacities(
        &self,
        new: &BTreeSet<CapacityId>,
        now: i64,
    ) -> Result<BTreeSet<CapacityId>, Reason> {
        let added = new.iter().filter(|id| !self.capacities.contains_key(id)).count();
        if self.capacities.len() + added <= MAX_CAPACITIES {
            return Ok(BTreeSet::new());
        }
        let is_over =
            |capacity: &Capacity| now.saturating_sub(KEEP_CLOSED) >= capacity.until.max(capacity.closes_at);
        let over: BTreeSet<CapacityId> = self
            .capacities
            .iter()
            .filter(|(id, capacity)| is_over(capacity) && !new.contains(id))
            .map(|(id, _)| *id)
            .collect();
        let left = self.capacities.len() - over.len() + added;
        if left <= MAX_CAPACITIES { Ok(over) } else { Err(Reason::Full) }
    }

    pub(super) fn drop_capacity(&mut self, actor: &Actor, id: CapacityId) -> Result<Part, Reason> {
        actor.must_be(Role::Supervisor)?;
        self.capacities.remove(&id).map(|_| Part::Capacity(id)).ok_or(Reason::Missing)
    }

    pub(super) fn reserve(
        &mut self,
        actor: &Actor,
        id: CapacityId,
        conversation: ChannelId,
        wish: &Wish<'_>,
    ) -> Result<Part, Reason> {
        let capacity = self.capacities.get_mut(&id).ok_or(Reason::Missing)?;
        valid(wish.quantity > 0 && is_time(wish.hold_until))?;
        valid(wish.hold_until <= actor.at.saturating_add(MAX_HOLD))?;
        if actor.at >= capacity.closes_at || wish.hold_until <= actor.at {
            return Err(Reason::OutOfTime);
        }
        if !capacity.lots.contains_key(wish.lot) {
            return Err(Reason::Missing);
        }
        let mut standing = 0;
        for one in capacity.reservations.iter().filter(|one| one.stands(actor.at)) {
            if one.request == wish.request && one.lot == wish.lot {
                return Err(Reason::Nothing);
            }
            standing += 1;
        }
        if standing >= MAX_RESERVATIONS {
            return Err(Reason::Full);
        }
        if capacity.free(wish.lot, actor.at) < wish.quantity {
            return Err(Reason::Taken);
        }
        capacity.reservations.retain(|one| one.stands(actor.at));
        capacity.reservations.push(Reservation {
            request: wish.request,
            conversation,
            lot: wish.lot.to_owned(),
            quantity: wish.quantity,
            hold_until: Some(wish.hold_until),
        });
        Ok(Part::Capacity(id))
    }

    pub(super) fn confirm(
        &mut self,
        actor: &Actor,
        id: CapacityId,
        conversation: ChannelId,
        request: MessageId,
    ) -> Result<Part, Reason> {
        let capacity = self.capacities.get_mut(&id).ok_or(Reason::Missing)?;
        let of_request = |one: &Reservation| one.request == request && one.conversation == conversation;
        let mut found = capacity.reservations.iter().filter(|one| of_request(one)).peekable();
        if found.peek().is_none() {
            return Err(Reason::Missing);
        }
        // Seats of another kind that were held for the same request, and are free again, take these with them.
        let (mut is_over, mut is_held) = (false, false);
        for one in found {
            is_over |= !one.stands(actor.at);
            is_held |= one.hold_until.is_some();
        }
        if is_over {
            return Err(Reason::OutOfTime);
        }
        if !is_held {
            return Err(Reason::Nothing);
        }
        for one in capacity.reservations.iter_mut().filter(|one| of_request(one)) {
            one.hold_until = None;
        }
        Ok(Part::Capacity(id))
    }

    pub(super) fn cancel(
        &mut self,
        id: CapacityId,
        conversation: ChannelId,
        request: MessageId,
    ) -> Result<Part, Reason> {
        let capacity = self.capacities.get_mut(&id).ok_or(Reason::Missing)?;
        let before = capacity.reservations.len();
        capacity.reservations.retain(|one| one.request != request || one.conversation != conversation);
        if capacity.reservations.len() < before { Ok(Part::Capacity(id)) } else { Err(Reason::Missing) }
    }

    /// A customer's seats stay theirs without a word of whose they are; what is only held is free again.
    pub(super) fn forget_seats(&mut self, touched: &mut BTreeSet<Part>, conversation: ChannelId) {
        for (id, capacity) in &mut self.capacities {
            let Capacity { reservations, lots, .. } = capacity;
            let before = reservations.len();
            for one in reservations.iter().filter(|one| one.conversation == conversation) {
                if let (None, Some(lot)) = (one.hold_until, lots.get_mut(&one.lot)) {
                    lot.given = lot.given.saturating_add(one.quantity);
                }
            }
            reservations.retain(|one| one.conversation != conversation);
            if reservations.len() < before {
                touched.insert(Part::Capacity(*id));
            }
        }
    }
}

impl NewCapacity {
    fn is_valid(&self) -> bool {
        let are_lots = |(name, seats): (&String, &u32)| is_line(name, MAX_LOT_NAME) && *seats <= MAX_SEATS;
        is_line(&self.title, MAX_TITLE)
            && (1..=MAX_LOTS).contains(&self.lots.len())
            && self.lots.iter().all(are_lots)
            && [self.closes_at, self.from, self.until].into_iter().all(is_time)
            && self.from <= self.until
    }
}

impl Capacity {
    /// What was made, with the reservations of what it replaces.
    fn made(new: &NewCapacity, known: Option<Self>) -> Self {
        let (lots, reservations) =
            known.map_or_else(Default::default, |known| (known.lots, known.reservations));
        let given = |name: &str| lots.get(name).map_or(0, |lot: &Lot| lot.given);
        let lots: BTreeMap<String, Lot> = new
            .lots
            .iter()
            .map(|(name, seats)| (name.clone(), Lot { seats: *seats, given: given(name) }))
            .collect();
        Self {
            title: new.title.clone(),
            lots,
            closes_at: new.closes_at,
            from: new.from,
            until: new.until,
            reservations,
        }
    }
}
