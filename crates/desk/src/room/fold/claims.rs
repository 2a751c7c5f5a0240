//! Who looks after a conversation, and where it stands.

use super::{Actor, Reason, is_time, push_within, valid};
use crate::limits::{MAX_NOTE, MAX_PAST_CLAIMS, MAX_TURNS};
use crate::room::case::{Case, Claim, PastClaim, Turn};
use crate::room::event::{Role, Status};
use crate::room::ids::DeviceKey;
use crate::room::team::Team;

impl Case {
    pub(super) fn take_claim(&mut self, actor: &Actor) -> Result<(), Reason> {
        match self.claimed_by() {
            None => {
                self.give(actor, actor.device, "");
                Ok(())
            }
            Some(by) if by == actor.device => Err(Reason::Nothing),
            Some(_) => Err(Reason::Taken),
        }
    }

    pub(super) fn release(&mut self, actor: &Actor) -> Result<(), Reason> {
        if self.claim.is_none() {
            return Err(Reason::Nothing);
        }
        actor.may_act_on(self)?;
        self.end_claim(actor.at);
        Ok(())
    }

    pub(super) fn hand_over(
        &mut self,
        team: &Team,
        actor: &Actor,
        to: DeviceKey,
        note: &str,
    ) -> Result<(), Reason> {
        actor.may_act_on(self)?;
        valid(note.len() <= MAX_NOTE)?;
        if !team.answers(to) {
            return Err(Reason::Missing);
        }
        if self.claimed_by() == Some(to) {
            return Err(Reason::Nothing);
        }
        self.give(actor, to, note);
        Ok(())
    }

    pub(super) fn take_over(&mut self, actor: &Actor) -> Result<(), Reason> {
        actor.must_be(Role::Supervisor)?;
        match self.claimed_by() {
            None => Err(Reason::Missing),
            Some(by) if by == actor.device => Err(Reason::Nothing),
            Some(_) => {
                self.give(actor, actor.device, "");
                Ok(())
            }
        }
    }

    pub(super) fn set_status(&mut self, actor: &Actor, status: Status) -> Result<(), Reason> {
        actor.may_act_on(self)?;
        match status {
            Status::New => return Err(Reason::Invalid),
            Status::Waiting { until: Some(until) } => valid(is_time(until))?,
            Status::Waiting { until: None } | Status::Open | Status::Done => {}
        }
        if self.status == status {
            return Err(Reason::Nothing);
        }
        self.turn(actor, status);
        if status == Status::Done {
            self.end_claim(actor.at);
        }
        Ok(())
    }

    /// A member looks after it from now on. What was new or done is open then.
    pub(super) fn give(&mut self, actor: &Actor, to: DeviceKey, note: &str) {
        self.end_claim(actor.at);
        self.waits = None;
        self.claim = Some(Claim { member: to, since: actor.at, note: note.to_owned() });
        if matches!(self.status, Status::New | Status::Done) {
            self.turn(actor, Status::Open);
        }
    }

    pub(super) fn set_waits(&mut self, actor: &Actor, since: Option<i64>) -> Result<(), Reason> {
        actor.must_be(Role::Supervisor)?;
        valid(since.is_none_or(is_time))?;
        if self.waits == since {
            return Err(Reason::Nothing);
        }
        self.waits = since;
        Ok(())
    }

    /// Nobody looks after it any more.
    pub(super) fn end_claim(&mut self, at: i64) {
        if let Some(Claim { member, since, .. }) = self.claim.take() {
            push_within(&mut self.past_claims, PastClaim { member, from: since, until: at }, MAX_PAST_CLAIMS);
        }
    }

    fn turn(&mut self, actor: &Actor, status: Status) {
        self.status = status;
        self.since = actor.at;
        push_within(&mut self.turns, Turn { status, at: actor.at, by: actor.device }, MAX_TURNS);
    }
}
