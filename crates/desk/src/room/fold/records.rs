//! What has to be proven or forgotten: satisfaction, erasure, business records, consents.

use kuvert_content::MessageId;
use kuvert_wire::ChannelId;

use super::{Actor, Reason, is_time, push_within, valid};
use crate::limits::{
    MAX_CONSENTS, MAX_PURPOSE, MAX_REASON, MAX_SCORE_DAYS, MAX_SCORED, MAX_TAGS, MAX_TOMBSTONES,
};
use crate::room::case::{Case, Cases, Consent, Tag, conversation_hash};
use crate::room::event::Role;
use crate::room::ids::Hash;
use crate::room::parts::Part;
use crate::room::team::{DAY, Team};
use crate::room::text::is_line;

/// Years for which business records are kept (§ 147 AO, § 257 HGB).
const YEARS: [u8; 3] = [6, 8, 10];

impl Team {
    pub(super) fn score(
        &mut self,
        case: &mut Case,
        actor: &Actor,
        message: MessageId,
        score: u8,
    ) -> Result<Part, Reason> {
        valid((1..=5).contains(&score))?;
        if case.scored.contains(&message) {
            return Err(Reason::Nothing);
        }
        push_within(&mut case.scored, message, MAX_SCORED);
        let days = &mut self.scores.days;
        let counts = days.entry(actor.at.div_euclid(DAY)).or_default();
        if let Some(count) = counts.get_mut(usize::from(score - 1)) {
            *count = count.saturating_add(1);
        }
        if days.len() > MAX_SCORE_DAYS {
            days.pop_first();
        }
        Ok(Part::Scores)
    }

    /// Erases a customer. A hash of the conversation stays, so that what was under way when it happened brings nothing back.
    pub(super) fn erase(
        &mut self,
        cases: &mut Cases,
        actor: &Actor,
        conversation: ChannelId,
    ) -> Result<(), Reason> {
        actor.must_be(Role::Supervisor)?;
        let hash = conversation_hash(conversation);
        let known = cases.cases.get(&conversation);
        let is_over = known.is_none_or(Case::is_archived);
        // What was kept for its tags alone goes with the last of them.
        let is_kept = known.is_none_or(|case| !case.tags.is_empty());
        if is_over && is_kept && cases.tombstones.contains_key(&hash) {
            return Err(Reason::Nothing);
        }
        if let Some(case) = cases.cases.remove(&conversation).filter(|case| !case.tags.is_empty()) {
            // What the law wants kept is still known to be that, or it would go with the next conversation.
            cases.cases.insert(conversation, if is_over { case } else { case.archived(actor.at) });
        }
        self.forget_seats(&mut cases.touched, conversation);
        cases.touched.extend([Part::Case(conversation), Part::Tombstone(hash)]);
        cases.tombstones.insert(hash, actor.at);
        if cases.tombstones.len() > MAX_TOMBSTONES {
            let oldest =
                cases.tombstones.iter().min_by_key(|(hash, at)| (**at, **hash)).map(|(hash, _)| *hash);
            if let Some(oldest) = oldest {
                cases.tombstones.remove(&oldest);
                cases.touch(Part::Tombstone(oldest));
            }
        }
        Ok(())
    }
}

impl Case {
    pub(super) fn tag(
        &mut self,
        actor: &Actor,
        message: MessageId,
        years: u8,
        reason: &str,
    ) -> Result<(), Reason> {
        valid(YEARS.contains(&years) && is_line(reason, MAX_REASON))?;
        match self.tags.get(&message) {
            Some(known) if known.years == years && known.reason == reason => return Err(Reason::Nothing),
            // Who makes it shorter takes something away.
            Some(known) if years < known.years => actor.must_be(Role::Supervisor)?,
            Some(_) => {}
            None if self.tags.len() >= MAX_TAGS => return Err(Reason::Full),
            None => {}
        }
        let tag = Tag { years, reason: reason.to_owned(), by: actor.device, at: actor.at };
        self.tags.insert(message, tag);
        Ok(())
    }

    pub(super) fn untag(&mut self, actor: &Actor, message: MessageId) -> Result<(), Reason> {
        actor.must_be(Role::Supervisor)?;
        self.tags.remove(&message).map(|_| ()).ok_or(Reason::Missing)
    }

    pub(super) fn consent(
        &mut self,
        message: MessageId,
        purpose: &str,
        text: Hash,
        version: u32,
        at: i64,
    ) -> Result<(), Reason> {
        valid(is_line(purpose, MAX_PURPOSE) && is_time(at))?;
        let of_purpose = || self.consents.iter().filter(|known| known.purpose == purpose);
        if of_purpose().any(|known| known.message == message) {
            return Err(Reason::Nothing);
        }
        // One that was recorded late does not hold if the customer took consent back since.
        let later = of_purpose().filter(|known| known.withdrawn_at.is_some_and(|withdrawn| withdrawn >= at));
        let withdrawn = later
            .max_by_key(|known| known.withdrawn_at)
            .map(|known| (known.withdrawn_at, known.withdrawn_by));
        let (withdrawn_at, withdrawn_by) = withdrawn.unwrap_or_default();
        if self.consents.len() >= MAX_CONSENTS {
            let taken_back = self.consents.iter().position(|known| known.withdrawn_at.is_some());
            self.consents.remove(taken_back.ok_or(Reason::Full)?);
        }
        let purpose = purpose.to_owned();
        self.consents.push(Consent { purpose, text, version, at, message, withdrawn_at, withdrawn_by });
        Ok(())
    }

    pub(super) fn ask_erasure(&mut self, at: i64) -> Result<(), Reason> {
        valid(is_time(at))?;
        if self.asked_erasure.is_some() {
            return Err(Reason::Nothing);
        }
        self.asked_erasure = Some(at);
        Ok(())
    }

    pub(super) fn withdraw_consent(
        &mut self,
        message: MessageId,
        purpose: &str,
        at: i64,
    ) -> Result<(), Reason> {
        valid(is_line(purpose, MAX_PURPOSE) && is_time(at))?;
        let mut holding = false;
        for known in &mut self.consents {
            if known.purpose == purpose && known.withdrawn_at.is_none() {
                known.withdrawn_at = Some(at);
                known.withdrawn_by = Some(message);
                holding = true;
            }
        }
        if holding { Ok(()) } else { Err(Reason::Missing) }
    }
}
