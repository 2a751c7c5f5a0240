//! What goes to other relays, and what comes from them.
//!
//! An entry for inboxes elsewhere is queued in the transaction that accepts it, sealed to the relay that it is for: this
//! relay's disk then holds no inbox, token or envelope of elsewhere. Per relay the rows keep their order. Beside each lies
//! a ready-made notice, sealed alike, that takes its place when nobody took it in time: what is sealed cannot be told
//! apart later, to find out what was lost.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use kuvert_wire::{
    Entry, ErrorCode, FanoutTarget, ForeignDeposit, ForeignSealer, ForeignTarget, PlainEntry, PostId,
    RelayAddress, RelayKey, WelcomeDeposit, encode, limits,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Content, Success, Work};
use crate::federation::{Origin, RelayName, Wakes, unwilling};
use crate::seal::random;
use crate::store::{OutboxRow, RelayRow, StoreError, Table, outbox_key};

/// Where the number of rows of [`Table::Relays`] stands.
const COUNT: &[u8] = b"relays";
/// Where the bytes of the rows of [`Table::Outbox`] stand.
const BYTES: &[u8] = b"outbox";

/// Something about other relays.
#[derive(Debug)]
pub(crate) enum OutboxOp {
    /// Changes nothing. Its answer comes when everything asked before is durable.
    Settle,
    /// Forgets the rows before `until`: their relay took them, or never will.
    Delivered { relay: RelayName, until: u64 },
    /// Takes what another relay sent.
    Receive(Vec<ForeignDeposit>),
}

/// How that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OutboxAnswer {
    /// It is done.
    Done,
    /// For each deposit: taken, or why not.
    Received(Vec<Option<ErrorCode>>),
}

/// What the service keeps in memory to send to other relays.
pub(crate) struct Outbox {
    wakes: Arc<Wakes>,
    private_addresses: bool,
    /// By origin and key: a member that names a wrong key for a relay spoils no other's.
    sealers: HashMap<RelayKey, ForeignSealer>,
    since: Instant,
    /// Relays that took something since this one was started.
    answered: HashSet<RelayName>,
}

impl Outbox {
    /// That tells `wakes` for whom something waits.
    pub(crate) fn new(wakes: Arc<Wakes>, private_addresses: bool) -> Self {
        Self {
            wakes,
            private_addresses,
            sealers: HashMap::new(),
            since: Instant::now(),
            answered: HashSet::new(),
        }
    }

    /// Forgets the sealing keys if their time is over.
    pub(super) fn expire(&mut self) {
        if self.since.elapsed() >= limits::SEAL_WINDOW {
            self.sealers.clear();
            self.since = Instant::now();
        }
    }

    fn seal(&mut self, key: &RelayKey, deposit: &ForeignDeposit) -> Vec<u8> {
        if self.sealers.len() >= limits::MAX_FOREIGN_SEALERS && !self.sealers.contains_key(key) {
            self.sealers.clear();
        }
        let sealer = self.sealers.entry(*key).or_insert_with(|| ForeignSealer::new(*random(), key));
        sealer.seal(deposit).bytes
    }

    /// Remembers a relay that took something.
    fn note_answer(&mut self, relay: RelayName) {
        if self.answered.len() as u64 >= limits::MAX_OUTBOX_RELAYS {
            self.answered.clear();
        }
        self.answered.insert(relay);
    }
}

/// What has to be queued for other relays.
#[derive(Default)]
pub(super) struct Parcels<'t> {
    relays: Vec<(&'t RelayAddress, Vec<ForeignTarget>)>,
    /// Welcomes of a commit, each for an inbox there.
    pub(super) welcomes: Vec<(&'t RelayAddress, &'t WelcomeDeposit)>,
    /// Relays whose rows give way.
    evicted: Vec<RelayName>,
}

impl Parcels<'_> {
    /// Bytes that they will have at most, with a body of this length in each.
    fn weight(&self, body: usize) -> u64 {
        let of = |targets: &[ForeignTarget]| body + 2 * (targets.len() * 80 + 512);
        let parts = self.relays.iter().flat_map(|(_, targets)| targets.chunks(limits::MAX_FOREIGN_TARGETS));
        let welcomes = self.welcomes.iter().map(|(_, welcome)| welcome.body.len() + 512);
        parts.map(of).chain(welcomes).map(|size| size as u64).sum()
    }

    fn names(&self) -> HashSet<RelayName> {
        let of_targets = self.relays.iter().map(|(relay, _)| relay);
        let of_welcomes = self.welcomes.iter().map(|(relay, _)| relay);
        of_targets.chain(of_welcomes).map(|relay| RelayName::of(&relay.origin)).collect()
    }
}

/// Rows that a sweep still may look at.
struct Patience(usize);

impl Work<'_, '_> {
    /// Does something about other relays.
    pub(super) fn outbox(&mut self, op: &OutboxOp) -> Result<OutboxAnswer, StoreError> {
        match op {
            OutboxOp::Settle => Ok(OutboxAnswer::Done),
            OutboxOp::Delivered { relay, until } => {
                self.delivered(*relay, *until).map(|()| OutboxAnswer::Done)
            }
            OutboxOp::Receive(deposits) => {
                let results = deposits.iter().map(|deposit| self.receive(deposit));
                Ok(OutboxAnswer::Received(results.collect::<Result<_, _>>()?))
            }
        }
    }

    /// Says what has to be queued for other relays so that an entry reaches those of `targets` that are there. Those whose
    /// relay cannot be one are passed over. Changes nothing.
    pub(super) fn parcels<'t>(&self, targets: &'t [FanoutTarget]) -> Parcels<'t> {
        let mut parcels = Parcels::default();
        let mut places: HashMap<(&str, &RelayKey), usize> = HashMap::new();
        let mut done = HashSet::with_capacity(targets.len());
        for target in targets {
            let Some(relay) = self.elsewhere(target.relay.as_ref()) else { continue };
            let place = match places.get(&(relay.origin.as_str(), &relay.key)) {
                Some(place) => *place,
                None if !self.delivers_to(relay) => continue,
                None => {
                    places.insert((&relay.origin, &relay.key), parcels.relays.len());
                    parcels.relays.push((relay, Vec::new()));
                    parcels.relays.len() - 1
                }
            };
            if done.insert((place, target.inbox)) {
                let target = ForeignTarget { inbox: target.inbox, token: target.token.clone() };
                parcels.relays[place].1.push(target);
            }
        }
        parcels
    }

    /// Whether this relay speaks with others, and this could be one.
    pub(super) fn delivers_to(&self, relay: &RelayAddress) -> bool {
        let Some(outbox) = self.service.outbox.as_ref() else {
            unwilling::keeps_to_itself();
            return false;
        };
        let can_be_one = Origin::parse(&relay.origin, outbox.private_addresses).is_some();
        if !can_be_one && Origin::parse(&relay.origin, true).is_some() {
            unwilling::avoids_private_addresses();
        }
        can_be_one
    }

    /// Finds relays that have to give way, those that never took anything, so that an entry with a body of this length can be
    /// queued. Returns whether there is room then.
    pub(super) fn find_room(&self, parcels: &mut Parcels<'_>, body: usize) -> Result<bool, StoreError> {
        let names = parcels.names();
        if names.is_empty() {
            return Ok(true);
        }
        let mut relays = self.total(COUNT)?;
        for name in &names {
            relays += u64::from(self.tx.get(Table::Relays, name.as_bytes())?.is_none());
        }
        let mut bytes = self.total(BYTES)? + parcels.weight(body);
        let is_room =
            |relays, bytes| relays <= limits::MAX_OUTBOX_RELAYS && bytes <= limits::MAX_OUTBOX_TOTAL;
        if is_room(relays, bytes) {
            return Ok(true);
        }
        // From anywhere on, so that nobody can choose who is looked at first.
        let from: Zeroizing<[u8; 32]> = random();
        let mut keys = self.tx.store().keys(Table::Relays, &from[..16], limits::MAX_SWEEP)?;
        let rest = limits::MAX_SWEEP - keys.len();
        if rest > 0 {
            keys.extend(self.tx.store().keys(Table::Relays, &[], rest)?);
        }
        let mut seen = HashSet::with_capacity(keys.len());
        for key in keys {
            let name = RelayName::from_slice(&key).ok_or(StoreError::Corrupt)?;
            let Some(row) = self.tx.row::<RelayRow>(Table::Relays, &key)? else { continue };
            if row.answered || names.contains(&name) || !seen.insert(name) {
                continue;
            }
            relays -= 1;
            bytes = bytes.saturating_sub(row.held);
            parcels.evicted.push(name);
            if is_room(relays, bytes) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Queues `entry` for other relays.
    pub(super) fn forward(&mut self, parcels: Parcels<'_>, entry: &Entry) -> Result<(), StoreError> {
        for name in parcels.evicted {
            self.evict(name)?;
        }
        for (relay, targets) in parcels.relays {
            for part in targets.chunks(limits::MAX_FOREIGN_TARGETS) {
                self.put_outbox(relay, part, entry)?;
            }
        }
        for (relay, WelcomeDeposit { inbox, token, body, .. }) in parcels.welcomes {
            let target = ForeignTarget { inbox: *inbox, token: token.clone() };
            self.put_outbox(relay, &[target], &Entry::Deposit { body: body.clone() })?;
        }
        Ok(())
    }

    /// Forgets a relay with all that waits for it. Nobody there can be told: what would tell them waits in the same rows.
    /// Its members see by the numbers of later posts that some are missing.
    fn evict(&mut self, name: RelayName) -> Result<(), StoreError> {
        let Some(mut row) = self.tx.row::<RelayRow>(Table::Relays, name.as_bytes())? else { return Ok(()) };
        for place in row.head..row.next {
            self.tx.remove(Table::Outbox, outbox_key(name, place));
        }
        self.lessen(BYTES, row.held)?;
        row.head = row.next;
        if let Some(outbox) = &self.service.outbox {
            outbox.wakes.gone(name);
        }
        self.put_relay(name, &row)
    }

    fn total(&self, key: &[u8]) -> Result<u64, StoreError> {
        Ok(self.tx.row::<u64>(Table::Totals, key)?.unwrap_or(0))
    }

    fn lessen(&mut self, key: &[u8], by: u64) -> Result<(), StoreError> {
        let total = self.total(key)?.saturating_sub(by);
        self.tx.put_row(Table::Totals, key, &total);
        Ok(())
    }

    fn put_outbox(
        &mut self,
        relay: &RelayAddress,
        targets: &[ForeignTarget],
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let Some(outbox) = &mut self.service.outbox else { return Ok(()) };
        let name = RelayName::of(&relay.origin);
        let known = self.tx.row::<RelayRow>(Table::Relays, name.as_bytes())?;
        let is_new = known.is_none();
        let mut row = known.unwrap_or_else(|| RelayRow::new(relay.origin.clone(), somewhere()));
        if is_new {
            row.answered = outbox.answered.contains(&name);
            let count = self.tx.row::<u64>(Table::Totals, COUNT)?.unwrap_or(0);
            self.tx.put_row(Table::Totals, COUNT, &(count + 1));
        }
        let ids: Zeroizing<[u8; 32]> = random();
        let (first, second) = ids.split_at(16);
        let deposit = |id: &[u8], entry: &Entry| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(id);
            ForeignDeposit { id: PostId::new(bytes), targets: targets.to_vec(), entry: entry.clone() }
        };
        let sealed = outbox.seal(&relay.key, &deposit(first, entry));
        let missed = match entry {
            Entry::Post { channel, .. } | Entry::Commit { channel, .. } => {
                let notice = deposit(second, &Entry::Missed { channel: *channel, lost: 1 });
                Some(outbox.seal(&relay.key, &notice).into())
            }
            _ => None,
        };
        outbox.wakes.wake(name);
        let added = OutboxRow { day: self.today, sealed, missed };
        row.bytes += added.sealed.len() as u64;
        row.held += added.size();
        let total = self.total(BYTES)?.saturating_add(added.size());
        self.tx.put_row(Table::Totals, BYTES, &total);
        self.tx.put_row(Table::Outbox, &outbox_key(name, row.next), &added);
        row.next += 1;
        self.counts.outbox += 1;
        self.make_room(name, &mut row)?;
        self.tx.put_row(Table::Relays, name.as_bytes(), &row);
        Ok(())
    }

    /// Replaces the oldest whole rows by notices, and drops the oldest notices, until the bounds hold.
    fn make_room(&mut self, relay: RelayName, row: &mut RelayRow) -> Result<(), StoreError> {
        let is_full = |row: &RelayRow| {
            row.next - row.whole > limits::MAX_OUTBOX_ROWS || row.bytes > limits::MAX_OUTBOX_BYTES
        };
        while is_full(row) && row.whole < row.next {
            self.replace_by_notice(relay, row)?;
        }
        while row.whole - row.head > limits::MAX_OUTBOX_ROWS {
            self.counts.outbox_dropped += 1;
            self.remove_oldest(relay, row)?;
        }
        Ok(())
    }

    fn remove_oldest(&mut self, relay: RelayName, row: &mut RelayRow) -> Result<(), StoreError> {
        self.counts.outbox -= 1;
        let key = outbox_key(relay, row.head);
        let oldest = self.tx.row::<OutboxRow>(Table::Outbox, &key)?.ok_or(StoreError::Corrupt)?;
        if row.head >= row.whole {
            row.bytes = row.bytes.saturating_sub(oldest.sealed.len() as u64);
        }
        row.held = row.held.saturating_sub(oldest.size());
        self.lessen(BYTES, oldest.size())?;
        self.tx.remove(Table::Outbox, key);
        row.head += 1;
        Ok(())
    }

    fn replace_by_notice(&mut self, relay: RelayName, row: &mut RelayRow) -> Result<(), StoreError> {
        let key = outbox_key(relay, row.whole);
        let whole = self.tx.row::<OutboxRow>(Table::Outbox, &key)?.ok_or(StoreError::Corrupt)?;
        row.bytes = row.bytes.saturating_sub(whole.sealed.len() as u64);
        row.held = row.held.saturating_sub(whole.sealed.len() as u64);
        self.lessen(BYTES, whole.sealed.len() as u64)?;
        row.whole += 1;
        self.counts.outbox_replaced += 1;
        let sealed = whole.missed.map(Into::into).unwrap_or_default();
        self.tx.put_row(Table::Outbox, &key, &OutboxRow { day: whole.day, sealed, missed: None });
        Ok(())
    }

    fn delivered(&mut self, relay: RelayName, until: u64) -> Result<(), StoreError> {
        let Some(mut row) = self.tx.row::<RelayRow>(Table::Relays, relay.as_bytes())? else { return Ok(()) };
        if until > row.next {
            // Speaks of rows that are gone; these here came later.
            return Ok(());
        }
        if row.head < until {
            row.answered = true;
            if let Some(outbox) = &mut self.service.outbox {
                outbox.note_answer(relay);
            }
        }
        while row.head < until {
            self.remove_oldest(relay, &mut row)?;
        }
        row.whole = row.whole.max(row.head);
        self.put_relay(relay, &row)
    }

    /// Stores a relay's row; one without anything that waits goes, so that the disk lists no former correspondents.
    fn put_relay(&mut self, relay: RelayName, row: &RelayRow) -> Result<(), StoreError> {
        if row.head < row.next {
            self.tx.put_row(Table::Relays, relay.as_bytes(), row);
        } else {
            self.lessen(COUNT, 1)?;
            self.tx.remove(Table::Relays, relay.as_bytes());
        }
        Ok(())
    }

    /// Replaces what is too old by notices, and removes what is older still. Returns whether there is more to do.
    pub(super) fn sweep_relay(&mut self, key: &[u8]) -> Result<bool, StoreError> {
        let relay = RelayName::from_slice(key).ok_or(StoreError::Corrupt)?;
        let Some(mut row) = self.tx.row::<RelayRow>(Table::Relays, key)? else { return Ok(false) };
        let mut patience = Patience(limits::MAX_SWEEP);
        while self.is_old(relay, row.whole, row.next, limits::OUTBOX_DAYS, &mut patience)? {
            self.replace_by_notice(relay, &mut row)?;
        }
        while self.is_old(relay, row.head, row.whole, limits::OUTBOX_NOTICE_DAYS, &mut patience)? {
            self.counts.outbox_dropped += 1;
            self.remove_oldest(relay, &mut row)?;
        }
        self.put_relay(relay, &row)?;
        Ok(patience.0 == 0)
    }

    fn is_old(
        &self,
        relay: RelayName,
        place: u64,
        until: u64,
        days: u32,
        patience: &mut Patience,
    ) -> Result<bool, StoreError> {
        if place >= until || patience.0 == 0 {
            return Ok(false);
        }
        patience.0 -= 1;
        let row = self.tx.row::<OutboxRow>(Table::Outbox, &outbox_key(relay, place))?;
        Ok(row.ok_or(StoreError::Corrupt)?.day.is_older_than(days, self.today))
    }

    /// Queues what another relay sent for those targets that are here and whose token holds.
    fn receive(&mut self, deposit: &ForeignDeposit) -> Result<Option<ErrorCode>, StoreError> {
        if !deposit.is_within_limits() {
            return Ok(Some(ErrorCode::BadFrame));
        }
        let content = Content::of(&encode(deposit), None);
        let id = remembered_as(deposit.id);
        if let Some(answer) = self.remembered(id, &content)? {
            // Anew: who keeps trying for days must not have it stored again once the first day is forgotten.
            if answer.is_ok() {
                self.remember(id, &content, &Success::Accepted(0));
            }
            return Ok(answer.err().map(|refusal| refusal.code));
        }
        let entry = PlainEntry::of(&deposit.entry);
        let mut refusal = Some(ErrorCode::NoSuchInbox);
        let mut done = HashSet::with_capacity(deposit.targets.len());
        for target in &deposit.targets {
            if done.contains(&target.inbox) {
                continue;
            }
            match self.depositable(target.inbox, &target.token)? {
                Ok(row) => {
                    self.queue(target.inbox, row, &entry)?;
                    done.insert(target.inbox);
                    refusal = None;
                }
                // Who has no right at all learns why; of others' inboxes nobody learns anything.
                Err(code) if done.is_empty() => refusal = Some(code),
                Err(_) => {}
            }
        }
        if refusal.is_none() {
            self.remember(id, &content, &Success::Accepted(0));
        }
        Ok(refusal)
    }
}

/// Where a relay's rows begin: far from where they began before, so that late news of those rows means none of these.
fn somewhere() -> u64 {
    let bytes = random();
    bytes.iter().take(6).fold(0, |place, &byte| place << 8 | u64::from(byte))
}

/// Under which id a deposit is remembered: relays cannot occupy the ids of devices' requests.
fn remembered_as(id: PostId) -> PostId {
    let digest = Sha256::new().chain_update(b"kuvert foreign v1").chain_update(id.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    PostId::new(bytes)
}

#[cfg(test)]
mod tests {
    use kuvert_wire::Entry;

    use super::*;

    #[test]
    fn sealing_keys_of_so_many_relays_are_kept_and_then_all_are_forgotten() {
        // RELAY-5: MAX_FOREIGN_SEALERS
        let mut outbox = Outbox::new(Arc::new(Wakes::default()), false);
        let entry = Entry::Deposit { body: vec![1] };
        let deposit = ForeignDeposit { id: PostId::new([1; 16]), targets: Vec::new(), entry };
        let mut key = [9; 32];
        for n in 0..limits::MAX_FOREIGN_SEALERS {
            key[..8].copy_from_slice(&(n as u64).to_be_bytes());
            outbox.seal(&RelayKey::new(key), &deposit);
        }
        assert_eq!(outbox.sealers.len(), limits::MAX_FOREIGN_SEALERS);
        outbox.seal(&RelayKey::new(key), &deposit);
        assert_eq!(outbox.sealers.len(), limits::MAX_FOREIGN_SEALERS, "it is known");
        outbox.seal(&RelayKey::new([8; 32]), &deposit);
        assert_eq!(outbox.sealers.len(), 1);
    }
}
